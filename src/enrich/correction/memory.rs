//! The words that people marked, to know them again: what somebody said of a text holds for its copies.

use crate::brand::BrandName;
use crate::enrich::features::{Hash, Reading};
use crate::enrich::tokens::{Kind, Token};
use std::collections::{BTreeMap, BTreeSet};

/// Neighbours that a text must have before another that differs in a word may be its copy.
const LEAST_PAIRS: usize = 20;
/// How many of them take part.
const MOST_PAIRS: usize = 400;
/// How many in ten two texts must share to be one.
const SHARED_IN_TEN: usize = 9;
/// By so many of their pairs, those with the least hashes, copies are looked for.
const LOOKED_AT: usize = 4;
/// What people call the stars of a rating, and its marks, from the start of the word.
const STARS: [&str; 10] =
    ["star", "point", "⭐", "★", "tahte", "tahti", "tahde", "piste", "yildiz", "puan"];
/// What one mark weighs beside the judge's opinion of the same words.
const WEIGHT: f32 = 9.0;

/// The words of a text, by hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// Of all of them in their order, and the stars.
    pub(super) whole: u64,
    /// Of neighbours, sorted; empty for a short text.
    pairs: Vec<u64>,
    /// Whether a number in it is a rating. The judge reads all numbers as one, so that the same words may
    /// say the contrary, and nobody knows them again.
    rated: bool,
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
        let pairs: BTreeSet<u64> =
            words.windows(2).map(|pair| hash(pair.iter().copied(), rating)).collect();
        let pairs = if pairs.len() < LEAST_PAIRS { BTreeSet::new() } else { pairs };
        let pairs = pairs.into_iter().take(MOST_PAIRS).collect();
        // Of the whole text it tells nothing where a negation reaches.
        let whole = hash(words.into_iter().map(|(word, _)| (word, false)), rating);
        Self { whole, pairs, rated: is_rated(reading.tokens) }
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

/// Tells whether a text holds a rating in numbers: `1/5`, `2 out of 5`, `20 %`, `%20`, `1 star`.
fn is_rated(tokens: &[Token]) -> bool {
    let is_number = |token: &Token| token.folded.starts_with('0');
    let words = |from: usize| tokens.iter().skip(from).map(|token| token.folded.as_str());
    let is_follow = |from: usize| {
        let [a, b, c] = {
            let mut next = words(from);
            [(); 3].map(|()| next.next().unwrap_or_default())
        };
        a.starts_with('%')
            || STARS.iter().any(|stars| a.starts_with(stars))
            || matches!(a, "/" | "of") && b.starts_with('0')
            || (a, b) == ("out", "of") && c.starts_with('0')
    };
    tokens.iter().enumerate().any(|(at, token)| {
        let is_behind = || at.checked_sub(1).and_then(|at| tokens.get(at));
        is_number(token)
            && (is_follow(at + 1) || is_behind().is_some_and(|before| before.folded == "%"))
    })
}

/// Returns what is the same for the same words with the same stars, whatever builds vahti.
fn hash<'a>(words: impl Iterator<Item = (&'a str, bool)>, rating: Option<u8>) -> u64 {
    let start = [b'h', b'l'].map(|half| Hash::new(half).byte(rating.unwrap_or(0)));
    let end = words.fold(start, |halves, (word, negated)| {
        halves.map(|half| half.text(word).byte(0xff).byte(u8::from(negated)))
    });
    let [high, low] = end.map(|half| u64::from(half.row(32)));
    high << 32 | low
}

/// Returns for each of these texts by what it is known with its copies: the least of their hashes.
pub(super) fn lots(texts: &[&Words]) -> Vec<u64> {
    let mut firsts: BTreeMap<u64, u64> = BTreeMap::new();
    let mut paired: BTreeMap<u64, Vec<&Words>> = BTreeMap::new();
    for words in texts {
        if firsts.insert(words.whole, words.whole).is_some() {
            continue;
        }
        for pair in words.pairs.iter().take(LOOKED_AT) {
            let others = paired.entry(*pair).or_default();
            for other in others.iter() {
                let (one, two) = (first(&firsts, words.whole), first(&firsts, other.whole));
                if one != two && words.is_copy(other) {
                    firsts.insert(one.max(two), one.min(two));
                }
            }
            others.push(words);
        }
    }
    texts.iter().map(|words| first(&firsts, words.whole)).collect()
}

/// Follows what each is known by to the one that is known by itself.
fn first(firsts: &BTreeMap<u64, u64>, mut of: u64) -> u64 {
    while let Some(before) = firsts.get(&of).filter(|before| **before != of) {
        of = *before;
    }
    of
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
    /// Tells whether nobody marked anything.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

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
        if words.rated {
            return None;
        }
        let near = words.pairs.iter().take(LOOKED_AT).filter_map(|pair| self.paired.get(pair));
        let same = self.whole.get(&words.whole);
        let candidates: BTreeSet<usize> = near.chain(same).flatten().copied().collect();
        let mut times = [0; 3];
        for known in candidates.into_iter().filter_map(|at| self.known.get(at)) {
            let is_same = known.words.whole == words.whole || known.words.is_copy(words);
            if let (Some(times), true) =
                (times.get_mut(known.class), is_same && !known.words.rated && known.brand == *brand)
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
