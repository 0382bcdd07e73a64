//! The comments on the account's own media, newest first, each with its answers. Many answers are a
//! list of their own.

use super::{Instagram, SITE, items};
use crate::fetch::Request;
use crate::post::Post;
use crate::source::facebook::graph::{Fault, Meaning, behind, is_id};
use crate::source::facebook::inbox::{Inbox, entries, keep_since};
use crate::source::facebook::items::{second, word};
use crate::source::facebook::memory::{Look, MOST_TRIES};
use crate::source::facebook::refusal::{LOOK, less, look_refused};
use crate::source::{Page, Verdict, Visit};
use serde_json::Value;

const OF_A_COMMENT: &str = "id,text,timestamp,username,like_count,parent_id";

/// Comments of one page, and answers that come with one.
const PER_PAGE: &str = "50";

impl Instagram {
    /// Asks for what is to be looked into.
    pub(super) fn look(&self, look: &Look) -> Request {
        if look.is_thread {
            return Inbox::look(&self.graph, look);
        }
        let (edge, fields) = match look.of {
            Some(_) => ("replies", OF_A_COMMENT.to_owned()),
            None => {
                ("comments", format!("{OF_A_COMMENT},replies.limit({PER_PAGE}){{{OF_A_COMMENT}}}"))
            }
        };
        let query = [("fields", fields.as_str()), ("limit", PER_PAGE)];
        let path = format!("{}/{edge}", look.id);
        self.graph.ask(&path, &query, look.next.as_deref()).about(format!("{LOOK} {}", look.id))
    }

    /// Reads a page of comments or answers, or of the older messages of a conversation.
    pub(super) fn read_look(&self, listing: &Value, id: &str, visit: &Visit) -> Page {
        let mut memory = self.memory(visit);
        // Asked for twice in one poll, and done.
        let Some(look) = memory.look(id).cloned() else { return Page::default() };
        if let (true, Some(inbox)) = (look.is_thread, &self.inbox) {
            return inbox.read_more(&self.graph, listing, id, visit);
        }
        let mut page = Page::default();
        let found = take(listing, &look, memory.handle.as_deref(), &mut page);
        keep_since(&mut page, memory.begun());
        let thread = look.of.as_deref().unwrap_or(id);
        if let Some(seen) = memory.media.get_mut(thread) {
            seen.1 = found.newest.map_or(seen.1, |newest| newest.max(seen.1));
        }
        let left = look.left.saturating_sub(found.new);
        let tries = if found.new == 0 { look.tries.saturating_add(1) } else { 0 };
        // Answers to old comments stand far behind the newest comment.
        let is_read = (found.new == 0 && left == 0) || tries >= MOST_TRIES;
        let next = behind(listing, look.next.as_deref()).filter(|_| !is_read);
        if left > 0 {
            for (comment, next) in answers(listing) {
                let (of, link) = (Some(thread.to_owned()), look.link.clone());
                let since = look.since;
                let more =
                    Look { id: comment, since, next: Some(next), of, link, ..Look::default() };
                if memory.has_room(1) && memory.add(more.clone()) {
                    page.next.push(self.look(&more));
                }
            }
        }
        let look = Look { left, tries, newest: look.newest.max(found.newest), ..look };
        let goes_on = memory.went_on(look, next, 0);
        memory.bar(LOOK, false);
        page.next.extend(goes_on.map(|look| self.look(&look)));
        page.cursor = Some(memory.cursor());
        page
    }

    /// Returns what it means that comments, or messages, are refused.
    pub(super) fn look_refused(
        &self,
        request: &Request,
        fault: &Fault,
        id: &str,
        visit: &Visit,
    ) -> Verdict {
        if let Some(page) = less(request, fault) {
            return Verdict::Instead(Box::new(page));
        }
        let mut memory = self.memory(visit);
        let Some(look) = memory.look(id).cloned() else { return Verdict::Skip };
        if look.is_thread {
            return Inbox::refused(fault, id, (SITE.needs, visit));
        }
        if look.next.is_none() || look.of.is_some() || fault.meaning() != Meaning::Parameter {
            return Verdict::Instead(Box::new(look_refused(fault, id, (SITE.needs, visit))));
        }
        // The place in the list is no more.
        memory.done(id);
        let look = Look { next: None, ..look };
        let next = vec![self.look(&look)];
        memory.add(look);
        let cursor = Some(memory.cursor());
        Verdict::Instead(Box::new(Page { cursor, next, ..Page::default() }))
    }
}

/// What was found on a page.
struct Found {
    /// How many were written since.
    new: u64,
    newest: Option<i64>,
}

/// Takes the comments on a page, with their answers. The account's own count, and are not taken.
fn take(listing: &Value, look: &Look, own: Option<&str>, page: &mut Page) -> Found {
    let mut found = Found { new: 0, newest: None };
    let mut keep = |item: &Value, post: Option<Post>| {
        let at = second(item, "/timestamp");
        found.newest = found.newest.max(at);
        found.new += u64::from(at.is_none_or(|at| at > look.since));
        match post {
            Some(post) if own.is_some() && post.author.handle.as_deref() == own => {}
            Some(post) => page.posts.push(post),
            None => page.skipped += 1,
        }
    };
    let link = look.link.as_deref();
    let (thread, parent) = match &look.of {
        Some(of) => (of.as_str(), Some(look.id.as_str())),
        None => (look.id.as_str(), None),
    };
    for item in entries(listing) {
        keep(item, items::comment(item, Some(thread), parent, link));
        let id = word(item, "/id");
        for answer in item.get("replies").map(entries).unwrap_or_default() {
            keep(answer, items::comment(answer, Some(thread), id, link));
        }
    }
    found
}

/// Returns the comments on a page that have more answers than came with them, and where those go on.
fn answers(listing: &Value) -> Vec<(String, String)> {
    let more = |item: &Value| {
        let id = word(item, "/id").filter(|id| is_id(id))?.to_owned();
        Some((id, behind(item.get("replies")?, None)?))
    };
    entries(listing).iter().filter_map(more).collect()
}
