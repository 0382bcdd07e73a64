//! What spares a server and us the same work twice: validators, with which an unchanged document is
//! not sent again, how long it is said to stay unchanged, and `Retry-After`.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER,
};
use serde::{Deserialize, Serialize};

use super::LONGEST_PAUSE;

/// A longer validator is forgotten: it would be stored with every source.
const LONGEST_VALIDATOR: usize = 2048;

/// A document that is said to stay as it is for longer is looked at after this.
const LONGEST_FRESH: Duration = Duration::from_hours(24);

/// What a server gave to recognise a document by. It is sent back byte for byte: each `char` is one
/// byte of the header.
///
/// It belongs to the address that was asked. A reply that came by way of a redirect gives none.
#[derive(Serialize, Deserialize, Default, Clone, PartialEq, Eq, Debug)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl Validators {
    /// Takes what a reply carries; what it does not carry is forgotten.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let taken = |name: HeaderName| {
            let bytes = headers.get(name)?.as_bytes();
            let kept = !bytes.is_empty() && bytes.len() <= LONGEST_VALIDATOR;
            kept.then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
        };
        Self { etag: taken(ETAG), last_modified: taken(LAST_MODIFIED) }
    }

    /// Takes what a reply of 304 carries, and keeps the rest.
    pub(super) fn renewed(&self, headers: &HeaderMap) -> Self {
        let new = Self::of(headers);
        Self {
            etag: new.etag.or_else(|| self.etag.clone()),
            last_modified: new.last_modified.or_else(|| self.last_modified.clone()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// Returns the headers that ask only for what is new.
    pub(super) fn conditions(&self) -> HeaderMap {
        [(IF_NONE_MATCH, &self.etag), (IF_MODIFIED_SINCE, &self.last_modified)]
            .into_iter()
            .filter_map(|(name, validator)| {
                let bytes: Option<Vec<u8>> =
                    validator.as_ref()?.chars().map(|c| u8::try_from(c).ok()).collect();
                Some((name, HeaderValue::from_bytes(&bytes?).ok()?))
            })
            .collect()
    }
}

/// Returns how long the server wants to be left alone: at most a day, and `None` where it names no
/// time or one that is over.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = seconds(text).or_else(|| from_now(text, headers))?;
    (!wait.is_zero()).then(|| wait.min(LONGEST_PAUSE))
}

/// Returns for how long the document is said to stay as it is: at most a day, and `None` where nothing
/// or nothing sensible is said of it, or the time is over (RFC 9111, 4.2).
pub(super) fn fresh_for(headers: &HeaderMap) -> Option<Duration> {
    let control = CacheControl::of(headers);
    if control.forbids {
        return None;
    }
    let fresh = match control.max_age {
        Some(max_age) => {
            let age = headers.get(AGE).and_then(|age| seconds(age.to_str().ok()?.trim()));
            max_age.saturating_sub(age.unwrap_or_default())
        }
        None => from_now(headers.get(EXPIRES)?.to_str().ok()?.trim(), headers)?,
    };
    (!fresh.is_zero()).then(|| fresh.min(LONGEST_FRESH))
}

/// What `Cache-Control` says to us. We are no shared cache, and keep no copy that could be stale.
#[derive(Default)]
struct CacheControl {
    forbids: bool,
    /// Zero where it is there and makes no sense.
    max_age: Option<Duration>,
}

impl CacheControl {
    fn of(headers: &HeaderMap) -> Self {
        let mut told = Self::default();
        let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        for directive in lines.flat_map(|line| line.split(',')) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let is = |known: &str| name.trim().eq_ignore_ascii_case(known);
            told.forbids |= is("no-cache") || is("no-store");
            // Where it stands twice, the first counts.
            if is("max-age") && told.max_age.is_none() {
                told.max_age = Some(seconds(value.trim().trim_matches('"')).unwrap_or_default());
            }
        }
        told
    }
}

/// Reads a number of seconds.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    // Only a number too large to read fails here.
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

/// Returns how far in the future the date `text` is for the server.
fn from_now(text: &str, headers: &HeaderMap) -> Option<Duration> {
    let until = http_date(text)?;
    // Where the server's clock is wrong, both of its times are.
    let now = headers.get(DATE).and_then(|date| http_date(date.to_str().ok()?));
    let now = now.unwrap_or_else(|| SystemTime::now().into());
    (until - now).to_std().ok()
}

/// Reads the three forms of a date in HTTP. The day of the week is not looked at.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    let (_, text) = text.split_once([',', ' '])?;
    let text = text.trim();
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return Some(date.to_utc());
    }
    ["%d-%b-%y %H:%M:%S GMT", "%b %e %H:%M:%S %Y"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &[u8])]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_bytes(value).unwrap()))
            .collect()
    }

    #[test]
    fn validators_come_back_byte_for_byte() {
        for etag in [&b"\"abc\""[..], b"W/\"x y\"", b"no quotes", b"\"\xff\xc3\xa4\"", b"w/\"\""] {
            let date: &[u8] = b"some day, 1 of jan";
            let given = Validators::of(&headers(&[(ETAG, etag), (LAST_MODIFIED, date)]));
            let sent = given.conditions();
            assert_eq!(sent[IF_NONE_MATCH].as_bytes(), etag);
            assert_eq!(sent[IF_MODIFIED_SINCE].as_bytes(), date);
        }
    }

    #[test]
    fn a_validator_that_is_not_given_is_not_sent() {
        assert!(Validators::of(&HeaderMap::new()).is_empty());
        assert!(Validators::default().conditions().is_empty());
        let huge = vec![b'x'; LONGEST_VALIDATOR + 1];
        assert!(Validators::of(&headers(&[(ETAG, &huge), (LAST_MODIFIED, b"")])).is_empty());
        let stored =
            Validators { etag: Some("\n".to_owned()), last_modified: Some("€".to_owned()) };
        assert!(stored.conditions().is_empty());
    }

    #[test]
    fn not_modified_renews_only_what_it_carries() {
        let old = Validators { etag: Some("a".to_owned()), last_modified: Some("b".to_owned()) };
        let new = old.renewed(&headers(&[(ETAG, b"c")]));
        assert_eq!(new, Validators { etag: Some("c".to_owned()), ..old });
    }

    #[test]
    fn retry_after_is_read_in_all_its_forms() {
        let check = |text: &str, seconds: Option<u64>| {
            let reply = headers(&[
                (RETRY_AFTER, text.as_bytes()),
                (DATE, b"Sun, 06 Nov 1994 08:49:37 GMT"),
            ]);
            assert_eq!(retry_after(&reply), seconds.map(Duration::from_secs), "{text}");
        };
        check("120", Some(120));
        check(" 5 ", Some(5));
        check("Sun, 06 Nov 1994 08:50:37 GMT", Some(60));
        check("Sunday, 06-Nov-94 08:50:37 GMT", Some(60));
        check("Sun Nov  6 08:50:37 1994", Some(60));
        check("86401", Some(86400));
        check("99999999999999999999999999", Some(86400));
        check("Sun, 06 Nov 2994 08:50:37 GMT", Some(86400));
        check("Sun, 06 Nov 1994 08:49:36 GMT", None);
        for nothing in ["0", "-5", "1.5", "", "soon", "+7"] {
            check(nothing, None);
        }
    }

    #[test]
    fn without_a_date_header_our_own_clock_counts() {
        let soon: DateTime<Utc> = (SystemTime::now() + Duration::from_mins(10)).into();
        let wait = retry_after(&headers(&[(RETRY_AFTER, soon.to_rfc2822().as_bytes())])).unwrap();
        assert!((595..=600).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, b"Sun, 06 Nov 1994 08:50:37 GMT")])), None);
    }

    #[test]
    fn how_long_a_document_stays_fresh_is_read_as_a_private_cache_does() {
        let check = |told: &[(HeaderName, &str)], seconds: Option<u64>| {
            let mut headers: HeaderMap = told
                .iter()
                .map(|(name, value)| (name, HeaderValue::from_str(value).unwrap()))
                .fold(HeaderMap::new(), |mut all, (name, value)| {
                    all.append(name, value);
                    all
                });
            headers.insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
            assert_eq!(fresh_for(&headers), seconds.map(Duration::from_secs), "{told:?}");
        };
        let hour = "Sun, 06 Nov 1994 09:49:37 GMT";
        check(&[], None);
        for (control, wanted) in [
            ("max-age=600", Some(600)),
            ("public, Max-Age=\"600\" , must-revalidate", Some(600)),
            ("private,max-age=600,s-maxage=9", Some(600)),
            ("max-age=600, max-age=9", Some(600)),
            ("s-maxage=600", Some(3600)), // for proxies, so `Expires` counts
            ("x-max-age=600", Some(3600)),
            ("public", Some(3600)),
            ("max-age=0", None),
            ("max-age=-1", None),
            ("max-age", None),
            ("max-age=soon", None),
            ("max-age=1.5", None),
            ("no-cache", None),
            ("No-Store, max-age=600", None),
            ("max-age=600, no-cache=\"set-cookie\"", None),
            ("max-age=86401", Some(86400)),
            ("max-age=99999999999999999999999", Some(86400)),
        ] {
            check(&[(CACHE_CONTROL, control), (EXPIRES, hour)], wanted);
        }
        check(&[(CACHE_CONTROL, "public"), (CACHE_CONTROL, "max-age=60")], Some(60));
        check(&[(CACHE_CONTROL, "max-age=60"), (CACHE_CONTROL, "no-cache")], None);
        for (age, wanted) in [("250", Some(350)), ("600", None), ("9999", None), ("old", Some(600))]
        {
            check(&[(CACHE_CONTROL, "max-age=600"), (AGE, age)], wanted);
        }
        for (expires, wanted) in [
            (hour, Some(3600)),
            ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 2094 08:49:37 GMT", Some(86400)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", None),
            ("Thu, 01 Jan 1970 00:00:00 GMT", None),
            ("0", None),
            ("-1", None),
            ("", None),
            ("600", None),
            ("tomorrow", None),
        ] {
            check(&[(EXPIRES, expires)], wanted);
        }
    }
}
