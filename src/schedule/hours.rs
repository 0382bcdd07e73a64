//! The hours in which a desk works, and time counted in them only.

use crate::schedule::holidays::Days;
use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset};
use chrono::{TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use std::sync::Arc;

/// How far ahead an open day is looked for: a desk that is closed for longer counts plain time.
const FARTHEST_DAYS: usize = 1_500;

/// The minutes of a day.
const DAY: u16 = 24 * 60;

const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// From one minute of a day to another, which is no longer in it.
type Span = (u16, u16);

/// What is wrong with a text that should tell hours, and at which character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadHours {
    pub at: usize,
    pub message: String,
}

/// When a desk works: spans of each weekday, by the clock of its zone, but not on some days.
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    zone: Tz,
    /// From Monday on; of one day in order, none touching the next.
    week: [Vec<Span>; 7],
    closed: Arc<[Days]>,
}

impl Hours {
    /// Reads `mon-fri 08:00-17:00`, or `mon-thu 08:00-12:00 13:00-17:00, fri 08:00-15:00`.
    pub fn read(text: &str, zone: Tz) -> Result<Self, BadHours> {
        let mut week: [Vec<Span>; 7] = Default::default();
        let mut days: Vec<Weekday> = Vec::new();
        let mut had_span = true;
        for (at, word) in words(text) {
            let fault = |message: String| BadHours { at, message };
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                if days.is_empty() {
                    return Err(fault("a weekday comes first, as in `mon-fri 08:00-17:00`".into()));
                }
                let span = span(&word).map_err(fault)?;
                for day in &days {
                    add(&mut week, *day, span).map_err(fault)?;
                }
                had_span = true;
            } else {
                if std::mem::take(&mut had_span) {
                    days.clear();
                }
                days.extend(weekdays(&word).map_err(fault)?);
            }
        }
        if !had_span || days.is_empty() {
            let message = "hours such as `08:00-17:00` are missing here".to_owned();
            return Err(BadHours { at: text.chars().count(), message });
        }
        for spans in &mut week {
            spans.sort_unstable();
        }
        Ok(Self { zone, week, closed: Arc::default() })
    }

    /// From Monday to Friday, all day.
    pub fn workdays() -> Self {
        let all = || vec![(0, DAY)];
        let week = [all(), all(), all(), all(), all(), Vec::new(), Vec::new()];
        Self { zone: Tz::UTC, week, closed: Arc::default() }
    }

    /// All but the time from one minute of each day to another, on the next day where that is earlier;
    /// `workdays`: from Monday to Friday only.
    pub fn all_but(quiet: Option<(u16, u16)>, workdays: bool) -> Self {
        let spans: Vec<Span> = match quiet {
            None => vec![(0, DAY)],
            Some((from, until)) if from < until => vec![(0, from), (until, DAY)],
            Some((from, until)) => vec![(until, from)],
        };
        let spans: Vec<Span> = spans.into_iter().filter(|(from, until)| from < until).collect();
        let week = std::array::from_fn(|day| match day {
            5.. if workdays => Vec::new(),
            _ => spans.clone(),
        });
        Self { zone: Tz::UTC, week, closed: Arc::default() }
    }

    /// The same, by the clock of another zone.
    #[must_use]
    pub fn in_zone(self, zone: Tz) -> Self {
        Self { zone, ..self }
    }

    /// The same, but not on these days.
    #[must_use]
    pub fn closed_on(self, days: Vec<Days>) -> Self {
        Self { closed: days.into(), ..self }
    }

    /// Returns when `span` of open time is over that begins at `from`, or at the next opening.
    pub fn add(&self, from: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
        let mut left = span;
        for (opens, closes) in self.spans(from) {
            let begins = opens.max(from);
            let open = closes - begins;
            if left < open || left == open && !left.is_zero() {
                return begins + left;
            }
            left -= open;
        }
        from.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Returns `at`, or the next opening where the desk is closed then.
    pub fn open_from(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.add(at, TimeDelta::zero())
    }

    /// Returns the same time of day so many working days after `from`, or where the desk is closed at
    /// that time of day, the next opening of that day or else its end.
    pub fn add_days(&self, from: DateTime<Utc>, days: u32) -> DateTime<Utc> {
        let from = self.open_from(from);
        let local = self.local(from);
        let mut left = days;
        for date in local.date().iter_days().take(FARTHEST_DAYS) {
            let open = self.day(date);
            let Some((_, end)) = open.last() else { continue };
            if left > 0 {
                left -= 1;
                continue;
            }
            let same = self.instant(date.and_time(local.time()), false);
            let fitting = open.iter().find(|(_, closes)| *closes >= same);
            return fitting.map_or(*end, |(opens, _)| same.max(*opens));
        }
        let plain = TimeDelta::days(days.into());
        from.checked_add_signed(plain).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Returns the same time of day on the day of `at`, or on the first after it on which the desk works.
    pub fn day_from(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.same_time(at, self.local(at).date().iter_days())
    }

    /// Returns the same time of day on the day of `at`, or on the last before it on which the desk works.
    pub fn day_until(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.same_time(at, self.local(at).date().iter_days().rev())
    }

    fn same_time(&self, at: DateTime<Utc>, days: impl Iterator<Item = NaiveDate>) -> DateTime<Utc> {
        let local = self.local(at);
        match days.take(FARTHEST_DAYS).find(|date| !self.day(*date).is_empty()) {
            Some(date) if date != local.date() => self.instant(date.and_time(local.time()), false),
            _ => at,
        }
    }

    /// Returns the open spans that end after `from`, in order.
    fn spans(&self, from: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        let days = self.local(from).date().iter_days().take(FARTHEST_DAYS);
        days.flat_map(|date| self.day(date)).filter(move |(_, closes)| *closes > from)
    }

    /// Returns the open spans of one day, in order.
    fn day(&self, date: NaiveDate) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let nth = date.weekday().num_days_from_monday() as usize;
        let spans = self.week.get(nth).map_or(&[][..], Vec::as_slice);
        if spans.is_empty() || self.closed.iter().any(|days| days.include(date)) {
            return Vec::new();
        }
        let mut open: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::with_capacity(spans.len());
        for (from, until) in spans {
            let from = self.instant(at_minute(date, *from), false);
            let until = self.instant(at_minute(date, *until), true);
            // Where the clock skips an hour, a span may be over before it began, or run into the next.
            let from = open.last().map_or(from, |(_, last)| from.max(*last));
            if from < until {
                open.push((from, until));
            }
        }
        open
    }

    /// Returns what the clock of the zone shows then.
    fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let (utc, offset) = (at.naive_utc(), self.zone.offset_from_utc_datetime(&at.naive_utc()));
        utc.checked_add_offset(offset.fix()).unwrap_or(utc)
    }

    /// Returns when the clock of the zone shows this: where it does so twice the `last` time or the
    /// first, where never the moment that it skips it.
    fn instant(&self, local: NaiveDateTime, last: bool) -> DateTime<Utc> {
        let minute = TimeDelta::minutes(1);
        let mut shown = local;
        // The longest that a clock ever skipped is a day.
        for _ in 0..=DAY {
            match self.zone.from_local_datetime(&shown) {
                LocalResult::Single(at) => return at.to_utc(),
                LocalResult::Ambiguous(first, second) => {
                    return if last { second } else { first }.to_utc();
                }
                LocalResult::None => shown = shown.checked_add_signed(minute).unwrap_or(shown),
            }
        }
        local.and_utc()
    }
}

/// Returns the words of a text with the character at which each begins; commas part them as blanks do.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut is_inside = false;
    for (at, c) in text.chars().enumerate() {
        let is_part = !c.is_whitespace() && c != ',';
        match words.last_mut().filter(|_| is_inside && is_part) {
            Some((_, word)) => word.extend(c.to_lowercase()),
            None if is_part => words.push((at, c.to_lowercase().collect())),
            None => {}
        }
        is_inside = is_part;
    }
    words
}

/// Reads `mon`, or `mon-fri`.
fn weekdays(word: &str) -> Result<Vec<Weekday>, String> {
    let named = |name: &str| {
        let day = WEEK.iter().find(|(known, _)| *known == name);
        day.map(|(_, day)| *day).ok_or_else(|| {
            let known = WEEK.map(|(known, _)| known).join(", ");
            format!("`{name}` is no weekday; there are {known}")
        })
    };
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (named(first)?, named(last)?);
    let mut days = vec![first];
    let mut day = first;
    while day != last {
        day = day.succ();
        days.push(day);
    }
    Ok(days)
}

/// Reads `08:00-17:00`.
fn span(word: &str) -> Result<Span, String> {
    let parts =
        word.split_once('-').and_then(|(from, until)| Some((minute(from)?, minute(until)?)));
    let (from, until) =
        parts.ok_or_else(|| format!("`{word}` is no span of hours such as `08:00-17:00`"))?;
    if from >= until {
        return Err(format!(
            "`{word}` ends before it begins; hours past midnight are those of the next day, such as `00:00-06:00`"
        ));
    }
    Ok((from, until))
}

/// Reads `22:00-07:00`: from one minute of a day to another, perhaps of the next.
pub fn quiet(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('-');
    let parts = parts.and_then(|(from, until)| Some((minute(from.trim())?, minute(until.trim())?)));
    match parts {
        None => Err(format!("`{text}` is no span of hours such as `22:00-07:00`")),
        Some((from, until)) if from % DAY == until % DAY => {
            Err(format!("`{text}` is the whole day: nothing would ever be told"))
        }
        Some((from, until)) => Ok((from % DAY, if until == 0 { DAY } else { until })),
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let is_number = |part: &str| part.len() == 2 && part.chars().all(|c| c.is_ascii_digit());
    let (hours, minutes): (u16, u16) = if is_number(hours) && is_number(minutes) {
        (hours.parse().ok()?, minutes.parse().ok()?)
    } else {
        return None;
    };
    Some(hours * 60 + minutes).filter(|minute| minutes < 60 && *minute <= DAY)
}

fn add(week: &mut [Vec<Span>; 7], day: Weekday, (from, until): Span) -> Result<(), String> {
    let Some(spans) = week.get_mut(day.num_days_from_monday() as usize) else { return Ok(()) };
    if spans.iter().any(|(known, end)| from < *end && *known < until) {
        return Err("these hours are there already".to_owned());
    }
    spans.push((from, until));
    Ok(())
}

/// Returns what the clock shows at this minute of a day; the last one is the next midnight.
fn at_minute(date: NaiveDate, minute: u16) -> NaiveDateTime {
    let midnight = date.and_time(NaiveTime::MIN);
    midnight.checked_add_signed(TimeDelta::minutes(minute.into())).unwrap_or(midnight)
}

#[cfg(test)]
mod tests;
