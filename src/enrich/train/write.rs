//! From labelled lines to the file of weights.

use super::learn::{Pace, SETS, learn};
use super::sure::{self, Said};
use super::{Line, Row, UNLABELLED, bag, common, languages};
use crate::enrich::model::{Header, Model, Origin, Sureness, Unusable};
use crate::enrich::names::Common;
use std::collections::{BTreeMap, BTreeSet};

/// How often the sure part is learnt again without a part of the lines.
const FOLDS: u64 = 5;
/// How much more a line of our own weighs.
const OWN: f32 = 10.0;
/// How many rows of the table are kept: three bytes each.
const KEPT: usize = 440_000;

/// Learns everything and returns the file. `lines` are free to ship; those of the own test are left
/// out here, by themselves.
pub fn file(
    lines: &[Line],
    sets: Vec<Origin>,
    tell: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, Unusable> {
    let lines: Vec<&Line> = lines.iter().filter(|line| !line.is_own_test()).collect();
    let languages = languages::learn(&lines);
    tell("learnt the languages");
    let lines: Vec<&Line> = lines.into_iter().filter(|line| line.label != UNLABELLED).collect();
    let common = common(lines.iter().copied());
    let rows = rows(&lines, &common);
    tell(&format!("read {} lines", rows.len()));
    let mut said = vec![[0.0; 3]; rows.len()];
    for fold in 0..FOLDS {
        let is_out = |line: &Line| line.lot() / 5 % FOLDS == fold;
        let kept: Vec<&Row> =
            rows.iter().zip(&lines).filter(|(_, line)| !is_out(line)).map(|(row, _)| row).collect();
        let learnt = learn(&kept, Pace::default());
        for (at, row) in rows
            .iter()
            .enumerate()
            .filter(|(at, _)| lines.get(*at).is_some_and(|line| is_out(line)))
        {
            if let Some(said) = said.get_mut(at) {
                *said = learnt.sums(row);
            }
        }
        tell(&format!("learnt fold {} of {FOLDS}", fold + 1));
    }
    let learnt = learn(&rows.iter().collect::<Vec<_>>(), Pace::default());
    tell("learnt the table");
    let (steps, table) = small(&learnt.table);
    let header = Header {
        steps,
        bias: learnt.table.last().copied().unwrap_or_default(),
        languages: languages.languages,
        language_step: languages.step,
        language_bias: languages.bias,
        sureness: sureness(&lines, &rows, &said),
        sets,
        ..Header::default()
    };
    Model::write(header, &table, &learnt.nets, &common, &languages.table)
}

fn rows(lines: &[&Line], common: &Common) -> Vec<Row> {
    let mut neutral: BTreeSet<&str> = BTreeSet::new();
    let mut sets: Vec<&str> = Vec::new();
    for line in lines {
        if line.label == 1 {
            neutral.insert(&line.set);
        }
        if !line.own && !sets.contains(&line.set.as_str()) && sets.len() + 1 < SETS {
            sets.push(&line.set);
        }
    }
    lines
        .iter()
        .map(|line| Row {
            label: line.label,
            weight: if line.own { OWN } else { 1.0 },
            knows_neutral: line.own || neutral.contains(line.set.as_str()),
            set: sets.iter().position(|set| *set == line.set).map_or(0, |at| at + 1),
            bag: bag(line, common),
        })
        .collect()
}

/// Fits each language that has texts enough: the others are not judged. Our own lines are mentions of
/// brands, so they count as much as all others together, and twice as much where the others know no
/// neutral texts.
fn sureness(lines: &[&Line], rows: &[Row], said: &[[f32; 3]]) -> BTreeMap<String, Sureness> {
    let mut by_language: BTreeMap<&str, Vec<Said>> = BTreeMap::new();
    for ((line, row), sums) in lines.iter().zip(rows).zip(said) {
        let said = Said {
            sums: *sums,
            label: line.label,
            knows_neutral: row.knows_neutral,
            own: line.own,
            weight: 1.0,
        };
        by_language.entry(&line.language).or_default().push(said);
    }
    by_language
        .into_iter()
        .filter(|(_, said)| said.len() >= 300)
        .map(|(language, said)| {
            let weight = own_weight(&said);
            let weighted: Vec<Said> = said
                .into_iter()
                .map(|said| Said { weight: if said.own { weight } else { 1.0 }, ..said })
                .collect();
            (language.to_owned(), sure::fit(&weighted))
        })
        .collect()
}

/// Returns what a line of our own counts where the other lines count 1.
fn own_weight(said: &[Said]) -> f32 {
    let own = said.iter().filter(|said| said.own).count() as f32;
    let others = said.len() as f32 - own;
    let neutral = said.iter().any(|said| !said.own && said.knows_neutral);
    let times = if neutral { 1.0 } else { 6.0 };
    if own == 0.0 || others == 0.0 { 1.0 } else { (times * others / own).clamp(1.0, 60.0) }
}

/// Makes the weights small: the largest rows alone, one byte a weight.
fn small(weights: &[[f32; 3]]) -> ([f32; 3], Vec<[i8; 3]>) {
    let table = weights.split_last().map_or(weights, |(_, table)| table);
    let largest = |class: usize| table.iter().map(|row| row[class].abs()).fold(0.0, f32::max);
    let steps: [f32; 3] =
        std::array::from_fn(|class| (largest(class) / 127.0).max(f32::MIN_POSITIVE));
    let mut sizes: Vec<f32> = table.iter().map(size).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let least = sizes.get(KEPT).copied().unwrap_or(0.0);
    let quantised = |row: &[f32; 3]| {
        std::array::from_fn(|class| (row[class] / steps[class]).round().clamp(-127.0, 127.0) as i8)
    };
    (
        steps,
        table.iter().map(|row| if size(row) > least { quantised(row) } else { [0; 3] }).collect(),
    )
}

fn size(row: &[f32; 3]) -> f32 {
    row.iter().fold(0.0, |most, weight| weight.abs().max(most))
}
