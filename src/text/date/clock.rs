//! Times of the day: `14:05`, `2:05:30.25 pm EST`, `klo 14.05`, `12h30`, `18 Uhr`, `下午3:15`.

use chrono::{NaiveTime, TimeDelta};

use super::day::Day;
use super::word::{Number, Pieces};
use super::{names, zone};

/// A time as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    /// `Some(true)` for the afternoon, if the text says so.
    pub(super) afternoon: Option<bool>,
    /// Minutes ahead of UTC, if the text says so.
    pub(super) offset: Option<i32>,
}

impl Clock {
    /// Returns the time of the day, and for 24:00 that the day is over. `None` if no day has it.
    pub(super) fn time(self) -> Option<(NaiveTime, TimeDelta)> {
        let hour = match (self.hour, self.afternoon) {
            (hour @ ..12, Some(true)) => hour + 12,
            (12, Some(false)) => 0,
            (24, _) if self.minute == 0 => {
                return Some((NaiveTime::default(), TimeDelta::days(1)));
            }
            (hour, _) => hour,
        };
        let second = self.second.min(59);
        Some((NaiveTime::from_hms_opt(hour, self.minute, second)?, TimeDelta::zero()))
    }
}

/// Reads the time that begins at `at`, if one does, and returns it with the place behind it.
/// `Some((None, _))` is an impossible one. After a `day` more is taken for a time.
pub(super) fn at(pieces: &Pieces, at: usize, day: Option<Day>) -> Option<(Option<Clock>, usize)> {
    if day.is_some_and(|day| !day.is_weak())
        && let Some(found) = four_digits(pieces, at)
    {
        return Some(found);
    }
    let hour = pieces.number(at).filter(|hour| hour.is_short())?;
    let word = names::leads_to_clock(pieces.word_before(at));
    // In `perjantaina 5.3.` the dot behind shows a date.
    let dated = pieces.is_mark(at + 3, &['.']) && day.is_none_or(Day::is_weak);
    let led = word || day.is_some() && !dated;
    let (mut clock, behind) = with_colon(pieces, at, hour, day.is_some())
        .or_else(|| with_dot(pieces, at, hour, led))
        .or_else(|| with_word(pieces, at, hour, led))?;
    clock.afternoon = clock.afternoon.or_else(|| names::afternoon_before(pieces.word_before(at)));
    let (offset, behind) = match zone::behind_time(pieces, behind) {
        Some((Some(offset), behind)) => (Some(offset), behind),
        Some((None, behind)) => return Some((None, behind)),
        None => (None, behind),
    };
    clock.offset = offset;
    Some((clock.time().map(|_| clock), behind))
}

/// `1405 GMT`.
fn four_digits(pieces: &Pieces, at: usize) -> Option<(Option<Clock>, usize)> {
    let number = pieces.number(at).filter(|number| number.digits == 4)?;
    let (offset, behind) = zone::behind_time(pieces, at + 1)?;
    let (hour, minute) = (number.value / 100, number.value % 100);
    let clock = Clock { hour, minute, offset, ..Clock::default() };
    Some((clock.time().filter(|_| offset.is_some()).map(|_| clock), behind))
}

/// `14:05:30.25`, and the half of the day behind it.
fn with_colon(pieces: &Pieces, at: usize, hour: Number, day: bool) -> Option<(Clock, usize)> {
    let part = |at: usize| {
        pieces.goes_on(at, &[':']).then(|| pieces.number(at + 1)).flatten().filter(|n| n.is_short())
    };
    let minute = part(at + 1).filter(|minute| day || minute.digits == 2)?;
    let mut clock = Clock { hour: hour.value, minute: minute.value, ..Clock::default() };
    let mut behind = at + 3;
    if let Some(second) = part(behind) {
        clock.second = second.value;
        behind += 2;
        if pieces.goes_on(behind, &['.', ',']) {
            behind += 2;
        }
    }
    Some(half_day(pieces, clock, behind))
}

/// `14.05`, `14.05.30`, where something else says that it is a time.
fn with_dot(pieces: &Pieces, at: usize, hour: Number, led: bool) -> Option<(Clock, usize)> {
    let part = |at: usize| {
        pieces
            .goes_on(at, &['.'])
            .then(|| pieces.number(at + 1))
            .flatten()
            .filter(|n| n.digits == 2)
    };
    let minute = part(at + 1).filter(|_| led && hour.value <= 24)?;
    let mut clock = Clock { hour: hour.value, minute: minute.value, ..Clock::default() };
    let mut behind = at + 3;
    if let Some(second) = part(behind) {
        clock.second = second.value;
        behind += 2;
    }
    // A longer row of numbers is a date or a version.
    if pieces.goes_on(behind, &['.', '/']) || clock.time().is_none() {
        return None;
    }
    Some(half_day(pieces, clock, behind))
}

/// `12h30`, `18 Uhr`, `9 am`, `3時15分`.
fn with_word(pieces: &Pieces, at: usize, hour: Number, led: bool) -> Option<(Clock, usize)> {
    let mut clock = Clock { hour: hour.value, ..Clock::default() };
    let word = pieces.word(at + 1);
    let minute = pieces.number(at + 2).filter(|n| n.digits == 2 && !pieces.is_mark(at + 3, &[':']));
    match (word, minute) {
        ("h" | "時" | "时" | "点" | "시", Some(minute))
            if led || pieces.is_glued(at + 1) == pieces.is_glued(at + 2) =>
        {
            clock.minute = minute.value;
            let unit = usize::from(matches!(pieces.word(at + 3), "min" | "分" | "분"));
            Some((clock, at + 3 + unit))
        }
        ("uhr", Some(minute)) => {
            clock.minute = minute.value;
            Some((clock, at + 3))
        }
        ("uhr", None) => Some((clock, at + 2)),
        ("h", None) if led => Some((clock, at + 2)),
        _ if matches!(pieces.word_before(at), "klo" | "kello" | "kl") && alone(pieces, at) => {
            Some((clock, at + 1))
        }
        _ => {
            let (clock, behind) = half_day(pieces, clock, at + 1);
            let told = clock.afternoon.is_some() && (1..=12).contains(&hour.value);
            (told && (led || at == 0)).then_some((clock, behind))
        }
    }
}

/// Says whether the number at `at` begins no date.
fn alone(pieces: &Pieces, at: usize) -> bool {
    let month = at + 1 + usize::from(pieces.is_mark(at + 1, &['.']));
    !pieces.goes_on(at + 1, &['.', ':', '/', '-']) && names::month(pieces.word(month)).is_none()
}

/// Adds what is said behind a time: `pm`, `p.m.`, `Uhr`.
fn half_day(pieces: &Pieces, mut clock: Clock, at: usize) -> (Clock, usize) {
    if let Some(afternoon) = names::afternoon(pieces.word(at)) {
        clock.afternoon = Some(afternoon);
        return (clock, at + 1);
    }
    let (first, dot) = (pieces.word(at), usize::from(pieces.is_mark(at + 1, &['.'])));
    if matches!(first, "a" | "p" | "f" | "e") && pieces.word(at + 1 + dot) == "m" {
        clock.afternoon = Some(matches!(first, "p" | "e"));
        let last = usize::from(pieces.is_mark(at + 2 + dot, &['.']));
        return (clock, at + 2 + dot + last);
    }
    (clock, at + usize::from(matches!(first, "uhr" | "h" | "hs" | "hrs")))
}
