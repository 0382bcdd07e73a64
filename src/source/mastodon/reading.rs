//! What a reply of a Mastodon server holds: a list of posts or notifications, what a search found, or
//! one of them by itself.

use super::status::{self, Found, date, word};
use crate::fetch::Reply;
use crate::post::Post;
use crate::source::Unreadable;
use crate::text::{cut, json, visible};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// The entries of a reply, as they came.
#[derive(Debug, Default)]
pub(super) struct Shape(Vec<Value>);

/// What a walk needs to know of an entry.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: Option<String>,
    pub(super) at: Option<DateTime<Utc>>,
}

/// Reads a reply.
pub(super) fn shape(reply: &Reply) -> Result<Shape, Unreadable> {
    if is_page(reply) {
        let what = "a page for people came instead of an answer: is `url` the address of the \
                    server itself, and does it let programs in?";
        return Err(Unreadable(what.into()));
    }
    let text = String::from_utf8_lossy(&reply.body);
    let value = json::parse(&text, json::MOST_API_BYTES);
    let mut value = value.map_err(|bad| Unreadable(bad.to_string()))?;
    if let Some(said) = word(&value, "error") {
        return Err(Unreadable(format!("the server says: {}", cut(&visible(said), 200))));
    }
    let mut take = |name: &str| match value.get_mut(name).map(Value::take) {
        Some(Value::Array(entries)) => Some(entries),
        _ => None,
    };
    if let Some(found) = take("statuses") {
        return Ok(Shape(found));
    }
    // A conversation.
    if let (Some(mut all), Some(below)) = (take("ancestors"), take("descendants")) {
        all.extend(below);
        return Ok(Shape(all));
    }
    match value {
        Value::Array(entries) => Ok(Shape(entries)),
        Value::Object(_) if value.get("content").is_some() || value.get("status").is_some() => {
            Ok(Shape(vec![value]))
        }
        // The server's word on itself.
        Value::Object(_) if value.get("version").is_some() => Ok(Shape::default()),
        _ => Err(Unreadable("the answer holds no posts: is this a Mastodon server?".into())),
    }
}

/// Returns the posts of a reply, and how many entries could not be read. `is_to_us`: they mention the
/// account.
pub(super) fn posts(shape: &Shape, home: &str, is_to_us: bool) -> (Vec<Post>, usize) {
    let statuses: Vec<&Value> = shape.0.iter().filter_map(status).collect();
    let mut skipped = shape.0.len() - statuses.len();
    let mut posts = Vec::new();
    for (entry, status) in shape.0.iter().filter_map(|entry| Some((entry, status(entry)?))) {
        let is_mention = is_to_us || word(entry, "type") == Some("mention");
        match status::post(status, home, is_mention, &statuses) {
            Found::Post(post) => posts.push(*post),
            Found::Unwanted => {}
            Found::Odd => skipped += 1,
        }
    }
    (posts, skipped)
}

/// Returns the post of an entry: its own, that of a notification, or that which it passes on.
fn status(entry: &Value) -> Option<&Value> {
    let inner = |entry, name| Value::get(entry, name).filter(|inner| inner.is_object());
    let status = inner(entry, "status").or(Some(entry).filter(|entry| entry.is_object()))?;
    Some(inner(status, "reblog").unwrap_or(status))
}

/// Returns the entries by whose ids the list is walked.
pub(super) fn items(shape: &Shape) -> Vec<Item> {
    let item = |entry: &Value| Item {
        id: match entry.get("id") {
            Some(Value::String(id)) => Some(id.clone()),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        },
        at: date(entry, "created_at"),
    };
    shape.0.iter().map(item).collect()
}

/// Returns the `max_id` of the page that the server names as the next.
pub(super) fn linked(reply: &Reply) -> Option<String> {
    let parts = reply.link.iter().flat_map(|link| link.split(','));
    let next = parts.filter(|part| part.contains("rel=\"next\"") || part.contains("rel=next"));
    for part in next {
        let (_, rest) = part.split_once('<')?;
        let (address, _) = rest.split_once('>')?;
        let (_, query) = address.split_once('?')?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        if let Some((_, id)) = pairs.find(|(name, _)| name == "max_id") {
            return Some(id.into_owned());
        }
    }
    None
}

/// Tells whether a reply is a page for people.
pub(super) fn is_page(reply: &Reply) -> bool {
    let start = reply.body.iter().find(|byte| !byte.is_ascii_whitespace());
    start == Some(&b'<')
}
