//! What is remembered between two polls: how far each list was read, and what still has to be looked
//! into. It is the cursor.

use super::graph::is_id;
use super::refusal::LOOK;
use crate::source::walk::{Walk, Walks};
use crate::source::{Cursor, Visit};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far back a first poll looks.
const FIRST_LOOK: Duration = Duration::days(7);

/// A post shows in a list some moments after it was written: so much is asked for once more, in seconds.
pub(in crate::source) const OVERLAP: i64 = 15 * 60;

/// Things that may wait to be looked into. Lists are read no further before there is room.
pub(in crate::source) const MOST_LOOKS: usize = 100;

/// Conversations for which there is room beside that: who writes to us does not wait for comments.
pub(in crate::source) const MOST_THREADS: usize = 40;

/// Said where there is no room for more.
pub(in crate::source) const FULL: &str =
    "more was written than one poll can look into: the rest follows";

/// How often in a row a thing, or a page of a list, may bring nothing before it is given up.
pub(in crate::source) const MOST_TRIES: u8 = 3;

/// How long what one answer tells of others counts, in seconds: a poll takes no longer.
const RECHECK: i64 = 15 * 60;

/// What a poll knows of those before it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::source) struct Memory {
    /// What is older was there before anybody asked, and is left alone; in seconds since 1970.
    pub(in crate::source) begun: Option<i64>,
    /// The Page or account that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::source) place: Option<String>,
    pub(in crate::source) lists: Walks,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::source) looks: Vec<Look>,
    /// Of Instagram: the account's own media, by their ids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::source) media: BTreeMap<String, Seen>,
    /// Of Instagram: the ids of hashtags. They stay what they are, and asking for one is rationed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::source) hashtags: BTreeMap<String, String>,
    /// Of Instagram: the account's own handle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::source) handle: Option<String>,
    /// Of Instagram: the hashtags and keywords for which lists were read, as a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::source) words: Option<u64>,
    /// Of Instagram: when comments were last read whatever their number, in seconds since 1970.
    #[serde(skip_serializing_if = "is_default")]
    pub(in crate::source) checked: i64,
    /// What was refused for lack of a permission when it was last asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::source) barred: Vec<String>,
    /// What became of stored posts, as far as it was asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub(in crate::source) recheck: Recheck,
}

/// What answers told so far of stored posts that may be gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::source) struct Recheck {
    /// When that began, in seconds since 1970.
    at: i64,
    /// Whether something that a visitor wrote was shown.
    is_shown: bool,
    /// What was not shown.
    missing: Vec<String>,
}

/// What was seen of a medium: how many comments it had, when the newest of them was written, in seconds
/// since 1970, and whether it was there in the round under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::source) struct Seen(
    pub(in crate::source) u64,
    pub(in crate::source) i64,
    pub(in crate::source) u8,
);

/// Something with a list of its own, of which news is known to be there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::source) struct Look {
    /// Of the post, medium, comment or conversation.
    pub(in crate::source) id: String,
    /// All before this was read, in seconds since 1970.
    pub(in crate::source) since: i64,
    /// The page to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::source) next: Option<String>,
    /// Of a conversation or medium: where people read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::source) link: Option<String>,
    /// Of a comment of Instagram with many answers: the medium below which it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::source) of: Option<String>,
    /// Whether it is a conversation.
    #[serde(skip_serializing_if = "is_default")]
    pub(in crate::source) is_thread: bool,
    /// How many are to be found yet, where that is known.
    #[serde(skip_serializing_if = "is_default")]
    pub(in crate::source) left: u64,
    /// The newest that was found, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::source) newest: Option<i64>,
    /// Whether there was news while it was read: then it is read once more, and so many are to be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::source) again: Option<u64>,
    #[serde(skip_serializing_if = "is_default")]
    pub(in crate::source) tries: u8,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Memory {
    /// Reads the cursor. One that does not read is a beginning.
    pub(in crate::source) fn of(visit: &Visit) -> Self {
        let mut memory: Self = serde_json::from_str(&visit.cursor.0).unwrap_or_default();
        memory.looks.retain(|look| is_id(&look.id));
        memory.looks.truncate(MOST_LOOKS + MOST_THREADS);
        let age = visit.now.timestamp().saturating_sub(memory.recheck.at);
        if !(0..=RECHECK).contains(&age) {
            memory.recheck = Recheck { at: visit.now.timestamp(), ..Recheck::default() };
        }
        memory.begun.get_or_insert((visit.now - FIRST_LOOK).timestamp());
        memory
    }

    /// The same, if it is of this Page or account: of another, it is a beginning.
    pub(in crate::source) fn at(visit: &Visit, place: &str) -> Self {
        let known = Self::of(visit);
        let is_other = known.place.as_ref().is_some_and(|known| known != place);
        let fresh = || Self::of(&Visit { cursor: Cursor::default(), ..visit.clone() });
        let place = Some(place.to_owned());
        Self { place, ..if is_other { fresh() } else { known } }
    }

    /// Writes the cursor.
    pub(in crate::source) fn cursor(&self) -> Cursor {
        let mut written = self.clone();
        if !self.recheck.is_shown && self.recheck.missing.is_empty() {
            written.recheck = Recheck::default();
        }
        Cursor(serde_json::to_string(&written).unwrap_or_default())
    }

    /// Returns since when posts are of interest at all.
    pub(in crate::source) fn begun(&self) -> i64 {
        self.begun.unwrap_or_default()
    }

    /// Returns how far a list was read. A first walk has an end as well, the same for all its pages.
    pub(in crate::source) fn list(&self, name: &str) -> List {
        let walk = self.lists.walk(name);
        let read = walk.since.as_deref().and_then(|since| since.parse().ok());
        let since = read.unwrap_or(self.begun());
        List { since, walk: Walk { since: Some(since.to_string()), ..walk } }
    }

    /// Notes that a page of the list called `name` was read: the newest of what stands on it, and the
    /// position behind it where there is more to read.
    pub(in crate::source) fn read(
        &mut self,
        name: &str,
        newest: Option<i64>,
        next: Option<&String>,
    ) {
        let walk = self.list(name).walk;
        let newest = newest.map(|newest| newest.to_string());
        self.lists.set(name, walk.read(newest, next.cloned()));
    }

    /// Lets the list called `name` be walked from its beginning: the place where a walk broke off is no
    /// more. Tells whether there was one.
    pub(in crate::source) fn restart(&mut self, name: &str) -> bool {
        let walk = self.list(name).walk;
        let was_under_way = walk.next.is_some();
        self.lists.set(name, Walk { next: None, newest: None, ..walk });
        was_under_way
    }

    /// Returns what is to be looked into under this id.
    pub(in crate::source) fn look(&self, id: &str) -> Option<&Look> {
        self.looks.iter().find(|look| look.id == id)
    }

    /// Notes what is to be looked into. Tells whether it is news: what waits already is asked for
    /// anyway.
    pub(in crate::source) fn add(&mut self, look: Look) -> bool {
        if let Some(known) = self.looks.iter_mut().find(|known| known.id == look.id) {
            if known.next.is_some() {
                known.again = Some(known.again.unwrap_or_default().saturating_add(look.left));
            } else {
                known.since = known.since.min(look.since);
                known.left = known.left.saturating_add(look.left);
            }
            return false;
        }
        self.looks.push(look);
        true
    }

    /// Notes that a page of something was read, with the position behind it where it goes on. Returns how
    /// it goes on; where there was news while it was read, once more from the newest, down to `overlap`
    /// seconds before what was the newest then.
    pub(in crate::source) fn went_on(
        &mut self,
        look: Look,
        next: Option<String>,
        overlap: i64,
    ) -> Option<Look> {
        self.done(&look.id);
        let look = match (next, look.again) {
            (Some(next), _) => Look { next: Some(next), ..look },
            (None, Some(left)) => {
                let since = look.newest.unwrap_or(look.since).saturating_sub(overlap);
                let (newest, again, next) = (None, None, None);
                Look { since, left, newest, again, next, tries: 0, ..look }
            }
            (None, None) => return None,
        };
        self.looks.push(look.clone());
        Some(look)
    }

    /// Forgets what was looked into.
    pub(in crate::source) fn done(&mut self, id: &str) {
        self.looks.retain(|look| look.id != id);
    }

    /// Puts something that could not be looked into for now behind all else.
    pub(in crate::source) fn postpone(&mut self, id: &str) {
        let (those, others): (Vec<Look>, Vec<Look>) =
            std::mem::take(&mut self.looks).into_iter().partition(|look| look.id == id);
        self.looks = others;
        self.looks.extend(those);
    }

    /// Returns what a poll looks into: while that lacks a permission, it tries one thing.
    pub(in crate::source) fn tried(&self) -> &[Look] {
        let most = if self.is_barred(LOOK) { 1 } else { self.looks.len() };
        self.looks.get(..most).unwrap_or(&self.looks)
    }

    /// Tells whether a permission lacked for this when it was last asked for.
    pub(in crate::source) fn is_barred(&self, what: &str) -> bool {
        self.barred.iter().any(|barred| barred == what)
    }

    /// Notes whether a permission lacks for this.
    pub(in crate::source) fn bar(&mut self, what: &str, is_barred: bool) {
        self.barred.retain(|barred| barred != what);
        if is_barred {
            self.barred.push(what.to_owned());
        }
    }

    /// Notes that an answer showed something that a visitor wrote. Returns what may now be believed to
    /// be gone: before that, it may as well be that we are shown nothing any more.
    pub(in crate::source) fn shown(&mut self) -> Vec<String> {
        self.recheck.is_shown = true;
        std::mem::take(&mut self.recheck.missing)
    }

    /// Notes that a stored post was not shown. Returns what may be believed to be gone.
    pub(in crate::source) fn missing(&mut self, id: &str) -> Vec<String> {
        if self.recheck.is_shown {
            return vec![id.to_owned()];
        }
        if self.recheck.missing.len() < MOST_LOOKS {
            self.recheck.missing.push(id.to_owned());
        }
        Vec::new()
    }

    /// Puts something that could not be looked into behind all else. After some times it is given up:
    /// then this tells `false`.
    pub(in crate::source) fn put_off(&mut self, id: &str) -> bool {
        let Some(place) = self.looks.iter().position(|look| look.id == id) else { return false };
        let mut look = self.looks.remove(place);
        look.tries = look.tries.saturating_add(1);
        let may = look.tries < MOST_TRIES;
        if may {
            self.looks.push(look);
        }
        may
    }

    /// Tells whether so many more things may wait.
    pub(in crate::source) fn has_room(&self, more: usize) -> bool {
        self.looks.len() + more <= MOST_LOOKS
    }
}

/// How far a list was read.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::source) struct List {
    /// All before this was read, in seconds since 1970.
    pub(in crate::source) since: i64,
    pub(in crate::source) walk: Walk,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::visit;

    fn look(id: &str, since: i64) -> Look {
        Look { id: id.into(), since, ..Look::default() }
    }

    #[test]
    fn a_cursor_reads_back_and_a_broken_one_is_a_beginning() {
        let mut memory = Memory::of(&visit("{\"looks\":7"));
        assert_eq!(memory.begun(), visit("").now.timestamp() - 7 * 86_400);
        memory.add(look("1_2", 5));
        memory.read("feed", Some(9), Some(&"after=x".to_owned()));
        let Cursor(written) = memory.cursor();
        assert_eq!(Memory::of(&visit(&written)), memory);
        assert!(!written.contains("tries") && !written.contains("link"), "{written}");
    }

    #[test]
    fn what_is_known_of_another_page_counts_for_nothing() {
        let mut memory = Memory::at(&visit(""), "10");
        memory.add(look("1_2", 5));
        memory.read("feed", Some(9), Some(&"after=x".to_owned()));
        let Cursor(written) = memory.cursor();
        assert_eq!(Memory::at(&visit(&written), "10"), memory);
        assert_eq!(Memory::at(&visit(&written), "11"), Memory::at(&visit(""), "11"));
    }

    #[test]
    fn a_first_walk_ends_where_it_did_when_it_began() {
        let mut memory = Memory { begun: Some(100), ..Memory::default() };
        memory.read("feed", Some(900), Some(&"after=x".to_owned()));
        assert_eq!(memory.list("feed").since, 100);
        memory.read("feed", Some(500), None);
        assert_eq!(memory.list("feed").since, 900);
        assert!(!memory.restart("feed"), "no walk is under way");
    }

    #[test]
    fn what_waits_is_asked_for_once_and_given_up_in_the_end() {
        let mut memory = Memory::default();
        assert!(memory.add(look("1", 50)) && memory.add(look("2", 50)));
        assert!(!memory.add(look("1", 40)));
        assert_eq!(memory.look("1").unwrap().since, 40);
        assert!(memory.put_off("1"));
        assert_eq!(memory.looks.last().unwrap().id, "1");
        assert!(memory.put_off("1") && !memory.put_off("1"));
        assert_eq!(memory.looks, [look("2", 50)]);
        // What fails for now counts for nothing, and comes behind the others.
        memory.add(look("3", 50));
        for _ in 0..9 {
            memory.postpone("2");
        }
        assert_eq!(memory.looks, [look("3", 50), look("2", 50)]);
        memory.bar(LOOK, true);
        assert_eq!(memory.tried(), [look("3", 50)]);
        memory.bar(LOOK, false);
        assert_eq!(memory.tried().len(), 2);
        memory.done("3");
        assert!(memory.has_room(MOST_LOOKS - 1) && !memory.has_room(MOST_LOOKS));
    }

    #[test]
    fn what_is_news_while_a_thing_is_read_is_read_behind_it() {
        let mut memory = Memory::default();
        memory.add(look("1", 50));
        let begun = Look { newest: Some(900), ..look("1", 50) };
        let second = memory.went_on(begun, Some("after=b".into()), 15).unwrap();
        assert_eq!((second.since, second.next.as_deref()), (50, Some("after=b")));
        assert!(!memory.add(Look { left: 3, ..look("1", 800) }));
        let known = memory.look("1").cloned().unwrap();
        assert_eq!((known.since, known.again), (50, Some(3)));
        let anew = memory.went_on(known, None, 15).unwrap();
        assert_eq!(anew, Look { left: 3, ..look("1", 885) });
        assert_eq!(memory.went_on(anew, None, 15), None);
        assert!(memory.looks.is_empty());
    }
}
