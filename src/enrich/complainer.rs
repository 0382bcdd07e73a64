//! How somebody complains, and what about: told by cues that a speaker of the language wrote down and
//! can correct (`data/cues-*.tsv`, `data/matters-*.tsv`), and by what these and the words of labelled
//! complaints weigh (`data/card.tsv`): both together decide.

use super::concepts::Concepts;
use super::excerpt::Excerpt;
use super::features::Reading;
use super::tokens::Token;
use super::{Complainer, Complaint, Flag, Matter};
use crate::brand::Hit;
use crate::post::Post;
use crate::text::Language;
use cues::{Cues, Found, Tells};
use std::ops::Range;
use weights::{COLUMNS, FLAGS, Feature, Sums, TYPES, Weights, features};

pub mod cues;
pub mod learn;
pub mod weights;

/// From how many complaints in 90 days somebody complains as a habit.
pub const CHRONIC: u32 = 5;
/// How many of them must be about something else than most are.
pub const OTHER_MATTERS: u32 = 2;
/// How many cues are quoted.
const QUOTED: usize = 6;

const KINDS: [Option<Complainer>; TYPES] = [
    None,
    Some(Complainer::Meek),
    Some(Complainer::Aggressive),
    Some(Complainer::Demanding),
    Some(Complainer::BenefitHunter),
];
const ALL_FLAGS: [Flag; FLAGS] =
    [Flag::LegalThreat, Flag::PublicPressure, Flag::Safety, Flag::Churn];
const MATTERS: [Matter; COLUMNS.len() - TYPES - FLAGS] = [
    Matter::Delivery,
    Matter::Quality,
    Matter::Billing,
    Matter::Service,
    Matter::Availability,
    Matter::Price,
    Matter::Privacy,
    Matter::Other,
];

/// From what sum on the cues of one kind are enough.
const ENOUGH: f32 = 0.99;
/// How likely a flag must be by itself, and where its cues are enough.
const FLAGGED: f32 = 0.4;
const FLAGGED_BY_CUES: f32 = 0.05;
/// From what chance on a matter is named, and what its cues add to it.
const NAMED: f32 = 0.3;
const CUED: f32 = 0.1;
/// What a word must speak for a type to be quoted where no cue tells.
const TELLING: f32 = 0.5;

/// How likely each column of the weights is.
#[derive(Debug, Clone, Copy)]
pub struct Card {
    pub chances: Sums,
    /// What the cues say, in the order of the columns.
    cues: Sums,
}

impl Card {
    /// Turns sums into chances: of the types one holds, of the matters one, and each flag by itself.
    pub fn of(sums: &Sums, found: &[Found]) -> Self {
        let mut chances = *sums;
        let (types, rest) = chances.split_at_mut(TYPES);
        let (flags, matters) = rest.split_at_mut(FLAGS);
        share(types);
        share(matters);
        for chance in flags {
            *chance = 1.0 / (1.0 + (-*chance).exp());
        }
        let mut cues = [0.0; COLUMNS.len()];
        for found in found {
            let at = Tells::ALL.iter().position(|(_, tells)| *tells == found.tells);
            // The cues have no column for no type.
            if let Some(sum) = at.and_then(|at| cues.get_mut(at + 1)) {
                *sum += found.weight;
            }
        }
        Self { chances, cues }
    }

    /// Returns the likeliest type; none where that is likeliest.
    pub fn kind(&self) -> Option<Complainer> {
        best(self.chances.iter().take(TYPES).copied())
            .and_then(|(at, _)| KINDS.get(at).copied().flatten())
    }

    /// Returns the flags that are likely, or cued and not unlikely.
    pub fn flags(&self) -> Vec<Flag> {
        let facts = self.chances.iter().zip(&self.cues).skip(TYPES);
        ALL_FLAGS
            .iter()
            .zip(facts)
            .filter(|(_, (chance, cues))| {
                **chance >= if **cues >= ENOUGH { FLAGGED_BY_CUES } else { FLAGGED }
            })
            .map(|(flag, _)| *flag)
            .collect()
    }

    /// Returns the matter, where one is likely enough.
    pub fn matter(&self) -> Option<Matter> {
        let facts = self.chances.iter().zip(&self.cues).skip(TYPES + FLAGS);
        best(facts.map(|(chance, cues)| chance + CUED * cues.min(2.0)))
            .filter(|(_, chance)| *chance >= NAMED)
            .and_then(|(at, _)| MATTERS.get(at))
            .copied()
    }
}

fn share(sums: &mut [f32]) {
    let most = sums.iter().copied().fold(f32::MIN, f32::max);
    let mut all = 0.0;
    for sum in sums.iter_mut() {
        *sum = (*sum - most).exp();
        all += *sum;
    }
    for sum in sums {
        *sum /= all;
    }
}

fn best(chances: impl Iterator<Item = f32>) -> Option<(usize, f32)> {
    chances.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// Reads what a complaint tells of the one who complains, and about what. Where the language is
/// unknown, the lists that find most are believed.
pub fn read(post: &Post, hits: &[Hit], language: Option<Language>) -> Complaint {
    let excerpt = Excerpt::of(post, hits);
    let code = language.as_ref().map(Language::code).unwrap_or_default();
    of_reading(&excerpt, &excerpt.reading(code))
}

/// The same of an excerpt that was read in a language.
pub(super) fn of_reading(excerpt: &Excerpt, reading: &Reading) -> Complaint {
    let tokens = &excerpt.tokens;
    let (code, found) = match reading.language {
        "" => guessed(tokens, &excerpt.chars),
        code => (code, told(tokens, &excerpt.chars, code)),
    };
    if Cues::of(code).is_none() {
        return Complaint::default();
    }
    let guessed = (code != reading.language).then(|| Concepts::of(code).spots(tokens));
    let spots = guessed.as_ref().unwrap_or(&reading.spots);
    let features = features(tokens, &found, spots, code, |_| {});
    let card = Card::of(&Weights::built_in().sums(&features), &found);
    let complainer = card.kind();
    let flags = card.flags();
    let mut telling: Vec<Range<usize>> = found
        .iter()
        .filter(|found| match found.tells {
            Tells::Type(kind) => Some(kind) == complainer,
            Tells::Flag(flag) => flags.contains(&flag),
            Tells::Matter(_) => false,
        })
        .filter_map(|found| Some(tokens.get(found.first)?.at.start..tokens.get(found.last)?.at.end))
        .collect();
    if telling.is_empty() {
        telling = words(complainer, &features, tokens);
    }
    telling.sort_by_key(|at| (at.start, std::cmp::Reverse(at.end)));
    telling.dedup_by(|later, earlier| later.end <= earlier.end);
    let cues = telling.into_iter().take(QUOTED).map(|at| excerpt.quote(at)).collect();
    Complaint { complainer, flags, matter: card.matter(), cues }
}

/// Tells whether a text has the cues of a flag in any language: one that is taken for another must not
/// hide a threat.
pub fn is_flagged(post: &Post) -> bool {
    let excerpt = Excerpt::of(post, &[]);
    Cues::all().any(|(_, cues)| {
        let found = cues.find(&excerpt.tokens, &excerpt.chars);
        ALL_FLAGS.iter().any(|flag| {
            let told = found.iter().filter(|found| found.tells == Tells::Flag(*flag));
            told.map(|found| found.weight).sum::<f32>() >= ENOUGH
        })
    })
}

/// Returns the words that speak most for a type.
fn words(kind: Option<Complainer>, features: &[Feature], tokens: &[Token]) -> Vec<Range<usize>> {
    let Some(column) = KINDS.iter().position(|known| *known == kind && kind.is_some()) else {
        return Vec::new();
    };
    let speaks = |feature: &Feature| {
        let sums = Weights::built_in().of(feature.key)?;
        Some((sums.get(column)?, tokens.get(feature.token?)?.at.clone()))
    };
    let mut told: Vec<_> =
        features.iter().filter_map(speaks).filter(|(weight, _)| **weight >= TELLING).collect();
    told.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.start.cmp(&y.start)));
    told.into_iter().map(|(_, at)| at).take(2).collect()
}

/// Returns the cues of a language that stand in a text.
pub fn told(tokens: &[Token], chars: &[char], language: &str) -> Vec<Found> {
    Cues::of(language).map(|cues| cues.find(tokens, chars)).unwrap_or_default()
}

/// Returns what the lists say that find most, and their language.
fn guessed(tokens: &[Token], chars: &[char]) -> (&'static str, Vec<Found>) {
    let weight = |found: &[Found]| found.iter().map(|found| found.weight).sum::<f32>();
    Cues::all()
        .map(|(code, cues)| (code, cues.find(tokens, chars)))
        .filter(|(_, found)| !found.is_empty())
        .max_by(|(_, a), (_, b)| weight(a).total_cmp(&weight(b)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
