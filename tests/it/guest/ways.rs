//! Where requests go and what they carry, points 15, 16, 18 to 23 and 27.

use super::{HEAD, fault, name, polled, source, state, watching};
use crate::support::{Answer, Site, World, entry, feed, until};
use std::time::{Duration, Instant};

fn news() -> Answer {
    Answer::feed(feed(&[entry("1", "Acme")]))
}

fn moved(status: u16, to: &str) -> Answer {
    Answer::status(status).header("Location", to)
}

/// Polls `/old.xml` five times, and tells how often that was asked for.
#[track_caller]
fn asked_for_the_old(site: &Site) -> usize {
    let world = watching(site, &["/old.xml"], "");
    for _ in 0..5 {
        polled(&world);
    }
    site.seen("/old.xml").len()
}

#[test]
fn p15_an_address_that_moved_for_good_is_asked_where_it_is_when_that_is_sure() {
    for (status, times) in [(301, 3), (308, 3), (302, 5), (303, 5), (307, 5)] {
        let (site, other) = (Site::start(), Site::start());
        site.serve("/old.xml", moved(status, &other.url("/new.xml")));
        other.serve("/new.xml", news());
        assert_eq!(asked_for_the_old(&site), times, "{status}");
        assert_eq!(other.seen("/new.xml").len(), 5, "{status}");
    }
}

#[test]
fn p15_only_what_is_for_good_from_the_beginning_of_a_chain_is_remembered() {
    let site = Site::start();
    site.serve("/old.xml", moved(301, "/second.xml"));
    site.serve("/second.xml", moved(302, "/third.xml"));
    site.serve("/third.xml", moved(301, "/new.xml"));
    site.serve("/new.xml", news());
    assert_eq!(asked_for_the_old(&site), 3);
    assert_eq!(site.seen("/second.xml").len(), 5);
    assert_eq!(site.seen("/third.xml").len(), 5);
}

#[test]
fn p15_a_move_to_something_else_than_a_feed_is_not_remembered() {
    let site = Site::start();
    site.serve("/old.xml", moved(301, "/login"));
    let login = Answer::feed("<!DOCTYPE html><title>Log in</title><form></form>");
    site.serve("/login", login.header("Content-Type", "text/html"));
    assert_eq!(asked_for_the_old(&site), 5);
    // Nor one that says so only now and then.
    let site = Site::start();
    site.serve("/new.xml", news());
    let world = watching(&site, &["/old.xml"], "");
    for poll in 0..6 {
        let answer = if poll % 2 == 0 { moved(301, "/new.xml") } else { news() };
        site.serve("/old.xml", answer);
        polled(&world);
    }
    assert_eq!(site.seen("/old.xml").len(), 6);
}

#[test]
fn p15_a_circle_ends_and_is_told() {
    let site = Site::start();
    site.serve("/old.xml", moved(301, "/round.xml"));
    site.serve("/round.xml", moved(302, "/old.xml"));
    let world = watching(&site, &["/old.xml"], "");
    assert!(fault(&polled(&world)).contains("in a circle"));
    assert_eq!(site.seen("/old.xml").len(), 1);
}

#[test]
fn p16_nothing_of_ours_goes_to_another_host() {
    let (site, other) = (Site::start(), Site::start());
    site.serve("/old.xml", news().header("ETag", "\"own\""));
    let address = site.url("/old.xml").replace("http://", "http://me:s3cr3t@");
    let world = World::new(&format!("{HEAD}{}", source(&address, "old", "")));
    polled(&world);
    site.serve("/old.xml", moved(302, &other.url("/new.xml")));
    other.serve("/new.xml", news().header("ETag", "\"other\"").header("Set-Cookie", "a=b"));
    polled(&world);
    polled(&world);
    let own = site.seen("/old.xml");
    assert!(own.iter().all(|seen| seen.headers.contains_key("authorization")));
    for seen in other.seen("/new.xml") {
        for name in ["authorization", "if-none-match", "if-modified-since", "cookie", "referer"] {
            assert!(!seen.headers.contains_key(name), "{seen:?}");
        }
    }
    // What the other gave is not for the first either.
    assert_eq!(own[2].headers.get("if-none-match"), None, "{own:?}");
}

#[test]
fn p18_p19_a_request_says_who_asks_for_what_and_no_more() {
    let site = Site::start();
    let cookie = news().header("Set-Cookie", "id=1; Path=/").header("ETag", "\"1\"");
    site.serve("/news.xml?of=all", cookie);
    let address = site.url("/news.xml?of=all#newest");
    let world = World::new(&format!("{HEAD}{}", source(&address, "news", "")));
    polled(&world);
    let daemon = world.daemon();
    for _ in 0..2 {
        world.vahti("poll news").ok();
    }
    assert_eq!(daemon.stop(), Some(0));
    let seen = site.seen("/news.xml?of=all");
    assert_eq!(seen.len(), 3, "neither a word more nor less in the address");
    for (nth, seen) in seen.iter().enumerate() {
        let mut names: Vec<&str> = seen.headers.keys().map(String::as_str).collect();
        names.sort_unstable();
        let mut wanted = vec!["accept", "accept-encoding", "host", "user-agent"];
        wanted.extend((nth > 0).then_some("if-none-match"));
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        let agent = format!("vahti/{} (+https://acme.example/bot)", env!("CARGO_PKG_VERSION"));
        assert_eq!(seen.headers["user-agent"], agent);
        assert!(seen.headers["accept-encoding"].contains("gzip"));
    }
}

#[test]
fn p20_a_body_that_lies_or_is_too_large_costs_its_own_source_only() {
    let site = Site::start();
    site.serve("/fine.xml", news());
    let coded = |coding: &str| news().header("Content-Encoding", coding);
    site.serve("/gzip.xml", coded("gzip"));
    site.serve("/unknown.xml", coded("x-own"));
    let endless = feed(&[entry("1", &"Acme ".repeat(13 << 20))]);
    site.serve("/large.xml", Answer::feed(endless));
    let paths = ["/fine.xml", "/gzip.xml", "/unknown.xml", "/large.xml"];
    let world = watching(&site, &paths, "");
    let summary = polled(&world);
    assert_eq!([&summary["polled"], &summary["mentions"]], [1, 1], "{summary}");
    for path in &paths[1..] {
        let state = state(&world, name(path));
        assert_eq!(state["failures"], 1, "{state}");
    }
}

#[test]
fn p21_many_hosts_are_asked_at_the_same_time() {
    let sites: Vec<Site> = (0..12).map(|_| Site::start()).collect();
    let mut sources = String::new();
    for (number, site) in sites.iter().enumerate() {
        site.serve("/news.xml", news().after(Duration::from_secs(1)));
        sources += &source(&site.url("/news.xml"), &format!("news{number}"), "");
    }
    let world = World::new(&format!("{HEAD}{sources}"));
    let begun = Instant::now();
    assert_eq!(polled(&world)["polled"], 12);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn p22_dead_hosts_harm_nobody_else() {
    let site = Site::start();
    site.serve("/fine.xml", news());
    let secure = site.url("/fine.xml").replace("http://", "https://");
    let sources = source(&site.url("/fine.xml"), "fine", "")
        + &source("http://name.invalid/news.xml", "nameless", "")
        + &source("http://127.0.0.1:1/news.xml", "refused", "")
        + &source(&secure, "no-tls", "");
    let world = World::new(&format!("{HEAD}{sources}"));
    let summary = polled(&world);
    assert_eq!([&summary["polled"], &summary["mentions"]], [1, 1], "{summary}");
    let failed: Vec<&str> = summary["failed"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["source"].as_str())
        .collect();
    assert_eq!(failed, ["nameless", "no-tls", "refused"]);
    for name in failed {
        assert!(state(&world, name)["last_error"].as_str().unwrap().len() > 20);
    }
}

#[test]
fn p23_a_page_that_names_a_feed_is_told_and_the_feed_is_not_asked_for() {
    let site = Site::start();
    let page =
        "<!DOCTYPE html><head><link rel=alternate type=application/rss+xml href=/feed.xml></head>";
    site.serve("/", Answer::feed(page).header("Content-Type", "text/html"));
    site.serve("/feed.xml", news());
    let world = World::new(&format!("{HEAD}{}", source(&site.url("/"), "news", "")));
    let told = fault(&polled(&world));
    assert!(told.contains("HTML page") && told.contains(&site.url("/feed.xml")), "{told}");
    assert_eq!(site.seen("/").len(), 1);
    assert_eq!(site.seen("/feed.xml").len(), 0);
}

#[test]
fn p27_a_feed_that_keeps_failing_is_logged_once() {
    let site = Site::start();
    site.serve("/news.xml", Answer::status(500));
    let world = watching(&site, &["/news.xml"], "schedule = \"1s\"");
    let daemon = world.daemon();
    until("it failed often", || site.seen("/news.xml").len() >= 4);
    let told = |daemon: &str| daemon.matches("Could not poll news").count();
    assert_eq!(told(&daemon.log()), 1, "{}", daemon.log());
    // A restart does not make it news.
    assert_eq!(daemon.stop(), Some(0));
    let daemon = world.daemon();
    let before = site.seen("/news.xml").len();
    until("it failed again", || site.seen("/news.xml").len() >= before + 2);
    assert_eq!(told(&daemon.log()), 0, "{}", daemon.log());
    // What fails after it was mended is.
    site.serve("/news.xml", news());
    until("it was mended", || state(&world, "news")["failures"] == 0);
    site.serve("/news.xml", Answer::status(500));
    until("it failed again", || state(&world, "news")["failures"].as_u64() >= Some(2));
    assert_eq!(told(&daemon.log()), 1, "{}", daemon.log());
    assert_eq!(daemon.stop(), Some(0));
}
