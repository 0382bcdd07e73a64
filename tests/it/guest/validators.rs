//! What a site gave to recognise its documents by, points 1 to 7 and 25.

use super::{fault, name, polled, remember, state, watching};
use crate::support::{Answer, Site, World, entry, feed};
use chrono::{TimeDelta, Utc};
use std::collections::HashMap;

const DATE: &str = "Mon, 02 Nov 2026 10:00:00 GMT";
const LATER: &str = "Tue, 03 Nov 2026 10:00:00 GMT";

fn news(title: &str) -> Answer {
    Answer::feed(feed(&[entry(title, title)]))
}

/// Returns the validators that a request carried: `ETag`, `Last-Modified`.
fn carried(headers: &HashMap<String, String>) -> [Option<&str>; 2] {
    ["if-none-match", "if-modified-since"].map(|name| headers.get(name).map(String::as_str))
}

/// Tells what the requests at `/news.xml` carried, one after the other.
#[track_caller]
fn check(site: &Site, expected: &[[Option<&str>; 2]]) {
    let seen = site.seen("/news.xml");
    assert_eq!(seen.iter().map(|seen| carried(&seen.headers)).collect::<Vec<_>>(), expected);
}

fn watched(answer: Answer) -> (Site, World) {
    let site = Site::start();
    site.serve("/news.xml", answer);
    let world = watching(&site, &["/news.xml"], "");
    (site, world)
}

#[test]
fn p01_the_first_request_has_no_validators_and_every_later_one_has() {
    let (site, world) = watched(news("Acme").header("ETag", "\"1\"").header("Last-Modified", DATE));
    for _ in 0..3 {
        polled(&world);
    }
    let daemon = world.daemon();
    world.vahti("poll news").ok();
    assert_eq!(daemon.stop(), Some(0));
    let both = [Some("\"1\""), Some(DATE)];
    check(&site, &[[None, None], both, both, both]);
}

#[test]
fn p02_validators_come_back_as_they_were_given() {
    let site = Site::start();
    let odd = [
        ("/weak.xml", "W/\"0815\"", DATE),
        ("/lower.xml", "w/\"a\"", "mon, 2 nov 2026 10:00:00 gmt"),
        ("/bare.xml", "no-quotes", "2026-11-02T10:00:00Z"),
        ("/blanks.xml", "\"two  words, 'and' \\ more\"", "yesterday"),
        ("/umlaut.xml", "\"\u{e4}\u{130}\"", "0"),
        ("/gzip.xml", "\"abc-gzip\"", "Mon, 02-Nov-26 10:00:00 GMT"),
        ("/open.xml", "\"", "-1"),
    ];
    for (path, etag, date) in odd {
        site.serve(path, news("Acme").header("ETag", etag).header("Last-Modified", date));
    }
    let world = watching(&site, &odd.map(|(path, ..)| path), "");
    polled(&world);
    assert_eq!(polled(&world)["unchanged"], odd.len());
    for (path, etag, date) in odd {
        assert_eq!(carried(&site.seen(path)[1].headers), [Some(etag), Some(date)], "{path}");
    }
}

#[test]
fn p03_only_what_was_given_comes_back() {
    for (etag, date) in [(Some("\"1\""), None), (None, Some(DATE)), (None, None)] {
        let mut answer = news("Acme");
        for (name, value) in [("ETag", etag), ("Last-Modified", date)] {
            answer = value.into_iter().fold(answer, |answer, value| answer.header(name, value));
        }
        let (site, world) = watched(answer);
        polled(&world);
        polled(&world);
        check(&site, &[[None, None], [etag, date]]);
    }
}

#[test]
fn p04_a_new_document_replaces_both_and_what_it_lacks_is_forgotten() {
    let (site, world) = watched(news("one").header("ETag", "\"1\"").header("Last-Modified", DATE));
    polled(&world);
    site.serve("/news.xml", news("two").header("ETag", "\"2\""));
    polled(&world);
    site.serve("/news.xml", news("three").header("Last-Modified", LATER));
    polled(&world);
    site.serve("/news.xml", news("four"));
    polled(&world);
    polled(&world);
    check(
        &site,
        &[
            [None, None],
            [Some("\"1\""), Some(DATE)],
            [Some("\"2\""), None],
            [None, Some(LATER)],
            [None, None],
        ],
    );
}

#[test]
fn p05_a_new_validator_of_an_unchanged_document_is_kept() {
    let (site, world) = watched(news("Acme").header("ETag", "\"1\"").header("Last-Modified", DATE));
    polled(&world);
    site.serve("/news.xml", Answer::status(304).header("ETag", "\"2\""));
    assert_eq!(polled(&world)["unchanged"], 1);
    polled(&world);
    check(&site, &[[None, None], [Some("\"1\""), Some(DATE)], [Some("\"2\""), Some(DATE)]]);
}

#[test]
fn p06_an_unchanged_document_ends_failing_and_is_no_mention() {
    let (site, world) = watched(news("Acme").header("ETag", "\"1\""));
    assert_eq!(polled(&world)["mentions"], 1);
    site.serve("/news.xml", Answer::status(500));
    polled(&world);
    assert!(fault(&polled(&world)).contains("500"));
    assert_eq!(state(&world, "news")["failures"], 2);
    site.serve("/news.xml", news("Acme").header("ETag", "\"1\""));
    let summary = polled(&world);
    assert_eq!([&summary["unchanged"], &summary["mentions"]], [1, 0], "{summary}");
    let mended = state(&world, "news");
    assert_eq!([&mended["failures"], &mended["mentions"]], [0, 1], "{mended}");
    assert!(mended["last_error"].is_null() && mended["state"] == "ok", "{mended}");
    // The failures cost no validators.
    assert!(
        site.seen("/news.xml")[1..].iter().all(|seen| carried(&seen.headers)[0] == Some("\"1\""))
    );
}

#[test]
fn p07_the_same_document_sent_again_brings_nothing_new() {
    let (site, world) = watched(news("Acme"));
    assert_eq!(polled(&world)["mentions"], 1);
    for etag in ["\"1\"", "\"2\""] {
        site.serve("/news.xml", news("Acme").header("ETag", etag));
        let summary = polled(&world);
        assert_eq!([&summary["unchanged"], &summary["mentions"]], [0, 0], "{summary}");
    }
    assert_eq!(world.vahti("mentions --format json").json().as_array().unwrap().len(), 1);
}

#[test]
fn p25_a_document_is_asked_for_in_full_when_it_was_unchanged_for_eight_days() {
    let (site, world) = watched(news("Acme").header("ETag", "\"1\"").header("Last-Modified", DATE));
    polled(&world);
    let both = [Some("\"1\""), Some(DATE)];
    for (days, carried) in [(7, both), (9, [None, None])] {
        remember(&world, name("/news.xml"), |state| {
            assert!(state.sent_in_full.is_some());
            state.sent_in_full = Some(Utc::now() - TimeDelta::days(days));
        });
        polled(&world);
        check(&site, &[[None, None], both, carried][..=(if days > 8 { 2 } else { 1 })]);
    }
    // It was sent in full: from here on it may be unchanged again.
    polled(&world);
    check(&site, &[[None, None], both, [None, None], both]);
}
