//! A table of posts in each of three languages, and what a person says of them: which are one story, which
//! are cases of their own in one event, which have nothing to do with each other.
//!
//! A line is `NAME STORY EVENT DAY/TIME SOURCE WHO ADDRESS | TITLE | TEXT`. `=NAME` for a story means that the
//! post is the very same as that one; `-` for an event that it is of none, `?` that both would be right; in the place of
//! an address `>NAME` says what is answered.

use crate::support::World;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const CONFIG: &str = r#"
timezone = "UTC"
[[brand]]
name = "Acme"
keywords = ["Acme"]
languages = ["fi", "tr", "en"]
[[brand]]
name = "Bellwether"
keywords = ["Bellwether"]
languages = ["fi", "tr", "en"]
[[source]]
name = "lehti"
intake = {}
[[source]]
name = "palsta"
intake = {}
[[source]]
name = "verkko"
intake = {}
"#;

/// One post, and what must become of it.
struct Row {
    name: String,
    story: String,
    event: String,
    source: String,
    post: Value,
    address: String,
}

fn rows(language: &str) -> Vec<Row> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/stories/");
    let table = std::fs::read_to_string(format!("{folder}{language}.txt")).unwrap();
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut rows: Vec<(String, Row)> = lines.map(row).collect();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Reads a line; returns when it was published, too.
fn row(line: &str) -> (String, Row) {
    let parts: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
    let [head, title, text] = parts[..] else { panic!("{line}") };
    let words: Vec<&str> = head.split_whitespace().collect();
    let [name, story, event, when, source, who, place] = words[..] else { panic!("{line}") };
    let (day, time) = when.split_once('/').unwrap();
    let published = format!("2026-03-{day:0>2}T{time}:00Z");
    let address = if place.starts_with("http") {
        place.to_owned()
    } else {
        format!("https://{source}.example/{name}")
    };
    let mut post = json!({"url": address, "text": text, "published": published});
    if !title.is_empty() {
        post["title"] = title.into();
    }
    if who != "-" {
        post["id"] = name.into();
        post["author"] = json!({"handle": who});
    }
    if let Some(parent) = place.strip_prefix('>') {
        post["parent"] = parent.into();
    }
    let [name, story, event, source] = [name, story, event, source].map(str::to_owned);
    (published, Row { name, story, event, source, post, address })
}

/// Returns what became of each post by its name: mention, story, ticket with its incident.
fn played(rows: &[Row]) -> BTreeMap<String, (Value, Value)> {
    let world = World::new(CONFIG);
    for batch in rows.chunk_by(|a, b| a.source == b.source) {
        let lines: Vec<String> = batch.iter().map(|row| row.post.to_string()).collect();
        world.vahti_with(&["poll", &batch[0].source, "--stdin"], &lines.join("\n")).ok();
    }
    let mentions = world.vahti("mentions --copies --limit 0 --format json").json();
    let tickets = world.vahti("tickets --status all --limit 0 --format json").json();
    assert_eq!(world.vahti("fsck --format json").json(), json!([]));
    let incident = |mention: &Value| {
        let mut tickets = tickets.as_array().unwrap().iter();
        let ticket = tickets.find(|ticket| ticket["id"] == mention["ticket"]);
        ticket.map_or(Value::Null, |ticket| ticket["incident"].clone())
    };
    let mut became = BTreeMap::new();
    for mention in mentions.as_array().unwrap() {
        let row = rows.iter().find(|row| mention["url"] == row.address.as_str());
        let name = row.unwrap_or_else(|| panic!("{mention:#}")).name.clone();
        became.insert(name, (mention["story"].clone(), incident(mention)));
    }
    became
}

/// Returns the pairs that are together.
fn pairs<'r>(
    names: &[&'r str],
    are_one: impl Fn(&str, &str) -> bool,
) -> BTreeSet<(&'r str, &'r str)> {
    let mut pairs = BTreeSet::new();
    for (nth, one) in names.iter().enumerate() {
        for other in names.iter().skip(nth + 1).filter(|other| are_one(one, other)) {
            pairs.insert((*one, *other));
        }
    }
    pairs
}

fn check(language: &str) {
    let rows = rows(language);
    let became = played(&rows);
    let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        let is_known = row.story.starts_with('=');
        if is_known == became.contains_key(&row.name) {
            wrong.push(format!("{}: known already: {is_known}, and it is otherwise", row.name));
        }
    }
    let names: Vec<&str> = became.keys().map(String::as_str).collect();
    let mut compare = |what: &str, wanted: BTreeSet<_>, is: BTreeSet<_>| {
        let tell = |pairs: Vec<&(&str, &str)>, how: &str| {
            pairs.iter().map(|(a, b)| format!("{a} and {b} are {how} {what}")).collect::<Vec<_>>()
        };
        wrong.extend(tell(is.difference(&wanted).collect(), "wrongly one"));
        wrong.extend(tell(wanted.difference(&is).collect(), "wrongly not one"));
    };
    let wanted = pairs(&names, |a, b| row(a).story == row(b).story);
    compare("story", wanted, pairs(&names, |a, b| became[a].0 == became[b].0));
    let judged: Vec<&str> = names.into_iter().filter(|name| row(name).event != "?").collect();
    let wanted = pairs(&judged, |a, b| {
        row(a).event != "-" && row(a).event == row(b).event && row(a).story != row(b).story
    });
    let is = pairs(&judged, |a, b| {
        !became[a].1.is_null() && became[a].1 == became[b].1 && became[a].0 != became[b].0
    });
    compare("event", wanted, is);
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
}

#[test]
fn stories_and_events_in_finnish() {
    check("fi");
}

#[test]
fn stories_and_events_in_turkish() {
    check("tr");
}

#[test]
fn stories_and_events_in_english() {
    check("en");
}
