//! One post of Bluesky, taken out of the JSON that a server makes of it.

use super::facets::{address, with_links};
use crate::post::{Author, Concerns, Engagement, Post};
use crate::text::{date, html};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// What became of an entry.
pub(super) enum Found {
    Post(Box<Post>),
    /// It has no words, or is labelled as nothing to be shown.
    Unwanted,
    /// It makes no sense.
    Odd,
}

/// Why an account is told of a post that speaks to it.
pub(super) const REASONS: [&str; 3] = ["mention", "reply", "quote"];

/// Labels of posts and authors that are not to be shown.
const HIDDEN: [&str; 5] = ["!hide", "!takedown", "!suspend", "spam", "porn"];

/// The label of authors who do not want to be shown to those who are not signed in.
const MEMBERS_ONLY: &str = "!no-unauthenticated";

/// Where posts stand for people.
const PLACE: &str = "https://bsky.app/profile";

/// A longer id is none.
const LONGEST_URI: usize = 500;

/// Reads a post as a search or a conversation shows it.
pub(super) fn post(view: &Value, is_signed_in: bool) -> Found {
    let uri = word(view, "uri").unwrap_or_default();
    let Some((did, key)) = parts(uri) else { return Found::Odd };
    let Some(record) = view.get("record") else { return Found::Odd };
    let Some(text) = record.get("text").and_then(Value::as_str) else { return Found::Odd };
    if is_hidden(view, is_signed_in) {
        return Found::Unwanted;
    }
    let embed = record.get("embed");
    let text = words(text, record.get("facets"), embed);
    if text.is_empty() {
        return Found::Unwanted;
    }
    let reply =
        |name: &str| word(record.get("reply")?.get(name)?, "uri").filter(|uri| is_post(uri));
    let count = |name: &str| view.get(name).and_then(Value::as_u64);
    let shares = match (count("repostCount"), count("quoteCount")) {
        (None, None) => None,
        (reposts, quotes) => {
            Some(reposts.unwrap_or_default().saturating_add(quotes.unwrap_or_default()))
        }
    };
    let languages = record.get("langs").and_then(Value::as_array);
    let language = languages.and_then(|langs| langs.first()?.as_str()?.parse().ok());
    Found::Post(Box::new(Post {
        id: Some(uri.to_owned()),
        // The account's own name may change, and this address still leads there.
        url: Some(format!("{PLACE}/{did}/post/{key}")),
        has_own_url: true,
        text,
        author: author(view.get("author"), did),
        published: sorted(view),
        language,
        parent: reply("parent").or_else(|| quoted(embed)).map(str::to_owned),
        thread: Some(reply("root").unwrap_or(uri).to_owned()),
        engagement: Engagement {
            likes: view.get("likeCount").and_then(Value::as_i64),
            replies: count("replyCount"),
            shares,
            views: None,
        },
        ..Post::default()
    }))
}

/// Reads a post of which an account is told because it speaks to it.
pub(super) fn notified(notification: &Value, is_signed_in: bool) -> Found {
    if !word(notification, "reason").is_some_and(|reason| REASONS.contains(&reason)) {
        return Found::Unwanted;
    }
    match post(notification, is_signed_in) {
        Found::Post(post) => Found::Post(Box::new(Post { concerns: Concerns::Desk, ..*post })),
        other => other,
    }
}

/// Returns when a post was written: as its author says, but not later than the server saw it.
pub(super) fn sorted(view: &Value) -> Option<DateTime<Utc>> {
    let claimed = view.get("record").and_then(|record| word(record, "createdAt"));
    match (claimed.and_then(date::parse), indexed(view)) {
        (Some(claimed), Some(seen)) => Some(claimed.min(seen)),
        (claimed, seen) => claimed.or(seen),
    }
}

/// Returns when the server saw it.
pub(super) fn indexed(view: &Value) -> Option<DateTime<Utc>> {
    word(view, "indexedAt").and_then(date::parse)
}

/// Tells whether an id is one of a post.
pub(super) fn is_post(uri: &str) -> bool {
    parts(uri).is_some()
}

/// Returns the account and the key in the id of a post.
fn parts(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("at://").filter(|_| uri.len() <= LONGEST_URI)?;
    let (did, key) = rest.split_once("/app.bsky.feed.post/")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '~');
    let is_fit = |part: &str| !part.is_empty() && part.chars().all(is_plain);
    (is_fit(did) && is_fit(key)).then_some((did, key))
}

/// Tells whether a post or its author bears a label that says not to show it.
fn is_hidden(view: &Value, is_signed_in: bool) -> bool {
    let labels = |value: Option<&Value>| -> Vec<String> {
        let labels = value.and_then(|value| value.get("labels"));
        // What an author says of a post stands one level lower.
        let labels = labels.map(|labels| labels.get("values").unwrap_or(labels));
        let labels = labels.and_then(Value::as_array).into_iter().flatten();
        let is_taken_back =
            |label: &&Value| label.get("neg").and_then(Value::as_bool) == Some(true);
        labels
            .filter(|label| !is_taken_back(label))
            .filter_map(|label| word(label, "val").map(str::to_owned))
            .collect()
    };
    let all = [Some(view), view.get("author"), view.get("record")].map(labels).concat();
    all.iter()
        .any(|label| HIDDEN.contains(&label.as_str()) || (label == MEMBERS_ONLY && !is_signed_in))
}

/// Returns what was written, with what it shows: the page that it links to, and what pictures are said
/// to be.
fn words(text: &str, facets: Option<&Value>, embed: Option<&Value>) -> String {
    let text = html::clean(&with_links(text, facets));
    let media = embed.map(|embed| embed.get("media").unwrap_or(embed));
    let mut parts = Vec::new();
    if let Some(page) = media.and_then(|media| media.get("external")) {
        let target = address(page, "uri").filter(|target| !text.contains(target));
        let told = [word(page, "title"), word(page, "description"), target];
        let told: Vec<String> = told.into_iter().flatten().map(html::clean).collect();
        parts.push(told.join("\n"));
    }
    let images = media.and_then(|media| media.get("images")?.as_array());
    let shown = images.into_iter().flatten().chain(media);
    parts.extend(shown.filter_map(|one| word(one, "alt")).map(html::clean));
    parts.insert(0, text);
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// Returns the post that this one quotes.
fn quoted(embed: Option<&Value>) -> Option<&str> {
    let record = embed?.get("record")?;
    word(record.get("record").unwrap_or(record), "uri").filter(|uri| is_post(uri))
}

fn author(author: Option<&Value>, did: &str) -> Author {
    let known = |name: &str| {
        let text = author.and_then(|author| word(author, name)).map(html::clean);
        text.filter(|text| !text.is_empty())
    };
    Author {
        name: known("displayName"),
        // What the server says where the name that an account claims is not its own.
        handle: known("handle").filter(|handle| handle != "handle.invalid"),
        url: Some(format!("{PLACE}/{did}")),
        followers: author.and_then(|author| author.get("followersCount")?.as_u64()),
    }
}

/// Returns a text that is there and not blank.
fn word<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().filter(|text| !text.trim().is_empty())
}
