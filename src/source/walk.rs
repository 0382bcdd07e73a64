//! Walking back through a list that begins with its newest, page by page, until what was read before.
//! A walk that breaks off is taken up where it ended: nothing is lost, and little is asked twice.

use super::{Cursor, Page};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far each list of a source was read, by a name of the list's own (a query, an id). It is what
/// the cursor of most sources holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walks(BTreeMap<String, Walk>);

/// How far one list was read. Positions are the site's own: times, ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// All up to here was read in earlier walks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The newest that the walk under way has seen: where the next one ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
    /// The page to go on with; `None` where no walk is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Walks {
    /// Reads a cursor. One that does not read is a beginning.
    pub fn of(cursor: &Cursor) -> Self {
        serde_json::from_str(&cursor.0).unwrap_or_default()
    }

    /// Returns how far the list called `name` was read.
    pub fn walk(&self, name: &str) -> Walk {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// Tells whether anything is noted of the list called `name`.
    pub fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Notes how far the list called `name` was read.
    pub fn set(&mut self, name: &str, walk: Walk) {
        self.0.insert(name.to_owned(), walk);
    }

    /// Forgets all lists but these.
    pub fn keep(&mut self, names: &[String]) {
        self.0.retain(|name, _| names.contains(name));
    }

    /// Writes the cursor.
    pub fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }
}

impl Walk {
    /// Notes that a page was read whose newest post is at `newest`, and that `next` leads to the page
    /// behind it; `None` where that holds nothing new, so that the walk is over.
    #[must_use]
    pub fn read(self, newest: Option<String>, next: Option<String>) -> Self {
        // Later pages of a walk are older than its first.
        let newest = self.newest.or(newest);
        match next {
            Some(next) => Self { since: self.since, newest, next: Some(next) },
            None => Self { since: newest.or(self.since), newest: None, next: None },
        }
    }
}

/// So many lists a poll surely comes to.
const MOST_LISTS: usize = 20;

/// Returns lists in the order in which a poll asks for them: where it may not come to all, each begins
/// elsewhere, by the clock, so that none waits for ever.
pub fn in_turn<T>(mut lists: Vec<T>, now: DateTime<Utc>) -> Vec<T> {
    if lists.len() > MOST_LISTS {
        // Polls come at regular times: by the minute as it is, some lists might never be the first.
        let minute = u64::try_from(now.timestamp() / 60).unwrap_or_default();
        let mixed = minute.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let start = usize::try_from(mixed).unwrap_or_default() % lists.len();
        lists.rotate_left(start);
    }
    lists
}

/// What a source says whose keywords name nothing that could be searched for (`NOT x`, `site:y`).
pub fn no_lists() -> Page {
    let trouble = "no keyword names a word that could be searched for";
    Page { trouble: Some(trouble.into()), ..Page::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_lists_none_waits_for_ever() {
        let at = |minutes: i64| DateTime::from_timestamp(minutes * 60, 0).unwrap();
        assert_eq!(in_turn((0..20).collect(), at(7)), (0..20).collect::<Vec<_>>());
        for (lists, interval) in [(21, 7), (21, 21), (30, 5), (32, 64), (60, 60), (25, 1)] {
            let mut first = vec![0; lists];
            for poll in 0..2000 {
                let order = in_turn((0..lists).collect(), at(29_000_000 + poll * interval));
                assert_eq!(order[1], (order[0] + 1) % lists);
                first[order[0]] += 1;
            }
            assert!(first.iter().all(|times| *times > 0), "{lists} at {interval}: {first:?}");
        }
        assert!(in_turn(Vec::<u8>::new(), at(-1)).is_empty());
    }

    #[test]
    fn a_walk_ends_where_the_next_one_will() {
        let some = |text: &str| Some(text.to_owned());
        let walk = Walk { since: some("10"), ..Walk::default() };
        let walk = walk.read(some("40"), some("page 2"));
        assert_eq!(walk.since, some("10"), "a walk under way claims nothing");
        let walk = walk.read(some("30"), some("page 3")).read(some("20"), None);
        assert_eq!(walk, Walk { since: some("40"), ..Walk::default() });
        assert_eq!(walk.clone().read(None, None), walk, "an empty page changes nothing");
    }

    #[test]
    fn a_cursor_reads_back_and_a_broken_one_is_a_beginning() {
        let mut walks = Walks::default();
        walks.set("Acme", Walk { since: Some("10".into()), ..Walk::default() });
        assert_eq!(Walks::of(&walks.cursor()), walks);
        assert_eq!(Walks::of(&Cursor("{\"a\":".into())), Walks::default());
        assert_eq!(Walks::of(&Cursor::default()), Walks::default());
        assert!(walks.knows("Acme") && !walks.knows("Beta"));
        walks.keep(&["Beta".into()]);
        assert_eq!(walks, Walks::default());
    }
}
