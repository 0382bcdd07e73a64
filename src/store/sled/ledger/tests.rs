//! What the ledger keeps, and for how long.

use super::*;
use crate::delivery::{Enclosed, Picture, Progress, outbox};
use crate::store::Store;
use chrono::{DateTime, Utc};
use tempfile::TempDir;

fn at(days: i64) -> DateTime<Utc> {
    "2026-01-05T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(days)
}

fn notice(days: i64, tells: &[&str]) -> Notice {
    let picture = Picture {
        cid: "a".into(),
        alt: "a".into(),
        png: [b"\x89PNG\r\n\x1a\n".as_slice(), &[1; 1000]].concat(),
    };
    Notice {
        id: NoticeId(0),
        alert: "care".into(),
        to: "care@acme.example".into(),
        subject: "s".into(),
        text: "t".into(),
        html: "h".into(),
        message_id: format!("id-{days}"),
        created: at(days),
        progress: Progress::Queued,
        attempts: 0,
        next_attempt: at(days),
        last_answer: None,
        enclosed: Enclosed {
            tells: tells.iter().map(|id| (*id).to_owned()).collect(),
            pictures: vec![picture],
            ..Enclosed::default()
        },
    }
}

fn store() -> (TempDir, SledStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
    (folder, store)
}

fn put(store: &SledStore, notice: Notice) {
    store.apply(&Commit { notices: vec![notice], ..Commit::default() }).unwrap();
}

fn numbers(store: &SledStore) -> Vec<u64> {
    let mut numbers = Vec::new();
    let each = &mut |notice: Notice| {
        numbers.push(notice.id.0);
        true
    };
    store.ledger(each).unwrap();
    numbers
}

#[test]
fn a_notice_is_in_the_ledger_from_its_making_to_long_after_its_delivery() {
    let (_folder, store) = store();
    put(&store, notice(0, &["ma", "mb"]));
    put(&store, notice(1, &["mb"]));
    let told = |id: &str| store.told(&MentionId(id.into())).unwrap();
    assert_eq!(told("ma").len(), 1);
    assert_eq!(told("mb").len(), 2);
    assert_eq!(told("m").len(), 0);
    let first = store.outbox().unwrap().remove(0);
    assert_eq!(first.enclosed.pictures.len(), 1);
    let sent = outbox::after_success(first, "250 queued as 4711", at(0));
    put(&store, sent);
    let entry = told("ma").remove(0);
    assert_eq!(
        (entry.progress, entry.text.as_str(), entry.html.as_str()),
        (Progress::Sent, "", "")
    );
    assert_eq!(entry.enclosed.pictures, []);
    assert_eq!(entry.enclosed.tries[0].answer, "250 queued as 4711");
    assert_eq!(numbers(&store), [2, 1]);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn what_is_old_goes_with_new_notices_and_what_waits_stays() {
    let (_folder, store) = store();
    for day in 0..50 {
        put(&store, notice(day, &["ma"]));
    }
    let waiting = store.outbox().unwrap();
    for (nth, notice) in waiting.into_iter().enumerate() {
        if nth != 3 {
            put(&store, outbox::after_success(notice, "250 ok", at(50)));
        }
    }
    assert_eq!(numbers(&store).len(), 50);
    put(&store, notice(100, &["mb"]));
    put(&store, notice(100, &["mb"]));
    // Of the first 11 days all but the one that waits are gone.
    let left = numbers(&store);
    assert_eq!(left.last(), Some(&4));
    assert_eq!(left.len(), 42);
    assert_eq!(store.told(&MentionId("ma".into())).unwrap().len(), 40);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn the_dead_go_three_months_after_they_died() {
    let (_folder, store) = store();
    put(&store, notice(0, &["ma"]));
    let first = store.outbox().unwrap().remove(0);
    let failed = crate::delivery::email::Failed::Permanent { answer: "550 nobody".into() };
    put(&store, outbox::after_failure(first, &failed, at(20)));
    put(&store, notice(100, &[]));
    assert_eq!(numbers(&store), [2, 1]);
    put(&store, notice(111, &[]));
    assert_eq!(numbers(&store), [3, 2]);
    assert!(store.outbox().unwrap().iter().all(|notice| notice.progress == Progress::Queued));
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn neither_what_waits_nor_a_clock_that_was_ahead_stops_the_forgetting() {
    let (_folder, store) = store();
    // Made while the clock was a year ahead.
    put(&store, notice(365, &[]));
    let waiting = vec![notice(0, &[]); 250];
    store.apply(&Commit { notices: waiting, ..Commit::default() }).unwrap();
    put(&store, notice(1, &["ma"]));
    let last = store.outbox().unwrap().pop().unwrap();
    assert_eq!(last.id, NoticeId(252));
    put(&store, outbox::after_success(last, "250 ok", at(1)));
    for _ in 0..2 {
        put(&store, notice(100, &[]));
    }
    assert!(!numbers(&store).contains(&252));
    assert_eq!(numbers(&store).len(), 253);
}

#[test]
fn what_a_channel_took_is_kept_whole_for_a_week() {
    let (_folder, store) = store();
    for to in ["room", "care@acme.example"] {
        put(&store, Notice { to: to.into(), ..notice(0, &[]) });
    }
    for taken in store.outbox().unwrap() {
        put(&store, outbox::after_success(taken, "ok", at(1)));
    }
    let kept = store.repeatable(NoticeId(1)).unwrap().unwrap();
    assert_eq!((kept.text.as_str(), kept.html.as_str()), ("t", "h"));
    assert_eq!(kept.enclosed.pictures, []);
    assert_eq!(store.repeatable(NoticeId(2)).unwrap(), None, "a mail is where it went");
    put(&store, notice(7, &[]));
    assert!(store.repeatable(NoticeId(1)).unwrap().is_some());
    put(&store, notice(8, &[]));
    assert_eq!(store.repeatable(NoticeId(1)).unwrap(), None);
    let large = "x".repeat(LARGEST_REPEATABLE);
    put(&store, Notice { to: "room".into(), text: large, ..notice(8, &[]) });
    let taken = store.outbox().unwrap().pop().unwrap();
    let id = taken.id;
    put(&store, outbox::after_success(taken, "ok", at(8)));
    assert_eq!(store.repeatable(id).unwrap(), None);
}
