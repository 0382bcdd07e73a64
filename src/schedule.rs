//! When something comes next: an interval, or a cron expression read in a time zone and right across
//! clock changes.

use chrono::{DateTime, NaiveTime, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

mod clock;
mod duration;
mod field;
mod hints;
pub mod holidays;
pub mod hours;
mod rhythm;

pub use duration::parse_duration;
pub use hints::{Hints, due};
pub use rhythm::Rhythm;

use clock::Clock;

/// The shortest interval that is obeyed.
const SHORTEST: Duration = Duration::from_secs(1);
/// Jitter never grows beyond this, however long the interval is.
const MOST_JITTER: Duration = Duration::from_secs(30);
/// How many firings are looked at for the shortest gap between two.
const GAPS_LOOKED_AT: usize = 100;

/// Said of a schedule or duration that cannot be read: what is wrong, where, and what would do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSchedule(pub String);

/// An interval such as `15m`, or a cron expression of 5 fields (minute, hour, day of the month, month,
/// weekday), 6 (seconds first) or 7 (a year last), or `@hourly`, `@daily`, `@weekly`, `@monthly`,
/// `@yearly`.
///
/// Weekdays are those of classic cron in every form: 0 and 7 are Sunday, 1 is Monday, and names will
/// do. As there, a day fits either of day of the month and weekday where both are restricted.
#[derive(Debug, Clone)]
pub struct Schedule {
    written: String,
    rule: Rule,
}

#[derive(Debug, Clone)]
enum Rule {
    Every(Duration),
    At(Clock),
}

impl Schedule {
    /// Fires every day at `time`.
    pub fn daily_at(time: NaiveTime) -> Self {
        Self::at(time, "*")
    }

    /// Fires every week on `day` at `time`.
    pub fn weekly_at(day: Weekday, time: NaiveTime) -> Self {
        Self::at(time, &day.num_days_from_sunday().to_string())
    }

    fn at(time: NaiveTime, weekday: &str) -> Self {
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        let written = match second {
            0 => format!("{minute} {hour} * * {weekday}"),
            _ => format!("{second} {minute} {hour} * * {weekday}"),
        };
        let clock = Clock::parse(&written).expect("a time and a weekday are a valid expression");
        Self { written, rule: Rule::At(clock) }
    }

    /// Returns the first time after `after`, never `after` itself; `None` when there is none any more.
    ///
    /// A time of day that the clock skips comes once, at the end of the gap; one that comes twice is
    /// taken once, the first time. What runs in every hour keeps its beat through both.
    pub fn next(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        match &self.rule {
            Rule::Every(interval) => {
                TimeDelta::from_std(*interval).ok().and_then(|step| after.checked_add_signed(step))
            }
            Rule::At(clock) => clock.next(after, zone),
        }
    }

    /// Returns the interval, if that is what it is.
    pub fn interval(&self) -> Option<Duration> {
        match &self.rule {
            Rule::Every(interval) => Some(*interval),
            Rule::At(_) => None,
        }
    }

    /// Returns about the shortest time between two firings: the least among the first hundred.
    /// [`Duration::MAX`] for what fires once.
    pub fn shortest_gap(&self) -> Duration {
        match &self.rule {
            Rule::Every(interval) => *interval,
            Rule::At(clock) => {
                let firings: Vec<_> = clock.firings().take(GAPS_LOOKED_AT).collect();
                let gaps = firings.windows(2).filter_map(|pair| match pair {
                    [one, other] => (*other - *one).to_std().ok(),
                    _ => None,
                });
                gaps.min().unwrap_or(Duration::MAX)
            }
        }
    }
}

impl FromStr for Schedule {
    type Err = BadSchedule;

    fn from_str(text: &str) -> Result<Self, BadSchedule> {
        let written = text.trim();
        let rule = if let Some(expression) = shorthand(written)? {
            Rule::At(Clock::parse(expression)?)
        } else if written.split_whitespace().nth(1).is_none() {
            Rule::Every(interval(written)?)
        } else {
            Rule::At(Clock::parse(written)?)
        };
        Ok(Self { written: written.to_owned(), rule })
    }
}

/// Gives the schedule back as it was written.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Schedule {}

/// Returns by how much the `nth` firing of what `key` names is put off, so that a thousand sources of
/// one interval do not start at once: always the same for the same three, at most a tenth of the
/// interval and 30 seconds.
pub fn jitter(interval: Duration, key: &str, nth: u64) -> Duration {
    let most = (interval / 10).min(MOST_JITTER).as_millis();
    let hash = Sha256::new().chain_update(nth.to_be_bytes()).chain_update(key).finalize();
    let number = hash.iter().take(8).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let millis = number % (most + 1);
    Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

/// Returns the expression that an `@word` stands for.
fn shorthand(text: &str) -> Result<Option<&'static str>, BadSchedule> {
    if !text.starts_with('@') {
        return Ok(None);
    }
    match text.to_ascii_lowercase().as_str() {
        "@hourly" => Ok(Some("0 * * * *")),
        "@daily" | "@midnight" => Ok(Some("0 0 * * *")),
        "@weekly" => Ok(Some("0 0 * * 0")),
        "@monthly" => Ok(Some("0 0 1 * *")),
        "@yearly" | "@annually" => Ok(Some("0 0 1 1 *")),
        _ => Err(BadSchedule(format!(
            "`{text}` is unknown; there are @hourly, @daily, @weekly, @monthly and @yearly, and \
             intervals are written plainly, such as 15m"
        ))),
    }
}

fn interval(text: &str) -> Result<Duration, BadSchedule> {
    let interval = parse_duration(text).map_err(|bad| {
        BadSchedule(format!(
            "{bad}; a schedule is an interval such as 15m, a cron expression such as \
             `0 8 * * 1-5`, or @daily"
        ))
    })?;
    if interval < SHORTEST {
        return Err(BadSchedule(format!("`{text}` is too short; intervals go from 1s")));
    }
    Ok(interval)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Helsinki;
    use proptest::prelude::{any, prop_assert, proptest};

    /// Lists the first firings after `after`, in local time with the offset.
    #[track_caller]
    fn check(schedule: &str, zone: Tz, after: &str, expected: &[&str]) {
        let schedule: Schedule = schedule.parse().unwrap();
        let mut at: DateTime<Utc> = after.parse().unwrap();
        let mut seen = Vec::new();
        for _ in expected {
            let Some(next) = schedule.next(at, zone) else { break };
            assert!(next > at, "{schedule}: {next} is not after {at}");
            at = next;
            seen.push(at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M:%S %z").to_string());
        }
        assert_eq!(seen, expected, "{schedule}");
    }

    #[track_caller]
    fn check_bad(schedule: &str, expected: &str) {
        assert_eq!(schedule.parse::<Schedule>().unwrap_err().to_string(), expected);
    }

    #[test]
    fn five_six_and_seven_fields_are_read() {
        let start = "2026-06-01T00:00:00Z"; // a Monday, 03:00 in Helsinki
        check("30 8 * * *", Helsinki, start, &["Mon 2026-06-01 08:30:00 +0300"]);
        check("15 30 8 * * *", Helsinki, start, &["Mon 2026-06-01 08:30:15 +0300"]);
        check("15 30 8 * * * 2028", Helsinki, start, &["Sat 2028-01-01 08:30:15 +0200"]);
    }

    #[test]
    fn weekdays_are_those_of_classic_cron_in_every_form() {
        let start = "2026-06-02T00:00:00Z";
        let (sunday, monday) =
            (["Sun 2026-06-07 08:00:00 +0300"], ["Mon 2026-06-08 08:00:00 +0300"]);
        for schedule in
            ["0 8 * * 0", "0 8 * * 7", "0 8 * * SUN", "0 0 8 * * 0", "0 0 8 * * sunday *"]
        {
            check(schedule, Helsinki, start, &sunday);
        }
        for schedule in ["0 8 * * 1", "0 8 * * mon", "0 0 8 * * 1", "0 0 8 ? * 1 *"] {
            check(schedule, Helsinki, start, &monday);
        }
        check(
            "0 8 * * sat-sun",
            Helsinki,
            start,
            &["Sat 2026-06-06 08:00:00 +0300", "Sun 2026-06-07 08:00:00 +0300"],
        );
    }

    #[test]
    fn a_day_fits_either_of_day_of_month_and_weekday_when_both_are_restricted() {
        check(
            "0 8 13 * 5",
            Helsinki,
            "2026-06-01T00:00:00Z",
            &[
                "Fri 2026-06-05 08:00:00 +0300",
                "Fri 2026-06-12 08:00:00 +0300",
                "Sat 2026-06-13 08:00:00 +0300",
                "Fri 2026-06-19 08:00:00 +0300",
            ],
        );
    }

    #[test]
    fn a_field_that_begins_with_a_star_restricts_nothing_of_the_other() {
        // As in classic cron: odd days that are Fridays.
        check(
            "0 8 */2 * 5",
            Helsinki,
            "2026-06-01T00:00:00Z",
            &["Fri 2026-06-05 08:00:00 +0300", "Fri 2026-06-19 08:00:00 +0300"],
        );
    }

    #[test]
    fn intervals_and_words_are_read() {
        let start = "2026-06-02T10:20:30Z";
        check("15m", Helsinki, start, &["Tue 2026-06-02 13:35:30 +0300"]);
        check("2h30m", Helsinki, start, &["Tue 2026-06-02 15:50:30 +0300"]);
        check("1s", Helsinki, start, &["Tue 2026-06-02 13:20:31 +0300"]);
        check("@hourly", Helsinki, start, &["Tue 2026-06-02 14:00:00 +0300"]);
        check("@daily", Helsinki, start, &["Wed 2026-06-03 00:00:00 +0300"]);
        check("@weekly", Helsinki, start, &["Sun 2026-06-07 00:00:00 +0300"]);
        check("@Monthly", Helsinki, start, &["Wed 2026-07-01 00:00:00 +0300"]);
        check("@yearly", Helsinki, start, &["Fri 2027-01-01 00:00:00 +0200"]);
    }

    #[test]
    fn times_of_day_are_made_without_writing_them() {
        let time = NaiveTime::from_hms_opt(8, 5, 0).unwrap();
        assert_eq!(Schedule::daily_at(time), "5 8 * * *".parse().unwrap());
        assert_eq!(Schedule::weekly_at(Weekday::Sun, time), "5 8 * * 0".parse().unwrap());
        let odd = NaiveTime::from_hms_opt(23, 59, 59).unwrap();
        assert_eq!(Schedule::weekly_at(Weekday::Mon, odd).to_string(), "59 59 23 * * 1");
    }

    #[test]
    fn a_schedule_is_given_back_as_written() {
        for written in ["0 8 * * MON-fri", "@daily", "2h30m", "0 0 8 ? * 1"] {
            assert_eq!(written.parse::<Schedule>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn a_fault_names_its_field_and_something_that_works() {
        check_bad(
            "61 * * * *",
            "`61` in the minute field (1st of 5): values go from 0 to 59, such as `0` or `*/15`",
        );
        check_bad(
            "0 0 24 * * *",
            "`24` in the hour field (3rd of 6): values go from 0 to 23, such as `8` or `8-18`",
        );
        check_bad(
            "0 8 * * fry",
            "`fry` in the weekday field (5th of 5): values go from 0 to 7 (0 and 7 are Sunday), or \
             names, such as `1` or `mon-fri`",
        );
        check_bad(
            "*/90 * * * *",
            "`*/90` in the minute field (1st of 5): a step goes from 1 to 59, such as `0` or `*/15`",
        );
        check_bad(
            "0 22-2 * * *",
            "`22-2` in the hour field (2nd of 5): it runs backwards; write `22-23,0-2`",
        );
        check_bad(
            "0 8 L * *",
            "`L` in the day-of-month field (3rd of 5): values go from 1 to 31, such as `1` or `1,15`",
        );
        check_bad(
            "0 8 * *",
            "a cron expression has 5 fields (minute, hour, day of month, month, weekday), 6 (seconds \
             first) or 7 (a year last), this has 4; 8:00 every day is `0 8 * * *`",
        );
        check_bad("0 0 30 2 *", "`0 0 30 2 *` never fires: no date has that day, month and year");
    }

    #[test]
    fn a_fault_in_an_interval_says_what_would_do() {
        let also = "; a schedule is an interval such as 15m, a cron expression such as \
                    `0 8 * * 1-5`, or @daily";
        check_bad("15", &format!("`15` has no unit; write 15s, 15m, 15h, 15d or 15w{also}"));
        check_bad("often", &format!("`often` is no duration such as 15m, 2h30m or 7d{also}"));
        check_bad("", &format!("a duration is missing, such as 15m, 2h30m or 7d{also}"));
        check_bad("0s", "`0s` is too short; intervals go from 1s");
        check_bad(
            "@fortnightly",
            "`@fortnightly` is unknown; there are @hourly, @daily, @weekly, @monthly and @yearly, \
             and intervals are written plainly, such as 15m",
        );
    }

    #[test]
    fn the_shortest_gap_is_found() {
        let gap = |schedule: &str| schedule.parse::<Schedule>().unwrap().shortest_gap().as_secs();
        assert_eq!(gap("90s"), 90);
        assert_eq!(gap("*/5 * * * *"), 300);
        assert_eq!(gap("0,2 8 * * *"), 120);
        assert_eq!(gap("59,1 * * * *"), 120);
        assert_eq!(gap("*/10 * * * * *"), 10);
        assert_eq!(gap("@daily"), 86_400);
        assert_eq!("0 0 8 1 1 * 2030".parse::<Schedule>().unwrap().shortest_gap(), Duration::MAX);
    }

    #[test]
    fn an_interval_is_told_from_a_time_of_day() {
        assert_eq!("15m".parse::<Schedule>().unwrap().interval(), Some(Duration::from_mins(15)));
        assert_eq!("*/15 * * * *".parse::<Schedule>().unwrap().interval(), None);
    }

    #[test]
    fn jitter_spreads_sources_and_firings() {
        let day = Duration::from_hours(24);
        let of = |key: &str, nth| jitter(day, key, nth);
        assert_eq!(of("a", 1), of("a", 1));
        let distinct: std::collections::HashSet<_> =
            (0..1_000).map(|n| of(&format!("source {n}"), 0)).collect();
        assert!(distinct.len() > 900, "{}", distinct.len());
        assert_ne!(of("a", 1), of("a", 2));
        assert!(distinct.iter().any(|jitter| *jitter > MOST_JITTER / 2));
    }

    proptest! {
        #[test]
        fn jitter_is_at_most_a_tenth_and_thirty_seconds(secs in 1_u64..1_000_000, key in ".*", nth in any::<u64>()) {
            let interval = Duration::from_secs(secs);
            let jitter = jitter(interval, &key, nth);
            prop_assert!(jitter <= interval / 10 && jitter <= MOST_JITTER);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9*/,@a-zA-Z? #-]{0,24}") {
            let read = text.parse::<Schedule>();
            prop_assert!(read.is_ok_and(|schedule| schedule.to_string() == text.trim()) || text.parse::<Schedule>().is_err());
        }
    }
}
