//! `YouTube`, by its Data API v3: videos that name a keyword, comments below them, and the comments of the
//! brand's own channel.
//!
//! A search counts for itself, a hundred a day; so it is made every 16 minutes, and what a walk over
//! several pages used up is waited off. All else has ten thousand units a day. A search tells of a
//! video only in part: it is asked for whole before it counts as read. The comments of videos that were
//! found are looked at for two weeks, the one longest not looked at first.
//!
//! Facts: <https://developers.google.com/youtube/v3> (quota and methods of 2026).

use super::search::{self, Dialect};
use super::site::{Given, Key, Site, Sort, Watch, Wrong, at};
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::budget::{Budget, Cost, Span, Unit};
use crate::fetch::{Access, Reply, Request};
use crate::post::{Concerns, Post};
use crate::query::Query;
use crate::text::{json, visible};
use chrono::{DateTime, Duration, Utc};
use memory::{Memory, Walk, is_id};
use post::{SITE_NAME, word};
use serde_json::Value;
use url::Url;

mod comments;
mod memory;
mod post;
mod refused;
mod videos;

pub const SITE: Site = Site {
    kind: Kind::YouTube,
    host: "https://www.googleapis.com",
    keys: &[
        key("key", Sort::Secret, true, "{ env = \"YOUTUBE_KEY\" }"),
        key("search", Sort::Flag, false, "true"),
        key("comments", Sort::Flag, false, "true"),
        key("channel", Sort::Text, false, "\"UCxxxxxxxxxxxxxxxxxxxxxx\""),
        key("region", Sort::Text, false, "\"FI\""),
        key("language", Sort::Text, false, "\"fi\""),
    ],
    concerns: Concerns::Named,
    needs: "an API key of a project at console.cloud.google.com with `YouTube Data API v3` enabled",
    build,
};

const fn key(name: &'static str, sort: Sort, is_needed: bool, such: &'static str) -> Key {
    Key { name, sort, is_needed, such }
}

/// How far back a first poll looks for videos, and for comments below one of them.
const FIRST_LOOK: Duration = Duration::days(7);

/// A video is found hours after it was published, and the order of a search is only roughly that of
/// time: so much is asked for once more.
const OVERLAP: Duration = Duration::days(1);

/// Comments that are older, and were not changed since, are no news.
const OLDEST: Duration = Duration::days(14);

/// What one search, and one look at the comments of a video, is waited off with. With these pages of a
/// search read at once, a day's searches are not used up before it is over.
const PER_SEARCH: Duration = Duration::minutes(16);
const AT_ONCE: u8 = 2;
const PAUSE: Duration = Duration::minutes(30);

/// Searches, lists of comments and threads that one poll begins with.
const MOST_SEARCHES: usize = 5;
const MOST_LISTS: usize = 15;
const MOST_THREADS: usize = 15;

/// Pages of one walk: a search ends at about 500 videos by itself.
const MOST_PAGES: u8 = 10;

/// The most characters of a query. None is named; the address must not get too long.
const LONGEST_QUERY: usize = 300;

/// What may be asked on a day in California, where Google counts.
const SEARCHES: u64 = 100;
const UNITS: u64 = 10_000;

/// What a request is about that asks nothing but whether the key is good.
const ALIVE: &str = "alive";

struct YouTube {
    base: Url,
    access: Access,
    queries: Vec<String>,
    comments: bool,
    channel: Option<String>,
    region: Option<String>,
    language: Option<String>,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let given = watch.given;
    let is_searched = given.flag("search").unwrap_or(true);
    let channel = given.text("channel").map(str::to_owned);
    if let Some(odd) = channel.as_deref().filter(|id| !id.starts_with("UC") || !is_id(id)) {
        return Err(Wrong::new("channel", format!("`{}` is no id of a channel", visible(odd)))
            .hint("write the one that begins with UC, from youtube.com/account_advanced"));
    }
    if !is_searched && channel.is_none() {
        return Err(Wrong::new("search", "with `search = false` there is nothing to read")
            .hint("name the `channel` whose comments are read, or leave `search` out"));
    }
    Ok(Box::new(YouTube {
        queries: if is_searched { queries(&watch.keywords) } else { Vec::new() },
        access: given
            .secret("key")
            .map_or_else(Access::default, |key| Access::header("X-Goog-Api-Key", key)),
        comments: given.flag("comments").unwrap_or(true),
        channel,
        region: code(given, "region", "FI")?,
        language: code(given, "language", "fi")?,
        base: watch.base,
    }))
}

/// Returns a code of a country or language.
fn code(given: &Given, key: &'static str, such: &str) -> Result<Option<String>, Wrong> {
    let Some(written) = given.text(key) else { return Ok(None) };
    let is_code = written.len() == 2 && written.bytes().all(|b| b.is_ascii_alphabetic());
    if !is_code {
        return Err(Wrong::new(key, format!("`{}` is no code of two letters", visible(written)))
            .hint(format!("such as \"{such}\"")));
    }
    Ok(Some(written.to_owned()))
}

/// Returns what is searched for. It is not told how `|` goes with words side by side, so that keywords
/// of several are searched for by themselves.
fn queries(keywords: &[Query]) -> Vec<String> {
    let dialect = Dialect { and: true, longest: LONGEST_QUERY, ..Dialect::PLAIN };
    let mut queries: Vec<String> = Vec::new();
    let is_one = |text: &str| {
        !text.contains(' ')
            || text.matches('"').count() == 2 && { text.starts_with('"') && text.ends_with('"') }
    };
    let (single, several): (Vec<_>, Vec<_>) =
        search::queries(keywords, &dialect).into_iter().partition(|text| is_one(text));
    for text in single {
        match queries.last_mut() {
            Some(last) if last.len() + 1 + text.len() <= LONGEST_QUERY => {
                last.push('|');
                last.push_str(&text);
            }
            _ => queries.push(text),
        }
    }
    queries.extend(several);
    queries
}

/// What a request asked for, as its note says.
#[derive(Debug, PartialEq)]
enum Asked<'a> {
    Search(&'a str),
    Channels,
    Videos(Vec<&'a str>),
    /// Comments of the own channel.
    Own,
    Comments(&'a str),
    Replies(&'a str),
    /// What became of posts.
    Gone(Vec<&'a str>),
    /// Nothing but whether the key is good.
    Alive,
    /// An answer that was saved.
    Saved,
}

impl<'a> Asked<'a> {
    fn of(about: &'a str) -> Self {
        let (kind, what) = about.split_once(' ').unwrap_or((about, ""));
        let ids = || what.split(',').filter(|id| !id.is_empty()).collect();
        match kind {
            "search" => Self::Search(what),
            "channels" => Self::Channels,
            "videos" => Self::Videos(ids()),
            "own" => Self::Own,
            "comments" => Self::Comments(what),
            "replies" => Self::Replies(what),
            "gone" => Self::Gone(ids()),
            ALIVE => Self::Alive,
            _ => Self::Saved,
        }
    }
}

impl Source for YouTube {
    fn open(&self, visit: &Visit) -> Request {
        let memory = Memory::of(&visit.cursor, visit.now);
        if let Some(first) = self.due(&memory, visit.now).into_iter().next() {
            return first;
        }
        // Nothing is due: how the videos do that are known; or else, since a search would be one of the
        // hundred, whether the key is still good.
        let known: Vec<&str> = memory.videos.iter().map(|video| video.id.as_str()).collect();
        if known.is_empty() && !self.queries.is_empty() {
            return self.ask_for("/i18nRegions", "snippet", &[]).about(ALIVE);
        }
        self.videos(&known)
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        let memory = Memory::of(&visit.cursor, visit.now);
        self.due(&memory, visit.now).into_iter().skip(1).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let text = String::from_utf8_lossy(&reply.body);
        let parsed = json::parse(&text, json::MOST_API_BYTES);
        let answer = parsed.map_err(|bad| Unreadable(bad.to_string()))?;
        let asked = Asked::of(&reply.about);
        if let Asked::Saved = asked {
            return saved(&answer);
        }
        let items = items(&answer)?;
        let next = answer.get("nextPageToken").and_then(Value::as_str).map(str::to_owned);
        let mut memory = Memory::of(&visit.cursor, visit.now);
        let mut page = match asked {
            Asked::Search(query) => self.search_read(query, (items, next), &mut memory, visit.now),
            Asked::Channels => videos::channels_read(items, &mut memory),
            Asked::Videos(ids) => self.videos_read(&ids, items, &mut memory, visit.now),
            Asked::Own | Asked::Comments(_) => {
                self.comments_read(&asked, (items, next), &mut memory, visit.now)
            }
            Asked::Replies(id) => self.replies_read(id, (items, next), &mut memory),
            Asked::Gone(ids) => return Ok(became(&ids, items, next.is_none())),
            Asked::Alive => return Ok(Page::default()),
            Asked::Saved => return saved(&answer),
        };
        page.cursor = Some(memory.cursor());
        Ok(page)
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        self.verdict(request, refusal, visit)
    }

    fn recheck(&self, ids: &[String], _visit: &Visit) -> Vec<Request> {
        let known = ids.iter().map(String::as_str).filter(|id| is_id(id));
        // Ids of videos are short, those of comments long.
        let (videos, comments): (Vec<&str>, Vec<&str>) = known.partition(|id| id.len() <= 16);
        let videos = videos.chunks(50).map(|ids| {
            self.ask_for("/videos", "snippet,statistics", &[("id", &ids.join(","))])
                .about(format!("gone {}", ids.join(",")))
        });
        let comments = comments.chunks(50).map(|ids| {
            let query = [("id", ids.join(",")), ("textFormat", "plainText".to_owned())];
            let query: Vec<(&str, &str)> = query.iter().map(|(k, v)| (*k, v.as_str())).collect();
            self.ask_for("/comments", "snippet", &query).about(format!("gone {}", ids.join(",")))
        });
        videos.chain(comments).collect()
    }

    fn concerns(&self) -> Concerns {
        // Whoever comments on the own channel speaks to the brand.
        if self.channel.is_some() { Concerns::Desk } else { Concerns::Named }
    }

    fn most_rechecked(&self) -> usize {
        250
    }
}

impl YouTube {
    /// Returns what is to be asked now, the most wanted first.
    fn due(&self, memory: &Memory, now: DateTime<Utc>) -> Vec<Request> {
        let found: Vec<&str> = memory.found.iter().map(String::as_str).collect();
        let mut due: Vec<Request> = found.chunks(50).map(|ids| self.videos(ids)).collect();
        let is_due = |query: &&String| {
            memory
                .searches
                .get(query.as_str())
                .is_none_or(|walk| walk.is_due(now) && (is_at_once(walk) || walk.is_rested(now)))
        };
        let most = if memory.may_search(now) { MOST_SEARCHES } else { 0 };
        let searches = self.queries.iter().filter(is_due).take(most);
        due.extend(searches.map(|query| self.search(query, memory, now)));
        if self.channel.is_some() && memory.own.is_due(now) {
            due.push(self.own(&memory.own));
        }
        due.extend(memory.pending.iter().take(MOST_THREADS).map(|thread| self.replies(thread)));
        if self.comments {
            let mut lists: Vec<_> =
                memory.videos.iter().filter(|video| video.walk.is_due(now)).collect();
            lists.sort_by_key(|video| video.walk.due);
            let lists = lists.into_iter().take(MOST_LISTS);
            due.extend(lists.map(|video| self.list(&video.id, &video.walk)));
        }
        due
    }

    /// Asks for something that costs a unit.
    fn ask_for(&self, path: &str, part: &str, query: &[(&str, &str)]) -> Request {
        self.api(path, part, query).costs(cost("units", UNITS))
    }

    fn api(&self, path: &str, part: &str, query: &[(&str, &str)]) -> Request {
        let query: Vec<(&str, &str)> =
            std::iter::once(("part", part)).chain(query.iter().copied()).collect();
        Request::api(at(&self.base, &format!("/youtube/v3{path}"), &query)).with(&self.access)
    }
}

/// Tells whether the page of a search that is next is asked for without a rest.
fn is_at_once(walk: &Walk) -> bool {
    !walk.pages.is_multiple_of(AT_ONCE)
}

fn cost(name: &'static str, most: u64) -> Cost {
    let budget = Budget { name, most, unit: Unit::Calls, span: Span::PacificDay };
    Cost { budget, most: 1 }
}

/// Returns the entries of an answer.
fn items(answer: &Value) -> Result<&Vec<Value>, Unreadable> {
    if let Some(items) = answer.get("items").and_then(Value::as_array) {
        return Ok(items);
    }
    let said = refused::said(answer).map(|said| format!("YouTube says: {said}"));
    Err(Unreadable(said.unwrap_or_else(|| "the answer holds no list".into())))
}

/// Returns what became of posts that were asked for by these ids: what is missing is no more, unless
/// all are, which says more of the site than of them. `is_whole`: there is no further page.
fn became(ids: &[&str], items: &[Value], is_whole: bool) -> Page {
    let is_there = |id: &&str| items.iter().any(|item| word(item, "id") == Some(id));
    let is_believed = is_whole && (ids.len() == 1 || ids.iter().any(is_there));
    let missing = ids.iter().filter(|id| is_believed && !is_there(id));
    let gone = missing.map(|id| Post::gone(SITE_NAME, *id));
    // A comment that does not say where it stands would lose its address.
    let known = items.iter().filter_map(|item| match item.get("snippet")?.get("title") {
        Some(_) => post::video(item, None),
        None => post::comment(item, None, true).filter(|post| post.url.is_some()),
    });
    Page { posts: known.chain(gone).collect(), ..Page::default() }
}

/// Reads an answer that was saved, by what its entries look like; one by itself is a list of one.
fn saved(answer: &Value) -> Result<Page, Unreadable> {
    let one = [answer];
    let items: Vec<&Value> = match items(answer) {
        Ok(items) => items.iter().collect(),
        Err(_) if answer.get("snippet").is_some() => one.to_vec(),
        Err(unreadable) => return Err(unreadable),
    };
    let mut page = Page::default();
    for item in items {
        let Some(snippet) = item.get("snippet") else {
            page.skipped += 1;
            continue;
        };
        let is_channel = item.get("kind").and_then(Value::as_str) == Some("youtube#channel");
        let is_other = item.get("id").is_some_and(Value::is_object) && post::found(item).is_none();
        if is_channel || is_other {
            continue;
        }
        let posts = if snippet.get("topLevelComment").is_some() {
            comments::thread(item, None, false)
        } else if snippet.get("textDisplay").or_else(|| snippet.get("textOriginal")).is_some() {
            post::comment(item, None, false).into_iter().collect()
        } else {
            post::video(item, None).into_iter().collect()
        };
        page.skipped += usize::from(posts.is_empty());
        page.posts.extend(posts);
    }
    Ok(page)
}

#[cfg(test)]
mod tests;
