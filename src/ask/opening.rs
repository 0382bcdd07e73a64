//! Which tickets mentions get that an order makes cases of: the one that their complaint has already, by
//! another brand, another place or an earlier message, or one of their own. The desk of the pipeline does
//! the same for what is found.

use super::{Refusal, Setting};
use crate::dedup::story;
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::pipeline::{self, hand};
use crate::store::{Commit, Store};
use crate::ticket::{Action, Status, Ticket, triage};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What one order changes, with what the store has behind it.
pub(super) struct Opening<'a> {
    setting: &'a Setting<'a>,
    store: &'a dyn Store,
    now: DateTime<Utc>,
    next: TicketId,
    mentions: BTreeMap<MentionId, Mention>,
    tickets: BTreeMap<TicketId, Ticket>,
    posts: BTreeMap<PostKey, PostKey>,
}

impl<'a> Opening<'a> {
    pub(super) fn new(
        setting: &'a Setting<'a>,
        store: &'a dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            setting,
            store,
            now,
            next: store.next_ticket()?,
            mentions: BTreeMap::new(),
            tickets: BTreeMap::new(),
            posts: BTreeMap::new(),
        })
    }

    /// Notes a mention as the order leaves it.
    pub(super) fn keep(&mut self, mention: Mention) {
        self.mentions.insert(mention.id.clone(), mention);
    }

    /// Tells whether a mention was noted.
    pub(super) fn has(&self, id: &MentionId) -> bool {
        self.mentions.contains_key(id)
    }

    /// Notes a ticket as the order leaves it.
    pub(super) fn moved(&mut self, ticket: Ticket) {
        self.tickets.insert(ticket.facts().id, ticket);
    }

    pub(super) fn mention(&self, id: &MentionId) -> Result<Option<Mention>, Refusal> {
        match self.mentions.get(id) {
            Some(mention) => Ok(Some(mention.clone())),
            None => Ok(self.store.mention(id)?),
        }
    }

    pub(super) fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, Refusal> {
        match self.tickets.get(&id) {
            Some(ticket) => Ok(Some(ticket.clone())),
            None => Ok(hand::ticket(id, self.setting.rules, self.store, self.now)?),
        }
    }

    /// Returns the ticket of the story that a mention tells again, where that deals with it, too. Who says
    /// the same again after it was settled is not content.
    pub(super) fn of_story(&self, mention: &Mention) -> Result<Option<Ticket>, Refusal> {
        let head = self.head(mention)?.and_then(|head| head.ticket);
        let ticket = head.map(|id| self.ticket(id)).transpose()?.flatten();
        Ok(ticket.filter(|ticket| {
            let facts = ticket.facts();
            let is_settled = matches!(facts.status, Status::Resolved | Status::Closed);
            let is_anew = story::is_personal(&mention.post, mention.kind) && !facts.is_withdrawn();
            !(is_settled && is_anew)
        }))
    }

    /// Returns the head of the story of a mention that is a copy.
    fn head(&self, mention: &Mention) -> Result<Option<Mention>, Refusal> {
        if mention.story == mention.id { Ok(None) } else { self.mention(&mention.story) }
    }

    /// Gives a mention that somebody called a case a ticket, if it has none, and keeps it: with `is_wanted`
    /// a new one where there is no other. A new one's clock starts at `start`.
    pub(super) fn give(
        &mut self,
        mut mention: Mention,
        is_wanted: bool,
        by: &str,
        start: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let shared = if is_wanted { self.of_post(&mention)? } else { None };
        let may_grow = shared.is_none() && triage::may_have_ticket(&mention);
        let thread = if may_grow { self.of_thread(&mention)? } else { None };
        let is_dealt_with = self.of_story(&mention)?.is_some();
        if mention.ticket.is_some() || is_dealt_with || !is_wanted && thread.is_none() {
            self.keep(mention);
            return Ok(());
        }
        let head = self.head(&mention)?.filter(|head| head.ticket.is_none());
        if head.is_none() {
            mention.story = mention.id.clone();
        }
        let mut ticket = match (shared, thread) {
            (Some(ticket), _) => self.joined(ticket, &mention, by)?,
            (None, Some(ticket)) => ticket,
            (None, None) => self.opened(&mention, start)?,
        };
        let id = ticket.facts().id;
        mention.ticket = Some(id);
        if let Some(head) = head {
            // One complaint is one ticket, though its copy told more.
            ticket = self.joined(ticket, &head, by)?;
            self.keep(Mention { ticket: Some(id), ..head });
        }
        self.moved(ticket);
        self.keep(mention);
        Ok(())
    }

    fn opened(&mut self, mention: &Mention, start: DateTime<Utc>) -> Result<Ticket, Refusal> {
        let ticket = Ticket::open(self.next, mention, start, self.now);
        self.next = TicketId(self.next.0 + 1);
        if let Some(thread) = pipeline::thread(mention) {
            self.posts.insert(thread, mention.key);
        }
        Ok(pipeline::heard(ticket, mention, self.store, self.now)?)
    }

    /// Returns a ticket with a mention added to those that it is of.
    pub(super) fn joined(
        &self,
        ticket: Ticket,
        mention: &Mention,
        by: &str,
    ) -> Result<Ticket, Refusal> {
        let join = Action::Join { mention: mention.id.clone(), brand: mention.brand.clone() };
        refusable(ticket.apply(join, by, self.now))
    }

    /// Returns the ticket that another brand's mention in the same post has, unless it is closed: one
    /// complaint is one ticket, however many brands it names.
    fn of_post(&self, mention: &Mention) -> Result<Option<Ticket>, Refusal> {
        for brand in &self.setting.rules.brands {
            let other = self.mention(&MentionId::of(mention.key, &brand.name))?;
            let Some(id) = other.and_then(|other| other.ticket) else { continue };
            let ticket = self.ticket(id)?;
            if let Some(ticket) = ticket.filter(|ticket| ticket.facts().status != Status::Closed) {
                return Ok(Some(ticket));
            }
        }
        Ok(None)
    }

    /// Returns the ticket of the thread that a private message belongs to, grown by it. One that was noise
    /// says nothing of what is written later.
    fn of_thread(&self, mention: &Mention) -> Result<Option<Ticket>, Refusal> {
        let Some(thread) = pipeline::thread(mention) else { return Ok(None) };
        let key = match self.posts.get(&thread) {
            Some(key) => Some(*key),
            None => self.store.post(thread)?,
        };
        let Some(key) = key else { return Ok(None) };
        let head = self.mention(&MentionId::of(key, &mention.brand))?;
        let Some(id) = head.and_then(|head| head.ticket) else { return Ok(None) };
        let ticket = self.ticket(id)?.filter(|ticket| !ticket.facts().is_withdrawn());
        let message = Action::Message {
            mention: mention.id.clone(),
            brand: mention.brand.clone(),
            priority: mention.priority(),
        };
        ticket.map(|ticket| refusable(ticket.apply(message, hand::VAHTI, self.now))).transpose()
    }

    /// Returns what is to be stored.
    pub(super) fn commit(self) -> Commit {
        Commit {
            mentions: self.mentions.into_values().collect(),
            tickets: self.tickets.into_values().collect(),
            posts: self.posts.into_iter().collect(),
            ..Commit::default()
        }
    }
}

fn refusable<T, E: std::fmt::Display>(moved: Result<T, E>) -> Result<T, Refusal> {
    moved.map_err(|refused| Refusal::Refused(refused.to_string()))
}
