//! Character references in XML, as people write them.

use html5ever::data::NAMED_ENTITIES;

/// The longest name of a character reference that HTML knows is shorter.
const MOST_REFERENCE_BYTES: usize = 40;

/// Escapes what only looks like a reference, writes HTML's names as numbers, and takes out
/// characters that XML forbids.
pub fn mend(text: &str) -> String {
    let mut mended = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<']) {
        let (before, here) = rest.split_at(at);
        legal(before, &mut mended);
        rest = if here.starts_with('&') {
            reference(here, &mut mended)
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
    legal(rest, &mut mended);
    mended
}

/// Writes one `&` with what belongs to it, and returns what comes behind.
fn reference<'a>(here: &'a str, mended: &mut String) -> &'a str {
    let behind = here.strip_prefix('&').unwrap_or(here);
    let (front, _) = behind.split_at(behind.floor_char_boundary(MOST_REFERENCE_BYTES));
    let known = front.split_once(';').and_then(|(name, _)| {
        let is_predefined = matches!(name, "amp" | "lt" | "gt" | "quot" | "apos");
        let written = match name.strip_prefix('#') {
            _ if is_predefined => format!("&{name};"),
            Some(number) => number_reference(number)?,
            None => name_reference(name)?,
        };
        Some((written, name.len() + 1))
    });
    let Some((written, length)) = known else {
        mended.push_str("&amp;");
        return behind;
    };
    mended.push_str(&written);
    behind.split_at(length).1
}

/// `&#150;` is meant as in windows-1252, as every browser reads it.
fn number_reference(number: &str) -> Option<String> {
    let number = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    let c = match u8::try_from(number) {
        Ok(byte @ 0x80..=0x9f) => {
            let bytes = [byte];
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0.chars().next()
        }
        _ => char::from_u32(number),
    };
    Some(c.filter(|c| is_legal(*c)).map_or_else(String::new, |c| format!("&#{};", c as u32)))
}

fn name_reference(name: &str) -> Option<String> {
    let (first, second) = *NAMED_ENTITIES.get(format!("{name};").as_str())?;
    let second = if second == 0 { String::new() } else { format!("&#{second};") };
    // Zero is a beginning of a name that is none.
    (first != 0).then(|| format!("&#{first};{second}"))
}

/// Copies up to and with `end`, where it comes; what does not end is left for the parser.
fn verbatim<'a>(here: &'a str, end: &str, mended: &mut String) -> &'a str {
    let length = here.find(end).map_or(here.len(), |at| at + end.len());
    let (kept, behind) = here.split_at(length);
    legal(kept, mended);
    behind
}

fn legal(text: &str, mended: &mut String) {
    mended.extend(text.chars().filter_map(|c| match c {
        '\x0b' | '\x0c' => Some(' '),
        _ => is_legal(c).then_some(c),
    }));
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
    }
}
