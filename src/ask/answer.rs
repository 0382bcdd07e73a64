//! Answers to questions.

use super::view::{AlertInFullView, FaultView, MentionView, NoticeView, PreviewView, StatusView};
use super::{
    Answer, LedgerAsked, MentionsAsked, Question, Refusal, Setting, TicketsAsked, customer,
    incident, trace, tried, view,
};
use crate::mention::filter::{self, Filter, TicketFacts};
use crate::mention::{Mention, MentionId, TicketId};
use crate::pipeline::{Rules, hand, tell};
use crate::query::{self, Query};
use crate::store::{Listed, Sequence, Store, Window};
use crate::ticket::{Status, Ticket, triage};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// How many rows a list has where nobody said.
const ROWS: usize = 50;

/// Answers from the store.
pub fn answer(
    question: &Question,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Answer, Refusal> {
    match question {
        Question::Mentions(asked) => mentions(asked, setting, store, now),
        Question::Incident(id) => {
            let incident = incident::answer(*id, setting, store, now)?;
            Ok(Answer::Incident(Box::new(incident)))
        }
        Question::Customer(who) => Ok(Answer::Customer(Box::new(customer::answer(who, store)?))),
        Question::Mention(id) => {
            let mention = find_mention(id, store)?;
            let ticket = shown(&mention, store)?.ticket;
            let full = view::mention_in_full(&mention, setting.rules);
            Ok(Answer::Mention(Box::new(MentionView { ticket, ..full })))
        }
        Question::Tickets(asked) => tickets(asked, setting, store, now),
        Question::Ticket(id) => {
            let ticket = find_ticket(*id, setting, store, now)?;
            Ok(Answer::Ticket(Box::new(view::ticket(&ticket, setting.rules, store, now)?)))
        }
        Question::Status => Ok(Answer::Status(Box::new(StatusView::of(setting, store, now)?))),
        Question::Alert(name) => {
            let alert = find_alert(name, setting)?;
            Ok(Answer::Alert(Box::new(AlertInFullView::of(alert, setting, store, now)?)))
        }
        Question::Preview(name) => preview(name, setting, store, now),
        Question::Outbox => Ok(Answer::Outbox(NoticeView::of_outbox(&store.outbox()?))),
        Question::Ledger(asked) => ledger(asked, store, now),
        Question::Trace(asked) => {
            Ok(Answer::Trace(Box::new(trace::answer(&asked.of, setting, store, now)?)))
        }
        Question::Try(asked) => {
            Ok(Answer::Try(Box::new(tried::answer(asked, setting, store, now)?)))
        }
        Question::Marks(asked) => {
            let most = rows(asked.limit);
            Ok(Answer::Marks(if asked.lessons {
                view::marks::lessons(most, setting, store)?
            } else {
                view::marks::marks(most, setting, store)?
            }))
        }
        Question::Mark(id) => Ok(Answer::Mark(Box::new(view::marks::one(*id, setting, store)?))),
        Question::Report(asked) => super::report::answer(asked, setting, store, now),
        Question::Taught => Ok(Answer::Taught(view::marks::taught(setting, store)?)),
        Question::Check => {
            let faults = store.check()?;
            Ok(Answer::Check(
                faults.into_iter().map(|fault| FaultView { fault: fault.0 }).collect(),
            ))
        }
    }
}

/// Returns every notice that was made or tried since a time, oldest first.
fn ledger(asked: &LedgerAsked, store: &dyn Store, now: DateTime<Utc>) -> Result<Answer, Refusal> {
    let since = asked.since.as_deref().map(|text| filter::parse_time(text, now)).transpose();
    let since = since.map_err(Refusal::Faulty)?;
    let mut notices = Vec::new();
    store.ledger(&mut |notice| {
        let last = notice.enclosed.tries.last().map_or(notice.created, |one| one.at);
        let last = notice.enclosed.dropped.unwrap_or(last).max(notice.created);
        if since.is_none_or(|since| last >= since) {
            notices.push(NoticeView::of(&notice));
        }
        true
    })?;
    notices.reverse();
    Ok(Answer::Outbox(notices))
}

/// Returns the mention with this id; the beginning of an id will do where it is the only one such.
pub(super) fn find_mention(id: &MentionId, store: &dyn Store) -> Result<Mention, Refusal> {
    store.mention(id)?.ok_or_else(|| {
        Refusal::NotFound(format!("mention {id}; `vahti mentions --format json` shows the ids"))
    })
}

pub(super) fn find_ticket(
    id: TicketId,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Ticket, Refusal> {
    hand::ticket(id, setting.rules, store, now)?.ok_or_else(|| {
        Refusal::NotFound(format!("ticket {id}; `vahti tickets --status all` shows them"))
    })
}

fn mentions(
    asked: &MentionsAsked,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Answer, Refusal> {
    let filter = Filter::new(query_of(asked)?);
    if let Some(after) = &asked.after {
        return stored_after(after, &filter, setting.rules, store, now);
    }
    let window = Window {
        since: time(asked.since.as_deref(), "since", setting.rules.zone, now)?,
        until: time(asked.until.as_deref(), "until", setting.rules.zone, now)?,
    };
    let limit = rows(asked.limit);
    let mut found = Vec::new();
    let mut fault = None;
    let mut told = BTreeSet::new();
    let mut wants = |mention: &Mention| -> Result<bool, Refusal> {
        if !passes(&filter, mention, setting.rules, store, now)? {
            return Ok(false);
        }
        if asked.copies || mention.story == mention.id {
            return Ok(true);
        }
        // One row a story: its head, unless that is not among what is asked for.
        let head = store.mention(&mention.story)?;
        let is_shown = match head {
            Some(head) => {
                window.holds(head.time()) && passes(&filter, &head, setting.rules, store, now)?
            }
            None => false,
        };
        Ok(!is_shown && told.insert(mention.story.clone()))
    };
    store.mentions(window, &mut |mention| {
        match wants(&mention) {
            Ok(true) => match shown(&mention, store) {
                Ok(view) => found.push(view),
                Err(error) => fault = Some(error),
            },
            Ok(false) => {}
            Err(error) => fault = Some(error),
        }
        fault.is_none() && found.len() < limit
    })?;
    fault.map_or(Ok(Answer::Mentions(found)), Err)
}

/// Returns a mention as it is shown. One complaint is one ticket: that of a story is its copies', too.
fn shown(mention: &Mention, store: &dyn Store) -> Result<MentionView, Refusal> {
    let mut shown = view::mention(mention);
    if mention.ticket.is_none() && mention.story != mention.id {
        let head = store.mention(&mention.story)?;
        shown.ticket = head.and_then(|head| head.ticket).map(|ticket| ticket.0);
    }
    Ok(shown)
}

/// Returns what was stored after the mention called `after`, in the order of storing.
fn stored_after(
    after: &str,
    filter: &Filter,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Answer, Refusal> {
    let last = store.last_place()?;
    let place = match after {
        "" => Sequence(0),
        MentionsAsked::LAST => Sequence(last.0.saturating_sub(1)),
        id => store.place(&MentionId(id.to_owned()))?.unwrap_or(last),
    };
    let mut found = Vec::new();
    for mention in store.mentions_after(place)? {
        if passes(filter, &mention, rules, store, now)? {
            found.push(view::mention(&mention));
        }
    }
    Ok(Answer::Mentions(found))
}

/// Joins what the options say with the query, by the same grammar.
fn query_of(asked: &MentionsAsked) -> Result<Query, Refusal> {
    let mut parts = vec![parse(asked.q.as_deref())?];
    let fields = [
        ("brand", asked.brand.as_deref()),
        ("lang", asked.lang.as_deref()),
        ("source", asked.source.as_deref()),
        ("author", asked.author.as_deref()),
        ("sentiment", asked.sentiment.map(view::label)),
    ];
    for (field, value) in fields {
        if let Some(value) = value {
            let quoted = format!("{field}:\"{}\"", value.replace('"', ""));
            parts.push(
                query::parse_filter(&quoted)
                    .map_err(|bad| Refusal::Faulty(format!("--{field}: {}", bad.message)))?,
            );
        }
    }
    parts.retain(|part| *part != Query::All);
    Ok(match parts.len() {
        0 => Query::All,
        1 => parts.remove(0),
        _ => Query::And(parts),
    })
}

fn parse(text: Option<&str>) -> Result<Query, Refusal> {
    let text = text.unwrap_or_default();
    query::parse_filter(text).map_err(|bad| {
        Refusal::Faulty(format!("the query is faulty: {}\n{}", bad.message, bad.pointed(text)))
    })
}

/// Reads the time of an option. A date is its midnight where the desk is, as people mean it.
pub(super) fn time(
    text: Option<&str>,
    option: &str,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Refusal> {
    let midnight = |text: &str| {
        let date: NaiveDate = text.trim().parse().ok()?;
        // Where clocks go forward at midnight, the day begins an hour later.
        let hours = [NaiveTime::MIN, NaiveTime::from_hms_opt(1, 0, 0)?];
        let begin = |hour| zone.from_local_datetime(&date.and_time(hour)).earliest();
        hours.into_iter().find_map(begin).map(|begin| begin.to_utc())
    };
    text.map(|text| filter::parse_time(text, now).map(|time| midnight(text).unwrap_or(time)))
        .transpose()
        .map_err(|fault| Refusal::Faulty(format!("--{option}: {fault}")))
}

fn rows(limit: Option<usize>) -> usize {
    match limit {
        None => ROWS,
        Some(0) => usize::MAX,
        Some(limit) => limit,
    }
}

fn passes(
    filter: &Filter,
    mention: &Mention,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<bool, Refusal> {
    let ticket =
        mention.ticket.map(|id| hand::ticket(id, rules, store, now)).transpose()?.flatten();
    let status = ticket.as_ref().map(|ticket| ticket.facts().status.to_string());
    let facts = ticket
        .as_ref()
        .zip(status.as_deref())
        .map(|(ticket, status)| TicketFacts { status, priority: ticket.facts().priority });
    Ok(filter.passes(mention, facts.as_ref(), now))
}

fn tickets(
    asked: &TicketsAsked,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Answer, Refusal> {
    let filter = Filter::new(parse(asked.q.as_deref())?);
    let statuses = statuses(asked.status.as_deref())?;
    let mut found = Vec::new();
    let (rules, any) = (setting.rules, statuses.contains(&Status::Closed));
    let all = if any {
        hand::tickets(rules, store, now)?
    } else {
        hand::listed(Listed::Open, rules, store, now)?
    };
    for ticket in all {
        let facts = ticket.facts();
        let fits = statuses.contains(&facts.status)
            && (!asked.overdue || ticket.is_overdue(now))
            && asked.assignee.as_ref().is_none_or(|who| facts.assignee.as_ref() == Some(who));
        if !fits {
            continue;
        }
        let named = match (filter.query(), store.mention(&facts.mention)?) {
            (Query::All, _) => true,
            (_, Some(mention)) => passes(&filter, &mention, setting.rules, store, now)?,
            (_, None) => false,
        };
        if named {
            found.push(ticket);
        }
    }
    found.sort_by(|a, b| triage::urgency(a, b, now));
    found.truncate(rows(asked.limit));
    let views = found.iter().map(|ticket| view::ticket(ticket, setting.rules, store, now));
    Ok(Answer::Tickets(views.collect::<Result<_, _>>()?))
}

fn statuses(asked: Option<&str>) -> Result<Vec<Status>, Refusal> {
    use Status::{Answered, Closed, New, Open, Resolved};
    match asked {
        None => Ok(vec![New, Open, Answered, Resolved]),
        Some("all") => Ok(vec![New, Open, Answered, Resolved, Closed]),
        Some(list) => list
            .split(',')
            .map(|word| {
                word.trim().parse().map_err(|_| {
                    Refusal::Faulty(format!(
                        "`{}` is no status; one of new, open, answered, resolved, closed, or all",
                        word.trim()
                    ))
                })
            })
            .collect(),
    }
}

fn preview(
    name: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Answer, Refusal> {
    let alert = find_alert(name, setting)?;
    let blind_spots = setting.blind_spots(alert, store, now)?;
    let said = tell::say(alert, setting.rules, store, now, &blind_spots)?;
    let (next, held) = tell::speaks_next(alert, setting.rules, store, now)?;
    let (to, mut enclosed) = (tell::recipients(alert, store)?, said.enclosed);
    if let Some(first) = to.iter().find(|to| to.contains('@')) {
        enclosed.one_click = tell::one_click(&alert.name, first, setting.rules, store)?;
    }
    Ok(Answer::Preview(Box::new(PreviewView {
        alert: alert.name.clone(),
        to,
        subject: said.subject,
        text: said.text,
        html: said.html,
        mentions: said.mentions,
        next,
        held,
        enclosed,
    })))
}

pub(super) fn find_alert<'a>(
    name: &str,
    setting: &'a Setting<'_>,
) -> Result<&'a crate::alert::Alert, Refusal> {
    let alerts = &setting.rules.alerts;
    alerts.iter().find(|alert| alert.name == name).ok_or_else(|| {
        let known: Vec<&str> = alerts.iter().map(|alert| alert.name.as_str()).collect();
        Refusal::NotFound(match crate::text::nearest(name, known.iter().copied()) {
            Some(near) => format!("alert `{name}`; did you mean `{near}`?"),
            None => format!("alert `{name}`; configured: {}", known.join(", ")),
        })
    })
}
