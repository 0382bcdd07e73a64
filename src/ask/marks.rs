//! Marks: made, and taken out of what is taught again.

use super::act::{find_ticket_of_post, open_or_join};
use super::{Refusal, Setting};
use crate::mention::marking::{Marking, MarkingId, Undone};
use crate::mention::{Mark, Mention, TicketId};
use crate::pipeline::taught::Taught;
use crate::store::{Commit, Store, Window};
use crate::ticket::triage;
use chrono::{DateTime, Duration, Utc};

/// How long before a mark a mention may have been published that was taken to be noise because of it.
const BEFORE: Duration = Duration::days(30);

/// Returns the marking of a mention that is stored with its mark.
pub(super) fn marking(mention: &Mention, mark: Mark, by: &str, now: DateTime<Utc>) -> Marking {
    Marking {
        id: MarkingId(0),
        mention: mention.id.clone(),
        brand: mention.brand.clone(),
        mark,
        at: now,
        by: by.to_owned(),
        undone: None,
    }
}

/// Takes a marking out of what is taught. The marked mention and its ticket stay as they are; what was
/// taken to be noise because of it, and no longer would be, comes back.
pub(super) fn undo(
    id: MarkingId,
    by: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let mut markings = store.markings()?;
    let last =
        |mention| markings.iter().filter(|known| known.mention == mention).map(|m| m.id).max();
    let Some(at) = markings.iter().position(|known| known.id == id) else {
        return Err(Refusal::NotFound(format!("mark {}; `vahti judge marks` shows them", id.0)));
    };
    let Some(found) = markings.get(at).cloned() else { return Ok(Commit::default()) };
    if found.undone.is_some() {
        return Err(Refusal::Refused(format!("mark {} was undone before", id.0)));
    }
    if let Some(later) = last(found.mention.clone()).filter(|later| *later > id) {
        return Err(Refusal::Refused(format!(
            "mark {} teaches nothing: mark {} replaced it; `vahti judge marks undo {}` undoes that one",
            id.0, later.0, later.0
        )));
    }
    let undone = Undone { at: now, by: by.to_owned(), brought_back: Vec::new() };
    let mut found = Marking { undone: Some(undone), ..found };
    if let Some(known) = markings.get_mut(at) {
        known.clone_from(&found);
    }
    let taught = Taught::by(&markings, now, &setting.rules.brands, store)?;
    let mut commit = brought_back(&found, &taught, setting, store, now)?;
    if let Some(undone) = &mut found.undone {
        undone.brought_back = commit.mentions.iter().map(|mention| mention.id.clone()).collect();
    }
    commit.markings = vec![found];
    commit.taught = Some(now);
    Ok(commit)
}

/// Returns the mentions that nothing calls noise any more, with the tickets that they should have had.
fn brought_back(
    undone: &Marking,
    taught: &Taught,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let learnt = taught.brand(&undone.brand);
    let mut back = Vec::new();
    let window = Window { since: Some(undone.at - BEFORE), until: None };
    store.mentions(window, &mut |mention| {
        let still = || {
            let complaint = mention.insight.complaint.as_ref();
            learnt.and_then(|learnt| learnt.suspects(&mention.post, &mention.hits, complaint))
        };
        if mention.brand == undone.brand && mention.is_muted() && still().is_none() {
            back.push(mention);
        }
        true
    })?;
    let brand = setting.rules.brands.iter().find(|brand| brand.name == undone.brand);
    let mut next = store.next_ticket()?;
    let mut commit = Commit::default();
    // The oldest first: their tickets have the lower numbers.
    for mut mention in back.into_iter().rev() {
        mention.muted = None;
        let policy = triage::policy(brand.and_then(|brand| brand.tickets), &mention);
        if triage::wants_ticket(&mention, policy) && mention.ticket.is_none() {
            let shared = find_ticket_of_post(&mention, setting, store)?;
            let ticket = open_or_join(shared, &mention, next, "vahti", now)?;
            if ticket.facts().id == next {
                next = TicketId(next.0 + 1);
            }
            mention.ticket = Some(ticket.facts().id);
            commit.tickets.push(ticket);
        }
        commit.mentions.push(mention);
    }
    Ok(commit)
}
