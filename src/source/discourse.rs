//! Discourse forums, by their own API (<https://docs.discourse.org>): all new posts, or what the search of
//! the forum finds.
//!
//! `/posts.json` brings every new public post, whole, fifty at a time, and is walked back by id. It is the
//! usual way: mostly one request a poll, and nothing is missed that the search would not find: another
//! form of a word, a short one, a second post in a topic. The search (`posts = false`) is for forums with
//! thousands of posts an hour. It shows of each topic one post and of that a few lines, so the topic is
//! asked for as well, around that post.

use super::search::{self, Dialect};
use super::site::{Key, Site, Sort, Watch, Wrong, at};
use super::walk::Walk;
use super::{Cursor, Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::budget::{Budget, Cost, Span, Unit};
use crate::fetch::{Access, Reply, Request};
use crate::post::{Concerns, Post};
use crate::query::Query;
use crate::text::{cut, json, visible};
use chrono::{DateTime, Duration, Utc};
use document::{Document, Hit, Place};
use memory::{MOST_PENDING, Memory};
use serde_json::Value;
use url::Url;

mod document;
mod memory;

pub const SITE: Site = Site {
    kind: Kind::Discourse,
    host: "",
    keys: &[
        Key { name: "posts", sort: Sort::Flag, is_needed: false, such: "true" },
        Key { name: "api_key", sort: Sort::Secret, is_needed: false, such: KEY },
        Key { name: "api_username", sort: Sort::Text, is_needed: false, such: "\"system\"" },
        Key { name: "user_api_key", sort: Sort::Secret, is_needed: false, such: USER_KEY },
    ],
    concerns: Concerns::Named,
    needs: "nothing where guests may read; else an API key of the forum (`api_key` with \
            `api_username`), or one of an account (`user_api_key`) with the scope `read`",
    build,
};

const KEY: &str = "{ env = \"DISCOURSE_API_KEY\" }";
const USER_KEY: &str = "{ env = \"DISCOURSE_USER_API_KEY\" }";

/// The search knows no OR. `@` and `#` mean an author and a category there.
const DIALECT: Dialect = Dialect { handle: "", tag: "", shortest: 3, ..Dialect::PLAIN };

/// Forums of older versions answer by so many ids, some of which may be of posts that are not public.
const WINDOW: u64 = 50;

/// How far back a first poll looks: in time, and in ids of posts.
const FIRST_LOOK: Duration = Duration::days(7);
const FIRST_IDS: u64 = 2000;

/// How far back a walk goes that takes up what was read before.
const MOST_IDS: u64 = 50_000;

/// The eleventh page of a search is the first again.
const LAST_PAGE: u32 = 10;

/// What a search found so long before its last hit is looked at again: posts are found some time after
/// they were written.
const OVERLAP: Duration = Duration::hours(2);

/// How long nothing is asked of a forum that is overloaded, and after a refusal that names no time.
const REST: Duration = Duration::minutes(5);
const SHORT_REST: Duration = Duration::minutes(1);

/// An account may ask twenty times a minute, and so often a day.
const USER_PAUSE: std::time::Duration = std::time::Duration::from_secs(3);
const USER_BUDGET: Budget =
    Budget { name: "requests", most: 2880, unit: Unit::Calls, span: Span::Day };

struct Discourse {
    base: Url,
    place: Place,
    /// Whether all posts are read, and nothing is searched for.
    reads_all: bool,
    queries: Vec<String>,
    /// Keywords that are too short to be searched for.
    short: Vec<String>,
    access: Access,
    is_account: bool,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let given = watch.given;
    let is_account = given.secret("user_api_key").is_some();
    let access = match (given.secret("api_key"), given.text("api_username")) {
        (Some(_), _) if is_account => {
            return Err(Wrong::new("user_api_key", "there is an `api_key` already")
                .hint("give one of both"));
        }
        (Some(key), Some(name)) => Access {
            headers: vec![("Api-Key".into(), key.clone()), ("Api-Username".into(), name.into())],
            ..Access::default()
        },
        (Some(_), None) => {
            return Err(Wrong::new("api_key", "its `api_username` is missing").hint(
                "write the account that the key is for; `system` where it is for all of them",
            ));
        }
        (None, Some(_)) => {
            return Err(Wrong::new("api_username", "its `api_key` is missing"));
        }
        (None, None) => given
            .secret("user_api_key")
            .map(|key| Access::header("User-Api-Key", key))
            .unwrap_or_default(),
    };
    let (queries, short) = queries(&watch.keywords);
    Ok(Box::new(Discourse {
        place: Place::new(&watch.base, given.url.is_some()),
        // Where nothing can be searched for, reading all is what is left.
        reads_all: given.flag("posts").unwrap_or(true) || queries.is_empty(),
        queries,
        short,
        access,
        is_account,
        base: watch.base,
    }))
}

/// Returns what is searched for, and the keywords of which nothing can be.
fn queries(keywords: &[Query]) -> (Vec<String>, Vec<String>) {
    let (mut queries, mut short) = (Vec::new(), Vec::new());
    for keyword in keywords {
        let one = std::slice::from_ref(keyword);
        // Where words are written in few signs, forums search for fewer.
        let is_dense = keyword.to_string().chars().any(|c| ('\u{2e80}'..='\u{ffdc}').contains(&c));
        let dialect = if is_dense { Dialect { shortest: 1, ..DIALECT } } else { DIALECT };
        let found = search::queries(one, &dialect);
        let is_short = |query: &String| !is_dense && query.chars().count() < DIALECT.shortest;
        if found.iter().any(is_short) || (found.is_empty() && names_something(one)) {
            short.push(keyword.to_string());
        }
        for query in found.into_iter().filter(|query| !is_short(query)) {
            if !queries.contains(&query) {
                queries.push(query);
            }
        }
    }
    (queries, short)
}

/// Tells whether a keyword names anything that one could search for.
fn names_something(keyword: &[Query]) -> bool {
    !search::queries(keyword, &Dialect { shortest: 1, ..DIALECT }).is_empty()
}

/// What a request is for.
#[derive(Debug, PartialEq)]
enum About<'a> {
    /// The newest posts, or those up to an id.
    Posts(Option<u64>),
    /// A page of a search.
    Search(u32, &'a str),
    /// What stands around a post of a topic: `TOPIC/NUMBER`.
    Topic(&'a str),
    /// Nobody asked: it was saved by itself.
    Nothing,
}

impl<'a> About<'a> {
    fn parse(written: &'a str) -> Self {
        let (what, rest) = written.split_once(' ').unwrap_or((written, ""));
        match what {
            "posts" => Self::Posts(rest.parse().ok()),
            "search" => {
                let (page, query) = rest.split_once(' ').unwrap_or_default();
                Self::Search(page.parse().unwrap_or(1), query)
            }
            "topic" => Self::Topic(rest),
            _ => Self::Nothing,
        }
    }
}

impl Source for Discourse {
    fn open(&self, visit: &Visit) -> Request {
        let memory = Memory::of(&visit.cursor);
        match self.queries.first().filter(|_| !self.reads_all) {
            Some(query) => self.search(query, 1, &memory, visit),
            None => self.posts(memory.posts.next.and_then(|next| next.parse().ok())),
        }
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        if self.reads_all {
            return Vec::new();
        }
        let memory = Memory::of(&visit.cursor);
        let searches = self.queries.iter().skip(1);
        let searches = searches.map(|query| self.search(query, 1, &memory, visit));
        searches.chain(memory.pending.iter().map(|hit| self.topic(hit))).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let text = String::from_utf8_lossy(&reply.body);
        if text.trim_start().starts_with('<') {
            return Err(Unreadable(
                "the forum answered with a page for people and not with JSON: see that `url` is the \
                 address of a Discourse forum, and that guests may read it"
                    .into(),
            ));
        }
        let value =
            json::parse(&text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
        let unread = || {
            Err(Unreadable(match complaint(&value) {
                Some(said) => format!("the forum says: {said}"),
                None if value.get("topic_list").is_some() => {
                    "this lists topics and no posts: the kind `forum` reads such lists".into()
                }
                None => "the answer holds no posts of a Discourse forum".into(),
            }))
        };
        match (About::parse(&reply.about), self.place.read(&value)) {
            (_, None) => unread(),
            (About::Search(page, query), Some(Document::Search(hits))) => {
                Ok(self.found(hits, page, query, &value, visit))
            }
            (_, Some(Document::Search(_))) if overload(&value).is_some() => unread(),
            (About::Posts(before), Some(Document::Posts(posts))) => {
                Ok(self.walk(posts, before, visit))
            }
            (About::Topic(hit), Some(Document::Posts(posts))) => {
                Ok(Self::around(posts, hit, visit))
            }
            (About::Nothing, Some(Document::Posts(read))) => {
                Ok(Page { skipped: read.skipped, posts: read.posts(), ..Page::default() })
            }
            (About::Nothing, Some(Document::Search(hits))) => {
                let posts = hits.found.into_iter().map(|hit| hit.post).collect();
                Ok(Page { posts, skipped: hits.skipped, ..Page::default() })
            }
            (_, Some(_)) => Err(Unreadable("the forum answered with something else".into())),
        }
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let said = refusal.json();
        let why = said.as_ref().and_then(complaint);
        let instead = |page: Page| Verdict::Instead(Box::new(page));
        match (refusal.status, About::parse(&request.about)) {
            // It was deleted since, or is for some only.
            (403 | 404 | 410, About::Topic(hit)) if said.is_some() => {
                let cursor = Some(Memory::of(&visit.cursor).read(hit).cursor());
                instead(Page { cursor, ..Page::default() })
            }
            // One topic that breaks the forum must not stand before the others.
            (500, About::Topic(hit)) => {
                let mut memory = Memory::of(&visit.cursor);
                memory.pending.retain(|pending| pending != hit);
                memory.pending.push(hit.to_owned());
                let trouble = Some(format!("the forum fails to show topic {hit} (500)"));
                instead(Page { cursor: Some(memory.cursor()), trouble, ..Page::default() })
            }
            (400, About::Search(_, query)) => {
                let why = why.unwrap_or_else(|| "it does not say why".into());
                let trouble = format!("the forum does not search for `{}`: {why}", cut(query, 60));
                instead(Page { trouble: Some(trouble), ..Page::default() })
            }
            (403, _) => Verdict::Stop(self.forbidden(said.as_ref(), why)),
            (404, _) => Verdict::Stop(
                "there is no Discourse forum at this address: see that `url` is the forum's own, \
                 with its folder if it lies in one"
                    .into(),
            ),
            (429, _) if refusal.wait().is_none() => {
                let seconds =
                    said.as_ref().and_then(|said| said.pointer("/extras/wait_seconds")?.as_u64());
                let wait = seconds.and_then(|seconds| i64::try_from(seconds.min(86_400)).ok());
                let wait = wait.map_or(SHORT_REST, Duration::seconds);
                let why = why.unwrap_or_else(|| "the forum was asked too often".into());
                Verdict::Wait(visit.now + wait, why)
            }
            _ => Verdict::AsItSays,
        }
    }
}

impl Discourse {
    /// Asks for the newest posts, or for those up to an id.
    fn posts(&self, before: Option<u64>) -> Request {
        match before.map(|before| before.to_string()) {
            None => self.ask("/posts.json", &[], "posts"),
            Some(before) => {
                self.ask("/posts.json", &[("before", &before)], &format!("posts {before}"))
            }
        }
    }

    fn search(&self, query: &str, page: u32, memory: &Memory, visit: &Visit) -> Request {
        let since = since(&memory.searches.walk(query), visit.now);
        // Whose days these are the forum does not say.
        let day = (since - OVERLAP - Duration::days(1)).format("%Y-%m-%d");
        let words = format!("{query} order:latest after:{day}");
        let about = format!("search {page} {query}");
        self.ask("/search.json", &[("q", &words), ("page", &page.to_string())], &about)
    }

    /// Asks for a topic around one of its posts.
    fn topic(&self, hit: &str) -> Request {
        self.ask(&format!("/t/{hit}.json"), &[], &format!("topic {hit}"))
    }

    fn ask(&self, path: &str, query: &[(&str, &str)], about: &str) -> Request {
        let request = Request::api(at(&self.base, path, query)).about(about).with(&self.access);
        if self.is_account {
            request.after(USER_PAUSE).costs(Cost { budget: USER_BUDGET, most: 1 })
        } else {
            request
        }
    }

    /// Notes how far the posts of the forum were read, and goes on with those before them.
    fn walk(&self, read: document::Posts, before: Option<u64>, visit: &Visit) -> Page {
        let memory = Memory::of(&visit.cursor);
        let id =
            |written: &Option<String>| written.as_deref().and_then(|id| id.parse::<u64>().ok());
        let since = id(&memory.posts.since);
        let (oldest, newest) = (read.ids.iter().copied().min(), read.ids.iter().copied().max());
        let back = match (oldest, before) {
            // It gives the same whatever it is asked for.
            (Some(oldest), Some(before)) if oldest > before => None,
            (Some(oldest), _) => oldest.checked_sub(1),
            (None, Some(before)) => before.checked_sub(WINDOW),
            (None, None) => None,
        };
        let back = back.filter(|back| *back > since.unwrap_or(0));
        let begun = id(&memory.posts.newest).or(newest).unwrap_or(0);
        let span = begun.saturating_sub(back.unwrap_or(begun));
        let is_old = read.oldest.is_some_and(|at| at < visit.now - FIRST_LOOK);
        let is_far = match since {
            None => is_old || span > FIRST_IDS,
            Some(_) => span > MOST_IDS,
        };
        let trouble = (is_far && since.is_some() && back.is_some()).then(|| {
            format!("more than {MOST_IDS} posts since the last poll: the older ones are left out")
        });
        let next = back.filter(|_| !is_far);
        let text = |id: u64| id.to_string();
        let skipped = read.skipped;
        let mut found = read.posts();
        if since.is_none() {
            let earliest = visit.now - FIRST_LOOK;
            found.retain(|post| post.published.is_none_or(|at| at >= earliest));
        }
        let posts = memory.posts.read(newest.map(text), next.map(text));
        Page {
            skipped,
            posts: found,
            cursor: Some(Memory { posts, ..Memory::default() }.cursor()),
            next: next.map(|next| self.posts(Some(next))).into_iter().collect(),
            trouble,
            ..Page::default()
        }
    }

    /// Notes what a search found, and asks for the topics of what is new, and for the next page.
    fn found(
        &self,
        hits: document::Hits,
        page: u32,
        query: &str,
        value: &Value,
        visit: &Visit,
    ) -> Page {
        if let Some(said) = overload(value) {
            let trouble = Some(format!("the forum does not search: {said}"));
            return Page { wait: Some(visit.now + REST), trouble, ..Page::default() };
        }
        let mut memory = Memory { posts: Walk::default(), ..Memory::of(&visit.cursor) };
        let mut walk = memory.searches.walk(query);
        if page == 1 {
            walk.newest = None;
        }
        let knew = walk.since.is_some();
        let floor = (since(&walk, visit.now) - OVERLAP).timestamp_millis();
        let times =
            hits.found.iter().filter_map(|hit| Some(hit.post.published?.timestamp_millis()));
        let (newest, oldest) = (times.clone().max(), times.min());
        let mut read = Page { skipped: hits.skipped, ..Page::default() };
        let is_wanted =
            |hit: &Hit| hit.post.published.is_none_or(|at| at.timestamp_millis() >= floor);
        for hit in hits.found.into_iter().filter(is_wanted) {
            if memory.pending.contains(&hit.at) || memory.seen.contains(&hit.at) {
                continue;
            }
            if memory.pending.len() < MOST_PENDING {
                read.next.push(self.topic(&hit.at));
                memory.pending.push(hit.at);
            } else {
                // Better a few lines now than all of it some day.
                memory = memory.read(&hit.at);
                read.posts.push(hit.post);
            }
        }
        let has_more = hits.has_more && oldest.is_some_and(|oldest| oldest >= floor);
        if has_more && page >= LAST_PAGE && knew {
            read.trouble = Some(format!(
                "the search shows the newest hits, and `{}` has more since the last poll: poll more \
                 often, or leave out `posts = false`",
                cut(query, 60)
            ));
        }
        if page == 1 && visit.cursor == Cursor::default() && !self.short.is_empty() {
            let short = self.short.join("`, `");
            read.trouble = Some(format!(
                "Discourse searches for words of three characters or more, so not for `{short}`: \
                 leave out `posts = false`, and all posts are read"
            ));
        }
        let next = (has_more && page < LAST_PAGE).then(|| page + 1);
        let walk = walk.read(newest.map(|at| at.to_string()), next.map(|next| next.to_string()));
        memory.searches.set(query, walk);
        memory.searches.keep(&self.queries);
        // The next page comes before the topics: these are not lost if the poll ends.
        if let Some(next) = next {
            read.next.insert(0, self.search(query, next, &Memory::of(&visit.cursor), visit));
        }
        Page { cursor: Some(memory.cursor()), ..read }
    }

    /// Reads the posts around a hit: that post, and what is no older than a first poll would look for.
    fn around(read: document::Posts, hit: &str, visit: &Visit) -> Page {
        let number = hit.split_once('/').and_then(|(_, number)| number.parse::<u64>().ok());
        let is_wanted = |post: &Post, at: u64| {
            Some(at) == number
                || post.is_gone
                || post.published.is_none_or(|at| at >= visit.now - FIRST_LOOK)
        };
        let posts = read.numbered.into_iter().filter(|(at, post)| is_wanted(post, *at));
        let posts = posts.map(|(_, post)| post);
        let cursor = Some(Memory::of(&visit.cursor).read(hit).cursor());
        Page { posts: posts.collect(), skipped: read.skipped, cursor, ..Page::default() }
    }

    /// Says why the forum shows nothing, and what to do.
    fn forbidden(&self, said: Option<&Value>, why: Option<String>) -> String {
        let Some(said) = said else {
            return "what stands before the forum wants to see a person (403): ask its owner to let \
                    vahti in"
                .into();
        };
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        let is_guest = said.get("error_type").is_some_and(|kind| kind == "not_logged_in");
        if self.access.is_open() {
            return format!(
                "the forum is closed to guests{why}: give `api_key` and `api_username`, or \
                 `user_api_key`"
            );
        }
        if is_guest {
            return format!("the forum does not know the key{why}: see that it was not revoked");
        }
        format!(
            "the forum refuses the key{why}: see that it is right, and what its account may read"
        )
    }
}

/// Returns since when hits of a search are wanted.
fn since(walk: &Walk, now: DateTime<Utc>) -> DateTime<Utc> {
    let read = walk.since.as_deref().and_then(|since| since.parse().ok());
    let read = read.and_then(DateTime::from_timestamp_millis);
    let earliest = now - Duration::days(365);
    read.map_or(now - FIRST_LOOK, |read| read.clamp(earliest, now))
}

/// Returns what a forum says that does not search because it has too much to do. Its status is 200.
fn overload(value: &Value) -> Option<String> {
    let said = value.pointer("/grouped_search_result/error")?.as_str()?;
    Some(cut(&visible(said), 200)).filter(|said| !said.is_empty())
}

/// Returns what a forum says where it gives nothing.
fn complaint(value: &Value) -> Option<String> {
    let first = value.pointer("/errors/0").and_then(Value::as_str);
    let said = first.or_else(|| value.get("message").and_then(Value::as_str));
    let said = said.or_else(|| value.get("error").and_then(Value::as_str)).map(str::to_owned);
    let said = said.or_else(|| overload(value))?;
    Some(cut(&visible(&said), 200)).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests;
