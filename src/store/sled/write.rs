//! Writing: all trees of one commit in one transaction.

use super::kept::Changes;
use super::ledger::Old;
use super::{Aborted, counter, counterpart, key, ledger, listed, record};
use crate::delivery::{NoticeId, Progress};
use crate::mention::Mention;
use crate::mention::marking::MarkingId;
use crate::store::{Commit, Sequence};
use crate::ticket::Ticket;
use crate::ticket::people::Link;
use sled::Tree;
use sled::transaction::{ConflictableTransactionError, TransactionalTree};

/// All trees of the store.
pub(super) struct Trees {
    /// Counters and the format.
    pub(super) meta: Tree,
    pub(super) sources: Tree,
    /// Identities of posts that became mentions, to the key of the post.
    pub(super) posts: Tree,
    pub(super) mentions: Tree,
    pub(super) by_time: Tree,
    pub(super) by_place: Tree,
    pub(super) tickets: Tree,
    pub(super) customers: Tree,
    pub(super) alerts: Tree,
    /// Notices that are queued or dead.
    pub(super) outbox: Tree,
    /// Every notice there was, without its body: the ledger.
    pub(super) sent: Tree,
    pub(super) names: Tree,
    pub(super) documents: Tree,
    /// Posts that matched nothing.
    pub(super) kept: Tree,
    /// What people marked.
    pub(super) markings: Tree,
    /// What is known of tickets at other desks, by the number of ours and the name of the channel.
    pub(super) counterparts: Tree,
    /// Fingerprints of mentions, by which copies are found.
    pub(super) prints: Tree,
    /// Answers by accounts of our own, by what they answer.
    pub(super) own_replies: Tree,
    /// Which tickets there are of a kind.
    pub(super) listed: Tree,
    /// Links between handles of customers, under both of their ends.
    pub(super) links: Tree,
    /// What each hour brought of each brand.
    pub(super) hours: Tree,
    /// The notices that tell a mention, by both.
    pub(super) told: Tree,
    /// Recipients who are told no more, and what links are signed with.
    pub(super) subscriptions: Tree,
    /// What channels took in the last days, whole.
    pub(super) repeatable: Tree,
}

impl Trees {
    /// Returns all trees, in the order in which [`Writing::of`] takes them.
    pub(super) fn all(&self) -> [&Tree; 24] {
        let Self { meta, sources, posts, mentions, by_time, by_place, .. } = self;
        let Self { tickets, customers, alerts, outbox, sent, names, documents, kept, .. } = self;
        [
            meta,
            sources,
            posts,
            mentions,
            by_time,
            by_place,
            tickets,
            customers,
            alerts,
            outbox,
            sent,
            names,
            documents,
            kept,
            &self.markings,
            &self.counterparts,
            &self.prints,
            &self.own_replies,
            &self.listed,
            &self.links,
            &self.hours,
            &self.told,
            &self.subscriptions,
            &self.repeatable,
        ]
    }
}

/// The trees inside a transaction.
pub(super) struct Writing<'a> {
    meta: &'a TransactionalTree,
    pub(super) sources: &'a TransactionalTree,
    posts: &'a TransactionalTree,
    mentions: &'a TransactionalTree,
    by_time: &'a TransactionalTree,
    by_place: &'a TransactionalTree,
    tickets: &'a TransactionalTree,
    customers: &'a TransactionalTree,
    alerts: &'a TransactionalTree,
    outbox: &'a TransactionalTree,
    sent: &'a TransactionalTree,
    names: &'a TransactionalTree,
    documents: &'a TransactionalTree,
    kept: &'a TransactionalTree,
    markings: &'a TransactionalTree,
    counterparts: &'a TransactionalTree,
    prints: &'a TransactionalTree,
    own_replies: &'a TransactionalTree,
    listed: &'a TransactionalTree,
    links: &'a TransactionalTree,
    pub(super) hours: &'a TransactionalTree,
    told: &'a TransactionalTree,
    pub(super) subscriptions: &'a TransactionalTree,
    repeatable: &'a TransactionalTree,
}

impl<'a> Writing<'a> {
    /// Takes the trees as sled hands them to the closure of a transaction, in the order of
    /// [`Trees::all`].
    pub(super) fn of(trees: &'a [TransactionalTree]) -> Result<Self, Aborted> {
        let [
            meta,
            sources,
            posts,
            mentions,
            by_time,
            by_place,
            tickets,
            customers,
            alerts,
            outbox,
            sent,
            names,
            documents,
            kept,
            markings,
            counterparts,
            prints,
            own_replies,
            listed,
            links,
            hours,
            told,
            subscriptions,
            repeatable,
        ] = trees
        else {
            let what = "its trees are not those it was opened with".to_owned();
            return Err(ConflictableTransactionError::Abort(what));
        };
        Ok(Self {
            meta,
            sources,
            posts,
            mentions,
            by_time,
            by_place,
            tickets,
            customers,
            alerts,
            outbox,
            sent,
            names,
            documents,
            kept,
            markings,
            counterparts,
            prints,
            own_replies,
            listed,
            links,
            hours,
            told,
            subscriptions,
            repeatable,
        })
    }

    /// Writes everything of `commit`, and what it changes of the posts that are kept. May run more than
    /// once: it only reads and writes the trees.
    pub(super) fn commit(&self, commit: &Commit, kept: &Changes) -> Result<(), Aborted> {
        self.count(counter::COMMITS)?;
        for (key, value) in kept {
            match value {
                Some(value) => self.kept.insert(key.as_slice(), value.as_slice())?,
                None => self.kept.remove(key.as_slice())?,
            };
        }
        if let Some((source, state)) = &commit.source {
            self.sources.insert(source.0.as_bytes(), record::source(state).map_err(aborted)?)?;
        }
        for (source, told) in &commit.told_of {
            if let Some(bytes) = self.sources.get(source.0.as_bytes())? {
                let mut state = record::read_source(&bytes).map_err(aborted)?;
                state.health.told = *told;
                self.sources
                    .insert(source.0.as_bytes(), record::source(&state).map_err(aborted)?)?;
            }
        }
        if let Some(reported) = &commit.reported {
            let bytes = record::reported(reported).map_err(aborted)?;
            self.meta.insert(counter::REPORTED, bytes)?;
        }
        for (identity, post) in &commit.posts {
            self.posts.insert(&identity.0, &post.0)?;
        }
        for (answered, reply) in &commit.own_replies {
            let bytes = record::own_reply(reply).map_err(aborted)?;
            self.own_replies.insert(&answered.0, bytes)?;
        }
        for mention in &commit.mentions {
            self.mention(mention)?;
        }
        self.hours(commit)?;
        for (mention, at, prints) in &commit.prints {
            for print in prints {
                self.prints.insert(key::print(*print, *at, mention), mention.0.as_bytes())?;
            }
        }
        for ticket in &commit.tickets {
            self.ticket(ticket)?;
        }
        self.alerts(commit)?;
        self.subscriptions(commit)?;
        self.notices(commit)?;
        self.markings(commit)?;
        self.links(commit)?;
        for counterpart in &commit.counterparts {
            let bytes = counterpart::write(counterpart).map_err(aborted)?;
            self.counterparts.insert(counterpart::key(counterpart), bytes)?;
        }
        for (opml, address, name) in &commit.names {
            self.names.insert(key::name(opml, address), name.0.as_bytes())?;
        }
        if let Some((source, document)) = &commit.document {
            self.documents.insert(source.0.as_bytes(), document.as_slice())?;
        }
        Ok(())
    }

    fn mention(&self, mention: &Mention) -> Result<(), Aborted> {
        let id = mention.id.0.as_bytes();
        let known = if let Some(old) = self.mentions.get(id)? {
            let (place, old) = record::read_mention(&old).map_err(aborted)?;
            self.by_time.remove(&key::time(old.time(), place))?;
            self.count_hour(Some(&old), mention)?;
            // Alerts passed over what was taken for noise: it is news when it no longer is.
            let is_news = old.is_muted() && !mention.is_muted() && !mention.is_noise();
            if is_news {
                self.by_place.remove(&key::number(place.0))?;
            }
            (!is_news).then_some(place)
        } else {
            self.count(counter::MENTIONS)?;
            self.count_hour(None, mention)?;
            None
        };
        let place = match known {
            Some(place) => place,
            None => Sequence(self.count(counter::PLACE)?),
        };
        self.mentions.insert(id, record::mention(mention, place).map_err(aborted)?)?;
        self.by_time.insert(&key::time(mention.time(), place), id)?;
        self.by_place.insert(&key::number(place.0), id)?;
        Ok(())
    }

    fn ticket(&self, ticket: &Ticket) -> Result<(), Aborted> {
        let facts = ticket.facts();
        let last = self.read_counter(counter::TICKET)?;
        if facts.id.0 > last {
            self.meta.insert(counter::TICKET, &key::number(facts.id.0))?;
        }
        let written = record::ticket(ticket).map_err(aborted)?;
        let old = self.tickets.insert(&key::number(facts.id.0), written)?;
        let old = old.map(|old| record::read_ticket(&old)).transpose().map_err(aborted)?;
        listed::write(self.listed, old.as_ref(), ticket)?;
        if let Some(customer) = &facts.customer {
            self.customers.insert(key::customer(customer, facts.id), &[])?;
        }
        Ok(())
    }

    fn alerts(&self, commit: &Commit) -> Result<(), Aborted> {
        for (name, state) in &commit.alerts {
            self.alerts.insert(name.as_bytes(), record::alert(state).map_err(aborted)?)?;
        }
        for name in &commit.told {
            let mut state = match self.alerts.get(name.as_bytes())? {
                Some(bytes) => record::read_alert(&bytes).map_err(aborted)?,
                None => crate::alert::AlertState::default(),
            };
            state.told_up_to = self.read_counter(counter::PLACE)?;
            self.alerts.insert(name.as_bytes(), record::alert(&state).map_err(aborted)?)?;
        }
        Ok(())
    }

    fn notices(&self, commit: &Commit) -> Result<(), Aborted> {
        for notice in &commit.notices {
            let id = if notice.id == NoticeId(0) {
                NoticeId(self.count(counter::NOTICE)?)
            } else {
                notice.id
            };
            let key = key::number(id.0);
            if notice.progress == Progress::Sent {
                self.outbox.remove(&key)?;
                ledger::keep(self.repeatable, notice, id)?;
            } else {
                self.outbox.insert(&key, record::notice(notice, id).map_err(aborted)?)?;
            }
            ledger::write(self.sent, self.told, notice, id)?;
        }
        for id in &commit.dropped {
            self.outbox.remove(&key::number(id.0))?;
        }
        Ok(())
    }

    /// Takes what is old out of the ledger.
    pub(super) fn forget(&self, old: &Old) -> Result<(), Aborted> {
        for id in &old.repeatable {
            self.repeatable.remove(&key::number(id.0))?;
        }
        for notice in &old.entries {
            // Nobody decided what becomes of a dead one.
            self.outbox.remove(&key::number(notice.id.0))?;
        }
        ledger::forget(self.sent, self.told, &old.entries)
    }

    fn markings(&self, commit: &Commit) -> Result<(), Aborted> {
        for marking in &commit.markings {
            let id = match marking.id {
                MarkingId(0) => MarkingId(self.count(counter::MARKING)?),
                known => known,
            };
            let bytes = record::marking(marking, id).map_err(aborted)?;
            self.markings.insert(&key::number(id.0), bytes)?;
        }
        if let Some(at) = commit.taught {
            self.count(counter::TAUGHT)?;
            let micros = at.timestamp_micros().cast_unsigned();
            self.meta.insert(counter::TAUGHT_LAST, &key::number(micros))?;
        }
        Ok(())
    }

    fn links(&self, commit: &Commit) -> Result<(), Aborted> {
        for link in &commit.links {
            let id = if link.id == 0 { self.count(counter::LINK)? } else { link.id };
            let bytes = record::link(&Link { id, ..link.clone() }).map_err(aborted)?;
            for end in [&link.one, &link.other] {
                self.links.insert(key::link(end, id), bytes.as_slice())?;
            }
        }
        Ok(())
    }

    fn read_counter(&self, name: &[u8]) -> Result<u64, Aborted> {
        Ok(self.meta.get(name)?.as_deref().and_then(key::read_number).unwrap_or(0))
    }

    /// Raises a counter by one and returns where it stands now.
    fn count(&self, name: &[u8]) -> Result<u64, Aborted> {
        let next = self.read_counter(name)? + 1;
        self.meta.insert(name, &key::number(next))?;
        Ok(next)
    }
}

/// Nothing of a commit is stored where one record of it cannot be written or read.
pub(super) fn aborted(error: record::Unreadable) -> Aborted {
    ConflictableTransactionError::Abort(error.0)
}
