//! What only shows inside: that small blocks are joined, that the oldest go where all are too many, and
//! that nothing stays behind of what goes.

use super::*;
use crate::post::{Post, SourceName};
use crate::source::Kind;
use crate::store::Store;
use chrono::TimeDelta;
use std::fmt::Write;

impl SledStore {
    /// Makes every block of kept posts one that does not read.
    pub(crate) fn break_kept_blocks(&self) {
        for entry in self.kept_blocks(KeptPlace([0; 16])).collect::<Vec<_>>() {
            let (place, bytes) = entry.unwrap();
            let mut broken = bytes.to_vec();
            broken[0] ^= 0x55;
            self.trees.kept.insert(key::kept_block(place), broken).unwrap();
        }
    }
}

struct World {
    store: SledStore,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        Self { store, _folder: folder }
    }

    fn apply(&self, commit: &Commit) {
        self.store.apply(commit).unwrap();
        assert_eq!(self.store.check().unwrap(), []);
    }

    fn keep(&self, posts: &[(&str, i64, usize)]) {
        let kept = posts.iter().map(|(id, minute, bytes)| kept(id, *minute, *bytes)).collect();
        self.apply(&Commit { kept, ..Commit::default() });
    }

    /// Returns the ids of the posts, a list a block.
    fn blocks(&self) -> Vec<Vec<String>> {
        let mut blocks = Vec::new();
        let each = &mut |_, packed: Packed| {
            let posts = packed.open().unwrap();
            blocks.push(posts.into_iter().map(|kept| kept.post.id.unwrap()).collect());
            true
        };
        self.store.kept(None, each).unwrap();
        blocks
    }

    fn names(&self) -> usize {
        self.store.trees.kept.scan_prefix(key::KEPT_NAMES).count()
    }
}

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_300_000 + minute * 60, 0).unwrap()
}

/// Returns a post of so many bytes that hardly compress.
fn kept(id: &str, minute: i64, bytes: usize) -> Kept {
    let mut text = String::new();
    for nth in 0_u64.. {
        if text.len() >= bytes {
            break;
        }
        write!(text, "{:?}", PostKey::of(&[id, &nth.to_string()]).0).unwrap();
    }
    text.truncate(bytes);
    let post = Post { id: Some(id.into()), text, ..Post::default() };
    Kept::of(&SourceName("news".into()), Kind::Feed, &post, at(minute)).unwrap()
}

#[test]
fn small_blocks_are_joined_once_they_are_enough() {
    let world = World::new();
    for minute in 0..20 {
        world.keep(&[(&minute.to_string(), minute, 12_000)]);
    }
    assert_eq!(world.blocks().len(), 20);
    for minute in 20..24 {
        world.keep(&[(&minute.to_string(), minute, 12_000)]);
    }
    let all: Vec<String> = (0..24).map(|minute| minute.to_string()).collect();
    let (joined, rest) = all.split_at(22);
    let mut expected = vec![joined.to_vec()];
    expected.extend(rest.iter().map(|id| vec![id.clone()]));
    assert_eq!(world.blocks(), expected);
    // Each is found in the block that it is in now.
    for id in &all {
        let place = world.store.kept_since(kept(id, 0, 9).name()).unwrap();
        assert_eq!(place, Some(at(id.parse().unwrap())));
    }
}

#[test]
fn many_little_blocks_are_joined_too() {
    let world = World::new();
    for minute in 0..i64::try_from(MOST_OPEN).unwrap() {
        let kept = vec![kept(&minute.to_string(), minute, 10)];
        world.store.apply(&Commit { kept, ..Commit::default() }).unwrap();
    }
    assert_eq!(world.blocks().len(), 1);
    assert_eq!(world.store.check().unwrap(), []);
}

#[test]
fn a_large_batch_is_several_blocks() {
    let world = World::new();
    let ids: Vec<String> = (0..60).map(|nth| format!("{nth:02}")).collect();
    let batch: Vec<_> = ids.iter().map(|id| (id.as_str(), 0, 16_000)).collect();
    world.keep(&batch);
    assert!((3..6).contains(&world.blocks().len()), "{:?}", world.blocks());
    assert_eq!(world.blocks().concat(), ids);
}

#[test]
fn the_oldest_go_where_all_are_too_many() {
    let mut world = World::new();
    world.store.most_kept_bytes = 100_000;
    for minute in 0..30 {
        world.keep(&[(&minute.to_string(), minute, 16_000)]);
        assert!(world.store.kept_totals().unwrap().bytes <= 100_000);
    }
    let left = world.blocks().concat();
    let newest: Vec<String> = (0..30).map(|minute| minute.to_string()).collect();
    assert!(left.len() >= 5 && newest.ends_with(&left), "{left:?}");
    assert_eq!(world.names(), left.len(), "a name outlives its post");
}

#[test]
fn a_clock_that_was_set_back_mixes_nothing_up() {
    let world = World::new();
    world.keep(&[("late", 600, 100)]);
    world.keep(&[("early", 0, 100)]);
    assert_eq!(world.blocks().concat(), ["late", "early"]);
    world.apply(&Commit { kept_since: Some(at(601)), ..Commit::default() });
    assert_eq!(world.blocks().concat(), [""; 0]);
    assert_eq!((world.names(), world.store.kept_totals().unwrap().posts), (0, 0));
}

#[test]
fn what_is_joined_can_be_taken_out_and_what_is_left_can_be_joined() {
    let world = World::new();
    for minute in 0..10 {
        world.keep(&[(&minute.to_string(), minute, 12_000)]);
    }
    let names = ["3", "9"].map(|id| kept(id, 0, 9).name()).to_vec();
    world.apply(&Commit { unkept: names, ..Commit::default() });
    for minute in 10..40 {
        world.keep(&[(&minute.to_string(), minute, 12_000)]);
    }
    let names = ["0", "20", "39"].map(|id| kept(id, 0, 9).name()).to_vec();
    world.apply(&Commit { unkept: names, ..Commit::default() });
    let gone = [0, 3, 9, 20, 39];
    let left = (0..40).filter(|nth| !gone.contains(nth)).map(|nth| nth.to_string());
    assert_eq!(world.blocks().concat(), left.collect::<Vec<_>>());
    // And everything goes at last.
    for _ in 0..2 {
        world.apply(&Commit { kept_since: Some(at(100)), ..Commit::default() });
    }
    assert_eq!((world.blocks().len(), world.names()), (0, 0));
    let totals = world.store.kept_totals().unwrap();
    assert_eq!((totals.posts, totals.bytes), (0, 0));
}

#[test]
fn other_words_replace_a_post_once_a_day_and_an_edit_does_at_once() {
    let world = World::new();
    let edited = |text: &str, day: i64, edited: Option<i64>| {
        let mut kept = kept("1", day * 24 * 60, 9);
        kept.post.text = text.to_owned();
        kept.post.edited = edited.map(at);
        world.apply(&Commit { kept: vec![kept], ..Commit::default() });
        let mut texts = Vec::new();
        let each = &mut |_, packed: Packed| {
            texts.extend(packed.open().unwrap().into_iter().map(|kept| {
                assert_eq!(kept.seen, at(0), "not when it was first seen");
                kept.post.text
            }));
            true
        };
        world.store.kept(None, each).unwrap();
        texts
    };
    let said = |text: &str, day: i64| edited(text, day, None);
    assert_eq!(said("5 minutes ago", 0), ["5 minutes ago"]);
    assert_eq!(said("6 minutes ago", 0), ["5 minutes ago"]);
    assert_eq!(said("a day ago", 1), ["a day ago"]);
    // The same words stay where they are, however long.
    assert_eq!(said("a day ago", 5), ["a day ago"]);
    // A site that tells of an edit is believed.
    assert_eq!(edited("told", 5, Some(1)), ["told"]);
    assert_eq!(edited("told anew", 5, Some(2)), ["told anew"]);
    assert_eq!(said("6 days ago", 5), ["told anew"]);
    assert_eq!(world.store.kept_since(kept("1", 0, 9).name()).unwrap(), Some(at(0)));
}

#[test]
fn a_block_that_does_not_read_back_is_a_fault() {
    let world = World::new();
    world.keep(&[("1", 0, 1_000)]);
    let (key, value) = world.store.trees.kept.first().unwrap().unwrap();
    let mut broken = value.to_vec();
    let middle = broken.len() / 2;
    broken[middle] ^= 0x55;
    world.store.trees.kept.insert(key, broken).unwrap();
    assert!(!world.store.check().unwrap().is_empty());
}

/// Returns a world whose second block of three, with the posts 2 and 3, does not read, be it its body or
/// all of it.
fn broken(is_whole: bool) -> World {
    let world = World::new();
    world.keep(&[("1", 0, 1_000)]);
    world.keep(&[("2", 1, 1_000), ("3", 1, 1_000)]);
    world.keep(&[("4", 2, 1_000)]);
    let (place, value) = world.store.kept_blocks(KeptPlace([0; 16])).nth(1).unwrap().unwrap();
    let mut broken = value.to_vec();
    let at = if is_whole { 0 } else { broken.len() / 2 };
    broken[at] ^= 0x55;
    world.store.trees.kept.insert(key::kept_block(place), broken).unwrap();
    assert!(!world.store.check().unwrap().is_empty());
    world
}

#[test]
fn a_block_that_does_not_read_ends_nothing_and_goes() {
    for is_whole in [true, false] {
        // Where a post of it is taken out.
        let world = broken(is_whole);
        world.apply(&Commit { unkept: vec![kept("2", 0, 9).name()], ..Commit::default() });
        assert_eq!((world.blocks().concat(), world.names()), (vec!["1".into(), "4".into()], 2));
        // Where it is joined with others.
        let world = broken(is_whole);
        let large: Vec<String> = (10..40).map(|nth| nth.to_string()).collect();
        world.keep(&large.iter().map(|id| (id.as_str(), 3, 12_000)).collect::<Vec<_>>());
        let left = [&["1".to_owned(), "4".to_owned()], large.as_slice()].concat();
        assert_eq!((world.blocks().concat(), world.names()), (left, 32));
        // Where it is too old.
        let world = broken(is_whole);
        world.apply(&Commit { kept_since: Some(at(2)), ..Commit::default() });
        assert_eq!((world.blocks().concat(), world.names()), (vec!["4".into()], 1));
    }
}

#[test]
fn names_count_where_all_are_too_many() {
    let mut world = World::new();
    world.store.most_kept_bytes = 1_500;
    for minute in 0..30 {
        world.keep(&[(&minute.to_string(), minute, 1)]);
        let totals = world.store.kept_totals().unwrap();
        assert!(totals.bytes + 64 * totals.posts <= 1_500, "{totals:?}");
    }
    assert!(world.names() > 3);
}

#[test]
fn what_is_too_old_goes_some_with_each_commit() {
    let world = World::new();
    for minute in 0..40 {
        world.keep(&[(&minute.to_string(), minute, 10)]);
    }
    let left = [24, 8, 0].map(|_| {
        world.apply(&Commit { kept_since: Some(at(100)), ..Commit::default() });
        world.blocks().len()
    });
    assert_eq!(left, [24, 8, 0]);
    assert_eq!(world.names(), 0);
}

#[test]
fn a_name_without_its_post_is_a_fault() {
    let world = World::new();
    world.keep(&[("1", 0, 1_000)]);
    world.store.trees.kept.insert(key::kept_name([7; 8]), &[0; 32]).unwrap();
    assert_eq!(world.store.check().unwrap().len(), 1);
}

#[test]
fn what_is_kept_under_stays_known() {
    let world = World::new();
    assert_eq!(world.store.kept_under().unwrap(), None);
    world.apply(&Commit { kept_under: Some(7), ..Commit::default() });
    world.keep(&[("1", 0, 100)]);
    assert_eq!(world.store.kept_under().unwrap(), Some(7));
    world.apply(&Commit { kept_since: Some(at(0) + TimeDelta::days(9)), ..Commit::default() });
    assert_eq!(world.store.kept_under().unwrap(), Some(7));
}
