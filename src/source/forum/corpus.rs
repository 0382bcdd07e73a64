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
const FLOORS: [(&str, usize); 9] = [
    ("posts", 99),
    ("count", 100),
    ("dates", 100),
    ("next", 100),
    ("topics", 100),
    ("marked", 100),
    ("contains", 91),
    ("without", 100),
    ("own url", 97),
];

/// Dates that people read, with what they are in UTC by the zone that their page states at its foot
/// (else UTC). The last has its time in the title of the element.
const DATES: [(&str, &str); 20] = [
    ("2025-11-01 15:14:37", "2025-11-01T15:14:37Z"),
    ("2025-11-02 06:23:21", "2025-11-02T06:23:21Z"),
    ("2019-02-24, 02:31 AM", "2019-02-24T02:31:00Z"),
    ("2019-02-24, 05:31 PM", "2019-02-24T17:31:00Z"),
    ("de peanuts » Ven 7 Oct 2011 08:23", "2011-10-07T08:23:00Z"),
    ("de Gontran » Dim 9 Oct 2011 14:02", "2011-10-09T14:02:00Z"),
    ("Beitragvon r23 » 21.01.2009, 05:42", "2009-01-21T03:42:00Z"),
    ("Sun Dec 17, 2023 11:23 am", "2023-12-17T11:23:00Z"),
    ("Wed Dec 27, 2023 10:00 am", "2023-12-27T10:00:00Z"),
    ("June 04, 2024, 11:23:55 AM", "2024-06-04T11:23:55Z"),
    ("October 01, 2024, 10:05:34 PM", "2024-10-01T22:05:34Z"),
    ("30th March 2025, 16:26", "2025-03-30T15:26:00Z"),
    ("2nd April 2025, 13:59", "2025-04-02T12:59:00Z"),
    ("04-09-2005, 06:46 PM", "2005-04-09T23:46:00Z"),
    ("11-16-2005, 12:33 AM", "2005-11-16T05:33:00Z"),
    ("11-29-2024, 09:03 AM", "2024-11-29T13:03:00Z"),
    ("Nov 14, 2015 at 4:23 AM", "2015-11-14T04:23:00Z"),
    ("Oct 29, 2014 at 6:28 PM", "2014-10-29T18:28:00Z"),
    ("1457606598", "2016-03-10T10:43:18Z"),
    ("May 11, 2024", "2024-05-11T09:22:00Z"),
];

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

/// What was right of how many, and what was not.
#[derive(Default)]
struct Score {
    pages: usize,
    counts: BTreeMap<&'static str, (usize, usize)>,
    faults: Vec<String>,
}

impl Score {
    fn add(&mut self, what: &'static str, right: bool, fault: impl FnOnce() -> String) {
        let count = self.counts.entry(what).or_default();
        count.0 += usize::from(right);
        count.1 += 1;
        if !right {
            self.faults.push(format!("{what}: {}", fault()));
        }
    }

    fn post(&mut self, file: &str, wanted: &ExpectedPost, found: Option<&Post>) {
        let body = found
            .is_some_and(|post| squeezed(&post.text).starts_with(&squeezed(&wanted.body_start)));
        let author = found.is_some_and(|post| post.author.name == wanted.author);
        let seen = found.map(|p| (&p.author.name, p.text.chars().take(90).collect::<String>()));
        self.add("posts", body && author, || {
            format!(
                "{file} {:?} {:?} {:?}, not {seen:?}",
                wanted.id, wanted.author, wanted.body_start
            )
        });
        if let Some(date) = &wanted.date {
            let read = found.and_then(|post| post.published);
            self.add("dates", is_date(read, date), || format!("{file} {date:?}, not {read:?}"));
        }
        let own = found.is_some_and(|post| post.has_own_url);
        self.add("own url", own, || format!("{file} {:?}", found.map(|post| &post.url)));
    }

    fn topic(&mut self, expected: &Expected, base: &Url, sheet: &Sheet) {
        for wanted in &expected.topics {
            let url = base.join(&wanted.href).ok();
            let is_it = |topic: &&Topic| {
                squeezed(&topic.title) == squeezed(&wanted.title)
                    && Some(&topic.url) == url.as_ref()
            };
            let found = sheet.topics.iter().find(is_it);
            let place = || format!("{} {:?} {:?}", expected.file, wanted.title, wanted.href);
            self.add("topics", found.is_some(), place);
            self.add("marked", found.is_some_and(|topic| !topic.mark.is_empty()), place);
        }
    }

    fn snippets(&mut self, expected: &Expected, sheet: &Sheet) {
        let text: String = sheet.posts.iter().map(|post| squeezed(&post.text)).collect();
        for snippet in &expected.must_contain {
            let there = text.contains(&squeezed(snippet));
            self.add("contains", there, || format!("{} lacks {snippet:?}", expected.file));
        }
        for snippet in &expected.must_not_contain {
            let there = sheet.posts.iter().any(|post| post.text.contains(snippet.as_str()));
            self.add("without", !there, || format!("{} holds {snippet:?}", expected.file));
        }
    }

    fn sheet(&mut self, expected: &Expected, base: &Url, sheet: &Sheet) {
        if expected.kind == "topic" {
            let count = sheet.posts.len();
            self.add("count", count == expected.posts.len(), || {
                format!("{} {count}", expected.file)
            });
            let right = is_next(sheet.next.as_ref(), expected.next.as_deref());
            let (found, wanted) = (sheet.next.as_ref().map(Url::as_str), &expected.next);
            self.add("next", right, || format!("{} {found:?}, not {wanted:?}", expected.file));
        }
        for (number, wanted) in expected.posts.iter().enumerate() {
            let found = match &wanted.id {
                Some(id) => sheet.posts.iter().find(|post| post.id.as_deref() == Some(id)),
                None => sheet.posts.get(number),
            };
            self.post(&expected.file, wanted, found);
        }
        self.topic(expected, base, sheet);
        self.snippets(expected, sheet);
    }
}

fn page(forums: &Path, expected: &Expected) -> (Url, Result<Sheet, Unreadable>) {
    let file = std::fs::File::open(forums.join(&expected.file)).unwrap();
    let mut html = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut html).unwrap();
    let html = String::from_utf8_lossy(&html);
    let unknown = "https://forum.example.test/topic";
    let url = if expected.url.is_empty() { unknown } else { &expected.url };
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

/// What machines wrote must be exact, as must what is listed; of the rest that it was read.
fn is_date(read: Option<DateTime<Utc>>, written: &str) -> bool {
    let listed = DATES.iter().find(|(text, _)| *text == written).map_or(written, |(_, date)| date);
    let exact = listed.parse::<DateTime<Utc>>().ok().or_else(|| {
        let offset = DateTime::parse_from_str(listed, "%Y-%m-%dT%H:%M:%S%z");
        offset.ok().map(|date| date.to_utc())
    });
    read.is_some() && exact.is_none_or(|exact| read == Some(exact))
}

/// Some links are relative to what the page says it is; so the end is compared.
fn is_next(found: Option<&Url>, wanted: Option<&str>) -> bool {
    let wanted = wanted.filter(|next| !next.is_empty() && *next != "?");
    let wanted = wanted.and_then(|next| next.split('#').next());
    match (found, wanted) {
        (Some(found), Some(wanted)) => found.as_str().ends_with(wanted),
        (found, wanted) => found.is_some() == wanted.is_some(),
    }
}

fn rows(forums: &Path) -> Vec<Expected> {
    let list = std::fs::read_to_string(forums.join("expectations.jsonl")).unwrap();
    list.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "a measurement is for people to read")]
fn forum_pages_from_the_wild_are_read() {
    let Some(folder) = crate::testing::collection("forum_pages_from_the_wild_are_read") else {
        return;
    };
    let forums = folder.join("forums");
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for expected in rows(&forums) {
        if expected.engine == "discourse-js-shell" {
            continue;
        }
        let (url, sheet) = page(&forums, &expected);
        let score = scores.entry(expected.engine.clone()).or_default();
        score.pages += 1;
        score.sheet(&expected, &url, &sheet.unwrap_or_default());
    }
    let mut totals: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (engine, score) in &scores {
        let shares: Vec<String> = score
            .counts
            .iter()
            .map(|(what, (right, all))| format!("{what} {right}/{all}"))
            .collect();
        eprintln!("{engine:14} {:3} pages  {}", score.pages, shares.join("  "));
        score.faults.iter().take(20).for_each(|fault| eprintln!("    {fault}"));
        for (what, (right, all)) in &score.counts {
            let total = totals.entry(what).or_default();
            *total = (total.0 + right, total.1 + all);
        }
    }
    eprintln!("{totals:?}");
    for (what, floor) in FLOORS {
        let (right, all) = totals.get(what).copied().unwrap_or_default();
        assert!(all > 0 && right * 100 >= all * floor, "{what}: {right} of {all}");
    }
}

#[test]
fn pages_that_only_scripts_fill_are_refused_with_what_to_use_instead() {
    let test = "pages_that_only_scripts_fill_are_refused_with_what_to_use_instead";
    let Some(folder) = crate::testing::collection(test) else { return };
    let forums = folder.join("forums");
    for expected in rows(&forums).iter().filter(|row| row.engine == "discourse-js-shell") {
        let reason = page(&forums, expected).1.unwrap_err().to_string();
        assert!(reason.contains("only scripts") && reason.contains(".json"), "{reason}");
    }
}
