//! The port for places that are polled. A source asks and reads; it never fetches, so every source
//! is tested from a saved reply, and timeouts, pace and retries exist once, in [`crate::fetch`].

use crate::fetch::{Reply, Request};
use crate::post::Post;
use crate::query::KINDS;
use crate::schedule::Hints;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use url::Url;

pub mod feed;
pub mod forum;
pub mod opml;
pub mod websub;

/// The sort of place a source is: the sub-table it has in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Feed,
    Opml,
    Forum,
}

impl Kind {
    /// All kinds of this version.
    pub const ALL: [Self; 3] = [Self::Feed, Self::Opml, Self::Forum];

    /// Tells whether `word` names a kind that only a later version reads.
    pub fn comes_later(word: &str) -> bool {
        KINDS.contains(&word) && Self::ALL.iter().all(|kind| kind.word() != word)
    }

    /// The word used in configuration, queries and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Opml => "opml",
            Self::Forum => "forum",
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

/// What a poll knows when it asks and when it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Where the source is to be resumed: what the page before offered, or the last poll.
    pub cursor: Cursor,
    pub now: DateTime<Utc>,
}

/// One configured place that is polled for posts.
///
/// It keeps nothing between two calls: what it must remember travels in the cursor, so a source is
/// tested with saved replies and a restart is nothing special.
pub trait Source: Send + Sync {
    /// Returns the request that opens a poll.
    fn open(&self, visit: &Visit) -> Request;

    /// Reads one reply to a request of ours. [`Reply::about`] says which.
    ///
    /// # Errors
    ///
    /// Fails only when the reply as a whole makes no sense. A malformed entry is left out and
    /// counted in [`Page::skipped`]: one bad item must not hide its neighbours.
    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable>;

    /// Returns what to do instead where the server answered `request` with a status that brings
    /// nothing. `None`: the poll fails if that was its first request, and goes on without it if not.
    fn refused(&self, request: &Request, status: u16, visit: &Visit) -> Option<Page> {
        let _ = (request, status, visit);
        None
    }

    /// Returns what is left to do where the server said that what was asked for first is as it was.
    /// `None`: nothing, as with nearly all.
    fn unchanged(&self, visit: &Visit) -> Option<Page> {
        let _ = visit;
        None
    }
}

/// What one reply held.
#[derive(Debug, Default, PartialEq)]
pub struct Page {
    pub posts: Vec<Post>,
    /// Entries that were there and could not be read.
    pub skipped: usize,
    /// Where the next read of this poll resumes, and the next poll, if this page settles it. It
    /// claims only what was read: a poll may end behind any page.
    pub cursor: Option<Cursor>,
    /// Further requests of this poll, asked in this order behind those that wait already. The poller
    /// has a bound; what it does not come to is not asked.
    pub next: Vec<Request>,
    /// How often the document wants to be asked for.
    pub hints: Hints,
    /// Who tells of news of this document, if somebody does.
    pub hub: Option<Hub>,
}

/// Where to subscribe to a document (`WebSub`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hub {
    /// Whom to ask.
    pub hub: Url,
    /// What to ask for: the document's own name for itself.
    pub topic: Url,
}

/// What one poll brought, all pages together.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    pub posts: Vec<Post>,
    pub skipped: usize,
    /// The last cursor a page offered. `None` leaves the source where it was.
    pub cursor: Option<Cursor>,
    /// Of the first page.
    pub hints: Hints,
    /// Of the first page.
    pub hub: Option<Hub>,
    /// What went wrong with a request that was not the first: the rest still counts.
    pub trouble: Option<String>,
    /// Whether nothing but the first could be read, though more was asked for.
    pub is_failure: bool,
}

/// A reply that makes no sense as a whole; the text says what was wrong, and what to do where
/// something can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);
