//! How sums become probabilities that mean what they say, and where to draw the line: fitted to what
//! models said of lines that they had not learnt.

use crate::enrich::model::Sureness;

/// What a model said of a line that it had not learnt.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    pub sums: [f32; 3],
    pub label: usize,
    /// Whether the line could have been labelled neutral.
    pub knows_neutral: bool,
    /// Whether it was written for vahti: a mention of a brand, as the judge is to read them.
    pub own: bool,
    pub weight: f32,
}

/// How much of a language's texts may be left to a person.
const REVIEW: f32 = 0.1;
/// The same of public texts, which are further from what is learnt most.
const REVIEW_OTHERS: f32 = 0.1;
/// From how many own lines on they alone say where the line is drawn.
const ENOUGH: usize = 200;

/// Fits probabilities, threshold and review band.
pub fn fit(said: &[Said]) -> Sureness {
    let knowing: Vec<Said> = said.iter().copied().filter(|said| said.knows_neutral).collect();
    let platt = std::array::from_fn(|class| platt(if class == 1 { &knowing } else { said }, class));
    let mut sureness = Sureness { platt, threshold: 0.5, review: [0.0; 2] };
    let chances = |of: &[&Said]| -> Vec<(f32, bool, f32)> {
        of.iter()
            .map(|said| (sureness.probabilities(said.sums)[0], said.label == 0, said.weight))
            .collect()
    };
    let own: Vec<&Said> = said.iter().filter(|said| said.own).collect();
    let all: Vec<&Said> = said.iter().collect();
    let chances = chances(if own.len() >= ENOUGH { &own } else { &all });
    let mut best = 0.0;
    for step in 20..=70_u8 {
        let threshold = f32::from(step) / 100.0;
        let worse = worse(&chances, threshold);
        if worse > best {
            best = worse;
            sureness.threshold = threshold;
        }
    }
    let others: Vec<&Said> = said.iter().filter(|said| !said.own).collect();
    let bands = [band(&own, sureness, REVIEW), band(&others, sureness, REVIEW_OTHERS)];
    let narrower = bands.into_iter().flatten().reduce(f32::min);
    sureness.review = [round(narrower.unwrap_or(0.05)); 2];
    sureness
}

/// Returns how near the threshold a text must be to be among a part of these.
fn band(said: &[&Said], sureness: Sureness, part: f32) -> Option<f32> {
    let mut near: Vec<(f32, f32)> = said
        .iter()
        .map(|said| {
            ((sureness.probabilities(said.sums)[0] - sureness.threshold).abs(), said.weight)
        })
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut left = near.iter().map(|(_, weight)| weight).sum::<f32>() * part;
    let last = near.iter().find(|(_, weight)| {
        left -= weight;
        left <= 0.0
    });
    last.map(|(band, _)| *band)
}

/// Fits the slope and the shift of one class by Newton's method, with the targets drawn in a little as
/// Platt proposed.
fn platt(said: &[Said], class: usize) -> [f32; 2] {
    let of = |yes: bool| -> f64 {
        said.iter()
            .filter(|said| (said.label == class) == yes)
            .map(|said| f64::from(said.weight))
            .sum()
    };
    let (yes, no) = (of(true), of(false));
    let (high, low) = ((yes + 1.0) / (yes + 2.0), 1.0 / (no + 2.0));
    let (mut slope, mut shift) = (1.0_f64, 0.0_f64);
    for _ in 0..50 {
        let (mut g, mut h) = ([0.0; 2], [1.0, 0.0, 1.0]);
        for said in said {
            let (x, weight) = (f64::from(said.sums[class]), f64::from(said.weight));
            let p = 1.0 / (1.0 + (-(slope * x + shift)).exp());
            let wanted = if said.label == class { high } else { low };
            let (error, curve) = ((p - wanted) * weight, p * (1.0 - p) * weight);
            g = [g[0] + error * x, g[1] + error];
            h = [h[0] + curve * x * x, h[1] + curve * x, h[2] + curve];
        }
        let determinant = (h[0] * h[2] - h[1] * h[1]).max(1e-12);
        // Short steps within bounds: far from the best place, the curve leads astray.
        let step = |towards: f64| (towards / determinant).clamp(-0.5, 0.5);
        slope = (slope - step(h[2] * g[0] - h[1] * g[1])).clamp(0.2, 2.0);
        shift = (shift - step(h[0] * g[1] - h[1] * g[0])).clamp(-4.0, 4.0);
    }
    [round(slope as f32), round(shift as f32)]
}

/// Returns the smaller of precision and recall: neither is to be paid for with the other.
fn worse(chances: &[(f32, bool, f32)], threshold: f32) -> f32 {
    let (mut found, mut wrong, mut missed) = (0.0, 0.0, 0.0);
    for (chance, is_negative, weight) in chances {
        match (*chance >= threshold, is_negative) {
            (true, true) => found += weight,
            (true, false) => wrong += weight,
            (false, true) => missed += weight,
            (false, false) => {}
        }
    }
    found / (found + f32::max(wrong, missed)).max(f32::MIN_POSITIVE)
}

/// Rounds to four digits: enough, and short in the file.
fn round(number: f32) -> f32 {
    (number * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says of every hundredth sum how often its lines are negative: as often as `1/(1+e^-2x)`.
    fn said() -> Vec<Said> {
        let mut all = Vec::new();
        for step in -200..200_i16 {
            let x = f32::from(step) / 100.0;
            let chance = 1.0 / (1.0 + (-2.0 * x).exp());
            for (label, weight) in [(0, chance), (1, 1.0 - chance)] {
                all.push(Said {
                    sums: [x, -x, -9.0],
                    label,
                    knows_neutral: true,
                    own: true,
                    weight,
                });
            }
        }
        all
    }

    #[test]
    fn a_probability_means_what_it_says() {
        let sureness = fit(&said());
        let [slope, shift] = sureness.platt[0];
        assert!((slope - 2.0).abs() < 0.1 && shift.abs() < 0.05, "{sureness:?}");
    }

    #[test]
    fn the_line_is_drawn_where_precision_meets_recall_and_few_are_left_to_a_person() {
        let said = said();
        let sureness = fit(&said);
        assert!((0.4..=0.6).contains(&sureness.threshold), "{sureness:?}");
        let unsure = |said: &&Said| sureness.is_unsure(sureness.probabilities(said.sums));
        let share = said.iter().filter(unsure).count() as f32 / said.len() as f32;
        assert!((0.02..=0.1).contains(&share), "{share}");
    }
}
