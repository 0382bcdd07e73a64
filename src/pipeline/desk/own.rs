//! What accounts of our own write in the threads of customers: the ticket notices, whether the answer
//! or the complaint is found first.

use super::Desk;
use crate::brand::BrandName;
use crate::dedup;
use crate::mention::{Mention, MentionId, PostKey};
use crate::post::Post;
use crate::source::Kind;
use crate::store::{Store, StoreError};
use crate::ticket::Ticket;
use crate::ticket::own_reply::OwnReply;
use chrono::{DateTime, Utc};

/// How a post answers another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Parent,
    /// It stands in the thread that the other began.
    Thread,
    /// It is a message of the same thread.
    Message,
}

impl Desk<'_> {
    /// Takes note of what an account of our own answers; the ticket of that is answered then.
    pub(super) fn hear_own(&mut self, post: &Post) -> Result<(), StoreError> {
        if post.parent.is_none() && post.thread.is_none() {
            return Ok(());
        }
        for place in 0..self.rules.brands.len() {
            if !self.rules.matcher.own(place, post) {
                continue;
            }
            let Some(brand) = self.rules.brands.get(place) else { continue };
            if self.hear_in_thread(post, &brand.name)? {
                continue;
            }
            let answers = self.answered_by(post, &brand.name);
            let parents = answers.iter().filter(|(by, _)| *by == By::Parent);
            let parents = parents.map(|(_, name)| *name).collect();
            let reply = OwnReply::of(post, &brand.name, parents, self.at);
            let itself = dedup::identities(post, self.origin.kind);
            for (_, named) in answers {
                // The first post of a thread names itself.
                if itself.contains(&named) {
                    continue;
                }
                let remembered = answer_key(named, &brand.name);
                let known = self.own_reply(remembered)?;
                if known.is_none_or(|known| known.at <= reply.at) {
                    self.own_replies.insert(remembered, reply.clone());
                }
            }
            self.answer(post, &brand.name, &reply)?;
        }
        Ok(())
    }

    /// Tells the ticket of what a reply of ours answers.
    fn answer(
        &mut self,
        post: &Post,
        brand: &BrandName,
        reply: &OwnReply,
    ) -> Result<(), StoreError> {
        for (by, named) in self.answered_by(post, brand) {
            let Some(key) = self.post(named)? else { continue };
            let Some(mention) = self.mention(&MentionId::of(key, brand))? else { continue };
            // Where thread and posts are numbered apart, a number may be both.
            let is_other = by == By::Thread && !begins_thread(&mention);
            if mention.own || is_other {
                continue;
            }
            if let Some(id) = mention.ticket
                && let Some(ticket) = self.ticket(id)?
            {
                let messages = self.messages(&ticket, &mention)?;
                if let Some(answered) = reply.answers(&ticket, &messages, self.at) {
                    self.tickets.insert(id, answered);
                }
            }
            // What answers one customer answers nobody else in the thread.
            return Ok(());
        }
        Ok(())
    }

    /// Returns what the customer wrote that a ticket is of: in a thread of messages all of it.
    fn messages(&self, ticket: &Ticket, mention: &Mention) -> Result<Vec<Mention>, StoreError> {
        let mut messages = vec![mention.clone()];
        for id in &ticket.facts().also {
            messages.extend(self.mention(id)?.filter(|other| other.post.is_private));
        }
        Ok(messages)
    }

    /// Returns the identities of what a post of ours answers, the surest first.
    fn answered_by(&self, post: &Post, brand: &BrandName) -> Vec<(By, PostKey)> {
        let kind = self.origin.kind;
        let Post { site, parent, thread, .. } = post;
        let mut named = Vec::new();
        // What answers somebody unknown in a thread does not answer the one who began it.
        let begun = thread.as_ref().filter(|thread| parent.as_ref().is_none_or(|it| it == *thread));
        for (by, id) in [(By::Parent, parent.as_ref()), (By::Thread, begun)] {
            let Some(id) = id.map(String::as_str) else { continue };
            named.push((by, dedup::site_id(kind, site, id)));
            // Some sites name what is answered by its address.
            named.extend(dedup::address(id).map(|name| (by, name)));
        }
        if post.is_private {
            let name = thread.as_deref().map(|thread| thread_name(kind, site, thread, brand));
            named.extend(name.map(|name| (By::Message, name)));
        }
        named
    }

    pub(super) fn own_reply(&self, answered: PostKey) -> Result<Option<OwnReply>, StoreError> {
        match self.own_replies.get(&answered) {
            Some(reply) => Ok(Some(reply.clone())),
            None => self.store.own_reply(answered),
        }
    }

    pub(super) fn is_own(&self, key: PostKey, brand: &BrandName) -> Result<bool, StoreError> {
        Ok(self.mention(&MentionId::of(key, brand))?.is_some_and(|mention| mention.own))
    }
}

/// Tells whether a thread is named after the post: where posts and threads are numbered apart, a number
/// may be both.
pub(super) fn begins_thread(mention: &Mention) -> bool {
    let Some(thread) = &mention.post.thread else { return true };
    let names = dedup::identities(&mention.post, mention.kind);
    let is_address = || dedup::address(thread).is_some_and(|address| names.contains(&address));
    mention.post.id.as_ref() == Some(thread) || is_address()
}

/// Returns the identity of the thread that a private message belongs to: who opens a ticket for one
/// makes its post known by it.
pub fn thread(mention: &Mention) -> Option<PostKey> {
    let Post { site, thread, is_private: true, .. } = &mention.post else { return None };
    Some(thread_name(mention.kind, site, thread.as_deref()?, &mention.brand))
}

/// Returns the identity of a thread of private messages.
fn thread_name(kind: Kind, site: &str, thread: &str, brand: &BrandName) -> PostKey {
    PostKey::of(&["thread", kind.word(), site, thread, &brand.0])
}

/// Returns under what an answer is remembered: each brand has accounts of its own.
fn answer_key(answered: PostKey, brand: &BrandName) -> PostKey {
    let PostKey(bytes) = answered;
    let number = u128::from_be_bytes(bytes).to_string();
    PostKey::of(&["answered", &number, &brand.0])
}

/// Returns a ticket that was just opened, as answered where an account of ours had answered before the
/// complaint was found. `heard` tells of answers, `known` of posts by identity, `is_own` of ours.
pub(super) fn answered(
    ticket: Ticket,
    mention: &Mention,
    now: DateTime<Utc>,
    heard: &dyn Fn(PostKey) -> Result<Option<OwnReply>, StoreError>,
    known: &dyn Fn(PostKey) -> Result<Option<PostKey>, StoreError>,
    is_own: &dyn Fn(PostKey) -> Result<bool, StoreError>,
) -> Result<Ticket, StoreError> {
    let mut named = dedup::identities(&mention.post, mention.kind);
    let ids = named.len();
    named.extend(thread(mention));
    for (nth, name) in named.into_iter().enumerate() {
        let Some(reply) = heard(answer_key(name, &mention.brand))? else { continue };
        if nth < ids && !reply.parents.contains(&name) {
            let mut others = Vec::new();
            for parent in &reply.parents {
                others.extend(known(*parent)?.filter(|key| *key != mention.key));
            }
            // It stands in the thread, and answers somebody else in it.
            let is_theirs = match others.first() {
                Some(other) => !is_own(*other)?,
                None => !reply.parents.is_empty(),
            };
            if is_theirs || !begins_thread(mention) {
                continue;
            }
        }
        if let Some(ticket) = reply.answers(&ticket, std::slice::from_ref(mention), now) {
            return Ok(ticket);
        }
    }
    Ok(ticket)
}

/// Returns a ticket that a person just opened, as answered where an account of ours had answered.
pub fn heard(
    ticket: Ticket,
    mention: &Mention,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Ticket, StoreError> {
    let is_own = |key| {
        let other = store.mention(&MentionId::of(key, &mention.brand))?;
        Ok(other.is_some_and(|other| other.own))
    };
    let replies = |answered| store.own_reply(answered);
    let ticket =
        answered(ticket, mention, now, &replies, &|identity| store.post(identity), &is_own)?;
    super::thread::heard_in_thread(ticket, mention, store, now)
}
