//! What a canary leads to, and that it leaves nothing else behind.

use super::*;
use crate::post::{Post, SourceName};
use crate::source::{Batch, Kind};
use crate::store::Window;
use crate::store::sled::SledStore;
use tempfile::TempDir;

fn at(minutes: i64) -> DateTime<Utc> {
    "2026-11-22T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn store() -> (TempDir, SledStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
    (folder, store)
}

fn arrival(token: &str, text: &str, minute: i64) -> Arrival {
    let post = Post {
        id: Some(format!("{URN}{token}")),
        text: text.to_owned(),
        published: Some(at(minute)),
        ..Post::default()
    };
    Arrival {
        source: SourceName(SOURCE.into()),
        kind: Kind::Feed,
        only: Vec::new(),
        batch: Batch { posts: vec![post], ..Batch::default() },
        receipt: Some(crate::pipeline::Receipt::default()),
        at: at(minute),
        tickets: None,
        looks_again: true,
        tell_at_once: true,
        opinions: crate::pipeline::opinions::Opinions::default(),
    }
}

const TEXT: &str = "vahticanary never arrived, this is the worst service ever";

/// Lets one out and lets it arrive, and returns it as it is known then.
fn flown(store: &SledStore, token: &str, text: &str, to: &[&str], minute: i64) -> Canary {
    let to: Vec<String> = to.iter().map(|to| (*to).to_owned()).collect();
    store.apply(&release(token, at(minute), store).unwrap()).unwrap();
    store.apply(&before(store).unwrap()).unwrap();
    let rules = rules(&to, Tz::UTC);
    let commit = arrived(arrival(token, text, minute), &rules, false, store).unwrap();
    store.apply(&commit).unwrap();
    store.reported().unwrap().canary.unwrap()
}

#[test]
fn it_comes_to_the_outbox_and_leaves_nothing_else() {
    let (_folder, store) = store();
    let canary = flown(&store, "a", TEXT, &["one@acme.example", "two@acme.example"], 0);
    assert_eq!((canary.notices, canary.fault.clone()), (2, None));
    assert_eq!(came(&canary, &store).unwrap(), None);
    assert!(stuck(&canary, &store).unwrap().contains("nobody tried"));
    for (minute, notice) in (1..).zip(store.outbox().unwrap()) {
        assert_eq!(notice.alert, NAME);
        assert!(notice.subject.starts_with("[canary] "), "{}", notice.subject);
        let sent = outbox::after_success(notice, "250 ok", at(minute));
        store.apply(&Commit { notices: vec![sent], ..Commit::default() }).unwrap();
    }
    assert_eq!(came(&canary, &store).unwrap(), Some(at(2)));
    let mut mentions = 0;
    let each = &mut |_| {
        mentions += 1;
        true
    };
    store.mentions(Window::default(), each).unwrap();
    let counts = store.counts().unwrap();
    assert_eq!([mentions, counts.mentions, counts.tickets, counts.kept], [0; 4]);
    let source = store.source(&SourceName(SOURCE.into())).unwrap();
    assert_eq!(source, crate::store::SourceState::default());
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn one_that_goes_nowhere_comes_through_in_the_ledger() {
    let (_folder, store) = store();
    let canary = flown(&store, "a", TEXT, &[], 0);
    assert_eq!(came(&canary, &store).unwrap(), Some(at(0)));
    assert_eq!(store.outbox().unwrap(), []);
}

#[test]
fn what_breaks_on_its_way_is_said() {
    let (_folder, store) = store();
    let lost = flown(&store, "a", "nothing that is known", &[], 0);
    assert!(stuck(&lost, &store).unwrap().contains("its keyword did not find it"));
    // Another one's feed: it was not written anew.
    store.apply(&release("b", at(60), &store).unwrap()).unwrap();
    let old = arrived(arrival("a", TEXT, 60), &rules(&[], Tz::UTC), false, &store).unwrap();
    assert!(old.notices.is_empty());
    store.apply(&old).unwrap();
    let canary = store.reported().unwrap().canary.unwrap();
    assert!(stuck(&canary, &store).unwrap().contains("was not in it"));
    let rules = rules(&[], Tz::UTC);
    store.apply(&before(&store).unwrap()).unwrap();
    store.apply(&arrived(arrival("b", TEXT, 61), &rules, true, &store).unwrap()).unwrap();
    let canary = store.reported().unwrap().canary.unwrap();
    assert!(canary.fault.as_deref().unwrap().contains("did not answer"), "{canary:?}");
    assert_eq!(came(&canary, &store).unwrap(), Some(at(61)));
}

#[test]
fn what_never_went_is_dropped_when_the_next_comes() {
    let (_folder, store) = store();
    flown(&store, "a", TEXT, &["one@acme.example"], 0);
    flown(&store, "b", TEXT, &["one@acme.example"], 60);
    let waiting = store.outbox().unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].message_id.contains("-b-"), "{}", waiting[0].message_id);
}
