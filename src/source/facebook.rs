//! Facebook: what happens on a Page that somebody manages, by the Graph API. There is no search of the
//! public posts of others.
//!
//! What visitors write on the wall, posts that tag the Page, comments on all of it, recommendations and
//! private messages. Comments are looked for where a post says that it was touched: those on the first
//! page of the wall at every poll, all older ones in rounds, some hundred posts a poll. What the Page
//! hid (`is_hidden`) is told as well: its filters hide what is angry. Facts are those of
//! <https://developers.facebook.com/docs/pages-api>; a comment moves the `updated_time` of its post.

use super::site::{Key, Site, Sort, Watch, Wrong};
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Reply, Request};
use crate::post::Concerns;
use graph::{Fault, Graph, Meaning, behind, is_id};
use inbox::{INBOX, Inbox, entries, keep_since};
use items::{is_by, second, word};
use memory::{FULL, Look, MOST_TRIES, Memory, OVERLAP};
use refusal::{
    LOOK, less, list_refused, listed, look_refused, main_refused, passing, unread, unsaid,
};
use serde_json::Value;

pub(super) mod graph;
pub(super) mod inbox;
pub(super) mod items;
pub(super) mod memory;
mod recheck;
pub(super) mod refusal;
pub(super) mod saved;
pub(super) mod webhook;

pub const SITE: Site = Site {
    kind: Kind::Facebook,
    host: "https://graph.facebook.com",
    keys: &[
        Key { name: "page", sort: Sort::Text, is_needed: true, such: "\"1234567890\"" },
        graph::TOKEN,
        graph::APP_SECRET,
        Key { name: "messages", sort: Sort::Flag, is_needed: false, such: "true" },
        Key { name: "ratings", sort: Sort::Flag, is_needed: false, such: "false" },
        graph::VERSION_KEY,
    ],
    concerns: Concerns::Desk,
    needs: "a Page token with pages_read_engagement, pages_read_user_content and, for messages, \
            pages_messaging",
    build,
};

/// The lists that are walked, beside the conversations.
const FEED: &str = "feed";
const ROUND: &str = "round";
const TAGGED: &str = "tagged";
const RATINGS: &str = "ratings";

const OF_A_POST: &str = "id,message,story,created_time,updated_time,from,permalink_url,status_type,\
    is_hidden,parent_id,attachments{media_type,type,title,url},shares,\
    comments.filter(stream).limit(0).summary(true),reactions.limit(0).summary(true)";
const OF_A_COMMENT: &str = "id,message,created_time,from,parent{id},permalink_url,like_count,\
    comment_count,attachment,is_hidden";
const OF_A_RATING: &str = "created_time,recommendation_type,review_text,reviewer,open_graph_story";

/// Posts of one page of the wall.
const POSTS: &str = "50";
/// Comments of one page.
const COMMENTS: &str = "100";
/// Pages of a round that are read in one poll.
const PAGES_OF_A_ROUND: u8 = 4;

struct Facebook {
    graph: Graph,
    page: String,
    ratings: bool,
    inbox: Option<Inbox>,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let given = watch.given;
    let page = given.text("page").unwrap_or_default().to_owned();
    if !page.is_empty() && !page.chars().all(|c| c.is_ascii_digit()) {
        let why = format!("`{page}` is no id of a Page");
        let hint = "write its number: https://graph.facebook.com/me/accounts lists it as `id`";
        return Err(Wrong::new("page", why).hint(hint));
    }
    let inbox = given.flag("messages").unwrap_or(true).then(|| Inbox {
        page: page.clone(),
        platform: "messenger",
        site: items::FACEBOOK,
        owners: vec![page.clone()],
    });
    let graph = Graph::new(given, watch.base)?;
    let ratings = given.flag("ratings").unwrap_or_default();
    Ok(Box::new(Facebook { graph, page, ratings, inbox }))
}

impl Source for Facebook {
    fn open(&self, visit: &Visit) -> Request {
        let walk = self.memory(visit).list(FEED).walk;
        self.list(FEED, walk.next.as_deref(), 0)
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        let memory = self.memory(visit);
        let next = |name: &str| memory.list(name).walk.next;
        let mut asked = vec![self.list(TAGGED, next(TAGGED).as_deref(), 0)];
        if let Some(inbox) = &self.inbox {
            asked.push(inbox.ask(&self.graph, next(INBOX).as_deref(), 0));
        }
        if self.ratings {
            asked.push(self.list(RATINGS, next(RATINGS).as_deref(), 0));
        }
        asked.push(self.list(ROUND, next(ROUND).as_deref(), PAGES_OF_A_ROUND));
        asked.extend(memory.tried().iter().map(|look| self.look(look)));
        asked
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let (what, of) = reply.about.split_once(' ').unwrap_or((&reply.about, ""));
        let value = match self.graph.parsed(reply).and_then(|value| listed(value, what)) {
            Ok(value) => value,
            Err(Unreadable(why)) if what == LOOK => return Ok(unread(&why, of, visit)),
            Err(unreadable) => return Err(unreadable),
        };
        match what {
            "" => return saved::read(&value, &self.page),
            LOOK => return Ok(self.read_look(&value, of, visit)),
            "recheck" => return Ok(self.read_recheck(&value, of, visit)),
            "check" => return Ok(recheck::is_missing(of, visit)),
            _ => {}
        }
        let count = of.parse().unwrap_or_default();
        Ok(match (what, &self.inbox) {
            (INBOX, Some(inbox)) => inbox.read(&self.graph, &value, count, visit),
            (ROUND, _) => self.read_round(&value, count, visit),
            (FEED, _) => self.read_feed(&value, count, visit),
            (TAGGED, _) => self.read_list(TAGGED, &value, count, visit),
            _ => self.read_list(RATINGS, &value, count, visit),
        })
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let (what, of) = request.about.split_once(' ').unwrap_or((&request.about, ""));
        let Some(fault) = self.graph.refused(refusal) else {
            return match what {
                FEED => Verdict::AsItSays,
                _ => unsaid(refusal, named(what), of, visit),
            };
        };
        if what != FEED && fault.meaning() == Meaning::Later {
            return passing(&fault.told(), named(what), of, visit);
        }
        if let Some(verdict) = fault.verdict(refusal, visit) {
            return verdict;
        }
        match what {
            LOOK => self.look_refused(request, &fault, of, visit),
            "recheck" => self.recheck_refused(&fault, of, visit),
            "check" if fault.meaning() == Meaning::Permission => {
                passing(&fault.told(), what, of, visit)
            }
            "check" => Verdict::Skip,
            FEED if fault.meaning() == Meaning::Permission && self.inbox.is_some() => {
                // Messages may be read all the same.
                let mut memory = self.memory(visit);
                memory.bar(FEED, true);
                let trouble = format!(
                    "the wall cannot be read: {}: the token must be {}",
                    fault.told(),
                    SITE.needs
                );
                Verdict::Instead(Box::new(Page {
                    cursor: Some(memory.cursor()),
                    trouble: Some(trouble),
                    ..Page::default()
                }))
            }
            INBOX
                if fault.meaning() == Meaning::Permission && self.memory(visit).is_barred(FEED) =>
            {
                Verdict::Stop(format!("{}: the token must be {}", fault.told(), SITE.needs))
            }
            FEED => {
                let key = ("page", self.page.as_str());
                main_refused(request, (FEED, SITE.needs), key, &fault, || self.first(FEED), visit)
            }
            _ => list_refused(request, (what, named(what)), &fault, || self.first(what), visit),
        }
    }

    fn recheck(&self, ids: &[String], _visit: &Visit) -> Vec<Request> {
        self.rechecks(ids)
    }

    fn most_rechecked(&self) -> usize {
        recheck::MOST
    }

    fn never_looks_again(&self) -> bool {
        // All of it concerns the brand, whatever its keywords are.
        true
    }
}

impl Facebook {
    /// Returns what is remembered. Conversations that were to be looked into are not, where messages are
    /// no longer wanted.
    fn memory(&self, visit: &Visit) -> Memory {
        let mut memory = Memory::at(visit, &self.page);
        memory.looks.retain(|look| !look.is_thread || self.inbox.is_some());
        memory
    }

    /// Asks for a page of one of the lists.
    fn list(&self, name: &str, position: Option<&str>, count: u8) -> Request {
        let (edge, fields) = match name {
            TAGGED => ("tagged", OF_A_POST.to_owned()),
            RATINGS => ("ratings", OF_A_RATING.to_owned()),
            ROUND => {
                ("feed", "id,updated_time,comments.filter(stream).limit(0).summary(true)".into())
            }
            _ => ("feed", OF_A_POST.to_owned()),
        };
        let path = format!("{}/{edge}", self.page);
        let query = [("fields", fields.as_str()), ("limit", POSTS)];
        self.graph.ask(&path, &query, position).about(format!("{name} {count}"))
    }

    /// Asks for a list from its beginning.
    fn first(&self, name: &str) -> Request {
        match (name, &self.inbox) {
            (INBOX, Some(inbox)) => inbox.ask(&self.graph, None, 0),
            _ => self.list(name, None, 0),
        }
    }

    /// Asks for what is to be looked into.
    fn look(&self, look: &Look) -> Request {
        if look.is_thread {
            return Inbox::look(&self.graph, look);
        }
        let query = [
            ("filter", "stream"),
            ("order", "reverse_chronological"),
            ("fields", OF_A_COMMENT),
            ("limit", COMMENTS),
        ];
        let path = format!("{}/comments", look.id);
        self.graph.ask(&path, &query, look.next.as_deref()).about(format!("{LOOK} {}", look.id))
    }

    /// Reads a page of the wall: what visitors wrote, and where there are comments.
    fn read_feed(&self, listing: &Value, empty: u8, visit: &Visit) -> Page {
        let mut memory = self.memory(visit);
        memory.bar(FEED, false);
        let mut page = self.posts(listing, FEED, memory.begun());
        let since = memory.list(FEED).since;
        let touched = touched(listing, since);
        if !memory.has_room(touched.len()) {
            // What waits is looked into first; the page comes again.
            page.trouble = Some(FULL.to_owned());
            return page;
        }
        self.add(&mut memory, touched, &mut page);
        let next = self.advance(FEED, listing, empty, &mut memory);
        page.next.extend(next);
        page.cursor = Some(memory.cursor());
        page
    }

    /// Reads a page of the round over all posts there are: only where there are comments.
    fn read_round(&self, listing: &Value, left: u8, visit: &Visit) -> Page {
        let mut memory = self.memory(visit);
        let mut page = Page::default();
        let list = memory.list(ROUND);
        let touched = touched(listing, list.since);
        if !memory.has_room(touched.len()) {
            page.trouble = Some(FULL.to_owned());
            return page;
        }
        self.add(&mut memory, touched, &mut page);
        let next =
            behind(listing, list.walk.next.as_deref()).filter(|_| !entries(listing).is_empty());
        // What is touched behind the round while it is under way is for the next one.
        memory.read(ROUND, Some(visit.now.timestamp() - OVERLAP), next.as_ref());
        if let (Some(next), 2..) = (&next, left) {
            page.next.push(self.list(ROUND, Some(next), left - 1));
        }
        page.cursor = Some(memory.cursor());
        page
    }

    /// Reads a page of a list of which all that is new is told.
    fn read_list(&self, name: &str, listing: &Value, empty: u8, visit: &Visit) -> Page {
        let mut memory = self.memory(visit);
        let mut page = self.posts(listing, name, memory.begun());
        page.next.extend(self.advance(name, listing, empty, &mut memory));
        page.cursor = Some(memory.cursor());
        page
    }

    /// Returns what others than the Page wrote.
    fn posts(&self, listing: &Value, name: &str, begun: i64) -> Page {
        let mut page = Page::default();
        for item in entries(listing).iter().filter(|item| !is_by(item, &[&self.page])) {
            let read = match name {
                RATINGS => items::rating(item, &self.page),
                _ => items::post(item),
            };
            match read {
                Some(post) => page.posts.push(post),
                None => page.skipped += 1,
            }
        }
        keep_since(&mut page, begun);
        page
    }

    /// Notes that a page of a list was read, and returns what is to be asked next.
    fn advance(
        &self,
        name: &str,
        listing: &Value,
        empty: u8,
        memory: &mut Memory,
    ) -> Option<Request> {
        let list = memory.list(name);
        let times = entries(listing).iter().filter_map(|item| {
            let moved = second(item, "/updated_time").filter(|_| name == FEED);
            moved.or_else(|| second(item, "/created_time"))
        });
        let (newest, oldest) = (times.clone().max(), times.min());
        let is_read = oldest.is_some_and(|oldest| oldest < list.since.saturating_sub(OVERLAP));
        // A page may be empty before the end.
        let empty = if oldest.is_none() { empty.saturating_add(1) } else { 0 };
        let next =
            behind(listing, list.walk.next.as_deref()).filter(|_| !is_read && empty < MOST_TRIES);
        memory.read(name, newest, next.as_ref());
        next.map(|next| self.list(name, Some(&next), empty))
    }

    /// Notes posts that were touched, and asks for the comments of those that are news.
    fn add(&self, memory: &mut Memory, touched: Vec<Look>, page: &mut Page) {
        for look in touched {
            if memory.add(look.clone()) {
                page.next.push(self.look(&look));
            }
        }
    }

    /// Reads a page of comments, newest first, or of the older messages of a conversation.
    fn read_look(&self, value: &Value, id: &str, visit: &Visit) -> Page {
        let mut memory = self.memory(visit);
        // Asked for twice in one poll, and done.
        let Some(look) = memory.look(id).cloned() else { return Page::default() };
        if let (true, Some(inbox)) = (look.is_thread, &self.inbox) {
            return inbox.read_more(&self.graph, value, id, visit);
        }
        let mut page = Page::default();
        for item in entries(value).iter().filter(|item| !is_by(item, &[&self.page])) {
            match items::comment(item, Some(id), &self.page) {
                Some(post) => page.posts.push(post),
                None => page.skipped += 1,
            }
        }
        keep_since(&mut page, memory.begun());
        let times = entries(value).iter().filter_map(|item| second(item, "/created_time"));
        let (newest, oldest) = (times.clone().max(), times.min());
        let tries = if oldest.is_none() { look.tries.saturating_add(1) } else { 0 };
        let is_read = oldest.is_some_and(|oldest| oldest < look.since) || tries >= MOST_TRIES;
        let next = behind(value, look.next.as_deref()).filter(|_| !is_read);
        let look = Look { newest: look.newest.max(newest), tries, ..look };
        let goes_on = memory.went_on(look, next, OVERLAP);
        memory.bar(LOOK, false);
        page.next.extend(goes_on.map(|look| self.look(&look)));
        page.cursor = Some(memory.cursor());
        page
    }

    /// Returns what it means that the comments of a post, or messages, are refused.
    fn look_refused(&self, request: &Request, fault: &Fault, id: &str, visit: &Visit) -> Verdict {
        if let Some(page) = less(request, fault) {
            return Verdict::Instead(Box::new(page));
        }
        let mut memory = self.memory(visit);
        let Some(look) = memory.look(id).cloned() else { return Verdict::Skip };
        if look.is_thread {
            return Inbox::refused(fault, id, (SITE.needs, visit));
        }
        if look.next.is_none() || fault.meaning() != Meaning::Parameter {
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

/// Returns what a list is called where people read it.
fn named(what: &str) -> &str {
    match what {
        TAGGED => "posts that tag the Page",
        INBOX => "private messages",
        RATINGS => "ratings",
        ROUND => "older posts of the Page",
        other => other,
    }
}

/// Returns the posts on a page of the wall that were touched, and have comments.
fn touched(listing: &Value, since: i64) -> Vec<Look> {
    let look = |item: &Value| {
        let id = word(item, "/id").filter(|id| is_id(id))?.to_owned();
        // What moved in the second that was read last is looked into again.
        second(item, "/updated_time").filter(|moved| *moved >= since)?;
        let count = item.pointer("/comments/summary/total_count").and_then(Value::as_u64);
        (count != Some(0)).then(|| Look {
            id,
            since: since.saturating_sub(OVERLAP),
            ..Look::default()
        })
    };
    entries(listing).iter().filter_map(look).collect()
}

#[cfg(test)]
mod tests;
