//! Opening a store: whose it is, whether there is room, what to do when sled panics, and whether all
//! is there that once was.

use super::write::Trees;
use super::{FORMAT, SledStore, counter, disk, key, listed, subscriptions};
use crate::store::StoreError;
use crate::store::kept::MOST_KEPT_BYTES;
use crate::text::account::user_name;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The file that says how many commits the store held when it was last synced. A log that is damaged
/// in its middle ends there for sled, which then opens, without a word, a store that is poorer or
/// empty.
const WITNESS: &str = "commits";

/// The file that says that the store turned out to be damaged while it was open.
const MARK: &str = "damaged";

/// Bytes that sled keeps in memory. Small: what is asked for goes through indexes.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// A store that would write with less room than this stops instead: sled loses what it could not
/// write.
const LEAST_ROOM_BYTES: u64 = 32 * 1024 * 1024;

/// Makes the store's folder, readable by its owner alone, if it is not there.
pub(super) fn create_folder(path: &Path) -> Result<(), StoreError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| StoreError::Disk(format!("cannot make {}: {error}", path.display())))
}

/// Opens a store whose folder is there. A damaged cache of sled's own is put aside and made anew.
pub(super) fn open(path: &Path) -> Result<SledStore, StoreError> {
    check_owner(path)?;
    if let Ok(what) = std::fs::read_to_string(path.join(MARK)) {
        return Err(damaged(path, what));
    }
    match attempt(path) {
        Err(StoreError::Damaged { .. }) if put_snapshots_aside(path) => attempt(path),
        other => other,
    }
}

/// Moves a damaged store out of the way and returns where it is now.
pub(super) fn set_aside(path: &Path, stamp: &str) -> Result<PathBuf, StoreError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let aside = path.with_file_name(format!("{name}.damaged-{stamp}"));
    std::fs::rename(path, &aside).map_err(|error| {
        StoreError::Disk(format!("cannot set {} aside: {error}", path.display()))
    })?;
    Ok(aside)
}

/// Marks a store as damaged for whoever opens it next. One that cannot be marked fails again there.
pub(super) fn mark(path: &Path, what: &str) {
    if let Err(error) = std::fs::write(path.join(MARK), what) {
        tracing::error!("The damaged store in {} cannot be marked: {error}.", path.display());
    }
}

/// Writes down how many commits are synced. Never before they are: a witness that says more than the
/// store means damage.
pub(super) fn witness(path: &Path, commits: u64) -> Result<(), StoreError> {
    let place = path.join(WITNESS);
    // Never cut short: a crash at any moment leaves the old number or the new one.
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&place)
        .and_then(|file| file.write_all_at(format!("{commits:020}\n").as_bytes(), 0))
        .map_err(|error| StoreError::Disk(format!("cannot write {}: {error}", place.display())))
}

/// Returns the bytes that the files of the store take.
pub(super) fn size_bytes(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some(if metadata.is_dir() { size_bytes(&entry.path()) } else { metadata.len() })
        })
        .sum()
}

/// Fails where the disk is too full to write safely.
pub(super) fn room(path: &Path) -> Result<(), StoreError> {
    let Ok(disk) = rustix::fs::statvfs(path) else { return Ok(()) };
    if disk.f_bavail.saturating_mul(disk.f_frsize) < LEAST_ROOM_BYTES {
        return Err(StoreError::Disk(format!(
            "less than {} MiB are free on the disk of {}; make room",
            LEAST_ROOM_BYTES / 1024 / 1024,
            path.display()
        )));
    }
    Ok(())
}

fn attempt(path: &Path) -> Result<SledStore, StoreError> {
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let opened = sled::Config::new().path(path).cache_capacity(CACHE_BYTES).open();
        let opened = opened.and_then(|db| trees(&db).map(|trees| (db, trees)));
        let (db, trees) = opened.map_err(|error| judge(path, &error))?;
        let store = SledStore {
            db,
            path: path.to_owned(),
            trees,
            most_kept_bytes: MOST_KEPT_BYTES,
            looked: super::ledger::Looked::default(),
        };
        check_complete(&store)?;
        check_format(&store)?;
        listed::complete(&store)?;
        subscriptions::complete(&store)?;
        Ok(store)
    }));
    opened.unwrap_or_else(|_| Err(damaged(path, "the store engine gave up on it".into())))
}

/// Holds the store against its witness. Where there is none, nothing was ever synced.
fn check_complete(store: &SledStore) -> Result<(), StoreError> {
    let written = std::fs::read_to_string(store.path.join(WITNESS)).unwrap_or_default();
    let promised: u64 = written.trim().parse().unwrap_or(0);
    let found = store.counter(counter::COMMITS)?;
    if found < promised {
        let what = format!("of {promised} commits it holds {found}");
        return Err(damaged(&store.path, what));
    }
    Ok(())
}

fn trees(db: &sled::Db) -> sled::Result<Trees> {
    Ok(Trees {
        meta: db.open_tree("meta")?,
        sources: db.open_tree("sources")?,
        posts: db.open_tree("posts")?,
        mentions: db.open_tree("mentions")?,
        by_time: db.open_tree("by-time")?,
        by_place: db.open_tree("by-place")?,
        tickets: db.open_tree("tickets")?,
        customers: db.open_tree("customers")?,
        alerts: db.open_tree("alerts")?,
        outbox: db.open_tree("outbox")?,
        sent: db.open_tree("sent")?,
        names: db.open_tree("names")?,
        documents: db.open_tree("documents")?,
        kept: db.open_tree("kept")?,
        markings: db.open_tree("markings")?,
        counterparts: db.open_tree("counterparts")?,
        prints: db.open_tree("prints")?,
        own_replies: db.open_tree("own-replies")?,
        listed: db.open_tree("listed")?,
        links: db.open_tree("links")?,
        hours: db.open_tree("hours")?,
        told: db.open_tree("told")?,
        subscriptions: db.open_tree("subscriptions")?,
        repeatable: db.open_tree("repeatable")?,
    })
}

/// Says what an error at opening means: a lock, the disk, or damage.
fn judge(path: &Path, error: &sled::Error) -> StoreError {
    match error {
        sled::Error::Io(io) => match io.kind() {
            ErrorKind::WouldBlock => StoreError::Locked(path.to_owned()),
            _ if error.to_string().contains("could not acquire lock") => {
                StoreError::Locked(path.to_owned())
            }
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData => damaged(path, error.to_string()),
            _ => StoreError::Disk(format!("{}: {io}", path.display())),
        },
        other => damaged(path, other.to_string()),
    }
}

fn damaged(path: &Path, what: String) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), what }
}

fn check_format(store: &SledStore) -> Result<(), StoreError> {
    let found = store.counter(counter::FORMAT)?;
    if found == 0 {
        let format = key::number(u64::from(FORMAT));
        store.trees.meta.insert(counter::FORMAT, &format).map_err(disk)?;
        return Ok(());
    }
    match u32::try_from(found).unwrap_or(u32::MAX) {
        FORMAT => Ok(()),
        found @ FORMAT.. => {
            Err(StoreError::TooNew { path: store.path.clone(), found, known: FORMAT })
        }
        // Sources were kept otherwise then. They are polled anew; their mentions are known.
        ..FORMAT => {
            store.trees.sources.clear().map_err(disk)?;
            let format = key::number(u64::from(FORMAT));
            store.trees.meta.insert(counter::FORMAT, &format).map_err(disk)?;
            Ok(())
        }
    }
}

/// A command run by somebody else would leave files that the daemon cannot write: it refuses.
fn check_owner(path: &Path) -> Result<(), StoreError> {
    let Ok(folder) = std::fs::metadata(path) else { return Ok(()) };
    let me = rustix::process::geteuid().as_raw();
    if folder.uid() == me {
        return Ok(());
    }
    Err(StoreError::NotYours {
        path: path.to_owned(),
        owner: user_name(folder.uid()),
        me: user_name(me),
    })
}

/// Puts sled's snapshots aside, which are a cache of the log. Returns whether there were any.
fn put_snapshots_aside(path: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(path) else { return false };
    let snapshots = entries.flatten().map(|entry| entry.path()).filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap."))
    });
    let moved = snapshots.filter(|snapshot| {
        let aside = path
            .join(format!("aside.{}", snapshot.file_name().unwrap_or_default().to_string_lossy()));
        std::fs::rename(snapshot, aside).is_ok()
    });
    moved.count() > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::SourceName;
    use crate::store::{SourceState, Store};

    fn marked(store: &SledStore, format: u64) {
        store.trees.meta.insert(counter::FORMAT, &key::number(format)).unwrap();
        store.sync().unwrap();
    }

    #[test]
    fn of_an_older_store_the_sources_are_forgotten_and_a_newer_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = SledStore::open_or_create(&path).unwrap();
        store.trees.sources.insert(b"news", b"\x01written otherwise").unwrap();
        marked(&store, 1);
        drop(store);
        let store = SledStore::open(&path).unwrap();
        assert_eq!(store.source(&SourceName("news".into())).unwrap(), SourceState::default());
        assert_eq!(store.counter(counter::FORMAT).unwrap(), u64::from(FORMAT));
        marked(&store, u64::from(FORMAT) + 1);
        drop(store);
        assert!(matches!(SledStore::open(&path), Err(StoreError::TooNew { .. })));
    }
}
