//! Finds all atoms of all brands in one pass.

use super::atom::Atoms;
use super::evaluate::Span;
use super::hits::Reading;
use aho_corasick::AhoCorasick;
use std::collections::HashMap;

/// The most places of one word that are looked at in one post.
const MOST_PLACES: usize = 100_000;

/// The first words of all atoms, to be found at once.
#[derive(Debug)]
pub(super) struct Automaton {
    /// `None` if there are more words than the machine can hold: then each is looked for alone.
    machine: Option<AhoCorasick>,
    /// The atoms that begin with each word of the machine.
    beginning: Vec<Vec<usize>>,
}

impl Automaton {
    pub(super) fn new(atoms: &Atoms) -> Self {
        let mut numbers = HashMap::<&str, usize>::new();
        let (mut words, mut beginning) = (Vec::<&str>::new(), Vec::<Vec<usize>>::new());
        for (number, atom) in atoms.list().iter().enumerate() {
            let word = *numbers.entry(atom.first()).or_insert_with(|| {
                words.push(atom.first());
                beginning.push(Vec::new());
                words.len() - 1
            });
            if let Some(atoms) = beginning.get_mut(word) {
                atoms.push(number);
            }
        }
        Self { machine: AhoCorasick::new(words).ok(), beginning }
    }

    /// Finds the places of all atoms in a post.
    pub(super) fn places(&self, atoms: &Atoms, reading: &Reading<'_>) -> HashMap<usize, Vec<Span>> {
        let Some(machine) = &self.machine else { return each_alone(atoms, reading) };
        let mut found = HashMap::<usize, Vec<Span>>::new();
        for (field, folded) in reading.fields() {
            for word in machine.find_overlapping_iter(folded.text()) {
                let beginning = self.beginning.get(word.pattern().as_usize());
                for number in beginning.into_iter().flatten() {
                    let Some(atom) = atoms.list().get(*number) else { continue };
                    if let Some(end) = atom.end(folded.text(), word.start()) {
                        let spans = found.entry(*number).or_default();
                        if spans.len() < MOST_PLACES {
                            spans.push(Span { field, start: word.start(), end });
                        }
                    }
                }
            }
        }
        found
    }
}

/// Finds the places of a few atoms, one after the other.
pub(super) fn each_alone(atoms: &Atoms, reading: &Reading<'_>) -> HashMap<usize, Vec<Span>> {
    let mut found = HashMap::<usize, Vec<Span>>::new();
    for (number, atom) in atoms.list().iter().enumerate() {
        for (field, folded) in reading.fields() {
            let places = atom.places(folded.text()).into_iter().take(MOST_PLACES);
            let spans: Vec<_> = places.map(|(start, end)| Span { field, start, end }).collect();
            if !spans.is_empty() {
                found.entry(number).or_default().extend(spans);
            }
        }
    }
    found
}
