//! Media and comments as the API of Instagram writes them, each read for itself.

use crate::post::{Author, Concerns, Engagement, Post};
use crate::source::facebook::items::{INSTAGRAM, id, profile, time, web, word};
use crate::text::html;
use serde_json::Value;

/// Returns the permalink of a medium.
pub(super) fn link(item: &Value) -> Option<String> {
    word(item, "/permalink").filter(|link| link.len() <= 200).and_then(web)
}

/// Who wrote an item; those of media that were found by a hashtag are not told.
fn author(item: &Value) -> Author {
    let handle = word(item, "/username").or_else(|| word(item, "/from/username"));
    let handle = handle.map(html::clean).filter(|handle| !handle.is_empty());
    Author {
        name: handle.clone(),
        url: handle.as_deref().and_then(profile),
        handle,
        followers: None,
    }
}

/// Reads a photo, a video or an album. One without words is described.
pub(super) fn media(item: &Value, concerns: Concerns) -> Option<Post> {
    let id = id(item)?;
    let kind = word(item, "/media_type");
    let caption = word(item, "/caption").map(html::clean).filter(|text| !text.is_empty());
    if kind.is_none() && caption.is_none() && item.get("permalink").is_none() {
        return None;
    }
    let described = match kind {
        Some("VIDEO" | "REELS") => "[video]",
        Some("CAROUSEL_ALBUM") => "[album]",
        _ => "[photo]",
    };
    let url = link(item);
    Some(Post {
        site: INSTAGRAM.into(),
        has_own_url: url.is_some(),
        url,
        text: caption.unwrap_or_else(|| described.to_owned()),
        author: author(item),
        published: time(item, "/timestamp"),
        thread: Some(id.clone()),
        engagement: Engagement {
            likes: item.get("like_count").and_then(Value::as_i64),
            replies: item.get("comments_count").and_then(Value::as_u64),
            ..Engagement::default()
        },
        id: Some(id),
        concerns,
        ..Post::default()
    })
}

/// Reads a comment below the medium `thread`, which is at `link`: comments have no address of their
/// own. `parent` is the comment that it answers, if that is known.
pub(super) fn comment(
    item: &Value,
    thread: Option<&str>,
    parent: Option<&str>,
    link: Option<&str>,
) -> Option<Post> {
    let id = id(item)?;
    let text = word(item, "/text").map(html::clean).filter(|text| !text.is_empty());
    if text.is_none() && item.get("timestamp").is_none() {
        return None;
    }
    let thread = thread.or_else(|| word(item, "/media/id"));
    let parent = word(item, "/parent_id").or(parent).or(thread);
    Some(Post {
        site: INSTAGRAM.into(),
        url: link.map(str::to_owned),
        text: text.unwrap_or_else(|| "[comment]".into()),
        author: author(item),
        published: time(item, "/timestamp"),
        parent: parent.map(str::to_owned),
        thread: thread.map(str::to_owned),
        engagement: Engagement {
            likes: item.get("like_count").and_then(Value::as_i64),
            ..Engagement::default()
        },
        id: Some(id),
        concerns: Concerns::Desk,
        ..Post::default()
    })
}
