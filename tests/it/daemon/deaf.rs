//! What an alert says of sources that are not heard, and when quiet is no good news.

use super::{HEAD, json, source};
use crate::support::{Answer, Site, World, entry, faketime, feed, skipped, until};
use std::path::PathBuf;

const LATE: &str = "Acme is terrible, the parcel never came and nobody answers";

/// A site with a source for each brand, a folder that watches them, and another clock.
struct Deaf {
    site: Site,
    world: World,
    library: PathBuf,
}

impl Deaf {
    /// `None` where no library gives programs another clock.
    fn new(test: &str, alerts: &str) -> Option<Self> {
        let Some(library) = faketime() else {
            skipped(test, "libfaketime is not installed (apt install libfaketime)");
            return None;
        };
        let site = Site::start();
        for path in ["/acme.xml", "/bolt.xml"] {
            site.serve(path, Answer::feed(feed(&[])));
        }
        let acme = source(&site, "/acme.xml", "schedule = \"15m\"\nbrands = [\"Acme\"]");
        let bolt = source(&site, "/bolt.xml", "schedule = \"15m\"\nbrands = [\"Bolt\"]");
        let world = World::new(&format!("{HEAD}{acme}{bolt}{alerts}"));
        Some(Self { site, world, library })
    }

    /// Runs once at this time, and returns what was told.
    fn told(&mut self, now: &str) -> Vec<String> {
        self.world.is_now(&self.library, now.parse().unwrap());
        let before = self.world.mails("txt").len();
        json(&self.world, "run --once");
        self.world.mails("txt").split_off(before)
    }
}

#[test]
fn a_digest_made_up_for_waits_for_sources_that_were_due_meanwhile() {
    let alert = "[[alert]]\nname = \"care\"\nto = [\"care@acme.example\"]\nfrequency = \"daily\"\n";
    let Some(mut deaf) = Deaf::new("a late digest", alert) else { return };
    assert!(deaf.told("2026-11-23T07:50:00Z").is_empty());
    deaf.site.serve("/acme.xml", Answer::feed(feed(&[entry("1", LATE)])));
    deaf.world.runs_from(&deaf.library.clone(), "2026-11-24T09:00:00Z".parse().unwrap());
    let daemon = deaf.world.daemon();
    until("it speaks", || !deaf.world.mails("txt").is_empty());
    let told = deaf.world.mails("txt").concat();
    assert!(told.contains("parcel never came"), "{told}");
    assert!(!told.contains("Blind spots"), "all were heard: {told}");
    assert_eq!(daemon.stop(), Some(0));
    assert!(deaf.told("2026-11-24T10:00:00Z").is_empty(), "once, for the whole time");
}

#[test]
fn a_source_that_is_not_heard_any_more_is_told_once_to_whom_it_concerns() {
    let alert = |name: &str, brand: &str| {
        format!(
            "[[alert]]\nname = \"{name}\"\nto = [\"{name}@acme.example\"]\nfrequency = \"daily\"\n\
             filter = \"brand:{brand}\"\n"
        )
    };
    let alerts = format!("{}{}", alert("one", "Acme"), alert("other", "Bolt"));
    let Some(mut deaf) = Deaf::new("blind spots", &alerts) else { return };
    assert!(deaf.told("2026-11-23T07:50:00Z").is_empty());
    deaf.site.serve("/acme.xml", Answer::status(500));
    for time in ["08:30", "08:50"] {
        assert!(deaf.told(&format!("2026-11-23T{time}:00Z")).is_empty(), "twice is no trouble");
    }
    let told = deaf.told("2026-11-24T08:00:00Z");
    let [mail] = told.as_slice() else { panic!("{told:?}") };
    assert!(mail.contains("one@acme.example") || mail.contains("“one”"), "{mail}");
    assert!(mail.contains("Blind spots") && mail.contains("acme"), "{mail}");
    assert!(!mail.contains("bolt"), "it concerns another: {mail}");
    let preview = deaf.world.vahti("alert other preview").out;
    assert!(!preview.contains("acme"), "{preview}");
    assert!(deaf.told("2026-11-25T08:00:00Z").is_empty(), "it was told");
    deaf.site.serve("/acme.xml", Answer::feed(feed(&[])));
    assert!(deaf.told("2026-11-26T08:00:00Z").is_empty());
    deaf.site.serve("/acme.xml", Answer::status(500));
    for day in [27, 28] {
        assert!(deaf.told(&format!("2026-11-{day}T08:00:00Z")).is_empty());
    }
    assert_eq!(deaf.told("2026-11-29T08:00:00Z").len(), 1, "it is deaf again");
}
