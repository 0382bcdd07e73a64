//! `[operator]`: who hears of failing sources, dead notices, a full disk.

use super::Operator;
use super::alerts::recipients;
use super::problem::Spot;
use super::reader::Table;

/// The operator as read, and what can only be checked when all files are.
#[derive(Default)]
pub(super) struct Draft {
    /// `None` where something is wrong with it.
    pub(super) config: Option<Operator>,
    /// Where the recipients stand.
    pub(super) to: Option<Spot>,
}

pub(super) fn read(table: Table<'_>) -> Draft {
    let to = table.need("to", "to = [\"ops@acme.example\"]");
    let recipients = to.as_ref().map(|value| recipients(value, "there is nobody to tell"));
    table.finish();
    Draft { config: recipients.map(|to| Operator { to }), to: to.map(|value| value.spot()) }
}
