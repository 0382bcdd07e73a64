//! What the operator is told of how vahti fares: which sources fail, are gone or silent, and what is
//! mended; notices that could not be delivered; a store that was set aside; a disk that fills. Told when
//! it begins, again while it lasts, and once when it ends.

use super::tell::{self, Said};
use crate::brand::Brand;
use crate::delivery::{Enclosed, Notice, Progress};
use crate::digest::operator::{self, Case, DeadNotice, Letter, Waiting};
use crate::pipeline::canary;
use crate::post::SourceName;
use crate::store::{Commit, Health, Reported, Store, StoreError, Told, Trouble};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeSet, HashSet};

mod brands;
mod own;

pub use own::{checked, unreached};

/// What notices for the operator have instead of the name of an alert; no alert has it.
pub const NAME: &str = "operator";

/// Polls that must have failed in a row, and for how long, before a source is called failing: one bad
/// reply is no news.
const FAILURES: u32 = 3;
const FAILING_FOR: TimeDelta = TimeDelta::hours(1);
/// Polls that must have succeeded in a row before it is called mended. One will do where the next is
/// long in coming.
const SUCCESSES: u32 = 2;
const WELL_FOR: TimeDelta = TimeDelta::hours(6);
/// The waits between telling the same again; after the last of them it is told every week.
const WAITS: [TimeDelta; 2] = [TimeDelta::days(1), TimeDelta::days(3)];
/// What would be told again within this time is told with what is told now.
const TOGETHER: TimeDelta = TimeDelta::hours(12);
/// The least time between two messages: what happens meanwhile is told together.
const BETWEEN: TimeDelta = TimeDelta::minutes(30);
/// A disk with less room, in bytes, is nearly full, until it has twice as much again. The store stops
/// at 32 MiB.
const LITTLE_ROOM: u64 = 256 * 1024 * 1024;

/// A notice that could not be delivered for so long is told of, though it is tried for days.
const LONG: TimeDelta = TimeDelta::hours(1);

/// How much is told of the subject of a notice that was given up, in characters.
const LONGEST_SUBJECT: usize = 40;

/// A source whose health matters to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    pub source: SourceName,
    /// Where it is asked; `None` for a file.
    pub host: Option<String>,
    /// When it is polled next, where that is known.
    pub next: Option<DateTime<Utc>>,
}

/// What [`care`] looks at beside the store.
#[derive(Debug, Clone, Copy)]
pub struct Ward<'a> {
    /// Who is told; nobody: then nothing is worked out.
    pub to: &'a [String],
    /// In which times are written.
    pub zone: Tz,
    /// All sources there are now.
    pub sources: &'a [Watched],
    /// Bytes that are free where the store lies, where that is known.
    pub room: Option<u64>,
    /// The brands that are watched.
    pub brands: &'a [Brand],
    /// How often a canary is let out; `None`: never.
    pub canary: Option<TimeDelta>,
}

/// Returns the commit that tells the operator what there is to tell now: empty where there is nothing,
/// and within half an hour of the last message but for the first notice that could not be delivered.
pub fn care(ward: &Ward, store: &dyn Store, now: DateTime<Utc>) -> Result<Commit, StoreError> {
    if ward.to.is_empty() {
        return Ok(Commit::default());
    }
    let known = store.reported()?;
    let is_early = known.last.is_some_and(|last| (last..last + BETWEEN).contains(&now));
    if is_early && !is_pressing(ward, &known, store)? {
        return Ok(Commit::default());
    }
    let mut letter = Letter { zone: ward.zone, now, ..Letter::default() };
    let mut reported = Reported { last: Some(now), ..known.clone() };
    let told_of = sources(ward, store, &mut letter)?;
    notices(ward, store, &mut letter, &mut reported)?;
    waiting(store, &mut letter, &mut reported)?;
    set_aside(store, &mut letter, &mut reported)?;
    room(ward, &mut letter, &mut reported);
    brands::look(ward, store, &mut letter, &mut reported)?;
    own::canary(ward, store, &mut letter, &mut reported)?;
    own::faults(&mut letter, &mut reported);
    let unsubscribed = own::unsubscribed(store, &mut letter)?;
    if letter.is_empty() {
        reported.last = known.last;
    }
    Ok(Commit {
        notices: if letter.is_empty() { Vec::new() } else { rendered(&letter, ward.to) },
        told_of,
        reported: (reported != known).then_some(reported),
        unsubscribed,
        ..Commit::default()
    })
}

/// Returns what is wrong with a source, whether or not anybody knows.
pub fn trouble(health: &Health, now: DateTime<Utc>) -> Option<Trouble> {
    let failing_for = |least| health.failing_since.is_some_and(|since| now - since >= least);
    if health.gone {
        Some(Trouble::Gone)
    } else if health.failures >= FAILURES && failing_for(FAILING_FOR) {
        Some(Trouble::Failing)
    } else {
        health.silent_since().map(|_| Trouble::Silent)
    }
}

/// Tells whether a source is well again that was called something else. A poll that fails now and then
/// neither begins a trouble nor ends one.
fn is_mended(health: &Health, of: Trouble, now: DateTime<Utc>) -> bool {
    let well_for = |least| health.last_success.is_some_and(|at| now - at >= least);
    match of {
        Trouble::Silent => health.failures == 0,
        Trouble::Failing | Trouble::Gone => {
            health.failures == 0 && (health.successes >= SUCCESSES || well_for(WELL_FOR))
        }
    }
}

/// How bad a trouble is: what gets worse is told anew, what gets better is not.
fn weight(trouble: Trouble) -> u8 {
    match trouble {
        Trouble::Silent => 0,
        Trouble::Failing => 1,
        Trouble::Gone => 2,
    }
}

/// Returns when something is told again that was told so often, last at `at`.
fn again(at: DateTime<Utc>, times: u32) -> DateTime<Utc> {
    let nth = usize::try_from(times.saturating_sub(1)).unwrap_or(usize::MAX);
    at + WAITS.get(nth).copied().unwrap_or(TimeDelta::weeks(1))
}

/// One source, with what is known of it.
struct Patient<'a> {
    watched: &'a Watched,
    health: Health,
    trouble: Option<Trouble>,
}

impl Patient<'_> {
    fn begins(&self) -> Option<Trouble> {
        let worse = |trouble: &Trouble| {
            self.health.told.is_none_or(|told| weight(*trouble) > weight(told.of))
        };
        self.trouble.filter(worse)
    }

    /// Returns when what was told is told again.
    fn again(&self) -> Option<DateTime<Utc>> {
        self.health.told.filter(|_| self.trouble.is_some()).map(|told| again(told.at, told.times))
    }

    fn case(&self, trouble: Trouble) -> Case {
        let health = &self.health;
        let (trouble, since) = match trouble {
            Trouble::Failing => (operator::Trouble::Failing, health.failing_since),
            Trouble::Gone => (operator::Trouble::Gone, health.failing_since),
            Trouble::Silent => (operator::Trouble::Silent, health.silent_since()),
        };
        Case {
            source: self.watched.source.clone(),
            host: self.watched.host.clone(),
            trouble,
            since,
            error: health.last_error.clone(),
            next: self.watched.next,
        }
    }
}

/// Looks at every source, and returns of which the operator is now told what.
fn sources(
    ward: &Ward,
    store: &dyn Store,
    letter: &mut Letter,
) -> Result<Vec<(SourceName, Option<Told>)>, StoreError> {
    let now = letter.now;
    let mut patients = Vec::with_capacity(ward.sources.len());
    for watched in ward.sources {
        let health = store.source(&watched.source)?.health;
        patients.push(Patient { watched, trouble: trouble(&health, now), health });
    }
    take_along(&mut patients);
    let repeats = patients.iter().any(|patient| patient.again().is_some_and(|at| at <= now));
    let mut told_of = Vec::new();
    letter.all_mended = true;
    for patient in &patients {
        let told = patient.health.told;
        let new = if let Some(of) = patient.begins() {
            letter.begun.push(patient.case(of));
            Some(Told { of, at: now, times: 1 })
        } else if let (Some(old), Some(current)) = (told, patient.trouble) {
            if repeats && patient.again().is_some_and(|at| at <= now + TOGETHER) {
                letter.lasting.push(patient.case(current));
                Some(Told { at: now, times: old.times.saturating_add(1), ..old })
            } else {
                told
            }
        } else if let Some(old) = told.filter(|old| is_mended(&patient.health, old.of, now)) {
            letter.mended.push(patient.case(old.of));
            None
        } else {
            told
        };
        letter.all_mended &= new.is_none();
        if new != told {
            told_of.push((patient.watched.source.clone(), new));
        }
    }
    Ok(told_of)
}

/// Counts among the failing ones also sources that fail since less long, where another source of their
/// host is told now: it is one trouble, and one message.
fn take_along(patients: &mut [Patient]) {
    let hosts: HashSet<String> = patients
        .iter()
        .filter(|patient| patient.begins() == Some(Trouble::Failing))
        .filter_map(|patient| patient.watched.host.clone())
        .collect();
    for patient in patients {
        let is_there = patient.watched.host.as_ref().is_some_and(|host| hosts.contains(host));
        let is_worse = patient.trouble.is_none_or(|of| weight(of) < weight(Trouble::Failing));
        if is_there && is_worse && patient.health.failures > 0 {
            patient.trouble = Some(Trouble::Failing);
        }
    }
}

/// Returns the notices that were given up. A canary has its own word for that.
fn dead(store: &dyn Store) -> Result<Vec<Notice>, StoreError> {
    let mut dead = store.outbox()?;
    dead.retain(|notice| notice.progress == Progress::Dead && notice.alert != canary::NAME);
    Ok(dead)
}

/// Tells whether notices were given up and none of those there are was told yet: more that follow are told
/// together. And whether the word of it reaches nobody.
fn is_pressing(ward: &Ward, known: &Reported, store: &dyn Store) -> Result<bool, StoreError> {
    let dead = dead(store)?;
    let is_told = |notice: &Notice| known.dead.contains(&notice.id);
    let is_lost = |to: &String| dead.iter().any(|it| it.alert == NAME && it.to == *to);
    let is_news = dead.iter().any(|it| it.alert == NAME && !is_told(it));
    Ok((!dead.is_empty() && !dead.iter().any(is_told)) || (is_news && ward.to.iter().all(is_lost)))
}

/// Tells of notices that were given up. Of those to the operator only the first to an address is told, to
/// the others: one more would follow each.
fn notices(
    ward: &Ward,
    store: &dyn Store,
    letter: &mut Letter,
    reported: &mut Reported,
) -> Result<(), StoreError> {
    let mut dead = dead(store)?;
    let mut unreached: BTreeSet<String> = BTreeSet::new();
    dead.retain(|notice| notice.alert != NAME || unreached.insert(notice.to.clone()));
    if ward.to.iter().all(|to| unreached.contains(to)) {
        let news = dead.iter().any(|it| it.alert == NAME && !reported.dead.contains(&it.id));
        if news {
            tracing::error!("The operator cannot be told anything; `vahti outbox` says why.");
        }
        // There is nobody else to tell it.
        reported.dead.extend(dead.iter().filter(|it| it.alert == NAME).map(|it| it.id));
    }
    let is_new = |notice: &&Notice| !reported.dead.contains(&notice.id);
    letter.dead = dead
        .iter()
        .filter(is_new)
        .map(|notice| DeadNotice {
            number: notice.id.0,
            to: notice.to.clone(),
            // A chat shows the beginning of a line, and what was answered stands behind this.
            subject: crate::text::cut(&notice.subject, LONGEST_SUBJECT),
            answer: notice.last_answer.clone().unwrap_or_default(),
        })
        .collect();
    reported.dead = dead.iter().map(|notice| notice.id).collect();
    Ok(())
}

/// Tells of notices that could not be delivered for long: whoever is told by another way should not hear of it
/// only when they are given up.
fn waiting(
    store: &dyn Store,
    letter: &mut Letter,
    reported: &mut Reported,
) -> Result<(), StoreError> {
    let now = letter.now;
    let (mut oldest, mut notices): (Option<(DateTime<Utc>, String)>, usize) = (None, 0);
    for notice in store.outbox()? {
        let tried = notice.enclosed.tries.first().map(|tried| tried.at);
        let is_ours = notice.alert == NAME || notice.alert == canary::NAME;
        let Some(since) = tried.filter(|_| notice.progress == Progress::Queued && !is_ours) else {
            continue;
        };
        notices += 1;
        if oldest.as_ref().is_none_or(|(at, _)| since < *at) {
            oldest = Some((since, notice.last_answer.unwrap_or_default()));
        }
    }
    let Some((since, answer)) = oldest.filter(|(since, _)| now - *since >= LONG) else {
        reported.waiting = None;
        return Ok(());
    };
    let times = match reported.waiting {
        None => 1,
        Some((at, times)) if again(at, times) <= now => times.saturating_add(1),
        Some(_) => return Ok(()),
    };
    reported.waiting = Some((now, times));
    letter.waiting = Some(Waiting { notices, since, answer });
    Ok(())
}

fn set_aside(
    store: &dyn Store,
    letter: &mut Letter,
    reported: &mut Reported,
) -> Result<(), StoreError> {
    let all = store.counts()?.set_aside;
    let new = all.iter().skip(reported.set_aside);
    letter.set_aside = new.map(|path| path.display().to_string()).collect();
    reported.set_aside = all.len();
    Ok(())
}

fn room(ward: &Ward, letter: &mut Letter, reported: &mut Reported) {
    let Some(room) = ward.room else { return };
    let now = letter.now;
    match reported.full {
        None if room < LITTLE_ROOM => reported.full = Some((now, 1)),
        Some((at, times)) if room < LITTLE_ROOM && again(at, times) <= now => {
            reported.full = Some((now, times.saturating_add(1)));
        }
        Some(_) if room >= LITTLE_ROOM * 2 => {
            reported.full = None;
            return;
        }
        _ => return,
    }
    letter.room = Some(room);
}

fn rendered(letter: &Letter, to: &[String]) -> Vec<Notice> {
    let said = Said {
        subject: operator::subject(letter),
        text: operator::text(letter),
        html: operator::html(letter),
        enclosed: Enclosed {
            thread: Some(operator::thread(letter).to_owned()),
            brief: Some(operator::brief(letter)),
            ..Enclosed::default()
        },
        mentions: 0,
        tickets: 0,
    };
    tell::notices(NAME, to, &said, letter.now)
}

#[cfg(test)]
mod tests;
