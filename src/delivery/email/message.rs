//! A notice as a mail message. The same notice gives the same bytes at every attempt, so that a
//! repeated message is known as such wherever it arrives.

use super::address::mailbox;
use crate::delivery::Notice;
use crate::delivery::one_click::{FIELD, ONE_CLICK};
use crate::text;
use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::header::{
    ContentDisposition, ContentId, ContentTransferEncoding, ContentType, Header, HeaderName,
    HeaderValue,
};
use lettre::message::{Body, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use std::error::Error;
use std::time::SystemTime;

/// The longest subject that is sent, in characters.
const LONGEST_SUBJECT: usize = 250;

/// Returns the notice as a message from `from`, with a plain and an HTML part.
///
/// # Errors
///
/// Says which address cannot be used.
pub fn message(from: &str, notice: &Notice) -> Result<Message, String> {
    let from = mailbox(from)?;
    let to = mailbox(&notice.to)?;
    let domain = from.email.domain().to_owned();
    let unsubscribe = unsubscribe(notice, from.email.as_ref())?;
    let html = part(ContentType::TEXT_HTML, &notice.html)?;
    let parts = MultiPart::alternative()
        .boundary(boundary(notice, "="))
        .singlepart(part(ContentType::TEXT_PLAIN, &notice.text)?);
    let parts = if notice.enclosed.pictures.is_empty() {
        parts.singlepart(html)
    } else {
        parts.multipart(illustrated(html, notice)?)
    };
    let mut message = Message::builder().from(from).to(to);
    if let Some(thread) = &notice.enclosed.thread {
        // The root is never itself sent, so that everybody has the same, whichever came first.
        let root = format!("<thread-{}@{domain}>", short_hash(&[thread], 12));
        message = message.in_reply_to(root.clone()).references(root);
    }
    message = message
        .subject(text::cut(&text::visible(&notice.subject), LONGEST_SUBJECT))
        .date(date(notice.created))
        .message_id(Some(format!("<{}@{domain}>", token(&notice.message_id))))
        .header(AutoSubmitted)
        .header(ListId(list_id(&notice.alert, &domain)))
        .header(unsubscribe);
    if notice.enclosed.one_click.is_some() {
        message = message.header(OneClick);
    }
    message
        .multipart(parts)
        .map_err(|error| format!("no message could be made for {}: {error}", notice.to))
}

/// A short name made of the letters, digits and dashes of `words`, for file names and list ids.
pub(super) fn slug(words: &str, most: usize) -> String {
    use unicode_normalization::UnicodeNormalization;
    let mut slug = String::new();
    for c in words.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        if slug.len() >= most {
            break;
        }
        match c {
            'ı' => slug.push('i'),
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "alert".to_owned() } else { slug.to_owned() }
}

/// The first `bytes` bytes of the hash of `parts`, in hexadecimal.
pub(super) fn short_hash(parts: &[&str], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    hash.finalize().iter().take(bytes).flat_map(digits).flatten().collect()
}

/// Quoted-printable always: it bounds every line, and no control character or bare line end in the
/// text reaches the mail server as such.
fn part(kind: ContentType, text: &str) -> Result<SinglePart, String> {
    let body = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::QuotedPrintable)
        .map_err(|_| "the text cannot be encoded".to_owned())?;
    Ok(SinglePart::builder().header(kind).body(body))
}

/// The HTML with the pictures that it shows, which go as files of its own part: mail programs then list
/// none of them as an attachment.
fn illustrated(html: SinglePart, notice: &Notice) -> Result<MultiPart, String> {
    let mut parts = MultiPart::related().boundary(boundary(notice, "==")).singlepart(html);
    let png = ContentType::parse("image/png").map_err(|error| error.to_string())?;
    for (place, picture) in notice.enclosed.pictures.iter().enumerate() {
        let name = format!("chart-{}.png", place + 1);
        let cid = format!("<{}>", token_with_domain(&picture.cid));
        let body = Body::new_with_encoding(picture.png.clone(), ContentTransferEncoding::Base64)
            .map_err(|_| "a picture cannot be encoded".to_owned())?;
        let part = SinglePart::builder()
            .header(png.clone())
            .header(ContentDisposition::inline_with_name(&name))
            .header(ContentId::from(cid))
            .body(body);
        parts = parts.singlepart(part);
    }
    Ok(parts)
}

/// Returns the name of a picture where it may stand in a header; else one made from it.
fn token_with_domain(cid: &str) -> String {
    match cid.split_once('@') {
        Some((name, "vahti")) if token(name) == name => cid.to_owned(),
        _ => token(cid),
    }
}

/// `=_` cannot stand in quoted-printable text or base64, so no text can end its part early.
fn boundary(notice: &Notice, begin: &str) -> String {
    let hash = short_hash(&[&notice.message_id, &notice.text, &notice.html], 16);
    format!("{begin}_{hash}")
}

/// Returns how to be told no more: by the link, where there is one, and where to write; the sender reads who
/// wants that, and of which alert.
fn unsubscribe(notice: &Notice, sender: &str) -> Result<ListUnsubscribe, String> {
    let to = match &notice.enclosed.unsubscribe {
        Some(to) => mailbox(to)?.email.to_string(),
        None => sender.to_owned(),
    };
    let alert = text::cut(&text::visible(&notice.alert), 60);
    let subject = quoted(&format!("unsubscribe {alert}"));
    let link = notice.enclosed.one_click.as_ref().map(|link| format!("<{link}>, "));
    let link = link.unwrap_or_default();
    Ok(ListUnsubscribe(format!("{link}<mailto:{}?subject={subject}>", quoted(&to))))
}

/// Returns text as it may stand in an address of the web.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for byte in text.bytes() {
        match char::from(byte) {
            c if c.is_ascii_alphanumeric() || "-_.@+~".contains(c) => quoted.push(c),
            _ => {
                let digits = [byte >> 4, byte & 15];
                let digits = digits.map(|digit| char::from_digit(digit.into(), 16));
                quoted.push('%');
                quoted.extend(digits.into_iter().flatten().map(|c| c.to_ascii_uppercase()));
            }
        }
    }
    quoted
}

/// Returns `id` where it may stand before the `@` of a `Message-ID`; else one made from it.
fn token(id: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '=');
    let dotted = id.starts_with('.') || id.ends_with('.') || id.contains("..");
    if !id.is_empty() && id.len() <= 200 && !dotted && id.chars().all(allowed) {
        id.to_owned()
    } else {
        format!("{}-{}", slug(id, 40), short_hash(&[id], 8))
    }
}

/// The header knows the years 1970 to 9999 only; what lies outside is moved to the edge.
fn date(created: DateTime<Utc>) -> SystemTime {
    let seconds = created.timestamp().clamp(0, 253_402_300_799);
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds.unsigned_abs())
}

fn list_id(alert: &str, domain: &str) -> String {
    let hash = short_hash(&[alert], 4);
    let domain = domain.trim_matches(['[', ']']);
    let words: String = text::cut(&text::visible(alert), 60)
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { ' ' })
        .collect();
    format!("{} <{}-{hash}.vahti.{domain}>", words.trim(), slug(alert, 30))
}

/// Tells other programs that no person wrote this, so that they send no automatic answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Names the alert, so that people can sort their mail by it.
#[derive(Clone)]
struct ListId(String);

impl Header for ListId {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Id")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// Says how to be told no more.
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// Says that one request to the link is enough (RFC 8058).
#[derive(Clone)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), format!("{FIELD}={ONE_CLICK}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Picture;
    use crate::delivery::email::sample::notice;
    use proptest::prelude::*;

    const FROM: &str = "Vahti <alerts@acme.example>";

    fn formatted(notice: &Notice) -> String {
        String::from_utf8(message(FROM, notice).unwrap().formatted()).unwrap()
    }

    /// The headers of a message, unfolded.
    fn headers(formatted: &str) -> Vec<String> {
        let (head, _) = formatted.split_once("\r\n\r\n").unwrap();
        head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
    }

    #[track_caller]
    fn has(headers: &[String], header: &str) {
        assert!(headers.iter().any(|known| known == header), "{header} in {headers:#?}");
    }

    #[test]
    fn the_headers_say_who_what_when_and_that_a_program_wrote_it() {
        let headers = headers(&formatted(&notice()));
        has(&headers, "From: Vahti <alerts@acme.example>");
        has(&headers, "To: care@acme.example");
        has(&headers, "Subject: Acme: 3 mentions, 2 negative");
        has(&headers, "Date: Sat, 21 Nov 2026 08:00:00 +0000");
        has(&headers, "Message-ID: <care-20261121-1@acme.example>");
        has(&headers, "Auto-Submitted: auto-generated");
        has(&headers, "List-Id: care-team <care-team-552a2e1b.vahti.acme.example>");
        has(
            &headers,
            "List-Unsubscribe: <mailto:alerts@acme.example?subject=unsubscribe%20care-team>",
        );
        has(&headers, "MIME-Version: 1.0");
        assert_eq!(headers.len(), 10, "{headers:#?}");
    }

    #[test]
    fn the_plain_part_stands_before_the_html_part() {
        let formatted = formatted(&notice());
        let kind = headers(&formatted).pop().unwrap();
        let boundary = kind
            .strip_prefix("Content-Type: multipart/alternative; boundary=\"")
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap();
        let parts: Vec<&str> = formatted.split(&format!("--{boundary}")).skip(1).collect();
        assert_eq!(parts.len(), 3);
        assert!(parts[0].contains("text/plain; charset=utf-8"), "{}", parts[0]);
        assert!(parts[0].contains("p=C3=A4iv=C3=A4=C3=A4"), "{}", parts[0]);
        assert!(parts[1].contains("text/html; charset=utf-8"), "{}", parts[1]);
        assert_eq!(parts[2], "--\r\n");
    }

    #[test]
    fn the_same_notice_is_the_same_message() {
        assert_eq!(formatted(&notice()), formatted(&notice()));
    }

    #[test]
    fn a_body_cannot_end_its_part_or_name_headers() {
        let mut evil = notice();
        let boundary = boundary(&evil, "=");
        evil.text = format!("a\r\n--{boundary}\r\nContent-Type: text/html\r\n\r\n.\r\n\0\rb\nc");
        let formatted = formatted(&evil);
        assert_eq!(formatted.matches("text/html").count(), 2, "one part, one quoted");
        assert!(
            !formatted.contains(&format!("\n--{boundary}\r\nContent-Type: text/html\r\n\r\n."))
        );
        assert!(!formatted.contains('\0'));
    }

    #[test]
    fn subject_and_alert_cannot_bring_headers_in() {
        let mut evil = notice();
        evil.subject = "a\r\nBcc: x@y.example\r\n\r\nbody\u{202e}\0".into();
        evil.alert = "b>\r\nBcc: x@y.example <".into();
        evil.message_id = "c>\r\nBcc: x@y.example".into();
        let headers = headers(&formatted(&evil));
        assert_eq!(headers.len(), 10, "{headers:#?}");
        assert!(!headers.iter().any(|header| header.starts_with("Bcc")));
        let id = headers.iter().find(|header| header.starts_with("Message-ID")).unwrap();
        assert!(id.ends_with("@acme.example>") && id.matches('@').count() == 1, "{id}");
    }

    #[test]
    fn recipients_only_come_from_the_address() {
        let to = |text: &str| message(FROM, &Notice { to: text.into(), ..notice() });
        let envelope = to("Häme <x@esimerkki-ä.fi>").unwrap().envelope().clone();
        let to_addresses: Vec<&str> = envelope.to().iter().map(AsRef::as_ref).collect();
        assert_eq!(to_addresses, ["x@xn--esimerkki--z5a.fi"]);
        assert!(to("a@b.example, c@d.example").is_err());
        assert!(to("a@b.example\r\nBcc: c@d.example").is_err());
    }

    #[test]
    fn letters_beyond_ascii_are_encoded() {
        let mut other = notice();
        other.subject = "Acme: 3 mainintaa – tilaus hävisi 😀".into();
        let formatted = formatted(&other);
        assert!(formatted.is_ascii());
        assert!(formatted.contains("Subject: Acme: 3 mainintaa =?utf-8?b?"), "{formatted}");
    }

    #[test]
    fn messages_of_one_thread_name_the_same_root_and_those_of_others_another() {
        let root = |thread: &str, id: &str| {
            let mut notice = notice();
            (notice.enclosed.thread, notice.message_id) = (Some(thread.into()), id.into());
            let headers = headers(&formatted(&notice));
            let find = |name: &str| {
                headers.iter().find_map(|it| it.strip_prefix(name)).unwrap().to_owned()
            };
            assert_eq!(find("References: "), find("In-Reply-To: "));
            find("References: ")
        };
        assert_eq!(root("event 7", "a"), root("event 7", "b"));
        assert_ne!(root("event 7", "a"), root("event 8", "a"));
        let evil = root("x>\r\nBcc: y@z.example", "a");
        assert!(evil.starts_with("<thread-") && evil.ends_with("@acme.example>"), "{evil}");
    }

    #[test]
    fn who_wants_no_more_writes_to_whom_it_concerns() {
        let mut notice = notice();
        notice.enclosed.unsubscribe = Some("Päivystys <jäätelö@häme.example>".into());
        notice.alert = "päivä & yö".into();
        let formatted = formatted(&notice).replace("\r\n ", " ");
        let expected = "List-Unsubscribe: <mailto:j%C3%A4%C3%A4tel%C3%B6@xn--hme-qla.example?\
                        subject=unsubscribe%20p%C3%A4iv%C3%A4%20%26%20y%C3%B6>";
        assert!(formatted.contains(expected), "{formatted}");
    }

    #[test]
    fn who_has_a_link_needs_one_click() {
        let mut notice = notice();
        let link = "https://acme.example/unsubscribe?t=AAAAAAAAAAAAAAAAAAAAAAAA";
        notice.enclosed.one_click = Some(link.into());
        let headers = headers(&formatted(&notice));
        let mailto = "mailto:alerts@acme.example?subject=unsubscribe%20care-team";
        has(&headers, &format!("List-Unsubscribe: <{link}>, <{mailto}>"));
        has(&headers, "List-Unsubscribe-Post: List-Unsubscribe=One-Click");
        assert_eq!(headers.len(), 11, "{headers:#?}");
    }

    #[test]
    fn pictures_stand_beside_the_html_that_shows_them() {
        let mut notice = notice();
        let picture =
            |cid: &str| Picture { cid: cid.into(), alt: "a".into(), png: vec![137; 3000] };
        notice.enclosed.pictures =
            vec![picture("chart-1a@vahti"), picture("x>\r\nBcc: y@z.example")];
        let formatted = formatted(&notice);
        let at =
            |words: &str| formatted.find(words).unwrap_or_else(|| panic!("{words}: {formatted}"));
        let order = [
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "Content-ID: <chart-1a@vahti>",
        ];
        let places: Vec<usize> = order.iter().map(|words| at(words)).collect();
        assert!(places.is_sorted(), "{places:?}: {formatted}");
        assert!(!formatted.contains("\nBcc"), "{formatted}");
        assert_eq!(formatted.matches("image/png").count(), 2);
        assert_eq!(
            formatted.matches("Content-Disposition: inline; filename=\"chart-1.png\"").count(),
            1,
            "{formatted}"
        );
    }

    #[test]
    fn years_that_no_header_knows_are_moved_to_the_edge() {
        for created in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            formatted(&Notice { created, ..notice() });
        }
    }

    #[test]
    fn a_slug_has_nothing_but_letters_digits_and_dashes() {
        assert_eq!(slug("Häme / Ålesund: ÇIĞ ışık!", 40), "hame-alesund-cig-isik");
        assert_eq!(slug("../../etc/passwd", 40), "etc-passwd");
        assert_eq!(slug("日本", 40), "alert");
        assert_eq!(slug("a b", 2), "a");
    }

    proptest! {
        #[test]
        fn no_line_is_ever_too_long_or_ends_otherwise_than_in_cr_lf(
            subject in "(?s).{0,300}|a{0,5000}", text in "(?s)(.|\r|\n|x{990,1010}){0,20}",
            alert in "(?s).{0,80}", id in "(?s).{0,300}",
        ) {
            let notice = Notice {
                subject, html: text.clone(), text, alert, message_id: id, ..notice()
            };
            let formatted = formatted(&notice);
            for line in formatted.split("\r\n") {
                prop_assert!(line.len() <= 998, "{}", line.len());
                prop_assert!(line.is_ascii() && !line.contains(['\r', '\n', '\0']), "{:?}", line);
            }
        }
    }
}
