//! Incidents: the tickets of one event, seen and moved together.

use super::answer::find_ticket;
use super::view::{self, IncidentView};
use super::{IncidentMove, Refusal, Setting};
use crate::mention::TicketId;
use crate::pipeline::hand;
use crate::store::{Commit, Listed, Store};
use crate::ticket::{Action, Status, Ticket, triage};
use chrono::{DateTime, Utc};

/// Returns the tickets of an incident, most urgent first; a ticket of it names it, too.
fn tickets(
    id: TicketId,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(TicketId, Vec<Ticket>), Refusal> {
    let unknown = || {
        Refusal::NotFound(format!("incident {id}; `vahti tickets` shows which tickets are of one"))
    };
    // The number that tickets carry is the incident, even where the ticket of that number was taken out.
    let of_number = hand::listed(Listed::Incident(id), setting.rules, store, now)?;
    if !of_number.is_empty() {
        return Ok((id, of_number));
    }
    let named = store.ticket(id)?.ok_or_else(unknown)?;
    let first = named.facts().incident.ok_or_else(|| {
        Refusal::NotFound(format!(
            "incident {id}: ticket {id} is of none; `vahti incident ID merge {id}` adds it to one"
        ))
    })?;
    Ok((first, hand::listed(Listed::Incident(first), setting.rules, store, now)?))
}

/// Returns an incident as it is shown.
pub(super) fn answer(
    id: TicketId,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<IncidentView, Refusal> {
    let (first, mut tickets) = tickets(id, setting, store, now)?;
    let opened: Vec<DateTime<Utc>> = tickets.iter().map(|ticket| ticket.facts().opened).collect();
    tickets.sort_by(|a, b| triage::urgency(a, b, now));
    let views: Result<Vec<_>, Refusal> =
        tickets.iter().map(|ticket| view::ticket(ticket, setting.rules, store, now)).collect();
    let is_done =
        |ticket: &&Ticket| matches!(ticket.facts().status, Status::Resolved | Status::Closed);
    Ok(IncidentView {
        id: first.0,
        began: opened.iter().min().copied(),
        last: opened.iter().max().copied(),
        done: tickets.iter().filter(is_done).count(),
        tickets: views?,
    })
}

/// Works out what a move of an incident leads to.
pub(super) fn act(
    id: TicketId,
    moved: IncidentMove,
    by: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let apply = |ticket: Ticket, action: Action| {
        ticket.apply(action, by, now).map_err(|refused| Refusal::Refused(refused.to_string()))
    };
    let changed = match moved {
        IncidentMove::Merge { other } => merge(
            find_ticket(id, setting, store, now)?,
            find_ticket(TicketId(other), setting, store, now)?,
            setting,
            store,
            now,
        )?
        .into_iter()
        .map(|(ticket, first)| apply(ticket, Action::Incident(first)))
        .collect::<Result<Vec<_>, _>>()?,
        IncidentMove::Split { ticket } => {
            let (first, tickets) = tickets(id, setting, store, now)?;
            let number = TicketId(ticket);
            let out = tickets.into_iter().find(|ticket| ticket.facts().id == number);
            let out = out.ok_or_else(|| {
                Refusal::Refused(format!("ticket {number} is not of incident {first}"))
            })?;
            vec![apply(out, Action::Split)?]
        }
        IncidentMove::Resolve { cause, lesson } => {
            let (first, tickets) = tickets(id, setting, store, now)?;
            let follow_up_days = setting.follow_up_days;
            let is_open = |ticket: &Ticket| {
                matches!(ticket.facts().status, Status::New | Status::Open | Status::Answered)
            };
            let resolve = |ticket| {
                let (cause, lesson) = (cause.clone(), lesson.clone());
                apply(ticket, Action::Resolve { cause, lesson, follow_up_days })
            };
            let open: Vec<Ticket> = tickets.into_iter().filter(is_open).collect();
            if open.is_empty() {
                return Err(Refusal::Refused(format!(
                    "no ticket of incident {first} is open; `vahti incident {first}` shows them"
                )));
            }
            open.into_iter().map(resolve).collect::<Result<Vec<_>, _>>()?
        }
    };
    let mut commit = Commit { tickets: changed, ..Commit::default() };
    hand::hand_out(&mut commit, by, setting.rules, store, now)?;
    Ok(commit)
}

/// Returns the tickets that come to the incident of `one`, or make one with it, each with its first ticket.
fn merge(
    one: Ticket,
    other: Ticket,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<(Ticket, TicketId)>, Refusal> {
    let is_of = |ticket: &Ticket, first| ticket.facts().incident == Some(first);
    let (number, others) = (one.facts().id, other.facts().id);
    // The number that tickets carry is the incident, even where the ticket of that number was taken out.
    let is_event = !store.listed(Listed::Incident(number))?.is_empty();
    let known = one.facts().incident.or(other.facts().incident);
    let first = if is_event { number } else { known.unwrap_or(number) };
    let is_there = is_event || is_of(&one, first);
    if number == others && !is_event {
        return Err(Refusal::Refused(format!(
            "ticket {others} is one, and an event is of several"
        )));
    }
    if is_there && is_of(&other, first) {
        return Err(Refusal::Refused(format!("ticket {others} is of incident {first} already")));
    }
    let theirs = other.facts().incident.filter(|theirs| *theirs != first);
    let mut coming: Vec<Ticket> = match theirs {
        Some(theirs) => hand::listed(Listed::Incident(theirs), setting.rules, store, now)?,
        None if is_of(&other, first) => Vec::new(),
        None => vec![other],
    };
    if !is_there {
        coming.push(one);
    }
    Ok(coming.into_iter().map(|ticket| (ticket, first)).collect())
}
