//! When an alert speaks: quiet hours, business days, cooldown, and clocks that change or are set.

use super::{HEAD, json, source};
use crate::support::{Answer, Entry, Site, World, entry, faketime, feed, skipped, until};
use serde_json::Value;
use std::path::PathBuf;

const SLOW: &str = "Acme is terrible, the parcel never came and nobody answers";
const DEAR: &str = "Acme disappoints me, awful price and a bad, useless manual";
const BURNS: &str = "The Acme battery exploded and burned my hand, this is dangerous, I will \
                     sue them, my lawyer and the consumer authority know already";

/// More than ten, none like another.
const NEWS: [&str; 13] = [
    "Acme opens a shop in Turku this spring",
    "Holidays at the lake with an Acme canoe",
    "Who remembers the old Acme jingle",
    "Shares: Acme rose on Tuesday",
    "A recipe for rye bread, baked in Acme tins",
    "Marathon results, the runners of Acme came early",
    "The museum shows posters that Acme printed",
    "Radio play tonight, brought to you by Acme",
    "Our cat sleeps on an Acme box",
    "Forty welders are hired by Acme",
    "The chess club meets beside the Acme factory",
    "Photographs of bridges, taken from Acme tower",
    "Acme sings: a choir of engineers on stage",
];

/// A folder with one alert and a clock, and the site that it watches.
struct Paced {
    site: Site,
    world: World,
    library: PathBuf,
}

impl Paced {
    /// `None` where no library gives programs another clock.
    fn new(test: &str, alert: &str, desk: &str) -> Option<Self> {
        let Some(library) = faketime() else {
            skipped(test, "libfaketime is not installed (apt install libfaketime)");
            return None;
        };
        let site = Site::start();
        site.serve("/news.xml", Answer::feed(feed(&[])));
        let alert = format!("[[alert]]\nname = \"care\"\nto = [\"care@acme.example\"]\n{alert}\n");
        let news = source(&site, "/news.xml", "schedule = \"1s\"");
        let world = World::new(&format!("{HEAD}{desk}{news}{alert}"));
        Some(Self { site, world, library })
    }

    fn serve(&self, entries: &[Entry]) {
        self.site.serve("/news.xml", Answer::feed(feed(entries)));
    }

    fn is_now(&mut self, now: &str) {
        self.world.is_now(&self.library, now.parse().unwrap());
    }

    /// Runs once at this time, and returns what was told.
    fn told(&mut self, now: &str) -> Vec<String> {
        self.is_now(now);
        let before = self.world.mails("txt");
        json(&self.world, "run --once");
        // Their order is that of the clock, which may have been set back.
        let mut told = self.world.mails("txt");
        told.retain(|mail| !before.contains(mail));
        told
    }

    fn alert(&self) -> Value {
        json(&self.world, "status")["alerts"][0].clone()
    }
}

fn has(told: &[String], words: &str) -> bool {
    told.concat().split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
}

#[test]
fn quiet_hours_hold_everything_but_what_is_urgent() {
    let alert = "frequency = \"as-it-happens\"\nquiet_hours = \"22:00-07:00\"\n\
                 timezone = \"Europe/Helsinki\"\nlanguage = \"fi\"";
    let Some(mut paced) = Paced::new("quiet hours", alert, "") else { return };
    assert!(paced.told("2026-06-01T17:00:00Z").is_empty());
    paced.serve(&[entry("1", SLOW)]);
    assert!(paced.told("2026-06-01T19:00:00Z").is_empty(), "ten in the evening");
    let shown = paced.alert();
    assert_eq!(
        (shown["held"].as_u64(), shown["next"].as_str()),
        (Some(1), Some("2026-06-02T04:00:00Z"))
    );
    let preview = paced.world.vahti("alert care preview");
    assert!(preview.out.contains("parcel never came"), "{preview:?}");
    assert!(
        preview.err.contains("2026-06-02 04:00; 1 mention kept back until then"),
        "{preview:?}"
    );
    paced.serve(&[entry("2", BURNS), entry("1", SLOW)]);
    let told = paced.told("2026-06-01T22:00:00Z");
    assert!(told.len() == 1 && has(&told, "battery exploded") && !has(&told, "parcel"), "{told:?}");
    assert!(
        has(&told, "Kiireellinen, siksi tämä tulee heti. Muut tulevat myöhemmin: 2.6. klo 7.00."),
        "{told:?}"
    );
    assert!(paced.told("2026-06-02T03:59:00Z").is_empty());
    let told = paced.told("2026-06-02T04:00:00Z");
    assert!(told.len() == 1 && has(&told, "parcel") && !has(&told, "exploded"), "{told:?}");
    assert!(paced.told("2026-06-02T04:01:00Z").is_empty());
    assert_eq!(paced.alert()["held"], 0);
}

#[test]
fn a_daily_alert_waits_for_a_business_day_and_tells_all() {
    let alert = "frequency = \"daily\"\nbusiness_days = true\ntimezone = \"Europe/Helsinki\"\n\
                 how_many = \"best\"";
    let desk = "[desk]\nholidays = [\"fi\"]\n";
    let Some(mut paced) = Paced::new("business days", alert, desk) else { return };
    // Easter: from Good Friday, 3 April 2026, to Monday nobody works.
    assert!(paced.told("2026-04-02T12:00:00Z").is_empty());
    let entries: Vec<Entry> = NEWS.iter().map(|title| entry(title, title)).collect();
    paced.serve(&entries[..1]);
    assert!(paced.told("2026-04-03T05:00:00Z").is_empty());
    paced.serve(&entries);
    assert!(paced.told("2026-04-06T05:00:00Z").is_empty(), "Easter Monday");
    assert_eq!(paced.alert()["next"], "2026-04-07T05:00:00Z");
    let told = paced.told("2026-04-07T05:00:00Z");
    assert!(told.len() == 1 && has(&told, "more: vahti mentions --since"), "{told:?}");
    assert!(paced.told("2026-04-07T20:00:00Z").is_empty());
}

#[test]
fn a_clock_that_was_years_ahead_neither_silences_nor_doubles() {
    let Some(mut paced) = Paced::new("clock jumps", "frequency = \"daily\"\nempty = true", "")
    else {
        return;
    };
    assert!(paced.told("2026-06-01T07:00:00Z").is_empty());
    assert_eq!(paced.told("2026-06-01T08:00:01Z").len(), 1);
    assert!(paced.told("2026-06-01T07:59:59Z").is_empty(), "set back by two seconds");
    assert!(paced.told("2026-06-01T08:00:02Z").is_empty(), "and the time comes again");
    assert_eq!(paced.told("2031-02-03T04:05:06Z").len(), 1, "once for all the years");
    paced.serve(&[entry("1", SLOW)]);
    assert!(paced.told("2026-06-01T09:00:00Z").is_empty());
    let told = paced.told("2026-06-04T12:00:00Z");
    assert!(told.len() == 1 && has(&told, "parcel never came"), "{told:?}");
    assert!(paced.told("2026-06-05T07:59:00Z").is_empty());
    assert_eq!(paced.told("2026-06-05T08:00:00Z").len(), 1);
}

#[test]
fn a_daemon_speaks_at_the_end_of_the_hour_that_the_clock_skips() {
    let alert =
        "frequency = \"daily\"\nat = \"03:30\"\ntimezone = \"Europe/Helsinki\"\nempty = true";
    let Some(mut paced) = Paced::new("the skipped hour", alert, "") else { return };
    assert!(paced.told("2026-03-28T12:00:00Z").is_empty());
    paced.world.runs_from(&paced.library.clone(), "2026-03-29T00:59:56Z".parse().unwrap());
    let daemon = paced.world.daemon();
    assert!(paced.world.mails("txt").is_empty(), "it was too slow to start");
    until("it speaks", || paced.world.mails("txt").len() == 1);
    assert_eq!(daemon.stop(), Some(0));
    assert!(paced.told("2026-03-29T01:31:00Z").is_empty());
    assert_eq!(paced.told("2026-03-30T00:30:00Z").len(), 1);
}

#[test]
fn what_a_cooldown_keeps_back_is_told_by_the_next_daemon() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[])));
    let news = source(&site, "/news.xml", "schedule = \"1s\"");
    let alert = "[[alert]]\nname = \"care\"\nto = [\"care@acme.example\"]\n\
                 frequency = \"as-it-happens\"\ncooldown = \"12s\"\n";
    let world = World::new(&format!("{HEAD}{news}{alert}"));
    let daemon = world.daemon();
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", SLOW)])));
    until("the first is told", || world.mails("txt").len() == 1);
    site.serve("/news.xml", Answer::feed(feed(&[entry("2", DEAR), entry("1", SLOW)])));
    until("the second waits", || json(&world, "status")["alerts"][0]["held"] == 1);
    daemon.kill();
    assert_eq!(world.mails("txt").len(), 1);
    let daemon = world.daemon();
    until("the second is told", || world.mails("txt").len() == 2);
    let told = world.mails("txt");
    assert_eq!([has(&told[1..], "useless manual"), has(&told[1..], "parcel")], [true, false]);
    assert_eq!(daemon.stop(), Some(0));
}
