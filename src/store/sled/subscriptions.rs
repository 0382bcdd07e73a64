//! Recipients of alerts who are told no more, and the key that the links are signed with by which they say
//! so: one tree, of JSON whose fields have names, as they may gain some.

use super::write::Writing;
use super::{Aborted, SledStore, key};
use crate::alert::Unsubscribed;
use crate::delivery::one_click::{KEY_BYTES, LinkKey};
use crate::store::{Commit, Fault, Store, StoreError};
use sled::transaction::ConflictableTransactionError;

/// The version of these records, which stands before each.
const VERSION: u8 = 1;

/// Where the key for links stands, and what the keys of recipients begin with.
const LINK_KEY: &[u8] = &[0];
const RECIPIENTS: u8 = 1;

/// Makes the key for links where there is none yet.
pub(super) fn complete(store: &SledStore) -> Result<(), StoreError> {
    let tree = &store.trees.subscriptions;
    if tree.contains_key(LINK_KEY).map_err(store.broken())? {
        return Ok(());
    }
    let mut bytes = [0; KEY_BYTES];
    let filled = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    if filled != Ok(KEY_BYTES) {
        let what = "the machine has no random numbers for the key of links".to_owned();
        return Err(StoreError::Disk(what));
    }
    tree.insert(LINK_KEY, bytes.as_slice()).map_err(store.broken())?;
    Ok(())
}

/// Looks whether all of it reads back.
pub(super) fn check(store: &SledStore, faults: &mut Vec<Fault>) {
    if let Err(error) = store.link_key() {
        faults.push(Fault(format!("the key of links to unsubscribe: {error}")));
    }
    if let Err(error) = store.unsubscribed() {
        faults.push(Fault(format!("who is told no more: {error}")));
    }
}

fn recipient(alert: &str, to: &str) -> Vec<u8> {
    [&[RECIPIENTS], key::prefixed(alert).as_slice(), to.as_bytes()].concat()
}

impl SledStore {
    pub(super) fn all_unsubscribed(&self) -> Result<Vec<Unsubscribed>, StoreError> {
        let read = |value: sled::Result<sled::IVec>| {
            let value = value.map_err(self.broken())?;
            let read = match value.split_first() {
                Some((&VERSION, json)) => serde_json::from_slice(json).map_err(|e| e.to_string()),
                _ => Err("it has an unknown version".to_owned()),
            };
            read.map_err(|error| self.damaged(format!("a recipient: {error}")))
        };
        self.trees.subscriptions.scan_prefix([RECIPIENTS]).values().map(read).collect()
    }

    pub(super) fn kept_link_key(&self) -> Result<LinkKey, StoreError> {
        let bytes = self.trees.subscriptions.get(LINK_KEY).map_err(self.broken())?;
        let key = bytes.and_then(|bytes| <[u8; KEY_BYTES]>::try_from(&*bytes).ok());
        key.map(LinkKey).ok_or_else(|| self.damaged("the key of links is not there".into()))
    }
}

impl Writing<'_> {
    /// Writes who is told no more, and who is again.
    pub(super) fn subscriptions(&self, commit: &Commit) -> Result<(), Aborted> {
        for (alert, to) in &commit.subscribed {
            self.subscriptions.remove(recipient(alert, to))?;
        }
        for one in &commit.unsubscribed {
            let mut bytes = vec![VERSION];
            serde_json::to_writer(&mut bytes, one)
                .map_err(|error| ConflictableTransactionError::Abort(error.to_string()))?;
            self.subscriptions.insert(recipient(&one.alert, &one.to), bytes)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(alert: &str, to: &str) -> Unsubscribed {
        let at = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (alert, to) = (alert.to_owned(), to.to_owned());
        Unsubscribed { alert, to, at, by: Unsubscribed::BY_LINK.into(), told: false }
    }

    #[test]
    fn who_is_told_no_more_and_the_key_stay_over_a_restart_until_they_are_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = SledStore::open_or_create(&path).unwrap();
        let key = store.link_key().unwrap();
        let all = vec![one("a", "m@x.example"), one("a", "p@x.example"), one("ab", "m@x.example")];
        store.apply(&Commit { unsubscribed: all.clone(), ..Commit::default() }).unwrap();
        store.sync().unwrap();
        drop(store);
        let store = SledStore::open(&path).unwrap();
        assert_eq!(store.link_key().unwrap(), key);
        assert_eq!(store.unsubscribed().unwrap(), all);
        let subscribed = vec![("a".to_owned(), "m@x.example".to_owned())];
        store.apply(&Commit { subscribed, ..Commit::default() }).unwrap();
        assert_eq!(store.unsubscribed().unwrap(), all[1..]);
        assert_eq!(store.check().unwrap(), []);
        let other = SledStore::open_or_create(&folder.path().join("other")).unwrap();
        assert_ne!(other.link_key().unwrap(), key);
    }
}
