//! When a post was written, as its page says it.

use crate::source::feed::date;
use crate::source::forum::page::{Ledger, Page};
use crate::source::forum::preset::Field;
use crate::source::forum::text::Item;
use chrono::{DateTime, Utc};

/// Attributes that hold a date where a selector names none.
const USUAL: [&str; 3] = ["datetime", "data-time", "content"];

impl Page<'_> {
    /// Returns the date that `field` says.
    pub(super) fn date(
        &self,
        item: &Item<'_>,
        field: Field,
        ledger: &mut Ledger<'_>,
    ) -> Option<DateTime<Utc>> {
        let steps = self.selectors(ledger, field);
        let found = steps.iter().enumerate().find_map(|(number, step)| {
            let mut values = item.find(step).filter_map(|element| {
                step.value(&element, &USUAL, crate::source::forum::text::line)
            });
            let date = values.find_map(|value| date::parse(&value))?;
            Some((number, date))
        });
        let (number, date) = found?;
        ledger.note(field, number, 1);
        Some(date)
    }

    /// Returns what an attribute that software wrote for software says of `field`.
    pub(super) fn machine_date(
        &self,
        item: &Item<'_>,
        ledger: &Ledger<'_>,
        field: Field,
    ) -> Option<String> {
        let steps = self.selectors(ledger, field);
        let machine = steps.iter().filter(|step| step.is_attribute());
        machine
            .flat_map(|step| item.find(step).filter_map(|e| step.value(&e, &[], |_| String::new())))
            .next()
    }
}
