//! Answers by our own account in the threads of customers.

use super::*;

/// A complaint that begins a thread, minutes after the first hour.
fn complaint(id: &str, minute: i64) -> Post {
    let published = Some(time(minute));
    let url = Some(format!("https://site.example/{id}"));
    Post { thread: Some(id.into()), url, published, ..post(id, "Acme is terrible, it broke") }
}

/// A post of our own account that does not name the brand.
fn ours(id: &str, parent: Option<&str>, thread: Option<&str>, minute: i64) -> Post {
    Post {
        parent: parent.map(Into::into),
        thread: thread.map(Into::into),
        author: Author { handle: Some("acme".into()), ..Author::default() },
        published: Some(time(minute)),
        url: Some(format!("https://site.example/{id}")),
        ..post(id, "We are sorry. Please send us a message.")
    }
}

fn time(minute: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-22T13:00:00Z".parse().unwrap();
    start + TimeDelta::minutes(minute)
}

/// Returns who did what to the only ticket, and when it was answered.
#[track_caller]
fn life(world: &World) -> (Vec<String>, Option<DateTime<Utc>>) {
    let tickets = world.tickets();
    assert_eq!(tickets.len(), 1);
    let facts = tickets[0].facts();
    let line = |line: &crate::ticket::Change| {
        if line.action == "open" {
            "open".to_owned()
        } else {
            format!("{} {}: {}", line.by, line.action, line.text)
        }
    };
    (facts.log.iter().map(line).collect(), facts.answered)
}

const ANSWERED: &str = "@acme answered: 2026-11-22T14:30:00Z https://site.example/r";

#[test]
fn our_answer_in_the_thread_stops_the_clock_once() {
    for (parent, thread) in [(Some("c"), None), (None, Some("c")), (Some("c"), Some("c"))] {
        let mut world = World::new();
        world.posts(vec![complaint("c", -30)]);
        world.now += TimeDelta::hours(1);
        world.posts(vec![ours("r", parent, thread, 90)]);
        let expected = (vec!["open".to_owned(), ANSWERED.to_owned()], Some(time(90)));
        assert_eq!(life(&world), expected, "{parent:?} {thread:?}");
        let due = world.tickets()[0].facts().due;
        assert_eq!(due, Some(time(90) + TimeDelta::days(3)));
        assert!(world.mentions().iter().all(|mention| !mention.own), "it is no mention");
        let edited =
            Post { edited: Some(time(95)), text: "edited".into(), ..ours("r", parent, thread, 90) };
        world.posts(vec![edited, ours("r2", parent, thread, 100)]);
        assert_eq!(life(&world), expected, "it is told once");
    }
}

#[test]
fn an_answer_in_the_same_batch_or_found_before_the_complaint_counts() {
    let reply = || ours("r", Some("c"), Some("c"), 90);
    for batches in [
        vec![vec![reply(), complaint("c", -30)]],
        vec![vec![complaint("c", -30), reply()]],
        vec![vec![reply()], vec![complaint("c", -30)]],
    ] {
        let mut world = World::new();
        world.now += TimeDelta::hours(2);
        for batch in batches {
            world.posts(batch);
        }
        let (log, answered) = life(&world);
        assert_eq!(log.len(), 2);
        assert!(log[1].starts_with("@acme answered: "), "{log:?}");
        // Not before the clock began, at the first poll.
        assert!(answered.unwrap() >= time(90));
        assert_eq!(world.tickets()[0].facts().status, Status::Answered);
    }
}

#[test]
fn what_is_marked_negative_later_was_answered_too() {
    let mut world = World::new();
    world.now += TimeDelta::hours(2);
    let neutral = Post { text: "Acme opens at nine".into(), ..complaint("c", 0) };
    world.posts(vec![neutral, ours("r", Some("c"), None, 90)]);
    assert_eq!(world.tickets().len(), 0);
    let mention = world.mentions().remove(0);
    let ticket = Ticket::open(world.store.next_ticket().unwrap(), &mention, world.now, world.now);
    let ticket = crate::pipeline::heard(ticket, &mention, &world.store, world.now).unwrap();
    assert_eq!(ticket.facts().status, Status::Answered);
}

#[test]
fn what_answers_others_or_came_before_is_no_answer() {
    let other = Post {
        thread: Some("c".into()),
        parent: Some("c".into()),
        ..post("o", "Acme opens at nine")
    };
    let theirs = Post {
        author: Author { handle: Some("acme_fan".into()), ..Author::default() },
        ..ours("r", Some("c"), None, 90)
    };
    let elsewhere = Post { site: "elsewhere".into(), ..ours("r", Some("c"), None, 90) };
    let numbered = Post { thread: Some("77".into()), ..complaint("c", 0) };
    for (complaint, reply) in [
        (complaint("c", 0), theirs),
        (complaint("c", 0), elsewhere),
        (complaint("c", 100), ours("r", Some("c"), None, 90)),
        (complaint("c", 0), ours("r", Some("o"), Some("c"), 90)),
        // A thread may have the number of a post that stands in another.
        (numbered, ours("r", None, Some("c"), 90)),
    ] {
        for is_first in [true, false] {
            let mut world = World::new();
            world.now += TimeDelta::hours(3);
            world.posts(vec![other.clone()]);
            let (first, second) = (reply.clone(), complaint.clone());
            let both = if is_first { [first, second] } else { [second, first] };
            for post in both {
                world.posts(vec![post]);
            }
            assert_eq!(life(&world).0.len(), 1, "{is_first} {reply:?}");
        }
    }
}

#[test]
fn what_a_person_recorded_stands_and_a_ticket_that_came_back_waits_for_a_new_answer() {
    let mut world = World::new();
    world.posts(vec![complaint("c", -30)]);
    let moved = |world: &World, action: Action| {
        let ticket = world.tickets().remove(0).apply(action, "maija", world.now).unwrap();
        let commit = crate::store::Commit { tickets: vec![ticket], ..Default::default() };
        world.store.apply(&commit).unwrap();
    };
    moved(&world, Action::Reply("We are sorry".into()));
    let before = life(&world);
    world.posts(vec![ours("r", Some("c"), None, 10)]);
    assert_eq!(life(&world), before, "it was recorded");
    moved(&world, Action::Reopen(None));
    world.posts(vec![Post { text: "edited".into(), ..ours("r", Some("c"), None, 10) }]);
    assert_eq!(world.tickets()[0].facts().status, Status::Open, "it is the old one");
    world.posts(vec![ours("r2", Some("c"), None, 200)]);
    assert_eq!(world.tickets()[0].facts().status, Status::Answered);
}

#[test]
fn our_messages_answer_those_of_their_thread() {
    let mut world = World::new();
    let reply = |id: &str, minute: i64| {
        let author = Author { handle: Some("acme".into()), ..Author::default() };
        Post { author, ..message(id, "t1", minute) }
    };
    world.posts(vec![message("a", "t1", 1), message("x", "t2", 1)]);
    world.posts(vec![reply("r", 60)]);
    let statuses = |world: &World| {
        world.tickets().iter().map(|ticket| ticket.facts().status).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&world), [Status::Answered, Status::New]);
    // The customer writes again and is answered before the next poll.
    world.posts(vec![reply("r3", 130), message("b", "t1", 120)]);
    assert_eq!(statuses(&world), [Status::Answered, Status::New]);
    world.posts(vec![message("d", "t1", 200)]);
    assert_eq!(statuses(&world), [Status::Open, Status::New]);
}

#[test]
fn an_answer_to_one_brand_is_none_to_another() {
    let mut other = brand("Bolt", None);
    other.own = vec!["@bolt".into()];
    let mut world = World::of(vec![brand("Acme", None), other]);
    let text = "Bolt is terrible, it broke".to_owned();
    world.posts(vec![Post { text, ..complaint("c", -30) }]);
    world.posts(vec![ours("r", Some("c"), None, 60)]);
    assert_eq!(world.tickets()[0].facts().status, Status::New);
}
