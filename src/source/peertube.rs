//! `PeerTube`: the video search of one server, or of all at once by an index such as Sepia Search, which
//! answers the same.
//!
//! `GET /api/v1/search/videos`, as the project documents it: at most 100 a page, newest first with
//! `sort=-publishedAt`, errors as RFC 7807 has them.

use super::search::{self, Dialect};
use super::site::{Key, Site, Sort, Watch, Wrong, at};
use super::walk::{self, Walk, Walks, in_turn};
use super::{Kind, Page, Source, Unreadable, Visit};
use crate::fetch::{Reply, Request};
use crate::post::{Author, Concerns, Engagement, Post};
use crate::text::{html, json};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::Value;
use url::Url;

pub const SITE: Site = Site {
    kind: Kind::PeerTube,
    host: "https://sepiasearch.org",
    keys: &[Key {
        name: "languages",
        sort: Sort::Texts,
        is_needed: false,
        such: "[\"fi\", \"en\"]",
    }],
    concerns: Concerns::Named,
    needs: "",
    build,
};

/// Videos of one page, and pages of one walk.
const PER_PAGE: usize = 100;
const MOST: usize = 1000;

/// How far back a first poll looks, and how much is asked for once more: servers hear of each other's
/// videos late.
const FIRST_LOOK: Duration = Duration::days(30);
const OVERLAP: Duration = Duration::days(1);

/// What a request is about where there is nothing to search for. No query is so.
const NOTHING: &str = " nothing";

struct PeerTube {
    base: Url,
    queries: Vec<String>,
    languages: Vec<String>,
}

#[expect(clippy::unnecessary_wraps, reason = "what a kind is built with has this shape")]
fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    Ok(Box::new(PeerTube {
        queries: search::queries(&watch.keywords, &Dialect::PLAIN),
        languages: watch.given.texts("languages").to_vec(),
        base: watch.base,
    }))
}

impl Source for PeerTube {
    fn open(&self, visit: &Visit) -> Request {
        if let Some(query) = in_turn(self.queries.iter().collect(), visit.now).first() {
            return self.first(query, visit);
        }
        let least = [("search", ""), ("count", "1")];
        Request::api(at(&self.base, "/api/v1/search/videos", &least)).about(NOTHING)
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        let queries = in_turn(self.queries.iter().collect(), visit.now);
        queries.into_iter().skip(1).map(|query| self.first(query, visit)).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let text = String::from_utf8_lossy(&reply.body);
        let answer =
            json::parse(&text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
        let one = [answer.clone()];
        let videos = match answer.get("data").and_then(Value::as_array) {
            Some(videos) => videos.as_slice(),
            None if answer.get("uuid").is_some() => &one,
            None => {
                let said = answer.get("detail").or(answer.get("error")).and_then(Value::as_str);
                let said = said.unwrap_or("the answer holds no videos");
                return Err(Unreadable(crate::text::visible(said)));
            }
        };
        if reply.about == NOTHING {
            return Ok(walk::no_lists());
        }
        let posts: Vec<Post> = videos.iter().filter_map(post).collect();
        let mut walks = Walks::of(&visit.cursor);
        let walk = walks.walk(&reply.about);
        let start = start(&walk);
        let end = start + PER_PAGE;
        let is_more = videos.len() >= PER_PAGE && end < MOST;
        let next = is_more
            .then(|| (end.to_string(), self.ask(&reply.about, walk.since.as_deref(), end, visit)));
        let newest = posts.iter().filter_map(|post| post.published).max();
        // A video that claims to be of tomorrow must not hide those of today.
        let newest =
            newest.map(|at| at.min(visit.now).to_rfc3339_opts(SecondsFormat::Millis, true));
        walks.set(&reply.about, walk.read(newest, next.as_ref().map(|(end, _)| end.clone())));
        walks.keep(&self.queries);
        Ok(Page {
            skipped: videos.len() - posts.len(),
            posts,
            cursor: Some(walks.cursor()),
            next: next.map(|(_, request)| request).into_iter().collect(),
            ..Page::default()
        })
    }
}

impl PeerTube {
    fn first(&self, query: &str, visit: &Visit) -> Request {
        let walk = Walks::of(&visit.cursor).walk(query);
        self.ask(query, walk.since.as_deref(), start(&walk), visit)
    }

    fn ask(&self, query: &str, since: Option<&str>, start: usize, visit: &Visit) -> Request {
        let read: Option<DateTime<Utc>> = since.and_then(|since| since.parse().ok());
        let read = read.filter(|read| (DateTime::UNIX_EPOCH..=visit.now).contains(read));
        let since = read.map_or(visit.now - FIRST_LOOK, |read| read - OVERLAP);
        let since = since.to_rfc3339_opts(SecondsFormat::Millis, true);
        let (start, count) = (start.to_string(), PER_PAGE.to_string());
        let mut url = at(
            &self.base,
            "/api/v1/search/videos",
            &[
                ("search", query),
                ("sort", "-publishedAt"),
                ("startDate", &since),
                ("start", &start),
                ("count", &count),
            ],
        );
        let languages = self.languages.iter().map(|language| ("languageOneOf", language));
        url.query_pairs_mut().extend_pairs(languages);
        Request::api(url).about(query)
    }
}

/// Returns at which video the page begins with which a walk goes on.
fn start(walk: &Walk) -> usize {
    let next = walk.next.as_deref().and_then(|next| next.parse().ok());
    next.filter(|start| *start < MOST).unwrap_or(0)
}

fn post(video: &Value) -> Option<Post> {
    let word = |value: &Value, name: &str| {
        let text = html::clean(value.get(name)?.as_str()?);
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let time = |name: &str| video.get(name)?.as_str()?.parse::<DateTime<Utc>>().ok();
    let number = |name: &str| video.get(name)?.as_u64();
    let account = video.get("account").or(video.get("channel")).unwrap_or(&Value::Null);
    let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    let url = word(video, "url").filter(is_web);
    let published = time("publishedAt");
    Some(Post {
        id: Some(word(video, "uuid")?),
        has_own_url: url.is_some(),
        url,
        title: Some(word(video, "name")?),
        text: word(video, "description")
            .or(word(video, "truncatedDescription"))
            .unwrap_or_default(),
        author: Author {
            name: word(account, "displayName"),
            handle: word(account, "name")
                .zip(word(account, "host"))
                .map(|(name, host)| format!("{name}@{host}")),
            url: word(account, "url").filter(is_web),
            followers: account.get("followersCount").and_then(Value::as_u64),
        },
        published,
        edited: time("updatedAt").filter(|at| published.is_some_and(|published| *at > published)),
        language: video
            .pointer("/language/id")
            .and_then(Value::as_str)
            .and_then(|id| id.parse().ok()),
        engagement: Engagement {
            likes: number("likes").and_then(|likes| i64::try_from(likes).ok()),
            views: number("views"),
            replies: number("comments"),
            shares: None,
        },
        ..Post::default()
    })
}

#[cfg(test)]
mod tests;
