//! Who of an alert's recipients is told, and what each is told with: a notice of their own, with the link by
//! which they are told no more.

use super::Said;
use crate::alert::Alert;
use crate::delivery::one_click::same;
use crate::delivery::{Notice, NoticeId, Progress};
use crate::mention::PostKey;
use crate::pipeline::Rules;
use crate::store::{Store, StoreError};
use chrono::{DateTime, Utc};
use std::fmt::Write;

/// Returns the recipients of an alert but those who said that they want to be told no more.
pub fn recipients(alert: &Alert, store: &dyn Store) -> Result<Vec<String>, StoreError> {
    left(&alert.name, &alert.to, store)
}

/// Returns those of `to` who did not say of the alert that they want to be told no more.
fn left(alert: &str, to: &[String], store: &dyn Store) -> Result<Vec<String>, StoreError> {
    let mut gone = store.unsubscribed()?;
    gone.retain(|one| one.alert == alert);
    let is_left = |to: &&String| gone.is_empty() || gone.iter().all(|one| one.to != same(to));
    Ok(to.iter().filter(is_left).cloned().collect())
}

/// Returns one notice for each recipient of an alert who is told, ready for the outbox.
pub(in crate::pipeline) fn to_all(
    alert: &Alert,
    said: &Said,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<Notice>, StoreError> {
    to_these(alert, &alert.to, said, rules, store, now)
}

/// The same for these recipients, of whom those are left out who are told no more.
pub(in crate::pipeline) fn to_these(
    alert: &Alert,
    to: &[String],
    said: &Said,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<Notice>, StoreError> {
    let mut notices = notices(&alert.name, &left(&alert.name, to, store)?, said, now);
    for notice in &mut notices {
        notice.enclosed.one_click = one_click(&alert.name, &notice.to, rules, store)?;
    }
    Ok(notices)
}

/// Returns the link by which a recipient is told no more; `None` where the page is not reachable, and for a
/// channel.
pub fn one_click(
    alert: &str,
    to: &str,
    rules: &Rules,
    store: &dyn Store,
) -> Result<Option<String>, StoreError> {
    match &rules.one_click {
        Some(public) if to.contains('@') => Ok(Some(store.link_key()?.link(public, alert, to))),
        _ => Ok(None),
    }
}

/// Returns one notice for each recipient, ready for the outbox.
pub(in crate::pipeline) fn notices(
    alert: &str,
    recipients: &[String],
    said: &Said,
    now: DateTime<Utc>,
) -> Vec<Notice> {
    recipients
        .iter()
        .map(|to| Notice {
            id: NoticeId(0),
            alert: alert.to_owned(),
            to: to.clone(),
            subject: said.subject.clone(),
            text: said.text.clone(),
            html: said.html.clone(),
            message_id: message_id(alert, to, &said.text, now),
            created: now,
            progress: Progress::Queued,
            attempts: 0,
            next_attempt: now,
            last_answer: None,
            enclosed: said.enclosed.clone(),
        })
        .collect()
}

/// Returns a `Message-ID` that belongs to this notice alone, and stays with it.
fn message_id(alert: &str, to: &str, text: &str, now: DateTime<Utc>) -> String {
    let PostKey(hash) = PostKey::of(&[alert, to, text, &now.timestamp_micros().to_string()]);
    hash.iter().fold(String::new(), |mut id, byte| {
        // Writing into a string does not fail.
        let _unfailing = write!(id, "{byte:02x}");
        id
    })
}
