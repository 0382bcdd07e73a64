//! The ledger: what became of every notice, kept after its delivery and without its body, and which
//! notices tell a mention. What is older than three months goes, some of it with each new notice.

use super::write::aborted;
use super::{Aborted, SledStore, key, record};
use crate::delivery::{Notice, NoticeId};
use crate::mention::MentionId;
use crate::store::{Commit, Fault, StoreError};
use chrono::TimeDelta;
use sled::transaction::TransactionalTree;

#[cfg(test)]
mod tests;

/// For how long it is remembered what became of a notice.
const REMEMBERED: TimeDelta = TimeDelta::days(90);

/// How many old ones go at once, and among how many they are looked for: those that are still in the
/// outbox stay.
const MOST_FORGOTTEN: usize = 20;
const MOST_LOOKED_AT: usize = 200;

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

    /// Returns the entries that a commit with a new notice takes out, because they are old.
    pub(super) fn old_notices(&self, commit: &Commit) -> Result<Vec<Notice>, StoreError> {
        let new = commit.notices.iter().filter(|notice| notice.id == NoticeId(0));
        let Some(now) = new.map(|notice| notice.created).max() else { return Ok(Vec::new()) };
        let mut old = Vec::new();
        for value in self.trees.sent.iter().values().take(MOST_LOOKED_AT) {
            let notice = self.entry(&value.map_err(self.broken())?)?;
            if now - notice.created < REMEMBERED || old.len() == MOST_FORGOTTEN {
                break;
            }
            let waits = self.trees.outbox.contains_key(key::number(notice.id.0));
            if !waits.map_err(self.broken())? {
                old.push(notice);
            }
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
