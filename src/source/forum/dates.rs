//! When a post was written, as its page says it: by what software wrote for software, else by what
//! people see, in the zone that the page states.

use crate::source::forum::page::{Ledger, Page};
use crate::source::forum::preset::{Field, Preset};
use crate::source::forum::selector::Step;
use crate::source::forum::text::{Item, line};
use crate::text::date::{Reading, order_of, stated_zone};
use chrono::{DateTime, Utc};
use ego_tree::NodeId;
use ego_tree::iter::Edge;
use std::collections::HashSet;

/// Attributes that hold a date where a selector names none.
const USUAL: [&str; 3] = ["datetime", "data-time", "content"];
/// The most of a page that is looked through for the zone it states.
const MOST_ZONE_BYTES: usize = 256 * 1024;
/// A longer text is no date with a few words around it.
const MOST_DATE_CHARS: usize = 300;

impl Page<'_> {
    /// Returns how the dates of the items on this page are to be read.
    pub(super) fn reading(&self, items: &[Item<'_>], preset: &Preset, field: Field) -> Reading {
        let steps = preset.selectors.get(field);
        let left_out: HashSet<NodeId> = items.iter().map(|item| item.element.id()).collect();
        let texts: Vec<String> = items.iter().flat_map(|item| written(item, steps)).collect();
        Reading {
            now: self.options.now,
            zone: self
                .stated_zone(&left_out)
                .unwrap_or(preset.zone.unwrap_or(self.options.zone).into()),
            order: order_of(texts.iter().map(String::as_str)),
        }
    }

    /// Returns the zone that the page states outside of its posts, where anybody may write anything.
    fn stated_zone(&self, left_out: &HashSet<NodeId>) -> Option<crate::text::date::Zone> {
        let mut text = String::new();
        let mut skipped: Option<NodeId> = None;
        for edge in self.html.root_element().traverse() {
            match edge {
                Edge::Open(node) if skipped.is_none() => match node.value().as_text() {
                    _ if left_out.contains(&node.id()) => skipped = Some(node.id()),
                    Some(words) if text.len() < MOST_ZONE_BYTES => {
                        text.push(' ');
                        text.push_str(words);
                    }
                    _ => {}
                },
                Edge::Close(node) if skipped == Some(node.id()) => skipped = None,
                Edge::Open(_) | Edge::Close(_) => {}
            }
        }
        stated_zone(&text).map(Into::into)
    }
}

/// Returns what an attribute that software wrote for software says of `field`.
pub(super) fn machine_date(item: &Item<'_>, ledger: &Ledger<'_>, field: Field) -> Option<String> {
    let mut machine = ledger.selectors.get(field).iter().filter(|step| step.is_attribute());
    machine.find_map(|step| item.find(step).find_map(|e| step.value(&e, &[], |_| String::new())))
}

/// Returns the date that `field` says.
pub(super) fn date(
    reading: &Reading,
    item: &Item<'_>,
    field: Field,
    ledger: &mut Ledger<'_>,
) -> Option<DateTime<Utc>> {
    let steps = ledger.selectors.get(field);
    let found = steps.iter().enumerate().find_map(|(number, step)| {
        let mut values = item.find(step).filter_map(|element| step.value(&element, &USUAL, line));
        Some((number, values.find_map(|value| read(reading, &value))?))
    });
    let (number, date) = found?;
    ledger.note(field, number, 1);
    Some(date)
}

/// Reads a date that may have a few words around it.
pub(super) fn read(reading: &Reading, text: &str) -> Option<DateTime<Utc>> {
    let is_short = text.chars().count() <= MOST_DATE_CHARS;
    is_short.then(|| reading.date(text)).flatten()
}

/// Returns the texts in which people read the dates of an item.
fn written<'a>(item: &'a Item<'_>, steps: &'a [Step]) -> impl Iterator<Item = String> + 'a {
    let values = |step: &'a Step| item.find(step).find_map(|e| step.value(&e, &USUAL, line));
    steps.iter().filter_map(values).filter(|text| text.chars().count() <= MOST_DATE_CHARS)
}
