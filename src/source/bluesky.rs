//! Bluesky: the search of posts, and what an account is told of (mentions, answers, quotes).
//!
//! Facts are those of the lexicons of <https://github.com/bluesky-social/atproto> and of
//! <https://docs.bsky.app>. Posts are in order of the earlier of two times: when the author says that it
//! was written, and when the server saw it. Signed in, a walk goes from page to page by the server's
//! cursor; signed out there is only the first page, and a walk goes on with what is older than its last
//! post. The rate is 3,000 requests in five minutes.

use super::search::{self, Dialect};
use super::site::{Key, Site, Sort, Watch, Wrong, at};
use super::walk::{Walk, Walks, in_turn};
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Access, Grant, Reply, Request};
use crate::post::{Concerns, Post};
use crate::query::Query;
use crate::text::{cut, visible};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use reading::Shape;
use serde_json::Value;
use url::Url;

mod facets;
mod reading;
mod view;

pub const SITE: Site = Site {
    kind: Kind::Bluesky,
    host: "https://bsky.social",
    keys: &[
        Key { name: "handle", sort: Sort::Text, is_needed: false, such: "\"acme.bsky.social\"" },
        Key {
            name: "password",
            sort: Sort::Secret,
            is_needed: false,
            such: "{ env = \"BLUESKY_APP_PASSWORD\" }",
        },
        Key { name: "mentions", sort: Sort::Flag, is_needed: false, such: "true" },
    ],
    concerns: Concerns::Named,
    needs: "an account's `handle` and an app `password` of it (Settings, Privacy and security, App \
            passwords)",
    build,
};

/// Who answers those that are not signed in.
const PUBLIC: &str = "https://public.api.bsky.app";

/// The most posts of a page.
const PER_PAGE: &str = "100";

/// How far back a first poll looks.
const FIRST_LOOK: Duration = Duration::days(7);

/// A post is found some time after it was written, where its author's clock is slow or another network
/// brings it later: so much is asked for once more.
const OVERLAP: Duration = Duration::hours(1);

/// Posts of which one request may ask.
const PER_RECHECK: usize = 25;

/// A longer cursor is not kept.
const LONGEST_CURSOR: usize = 500;

/// A handle need not be one of Bluesky: the word in it is looked for.
const DIALECT: Dialect = Dialect { handle: "", ..Dialect::PLAIN };

/// What a request about posts that are stored is about; their ids follow.
const RECHECK: &str = "again ";

/// What a request for nothing but the server itself is about.
const SERVER: &str = "server";

/// One list of posts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum List {
    Mentions,
    Search(String),
}

impl List {
    /// Returns its name in a cursor.
    fn name(&self) -> String {
        match self {
            Self::Mentions => "mentions".into(),
            Self::Search(text) => format!("search {text}"),
        }
    }
}

/// Where a walk goes on.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    /// With the server's own word for the next page; if it is not taken any more, with what is older.
    Cursor(DateTime<Utc>, String),
    /// With what is older than this.
    Until(DateTime<Utc>),
}

struct Bluesky {
    base: Url,
    access: Access,
    is_signed_in: bool,
    lists: Vec<List>,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let handle = watch.given.text("handle").map(|handle| handle.trim().trim_start_matches('@'));
    let handle = handle.filter(|handle| !handle.is_empty());
    // Commands that ask nobody read the configuration without its secrets: one may be empty.
    let password = watch.given.secret("password");
    let mentions = watch.given.flag("mentions") == Some(true);
    let mut base = watch.base;
    let grant = match (handle, password) {
        (Some(account), Some(password)) => Some(Grant::Session {
            server: base.clone(),
            account: account.to_owned(),
            password: password.clone(),
        }),
        (Some(_), None) => {
            let wrong = Wrong::new("handle", "there is no `password` to sign in with");
            return Err(wrong.hint("make an app password; without both, vahti asks signed out"));
        }
        (None, Some(_)) => {
            let wrong = Wrong::new("password", "there is no `handle` whose password this is");
            return Err(wrong.hint("write handle = \"acme.bsky.social\""));
        }
        (None, None) if mentions => {
            let wrong = Wrong::new("mentions", "nobody but the account itself sees its mentions");
            return Err(wrong.hint("give its `handle` and an app `password`"));
        }
        (None, None) => {
            // That server answers nobody who is not signed in; another was chosen by the operator.
            if base.host_str() == Some("bsky.social") {
                base = Url::parse(PUBLIC).unwrap_or(base);
            }
            None
        }
    };
    let mut lists = Vec::new();
    lists.extend(mentions.then_some(List::Mentions));
    lists.extend(searches(&watch.keywords).into_iter().map(List::Search));
    let is_signed_in = grant.is_some();
    let access = grant.map(Access::granted).unwrap_or_default();
    Ok(Box::new(Bluesky { base, access, is_signed_in, lists }))
}

/// Returns what is searched for; the search does not mind case.
fn searches(keywords: &[Query]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for query in search::queries(keywords, &DIALECT) {
        if !found.iter().any(|known| known.to_lowercase() == query.to_lowercase()) {
            found.push(query);
        }
    }
    found
}

impl Source for Bluesky {
    fn open(&self, visit: &Visit) -> Request {
        match self.in_turn(visit).first() {
            Some(list) => self.first(list, visit),
            None => self.request("_health", &[]).about(SERVER),
        }
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        self.in_turn(visit).iter().skip(1).map(|list| self.first(list, visit)).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        if reply.about == SERVER {
            let trouble = "no keyword names anything that could be searched for".into();
            return Ok(Page { trouble: Some(trouble), ..Page::default() });
        }
        let mut shape = reading::shape(reply)?;
        let mut page = Page::default();
        if let Some(list) = self.list(&reply.about) {
            let mut walks = Walks::of(&visit.cursor);
            let walk = walks.walk(&list.name());
            let begin = since(&walk, visit.now);
            let walk = self.walked(list, walk, &shape, visit.now);
            if *list == List::Mentions {
                shape.forget_before(begin);
            }
            let goes_on = walk.next.is_some();
            page.next = goes_on.then(|| self.ask(list, &walk, visit.now)).into_iter().collect();
            walks.set(&list.name(), walk);
            walks.keep(&self.lists.iter().map(List::name).collect::<Vec<_>>());
            page.cursor = Some(walks.cursor());
        } else if let Some(uris) = reply.about.strip_prefix(RECHECK) {
            // Where none of several came, that says more of the server than of them.
            let uris: Vec<&str> = uris.split(' ').collect();
            let is_believed = uris.len() == 1 || uris.iter().any(|uri| shape.holds(uri));
            let gone = uris.iter().filter(|uri| is_believed && !shape.holds(uri));
            page.posts.extend(gone.map(|uri| Post::gone("", *uri)));
        }
        let (posts, skipped) = shape.posts(self.is_signed_in);
        page.posts.extend(posts);
        page.skipped = skipped;
        Ok(page)
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let said = said(refusal);
        let told = said.as_deref().map(|said| format!(" ({said})")).unwrap_or_default();
        let is_token =
            |said: &String| said.starts_with("ExpiredToken") || said.starts_with("InvalidToken");
        match (refusal.status, self.list(&request.about)) {
            (400, _) if said.as_ref().is_some_and(is_token) => Verdict::AsItSays,
            (400, Some(list)) => self.unread(list, &told, visit),
            (401 | 403, _) if !self.is_signed_in => Verdict::Stop(format!(
                "the server answers nobody who is not signed in{told}: give a `handle` and an app `password`"
            )),
            (401, _) => Verdict::Stop(format!(
                "the server does not take the session{told}: make a new app password"
            )),
            (403, _) => Verdict::Stop(format!("the server does not allow this account that{told}")),
            (404 | 501, Some(_)) => Verdict::Stop(format!(
                "there is no search at this address{told}: is `url` the address of a server of the AT Protocol?"
            )),
            (400 | 404, None) => Verdict::Skip,
            _ => Verdict::AsItSays,
        }
    }

    fn recheck(&self, ids: &[String], _visit: &Visit) -> Vec<Request> {
        let uris: Vec<&str> =
            ids.iter().map(String::as_str).filter(|uri| view::is_post(uri)).collect();
        let ask = |uris: &[&str]| {
            let query: Vec<(&str, &str)> = uris.iter().map(|uri| ("uris", *uri)).collect();
            let about = format!("{RECHECK}{}", uris.join(" "));
            self.request("app.bsky.feed.getPosts", &query).about(about)
        };
        uris.chunks(PER_RECHECK).map(ask).collect()
    }

    fn concerns(&self) -> Concerns {
        // Who mentions the account speaks to the brand.
        if self.lists.contains(&List::Mentions) { Concerns::Desk } else { Concerns::Named }
    }

    fn most_rechecked(&self) -> usize {
        PER_RECHECK * 8
    }
}

impl Bluesky {
    fn request(&self, method: &str, query: &[(&str, &str)]) -> Request {
        Request::api(at(&self.base, &format!("/xrpc/{method}"), query)).with(&self.access)
    }

    fn list(&self, about: &str) -> Option<&List> {
        self.lists.iter().find(|list| list.name() == about)
    }

    /// Returns the lists in the order in which they are asked for. What speaks to the brand comes first:
    /// found twice, a post is what it was at first.
    fn in_turn(&self, visit: &Visit) -> Vec<&List> {
        let (mut lists, others): (Vec<&List>, Vec<&List>) =
            self.lists.iter().partition(|list| **list == List::Mentions);
        lists.extend(in_turn(others, visit.now));
        lists
    }

    /// Asks for the page of a list with which a poll begins.
    fn first(&self, list: &List, visit: &Visit) -> Request {
        self.ask(list, &Walks::of(&visit.cursor).walk(&list.name()), visit.now)
    }

    /// Asks for the page of a list at which its walk has come.
    fn ask(&self, list: &List, walk: &Walk, now: DateTime<Utc>) -> Request {
        let since = written(since(walk, now));
        let place = place(walk);
        let until = match &place {
            Some(Place::Until(until)) => Some(written(*until)),
            _ => None,
        };
        let mut query = vec![("limit", PER_PAGE)];
        let method = match list {
            List::Mentions => {
                query.extend(view::REASONS.map(|reason| ("reasons", reason)));
                "app.bsky.notification.listNotifications"
            }
            List::Search(text) => {
                query.extend([("q", text.as_str()), ("sort", "latest"), ("since", &since)]);
                query.extend(until.as_deref().map(|until| ("until", until)));
                "app.bsky.feed.searchPosts"
            }
        };
        if let Some(Place::Cursor(_, cursor)) = &place {
            query.push(("cursor", cursor));
        }
        self.request(method, &query).about(list.name())
    }

    /// Notes what a page of a list held.
    fn walked(&self, list: &List, walk: Walk, shape: &Shape, now: DateTime<Utc>) -> Walk {
        let times: Vec<_> = shape.times().into_iter().map(|at| at.min(now)).collect();
        let newest = times.iter().max().map(|at| written(*at));
        let since = since(&walk, now);
        // The server was asked for nothing older: what says that it is says so by mistake.
        let oldest = times.iter().filter(|at| **at >= since).min();
        let is_known = *list == List::Mentions && times.iter().any(|at| *at < since);
        let before = place(&walk);
        let next = oldest.filter(|_| !is_known).and_then(|oldest| {
            let behind = *oldest + Duration::milliseconds(1);
            match (&before, list) {
                (Some(Place::Until(until)), _) => (behind < *until).then_some(Place::Until(behind)),
                (_, List::Search(_)) if !self.is_signed_in => Some(Place::Until(behind)),
                (before, _) => {
                    let is_new = |cursor: &&String| match before {
                        Some(Place::Cursor(_, known)) => known != *cursor,
                        _ => true,
                    };
                    let cursor = shape.cursor.as_ref().filter(is_new)?;
                    (cursor.len() <= LONGEST_CURSOR).then(|| Place::Cursor(behind, cursor.clone()))
                }
            }
        });
        walk.read(newest, next.map(|place| place.to_string()))
    }

    /// Returns what to do where a request for a list makes no sense to the server.
    fn unread(&self, list: &List, told: &str, visit: &Visit) -> Verdict {
        let mut walks = Walks::of(&visit.cursor);
        let mut walk = walks.walk(&list.name());
        let mut page = Page::default();
        if let (Some(Place::Cursor(behind, _)), List::Search(_)) = (place(&walk), list) {
            // Servers need not know their own cursors for ever.
            walk.next = Some(Place::Until(behind).to_string());
            page.next = vec![self.ask(list, &walk, visit.now)];
        } else {
            // A walk that cannot go on begins anew.
            walk = Walk { since: walk.since, ..Walk::default() };
            page.trouble = Some(match list {
                List::Search(text) => format!("the server cannot search for `{text}`{told}"),
                List::Mentions => format!("the server does not tell of mentions{told}"),
            });
        }
        walks.set(&list.name(), walk);
        page.cursor = Some(walks.cursor());
        Verdict::Instead(Box::new(page))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cursor(behind, cursor) => write!(f, "{} {cursor}", written(*behind)),
            Self::Until(until) => f.write_str(&written(*until)),
        }
    }
}

/// Reads where a walk goes on.
fn place(walk: &Walk) -> Option<Place> {
    let next = walk.next.as_deref()?;
    match next.split_once(' ') {
        Some((behind, cursor)) => {
            let is_fit = (1..=LONGEST_CURSOR).contains(&cursor.len());
            let cursor = Some(cursor).filter(|_| is_fit)?;
            Some(Place::Cursor(time(behind)?, cursor.to_owned()))
        }
        None => Some(Place::Until(time(next)?)),
    }
}

/// Returns from when on posts are wanted.
fn since(walk: &Walk, now: DateTime<Utc>) -> DateTime<Utc> {
    let read = walk.since.as_deref().and_then(time).filter(|since| *since <= now);
    read.map_or(now - FIRST_LOOK, |since| since - OVERLAP)
}

/// Writes a time as the server reads it.
fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn time(written: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(written).ok()?.to_utc();
    (DateTime::UNIX_EPOCH..=DateTime::UNIX_EPOCH + Duration::days(100_000))
        .contains(&at)
        .then_some(at)
}

/// Returns what the server said with a refusal.
fn said(refusal: &Refusal<'_>) -> Option<String> {
    let json = refusal.json()?;
    let word = |name: &str| json.get(name).and_then(Value::as_str);
    let said = match (word("error"), word("message")) {
        (Some(error), Some(message)) => format!("{error}: {message}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => return None,
    };
    Some(cut(&visible(&said), 200))
}

#[cfg(test)]
mod tests;
