//! The language table: what each piece of a word says for each language, in small whole numbers.

use super::rows::{self, Seen, Tags};
use crate::enrich::features::share;
use crate::enrich::model::softmax;
use std::ops::Range;

/// How many numbers a row has in memory: always as many, so that one is added to the sums at once.
const LANES: usize = 16;

/// The weights of the languages.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    rows: Vec<[i8; LANES]>,
    step: f32,
    bias: Vec<f32>,
}

/// What the table says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The probability of each language; empty where there is no word.
    pub chances: Vec<f32>,
    pub seen: Seen,
}

impl Table {
    /// Reads weights as they stand in the file, a row of one number a language each; `bias` has one
    /// number a language. `None` where they are more or fewer.
    pub fn read(weights: &[i8], step: f32, bias: &[f32]) -> Option<Self> {
        if bias.len() > LANES || weights.len() != bias.len() << rows::BITS {
            return None;
        }
        let mut all = vec![[0; LANES]; 1 << rows::BITS];
        if !bias.is_empty() {
            for (row, weights) in all.iter_mut().zip(weights.chunks(bias.len())) {
                for (weight, read) in row.iter_mut().zip(weights) {
                    *weight = *read;
                }
            }
        }
        Some(Self { rows: all, step, bias: bias.to_vec() })
    }

    /// Tells how likely a text is in each language. Hashtags are read where there is no other word.
    pub fn told(&self, text: impl Iterator<Item = char> + Clone, skip: &[Range<usize>]) -> Told {
        let told = self.told_with(text.clone(), skip, Tags::Left);
        if told.chances.is_empty() { self.told_with(text, skip, Tags::Read) } else { told }
    }

    /// The weights are added up as whole numbers, so that no order of adding shows in the last digit.
    #[expect(clippy::cast_precision_loss, reason = "of a few thousand rows the sums are exact")]
    fn told_with(
        &self,
        text: impl Iterator<Item = char>,
        skip: &[Range<usize>],
        tags: Tags,
    ) -> Told {
        let mut sums = [0_i32; LANES];
        let mut count = 0;
        let seen = rows::rows(text, skip, tags, |rows| {
            // The rows of a word are few enough for their sums to fit.
            let mut word = [0_i16; LANES];
            for row in rows {
                if let Some(weights) = self.rows.get(*row as usize) {
                    for (sum, weight) in word.iter_mut().zip(weights) {
                        *sum += i16::from(*weight);
                    }
                }
            }
            for (sum, more) in sums.iter_mut().zip(word) {
                *sum += i32::from(more);
            }
            count += rows.len();
        });
        if count == 0 {
            return Told { chances: Vec::new(), seen };
        }
        let value = self.step * share(count);
        let sums: Vec<f32> =
            self.bias.iter().zip(sums).map(|(bias, sum)| bias + sum as f32 * value).collect();
        Told { chances: softmax(&sums), seen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_another_size_is_none() {
        assert!(Table::read(&[], 1.0, &[]).is_some());
        assert!(Table::read(&vec![1; 2 << rows::BITS], 1.0, &[0.0; 2]).is_some());
        assert!(Table::read(&vec![1; 2 << rows::BITS], 1.0, &[0.0; 3]).is_none());
        assert!(Table::read(&vec![1; 17 << rows::BITS], 1.0, &[0.0; 17]).is_none());
    }

    #[test]
    fn equal_weights_leave_languages_equally_likely() {
        let table = Table::read(&vec![-128; 4 << rows::BITS], 1.0, &[0.0; 4]).unwrap();
        for text in ["a", "kaksi sanaa", &"x".repeat(5000), "#vain"] {
            assert_eq!(table.told(text.chars(), &[]).chances, [0.25; 4], "{text}");
        }
        assert!(table.told("12 !?".chars(), &[]).chances.is_empty());
    }
}
