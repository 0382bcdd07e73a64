//! `NodeBB`: every page is to be had as JSON below `/api`, page by page like the page itself.

use crate::post::{Author, Post};
use crate::source::forum::api::{self, Way, date, is_set, list, name, text};
use crate::source::forum::paging;
use crate::source::forum::reading::{Reading, Row};
use crate::text::html;
use serde_json::Value;
use url::Url;

const MOST_TITLE: usize = 1_000;
const MOST_NAME: usize = 200;

/// First segments of addresses that have an answer below `/api`.
const PLACES: [&str; 7] = ["category", "topic", "recent", "popular", "top", "tags", "world"];

/// Returns where what the page at `url` shows is as JSON.
pub(super) fn address(body: &str, url: &Url) -> Option<Url> {
    let folder = api::in_script(body, "relative_path").unwrap_or_default();
    let folder = folder.trim_end_matches('/');
    let rest: Vec<_> =
        url.path().strip_prefix(folder)?.split('/').filter(|part| !part.is_empty()).collect();
    let path = match rest.as_slice() {
        ["api", ..] => return None,
        ["topic", id, slug, ..] => format!("api/topic/{id}/{slug}"),
        ["category", id, slug, ..] => format!("api/category/{id}/{slug}"),
        [place, rest @ ..] if PLACES.contains(place) => [&["api", *place], rest].concat().join("/"),
        // The front page lists categories.
        [] | ["categories"] => "api/recent".to_owned(),
        _ => return None,
    };
    Some(api::below(url, folder, &path))
}

/// Reads a list or a topic; `None` if it is neither.
pub(super) fn read(value: &Value, url: &Url) -> Option<Reading> {
    let (folder, _) = api::folder(url, |part| part == "api")?;
    let site = Site { url, folder };
    let mut reading = if value.get("tid").is_some() {
        site.topic(value, list(value, "posts")?)
    } else {
        let topics = list(value, "topics").filter(|_| value.get("pagination").is_some())?;
        let rows: Vec<_> = topics.iter().filter_map(|topic| site.row(topic)).collect();
        Reading { skipped: topics.len() - rows.len(), rows, ..Reading::default() }
    };
    let pages = value.get("pagination");
    let count = pages.and_then(|pages| pages.get("pageCount")?.as_u64()).unwrap_or(1);
    let current = pages.and_then(|pages| pages.get("currentPage")?.as_u64()).unwrap_or(1);
    reading.next = (current < count).then(|| api::with_page(url, current + 1));
    reading.last = (current < count).then(|| api::with_page(url, count));
    reading.way = Way::NodeBb;
    Some(reading)
}

struct Site<'a> {
    url: &'a Url,
    folder: String,
}

impl Site<'_> {
    fn row(&self, topic: &Value) -> Option<Row> {
        let slug = text(topic, "slug")?;
        let (id, _) = slug.split_once('/').unwrap_or((slug, ""));
        if is_set(topic, "deleted") || is_set(topic, "scheduled") {
            return None;
        }
        let identity = paging::identity(&self.at(&format!("topic/{id}")));
        let address = self.at(&format!("api/topic/{slug}"));
        let marks = ["postcount", "lastposttime"].map(|key| name(topic, key).unwrap_or_default());
        let page = self.at(&format!("topic/{slug}"));
        let mut row = Row::new(&identity, address, page, Some(&marks.join(" ")));
        row.title = title(topic);
        row.author = topic.get("user").map(|user| self.author(user)).unwrap_or_default();
        row.last = date(topic, "lastposttimeISO").or_else(|| date(topic, "timestampISO"));
        Some(row)
    }

    fn topic(&self, value: &Value, posts: &[Value]) -> Reading {
        let title = title(value);
        let mut reading = Reading { title: title.clone(), moves: true, ..Reading::default() };
        for post in posts {
            if is_set(post, "deleted") {
                continue;
            }
            match self.post(post, title.clone()) {
                Some(post) => reading.posts.push(post),
                None => reading.skipped += 1,
            }
        }
        reading
    }

    fn post(&self, post: &Value, title: Option<String>) -> Option<Post> {
        let id = name(post, "pid")?;
        let content = post.get("content")?.as_str()?;
        let mut url = self.at("post");
        // An id from another server is an address itself.
        url.path_segments_mut().ok()?.push(&id);
        Some(Post {
            id: Some(id),
            site: paging::authority(self.url),
            url: Some(url.into()),
            has_own_url: true,
            title,
            text: api::own_words(content),
            author: post.get("user").map(|user| self.author(user)).unwrap_or_default(),
            published: date(post, "timestampISO"),
            parent: name(post, "toPid"),
            ..Post::default()
        })
    }

    fn author(&self, user: &Value) -> Author {
        let handle = text(user, "username").and_then(|name| api::line(name, MOST_NAME));
        let url = text(user, "userslug").map(|slug| self.at(&format!("user/{slug}")));
        Author { name: handle.clone(), handle, url: url.map(String::from), followers: None }
    }

    fn at(&self, path: &str) -> Url {
        api::below(self.url, &self.folder, path)
    }
}

/// Returns the title, of which there is one as written and one for HTML.
fn title(value: &Value) -> Option<String> {
    let raw = text(value, "titleRaw").map(html::escape);
    raw.as_deref().or_else(|| text(value, "title")).and_then(|title| api::line(title, MOST_TITLE))
}
