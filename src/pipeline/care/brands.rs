//! Brands that fell silent: of which nobody speaks any more, against the rhythm in which people did.
//! Learned anew each time from the mentions of the last weeks, as it is for sources from their posts.

use super::{Ward, again, trouble};
use crate::brand::{Brand, BrandName};
use crate::digest::operator::{BrandCase, Letter};
use crate::post::SourceName;
use crate::schedule::Rhythm;
use crate::store::{Reported, SilentBrand, Store, StoreError, Window};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// How often it is looked: it takes a walk over weeks of mentions.
const EVERY: TimeDelta = TimeDelta::hours(6);
/// How far back it is looked: the weeks that a rhythm is learned from, and a silence as long.
const BACK: TimeDelta = TimeDelta::days(56);
/// More mentions of one brand do not make its silence more telling.
const MOST: usize = 20_000;

/// When somebody spoke of a brand, newest first, and in which sources.
#[derive(Default)]
struct Heard {
    times: Vec<DateTime<Utc>>,
    sources: BTreeSet<SourceName>,
}

/// Adds what there is to tell of brands.
pub(super) fn look(
    ward: &Ward,
    store: &dyn Store,
    letter: &mut Letter,
    reported: &mut Reported,
) -> Result<(), StoreError> {
    let now = letter.now;
    let is_fresh = |at: DateTime<Utc>| (at..at + EVERY).contains(&now);
    if reported.looked_at_brands.is_some_and(is_fresh) {
        return Ok(());
    }
    reported.looked_at_brands = Some(now);
    let heard = heard(store, now)?;
    let told = std::mem::take(&mut reported.brands);
    for Brand { name, .. } in ward.brands {
        let known = told.iter().find(|known| known.brand == *name);
        let heard = heard.get(name);
        let last = heard.and_then(|heard| heard.times.first().copied());
        let is_again = known.is_some_and(|known| last.is_some_and(|last| last > known.since));
        if is_again {
            letter.heard_brands.push(name.clone());
        } else if let Some(known) = known {
            reported.brands.push(lasting(known, letter));
        } else if let Some(heard) = heard
            && let Some(since) = silent_since(heard, ward, store, now)?
        {
            letter.silent_brands.push(BrandCase { brand: name.clone(), since, is_lasting: false });
            reported.brands.push(SilentBrand { brand: name.clone(), since, at: now, times: 1 });
        }
    }
    Ok(())
}

/// Tells a silence again that lasts, where it is time.
fn lasting(known: &SilentBrand, letter: &mut Letter) -> SilentBrand {
    if again(known.at, known.times) > letter.now {
        return known.clone();
    }
    let (brand, since) = (known.brand.clone(), known.since);
    letter.silent_brands.push(BrandCase { brand, since, is_lasting: true });
    SilentBrand { at: letter.now, times: known.times.saturating_add(1), ..known.clone() }
}

fn heard(store: &dyn Store, now: DateTime<Utc>) -> Result<BTreeMap<BrandName, Heard>, StoreError> {
    let mut all: BTreeMap<BrandName, Heard> = BTreeMap::new();
    store.mentions(Window { since: Some(now - BACK), until: Some(now) }, &mut |mention| {
        // What the brand itself writes is no echo.
        if !mention.own && !mention.is_noise() && !mention.is_muted() {
            let heard = all.entry(mention.brand.clone()).or_default();
            if heard.times.len() < MOST {
                heard.times.push(mention.time());
            }
            heard.sources.insert(mention.source);
        }
        true
    })?;
    Ok(all)
}

/// Returns since when nobody speaks of a brand, where that breaks its rhythm. Where a source that named
/// it is in trouble, or gone from the configuration, its silence tells nothing.
fn silent_since(
    heard: &Heard,
    ward: &Ward,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let mut as_of = now;
    for source in &heard.sources {
        let is_there = ward.sources.iter().any(|watched| watched.source == *source);
        let health = store.source(source)?.health;
        let Some(success) = health.last_success.filter(|_| is_there && health.failures == 0) else {
            return Ok(None);
        };
        if trouble(&health, now).is_some() {
            return Ok(None);
        }
        as_of = as_of.min(success);
    }
    let mut rhythm = Rhythm::default();
    let first = heard.times.last().copied().unwrap_or(now);
    rhythm.learn(&[], first);
    for at in heard.times.iter().rev() {
        rhythm.learn(&[*at], *at);
    }
    Ok(rhythm.silent_since(as_of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::care::{Watched, care};
    use crate::pipeline::sample::{at, brand, mention};
    use crate::store::sled::SledStore;
    use crate::store::{Commit, SourceState};

    /// Stores mentions of Acme at these hours, all of the source `news`.
    fn spoken(store: &SledStore, hours: impl Iterator<Item = i64>) {
        let mentions = hours.map(|hour| mention(hour, "maija", "Acme is late")).collect();
        store.apply(&Commit { mentions, ..Commit::default() }).unwrap();
    }

    fn polled(store: &SledStore, hour: i64, failures: u32) {
        let name = SourceName("news".into());
        let mut state: SourceState = store.source(&name).unwrap();
        state.health.last_success = Some(at(hour));
        state.health.failures = failures;
        store.apply(&Commit { source: Some((name, state)), ..Commit::default() }).unwrap();
    }

    /// Returns the subject of what the operator is told at this hour.
    fn told(store: &SledStore, hour: i64) -> Option<String> {
        let source = SourceName("news".into());
        let sources = [Watched { source, host: None, next: None }];
        let to = ["ops@acme.example".to_owned()];
        let brands = [brand("Acme")];
        let zone = chrono_tz::Tz::UTC;
        let ward =
            Ward { to: &to, zone, sources: &sources, room: None, brands: &brands, canary: None };
        let commit = care(&ward, store, at(hour)).unwrap();
        store.apply(&commit).unwrap();
        commit.notices.first().map(|notice| format!("{}\n{}", notice.subject, notice.text))
    }

    #[test]
    fn a_brand_that_people_always_spoke_of_and_nobody_does_is_told_and_told_again_when_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let last = 28 * 24;
        spoken(&store, (0..=last).step_by(6));
        polled(&store, last + 6, 0);
        assert_eq!(told(&store, last + 6), None, "it was spoken of today");
        polled(&store, last + 240, 1);
        assert_eq!(told(&store, last + 240), None, "a source that fails is silent for itself");
        polled(&store, last + 247, 0);
        let begun = told(&store, last + 247).unwrap();
        assert!(begun.starts_with("vahti: nothing new about Acme\n"), "{begun}");
        assert!(begun.contains("Brands of which nobody speaks any more"), "{begun}");
        assert_eq!(told(&store, last + 254), None, "it is told once");
        let still = told(&store, last + 247 + 30).unwrap();
        assert!(still.starts_with("vahti: still nothing new about Acme\n"), "{still}");
        spoken(&store, std::iter::once(last + 290));
        let again = told(&store, last + 291).unwrap();
        assert!(again.starts_with("vahti: Acme spoken of again\n"), "{again}");
        assert_eq!(told(&store, last + 300), None);
    }

    #[test]
    fn a_brand_that_was_never_spoken_of_much_may_be_quiet() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        spoken(&store, [0, 200, 500].into_iter());
        polled(&store, 1000, 0);
        assert_eq!(told(&store, 1000), None);
    }
}
