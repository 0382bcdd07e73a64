//! A forum: a board, a page with the latest posts, or one topic.
//!
//! What the page at the configured address holds decides which of these it is. A list of topics is
//! compared with what was seen of it before, and the topics that changed are followed from where
//! they were left; see `memory` for what is remembered, and `follow` for what is asked when. Where
//! the software offers the same for machines, that is read instead once it was seen to work.

use crate::fetch::{Allowed, Location, Reply, Request};
use crate::post::{Post, SourceName};
use crate::source::forum::api::Way;
use crate::source::forum::follow::{OWN, Walk, changed};
use crate::source::forum::memory::{Found, Memory, Owed};
use crate::source::forum::preset::Selectors;
use crate::source::forum::reading::Reading;
use crate::source::{Page, Refusal, Source, Unreadable, Verdict, Visit};
use chrono_tz::Tz;
use url::Url;

pub mod api;
#[cfg(test)]
mod corpus;
mod dates;
pub mod describe;
mod detect;
mod discourse;
mod flarum;
mod follow;
mod memory;
mod nodebb;
pub mod page;
pub mod pages;
mod paging;
mod posts;
pub mod preset;
mod reading;
mod repeated;
pub mod selector;
mod semantic;
#[cfg(test)]
mod tests;
pub(super) mod text;
pub(super) mod tidy;
mod topics;
mod xenforo;

/// Polls in a row that may ask an API for the first time without an answer.
const MOST_TRIALS: u8 = 3;

/// A shorter feed is whole.
const LEAST_ROWS: usize = 10;

/// Where a saved page is taken to be that does not say where it was.
const NOWHERE: &str = "https://nowhere.invalid/";
const NOWHERE_HOST: &str = "nowhere.invalid";

fn nowhere() -> Option<Url> {
    Url::parse(NOWHERE).ok()
}

/// Tells whether an address was made of that which nobody knows.
fn is_nowhere(url: &str) -> bool {
    url.starts_with(NOWHERE)
}

/// A forum that is polled.
#[derive(Debug, Clone)]
pub struct Forum {
    pub name: SourceName,
    pub location: Location,
    /// The address of the page, where `location` is a file in which it was saved.
    pub address: Option<Url>,
    /// Which private addresses it may be at; `None` where the general setting holds.
    pub allow_private: Option<Allowed>,
    /// The software, where the operator says which it is.
    pub engine: Option<String>,
    /// The operator's own selectors.
    pub selectors: Selectors,
    /// In which zone the forum writes its dates.
    pub zone: Tz,
}

/// What a request of ours was for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    /// The configured address, or the same from an API.
    Root,
    /// The same from an API, for the first time.
    Trial,
    /// A further page of the list.
    List(u32),
    /// A page of a topic.
    Topic(String),
}

impl About {
    fn parse(text: &str) -> Self {
        match text.split_once(' ').unwrap_or((text, "")) {
            ("api", _) => Self::Trial,
            ("list", nth) => nth.parse().map_or(Self::Root, Self::List),
            ("topic", key) => Self::Topic(key.to_owned()),
            _ => Self::Root,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Root => "list".to_owned(),
            Self::Trial => "api".to_owned(),
            Self::List(nth) => format!("list {nth}"),
            Self::Topic(key) => format!("topic {key}"),
        }
    }
}

impl Source for Forum {
    fn open(&self, visit: &Visit) -> Request {
        let Some(home) = self.home() else {
            let (location, accept) = (self.location.clone(), Way::Pages.accept());
            return Request::for_what_was_named(location, accept);
        };
        let walk = self.walk(visit);
        let memory = &walk.memory;
        if memory.holds_posts {
            let resumed = memory.owed(OWN).map(|owed| &owed.page);
            let known = memory.topics.get(OWN).and_then(|known| known.page.as_ref());
            let page = resumed.or(known).and_then(|page| Url::parse(page).ok());
            let page = page.unwrap_or_else(|| memory.root(&home));
            return self.request(&page, &About::Topic(OWN.to_owned()), memory.way);
        }
        self.request(&memory.root(&home), &About::Root, memory.way)
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let Some(home) = self.home() else { return self.saved(reply, visit) };
        let mut walk = self.walk(visit);
        match About::parse(&reply.about) {
            About::Root => walk.root(reply, &home),
            About::Trial => walk.trial(reply, &home),
            About::List(nth) => {
                let read = reading::read(self, reply, &home, walk.now);
                match read.and_then(|reading| walk.expect(&reading).map(|()| reading)) {
                    Ok(reading) => {
                        walk.list(&reading, nth, false);
                        Ok(walk.page(Vec::new(), reading.skipped))
                    }
                    Err(_) if walk.end_list() => Ok(walk.page(Vec::new(), 0)),
                    Err(unreadable) => Err(unreadable),
                }
            }
            About::Topic(key) => {
                walk.owe_own(&key, &home);
                let asked = walk.memory.owed(&key).and_then(|owed| Url::parse(&owed.page).ok());
                let asked = asked.unwrap_or_else(|| home.clone());
                match reading::read(self, reply, &asked, walk.now) {
                    Ok(reading) => {
                        walk.expect(&reading)?;
                        walk.posts(&key, &asked, reply, reading)
                    }
                    // Only at its beginning can we be sure that the topic is as it should be.
                    Err(_) if walk.begin_again(&key) => Ok(walk.page(Vec::new(), 0)),
                    Err(unreadable) => Err(unreadable),
                }
            }
        }
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        match self.instead(request, refusal.status, visit) {
            Some(page) => Verdict::Instead(Box::new(page)),
            None => Verdict::AsItSays,
        }
    }

    fn unchanged(&self, visit: &Visit) -> Option<Page> {
        self.home()?;
        let mut walk = self.walk(visit);
        if walk.memory.owed.is_empty() {
            return None;
        }
        if walk.memory.holds_posts {
            // The page read last is as it was; what was owed behind it is found from the start.
            walk.memory.owed_mut(OWN)?.restart();
        }
        Some(walk.page(Vec::new(), 0))
    }
}

impl Forum {
    /// Returns what to do instead of what was answered with `status`, if anything.
    fn instead(&self, request: &Request, status: u16, visit: &Visit) -> Option<Page> {
        let home = self.home()?;
        let mut walk = self.walk(visit);
        let is_gone = matches!(status, 404 | 410);
        // Too many requests are no refusal.
        let is_refusal = (400..500).contains(&status) && !matches!(status, 408 | 425 | 429);
        let is_api = walk.memory.api.is_some();
        match About::parse(&request.about) {
            About::Trial if is_refusal => return Some(walk.end_trial(&home)),
            About::Root if is_refusal && is_api => walk.memory.refuse_api(),
            About::Topic(key) if is_gone => {
                walk.owe_own(&key, &home);
                if !walk.is_gone(&key) {
                    return None;
                }
                return Some(walk.page(Vec::new(), 0));
            }
            About::Topic(key) if key == OWN && is_refusal && is_api => walk.memory.refuse_api(),
            About::Topic(key) if key != OWN && is_refusal && walk.give_up(&key) => {
                return Some(walk.page(Vec::new(), 0));
            }
            About::List(_) if is_gone => {
                walk.memory.since = None;
                return Some(walk.page(Vec::new(), 0));
            }
            About::List(_) if is_refusal && walk.end_list() => {
                return Some(walk.page(Vec::new(), 0));
            }
            _ => return None,
        }
        Some(walk.back_to_pages(&home))
    }

    /// Returns the configured address without a name and password; `None` for a file.
    fn home(&self) -> Option<Url> {
        match &self.location {
            Location::Web(url) => Some(paging::without_user(url)),
            Location::File(_) => None,
        }
    }

    fn walk(&self, visit: &Visit) -> Walk<'_> {
        let memory = Memory::load(&visit.cursor, self.home().as_ref(), visit.now);
        Walk { forum: self, memory, now: visit.now, next: Vec::new() }
    }

    fn request(&self, url: &Url, about: &About, way: Way) -> Request {
        let way = match about {
            About::Topic(_) if !way.is_whole() => Way::Pages,
            _ => way,
        };
        let mut url = self.with_user(url);
        url.set_fragment(None);
        Request {
            allow_private: self.allow_private.clone(),
            about: about.words(),
            heeds_robots: true,
            ..Request::for_what_was_named(Location::Web(url), way.accept())
        }
    }

    /// Returns `url` with the name and password that the operator gave, where they are for its server.
    fn with_user(&self, url: &Url) -> Url {
        match &self.location {
            Location::Web(home) if home.origin() == url.origin() => {
                paging::with_user(url, home.username(), home.password())
            }
            _ => paging::without_user(url),
        }
    }

    /// Reads one page that was saved in a file: its posts, or its topics as posts without text.
    fn saved(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let Reading { posts, rows, skipped, .. } = self.look(reply, visit)?;
        let rows = if posts.is_empty() { rows } else { Vec::new() };
        let mut posts: Vec<_> =
            posts.into_iter().chain(rows.into_iter().map(reading::Row::into_post)).collect();
        if posts.is_empty() {
            return Err(nothing(&Memory::default()));
        }
        for post in &mut posts {
            self.forget_nowhere(post);
        }
        Ok(Page { posts, skipped, ..Page::default() })
    }

    /// Takes back what was made of an address that nobody knows.
    fn forget_nowhere(&self, post: &mut Post) {
        if post.url.as_deref().is_some_and(is_nowhere) {
            post.url = None;
            post.has_own_url = false;
        }
        post.author.url = post.author.url.take().filter(|url| !is_nowhere(url));
        if let (Some(rest), Location::File(path)) =
            (post.site.strip_prefix(NOWHERE_HOST), &self.location)
        {
            post.site = format!("{}{rest}", path.display());
        }
    }

    /// Reads a reply by itself, whatever was before. A page that was saved is where it says it is.
    fn look(&self, reply: &Reply, visit: &Visit) -> Result<Reading, Unreadable> {
        let address = match &reply.location {
            Location::Web(url) => Some(url.clone()),
            Location::File(_) => {
                self.address.clone().or_else(|| reading::own_address(reply)).or_else(nowhere)
            }
        };
        let address = address.ok_or_else(|| Unreadable("the page has no address".into()))?;
        reading::read(self, reply, &address, visit.now)
    }
}

impl Walk<'_> {
    /// Reads what is at the configured address, or the same from an API.
    fn root(mut self, reply: &Reply, home: &Url) -> Result<Page, Unreadable> {
        let asked = self.memory.root(home);
        let read = reading::read(self.forum, reply, &asked, self.now);
        let is_api = self.memory.api.is_some();
        let mut reading = match read {
            Ok(reading) if is_api && (reading.way != self.memory.way || is_empty(&reading)) => {
                self.memory.refuse_api();
                return Ok(self.back_to_pages(home));
            }
            Ok(reading) if is_api && self.is_too_short(&reading) => {
                self.memory.refuse_api();
                return Ok(self.back_to_pages(home));
            }
            Ok(reading) => reading,
            Err(_) if is_api => {
                self.memory.refuse_api();
                return Ok(self.back_to_pages(home));
            }
            // A page that shows nothing without scripts may have an API all the same.
            Err(unreadable) => match reading::only_api(reply) {
                Some(api) if self.may_try() => Reading { api: Some(api), ..Reading::default() },
                _ => return Err(unreadable),
            },
        };
        if !is_api {
            self.memory.way = reading.way;
        }
        if let Some((way, address)) = reading.api.take().filter(|_| self.may_try()) {
            self.memory.trial = Some(way);
            self.memory.trials = self.memory.trials.saturating_add(1);
            self.next.push(self.forum.request(&address, &About::Trial, way));
            if way.is_whole() || is_empty(&reading) {
                return Ok(self.page(Vec::new(), 0));
            }
        }
        self.take(&asked, reply, reading)
    }

    /// Tells whether a feed, which has no second page, may have more news than it holds.
    fn is_too_short(&self, reading: &Reading) -> bool {
        let mut rows = reading.rows.iter();
        let is_full = rows.len() >= LEAST_ROWS;
        reading.way == Way::Rss && is_full && rows.all(|row| self.is_news(row))
    }

    /// Whether an API may be tried.
    fn may_try(&mut self) -> bool {
        if self.memory.trials >= MOST_TRIALS {
            self.memory.refuse_trial();
        }
        let is_page = self.memory.way == Way::Pages && self.memory.api.is_none();
        // Whoever gives selectors wants them used.
        is_page && self.memory.refused_until <= self.memory.poll && self.forum.selectors.is_empty()
    }

    /// Reads the first answer of an API: it is asked from now on if it is what it should be.
    fn trial(mut self, reply: &Reply, home: &Url) -> Result<Page, Unreadable> {
        let wanted = self.memory.trial.take();
        let address = match &reply.location {
            Location::Web(url) => paging::without_user(url),
            Location::File(_) => home.clone(),
        };
        match reading::read(self.forum, reply, &address, self.now) {
            Ok(reading) if Some(reading.way) == wanted && !is_empty(&reading) => {
                self.memory.trials = 0;
                self.memory.way = reading.way;
                self.memory.api = Some(address.to_string());
                if reading.way.is_whole() {
                    self.memory.forget_topics();
                    return self.take(&address, reply, reading);
                }
                self.list(&reading, u32::MAX, true);
                Ok(self.page(Vec::new(), reading.skipped))
            }
            _ => {
                self.memory.trial = wanted;
                Ok(self.end_trial(home))
            }
        }
    }

    /// Reads the pages after an API that was tried did not give what it should.
    fn end_trial(mut self, home: &Url) -> Page {
        let was_whole = self.memory.trial.is_some_and(Way::is_whole);
        self.memory.refuse_trial();
        if was_whole || self.memory.rows == Found::Never {
            return self.back_to_pages(home);
        }
        // The list that the feed would have spared us was read before.
        self.page(Vec::new(), 0)
    }

    /// Takes what the root of the forum holds: posts, or a list.
    fn take(mut self, asked: &Url, reply: &Reply, reading: Reading) -> Result<Page, Unreadable> {
        if is_empty(&reading) {
            return Err(nothing(&self.memory));
        }
        if reading.posts.is_empty() {
            if reading.is_guess && self.memory.rows == Found::Surely {
                return Err(changed("topics"));
            }
            self.list(&reading, 1, false);
            return Ok(self.page(Vec::new(), reading.skipped));
        }
        self.memory.holds_posts = true;
        let asked = asked.clone();
        self.owe_own(OWN, &asked);
        self.posts(OWN, &asked, reply, reading)
    }

    /// Takes a page of posts.
    fn posts(
        mut self,
        key: &str,
        asked: &Url,
        reply: &Reply,
        reading: Reading,
    ) -> Result<Page, Unreadable> {
        let at = match &reply.location {
            Location::Web(url) => paging::tidy(url),
            Location::File(_) => asked.clone(),
        };
        if key == OWN && reading.posts.is_empty() && !reading.rows.is_empty() {
            // What looked like posts was none: it is a list after all.
            self.memory.holds_posts = false;
            self.memory.owed.retain(|owed| owed.key != OWN);
            self.memory.topics.remove(OWN);
            self.list(&reading, 1, false);
            return Ok(self.page(Vec::new(), reading.skipped));
        }
        let skipped = reading.skipped;
        let posts = self.topic(key, asked, &at, reading)?;
        Ok(self.page(posts, skipped))
    }

    /// Owes the posts at the configured address itself: they are read in every poll.
    fn owe_own(&mut self, key: &str, home: &Url) {
        if key == OWN && self.memory.owed(OWN).is_none() {
            let first = self.memory.root(home);
            let known = self.memory.topics.get(OWN);
            let owed = Owed::of(OWN, first.as_str(), known, self.memory.poll);
            self.memory.owed.insert(0, owed);
        }
    }

    /// Refuses a page where an API was asked: what it links to is for people.
    fn expect(&self, reading: &Reading) -> Result<(), Unreadable> {
        let way = self.memory.way;
        if way.is_whole() && reading.way != way {
            return Err(Unreadable(format!("{way} was asked for, and {} came", reading.way)));
        }
        Ok(())
    }

    /// Asks for the page after an API did not give what it should.
    fn back_to_pages(mut self, home: &Url) -> Page {
        self.next.push(self.forum.request(home, &About::Root, Way::Pages));
        self.page(Vec::new(), 0)
    }
}

fn is_empty(reading: &Reading) -> bool {
    reading.posts.is_empty() && reading.rows.is_empty() && reading.rest.is_empty()
}

/// What is said of a page with neither posts nor topics.
fn nothing(memory: &Memory) -> Unreadable {
    if memory.rows > Found::Never {
        return changed("topics");
    }
    if memory.posts > Found::Never && memory.holds_posts {
        return changed("posts");
    }
    Unreadable(
        "the page shows neither topics nor posts: `[source.forum.selectors]` can say where they are"
            .into(),
    )
}
