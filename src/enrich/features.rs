//! Turns tokens into what the judge's table knows: hashed features. Trainer and judge share every
//! line of this and of [`tokens`](super::tokens), so that what is learnt is what is asked.

use super::lexicon::{Lexicon, Side};
use super::tokens::{Kind, Token, WORD, is_invisible};

/// Changes whenever the same text gives other features; a table of another version does not load.
pub const VERSION: u32 = 1;
/// How many bits of a feature's hash choose its row in the table.
pub const BITS: u32 = 20;
/// The rows of the language table, in bits.
pub const LANGUAGE_BITS: u32 = 14;

/// The features of a text, as rows of the table, each once and sorted, in three blocks that are
/// weighted apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bag {
    pub words: Vec<u32>,
    pub chars: Vec<u32>,
    pub signs: Vec<u32>,
}

impl Bag {
    /// Returns every row with its value.
    pub fn rows(&self) -> impl Iterator<Item = (u32, f32)> + '_ {
        let (words, chars) = (share(self.words.len()), share(self.chars.len()));
        self.words
            .iter()
            .map(move |row| (*row, words))
            .chain(self.chars.iter().map(move |row| (*row, chars)))
            .chain(self.signs.iter().map(|row| (*row, SIGN)))
    }
}

/// Returns the value of each of `rows` features, so that a long text counts no more than a short one.
pub fn share(rows: usize) -> f32 {
    // A text has fewer rows than a u16 counts, for all that is read of it.
    1.0 / f32::from(u16::try_from(rows.max(1)).unwrap_or(u16::MAX)).sqrt()
}

/// The value of a sign.
pub const SIGN: f32 = 0.3;

/// A feature as the part of a hash: FNV-1a, with a last stir, because the row is taken from the top.
#[derive(Clone, Copy)]
pub struct Hash(u64);

impl Hash {
    pub fn new(kind: u8) -> Self {
        Self(0xcbf2_9ce4_8422_2325).byte(kind)
    }

    #[must_use]
    pub fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    #[must_use]
    pub fn text(self, text: &str) -> Self {
        text.bytes().fold(self, Self::byte)
    }

    #[must_use]
    pub fn char(self, c: char) -> Self {
        let mut buffer = [0; 4];
        self.text(c.encode_utf8(&mut buffer))
    }

    /// Returns the row in a table of two to the power of `bits`.
    pub fn row(self, bits: u32) -> u32 {
        let stirred = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        u32::try_from(stirred >> (64 - bits)).unwrap_or(0)
    }
}

/// Returns the features of a text.
pub fn bag(tokens: &[Token], lexicon: &Lexicon) -> Bag {
    let mut bag = Bag::default();
    for at in 0..tokens.len() {
        word_rows(tokens, at, &mut |row| bag.words.push(row));
        char_rows(tokens, at, &mut |row| bag.chars.push(row));
    }
    target_rows(tokens, &mut |row| bag.words.push(row));
    sign_rows(tokens, lexicon, &mut |row| bag.signs.push(row));
    for rows in [&mut bag.words, &mut bag.chars, &mut bag.signs] {
        rows.sort_unstable();
        rows.dedup();
    }
    bag
}

/// Gives the rows of a word, of the pair that it ends, and of that pair without its endings (which
/// languages like Finnish and Turkish have many of).
pub fn word_rows(tokens: &[Token], at: usize, push: &mut impl FnMut(u32)) {
    let Some(token) = tokens.get(at) else { return };
    push(Hash::new(b'w').text(&token.folded).row(BITS));
    if token.negated {
        push(Hash::new(b'n').text(&token.folded).row(BITS));
    }
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let word_before = before.map_or("^", |token| &token.folded);
    push(Hash::new(b'b').text(word_before).byte(b' ').text(&token.folded).row(BITS));
    if let (Some(before), Kind::Word) = (before, token.kind) {
        for letters in 4..=6_u8 {
            if let Some(stem) = stem(&token.folded, letters.into()) {
                let start = before.folded.char_indices().nth(letters.into());
                let (stem_before, _) =
                    before.folded.split_at(start.map_or(before.folded.len(), |(at, _)| at));
                push(
                    Hash::new(b'q').byte(letters).text(stem_before).byte(b' ').text(stem).row(BITS),
                );
            }
        }
    }
}

/// Returns the first `letters` of a word that has as many.
fn stem(word: &str, letters: usize) -> Option<&str> {
    let (end, last) = word.char_indices().nth(letters.checked_sub(1)?)?;
    word.get(..end + last.len_utf8())
}

/// Gives the rows of the pieces of two to five letters of a word, with its borders, and of its
/// beginnings of up to six.
pub fn char_rows(tokens: &[Token], at: usize, push: &mut impl FnMut(u32)) {
    let Some(token) = tokens.get(at).filter(|token| token.kind == Kind::Word) else { return };
    let mut letters = ['_'; WORD + 2];
    let mut length = 1;
    for (slot, c) in letters.iter_mut().skip(1).take(WORD).zip(token.folded.chars()) {
        *slot = c;
        length += 1;
    }
    let letters = letters.get(..=length).unwrap_or_default();
    for start in 0..letters.len() {
        let mut hash = Hash::new(b'c');
        let longest = if start == 0 { 7 } else { 5 };
        for (more, c) in letters.iter().skip(start).take(longest).enumerate() {
            hash = hash.char(*c);
            if more > 0 {
                push(hash.row(BITS));
            }
        }
    }
}

/// Gives the rows of what stands near the brand, where the text says more than that.
fn target_rows(tokens: &[Token], push: &mut impl FnMut(u32)) {
    let Some(first) = tokens.iter().position(|token| token.kind == Kind::Target) else { return };
    let last_clause = tokens.last().map_or(0, |token| token.clause);
    if last_clause == 0 {
        return;
    }
    let clause = tokens.get(first).map_or(0, |token| token.clause);
    for token in tokens.iter().filter(|token| token.clause == clause && token.kind == Kind::Word) {
        push(Hash::new(b't').text(&token.folded).row(BITS));
    }
}

/// Gives the rows of what a text shows at a glance: faces, shouting, and words of the lexicon.
fn sign_rows(tokens: &[Token], lexicon: &Lexicon, push: &mut impl FnMut(u32)) {
    let mut sign = |name: &str, times: usize| {
        for time in (1..=3_u8).take(times) {
            push(Hash::new(b's').text(name).byte(time).row(BITS));
        }
    };
    let count = |is: &dyn Fn(&Token) -> bool| tokens.iter().filter(|token| is(token)).count();
    sign("shouted", count(&|token| token.shouted));
    sign("drawn out", count(&|token| token.drawn_out));
    sign("!!", count(&|token| token.folded == "!!"));
    sign("??", count(&|token| token.folded == "??"));
    sign("quoted", count(&|token| token.folded == "\""));
    sign("target", count(&|token| token.kind == Kind::Target));
    let sides: Vec<Option<Side>> = tokens.iter().map(|token| lexicon.side(token)).collect();
    let target = tokens.iter().find(|token| token.kind == Kind::Target).map(|target| target.clause);
    let last = tokens.last().map_or(0, |token| token.clause);
    for (side, names) in [
        (Side::Bad, ["bad", "not bad", "near bad", "last bad"]),
        (Side::Good, ["good", "not good", "near good", "last good"]),
    ] {
        let of_side = || {
            tokens.iter().zip(&sides).filter(|(_, of)| **of == Some(side)).map(|(token, _)| token)
        };
        let plain = |clause: Option<u16>| {
            of_side()
                .filter(|token| {
                    !token.negated && clause.is_none_or(|clause| token.clause == clause)
                })
                .count()
        };
        let [anywhere, negated, near, at_last] = names;
        sign(anywhere, plain(None));
        sign(negated, of_side().filter(|token| token.negated).count());
        if target.is_some() {
            sign(near, plain(target));
        }
        sign(at_last, plain(Some(last)));
    }
}

/// Returns the rows of a text in the language table: pieces of one to four letters.
pub fn language_rows(tokens: &[Token], text: &[char]) -> Vec<u32> {
    let mut rows = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == Kind::Word) {
        let mut letters = vec!['_'];
        letters.extend(
            text.iter()
                .take(token.at.end)
                .skip(token.at.start)
                .take(WORD)
                .copied()
                .filter(|c| !is_invisible(*c))
                .flat_map(char::to_lowercase),
        );
        letters.push('_');
        for start in 0..letters.len() {
            let mut hash = Hash::new(b'l');
            for c in letters.iter().skip(start).take(4) {
                hash = hash.char(*c);
                rows.push(hash.row(LANGUAGE_BITS));
            }
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::tokens::tokens;
    use std::ops::Range;

    /// The rows of the table are learnt under these numbers: whoever changes one, changes [`VERSION`]
    /// and learns anew.
    #[test]
    fn the_features_of_a_text_stay_what_they_are() {
        let check = |text: &str,
                     targets: &[Range<usize>],
                     language: &str,
                     expected: (usize, usize, usize, u64)| {
            let bag = bag(&tokens(text, targets), Lexicon::of(language));
            let all = bag.rows().fold(Hash::new(0), |hash, (row, _)| hash.text(&row.to_string()));
            assert_eq!(
                (bag.words.len(), bag.chars.len(), bag.signs.len(), all.0),
                expected,
                "{text}"
            );
        };
        check("", &[], "en", (0, 0, 0, 12_638_153_115_695_167_455));
        check("ei toimi", &[], "fi", (7, 25, 1, 746_349_058_688_421_700));
        check(
            "Acme never answers!!",
            std::slice::from_ref(&(0..4)),
            "en",
            (14, 47, 2, 6_350_043_307_643_155_933),
        );
        check(
            "Acme'nin kargosu GELMEDİ :(",
            std::slice::from_ref(&(0..4)),
            "tr",
            (14, 56, 8, 17_257_604_156_667_303_742),
        );
        check(
            "hyvä palvelu, mutta Acme ei vastaa",
            std::slice::from_ref(&(20..24)),
            "fi",
            (26, 89, 2, 1_205_357_946_762_972_822),
        );
    }

    #[test]
    fn a_feature_is_a_fixed_row() {
        assert_eq!(Hash::new(b'w').text("toimi").row(BITS), 962_215);
        assert_eq!(Hash::new(b'c').char('_').char('ö').row(LANGUAGE_BITS), 4894);
    }
}
