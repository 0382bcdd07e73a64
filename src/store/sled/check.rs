//! Reading everything and holding one thing against the other: what `vahti fsck` does.

use super::{SledStore, counter, key, ledger, listed, record};
use crate::mention::{Mention, PostKey, TicketId};
use crate::store::{Fault, Sequence, Store, StoreError};
use std::collections::{BTreeSet, HashMap, HashSet};

mod customers;
#[cfg(test)]
mod tests;

/// Returns everything that is wrong with the store. Stops at the first page that cannot be read:
/// sled would give the same error for ever.
pub(super) fn check(store: &SledStore) -> Result<Vec<Fault>, StoreError> {
    let mut faults = Vec::new();
    let tickets = check_tickets(store, &mut faults)?;
    let count = check_mentions(store, &tickets, &mut faults)?;
    check_indexes(store, count, &mut faults)?;
    check_rest(store, &mut faults)?;
    customers::check(store, &tickets, &mut faults)?;
    check_prints(store, &mut faults)?;
    check_own_replies(store, &mut faults)?;
    store.check_kept(&mut faults)?;
    listed::check(store, &mut faults)?;
    ledger::check(store, &mut faults)?;
    Ok(faults)
}

fn check_tickets(
    store: &SledStore,
    faults: &mut Vec<Fault>,
) -> Result<HashSet<TicketId>, StoreError> {
    let mut known = HashSet::new();
    let last = store.counter(counter::TICKET)?;
    for entry in &store.trees.tickets {
        let (key, value) = entry.map_err(store.broken())?;
        let number = key::read_number(&key).unwrap_or(0);
        match record::read_ticket(&value) {
            Ok(ticket) => {
                let facts = ticket.facts();
                known.insert(facts.id);
                if let Err(what) = ticket.verify() {
                    faults.push(Fault(format!("ticket {number}: {what}")));
                }
                if facts.id.0 != number || number > last {
                    faults.push(Fault(format!("ticket {number} is stored under a wrong number")));
                }
                if store.mention(&facts.mention)?.is_none() {
                    faults.push(Fault(format!(
                        "ticket {number}: its mention {} is gone",
                        facts.mention
                    )));
                }
            }
            Err(error) => faults.push(Fault(format!("ticket {number}: {}", error.0))),
        }
    }
    Ok(known)
}

fn check_mentions(
    store: &SledStore,
    tickets: &HashSet<TicketId>,
    faults: &mut Vec<Fault>,
) -> Result<u64, StoreError> {
    let mut count = 0;
    for entry in &store.trees.mentions {
        let (key, value) = entry.map_err(store.broken())?;
        let name = String::from_utf8_lossy(&key).into_owned();
        count += 1;
        match record::read_mention(&value) {
            Ok((place, mention)) => {
                check_mention(store, &mention, place, tickets, faults)?;
                if mention.id.0 != name {
                    faults.push(Fault(format!("mention {name} is stored under a wrong name")));
                }
            }
            Err(error) => faults.push(Fault(format!("mention {name}: {}", error.0))),
        }
    }
    Ok(count)
}

fn check_mention(
    store: &SledStore,
    mention: &Mention,
    place: Sequence,
    tickets: &HashSet<TicketId>,
    faults: &mut Vec<Fault>,
) -> Result<(), StoreError> {
    let id = mention.id.0.as_bytes();
    let timed =
        store.trees.by_time.get(key::time(mention.time(), place)).map_err(store.broken())?;
    if timed.as_deref() != Some(id) {
        faults.push(Fault(format!("mention {} is missing in the index of times", mention.id)));
    }
    let placed = store.trees.by_place.get(key::number(place.0)).map_err(store.broken())?;
    if placed.as_deref() != Some(id) {
        faults.push(Fault(format!("mention {} is missing in the index of places", mention.id)));
    }
    if mention.ticket.is_some_and(|ticket| !tickets.contains(&ticket)) {
        faults.push(Fault(format!("mention {}: its ticket is gone", mention.id)));
    }
    Ok(())
}

fn check_indexes(
    store: &SledStore,
    mentions: u64,
    faults: &mut Vec<Fault>,
) -> Result<(), StoreError> {
    let counts: HashMap<&str, u64> = HashMap::from([
        ("the counter of mentions", store.counter(counter::MENTIONS)?),
        ("the index of times", entries(store, &store.trees.by_time)?),
        ("the index of places", entries(store, &store.trees.by_place)?),
    ]);
    for (what, count) in counts {
        if count != mentions {
            faults.push(Fault(format!("{what} knows {count} mentions, and {mentions} are stored")));
        }
    }
    Ok(())
}

fn check_rest(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    for entry in &store.trees.sources {
        let (key, value) = entry.map_err(store.broken())?;
        if let Err(error) = record::read_source(&value) {
            let name = String::from_utf8_lossy(&key).into_owned();
            faults.push(Fault(format!("source {name}: {}", error.0)));
        }
    }
    for tree in [&store.trees.outbox, &store.trees.sent, &store.trees.repeatable] {
        for entry in tree {
            let (key, value) = entry.map_err(store.broken())?;
            if let Err(error) = record::read_notice(&value) {
                let number = key::read_number(&key).unwrap_or(0);
                faults.push(Fault(format!("notice {number}: {}", error.0)));
            }
        }
    }
    if let Err(error) = store.reported() {
        faults.push(Fault(format!("what the operator was told: {error}")));
    }
    check_markings(store, faults)?;
    if let Err(error) = store.counterparts() {
        faults.push(Fault(format!("what is known of tickets at other desks: {error}")));
    }
    for value in store.trees.alerts.iter().values() {
        if let Err(error) = record::read_alert(&value.map_err(store.broken())?) {
            faults.push(Fault(format!("an alert: {}", error.0)));
        }
    }
    Ok(())
}

fn check_markings(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    let last = store.counter(counter::MARKING)?;
    for entry in &store.trees.markings {
        let (key, value) = entry.map_err(store.broken())?;
        let number = key::read_number(&key).unwrap_or(0);
        match record::read_marking(&value) {
            Ok(marking) if marking.id.0 != number || number > last => {
                faults.push(Fault(format!("mark {number} is stored under a wrong number")));
            }
            Ok(_) => {}
            Err(error) => faults.push(Fault(format!("mark {number}: {}", error.0))),
        }
    }
    Ok(())
}

/// Looks whether every fingerprint is of a mention that is there.
fn check_prints(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    let (mut gone, mut astray) = (BTreeSet::new(), 0_usize);
    for entry in &store.trees.prints {
        let (key, id) = entry.map_err(store.broken())?;
        let name = String::from_utf8_lossy(&id).into_owned();
        if key::print_of(&key) != Some(&*id) {
            astray += 1;
        } else if !gone.contains(&name)
            && !store.trees.mentions.contains_key(&id).map_err(store.broken())?
        {
            gone.insert(name);
        }
    }
    if astray > 0 {
        let what = crate::text::count(astray, "fingerprint");
        faults.push(Fault(format!("{what} of mentions stored under a wrong name")));
    }
    faults
        .extend(gone.iter().map(|id| Fault(format!("mention {id} has fingerprints and is gone"))));
    Ok(())
}

/// Looks whether every answer of ours reads back. What it answers need not be there: the complaint may
/// be found later, or never.
fn check_own_replies(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    for entry in &store.trees.own_replies {
        let (key, value) = entry.map_err(store.broken())?;
        if let Err(error) = record::read_own_reply(&value) {
            faults.push(Fault(format!("an answer of ours: {}", error.0)));
        }
        if key.len() != size_of::<PostKey>() {
            faults.push(Fault("an answer of ours is stored under what names no post".into()));
        }
    }
    Ok(())
}

pub(super) fn entries(store: &SledStore, tree: &sled::Tree) -> Result<u64, StoreError> {
    tree.iter().keys().try_fold(0, |count, key| key.map(|_| count + 1).map_err(store.broken()))
}
