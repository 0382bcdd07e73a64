//! What Discourse answers: the newest posts, a topic, one post, or what a search found.

use crate::post::{Author, Engagement, Post};
use crate::source::forum::api;
use crate::source::site::at;
use crate::text::{cut, html};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

const MOST_TITLE: usize = 1_000;
const MOST_NAME: usize = 200;

/// The action that is a like.
const LIKE: u64 = 2;

/// The kinds of posts that people write: 1, and 2 for moderators. 3 are notes of the machine, 4 whispers
/// among those who run the forum.
const LAST_WRITTEN: u64 = 2;

/// An answer.
pub(super) enum Document {
    Posts(Posts),
    Search(Hits),
}

/// Posts as a whole.
#[derive(Default)]
pub(super) struct Posts {
    /// Each with its number in its topic.
    pub(super) numbered: Vec<(u64, Post)>,
    pub(super) skipped: usize,
    /// Of all entries, also of those that nobody wrote.
    pub(super) ids: Vec<u64>,
    pub(super) oldest: Option<DateTime<Utc>>,
}

/// What a search found.
#[derive(Default)]
pub(super) struct Hits {
    pub(super) found: Vec<Hit>,
    pub(super) skipped: usize,
    /// Whether there is another page.
    pub(super) has_more: bool,
}

/// One post that a search found, with a few lines of its text.
pub(super) struct Hit {
    /// Where it stands: `TOPIC/NUMBER`.
    pub(super) at: String,
    pub(super) post: Post,
}

/// Tells whether this is `TOPIC/NUMBER`.
pub(super) fn is_hit(written: &str) -> bool {
    let is_number =
        |text: &str| (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    written.split_once('/').is_some_and(|(topic, number)| is_number(topic) && is_number(number))
}

impl Posts {
    pub(super) fn posts(self) -> Vec<Post> {
        self.numbered.into_iter().map(|(_, post)| post).collect()
    }
}

/// Where a forum is.
pub(super) struct Place {
    /// `None` where nobody said.
    base: Option<Url>,
    /// Within what ids are unique: its host, and its folder if it lies in one.
    site: String,
}

/// Said of an entry that cannot be read.
struct Malformed;

/// What a post is told beside itself.
#[derive(Default, Clone, Copy)]
struct Topic<'v> {
    title: Option<&'v str>,
    slug: Option<&'v str>,
}

impl Place {
    pub(super) fn new(base: &Url, is_known: bool) -> Self {
        let port = base.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = base.host_str().unwrap_or_default();
        let site = format!("{host}{port}{}", base.path().trim_end_matches('/'));
        Self { base: is_known.then(|| base.clone()), site }
    }

    /// Reads an answer by its shape; `None` if it holds no posts.
    pub(super) fn read(&self, value: &Value) -> Option<Document> {
        if let Some(posts) = list(value, "latest_posts") {
            return Some(Document::Posts(self.posts(posts, Topic::default())));
        }
        if let Some(stream) = value.get("post_stream") {
            let topic = Topic { title: word(value, "title"), slug: word(value, "slug") };
            return Some(Document::Posts(self.posts(list(stream, "posts")?, topic)));
        }
        if value.get("grouped_search_result").is_some() {
            return Some(Document::Search(self.hits(value)));
        }
        let is_post = value.get("cooked").is_some() && value.get("topic_id").is_some();
        let one = is_post.then(|| self.posts(std::slice::from_ref(value), Topic::default()));
        one.map(Document::Posts)
    }

    fn posts(&self, all: &[Value], topic: Topic<'_>) -> Posts {
        let key = |post: &Value| Some((number(post, "topic_id")?, number(post, "post_number")?));
        // A post names what it answers by its number in the topic.
        let ids: HashMap<(u64, u64), u64> =
            all.iter().filter_map(|post| Some((key(post)?, number(post, "id")?))).collect();
        let mut read = Posts::default();
        for value in all {
            read.ids.extend(number(value, "id"));
            read.oldest = match (read.oldest, date(value, "created_at")) {
                (Some(oldest), Some(at)) => Some(oldest.min(at)),
                (oldest, at) => oldest.or(at),
            };
            match self.post(value, topic, &ids) {
                Ok(Some(post)) => {
                    read.numbered.push((number(value, "post_number").unwrap_or(0), post));
                }
                Ok(None) => {}
                Err(Malformed) => read.skipped += 1,
            }
        }
        read
    }

    /// Reads a post; nothing of one that nobody wrote.
    fn post(
        &self,
        value: &Value,
        topic: Topic<'_>,
        ids: &HashMap<(u64, u64), u64>,
    ) -> Result<Option<Post>, Malformed> {
        let needed = |name: &str| number(value, name).ok_or(Malformed);
        let (id, of, nth) = (needed("id")?, needed("topic_id")?, needed("post_number")?);
        if number(value, "post_type").is_some_and(|kind| kind > LAST_WRITTEN) {
            return Ok(None);
        }
        let is = |name: &str| value.get(name).is_some_and(|is| is == true);
        let is_deleted = value.get("deleted_at").is_some_and(|at| !at.is_null());
        if is_deleted || is("user_deleted") {
            return Ok(Some(Post::gone(&self.site, id.to_string())));
        }
        // Flagged by readers: a moderator may show it again.
        if is("hidden") {
            return Ok(None);
        }
        let cooked = value.get("cooked").and_then(Value::as_str).ok_or(Malformed)?;
        let text = html::plain(&api::without(cooked, "aside", |tag| tag.contains("quote")));
        let answered = number(value, "reply_to_post_number");
        let own = Topic {
            title: word(value, "topic_title").or(topic.title),
            slug: word(value, "topic_slug").or(topic.slug),
        };
        let created = date(value, "created_at");
        let is_edited = number(value, "version").is_some_and(|version| version > 1);
        Ok(Some(Post {
            text,
            parent: answered.and_then(|nth| ids.get(&(of, nth))).map(u64::to_string),
            edited: date(value, "updated_at").filter(|at| is_edited && Some(*at) != created),
            engagement: Engagement {
                likes: likes(value),
                replies: number(value, "reply_count"),
                shares: None,
                views: number(value, "reads"),
            },
            ..self.common(value, (id, of, nth), own)
        }))
    }

    fn hits(&self, value: &Value) -> Hits {
        let found = list(value, "posts").map(Vec::as_slice).unwrap_or_default();
        let topics: HashMap<u64, &Value> = list(value, "topics")
            .into_iter()
            .flatten()
            .filter_map(|topic| Some((number(topic, "id")?, topic)))
            .collect();
        let hits: Vec<Hit> = found.iter().filter_map(|hit| self.hit(hit, &topics)).collect();
        let more = value.pointer("/grouped_search_result/more_full_page_results");
        Hits {
            skipped: found.len() - hits.len(),
            has_more: more.is_some_and(|more| *more == true) && !hits.is_empty(),
            found: hits,
        }
    }

    fn hit(&self, hit: &Value, topics: &HashMap<u64, &Value>) -> Option<Hit> {
        let (of, nth) = (number(hit, "topic_id")?, number(hit, "post_number")?);
        let id = number(hit, "id")?;
        let topic = topics
            .get(&of)
            .map(|topic| Topic { title: word(topic, "title"), slug: word(topic, "slug") });
        let post = Post {
            text: word(hit, "blurb").map(html::clean).unwrap_or_default(),
            engagement: Engagement {
                likes: hit.get("like_count").and_then(Value::as_i64),
                ..Engagement::default()
            },
            ..self.common(hit, (id, of, nth), topic.unwrap_or_default())
        };
        Some(Hit { at: format!("{of}/{nth}"), post })
    }

    /// What is said of a post wherever it stands.
    fn common(&self, value: &Value, (id, of, nth): (u64, u64, u64), topic: Topic<'_>) -> Post {
        // The same address as the kind `forum` gives it.
        let slug = topic.slug.unwrap_or("-");
        let url = self.base.as_ref().map(|base| at(base, &format!("/t/{slug}/{of}/{nth}"), &[]));
        let title = topic.title.map(|title| cut(&html::clean(title), MOST_TITLE));
        Post {
            id: Some(id.to_string()),
            site: self.site.clone(),
            has_own_url: url.is_some(),
            url: url.map(String::from),
            title: title.filter(|title| !title.is_empty()),
            author: self.author(value),
            published: date(value, "created_at"),
            thread: Some(of.to_string()),
            ..Post::default()
        }
    }

    fn author(&self, value: &Value) -> Author {
        let name = |name: &str| {
            let name = word(value, name).map(|name| cut(&html::clean(name), MOST_NAME));
            name.filter(|name| !name.is_empty())
        };
        let handle = name("username");
        let url = self.base.as_ref().zip(handle.as_ref());
        let url = url.map(|(base, handle)| at(base, &format!("/u/{handle}"), &[]).into());
        Author { name: name("name").or_else(|| handle.clone()), handle, url, followers: None }
    }
}

/// Returns how many liked a post. Where nobody did, newer forums do not mention it.
fn likes(value: &Value) -> Option<i64> {
    let actions = list(value, "actions_summary")?;
    let like = actions.iter().find(|action| number(action, "id") == Some(LIKE));
    like.map_or(Some(0), |like| like.get("count").map_or(Some(0), Value::as_i64))
}

fn list<'v>(value: &'v Value, name: &str) -> Option<&'v Vec<Value>> {
    value.get(name)?.as_array()
}

fn number(value: &Value, name: &str) -> Option<u64> {
    value.get(name)?.as_u64()
}

fn word<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().filter(|text| !text.trim().is_empty())
}

fn date(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc3339(word(value, name)?.trim()).ok()?;
    Some(date.to_utc())
}
