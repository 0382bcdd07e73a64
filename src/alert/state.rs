//! What is remembered of an alert.

use crate::mention::{MentionId, TicketId};
use crate::post::SourceName;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// How many mentions are remembered one by one while an alert keeps silent. One that would have to
/// remember more speaks instead.
pub const MOST_REMEMBERED: usize = 1_000;

/// What is remembered of an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertState {
    /// The place of the last mention that it was told, or that was there before it.
    pub told_up_to: u64,
    /// From when its times count: when it came to be, or last had nothing to say.
    pub began: Option<DateTime<Utc>>,
    /// When it last spoke; `None` for one that never did.
    pub last: Option<DateTime<Utc>>,
    /// When its last message was written, be it of what was urgent alone: the cooldown counts from it.
    pub spoke: Option<DateTime<Utc>>,
    /// Mentions behind that place that it is not to tell any more: they were urgent and told at once, or
    /// are no news. Forgotten as soon as that place has passed them.
    pub passed: BTreeSet<MentionId>,
    /// Mentions before that place that it is to tell once more: they became a case while it kept silent.
    pub owed: BTreeSet<MentionId>,
    /// The events that it told within its cooldown, by their first tickets, and when.
    pub events: BTreeMap<TicketId, DateTime<Utc>>,
    /// The sources of which it told last, or knew, that they are not heard.
    pub blind: BTreeSet<SourceName>,
    /// The place of the last mention that was there before it, and when it came to be; `None` where that
    /// was not noted.
    pub first: Option<(u64, DateTime<Utc>)>,
}

impl AlertState {
    /// Tells whether it has not heard all up to `last`, the place of the last mention.
    pub fn is_behind(&self, last: u64) -> bool {
        self.told_up_to < last || !self.owed.is_empty()
    }

    /// Returns from when its times count.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.last.max(self.began)
    }

    /// The same, having told all that there is. How far that is, the store adds.
    #[must_use]
    pub fn told(self) -> Self {
        Self { passed: BTreeSet::new(), owed: BTreeSet::new(), ..self }
    }

    /// The same, having written a message that names these events.
    #[must_use]
    pub fn having_spoken(
        mut self,
        events: impl IntoIterator<Item = TicketId>,
        cooldown: TimeDelta,
        now: DateTime<Utc>,
    ) -> Self {
        self.spoke = Some(now);
        self.events.retain(|_, at| is_within(*at, cooldown, now));
        if !cooldown.is_zero() {
            let room = MOST_REMEMBERED.saturating_sub(self.events.len());
            self.events.extend(events.into_iter().take(room).map(|event| (event, now)));
        }
        self
    }

    /// Tells whether it told this event within its cooldown.
    pub fn told_lately(&self, event: TicketId, cooldown: TimeDelta, now: DateTime<Utc>) -> bool {
        self.events.get(&event).is_some_and(|at| is_within(*at, cooldown, now))
    }

    /// The same, as of a clock that shows `now`: nothing lies behind it.
    #[must_use]
    pub fn set_back(self, now: DateTime<Utc>) -> Self {
        let before = |at: Option<DateTime<Utc>>| at.map(|at| at.min(now));
        Self {
            began: before(self.began),
            last: before(self.last),
            spoke: before(self.spoke),
            ..self
        }
    }
}

fn is_within(at: DateTime<Utc>, cooldown: TimeDelta, now: DateTime<Utc>) -> bool {
    at <= now && now - at < cooldown
}
