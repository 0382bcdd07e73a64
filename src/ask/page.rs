//! The page that people look at: a week of each brand, and its tickets.

use super::{Refusal, Setting};
use crate::digest::page::{Stand, render};
use crate::pipeline::{hand, volume};
use crate::store::{Listed, Store};
use crate::text::Language;
use crate::ticket::Status;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Returns the page.
pub fn page(
    language: Language,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<String, Refusal> {
    let rules = setting.rules;
    let mut tickets: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for ticket in hand::listed(Listed::Open, rules, store, now)? {
        let facts = ticket.facts();
        let is_open = matches!(facts.status, Status::New | Status::Open | Status::Answered);
        for brand in &facts.brands {
            let (open, overdue) = tickets.entry(brand.0.clone()).or_default();
            *open += u64::from(is_open);
            *overdue += u64::from(ticket.is_overdue(now));
        }
    }
    let stands = volume::of_a_week(&rules.brands, now, store)?.into_iter().map(|volume| {
        let (open, overdue) = tickets.get(&volume.brand.0).copied().unwrap_or_default();
        Stand { volume, open, overdue }
    });
    Ok(render(&stands.collect::<Vec<_>>(), language, rules.zone, now))
}
