//! Sources and keywords that are new, and what came without a date.

use super::*;
use crate::brand::{Brand, Keyword};
use crate::pipeline::again::{self, Again};
use crate::pipeline::opinions::Opinions;
use crate::pipeline::{Arrival, Receipt, process};
use crate::post::{Post, SourceName};
use crate::query::parse_keyword;
use crate::source::{Batch, Kind};

fn rules_for(keywords: &[&str]) -> Rules {
    let keyword = |written: &&str| {
        let query = parse_keyword(written).unwrap();
        Keyword { written: (*written).into(), query }
    };
    let brand = Brand { keywords: keywords.iter().map(keyword).collect(), ..brand("Acme") };
    let rules = rules_of(brand);
    Rules { keep_posts: TimeDelta::days(30), ..rules }
}

fn rules_of(brand: Brand) -> Rules {
    Rules::new(vec![brand], vec![alert("care", &["care@acme.example"], "")], Tz::UTC)
}

/// Stories of the last hours before this one, each in words of its own.
fn stories_until(hour: i64, number: i64, what: &str, is_dated: bool) -> Vec<Post> {
    let story = |nth: i64| Post {
        id: Some(format!("{what}{hour}x{nth}")),
        text: format!("{what} q{nth}w{hour} z{nth}k v{nth}p"),
        published: is_dated.then(|| at(hour - nth)),
        ..Post::default()
    };
    (0..number).map(story).collect()
}

fn poll(source: &str, posts: Vec<Post>, hour: i64, rules: &Rules, store: &SledStore) {
    let arrival = Arrival {
        source: SourceName(source.into()),
        kind: Kind::Feed,
        only: Vec::new(),
        batch: Batch { posts, ..Batch::default() },
        receipt: Some(Receipt::default()),
        at: at(hour),
        tickets: None,
        looks_again: true,
        tell_at_once: false,
        opinions: Opinions::default(),
    };
    store.apply(&process(arrival, rules, store).unwrap()).unwrap();
}

/// After a brand was listened to for weeks, three mentions a day, and then otherwise: nothing of that is told,
/// nor what follows from it for two weeks, and then spikes are told again.
fn is_learned_anew(rules: &Rules, store: &SledStore) {
    assert_eq!(looked(rules, store, BURST), []);
    let course = store.course(&BrandName("Acme".into())).unwrap().unwrap();
    assert_eq!(course.since, spike::hour(at(BURST)));
    for day in 1..16 {
        tell(store, burst(BURST + day * 24, 0..12));
        assert_eq!(looked(rules, store, BURST + day * 24), [], "day {day}");
    }
    tell(store, burst(BURST + 16 * 24, 0..80));
    assert_eq!(looked(rules, store, BURST + 16 * 24).len(), 1);
}

#[test]
fn what_a_new_source_brings_is_no_spike() {
    let folder = tempfile::tempdir().unwrap();
    let (store, rules) = (store_of(&folder), rules_for(&["Acme"]));
    looked(&rules, &store, BURST - 1);
    poll("new", stories_until(BURST, 14, "Acme", true), BURST, &rules, &store);
    is_learned_anew(&rules, &store);
}

#[test]
fn what_a_new_source_brings_without_dates_is_no_spike_later() {
    let folder = tempfile::tempdir().unwrap();
    let (store, rules) = (store_of(&folder), rules_for(&["Acme"]));
    looked(&rules, &store, BURST - 1);
    poll("new", stories_until(BURST, 14, "Acme", false), BURST, &rules, &store);
    is_learned_anew(&rules, &store);
}

#[test]
fn what_a_source_brings_that_is_known_is_a_spike() {
    let folder = tempfile::tempdir().unwrap();
    let (store, rules) = (store_of(&folder), rules_for(&["Acme"]));
    looked(&rules, &store, BURST - 1);
    poll("news", Vec::new(), BURST - 20, &rules, &store);
    poll("news", stories_until(BURST, 14, "Acme", true), BURST, &rules, &store);
    assert_eq!(looked(&rules, &store, BURST).len(), 1);
}

#[test]
fn what_other_keywords_find_at_a_source_is_no_spike() {
    let folder = tempfile::tempdir().unwrap();
    let (store, before) = (store_of(&folder), rules_for(&["Acme"]));
    looked(&before, &store, BURST - 1);
    let posts = || stories_until(BURST, 14, "Rocket", true);
    poll("news", posts(), BURST, &before, &store);
    let rules = rules_for(&["Acme", "Rocket"]);
    poll("news", posts(), BURST, &rules, &store);
    is_learned_anew(&rules, &store);
}

#[test]
fn what_other_keywords_find_in_what_is_kept_is_no_spike() {
    let folder = tempfile::tempdir().unwrap();
    let (store, before) = (store_of(&folder), rules_for(&["Acme"]));
    looked(&before, &store, BURST - 1);
    poll("news", Vec::new(), BURST - 20, &before, &store);
    poll("news", stories_until(BURST, 14, "Rocket", true), BURST, &before, &store);
    assert_eq!(looked(&before, &store, BURST), []);
    let rules = rules_for(&["Acme", "Rocket"]);
    let all = |_: &SourceName| Some(Vec::new());
    let (_, found) = again::in_block(None, &rules, &all, &store, at(BURST)).unwrap().unwrap();
    assert_eq!(found.len(), 14);
    let again = Again {
        source: SourceName("news".into()),
        kind: Kind::Feed,
        only: Vec::new(),
        tickets: None,
        found,
        at: at(BURST),
        tell_at_once: false,
        opinions: Opinions::default(),
    };
    store.apply(&again::again(again, &rules, &store).unwrap()).unwrap();
    is_learned_anew(&rules, &store);
}

#[test]
fn marks_on_what_came_without_a_date_on_a_first_poll_count_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, rules) = (store_of(&folder), rules_for(&["Acme"]));
    looked(&rules, &store, BURST - 1);
    poll("new", stories_until(BURST, 40, "Acme", false), BURST, &rules, &store);
    tell(&store, burst(BURST, 0..2));
    let own = BrandName("Acme".into());
    let counted = || store.hours(&own).unwrap()[&spike::hour(at(BURST))];
    assert_eq!(counted(), Counted { all: 2, negative: 2 });
    for mark in [Mark::Negative, Mark::Positive, Mark::Noise] {
        let mut marked = Vec::new();
        let since = Window { since: Some(at(BURST)), until: None };
        store
            .mentions(since, &mut |mention| {
                if mention.source.0 == "new" {
                    marked.push(Mention { mark: Some(mark), ..mention });
                }
                marked.len() < 9
            })
            .unwrap();
        assert_eq!(marked.len(), 9);
        tell(&store, marked);
        assert_eq!(counted(), Counted { all: 2, negative: 2 }, "{mark:?}");
    }
}
