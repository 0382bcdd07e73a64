//! The ledger: what became of every notice, kept after its delivery and without its body, and which
//! notices tell a mention. What is older than three months goes, some of it with each new notice, and with it
//! what is dead since then. What channels took is kept whole for a week, to be sent again to one that lost it.

use super::write::aborted;
use super::{Aborted, SledStore, key, record};
use crate::delivery::{Notice, NoticeId, Progress};
use crate::mention::MentionId;
use crate::store::{Commit, Fault, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use sled::transaction::TransactionalTree;
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(test)]
mod tests;

/// For how long it is remembered what became of a notice.
const REMEMBERED: TimeDelta = TimeDelta::days(90);

/// For how long what a channel took is kept whole, of how many notices, and of what size at most, in bytes.
const REPEATABLE: TimeDelta = TimeDelta::days(7);
const MOST_REPEATABLE: u64 = 1000;
const LARGEST_REPEATABLE: usize = 64 * 1024;

/// How many old ones go at once, and among how many they are looked for: those that wait in the outbox
/// stay, and the next look begins behind the last.
const MOST_FORGOTTEN: usize = 20;
const MOST_LOOKED_AT: usize = 200;

/// What a commit with a new notice takes out.
#[derive(Default)]
pub(super) struct Old {
    pub(super) entries: Vec<Notice>,
    pub(super) repeatable: Vec<NoticeId>,
}

/// Where the last look for what is old ended: the number of the next entry.
#[derive(Default)]
pub(super) struct Looked(AtomicU64);

/// Keeps what a channel took. Pictures go by mail alone.
pub(super) fn keep(
    repeatable: &TransactionalTree,
    notice: &Notice,
    id: NoticeId,
) -> Result<(), Aborted> {
    if notice.to.contains('@') {
        return Ok(());
    }
    let mut kept = notice.clone();
    kept.enclosed.pictures.clear();
    let bytes = record::notice(&kept, id).map_err(aborted)?;
    // A notice that came back from the ledger alone has nothing to say.
    if !notice.text.is_empty() && bytes.len() <= LARGEST_REPEATABLE {
        repeatable.insert(&key::number(id.0), bytes)?;
    }
    Ok(())
}

/// Writes how far a notice has come.
pub(super) fn write(
    ledger: &TransactionalTree,
    told: &TransactionalTree,
    notice: &Notice,
    id: NoticeId,
) -> Result<(), Aborted> {
    let entry = Notice {
        text: String::new(),
        html: String::new(),
        enclosed: notice.enclosed.in_short(),
        ..notice.clone()
    };
    let bytes = record::notice(&entry, id).map_err(aborted)?;
    if ledger.insert(&key::number(id.0), bytes)?.is_none() {
        for mention in &entry.enclosed.tells {
            told.insert(key::told(mention, id.0), &[])?;
        }
    }
    Ok(())
}

/// Takes notices out.
pub(super) fn forget(
    ledger: &TransactionalTree,
    told: &TransactionalTree,
    old: &[Notice],
) -> Result<(), Aborted> {
    for notice in old {
        ledger.remove(&key::number(notice.id.0))?;
        for mention in &notice.enclosed.tells {
            told.remove(key::told(mention, notice.id.0))?;
        }
    }
    Ok(())
}

impl SledStore {
    /// Hands out every entry, the newest first, until `each` returns `false`.
    pub(super) fn ledger_entries(
        &self,
        each: &mut dyn FnMut(Notice) -> bool,
    ) -> Result<(), StoreError> {
        for value in self.trees.sent.iter().values().rev() {
            if !each(self.entry(&value.map_err(self.broken())?)?) {
                break;
            }
        }
        Ok(())
    }

    /// Returns the entries of the notices that tell a mention, oldest first.
    pub(super) fn notices_telling(&self, mention: &MentionId) -> Result<Vec<Notice>, StoreError> {
        let mut notices = Vec::new();
        for key in self.trees.told.scan_prefix(key::told_prefix(&mention.0)).keys() {
            let number = key::read_number(&key.map_err(self.broken())?).unwrap_or(0);
            let bytes = self.trees.sent.get(key::number(number)).map_err(self.broken())?;
            notices.extend(bytes.map(|bytes| self.entry(&bytes)).transpose()?);
        }
        Ok(notices)
    }

    /// Returns what a commit with a new notice takes out, because it is old.
    pub(super) fn old(&self, commit: &Commit) -> Result<Old, StoreError> {
        let new = commit.notices.iter().filter(|notice| notice.id == NoticeId(0));
        let Some(now) = new.map(|notice| notice.created).max() else { return Ok(Old::default()) };
        Ok(Old { entries: self.old_entries(now)?, repeatable: self.old_repeatable(now)? })
    }

    fn old_entries(&self, now: DateTime<Utc>) -> Result<Vec<Notice>, StoreError> {
        let begin = self.looked.0.load(Ordering::Relaxed);
        let (mut old, mut seen, mut next) = (Vec::new(), 0, 0);
        for value in self.trees.sent.range(key::number(begin)..).values() {
            let notice = self.entry(&value.map_err(self.broken())?)?;
            if seen == MOST_LOOKED_AT || old.len() == MOST_FORGOTTEN {
                next = notice.id.0;
                break;
            }
            seen += 1;
            // One that was made while the clock was ahead says nothing of those behind it.
            let is_young = now - notice.created < REMEMBERED && notice.created <= now;
            if is_young {
                break;
            }
            if self.is_old(&notice, now)? {
                old.push(notice);
            }
        }
        self.looked.0.store(next, Ordering::Relaxed);
        Ok(old)
    }

    /// Tells whether an entry may go. One that waits stays; of a dead one, which the operator heard of when it
    /// died, the time counts from then.
    fn is_old(&self, notice: &Notice, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let is_there = self.trees.outbox.contains_key(key::number(notice.id.0));
        let is_there = is_there.map_err(self.broken())?;
        let tried = notice.enclosed.tries.last().map(|one| one.at).filter(|_| is_there);
        let waits = is_there && notice.progress == Progress::Queued;
        Ok(!waits && now - tried.unwrap_or(notice.created).max(notice.created) >= REMEMBERED)
    }

    fn old_repeatable(&self, now: DateTime<Utc>) -> Result<Vec<NoticeId>, StoreError> {
        let newest = self.trees.sent.last().map_err(self.broken())?;
        let newest = newest.and_then(|(key, _)| key::read_number(&key)).unwrap_or(0);
        let mut old = Vec::new();
        for value in self.trees.repeatable.iter().values().take(MOST_FORGOTTEN) {
            let notice = self.entry(&value.map_err(self.broken())?)?;
            let last = notice.enclosed.tries.last().map_or(notice.created, |one| one.at);
            if now - last < REPEATABLE && notice.id.0 + MOST_REPEATABLE > newest {
                break;
            }
            old.push(notice.id);
        }
        Ok(old)
    }

    fn entry(&self, bytes: &[u8]) -> Result<Notice, StoreError> {
        record::read_notice(bytes).map_err(|error| self.damaged(error.0))
    }
}

/// Looks whether what is said to tell a mention is there.
pub(super) fn check(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    let mut gone = 0_usize;
    for key in store.trees.told.iter().keys() {
        let number = key::read_number(&key.map_err(store.broken())?).unwrap_or(0);
        let is_there = store.trees.sent.contains_key(key::number(number));
        gone += usize::from(!is_there.map_err(store.broken())?);
    }
    if gone > 0 {
        let what = crate::text::count(gone, "mention");
        faults.push(Fault(format!("{what} told by notices that are not in the ledger")));
    }
    Ok(())
}
