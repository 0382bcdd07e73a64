//! A text as the words that copies share: without links, handles, signs, case and marks.

use super::SHARED;
use crate::enrich::tokens::fold;
use std::collections::{HashMap, HashSet};

/// How many words of a text are read.
const MOST: usize = 2_000;
/// From how many words on one that differs was only corrected.
const LONG: usize = 40;
/// The longest name of a page behind its title, in words.
const NAME: usize = 5;
/// What stands between a title and the name of the page.
const BETWEEN: [&str; 5] = [" - ", " | ", " – ", " — ", " · "];

/// The words of a text, each as a hash, with the places where they begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    all: Vec<u64>,
    /// In Unicode scalar values.
    places: Vec<usize>,
    /// The numbers among the words, by where they stand.
    numbers: Vec<usize>,
}

/// Two texts are the same where their words are, wherever these stand.
impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

/// The hash of one word, the same in every build: FNV-1a with a last stir.
pub(super) fn hash_of(word: &str) -> u64 {
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Words {
    /// Reads a title; the name of the page behind it is no part of it.
    pub(super) fn of_title(title: &str) -> Self {
        let name = BETWEEN.iter().find_map(|between| title.rsplit_once(between));
        let title = name
            .filter(|(head, name)| {
                let words = |text: &str| text.split_whitespace().count();
                words(name) <= NAME && words(head) > words(name)
            })
            .map_or(title, |(head, _)| head);
        Self::of_text(title)
    }

    /// Reads a text.
    pub(super) fn of_text(text: &str) -> Self {
        let mut this = Self::default();
        let mut place = 0;
        for piece in text.split_inclusive(char::is_whitespace) {
            let begin = place;
            place += piece.chars().count();
            if this.all.len() >= MOST {
                break;
            }
            let piece = piece.trim_end();
            if piece.contains("://") || piece.starts_with("www.") || piece.starts_with('@') {
                continue;
            }
            let mut at = begin;
            for word in piece.split(|c: char| !c.is_alphanumeric() && !is_inner(c)) {
                let length = word.chars().count();
                this.add(word, at);
                at += length + 1;
            }
        }
        this
    }

    /// Adds a word; numbers stay what they are: two notices may differ in nothing else.
    fn add(&mut self, word: &str, at: usize) {
        let letters = word.chars().filter(|c| c.is_alphanumeric());
        let is_number = word.contains(char::is_numeric);
        let known =
            if is_number { letters.flat_map(char::to_lowercase).collect() } else { fold(letters) };
        if !known.is_empty() {
            if is_number {
                self.numbers.push(self.all.len());
            }
            self.all.push(hash_of(&known));
            self.places.push(at);
        }
    }

    /// The same without the title, where the text begins with it.
    pub(super) fn without_beginning(mut self, title: &Self) -> Self {
        if self.all.len() >= title.all.len() && self.all.starts_with(&title.all) {
            let length = title.all.len();
            self.all.drain(..length);
            self.places.drain(..length);
            self.numbers = self.numbers.iter().filter_map(|at| at.checked_sub(length)).collect();
        }
        self
    }

    pub(super) fn followed_by(&self, other: &Self) -> Self {
        let join = |a: &[u64], b: &[u64]| a.iter().chain(b).copied().collect();
        let behind = other.numbers.iter().map(|at| at + self.all.len());
        let numbers = self.numbers.iter().copied().chain(behind).collect();
        Self { all: join(&self.all, &other.all), places: Vec::new(), numbers }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn all(&self) -> &[u64] {
        &self.all
    }

    /// Returns which word stands at a place.
    pub(super) fn word_at(&self, place: usize) -> usize {
        self.places.partition_point(|begin| *begin <= place).saturating_sub(1)
    }

    /// Returns where the words stand that the other text does not have, or not so often.
    pub(super) fn own_against(&self, other: &Self) -> Vec<usize> {
        let mut left: HashMap<u64, usize> = HashMap::new();
        for word in &other.all {
            *left.entry(*word).or_default() += 1;
        }
        let mut is_own = |word: &u64| match left.get_mut(word) {
            Some(times) if *times > 0 => {
                *times -= 1;
                false
            }
            _ => true,
        };
        let words = self.all.iter().enumerate();
        words.filter(|(_, word)| is_own(word)).map(|(at, _)| at).collect()
    }

    /// Tells whether two texts are the same but for their numbers, a notice of another day or version; or,
    /// where they are short, but for as many other words: of another place.
    pub(super) fn is_of_one_form_with(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.own_against(other), other.own_against(self));
        let are_numbers = |these: &Self, own: &[usize]| {
            own.iter().all(|at| these.numbers.binary_search(at).is_ok())
        };
        let is_short = self.len().min(other.len()) < LONG;
        mine.len() == theirs.len()
            && !mine.is_empty()
            && (is_short || are_numbers(self, &mine) && are_numbers(other, &theirs))
    }

    /// Tells whether two titles are the same but for their numbers.
    pub(super) fn is_numbered_like(&self, other: &Self) -> bool {
        let plain = |these: &Self| -> Vec<u64> {
            let words = these.all.iter().enumerate();
            let plain = words.map(
                |(at, word)| {
                    if these.numbers.binary_search(&at).is_ok() { 0 } else { *word }
                },
            );
            plain.collect()
        };
        self != other && !self.is_empty() && plain(self) == plain(other)
    }

    /// Returns which part of the words lies in runs that the other has, too.
    #[expect(clippy::cast_precision_loss, reason = "a few thousand words")]
    pub(super) fn shared_with(&self, other: &Self) -> f64 {
        let covered = self.covered_by(other);
        covered.iter().filter(|word| **word).count() as f64 / covered.len().max(1) as f64
    }

    /// Returns how many words lie in no run that the other has.
    pub(super) fn own_beside(&self, other: &Self) -> usize {
        self.covered_by(other).into_iter().filter(|covered| !covered).count()
    }

    /// Tells of each word whether it lies in a run that the other has, too.
    fn covered_by(&self, other: &Self) -> Vec<bool> {
        if self.all.len() < SHARED || other.all.len() < SHARED {
            return vec![self == other; self.all.len()];
        }
        let runs: HashSet<&[u64]> = other.all.windows(SHARED).collect();
        let mut covered = vec![false; self.all.len()];
        for (at, run) in self.all.windows(SHARED).enumerate() {
            if runs.contains(run) {
                covered.iter_mut().skip(at).take(SHARED).for_each(|word| *word = true);
            }
        }
        covered
    }
}

fn is_inner(c: char) -> bool {
    matches!(c, '\'' | '’' | '\u{ad}' | '\u{200b}'..='\u{200f}')
        || ('\u{300}'..='\u{36f}').contains(&c)
}
