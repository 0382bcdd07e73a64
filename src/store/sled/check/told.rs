//! What was told and what is counted: alerts, notices, the ledger, hours and spikes.

use super::super::{SledStore, counter, hours, key, record};
use crate::alert::spike::{self, Course};
use crate::alert::{AlertState, MOST_REMEMBERED};
use crate::delivery::Notice;
use crate::store::{Counted, Fault, Store, StoreError, Window};
use chrono::TimeDelta;

/// An hour that lies so long after the newest mention was never counted.
const FAR: TimeDelta = TimeDelta::days(366);

/// What every PNG begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

pub(super) fn check(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    check_alerts(store, faults)?;
    check_notices(store, faults)?;
    check_hours(store, faults)
}

fn check_alerts(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    let (places, tickets) = (store.counter(counter::PLACE)?, store.counter(counter::TICKET)?);
    for entry in &store.trees.alerts {
        let (key, value) = entry.map_err(store.broken())?;
        let name = String::from_utf8_lossy(&key).into_owned();
        match record::read_alert(&value) {
            Ok(state) => {
                let wrong = wrong_alert(&state, places, tickets);
                faults.extend(wrong.map(|what| Fault(format!("alert {name}: {what}"))));
            }
            Err(error) => faults.push(Fault(format!("alert {name}: {}", error.0))),
        }
    }
    Ok(())
}

/// Says what cannot be as it is remembered of an alert.
fn wrong_alert(state: &AlertState, places: u64, tickets: u64) -> Option<String> {
    let AlertState { told_up_to, passed, owed, events, first, .. } = state;
    let first = first.map_or(0, |(first, _)| first);
    if *told_up_to > places {
        return Some(format!("it was told up to place {told_up_to}, and {places} is the last"));
    }
    if first > *told_up_to {
        return Some(format!("it began at place {first}, and was told up to {told_up_to}"));
    }
    if passed.len().max(owed.len()).max(events.len()) > MOST_REMEMBERED + 1 {
        return Some("it remembers more than it may".into());
    }
    if let Some(both) = passed.intersection(owed).next() {
        return Some(format!("it is to tell mention {both}, and to pass over it"));
    }
    let unknown = events.keys().find(|event| event.0 == 0 || event.0 > tickets)?;
    Some(format!("it told ticket {unknown}, which never was"))
}

/// Looks at what waits and at the ledger.
fn check_notices(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    let last = store.counter(counter::NOTICE)?;
    let trees = &store.trees;
    let of = [(&trees.outbox, true), (&trees.repeatable, true), (&trees.sent, false)];
    for (tree, is_waiting) in of {
        for entry in tree {
            let (key, value) = entry.map_err(store.broken())?;
            let number = key::read_number(&key).unwrap_or(0);
            let notice = match record::read_notice(&value) {
                Ok(notice) => notice,
                Err(error) => {
                    faults.push(Fault(format!("notice {number}: {}", error.0)));
                    continue;
                }
            };
            if key.len() != 8 || notice.id.0 != number || number > last {
                faults.push(Fault(format!("notice {number} is stored under a wrong number")));
            } else if is_waiting {
                let wrong = wrong_picture(&notice);
                faults.extend(wrong.map(|what| Fault(format!("notice {number}: {what}"))));
            } else {
                check_told(store, &notice, faults)?;
            }
        }
    }
    Ok(())
}

/// Says what is wrong with the pictures of a notice that waits.
fn wrong_picture(notice: &Notice) -> Option<String> {
    let pictures = &notice.enclosed.pictures;
    if let Some(broken) = pictures.iter().find(|picture| !picture.png.starts_with(PNG)) {
        return Some(format!("its picture {} is no PNG", broken.cid));
    }
    let mut named = notice.html.split("src=\"cid:").skip(1);
    let missing = named.find_map(|rest| {
        let (cid, _) = rest.split_once('"')?;
        pictures.iter().all(|picture| picture.cid != cid).then_some(cid)
    })?;
    Some(format!("its picture {missing} is gone"))
}

/// Looks whether what an entry of the ledger tells is known to be told.
fn check_told(
    store: &SledStore,
    notice: &Notice,
    faults: &mut Vec<Fault>,
) -> Result<(), StoreError> {
    let (number, enclosed) = (notice.id.0, &notice.enclosed);
    for mention in &enclosed.tells {
        let is_known = store.trees.told.contains_key(key::told(mention, number));
        if !is_known.map_err(store.broken())? {
            let what = format!("notice {number} tells mention {mention}, which does not know it");
            faults.push(Fault(what));
        }
    }
    if let Some(id) = enclosed.counts.iter().find(|id| !enclosed.tells.contains(id)) {
        faults.push(Fault(format!("notice {number} counts mention {id}, which it does not tell")));
    }
    Ok(())
}

/// Looks at what each hour brought, and at what is known of spikes.
fn check_hours(store: &SledStore, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    let mut newest = None;
    store.mentions(Window::default(), &mut |mention| {
        newest = Some(spike::hour(mention.time() + FAR));
        false
    })?;
    for entry in &store.trees.hours {
        let (key, value) = entry.map_err(store.broken())?;
        if let Some(brand) = hours::course_brand(&key) {
            let wrong = match record::read_course(&value) {
                Ok(course) => wrong_course(&course).map(str::to_owned),
                Err(error) => Some(error.0),
            };
            faults.extend(wrong.map(|what| Fault(format!("spikes of {brand}: {what}"))));
            continue;
        }
        let Some((brand, hour)) = hours::brand_and_hour(&key) else {
            faults.push(Fault("an hour is stored under what names no brand and no hour".into()));
            continue;
        };
        let (_, Counted { all, negative }) = hours::read(&key, &value);
        let wrong = if value.len() != 8 {
            "its counts do not read back".to_owned()
        } else if negative > all {
            format!("it brought {all}, and {negative} negative ones")
        } else if newest.is_some_and(|newest| hour > newest) {
            "it lies far behind every mention".to_owned()
        } else if hour < 0 {
            "it lies before all that is counted".to_owned()
        } else {
            continue;
        };
        faults.push(Fault(format!("hour {hour} of {brand}: {wrong}")));
    }
    Ok(())
}

/// Says what cannot be as it is known of spikes.
fn wrong_course(course: &Course) -> Option<&'static str> {
    let spike = course.spike.as_ref()?;
    if spike.found < spike.began || spike.last < spike.began {
        Some("the one under way ended before it began")
    } else if spike.peak < spike.began {
        Some("the one under way was at its highest before it began")
    } else if !spike.usual.is_finite() || spike.usual < 0.0 {
        Some("what is usual is no number")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
