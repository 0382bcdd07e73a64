//! Hacker News, by the search of Algolia: stories and comments, newest first.
//!
//! One query a keyword, since the search knows no OR. Its facts are those of
//! <https://hn.algolia.com/api>: at most 1,000 hits a query, so a walk that comes to that end goes on
//! with what is older than the last hit; no key, 10,000 requests an hour.

use super::search::{self, Dialect};
use super::site::{Given, Key, Site, Sort, Watch, Wrong, at};
use super::walk::{self, Walk, Walks, in_turn};
use super::{Kind, Page, Source, Unreadable, Visit};
use crate::fetch::{Reply, Request};
use crate::post::{Author, Concerns, Engagement, Post};
use crate::text::{html, json};
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use url::Url;

pub const SITE: Site = Site {
    kind: Kind::HackerNews,
    host: "https://hn.algolia.com",
    keys: &[Key {
        name: "tags",
        sort: Sort::Texts,
        is_needed: false,
        such: "[\"story\", \"comment\"]",
    }],
    concerns: Concerns::Named,
    needs: "",
    build,
};

/// Hits of one page.
const PER_PAGE: usize = 100;

/// Hits that a query gives at most, all pages together.
const MOST_HITS: usize = 1000;

/// How far back a first poll looks.
const FIRST_LOOK: Duration = Duration::days(7);

/// A post is found seconds to minutes after it was written: so much is asked for once more.
const OVERLAP: i64 = 15 * 60;

/// Where posts stand for people.
const PLACE: &str = "https://news.ycombinator.com";

/// What a request is about where there is nothing to search for. No query is so.
const NOTHING: &str = " nothing";

struct HackerNews {
    base: Url,
    queries: Vec<String>,
    tags: String,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    Ok(Box::new(HackerNews {
        queries: search::queries(&watch.keywords, &Dialect::PLAIN),
        tags: tags(watch.given)?,
        base: watch.base,
    }))
}

/// Returns what is searched, as the search writes it.
fn tags(given: &Given) -> Result<String, Wrong> {
    const KNOWN: [&str; 6] = ["story", "comment", "poll", "show_hn", "ask_hn", "front_page"];
    let wanted = given.texts("tags");
    if let Some(odd) = wanted.iter().find(|tag| !KNOWN.contains(&tag.as_str())) {
        let known = KNOWN.join(", ");
        return Err(Wrong::new("tags", format!("`{odd}` is none of {known}")));
    }
    Ok(if wanted.is_empty() { "(story,comment)".into() } else { format!("({})", wanted.join(",")) })
}

impl Source for HackerNews {
    fn open(&self, visit: &Visit) -> Request {
        if let Some(query) = in_turn(self.queries.iter().collect(), visit.now).first() {
            return self.first(query, visit);
        }
        let least = [("query", ""), ("hitsPerPage", "1")];
        Request::api(at(&self.base, "/api/v1/search_by_date", &least)).about(NOTHING)
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        let queries = in_turn(self.queries.iter().collect(), visit.now);
        queries.into_iter().skip(1).map(|query| self.first(query, visit)).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let listing = listing(reply)?;
        let hits = listing.get("hits").and_then(Value::as_array);
        let hits = hits.ok_or_else(|| Unreadable("the answer holds no hits".into()))?;
        if reply.about == NOTHING {
            return Ok(walk::no_lists());
        }
        let posts: Vec<Post> = hits.iter().filter_map(post).collect();
        let skipped = hits.len() - posts.len();
        let mut walks = Walks::of(&visit.cursor);
        let walk = walks.walk(&reply.about);
        let (newest, oldest) =
            (hits.iter().filter_map(time).max(), hits.iter().filter_map(time).min());
        let since = Self::since(&walk, visit.now);
        let next = self.behind(&reply.about, &listing, &walk, (since, oldest));
        // A hit that claims to be of tomorrow must not hide those of today.
        let newest = newest.map(|at| at.min(visit.now.timestamp()).to_string());
        walks.set(&reply.about, walk.read(newest, next.as_ref().map(|(at, _)| at.clone())));
        walks.keep(&self.queries);
        let next = next.map(|(_, request)| request).into_iter().collect();
        Ok(Page { posts, skipped, cursor: Some(walks.cursor()), next, ..Page::default() })
    }
}

impl HackerNews {
    /// Asks for the page of a query with which a poll begins: where the last walk broke off, if it did.
    fn first(&self, query: &str, visit: &Visit) -> Request {
        let walk = Walks::of(&visit.cursor).walk(query);
        let since = Self::since(&walk, visit.now);
        let (before, page) = walk.next.as_deref().and_then(position).unwrap_or((None, 0));
        self.ask(query, since, before, page)
    }

    /// Returns from when on posts are wanted.
    fn since(walk: &Walk, now: DateTime<Utc>) -> i64 {
        let read = walk.since.as_deref().and_then(|since| since.parse::<i64>().ok());
        let read = read.filter(|since| *since <= now.timestamp());
        read.map_or_else(|| (now - FIRST_LOOK).timestamp(), |since| since.saturating_sub(OVERLAP))
    }

    /// Returns the page behind this one, with its position, if there is one.
    fn behind(
        &self,
        query: &str,
        listing: &Value,
        walk: &Walk,
        (since, oldest): (i64, Option<i64>),
    ) -> Option<(String, Request)> {
        let count = |name: &str| usize::try_from(listing.get(name)?.as_u64()?).ok();
        let (page, pages) = (count("page")?, count("nbPages")?);
        let (mut before, _) = walk.next.as_deref().and_then(position).unwrap_or((None, 0));
        let mut next = page.saturating_add(1);
        let is_end_of_hits = next.saturating_mul(PER_PAGE) >= MOST_HITS;
        if next >= pages && !is_end_of_hits {
            return None;
        }
        if is_end_of_hits {
            // The next window ends where this one did; what was posted in that second comes again.
            let end = oldest?.saturating_add(1);
            if Some(end) == before {
                return None;
            }
            (before, next) = (Some(end), 0);
        }
        let place = format!("{}/{next}", before.map(|at| at.to_string()).unwrap_or_default());
        Some((place, self.ask(query, since, before, next)))
    }

    fn ask(&self, query: &str, since: i64, before: Option<i64>, page: usize) -> Request {
        let mut window = format!("created_at_i>{since}");
        if let Some(before) = before {
            window = format!("{window},created_at_i<{before}");
        }
        let (page, per_page) = (page.to_string(), PER_PAGE.to_string());
        let url = at(
            &self.base,
            "/api/v1/search_by_date",
            &[
                ("query", query),
                ("tags", &self.tags),
                ("numericFilters", &window),
                ("hitsPerPage", &per_page),
                ("page", &page),
                ("typoTolerance", "false"),
                ("queryType", "prefixNone"),
                ("attributesToHighlight", ""),
            ],
        );
        Request::api(url).about(query)
    }
}

/// Reads where a walk broke off: the end of its window, and the page.
fn position(written: &str) -> Option<(Option<i64>, usize)> {
    let (before, page) = written.split_once('/')?;
    Some((before.parse().ok(), page.parse().ok()?))
}

/// Reads an answer; a hit that was saved by itself is a list of one.
fn listing(reply: &Reply) -> Result<Value, Unreadable> {
    let text = String::from_utf8_lossy(&reply.body);
    let value =
        json::parse(&text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
    if value.get("objectID").is_some() {
        return Ok(serde_json::json!({ "hits": [value] }));
    }
    match value.get("message").and_then(Value::as_str) {
        Some(said) => Err(Unreadable(format!("the search says: {}", crate::text::visible(said)))),
        None => Ok(value),
    }
}

fn time(hit: &Value) -> Option<i64> {
    hit.get("created_at_i")?.as_i64()
}

fn post(hit: &Value) -> Option<Post> {
    let word = |name: &str| hit.get(name)?.as_str().filter(|text| !text.trim().is_empty());
    let number = |name: &str| hit.get(name)?.as_i64().map(|number| number.to_string());
    let id = word("objectID")?.to_owned();
    let comment = word("comment_text").map(html::plain);
    let is_comment = comment.is_some() || hit.get("parent_id").is_some_and(Value::is_number);
    let title = word(if is_comment { "story_title" } else { "title" }).map(html::plain);
    let mut text = comment.or_else(|| word("story_text").map(html::plain)).unwrap_or_default();
    // Some stories name what they are about only in the address to which they lead.
    if let Some(link) = word("url").filter(|_| !is_comment).map(html::clean) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&link);
    }
    if title.is_none() && text.is_empty() {
        return None;
    }
    let handle = word("author").map(str::to_owned);
    Some(Post {
        site: "news.ycombinator.com".into(),
        url: Some(format!("{PLACE}/item?id={id}")),
        has_own_url: true,
        title,
        text,
        author: Author {
            name: handle.clone(),
            url: handle.as_ref().map(|handle| format!("{PLACE}/user?id={handle}")),
            handle,
            followers: None,
        },
        published: time(hit).and_then(|at| DateTime::from_timestamp(at, 0)),
        parent: number("parent_id"),
        thread: number("story_id").or_else(|| (!is_comment).then(|| id.clone())),
        engagement: Engagement {
            likes: hit.get("points").and_then(Value::as_i64),
            replies: hit.get("num_comments").and_then(Value::as_u64),
            ..Engagement::default()
        },
        id: Some(id),
        ..Post::default()
    })
}

#[cfg(test)]
mod tests;
