//! What is kept by a poll, and what becomes of it when keywords change.

use super::*;
use crate::alert::Alert;
use crate::brand::Keyword;
use crate::pipeline::{Arrival, Receipt, process};
use crate::query::parse_keyword;
use crate::source::Batch;
use crate::store::sled::SledStore;
use chrono::TimeDelta;

struct World {
    store: SledStore,
    rules: Rules,
    now: DateTime<Utc>,
    only: Vec<BrandName>,
    _folder: tempfile::TempDir,
}

fn rules(brands: &[(&str, &str)]) -> Rules {
    let brand = |(name, keyword): &(&str, &str)| Brand {
        name: BrandName((*name).into()),
        keywords: vec![Keyword {
            written: (*keyword).into(),
            query: parse_keyword(keyword).unwrap(),
        }],
        exclude: Vec::new(),
        own: Vec::new(),
        context: Vec::new(),
        languages: Vec::new(),
        tickets: None,
        praise: false,
    };
    Rules::new(brands.iter().map(brand).collect(), Vec::<Alert>::new(), chrono_tz::Tz::UTC)
        .keeping(TimeDelta::days(7))
}

impl World {
    fn new(brands: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        Self { store, rules: rules(brands), now, only: Vec::new(), _folder: folder }
    }

    fn poll(&mut self, posts: &[Post]) {
        self.now += TimeDelta::hours(1);
        let arrival = Arrival {
            source: SourceName("news".into()),
            kind: Kind::Feed,
            only: self.only.clone(),
            batch: Batch { posts: posts.to_vec(), ..Batch::default() },
            receipt: Some(Receipt::default()),
            at: self.now,
            tickets: None,
            looks_again: false,
            tell_at_once: true,
            opinions: Opinions::default(),
        };
        self.apply(&process(arrival, &self.rules, &self.store).unwrap());
    }

    fn apply(&self, commit: &Commit) {
        self.store.apply(commit).unwrap();
        assert_eq!(self.store.check().unwrap(), []);
    }

    /// Matches all that is kept again, as the daemon does, and returns how many posts were found.
    fn match_again(&mut self) -> usize {
        self.now += TimeDelta::hours(1);
        let only = self.only.clone();
        let only = move |_: &SourceName| Some(only.clone());
        let (mut after, mut until, mut found) = (None, None, Vec::new());
        self.apply(&begin());
        while let Some((place, more)) =
            in_block(after, &self.rules, &only, &self.store, self.now).unwrap()
        {
            after = Some(place);
            found.extend(more);
        }
        while let Some((oldest, more)) =
            in_mentions(until, &self.rules, &only, &self.store, self.now).unwrap()
        {
            until = Some(oldest);
            found.extend(more);
        }
        let count = found.len();
        for one in found {
            self.again(vec![one]);
        }
        self.apply(&end(&self.rules, self.now));
        count
    }

    fn again(&self, found: Vec<Found>) {
        let again = Again {
            source: SourceName("news".into()),
            kind: Kind::Feed,
            only: self.only.clone(),
            tickets: None,
            found,
            at: self.now,
            tell_at_once: true,
            opinions: Opinions::default(),
        };
        self.apply(&super::again(again, &self.rules, &self.store).unwrap());
    }

    /// Returns the ids of the posts that are kept.
    fn kept(&self) -> Vec<String> {
        let mut ids = Vec::new();
        let each = &mut |_, packed: crate::store::kept::Packed| {
            ids.extend(packed.open().unwrap().into_iter().map(|kept| kept.post.id.unwrap()));
            true
        };
        self.store.kept(None, each).unwrap();
        ids
    }

    /// Returns the mentions, as brand and id of the post, oldest first.
    fn mentions(&self) -> Vec<String> {
        let mentions = self.store.mentions_after(crate::store::Sequence(0)).unwrap();
        let shown = |one: Mention| format!("{} {}", one.brand, one.post.id.unwrap());
        mentions.into_iter().map(shown).collect()
    }
}

fn post(id: &str, text: &str) -> Post {
    Post { id: Some(id.into()), site: "site".into(), text: text.into(), ..Post::default() }
}

#[test]
fn what_matches_nothing_is_kept_once_and_what_matches_is_not() {
    let mut world = World::new(&[("Acme", "acme")]);
    let private = Post { is_private: true, ..post("4", "a secret") };
    let posts = [post("1", "acme"), post("2", "bolt"), post("3", "bolt too"), private];
    world.poll(&posts);
    world.poll(&posts);
    // Shown again after it was not, as forums do.
    world.poll(&[]);
    world.poll(&posts);
    assert_eq!(world.kept(), ["2", "3"]);
    assert_eq!(world.mentions(), ["Acme 1"]);
}

#[test]
fn other_keywords_find_it_with_its_first_seen() {
    let mut world = World::new(&[("Acme", "acme")]);
    world.poll(&[
        post("1", "acme and bolt"),
        post("2", "bolt is terrible, the worst"),
        post("3", "x"),
    ]);
    let seen = world.now;
    assert!(!is_due(&world.rules, &world.store).unwrap());
    world.rules = rules(&[("Acme", "acme"), ("Bolt", "bolt")]);
    assert!(is_due(&world.rules, &world.store).unwrap());
    assert_eq!(world.match_again(), 2);
    assert!(!is_due(&world.rules, &world.store).unwrap());
    assert_eq!(world.mentions(), ["Acme 1", "Bolt 2", "Bolt 1"]);
    assert_eq!(world.kept(), ["3"]);
    for mention in world.store.mentions_after(crate::store::Sequence(0)).unwrap() {
        assert_eq!(mention.seen, seen);
    }
    // A complaint is a ticket, as a poll would have opened it.
    assert_eq!(world.store.tickets().unwrap().len(), 1);
    assert_eq!(world.store.source(&SourceName("news".into())).unwrap().health.mentions, 3);
    // Again finds nothing: it may be ended midway and begun anew.
    assert_eq!(world.match_again(), 0);
    // And a poll that shows it says nothing new.
    world.poll(&[post("2", "bolt is terrible, the worst")]);
    assert_eq!(world.mentions().len(), 3);
}

#[test]
fn what_was_found_twice_is_stored_once() {
    let mut world = World::new(&[("Acme", "acme")]);
    world.poll(&[post("1", "bolt")]);
    world.rules = rules(&[("Acme", "bolt")]);
    let all = |_: &SourceName| Some(Vec::new());
    let found = in_block(None, &world.rules, &all, &world.store, world.now).unwrap().unwrap().1;
    world.again(found.clone());
    world.again(found);
    assert_eq!(world.mentions(), ["Acme 1"]);
    assert!(world.kept().is_empty());
}

#[test]
fn what_was_deleted_meanwhile_is_not_found() {
    let mut world = World::new(&[("Acme", "acme")]);
    world.poll(&[post("1", "bolt"), post("2", "bolt")]);
    world.rules = rules(&[("Acme", "bolt")]);
    let all = |_: &SourceName| Some(Vec::new());
    let found = in_block(None, &world.rules, &all, &world.store, world.now).unwrap().unwrap().1;
    assert_eq!(found.len(), 2);
    world.poll(&[Post::gone("site", "1")]);
    assert_eq!(world.kept(), ["2"]);
    world.again(found);
    assert_eq!(world.mentions(), ["Acme 2"]);
}

#[test]
fn words_that_were_deleted_meanwhile_come_back_for_no_other_brand() {
    let mut world = World::new(&[("Acme", "acme")]);
    world.poll(&[post("1", "acme and bolt"), post("2", "acme and bolt")]);
    world.rules = rules(&[("Acme", "acme"), ("Bolt", "bolt")]);
    let all = |_: &SourceName| Some(Vec::new());
    let found = in_mentions(None, &world.rules, &all, &world.store, world.now).unwrap().unwrap().1;
    assert_eq!(found.len(), 2);
    world.poll(&[Post::gone("site", "1")]);
    world.again(found);
    assert_eq!(world.mentions(), ["Acme 1", "Acme 2", "Bolt 2"]);
}

#[test]
fn mentions_are_matched_again_where_no_post_was_ever_kept() {
    let mut world = World::new(&[("Acme", "acme")]);
    world.poll(&[post("1", "acme and bolt")]);
    world.rules = rules(&[("Acme", "acme"), ("Bolt", "bolt")]);
    assert!(is_due(&world.rules, &world.store).unwrap());
    // Also where a poll came in between.
    world.poll(&[post("2", "acme")]);
    assert!(is_due(&world.rules, &world.store).unwrap());
    assert_eq!(world.match_again(), 1);
    assert_eq!(world.mentions(), ["Acme 1", "Acme 2", "Bolt 1"]);
    assert!(!is_due(&world.rules, &world.store).unwrap());
}

#[test]
fn a_long_post_that_was_cut_is_not_edited_when_all_of_it_comes() {
    let mut world = World::new(&[("Acme", "acme")]);
    let long = |text: &str| post("1", &format!("bolt is nice. {}{text}", "ä ".repeat(9_000)));
    world.poll(&[long("The end.")]);
    world.rules = rules(&[("Acme", "bolt")]);
    assert_eq!(world.match_again(), 1);
    let mention = |world: &World| {
        world.store.mentions_after(crate::store::Sequence(0)).unwrap().pop().unwrap()
    };
    assert!(!mention(&world).post.text.ends_with("The end."));
    // Shown again after it was not, as forums do.
    world.poll(&[]);
    world.poll(&[long("The end.")]);
    assert!(mention(&world).post.text.ends_with("The end."));
    assert_eq!(mention(&world).versions, []);
    // What is said otherwise later is an edit.
    world.poll(&[long("Another end.")]);
    assert_eq!(mention(&world).versions.len(), 1);
}

#[test]
fn a_block_that_does_not_read_is_passed_over() {
    let mut world = World::new(&[("Acme", "acme")]);
    world.poll(&[post("1", "bolt")]);
    world.store.break_kept_blocks();
    world.rules = rules(&[("Acme", "bolt")]);
    let all = |_: &SourceName| Some(Vec::new());
    let look = |after| in_block(after, &world.rules, &all, &world.store, world.now).unwrap();
    let (place, found) = look(None).unwrap();
    assert!(found.is_empty());
    assert!(look(Some(place)).is_none());
}

#[test]
fn a_source_for_other_brands_or_for_none_any_more_gives_nothing() {
    let mut world = World::new(&[("Acme", "acme"), ("Bolt", "nothing")]);
    world.only = vec![BrandName("Acme".into())];
    world.poll(&[post("1", "bolt")]);
    world.rules = rules(&[("Acme", "acme"), ("Bolt", "bolt")]);
    assert_eq!(world.match_again(), 0);
    let none = |_: &SourceName| None;
    let (_, found) = in_block(None, &world.rules, &none, &world.store, world.now).unwrap().unwrap();
    assert!(found.is_empty());
    world.only = Vec::new();
    assert_eq!(world.match_again(), 1);
}

#[test]
fn keywords_that_come_back_look_again_at_what_was_kept_meanwhile() {
    let mut world = World::new(&[("Acme", "acme")]);
    world.poll(&[post("1", "bolt")]);
    // Polled under other rules, and never matched again under them.
    world.rules = rules(&[("Acme", "nothing")]);
    world.poll(&[post("2", "acme")]);
    assert_eq!(world.kept(), ["1", "2"]);
    world.rules = rules(&[("Acme", "acme")]);
    assert!(is_due(&world.rules, &world.store).unwrap());
    assert_eq!(world.match_again(), 1);
    assert_eq!(world.mentions(), ["Acme 2"]);
}

#[test]
fn old_posts_go_and_none_are_kept_where_nobody_wants_them() {
    let mut world = World::new(&[("Acme", "acme")]);
    world.poll(&[post("1", "bolt")]);
    world.now += TimeDelta::days(6);
    world.poll(&[post("2", "bolt")]);
    assert_eq!(world.kept(), ["1", "2"]);
    world.now += TimeDelta::days(1);
    world.poll(&[]);
    assert_eq!(world.kept(), ["2"]);
    world.rules = rules(&[("Acme", "acme")]).keeping(TimeDelta::zero());
    world.poll(&[post("3", "bolt")]);
    assert!(world.kept().is_empty());
}

#[test]
fn a_post_that_is_edited_until_it_names_the_brand_is_kept_no_longer() {
    let mut world = World::new(&[("Acme", "acme")]);
    world.poll(&[post("1", "bolt")]);
    world.poll(&[post("1", "bolt and acme")]);
    assert_eq!(world.mentions(), ["Acme 1"]);
    assert!(world.kept().is_empty());
}
