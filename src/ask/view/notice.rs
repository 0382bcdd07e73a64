//! A notice, as machines see it.

use crate::delivery::outbox::Line;
use crate::delivery::{Notice, Progress, Try};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A notice in the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoticeView {
    pub id: u64,
    pub alert: String,
    pub to: String,
    pub subject: String,
    pub state: Progress,
    pub created: DateTime<Utc>,
    pub attempts: u32,
    pub next_attempt: DateTime<Utc>,
    pub last_answer: Option<String>,
    /// The part of the `Message-ID` before the `@`.
    pub message_id: String,
    /// How many mentions it tells.
    pub mentions: usize,
    /// What came of each try, oldest first; of many the first few and the last.
    pub tries: Vec<TryMadeView>,
    /// When a person took it out of the outbox.
    pub dropped: Option<DateTime<Utc>>,
    /// The notice that it waits for: what is told of one thing reaches a channel in turn.
    pub behind: Option<u64>,
}

/// A try to deliver a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryMadeView {
    pub at: DateTime<Utc>,
    /// `accepted`, `put off` or `refused`.
    pub outcome: String,
    pub answer: String,
}

impl NoticeView {
    /// Returns the view of a notice.
    pub fn of(notice: &Notice) -> Self {
        Self {
            id: notice.id.0,
            alert: notice.alert.clone(),
            to: notice.to.clone(),
            subject: notice.subject.clone(),
            state: notice.progress,
            created: notice.created,
            attempts: notice.attempts,
            next_attempt: notice.next_attempt,
            last_answer: notice.last_answer.clone(),
            message_id: notice.message_id.clone(),
            mentions: notice.enclosed.tells.len(),
            tries: notice.enclosed.tries.iter().map(made).collect(),
            dropped: notice.enclosed.dropped,
            behind: None,
        }
    }

    /// Returns the views of all that is in the outbox, oldest first.
    pub fn of_outbox(notices: &[Notice]) -> Vec<Self> {
        let mut line = Line::default();
        let mut view = |notice: &Notice| {
            let is_queued = notice.progress == Progress::Queued;
            let behind = if is_queued { line.join(notice) } else { None };
            Self { behind: behind.map(|id| id.0), ..Self::of(notice) }
        };
        notices.iter().map(&mut view).collect()
    }
}

fn made(one: &Try) -> TryMadeView {
    TryMadeView { at: one.at, outcome: one.word().to_owned(), answer: one.answer.clone() }
}
