//! Answers by our own account in threads that tell not whom it answers, as most forums do.

use super::*;

/// What a customer called `name` complains of in a thread with a number of its own.
fn complaint(id: &str, name: &str, text: &str, minute: i64) -> Post {
    Post {
        thread: Some("t7".into()),
        author: Author { name: Some(name.into()), ..Author::default() },
        published: Some(time(minute)),
        url: Some(format!("https://site.example/t7#{id}")),
        ..post(id, text)
    }
}

/// A post of our own account in that thread.
fn ours(id: &str, text: &str, minute: i64) -> Post {
    let author = Author { handle: Some("acme".into()), ..Author::default() };
    Post { author, ..complaint(id, "", text, minute) }
}

fn time(minute: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-22T13:00:00Z".parse().unwrap();
    start + TimeDelta::minutes(minute)
}

const LATE: &str = "Acme is terrible, my parcel with the blue lamp never arrived at all";
const RUDE: &str = "Acme has the worst phone support, rude people hung up on me twice";
const SORRY: &str = "We are sorry. Please send us a message.";

/// Returns how the tickets stand, by number, after these batches.
#[track_caller]
fn after(batches: Vec<Vec<Post>>) -> (World, Vec<Status>) {
    let mut world = World::new();
    world.now += TimeDelta::hours(3);
    for batch in batches {
        world.posts(batch);
    }
    let statuses = statuses(&world);
    (world, statuses)
}

fn statuses(world: &World) -> Vec<Status> {
    world.tickets().iter().map(|ticket| ticket.facts().status).collect()
}

#[test]
fn the_only_one_who_waits_in_the_thread_is_answered_once() {
    let (late, reply) = (complaint("1", "Maija", LATE, 0), ours("2", SORRY, 30));
    for batches in [
        vec![vec![late.clone()], vec![reply.clone()]],
        vec![vec![reply.clone(), late.clone()]],
        vec![vec![late.clone(), reply.clone()]],
        vec![vec![reply.clone()], vec![late.clone()]],
    ] {
        let (mut world, statuses) = after(batches);
        assert_eq!(statuses, [Status::Answered]);
        let log = world.tickets()[0].facts().log.clone();
        assert_eq!(log.len(), 2);
        assert!(log[1].text.ends_with("https://site.example/t7#2"), "{log:?}");
        // It answered one, and answers nobody else who is found later; nor does the one who waits there
        // mean anything to it when it is seen again.
        world.posts(vec![complaint("3", "Liisa", RUDE, 10)]);
        world.posts(vec![Post { edited: Some(time(40)), ..reply.clone() }]);
        assert_eq!(self::statuses(&world), [Status::Answered, Status::New]);
        world.posts(vec![ours("4", SORRY, 60)]);
        assert_eq!(self::statuses(&world), [Status::Answered, Status::Answered]);
    }
}

#[test]
fn of_two_who_wait_the_one_is_answered_who_is_named_or_quoted() {
    let both = || vec![complaint("1", "Maija", LATE, 0), complaint("2", "liisa_k", RUDE, 5)];
    let [new, answered] = [Status::New, Status::Answered];
    for (text, expected) in [
        (SORRY, [new, new]),
        ("Hi Maija, we are sorry.", [answered, new]),
        ("@Liisa_K please call us", [new, answered]),
        ("Maija and liisa_k, we are sorry", [answered, answered]),
        ("Maijala is not far, and help@liisa_kk.example neither", [new, new]),
        ("\"My parcel with the blue lamp never arrived\" we look into it", [answered, new]),
        ("> worst phone support, rude people hung up\nsorry", [new, answered]),
    ] {
        let reply = || ours("3", text, 30);
        let all = [both(), vec![reply()]].concat();
        for batches in [
            vec![both(), vec![reply()]],
            vec![vec![reply()], both()],
            vec![all.clone()],
            vec![all.into_iter().rev().collect()],
        ] {
            let (world, mut statuses) = after(batches);
            if world.tickets()[0].facts().customer_name.as_deref() != Some("Maija") {
                statuses.reverse();
            }
            assert_eq!(statuses, expected, "{text}");
            let logs = world.tickets().into_iter().map(|ticket| ticket.facts().log.len());
            let moved = statuses.iter().filter(|status| **status == answered).count();
            assert_eq!(logs.sum::<usize>(), 2 + moved, "nothing is noted of the others: {text}");
        }
    }
}

#[test]
fn what_came_before_is_in_another_thread_or_calls_somebody_else_is_no_answer() {
    let elsewhere = Post { thread: Some("t8".into()), ..ours("2", SORRY, 30) };
    let private = Post { is_private: true, ..ours("2", SORRY, 30) };
    let theirs = complaint("2", "Maija", "How is it going?", 30);
    for reply in
        [ours("2", SORRY, -30), ours("2", "@pekka we are sorry", 30), elsewhere, private, theirs]
    {
        for is_first in [true, false] {
            let late = complaint("1", "Maija", LATE, 0);
            let batches = if is_first {
                vec![vec![reply.clone()], vec![late]]
            } else {
                vec![vec![late], vec![reply.clone()]]
            };
            assert_eq!(after(batches).1, [Status::New], "{reply:?}");
        }
    }
}

#[test]
fn what_a_person_marks_later_was_answered_if_it_is_alone() {
    let neutral = |id: &str, text: &str| complaint(id, "Maija", text, 0);
    for (others, expected) in [
        (vec![], Status::Answered),
        (vec![complaint("5", "Liisa", RUDE, 5), complaint("6", "Ayse", LATE, 5)], Status::New),
    ] {
        let mut posts = vec![neutral("1", "Acme opens at nine"), ours("3", SORRY, 30)];
        posts.extend(others);
        let (world, _) = after(vec![posts]);
        let mentions = world.mentions();
        let mention = mentions.iter().find(|one| one.ticket.is_none() && !one.own).unwrap();
        let next = world.store.next_ticket().unwrap();
        let ticket = Ticket::open(next, mention, time(0), world.now);
        let ticket = crate::pipeline::heard(ticket, mention, &world.store, world.now).unwrap();
        assert_eq!(ticket.facts().status, expected);
    }
}
