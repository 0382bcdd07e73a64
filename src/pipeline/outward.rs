//! Tickets at other desks: which of ours are opened there too, what those desks are told, and what it
//! means here that one was opened, settled or opened again there.

use super::{Rules, tell};
use crate::delivery::desk::{Advice, Counterpart, Dossier, Standing, Told};
use crate::delivery::{Enclosed, Notice, NoticeId, Progress};
use crate::mention::filter::{Filter, TicketFacts};
use crate::mention::{Mention, PostKey, TicketId};
use crate::store::{Commit, Store, StoreError};
use crate::text::{self, Language};
use crate::ticket::{Action, Facts, Status, Ticket, card, people, reply};
use chrono::{DateTime, Utc};

/// What the text of a mention is cut to, in characters.
const MOST_TEXT: usize = 10_000;

/// A channel, as far as it decides which tickets are opened there too.
#[derive(Debug, Clone, PartialEq)]
pub struct Outward {
    pub name: String,
    pub filter: Filter,
}

/// Adds to `commit` a notice for each channel that wants a ticket which the commit opens.
pub fn open(
    commit: &mut Commit,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if rules.outward.is_empty() || commit.tickets.is_empty() {
        return Ok(());
    }
    let next = store.next_ticket()?;
    let mut notices = Vec::new();
    for ticket in commit.tickets.iter().filter(|ticket| ticket.facts().id >= next) {
        let facts = ticket.facts();
        let here = commit.mentions.iter().find(|mention| mention.id == facts.mention);
        let mention = match here {
            Some(mention) => Some(mention.clone()),
            None => store.mention(&facts.mention)?,
        };
        let Some(mention) = mention else { continue };
        let status = facts.status.to_string();
        let told = TicketFacts { status: &status, priority: facts.priority };
        let wants = |one: &&Outward| one.filter.passes(&mention, Some(&told), now);
        let channels: Vec<&Outward> = rules.outward.iter().filter(wants).collect();
        if !channels.is_empty() {
            let dossier = dossier(facts, &mention, rules, store, now)?;
            let event = facts.incident.unwrap_or(facts.id);
            let told = |channel: &&Outward| notice(&channel.name, event, &dossier, now);
            notices.extend(channels.iter().map(told));
        }
    }
    commit.notices.extend(notices);
    Ok(())
}

/// Returns what other desks are told of a ticket.
fn dossier(
    facts: &Facts,
    mention: &Mention,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Dossier, StoreError> {
    let complaint = mention.insight.complaint.clone().unwrap_or_default();
    let card = card::card(&complaint, facts.language.unwrap_or(Language::ENGLISH));
    let mut history = match &facts.customer {
        Some(customer) => store.tickets_of(customer)?,
        None => Vec::new(),
    };
    history.retain(|earlier| *earlier < facts.id);
    let post = &mention.post;
    Ok(Dossier {
        ticket: facts.id.0,
        reference: reference(facts),
        opened: facts.opened,
        priority: word(&facts.priority),
        review: facts.review,
        brands: facts.brands.iter().map(ToString::to_string).collect(),
        headline: mention.headline(),
        mention: Told {
            id: mention.id.to_string(),
            source: mention.source.to_string(),
            kind: mention.kind.word().to_owned(),
            url: post.url.clone(),
            title: post.title.clone(),
            text: text::cut(&post.text, MOST_TEXT),
            author: post.author.clone(),
            published: post.published,
            language: mention.insight.language.map(|language| language.code().to_owned()),
        },
        card: Advice {
            complainer: card.complainer.as_ref().map(word),
            signs: card.signs,
            how_to_answer: card.how_to_answer,
            avoid: card.avoid,
        },
        suggested_reply: reply::suggest(mention, facts, now, rules.zone, &rules.replies).reply,
        customer: known_as(facts, store)?,
        history: history.into_iter().map(|TicketId(id)| id).collect(),
    })
}

/// Returns by what other desks know the customer: of the handles that are linked, that of the oldest
/// ticket, so that it stays the same; a mere name is nobody's alone.
fn known_as(facts: &Facts, store: &dyn Store) -> Result<Option<String>, StoreError> {
    let Some(own) = &facts.customer else { return Ok(None) };
    let handles = people::handles(own, |handle| store.links_of(handle))?;
    if handles.len() > 1 {
        for id in store.tickets_of(own)? {
            let earlier = store.ticket(id)?.and_then(|ticket| ticket.facts().customer.clone());
            if let Some(handle) = earlier.filter(|handle| !handle.contains('"')) {
                return Ok(Some(handle));
            }
        }
    }
    Ok(Some(own.clone()))
}

/// Returns the mark by which the ticket is found again at another desk. Numbers begin anew with a new
/// store, and several vahti may open tickets at one desk: what is behind the number tells them apart.
fn reference(facts: &Facts) -> String {
    let opened = facts.opened.timestamp_micros().to_string();
    let PostKey(hash) = PostKey::of(&["reference", &facts.mention.0, &opened]);
    let number = hash.first_chunk::<4>().map_or(0, |chunk| u32::from_be_bytes(*chunk));
    format!("vahti-{}-{number:08x}", facts.id)
}

/// Returns the word that JSON has for something.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn notice(channel: &str, event: TicketId, dossier: &Dossier, now: DateTime<Utc>) -> Notice {
    Notice {
        id: NoticeId(0),
        alert: format!("ticket {}", dossier.ticket),
        to: channel.to_owned(),
        subject: dossier.subject(),
        text: serde_json::to_string(dossier).unwrap_or_default(),
        html: String::new(),
        message_id: format!("{}.{channel}", dossier.reference),
        created: now,
        progress: Progress::Queued,
        attempts: 0,
        next_attempt: now,
        last_answer: None,
        enclosed: Enclosed {
            thread: Some(tell::thread_of(event)),
            tells: vec![dossier.mention.id.clone()],
            ..Enclosed::default()
        },
    }
}

/// Reads what a channel is to be told; `None` where a notice is for a mail address.
pub fn told(notice: &Notice) -> Option<Dossier> {
    if is_mail(notice) { None } else { serde_json::from_str(&notice.text).ok() }
}

/// Tells whether a notice is for a mail address: a channel has no `@` in its name.
pub fn is_mail(notice: &Notice) -> bool {
    notice.to.contains('@')
}

/// Tells whether a notice says an alert: what is told of a ticket to a desk has no form for people.
pub fn is_alert(notice: &Notice) -> bool {
    !notice.html.is_empty()
}

/// Adds to `commit` what is known of a ticket at another desk, with a line in the log of ours once it is
/// there. How it stands there may have been asked meanwhile: that stays.
pub fn opened(
    commit: &mut Commit,
    there: Counterpart,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let known = store.counterparts_of(TicketId(there.ticket))?;
    let known = known.into_iter().find(|old| old.channel == there.channel);
    let is_there = |one: &Counterpart| one.id.is_some() || one.opened.is_some();
    if is_there(&there) && !known.as_ref().is_some_and(is_there) {
        let note = match (there.called(), &there.url) {
            ("", _) => format!("told {}", there.channel),
            (called, None) => format!("opened in {} as {called}", there.channel),
            (called, Some(url)) => format!("opened in {} as {called}: {url}", there.channel),
        };
        let ticket = store.ticket(TicketId(there.ticket))?;
        let noted = ticket.and_then(|ticket| ticket.apply(Action::Note(note), "vahti", now).ok());
        commit.tickets.extend(noted);
    }
    commit.counterparts.push(match known {
        Some(Counterpart { standing, word, asked, .. }) => {
            Counterpart { standing, word, asked, ..there }
        }
        None => there,
    });
    Ok(())
}

/// Adds to `commit` how a ticket stands at another desk now. Settled there, ours is resolved; opened
/// again there, ours is too if it was they who settled it. Where ours may not move, its log says it.
pub fn followed(
    commit: &mut Commit,
    there: Counterpart,
    follow_up_days: i64,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let id = TicketId(there.ticket);
    let known = store.counterparts_of(id)?;
    let Some(before) = known.into_iter().find(|old| old.channel == there.channel) else {
        return Ok(());
    };
    if before.standing != there.standing {
        // Another counterpart of the same ticket may have moved it in this very commit.
        let place = commit.tickets.iter().position(|ticket| ticket.facts().id == id);
        let ticket = match place.map(|place| commit.tickets.swap_remove(place)) {
            Some(ticket) => Some(ticket),
            None => store.ticket(id)?,
        };
        commit.tickets.extend(ticket.map(|ticket| moved(ticket, &there, follow_up_days, now)));
    }
    // What it lacked may have been added meanwhile.
    let Counterpart { standing, word, asked, .. } = there;
    commit.counterparts.push(Counterpart { standing, word, asked, ..before });
    Ok(())
}

/// Moves a ticket, or notes in its log why it does not move.
fn moved(ticket: Ticket, there: &Counterpart, follow_up_days: i64, now: DateTime<Utc>) -> Ticket {
    let facts = ticket.facts();
    let (channel, called) = (&there.channel, there.called());
    let word = there.word.as_deref().unwrap_or("so");
    let cause = format!("settled in {channel}");
    let is_theirs = facts.cause.as_deref() == Some(&cause);
    let action = match there.standing {
        Standing::Settled
            if matches!(facts.status, Status::New | Status::Open | Status::Answered) =>
        {
            Action::Resolve { cause, lesson: None, follow_up_days }
        }
        Standing::Open if facts.status == Status::Resolved && is_theirs => {
            Action::Reopen(Some(format!("{called} was opened again in {channel}")))
        }
        Standing::Gone => Action::Note(format!("{called} is no more in {channel} ({word})")),
        Standing::Settled | Standing::Open => {
            Action::Note(format!("{called} is {word} now in {channel}"))
        }
    };
    let by = format!("{channel} {called}");
    ticket.clone().apply(action, &by, now).unwrap_or(ticket)
}

/// Returns the tickets at a channel's desk of which it is to be asked how they stand: not more than `most`,
/// and those first that were not asked for longest. What is closed here and settled there is over; what is
/// there is asked even while it lacks something.
pub fn to_follow(
    channel: &str,
    before: DateTime<Utc>,
    most: usize,
    store: &dyn Store,
) -> Result<Vec<Counterpart>, StoreError> {
    let mut found = Vec::new();
    for there in store.counterparts()? {
        let is_theirs = there.channel == channel && there.id.is_some();
        if !is_theirs || there.standing == Standing::Gone {
            continue;
        }
        if there.asked.or(there.opened).is_some_and(|asked| asked > before) {
            continue;
        }
        let is_over = there.standing == Standing::Settled
            && store
                .ticket(TicketId(there.ticket))?
                .is_none_or(|ticket| ticket.facts().status == Status::Closed);
        if !is_over {
            found.push(there);
        }
    }
    found.sort_by_key(|there| (there.asked, there.ticket));
    found.truncate(most);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::sample::{at, mention};
    use crate::store::sled::SledStore;
    use crate::ticket::Ticket;
    use crate::ticket::people::Link;

    #[test]
    fn the_opening_of_a_ticket_belongs_to_what_is_told_of_its_event() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let told = mention(1, "maija", "Acme fails");
        let ticket = Ticket::open(TicketId(1), &told, at(1), at(1));
        let filter = Filter::new(crate::query::parse_filter("").unwrap());
        let rules = Rules::new(Vec::new(), Vec::new(), chrono_tz::Tz::UTC)
            .outward(vec![Outward { name: "hook".into(), filter }]);
        let (mentions, tickets) = (vec![told], vec![ticket]);
        let mut commit = Commit { mentions, tickets, ..Commit::default() };
        open(&mut commit, &rules, &store, at(1)).unwrap();
        assert_eq!(commit.notices[0].enclosed.thread.as_deref(), Some("event 1"));
    }

    #[test]
    fn somebody_of_several_handles_has_one_contact_that_of_the_oldest_ticket() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let open = |id, hour, handle: &str| {
            Ticket::open(TicketId(id), &mention(hour, handle, "Acme fails"), at(hour), at(hour))
        };
        let tickets = vec![open(1, 1, "maija"), open(2, 2, "kettle")];
        store.apply(&Commit { tickets, ..Commit::default() }).unwrap();
        let new = open(3, 3, "kettle");
        let contact = || known_as(new.facts(), &store).unwrap().unwrap();
        assert_eq!(contact(), "feed @kettle");
        let [one, other] = ["feed @kettle", "feed @maija"].map(str::to_owned);
        let link = Link { id: 0, one, other, by: "desk".into(), at: at(3), parted: None };
        store.apply(&Commit { links: vec![link], ..Commit::default() }).unwrap();
        assert_eq!(contact(), "feed @maija");
    }
}
