//! Instagram: what happens around a professional account, and media with hashtags, by the Graph API.
//!
//! Comments on the account's own media, media in which it is tagged, private messages and, for up to 30
//! hashtags, the media of the last 24 hours. Media tell no time of change, so their numbers of comments
//! are kept, those of the newest 150, and where one differs, its comments are read. Mentions in captions
//! and comments of others cannot be asked for: only a webhook brings their ids. Facts are those of
//! <https://developers.facebook.com/docs/instagram-platform>.

use super::facebook::graph::{self, Graph, Meaning, behind, is_id};
use super::facebook::inbox::{INBOX, Inbox, entries, keep_since};
use super::facebook::items::{INSTAGRAM, second, word};
use super::facebook::memory::{FULL, Look, MOST_TRIES, Memory, OVERLAP, Seen};
use super::facebook::refusal::{LOOK, list_refused, listed, main_refused, passing, unread, unsaid};
use super::site::{Given, Key, Site, Sort, Watch, Wrong};
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Reply, Request};
use crate::post::Concerns;
use chrono::Duration;
use items::media;
use serde_json::Value;
use url::Url;

mod comments;
mod items;
mod saved;

pub const SITE: Site = Site {
    kind: Kind::Instagram,
    host: "https://graph.facebook.com",
    keys: &[
        Key { name: "account", sort: Sort::Text, is_needed: true, such: "\"17841400000000000\"" },
        graph::TOKEN,
        graph::APP_SECRET,
        Key {
            name: "login",
            sort: Sort::Word(&["facebook", "instagram"]),
            is_needed: false,
            such: "\"facebook\"",
        },
        Key { name: "page", sort: Sort::Text, is_needed: false, such: "\"1234567890\"" },
        Key {
            name: "hashtags",
            sort: Sort::Texts,
            is_needed: false,
            such: "[\"acme\", \"acmebank\"]",
        },
        graph::VERSION_KEY,
    ],
    concerns: Concerns::Desk,
    needs: "a token with instagram_basic, instagram_manage_comments, pages_read_engagement and, for \
            messages, instagram_manage_messages (with login = \"instagram\": \
            instagram_business_manage_comments)",
    build,
};

/// Where those sign in who have no Page.
const OTHER_HOST: &str = "https://graph.instagram.com";

/// Hashtags that may be asked for in a week.
const MOST_HASHTAGS: usize = 30;

/// The lists.
const MEDIA: &str = "media";
const TAGGED: &str = "tagged";
const HASHTAG: &str = "hashtag";
const SEARCH: &str = "search";

const OF_A_MEDIUM: &str = "id,caption,media_type,permalink,timestamp,like_count,comments_count";

/// Media of one page.
const PER_PAGE: &str = "50";
/// Pages of the account's own media that are looked through.
const PAGES: u8 = 3;
/// How old a medium may be whose comments are read when it is first seen.
const RECENT: Duration = Duration::days(30);
/// How old a medium may be whose comments are read from time to time whatever their number, and how
/// often that is done.
const FRESH: Duration = Duration::days(7);
const EVERY: Duration = Duration::hours(4);
/// Media of which is known how many comments they had.
const MOST_MEDIA: usize = 200;
/// Things that are looked into before hashtags have their turn.
const LOOKS_FIRST: usize = 15;

struct Instagram {
    graph: Graph,
    account: String,
    hashtags: Vec<String>,
    /// The keywords that hashtags are read for, as a number.
    words: u64,
    /// Whether the account signs in by Facebook: only then it hears where it is tagged.
    by_facebook: bool,
    inbox: Option<Inbox>,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let given = watch.given;
    let account = number(given, "account", "me/accounts?fields=instagram_business_account")?;
    let page = number(given, "page", "me/accounts")?;
    let hashtags = hashtags(given)?;
    let by_facebook = given.text("login") != Some("instagram");
    for (key, is_told) in [("hashtags", !hashtags.is_empty()), ("page", !page.is_empty())] {
        if is_told && !by_facebook {
            let why = "this is only there for accounts that sign in by Facebook";
            return Err(Wrong::new(key, why).hint("leave it out, or write login = \"facebook\""));
        }
    }
    let mut base = watch.base;
    if !by_facebook && base.as_str().trim_end_matches('/') == SITE.host {
        base = Url::parse(OTHER_HOST).map_err(|bad| Wrong::new("login", bad.to_string()))?;
    }
    let inbox = (!page.is_empty()).then(|| Inbox {
        owners: vec![account.clone(), page.clone()],
        page,
        platform: "instagram",
        site: INSTAGRAM,
    });
    let graph = Graph::new(given, base)?;
    let words = number_of(&format!("{:?}", watch.keywords));
    Ok(Box::new(Instagram { graph, account, hashtags, words, by_facebook, inbox }))
}

/// Returns an id, which is a number.
fn number(given: &Given, key: &'static str, listed: &str) -> Result<String, Wrong> {
    let id = given.text(key).unwrap_or_default();
    if id.chars().all(|c| c.is_ascii_digit()) {
        return Ok(id.to_owned());
    }
    let hint = format!("write its number: https://graph.facebook.com/{listed} lists it");
    Err(Wrong::new(key, format!("`{id}` is no id")).hint(hint))
}

/// Returns the hashtags, without their sign.
fn hashtags(given: &Given) -> Result<Vec<String>, Wrong> {
    let mut hashtags: Vec<String> = Vec::new();
    for written in given.texts("hashtags") {
        let tag = written.trim_start_matches('#').to_lowercase();
        if tag.is_empty() || !tag.chars().all(|c| c.is_alphanumeric() || c == '_') {
            let why = format!("`{written}` is no hashtag that can be looked for");
            return Err(Wrong::new("hashtags", why).hint("write letters and digits, no emoji"));
        }
        if !hashtags.contains(&tag) {
            hashtags.push(tag);
        }
    }
    if hashtags.len() > MOST_HASHTAGS {
        let why = format!("Instagram allows {MOST_HASHTAGS} hashtags a week");
        return Err(Wrong::new("hashtags", why));
    }
    Ok(hashtags)
}

impl Source for Instagram {
    fn open(&self, _visit: &Visit) -> Request {
        self.media(None, 0)
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        let memory = self.memory(visit);
        let next = |name: &str| memory.list(name).walk.next;
        let mut asked = Vec::new();
        if self.by_facebook {
            asked.push(self.list(TAGGED, next(TAGGED).as_deref(), 0));
        }
        if let Some(inbox) = &self.inbox {
            asked.push(inbox.ask(&self.graph, next(INBOX).as_deref(), 0));
        }
        let looks = |look| self.look(look);
        asked.extend(memory.tried().iter().take(LOOKS_FIRST).map(looks));
        asked.extend(self.hashtags.iter().map(|tag| match memory.hashtags.get(tag) {
            Some(id) if is_id(id) => self.recent(tag, id, next(&format!("#{tag}")).as_deref(), 0),
            _ => self.search(tag),
        }));
        asked.extend(memory.tried().iter().skip(LOOKS_FIRST).map(looks));
        asked
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let mut about = reply.about.splitn(3, ' ');
        let mut word = || about.next().unwrap_or_default();
        let (what, of, tag) = (word(), word(), word());
        let value = match self.graph.parsed(reply).and_then(|value| listed(value, what)) {
            Ok(value) => value,
            Err(Unreadable(why)) if what == LOOK => return Ok(unread(&why, of, visit)),
            Err(unreadable) => return Err(unreadable),
        };
        if what.is_empty() {
            return saved::read(&value, &self.account);
        }
        let count = of.parse().unwrap_or_default();
        Ok(match (what, &self.inbox) {
            (MEDIA, _) => self.read_media(&value, count, visit),
            (INBOX, Some(inbox)) => inbox.read(&self.graph, &value, count, visit),
            (SEARCH, _) => self.read_search(&value, of, visit),
            (HASHTAG, _) => self.read_list(&value, Some(tag), count, visit),
            (LOOK, _) => self.read_look(&value, of, visit),
            _ => self.read_list(&value, None, count, visit),
        })
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let mut about = request.about.splitn(3, ' ');
        let mut word = || about.next().unwrap_or_default();
        let (what, of, tag) = (word(), word(), word());
        let is_first = request.about == format!("{MEDIA} 0");
        let Some(fault) = self.graph.refused(refusal) else {
            if is_first {
                return Verdict::AsItSays;
            }
            return unsaid(refusal, named(what), of, visit);
        };
        if !is_first && fault.meaning() == Meaning::Later {
            return passing(&fault.told(), named(what), of, visit);
        }
        if let Some(verdict) = fault.verdict(refusal, visit) {
            return verdict;
        }
        let key = ("account", self.account.as_str());
        match (what, &self.inbox) {
            (LOOK, _) => self.look_refused(request, &fault, of, visit),
            (MEDIA, _) if is_first => {
                let first = || self.media(None, 0);
                main_refused(request, (MEDIA, SITE.needs), key, &fault, first, visit)
            }
            (MEDIA, _) => {
                let first = || self.media(None, 0);
                list_refused(request, (MEDIA, named(what)), &fault, first, visit)
            }
            (INBOX, Some(inbox)) => {
                let first = || inbox.ask(&self.graph, None, 0);
                list_refused(request, (INBOX, named(what)), &fault, first, visit)
            }
            (HASHTAG, _) => {
                let id = Memory::of(visit).hashtags.get(tag).cloned().unwrap_or_default();
                let (name, told) = (format!("#{tag}"), format!("media with #{tag}"));
                let first = || self.recent(tag, &id, None, 0);
                list_refused(request, (&name, &told), &fault, first, visit)
            }
            (SEARCH, _) => {
                let told = format!("media with #{of}");
                list_refused(request, (SEARCH, &told), &fault, || self.search(of), visit)
            }
            _ => {
                let first = || self.list(TAGGED, None, 0);
                list_refused(request, (TAGGED, named(what)), &fault, first, visit)
            }
        }
    }

    fn never_looks_again(&self) -> bool {
        // All but media with hashtags concerns the brand, whatever its keywords are.
        true
    }
}

/// Returns what a list is called where people read it.
fn named(what: &str) -> &str {
    match what {
        MEDIA => "older media of the account",
        INBOX => "private messages",
        TAGGED => "media in which the account is tagged",
        HASHTAG | SEARCH => "media with a hashtag",
        other => other,
    }
}

/// Returns a number for these words, the same in every version of vahti (FNV-1a).
fn number_of(words: &str) -> u64 {
    words.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Instagram {
    /// Returns what is remembered. Conversations that were to be looked into are not, where messages are
    /// no longer wanted; with other words, media with hashtags are looked at again.
    fn memory(&self, visit: &Visit) -> Memory {
        let mut memory = Memory::at(visit, &self.account);
        if memory.words.is_some_and(|words| words != self.words) {
            memory.lists.keep(&[MEDIA, TAGGED, INBOX].map(str::to_owned));
        }
        memory.words = Some(self.words);
        memory.looks.retain(|look| !look.is_thread || self.inbox.is_some());
        memory
    }

    /// Asks for a page of the account's own media.
    fn media(&self, position: Option<&str>, page: u8) -> Request {
        let fields = "id,permalink,timestamp,comments_count,username";
        let path = format!("{}/media", self.account);
        let query = [("fields", fields), ("limit", PER_PAGE)];
        self.graph.ask(&path, &query, position).about(format!("{MEDIA} {page}"))
    }

    /// Asks for a page of the media in which the account is tagged.
    fn list(&self, name: &str, position: Option<&str>, empty: u8) -> Request {
        let fields = format!("{OF_A_MEDIUM},username");
        let query = [("fields", fields.as_str()), ("limit", PER_PAGE)];
        let path = format!("{}/tags", self.account);
        self.graph.ask(&path, &query, position).about(format!("{name} {empty}"))
    }

    /// Asks for the id of a hashtag.
    fn search(&self, tag: &str) -> Request {
        let query = [("user_id", self.account.as_str()), ("q", tag)];
        self.graph.ask("ig_hashtag_search", &query, None).about(format!("{SEARCH} {tag}"))
    }

    /// Asks for a page of the media with a hashtag.
    fn recent(&self, tag: &str, id: &str, position: Option<&str>, empty: u8) -> Request {
        let user = self.account.as_str();
        let query = [("user_id", user), ("fields", OF_A_MEDIUM), ("limit", PER_PAGE)];
        let path = format!("{id}/recent_media");
        self.graph.ask(&path, &query, position).about(format!("{HASHTAG} {empty} {tag}"))
    }

    /// Reads a page of the account's own media: where there are comments that were not there before.
    fn read_media(&self, listing: &Value, nth: u8, visit: &Visit) -> Page {
        let mut memory = self.memory(visit);
        let mut page = Page::default();
        let items = entries(listing);
        if !memory.has_room(items.len()) {
            // What waits is looked into first; the page comes again.
            page.trouble = Some(FULL.to_owned());
            return page;
        }
        if nth == 0 {
            memory.media.values_mut().for_each(|seen| seen.2 = 0);
        }
        let recent = (visit.now - RECENT).timestamp();
        let now = visit.now.timestamp();
        // One comment that was deleted and one that was written leave their number as it is.
        let is_due = !(0..EVERY.num_seconds()).contains(&now.saturating_sub(memory.checked));
        for item in items {
            let handle = word(item, "/username").map(str::to_owned);
            memory.handle = handle.or(memory.handle.take());
            let Some(id) = word(item, "/id").filter(|id| is_id(id)) else {
                page.skipped += 1;
                continue;
            };
            let count = item.get("comments_count").and_then(Value::as_u64).unwrap_or_default();
            let known = memory.media.get(id).copied();
            let is_recent = second(item, "/timestamp").is_none_or(|at| at >= recent);
            let Seen(before, since, _) = match known {
                Some(known) => known,
                // What was written below old media was there before anybody asked.
                None if is_recent => Seen(0, memory.begun(), 1),
                None => Seen(count, memory.begun(), 1),
            };
            memory.media.insert(id.to_owned(), Seen(count, since, 1));
            let is_fresh =
                second(item, "/timestamp").is_some_and(|at| at >= now - FRESH.num_seconds());
            if count == before && !(is_due && is_fresh && count > 0) {
                continue;
            }
            let left = count.saturating_sub(before);
            let link = items::link(item);
            let look = Look { id: id.to_owned(), since, left, link, ..Look::default() };
            if memory.add(look.clone()) {
                page.next.push(self.look(&look));
            }
        }
        let behind = behind(listing, None);
        // A page may be empty before the end. Only where all were seen, the others are no more.
        let is_whole = behind.is_none() && !(nth == 0 && items.is_empty());
        if is_whole || memory.media.len() > MOST_MEDIA {
            memory.media.retain(|_, seen| seen.2 == 1);
        }
        match behind.filter(|_| nth < PAGES - 1) {
            Some(next) => page.next.push(self.media(Some(&next), nth + 1)),
            None if is_due => memory.checked = now,
            None => {}
        }
        page.cursor = Some(memory.cursor());
        page
    }

    /// Notes the id of a hashtag, and asks for its media.
    fn read_search(&self, listing: &Value, tag: &str, visit: &Visit) -> Page {
        let found = entries(listing).first().and_then(|item| word(item, "/id"));
        let Some(id) = found.filter(|id| is_id(id) && id.len() <= 40) else {
            let trouble = Some(format!("Instagram knows no hashtag #{tag}"));
            return Page { trouble, ..Page::default() };
        };
        let mut memory = self.memory(visit);
        memory.hashtags.retain(|known, _| self.hashtags.contains(known));
        memory.hashtags.insert(tag.to_owned(), id.to_owned());
        let next = vec![self.recent(tag, id, None, 0)];
        Page { next, cursor: Some(memory.cursor()), ..Page::default() }
    }

    /// Reads a page of media in which the account is tagged, or of those with a hashtag.
    fn read_list(&self, listing: &Value, tag: Option<&str>, empty: u8, visit: &Visit) -> Page {
        let mut memory = self.memory(visit);
        let mut page = Page::default();
        let concerns = if tag.is_some() { Concerns::Named } else { Concerns::Desk };
        let items = entries(listing);
        let is_own = |id: &str| memory.media.contains_key(id);
        for item in items {
            match media(item, concerns) {
                Some(post) if post.id.as_deref().is_some_and(is_own) => {}
                Some(post) => page.posts.push(post),
                None => page.skipped += 1,
            }
        }
        keep_since(&mut page, memory.begun());
        let name = tag.map_or_else(|| TAGGED.to_owned(), |tag| format!("#{tag}"));
        let list = memory.list(&name);
        let times = items.iter().filter_map(|item| second(item, "/timestamp"));
        let (newest, oldest) = (times.clone().max(), times.min());
        let is_read = oldest.is_some_and(|oldest| oldest < list.since.saturating_sub(OVERLAP));
        let empty = if oldest.is_none() { empty.saturating_add(1) } else { 0 };
        let next =
            behind(listing, list.walk.next.as_deref()).filter(|_| !is_read && empty < MOST_TRIES);
        let id = tag.and_then(|tag| memory.hashtags.get(tag).cloned());
        page.next.extend(next.as_deref().and_then(|next| match (tag, id) {
            (None, _) => Some(self.list(TAGGED, Some(next), empty)),
            (Some(tag), Some(id)) => Some(self.recent(tag, &id, Some(next), empty)),
            (Some(_), None) => None,
        }));
        memory.read(&name, newest, next.as_ref());
        page.cursor = Some(memory.cursor());
        page
    }
}

#[cfg(test)]
mod tests;
