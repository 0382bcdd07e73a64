//! Small things about text that every room needs: which language it is in, counting nouns, cutting
//! for display, and making what came from outside safe to show.

use std::fmt;
use std::str::FromStr;

pub mod account;
pub mod date;
pub mod html;
pub mod json;

/// A language by its two-letter ISO 639-1 code, lower case: `fi`, `tr`, `en`.
///
/// What somebody claims (`en-GB`, `fi_FI`, `FI`) is reduced to the code; longer codes are unknown
/// here and give no `Language`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language([u8; 2]);

impl Language {
    pub const FINNISH: Self = Self(*b"fi");
    pub const TURKISH: Self = Self(*b"tr");
    pub const ENGLISH: Self = Self(*b"en");
    pub const SWEDISH: Self = Self(*b"sv");

    /// Returns the two-letter code.
    pub fn code(&self) -> &str {
        // Only ASCII letters are ever stored.
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

/// Said of a language claim that is no two-letter code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no two-letter language code")]
pub struct NoLanguage(pub String);

impl FromStr for Language {
    type Err = NoLanguage;

    fn from_str(claim: &str) -> Result<Self, NoLanguage> {
        let primary = claim.trim().split(['-', '_']).next().unwrap_or_default();
        match *primary.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_lowercase(), b.to_ascii_lowercase()]))
            }
            _ => Err(NoLanguage(claim.to_owned())),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({})", self.code())
    }
}

impl serde::Serialize for Language {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Language {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

/// Returns `number` with its noun, in the plural unless there is one: `1 mention`, `3 mentions`.
pub fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ => format!("{number} {noun}s"),
    }
}

/// Returns `text` on one line, cut to at most `most` characters at a word where one is near, with an
/// ellipsis where something was left out.
pub fn cut(text: &str, most: usize) -> String {
    let is_plain = |text: &str| {
        text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace))
    };
    if text.len() <= most && is_plain(text) {
        return text.to_owned();
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let kept: String = line.chars().take(most.saturating_sub(1)).collect();
    let at_word = kept.rfind(' ').filter(|at| *at > kept.len() / 2).unwrap_or(kept.len());
    let (head, _) = kept.split_at(at_word);
    format!("{}…", head.trim_end_matches([' ', ',', '.', ';', ':']))
}

/// Returns `text` with its control and direction-changing characters made visible, so that text
/// from outside cannot drive a terminal or forge a line: `␛` for escape, `\u{202e}` for an override.
/// Line breaks and tabs become spaces.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push(' '),
            '\0'..='\x1f' => shown.push(char::from_u32(0x2400 + c as u32).unwrap_or('?')),
            '\x7f' => shown.push('␡'),
            '\u{80}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => shown.extend(c.escape_unicode()),
            _ => shown.push(c),
        }
    }
    shown
}

/// Returns the candidate nearest to `word`, if any is near enough that a slip of the finger explains
/// the difference.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_agree_with_their_number() {
        assert_eq!(count(1, "mention"), "1 mention");
        assert_eq!(count(0, "mention"), "0 mentions");
        assert_eq!(count(2, "entry"), "2 entries");
        assert_eq!(count(2, "day"), "2 days");
    }

    #[test]
    fn a_long_text_is_cut_at_a_word() {
        assert_eq!(cut("one two  three four", 13), "one two…");
        assert_eq!(cut("one two three", 13), "one two three");
        assert_eq!(cut("ääkkösiäääääää", 5), "ääkk…");
    }

    #[test]
    fn controls_are_made_visible() {
        assert_eq!(visible("a\x1b[31mb\u{202e}c\nd"), "a␛[31mb\\u{202e}c d");
    }

    #[test]
    fn a_language_claim_is_reduced_to_its_code() {
        assert_eq!("en-GB".parse(), Ok(Language::ENGLISH));
        assert_eq!("FI_fi".parse(), Ok(Language::FINNISH));
        assert!("eng".parse::<Language>().is_err());
    }

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        assert_eq!(nearest("brnad", ["brand", "source"]), Some("brand"));
        assert_eq!(nearest("xyzzy", ["brand", "source"]), None);
    }
}
