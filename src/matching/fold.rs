//! Text made comparable: one case, one spelling for signs that look alike, nothing invisible; with a
//! map back to the original, so that a match can be shown where it stands.
//!
//! `I`, `İ` and `ı` all become `i`, in every language: an `I` does not tell whether it is Turkish.

use std::iter::once;
use std::ops::Range;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// The most characters that are normalised together. A letter with more marks than this is no word
/// anybody looks for.
const MOST_TOGETHER: usize = 64;

/// A text made comparable.
#[derive(Debug, Default)]
pub(super) struct Folded {
    text: String,
    /// Where the distance between a byte here and a scalar value of the original changes.
    marks: Vec<Mark>,
    /// Where several scalar values of the original were taken together: the first, and how many.
    wide: Vec<(u32, u32)>,
}

/// From `byte` on, each byte stands for one scalar value, the first of them being `scalar`.
#[derive(Debug, Clone, Copy)]
struct Mark {
    byte: u32,
    scalar: u32,
}

impl Folded {
    pub(super) fn new(original: &str) -> Self {
        let mut folded = Self { text: String::with_capacity(original.len()), ..Self::default() };
        let (mut together, mut from, mut to) = (Vec::new(), 0, 0);
        for (at, c) in original.chars().enumerate() {
            let Some(c) = plain(c) else { continue };
            if begins_anew(c) || together.len() == MOST_TOGETHER {
                folded.push_together(&together, from..to);
                together.clear();
                from = at;
            } else if together.is_empty() {
                from = at;
            }
            together.push(c);
            to = at + 1;
        }
        folded.push_together(&together, from..to);
        folded
    }

    /// The comparable text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns what bytes `start` to `end` of the comparable text stand for in the original, in
    /// scalar values.
    pub(super) fn scalars(&self, start: usize, end: usize) -> Range<usize> {
        let last = self.text.get(start..end).and_then(|found| found.chars().next_back());
        let last = self.scalar(end.saturating_sub(last.map_or(0, char::len_utf8)));
        let wide = self.wide.binary_search_by_key(&number(last), |(first, _)| *first);
        let width = wide.ok().and_then(|at| self.wide.get(at)).map_or(1, |(_, width)| *width);
        self.scalar(start)..last + width as usize
    }

    fn scalar(&self, byte: usize) -> usize {
        let after = self.marks.partition_point(|mark| mark.byte as usize <= byte);
        match after.checked_sub(1).and_then(|at| self.marks.get(at)) {
            Some(mark) => mark.scalar as usize + (byte - mark.byte as usize),
            None => byte,
        }
    }

    /// Adds characters that stand at `place` in the original and are normalised together.
    fn push_together(&mut self, together: &[char], place: Range<usize>) {
        match together {
            [] => return,
            [c] if c.is_ascii() => self.push(*c, place.start),
            [c] if is_nfkc_quick(once(*c)) == IsNormalized::Yes => self.push(*c, place.start),
            _ => {
                // Normalising may bring signs that have several spellings themselves: ″ is two ′.
                // Lower case first, as some letters join with a mark only there: ẗ.
                let lower = together.iter().flat_map(|c| c.to_lowercase());
                let normal = lower.nfkc().filter_map(plain);
                normal.for_each(|c| self.push(c, place.start));
            }
        }
        if place.len() > 1 {
            self.wide.push((number(place.start), number(place.len())));
        }
    }

    /// Adds a normalised character that stands for what begins at `scalar`.
    fn push(&mut self, c: char, scalar: usize) {
        if self.scalar(self.text.len()) != scalar {
            self.marks.push(Mark { byte: number(self.text.len()), scalar: number(scalar) });
        }
        match c {
            'A'..='H' | 'J'..='Z' => self.text.push(c.to_ascii_lowercase()),
            'I' | 'İ' | 'ı' => self.text.push('i'),
            // The rest of an İ that somebody else put into lower case.
            '\u{307}' if self.text.ends_with('i') => {}
            'ς' => self.text.push('σ'),
            _ if c.is_ascii() => self.text.push(c),
            _ => self.text.extend(c.to_lowercase()),
        }
    }
}

/// Positions beyond four thousand million characters do not occur: replies are limited to megabytes.
fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Returns the plain spelling of a sign that has several, or nothing for what cannot be seen.
fn plain(c: char) -> Option<char> {
    match c {
        '\0'..='_' | 'a'..='\u{ac}' => Some(c),
        '`' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | '‘' | '’' | '‛' | '′' => Some('\''),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        'İ' | 'ı' => Some('i'), // before it joins with an accent
        // Would become the letters tm and sm, as if they belonged to the word.
        '™' | '℠' => Some('®'),
        _ if is_invisible(c) => None,
        _ => Some(c),
    }
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

/// Tells whether a character never joins with the one before it.
fn begins_anew(c: char) -> bool {
    if c < '\u{300}' {
        return true;
    }
    if canonical_combining_class(c) != 0 {
        return false;
    }
    match is_nfkc_quick(once(c)) {
        IsNormalized::Yes => true,
        IsNormalized::Maybe => false,
        IsNormalized::No => {
            let mut first = None;
            decompose_compatible(c, |part| first = first.or(Some(part)));
            first.is_none_or(|first| canonical_combining_class(first) == 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    #[track_caller]
    fn check(original: &str, expected: &str) {
        assert_eq!(Folded::new(original).text(), expected, "{original:?}");
    }

    /// Finds `part` in the folded text and shows what it stands for in the original.
    #[track_caller]
    fn check_place(original: &str, part: &str, expected: Range<usize>) {
        let folded = Folded::new(original);
        let start = folded.text().find(part).unwrap();
        assert_eq!(folded.scalars(start, start + part.len()), expected, "{original:?}");
    }

    #[test]
    fn case_is_one() {
        check("ACME Äiti ÇŞĞ", "acme äiti çşğ");
        check("ISTANBUL İstanbul ıstanbul istanbul", "istanbul istanbul istanbul istanbul");
        check(&"İstanbul".to_lowercase(), "istanbul");
        check("ΟΔΟΣ οδος οδός", "οδοσ οδοσ οδόσ");
    }

    #[test]
    fn spelling_is_one() {
        check("A\u{308}ITI", "äiti");
        check("Ｆｕｌｌ ﬁt 𝐀𝐜𝐦𝐞", "full fit acme");
        check("Acme’n Acme´n Acme`n Acmeʼn", "acme'n acme'n acme'n acme'n");
        check("a–b a—b a‑b a−b", "a-b a-b a-b a-b");
        check("ｶﾞ か\u{3099}", "ガ が");
        check("한", "한");
        check("Acme™ Acme®", "acme® acme®");
    }

    #[test]
    fn what_cannot_be_seen_is_dropped() {
        check("Ac\u{ad}me", "acme");
        check("Ac\u{200b}m\u{2060}e\u{feff}", "acme");
        check("a\u{202e}b", "ab");
        check("❤\u{fe0f}", "❤");
        check("e\u{ad}\u{301}", "é");
    }

    #[test]
    fn places_are_those_of_the_original() {
        check_place("Acme", "acme", 0..4);
        check_place("ä Acme", "acme", 2..6);
        check_place("a\u{308} Acme", "acme", 3..7);
        check_place("İİ Acme", "acme", 3..7);
        check_place("🍎👩\u{200d}🍳 Acme", "acme", 5..9);
        check_place("ﬁﬁ Acme", "acme", 3..7);
        check_place("\u{feff}Ac\u{ad}me\u{ad} x", "acme", 1..6);
        check_place("Acme\u{301} x", "acmé", 0..5);
        check_place("e\u{ad}\u{301} x", "é", 0..3);
    }

    #[test]
    fn a_text_only_of_marks_is_no_trouble() {
        let folded = Folded::new(&"\u{301}".repeat(100_000));
        assert_eq!(folded.text().chars().count(), 100_000);
        assert_eq!(Folded::new("").scalars(0, 0), 0..1);
    }

    proptest! {
        #[test]
        fn folding_is_normalising_and_lower_case(text in "[a-zA-HJ-Zäö\u{308}\u{301}ｶﾞﾊﾟﬁ½ ]{0,30}") {
            let expected: String = text.to_lowercase().nfkc().collect();
            let folded = Folded::new(&text);
            prop_assert_eq!(folded.text(), expected);
        }

        #[test]
        fn folding_twice_is_folding_once(text in "[ -\u{24f}\u{2010}-\u{203f}\u{2070}-\u{214f}\u{3040}-\u{30ff}\u{ff01}-\u{ff9f}\u{301}\u{308}]{0,40}") {
            let once = Folded::new(&text);
            let twice = Folded::new(once.text());
            prop_assert_eq!(once.text(), twice.text());
        }

        #[test]
        fn every_place_lies_in_the_original(text in "\\PC{0,40}") {
            let folded = Folded::new(&text);
            let length = text.chars().count();
            let mut last = 0;
            for (at, c) in folded.text().char_indices() {
                let place = folded.scalars(at, at + c.len_utf8());
                prop_assert!(last <= place.start && place.start < place.end && place.end <= length);
                last = place.start;
            }
        }
    }
}
