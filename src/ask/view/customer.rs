//! A customer, as machines see it.

use super::HistoryView;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A customer: everything that is known of them, under all their handles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerView {
    /// What to call them; null where that is not known.
    pub name: Option<String>,
    /// Their handles, in the order of the alphabet; several only where somebody linked them.
    pub handles: Vec<HandleView>,
    /// Mentions by them.
    pub mentions: u64,
    /// When anything was last heard of them: a mention or a rating.
    pub last_heard: Option<DateTime<Utc>>,
    /// How often they rated what was done, and the mean, from 1 to 5.
    pub ratings: u64,
    pub mean_rating: Option<f64>,
    /// Oldest first.
    pub tickets: Vec<HistoryView>,
    /// Who said which handles are one, and who took it back; oldest first.
    pub links: Vec<LinkView>,
}

/// One handle of a customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HandleView {
    /// What names it in commands: the site, and who they are there.
    pub customer: String,
    pub site: String,
    /// Handle, address or name on that site.
    pub who: String,
    /// What they called themselves there last.
    pub name: Option<String>,
    pub tickets: u64,
    pub mentions: u64,
    pub last_heard: Option<DateTime<Utc>>,
}

/// A link between two handles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkView {
    pub one: String,
    pub other: String,
    pub by: String,
    pub at: DateTime<Utc>,
    /// Null while it holds.
    pub parted_by: Option<String>,
    pub parted_at: Option<DateTime<Utc>>,
}
