//! Any API that answers with JSON, told by the configuration alone: an address with places for a keyword
//! and a cursor, and for each part of a post where it stands, as `JSONPath` (RFC 9535).
//!
//! Nothing is known of the order of such a list. A poll begins at its first page and reads at most
//! `pages` of them; where `time` tells, it ends at a page that holds nothing newer than what the last
//! whole walk saw. Where `pages` end before that, it is said, and the next poll looks as far back. A poll
//! that is cut off begins anew: the pages are few, and a cursor of an unknown API
//! may not live until then.

use super::search::{self, Dialect};
use super::site::{Key, Site, Sort, Watch, Wrong};
use super::walk::{Walk, Walks, in_turn};
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Access, Location, Reply, Request};
use crate::post::{Concerns, Post};
use crate::text::{cut, json, visible};
use chrono::{DateTime, Utc};
use item::Form;
use place::Place;
use serde_json::Value;

mod item;
mod place;

pub const SITE: Site = Site {
    kind: Kind::Json,
    // Each has its own.
    host: "",
    keys: &KEYS,
    concerns: Concerns::Named,
    needs: "",
    build,
};

const KEYS: [Key; 21] = [
    key("list", Sort::Text, "\"$.items[*]\""),
    key("id", Sort::Text, "\"$.id\""),
    key("link", Sort::Text, "\"$.url\""),
    key("title", Sort::Text, "\"$.title\""),
    key("text", Sort::Text, "\"$.body\""),
    key("author", Sort::Text, "\"$.author.name\""),
    key("handle", Sort::Text, "\"$.author.login\""),
    key("time", Sort::Text, "\"$.created_at\""),
    key("edited", Sort::Text, "\"$.updated_at\""),
    key("parent", Sort::Text, "\"$.in_reply_to\""),
    key("thread", Sort::Text, "\"$.topic_id\""),
    key("rating", Sort::Text, "\"$.stars\""),
    key("language", Sort::Text, "\"$.lang\""),
    key("next", Sort::Text, "\"$.meta.next\""),
    key("cursor_start", Sort::Text, "\"1\""),
    key("pages", Sort::Number(1, MOST_PAGES), "5"),
    key("or", Sort::Word(&["OR", "|", ","]), "\"OR\""),
    key("html", Sort::Flag, "true"),
    key("timezone", Sort::Text, "\"Europe/Helsinki\""),
    key("about_brand", Sort::Flag, "true"),
    key("headers", Sort::Secrets, "{ Authorization = { env = \"API_TOKEN\" } }"),
];

const fn key(name: &'static str, sort: Sort, such: &'static str) -> Key {
    Key { name, sort, is_needed: false, such }
}

/// Pages of one list that a poll reads at most, and those it reads where nobody says.
const MOST_PAGES: u64 = 20;
const USUAL_PAGES: u64 = 5;

/// Requests that all keywords of a poll may take together; with many of them, each has fewer pages.
const MOST_REQUESTS: usize = 48;

/// Where the items stand if nobody says.
const USUAL_LIST: &str = "$[*]";

/// Items of one page that are read.
const MOST_ITEMS: usize = 5_000;

struct Json {
    place: Place,
    access: Access,
    /// What stands in the place of the keyword, a list each; of one list that takes none, empty.
    queries: Vec<String>,
    form: Form,
    /// Pages of each list, and how many were wished for.
    pages: usize,
    wished: usize,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let Watch { given, keywords, .. } = watch;
    let place = Place::of(given)?;
    let form = Form::of(given)?;
    let usual = if form.has_next() { USUAL_PAGES } else { 1 };
    let pages = given.number("pages").unwrap_or(usual);
    if pages > 1 && !form.has_next() {
        let why = "nothing says how the next page is found";
        return Err(Wrong::new("pages", why).hint("write next = \"$.…\", or leave this out"));
    }
    let headers = given.secrets("headers").to_vec();
    if let Some((name, _)) = headers.iter().find(|(name, _)| !is_header(name)) {
        return Err(Wrong::new("headers", format!("`{}` is no name of a header", visible(name))));
    }
    let or = match given.text("or") {
        Some("OR") => Some(" OR "),
        Some("|") => Some("|"),
        Some(_) => Some(","),
        None => None,
    };
    let mut queries = Vec::new();
    if place.takes_keyword() {
        queries = search::queries(&keywords, &Dialect { or, ..Dialect::PLAIN });
    }
    if queries.is_empty() {
        queries.push(String::new());
    }
    let each = (MOST_REQUESTS / queries.len()).max(1);
    let wished = usize::try_from(pages).unwrap_or(1);
    Ok(Box::new(Json {
        place,
        access: Access { headers, ..Access::default() },
        form,
        pages: wished.min(each),
        wished,
        queries,
    }))
}

/// Tells whether `name` is a token as RFC 9110 has it.
fn is_header(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(fits)
}

impl Source for Json {
    fn open(&self, visit: &Visit) -> Request {
        self.first(self.in_turn(visit).first().copied().unwrap_or_default())
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        self.in_turn(visit).into_iter().skip(1).map(|query| self.first(query)).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let text = String::from_utf8_lossy(&reply.body);
        let document = json::parse(text.trim_start_matches('\u{feff}'), json::MOST_API_BYTES);
        let document = document.map_err(|bad| Unreadable(bad.to_string()))?;
        let items = self.form.items(&document)?;
        let posts = self.form.posts(&items, self.place.site(), &reply.location, visit.now);
        let skipped = items.len() - posts.len();
        // A saved reply is read by itself.
        let Some((page, query)) = noted(&reply.about) else {
            return Ok(Page { posts, skipped, ..Page::default() });
        };
        let mut walks = Walks::of(&visit.cursor);
        let known = walks.walk(query);
        let (next, mut trouble) = match self.behind(&document, reply, (page, query), &posts, &known)
        {
            Ok(next) => (next, None),
            Err(trouble) => (None, Some(trouble)),
        };
        let before = known.newest.as_deref().and_then(moment).filter(|_| page > 1);
        let newest =
            before.max(newest(&posts, visit.now)).map(|at| at.timestamp_millis().to_string());
        if visit.cursor.0.is_empty() {
            // At the first poll.
            trouble = trouble.or_else(|| self.fewer_pages());
        }
        let is_cut = page >= self.pages && self.form.next(&document).is_some();
        let is_cut = is_cut && is_all_new(&posts, &known);
        if is_cut {
            trouble.get_or_insert(format!(
                "more than {} pages were new: raise `pages`, or poll more often",
                self.pages
            ));
        }
        let can_catch_up = u64::try_from(self.pages).is_ok_and(|pages| pages < MOST_PAGES);
        let walk = match &next {
            Some(_) => Walk { newest, next: None, ..known },
            // What is older may still be read, with more pages.
            None if is_cut && can_catch_up => Walk { since: known.since, ..Walk::default() },
            None => Walk { since: newest.or(known.since), ..Walk::default() },
        };
        walks.set(query, walk);
        walks.keep(&self.queries);
        let cursor = Some(walks.cursor());
        Ok(Page {
            posts,
            skipped,
            cursor,
            next: next.into_iter().collect(),
            trouble,
            ..Page::default()
        })
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let said = refusal.json().and_then(|value| said(&value));
        let said = said.map(|said| format!(": {said}")).unwrap_or_default();
        match (refusal.status, noted(&request.about)) {
            (401 | 403, _) => Verdict::Stop(format!(
                "the API lets us not in ({}{said}); check `headers`",
                refusal.status
            )),
            // Lists that are counted off end so.
            (404, Some((2.., query))) => {
                let mut walks = Walks::of(&visit.cursor);
                let known = walks.walk(query);
                walks.set(query, Walk { since: known.newest.or(known.since), ..Walk::default() });
                Verdict::Instead(Box::new(Page { cursor: Some(walks.cursor()), ..Page::default() }))
            }
            _ => Verdict::AsItSays,
        }
    }
}

impl Json {
    /// Returns what is looked for, in the order in which this poll does.
    fn in_turn(&self, visit: &Visit) -> Vec<&str> {
        in_turn(self.queries.iter().map(String::as_str).collect(), visit.now)
    }

    /// Says that each keyword has fewer pages than were wished for.
    fn fewer_pages(&self) -> Option<String> {
        let (all, pages, wished) = (self.queries.len(), self.pages, self.wished);
        (pages < wished).then(|| {
            format!(
                "with {all} keywords, each a list of its own, {pages} pages of each are read and not \
                 {wished}: make several sources of them, or say `or` if the API knows it"
            )
        })
    }

    /// Asks for the page of a list with which a poll begins.
    fn first(&self, query: &str) -> Request {
        self.ask(self.place.first(query), 1, query)
    }

    fn ask(&self, location: Location, page: usize, query: &str) -> Request {
        let about = format!("{page} {query}");
        match location {
            Location::Web(url) => Request::api(url).with(&self.access).about(about),
            file @ Location::File(_) => {
                Request::for_what_was_named(file, "application/json").about(about)
            }
        }
    }

    /// Returns the page behind this one, where there is one to be read; else what is wrong with it.
    fn behind(
        &self,
        document: &Value,
        reply: &Reply,
        (page, query): (usize, &str),
        posts: &[Post],
        walk: &Walk,
    ) -> Result<Option<Request>, String> {
        let Some(told) = self.form.next(document).filter(|_| page < self.pages) else {
            return Ok(None);
        };
        let since = walk.since.as_deref().and_then(moment);
        let is_old = |post: &Post| post.published.is_some_and(|at| Some(at) <= since);
        if posts.is_empty() || posts.iter().all(is_old) {
            return Ok(None);
        }
        let Location::Web(here) = &reply.location else { return Ok(None) };
        let next = self.place.next(&told, query, here)?;
        Ok((next != *here).then(|| self.ask(Location::Web(next), page + 1, query)))
    }
}

/// Tells whether all of a page is newer than what was read before, as far as times tell.
fn is_all_new(posts: &[Post], walk: &Walk) -> bool {
    let Some(since) = walk.since.as_deref().and_then(moment) else { return false };
    !posts.is_empty() && posts.iter().all(|post| post.published.is_some_and(|at| at > since))
}

/// Reads what a request was for: which page, counted from 1, of which list.
fn noted(about: &str) -> Option<(usize, &str)> {
    let (page, query) = about.split_once(' ')?;
    Some((page.parse().ok()?, query))
}

/// Returns when the newest of these was written; what claims to come from the future tells nothing.
fn newest(posts: &[Post], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    posts.iter().filter_map(|post| post.published).filter(|at| *at <= now).max()
}

fn moment(written: &str) -> Option<DateTime<Utc>> {
    written.parse().ok().and_then(DateTime::from_timestamp_millis)
}

/// Returns what a document says where it says only what is wrong.
fn said(document: &Value) -> Option<String> {
    const PLACES: [&str; 7] = [
        "/error/message",
        "/error_description",
        "/error",
        "/errors/0/message",
        "/message",
        "/detail",
        "/title",
    ];
    let found = PLACES.iter().find_map(|place| document.pointer(place)?.as_str());
    found.map(|said| visible(&cut(said, 200))).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests;
