//! The service is down, slow, broken, spent: vahti judges, and says so.

use super::{BAD, label, mention, watching};
use crate::support::standin::{StandIn, json};
use crate::support::{Answer, Entry, World, entry, feed, until};
use std::time::{Duration, Instant};

/// Expects that vahti judges itself where the service at `url` fails, and says this of it.
#[track_caller]
fn check(url: &str, said: &str) {
    let judge = format!("http.url = \"{url}\"\nhttp.timeout = \"1s\"");
    let (_site, world) = watching(&[entry("1", BAD)], &judge);
    let begun = Instant::now();
    let ran = world.vahti("run --once");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(ran.err.contains(said), "{said}: {}", ran.err);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let found = mention(&world, "Acme", BAD);
    assert_eq!(found["sentiment"]["label"], "negative");
    assert!(found["ticket"].is_number() && !found["why"].to_string().contains("127.0.0.1"));
}

#[test]
fn whatever_the_service_does_no_mention_is_lost_or_waits() {
    let neutral = r#"{"label":"neutral"}"#;
    let service = StandIn::start(move |asked| match asked.path.as_str() {
        "/slow" => json(200, neutral).after(Duration::from_secs(20)),
        "/moved" => Answer::status(302).header("Location", "/judge"),
        "/huge" => json(200, [neutral.as_bytes(), &vec![b' '; 1 << 20]].concat()),
        "/broken" => json(200, "{\"label\":"),
        "/failing" => json(500, neutral),
        _ => json(200, neutral),
    });
    let at = |path: &str| format!("{}{path}", service.url());
    check(&at("/slow"), "did not answer in full within 1 s");
    check(&at("/moved"), "/moved answered 302");
    check(&at("/huge"), "has more than 65536 bytes");
    check(&at("/broken"), "will not do: no JSON object with a label");
    check(&at("/failing"), "/failing answered 500");
    // Nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    check(&format!("http://127.0.0.1:{port}/judge"), "no connection to 127.0.0.1");
    assert!(!service.seen().iter().any(|asked| asked.path == "/judge"), "it is not followed");
}

/// Returns so many entries about Acme, from number `from` on.
fn entries(from: usize, count: usize) -> Vec<Entry> {
    let made = (from..from + count).map(|nth| {
        let (id, title) = (nth.to_string(), format!("{BAD}, number {nth}"));
        entry(&id, &title)
    });
    made.collect()
}

/// Returns how many mentions are stored, and how many of them are neutral.
fn counts(world: &World) -> (usize, usize) {
    let count = |filter: &str| {
        let found = world.vahti(&format!("mentions --limit 0 --copies --format json {filter}"));
        found.json().as_array().unwrap().len()
    };
    (count(""), count("--sentiment neutral"))
}

#[test]
fn a_budget_holds_for_the_day_whoever_asks_and_is_told() {
    let service = StandIn::start(|_| json(200, r#"{"label":"neutral"}"#));
    let judge = |most| format!("http.url = \"{}/judge\"\nhttp.budget = {most}", service.url());
    let (site, world) = watching(&entries(1, 3), &judge(5));
    let first = world.vahti("run --once");
    assert!(!first.err.contains("budget"), "{}", first.err);
    site.serve("/news.xml", Answer::feed(feed(&entries(1, 7))));
    let second = world.vahti("run --once");
    let told =
        "The judge at 127.0.0.1 was asked about 5 texts today, as many as `http.budget` allows";
    assert_eq!(second.err.matches(told).count(), 1, "{}", second.err);
    assert_eq!(counts(&world), (7, 5));
    // A restart brings no new budget, and the daemon says it once.
    let daemon = world.daemon();
    for count in 8..10 {
        site.serve("/news.xml", Answer::feed(feed(&entries(1, count))));
        world.vahti("poll news").ok();
    }
    assert_eq!(counts(&world), (9, 5));
    assert_eq!(daemon.log().matches(told).count(), 1, "{}", daemon.log());
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(service.seen().len(), 5);
    assert_eq!(world.vahti("fsck").ok(), "All is well.\n");
    let status = world.vahti("status --format json").ok();
    assert!(!status.contains("\" judge\""), "{status}");
}

#[test]
fn a_service_that_keeps_failing_is_left_alone_and_at_most_four_are_asked_at_once() {
    let service = StandIn::start(|_| json(503, "").after(Duration::from_millis(200)));
    let judge = format!("http.url = \"{}/judge\"\nhttp.budget = 1000", service.url());
    let (site, world) = watching(&entries(1, 40), &judge);
    let daemon = world.daemon();
    world.vahti("poll news").ok();
    let asked = service.seen().len();
    assert!((3..=7).contains(&asked), "{asked}");
    site.serve("/news.xml", Answer::feed(feed(&entries(1, 60))));
    world.vahti("poll news").ok();
    assert_eq!((service.seen().len(), counts(&world)), (asked, (60, 0)));
    let log = daemon.log();
    assert!(log.contains("It is not asked for 5 minutes; vahti judges itself"), "{log}");
    assert_eq!(log.matches("did not judge").count(), 2, "{log}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_batch_does_not_wait_longer_for_a_service_that_is_slow() {
    let neutral = json(200, r#"{"label":"neutral"}"#);
    let service = StandIn::start(move |_| neutral.clone().after(Duration::from_millis(1900)));
    let (_site, world) = watching(&entries(1, 80), &format!("http.url = \"{}/\"", service.url()));
    let daemon = world.daemon();
    let begun = Instant::now();
    world.vahti("poll news").ok();
    // At four a time it would have been 38 s.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let (all, judged) = counts(&world);
    assert!(all == 80 && (20..=48).contains(&judged), "{judged} of {all}");
    let log = daemon.log();
    assert!(log.contains(&format!("was too slow for {} mentions", 80 - judged)), "{log}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn four_are_asked_at_once_and_an_end_waits_for_none() {
    let service = crate::support::Site::start();
    let slow = json(200, r#"{"label":"neutral"}"#).after(Duration::from_millis(300));
    service.serve("/judge", slow.clone());
    let judge = format!("http.url = \"{}\"\nhttp.timeout = \"20s\"", service.url("/judge"));
    let (site, world) = watching(&entries(1, 12), &judge);
    let daemon = world.daemon();
    world.vahti("poll news").ok();
    assert_eq!((service.most_at_once("/judge"), counts(&world)), (4, (12, 12)));
    service.serve("/judge", slow.after(Duration::from_secs(15)));
    let hanging = format!("{BAD}, hanging");
    site.serve("/news.xml", Answer::feed(feed(&[entry("99", &hanging)])));
    std::thread::scope(|scope| {
        scope.spawn(|| world.vahti("poll news"));
        until("it is asked", || service.seen("/judge").len() == 13);
        let begun = Instant::now();
        assert_eq!(daemon.stop(), Some(0));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    });
    assert_eq!(label(&world, &hanging), "negative", "it is stored all the same");
}
