//! When an alert may speak: `timezone`, `quiet_hours`, `business_days` and `cooldown` of an `[[alert]]`.

use super::draft;
use super::reader::Table;
use super::value::Value;
use crate::alert::{Frequency, Pace};
use crate::schedule::holidays::Days;
use crate::schedule::hours::{self, Hours};
use chrono::TimeDelta;
use chrono_tz::Tz;

/// The longest time that an alert is silent after a message.
const LONGEST_COOLDOWN: TimeDelta = TimeDelta::days(1);

/// What an alert says of when it may speak.
#[derive(Default)]
pub(super) struct Draft {
    zone: Option<Tz>,
    quiet: Option<(u16, u16)>,
    business_days: bool,
    cooldown: TimeDelta,
}

/// Reads it from the table of an alert that speaks so often.
pub(super) fn read(table: &Table<'_>, frequency: Option<&Frequency>) -> Draft {
    let boolean = |name| table.take(name).and_then(|value| value.boolean()).unwrap_or_default();
    Draft {
        zone: table.take("timezone").and_then(|value| draft::zone(&value)),
        quiet: table.take("quiet_hours").and_then(|value| quiet(&value)),
        business_days: boolean("business_days"),
        cooldown: cooldown(table, frequency).unwrap_or_default(),
    }
}

impl Draft {
    /// Returns when the alert may speak, where the file has this `zone` and the desk is closed on these days.
    pub(super) fn finished(self, zone: Tz, closed: &[Days]) -> Pace {
        let zone = self.zone.unwrap_or(zone);
        let is_bound = self.quiet.is_some() || self.business_days;
        let hours = is_bound.then(|| Hours::all_but(self.quiet, self.business_days).in_zone(zone));
        let hours = match hours {
            Some(hours) if self.business_days => Some(hours.closed_on(closed.to_vec())),
            hours => hours,
        };
        Pace { zone, hours, cooldown: self.cooldown }
    }
}

fn quiet(value: &Value<'_>) -> Option<(u16, u16)> {
    let hint = "write \"22:00-07:00\"";
    let read = hours::quiet(value.words()?.trim());
    read.map_err(|fault| value.fault(fault, Some(hint.into()))).ok()
}

fn cooldown(table: &Table<'_>, frequency: Option<&Frequency>) -> Option<TimeDelta> {
    let value = table.take("cooldown")?;
    if value.is.as_str() == Some("0") {
        return None;
    }
    if matches!(frequency, Some(Frequency::Periodic(_))) {
        value.fault_at_key(
            "`cooldown` goes with as-it-happens; others have their times",
            Some("leave it out, or write frequency = \"as-it-happens\"".into()),
        );
        return None;
    }
    let cooldown = TimeDelta::from_std(value.duration()?).ok();
    let cooldown = cooldown.filter(|cooldown| *cooldown <= LONGEST_COOLDOWN);
    if cooldown.is_none() {
        value.fault("a cooldown is a day at most", Some("write \"30m\"".into()));
    }
    cooldown
}
