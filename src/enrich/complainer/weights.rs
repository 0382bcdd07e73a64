//! What the words of a complaint weigh, learnt from labelled texts and kept as text: `data/card.tsv`,
//! a line a feature, each with what it speaks for or against. The cues are features among them.

use super::super::concepts::{NAMES, Spot};
use super::super::features::Hash;
use super::super::tokens::{Kind, Token};
use super::cues::{Found, Tells};
use std::sync::LazyLock;

/// What is weighed: types first, then flags, then matters.
pub const COLUMNS: [&str; 17] = [
    "none",
    "meek",
    "aggressive",
    "demanding",
    "benefit_hunter",
    "legal_threat",
    "public_pressure",
    "safety",
    "churn",
    "delivery",
    "quality",
    "billing",
    "service",
    "availability",
    "price",
    "privacy",
    "other",
];
/// How many of them are types, and flags.
pub const TYPES: usize = 5;
pub const FLAGS: usize = 4;
/// How many letters of a word's beginning and end are read.
const BEGINNING: usize = 5;
const END: usize = 3;

/// One sum a column.
pub type Sums = [f32; COLUMNS.len()];

/// Something seen in a text, by the hash of its name, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature {
    pub key: u32,
    pub value: f32,
    /// The token that it is of, where it is of one.
    pub token: Option<usize>,
}

/// What every feature weighs.
#[derive(Debug, Default)]
pub struct Weights {
    rows: Vec<(u32, Sums)>,
    /// Where the rows begin whose keys begin with so many bits.
    begins: Vec<u32>,
}

/// How many bits of a key are looked up at once.
const BITS: u32 = 15;

static BUILT_IN: LazyLock<Weights> =
    LazyLock::new(|| Weights::read(include_str!("../data/card.tsv")));

impl Weights {
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads lines of a feature's name and, a tab after it, columns with their weights; `#` begins a
    /// comment. What is not understood is left out.
    pub fn read(text: &str) -> Self {
        let mut rows = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, listed)) = line.split_once('\t') else { continue };
            let mut sums = [0.0; COLUMNS.len()];
            for (column, weight) in listed.split(' ').filter_map(|told| told.split_once('=')) {
                let at = COLUMNS.iter().position(|known| *known == column);
                if let (Some(sum), Ok(weight)) =
                    (at.and_then(|at| sums.get_mut(at)), weight.parse())
                {
                    *sum = weight;
                }
            }
            rows.push((key(&[name]), sums));
        }
        rows.sort_by_key(|(key, _)| *key);
        let begin = |bits: u32| rows.partition_point(|(key, _)| *key >> (32 - BITS) < bits);
        let begins = (0..=1 << BITS).filter_map(|bits| u32::try_from(begin(bits)).ok()).collect();
        Self { rows, begins }
    }

    /// Returns what one feature weighs.
    pub fn of(&self, key: u32) -> Option<&Sums> {
        let bits = (key >> (32 - BITS)) as usize;
        let begin = |bits: usize| self.begins.get(bits).map(|begin| *begin as usize);
        let mut near = self.rows.get(begin(bits)?..begin(bits + 1)?)?.iter();
        near.find(|(known, _)| *known == key).map(|(_, sums)| sums)
    }

    /// Adds up what the features of a text weigh.
    pub fn sums(&self, features: &[Feature]) -> Sums {
        let mut sums = [0.0; COLUMNS.len()];
        for feature in features {
            for (sum, weight) in sums.iter_mut().zip(self.of(feature.key).into_iter().flatten()) {
                *sum += weight * feature.value;
            }
        }
        sums
    }
}

/// Returns the key of a feature, whose name is given in parts.
fn key(parts: &[&str]) -> u32 {
    parts.iter().fold(Hash::new(b'c'), |hash, part| hash.text(part)).row(32)
}

/// Returns what is seen in a text. `named` is called with the name of each feature, for the learner.
pub fn features(
    tokens: &[Token],
    found: &[Found],
    spots: &[Spot],
    language: &str,
    mut named: impl FnMut(&[&str]),
) -> Vec<Feature> {
    let mut features: Vec<Feature> = Vec::with_capacity(tokens.len() * 2 + 32);
    // Most are new, which one bit tells.
    let mut seen = [0_u64; 16];
    let mut is_new = |key: u32, features: &[Feature]| {
        let Some(bits) = seen.get_mut((key >> 6 & 15) as usize) else { return false };
        let known = *bits >> (key & 63) & 1 == 1;
        *bits |= 1 << (key & 63);
        !known || !features.iter().any(|known| known.key == key)
    };
    let mut put = |parts: &[&str], value: f32, token: Option<usize>| {
        let key = key(parts);
        if value > 0.0 && is_new(key, &features) {
            named(parts);
            features.push(Feature { key, value, token });
        }
    };
    put(&["always"], 1.0, None);
    for (word, tells) in Tells::ALL {
        let told = found.iter().filter(|found| found.tells == tells);
        let weight: f32 = told.map(|found| found.weight).sum();
        put(&["=", word], weight.min(2.0), None);
        put(&["=", word, " enough"], f32::from(u8::from(weight >= 0.99)), None);
    }
    for spot in spots {
        if let Some(name) = NAMES.get(usize::from(spot.concept)) {
            put(&["~", name], 1.0, Some(usize::from(spot.first)));
        }
    }
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Word => {
                let begin = token.folded.char_indices().nth(BEGINNING).map(|(at, _)| at);
                let begin = token.folded.get(..begin.unwrap_or(token.folded.len()));
                put(&[language, " ^", begin.unwrap_or_default()], 1.0, Some(at));
                if begin.is_some_and(|begin| begin.len() < token.folded.len()) {
                    let end =
                        token.folded.char_indices().rev().nth(END - 1).map_or(0, |(at, _)| at);
                    let end = token.folded.get(end..).unwrap_or_default();
                    put(&[language, " $", end], 1.0, Some(at));
                }
            }
            Kind::Mark | Kind::Face => put(&["'", &token.folded], 1.0, None),
            Kind::Handle => put(&["handle"], 1.0, None),
            Kind::Url => put(&["link"], 1.0, None),
            Kind::Target => {}
        }
    }
    if is_shouted(tokens) {
        put(&["shouted"], 1.0, None);
    }
    if tokens.iter().any(|token| token.shouted) {
        put(&["capitals"], 1.0, None);
    }
    if tokens.len() > 40 {
        put(&["long"], 1.0, None);
    } else if tokens.len() < 10 {
        put(&["short"], 1.0, None);
    }
    features
}

/// Tells whether most of the text is in capitals.
pub fn is_shouted(tokens: &[Token]) -> bool {
    let long =
        tokens.iter().filter(|token| token.kind == Kind::Word && token.folded.len() > 3).count();
    let shouted = tokens.iter().filter(|token| token.shouted).count();
    shouted >= 3 && shouted * 2 > long
}
