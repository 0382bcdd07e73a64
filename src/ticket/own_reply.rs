//! An answer by an account of our own that stands in the customer's thread: nobody has to record it.

use crate::brand::BrandName;
use crate::mention::{Mention, PostKey};
use crate::post::Post;
use crate::text;
use crate::ticket::{Action, Status, Ticket};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The longest permalink that is noted, in characters.
const MOST_LINK: usize = 500;

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
        }
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
