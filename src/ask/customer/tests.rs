//! Who is meant by what people type, and what a link leads to.

use super::*;
use crate::brand::BrandName;
use crate::enrich::{Insight, Label, Priority, Sentiment};
use crate::mention::{MentionId, PostKey};
use crate::post::{Author, Post, SourceName};
use crate::source::Kind;
use crate::store::sled::SledStore;
use crate::ticket::{Action, Rating, Ticket};
use chrono::TimeDelta;

fn at(hours: i64) -> DateTime<Utc> {
    "2026-01-05T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
}

/// What somebody wrote about Acme on this host at this hour.
fn wrote(host: &str, hour: i64, name: &str, handle: &str) -> Mention {
    let key = PostKey::of(&[host, handle, &hour.to_string()]);
    let id = MentionId::of(key, &BrandName("Acme".into()));
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let author = Author { name: some(name), handle: some(handle), ..Author::default() };
    Mention {
        story: id.clone(),
        id,
        key,
        brand: BrandName("Acme".into()),
        source: SourceName("news".into()),
        kind: Kind::Feed,
        post: Post {
            url: Some(format!("https://{host}/{hour}")),
            text: format!("Acme fails {hour}"),
            author,
            published: Some(at(hour)),
            ..Post::default()
        },
        hits: Vec::new(),
        seen: at(hour),
        insight: Insight {
            language: None,
            sentiment: Sentiment { label: Label::Negative, score: -0.9, confidence: 0.97 },
            complaint: None,
            priority: Priority::Normal,
            review: false,
            why: Vec::new(),
        },
        own: false,
        copies: 0,
        ticket: None,
        mark: None,
        muted: None,
        versions: Vec::new(),
        praise: None,
    }
}

struct World {
    store: SledStore,
    _folder: tempfile::TempDir,
}

impl World {
    /// Maija complains on a forum (ticket 1), as `maija` on x.example (ticket 2), and as somebody by
    /// that name on a third site, where only a mention is of it; Matti has ticket 3, nobody ticket 4.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let mentions = vec![
            wrote("forum.example", 1, "Maija M.", "MaijaM"),
            wrote("x.example", 2, "Maija", "maija"),
            wrote("x.example", 3, "Matti", "matti"),
            wrote("y.example", 4, "", ""),
            wrote("z.example", 5, "", "maija"),
            wrote("forum.example", 6, "Maija Mäkinen", "MaijaM"),
        ];
        let tickets = (1..).zip(mentions.iter().take(4));
        let tickets = tickets.map(|(id, it)| Ticket::open(TicketId(id), it, it.seen, it.seen));
        let tickets = tickets.collect();
        store.apply(&Commit { mentions, tickets, ..Commit::default() }).unwrap();
        Self { store, _folder: folder }
    }

    fn find(&self, who: &str) -> Result<String, String> {
        find(who, &self.store).map_err(|refusal| refusal.to_string())
    }

    fn say(&self, who: &str, moved: &CustomerMove) -> Result<(), String> {
        let commit = act(who, moved, "desk", &self.store, at(10)).map_err(|it| it.to_string())?;
        self.store.apply(&commit).unwrap();
        Ok(())
    }

    fn link(&self, who: &str, other: &str) -> Result<(), String> {
        self.say(who, &CustomerMove::Link { other: other.into() })
    }

    fn unlink(&self, who: &str, other: &str) -> Result<(), String> {
        self.say(who, &CustomerMove::Unlink { other: other.into() })
    }

    fn shown(&self, who: &str) -> CustomerView {
        answer(who, &self.store).unwrap()
    }

    fn handles(&self, who: &str) -> Vec<String> {
        self.shown(who).handles.into_iter().map(|handle| handle.customer).collect()
    }
}

#[test]
fn a_customer_is_named_by_a_ticket_a_handle_or_what_only_one_has() {
    let world = World::new();
    for (who, expected) in [
        ("1", "forum.example @maijam"),
        (" forum.example  @MaijaM ", "forum.example @maijam"),
        ("@maijam", "forum.example @maijam"),
        ("Maija Mäkinen", "forum.example @maijam"),
        ("matti", "x.example @matti"),
        ("z.example @maija", "z.example @maija"),
    ] {
        assert_eq!(world.find(who).as_deref(), Ok(expected), "{who}");
    }
}

#[test]
fn who_is_not_clear_is_asked_for_with_what_helps() {
    let world = World::new();
    assert_eq!(
        world.find("Maija").unwrap_err(),
        "`Maija` may be several customers; say which: 'x.example @maija', 'z.example @maija'"
    );
    assert_eq!(
        world.find("pekka\u{1b}").unwrap_err(),
        "there is no customer `pekka␛`; `vahti ticket ID` shows how a customer is written, and a \
         ticket's number will do"
    );
    assert!(world.find("4").unwrap_err().contains("nobody knows who wrote it; name a ticket"));
    assert!(world.find("9").unwrap_err().contains("no ticket 9; `vahti tickets"));
    // Once they are one, it does not matter which is meant.
    world.link("x.example @maija", "z.example @maija").unwrap();
    assert_eq!(world.find("Maija").as_deref(), Ok("x.example @maija"));
}

#[test]
fn a_link_makes_one_customer_of_two_and_can_be_undone() {
    let world = World::new();
    let rated = world.store.ticket(TicketId(1)).unwrap().unwrap();
    let resolve = Action::Resolve { cause: "late".into(), lesson: None, follow_up_days: 10 };
    let rated = rated.apply(resolve, "desk", at(7)).unwrap();
    let rate = Action::Rate(Rating::try_from(4).unwrap());
    let rated = rated.apply(rate, "desk", at(9)).unwrap();
    world.store.apply(&Commit { tickets: vec![rated], ..Commit::default() }).unwrap();

    world.link("1", "2").unwrap();
    let one = world.shown("2");
    assert_eq!(one, world.shown("1"), "whichever handle is asked for");
    assert_eq!(world.handles("1"), ["forum.example @maijam", "x.example @maija"]);
    assert_eq!(one.name.as_deref(), Some("Maija Mäkinen"));
    let tickets: Vec<_> =
        one.tickets.iter().map(|it| (it.id, it.cause.as_deref(), it.rating)).collect();
    assert_eq!(tickets, [(1, Some("late"), Some(4)), (2, None, None)]);
    assert_eq!((one.mentions, one.last_heard), (3, Some(at(9))));
    assert_eq!((one.ratings, one.mean_rating), (1, Some(4.0)));
    assert_eq!((one.links[0].by.as_str(), one.links[0].at), ("desk", at(10)));

    world.unlink("2", "1").unwrap();
    assert_eq!(world.handles("1"), ["forum.example @maijam"]);
    let parted = world.shown("2");
    assert_eq!((parted.tickets.len(), parted.mentions), (1, 1));
    assert_eq!(parted.links[0].parted_by.as_deref(), Some("desk"), "that it was is still told");
    world.link("1", "2").unwrap();
    assert_eq!(world.shown("2").links.len(), 2);
}

#[test]
fn links_lead_on_and_only_a_link_that_is_there_can_be_parted() {
    let world = World::new();
    world.link("1", "2").unwrap();
    world.link("z.example @maija", "2").unwrap();
    assert_eq!(world.handles("1").len(), 3);
    let refused = [
        (world.link("1", "z.example @maija"), "are one customer already; `vahti customer"),
        (world.link("1", "@maijam"), "both are 'forum.example @maijam'; name two handles"),
        (world.unlink("1", "3"), "are two customers; nothing is to be parted"),
        (
            world.unlink("1", "z.example @maija"),
            "through others; part a link between them: \
             `vahti customer 'forum.example @maijam' unlink 'x.example @maija'` or \
             `vahti customer 'z.example @maija' unlink 'x.example @maija'`",
        ),
    ];
    for (refused, expected) in refused {
        let refused = refused.unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    }
    world.unlink("2", "1").unwrap();
    assert_eq!(world.handles("2"), ["x.example @maija", "z.example @maija"]);
}

#[test]
fn one_customer_has_a_bounded_number_of_handles() {
    let world = World::new();
    for number in 0..MOST_HANDLES {
        let stranger = wrote("w.example", 20, "", &format!("h{number}"));
        world.store.apply(&Commit { mentions: vec![stranger], ..Commit::default() }).unwrap();
        let linked = world.link("1", &format!("w.example @h{number}"));
        assert_eq!(linked.is_err(), number + 1 == MOST_HANDLES, "{number}: {linked:?}");
    }
}
