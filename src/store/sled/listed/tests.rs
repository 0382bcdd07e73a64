//! What is listed is what a walk over all tickets finds, whatever was done with them.

use super::*;
use crate::brand::BrandName;
use crate::enrich::{Insight, Label, Priority, Sentiment};
use crate::mention::{Mention, MentionId, PostKey};
use crate::post::{Author, Post, SourceName};
use crate::source::Kind;
use crate::store::{Commit, Store};
use crate::ticket::{Action, Rating};
use chrono::TimeDelta;
use proptest::prelude::*;
use tempfile::TempDir;

/// How many tickets there are, of how many people.
const TICKETS: u64 = 4;
const PEOPLE: [&str; 3] = ["maija", "Maija ", "ayse"];

fn at(hours: i64) -> DateTime<Utc> {
    "2026-01-05T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
}

/// A complaint; every third is nobody's whom anybody knows.
fn mention(number: u64) -> Mention {
    let key = PostKey::of(&[&number.to_string()]);
    let brand = BrandName("Acme".into());
    let id = MentionId::of(key, &brand);
    let handle = (!number.is_multiple_of(3)).then(|| format!("customer{}", number % 2));
    let sentiment = Sentiment { label: Label::Negative, score: -0.9, confidence: 0.97 };
    let priority = if number.is_multiple_of(2) { Priority::Urgent } else { Priority::Normal };
    Mention {
        id: id.clone(),
        key,
        brand,
        source: SourceName("news".into()),
        kind: Kind::Feed,
        post: Post {
            text: "Acme lost my parcel".into(),
            author: Author { handle, ..Author::default() },
            ..Post::default()
        },
        hits: Vec::new(),
        seen: at(0),
        insight: Insight {
            language: None,
            sentiment,
            complaint: None,
            priority,
            review: false,
            why: Vec::new(),
        },
        own: false,
        story: id,
        copies: 0,
        ticket: Some(TicketId(number)),
        mark: None,
        muted: None,
        versions: Vec::new(),
        praise: None,
    }
}

fn store(folder: &TempDir) -> SledStore {
    let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
    let mentions: Vec<Mention> = (1..=TICKETS).map(mention).collect();
    let tickets = mentions.iter().zip(1..);
    let tickets = tickets
        .map(|(mention, id)| {
            let opened = at(i64::try_from(id).unwrap());
            Ticket::open(TicketId(id), mention, opened, opened)
        })
        .collect();
    store.apply(&Commit { mentions, tickets, ..Commit::default() }).unwrap();
    store
}

fn any_action() -> impl Strategy<Value = Action> {
    let who = prop::sample::select(PEOPLE.to_vec());
    let priority = prop::sample::select(vec![Priority::Low, Priority::High, Priority::Urgent]);
    let resolve = Action::Resolve { cause: "lost".into(), lesson: None, follow_up_days: 10 };
    prop_oneof![
        3 => who.prop_map(|who| Action::Assign(who.into())),
        1 => Just(Action::Reply("sorry".into())),
        2 => Just(resolve),
        1 => (1_u8..=5).prop_map(|stars| Action::Rate(Rating::try_from(stars).unwrap())),
        2 => Just(Action::Reopen(None)),
        2 => Just(Action::Close),
        1 => priority.clone().prop_map(Action::Priority),
        1 => priority.prop_map(|priority| Action::Rise { priority, why: "late".into() }),
        1 => Just(Action::Withdraw),
        1 => Just(Action::Restore),
        2 => (1..=TICKETS).prop_map(|first| Action::Incident(TicketId(first))),
        1 => Just(Action::Split),
    ]
}

/// Returns what is listed in the order of numbers.
fn listed(store: &SledStore, what: Listed<'_>) -> Vec<u64> {
    let mut ids: Vec<u64> = store.listed(what).unwrap().iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids
}

/// Returns the tickets of which that is true, by a walk over all of them.
fn walked(store: &SledStore, is_it: impl Fn(&Facts) -> bool) -> Vec<u64> {
    let all = store.tickets().unwrap();
    all.iter().map(Ticket::facts).filter(|facts| is_it(facts)).map(|facts| facts.id.0).collect()
}

fn holds(store: &SledStore) {
    let is = |what: Listed<'_>, is_it: &dyn Fn(&Facts) -> bool| {
        let walked = walked(store, is_it);
        assert_eq!(listed(store, what), walked, "{what:?}");
        let last = store.last_listed(what).unwrap().map(|id| id.0);
        assert_eq!(last.is_some(), !walked.is_empty(), "{what:?}");
    };
    is(Listed::Open, &|facts| facts.status != Status::Closed);
    is(Listed::Rising, &|facts| {
        matches!(facts.status, Status::New | Status::Open | Status::Answered)
            && !facts.priority_by_person
            && facts.priority != Priority::Urgent
    });
    for who in PEOPLE {
        let theirs = |name: Option<&str>| name.is_some_and(|name| route::is_same(name, who));
        is(Listed::WorkOf(who), &|facts| {
            theirs(facts.assignee.as_deref()) && route::is_work(facts)
        });
        is(Listed::GivenTo(who), &|facts| theirs(route::given(facts)));
        let last = store.last_listed(Listed::GivenTo(who)).unwrap().map(|id| id.0);
        assert_eq!(last, walked(store, |facts| theirs(route::given(facts))).last().copied());
    }
    for first in 1..=TICKETS {
        let first = TicketId(first);
        is(Listed::Incident(first), &|facts| facts.incident == Some(first));
    }
    for (from, to) in [(0, 3), (2, 90), (3, 3), (90, 3)] {
        let (since, until) = (at(from), at(to));
        let is_in = |at: DateTime<Utc>| since <= at && at < until;
        is(Listed::Heard { since, until }, &|facts| facts.heard().is_some_and(is_in));
        is(Listed::Touched { since }, &|facts| facts.log.iter().any(|line| line.at >= since));
    }
    assert_eq!(store.check().unwrap(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_done_what_is_listed_is_what_is_there(
        moves in prop::collection::vec((1..=TICKETS, any_action(), any::<bool>()), 0..30),
        together in 1..4_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        for (hours, moves) in (10..).zip(moves.chunks(together)) {
            let mut commit = Commit::default();
            for (id, action, by_vahti) in moves {
                let known = commit.tickets.iter().rev().find(|ticket| ticket.facts().id.0 == *id);
                let ticket = known.cloned().or(store.ticket(TicketId(*id)).unwrap()).unwrap();
                let by = if *by_vahti { "vahti" } else { "liisa" };
                commit.tickets.extend(ticket.apply(action.clone(), by, at(hours)).ok());
            }
            store.apply(&commit).unwrap();
        }
        holds(&store);
        drop(store);
        holds(&SledStore::open(&folder.path().join("store")).unwrap());
    }
}

#[test]
fn a_store_that_is_older_than_the_lists_is_listed_when_it_opens() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let closed = store.ticket(TicketId(2)).unwrap().unwrap();
    let closed = closed.apply(Action::Withdraw, "liisa", at(9)).unwrap();
    store.apply(&Commit { tickets: vec![closed], ..Commit::default() }).unwrap();
    store.trees.listed.clear().unwrap();
    store.trees.meta.remove(counter::LISTED).unwrap();
    store.sync().unwrap();
    drop(store);
    let store = SledStore::open(&folder.path().join("store")).unwrap();
    assert_eq!(listed(&store, Listed::Open), [1, 3, 4]);
    holds(&store);
}

#[test]
fn lists_that_say_something_else_than_the_tickets_are_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    store.trees.listed.remove(key::listed(&Listed::Open, TicketId(3))).unwrap();
    let faults = store.check().unwrap();
    assert_eq!(faults, [Fault("ticket 3 is missing where tickets are listed".into())]);
    store.trees.listed.insert(key::listed(&Listed::Open, TicketId(3)), &[]).unwrap();
    store.trees.listed.insert(key::listed(&Listed::WorkOf("ayse"), TicketId(3)), &[]).unwrap();
    let faults = store.check().unwrap();
    assert_eq!(faults, [Fault("1 entries list a ticket where it does not belong".into())]);
}
