//! A reply that was saved by itself: its shape tells what it answers. What a webhook names, a mention
//! in a caption or a comment, can be read this way.

use super::items::{comment, media};
use crate::post::Concerns;
use crate::source::facebook::inbox::{Inbox, entries};
use crate::source::facebook::items::{INSTAGRAM, is_by, message, word};
use crate::source::facebook::{saved, webhook};
use crate::source::{Page, Unreadable};
use serde_json::Value;

/// Reads a list, an object of items by their ids, a single item, a mention or what a webhook brought.
pub(super) fn read(value: &Value, account: &str) -> Result<Page, Unreadable> {
    if value.get("entry").is_some_and(Value::is_array) {
        return Ok(webhook::read(value, account));
    }
    let mentioned = ["mentioned_media", "mentioned_comment"].map(|name| value.get(name));
    let items = match mentioned {
        [None, None] => saved::items_of(value)?,
        mentioned => mentioned.into_iter().flatten().collect(),
    };
    let is_tag = |item: &&Value| item.get("name").is_some() && item.get("timestamp").is_none();
    if !items.is_empty() && items.iter().all(is_tag) {
        return Err(Unreadable("this names a hashtag, and nothing that was written".into()));
    }
    let mut page = Page::default();
    for item in items {
        take(item, account, &mut page);
    }
    Ok(page)
}

fn take(item: &Value, account: &str, page: &mut Page) {
    let has = |names: &[&str]| names.iter().any(|name| item.get(name).is_some());
    if has(&["messages", "participants"]) {
        let owners = vec![account.to_owned()];
        let page_id = String::new();
        let inbox = Inbox { page: page_id, platform: "instagram", site: INSTAGRAM, owners };
        return inbox.read_one(item, page);
    }
    if is_by(item, &[account]) {
        return;
    }
    let post = if has(&["to", "created_time"]) {
        message(item, None, None, INSTAGRAM)
    } else if has(&["text", "parent_id"]) {
        comment(item, None, None, None)
    } else {
        media(item, Concerns::Desk)
    };
    match post {
        Some(post) => page.posts.push(post),
        None => page.skipped += 1,
    }
    let inner = ["comments", "replies"].map(|name| item.get(name).map(entries).unwrap_or_default());
    for answer in inner.concat() {
        let (thread, parent) = if item.get("text").is_some() {
            (None, word(item, "/id"))
        } else {
            (word(item, "/id"), None)
        };
        page.posts.extend(comment(&answer, thread, parent, None));
    }
}
