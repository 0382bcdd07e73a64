//! Character references in XML, as people write them.

use html5ever::data::NAMED_ENTITIES;
use std::borrow::Cow;
use std::collections::HashMap;

/// The longest name of a character reference that HTML knows is shorter.
const MOST_REFERENCE_BYTES: usize = 40;
/// Entities that one document may declare, and how long they may be.
const MOST_ENTITIES: usize = 300;
const MOST_ENTITY_BYTES: usize = 200;

/// Entities that a document declares for itself. They stand for text only and never for one
/// another, so that they cannot multiply.
#[derive(Debug, Default)]
pub(super) struct Entities(HashMap<String, String>);

impl Entities {
    /// Learns what a DOCTYPE declares.
    pub(super) fn learn(&mut self, doctype: &str) {
        for piece in doctype.split("<!ENTITY").skip(1).take(MOST_ENTITIES) {
            let piece = piece.trim_start();
            let Some((name, behind)) = piece.split_once(char::is_whitespace) else { continue };
            let Some(quote) = behind.trim_start().chars().next() else { continue };
            let mut parts = behind.trim_start().split(quote);
            let value = parts.nth(1).unwrap_or_default();
            let is_text = matches!(quote, '"' | '\'') && value.len() <= MOST_ENTITY_BYTES;
            if is_text && self.0.len() < MOST_ENTITIES {
                let value = decode(value, &Self::default()).into_owned();
                self.0.entry(name.to_owned()).or_insert(value);
            }
        }
    }
}

/// Returns a text with its references decoded, once: XML's, numbers, HTML's names, and those that
/// the document declares. What only looks like one stays.
pub(super) fn decode<'a>(text: &'a str, entities: &Entities) -> Cow<'a, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        decoded.push_str(before);
        rest = behind;
        match split_name(behind) {
            Some((name, after)) if meaning(name, entities, &mut decoded) => rest = after,
            Some(_) | None => decoded.push('&'),
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Parts a reference, of which the `&` is gone already, from what comes behind it.
fn split_name(behind: &str) -> Option<(&str, &str)> {
    let front = behind.as_bytes().iter().take(MOST_REFERENCE_BYTES);
    let at = front.clone().position(|b| *b == b';')?;
    let (name, after) = behind.split_at_checked(at)?;
    Some((name, after.strip_prefix(';')?))
}

/// Writes what a reference means; tells whether it means anything.
fn meaning(name: &str, entities: &Entities, decoded: &mut String) -> bool {
    match name {
        "amp" => decoded.push('&'),
        "lt" => decoded.push('<'),
        "gt" => decoded.push('>'),
        "quot" => decoded.push('"'),
        "apos" => decoded.push('\''),
        _ => {
            if let Some(digits) = name.strip_prefix('#') {
                return number(digits, decoded);
            } else if let Some(value) = entities.0.get(name) {
                decoded.push_str(value);
            } else if let Some((first, second)) = named(name) {
                decoded.push(first);
                decoded.extend(second);
            } else {
                return false;
            }
        }
    }
    true
}

/// Writes what a number means; tells whether it is one. `&#150;` is meant as in windows-1252, as every
/// browser reads it; a character that may not be is left out.
fn number(digits: &str, decoded: &mut String) -> bool {
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let Ok(number) = number else { return false };
    let c = match u8::try_from(number) {
        Ok(byte @ 0x80..=0x9f) => {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next()
        }
        _ => char::from_u32(number),
    };
    decoded.extend(c.filter(|c| is_legal(*c)));
    true
}

fn named(name: &str) -> Option<(char, Option<char>)> {
    let (first, second) = *NAMED_ENTITIES.get(format!("{name};").as_str())?;
    // Zero is a beginning of a name that is none.
    let first = char::from_u32(first).filter(|c| *c != '\0')?;
    Some((first, char::from_u32(second).filter(|c| *c != '\0')))
}

/// Escapes what only looks like a reference, writes HTML's names as numbers, and takes out
/// characters that XML forbids, for readers that decode themselves.
pub fn mend(text: &str) -> String {
    let mut mended = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<']) {
        let (before, here) = rest.split_at(at);
        mended.push_str(&legal(before));
        rest = if let Some(behind) = here.strip_prefix('&') {
            reference(behind, &mut mended)
        } else if here.starts_with("<![CDATA[") {
            verbatim(here, "]]>", &mut mended)
        } else if here.starts_with("<!--") {
            // Nobody misses it.
            verbatim(here, "-->", &mut String::new())
        } else {
            let (bracket, behind) = here.split_at(1);
            mended.push_str(bracket);
            behind
        };
    }
    mended.push_str(&legal(rest));
    mended
}

/// Writes one `&` with what belongs to it, and returns what comes behind.
fn reference<'a>(behind: &'a str, mended: &mut String) -> &'a str {
    let mut decoded = String::new();
    match split_name(behind) {
        Some((name @ ("amp" | "lt" | "gt" | "quot" | "apos"), after)) => {
            mended.extend(["&", name, ";"]);
            after
        }
        Some((name, after)) if meaning(name, &Entities::default(), &mut decoded) => {
            mended.extend(decoded.chars().map(|c| format!("&#{};", c as u32)));
            after
        }
        Some(_) | None => {
            mended.push_str("&amp;");
            behind
        }
    }
}

/// Copies up to and with `end`, where it comes; what does not end is left for the parser.
fn verbatim<'a>(here: &'a str, end: &str, mended: &mut String) -> &'a str {
    let length = here.find(end).map_or(here.len(), |at| at + end.len());
    let (kept, behind) = here.split_at(length);
    mended.push_str(&legal(kept));
    behind
}

/// Returns a text without the characters that XML forbids.
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    // Most texts have none: controls are looked for as bytes, the two others by how they begin.
    let is_odd = |b: &u8| matches!(b, 0..=8 | 0xb | 0xc | 0xe..=0x1f);
    if !text.as_bytes().iter().any(is_odd) && !text.contains(['\u{fffe}', '\u{ffff}']) {
        return Cow::Borrowed(text);
    }
    let legal = text.chars().filter_map(|c| match c {
        '\x0b' | '\x0c' => Some(' '),
        _ => is_legal(c).then_some(c),
    });
    Cow::Owned(legal.collect())
}

fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(mend(text), expected);
    }

    #[test]
    fn references_are_decoded_once() {
        let mut entities = Entities::default();
        entities.learn(
            "<!DOCTYPE a [<!ENTITY b \"&#246;\"> <!ENTITY c '&b;&b;'><!ENTITY % d 'e'><!ENTITY amp 'x'>]>",
        );
        for (text, expected) in [
            ("AT&T a & b &amp; &lt; &", "AT&T a & b & < &"),
            ("&amp;amp; &amp;lt;b&gt;", "&amp; &lt;b>"),
            ("&auml;&nbsp;&xyzzy;&AMP;", "ä\u{a0}&xyzzy;&"),
            ("&#228;&#xE4;&#XE4;&#150;", "äää–"),
            ("a&#0;&#x1F;&#xD800;&#99999999;b&#99999999999;", "ab&#99999999999;"),
            ("&b; &c; &e;", "ö &b;&b; &e;"),
            ("?a=1&b=2&copy=3;", "?a=1&b=2&copy=3;"),
        ] {
            assert_eq!(decode(text, &entities), expected);
        }
    }

    #[test]
    fn stray_ampersands_are_escaped_and_references_kept() {
        check("AT&T a & b &amp; &lt; &", "AT&amp;T a &amp; b &amp; &lt; &amp;");
        check("?a=1&b=2&copy=3;", "?a=1&amp;b=2&amp;copy=3;");
        check("&auml;&nbsp;&xyzzy;", "&#228;&#160;&amp;xyzzy;");
        check("&#228;&#xE4;&#XE4;&#150;", "&#228;&#228;&#228;&#8211;");
        check("a&#0;&#x1F;&#xD800;&#99999999;b", "ab");
        check("<![CDATA[a & b &auml;]]>&<![CDATA[", "<![CDATA[a & b &auml;]]>&amp;<![CDATA[");
    }

    #[test]
    fn forbidden_characters_are_taken_out() {
        check("a\0b\x0bc\u{fffe}d\te", "ab cd\te");
        check("<![CDATA[a\0b]]>", "<![CDATA[ab]]>");
    }

    proptest! {
        #[test]
        fn mended_references_are_always_left_alone(text in "(&|;|#|x|amp|auml|[0-9]|<!\\[CDATA\\[|\\]\\]>|\\PC){0,20}") {
            let mended = mend(&text);
            prop_assert_eq!(mend(&mended), mended.clone());
        }

        #[test]
        fn any_text_is_always_decoded(text in "(&|;|#|x|amp|auml|[0-9]|\\PC){0,20}") {
            prop_assert!(text.contains('&') || decode(&text, &Entities::default()) == text);
        }
    }
}
