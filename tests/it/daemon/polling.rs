//! Who is asked, when, and how often.

use super::{COMPLAINT, HEAD, json, source, state, titles};
use crate::support::{Answer, Site, World, entry, feed, until};
use serde_json::Value;
use std::time::Duration;

#[test]
fn polls_of_one_source_never_overlap() {
    let site = Site::start();
    let slow = Answer::feed(feed(&[entry("1", "Acme")])).after(Duration::from_millis(1400));
    site.serve("/slow.xml", slow);
    site.serve("/quick.xml", Answer::feed(feed(&[])));
    let sources = source(&site, "/slow.xml", "schedule = \"1s\"")
        + &source(&site, "/quick.xml", "schedule = \"1s\"");
    let world = World::new(&format!("{HEAD}{sources}"));
    let daemon = world.daemon();
    until("one poll is under way", || !site.seen("/slow.xml").is_empty());
    // Nor does one that somebody asks for, which waits for its turn.
    assert_eq!(json(&world, "poll slow")["polled"], 1);
    until("it was polled often enough", || site.seen("/slow.xml").len() >= 3);
    assert_eq!(site.most_at_once("/slow.xml"), 1);
    assert!(site.seen("/quick.xml").len() >= 3, "a slow site delays only itself");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_server_that_asks_to_be_left_alone_is() {
    let site = Site::start();
    site.serve("/busy.xml", Answer::status(503).header("Retry-After", "3600"));
    site.serve("/fine.xml", Answer::feed(feed(&[entry("1", "Acme")])));
    let sources = source(&site, "/busy.xml", "schedule = \"1s\"")
        + &source(&site, "/fine.xml", "schedule = \"1s\"");
    let world = World::new(&format!("{HEAD}{sources}"));
    let daemon = world.daemon();
    until("the others go on", || site.seen("/fine.xml").len() >= 4);
    assert_eq!(site.seen("/busy.xml").len(), 1);
    let busy = state(&world, "busy");
    assert_eq!(busy["state"], "failing");
    assert!(busy["last_error"].as_str().unwrap().contains("503"), "{busy}");
    let time =
        |field: &str| chrono::DateTime::parse_from_rfc3339(busy[field].as_str().unwrap()).unwrap();
    assert!((time("next_poll") - time("last_poll")).num_seconds() >= 3599, "{busy}");
    assert_eq!(daemon.stop(), Some(0));

    let daemon = world.daemon();
    let before = site.seen("/fine.xml").len();
    until("the others go on", || site.seen("/fine.xml").len() >= before + 3);
    assert_eq!(site.seen("/busy.xml").len(), 1, "a restart is no excuse");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn what_is_gone_is_asked_no_more() {
    let site = Site::start();
    site.serve("/gone.xml", Answer::status(410));
    site.serve("/fine.xml", Answer::feed(feed(&[])));
    let sources = source(&site, "/gone.xml", "schedule = \"1s\"")
        + &source(&site, "/fine.xml", "schedule = \"1s\"");
    let world = World::new(&format!("{HEAD}{sources}"));
    for runs in 1..=2 {
        let daemon = world.daemon();
        let before = site.seen("/fine.xml").len();
        until("the others go on", || site.seen("/fine.xml").len() >= before + 3);
        assert_eq!(site.seen("/gone.xml").len(), 1, "in run {runs}");
        let gone = state(&world, "gone");
        assert_eq!([&gone["state"], &gone["next_poll"]], [&Value::from("gone"), &Value::Null]);
        assert_eq!(daemon.stop(), Some(0));
    }
}

#[test]
fn a_source_fails_and_recovers() {
    let site = Site::start();
    site.serve("/news.xml", Answer::status(500));
    let world = World::new(&format!("{HEAD}{}", source(&site, "/news.xml", "schedule = \"1s\"")));
    let daemon = world.daemon();
    until("it failed twice", || state(&world, "news")["failures"].as_u64() >= Some(2));
    let failing = state(&world, "news");
    assert_eq!(failing["state"], "failing");
    assert!(failing["last_error"].as_str().unwrap().contains("500"), "{failing}");
    assert!(failing["failing_since"].is_string());
    assert_eq!(failing["last_success"], Value::Null);
    assert!(world.vahti("status").ok().contains("failing ("));

    site.serve("/news.xml", Answer::feed(feed(&[entry("1", "Acme is back")])));
    until("it recovered", || state(&world, "news")["state"] == "ok");
    let fine = state(&world, "news");
    assert_eq!([&fine["failures"], &fine["mentions"]], [0, 1]);
    assert_eq!([&fine["failing_since"], &fine["last_error"]], [&Value::Null, &Value::Null]);
    assert_eq!(titles(&world), ["Acme is back"]);

    // A feed that is none costs that feed.
    site.serve("/news.xml", Answer::feed("<html>sorry</html>"));
    until("it fails again", || state(&world, "news")["state"] == "failing");
    assert!(state(&world, "news")["last_success"].is_string());
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn one_that_failed_is_told_and_does_not_fail_the_run() {
    let site = Site::start();
    site.serve("/fine.xml", Answer::feed(feed(&[entry("1", COMPLAINT)])));
    let sources = source(&site, "/missing.xml", "") + &source(&site, "/fine.xml", "");
    let world = World::new(&format!("{HEAD}{sources}"));
    let summary = json(&world, "run --once");
    assert_eq!([&summary["sources"], &summary["polled"], &summary["mentions"]], [2, 1, 1]);
    assert_eq!(summary["failed"][0]["source"], "missing");
    assert!(summary["failed"][0]["error"].as_str().unwrap().contains("404"), "{summary}");
    assert!(world.vahti("run --once").ok().contains("Could not poll missing"));
}

#[test]
fn an_unchanged_feed_costs_no_posts() {
    let site = Site::start();
    let etag = Answer::feed(feed(&[entry("1", "Acme")])).header("ETag", "\"one\"");
    site.serve("/etag.xml", etag);
    let date = "Mon, 02 Nov 2026 10:00:00 GMT";
    let modified = Answer::feed(feed(&[entry("2", "Acme")])).header("Last-Modified", date);
    site.serve("/date.xml", modified);
    let sources = source(&site, "/etag.xml", "") + &source(&site, "/date.xml", "");
    let world = World::new(&format!("{HEAD}{sources}"));
    assert_eq!(json(&world, "run --once")["posts"], 2);

    let second = json(&world, "run --once");
    assert_eq!([&second["posts"], &second["unchanged"], &second["polled"]], [0, 2, 2]);
    let asked = |path: &str, header: &str| site.seen(path)[1].headers.get(header).cloned();
    assert_eq!(asked("/etag.xml", "if-none-match").as_deref(), Some("\"one\""));
    assert_eq!(asked("/date.xml", "if-modified-since").as_deref(), Some(date));
    assert_eq!(state(&world, "etag")["state"], "ok");

    let changed = Answer::feed(feed(&[entry("3", "Acme again")])).header("ETag", "\"two\"");
    site.serve("/etag.xml", changed);
    let third = json(&world, "run --once");
    assert_eq!([&third["posts"], &third["mentions"], &third["unchanged"]], [1, 1, 1]);
}

#[test]
fn other_keywords_ask_for_everything_again() {
    let site = Site::start();
    let answer = Answer::feed(feed(&[entry("1", "Zeta sells shoes")])).header("ETag", "\"one\"");
    site.serve("/news.xml", answer);
    // What is kept would be found without asking.
    let config = format!("keep_posts = \"0d\"\n{HEAD}{}", source(&site, "/news.xml", ""));
    let world = World::new(&config);
    assert_eq!(json(&world, "run --once")["mentions"], 0);
    world.configure(&config.replace("[\"Bolt\"]", "[\"Bolt\", \"Zeta\"]"));
    let second = json(&world, "run --once");
    assert_eq!([&second["unchanged"], &second["mentions"]], [0, 1], "{second}");
}

#[test]
fn a_private_address_is_refused_with_the_remedy() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", "Acme")])));
    let closed = HEAD.replace("allow_private_addresses = [\"127.0.0.1/32\"]", "");
    let world = World::new(&format!("{closed}{}", source(&site, "/news.xml", "")));
    let summary = json(&world, "run --once");
    let error = summary["failed"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("127.0.0.1") && error.contains("allow_private_addresses"), "{error}");
    assert_eq!(site.seen("/news.xml").len(), 0);

    // It may be allowed to one source alone.
    let allowed = source(&site, "/news.xml", "allow_private_addresses = [\"127.0.0.1/32\"]");
    world.configure(&format!("{closed}{allowed}"));
    assert_eq!(json(&world, "run --once")["mentions"], 1);
    // A door that leads inside is no way in.
    site.serve("/away.xml", Answer::status(302).header("Location", "http://127.0.0.2:9/feed"));
    world.configure(&format!("{HEAD}{}", source(&site, "/away.xml", "")));
    let error = json(&world, "run --once")["failed"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("127.0.0.2"), "{error}");
}
