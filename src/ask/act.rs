//! Orders: what they lead to. Like the pipeline, this writes nothing itself.

use super::answer::{find_alert, find_mention, find_ticket};
use super::opening::Opening;
use super::{Order, Refusal, Setting, TicketMove, customer, incident, marks, subscription};
use crate::brand::TicketPolicy;
use crate::delivery::{Notice, NoticeId, Progress, outbox};
use crate::mention::marking::Marking;
use crate::mention::{Mark, Mention, MentionId, Praise, TicketId, praise};
use crate::pipeline::{hand, outward, tell};
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
        Order::Alert(name, moved) => subscription::act(&name, &moved, by, setting, store, now),
        Order::Send(name) => {
            let alert = find_alert(&name, setting)?;
            let blind_spots = setting.blind_spots(alert, store, now)?;
            Ok(tell::speak(alert, setting.rules, store, now, &blind_spots, true)?)
        }
        Order::Retry(id) => {
            let notice = match (store.notice(id)?, store.repeatable(id)?) {
                (None, Some(taken)) => outbox::repeated(taken, now),
                _ => outbox::retried(find_notice(id, store)?, now),
            };
            Ok(Commit { notices: vec![notice], ..Commit::default() })
        }
        Order::Drop(id) => {
            let notice = outbox::dropped(find_notice(id, store)?, now);
            Ok(Commit { notices: vec![notice], dropped: vec![id], ..Commit::default() })
        }
        Order::RetryDead => {
            let notices = dead(store)?.map(|notice| outbox::retried(notice, now)).collect();
            Ok(Commit { notices, ..Commit::default() })
        }
        Order::DropDead => {
            let notices: Vec<Notice> =
                dead(store)?.map(|notice| outbox::dropped(notice, now)).collect();
            let dropped = notices.iter().map(|notice| notice.id).collect();
            Ok(Commit { notices, dropped, ..Commit::default() })
        }
    }
}

/// Returns the notices that were given up.
fn dead(store: &dyn Store) -> Result<impl Iterator<Item = Notice>, Refusal> {
    let all = store.outbox()?.into_iter();
    Ok(all.filter(|notice| notice.progress == Progress::Dead))
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
    let mut opening = Opening::new(setting, store, now)?;
    let old = match mention.ticket {
        Some(id) => hand::ticket(id, setting.rules, store, now)?,
        // One complaint is one ticket: a copy has that of its story.
        None => opening.of_story(&mention)?,
    };
    let ticket = match (mark, old) {
        (Mark::Negative, None) => {
            let start = if was_muted { marks::clock_start(&mention, store)? } else { now };
            opening.give(mention.clone(), true, by, start)?;
            None
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
    let marking = marks::marking(&mention, mark, by, now);
    if let Some(mut ticket) = ticket {
        if mark == Mark::Negative && mention.ticket.is_none() {
            ticket = opening.joined(ticket, &mention, by)?;
            mention.ticket = Some(ticket.facts().id);
        }
        opening.moved(ticket);
    }
    // What was given a ticket just now is kept with it.
    if !opening.has(&mention.id) {
        opening.keep(mention);
    }
    marked(marking, opening, was_muted, setting, store, now)
}

/// Works out what a mark leads to beside its mention and the ticket of it, which are in `opening`: what
/// it brings back.
fn marked(
    marking: Marking,
    mut opening: Opening<'_>,
    was_muted: bool,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let (is_noise, by) = (marking.mark == Mark::Noise, marking.by.clone());
    let mut heard = Vec::new();
    if !is_noise && (was_muted || marks::teaches_noise(&marking.mention, store)?) {
        heard = marks::replaced(&marking, &mut opening, setting, store)?;
    }
    heard.extend((was_muted && !is_noise).then(|| marking.mention.clone()));
    let mut commit = opening.commit();
    commit.markings = vec![marking];
    commit.taught = Some(now);
    hand::hand_out(&mut commit, &by, setting.rules, store, now)?;
    marks::tell(&mut commit, &heard, setting, store, now)?;
    Ok(commit)
}

/// Tells whether a mark takes the ground from under a ticket: `noise` does, and so does another label
/// while nobody has answered, where only negative mentions become tickets. A ticket that another
/// brand's mention in the same post still wants stays, and so does one that a copy has of its story.
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
    if !taken || facts.is_withdrawn() || mention.ticket.is_none() {
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
