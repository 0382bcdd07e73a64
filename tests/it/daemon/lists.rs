//! Lists of feeds (OPML): many, named for good, kept while the list cannot be had.

use super::{HEAD, json, state, titles};
use crate::support::{Answer, Site, World, entry, feed, until};
use std::fmt::Write;
use std::time::{Duration, Instant};

fn opml(outlines: &[(&str, String)]) -> String {
    let mut body = String::new();
    for (title, url) in outlines {
        write!(body, "<outline text=\"{title}\" xmlUrl=\"{url}\"/>").unwrap();
    }
    format!("<opml version=\"2.0\"><head/><body>{body}</body></opml>")
}

#[test]
fn ten_thousand_feeds_load_quickly() {
    let outlines: Vec<(&str, String)> =
        (0..10_000).map(|nth| ("Blog", format!("https://blog-{nth}.example/feed"))).collect();
    let world = World::new(&format!("{HEAD}[[source]]\nname = \"all\"\nopml.url = \"l.opml\"\n"));
    world.write("l.opml", &opml(&outlines));
    let begun = Instant::now();
    world.vahti("check").ok();
    // A source that is not there is looked for among all of them, and makes the store.
    assert_eq!(world.vahti("poll all/none").code, Some(1));
    let status = json(&world, "status");
    assert_eq!(status["sources"].as_array().unwrap().len(), 10_001);
    assert_eq!(status["sources"][10_000]["name"], "all/Blog 10000");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn feeds_keep_their_names_when_a_double_goes() {
    let site = Site::start();
    for (path, title) in [("/a", "Acme in A"), ("/b", "Acme in B"), ("/c", "Acme in C")] {
        site.serve(path, Answer::feed(feed(&[entry(path, title)])));
    }
    let outline = |path: &str| ("Blog", site.url(path));
    let world = World::new(&format!(
        "{HEAD}[[source]]\nname = \"l\"\nopml.url = \"l.opml\"\nschedule = \"2s\"\n"
    ));
    world.write("l.opml", &opml(&[outline("/a"), outline("/b"), outline("/c")]));
    let daemon = world.daemon();
    until("all three are stored", || titles(&world).len() == 3);
    let source_of = |title: &str| {
        let found = json(&world, "mentions --copies");
        let one = found.as_array().unwrap().iter().find(|one| one["title"] == title).cloned();
        one.map(|one| one["source"].as_str().unwrap().to_owned())
    };
    assert_eq!(source_of("Acme in A").as_deref(), Some("l/Blog"));
    assert_eq!(source_of("Acme in C").as_deref(), Some("l/Blog 3"));

    world.write("l.opml", &opml(&[outline("/b"), outline("/c")]));
    daemon.signal("HUP");
    until("the first is gone", || state(&world, "l/Blog").is_null());
    assert!(state(&world, "l/Blog 2").is_object() && state(&world, "l/Blog 3").is_object());
    site.serve("/c", Answer::feed(feed(&[entry("/c2", "Acme in C again")])));
    world.vahti_with(&["poll", "l/Blog 3"], "").ok();
    assert_eq!(source_of("Acme in C again").as_deref(), Some("l/Blog 3"));
    assert_eq!(daemon.stop(), Some(0));

    // The names survive the daemon.
    let names: Vec<_> = json(&world, "status")["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["l", "l/Blog 2", "l/Blog 3"]);
}

#[test]
fn a_list_on_the_web_is_remembered_while_it_cannot_be_had() {
    let site = Site::start();
    site.serve("/a", Answer::feed(feed(&[entry("a", "Acme in A")])));
    let list = opml(&[("A", site.url("/a")), ("Secret", "/etc/passwd".into())]);
    site.serve("/l.opml", Answer::feed(list));
    let url = site.url("/l.opml");
    let world = World::new(&format!("{HEAD}[[source]]\nname = \"l\"\nopml.url = \"{url}\"\n"));
    let first = json(&world, "run --once");
    assert_eq!([&first["sources"], &first["mentions"]], [1, 1], "a list names no files: {first}");

    site.serve("/l.opml", Answer::status(500));
    site.serve("/a", Answer::feed(feed(&[entry("a2", "Acme in A again")])));
    assert_eq!(json(&world, "run --once")["mentions"], 1);
    assert_eq!(state(&world, "l")["state"], "failing");
    assert_eq!(state(&world, "l/A")["state"], "ok");
}
