//! Who is told what of what was found: notices for alerts that speak as it happens, and for those
//! whose time has come.

use super::{Rules, hand, lessons, quiet, volume};
use crate::alert::{Alert, AlertState, Content, Frequency};
use crate::delivery::Enclosed;
use crate::digest::{self, BlindSpot, Digest, Event, QuietLine, TicketLine, Volume};
use crate::mention::filter::TicketFacts;
use crate::mention::{Mention, MentionId, TicketId};
use crate::post::SourceName;
use crate::store::{Commit, Listed, Store, StoreError};
use crate::ticket::Ticket;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};

mod held;
mod recipients;

use held::{becomes_case, silent};
pub use held::{is_pressing, speaks_next};
pub(super) use recipients::{notices, to_all, to_these};
pub use recipients::{one_click, recipients};

/// What one alert has to say, rendered.
pub struct Said {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// What goes with it.
    pub enclosed: Enclosed,
    /// How many mentions it tells.
    pub mentions: usize,
    /// How many tickets, and customers who have gone quiet, it names beside those of its mentions.
    pub tickets: usize,
}

/// Adds to `commit` the notices of the alerts that speak as it happens: of `news`, the mentions that
/// this commit brings and that are news, and of what the alerts had not yet heard.
pub fn at_once(
    commit: &mut Commit,
    news: &[Mention],
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if commit.mentions.is_empty() {
        return Ok(());
    }
    let tickets: BTreeMap<TicketId, Ticket> =
        commit.tickets.iter().map(|ticket| (ticket.facts().id, ticket.clone())).collect();
    for alert in rules.alerts.iter().filter(|alert| alert.frequency == Frequency::AsItHappens) {
        let state = store.alert(&alert.name)?.unwrap_or_default();
        if let Some(silent) = silent(alert, &state, &tickets, rules, store, now)
            && silent.hold(commit, news)?
        {
            continue;
        }
        let mut mentions = held::untold(&state, store)?;
        for mention in news {
            if let Some(untold) = mentions.iter_mut().find(|untold| untold.id == mention.id) {
                // It was not told yet: then as it is now.
                untold.clone_from(mention);
                continue;
            }
            let is_case = match store.mention(&mention.id)? {
                Some(before) => becomes_case(mention, &before, &tickets, store)?,
                None => true,
            };
            if is_case {
                mentions.push(mention.clone());
            }
        }
        let mut gathered = Gathered::of(alert, mentions, &tickets, rules, store, now)?;
        gathered.note = held::gathered(alert, &gathered.mentions, now);
        let state = if gathered.mentions.is_empty() {
            state.told()
        } else {
            let said = gathered.say(alert, rules, state.last.or(state.began), now, &[]);
            commit.notices.extend(to_all(alert, &said, rules, store, now)?);
            gathered.spoken(alert, state, now)
        };
        commit.alerts.push((alert.name.clone(), state));
        commit.told.push(alert.name.clone());
    }
    Ok(())
}

/// Lets alerts that speak as it happens pass over what this commit brings, if they have heard all that
/// came before; else they tell it with that.
pub(super) fn pass_over(
    commit: &mut Commit,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let last = store.last_place()?.0;
    for alert in rules.alerts.iter().filter(|alert| alert.frequency == Frequency::AsItHappens) {
        let Some(mut state) = store.alert(&alert.name)? else { continue };
        if state.told_up_to >= last {
            commit.told.push(alert.name.clone());
        } else if alert.holds(&state, now).is_some() {
            held::pass(&mut state, commit, |_| false, store)?;
            commit.alerts.push((alert.name.clone(), state));
        }
    }
    Ok(())
}

/// Notes what of this commit is no news for the alerts that speak as it happens, where they are told the rest
/// later.
pub(super) fn pass_by(
    commit: &mut Commit,
    is_news: impl Fn(&Mention) -> bool,
    rules: &Rules,
    store: &dyn Store,
) -> Result<(), StoreError> {
    let news: BTreeSet<MentionId> =
        commit.mentions.iter().filter(|one| is_news(one)).map(|one| one.id.clone()).collect();
    if news.len() == commit.mentions.len() {
        return Ok(());
    }
    for alert in rules.alerts.iter().filter(|alert| alert.frequency == Frequency::AsItHappens) {
        if let Some(mut state) = store.alert(&alert.name)? {
            held::pass(&mut state, commit, |id| news.contains(id), store)?;
            commit.alerts.push((alert.name.clone(), state));
        }
    }
    Ok(())
}

/// Returns the commit that makes alerts known which the store has never seen: they are told what
/// comes from now on. Those whose times lie behind a clock that was set back count from now on.
pub fn introduce(
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, StoreError> {
    let told_up_to = store.last_place()?.0;
    let mut commit = Commit::default();
    for alert in &rules.alerts {
        let state = match store.alert(&alert.name)? {
            None => AlertState {
                told_up_to,
                began: Some(now),
                first: Some((told_up_to, now)),
                ..AlertState::default()
            },
            Some(state) if alert.is_ahead(&state, now) => state.set_back(now),
            Some(_) => continue,
        };
        commit.alerts.push((alert.name.clone(), state));
    }
    Ok(commit)
}

/// Returns the commit of an alert that speaks now of all it has not yet told: its notices, and how
/// far it is told; of what is urgent alone, where it is to be silent. `is_ordered`: somebody wants to hear
/// it, now, and also that there is nothing.
pub fn speak(
    alert: &Alert,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
    blind_spots: &[BlindSpot],
    is_ordered: bool,
) -> Result<Commit, StoreError> {
    let state = store.alert(&alert.name)?.unwrap_or_default();
    let no_tickets = BTreeMap::new();
    if let Some(silent) = silent(alert, &state, &no_tickets, rules, store, now)
        && !is_ordered
        && let Some(commit) = silent.break_through()?
    {
        return Ok(commit);
    }
    let (said, events) = said(alert, rules, store, now, blind_spots)?;
    let blind: BTreeSet<SourceName> = blind_spots.iter().map(|spot| spot.source.clone()).collect();
    // Quiet would be taken for good news: that a source is not heard any more is told once by itself.
    let is_deaf = alert.content == Content::Mentions
        && alert.frequency != Frequency::AsItHappens
        && !blind.is_subset(&state.blind);
    // One that speaks as it happens has no time at which nothing happened.
    let is_empty_told = alert.empty && alert.frequency != Frequency::AsItHappens;
    let speaks = said.mentions + said.tickets > 0 || is_ordered || is_deaf || is_empty_told;
    let state = AlertState { blind, ..state };
    let state = if speaks {
        let state = state.having_spoken(events, alert.pace.cooldown, now);
        AlertState { last: Some(now), ..state.told() }
    } else {
        AlertState { began: Some(now), ..state.told() }
    };
    Ok(Commit {
        alerts: vec![(alert.name.clone(), state)],
        told: vec![alert.name.clone()],
        notices: if speaks { to_all(alert, &said, rules, store, now)? } else { Vec::new() },
        ..Commit::default()
    })
}

/// Returns what `alert` would say now of all it has not yet told.
pub fn say(
    alert: &Alert,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
    blind_spots: &[BlindSpot],
) -> Result<Said, StoreError> {
    Ok(said(alert, rules, store, now, blind_spots)?.0)
}

/// The same, with the events that it tells, by their first tickets.
fn said(
    alert: &Alert,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
    blind_spots: &[BlindSpot],
) -> Result<(Said, Vec<TicketId>), StoreError> {
    let state = store.alert(&alert.name)?.unwrap_or_default();
    if alert.content == Content::Lessons {
        return Ok((lessons::say(alert, &state, rules, store, now)?, Vec::new()));
    }
    let mentions = held::untold(&state, store)?;
    let mut gathered = Gathered::of(alert, mentions, &BTreeMap::new(), rules, store, now)?;
    gathered.note = held::gathered(alert, &gathered.mentions, now);
    if alert.frequency != Frequency::AsItHappens {
        gathered.add_pressing(alert, rules, store, now)?;
        gathered.quiet = quiet::gone_quiet(alert, &state, rules, store, now)?;
        if let Some(from) = state.last.or(state.began) {
            gathered.volumes = volume::volumes(alert, from, now, store)?;
        }
    }
    let events = held::events(&gathered.tickets).collect();
    Ok((gathered.say(alert, rules, state.last.or(state.began), now, blind_spots), events))
}

/// What goes into one digest, before it is words.
struct Gathered {
    mentions: Vec<Mention>,
    tickets: Vec<TicketLine>,
    pressing: usize,
    quiet: Vec<QuietLine>,
    volumes: Vec<Volume>,
    to: DateTime<Utc>,
    /// What is to be said of the message itself.
    note: Option<digest::Note>,
}

impl Gathered {
    fn of(
        alert: &Alert,
        mentions: Vec<Mention>,
        new_tickets: &BTreeMap<TicketId, Ticket>,
        rules: &Rules,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let mut wanted = Vec::new();
        let mut lines: BTreeMap<TicketId, TicketLine> = BTreeMap::new();
        let mut copies = BTreeSet::new();
        // What one batch brings is not in the store yet.
        let at_hand: BTreeSet<MentionId> = mentions
            .iter()
            .filter(|it| alert.wants(it, None, now))
            .map(|it| it.id.clone())
            .collect();
        for mention in mentions {
            // What was told before, in the same words, is no news, unless it became a ticket.
            if mention.story != mention.id && mention.ticket.is_none() {
                let is_told = at_hand.contains(&mention.story)
                    || store
                        .mention(&mention.story)?
                        .is_some_and(|head| alert.wants(&head, None, now));
                if is_told || !copies.insert(mention.story.clone()) {
                    continue;
                }
            }
            let ticket = ticket_of(&mention, new_tickets, rules, store, now)?;
            let status = ticket.as_ref().map(|ticket| ticket.facts().status.to_string());
            let facts = ticket
                .as_ref()
                .zip(status.as_deref())
                .map(|(ticket, status)| TicketFacts { status, priority: ticket.facts().priority });
            if alert.wants(&mention, facts.as_ref(), now) {
                if let Some(ticket) = ticket {
                    lines.insert(ticket.facts().id, line(&ticket, &mention, now));
                }
                wanted.push(mention);
            }
        }
        let mut tickets: Vec<TicketLine> = lines.into_values().collect();
        let told = fresh(&tickets);
        count_events(&mut tickets, &told, new_tickets, store)?;
        let (quiet, volumes) = (Vec::new(), Vec::new());
        Ok(Self { mentions: wanted, tickets, pressing: 0, quiet, volumes, to: now, note: None })
    }

    /// Adds the tickets that are overdue, or due before the day ends, of mentions that the alert wants.
    fn add_pressing(
        &mut self,
        alert: &Alert,
        rules: &Rules,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let known: BTreeSet<TicketId> = self.tickets.iter().map(|line| line.id).collect();
        let told = fresh(&self.tickets);
        for ticket in hand::listed(Listed::Open, rules, store, now)? {
            let facts = ticket.facts();
            if !is_for_today(&ticket, now, alert.pace.zone) || known.contains(&facts.id) {
                continue;
            }
            let Some(mention) = store.mention(&facts.mention)? else { continue };
            let status = facts.status.to_string();
            let of_ticket = TicketFacts { status: &status, priority: facts.priority };
            if alert.wants(&mention, Some(&of_ticket), now) {
                self.tickets.push(line(&ticket, &mention, now));
                self.pressing += 1;
            }
        }
        count_events(&mut self.tickets, &told, &BTreeMap::new(), store)
    }

    fn say(
        &self,
        alert: &Alert,
        rules: &Rules,
        from: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        blind_spots: &[BlindSpot],
    ) -> Said {
        let filter = alert.filter.query().to_string();
        let mut digest = Digest::of(&digest::Input {
            alert: &alert.name,
            filter: &filter,
            language: alert.language,
            zone: alert.pace.zone,
            mentions: &self.mentions,
            tickets: &self.tickets,
            blind_spots,
            quiet: &self.quiet,
            volumes: &self.volumes,
            from,
            to: self.to.min(now),
            how_many: alert.how_many,
        })
        .fitted();
        digest.note = self.note;
        Said {
            subject: digest::subject(&digest),
            text: digest::text::render(&digest),
            html: digest::html::render(&digest),
            enclosed: Enclosed {
                thread: Some(thread(alert, &self.tickets, &self.mentions)),
                pictures: digest.pictures(),
                unsubscribe: rules.keeper.clone(),
                brief: Some(digest::brief::of(&digest)),
                tells: self.mentions.iter().map(|mention| mention.id.to_string()).collect(),
                counts: digest.counted_only(&self.mentions),
                ..Enclosed::default()
            },
            mentions: self.mentions.len(),
            tickets: self.pressing + self.quiet.len(),
        }
    }

    /// Returns what is remembered of an alert that said this.
    fn spoken(&self, alert: &Alert, state: AlertState, now: DateTime<Utc>) -> AlertState {
        let events = held::events(&self.tickets);
        let state = state.told().having_spoken(events, alert.pace.cooldown, now);
        AlertState { last: Some(now), ..state }
    }
}

/// Returns the ticket of a mention, as it stands in `new_tickets` or else is stored.
fn ticket_of(
    mention: &Mention,
    new_tickets: &BTreeMap<TicketId, Ticket>,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Option<Ticket>, StoreError> {
    let Some(id) = mention.ticket else { return Ok(None) };
    match new_tickets.get(&id) {
        Some(ticket) => Ok(Some(ticket.clone())),
        None => hand::ticket(id, rules, store, now),
    }
}

/// Returns how many tickets of each event there are among these.
fn fresh(lines: &[TicketLine]) -> BTreeMap<TicketId, u64> {
    let mut fresh = BTreeMap::new();
    for event in lines.iter().filter_map(|line| line.event) {
        *fresh.entry(event.first).or_default() += 1;
    }
    fresh
}

/// Counts the tickets of each event; `told` are those of mentions that are told.
fn count_events(
    lines: &mut [TicketLine],
    told: &BTreeMap<TicketId, u64>,
    new_tickets: &BTreeMap<TicketId, Ticket>,
    store: &dyn Store,
) -> Result<(), StoreError> {
    let mut totals: BTreeMap<TicketId, u64> = BTreeMap::new();
    for first in fresh(lines).keys() {
        let stored = store.listed(Listed::Incident(*first))?.into_iter();
        let stored = stored.filter(|id| !new_tickets.contains_key(id)).count();
        let is_new = |ticket: &&Ticket| ticket.facts().incident == Some(*first);
        let new = new_tickets.values().filter(is_new).count();
        totals.insert(*first, u64::try_from(stored + new).unwrap_or(u64::MAX));
    }
    for line in lines {
        if let Some(event) = &mut line.event {
            event.fresh = told.get(&event.first).copied().unwrap_or(0);
            event.all = totals.get(&event.first).copied().unwrap_or(1);
        }
    }
    Ok(())
}

/// Returns what a message belongs to: those of one event stand together, and those of one alert.
fn thread(alert: &Alert, tickets: &[TicketLine], mentions: &[Mention]) -> String {
    let is_one = alert.frequency == Frequency::AsItHappens
        && mentions.iter().all(|mention| mention.ticket.is_some());
    let event = event_thread(tickets).filter(|_| is_one);
    event.unwrap_or_else(|| format!("alert {}", alert.name))
}

/// Returns what a message about these tickets belongs to, where they are of one event.
pub(super) fn event_thread<'a>(
    tickets: impl IntoIterator<Item = &'a TicketLine>,
) -> Option<String> {
    // An event has the number of its first ticket, which is told before there is an event.
    let events: BTreeSet<TicketId> =
        tickets.into_iter().map(|line| line.event.map_or(line.id, |event| event.first)).collect();
    events.first().filter(|_| events.len() == 1).map(|event| thread_of(*event))
}

/// Returns what messages of one event belong to.
pub(super) fn thread_of(event: TicketId) -> String {
    format!("event {event}")
}

/// Tells whether somebody must see to a ticket before the day ends where those are who are told.
fn is_for_today(ticket: &Ticket, now: DateTime<Utc>, zone: Tz) -> bool {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    ticket.is_overdue(now) || ticket.facts().due.is_some_and(|due| day(due) <= day(now))
}

pub(super) fn line(ticket: &Ticket, mention: &Mention, now: DateTime<Utc>) -> TicketLine {
    let facts = ticket.facts();
    TicketLine {
        id: facts.id,
        status: facts.status.to_string(),
        priority: facts.priority,
        due: facts.due,
        overdue: ticket.is_overdue(now),
        assignee: facts.assignee.clone(),
        headline: mention.headline(),
        brand: mention.brand.clone(),
        url: mention.post.url.clone(),
        review: facts.review,
        event: facts.incident.map(|first| Event { first, fresh: 0, all: 1 }),
    }
}
