//! Lemmy: posts and comments that the search of a server finds, its own and those of the servers that
//! it is connected with.
//!
//! Servers before 1.0 speak the API v3, later ones v4, which the first poll finds out by asking
//! `/api/v4/site` and then `/api/v3/site`; there it also learns which languages the numbers mean. v3
//! gives numbered pages, newest first; v4 a span of time, in pages of which each names the next. A
//! search looks for words as substrings and knows no phrases. The same post is on many servers: it is
//! known by its `ap_id`. Facts: <https://join-lemmy.org/docs>, the types of lemmy-js-client.

use super::search::{self, Dialect};
use super::site::{Key, Site, Sort, Watch, Wrong, at};
use super::walk::Walk;
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Access, Location, Reply, Request, Secret};
use crate::post::Concerns;
use crate::text::{json, visible};
use chrono::{DateTime, Duration, Utc};
use memory::{Api, Asked, Memory};
use serde_json::Value;
use url::Url;
use view::View;

pub(super) mod markdown;
mod memory;
mod view;

pub const SITE: Site = Site {
    kind: Kind::Lemmy,
    host: "",
    keys: &[
        Key {
            name: "token",
            sort: Sort::Secret,
            is_needed: false,
            such: "{ env = \"LEMMY_TOKEN\" }",
        },
        Key {
            name: "community",
            sort: Sort::Text,
            is_needed: false,
            such: "\"technology@lemmy.example\"",
        },
    ],
    concerns: Concerns::Named,
    needs: "the token of an account there, where the server shows nothing to strangers (the cookie \
            `jwt` of a browser that is logged in)",
    build,
};

/// Hits of one page, the most that a server gives.
const PER_PAGE: &str = "50";

/// Pages of one walk: a server that always has another one is not believed.
const MOST_PAGES: usize = 100;

/// How far back a first poll looks.
const FIRST_LOOK: Duration = Duration::days(7);

/// Posts of other servers come late, with the time at which they were written.
const OVERLAP: Duration = Duration::hours(6);

/// A server that was asked too often does not say until when; 60 searches in this time are usual.
const PAUSE: Duration = Duration::minutes(10);

/// A search finds parts of words, the words of a keyword in their order. So each alternative is a query
/// of its own, and of words that may stand anywhere the longest.
const DIALECT: Dialect = Dialect { phrases: false, longest: 200, ..Dialect::PLAIN };

struct Lemmy {
    base: Url,
    lists: Vec<String>,
    token: Option<Secret>,
    community: Option<String>,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let mut lists = search::queries(&watch.keywords, &DIALECT);
    if lists.is_empty() {
        // Nothing to search for: all that is new is looked at.
        lists.push(String::new());
    }
    let community = watch.given.text("community").map(|name| name.trim_start_matches('!').trim());
    if community.is_some_and(|name| name.is_empty() || name.contains(char::is_whitespace)) {
        let hint = "write its name as the server shows it: \"technology\", or \"technology@host\"";
        return Err(Wrong::new("community", "this names no community").hint(hint));
    }
    Ok(Box::new(Lemmy {
        lists,
        token: watch.given.secret("token").cloned(),
        community: community.map(str::to_owned),
        base: watch.base,
    }))
}

impl Source for Lemmy {
    fn open(&self, visit: &Visit) -> Request {
        let memory = Memory::of(&visit.cursor);
        let first = memory.turns.order(&self.lists).first().copied().unwrap_or_default();
        match memory.api {
            Some(api) => self.first(api, first, &memory, visit.now),
            None => self.site(true),
        }
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        let memory = Memory::of(&visit.cursor);
        let Some(api) = memory.api else { return Vec::new() };
        let lists = memory.turns.order(&self.lists);
        lists.iter().skip(1).map(|list| self.first(api, list, &memory, visit.now)).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let asked = Asked::of(&reply.about);
        let text = String::from_utf8_lossy(&reply.body);
        let value = match json::parse(&text, json::MOST_API_BYTES) {
            Ok(value) => value,
            // Some other software, which shows a page of its own wherever it is asked.
            Err(_) if asked == Asked::Site { is_v4: true } => Value::Null,
            Err(bad) => return Err(Unreadable(bad.to_string())),
        };
        if let Some(said) = value.get("error").and_then(Value::as_str) {
            return Err(Unreadable(format!("the server says: {}", visible(said))));
        }
        match asked {
            Asked::Site { is_v4 } => self.read_site(&value, is_v4, visit),
            _ if value.get("site_view").is_some() => Ok(Page::default()),
            Asked::Search { api, list, is_taken_up } => {
                self.read_hits(&value, (api, is_taken_up), list, visit)
            }
            Asked::Nothing => {
                let views = View::all(&value).ok_or_else(no_hits)?;
                Ok(page(&views, &Memory::of(&visit.cursor)))
            }
        }
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let said = refusal.json();
        let said = said.as_ref().and_then(|said| said.get("error")?.as_str());
        let status = refusal.status;
        if status == 429 || said.is_some_and(|said| said.starts_with("rate_limit")) {
            let wait = refusal.wait().and_then(|wait| Duration::from_std(wait).ok());
            let until = visit.now + wait.unwrap_or(PAUSE);
            let why = format!("{} was asked too often (rate_limit_error)", self.host());
            return Verdict::Wait(until, why);
        }
        if matches!(status, 401 | 403) || said.is_some_and(is_about_login) {
            return match (said, Asked::of(&request.about)) {
                // A server that was replaced by a newer one reads tokens elsewhere.
                (Some(_), Asked::Search { api: Api::Old, is_taken_up: true, .. }) => {
                    self.begin_anew(Api::Old, visit)
                }
                (Some(said), _) => Verdict::Stop(self.login(said)),
                // A shield before the server has its own reasons.
                (None, _) => Verdict::AsItSays,
            };
        }
        if said == Some("couldnt_find_community") {
            let name = self.community.as_deref().unwrap_or_default();
            let why = format!("{} knows no community `{}`", self.host(), visible(name));
            return Verdict::Stop(format!("{why}: check `community`"));
        }
        let is_unknown = matches!(status, 400 | 404 | 405 | 410 | 501);
        match Asked::of(&request.about) {
            Asked::Site { is_v4: true } if is_unknown => {
                Verdict::Instead(Box::new(Page { next: vec![self.site(false)], ..Page::default() }))
            }
            Asked::Site { is_v4: false } if is_unknown => Verdict::Stop(self.no_lemmy()),
            Asked::Search { api, list, is_taken_up: true }
                if status == 400 && names_page(request) =>
            {
                Verdict::Instead(Box::new(self.begin_walk_anew(api, list, visit)))
            }
            Asked::Search { api, is_taken_up: true, .. } if is_unknown && status != 400 => {
                self.begin_anew(api, visit)
            }
            Asked::Search { list, .. } if is_unknown && said.is_some() => {
                self.leave_out(list, said.unwrap_or_default(), visit)
            }
            _ => Verdict::AsItSays,
        }
    }
}

impl Lemmy {
    fn host(&self) -> &str {
        self.base.host_str().unwrap_or("the server")
    }

    fn no_lemmy(&self) -> String {
        let host = self.host();
        format!(
            "{host} has no API of Lemmy: write the address of a Lemmy server in `url`, such as \
             \"https://lemmy.world\" (PieFed and Mbin have APIs of their own)"
        )
    }

    /// Says why we are not let in, and what to do.
    fn login(&self, said: &str) -> String {
        let (host, said) = (self.host(), visible(said));
        if self.token.is_some() {
            format!("{host} does not accept the `token` ({said}): log in anew and replace it")
        } else {
            format!(
                "{host} shows nothing to strangers ({said}): give the `token` of an account there"
            )
        }
    }

    /// Asks which version the server is.
    fn site(&self, is_v4: bool) -> Request {
        let asked = Asked::Site { is_v4 };
        let path = if is_v4 { "/api/v4/site" } else { "/api/v3/site" };
        Request::api(at(&self.base, path, &[])).about(asked.to_string())
    }

    /// Reads which version the server is, and what its numbers of languages mean; then asks for
    /// everything.
    fn read_site(&self, value: &Value, is_v4: bool, visit: &Visit) -> Result<Page, Unreadable> {
        let Some(version) = value.get("version").and_then(Value::as_str) else {
            if is_v4 {
                return Ok(Page { next: vec![self.site(false)], ..Page::default() });
            }
            return Err(Unreadable(self.no_lemmy()));
        };
        let is_old = ["0.16.", "0.17.", "0.18."].iter().any(|old| version.starts_with(old));
        let api = match (is_v4, is_old) {
            (true, _) => Api::V4,
            (false, false) => Api::V3,
            (false, true) => Api::Old,
        };
        let mut memory = Memory::of(&visit.cursor);
        memory.turns.begin_anew(&self.lists);
        memory.api = Some(api);
        memory.learn_languages(value);
        let lists = memory.turns.order(&self.lists);
        let ask = |list: &&str| {
            let since = since(&memory.turns.walk(list), visit.now);
            self.ask(api, list, (since, visit.now), "", false)
        };
        let next = lists.iter().map(ask).collect();
        Ok(Page { cursor: Some(memory.cursor()), next, ..Page::default() })
    }

    fn read_hits(
        &self,
        value: &Value,
        (api, is_taken_up): (Api, bool),
        list: &str,
        visit: &Visit,
    ) -> Result<Page, Unreadable> {
        let views = View::all(value).ok_or_else(no_hits)?;
        let mut memory = Memory::of(&visit.cursor);
        let mut page = page(&views, &memory);
        let walk = memory.turns.walk(list);
        let since = since(&walk, visit.now);
        if walk.since.is_none() {
            let is_wanted = |at: DateTime<Utc>| at.timestamp() >= since;
            page.posts.retain(|post| post.published.is_none_or(is_wanted));
        }
        let next = if api == Api::V4 {
            behind_token(value, &views, &walk, since)
        } else {
            behind_number(&views, &walk, (since, is_taken_up))
        };
        // A post that claims to be of tomorrow must not hide those of today.
        let newest = views.iter().filter_map(View::published).max();
        let newest = newest.map(|at| at.min(visit.now).timestamp().to_string());
        page.next =
            next.iter().map(|next| self.ask(api, list, (since, visit.now), next, false)).collect();
        memory.turns.set(list, walk.read(newest, next), &self.lists);
        page.cursor = Some(memory.cursor());
        Ok(page)
    }

    /// Asks for the page of a list with which a poll begins: where the last walk broke off, if it did.
    fn first(&self, api: Api, list: &str, memory: &Memory, now: DateTime<Utc>) -> Request {
        let walk = memory.turns.walk(list);
        self.ask(
            api,
            list,
            (since(&walk, now), now),
            walk.next.as_deref().unwrap_or_default(),
            true,
        )
    }

    fn ask(
        &self,
        api: Api,
        list: &str,
        (since, now): (i64, DateTime<Utc>),
        position: &str,
        is_taken_up: bool,
    ) -> Request {
        let (number, rest) = position.split_once('/').unwrap_or(("1", ""));
        let span = (now.timestamp() - since).max(1).to_string();
        let community = self.community.as_deref().map(|name| ("community_name", name));
        let (path, mut query) = if api == Api::V4 {
            let query = vec![
                ("search_term", list),
                ("type_", "all"),
                ("listing_type", "all"),
                ("time_range_seconds", &*span),
                ("limit", PER_PAGE),
            ];
            ("/api/v4/search", query)
        } else {
            let query = vec![
                ("q", list),
                ("type_", "All"),
                ("sort", "New"),
                ("listing_type", "All"),
                ("page", number),
                ("limit", PER_PAGE),
            ];
            ("/api/v3/search", query)
        };
        query.extend(community);
        if api == Api::V4 && !rest.is_empty() {
            query.push(("page_cursor", rest));
        }
        let asked = Asked::Search { api, list, is_taken_up };
        Request::api(at(&self.base, path, &query)).about(asked.to_string()).with(&self.access(api))
    }

    fn access(&self, api: Api) -> Access {
        match &self.token {
            None => Access::default(),
            Some(token) if api == Api::Old => {
                Access { query: vec![("auth".into(), token.clone())], ..Access::default() }
            }
            Some(token) => Access::bearer(token),
        }
    }

    /// Asks anew which version the server is, and then for everything from where it was read.
    fn begin_anew(&self, api: Api, visit: &Visit) -> Verdict {
        let mut memory = Memory::of(&visit.cursor);
        if memory.api != Some(api) {
            // That was done already, when another list was refused.
            return Verdict::Skip;
        }
        memory.api = None;
        memory.turns.begin_anew(&self.lists);
        let cursor = Some(memory.cursor());
        Verdict::Instead(Box::new(Page { cursor, next: vec![self.site(true)], ..Page::default() }))
    }

    /// Begins the walk over a list anew: the server no longer knows the page at which it broke off.
    fn begin_walk_anew(&self, api: Api, list: &str, visit: &Visit) -> Page {
        let mut memory = Memory::of(&visit.cursor);
        let walk = Walk { since: memory.turns.walk(list).since, ..Walk::default() };
        let next = vec![self.ask(api, list, (since(&walk, visit.now), visit.now), "", false)];
        memory.turns.set(list, walk, &self.lists);
        Page { cursor: Some(memory.cursor()), next, ..Page::default() }
    }

    /// Goes on without a list that the server will not search for.
    fn leave_out(&self, list: &str, said: &str, visit: &Visit) -> Verdict {
        let (host, list_shown) = (self.host(), visible(list));
        let why = format!(
            "{host} refuses to search for `{list_shown}` ({}): change the keyword",
            visible(said)
        );
        if self.lists.len() == 1 {
            return Verdict::Stop(why);
        }
        let mut memory = Memory::of(&visit.cursor);
        let walk = memory.turns.walk(list);
        memory.turns.set(list, walk, &self.lists);
        let cursor = Some(memory.cursor());
        Verdict::Instead(Box::new(Page { cursor, trouble: Some(why), ..Page::default() }))
    }
}

/// Tells whether a request is for a page that the server named.
fn names_page(request: &Request) -> bool {
    match &request.location {
        Location::Web(url) => url.query_pairs().any(|(name, _)| name == "page_cursor"),
        Location::File(_) => false,
    }
}

/// Returns what a reply holds.
fn page(views: &[View<'_>], memory: &Memory) -> Page {
    let posts: Vec<_> = views.iter().filter_map(|view| view.post(views, memory)).collect();
    Page { skipped: views.len() - posts.len(), posts, ..Page::default() }
}

/// Returns from when on posts are wanted, in seconds since 1970.
fn since(walk: &Walk, now: DateTime<Utc>) -> i64 {
    let read = walk.since.as_deref().and_then(|since| since.parse::<i64>().ok());
    let read = read.filter(|since| *since <= now.timestamp());
    read.map_or((now - FIRST_LOOK).timestamp(), |since| since.saturating_sub(OVERLAP.num_seconds()))
}

/// Returns the position of the page behind this one, of those that are numbered: its number, and down
/// to when all is read. Posts and comments are two lists, side by side.
fn behind_number(
    views: &[View<'_>],
    walk: &Walk,
    (since, is_taken_up): (i64, bool),
) -> Option<String> {
    let oldest = |is_comment: bool| {
        let times = views.iter().filter(|view| view.is_comment() == is_comment);
        times.filter_map(View::published).min().map(|at| at.timestamp())
    };
    let reached = oldest(false).max(oldest(true))?;
    let (number, before) = walk.next.as_deref().and_then(position).unwrap_or((1, i64::MAX));
    // Else it is the same page again; but where a walk that broke off goes on, what was posted since
    // moved the pages down.
    let leads_on = (is_taken_up || reached < before) && reached >= since && number < MOST_PAGES;
    leads_on.then(|| format!("{}/{reached}", number + 1))
}

fn position(written: &str) -> Option<(usize, i64)> {
    let (number, reached) = written.split_once('/')?;
    Some((number.parse().ok()?, reached.parse().ok()?))
}

/// Returns the position of the page behind this one, of those that name the next: its number and that
/// name.
fn behind_token(value: &Value, views: &[View<'_>], walk: &Walk, since: i64) -> Option<String> {
    let token = value.get("next_page")?.as_str().filter(|token| token.len() < 500)?;
    let here = walk.next.as_deref().and_then(|next| next.split_once('/'));
    let number = here.and_then(|(number, _)| number.parse::<usize>().ok()).unwrap_or(1);
    // Where the server does not heed the span, all behind is older.
    let is_new = views.iter().any(|view| view.published().is_none_or(|at| at.timestamp() >= since));
    let is_same = here.is_some_and(|(_, before)| before == token);
    let leads_on = !token.is_empty() && !is_same && is_new && number < MOST_PAGES;
    leads_on.then(|| format!("{}/{token}", number + 1))
}

/// Tells whether an error is about who we are.
fn is_about_login(said: &str) -> bool {
    const WORDS: [&str; 4] =
        ["incorrect_login", "not_logged_in", "instance_is_private", "incorrect_totp_token"];
    WORDS.contains(&said)
}

fn no_hits() -> Unreadable {
    Unreadable("the answer holds neither posts nor comments of Lemmy".into())
}

#[cfg(test)]
mod tests;
