//! A mail of a maildir: the items of an alert service, or one post.

use super::alerts;
use crate::post::{Author, Post};
use crate::text::html;
use chrono::DateTime;
use mail_parser::{HeaderValue, Message, MessageParser, PartType};

/// Reads a mail. One that is none holds no post.
pub(super) fn read(bytes: &[u8]) -> Vec<Post> {
    let Some(mail) = MessageParser::default().parse(bytes) else { return Vec::new() };
    let sender = sender(&mail).to_ascii_lowercase();
    let (name, host) = sender.split_once('@').unwrap_or_default();
    let text = text(&mail);
    let items = if host == "google.com" && name.starts_with("googlealerts") {
        alerts::of_google(html_of(&mail), text)
    } else if host == "talkwalker.com" || host.ends_with(".talkwalker.com") {
        alerts::of_talkwalker(html_of(&mail))
    } else {
        Vec::new()
    };
    // What an alert service says beside its alerts is a mail like others.
    if items.is_empty() { whole(&mail).into_iter().collect() } else { items }
}

/// Reads a mail as one post.
fn whole(mail: &Message<'_>) -> Option<Post> {
    let title = mail.subject().map(html::clean).filter(|title| !title.is_empty());
    let text = match (text(mail), html_of(mail)) {
        (Some(text), _) if !text.trim().is_empty() => html::clean(text),
        (_, Some(html)) => html::plain(html),
        _ => String::new(),
    };
    if title.is_none() && text.is_empty() {
        return None;
    }
    let from = mail.from().and_then(|from| from.first());
    let name = from.and_then(|from| from.name().or_else(|| from.address()));
    let word = |value: &HeaderValue<'_>,
                nth: fn(&[std::borrow::Cow<'_, str>]) -> Option<String>| {
        value.as_text_list().and_then(nth).filter(|id| !id.is_empty())
    };
    let published =
        mail.date().filter(|date| date.year >= 1970).map(mail_parser::DateTime::to_timestamp);
    Some(Post {
        id: mail.message_id().map(str::to_owned).filter(|id| !id.is_empty()),
        title,
        text,
        author: Author {
            name: name.map(html::clean).filter(|name| !name.is_empty()),
            ..Author::default()
        },
        published: published.and_then(|at| DateTime::from_timestamp(at, 0)),
        parent: word(mail.in_reply_to(), |ids| ids.last().map(ToString::to_string)),
        thread: word(mail.references(), |ids| ids.first().map(ToString::to_string)),
        ..Post::default()
    })
}

fn sender<'m>(mail: &'m Message<'_>) -> &'m str {
    mail.from().and_then(|from| from.first()).and_then(|from| from.address()).unwrap_or_default()
}

/// Returns the part in HTML, where there is one.
fn html_of<'m>(mail: &'m Message<'_>) -> Option<&'m str> {
    mail.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.as_ref()),
        _ => None,
    })
}

/// Returns the part in plain text, where there is one.
fn text<'m>(mail: &'m Message<'_>) -> Option<&'m str> {
    mail.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(text.as_ref()),
        _ => None,
    })
}
