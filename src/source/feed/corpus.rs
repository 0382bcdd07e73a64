//! Reads a collection of feeds from the wild and compares with what they are known to hold. The
//! collection lies beside the repository, or where `VAHTI_SHARED` says; without it nothing is
//! compared, and that is said aloud. `VAHTI_CORPUS=all` lists every document that is read wrong.

use crate::fetch::{Location, Reply};
use crate::post::SourceName;
use crate::source::feed::Feed;
use crate::source::{Cursor, Page, Source, Unreadable, Visit};
use crate::text::html;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use unicode_normalization::UnicodeNormalization;
use url::Url;

/// Documents of a thousand that must be read wholly right, and of the real ones among them. All four
/// real ones that are not are right for a reader: an alert is unwrapped, an empty link gives way to an
/// id that is an address, and PM is the afternoon.
const FLOOR: usize = 996;
const REAL_FLOOR: usize = 973;
/// No document may take longer.
const MOST_TIME: Duration = Duration::from_secs(2);

/// Suites made of feeds saved from live sites, and those of which only the longer documents are.
const REAL_SUITES: [&str; 5] = ["nnw", "feedjira", "rssparser", "huginn", "rss2email"];
const MIXED_SUITES: [&str; 5] = ["miniflux", "feedrs", "nodefeedparser", "rome", "newsboat"];
const REAL_BYTES: usize = 2000;

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

/// An entry as some reader gave it.
struct Found {
    id: Option<String>,
    link: Option<String>,
    title: Option<String>,
    published: Option<DateTime<Utc>>,
    /// The title is no HTML any more.
    is_plain: bool,
}

fn shared(test: &str) -> Option<PathBuf> {
    crate::testing::collection(test).map(|folder| folder.join("feeds"))
}

fn rows(feeds: &Path) -> Vec<Expected> {
    let lists = ["expectations.jsonl", "micro/expectations.jsonl"].into_iter();
    let texts = lists.map(|list| std::fs::read_to_string(feeds.join(list)).unwrap());
    let rows = texts.flat_map(|text| {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()
    });
    rows.collect()
}

fn address(base: Option<&str>) -> Url {
    Url::parse(base.unwrap_or("https://feeds.example.test/feed.xml")).unwrap()
}

fn read(body: &[u8], base: &Url, content_type: Option<String>) -> Result<Page, Unreadable> {
    let location = Location::Web(base.clone());
    let feed =
        Feed { name: SourceName("x".into()), location: location.clone(), allow_private: None };
    let visit = Visit { cursor: Cursor::default(), now: DateTime::UNIX_EPOCH };
    feed.read(&Reply { content_type, ..Reply::of(location, body.to_vec()) }, &visit)
}

/// What vahti makes of a document; `None` where it is refused.
fn ours(body: &[u8], base: &Url, content_type: Option<String>) -> Option<Vec<Found>> {
    let posts = read(body, base, content_type).ok()?.posts.into_iter();
    let found = posts.map(|post| Found {
        id: post.id,
        link: post.url,
        title: post.title,
        published: post.published,
        is_plain: true,
    });
    Some(found.collect())
}

/// What the parser alone makes of it.
fn alone(body: &[u8], base: &Url) -> Option<Vec<Found>> {
    let parser = feed_rs::parser::Builder::new().base_uri(Some(base)).build();
    let entries = parser.parse(body).ok()?.entries.into_iter();
    let found = entries.map(|entry| Found {
        link: entry.links.first().map(|link| link.href.clone()),
        title: entry.title.map(|title| title.content),
        published: entry.published.or(entry.updated),
        id: Some(entry.id),
        is_plain: false,
    });
    Some(found.collect())
}

/// Returns what is wrong first, if anything is, and what it is instead.
fn fault(expected: &Expected, found: &[Found], base: &Url) -> Option<(&'static str, String)> {
    if expected.n.is_some_and(|n| n != found.len()) {
        return Some(("count", format!("{} of {}", found.len(), expected.entries.len())));
    }
    let mut pairs = expected.entries.iter().zip(found);
    pairs.find_map(|(expected, found)| entry_fault(expected, found, base))
}

fn entry_fault(
    expected: &ExpectedEntry,
    found: &Found,
    base: &Url,
) -> Option<(&'static str, String)> {
    let link = |text: &str| link(text, base);
    let date = found.published.map(|date| date.to_rfc3339());
    // Ours are plain text already, and so are some of those that are expected.
    let plain = found.title.as_deref().map(bare).filter(|title| {
        found.is_plain && { expected.title.as_deref().map(squeezed).as_ref() == Some(title) }
    });
    let title = plain.or_else(|| found.title.as_deref().map(squeezed));
    let id = |id: &str| id.trim().to_owned();
    let differs =
        |name, expected: &Option<String>, found: Option<String>, form: &dyn Fn(&str) -> String| {
            let expected = form(expected.as_ref().filter(|text| !text.trim().is_empty())?);
            let is_right = found.as_ref() == Some(&expected);
            (!is_right).then(|| (name, format!("{found:?} for {expected:?}")))
        };
    differs("id", &expected.id, found.id.as_deref().map(id), &id)
        .or_else(|| differs("link", &expected.link, found.link.as_deref().map(link), &link))
        .or_else(|| differs("title", &expected.title, title, &squeezed))
        .or_else(|| differs("date", &expected.published, date.as_deref().map(seconds), &seconds))
}

/// A text that is plain already, without its white space.
fn bare(text: &str) -> String {
    text.nfc().filter(|c| !c.is_whitespace()).collect()
}

fn squeezed(text: &str) -> String {
    bare(&html::plain(text))
}

fn link(text: &str, base: &Url) -> String {
    let text = base.join(text.trim()).map_or_else(|_| text.to_owned(), String::from);
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

/// The sort of document, by its front.
fn class(body: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(body).replace('\0', "").to_lowercase();
    let has = |part: &str| text.contains(part);
    match () {
        () if text.trim_start().starts_with('{') => "JSON Feed",
        () if has("rss1.1") => "RSS 1.1",
        () if has("<rdf:rdf") || has("my.netscape.com/rdf") => "RSS 1.0, 0.90",
        () if has("purl.org/atom") => "Atom 0.3 and before",
        () if has("<feed") || has(":feed") => "Atom 1.0",
        () if has("<rss version=\"2.0\"") || has("version='2.0'") => "RSS 2.0",
        () if has("<rss") || has(":rss") => "RSS, other version",
        () if has("<channel") => "CDF",
        () => "other",
    }
}

/// How one reader does on some documents.
#[derive(Default)]
struct Score {
    all: usize,
    right: usize,
    lost: usize,
    panics: usize,
    faults: BTreeMap<&'static str, usize>,
}

impl Score {
    fn count(&mut self, outcome: Option<&'static str>, lost: usize) {
        self.all += 1;
        self.right += usize::from(outcome.is_none());
        self.lost += lost;
        self.panics += usize::from(outcome == Some("panic"));
        if let Some(fault) = outcome {
            *self.faults.entry(fault).or_default() += 1;
        }
    }

    fn thousandths(&self) -> usize {
        self.right * 1000 / self.all.max(1)
    }
}

type Outcome = (Option<(&'static str, String)>, usize);

/// Compares what one reader makes of a document; also returns how many entries are missing.
fn outcome(
    expected: &Expected,
    base: &Url,
    read: impl FnOnce() -> Option<Vec<Found>> + std::panic::UnwindSafe,
) -> Outcome {
    let n = expected.n.unwrap_or_default();
    match catch_unwind(read) {
        Err(_) => (Some(("panic", String::new())), n),
        // An error and an empty list say the same of a document without entries.
        Ok(None) if n == 0 => (None, 0),
        Ok(None) => (Some(("refused", String::new())), n),
        Ok(Some(found)) => (fault(expected, &found, base), n.saturating_sub(found.len())),
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a measurement is for people to read")]
fn feeds_from_the_wild_are_read() {
    let Some(feeds) = shared("feeds_from_the_wild_are_read") else { return };
    let lists_all = std::env::var_os("VAHTI_CORPUS").is_some_and(|wanted| wanted == "all");
    let mut scores: BTreeMap<String, [Score; 2]> = BTreeMap::new();
    let (mut wrong, mut slowest) = (String::new(), (Duration::ZERO, String::new()));
    for expected in rows(&feeds) {
        let body = std::fs::read(feeds.join(&expected.file)).unwrap();
        let base = address(expected.base.as_deref());
        let before = outcome(&expected, &base, || alone(&body, &base));
        let started = Instant::now();
        let after = outcome(&expected, &base, || ours(&body, &base, expected.content_type.clone()));
        slowest = slowest.max((started.elapsed(), expected.file.clone()));
        if let (Some((fault, what)), _) = &after {
            writeln!(wrong, "{}: {fault}: {what}", expected.file).unwrap();
        }
        let suite = expected.suite.as_str();
        let is_real = REAL_SUITES.contains(&suite)
            || MIXED_SUITES.contains(&suite) && body.len() >= REAL_BYTES;
        let groups = [
            Some("all".to_owned()),
            is_real.then(|| "real".to_owned()),
            Some(format!("suite {suite}")),
            Some(format!("class {}", class(&body))),
        ];
        for group in groups.into_iter().flatten() {
            let score = scores.entry(group).or_default();
            for (score, (fault, lost)) in score.iter_mut().zip([&before, &after]) {
                score.count(fault.as_ref().map(|(fault, _)| *fault), *lost);
            }
        }
    }
    for (group, [before, after]) in &scores {
        eprintln!(
            "{group}: {} documents, right {} -> {} ({:.1} % -> {:.1} %), entries lost {} -> {}, wrong {:?} -> {:?}",
            after.all,
            before.right,
            after.right,
            percent(before),
            percent(after),
            before.lost,
            after.lost,
            before.faults,
            after.faults
        );
    }
    eprintln!("the slowest took {:?}: {}", slowest.0, slowest.1);
    if lists_all {
        eprintln!("{wrong}");
    }
    let [_, all] = &scores["all"];
    assert_eq!((all.panics, all.lost), (0, 0), "panics and entries lost");
    assert!(slowest.0 < MOST_TIME, "{slowest:?}");
    assert!(all.thousandths() >= FLOOR, "{} of {}", all.right, all.all);
    let [_, real] = &scores["real"];
    assert!(real.thousandths() >= REAL_FLOOR, "{} of {} real ones", real.right, real.all);
}

#[expect(clippy::cast_precision_loss, reason = "a share of a few thousand")]
fn percent(score: &Score) -> f64 {
    score.right as f64 * 100.0 / score.all as f64
}

#[test]
fn the_worst_feeds_break_nothing() {
    let Some(feeds) = shared("the_worst_feeds_break_nothing") else { return };
    let list = std::fs::read_to_string(feeds.join("must-not-crash.txt")).unwrap();
    for file in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let body = std::fs::read(feeds.join(file)).unwrap();
        let first = read(&body, &address(None), None);
        assert_eq!(first, read(&body, &address(None), None), "{file} is read differently twice");
    }
}

#[test]
fn a_google_alert_from_the_wild_is_unwrapped() {
    let Some(feeds) = shared("a_google_alert_from_the_wild_is_unwrapped") else { return };
    let alert = feeds.join("../api/samples/google_alerts/slack_20_entries.xml");
    let page = read(&std::fs::read(alert).unwrap(), &address(None), None).unwrap();
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
