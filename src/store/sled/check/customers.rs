//! Whether the tickets of customers, and the links of their handles, are where they are looked for.

use crate::mention::TicketId;
use crate::store::sled::{SledStore, counter, key, record};
use crate::store::{Fault, Store, StoreError};
use crate::ticket::people::Link;
use std::collections::{BTreeMap, HashSet};

pub(super) fn check(
    store: &SledStore,
    tickets: &HashSet<TicketId>,
    faults: &mut Vec<Fault>,
) -> Result<(), StoreError> {
    check_tickets(store, tickets, faults)?;
    check_links(store, faults)
}

/// Holds the tickets of customers against the tickets.
fn check_tickets(
    store: &SledStore,
    tickets: &HashSet<TicketId>,
    faults: &mut Vec<Fault>,
) -> Result<(), StoreError> {
    for key in store.trees.customers.iter().keys() {
        let key = key.map_err(store.broken())?;
        let id = TicketId(key::read_number(&key).unwrap_or(0));
        if !tickets.contains(&id) {
            faults.push(Fault(format!("ticket {id} is named as a customer's, and is gone")));
            continue;
        }
        // One that does not read is told of as a ticket.
        let Ok(Some(ticket)) = store.ticket(id) else { continue };
        let own = ticket.facts().customer.as_ref().map(|customer| key::customer(customer, id));
        if own.as_deref() != Some(&*key) {
            faults.push(Fault(format!("ticket {id} is named as another customer's")));
        }
    }
    for id in tickets {
        let Ok(Some(ticket)) = store.ticket(*id) else { continue };
        let own = ticket.facts().customer.as_ref().map(|customer| key::customer(customer, *id));
        if let Some(own) = own
            && !store.trees.customers.contains_key(own).map_err(store.broken())?
        {
            faults.push(Fault(format!("ticket {id} is missing among its customer's")));
        }
    }
    Ok(())
}

/// Looks whether every link stands under both of its ends, and says the same there. That somebody with
/// these handles is known is not asked: what they wrote may have been deleted since.
fn check_links(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    let last = store.counter(counter::LINK)?;
    let mut ends: BTreeMap<u64, (Link, usize)> = BTreeMap::new();
    for entry in &store.trees.links {
        let (key, value) = entry.map_err(store.broken())?;
        let number = key::read_number(&key).unwrap_or(0);
        let link = match record::read_link(&value) {
            Ok(link) => link,
            Err(error) => {
                faults.push(Fault(format!("link {number}: {}", error.0)));
                continue;
            }
        };
        let is_end = [&link.one, &link.other].iter().any(|end| key::link(end, link.id) == *key);
        if !is_end || number > last {
            faults.push(Fault(format!("link {number} is stored under a wrong name")));
            continue;
        }
        let is_early = link.parted.as_ref().is_some_and(|parted| parted.at < link.at);
        if link.one == link.other || is_early {
            faults.push(Fault(format!("link {number} says what cannot be")));
        }
        let (known, count) = ends.entry(number).or_insert_with(|| (link.clone(), 0));
        *count += 1;
        if *known != link {
            faults.push(Fault(format!(
                "link {number} says one thing at one end and another at the other"
            )));
        }
    }
    for (number, (link, count)) in ends {
        if count != 2 && link.one != link.other {
            faults.push(Fault(format!("link {number} stands under one of its ends alone")));
        }
    }
    Ok(())
}
