//! Whether each alert told a mention, to whom and when, or why not.

use crate::alert::{Alert, AlertState, Content, Frequency};
use crate::ask::Setting;
use crate::ask::view::{NoticeView, ToldView};
use crate::delivery::Notice;
use crate::mention::Mention;
use crate::mention::filter::TicketFacts;
use crate::pipeline::{hand, tell};
use crate::store::{Listed, Store, StoreError};
use crate::ticket::{Facts, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// For how long the ledger remembers.
const REMEMBERED: TimeDelta = TimeDelta::days(90);

/// Returns every alert, and every other desk that was told, with what came of it.
pub(super) fn alerts(
    mention: &Mention,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<ToldView>, StoreError> {
    let mut told: BTreeMap<String, Vec<NoticeView>> = BTreeMap::new();
    for notice in store.told(&mention.id)? {
        told.entry(notice.alert.clone()).or_default().push(NoticeView::of(&notice));
    }
    let ticket = match mention.ticket {
        Some(id) => hand::ticket(id, setting.rules, store, now)?,
        None => None,
    };
    let mut views = Vec::new();
    for alert in &setting.rules.alerts {
        let notices = told.remove(&alert.name).unwrap_or_default();
        let why = if notices.is_empty() {
            let untold =
                Untold { alert, mention, facts: ticket.as_ref().map(Ticket::facts), store, now };
            Some(untold.why(setting)?)
        } else {
            None
        };
        let alert = alert.name.clone();
        views.push(ToldView { alert, told: !notices.is_empty(), why, notices });
    }
    // Alerts that are no more, and other desks.
    let others = told.into_iter();
    views.extend(others.map(|(alert, notices)| ToldView { alert, told: true, why: None, notices }));
    Ok(views)
}

/// A mention of which no notice of an alert is known.
struct Untold<'a> {
    alert: &'a Alert,
    mention: &'a Mention,
    facts: Option<&'a Facts>,
    store: &'a dyn Store,
    now: DateTime<Utc>,
}

impl Untold<'_> {
    /// Says why.
    fn why(&self, setting: &Setting<'_>) -> Result<String, StoreError> {
        let Self { alert, mention, store, now, .. } = self;
        if let Some(why) = self.unwanted() {
            return Ok(why);
        }
        let Some(state) = store.alert(&alert.name)? else {
            return Ok("the alert is new: vahti has not run with it yet".into());
        };
        let place = store.place(&mention.id)?.map_or(0, |place| place.0);
        if place > state.told_up_to {
            let next = alert.next(&state, *now);
            return Ok(match next {
                Some(next) => {
                    let next = next.with_timezone(&setting.rules.zone).format("%Y-%m-%d %H:%M");
                    format!("it waits: the alert speaks next at {next}")
                }
                None => "it waits: the alert tells it with what comes next, or when vahti starts \
                         next"
                    .into(),
            });
        }
        if let Some(why) = self.told_otherwise()? {
            return Ok(why);
        }
        if tell::recipients(alert, *store)?.is_empty() {
            let name = &alert.name;
            return Ok(format!(
                "everybody whom it tells has unsubscribed, as `vahti alert \"{name}\"` shows"
            ));
        }
        Ok(self.passed_over(&state, *now).into())
    }

    /// Says why the alert does not want it.
    fn unwanted(&self) -> Option<String> {
        let Self { alert, mention, facts, now, .. } = self;
        if alert.content == Content::Lessons {
            return Some("the alert tells lessons, not mentions".into());
        }
        if mention.is_noise() {
            return Some("a person marked it as noise".into());
        }
        if mention.is_muted() {
            return Some("it is taken for noise, by what people marked".into());
        }
        if mention.own {
            return Some("the brand itself wrote it".into());
        }
        let status = facts.map(|facts| facts.status.to_string());
        let ticket = facts.zip(status.as_deref());
        let ticket = ticket.map(|(facts, status)| TicketFacts { status, priority: facts.priority });
        let fits = alert.filter.passes(mention, ticket.as_ref(), *now);
        (!fits).then(|| format!("its filter does not want it: {}", alert.filter.query()))
    }

    /// Says by what else it was told: as a copy, or with its incident.
    fn told_otherwise(&self) -> Result<Option<String>, StoreError> {
        let Self { alert, mention, facts, store, now } = self;
        let by_alert = |notice: &Notice| notice.alert == alert.name;
        if mention.story != mention.id && mention.ticket.is_none() {
            let head = &mention.story;
            if let Some(notice) = store.told(head)?.into_iter().find(by_alert) {
                return Ok(Some(format!(
                    "it is a copy of {head}, which notice {} tells",
                    notice.id.0
                )));
            }
            if store.mention(head)?.is_some_and(|head| alert.wants(&head, None, *now)) {
                return Ok(Some(format!("it is a copy of {head}, which was told before")));
            }
        }
        let Some(first) = facts.and_then(|facts| facts.incident) else { return Ok(None) };
        for id in store.listed(Listed::Incident(first))? {
            let Some(other) = store.ticket(id)? else { continue };
            if let Some(notice) = store.told(&other.facts().mention)?.into_iter().find(by_alert) {
                return Ok(Some(format!(
                    "one line speaks for incident {first}, in notice {}",
                    notice.id.0
                )));
            }
        }
        Ok(None)
    }

    fn passed_over(&self, state: &AlertState, now: DateTime<Utc>) -> &'static str {
        let seen = self.mention.seen;
        if now - seen >= REMEMBERED {
            "what was told more than three months ago is not remembered"
        } else if state.last.is_none() && state.began.is_some_and(|began| began >= seen) {
            "it was there before the alert"
        } else if self.alert.frequency == Frequency::AsItHappens {
            "the alert passed over it: other keywords found it in old posts, or it was no news"
        } else {
            "the alert passed over it when it spoke last"
        }
    }
}
