//! What a reply of Bluesky holds: posts that a search found, notifications, a conversation, or one post
//! by itself.

use super::view::{self, Found};
use crate::fetch::Reply;
use crate::post::Post;
use crate::source::Unreadable;
use crate::text::{cut, json, visible};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// The entries of a reply, as they came.
#[derive(Debug, Default)]
pub(super) struct Shape {
    entries: Vec<Value>,
    are_notifications: bool,
    /// The server's word for the next page.
    pub(super) cursor: Option<String>,
}

impl Shape {
    /// Returns the posts, and how many entries could not be read.
    pub(super) fn posts(&self, is_signed_in: bool) -> (Vec<Post>, usize) {
        let (mut posts, mut skipped) = (Vec::new(), 0);
        for entry in &self.entries {
            let found = if self.are_notifications {
                view::notified(entry, is_signed_in)
            } else {
                view::post(entry, is_signed_in)
            };
            match found {
                Found::Post(post) => posts.push(*post),
                Found::Unwanted => {}
                Found::Odd => skipped += 1,
            }
        }
        (posts, skipped)
    }

    /// Returns the times by which the list is in order.
    pub(super) fn times(&self) -> Vec<DateTime<Utc>> {
        let time = |entry: &Value| {
            if self.are_notifications { view::indexed(entry) } else { view::sorted(entry) }
        };
        self.entries.iter().filter_map(time).collect()
    }

    /// Returns how many entries there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Leaves out what the server saw before this.
    pub(super) fn forget_before(&mut self, begin: DateTime<Utc>) {
        self.entries.retain(|entry| view::indexed(entry).is_none_or(|at| at >= begin));
    }

    /// Tells whether there is anything of a post with this id, be it wanted or not.
    pub(super) fn holds(&self, uri: &str) -> bool {
        self.entries.iter().any(|entry| entry.get("uri").and_then(Value::as_str) == Some(uri))
    }
}

/// Reads a reply.
pub(super) fn shape(reply: &Reply) -> Result<Shape, Unreadable> {
    let start = reply.body.iter().find(|byte| !byte.is_ascii_whitespace());
    if start == Some(&b'<') {
        let what = "a page for people came instead of an answer: does the server let programs in?";
        return Err(Unreadable(what.into()));
    }
    let text = String::from_utf8_lossy(&reply.body);
    let value = json::parse(&text, json::MOST_API_BYTES);
    let mut value = value.map_err(|bad| Unreadable(bad.to_string()))?;
    if let Some(error) = value.get("error").and_then(Value::as_str) {
        let message = value.get("message").and_then(Value::as_str).unwrap_or_default();
        let said = cut(&visible(&format!("{error} {message}")), 200);
        return Err(Unreadable(format!("the server says: {said}")));
    }
    let cursor = value.get("cursor").and_then(Value::as_str).filter(|cursor| !cursor.is_empty());
    let cursor = cursor.map(str::to_owned);
    let are_notifications = value.get("notifications").is_some();
    let mut take = |name: &str| match value.get_mut(name).map(Value::take) {
        Some(Value::Array(entries)) => Some(entries),
        _ => None,
    };
    if let Some(entries) = take("posts").or_else(|| take("notifications")) {
        return Ok(Shape { entries, are_notifications, cursor });
    }
    if let Some(feed) = take("feed") {
        let entries = feed.into_iter().filter_map(|mut item| Some(item.get_mut("post")?.take()));
        return Ok(Shape { entries: entries.collect(), are_notifications, cursor });
    }
    if let Some(thread) = value.get_mut("thread") {
        return Ok(Shape { entries: conversation(thread.take()), ..Shape::default() });
    }
    if value.get("uri").is_some() && value.get("record").is_some() {
        let are_notifications = value.get("reason").is_some();
        return Ok(Shape { entries: vec![value], are_notifications, cursor });
    }
    Err(Unreadable("the answer holds no posts".into()))
}

/// Returns the posts of a conversation: the one that was asked for, what it answers, and its answers.
fn conversation(thread: Value) -> Vec<Value> {
    let (mut posts, mut left) = (Vec::new(), vec![thread]);
    while let Some(mut node) = left.pop() {
        posts.extend(node.get_mut("post").map(Value::take));
        left.extend(node.get_mut("parent").map(Value::take));
        if let Some(Value::Array(replies)) = node.get_mut("replies").map(Value::take) {
            left.extend(replies);
        }
    }
    posts
}
