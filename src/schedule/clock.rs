//! A cron expression and the wall clock of a time zone, which twice a year skips an hour or shows one
//! twice.
//!
//! The `cron` crate finds the next fitting time on a clock that never changes; this file reads the
//! fields (so that a fault can be explained, and weekdays and the either-or of the two day fields
//! are those of classic cron) and translates between that clock and real time.

use super::BadSchedule;
use super::field::{DAY, HOUR, MINUTE, MONTH, SECOND, Values, WEEKDAY, YEAR};
use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

const ORDINALS: [&str; 7] = ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th"];
/// The longest gap in any zone's clock: an island that crossed the date line skipped a whole day.
const LONGEST_GAP: TimeDelta = TimeDelta::days(2);
const SECOND_LONG: TimeDelta = TimeDelta::seconds(1);

/// When something fires on the wall clock.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    /// One expression, or two where a day may fit either day field: the earlier counts.
    expressions: Vec<cron::Schedule>,
    /// Whether it fires in every hour: then it is a beat, and no time of day.
    every_hour: bool,
}

impl Clock {
    pub(super) fn parse(text: &str) -> Result<Self, BadSchedule> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let total = fields.len();
        let (second, rest, year) = match *fields.as_slice() {
            [minute, hour, day, month, weekday] => ("0", [minute, hour, day, month, weekday], "*"),
            [second, minute, hour, day, month, weekday] => {
                (second, [minute, hour, day, month, weekday], "*")
            }
            [second, minute, hour, day, month, weekday, year] => {
                (second, [minute, hour, day, month, weekday], year)
            }
            _ => {
                return Err(BadSchedule(format!(
                    "a cron expression has 5 fields (minute, hour, day of month, month, weekday), 6 \
                     (seconds first) or 7 (a year last), this has {total}; 8:00 every day is \
                     `0 8 * * *`"
                )));
            }
        };
        // Without seconds, the minute is the first field.
        let shift = usize::from(total > 5);
        let place = |at: usize| format!("{} of {total}", ORDINALS.get(at).unwrap_or(&"last"));
        let [minute, hour, day, month, weekday] = rest;
        let parts = Parts {
            second: SECOND.read(second, &place(0))?,
            minute: MINUTE.read(minute, &place(shift))?,
            hour: HOUR.read(hour, &place(shift + 1))?,
            day: DAY.read(day, &place(shift + 2))?,
            month: MONTH.read(month, &place(shift + 3))?,
            weekday: WEEKDAY.read(weekday, &place(shift + 4))?,
            year: YEAR.read(year, &place(6))?,
        };
        let clock = Self { expressions: parts.expressions()?, every_hour: parts.hour.all };
        if clock.firings().next().is_none() {
            return Err(BadSchedule(format!(
                "`{text}` never fires: no date has that day, month and year"
            )));
        }
        Ok(clock)
    }

    /// Lists all firings from the beginning of time, 1970, on a clock that never changes.
    pub(super) fn firings(&self) -> impl Iterator<Item = NaiveDateTime> {
        let before = DateTime::UNIX_EPOCH.naive_utc() - SECOND_LONG;
        std::iter::successors(self.after(before), |last| self.after(*last))
    }

    /// Returns the first firing after `after` in real time.
    pub(super) fn next(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let after = after.with_nanosecond(0)?;
        if self.every_hour { self.next_beat(after, zone) } else { self.next_time(after, zone) }
    }

    /// Fires at every moment at which the local time fits, in both passes of an hour that comes
    /// twice.
    fn next_beat(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let (mut after, mut offset) = (after, offset(zone, after));
        loop {
            let due = (self.after(after.naive_utc() + offset)? - offset).and_utc();
            let Some(turn) = turn(zone, after + SECOND_LONG, due, offset) else {
                return Some(due);
            };
            // Nothing fits until the clock changes; go on from there by the new time.
            after = turn - SECOND_LONG;
            offset = self::offset(zone, turn);
        }
    }

    /// Walks the wall clock as if it never changed, then finds when it shows that time.
    fn next_time(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let mut wall = after.naive_utc() + offset(zone, after);
        loop {
            let fits = self.after(wall)?;
            match first_showing(zone, fits) {
                Some(due) if due > after => return Some(due),
                // The second pass of an hour: its times have had their turn in the first.
                _ => wall = end_of_double(zone, fits),
            }
        }
    }

    /// Returns the first fitting time after `wall` on a clock that never changes.
    fn after(&self, wall: NaiveDateTime) -> Option<NaiveDateTime> {
        let wall = Utc.from_utc_datetime(&wall);
        let next = |expression: &cron::Schedule| expression.after(&wall).next();
        self.expressions.iter().filter_map(next).min().map(|found| found.naive_utc())
    }
}

/// The fields of one expression.
struct Parts {
    second: Values,
    minute: Values,
    hour: Values,
    day: Values,
    month: Values,
    weekday: Values,
    year: Values,
}

impl Parts {
    /// Returns what the crate needs: it wants both day fields to fit, classic cron either.
    fn expressions(&self) -> Result<Vec<cron::Schedule>, BadSchedule> {
        let (day, weekday) = (list(&self.day, 0), list(&self.weekday, 1));
        let either = !self.day.star && !self.weekday.star && !self.day.all && !self.weekday.all;
        let days =
            if either { vec![(&*day, "*"), ("*", &*weekday)] } else { vec![(&*day, &*weekday)] };
        days.into_iter()
            .map(|(day, weekday)| {
                let [second, minute, hour, month, year] =
                    [&self.second, &self.minute, &self.hour, &self.month, &self.year]
                        .map(|values| list(values, 0));
                format!("{second} {minute} {hour} {day} {month} {weekday} {year}")
                    .parse()
                    .map_err(|fault: cron::error::Error| BadSchedule(fault.to_string()))
            })
            .collect()
    }
}

/// Writes values for the crate, which counts weekdays from 1: `shift` is added to each.
fn list(values: &Values, shift: u32) -> String {
    if values.all {
        return "*".into();
    }
    values.set.iter().map(|value| (value + shift).to_string()).collect::<Vec<_>>().join(",")
}

/// Returns how far the clock of `zone` is ahead of UTC.
fn offset(zone: Tz, at: DateTime<Utc>) -> TimeDelta {
    let fixed = zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    TimeDelta::seconds(i64::from(fixed.local_minus_utc()))
}

/// Returns the first moment from `from` to `until` at which the clock is not `usual` ahead of UTC.
/// Looks once a day, as no zone changes twice within one.
fn turn(
    zone: Tz,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    usual: TimeDelta,
) -> Option<DateTime<Utc>> {
    let turned = |at: DateTime<Utc>| offset(zone, at) != usual;
    let (mut before, mut after) = (from, from);
    while !turned(after) {
        if after >= until {
            return None;
        }
        before = after;
        after = (after + TimeDelta::days(1)).min(until);
    }
    while after - before > SECOND_LONG {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if turned(middle) { after = middle } else { before = middle }
    }
    Some(after)
}

/// Returns when the clock first shows `wall`, or the end of the gap that swallows it.
fn first_showing(zone: Tz, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
    let mut shown = wall;
    while shown - wall < LONGEST_GAP {
        match zone.from_local_datetime(&shown) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => return Some(at.to_utc()),
            LocalResult::None => shown = next_minute(shown),
        }
    }
    None
}

/// Returns the last time not after `wall` from which the search goes on: `wall` itself, or, where the
/// clock shows it twice, the end of what it shows twice.
fn end_of_double(zone: Tz, wall: NaiveDateTime) -> NaiveDateTime {
    let is_double = |at| matches!(zone.from_local_datetime(&at), LocalResult::Ambiguous(..));
    let mut end = wall;
    while is_double(end) && end - wall < LONGEST_GAP {
        end = next_minute(end);
    }
    if end == wall { wall } else { end - SECOND_LONG }
}

fn next_minute(at: NaiveDateTime) -> NaiveDateTime {
    at.with_second(0).unwrap_or(at) + TimeDelta::minutes(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::America::New_York;
    use chrono_tz::Australia::Lord_Howe;
    use chrono_tz::Europe::Helsinki;
    use chrono_tz::Pacific::Apia;

    /// The nights on which the clocks change, from some hours before to some hours after.
    const NIGHTS: [(Tz, &str); 4] = [
        (Helsinki, "2026-03-28T18:00:00Z"),
        (Helsinki, "2026-10-24T18:00:00Z"),
        (New_York, "2026-03-08T00:00:00Z"),
        (New_York, "2026-11-01T00:00:00Z"),
    ];

    fn clock(text: &str) -> Clock {
        Clock::parse(text).unwrap()
    }

    /// Lists the firings after `after`, in local time with the hours of the offset.
    #[track_caller]
    fn check(text: &str, zone: Tz, after: &str, expected: &[&str]) {
        let clock = clock(text);
        let mut at: DateTime<Utc> = after.parse().unwrap();
        let mut seen = Vec::new();
        for _ in expected {
            at = clock.next(at, zone).unwrap();
            seen.push(at.with_timezone(&zone).format("%d %H:%M:%S%:::z").to_string());
        }
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn a_time_that_the_clock_skips_comes_once_at_the_end_of_the_gap() {
        let before = "2026-03-28T12:00:00Z";
        check("30 3 * * *", Helsinki, before, &["29 04:00:00+03", "30 03:30:00+03"]);
        check("59 30 3 * * *", Helsinki, before, &["29 04:00:00+03", "30 03:30:59+03"]);
        check("*/15 3 * * *", Helsinki, before, &["29 04:00:00+03", "30 03:00:00+03"]);
        check("0 3,4 * * *", Helsinki, before, &["29 04:00:00+03", "30 03:00:00+03"]);
    }

    #[test]
    fn a_time_that_comes_twice_is_taken_once() {
        let before = "2026-10-24T12:00:00Z";
        check("30 3 * * *", Helsinki, before, &["25 03:30:00+03", "26 03:30:00+02"]);
        check(
            "30 3,4 * * *",
            Helsinki,
            before,
            &["25 03:30:00+03", "25 04:30:00+02", "26 03:30:00+02"],
        );
    }

    #[test]
    fn a_start_in_the_second_pass_waits_for_the_next_time() {
        let second_pass = "2026-10-25T01:10:00Z"; // 03:10 for the second time
        check("30 3 * * *", Helsinki, second_pass, &["26 03:30:00+02"]);
        check("* * 3 * * *", Helsinki, second_pass, &["26 03:00:00+02"]);
        check("*/15 * * * *", Helsinki, second_pass, &["25 03:15:00+02", "25 03:30:00+02"]);
    }

    #[test]
    fn a_beat_on_one_weekday_begins_by_the_new_time() {
        // The clocks change on Sunday; Monday begins at its own midnight.
        check("*/30 * * * 1", Helsinki, "2026-03-28T12:00:00Z", &["30 00:00:00+03"]);
        check("*/30 * * * 1", Helsinki, "2026-10-24T12:00:00Z", &["26 00:00:00+02"]);
        check("0 * 1 1 *", Helsinki, "2026-07-01T12:00:00Z", &["01 00:00:00+02"]);
    }

    #[test]
    fn half_an_hour_and_a_whole_day_are_skipped_too() {
        // Lord Howe goes from 02:00 to 02:30; Samoa skipped 30 December 2011.
        check(
            "15 2 * * *",
            Lord_Howe,
            "2026-10-03T00:00:00Z",
            &["04 02:30:00+11", "05 02:15:00+11"],
        );
        check("0 8 30 12 *", Apia, "2011-12-29T00:00:00Z", &["31 00:00:00+14"]);
    }

    #[test]
    fn every_15_minutes_keeps_its_beat_through_both_nights() {
        let clock = clock("*/15 * * * *");
        for (zone, start) in NIGHTS {
            let mut at = start.parse().unwrap();
            for _ in 0..96 {
                let next = clock.next(at, zone).unwrap();
                assert_eq!(next - at, TimeDelta::minutes(15), "{zone} {at}");
                at = next;
            }
        }
    }

    #[test]
    fn every_daily_time_comes_once_in_every_night() {
        for (zone, start) in NIGHTS {
            let start: DateTime<Utc> = start.parse().unwrap();
            for minute in 0..24 * 60 {
                let clock = clock(&format!("{} {} * * *", minute % 60, minute / 60));
                let mut days = Vec::new();
                let mut at = start - TimeDelta::days(2);
                while let Some(next) =
                    clock.next(at, zone).filter(|next| *next < start + TimeDelta::days(3))
                {
                    assert!(next > at, "{zone} {minute}: {next} is not after {at}");
                    days.push(next.with_timezone(&zone).date_naive());
                    at = next;
                }
                assert!(
                    days.windows(2).all(|pair| pair[0].succ_opt() == Some(pair[1])),
                    "{zone} {minute}: {days:?}"
                );
                assert!(days.len() >= 4, "{zone} {minute}: {days:?}");
            }
        }
    }

    #[test]
    fn whenever_one_asks_the_answer_is_the_one_of_the_unbroken_walk() {
        for text in ["30 3 * * *", "0 1,2,3 * * *", "*/15 * * * *", "7 1-4/2 * * 0", "0 30 * * * *"]
        {
            let clock = clock(text);
            for (zone, start) in NIGHTS {
                let start: DateTime<Utc> = start.parse().unwrap();
                let walk: Vec<_> =
                    std::iter::successors(clock.next(start, zone), |at| clock.next(*at, zone))
                        .take_while(|at| *at < start + TimeDelta::hours(40))
                        .collect();
                for minute in 0..24 * 60 {
                    let now = start + TimeDelta::minutes(minute) + TimeDelta::milliseconds(1);
                    let next = walk.iter().find(|at| **at > now);
                    let Some(next) = next else { continue };
                    assert_eq!(clock.next(now, zone), Some(*next), "{text} {zone} {now}");
                }
            }
        }
    }

    #[test]
    fn the_end_of_the_years_is_no_fault() {
        assert_eq!(
            clock("0 0 8 1 1 * 2030").next("2031-01-01T00:00:00Z".parse().unwrap(), Helsinki),
            None
        );
    }
}
