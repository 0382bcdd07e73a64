//! What one update of a bot holds: a message, new or edited, or something else.

use crate::post::{Author, Concerns, Post};
use crate::text::html;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Links of one message that are written out.
const MOST_LINKS: usize = 100;

/// What an update holds.
pub(super) enum Found {
    Post(Box<Post>),
    /// Nothing that anybody said: somebody joined, a picture without words, a chat that does not count.
    Nothing,
    /// A message of which not even chat and number can be read.
    Broken,
}

/// Where a message stands.
struct Chat<'a> {
    id: i64,
    sort: &'a str,
    name: Option<&'a str>,
    title: Option<&'a str>,
}

impl<'a> Chat<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let word = |name: &str| value.get(name)?.as_str().filter(|text| !text.trim().is_empty());
        Some(Self {
            id: value.get("id")?.as_i64()?,
            sort: word("type").unwrap_or_default(),
            name: word("username").filter(|name| is_name(name)),
            title: word("title"),
        })
    }

    /// Returns the id below `t.me/c/`, of a supergroup or channel.
    fn inner(&self) -> Option<String> {
        let id = self.id.to_string();
        id.strip_prefix("-100").filter(|inner| !inner.is_empty()).map(str::to_owned)
    }

    /// Tells whether messages there have the same numbers for everybody. In other chats each bot
    /// counts for itself.
    fn is_shared(&self) -> bool {
        matches!(self.sort, "supergroup" | "channel")
    }

    /// Tells whether it is one of those that count, by name or id; none named: all do.
    fn counts(&self, chats: &[String]) -> bool {
        let (id, name) = (self.id.to_string(), self.name.map(str::to_lowercase));
        chats.is_empty()
            || chats.iter().any(|chat| *chat == id || Some(chat.as_str()) == name.as_deref())
    }

    fn link(&self, number: i64) -> Option<String> {
        if !self.is_shared() {
            return None;
        }
        match self.name {
            Some(name) => Some(format!("https://t.me/{name}/{number}")),
            None => Some(format!("https://t.me/c/{}/{number}", self.inner()?)),
        }
    }
}

/// Tells whether this is a name as Telegram gives them, so that it may stand in an address.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Reads an update that `bot` heard, where it is a message in one of `chats`, or to the bot itself.
pub(super) fn read(update: &Value, bot: &str, chats: &[String]) -> Found {
    if update.get("update_id").and_then(Value::as_i64).is_none() {
        return Found::Broken;
    }
    let Some(message) = super::SORTS.iter().find_map(|sort| update.get(sort)) else {
        return Found::Nothing;
    };
    let chat = message.get("chat").and_then(Chat::of);
    let number = message.get("message_id").and_then(Value::as_i64);
    let (Some(chat), Some(number)) = (chat, number) else { return Found::Broken };
    let is_private = chat.sort == "private";
    let text = text(message);
    let is_for_us = if is_private { !is_command(&text) } else { chat.counts(chats) };
    if text.is_empty() || !is_for_us {
        return Found::Nothing;
    }
    let url = chat.link(number);
    Found::Post(Box::new(Post {
        id: Some(format!("{}/{number}", chat.id)),
        site: if chat.is_shared() { "t.me".into() } else { format!("t.me/{bot}") },
        has_own_url: url.is_some(),
        url,
        text,
        author: author(message, &chat),
        published: time(message, "date"),
        parent: parent(message).map(|parent| format!("{}/{parent}", chat.id)),
        thread: Some(match message.get("message_thread_id").and_then(Value::as_i64) {
            Some(topic) => format!("{}/{topic}", chat.id),
            None => chat.id.to_string(),
        }),
        edited: time(message, "edit_date"),
        concerns: if is_private { Concerns::Desk } else { Concerns::Named },
        is_private,
        ..Post::default()
    }))
}

/// Returns what was said, with the addresses of links that show other words.
fn text(message: &Value) -> String {
    let said = |name: &str| message.get(name)?.as_str().filter(|text| !text.is_empty());
    let (text, entities) = match said("text") {
        Some(text) => (text, message.get("entities")),
        None => (said("caption").unwrap_or_default(), message.get("caption_entities")),
    };
    let list = entities.and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let mut links: Vec<(u64, &str)> = list.iter().filter_map(link).take(MOST_LINKS).collect();
    // An address that can be seen anyway needs no repeating.
    links.retain(|(_, url)| !text.contains(url));
    links.sort_by_key(|(end, _)| *end);
    let mut links = links.into_iter().peekable();
    let show = |url: &str, written: &mut String| written.extend([" (", url, ")"]);
    let (mut written, mut at) = (String::with_capacity(text.len()), 0_u64);
    for c in text.chars() {
        while let Some((_, url)) = links.next_if(|(end, _)| *end <= at) {
            show(url, &mut written);
        }
        written.push(c);
        at += if c.len_utf16() == 1 { 1 } else { 2 };
    }
    for (_, url) in links {
        show(url, &mut written);
    }
    html::clean(&written)
}

/// Returns where a link ends whose address is not its text, in units of UTF-16, and where it leads.
fn link(entity: &Value) -> Option<(u64, &str)> {
    if entity.get("type")?.as_str()? != "text_link" {
        return None;
    }
    let number = |name: &str| entity.get(name)?.as_u64();
    let url = entity.get("url")?.as_str()?;
    Some((number("offset")?.saturating_add(number("length")?), url))
}

/// Tells whether a message to the bot is only a command: every talk to a bot begins with `/start`.
fn is_command(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    first.starts_with('/') && (words.next().is_none() || first == "/start")
}

/// Returns who wrote it. Where a chat speaks, `from` is only there for old programs.
fn author(message: &Value, chat: &Chat<'_>) -> Author {
    let word = |of: &Value, name: &str| {
        Some(of.get(name)?.as_str()?.trim().to_owned()).filter(|t| !t.is_empty())
    };
    let speaks = message.get("sender_chat").and_then(Chat::of);
    let (name, handle) = match (&speaks, message.get("from")) {
        (Some(chat), _) => (chat.title.map(str::to_owned), chat.name.map(str::to_owned)),
        (None, Some(from)) => {
            let parts = [word(from, "first_name"), word(from, "last_name")];
            let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            (
                Some(name).filter(|name| !name.is_empty()),
                word(from, "username").filter(|name| is_name(name)),
            )
        }
        (None, None) => (chat.title.map(str::to_owned), chat.name.map(str::to_owned)),
    };
    Author {
        name: name.map(|name| html::clean(&name)).or_else(|| handle.clone()),
        url: handle.as_ref().map(|handle| format!("https://t.me/{handle}")),
        handle,
        followers: None,
    }
}

/// Returns the number of the message that is answered. What stands in a topic answers the note of its
/// making only in name.
fn parent(message: &Value) -> Option<i64> {
    let parent = message.get("reply_to_message")?;
    if parent.get("forum_topic_created").is_some() {
        return None;
    }
    parent.get("message_id")?.as_i64()
}

fn time(message: &Value, name: &str) -> Option<DateTime<Utc>> {
    let seconds = message.get(name)?.as_i64().filter(|seconds| *seconds > 0)?;
    DateTime::from_timestamp(seconds, 0)
}
