//! Whose tickets are, by when, and who is told: what a desk's staff and clocks make of the tickets of a
//! commit before it is stored.

use super::{Rules, tell};
use crate::delivery::email;
use crate::delivery::{Enclosed, Notice};
use crate::digest::TicketLine;
use crate::digest::assigned::{self, Assigned};
use crate::mention::{Mention, TicketId};
use crate::store::{Commit, Listed, Store, StoreError};
use crate::text::Language;
use crate::ticket::clock::Clocks;
use crate::ticket::route::{self, Staff, Work};
use crate::ticket::{Action, Status, Ticket};
use chrono::{DateTime, Utc};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What notices for those whose a ticket is have instead of the name of an alert; no alert has it.
pub const NAME: &str = "desk";

/// The writer of the lines that nobody wrote.
pub const VAHTI: &str = "vahti";

/// Who works at the desk, by when, and how they are told.
#[derive(Debug, Clone, PartialEq)]
pub struct Desk {
    pub staff: Staff,
    pub clocks: Clocks,
    /// The language in which people are told.
    pub language: Language,
    /// Whether there is a way for mail to leave.
    pub has_mail: bool,
    /// The channels that can be told: who is named like one is told by it.
    pub channels: Vec<String>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            staff: Staff::default(),
            clocks: Clocks::default(),
            language: Language::ENGLISH,
            has_mail: false,
            channels: Vec::new(),
        }
    }
}

impl Desk {
    /// Tells whether there is a way to tell somebody.
    fn reaches(&self, who: &str) -> bool {
        (self.has_mail && is_address(who)) || self.channels.iter().any(|name| name == who)
    }
}

/// Gives the tickets that open with `commit` to those whose they are, sets the clocks of all of it, and
/// adds a notice for everybody to whom it gives one. `by` is the person whose order it is.
pub fn hand_out(
    commit: &mut Commit,
    by: &str,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if commit.tickets.is_empty() {
        return Ok(());
    }
    let mut office = Office::of(commit, rules, store, now)?;
    let ids: Vec<TicketId> = commit.tickets.iter().map(|ticket| ticket.facts().id).collect();
    for id in &ids {
        office.assign(*id, commit)?;
    }
    for ticket in &mut commit.tickets {
        if let Some(settled) = office.tickets.borrow_mut().remove(&ticket.facts().id) {
            *ticket = settled;
        }
    }
    let notices = told(commit, by, rules, store, now)?;
    commit.notices.extend(notices);
    Ok(())
}

/// Returns the commit of all tickets that have risen by being late.
pub fn aged(rules: &Rules, store: &dyn Store, now: DateTime<Utc>) -> Result<Commit, StoreError> {
    let mut tickets = Vec::new();
    for id in store.listed(Listed::Rising)? {
        let Some(ticket) = store.ticket(id)? else { continue };
        let lines = ticket.facts().log.len();
        let timed = ticket.timed(&rules.desk.clocks, now);
        if timed.facts().log.len() > lines {
            tickets.push(timed);
        }
    }
    Ok(Commit { tickets, ..Commit::default() })
}

/// Returns one ticket as it is at `now`, whether or not that is stored yet.
pub fn ticket(
    id: TicketId,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Option<Ticket>, StoreError> {
    Ok(store.ticket(id)?.map(|ticket| ticket.timed(&rules.desk.clocks, now)))
}

/// Returns all tickets as they are at `now`.
pub fn tickets(
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<Ticket>, StoreError> {
    let clocks = &rules.desk.clocks;
    Ok(store.tickets()?.into_iter().map(|ticket| ticket.timed(clocks, now)).collect())
}

/// Returns the tickets that are listed so, as they are at `now`.
pub fn listed(
    what: Listed<'_>,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<Ticket>, StoreError> {
    let ids = store.listed(what)?.into_iter();
    ids.filter_map(|id| ticket(id, rules, store, now).transpose()).collect()
}

/// The tickets at hand, with those of the store behind them.
struct Office<'a> {
    rules: &'a Rules,
    store: &'a dyn Store,
    now: DateTime<Utc>,
    next: TicketId,
    tickets: RefCell<BTreeMap<TicketId, Ticket>>,
    /// How many tickets of the store people have, without those at hand; counted when it is asked.
    loads: RefCell<HashMap<String, usize>>,
}

impl<'a> Office<'a> {
    fn of(
        commit: &Commit,
        rules: &'a Rules,
        store: &'a dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let clocks = &rules.desk.clocks;
        let timed = |ticket: &Ticket| (ticket.facts().id, ticket.clone().timed(clocks, now));
        let tickets = RefCell::new(commit.tickets.iter().map(timed).collect());
        let loads = RefCell::default();
        Ok(Self { rules, store, now, next: store.next_ticket()?, tickets, loads })
    }

    /// Gives one ticket to somebody, if it opens here and is nobody's.
    fn assign(&mut self, id: TicketId, commit: &Commit) -> Result<(), StoreError> {
        let Some(ticket) = self.tickets.borrow().get(&id).cloned() else { return Ok(()) };
        let facts = ticket.facts();
        let is_free = facts.assignee.is_none()
            // Our own account may have answered before the poll was over; it is somebody's all the same.
            && matches!(facts.status, Status::New | Status::Open | Status::Answered)
            && (id >= self.next || self.was_closed(id)?);
        if !is_free || self.rules.desk.staff.routes.is_empty() {
            return Ok(());
        }
        let Some(mention) = self.mention(&ticket, commit)? else { return Ok(()) };
        let (staff, zone) = (&self.rules.desk.staff, self.rules.zone);
        let Some(who) = staff.assignee(facts, &mention, self, self.now, zone)? else {
            return Ok(());
        };
        if let Ok(given) = ticket.apply(Action::Assign(who), VAHTI, self.now) {
            let given = given.timed(&self.rules.desk.clocks, self.now);
            self.tickets.borrow_mut().insert(id, given);
        }
        Ok(())
    }

    fn was_closed(&self, id: TicketId) -> Result<bool, StoreError> {
        let old = self.store.ticket(id)?;
        Ok(old.is_some_and(|old| old.facts().status == Status::Closed))
    }

    fn mention(&self, ticket: &Ticket, commit: &Commit) -> Result<Option<Mention>, StoreError> {
        mention_of(ticket, commit, self.store)
    }
}

impl Work for Office<'_> {
    type Error = StoreError;

    fn last_of(&self, people: &[&str]) -> Result<Option<String>, StoreError> {
        let is_one = |who: &str| people.iter().any(|known| route::is_same(known, who));
        let given = |ticket: &Ticket| {
            route::given(ticket.facts()).filter(|who| is_one(who)).map(str::to_owned)
        };
        let at_hand = self.tickets.borrow();
        let opened_now = at_hand.range(self.next..).map(|(_, ticket)| ticket);
        if let Some(who) = opened_now.rev().find_map(given) {
            return Ok(Some(who));
        }
        let mut last: Option<(TicketId, &str)> = None;
        for who in people {
            let theirs = self.store.last_listed(Listed::GivenTo(who))?;
            let is_later = |id: &TicketId| last.is_none_or(|(known, _)| known < *id);
            last = theirs.filter(is_later).map(|id| (id, *who)).or(last);
        }
        Ok(last.map(|(_, who)| who.to_owned()))
    }

    fn load(&self, who: &str) -> Result<usize, StoreError> {
        let at_hand = self.tickets.borrow();
        let person = route::person(who);
        let known = self.loads.borrow().get(&person).copied();
        let stored = if let Some(stored) = known {
            stored
        } else {
            let theirs = self.store.listed(Listed::WorkOf(who))?;
            let stored = theirs.iter().filter(|id| !at_hand.contains_key(id)).count();
            self.loads.borrow_mut().insert(person, stored);
            stored
        };
        let has = |ticket: &&Ticket| {
            let facts = ticket.facts();
            let is_theirs = facts.assignee.as_deref().is_some_and(|own| route::is_same(own, who));
            is_theirs && route::is_work(facts)
        };
        Ok(stored + at_hand.values().filter(has).count())
    }
}

fn mention_of(
    ticket: &Ticket,
    commit: &Commit,
    store: &dyn Store,
) -> Result<Option<Mention>, StoreError> {
    let id = &ticket.facts().mention;
    match commit.mentions.iter().find(|mention| mention.id == *id) {
        Some(mention) => Ok(Some(mention.clone())),
        None => store.mention(id),
    }
}

/// To whom a message goes, and which person gave what it tells of; `None` where a route did.
type Letter = (String, Option<String>);

/// Returns a notice for everybody whose a ticket is now and was not before, by whoever gave it; not
/// for those who gave it to themselves.
fn told(
    commit: &Commit,
    by: &str,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<Notice>, StoreError> {
    let mut letters: BTreeMap<Letter, Vec<(TicketLine, Option<String>)>> = BTreeMap::new();
    for ticket in &commit.tickets {
        let facts = ticket.facts();
        let assignee = facts.assignee.as_deref();
        let Some(who) = assignee.filter(|who| rules.desk.reaches(who)) else { continue };
        let old = store.ticket(facts.id)?;
        let before = old.as_ref().and_then(|old| old.facts().assignee.as_deref());
        let giver = facts.log.iter().rev().find(|line| line.action == "assign");
        let giver = giver.map_or(VAHTI, |line| line.by.as_str());
        let is_own = giver != VAHTI && giver == by && is_person(by, who);
        if before.is_some_and(|before| route::is_same(before, who)) || is_own {
            continue;
        }
        let Some(mention) = mention_of(ticket, commit, store)? else { continue };
        let by = (giver != VAHTI).then(|| giver.to_owned());
        let line = tell::line(ticket, &mention, now, rules.zone);
        letters.entry((who.to_owned(), by)).or_default().push((line, mention.post.url.clone()));
    }
    let mut notices = Vec::new();
    for ((who, by), tickets) in letters {
        let message = assigned::message(&Assigned {
            language: rules.desk.language,
            zone: rules.zone,
            to: &who,
            by: by.as_deref(),
            tickets: &tickets,
        });
        let events: BTreeSet<TicketId> = tickets
            .iter()
            .map(|(line, _)| line.event.map_or(line.id, |event| event.first))
            .collect();
        // What is told of one event belongs together; of several it would stand behind all of them.
        let event = events.first().filter(|_| events.len() == 1);
        let thread = event.map(|event| tell::thread_of(*event));
        let said = tell::Said {
            subject: message.subject,
            text: message.text,
            html: message.html,
            enclosed: Enclosed { thread, brief: Some(message.brief), ..Enclosed::default() },
            mentions: 0,
            tickets: tickets.len(),
        };
        notices.extend(tell::notices(NAME, &[who], &said, now));
    }
    Ok(notices)
}

fn is_address(who: &str) -> bool {
    who.contains('@') && email::check_address(who).is_ok()
}

/// Tells whether the user of this machine called `user` is whom this address is of: an address begins
/// with the name of a user, or it is the name.
fn is_person(user: &str, address: &str) -> bool {
    let bare = address.rsplit_once('<').map_or(address, |(_, rest)| rest.trim_end_matches('>'));
    let name = bare.split_once('@').map_or(bare, |(name, _)| name);
    route::is_same(user, name) || route::is_same(user, bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_of_this_machine_is_known_in_an_address() {
        for own in ["maija@acme.example", "Maija M. <Maija@acme.example>", "maija"] {
            assert!(is_person("maija", own), "{own}");
        }
        for other in ["maija.m@acme.example", "liisa@maija.example", "Maija <liisa@acme.example>"] {
            assert!(!is_person("maija", other), "{other}");
        }
        assert!(is_address("maija@acme.example") && is_address("Maija <maija@acme.example>"));
        assert!(!is_address("maija") && !is_address("maija@") && !is_address("@acme"));
    }
}
