//! Posts, comments, messages and ratings as the Graph API writes them, each read for itself. An item
//! without words is described, since it wants an answer as well.

use super::graph::is_id;
use crate::post::{Author, Concerns, Engagement, Post};
use crate::text::{self, date, html};
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

/// Where people read what the API calls by a path.
const PLACE: &str = "https://www.facebook.com";

/// Within what ids are unique.
pub(in crate::source) const FACEBOOK: &str = "facebook.com";
pub(in crate::source) const INSTAGRAM: &str = "instagram.com";

/// The longest title of a thing shared that is told.
const LONGEST_TITLE: usize = 300;

/// Returns what stands at a JSON pointer, if it is a text with something in it.
pub(in crate::source) fn word<'v>(item: &'v Value, pointer: &str) -> Option<&'v str> {
    item.pointer(pointer)?.as_str().filter(|text| !text.trim().is_empty())
}

/// Returns the time at a JSON pointer: a text such as `2021-08-10T18:45:03+0000`, or seconds since 1970.
pub(in crate::source) fn time(item: &Value, pointer: &str) -> Option<DateTime<Utc>> {
    match item.pointer(pointer)? {
        Value::String(text) => date::parse(text),
        Value::Number(number) => DateTime::from_timestamp(number.as_i64()?, 0),
        _ => None,
    }
}

/// The same in seconds since 1970.
pub(in crate::source) fn second(item: &Value, pointer: &str) -> Option<i64> {
    time(item, pointer).map(|time| time.timestamp())
}

fn number(item: &Value, pointer: &str) -> Option<u64> {
    item.pointer(pointer)?.as_u64()
}

/// Returns what was written, as plain text.
fn written(item: &Value, pointer: &str) -> Option<String> {
    word(item, pointer).map(html::clean).filter(|text| !text.is_empty())
}

/// Who wrote an item: nobody, where we may not know or the account is no more.
fn author(item: &Value, pointer: &str) -> Author {
    Author { name: written(item, &format!("{pointer}/name")), ..Author::default() }
}

/// Tells whether one of `owners` wrote an item.
pub(in crate::source) fn is_by(item: &Value, owners: &[&str]) -> bool {
    let by = word(item, "/from/id").or_else(|| word(item, "/reviewer/id"));
    by.is_some_and(|by| owners.contains(&by))
}

/// Returns the address of a permalink, which may be a path.
fn permalink(item: &Value, pointer: &str) -> Option<String> {
    let link = word(item, pointer)?;
    let link = if link.starts_with('/') { format!("{PLACE}{link}") } else { link.to_owned() };
    web(&link)
}

/// Returns an address, if it is one of the web.
pub(in crate::source) fn web(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

/// Returns the id of an item, if it is one.
pub(in crate::source) fn id(item: &Value) -> Option<String> {
    word(item, "/id").filter(|id| is_id(id)).map(str::to_owned)
}

/// Reads what stands on the wall of a Page, or names it elsewhere.
pub(in crate::source) fn post(item: &Value) -> Option<Post> {
    let id = id(item)?;
    let text = written(item, "/message").or_else(|| written(item, "/story"));
    let shown = item.pointer("/attachments/data/0");
    if text.is_none() && shown.is_none() && item.get("created_time").is_none() {
        return None;
    }
    let url = permalink(item, "/permalink_url");
    Some(Post {
        site: FACEBOOK.into(),
        has_own_url: url.is_some(),
        url,
        text: text.unwrap_or_else(|| shown.map_or_else(|| "[post]".into(), described)),
        author: author(item, "/from"),
        published: time(item, "/created_time"),
        parent: word(item, "/parent_id").map(str::to_owned),
        thread: Some(id.clone()),
        engagement: Engagement {
            likes: item.pointer("/reactions/summary/total_count").and_then(Value::as_i64),
            replies: number(item, "/comments/summary/total_count")
                .or_else(|| number(item, "/comments/count")),
            shares: number(item, "/shares/count"),
            views: None,
        },
        id: Some(id),
        concerns: Concerns::Desk,
        ..Post::default()
    })
}

/// Reads a comment, or an answer to one. `thread` is the post below which it was found, if that is
/// known, and `page` the Page.
pub(in crate::source) fn comment(item: &Value, thread: Option<&str>, page: &str) -> Option<Post> {
    let url = permalink(item, "/permalink_url");
    let place = url.as_deref().and_then(Place::of);
    let id = id(item).or_else(|| place.as_ref().map(Place::id))?;
    let text = written(item, "/message");
    let shown = item.get("attachment").filter(|shown| shown.is_object());
    if text.is_none() && shown.is_none() && item.get("created_time").is_none() {
        return None;
    }
    let (of, _) = id.rsplit_once('_').unwrap_or((id.as_str(), ""));
    let thread = match (thread, &place) {
        (Some(thread), _) => thread.to_owned(),
        // Ids of some answers have the Page's before the post's already.
        (None, _) if of.contains('_') => of.to_owned(),
        (None, _) if !page.is_empty() => format!("{page}_{of}"),
        (None, Some(place)) => format!("{}_{}", place.page, place.post),
        (None, None) => of.to_owned(),
    };
    let parent = word(item, "/parent/id").map(str::to_owned);
    let parent = parent.or_else(|| place.as_ref()?.parent());
    Some(Post {
        site: FACEBOOK.into(),
        has_own_url: url.is_some(),
        url,
        text: text.unwrap_or_else(|| shown.map_or_else(|| "[comment]".into(), described)),
        author: author(item, "/from"),
        published: time(item, "/created_time"),
        parent: parent.or_else(|| Some(thread.clone())),
        thread: Some(thread),
        engagement: Engagement {
            likes: item.get("like_count").or_else(|| item.get("likes")).and_then(Value::as_i64),
            replies: number(item, "/comment_count"),
            ..Engagement::default()
        },
        id: Some(id),
        concerns: Concerns::Desk,
        ..Post::default()
    })
}

/// Where a comment stands, as its permalink says.
struct Place {
    page: String,
    post: String,
    comment: String,
    reply: Option<String>,
}

impl Place {
    /// Reads `/{page}/posts/{post}/?comment_id=…&reply_comment_id=…`.
    fn of(link: &str) -> Option<Self> {
        let url = Url::parse(link).ok()?;
        let mut path = url.path_segments()?;
        let (page, word, post) = (path.next()?, path.next()?, path.next()?);
        let of = |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, id)| id);
        let comment = of("comment_id")?.into_owned();
        let reply = of("reply_comment_id").map(std::borrow::Cow::into_owned);
        let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let all = [page, post, &comment, reply.as_deref().unwrap_or("0")];
        let is_fine = word == "posts" && all.into_iter().all(is_number);
        is_fine.then(|| Self { page: page.into(), post: post.into(), comment, reply })
    }

    fn id(&self) -> String {
        format!("{}_{}", self.post, self.reply.as_ref().unwrap_or(&self.comment))
    }

    /// Returns the id of the comment that is answered.
    fn parent(&self) -> Option<String> {
        self.reply.as_ref().map(|_| format!("{}_{}", self.post, self.comment))
    }
}

/// Reads a message of the conversation `thread`, which people read at `link`. The address of its sender
/// is made up, and not told.
pub(in crate::source) fn message(
    item: &Value,
    thread: Option<&str>,
    link: Option<&str>,
    site: &str,
) -> Option<Post> {
    let id = id(item)?;
    let published = time(item, "/created_time");
    let text = written(item, "/message");
    if published.is_none() && text.is_none() {
        return None;
    }
    let handle = written(item, "/from/username");
    let told = author(item, "/from");
    Some(Post {
        site: site.to_owned(),
        url: link.map(str::to_owned),
        text: text.unwrap_or_else(|| sent(item)),
        author: Author {
            name: told.name.or_else(|| handle.clone()),
            url: handle.as_deref().and_then(profile),
            handle,
            followers: None,
        },
        published,
        thread: thread.map(str::to_owned),
        id: Some(id),
        concerns: Concerns::Desk,
        is_private: true,
        ..Post::default()
    })
}

/// Returns where a conversation is read.
pub(in crate::source) fn link(conversation: &Value) -> Option<String> {
    permalink(conversation, "/link")
}

/// Returns where an account of Instagram is.
pub(in crate::source) fn profile(handle: &str) -> Option<String> {
    let is_fine = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
    handle.chars().all(is_fine).then(|| format!("https://www.instagram.com/{handle}/"))
}

/// Reads a recommendation; older ones have stars.
pub(in crate::source) fn rating(item: &Value, page: &str) -> Option<Post> {
    let kind = word(item, "/recommendation_type");
    let stars = number(item, "/rating").and_then(|stars| u8::try_from(stars).ok());
    let rating = match kind {
        Some("positive") => Some(5),
        Some("negative") => Some(1),
        _ => stars.filter(|stars| (1..=5).contains(stars)),
    };
    let text = written(item, "/review_text");
    if rating.is_none() && text.is_none() {
        return None;
    }
    let said = match kind {
        Some("negative") => "[does not recommend the Page]",
        Some("positive") => "[recommends the Page]",
        _ => "[rating]",
    };
    // Somebody recommends a Page once.
    let by = word(item, "/reviewer/id").map(|by| format!("rating-{by}"));
    Some(Post {
        id: word(item, "/open_graph_story/id").map(str::to_owned).or(by),
        site: FACEBOOK.into(),
        url: (!page.is_empty()).then(|| format!("{PLACE}/{page}/reviews")),
        text: text.unwrap_or_else(|| said.to_owned()),
        author: author(item, "/reviewer"),
        published: time(item, "/created_time"),
        thread: (!page.is_empty()).then(|| page.to_owned()),
        rating,
        concerns: Concerns::Desk,
        ..Post::default()
    })
}

/// Says in brackets what stands in the place of words: `[photo]`, `[link] Its title`.
fn described(shown: &Value) -> String {
    let kind = word(shown, "/media_type").or_else(|| word(shown, "/type")).unwrap_or_default();
    let kind = match kind {
        "" => "attachment".to_owned(),
        "share" => "link".to_owned(),
        kind if kind.starts_with("video") || kind.starts_with("animated_image_video") => {
            "video".to_owned()
        }
        kind if kind.starts_with("animated_image") => "animation".to_owned(),
        kind => text::cut(&html::clean(&kind.replace('_', " ")), 40),
    };
    match written(shown, "/title") {
        Some(title) => format!("[{kind}] {}", text::cut(&title, LONGEST_TITLE)),
        None => format!("[{kind}]"),
    }
}

/// The same for a message.
fn sent(item: &Value) -> String {
    let first = item.pointer("/attachments/data/0");
    if word(item, "/sticker").is_some()
        || first.and_then(|first| first.pointer("/image_data/render_as_sticker"))
            == Some(&Value::Bool(true))
    {
        return "[sticker]".to_owned();
    }
    if let Some(first) = first {
        let has = |name: &str| first.get(name).is_some();
        let kind = word(first, "/mime_type").and_then(|kind| kind.split('/').next());
        return match kind {
            Some("image") => "[photo]".to_owned(),
            Some("video") => "[video]".to_owned(),
            Some("audio") => "[voice message]".to_owned(),
            _ if has("image_data") => "[photo]".to_owned(),
            _ if has("video_data") => "[video]".to_owned(),
            _ => match written(first, "/name") {
                Some(name) => format!("[file] {}", text::cut(&name, LONGEST_TITLE)),
                None => "[file]".to_owned(),
            },
        };
    }
    if let Some(shared) = item.pointer("/shares/data/0") {
        let told = [written(shared, "/name"), written(shared, "/link")];
        let told = told.into_iter().flatten().map(|told| text::cut(&told, LONGEST_TITLE));
        return std::iter::once("[link]".to_owned()).chain(told).collect::<Vec<_>>().join(" ");
    }
    if item.get("story").is_some() { "[story]".to_owned() } else { "[message]".to_owned() }
}

#[cfg(test)]
mod tests;
