//! What a document or a server says of how often it wants to be asked, and when a source is due by it
//! where the operator set no schedule.

use super::Rhythm;
use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The shortest time between two polls for which nobody set a schedule.
const SHORTEST: Duration = Duration::from_mins(15);
/// The longest that a site can keep us away: `ttl` and `max-age` of a year are slips.
const LONGEST: Duration = Duration::from_hours(24);
/// All hours of a day, and all days of a week: who asks for these to be left out cannot mean it.
const ALL_HOURS: u32 = (1 << 24) - 1;
const ALL_DAYS: u8 = (1 << 7) - 1;
/// More hours than there can be until one is allowed: six days and one.
const HOURS_LOOKED_AT: usize = 8 * 24;

/// Wishes of a site. They only ever lengthen the time between two polls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// The longest time between two polls that the document asks for.
    pub interval: Option<Duration>,
    /// Hours in UTC that are to be left out: bit 0 is the hour after midnight.
    pub skip_hours: u32,
    /// Days in UTC that are to be left out: bit 0 is Monday.
    pub skip_days: u8,
}

impl Hints {
    /// Tells whether the site may be asked at `at`. Wishes that leave no hour or no day are none.
    pub fn allows(&self, at: DateTime<Utc>) -> bool {
        let (hours, days) = (self.skip_hours & ALL_HOURS, self.skip_days & ALL_DAYS);
        let skips_hour = hours != ALL_HOURS && hours >> at.hour() & 1 == 1;
        let skips_day = days != ALL_DAYS && days >> at.weekday().num_days_from_monday() & 1 == 1;
        !skips_hour && !skips_day
    }

    /// Returns the first time from `at` on at which the site may be asked: `at` itself, or the
    /// beginning of an hour.
    pub fn next_allowed(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let hour = TimeDelta::hours(1);
        let later = |from: DateTime<Utc>| from.checked_add_signed(hour)?.duration_trunc(hour).ok();
        let mut hours = std::iter::successors(Some(at), |from| later(*from)).take(HOURS_LOOKED_AT);
        hours.find(|from| self.allows(*from)).unwrap_or(at)
    }
}

/// Returns when a source without a schedule is due that was last polled at `last`: as often as it
/// brings something, no oftener than the document or its server wishes (`fresh_for` is how long the
/// last reply stays fresh), and not in an hour that is to be left out. Never sooner than in a quarter
/// of an hour; beyond a day only to the end of what is to be left out.
pub fn due(
    last: DateTime<Utc>,
    rhythm: &Rhythm,
    hints: &Hints,
    fresh_for: Option<Duration>,
) -> DateTime<Utc> {
    let wished = hints.interval.max(fresh_for).unwrap_or_default().min(LONGEST);
    let interval = rhythm.interval(last).max(wished).max(SHORTEST);
    let step = TimeDelta::from_std(interval).unwrap_or(TimeDelta::days(1));
    hints.next_allowed(last.checked_add_signed(step).unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MONDAY: u8 = 1;
    const WEEKEND: u8 = 0b110_0000;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn skipping(hours: &[u32], skip_days: u8) -> Hints {
        let skip_hours = hours.iter().fold(0, |all, hour| all | 1 << hour);
        Hints { interval: None, skip_hours, skip_days }
    }

    /// 2026-11-20 is a Friday.
    #[track_caller]
    fn check(hints: &Hints, from: &str, expected: &str) {
        assert_eq!(hints.next_allowed(at(from)), at(expected), "{hints:?}");
    }

    #[test]
    fn what_is_to_be_left_out_is_passed_over() {
        let night = skipping(&[22, 23, 0, 1], 0);
        check(&night, "2026-11-20T21:59:59Z", "2026-11-20T21:59:59Z");
        check(&night, "2026-11-20T22:00:00Z", "2026-11-21T02:00:00Z");
        check(&night, "2026-11-20T01:17:30.5Z", "2026-11-20T02:00:00Z");
        check(&skipping(&[], WEEKEND), "2026-11-21T09:30:00Z", "2026-11-23T00:00:00Z");
        check(&skipping(&[0, 1], WEEKEND), "2026-11-21T09:30:00Z", "2026-11-23T02:00:00Z");
        check(&skipping(&[], MONDAY), "2026-11-23T12:00:00Z", "2026-11-24T00:00:00Z");
        check(&Hints::default(), "2026-11-20T01:17:30Z", "2026-11-20T01:17:30Z");
        // But for one hour of one day.
        let one = Hints {
            interval: None,
            skip_hours: ALL_HOURS - (1 << 5),
            skip_days: ALL_DAYS - MONDAY,
        };
        check(&one, "2026-11-23T06:00:00Z", "2026-11-30T05:00:00Z");
    }

    #[test]
    fn who_wants_all_left_out_is_not_heeded() {
        let never = Hints { interval: None, skip_hours: u32::MAX, skip_days: u8::MAX };
        check(&never, "2026-11-20T21:59:59Z", "2026-11-20T21:59:59Z");
        let no_hour = Hints { skip_days: MONDAY, ..never.clone() };
        check(&no_hour, "2026-11-23T12:00:00Z", "2026-11-24T00:00:00Z");
        let no_day = Hints { skip_hours: 1 << 12, ..never };
        check(&no_day, "2026-11-23T12:30:00Z", "2026-11-23T13:00:00Z");
    }

    #[test]
    fn the_longest_wish_counts_up_to_a_day() {
        let last = at("2026-11-20T12:00:00Z");
        let after = |interval: u64, fresh_for: u64| {
            let hints = Hints { interval: Some(Duration::from_mins(interval)), ..Hints::default() };
            let due = due(last, &Rhythm::default(), &hints, Some(Duration::from_mins(fresh_for)));
            (due - last).num_minutes()
        };
        assert_eq!(after(0, 0), 15);
        assert_eq!(after(5, 10), 15);
        assert_eq!(after(60, 10), 60);
        assert_eq!(after(10, 90), 90);
        assert_eq!(after(u64::MAX / 60, 0), 24 * 60);
        assert_eq!(after(0, 525_600), 24 * 60);
        assert_eq!(
            due(last, &Rhythm::default(), &Hints::default(), None),
            last + TimeDelta::minutes(15)
        );
    }

    #[test]
    fn a_slow_source_is_asked_hourly_unless_that_is_to_be_left_out() {
        let mut slow = Rhythm::default();
        slow.learn(&[], at("2026-11-01T00:00:00Z"));
        let last = at("2026-11-20T12:30:00Z");
        assert_eq!(due(last, &slow, &Hints::default(), None), at("2026-11-20T13:30:00Z"));
        let afternoon = skipping(&[13, 14], 0);
        assert_eq!(due(last, &slow, &afternoon, None), at("2026-11-20T15:00:00Z"));
    }

    #[test]
    fn the_end_of_time_is_no_trouble() {
        let hints = skipping(&[23], 0);
        let end = DateTime::<Utc>::MAX_UTC;
        assert_eq!(hints.next_allowed(end), end);
        assert_eq!(due(end, &Rhythm::default(), &hints, None), end);
    }

    fn any_hints() -> impl Strategy<Value = Hints> {
        let interval = proptest::option::of(any::<Duration>());
        (interval, any::<u32>(), any::<u8>()).prop_map(|(interval, skip_hours, skip_days)| Hints {
            interval,
            skip_hours,
            skip_days,
        })
    }

    proptest! {
        #[test]
        fn the_next_time_is_allowed_and_nothing_before_it_is(
            hints in any_hints(), seconds in 0_i64..4_000_000_000, minutes in 0_i64..11_520,
        ) {
            let from = DateTime::from_timestamp(seconds, 0).unwrap();
            let next = hints.next_allowed(from);
            prop_assert!(next >= from && next - from <= TimeDelta::days(7));
            prop_assert!(hints.allows(next));
            let between = from + TimeDelta::minutes(minutes);
            prop_assert!(between >= next || !hints.allows(between));
            prop_assert_eq!(hints.next_allowed(next), next);
        }

        #[test]
        fn a_source_is_due_within_a_quarter_and_eight_days(
            hints in any_hints(), seconds in 0_i64..4_000_000_000, fresh_for in proptest::option::of(any::<Duration>()),
        ) {
            let last = DateTime::from_timestamp(seconds, 0).unwrap();
            let due = due(last, &Rhythm::default(), &hints, fresh_for);
            prop_assert!(due - last >= TimeDelta::minutes(15));
            prop_assert!(due - last <= TimeDelta::days(8));
            prop_assert!(hints.allows(due));
        }
    }
}
