//! Learns what the words of a complaint weigh. Used by `vahti-train-card` and the tests alone;
//! single-threaded and in fixed order, so that the same lines give the same file.

use super::super::concepts::Concepts;
use super::Card;
use super::cues::{Cues, Found};
use super::weights::{COLUMNS, FLAGS, Feature, Sums, TYPES, features};
use crate::enrich::features::Hash;
use crate::enrich::train::target_spans;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How often the lines are gone through.
const ROUNDS: usize = 12;
/// How large the first steps are.
const STEP: f32 = 0.3;
/// How strongly weights are drawn to nothing, a step.
const PULL: f32 = 0.02;
/// Below this a weight is not written.
const LEAST: f32 = 0.15;
/// In how many lines a feature must stand.
const SEEN: u32 = 4;

/// A labelled complaint.
#[derive(Debug, Clone)]
pub struct Line {
    pub language: String,
    pub target: String,
    pub text: String,
    /// How many complaints its author made before, where the set tells.
    pub earlier: u32,
    /// What is true of it, in the order of [`COLUMNS`]; `None` where the set does not tell.
    pub truth: [Option<bool>; COLUMNS.len()],
    /// Whether its author complains as a habit: then its type is none of the columns.
    pub chronic: bool,
}

impl Line {
    /// The hash that deals the lines out.
    pub fn lot(&self) -> u64 {
        Hash::new(b'#').text(&self.text.to_lowercase()).row(30).into()
    }

    /// Tells whether the line is of the fifth that is kept for the test, and never learnt.
    pub fn is_kept(&self) -> bool {
        self.lot().is_multiple_of(5)
    }

    /// Returns the column of its type.
    pub fn kind(&self) -> Option<usize> {
        self.truth.iter().take(TYPES).position(|truth| *truth == Some(true))
    }

    /// Returns the column of its matter.
    pub fn matter(&self) -> Option<usize> {
        let at = self.truth.iter().skip(TYPES + FLAGS).position(|truth| *truth == Some(true))?;
        Some(TYPES + FLAGS + at)
    }
}

/// Reads the complaints of a labelled set: tab-separated, with a header that names its columns.
pub fn read(content: &str) -> Vec<Line> {
    let mut lines = content.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |wanted: &str| header.iter().position(|name| *name == wanted);
    let earlier = column("prior_complaints_90d");
    let kind = if earlier.is_some() { column("label") } else { column("type") };
    let mut read = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let field = |at: Option<usize>| at.and_then(|at| fields.get(at)).map(|field| field.trim());
        let is_complaint = earlier.is_some() || field(column("label")) == Some("neg");
        let (Some(text), Some(kind), true) = (field(column("text")), field(kind), is_complaint)
        else {
            continue;
        };
        let flags = field(column("flags"));
        let matter = field(column("matter")).filter(|matter| *matter != "-");
        let mut truth = [None; COLUMNS.len()];
        for (at, (name, truth)) in COLUMNS.iter().zip(&mut truth).enumerate() {
            *truth = if at < TYPES {
                let kind = if kind == "-" || kind.is_empty() { "none" } else { kind };
                (kind != "chronic").then_some(kind == *name)
            } else if at < TYPES + FLAGS {
                match flags {
                    Some(flags) => Some(flags.split(',').any(|flag| flag.trim() == *name)),
                    None => field(column(name)).map(|told| told == "1"),
                }
            } else {
                matter.map(|matter| matter == *name)
            };
        }
        read.push(Line {
            language: field(column("lang").or(column("language"))).unwrap_or_default().to_owned(),
            target: field(column("target")).unwrap_or_default().to_owned(),
            text: text.to_owned(),
            earlier: field(earlier).and_then(|count| count.parse().ok()).unwrap_or_default(),
            truth,
            chronic: kind == "chronic",
        });
    }
    read
}

/// Returns how a line is read by the lists of its language.
pub fn seen<'l>(line: &'l Line, cues: Option<&Cues>) -> Row<'l> {
    let mut names = Vec::new();
    let chars: Vec<char> = line.text.chars().collect();
    let tokens = super::super::tokens::tokens(&line.text, &target_spans(&line.text, &line.target));
    let found = cues.map(|cues| cues.find(&tokens, &chars)).unwrap_or_default();
    let spots = Concepts::of(&line.language).spots(&tokens);
    let told = |parts: &[&str]| names.push(parts.concat());
    let features = features(&tokens, &found, &spots, &line.language, told);
    Row { line, features, names, found }
}

/// One line as the learner sees it.
pub struct Row<'a> {
    pub line: &'a Line,
    pub features: Vec<Feature>,
    pub names: Vec<String>,
    pub found: Vec<Found>,
}

/// Learns the weights of these rows, as the text of `data/card.tsv`.
pub fn learn(rows: &[&Row<'_>]) -> String {
    let mut numbers: BTreeMap<&str, (usize, u32)> = BTreeMap::new();
    for name in rows.iter().flat_map(|row| &row.names) {
        numbers.entry(name).or_default().1 += 1;
    }
    numbers.retain(|_, (_, lines)| *lines >= SEEN);
    for (number, (_, (at, _))) in numbers.iter_mut().enumerate() {
        *at = number;
    }
    let bags: Vec<Vec<(usize, f32)>> = rows
        .iter()
        .map(|row| {
            let known = row.names.iter().zip(&row.features);
            known
                .filter_map(|(name, feature)| Some((numbers.get(name.as_str())?.0, feature.value)))
                .collect()
        })
        .collect();
    let mut weights = vec![[0.0_f32; COLUMNS.len()]; numbers.len()];
    let mut steps = vec![[1e-6_f32; COLUMNS.len()]; numbers.len()];
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut chance = 1_u64;
    for _ in 0..ROUNDS {
        shuffle(&mut order, &mut chance);
        for at in &order {
            let (Some(row), Some(bag)) = (rows.get(*at), bags.get(*at)) else { continue };
            let sums = sum(bag, &weights);
            let errors = errors(&sums, row.line);
            for (number, value) in bag {
                let (Some(weights), Some(steps)) =
                    (weights.get_mut(*number), steps.get_mut(*number))
                else {
                    continue;
                };
                for ((weight, step), error) in weights.iter_mut().zip(steps).zip(&errors) {
                    let slope = error * value + PULL * *weight;
                    *step += slope * slope;
                    *weight -= STEP * slope / step.sqrt();
                }
            }
        }
    }
    written(&numbers, &weights)
}

fn sum(bag: &[(usize, f32)], weights: &[Sums]) -> Sums {
    let mut sums = [0.0; COLUMNS.len()];
    for (number, value) in bag {
        for (sum, weight) in sums.iter_mut().zip(weights.get(*number).into_iter().flatten()) {
            *sum += weight * value;
        }
    }
    sums
}

/// Returns by how much each column is wrong; nothing where the set does not tell.
fn errors(sums: &Sums, line: &Line) -> Sums {
    let card = Card::of(sums, &[]);
    let mut errors = [0.0; COLUMNS.len()];
    for ((error, chance), truth) in errors.iter_mut().zip(card.chances).zip(line.truth) {
        if let Some(truth) = truth {
            *error = chance - f32::from(u8::from(truth));
        }
    }
    errors
}

/// Puts the rows in another order, the same every time.
fn shuffle(order: &mut [usize], chance: &mut u64) {
    for at in (1..order.len()).rev() {
        *chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let other = usize::try_from(*chance >> 33).unwrap_or(0) % (at + 1);
        order.swap(at, other);
    }
}

fn written(numbers: &BTreeMap<&str, (usize, u32)>, weights: &[Sums]) -> String {
    let mut text = String::from(
        "# What the words of a complaint speak for, learnt by vahti-train-card from the texts that were written\n\
         # for vahti. `=x`: cues of the lists, `~x`: a concept, `fi ^x`: a word that begins so, `fi $x`: ends so.\n",
    );
    for (name, (number, _)) in numbers {
        let row = weights.get(*number).into_iter().flatten();
        let told: Vec<String> = COLUMNS
            .iter()
            .zip(row)
            .filter(|(_, weight)| weight.abs() >= LEAST)
            .map(|(column, weight)| format!("{column}={weight:.2}"))
            .collect();
        if !told.is_empty() {
            writeln!(text, "{name}\t{}", told.join(" ")).ok();
        }
    }
    text
}
