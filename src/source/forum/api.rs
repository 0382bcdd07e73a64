//! Where forum software offers for machines what its pages show, and reading it.
//!
//! Which software it is, and where its API is, is told by the page; what an answer is, by the answer.
//! An id is the same by either way, so that changing the way makes no post new.

use crate::source::Unreadable;
use crate::source::forum::reading::Reading;
use crate::source::forum::{discourse, flarum, nodebb, xenforo};
use crate::text::{html, json};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use url::Url;

/// How a forum is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// As people read it.
    #[default]
    Pages,
    /// The list by the RSS of `XenForo`, the topics as people read them.
    Rss,
    Discourse,
    NodeBb,
    Flarum,
}

impl Way {
    /// Whether topics too are asked for by this way.
    pub(super) fn is_whole(self) -> bool {
        !matches!(self, Self::Pages | Self::Rss)
    }

    /// What to ask for, most wanted first, for the `Accept` header.
    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Pages => "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
            Self::Rss => "application/rss+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1",
            Self::Flarum => "application/vnd.api+json, application/json;q=0.9, */*;q=0.1",
            Self::Discourse | Self::NodeBb => "application/json, */*;q=0.1",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pages => "its pages",
            Self::Rss => "XenForo's RSS",
            Self::Discourse => "Discourse's JSON",
            Self::NodeBb => "NodeBB's JSON",
            Self::Flarum => "Flarum's API",
        })
    }
}

/// Returns how what the page at `url` shows is to be had for machines, where it is.
pub(super) fn of_page(body: &str, url: &Url) -> Option<(Way, Url)> {
    let found = if body.contains("data-discourse-setup") || body.contains("content=\"Discourse ") {
        discourse::address(body, url).map(|url| (Way::Discourse, url))
    } else if body.contains("id=\"flarum-json-payload\"") || body.contains("id=\"flarum-loading\"")
    {
        flarum::address(body, url).map(|url| (Way::Flarum, url))
    } else if body.contains("nodebb") && body.contains("\"relative_path\":") {
        nodebb::address(body, url).map(|url| (Way::NodeBb, url))
    } else if body.contains("<html id=\"XF\"") {
        xenforo::address(url).map(|url| (Way::Rss, url))
    } else {
        None
    };
    found.filter(|(_, address)| address != url)
}

/// Reads an answer in JSON. `asked` is what was asked for, with our own note in its fragment.
pub(super) fn read(text: &str, url: &Url, asked: &Url) -> Result<Reading, Unreadable> {
    let value = json::parse(text.trim(), json::MOST_API_BYTES)
        .map_err(|unfit| Unreadable(unfit.to_string()))?;
    let read = discourse::read(&value, url, asked)
        .or_else(|| nodebb::read(&value, url))
        .or_else(|| flarum::read(&value, url));
    read.ok_or_else(|| match complaint(&value) {
        Some(words) => Unreadable(format!("the forum answers: {words}")),
        None => Unreadable(
            "the reply is JSON, but neither topics nor posts of Discourse, NodeBB or Flarum".into(),
        ),
    })
}

/// What an API says where it gives nothing.
fn complaint(value: &Value) -> Option<String> {
    let first = value.get("errors").and_then(Value::as_array).and_then(|errors| errors.first());
    let words = first.and_then(|error| error.as_str().or_else(|| text(error, "detail")));
    let words = words.or_else(|| text(value, "message")).or_else(|| text(value, "error"))?;
    Some(crate::text::cut(&crate::text::visible(words), 200))
}

/// Said of an entry that cannot be read.
pub(super) struct Malformed;

/// An entry that was read; nothing of one that nobody wrote or that was taken away.
pub(super) type Entry<T> = Result<Option<T>, Malformed>;

/// Returns a text that says something.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().filter(|text| !text.trim().is_empty())
}

/// Returns a number or a text that tells one thing from others, as a text.
pub(super) fn name(value: &Value, name: &str) -> Option<String> {
    let known = match value.get(name)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => html::clean(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_name = !known.is_empty() && known.len() <= 512 && known != "0";
    is_name.then_some(known)
}

pub(super) fn list<'v>(value: &'v Value, name: &str) -> Option<&'v Vec<Value>> {
    value.get(name)?.as_array()
}

pub(super) fn is_set(value: &Value, name: &str) -> bool {
    match value.get(name) {
        Some(Value::Bool(is_set)) => *is_set,
        Some(Value::Number(number)) => number.as_u64() != Some(0),
        _ => false,
    }
}

pub(super) fn date(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc3339(text(value, name)?.trim()).ok()?;
    Some(date.to_utc())
}

/// Returns plain text of at most `most` characters on one line.
pub(super) fn line(markup: &str, most: usize) -> Option<String> {
    Some(crate::text::cut(&html::plain(markup), most)).filter(|line| !line.is_empty())
}

/// Returns `url` with another path below the folder that the forum lies in.
pub(super) fn below(url: &Url, folder: &str, path: &str) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let (path, query) = path.split_once('?').map_or((path, None), |(path, q)| (path, Some(q)));
    url.set_path(&format!("{}/{}", folder.trim_end_matches('/'), path.trim_start_matches('/')));
    url.set_query(query);
    url
}

/// Splits the path of `url` at the first segment that `is_known` knows: the folder that the forum
/// lies in, and the segments from there.
pub(super) fn folder(url: &Url, is_known: impl Fn(&str) -> bool) -> Option<(String, Vec<&str>)> {
    let segments: Vec<&str> = url.path_segments()?.filter(|part| !part.is_empty()).collect();
    let at = segments.iter().position(|part| is_known(part))?;
    let (before, behind) = segments.split_at_checked(at)?;
    let folder = before.iter().fold(String::new(), |folder, part| format!("{folder}/{part}"));
    Some((folder, behind.to_vec()))
}

/// Returns the value of `"name":"…"` in the data that a page carries for its scripts.
pub(super) fn in_script(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("\"{name}\":"))?;
    // Anything but a text ends here: it is not to be parsed to its end.
    serde_json::Deserializer::from_str(rest.trim_start()).into_iter::<String>().next()?.ok()
}

/// Returns `url` with the number `page` in its query.
pub(super) fn with_page(url: &Url, page: u64) -> Url {
    with_query(url, "page", &page.to_string())
}

/// Returns `url` with one parameter of its query set.
pub(super) fn with_query(url: &Url, name: &str, value: &str) -> Url {
    let mut set = url.clone();
    set.set_fragment(None);
    let others: Vec<_> = url.query_pairs().filter(|(known, _)| known != name).collect();
    set.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    set
}

/// Returns the number that `url` has in its query.
pub(super) fn number(url: &Url, name: &str) -> Option<u64> {
    url.query_pairs().find(|(known, _)| known == name)?.1.parse().ok()
}

/// Returns markup without the elements called `element` whose start tag `is_quote`: what somebody
/// quotes, somebody else has written.
pub(in crate::source) fn without(
    markup: &str,
    element: &str,
    is_quote: impl Fn(&str) -> bool,
) -> String {
    let mut kept = String::with_capacity(markup.len());
    let mut depth = 0_usize;
    let mut rest = markup;
    while let Some((before, from)) = rest.find('<').and_then(|at| rest.split_at_checked(at)) {
        let end = from.find('>').map_or(from.len(), |at| at + 1);
        let Some((tag, behind)) = from.split_at_checked(end) else { break };
        if depth == 0 {
            kept.push_str(before);
        }
        let (is_element, is_end) = named(tag, element);
        match (is_element, is_end) {
            (true, false) if depth > 0 || is_quote(tag) => depth += 1,
            (true, true) if depth > 0 => depth -= 1,
            _ if depth == 0 => kept.push_str(tag),
            _ => {}
        }
        rest = behind;
    }
    if depth == 0 {
        kept.push_str(rest);
    }
    kept
}

/// Tells whether a tag is called `element`, and whether it ends one.
fn named(tag: &str, element: &str) -> (bool, bool) {
    let inner = tag.trim_start_matches('<').trim_end_matches('>');
    let (inner, is_end) = inner.strip_prefix('/').map_or((inner, false), |inner| (inner, true));
    let name = inner.split([' ', '\t', '\n', '\r', '/']).next().unwrap_or_default();
    (name.eq_ignore_ascii_case(element), is_end)
}

/// Returns the text of markup without any `blockquote`.
pub(super) fn own_words(markup: &str) -> String {
    html::plain(&without(markup, "blockquote", |_| true))
}
