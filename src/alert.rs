//! Standing orders, as in Google Alerts: who is told what, and how often.

use crate::mention::Mention;
use crate::mention::filter::{self, Filter};
use crate::schedule::Schedule;
use crate::text::Language;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

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
}

/// What is remembered of an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertState {
    /// The place of the last mention that it was told, or that was there before it.
    pub told_up_to: u64,
    /// From when its times count: when it came to be, or last had nothing to say.
    pub began: Option<DateTime<Utc>>,
    /// When it last spoke; `None` for one that never did.
    pub last: Option<DateTime<Utc>>,
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

    /// Returns whether one of its times lies between its last sending and `now`.
    pub fn is_due(&self, state: &AlertState, zone: Tz, now: DateTime<Utc>) -> bool {
        self.next(state, zone).is_some_and(|next| next <= now)
    }

    /// Returns when it speaks next; `None` for an alert that waits for something to happen.
    pub fn next(&self, state: &AlertState, zone: Tz) -> Option<DateTime<Utc>> {
        match &self.frequency {
            Frequency::AsItHappens => None,
            Frequency::Periodic(schedule) => {
                state.last.max(state.began).and_then(|last| schedule.next(last, zone))
            }
        }
    }
}
