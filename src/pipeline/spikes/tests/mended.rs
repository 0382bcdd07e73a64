//! Clocks that were wrong, those who are told, when and in which words.

use super::*;
use crate::enrich::{Insight, Sentiment};
use crate::schedule::hours::Hours;

/// Looks at this hour, and returns what was made.
fn made(rules: &Rules, store: &SledStore, hour: i64) -> Vec<Notice> {
    let commit = look(rules, &[], store, at(hour)).unwrap();
    store.apply(&commit).unwrap();
    commit.notices
}

/// The same mentions by people who do not complain.
fn gladly(mentions: Vec<Mention>) -> Vec<Mention> {
    let glad = |mention: Mention| {
        let sentiment = Sentiment { label: Label::Positive, score: 0.9, confidence: 0.97 };
        let insight = Insight { sentiment, ..mention.insight.clone() };
        Mention { insight, ..mention }
    };
    mentions.into_iter().map(glad).collect()
}

#[test]
fn a_clock_that_was_far_ahead_for_a_while_erases_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let acme = BrandName("Acme".into());
    let rules = rules(vec![alert("care", &["care@acme.example"], "")]);
    looked(&rules, &store, BURST - 1);
    let counted = store.hours(&acme).unwrap();
    looked(&rules, &store, BURST + 24_000);
    looked(&rules, &store, BURST + 24_001);
    assert_eq!(store.hours(&acme).unwrap(), counted);
    // What came by that clock counts no more.
    tell(&store, burst(BURST + 100, 0..9));
    assert_eq!(looked(&rules, &store, BURST), []);
    assert_eq!(store.hours(&acme).unwrap(), counted);
    tell(&store, burst(BURST + 1, 0..9));
    assert_eq!(looked(&rules, &store, BURST + 1).len(), 1);
}

#[test]
fn who_comes_back_after_weeks_is_told_nothing_for_two() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let rules = rules(vec![alert("care", &["care@acme.example"], "")]);
    looked(&rules, &store, BURST);
    let back = BURST + 9 * 168;
    for day in 0..13 {
        tell(&store, burst(back + day * 24, 0..7));
        assert_eq!(looked(&rules, &store, back + day * 24), [], "day {day}");
    }
}

#[test]
fn who_was_told_that_it_began_hears_that_it_is_over_under_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let first = rules(vec![
        alert("care", &["care@acme.example", "maija@acme.example", "gone@acme.example"], ""),
        alert("press", &["paina@acme.example"], ""),
    ]);
    looked(&first, &store, BURST);
    tell(&store, burst(BURST, 0..9));
    assert_eq!(looked(&first, &store, BURST).len(), 4);
    let second = rules(vec![
        alert("desk", &["CARE@acme.example"], "brand:Bolt"),
        alert("press", &["paina@acme.example", "maija@acme.example"], ""),
    ]);
    let over: Vec<Notice> = (1..12).flat_map(|hour| made(&second, &store, BURST + hour)).collect();
    let told: Vec<(&str, &str)> =
        over.iter().map(|notice| (notice.alert.as_str(), notice.to.as_str())).collect();
    let expected = [
        ("desk", "care@acme.example"),
        ("press", "maija@acme.example"),
        ("press", "paina@acme.example"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn times_are_those_of_the_people_whom_the_alert_tells() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let pace = Pace { zone: Tz::Asia__Tokyo, ..Pace::default() };
    let rules = rules(vec![Alert { pace, ..alert("care", &["care@acme.example"], "") }]);
    looked(&rules, &store, BURST);
    tell(&store, burst(BURST, 0..9));
    // Six in the morning in UTC.
    let [begun] = &made(&rules, &store, BURST)[..] else { panic!() };
    assert!(begun.text.contains("15:00"), "{}", begun.text);
}

#[test]
fn complaints_break_through_quiet_hours_and_all_else_waits() {
    let zone = Tz::UTC;
    let hours = Hours::all_but(Some((22 * 60, 9 * 60)), false).in_zone(zone);
    let pace = Pace { zone, hours: Some(hours), ..Pace::default() };
    let rules = rules(vec![Alert { pace, ..alert("care", &["care@acme.example"], "") }]);
    // It is six in the morning; people may be disturbed from nine on.
    let (now, opens) = (at(BURST), at(BURST + 3));
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    looked(&rules, &store, BURST);
    tell(&store, gladly(burst(BURST, 0..30)));
    let [begun] = &made(&rules, &store, BURST)[..] else { panic!() };
    assert_eq!((begun.created, begun.next_attempt), (now, opens));
    assert!(begun.is_held(now) && !begun.is_held(opens), "run --once leaves it alone till then");

    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    tell(&store, (0..BURST).flat_map(|hour| gladly(burst(hour, 0..4))).collect());
    looked(&rules, &store, BURST);
    tell(&store, burst(BURST, 50..58));
    let [begun] = &made(&rules, &store, BURST)[..] else { panic!() };
    assert!(begun.subject.contains("negative"), "{}", begun.subject);
    assert_eq!((begun.next_attempt, begun.is_held(now)), (now, false));
    // It is over at night.
    let [over] = &made(&rules, &store, BURST + 17)[..] else { panic!() };
    assert_eq!(over.next_attempt, at(BURST + 27), "{}", over.subject);
}

#[test]
fn all_mentions_of_a_great_spike_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(&folder);
    let rules = rules(vec![alert("care", &["care@acme.example"], "")]);
    looked(&rules, &store, BURST);
    tell(&store, burst(BURST, 0..2_200));
    let [begun] = &made(&rules, &store, BURST)[..] else { panic!() };
    assert!(begun.text.contains("2,200 of them negative"), "{}", begun.text);
    assert!(begun.subject.contains("2,200 mentions"), "{}", begun.subject);
}
