//! When an alert may speak: on the clock of those it tells, outside their quiet hours, on their business
//! days, and not too soon after its last message.

use crate::schedule::hours::Hours;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// When an alert may speak.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// Where those it tells are.
    pub zone: Tz,
    /// When they may be disturbed; `None`: always.
    pub hours: Option<Hours>,
    /// For how long one that speaks as it happens is silent after a message; zero: not at all.
    pub cooldown: TimeDelta,
}

impl Default for Pace {
    fn default() -> Self {
        Self { zone: Tz::UTC, hours: None, cooldown: TimeDelta::zero() }
    }
}

impl Pace {
    /// Tells whether it can ever be that something waits.
    pub fn may_wait(&self) -> bool {
        self.hours.is_some() || !self.cooldown.is_zero()
    }

    /// Returns when what waits since `spoke`, its last message, may be told: `now`, or later.
    pub(super) fn free_from(
        &self,
        spoke: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        // A message from the future is one from before the clock was set back.
        let spoke = spoke.filter(|spoke| *spoke <= now);
        let cool = spoke.and_then(|spoke| spoke.checked_add_signed(self.cooldown));
        let from = cool.unwrap_or(now).max(now);
        self.open_from(from)
    }

    /// Tells whether those it tells may be disturbed then.
    pub(super) fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.open_from(at) == at
    }

    /// Returns `at`, or when they may be disturbed again.
    pub fn open_from(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.hours.as_ref().map_or(at, |hours| hours.open_from(at))
    }

    /// Returns when that is told whose time is `at`: then, or at the same time of the next business day, or
    /// where that is in the quiet hours, as soon as they may be disturbed.
    pub(super) fn fitting(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let same = self.hours.as_ref().map_or(at, |hours| hours.day_from(at));
        if self.is_open(same) { same } else { self.open_from(at) }
    }
}
