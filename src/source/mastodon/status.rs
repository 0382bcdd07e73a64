//! One post of Mastodon, taken out of the JSON that a server makes of it.

use crate::post::{Author, Concerns, Engagement, Post};
use crate::text::{date, html};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// What became of an entry.
pub(super) enum Found {
    Post(Box<Post>),
    /// It has no words, or its author does not want to be read by programs.
    Unwanted,
    /// It makes no sense.
    Odd,
}

/// A longer address is none.
const LONGEST_URI: usize = 2000;

/// Steps from an answer up to where its conversation began.
const MOST_STEPS: usize = 40;

/// Reads a post. `home` is the host of the server that was asked, `page` all posts of the reply: a
/// server names the post that was answered by an id of its own, and only where both came at once is
/// there telling what everybody else calls it.
pub(super) fn post(status: &Value, home: &str, is_to_us: bool, page: &[&Value]) -> Found {
    let Some(content) = status.get("content").and_then(Value::as_str) else { return Found::Odd };
    let Some((site, id)) = identity(status, home) else { return Found::Odd };
    let author = status.get("account");
    // What somebody says to us may be read.
    if !is_to_us && author.is_some_and(wants_no_programs) {
        return Found::Unwanted;
    }
    let title = word(status, "spoiler_text").map(html::clean);
    let text = text(status, content);
    if title.is_none() && text.is_empty() {
        return Found::Unwanted;
    }
    let url = address(status, "url").or_else(|| address(status, "uri"));
    let count = |name: &str| status.get(name).and_then(Value::as_u64);
    let shares = match (count("reblogs_count"), count("quotes_count")) {
        (None, None) => None,
        (reposts, quotes) => {
            Some(reposts.unwrap_or_default().saturating_add(quotes.unwrap_or_default()))
        }
    };
    let is_private = word(status, "visibility") == Some("direct");
    Found::Post(Box::new(Post {
        parent: parent(status, page),
        thread: thread(status, &id, page),
        has_own_url: url.is_some(),
        url,
        title: title.filter(|title| !title.is_empty()),
        text,
        author: author.map(author_of).unwrap_or_default(),
        published: date(status, "created_at"),
        language: word(status, "language").and_then(|claim| claim.parse().ok()),
        edited: date(status, "edited_at"),
        engagement: Engagement {
            likes: status.get("favourites_count").and_then(Value::as_i64),
            replies: count("replies_count"),
            shares,
            views: None,
        },
        concerns: if is_to_us { Concerns::Desk } else { Concerns::Named },
        is_private,
        id: Some(id),
        site,
        ..Post::default()
    }))
}

/// Returns what a post is known by, and within what: by its address everywhere; by the id of the server
/// that was asked, where a server tells no address.
fn identity(status: &Value, home: &str) -> Option<(String, String)> {
    let everywhere = uri(status).map(|uri| (String::new(), uri.to_owned()));
    everywhere.or_else(|| Some((home.to_owned(), word(status, "id")?.to_owned())))
}

fn uri(status: &Value) -> Option<&str> {
    let is_fit = |uri: &&str| uri.len() <= LONGEST_URI && !uri.contains(char::is_whitespace);
    word(status, "uri").filter(is_fit)
}

/// Returns what was written: the text, the choices of a poll, and what pictures are said to show.
fn text(status: &Value, content: &str) -> String {
    let mut parts = vec![html::plain(content)];
    let options = status.get("poll").and_then(|poll| poll.get("options")?.as_array());
    let options = options.into_iter().flatten().filter_map(|option| word(option, "title"));
    let options: Vec<String> = options.map(|option| format!("- {}", html::clean(option))).collect();
    parts.push(options.join("\n"));
    let media = status.get("media_attachments").and_then(Value::as_array);
    let media = media.into_iter().flatten().filter_map(|one| word(one, "description"));
    parts.extend(media.map(html::clean));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// Returns the post that this one answers, or else the one that it quotes.
fn parent(status: &Value, page: &[&Value]) -> Option<String> {
    if let Some(answered) = word(status, "in_reply_to_id") {
        return uri(by_id(answered, page)?).map(str::to_owned);
    }
    let quoted = status.get("quote")?;
    // Servers put it there with a word on whether it may be shown, or by itself.
    uri(quoted.get("quoted_status").unwrap_or(quoted)).map(str::to_owned)
}

/// Returns the post with which the conversation began, where that is known.
fn thread(status: &Value, own: &str, page: &[&Value]) -> Option<String> {
    let mut first = status;
    for _ in 0..MOST_STEPS {
        match word(first, "in_reply_to_id") {
            Some(answered) => first = by_id(answered, page)?,
            None if std::ptr::eq(first, status) => return Some(own.to_owned()),
            None => return uri(first).map(str::to_owned),
        }
    }
    None
}

fn by_id<'v>(id: &str, page: &[&'v Value]) -> Option<&'v Value> {
    page.iter().find(|status| word(status, "id") == Some(id)).copied()
}

fn author_of(account: &Value) -> Author {
    let name = word(account, "display_name").map(html::clean).filter(|name| !name.is_empty());
    let own = |name: &str| word(account, name).map(|handle| html::clean(handle.trim_matches('@')));
    Author {
        name: name.or_else(|| own("username")),
        handle: own("acct").or_else(|| own("username")),
        url: address(account, "url").or_else(|| address(account, "uri")),
        followers: account.get("followers_count").and_then(Value::as_u64),
    }
}

/// Tells whether an account asks search engines or programs to stay away.
fn wants_no_programs(account: &Value) -> bool {
    let is_hidden = account.get("noindex").and_then(Value::as_bool) == Some(true);
    let says = |note: &str| html::plain(note).to_lowercase().contains("#nobot");
    is_hidden || word(account, "note").is_some_and(says)
}

/// Returns an address of the web.
fn address(value: &Value, name: &str) -> Option<String> {
    let is_web = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
    let is_fit = |url: &&str| url.len() <= LONGEST_URI && !url.contains(char::is_whitespace);
    word(value, name).filter(is_web).filter(is_fit).map(str::to_owned)
}

/// Returns a text that is there and not blank.
pub(super) fn word<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().filter(|text| !text.trim().is_empty())
}

/// Returns a date.
pub(super) fn date(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    date::parse(word(value, name)?)
}
