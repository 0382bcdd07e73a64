//! Of several tickets of one event a digest shows one.

use super::TicketLine;
use crate::brand::BrandName;
use crate::enrich::Priority;
use crate::mention::{Mention, MentionId, TicketId};
use crate::store::{Listed, Store, StoreError};
use crate::ticket::Ticket;
use std::collections::{BTreeMap, BTreeSet};

/// Counts the tickets of each incident, and leaves of its mentions the first, which speaks for all.
pub(super) fn one_line_an_incident(
    wanted: &mut Vec<Mention>,
    lines: &mut BTreeMap<TicketId, TicketLine>,
    new_tickets: &BTreeMap<TicketId, Ticket>,
    store: &dyn Store,
) -> Result<(), StoreError> {
    let told: BTreeSet<TicketId> =
        lines.values().filter_map(|line| Some(line.incident?.0)).collect();
    if told.is_empty() {
        return Ok(());
    }
    let mut totals: BTreeMap<TicketId, u64> = BTreeMap::new();
    for first in told {
        let stored = store.listed(Listed::Incident(first))?.into_iter();
        let stored = stored.filter(|id| !new_tickets.contains_key(id)).count();
        let is_new = |ticket: &&Ticket| ticket.facts().incident == Some(first);
        let new = new_tickets.values().filter(is_new).count();
        totals.insert(first, u64::try_from(stored + new).unwrap_or(u64::MAX));
    }
    for line in lines.values_mut() {
        if let Some((first, tickets)) = &mut line.incident {
            *tickets = totals.get(first).copied().unwrap_or(1);
        }
    }
    // The most pressing one speaks for all.
    let of = |mention: &Mention| {
        let line = mention.ticket.and_then(|id| lines.get(&id))?;
        let (first, _) = line.incident?;
        Some(((first, mention.brand.clone()), line.priority))
    };
    let mut most: BTreeMap<(TicketId, BrandName), (Priority, MentionId)> = BTreeMap::new();
    for (event, priority, mention) in
        wanted.iter().filter_map(|it| of(it).map(|(event, priority)| (event, priority, it)))
    {
        let best = most.entry(event).or_insert_with(|| (priority, mention.id.clone()));
        if priority > best.0 {
            *best = (priority, mention.id.clone());
        }
    }
    let speaks = |mention: &Mention| {
        let Some((event, _)) = of(mention) else { return true };
        most.get(&event).is_some_and(|(_, id)| *id == mention.id)
    };
    let speaking: BTreeSet<MentionId> =
        wanted.iter().filter(|it| speaks(it)).map(|it| it.id.clone()).collect();
    wanted.retain(|mention| speaking.contains(&mention.id));
    let kept: BTreeSet<TicketId> = wanted.iter().filter_map(|mention| mention.ticket).collect();
    lines.retain(|id, line| line.incident.is_none() || kept.contains(id));
    Ok(())
}
