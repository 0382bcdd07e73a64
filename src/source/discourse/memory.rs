//! What the cursor of a Discourse forum holds.

use super::document;
use crate::source::Cursor;
use crate::source::walk::{Walk, Walks};
use serde::{Deserialize, Serialize};

/// Hits whose topics are still to be asked for, and hits remembered as read.
pub(super) const MOST_PENDING: usize = 100;
const MOST_SEEN: usize = 200;

/// How far the forum was read: what the cursor holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// By ids of posts.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(super) posts: Walk,
    /// By times in milliseconds.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(super) searches: Walks,
    /// Hits whose topics are still to be asked for, as `TOPIC/NUMBER`; the next one first.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(super) pending: Vec<String>,
    /// Hits that were read, the last one last.
    #[serde(skip_serializing_if = "is_nothing")]
    pub(super) seen: Vec<String>,
}

fn is_nothing<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Memory {
    /// Reads a cursor. One that does not read is a beginning.
    pub(super) fn of(cursor: &Cursor) -> Self {
        let mut memory: Self = serde_json::from_str(&cursor.0).unwrap_or_default();
        memory.pending.retain(|hit| document::is_hit(hit));
        memory.pending.truncate(MOST_PENDING);
        memory.seen.retain(|hit| document::is_hit(hit));
        memory.seen.truncate(MOST_SEEN);
        memory
    }

    /// Notes that a hit needs no more asking.
    #[must_use]
    pub(super) fn read(mut self, hit: &str) -> Self {
        self.pending.retain(|pending| pending != hit);
        if !self.seen.iter().any(|seen| seen == hit) {
            let surplus = (self.seen.len() + 1).saturating_sub(MOST_SEEN);
            self.seen.drain(..surplus);
            self.seen.push(hit.to_owned());
        }
        self
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }
}
