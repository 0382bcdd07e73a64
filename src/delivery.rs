//! Getting what was rendered to the people it is for.

pub mod chat;
pub mod desk;
pub mod email;
mod enclosed;
pub mod one_click;
pub mod outbox;
mod program;

pub use enclosed::{Brief, BriefLine, Enclosed, Picture, Try, with_pictures};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The number of a notice in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NoticeId(pub u64);

/// How far a notice has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// Waits for its next attempt.
    Queued,
    /// The server has taken it.
    Sent,
    /// Refused for good, or tried for too long; a person decides.
    Dead,
}

/// Something rendered and ready to send to one recipient, with the ledger of its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// 0 until it is stored.
    pub id: NoticeId,
    /// The alert it speaks for.
    pub alert: String,
    /// The mail address it is for, or the name of a channel.
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The part of the `Message-ID` before the `@`: the same at every attempt.
    pub message_id: String,
    pub created: DateTime<Utc>,
    pub progress: Progress,
    pub attempts: u32,
    /// When it is to be tried next.
    pub next_attempt: DateTime<Utc>,
    /// What the server said last, good or bad.
    pub last_answer: Option<String>,
    pub enclosed: Enclosed,
}

impl Notice {
    /// Tells whether it was made to be sent later than `now`: those it is for may not be disturbed yet.
    pub fn is_held(&self, now: DateTime<Utc>) -> bool {
        let is_for_later = self.attempts == 0 && self.created < self.next_attempt;
        is_for_later && (self.created..self.next_attempt).contains(&now)
    }
}
