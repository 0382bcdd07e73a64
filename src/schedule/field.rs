//! One field of a cron expression: a list of values, ranges and steps, read into the set of values
//! that it allows.

use super::BadSchedule;
use std::collections::BTreeSet;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] =
    ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// What one place in an expression may hold.
pub(super) struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names that stand for values, from `least` on.
    names: &'static [&'static str],
    /// What else is to be known of the values.
    note: &'static str,
    example: &'static str,
}

pub(super) const SECOND: Field =
    Field { name: "seconds", least: 0, most: 59, names: &[], note: "", example: "`0` or `*/10`" };
pub(super) const MINUTE: Field =
    Field { name: "minute", least: 0, most: 59, names: &[], note: "", example: "`0` or `*/15`" };
pub(super) const HOUR: Field =
    Field { name: "hour", least: 0, most: 23, names: &[], note: "", example: "`8` or `8-18`" };
pub(super) const DAY: Field = Field {
    name: "day-of-month",
    least: 1,
    most: 31,
    names: &[],
    note: "",
    example: "`1` or `1,15`",
};
pub(super) const MONTH: Field = Field {
    name: "month",
    least: 1,
    most: 12,
    names: &MONTHS,
    note: ", or names",
    example: "`1` or `jan-mar`",
};
pub(super) const WEEKDAY: Field = Field {
    name: "weekday",
    least: 0,
    most: 7,
    names: &WEEKDAYS,
    note: " (0 and 7 are Sunday), or names",
    example: "`1` or `mon-fri`",
};
pub(super) const YEAR: Field = Field {
    name: "year",
    least: 1970,
    most: 2100,
    names: &[],
    note: "",
    example: "`2027` or `2027-2029`",
};

/// The values that a field allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    /// In a weekday, Sunday is 0.
    pub(super) set: BTreeSet<u32>,
    /// Whether all values are allowed.
    pub(super) all: bool,
    /// Whether it was written with a star: then a day needs to fit the other day field as well.
    pub(super) star: bool,
}

impl Field {
    /// Reads the field; `place` says where it stands, for the message of a fault.
    pub(super) fn read(&self, text: &str, place: &str) -> Result<Values, BadSchedule> {
        let mut set = BTreeSet::new();
        for item in text.split(',') {
            let (first, last, step) = self.item(item).map_err(|fault| {
                let shown: String = item.chars().take(40).collect();
                BadSchedule(format!("`{shown}` in the {} field ({place}): {fault}", self.name))
            })?;
            let values = (first..=last).step_by(step);
            // Only the weekday goes beyond its last name: 7 is Sunday too.
            let is_weekday = self.names.len() == WEEKDAYS.len();
            set.extend(values.map(|value| if is_weekday { value % 7 } else { value }));
        }
        let distinct = if self.names.is_empty() {
            (self.most - self.least + 1) as usize
        } else {
            self.names.len()
        };
        Ok(Values { all: set.len() == distinct, star: text.starts_with(['*', '?']), set })
    }

    /// Reads one element of the list: its first and last value and its step.
    fn item(&self, item: &str) -> Result<(u32, u32, usize), String> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (item, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (self.least, self.most),
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            // `5/15` is every fifteenth from 5 on.
            None if step.is_some() => (self.value(range)?, self.most),
            None => (self.value(range)?, self.value(range)?),
        };
        // Sunday may also end a range: `sat-sun`, `5-0`.
        let last = if last == 0 && first > 0 && self.most == 7 { 7 } else { last };
        if first > last {
            return Err(format!(
                "it runs backwards; write `{first}-{},{}-{last}`",
                if self.most == 7 { 6 } else { self.most },
                self.least
            ));
        }
        Ok((first, last, step.unwrap_or(1)))
    }

    fn step(&self, text: &str) -> Result<usize, String> {
        let most = (self.most - self.least).max(1) as usize;
        number(text)
            .map(|step| step as usize)
            .filter(|step| (1..=most).contains(step))
            .ok_or_else(|| format!("a step goes from 1 to {most}, such as {}", self.example))
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let lower = text.to_ascii_lowercase();
        let named = || {
            let at =
                self.names.iter().position(|name| lower.len() >= 3 && name.starts_with(&lower));
            at.and_then(|at| u32::try_from(at).ok()).map(|at| at + self.least)
        };
        number(text)
            .filter(|value| (self.least..=self.most).contains(value))
            .or_else(named)
            .ok_or_else(|| {
                format!(
                    "values go from {} to {}{}, such as {}",
                    self.least, self.most, self.note, self.example
                )
            })
    }
}

/// Reads plain digits: no sign, no blank.
fn number(text: &str) -> Option<u32> {
    Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &Field, text: &str, expected: &[u32]) {
        let set = field.read(text, "here").unwrap().set;
        assert_eq!(set.into_iter().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn lists_ranges_and_steps_are_read() {
        check(&MINUTE, "5", &[5]);
        check(&MINUTE, "30,5,5", &[5, 30]);
        check(&HOUR, "8-11", &[8, 9, 10, 11]);
        check(&MINUTE, "*/20", &[0, 20, 40]);
        check(&MINUTE, "10-40/15", &[10, 25, 40]);
        check(&MINUTE, "50/5", &[50, 55]);
        check(&DAY, "*/10", &[1, 11, 21, 31]);
    }

    #[test]
    fn names_stand_for_months_and_weekdays() {
        check(&MONTH, "jan,Sept,december", &[1, 9, 12]);
        check(&WEEKDAY, "mon-FRI", &[1, 2, 3, 4, 5]);
        check(&WEEKDAY, "thurs", &[4]);
        check(&WEEKDAY, "fri-sun", &[0, 5, 6]);
        check(&WEEKDAY, "0,7", &[0]);
    }

    #[test]
    fn all_values_are_known_as_all() {
        let all = |field: &Field, text: &str| field.read(text, "here").unwrap().all;
        assert!(all(&HOUR, "*") && all(&HOUR, "0-23") && all(&HOUR, "*/1"));
        assert!(all(&WEEKDAY, "1-7") && all(&WEEKDAY, "0-6") && all(&WEEKDAY, "?"));
        assert!(!all(&HOUR, "0-22") && !all(&WEEKDAY, "1-6"));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", ",", "1,", "-", "1-", "a", "+1", " 1", "1--2", "*/0", "*/", "1/2/3", "99999999999"]
        {
            assert!(MINUTE.read(text, "here").is_err(), "{text:?}");
        }
        for text in ["mo", "8", "1#2", "5L"] {
            assert!(WEEKDAY.read(text, "here").is_err(), "{text:?}");
        }
    }
}
