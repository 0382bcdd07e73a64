//! One post or comment of Lemmy with what an answer shows beside it, of v3 or v4.

use super::markdown;
use super::memory::Memory;
use crate::post::{Author, Engagement, Post};
use crate::text::{date, html};
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

/// A post or comment, with its author, its numbers and the post that it stands below.
#[derive(Clone, Copy)]
pub(super) struct View<'v> {
    /// What stands beside the post or comment, and it as well.
    whole: &'v Value,
    /// The post or comment itself.
    item: &'v Value,
    is_comment: bool,
}

impl<'v> View<'v> {
    /// Returns all that an answer holds: a search, a list, a single post or comment. `None` if it is
    /// none of these.
    pub(super) fn all(answer: &'v Value) -> Option<Vec<Self>> {
        let single = |name: &str| answer.get(name).filter(|value| value.is_object());
        if let Some(one) = single("comment_view").or_else(|| single("post_view")) {
            return Some(vec![Self::of(one)?]);
        }
        if let Some(one) = Self::of(answer) {
            return Some(vec![one]);
        }
        let lists =
            ["posts", "comments", "results", "items"].map(|name| answer.get(name)?.as_array());
        lists.iter().any(Option::is_some).then(|| {
            let views = lists.into_iter().flatten().flatten();
            // Communities and people stand among some results.
            let others = ["community", "person", "multi_community"];
            let is_other = |view: &&Value| others.iter().any(|name| view.get(name).is_some());
            let is_wanted = |view: &&'v Value| Self::of(view).is_some() || !is_other(view);
            views.filter(is_wanted).map(Self::entry).collect()
        })
    }

    fn of(view: &'v Value) -> Option<Self> {
        let named = |name: &str| view.get(name).filter(|item| item.is_object());
        let comment = named("comment");
        let item = comment.or_else(|| named("post"))?;
        Some(Self { whole: view, item, is_comment: comment.is_some() })
    }

    /// Returns an entry of a list, also one that makes no sense: it is counted.
    fn entry(view: &'v Value) -> Self {
        Self::of(view).unwrap_or(Self { whole: view, item: view, is_comment: false })
    }

    pub(super) fn is_comment(&self) -> bool {
        self.is_comment
    }

    /// Returns when it was written; a time without a zone is UTC.
    pub(super) fn published(&self) -> Option<DateTime<Utc>> {
        time(self.item, ["published_at", "published"])
    }

    /// Returns the post; `None` if it has no id, which is an address. `beside` is what stands in the same answer.
    pub(super) fn post(&self, beside: &[Self], memory: &Memory) -> Option<Post> {
        let id = address(self.item, "ap_id")?;
        if flag(self.item, "removed") || flag(self.item, "deleted") {
            return Some(Post::gone("", id));
        }
        let above = self.whole.get("post").filter(|_| self.is_comment);
        let title = text(above.unwrap_or(self.item), "name").map(html::clean);
        let body = text(self.item, if self.is_comment { "content" } else { "body" });
        let mut words = body.map(markdown::plain).unwrap_or_default();
        if let Some(link) = text(self.item, "url").filter(|_| !self.is_comment) {
            if !words.is_empty() {
                words.push_str("\n\n");
            }
            words.push_str(&html::clean(link));
        }
        if title.is_none() && words.is_empty() {
            return None;
        }
        let replies = if self.is_comment { "child_count" } else { "comments" };
        let thread = above.map_or(Some(id), |above| address(above, "ap_id"));
        Some(Post {
            id: Some(id.to_owned()),
            url: Some(id.to_owned()),
            has_own_url: true,
            title,
            text: words,
            author: self.author(),
            published: self.published(),
            language: self
                .item
                .get("language_id")
                .and_then(Value::as_u64)
                .and_then(|n| memory.language(n)),
            parent: self.parent(beside),
            thread: thread.map(str::to_owned),
            edited: time(self.item, ["updated_at", "updated"]),
            engagement: Engagement {
                likes: self.count("score").and_then(Value::as_i64),
                replies: self.count(replies).and_then(Value::as_u64),
                ..Engagement::default()
            },
            ..Post::default()
        })
    }

    /// Returns the id of what a comment answers: the post, or the comment that its path names, if that
    /// stands in the same answer (a path has the server's own numbers).
    fn parent(&self, beside: &[Self]) -> Option<String> {
        if !self.is_comment {
            return None;
        }
        let path: Vec<&str> = text(self.item, "path")?.split('.').collect();
        let number: u64 = match path.as_slice() {
            ["0", _] => return address(self.whole.get("post")?, "ap_id").map(str::to_owned),
            [.., above, _] => above.parse().ok()?,
            _ => return None,
        };
        let is_above = |other: &&Self| {
            other.is_comment && other.item.get("id").and_then(Value::as_u64) == Some(number)
        };
        address(beside.iter().find(is_above)?.item, "ap_id").map(str::to_owned)
    }

    fn author(&self) -> Author {
        let Some(person) = self.whole.get("creator") else { return Author::default() };
        let account = text(person, "name").map(html::clean);
        let url = address(person, "ap_id").or_else(|| address(person, "actor_id"));
        let host = url.and_then(|url| Url::parse(url).ok());
        let host = host.as_ref().and_then(Url::host_str);
        Author {
            name: text(person, "display_name").map(html::clean).or_else(|| account.clone()),
            handle: account.map(|name| host.map_or(name.clone(), |host| format!("{name}@{host}"))),
            url: url.map(str::to_owned),
            followers: None,
        }
    }

    /// Returns a number, which v3 has beside the post or comment and v4 in it.
    fn count(&self, name: &str) -> Option<&'v Value> {
        let beside = self.whole.get("counts").and_then(|counts| counts.get(name));
        beside.or_else(|| self.item.get(name))
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// Returns an address on the web.
fn address<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    let is_odd = |c: char| c.is_control() || c.is_whitespace();
    let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    text(value, name).filter(|url| is_web(url) && !url.contains(is_odd))
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or_default()
}

fn time(value: &Value, names: [&str; 2]) -> Option<DateTime<Utc>> {
    names.iter().find_map(|name| date::parse(text(value, name)?))
}
