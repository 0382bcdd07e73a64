//! A text as it is scanned: each letter as its class (see [`super::letter`]), marks and invisible
//! characters dropped, with a map back to the original. Made for speed: every text is read so, and
//! nearly none of them has a hit.

use super::letter::{class, is_mark, plain};
use std::sync::LazyLock;
use unicode_normalization::char::decompose_compatible;

/// A text as it is scanned.
#[derive(Debug, Default)]
pub(super) struct Scan {
    text: String,
    /// Where the distance between a byte here and the same in the original changes: both places.
    steps: Vec<(u32, u32)>,
}

/// The class of each ASCII character.
static ASCII: LazyLock<[u8; 128]> = LazyLock::new(|| {
    let mut table = [0; 128];
    for (byte, entry) in (0_u8..128).zip(&mut table) {
        let c = plain(char::from(byte)).unwrap_or(' ').to_ascii_lowercase();
        let class = if c.is_ascii_whitespace() { ' ' } else { class(c) };
        *entry = u8::try_from(class).unwrap_or(byte);
    }
    table
});

/// The classes of the characters that take two bytes; `\0` for what is dropped.
static TWO_BYTES: LazyLock<Vec<char>> = LazyLock::new(|| {
    (0..0x800)
        .map(|number| char::from_u32(number).and_then(|c| class_of(c).next()).unwrap_or('\0'))
        .collect()
});

impl Scan {
    pub(super) fn new(original: &str) -> Self {
        let mut scan = Self { text: String::with_capacity(original.len()), steps: Vec::new() };
        let mut bytes = Vec::with_capacity(original.len());
        let (ascii, two_bytes) = (&*ASCII, &*TWO_BYTES);
        let mut rest = original;
        let mut from = 0;
        while !rest.is_empty() {
            let run = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
            if run > 0 {
                scan.step(bytes.len(), from);
                let (plain, after) = rest.split_at_checked(run).unwrap_or((rest, ""));
                bytes.extend(
                    plain.bytes().map(|byte| ascii.get(usize::from(byte)).copied().unwrap_or(byte)),
                );
                from += run;
                rest = after;
            }
            let mut chars = rest.chars();
            while let Some(c) = chars.next() {
                if c.is_ascii() {
                    break;
                }
                scan.step(bytes.len(), from);
                from += c.len_utf8();
                rest = chars.as_str();
                match two_bytes.get(c as usize) {
                    Some('\0') => {}
                    Some(class) => push(&mut bytes, *class),
                    // Emoji stand for themselves.
                    None if matches!(c, '\u{1f200}'..='\u{1faff}') => push(&mut bytes, c),
                    None => class_of(c).for_each(|class| push(&mut bytes, class)),
                }
            }
        }
        scan.text = String::from_utf8(bytes).unwrap_or_default();
        scan
    }

    /// The text as it is scanned.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Returns where in the original the character stands of which the byte here was made.
    pub(super) fn original(&self, byte: usize) -> usize {
        let after = self.steps.partition_point(|(here, _)| *here as usize <= byte);
        match after.checked_sub(1).and_then(|at| self.steps.get(at)) {
            Some((here, there)) => *there as usize + (byte - *here as usize),
            None => byte,
        }
    }

    /// Notes that what comes `here` stands `there` in the original, where that is not plain.
    fn step(&mut self, here: usize, there: usize) {
        let (here, there) = (number(here), number(there));
        match self.steps.last_mut() {
            Some((last, place)) if *last == here => *place = there,
            Some((last, place)) if there - *place == here - *last => {}
            None if here == there => {}
            _ => self.steps.push((here, there)),
        }
    }
}

fn push(bytes: &mut Vec<u8>, c: char) {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => bytes.push(byte),
        _ => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
    }
}

/// Returns the classes of a character: none for a mark, two for a ligature.
fn class_of(c: char) -> impl Iterator<Item = char> {
    let mut parts = Vec::with_capacity(2);
    match plain(c) {
        Some('ß' | 'ẞ') => parts.extend(['s', 's']),
        Some(c) => decompose_compatible(c, |part| parts.push(part)),
        None => {}
    }
    parts
        .into_iter()
        .filter(|part| !is_mark(*part))
        .filter_map(plain)
        .map(|part| class(super::letter::comparable_char(part)))
}

/// Positions beyond four thousand million bytes do not occur: replies are limited to megabytes.
fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
