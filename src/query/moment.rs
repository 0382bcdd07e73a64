//! Points in time as people write them: a date, an RFC 3339 time, or an age.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

/// A hundred years: an age beyond this is a slip.
const MOST_SECONDS: i64 = 100 * 366 * 86_400;

/// A point in time, perhaps as seen from a `now` that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    At(DateTime<Utc>),
    /// So long before now.
    Ago(TimeDelta),
}

impl Moment {
    /// Reads a date (`2026-11-01`: its midnight in UTC), an RFC 3339 time, or an age such as `7d`,
    /// `12h`, `1h30m`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(date) = text.parse::<NaiveDate>()
            && (1..=9999).contains(&date.year())
        {
            return Ok(Self::At(date.and_time(NaiveTime::MIN).and_utc()));
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(&text.to_ascii_uppercase()) {
            return Ok(Self::At(time.to_utc()));
        }
        age(text).map(Self::Ago).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!(
                "`{shown}` is no time; write a date such as 2026-11-01, a time such as \
                 2026-11-01T08:00:00Z, or an age such as 7d or 12h"
            )
        })
    }

    /// Returns the point in time, as seen from `now`.
    pub fn seen_from(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(time) => time,
            Self::Ago(age) => now.checked_sub_signed(age).unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

/// Reads an age: numbers with the units w, d, h, m, s.
fn age(text: &str) -> Option<TimeDelta> {
    let (mut seconds, mut number) = (0_i64, None::<i64>);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit))?);
            continue;
        }
        let unit = match c {
            'w' => 604_800,
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    let is_whole = number.is_none() && !text.is_empty();
    TimeDelta::try_seconds(seconds).filter(|_| is_whole && seconds <= MOST_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let seen = Moment::parse(text).ok().map(|moment| moment.seen_from(now));
        assert_eq!(seen, expected.map(|time| time.parse().unwrap()), "{text}");
    }

    #[test]
    fn dates_times_and_ages_are_read() {
        check("2026-11-01", Some("2026-11-01T00:00:00Z"));
        check("2026-11-01T08:00:00+02:00", Some("2026-11-01T06:00:00Z"));
        check("2026-11-01t08:00:00z", Some("2026-11-01T08:00:00Z"));
        check("7d", Some("2026-11-14T12:00:00Z"));
        check("1h30m", Some("2026-11-21T10:30:00Z"));
        check("2w", Some("2026-11-07T12:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "7", "d", "2026-13-01", "2026-02-30", "yesterday", "-7d", "99999999999w", "9e9d"]
        {
            check(text, None);
        }
    }
}
