//! Weeks of a brand, a burst, and who is told what of it.

use super::*;
use crate::alert::{Frequency, HowMany, Pace};
use crate::mention::filter::Filter;
use crate::mention::{Mark, PostKey};
use crate::pipeline::sample::{at, brand, mention};
use crate::query::parse_filter;
use crate::store::sled::SledStore;
use crate::text::Language;
use chrono_tz::Tz;

mod late;
mod mended;

/// The hour after four weeks of three mentions a day.
const BURST: i64 = 28 * 24;

fn alert(name: &str, to: &[&str], filter: &str) -> Alert {
    Alert {
        name: name.into(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        frequency: Frequency::AsItHappens,
        filter: Filter::new(parse_filter(filter).unwrap()),
        language: Language::ENGLISH,
        empty: false,
        content: Content::Mentions,
        how_many: HowMany::All,
        pace: Pace::default(),
        spikes: true,
    }
}

fn rules(alerts: Vec<Alert>) -> Rules {
    Rules::new(vec![brand("Acme")], alerts, Tz::UTC)
}

fn store_of(folder: &tempfile::TempDir) -> SledStore {
    let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
    tell(
        &store,
        (0..BURST).step_by(8).map(|hour| mention(hour, "maija", "Acme is late")).collect(),
    );
    store
}

fn tell(store: &SledStore, mentions: Vec<Mention>) {
    store.apply(&Commit { mentions, ..Commit::default() }).unwrap();
}

/// Different people at one hour.
fn burst(hour: i64, people: std::ops::Range<u32>) -> Vec<Mention> {
    people.map(|nth| mention(hour, &format!("writer{nth}"), "Acme burns")).collect()
}

/// Looks at this hour, and returns who was told what.
fn looked(rules: &Rules, store: &SledStore, hour: i64) -> Vec<(String, String)> {
    let commit = look(rules, &[], store, at(hour)).unwrap();
    store.apply(&commit).unwrap();
    let again = look(rules, &[], store, at(hour)).unwrap();
    assert!(again.notices.is_empty(), "nothing is told twice");
    commit.notices.into_iter().map(|notice| (notice.to, notice.subject)).collect()
}

#[test]
fn a_burst_is_told_once_to_each_and_again_when_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let lessons =
        Alert { content: Content::Lessons, ..alert("lessons", &["all@acme.example"], "") };
    let silent = Alert { spikes: false, ..alert("silent", &["boss@acme.example"], "") };
    let rules = rules(vec![
        alert("care", &["care@acme.example", "maija@acme.example"], "brand:Acme"),
        alert("bad", &["MAIJA@acme.example"], "sentiment:negative"),
        alert("other", &["bolt@acme.example"], "brand:Bolt"),
        lessons,
        silent,
    ]);
    assert_eq!(looked(&rules, &store, BURST), []);
    tell(&store, burst(BURST, 0..9));
    let begun = looked(&rules, &store, BURST);
    let told: Vec<&str> = begun.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(told, ["care@acme.example", "maija@acme.example"]);
    assert_eq!(begun[0].1, "Acme: 9 mentions in one hour, usually 1");
    tell(&store, burst(BURST + 1, 10..22));
    for hour in 1..6 {
        assert_eq!(looked(&rules, &store, BURST + hour), []);
    }
    let over: Vec<_> = (6..12).flat_map(|hour| looked(&rules, &store, BURST + hour)).collect();
    let told: Vec<&str> = over.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(told, ["care@acme.example", "maija@acme.example"]);
    assert_eq!(over[0].1, "Acme: over after 2 hours, 21 mentions");
}

#[test]
fn copies_of_one_article_are_no_spike() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let rules = rules(vec![alert("care", &["care@acme.example"], "")]);
    looked(&rules, &store, BURST - 1);
    let mut copies = burst(BURST, 0..40);
    let head = copies[0].id.clone();
    for copy in &mut copies {
        copy.story = head.clone();
    }
    tell(&store, copies);
    assert_eq!(looked(&rules, &store, BURST), []);
}

#[test]
fn what_was_written_long_ago_is_no_spike_and_noise_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let rules = rules(vec![alert("care", &["care@acme.example"], "")]);
    looked(&rules, &store, BURST - 1);
    let mut found = burst(BURST - 100, 0..30);
    for mention in &mut found {
        mention.seen = at(BURST);
    }
    tell(&store, found);
    assert_eq!(looked(&rules, &store, BURST), []);
    let noise = |mention| Mention { mark: Some(Mark::Noise), ..mention };
    let others = burst(BURST, 40..60);
    tell(&store, others.clone());
    tell(&store, others.into_iter().map(noise).collect());
    assert_eq!(looked(&rules, &store, BURST), []);
    let counted = store.hours(&BrandName("Acme".into())).unwrap();
    assert_eq!(counted[&spike::hour(at(BURST))], Counted::default());
}

#[test]
fn hours_are_counted_anew_where_they_were_never_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let acme = BrandName("Acme".into());
    let counted = store.hours(&acme).unwrap();
    let all = counted.keys().map(|hour| (acme.clone(), *hour, None));
    store.apply(&Commit { hours: all.collect(), ..Commit::default() }).unwrap();
    assert!(store.hours(&acme).unwrap().is_empty());
    looked(&rules(Vec::new()), &store, BURST);
    assert_eq!(store.hours(&acme).unwrap(), counted);
    assert_eq!(store.course(&acme).unwrap().unwrap().since, spike::hour(at(0)));
}

#[test]
fn hours_older_than_eight_weeks_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let rules = rules(Vec::new());
    for day in (0..=50).step_by(10) {
        looked(&rules, &store, BURST + day * 24);
    }
    let counted = store.hours(&BrandName("Acme".into())).unwrap();
    assert!(counted.keys().all(|hour| *hour > spike::hour(at(BURST - 6 * 24 - 1))));
    assert!(!counted.is_empty());
}

#[test]
fn the_tickets_of_one_event_are_one_cause() {
    let mut mentions: Vec<(Mention, Option<Ticket>)> =
        burst(0, 0..4).into_iter().map(|mention| (mention, None)).collect();
    let key = PostKey::of(&["copy"]);
    let copy = Mention { key, id: MentionId("mcopy".into()), ..mentions[2].0.clone() };
    mentions.push((copy, None));
    let stories = stories(&mentions);
    assert_eq!(stories.len(), 4);
    assert_eq!((stories[0].head.id.clone(), stories[0].more), (mentions[2].0.id.clone(), 1));
}

#[test]
fn the_end_waits_while_a_source_of_the_brand_cannot_be_heard() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let rules = rules(vec![alert("care", &["care@acme.example"], "")]);
    looked(&rules, &store, BURST);
    tell(&store, burst(BURST, 0..9));
    assert_eq!(looked(&rules, &store, BURST).len(), 1);
    let of = |brand: &str| Outage { only: vec![BrandName(brand.into())], since: at(BURST + 1) };
    let told = |outages: &[Outage], hour| {
        let commit = look(&rules, outages, &store, at(hour)).unwrap();
        store.apply(&commit).unwrap();
        commit.notices.len()
    };
    let during: usize = (1..30).map(|hour| told(&[of("Acme")], BURST + hour)).sum();
    assert_eq!(during, 0, "nothing can be heard");
    // Once it works again, hours show it; what another brand's source does is no matter.
    let after: Vec<i64> = (30..40).filter(|hour| told(&[of("Bolt")], BURST + hour) > 0).collect();
    let [over] = after.as_slice() else { panic!("{after:?}") };
    assert!((34..38).contains(over), "{over}");
}
