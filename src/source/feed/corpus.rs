//! Reads a collection of feeds from the wild and compares with what they are known to hold. The
//! collection lies beside the repository, or where `VAHTI_SHARED` says; without it nothing is
//! compared, and that is said aloud.

use crate::fetch::{Location, Reply};
use crate::post::{Post, SourceName};
use crate::source::feed::Feed;
use crate::source::{Cursor, Page, Source, Unreadable, Visit};
use crate::text::html;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;
use url::Url;

/// The share of documents, in percent, that must be read wholly right.
const FLOOR: usize = 94;

/// What one document is known to hold.
#[derive(Deserialize)]
struct Expected {
    file: String,
    suite: String,
    content_type: Option<String>,
    base: Option<String>,
    n: Option<usize>,
    entries: Vec<ExpectedEntry>,
}

/// What is not there is not compared.
#[derive(Deserialize)]
struct ExpectedEntry {
    id: Option<String>,
    link: Option<String>,
    title: Option<String>,
    published: Option<String>,
}

impl ExpectedEntry {
    fn is_empty(&self) -> bool {
        self.id.is_none() && self.link.is_none() && self.title.is_none()
    }
}

fn shared(test: &str) -> Option<PathBuf> {
    crate::testing::collection(test).map(|folder| folder.join("feeds"))
}

fn rows(file: &Path) -> Vec<Expected> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn read(
    feeds: &Path,
    file: &str,
    base: Option<&str>,
    content_type: Option<String>,
) -> Result<Page, Unreadable> {
    let base = Url::parse(base.unwrap_or("https://feeds.example.test/feed.xml")).unwrap();
    let location = Location::Web(base);
    let feed =
        Feed { name: SourceName("x".into()), location: location.clone(), allow_private: None };
    let body = std::fs::read(feeds.join(file)).unwrap();
    let visit = Visit { cursor: Cursor::default(), now: DateTime::UNIX_EPOCH };
    feed.read(&Reply { content_type, ..Reply::of(location, body) }, &visit)
}

/// Returns what is wrong first, if anything is.
fn fault(expected: &Expected, page: &Page) -> Option<&'static str> {
    if expected.n.is_some_and(|n| n != page.posts.len() + page.skipped) {
        return Some("count");
    }
    let mut entries: Vec<&ExpectedEntry> = expected.entries.iter().collect();
    if page.skipped > 0 {
        entries.retain(|entry| !entry.is_empty());
    }
    entries.iter().zip(&page.posts).find_map(|(entry, post)| entry_fault(entry, post))
}

fn entry_fault(expected: &ExpectedEntry, post: &Post) -> Option<&'static str> {
    let wrong = |expected: &Option<String>, found: Option<String>, form: fn(&str) -> String| {
        expected
            .as_ref()
            .is_some_and(|e| !e.trim().is_empty() && found.is_none_or(|f| form(&f) != form(e)))
    };
    let date = post.published.map(|date| date.to_rfc3339());
    match () {
        () if wrong(&expected.id, post.id.clone(), squeezed) => Some("id"),
        () if wrong(&expected.link, post.url.clone(), link) => Some("link"),
        () if wrong(&expected.title, post.title.clone(), squeezed) => Some("title"),
        () if wrong(&expected.published, date, seconds) => Some("date"),
        () => None,
    }
}

fn squeezed(text: &str) -> String {
    html::plain(text).nfc().filter(|c| !c.is_whitespace()).collect()
}

fn link(text: &str) -> String {
    let text = Url::parse(text).map_or_else(|_| text.to_owned(), String::from);
    let decoded: String = url::form_urlencoded::parse(
        format!("x={}", text.replace('&', "%26").replace('+', "%2B")).as_bytes(),
    )
    .map(|(_, value)| value.into_owned())
    .collect();
    decoded.trim_end_matches('/').to_owned()
}

fn seconds(text: &str) -> String {
    text.parse::<DateTime<Utc>>()
        .map_or_else(|_| text.to_owned(), |date| date.timestamp().to_string())
}

#[test]
#[expect(clippy::print_stderr, reason = "a measurement is for people to read")]
fn feeds_from_the_wild_are_read() {
    let Some(feeds) = shared("feeds_from_the_wild_are_read") else { return };
    let mut faults: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
    let (mut right, mut all) = (0, 0);
    for list in ["expectations.jsonl", "micro/expectations.jsonl"] {
        for expected in rows(&feeds.join(list)) {
            all += 1;
            let page = read(
                &feeds,
                &expected.file,
                expected.base.as_deref(),
                expected.content_type.clone(),
            );
            let fault = match &page {
                Ok(page) => fault(&expected, page),
                Err(_) if expected.n == Some(0) => None,
                Err(_) => Some("refused"),
            };
            match fault {
                None => right += 1,
                Some(fault) => {
                    faults.entry((expected.suite, fault)).or_default().push(expected.file);
                }
            }
        }
    }
    for ((suite, fault), files) in &faults {
        let some: Vec<&str> = files.iter().take(4).map(String::as_str).collect();
        eprintln!("{suite}: {} with wrong {fault}: {}", files.len(), some.join(" "));
    }
    eprintln!("{right} of {all} feeds are read wholly right");
    assert!(right * 100 >= all * FLOOR, "{right} of {all}");
}

#[test]
fn the_worst_feeds_break_nothing() {
    let Some(feeds) = shared("the_worst_feeds_break_nothing") else { return };
    let list = std::fs::read_to_string(feeds.join("must-not-crash.txt")).unwrap();
    for file in list.lines().filter(|line| !line.trim().is_empty()) {
        let first = read(&feeds, file.trim(), None, None);
        assert_eq!(
            first,
            read(&feeds, file.trim(), None, None),
            "{file} is read differently twice"
        );
    }
}

#[test]
fn a_google_alert_from_the_wild_is_unwrapped() {
    let Some(feeds) = shared("a_google_alert_from_the_wild_is_unwrapped") else { return };
    let alert = "../api/samples/google_alerts/slack_20_entries.xml";
    let page = read(&feeds, alert, None, None).unwrap();
    assert_eq!((page.posts.len(), page.skipped), (20, 0));
    for post in &page.posts {
        let url = post.url.as_deref().unwrap_or_default();
        assert!(url.starts_with("http") && !url.contains("google."), "{url}");
        assert!(post.has_own_url && post.site.is_empty() && post.author.is_unknown(), "{post:?}");
        let words = [post.title.as_deref().unwrap_or_default(), &post.text];
        assert!(
            words.iter().all(|text| !text.contains('<') && !text.ends_with(" ...")),
            "{words:?}"
        );
    }
}
