//! An alert, as machines see it: whom it tells, and who wants to be told no more.

use crate::alert::{Alert, Unsubscribed};
use crate::ask::{Refusal, Setting};
use crate::delivery::one_click::same;
use crate::pipeline::tell;
use crate::store::Store;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertInFullView {
    pub name: String,
    pub language: String,
    /// When it spoke last.
    pub last: Option<DateTime<Utc>>,
    /// Null for one that speaks as it happens, unless it keeps something back until then.
    pub next: Option<DateTime<Utc>>,
    /// How many mentions it keeps back.
    pub held: usize,
    pub recipients: Vec<RecipientView>,
}

/// A recipient of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientView {
    pub to: String,
    /// Since when it is told no more; null while it is told.
    pub unsubscribed: Option<DateTime<Utc>>,
    /// Who did that.
    pub by: Option<String>,
}

impl AlertInFullView {
    pub(in crate::ask) fn of(
        alert: &Alert,
        setting: &Setting<'_>,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let (next, held) = tell::speaks_next(alert, setting.rules, store, now)?;
        Ok(Self {
            name: alert.name.clone(),
            language: alert.language.to_string(),
            last: store.alert(&alert.name)?.and_then(|state| state.spoke.or(state.last)),
            next,
            held,
            recipients: recipients(alert, store)?,
        })
    }
}

/// Returns the recipients of an alert in its order.
pub(super) fn recipients(alert: &Alert, store: &dyn Store) -> Result<Vec<RecipientView>, Refusal> {
    let gone = store.unsubscribed()?;
    let view = |to: &String| {
        let key = same(to);
        let gone = gone.iter().find(|one| one.alert == alert.name && one.to == key);
        RecipientView {
            to: to.clone(),
            unsubscribed: gone.map(|Unsubscribed { at, .. }| *at),
            by: gone.map(|Unsubscribed { by, .. }| by.clone()),
        }
    };
    Ok(alert.to.iter().map(view).collect())
}
