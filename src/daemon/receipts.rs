//! Receipts: what a server has taken, and the ledger may not know yet. The one writer may be in the middle of
//! much when an answer comes; were vahti killed before its turn, the same would go out again. So the answer is
//! first given to a small file, by one `write`, which outlives the process.
//!
//! It is not synced: in a power cut what counts is the ledger, and a message whose answer came right before
//! may come twice, under the same `Message-ID`.

use super::{Died, clock};
use crate::delivery::desk::Counterpart;
use crate::delivery::{Notice, NoticeId, Progress, outbox};
use crate::pipeline::outward;
use crate::store::handle::Handle;
use crate::store::{Commit, Store, StoreError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Result, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The name of the file in the state directory. It is there only while something is in it.
const FILE: &str = "receipts";

/// From how many bytes on it is begun anew when the ledger knows all that is in it.
const LONG: u64 = 64 * 1024;

/// The most bytes that are read of it.
const MOST_READ: u64 = 16 * 1024 * 1024;

/// What was taken.
#[derive(Debug, Serialize, Deserialize)]
struct Receipt {
    notice: u64,
    /// A store that was begun anew has other notices under the same numbers.
    message_id: String,
    at: DateTime<Utc>,
    answer: String,
    /// The ticket that was opened at another desk with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    there: Option<Counterpart>,
}

/// The receipts of a running vahti.
pub(super) struct Receipts {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    file: Option<File>,
    bytes: u64,
    /// How many of them the ledger does not know yet.
    owed: usize,
}

impl Receipts {
    /// Takes into the ledger what was accepted before vahti was killed, and begins anew. To be called before
    /// anything is sent or written.
    pub(super) async fn begin(
        state_dir: &Path,
        store: &Handle,
    ) -> std::result::Result<Arc<Self>, Died> {
        let path = state_dir.join(FILE);
        let old = path.clone();
        let taken = store.with(move |store| take_up(&old, store)).await;
        taken.map_err(|error| Died(error.to_string()))?;
        Ok(Arc::new(Self { path, state: Mutex::default() }))
    }

    /// Writes down that a notice was accepted. This blocks no longer than it takes to copy a line.
    pub(super) fn note(&self, notice: &Notice, there: Option<&Counterpart>) {
        let receipt = Receipt {
            notice: notice.id.0,
            message_id: notice.message_id.clone(),
            at: clock::now(),
            answer: notice.last_answer.clone().unwrap_or_default(),
            there: there.cloned(),
        };
        let mut state = self.state();
        state.owed += 1;
        if let Err(error) = self.write(&receipt, &mut state) {
            tracing::warn!(
                "Could not write to {}: {error}; were vahti killed now, what was sent right before would go out \
                 again.",
                self.path.display()
            );
        }
    }

    fn write(&self, receipt: &Receipt, state: &mut State) -> Result<()> {
        // A line before it that was cut short, by a full disk, ends here.
        let mut line = vec![b'\n'];
        serde_json::to_writer(&mut line, receipt)?;
        line.push(b'\n');
        let file = match &mut state.file {
            Some(file) => file,
            none => none
                .insert(OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?),
        };
        file.write_all(&line)?;
        state.bytes += u64::try_from(line.len()).unwrap_or(LONG);
        Ok(())
    }

    /// The ledger knows of one that was noted.
    pub(super) fn settle(&self) {
        let mut state = self.state();
        state.owed = state.owed.saturating_sub(1);
        if state.bytes >= LONG {
            self.empty(&mut state);
        }
    }

    /// Clears up at the end.
    pub(super) fn end(&self) {
        self.empty(&mut self.state());
    }

    /// Removes the file where the ledger knows all that is in it.
    fn empty(&self, state: &mut State) {
        if state.owed == 0 && state.file.is_some() {
            remove(&self.path);
            (state.file, state.bytes) = (None, 0);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes what the file says of notices that are still queued, and removes it.
fn take_up(path: &Path, store: &dyn Store) -> std::result::Result<(), StoreError> {
    let receipts = match read(path) {
        Ok(Some(receipts)) => receipts,
        Ok(None) => return Ok(()),
        Err(error) => {
            tracing::warn!(
                "Could not read {}: {error}; what was sent right before vahti was killed may go out again.",
                path.display()
            );
            return Ok(());
        }
    };
    let mut taken = 0_usize;
    for receipt in receipts {
        let queued = store.notice(NoticeId(receipt.notice))?;
        let is_meant = |notice: &Notice| {
            notice.progress == Progress::Queued && notice.message_id == receipt.message_id
        };
        let Some(notice) = queued.filter(is_meant) else { continue };
        let notice = outbox::after_success(notice, &receipt.answer, receipt.at);
        let mut commit = Commit { notices: vec![notice], ..Commit::default() };
        if let Some(there) = receipt.there {
            outward::opened(&mut commit, there, store, receipt.at)?;
        }
        store.apply(&commit)?;
        taken += 1;
    }
    if taken > 0 {
        store.sync()?;
        tracing::info!(
            "{} had been accepted when vahti was killed; the ledger knows it now.",
            crate::text::count(taken, "notice")
        );
    }
    remove(path);
    Ok(())
}

/// Reads the receipts of a file, if there is one; what is no receipt is left out.
fn read(path: &Path) -> Result<Option<Vec<Receipt>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MOST_READ).read_to_end(&mut bytes)?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let (mut receipts, mut rubbish) = (Vec::new(), 0_usize);
    for line in lines {
        match serde_json::from_slice(line) {
            Ok(receipt) => receipts.push(receipt),
            Err(_) => rubbish += 1,
        }
    }
    if rubbish > 0 {
        tracing::warn!(
            "{} of {} could not be read and is left out; what was sent right before vahti was killed may go out \
             again.",
            crate::text::count(rubbish, "line"),
            path.display()
        );
    }
    Ok(Some(receipts))
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        // Its receipts are known; they are looked at again at the next start, and do nothing.
        tracing::warn!("Could not remove {}: {error}.", path.display());
    }
}

#[cfg(test)]
mod tests;
