//! What the scan looks for: the beginning that all forms of a name have in common.

use super::{Atom, Sort};
use crate::matching::inflect::Stem;
use crate::matching::letter::Letter;
use crate::matching::name::Gap;
use crate::matching::scan::Scan;

/// What the scan looks for, in its own alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in super::super) struct Pattern {
    pub(in super::super) text: String,
    /// How many letters of the word may stand before it, at least and at most.
    pub(in super::super) before: (usize, usize),
}

/// A first word of fewer letters is looked for together with what follows it.
const SHORT: usize = 4;
/// So many letters of the word that follows.
const ENOUGH: usize = 4;

impl Atom {
    /// Lists what the scan is to look for.
    pub(in super::super) fn patterns(&self) -> Vec<Pattern> {
        let texts = match self.sort {
            Sort::Handle => return starts(vec![scanned(&format!("@{}", self.written.trim()))]),
            Sort::Tag => return starts(vec![scanned(&format!("#{}", self.written.trim()))]),
            Sort::Misspelt => return self.halves(),
            Sort::Prefix | Sort::Exact => {
                vec![
                    self.name
                        .words
                        .iter()
                        .find(|word| !word.is_empty())
                        .map(|word| spelled(word))
                        .unwrap_or_default(),
                ]
            }
            Sort::Name | Sort::Capitals => self.beginnings(),
        };
        starts(texts)
    }

    fn beginnings(&self) -> Vec<String> {
        let words = self.name.words.as_slice();
        let first = |number: usize| match words.get(number) {
            Some(_) if number + 1 == words.len() => common(&self.stems),
            Some(word) if number == 0 && !self.agreeing.is_empty() => {
                let mut stems = self.agreeing.clone();
                stems.push(Stem {
                    letters: word.iter().map(|letter| letter.full).collect(),
                    kind: crate::matching::inflect::Kind::Base,
                });
                common(&stems)
            }
            Some(word) => vec![spelled(word)],
            None => Vec::new(),
        };
        let begin = first(0);
        let is_short = begin.iter().any(|text| text.chars().count() < SHORT);
        let is_short = is_short && self.agreeing.is_empty();
        let (true, Some(gap)) = (is_short, self.name.gaps.first()) else { return begin };
        let mut all = Vec::new();
        for begin in &begin {
            for between in betweens(gap) {
                for next in first(1) {
                    let next: String = next.chars().take(ENOUGH).collect();
                    all.push(format!("{begin}{}{next}", scanned(&between)));
                }
            }
        }
        all
    }

    /// Returns the beginning that all forms have in common, as the scan sees it.
    pub(in super::super) fn core(&self) -> String {
        let mut texts =
            self.stems.iter().map(|stem| scanned(&stem.letters.iter().collect::<String>()));
        let first = texts.next().unwrap_or_default();
        texts.fold(first, |shared, text| {
            let same = shared.chars().zip(text.chars()).take_while(|(one, other)| one == other);
            same.map(|(c, _)| c).collect()
        })
    }

    /// Two halves, of which one is right where one letter is wrong; and the letters around the middle
    /// the other way round.
    fn halves(&self) -> Vec<Pattern> {
        let word: Vec<char> = self.letters.iter().map(|letter| letter.full).collect();
        let (first, second) = word.split_at(word.len() / 2);
        let text = |letters: &[char]| scanned(&letters.iter().collect::<String>());
        let mut swapped = word.clone();
        let middle = word.len() / 2;
        if middle > 0 {
            swapped.swap(middle - 1, middle);
        }
        // The ending of a form may have changed its last letter.
        let last = second.get(..second.len().saturating_sub(1).max(2)).unwrap_or(second);
        vec![
            Pattern { text: text(first), before: (0, 1) },
            Pattern { text: text(last), before: (middle.saturating_sub(1), middle + 1) },
            Pattern { text: text(swapped.get(..=middle).unwrap_or(&swapped)), before: (0, 0) },
        ]
    }
}

fn starts(texts: Vec<String>) -> Vec<Pattern> {
    let mut patterns: Vec<Pattern> = Vec::new();
    for text in texts {
        let pattern = Pattern { text, before: (0, 0) };
        if !pattern.text.is_empty() && !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    patterns
}

fn scanned(text: &str) -> String {
    Scan::new(text).into_text()
}

fn spelled(word: &[Letter]) -> String {
    scanned(&word.iter().map(|letter| letter.full).collect::<String>())
}

/// Returns the beginning that all stems have in common, or, where that is next to nothing, the
/// beginnings of which each stem has one.
fn common(stems: &[Stem]) -> Vec<String> {
    let mut texts: Vec<String> =
        stems.iter().map(|stem| scanned(&stem.letters.iter().collect::<String>())).collect();
    let Some(base) = texts.first().cloned() else { return Vec::new() };
    let shared = texts.iter().skip(1).fold(base.clone(), |shared, text| {
        shared
            .chars()
            .zip(text.chars())
            .take_while(|(one, other)| one == other)
            .map(|(c, _)| c)
            .collect()
    });
    if shared.chars().count() >= base.chars().count().min(SHORT) {
        return vec![shared];
    }
    texts.sort();
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        if kept.last().is_none_or(|last| !text.starts_with(last)) {
            kept.push(text);
        }
    }
    kept
}

/// What stands in place of a blank.
const BLANKS: [&str; 13] =
    ["", "-", " ", "  ", "   ", " - ", "- ", " -", " \"", "\" ", "_", ".", ". "];

/// What may stand in a gap, as far as the scan must know it.
fn betweens(gap: &Gap) -> Vec<String> {
    let fixed: &[&str] = match gap {
        Gap::Camel => &["", "-", " ", "_"],
        Gap::Blank(signs) => {
            let blanks = BLANKS.iter().map(|text| (*text).to_owned());
            let signs: String = signs.iter().collect();
            let with = if signs.is_empty() { None } else { Some(format!("{signs} ")) };
            return blanks.chain(with).collect();
        }
        Gap::Hyphen => &["-", "", " ", "  ", " - ", "- ", " -", "_", "/"],
        Gap::Apostrophe => &["'", "", "_", "&#39;"],
        Gap::Dot => &[".", "", "_"],
        Gap::And => &[
            "&", " & ", "& ", " &", "&amp;", "&#38;", " &amp; ", "+", "+ ", " +", "&amp; ",
            " &amp;", " + ", " and ", " ja ", " ve ", " och ", " und ", " et ", " y ", " n ",
            " 'n' ", "", "_",
        ],
        Gap::Signs(signs) => return vec![signs.iter().collect(), String::new(), "_".to_owned()],
    };
    fixed.iter().map(|text| (*text).to_owned()).collect()
}
