//! The canary: a mention that vahti gives itself, to see whether what people say still comes through. It
//! goes the way of every post, from a feed of its own through reading, matching, judging and telling to
//! the outbox, and is found again in the ledger. What it leads to beside its notices is not stored: nobody
//! meets it among mentions, tickets and figures.

use super::{Arrival, Rules, process};
use crate::alert::{Alert, AlertState, Content, Frequency, HowMany, Pace};
use crate::brand::{Brand, BrandName, Keyword, TicketPolicy};
use crate::delivery::{Notice, Progress, outbox};
use crate::mention::filter::Filter;
use crate::query::{self, Query};
use crate::store::{Canary, Commit, Reported, Store, StoreError};
use crate::text::Language;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;

/// What its notices have instead of the name of an alert; no alert has it.
pub const NAME: &str = "canary";

/// Its source. No other is called so: names have no blanks around them.
pub const SOURCE: &str = " canary";

/// The brand that it is about, as nobody writes.
const WORD: &str = "vahticanary";

/// What the id of its post begins with, before its token.
const URN: &str = "urn:vahti:canary:";

/// To whom a canary goes that goes nowhere.
const NOWHERE: &str = "canary@nowhere.invalid";

/// The longest time in which it is expected back.
const LONGEST: TimeDelta = TimeDelta::minutes(30);

/// Returns within which time a canary is expected back that is let out so often.
pub fn within(every: TimeDelta) -> TimeDelta {
    LONGEST.min(every / 2)
}

/// Returns the rules under which it is found and told.
pub fn rules(to: &[String], zone: Tz) -> Rules {
    let query = |read: Result<Query, query::BadQuery>| read.unwrap_or(Query::All);
    let keyword = Keyword { written: WORD.into(), query: query(query::parse_keyword(WORD)) };
    let brand = Brand {
        name: BrandName(WORD.into()),
        keywords: vec![keyword],
        exclude: Vec::new(),
        own: Vec::new(),
        context: Vec::new(),
        languages: Vec::new(),
        tickets: Some(TicketPolicy::None),
        praise: false,
    };
    let to = if to.is_empty() { vec![NOWHERE.to_owned()] } else { to.to_vec() };
    let alert = Alert {
        name: NAME.into(),
        to,
        frequency: Frequency::AsItHappens,
        filter: Filter::new(query(query::parse_filter(&format!("brand:{WORD}")))),
        language: Language::ENGLISH,
        empty: false,
        content: Content::Mentions,
        spikes: false,
        how_many: HowMany::All,
        pace: Pace::default(),
    };
    Rules::new(vec![brand], vec![alert], zone)
}

/// Returns the feed that its source reads.
pub fn document(token: &str, at: DateTime<Utc>) -> String {
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:vahti:canary</id>\
         <title>vahti's canary</title><updated>{at}</updated>\n\
         <entry><id>{URN}{token}</id><title>A canary for vahti: nothing to do</title>\
         <updated>{at}</updated><published>{at}</published>\
         <content type=\"text\">{WORD} never arrived, this is the worst service ever and I am very \
         disappointed. (vahti wrote this itself, to see whether it comes through. {token})</content>\
         </entry></feed>\n"
    )
}

/// Returns the commit that lets one out.
pub fn release(token: &str, now: DateTime<Utc>, store: &dyn Store) -> Result<Commit, StoreError> {
    let reported = store.reported()?;
    let known = reported.canary.unwrap_or_default();
    let canary = Canary {
        token: token.to_owned(),
        released: now,
        last_came: known.came.or(came(&known, store)?).or(known.last_came),
        told: known.told,
        ..Canary::default()
    };
    Ok(only(Reported { canary: Some(canary), ..reported }))
}

/// Returns the commit that notes what happened to the one that is out.
pub fn failed(token: &str, what: &str, store: &dyn Store) -> Result<Commit, StoreError> {
    let mut reported = store.reported()?;
    let Some(canary) = reported.canary.as_mut().filter(|canary| canary.token == token) else {
        return Ok(Commit::default());
    };
    canary.fault = Some(crate::text::cut(what, 300));
    Ok(only(reported))
}

fn only(reported: Reported) -> Commit {
    Commit { reported: Some(reported), ..Commit::default() }
}

/// Returns what must be applied before one arrives: its alert has heard all that is stored.
pub fn before(store: &dyn Store) -> Result<Commit, StoreError> {
    let heard = AlertState { told_up_to: store.last_place()?.0, ..AlertState::default() };
    Ok(Commit { alerts: vec![(NAME.to_owned(), heard)], ..Commit::default() })
}

/// Works out what it means that one arrived: as for every batch, and of that only the notices are kept.
/// `is_asked`: a service was to judge it.
pub fn arrived(
    arrival: Arrival,
    rules: &Rules,
    is_asked: bool,
    store: &dyn Store,
) -> Result<Commit, StoreError> {
    let at = arrival.at;
    let mut reported = store.reported()?;
    let ids: Vec<String> = arrival.batch.posts.iter().filter_map(|post| post.id.clone()).collect();
    let is_unjudged = is_asked && arrival.opinions.is_empty();
    let Some(canary) = reported.canary.as_mut() else { return Ok(Commit::default()) };
    let is_ours = |id: &String| id.strip_prefix(URN) == Some(canary.token.as_str());
    if !ids.iter().any(is_ours) {
        canary.fault = Some("its feed was read, and it was not in it".into());
        return Ok(only(reported));
    }
    let found = process(arrival, rules, store)?;
    let mut notices: Vec<Notice> =
        found.notices.into_iter().filter(|notice| notice.alert == NAME).collect();
    for (nth, notice) in notices.iter_mut().enumerate() {
        notice.message_id = format!("{}{nth}", message_id(&canary.token));
        notice.subject = format!("[{NAME}] {}", notice.subject);
        // Of what is not stored nothing is told.
        notice.enclosed.tells.clear();
    }
    canary.notices = notices.len();
    canary.fault = if found.mentions.is_empty() {
        Some("it was read, and its keyword did not find it".into())
    } else if notices.is_empty() {
        Some("it was found, and its alert made no notice of it".into())
    } else if is_unjudged {
        Some(
            "the service that judges did not answer for it, and vahti judged itself (the log says why)"
                .into(),
        )
    } else {
        None
    };
    // Those before it that never went are of no use any more.
    let old = store.outbox()?.into_iter().filter(|notice| notice.alert == NAME);
    let old: Vec<Notice> = old.map(|notice| outbox::dropped(notice, at)).collect();
    let dropped = old.iter().map(|notice| notice.id).collect();
    let kept = "kept here: [operator] canary_to names nobody";
    let sent = |notice: Notice| match notice.to.as_str() {
        NOWHERE => outbox::after_success(notice, kept, at),
        _ => notice,
    };
    let notices = old.into_iter().chain(notices.into_iter().map(sent)).collect();
    Ok(Commit { notices, dropped, ..only(reported) })
}

fn message_id(token: &str) -> String {
    format!("canary-{token}-")
}

/// Returns the notices of one that is out, as the ledger knows them.
fn notices(canary: &Canary, store: &dyn Store) -> Result<Vec<Notice>, StoreError> {
    let start = message_id(&canary.token);
    let mut found = Vec::new();
    store.ledger(&mut |notice| {
        let is_later = notice.created >= canary.released;
        if notice.message_id.starts_with(&start) {
            found.push(notice);
        }
        is_later && found.len() < canary.notices
    })?;
    Ok(found)
}

/// Returns when all its notices were accepted; `None` while they are not.
pub fn came(canary: &Canary, store: &dyn Store) -> Result<Option<DateTime<Utc>>, StoreError> {
    if canary.notices == 0 {
        return Ok(None);
    }
    let notices = notices(canary, store)?;
    let is_whole = notices.len() == canary.notices
        && notices.iter().all(|notice| notice.progress == Progress::Sent);
    let last = notices.iter().filter_map(|notice| Some(notice.enclosed.tries.last()?.at)).max();
    Ok(last.filter(|_| is_whole))
}

/// Tells whether nobody can say what became of the one that is out: vahti ended while it was on its way, or
/// before its mail was tried.
pub fn is_cut_short(canary: &Canary, store: &dyn Store) -> Result<bool, StoreError> {
    if canary.came.is_some() || canary.fault.is_some() {
        return Ok(false);
    }
    let is_untried = |notice: &Notice| notice.progress == Progress::Queued && notice.attempts == 0;
    Ok(canary.notices == 0 || notices(canary, store)?.iter().any(is_untried))
}

/// Says how far one came that is not back in time.
pub fn stuck(canary: &Canary, store: &dyn Store) -> Result<String, StoreError> {
    let far = if canary.notices == 0 {
        canary.fault.clone().unwrap_or_else(|| {
            "it was let out and did not reach the store: fetching, reading or judging hangs".into()
        })
    } else {
        let notices = notices(canary, store)?;
        let waits = notices.iter().find(|notice| notice.progress != Progress::Sent);
        match waits {
            None => "its notice is not in the ledger".to_owned(),
            Some(Notice { progress: Progress::Dead, to, last_answer, .. }) => {
                format!("its mail to {to} was refused: {}", answer(last_answer.as_deref()))
            }
            Some(Notice { attempts: 0, to, .. }) => {
                format!("its mail to {to} waits in the outbox, and nobody tried to send it")
            }
            Some(Notice { to, last_answer, .. }) => {
                format!("its mail to {to} could not be sent: {}", answer(last_answer.as_deref()))
            }
        }
    };
    Ok(far)
}

fn answer(last: Option<&str>) -> &str {
    last.unwrap_or("no answer is known")
}

#[cfg(test)]
mod tests;
