//! How much was said in the time of a digest, and in as much time before it.

use crate::alert::Alert;
use crate::brand::BrandName;
use crate::digest::{Counts, Pieces, Volume};
use crate::mention::Mention;
use crate::mention::filter::TicketFacts;
use crate::store::{Store, StoreError, Window};
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Returns the volumes of the brands that `alert` tells of, those most spoken of first.
pub(super) fn volumes(
    alert: &Alert,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    store: &dyn Store,
) -> Result<Vec<Volume>, StoreError> {
    let Some(pieces) = Pieces::of(from, to) else { return Ok(Vec::new()) };
    let mut volumes: BTreeMap<BrandName, Volume> = BTreeMap::new();
    let mut failed = None;
    let window = Window { since: Some(pieces.before()), until: Some(to) };
    store.mentions(window, &mut |mention| {
        let Some((is_before, place)) = pieces.place(mention.time()) else { return true };
        match is_wanted(alert, &mention, store, to) {
            Ok(true) => {}
            Ok(false) => return true,
            Err(error) => {
                failed = Some(error);
                return false;
            }
        }
        let volume = volumes.entry(mention.brand.clone()).or_insert_with(|| Volume {
            brand: mention.brand.clone(),
            pieces,
            now: vec![Counts::default(); pieces.number],
            before: vec![Counts::default(); pieces.number],
        });
        let counts = if is_before { &mut volume.before } else { &mut volume.now };
        if let Some(counts) = counts.get_mut(place) {
            counts.add(mention.label());
        }
        true
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let mut volumes: Vec<Volume> = volumes.into_values().collect();
    volumes.sort_by_key(|volume| Reverse(volume.now.iter().map(Counts::all).sum::<u64>()));
    Ok(volumes)
}

/// Tells whether a mention counts: as in the digest, what says the same as another counts once.
fn is_wanted(
    alert: &Alert,
    mention: &Mention,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let ticket = match mention.ticket {
        Some(id) => store.ticket(id)?,
        None if mention.story != mention.id => return Ok(false),
        None => None,
    };
    let status = ticket.as_ref().map(|ticket| ticket.facts().status.to_string());
    let facts = ticket
        .as_ref()
        .zip(status.as_deref())
        .map(|(ticket, status)| TicketFacts { status, priority: ticket.facts().priority });
    Ok(alert.wants(mention, facts.as_ref(), now))
}
