//! The words, numbers and marks that a date is written in.
//!
//! Letters are lowered and lose their accents here, and digits of other scripts become ASCII, so
//! that the tables of names hold each name once: `KASIM`, `kasım` and `kasim` are one word.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Dates are short. What lies behind so many characters is not looked at.
const MOST_CHARS: usize = 240;

/// One piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// The digits of a number: how many they are matters as much as what they mean.
    Number {
        value: u32,
        digits: usize,
    },
    Word(String),
    Mark(char),
}

/// A number of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// What it means; `u32::MAX` where that is too much to matter.
    pub(super) value: u32,
    pub(super) digits: usize,
}

impl Number {
    /// Says whether it can be the number of a day, month, hour or minute.
    pub(super) fn is_short(self) -> bool {
        self.digits <= 2
    }
}

/// The pieces of the beginning of a text.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Each with whether it stands directly behind the one before.
    pieces: Vec<(Piece, bool)>,
}

impl Pieces {
    pub(super) fn of(text: &str) -> Self {
        let mut pieces = Self::default();
        let mut glued = false;
        for c in text.trim_start().chars().take(MOST_CHARS) {
            fold(c, &mut |c| glued = pieces.push(c, glued));
        }
        pieces
    }

    /// Takes one character in. Returns whether the next one would stand directly behind something.
    fn push(&mut self, c: char, glued: bool) -> bool {
        let last = self.pieces.last_mut().filter(|_| glued);
        match (c, last) {
            (c, _) if c.is_whitespace() => return false,
            ('0'..='9', Some((Piece::Number { value, digits }, _))) => {
                *value = value.saturating_mul(10).saturating_add(u32::from(c) - u32::from('0'));
                *digits += 1;
            }
            // `r23` is a name. `12h30` is none, nor is `年11`.
            // `T` stands before a time.
            ('0'..='9', Some((Piece::Word(word), false))) if word.is_ascii() && word != "t" => {
                word.push(c);
            }
            ('0'..='9', _) => {
                let value = u32::from(c) - u32::from('0');
                self.pieces.push((Piece::Number { value, digits: 1 }, glued));
            }
            (c, Some((Piece::Word(word), _))) if c.is_alphabetic() => word.push(c),
            (c, _) if c.is_alphabetic() => {
                self.pieces.push((Piece::Word(c.to_string()), glued));
            }
            (c, _) => self.pieces.push((Piece::Mark(c), glued)),
        }
        true
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Returns how many words there are.
    pub(super) fn words(&self) -> usize {
        self.pieces.iter().filter(|(piece, _)| matches!(piece, Piece::Word(_))).count()
    }

    /// Returns the word at `at`; nothing where none is.
    pub(super) fn word(&self, at: usize) -> &str {
        match self.pieces.get(at) {
            Some((Piece::Word(word), _)) => word,
            _ => "",
        }
    }

    pub(super) fn number(&self, at: usize) -> Option<Number> {
        match self.pieces.get(at)? {
            (Piece::Number { value, digits }, _) => Some(Number { value: *value, digits: *digits }),
            _ => None,
        }
    }

    /// Returns the number at `at` if it stands directly behind what is before it.
    pub(super) fn glued_number(&self, at: usize) -> Option<Number> {
        self.number(at).filter(|_| self.is_glued(at))
    }

    pub(super) fn mark(&self, at: usize) -> Option<char> {
        match self.pieces.get(at)? {
            (Piece::Mark(mark), _) => Some(*mark),
            _ => None,
        }
    }

    pub(super) fn is_mark(&self, at: usize, marks: &[char]) -> bool {
        self.mark(at).is_some_and(|mark| marks.contains(&mark))
    }

    /// Says whether the piece at `at` stands directly behind the one before it.
    pub(super) fn is_glued(&self, at: usize) -> bool {
        self.pieces.get(at).is_some_and(|(_, glued)| *glued)
    }

    /// Returns the word before `at`; nothing where none is.
    pub(super) fn word_before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.word(before))
    }

    /// Says whether `at` begins something like `.30` or `/11`: one of `marks` and a number, all
    /// without a space.
    pub(super) fn goes_on(&self, at: usize, marks: &[char]) -> bool {
        self.is_mark(at, marks) && self.is_glued(at) && self.glued_number(at + 1).is_some()
    }

    /// Says whether all from `from` on are marks.
    pub(super) fn only_marks_from(&self, from: usize) -> bool {
        (from..self.len()).all(|at| self.mark(at).is_some())
    }
}

/// Gives `c` lowered, without its accent, to `each`: nothing, one character or some.
pub(super) fn fold(c: char, each: &mut impl FnMut(char)) {
    if c.is_ascii() {
        return each(c.to_ascii_lowercase());
    }
    for c in c.to_lowercase() {
        match c {
            'ı' => each('i'),
            'ł' => each('l'),
            'ø' => each('o'),
            'đ' => each('d'),
            'æ' => "ae".chars().for_each(&mut *each),
            'ß' => "ss".chars().for_each(&mut *each),
            '−' => each('-'),
            '’' => each('\''),
            // What marks the direction of writing, and what shows nothing.
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {}
            '٠'..='٩' => each(digit(c, '٠')),
            '۰'..='۹' => each(digit(c, '۰')),
            // Hangul would come apart.
            '가'..='힣' => each(c),
            _ => decompose_compatible(c, |part| {
                if !is_combining_mark(part) {
                    each(part);
                }
            }),
        }
    }
}

/// Returns the ASCII digit for `c` of the script whose nought is `zero`.
fn digit(c: char, zero: char) -> char {
    char::from_digit(u32::from(c).saturating_sub(u32::from(zero)), 10).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_apart_into_words_numbers_and_marks() {
        let pieces = Pieces::of("r23 » 21.Kasım 12h30 ۱۳۹۴");
        assert_eq!(pieces.word(0), "r23");
        assert_eq!(pieces.mark(1), Some('»'));
        assert_eq!(pieces.number(2), Some(Number { value: 21, digits: 2 }));
        assert!(!pieces.is_glued(2) && pieces.is_glued(3));
        assert_eq!(pieces.word(4), "kasim");
        assert_eq!((pieces.word(6), pieces.glued_number(7).unwrap().value), ("h", 30));
        assert_eq!(pieces.number(8), Some(Number { value: 1394, digits: 4 }));
        assert_eq!(pieces.len(), 9);
    }

    #[test]
    fn accents_and_case_do_not_matter() {
        let folded = |text: &str| {
            let mut folded = String::new();
            text.chars().for_each(|c| fold(c, &mut |c| folded.push(c)));
            folded
        };
        assert_eq!(
            folded("ŞUBAT İki Çarşamba heinäkuu måndag é e\u{301} １２：３０"),
            "subat iki carsamba heinakuu mandag e e 12:30"
        );
    }
}
