//! Whether each alert told a mention, to whom and when, or why not.

use crate::alert::{Alert, AlertState, Closed, Content, HowMany, Wait};
use crate::ask::Setting;
use crate::ask::view::{NoticeView, ToldView};
use crate::delivery::Notice;
use crate::mention::Mention;
use crate::mention::filter::TicketFacts;
use crate::pipeline::hand;
use crate::store::{Listed, Store, StoreError};
use crate::ticket::{Facts, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// For how long the ledger remembers.
const REMEMBERED: TimeDelta = TimeDelta::days(90);

/// Returns every alert, and every other desk that was told, with what came of it.
pub(super) fn alerts(
    mention: &Mention,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<ToldView>, StoreError> {
    let mut told: BTreeMap<String, Vec<Notice>> = BTreeMap::new();
    for notice in store.told(&mention.id)? {
        told.entry(notice.alert.clone()).or_default().push(notice);
    }
    let ticket = match mention.ticket {
        Some(id) => hand::ticket(id, setting.rules, store, now)?,
        None => None,
    };
    let mut views = Vec::new();
    for alert in &setting.rules.alerts {
        let notices = told.remove(&alert.name).unwrap_or_default();
        let traced =
            Traced { alert, mention, facts: ticket.as_ref().map(Ticket::facts), store, now };
        views.push(traced.view(&notices)?);
    }
    // Alerts that are no more, and other desks.
    views.extend(told.into_iter().map(|(alert, notices)| view(alert, None, &notices)));
    Ok(views)
}

/// Why a mention was not told, or not yet: in a word, in words, and until when.
struct Why {
    reason: &'static str,
    words: String,
    until: Option<DateTime<Utc>>,
}

fn why(reason: &'static str, words: impl Into<String>) -> Why {
    Why { reason, words: words.into(), until: None }
}

fn view(alert: String, why: Option<Why>, notices: &[Notice]) -> ToldView {
    ToldView {
        alert,
        told: !notices.is_empty() && why.as_ref().is_none_or(|why| why.reason != COUNTED),
        reason: why.as_ref().map(|why| why.reason.to_owned()),
        until: why.as_ref().and_then(|why| why.until),
        why: why.map(|why| why.words),
        notices: notices.iter().map(NoticeView::of).collect(),
    }
}

/// The word for a mention that a digest only counts.
const COUNTED: &str = "counted";

/// A mention, and an alert that told it or did not.
struct Traced<'a> {
    alert: &'a Alert,
    mention: &'a Mention,
    facts: Option<&'a Facts>,
    store: &'a dyn Store,
    now: DateTime<Utc>,
}

impl Traced<'_> {
    fn view(&self, notices: &[Notice]) -> Result<ToldView, StoreError> {
        let why = if notices.is_empty() {
            Some(self.why()?)
        } else {
            match self.counted(notices) {
                Some(counted) => Some(counted),
                None => self.once_more()?,
            }
        };
        Ok(view(self.alert.name.clone(), why, notices))
    }

    /// Says that the digests that tell it only count it, where that is so.
    fn counted(&self, notices: &[Notice]) -> Option<Why> {
        let id = self.mention.id.to_string();
        let counts = |notice: &&Notice| notice.enclosed.counts.contains(&id);
        let first = notices.first().filter(|_| notices.iter().all(|notice| counts(&notice)))?;
        let all = first.enclosed.tells.len();
        let named = all.saturating_sub(first.enclosed.counts.len());
        let best = match self.alert.how_many {
            HowMany::Best(_) => "best ",
            HowMany::All => "",
        };
        let words = format!(
            "it was not among the {named} {best}of {all} mentions that the digest of {} names; it is \
             counted there (notice {})",
            self.time(first.created),
            first.id.0
        );
        Some(why(COUNTED, words))
    }

    /// Says why it is told once more, where it is: it became a case while the alert kept silent.
    fn once_more(&self) -> Result<Option<Why>, StoreError> {
        let state = self.store.alert(&self.alert.name)?;
        let Some(state) = state.filter(|state| state.owed.contains(&self.mention.id)) else {
            return Ok(None);
        };
        let Why { reason, words, until } = self.waits(&state);
        let words = format!("it became a case since, and is told once more: {words}");
        Ok(Some(Why { reason, words, until }))
    }

    /// Says why no notice is known that tells it.
    fn why(&self) -> Result<Why, StoreError> {
        let Self { alert, mention, store, .. } = self;
        if let Some(why) = self.unwanted() {
            return Ok(why);
        }
        let Some(state) = store.alert(&alert.name)? else {
            return Ok(why("new", "the alert is new: vahti has not run with it yet"));
        };
        if let Some(why) = self.told_as_copy()? {
            return Ok(why);
        }
        let place = store.place(&mention.id)?.map_or(0, |place| place.0);
        let is_later = place > state.told_up_to;
        if is_later && state.passed.contains(&mention.id) {
            let words = "the alert passes over it: it is no news, such as what other keywords found in \
                         old posts";
            return Ok(why("no_news", words));
        }
        if is_later || state.owed.contains(&mention.id) {
            return Ok(self.waits(&state));
        }
        if let Some(why) = self.told_with_incident()? {
            return Ok(why);
        }
        Ok(self.passed_over(&state, place))
    }

    /// Says for what it waits.
    fn waits(&self, state: &AlertState) -> Why {
        let wait = self.alert.waits(state, self.now);
        let (reason, words) = match wait {
            Wait::Due => {
                ("due", "it waits for nothing: the alert tells it as soon as vahti runs".into())
            }
            Wait::Never => {
                ("never", "it waits for ever: the alert's schedule has no more times".into())
            }
            Wait::Closed(closed, next) => {
                (word(closed), format!("it waits for {} at {}", end(closed), self.time(next)))
            }
            Wait::Digest { next, closed: None, .. } => {
                ("digest", format!("it waits for the digest of {}", self.time(next)))
            }
            Wait::Digest { time, next, closed: Some(closed) } => {
                let [time, next] = [time, next].map(|at| self.time(at));
                let words = format!(
                    "it waits for {} at {next}: that is when the digest of {time} is told",
                    end(closed)
                );
                (word(closed), words)
            }
            Wait::Cooldown { ends, next, closed } => {
                let then = closed
                    .map(|closed| format!(", and then for {} at {}", end(closed), self.time(next)));
                let ends = self.time(ends);
                (
                    "cooldown",
                    format!("it waits for the cooldown until {ends}{}", then.unwrap_or_default()),
                )
            }
        };
        Why { reason, words, until: wait.until() }
    }

    /// Writes a time as those see it whom the alert tells.
    fn time(&self, at: DateTime<Utc>) -> String {
        let zone = self.alert.pace.zone;
        format!("{} {zone}", at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M"))
    }

    /// Says why the alert does not want it.
    fn unwanted(&self) -> Option<Why> {
        let Self { alert, mention, facts, now, .. } = self;
        if alert.content == Content::Lessons {
            return Some(why("lessons", "the alert tells lessons, not mentions"));
        }
        if mention.is_noise() {
            return Some(why("noise", "a person marked it as noise"));
        }
        if mention.is_muted() {
            return Some(why("muted", "it is taken for noise, by what people marked"));
        }
        if mention.own {
            return Some(why("own", "the brand itself wrote it"));
        }
        let status = facts.map(|facts| facts.status.to_string());
        let ticket = facts.zip(status.as_deref());
        let ticket = ticket.map(|(facts, status)| TicketFacts { status, priority: facts.priority });
        let fits = alert.filter.passes(mention, ticket.as_ref(), *now);
        let words = || format!("its filter does not want it: {}", alert.filter.query());
        (!fits).then(|| why("filter", words()))
    }

    fn is_of(&self, notice: &Notice) -> bool {
        notice.alert == self.alert.name
    }

    /// Says of what it is a copy, which speaks for it.
    fn told_as_copy(&self) -> Result<Option<Why>, StoreError> {
        let Self { alert, mention, store, now, .. } = self;
        if mention.story == mention.id || mention.ticket.is_some() {
            return Ok(None);
        }
        let head = &mention.story;
        if let Some(notice) = store.told(head)?.into_iter().find(|notice| self.is_of(notice)) {
            let words = format!("it is a copy of {head}, which notice {} tells", notice.id.0);
            return Ok(Some(why("copy", words)));
        }
        let speaks = store.mention(head)?.is_some_and(|head| alert.wants(&head, None, *now));
        let words = || format!("it is a copy of {head}, which speaks for it");
        Ok(speaks.then(|| why("copy", words())))
    }

    /// Says in which line its incident was told.
    fn told_with_incident(&self) -> Result<Option<Why>, StoreError> {
        let Self { facts, store, .. } = self;
        let Some(first) = facts.and_then(|facts| facts.incident) else { return Ok(None) };
        for id in store.listed(Listed::Incident(first))? {
            let Some(other) = store.ticket(id)? else { continue };
            let mut told = store.told(&other.facts().mention)?.into_iter();
            if let Some(notice) = told.find(|notice| self.is_of(notice)) {
                let words =
                    format!("one line speaks for incident {first}, in notice {}", notice.id.0);
                return Ok(Some(why("incident", words)));
            }
        }
        Ok(None)
    }

    /// Says why the alert, which has told all up to it and more, did not tell it.
    fn passed_over(&self, state: &AlertState, place: u64) -> Why {
        if let Some((_, at)) = state.first.filter(|(first, _)| place <= *first) {
            let words = format!("it was seen before the alert's first start at {}", self.time(at));
            return why("before", words);
        }
        if self.now - self.mention.seen >= REMEMBERED {
            return why("forgotten", "what was told more than three months ago is not remembered");
        }
        why(
            "unknown",
            "why is not known any more: when the alert came to it, it did not want it as it was then, or \
             it was no news",
        )
    }
}

fn word(closed: Closed) -> &'static str {
    match closed {
        Closed::QuietHours => "quiet_hours",
        Closed::BusinessDay => "business_day",
    }
}

fn end(closed: Closed) -> &'static str {
    match closed {
        Closed::QuietHours => "the end of quiet hours",
        Closed::BusinessDay => "a business day",
    }
}
