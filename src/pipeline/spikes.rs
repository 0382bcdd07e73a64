//! Brands that are spoken of, or complained of, far more than usual: told at once, once, to whom an alert
//! tells their mentions, and again when it is over. What was told is stored with what tells it.

use super::blind::Outage;
use super::tell::{self, Said};
use super::{Rules, hand};
use crate::alert::spike::{self, Course, Hour, Of, Spike, Turn};
use crate::alert::{Alert, Content};
use crate::brand::BrandName;
use crate::delivery::Notice;
use crate::digest::spike::{Phase, Story, Told, message};
use crate::enrich::Label;
use crate::mention::filter::TicketFacts;
use crate::mention::{Mention, MentionId, TicketId};
use crate::store::{Commit, Counted, Store, StoreError, Window};
use crate::ticket::Ticket;
use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How many stories a message names.
const STORIES: usize = 5;
/// The most mentions of a spike that are looked at: more do not change what it is about.
const MOST: usize = 2_000;

/// Returns the commit that tells what spikes began or ended; empty where none did.
/// `outages` are the sources that cannot be heard now.
pub fn look(
    rules: &Rules,
    outages: &[Outage],
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, StoreError> {
    let mut commit = Commit::default();
    let mut unknown = BTreeSet::new();
    for brand in &rules.brands {
        match store.course(&brand.name)? {
            Some(course) => {
                let since = outages.iter().filter(|outage| outage.is_of(&brand.name));
                let since = since.map(|outage| outage.since);
                one(&brand.name, course, since, &mut commit, rules, store, now)?;
            }
            None => _ = unknown.insert(&brand.name),
        }
    }
    if !unknown.is_empty() {
        count(&unknown, &mut commit, store, now)?;
    }
    Ok(commit)
}

/// Counts the mentions of brands whose hours were never counted.
fn count(
    brands: &BTreeSet<&BrandName>,
    commit: &mut Commit,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut hours: BTreeMap<(BrandName, i64), Counted> = BTreeMap::new();
    let mut since: BTreeMap<BrandName, i64> = BTreeMap::new();
    let mut first_polls = BTreeMap::new();
    let mut fault = None;
    let back = Window { since: Some(now - TimeDelta::weeks(8)), until: None };
    store.mentions(back, &mut |mention| {
        if !brands.contains(&mention.brand) {
            return true;
        }
        let first = since.entry(mention.brand.clone()).or_insert(i64::MAX);
        *first = (*first).min(spike::hour(mention.seen));
        if mention.post.published.is_none() && !first_polls.contains_key(&mention.source) {
            match store.source(&mention.source) {
                Ok(state) => {
                    first_polls.insert(mention.source.clone(), state.health.first_poll);
                }
                Err(error) => fault = Some(error),
            }
        }
        // What came without a date on the first poll of its source is of any time.
        let is_dated = mention.post.published.is_some()
            || first_polls.get(&mention.source).is_none_or(|first| *first != Some(mention.seen));
        if let Some((hour, is_negative)) = spike::counted(&mention).filter(|_| is_dated) {
            let counted = hours.entry((mention.brand, hour)).or_default();
            counted.all = counted.all.saturating_add(1);
            counted.negative = counted.negative.saturating_add(u32::from(is_negative));
        }
        fault.is_none()
    })?;
    if let Some(error) = fault {
        return Err(error);
    }
    commit.hours.extend(hours.into_iter().map(|((brand, hour), sum)| (brand, hour, Some(sum))));
    let current = spike::hour(now);
    commit.courses.extend(brands.iter().map(|brand| {
        let since = since.get(*brand).copied().unwrap_or(i64::MAX).min(current);
        ((*brand).clone(), Course { since, looked: Some(current), ..Course::default() })
    }));
    Ok(())
}

/// Looks at one brand.
fn one(
    brand: &BrandName,
    mut course: Course,
    deaf_since: impl Iterator<Item = DateTime<Utc>>,
    commit: &mut Commit,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let counted = store.hours(brand)?;
    let current = spike::hour(now);
    let kept = i64::try_from(spike::KEPT).unwrap_or(i64::MAX);
    let oldest = current - kept + 1;
    let known = course.clone();
    course.set_right(current);
    // What lies ahead was counted by a clock that was ahead.
    let ahead = counted.range(current + 2..current + kept);
    let stale = counted.range(..oldest).filter(|_| course.may_forget(current));
    let forgotten = ahead.chain(stale).map(|(hour, _)| (brand.clone(), *hour, None));
    commit.hours.extend(forgotten);
    // Each is noted.
    let deaf = deaf_since.filter(|since| course.deafened(*since, now)).count();
    course.deaf = course.deaf.split_off(&oldest);
    let hours: Vec<Hour> = (course.since.max(oldest)..=current)
        .map(|hour| {
            let Counted { all, negative } = counted.get(&hour).copied().unwrap_or_default();
            let is_deaf = course.deaf.contains(&hour) || (hour == current && deaf > 0);
            Hour { slot: spike::slot(hour, rules.zone), all, negative, is_deaf }
        })
        .collect();
    match spike::look(&mut course, &hours, current) {
        Some(Turn::Began(spike)) => {
            let about = About::of(brand, &spike, rules, store, now)?;
            course.told = about.recipients(rules, store, now)?;
            commit.notices.extend(about.notices(&course.told, Phase::Begun, rules, store, now)?);
        }
        Some(Turn::Ended(spike)) => {
            let about = About::of(brand, &spike, rules, store, now)?;
            commit.notices.extend(about.notices(&course.told, Phase::Over, rules, store, now)?);
            course.told.clear();
        }
        Some(Turn::Stayed(spike)) => {
            let about = About::of(brand, &spike, rules, store, now)?;
            commit.notices.extend(about.notices(&course.told, Phase::Stays, rules, store, now)?);
            course.told.clear();
        }
        None => {}
    }
    if course != known {
        commit.courses.push((brand.clone(), course));
    }
    Ok(())
}

/// Notes for each brand how many mentions a commit finds late that may make a spike: those of the last day,
/// and those without a date. The brand is then listened to otherwise than before.
pub(super) fn found_late<'a>(
    mentions: impl Iterator<Item = &'a Mention>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<(BrandName, Course)>, StoreError> {
    let mut late: BTreeMap<&BrandName, u32> = BTreeMap::new();
    let day = spike::hour(now - TimeDelta::days(1));
    for mention in mentions {
        let is_late = spike::counted(mention).is_some_and(|(hour, _)| hour >= day);
        if is_late && store.place(&mention.id)?.is_none() {
            *late.entry(&mention.brand).or_default() += 1;
        }
    }
    let mut courses = Vec::new();
    for (brand, number) in late {
        // What was never counted is counted at the next look.
        let Some(mut course) = store.course(brand)? else { continue };
        course.found_late(number, spike::hour(now));
        courses.push((brand.clone(), course));
    }
    Ok(courses)
}

/// What a spike is about.
struct About<'a> {
    brand: &'a BrandName,
    spike: &'a Spike,
    /// Its mentions, copies too, each with its ticket; the newest [`MOST`].
    mentions: Vec<(Mention, Option<Ticket>)>,
    stories: Vec<Story>,
    /// How many of all its mentions are negative.
    negative: u64,
}

impl<'a> About<'a> {
    fn of(
        brand: &'a BrandName,
        spike: &'a Spike,
        rules: &Rules,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let window = Window {
            since: Some(spike::begin(spike.began)),
            until: Some(spike::begin(spike.last + 1)),
        };
        let (mut found, mut negative) = (Vec::new(), 0);
        store.mentions(window, &mut |mention| {
            let is_news = !mention.own && !mention.is_noise() && !mention.is_muted();
            let is_meant = spike.of == Of::All || mention.label() == Label::Negative;
            if mention.brand == *brand && is_news && is_meant {
                let is_counted = spike::counted(&mention).is_some_and(|(_, negative)| negative);
                negative += u64::from(is_counted);
                if found.len() < MOST {
                    found.push(mention);
                }
            }
            true
        })?;
        let mut mentions = Vec::with_capacity(found.len());
        for mention in found {
            let ticket =
                mention.ticket.map(|id| hand::ticket(id, rules, store, now)).transpose()?;
            mentions.push((mention, ticket.flatten()));
        }
        let stories = stories(&mentions);
        Ok(Self { brand, spike, mentions, stories, negative })
    }

    /// Returns who is told, with the alert for which; each once.
    fn recipients(
        &self,
        rules: &Rules,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let mut told = BTreeSet::new();
        let mut recipients = Vec::new();
        for alert in rules.alerts.iter().filter(|alert| self.is_for(alert, now)) {
            for to in tell::recipients(alert, store)? {
                if told.insert(to.to_lowercase()) {
                    recipients.push((alert.name.clone(), to));
                }
            }
        }
        Ok(recipients)
    }

    /// Tells whether an alert tells any of its mentions.
    fn is_for(&self, alert: &Alert, now: DateTime<Utc>) -> bool {
        let wants = |(mention, ticket): &(Mention, Option<Ticket>)| {
            let status = ticket.as_ref().map(|ticket| ticket.facts().status.to_string());
            let facts = ticket
                .as_ref()
                .zip(status.as_deref())
                .map(|(ticket, status)| TicketFacts { status, priority: ticket.facts().priority });
            alert.wants(mention, facts.as_ref(), now)
        };
        alert.spikes && alert.content == Content::Mentions && self.mentions.iter().any(wants)
    }

    fn notices(
        &self,
        told: &[(String, String)],
        phase: Phase,
        rules: &Rules,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Vec<Notice>, StoreError> {
        let speaks: Vec<(&Alert, &String)> = told
            .iter()
            .filter_map(|(name, to)| Some((speaker(name, to, phase, rules)?, to)))
            .collect();
        let mut notices = Vec::new();
        for alert in &rules.alerts {
            let of_alert = speaks.iter().filter(|(speaker, _)| speaker.name == alert.name);
            let to: Vec<String> = of_alert.map(|(_, to)| (*to).clone()).collect();
            if to.is_empty() {
                continue;
            }
            // More complaints than usual are urgent; all else keeps quiet hours.
            let is_urgent = phase == Phase::Begun && self.spike.of == Of::Negative;
            let due = if is_urgent { now } else { alert.pace.open_from(now) };
            let said = self.say(alert, phase);
            let made = tell::to_these(alert, &to, &said, rules, store, now)?;
            notices.extend(made.into_iter().map(|made| Notice { next_attempt: due, ..made }));
        }
        Ok(notices)
    }

    fn say(&self, alert: &Alert, phase: Phase) -> Said {
        let told = message(&Told {
            language: alert.language,
            zone: alert.pace.zone,
            brand: self.brand,
            alert: &alert.name,
            spike: self.spike,
            phase,
            negative: self.negative,
            stories: self.stories.get(..STORIES).unwrap_or(&self.stories),
        });
        Said {
            subject: told.subject,
            text: told.text,
            html: told.html,
            enclosed: told.enclosed,
            mentions: self.mentions.len(),
            tickets: 0,
        }
    }
}

/// Returns the alert for which somebody is told: the one of that name, or where it no longer tells them, or
/// has another name now, one that does. Who was told that it began hears that it is over.
fn speaker<'a>(name: &str, to: &str, phase: Phase, rules: &'a Rules) -> Option<&'a Alert> {
    let tells = |alert: &&Alert| {
        let is_theirs = alert.to.iter().any(|own| own.to_lowercase() == to.to_lowercase());
        is_theirs && (phase == Phase::Begun || alert.content == Content::Mentions)
    };
    let alerts = || rules.alerts.iter().filter(tells);
    alerts()
        .find(|alert| alert.name == name)
        .or_else(|| alerts().find(|alert| alert.spikes))
        .or_else(|| alerts().next())
}

/// What belongs together: the tickets of one event, or the copies of one story.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cause<'a> {
    Event(TicketId),
    Story(&'a MentionId),
}

/// Returns what the mentions are about, what most are about first.
fn stories(mentions: &[(Mention, Option<Ticket>)]) -> Vec<Story> {
    let events: BTreeMap<&MentionId, TicketId> = mentions
        .iter()
        .filter_map(|(mention, ticket)| Some((&mention.story, ticket.as_ref()?.facts().incident?)))
        .collect();
    let mut causes: BTreeMap<Cause<'_>, Vec<&(Mention, Option<Ticket>)>> = BTreeMap::new();
    for it in mentions {
        let cause = match events.get(&it.0.story) {
            Some(event) => Cause::Event(*event),
            None => Cause::Story(&it.0.story),
        };
        causes.entry(cause).or_default().push(it);
    }
    let mut stories: Vec<Story> = causes
        .into_iter()
        .filter_map(|(cause, of)| {
            // A head speaks for its copies, the most pressing for an event, the oldest where they are equal.
            let weight = |it: &&&(Mention, Option<Ticket>)| {
                (it.0.story == it.0.id, it.0.priority(), Reverse(it.0.time()))
            };
            let (head, ticket) = of.iter().max_by_key(weight)?;
            let own = ticket.as_ref().map(|ticket| ticket.facts().id);
            let ticket = match cause {
                Cause::Event(first) => own.or(Some(first)),
                Cause::Story(_) => own,
            };
            let more = u64::try_from(of.len().saturating_sub(1)).unwrap_or(u64::MAX);
            Some(Story { head: head.clone(), more, ticket })
        })
        .collect();
    stories.sort_by_key(|story| Reverse((story.more, story.head.priority(), story.head.time())));
    stories
}

#[cfg(test)]
mod tests;
