//! `[operator]`: who hears of failing sources, dead notices, a full disk.

use super::Operator;
use super::alerts::{Recipients, recipients};
use super::problem::Spot;
use super::reader::Table;

/// The operator as read, and what can only be checked when all files are.
#[derive(Default)]
pub(super) struct Draft {
    /// `None` where something is wrong with it.
    pub(super) config: Option<Operator>,
    /// Where the recipients stand, if one of them is a mail address.
    pub(super) to: Option<Spot>,
    /// The channels among them.
    pub(super) channels: Vec<(String, Spot)>,
}

pub(super) fn read(table: Table<'_>) -> Draft {
    let to = table.need("to", "to = [\"ops@acme.example\"]");
    let recipients = to.as_ref().map(|value| recipients(value, "there is nobody to tell"));
    table.finish();
    let is_read = recipients.is_some();
    let Recipients { to, mail, channels } = recipients.unwrap_or_default();
    Draft { config: is_read.then_some(Operator { to }), to: mail, channels }
}
