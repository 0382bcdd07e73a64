//! The port for places that are polled. A source asks and reads; it never fetches, so every source
//! is tested from a saved reply, and timeouts, pace and retries exist once, in [`crate::fetch`].

use crate::fetch::{Reply, Request};
use crate::post::{Concerns, Post};
use crate::schedule::Hints;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use site::Site;
use std::fmt;
use std::time::Duration;
use url::Url;

pub mod appstore;
pub mod bluesky;
pub mod discourse;
pub mod facebook;
pub mod feed;
pub mod forum;
pub mod googlebusiness;
pub mod googleplay;
pub mod hackernews;
#[cfg(test)]
mod hostile;
pub mod instagram;
pub mod intake;
pub mod json;
pub mod lemmy;
pub mod mastodon;
pub mod opml;
pub mod peertube;
pub mod reddit;
pub mod search;
pub mod site;
pub mod stackexchange;
pub mod telegram;
#[cfg(test)]
mod testing;
pub mod trustpilot;
pub mod turns;
pub mod walk;
pub mod websub;
pub mod x;
pub mod youtube;

/// The sort of place a source is: the sub-table it has in the configuration. Its place in this list is
/// on disk: a new one goes to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Feed,
    Opml,
    Forum,
    HackerNews,
    Mastodon,
    Bluesky,
    Reddit,
    Discourse,
    Lemmy,
    StackExchange,
    YouTube,
    AppStore,
    Facebook,
    Instagram,
    X,
    GooglePlay,
    Trustpilot,
    GoogleBusiness,
    Telegram,
    Json,
    Intake,
    PeerTube,
}

impl Kind {
    /// All kinds of this version.
    pub const ALL: [Self; 22] = [
        Self::Feed,
        Self::Opml,
        Self::Forum,
        Self::HackerNews,
        Self::Mastodon,
        Self::Bluesky,
        Self::Reddit,
        Self::Discourse,
        Self::Lemmy,
        Self::StackExchange,
        Self::YouTube,
        Self::AppStore,
        Self::Facebook,
        Self::Instagram,
        Self::X,
        Self::GooglePlay,
        Self::Trustpilot,
        Self::GoogleBusiness,
        Self::Telegram,
        Self::Json,
        Self::Intake,
        Self::PeerTube,
    ];

    /// Returns the kind that `word` names.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The word used in configuration, queries and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Opml => "opml",
            Self::Forum => "forum",
            Self::HackerNews => "hackernews",
            Self::Mastodon => "mastodon",
            Self::Bluesky => "bluesky",
            Self::Reddit => "reddit",
            Self::Discourse => "discourse",
            Self::Lemmy => "lemmy",
            Self::StackExchange => "stackexchange",
            Self::YouTube => "youtube",
            Self::AppStore => "appstore",
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::X => "x",
            Self::GooglePlay => "googleplay",
            Self::Trustpilot => "trustpilot",
            Self::GoogleBusiness => "googlebusiness",
            Self::Telegram => "telegram",
            Self::Json => "json",
            Self::Intake => "intake",
            Self::PeerTube => "peertube",
        }
    }

    /// What there is to know of a kind that asks an API; `None` for those that read documents.
    pub fn site(self) -> Option<&'static Site> {
        Some(match self {
            Self::Feed | Self::Opml | Self::Forum => return None,
            Self::HackerNews => &hackernews::SITE,
            Self::Mastodon => &mastodon::SITE,
            Self::Bluesky => &bluesky::SITE,
            Self::Reddit => &reddit::SITE,
            Self::Discourse => &discourse::SITE,
            Self::Lemmy => &lemmy::SITE,
            Self::StackExchange => &stackexchange::SITE,
            Self::YouTube => &youtube::SITE,
            Self::AppStore => &appstore::SITE,
            Self::Facebook => &facebook::SITE,
            Self::Instagram => &instagram::SITE,
            Self::X => &x::SITE,
            Self::GooglePlay => &googleplay::SITE,
            Self::Trustpilot => &trustpilot::SITE,
            Self::GoogleBusiness => &googlebusiness::SITE,
            Self::Telegram => &telegram::SITE,
            Self::Json => &json::SITE,
            Self::Intake => &intake::SITE,
            Self::PeerTube => &peertube::SITE,
        })
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
    /// When it asks; or when what it reads came.
    pub now: DateTime<Utc>,
}

/// One configured place that is polled for posts.
///
/// It keeps nothing between two calls: what it must remember travels in the cursor, so a source is
/// tested with saved replies and a restart is nothing special.
pub trait Source: Send + Sync {
    /// Returns the request that opens a poll.
    fn open(&self, visit: &Visit) -> Request;

    /// Returns what is asked for beside that, in this order, whatever comes of it: each further query
    /// or list of the source.
    fn also(&self, visit: &Visit) -> Vec<Request> {
        let _ = visit;
        Vec::new()
    }

    /// Returns what is asked to see whether the source works: as a first poll, unless that would cost
    /// money.
    fn probe(&self, visit: &Visit) -> Vec<Request> {
        std::iter::once(self.open(visit)).chain(self.also(visit)).collect()
    }

    /// Reads one reply to a request of ours. [`Reply::about`] says which.
    ///
    /// # Errors
    ///
    /// Fails only when the reply as a whole makes no sense. A malformed entry is left out and
    /// counted in [`Page::skipped`]: one bad item must not hide its neighbours.
    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable>;

    /// Returns what a refusal means: `request` was answered with a status that brings nothing.
    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let _ = (request, refusal, visit);
        Verdict::AsItSays
    }

    /// Returns what is left to do where the server said that what was asked for first is as it was.
    /// `None`: nothing, as with nearly all.
    fn unchanged(&self, visit: &Visit) -> Option<Page> {
        let _ = visit;
        None
    }

    /// Returns what to ask, once a day, to hear what became of posts that are stored as mentions: these
    /// `ids`, the site's own. Their replies are read as all are; [`Post::gone`] says that one is no
    /// more. None where the site does not tell, or each would cost a request.
    fn recheck(&self, ids: &[String], visit: &Visit) -> Vec<Request> {
        let _ = (ids, visit);
        Vec::new()
    }

    /// Returns of how many posts at most [`Source::recheck`] asks; 0 where it asks nothing.
    fn most_rechecked(&self) -> usize {
        0
    }

    /// Tells whether it is asked at all. One that is not waits for posts that are brought to it.
    fn is_polled(&self) -> bool {
        true
    }

    /// Returns whom posts concern that it may bring, by their place: the strongest there is. Other than
    /// [`Concerns::Named`], it must be said for which of several brands the source is.
    fn concerns(&self) -> Concerns {
        Concerns::Named
    }

    /// Returns what to ask instead of `request`, whose budget holds only `left` any more: less of the
    /// same. `None`: there is no less of it.
    fn within(&self, request: &Request, left: u64) -> Option<Request> {
        let _ = (request, left);
        None
    }

    /// Tells whether its cursor stays what it is where keywords change: what was read is not read
    /// again, because that costs money, or because the site no longer has it.
    fn never_looks_again(&self) -> bool {
        false
    }
}

/// A status that brings nothing, with what an API said beside it.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    pub status: u16,
    pub reply: Option<&'a Reply>,
}

impl Refusal<'_> {
    /// Returns what was said, where it is JSON.
    pub fn json(&self) -> Option<Value> {
        let text = std::str::from_utf8(&self.reply?.body).ok()?;
        crate::text::json::parse(text, crate::text::json::MOST_API_BYTES).ok()
    }

    /// Returns how long the server's headers say that it wants to be left alone.
    pub fn wait(&self) -> Option<Duration> {
        self.reply?.wait
    }
}

/// What a refusal means.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// What its status says: the poll fails if that was its first request, and goes on without it if
    /// not.
    AsItSays,
    /// This is to be done instead.
    Instead(Box<Page>),
    /// What was asked for is gone, or not for us: the poll goes on without it, and nothing is amiss.
    Skip,
    /// The source is asked nothing more before this time; what was read so far counts. The text says
    /// why.
    Wait(DateTime<Utc>, String),
    /// Nothing will come before somebody acted: the text says why, and what to do. The poll ends and
    /// fails; the source is asked again when its time comes.
    Stop(String),
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
    /// What the request used up of its budget, where that is less than what was set aside
    /// ([`crate::fetch::budget::Cost`]).
    pub used: Option<u64>,
    /// The source is asked nothing more before this time; the page counts.
    pub wait: Option<DateTime<Utc>>,
    /// What the operator should know though the page could be read: a part of it is missing, a server
    /// does not search.
    pub trouble: Option<String>,
    /// There is more, to be asked for as soon as all this is stored: for what is paid by the post, and
    /// for what a server forgets once it was fetched.
    pub again: bool,
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
    /// What became of posts that are stored.
    pub rechecked: Vec<Post>,
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
    /// Whether there is more, to be asked for as soon as this is stored.
    pub again: bool,
}

/// A reply that makes no sense as a whole; the text says what was wrong, and what to do where
/// something can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);
