//! Videos and comments of `YouTube` as posts.

use super::memory::is_id;
use crate::post::{Author, Engagement, Post};
use crate::text::html;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Where videos stand for people.
const PLACE: &str = "https://www.youtube.com";

/// Within what ids are unique.
pub(super) const SITE_NAME: &str = "youtube.com";

/// Returns a text of an entry that is not empty.
pub(super) fn word<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str().filter(|text| !text.trim().is_empty())
}

/// Returns a number, which the site writes as a text.
pub(super) fn number(value: &Value, name: &str) -> Option<u64> {
    let value = value.get(name)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Returns a time of an entry.
pub(super) fn time(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(value.get(name)?.as_str()?).ok()?.with_timezone(&Utc))
}

/// Returns the id of what a search found, if it is a video.
pub(super) fn found(item: &Value) -> Option<&str> {
    item.get("id")?.get("videoId")?.as_str().filter(|id| is_id(id))
}

/// Reads a video: of a list of videos, or what a search tells of it, where the title is written as in
/// HTML.
pub(super) fn video(item: &Value, followers: Option<u64>) -> Option<Post> {
    let searched = found(item);
    let id = searched.or_else(|| item.get("id")?.as_str()).filter(|id| is_id(id))?;
    let snippet = item.get("snippet")?;
    let title = word(snippet, "title")?;
    let channel = word(snippet, "channelId").filter(|id| is_id(id));
    let statistics = item.get("statistics").unwrap_or(&Value::Null);
    let language = word(snippet, "defaultAudioLanguage").or(word(snippet, "defaultLanguage"));
    Some(Post {
        site: SITE_NAME.into(),
        url: Some(format!("{PLACE}/watch?v={id}")),
        has_own_url: true,
        title: Some(if searched.is_some() { html::plain(title) } else { html::clean(title) }),
        text: word(snippet, "description").map(html::clean).unwrap_or_default(),
        author: Author {
            name: word(snippet, "channelTitle").map(html::clean),
            handle: None,
            url: channel.map(|id| format!("{PLACE}/channel/{id}")),
            followers,
        },
        published: time(snippet, "publishedAt"),
        language: language.and_then(|claim| claim.parse().ok()),
        thread: Some(id.to_owned()),
        engagement: Engagement {
            likes: number(statistics, "likeCount").and_then(|likes| likes.try_into().ok()),
            replies: number(statistics, "commentCount"),
            shares: None,
            views: number(statistics, "viewCount"),
        },
        id: Some(id.to_owned()),
        ..Post::default()
    })
}

/// Reads a comment, which stands below `video` where it does not say so itself. `is_plain`: plain text
/// was asked for.
pub(super) fn comment(item: &Value, video: Option<&str>, is_plain: bool) -> Option<Post> {
    let id = word(item, "id").filter(|id| is_id(id))?;
    let snippet = item.get("snippet")?;
    let shown = |text: &str| if is_plain { html::clean(text) } else { html::plain(text) };
    let text = word(snippet, "textOriginal").map(html::clean);
    let text = text.or_else(|| word(snippet, "textDisplay").map(shown))?;
    let video = word(snippet, "videoId").or(video).filter(|id| is_id(id));
    let published = time(snippet, "publishedAt");
    let parent = word(snippet, "parentId").filter(|id| is_id(id));
    Some(Post {
        site: SITE_NAME.into(),
        url: video.map(|video| format!("{PLACE}/watch?v={video}&lc={id}")),
        has_own_url: video.is_some(),
        text,
        author: commenter(snippet),
        published,
        edited: time(snippet, "updatedAt").filter(|at| published.is_some_and(|since| *at > since)),
        parent: parent.or(video).map(str::to_owned),
        thread: video.map(str::to_owned),
        engagement: Engagement {
            likes: number(snippet, "likeCount").and_then(|likes| likes.try_into().ok()),
            ..Engagement::default()
        },
        id: Some(id.to_owned()),
        ..Post::default()
    })
}

/// Returns the channel of who wrote a comment, where it is told.
pub(super) fn channel_of(snippet: &Value) -> Option<&str> {
    word(snippet.get("authorChannelId")?, "value").filter(|id| is_id(id))
}

fn commenter(snippet: &Value) -> Author {
    let name = word(snippet, "authorDisplayName").map(html::clean);
    let handle = name.as_deref().and_then(|name| name.strip_prefix('@')).map(str::to_owned);
    let address = word(snippet, "authorChannelUrl").map(|url| url.replace("http://", "https://"));
    let address = address.filter(|url| url.starts_with("https://www.youtube.com/"));
    Author {
        name: handle.clone().or(name),
        handle,
        url: channel_of(snippet).map(|id| format!("{PLACE}/channel/{id}")).or(address),
        followers: None,
    }
}
