//! How often a source brings something new: learned from when its posts appeared, to know how often to
//! ask it, and when its silence means that something broke.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const DAY: i64 = 86_400;
/// How many days are counted: whole weeks, so that each weekday is known equally well.
const DAYS: i64 = 28;
/// Days that must have been counted in full before a source is believed to keep to a calendar.
const DAYS_OF_CALENDAR: usize = 21;
/// The most posts of one day that are counted: more do not make silence more telling.
const MOST_A_DAY: u8 = 99;
/// A day counts as at most this many times the median of the days with posts: the day on which an
/// archive was imported is no measure.
const BUSIEST: u8 = 3;

/// A source that brings something at least this often is asked every [`SHORTEST`].
const QUICK_HOURS: f64 = 4.0;
/// One that brings something no more often than this is asked every [`LONGEST`].
const SLOW_HOURS: f64 = 24.0;
const SHORTEST: Duration = Duration::from_mins(15);
const LONGEST: Duration = Duration::from_hours(1);
/// How long a source that brings nothing at all is asked often: perhaps it only begins.
const NEW_DAYS: f64 = 7.0;

/// Silence shorter than this is never told.
const SHORTEST_SILENCE: i64 = DAY;
/// How many times longer than the longest pause a silence is: holidays make a weekend twice as long.
const PAUSES: i64 = 2;
/// What the longest pause loses with every day: half is forgotten after ten weeks.
const FORGOTTEN_PERCENT: u64 = 1;
/// How long a source is listened to before its silence can mean anything.
const LEAST_DAYS: f64 = 7.0;
/// Posts that must have been seen in all, and within the days that are counted.
const LEAST_SEEN: u32 = 10;
const LEAST_COUNTED: f64 = 4.0;
/// Posts that every weekday is taken to have brought besides those that were counted, at the usual
/// pace.
const PRIOR: f64 = 1.0;
/// Posts come in bursts where days differ by more than this many times what chance does.
const BURSTS: f64 = 1.5;
/// How many false alarms a year one source may give, if it is as irregular as its days say.
const FALSE_ALARMS_A_YEAR: f64 = 0.01;

/// When a source brings something. At most 200 bytes as JSON, whatever the source does.
///
/// Only the times at which posts appeared count: what is published with yesterday's date appeared
/// after the last poll that did not show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rhythm {
    /// When the oldest post appeared that is counted, in seconds as all times here.
    since: Option<i64>,
    /// The last poll that succeeded.
    polled: Option<i64>,
    /// When the newest post appeared.
    last: Option<i64>,
    /// The longest time between two posts, slowly forgotten.
    pause: u32,
    /// Posts seen in all.
    seen: u32,
    /// Posts of each day up to that of `last`; day `n` of the Unix era stands at `n` modulo 28.
    days: [u8; 28],
}

impl Rhythm {
    /// Learns from a poll that succeeded at `now`. `news` are the publication times of the posts that
    /// it brought and the poll before did not, `now` for a post without one, in any order; empty where
    /// nothing was new. What the first poll brings tells of the time before it.
    pub fn learn(&mut self, news: &[DateTime<Utc>], now: DateTime<Utc>) {
        let now = now.timestamp();
        if [self.last, self.polled].into_iter().flatten().any(|known| known > now + DAY) {
            // Learned by a clock that was ahead.
            *self = Self::default();
        }
        let mut times: Vec<i64> = news.iter().map(DateTime::timestamp).collect();
        self.seen = self.seen.saturating_add(u32::try_from(times.len()).unwrap_or(u32::MAX));
        match self.polled {
            Some(polled) => {
                let earliest = polled.min(now);
                for at in &mut times {
                    *at = (*at).clamp(earliest, now);
                }
            }
            // Without a date of its own a post may be of any time.
            None => times.retain(|at| *at < now && *at > now - DAYS * DAY),
        }
        times.sort_unstable();
        for at in times {
            self.appeared(at);
        }
        if self.polled.is_none() && !news.is_empty() {
            self.last.get_or_insert(now);
        }
        self.polled = self.polled.max(Some(now));
        self.since.get_or_insert(now);
    }

    /// Counts one post.
    fn appeared(&mut self, at: i64) {
        let last = self.last.unwrap_or(at).min(at);
        let (before, today) = (last.div_euclid(DAY), at.div_euclid(DAY));
        for day in (before..today).take(28) {
            if let Some(count) = self.days.get_mut(slot(day + 1)) {
                *count = 0;
            }
        }
        for _ in (before..today).take(1_000) {
            let kept = u64::from(self.pause) * (100 - FORGOTTEN_PERCENT) / 100;
            self.pause = u32::try_from(kept).unwrap_or(u32::MAX);
        }
        self.pause = self.pause.max(u32::try_from(at - last).unwrap_or(u32::MAX));
        if let Some(count) = self.days.get_mut(slot(today)) {
            *count = count.saturating_add(1).min(MOST_A_DAY);
        }
        self.since.get_or_insert(at);
        self.last = self.last.max(Some(at));
    }

    /// Returns how often to ask a source for which nobody said how often: every 15 minutes where it
    /// brings something every few hours, or nothing is known yet; every hour where it brings something
    /// less than daily.
    pub fn interval(&self, now: DateTime<Utc>) -> Duration {
        let (Some(since), now) = (self.since, now.timestamp()) else { return SHORTEST };
        let from = since.max(now - DAYS * DAY).min(now);
        let today = now.div_euclid(DAY);
        let newest = self.last.unwrap_or(from).div_euclid(DAY);
        let (mut posts, mut active) = (0.0, 0.0);
        for day in from.div_euclid(DAY)..=today.min(newest) {
            let count = if day > newest - DAYS { self.count(day) } else { 0 };
            posts += f64::from(count);
            active += f64::from(count.min(1));
        }
        let watched = in_days(now - from);
        if posts < 1.0 {
            return if watched < NEW_DAYS { SHORTEST } else { LONGEST };
        }
        // Ten posts on one day of the week are something once a week.
        let units = if active * 2.0 < watched { active } else { posts };
        let hours = (watched * 24.0 / units).clamp(QUICK_HOURS, SLOW_HOURS);
        let share = (hours - QUICK_HOURS) / (SLOW_HOURS - QUICK_HOURS);
        SHORTEST + LONGEST.saturating_sub(SHORTEST).mul_f64(share)
    }

    /// Tells whether enough was heard that silence would mean something.
    pub fn is_known(&self) -> bool {
        let known = |since, last| Week::of(self, since, last).is_some();
        self.seen >= LEAST_SEEN && self.since.zip(self.last).is_some_and(|(a, b)| known(a, b))
    }

    /// Returns since when the source is silent, where at `as_of` that breaks its rhythm. `as_of` is the
    /// last poll that succeeded: what cannot be asked is not silent.
    ///
    /// It is when a silence as long would come by chance less than once in a hundred years, given
    /// how many posts came on each day and weekday of the last four weeks, and how unevenly; and it has
    /// lasted for a day and twice the longest pause of the last weeks.
    pub fn silent_since(&self, as_of: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (since, last) = (self.since?, self.last?);
        let elapsed = as_of.timestamp().saturating_sub(last);
        let usual = SHORTEST_SILENCE.max(PAUSES * i64::from(self.pause));
        if elapsed < usual || self.seen < LEAST_SEEN {
            return None;
        }
        let week = Week::of(self, since, last)?;
        let chances = (week.events / week.watched * 365.0 / FALSE_ALARMS_A_YEAR).max(1.0);
        // A rate known from `events` in `watched` days: no event in `missed` days more has the chance
        // (1 + missed / watched) ^ -events.
        let missed = week.weighed(last, as_of.timestamp());
        let against = week.events * (missed / week.watched).ln_1p();
        if against < chances.ln() {
            return None;
        }
        DateTime::from_timestamp(last, 0)
    }

    fn count(&self, day: i64) -> u8 {
        self.days.get(slot(day)).copied().unwrap_or_default()
    }
}

/// What the counted days tell.
struct Week {
    /// How many days were counted, up to the last post.
    watched: f64,
    /// Posts that came independently of each other; several of one burst are one.
    events: f64,
    /// How much of a usual day each weekday is, that of the first day of the Unix era first.
    weights: [f64; 7],
}

impl Week {
    fn of(rhythm: &Rhythm, since: i64, last: i64) -> Option<Self> {
        let newest = last.div_euclid(DAY);
        let first = (newest - DAYS + 1).max(since.div_euclid(DAY));
        let watched = in_days(last - since.max(first * DAY));
        let most = most_counted(rhythm, first, newest);
        let counts = (first..=newest).map(|day| (day, f64::from(rhythm.count(day).min(most))));
        let counts: Vec<(i64, f64)> = counts.collect();
        let posts: f64 = counts.iter().map(|(_, count)| count).sum();
        if watched < LEAST_DAYS || posts < LEAST_COUNTED {
            return None;
        }
        let weights = weights(&counts, posts / watched);
        let uneven = unevenness(&counts, posts / watched, &weights)?;
        // The first post opened the time that is counted.
        let mut events = (posts - 1.0) / uneven;
        if uneven > BURSTS {
            // How many bursts there were can be told from the days without any.
            let active = number(counts.iter().filter(|(_, count)| *count > 0.0).count());
            events = events.min(-watched * (-active / (watched + 1.5)).ln_1p());
        }
        Some(Self { watched, events, weights })
    }

    /// Returns how many usual days lie between two times.
    fn weighed(&self, from: i64, to: i64) -> f64 {
        let mut sum = 0.0;
        // Beyond a year it makes no difference.
        for day in (from.div_euclid(DAY)..=to.div_euclid(DAY)).take(366) {
            let (begin, end) = ((day * DAY).max(from), ((day + 1) * DAY).min(to));
            sum += in_days(end - begin) * weight(&self.weights, day);
        }
        sum
    }
}

/// Returns the most posts of one day that count.
fn most_counted(rhythm: &Rhythm, first: i64, newest: i64) -> u8 {
    let mut busy: Vec<u8> =
        (first..=newest).map(|day| rhythm.count(day)).filter(|count| *count > 0).collect();
    busy.sort_unstable();
    busy.get(busy.len() / 2).copied().unwrap_or_default().saturating_mul(BUSIEST)
}

/// Returns the weights of the weekdays. Each is drawn a little to the middle, as if it had brought
/// [`PRIOR`] posts more on as many days as usually bring so many: where posts are few, four Saturdays
/// without any mean little.
fn weights(counts: &[(i64, f64)], mean: f64) -> [f64; 7] {
    let mut sums = [(0.0_f64, 0.0_f64); 7];
    for (day, count) in counts {
        if let Some((sum, times)) = sums.get_mut(weekday(*day)) {
            *sum += count;
            *times += 1.0;
        }
    }
    let drawn = sums.map(|(sum, times)| (sum + PRIOR) / (times * mean + PRIOR));
    let whole: f64 = drawn.iter().sum();
    drawn.map(|weight| weight * 7.0 / whole)
}

/// Returns how unevenly posts come beside what the weekdays explain: about 1 for posts that know
/// nothing of each other, more for bursts, less for what comes by the calendar. The variance of a
/// day's count in units of its mean, over all days counted in full.
fn unevenness(counts: &[(i64, f64)], mean: f64, weights: &[f64; 7]) -> Option<f64> {
    let inner = counts.get(1..counts.len().checked_sub(1)?)?;
    let sum: f64 = inner
        .iter()
        .map(|(day, count)| {
            let expected = mean * weight(weights, *day);
            (count - expected).powi(2) / expected
        })
        .sum();
    // The weights of the weekdays were taken from the same days.
    let freedom = (number(inner.len()) - 6.0).max(2.0);
    let uneven = sum / freedom;
    // A little less than 1 is chance; by the calendar it comes only when it is far less.
    let is_known = inner.len() >= DAYS_OF_CALENDAR;
    Some(if uneven < 0.3 && is_known { uneven.max(0.25) } else { uneven.max(1.0) })
}

fn number(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap_or(u32::MAX))
}

fn weight(weights: &[f64; 7], day: i64) -> f64 {
    weights.get(weekday(day)).copied().unwrap_or(1.0)
}

fn weekday(day: i64) -> usize {
    usize::try_from(day.rem_euclid(7)).unwrap_or_default()
}

fn slot(day: i64) -> usize {
    usize::try_from(day.rem_euclid(DAYS)).unwrap_or_default()
}

/// Returns seconds as days; none for a negative number.
fn in_days(seconds: i64) -> f64 {
    f64::from(u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)) / 86_400.0
}

#[cfg(test)]
mod simulation;

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn at(day: f64) -> DateTime<Utc> {
        let day = Duration::from_secs_f64(day * 86_400.0);
        "2026-03-02T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + day
    }

    /// Polls every hour from day `from` to day `to`, with a post at each of `times`.
    fn listen(rhythm: &mut Rhythm, from: f64, to: f64, times: &[f64]) {
        let mut now = at(from);
        while now <= at(to) {
            let before = now - TimeDelta::hours(1);
            let news: Vec<_> = times.iter().map(|time| at(*time)).collect();
            let news: Vec<_> = news.into_iter().filter(|at| *at > before && *at <= now).collect();
            rhythm.learn(&news, now);
            now += TimeDelta::hours(1);
        }
    }

    fn every(step: f64, from: f64, to: f64) -> Vec<f64> {
        let mut times = vec![from];
        while times.last().is_some_and(|last| last + step < to) {
            times.push(times.last().unwrap() + step);
        }
        times
    }

    fn heard(times: &[f64], to: f64) -> Rhythm {
        let mut rhythm = Rhythm::default();
        listen(&mut rhythm, 0.0, to, times);
        rhythm
    }

    fn minutes(rhythm: &Rhythm, day: f64) -> u64 {
        rhythm.interval(at(day)).as_secs() / 60
    }

    #[test]
    fn ten_a_day_and_then_none_for_three_is_silence_until_news_come_again() {
        let times = every(0.1, 0.05, 20.0);
        let mut rhythm = heard(&times, 24.0);
        let last = at(*times.last().unwrap());
        assert_eq!(rhythm.silent_since(last + TimeDelta::hours(23)), None);
        let since = rhythm.silent_since(last + TimeDelta::days(3)).unwrap();
        assert!((since - last).abs() < TimeDelta::seconds(2), "{since}");
        rhythm.learn(&[at(24.5)], at(24.5));
        assert_eq!(rhythm.silent_since(at(24.6)), None);
    }

    #[test]
    fn a_weekend_is_no_silence_and_neither_is_a_long_one() {
        let workdays = |day: &f64| day.rem_euclid(7.0) < 5.0 && (0.3..0.7).contains(&day.fract());
        let times: Vec<f64> = every(0.04, 0.0, 25.6).into_iter().filter(workdays).collect();
        let rhythm = heard(&times, 25.9); // a Friday evening
        assert_eq!(rhythm.silent_since(at(28.3)), None, "Monday morning");
        assert_eq!(rhythm.silent_since(at(29.3)), None, "the day after a holiday");
        assert!(rhythm.silent_since(at(32.0)).is_some(), "a week without anything");
    }

    #[test]
    fn a_newsletter_may_miss_a_week_and_not_five() {
        let rhythm = heard(&every(7.0, 1.4, 78.0), 78.0);
        assert_eq!(rhythm.silent_since(at(78.4 + 14.0)), None);
        assert!(rhythm.silent_since(at(78.4 + 35.0)).is_some());
    }

    #[test]
    fn who_is_young_or_says_little_is_not_judged() {
        let young = heard(&every(0.1, 0.0, 6.5), 6.5);
        assert_eq!((young.silent_since(at(30.0)), young.is_known()), (None, false));
        let slow = heard(&every(3.0, 0.0, 25.0), 28.0);
        assert_eq!(slow.seen, 9);
        assert_eq!(slow.silent_since(at(300.0)), None);
        assert_eq!(Rhythm::default().silent_since(at(300.0)), None);
        assert!(!slow.is_known() && !Rhythm::default().is_known());
        assert!(heard(&every(0.1, 0.0, 7.5), 7.5).is_known());
    }

    #[test]
    fn an_imported_archive_makes_no_rhythm() {
        let mut times = every(3.7, 0.0, 60.0);
        times.extend(vec![40.0; 90]);
        let rhythm = heard(&times, 60.0);
        assert_eq!(rhythm.silent_since(at(80.0)), None);
        assert_eq!(minutes(&rhythm, 60.0), 60);
    }

    #[test]
    fn the_first_poll_tells_of_the_time_before_it() {
        let mut rhythm = Rhythm::default();
        let backlog: Vec<_> = every(0.2, 0.0, 20.0).into_iter().map(at).collect();
        rhythm.learn(&backlog, at(20.0));
        assert_eq!(minutes(&rhythm, 20.0), 16);
        assert!(rhythm.silent_since(at(24.0)).is_some());
        // What has no date of its own, or lies too far back or ahead, tells nothing.
        let mut dark = Rhythm::default();
        dark.learn(&[at(20.0), at(20.0), at(0.0) - TimeDelta::days(30), at(700.0)], at(20.0));
        assert_eq!((dark.seen, dark.days), (4, [0; 28]));
        assert_eq!(minutes(&dark, 20.0), 15);
    }

    #[test]
    fn posts_that_are_shown_late_are_news_all_the_same() {
        let mut rhythm = Rhythm::default();
        for hour in 0..24 * 20_u32 {
            let now = at(40.0 + f64::from(hour) / 24.0);
            rhythm.learn(&[now - TimeDelta::days(4)], now);
            assert_eq!(rhythm.silent_since(now), None);
        }
    }

    #[test]
    fn time_in_which_nobody_asked_is_no_pause() {
        let mut rhythm = heard(&every(0.1, 0.0, 20.0), 20.0);
        // The feed shows all that came meanwhile.
        let meanwhile: Vec<_> = every(0.1, 20.0, 40.0).into_iter().map(at).collect();
        rhythm.learn(&meanwhile, at(40.0));
        assert!(rhythm.pause < 12_000, "{}", rhythm.pause);
    }

    #[test]
    fn the_interval_follows_what_a_source_brings() {
        assert_eq!(minutes(&Rhythm::default(), 0.0), 15);
        assert_eq!(minutes(&heard(&[], 3.0), 3.0), 15, "nothing yet");
        assert_eq!(minutes(&heard(&[], 8.0), 8.0), 60, "nothing in a week");
        assert_eq!(minutes(&heard(&every(0.01, 0.0, 9.0), 9.0), 9.0), 15);
        assert_eq!(minutes(&heard(&every(0.15, 0.0, 28.0), 28.0), 28.0), 15);
        let daily = minutes(&heard(&every(0.6, 0.0, 28.0), 28.0), 28.0);
        assert!((30..45).contains(&daily), "{daily}");
        assert_eq!(minutes(&heard(&every(2.0, 0.0, 28.0), 28.0), 28.0), 60);
        let mut bursts: Vec<f64> = every(0.01, 3.0, 3.2);
        bursts.extend(every(0.01, 17.0, 17.2));
        assert_eq!(minutes(&heard(&bursts, 28.0), 28.0), 60, "bursts");
        assert_eq!(minutes(&heard(&every(0.1, 0.0, 20.0), 20.0), 60.0), 60, "silent for long");
    }

    #[test]
    fn a_clock_that_was_ahead_is_forgotten() {
        let mut rhythm = heard(&every(0.1, 4_000.0, 4_020.0), 0.0);
        rhythm.learn(&[at(4_000.0)], at(4_000.0));
        rhythm.learn(&[at(1.0)], at(1.0));
        assert_eq!((rhythm.seen, rhythm.last), (1, Some(at(1.0).timestamp())));
    }

    proptest! {
        #[test]
        fn whatever_comes_it_stays_small_and_says_something_sensible(
            polls in proptest::collection::vec(
                (0_i64..100_000_000, proptest::collection::vec(-4_000_000_000_i64..4_000_000_000, 0..30)), 0..40,
            ),
            later in 0_i64..10_000_000,
        ) {
            let mut rhythm = Rhythm::default();
            let mut now = at(0.0);
            for (step, news) in polls {
                now += TimeDelta::seconds(step);
                let news: Vec<_> = news.into_iter().map(|off| now + TimeDelta::seconds(off)).collect();
                rhythm.learn(&news, now);
                prop_assert!(rhythm.silent_since(now).is_none_or(|since| since <= now - TimeDelta::days(1)));
                let interval = rhythm.interval(now);
                prop_assert!((SHORTEST..=LONGEST).contains(&interval));
            }
            if let Some(since) = rhythm.silent_since(now + TimeDelta::seconds(later)) {
                prop_assert!(since <= now);
            }
            let written = serde_json::to_string(&rhythm).unwrap();
            prop_assert!(written.len() <= 200, "{}", written);
            prop_assert_eq!(serde_json::from_str::<Rhythm>(&written).unwrap(), rhythm);
        }
    }
}
