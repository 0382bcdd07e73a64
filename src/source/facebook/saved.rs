//! A reply that was saved by itself: its shape tells what it answers.

use super::items::{self, FACEBOOK, is_by, word};
use super::{inbox, webhook};
use crate::source::{Page, Unreadable};
use serde_json::Value;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Post,
    Comment,
    Message,
    Conversation,
    Rating,
}

/// Reads a list, an object of items by their ids, a single item or what a webhook brought.
pub(super) fn read(value: &Value, page: &str) -> Result<Page, Unreadable> {
    if value.get("entry").is_some_and(Value::is_array) {
        return Ok(webhook::read(value, page));
    }
    let mut read = Page::default();
    for item in items_of(value)? {
        take(item, page, &mut read);
    }
    Ok(read)
}

/// Returns the items of a saved reply.
pub(in crate::source) fn items_of(value: &Value) -> Result<Vec<&Value>, Unreadable> {
    let wrong = |what: &str| Err(Unreadable(format!("{what}, and nothing that was written")));
    let has = |item: &Value, name: &str| item.get(name).is_some();
    match value.get("data") {
        Some(Value::Array(list)) if list.iter().any(|item| has(item, "access_token")) => {
            return wrong("this lists Pages with their tokens");
        }
        Some(Value::Array(list)) => return Ok(list.iter().collect()),
        Some(data) if has(data, "app_id") => return wrong("this tells of a token"),
        _ => {}
    }
    let Some(members) = value.as_object() else { return wrong("this is no answer of the API") };
    if ["fan_count", "followers_count", "category", "biography"].iter().any(|name| has(value, name))
    {
        return wrong("this tells of an account");
    }
    if has(value, "id") {
        return Ok(vec![value]);
    }
    let is_by_id = |(id, item): (&String, &Value)| word(item, "/id") == Some(id.as_str());
    if !members.is_empty() && members.iter().all(is_by_id) {
        return Ok(members.values().collect());
    }
    wrong("this is no answer of the API that is known")
}

fn take(item: &Value, page: &str, read: &mut Page) {
    if sort(item) == Sort::Conversation {
        let inbox = inbox::Inbox {
            page: page.to_owned(),
            platform: "messenger",
            site: FACEBOOK,
            owners: vec![page.to_owned()],
        };
        inbox.read_one(item, read);
        return;
    }
    if !is_by(item, &[page]) {
        let post = match sort(item) {
            Sort::Comment => items::comment(item, None, page),
            Sort::Message => items::message(item, None, None, FACEBOOK),
            Sort::Rating => items::rating(item, page),
            Sort::Post | Sort::Conversation => items::post(item),
        };
        match post {
            Some(post) => read.posts.push(post),
            None => read.skipped += 1,
        }
    }
    // Comments that came with a post.
    let inner = item.pointer("/comments/data").and_then(Value::as_array);
    for comment in inner.into_iter().flatten().filter(|comment| !is_by(comment, &[page])) {
        match items::comment(comment, word(item, "/id"), page) {
            Some(post) => read.posts.push(post),
            None => read.skipped += 1,
        }
    }
}

fn sort(item: &Value) -> Sort {
    let has = |names: &[&str]| names.iter().any(|name| item.get(name).is_some());
    let begins = |with: &str| word(item, "/id").is_some_and(|id| id.starts_with(with));
    if has(&["recommendation_type", "review_text", "reviewer"]) {
        Sort::Rating
    } else if begins("t_") || has(&["message_count", "participants", "messages"]) {
        Sort::Conversation
    } else if begins("m_") || has(&["to"]) {
        Sort::Message
    } else if has(&["comment_count", "like_count", "parent", "can_comment", "attachment"]) {
        Sort::Comment
    } else {
        Sort::Post
    }
}
