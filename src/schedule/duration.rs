//! Durations as people write them: `90s`, `15m`, `2h30m`, `7d`.

use super::BadSchedule;
use std::time::Duration;

/// The units, largest first, with their length in seconds.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
/// A hundred years: far beyond any use, and far from where arithmetic on dates overflows.
const MOST_SECONDS: u64 = 100 * 366 * 86_400;

/// Reads a duration of whole weeks, days, hours, minutes and seconds, larger units first, each at
/// most once: `7d`, `2h30m`. `0s` is one too.
pub fn parse_duration(text: &str) -> Result<Duration, BadSchedule> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadSchedule("a duration is missing, such as 15m, 2h30m or 7d".into()));
    }
    let unreadable =
        || BadSchedule(format!("`{}` is no duration such as 15m, 2h30m or 7d", shown(text)));
    let too_long = || BadSchedule(format!("`{}` is more than a hundred years", shown(text)));
    let (mut seconds, mut number, mut smallest) = (0_u64, None::<u64>, u64::MAX);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            let more = number.unwrap_or(0).checked_mul(10).ok_or_else(too_long)?;
            number = Some(more.checked_add(u64::from(digit)).ok_or_else(too_long)?);
            continue;
        }
        let (_, unit) = *UNITS.iter().find(|(name, _)| *name == c).ok_or_else(unreadable)?;
        let part = number.take().ok_or_else(unreadable)?.checked_mul(unit).ok_or_else(too_long)?;
        if unit >= smallest {
            return Err(BadSchedule(format!(
                "`{text}` must name each unit once, larger ones first, such as 2h30m"
            )));
        }
        smallest = unit;
        seconds = seconds.checked_add(part).ok_or_else(too_long)?;
    }
    match number {
        Some(_) if smallest == u64::MAX => Err(BadSchedule(format!(
            "`{0}` has no unit; write {0}s, {0}m, {0}h, {0}d or {0}w",
            shown(text)
        ))),
        Some(_) => Err(unreadable()),
        None if seconds > MOST_SECONDS => Err(too_long()),
        None => Ok(Duration::from_secs(seconds)),
    }
}

/// The beginning of what was written: enough to recognise it.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<u64, &str>) {
        let read = parse_duration(text);
        let seen = read.as_ref().map(Duration::as_secs).map_err(|bad| bad.0.as_str());
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn every_unit_counts() {
        check("1s", Ok(1));
        check("15m", Ok(900));
        check("2h30m", Ok(9_000));
        check("1w1d1h1m1s", Ok(694_861));
        check(" 7d ", Ok(604_800));
        check("400d", Ok(34_560_000));
        check("0s", Ok(0));
    }

    #[test]
    fn what_is_no_duration_says_so() {
        check("30m2h", Err("`30m2h` must name each unit once, larger ones first, such as 2h30m"));
        check("1m1m", Err("`1m1m` must name each unit once, larger ones first, such as 2h30m"));
        check("1h30", Err("`1h30` is no duration such as 15m, 2h30m or 7d"));
        check("-5m", Err("`-5m` is no duration such as 15m, 2h30m or 7d"));
        check("1.5h", Err("`1.5h` is no duration such as 15m, 2h30m or 7d"));
        check("5 m", Err("`5 m` is no duration such as 15m, 2h30m or 7d"));
        check("m", Err("`m` is no duration such as 15m, 2h30m or 7d"));
        check("5M", Err("`5M` is no duration such as 15m, 2h30m or 7d"));
    }

    #[test]
    fn a_number_beyond_reason_is_refused() {
        check("101y", Err("`101y` is no duration such as 15m, 2h30m or 7d"));
        check("36601d", Err("`36601d` is more than a hundred years"));
        check("99999999999999999999s", Err("`99999999999999999999s` is more than a hundred years"));
    }
}
