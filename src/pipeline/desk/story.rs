//! Which story a new mention tells: its own, or one that was told before.

use super::Desk;
use crate::dedup::story::{self, Said};
use crate::mention::{Mention, MentionId};
use crate::store::{Store, StoreError};
use crate::ticket::{Status, Ticket};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// How many mentions with one fingerprint are looked at, and of all how many are read.
const MOST_PRINTED: usize = 16;
const MOST_READ: usize = 8;
/// What a fingerprint that two mentions share counts if nobody else has it.
const WHOLE: u32 = 1_000_000;

/// What came of looking a mention's story up.
pub struct Looked {
    /// The head of the story, if it was told before.
    pub head: Option<Mention>,
    /// How many mentions share a fingerprint with it, as far as that was looked at.
    pub near: usize,
    /// How many of these were read and held against it.
    pub read: usize,
}

/// Looks up in the store which story a mention tells again; what that costs is measured by a bench.
pub fn looked_up(mention: &Mention, store: &dyn Store) -> Result<Looked, StoreError> {
    let prints = story::prints(mention);
    look_up(mention, &prints, &HashMap::new(), &|id| store.mention(id), store)
}

/// Holds a mention against those of the batch and of the store that share most fingerprints with it, and the rarest.
fn look_up(
    mention: &Mention,
    prints: &[u64],
    of_batch: &HashMap<u64, Vec<MentionId>>,
    known: &dyn Fn(&MentionId) -> Result<Option<Mention>, StoreError>,
    store: &dyn Store,
) -> Result<Looked, StoreError> {
    let mut shared: BTreeMap<MentionId, u32> = BTreeMap::new();
    for print in prints {
        let of_batch = of_batch.get(print).into_iter().flatten().rev().cloned();
        let mut all: Vec<MentionId> = of_batch.take(MOST_PRINTED).collect();
        all.extend(store.printed(*print, MOST_PRINTED)?);
        // What many share tells little.
        let weight = WHOLE / u32::try_from(all.len()).unwrap_or(WHOLE).max(1);
        for id in all {
            *shared.entry(id).or_default() += weight;
        }
    }
    shared.remove(&mention.id);
    let mut near: Vec<(MentionId, u32)> = shared.into_iter().collect();
    near.sort_by_key(|(_, weight)| Reverse(*weight));
    let mut looked = Looked { head: None, near: near.len(), read: 0 };
    let said = Said::of(mention);
    for (id, _) in near.into_iter().take(MOST_READ) {
        let Some(other) = known(&id)?.filter(|other| !other.post.is_gone) else {
            continue;
        };
        looked.read += 1;
        if said.is_copy_of(&Said::of(&other)) {
            looked.head = if other.story == other.id { Some(other) } else { known(&other.story)? };
            break;
        }
    }
    Ok(looked)
}

impl Desk<'_> {
    /// Joins a new mention to the story that it tells again, if it does.
    pub(super) fn join_story(&mut self, mention: &mut Mention) -> Result<(), StoreError> {
        if mention.post.is_private {
            // Somebody waits for an answer there, whatever was said elsewhere.
            return Ok(());
        }
        let prints = story::prints(mention);
        if let Some(head) = self.told_before(mention, &prints)? {
            mention.story = head.id.clone();
            self.keep(Mention { copies: head.copies.saturating_add(1), ..head });
        }
        for print in &prints {
            self.printed.entry(*print).or_default().push(mention.id.clone());
        }
        self.prints.push((mention.id.clone(), mention.seen, prints));
        Ok(())
    }

    /// Returns the head of the story that a mention tells again.
    fn told_before(
        &self,
        mention: &Mention,
        prints: &[u64],
    ) -> Result<Option<Mention>, StoreError> {
        let read = |id: &MentionId| self.mention(id);
        Ok(look_up(mention, prints, &self.printed, &read, self.store)?.head)
    }

    /// Returns the head of the story of a mention that is a copy.
    pub(super) fn story_head(&self, mention: &Mention) -> Result<Option<Mention>, StoreError> {
        if mention.story == mention.id { Ok(None) } else { self.mention(&mention.story) }
    }

    /// Takes a mention that was edited out of the story whose words it no longer has.
    pub(super) fn leave_story(&self, mention: &mut Mention) -> Result<(), StoreError> {
        if let Some(head) = self.story_head(mention)?
            && !Said::of(mention).is_copy_of(&Said::of(&head))
        {
            mention.story = mention.id.clone();
        }
        Ok(())
    }

    /// Tells whether what a copy says has a ticket already. Who says the same again after that was settled
    /// is not content.
    pub(super) fn is_dealt_with(
        &self,
        mention: &Mention,
        head: Option<&Mention>,
    ) -> Result<bool, StoreError> {
        let Some(id) = head.and_then(|head| head.ticket) else { return Ok(false) };
        let Some(ticket) = self.ticket(id)? else { return Ok(false) };
        let facts = ticket.facts();
        let is_settled = matches!(facts.status, Status::Resolved | Status::Closed);
        let is_anew = story::is_personal(&mention.post, mention.kind) && !facts.is_withdrawn();
        Ok(!(is_settled && is_anew))
    }

    /// Lets the head of a story have the ticket that was opened for its copy, which told more: one complaint
    /// is one ticket.
    pub(super) fn lend(&mut self, head: Mention, ticket: Ticket) -> Result<(), StoreError> {
        let id = ticket.facts().id;
        self.tickets.insert(id, ticket);
        if let Some(joined) = self.join(id, &head)? {
            self.tickets.insert(id, joined);
        }
        self.keep(Mention { ticket: Some(id), ..head });
        Ok(())
    }
}
