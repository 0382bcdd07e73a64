//! For what it waits that an alert has not yet told.

use super::{Alert, AlertState, Frequency, Pace};
use chrono::{DateTime, Utc};

/// Why those whom an alert tells may not be disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is not their time of day.
    QuietHours,
    /// It is not their day.
    BusinessDay,
}

/// For what it waits that an alert has not yet told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// For nothing: the alert is about to tell it.
    Due,
    /// For one of its times, and where that may not be used for what, until when.
    Digest { time: DateTime<Utc>, next: DateTime<Utc>, closed: Option<Closed> },
    /// For the end of the cooldown, and where that may not be used for what more, until when.
    Cooldown { ends: DateTime<Utc>, next: DateTime<Utc>, closed: Option<Closed> },
    /// Until those whom it tells may be disturbed.
    Closed(Closed, DateTime<Utc>),
    /// For a time that never comes.
    Never,
}

impl Wait {
    /// Returns until when.
    pub fn until(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Due | Self::Never => None,
            Self::Digest { next, .. } | Self::Cooldown { next, .. } | Self::Closed(_, next) => {
                Some(next)
            }
        }
    }
}

impl Pace {
    /// Returns why those whom it tells may not be disturbed then; `None` where they may.
    fn closed(&self, at: DateTime<Utc>) -> Option<Closed> {
        let hours = self.hours.as_ref().filter(|_| !self.is_open(at))?;
        let is_day = hours.day_from(at) == at;
        Some(if is_day { Closed::QuietHours } else { Closed::BusinessDay })
    }
}

impl Alert {
    /// Returns for what it waits that the alert is to tell and has not told.
    pub fn waits(&self, state: &AlertState, now: DateTime<Utc>) -> Wait {
        match self.frequency {
            Frequency::AsItHappens => self.waits_for_silence(state, now),
            Frequency::Periodic(_) => self.waits_for_time(state, now),
        }
    }

    fn waits_for_silence(&self, state: &AlertState, now: DateTime<Utc>) -> Wait {
        let Some(next) = self.holds(state, now) else { return Wait::Due };
        let spoke = state.spoke.filter(|spoke| *spoke <= now);
        let ends = spoke.and_then(|spoke| spoke.checked_add_signed(self.pace.cooldown));
        match (ends.filter(|ends| *ends > now), self.pace.closed(now)) {
            (Some(ends), _) => Wait::Cooldown { ends, next, closed: self.pace.closed(ends) },
            (None, Some(closed)) => Wait::Closed(closed, next),
            (None, None) => Wait::Due,
        }
    }

    fn waits_for_time(&self, state: &AlertState, now: DateTime<Utc>) -> Wait {
        let (Some(time), Some(next)) = (self.time(state), self.next(state, now)) else {
            return Wait::Never;
        };
        if next <= now {
            return Wait::Due;
        }
        let is_late = time <= now;
        let at_now = self.pace.closed(now).filter(|_| is_late);
        let closed = at_now.or_else(|| self.pace.closed(time)).filter(|_| next != time);
        Wait::Digest { time, next, closed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Content, HowMany};
    use crate::mention::filter::Filter;
    use crate::query;
    use crate::schedule::Schedule;
    use crate::schedule::hours::Hours;
    use crate::text::Language;
    use chrono::TimeDelta;
    use chrono_tz::Tz;

    /// An alert in Helsinki that is quiet from ten in the evening until eight, and at weekends.
    fn alert(frequency: Frequency, cooldown: TimeDelta) -> Alert {
        let zone = Tz::Europe__Helsinki;
        let hours = Hours::all_but(Some((22 * 60, 8 * 60)), true).in_zone(zone);
        Alert {
            name: "care".into(),
            to: Vec::new(),
            frequency,
            filter: Filter::new(query::parse_filter("sentiment:negative").unwrap()),
            language: Language::ENGLISH,
            empty: false,
            content: Content::Mentions,
            spikes: false,
            how_many: HowMany::All,
            pace: Pace { zone, hours: Some(hours), cooldown },
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn one_that_speaks_as_it_happens_says_for_what_it_waits() {
        let alert = alert(Frequency::AsItHappens, TimeDelta::hours(2));
        let state = AlertState::default();
        // The second of November 2026 is a Monday; Helsinki is two hours ahead.
        let monday = at("2026-11-02T06:00:00Z");
        let of = |state: &AlertState, now| alert.waits(state, at(now));
        assert_eq!(of(&state, "2026-11-02T09:00:00Z"), Wait::Due);
        let night = of(&state, "2026-11-01T23:00:00Z");
        assert_eq!(night, Wait::Closed(Closed::QuietHours, monday));
        let sunday = of(&state, "2026-11-01T10:00:00Z");
        assert_eq!(sunday, Wait::Closed(Closed::BusinessDay, monday));
        let spoke = AlertState { spoke: Some(at("2026-11-02T09:00:00Z")), ..state.clone() };
        let ends = at("2026-11-02T11:00:00Z");
        let cools = Wait::Cooldown { ends, next: ends, closed: None };
        assert_eq!(of(&spoke, "2026-11-02T09:30:00Z"), cools);
        assert_eq!(of(&spoke, "2026-11-02T11:00:00Z"), Wait::Due);
        let spoke = AlertState { spoke: Some(at("2026-11-02T19:30:00Z")), ..state };
        let (ends, next) = (at("2026-11-02T21:30:00Z"), at("2026-11-03T06:00:00Z"));
        let closed = Some(Closed::QuietHours);
        let both = Wait::Cooldown { ends, next, closed };
        assert_eq!(of(&spoke, "2026-11-02T19:40:00Z"), both);
        assert_eq!((both.until(), Wait::Due.until()), (Some(next), None));
    }

    #[test]
    fn one_that_speaks_at_its_times_says_for_which() {
        let daily = |hour| {
            let schedule: Schedule = format!("0 {hour} * * *").parse().unwrap();
            alert(Frequency::Periodic(schedule), TimeDelta::zero())
        };
        let state = AlertState { began: Some(at("2026-11-01T07:00:00Z")), ..AlertState::default() };
        let monday = at("2026-11-02T07:00:00Z");
        // Sunday, eight hours after nine in the morning: nine o'clock is a business day's tomorrow.
        let next = daily(9).waits(&state, at("2026-11-01T15:00:00Z"));
        assert_eq!(next, Wait::Digest { time: monday, next: monday, closed: None });
        assert_eq!(daily(9).waits(&state, at("2026-11-02T07:00:00Z")), Wait::Due);
        let friday =
            AlertState { began: Some(at("2026-10-30T07:00:00Z")), ..AlertState::default() };
        let time = at("2026-10-31T07:00:00Z");
        for now in ["2026-10-30T20:00:00Z", "2026-10-31T09:00:00Z", "2026-11-02T06:30:00Z"] {
            let waits = daily(9).waits(&friday, at(now));
            let closed = Some(Closed::BusinessDay);
            assert_eq!(waits, Wait::Digest { time, next: monday, closed }, "{now}");
        }
        // At five in the morning nobody may be disturbed.
        let early = daily(5).waits(&state, at("2026-11-02T02:00:00Z"));
        let (time, next) = (at("2026-11-02T03:00:00Z"), at("2026-11-02T06:00:00Z"));
        assert_eq!(early, Wait::Digest { time, next, closed: Some(Closed::QuietHours) });
    }
}
