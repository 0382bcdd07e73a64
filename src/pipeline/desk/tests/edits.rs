//! What an edit does to the ticket and the mark of its mention, and what is written on in a thread.

use super::*;
use crate::alert::{Content, Frequency};
use crate::mention::filter::Filter;
use crate::query::Query;
use crate::text::Language;

/// Moves the only ticket on.
fn moved(world: &World, actions: &[Action]) {
    let ticket = world.tickets().remove(0);
    let ticket = actions
        .iter()
        .fold(ticket, |ticket, action| ticket.apply(action.clone(), "maija", world.now).unwrap());
    let commit = crate::store::Commit { tickets: vec![ticket], ..Default::default() };
    world.store.apply(&commit).unwrap();
}

fn settled() -> [Action; 3] {
    let resolve = Action::Resolve { cause: "refund".into(), lesson: None, follow_up_days: 10 };
    [Action::Reply("We look into it.".into()), resolve, Action::Rate(3.try_into().unwrap())]
}

fn review(stars: u8, text: &str) -> Post {
    Post { concerns: Concerns::Brand, rating: Some(stars), ..post("1", text) }
}

/// Returns the status of the only ticket, and what was done to it last.
#[track_caller]
fn state(world: &World) -> (Status, String) {
    let tickets = world.tickets();
    assert_eq!(tickets.len(), 1);
    let facts = tickets[0].facts();
    (facts.status, facts.log.last().unwrap().action.clone())
}

const REVIEW: &str = "The worst shop ever, my parcel never came and nobody answers";

#[test]
fn a_settled_review_that_is_edited_into_a_new_complaint_comes_back_and_is_told() {
    for moves in 1..=3 {
        let mut world = World::new();
        let alert = Alert {
            name: "care".into(),
            to: vec!["care@acme.example".into()],
            frequency: Frequency::AsItHappens,
            filter: Filter::new(Query::All),
            language: Language::ENGLISH,
            empty: false,
            content: Content::Mentions,
            spikes: false,
        };
        world.rules = Rules::new(vec![brand("Acme", None)], vec![alert], chrono_tz::Tz::UTC);
        world.posts(vec![review(1, REVIEW)]);
        moved(&world, &settled()[..moves]);
        let told = |world: &World| world.store.outbox().unwrap().len();
        assert_eq!(told(&world), 1);
        // A letter is put right: that is no complaint.
        world.posts(vec![review(1, &REVIEW.replace("parcel", "parsel"))]);
        assert_eq!(state(&world).1, "edited");
        assert_eq!((state(&world).0 == Status::Open, told(&world)), (false, 1));
        world.posts(vec![review(1, &format!("{REVIEW}. Three weeks later, still no refund"))]);
        assert_eq!(state(&world), (Status::Open, "reopen".into()), "after {moves} moves");
        let facts = world.tickets()[0].facts().clone();
        assert_eq!((facts.reopened, facts.resolved), (Some(world.now), None));
        assert_eq!(told(&world), 2);
    }
}

#[test]
fn fewer_stars_are_a_new_complaint_and_praise_is_none() {
    let mut world = World::new();
    world.posts(vec![review(2, REVIEW)]);
    moved(&world, &settled());
    world.posts(vec![review(5, "Excellent, they sent it again, thank you, I love this shop")]);
    assert_eq!(state(&world), (Status::Closed, "edited".into()));
    world.posts(vec![review(1, "Excellent liars, terrible")]);
    assert_eq!(state(&world), (Status::Open, "reopen".into()));
    let mut world = World::new();
    world.posts(vec![review(2, REVIEW)]);
    moved(&world, &settled());
    world.posts(vec![review(1, REVIEW)]);
    assert_eq!(state(&world), (Status::Open, "reopen".into()));
}

#[test]
fn what_was_called_noise_stays_so_when_it_is_edited() {
    let mut world = World::new();
    world.posts(vec![post("1", "Acme is terrible, the worst service ever")]);
    mark(&mut world, "1", Mark::Noise);
    moved(&world, &[Action::Withdraw]);
    world.posts(vec![post("1", "Acme lies, they stole my money, a terrible scam")]);
    assert_eq!(state(&world), (Status::Closed, "edited".into()));
    assert_eq!(world.mentions()[0].mark, Some(Mark::Noise));
}

#[test]
fn a_mark_that_it_is_harmless_goes_with_the_words_it_was_given_to() {
    for (text, withdrawn) in
        [("Acme is sick!", false), ("Acme is terrible, the worst service ever", true)]
    {
        let mut world = World::new();
        world.posts(vec![post("1", text)]);
        mark(&mut world, "1", Mark::Positive);
        if withdrawn {
            moved(&world, &[Action::Withdraw]);
        }
        world.posts(vec![post("1", "Acme lies, they stole my money, a terrible scam")]);
        let mention = world.mentions().remove(0);
        assert_eq!((mention.mark, mention.label()), (None, crate::enrich::Label::Negative));
        let status = if withdrawn { Status::Open } else { Status::New };
        assert_eq!(state(&world).0, status, "{text}");
    }
}

#[test]
fn an_edit_that_no_longer_names_the_brand_stands_in_the_log() {
    let mut world = World::new();
    world.posts(vec![post("1", "Acme is terrible, the worst service ever")]);
    let edited = Some(world.now);
    world.posts(vec![Post { edited, ..post("1", "never mind") }]);
    assert_eq!(state(&world), (Status::New, "edited".into()));
    // What complains of others now is no complaint of ours.
    moved(&world, &settled());
    let zeta = "Zeta lies, they stole my money, a terrible scam";
    world.posts(vec![Post { edited, ..post("1", zeta) }]);
    assert_eq!(state(&world), (Status::Closed, "edited".into()));
}

#[test]
fn what_is_written_in_a_thread_that_has_a_ticket_belongs_to_it_whatever_it_says() {
    let mut world = World::of(vec![brand("Acme", Some(TicketPolicy::Negative))]);
    let text = "Acme is terrible, the worst service ever, my order never arrived".to_owned();
    world.posts(vec![Post { text, ..message("a", "t1", 1) }]);
    moved(&world, &settled()[..2]);
    let text = "Hei, rahat eivät ole vielä tulleet".to_owned();
    world.posts(vec![Post { text, ..message("b", "t1", 200) }, message("c", "t2", 201)]);
    assert_eq!(state(&world), (Status::Open, "message".into()), "t2 wants none");
    let of: Vec<bool> = world.mentions().iter().map(|one| one.ticket.is_some()).collect();
    assert_eq!(of, [true, true, false]);
    // Our own words in it do not bring it back.
    moved(&world, &settled()[..2]);
    let author = Author { handle: Some("acme".into()), ..Author::default() };
    world.posts(vec![Post { author, ..message("d", "t1", 300) }]);
    assert_eq!(state(&world).0, Status::Resolved);
}
