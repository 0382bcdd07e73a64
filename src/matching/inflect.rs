//! The forms that a name takes. No dictionary of names and no stemmer, which joins what should stay
//! apart: from the base form the stems of a name are made, and what may follow each of them up to the
//! end of the word is a table of endings.
//!
//! Endings are compared without marks (`ä` as `a`, `ı` as `i`): people leave them out.

use crate::text::Language;

mod finnish;
mod tails;
mod turkish;

pub(super) use tails::{is_tag_head, is_tag_tail};

/// A set of the languages of which the forms are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Languages(u8);

/// One language of which the forms are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    Finnish = 1,
    Turkish = 2,
    English = 4,
    Swedish = 8,
    German = 16,
    Spanish = 32,
    French = 64,
}

impl Languages {
    pub(super) const ALL: Self = Self(127);
    pub(super) const NONE: Self = Self(0);

    /// Returns the set of one language; the empty one where its forms are not known.
    pub(super) fn of(language: Language) -> Self {
        Self(match language.code() {
            "fi" => Tongue::Finnish as u8,
            "tr" => Tongue::Turkish as u8,
            "en" => Tongue::English as u8,
            "sv" => Tongue::Swedish as u8,
            "de" => Tongue::German as u8,
            "es" => Tongue::Spanish as u8,
            "fr" => Tongue::French as u8,
            _ => 0,
        })
    }

    /// Returns the languages that customers write, where those are known: all if none are named.
    pub(super) fn of_all(languages: &[Language]) -> Self {
        if languages.is_empty() {
            return Self::ALL;
        }
        languages.iter().fold(Self::NONE, |all, language| Self(all.0 | Self::of(*language).0))
    }

    pub(super) fn has(self, tongue: Tongue) -> bool {
        self.0 & tongue as u8 != 0
    }

    /// Tells whether there is one of those that write compounds as one word.
    fn joins_words(self) -> bool {
        self.has(Tongue::Finnish) || self.has(Tongue::Swedish) || self.has(Tongue::German)
    }
}

/// What a stem is, and so what may follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The base form, to which every language adds its own.
    Base,
    /// Finnish: a vowel stem, for the endings that close its last syllable (`pankin`), those that
    /// leave it open (`pankkia`), or both (`Nokian`, `Nokiaa`).
    Weak,
    Strong,
    /// Finnish: a stem that ends in a consonant (`Sokos-ta`, `mehiläis-tä`).
    Consonant,
    /// Finnish: the stem of the plural, in `i` or in `j`.
    PluralI,
    PluralJ,
    /// Finnish: the base form in the plural (`Sanomat`).
    PluralBase,
    /// German: an adjective before a noun.
    Adjective,
    /// Turkish: with its last consonant softened before a vowel (`Arçeliğ-i`).
    Softened,
}

/// A stem of a word, in letters as they are compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Stem {
    pub(super) letters: Vec<char>,
    pub(super) kind: Kind,
}

impl Stem {
    /// Tells whether a word may end with it, in whatever language.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.kind, Kind::Base | Kind::PluralBase)
    }
}

/// What is known of a name whose last word has these stems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says something else")]
pub(super) struct Word {
    pub(super) is_acronym: bool,
    /// An acronym that the text has in capitals, so that endings may be typed right behind it: `VRn`.
    pub(super) is_shouted: bool,
    /// The text has the name without the capital that it is written with, amid others.
    pub(super) is_small: bool,
    /// The language of the text is known.
    pub(super) is_sure: bool,
    /// It begins a sentence, so that its capital tells nothing.
    pub(super) is_opening: bool,
    /// A name of several words.
    pub(super) is_phrase: bool,
    /// Its capitals are asked for, since it is a common word too: compounds are left to that word.
    pub(super) is_common: bool,
}

/// Returns the stems of the last word of a name, the base form first.
pub(super) fn stems(word: &[char], about: Word, languages: Languages) -> Vec<Stem> {
    let mut stems = vec![Stem { letters: word.to_vec(), kind: Kind::Base }];
    let is_plain = word.iter().all(|c| c.is_alphabetic());
    if is_plain && languages.has(Tongue::Finnish) {
        finnish::stems(word, about, &mut stems);
    }
    if is_plain && languages.has(Tongue::Turkish) {
        turkish::stems(word, &mut stems);
    }
    let (base, others) = stems.split_at_mut(1);
    others.sort();
    let mut all = base.to_vec();
    all.extend(others.iter().cloned());
    all.dedup();
    all
}

/// Returns the stems of the first of two words, where it is inflected with the second: an adjective,
/// or one of two joined by `and`.
pub(super) fn agreeing(word: &[char], is_joined: bool, languages: Languages) -> Vec<Stem> {
    let mut stems = Vec::new();
    if languages.has(Tongue::Finnish) && (is_joined || finnish::agrees(word)) {
        let about = Word { is_phrase: true, is_common: true, ..Word::default() };
        finnish::stems(word, about, &mut stems);
    }
    // Deutsche Bahn, der Deutschen Bahn.
    if languages.has(Tongue::German) && word.len() > 4 && word.last() == Some(&'e') {
        stems.push(Stem { letters: word.to_vec(), kind: Kind::Adjective });
    }
    stems
}

/// Tells whether a word that begins with `stem` may go on with `rest` (in lower case, without marks)
/// and end there.
pub(super) fn ends_with(stem: &Stem, rest: &str, about: Word, languages: Languages) -> bool {
    if rest.is_empty() {
        return stem.is_whole();
    }
    if stem.kind == Kind::Adjective {
        return languages.has(Tongue::German) && matches!(rest, "n" | "r" | "s" | "m");
    }
    let is_base = stem.kind == Kind::Base;
    (languages.has(Tongue::Finnish) && finnish::goes_on(stem, rest, about))
        || (languages.has(Tongue::Turkish) && turkish::goes_on(stem, rest, about))
        || (is_base && adds_s(stem, rest, about, languages))
        || (is_base
            && languages.has(Tongue::Swedish)
            && !about.is_small
            && is_definite(stem, rest, about))
        || (is_base && !about.is_common && is_compound(stem, rest, languages))
}

/// Genitive and plural of the languages that make them with an `s`.
fn adds_s(stem: &Stem, rest: &str, about: Word, languages: Languages) -> bool {
    let has = |tongue| languages.has(tongue);
    let last = stem.letters.last().copied().unwrap_or(' ');
    let before = stem.letters.iter().rev().nth(1).copied().unwrap_or(' ');
    let hisses =
        matches!(last, 's' | 'x' | 'z' | 'ß') || (last == 'h' && matches!(before, 's' | 'c'));
    let is_vowel = "aeiouyåäöüéáíóú".contains(last);
    match rest {
        "s" => {
            // Of a common word it is its plural, and a genitive only where there is one without a sign.
            let any = has(Tongue::Swedish)
                || has(Tongue::German)
                || (!about.is_small
                    && (!about.is_common || !about.is_opening)
                    && (has(Tongue::English) || has(Tongue::Spanish) || has(Tongue::French)));
            any && !matches!(last, 's' | 'x' | 'z')
        }
        "es" if about.is_small || (about.is_common && about.is_opening) => false,
        "es" => {
            (has(Tongue::English) && hisses)
                || (has(Tongue::Spanish) && !is_vowel && stem.letters.len() > 2)
        }
        _ => false,
    }
}

/// Swedish: the one (`Volvon`), several (`Volvor`), of names that end in a vowel.
fn is_definite(stem: &Stem, rest: &str, about: Word) -> bool {
    let ends_in_vowel = stem.letters.last().is_some_and(|c| "aeiouyåäö".contains(*c));
    // Visar, Dover: what looks like several of them is another word most often.
    let is_several = rest == "r" && about.is_sure && !about.is_opening;
    ends_in_vowel && stem.letters.len() > 3 && (is_several || matches!(rest, "n" | "ns" | "rna"))
}

/// A compound written as one word, whose second part is a word that follows names of brands.
fn is_compound(stem: &Stem, rest: &str, languages: Languages) -> bool {
    languages.joins_words()
        && stem.letters.len() >= 3
        && tails::is_compound_tail(stem.letters.len(), rest, languages)
}

/// Tells whether `rest` may follow a name behind a colon: `KONE:n`, `SJ:s`.
pub(super) fn follows_colon(rest: &str, languages: Languages) -> bool {
    (languages.has(Tongue::Finnish) && finnish::follows_colon(rest))
        || (languages.has(Tongue::Swedish)
            && matches!(
                rest,
                "s" | "n" | "en" | "ns" | "ens" | "ar" | "er" | "or" | "arna" | "erna"
            ))
}

/// Tells whether `rest` may follow a name behind an apostrophe: `Turkcell'in`, `Acme's`.
pub(super) fn follows_apostrophe(rest: &str, languages: Languages) -> bool {
    // What stands behind a Turkish apostrophe is an ending, whatever it is.
    let is_turkish = languages.has(Tongue::Turkish) && rest.len() <= turkish::LONGEST;
    is_turkish || rest == "s" || (languages.has(Tongue::Finnish) && finnish::follows_colon(rest))
}
