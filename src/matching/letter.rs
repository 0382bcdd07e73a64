//! Letters as they are compared: one case, one spelling for signs that look alike, nothing invisible,
//! and what each stands for in the original. Beside it the class of a letter: the coarser alphabet in
//! which a text is scanned, where `é` is an `e`, a Cyrillic `а` an `a`, and a `0` an `o`. The scan finds
//! too much in it, and the letters say what was meant.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// How many combining marks a letter may have: those beyond it are decoration.
const MOST_MARKS: usize = 8;

/// One letter or sign of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    /// In lower case, normalised (NFKC); `I`, `İ` and `ı` all are `i`.
    pub(super) full: char,
    /// The same with its own case and dot.
    pub(super) raw: char,
    /// Where it begins in the original, in bytes.
    pub(super) at: usize,
    /// Where it ends there.
    pub(super) end: usize,
}

impl Letter {
    pub(super) fn is_upper(&self) -> bool {
        self.raw.is_uppercase()
    }

    /// Tells whether it belongs to a word.
    pub(super) fn is_word(&self) -> bool {
        self.full.is_alphanumeric()
    }

    pub(super) fn is_space(&self) -> bool {
        self.full.is_whitespace()
    }
}

/// Reads at most `most` letters of `original`, beginning at byte `from`.
pub(super) fn letters(original: &str, from: usize, most: usize) -> Vec<Letter> {
    let rest = original.get(from..).unwrap_or_default();
    let mut found = Vec::with_capacity(most.min(rest.len()));
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if found.len() >= most {
            break;
        }
        let at = from + at;
        let is_alone = chars.peek().is_none_or(|(_, next)| *next < '\u{a0}');
        if c.is_ascii() && c != '`' && is_alone {
            found.push(Letter { full: c.to_ascii_lowercase(), raw: c, at, end: at + 1 });
            continue;
        }
        let Some(c) = plain(c) else { continue };
        let mut end =
            at + original.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        if c.is_ascii() && chars.peek().is_none_or(|(_, next)| *next < '\u{a0}') {
            found.push(Letter { full: comparable_char(c), raw: c, at, end });
            continue;
        }
        let mut together = String::from(c);
        let mut marks = 0;
        // Something invisible may stand between a letter and its mark.
        while let Some((place, mark)) =
            chars.next_if(|(_, next)| is_mark(*next) || plain(*next).is_none())
        {
            if is_mark(mark) {
                end = from + place + mark.len_utf8();
                marks += 1;
                if marks <= MOST_MARKS {
                    together.push(mark);
                }
            }
        }
        for raw in together.nfkc().filter(|c| !is_mark(*c)).filter_map(plain) {
            match raw {
                'ß' | 'ẞ' => {
                    let raw = if raw == 'ß' { 's' } else { 'S' };
                    found.extend([Letter { full: 's', raw, at, end }; 2]);
                }
                raw => found.push(Letter { full: comparable_char(raw), raw, at, end }),
            }
        }
    }
    found
}

/// Returns the letters of a whole text.
pub(super) fn all_letters(text: &str) -> Vec<Letter> {
    letters(text, 0, usize::MAX)
}

/// Returns the text as its letters are compared.
pub(super) fn comparable(text: &str) -> String {
    all_letters(text).into_iter().map(|letter| letter.full).collect()
}

/// Tells whether two letters side by side belong to one word. Han, kana and Thai stand without blanks,
/// so that a word may end anywhere; only katakana goes on in katakana.
pub(super) fn is_one_word(one: char, other: char) -> bool {
    let is_katakana = |c: char| matches!(c, '\u{30a1}'..='\u{30fe}');
    let is_unspaced = |c: char| matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}');
    if !one.is_alphanumeric() || !other.is_alphanumeric() {
        return false;
    }
    (is_katakana(one) && is_katakana(other)) || !(is_unspaced(one) || is_unspaced(other))
}

/// Returns a character as it is compared.
pub(super) fn comparable_char(c: char) -> char {
    match c {
        'I' | 'İ' | 'ı' => 'i',
        'ς' => 'σ',
        c if c.is_ascii() => c.to_ascii_lowercase(),
        c => c.to_lowercase().next().unwrap_or(c),
    }
}

/// Returns the plain spelling of a sign that has several, or nothing for what cannot be seen.
pub(super) fn plain(c: char) -> Option<char> {
    match c {
        '\0'..='_' | 'a'..='\u{ac}' => Some(c),
        '`' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | '‘' | '’' | '‛' | '′' => Some('\''),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        // Would become the letters tm and sm, as if they belonged to the word.
        '™' | '℠' => Some('®'),
        // Letters in circles and squares, of which Unicode knows no plain form.
        '\u{1f150}'..='\u{1f169}' => plain_of(c, 0x1f150),
        '\u{1f170}'..='\u{1f189}' => plain_of(c, 0x1f170),
        _ if is_invisible(c) => None,
        _ => Some(small_capital(c).unwrap_or(c)),
    }
}

fn plain_of(c: char, first: u32) -> Option<char> {
    char::from_u32(u32::from('A') + (u32::from(c) - first))
}

/// Small capitals, which people write for decoration.
fn small_capital(c: char) -> Option<char> {
    const SMALL: [(char, char); 24] = [
        ('ᴀ', 'a'),
        ('ʙ', 'b'),
        ('ᴄ', 'c'),
        ('ᴅ', 'd'),
        ('ᴇ', 'e'),
        ('ꜰ', 'f'),
        ('ɢ', 'g'),
        ('ʜ', 'h'),
        ('ɪ', 'i'),
        ('ᴊ', 'j'),
        ('ᴋ', 'k'),
        ('ʟ', 'l'),
        ('ᴍ', 'm'),
        ('ɴ', 'n'),
        ('ᴏ', 'o'),
        ('ᴘ', 'p'),
        ('ʀ', 'r'),
        ('ꜱ', 's'),
        ('ᴛ', 't'),
        ('ᴜ', 'u'),
        ('ᴠ', 'v'),
        ('ᴡ', 'w'),
        ('ʏ', 'y'),
        ('ᴢ', 'z'),
    ];
    if !matches!(c, '\u{250}'..='\u{2af}' | '\u{1d00}'..='\u{1d2b}' | '\u{a730}'..='\u{a731}') {
        return None;
    }
    SMALL.iter().find(|(small, _)| *small == c).map(|(_, plain)| *plain)
}

/// Tells whether a character is of the category Cf (format), or chooses the look of the one before.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Tells whether a character is a mark on the letter before it. What remains of them after
/// normalising (struck-through text, an accent that no letter takes) is decoration.
pub(super) fn is_mark(c: char) -> bool {
    if c < '\u{300}' {
        return false;
    }
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
            | '\u{3099}'..='\u{309a}'
            | '\u{ff9e}'..='\u{ff9f}'
    ) || canonical_combining_class(c) != 0
}

/// Returns the class of a letter in lower case: what the scan compares.
pub(super) fn class(full: char) -> char {
    match full {
        'l' | '1' | 'i' => 'i',
        '0' => 'o',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        c if c.is_ascii() => c,
        c if c.is_whitespace() => ' ',
        c => match base(c) {
            'l' => 'i',
            base => base,
        },
    }
}

/// Returns a lower-case letter without its marks; one of another script as the Latin one that it looks
/// like.
pub(super) fn base(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    match c {
        'ø' | 'œ' => return 'o',
        'æ' | 'ɑ' => return 'a',
        'ð' | 'đ' => return 'd',
        'þ' | 'ŧ' => return 't',
        'ł' => return 'l',
        'ħ' => return 'h',
        'ŋ' => return 'n',
        'ɡ' => return 'g',
        _ => {}
    }
    let mut first = None;
    decompose_compatible(c, |part| first = first.or(Some(part)));
    let first = comparable_char(first.unwrap_or(c));
    looks_like(first).unwrap_or(first)
}

/// Returns the Latin letter that one of another script looks like, in either case (after the
/// confusables of Unicode UTS 39, in so far as the two cases agree).
pub(super) fn looks_like(c: char) -> Option<char> {
    Some(match c {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'н' | 'һ' | 'η' => 'h',
        'і' | 'ι' | 'ӏ' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' | 'μ' => 'm',
        'ν' => 'n',
        'о' | 'ο' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'ѵ' => 'v',
        'ѡ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'υ' => 'y',
        'ζ' => 'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(original: &str, expected: &str) {
        assert_eq!(comparable(original), expected, "{original:?}");
    }

    #[test]
    fn case_is_one() {
        check("ACME Äiti ÇŞĞ", "acme äiti çşğ");
        check("ISTANBUL İstanbul ıstanbul istanbul", "istanbul istanbul istanbul istanbul");
        check(&"İstanbul".to_lowercase(), "istanbul");
        check("ΟΔΟΣ οδος οδός", "οδοσ οδοσ οδόσ");
        check("Straße STRASSE STRAẞE", "strasse strasse strasse");
    }

    #[test]
    fn spelling_is_one() {
        check("A\u{308}ITI", "äiti");
        check("Ｆｕｌｌ ﬁt 𝐀𝐜𝐦𝐞", "full fit acme");
        check("Acme’n Acme´n Acme`n Acmeʼn", "acme'n acme'n acme'n acme'n");
        check("a–b a—b a‑b a−b", "a-b a-b a-b a-b");
        check("ｶﾞ か\u{3099}", "ガ が");
        check("한 \u{1112}\u{1161}\u{11ab}", "한 \u{1112}\u{1161}\u{11ab}");
        check("Acme™ Acme®", "acme® acme®");
        check("🅐🅒🅜🅔 🅰 ᴀᴄᴍᴇ", "acme a acme");
    }

    #[test]
    fn what_cannot_be_seen_is_dropped_and_decoration_too() {
        check("Ac\u{ad}me", "acme");
        check("Ac\u{200b}m\u{2060}e\u{feff}", "acme");
        check("a\u{202e}b", "ab");
        check("❤\u{fe0f}", "❤");
        check("e\u{ad}\u{301}", "é");
        check("A\u{336}c\u{336}m\u{336}e\u{336}", "acme");
    }

    #[test]
    fn a_letter_knows_its_place() {
        let places = |text| -> Vec<_> {
            all_letters(text)
                .into_iter()
                .map(|letter| (letter.full, letter.at..letter.end))
                .collect()
        };
        assert_eq!(places("aÄ"), [('a', 0..1), ('ä', 1..3)]);
        assert_eq!(places("A\u{308}b"), [('ä', 0..3), ('b', 3..4)]);
        assert_eq!(places("ﬁ"), [('f', 0..3), ('i', 0..3)]);
        assert_eq!(places("c\u{ad}\u{ad}m"), [('c', 0..1), ('m', 5..6)]);
        assert_eq!(places("e\u{ad}\u{301}"), [('é', 0..5)]);
    }

    #[test]
    fn classes_join_what_looks_alike() {
        let classes = |text: &str| comparable(text).chars().map(class).collect::<String>();
        assert_eq!(classes("Аcmе"), classes("Acme"));
        assert_eq!(classes("V0daf0ne"), classes("Vodafone"));
        assert_eq!(classes("E1isa"), classes("Elisa"));
        assert_eq!(classes("Łódź İŞÇİ ışık"), "iodz isci isik");
        assert_eq!(classes("Сбер"), classes("сбер"));
    }

    #[test]
    fn marks_without_end_are_taken_together() {
        let text = format!("a{}b", "\u{301}".repeat(100_000));
        assert_eq!(comparable(&text), "áb");
        assert_eq!(comparable(&"\u{301}".repeat(1_000)), "");
    }
}
