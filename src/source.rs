//! The port for places that are polled. A source asks and reads; it never fetches, so every source
//! is tested from a saved reply, and timeouts, pace and retries exist once, in [`crate::fetch`].

use crate::fetch::{Reply, Request};
use crate::post::Post;
use crate::query::KINDS;
use serde::{Deserialize, Serialize};
use std::fmt;

pub mod feed;
pub mod opml;

/// The sort of place a source is: the sub-table it has in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Feed,
    Opml,
}

impl Kind {
    /// All kinds of this version.
    pub const ALL: [Self; 2] = [Self::Feed, Self::Opml];

    /// Tells whether `word` names a kind that only a later version reads.
    pub fn comes_later(word: &str) -> bool {
        KINDS.contains(&word) && Self::ALL.iter().all(|kind| kind.word() != word)
    }

    /// The word used in configuration, queries and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Opml => "opml",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Where a source is to be resumed. Only the source that offered it can read it; empty is the
/// beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub String);

/// One configured place that is polled for posts.
pub trait Source: Send + Sync {
    /// Returns the request that opens a poll resuming at `cursor`.
    fn open(&self, cursor: &Cursor) -> Request;

    /// Reads one reply to a request of ours.
    ///
    /// # Errors
    ///
    /// Fails only when the reply as a whole makes no sense. A malformed entry is left out and
    /// counted in [`Page::skipped`]: one bad item must not hide its neighbours.
    fn read(&self, reply: &Reply) -> Result<Page, Unreadable>;
}

/// What one reply held.
#[derive(Debug, Default, PartialEq)]
pub struct Page {
    pub posts: Vec<Post>,
    /// Entries that were there and could not be read.
    pub skipped: usize,
    /// Where the next poll resumes, if this page settles it.
    pub cursor: Option<Cursor>,
    /// The following page of this poll, if there is one.
    pub next: Option<Request>,
}

/// What one poll brought, all pages together.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    pub posts: Vec<Post>,
    pub skipped: usize,
    /// The last cursor a page offered. `None` leaves the source where it was.
    pub cursor: Option<Cursor>,
}

/// A reply that makes no sense as a whole; the text says what was wrong, and what to do where
/// something can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);
