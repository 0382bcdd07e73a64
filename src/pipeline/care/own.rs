//! Whether vahti itself works: the canary that it lets out, the check of its store, and whether the
//! operator can be told at all.

use super::{NAME, Ward, again};
use crate::alert::Unsubscribed;
use crate::delivery::Progress;
use crate::digest::operator::{CanaryCase, FaultsCase, Letter};
use crate::pipeline::canary;
use crate::store::{Checked, Commit, Fault, Reported, Store, StoreError};
use chrono::{DateTime, Utc};

/// How many faults of a store are told.
const MOST_FAULTS: usize = 20;

/// Tells of a canary that did not come through, and when one does again.
pub(super) fn canary(
    ward: &Ward,
    store: &dyn Store,
    letter: &mut Letter,
    reported: &mut Reported,
) -> Result<(), StoreError> {
    let now = letter.now;
    let Some(every) = ward.canary else {
        reported.canary = None;
        return Ok(());
    };
    let Some(known) = &mut reported.canary else { return Ok(()) };
    if known.came.is_none() {
        known.came = canary::came(known, store)?;
        known.last_came = known.came.or(known.last_came);
    }
    let what = match known.came {
        None if now < known.released + canary::within(every) => return Ok(()),
        None => Some(canary::stuck(known, store)?),
        Some(_) => known.fault.clone(),
    };
    match (what, known.told) {
        (None, None) => {}
        (None, Some(_)) => {
            letter.canary_back = known.came;
            known.told = None;
        }
        (Some(_), Some((at, times))) if again(at, times) > now => {}
        (Some(what), told) => {
            let (released, came) = (known.released, known.last_came);
            letter.canary = Some(CanaryCase { released, what, came, is_lasting: told.is_some() });
            known.told = Some((now, told.map_or(1, |(_, times)| times.saturating_add(1))));
        }
    }
    Ok(())
}

/// Returns the commit that notes what a check of the store found.
pub fn checked(
    faults: &[Fault],
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, StoreError> {
    let reported = store.reported()?;
    let told = reported.checked.and_then(|before| before.told);
    let named = faults.iter().take(MOST_FAULTS).map(|fault| crate::text::cut(&fault.0, 200));
    let checked = Checked { at: now, faults: named.collect(), all: faults.len(), told };
    let reported = Reported { checked: Some(checked), ..reported };
    Ok(Commit { reported: Some(reported), ..Commit::default() })
}

/// Tells of a store that is not sound, and when it is again.
pub(super) fn faults(letter: &mut Letter, reported: &mut Reported) {
    let now = letter.now;
    let Some(checked) = &mut reported.checked else { return };
    match (checked.all, checked.told) {
        (0, None) => {}
        (0, Some(_)) => {
            letter.is_sound = true;
            checked.told = None;
        }
        (_, Some((at, times))) if again(at, times) > now => {}
        (all, told) => {
            letter.faults =
                Some(FaultsCase { at: checked.at, faults: checked.faults.clone(), all });
            checked.told = Some((now, told.map_or(1, |(_, times)| times.saturating_add(1))));
        }
    }
}

/// Tells of recipients who want to be told no more. Returns what is then known of them.
pub(super) fn unsubscribed(
    store: &dyn Store,
    letter: &mut Letter,
) -> Result<Vec<Unsubscribed>, StoreError> {
    let mut fresh = store.unsubscribed()?;
    fresh.retain(|one| !one.told);
    letter.unsubscribed = fresh.iter().map(|one| (one.alert.clone(), one.to.clone())).collect();
    Ok(fresh.into_iter().map(|one| Unsubscribed { told: true, ..one }).collect())
}

/// Returns the addresses of the operator to which a notice could not be delivered, with what was answered.
pub fn unreached(store: &dyn Store) -> Result<Vec<(String, String)>, StoreError> {
    let mut unreached: Vec<(String, String)> = Vec::new();
    for notice in store.outbox()? {
        let is_dead = notice.progress == Progress::Dead && notice.alert == NAME;
        if is_dead && unreached.iter().all(|(to, _)| *to != notice.to) {
            unreached.push((notice.to, notice.last_answer.unwrap_or_default()));
        }
    }
    Ok(unreached)
}

#[cfg(test)]
mod tests;
