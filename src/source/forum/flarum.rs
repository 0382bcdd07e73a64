//! Flarum: an API in the form of JSON:API, and the same in the data that its pages carry for their
//! scripts. The pages themselves show neither ids nor dates.

use crate::post::{Author, Post};
use crate::source::forum::api::{self, Entry, Malformed, Way, date, is_set, list, name, text};
use crate::source::forum::paging;
use crate::source::forum::reading::{Reading, Row};
use crate::text::{html, json};
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

/// Posts asked for at once; no more are given.
const CHUNK: u64 = 50;
const MOST_TITLE: usize = 1_000;
const MOST_NAME: usize = 200;

/// Returns where what the page at `url` shows is in the API.
pub(super) fn address(body: &str, url: &Url) -> Option<Url> {
    let stated = api::in_script(body, "apiUrl").and_then(|stated| Url::parse(&stated).ok());
    let stated = stated.filter(|stated| paging::same_site(stated, url));
    let folder = match &stated {
        Some(stated) => stated.path().trim_end_matches('/').trim_end_matches("/api").to_owned(),
        None => api::folder(url, |part| ["d", "t", "all", "tags"].contains(&part))
            .map_or_else(|| url.path().trim_end_matches('/').to_owned(), |(folder, _)| folder),
    };
    let rest: Vec<_> =
        url.path().strip_prefix(&*folder)?.split('/').filter(|part| !part.is_empty()).collect();
    let site = Site { url, folder: folder.clone(), included: HashMap::new() };
    match rest.as_slice() {
        ["d", slug, ..] => {
            let (id, _) = slug.split_once('-').unwrap_or((slug, ""));
            Some(site.posts_of(id))
        }
        ["t", tag, ..] => {
            let list = site.at("api/discussions");
            Some(api::with_query(
                &api::with_query(&list, "filter[tag]", tag),
                "sort",
                "-lastPostedAt",
            ))
        }
        [] | ["all" | "tags", ..] => {
            Some(api::with_query(&site.at("api/discussions"), "sort", "-lastPostedAt"))
        }
        _ => None,
    }
}

/// Returns the posts in the data that a page carries; `None` if it is none of Flarum's.
pub(super) fn payload(body: &str, url: &Url) -> Option<Vec<Post>> {
    let (_, rest) = body.split_once("id=\"flarum-json-payload\"")?;
    let (_, rest) = rest.split_once('>')?;
    let (data, _) = rest.split_once("</script")?;
    let value = json::parse(data, json::MOST_API_BYTES).ok()?;
    let document = value.get("apiDocument")?;
    let folder = api::folder(url, |part| part == "d").map(|(folder, _)| folder)?;
    Some(Site { url, folder, included: included(document) }.document(document)?.posts)
}

/// Reads a list of topics or posts, or a topic; `None` if it is nothing of these.
pub(super) fn read(value: &Value, url: &Url) -> Option<Reading> {
    let (folder, _) = api::folder(url, |part| part == "api")?;
    let site = Site { url, folder, included: included(value) };
    let mut reading = site.document(value)?;
    let next = value.get("links").and_then(|links| text(links, "next"));
    reading.next = reading.next.or_else(|| url.join(next?).ok());
    reading.way = Way::Flarum;
    Some(reading)
}

/// Everything that a document names, by kind and id.
type Included<'v> = HashMap<(&'v str, &'v str), &'v Value>;

fn included(document: &Value) -> Included<'_> {
    let itself = document.get("data").filter(|data| data.is_object());
    let included = list(document, "included").into_iter().flatten().chain(itself);
    included.filter_map(|thing| Some(((text(thing, "type")?, text(thing, "id")?), thing))).collect()
}

struct Site<'a> {
    url: &'a Url,
    folder: String,
    included: Included<'a>,
}

impl<'a> Site<'a> {
    fn document(&self, document: &'a Value) -> Option<Reading> {
        match document.get("data")? {
            Value::Array(things) => Some(self.things(things)),
            topic if text(topic, "type") == Some("discussions") => Some(self.topic(topic)),
            _ => None,
        }
        .filter(|_| document.get("data").is_some_and(is_known))
    }

    fn things(&self, things: &'a [Value]) -> Reading {
        let mut reading = Reading { moves: true, ..Reading::default() };
        for thing in things {
            match text(thing, "type") {
                Some("discussions") => match self.row(thing) {
                    Ok(row) => reading.rows.extend(row),
                    Err(Malformed) => reading.skipped += 1,
                },
                Some("posts") => match self.post(thing) {
                    Ok(post) => reading.posts.extend(post),
                    Err(Malformed) => reading.skipped += 1,
                },
                _ => reading.skipped += 1,
            }
        }
        reading
    }

    /// Reads a topic with the posts that came with it; the others are asked for as posts.
    fn topic(&self, topic: &'a Value) -> Reading {
        let listed = topic.get("relationships").and_then(|all| list(all.get("posts")?, "data"));
        let listed: Vec<_> =
            listed.into_iter().flatten().filter_map(|post| text(post, "id")).collect();
        let here = listed.iter().filter_map(|id| self.included.get(&("posts", *id)).copied());
        let posts: Vec<_> = here.collect();
        let mut reading = Reading { moves: true, ..Reading::default() };
        for post in &posts {
            match self.post(post) {
                Ok(post) => reading.posts.extend(post),
                Err(Malformed) => reading.skipped += 1,
            }
        }
        let is_all = posts.len() == listed.len();
        reading.next = name(topic, "id").filter(|_| !is_all).map(|id| self.posts_of(&id));
        reading
    }

    /// Reads a row; nothing of a topic that was taken away.
    fn row(&self, topic: &Value) -> Entry<Row> {
        let id = name(topic, "id").ok_or(Malformed)?;
        let all = topic.get("attributes").ok_or(Malformed)?;
        if is_set(all, "isHidden") || all.get("hiddenAt").is_some_and(|at| !at.is_null()) {
            return Ok(None);
        }
        let identity = paging::identity(&self.at(&format!("d/{id}")));
        let page = self.at(&format!("d/{}", text(all, "slug").unwrap_or(&id)));
        let marks =
            ["commentCount", "lastPostNumber"].map(|key| name(all, key).unwrap_or_default());
        let mark = format!("{} {}", marks.join(" "), text(all, "lastPostedAt").unwrap_or_default());
        let mut row = Row::new(&identity, self.posts_of(&id), page, Some(&mark));
        row.title = title(all);
        row.author =
            self.related(topic, "user", "users").map(|user| self.author(user)).unwrap_or_default();
        row.last = date(all, "lastPostedAt").or_else(|| date(all, "createdAt"));
        Ok(Some(row))
    }

    /// Reads a post; nothing of one that nobody wrote or that was taken away.
    fn post(&self, post: &Value) -> Entry<Post> {
        let id = name(post, "id").ok_or(Malformed)?;
        let all = post.get("attributes").ok_or(Malformed)?;
        let is_written = text(all, "contentType").is_none_or(|kind| kind == "comment");
        let is_gone =
            is_set(all, "isHidden") || all.get("hiddenAt").is_some_and(|at| !at.is_null());
        if !is_written || is_gone {
            return Ok(None);
        }
        let content = all.get("contentHtml").or_else(|| all.get("content"));
        let content = content.and_then(Value::as_str).ok_or(Malformed)?;
        let topic = self.related(post, "discussion", "discussions").or_else(|| self.only_topic());
        let slug = topic.and_then(|topic| text(topic.get("attributes")?, "slug"));
        let slug = slug.or_else(|| text(topic?, "id"));
        let number = name(all, "number");
        let url = slug.zip(number).map(|(slug, number)| self.at(&format!("d/{slug}/{number}")));
        let author = self.related(post, "user", "users").map(|user| self.author(user));
        Ok(Some(Post {
            id: Some(id),
            site: paging::authority(self.url),
            has_own_url: url.is_some(),
            url: url.map(String::from),
            title: topic.and_then(|topic| title(topic.get("attributes")?)),
            text: api::own_words(content),
            author: author.unwrap_or_default(),
            published: date(all, "createdAt"),
            parent: answered(content),
            ..Post::default()
        }))
    }

    /// Returns the thing that another one names as its `role`.
    fn related(&self, thing: &Value, role: &str, kind: &str) -> Option<&'a Value> {
        let named = thing.get("relationships")?.get(role)?.get("data")?;
        self.included.get(&(kind, text(named, "id")?)).copied()
    }

    fn only_topic(&self) -> Option<&'a Value> {
        let mut topics = self.included.iter().filter(|((kind, _), _)| *kind == "discussions");
        topics.next().filter(|_| topics.next().is_none()).map(|(_, topic)| *topic)
    }

    fn author(&self, user: &Value) -> Author {
        let Some(all) = user.get("attributes") else { return Author::default() };
        let plain = |key| text(all, key).and_then(|name| api::line(&html::escape(name), MOST_NAME));
        let handle = plain("username");
        let url = text(all, "slug").or_else(|| text(all, "username"));
        let url = url.map(|slug| self.at(&format!("u/{slug}"))).map(String::from);
        Author {
            name: plain("displayName").or_else(|| handle.clone()),
            handle,
            url,
            followers: None,
        }
    }

    /// Returns where the posts of a topic are, the oldest first.
    fn posts_of(&self, id: &str) -> Url {
        let mut url = self.at("api/posts");
        let size = CHUNK.to_string();
        let query =
            [("filter[discussion]", id), ("sort", "number"), ("page[limit]", size.as_str())];
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    fn at(&self, path: &str) -> Url {
        api::below(self.url, &self.folder, path)
    }
}

/// Tells whether data is of topics or posts, or is an empty list.
fn is_known(data: &Value) -> bool {
    let first = data.as_array().map_or(Some(data), |things| things.first());
    first.is_none_or(|thing| matches!(text(thing, "type"), Some("discussions" | "posts")))
}

fn title(all: &Value) -> Option<String> {
    text(all, "title").and_then(|title| api::line(&html::escape(title), MOST_TITLE))
}

/// Returns the post that a text answers: one that begins by naming it.
fn answered(content: &str) -> Option<String> {
    let start = content.trim_start().strip_prefix("<p>")?.trim_start();
    let (tag, _) = start.strip_prefix("<a ")?.split_once('>')?;
    let (_, rest) = tag.contains("PostMention").then(|| tag.split_once("data-id=\""))??;
    let (id, _) = rest.split_once('"')?;
    (!id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())).then(|| id.to_owned())
}
