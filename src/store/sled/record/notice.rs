//! Notices. What goes with one stands behind its record as JSON, because it may gain fields.

use super::{Unreadable, micros, time, versioned, write};
use crate::delivery::{Enclosed, Notice, NoticeId, Progress};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct NoticeRecord {
    id: u64,
    alert: String,
    to: String,
    subject: String,
    text: String,
    html: String,
    message_id: String,
    created: i64,
    progress: Progress,
    attempts: u32,
    next_attempt: i64,
    last_answer: Option<String>,
}

/// Writes a notice under the number it gets.
pub(in crate::store::sled) fn notice(notice: &Notice, id: NoticeId) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = write(&NoticeRecord {
        id: id.0,
        alert: notice.alert.clone(),
        to: notice.to.clone(),
        subject: notice.subject.clone(),
        text: notice.text.clone(),
        html: notice.html.clone(),
        message_id: notice.message_id.clone(),
        created: micros(notice.created),
        progress: notice.progress,
        attempts: notice.attempts,
        next_attempt: micros(notice.next_attempt),
        last_answer: notice.last_answer.clone(),
    })?;
    if notice.enclosed != Enclosed::default() {
        serde_json::to_writer(&mut bytes, &notice.enclosed)
            .map_err(|error| Unreadable(format!("a notice cannot be written: {error}")))?;
    }
    Ok(bytes)
}

/// Reads a notice.
pub(in crate::store::sled) fn read_notice(bytes: &[u8]) -> Result<Notice, Unreadable> {
    let (record, rest): (NoticeRecord, _) = postcard::take_from_bytes(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("a record does not read back: {error}")))?;
    let enclosed = if rest.is_empty() {
        Enclosed::default()
    } else {
        serde_json::from_slice(rest)
            .map_err(|error| Unreadable(format!("a notice does not read back: {error}")))?
    };
    Ok(Notice {
        id: NoticeId(record.id),
        alert: record.alert,
        to: record.to,
        subject: record.subject,
        text: record.text,
        html: record.html,
        message_id: record.message_id,
        created: time(record.created)?,
        progress: record.progress,
        attempts: record.attempts,
        next_attempt: time(record.next_attempt)?,
        last_answer: record.last_answer,
        enclosed,
    })
}
