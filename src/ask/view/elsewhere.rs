//! A ticket at other desks, as machines see it.

use crate::ask::Refusal;
use crate::delivery::desk::{Counterpart, Standing};
use crate::mention::TicketId;
use crate::store::Store;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is known of a ticket at one other desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElsewhereView {
    pub channel: String,
    /// What it is called there; null where it is not known to be there yet.
    pub number: Option<String>,
    /// Where people see it.
    pub url: Option<String>,
    /// When all was there that was to be; null while it is not there, or lacks its note.
    pub opened: Option<DateTime<Utc>>,
    pub standing: Standing,
    /// The desk's own word for that.
    pub status: Option<String>,
    /// When it was last asked.
    pub asked: Option<DateTime<Utc>>,
}

impl ElsewhereView {
    pub(in crate::ask) fn of(there: Counterpart) -> Self {
        let number = Some(there.called().to_owned()).filter(|called| !called.is_empty());
        let Counterpart { channel, url, opened, standing, word, asked, .. } = there;
        Self { channel, number, url, opened, standing, status: word, asked }
    }

    /// Returns it in a few words.
    pub fn words(&self) -> String {
        let number = self.number.as_deref().map(|number| format!(" {number}")).unwrap_or_default();
        let url = self.url.as_deref().map(|url| format!(" {url}")).unwrap_or_default();
        let how = match (&self.status, self.standing) {
            _ if self.opened.is_none() && self.number.is_none() => " (not opened yet)".to_owned(),
            (Some(status), _) => format!(" ({status})"),
            (None, Standing::Open) => String::new(),
            (None, Standing::Settled) => " (settled)".to_owned(),
            (None, Standing::Gone) => " (gone)".to_owned(),
        };
        let lacks = if self.opened.is_none() && self.number.is_some() {
            " (its note is lacking: `vahti outbox` says why)"
        } else {
            ""
        };
        format!("{}{number}{how}{lacks}{url}", self.channel)
    }
}

/// Returns what is known of a ticket at all other desks.
pub(super) fn views(id: TicketId, store: &dyn Store) -> Result<Vec<ElsewhereView>, Refusal> {
    Ok(store.counterparts_of(id)?.into_iter().map(ElsewhereView::of).collect())
}
