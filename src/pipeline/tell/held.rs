//! What alerts keep back while they are to be silent, and what of it breaks through: what is urgent is
//! told at once, alone, and not again with the rest.

use super::{Gathered, Said, ticket_of, to_all};
use crate::alert::{Alert, AlertState, Content, Frequency, MOST_REMEMBERED};
use crate::digest::{Note, TicketLine};
use crate::enrich::Priority;
use crate::mention::filter::TicketFacts;
use crate::mention::{Mention, MentionId, TicketId};
use crate::pipeline::Rules;
use crate::store::{Commit, Sequence, Store, StoreError};
use crate::ticket::{Status, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What came in less time did not wait.
const WAITED: TimeDelta = TimeDelta::seconds(60);

/// An alert that is to be silent, and what is at hand.
pub(super) struct Silent<'a> {
    pub(super) alert: &'a Alert,
    pub(super) state: AlertState,
    /// The tickets of the commit that is being made.
    pub(super) tickets: &'a BTreeMap<TicketId, Ticket>,
    pub(super) rules: &'a Rules,
    pub(super) store: &'a dyn Store,
    pub(super) now: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// Returns the alert if it is to be silent now.
pub(super) fn silent<'a>(
    alert: &'a Alert,
    state: &AlertState,
    tickets: &'a BTreeMap<TicketId, Ticket>,
    rules: &'a Rules,
    store: &'a dyn Store,
    now: DateTime<Utc>,
) -> Option<Silent<'a>> {
    let until = alert.holds(state, now)?;
    Some(Silent { alert, state: state.clone(), tickets, rules, store, now, until })
}

/// Tells whether an alert that is to be silent now keeps something back that is urgent.
pub fn is_pressing(
    alert: &Alert,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let state = store.alert(&alert.name)?.unwrap_or_default();
    match silent(alert, &state, &BTreeMap::new(), rules, store, now) {
        Some(silent) => Ok(!silent.urgent()?.is_empty()),
        None => Ok(false),
    }
}

/// Returns when an alert speaks next, and how many mentions it keeps back until then because it is to be
/// silent now. `None` for one that speaks as it happens and keeps nothing back.
pub fn speaks_next(
    alert: &Alert,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(Option<DateTime<Utc>>, usize), StoreError> {
    let state = store.alert(&alert.name)?.unwrap_or_default();
    let next = alert.next(&state, now);
    let Some(until) = alert.holds(&state, now) else { return Ok((next, 0)) };
    let untold = untold(&state, store)?;
    let held = Gathered::of(alert, untold, &BTreeMap::new(), rules, store, now)?.mentions.len();
    Ok((next.or_else(|| (held > 0).then_some(until)), held))
}

/// Tells whether a mention that was there is news once more: an edited one was told when it was new, unless
/// it has become a case only now or once more, or was taken for noise until now.
pub(super) fn becomes_case(
    mention: &Mention,
    before: &Mention,
    tickets: &BTreeMap<TicketId, Ticket>,
    store: &dyn Store,
) -> Result<bool, StoreError> {
    let is_heard = before.is_muted() && !mention.is_muted();
    let is_first = before.ticket.is_none() && mention.ticket.is_some();
    Ok(is_heard || is_first || brings_back(mention, before, tickets, store)?)
}

/// Tells whether a mention says something else than `before`, by which its ticket was opened again.
fn brings_back(
    mention: &Mention,
    before: &Mention,
    tickets: &BTreeMap<TicketId, Ticket>,
    store: &dyn Store,
) -> Result<bool, StoreError> {
    let is_edited = before.versions.last() != mention.versions.last();
    let ticket = mention.ticket.filter(|_| is_edited).and_then(|id| tickets.get(&id));
    let Some(facts) = ticket.map(Ticket::facts) else { return Ok(false) };
    let old = store.ticket(facts.id)?;
    Ok(old.is_some_and(|old| old.facts().reopened != facts.reopened))
}

/// Returns what an alert has still to tell, in the order of its storing.
pub(super) fn untold(state: &AlertState, store: &dyn Store) -> Result<Vec<Mention>, StoreError> {
    let mut untold = Vec::new();
    for id in &state.owed {
        untold.extend(store.mention(id)?);
    }
    let mut later = store.mentions_after(Sequence(state.told_up_to))?;
    later
        .retain(|mention| !state.passed.contains(&mention.id) && !state.owed.contains(&mention.id));
    untold.extend(later);
    Ok(untold)
}

/// Returns the events that tickets belong to, each by its first ticket.
pub(super) fn events(lines: &[TicketLine]) -> impl Iterator<Item = TicketId> {
    lines.iter().map(|line| line.event.map_or(line.id, |event| event.first))
}

/// Says that what waited comes in one message, where several did.
pub(super) fn gathered(alert: &Alert, mentions: &[Mention], now: DateTime<Utc>) -> Option<Note> {
    let is_told_later = alert.frequency == Frequency::AsItHappens && alert.pace.may_wait();
    let first = mentions.iter().map(|mention| mention.seen).min().filter(|_| is_told_later)?;
    let waited = now - first;
    (mentions.len() > 1 && waited >= WAITED).then(|| Note::Gathered {
        mentions: mentions.len(),
        minutes: waited.num_minutes().unsigned_abs(),
    })
}

/// Adds what a commit found and is no news to what the alerts are not told later, where they are behind
/// and cannot simply pass over it.
pub(super) fn pass(
    state: &mut AlertState,
    commit: &Commit,
    is_news: impl Fn(&MentionId) -> bool,
    store: &dyn Store,
) -> Result<(), StoreError> {
    for mention in &commit.mentions {
        let is_full = state.passed.len() >= MOST_REMEMBERED;
        if !is_full && !is_news(&mention.id) && store.place(&mention.id)?.is_none() {
            state.passed.insert(mention.id.clone());
        }
    }
    Ok(())
}

impl Silent<'_> {
    /// Keeps back what a commit brings, but for what is urgent. Returns whether it could: what cannot be
    /// remembered is told.
    pub(super) fn hold(
        mut self,
        commit: &mut Commit,
        news: &[Mention],
    ) -> Result<bool, StoreError> {
        let was_behind = self.state.is_behind(self.store.last_place()?.0);
        let (mut urgent, mut kept) = (Vec::new(), Vec::new());
        for mention in news {
            let place = self.store.place(&mention.id)?.map(|place| place.0);
            let is_later = place.is_none_or(|place| place > self.state.told_up_to);
            let is_known =
                place.is_some() && (!is_later || self.state.passed.contains(&mention.id));
            let is_owed = self.state.owed.contains(&mention.id);
            if is_known && !is_owed {
                let before = self.store.mention(&mention.id)?;
                let is_case = match before {
                    Some(before) => becomes_case(mention, &before, self.tickets, self.store)?,
                    None => true,
                };
                if !is_case {
                    continue;
                }
            }
            if self.breaks_through(mention)? {
                self.remember(&mention.id, is_later);
                urgent.push(mention.clone());
            } else {
                self.owe(&mention.id, is_later);
                kept.push(mention.clone());
            }
        }
        if self.state.passed.len().max(self.state.owed.len()) > MOST_REMEMBERED {
            return Ok(false);
        }
        let waits = was_behind || !self.gather(kept)?.mentions.is_empty();
        let said = self.say(urgent)?;
        let name = self.alert.name.clone();
        if let Some(said) = said {
            commit.notices.extend(self.notices(&said)?);
        }
        if waits {
            let ids: BTreeSet<&MentionId> = news.iter().map(|mention| &mention.id).collect();
            pass(&mut self.state, commit, |id| ids.contains(id), self.store)?;
        } else {
            self.state = self.state.told();
            commit.told.push(name.clone());
        }
        commit.alerts.push((name, self.state));
        Ok(true)
    }

    /// Returns the commit of what is urgent of all that is kept back. `None` where that cannot be
    /// remembered.
    pub(super) fn break_through(mut self) -> Result<Option<Commit>, StoreError> {
        let urgent = self.urgent()?;
        if urgent.is_empty() {
            return Ok(Some(Commit::default()));
        }
        for mention in &urgent {
            let place = self.store.place(&mention.id)?;
            let is_later = place.is_none_or(|place| place.0 > self.state.told_up_to);
            self.remember(&mention.id, is_later);
        }
        if self.state.passed.len() > MOST_REMEMBERED {
            return Ok(None);
        }
        let said = self.say(urgent)?;
        let notices = said.map(|said| self.notices(&said)).transpose()?.unwrap_or_default();
        let alerts = vec![(self.alert.name.clone(), self.state)];
        Ok(Some(Commit { alerts, notices, ..Commit::default() }))
    }

    /// Returns what is urgent of all that is kept back.
    pub(super) fn urgent(&self) -> Result<Vec<Mention>, StoreError> {
        let mut urgent = Vec::new();
        if self.alert.content == Content::Mentions {
            for mention in untold(&self.state, self.store)? {
                if self.breaks_through(&mention)? {
                    urgent.push(mention);
                }
            }
        }
        Ok(urgent)
    }

    /// Tells whether a mention is told at once all the same: it is urgent, and what happened was not
    /// told within the cooldown.
    fn breaks_through(&self, mention: &Mention) -> Result<bool, StoreError> {
        let Self { alert, rules, store, now, .. } = self;
        let ticket = ticket_of(mention, self.tickets, rules, *store, *now)?;
        let status = ticket.as_ref().map(|ticket| ticket.facts().status.to_string());
        let facts = ticket
            .as_ref()
            .zip(status.as_deref())
            .map(|(ticket, status)| TicketFacts { status, priority: ticket.facts().priority });
        let is_urgent = match ticket.as_ref().map(Ticket::facts) {
            Some(facts) => {
                let event = facts.incident.unwrap_or(facts.id);
                let is_told = self.state.told_lately(event, alert.pace.cooldown, *now);
                let waits = matches!(facts.status, Status::New | Status::Open);
                facts.priority == Priority::Urgent && waits && !is_told
            }
            None => mention.priority() == Priority::Urgent,
        };
        Ok(is_urgent && alert.wants(mention, facts.as_ref(), *now))
    }

    /// Notes that a mention is told before its turn.
    fn remember(&mut self, id: &MentionId, is_later: bool) {
        self.state.owed.remove(id);
        if is_later {
            self.state.passed.insert(id.clone());
        }
    }

    /// Notes that a mention is to be told with the rest.
    fn owe(&mut self, id: &MentionId, is_later: bool) {
        if is_later {
            self.state.passed.remove(id);
        } else {
            self.state.owed.insert(id.clone());
        }
    }

    fn gather(&self, mentions: Vec<Mention>) -> Result<Gathered, StoreError> {
        let Self { alert, tickets, rules, store, now, .. } = self;
        Gathered::of(alert, mentions, tickets, rules, *store, *now)
    }

    /// Says what is urgent, and notes that it did. `None` where that is nothing new.
    fn say(&mut self, urgent: Vec<Mention>) -> Result<Option<Said>, StoreError> {
        let mut gathered = self.gather(urgent)?;
        if gathered.mentions.is_empty() {
            return Ok(None);
        }
        gathered.note = Some(Note::Urgent { until: self.until });
        let events: Vec<TicketId> = events(&gathered.tickets).collect();
        let state = std::mem::take(&mut self.state);
        self.state = state.having_spoken(events, self.alert.pace.cooldown, self.now);
        Ok(Some(gathered.say(self.alert, self.rules, None, self.now, &[])))
    }

    fn notices(&self, said: &Said) -> Result<Vec<crate::delivery::Notice>, StoreError> {
        to_all(self.alert, said, self.rules, self.store, self.now)
    }
}

#[cfg(test)]
mod tests;
