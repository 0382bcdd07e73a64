//! Which event a new ticket tells of, if others told of it.

use super::Desk;
use crate::dedup::incident::{Case, MOST_APART};
use crate::mention::{Mention, TicketId};
use crate::store::{StoreError, Window};
use crate::ticket::{Action, Status, Ticket};
use chrono::{DateTime, TimeDelta, Utc};

/// How many of the last mentions with a ticket are looked at.
const MOST_CASES: usize = 500;
/// How many mentions are read to find them.
const MOST_LOOKED_AT: usize = 20_000;
/// How much longer than an event is the time is of which complaints are read at once.
const BESIDE: TimeDelta = TimeDelta::hours(6);

/// The complaints of the store that have a ticket, of some time, the newest first.
pub(super) struct Around {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    cases: Vec<(Case, TicketId)>,
}

impl Desk<'_> {
    /// Joins a new ticket to the event that it tells of, if a ticket that is still worked on does, too.
    pub(super) fn join_incident(
        &mut self,
        ticket: Ticket,
        mention: &Mention,
    ) -> Result<Ticket, StoreError> {
        let case = Case::of(mention);
        let mut joined = ticket;
        self.look_around(mention.time().min(self.at))?;
        let of_store = self.cases.iter().flat_map(|around| &around.cases);
        let all = self.new_cases.iter().rev().chain(of_store).take(MOST_CASES);
        for (_, id) in all.filter(|(other, _)| case.agrees_with(other)) {
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
        self.new_cases.push((case, joined.facts().id));
        Ok(joined)
    }

    /// Reads the complaints of the store that have a ticket and may be of the event of one of this time:
    /// of no other time, so that what was said long ago does not lead through all that was said since.
    fn look_around(&mut self, time: DateTime<Utc>) -> Result<(), StoreError> {
        let (first, last) = (time - MOST_APART, time + MOST_APART);
        if self.cases.as_ref().is_some_and(|known| known.from <= first && last <= known.until) {
            return Ok(());
        }
        // Others of the batch are of about the same time.
        let (from, until) = (first - BESIDE, last + BESIDE);
        let (mut cases, mut read) = (Vec::new(), 0);
        let window = Window { since: Some(from), until: Some(until) };
        self.store.mentions(window, &mut |mention| {
            cases.extend(mention.ticket.map(|ticket| (Case::of(&mention), ticket)));
            read += 1;
            cases.len() < MOST_CASES && read < MOST_LOOKED_AT
        })?;
        self.cases = Some(Around { from, until, cases });
        Ok(())
    }
}
