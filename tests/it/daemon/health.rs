//! How sources fare, and who hears of it.

use super::{HEAD, json, source, state};
use crate::support::{Answer, Site, World, entry, feed, until};

const OPERATOR: &str = "[operator]\nto = [\"ops@acme.example\"]\n";

#[test]
fn the_operator_hears_once_of_what_is_gone_and_once_that_it_is_back() {
    let site = Site::start();
    site.serve("/a.xml", Answer::status(410));
    site.serve("/b.xml", Answer::status(410));
    site.serve("/fine.xml", Answer::feed(feed(&[])));
    let sources = ["/a.xml", "/b.xml", "/fine.xml"].map(|path| source(&site, path, "")).concat();
    let world = World::new(&format!("{HEAD}{OPERATOR}{sources}"));
    json(&world, "run --once");
    let mails = world.mails("eml");
    let [mail] = &*mails else { panic!("{} mails", mails.len()) };
    assert!(mail.contains("To: ops@acme.example"), "{mail}");
    for part in ["Subject: vahti: ", "127.0.0.1", "410"] {
        assert!(mail.contains(part), "no {part} in {mail}");
    }
    assert!(!mail.contains("fine"), "{mail}");
    json(&world, "run --once");
    assert_eq!(world.mails("eml").len(), 1, "nothing new to tell");
}

#[test]
fn an_address_that_moved_for_good_is_asked_where_it_is_after_three_polls() {
    let site = Site::start();
    let moved = |to: &str| Answer::status(301).header("Location", to);
    site.serve("/old.xml", moved("/new.xml"));
    site.serve("/new.xml", Answer::feed(feed(&[entry("1", "Acme")])).header("ETag", "\"1\""));
    site.serve("/soon.xml", Answer::status(302).header("Location", "/new.xml"));
    let sources = source(&site, "/old.xml", "") + &source(&site, "/soon.xml", "");
    let world = World::new(&format!("{HEAD}{sources}"));
    for _ in 0..3 {
        json(&world, "run --once");
    }
    assert_eq!(site.seen("/old.xml").len(), 3);
    assert_eq!(state(&world, "old")["moved_to"], site.url("/new.xml"));
    json(&world, "run --once");
    json(&world, "run --once");
    assert_eq!(site.seen("/old.xml").len(), 3, "it is asked where it is now");
    assert_eq!(site.seen("/soon.xml").len(), 5, "what moved for a while is asked where it was");
    let last = site.seen("/new.xml");
    let unconditional = last.iter().filter(|seen| !seen.headers.contains_key("if-none-match"));
    assert_eq!(unconditional.count(), 3 + 1 + 5, "then it answers for itself");
    assert_eq!(json(&world, "mentions").as_array().unwrap().len(), 1);

    // The new address fails: the old one may know better.
    site.serve("/new.xml", Answer::status(404));
    site.serve("/old.xml", Answer::feed(feed(&[entry("2", "Acme again")])));
    json(&world, "run --once");
    json(&world, "run --once");
    assert_eq!(site.seen("/old.xml").len(), 4);
    assert_eq!(state(&world, "old")["state"], "ok");
    assert_eq!(json(&world, "mentions").as_array().unwrap().len(), 2);
}

#[test]
fn an_address_that_moved_to_no_feed_is_not_followed_for_good() {
    let site = Site::start();
    site.serve("/old.xml", Answer::status(301).header("Location", "/login"));
    site.serve("/login", Answer::feed("<!DOCTYPE html><title>Log in</title>"));
    let world = World::new(&format!("{HEAD}{}", source(&site, "/old.xml", "")));
    for _ in 0..5 {
        json(&world, "run --once");
    }
    assert_eq!(site.seen("/old.xml").len(), 5);
    let old = state(&world, "old");
    assert_eq!((&old["failures"], &old["moved_to"]), (&5.into(), &serde_json::Value::Null));
}

#[test]
fn what_a_server_asked_of_one_run_is_heeded_by_the_next() {
    let site = Site::start();
    site.serve("/busy.xml", Answer::status(503).header("Retry-After", "3600"));
    site.serve("/gone.xml", Answer::status(410));
    let sources = source(&site, "/busy.xml", "") + &source(&site, "/gone.xml", "");
    let world = World::new(&format!("{HEAD}{sources}"));
    for _ in 0..2 {
        let summary = json(&world, "run --once");
        assert_eq!(summary["failed"].as_array().unwrap().len(), 2, "{summary}");
    }
    assert_eq!((site.seen("/busy.xml").len(), site.seen("/gone.xml").len()), (1, 1));
    site.serve("/gone.xml", Answer::feed(feed(&[])));
    assert_eq!(json(&world, "poll gone")["polled"], 1, "a person may ask");
    json(&world, "run --once");
    assert_eq!(site.seen("/gone.xml").len(), 3, "it is back");
    assert_eq!(state(&world, "gone")["state"], "ok");
}

#[test]
fn a_source_whose_address_changes_begins_anew_and_what_it_brought_stays() {
    let site = Site::start();
    site.serve("/a.xml", Answer::status(410));
    let named = |path: &str| source(&site, path, "").replace("\"b\"", "\"a\"");
    let world = World::new(&format!("{HEAD}{}", named("/a.xml")));
    json(&world, "run --once");
    assert_eq!(state(&world, "a")["state"], "gone");
    site.serve("/b.xml", Answer::feed(feed(&[entry("1", "Acme")])).header("ETag", "\"x\""));
    world.configure(&format!("{HEAD}{}", named("/b.xml")));
    json(&world, "run --once");
    assert_eq!(state(&world, "a")["state"], "ok", "what is gone was elsewhere");
    site.serve("/a.xml", Answer::feed(feed(&[entry("2", "Acme")])).header("ETag", "\"x\""));
    world.configure(&format!("{HEAD}{}", named("/a.xml")));
    json(&world, "run --once");
    let asked = site.seen("/a.xml").pop().unwrap();
    assert!(!asked.headers.contains_key("if-none-match"), "that was of the other address");
    assert_eq!(json(&world, "mentions").as_array().unwrap().len(), 2);
}

#[test]
fn a_forum_with_a_long_crawl_delay_holds_up_neither_the_others_nor_the_end() {
    let site = Site::start();
    site.serve("/robots.txt", Answer::feed("User-agent: *\nCrawl-delay: 300\n"));
    site.serve("/fine.xml", Answer::feed(feed(&[entry("1", "Acme")])));
    // Another name of the same machine: robots.txt speaks for its own host alone.
    let forum = site.url("/board").replace("127.0.0.1", "localhost");
    let config =
        format!("[[source]]\nname = \"board\"\nforum.url = \"{forum}\"\nschedule = \"1s\"\n");
    let world =
        World::new(&format!("{HEAD}{config}{}", source(&site, "/fine.xml", "schedule = \"1s\"")));
    let daemon = world.daemon();
    until("the others go on", || site.seen("/fine.xml").len() >= 3);
    assert!(site.seen("/board").is_empty(), "it waits");
    assert_eq!(daemon.stop(), Some(0), "the end does not wait for five minutes");
}
