//! What the desk knows already: of this batch, or else of the store.

use super::super::hand;
use super::{Desk, own};
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::store::StoreError;
use crate::ticket::{Action, Status, Ticket};

impl Desk<'_> {
    /// Returns the message that opened the ticket of the thread that this one belongs to.
    pub(super) fn head(&self, mention: &Mention) -> Result<Option<Mention>, StoreError> {
        let Some(thread) = own::thread(mention) else { return Ok(None) };
        let Some(head) = self.post(thread)? else { return Ok(None) };
        self.mention(&MentionId::of(head, &mention.brand))
    }

    /// Returns the ticket of the thread that a message belongs to, grown by it.
    pub(super) fn grown(&self, mention: &Mention) -> Result<Option<Ticket>, StoreError> {
        let Some(id) = self.head(mention)?.and_then(|head| head.ticket) else { return Ok(None) };
        let message = Action::Message {
            mention: mention.id.clone(),
            brand: mention.brand.clone(),
            priority: mention.priority(),
        };
        // One that was noise says nothing of what is written later.
        let ticket = self.ticket(id)?.filter(|ticket| !ticket.facts().is_withdrawn());
        Ok(ticket.and_then(|ticket| ticket.apply(message, "vahti", self.at).ok()))
    }

    pub(super) fn join(
        &self,
        id: TicketId,
        mention: &Mention,
    ) -> Result<Option<Ticket>, StoreError> {
        let join = Action::Join { mention: mention.id.clone(), brand: mention.brand.clone() };
        // A closed ticket refuses nothing here: joining is a line in its log.
        let ticket = self.ticket(id)?;
        Ok(ticket.and_then(|ticket| ticket.apply(join, "vahti", self.at).ok()))
    }

    /// Returns the ticket that another brand has in the same post, if somebody still looks at it.
    pub(super) fn shared(&self, mention: &Mention) -> Result<Option<TicketId>, StoreError> {
        let other = self.sibling(mention.key, &mention.id)?.and_then(|other| other.ticket);
        let ticket = other.map(|id| self.ticket(id)).transpose()?.flatten();
        let open = ticket.filter(|ticket| ticket.facts().status != Status::Closed);
        Ok(open.map(|ticket| ticket.facts().id))
    }

    pub(super) fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        match self.tickets.get(&id) {
            Some(ticket) => Ok(Some(ticket.clone())),
            None => hand::ticket(id, self.rules, self.store, self.at),
        }
    }

    /// Returns a mention of another brand in the same post.
    pub(super) fn sibling(
        &self,
        key: PostKey,
        id: &MentionId,
    ) -> Result<Option<Mention>, StoreError> {
        if self.rules.brands.len() < 2 {
            return Ok(None);
        }
        let mut other_without_ticket = None;
        for brand in &self.rules.brands {
            let other = MentionId::of(key, &brand.name);
            if other == *id {
                continue;
            }
            match self.mention(&other)? {
                Some(found) if found.ticket.is_some() => return Ok(Some(found)),
                Some(found) => other_without_ticket = Some(found),
                None => {}
            }
        }
        Ok(other_without_ticket)
    }

    pub(super) fn mention(&self, id: &MentionId) -> Result<Option<Mention>, StoreError> {
        match self.mentions.get(id) {
            Some(mention) => Ok(Some(mention.clone())),
            None => self.store.mention(id),
        }
    }
}
