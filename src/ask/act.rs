//! Orders: what they lead to. Like the pipeline, this writes nothing itself.

use super::answer::{find_alert, find_mention, find_ticket};
use super::{Order, Refusal, Setting, TicketMove, customer, incident, marks};
use crate::brand::TicketPolicy;
use crate::delivery::{Notice, NoticeId, outbox};
use crate::mention::marking::Marking;
use crate::mention::{Mark, Mention, MentionId, Praise, TicketId, praise};
use crate::pipeline::{self, hand, outward, tell};
use crate::store::{Commit, Store};
use crate::ticket::{Action, Rating, Status, Ticket, triage};
use chrono::{DateTime, Utc};

/// Works out what is to be stored for `order`, given by the person called `by`.
pub fn act(
    order: Order,
    by: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let mut commit = done(order, by, setting, store, now)?;
    outward::open(&mut commit, setting.rules, store, now)?;
    Ok(commit)
}

fn done(
    order: Order,
    by: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    match order {
        Order::Mark(id, mark) => mark_mention(&id, mark, by, setting, store, now),
        Order::Thank(id) => thank(&id, by, store, now),
        Order::Undo(id) => marks::undo(id, by, setting, store, now),
        Order::Ticket(id, moved) => move_ticket(id, moved, by, setting, store, now),
        Order::Incident(id, moved) => incident::act(id, moved, by, setting, store, now),
        Order::Customer(who, moved) => customer::act(&who, &moved, by, store, now),
        Order::Send(name) => {
            let alert = find_alert(&name, setting)?;
            let names: Vec<_> = setting.sources.iter().map(|source| source.name.clone()).collect();
            let blind_spots = tell::blind_spots(&names, store, now)?;
            Ok(tell::speak(alert, setting.rules, store, now, &blind_spots, true)?)
        }
        Order::Retry(id) => {
            let notice = outbox::retried(find_notice(id, store)?, now);
            Ok(Commit { notices: vec![notice], ..Commit::default() })
        }
        Order::Drop(id) => {
            find_notice(id, store)?;
            Ok(Commit { dropped: vec![id], ..Commit::default() })
        }
    }
}

fn find_notice(id: NoticeId, store: &dyn Store) -> Result<Notice, Refusal> {
    store.notice(id)?.ok_or_else(|| {
        Refusal::NotFound(format!("notice {} in the outbox; `vahti outbox` shows them", id.0))
    })
}

/// Notes that somebody who praised was thanked. Twice is no fault: the first time stands.
fn thank(
    id: &MentionId,
    by: &str,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let mut mention = find_mention(id, store)?;
    if mention.praise.is_none() {
        return Err(Refusal::Refused(format!(
            "mention {id} is no praise that waits for thanks; `vahti mentions praise:todo` shows what does"
        )));
    }
    if mention.praise == Some(Praise::Todo) {
        mention.praise = Some(Praise::Thanked { by: by.to_owned(), at: now });
    }
    Ok(Commit { mentions: vec![mention], ..Commit::default() })
}

/// Keeps a person's correction, and opens or withdraws the ticket with it.
fn mark_mention(
    id: &MentionId,
    mark: Mark,
    by: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let mut mention = find_mention(id, store)?;
    let was_muted = mention.is_muted();
    mention.mark = Some(mark);
    let brands = &setting.rules.brands;
    let thanks = brands.iter().any(|brand| brand.name == mention.brand && brand.praise);
    praise::settle(&mut mention, thanks);
    let old = mention.ticket.map(|id| hand::ticket(id, setting.rules, store, now));
    let old = old.transpose()?.flatten();
    let ticket = match (mark, old) {
        (Mark::Negative, None) => {
            let shared = find_ticket_of_post(&mention, setting, store, now)?;
            let start = if was_muted { marks::clock_start(&mention, store)? } else { now };
            Some(open_or_join(shared, &mention, by, start, now, (store, store.next_ticket()?))?)
        }
        (Mark::Negative, Some(ticket))
            if ticket.facts().is_withdrawn() || ticket.facts().review =>
        {
            Some(applied(ticket, Action::Restore, by, now)?)
        }
        (mark, Some(ticket)) if is_baseless(&ticket, mark, &mention, setting, store)? => {
            Some(applied(ticket, Action::Withdraw, by, now)?)
        }
        (mark, Some(ticket)) => {
            let note = format!("mention {id} marked {}", mark.word());
            Some(applied(ticket, Action::Note(note), by, now)?)
        }
        (_, None) => None,
    };
    if let Some(ticket) = &ticket {
        mention.ticket = Some(ticket.facts().id);
    }
    let marking = marks::marking(&mention, mark, by, now);
    marked(marking, mention, ticket, was_muted, setting, store, now)
}

/// Works out what a mark leads to beside its `mention` and the ticket of it: what it brings back.
fn marked(
    marking: Marking,
    mention: Mention,
    ticket: Option<Ticket>,
    was_muted: bool,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let (is_noise, by) = (marking.mark == Mark::Noise, marking.by.clone());
    let mut commit = Commit::default();
    if !is_noise && (was_muted || marks::teaches_noise(&mention.id, store)?) {
        let next = store.next_ticket()?;
        let is_new = ticket.as_ref().is_some_and(|ticket| ticket.facts().id == next);
        let next = TicketId(next.0 + u64::from(is_new));
        commit = marks::replaced(&marking, next, setting, store, now)?;
    }
    let mut heard = commit.mentions.clone();
    heard.extend((was_muted && !is_noise).then(|| mention.clone()));
    commit.markings = vec![marking];
    commit.taught = Some(now);
    commit.mentions.insert(0, mention);
    commit.tickets.splice(0..0, ticket);
    hand::hand_out(&mut commit, &by, setting.rules, store, now)?;
    marks::tell(&mut commit, &heard, setting, store, now)?;
    Ok(commit)
}

/// Returns the ticket that a mention without one gets: the `shared` one of its post, or a new one.
pub(super) fn open_or_join(
    shared: Option<Ticket>,
    mention: &Mention,
    by: &str,
    clock_start: DateTime<Utc>,
    now: DateTime<Utc>,
    (store, next): (&dyn Store, TicketId),
) -> Result<Ticket, Refusal> {
    let Some(ticket) = shared else {
        let ticket = Ticket::open(next, mention, clock_start, now);
        return Ok(pipeline::heard(ticket, mention, store, now)?);
    };
    let join = Action::Join { mention: mention.id.clone(), brand: mention.brand.clone() };
    applied(ticket, join, by, now)
}

/// Returns the ticket that another brand's mention in the same post has, unless it is closed: one
/// complaint is one ticket, however many brands it names.
pub(super) fn find_ticket_of_post(
    mention: &Mention,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Option<Ticket>, Refusal> {
    for brand in &setting.rules.brands {
        let other = store.mention(&MentionId::of(mention.key, &brand.name))?;
        let Some(id) = other.and_then(|other| other.ticket) else { continue };
        let ticket = hand::ticket(id, setting.rules, store, now)?;
        if let Some(ticket) = ticket.filter(|ticket| ticket.facts().status != Status::Closed) {
            return Ok(Some(ticket));
        }
    }
    Ok(None)
}

/// Tells whether a mark takes the ground from under a ticket: `noise` does, and so does another label
/// while nobody has answered, where only negative mentions become tickets. A ticket that another
/// brand's mention in the same post still wants stays.
fn is_baseless(
    ticket: &Ticket,
    mark: Mark,
    mention: &Mention,
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<bool, Refusal> {
    let facts = ticket.facts();
    let is_untouched = matches!(facts.status, Status::New | Status::Open);
    let taken = match mark {
        Mark::Negative => false,
        Mark::Noise => true,
        Mark::Neutral | Mark::Positive => {
            is_untouched && marks::policy(mention, setting) == TicketPolicy::Negative
        }
    };
    if !taken || facts.is_withdrawn() {
        return Ok(false);
    }
    for other in facts.also.iter().chain([&facts.mention]).filter(|other| **other != mention.id) {
        let Some(other) = store.mention(other)? else { continue };
        if triage::wants_ticket(&other, marks::policy(&other, setting)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn move_ticket(
    id: TicketId,
    moved: TicketMove,
    by: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let ticket = find_ticket(id, setting, store, now)?;
    let action = match moved {
        TicketMove::Assign { who } => Action::Assign(who),
        TicketMove::Note { text } => Action::Note(text),
        TicketMove::Reply { text } => Action::Reply(text),
        TicketMove::Resolve { cause, lesson } => {
            Action::Resolve { cause, lesson, follow_up_days: setting.follow_up_days }
        }
        TicketMove::Rate { rating } => Action::Rate(
            Rating::try_from(rating).map_err(|fault| Refusal::Refused(fault.to_string()))?,
        ),
        TicketMove::Reopen { text } => Action::Reopen(text),
        TicketMove::Close {} => Action::Close,
        TicketMove::Priority { priority } => Action::Priority(priority),
    };
    // Who takes or answers a ticket says that its mention is about the brand.
    let teaches = matches!(action, Action::Assign(_) | Action::Reply(_) | Action::Resolve { .. });
    let ticket = applied(ticket, action, by, now)?;
    let teaches = teaches && marks::is_taught(&ticket.facts().brands, store)?;
    let taught = teaches.then_some(now);
    let mut commit = Commit { tickets: vec![ticket], taught, ..Commit::default() };
    hand::hand_out(&mut commit, by, setting.rules, store, now)?;
    Ok(commit)
}

fn applied(
    ticket: Ticket,
    action: Action,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Ticket, Refusal> {
    ticket.apply(action, by, now).map_err(|refused| Refusal::Refused(refused.to_string()))
}
