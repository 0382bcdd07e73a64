//! What comes back when marks are taken back.

use super::*;
use crate::ask::{Order, TicketMove, act};
use crate::brand::{Brand, Field, Hit, Keyword};
use crate::enrich::{Insight, Label, Priority, Sentiment};
use crate::mention::{PostKey, TicketId};
use crate::pipeline::Rules;
use crate::post::{Post, SourceName};
use crate::query::parse_keyword;
use crate::source::Kind;
use crate::store::sled::SledStore;
use crate::store::{Health, SourceState};
use crate::text::Language;
use chrono::TimeDelta;

/// When the source was polled first.
fn start() -> DateTime<Utc> {
    "2026-11-01T08:00:00Z".parse().unwrap()
}

/// A complaint that was muted, published so many hours after the first poll.
fn muted(name: &str, hours: i64) -> Mention {
    let brand = BrandName("Acme".into());
    let key = PostKey::of(&[name]);
    let id = MentionId::of(key, &brand);
    let form = "Acme".to_owned();
    Mention {
        story: id.clone(),
        id,
        key,
        brand,
        source: SourceName("forum".into()),
        kind: Kind::Feed,
        post: Post {
            text: "Acme lies".into(),
            published: Some(start() + TimeDelta::hours(hours)),
            ..Post::default()
        },
        hits: vec![Hit { keyword: form.clone(), field: Field::Text, start: 0, end: 4, form }],
        seen: start() + TimeDelta::hours(100),
        insight: Insight {
            language: Some(Language::ENGLISH),
            sentiment: Sentiment { label: Label::Negative, score: -0.9, confidence: 0.9 },
            complaint: None,
            priority: Priority::Normal,
            review: false,
            why: Vec::new(),
        },
        own: false,
        copies: 0,
        ticket: None,
        mark: None,
        muted: Some("people marked 3 like it noise: rocket".into()),
        versions: Vec::new(),
        praise: None,
    }
}

/// Asks what comes back, and what an order leads to, of a store with these mentions.
fn check(brands: &[&str], mentions: Vec<Mention>, contract: impl Fn(&Setting<'_>, &SledStore)) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open_or_create(folder.path()).unwrap();
    let health = Health { first_poll: Some(start()), ..Health::default() };
    let source = (SourceName("forum".into()), SourceState { health, ..SourceState::default() });
    let commit = Commit { mentions, source: Some(source), ..Commit::default() };
    store.apply(&commit).unwrap();
    let brand = |name: &&str| Brand {
        name: BrandName((*name).into()),
        keywords: vec![Keyword { written: (*name).into(), query: parse_keyword(name).unwrap() }],
        exclude: Vec::new(),
        own: Vec::new(),
        context: Vec::new(),
        languages: Vec::new(),
        tickets: None,
        praise: false,
    };
    let rules = Rules::new(brands.iter().map(brand).collect(), Vec::new(), chrono_tz::UTC);
    let setting = Setting {
        rules: &rules,
        sources: &[],
        follow_up_days: 10,
        store_path: folder.path().to_owned(),
        config_path: folder.path().to_owned(),
        running_since: None,
    };
    contract(&setting, &store);
}

fn back(setting: &Setting<'_>, store: &SledStore) -> Commit {
    let now = start() + TimeDelta::hours(200);
    let marking = marking(&muted("marked", 0), Mark::Noise, "maija", now);
    let mut opening = Opening::new(setting, store, now).unwrap();
    brought_back(&marking, &Taught::default(), &mut opening, setting, store).unwrap();
    opening.commit()
}

#[test]
fn tickets_are_opened_for_what_can_be_answered_and_their_clocks_start_at_publication() {
    let mut gone = muted("gone", 1);
    gone.post.is_gone = true;
    let unnamed = Mention { hits: Vec::new(), ..muted("unnamed", 2) };
    let mentions = vec![gone, unnamed, muted("old", -9), muted("new", 3), muted("marked", 4)];
    check(&["Acme"], mentions, |setting, store| {
        let commit = back(setting, store);
        assert_eq!(commit.mentions.len(), 4, "all but the one that is marked");
        assert!(commit.mentions.iter().all(|mention| !mention.is_muted()));
        let clocks: Vec<DateTime<Utc>> =
            commit.tickets.iter().map(|ticket| ticket.facts().clock_start).collect();
        assert_eq!(clocks, [start(), start() + TimeDelta::hours(3)]);
    });
}

#[test]
fn of_a_brand_that_is_no_longer_watched_nothing_comes_back() {
    check(&["Zeta"], vec![muted("one", 1)], |setting, store| {
        assert_eq!(back(setting, store).mentions, []);
    });
}

#[test]
fn who_takes_a_ticket_teaches_only_where_somebody_marked_noise() {
    let heard = Mention { muted: None, ..muted("heard", 1) };
    check(&["Acme"], vec![heard.clone(), muted("other", 2)], |setting, store| {
        let now = start() + TimeDelta::hours(200);
        let order = |order: Order| {
            let commit = act(order, "maija", setting, store, now).unwrap();
            store.apply(&commit).unwrap();
            commit.taught
        };
        let assign = || {
            let who = TicketMove::Assign { who: "maija".into() };
            Order::Ticket(TicketId(1), who)
        };
        order(Order::Mark(heard.id.clone(), Mark::Negative));
        assert_eq!(order(assign()), None);
        order(Order::Mark(muted("other", 2).id, Mark::Noise));
        assert_eq!(order(assign()), Some(now));
    });
}

/// Gives an order at the end of all, stores what it leads to, and returns that.
fn ordered(order: Order, setting: &Setting<'_>, store: &SledStore) -> Commit {
    let now = start() + TimeDelta::hours(200);
    let commit = act(order, "maija", setting, store, now).unwrap();
    store.apply(&commit).unwrap();
    assert_eq!(store.check().unwrap(), []);
    commit
}

/// Returns a mention of the store.
fn stored(name: &str, store: &SledStore) -> Mention {
    store.mention(&muted(name, 0).id).unwrap().unwrap()
}

/// An article and three copies of it, all muted.
fn told_again() -> Vec<Mention> {
    let head = Mention { copies: 3, ..muted("head", 0) };
    let copy = |(nth, name): (i64, &str)| Mention { story: head.id.clone(), ..muted(name, nth) };
    let copies: Vec<Mention> = (1..).zip(["one", "two", "three"]).map(copy).collect();
    [vec![head], copies].concat()
}

#[test]
fn a_story_that_is_brought_back_is_one_ticket() {
    check(&["Acme"], told_again(), |setting, store| {
        let commit = ordered(Order::Mark(muted("head", 0).id, Mark::Negative), setting, store);
        assert_eq!((commit.tickets.len(), commit.mentions.len()), (1, 4));
        assert!(commit.mentions.iter().all(|mention| !mention.is_muted()));
        assert_eq!(stored("two", store).ticket, None, "it has that of its story");
    });
    check(&["Acme"], told_again(), |setting, store| {
        let commit = back(setting, store);
        assert_eq!((commit.tickets.len(), commit.mentions.len()), (1, 4));
    });
    // A copy that was published first opens it, and the head has it, too.
    let mut earlier = told_again();
    earlier[2].post.published = Some(start() - TimeDelta::hours(9));
    check(&["Acme"], earlier, |setting, store| {
        let commit = back(setting, store);
        let ticket = commit.tickets[0].facts();
        assert_eq!((commit.tickets.len(), &ticket.mention), (1, &muted("two", 0).id));
        assert_eq!(ticket.also, [muted("head", 0).id]);
        assert!(commit.mentions.iter().all(|mention| !mention.is_muted()));
    });
}

#[test]
fn a_mark_of_a_copy_goes_to_the_ticket_of_its_story() {
    let heard: Vec<Mention> =
        told_again().into_iter().map(|mention| Mention { muted: None, ..mention }).collect();
    check(&["Acme"], heard, |setting, store| {
        let order = |name, mark| {
            ordered(Order::Mark(muted(name, 0).id, mark), setting, store);
            let tickets = store.tickets().unwrap();
            let facts = tickets[0].facts();
            let last = facts.log.last().unwrap().action.clone();
            (tickets.len(), facts.status.to_string(), last)
        };
        order("head", Mark::Negative);
        assert_eq!(order("one", Mark::Negative), (1, "new".into(), "join".into()));
        assert_eq!(stored("one", store).ticket.map(|id| id.0), Some(1));
        assert_eq!(order("two", Mark::Noise), (1, "new".into(), "note".into()));
        assert_eq!(stored("two", store).ticket, None);
        order("head", Mark::Noise);
        order("one", Mark::Noise);
        assert_eq!(order("three", Mark::Negative), (1, "open".into(), "join".into()));
    });
    // A copy that alone is a case opens it for the head, too.
    check(&["Acme"], told_again(), |setting, store| {
        ordered(Order::Mark(muted("one", 0).id, Mark::Negative), setting, store);
        assert_eq!(stored("head", store).ticket, stored("one", store).ticket);
        assert_eq!(store.tickets().unwrap().len(), 1);
    });
}

/// A message of one thread.
fn message(name: &str, hours: i64, label: Label) -> Mention {
    let mut mention = Mention { kind: Kind::Facebook, muted: None, ..muted(name, hours) };
    mention.post.is_private = true;
    mention.post.site = "site".into();
    mention.post.thread = Some("t1".into());
    mention.insight.sentiment.label = label;
    mention
}

#[test]
fn a_thread_is_one_ticket_whoever_opens_it() {
    // A person opens it, and it is known to what comes later.
    let told = vec![message("first", 1, Label::Neutral), message("second", 2, Label::Neutral)];
    check(&["Acme"], told, |setting, store| {
        ordered(Order::Mark(muted("first", 0).id, Mark::Negative), setting, store);
        let thread = crate::pipeline::thread(&stored("second", store)).unwrap();
        assert_eq!(store.post(thread).unwrap(), Some(muted("first", 0).key));
        ordered(Order::Mark(muted("second", 0).id, Mark::Negative), setting, store);
        let tickets = store.tickets().unwrap();
        let facts = tickets[0].facts();
        assert_eq!((tickets.len(), &facts.also), (1, &vec![muted("second", 0).id]));
        assert_eq!(facts.log.last().unwrap().action, "message");
    });
    // So it is where muted messages come back, also one that is no complaint.
    let muted_again = |mention| Mention { muted: Some("like noise".into()), ..mention };
    let told = vec![message("first", 1, Label::Negative), message("second", 2, Label::Neutral)];
    check(&["Acme"], told.into_iter().map(muted_again).collect(), |setting, store| {
        let commit = back(setting, store);
        assert_eq!((commit.tickets.len(), commit.posts.len()), (1, 1));
        assert_eq!(commit.tickets[0].facts().also, [muted("second", 0).id]);
    });
}
