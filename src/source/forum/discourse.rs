//! Discourse: every page is to be had as JSON, a topic with the ids of all its posts.
//!
//! A post is known by its topic and its number in it, as on the page: the same id by either way. The
//! number stays when others are deleted. What `/t/ID.json` brings are twenty posts and all ids; the
//! others are asked for by id, twenty at a time, as the site's own scripts do.

use crate::post::{Author, Post};
use crate::source::forum::api::{self, Entry, Malformed, Way, date, is_set, list, name, text};
use crate::source::forum::paging;
use crate::source::forum::reading::{Reading, Row};
use crate::text::html;
use serde_json::Value;
use std::collections::HashSet;
use url::Url;

/// Posts asked for at once.
const CHUNK: usize = 20;
/// Of a topic with more new posts than this, the last ones are read.
const MOST_CHUNKS: usize = 9;
const MOST_TITLE: usize = 1_000;
const MOST_NAME: usize = 200;

/// First segments of addresses of a forum, below the folder it lies in.
const PLACES: [&str; 12] = [
    "latest",
    "new",
    "top",
    "hot",
    "unread",
    "categories",
    "c",
    "t",
    "tag",
    "tags",
    "posts",
    "search",
];

/// Returns where the list or topic that the page at `url` shows is as JSON.
pub(super) fn address(body: &str, url: &Url) -> Option<Url> {
    let (folder, rest) = place(body, url);
    let path = match rest.as_slice() {
        ["t", numbers] if is_number(numbers) => format!("t/{numbers}.json"),
        ["t", slug, topic, ..] if is_number(topic) => format!("t/{slug}/{topic}.json"),
        ["c", path @ ..] => {
            let path: Vec<_> = path.iter().copied().take_while(|part| *part != "l").collect();
            let is_named = path.last().is_some_and(|last| is_number(last));
            is_named.then(|| format!("c/{}/l/latest.json", path.join("/")))?
        }
        ["tag", tag, ..] => format!("tag/{tag}/l/latest.json"),
        ["posts"] => "posts.json".to_owned(),
        [] | ["latest" | "new" | "top" | "hot" | "categories", ..] => "latest.json".to_owned(),
        _ => return None,
    };
    Some(api::below(url, &folder, &path))
}

/// Returns the folder that the forum lies in, and the segments below.
fn place<'u>(body: &str, url: &'u Url) -> (String, Vec<&'u str>) {
    let stated = body
        .split_once("data-base-uri=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(folder, _)| folder.trim_end_matches('/'));
    if let Some(rest) = stated.and_then(|folder| url.path().strip_prefix(folder)) {
        let folder = stated.unwrap_or_default().to_owned();
        return (folder, rest.split('/').filter(|part| !part.is_empty()).collect());
    }
    api::folder(url, |part| PLACES.contains(&part))
        .unwrap_or_else(|| (url.path().trim_end_matches('/').to_owned(), Vec::new()))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Reads a list, a topic, a part of one, or the newest posts; `None` if it is nothing of these.
pub(super) fn read(value: &Value, url: &Url, asked: &Url) -> Option<Reading> {
    // `x.json` is a place too: its name without the ending.
    let folder = api::folder(url, |part| {
        PLACES.contains(&part) || part.strip_suffix(".json").is_some_and(|p| PLACES.contains(&p))
    });
    let (folder, _) = folder.unwrap_or_default();
    let site = Site { url, folder };
    let mut reading = if let Some(topics) = value.get("topic_list") {
        site.list(value, list(topics, "topics")?, topics)
    } else if let Some(stream) = value.get("post_stream") {
        site.topic(value, list(stream, "posts")?, list(stream, "stream"), asked)
    } else {
        site.newest(list(value, "latest_posts")?)
    };
    reading.way = Way::Discourse;
    Some(reading)
}

/// The forum that an answer is from.
struct Site<'a> {
    url: &'a Url,
    folder: String,
}

impl Site<'_> {
    fn list(&self, value: &Value, topics: &[Value], list: &Value) -> Reading {
        let users = api::list(value, "users").map(Vec::as_slice).unwrap_or_default();
        let rows: Vec<_> = topics.iter().filter_map(|topic| self.row(topic, users)).collect();
        let skipped = topics.len() - rows.len();
        let page = api::number(self.url, "page").unwrap_or(0);
        let next = text(list, "more_topics_url").and_then(|_| page.checked_add(1));
        let next = next.map(|page| api::with_page(self.url, page));
        Reading { rows, skipped, next, ..Reading::default() }
    }

    fn row(&self, topic: &Value, users: &[Value]) -> Option<Row> {
        let id = name(topic, "id").filter(|id| is_number(id))?;
        let slug = text(topic, "slug").unwrap_or("-");
        let address = self.at(&format!("t/{slug}/{id}.json"));
        let last = date(topic, "last_posted_at").or_else(|| date(topic, "created_at"));
        let marks =
            ["highest_post_number", "posts_count"].map(|key| name(topic, key).unwrap_or_default());
        let mark = format!("{} {} {}", marks.join(" "), last.unwrap_or_default(), id);
        let identity = paging::identity(&self.at(&format!("t/{id}")));
        let mut row = Row::new(&identity, address, self.at(&format!("t/{slug}/{id}")), Some(&mark));
        row.title =
            text(topic, "title").and_then(|title| api::line(&html::escape(title), MOST_TITLE));
        row.last = last;
        let first = list(topic, "posters").and_then(|posters| posters.first());
        let first = first.and_then(|poster| name(poster, "user_id"));
        let user = users.iter().find(|user| first.is_some() && name(user, "id") == first);
        row.author = user.map(|user| self.author(user)).unwrap_or_default();
        Some(row)
    }

    fn topic(
        &self,
        value: &Value,
        posts: &[Value],
        stream: Option<&Vec<Value>>,
        asked: &Url,
    ) -> Reading {
        let title =
            text(value, "title").and_then(|title| api::line(&html::escape(title), MOST_TITLE));
        let slug = text(value, "slug");
        let mut reading = Reading { title: title.clone(), ..Reading::default() };
        for post in posts {
            match self.post(post, title.as_deref(), slug) {
                Ok(post) => reading.posts.extend(post),
                Err(Malformed) => reading.skipped += 1,
            }
        }
        let Some(topic) = name(value, "id").filter(|id| is_number(id)) else { return reading };
        let ids: Vec<u64> = stream.into_iter().flatten().filter_map(Value::as_u64).collect();
        let Some(newest) = ids.iter().max() else { return reading };
        let shown: HashSet<u64> =
            posts.iter().filter_map(|post| post.get("id")?.as_u64()).collect();
        // What an earlier visit read already stands in our own note.
        let after = asked.fragment().and_then(|note| note.strip_prefix("after="));
        let after: u64 = after.and_then(|id| id.parse().ok()).unwrap_or(0);
        let is_missing = |id: &&u64| **id > after && !shown.contains(id);
        let missing: Vec<u64> = ids.iter().filter(is_missing).copied().collect();
        let surplus = missing.len().saturating_sub(CHUNK * MOST_CHUNKS);
        let wanted = missing.get(surplus..).unwrap_or_default();
        reading.rest = wanted.chunks(CHUNK).map(|ids| self.chunk(&topic, ids)).collect();
        let slug = slug.unwrap_or("-");
        let number = name(value, "highest_post_number").filter(|number| is_number(number));
        let number = number.map(|number| format!("/{number}")).unwrap_or_default();
        let mut resume = self.at(&format!("t/{slug}/{topic}{number}.json"));
        resume.set_fragment(Some(&format!("after={newest}")));
        reading.resume = Some(resume);
        reading
    }

    fn chunk(&self, topic: &str, ids: &[u64]) -> Url {
        let mut url = self.at(&format!("t/{topic}/posts.json"));
        url.query_pairs_mut().extend_pairs(ids.iter().map(|id| ("post_ids[]", id.to_string())));
        url
    }

    fn newest(&self, posts: &[Value]) -> Reading {
        let mut reading = Reading::default();
        for post in posts {
            match self.post(post, None, None) {
                Ok(post) => reading.posts.extend(post),
                Err(Malformed) => reading.skipped += 1,
            }
        }
        let oldest = posts.iter().filter_map(|post| post.get("id")?.as_u64()).min();
        let before = oldest.and_then(|id| id.checked_sub(1)).filter(|before| *before > 0);
        reading.next = before.map(|id| api::with_query(self.url, "before", &id.to_string()));
        reading
    }

    /// Reads a post; nothing of one that nobody wrote or that was taken away.
    fn post(&self, post: &Value, title: Option<&str>, slug: Option<&str>) -> Entry<Post> {
        let topic = name(post, "topic_id").filter(|id| is_number(id)).ok_or(Malformed)?;
        let number = name(post, "post_number").filter(|id| is_number(id)).ok_or(Malformed)?;
        let cooked = post.get("cooked").and_then(Value::as_str).ok_or(Malformed)?;
        // 1 is a post, 2 a moderator's; what is above are notes of the machine and whispers.
        let is_written = post.get("post_type").and_then(Value::as_u64).is_none_or(|kind| kind <= 2);
        let is_gone = post.get("deleted_at").is_some_and(|at| !at.is_null());
        if !is_written || is_gone || is_set(post, "user_deleted") || is_set(post, "hidden") {
            return Ok(None);
        }
        let slug = text(post, "topic_slug").or(slug).unwrap_or("-");
        let url = self.at(&format!("t/{slug}/{topic}/{number}"));
        let own =
            text(post, "topic_title").and_then(|title| api::line(&html::escape(title), MOST_TITLE));
        let quotes = |tag: &str| tag.contains("quote");
        Ok(Some(Post {
            id: Some(number),
            site: site(self.url, &topic),
            has_own_url: true,
            url: Some(url.into()),
            title: title.map(str::to_owned).or(own),
            text: html::plain(&api::without(cooked, "aside", quotes)),
            author: self.author(post),
            published: date(post, "created_at"),
            parent: name(post, "reply_to_post_number"),
            ..Post::default()
        }))
    }

    fn author(&self, user: &Value) -> Author {
        let handle =
            text(user, "username").and_then(|name| api::line(&html::escape(name), MOST_NAME));
        let shown = text(user, "name").and_then(|name| api::line(&html::escape(name), MOST_NAME));
        let url = handle.as_ref().map(|handle| self.at(&format!("u/{handle}")));
        // Pages show the account's name; what people call themselves may be anything.
        Author {
            name: handle.clone().or(shown),
            handle,
            url: url.map(String::from),
            followers: None,
        }
    }

    fn at(&self, path: &str) -> Url {
        api::below(self.url, &self.folder, path)
    }
}

/// Returns within what the posts of the topic at `url` have unique numbers, where it tells.
pub(super) fn site_of_page(url: &Url) -> Option<String> {
    let (_, rest) = api::folder(url, |part| part == "t")?;
    let topic = rest.iter().skip(1).find(|part| is_number(part))?;
    Some(site(url, topic))
}

/// Returns within what the numbers of a topic's posts are unique: as where a page is read.
fn site(url: &Url, topic: &str) -> String {
    format!("{}/{topic}", paging::authority(url))
}
