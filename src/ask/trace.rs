//! What became of a post: from its source to the mail servers of those who were told.

use super::answer::{find_mention, find_ticket};
use super::view::{
    ElsewhereView, StepView, TraceView, TracedView, UnmatchedView, WhyView, label, priority,
};
use super::{Refusal, Setting};
use crate::brand::{Field, Hit};
use crate::dedup;
use crate::enrich::language;
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::pipeline::hand;
use crate::store::kept::Kept;
use crate::store::{Listed, Store, StoreError, Window};
use crate::text::{count, cut, visible};
use chrono::{DateTime, Utc};

mod told;

/// The longest text of a step, in characters, and how many reasons and matches one names.
const LONGEST: usize = 300;
const MOST_NAMED: usize = 6;

/// How many mentions of one address are traced.
const MOST_MENTIONS: usize = 20;

/// Returns what became of `of`: the id of a mention, the number of a ticket, or the address of a post.
pub(super) fn answer(
    of: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<TraceView, Refusal> {
    let of = of.trim();
    let traced = |found: Vec<Mention>| -> Result<Vec<TracedView>, Refusal> {
        found.iter().map(|mention| trace(mention, setting, store, now)).collect()
    };
    if let Ok(number) = of.parse::<u64>() {
        let ticket = find_ticket(TicketId(number), setting, store, now)?;
        let facts = ticket.facts();
        let mut found = Vec::new();
        for id in std::iter::once(&facts.mention).chain(&facts.also) {
            found.extend(store.mention(id)?);
        }
        return Ok(TraceView { of: of.to_owned(), mentions: traced(found)?, unmatched: None });
    }
    let Some(address) = dedup::url::canonical(of) else {
        let mention = find_mention(&MentionId(of.to_owned()), store)?;
        return Ok(TraceView {
            of: of.to_owned(),
            mentions: traced(vec![mention])?,
            unmatched: None,
        });
    };
    let mentions = traced(at_address(&address, setting, store)?)?;
    let unmatched = if mentions.is_empty() { unmatched(&address, setting, store)? } else { None };
    if mentions.is_empty() && unmatched.is_none() {
        return Err(Refusal::NotFound(format!(
            "post known at {}; no source brought it yet, or it matched nothing and is kept no longer: \
             `vahti probe SOURCE` shows what a source would bring now",
            visible(&address)
        )));
    }
    Ok(TraceView { of: address, mentions, unmatched })
}

/// Returns the mentions of the post at an address, or of the posts that share it.
fn at_address(
    address: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<Vec<Mention>, StoreError> {
    let mut found = Vec::new();
    let key = dedup::address(address).map(|identity| store.post(identity)).transpose()?.flatten();
    if let Some(key) = key {
        for brand in &setting.rules.brands {
            found.extend(store.mention(&MentionId::of(key, &brand.name))?);
        }
    }
    if found.is_empty() {
        // Several posts may share it, and then it is no name of theirs; or the brand is gone.
        store.mentions(Window::default(), &mut |mention| {
            let url = mention.post.url.as_deref().and_then(dedup::url::canonical);
            found.extend((url.as_deref() == Some(address)).then_some(mention));
            found.len() < MOST_MENTIONS
        })?;
    }
    Ok(found)
}

/// Returns the post at an address, where it matched nothing and is kept.
fn unmatched(
    address: &str,
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<Option<UnmatchedView>, StoreError> {
    let name: Option<PostKey> = dedup::address(address);
    let is_it = |kept: &Kept| {
        let is_named = name.is_some_and(|name| kept.identities().contains(&name));
        let url = || kept.post.url.as_deref().and_then(dedup::url::canonical);
        is_named || url().as_deref() == Some(address)
    };
    let mut found = None;
    store.kept(None, &mut |_, packed| {
        // What does not read back is for `fsck` to tell.
        let newest = packed.open().ok().and_then(|posts| posts.into_iter().rev().find(is_it));
        found = newest.or(found.take());
        true
    })?;
    Ok(found.map(|kept| {
        let why = setting.rules.matcher.why_not(&kept.post, language::sure);
        let brands = setting.rules.brands.iter();
        let why = brands.zip(why).map(|(brand, why)| WhyView {
            brand: brand.name.to_string(),
            why: if why.is_empty() {
                vec!["none of its keywords stands in it".into()]
            } else {
                why
            },
        });
        UnmatchedView {
            source: kept.source.to_string(),
            kind: kept.kind.to_string(),
            url: kept.post.url.clone(),
            headline: cut(kept.post.title.as_deref().unwrap_or(&kept.post.text), 100),
            published: kept.post.published,
            seen: kept.seen,
            why: why.collect(),
        }
    }))
}

/// Follows one mention.
fn trace(
    mention: &Mention,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<TracedView, Refusal> {
    let mut steps = beginnings(mention, store)?;
    steps.extend(judgements(mention, store)?);
    if let Some(id) = mention.ticket {
        steps.extend(of_ticket(id, setting, store, now)?);
    }
    let seen = mention.seen;
    steps.sort_by_key(|step| step.at.unwrap_or(seen));
    Ok(TracedView {
        id: mention.id.to_string(),
        brand: mention.brand.to_string(),
        source: mention.source.to_string(),
        kind: mention.kind.to_string(),
        url: mention.post.url.clone(),
        headline: mention.headline(),
        ticket: mention.ticket.map(|ticket| ticket.0),
        steps,
        alerts: told::alerts(mention, setting, store, now)?,
    })
}

fn step(at: Option<DateTime<Utc>>, step: &str, text: impl AsRef<str>) -> StepView {
    StepView { at, step: step.to_owned(), text: cut(text.as_ref(), LONGEST) }
}

/// Returns how it came to us, and what was found in it.
fn beginnings(mention: &Mention, store: &dyn Store) -> Result<Vec<StepView>, StoreError> {
    let Mention { post, seen, source, .. } = mention;
    let seen = Some(*seen);
    let mut steps = Vec::new();
    if post.published.is_some() {
        let by = post.author.name.as_deref().or(post.author.handle.as_deref());
        let by = by.map(|by| format!("by {by}")).unwrap_or_default();
        steps.push(step(post.published, "published", by));
    }
    let first = store.source(source)?.health.first_poll;
    let when = if first == seen { ", by its first poll" } else { "" };
    steps.push(step(seen, "fetched", format!("from {source} ({}){when}", mention.kind)));
    steps.push(step(seen, "matched", format!("{}: {}", mention.brand, matches(&mention.hits))));
    for version in &mention.versions {
        let before = version.title.as_deref().unwrap_or(&version.text);
        steps.push(step(Some(version.until), "edited", format!("before: {}", cut(before, 100))));
    }
    if mention.story != mention.id {
        let head = store.mention(&mention.story)?.map(|head| head.headline());
        let head = head.map(|head| format!(": {head}")).unwrap_or_default();
        steps.push(step(seen, "copy", format!("of {}{head}", mention.story)));
    } else if mention.copies > 0 {
        let others = if mention.copies == 1 { "copy" } else { "copies" };
        let text = format!("the first of its story, with {} {others}", mention.copies);
        steps.push(step(seen, "copy", text));
    }
    Ok(steps)
}

fn matches(hits: &[Hit]) -> String {
    if hits.is_empty() {
        return "it stands where people speak of the brand".to_owned();
    }
    let mut named: Vec<String> = Vec::new();
    for Hit { keyword, field, form, .. } in hits {
        let place = match field {
            Field::Title => "title",
            Field::Text => "text",
        };
        let line = format!("`{keyword}` in the {place}, as \"{form}\"");
        if !named.contains(&line) {
            named.push(line);
        }
    }
    let more = named.len().saturating_sub(MOST_NAMED);
    named.truncate(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    named.join(", ") + &more
}

/// Returns what vahti and people thought of it.
fn judgements(mention: &Mention, store: &dyn Store) -> Result<Vec<StepView>, StoreError> {
    let (insight, seen) = (&mention.insight, Some(mention.seen));
    let sentiment = &insight.sentiment;
    let asks = if insight.review { ", and a person is asked" } else { "" };
    let why: Vec<&str> = insight.why.iter().take(MOST_NAMED).map(String::as_str).collect();
    let judged = format!(
        "{} ({:.2}), priority {}{asks}: {}",
        label(sentiment.label),
        sentiment.confidence,
        priority(insight.priority),
        why.join("; ")
    );
    let mut steps = vec![step(seen, "judged", judged)];
    if mention.own {
        steps.push(step(seen, "own", "the brand itself wrote it: kept, and told to nobody"));
    }
    if let Some(why) = &mention.muted {
        steps.push(step(seen, "muted", why));
    }
    if mention.mark.is_some() {
        let all = store.markings()?;
        for marking in all.iter().filter(|marking| marking.mention == mention.id) {
            let text = format!("{} by {}", marking.mark.word(), marking.by);
            steps.push(step(Some(marking.at), "marked", text));
        }
    }
    if mention.praise.is_some() {
        steps.push(step(None, "thanks", mention.praise_word()));
    }
    Ok(steps)
}

/// Returns what became of its ticket, here and at other desks.
fn of_ticket(
    id: TicketId,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<StepView>, Refusal> {
    let Some(ticket) = hand::ticket(id, setting.rules, store, now)? else { return Ok(Vec::new()) };
    let facts = ticket.facts();
    let mut steps = Vec::new();
    for line in &facts.log {
        let text = if line.text.is_empty() { String::new() } else { format!(": {}", line.text) };
        let text = format!("{id} {} by {}{text}", line.action, line.by);
        steps.push(step(Some(line.at), "ticket", text));
    }
    if let Some(first) = facts.incident {
        let tickets = count(store.listed(Listed::Incident(first))?.len(), "ticket");
        let text = format!("ticket {id} is of incident {first}: {tickets}");
        steps.push(step(Some(facts.opened), "incident", text));
    }
    for there in store.counterparts_of(id)? {
        let there = ElsewhereView::of(there);
        steps.push(step(there.opened, "desk", there.words()));
    }
    Ok(steps)
}
