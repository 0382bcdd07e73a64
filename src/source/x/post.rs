//! A post of X, in the old spelling (`tweet`) and in that of 2026 (`post`).

use super::PLACE;
use super::pass::time_of;
use crate::post::{Author, Engagement, Post};
use crate::text::{Language, html};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;

/// Links of one post that are written out.
const MOST_LINKS: usize = 50;
/// The longest address that a short link is replaced by.
const LONGEST_LINK: usize = 2048;

/// What an entry of a list is.
#[derive(Debug)]
pub(super) enum Entry {
    Post(Box<Post>),
    /// Somebody passes on what another wrote, without a word of their own.
    Repost,
    Unreadable,
}

/// The accounts that came with an answer, by id.
pub(super) type Users<'a> = HashMap<&'a str, &'a Value>;

/// Returns the accounts that came with an answer.
pub(super) fn users(answer: &Value) -> Users<'_> {
    let listed =
        answer.get("includes").and_then(|with| with.get("users")).and_then(Value::as_array);
    let pairs = listed.into_iter().flatten();
    pairs.filter_map(|user| Some((user.get("id")?.as_str()?, user))).collect()
}

/// Returns an id as a number, if it is one.
pub(super) fn id(value: &Value, name: &str) -> Option<u64> {
    let text = value.get(name)?.as_str()?;
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

/// Tells whether of a post no more is told than what nobody has to ask for.
pub(super) fn is_bare(item: &Value) -> bool {
    item.get("created_at").is_none()
}

/// Tells whether it says what it has to do with other posts.
pub(super) fn has_references(item: &Value) -> bool {
    either(item, "referenced_tweets", "referenced_posts").is_some()
}

/// Reads an entry of a list. `is_told`: where it has to do with another post, it says so.
pub(super) fn entry(item: &Value, users: &Users<'_>, is_told: bool) -> Entry {
    let (Some(version), Some(text)) = (id(item, "id"), text(item)) else {
        return Entry::Unreadable;
    };
    // Where that was not asked for, a repost shows only in its words.
    let is_shown = !is_told && text.starts_with("RT @") && text.ends_with('…');
    if reference(item, "retweeted").is_some() || is_shown {
        return Entry::Repost;
    }
    let versions = either(item, "edit_history_tweet_ids", "edit_history_post_ids");
    let first = versions.and_then(|ids| ids.get(0)?.as_str()?.parse::<u64>().ok());
    let original = first.filter(|first| *first < version).unwrap_or(version);
    let told = item.get("created_at").and_then(Value::as_str).and_then(time);
    let (published, edited) = if original == version {
        (told.or_else(|| time_of(version)), None)
    } else {
        (time_of(original).or(told), told.or_else(|| time_of(version)))
    };
    let (author, name) = author(item, users);
    Entry::Post(Box::new(Post {
        id: Some(original.to_string()),
        site: "x.com".into(),
        url: Some(format!("{PLACE}/{}/status/{original}", name.as_deref().unwrap_or("i"))),
        has_own_url: true,
        text,
        author,
        published,
        language: item.get("lang").and_then(Value::as_str).and_then(language),
        parent: reference(item, "replied_to"),
        thread: id(item, "conversation_id").map(|id| id.to_string()),
        edited,
        engagement: engagement(item),
        ..Post::default()
    }))
}

/// Returns who wrote it, and their handle where it may stand in an address.
fn author(item: &Value, users: &Users<'_>) -> (Author, Option<String>) {
    let Some(number) = id(item, "author_id") else { return (Author::default(), None) };
    let user = users.get(number.to_string().as_str());
    let word = |name: &str| {
        let text = html::clean(user?.get(name)?.as_str()?);
        (!text.is_empty()).then_some(text)
    };
    let handle = word("username").filter(|name| is_handle(name));
    // An account is found by its number, too.
    let place = handle.clone().unwrap_or_else(|| format!("i/user/{number}"));
    let metrics = user.and_then(|user| user.get("public_metrics"));
    let author = Author {
        name: word("name").map(|name| unescaped(&name)),
        handle: handle.clone(),
        url: Some(format!("{PLACE}/{place}")),
        followers: metrics.and_then(|metrics| metrics.get("followers_count")?.as_u64()),
    };
    (author, handle)
}

/// Tells whether this can be the name of an account.
pub(super) fn is_handle(name: &str) -> bool {
    let is_of_it = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=15).contains(&name.len()) && name.bytes().all(is_of_it)
}

/// Returns the whole text, signs and links as people see them.
fn text(item: &Value) -> Option<String> {
    let note = either(item, "note_tweet", "note_post");
    let whole = note.and_then(|note| note.get("text")?.as_str());
    let text = whole.or_else(|| item.get("text")?.as_str())?;
    let mut text = unescaped(text);
    let of = |value: Option<&Value>| {
        let urls = value.and_then(|value| value.get("entities")?.get("urls")?.as_array().cloned());
        urls.unwrap_or_default()
    };
    let mut links = of(note.filter(|_| whole.is_some()));
    links.extend(of(Some(item)));
    for link in links.iter().take(MOST_LINKS) {
        let (Some(short), Some(long)) = (word(link, "url"), word(link, "expanded_url")) else {
            continue;
        };
        if short.starts_with("https://t.co/") && long.len() <= LONGEST_LINK {
            // A picture or film of the post itself is no word of it.
            text = text.replacen(short, if is_own_picture(long) { "" } else { long }, 1);
        }
    }
    Some(html::clean(&text))
}

fn is_own_picture(link: &str) -> bool {
    let is_here = ["https://x.com/", "https://twitter.com/"].iter().any(|x| link.starts_with(x));
    is_here && link.contains("/status/") && (link.contains("/photo/") || link.contains("/video/"))
}

/// Decodes the three signs that X writes as in HTML.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Reads a claim of a language: some codes of X are older than those in use, some mean none.
pub(super) fn language(code: &str) -> Option<Language> {
    match code {
        "iw" => "he",
        "in" => "id",
        "ji" => "yi",
        other => other,
    }
    .parse()
    .ok()
}

fn engagement(item: &Value) -> Engagement {
    let metrics = item.get("public_metrics");
    let count = |name: &str| metrics?.get(name)?.as_u64();
    let reposts = count("retweet_count").or_else(|| count("repost_count"));
    let shares = match (reposts, count("quote_count")) {
        (None, None) => None,
        (reposts, quotes) => Some(reposts.unwrap_or(0).saturating_add(quotes.unwrap_or(0))),
    };
    Engagement {
        likes: count("like_count").and_then(|likes| i64::try_from(likes).ok()),
        replies: count("reply_count"),
        shares,
        views: count("impression_count"),
    }
}

/// Returns the post that this one has to do with in this way.
fn reference(item: &Value, kind: &str) -> Option<String> {
    let listed = either(item, "referenced_tweets", "referenced_posts")?.as_array()?;
    let of_kind = listed.iter().find(|one| word(one, "type") == Some(kind))?;
    id(of_kind, "id").map(|id| id.to_string())
}

fn either<'a>(value: &'a Value, old: &str, new: &str) -> Option<&'a Value> {
    value.get(old).or_else(|| value.get(new))
}

fn word<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc))
}
