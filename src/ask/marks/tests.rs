//! What comes back when marks are taken back.

use super::*;
use crate::ask::{Order, TicketMove, act};
use crate::brand::{Brand, Field, Hit, Keyword};
use crate::enrich::{Insight, Label, Priority, Sentiment};
use crate::mention::PostKey;
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
    let next = store.next_ticket().unwrap();
    brought_back(&marking, &Taught::default(), next, setting, store, now).unwrap()
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
