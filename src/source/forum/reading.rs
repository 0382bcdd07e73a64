//! What one reply says, whichever way it was read: what pages and APIs have in common.

use crate::fetch::{Location, Reply};
use crate::post::{Author, Post};
use crate::source::Unreadable;
use crate::source::feed::decode;
use crate::source::forum::api::{self, Way};
use crate::source::forum::memory::{MOST_ADDRESS, digest, key};
use crate::source::forum::page::{self, Options, Sheet};
use crate::source::forum::preset;
use crate::source::forum::{Forum, discourse, flarum, paging, xenforo};
use crate::text::html;
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use url::Url;

/// Where a page may name its encoding.
const FRONT_BYTES: usize = 4096;

/// How much of a saved page is looked at for its address.
const HEAD_BYTES: usize = 256 * 1024;
/// Rows of one page of a list.
const MOST_ROWS: usize = 500;
/// Posts by which a page is known again.
const ANCHOR: usize = 2;
/// Posts that show in which order they come.
const NEEDED: usize = 3;
/// Posts by which the newest ones are known again.
const NEWEST: usize = 10;

/// What one reply holds.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub way: Way,
    pub title: Option<String>,
    pub posts: Vec<Post>,
    pub rows: Vec<Row>,
    pub skipped: usize,
    pub next: Option<Url>,
    pub last: Option<Url>,
    /// Further pages, where the forum names them all at once.
    pub rest: Vec<Url>,
    /// Where new posts will be once all of this is read, if that is not the last page.
    pub resume: Option<Url>,
    /// Whether posts move between pages as others are deleted.
    pub moves: bool,
    /// Where the same is to be had for machines.
    pub api: Option<(Way, Url)>,
    /// Whether a page was read by a guess, though it may be of a known software.
    pub is_guess: bool,
    /// The page as it was read, if it was one.
    pub sheet: Option<Sheet>,
}

/// A topic, as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub key: String,
    /// Where to ask for it.
    pub address: Url,
    /// Where people read it.
    pub url: Url,
    pub title: Option<String>,
    pub author: Author,
    /// When it was posted to last, as far as the list shows.
    pub last: Option<DateTime<Utc>>,
    /// What changes with every post; `None` where nothing shown does reliably.
    pub mark: Option<String>,
}

impl Row {
    /// A row by what was read of it; of the mark only a digest is kept.
    pub(super) fn new(name: &str, address: Url, url: Url, mark: Option<&str>) -> Self {
        let mark = mark.map(key);
        let (title, author, last) = (None, Author::default(), None);
        Self { key: key(name), address, url, title, author, last, mark }
    }

    /// The row as a post without text, where the topic itself is not read.
    pub(super) fn into_post(self) -> Post {
        Post {
            site: paging::identity(&self.url),
            has_own_url: true,
            url: Some(self.url.into()),
            has_own_title: self.title.is_some(),
            title: self.title,
            author: self.author,
            published: self.last,
            ..Post::default()
        }
    }
}

impl Reading {
    /// Returns by what this page is known again: the first of its posts.
    pub(super) fn anchor(&self) -> Vec<u64> {
        if self.moves { self.posts.iter().take(ANCHOR).map(name).collect() } else { Vec::new() }
    }

    /// Returns by what the newest posts of this page are known again.
    pub(super) fn newest(&self) -> Vec<u64> {
        self.posts.iter().take(NEWEST).map(name).collect()
    }

    pub(super) fn shows_any(&self, names: &[u64]) -> bool {
        self.posts.iter().map(name).any(|name| names.contains(&name))
    }

    /// Tells whether the newest posts come first: no post is newer than the one before it.
    pub(super) fn is_newest_first(&self) -> bool {
        let dates: Vec<_> = self.posts.iter().filter_map(|post| post.published).collect();
        let is_dated = dates.len() == self.posts.len() && dates.first() > dates.last();
        is_dated && dates.len() >= NEEDED && dates.is_sorted_by(|a, b| a >= b)
    }

    /// Takes out posts whose names are among `given`, and adds the others to it.
    pub(super) fn fresh_posts(&mut self, given: &mut Vec<u64>) -> Vec<Post> {
        let mut known: HashSet<u64> = given.iter().copied().collect();
        let mut posts = std::mem::take(&mut self.posts);
        posts.retain(|post| {
            let is_fresh = known.insert(name(post));
            if is_fresh {
                given.push(name(post));
            }
            is_fresh
        });
        posts
    }

    /// Keeps what belongs to the site at `home`, tidy and in bounds.
    fn settle(mut self, home: &Url) -> Self {
        let keep = |url: &mut Url| {
            let reached = paging::reachable(url, home);
            reached.map(|reached| *url = reached).is_some()
        };
        self.rows.retain_mut(|row| keep(&mut row.address) && keep(&mut row.url));
        self.rows.truncate(MOST_ROWS);
        let mut seen = HashSet::new();
        self.rows.retain(|row| seen.insert(row.key.clone()));
        self.next.take_if(|url| !keep(url));
        self.last.take_if(|url| !keep(url));
        self.rest.retain_mut(|url| keep(url));
        self.resume.take_if(|url| !keep(url));
        self.api.take_if(|(_, url)| !keep(url));
        for row in &mut self.rows {
            row.author.url = row.author.url.take().and_then(shown);
        }
        for post in &mut self.posts {
            post.author.url = post.author.url.take().and_then(shown);
            post.url = post.url.take().and_then(shown);
            post.has_own_url &= post.url.is_some();
        }
        self
    }
}

/// Returns an address as it may be given out: without a name and password, and not at any length.
fn shown(url: String) -> Option<String> {
    if url.len() > MOST_ADDRESS {
        return None;
    }
    match Url::parse(&url) {
        Ok(parsed) if url.contains('@') => Some(paging::without_user(&parsed).into()),
        _ => Some(url),
    }
}

/// A name for a post within its forum: its id, or its words where it has none.
fn name(post: &Post) -> u64 {
    match &post.id {
        Some(id) => digest(&format!("{}\n{id}", post.site)),
        None => digest(&format!("{:?}\n{:?}\n{}", post.author.name, post.published, post.text)),
    }
}

/// Reads a reply, whatever it is. `asked` is what was asked for, which a redirect may have changed.
pub(super) fn read(
    forum: &Forum,
    reply: &Reply,
    asked: &Url,
    now: DateTime<Utc>,
) -> Result<Reading, Unreadable> {
    let url = &match &reply.location {
        Location::Web(url) => paging::without_user(url),
        Location::File(_) => paging::without_user(asked),
    };
    let body = text(reply, url);
    let start = body.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with(['{', '[']) {
        return Ok(api::read(start, url, asked)?.settle(url));
    }
    if ["<?xml", "<rss"].iter().any(|mark| start.starts_with(mark)) && start.contains("<rss") {
        return Ok(xenforo::read(start, url)?.settle(url));
    }
    let mut reading = html(forum, &body, url, now)?;
    reading.api = api::of_page(&body, url).filter(|_| matches!(reply.location, Location::Web(_)));
    Ok(reading.settle(url))
}

/// Returns how the forum of a page that cannot be read is to be had for machines.
pub(super) fn only_api(reply: &Reply) -> Option<(Way, Url)> {
    let Location::Web(url) = &reply.location else { return None };
    let url = &paging::without_user(url);
    let (way, api) = api::of_page(&text(reply, url), url)?;
    Some((way, paging::reachable(&api, url)?))
}

fn html(forum: &Forum, body: &str, url: &Url, now: DateTime<Utc>) -> Result<Reading, Unreadable> {
    let options = Options {
        engine: forum.engine.as_deref(),
        selectors: &forum.selectors,
        now,
        zone: forum.zone,
    };
    let mut sheet = page::read(body, url, &options)?;
    let rows = std::mem::take(&mut sheet.topics).into_iter().map(|topic| {
        let address = paging::tidy(&topic.url);
        let identity = paging::identity(&topic.url);
        let mark = Some(topic.mark.as_str()).filter(|mark| !mark.is_empty());
        let mut row = Row::new(&identity, address, topic.url, mark);
        row.title = Some(topic.title).filter(|title| !title.is_empty());
        row.author.name = topic.author;
        row.last = topic.last;
        row
    });
    let mut reading = Reading {
        title: sheet.title.clone(),
        rows: rows.collect(),
        posts: std::mem::take(&mut sheet.posts),
        next: sheet.next.as_ref().map(paging::tidy),
        last: sheet.last.as_ref().map(paging::tidy),
        moves: true,
        ..Reading::default()
    };
    // The number of a Discourse topic stands behind its name, which may begin with a number too.
    if let Some(site) = discourse::site_of_page(url).filter(|_| sheet.engine == "Discourse") {
        reading.posts.iter_mut().for_each(|post| post.site.clone_from(&site));
    }
    // Flarum's pages have no ids; the data that they carry for the scripts has.
    if let Some(posts) = flarum::payload(body, url).filter(|posts| !posts.is_empty()) {
        reading.posts = posts;
    }
    reading.is_guess =
        preset::all().iter().all(|known| known.name != sheet.engine) && forum.selectors.is_empty();
    reading.sheet = Some(sheet);
    Ok(reading)
}

/// Returns the address that a saved page names as its own.
pub(super) fn own_address(reply: &Reply) -> Option<Url> {
    let front = String::from_utf8_lossy(reply.body.get(..HEAD_BYTES).unwrap_or(&reply.body));
    let value = |attributes: &[(String, String)], name: &str| {
        attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned())
    };
    let named = |tag: &str, key: &str, word: &str, holds: &str| {
        let tags = html::attributes(&front, tag);
        let tag = tags
            .iter()
            .find(|tag| value(tag, key).is_some_and(|found| found.eq_ignore_ascii_case(word)))?;
        Url::parse(&value(tag, holds)?).ok()
    };
    let found = named("link", "rel", "canonical", "href")
        .or_else(|| named("meta", "property", "og:url", "content"));
    found.filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// Returns the text of a reply. A page may name its encoding in a `meta` near its beginning.
fn text(reply: &Reply, url: &Url) -> String {
    let stated = reply.content_type.as_deref().filter(|stated| stated.contains("charset"));
    let front = String::from_utf8_lossy(reply.body.get(..FRONT_BYTES).unwrap_or(&reply.body));
    let meta = front.split_once("charset=").and_then(|(_, rest)| {
        let label =
            rest.trim_start_matches(['"', '\'', ' ']).split(['"', '\'', '>', ' ', ';', '/']);
        label.into_iter().next().map(|label| format!("text/html; charset={label}"))
    });
    decode::decode(&reply.body, stated.or(meta.as_deref()), url.host_str()).into_owned()
}
