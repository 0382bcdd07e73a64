//! Reads a collection of saved forum pages and compares with what they are known to hold. The
//! collection lies beside the repository, or where `VAHTI_SHARED` says.

use crate::post::Post;
use crate::source::Unreadable;
use crate::source::forum::page::{Options, Sheet, Topic, read};
use crate::source::forum::preset::Selectors;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use url::Url;

/// The shares, in percent, that must be right.
const POSTS_FLOOR: usize = 98;
const DATES_FLOOR: usize = 95;
const SNIPPETS_FLOOR: usize = 80;

/// What one page is known to hold.
#[derive(Deserialize)]
struct Expected {
    file: String,
    url: String,
    engine: String,
    kind: String,
    #[serde(default)]
    posts: Vec<ExpectedPost>,
    #[serde(default)]
    topics: Vec<ExpectedTopic>,
    #[serde(default)]
    must_contain: Vec<String>,
    #[serde(default)]
    must_not_contain: Vec<String>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct ExpectedPost {
    id: Option<String>,
    author: Option<String>,
    date: Option<String>,
    body_start: String,
}

#[derive(Deserialize)]
struct ExpectedTopic {
    title: String,
    href: String,
}

/// What was right of how many.
#[derive(Default)]
struct Score {
    pages: usize,
    counts: BTreeMap<&'static str, (usize, usize)>,
}

impl Score {
    fn add(&mut self, what: &'static str, right: bool) {
        let count = self.counts.entry(what).or_default();
        count.0 += usize::from(right);
        count.1 += 1;
    }
}

fn page(forums: &Path, expected: &Expected) -> (Url, Result<Sheet, Unreadable>) {
    let file = std::fs::File::open(forums.join(&expected.file)).unwrap();
    let mut html = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut html).unwrap();
    let html = String::from_utf8_lossy(&html);
    let url =
        if expected.url.is_empty() { "https://forum.example.test/topic" } else { &expected.url };
    let url = Url::parse(url).unwrap();
    let own = Selectors::default();
    let now = "2026-11-22T00:00:00Z".parse().unwrap();
    let options = Options { engine: None, selectors: &own, now, zone: chrono_tz::UTC };
    let sheet = read(&html, &url, &options);
    (url, sheet)
}

/// Letters and digits alone: how white space and signs come out is not what is compared.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn starts(post: &Post, expected: &str) -> bool {
    let expected = squeezed(expected);
    squeezed(&post.text).starts_with(&expected)
}

fn is_date(post: &Post, written: &str) -> bool {
    let exact = written.parse::<DateTime<Utc>>().ok();
    let exact = exact.or_else(|| {
        DateTime::parse_from_str(written, "%Y-%m-%dT%H:%M:%S%z").ok().map(|d| d.to_utc())
    });
    match exact {
        Some(date) => post.published == Some(date),
        None => post.published.is_some(),
    }
}

fn compare(
    expected: &Expected,
    base: &Url,
    sheet: &Sheet,
    score: &mut Score,
    say: &mut dyn FnMut(String),
) {
    score.add("count", sheet.posts.len() == expected.posts.len() || expected.kind != "topic");
    for (number, wanted) in expected.posts.iter().enumerate() {
        let found = match &wanted.id {
            Some(id) => sheet.posts.iter().find(|post| post.id.as_deref() == Some(id)),
            None => sheet.posts.get(number),
        };
        let body = found.is_some_and(|post| starts(post, &wanted.body_start));
        let author = found.is_some_and(|post| post.author.name == wanted.author);
        score.add("posts", body && author);
        if !(body && author) {
            say(format!(
                "{} post {:?}: author {author} {:?} {:?} body {body}: {:?} | {:?}",
                expected.file,
                wanted.id,
                wanted.author,
                found.map(|p| &p.author.name),
                wanted.body_start,
                found.map(|p| p.text.chars().take(90).collect::<String>())
            ));
        }
        if let Some(date) = &wanted.date {
            let right = found.is_some_and(|post| is_date(post, date));
            score.add("dates", right);
            if !right {
                say(format!(
                    "{} post {:?}: date {date:?} {:?}",
                    expected.file,
                    wanted.id,
                    found.map(|p| p.published)
                ));
            }
        }
        score.add("own url", found.is_some_and(|post| post.has_own_url));
    }
    for wanted in &expected.topics {
        let url = base.join(&wanted.href).ok();
        let is_it = |topic: &&Topic| {
            squeezed(&topic.title) == squeezed(&wanted.title) && Some(&topic.url) == url.as_ref()
        };
        let found = sheet.topics.iter().find(is_it);
        score.add("topics", found.is_some());
        score.add("marked", found.is_some_and(|topic| !topic.mark.is_empty()));
        if found.is_none() {
            say(format!("{} topic {:?} {:?}", expected.file, wanted.title, wanted.href));
        }
    }
    if expected.kind == "topic" {
        let wanted = expected.next.as_deref().filter(|next| !next.is_empty() && *next != "?");
        let wanted = wanted.map(|next| next.split('#').next().unwrap_or_default());
        let right = match (&sheet.next, wanted) {
            (Some(found), Some(wanted)) => found.as_str().ends_with(wanted),
            (found, wanted) => found.is_some() == wanted.is_some(),
        };
        score.add("next", right);
        if !right {
            say(format!(
                "{} next {:?} {:?}",
                expected.file,
                sheet.next.as_ref().map(Url::as_str),
                expected.next
            ));
        }
    }
    let text: String = sheet.posts.iter().map(|post| squeezed(&post.text)).collect();
    for snippet in &expected.must_contain {
        let there = text.contains(&squeezed(snippet));
        score.add("contains", there);
        if !there {
            say(format!("{} lacks {snippet:?}", expected.file));
        }
    }
    for snippet in &expected.must_not_contain {
        let there = sheet.posts.iter().any(|post| post.text.contains(snippet.as_str()));
        score.add("without", !there);
        if there {
            say(format!("{} holds {snippet:?}", expected.file));
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a measurement is for people to read")]
fn forum_pages_from_the_wild_are_read() {
    let Some(folder) = crate::testing::collection("forum_pages_from_the_wild_are_read") else {
        return;
    };
    let forums = folder.join("forums");
    let list = std::fs::read_to_string(forums.join("expectations.jsonl")).unwrap();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for line in list.lines() {
        let expected: Expected = serde_json::from_str(line).unwrap();
        let score = scores.entry(expected.engine.clone()).or_default();
        score.pages += 1;
        let (url, sheet) = page(&forums, &expected);
        let mut faults = 0;
        let mut say = |fault: String| {
            faults += 1;
            if faults <= 6 {
                eprintln!("  {fault}");
            }
        };
        match sheet {
            Ok(sheet) => {
                if !expected.must_contain.is_empty() || std::env::var("VERBOSE").is_ok() {
                    eprintln!(
                        "{}: {} posts, {} topics by {} {:?}",
                        expected.file,
                        sheet.posts.len(),
                        sheet.topics.len(),
                        sheet.engine,
                        sheet.title
                    );
                }
                for warning in &sheet.warnings {
                    eprintln!("  {} warns {warning}", expected.file);
                }
                compare(&expected, &url, &sheet, score, &mut say);
            }
            Err(reason) => {
                eprintln!("{} refused: {reason}", expected.file);
                compare(&expected, &url, &Sheet::default(), score, &mut |_| ());
            }
        }
    }
    let mut totals: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (engine, score) in &scores {
        let mut line = format!("{engine:20} {:3} pages", score.pages);
        for (what, (right, all)) in &score.counts {
            line += &format!("  {what} {right}/{all}");
            let total = totals.entry(what).or_default();
            *total = (total.0 + right, total.1 + all);
        }
        eprintln!("{line}");
    }
    eprintln!("{totals:?}");
    for (what, floor) in
        [("posts", POSTS_FLOOR), ("dates", DATES_FLOOR), ("contains", SNIPPETS_FLOOR)]
    {
        let (right, all) = totals.get(what).copied().unwrap_or_default();
        assert!(right * 100 >= all * floor, "{what}: {right} of {all}");
    }
}
