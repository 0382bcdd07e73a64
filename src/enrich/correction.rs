//! What people's marks move: a small correction beside the judge's table, learnt anew each time from all
//! marks that teach. It never changes the table: without marks, and of texts unlike those that were
//! marked, the judgement is the table's to the last bit. Of each brand and, half as much, of all brands
//! together; the order in which people marked tells nothing.

use super::concepts::NAMES;
use super::excerpt::Excerpt;
use super::features::{Hash, Reading, Zone};
use super::model::{Model, Sureness};
use super::sentiment::stars::star_weights;
use super::tokens::Kind;
use super::{LABELS, Label};
use crate::brand::{BrandName, Hit};
use crate::post::Post;
use crate::text::Language;
use memory::{Memory, Words};
use std::collections::BTreeMap;

mod memory;
#[cfg(test)]
mod tests;

/// So many marks teach at most: the last ones.
pub const MOST_MARKS: usize = 2_000;
/// What the rows of the table of corrections are called by, in bits: so many that no two pieces of all that
/// is marked and read are taken for one.
const BITS: u32 = 32;
/// No text's class is moved by more, and what would be moved by less stays.
const MOST: f32 = 1.5;
const LEAST: f32 = 0.15;
/// What is moved by less beyond that stays as well: it would be told as `+0.0`.
const TOLD: f32 = 0.05;
/// What holds each weight back, and what holds back that which all marks have in common: it is learnt so
/// that no word has to carry it, and then forgotten.
const RIDGE: f32 = 0.25;
const RIDGE_OF_ALL: f32 = 8.0;
/// How often the marks are gone through.
const PASSES: usize = 40;
/// How many pieces of a text take part.
const MOST_PIECES: usize = 240;
/// A text that was marked several times counts no more than so often.
const MOST_TIMES: u16 = 3;
/// The letters of the shortest word that tells something by itself, and of a beginning.
const SHORTEST: usize = 4;
const STEM: usize = 5;
/// How many words are named as a reason.
const NAMED: usize = 3;
/// Stands where a language is not judged.
const EVEN: Sureness = Sureness { platt: [[1.0, 0.0]; 3], threshold: 0.5, review: [0.0; 2] };
/// Concepts that any text may hold.
const PLAIN: [&str; 14] = [
    "negation", "but", "very", "little", "me", "you", "they", "duration", "money", "would",
    "before", "now", "all", "none",
];

/// What was learnt from all marks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Corrections {
    /// The rows that marks have, sorted.
    table: Vec<(u32, [f32; 3])>,
    memory: Memory,
    marks: usize,
}

/// The corrections, and the brand whose mention is judged; without one only what holds for all counts.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    pub corrections: &'a Corrections,
    pub brand: Option<&'a BrandName>,
}

/// How marks move one text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moved {
    /// What is added to the sums of the classes.
    pub(super) sums: [f32; 3],
    /// The tokens that did most of it.
    pub(super) named: Vec<usize>,
    /// The class that people gave to the same words, and how many more did than gave another.
    pub(super) recalled: Option<(usize, u16)>,
}

impl Moved {
    /// Returns what is likely of a text with these chances, whose words people may have given a class.
    pub(super) fn recalled(&self, chances: [f32; 3]) -> [f32; 3] {
        self.recalled.map_or(chances, |(class, net)| memory::recalled(chances, class, net))
    }

    /// Says how marks moved a text, of which `quote` gives the tokens.
    pub(super) fn told(&self, quote: impl Fn(usize) -> Option<String>) -> String {
        let word = |class: usize| ["negative", "neutral", "positive"].get(class).copied();
        if let Some((class, _)) = self.recalled {
            let word = word(class).unwrap_or_default();
            return format!("moved by marks: people marked the same words {word}");
        }
        let moved = self.sums.iter().enumerate().filter(|(_, sum)| **sum != 0.0);
        let told: Vec<String> = moved
            .filter_map(|(class, sum)| word(class).map(|word| format!("{word} {sum:+.1}")))
            .collect();
        let mut quotes: Vec<String> = Vec::new();
        for quote in self.named.iter().filter_map(|at| quote(*at)) {
            let quote = format!("\"{}\"", crate::text::cut(&quote, 40));
            if !quotes.contains(&quote) {
                quotes.push(quote);
            }
        }
        format!("moved by marks: {} for {}", told.join(", "), quotes.join(", "))
    }

    /// Returns the sums of the classes with what marks add.
    pub(super) fn added(&self, mut sums: [f32; 3]) -> [f32; 3] {
        add(&mut sums, self.sums, 1.0);
        sums
    }
}

/// One mark, with what it was made of.
#[derive(Debug, Clone)]
pub struct Lesson {
    brand: BrandName,
    class: usize,
    rows: Vec<u32>,
    words: Words,
    /// What the table says, and how that becomes probabilities.
    sums: [f32; 3],
    sureness: Sureness,
    stars: [f32; 3],
}

impl Lesson {
    /// Reads what was marked; `None` where it has no words. In a language that is not judged the same words
    /// are known again, and nothing else is learnt.
    pub fn of(
        post: &Post,
        hits: &[Hit],
        language: Option<Language>,
        brand: &BrandName,
        label: Label,
    ) -> Option<Self> {
        let excerpt = Excerpt::of(post, hits);
        let model = Model::built_in()?;
        let code = language.as_ref().map(Language::code).unwrap_or_default();
        if !excerpt.has_words() {
            return None;
        }
        let reading = excerpt.reading(code);
        let sureness = model.sureness(code);
        let told = if sureness.is_some() { pieces(&reading) } else { Vec::new() };
        let mut rows: Vec<u32> =
            told.iter().flat_map(|(piece, _)| rows(*piece, Some(brand))).collect();
        rows.sort_unstable();
        rows.dedup();
        Some(Self {
            brand: brand.clone(),
            class: LABELS.iter().position(|known| *known == label)?,
            rows,
            words: Words::of(&reading, post.rating),
            sums: model.sums(&reading),
            sureness: sureness.unwrap_or(EVEN),
            stars: star_weights(post.rating),
        })
    }

    /// By what the same words are known again.
    pub fn lot(&self) -> u64 {
        self.words.whole
    }

    /// Returns what is still missing at each class, with `moved` added to what the table says; a text is
    /// so likely of a class as its sum says, times the weight of its stars.
    fn missing(&self, moved: [f32; 3]) -> [f32; 3] {
        let mut missing = [0.0; 3];
        for (class, missing) in missing.iter_mut().enumerate() {
            let at = |of: &[f32; 3]| of.get(class).copied().unwrap_or_default();
            let [slope, shift] = self.sureness.platt.get(class).copied().unwrap_or([1.0, 0.0]);
            let sum = slope * (at(&self.sums) + at(&moved)) + shift + at(&self.stars).ln();
            let is = if class == self.class { 1.0 } else { 0.0 };
            *missing = slope * (is - 1.0 / (1.0 + (-sum).exp()));
        }
        missing
    }
}

/// Returns for each mark by what it is known with its copies, those of which a word differs among them.
pub fn lots(lessons: &[&Lesson]) -> Vec<u64> {
    let words: Vec<&Words> = lessons.iter().map(|lesson| &lesson.words).collect();
    memory::lots(&words)
}

/// Learns from marks. The same marks in another order teach the same; of the same words marked one way
/// and another, as many as stand against each other teach nothing.
pub fn learn(lessons: impl IntoIterator<Item = Lesson>) -> Corrections {
    let mut same: BTreeMap<(BrandName, u64), [Vec<Lesson>; 3]> = BTreeMap::new();
    let mut marks = 0;
    for lesson in lessons {
        let ways = same.entry((lesson.brand.clone(), lesson.words.whole)).or_default();
        if let Some(way) = ways.get_mut(lesson.class) {
            way.push(lesson);
            marks += 1;
        }
    }
    let mut agreed: Vec<(Lesson, u16)> = Vec::new();
    for ways in same.into_values() {
        let times = ways.each_ref().map(Vec::len);
        let Some((class, net)) = memory::ahead(times) else { continue };
        // The same words in another language have other rows: which of them teaches must not hang on
        // the order.
        let way = ways.into_iter().nth(class).unwrap_or_default();
        let first = way.into_iter().min_by(|a, b| a.rows.cmp(&b.rows).then(by_sums(a, b)));
        agreed.extend(first.map(|lesson| (lesson, net)));
    }
    if agreed.is_empty() {
        return Corrections { marks, ..Corrections::default() };
    }
    let memory = Memory::of(
        agreed.iter().map(|(lesson, net)| (&lesson.brand, &lesson.words, lesson.class, *net)),
    );
    Corrections { table: table(&agreed), memory, marks }
}

fn by_sums(a: &Lesson, b: &Lesson) -> std::cmp::Ordering {
    let [one, two] = [a, b].map(|lesson| lesson.sums.map(f32::to_bits));
    one.cmp(&two)
}

/// Learns the table: each class by itself, beside what the judge's own table says, each weight held back.
/// All weights take a step at once, none so long that together they step too far.
fn table(lessons: &[(Lesson, u16)]) -> Vec<(u32, [f32; 3])> {
    let mut rows: Vec<u32> =
        lessons.iter().flat_map(|(lesson, _)| lesson.rows.iter().copied()).collect();
    rows.sort_unstable();
    rows.dedup();
    let mut weights: Vec<(u32, [f32; 3])> = rows.into_iter().map(|row| (row, [0.0; 3])).collect();
    let places: Vec<Vec<usize>> = lessons
        .iter()
        .map(|(lesson, _)| lesson.rows.iter().filter_map(|row| place(&weights, *row)).collect())
        .collect();
    let mut bends = vec![[RIDGE; 3]; weights.len()];
    let mut of_all = [0.0_f32; 3];
    let mut bend_of_all = [RIDGE_OF_ALL; 3];
    for ((lesson, times), places) in lessons.iter().zip(&places) {
        let (value, times) = (value(places.len()), f32::from((*times).min(MOST_TIMES)));
        let together = value * count(places.len()) + 1.0;
        let bend = lesson.sureness.platt.map(|[slope, _]| slope * slope / 4.0 * together * times);
        add(&mut bend_of_all, bend, 1.0);
        for at in places {
            if let Some(known) = bends.get_mut(*at) {
                add(known, bend, value);
            }
        }
    }
    let mut steps = vec![[0.0_f32; 3]; weights.len()];
    for _ in 0..PASSES {
        let mut step_of_all = [0.0_f32; 3];
        for ((lesson, times), places) in lessons.iter().zip(&places) {
            let value = value(places.len());
            let mut moved = of_all;
            add(&mut moved, sum(&weights, places), value);
            let missing = lesson.missing(moved);
            let times = f32::from((*times).min(MOST_TIMES));
            add(&mut step_of_all, missing, times);
            for at in places {
                if let Some(step) = steps.get_mut(*at) {
                    add(step, missing, times * value);
                }
            }
        }
        go(&mut of_all, &mut step_of_all, bend_of_all, RIDGE_OF_ALL);
        for (((_, weight), step), bend) in weights.iter_mut().zip(&mut steps).zip(&bends) {
            go(weight, step, *bend, RIDGE);
        }
    }
    weights
}

/// Takes one step of a weight, and forgets it.
fn go(weights: &mut [f32; 3], step: &mut [f32; 3], bend: [f32; 3], ridge: f32) {
    for ((weight, step), bend) in weights.iter_mut().zip(step).zip(bend) {
        *weight += (*step - ridge * *weight) / bend;
        *step = 0.0;
    }
}

fn add(to: &mut [f32; 3], more: [f32; 3], times: f32) {
    for (to, more) in to.iter_mut().zip(more) {
        *to += more * times;
    }
}

fn sum(table: &[(u32, [f32; 3])], places: &[usize]) -> [f32; 3] {
    let mut sum = [0.0; 3];
    for (_, weight) in places.iter().filter_map(|at| table.get(*at)) {
        add(&mut sum, *weight, 1.0);
    }
    sum
}

/// Returns where a row stands in the table.
fn place(table: &[(u32, [f32; 3])], row: u32) -> Option<usize> {
    table.binary_search_by_key(&row, |(known, _)| *known).ok()
}

/// Returns the value of each of so many rows: a long text counts no more than a short one.
fn value(rows: usize) -> f32 {
    1.0 / count(rows.max(1)).sqrt()
}

/// A text has fewer rows than a u16 counts, for all that is read of it.
fn count(rows: usize) -> f32 {
    f32::from(u16::try_from(rows).unwrap_or(u16::MAX))
}

impl Corrections {
    /// Tells whether nothing was learnt.
    pub fn is_empty(&self) -> bool {
        self.memory.is_empty()
    }

    /// How many marks taught.
    pub fn marks(&self) -> usize {
        self.marks
    }

    /// Returns how a text about a brand is moved; `None` where it is not.
    pub(super) fn of(
        &self,
        reading: &Reading,
        rating: Option<u8>,
        brand: Option<&BrandName>,
    ) -> Option<Moved> {
        if self.is_empty() {
            return None;
        }
        let recalled =
            brand.and_then(|brand| self.memory.recall(brand, &Words::of(reading, rating)));
        let mut known = BTreeMap::new();
        for (piece, token) in pieces(reading) {
            for row in rows(piece, brand) {
                known.entry(row).or_insert(token);
            }
        }
        // With the brand left out the rows are half as many, and worth what they are with it.
        let all = if brand.is_some() { known.len() } else { known.len() * 2 };
        let value = value(all);
        let mut told = [0.0; 3];
        let mut of_tokens: BTreeMap<usize, [f32; 3]> = BTreeMap::new();
        for (row, token) in known {
            if let Some((_, weight)) = place(&self.table, row).and_then(|at| self.table.get(at)) {
                add(&mut told, *weight, value);
                add(of_tokens.entry(token).or_default(), *weight, value);
            }
        }
        let sums = told.map(|sum| match (sum.abs() - LEAST).min(MOST) {
            moved if moved < TOLD => 0.0,
            moved => moved.copysign(sum),
        });
        let is_moved = sums.iter().any(|sum| *sum != 0.0);
        if !is_moved && recalled.is_none() {
            return None;
        }
        let sums = if is_moved { sums } else { [0.0; 3] };
        Some(Moved { sums, named: named(&of_tokens, sums), recalled })
    }
}

/// Returns the tokens that moved a text most in the class that is moved most, in their order.
fn named(of_tokens: &BTreeMap<usize, [f32; 3]>, sums: [f32; 3]) -> Vec<usize> {
    let most = (0..3).max_by(|a, b| {
        let much = |class: &usize| sums.get(*class).map_or(0.0, |sum| sum.abs());
        much(a).total_cmp(&much(b))
    });
    let class = most.unwrap_or_default();
    let sign = sums.get(class).copied().unwrap_or_default();
    let much = |told: &[f32; 3]| told.get(class).copied().unwrap_or_default() * sign;
    let mut tokens: Vec<(usize, f32)> =
        of_tokens.iter().map(|(token, told)| (*token, much(told))).collect();
    tokens.retain(|(_, much)| *much > 0.0);
    tokens.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
    let mut named: Vec<usize> = tokens.into_iter().map(|(token, _)| token).take(NAMED).collect();
    named.sort_unstable();
    named
}

/// Returns the rows of a piece: for all brands, and for one.
fn rows(piece: Hash, brand: Option<&BrandName>) -> impl Iterator<Item = u32> {
    let of_brand = brand.map(|brand| piece.byte(b'@').text(&brand.0).row(BITS));
    std::iter::once(piece.row(BITS)).chain(of_brand)
}

/// Returns the pieces of a text that may tell, each with the token it ends at: longer words and their
/// beginnings, neighbours, faces, and concepts that not any text may hold.
fn pieces(reading: &Reading) -> Vec<(Hash, usize)> {
    let mut pieces = Vec::new();
    let mut before: Option<(&str, u16)> = None;
    for (at, token) in reading.tokens.iter().enumerate() {
        if !matches!(token.kind, Kind::Word | Kind::Face) {
            // The name between two words keeps them apart; a comma does not.
            if token.kind != Kind::Mark {
                before = None;
            }
            continue;
        }
        let about = way(reading, at);
        let word = token.folded.as_str();
        let stem = beginning(word);
        if word.chars().count() >= SHORTEST || token.kind == Kind::Face {
            pieces.push((about(Hash::new(b'w')).text(word), at));
            if stem != word {
                pieces.push((about(Hash::new(b's')).text(stem), at));
            }
        }
        if let Some((before, sentence)) = before.replace((stem, token.sentence))
            && sentence == token.sentence
        {
            pieces.push((about(Hash::new(b'p')).text(before).byte(b' ').text(stem), at));
        }
    }
    for spot in &reading.spots {
        let name = NAMES.get(usize::from(spot.concept)).copied().unwrap_or_default();
        if !PLAIN.contains(&name) {
            let at = usize::from(spot.first);
            pieces.push((way(reading, at)(Hash::new(b'c')).byte(spot.concept), at));
        }
    }
    pieces.truncate(MOST_PIECES);
    pieces
}

/// Tells whether a word is negated, and whether it is said of somebody else.
fn way(reading: &Reading, at: usize) -> impl Fn(Hash) -> Hash + use<> {
    let negated = reading.tokens.get(at).is_some_and(|token| token.negated);
    let other = reading.zones.get(at) == Some(&Zone::Other);
    move |hash| hash.byte(u8::from(negated)).byte(u8::from(other))
}

fn beginning(word: &str) -> &str {
    word.char_indices().nth(STEM).and_then(|(end, _)| word.get(..end)).unwrap_or(word)
}
