//! Which rows of the language table a text turns on: pieces of its words, hashed straight from the
//! letters. Trainer and judge share every line of this, so that what is learnt is what is asked.

use std::ops::Range;

/// The rows of the language table, in bits.
pub const BITS: u32 = 14;
/// Which part of a key is a piece of one letter, of two, and so on.
const MASKS: [u64; 5] = [0xfff, 0xff_ffff, 0xf_ffff_ffff, 0xffff_ffff_ffff, 0xfff_ffff_ffff_ffff];
/// How many letters of a word take part.
const WORD: usize = 24;
/// What a letter takes in a key: enough for every Latin one.
const LETTER: u32 = 12;
/// Before the first letter of a word, and after its last.
const BORDER: u64 = 1;
/// Every letter beyond the Latin ones.
const FOREIGN: u64 = 2;
/// From here on letters are not Latin, save for those of [`is_latin`].
const LATIN: char = '\u{2b0}';

/// What was seen of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many Latin letters.
    pub latin: usize,
    /// How many of other scripts.
    pub foreign: usize,
}

/// Whether the words behind a `#` are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    Left,
    Read,
}

/// Gives the rows of a text, a word at a time. Addresses, handles and numbers tell no language, nor
/// does what stands in `skip`, which is in order.
pub fn rows(
    text: impl IntoIterator<Item = char>,
    skip: &[Range<usize>],
    tags: Tags,
    mut push: impl FnMut(&[u32]),
) -> Seen {
    let mut seen = Seen::default();
    let mut word = Word::default();
    let mut skipped = skip.iter().filter(|range| !range.is_empty()).peekable();
    let mut passing = Passing::Nothing;
    for (at, c) in text.into_iter().enumerate() {
        while skipped.next_if(|range| range.end <= at).is_some() {}
        if skipped.peek().is_some_and(|range| range.start <= at) {
            // A word that contains it is no word of the text.
            word.length = 0;
            passing = Passing::Word;
            continue;
        }
        if passing.goes_on(c) {
            continue;
        }
        passing = Passing::Nothing;
        if let Some(letter) = letter_of(c) {
            word.add(letter);
            if letter == FOREIGN {
                seen.foreign += 1;
            } else {
                seen.latin += 1;
            }
        } else if is_apostrophe(c) && word.length > 0 {
            word.add(u64::from(b'\''));
        } else if c == '@' {
            // What stands before it in one piece is part of the address.
            word.length = 0;
            passing = Passing::Handle;
        } else if !is_mark(c) {
            if word.is_address(c) {
                word.length = 0;
                // Where the rest of it was left out, the text goes on.
                passing = if c.is_whitespace() { Passing::Nothing } else { Passing::Address };
            }
            word.give(&mut push);
            word.is_face = matches!(c, ':' | ';' | '=') || word.is_face && c == '-';
            match c {
                '#' if tags == Tags::Left => passing = Passing::Word,
                '¿' | '¡' => push(&[row_of(c.into())]),
                _ => {}
            }
        }
    }
    word.give(&mut push);
    seen
}

/// What is being passed over, unread.
#[derive(Clone, Copy)]
enum Passing {
    Nothing,
    Word,
    Handle,
    Address,
}

impl Passing {
    /// Tells whether `c` still belongs to it.
    fn goes_on(self, c: char) -> bool {
        let is_inner = || c.is_alphanumeric() || c == '_' || is_mark(c);
        match self {
            Self::Nothing => false,
            Self::Word => is_inner() || is_apostrophe(c),
            Self::Handle => is_inner() || matches!(c, '.' | '-' | '@'),
            Self::Address => !c.is_whitespace(),
        }
    }
}

/// The letters of one word.
struct Word {
    letters: [u64; WORD],
    length: usize,
    /// Whether eyes stand before it: one letter is a mouth then (`:D`).
    is_face: bool,
    /// Room for the rows that are given.
    rows: [u32; (WORD + 1) * MASKS.len() + 1],
}

impl Default for Word {
    fn default() -> Self {
        Self {
            letters: [0; WORD],
            length: 0,
            is_face: false,
            rows: [0; (WORD + 1) * MASKS.len() + 1],
        }
    }
}

impl Word {
    fn add(&mut self, letter: u64) {
        // Drawn-out letters (`jooooo`) tell no more than two.
        let before = self.letters.get(..self.length).unwrap_or_default();
        let drawn_out = matches!(before, [.., a, b] if *a == letter && *b == letter);
        if !drawn_out && let Some(slot) = self.letters.get_mut(self.length) {
            *slot = letter;
            self.length += 1;
        }
    }

    /// Tells whether an address began with this word, of which `next` is the sign behind it.
    fn is_address(&self, next: char) -> bool {
        let is = |word: &[u8]| {
            self.length == word.len()
                && self.letters.iter().zip(word).all(|(a, b)| *a == u64::from(*b))
        };
        // Of three letters that are the same two are kept.
        is(b"http") || is(b"https") || next == '.' && is(b"ww")
    }

    /// Gives the rows of the pieces of one to five letters that end at each letter, and of the word as a
    /// whole; then it is empty.
    fn give(&mut self, push: &mut impl FnMut(&[u32])) {
        let letters = self.letters.get(..self.length).unwrap_or_default();
        if letters.is_empty() || self.is_address(' ') || self.is_face && self.length == 1 {
            self.length = 0;
            return;
        }
        let mut given = 0;
        let (mut piece, mut whole) = (BORDER, 0_u64);
        for (letter, known) in letters.iter().chain([&BORDER]).zip(2..) {
            piece = piece << LETTER | letter;
            whole = (whole ^ letter).wrapping_mul(0x0100_0000_01b3);
            let Some(slots) = self.rows.get_mut(given..given + MASKS.len()) else { break };
            for (slot, mask) in slots.iter_mut().zip(MASKS) {
                // How long a piece is, its highest letter tells, which is never zero.
                *slot = row_of(piece & mask);
            }
            given += MASKS.len().min(known);
        }
        if let Some(slot) = self.rows.get_mut(given) {
            *slot = row_of(whole | 1 << 63);
            given += 1;
        }
        push(self.rows.get(..given).unwrap_or_default());
        self.length = 0;
    }
}

fn row_of(key: u64) -> u32 {
    // The top of a product depends on every bit of the key.
    u32::try_from(key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)).unwrap_or(0)
}

/// Returns the lower-case letter that `c` is, as a number; `None` where it is none.
fn letter_of(c: char) -> Option<u64> {
    match c {
        'a'..='z' => Some(c.into()),
        'A'..='Z' => Some(c.to_ascii_lowercase().into()),
        _ if c.is_ascii() || !c.is_alphabetic() => None,
        'İ' => Some('i'.into()),
        _ if is_latin(c) => c.to_lowercase().next().map(|c| u64::from(c) % (1 << LETTER)),
        _ => Some(FOREIGN),
    }
}

fn is_latin(c: char) -> bool {
    c < LATIN || ('\u{1e00}'..='\u{1eff}').contains(&c)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '`' | '´')
}

/// Tells whether `c` is a mark on a letter, or is not seen at all.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c) || crate::enrich::tokens::is_invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, skip: &[Range<usize>]) -> Vec<u32> {
        let mut all = Vec::new();
        rows(text.chars(), skip, Tags::Left, |rows| all.extend(rows));
        all
    }

    #[test]
    fn a_word_gives_its_pieces_and_itself() {
        // With its borders: `_e`, `ei`, `i_`, `_ei`, `ei_`, `_ei_`, `e`, `i`, `_`, and the word.
        assert_eq!(all("ei", &[]).len(), 10);
        let row = |key: u64| row_of(key);
        let (e, i) = (u64::from(b'e'), u64::from(b'i'));
        assert_eq!(all("ei", &[])[..2], [row(e), row(BORDER << LETTER | e)]);
        assert_eq!(all("ei", &[])[2], row(i));
        assert!(all("", &[]).is_empty());
        assert_eq!(all(&"ab".repeat(50), &[]).len(), all(&"ab".repeat(WORD / 2), &[]).len());
    }

    #[test]
    fn what_is_the_same_word_gives_the_same_rows() {
        let check = |text: &str, same: &str| assert_eq!(all(text, &[]), all(same, &[]), "{text}");
        check("EI TOIMI", "ei toimi");
        check("İYİ", "iyi");
        check("eiiiiii", "eii");
        check("ei\u{ad}kä", "eikä");
        check("l’appli, d´or", "l'appli d'or");
        check("ei 123 toimi!", "ei (toimi)");
        check("ei @toimi.fi_x https://toimi.example/x toimi", "ei toimi");
        check("ei someone@mail.example toimi", "ei toimi");
        check("http ei www.x.example", "ei");
        check("ei :D =P :-D", "ei");
        check("ei #tagi toimi", "ei toimi");
    }

    #[test]
    fn the_brand_is_left_out_with_its_endings() {
        let kept = all("on vika", &[]);
        assert_eq!(all("Acmella on vika", std::slice::from_ref(&(0..4))), kept);
        assert_eq!(all("Acme'nin on vika", std::slice::from_ref(&(0..4))), kept);
        assert_eq!(all("on Acme Oy vika", &[0..0, 3..10, 90..99]), kept);
        assert_eq!(all("superacme on vika", std::slice::from_ref(&(5..9))), kept);
    }

    #[test]
    fn letters_are_counted_by_script() {
        let seen = |text: &str| rows(text.chars(), &[], Tags::Left, |_| {});
        assert_eq!(seen("ağ şey ə 12"), Seen { latin: 6, foreign: 0 });
        assert_eq!(seen("не ok"), Seen { latin: 2, foreign: 2 });
        assert_eq!(seen("壊れ👍"), Seen { latin: 0, foreign: 2 });
    }
}
