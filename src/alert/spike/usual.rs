//! What is usual for one brand, and what is far from it.

use super::{DAY, Hour, KEPT, Of, Spike, WEEK, last, sum};

/// The windows, in hours, that are held against what is usual.
const WINDOWS: [usize; 6] = [1, 2, 3, 6, 12, 24];
/// Fewer mentions are never a spike, nor are fewer negative ones.
pub(super) const LEAST: u32 = 5;
/// How many times what is usual a spike is, in the shortest window and in the longest.
const TIMES: [f64; 6] = [2.5, 2.5, 2.2, 2.2, 2.0, 2.0];
/// How many times the usual share of negative mentions a spike is, and how many times what is usual of
/// them.
const SHARE_TIMES: f64 = 2.0;
const SHARE_TIMES_COUNT: f64 = 1.5;
/// The chance that one window is so full by chance.
const CHANCE: f64 = 1e-5;
/// Days with more than so many times the median, and this many more, are cut down to it.
const DAY_TIMES: f64 = 2.5;
const DAY_MORE: f64 = 3.0;
/// Hours with more than so many times what is expected, and this many more, are cut down to it.
const HOUR_TIMES: f64 = 4.0;
const HOUR_MORE: f64 = 3.0;
/// Where so many were expected and none came, nothing could be heard.
const UNHEARD: f64 = 9.0;
/// What is expected of an hour is taken to rest on so many mentions more, as many as expected.
const PRIOR: f64 = 5.0;
/// How unevenly people speak of any brand: the variance of the rate by its square, in the shortest
/// window and in the longest; and how much is to be expected before a brand's own counts.
const UNEVEN: [f64; 6] = [0.4, 0.35, 0.3, 0.25, 0.2, 0.15];
const UNEVEN_PRIOR: f64 = 30.0;
const SHARE_UNEVEN: [f64; 6] = [0.1; 6];
const LEAST_UNEVEN: f64 = 0.03;

/// How many mentions of one brand are usual, all or the negative ones.
pub(super) struct Rhythm {
    expected: [f64; WEEK],
    uneven: [f64; 6],
}

/// What is usual for one brand.
pub(super) struct Usual {
    pub(super) all: Rhythm,
    pub(super) negative: Rhythm,
    share: Share,
}

/// What share of the mentions of one brand is negative.
struct Share {
    usual: f64,
    uneven: [f64; 6],
}

impl Rhythm {
    /// Learns what is usual from the hours of `past`, the oldest first.
    fn of(past: &[Hour], of: Of) -> Self {
        let mut counts = cut_days(past, of);
        let first = Self::expected_of(past, &counts);
        // Once more, without what is far from it.
        let unheard = unheard(past, &counts, &first);
        for ((count, hour), unheard) in counts.iter_mut().zip(past).zip(&unheard) {
            let usual = value(&first, hour.slot);
            *count = if *unheard || count.is_nan() {
                f64::NAN
            } else {
                count.min(HOUR_TIMES * usual + HOUR_MORE)
            };
        }
        let expected = Self::expected_of(past, &counts);
        let uneven = uneven(past, &counts, &expected);
        Self { expected, uneven }
    }

    /// Returns how many are expected in each hour of the week. What is no number was not heard.
    fn expected_of(past: &[Hour], counts: &[f64]) -> [f64; WEEK] {
        let level = level(counts);
        let mut by_hour = [(0.0, 0.0); DAY];
        let mut by_kind = [[(0.0, 0.0); DAY]; 2];
        let mut by_slot = [(0.0, 0.0); WEEK];
        let mut overall = (0.0, 0.0);
        for (hour, count) in past.iter().zip(counts).filter(|(_, count)| !count.is_nan()) {
            let slot = usize::from(hour.slot);
            let (day, of_day) = (slot / DAY, slot % DAY);
            let kind = by_kind.get_mut(usize::from(day >= 5)).and_then(|kind| kind.get_mut(of_day));
            let cells = [by_hour.get_mut(of_day), kind, by_slot.get_mut(slot), Some(&mut overall)];
            for (sum, number) in cells.into_iter().flatten() {
                *sum += count;
                *number += 1.0;
            }
        }
        let mean = drawn(overall, 0.0).max(0.000_1);
        let mut expected = [0.0; WEEK];
        for (slot, expected) in expected.iter_mut().enumerate() {
            let (day, of_day) = (slot / DAY, slot % DAY);
            let cell = |cells: &[(f64, f64); DAY]| cells.get(of_day).copied().unwrap_or_default();
            let hour = drawn(cell(&by_hour), mean);
            let kind = by_kind.get(usize::from(day >= 5)).map(cell).unwrap_or_default();
            let kind = drawn(kind, hour);
            let own = drawn(by_slot.get(slot).copied().unwrap_or_default(), kind);
            *expected = own * (level / mean).max(1.0);
        }
        expected
    }

    /// Returns how many are expected in these hours.
    pub(super) fn expected(&self, hours: &[Hour]) -> f64 {
        hours.iter().map(|hour| value(&self.expected, hour.slot)).sum()
    }
}

impl Usual {
    /// Learns what is usual from the hours of `past`, the oldest first.
    pub(super) fn of(past: &[Hour]) -> Self {
        Self {
            all: Rhythm::of(past, Of::All),
            negative: Rhythm::of(past, Of::Negative),
            share: Share::of(past),
        }
    }

    /// Returns the spike that there is in the last hours, of which only `fresh` may make one.
    pub(super) fn spike(&self, hours: &[Hour], now: i64, fresh: usize) -> Option<Spike> {
        for (nth, window) in WINDOWS.into_iter().enumerate().filter(|(_, window)| *window <= fresh)
        {
            for (of, rhythm) in [(Of::All, &self.all), (Of::Negative, &self.negative)] {
                let count = sum(hours, of, window);
                let usual = rhythm.expected(last(hours, window));
                if count < LEAST {
                    continue;
                }
                let is_much = is_far(count, usual, nth, TIMES, &rhythm.uneven);
                let is_share = of == Of::Negative
                    && f64::from(count) >= SHARE_TIMES_COUNT * usual
                    && self.share.is_far(count, sum(hours, Of::All, window), nth);
                if is_much || is_share {
                    return Some(begun(of, hours, now, window, usual));
                }
            }
        }
        None
    }
}

impl Share {
    fn of(past: &[Hour]) -> Self {
        let counts = |of| {
            // A day of complaints is no measure of the others.
            let most = DAY_TIMES * median_of_days(past, Of::Negative) + DAY_MORE;
            let days =
                past.rchunks(DAY).filter(move |day| f64::from(sum(day, Of::Negative, DAY)) <= most);
            days.map(move |day| f64::from(sum(day, of, DAY))).sum::<f64>()
        };
        let (negative, all) = (counts(Of::Negative), counts(Of::All));
        let usual = (negative + 2.0) / (all + 2.0 + 5.0);
        let mut uneven = SHARE_UNEVEN;
        for (window, uneven) in WINDOWS.iter().zip(&mut uneven) {
            let (mut above, mut squares) = (*uneven * UNEVEN_PRIOR, UNEVEN_PRIOR);
            for hours in past.rchunks(*window) {
                let expected = f64::from(sum(hours, Of::All, *window)) * usual;
                let count = f64::from(sum(hours, Of::Negative, *window));
                let count = count.min(HOUR_TIMES * expected + HOUR_MORE);
                above += (count - expected).powi(2) - expected * (1.0 - usual);
                squares += expected * expected;
            }
            *uneven = (above / squares).max(LEAST_UNEVEN) + 1.0 / (negative + PRIOR);
        }
        Self { usual, uneven }
    }

    fn is_far(&self, count: u32, all: u32, nth: usize) -> bool {
        let expected = f64::from(all) * self.usual;
        // Where most is negative anyway, all of it is not twice as much.
        let times = SHARE_TIMES.min(f64::midpoint(1.0, self.usual) / self.usual);
        is_far(count, expected, nth, [times; 6], &self.uneven)
    }
}

/// Tells whether there are far more than are usual in a window, the `nth` of [`WINDOWS`].
fn is_far(count: u32, usual: f64, nth: usize, times: [f64; 6], uneven: &[f64; 6]) -> bool {
    let of = |values: &[f64; 6]| values.get(nth).copied().unwrap_or(f64::INFINITY);
    f64::from(count) >= of(&times) * usual && chance(count, usual, of(uneven)) < CHANCE
}

fn begun(of: Of, hours: &[Hour], now: i64, window: usize, usual: f64) -> Spike {
    let of_window = last(hours, window);
    let count = sum(hours, of, window);
    // It began with the first of these hours that has more than is usual in one.
    let rate = usual / f64::from(u32::try_from(window).unwrap_or(1));
    let quiet = of_window.iter().take_while(|hour| f64::from(hour.count(of)) <= rate).count();
    let length = i64::try_from(window - quiet.min(window - 1)).unwrap_or(1);
    let began = now - length + 1;
    let counts = (now - i64::try_from(window).unwrap_or(1) + 1..).zip(of_window);
    let peak = counts.map(|(at, hour)| (hour.count(of), at)).max().unwrap_or((0, now));
    let total = sum(hours, of, window - quiet.min(window - 1));
    Spike {
        of,
        began,
        found: now,
        count,
        hours: u32::try_from(window).unwrap_or(1),
        usual,
        last: now,
        peak: peak.1,
        most: peak.0,
        total,
    }
}

fn value(cells: &[f64; WEEK], slot: u8) -> f64 {
    cells.get(usize::from(slot)).copied().unwrap_or_default()
}

/// Returns the mean of what was counted, drawn toward `prior` as if [`PRIOR`] more had been counted so.
fn drawn((sum, number): (f64, f64), prior: f64) -> f64 {
    if prior <= 0.0 {
        return if number > 0.0 { sum / number } else { 0.0 };
    }
    (sum + PRIOR) / (number + PRIOR / prior)
}

fn median_of_days(past: &[Hour], of: Of) -> f64 {
    let is_missed = |day: &[Hour]| day.iter().any(|hour| hour.is_deaf && hour.all == 0);
    let mut totals: Vec<u32> =
        past.rchunks(DAY).filter(|day| !is_missed(day)).map(|day| sum(day, of, DAY)).collect();
    if totals.is_empty() {
        totals = past.rchunks(DAY).map(|day| sum(day, of, DAY)).collect();
    }
    totals.sort_unstable();
    totals.get(totals.len() / 2).copied().map_or(0.0, f64::from)
}

/// Returns the counts, those of days with far more than the others cut down.
fn cut_days(past: &[Hour], of: Of) -> Vec<f64> {
    let most = DAY_TIMES * median_of_days(past, of) + DAY_MORE;
    let mut counts = Vec::with_capacity(past.len());
    let is_missed = |hour: &Hour| hour.is_deaf && hour.all == 0;
    for day in past.rchunks(DAY).rev() {
        let total = f64::from(sum(day, of, DAY));
        let share = if total > most { most / total } else { 1.0 };
        counts.extend(day.iter().map(|hour| {
            if is_missed(hour) { f64::NAN } else { f64::from(hour.count(of)) * share }
        }));
    }
    counts
}

/// Returns how many come in an hour: in the last week, the last two or four or all, where most came.
fn level(counts: &[f64]) -> f64 {
    let mean = |hours: usize| {
        let of = counts.get(counts.len().saturating_sub(hours)..).unwrap_or_default();
        let heard = of.iter().filter(|count| !count.is_nan());
        let (sum, number) =
            heard.fold((0.0, 0.0), |(sum, number), count| (sum + count, number + 1.0));
        if number < 72.0 { 0.0 } else { sum / number }
    };
    [WEEK, 2 * WEEK, 4 * WEEK, KEPT].into_iter().map(mean).fold(0.0, f64::max)
}

/// Tells in which hours nothing could be heard: those of runs without any where many were expected.
fn unheard(past: &[Hour], counts: &[f64], expected: &[f64; WEEK]) -> Vec<bool> {
    let mut unheard = vec![false; past.len()];
    let (mut run, mut missed) = (0, 0.0);
    for (at, (hour, count)) in past.iter().zip(counts).enumerate() {
        // Of what is known to be missed nothing follows for what lies beside it.
        if *count > 0.0 || count.is_nan() {
            (run, missed) = (0, 0.0);
            continue;
        }
        run += 1;
        missed += value(expected, hour.slot);
        if missed >= UNHEARD {
            for cell in unheard.iter_mut().take(at + 1).skip((at + 1).saturating_sub(run)) {
                *cell = true;
            }
        }
    }
    unheard
}

/// Returns how unevenly people speak in windows of each length: by how much the variance of the counts is
/// above what chance does, by the square of what is expected.
fn uneven(past: &[Hour], counts: &[f64], expected: &[f64; WEEK]) -> [f64; 6] {
    let mut all = UNEVEN;
    for (window, uneven) in WINDOWS.iter().zip(&mut all) {
        let (mut above, mut squares, mut events) = (*uneven * UNEVEN_PRIOR, UNEVEN_PRIOR, PRIOR);
        for (hours, counts) in past.chunks(*window).zip(counts.chunks(*window)) {
            let count: f64 = counts.iter().sum();
            if count.is_nan() {
                continue;
            }
            let usual: f64 = hours.iter().map(|hour| value(expected, hour.slot)).sum();
            above += (count - usual).powi(2) - usual;
            squares += usual * usual;
            events += count;
        }
        // What is expected is not sure either.
        *uneven = (above / squares).max(LEAST_UNEVEN) + 1.0 / events;
    }
    all
}

/// Returns the chance that there are so many or more where `usual` are expected, and people speak so
/// unevenly.
fn chance(count: u32, usual: f64, uneven: f64) -> f64 {
    let usual = usual.max(0.01);
    let size = 1.0 / uneven;
    let share = usual / (usual + size);
    let mut term = (1.0 - share).powf(size);
    let mut below = 0.0;
    for number in 0..count.min(100_000) {
        below += term;
        let number = f64::from(number);
        term *= share * (number + size) / (number + 1.0);
    }
    // Rounding leaves little, and what is left is summed where the terms are small.
    let (mut above, mut number) = (0.0, f64::from(count.min(100_000)));
    while term > above * 1e-6 && number < 200_000.0 {
        above += term;
        term *= share * (number + size) / (number + 1.0);
        number += 1.0;
    }
    if below < 0.5 { 1.0 - below } else { above }
}
