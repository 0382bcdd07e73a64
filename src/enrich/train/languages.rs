//! Learns to tell languages apart: one column a language, all against all.

use super::Line;
use crate::enrich::concepts::LISTS;
use crate::enrich::features::{Hash, share};
use crate::enrich::language::rows::{self, Tags};
use crate::enrich::language::{OTHER, TOLD_APART};
use crate::enrich::model::softmax;
use crate::enrich::tokens::fold;
use std::collections::BTreeMap;

/// How many lines of a language take part at most.
const LINES: usize = 30_000;
/// How many characters of a line are read.
const READ: usize = 300;
/// How long the parts are that are read beside the whole: as short as posts are.
const PARTS: [usize; 3] = [45, 18, 9];
/// How many lines there should be of a language: of fewer each weighs more, of more less, within the
/// bounds.
const EVEN: f32 = 6000.0;
const BOUNDS: [f32; 2] = [0.7, 8.0];
/// How many times all are read.
const ROUNDS: usize = 4;
/// How fast weights that say little are drawn to nothing.
const DECAY: f32 = 1e-5;
/// Words of languages that have no list of concepts, one entry a word as in those.
const WORDS: [(&str, &str); 2] =
    [("it", include_str!("../data/words/it.tsv")), ("pt", include_str!("../data/words/pt.tsv"))];
/// The number of columns: one for each language, one for all others.
const COLUMNS: usize = TOLD_APART.len() + 1;

/// What was learnt.
pub struct Learnt {
    pub languages: Vec<String>,
    pub step: f32,
    pub bias: Vec<f32>,
    /// A row a piece, a number a language.
    pub table: Vec<i8>,
}

/// One text, or a part of one.
struct Sample {
    column: usize,
    weight: f32,
    rows: Vec<u32>,
    /// Where in the order it is read.
    lot: u32,
}

/// Learns from lines, and from the lists of words.
pub fn learn(lines: &[&Line]) -> Learnt {
    let mut samples = samples(lines);
    samples.sort_by_key(|sample| (sample.lot, sample.column));
    let (table, bias) = descend(&samples);
    let largest = table.iter().flatten().fold(0.0_f32, |most, weight| weight.abs().max(most));
    let step = (largest / 127.0).max(f32::MIN_POSITIVE);
    Learnt {
        languages: TOLD_APART.iter().chain([&OTHER]).map(|code| (*code).to_owned()).collect(),
        step,
        bias: bias.to_vec(),
        table: table.iter().flatten().map(|weight| (weight / step).round() as i8).collect(),
    }
}

fn samples(lines: &[&Line]) -> Vec<Sample> {
    let column = |language: &str| {
        TOLD_APART.iter().position(|code| *code == language).unwrap_or(TOLD_APART.len())
    };
    let mut by_column: BTreeMap<usize, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        by_column.entry(column(&line.language)).or_default().push(line);
    }
    let mut samples = Vec::new();
    for (column, mut lines) in by_column {
        lines.sort_by_key(|line| (!line.own, line.lot()));
        lines.truncate(LINES);
        let [least, most] = BOUNDS;
        let weight = (EVEN / lines.len() as f32).clamp(least, most);
        for line in lines {
            parts(line, &mut |lot, rows| samples.push(Sample { column, weight, rows, lot }));
        }
    }
    for (language, list) in LISTS.iter().chain(&WORDS) {
        let entries = list.lines().filter_map(|line| line.split_once('\t'));
        // Of a word that stands for many only the beginning is known.
        for words in entries.flat_map(|(_, words)| words.split('|')).filter(|w| !w.ends_with('*')) {
            let lot = Hash::new(b'%').text(language).text(words).row(30);
            let rows = rows_of(words.chars());
            samples.push(Sample { column: column(language), weight: 1.0, rows, lot });
        }
    }
    samples.retain(|sample| !sample.rows.is_empty());
    samples
}

fn rows_of(text: impl Iterator<Item = char>) -> Vec<u32> {
    let mut all = Vec::new();
    rows::rows(text, &[], Tags::Left, |rows| all.extend(rows));
    all
}

/// Gives the rows of a line, without its brand, and of parts of it: of different lengths and from
/// different places, because not everybody begins with the same words. Some are read as if they were
/// typed without diacritics.
fn parts(line: &Line, give: &mut impl FnMut(u32, Vec<u32>)) {
    let spans = super::target_spans(&line.text, &line.target);
    let in_brand = |at: usize| spans.iter().any(|span| span.contains(&at));
    let chars: Vec<char> = line
        .text
        .chars()
        .take(READ)
        .enumerate()
        .map(|(at, c)| if in_brand(at) { '0' } else { c })
        .collect();
    let lot = |part: u8| Hash::new(b'%').byte(part).text(&line.text).row(30);
    give(lot(0), rows_of(chars.iter().copied()));
    let plain = |c: &char| {
        let folded = fold(std::iter::once(*c));
        if c.is_alphabetic() && !c.is_ascii() { folded.chars().next().unwrap_or(*c) } else { *c }
    };
    if lot(9).is_multiple_of(4) && chars.iter().any(|c| plain(c) != *c) {
        give(lot(8), rows_of(chars.iter().map(plain)));
    }
    for (part, most) in (1_u8..).zip(PARTS).filter(|(_, most)| chars.len() > most + most / 2) {
        let begins: Vec<usize> = (0..=chars.len() - most)
            .filter(|at| {
                let is_letter = |at: usize| chars.get(at).is_some_and(|c| c.is_alphabetic());
                is_letter(*at) && (*at == 0 || !is_letter(*at - 1))
            })
            .collect();
        let chosen = lot(part) as usize % begins.len().max(1);
        let from = begins.get(chosen).copied().unwrap_or(0);
        let cut = chars.iter().skip(from).take(most);
        // Up to the end of a word, where it has one.
        let is_whole = chars.get(from + most).is_none_or(|c| !c.is_alphabetic());
        let broken = cut.clone().rev().take_while(|c| c.is_alphabetic()).count();
        let length = if is_whole || broken == most { most } else { most - broken };
        give(lot(part), rows_of(cut.take(length).copied()));
    }
}

/// Learns each weight at its own pace.
fn descend(samples: &[Sample]) -> (Vec<[f32; COLUMNS]>, [f32; COLUMNS]) {
    // Of each row, the weights and their paces.
    let mut table = vec![([0.0_f32; COLUMNS], [1.0_f32; COLUMNS]); 1 << rows::BITS];
    let mut bias = [0.0_f32; COLUMNS];
    for _ in 0..ROUNDS {
        for Sample { column, weight, rows, .. } in samples {
            let value = share(rows.len());
            let mut sums = [0.0; COLUMNS];
            for (weights, _) in rows.iter().filter_map(|row| table.get(*row as usize)) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += weight;
                }
            }
            for (sum, bias) in sums.iter_mut().zip(bias) {
                *sum = *sum * value + bias;
            }
            let mut errors = softmax(&sums);
            for (at, error) in errors.iter_mut().enumerate() {
                *error = (*error - if at == *column { 1.0 } else { 0.0 }) * weight;
            }
            for row in rows {
                let Some((cells, paces)) = table.get_mut(*row as usize) else { continue };
                for ((cell, pace), error) in cells.iter_mut().zip(paces).zip(&errors) {
                    let slope = error * value + DECAY * *cell;
                    *pace += slope * slope;
                    *cell -= slope / pace.sqrt();
                }
            }
            for (bias, error) in bias.iter_mut().zip(&errors) {
                *bias -= 0.01 * error;
            }
        }
    }
    (table.into_iter().map(|(weights, _)| weights).collect(), bias)
}
