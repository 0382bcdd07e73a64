//! What one item of a list holds, found by `JSONPath`.

use super::{MOST_ITEMS, USUAL_LIST, said};
use crate::fetch::Location;
use crate::post::{Author, Concerns, Post};
use crate::source::Unreadable;
use crate::source::site::{Given, Wrong};
use crate::text::date::{Reading, Zone};
use crate::text::{html, visible};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use serde_json_path::JsonPath;
use std::collections::{BTreeMap, HashMap};
use url::Url;

/// The keys that say where a part of a post stands, in an item.
const PARTS: [&str; 12] = [
    "id", "link", "title", "text", "author", "handle", "time", "edited", "parent", "thread",
    "rating", "language",
];

/// Where in a document things stand.
pub(super) struct Form {
    list: JsonPath,
    /// What holds the items, where `list` says so.
    holder: Option<JsonPath>,
    parts: BTreeMap<&'static str, JsonPath>,
    next: Option<JsonPath>,
    is_html: bool,
    zone: Zone,
    concerns: Concerns,
}

/// Reads a path as RFC 9535 has it.
fn path(key: &'static str, written: &str) -> Result<JsonPath, Wrong> {
    JsonPath::parse(written).map_err(|fault| {
        let bytes = fault.position().saturating_sub(1);
        let before = written.char_indices().take_while(|(at, _)| *at < bytes).count();
        let rest: String = written.chars().skip(before).take(20).collect();
        let place = match rest.as_str() {
            "" => "it ends too early".to_owned(),
            rest => {
                format!("`{}`, from character {} on, is not understood", visible(rest), before + 1)
            }
        };
        let why = format!("this is no JSONPath: {place}");
        Wrong::new(key, why).hint("write a path such as \"$.title\" or \"$.items[*]\"")
    })
}

impl Form {
    pub(super) fn of(given: &Given) -> Result<Self, Wrong> {
        let list = given.text("list").unwrap_or(USUAL_LIST);
        let mut parts = BTreeMap::new();
        for key in PARTS {
            if let Some(written) = given.text(key) {
                parts.insert(key, path(key, written)?);
            }
        }
        if !parts.contains_key("title") && !parts.contains_key("text") {
            parts.insert("title", path("title", "$.title")?);
            parts.insert("text", path("text", "$.text")?);
        }
        let zone: Option<Tz> = match given.text("timezone") {
            Some(name) => Some(name.parse().map_err(|_| {
                let why = format!("`{name}` is no time zone");
                Wrong::new("timezone", why).hint("write one such as \"Europe/Helsinki\"")
            })?),
            None => None,
        };
        Ok(Self {
            holder: list.strip_suffix("[*]").and_then(|holder| JsonPath::parse(holder).ok()),
            list: path("list", list)?,
            parts,
            next: given.text("next").map(|written| path("next", written)).transpose()?,
            is_html: given.flag("html").unwrap_or(false),
            zone: zone.unwrap_or(Tz::UTC).into(),
            concerns: match given.flag("about_brand") {
                Some(true) => Concerns::Brand,
                _ => Concerns::Named,
            },
        })
    }

    pub(super) fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// Returns the items of a document.
    pub(super) fn items<'d>(&self, document: &'d Value) -> Result<Vec<&'d Value>, Unreadable> {
        let mut items = self.list.query(document).all();
        if let [Value::Array(all)] = items.as_slice() {
            items = all.iter().collect();
        }
        if items.is_empty() {
            let holder = self.holder.as_ref().map(|holder| holder.query(document).all());
            let is_there = match holder.as_deref() {
                Some([]) => false,
                Some(held) => held.iter().any(|held| held.is_array() || held.is_object()),
                None => said(document).is_none(),
            };
            if !is_there {
                let said = said(document).map(|said| format!("; it says: {said}"));
                let said = said.unwrap_or_default();
                return Err(Unreadable(format!(
                    "the answer has nothing where `list` says that the items stand{said}"
                )));
            }
        }
        items.truncate(MOST_ITEMS);
        Ok(items)
    }

    /// Returns what a document says of the page behind it.
    pub(super) fn next(&self, document: &Value) -> Option<String> {
        let found = self.next.as_ref()?.query(document).first()?;
        scalar(found).map(|told| told.trim().to_owned()).filter(|told| !told.is_empty())
    }

    /// Reads the items that are posts.
    pub(super) fn posts(
        &self,
        items: &[&Value],
        site: &str,
        at: &Location,
        now: DateTime<Utc>,
    ) -> Vec<Post> {
        let mut posts: Vec<Post> =
            items.iter().filter_map(|item| self.post(item, site, at, now)).collect();
        // An address that several have is that of what they are about.
        let mut times: HashMap<String, usize> = HashMap::new();
        for url in posts.iter().filter_map(|post| post.url.clone()) {
            *times.entry(url).or_default() += 1;
        }
        for post in &mut posts {
            post.has_own_url = post.url.as_ref().is_some_and(|url| times.get(url) == Some(&1));
        }
        posts
    }

    fn post(&self, item: &Value, site: &str, at: &Location, now: DateTime<Utc>) -> Option<Post> {
        let title = self.prose("title", item).map(|title| one_line(&title));
        let text = self.prose("text", item).unwrap_or_default();
        if title.as_ref().is_none_or(String::is_empty) && text.is_empty() {
            return None;
        }
        let id = self.word("id", item);
        let is_address = id.as_ref().is_some_and(|id| id.contains("://"));
        let date = |key| Reading { now, zone: self.zone, order: None }.date(&self.word(key, item)?);
        Some(Post {
            site: if is_address || id.is_none() { String::new() } else { site.to_owned() },
            url: self.word("link", item).and_then(|link| address(&link, at)),
            title: title.filter(|title| !title.is_empty()),
            text,
            author: Author {
                name: self.word("author", item).map(|name| html::clean(&name)),
                handle: self
                    .word("handle", item)
                    .map(|handle| html::clean(handle.trim_start_matches('@'))),
                ..Author::default()
            },
            published: date("time"),
            edited: date("edited"),
            language: self.word("language", item).and_then(|code| code.parse().ok()),
            parent: self.word("parent", item),
            thread: self.word("thread", item),
            rating: self.word("rating", item).and_then(|stars| rating(&stars)),
            concerns: self.concerns,
            id,
            ..Post::default()
        })
    }

    /// Returns what somebody wrote, as plain text; several parts are paragraphs.
    fn prose(&self, key: &str, item: &Value) -> Option<String> {
        let found = self.parts.get(key)?.query(item);
        let lists = found.iter().flat_map(|value| match value {
            Value::Array(all) => all.iter().collect(),
            one => vec![*one],
        });
        let parts: Vec<String> = lists.filter_map(scalar).collect();
        let text = parts.join("\n\n");
        Some(if self.is_html { html::plain(&text) } else { html::clean(&text) })
    }

    /// Returns a text or number that is not empty.
    fn word(&self, key: &str, item: &Value) -> Option<String> {
        let word = scalar(self.parts.get(key)?.query(item).first()?)?;
        Some(one_line(&word)).filter(|word| !word.is_empty())
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        // A time with a fraction of a second is the second.
        Value::Number(number) => Some(match number.as_f64() {
            Some(float) if number.is_f64() && float.abs() >= 1e6 => format!("{float:.0}"),
            _ => number.to_string(),
        }),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the address that a link means on the page at `at`.
fn address(link: &str, at: &Location) -> Option<String> {
    let url = match at {
        Location::Web(here) => here.join(link),
        Location::File(_) => Url::parse(link),
    };
    url.ok().filter(|url| matches!(url.scheme(), "http" | "https")).map(String::from)
}

/// Reads stars; a mean is rounded.
fn rating(stars: &str) -> Option<u8> {
    let stars = stars.parse::<f64>().ok()?.round();
    (1..=5_u8).find(|known| (f64::from(*known) - stars).abs() < 0.5)
}
