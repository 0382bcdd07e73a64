//! Who is told what of what was found: notices for alerts that speak as it happens, and for those
//! whose time has come.

use super::{Rules, hand, lessons, quiet};
use crate::alert::{Alert, AlertState, Content, Frequency};
use crate::brand::BrandName;
use crate::delivery::{Enclosed, Notice, NoticeId, Progress};
use crate::digest::{self, BlindSpot, Digest, HowMany, QuietLine, TicketLine};
use crate::enrich::Priority;
use crate::mention::filter::TicketFacts;
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::post::SourceName;
use crate::store::{Commit, Listed, Sequence, Store, StoreError};
use crate::ticket::{Ticket, reply};
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Polls that must have failed in a row before a source is called a blind spot.
const FAILURES_BEFORE_BLIND: u32 = 3;

/// A source that is asked nothing for so long is a blind spot at once: its budget is used up, or it
/// refused us.
const LONG_WAIT: Duration = Duration::hours(1);

/// A part of a source that failed for so long is a blind spot too.
const LASTING: Duration = Duration::days(1);

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
        let mut mentions = store.mentions_after(Sequence(state.told_up_to))?;
        for mention in news {
            // An edited mention was told when it was new, unless it has become a case only now or once
            // more, or was taken for noise until now.
            let before = store.mention(&mention.id)?;
            let is_back = brings_back(mention, before.as_ref(), &tickets, store)?;
            let is_case = |old: Mention| {
                let is_heard = old.is_muted() && !mention.is_muted();
                is_heard || is_back || (old.ticket.is_none() && mention.ticket.is_some())
            };
            if let Some(untold) = mentions.iter_mut().find(|untold| untold.id == mention.id) {
                // It was not told yet: then as it is now.
                untold.clone_from(mention);
            } else if before.is_none_or(is_case) {
                mentions.push(mention.clone());
            }
        }
        let gathered = Gathered::of(alert, mentions, &tickets, rules, store, now)?;
        let state = if gathered.mentions.is_empty() {
            state
        } else {
            let said = gathered.say(alert, rules, state.last.or(state.began), now, &[]);
            commit.notices.extend(notices(&alert.name, &alert.to, &said, now));
            AlertState { last: Some(now), ..state }
        };
        commit.alerts.push((alert.name.clone(), state));
        commit.told.push(alert.name.clone());
    }
    Ok(())
}

/// Tells whether a mention says something else than `before`, by which its ticket was opened again.
fn brings_back(
    mention: &Mention,
    before: Option<&Mention>,
    tickets: &BTreeMap<TicketId, Ticket>,
    store: &dyn Store,
) -> Result<bool, StoreError> {
    let is_edited = before.is_some_and(|old| old.versions.last() != mention.versions.last());
    let ticket = mention.ticket.filter(|_| is_edited).and_then(|id| tickets.get(&id));
    let Some(facts) = ticket.map(Ticket::facts) else { return Ok(false) };
    let old = store.ticket(facts.id)?;
    Ok(old.is_some_and(|old| old.facts().reopened != facts.reopened))
}

/// Lets alerts that speak as it happens pass over what this commit brings, if they have heard all that
/// came before; else they tell it with that.
pub(super) fn pass_over(
    commit: &mut Commit,
    rules: &Rules,
    store: &dyn Store,
) -> Result<(), StoreError> {
    let last = store.last_place()?.0;
    for alert in rules.alerts.iter().filter(|alert| alert.frequency == Frequency::AsItHappens) {
        let state = store.alert(&alert.name)?;
        if state.is_some_and(|state| state.told_up_to >= last) {
            commit.told.push(alert.name.clone());
        }
    }
    Ok(())
}

/// Returns the commit that makes alerts known which the store has never seen: they are told what
/// comes from now on.
pub fn introduce(
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, StoreError> {
    let told_up_to = store.last_place()?.0;
    let mut commit = Commit::default();
    for alert in &rules.alerts {
        if store.alert(&alert.name)?.is_none() {
            commit.alerts.push((
                alert.name.clone(),
                AlertState { told_up_to, began: Some(now), last: None },
            ));
        }
    }
    Ok(commit)
}

/// Returns the commit of an alert that speaks now of all it has not yet told: its notices, and how
/// far it is told. With `even_if_empty` it also says that there is nothing.
pub fn speak(
    alert: &Alert,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
    blind_spots: &[BlindSpot],
    even_if_empty: bool,
) -> Result<Commit, StoreError> {
    let state = store.alert(&alert.name)?.unwrap_or_default();
    let said = say(alert, rules, store, now, blind_spots)?;
    let speaks = said.mentions + said.tickets > 0 || even_if_empty || alert.empty;
    let state = if speaks {
        AlertState { last: Some(now), ..state }
    } else {
        AlertState { began: Some(now), ..state }
    };
    Ok(Commit {
        alerts: vec![(alert.name.clone(), state)],
        told: vec![alert.name.clone()],
        notices: if speaks { notices(&alert.name, &alert.to, &said, now) } else { Vec::new() },
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
    let state = store.alert(&alert.name)?.unwrap_or_default();
    if alert.content == Content::Lessons {
        return lessons::say(alert, &state, rules, store, now);
    }
    let mentions = store.mentions_after(Sequence(state.told_up_to))?;
    let mut gathered = Gathered::of(alert, mentions, &BTreeMap::new(), rules, store, now)?;
    if alert.frequency != Frequency::AsItHappens {
        gathered.add_pressing(alert, rules, store, now)?;
        gathered.quiet = quiet::gone_quiet(alert, &state, rules, store, now)?;
    }
    Ok(gathered.say(alert, rules, state.last.or(state.began), now, blind_spots))
}

/// Returns the sources that have failed for so long that their silence tells nothing.
pub fn blind_spots(
    sources: &[SourceName],
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<BlindSpot>, StoreError> {
    let mut spots = Vec::new();
    for source in sources {
        let health = store.source(source)?.health;
        let is_long = health.not_before.is_some_and(|until| until - now >= LONG_WAIT);
        let waits = is_long || health.is_spent;
        let is_lasting = health.trouble_since.is_some_and(|since| now - since >= LASTING);
        let failed = health.failures >= if waits { 1 } else { FAILURES_BEFORE_BLIND };
        if failed || health.gone {
            spots.push(BlindSpot {
                source: source.clone(),
                what: health.last_error.unwrap_or_default(),
                since: health.failing_since,
            });
        } else if let Some(what) = health.trouble.filter(|_| waits || is_lasting) {
            spots.push(BlindSpot { source: source.clone(), what, since: health.trouble_since });
        }
    }
    Ok(spots)
}

/// What goes into one digest, before it is words.
struct Gathered {
    mentions: Vec<Mention>,
    tickets: Vec<TicketLine>,
    pressing: usize,
    quiet: Vec<QuietLine>,
    to: DateTime<Utc>,
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
            let ticket = match mention.ticket {
                Some(id) => match new_tickets.get(&id) {
                    Some(ticket) => Some(ticket.clone()),
                    None => hand::ticket(id, rules, store, now)?,
                },
                None => None,
            };
            let status = ticket.as_ref().map(|ticket| ticket.facts().status.to_string());
            let facts = ticket
                .as_ref()
                .zip(status.as_deref())
                .map(|(ticket, status)| TicketFacts { status, priority: ticket.facts().priority });
            if alert.wants(&mention, facts.as_ref(), now) {
                if let Some(ticket) = ticket {
                    lines.insert(ticket.facts().id, line(&ticket, &mention, now, rules.zone));
                }
                wanted.push(mention);
            }
        }
        one_line_an_incident(&mut wanted, &mut lines, new_tickets, store)?;
        let tickets = lines.into_values().collect();
        Ok(Self { mentions: wanted, tickets, pressing: 0, quiet: Vec::new(), to: now })
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
        for ticket in hand::listed(Listed::Open, rules, store, now)? {
            let facts = ticket.facts();
            if !is_for_today(&ticket, now, rules.zone) || known.contains(&facts.id) {
                continue;
            }
            let Some(mention) = store.mention(&facts.mention)? else { continue };
            let status = facts.status.to_string();
            let of_ticket = TicketFacts { status: &status, priority: facts.priority };
            if alert.wants(&mention, Some(&of_ticket), now) {
                self.tickets.push(line(&ticket, &mention, now, rules.zone));
                self.pressing += 1;
            }
        }
        Ok(())
    }

    fn say(
        &self,
        alert: &Alert,
        rules: &Rules,
        from: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        blind_spots: &[BlindSpot],
    ) -> Said {
        let digest = Digest::of(&digest::Input {
            alert: &alert.name,
            language: alert.language,
            zone: rules.zone,
            mentions: &self.mentions,
            tickets: &self.tickets,
            blind_spots,
            quiet: &self.quiet,
            from,
            to: self.to.min(now),
            how_many: HowMany::All,
        });
        Said {
            subject: digest::subject(&digest),
            text: digest::text::render(&digest),
            html: digest::html::render(&digest),
            enclosed: Enclosed {
                brief: Some(digest::brief::of(&digest)),
                tells: self.mentions.iter().map(|mention| mention.id.to_string()).collect(),
                ..Enclosed::default()
            },
            mentions: self.mentions.len(),
            tickets: self.pressing + self.quiet.len(),
        }
    }
}

/// Counts the tickets of each incident, and leaves of its mentions the first, which speaks for all.
fn one_line_an_incident(
    wanted: &mut Vec<Mention>,
    lines: &mut BTreeMap<TicketId, TicketLine>,
    new_tickets: &BTreeMap<TicketId, Ticket>,
    store: &dyn Store,
) -> Result<(), StoreError> {
    let told: BTreeSet<TicketId> =
        lines.values().filter_map(|line| Some(line.incident?.0)).collect();
    if told.is_empty() {
        return Ok(());
    }
    let mut totals: BTreeMap<TicketId, u64> = BTreeMap::new();
    for first in told {
        let stored = store.listed(Listed::Incident(first))?.into_iter();
        let stored = stored.filter(|id| !new_tickets.contains_key(id)).count();
        let is_new = |ticket: &&Ticket| ticket.facts().incident == Some(first);
        let new = new_tickets.values().filter(is_new).count();
        totals.insert(first, u64::try_from(stored + new).unwrap_or(u64::MAX));
    }
    for line in lines.values_mut() {
        if let Some((first, tickets)) = &mut line.incident {
            *tickets = totals.get(first).copied().unwrap_or(1);
        }
    }
    // The most pressing one speaks for all.
    let of = |mention: &Mention| {
        let line = mention.ticket.and_then(|id| lines.get(&id))?;
        let (first, _) = line.incident?;
        Some(((first, mention.brand.clone()), line.priority))
    };
    let mut most: BTreeMap<(TicketId, BrandName), (Priority, MentionId)> = BTreeMap::new();
    for (event, priority, mention) in
        wanted.iter().filter_map(|it| of(it).map(|(event, priority)| (event, priority, it)))
    {
        let best = most.entry(event).or_insert_with(|| (priority, mention.id.clone()));
        if priority > best.0 {
            *best = (priority, mention.id.clone());
        }
    }
    let speaks = |mention: &Mention| {
        let Some((event, _)) = of(mention) else { return true };
        most.get(&event).is_some_and(|(_, id)| *id == mention.id)
    };
    let speaking: BTreeSet<MentionId> =
        wanted.iter().filter(|it| speaks(it)).map(|it| it.id.clone()).collect();
    wanted.retain(|mention| speaking.contains(&mention.id));
    let kept: BTreeSet<TicketId> = wanted.iter().filter_map(|mention| mention.ticket).collect();
    lines.retain(|id, line| line.incident.is_none() || kept.contains(id));
    Ok(())
}

/// Tells whether somebody must see to a ticket before the day ends where the desk is.
fn is_for_today(ticket: &Ticket, now: DateTime<Utc>, zone: Tz) -> bool {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    ticket.is_overdue(now) || ticket.facts().due.is_some_and(|due| day(due) <= day(now))
}

pub(super) fn line(ticket: &Ticket, mention: &Mention, now: DateTime<Utc>, zone: Tz) -> TicketLine {
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
        next_step: reply::next_step(facts, now, zone),
        incident: facts.incident.map(|first| (first, 1)),
    }
}

/// Returns one notice for each recipient, ready for the outbox.
pub(super) fn notices(
    alert: &str,
    recipients: &[String],
    said: &Said,
    now: DateTime<Utc>,
) -> Vec<Notice> {
    recipients
        .iter()
        .map(|to| Notice {
            id: NoticeId(0),
            alert: alert.to_owned(),
            to: to.clone(),
            subject: said.subject.clone(),
            text: said.text.clone(),
            html: said.html.clone(),
            message_id: message_id(alert, to, &said.text, now),
            created: now,
            progress: Progress::Queued,
            attempts: 0,
            next_attempt: now,
            last_answer: None,
            enclosed: said.enclosed.clone(),
        })
        .collect()
}

/// Returns a `Message-ID` that belongs to this notice alone, and stays with it.
fn message_id(alert: &str, to: &str, text: &str, now: DateTime<Utc>) -> String {
    let PostKey(hash) = PostKey::of(&[alert, to, text, &now.timestamp_micros().to_string()]);
    hash.iter().fold(String::new(), |mut id, byte| {
        // Writing into a string does not fail.
        let _unfailing = write!(id, "{byte:02x}");
        id
    })
}
