//! A mail server that only remembers, so that tests can read what would have been sent.

use super::Failed;
use crate::delivery::Notice;
use lettre::Message;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The message as a mail server would have got it.
    pub raw: Vec<u8>,
}

/// What was sent; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    sent: Vec<Sent>,
    refusals: VecDeque<Failed>,
}

impl Memory {
    /// Returns what was taken so far, oldest first.
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// Makes the next message fail so; several wait their turn.
    pub fn refuse(&self, failed: Failed) {
        self.state().refusals.push_back(failed);
    }

    pub(super) fn take(&self, notice: &Notice, message: &Message) -> Result<String, Failed> {
        let mut state = self.state();
        if let Some(failed) = state.refusals.pop_front() {
            return Err(failed);
        }
        state.sent.push(Sent {
            to: notice.to.clone(),
            subject: notice.subject.clone(),
            text: notice.text.clone(),
            html: notice.html.clone(),
            raw: message.formatted(),
        });
        Ok(format!("250 remembered as {}", state.sent.len()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
