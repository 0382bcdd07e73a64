//! Finds all atoms of all brands in one pass.

use super::atom::{Atom, Atoms, Pattern, Sort};
use super::evaluate::Span;
use super::reading::{LONGEST_TAG, Reading, Text};
use crate::brand::Field;
use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, StartKind};
use std::collections::{HashMap, HashSet};

/// The most places of one atom that are looked at in one post.
const MOST_PLACES: usize = 10_000;

/// The patterns of all atoms, to be found at once.
#[derive(Debug)]
pub(super) struct Automaton {
    /// `None` if there are more than a machine can hold: then each is looked for alone.
    machine: Option<Machine>,
    /// What begins with each pattern of the machine.
    patterns: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    text: String,
    atoms: Vec<usize>,
    /// How many letters of the word may stand before it.
    before: (usize, usize),
    /// What words must begin like, but for one letter: the common beginnings of misspelt atoms, with
    /// their numbers. Those of other sorts are not in it.
    misspelt: Vec<(usize, String)>,
}

#[derive(Debug)]
enum Machine {
    /// For a few patterns: they are looked for sixteen bytes or more at a time.
    Few(Searcher),
    Many(AhoCorasick),
}

/// The most patterns that are looked for with vector instructions; the machine itself takes no more.
const MOST_FEW: usize = 48;
/// The most bytes of patterns of which a table of all steps is made, some 250 times as large. It is
/// several times as fast as what follows the links from one pattern to the other.
const MOST_IN_TABLE: usize = 160_000;

impl Machine {
    fn new(patterns: &[Known]) -> Option<Self> {
        let texts = || patterns.iter().map(|known| known.text.as_bytes());
        let is_few = patterns.len() <= MOST_FEW && texts().all(|text| text.len() > 2);
        let few =
            if is_few { packed::Config::new().builder().extend(texts()).build() } else { None };
        if let Some(few) = few {
            return Some(Self::Few(few));
        }
        let size: usize = texts().map(<[u8]>::len).sum();
        let kind = (size <= MOST_IN_TABLE).then_some(AhoCorasickKind::DFA);
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::Standard).start_kind(StartKind::Unanchored).kind(kind);
        builder.build(texts()).ok().map(Self::Many)
    }

    /// Finds every place of every pattern: which, and where.
    fn each(&self, patterns: &[Known], text: &[u8], mut found: impl FnMut(usize, usize)) {
        match self {
            Self::Many(machine) => {
                for hit in machine.find_overlapping_iter(text) {
                    found(hit.pattern().as_usize(), hit.start());
                }
            }
            Self::Few(searcher) => {
                let mut from = 0;
                while let Some(hit) = searcher.find_in(text, (from..text.len()).into()) {
                    let rest = text.get(hit.start()..).unwrap_or_default();
                    for (number, known) in patterns.iter().enumerate() {
                        if rest.starts_with(known.text.as_bytes()) {
                            found(number, hit.start());
                        }
                    }
                    from = hit.start() + 1;
                }
            }
        }
    }
}

impl Automaton {
    pub(super) fn new(atoms: &Atoms) -> Self {
        let mut numbers = HashMap::<Pattern, usize>::new();
        let mut patterns = Vec::<Known>::new();
        for (number, atom) in atoms.list().iter().enumerate() {
            for pattern in atom.patterns().into_iter().filter(|pattern| !pattern.text.is_empty()) {
                let known = *numbers.entry(pattern).or_insert_with_key(|pattern| {
                    let Pattern { text, before } = pattern.clone();
                    let (atoms, misspelt) = (Vec::new(), Vec::new());
                    patterns.push(Known { text, atoms, before, misspelt });
                    patterns.len() - 1
                });
                if let Some(known) = patterns.get_mut(known)
                    && known.atoms.last() != Some(&number)
                    && known.misspelt.last().is_none_or(|(last, _)| *last != number)
                {
                    match atom.sort {
                        Sort::Misspelt => known.misspelt.push((number, atom.core())),
                        _ => known.atoms.push(number),
                    }
                }
            }
        }
        Self { machine: Machine::new(&patterns), patterns }
    }

    /// Lists the patterns that are scanned for.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|known| known.text.as_str())
    }

    /// Lists the atoms of which something is seen in a post, whether they stand there or not.
    pub(super) fn seen(&self, reading: &Reading<'_>) -> HashSet<usize> {
        let mut seen = HashSet::new();
        for (_, text) in reading.fields() {
            let Some(machine) = &self.machine else { break };
            machine.each(&self.patterns, text.scan.bytes(), |pattern, _| {
                if let Some(known) = self.patterns.get(pattern) {
                    seen.extend(
                        known.atoms.iter().chain(known.misspelt.iter().map(|(one, _)| one)),
                    );
                }
            });
        }
        seen
    }

    /// Finds the places of all atoms in a post.
    pub(super) fn places(&self, atoms: &Atoms, reading: &Reading<'_>) -> HashMap<usize, Vec<Span>> {
        let Some(machine) = &self.machine else { return each_alone(atoms, reading) };
        let mut found = HashMap::<usize, Vec<Span>>::new();
        for (field, text) in reading.fields() {
            let scanned = text.scan.bytes();
            machine.each(&self.patterns, scanned, |pattern, start| {
                let Some(known) = self.patterns.get(pattern) else { return };
                if !known.may_begin(scanned, start) {
                    return;
                }
                let at = text.scan.original(start);
                let word = word_at(scanned, start);
                let near = known.misspelt.iter().filter(|(_, core)| is_near(core.as_bytes(), word));
                for number in known.atoms.iter().chain(near.map(|(number, _)| number)) {
                    if found.get(number).is_some_and(|spans| spans.len() >= MOST_PLACES) {
                        continue;
                    }
                    let atom = atoms.get(*number);
                    if let Some(span) = atom.and_then(|atom| place(atom, reading, field, at)) {
                        found.entry(*number).or_default().push(span);
                    }
                }
            });
        }
        found.retain(|_, spans| {
            spans.sort_unstable();
            spans.dedup();
            !spans.is_empty()
        });
        found
    }
}

impl Known {
    /// Tells, from the scan alone, whether an atom may be at a place: most of what is found ends here.
    fn may_begin(&self, scanned: &[u8], start: usize) -> bool {
        if !self.text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return true;
        }
        let (least, most) = self.before;
        let before = scanned.get(..start).unwrap_or_default().iter().rev();
        let letters = before.clone().take(most + 1).take_while(|byte| byte.is_ascii_alphanumeric());
        let count = letters.count();
        // What is no ASCII may be a letter or not, and is looked at later.
        let is_sure = before.clone().nth(count).is_none_or(u8::is_ascii);
        if (count >= least || !is_sure) && count <= most {
            return true;
        }
        // Within a hashtag or handle, where words stand side by side.
        let sign =
            before.take(LONGEST_TAG).find(|byte| !(byte.is_ascii_alphanumeric() || **byte == b'_'));
        most == 0 && sign.is_some_and(|byte| matches!(byte, b'#' | b'@') || !byte.is_ascii())
    }
}

/// Returns the scan from the beginning of the word on in which a place lies.
fn word_at(scanned: &[u8], start: usize) -> &[u8] {
    let before = scanned.get(..start).unwrap_or_default().iter().rev().take(LONGEST_TAG);
    let length = before.take_while(|byte| byte.is_ascii_alphanumeric()).count();
    scanned.get(start - length..).unwrap_or_default()
}

/// Tells whether a word may begin like `core` with one letter wrong: what passes is looked at again,
/// letter by letter.
fn is_near(core: &[u8], word: &[u8]) -> bool {
    let same = core.iter().zip(word).take_while(|(one, other)| one == other).count();
    let begins = |from: usize, with: usize| match (word.get(from..), core.get(with..)) {
        (Some(rest), Some(core)) => rest.starts_with(core),
        (None, Some(core)) => core.is_empty(),
        _ => true,
    };
    let is_odd = word.iter().take(core.len() + 1).any(|byte| !byte.is_ascii());
    is_odd
        || same + 1 >= core.len()
        || begins(same + 1, same + 1)
        || begins(same + 1, same)
        || begins(same, same + 1)
        || begins(same + 2, same + 2)
}

fn place(atom: &Atom, reading: &Reading<'_>, field: Field, at: usize) -> Option<Span> {
    let place = atom.place(reading, field, at).ok()?;
    Some(Span { field, start: place.start, end: place.end })
}

/// Returns where the patterns of one atom stand in a field: bytes in the original.
pub(super) fn beginnings(atom: &Atom, text: &Text<'_>) -> Vec<usize> {
    let patterns: Vec<String> = atom.patterns().into_iter().map(|pattern| pattern.text).collect();
    let Ok(machine) = AhoCorasick::new(patterns.iter().filter(|text| !text.is_empty())) else {
        return Vec::new();
    };
    let places = machine.find_overlapping_iter(text.scan.bytes()).take(MOST_PLACES);
    let mut found: Vec<usize> = places.map(|place| text.scan.original(place.start())).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Finds the places of one atom in one field.
pub(super) fn alone(atom: &Atom, reading: &Reading<'_>, field: Field) -> Vec<Span> {
    let text = reading.field(field);
    let places = beginnings(atom, text).into_iter();
    let mut spans: Vec<Span> = places.filter_map(|at| place(atom, reading, field, at)).collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// Finds the places of a few atoms, one after the other.
pub(super) fn each_alone(atoms: &Atoms, reading: &Reading<'_>) -> HashMap<usize, Vec<Span>> {
    let mut found = HashMap::<usize, Vec<Span>>::new();
    for (number, atom) in atoms.list().iter().enumerate() {
        for (field, _) in reading.fields() {
            let spans = alone(atom, reading, field);
            if !spans.is_empty() {
                found.entry(number).or_default().extend(spans);
            }
        }
    }
    found
}
