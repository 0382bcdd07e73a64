//! What a forum source remembers from poll to poll: its cursor.
//!
//! A poll may end behind any page, so the memory claims only what was read. A topic that changed is
//! *owed* from the moment a list shows it until its last page was read; only then does its mark count
//! as known. It is given up without that only where the server refuses it, or fails at it while it
//! answers for other topics: an outage costs nothing but time.

use crate::source::Cursor;
use crate::source::forum::api::Way;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use url::Url;

/// Topics remembered; the one seen longest ago makes room.
const MOST_TOPICS: usize = 1_000;
/// Topics waiting to be read.
const MOST_OWED: usize = 1_000;
/// A longer address is not followed, in bytes.
pub(super) const MOST_ADDRESS: usize = 2_000;
/// Posts of one topic whose names are kept for the length of a poll; of what comes behind them some
/// may be given twice.
const MOST_GIVEN: usize = 5_000;
/// A cursor of ours is never longer; a longer one is damaged.
const MOST_BYTES: usize = 8 * 1024 * 1024;
const VERSION: u8 = 1;

/// A topic that was asked for in vain so often, while others were answered, and for so long, is given
/// up until it changes again.
const MOST_TRIES: u8 = 6;
const LONGEST_TRYING: TimeDelta = TimeDelta::days(1);

/// How long the pages are read instead of an API that refused us.
const REFUSAL_LASTS: TimeDelta = TimeDelta::weeks(1);

/// Instants are milliseconds since 1970.
pub(super) type Moment = i64;

/// Everything that is remembered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    version: u8,
    /// The configured address that all this is about.
    home: String,
    /// The poll under way: the instant it began.
    pub poll: Moment,
    /// How the forum is read.
    pub way: Way,
    /// Where it is read by that way, if not at the address that was configured.
    pub api: Option<String>,
    /// The API that is being tried for the first time, and how often it was.
    pub trial: Option<Way>,
    pub trials: u8,
    /// Until when no API is tried.
    pub refused_until: Moment,
    /// Whether the configured address holds posts, not topics.
    pub holds_posts: bool,
    pub posts: Found,
    pub rows: Found,
    /// When the walk over the pages of the list began that is not at its end.
    pub since: Option<Moment>,
    /// Whether such a walk ever came to its end.
    pub has_walked: bool,
    /// By [`key`].
    pub topics: BTreeMap<String, Topic>,
    /// In the order in which they are to be read.
    pub owed: Vec<Owed>,
    /// Requests for pages of topics that this poll has made, in the order in which they are asked.
    turn: u32,
    /// The last of them that was answered,
    heard: u32,
    /// and how many brought posts.
    answers: u32,
}

/// How posts, or topics, were ever found. Once the selectors of the software found some, a page on
/// which they find none has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Found {
    #[default]
    Never,
    ByGuess,
    Surely,
}

impl Found {
    /// Notes whether `some` were found now, and whether by a guess.
    pub(super) fn note(&mut self, some: bool, is_guess: bool) {
        let now = if is_guess { Self::ByGuess } else { Self::Surely };
        *self = if some { now.max(*self) } else { *self };
    }
}

/// A topic that was read to its end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Topic {
    /// What the list showed of it then.
    #[serde(rename = "m", default, skip_serializing_if = "String::is_empty")]
    pub mark: String,
    /// Where new posts will be; absent where that is its first page.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The first posts of that page: when they are others, posts moved between pages.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub anchor: Vec<u64>,
    /// When a list showed it last.
    #[serde(rename = "s")]
    pub seen: Moment,
    /// When a list showed this mark first.
    #[serde(rename = "c")]
    pub changed: Moment,
    /// When it was read.
    #[serde(rename = "r")]
    pub read: Moment,
}

/// A topic that is to be read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Owed {
    pub key: String,
    pub title: Option<String>,
    /// The address of its first page.
    pub first: String,
    /// The page to read next.
    pub page: String,
    /// Pages to read behind that one, where they are known by address.
    pub rest: Vec<String>,
    /// Where it was left when it was read before; `None` where it never was.
    pub left: Option<String>,
    /// What `page` must begin with; empty where nothing is known of it.
    pub anchor: Vec<u64>,
    /// The page read last and what it began with.
    pub at: Option<(String, Vec<u64>)>,
    /// Where new posts will be once everything is read, where the forum says so itself.
    pub resume: Option<String>,
    /// Where the newest come first: what was newest last time, at which this walk ends.
    pub until: Vec<u64>,
    /// Where the newest come first: what is newest now.
    pub newest: Vec<u64>,
    /// What the list shows of it.
    pub mark: String,
    pub seen: Moment,
    pub changed: Moment,
    /// When it began to be owed.
    pub since: Moment,
    /// The poll that asked for it.
    pub asked: Moment,
    /// Which request of that poll it was; 0 where none was made.
    pub turn: u32,
    /// Pages of it that brought posts in that poll.
    pub answers: u32,
    /// Polls that asked for it in vain,
    pub tries: u8,
    /// and how many of them got an answer for another topic.
    pub alone: u8,
    /// Pages read of it in this walk.
    pub walked: u32,
    /// Posts that this poll gave of it.
    pub given: Vec<u64>,
}

impl Memory {
    /// Reads a cursor. One that cannot be read is a beginning: posts seen before are known by their
    /// ids elsewhere.
    pub(super) fn load(cursor: &Cursor, home: Option<&Url>, now: DateTime<Utc>) -> Self {
        let Cursor(text) = cursor;
        let is_readable = !text.is_empty() && text.len() <= MOST_BYTES;
        let read = is_readable.then(|| serde_json::from_str::<Self>(text).ok()).flatten();
        let home = home.map(Url::to_string).unwrap_or_default();
        let is_ours = |memory: &Self| memory.version == VERSION && memory.home == home;
        let mut memory = read.filter(is_ours).unwrap_or_default();
        memory.version = VERSION;
        memory.home = home;
        memory.begin(now.timestamp_millis());
        memory
    }

    pub(super) fn save(mut self) -> Cursor {
        self.bound();
        let mut text = serde_json::to_string(&self).unwrap_or_default();
        while text.len() > MOST_BYTES && !(self.owed.is_empty() && self.topics.is_empty()) {
            self.owed.truncate(self.owed.len() / 2);
            self.forget_all_but(self.topics.len() / 2);
            text = serde_json::to_string(&self).unwrap_or_default();
        }
        Cursor(text)
    }

    /// Readies what an earlier poll left, unless this poll has begun already.
    fn begin(&mut self, now: Moment) {
        if self.poll == now {
            return;
        }
        self.charge();
        self.poll = now;
        for owed in &mut self.owed {
            owed.given.clear();
            owed.turn = 0;
            owed.answers = 0;
            // Meanwhile posts may have moved to the page before: look at the last page again.
            if let Some((page, anchor)) = owed.at.take() {
                owed.page = page;
                owed.anchor = anchor;
            }
            if !owed.newest.is_empty() {
                owed.restart();
            }
        }
        self.give_up();
    }

    /// Counts which topics the last poll asked for in vain: those before the last one that was
    /// answered, and the one behind it, at which the poll ended.
    fn charge(&mut self) {
        let waited = self.owed.iter().map(|owed| owed.turn).filter(|turn| *turn > self.heard);
        let last = waited.min().unwrap_or(self.heard);
        for owed in self.owed.iter_mut().filter(|owed| owed.turn > 0 && owed.turn <= last) {
            owed.tries = owed.tries.saturating_add(1);
            // What ails the whole host is no fault of this topic.
            if self.answers > owed.answers {
                owed.alone = owed.alone.saturating_add(1);
            }
        }
        (self.turn, self.heard, self.answers) = (0, 0, 0);
    }

    fn give_up(&mut self) {
        let is_hopeless =
            |owed: &&Owed| owed.alone >= MOST_TRIES && owed.is_owed_for_long(self.poll);
        let hopeless: Vec<_> =
            self.owed.iter().filter(is_hopeless).map(|o| o.key.clone()).collect();
        for key in hopeless {
            self.settle(&key);
        }
    }

    /// Notes that a page of a topic is asked for now.
    pub(super) fn ask(&mut self, key: &str) {
        self.turn = self.turn.saturating_add(1);
        let (poll, turn) = (self.poll, self.turn);
        if let Some(owed) = self.owed_mut(key) {
            owed.asked = poll;
            owed.turn = turn;
        }
    }

    /// Notes that the request for a topic got an answer, whatever it is.
    pub(super) fn hear(&mut self, key: &str) {
        let turn = self.owed(key).map_or(0, |owed| owed.turn);
        self.heard = self.heard.max(turn);
    }

    /// Notes that a page of a topic brought posts.
    pub(super) fn count_answer(&mut self) {
        self.answers = self.answers.saturating_add(1);
    }

    /// Returns where a poll begins, for a forum that was configured at `home`.
    pub(super) fn root(&self, home: &Url) -> Url {
        let api = self.api.as_deref().and_then(|api| Url::parse(api).ok());
        api.unwrap_or_else(|| home.clone())
    }

    pub(super) fn owed(&self, key: &str) -> Option<&Owed> {
        self.owed.iter().find(|owed| owed.key == key)
    }

    pub(super) fn owed_mut(&mut self, key: &str) -> Option<&mut Owed> {
        self.owed.iter_mut().find(|owed| owed.key == key)
    }

    /// Takes a topic as read to its end, with what was learnt of it on the way.
    pub(super) fn settle(&mut self, key: &str) {
        let Some(at) = self.owed.iter().position(|owed| owed.key == key) else { return };
        let owed = self.owed.remove(at);
        let before = self.topics.remove(key).unwrap_or_default();
        let (page, anchor) = match (owed.resume, owed.at) {
            _ if !owed.newest.is_empty() => (None, owed.newest),
            (Some(resume), _) => (Some(resume), Vec::new()),
            (None, Some((page, anchor))) => (Some(page).filter(|page| *page != owed.first), anchor),
            (None, None) => (before.page, before.anchor),
        };
        let (seen, changed, read) = (owed.seen, owed.changed, self.poll);
        let topic = Topic { mark: owed.mark, page, anchor, seen, changed, read };
        self.topics.insert(key.to_owned(), topic);
    }

    /// Goes back to reading pages, and stays with them for a while.
    pub(super) fn refuse_api(&mut self) {
        if self.way.is_whole() {
            self.forget_topics();
        }
        self.way = Way::Pages;
        self.api = None;
        self.refuse_trial();
    }

    /// Tries no API for a while.
    pub(super) fn refuse_trial(&mut self) {
        self.trial = None;
        self.trials = 0;
        self.refused_until = self.poll + REFUSAL_LASTS.num_milliseconds();
    }

    /// Forgets topics whose addresses and marks mean nothing to another way of reading.
    pub(super) fn forget_topics(&mut self) {
        self.topics.clear();
        self.owed.clear();
        self.since = None;
        self.holds_posts = false;
    }

    fn bound(&mut self) {
        self.owed.truncate(MOST_OWED);
        self.owed.iter_mut().for_each(|owed| owed.given.truncate(MOST_GIVEN));
        self.forget_all_but(MOST_TOPICS);
        for topic in self.topics.values_mut() {
            topic.page.take_if(|page| page.len() > MOST_ADDRESS);
        }
    }

    /// Forgets topics that no list has shown for longest, until `most` are left.
    fn forget_all_but(&mut self, most: usize) {
        let surplus = self.topics.len().saturating_sub(most);
        if surplus > 0 {
            let mut by_age: Vec<_> =
                self.topics.iter().map(|(key, topic)| (topic.seen, key.clone())).collect();
            by_age.sort_unstable();
            let oldest: HashSet<_> = by_age.into_iter().take(surplus).map(|(_, key)| key).collect();
            self.topics.retain(|key, _| !oldest.contains(key));
        }
    }
}

impl Owed {
    /// What is to be read of a topic, given what is known of it.
    pub(super) fn of(key: &str, first: &str, known: Option<&Topic>, now: Moment) -> Owed {
        let first = first.to_owned();
        let resume = known.and_then(|known| known.page.clone());
        let anchor = known.map(|known| known.anchor.clone()).unwrap_or_default();
        Owed {
            key: key.to_owned(),
            left: known.map(|_| resume.clone().unwrap_or_else(|| first.clone())),
            page: resume.clone().unwrap_or_else(|| first.clone()),
            first,
            // On a first page it is of use only where that is the newest one.
            until: if resume.is_none() { anchor.clone() } else { Vec::new() },
            anchor,
            seen: now,
            changed: now,
            since: now,
            ..Owed::default()
        }
    }

    /// Tells whether it has waited so long that it may be given up.
    pub(super) fn is_owed_for_long(&self, now: Moment) -> bool {
        self.since <= now - LONGEST_TRYING.num_milliseconds()
    }

    /// Notes an answer to what was not answered before.
    pub(super) fn note_answer(&mut self) {
        (self.tries, self.alone) = (0, 0);
        self.answers = self.answers.saturating_add(1);
    }

    /// Begins again at the first page.
    pub(super) fn restart(&mut self) {
        self.page.clone_from(&self.first);
        self.rest.clear();
        self.anchor.clear();
        self.at = None;
        self.resume = None;
        self.walked = 0;
    }
}

/// A short name for a longer text, the same for ever.
pub(super) fn digest(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.first_chunk::<8>().map_or(0, |chunk| u64::from_be_bytes(*chunk))
}

/// The name of a topic in the memory, from what tells it from others.
pub(super) fn key(text: &str) -> String {
    format!("{:016x}", digest(text))
}
