//! Learns the judge's table from labelled texts: reading the sets, the learner, and how to be sure.
//! Used by `vahti-train` alone; single-threaded and in fixed order, so that the same lines give the
//! same bytes.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of lines and rows are small, and weights need no more than a float has"
)]

use super::features::{Bag, Hash, Reading};
use super::names::Common;
use super::tokens::{Kind, tokens};
use std::collections::BTreeMap;
use std::ops::Range;

pub mod evaluate;
pub mod languages;
pub mod learn;
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

/// In how many lines a word must stand in lower case to be known as no name.
const COMMON: u32 = 3;

/// Learns which words are no names. German writes all nouns with capitals: there what public texts hold
/// counts whatever its case.
pub fn common<'l>(lines: impl Iterator<Item = &'l Line>) -> Common {
    let mut counts: BTreeMap<(&str, String), u32> = BTreeMap::new();
    for line in lines {
        let any_case = line.language == "de" && !line.own;
        for token in tokens(&line.text, &target_spans(&line.text, &line.target)) {
            if token.kind == Kind::Word && (any_case || !token.capital && !token.shouted) {
                *counts.entry((&line.language, token.folded)).or_default() += 1;
            }
        }
    }
    let mut common = Common::none();
    for ((language, word), _) in counts.iter().filter(|(_, count)| **count >= COMMON) {
        common.learn(language, word);
    }
    common
}

/// Returns the features of a line.
pub fn bag(line: &Line, common: &Common) -> Bag {
    let tokens = tokens(&line.text, &target_spans(&line.text, &line.target));
    Reading::of(&tokens, &line.language, common, &[]).bag()
}

#[cfg(test)]
mod tests {
    use super::learn::{Pace, learn};
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
                bag: bag(line, &Common::none()),
            })
            .collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let learnt = learn(&rows, Pace::default());
        let again = learn(&rows, Pace::default());
        assert!(learnt.table == again.table && learnt.nets == again.nets);
        for row in rows {
            let sums = learnt.sums(row);
            assert!(
                (0..3).all(|class| class == row.label || sums[class] < sums[row.label]),
                "{sums:?}"
            );
        }
    }
}
