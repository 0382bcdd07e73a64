//! Which event a new ticket tells of, if others told of it.

use super::Desk;
use crate::dedup::incident::{Case, MOST_APART};
use crate::mention::{Mention, TicketId};
use crate::store::{StoreError, Window};
use crate::ticket::{Action, Status, Ticket};

/// How many of the last mentions with a ticket are looked at.
const MOST_CASES: usize = 500;

impl Desk<'_> {
    /// Joins a new ticket to the event that it tells of, if a ticket that is still worked on does, too.
    pub(super) fn join_incident(
        &mut self,
        ticket: Ticket,
        mention: &Mention,
    ) -> Result<Ticket, StoreError> {
        let case = Case::of(mention);
        let mut joined = ticket;
        let mut cases = self.cases(mention)?;
        for (_, id) in cases.iter().filter(|(other, _)| case.agrees_with(other)) {
            let Some(told) = self.ticket(*id)? else { continue };
            let facts = told.facts();
            // What a person took out of an event begins none.
            let is_out = facts.incident.is_none()
                && facts.log.iter().any(|line| line.action == Action::Split.word());
            if facts.status == Status::Closed || facts.id == joined.facts().id || is_out {
                continue;
            }
            let first = facts.incident.unwrap_or(*id);
            if facts.incident.is_none()
                && let Ok(told) = told.apply(Action::Incident(first), "vahti", self.at)
            {
                self.tickets.insert(*id, told);
            }
            // A move that is refused changes nothing, and this one never is.
            joined =
                joined.clone().apply(Action::Incident(first), "vahti", self.at).unwrap_or(joined);
            break;
        }
        cases.insert(0, (case, joined.facts().id));
        cases.truncate(MOST_CASES);
        self.cases = Some(cases);
        Ok(joined)
    }

    /// Returns the complaints of the last time that have a ticket, the newest first.
    fn cases(&mut self, mention: &Mention) -> Result<Vec<(Case, TicketId)>, StoreError> {
        if let Some(cases) = self.cases.take() {
            return Ok(cases);
        }
        let mut cases = Vec::new();
        let window = Window { since: Some(mention.time().min(self.at) - MOST_APART), until: None };
        self.store.mentions(window, &mut |mention| {
            cases.extend(mention.ticket.map(|ticket| (Case::of(&mention), ticket)));
            cases.len() < MOST_CASES
        })?;
        Ok(cases)
    }
}
