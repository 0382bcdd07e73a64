//! Dates as feeds write them: by the standards, and by everybody else.
//!
//! Not a list of formats but a reader of words: each word is a time, a date, a month, a zone, or
//! says nothing. So the order of day and month names, missing seconds, a wrong weekday and a missing
//! zone (then UTC) do not matter.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

/// The longest text that may be a date.
const MOST_BYTES: usize = 100;
/// Earlier years are placeholders of software, not dates.
const FIRST_YEAR: i32 = 1970;
/// A lone number of so many digits counts the seconds since 1970.
const EPOCH_DIGITS: std::ops::RangeInclusive<usize> = 9..=11;

/// The beginnings of month names in English, Finnish, Turkish, German, Swedish, French and Spanish.
const MONTHS: [(&str, u32); 46] = [
    ("jan", 1),
    ("tammi", 1),
    ("oca", 1),
    ("feb", 2),
    ("helmi", 2),
    ("şub", 2),
    ("sub", 2),
    ("fév", 2),
    ("fev", 2),
    ("mar", 3),
    ("maalis", 3),
    ("mär", 3),
    ("mrz", 3),
    ("apr", 4),
    ("huhti", 4),
    ("nis", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("maj", 5),
    ("mai", 5),
    ("touko", 5),
    ("jun", 6),
    ("kesä", 6),
    ("kesa", 6),
    ("haz", 6),
    ("juin", 6),
    ("jul", 7),
    ("heinä", 7),
    ("heina", 7),
    ("tem", 7),
    ("juil", 7),
    ("aug", 8),
    ("elo", 8),
    ("ağu", 8),
    ("agu", 8),
    ("sep", 9),
    ("syys", 9),
    ("eyl", 9),
    ("oct", 10),
    ("okt", 10),
    ("loka", 10),
    ("eki", 10),
    ("nov", 11),
    ("marras", 11),
    ("kas", 11),
];
/// As above; apart because the whole is easier to read so.
const DECEMBERS: [&str; 5] = ["dec", "dez", "des", "joulu", "ara"];

/// Zone names with the minutes by which they are ahead of UTC. Names that several countries use
/// mean what they mean in mail (RFC 2822), then what they mean in Europe.
const ZONES: [(&str, i32); 34] = [
    ("utc", 0),
    ("ut", 0),
    ("gmt", 0),
    ("z", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("met", 60),
    ("mez", 60),
    ("cest", 120),
    ("mest", 120),
    ("mesz", 120),
    ("eet", 120),
    ("eest", 180),
    ("trt", 180),
    ("tsi", 180),
    ("msk", 180),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
    ("akst", -540),
    ("akdt", -480),
    ("hst", -600),
    ("jst", 540),
    ("kst", 540),
    ("ist", 330),
    ("aest", 600),
    ("aedt", 660),
];

/// Reads a date and time. `None` where there is no full date in it, or an impossible one.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.len() > MOST_BYTES {
        return None;
    }
    let read = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc2822(text))
        .map(|date| date.to_utc())
        .ok()
        .or_else(|| epoch(text))
        .or_else(|| Words::of(text).date())?;
    (chrono::Datelike::year(&read) >= FIRST_YEAR).then_some(read)
}

fn epoch(text: &str) -> Option<DateTime<Utc>> {
    EPOCH_DIGITS.contains(&text.len()).then_some(())?;
    text.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
    DateTime::from_timestamp(text.parse().ok()?, 0)
}

/// What the words of a date said so far.
#[derive(Default)]
struct Words {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    time: Option<NaiveTime>,
    /// The time said 24:00.
    next_day: bool,
    /// `Some(true)` for the afternoon.
    afternoon: Option<bool>,
    /// Minutes ahead of UTC.
    offset: i32,
    /// A word made no sense where it stood.
    broken: bool,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self::default();
        let lower = separated(&text.to_lowercase());
        for word in lower.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')')) {
            if !word.is_empty() && words.read(word).is_none() {
                words.broken = true;
            }
        }
        words
    }

    fn date(self) -> Option<DateTime<Utc>> {
        let (Some(year), Some(month), false) = (self.year, self.month, self.broken) else {
            return None;
        };
        let mut date = NaiveDate::from_ymd_opt(year, month, self.day.unwrap_or(1))?;
        if self.next_day {
            date = date.checked_add_days(Days::new(1))?;
        }
        let mut time = self.time.unwrap_or_default();
        let hour = chrono::Timelike::hour(&time);
        match self.afternoon {
            Some(true) if hour < 12 => time += TimeDelta::hours(12),
            Some(false) if hour == 12 => time -= TimeDelta::hours(12),
            Some(_) | None => {}
        }
        let ahead = TimeDelta::minutes(i64::from(self.offset));
        Some(date.and_time(time).checked_sub_signed(ahead)?.and_utc())
    }

    /// Takes one word in; `None` where it makes no sense.
    fn read(&mut self, word: &str) -> Option<()> {
        let first = word.chars().next()?;
        if first.is_ascii_digit() {
            if word.contains(':') {
                return self.clock(word);
            }
            return self.calendar(word);
        }
        if matches!(first, '+' | '-' | '−') {
            self.offset = offset(word)?;
            return Some(());
        }
        self.name(word.trim_end_matches('.'))
    }

    /// A word that is not a number. Unknown ones (weekdays, `klo`, `at`) say nothing.
    fn name(&mut self, word: &str) -> Option<()> {
        if let Some((_, minutes)) = ZONES.iter().find(|(zone, _)| *zone == word) {
            self.offset = *minutes;
        } else if let Some(behind) = word.strip_prefix("gmt").or_else(|| word.strip_prefix("utc")) {
            self.offset = offset(behind)?;
        } else if matches!(word, "am" | "pm" | "a.m" | "p.m") {
            self.afternoon = Some(word.starts_with('p'));
        } else if let Some(month) = month(word) {
            // The last one counts: a French `mar` may be a Tuesday.
            self.month = Some(month);
        }
        Some(())
    }

    /// `14:05`, `2:05:30.25pm`.
    fn clock(&mut self, word: &str) -> Option<()> {
        let end = word.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.'));
        let (time, behind) = word.split_at(end.unwrap_or(word.len()));
        let mut parts = time.split(':');
        let hour: u32 = parts.next()?.parse().ok()?;
        let minute = parts.next()?.parse().ok()?;
        let second = parts.next().map_or("0", |s| s.split('.').next().unwrap_or(s));
        let second = second.parse::<u32>().ok()?.min(59);
        self.next_day = hour == 24 && minute == 0;
        let hour = if self.next_day { 0 } else { hour };
        self.time = Some(NaiveTime::from_hms_opt(hour, minute, second)?);
        if behind.is_empty() { Some(()) } else { self.read(behind) }
    }

    /// `2024`, `5`, `5.`, `2024-03-05`, `5.3.2024`, `3/5/2024`, `5-Mar-24`, `20240305`.
    fn calendar(&mut self, word: &str) -> Option<()> {
        let parts: Vec<&str> =
            word.split(['-', '/', '.']).filter(|part| !part.is_empty()).collect();
        match *parts.as_slice() {
            [whole] if whole.len() == 8 => {
                let (year, rest) = whole.split_at_checked(4)?;
                let (month, day) = rest.split_at_checked(2)?;
                self.set(year, month, day)
            }
            [number] => self.number(number),
            [year, month] if year.len() == 4 => self.set(year, month, "1"),
            [first, month, day] if first.len() == 4 => self.set(first, month, day),
            // Americans put the month first when they write strokes.
            [month, day, year]
                if word.contains('/') && month.parse::<u32>().is_ok_and(|month| month <= 12) =>
            {
                self.set(year, month, day)
            }
            [day, month, year] => self.set(year, month, day),
            _ => None,
        }
    }

    fn set(&mut self, year: &str, month: &str, day: &str) -> Option<()> {
        self.year = Some(full_year(year)?);
        self.month = Some(month.parse().ok().or_else(|| self::month(month))?);
        self.day = Some(day.parse().ok()?);
        Some(())
    }

    fn number(&mut self, digits: &str) -> Option<()> {
        let digits = digits.trim_end_matches(|c: char| c.is_alphabetic());
        if digits.len() <= 2 && self.day.is_none() {
            self.day = Some(digits.parse().ok()?);
        } else if self.year.is_none() {
            self.year = Some(full_year(digits)?);
        } else {
            return None;
        }
        Some(())
    }
}

/// Parts a date from the time behind it, and a time from its zone: `2024-03-05T12:05:00+02:00`.
fn separated(text: &str) -> String {
    let mut parted = String::with_capacity(text.len() + 4);
    let (mut digit, mut clock) = (false, false);
    for c in text.chars() {
        match c {
            't' if digit => parted.push(' '),
            '+' | '-' | '−' if clock => {
                parted.push(' ');
                parted.push(c);
                clock = false;
            }
            _ => parted.push(c),
        }
        digit = c.is_ascii_digit();
        clock = (clock || c == ':') && !c.is_whitespace();
    }
    parted
}

/// Reads `+0200`, `-05:00`, `+3`; also nothing.
fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.chars().next() {
        None => return Some(0),
        Some('+') => (1, text.trim_start_matches('+')),
        Some('-' | '−') => (-1, text.trim_start_matches(['-', '−'])),
        Some(_) => return None,
    };
    let digits = digits.replace(':', "");
    let number: i32 = digits.parse().ok()?;
    let minutes = if digits.len() <= 2 { number * 60 } else { number / 100 * 60 + number % 100 };
    (minutes < 24 * 60).then_some(sign * minutes)
}

fn month(word: &str) -> Option<u32> {
    // The longest beginning decides: `marras` is not `mar`.
    let named = MONTHS.iter().filter(|(start, _)| word.starts_with(start));
    let named = named.max_by_key(|(start, _)| start.len()).map(|(_, month)| *month);
    named.or_else(|| DECEMBERS.iter().any(|start| word.starts_with(start)).then_some(12))
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
    fn dates_by_the_standards_are_read() {
        check("2024-03-05T12:05:00Z", "2024-03-05T12:05:00Z");
        check("2024-03-05T14:05:00.25+02:00", "2024-03-05T12:05:00Z");
        check("Tue, 05 Mar 2024 14:05:00 +0200", "2024-03-05T12:05:00Z");
        check("5 Mar 24 12:05 GMT", "2024-03-05T12:05:00Z");
        check("Tue, 05 Mar 2024 07:05:00 EST", "2024-03-05T12:05:00Z");
    }

    #[test]
    fn dates_by_everybody_else_are_read() {
        for (text, expected) in [
            ("2024-03-05 12:05", "2024-03-05T12:05:00Z"),
            ("2024-03-05 12:05:30", "2024-03-05T12:05:30Z"),
            ("2024-03-05 14:05:00 +0200", "2024-03-05T12:05:00Z"),
            ("2024-03-05 14:05:00+02", "2024-03-05T12:05:00Z"),
            ("2024-03-05t12:05:00z", "2024-03-05T12:05:00Z"),
            ("2024-03-05T12:05", "2024-03-05T12:05:00Z"),
            ("2024-03-05T12:05:00", "2024-03-05T12:05:00Z"),
            ("2024-03-05T14:05:00+0200", "2024-03-05T12:05:00Z"),
            ("2024-03-05T07:05-05:00", "2024-03-05T12:05:00Z"),
            ("2024-03-05", "2024-03-05T00:00:00Z"),
            ("2024-03", "2024-03-01T00:00:00Z"),
            ("20240305", "2024-03-05T00:00:00Z"),
            ("20240305T120500Z", "none"),
            ("05.03.2024 14:05", "2024-03-05T14:05:00Z"),
            ("3/5/2024 2:05 PM", "2024-03-05T14:05:00Z"),
            ("25/3/2024", "2024-03-25T00:00:00Z"),
            ("12/31/1999 12:00:10 AM", "1999-12-31T00:00:10Z"),
            ("5-Mar-2024 12:05", "2024-03-05T12:05:00Z"),
            ("Tue Mar  5 12:05:00 2024", "2024-03-05T12:05:00Z"),
            ("Tue Mar 5 12:05:00 UTC 2024", "2024-03-05T12:05:00Z"),
            ("Wed, 5 March 2024 12:05:00 GMT", "2024-03-05T12:05:00Z"),
            ("March 5th, 2024", "2024-03-05T00:00:00Z"),
            ("Tue, 05 Mar 2024 14:05:00 EET", "2024-03-05T12:05:00Z"),
            ("Tue, 05 Jul 2024 15:05:00 EEST", "2024-07-05T12:05:00Z"),
            ("Tue, 05 Mar 2024 15:05:00 TRT", "2024-03-05T12:05:00Z"),
            ("Tue, 05 Mar 2024 13:05:00 CET", "2024-03-05T12:05:00Z"),
            ("Tue, 05 Jul 2024 14:05:00 CEST", "2024-07-05T12:05:00Z"),
            ("Tue, 05 Mar 2024 15:05:00 GMT+3", "2024-03-05T12:05:00Z"),
            ("Tue, 05 Mar 2024 15:05:00 UTC+03:00", "2024-03-05T12:05:00Z"),
            ("Tue, 05 Mar 2024 24:00:00 GMT", "2024-03-06T00:00:00Z"),
            ("ti 5. maaliskuuta 2024 klo 12:05", "2024-03-05T12:05:00Z"),
            ("5 marraskuuta 2024", "2024-11-05T00:00:00Z"),
            ("Paz, 05 Ağustos 2024 12:05:00", "2024-08-05T12:05:00Z"),
            ("05 Ara 2024", "2024-12-05T00:00:00Z"),
            ("1709640300", "2024-03-05T12:05:00Z"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_no_full_date_is_none() {
        for text in [
            "",
            "yesterday",
            "12:05",
            "5 Mar",
            "2024",
            "0001-01-01T00:00:00Z",
            "2024-13-05",
            "2024-02-30",
            "Tue, 45 Mar 2024",
            "2024-03-05 25:00",
            "1 2 3 4 5",
            "2024-03-05 12:05 +99999",
        ] {
            check(text, "none");
        }
        assert_eq!(parse(&"2024-03-05 ".repeat(20)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_always_read_or_refused(text in "[0-9:TZ+.,/ a-z-]{0,40}|\\PC{0,20}") {
            parse(&text);
        }

        #[test]
        fn a_written_date_is_always_read_back(seconds in 0_i64..4_000_000_000) {
            let date = DateTime::from_timestamp(seconds, 0).unwrap();
            prop_assert_eq!(parse(&date.to_rfc3339()), Some(date));
            prop_assert_eq!(parse(&date.to_rfc2822()), Some(date));
            prop_assert_eq!(parse(&date.format("%Y-%m-%d %H:%M:%S").to_string()), Some(date));
            prop_assert_eq!(parse(&date.format("%a %b %e %T %Y").to_string()), Some(date));
        }
    }
}
