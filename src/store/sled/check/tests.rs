//! Damage that nothing but a look at everything shows.

use super::*;
use crate::mention::{MentionId, PostKey};
use crate::store::Commit;
use crate::ticket::own_reply::OwnReply;
use crate::ticket::people::{Link, Parted};
use chrono::{DateTime, Utc};

fn at() -> DateTime<Utc> {
    "2026-01-05T06:00:00Z".parse().unwrap()
}

/// Does damage to a store with a link and an answer of ours, and sees what is said of it.
#[track_caller]
fn check_damage(damage: impl Fn(&SledStore), expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
    let [one, other] = ["a.example @x", "b.example @y"].map(str::to_owned);
    let link = Link { id: 0, one, other, by: "maija".into(), at: at(), parted: None };
    let reply = OwnReply {
        by: "us".into(),
        at: at(),
        post: "post 1".into(),
        parents: Vec::new(),
        said: String::new(),
        done: false,
    };
    let own_replies = vec![(PostKey([7; 16]), reply)];
    store.apply(&Commit { links: vec![link], own_replies, ..Commit::default() }).unwrap();
    assert_eq!(store.check().unwrap(), []);
    damage(&store);
    let faults: Vec<String> = store.check().unwrap().into_iter().map(|fault| fault.0).collect();
    assert_eq!(faults, expected);
}

fn link_of(store: &SledStore) -> Link {
    store.links().unwrap().remove(0)
}

#[test]
fn fingerprints_of_mentions_that_are_gone_show() {
    let id = MentionId("m4x".into());
    let print = |number| key::print(number, at(), &MentionId("m4x".into()));
    check_damage(
        |store| {
            for number in 1..4 {
                store.trees.prints.insert(print(number), id.0.as_bytes()).unwrap();
            }
        },
        &["mention m4x has fingerprints and is gone"],
    );
    check_damage(
        |store| drop(store.trees.prints.insert(print(1), b"other").unwrap()),
        &["1 fingerprint of mentions stored under a wrong name"],
    );
}

#[test]
fn answers_of_ours_that_do_not_read_show() {
    check_damage(
        |store| drop(store.trees.own_replies.insert([7; 16], b"\x01{").unwrap()),
        &[
            "an answer of ours: an answer does not read back: EOF while parsing an object at line 1 column 1",
        ],
    );
    check_damage(
        |store| {
            let (_, value) = store.trees.own_replies.iter().next().unwrap().unwrap();
            store.trees.own_replies.insert(b"short", value).unwrap();
        },
        &["an answer of ours is stored under what names no post"],
    );
}

#[test]
fn links_that_do_not_stand_under_both_ends_alike_show() {
    check_damage(
        |store| drop(store.trees.links.remove(key::link("a.example @x", 1)).unwrap()),
        &["link 1 stands under one of its ends alone"],
    );
    check_damage(
        |store| {
            let parted = Some(Parted { by: "eve".into(), at: at() });
            let bytes = record::link(&Link { parted, ..link_of(store) }).unwrap();
            store.trees.links.insert(key::link("a.example @x", 1), bytes).unwrap();
        },
        &["link 1 says one thing at one end and another at the other"],
    );
    check_damage(
        |store| {
            let bytes = record::link(&Link { id: 9, ..link_of(store) }).unwrap();
            store.trees.links.insert(key::link("a.example @x", 9), bytes).unwrap();
        },
        &["link 9 is stored under a wrong name"],
    );
    check_damage(
        |store| drop(store.trees.links.insert(key::link("b.example @y", 1), b"\x09").unwrap()),
        &[
            "link 1: a record has the unknown version 9",
            "link 1 stands under one of its ends alone",
        ],
    );
}

#[test]
fn tickets_of_customers_that_are_gone_show() {
    check_damage(
        |store| {
            let key = key::customer("a @x", TicketId(5));
            store.trees.customers.insert(key, &[]).unwrap();
        },
        &["ticket 5 is named as a customer's, and is gone"],
    );
}
