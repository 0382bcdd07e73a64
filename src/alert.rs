//! Standing orders, as in Google Alerts: who is told what, and how often.

pub mod spike;

use crate::mention::Mention;
use crate::mention::filter::{self, Filter};
use crate::schedule::Schedule;
use crate::text::Language;
use chrono::{DateTime, TimeDelta, Utc};

mod pace;
#[cfg(test)]
mod simulation;
mod state;
mod unsubscribed;
mod wait;

pub use pace::Pace;
pub use state::{AlertState, MOST_REMEMBERED};
pub use unsubscribed::Unsubscribed;
pub use wait::{Closed, Wait};

/// How often an alert speaks.
#[derive(Debug, Clone, PartialEq)]
pub enum Frequency {
    /// One digest for every batch that holds something for it.
    AsItHappens,
    /// One digest each time the schedule says so, for all that came since the last.
    Periodic(Schedule),
}

/// What an alert tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Content {
    /// The mentions that it wants, and their tickets.
    #[default]
    Mentions,
    /// Causes, lessons and thanks of the time since it last spoke.
    Lessons,
}

/// How many mentions are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HowMany {
    #[default]
    All,
    /// At most so many, ranked by priority, reach and freshness.
    Best(usize),
}

/// One standing order.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub name: String,
    /// Mail addresses, and names of channels.
    pub to: Vec<String>,
    pub frequency: Frequency,
    /// Which mentions it tells.
    pub filter: Filter,
    /// The language of the digest itself.
    pub language: Language,
    /// Whether it also speaks when there is nothing to tell.
    pub empty: bool,
    pub content: Content,
    /// Whether its recipients are told, at once, when a brand is spoken of far more than usual.
    pub spikes: bool,
    pub how_many: HowMany,
    /// When it may speak.
    pub pace: Pace,
}

impl Alert {
    /// Tells whether this alert wants to hear of `mention`. Noise, what is taken for it, and what the
    /// brand wrote itself are never news.
    pub fn wants(
        &self,
        mention: &Mention,
        ticket: Option<&filter::TicketFacts<'_>>,
        now: DateTime<Utc>,
    ) -> bool {
        let is_news = !mention.is_noise() && !mention.is_muted() && !mention.own;
        is_news && self.filter.passes(mention, ticket, now)
    }

    /// Returns whether one of its times lies between its last sending and `now`, and it may speak.
    pub fn is_due(&self, state: &AlertState, now: DateTime<Utc>) -> bool {
        self.next(state, now).is_some_and(|next| next <= now)
    }

    /// Returns when it speaks next; `None` for an alert that waits for something to happen. A time at
    /// which it may not speak, or that passed while nobody looked, is made up for at the next that fits,
    /// once however many there were.
    pub fn next(&self, state: &AlertState, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.pace.fitting(self.time(state)?);
        let is_late = next <= now && !self.pace.is_open(now);
        Some(if is_late { self.pace.open_from(now) } else { next })
    }

    /// Returns the next of its times, whether or not it may speak then.
    fn time(&self, state: &AlertState) -> Option<DateTime<Utc>> {
        match &self.frequency {
            Frequency::AsItHappens => None,
            Frequency::Periodic(schedule) => {
                state.since().and_then(|since| schedule.next(since, self.pace.zone))
            }
        }
    }

    /// Returns until when it keeps what it would otherwise tell now; `None` where it keeps nothing back.
    pub fn holds(&self, state: &AlertState, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match &self.frequency {
            Frequency::AsItHappens => {
                Some(self.pace.free_from(state.spoke, now)).filter(|from| *from > now)
            }
            Frequency::Periodic(_) => {
                let is_time = self.time(state).is_some_and(|time| time <= now);
                self.next(state, now).filter(|next| is_time && *next > now)
            }
        }
    }

    /// Tells whether the clock was set back so far that times would be skipped if they still counted from
    /// its last sending. Where no more than one of them comes again, that one was told.
    pub fn is_ahead(&self, state: &AlertState, now: DateTime<Utc>) -> bool {
        let Some(since) = state.since().filter(|since| *since > now) else { return false };
        match &self.frequency {
            Frequency::AsItHappens => since - now > TimeDelta::days(1),
            Frequency::Periodic(schedule) => {
                let next = |after| schedule.next(after, self.pace.zone);
                next(now).and_then(next).is_some_and(|second| second <= since)
            }
        }
    }
}
