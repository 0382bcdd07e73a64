//! Bytes to text: which encoding a document is in, whatever it says of itself.
//!
//! A byte order mark is believed first, then the bytes (what is valid UTF-8 beyond ASCII is no
//! accident), then the header, then the document's own declaration, then a guess.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Where a declaration may stand: near the front.
const FRONT_BYTES: usize = 1024;

/// Returns the text of a document. `content_type` is what its server said of it; `host` is where it
/// came from, which makes a guess surer.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>, host: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = utf_32(bytes) {
        return Cow::Owned(text);
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let (_, rest) = bytes.split_at(length);
        return encoding.decode_without_bom_handling(rest).0;
    }
    if let Some(encoding) = two_byte(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let own = std::str::from_utf8(bytes).ok();
    if let Some(text) = own.filter(|text| !text.is_ascii()) {
        return Cow::Borrowed(text);
    }
    let claims = [content_type.and_then(charset), declared(bytes)];
    for encoding in claims.into_iter().flatten() {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            return text;
        }
    }
    own.map_or_else(|| guess(bytes, host), Cow::Borrowed)
}

/// Reads UTF-32, with a mark or without.
fn utf_32(bytes: &[u8]) -> Option<String> {
    let big = u32::from_be_bytes as fn([u8; 4]) -> u32;
    let (rest, number) = match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => (rest, u32::from_le_bytes as fn([u8; 4]) -> u32),
        [0, 0, 0xfe, 0xff, rest @ ..] => (rest, big),
        [b'<' | b'{', 0, 0, 0, ..] => (bytes, u32::from_le_bytes as fn([u8; 4]) -> u32),
        [0, 0, 0, b'<' | b'{', ..] => (bytes, big),
        _ => return None,
    };
    let (fours, _) = rest.as_chunks::<4>();
    Some(fours.iter().map(|four| char::from_u32(number(*four)).unwrap_or('\u{fffd}')).collect())
}

/// Recognises UTF-16 without a mark: every document begins with ASCII.
fn two_byte(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [b'<' | b'{', 0, second, 0, ..] if *second != 0 => Some(UTF_16LE),
        [0, b'<' | b'{', 0, second, ..] if *second != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// Returns the encoding that a `Content-Type` names.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    let (_, behind) = content_type.split_once(';')?;
    behind
        .split(';')
        .find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then_some(value)
        })
        .and_then(|label| Encoding::for_label(label.trim().trim_matches(['"', '\'']).as_bytes()))
}

/// Returns the encoding that an XML declaration names.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let front = String::from_utf8_lossy(bytes.get(..FRONT_BYTES).unwrap_or(bytes));
    let (_, declaration) = front.split_once("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let label = value.trim_start_matches(['"', '\'']).split(['"', '\'', ' ']).next()?;
    Encoding::for_label(label.as_bytes())
}

/// Guesses, for bytes that are no valid UTF-8 and not what anybody said.
fn guess<'a>(bytes: &'a [u8], host: Option<&str>) -> Cow<'a, str> {
    let (mut right, mut wrong) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    // A slip or two, or a character cut through at the end, do not unmake UTF-8.
    if right > 10 * wrong {
        return UTF_8.decode_without_bom_handling(bytes).0;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let tld = host.and_then(|host| host.rsplit('.').next());
    let tld = tld.filter(|tld| tld.bytes().all(|b| b.is_ascii_lowercase())).map(str::as_bytes);
    let encoding = detector.guess(tld, Utf8Detection::Deny);
    encoding.decode_without_bom_handling(bytes).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "<?xml version='1.0'?><rss>Brändi ja yhtiö</rss>";

    #[track_caller]
    fn check(bytes: &[u8], content_type: Option<&str>, host: Option<&str>, expected: &str) {
        assert_eq!(decode(bytes, content_type, host), expected);
    }

    fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_mark_is_believed_before_anything_else() {
        let latin = Some("text/xml; charset=iso-8859-1");
        check(&[b"\xef\xbb\xbf", TEXT.as_bytes()].concat(), latin, None, TEXT);
        check(&utf_16(&format!("\u{feff}{TEXT}"), u16::to_be_bytes), latin, None, TEXT);
        check(&utf_16(&format!("\u{feff}{TEXT}"), u16::to_le_bytes), latin, None, TEXT);
        let utf_32: Vec<u8> =
            format!("\u{feff}{TEXT}").chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        check(&utf_32, None, None, TEXT);
    }

    #[test]
    fn utf_16_needs_no_mark() {
        check(&utf_16(TEXT, u16::to_be_bytes), None, None, TEXT);
        check(&utf_16(TEXT, u16::to_le_bytes), None, None, TEXT);
    }

    #[test]
    fn valid_utf_8_wins_over_what_is_said_of_it() {
        check(TEXT.as_bytes(), Some("text/xml; charset=ISO-8859-1"), None, TEXT);
    }

    #[test]
    fn the_header_is_believed_before_the_declaration() {
        let bytes = b"<?xml version='1.0' encoding='utf-8'?><a>\xfd\xfe</a>";
        let text = "<?xml version='1.0' encoding='utf-8'?><a>ış</a>";
        check(bytes, Some("text/xml;q=1; Charset=\"ISO-8859-9\""), None, text);
        let bytes = b"<?xml version='1.0' encoding=\"windows-1254\" ?><a>\xfd\xfe</a>";
        let text = "<?xml version='1.0' encoding=\"windows-1254\" ?><a>ış</a>";
        check(bytes, Some("text/xml"), None, text);
    }

    #[test]
    fn a_wrong_claim_leads_to_a_guess() {
        let bytes = b"<?xml version='1.0' encoding='utf-8'?><a>Br\xe4ndi \x96 p\xe4iv\xe4\xe4</a>";
        let text = "<?xml version='1.0' encoding='utf-8'?><a>Brändi – päivää</a>";
        check(bytes, Some("text/xml; charset=utf-8"), None, text);
        check(
            b"<a>\xdeik\xe2yet \xfd\xf0\xfd</a>",
            None,
            Some("haber.example.tr"),
            "<a>Şikâyet ığı</a>",
        );
    }

    #[test]
    fn one_broken_character_does_not_unmake_utf_8() {
        let bytes = ["ä".repeat(30).as_bytes(), b"\xc3"].concat();
        check(
            &bytes,
            Some("text/xml; charset=utf-8"),
            None,
            &format!("{}\u{fffd}", "ä".repeat(30)),
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_always_decoded(bytes: Vec<u8>, host in "[a-zA-Z0-9.ä-]{0,12}") {
            decode(&bytes, Some("a; charset=\""), Some(&host));
        }
    }
}
