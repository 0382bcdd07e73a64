//! The report on a period: one walk over its mentions and those of the period before, one over the
//! tickets.

use super::answer::time;
use super::{Answer, Refusal, ReportAsked, Setting};
use crate::report::{Gathering, Span};
use crate::source::Kind;
use crate::store::{Store, StoreError, Window};
use chrono::{DateTime, TimeDelta, Utc};
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
    gather(&mut gathering, since, until, store)?;
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
    let before = since.checked_sub_signed(until - since).unwrap_or(since);
    let window = Window { since: Some(before), until: Some(until) };
    store.mentions(window, &mut |mention| {
        gathering.mention(&mention);
        true
    })?;
    for ticket in store.tickets()? {
        let mention = store.mention(&ticket.facts().mention)?;
        gathering.ticket(&ticket, mention.as_ref());
    }
    Ok(())
}
