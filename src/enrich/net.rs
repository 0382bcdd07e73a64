//! A small network over the concepts of a text: it learns what they mean together, in one language for
//! all. What it says is added to the sums of the table.

use super::concepts::{BAD, NAMES, OPINIONS, Set, Spot};
use super::features::{Reading, Zone};
use super::tokens::{Kind, Token};

/// How many ways each concept is told: plainly, negated, of somebody else, before the brand.
const WAYS: usize = 4;
/// Where the signs begin that are no concepts.
const SIGNS: usize = NAMES.len() * WAYS;
/// The languages that have an input of their own.
const LANGUAGES: [&str; 7] = ["fi", "tr", "en", "sv", "de", "es", "fr"];
/// How many inputs there are.
pub const INPUTS: usize = BESIDE + SIDES * REGIONS * ROLES;
/// Where the inputs begin that tell how the brand stands to another name.
const BESIDE: usize = SIGNS + 32;
/// What stands there: something bad, something good, a negation, a turn, a change, a comparison.
const SIDES: usize = 6;
const REGIONS: usize = 6;
const ROLES: usize = 4;
/// Which of these a concept is, where its kind does not tell.
const OF_CONCEPTS: [(Set, usize); 5] = [
    (Set::of(&["noproblem"]), 1),
    (Set::of(&["negation", "none"]), 2),
    (Set::of(&["but"]), 3),
    (Set::of(&["switch"]), 4),
    (Set::of(&["better", "worse", "compare"]), 5),
];
/// How many cells the middle has.
pub const CELLS: usize = 32;
/// What a cell below nothing lets through.
const LEAK: f32 = 0.1;

/// How many nets are asked; the mean of what they say counts.
pub const NETS: usize = 3;
/// What each of them counts.
const PART: f32 = 1.0 / 3.0;

/// Returns the sums of the classes that nets say, on average.
pub fn judge(nets: &[Net], on: &[u16]) -> [f32; 3] {
    let mut sums = [0.0; 3];
    for net in nets {
        for (sum, said) in sums.iter_mut().zip(net.sums(&net.cells(on))) {
            *sum += said * PART;
        }
    }
    sums
}

/// The weights, from inputs to cells and from cells to classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Net {
    pub inputs: Vec<[f32; CELLS]>,
    pub bias: [f32; CELLS],
    pub cells: [[f32; 3]; CELLS],
}

impl Net {
    /// Returns what the cells hold for the inputs that are on.
    pub fn cells(&self, on: &[u16]) -> [f32; CELLS] {
        let mut cells = self.bias;
        for weights in on.iter().filter_map(|on| self.inputs.get(usize::from(*on))) {
            for (cell, weight) in cells.iter_mut().zip(weights) {
                *cell += weight;
            }
        }
        cells.map(|cell| cell * Self::slope(cell))
    }

    /// Returns the sums of the classes for what the cells hold.
    pub fn sums(&self, cells: &[f32; CELLS]) -> [f32; 3] {
        let mut sums = [0.0; 3];
        for (cell, weights) in cells.iter().zip(&self.cells) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += cell * weight;
            }
        }
        sums
    }

    /// Returns how much of a change goes through a cell that holds so much.
    pub const fn slope(cell: f32) -> f32 {
        if cell < 0.0 { LEAK } else { 1.0 }
    }

    /// Returns what a change of each cell moves the sums by, near where the cells stand; one number more
    /// than there are classes, so that four are reckoned at once.
    pub fn slopes(&self, cells: &[f32; CELLS]) -> [[f32; 4]; CELLS] {
        let mut slopes = [[0.0; 4]; CELLS];
        for ((slopes, weights), held) in slopes.iter_mut().zip(&self.cells).zip(cells) {
            for (slope, weight) in slopes.iter_mut().zip(weights) {
                *slope = weight * Self::slope(*held);
            }
        }
        slopes
    }

    /// Returns which part of the sums comes from some of the inputs, where the slopes are these.
    pub fn part(&self, slopes: &[[f32; 4]; CELLS], of: impl Iterator<Item = u16>) -> [f32; 3] {
        let mut moved = [0.0; 4];
        for weights in of.filter_map(|on| self.inputs.get(usize::from(on))) {
            for (weight, slopes) in weights.iter().zip(slopes) {
                for (sum, slope) in moved.iter_mut().zip(slopes) {
                    *sum += weight * slope;
                }
            }
        }
        let [negative, neutral, positive, _] = moved;
        [negative, neutral, positive]
    }
}

/// Returns which inputs a text turns on, sorted, each once.
pub fn inputs(reading: &Reading) -> Vec<u16> {
    let tokens = reading.tokens;
    let mut on: Vec<u16> = Vec::with_capacity(reading.spots.len() * 2 + 8);
    for spot in &reading.spots {
        on.extend(inputs_of(reading, spot));
    }
    let mut turn = |at: usize| on.extend(u16::try_from(at));
    let words = tokens.iter().filter(|token| token.kind == Kind::Word).count();
    let any = |is: fn(&Token) -> bool| tokens.iter().any(is);
    let signs = [
        any(|token| token.folded == "?" || token.folded == "??"),
        any(|token| token.folded == "!" || token.folded == "!!"),
        tokens.iter().filter(|token| token.shouted).count() > 1,
        any(|token| token.drawn_out),
        words < 5,
        words < 10,
        words > 20,
        words > 40,
        any(|token| token.folded == "FACE+"),
        any(|token| token.folded == "FACE-"),
        any(|token| token.folded.starts_with('0')),
        any(|token| token.folded == "\""),
        tokens.first().is_some_and(|token| token.kind == Kind::Target),
        any(|token| token.kind == Kind::Url),
        tokens.last().is_none_or(|token| token.sentence == 0),
        reading.rival.is_some(),
        reading.target.is_some(),
    ];
    for (at, _) in signs.iter().enumerate().filter(|(_, is)| **is) {
        turn(SIGNS + at);
    }
    if let Some(at) = LANGUAGES.iter().position(|known| *known == reading.language) {
        turn(SIGNS + 20 + at);
    }
    on.sort_unstable();
    on.dedup();
    on
}

/// Returns which inputs one concept of a text turns on.
pub fn inputs_of(reading: &Reading, spot: &Spot) -> impl Iterator<Item = u16> + Clone {
    let at = usize::from(spot.first);
    let concept = usize::from(spot.concept) * WAYS;
    let is_negated =
        spot.first == spot.last && reading.tokens.get(at).is_some_and(|token| token.negated);
    let way = match (reading.zones.get(at), is_negated) {
        (Some(Zone::Other), _) => concept + 2,
        (_, true) => concept + 1,
        (_, false) => concept,
    };
    let before = reading.target.is_some_and(|target| at < target).then_some(concept + 3);
    let side = || match OF_CONCEPTS.iter().find(|(set, _)| set.has(spot.concept)) {
        Some((_, side)) => Some(*side),
        _ if spot.concept < BAD => Some(usize::from(is_negated)),
        _ if spot.concept < OPINIONS => Some(usize::from(!is_negated)),
        _ => None,
    };
    let beside = reading.rival.zip(reading.region(at)).and_then(|(rival, region)| {
        Some(BESIDE + (side()? * REGIONS + usize::from(region)) * ROLES + rival.role as usize)
    });
    [Some(way), before, beside].into_iter().flatten().filter_map(|on| u16::try_from(on).ok())
}
