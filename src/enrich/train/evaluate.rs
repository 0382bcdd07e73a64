//! How good the judge is on labelled lines, next to a plain list of words.

use super::{Line, target_spans};
use crate::enrich::features::Reading;
use crate::enrich::lexicon::{Lexicon, Side};
use crate::enrich::model::{Decision, Model};
use crate::enrich::tokens::{Token, tokens};
use std::fmt;

/// What was said of the lines of one file, against what they are.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// By what a line is, and what was said of it.
    pub confusion: [[u32; 3]; 3],
    /// How many are left to a person.
    pub review: u32,
    /// By tenth of confidence: lines, their confidences together, the right ones.
    sure: [(u32, f32, u32); 10],
}

impl Score {
    /// Counts one line.
    pub fn add(&mut self, is: usize, said: usize, confidence: f32, review: bool) {
        if let Some(cell) = self.confusion.get_mut(is).and_then(|row| row.get_mut(said)) {
            *cell += 1;
        }
        self.review += u32::from(review);
        let tenth = ((confidence * 10.0) as usize).min(9);
        if let Some((lines, together, right)) = self.sure.get_mut(tenth) {
            *lines += 1;
            *together += confidence;
            *right += u32::from(is == said);
        }
    }

    /// Puts another file's counts to these.
    pub fn join(&mut self, other: &Self) {
        for (cell, more) in
            self.confusion.iter_mut().flatten().zip(other.confusion.iter().flatten())
        {
            *cell += more;
        }
        self.review += other.review;
        for (mine, more) in self.sure.iter_mut().zip(&other.sure) {
            *mine = (mine.0 + more.0, mine.1 + more.1, mine.2 + more.2);
        }
    }

    /// How many lines there are.
    pub fn lines(&self) -> u32 {
        self.confusion.iter().flatten().sum()
    }

    fn said(&self, class: usize) -> u32 {
        self.confusion.iter().filter_map(|row| row.get(class)).sum()
    }

    fn are(&self, class: usize) -> u32 {
        self.confusion.get(class).map_or(0, |row| row.iter().sum())
    }

    fn right(&self, class: usize) -> u32 {
        self.confusion.get(class).and_then(|row| row.get(class)).copied().unwrap_or(0)
    }

    /// How much of what was called negative is.
    pub fn precision(&self) -> f32 {
        part(self.right(0), self.said(0))
    }

    /// How much of what is negative was called so.
    pub fn recall(&self) -> f32 {
        part(self.right(0), self.are(0))
    }

    /// Of negative: what was called so and is, what was called so, and what is.
    pub fn negative(&self) -> [u32; 3] {
        [self.right(0), self.said(0), self.are(0)]
    }

    /// F1 of negative against the rest.
    pub fn f1(&self) -> f32 {
        self.f1_of(0)
    }

    fn f1_of(&self, class: usize) -> f32 {
        part(2 * self.right(class), self.said(class) + self.are(class))
    }

    /// The mean F1 of the classes that the lines have.
    pub fn macro_f1(&self) -> f32 {
        let classes: Vec<usize> = (0..3).filter(|class| self.are(*class) > 0).collect();
        classes.iter().map(|class| self.f1_of(*class)).sum::<f32>() / classes.len().max(1) as f32
    }

    /// The mean distance between confidence and truth.
    pub fn calibration_error(&self) -> f32 {
        let apart = self.sure.iter().map(|(_, together, right)| (together - *right as f32).abs());
        apart.sum::<f32>() / self.lines().max(1) as f32
    }

    /// Which part is left to a person.
    pub fn reviewed(&self) -> f32 {
        part(self.review, self.lines())
    }
}

fn part(of: u32, all: u32) -> f32 {
    of as f32 / all.max(1) as f32
}

/// Returns between which shares the true one lies, 95 times in 100, where `right` of `all` were right
/// (Wilson's interval).
pub fn interval(right: u32, all: u32) -> [f64; 2] {
    const Z: f64 = 1.96;
    if all == 0 {
        return [0.0, 1.0];
    }
    let (right, all) = (f64::from(right), f64::from(all));
    let share = right / all;
    let middle = share + Z * Z / (2.0 * all);
    let around = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
    let whole = 1.0 + Z * Z / all;
    [((middle - around) / whole).max(0.0), ((middle + around) / whole).min(1.0)]
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:5} lines  P {:.2} R {:.2} F1 {:.3}  macro-F1 {:.3}",
            self.lines(),
            self.precision(),
            self.recall(),
            self.f1(),
            self.macro_f1()
        )
    }
}

/// What the judge says of lines whose language and target are given.
pub fn judge(model: &Model, lines: &[Line]) -> Score {
    let mut score = Score::default();
    for line in lines {
        let tokens = read(line);
        let Some(sureness) = model.sureness(&line.language) else { continue };
        let reading = Reading::of(&tokens, &line.language, &model.common, &[]);
        let chances = sureness.probabilities(model.sums(&reading));
        let Decision { class, review, .. } = sureness.decide(chances, reading.plaint());
        let is_left = class != 0 && reading.is_left();
        let (class, review) = if is_left { (0, true) } else { (class, review) };
        score.add(line.label, class, chances.get(class).copied().unwrap_or(0.0), review);
    }
    score
}

/// What a plain list of words says: the side with more words wins.
pub fn word_list(list: &Lexicon, lines: &[Line]) -> Score {
    let mut score = Score::default();
    for line in lines {
        let tokens = read(line);
        let count = |side| tokens.iter().filter(|token| list.side(token) == Some(side)).count();
        let class = match count(Side::Good).cmp(&count(Side::Bad)) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Greater => 2,
        };
        score.add(line.label, class, 1.0, false);
    }
    score
}

fn read(line: &Line) -> Vec<Token> {
    tokens(&line.text, &target_spans(&line.text, &line.target))
}

#[cfg(test)]
mod tests {
    use super::super::{Line, read};
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn scores_are_counted_right() {
        let mut score = Score::default();
        for (is, said) in [(0, 0), (0, 0), (0, 1), (1, 0), (1, 1), (2, 2)] {
            score.add(is, said, 0.5, is == 1);
        }
        let near = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a} {b}");
        near(score.precision(), 2.0 / 3.0);
        near(score.recall(), 2.0 / 3.0);
        near(score.f1(), 2.0 / 3.0);
        near(score.macro_f1(), (2.0 / 3.0 + 0.5 + 1.0) / 3.0);
        near(score.reviewed(), 2.0 / 6.0);
        near(score.calibration_error(), (4.0 / 6.0) - 0.5);
    }

    #[test]
    fn an_interval_is_that_of_wilson() {
        let check = |right, all, expected: [f64; 2]| {
            let found = interval(right, all);
            let is_near = |(a, b): (f64, f64)| (a - b).abs() < 0.0006;
            assert!(found.into_iter().zip(expected).all(is_near), "{right} of {all}: {found:?}");
        };
        check(8, 10, [0.490, 0.943]);
        check(0, 10, [0.0, 0.278]);
        check(10, 10, [0.722, 1.0]);
        check(850, 1000, [0.827, 0.871]);
        check(0, 0, [0.0, 1.0]);
    }

    #[test]
    fn the_judge_beats_a_word_list_by_a_tenth_in_each_language() {
        let test = "the_judge_beats_a_word_list_by_a_tenth_in_each_language";
        let Some(folder) = crate::testing::collection(test) else { return };
        let folder = folder.join("judging/dev");
        let model = Model::built_in().unwrap();
        for (language, list) in [
            ("fi", include_str!("../data/wordlist-fi.txt")),
            ("tr", include_str!("../data/wordlist-tr.txt")),
            ("en", include_str!("../data/wordlist-en.txt")),
        ] {
            let mut paths: Vec<PathBuf> =
                std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            let all =
                paths.iter().flat_map(|path| read("dev", &std::fs::read_to_string(path).unwrap()));
            // A third of the lines tells as much, and takes a third of the time.
            let lines: Vec<Line> =
                all.filter(|line| line.language == language).step_by(3).collect();
            assert!(lines.len() > 1000, "{language}: {} lines", lines.len());
            let ours = judge(model, &lines);
            let theirs = word_list(&Lexicon::read(list), &lines);
            assert!(ours.f1() >= theirs.f1() + 0.10, "{language}: {ours} against {theirs}");
            assert!(ours.reviewed() <= 0.15, "{language}: {}", ours.reviewed());
        }
    }
}
