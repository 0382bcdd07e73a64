//! Posts as NDJSON, one a line: the form that `vahti probe` writes, and that of stored mentions.

use crate::post::{Author, Engagement, Post};
use crate::text::{cut, date, html, json, visible};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

/// The longest line that is read.
const MOST_LINE_BYTES: usize = 1024 * 1024;

/// The longest id, and the longest address.
const MOST_ID_CHARS: usize = 2000;

/// What was brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Brought {
    pub posts: Vec<Post>,
    /// The lines that are no posts, by their numbers from 1, and why.
    pub refused: Vec<(usize, String)>,
}

/// Reads posts of the source called `site`. A line that is none costs no other line; empty ones are
/// passed over.
pub fn read(body: &[u8], site: &str) -> Brought {
    let mut brought = Brought::default();
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    for (nth, line) in body.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        match post(line, site) {
            Ok(post) => brought.posts.extend(post),
            Err(why) => brought.refused.push((nth + 1, why)),
        }
    }
    settle_addresses(&mut brought.posts);
    brought
}

/// Finds out which addresses name one post alone. Several posts with one address are comments or
/// reviews on it, and so is a single one that answers another or gives stars: only their ids count.
fn settle_addresses(posts: &mut [Post]) {
    // The id, or the words where there is none, of the first post with this address; `None` where
    // others have it too.
    let mut owners: HashMap<String, Option<String>> = HashMap::new();
    for post in posts.iter() {
        let Some(url) = &post.url else { continue };
        let name = name(post);
        let owner = owners.entry(url.clone()).or_insert_with(|| Some(name.clone()));
        if owner.as_ref() != Some(&name) {
            *owner = None;
        }
    }
    for post in posts {
        let is_alone = post.url.as_ref().is_some_and(|url| owners.get(url) != Some(&None));
        let hangs_on = post.id.is_some() && (post.rating.is_some() || post.parent.is_some());
        post.has_own_url = is_alone && !hangs_on;
    }
}

fn name(post: &Post) -> String {
    let words = || format!("{} {}", post.title.as_deref().unwrap_or_default(), post.text);
    post.id.clone().unwrap_or_else(words)
}

/// Reads one line. A stored mention whose words were taken out holds nothing.
fn post(line: &[u8], site: &str) -> Result<Option<Post>, String> {
    let line = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    let value = json::parse(line, MOST_LINE_BYTES).map_err(|bad| match bad {
        json::Unfit::Malformed(_) => "it is no JSON".to_owned(),
        bad => bad.to_string(),
    })?;
    if !value.is_object() {
        return Err("it is no JSON object".into());
    }
    // A stored mention has an id for each brand, which is none of the post.
    let is_mention = value.get("brand").is_some() && value.get("sentiment").is_some();
    let id = if is_mention { None } else { word(&value, "id")? };
    if value.get("deleted") == Some(&Value::Bool(true)) {
        return match id {
            _ if is_mention => Ok(None),
            Some(id) => Ok(Some(Post::gone(site, id))),
            None => Err("it is deleted, and has no `id` that says which it is".into()),
        };
    }
    let post = Post {
        site: id.as_ref().map_or_else(String::new, |_| site.to_owned()),
        id,
        url: url(&value, "url")?,
        title: text(&value, "title")?
            .map(|title| title.split_whitespace().collect::<Vec<_>>().join(" ")),
        text: text(&value, "text")?.unwrap_or_default(),
        author: author(&value)?,
        published: time(&value, "published")?,
        // Only a hint: another word than a code says nothing.
        language: text(&value, "language")?.and_then(|code| code.parse().ok()),
        parent: word(&value, "parent")?,
        thread: word(&value, "thread")?,
        edited: time(&value, "edited")?,
        engagement: engagement(&value),
        rating: rating(&value)?,
        ..Post::default()
    };
    if post.title.is_none() && post.text.is_empty() {
        return Err("it has neither `title` nor `text`".into());
    }
    Ok(Some(post))
}

/// Returns a field that is there and not null.
fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).filter(|field| !field.is_null())
}

/// Returns a text, made clean; `None` where it is empty.
fn text(value: &Value, name: &str) -> Result<Option<String>, String> {
    match field(value, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(html::clean(text)).filter(|text| !text.is_empty())),
        Some(_) => Err(format!("`{name}` is no text")),
    }
}

/// Returns an id: a text or a number.
fn word(value: &Value, name: &str) -> Result<Option<String>, String> {
    let word = match field(value, name) {
        Some(Value::Number(number)) => number.to_string(),
        _ => match text(value, name)? {
            Some(text) => text,
            None => return Ok(None),
        },
    };
    match word.chars().count() {
        0..=MOST_ID_CHARS => Ok(Some(word)),
        _ => Err(format!("`{name}` is longer than {MOST_ID_CHARS} characters")),
    }
}

fn url(value: &Value, name: &str) -> Result<Option<String>, String> {
    let Some(text) = word(value, name)? else { return Ok(None) };
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(text)),
        _ => Err(format!("`{name}` is no web address: {}", shown(&text))),
    }
}

fn author(value: &Value) -> Result<Author, String> {
    match field(value, "author") {
        None => Ok(Author::default()),
        Some(Value::String(_)) => Ok(Author { name: text(value, "author")?, ..Author::default() }),
        Some(author @ Value::Object(_)) => Ok(Author {
            name: text(author, "name")?,
            handle: text(author, "handle")?
                .map(|handle| handle.trim_start_matches('@').to_owned())
                .filter(|handle| !handle.is_empty()),
            url: url(author, "url")?,
            followers: field(author, "followers").and_then(Value::as_u64),
        }),
        Some(_) => Err("`author` is neither an object nor a name".into()),
    }
}

/// Returns a time: a text, or seconds or milliseconds since 1970.
fn time(value: &Value, name: &str) -> Result<Option<DateTime<Utc>>, String> {
    let Some(written) = word(value, name)? else { return Ok(None) };
    match date::parse(&written) {
        Some(time) => Ok(Some(time)),
        None => Err(format!("`{name}` is no time: {}", shown(&written))),
    }
}

fn rating(value: &Value) -> Result<Option<u8>, String> {
    let Some(written) = field(value, "rating") else { return Ok(None) };
    // A mean is rounded.
    let stars = written.as_f64().unwrap_or_default().round();
    match (1..=5_u8).find(|known| (f64::from(*known) - stars).abs() < 0.5) {
        Some(stars) => Ok(Some(stars)),
        None => Err(format!("`rating` is none of 1 to 5: {}", shown(&written.to_string()))),
    }
}

fn engagement(value: &Value) -> Engagement {
    let count = |name: &str| value.get("engagement")?.get(name)?.as_u64();
    Engagement {
        likes: value.get("engagement").and_then(|all| all.get("likes")?.as_i64()),
        replies: count("replies"),
        shares: count("shares"),
        views: count("views"),
    }
}

fn shown(text: &str) -> String {
    visible(&cut(text, 80))
}
