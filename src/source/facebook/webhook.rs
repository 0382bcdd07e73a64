//! What Meta pushes to a webhook, saved: a comment, a post or a message each, as it was written,
//! changed or removed.

use super::items::{FACEBOOK, INSTAGRAM, profile, time, web, word};
use crate::post::{Author, Concerns, Post};
use crate::source::Page;
use crate::text::html;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Reads what was delivered. `owner` is the Page or account, if it is known; each entry names its own.
pub(in crate::source) fn read(value: &Value, owner: &str) -> Page {
    let is_instagram = word(value, "/object") == Some("instagram");
    let mut page = Page::default();
    for entry in list(value, "entry") {
        let own = [word(entry, "/id").unwrap_or(owner), owner];
        for change in list(entry, "changes") {
            let Some(told) = change.get("value") else { continue };
            let field = word(change, "/field").unwrap_or_default();
            let read = if is_instagram {
                written_there(told, field)
            } else {
                match word(told, "/item") {
                    // Nothing was written.
                    Some("reaction" | "like") => continue,
                    _ => written(told),
                }
            };
            keep(read, told, "/from/id", own, &mut page);
        }
        for event in list(entry, "messaging") {
            let is_echo = event.pointer("/message/is_echo") == Some(&Value::Bool(true));
            if event.get("message").is_some() && !is_echo {
                let site = if is_instagram { INSTAGRAM } else { FACEBOOK };
                keep(message(event, site), event, "/sender/id", own, &mut page);
            }
        }
    }
    page
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn keep(read: Option<Post>, told: &Value, by: &str, own: [&str; 2], page: &mut Page) {
    if word(told, by).is_some_and(|by| own.contains(&by)) {
        return;
    }
    match read {
        Some(post) => page.posts.push(post),
        None => page.skipped += 1,
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    word(value, pointer).map(html::clean).filter(|text| !text.is_empty())
}

/// Reads what happened on a Page.
fn written(told: &Value) -> Option<Post> {
    let post = word(told, "/post_id").map(str::to_owned);
    let comment = word(told, "/comment_id").map(str::to_owned);
    let is_comment = comment.is_some();
    let id = comment.or_else(|| post.clone())?;
    let verb = word(told, "/verb").unwrap_or_default();
    if verb == "remove" {
        return Some(Post::gone(FACEBOOK, id));
    }
    let kind = word(told, "/item").unwrap_or("post");
    let at = time(told, "/created_time");
    // It is written both ways.
    let is_edit = matches!(verb, "edit" | "edited");
    let url = word(told, "/post/permalink_url").filter(|_| !is_comment).and_then(web);
    Some(Post {
        site: FACEBOOK.into(),
        has_own_url: url.is_some(),
        url,
        text: text(told, "/message").unwrap_or_else(|| format!("[{}]", html::clean(kind))),
        author: Author { name: text(told, "/from/name"), ..Author::default() },
        published: at.filter(|_| !is_edit),
        edited: at.filter(|_| is_edit),
        parent: word(told, "/parent_id").filter(|_| is_comment).map(str::to_owned),
        thread: post,
        id: Some(id),
        concerns: Concerns::Desk,
        ..Post::default()
    })
}

/// Reads what happened to an account of Instagram: of a mention no more is told than where it is.
fn written_there(told: &Value, field: &str) -> Option<Post> {
    let id = word(told, "/id").or_else(|| word(told, "/comment_id"));
    let media = word(told, "/media/id").or_else(|| word(told, "/media_id"));
    let handle = text(told, "/from/username");
    let described =
        || Some(format!("[{}]", if field == "mentions" { "mention" } else { "comment" }));
    Some(Post {
        id: Some(id.or(media)?.to_owned()),
        site: INSTAGRAM.into(),
        text: text(told, "/text").or_else(described)?,
        author: Author {
            name: handle.clone(),
            url: handle.as_deref().and_then(profile),
            handle,
            followers: None,
        },
        parent: word(told, "/parent_id").or(media.filter(|_| id.is_some())).map(str::to_owned),
        thread: media.map(str::to_owned),
        concerns: Concerns::Desk,
        ..Post::default()
    })
}

/// Reads a message.
fn message(event: &Value, site: &str) -> Option<Post> {
    let id = word(event, "/message/mid")?.to_owned();
    if event.pointer("/message/is_deleted") == Some(&Value::Bool(true)) {
        return Some(Post::gone(site, id));
    }
    let kind = word(event, "/message/attachments/0/type").unwrap_or("message");
    let described = || format!("[{}]", html::clean(kind));
    Some(Post {
        id: Some(id),
        site: site.to_owned(),
        text: text(event, "/message/text").unwrap_or_else(described),
        published: millisecond(event),
        concerns: Concerns::Desk,
        is_private: true,
        ..Post::default()
    })
}

fn millisecond(event: &Value) -> Option<DateTime<Utc>> {
    match event.get("timestamp")?.as_i64() {
        Some(at) => DateTime::from_timestamp_millis(at),
        None => time(event, "/timestamp"),
    }
}
