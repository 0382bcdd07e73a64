//! Schedules, with a guess at what was meant by what is none.

use super::problem::near;
use super::value::Value;
use crate::schedule::Schedule;

const SHORTHANDS: [&str; 5] = ["@hourly", "@daily", "@weekly", "@monthly", "@yearly"];
const NAMES: [&str; 19] = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec",
];
const UNITS: [(&str, &str); 5] =
    [("second", "s"), ("minute", "m"), ("hour", "h"), ("day", "d"), ("week", "w")];

/// Reads a schedule; `others` are words that would do as well in this place.
pub(super) fn schedule(value: &Value<'_>, text: &str, others: &[&'static str]) -> Option<Schedule> {
    let read = text.parse::<Schedule>();
    if let Err(bad) = &read {
        let meant = meant(text, others);
        let hint = match (&meant, others) {
            (Some(meant), _) => Some(format!("did you mean `{meant}`?")),
            (None, []) => None,
            (None, others) => Some(format!("{} would do as well", others.join(", "))),
        };
        let is_word = meant.as_ref().is_some_and(|meant| others.contains(&meant.as_str()));
        if is_word {
            value
                .fault(format!("`{text}` is none of {}, and no schedule", others.join(", ")), hint);
        } else {
            value.fault(bad.to_string(), hint);
        }
    }
    read.ok()
}

/// Returns the schedule that was probably meant by `text`.
fn meant(text: &str, others: &[&'static str]) -> Option<String> {
    let text = text.trim();
    let bare = text.trim_start_matches('@');
    if let Some(word) = near(text, others.iter().copied()) {
        return Some(word.to_owned());
    }
    let shorthand = near(&format!("@{bare}"), SHORTHANDS).map(str::to_owned);
    shorthand
        .or_else(|| interval(text))
        .or_else(|| Some(with_names(text)))
        .filter(|meant| meant != text && meant.parse::<Schedule>().is_ok())
}

/// Reads `15 minutes`, `every 15 min`, `2 Hours`.
fn interval(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let rest = lower.strip_prefix("every").unwrap_or(&lower).trim_start();
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let unit = rest.strip_prefix(number.as_str())?.trim();
    let is_meant = |(name, _): &&(&str, &str)| {
        !unit.is_empty()
            && (name.starts_with(unit) || near(unit.trim_end_matches('s'), [*name]).is_some())
    };
    let (_, letter) = UNITS.iter().find(is_meant)?;
    let number = if number.is_empty() { "1" } else { number.as_str() };
    Some(format!("{number}{letter}"))
}

/// Mends the names of days and months in a cron expression.
fn with_names(text: &str) -> String {
    let mut mended = text.to_owned();
    let letters = |c: char| !c.is_ascii_alphabetic();
    for word in text.split(letters).filter(|word| word.len() > 1) {
        if let Some(name) = near(word, NAMES).filter(|name| !name.eq_ignore_ascii_case(word)) {
            mended = mended.replace(word, name);
        }
    }
    mended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(meant(text, &["weekly"]).unwrap_or_default(), expected);
    }

    #[test]
    fn what_is_no_schedule_is_guessed_at() {
        check("15 minutes", "15m");
        check("every 2 hours", "2h");
        check("every hour", "1h");
        check("30min", "30m");
        check("daily", "@daily");
        check("@dayly", "@daily");
        check("wekly", "weekly");
        check("0 8 * * mun", "0 8 * * mon");
    }

    #[test]
    fn what_could_be_anything_is_not() {
        check("sometimes", "");
        check("61 * * * *", "");
        check("15", "");
        check("0s", "");
        check("", "");
        check("* * *", "");
    }
}
