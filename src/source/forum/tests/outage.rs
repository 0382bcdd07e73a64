//! What is owed is read in the end, however long a server fails, and however much it is.

use super::fake::{Beyond, Fake, HOME};
use super::*;
use std::collections::BTreeSet;

fn board(topics: usize, posts: usize) -> (Fake, Poller) {
    let mut fake = Fake::new(Beyond::NotFound, false);
    for _ in 0..topics {
        fake.open(posts);
    }
    (fake, Poller::of(HOME))
}

/// Returns what comes until a poll needs a single request, which takes at most so many polls.
#[track_caller]
fn rest(poller: &mut Poller, fake: &Fake, polls: usize) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    for _ in 0..=polls {
        poller.poll(|url| fake.get(url));
        assert_eq!(poller.troubles, [""; 0]);
        seen.extend(poller.posts.iter().map(|id| id.parse::<usize>().unwrap()));
        if poller.asked.len() == 1 {
            return seen;
        }
    }
    panic!("not at rest after {polls} polls: {:?}", poller.asked)
}

#[test]
fn an_outage_of_days_costs_no_topic() {
    for status in [0, 503] {
        for owed_at_once in [true, false] {
            let (mut fake, mut poller) = board(12, 1);
            if !owed_at_once {
                // Some are answered before it begins.
                let mut nth = 0;
                poller.poll(|url| {
                    nth += 1;
                    if nth > 6 { Err(status) } else { fake.get(url) }
                });
                assert_eq!(poller.posts.len(), 4);
            }
            let before = poller.posts.len();
            for _ in 0..300 {
                // The list comes from elsewhere.
                poller.poll(|url| if url.contains("/t/") { Err(status) } else { fake.get(url) });
                assert!(poller.asked.len() > 1);
            }
            fake.reply(0, 1);
            let seen = rest(&mut poller, &fake, 3);
            assert!(seen.len() >= 13 - before, "{seen:?}");
            assert!(seen.contains(&13));
        }
    }
}

#[test]
fn a_topic_at_which_the_server_breaks_waits_behind_the_others_and_is_given_up() {
    let (mut fake, mut poller) = board(3, 1);
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        poller.poll(|url| if url.ends_with("t/2") { Err(500) } else { fake.get(url) });
        seen.extend(poller.posts.clone());
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
    // For a day it is asked for all the same.
    for _ in 0..92 {
        fake.reply(0, 1);
        poller.poll(|url| if url.ends_with("t/2") { Err(500) } else { fake.get(url) });
        assert!(poller.asked.iter().any(|url| url.ends_with("t/2")));
    }
    poller.poll(|url| if url.ends_with("t/2") { Err(500) } else { fake.get(url) });
    assert_eq!(poller.asked.len(), 1);
}

#[test]
fn what_the_server_refuses_for_a_day_is_given_up() {
    let (mut fake, mut poller) = board(3, 1);
    for nth in 0..100 {
        poller.poll(|url| if url.contains("/t/") { Err(403) } else { fake.get(url) });
        let expected = match nth {
            0 | 1 | 96 => 4,
            2 | 3 => 3,
            // One at a time, to see whether it is still so.
            4..96 => 2,
            _ => 1,
        };
        assert_eq!(poller.asked.len(), expected, "{nth}");
        assert_eq!(poller.troubles.is_empty(), nth >= 96, "{nth}");
    }
    fake.reply(1, 1);
    assert_eq!(rest(&mut poller, &fake, 1), BTreeSet::from([2, 4]));
}

#[test]
fn a_known_topic_is_followed_without_a_gap() {
    for posts in [1, 36] {
        let (mut fake, mut poller) = board(1, posts);
        rest(&mut poller, &fake, 1);
        fake.reply(0, 54);
        let seen = rest(&mut poller, &fake, 1);
        assert!(seen.is_superset(&(posts + 1..=posts + 54).collect()), "{seen:?}");
        // More than a poll may ask for.
        let last = posts + 54;
        fake.reply(0, 300);
        let seen = rest(&mut poller, &fake, 4);
        assert!(seen.is_superset(&(last + 1..=last + 300).collect()), "{seen:?}");
    }
}

#[test]
fn a_known_topic_is_followed_without_a_gap_when_its_posts_moved() {
    let (mut fake, mut poller) = board(1, 60);
    rest(&mut poller, &fake, 1);
    fake.delete_post(0, 0);
    fake.reply(0, 60);
    let seen = rest(&mut poller, &fake, 1);
    assert!(seen.is_superset(&(61..=120).collect()), "{seen:?}");
    // It is not read from the beginning: 20 pages were known, of which the last nine are looked at.
    assert!(!seen.contains(&25) && seen.contains(&40), "{seen:?}");
}
