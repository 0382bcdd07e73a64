//! Damage to what was told and what is counted.

use super::*;
use crate::alert::spike::{Of, Spike};
use crate::brand::BrandName;
use crate::delivery::{Enclosed, NoticeId, Picture, Progress};
use crate::enrich::{Insight, Label, Priority, Sentiment};
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::post::{Post, SourceName};
use crate::source::Kind;
use crate::store::Commit;
use chrono::{DateTime, Utc};

fn at(hour: i64) -> DateTime<Utc> {
    "2026-01-05T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hour)
}

fn mention() -> Mention {
    let key = PostKey([1; 16]);
    let id = MentionId::of(key, &acme());
    let sentiment = Sentiment { label: Label::Neutral, score: 0.0, confidence: 0.9 };
    Mention {
        id: id.clone(),
        key,
        brand: acme(),
        source: SourceName("news".into()),
        kind: Kind::Feed,
        post: Post { text: "Acme".into(), published: Some(at(1)), ..Post::default() },
        hits: Vec::new(),
        seen: at(1),
        insight: Insight {
            language: None,
            sentiment,
            complaint: None,
            priority: Priority::Normal,
            review: false,
            why: Vec::new(),
        },
        own: false,
        story: id,
        copies: 0,
        ticket: None,
        mark: None,
        muted: None,
        versions: Vec::new(),
        praise: None,
    }
}

fn notice(png: &[u8]) -> Notice {
    Notice {
        id: NoticeId(0),
        alert: "care".into(),
        to: "care@acme.example".into(),
        subject: "s".into(),
        text: "t".into(),
        html: "<img src=\"cid:chart-1\">".into(),
        message_id: "id".into(),
        created: at(1),
        progress: Progress::Queued,
        attempts: 0,
        next_attempt: at(1),
        last_answer: None,
        enclosed: Enclosed {
            tells: vec!["m1".into(), "m2".into()],
            counts: vec!["m2".into()],
            pictures: vec![Picture { cid: "chart-1".into(), alt: "a".into(), png: png.to_vec() }],
            ..Enclosed::default()
        },
    }
}

fn acme() -> BrandName {
    BrandName("Acme".into())
}

fn spike() -> Spike {
    let (of, hour) = (Of::All, spike::hour(at(1)));
    Spike {
        of,
        began: hour,
        found: hour,
        count: 9,
        hours: 1,
        usual: 1.0,
        last: hour,
        peak: hour,
        most: 9,
        total: 9,
    }
}

/// A sound store with a mention, an alert, a notice and a spike.
fn sound() -> (tempfile::TempDir, SledStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
    let course = Course { spike: Some(spike()), ..Course::default() };
    let state = AlertState { first: Some((0, at(0))), ..AlertState::default() };
    let commit = Commit {
        mentions: vec![mention()],
        notices: vec![notice(PNG)],
        alerts: vec![("care".into(), state)],
        courses: vec![(acme(), course)],
        ..Commit::default()
    };
    store.apply(&commit).unwrap();
    assert_eq!(store.check().unwrap(), []);
    (folder, store)
}

/// Does damage, and sees what is said of it.
#[track_caller]
fn check_damage(damage: impl Fn(&SledStore), expected: &str) {
    let (_folder, store) = sound();
    damage(&store);
    let faults: Vec<String> = store.check().unwrap().into_iter().map(|fault| fault.0).collect();
    assert_eq!(faults, [expected]);
}

fn set_hour(store: &SledStore, hour: i64, all: u32, negative: u32) {
    let hours = vec![(acme(), hour, Some(Counted { all, negative }))];
    store.apply(&Commit { hours, ..Commit::default() }).unwrap();
}

#[test]
fn hours_that_cannot_be_show() {
    let hour = spike::hour(at(1));
    let more = format!("hour {hour} of Acme: it brought 1, and 2 negative ones");
    check_damage(|store| set_hour(store, hour, 1, 2), &more);
    let far = hour + 9_000;
    let said = format!("hour {far} of Acme: it lies far behind every mention");
    check_damage(|store| set_hour(store, far, 1, 0), &said);
    let said = "hour -5 of Acme: it lies before all that is counted";
    check_damage(|store| set_hour(store, -5, 1, 0), said);
    let named = [hours::prefix(&acme()), vec![0; 3]].concat();
    let said = "an hour is stored under what names no brand and no hour";
    for key in [named, vec![0, 0, 0], vec![7; 30]] {
        check_damage(|store| drop(store.trees.hours.insert(&key, vec![0; 8]).unwrap()), said);
    }
    let cut = |store: &SledStore| {
        let (key, _) = store.trees.hours.iter().next().unwrap().unwrap();
        store.trees.hours.insert(key, vec![1, 2, 3]).unwrap();
    };
    check_damage(cut, &format!("hour {hour} of Acme: its counts do not read back"));
}

#[test]
fn spikes_that_cannot_be_show() {
    let set = |change: fn(&mut Spike)| {
        move |store: &SledStore| {
            let mut spike = spike();
            change(&mut spike);
            let course = Course { spike: Some(spike), ..Course::default() };
            store.apply(&Commit { courses: vec![(acme(), course)], ..Commit::default() }).unwrap();
        }
    };
    let said = "spikes of Acme: the one under way ended before it began";
    check_damage(set(|spike| spike.last -= 1), said);
    let said = "spikes of Acme: the one under way was at its highest before it began";
    check_damage(set(|spike| spike.peak -= 1), said);
    check_damage(set(|spike| spike.usual = -1.0), "spikes of Acme: what is usual is no number");
    check_damage(
        |store| drop(store.trees.hours.insert(hours::course_key(&acme()), b"\x01{").unwrap()),
        "spikes of Acme: a spike does not read back: EOF while parsing an object at line 1 column 1",
    );
}

#[test]
fn alerts_that_cannot_be_show() {
    let set = |change: fn(&mut AlertState)| {
        move |store: &SledStore| {
            let mut state = store.alert("care").unwrap().unwrap();
            change(&mut state);
            let alerts = vec![("care".into(), state)];
            store.apply(&Commit { alerts, ..Commit::default() }).unwrap();
        }
    };
    check_damage(
        set(|state| state.told_up_to = 9),
        "alert care: it was told up to place 9, and 1 is the last",
    );
    check_damage(
        set(|state| state.first = Some((1, at(0)))),
        "alert care: it began at place 1, and was told up to 0",
    );
    let both = |state: &mut AlertState| {
        state.owed.insert(MentionId("m1".into()));
        state.passed.insert(MentionId("m1".into()));
    };
    check_damage(set(both), "alert care: it is to tell mention m1, and to pass over it");
    check_damage(
        set(|state| _ = state.events.insert(TicketId(5), at(0))),
        "alert care: it told ticket 5, which never was",
    );
    let many = |state: &mut AlertState| {
        state.owed = (0..1_100).map(|nth| MentionId(format!("m{nth}"))).collect();
    };
    check_damage(set(many), "alert care: it remembers more than it may");
    check_damage(
        |store| drop(store.trees.alerts.insert(b"care", b"\x01\x01").unwrap()),
        "alert care: a record does not read back: Hit the end of buffer, expected more data",
    );
}

#[test]
fn notices_that_cannot_be_show() {
    let change = |is_waiting: bool, change: fn(&mut Notice)| {
        move |store: &SledStore| {
            let tree = if is_waiting { &store.trees.outbox } else { &store.trees.sent };
            let (key, value) = tree.iter().next().unwrap().unwrap();
            let mut notice = record::read_notice(&value).unwrap();
            change(&mut notice);
            tree.insert(key, record::notice(&notice, notice.id).unwrap()).unwrap();
        }
    };
    check_damage(
        change(true, |notice| notice.enclosed.pictures.clear()),
        "notice 1: its picture chart-1 is gone",
    );
    check_damage(
        change(true, |notice| notice.enclosed.pictures[0].png[1] = b'J'),
        "notice 1: its picture chart-1 is no PNG",
    );
    for is_waiting in [true, false] {
        let renumbered = change(is_waiting, |notice| notice.id = NoticeId(7));
        check_damage(renumbered, "notice 1 is stored under a wrong number");
    }
    check_damage(
        change(false, |notice| notice.enclosed.counts = vec!["m9".into()]),
        "notice 1 counts mention m9, which it does not tell",
    );
    check_damage(
        |store| drop(store.trees.told.remove(key::told("m2", 1)).unwrap()),
        "notice 1 tells mention m2, which does not know it",
    );
}
