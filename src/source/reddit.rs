//! Reddit: posts that a search of all of it finds, all posts and comments of named communities, and
//! mentions of an account.
//!
//! Without a key it is asked for Atom, which [`super::feed`] reads: the newest hundred of each list, and
//! no more often than once in some seconds. With the key of an app, by <https://www.reddit.com/dev/api>:
//! lists of a thousand, a hundred a page. Its search knows posts alone, so comments are matched here.

use super::feed::Feed;
use super::search::{self, Dialect};
use super::site::{Key, Site, Sort, Watch, Wrong, at};
use super::walk::{self, Walk, Walks, in_turn};
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Access, Location, Reply, Request};
use crate::post::{Concerns, SourceName};
use crate::text::{cut, json, visible};
use chrono::{DateTime, Duration, TimeDelta, Utc};
use serde_json::Value;
use thing::Thing;
use told::{grant, subreddits};
use url::Url;

mod thing;
mod told;

pub const SITE: Site = Site {
    kind: Kind::Reddit,
    host: PLACE,
    keys: &[
        Key {
            name: "subreddits",
            sort: Sort::Texts,
            is_needed: false,
            such: "[\"acme\", \"suomi\"]",
        },
        Key { name: "everywhere", sort: Sort::Flag, is_needed: false, such: "true" },
        Key { name: "client_id", sort: Sort::Secret, is_needed: false, such: ID },
        Key { name: "client_secret", sort: Sort::Secret, is_needed: false, such: SECRET },
        Key { name: "username", sort: Sort::Text, is_needed: false, such: "\"AcmeSupport\"" },
        Key { name: "password", sort: Sort::Secret, is_needed: false, such: PASSWORD },
    ],
    concerns: Concerns::Named,
    needs: "nothing to be read as Atom; by its API (`client_id`) an app that Reddit has approved, \
            with the scope `read`, and `privatemessages` for mentions",
    build,
};

const ID: &str = "{ env = \"REDDIT_CLIENT_ID\" }";
const SECRET: &str = "{ env = \"REDDIT_CLIENT_SECRET\" }";
const PASSWORD: &str = "{ env = \"REDDIT_PASSWORD\" }";

/// Where posts stand for people, Atom and tokens are to be had, and those who have a token ask.
const PLACE: &str = "https://www.reddit.com";
const API: &str = "https://oauth.reddit.com";

/// What the search takes. It has no handles and no hashtags, and finds words as they are written.
const DIALECT: Dialect =
    Dialect { or: Some(" OR "), longest: 512, handle: "", tag: "", ..Dialect::PLAIN };

/// Entries of one page at most, and the fewest that a full page of Atom has.
const PER_PAGE: usize = 100;
const LEAST_PAGE: usize = 25;

/// Reddit lets those without a key ask ten times a minute, in practice less.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(8);

/// How far back a first poll looks.
const FIRST_LOOK: Duration = Duration::days(7);

/// So many seconds are asked for once more: the search finds a post minutes after it was written.
const OVERLAP_OF_SEARCH: i64 = 60 * 60;
const OVERLAP: i64 = 2 * 60;

/// Posts of which it is asked once a day what became of them, and how many in one request.
const MOST_RECHECKED: usize = 500;
const PER_RECHECK: usize = 100;

/// How long nothing is asked after a refusal that names no time, without a key and with one.
const REST: TimeDelta = TimeDelta::minutes(10);
const SHORT_REST: TimeDelta = TimeDelta::minutes(1);

/// What a walk that is under way notes in its cursor: that it is, and that an earlier try ended at a
/// page that held nothing. Where it was is not noted: a page is named by the post before it, and once
/// that is deleted nothing follows it. So a walk that broke off begins anew.
const UNDER_WAY: &str = "on";
const ONCE_MORE: &str = "again";

/// Lists other than searches, by the names that they have in a cursor.
const SEARCH: &str = "search ";
const NEW: &str = "new";
const COMMENTS: &str = "comments";
const MENTIONS: &str = "mentions";
const INFO: &str = "info";
const NOTHING: &str = "nothing";

/// Lists that are read in one poll while some did not come to their end: ten pages each.
const MOST_AT_ONCE: usize = 4;

struct Reddit {
    name: SourceName,
    base: Url,
    queries: Vec<String>,
    /// The communities that are read, joined with `+`; empty: none.
    subreddits: String,
    /// `None`: it is read as Atom.
    access: Option<Access>,
    /// Whether the key is an account's.
    has_user: bool,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let subreddits = subreddits(watch.given.texts("subreddits"))?;
    let has_user = watch.given.text("username").is_some();
    let grant = grant(&watch)?;
    let everywhere = watch.given.flag("everywhere").unwrap_or(true);
    if !everywhere && subreddits.is_empty() && !has_user {
        return Err(Wrong::new("everywhere", "nothing is left to read").hint(
            "name `subreddits`, or leave `everywhere` out so that all of Reddit is searched",
        ));
    }
    let base = match Url::parse(API) {
        Ok(api) if grant.is_some() && is_place(&watch.base) => api,
        _ => watch.base,
    };
    Ok(Box::new(Reddit {
        name: watch.name,
        base,
        queries: if everywhere { search::queries(&watch.keywords, &DIALECT) } else { Vec::new() },
        subreddits,
        access: grant.map(Access::granted),
        has_user,
    }))
}

/// Tells whether nobody said that it is elsewhere.
fn is_place(base: &Url) -> bool {
    base.as_str().trim_end_matches('/') == PLACE
}

impl Source for Reddit {
    fn open(&self, visit: &Visit) -> Request {
        let first = self.due(visit).into_iter().next();
        self.ask(first.as_deref().unwrap_or(NOTHING), None, visit)
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        self.due(visit).iter().skip(1).map(|list| self.ask(list, None, visit)).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        if let Location::Web(url) = &reply.location
            && url.path().starts_with("/subreddits/search")
        {
            return Ok(amiss(format!("Reddit knows no community of r/{}", self.subreddits)));
        }
        if named(&reply.about).1 == NOTHING {
            return Ok(walk::no_lists());
        }
        let is_markup = reply.body.trim_ascii_start().starts_with(b"<");
        match is_markup {
            true if self.access.is_some() && !reply.about.is_empty() => {
                Err(Unreadable("Reddit answered with a page for people and not with JSON".into()))
            }
            true => self.atom(reply, visit),
            false => self.json(reply, visit),
        }
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let (_, list) = named(&request.about);
        let said = refusal.json();
        let why = said.as_ref().and_then(complaint);
        let is_of_communities = matches!(list, NEW | COMMENTS);
        let reason = said.as_ref().and_then(|said| said.get("reason")?.as_str());
        let told = |text: String| Verdict::Instead(Box::new(amiss(text)));
        match refusal.status {
            400 => match why {
                Some(why) => told(format!("Reddit does not take this: {why}")),
                None => Verdict::AsItSays,
            },
            401 => Verdict::Stop(
                "Reddit refuses the token: see whether the app still exists and `client_id`, \
                 `client_secret` and the account are right"
                    .into(),
            ),
            403 if list == MENTIONS => told(
                "Reddit does not show mentions to this key: it must be a script app of `username`, \
                 with the scope `privatemessages`"
                    .into(),
            ),
            403 if is_of_communities => {
                let how = reason.map_or_else(|| "private or closed to us".into(), visible);
                told(format!("Reddit shows nothing of r/{}: {how}", self.subreddits))
            }
            403 => Verdict::Stop(match &self.access {
                Some(_) => "Reddit refuses this key what it asks: see that the app is approved, \
                            with the scope `read`"
                    .into(),
                None => "Reddit does not answer without a key here; it often refuses data centres: \
                         give `client_id` and `client_secret` of an app"
                    .into(),
            }),
            404 if is_of_communities => {
                let how = reason.map_or_else(|| "there is none of this name".into(), visible);
                told(format!("Reddit shows nothing of r/{}: {how}", self.subreddits))
            }
            429 if refusal.wait().is_none() => {
                let rest = if self.access.is_some() { SHORT_REST } else { REST };
                Verdict::Wait(visit.now + rest, "Reddit was asked too often".into())
            }
            _ => Verdict::AsItSays,
        }
    }

    fn recheck(&self, ids: &[String], _visit: &Visit) -> Vec<Request> {
        let Some(access) = &self.access else { return Vec::new() };
        let ids: Vec<&str> =
            ids.iter().map(String::as_str).filter(|id| thing::is_name(id)).collect();
        let ask = |ids: &[&str]| {
            let query = [("id", &*ids.join(",")), ("raw_json", "1")];
            let url = at(&self.base, "/api/info", &query);
            Request::api(url).with(access).about(about("", INFO))
        };
        ids.chunks(PER_RECHECK).map(ask).collect()
    }

    fn concerns(&self) -> Concerns {
        // Who writes the account's name speaks to the brand.
        if self.has_user { Concerns::Desk } else { Concerns::Named }
    }

    fn most_rechecked(&self) -> usize {
        if self.access.is_some() { MOST_RECHECKED } else { 0 }
    }
}

impl Reddit {
    /// Returns the names of all lists that are read.
    fn lists(&self) -> Vec<String> {
        let mut lists: Vec<String> =
            self.queries.iter().map(|query| format!("{SEARCH}{query}")).collect();
        if !self.subreddits.is_empty() {
            lists.extend([NEW.to_owned(), COMMENTS.to_owned()]);
        }
        if self.has_user {
            lists.push(MENTIONS.to_owned());
        }
        lists
    }

    /// Returns the lists that are read in this poll, of several searches another first each time. Where
    /// the last poll came to the end of its requests before it came to the end of some lists, these are
    /// read first and few at once, each to its end.
    fn due(&self, visit: &Visit) -> Vec<String> {
        let walks = Walks::of(&visit.cursor);
        let lists = in_turn(self.lists(), visit.now);
        let (mut late, others): (Vec<String>, Vec<String>) =
            lists.into_iter().partition(|list| walks.walk(list).next.is_some());
        if late.is_empty() {
            return others;
        }
        late.extend(others);
        late.truncate(MOST_AT_ONCE);
        late
    }

    /// Asks for the page of a list that follows the post named `after`; `None`: for its first.
    fn ask(&self, list: &str, after: Option<&str>, visit: &Visit) -> Request {
        let ending = if self.access.is_some() { "" } else { ".rss" };
        let per_page = PER_PAGE.to_string();
        let mut query = vec![("limit", &*per_page)];
        let path = match list.strip_prefix(SEARCH) {
            Some(words) => {
                let walk = Walks::of(&visit.cursor).walk(list);
                let span = span(since(&walk, visit.now), visit.now);
                query.extend([("q", words), ("sort", "new"), ("t", span)]);
                format!("/search{ending}")
            }
            None if list == MENTIONS => "/message/mentions".to_owned(),
            None if list == NOTHING => format!("/r/popular/new{ending}"),
            None => format!("/r/{}/{list}{ending}", self.subreddits),
        };
        let about = about(after.unwrap_or_default(), list);
        let Some(access) = &self.access else {
            let location = Location::Web(at(&self.base, &path, &query));
            let asked = self.feed(location).open(visit);
            return Request { is_api: true, ..asked.about(about).after(PAUSE) };
        };
        if list.starts_with(SEARCH) {
            query.push(("type", "link"));
        }
        query.push(("raw_json", "1"));
        query.extend(after.map(|after| ("after", after)));
        Request::api(at(&self.base, &path, &query)).with(access).about(about)
    }

    /// Returns what reads one of the lists as Atom.
    fn feed(&self, location: Location) -> Feed {
        Feed { name: self.name.clone(), location, allow_private: None }
    }

    /// Reads a list as Atom: the newest there are, and no page behind them.
    fn atom(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let mut page = self.feed(reply.location.clone()).read(reply, visit)?;
        let all = page.posts.len();
        page.posts.retain(|post| post.site == thing::SITE);
        page.skipped += all - page.posts.len();
        let times = page.posts.iter().filter_map(|post| Some(post.published?.timestamp()));
        let (newest, oldest) = (times.clone().max(), times.min());
        page.posts = page.posts.into_iter().map(thing::tidy).collect();
        let (_, list) = named(&reply.about);
        if list.is_empty() {
            return Ok(page);
        }
        let mut walks = Walks::of(&visit.cursor);
        let walk = walks.walk(list);
        if let (Some(since), Some(oldest)) = (position(&walk), oldest)
            && all >= LEAST_PAGE
            && oldest > since
        {
            page.trouble = Some(format!(
                "Reddit shows the newest {all} of a list, and all of `{}` are newer than the last \
                 poll: some may be missing; a key (`client_id`) or more frequent polls help",
                cut(list, 60)
            ));
        }
        drop_old(&mut page, &walk, visit.now);
        let newest = newest.map(|at| at.min(visit.now.timestamp()).to_string());
        walks.set(list, walk.read(newest, None));
        walks.keep(&self.lists());
        Ok(Page { cursor: Some(walks.cursor()), ..page })
    }

    /// Reads an answer of the API.
    fn json(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let text = String::from_utf8_lossy(&reply.body);
        let value =
            json::parse(&text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
        let Some(listing) = thing::listing(&value) else {
            return Err(Unreadable(match complaint(&value) {
                Some(said) => format!("Reddit says: {said}"),
                None => "the answer holds neither posts nor comments of Reddit".into(),
            }));
        };
        let mut page = Page::default();
        for child in &listing.children {
            match thing::read(child) {
                Thing::Post(post) => page.posts.push(*post),
                Thing::Malformed => page.skipped += 1,
                Thing::Other => {}
            }
        }
        let (after, list) = named(&reply.about);
        if list == MENTIONS {
            // Who writes an account's name speaks to it.
            page.posts.iter_mut().for_each(|post| post.concerns = Concerns::Desk);
        }
        if !list.is_empty() && list != INFO {
            self.walk(&mut page, &listing, (after, list), visit);
        }
        Ok(page)
    }

    /// Notes how far a list was read, and asks for its next page if that may hold something new.
    fn walk(
        &self,
        page: &mut Page,
        listing: &thing::Listing<'_>,
        (after, list): (&str, &str),
        visit: &Visit,
    ) {
        let mut walks = Walks::of(&visit.cursor);
        let mut walk = walks.walk(list);
        drop_old(page, &walk, visit.now);
        let is_first = after.is_empty();
        if is_first {
            walk.newest = None;
        }
        let state = walk.next.clone().filter(|state| state == ONCE_MORE);
        let state = state.unwrap_or_else(|| UNDER_WAY.to_owned());
        let times = listing.children.iter().filter_map(|child| thing::created(child));
        let (newest, oldest) = (times.clone().max(), times.min());
        let overlap = if list.starts_with(SEARCH) { OVERLAP_OF_SEARCH } else { OVERLAP };
        let is_behind = oldest.is_some_and(|oldest| oldest <= since(&walk, visit.now) - overlap);
        // Atom has one page.
        let is_paged = self.access.is_some() && oldest.is_some() && !is_behind;
        let next = listing.after.filter(|next| is_paged && *next != after);
        if oldest.is_none() && !is_first && state != ONCE_MORE {
            // The post behind which this page begins was deleted, as it seems.
            walk.next = Some(ONCE_MORE.to_owned());
        } else {
            let is_cut = next.is_none() && !is_first && !is_behind && position(&walk).is_some();
            if is_cut && listing.children.len() >= PER_PAGE {
                page.trouble = Some(format!(
                    "Reddit shows the newest thousand of a list, and `{}` has more that are newer \
                     than the last poll: poll more often",
                    cut(list, 60)
                ));
            }
            let newest = newest.map(|at| at.min(visit.now.timestamp()).to_string());
            walk = walk.read(newest, next.map(|_| state));
            page.next.extend(next.map(|next| self.ask(list, Some(next), visit)));
        }
        walks.set(list, walk);
        walks.keep(&self.lists());
        page.cursor = Some(walks.cursor());
    }
}

/// Leaves out what is older than a first look goes back, where it is one: lists show what is years old.
fn drop_old(page: &mut Page, walk: &Walk, now: DateTime<Utc>) {
    if position(walk).is_none() {
        page.posts.retain(|post| post.published.is_none_or(|at| at >= now - FIRST_LOOK));
    }
}

/// A page that holds nothing but what is amiss with a list.
fn amiss(what: String) -> Page {
    Page { trouble: Some(what), ..Page::default() }
}

/// Writes which page of which list is asked for: of the post before it, and the list.
fn about(after: &str, list: &str) -> String {
    format!("{after}|{list}")
}

/// Reads that again; both are empty for a reply that was saved by itself.
fn named(about: &str) -> (&str, &str) {
    about.split_once('|').unwrap_or_default()
}

/// Returns the time, in seconds, up to which a list was read.
fn position(walk: &Walk) -> Option<i64> {
    walk.since.as_deref()?.parse().ok()
}

/// Returns from when on posts are wanted.
fn since(walk: &Walk, now: DateTime<Utc>) -> i64 {
    let earliest = now - Duration::days(365);
    position(walk).unwrap_or_else(|| (now - FIRST_LOOK).timestamp()).max(earliest.timestamp())
}

/// Returns the span of the search that holds all since then.
fn span(since: i64, now: DateTime<Utc>) -> &'static str {
    match now.timestamp() - since {
        ..604_801 => "week",
        604_801..2_500_000 => "month",
        _ => "year",
    }
}

/// Returns what Reddit says where it gives nothing.
fn complaint(value: &Value) -> Option<String> {
    let word = |name: &str| value.get(name)?.as_str().filter(|text| !text.trim().is_empty());
    let said = ["explanation", "message", "error_description", "error", "reason"];
    let said = said.into_iter().find_map(word)?;
    Some(cut(&visible(said), 200))
}

#[cfg(test)]
mod tests;
