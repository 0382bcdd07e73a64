//! How far each list of X was read, and which is next. All of it lies in the cursor, since every page is
//! stored before the next is bought.

use super::MENTIONS;
use crate::source::Cursor;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far back the search reaches, less some minutes for clocks that differ.
const REACH: Duration = Duration::minutes(7 * 24 * 60 - 10);

/// Pages without a post in a row behind which a walk ends, though a further one is offered.
const MOST_EMPTY: u8 = 5;

/// The longest token of a page that is believed.
const LONGEST_TOKEN: usize = 500;

/// One pass over all lists, and what is known from those before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pass {
    #[serde(default)]
    lists: BTreeMap<String, List>,
    /// The list to go on with; empty where no pass is under way.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) at: String,
    /// The id of the account whose mentions are read, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<String>,
    /// The name of that account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handle: Option<String>,
    /// How often in a row other words were tried, and nothing understood.
    #[serde(default, skip_serializing_if = "is_zero")]
    renames: u8,
    /// Whether X wants to be asked with the words of 2026: `post.fields`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) is_renamed: bool,
    /// What went wrong in the pass under way; told until it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) said: Option<String>,
}

/// How far one list was read, newest first. Posts are known by their ids, which grow with time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct List {
    /// All up to this post was read in earlier walks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<u64>,
    /// When the walk under way begins, in seconds, where `since` does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<i64>,
    /// The newest and the oldest post that the walk under way has brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) newest: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) oldest: Option<u64>,
    /// The page to go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
    /// Where the walk was taken up again without such a page: all from here on was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<u64>,
    /// Pages without a post in a row.
    #[serde(default, skip_serializing_if = "is_zero")]
    empty: u8,
}

/// What a page of a list brought, as far as paging goes.
#[derive(Debug, Default)]
pub(super) struct Brought {
    pub(super) newest: Option<u64>,
    pub(super) oldest: Option<u64>,
    pub(super) next: Option<String>,
}

impl Pass {
    /// Reads a cursor, for these lists. One that does not read is a beginning.
    ///
    /// A list that was not there before (its keywords are others) begins behind the newest post that
    /// any list brought: what was paid for is not bought again under another name. What a search that
    /// is no more had still to read, the new one reads. So begin the mentions of another account.
    pub(super) fn of(cursor: &Cursor, names: &[&str], account: Option<&str>) -> Self {
        let mut pass: Self = serde_json::from_str(&cursor.0).unwrap_or_default();
        let newest = pass.lists.values().filter_map(|list| list.newest.max(list.since)).max();
        let handle = account.map(str::to_ascii_lowercase);
        if handle.is_none()
            || pass.handle.as_ref().is_some_and(|known| Some(known) != handle.as_ref())
        {
            pass.lists.remove(MENTIONS);
            pass.account = None;
        }
        pass.handle = handle;
        let is_known = |name: &str| names.contains(&name);
        let retired = pass.lists.iter().filter(|(name, _)| !is_known(name) && *name != MENTIONS);
        let left = Self::taken_over(retired.map(|(_, list)| list), newest);
        pass.lists.retain(|name, _| is_known(name));
        for name in names {
            let begin = || match &left {
                Some(left) if *name != MENTIONS => left.clone(),
                _ => List { since: newest, ..List::default() },
            };
            pass.lists.entry((*name).to_owned()).or_insert_with(begin);
        }
        let is_number = |id: &String| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        pass.account = pass.account.filter(is_number);
        if !names.contains(&pass.at.as_str()) {
            names.first().copied().unwrap_or_default().clone_into(&mut pass.at);
        }
        pass
    }

    /// Returns the list that reads what a walk under way has not read, if there is one: what is older
    /// than all that it brought. Of several it is the one that came furthest: nothing is bought twice.
    fn taken_over<'a>(
        retired: impl Iterator<Item = &'a List>,
        newest: Option<u64>,
    ) -> Option<List> {
        let under_way = retired.filter(|list| list.oldest.is_some());
        let list = under_way.min_by_key(|list| list.oldest)?.clone();
        Some(List { newest, until: list.oldest, next: None, empty: 0, ..list })
    }

    /// Asks with the other words from now on. False where both were tried, and neither understood.
    pub(super) fn rename(&mut self) -> bool {
        let may = self.renames < 2;
        if may {
            self.renames += 1;
            self.is_renamed = !self.is_renamed;
        }
        may
    }

    /// Notes that what was asked for came.
    pub(super) fn is_understood(&mut self) {
        self.renames = 0;
    }

    pub(super) fn list(&self, name: &str) -> List {
        self.lists.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn set(&mut self, name: &str, list: List) {
        self.lists.insert(name.to_owned(), list);
    }

    /// Goes on to the list behind `name`. False where that was the last: the pass is over.
    pub(super) fn turn(&mut self, name: &str, names: &[&str]) -> bool {
        let behind = names.iter().skip_while(|known| **known != name).nth(1);
        self.at = behind.map_or(String::new(), |next| (*next).to_owned());
        behind.is_some()
    }

    /// Writes the cursor, as it is for the next read.
    pub(super) fn cursor(&self) -> Cursor {
        let said = self.said.clone().filter(|_| !self.at.is_empty());
        Cursor(serde_json::to_string(&Self { said, ..self.clone() }).unwrap_or_default())
    }
}

impl List {
    /// Tells whether a walk has begun and is not over.
    pub(super) fn is_under_way(&self) -> bool {
        self.next.is_some() || self.oldest.is_some()
    }

    /// Says from when on posts are wanted, at the beginning of a walk and where one is taken up again.
    /// `is_search`: the list reaches seven days back, and refuses to be asked for more.
    pub(super) fn at(mut self, now: DateTime<Utc>, first_look: Duration, is_search: bool) -> Self {
        let end = now - REACH;
        let is_beyond = |id: u64| is_search && time_of(id).is_none_or(|at| at < end);
        if self.is_under_way() {
            let is_old = match (self.from, self.since) {
                (Some(from), _) => is_search && from < end.timestamp(),
                (None, since) => since.is_some_and(is_beyond),
            };
            if !is_old {
                return self;
            }
            // The token was given for another span; what is left of this one lies behind the oldest.
            self = Self { from: Some(end.timestamp()), ..self.without_page() };
            if self.oldest.is_some_and(|oldest| !is_beyond(oldest)) {
                return self;
            }
            self = self.over();
        }
        self.from = match self.since {
            None => Some((now - first_look).max(end).timestamp()),
            Some(since) if is_beyond(since) => Some(end.timestamp()),
            Some(_) => None,
        };
        self
    }

    /// Notes that a page was read.
    pub(super) fn read(mut self, brought: Brought) -> Self {
        let Brought { newest, oldest, next } = brought;
        let is_believed = |token: &String| {
            let is_other = Some(token) != self.next.as_ref();
            is_other && token.len() <= LONGEST_TOKEN && token.bytes().all(|b| b.is_ascii_graphic())
        };
        // A page that reaches no further back than those before leads nowhere.
        let is_further = match (oldest, self.oldest) {
            (Some(oldest), Some(before)) => oldest < before,
            _ => true,
        };
        let next = next.filter(is_believed).filter(|_| is_further);
        self.empty = if oldest.is_some() { 0 } else { self.empty.saturating_add(1) };
        // Later pages of a walk are older than its first.
        self.newest = self.newest.or(newest);
        self.oldest = oldest.or(self.oldest);
        self.next = next.filter(|_| self.empty < MOST_EMPTY);
        if self.next.is_none() { self.over() } else { self }
    }

    /// Gives up the page that a token led to; what is older than the oldest post is asked for instead.
    pub(super) fn without_page(self) -> Self {
        Self { next: None, until: self.oldest, ..self }
    }

    /// The walk is over: the next one ends where this one began.
    pub(super) fn over(self) -> Self {
        Self { since: self.newest.max(self.since), ..Self::default() }
    }
}

/// Returns when a post with this id was written: ids count milliseconds since November 2010, and the
/// lowest 22 bits tell apart what was written at once. Those before that count otherwise.
pub(super) fn time_of(id: u64) -> Option<DateTime<Utc>> {
    const BEGUN: i64 = 1_288_834_974_657;
    let millis = i64::try_from(id >> 22).ok().filter(|_| id >= 1 << 40)?;
    DateTime::from_timestamp_millis(BEGUN.checked_add(millis)?)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(count: &u8) -> bool {
    *count == 0
}
