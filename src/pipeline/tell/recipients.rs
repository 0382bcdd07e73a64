//! Who of an alert's recipients is told, and what each is told with: a notice of their own, with the link by
//! which they are told no more.

use super::{Said, notices};
use crate::alert::Alert;
use crate::delivery::Notice;
use crate::delivery::one_click::same;
use crate::pipeline::Rules;
use crate::store::{Store, StoreError};
use chrono::{DateTime, Utc};

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
