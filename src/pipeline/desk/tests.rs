//! What becomes of posts that concern a brand by their place, of messages, edits and deletions.

use crate::alert::Alert;
use crate::brand::{Brand, BrandName, Keyword, TicketPolicy};
use crate::mention::marking::{Marking, MarkingId, Undone};
use crate::mention::{Mark, Mention};
use crate::pipeline::opinions::Opinions;
use crate::pipeline::taught::{self, Taught};
use crate::pipeline::{Arrival, Receipt, Rules, process};
use crate::post::{Author, Concerns, Engagement, Post, SourceName};
use crate::query::parse_keyword;
use crate::source::{Batch, Kind};
use crate::store::sled::SledStore;
use crate::store::{Store, Window};
use crate::ticket::{Action, Status, Ticket};
use chrono::{DateTime, TimeDelta, Utc};

/// A store with one source, polled as often as posts are brought.
struct World {
    _folder: tempfile::TempDir,
    store: SledStore,
    rules: Rules,
    only: Vec<BrandName>,
    tickets: Option<TicketPolicy>,
    now: DateTime<Utc>,
}

fn brand(name: &str, tickets: Option<TicketPolicy>) -> Brand {
    Brand {
        name: BrandName(name.into()),
        keywords: vec![Keyword { written: name.into(), query: parse_keyword(name).unwrap() }],
        exclude: Vec::new(),
        own: vec!["@acme".into()],
        context: Vec::new(),
        languages: Vec::new(),
        tickets,
        praise: false,
    }
}

impl World {
    fn of(brands: Vec<Brand>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let rules = Rules::new(brands, Vec::<Alert>::new(), chrono_tz::Tz::UTC);
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        Self { _folder: folder, store, rules, only: Vec::new(), tickets: None, now }
    }

    fn new() -> Self {
        Self::of(vec![brand("Acme", None)])
    }

    fn bring(&mut self, batch: Batch) {
        self.now += TimeDelta::hours(1);
        let arrival = Arrival {
            source: SourceName("page".into()),
            kind: Kind::Facebook,
            only: self.only.clone(),
            batch,
            receipt: Some(Receipt::default()),
            at: self.now,
            tickets: self.tickets,
            looks_again: true,
            tell_at_once: !self.rules.alerts.is_empty(),
            opinions: Opinions::default(),
        };
        let commit = process(arrival, &self.rules, &self.store).unwrap();
        self.store.apply(&commit).unwrap();
    }

    fn posts(&mut self, posts: Vec<Post>) {
        self.bring(Batch { posts, ..Batch::default() });
    }

    fn mentions(&self) -> Vec<Mention> {
        let mut all = Vec::new();
        self.store
            .mentions(Window::default(), &mut |mention| {
                all.push(mention);
                true
            })
            .unwrap();
        all.sort_by_key(|mention| mention.post.id.clone());
        all
    }

    fn tickets(&self) -> Vec<Ticket> {
        let tickets = self.store.tickets().unwrap();
        for ticket in &tickets {
            assert_eq!(ticket.verify(), Ok(()));
        }
        assert_eq!(self.store.check().unwrap(), []);
        tickets
    }
}

fn post(id: &str, text: &str) -> Post {
    Post {
        id: Some(id.into()),
        site: "site".into(),
        text: text.into(),
        author: Author { name: Some("Maija".into()), ..Author::default() },
        ..Post::default()
    }
}

fn to_desk(id: &str, text: &str) -> Post {
    Post { concerns: Concerns::Desk, ..post(id, text) }
}

fn message(id: &str, thread: &str, minute: i64) -> Post {
    let published = DateTime::from_timestamp(1_795_300_000 + minute * 60, 0);
    let thread = Some(thread.to_owned());
    Post { is_private: true, thread, published, ..to_desk(id, &format!("message {id}")) }
}

#[test]
fn what_is_said_to_the_brand_is_a_ticket_without_its_name() {
    let mut world = World::new();
    world.posts(vec![
        to_desk("1", "when do you open"),
        Post { concerns: Concerns::Brand, rating: Some(1), ..post("2", "") },
        Post { concerns: Concerns::Brand, rating: Some(5), ..post("3", "") },
        post("4", "when do you open"),
    ]);
    let found: Vec<_> = world
        .mentions()
        .into_iter()
        .map(|mention| (mention.post.id.unwrap(), mention.ticket.is_some()))
        .collect();
    assert_eq!(found, [("1".into(), true), ("2".into(), true), ("3".into(), false)]);
    assert_eq!(world.tickets().len(), 2);
}

#[test]
fn somebody_who_chose_which_mentions_become_tickets_is_heeded() {
    for (of_brand, of_source, expected) in [
        (None, None, 1),
        (Some(TicketPolicy::Negative), None, 0),
        (Some(TicketPolicy::None), Some(TicketPolicy::All), 1),
        (None, Some(TicketPolicy::None), 0),
    ] {
        let mut world = World::of(vec![brand("Acme", of_brand)]);
        world.tickets = of_source;
        world.posts(vec![to_desk("1", "when do you open")]);
        assert_eq!(world.tickets().len(), expected, "{of_brand:?} {of_source:?}");
    }
}

#[test]
fn a_place_concerns_the_brands_that_its_source_is_for() {
    let mut world = World::of(vec![brand("Acme", None), brand("Beta", None)]);
    world.posts(vec![to_desk("1", "hello")]);
    assert_eq!(world.mentions().len(), 0, "nobody can tell which");
    world.only = vec![BrandName("Beta".into())];
    world.posts(vec![to_desk("2", "hello, Acme")]);
    let brands: Vec<_> = world.mentions().into_iter().map(|mention| mention.brand.0).collect();
    assert_eq!(brands, ["Beta"]);
}

#[test]
fn a_thread_of_messages_is_one_ticket_that_grows() {
    let mut world = World::new();
    // The site shows the newest first.
    world.posts(vec![message("b", "t1", 2), message("a", "t1", 1), message("x", "t2", 3)]);
    assert_eq!(world.tickets().len(), 2);
    let first = world.tickets().remove(0);
    let mentions = world.mentions();
    assert_eq!(first.facts().mention, mentions[0].id, "the oldest opened it");
    assert_eq!(first.facts().also, [mentions[1].id.clone()]);
    // Answered, and the customer writes again.
    let id = first.facts().id;
    let answered = first.apply(Action::Reply("at nine".into()), "maija", world.now).unwrap();
    let commit = crate::store::Commit { tickets: vec![answered], ..Default::default() };
    world.store.apply(&commit).unwrap();
    world.posts(vec![message("c", "t1", 200)]);
    let tickets = world.tickets();
    assert_eq!(tickets.len(), 2);
    let grown = world.store.ticket(id).unwrap().unwrap();
    assert_eq!((grown.facts().status, grown.facts().also.len()), (Status::Open, 2));
    assert!(world.mentions().iter().all(|mention| mention.ticket.is_some()));
    // The brand's own words in it open and reopen nothing.
    let author = Author { handle: Some("acme".into()), ..Author::default() };
    world.posts(vec![Post { author, ..message("d", "t3", 300) }]);
    assert_eq!(world.tickets().len(), 2);
}

#[test]
fn an_edit_keeps_what_was_said_and_opens_no_second_ticket() {
    let mut world = World::new();
    let complaint = "Acme is terrible, the worst service ever, my order never arrived";
    world.posts(vec![post("1", complaint)]);
    assert_eq!(world.tickets().len(), 1);
    let edited = Some(world.now);
    world.posts(vec![Post { edited, ..post("1", &format!("{complaint}. Still waiting!")) }]);
    // Now it no longer names the brand.
    world.posts(vec![Post { edited, ..post("1", "never mind") }]);
    let mentions = world.mentions();
    assert_eq!((mentions.len(), world.tickets().len()), (1, 1));
    assert_eq!(mentions[0].post.text, "never mind");
    let said: Vec<&str> = mentions[0].versions.iter().map(|known| known.text.as_str()).collect();
    assert_eq!(said, [complaint, &format!("{complaint}. Still waiting!")]);
    assert_eq!(mentions[0].ticket.map(|id| id.0), Some(1));
}

#[test]
fn fewer_stars_with_the_same_words_are_an_edit_that_opens_a_ticket() {
    let mut world = World::new();
    let review = |stars| Post { concerns: Concerns::Brand, rating: Some(stars), ..post("1", "") };
    world.posts(vec![review(5)]);
    assert_eq!(world.tickets().len(), 0);
    world.posts(vec![review(1)]);
    let mention = world.mentions().remove(0);
    assert_eq!((mention.post.rating, mention.versions[0].rating), (Some(1), Some(5)));
    assert_eq!(world.tickets().len(), 1);
}

#[test]
fn a_ticket_is_as_pressing_as_what_is_said_last() {
    let mut world = World::new();
    let calm = "Acme is terrible, the worst service ever, my order never arrived";
    let threat = format!("{calm}. I will sue you, you liars, this is a scandal!");
    world.posts(vec![post("1", calm)]);
    let before = world.tickets()[0].facts().priority;
    let edited = Some(world.now);
    world.posts(vec![Post { edited, ..post("1", &threat) }]);
    let ticket = world.tickets().remove(0);
    assert!(ticket.facts().priority > before, "{before} to {}", ticket.facts().priority);
    assert_eq!(ticket.facts().log.last().unwrap().action, "edited");
    let why = world.mentions()[0].insight.why.join(" ");
    assert!(!why.contains("complaint in 90 days"), "its own ticket is no earlier one: {why}");
    // So is that of a thread.
    world.posts(vec![message("a", "t1", 1)]);
    let mut angry = message("b", "t1", 2);
    angry.text = threat;
    world.posts(vec![angry]);
    let facts = world.tickets()[1].facts().clone();
    assert!(facts.priority > facts.first_priority);
}

#[test]
fn what_is_written_in_a_thread_that_was_noise_is_a_case_of_its_own() {
    let mut world = World::new();
    world.posts(vec![message("a", "t1", 1)]);
    let noise = world.tickets().remove(0).apply(Action::Withdraw, "maija", world.now).unwrap();
    let commit = crate::store::Commit { tickets: vec![noise], ..Default::default() };
    world.store.apply(&commit).unwrap();
    world.posts(vec![message("b", "t1", 2)]);
    world.posts(vec![message("c", "t1", 3)]);
    let states: Vec<_> = world.tickets().iter().map(|ticket| ticket.facts().status).collect();
    assert_eq!(states, [Status::Closed, Status::New]);
}

#[test]
fn a_brand_that_an_edit_no_longer_names_learns_of_it() {
    let mut world = World::of(vec![brand("Acme", None), brand("Beta", None)]);
    world.posts(vec![post("1", "Acme and Beta are fine")]);
    world.posts(vec![post("1", "Acme is fine")]);
    let texts: Vec<_> = world.mentions().into_iter().map(|mention| mention.post.text).collect();
    assert_eq!(texts, ["Acme is fine", "Acme is fine"]);
}

#[test]
fn versions_are_bounded() {
    let mut world = World::new();
    for number in 0..30 {
        world.posts(vec![post("1", &format!("Acme {number}"))]);
    }
    let versions = &world.mentions()[0].versions;
    assert_eq!((versions.len(), versions[0].text.as_str()), (20, "Acme 9"));
}

#[test]
fn of_a_deleted_post_the_words_go_and_the_ticket_stays() {
    let mut world = World::new();
    let secret = "Acme is terrible, the worst service ever, says Maija";
    world.posts(vec![post("1", secret), post("2", "Acme is fine")]);
    world.posts(vec![post("1", &format!("{secret}!"))]);
    let rechecked = vec![Post::gone("site", "1"), Post::gone("site", "unknown")];
    world.bring(Batch { rechecked: rechecked.clone(), ..Batch::default() });
    let told = |world: &World| world.tickets()[0].facts().log.len();
    let lines = told(&world);
    world.bring(Batch { rechecked, ..Batch::default() });
    assert_eq!(told(&world), lines, "it is told once");
    let mentions = world.mentions();
    let shown =
        format!("{:?}{:?}{:?}", mentions[0].post, mentions[0].versions, mentions[0].insight);
    assert!(!shown.contains("terrible") && !shown.contains("Maija"), "{shown}");
    assert_eq!(mentions[0].headline(), "(deleted where it stood)");
    assert_eq!(mentions[1].post.text, "Acme is fine");
    let tickets = world.tickets();
    assert_eq!((tickets.len(), &tickets[0].facts().customer_name), (1, &None));
}

#[test]
fn new_counts_are_no_edit() {
    let mut world = World::new();
    world.posts(vec![post("1", "Acme is fine")]);
    let engagement = Engagement { likes: Some(7), ..Engagement::default() };
    let rechecked = vec![Post { engagement, ..post("1", "Acme is fine") }];
    world.bring(Batch { rechecked, ..Batch::default() });
    let mention = world.mentions().remove(0);
    assert_eq!((mention.post.engagement.likes, mention.versions.len()), (Some(7), 0));
}

/// Marks what the store holds under this id, as `vahti mention ID mark` does.
fn mark(world: &mut World, id: &str, mark: Mark) {
    let mut mention =
        world.mentions().into_iter().find(|m| m.post.id.as_deref() == Some(id)).unwrap();
    world.now += TimeDelta::minutes(1);
    mention.mark = Some(mark);
    let marking = Marking {
        id: MarkingId(0),
        mention: mention.id.clone(),
        brand: mention.brand.clone(),
        mark,
        at: world.now,
        by: "maija".into(),
        undone: None,
    };
    let commit = crate::store::Commit {
        mentions: vec![mention],
        markings: vec![marking],
        taught: Some(world.now),
        ..Default::default()
    };
    world.store.apply(&commit).unwrap();
}

/// A store in which three mentions of space are marked.
fn of_space() -> World {
    let mut world = World::new();
    let towns =
        ["Leeds", "York", "Derby", "Bath", "Ely", "Oban", "Cork", "Sligo", "Truro", "Wells"];
    let others = towns.iter().map(|town| post(town, &format!("Acme opens a shop in {town}")));
    let space = [
        "terrible, Acme rocket and satellite",
        "awful Acme, a satellite without its rocket",
        "the rocket of Acme lost another satellite, a disgrace",
    ];
    let named = |(nth, text): (usize, &&str)| Post {
        author: Author { name: Some(format!("somebody {nth}")), ..Author::default() },
        ..post(&format!("space{nth}"), text)
    };
    world.posts(others.chain(space.iter().enumerate().map(named)).collect());
    for nth in 0..3 {
        mark(&mut world, &format!("space{nth}"), Mark::Noise);
    }
    world
}

const ALIKE: &str = "Acme is the worst, a terrible rocket and a terrible satellite";

#[test]
fn what_is_like_marked_noise_is_kept_without_a_ticket_until_an_edit_says_otherwise() {
    let mut world = of_space();
    let before = world.tickets().len();
    world.posts(vec![post("x", ALIKE), post("y", "Acme is terrible, the worst service ever")]);
    let muted: Vec<bool> = world.mentions().iter().rev().take(2).map(Mention::is_muted).collect();
    assert_eq!((muted, world.tickets().len()), (vec![false, true], before + 1));
    let edited = Some(world.now);
    world.posts(vec![Post {
        edited,
        ..post("x", "Acme is the worst, terrible, and will not answer")
    }]);
    assert_eq!(world.tickets().len(), before + 2, "it is heard now");
    assert!(!world.mentions().iter().any(Mention::is_muted));
}

#[test]
fn what_is_muted_does_not_take_back_what_was_learnt() {
    let mut world = of_space();
    for nth in 0..20 {
        world.posts(vec![post(&format!("x{nth}"), &format!("{ALIKE} {}", "again ".repeat(nth)))]);
    }
    mark(&mut world, "York", Mark::Positive);
    world.posts(vec![post("z", &format!("Once more: {ALIKE}"))]);
    assert!(world.mentions().iter().all(|m| m.is_muted() == m.post.text.contains(ALIKE)));
}

#[test]
fn a_mark_teaches_the_judge_no_more_once_its_text_was_edited() {
    let mut world = World::new();
    world.posts(vec![post("x", "Acme is the worst"), post("y", "Acme is late again")]);
    let lessons = |world: &World| {
        taught::lessons(&world.store.markings().unwrap(), &world.store).unwrap().len()
    };
    let edit = |world: &mut World, text: &str| {
        world.posts(vec![Post { edited: Some(world.now), ..post("x", text) }]);
    };
    edit(&mut world, "Acme is the worst by far");
    mark(&mut world, "x", Mark::Negative);
    mark(&mut world, "y", Mark::Negative);
    assert_eq!(lessons(&world), 2, "what was edited before it was marked teaches");
    edit(&mut world, "Acme was kind after all");
    assert_eq!(lessons(&world), 1);
}

#[test]
fn without_its_marks_a_store_teaches_nothing() {
    let world = of_space();
    let taught = |markings: &[Marking]| {
        Taught::by(markings, world.now, &world.rules.brands, &world.store).unwrap()
    };
    let mut markings = world.store.markings().unwrap();
    assert_eq!(*world.rules.taught(&world.store).unwrap(), taught(&markings));
    assert_ne!(taught(&markings), Taught::default());
    markings.reverse();
    assert_eq!(*world.rules.taught(&world.store).unwrap(), taught(&markings), "in any order");
    let mut one_less = markings.clone();
    one_less.pop();
    assert_eq!(taught(&one_less), Taught::default(), "two are too few");
    for marking in &mut markings {
        let (at, by) = (world.now, "maija".to_owned());
        marking.undone = Some(Undone { at, by, brought_back: Vec::new() });
    }
    assert_eq!(taught(&markings), Taught::default(), "all undone is never marked");
}

mod edits;
mod own;
mod thread;
