//! Spans before now: `3 hours ago`, `tunti sitten`, `vor einer Stunde`, `il y a 2 jours`, `5 min`.

use chrono::{DateTime, Months, TimeDelta, Utc};

use super::names::{self, Unit};
use super::word::Pieces;

/// A span of time as people count it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    months: u32,
    seconds: i64,
}

impl Span {
    /// Returns the moment so long before `now`.
    pub(super) fn before(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let then = now.checked_sub_months(Months::new(self.months))?;
        then.checked_sub_signed(TimeDelta::try_seconds(self.seconds)?)
    }

    /// Adds so many units; `half` of one if told.
    fn add(&mut self, count: u32, unit: Unit, half: bool) -> Option<()> {
        match unit {
            Unit::Seconds(seconds) => {
                let more = i64::from(count).checked_mul(seconds)?;
                self.seconds = self.seconds.checked_add(if half { more / 2 } else { more })?;
            }
            Unit::Months(months) => {
                let more = count.checked_mul(months)?;
                self.months = self.months.checked_add(if half { more / 2 } else { more })?;
            }
        }
        Some(())
    }
}

/// A word such as `vor` stands at most so many words before the number: `vor mehr als 3 Jahren`.
const LED: usize = 4;

/// Reads the span that begins at `at`, if one does and is said to be past, and returns it with the
/// place behind it.
pub(super) fn at(pieces: &Pieces, at: usize) -> Option<(Span, usize)> {
    let mut span = Span::default();
    let mut behind = at;
    while let Some((count, half, place)) = amount(pieces, behind)
        && let Some((unit, place)) = unit(pieces, place)
    {
        span.add(count, unit, half)?;
        let and =
            matches!(pieces.word(place), "and" | "ja" | "ve" | "und" | "et" | "y" | "och" | "e");
        let and = and || pieces.is_mark(place, &[',']);
        let next = place + usize::from(and || pieces.is_mark(place, &['.']));
        behind = if amount(pieces, next).is_some() { next } else { place };
    }
    if behind == at {
        // One need not be counted: `tunti sitten`, `l'instant`.
        let (unit, place) =
            unit(pieces, at).filter(|(_, place)| names::is_ago(pieces.word(*place)))?;
        span.add(1, unit, false)?;
        return Some((span, place + 1));
    }
    let behind_dot = behind + usize::from(pieces.is_mark(behind, &['.']));
    if names::is_ago(pieces.word(behind_dot)) {
        return Some((span, behind_dot + 1));
    }
    let whole = (0..at).all(|at| pieces.mark(at).is_some()) && pieces.only_marks_from(behind);
    (whole && pieces.number(at).is_some() || is_led(pieces, at)).then_some((span, behind))
}

/// Says whether a word before `at` puts the span that begins there in the past.
fn is_led(pieces: &Pieces, at: usize) -> bool {
    (at.saturating_sub(LED)..at).any(|at| {
        let word = pieces.word(at);
        // `il y a`, and `h\u{e1}` loses its accent.
        names::is_since(word) || word == "a" && pieces.word_before(at) == "y"
    })
}

/// Reads how many: a number, a word for one, `half an`. Returns it with the place behind it.
fn amount(pieces: &Pieces, at: usize) -> Option<(u32, bool, usize)> {
    if let Some(number) = pieces.number(at) {
        // The end of `1.5 hours` counts nothing, nor does that of a time.
        let part = at
            .checked_sub(1)
            .is_some_and(|before| pieces.is_mark(before, &['.', ',', ':', '-', '/']));
        let plus = usize::from(pieces.is_mark(at + 1, &['+']));
        return (number.digits <= 6 && !(part && pieces.is_glued(at))).then_some((
            number.value,
            false,
            at + 1 + plus,
        ));
    }
    let (mut count, mut half, mut place) = (None, false, at);
    while place < at + 4 {
        let word = pieces.word(place);
        if names::is_half(word) {
            half = true;
        } else if let Some(number) = names::count(word) {
            count = Some(number);
        } else if !(count.is_some() && (word == "of" || pieces.is_mark(place, &['-']))) {
            break;
        }
        place += 1;
        // In `un an` the last word is the unit, in `half an hour` it counts.
        if unit(pieces, place).is_some() && unit(pieces, place + 1).is_none() {
            break;
        }
    }
    (half || count.is_some()).then(|| (count.unwrap_or(1), half, place))
}

/// Reads the unit at `at`, and returns it with the place behind it.
fn unit(pieces: &Pieces, at: usize) -> Option<(Unit, usize)> {
    names::unit(pieces.word(at)).map(|unit| (unit, at + 1))
}
