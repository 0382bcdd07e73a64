//! What accounts of our own write in threads that tell not whom it answers, as most forums do: it answers
//! the customer whom it names or quotes, or the only one who waits there. Else it answers nobody.

use super::Desk;
use super::own::begins_thread;
use crate::brand::BrandName;
use crate::dedup;
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::post::Post;
use crate::source::Kind;
use crate::store::{Store, StoreError};
use crate::ticket::own_reply::{Hint, OwnReply};
use crate::ticket::{Status, Ticket};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Who waits in which thread, by what answers in it are remembered under.
type Waiting = BTreeMap<PostKey, Vec<(TicketId, MentionId)>>;

impl Desk<'_> {
    /// Takes note of a post of ours that stands in a thread and tells not what it answers. Returns whether
    /// it is such a post; whom it answers is found out when the batch is through.
    pub(super) fn hear_in_thread(
        &mut self,
        post: &Post,
        brand: &BrandName,
    ) -> Result<bool, StoreError> {
        let Post { parent: None, thread: Some(thread), is_private: false, .. } = post else {
            return Ok(false);
        };
        let kind = self.origin.kind;
        let itself = dedup::identities(post, kind);
        let begins = dedup::site_id(kind, &post.site, thread);
        if itself.contains(&begins)
            || dedup::address(thread).is_some_and(|name| itself.contains(&name))
        {
            return Ok(false);
        }
        let key = key(kind, &post.site, thread, brand);
        let reply = OwnReply::of(post, brand, Vec::new(), self.at).saying(&post.text);
        let before = self.store.own_reply(key)?;
        if before.as_ref().is_some_and(|before| before.post == reply.post) {
            return Ok(true);
        }
        // What came before one that was heard earlier had its turn, unless it says itself whom it means.
        let is_done = before.is_some_and(|before| before.at > reply.at);
        let reply = OwnReply { done: is_done, ..reply };
        if self.own_reply(key)?.is_none_or(|known| known.at <= reply.at) {
            self.own_replies.insert(key, reply.clone());
        }
        self.threads.entry(key).or_default().push(reply);
        Ok(true)
    }

    /// Looks at the end of the batch whether a new ticket was answered in its thread before.
    pub(super) fn recall_thread(&mut self, mention: &Mention) -> Result<(), StoreError> {
        for key in keys(mention) {
            if let Some(reply) = self.own_reply(key)? {
                self.threads.entry(key).or_default().push(reply);
            }
        }
        Ok(())
    }

    /// Finds out whom our answers in threads are for, once all posts of the batch are in.
    pub(in crate::pipeline) fn settle_threads(&mut self) -> Result<(), StoreError> {
        let threads = std::mem::take(&mut self.threads);
        if threads.is_empty() {
            return Ok(());
        }
        let mut tickets: BTreeMap<TicketId, Ticket> =
            self.store.tickets()?.into_iter().map(|ticket| (ticket.facts().id, ticket)).collect();
        tickets.extend(self.tickets.iter().map(|(id, ticket)| (*id, ticket.clone())));
        let waiting = waiting(tickets.values(), &|id| self.mention(id))?;
        for (key, mut replies) in threads {
            replies.sort_by(|a, b| (a.at, &a.post).cmp(&(b.at, &b.post)));
            replies.dedup_by(|a, b| a.post == b.post);
            for reply in replies {
                let mut open = Vec::new();
                for (id, mention) in waiting.get(&key).into_iter().flatten() {
                    let (ticket, mention) = (self.ticket(*id)?, self.mention(mention)?);
                    let Some((ticket, mention)) = ticket.zip(mention) else { continue };
                    let answered = reply.answers(&ticket, std::slice::from_ref(&mention), self.at);
                    open.extend(answered.map(|ticket| (reply.hint(&mention), ticket)));
                }
                let answered = meant(open, &reply);
                if answered.is_empty() {
                    continue;
                }
                for ticket in answered {
                    self.tickets.insert(ticket.facts().id, ticket);
                }
                if let Some(known) = self.own_reply(key)?.filter(|known| known.post == reply.post) {
                    self.own_replies.insert(key, OwnReply { done: true, ..known });
                }
            }
        }
        Ok(())
    }
}

/// Returns those of the tickets that wait, as answered, for which the reply is.
fn meant(open: Vec<(Hint, Ticket)>, reply: &OwnReply) -> Vec<Ticket> {
    let is_only = open.len() == 1 && !reply.done && !reply.calls_somebody();
    let is_named = open.iter().any(|(hint, _)| hint.is_named);
    let most = open.iter().map(|(hint, _)| hint.quoted).max().unwrap_or_default();
    let quoted = open.iter().filter(|(hint, _)| hint.quoted == most).count();
    let is_meant = |hint: &Hint| match (is_named, most) {
        (true, _) => hint.is_named,
        (false, 0) => is_only,
        // Who quotes another has that one's words, too.
        (false, _) => hint.quoted == most && quoted == 1,
    };
    open.into_iter().filter(|(hint, _)| is_meant(hint)).map(|(_, ticket)| ticket).collect()
}

/// Returns who of the `tickets` waits for an answer, by threads.
fn waiting<'t>(
    tickets: impl Iterator<Item = &'t Ticket>,
    known: &dyn Fn(&MentionId) -> Result<Option<Mention>, StoreError>,
) -> Result<Waiting, StoreError> {
    let mut waiting = Waiting::new();
    for ticket in tickets {
        let facts = ticket.facts();
        if !matches!(facts.status, Status::New | Status::Open) {
            continue;
        }
        for id in std::iter::once(&facts.mention).chain(&facts.also) {
            let Some(mention) = known(id)? else { continue };
            for key in keys(&mention) {
                let here = waiting.entry(key).or_default();
                // What one customer wrote in a thread is one ticket, however often it names the brand.
                if here.iter().all(|(other, _)| *other != facts.id) {
                    here.push((facts.id, id.clone()));
                }
            }
        }
    }
    Ok(waiting)
}

/// Returns under what answers in a thread are remembered.
fn key(kind: Kind, site: &str, thread: &str, brand: &BrandName) -> PostKey {
    // A thread may be told by its address, which has many spellings, and stands by itself.
    let (site, name) = match dedup::address(thread) {
        Some(PostKey(bytes)) => ("", u128::from_be_bytes(bytes).to_string()),
        None => (site, thread.to_owned()),
    };
    PostKey::of(&["answered in", kind.word(), site, &name, &brand.0])
}

/// Returns the same for the thread, or threads, that a mention may stand in or begin.
fn keys(mention: &Mention) -> BTreeSet<PostKey> {
    let Post { site, thread, id, url, is_private, .. } = &mention.post;
    let mut names: Vec<&String> = thread.iter().collect();
    if begins_thread(mention) {
        names.extend(id.iter().chain(url.iter().filter(|_| mention.post.has_own_url)));
    }
    names.retain(|_| !is_private);
    names.into_iter().map(|name| key(mention.kind, site, name, &mention.brand)).collect()
}

/// Returns a ticket that a person just opened, as answered where an account of ours had answered it in a
/// thread that tells not whom.
pub(super) fn heard_in_thread(
    ticket: Ticket,
    mention: &Mention,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Ticket, StoreError> {
    for key in keys(mention) {
        let Some(reply) = store.own_reply(key)? else { continue };
        let Some(answered) = reply.answers(&ticket, std::slice::from_ref(mention), now) else {
            continue;
        };
        let waiting = waiting(store.tickets()?.iter(), &|id| store.mention(id))?;
        let is_alone = waiting.get(&key).into_iter().flatten().all(|(_, id)| *id == mention.id);
        let reply = OwnReply { done: reply.done || !is_alone, ..reply };
        if let Some(answered) = meant(vec![(reply.hint(mention), answered)], &reply).pop() {
            return Ok(answered);
        }
    }
    Ok(ticket)
}
