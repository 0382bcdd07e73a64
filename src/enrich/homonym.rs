//! Names that mean other things too: which words stand near a brand's name where people said that it
//! is not about the brand, and not elsewhere. Learnt anew each time from all that people said; the
//! order in which they said it tells nothing. A complaint that is missed is worse than noise that is
//! told, and every figure here leans that way.

use super::{Insight, Label, complainer};
use crate::brand::Hit;
use crate::post::{Concerns, Post};
use crate::text::Language;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

mod count;
mod near;

use count::Counted;
pub use near::Near;

/// How many texts of different people a word must have stood in before it tells anything.
const LEAST_VOICES: usize = 3;
/// And of so many marks one must hold it: among many, some words stand out by chance.
const ONE_IN: usize = 10;
/// How many other mentions of the brand in the same language must be known before anything is learnt:
/// without them nobody can tell which words are special where it is noise.
const LEAST_OTHERS: usize = 10;
/// Mentions of no brand in particular that are taken to be known beside the others. No word that
/// takes part stands in them.
const ELSEWHERE: f32 = 30.0;
/// The least weight of a word that speaks of noise, and of one that speaks of the brand.
const NOISY: f32 = 1.2;
const OURS: f32 = -1.0;
/// No word counts for more, and the site for no more than this: it says little of what a text is about.
const MOST: f32 = 3.0;
const MOST_OF_PLACE: f32 = 1.0;
/// What makes a mention noise: so many words, and so much weight in all.
const ENOUGH_WORDS: usize = 2;
const ENOUGH: f32 = 3.0;
/// Or, in what is no complaint, one word, where so many marks tell of it and it stood in nothing that is
/// before the desk.
const ALONE_VOICES: usize = 5;
const ALONE: f32 = 2.0;
/// Words of each side that are kept for a brand; those with the least evidence go first.
const MOST_WORDS: usize = 60;
/// Words that begin with the same letters, so many, are forms of one.
const SAME: usize = 4;
/// Words that are named as a reason.
const NAMED: usize = 5;

/// What is known of a mention, from what people said and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Nothing, and it is not before the desk.
    Nothing,
    /// Somebody took its ticket, and did not call it noise.
    AtDesk,
    /// It is about the brand: somebody marked it otherwise, or answered it.
    Ours,
    /// It is not about the brand.
    Noise,
}

/// What is known of one word near one brand's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word; the beginning of a longer one ends in `*`. A site has its field before it.
    pub word: String,
    /// The language of the mentions that it was learnt from, in which alone it tells anything.
    pub language: Language,
    /// Above zero it speaks of noise, below of the brand.
    pub weight: f32,
    /// In how many mentions that were marked `noise` it stood, each author once.
    pub noise: usize,
    /// In how many others.
    pub others: usize,
    /// In how many of those whose ticket somebody took, or of which somebody said that they are about the brand.
    pub ours: usize,
}

impl Word {
    /// Tells whether it is reason enough without another word.
    fn stands_alone(&self) -> bool {
        self.weight >= ALONE && self.noise >= ALONE_VOICES && self.ours == 0
    }

    fn evidence(&self) -> usize {
        if self.weight > 0.0 { self.noise } else { self.others }
    }
}

/// What was learnt of one brand, by language and word; of most brands nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Learnt(BTreeMap<(Language, String), Word>);

/// Learns from what is known of the mentions of one brand. The same mentions in another order teach the
/// same. Each language teaches by itself: beside mentions in another any word of it would look special.
pub fn learn<'a>(mentions: impl IntoIterator<Item = (Said, &'a Near)>) -> Learnt {
    let mut known: BTreeMap<Language, Vec<(Said, &Near)>> = BTreeMap::new();
    for (said, near) in mentions {
        if let Some(language) = near.language {
            known.entry(language).or_default().push((said, near));
        }
    }
    Learnt::of(known.into_iter().flat_map(|(language, known)| learn_in(language, &known)))
}

/// Learns from the mentions in one language.
fn learn_in(language: Language, known: &[(Said, &Near)]) -> Vec<Word> {
    let of = |is: fn(Said) -> bool| Counted::of(known.iter().filter(|(said, _)| is(*said)));
    let noise = of(|said| said == Said::Noise);
    let others = of(|said| said != Said::Noise);
    if noise.texts() < LEAST_VOICES || others.texts() < LEAST_OTHERS {
        return Vec::new();
    }
    let names: BTreeSet<&String> = noise.words().chain(others.words()).collect();
    let mut words: Vec<Word> =
        names.into_iter().filter_map(|name| weight(name, language, &noise, &others)).collect();
    words.sort_by(|a, b| {
        let much = |word: &Word| (word.evidence(), word.weight.abs());
        let (a_much, b_much) = (much(a), much(b));
        b_much.0.cmp(&a_much.0).then(b_much.1.total_cmp(&a_much.1)).then(a.word.cmp(&b.word))
    });
    let (mut of_noise, mut of_ours) = (0, 0);
    words.retain(|word| {
        let kept = if word.weight > 0.0 { &mut of_noise } else { &mut of_ours };
        *kept += 1;
        *kept <= MOST_WORDS
    });
    words
}

/// Weighs one word: by how much likelier it is in noise than in any of what there is beside it. `None`
/// where that tells nothing.
fn weight(name: &str, language: Language, noise: &Counted, others: &Counted) -> Option<Word> {
    let (of, against) = (noise.word(name), others.word(name));
    let rate = |part: f32, whole: f32| (part + 0.5) / (whole + 1.0);
    let often = rate(of.texts, noise.all());
    let anywhere = (often / rate(against.weight, others.weight() + ELSEWHERE)).ln();
    let all = (often / rate(against.texts, others.all())).ln();
    // Where the desk has it before it, what else there is does not thin it out.
    let desk =
        if against.ours > 0 { (often / rate(against.desk, others.desk())).ln() } else { MOST };
    let stands_out = anywhere.min(all).min(desk);
    let ours = (often / rate(against.weight, others.weight())).ln();
    let (in_noise, in_others) = (of.voices.len(), against.voices.len());
    let weight = if stands_out >= NOISY && in_noise >= LEAST_VOICES.max(noise.texts() / ONE_IN) {
        stands_out.min(MOST)
    } else if ours <= OURS && in_others >= LEAST_VOICES {
        ours.max(-MOST)
    } else {
        return None;
    };
    // Two digits: what is shown is what is used.
    let weight = (weight * 100.0).round() / 100.0;
    Some(Word {
        word: name.to_owned(),
        language,
        weight,
        noise: in_noise,
        others: in_others,
        ours: against.ours,
    })
}

impl Learnt {
    /// Puts together again what [`Learnt::words`] gave.
    pub fn of(words: impl IntoIterator<Item = Word>) -> Self {
        Self(words.into_iter().map(|word| ((word.language, word.word.clone()), word)).collect())
    }

    /// Tells whether nothing was learnt.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns all words that tell something.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.0.values()
    }

    /// Returns the words in a mention that tell something.
    pub fn words_in(&self, near: &Near) -> Vec<&Word> {
        self.known(near, near.words.iter().chain(&near.places))
    }

    fn known<'w>(&self, near: &Near, words: impl Iterator<Item = &'w String>) -> Vec<&Word> {
        let Some(language) = near.language else { return Vec::new() };
        words.filter_map(|word| self.0.get(&(language, word.clone()))).collect()
    }

    /// Returns the words for which a mention is taken to be noise, most telling first; `None` where it is
    /// not. A complaint takes more than one word: somebody may say it in jest.
    fn reasons(&self, near: &Near, is_complaint: bool) -> Option<Vec<&Word>> {
        let sum = |words: &[&Word]| words.iter().map(|word| word.weight).sum::<f32>();
        let mut words = self.known(near, near.words.iter());
        words.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.word.cmp(&b.word)));
        let mut heaviest: Vec<&Word> = Vec::new();
        // Of what speaks for the brand everything counts.
        words.retain(|word| {
            let counts =
                word.weight < 0.0 || !heaviest.iter().any(|known| is_form(&known.word, &word.word));
            heaviest.extend(counts.then_some(*word));
            counts
        });
        let places = self.known(near, near.places.iter());
        let sum = sum(&words) + sum(&places).min(MOST_OF_PLACE);
        words.retain(|word| word.weight > 0.0);
        let are_many = words.len() >= ENOUGH_WORDS && sum >= ENOUGH;
        let is_one = !is_complaint && words.iter().any(|word| word.stands_alone()) && sum >= ALONE;
        (are_many || is_one).then_some(words)
    }

    /// Says why a post that names the brand at `hits` is taken to be noise; `None` where it is not. Never
    /// where somebody speaks to the brand or reviews it, or where the text threatens something, however it
    /// was judged. What may be a complaint is treated as one.
    pub fn suspects(&self, post: &Post, hits: &[Hit], insight: &Insight) -> Option<String> {
        let is_said_to_all = post.concerns == Concerns::Named && !post.is_private;
        if self.is_empty() || !is_said_to_all || post.rating.is_some() || hits.is_empty() {
            return None;
        }
        let near = Near::of(post, hits, insight.language);
        let is_complaint = insight.sentiment.label == Label::Negative || insight.review;
        let words = self.reasons(&near, is_complaint)?;
        if complainer::is_flagged(post) {
            return None;
        }
        let marks = words.iter().map(|word| word.noise).max().unwrap_or_default();
        let names: Vec<&str> = words.iter().take(NAMED).map(|word| word.word.as_str()).collect();
        Some(format!("people marked {marks} like it noise: {}", names.join(", ")))
    }
}

/// Tells whether two words may be forms of one.
fn is_form(a: &str, b: &str) -> bool {
    let letters = |word: &str| word.trim_end_matches('*').chars().take(SAME).count();
    let shared = letters(a).min(letters(b));
    a.chars().take(shared).eq(b.chars().take(shared))
}

#[cfg(test)]
mod tests;
