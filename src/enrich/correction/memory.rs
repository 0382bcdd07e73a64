//! The words that people marked, to know them again: what somebody said of a text holds for its copies.

use crate::brand::BrandName;
use crate::enrich::features::Reading;
use crate::enrich::tokens::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Neighbours that a text must have before another that differs in a word may be its copy.
const LEAST_PAIRS: usize = 20;
/// How many of them take part.
const MOST_PAIRS: usize = 400;
/// How many in ten two texts must share to be one.
const SHARED_IN_TEN: usize = 9;
/// By so many of their pairs, those with the least hashes, copies are looked for.
const LOOKED_AT: usize = 4;
/// What one mark weighs beside the judge's opinion of the same words.
const WEIGHT: f32 = 9.0;

/// The words of a text, by hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// Of all of them in their order, and the stars.
    pub(super) whole: u64,
    /// Of neighbours, sorted; empty for a short text.
    pairs: Vec<u64>,
}

impl Words {
    /// Reads words, faces and question marks; what else stands between them makes no other text.
    pub(super) fn of(reading: &Reading, rating: Option<u8>) -> Self {
        let told = reading.tokens.iter().filter(|token| match token.kind {
            Kind::Word | Kind::Face | Kind::Target => true,
            Kind::Mark => token.folded.starts_with('?'),
            Kind::Url | Kind::Handle => false,
        });
        let words: Vec<(&str, bool)> =
            told.map(|token| (token.folded.as_str(), token.negated)).collect();
        let pairs: BTreeSet<u64> = words.windows(2).map(|pair| hash(&(pair, rating))).collect();
        let pairs = if pairs.len() < LEAST_PAIRS { BTreeSet::new() } else { pairs };
        let pairs = pairs.into_iter().take(MOST_PAIRS).collect();
        let words: Vec<&str> = words.into_iter().map(|(word, _)| word).collect();
        Self { whole: hash(&(words, rating)), pairs }
    }

    /// Tells whether two texts are one but for a word here and there.
    fn is_copy(&self, other: &Self) -> bool {
        let (mut shared, mut rest) = (0, other.pairs.as_slice());
        for pair in &self.pairs {
            let at = rest.partition_point(|known| known < pair);
            rest = rest.get(at..).unwrap_or_default();
            shared += usize::from(rest.first() == Some(pair));
        }
        let all = self.pairs.len() + other.pairs.len() - shared;
        shared > 0 && shared * 10 >= all * SHARED_IN_TEN
    }
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Returns the class that was given most often, and how much oftener than the others together.
pub(super) fn ahead(times: [usize; 3]) -> Option<(usize, u16)> {
    let (class, most) = times.iter().enumerate().max_by_key(|(_, times)| **times)?;
    let net = (2 * most).checked_sub(times.iter().sum()).filter(|net| *net > 0)?;
    Some((class, u16::try_from(net).unwrap_or(u16::MAX)))
}

/// A text that people marked, with its class and how often it was given it.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    brand: BrandName,
    words: Words,
    class: usize,
    net: u16,
}

/// All that people marked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Memory {
    known: Vec<Known>,
    whole: BTreeMap<u64, Vec<usize>>,
    /// By some of their pairs, the longer ones.
    paired: BTreeMap<u64, Vec<usize>>,
}

impl Memory {
    pub(super) fn of<'a>(
        marked: impl Iterator<Item = (&'a BrandName, &'a Words, usize, u16)>,
    ) -> Self {
        let mut memory = Self::default();
        for (at, (brand, words, class, net)) in marked.enumerate() {
            memory.whole.entry(words.whole).or_default().push(at);
            for pair in words.pairs.iter().take(LOOKED_AT) {
                memory.paired.entry(*pair).or_default().push(at);
            }
            memory.known.push(Known { brand: brand.clone(), words: words.clone(), class, net });
        }
        memory
    }

    /// Returns the class that people gave to these words about the brand, and how much oftener than
    /// another; of a longer text, to those that are the same but for a word here and there.
    pub(super) fn recall(&self, brand: &BrandName, words: &Words) -> Option<(usize, u16)> {
        let near = words.pairs.iter().take(LOOKED_AT).filter_map(|pair| self.paired.get(pair));
        let same = self.whole.get(&words.whole);
        let candidates: BTreeSet<usize> = near.chain(same).flatten().copied().collect();
        let mut times = [0; 3];
        for known in candidates.into_iter().filter_map(|at| self.known.get(at)) {
            let is_same = known.words.whole == words.whole || known.words.is_copy(words);
            if let (Some(times), true) =
                (times.get_mut(known.class), is_same && known.brand == *brand)
            {
                *times += usize::from(known.net);
            }
        }
        ahead(times)
    }
}

/// Returns what is likely of a text whose words people gave a class, so much oftener than another.
pub(super) fn recalled(chances: [f32; 3], class: usize, net: u16) -> [f32; 3] {
    let weight = WEIGHT * f32::from(net);
    let mut told = chances;
    for (at, chance) in told.iter_mut().enumerate() {
        let given = if at == class { weight } else { 0.0 };
        *chance = (*chance + given) / (1.0 + weight);
    }
    told
}
