//! What a request to Stack Exchange was for: its note, which comes back with the reply. And what is
//! remembered between polls.

use super::item::Item;
use crate::source::Cursor;
use crate::source::turns::Turns;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Posts that are remembered: more than are found in what is asked for once more.
const MOST_SEEN: usize = 300;

/// What the cursor holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    #[serde(flatten)]
    pub(super) turns: Turns,
    /// The newest posts that were read in full.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) seen: BTreeSet<u64>,
}

impl Memory {
    /// Reads a cursor. One that does not read is a beginning.
    pub(super) fn of(cursor: &Cursor) -> Self {
        serde_json::from_str(&cursor.0).unwrap_or_default()
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// Notes that these posts were read. Ids grow with time.
    pub(super) fn see(&mut self, ids: impl Iterator<Item = u64>) {
        self.seen.extend(ids);
        while self.seen.len() > MOST_SEEN {
            self.seen.pop_first();
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Asked {
    /// A page of hits.
    Search(Place),
    /// The posts that a page of hits named.
    Posts { place: Place, found: Found },
    /// What became of posts that are stored.
    Fate { ids: Vec<String> },
}

/// Where in a poll a page stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) list: String,
    /// Lists of this poll that come behind it.
    pub(super) rest: usize,
}

/// What a page of hits told, besides which posts there are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) newest: Option<String>,
    /// The position of the page behind it.
    pub(super) next: Option<String>,
    /// What the posts themselves do not tell, by their ids.
    pub(super) known: BTreeMap<u64, Known>,
    /// Until when no other page of hits may be asked for.
    pub(super) wait: Option<DateTime<Utc>>,
}

/// What a hit tells of a post, and the post does not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) title: Option<String>,
    pub(super) question: Option<u64>,
    pub(super) answers: Option<u64>,
}

impl Known {
    pub(super) fn of(hit: &Item<'_>) -> Self {
        Self { title: hit.title(), question: hit.question(), answers: hit.answers() }
    }
}

impl Asked {
    /// Reads a note; none is on a reply that was saved.
    pub(super) fn of(about: &str) -> Option<Self> {
        serde_json::from_str(about).ok()
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).unwrap_or_default())
    }
}

/// Reads where a walk broke off: the end of its window, and the page.
pub(super) fn position(written: &str) -> Option<(Option<i64>, u32)> {
    let (before, page) = written.split_once('/')?;
    Some((before.parse().ok(), page.parse().ok()?))
}

pub(super) fn written(before: Option<i64>, page: u32) -> String {
    format!("{}/{page}", before.map(|at| at.to_string()).unwrap_or_default())
}
