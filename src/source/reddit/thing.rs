//! What Reddit calls a thing: a post (`t3`) or a comment (`t1`), in a listing of its API or as an entry of
//! its Atom, made a [`Post`].

use crate::post::{Author, Engagement, Post};
use crate::text::html;
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

/// Ids are unique on all of Reddit; the reader of feeds says the same.
pub(super) const SITE: &str = "reddit.com";

/// What stands in the place of words that were taken away.
const TAKEN_AWAY: [&str; 3] = ["[deleted]", "[removed]", "[removed by reddit]"];

/// Who took a post away so that it does not come back: its author, moderators, those who run Reddit.
/// What a filter holds (`automod_filtered`, `reddit`) is often let through later.
const FOR_GOOD: [&str; 7] = [
    "deleted",
    "author",
    "moderator",
    "anti_evil_ops",
    "community_ops",
    "content_takedown",
    "copyright_takedown",
];

/// One page of a list.
pub(super) struct Listing<'v> {
    pub(super) children: Vec<&'v Value>,
    /// The post behind which the next page begins.
    pub(super) after: Option<&'v str>,
}

/// What a child of a listing is.
pub(super) enum Thing {
    Post(Box<Post>),
    /// A community, an account, a pointer to more.
    Other,
    Malformed,
}

/// Finds the things in an answer: a listing, several (a post with its comments), or one thing alone.
pub(super) fn listing(value: &Value) -> Option<Listing<'_>> {
    if let Value::Array(parts) = value {
        let parts: Option<Vec<_>> = parts.iter().map(listing).collect();
        let children = parts.filter(|parts| !parts.is_empty())?;
        let children = children.into_iter().flat_map(|part| part.children).collect();
        return Some(Listing { children, after: None });
    }
    if let Some(children) = value.get("data").and_then(|data| data.get("children")?.as_array()) {
        let after = value.get("data").and_then(|data| data.get("after")?.as_str());
        let after = after.filter(|after| is_name(after));
        return Some(Listing { children: children.iter().collect(), after });
    }
    let name = data(value).get("name").and_then(Value::as_str);
    name.filter(|name| is_name(name)).map(|_| Listing { children: vec![value], after: None })
}

/// Tells whether this names a post or a comment.
pub(super) fn is_name(name: &str) -> bool {
    let id = name.strip_prefix("t1_").or_else(|| name.strip_prefix("t3_"));
    id.is_some_and(|id| {
        (1..=16).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// Returns when a thing was made, in seconds since 1970.
pub(super) fn created(child: &Value) -> Option<i64> {
    Some(time(data(child), "created_utc")?.timestamp())
}

/// Returns what is said of a thing.
fn data(child: &Value) -> &Value {
    child.get("data").unwrap_or(child)
}

/// Reads one thing.
pub(super) fn read(child: &Value) -> Thing {
    let data = data(child);
    let Some(name) = word(data, "name") else {
        // What leads to more comments has no name of its own; communities and awards have.
        let is_other = child.get("kind").is_some_and(|kind| kind == "more");
        return if is_other { Thing::Other } else { Thing::Malformed };
    };
    if !is_name(name) {
        let is_other = ["t2_", "t4_", "t5_", "t6_"].iter().any(|other| name.starts_with(other));
        return if is_other { Thing::Other } else { Thing::Malformed };
    }
    let post = if name.starts_with("t1_") { comment(name, data) } else { link(name, data) };
    post.map_or(Thing::Malformed, |post| Thing::Post(Box::new(post)))
}

fn link(name: &str, data: &Value) -> Option<Post> {
    let title = word(data, "title").map(html::clean);
    let is_gone = is_taken_away(data, "selftext")
        || word(data, "removed_by_category").is_some_and(|by| FOR_GOOD.contains(&by))
        || title.as_deref() == Some("[deleted by user]");
    if is_gone {
        return Some(Post::gone(SITE, name));
    }
    let title = title?;
    let fallback = format!("/comments/{}/", name.strip_prefix("t3_")?);
    let is_hidden = data.get("hide_score").is_some_and(|hidden| hidden == true);
    let likes = data.get("score").and_then(Value::as_i64).filter(|_| !is_hidden);
    let text = words(data, "selftext");
    Some(Post {
        title: Some(title),
        text: if text.is_empty() { target(data).unwrap_or_default() } else { text },
        url: address(word(data, "permalink").unwrap_or(&fallback)),
        thread: Some(name.to_owned()),
        engagement: Engagement {
            likes,
            replies: data.get("num_comments").and_then(Value::as_u64),
            ..Engagement::default()
        },
        ..common(name, data)
    })
}

fn comment(name: &str, data: &Value) -> Option<Post> {
    if is_taken_away(data, "body") {
        return Some(Post::gone(SITE, name));
    }
    let text = words(data, "body");
    // Comments have had a permalink since 2017; what is in the inbox has only its context.
    let written = word(data, "permalink").or_else(|| word(data, "context")).map(str::to_owned);
    let thread = word(data, "link_id").filter(|link| is_name(link)).map(str::to_owned);
    let built = || {
        let of_link = thread.as_deref()?.strip_prefix("t3_")?;
        Some(format!("/comments/{of_link}/_/{}/", name.strip_prefix("t1_")?))
    };
    let url = written.or_else(built).and_then(|path| address(&path));
    let is_hidden = data.get("score_hidden").is_some_and(|hidden| hidden == true);
    let likes = data.get("score").and_then(Value::as_i64).filter(|_| !is_hidden);
    if text.is_empty() {
        return None;
    }
    Some(Post {
        title: word(data, "link_title").map(html::clean),
        text,
        thread: thread.or_else(|| thread_of(url.as_deref()?)),
        url,
        parent: word(data, "parent_id").filter(|parent| is_name(parent)).map(str::to_owned),
        engagement: Engagement { likes, ..Engagement::default() },
        ..common(name, data)
    })
}

/// What posts and comments have in common.
fn common(name: &str, data: &Value) -> Post {
    let handle = word(data, "author").filter(|author| !is_nobody(author)).map(html::clean);
    let author = Author {
        url: handle.as_ref().map(|handle| format!("{}/user/{handle}", super::PLACE)),
        name: handle.clone(),
        handle,
        followers: None,
    };
    Post {
        id: Some(name.to_owned()),
        site: SITE.into(),
        has_own_url: true,
        author,
        published: time(data, "created_utc"),
        edited: time(data, "edited"),
        ..Post::default()
    }
}

/// Returns the words of a thing: of their HTML, which leaves no signs of Markdown behind, or as they were
/// typed.
fn words(data: &Value, name: &str) -> String {
    let Some(markup) = word(data, &format!("{name}_html")) else {
        return word(data, name).map(html::clean).unwrap_or_default();
    };
    // Without `raw_json=1` the markup is escaped once more.
    if markup.starts_with("&lt;") { html::plain(&html::plain(markup)) } else { html::plain(markup) }
}

fn is_taken_away(data: &Value, name: &str) -> bool {
    word(data, name).is_some_and(is_marker)
}

fn is_marker(text: &str) -> bool {
    TAKEN_AWAY.iter().any(|marker| text.trim().eq_ignore_ascii_case(marker))
}

fn is_nobody(author: &str) -> bool {
    matches!(author, "[deleted]" | "[removed]")
}

/// Returns where a post without words leads, if that is not a picture of Reddit's own.
fn target(data: &Value) -> Option<String> {
    let url = Url::parse(word(data, "url")?).ok()?;
    let host = url.host_str()?;
    let is_own = ["reddit.com", "redd.it", "redditmedia.com"].iter().any(|own| {
        host.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    (!is_own && matches!(url.scheme(), "http" | "https")).then(|| html::clean(url.as_str()))
}

/// Returns the address of a path on Reddit, without what was added to it.
fn address(path: &str) -> Option<String> {
    let place = Url::parse(super::PLACE).ok()?;
    let mut url = place.join(path).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    (url.host_str() == place.host_str()).then(|| url.into())
}

/// Returns the name of the post that an address is about: `/r/acme/comments/abc/title/`.
fn thread_of(address: &str) -> Option<String> {
    let (_, behind) = address.split_once("/comments/")?;
    let name = format!("t3_{}", behind.split('/').next()?);
    is_name(&name).then_some(name)
}

/// Makes an entry of Atom what the API would have told: without the words that say that there are none.
pub(super) fn tidy(post: Post) -> Post {
    let id = post.id.clone().unwrap_or_default();
    if is_marker(&post.text) {
        return Post::gone(SITE, id);
    }
    let handle = post.author.handle.as_deref();
    let is_comment = id.starts_with("t1_");
    // A comment is called `/u/NAME on TITLE`.
    let title = post.title.as_deref().map(|title| {
        let prefix = format!("/u/{} on ", handle.unwrap_or_default());
        title.strip_prefix(&prefix).filter(|_| is_comment).unwrap_or(title).to_owned()
    });
    let thread = post.url.as_deref().and_then(thread_of);
    let is_known = handle.is_some_and(|handle| !is_nobody(handle));
    let author = if is_known { post.author.clone() } else { Author::default() };
    Post { title, author, thread, ..post }
}

/// Returns a text that says something.
fn word<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().filter(|text| !text.trim().is_empty())
}

/// Returns a time that is written in seconds since 1970; `false`, which stands for never, is none.
fn time(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    let number = value.get(name)?.as_f64()?;
    let number = (0.0..1e11).contains(&number).then_some(number)?;
    #[expect(clippy::cast_possible_truncation, reason = "it is within the range of dates")]
    DateTime::from_timestamp(number as i64, 0)
}
