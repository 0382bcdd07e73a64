//! Stack Exchange: questions and answers of Stack Overflow or a sister site.
//!
//! `/search/excerpts` finds both, newest first, but shows no more than an excerpt and no author. So what
//! a page of it names is asked for by `/posts/{ids}`, a hundred at once, and only when that came a walk
//! is as far as the page. A day has 300 calls for an address, 10,000 with a key; how many are left is
//! in every answer. `backoff` is for the method that was asked: the posts that a page names may still
//! be asked for. Facts: <https://api.stackexchange.com/docs>.

use super::search::{self, Dialect};
use super::site::{Key, Site, Sort, Watch, Wrong, at};
use super::walk::Walk;
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::budget::Span;
use crate::fetch::{Access, Reply, Request};
use crate::post::{Concerns, Post};
use crate::text::{json, visible};
use asked::{Asked, Found, Known, Memory, Place};
use chrono::{DateTime, Duration, Utc};
use item::Item;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

mod asked;
mod item;

pub const SITE: Site = Site {
    kind: Kind::StackExchange,
    host: "https://api.stackexchange.com",
    keys: &[
        Key { name: "site", sort: Sort::Text, is_needed: true, such: "\"stackoverflow\"" },
        Key { name: "key", sort: Sort::Secret, is_needed: false, such: "{ env = \"STACK_KEY\" }" },
        Key { name: "tags", sort: Sort::Texts, is_needed: false, such: "[\"payments\"]" },
    ],
    concerns: Concerns::Named,
    needs: "the name of a site, as https://api.stackexchange.com/docs/sites lists them; for more than \
            300 calls a day a free `key` of https://stackapps.com/apps/oauth/register",
    build,
};

/// Items of one page, and posts asked for at once: the most that there are.
const PER_PAGE: usize = 100;

/// Pages behind this one are not shown: the window moves.
const MOST_PAGES: u32 = 25;

/// How far back a first poll looks.
const FIRST_LOOK: Duration = Duration::days(7);

/// A post is found some minutes after it was written: so much is asked for once more.
const OVERLAP: i64 = 30 * 60;

/// Posts of which it is asked once a day what became of them: one call for each hundred.
const MOST_RECHECKED: usize = 200;

/// Where the site does not say how long it wants to be left alone.
const PAUSE: Duration = Duration::minutes(15);

const DIALECT: Dialect = Dialect { longest: 240, ..Dialect::PLAIN };

struct StackExchange {
    base: Url,
    lists: Vec<String>,
    /// As the API calls the site.
    site: String,
    tags: String,
    access: Access,
    has_key: bool,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let mut lists = search::queries(&watch.keywords, &DIALECT);
    if lists.is_empty() {
        lists.push(String::new());
    }
    // A saved reply has none.
    let site = watch.given.text("site").unwrap_or_default();
    if !site.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')) {
        let hint = "write its name, such as \"stackoverflow\", \"superuser\" or \"money\"";
        return Err(Wrong::new("site", "this names no site of Stack Exchange").hint(hint));
    }
    let tags = watch.given.texts("tags");
    if let Some(odd) = tags.iter().find(|tag| tag.is_empty() || tag.contains([';', ' '])) {
        return Err(Wrong::new("tags", format!("`{odd}` is no tag")));
    }
    let key = watch.given.secret("key");
    let access =
        key.map(|key| Access { query: vec![("key".into(), key.clone())], ..Access::default() });
    Ok(Box::new(StackExchange {
        lists,
        site: site.to_ascii_lowercase(),
        tags: tags.join(";"),
        has_key: access.is_some(),
        access: access.unwrap_or_default(),
        base: watch.base,
    }))
}

impl Source for StackExchange {
    fn open(&self, visit: &Visit) -> Request {
        // One list behind the other: `backoff` is for all of them.
        self.first(&Memory::of(&visit.cursor), self.lists.len() - 1, visit.now)
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let text = String::from_utf8_lossy(&reply.body);
        let answer =
            json::parse(&text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
        if let Some(said) = Said::of(&answer) {
            return Err(Unreadable(said.told()));
        }
        let items =
            Item::all(&answer).ok_or_else(|| Unreadable("the answer holds no items".into()))?;
        let limits = self.limits(&answer, visit.now);
        let mut page = match Asked::of(&reply.about) {
            Some(Asked::Search(place)) => self.found(&answer, &items, place, &limits, visit),
            Some(Asked::Posts { place, found }) => self.posts(&items, &place, found, visit),
            Some(Asked::Fate { ids }) => self.fates(&answer, &items, &ids),
            None => {
                let none = BTreeMap::new();
                let posts: Vec<Post> =
                    items.iter().filter_map(|item| item.post(&self.site, &none)).collect();
                Page { skipped: items.len() - posts.len(), posts, ..Page::default() }
            }
        };
        // What a page names is still asked for: that is another method.
        if limits.is_spent || !page.next.iter().any(is_for_posts) {
            page.wait = page.wait.max(limits.wait);
        }
        page.trouble = page.trouble.or(limits.trouble);
        Ok(page)
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let Some(said) = refusal.json().as_ref().and_then(Said::of) else {
            return Verdict::AsItSays;
        };
        let told = said.told();
        if let Some(place) = self.of_one_list(request, &said) {
            return Verdict::Instead(Box::new(self.without(&place, (said.id, told), visit)));
        }
        match said.id {
            502 => {
                let wait = said.seconds().map_or(PAUSE, Duration::seconds);
                Verdict::Wait(visit.now + wait, format!("{told}{}", self.more_calls()))
            }
            500 | 503 => Verdict::Wait(visit.now + PAUSE, told),
            400 => Verdict::Stop(format!("{told}: check `site` (`{}`) and `key`", self.site)),
            401 | 403 | 405 | 406 => {
                Verdict::Stop(format!("{told}: give a `key` of an application that is registered"))
            }
            404 => Verdict::Stop(format!("{told}: check `url`")),
            _ => Verdict::AsItSays,
        }
    }

    fn recheck(&self, ids: &[String], _visit: &Visit) -> Vec<Request> {
        let is_number =
            |id: &&String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let ids: Vec<&str> = ids.iter().filter(is_number).map(String::as_str).collect();
        let ask = |ids: &[&str]| {
            let fate = Asked::Fate { ids: ids.iter().map(|id| (*id).to_owned()).collect() };
            self.ask_posts(&ids.join(";"), &fate)
        };
        ids.chunks(PER_PAGE).map(ask).collect()
    }

    fn most_rechecked(&self) -> usize {
        MOST_RECHECKED
    }
}

/// What an answer says of how often may be asked.
#[derive(Default)]
struct Limits {
    wait: Option<DateTime<Utc>>,
    /// Whether nothing more may be asked today.
    is_spent: bool,
    trouble: Option<String>,
}

impl StackExchange {
    fn limits(&self, answer: &Value, now: DateTime<Utc>) -> Limits {
        if answer.get("quota_remaining").and_then(Value::as_i64).is_some_and(|left| left <= 0) {
            let most = answer.get("quota_max").and_then(Value::as_u64).unwrap_or_default();
            let trouble = format!("all {most} calls of the day are used up{}", self.more_calls());
            return Limits {
                wait: Some(Span::Day.over(now)),
                is_spent: true,
                trouble: Some(trouble),
            };
        }
        let seconds = answer.get("backoff").and_then(Value::as_f64).filter(|wait| *wait > 0.0);
        Limits { wait: seconds.map(|seconds| now + whole(seconds)), ..Limits::default() }
    }

    fn more_calls(&self) -> &'static str {
        if self.has_key { "" } else { "; a free `key` gives 10,000 a day" }
    }

    /// Returns the place of a list with which an error may have to do, where there are others.
    fn of_one_list(&self, request: &Request, said: &Said) -> Option<Place> {
        let (Asked::Search(place) | Asked::Posts { place, .. }) = Asked::of(&request.about)? else {
            return None;
        };
        let is_of_all = ["site", "key"].iter().any(|word| said.message.contains(word));
        let is_of_one = match said.id {
            400 => !is_of_all,
            500 | 503 => true,
            _ => false,
        };
        (is_of_one && self.lists.len() > 1).then_some(place)
    }

    /// Goes on with the next list where one is refused, whose walk begins anew in its turn.
    fn without(&self, place: &Place, (id, told): (u64, String), visit: &Visit) -> Page {
        let mut memory = Memory::of(&visit.cursor);
        let Walk { since, .. } = memory.turns.walk(&place.list);
        memory.turns.set(&place.list, Walk { since, ..Walk::default() }, &self.lists);
        let rest = place.rest.checked_sub(1);
        let next = rest.map(|rest| self.first(&memory, rest, visit.now));
        Page {
            // Nobody is asked on and on who fails.
            wait: (next.is_none() && id != 400).then(|| visit.now + PAUSE),
            next: next.into_iter().collect(),
            cursor: Some(memory.cursor()),
            trouble: Some(format!("{told}, asked for `{}`", visible(&place.list))),
            ..Page::default()
        }
    }

    /// Reads a page of hits, and asks for the posts that it names.
    fn found(
        &self,
        answer: &Value,
        items: &[Item<'_>],
        place: Place,
        limits: &Limits,
        visit: &Visit,
    ) -> Page {
        let memory = Memory::of(&visit.cursor);
        let walk = memory.turns.walk(&place.list);
        let ids: BTreeSet<u64> = items.iter().filter_map(Item::id).collect();
        let newest = items.iter().filter_map(Item::created).max();
        let newest = newest.map(|at| at.min(visit.now.timestamp()).to_string());
        let next = behind(answer, items, &walk);
        let known = items.iter().filter_map(|item| Some((item.id()?, Known::of(item)))).collect();
        let found = Found { newest, next, known, wait: limits.wait };
        let skipped = items.iter().filter(|item| item.id().is_none()).count();
        // What is asked for once more was read in full already.
        if ids.iter().all(|id| memory.seen.contains(id)) {
            return Page { skipped, ..self.posts(&[], &place, found, visit) };
        }
        if limits.is_spent {
            // They are found again tomorrow.
            return Page { skipped, ..Page::default() };
        }
        let ids: Vec<String> = ids.iter().take(PER_PAGE).map(u64::to_string).collect();
        let asked = Asked::Posts { place, found };
        Page { skipped, next: vec![self.ask_posts(&ids.join(";"), &asked)], ..Page::default() }
    }

    /// Reads the posts that a page of hits named: now that page counts. Behind it comes the next page, or
    /// the next list.
    fn posts(&self, items: &[Item<'_>], place: &Place, found: Found, visit: &Visit) -> Page {
        let Place { list, rest } = place;
        let posts: Vec<Post> =
            items.iter().filter_map(|item| item.post(&self.site, &found.known)).collect();
        let mut memory = Memory::of(&visit.cursor);
        let is_over = found.next.is_none();
        let walk = memory.turns.walk(list).read(found.newest, found.next);
        memory.turns.set(list, walk, &self.lists);
        memory.see(found.known.keys().copied());
        let next = match (is_over, rest.checked_sub(1)) {
            (false, _) => Some(self.ask(place.clone(), &memory, visit.now)),
            (true, Some(rest)) => Some(self.first(&memory, rest, visit.now)),
            (true, None) => None,
        };
        Page {
            skipped: items.len() - posts.len(),
            posts,
            cursor: Some(memory.cursor()),
            next: next.filter(|_| found.wait.is_none()).into_iter().collect(),
            wait: found.wait,
            ..Page::default()
        }
    }

    /// Reads what became of posts. An answer without its question's title is no news of it.
    fn fates(&self, answer: &Value, items: &[Item<'_>], ids: &[String]) -> Page {
        let none = BTreeMap::new();
        let posts = items.iter().filter_map(|item| item.post(&self.site, &none));
        let mut posts: Vec<Post> = posts.filter(|post| post.title.is_some()).collect();
        let is_whole = answer.get("has_more").and_then(Value::as_bool) == Some(false);
        let there: BTreeSet<String> =
            items.iter().filter_map(Item::id).map(|id| id.to_string()).collect();
        // Where none of several came, that says more of the site than of them.
        if is_whole && (ids.len() == 1 || ids.iter().any(|id| there.contains(id))) {
            let gone = ids.iter().filter(|id| !there.contains(*id));
            posts.extend(gone.map(|id| Post::gone(self.site.as_str(), id.as_str())));
        }
        Page { posts, ..Page::default() }
    }

    /// Asks for the list whose turn it is; behind it there are `rest` more in this poll.
    fn first(&self, memory: &Memory, rest: usize, now: DateTime<Utc>) -> Request {
        let order = memory.turns.order(&self.lists);
        let list = order.first().copied().unwrap_or_default().to_owned();
        self.ask(Place { list, rest }, memory, now)
    }

    /// Asks for the next page of a list.
    fn ask(&self, place: Place, memory: &Memory, now: DateTime<Utc>) -> Request {
        let walk = memory.turns.walk(&place.list);
        let since = since(&walk, now);
        let (before, page) = walk.next.as_deref().and_then(asked::position).unwrap_or((None, 1));
        let before = before.map(|before| before.to_string());
        let (since, page, size) = (since.to_string(), page.to_string(), PER_PAGE.to_string());
        let mut query = vec![
            ("site", self.site.as_str()),
            ("q", &place.list),
            ("sort", "creation"),
            ("order", "desc"),
            ("fromdate", &since),
            ("page", &page),
            ("pagesize", &size),
        ];
        query.extend(before.as_deref().map(|before| ("todate", before)));
        if !self.tags.is_empty() {
            query.push(("tagged", &self.tags));
        }
        let url = at(&self.base, "/2.3/search/excerpts", &query);
        Request::api(url).about(Asked::Search(place).to_string()).with(&self.access)
    }

    fn ask_posts(&self, ids: &str, asked: &Asked) -> Request {
        let size = PER_PAGE.to_string();
        let query = [("site", self.site.as_str()), ("pagesize", &size), ("filter", "withbody")];
        let url = at(&self.base, &format!("/2.3/posts/{ids}"), &query);
        Request::api(url).about(asked.to_string()).with(&self.access)
    }
}

/// Tells whether a request is for the posts that a page of hits named.
fn is_for_posts(request: &Request) -> bool {
    matches!(Asked::of(&request.about), Some(Asked::Posts { .. }))
}

/// Returns from when on posts are wanted, in seconds since 1970.
fn since(walk: &Walk, now: DateTime<Utc>) -> i64 {
    let read = walk.since.as_deref().and_then(|since| since.parse::<i64>().ok());
    let read = read.filter(|since| *since <= now.timestamp());
    read.map_or_else(|| (now - FIRST_LOOK).timestamp(), |since| since.saturating_sub(OVERLAP))
}

/// Returns the position of the page behind this one, if there is one.
fn behind(answer: &Value, items: &[Item<'_>], walk: &Walk) -> Option<String> {
    let has_more = answer.get("has_more").and_then(Value::as_bool).unwrap_or_default();
    let oldest = items.iter().filter_map(Item::created).min()?;
    if !has_more {
        return None;
    }
    let (before, page) = walk.next.as_deref().and_then(asked::position).unwrap_or((None, 1));
    if page < MOST_PAGES {
        return Some(asked::written(before, page + 1));
    }
    // What was posted in the last second comes again.
    let end = oldest.saturating_add(1);
    (before.is_none_or(|before| end < before)).then(|| asked::written(Some(end), 1))
}

/// Returns a span of this many seconds, a fraction counted as a whole one, at most a day.
fn whole(seconds: f64) -> Duration {
    #[expect(clippy::cast_possible_truncation, reason = "it is at most a day")]
    let seconds = seconds.ceil().clamp(0.0, 86_400.0) as i64;
    Duration::seconds(seconds)
}

/// An error, as the API says it with any status.
struct Said {
    id: u64,
    name: String,
    message: String,
}

impl Said {
    fn of(answer: &Value) -> Option<Self> {
        let word =
            |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = answer.get("error_id")?.as_u64()?;
        Some(Self { id, name: word("error_name"), message: word("error_message") })
    }

    fn told(&self) -> String {
        let Self { id, name, message } = self;
        format!("Stack Exchange says: {} ({} {id})", visible(message), visible(name))
    }

    /// Returns the seconds that a throttle names, which are at most some days.
    fn seconds(&self) -> Option<i64> {
        let (before, _) = self.message.split_once(" second")?;
        let number: i64 = before.rsplit(' ').next()?.parse().ok()?;
        Some(number.clamp(1, 3 * 86_400))
    }
}

#[cfg(test)]
mod tests;
