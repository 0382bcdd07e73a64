//! Marks: made, and taken out of what is taught again.

use super::opening::Opening;
use super::{Refusal, Setting};
use crate::brand::{BrandName, TicketPolicy};
use crate::enrich::homonym::Learnt;
use crate::mention::marking::{Marking, MarkingId, Undone, teaching};
use crate::mention::{Mark, Mention, MentionId};
use crate::pipeline::taught::Taught;
use crate::store::{Commit, Store, Window};
use crate::ticket::{clock, triage};
use chrono::{DateTime, Utc};

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
    let mut opening = Opening::new(setting, store, now)?;
    let back = brought_back(&found, &taught, &mut opening, setting, store)?;
    if let Some(undone) = &mut found.undone {
        undone.brought_back.clone_from(&back);
    }
    let mut commit = opening.commit();
    commit.markings = vec![found];
    commit.taught = Some(now);
    crate::pipeline::hand::hand_out(&mut commit, by, setting.rules, store, now)?;
    tell(&mut commit, &back, setting, store, now)?;
    Ok(commit)
}

/// Works out what another mark of a mention brings back, where that mention had taught that others are
/// noise, or was itself taken to be; it and its ticket are in `opening` already.
pub(super) fn replaced(
    marking: &Marking,
    opening: &mut Opening<'_>,
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<Vec<MentionId>, Refusal> {
    let mut markings = store.markings()?;
    let last = markings.iter().map(|known| known.id.0).max().unwrap_or_default();
    markings.push(Marking { id: MarkingId(last + 1), ..marking.clone() });
    let taught = Taught::by(&markings, marking.at, &setting.rules.brands, store)?;
    brought_back(marking, &taught, opening, setting, store)
}

/// Tells whether a mark of this mention teaches that others are noise.
pub(super) fn teaches_noise(mention: &MentionId, store: &dyn Store) -> Result<bool, Refusal> {
    let markings = store.markings()?;
    let known = teaching(&markings).get(mention).map(|known| known.mark);
    Ok(known == Some(Mark::Noise))
}

/// Tells whether somebody marked a mention of one of these brands as noise, so that what is known of
/// others counts.
pub(super) fn is_taught(brands: &[BrandName], store: &dyn Store) -> Result<bool, Refusal> {
    let markings = store.markings()?;
    let is_noise = |known: &Marking| known.mark == Mark::Noise && brands.contains(&known.brand);
    Ok(teaching(&markings).into_values().any(is_noise))
}

/// Returns the mentions that nothing calls noise any more, beside the one that was marked; `opening` has
/// them, with the tickets that they should have had.
fn brought_back(
    marking: &Marking,
    taught: &Taught,
    opening: &mut Opening<'_>,
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<Vec<MentionId>, Refusal> {
    // Of a brand that is no longer watched nobody wants to hear.
    if !setting.rules.brands.iter().any(|brand| brand.name == marking.brand) {
        return Ok(Vec::new());
    }
    let learnt = taught.brand(&marking.brand);
    let mut back = Vec::new();
    store.mentions(Window::default(), &mut |mention| {
        let is_meant = mention.brand == marking.brand && mention.id != marking.mention;
        let still = || {
            let suspects =
                |learnt: &Learnt| learnt.suspects(&mention.post, &mention.hits, &mention.insight);
            learnt.and_then(suspects).is_some()
        };
        if is_meant && mention.is_muted() && !still() {
            back.push(mention);
        }
        true
    })?;
    // The oldest first: their tickets have the lower numbers, and heads come before their copies.
    let mut ids = Vec::new();
    for mention in back.into_iter().rev() {
        ids.push(mention.id.clone());
        // As the head of a copy it may have got a ticket here.
        let mut mention = opening.mention(&mention.id)?.unwrap_or(mention);
        mention.muted = None;
        // What was deleted, or names the brand no more, nobody can answer.
        if mention.post.is_gone || mention.hits.is_empty() {
            opening.keep(mention);
            continue;
        }
        let wants = triage::wants_ticket(&mention, policy(&mention, setting));
        let start = clock_start(&mention, store)?;
        opening.give(mention, wants, "vahti", start)?;
    }
    Ok(ids)
}

/// Returns when the clock of a ticket starts that should have been opened when its mention was found.
pub(super) fn clock_start(mention: &Mention, store: &dyn Store) -> Result<DateTime<Utc>, Refusal> {
    let first_poll = store.source(&mention.source)?.health.first_poll;
    Ok(clock::start(mention, first_poll.unwrap_or_else(|| mention.time())))
}

/// Returns which mentions become tickets where this one stands: what its source says goes before what
/// its brand says.
pub(super) fn policy(mention: &Mention, setting: &Setting<'_>) -> TicketPolicy {
    let source = setting.sources.iter().find(|known| known.name == mention.source);
    let brand = setting.rules.brands.iter().find(|known| known.name == mention.brand);
    let of_brand = || brand.and_then(|known| known.tickets);
    triage::policy(source.and_then(|known| known.tickets).or_else(of_brand), mention)
}

/// Lets the alerts that speak as it happens hear of what was muted and no longer is: of a story once.
pub(super) fn tell(
    commit: &mut Commit,
    heard: &[MentionId],
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let is_copy = |one: &Mention| one.ticket.is_none() && one.story != one.id;
    let is_news =
        |one: &&Mention| heard.contains(&one.id) && !(is_copy(one) && heard.contains(&one.story));
    let news: Vec<Mention> = commit.mentions.iter().filter(is_news).cloned().collect();
    if news.is_empty() {
        return Ok(());
    }
    Ok(crate::pipeline::tell::at_once(commit, &news, setting.rules, store, now)?)
}

#[cfg(test)]
mod tests;
