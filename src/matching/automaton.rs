//! Finds all atoms of all brands in one pass.

use super::atom::{Atom, Atoms};
use super::evaluate::Span;
use super::reading::{Reading, Text};
use crate::brand::Field;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, StartKind};
use std::collections::HashMap;

/// The most places of one atom that are looked at in one post.
const MOST_PLACES: usize = 10_000;

/// The patterns of all atoms, to be found at once.
#[derive(Debug)]
pub(super) struct Automaton {
    /// `None` if there are more than the machine can hold: then each is looked for alone.
    machine: Option<AhoCorasick>,
    /// What begins with each pattern of the machine.
    patterns: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    text: String,
    atoms: Vec<usize>,
    /// Whether a letter right before it shows that none of them begins there.
    begins_word: bool,
}

impl Automaton {
    pub(super) fn new(atoms: &Atoms) -> Self {
        let mut numbers = HashMap::<(String, bool), usize>::new();
        let mut patterns = Vec::<Known>::new();
        for (number, atom) in atoms.list().iter().enumerate() {
            for pattern in atom.patterns() {
                if pattern.text.is_empty() {
                    continue;
                }
                let is_word = pattern.text.starts_with(|c: char| c.is_alphanumeric());
                let begins_word = pattern.is_start && is_word;
                let known =
                    *numbers.entry((pattern.text, begins_word)).or_insert_with_key(|(text, _)| {
                        patterns.push(Known { text: text.clone(), atoms: Vec::new(), begins_word });
                        patterns.len() - 1
                    });
                if let Some(known) = patterns.get_mut(known)
                    && known.atoms.last() != Some(&number)
                {
                    known.atoms.push(number);
                }
            }
        }
        let machine = machine(&patterns);
        Self { machine, patterns }
    }

    /// Lists the patterns that are scanned for.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|known| known.text.as_str())
    }

    /// Finds the places of all atoms in a post.
    pub(super) fn places(&self, atoms: &Atoms, reading: &Reading<'_>) -> HashMap<usize, Vec<Span>> {
        let Some(machine) = &self.machine else { return each_alone(atoms, reading) };
        let mut found = HashMap::<usize, Vec<Span>>::new();
        for (field, text) in reading.fields() {
            let scanned = text.scan.bytes();
            for hit in machine.find_overlapping_iter(scanned) {
                let Some(known) = self.patterns.get(hit.pattern().as_usize()) else { continue };
                if known.begins_word && is_inside(scanned, text, hit.start()) {
                    continue;
                }
                let at = text.scan.original(hit.start());
                for number in &known.atoms {
                    if let Some(atom) = atoms.get(*number) {
                        add(atom, reading, field, at, found.entry(*number).or_default());
                    }
                }
            }
        }
        found.retain(|_, spans| {
            spans.sort_unstable();
            spans.dedup();
            !spans.is_empty()
        });
        found
    }
}

/// The most bytes of patterns of which a table of all steps is made, some 500 times as large. It is
/// several times as fast as what follows the links from one pattern to the other.
const MOST_IN_TABLE: usize = 120_000;

fn machine(patterns: &[Known]) -> Option<AhoCorasick> {
    let size: usize = patterns.iter().map(|known| known.text.len()).sum();
    let kind = (size <= MOST_IN_TABLE).then_some(AhoCorasickKind::DFA);
    let mut builder = AhoCorasick::builder();
    builder.match_kind(MatchKind::Standard).start_kind(StartKind::Unanchored).kind(kind);
    builder.build(patterns.iter().map(|known| &known.text)).ok()
}

/// Tells, from the scan alone, whether a letter stands right before a place outside of hashtags and
/// handles: most of what the scan finds ends here.
fn is_inside(scanned: &[u8], text: &Text<'_>, start: usize) -> bool {
    let last = start.checked_sub(1).and_then(|last| scanned.get(last));
    !text.has_tags && last.is_some_and(u8::is_ascii_alphanumeric)
}

fn add(atom: &Atom, reading: &Reading<'_>, field: Field, at: usize, spans: &mut Vec<Span>) {
    if spans.len() >= MOST_PLACES {
        return;
    }
    if let Ok(place) = atom.place(reading, field, at) {
        let span = Span { field, start: place.start, end: place.end };
        if spans.last() != Some(&span) {
            spans.push(span);
        }
    }
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
    let mut spans = Vec::new();
    for at in beginnings(atom, text) {
        add(atom, reading, field, at, &mut spans);
    }
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
