//! Public holidays by country, as `texts/holidays.toml` lists them for people to read and correct.

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Some days of one year, or of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// Month and day; and what follows where that is on a weekend.
    Yearly(u32, u32, Instead),
    /// So many days after Easter Sunday.
    Easter(i64),
    /// The first such weekday on this month and day, or after it.
    First(Weekday, u32, u32),
    /// From one day to another, both included.
    Dated(NaiveDate, NaiveDate),
}

/// Which day is free as well where a holiday is on a weekend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    None,
    Monday,
    TwoLater,
}

impl Days {
    /// Tells whether `date` is one of them.
    pub fn include(&self, date: NaiveDate) -> bool {
        match *self {
            Self::Yearly(month, day, instead) => {
                (date.month(), date.day()) == (month, day)
                    || NaiveDate::from_ymd_opt(date.year(), month, day)
                        .is_some_and(|own| instead.of(own) == Some(date))
            }
            Self::Easter(days) => {
                easter(date.year()).and_then(|sunday| after(sunday, days)) == Some(date)
            }
            Self::First(weekday, month, day) => {
                date.weekday() == weekday
                    && NaiveDate::from_ymd_opt(date.year(), month, day)
                        .is_some_and(|from| (0..7).contains(&(date - from).num_days()))
            }
            Self::Dated(from, until) => (from..=until).contains(&date),
        }
    }

    /// Reads one line of the list; what follows the days is their name.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let first = words.next()?;
        if let Some(days) = first.strip_prefix("easter") {
            return days.parse().ok().map(Self::Easter);
        }
        if let Ok(weekday) = first.parse() {
            let (month, day) = month_and_day(words.nth(1)?)?;
            return Some(Self::First(weekday, month, day));
        }
        if let Some(days) = dated(first) {
            return Some(days);
        }
        let (day, instead) = match first.split_once('/') {
            None => (first, Instead::None),
            Some((day, "mon")) => (day, Instead::Monday),
            Some((day, "+2")) => (day, Instead::TwoLater),
            Some(_) => return None,
        };
        let (month, day) = month_and_day(day)?;
        Some(Self::Yearly(month, day, instead))
    }
}

impl Instead {
    fn of(self, date: NaiveDate) -> Option<NaiveDate> {
        let later = match (self, date.weekday()) {
            (Self::Monday | Self::TwoLater, Weekday::Sat) | (Self::TwoLater, Weekday::Sun) => 2,
            (Self::Monday, Weekday::Sun) => 1,
            _ => return None,
        };
        after(date, later)
    }
}

/// Reads one day, or the first and the last of several: `2026-12-24`, `2026-12-27..2027-01-01`.
pub fn dated(text: &str) -> Option<Days> {
    let (from, until) = text.split_once("..").unwrap_or((text, text));
    let (from, until) = (day(from)?, day(until)?);
    (from <= until).then_some(Days::Dated(from, until))
}

/// Reads a day such as `2026-12-24`.
pub fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()
}

/// Returns the countries that are known, by their codes in lower case.
pub fn countries() -> impl Iterator<Item = &'static str> {
    KNOWN.keys().map(String::as_str)
}

/// Returns the public holidays of a country; `None` where they are not known.
pub fn of(country: &str) -> Option<&'static [Days]> {
    KNOWN.get(country).map(Vec::as_slice)
}

fn month_and_day(text: &str) -> Option<(u32, u32)> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    // A leap year has every day there is.
    NaiveDate::from_ymd_opt(2024, month, day).map(|_| (month, day))
}

fn after(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    date.checked_add_signed(TimeDelta::try_days(days)?)
}

/// Returns Easter Sunday of the western churches, by the anonymous Gregorian reckoning.
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let lunar = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - lunar + 15) % 30;
    let sunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * sunday) / 451;
    let day = moon + sunday - 7 * late + 114;
    let (month, day) = (u32::try_from(day / 31).ok()?, u32::try_from(day % 31 + 1).ok()?);
    NaiveDate::from_ymd_opt(year, month, day)
}

static KNOWN: LazyLock<BTreeMap<String, Vec<Days>>> = LazyLock::new(|| {
    let lists: BTreeMap<String, Vec<String>> = lists();
    let read = |list: Vec<String>| list.iter().filter_map(|line| Days::read(line)).collect();
    lists.into_iter().map(|(country, list)| (country, read(list))).collect()
});

fn lists() -> BTreeMap<String, Vec<String>> {
    toml::from_str(include_str!("texts/holidays.toml")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_free(country: &str, date: &str) -> bool {
        of(country).unwrap().iter().any(|days| days.include(day(date).unwrap()))
    }

    #[test]
    fn every_line_of_the_list_is_read() {
        assert_eq!(countries().collect::<Vec<_>>(), ["de", "es", "fi", "fr", "gb", "se", "tr"]);
        for (country, list) in lists() {
            for line in list {
                let days = Days::read(&line).unwrap_or_else(|| panic!("{country}: {line}"));
                let (_, name) = line.split_once(' ').unwrap();
                assert!(name.chars().any(char::is_alphabetic), "{country}: {line}");
                if let Days::Dated(from, until) = days {
                    assert_eq!(from.year(), until.year(), "{line}");
                }
            }
        }
        for wrong in ["", "13-01 x", "02-30 x", "easter x", "mon x", "12-25/tue x", "2026-02-30"] {
            assert_eq!(Days::read(wrong), None, "{wrong}");
        }
        assert_eq!(dated("2026-12-24..2026-12-01"), None);
    }

    #[test]
    fn easter_is_where_the_church_has_it() {
        let known = ["2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25"];
        for sunday in known.map(|sunday| day(sunday).unwrap()) {
            assert_eq!(easter(sunday.year()), Some(sunday));
        }
    }

    #[test]
    fn each_country_has_its_own() {
        for (country, free, working) in [
            ("fi", "2026-12-06 2026-06-19 2026-06-20 2026-10-31 2026-05-14", "2026-12-07"),
            ("tr", "2026-03-20 2026-05-30 2026-10-29 2031-04-02", "2026-03-19 2026-12-25"),
            ("se", "2026-06-19 2026-12-24 2026-06-06", "2026-12-06"),
            ("de", "2026-10-03 2026-05-25 2026-04-03", "2026-12-24"),
            ("gb", "2026-05-04 2026-05-25 2026-08-31 2026-12-26 2026-12-28", "2026-12-29"),
            ("gb", "2027-12-25 2027-12-26 2027-12-27 2027-12-28 2028-01-03", "2027-12-29"),
            ("gb", "2022-12-25 2022-12-26 2022-12-27 2023-01-02", "2022-12-28 2023-01-03"),
            ("es", "2026-10-12 2026-12-08", "2026-04-06"),
            ("fr", "2026-07-14 2026-05-25", "2026-04-03"),
        ] {
            for date in free.split(' ') {
                assert!(is_free(country, date), "{country} {date}");
            }
            for date in working.split(' ') {
                assert!(!is_free(country, date), "{country} {date}");
            }
        }
    }

    /// Both feasts go by the same moon: the one is 70 days before the other, give or take one.
    #[test]
    fn the_feasts_of_the_moon_keep_their_distance() {
        let feasts: Vec<NaiveDate> = of("tr")
            .unwrap()
            .iter()
            .filter_map(|days| if let Days::Dated(from, _) = days { Some(*from) } else { None })
            .collect();
        assert_eq!(feasts.len(), 16);
        for pair in feasts.chunks(2) {
            let apart = (pair[1] - pair[0]).num_days();
            assert!((67..=70).contains(&apart), "{pair:?}: {apart}");
        }
        for pair in feasts.windows(3) {
            let year = (pair[2] - pair[0]).num_days();
            assert!((353..=356).contains(&year), "{pair:?}: {year}");
        }
    }
}
