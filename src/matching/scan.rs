//! A text as it is scanned: each letter as its class (see [`super::letter`]), marks and invisible
//! characters dropped, with a map back to the original. Made for speed: every text is read so, and
//! nearly none of them has a hit.

use super::letter::{class, comparable_char, is_mark, plain};
use std::sync::LazyLock;
use unicode_normalization::char::decompose_compatible;

/// A text as it is scanned.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// UTF-8.
    bytes: Vec<u8>,
    /// Where the distance between a byte here and the same in the original changes: both places.
    steps: Vec<(u32, u32)>,
}

/// Stands in the table for characters of several classes, as ß.
const SEVERAL: char = '\u{1}';

/// The classes of the characters that take one byte, and of those that take two; `\0` for what is
/// dropped.
struct Tables {
    one: [u8; 256],
    two: Vec<char>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut one = [0; 256];
    for (byte, entry) in (0..=u8::MAX).zip(&mut one) {
        let c = plain(char::from(byte)).unwrap_or(' ').to_ascii_lowercase();
        *entry = u8::try_from(class(c)).unwrap_or(byte);
        if byte.is_ascii_whitespace() {
            *entry = b' ';
        }
    }
    let class = |number| match *char::from_u32(number).map(classes).unwrap_or_default() {
        [] => '\0',
        [class] => class,
        _ => SEVERAL,
    };
    let two = (0..0x800).map(class).collect();
    Tables { one, two }
});

impl Scan {
    pub(super) fn new(original: &str) -> Self {
        let tables = &*TABLES;
        let bytes = Vec::with_capacity(original.len());
        let mut scan = Self { bytes, steps: Vec::new() };
        let (mut rest, mut from) = (original.as_bytes(), 0_usize);
        loop {
            let (run, others) = rest.split_at_checked(ascii_length(rest)).unwrap_or((rest, &[]));
            if !run.is_empty() {
                scan.step(from);
                let class = |byte: &u8| tables.one.get(usize::from(*byte)).copied().unwrap_or(b' ');
                scan.bytes.extend(run.iter().map(class));
            }
            from += run.len();
            let [first, ..] = others else { break };
            let length = match first {
                ..0xe0 => 2,
                0xe0..0xf0 => 3,
                0xf0.. => 4,
            };
            if let [first, second, ..] = others
                && length == 2
            {
                scan.step(from);
                let number = usize::from(first & 0x1f) << 6 | usize::from(second & 0x3f);
                match tables.two.get(number).copied().unwrap_or('\0') {
                    '\0' => {}
                    SEVERAL => scan.push_rare(from, original),
                    class => scan.push(class),
                }
            } else {
                scan.push_rare(from, original);
            }
            from += length;
            rest = others.get(length..).unwrap_or_default();
        }
        scan
    }

    /// The text as it is scanned, in UTF-8.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn into_text(self) -> String {
        String::from_utf8(self.bytes).unwrap_or_default()
    }

    /// Returns where in the original the character stands of which the byte here was made.
    pub(super) fn original(&self, byte: usize) -> usize {
        let after = self.steps.partition_point(|(here, _)| *here as usize <= byte);
        match after.checked_sub(1).and_then(|at| self.steps.get(at)) {
            Some((here, there)) => *there as usize + (byte - *here as usize),
            None => byte,
        }
    }

    /// Notes that what comes next stands at `there` in the original, where that is not plain.
    fn step(&mut self, there: usize) {
        let (here, there) = (number(self.bytes.len()), number(there));
        match self.steps.last_mut() {
            Some((last, place)) if *last == here => *place = there,
            Some((last, place)) if there - *place == here - *last => {}
            None if here == there => {}
            _ => self.steps.push((here, there)),
        }
    }

    fn push(&mut self, c: char) {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => self.bytes.push(byte),
            _ => self.bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }

    /// Adds the character that stands at `from`.
    #[cold]
    fn push_rare(&mut self, from: usize, original: &str) {
        let Some(c) = original.get(from..).and_then(|rest| rest.chars().next()) else { return };
        self.step(from);
        // Emoji stand for themselves.
        if matches!(c, '\u{1f200}'..='\u{1faff}') {
            return self.push(c);
        }
        for class in classes(c) {
            self.step(from);
            self.push(class);
        }
    }
}

/// Returns how many ASCII bytes a text begins with.
fn ascii_length(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (number, chunk) in chunks.iter().enumerate() {
        let high = u64::from_le_bytes(*chunk) & 0x8080_8080_8080_8080;
        if high != 0 {
            return number * 8 + high.trailing_zeros() as usize / 8;
        }
    }
    chunks.len() * 8 + rest.iter().take_while(|byte| byte.is_ascii()).count()
}

/// Returns the classes of a character: none for a mark, two for a ligature.
fn classes(c: char) -> Vec<char> {
    let mut parts = Vec::with_capacity(2);
    match plain(c) {
        Some('ß' | 'ẞ') => parts.extend(['s', 's']),
        Some(c) => decompose_compatible(c, |part| parts.push(part)),
        None => {}
    }
    let shown = parts.into_iter().filter(|part| !is_mark(*part)).filter_map(plain);
    shown.map(|part| class(comparable_char(part))).collect()
}

/// Positions beyond four thousand million bytes do not occur: replies are limited to megabytes.
fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::letter::all_letters;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    #[test]
    fn a_text_is_scanned_in_classes() {
        let scanned = |text| Scan::new(text).into_text();
        assert_eq!(scanned("ELISA Äiti\tß ﬁ"), "eiisa aiti ss fi");
        assert_eq!(scanned("Ac\u{ad}me\u{301} İŞ ｆ🍎"), "acme is f🍎");
        assert_eq!(scanned("’“–"), "'“-");
        assert_eq!(scanned(&"\u{301}".repeat(1_000)), "");
    }

    proptest! {
        #[test]
        fn every_class_is_that_of_a_letter_of_the_original(text in "[a-zA-Z0-9äÖßşİı\u{301}\u{ad}аО ｶ🍎’ﬁ]{0,40}") {
            let scan = Scan::new(&text);
            let letters = all_letters(&text);
            for (at, c) in scan.bytes().iter().enumerate().filter(|(_, byte)| byte.is_ascii_alphabetic()) {
                let place = scan.original(at);
                prop_assert!(text.is_char_boundary(place));
                let letter = letters.iter().find(|letter| (letter.at..letter.end).contains(&place));
                prop_assert!(letter.is_some(), "{} at {} in {:?}", c, place, text);
            }
            let classes: String = letters.iter().map(|letter| class(letter.full)).collect();
            prop_assert_eq!(scan.into_text(), classes);
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,60}") {
            let scan = Scan::new(&text);
            let mut last = 0;
            let scanned = String::from_utf8(scan.bytes().to_vec()).unwrap();
            for (at, _) in scanned.char_indices() {
                let place = scan.original(at);
                prop_assert!(last <= place && place < text.len());
                last = place;
            }
        }
    }
}
