//! From labelled lines to the file of weights.

use super::learn::{Pace, SETS, learn};
use super::sure::{self, Said};
use super::{Line, Row, UNLABELLED, bag, common};
use crate::enrich::features::{self, Hash};
use crate::enrich::model::{Header, Model, Origin, Sureness, Unusable, softmax};
use crate::enrich::names::Common;
use crate::enrich::tokens::tokens;
use std::collections::{BTreeMap, BTreeSet};

/// How often the sure part is learnt again without a part of the lines.
const FOLDS: u64 = 5;
/// How much more a line of our own weighs.
const OWN: f32 = 10.0;
/// How many rows of the table are kept: three bytes each.
const KEPT: usize = 440_000;
/// How many lines of a language the language table learns from at most.
const LINES_A_LANGUAGE: usize = 9000;

/// Learns everything and returns the file. `lines` are free to ship; those of the own test are left
/// out here, by themselves.
pub fn file(
    lines: &[Line],
    sets: Vec<Origin>,
    tell: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, Unusable> {
    let lines: Vec<&Line> = lines.iter().filter(|line| !line.is_own_test()).collect();
    let (languages, language_step, language_bias, language_table) = language_table(&lines);
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
        languages,
        language_step,
        language_bias,
        sureness: sureness(&lines, &rows, &said),
        sets,
        ..Header::default()
    };
    Model::write(header, &table, &learnt.nets, &common, &language_table)
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

/// Learns to tell languages apart, from whole texts and from their first words alone.
fn language_table(lines: &[&Line]) -> (Vec<String>, f32, Vec<f32>, Vec<i8>) {
    let mut by_language: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        by_language.entry(&line.language).or_default().push(line);
    }
    let languages: Vec<String> =
        by_language.keys().map(|language| (*language).to_owned()).collect();
    let mut rows: Vec<(usize, f32, Vec<u32>)> = Vec::new();
    for (at, lines) in by_language.values_mut().enumerate() {
        lines.sort_by_key(|line| (!line.own, line.lot()));
        lines.truncate(LINES_A_LANGUAGE);
        // A language with little text weighs as much as it can bear.
        let weight = (3000.0 / lines.len() as f32).clamp(1.0, 20.0);
        for line in lines.iter() {
            let chars: Vec<char> = line.text.chars().take(300).collect();
            for most in [300, 45, 18] {
                let cut: Vec<char> = chars.iter().copied().take(most).collect();
                let text: String = cut.iter().collect();
                rows.push((
                    at,
                    weight,
                    features::language_rows(
                        &tokens(&text, &super::target_spans(&text, &line.target)),
                        &cut,
                    ),
                ));
            }
        }
    }
    rows.sort_by_key(|(at, _, rows)| {
        rows.iter().fold(Hash::new(b'%').byte(*at as u8), |hash, row| hash.byte(*row as u8)).row(30)
    });
    let columns = languages.len();
    let (table, bias) = descend(&rows, columns);
    let largest = table.iter().fold(0.0_f32, |most, weight| weight.abs().max(most));
    let step = largest / 127.0;
    (languages, step, bias, table.iter().map(|weight| (weight / step).round() as i8).collect())
}

/// Learns one column a language, all against all, each weight at its own pace.
fn descend(rows: &[(usize, f32, Vec<u32>)], columns: usize) -> (Vec<f32>, Vec<f32>) {
    let size = columns << features::LANGUAGE_BITS;
    let (mut table, mut paces) = (vec![0.0_f32; size], vec![1.0_f32; size]);
    let mut bias = vec![0.0_f32; columns];
    for _ in 0..4 {
        for (label, weight, rows) in rows.iter().filter(|(_, _, rows)| !rows.is_empty()) {
            let value = 1.0 / (rows.len() as f32).sqrt();
            let mut sums = bias.clone();
            for row in rows {
                for (sum, weight) in sums.iter_mut().zip(table.iter().skip(*row as usize * columns))
                {
                    *sum += weight * value;
                }
            }
            let mut errors = softmax(&sums);
            for (at, error) in errors.iter_mut().enumerate() {
                *error = (*error - if at == *label { 1.0 } else { 0.0 }) * weight;
            }
            for row in rows {
                let from = *row as usize * columns;
                let cells = table.iter_mut().zip(&mut paces).skip(from);
                for ((cell, pace), error) in cells.zip(&errors) {
                    let g = error * value + 1e-6 * *cell;
                    *pace += g * g;
                    *cell -= g / pace.sqrt();
                }
            }
            for (bias, error) in bias.iter_mut().zip(&errors) {
                *bias -= 0.01 * error;
            }
        }
    }
    (table, bias)
}
