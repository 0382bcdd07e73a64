//! Which language a text is in, from pieces of its words; made for posts of a few words.

use super::excerpt::Excerpt;
use super::model::Model;
use crate::post::Post;
use crate::text::Language;
use std::ops::Range;

mod others;
pub mod rows;
pub mod table;
#[cfg(test)]
mod tests;

/// The languages that are told apart here, in the order of the table's columns.
pub const TOLD_APART: [&str; 9] = ["de", "en", "es", "fi", "fr", "it", "pt", "sv", "tr"];
/// What the column of all other languages is called: no code.
pub const OTHER: &str = "other";

/// How likely a language must be to be believed.
const SURE: f32 = 0.4;
/// How likely a language must be to be read in, though it is not believed.
const READABLE: f32 = 0.25;
/// How likely a language must be for the forms of the others to be left out, and for the others not to
/// be asked for.
const CERTAIN: f32 = 0.9;
/// How likely a language must be to be believed against the claim of one that cannot be checked.
const UNDENIABLE: f32 = 0.97;
/// How much likelier the language that the site claims becomes, for a text of so many letters at most.
const CLAIMED: [(usize, f32); 3] = [(6, 100.0), (20, 12.0), (usize::MAX, 4.0)];
/// How many characters are looked at.
const READ: usize = 600;

/// Returns the language of a text; `hint` is what the site or feed claims, and decides where the text
/// alone does not. `None` where nothing tells.
pub fn detect(text: &str, hint: Option<Language>) -> Option<Language> {
    guess(text.chars().take(READ), &[], hint).believed()
}

/// Returns the language of a post only where the text itself leaves no doubt: what the site claims is
/// a default too often.
pub fn sure(post: &Post) -> Option<Language> {
    let text = if post.text.is_empty() { post.title.as_deref()? } else { &post.text };
    guess(text.chars().take(READ), &[], post.language).at_least(CERTAIN)
}

/// Guesses the language of a post; its brand says nothing of it, and is left out. `hint` is what the site
/// claims.
pub(super) fn of_excerpt(excerpt: &Excerpt, hint: Option<Language>) -> Guess {
    let mut brands = excerpt.targets.clone();
    brands.sort_by_key(|brand| brand.start);
    guess(excerpt.chars.iter().copied().take(READ), &brands, hint)
}

/// What can be said of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Guess {
    /// The likeliest of the languages that are told apart, and how likely it is.
    likeliest: Option<(Language, f32)>,
    /// Set where it is in none of them.
    other: Option<Other>,
}

/// A language that is none of those told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Other {
    Named(Language),
    Unknown,
}

impl Other {
    fn of(name: Option<Language>) -> Self {
        name.map_or(Self::Unknown, Self::Named)
    }
}

impl Guess {
    pub(super) fn believed(self) -> Option<Language> {
        self.at_least(SURE)
    }

    /// Returns the language in which a post is read: that which is believed; else the likeliest, if that is
    /// more than a guess among many; any, where there are only signs, which all languages share.
    pub(super) fn readable(self) -> Option<Language> {
        self.believed().or_else(|| match (self.other, self.likeliest) {
            (Some(_), _) => None,
            (None, None) => Some(Language::ENGLISH),
            (None, Some((language, chance))) => (chance >= READABLE).then_some(language),
        })
    }

    fn at_least(self, least: f32) -> Option<Language> {
        match self.other {
            Some(Other::Named(language)) => Some(language),
            Some(Other::Unknown) => None,
            None => {
                self.likeliest.filter(|(_, chance)| *chance >= least).map(|(language, _)| language)
            }
        }
    }
}

/// Guesses the language of a text in which the brand stands at `brands`.
fn guess(
    text: impl Iterator<Item = char> + Clone,
    brands: &[Range<usize>],
    hint: Option<Language>,
) -> Guess {
    let Some(model) = Model::built_in() else { return Guess::default() };
    let told = model.languages.told(text.clone(), brands);
    let is_told_apart = |code: &str| TOLD_APART.contains(&code);
    let unchecked = hint.filter(|hint| !is_told_apart(hint.code()));
    if told.seen.foreign > told.seen.latin {
        // Another script: none of the languages that are told apart here.
        let named = || others::name(&text.collect::<String>());
        return Guess { likeliest: None, other: Some(Other::of(named().or(unchecked))) };
    }
    if told.chances.is_empty() {
        return Guess { likeliest: hint.map(|hint| (hint, 1.0)), other: None };
    }
    let mut chances = told.chances;
    let claimed =
        hint.and_then(|hint| model.header.languages.iter().position(|code| code == hint.code()));
    if let Some(chance) = claimed.and_then(|claimed| chances.get_mut(claimed)) {
        let letters = told.seen.latin;
        *chance *=
            CLAIMED.iter().find(|(most, _)| letters <= *most).map_or(1.0, |(_, times)| *times);
        let all: f32 = chances.iter().sum();
        for chance in &mut chances {
            *chance /= all;
        }
    }
    let (mut likeliest, mut of_others) = (None, 0.0_f32);
    for (chance, code) in chances.into_iter().zip(&model.header.languages) {
        match code.parse() {
            Ok(language) if likeliest.is_none_or(|(_, most)| chance > most) => {
                likeliest = Some((language, chance));
            }
            Ok(_) => {}
            Err(_) => of_others += chance,
        }
    }
    let chance = likeliest.map_or(0.0, |(_, chance)| chance);
    let other = if let Some(unchecked) = unchecked {
        // The claim is of a language that cannot be checked.
        (chance <= UNDENIABLE).then_some(Other::Named(unchecked))
    } else if of_others > chance {
        Some(Other::of(others::name(&text.collect::<String>())))
    } else if chance < CERTAIN && hint.is_none() {
        others::sure(&text.collect::<String>()).map(Other::Named)
    } else {
        None
    };
    Guess { likeliest, other }
}
