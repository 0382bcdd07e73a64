//! What the operator is told of vahti itself.

use super::*;
use crate::delivery::email::Failed;
use crate::delivery::outbox;
use crate::pipeline::care::{Watched, care};
use crate::post::SourceName;
use crate::store::sled::SledStore;
use crate::store::{Health, SourceState};
use chrono::TimeDelta;
use chrono_tz::Tz;
use tempfile::TempDir;

fn at(minutes: i64) -> DateTime<Utc> {
    "2026-11-22T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn store() -> (TempDir, SledStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
    (folder, store)
}

/// Lets the operator be told, and returns to whom what is told.
fn told(store: &SledStore, to: &[&str], sources: &[Watched], minute: i64) -> Vec<String> {
    let to: Vec<String> = to.iter().map(|to| (*to).to_owned()).collect();
    let canary = Some(TimeDelta::hours(6));
    let ward = Ward { to: &to, zone: Tz::UTC, sources, room: None, brands: &[], canary };
    let commit = care(&ward, store, at(minute)).unwrap();
    store.apply(&commit).unwrap();
    commit.notices.iter().map(|notice| format!("{}: {}", notice.to, notice.subject)).collect()
}

const HOUR: i64 = 60;

#[test]
fn a_lost_canary_is_told_once_and_so_is_the_next_that_comes() {
    let (_folder, store) = store();
    let told = |minute| told(&store, &["ops"], &[], minute).concat();
    store.apply(&canary::release("a", at(0), &store).unwrap()).unwrap();
    assert_eq!(told(29), "");
    assert_eq!(told(30), "ops: vahti: no canary came through as it should");
    assert_eq!(told(2 * HOUR), "");
    store.apply(&canary::release("b", at(6 * HOUR), &store).unwrap()).unwrap();
    assert_eq!(told(7 * HOUR), "", "it was told, and still is so");
    assert_eq!(told(26 * HOUR), "ops: vahti: still no canary came through as it should");
    let commit = canary::release("c", at(27 * HOUR), &store).unwrap();
    let mut reported = commit.reported.unwrap();
    reported.canary.as_mut().unwrap().came = Some(at(27 * HOUR + 1));
    store.apply(&Commit { reported: Some(reported), ..Commit::default() }).unwrap();
    assert_eq!(told(28 * HOUR), "ops: vahti: the canary comes through again");
    assert_eq!(told(40 * HOUR), "");
}

#[test]
fn a_store_with_faults_is_told_until_it_is_sound() {
    let (_folder, store) = store();
    let told = |minute| told(&store, &["ops"], &[], minute).concat();
    let check = |faults: &[&str], minute| {
        let faults: Vec<Fault> = faults.iter().map(|what| Fault((*what).into())).collect();
        store.apply(&checked(&faults, &store, at(minute)).unwrap()).unwrap();
    };
    check(&[], 0);
    assert_eq!(told(1), "");
    check(&["mention m1 is gone", "ticket 3 is not as it was written"], 2);
    assert_eq!(told(3), "ops: vahti: the store has 2 faults");
    check(&["mention m1 is gone"], 5 * HOUR);
    assert_eq!(told(6 * HOUR), "");
    assert_eq!(told(25 * HOUR), "ops: vahti: the store has 1 fault");
    check(&[], 26 * HOUR);
    assert_eq!(told(27 * HOUR), "ops: vahti: the store is sound again");
    assert_eq!(told(90 * HOUR), "");
}

/// Refuses every notice that is queued for `to`.
fn refuse(store: &SledStore, to: &str, minute: i64) {
    let failed = Failed::Permanent { answer: "550 no such user".into() };
    let mut notices = store.outbox().unwrap();
    notices.retain(|notice| notice.to == to && notice.progress == Progress::Queued);
    let refused = notices.into_iter();
    let notices =
        refused.map(|notice| outbox::after_failure(notice, &failed, at(minute))).collect();
    store.apply(&Commit { notices, ..Commit::default() }).unwrap();
}

/// Lets a source be gone.
fn gone(store: &SledStore, name: &str) -> Watched {
    let source = SourceName(name.into());
    let health = Health { gone: true, failing_since: Some(at(0)), ..Health::default() };
    let state = SourceState { health, ..SourceState::default() };
    let commit = Commit { source: Some((source.clone(), state)), ..Commit::default() };
    store.apply(&commit).unwrap();
    Watched { source, host: Some("a.example".into()), next: None }
}

#[test]
fn the_others_hear_once_that_one_of_them_cannot_be_reached() {
    let (_folder, store) = store();
    let both = ["one@acme.example", "two@acme.example"];
    let sources = [gone(&store, "a")];
    assert_eq!(told(&store, &both, &sources, 0).len(), 2);
    refuse(&store, both[0], 1);
    assert_eq!(unreached(&store).unwrap(), [(both[0].to_owned(), "550 no such user".to_owned())]);
    let heard = told(&store, &both, &sources, HOUR);
    assert_eq!(heard[1], "two@acme.example: vahti: 1 notice could not be delivered");
    // What is sent to the first dies again, and nobody is told that.
    refuse(&store, both[0], HOUR + 1);
    assert_eq!(told(&store, &both, &sources, 3 * HOUR), Vec::<String>::new());
    assert_eq!(unreached(&store).unwrap().len(), 1);
}

#[test]
fn where_nobody_can_be_reached_no_mail_says_so() {
    let (_folder, store) = store();
    let one = ["one@acme.example"];
    let sources = [gone(&store, "a")];
    assert_eq!(told(&store, &one, &sources, 0).len(), 1);
    refuse(&store, one[0], 1);
    assert_eq!(told(&store, &one, &sources, HOUR), Vec::<String>::new());
    assert_eq!(unreached(&store).unwrap().len(), 1);
}

#[test]
fn who_unsubscribed_by_the_link_is_told_once() {
    let (_folder, store) = store();
    let told = |minute| told(&store, &["ops"], &[], minute).concat();
    let gone = |to: &str, told| Unsubscribed {
        alert: "care".into(),
        to: to.into(),
        at: at(0),
        by: Unsubscribed::BY_LINK.into(),
        told,
    };
    let unsubscribed = vec![gone("maija@acme.example", false), gone("pekka@acme.example", true)];
    store.apply(&Commit { unsubscribed, ..Commit::default() }).unwrap();
    assert_eq!(told(0), "ops: vahti: maija@acme.example unsubscribed from care");
    assert_eq!(told(HOUR), "");
    assert_eq!(store.unsubscribed().unwrap().len(), 2, "they still are");
    let unsubscribed = vec![gone("a@acme.example", false), gone("b@acme.example", false)];
    store.apply(&Commit { unsubscribed, ..Commit::default() }).unwrap();
    assert_eq!(told(2 * HOUR), "ops: vahti: 2 recipients unsubscribed");
}
