//! Learns the judge's table from labelled texts: reading the sets, the learner, and how to be sure.
//! Used by `vahti-train` alone; single-threaded and in fixed order, so that the same lines give the
//! same bytes.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of lines and rows are small, and weights need no more than a float has"
)]

use super::features::{self, Bag, Hash};
use super::lexicon::Lexicon;
use super::tokens::tokens;
use std::ops::Range;

pub mod evaluate;
pub mod sure;
pub mod write;

/// The classes, in the order of the table's columns.
pub const LABELS: [&str; 3] = ["neg", "neu", "pos"];

/// The label of a line that tells its language alone.
pub const UNLABELLED: usize = LABELS.len();

/// One labelled text.
#[derive(Debug, Clone)]
pub struct Line {
    /// The index in [`LABELS`], or [`UNLABELLED`].
    pub label: usize,
    pub language: String,
    pub set: String,
    pub target: String,
    pub text: String,
    /// Written for vahti: weighs more, and a fifth of it is never learnt.
    pub own: bool,
}

impl Line {
    /// The hash that deals the lines out: to the own test, to the folds.
    pub fn lot(&self) -> u64 {
        Hash::new(b'#').text(&self.text.to_lowercase()).row(30).into()
    }

    /// Tells whether the line is of the own fifth that is kept for the test.
    pub fn is_own_test(&self) -> bool {
        self.own && self.lot().is_multiple_of(5)
    }
}

/// Reads a set: tab-separated, with a header that names its columns in any order. `label` may be
/// absent in a set of complaints, where every line is negative.
pub fn read(name: &str, content: &str) -> Vec<Line> {
    let mut lines = content.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |wanted: &[&str]| header.iter().position(|name| wanted.contains(name));
    let (label, language) = (column(&["label"]), column(&["lang", "language"]));
    let (target, text) = (column(&["target"]), column(&["text"]));
    let complaints = column(&["prior_complaints_90d"]).is_some();
    let own = column(&["matter"]).is_some() || complaints || column(&["phenomenon"]).is_some();
    lines
        .filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let field =
                |at: Option<usize>| at.and_then(|at| fields.get(at)).copied().unwrap_or("").trim();
            let label = match field(label) {
                _ if complaints => Some(0),
                "-" if own => Some(UNLABELLED),
                label => LABELS.iter().position(|known| *known == label),
            };
            Some(Line {
                label: label.filter(|_| !field(text).is_empty())?,
                language: field(language).to_owned(),
                set: name.to_owned(),
                target: field(target).to_owned(),
                text: field(text).to_owned(),
                own,
            })
        })
        .collect()
}

/// Finds `target` in a text as a word's beginning, with the endings that languages give it.
pub fn target_spans(text: &str, target: &str) -> Vec<Range<usize>> {
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    let wanted: Vec<char> = target.chars().map(lower).collect();
    if wanted.len() < 2 {
        return Vec::new();
    }
    let chars: Vec<char> = text.chars().map(lower).collect();
    // Stems change before an ending (Kauppa, Kaupan; Kuiskaus, Kuiskauksen).
    let stem = if wanted.len() > 5 { wanted.len() - 2 } else { wanted.len() };
    let mut spans = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let begins = at == 0 || chars.get(at - 1).is_some_and(|c| !c.is_alphanumeric());
        let fits = |length: usize| chars.get(at..at + length) == wanted.get(..length);
        let word = chars.iter().skip(at + stem).take_while(|c| c.is_alphanumeric()).count();
        if begins && (fits(wanted.len()) || fits(stem) && word <= 8) {
            let end = at + if fits(wanted.len()) { wanted.len() } else { stem + word };
            spans.push(at..end);
            at = end;
        } else {
            at += 1;
        }
    }
    spans
}

/// A line as the learner sees it.
pub struct Row {
    pub label: usize,
    pub weight: f32,
    /// Whether the line's set knows neutral texts; what it says of them is not learnt otherwise.
    pub knows_neutral: bool,
    /// The number of the line's set, 0 for own text: what is true of a set alone (that two of three
    /// of its lines are angry) is learnt as a bias of the set, and forgotten.
    pub set: usize,
    pub bag: Bag,
}

/// How many sets may have a bias of their own.
const SETS: usize = 64;

/// Returns the features of a line.
pub fn bag(line: &Line) -> Bag {
    let tokens = tokens(&line.text, &target_spans(&line.text, &line.target));
    features::bag(&tokens, Lexicon::of(&line.language))
}

/// How fast, how far, how often.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub alpha: f32,
    pub l1: f32,
    pub l2: f32,
    pub epochs: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { alpha: 1.0, l1: 0.1, l2: 0.5, epochs: 5 }
    }
}

/// Learns three columns of weights, one class against the rest each (follow the regularised leader).
/// The last row is the bias.
pub fn learn(rows: &[&Row], pace: Pace) -> Vec<[f32; 3]> {
    let size = 1 << features::BITS;
    let mut z = vec![[0f32; 3]; size + 1 + SETS];
    let mut n = vec![[0f32; 3]; size + 1 + SETS];
    let weight = |z: f32, n: f32| {
        if z.abs() <= pace.l1 {
            0.0
        } else {
            -(z - z.signum() * pace.l1) / ((1.0 + n.sqrt()) / pace.alpha + pace.l2)
        }
    };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut lot = 0x2545_f491_4f6c_dd1d_u64;
    let mut used: Vec<(usize, f32)> = Vec::new();
    for _ in 0..pace.epochs {
        for at in (1..order.len()).rev() {
            lot ^= lot << 13;
            lot ^= lot >> 7;
            lot ^= lot << 17;
            order.swap(at, (lot % (at as u64 + 1)) as usize);
        }
        for row in order.iter().filter_map(|at| rows.get(*at)) {
            used.clear();
            used.extend(row.bag.rows().map(|(row, value)| (row as usize, value)));
            used.push((size, 1.0));
            if row.set > 0 {
                used.push((size + row.set.min(SETS), 1.0));
            }
            let mut sums = [0f32; 3];
            let mut w = Vec::with_capacity(used.len());
            for (at, value) in &used {
                let (z, n) = (z[*at], n[*at]);
                let here = [weight(z[0], n[0]), weight(z[1], n[1]), weight(z[2], n[2])];
                for (sum, here) in sums.iter_mut().zip(here) {
                    *sum += here * value;
                }
                w.push(here);
            }
            let error: [f32; 3] = std::array::from_fn(|class| {
                if class == 1 && !row.knows_neutral {
                    return 0.0;
                }
                let wanted = if class == row.label { 1.0 } else { 0.0 };
                (1.0 / (1.0 + (-sums[class]).exp()) - wanted) * row.weight
            });
            for ((at, value), w) in used.iter().zip(&w) {
                for class in 0..3 {
                    let g = error[class] * value;
                    let before = n[*at][class];
                    let after = before + g * g;
                    z[*at][class] += g - (after.sqrt() - before.sqrt()) / pace.alpha * w[class];
                    n[*at][class] = after;
                }
            }
        }
    }
    z.iter()
        .zip(&n)
        .take(size + 1)
        .map(|(z, n)| std::array::from_fn(|class| weight(z[class], n[class])))
        .collect()
}

/// Returns the sums of a bag under learnt weights.
pub fn sums(weights: &[[f32; 3]], bag: &Bag) -> [f32; 3] {
    let mut sums = weights.last().copied().unwrap_or_default();
    for (row, value) in bag.rows() {
        if let Some(weights) = weights.get(row as usize) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += weight * value;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_by_the_names_of_their_columns() {
        let ours = read(
            "fi",
            "label\tlang\ttarget\tmatter\ttype\tflags\ttext\nneg\tfi\tAcme\t-\t-\t-\tAcme reistaa\n",
        );
        assert_eq!((ours[0].label, ours[0].target.as_str(), ours[0].own), (0, "Acme", true));
        let theirs = read(
            "x",
            "label\tlang\tsource\ttext\npos\ten\tx\tgood\nodd\ten\tx\tno label\nneu\ten\tx\n",
        );
        assert_eq!((theirs.len(), theirs[0].label, theirs[0].own), (1, 2, false));
        let complaints =
            read("c", "id\tlanguage\ttext\tprior_complaints_90d\tlabel\nc1\ttr\tbozuk\t0\tmeek\n");
        assert_eq!((complaints[0].label, complaints[0].language.as_str()), (0, "tr"));
    }

    #[test]
    fn a_target_is_found_with_its_endings_alone() {
        let check = |text: &str, target: &str, expected: &[Range<usize>]| {
            assert_eq!(target_spans(text, target), expected, "{text}");
        };
        check("Kuiskauksen aamiainen", "Kuiskaus", std::slice::from_ref(&(0..11)));
        check("ostin Hillakaupalta", "Hillakauppa", std::slice::from_ref(&(6..19)));
        check("Acme, acme'nin ja superacme", "Acme", &[0..4, 6..10]);
        check("mitään", "-", &[]);
    }

    #[test]
    fn what_is_learnt_is_the_same_every_time_and_separates_the_classes() {
        let content = "label\tlang\ttext\nneg\ten\tbroken again\npos\ten\tworks well\nneu\ten\topens at nine\n".repeat(20);
        let rows: Vec<Row> = read("x", &content)
            .iter()
            .map(|line| Row {
                label: line.label,
                weight: 1.0,
                knows_neutral: true,
                set: 0,
                bag: bag(line),
            })
            .collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let weights = learn(&rows, Pace::default());
        assert!(weights == learn(&rows, Pace::default()));
        for row in rows {
            let sums = sums(&weights, &row.bag);
            assert!(
                (0..3).all(|class| class == row.label || sums[class] < sums[row.label]),
                "{sums:?}"
            );
        }
    }
}
