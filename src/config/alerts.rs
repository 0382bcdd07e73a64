//! `[[alert]]`: who is told what, how often.

use super::brands;
use super::mail;
use super::pace;
use super::problem::Spot;
use super::reader::Table;
use super::value::Value;
use super::when;
use crate::alert::{Alert, Content, Frequency, HowMany, Pace};
use crate::mention::filter::Filter;
use crate::query::{Query, parse_filter};
use crate::schedule::Schedule;
use crate::schedule::holidays::Days;
use crate::text::Language;
use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;

/// The languages that digests are written in.
const SPOKEN: [Language; 4] =
    [Language::ENGLISH, Language::FINNISH, Language::TURKISH, Language::SWEDISH];
const CONTENTS: [(&str, Content); 2] =
    [("mentions", Content::Mentions), ("lessons", Content::Lessons)];
/// How many the best are.
const BEST: usize = 10;
const HOW_MANY: [(&str, HowMany); 2] = [("all", HowMany::All), ("best", HowMany::Best(BEST))];
const FREQUENCIES: [&str; 3] = ["as-it-happens", "daily", "weekly"];

/// An alert as read, and what can only be checked when all files are.
pub(super) struct Draft {
    /// `None` where something is wrong with it.
    pub(super) config: Option<Alert>,
    /// Where its recipients stand, if one of them is a mail address.
    pub(super) to: Option<Spot>,
    /// The channels among its recipients.
    pub(super) channels: Vec<(String, Spot)>,
    pub(super) filter: Option<(Query, Spot)>,
    /// When it may speak: what other tables say goes into it.
    pace: pace::Draft,
}

impl Draft {
    /// Returns the alert, where the file has this `zone` and the desk is closed on these days.
    pub(super) fn finished(self, zone: Tz, closed: &[Days]) -> Option<Alert> {
        Some(Alert { pace: self.pace.finished(zone, closed), ..self.config? })
    }
}

/// Reads one alert. `name` is its name, which the caller keeps a list of.
pub(super) fn read(table: Table<'_>, name: Option<String>) -> Draft {
    let to = table.need("to", "to = [\"care@acme.example\"]");
    let recipients = to.as_ref().map(|value| recipients(value, "an alert tells somebody"));
    let frequency = frequency(&table);
    let filter_value = table.take("filter");
    let filter = match &filter_value {
        Some(value) => filter(value),
        None => Some(Query::All),
    };
    let language = match table.take("language") {
        Some(value) => language(&value),
        None => Some(Language::ENGLISH),
    };
    let empty = table.take("empty").and_then(|value| value.boolean()).unwrap_or_default();
    let how_many = match table.take("how_many") {
        Some(value) => value.choice(&HOW_MANY),
        None => Some(HowMany::All),
    };
    let pace = pace::read(&table, frequency.as_ref());
    let content = content(&table, frequency.as_ref());
    let spikes = table.take("spikes").and_then(|value| value.boolean()).unwrap_or(true);
    table.finish();
    let asks = filter.clone().zip(filter_value.map(|value| value.spot()));
    let config = || {
        let (name, recipients, frequency) = (name?, recipients.as_ref()?, frequency?);
        Some(Alert {
            name,
            to: recipients.to.clone(),
            frequency,
            filter: Filter::new(filter?),
            language: language?,
            empty,
            content: content?,
            spikes,
            how_many: how_many?,
            pace: Pace::default(),
        })
    };
    let config = config();
    let Recipients { mail, channels, .. } = recipients.unwrap_or_default();
    Draft { config, to: mail, channels, filter: asks, pace }
}

/// Reads what is told; `None` where it is faulty. Lessons are of a time, and never of a moment.
fn content(table: &Table<'_>, frequency: Option<&Frequency>) -> Option<Content> {
    let Some(value) = table.take("content") else { return Some(Content::default()) };
    let content = value.choice(&CONTENTS)?;
    if content == Content::Lessons && frequency == Some(&Frequency::AsItHappens) {
        value.fault(
            "lessons are those of a day or a week, and not told as they happen",
            Some("write frequency = \"weekly\"".into()),
        );
        return None;
    }
    Some(content)
}

/// Who is told.
#[derive(Default)]
pub(super) struct Recipients {
    /// Addresses, then names of channels; each once.
    pub(super) to: Vec<String>,
    /// Where they stand, if one of them is a mail address.
    pub(super) mail: Option<Spot>,
    /// The channels, each with its place: whether there are such shows only when all files are read.
    pub(super) channels: Vec<(String, Spot)>,
}

/// Reads who is told. `nobody` is what is wrong with an empty list.
pub(super) fn recipients(value: &Value<'_>, nobody: &str) -> Recipients {
    let items = value.list();
    if items.is_empty() && value.is_list() {
        value.fault(nobody, Some("write [\"care@acme.example\"]".into()));
    }
    let (addresses, others): (Vec<_>, Vec<_>) = items.into_iter().partition(may_be_address);
    let mut to = mail::addresses(&addresses);
    let channels = others.iter().filter_map(|item| Some((item.text()?.to_owned(), item.spot())));
    let channels: Vec<(String, Spot)> = channels.collect();
    for (name, _) in &channels {
        if !to.contains(name) {
            to.push(name.clone());
        }
    }
    let mail = (channels.is_empty() || !addresses.is_empty()).then(|| value.spot());
    Recipients { to, mail, channels }
}

/// Tells whether something may be meant as a mail address, be it a faulty one, rather than as the name of
/// a channel.
fn may_be_address(item: &Value<'_>) -> bool {
    item.text().is_none_or(|text| text.contains('@') || text.trim().is_empty())
}

fn frequency(table: &Table<'_>) -> Option<Frequency> {
    let frequency = table.take("frequency");
    let at = table.take("at");
    let time = match &at {
        Some(value) => time(value),
        None => NaiveTime::from_hms_opt(8, 0, 0),
    };
    let word = match &frequency {
        Some(value) => value.words()?,
        None => "daily",
    };
    if let Some(at) = &at
        && !matches!(word, "daily" | "weekly")
    {
        at.fault_at_key(
            format!("`at` goes with daily or weekly, not with `{word}`"),
            Some("leave it out, or write frequency = \"daily\"".into()),
        );
    }
    match (word, &frequency) {
        ("as-it-happens", _) => Some(Frequency::AsItHappens),
        ("daily", _) => Some(Frequency::Periodic(Schedule::daily_at(time?))),
        ("weekly", _) => Some(Frequency::Periodic(Schedule::weekly_at(Weekday::Mon, time?))),
        (_, Some(value)) => when::schedule(value, word, &FREQUENCIES).map(Frequency::Periodic),
        (_, None) => None,
    }
}

/// Reads a time of day.
fn time(value: &Value<'_>) -> Option<NaiveTime> {
    if value.is_time() {
        value
            .fault("expected a string, found a time", Some("write it in quotes: \"08:00\"".into()));
        return None;
    }
    let text = value.words()?;
    let read = NaiveTime::parse_from_str(text.trim(), "%H:%M");
    if read.is_err() {
        value.fault(
            format!("`{text}` is no time of day"),
            Some("write hours and minutes, from \"00:00\" to \"23:59\"".into()),
        );
    }
    read.ok()
}

/// Reads a query.
pub(super) fn filter(value: &Value<'_>) -> Option<Query> {
    match parse_filter(value.string()?) {
        Ok(query) => Some(query),
        Err(bad) => {
            value.fault_inside(bad.at, &bad.message);
            None
        }
    }
}

pub(super) fn language(value: &Value<'_>) -> Option<Language> {
    let language = brands::language(value)?;
    if !SPOKEN.contains(&language) {
        let codes: Vec<_> = SPOKEN.iter().map(Language::code).collect();
        value.fault(
            format!("digests are not written in `{language}`"),
            Some(format!("write one of {}", codes.join(", "))),
        );
        return None;
    }
    Some(language)
}
