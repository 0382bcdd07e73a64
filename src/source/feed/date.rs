//! Dates of feeds: what is read as a date anywhere, and what only programs write wrong.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Earlier years are placeholders of software, not dates.
const FIRST_YEAR: i32 = 1970;
/// The longest text that a program means as a date by ISO 8601.
const MOST_BYTES: usize = 50;

/// Reads a date and time, in UTC where no zone is told. `None` where there is no full date in it.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let is_late = |date: &DateTime<Utc>| date.year() >= FIRST_YEAR;
    let date = iso(text).filter(is_late).or_else(|| crate::text::date::parse(text));
    date.or_else(|| far_ahead(text)).filter(is_late)
}

/// Reads what is meant to be ISO 8601 even where it is written wrong: two digits for the year, no
/// colons, the 31st of June, 61 seconds. What is too much is carried over, as clocks do. A year alone
/// will do.
fn iso(text: &str) -> Option<DateTime<Utc>> {
    let is_year = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    let (date, time) = if is_year { (text, "") } else { text.split_once(['T', 't'])? };
    let mut date = date.trim_end().split('-').filter(|_| text.len() <= MOST_BYTES);
    let year = full_year(date.next()?)?;
    let mut number = |most: u32| match date.next() {
        None if is_year => Some(0),
        None => None,
        Some(digits) => digits.parse::<u32>().ok()?.checked_sub(1).filter(|n| *n < most),
    };
    let (months, days) = (number(13)?, number(32)?);
    let end = time.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.'));
    let (clock, zone) = time.split_at(end.unwrap_or(time.len()));
    let clock = clock.split('.').next().unwrap_or_default();
    let part = |at: usize| match clock.split_once(':') {
        Some(_) => clock.split(':').nth(at).unwrap_or("0"),
        None => clock.get(at * 2..at * 2 + 2).unwrap_or("0"),
    };
    let [hours, minutes, seconds] =
        [0, 1, 2].map(|at| part(at).parse::<i64>().ok().filter(|number| *number < 100));
    let seconds = (hours? * 60 + minutes?) * 60 + seconds?;
    let zone = if zone.eq_ignore_ascii_case("z") { "" } else { zone };
    let first = NaiveDate::from_ymd_opt(year, 1, 1)?.checked_add_months(Months::new(months))?;
    let date = first.checked_add_days(Days::new(u64::from(days)))?;
    Some(date.and_time(NaiveTime::MIN).and_utc() + TimeDelta::seconds(seconds) - offset(zone)?)
}

/// Reads a date with a zone that is nowhere on Earth: some write `+3000`. Nobody knows what they mean,
/// but what they say is near enough.
fn far_ahead(text: &str) -> Option<DateTime<Utc>> {
    let (date, zone) = text.rsplit_once(' ').filter(|(_, zone)| zone.starts_with(['+', '-']))?;
    Some(crate::text::date::parse(date)? - offset(zone)?)
}

/// Reads `+0200`, `-05:00`, `+3`; also nothing.
fn offset(text: &str) -> Option<TimeDelta> {
    let (sign, digits) = match text.chars().next() {
        None => return Some(TimeDelta::zero()),
        Some('+') => (1, text.trim_start_matches('+')),
        Some('-' | '−') => (-1, text.trim_start_matches(['-', '−'])),
        Some(_) => return None,
    };
    let digits = digits.replace(':', "");
    let number: i64 = digits.parse().ok().filter(|_| digits.len() <= 4)?;
    let minutes = if digits.len() <= 2 { number * 60 } else { number / 100 * 60 + number % 100 };
    Some(TimeDelta::minutes(sign * minutes))
}

fn full_year(digits: &str) -> Option<i32> {
    let year: i32 = digits.parse().ok()?;
    match digits.len() {
        4 => Some(year),
        2 if year < 70 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read = parse(text).map(|date| date.format("%FT%TZ").to_string());
        assert_eq!(read.as_deref().unwrap_or("none"), expected, "{text}");
    }

    #[test]
    fn dates_that_programs_write_wrong_are_read() {
        for (text, expected) in [
            ("2024-03-05T14:05:00.25+02:00", "2024-03-05T12:05:00Z"),
            ("2024-03-05 T12:05:00Z", "2024-03-05T12:05:00Z"),
            ("2024-03-05T12:5:9Z", "2024-03-05T12:05:09Z"),
            ("24-03-05T12:05:00+00:00", "2024-03-05T12:05:00Z"),
            ("2024-03-05T140500+02:00", "2024-03-05T12:05:00Z"),
            ("2024-06-31T12:05:00Z", "2024-07-01T12:05:00Z"),
            ("2024-03-05T25:05:61-01:00", "2024-03-06T02:06:01Z"),
            ("2024-13-05T12:05:00Z", "2025-01-05T12:05:00Z"),
            ("2024", "2024-01-01T00:00:00Z"),
            ("Fri, 11 Mar 2016 01:15:00 +3000", "2016-03-09T19:15:00Z"),
            ("Tue, 05 Mar 2024 14:05:00 EET", "2024-03-05T12:05:00Z"),
            (" Sat, Dec 16 2023 02:02:33 PM ", "2023-12-16T14:02:33Z"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_no_full_date_is_none() {
        for text in [
            "",
            "yesterday",
            "99",
            "T",
            "2024T",
            "0001-01-01T00:00:00Z",
            "2024-14-05T12:05:00Z",
            "+3000",
        ] {
            check(text, "none");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_always_read_or_refused(text in "[0-9:TZ+.,/ a-z-]{0,40}|\\PC{0,20}") {
            parse(&text);
        }
    }
}
