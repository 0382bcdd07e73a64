//! The place at which an atom may begin, and what stands around it.

use super::Atom;
use super::compare::{Turkish, Writing};
use super::verify::Miss;
use crate::matching::inflect::{Languages, Tongue, follows_apostrophe, follows_colon, is_tag_head};
use crate::matching::letter::{Letter, base, comparable, is_one_word};
use crate::matching::name::Surrounding;
use crate::matching::reading::{Before, Link, Reading, Text};
use std::cell::OnceCell;

/// How many letters behind a name are looked at.
const AHEAD: usize = 40;
/// How many letters of a word are shown to people.
const LONGEST_WORD: usize = 64;

/// What is known of the place at which an atom may begin.
pub(super) struct Spot<'t, 'a> {
    pub(super) text: &'t Text<'a>,
    pub(super) start: usize,
    /// What stands there, as far as it may matter.
    pub(super) letters: Vec<Letter>,
    reading: &'t Reading<'a>,
    /// The languages whose forms count where that of the text is not known.
    others: Languages,
    before: OnceCell<Before>,
    has_digits: bool,
    /// Whether there is more of the text than the letters here.
    is_cut: bool,
}

impl<'t, 'a> Spot<'t, 'a> {
    /// The place of an atom that may begin at byte `start`.
    pub(super) fn new(
        atom: &Atom,
        reading: &'t Reading<'a>,
        text: &'t Text<'a>,
        start: usize,
    ) -> Self {
        let length = atom.letters.len() + atom.name.gaps.len() * 16 + AHEAD;
        let letters = text.letters(start, length);
        Self {
            text,
            start,
            is_cut: letters.len() >= length,
            letters,
            reading,
            others: atom.languages,
            before: OnceCell::new(),
            has_digits: atom.name.has_digit(),
        }
    }

    // What is found of these is seldom asked for, and costs.

    pub(super) fn before(&self) -> Before {
        *self.before.get_or_init(|| self.text.before(self.start))
    }

    pub(super) fn link(&self) -> Link {
        match self.text.link(self.start) {
            // What stands before a link is in none.
            Link::Host { from, .. } if self.start < from => Link::No,
            link => link,
        }
    }

    /// Tells whether the language of the text is known.
    pub(super) fn is_sure(&self) -> bool {
        self.reading.language().is_some()
    }

    pub(super) fn languages(&self) -> Languages {
        self.reading.languages(self.others)
    }

    pub(super) fn writing(&self) -> Writing<'_> {
        Writing { is_turkish: self, has_digits: self.has_digits }
    }

    pub(super) fn surrounding(&self) -> Surrounding {
        Surrounding { is_tag: self.before().sign.is_some() }
    }

    /// Tells whether nothing between the place and letter `at` ends the hashtag or handle.
    pub(super) fn is_in_run(&self, at: usize) -> bool {
        let run = self.letters.get(..at).unwrap_or_default();
        run.iter().all(|letter| letter.is_word() || letter.full == '_')
    }

    /// The letters from `at` to the end of the word, without marks; nothing where they have none.
    pub(super) fn rest(&self, at: usize) -> String {
        let rest = self.letters.get(at..).unwrap_or_default();
        let rest: String = rest
            .iter()
            .take_while(|letter| letter.is_word())
            .map(|letter| base(letter.full))
            .collect();
        if self.is_cut && at + rest.chars().count() >= self.letters.len() {
            String::new()
        } else {
            rest
        }
    }

    /// The word around the place, for people.
    pub(super) fn word(&self) -> String {
        let from = self.text.word_start(self.start);
        let rest = self.text.between(from..self.text.original.len());
        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(LONGEST_WORD).collect()
    }

    /// Tells whether a capital begins a new word at `at`: `UberEats`, `DNAPalvelu`.
    pub(super) fn is_camel(&self, at: usize) -> bool {
        let Some((last, next)) =
            at.checked_sub(1).and_then(|last| self.letters.get(last)).zip(self.letters.get(at))
        else {
            return false;
        };
        if !next.is_upper() {
            return self.before().sign.is_some()
                && next.full.is_numeric()
                && !last.full.is_numeric();
        }
        let behind = self.letters.get(at + 1);
        let begins_word = behind.is_some_and(|behind| behind.is_word() && !behind.is_upper());
        // A number at the end of a name is followed by what belongs to it.
        (!last.is_upper() && last.full.is_alphabetic() && behind.is_some_and(Letter::is_word))
            || (last.is_upper() && begins_word && at >= 3)
    }

    /// Extends a base form by the ending behind an apostrophe or colon.
    pub(super) fn with_sign(&self, at: usize) -> usize {
        let Some(sign) = self.letters.get(at).map(|letter| letter.full) else { return at };
        let rest = self.rest(at + 1);
        let follows = match sign {
            '\'' => follows_apostrophe(&rest, self.languages()),
            ':' => follows_colon(&rest, self.languages()),
            _ => false,
        };
        if follows && !rest.is_empty() { at + 1 + rest.chars().count() } else { at }
    }

    /// Tells whether a name may begin here: at the beginning of a word, or of a word within a hashtag
    /// or handle.
    pub(super) fn begins_well(&self, atom: &Atom) -> Result<(), Miss> {
        let Some(first) = self.letters.first().filter(|first| first.is_word()) else {
            return Ok(());
        };
        let Some(last) = self.before().last else { return Ok(()) };
        if !is_one_word(last, first.full) {
            // "don't mobile" is no T-Mobile.
            let is_letter = atom.name.words.first().is_some_and(|word| word.len() == 1);
            let is_cut = is_letter && last == '\'' && atom.name.words.len() > 1;
            return if is_cut { Err(Miss::Inside(self.word())) } else { Ok(()) };
        }
        if self.before().sign.is_none() {
            return Err(Miss::Inside(self.word()));
        }
        let run = self.text.between(self.before().run..self.start);
        let part = run.rsplit('_').next().unwrap_or_default();
        let is_camel = first.is_upper() && !last.is_uppercase();
        let begins_part = part.chars().nth(1).is_some();
        let plain: String = comparable(part).chars().map(base).collect();
        if (is_camel && begins_part) || is_tag_head(&plain) {
            Ok(())
        } else {
            Err(Miss::Inside(self.word()))
        }
    }

    /// Tells whether nothing that belongs to a word stands before.
    pub(super) fn stands_alone(&self) -> Result<(), Miss> {
        if self.before().last.is_some_and(char::is_alphanumeric) {
            Err(Miss::Inside(self.word()))
        } else {
            Ok(())
        }
    }

    /// Tells whether the nearest letter outside, on either side, is a Latin one.
    pub(super) fn is_among_latin(&self, end: usize) -> bool {
        let before =
            self.text.between(0..self.start).chars().rev().take(16).find(|c| c.is_alphabetic());
        let after =
            self.letters.iter().skip(end).take(16).find(|letter| letter.full.is_alphabetic());
        before.or(after.map(|letter| letter.full)).is_some_and(|c| c < '\u{250}')
    }
}

impl Turkish for Spot<'_, '_> {
    fn is_turkish(&self) -> bool {
        match self.reading.language() {
            Some(language) => Languages::of(language).has(Tongue::Turkish),
            None => self.others.has(Tongue::Turkish) && self.text.looks_turkish(),
        }
    }
}
