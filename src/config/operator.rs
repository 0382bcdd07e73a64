//! `[operator]`: who hears of failing sources, dead notices, a full disk, a canary that is lost.

use super::Operator;
use super::alerts::{Recipients, recipients};
use super::problem::Spot;
use super::reader::Table;
use super::value::Value;
use chrono::TimeDelta;

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
    let told = to.as_ref().map(|value| recipients(value, "there is nobody to tell"));
    let canary = table.take("canary").and_then(|value| canary(&value));
    let canary_to = table.take("canary_to");
    let canary_to = canary_to.map(|value| recipients(&value, "the canary goes to nobody"));
    table.finish();
    let is_read = told.is_some();
    let Recipients { to, mail, mut channels } = told.unwrap_or_default();
    let its = canary_to.unwrap_or_default();
    channels.extend(its.channels);
    let operator = Operator { to, canary, canary_to: its.to };
    Draft { config: is_read.then_some(operator), to: mail.or(its.mail), channels }
}

/// Reads how often a canary is let out.
fn canary(value: &Value<'_>) -> Option<TimeDelta> {
    let every = TimeDelta::from_std(value.duration()?).unwrap_or(TimeDelta::MAX);
    if !(TimeDelta::seconds(10)..=TimeDelta::days(7)).contains(&every) {
        value.fault("not from 10 seconds to 7 days", Some("write canary = \"6h\"".into()));
        return None;
    }
    Some(every)
}
