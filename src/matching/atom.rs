//! The smallest things that are looked for in a text: a name in its forms, a spelling, the beginning of
//! a word, a handle, a hashtag. Each says what the scan is to look for, and, where that is found,
//! whether it is there.

use super::inflect::{self, Languages, Stem, Word};
use super::letter::{Letter, all_letters};
use super::name::{Gap, Name};
use super::reading::Reading;
use crate::brand::Field;
use std::collections::HashMap;

mod compare;
mod pattern;
mod spelled;
mod spot;
mod verify;

pub(super) use pattern::Pattern;
pub(super) use verify::Miss;

/// What of a name is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sort {
    /// In every form.
    Name,
    /// In every form, but with its capitals.
    Capitals,
    /// In every form, also with one letter wrong.
    Misspelt,
    /// In just this spelling.
    Exact,
    /// Words that begin so.
    Prefix,
    /// Behind an `@`, alone.
    Handle,
    /// Behind a `#`, alone.
    Tag,
}

/// One thing that is looked for.
#[derive(Debug)]
pub(super) struct Atom {
    pub(super) sort: Sort,
    /// As the query has it.
    pub(super) written: String,
    /// The languages whose forms count where that of the text is not known.
    pub(super) languages: Languages,
    name: Name,
    about: Word,
    /// The stems of the last word, the base form first.
    stems: Vec<Stem>,
    /// The stems of the first word, where it is inflected with the last.
    agreeing: Vec<Stem>,
    /// All letters, with blanks and signs.
    letters: Vec<Letter>,
}

/// A place where an atom stands: bytes in the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Atom {
    /// Makes it ready; `None` where nothing is left to look for.
    pub(super) fn new(sort: Sort, written: &str, languages: Languages) -> Option<Self> {
        let name = Name::new(written)?;
        let name = if sort == Sort::Misspelt { name.joined() } else { name };
        let about = Word {
            is_acronym: name.words.last().is_some_and(|word| {
                word.len() > 1
                    && word.iter().all(|letter| letter.is_upper() || letter.full.is_numeric())
            }),
            is_phrase: name.words.len() > 1,
            is_common: sort == Sort::Capitals,
            ..Word::default()
        };
        let full = |word: &Vec<Letter>| word.iter().map(|letter| letter.full).collect::<Vec<_>>();
        let inflects = matches!(sort, Sort::Name | Sort::Capitals | Sort::Misspelt);
        let (mut stems, mut agreeing) = (Vec::new(), Vec::new());
        if let (true, Some(last)) = (inflects, name.words.last()) {
            let known = if name.tail.is_empty() { languages } else { Languages::NONE };
            stems = inflect::stems(&full(last), about, known);
            if let [first, _] = name.words.as_slice() {
                let is_joined = name.gaps.first() == Some(&Gap::And);
                agreeing = inflect::agreeing(&full(first), is_joined, languages);
            }
        }
        Some(Self {
            sort,
            written: written.to_owned(),
            languages,
            about,
            stems,
            agreeing,
            letters: all_letters(written.trim()),
            name,
        })
    }
}

/// Distinct atoms, numbered.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    list: Vec<Atom>,
    numbers: HashMap<(Sort, String, Languages), Option<usize>>,
}

impl Atoms {
    /// Returns the number of an atom, a new one where it is new; `None` where there is nothing to look
    /// for.
    pub(super) fn number(
        &mut self,
        sort: Sort,
        written: &str,
        languages: Languages,
    ) -> Option<usize> {
        let key = (sort, written.to_owned(), languages);
        if let Some(known) = self.numbers.get(&key) {
            return *known;
        }
        let number = Atom::new(sort, written, languages).map(|atom| {
            self.list.push(atom);
            self.list.len() - 1
        });
        self.numbers.insert(key, number);
        number
    }

    pub(super) fn list(&self) -> &[Atom] {
        &self.list
    }

    pub(super) fn get(&self, number: usize) -> Option<&Atom> {
        self.list.get(number)
    }
}

/// Tells whether a text of its own, such as a person's name, has an atom in it.
pub(super) fn stands_in(atom: &Atom, text: &str) -> bool {
    let post = crate::post::Post { text: text.to_owned(), ..crate::post::Post::default() };
    let reading = Reading::new(&post, |_| None);
    !super::automaton::alone(atom, &reading, Field::Text).is_empty()
}
