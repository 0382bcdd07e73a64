//! When a site is asked and when it is left alone, points 8 to 10, 12 to 14, 17 and 26.

use super::{HEAD, name, polled, remember, source, state, time, watching};
use crate::support::{Answer, Site, World, entry, feed, until};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Jitter makes a wait this much longer at most.
pub(super) const JITTER: i64 = 31;

pub(super) fn news() -> Answer {
    Answer::feed(feed(&[entry("1", "Acme")]))
}

/// Returns when each source was polled last, and when the daemon means to poll it next.
pub(super) fn planned(world: &World, names: &[&str]) -> Vec<[DateTime<Utc>; 2]> {
    let daemon = world.daemon();
    let times = names.iter().map(|name| {
        // It may have the store open before it has planned anything.
        until("a poll is planned", || state(world, name)["next_poll"].is_string());
        let state = state(world, name);
        [time(&state, "last_poll"), time(&state, "next_poll")]
    });
    let times = times.collect();
    assert_eq!(daemon.stop(), Some(0));
    times
}

/// Says how many seconds after a poll with each of these answers the next one is.
#[track_caller]
pub(super) fn waits(cases: &[(&str, Answer, i64)]) {
    let site = Site::start();
    for (path, answer, _) in cases {
        site.serve(path, answer.clone());
    }
    let paths: Vec<&str> = cases.iter().map(|(path, ..)| *path).collect();
    let world = watching(&site, &paths, "");
    polled(&world);
    let names: Vec<&str> = paths.iter().map(|path| name(path)).collect();
    for ((path, _, seconds), [last, next]) in cases.iter().zip(planned(&world, &names)) {
        let waits = (next - last).num_seconds();
        assert!((*seconds..=seconds + JITTER).contains(&waits), "{path}: {waits} s");
    }
    assert!(paths.iter().all(|path| site.seen(path).len() == 1), "the daemon asked at once");
}

#[test]
fn p08_no_restart_and_no_reload_makes_the_interval_shorter() {
    let site = Site::start();
    site.serve("/quick.xml", news());
    site.serve("/usual.xml", news());
    let quick = source(&site.url("/quick.xml"), "quick", "schedule = \"2s\"");
    let usual = source(&site.url("/usual.xml"), "usual", "");
    let world = World::new(&format!("{HEAD}{quick}{usual}"));
    polled(&world);
    for run in 1..=3 {
        let daemon = world.daemon();
        let before = site.seen("/quick.xml").len();
        until("it was polled", || site.seen("/quick.xml").len() > before);
        if run == 3 {
            world.configure(
                &format!("{HEAD}{quick}{usual}").replace("[\"Acme\"]", "[\"Acme\", \"Bolt\"]"),
            );
            daemon.signal("HUP");
            until("it was polled", || site.seen("/quick.xml").len() > before + 2);
        }
        assert_eq!(daemon.stop(), Some(0));
    }
    let times: Vec<_> = site.seen("/quick.xml").iter().map(|seen| seen.at).collect();
    for pair in times.windows(2) {
        // The first of the two may have been on its way for a moment when the other was not.
        assert!(pair[1] - pair[0] > Duration::from_millis(1900), "{:?}", pair[1] - pair[0]);
    }
    assert_eq!(
        site.seen("/usual.xml").len(),
        1,
        "nobody asked for more than every quarter of an hour"
    );
}

#[test]
fn p09_new_sources_are_not_all_asked_at_once() {
    let site = Site::start();
    let names: Vec<String> = (0..40).map(|number| format!("news{number}")).collect();
    let sources: String =
        names.iter().map(|name| source(&site.url(&format!("/{name}.xml")), name, "")).collect();
    let world = World::new(&format!("{HEAD}{sources}"));
    let daemon = world.daemon();
    until("every poll is planned", || {
        let status = world.vahti("status --format json").json();
        let mut sources = status["sources"].as_array().unwrap().iter();
        sources.all(|state| state["next_poll"].is_string())
    });
    let status = world.vahti("status --format json").json();
    let sources = status["sources"].as_array().unwrap().iter();
    let waiting = sources.filter(|state| state["next_poll"].is_string());
    let waiting: Vec<_> = waiting
        .filter(|state| state["last_poll"].is_null())
        .map(|state| time(state, "next_poll"))
        .collect();
    // Spread over half a minute: in the first seconds only a few of them had their turn.
    let (first, last) = (waiting.iter().min().unwrap(), waiting.iter().max().unwrap());
    assert!(waiting.len() >= 15, "{} of 40 were asked within seconds", 40 - waiting.len());
    assert!(*last - *first > TimeDelta::seconds(10), "{waiting:?}");
    let mut busiest = waiting.clone();
    busiest.sort_unstable();
    let crowded = busiest.windows(10).find(|ten| ten[9] - ten[0] < TimeDelta::seconds(1));
    assert!(crowded.is_none(), "ten within a second: {crowded:?}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn p10_who_wants_to_be_asked_less_often_is() {
    let far = (Utc::now() + TimeDelta::hours(3)).to_rfc2822().replace("+0000", "GMT");
    let date = Utc::now().to_rfc2822().replace("+0000", "GMT");
    let cached = |value: &str| news().header("Cache-Control", value);
    waits(&[
        ("/usual.xml", news(), 15 * MINUTE),
        ("/max-age.xml", cached("public, max-age=7200"), 2 * HOUR),
        ("/short.xml", cached("max-age=60"), 15 * MINUTE),
        ("/absurd.xml", cached("max-age=315360000"), DAY),
        ("/no-cache.xml", cached("no-cache, max-age=7200"), 15 * MINUTE),
        ("/aged.xml", cached("max-age=7200").header("Age", "3600"), HOUR),
        ("/expires.xml", news().header("Date", &date).header("Expires", &far), 3 * HOUR),
        ("/expired.xml", news().header("Expires", "0"), 15 * MINUTE),
    ]);
}

#[test]
fn p10_what_an_unchanged_reply_says_of_it_counts_anew() {
    let site = Site::start();
    let answer = |age: &str| news().header("ETag", "\"1\"").header("Cache-Control", age);
    site.serve("/news.xml", answer("max-age=60"));
    let world = watching(&site, &["/news.xml"], "");
    polled(&world);
    site.serve("/news.xml", answer("max-age=7200"));
    assert_eq!(polled(&world)["unchanged"], 1);
    let [last, next] = planned(&world, &["news"])[0];
    assert!(next - last >= TimeDelta::hours(2), "{last} {next}");
}

#[test]
fn p12_who_wants_to_be_left_alone_is_for_as_long() {
    let at = |later: TimeDelta| (Utc::now() + later).to_rfc2822().replace("+0000", "GMT");
    let date = at(TimeDelta::hours(5));
    let busy = |status: u16, wait: &str| Answer::status(status).header("Retry-After", wait);
    waits(&[
        ("/seconds.xml", busy(429, "7200"), 2 * HOUR),
        ("/busy.xml", busy(503, "7200"), 2 * HOUR),
        ("/date.xml", busy(503, &date).header("Date", &at(TimeDelta::zero())), 5 * HOUR),
        ("/short.xml", busy(429, "5"), 15 * MINUTE),
        ("/absurd.xml", busy(429, "31536000"), DAY),
        ("/nonsense.xml", busy(429, "soon"), 15 * MINUTE),
    ]);
    // An interval of the operator's own is no excuse.
    let site = Site::start();
    site.serve("/busy.xml", busy(429, "7200"));
    let world = watching(&site, &["/busy.xml"], "schedule = \"1m\"");
    polled(&world);
    let [last, next] = planned(&world, &["busy"])[0];
    assert!(next - last >= TimeDelta::hours(2) - TimeDelta::seconds(1), "{last} {next}");
}

/// Says how many minutes after the last of so many polls that were answered so the next one is.
#[track_caller]
fn backs_off(answer: &Answer, steps: &[(u32, i64)]) {
    let site = Site::start();
    site.serve("/news.xml", answer.clone());
    let world = watching(&site, &["/news.xml"], "");
    polled(&world);
    for (failures, minutes) in steps {
        remember(&world, "news", |state| state.health.failures = failures - 1);
        polled(&world);
        assert_eq!(state(&world, "news")["failures"], *failures);
        let [last, next] = planned(&world, &["news"])[0];
        let waits = (next - last).num_seconds();
        assert!(
            (minutes * MINUTE..=minutes * MINUTE + JITTER).contains(&waits),
            "{failures}: {waits}"
        );
    }
    // One answer that brings something ends it.
    site.serve("/news.xml", news());
    polled(&world);
    assert_eq!(state(&world, "news")["failures"], 0);
    let [last, next] = planned(&world, &["news"])[0];
    assert!(next - last <= TimeDelta::seconds(15 * MINUTE + JITTER), "{last} {next}");
}

#[test]
fn p13_a_refusal_that_names_no_time_is_backed_off_from() {
    backs_off(&Answer::status(429), &[(2, 30), (3, 60)]);
}

#[test]
fn p14_a_broken_server_is_asked_later_and_later_and_never_not_at_all() {
    backs_off(&Answer::status(500), &[(2, 30), (4, 120), (6, 360), (5000, 360)]);
}

#[test]
fn p17_what_is_not_there_is_asked_for_later_and_later() {
    backs_off(&Answer::status(404), &[(2, 30), (6, 360)]);
    backs_off(&Answer::status(403), &[(3, 60)]);
}

#[test]
fn p26_a_clock_that_was_set_back_makes_nobody_ask_at_once_or_never() {
    let site = Site::start();
    site.serve("/news.xml", news());
    let world = watching(&site, &["/news.xml"], "");
    polled(&world);
    for ahead in [TimeDelta::hours(1), TimeDelta::days(4000)] {
        remember(&world, "news", |state| {
            let later = Utc::now() + ahead;
            state.health.last_poll = Some(later);
            state.health.last_success = Some(later);
        });
        let begun = Utc::now();
        let [_, next] = planned(&world, &["news"])[0];
        let waits = (next - begun).num_seconds();
        assert!((15 * MINUTE - 1..=15 * MINUTE + JITTER).contains(&waits), "{waits} s");
    }
    assert_eq!(site.seen("/news.xml").len(), 1);
}
