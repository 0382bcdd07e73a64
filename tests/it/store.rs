//! What a store promises. Everything here speaks to the port alone, so that another store is held to
//! the same by one more `Place`.

use crate::support::patiently;
use chrono::{DateTime, Utc};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use vahti::alert::AlertState;
use vahti::brand::BrandName;
use vahti::delivery::{Enclosed, Notice, NoticeId, Progress};
use vahti::enrich::{Complaint, Insight, Label, Priority, Sentiment};
use vahti::mention::{Mark, Mention, MentionId, PostKey, TicketId};
use vahti::post::{Author, Post, SourceName};
use vahti::source::{Cursor, Kind};
use vahti::store::sled::SledStore;
use vahti::store::{Commit, Sequence, SourceState, Store, StoreError, Window};
use vahti::ticket::{Action, Ticket};

mod links;
mod markings;
mod records;

/// A place where a store can be opened again and again.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self) -> Box<dyn Store> {
        let path = self.0.path().join("store");
        Box::new(patiently(|| SledStore::open_or_create(&path)).unwrap())
    }
}

/// Runs `contract` on a new store, and then looks for faults in it.
#[track_caller]
fn check(contract: impl FnOnce(&dyn Store)) {
    let place = Place::new();
    let store = place.open();
    contract(store.as_ref());
    assert_eq!(store.check().unwrap(), []);
}

/// Returns a time that many seconds after 21 November 2026, 08:00 UTC.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_248_000 + seconds, 0).unwrap()
}

/// Returns a mention of Acme called `id`, seen at `seconds`.
fn mention(id: &str, seconds: i64) -> Mention {
    Mention {
        id: MentionId(id.into()),
        key: PostKey::of(&[id]),
        brand: BrandName("Acme".into()),
        source: SourceName("news".into()),
        kind: Kind::Feed,
        post: Post {
            id: Some(id.into()),
            text: format!("Acme never sent {id}"),
            author: Author { handle: Some("maija".into()), ..Author::default() },
            ..Post::default()
        },
        hits: Vec::new(),
        seen: at(seconds),
        insight: Insight {
            language: Some("fi".parse().unwrap()),
            sentiment: Sentiment { label: Label::Negative, score: -0.9, confidence: 0.95 },
            complaint: Some(Complaint::default()),
            priority: Priority::High,
            review: false,
            why: vec!["`never sent` speaks ill".into()],
        },
        own: false,
        story: MentionId(id.into()),
        copies: 0,
        ticket: None,
        mark: None,
        muted: None,
        versions: Vec::new(),
        praise: None,
    }
}

fn notice(alert: &str) -> Notice {
    Notice {
        id: NoticeId(0),
        alert: alert.into(),
        to: "care@acme.example".into(),
        subject: "Acme: 1 mention".into(),
        text: "text".into(),
        html: "<p>html".into(),
        message_id: format!("{alert}-1"),
        created: at(0),
        progress: Progress::Queued,
        attempts: 0,
        next_attempt: at(0),
        last_answer: None,
        enclosed: Enclosed::default(),
    }
}

fn ticket(number: u64, mention: &Mention) -> Ticket {
    Ticket::open(TicketId(number), mention, at(0), at(0))
}

fn mentions(mentions: &[Mention]) -> Commit {
    Commit { mentions: mentions.to_vec(), ..Commit::default() }
}

fn notices(notices: &[Notice]) -> Commit {
    Commit { notices: notices.to_vec(), ..Commit::default() }
}

/// Returns the ids of the mentions in a window, as the store hands them out.
fn ids(store: &dyn Store, since: Option<i64>, until: Option<i64>) -> Vec<String> {
    let mut ids = Vec::new();
    let window = Window { since: since.map(at), until: until.map(at) };
    let each = &mut |mention: Mention| {
        ids.push(mention.id.0);
        true
    };
    store.mentions(window, each).unwrap();
    ids
}

fn after(store: &dyn Store, place: u64) -> Vec<String> {
    store.mentions_after(Sequence(place)).unwrap().into_iter().map(|found| found.id.0).collect()
}

fn state(cursor: &str) -> SourceState {
    SourceState { cursor: Cursor(cursor.into()), ..SourceState::default() }
}

fn news() -> SourceName {
    SourceName("news".into())
}

#[test]
fn a_new_store_knows_nothing_and_counts_from_one() {
    check(|store| {
        assert_eq!(store.source(&news()).unwrap(), SourceState::default());
        assert_eq!(store.post(PostKey::of(&["a"])).unwrap(), None);
        assert_eq!(store.mention(&MentionId("m1".into())).unwrap(), None);
        assert_eq!(store.place(&MentionId("m1".into())).unwrap(), None);
        assert_eq!(ids(store, None, None), [""; 0]);
        assert_eq!(store.last_place().unwrap(), Sequence(0));
        assert_eq!(store.ticket(TicketId(1)).unwrap(), None);
        assert_eq!(store.next_ticket().unwrap(), TicketId(1));
        assert_eq!(store.alert("care").unwrap(), None);
        assert_eq!(store.outbox().unwrap(), []);
        assert_eq!(store.document(&news()).unwrap(), None);
        let counts = store.counts().unwrap();
        assert_eq!([counts.mentions, counts.tickets, counts.queued, counts.dead], [0; 4]);
        assert_eq!(counts.set_aside, [""; 0].map(std::path::PathBuf::from));
    });
}

/// Returns a commit with something of everything, of round `nth` (from 1 on).
fn whole(nth: u64) -> Commit {
    let name = format!("m{nth}");
    let mention =
        Mention { ticket: Some(TicketId(nth)), ..mention(&name, i64::try_from(nth).unwrap()) };
    Commit {
        source: Some((news(), state(&name))),
        posts: vec![(PostKey::of(&["address", &name]), mention.key)],
        tickets: vec![ticket(nth, &mention)],
        mentions: vec![mention],
        alerts: vec![("care".into(), AlertState { last: Some(at(0)), ..AlertState::default() })],
        told: vec!["care".into()],
        notices: vec![notice("care")],
        names: vec![(SourceName("blogs".into()), name.clone(), SourceName("blogs/A".into()))],
        document: Some((SourceName("blogs".into()), name.into_bytes())),
        ..Commit::default()
    }
}

/// Returns the highest round of which each part of [`whole`] is there.
fn rounds(store: &dyn Store) -> [u64; 9] {
    let number = |text: &str| text.trim_start_matches('m').parse().unwrap_or(0);
    let len = |len: usize| u64::try_from(len).unwrap();
    let last = store.last_place().unwrap();
    let name = format!("m{}", last.0);
    [
        last.0,
        store.place(&MentionId(name.clone())).unwrap().unwrap_or_default().0,
        len(store.tickets().unwrap().len()),
        number(&store.source(&news()).unwrap().cursor.0),
        store.alert("care").unwrap().unwrap_or_default().told_up_to,
        len(store.outbox().unwrap().len()),
        len(store.names(&SourceName("blogs".into())).unwrap().len()),
        number(&String::from_utf8(document(store).unwrap_or_default()).unwrap()),
        store.post(PostKey::of(&["address", &name])).unwrap().map_or(0, |_| last.0),
    ]
}

fn document(store: &dyn Store) -> Option<Vec<u8>> {
    store.document(&SourceName("blogs".into())).unwrap()
}

#[test]
fn a_commit_is_there_as_a_whole() {
    check(|store| {
        assert_eq!(rounds(store), [0; 9]);
        for nth in 1..=3 {
            store.apply(&whole(nth)).unwrap();
            assert_eq!(rounds(store), [nth; 9]);
        }
        assert_eq!(store.next_ticket().unwrap(), TicketId(4));
        let counts = store.counts().unwrap();
        assert_eq!([counts.mentions, counts.tickets, counts.queued, counts.dead], [3, 3, 3, 0]);
        assert!(counts.size_bytes > 0);
    });
}

#[test]
fn a_reader_never_sees_one_part_of_a_commit_and_misses_another() {
    check(|store| {
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut seen = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let rounds = rounds(store);
                    // Commits may come in between: what is read later may be newer, never older.
                    let mut least = seen;
                    for round in rounds {
                        assert!(round >= least, "{rounds:?}");
                        least = round.min(rounds[0]).max(least);
                    }
                    seen = rounds[0];
                }
            });
            for nth in 1..=60 {
                store.apply(&whole(nth)).unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn a_mention_stored_twice_is_stored_once_and_keeps_its_place() {
    check(|store| {
        store.apply(&mentions(&[mention("a", 1), mention("b", 2)])).unwrap();
        // It is edited, and known to be older than it was thought to be.
        let mut edited = mention("a", 1);
        edited.post.published = Some(at(-50));
        edited.mark = Some(Mark::Noise);
        store.apply(&mentions(&[mention("c", 3), edited.clone(), edited.clone()])).unwrap();
        assert_eq!(store.mention(&edited.id).unwrap(), Some(edited.clone()));
        assert_eq!(store.place(&edited.id).unwrap(), Some(Sequence(1)));
        assert_eq!(store.last_place().unwrap(), Sequence(3));
        assert_eq!(store.counts().unwrap().mentions, 3);
        assert_eq!(ids(store, None, None), ["c", "b", "a"]);
        assert_eq!(ids(store, None, Some(0)), ["a"]);
        assert_eq!(after(store, 0), ["a", "b", "c"]);
    });
}

#[test]
fn mentions_come_newest_first_and_those_of_a_window_only() {
    check(|store| {
        let mut dated = mention("published", 90);
        dated.post.published = Some(at(15));
        // A publication in the future of its being seen is no publication.
        let mut future = mention("future", 25);
        future.post.published = Some(at(9000));
        let all = [mention("b", 20), mention("a", 10), dated, future, mention("c", 20)];
        store.apply(&mentions(&all)).unwrap();
        assert_eq!(ids(store, None, None), ["future", "c", "b", "published", "a"]);
        assert_eq!(ids(store, Some(20), None), ["future", "c", "b"]);
        assert_eq!(ids(store, None, Some(20)), ["published", "a"]);
        assert_eq!(ids(store, Some(15), Some(25)), ["c", "b", "published"]);
        assert_eq!(ids(store, Some(20), Some(20)), [""; 0]);
        assert_eq!(ids(store, Some(25), Some(15)), [""; 0], "a window from its end to its start");
        let mut first = Vec::new();
        let each = &mut |mention: Mention| {
            first.push(mention.id.0);
            first.len() < 2
        };
        store.mentions(Window::default(), each).unwrap();
        assert_eq!(first, ["future", "c"], "enough is enough");
    });
}

#[test]
fn mentions_after_a_place_come_in_the_order_of_their_storing() {
    check(|store| {
        store.apply(&mentions(&[mention("late", 99), mention("early", 1)])).unwrap();
        store.apply(&mentions(&[mention("last", 50)])).unwrap();
        assert_eq!(after(store, 0), ["late", "early", "last"]);
        assert_eq!(after(store, 1), ["early", "last"]);
        assert_eq!(after(store, 3), [""; 0]);
        assert_eq!(after(store, u64::MAX), [""; 0]);
    });
}

/// Returns a mention by one of two customers, the name of one of which begins that of the other.
fn by(nth: u64) -> Mention {
    let mut mention = mention(&format!("m{nth}"), 0);
    let handle = if nth.is_multiple_of(2) { "maij" } else { "maija" };
    mention.post.author.handle = Some(handle.into());
    mention
}

#[test]
fn a_ticket_moves_and_its_customer_has_all_of_theirs() {
    check(|store| {
        let all: Vec<Mention> = (1..=11).map(by).collect();
        // Ten and more: as text, 11 would come before 9.
        let tickets: Vec<Ticket> = (1..).zip(&all).map(|(id, of)| ticket(id, of)).collect();
        let commit = Commit { tickets: tickets.clone(), ..mentions(&all) };
        store.apply(&commit).unwrap();
        assert_eq!(store.tickets().unwrap(), tickets);
        assert_eq!(store.next_ticket().unwrap(), TicketId(12));
        let customer = |nth: usize| tickets[nth - 1].facts().customer.clone().unwrap();
        assert_eq!(store.tickets_of(&customer(1)).unwrap(), [1, 3, 5, 7, 9, 11].map(TicketId));
        assert_eq!(store.tickets_of(&customer(2)).unwrap(), [2, 4, 6, 8, 10].map(TicketId));
        assert_eq!(store.tickets_of("nobody").unwrap(), []);

        let moved = tickets[0]
            .clone()
            .apply(Action::Assign("maija@acme.example".into()), "maija", at(60))
            .unwrap();
        store.apply(&Commit { tickets: vec![moved.clone()], ..Commit::default() }).unwrap();
        assert_eq!(store.ticket(TicketId(1)).unwrap(), Some(moved));
        assert_eq!(store.tickets().unwrap()[1..], tickets[1..]);
        assert_eq!(store.tickets_of(&customer(1)).unwrap().len(), 6);
        assert_eq!(store.next_ticket().unwrap(), TicketId(12));
        assert_eq!(store.counts().unwrap().tickets, 11);
    });
}

#[test]
fn a_notice_is_in_the_outbox_until_it_is_sent_or_dropped() {
    check(|store| {
        store.apply(&notices(&[notice("a"), notice("b")])).unwrap();
        store.apply(&notices(&[notice("c")])).unwrap();
        let numbered = |id, alert| Notice { id: NoticeId(id), ..notice(alert) };
        let queued = [numbered(1, "a"), numbered(2, "b"), numbered(3, "c")];
        assert_eq!(store.outbox().unwrap(), queued);

        let [a, b, c] = queued;
        let a = Notice { progress: Progress::Dead, attempts: 1, ..a };
        let b = Notice { progress: Progress::Sent, last_answer: Some("250 yes".into()), ..b };
        let c = Notice { attempts: 1, next_attempt: at(30), last_answer: Some("451".into()), ..c };
        store.apply(&notices(&[a.clone(), b, c.clone()])).unwrap();
        assert_eq!(store.outbox().unwrap(), [a.clone(), c.clone()], "oldest first");
        let counts = store.counts().unwrap();
        assert_eq!((counts.queued, counts.dead), (1, 1));

        let gone = Commit { dropped: vec![NoticeId(1), NoticeId(77)], ..Commit::default() };
        store.apply(&gone).unwrap();
        assert_eq!(store.outbox().unwrap(), [c]);
        // A number is given once, whatever became of its notice.
        store.apply(&Commit { dropped: vec![NoticeId(3)], ..Commit::default() }).unwrap();
        store.apply(&notices(&[notice("d")])).unwrap();
        assert_eq!(store.outbox().unwrap(), [numbered(4, "d")]);
    });
}

#[test]
fn an_alert_is_told_up_to_the_last_mention_of_the_commit() {
    check(|store| {
        let state = AlertState {
            told_up_to: 1,
            began: Some(at(4)),
            last: Some(at(5)),
            spoke: Some(at(6)),
            passed: [mention("a", 1).id].into(),
            owed: [mention("b", 2).id].into(),
            events: [(TicketId(7), at(6))].into(),
            first: Some((1, at(4))),
        };
        let commit = Commit {
            alerts: vec![("care".into(), state.clone()), ("boss".into(), state.clone())],
            told: vec!["care".into(), "new".into()],
            ..mentions(&[mention("a", 1), mention("b", 2)])
        };
        store.apply(&commit).unwrap();
        let told = AlertState { told_up_to: 2, ..state.clone() };
        assert_eq!(store.alert("care").unwrap(), Some(told));
        assert_eq!(store.alert("boss").unwrap(), Some(state));
        assert_eq!(
            store.alert("new").unwrap(),
            Some(AlertState { told_up_to: 2, ..AlertState::default() })
        );
        // A later mention is news for whoever is not told with it.
        store.apply(&mentions(&[mention("c", 3)])).unwrap();
        assert_eq!(store.alert("care").unwrap().unwrap().told_up_to, 2);
        // There is no such ticket, of which `fsck` would complain.
        let bare = ["care", "boss"].map(|name| (name.into(), AlertState::default()));
        store.apply(&Commit { alerts: bare.into(), ..Commit::default() }).unwrap();
    });
}

#[test]
fn names_and_documents_belong_to_their_own_source() {
    check(|store| {
        let source = |name: &str| SourceName(name.into());
        let name = |opml: &str, address: &str, given: &str| {
            (source(opml), address.to_owned(), source(given))
        };
        let commit = Commit {
            names: vec![
                name("blogs", "https://a.example", "blogs/A"),
                name("blogs", "https://b.example", "blogs/B"),
                name("blogs2", "https://a.example", "blogs2/Z"),
                name("b", "logshttps://c.example", "b/C"),
            ],
            document: Some((source("blogs"), vec![0, 255, 7])),
            ..Commit::default()
        };
        store.apply(&commit).unwrap();
        let names = store.names(&source("blogs")).unwrap();
        let expected = [("https://a.example", "blogs/A"), ("https://b.example", "blogs/B")];
        let expected = expected.map(|(address, given)| (address.to_owned(), source(given)));
        assert_eq!(names, expected.into());
        assert_eq!(store.names(&source("blog")).unwrap().len(), 0);
        assert_eq!(store.document(&source("blogs")).unwrap(), Some(vec![0, 255, 7]));
        assert_eq!(store.document(&source("blogs2")).unwrap(), None);
        let again = Commit {
            names: vec![name("blogs", "https://a.example", "blogs/Å")],
            document: Some((source("blogs"), Vec::new())),
            ..Commit::default()
        };
        store.apply(&again).unwrap();
        assert_eq!(store.names(&source("blogs")).unwrap()["https://a.example"], source("blogs/Å"));
        assert_eq!(store.document(&source("blogs")).unwrap(), Some(Vec::new()));
    });
}

#[test]
fn everything_survives_being_opened_again() {
    let place = Place::new();
    for nth in 1..=4 {
        let store = place.open();
        assert_eq!(rounds(store.as_ref()), [nth - 1; 9]);
        store.apply(&whole(nth)).unwrap();
        store.sync().unwrap();
    }
    let store = place.open();
    assert_eq!(rounds(store.as_ref()), [4; 9]);
    assert_eq!(
        store.tickets().unwrap(),
        (1..=4).map(|nth| whole(nth).tickets.remove(0)).collect::<Vec<_>>()
    );
    assert_eq!(store.mentions_after(Sequence(3)).unwrap(), whole(4).mentions);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn a_store_that_is_open_is_not_opened_twice() {
    let place = Place::new();
    let path = place.0.path().join("store");
    assert!(matches!(SledStore::open(&path), Err(StoreError::Missing(_))));
    assert!(!path.exists(), "asking makes nothing");
    let first = place.open();
    assert!(matches!(SledStore::open(&path), Err(StoreError::Locked(_))));
    assert!(matches!(SledStore::open_or_set_aside(&path, "x"), Err(StoreError::Locked(_))));
    first.apply(&whole(1)).unwrap();
    drop(first);
    assert_eq!(rounds(&patiently(|| SledStore::open(&path)).unwrap()), [1; 9]);
}

#[test]
fn a_store_without_all_that_it_had_is_set_aside_and_remembered() {
    let place = Place::new();
    let path = place.0.path().join("store");
    for nth in 1..=2 {
        let store = place.open();
        store.apply(&whole(nth)).unwrap();
        store.sync().unwrap();
        drop(store);
        if nth == 1 {
            std::fs::create_dir(place.0.path().join("old")).unwrap();
            std::fs::copy(path.join("db"), place.0.path().join("old/db")).unwrap();
        }
    }
    // Somebody puts an older file back, without the rest.
    for entry in std::fs::read_dir(&path).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    std::fs::copy(place.0.path().join("old/db"), path.join("db")).unwrap();
    let Err(StoreError::Damaged { what, .. }) = patiently(|| SledStore::open(&path)) else {
        panic!("it is taken for whole");
    };
    assert!(what.contains("of 2 commits"), "{what}");
    for stamp in ["one", "two"] {
        let store = patiently(|| SledStore::open_or_set_aside(&path, stamp)).unwrap();
        assert_eq!(rounds(&store), [0; 9]);
        assert_eq!(store.counts().unwrap().set_aside, [path.with_file_name("store.damaged-one")]);
    }
}
