//! Who of an alert's recipients is told no more, and is again: by order of somebody here, or of the recipient,
//! who follows the link in a mail.

use super::answer::find_alert;
use super::{AlertMove, Order, Refusal, Setting};
use crate::alert::{Alert, Unsubscribed};
use crate::delivery::one_click::same;
use crate::delivery::{Notice, Progress, outbox};
use crate::store::{Commit, Store, StoreError};
use crate::text::Language;
use chrono::{DateTime, Utc};

/// What the outbox and its ledger say of a notice that was never sent for that reason.
const WHY: &str = "not sent: the recipient unsubscribed";

/// Whose a link is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub alert: String,
    pub to: String,
    /// The language of the alert.
    pub language: Language,
    /// Whether the recipient is told.
    pub is_told: bool,
}

impl Standing {
    /// Returns the order after which the recipient is told, or not.
    pub fn wanting(&self, is_told: bool) -> Order {
        let to = self.to.clone();
        let moved =
            if is_told { AlertMove::Subscribe { to } } else { AlertMove::Unsubscribe { to } };
        Order::Alert(self.alert.clone(), moved)
    }
}

/// Returns whose a link with this token is; `None` where it is of nobody whom an alert has as a recipient.
pub fn standing(
    token: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<Option<Standing>, StoreError> {
    let key = store.link_key()?;
    for alert in &setting.rules.alerts {
        let mut to = alert.to.iter().filter(|to| to.contains('@'));
        if let Some(to) = to.find(|to| key.signed(token, &alert.name, to)) {
            return Ok(Some(Standing {
                alert: alert.name.clone(),
                to: to.clone(),
                language: alert.language,
                is_told: gone(&alert.name, to, store)?.is_none(),
            }));
        }
    }
    Ok(None)
}

/// Works out what it means that somebody is told no more by an alert, or is again. Twice is no fault: the
/// first time stands.
pub(super) fn act(
    name: &str,
    moved: &AlertMove,
    by: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let alert = find_alert(name, setting)?;
    match moved {
        AlertMove::Subscribe { to } => {
            let gone = gone(&alert.name, to, store)?;
            // Who is no recipient any more may still have been one.
            if gone.is_none() {
                find_recipient(alert, to)?;
            }
            let subscribed = gone.map(|gone| (gone.alert, gone.to)).into_iter().collect();
            Ok(Commit { subscribed, ..Commit::default() })
        }
        AlertMove::Unsubscribe { to } => {
            let to = find_recipient(alert, to)?;
            if gone(&alert.name, to, store)?.is_some() {
                return Ok(Commit::default());
            }
            let told = by != Unsubscribed::BY_LINK;
            let (alert, to, by) = (alert.name.clone(), same(to), by.to_owned());
            let notices = waiting(&alert, &to, store, now)?;
            Ok(Commit {
                dropped: notices.iter().map(|notice| notice.id).collect(),
                notices,
                unsubscribed: vec![Unsubscribed { alert, to, at: now, by, told }],
                ..Commit::default()
            })
        }
    }
}

/// Returns the notices of an alert that wait for a recipient, as they are when they never go.
fn waiting(
    alert: &str,
    to: &str,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<Notice>, StoreError> {
    let mut waiting = store.outbox()?;
    waiting.retain(|notice| {
        notice.alert == alert && notice.progress == Progress::Queued && same(&notice.to) == to
    });
    let dropped = |notice| {
        let notice = outbox::dropped(notice, now);
        Notice { last_answer: Some(WHY.to_owned()), ..notice }
    };
    Ok(waiting.into_iter().map(dropped).collect())
}

fn gone(alert: &str, to: &str, store: &dyn Store) -> Result<Option<Unsubscribed>, StoreError> {
    let to = same(to);
    Ok(store.unsubscribed()?.into_iter().find(|one| one.alert == alert && one.to == to))
}

fn find_recipient<'a>(alert: &'a Alert, to: &str) -> Result<&'a String, Refusal> {
    let known = alert.to.iter().find(|known| same(known) == same(to));
    known.ok_or_else(|| {
        let name = &alert.name;
        let addresses: Vec<String> = alert.to.iter().map(|known| same(known)).collect();
        Refusal::NotFound(match crate::text::nearest(to, addresses.iter().map(String::as_str)) {
            Some(near) => format!("recipient `{to}` of alert `{name}`; did you mean `{near}`?"),
            None => {
                format!("recipient `{to}` of alert `{name}`; it tells: {}", alert.to.join(", "))
            }
        })
    })
}
