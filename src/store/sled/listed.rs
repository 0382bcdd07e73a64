//! Which tickets there are of a kind, without reading them all: the tree `listed` names each ticket under
//! all that is asked for. What stands there follows from the ticket alone, and is written with it.

use super::{Aborted, SledStore, counter, disk, key, record};
use crate::mention::TicketId;
use crate::store::{Fault, Listed, StoreError};
use crate::ticket::{Facts, Status, Ticket, route};
use chrono::{DateTime, Utc};
use sled::transaction::TransactionalTree;
use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

/// The version of what is listed, and how: of a store that has another one all is listed anew.
const VERSION: u64 = 1;

/// How many keys are written at once when all is listed anew.
const AT_ONCE: usize = 10_000;

/// Returns every key under which a ticket stands.
fn keys(facts: &Facts) -> BTreeSet<Vec<u8>> {
    let of = |what: Listed<'_>| key::listed(&what, facts.id);
    let mut keys = BTreeSet::from([of(Listed::Touched { since: touched(facts) })]);
    if facts.status != Status::Closed {
        keys.insert(of(Listed::Open));
    }
    if facts.may_rise() {
        keys.insert(of(Listed::Rising));
    }
    if let Some(who) = facts.assignee.as_deref().filter(|_| route::is_work(facts)) {
        keys.insert(of(Listed::WorkOf(who)));
    }
    if let Some(who) = route::given(facts) {
        keys.insert(of(Listed::GivenTo(who)));
    }
    if let Some(first) = facts.incident {
        keys.insert(of(Listed::Incident(first)));
    }
    if let Some(heard) = facts.heard() {
        keys.insert(of(Listed::Heard { since: heard, until: heard }));
    }
    keys
}

/// Returns when something was last done with a ticket.
fn touched(facts: &Facts) -> DateTime<Utc> {
    facts.log.iter().map(|line| line.at).max().unwrap_or(facts.opened)
}

/// Lists a ticket as it is now, and no longer as it was.
pub(super) fn write(
    listed: &TransactionalTree,
    old: Option<&Ticket>,
    new: &Ticket,
) -> Result<(), Aborted> {
    let old = old.map(|old| keys(old.facts())).unwrap_or_default();
    let new = keys(new.facts());
    for key in old.difference(&new) {
        listed.remove(key.as_slice())?;
    }
    for key in new.difference(&old) {
        listed.insert(key.as_slice(), &[])?;
    }
    Ok(())
}

/// Lists all tickets of a store that was written before they were listed, or listed otherwise.
pub(super) fn complete(store: &SledStore) -> Result<(), StoreError> {
    if store.counter(counter::LISTED)? == VERSION {
        return Ok(());
    }
    store.trees.listed.clear().map_err(disk)?;
    let mut batch = Vec::with_capacity(AT_ONCE);
    for value in store.trees.tickets.iter().values() {
        // One that does not read back is for `fsck` to tell.
        if let Ok(ticket) = record::read_ticket(&value.map_err(store.broken())?) {
            batch.extend(keys(ticket.facts()));
        }
        if batch.len() >= AT_ONCE {
            insert(store, &mut batch)?;
        }
    }
    insert(store, &mut batch)?;
    // Last: a store that was cut off before this is listed once more.
    store.trees.meta.insert(counter::LISTED, &key::number(VERSION)).map_err(disk)?;
    Ok(())
}

fn insert(store: &SledStore, keys: &mut Vec<Vec<u8>>) -> Result<(), StoreError> {
    let mut batch = sled::Batch::default();
    for key in keys.drain(..) {
        batch.insert(key, &[]);
    }
    store.trees.listed.apply_batch(batch).map_err(disk)
}

impl SledStore {
    /// Returns the numbers of the tickets that are listed so, in the order of their keys.
    pub(super) fn listed_ids(
        &self,
        what: &Listed<'_>,
    ) -> impl DoubleEndedIterator<Item = Result<TicketId, StoreError>> + '_ {
        let range = key::listed_range(what);
        // One that ends before it begins holds nothing; sled is not asked for such.
        let range = if range.start < range.end { range } else { Vec::new()..Vec::new() };
        self.trees.listed.range(range).keys().map(|key| {
            let key = key.map_err(self.broken())?;
            Ok(TicketId(key::read_number(&key).unwrap_or(0)))
        })
    }
}

/// Holds what is listed against the tickets.
pub(super) fn check(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    let mut found = 0_u64;
    for value in store.trees.tickets.iter().values() {
        let Ok(ticket) = record::read_ticket(&value.map_err(store.broken())?) else { continue };
        let facts = ticket.facts();
        let mut is_missing = false;
        for key in keys(facts) {
            let is_there = store.trees.listed.contains_key(key).map_err(store.broken())?;
            found += u64::from(is_there);
            is_missing |= !is_there;
        }
        if is_missing {
            faults.push(Fault(format!("ticket {} is missing where tickets are listed", facts.id)));
        }
    }
    let there = super::check::entries(store, &store.trees.listed)?;
    if there > found {
        let more = there - found;
        faults.push(Fault(format!("{more} entries list a ticket where it does not belong")));
    }
    Ok(())
}
