//! What is remembered of `YouTube` between two polls: how far each search and each list of comments was
//! read, the videos that were found, and what is still to be asked. It all lies in the cursor.

use crate::source::Cursor;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Videos whose comments are looked at: the newest, for so long.
const MOST_VIDEOS: usize = 50;
const LONGEST_VIDEO: Duration = Duration::days(14);

/// Videos of which more is still to be asked.
const MOST_FOUND: usize = 500;

/// Threads whose further replies are still to be asked for, and those of which it is known how many
/// replies were read.
const MOST_PENDING: usize = 40;
const MOST_THREADS: usize = 60;

/// A day in California, where the clock may be put back.
const LONGEST_DAY: Duration = Duration::hours(25);

/// The longest token of a page that is believed.
const LONGEST_TOKEN: usize = 500;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// By query.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) searches: BTreeMap<String, Walk>,
    /// Videos that a search found, and of which more is still to be asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) found: Vec<String>,
    /// How many follow the channels of these videos.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) followers: BTreeMap<String, u64>,
    /// Videos whose comments are looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) videos: Vec<Video>,
    /// Comments of the own channel.
    pub(super) own: Walk,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) pending: Vec<Thread>,
    /// How many replies of a thread were read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    threads: Vec<(String, u64)>,
    /// No search is made before this: the site said that those of the day are used up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) searches_from: Option<i64>,
}

/// How far one list was read, newest first. Times are in seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Walk {
    /// All up to here was read in earlier walks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<i64>,
    /// The newest that the walk under way has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) newest: Option<i64>,
    /// The page to go on with; `None` where no walk is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
    /// Pages that the walk under way has read.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) pages: u8,
    /// A new walk does not begin before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) due: Option<i64>,
}

/// A video whose comments are looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Video {
    pub(super) id: String,
    /// When it was found.
    pub(super) found: i64,
    #[serde(default)]
    pub(super) walk: Walk,
}

/// A thread of comments that has more replies than came with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Thread {
    pub(super) id: String,
    pub(super) video: String,
    /// How many replies it has.
    pub(super) replies: u64,
    /// Whether it is on the own channel.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) is_own: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) pages: u8,
}

/// What a page of a list brought, as far as paging goes.
#[derive(Debug, Default)]
pub(super) struct Brought {
    pub(super) newest: Option<i64>,
    pub(super) oldest: Option<i64>,
    pub(super) next: Option<String>,
}

impl Memory {
    /// Reads a cursor. One that does not read is a beginning.
    pub(super) fn of(cursor: &Cursor, now: DateTime<Utc>) -> Self {
        let mut memory: Self = serde_json::from_str(&cursor.0).unwrap_or_default();
        let oldest = (now - LONGEST_VIDEO).timestamp();
        memory.videos.retain(|video| is_id(&video.id) && video.found >= oldest);
        memory.found.retain(|id| is_id(id));
        let latest = (now + LONGEST_DAY).timestamp();
        memory.searches_from = memory.searches_from.filter(|from| *from <= latest);
        memory.pending.retain(|thread| is_id(&thread.id) && is_id(&thread.video));
        memory
    }

    /// Writes the cursor.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// Tells whether searches may be made.
    pub(super) fn may_search(&self, now: DateTime<Utc>) -> bool {
        self.searches_from.is_none_or(|from| from <= now.timestamp())
    }

    /// Notes that more is to be asked of these videos.
    pub(super) fn find(&mut self, ids: &[String]) {
        for id in ids {
            if !self.found.contains(id) && self.found.len() < MOST_FOUND {
                self.found.push(id.clone());
            }
        }
    }

    /// Notes that of these videos all was asked.
    pub(super) fn settle(&mut self, ids: &[&str]) {
        self.found.retain(|id| !ids.contains(&id.as_str()));
        if self.found.is_empty() {
            self.followers.clear();
        }
    }

    /// Begins to look at the comments of a video. Tells whether it was not among them.
    pub(super) fn watch(&mut self, id: &str, now: DateTime<Utc>) -> bool {
        if self.videos.iter().any(|video| video.id == id) {
            return false;
        }
        if self.videos.len() >= MOST_VIDEOS {
            self.videos.remove(0);
        }
        let (id, found) = (id.to_owned(), now.timestamp());
        self.videos.push(Video { id, found, walk: Walk::default() });
        true
    }

    pub(super) fn video(&mut self, id: &str) -> Option<&mut Video> {
        self.videos.iter_mut().find(|video| video.id == id)
    }

    /// Notes that a thread has more replies than came with it. Tells whether they are to be asked for.
    /// `is_old`: where nothing is known of the thread, nothing of it is news.
    pub(super) fn wants(&mut self, thread: &Thread, is_old: bool) -> bool {
        let known = self.threads.iter().find(|(id, _)| *id == thread.id);
        if known.is_some_and(|(_, replies)| *replies == thread.replies)
            || self.pending.iter().any(|pending| pending.id == thread.id)
        {
            return false;
        }
        if known.is_none() && is_old {
            self.known(&thread.id, thread.replies);
            return false;
        }
        if self.pending.len() >= MOST_PENDING {
            return false;
        }
        self.pending.push(thread.clone());
        true
    }

    /// Notes that all replies of a thread were read.
    pub(super) fn known(&mut self, id: &str, replies: u64) {
        self.pending.retain(|thread| thread.id != id);
        self.threads.retain(|(known, _)| known != id);
        if self.threads.len() >= MOST_THREADS {
            self.threads.remove(0);
        }
        self.threads.push((id.to_owned(), replies));
    }
}

impl Walk {
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.next.is_some() || self.is_rested(now)
    }

    /// Tells whether what was asked is waited off.
    pub(super) fn is_rested(&self, now: DateTime<Utc>) -> bool {
        self.due.is_none_or(|due| due <= now.timestamp())
    }

    /// Notes that a page was read. The walk ends at what is older than `floor`, and behind so many
    /// pages.
    pub(super) fn read(mut self, brought: Brought, floor: Option<i64>, most_pages: u8) -> Self {
        let Brought { newest, oldest, next } = brought;
        self.pages = self.pages.saturating_add(1);
        // The order of the site is only roughly that of time.
        self.newest = self.newest.max(newest);
        let is_new = oldest.is_some_and(|oldest| floor.is_none_or(|floor| oldest >= floor));
        let next = next.filter(|next| is_token(next) && Some(next) != self.next.as_ref());
        match next.filter(|_| is_new && self.pages < most_pages) {
            Some(next) => Self { next: Some(next), ..self },
            None => Self { since: self.newest.max(self.since), due: self.due, ..Self::default() },
        }
    }
}

/// Tells whether this can be the id of a video, channel or comment, so that it may stand in a list.
pub(super) fn is_id(text: &str) -> bool {
    let is_of_it = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (1..=100).contains(&text.len()) && text.bytes().all(is_of_it)
}

/// Tells whether this can be the token of a page.
pub(super) fn is_token(text: &str) -> bool {
    (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(count: &u8) -> bool {
    *count == 0
}
