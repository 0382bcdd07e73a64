//! What is wrong across tables and files, and shows only when all of them are read.

use super::draft::{Draft, LONGEST_SOCKET};
use super::problem::{Spot, did_you_mean};
use super::{Place, SourceConfig, judge, sources};
use crate::query::{FieldName, Query};
use std::collections::HashSet;
use std::path::PathBuf;

impl Draft<'_> {
    /// Says so when there is nothing to look for, or nowhere to look.
    pub(super) fn nothing_to_do(&mut self) {
        let such = [
            (&self.brand_names, "keywords = [\"Acme\"]"),
            (&self.source_names, "feed.url = \"https://…\""),
        ];
        for (names, such) in such {
            if !names.any {
                self.faults.push(self.beginning().problem(
                    format!("there is no [[{}]], so there is nothing to do", names.sort),
                    Some(format!("write one with a name and {such}")),
                ));
            }
        }
    }

    pub(super) fn unknown_brands(&mut self) {
        let names: Vec<&str> =
            self.brand_names.seen.values().map(|(name, _)| name.as_str()).collect();
        for (name, spot) in self.sources.iter().flat_map(|source| &source.brands) {
            if !names.contains(&name.as_str()) {
                let hint = did_you_mean(name, names.iter().copied());
                self.faults.push(spot.problem(format!("there is no brand `{name}`"), hint));
            }
        }
    }

    /// Looks for the channels that are to be told alerts, and warns of those that nobody names.
    pub(super) fn unknown_channels(&mut self) {
        let named: Vec<(String, Spot)> = self
            .alerts
            .iter()
            .flat_map(|alert| &alert.channels)
            .chain(&self.operator.channels)
            .cloned()
            .collect();
        let of = |name: &str| self.channels.iter().find(|one| one.name.as_deref() == Some(name));
        for (name, spot) in &named {
            let problem = match of(name) {
                Some(known) if known.takes_alerts => continue,
                Some(_) => spot.problem(
                    format!("`{name}` is a desk, and takes tickets only"),
                    Some("write the name of a slack, teams, discord, matrix, ntfy, webhook or exec channel, or a mail address".into()),
                ),
                None => {
                    let known = self.channels.iter().filter(|channel| channel.takes_alerts);
                    let known = known.filter_map(|channel| channel.name.as_deref());
                    let hint = did_you_mean(name, known.clone().collect::<Vec<_>>());
                    let such = "write an address such as \"care@acme.example\", or the name of a [[channel]]";
                    let message = format!("`{name}` is no mail address, and there is no channel of that name");
                    spot.problem(message, hint.or_else(|| Some(such.into())))
                }
            };
            self.faults.push(problem);
        }
        let is_assignee = |name: &str| self.desk.gives_to(name);
        for channel in &self.channels {
            let (Some(spot), Some(name)) = (&channel.unheard, &channel.name) else { continue };
            if !named.iter().any(|(known, _)| known == name) && !is_assignee(name) {
                let hint = format!("write \"{name}\" into `to` of an [[alert]]");
                let message = "nothing is told to this channel".to_owned();
                self.warnings.push(spot.problem(message, Some(hint)));
            }
        }
    }

    /// Warns of alerts that ask for a brand that there is not.
    pub(super) fn filters(&mut self) {
        let alerts = self.alerts.iter().filter_map(|alert| alert.filter.as_ref());
        let channels = self.channels.iter().filter_map(|channel| channel.filter.as_ref());
        for (query, spot) in alerts.chain(channels).chain(&self.desk.filters) {
            let mut asked = Vec::new();
            brands_in(query, &mut asked);
            for name in asked {
                if !self.brand_names.seen.contains_key(&name.to_lowercase()) {
                    let names: Vec<_> =
                        self.brand_names.seen.values().map(|(name, _)| &**name).collect();
                    let hint = did_you_mean(name, names.iter().copied());
                    let message =
                        format!("the filter asks for a brand `{name}`, and there is none");
                    self.warnings.push(spot.problem(message, hint));
                }
            }
        }
    }

    /// Warns of tickets that would be nobody's, of absences of people who have none, and of people who
    /// are told nothing.
    pub(super) fn nobodys(&mut self) {
        let has_mail = self.given.contains_key("mail");
        self.warnings.extend(self.desk.doubts(has_mail));
    }

    pub(super) fn no_mail(&mut self) {
        let mut told = self.alerts.iter().filter_map(|alert| alert.to.as_ref());
        if let Some(spot) = told.next().or(self.operator.to.as_ref())
            && !self.given.contains_key("mail")
        {
            self.faults.push(spot.problem(
                "there is no [mail] that says how mail leaves",
                Some("write [mail] with from, and smtp.url or outbox_dir".into()),
            ));
        }
    }

    /// Says so where a brand asks for a service to judge it, and there is none.
    pub(super) fn no_judge(&mut self) {
        let (message, hint) = judge::no_service();
        for spot in self.judge.in_vain() {
            self.faults.push(spot.problem(message, Some(hint.clone())));
        }
    }

    /// Keeps names free for the feeds of an `opml` source.
    pub(super) fn names_of_opml(&mut self) {
        let is_opml = |source: &&SourceConfig| matches!(source.place, Place::Opml(_));
        let configs = self.sources.iter().filter_map(|source| source.config.as_ref());
        let lists: HashSet<String> =
            configs.filter(is_opml).map(|source| source.name.0.to_lowercase()).collect();
        for (lower, (name, spot)) in &self.source_names.seen {
            if let Some((list, _)) = lower.split_once('/')
                && lists.contains(list)
            {
                let message = format!("`{name}` could be a feed of the opml source `{list}`");
                self.faults.push(spot.problem(message, Some("write another name".into())));
            }
        }
    }

    /// Says so where nobody can tell which of several brands a source is for.
    pub(super) fn brands_by_place(&mut self) {
        if self.brand_names.seen.len() < 2 {
            return;
        }
        for spot in self.sources.iter().filter_map(|source| source.wants_brands.as_ref()) {
            let message = "what this brings names no brand: there is no telling which it concerns";
            let hint = "write brands = [\"…\"]";
            self.faults.push(spot.problem(message.to_owned(), Some(hint.into())));
        }
    }

    /// Warns of sources that would be refused at every poll.
    pub(super) fn private_addresses(&mut self) {
        let sources = self.sources.iter().filter_map(|source| source.asks.clone());
        let channels = self.channels.iter().filter_map(|channel| {
            let (url, own, spot) = channel.asks.clone()?;
            Some((sources::address(&url)?, own, spot))
        });
        for (address, own, spot) in sources.chain(channels) {
            if !own.as_ref().unwrap_or(&self.http.allow_private).permits(address) {
                self.warnings.push(spot.problem(
                    format!("{address} is a private address, and these are refused"),
                    Some(format!("write allow_private_addresses = [\"{address}\"] to allow it")),
                ));
            }
        }
    }

    /// Works out where state and socket are.
    pub(super) fn places(&mut self) -> (PathBuf, PathBuf) {
        let main = self.around.folder.join(self.files.first().cloned().unwrap_or_default());
        let state_dir = self.state_dir.clone().or_else(|| self.around.state_dir(&main));
        if state_dir.is_none() {
            let problem = self.beginning().problem(
                "there is no telling where state is kept: $STATE_DIRECTORY, $XDG_STATE_HOME and $HOME are unset",
                Some("write state_dir = \"PATH\"".into()),
            );
            self.faults.push(problem);
        }
        let state_dir = state_dir.unwrap_or_default();
        let control = self.control.clone().unwrap_or_else(|| {
            let control = self.around.control(&state_dir);
            if control.as_os_str().len() > LONGEST_SOCKET {
                let problem = self.beginning().problem(
                    format!(
                        "the control socket {} has more than {LONGEST_SOCKET} bytes in its path",
                        control.display()
                    ),
                    Some("write control = \"/run/vahti/vahti.sock\", or another short path".into()),
                );
                self.warnings.push(problem);
            }
            control
        });
        (state_dir, control)
    }

    /// Returns the beginning of the main file, the place of what is nowhere.
    fn beginning(&self) -> Spot {
        let file = self.files.first().cloned().unwrap_or_default();
        Spot { file, line: 1, column: 1, key: String::new() }
    }
}

/// Gathers the brands that a query asks for; how deep it goes is limited by its parser.
fn brands_in<'q>(query: &'q Query, found: &mut Vec<&'q str>) {
    match query {
        Query::Field(test) if test.field == FieldName::Brand => found.push(&test.value),
        Query::And(parts) | Query::Or(parts) => {
            for part in parts {
                brands_in(part, found);
            }
        }
        Query::Not(inner) => brands_in(inner, found),
        // NEAR stands between words only.
        _ => {}
    }
}
