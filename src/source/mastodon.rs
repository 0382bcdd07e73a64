//! Mastodon, and servers that speak like it (Akkoma, `GoToSocial`, Pixelfed): posts with a hashtag,
//! mentions of an account, and the full-text search of one server.
//!
//! Facts are those of <https://docs.joinmastodon.org/api/> and of the server's source. Ids are opaque,
//! in order by length and then by text. A list is walked down once, and from then on upwards from what
//! is known (`min_id`), which leaves no gap. The search is walked down by `offset`: servers take its
//! ids for times, to the second. A post from elsewhere may arrive late, with an id of the time when it
//! was written, so the last six hours are looked at again.

use super::site::{Key, Site, Sort, Watch, Wrong};
use super::walk::{Walk, Walks, in_turn};
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit, site};
use crate::fetch::{Access, Reply, Request};
use crate::post::{Concerns, Post};
use crate::text::{cut, visible};
use chrono::{DateTime, Duration, Utc};
use lists::List;
use reading::{Item, Shape};
use serde_json::Value;
use std::cmp::Ordering;
use url::Url;

mod lists;
mod reading;
mod status;

pub const SITE: Site = Site {
    kind: Kind::Mastodon,
    host: "",
    keys: &[
        Key { name: "tags", sort: Sort::Texts, is_needed: false, such: "[\"acme\", \"acmepay\"]" },
        Key {
            name: "token",
            sort: Sort::Secret,
            is_needed: false,
            such: "{ env = \"MASTODON_TOKEN\" }",
        },
        Key { name: "mentions", sort: Sort::Flag, is_needed: false, such: "true" },
    ],
    concerns: Concerns::Named,
    needs: "an account there and a token of it (Preferences, Development) with the scopes \
            read:search, read:statuses and read:notifications; hashtags of most servers need none",
    build,
};

/// The most posts that a server gives at once.
const PER_PAGE: usize = 40;

/// From so many on a page counts as full: servers give at least so many where they have them, and what
/// stands above a shorter page is asked for in the next poll.
const FULL: usize = 20;

/// How far back a first poll looks.
const FIRST_LOOK: Duration = Duration::days(7);

/// Posts from other servers arrive up to so much later, in the order in which they were written.
const OVERLAP: Duration = Duration::hours(6);

/// The search gives no more than so many.
const MOST_OFFSET: usize = 10_000;

/// Posts of which one request may ask.
const PER_RECHECK: usize = 20;

/// What a request for several posts, and one for a single of them, is about; their addresses follow.
const RECHECK: &str = "again";
const LOOK: &str = "look";

/// What stands before the name of a list where a walk that broke off goes on.
const TAKEN_UP: &str = "+";

/// What a request for nothing but the server itself is about.
const SERVER: &str = "server";

struct Mastodon {
    base: Url,
    access: Access,
    has_token: bool,
    lists: Vec<List>,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    // Commands that ask nobody read the configuration without its secrets: one may be empty.
    let token = watch.given.secret("token");
    let mentions = watch.given.flag("mentions") == Some(true);
    if mentions && token.is_none() {
        let wrong = Wrong::new("mentions", "nobody but the account itself sees its mentions");
        return Err(wrong.hint("give its `token`, with the scope read:notifications"));
    }
    let tags = lists::tags(watch.given.texts("tags"), &watch.keywords)?;
    let mut all = Vec::new();
    all.extend(mentions.then_some(List::Mentions));
    if token.is_some() {
        all.extend(lists::searches(&watch.keywords).into_iter().map(List::Search));
    }
    all.extend(tags.into_iter().map(List::Tag));
    Ok(Box::new(Mastodon {
        access: token.map(Access::bearer).unwrap_or_default(),
        has_token: token.is_some(),
        base: watch.base,
        lists: all,
    }))
}

impl Source for Mastodon {
    fn open(&self, visit: &Visit) -> Request {
        match self.in_turn(visit).first() {
            Some(list) => self.first(list, visit),
            None => self.at("/api/v2/instance", &[]).about(SERVER),
        }
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        self.in_turn(visit).iter().skip(1).map(|list| self.first(list, visit)).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let shape = reading::shape(reply)?;
        let home = self.base.host_str().unwrap_or_default();
        let list = self.list(&reply.about);
        let is_to_us = matches!(list, Some(List::Mentions));
        let (mut posts, skipped) = reading::posts(&shape, home, is_to_us);
        let mut page = Page { skipped, ..Page::default() };
        if let Some(list) = list {
            let items = reading::items(&shape);
            let mut walks = Walks::of(&visit.cursor);
            let is_known = walks.knows(&list.name());
            let walk = walks.walk(&list.name());
            if walk.since.is_none() {
                let begin = visit.now - FIRST_LOOK;
                posts.retain(|post| post.published.is_none_or(|at| at >= begin));
            }
            let walk = walked(list, walk, (&items, reply), visit.now);
            page.next = walk.next.is_some().then(|| self.ask(list, &walk)).into_iter().collect();
            page.trouble = lists::doubt(list).filter(|_| items.is_empty() && !is_known);
            walks.set(&list.name(), walk);
            walks.keep(&self.lists.iter().map(List::name).collect::<Vec<_>>());
            page.cursor = Some(walks.cursor());
        } else if let Some(uris) = noted(&reply.about, RECHECK) {
            page.next = self.missing(uris, &shape);
        } else if reply.about == SERVER {
            page.trouble = Some(
                "none of the keywords is a word that could be a hashtag: give `tags`, or a \
                 `token` to search with"
                    .into(),
            );
        }
        Ok(Page { posts, ..page })
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let about = &request.about;
        if let Some(uri) = noted(about, LOOK) {
            return match refusal.status {
                // Some machine before the server says no such thing of a post.
                404 | 410 if said(refusal).is_some() => Verdict::Instead(Box::new(Page {
                    posts: vec![Post::gone("", uri)],
                    ..Page::default()
                })),
                _ => Verdict::Skip,
            };
        }
        // Servers before 4.3 and others than Mastodon do not tell of several posts at once.
        if noted(about, RECHECK).is_some() && refusal.status < 429 {
            return Verdict::Skip;
        }
        let list = self.list(about);
        let needs_token = matches!(list, Some(List::Mentions | List::Search(_)));
        let said = said(refusal);
        let told = said.as_deref().map(|said| format!(" ({said})")).unwrap_or_default();
        match refusal.status {
            403 if said.is_none() && is_page(refusal.reply) => Verdict::Wait(
                visit.now + Duration::hours(1),
                "a page for people came instead of an answer, as from a guard against programs: \
                 ask those who run the server to let vahti in, or name another server"
                    .into(),
            ),
            401 if self.has_token => Verdict::Stop(format!(
                "the server does not take the token{told}: make a new one there, under Preferences, Development"
            )),
            401 | 403 | 422 if !self.has_token => Verdict::Stop(format!(
                "the server shows this to nobody who is not signed in{told}: give a `token`"
            )),
            403 | 404 | 422 | 503 if needs_token => {
                let what = lists::refused(list, refusal.status, &told);
                Verdict::Instead(Box::new(Page { trouble: Some(what), ..Page::default() }))
            }
            403 | 422 => Verdict::Stop(format!(
                "the server does not show this to this account{told}: the token wants the scope read:statuses"
            )),
            404 => Verdict::Stop(format!(
                "there are no hashtags to ask for{told}: is `url` the address of a Mastodon server?"
            )),
            _ => Verdict::AsItSays,
        }
    }

    fn recheck(&self, ids: &[String], _visit: &Visit) -> Vec<Request> {
        // Only posts that were written there bear the id by which that server knows them.
        let known: Vec<&String> = ids.iter().filter(|id| self.local(id).is_some()).collect();
        let ask = |uris: &[&String]| {
            let ids: Vec<String> = uris.iter().filter_map(|uri| self.local(uri)).collect();
            let query: Vec<(&str, &str)> = ids.iter().map(|id| ("id[]", id.as_str())).collect();
            let uris: Vec<&str> = uris.iter().map(|uri| uri.as_str()).collect();
            self.at("/api/v1/statuses", &query).about(format!("{RECHECK} {}", uris.join(" ")))
        };
        known.chunks(PER_RECHECK).map(ask).collect()
    }

    fn concerns(&self) -> Concerns {
        // Who mentions the account speaks to the brand.
        if self.lists.contains(&List::Mentions) { Concerns::Desk } else { Concerns::Named }
    }

    fn most_rechecked(&self) -> usize {
        PER_RECHECK * 10
    }
}

impl Mastodon {
    fn at(&self, path: &str, query: &[(&str, &str)]) -> Request {
        Request::api(site::at(&self.base, path, query)).with(&self.access)
    }

    /// Returns the lists in the order in which they are asked for. What speaks to the brand comes first:
    /// found twice, a post is what it was at first.
    fn in_turn(&self, visit: &Visit) -> Vec<&List> {
        let (mut lists, others): (Vec<&List>, Vec<&List>) =
            self.lists.iter().partition(|list| **list == List::Mentions);
        lists.extend(in_turn(others, visit.now));
        lists
    }

    /// Returns the list that a request was about.
    fn list(&self, about: &str) -> Option<&List> {
        let name = about.strip_prefix(TAKEN_UP).unwrap_or(about);
        self.lists.iter().find(|list| list.name() == name)
    }

    /// Asks for the page of a list with which a poll begins.
    fn first(&self, list: &List, visit: &Visit) -> Request {
        let walk = Walks::of(&visit.cursor).walk(&list.name());
        let request = self.ask(list, &walk);
        match (list, &walk.next) {
            (List::Search(_), Some(_)) => request.about(format!("{TAKEN_UP}{}", list.name())),
            _ => request,
        }
    }

    /// Asks for the page of a list at which its walk has come.
    fn ask(&self, list: &List, walk: &Walk) -> Request {
        let most = PER_PAGE.to_string();
        let mut query = vec![("limit", most.as_str())];
        let path = match list {
            List::Search(text) => {
                query.extend([("q", text.as_str()), ("type", "statuses")]);
                "/api/v2/search".to_owned()
            }
            List::Mentions => {
                query.push(("types[]", "mention"));
                "/api/v1/notifications".to_owned()
            }
            List::Tag(tag) => format!("/api/v1/timelines/tag/{tag}"),
        };
        let offset = offset(walk).0.to_string();
        match (list, id(walk.since.as_deref()), id(walk.next.as_deref())) {
            (List::Search(_), _, _) if offset != "0" => query.push(("offset", &offset)),
            (List::Search(_), _, _) | (_, None, None) => {}
            (_, Some(since), next) => query.push(("min_id", next.unwrap_or(since))),
            (_, None, Some(next)) => query.push(("max_id", next)),
        }
        self.at(&path, &query).about(list.name())
    }

    /// Returns the id by which this server knows a post, where its address tells.
    fn local(&self, uri: &str) -> Option<String> {
        let url = Url::parse(uri).ok()?;
        let (_, last) = url.path().rsplit_once("/statuses/")?;
        let is_ours = url.origin() == self.base.origin() && !uri.contains(char::is_whitespace);
        id(Some(last)).filter(|_| is_ours).map(str::to_owned)
    }

    /// Asks for each post that was asked for with others and did not come: the server may only hide it.
    fn missing(&self, uris: &str, shape: &Shape) -> Vec<Request> {
        let there = reading::items(shape);
        let is_there = |id: &str| there.iter().any(|item| item.id.as_deref() == Some(id));
        uris.split(' ')
            .filter_map(|uri| Some((uri, self.local(uri)?)))
            .filter(|(_, id)| !is_there(id))
            .map(|(uri, id)| {
                self.at(&format!("/api/v1/statuses/{id}"), &[]).about(format!("{LOOK} {uri}"))
            })
            .collect()
    }
}

/// Notes what a page of a list held.
fn walked(list: &List, walk: Walk, (items, reply): (&[Item], &Reply), now: DateTime<Utc>) -> Walk {
    let ids = || items.iter().filter_map(|item| id(item.id.as_deref()));
    let (least, most) = (ids().min_by(|a, b| order(a, b)), ids().max_by(|a, b| order(a, b)));
    // From here on everything is looked at again.
    let settled = items.iter().filter(|item| item.at.is_some_and(|at| at <= now - OVERLAP));
    let settled = settled.filter_map(|item| id(item.id.as_deref())).max_by(|a, b| order(a, b));
    let settled = settled.map(str::to_owned);
    let since = id(walk.since.as_deref());
    let oldest = items.iter().filter_map(|item| item.at).min();
    let is_old = oldest.is_none_or(|at| at < now - FIRST_LOOK);
    if let List::Search(_) = list {
        let (offset, before) = offset(&walk);
        let is_known = match (since, least) {
            (Some(since), Some(least)) => order(least, since) != Ordering::Greater,
            _ => is_old,
        };
        let place = offset + PER_PAGE;
        // What was posted since the walk broke off moved the hits down by so much.
        let is_taken_up = reply.about.starts_with(TAKEN_UP);
        let same = before.is_some() && before == most && !is_taken_up;
        let ends = is_known || same || items.is_empty() || place > MOST_OFFSET;
        let next = most.filter(|_| !ends).map(|most| format!("{place} {most}"));
        return walk.read(settled, next);
    }
    let next = id(walk.next.as_deref());
    if let Some(since) = since {
        let at = next.unwrap_or(since);
        let further = most.filter(|most| order(most, at) == Ordering::Greater);
        let newest = settled.or(walk.newest.clone());
        return match further.filter(|_| items.len() >= FULL) {
            Some(most) => Walk { next: Some(most.to_owned()), newest, ..walk },
            None => Walk { since: newest.or(walk.since), newest: None, next: None },
        };
    }
    let linked = reading::linked(reply);
    let below = id(linked.as_deref()).or(least);
    let is_below = |id: &&str| next.is_none_or(|next| order(id, next) == Ordering::Less);
    let below = below.filter(is_below).filter(|_| !is_old).map(str::to_owned);
    walk.read(settled, below)
}

/// Returns how many hits of a search were read, and the newest of the last page.
fn offset(walk: &Walk) -> (usize, Option<&str>) {
    let place = walk.next.as_deref().and_then(|next| next.split_once(' '));
    let read = place.and_then(|(offset, newest)| Some((offset.parse().ok()?, id(Some(newest)))));
    read.filter(|(offset, _)| *offset <= MOST_OFFSET).unwrap_or_default()
}

/// Returns an id that may be sent.
fn id(id: Option<&str>) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    id.filter(|id| (1..=64).contains(&id.len()) && id.chars().all(is_plain))
}

/// Tells which of two ids is the later.
fn order(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Returns what a request was noted to be about, behind the word `what`.
fn noted<'a>(about: &'a str, what: &str) -> Option<&'a str> {
    about.strip_prefix(what)?.strip_prefix(' ')
}

/// Returns what the server said with a refusal.
fn said(refusal: &Refusal<'_>) -> Option<String> {
    let json = refusal.json()?;
    let word = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    word("error_description").or_else(|| word("error")).map(|said| cut(&visible(&said), 200))
}

/// Tells whether a reply is a page for people.
fn is_page(reply: Option<&Reply>) -> bool {
    reply.is_some_and(reading::is_page)
}

#[cfg(test)]
mod tests;
