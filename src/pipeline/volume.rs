//! How much was said in the time of a digest, and in as much time before it.

use crate::alert::Alert;
use crate::brand::{Brand, BrandName};
use crate::digest::{Counts, Pieces, Volume};
use crate::mention::Mention;
use crate::mention::filter::TicketFacts;
use crate::store::{Store, StoreError, Window};
use chrono::{DateTime, TimeDelta, Utc};
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
    let is_wanted = |mention: &Mention| is_wanted(alert, mention, store, to);
    counted(pieces, BTreeMap::new(), to, is_wanted, store)
}

/// Returns the volumes of the last week of all brands, those most spoken of first: of all that is news, what
/// says the same as another once.
pub fn of_a_week(
    brands: &[Brand],
    now: DateTime<Utc>,
    store: &dyn Store,
) -> Result<Vec<Volume>, StoreError> {
    let Some(pieces) = Pieces::of(now - TimeDelta::weeks(1), now) else { return Ok(Vec::new()) };
    let volumes = brands.iter().map(|brand| (brand.name.clone(), empty(&brand.name, pieces)));
    let volumes: BTreeMap<BrandName, Volume> = volumes.collect();
    let is_known = |mention: &Mention| brands.iter().any(|brand| brand.name == mention.brand);
    let is_wanted = |mention: &Mention| {
        let is_news = !mention.own && !mention.is_noise() && !mention.is_muted();
        let is_first = mention.ticket.is_some() || mention.story == mention.id;
        Ok(is_news && is_first && is_known(mention))
    };
    counted(pieces, volumes, now, is_wanted, store)
}

fn empty(brand: &BrandName, pieces: Pieces) -> Volume {
    let none = vec![Counts::default(); pieces.number];
    Volume { brand: brand.clone(), pieces, now: none.clone(), before: none }
}

/// Counts the mentions that are wanted, by brand and piece.
fn counted(
    pieces: Pieces,
    mut volumes: BTreeMap<BrandName, Volume>,
    to: DateTime<Utc>,
    is_wanted: impl Fn(&Mention) -> Result<bool, StoreError>,
    store: &dyn Store,
) -> Result<Vec<Volume>, StoreError> {
    let mut failed = None;
    let window = Window { since: Some(pieces.before()), until: Some(to) };
    store.mentions(window, &mut |mention| {
        let Some((is_before, place)) = pieces.place(mention.time()) else { return true };
        match is_wanted(&mention) {
            Ok(true) => {}
            Ok(false) => return true,
            Err(error) => {
                failed = Some(error);
                return false;
            }
        }
        let volume =
            volumes.entry(mention.brand.clone()).or_insert_with(|| empty(&mention.brand, pieces));
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
