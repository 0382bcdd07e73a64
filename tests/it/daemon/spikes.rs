//! Weeks of a brand's own rhythm, an hour in which everybody speaks of it, and the calm after.

use super::{HEAD, json, source};
use crate::support::{Answer, Entry, Site, World, entry, faketime, feed, skipped};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::PathBuf;

const ALERTS: &str = r#"
[[alert]]
name = "care"
to = ["care@acme.example"]
frequency = "0 0 1 1 *"
filter = "brand:Acme"
[[alert]]
name = "press"
to = ["care@acme.example", "paina@acme.example"]
frequency = "0 0 1 1 *"
language = "fi"
[[alert]]
name = "bolt"
to = ["bolt@acme.example"]
frequency = "0 0 1 1 *"
filter = "brand:Bolt"
[[alert]]
name = "calm"
to = ["calm@acme.example"]
frequency = "0 0 1 1 *"
spikes = false
"#;

fn at(hours: i64) -> DateTime<Utc> {
    "2026-03-02T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
}

/// Something about Acme in words that nobody else has.
fn spoken(nth: u64, hour: i64) -> Entry {
    let mut seed = nth.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut word = || {
        let mut letters = String::new();
        for _ in 0..7 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            letters.push(char::from(b'a' + u8::try_from((seed >> 40) % 26).unwrap()));
        }
        letters
    };
    let words: Vec<String> = (0..9).map(|_| word()).collect();
    entry(&format!("n{nth}"), &format!("Acme {}", words.join(" ")))
        .dated(&(at(hour) + TimeDelta::minutes(5)).to_rfc2822())
}

struct Weeks {
    clock: PathBuf,
    site: Site,
    world: World,
    entries: Vec<Entry>,
}

impl Weeks {
    /// Runs everything once, half an hour into this hour, and returns the mails that this made.
    fn run(&mut self, hour: i64) -> Vec<String> {
        self.site.serve("/news.xml", Answer::feed(feed(&self.entries)));
        self.world.is_now(&self.clock, at(hour) + TimeDelta::minutes(30));
        let before = self.world.mails("eml");
        json(&self.world, "run --once");
        self.world.mails("eml").into_iter().filter(|mail| !before.contains(mail)).collect()
    }

    fn speak(&mut self, hour: i64, times: u64) {
        for _ in 0..times {
            let nth = u64::try_from(self.entries.len()).unwrap();
            self.entries.push(spoken(nth, hour));
        }
    }
}

#[test]
fn a_spike_is_told_once_to_each_and_once_more_when_it_is_over() {
    let Some(clock) = faketime() else {
        let test = "daemon::spikes::a_spike_is_told_once_to_each_and_once_more_when_it_is_over";
        skipped(test, "no libfaketime: install the Debian package faketime");
        return;
    };
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[])));
    let world = World::new(&format!("{HEAD}{}{ALERTS}", source(&site, "/news.xml", "")));
    let mut weeks = Weeks { clock, site, world, entries: Vec::new() };
    assert!(weeks.run(0).is_empty());
    for week in 1..=4 {
        for hour in ((week - 1) * 168..week * 168).step_by(8) {
            weeks.speak(hour, 1);
        }
        assert!(weeks.run(week * 168 - 1).is_empty(), "a usual week");
    }
    let now = 4 * 168 + 1;
    weeks.speak(now, 12);
    let begun = weeks.run(now);
    assert_eq!(begun.len(), 2, "{begun:#?}");
    let to = |mails: &[String], who: &str| {
        let found = mails.iter().find(|mail| mail.contains(&format!("To: {who}@acme.example")));
        found.unwrap_or_else(|| panic!("{who}: {mails:#?}")).clone()
    };
    assert!(
        to(&begun, "care").contains("Subject: Acme: 12 mentions in one hour, usually hardly any")
    );
    assert!(to(&begun, "paina").contains("12 mainintaa"), "{begun:#?}");
    let spikes = json(&weeks.world, "status")["spikes"].clone();
    assert_eq!((&spikes[0]["brand"], &spikes[0]["count"]), (&"Acme".into(), &12.into()));
    assert_eq!(spikes[0]["of"], "all");

    weeks.speak(now + 1, 5);
    for hour in 1..5 {
        assert!(weeks.run(now + hour).is_empty(), "it is told once");
    }
    let over: Vec<String> = (7..14).flat_map(|hour| weeks.run(now + hour)).collect();
    assert_eq!(over.len(), 2, "{over:#?}");
    assert!(
        to(&over, "care").contains("Subject: Acme: over after 2 hours, 17 mentions"),
        "{over:#?}"
    );
    assert_eq!(json(&weeks.world, "status")["spikes"], serde_json::json!([]));
}
