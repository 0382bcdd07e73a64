//! What an alert says that tells lessons: the causes, lessons and thanks since it last spoke, of the
//! mentions that it wants.

use super::Rules;
use super::tell::Said;
use crate::alert::{Alert, AlertState};
use crate::digest::lessons::{self, CauseLine, Lessons, ThanksLine};
use crate::mention::Mention;
use crate::mention::filter::TicketFacts;
use crate::report::{Gathering, Report, Span};
use crate::store::{Store, StoreError, Window};
use crate::ticket::Ticket;
use chrono::{DateTime, TimeDelta, Utc};

/// What is told of where it has never spoken and nobody knows since when it is there.
const FIRST: TimeDelta = TimeDelta::days(7);

/// Returns what `alert` would say now.
pub(super) fn say(
    alert: &Alert,
    state: &AlertState,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Said, StoreError> {
    let from = state.last.max(state.began).filter(|from| *from < now).unwrap_or(now - FIRST);
    let report = report(alert, from, rules, store, now)?;
    let letter = letter(alert, &report, rules);
    Ok(Said {
        subject: lessons::subject(&letter),
        text: lessons::text(&letter),
        html: lessons::html(&letter),
        mentions: letter.thanks.len(),
        tickets: letter.causes.len(),
    })
}

fn report(
    alert: &Alert,
    since: DateTime<Utc>,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Report, StoreError> {
    let span = Span { brand: None, since, until: now, zone: rules.zone };
    let mut gathering = Gathering::new(span, now);
    let mut failed = None;
    store.mentions(Window { since: Some(since), until: Some(now) }, &mut |mention| {
        match ticket_of(&mention, store) {
            Ok(ticket) if is_wanted(alert, &mention, ticket.as_ref(), now) => {
                gathering.mention(&mention);
            }
            Ok(_) => {}
            Err(error) => failed = Some(error),
        }
        failed.is_none()
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    for ticket in store.tickets()? {
        let mention = store.mention(&ticket.facts().mention)?;
        // What was learned stays true of a mention that is no more.
        let is_meant =
            mention.as_ref().is_none_or(|mention| is_wanted(alert, mention, Some(&ticket), now));
        if is_meant {
            gathering.ticket(&ticket, mention.as_ref());
        }
    }
    Ok(gathering.finish())
}

fn ticket_of(mention: &Mention, store: &dyn Store) -> Result<Option<Ticket>, StoreError> {
    mention.ticket.map_or(Ok(None), |id| store.ticket(id))
}

fn is_wanted(
    alert: &Alert,
    mention: &Mention,
    ticket: Option<&Ticket>,
    now: DateTime<Utc>,
) -> bool {
    let status = ticket.map(|ticket| ticket.facts().status.to_string());
    let facts = ticket
        .zip(status.as_deref())
        .map(|(ticket, status)| TicketFacts { status, priority: ticket.facts().priority });
    alert.wants(mention, facts.as_ref(), now)
}

fn letter(alert: &Alert, report: &Report, rules: &Rules) -> Lessons {
    let lessons_of = |cause: &str| {
        let of_it =
            |lesson: &&crate::report::Lesson| lesson.cause.to_lowercase() == cause.to_lowercase();
        report.lessons.iter().filter(of_it).map(|lesson| lesson.lesson.clone()).collect()
    };
    let causes = report.causes.iter().filter(|cause| cause.count > 0).map(|cause| CauseLine {
        cause: cause.cause.clone(),
        count: cause.count,
        before: cause.before,
        lessons: lessons_of(&cause.cause),
    });
    let thanks = report.thanks.iter().map(|story| ThanksLine {
        brand: story.brand.clone(),
        said: story.headline.clone(),
        url: story.url.clone(),
    });
    Lessons {
        alert: alert.name.clone(),
        language: alert.language,
        zone: rules.zone,
        from: report.since,
        to: report.until,
        resolved: report.tickets.resolved,
        causes: causes.collect(),
        ratings: report.satisfaction.ratings,
        mean: report.satisfaction.mean,
        thanks: thanks.collect(),
    }
}
