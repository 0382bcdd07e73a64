//! Who of an alert's recipients is told no more, because they said so.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A recipient who is told no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsubscribed {
    pub alert: String,
    /// By what the recipient is known: see [`same`](crate::delivery::one_click::same).
    pub to: String,
    pub at: DateTime<Utc>,
    /// Who did it: [`Unsubscribed::BY_LINK`], or the name of an account.
    pub by: String,
    /// Whether the operator need not be told any more.
    pub told: bool,
}

impl Unsubscribed {
    /// Who did it where the recipient followed the link in a mail.
    pub const BY_LINK: &str = "the link in the mail";
}
