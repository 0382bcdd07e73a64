//! One question or answer of Stack Exchange: as a search shows it, as a post, or in a list of questions
//! with its answers inside.

use super::asked::Known;
use crate::post::{Author, Engagement, Post};
use crate::source::lemmy::markdown;
use crate::text::{Language, html};
use chrono::DateTime;
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// A question or an answer, with the question that it stands below where that is known.
#[derive(Clone, Copy)]
pub(super) struct Item<'v> {
    item: &'v Value,
    above: Option<&'v Value>,
}

impl<'v> Item<'v> {
    /// Returns all questions and answers of an answer of the API, or one that was saved by itself;
    /// `None` if it is neither.
    pub(super) fn all(answer: &'v Value) -> Option<Vec<Self>> {
        let items = match answer.get("items").and_then(Value::as_array) {
            Some(items) => items.as_slice(),
            None if Self { item: answer, above: None }.id().is_some() => {
                std::slice::from_ref(answer)
            }
            None => return None,
        };
        let with_answers = |item: &'v Value| {
            let inside = item.get("answers").and_then(Value::as_array);
            let inside = inside.into_iter().flatten();
            let answers = inside.map(move |inner| Self { item: inner, above: Some(item) });
            std::iter::once(Self { item, above: None }).chain(answers)
        };
        Some(items.iter().flat_map(with_answers).collect())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.item.get(name)?.as_u64()
    }

    fn text(&self, name: &str) -> Option<&'v str> {
        self.item.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Returns the id, which questions and answers of a site share.
    pub(super) fn id(&self) -> Option<u64> {
        ["post_id", "answer_id", "question_id"].iter().find_map(|name| self.number(name))
    }

    fn is_answer(&self) -> bool {
        let said = self.text("post_type").or_else(|| self.text("item_type"));
        said.map_or_else(|| self.number("answer_id").is_some(), |said| said == "answer")
    }

    pub(super) fn created(&self) -> Option<i64> {
        self.item.get("creation_date")?.as_i64()
    }

    pub(super) fn title(&self) -> Option<String> {
        let above = || Item { item: self.above?, above: None }.text("title");
        self.text("title").or_else(above).map(html::plain)
    }

    /// Returns the id of the question that this answers.
    pub(super) fn question(&self) -> Option<u64> {
        self.is_answer().then(|| self.number("question_id")).flatten()
    }

    pub(super) fn answers(&self) -> Option<u64> {
        (!self.is_answer()).then(|| self.number("answer_count")).flatten()
    }

    /// Returns the post; `None` if it has no id. `known` is what the search told of posts, by their
    /// ids.
    pub(super) fn post(&self, site: &str, known: &BTreeMap<u64, Known>) -> Option<Post> {
        let id = self.id()?;
        let known = known.get(&id).cloned().unwrap_or_default();
        let question = self.question().or(known.question);
        let time = |name: &str| DateTime::from_timestamp(self.item.get(name)?.as_i64()?, 0);
        let host = self.host(site);
        let short = if self.is_answer() { "a" } else { "q" };
        let url = self.text("link").filter(|link| is_web(link)).map(str::to_owned);
        let url = url.or_else(|| host.as_ref().map(|host| format!("https://{host}/{short}/{id}")));
        let name = host.as_deref().map(name_of);
        Some(Post {
            id: Some(id.to_string()),
            site: if site.is_empty() { name.unwrap_or_default() } else { site.to_owned() },
            has_own_url: url.is_some(),
            url,
            title: self.title().or(known.title),
            text: self.words(),
            author: self.author(),
            published: time("creation_date"),
            edited: time("last_edit_date"),
            language: language(host.as_deref().unwrap_or_default()),
            parent: question.map(|question| question.to_string()),
            thread: if self.is_answer() { question } else { Some(id) }.map(|id| id.to_string()),
            engagement: Engagement {
                likes: self.item.get("score").and_then(Value::as_i64),
                replies: self.answers().or(known.answers),
                views: self.number("view_count"),
                ..Engagement::default()
            },
            ..Post::default()
        })
    }

    fn words(&self) -> String {
        let markdown = || self.text("body_markdown").map(markdown::plain);
        let words = self.text("body").map(html::plain).or_else(markdown);
        words.or_else(|| self.text("excerpt").map(html::plain)).unwrap_or_default()
    }

    fn author(&self) -> Author {
        let Some(owner) = self.item.get("owner") else { return Author::default() };
        let word = |name: &str| owner.get(name)?.as_str().filter(|text| !text.trim().is_empty());
        Author {
            name: word("display_name").map(html::plain),
            url: word("link").filter(|link| is_web(link)).map(str::to_owned),
            ..Author::default()
        }
    }

    /// Returns the host of the site: of the name that the API has for it, or, where that is not known,
    /// of a link.
    fn host(&self, site: &str) -> Option<String> {
        if site.is_empty() {
            let owner = || self.item.get("owner")?.get("link")?.as_str();
            let links = [self.text("link"), owner()];
            let mut links = links.into_iter().flatten().filter_map(|link| Url::parse(link).ok());
            return links.find_map(|link| link.host_str().map(str::to_owned));
        }
        Some(match site {
            "stackoverflow" | "superuser" | "serverfault" | "askubuntu" | "stackapps" => {
                format!("{site}.com")
            }
            "meta" => "meta.stackexchange.com".into(),
            _ if matches!(site.rsplit_once('.'), Some((_, "com" | "net"))) => site.to_owned(),
            _ if site.ends_with(".stackoverflow") => format!("{site}.com"),
            _ => match site.strip_prefix("meta.") {
                Some(main @ ("superuser" | "serverfault" | "askubuntu")) => {
                    format!("meta.{main}.com")
                }
                Some(main) => format!("{main}.meta.stackexchange.com"),
                None => format!("{site}.stackexchange.com"),
            },
        })
    }
}

/// Tells whether `link` is an address on the web.
fn is_web(link: &str) -> bool {
    let is_odd = |c: char| c.is_control() || c.is_whitespace();
    (link.starts_with("https://") || link.starts_with("http://")) && !link.contains(is_odd)
}

/// Returns what the API calls the site at a host.
fn name_of(host: &str) -> String {
    let name = host.strip_suffix(".stackexchange.com").or_else(|| host.strip_suffix(".com"));
    name.unwrap_or(host).to_owned()
}

/// Returns the language of the sites that have one: `es.stackoverflow.com`.
fn language(host: &str) -> Option<Language> {
    host.strip_suffix(".stackoverflow.com")?.parse().ok()
}
