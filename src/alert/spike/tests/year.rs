//! A year of simulated hours with planted crises: how many false alarms there are, how much is found, and
//! how soon. People speak by day and on weekdays more than otherwise, days and hours differ at random (a
//! Poisson process whose rate is gamma distributed), at Christmas they speak less, as in summer, and more
//! from month to month; on some days nothing is heard for hours. What is usual is learned once a day here,
//! and anew at every look in the program.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a simulation of counts"
)]

use super::*;
use std::collections::VecDeque;
use std::fmt::Write;

/// The seeds that are reported; it was tuned on others.
const SEEDS: [u64; 2] = [11, 12];
const WARM: usize = 8 * WEEK;
const YEAR: usize = 365 * DAY;
const BY_HOUR: [f64; DAY] = [
    0.25, 0.15, 0.1, 0.1, 0.1, 0.2, 0.5, 0.9, 1.3, 1.5, 1.5, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.5,
    1.5, 1.6, 1.6, 1.4, 0.9, 0.5,
];
const BY_DAY: [f64; 7] = [1.1, 1.15, 1.1, 1.1, 1.05, 0.75, 0.75];
const NEGATIVE: f64 = 0.2;

struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (one, other) = (self.next().max(1e-300), self.next());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }

    /// Gamma distributed with the mean 1, after Marsaglia and Tsang; `variance` is below 1.
    fn gamma(&mut self, variance: f64) -> f64 {
        let shifted = 1.0 / variance - 1.0 / 3.0;
        let scale = 1.0 / (9.0 * shifted).sqrt();
        loop {
            let normal = self.normal();
            let cube = (1.0 + scale * normal).powi(3);
            let limit = 0.5 * normal * normal + shifted - shifted * cube + shifted * cube.ln();
            if cube > 0.0 && self.next().max(1e-300).ln() < limit {
                return shifted * cube * variance;
            }
        }
    }

    fn poisson(&mut self, mean: f64) -> u32 {
        if mean > 60.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u32;
        }
        let (limit, mut product, mut number) = ((-mean).exp(), self.next(), 0);
        while product > limit {
            product *= self.next();
            number += 1;
        }
        number
    }
}

/// A crisis of eight hours, one that begins at its height and fades, or one that grows slowly.
#[derive(Clone, Copy)]
enum Shape {
    Flat,
    Fading,
    Hill,
}

/// So many times what is usual by day, or so many times as many complaints at the usual volume.
struct Crisis {
    from: usize,
    times: f64,
    shape: Shape,
    is_negative: bool,
}

impl Crisis {
    fn force(&self, hour: usize) -> f64 {
        let Some(since) = hour.checked_sub(self.from) else { return 0.0 };
        let since = since as f64;
        match self.shape {
            Shape::Flat if since < 8.0 => 1.0,
            Shape::Fading if since < 36.0 => (-since / 8.0).exp() * 1.3,
            Shape::Hill if since < 8.0 => (since + 0.5) / 8.0,
            Shape::Hill if since < 24.0 => 1.0 - (since - 7.5) / 16.0,
            _ => 0.0,
        }
    }

    fn length(&self) -> usize {
        if matches!(self.shape, Shape::Flat) { 8 } else { 24 }
    }
}

fn crises(times: &[f64], random: &mut Random) -> Vec<Crisis> {
    let mut crises = Vec::new();
    let mut day = WARM / DAY + 8;
    while (day + 4) * DAY < WARM + YEAR {
        let nth = crises.len();
        crises.push(Crisis {
            from: day * DAY + 5 + (random.next() * 18.0) as usize,
            times: times[nth % times.len()],
            shape: [Shape::Flat, Shape::Fading, Shape::Hill][nth / times.len() % 3],
            is_negative: random.next() < 0.33,
        });
        day += 9 + (random.next() * 6.0) as usize;
    }
    crises
}

/// What every quarter of an hour brought, all and negative.
type Quarters = Vec<[(u32, u32); 4]>;

fn heard(per_day: f64, crises: &[Crisis], random: &mut Random) -> Quarters {
    let mut quarters = Vec::with_capacity(WARM + YEAR);
    let (mut day, mut share, mut deaf_until) = (1.0, NEGATIVE, 0);
    for hour in 0..WARM + YEAR {
        if hour % DAY == 0 {
            (day, share) = (random.gamma(0.06), (NEGATIVE * random.gamma(0.08)).min(0.6));
            if random.next() < 0.02 {
                deaf_until = hour + 6 + (random.next() * 20.0) as usize;
            }
        }
        let of_day = BY_HOUR[hour % DAY];
        let season = match hour / DAY % 365 {
            340..355 => 0.4,
            120..155 => 0.6,
            _ => 1.0,
        };
        let level = per_day / 24.0 * season * (1.0 + 0.5 * hour as f64 / (WARM + YEAR) as f64);
        let rate = level * of_day * BY_DAY[hour / DAY % 7] * day * random.gamma(0.25);
        let (mut neutral, mut negative) = (rate * (1.0 - share), rate * share);
        for crisis in crises.iter().filter(|crisis| crisis.force(hour) > 0.0) {
            let more = (crisis.times - 1.0) * level * of_day.max(0.5) * crisis.force(hour);
            if crisis.is_negative {
                let whole = neutral + negative;
                negative = (negative + more * NEGATIVE).min(whole.max(more * 0.25));
                neutral = (whole - negative).max(0.0);
            } else {
                (negative, neutral) = (negative + more * 0.6, neutral + more * 0.4);
            }
        }
        quarters.push(std::array::from_fn(|_| {
            let (rest, bad) = (random.poisson(neutral / 4.0), random.poisson(negative / 4.0));
            if hour < deaf_until { (0, 0) } else { (rest + bad, bad) }
        }));
    }
    quarters
}

/// What came of the years of one brand.
#[derive(Default)]
struct Outcome {
    false_alarms: usize,
    /// Spikes that were told within six hours of another.
    flaps: usize,
    /// For each crisis how great it was, whether it was one of complaints alone, and after how many hours it
    /// was told.
    crises: Vec<(f64, bool, Option<f64>)>,
}

impl Outcome {
    fn watch(&mut self, quarters: &Quarters, crises: &[Crisis]) {
        let mut course = Course::default();
        let mut hours: VecDeque<Hour> = VecDeque::new();
        let mut found: Vec<Option<f64>> = vec![None; crises.len()];
        let (mut last_told, mut usual) = (f64::NEG_INFINITY, None);
        for (at, parts) in quarters.iter().enumerate() {
            hours.push_back(Hour { slot: (at % WEEK) as u8, all: 0, negative: 0, is_deaf: false });
            if hours.len() > KEPT {
                hours.pop_front();
            }
            let seen = hours.make_contiguous();
            if at % DAY == 0 && at >= WARM {
                usual = Some(Usual::of(past(&course, seen, at as i64)));
            }
            for (quarter, (all, negative)) in (1..).zip(parts) {
                let hour = seen.last_mut().unwrap();
                (hour.all, hour.negative) = (hour.all + all, hour.negative + negative);
                let turn = usual.as_ref().and_then(|it| turn(&mut course, seen, at as i64, it));
                let Some(Turn::Began(_)) = turn else { continue };
                let now = at as f64 + f64::from(quarter) / 4.0;
                self.flaps += usize::from(now - last_told < 6.0);
                last_told = now;
                let is_of = |it: &Crisis| (it.from..it.from + it.length() + 6).contains(&at);
                match crises.iter().position(is_of) {
                    Some(nth) => _ = found[nth].get_or_insert(now - crises[nth].from as f64),
                    None => self.false_alarms += 1,
                }
            }
        }
        let told = crises.iter().zip(found);
        self.crises.extend(told.map(|(it, found)| (it.times, it.is_negative, found)));
    }

    /// Returns how many of some crises there were, how many were found, and the median and the ninth decile
    /// of the hours until then.
    fn found(&self, which: impl Fn(f64, bool) -> bool) -> (usize, usize, f64, f64) {
        let of = self.crises.iter().filter(|(times, is_negative, _)| which(*times, *is_negative));
        let of: Vec<_> = of.collect();
        let mut delays: Vec<f64> = of.iter().filter_map(|(.., found)| *found).collect();
        delays.sort_unstable_by(f64::total_cmp);
        let at = |tenth: usize| delays.get(delays.len() * tenth / 10).copied().unwrap_or(f64::NAN);
        (of.len(), delays.len(), at(5), at(9))
    }

    fn alarms_a_month(&self) -> f64 {
        self.false_alarms as f64 / 12.0 / SEEDS.len() as f64
    }

    fn describe(&self, per_day: f64, times: &[f64]) -> String {
        let (alarms, flaps) = (self.alarms_a_month(), self.flaps);
        let mut table =
            format!("{per_day} a day: {alarms:.2} false alarms a month, {flaps} flaps\n");
        for (is_negative, what) in [(false, "mentions"), (true, "complaints")] {
            for size in times {
                let (all, found, median, ninth) = self
                    .found(|times, negative| (times - size).abs() < 0.1 && negative == is_negative);
                writeln!(
                    table,
                    "  {what} x{size}: {found} of {all}, after {median:.1} h, 90 % by {ninth:.1} h"
                )
                .unwrap();
            }
        }
        table
    }
}

fn years(per_day: f64, times: &[f64]) -> Outcome {
    let mut outcome = Outcome::default();
    for seed in SEEDS {
        let mut random = Random(seed * 1000 + per_day as u64);
        let crises = crises(times, &mut random);
        outcome.watch(&heard(per_day, &crises, &mut random), &crises);
    }
    outcome
}

#[test]
#[expect(clippy::print_stdout, reason = "a person reads it with --nocapture")]
fn a_year_of_planted_crises() {
    // How many mentions a day, how great the crises are; from how great on which share is found, and the median
    // of the hours until then.
    let brands: [(f64, &[f64], f64, f64, f64); 4] = [
        (1.0, &[5.0, 25.0, 50.0, 100.0], 50.0, 0.9, 3.0),
        (5.0, &[5.0, 10.0, 25.0, 50.0], 25.0, 0.9, 3.0),
        (30.0, &[3.0, 5.0, 10.0, 20.0], 5.0, 0.9, 2.0),
        (300.0, &[3.0, 5.0, 10.0], 5.0, 0.95, 1.0),
    ];
    let outcomes = std::thread::scope(|scope| {
        let years = brands.map(|(per_day, times, ..)| scope.spawn(move || years(per_day, times)));
        years.map(|years| years.join().unwrap())
    });
    let tables =
        brands.iter().zip(&outcomes).map(|(brand, outcome)| outcome.describe(brand.0, brand.1));
    let table: String = tables.collect();
    println!("{table}");
    for ((.., least, share, hours), outcome) in brands.iter().zip(&outcomes) {
        assert!(outcome.alarms_a_month() < 0.5 && outcome.flaps <= 1, "{table}");
        let (all, found, median, _) =
            outcome.found(|times, is_negative| times >= *least && !is_negative);
        let is_found = found as f64 >= share * all as f64;
        assert!(is_found && median <= *hours, "x{least}: {found} of {all}, {median} h\n{table}");
    }
}
