//! Customers: who they are on which site, what is known of them, and which handles are one person's.

use super::view::{CustomerView, HandleView, HistoryView, LinkView};
use super::{CustomerMove, Refusal};
use crate::mention::{Mention, TicketId};
use crate::store::{Commit, Store, StoreError, Window};
use crate::text::visible;
use crate::ticket::people::{self, Link, MOST_HANDLES, Parted};
use crate::ticket::{Facts, customer};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// How many handles an error names.
const MOST_NAMED: usize = 8;

/// Returns the handle that `who` names: a ticket's number, a handle as `vahti ticket` writes it, or a
/// part of it that only one customer has.
fn find(who: &str, store: &dyn Store) -> Result<String, Refusal> {
    if let Ok(number) = who.trim().parse::<u64>() {
        let ticket = store.ticket(TicketId(number))?.ok_or_else(|| {
            Refusal::NotFound(format!("ticket {number}; `vahti tickets --status all` shows them"))
        })?;
        return ticket.facts().customer.clone().ok_or_else(|| {
            Refusal::NotFound(format!(
                "customer of ticket {number}: nobody knows who wrote it; name a ticket of which it is known"
            ))
        });
    }
    let written = customer::spelled(who);
    let is_known = |handle: &str| -> Result<bool, StoreError> {
        Ok(!store.tickets_of(handle)?.is_empty() || !store.links_of(handle)?.is_empty())
    };
    if is_known(&written)? {
        return Ok(written);
    }
    let mut found = called(&written, store)?;
    if found.contains(&written) {
        return Ok(written);
    }
    let Some(first) = found.pop_first() else {
        return Err(Refusal::NotFound(format!(
            "customer `{}`; `vahti ticket ID` shows how a customer is written, and a ticket's number will do",
            visible(who.trim())
        )));
    };
    let one = handles(&first, store)?;
    if found.iter().all(|other| one.contains(other)) {
        return Ok(first);
    }
    let mut names: Vec<String> =
        std::iter::once(&first).chain(&found).map(|it| quoted(it)).collect();
    let more = names.len().saturating_sub(MOST_NAMED);
    names.truncate(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(Refusal::Refused(format!(
        "`{}` may be several customers; say which: {}{more}",
        visible(who.trim()),
        names.join(", ")
    )))
}

/// Returns the handles on all sites of which `written` is the part behind the site, or the name.
fn called(written: &str, store: &dyn Store) -> Result<BTreeSet<String>, StoreError> {
    let bare = |who: &str| who.trim_start_matches('@').trim_matches('"').to_owned();
    let meant = bare(written);
    let fits = |handle: &str, name: Option<&str>| {
        let who = handle.split_once(' ').map_or("", |(_, who)| who);
        handle == written
            || bare(who) == meant
            || name.map(customer::spelled).as_ref() == Some(&meant)
    };
    let mut found = BTreeSet::new();
    for ticket in store.tickets()? {
        let Facts { customer, customer_name, .. } = ticket.facts();
        let handle = customer.as_ref().filter(|handle| fits(handle, customer_name.as_deref()));
        found.extend(handle.cloned());
    }
    store.mentions(Window::default(), &mut |mention| {
        let handle = customer::key(&mention).filter(|_| !mention.own);
        found.extend(handle.filter(|handle| fits(handle, customer::name(&mention).as_deref())));
        true
    })?;
    Ok(found)
}

fn handles(customer: &str, store: &dyn Store) -> Result<BTreeSet<String>, StoreError> {
    people::handles(customer, |handle| store.links_of(handle))
}

/// Returns a handle as a shell takes it.
fn quoted(handle: &str) -> String {
    format!("'{}'", visible(handle).replace('\'', r"'\''"))
}

/// Returns what is known of a customer.
pub(super) fn answer(who: &str, store: &dyn Store) -> Result<CustomerView, Refusal> {
    let found = find(who, store)?;
    let all = handles(&found, store)?;
    let mut shown: BTreeMap<String, HandleView> =
        all.iter().map(|handle| (handle.clone(), handle_view(handle))).collect();
    let mut view = CustomerView::default();
    let mut stars = 0_u32;
    for id in store.tickets_of(&found)? {
        let Some(ticket) = store.ticket(id)? else { continue };
        let facts = ticket.facts();
        let Some(handle) = facts.customer.as_ref().and_then(|it| shown.get_mut(it)) else {
            continue;
        };
        handle.tickets += 1;
        handle.name = facts.customer_name.clone().or(handle.name.take());
        let rated = facts.log.iter().filter(|line| line.action == "rate");
        let heard = rated.map(|line| line.at).chain([facts.opened.min(facts.clock_start)]).max();
        handle.last_heard = handle.last_heard.max(heard);
        for line in facts.log.iter().filter(|line| line.action == "rate") {
            view.ratings += 1;
            stars += line.text.parse::<u32>().unwrap_or_default();
        }
        view.tickets.push(HistoryView::of(facts));
    }
    store.mentions(Window::default(), &mut |mention| {
        count(&mention, &mut shown);
        true
    })?;
    view.mean_rating = (view.ratings > 0).then(|| mean(stars, view.ratings));
    view.links = links(&all, store)?;
    view.handles = shown.into_values().collect();
    view.mentions = view.handles.iter().map(|handle| handle.mentions).sum();
    view.last_heard = view.handles.iter().filter_map(|handle| handle.last_heard).max();
    // The name of the handle of which was heard last.
    let named = view.handles.iter().filter(|handle| handle.name.is_some());
    view.name = named.max_by_key(|handle| handle.last_heard).and_then(|handle| handle.name.clone());
    Ok(view)
}

fn handle_view(handle: &str) -> HandleView {
    let (site, who) = handle.split_once(' ').unwrap_or(("", handle));
    let [customer, site, who] = [handle, site, who].map(str::to_owned);
    HandleView { customer, site, who, ..HandleView::default() }
}

/// Counts a mention with the handle that wrote it, if it is one of these. The newest comes first.
fn count(mention: &Mention, shown: &mut BTreeMap<String, HandleView>) {
    let key = customer::key(mention).filter(|_| !mention.own);
    let Some(handle) = key.and_then(|key| shown.get_mut(&key)) else { return };
    if handle.mentions == 0 {
        handle.name = customer::name(mention).or(handle.name.take());
    }
    handle.mentions += 1;
    handle.last_heard = handle.last_heard.max(Some(mention.time()));
}

fn mean(stars: u32, ratings: u64) -> f64 {
    let ratings = u32::try_from(ratings).unwrap_or(u32::MAX);
    (f64::from(stars) / f64::from(ratings) * 100.0).round() / 100.0
}

fn links(all: &BTreeSet<String>, store: &dyn Store) -> Result<Vec<LinkView>, StoreError> {
    let mut links = BTreeMap::new();
    for handle in all {
        links.extend(store.links_of(handle)?.into_iter().map(|link| (link.id, link)));
    }
    let view = |Link { one, other, by, at, parted, .. }: Link| {
        let (parted_by, parted_at) = parted.map(|Parted { by, at }| (by, at)).unzip();
        LinkView { one, other, by, at, parted_by, parted_at }
    };
    Ok(links.into_values().map(view).collect())
}

/// Works out what it leads to that two handles are one customer's, or no longer are.
pub(super) fn act(
    who: &str,
    moved: &CustomerMove,
    by: &str,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Commit, Refusal> {
    let one = find(who, store)?;
    let link = match moved {
        CustomerMove::Link { other } => link(&one, &find(other, store)?, by, store, now)?,
        CustomerMove::Unlink { other } => unlink(&one, &find(other, store)?, by, store, now)?,
    };
    Ok(Commit { links: vec![link], ..Commit::default() })
}

fn link(
    one: &str,
    other: &str,
    by: &str,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Link, Refusal> {
    let (mine, theirs) = (handles(one, store)?, handles(other, store)?);
    if one == other {
        return Err(Refusal::Refused(format!(
            "both are {}; name two handles, or tickets of two",
            quoted(one)
        )));
    }
    if mine.contains(other) {
        return Err(Refusal::Refused(format!(
            "{} and {} are one customer already; `vahti customer {}` shows how",
            quoted(one),
            quoted(other),
            quoted(one)
        )));
    }
    if mine.len() + theirs.len() > MOST_HANDLES {
        return Err(Refusal::Refused(format!(
            "that would be one customer with more than {MOST_HANDLES} handles; part those that are \
             another's: `vahti customer WHO unlink WHO`"
        )));
    }
    let [one, other, by] = [one, other, by].map(str::to_owned);
    Ok(Link { id: 0, one, other, by, at: now, parted: None })
}

fn unlink(
    one: &str,
    other: &str,
    by: &str,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Link, Refusal> {
    let mut links = BTreeMap::new();
    for handle in handles(one, store)? {
        links.extend(store.links_of(&handle)?.into_iter().map(|link| (link.id, link)));
    }
    let links: Vec<Link> = links.into_values().collect();
    if let Some(link) = links.iter().find(|link| link.joins(one, other)) {
        return Ok(Link { parted: Some(Parted { by: by.to_owned(), at: now }), ..link.clone() });
    }
    let [named, beyond] = [one, other].map(quoted);
    let way = people::way(one, other, &links).filter(|way| !way.is_empty());
    Err(Refusal::Refused(match way {
        None if one == other => format!("both are {named}; name two handles, or tickets of two"),
        None => format!("{named} and {beyond} are two customers; nothing is to be parted"),
        Some(way) => {
            let part = |link: &&Link| {
                format!("`vahti customer {} unlink {}`", quoted(&link.one), quoted(&link.other))
            };
            let ways: Vec<String> = way.iter().map(part).collect();
            format!(
                "{named} and {beyond} are one customer through others; part a link between them: {}",
                ways.join(" or ")
            )
        }
    }))
}

impl HistoryView {
    /// Returns the view of a ticket among those of its customer.
    pub(super) fn of(facts: &Facts) -> Self {
        let Facts { id, status, opened, cause, rating, .. } = facts.clone();
        Self { id: id.0, status, opened, cause, rating }
    }
}

#[cfg(test)]
mod tests;
