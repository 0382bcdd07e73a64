//! An answer by an account of our own that stands in the customer's thread: nobody has to record it.

use crate::brand::BrandName;
use crate::mention::{Mention, PostKey};
use crate::post::{Author, Post};
use crate::text;
use crate::ticket::{Action, Status, Ticket};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The longest permalink that is noted, in characters.
const MOST_LINK: usize = 500;

/// The most of what it says that is kept, in characters.
const MOST_SAID: usize = 4000;

/// The shortest name by which somebody is called, in characters.
const LEAST_NAME: usize = 3;

/// So many words in a row are a quote.
const QUOTED: usize = 6;

/// What people do that a later answer is needed for.
const COMES_BACK: [&str; 3] = ["reopen", "rate", "restore"];

/// What is remembered of it: a complaint that is found later may be what it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnReply {
    /// The name of the account.
    pub by: String,
    /// When it was posted; when it was seen where the site does not tell.
    pub at: DateTime<Utc>,
    /// Its permalink, or what else names it.
    pub post: String,
    /// The identities of the post that it answers, where the site tells.
    pub parents: Vec<PostKey>,
    /// What it says, where it stands in a thread that tells not whom it answers.
    #[serde(default)]
    pub said: String,
    /// Whether it was found whom in its thread it answers.
    #[serde(default)]
    pub done: bool,
}

/// What an answer says of whom it is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hint {
    /// It calls the customer by name.
    pub is_named: bool,
    /// How many runs of words it has of what the customer wrote.
    pub quoted: usize,
}

impl OwnReply {
    /// Returns what is to be remembered of a post by an account of `brand`.
    pub fn of(post: &Post, brand: &BrandName, parents: Vec<PostKey>, now: DateTime<Utc>) -> Self {
        let author = &post.author;
        let handle = author.handle.as_deref().map(|handle| handle.trim_start_matches('@'));
        let by = author.name.clone().or_else(|| handle.map(|handle| format!("@{handle}")));
        let by = by.filter(|by| !by.trim().is_empty()).unwrap_or_else(|| brand.0.clone());
        let named = || post.id.as_ref().map(|id| format!("post {id}"));
        let link = post.url.clone().or_else(named).unwrap_or_else(|| "a post".to_owned());
        Self {
            by: text::cut(&text::visible(&by), 100),
            at: post.published.filter(|at| *at <= now).unwrap_or(now),
            post: text::visible(&link).chars().take(MOST_LINK).collect(),
            parents,
            said: String::new(),
            done: false,
        }
    }

    /// Returns it with what it says.
    #[must_use]
    pub fn saying(self, said: &str) -> Self {
        Self { said: text::cut(said, MOST_SAID), ..self }
    }

    /// Returns what it says of the one who wrote `mention`.
    pub fn hint(&self, mention: &Mention) -> Hint {
        let Author { name, handle, .. } = &mention.post.author;
        let handle = handle.as_deref().map(|handle| handle.trim_start_matches('@'));
        // Of an account at another server people write the first part.
        let short = handle.and_then(|handle| handle.split('@').next());
        let all = [name.as_deref(), handle, short].into_iter().flatten();
        let is_named = all
            .map(str::trim)
            .filter(|name| name.chars().count() >= LEAST_NAME)
            .any(|name| self.calls(name));
        let said = words(&self.said);
        let said: BTreeSet<&[String]> = said.windows(QUOTED).collect();
        let wrote = words(&mention.post.text);
        let quoted = wrote.windows(QUOTED).filter(|run| said.contains(run)).count();
        Hint { is_named, quoted }
    }

    /// Tells whether it calls somebody by this name: with an `@`, or as a name is written. A name that may
    /// be any word does not count by itself.
    fn calls(&self, name: &str) -> bool {
        let is_plain = name.chars().all(char::is_lowercase);
        let called = format!("@{}", name.to_lowercase());
        (!is_plain && has_whole(&self.said, name)) || has_whole(&self.said.to_lowercase(), &called)
    }

    /// Tells whether it calls somebody with an `@`, be it whoever.
    pub fn calls_somebody(&self) -> bool {
        let mut words = self.said.split_whitespace();
        words.any(|word| {
            let called = word.trim_start_matches(['(', '"', '>']).strip_prefix('@');
            let ours = self.by.trim_start_matches('@');
            called.is_some_and(|name| {
                name.starts_with(char::is_alphanumeric)
                    && name.trim_end_matches([',', '.', ':', '!', '?', ')']) != ours
            })
        })
    }

    /// Returns the ticket as answered by this, where it waits for an answer and this came after what
    /// the customer wrote last, `messages`; `None` where it changes nothing.
    pub fn answers(
        &self,
        ticket: &Ticket,
        messages: &[Mention],
        now: DateTime<Utc>,
    ) -> Option<Ticket> {
        let facts = ticket.facts();
        let is_known = || {
            let mut lines =
                facts.log.iter().filter_map(|line| Action::read(&line.action, &line.text));
            lines.any(|action| matches!(action, Action::Answered { post, .. } if post == self.post))
        };
        let came_back = facts.log.iter().filter(|line| COMES_BACK.contains(&&*line.action));
        let wrote = messages.iter().filter_map(|mention| mention.post.published);
        let since = came_back.map(|line| line.at).chain(wrote.filter(|at| *at <= now)).max();
        let waits = matches!(facts.status, Status::New | Status::Open);
        if !waits || since.is_some_and(|since| self.at < since) || is_known() {
            return None;
        }
        // The clock may have begun later: the post was older than the source's first poll.
        let sent = self.at.max(facts.clock_start).min(now);
        let action = Action::Answered { sent, post: self.post.clone() };
        ticket.clone().apply(action, &self.by, now).ok()
    }
}

/// Returns the words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Tells whether a name stands in a text as a whole.
fn has_whole(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at.saturating_add(name.len())..).and_then(|text| text.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}
