//! How often a feed says that it changes, and when it need not be asked.

use crate::schedule::Hints;
use crate::source::feed::names::Element;
use std::time::Duration;

/// No feed means more than a year.
const MOST_MINUTES: u64 = 366 * 24 * 60;

/// English names only: the specification of RSS allows no others.
const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What was read so far. Times are in UTC (the specification says GMT).
#[derive(Debug, Default)]
pub(super) struct Rhythm {
    /// `ttl`.
    minutes: Option<u64>,
    /// `sy:updatePeriod`, in minutes.
    period: Option<u64>,
    /// `sy:updateFrequency`: how often within a period.
    frequency: Option<u64>,
    skip_hours: u32,
    skip_days: u8,
}

impl Rhythm {
    /// Takes in one element of the feed.
    pub(super) fn learn(&mut self, element: Element, text: &str) {
        let number = text.parse::<u64>().ok();
        match element {
            Element::Minutes => self.minutes = number.filter(|n| (1..=MOST_MINUTES).contains(n)),
            Element::Frequency => self.frequency = number.filter(|n| *n > 0),
            // Midnight is written as 0, and as 24 by those who count from 1.
            Element::Hour => {
                let hour = number.filter(|hour| *hour <= 24).map(|hour| hour % 24);
                self.skip_hours |= hour.map_or(0, |hour| 1 << hour);
            }
            Element::Day => {
                let day = DAYS.iter().position(|day| text.eq_ignore_ascii_case(day));
                self.skip_days |= day.map_or(0, |day| 1 << day);
            }
            Element::Period => {
                self.period = match text.to_ascii_lowercase().as_str() {
                    "hourly" => Some(60),
                    "daily" => Some(24 * 60),
                    "weekly" => Some(7 * 24 * 60),
                    "monthly" => Some(30 * 24 * 60),
                    "yearly" => Some(365 * 24 * 60),
                    _ => None,
                }
            }
            _ => {}
        }
    }

    /// Returns the whole as hints: the longest interval that anything in the feed asks for. Who
    /// names all hours or all days says nothing.
    pub(super) fn hints(&self) -> Hints {
        // Without a period a frequency is one within a day.
        let period = self.period.or(self.frequency.map(|_| 24 * 60));
        let period = period.map(|minutes| (minutes / self.frequency.unwrap_or(1)).max(1));
        let minutes = self.minutes.max(period);
        Hints {
            interval: minutes.map(|minutes| Duration::from_secs(minutes * 60)),
            skip_hours: if self.skip_hours == 0xff_ffff { 0 } else { self.skip_hours },
            skip_days: if self.skip_days == 0x7f { 0 } else { self.skip_days },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &[(Element, &str)], minutes: Option<u64>, hours: u32, days: u8) {
        let mut rhythm = Rhythm::default();
        for (element, text) in said {
            rhythm.learn(*element, text);
        }
        let interval = minutes.map(|minutes| Duration::from_secs(minutes * 60));
        assert_eq!(rhythm.hints(), Hints { interval, skip_hours: hours, skip_days: days });
    }

    #[test]
    fn the_longest_interval_counts() {
        check(&[], None, 0, 0);
        check(&[(Element::Minutes, "90")], Some(90), 0, 0);
        check(&[(Element::Period, "hourly")], Some(60), 0, 0);
        check(&[(Element::Period, "Daily"), (Element::Frequency, "4")], Some(360), 0, 0);
        check(&[(Element::Frequency, "2")], Some(720), 0, 0);
        check(&[(Element::Minutes, "90"), (Element::Period, "hourly")], Some(90), 0, 0);
        check(&[(Element::Minutes, "30"), (Element::Period, "hourly")], Some(60), 0, 0);
        for nonsense in ["", "0", "-5", "x", "99999999999999999999999", "9999999999"] {
            check(&[(Element::Minutes, nonsense)], None, 0, 0);
        }
        check(&[(Element::Period, "hourly"), (Element::Frequency, "1000")], Some(1), 0, 0);
    }

    #[test]
    fn hours_and_days_are_bits() {
        check(&[(Element::Hour, "0"), (Element::Hour, "23")], None, 1 | 1 << 23, 0);
        check(&[(Element::Hour, "24"), (Element::Hour, "25"), (Element::Hour, "x")], None, 1, 0);
        check(&[(Element::Day, "Monday"), (Element::Day, "SUNDAY")], None, 0, 1 | 1 << 6);
        check(&[(Element::Day, "maanantai")], None, 0, 0);
        let all: Vec<_> = DAYS.iter().map(|day| (Element::Day, *day)).collect();
        check(&all, None, 0, 0);
    }
}
