//! The report on a period: one walk over its mentions and those of the period before, and over the tickets
//! that were moved since then, wait now, or are of somebody who complained in it.

use super::answer::time;
use super::{Answer, Refusal, ReportAsked, Setting};
use crate::mention::TicketId;
use crate::report::{Gathering, Span};
use crate::source::Kind;
use crate::store::{Listed, Store, StoreError, Window};
use crate::ticket::Facts;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use url::Url;

/// How long the period is where nobody said.
const USUAL: TimeDelta = TimeDelta::days(30);

pub(super) fn answer(
    asked: &ReportAsked,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Answer, Refusal> {
    let zone = setting.rules.zone;
    let until = time(asked.until.as_deref(), "until", zone, now)?.unwrap_or(now).min(now);
    let since = match time(asked.since.as_deref(), "since", zone, now)? {
        Some(since) => since,
        None => until.checked_sub_signed(USUAL).unwrap_or(until),
    };
    if since >= until {
        let what = format!("the period ends ({until}) before it begins ({since})");
        return Err(Refusal::Faulty(format!(
            "{what}; --until comes after --since, and not after now"
        )));
    }
    let span = Span { brand: asked.brand.clone(), since, until, zone };
    let mut gathering = Gathering::new(span, &setting.rules.desk.clocks, now);
    sources(&mut gathering, setting, store)?;
    gathering.knows(&store.links()?);
    gather(&mut gathering, since, until, store)?;
    tickets(&mut gathering, asked.public, (since, before(since, until)), store)?;
    Ok(if asked.public {
        Answer::PublicReport(Box::new(gathering.publish()))
    } else {
        Answer::Report(Box::new(gathering.finish()))
    })
}

/// Says which places are covered: those of the sources, and the brands' own.
fn sources(
    gathering: &mut Gathering,
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<(), StoreError> {
    for source in setting.sources {
        let address = store.source(&source.name)?.named;
        let url = address.and_then(|address| Url::parse(&address).ok());
        gathering.hears(source.kind, url.as_ref().and_then(Url::host_str));
    }
    for own in setting.rules.brands.iter().flat_map(|brand| &brand.own) {
        gathering.hears(Kind::Intake, Some(own));
    }
    Ok(())
}

fn gather(
    gathering: &mut Gathering,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    store: &dyn Store,
) -> Result<(), StoreError> {
    let window = Window { since: Some(before(since, until)), until: Some(until) };
    store.mentions(window, &mut |mention| {
        gathering.mention(&mention);
        true
    })
}

fn before(since: DateTime<Utc>, until: DateTime<Utc>) -> DateTime<Utc> {
    since.checked_sub_signed(until - since).unwrap_or(since)
}

/// Reads the tickets that have something to tell. What everybody may read names nobody who ever complained:
/// for that all are read.
fn tickets(
    gathering: &mut Gathering,
    is_public: bool,
    (since, before): (DateTime<Utc>, DateTime<Utc>),
    store: &dyn Store,
) -> Result<(), StoreError> {
    if is_public {
        for ticket in store.tickets()? {
            let mention = store.mention(&ticket.facts().mention)?;
            for also in &ticket.facts().also {
                if let Some(mention) = store.mention(also)? {
                    gathering.hides(&mention);
                }
            }
            gathering.ticket(&ticket, mention.as_ref());
        }
        return Ok(());
    }
    let moved: BTreeSet<TicketId> =
        store.listed(Listed::Touched { since: before })?.into_iter().collect();
    let mut wanted = moved.clone();
    wanted.extend(store.listed(Listed::Open)?);
    for id in &moved {
        let Some(ticket) = store.ticket(*id)? else { continue };
        let Facts { customer: Some(customer), opened, .. } = ticket.facts() else { continue };
        if *opened >= since {
            wanted.extend(store.tickets_of(customer)?);
        }
    }
    for id in wanted {
        let Some(ticket) = store.ticket(id)? else { continue };
        let mention = moved.contains(&id).then(|| store.mention(&ticket.facts().mention));
        gathering.ticket(&ticket, mention.transpose()?.flatten().as_ref());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
