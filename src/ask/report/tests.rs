//! A report reads few of the tickets, and tells what a walk over all of them would.

use super::*;
use crate::brand::BrandName;
use crate::enrich::{Complaint, Insight, Label, Priority, Sentiment};
use crate::mention::{Mention, MentionId, PostKey};
use crate::post::{Author, Post, SourceName};
use crate::store::Commit;
use crate::store::sled::SledStore;
use crate::ticket::clock::Clocks;
use crate::ticket::{Action, Rating, Ticket};
use chrono_tz::Tz;
use proptest::prelude::*;

/// Returns a time that many days after the store's first.
fn at(days: i64) -> DateTime<Utc> {
    "2026-01-05T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(days)
}

fn complaint(id: u64, customer: u8, day: i64) -> Mention {
    let key = PostKey::of(&[&id.to_string()]);
    let brand = BrandName(if id.is_multiple_of(4) { "Bolt" } else { "Acme" }.into());
    let handle = (customer > 0).then(|| format!("customer{customer}"));
    Mention {
        id: MentionId::of(key, &brand),
        key,
        brand: brand.clone(),
        source: SourceName("news".into()),
        kind: Kind::Feed,
        post: Post {
            text: "Acme lost my parcel".into(),
            author: Author { name: handle.clone(), handle, ..Author::default() },
            published: Some(at(day)),
            ..Post::default()
        },
        hits: Vec::new(),
        seen: at(day),
        insight: Insight {
            language: None,
            sentiment: Sentiment { label: Label::Negative, score: -0.9, confidence: 0.97 },
            complaint: Some(Complaint::default()),
            priority: Priority::Normal,
            review: false,
            why: Vec::new(),
        },
        own: false,
        story: MentionId::of(key, &brand),
        copies: 0,
        ticket: Some(TicketId(id)),
        mark: None,
        muted: None,
        versions: Vec::new(),
        praise: None,
    }
}

/// What is done with a ticket, and how many days after what was done before.
fn any_move() -> impl Strategy<Value = (Action, i64)> {
    let cause = prop::sample::select(vec!["lost", "Lost", "late"]);
    let lesson = prop::option::of(Just("call the carrier".to_owned()));
    let resolve = (cause, lesson).prop_map(|(cause, lesson)| Action::Resolve {
        cause: cause.into(),
        lesson,
        follow_up_days: 10,
    });
    let action = prop_oneof![
        1 => Just(Action::Assign("maija".into())),
        1 => Just(Action::Reply("sorry".into())),
        3 => resolve,
        2 => (1_u8..=5).prop_map(|stars| Action::Rate(Rating::try_from(stars).unwrap())),
        1 => Just(Action::Reopen(None)),
        1 => Just(Action::Close),
        1 => Just(Action::Withdraw),
    ];
    (action, 0_i64..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn few_tickets_tell_what_all_would(
        lives in prop::collection::vec(
            (0_u8..4, 0_i64..90, prop::collection::vec(any_move(), 0..5)), 0..12),
        brand in prop::option::of(prop::sample::select(vec!["acme", "Bolt"])),
        days in 1_i64..40,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let mut commit = Commit::default();
        for (id, (customer, opened, moves)) in (1..).zip(lives) {
            let mention = complaint(id, customer, opened);
            let mut ticket = Ticket::open(TicketId(id), &mention, at(opened), at(opened));
            let mut day = opened;
            for (action, later) in moves {
                day += later;
                ticket = ticket.clone().apply(action, "liisa", at(day)).unwrap_or(ticket);
            }
            commit.mentions.push(mention);
            commit.tickets.push(ticket);
        }
        store.apply(&commit).unwrap();
        let (since, until) = (at(80 - days), at(80));
        let brand = brand.map(str::to_owned);
        let gathered = |read: &dyn Fn(&mut Gathering)| {
            let span = Span { brand: brand.clone(), since, until, zone: Tz::UTC };
            let mut gathering = Gathering::new(span, &Clocks::default(), until);
            read(&mut gathering);
            gathering.finish()
        };
        let period = (since, before(since, until));
        let few = gathered(&|it| tickets(it, false, period, &store).unwrap());
        let all = gathered(&|it| tickets(it, true, period, &store).unwrap());
        prop_assert_eq!(few, all);
    }
}
