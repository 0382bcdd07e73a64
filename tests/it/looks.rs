//! What a mail looks like: charts, threads, how to be told no more, and an event that is one line.

use crate::support::{World, faketime, skipped};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::Path;

const HEAD: &str = r#"
timezone = "UTC"
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[operator]
to = ["ops@acme.example"]
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[source]]
name = "posts"
intake = {}
"#;

const WEEKLY: &str =
    "[[alert]]\nname = \"week\"\nto = [\"care@acme.example\"]\nfrequency = \"weekly\"\n";
const AT_ONCE: &str =
    "[[alert]]\nname = \"care\"\nto = [\"care@acme.example\"]\nfrequency = \"as-it-happens\"\n";

fn monday() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn post(id: &str, who: &str, at: DateTime<Utc>, text: &str) -> String {
    let at = at.to_rfc3339();
    format!(
        "{{\"id\":\"{id}\",\"text\":\"{text}\",\"published\":\"{at}\",\
         \"author\":{{\"handle\":\"{who}\"}}}}\n"
    )
}

/// Brings posts at a moment, which stands still.
fn bring(world: &mut World, library: &Path, at: DateTime<Utc>, posts: &str) {
    world.is_now(library, at);
    world.vahti_with(&["poll", "posts", "--stdin"], posts).ok();
}

/// Returns what a message says of a header, unfolded.
fn header(message: &str, name: &str) -> String {
    let message = message.replace("\r\n", "\n").replace("\n ", " ");
    let line = message.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {message}")).to_owned()
}

#[test]
fn a_week_is_drawn_against_the_week_before() {
    let Some(library) = faketime() else {
        return skipped("a_week_is_drawn_against_the_week_before", "faketime is not installed");
    };
    let mut world = World::new(&format!("{HEAD}{WEEKLY}"));
    world.is_now(&library, monday() - TimeDelta::days(14));
    world.vahti("run --once").ok();
    let words = [
        "Acme laskutti marraskuun kahteen kertaan, surkeaa palvelua",
        "Acme's parcel arrived broken and the courier laughed at me, terrible",
        "Bought a kettle from Acme yesterday",
        "Acme'nin kargosu kayboldu, rezalet",
        "Acmen kahvinkeitin haisee palaneelta, en suosittele",
        "The lecture on history mentioned Acme in passing",
        "Acme cancelled our booking twice without a word, awful people",
    ];
    for (day, text) in words.iter().enumerate() {
        let at = monday() - TimeDelta::days(10 - i64::try_from(day).unwrap());
        let id = day.to_string();
        if day == 3 {
            world.is_now(&library, at - TimeDelta::hours(1));
            world.vahti("alert week send").ok();
        }
        bring(&mut world, &library, at, &post(&id, &format!("user{day}"), at, text));
    }
    world.is_now(&library, monday());
    let mail = world.vahti("alert week preview --format eml").ok();
    assert!(mail.contains("multipart/related"), "{mail}");
    assert!(mail.contains("Content-Type: image/png"), "{mail}");
    let html = world.vahti("alert week preview --format html").ok();
    assert!(html.contains("src=\"data:image/png;base64,iVBORw0KGgo"), "{html}");
    assert!(!html.contains("cid:"), "a file by itself has its pictures in it");
    let text = world.vahti("alert week preview").ok();
    assert!(
        html.contains("One bar: a day, dashed: the period before; by time of publication."),
        "{html}"
    );
    let before = text.lines().find(|line| line.contains("Period before: ")).unwrap();
    assert!(html.contains(before.trim()), "{before} is said in words too: {html}");
    assert_eq!(
        header(&mail, "List-Unsubscribe"),
        "<mailto:ops@acme.example?subject=unsubscribe%20week>"
    );
}

#[test]
fn messages_of_one_event_are_one_thread_and_a_digest_counts_them_all() {
    let Some(library) = faketime() else {
        return skipped(
            "messages_of_one_event_are_one_thread_and_a_digest_counts_them_all",
            "faketime is not installed",
        );
    };
    let mut world = World::new(&format!("{HEAD}{AT_ONCE}{WEEKLY}"));
    world.is_now(&library, monday() - TimeDelta::days(1));
    world.vahti("run --once").ok();
    let told = [
        ("maija", "Acmen netti on poikki koko Kalliossa, surkeaa, kukaan ei vastaa"),
        ("pekka", "Taas on Kalliossa Acmen netti poikki, surkea firma"),
        ("liisa", "Acme laskutti kahteen kertaan, rahat takaisin heti"),
        ("ville", "Kalliossa Acmen netti poikki edelleen, todella surkeaa palvelua"),
    ];
    for (place, (who, text)) in told.iter().enumerate() {
        let at = monday() - TimeDelta::minutes(60 - 10 * i64::try_from(place).unwrap());
        bring(&mut world, &library, at, &post(&place.to_string(), who, at, text));
        world.vahti("run --once").ok();
    }
    let mails: Vec<String> =
        world.mails("eml").iter().map(|mail| mail.replace("=\r\n", "")).collect();
    let root = |word: &str| {
        let mail = mails.iter().find(|mail| mail.contains(word));
        header(mail.unwrap_or_else(|| panic!("{word}: {mails:#?}")), "References")
    };
    let [first, second, other, third] = ["kukaan", "firma", "laskutti", "edelleen"].map(root);
    assert_eq!((&first, &first), (&second, &third));
    assert_ne!(first, other);
    world.is_now(&library, monday());
    let week = world.vahti("alert week preview").ok();
    assert!(week.contains("Subject: Acme: 4 mentions, 4 negative"), "{week}");
    assert!(week.contains("Negative (4)"), "{week}");
    assert_eq!(week.matches("\n* ").count(), 2, "the event is one line: {week}");
    assert!(week.replace("\n ", "").contains("one event with 3 tickets"), "{week}");
}
