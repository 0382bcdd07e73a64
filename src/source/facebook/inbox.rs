//! The private messages of a Page, on Facebook and on Instagram: conversations, those with the newest
//! message first, each with its newest messages.
//!
//! Conversations know no time, only positions. Of each, the API gives the newest 20 messages or so;
//! older ones it refuses as if they had been deleted.

use super::graph::{Fault, Graph, Meaning, behind, is_id};
use super::items::{self, is_by, second, word};
use super::memory::{FULL, Look, MOST_LOOKS, MOST_THREADS, MOST_TRIES, Memory, OVERLAP};
use super::refusal::{LOOK, look_refused};
use crate::fetch::Request;
use crate::post::Post;
use crate::source::{Page, Verdict, Visit};
use serde_json::Value;

/// What the list of conversations is called.
pub(in crate::source) const INBOX: &str = "inbox";

/// Messages of a conversation that come with it.
const MESSAGES: &str = "20";
/// Conversations of one page, since each comes with its messages.
const CONVERSATIONS: &str = "20";

const OF_A_MESSAGE: &str = "id,created_time,from,to,message,attachments,sticker,shares,tags";

/// Whose messages are read, and where.
#[derive(Debug)]
pub(in crate::source) struct Inbox {
    /// The id of the Page.
    pub(in crate::source) page: String,
    /// `messenger` or `instagram`.
    pub(in crate::source) platform: &'static str,
    /// Within what ids are unique.
    pub(in crate::source) site: &'static str,
    /// Who answers: what these wrote is no news.
    pub(in crate::source) owners: Vec<String>,
}

impl Inbox {
    /// Asks for a page of conversations.
    pub(in crate::source) fn ask(
        &self,
        graph: &Graph,
        position: Option<&str>,
        empty: u8,
    ) -> Request {
        let fields = format!("id,link,updated_time,messages.limit({MESSAGES}){{{OF_A_MESSAGE}}}");
        let query = [("platform", self.platform), ("fields", &fields), ("limit", CONVERSATIONS)];
        let path = format!("{}/conversations", self.page);
        graph.ask(&path, &query, position).about(format!("{INBOX} {empty}"))
    }

    /// Asks for the older messages of a conversation.
    pub(in crate::source) fn look(graph: &Graph, look: &Look) -> Request {
        let query = [("fields", OF_A_MESSAGE), ("limit", MESSAGES)];
        let path = format!("{}/messages", look.id);
        graph.ask(&path, &query, look.next.as_deref()).about(format!("{LOOK} {}", look.id))
    }

    /// Reads a page of conversations.
    pub(in crate::source) fn read(
        &self,
        graph: &Graph,
        listing: &Value,
        empty: u8,
        visit: &Visit,
    ) -> Page {
        let mut memory = Memory::of(visit);
        let list = memory.list(INBOX);
        let mut page = Page::default();
        let conversations = entries(listing);
        let is_full = memory.looks.len() + conversations.len() > MOST_LOOKS + MOST_THREADS;
        for conversation in conversations {
            self.read_one(conversation, &mut page);
            if !is_full
                && let Some(look) = older(conversation, list.since)
                && memory.add(look.clone())
            {
                page.next.push(Self::look(graph, &look));
            }
        }
        keep_since(&mut page, memory.begun());
        if is_full {
            // What waits is looked into first; the page comes again.
            page.trouble = Some(FULL.to_owned());
            return page;
        }
        let moved = conversations.iter().filter_map(|item| second(item, "/updated_time"));
        let (newest, oldest) = (moved.clone().max(), moved.min());
        let is_read = oldest.is_some_and(|oldest| oldest < list.since);
        let empty = if conversations.is_empty() { empty.saturating_add(1) } else { 0 };
        let next =
            behind(listing, list.walk.next.as_deref()).filter(|_| !is_read && empty < MOST_TRIES);
        page.next.extend(next.as_deref().map(|next| self.ask(graph, Some(next), empty)));
        memory.read(INBOX, newest, next.as_ref());
        page.cursor = Some(memory.cursor());
        page
    }

    /// Reads the messages that came with a conversation.
    pub(in crate::source) fn read_one(&self, conversation: &Value, page: &mut Page) {
        let thread = word(conversation, "/id");
        let link = items::link(conversation);
        let messages = conversation.pointer("/messages/data").and_then(Value::as_array);
        for message in messages.into_iter().flatten() {
            self.take(message, (thread, link.as_deref()), page);
        }
    }

    /// Reads a page of the older messages of a conversation.
    pub(in crate::source) fn read_more(
        &self,
        graph: &Graph,
        listing: &Value,
        id: &str,
        visit: &Visit,
    ) -> Page {
        let mut memory = Memory::of(visit);
        let mut page = Page::default();
        let Some(look) = memory.look(id).cloned() else { return page };
        let messages = entries(listing);
        for message in messages {
            self.take(message, (Some(id), look.link.as_deref()), &mut page);
        }
        let oldest = messages.iter().filter_map(|item| second(item, "/created_time")).min();
        let is_read = oldest.is_none_or(|oldest| oldest < look.since);
        let next = behind(listing, look.next.as_deref()).filter(|_| !is_read);
        let goes_on = memory.went_on(look, next, OVERLAP);
        memory.bar(LOOK, false);
        page.next.extend(goes_on.map(|look| Self::look(graph, &look)));
        keep_since(&mut page, memory.begun());
        page.cursor = Some(memory.cursor());
        page
    }

    fn take(&self, item: &Value, (thread, link): (Option<&str>, Option<&str>), page: &mut Page) {
        let owners: Vec<&str> = self.owners.iter().map(String::as_str).collect();
        if is_by(item, &owners) {
            return;
        }
        match items::message(item, thread, link, self.site) {
            Some(post) => page.posts.push(post),
            None => page.skipped += 1,
        }
    }

    /// Returns what a refusal of the older messages of a conversation means.
    pub(in crate::source) fn refused(
        fault: &Fault,
        id: &str,
        (needs, visit): (&str, &Visit),
    ) -> Verdict {
        // Two dozen of new messages in one conversation, and the API hides the oldest.
        if !matches!(fault.meaning(), Meaning::Gone | Meaning::Parameter) {
            return Verdict::Instead(Box::new(look_refused(fault, id, (needs, visit))));
        }
        let mut memory = Memory::of(visit);
        memory.done(id);
        Verdict::Instead(Box::new(Page { cursor: Some(memory.cursor()), ..Page::default() }))
    }
}

/// Returns what is to be asked of a conversation whose messages did not all come with it.
fn older(conversation: &Value, since: i64) -> Option<Look> {
    let id = word(conversation, "/id").filter(|id| is_id(id))?;
    let messages = conversation.get("messages")?;
    let oldest = entries(messages).iter().filter_map(|item| second(item, "/created_time")).min()?;
    let next = behind(messages, None).filter(|_| oldest >= since)?;
    let since = since.saturating_sub(OVERLAP);
    let link = items::link(conversation).filter(|link| link.len() <= 200);
    let id = id.to_owned();
    Some(Look { id, since, next: Some(next), link, is_thread: true, ..Look::default() })
}

/// Returns what a list holds.
pub(in crate::source) fn entries(listing: &Value) -> &[Value] {
    listing.get("data").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Leaves out what was there before anybody asked.
pub(in crate::source) fn keep_since(page: &mut Page, begun: i64) {
    let is_new = |post: &Post| post.published.is_none_or(|at| at.timestamp() >= begun);
    page.posts.retain(is_new);
}
