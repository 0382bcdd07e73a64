//! Trustpilot, by its public API: the reviews of one business unit, newest first.
//!
//! Its facts are those of <https://developers.trustpilot.com>: a key that is paid for, 100 reviews a page,
//! a page behind the last is empty. The order is that of writing: of reviews that were changed later,
//! those on the first page are seen.

use super::site::{Given, Key, Site, Sort, Watch, Wrong, at};
use super::walk::Walk;
use super::{Cursor, Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Access, Reply, Request};
use crate::post::{Author, Concerns, Engagement, Post};
use crate::text::{cut, date, html, json, visible};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

pub const SITE: Site = Site {
    kind: Kind::Trustpilot,
    host: "https://api.trustpilot.com",
    keys: &[
        Key {
            name: "key",
            sort: Sort::Secret,
            is_needed: true,
            such: "{ env = \"TRUSTPILOT_KEY\" }",
        },
        Key { name: "domain", sort: Sort::Text, is_needed: false, such: "\"acme.example\"" },
        Key {
            name: "business_unit",
            sort: Sort::Text,
            is_needed: false,
            such: "\"46d6a890000064000500e0c3\"",
        },
    ],
    concerns: Concerns::Brand,
    needs: "an API key of a Trustpilot plan that has the API, which is paid for",
    build,
};

/// Reviews of one page: the most that there are.
const PER_PAGE: &str = "100";

/// How far back a first poll looks: reviews are few.
const FIRST_LOOK: Duration = Duration::days(30);

/// A review may be shown some time after it was written.
const OVERLAP: Duration = Duration::days(2);

/// Where nobody says how long to wait.
const REST: std::time::Duration = std::time::Duration::from_hours(1);

/// What requests are for: whose unit it is, and the reviews of a unit that was given or just found, or
/// that an earlier poll found.
const FIND: &str = "find";
const REVIEWS: &str = "reviews";
const OF_KNOWN: &str = "reviews of known";

/// Where people read them.
const PLACE: &str = "https://www.trustpilot.com";

struct Trustpilot {
    base: Url,
    access: Access,
    domain: Option<String>,
    unit: Option<String>,
}

/// Up to where the reviews were read.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Reached {
    /// The business unit that belongs to the domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// What was neither written nor changed since then is not news, in seconds since 1970: when the
    /// first poll looked, less what it looks back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<i64>,
    /// Positions are seconds since 1970; the page is its number and the last review before it.
    #[serde(default)]
    walk: Walk,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let (domain, unit) = (domain(watch.given)?, unit(watch.given)?);
    let key = watch.given.secret("key");
    // A saved reply is read without either.
    if domain.is_none() && unit.is_none() && key.is_some() {
        return Err(Wrong::new("", "nobody says whose reviews are wanted")
            .hint("write domain = \"acme.example\", or business_unit = \"…\""));
    }
    let access = match key.filter(|key| !key.is_empty()) {
        Some(key) => Access::header("apikey", key),
        None => Access::default(),
    };
    Ok(Box::new(Trustpilot { base: watch.base, access, domain, unit }))
}

fn domain(given: &Given) -> Result<Option<String>, Wrong> {
    let Some(domain) = given.text("domain") else { return Ok(None) };
    let is_sign = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if domain.contains('.') && domain.chars().all(is_sign) {
        return Ok(Some(domain.to_lowercase()));
    }
    Err(Wrong::new("domain", format!("`{}` is no domain", visible(domain)))
        .hint("write it as Trustpilot shows it behind trustpilot.com/review/: \"acme.example\""))
}

fn unit(given: &Given) -> Result<Option<String>, Wrong> {
    let Some(unit) = given.text("business_unit") else { return Ok(None) };
    if is_id(unit) {
        return Ok(Some(unit.to_owned()));
    }
    Err(Wrong::new("business_unit", format!("`{}` is no id of a business unit", visible(unit)))
        .hint("it has 24 digits and letters from a to f; or write domain = \"acme.example\""))
}

/// Tells whether this is an id as business units and people have, so that it may stand in an address.
fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Tells whether an id of a review may stand in an address, and in a cursor.
fn is_plain(id: &str) -> bool {
    id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl Source for Trustpilot {
    fn open(&self, visit: &Visit) -> Request {
        let reached = Reached::of(&visit.cursor);
        let (page, _) = reached.page();
        match (&self.unit, &self.domain, &reached.unit) {
            (Some(unit), _, _) => self.reviews(unit, page).about(REVIEWS),
            (None, _, Some(unit)) => self.reviews(unit, page).about(OF_KNOWN),
            (None, domain, None) => self.find(domain.as_deref().unwrap_or_default()),
        }
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let answer = answer(reply)?;
        let mut reached = Reached::of(&visit.cursor);
        if reply.about == FIND || (reply.about.is_empty() && is_unit(&answer)) {
            let unit = answer.get("id").and_then(Value::as_str).filter(|id| is_id(id));
            let Some(unit) = unit else {
                return Err(Unreadable("the answer names no business unit".into()));
            };
            let (page, _) = reached.page();
            let next = vec![self.reviews(unit, page).about(REVIEWS)];
            reached.unit = Some(unit.to_owned());
            return Ok(Page { next, cursor: Some(reached.cursor()), ..Page::default() });
        }
        let reviews = match answer.get("reviews").and_then(Value::as_array) {
            Some(reviews) => reviews.as_slice(),
            None if answer.get("stars").is_some() => std::slice::from_ref(&answer),
            None => return Err(Unreadable("the answer holds no reviews".into())),
        };
        let from = reached.from.unwrap_or_else(|| (visit.now - FIRST_LOOK).timestamp());
        reached.from = Some(from);
        let found: Vec<Post> = reviews.iter().filter_map(post).collect();
        let skipped = reviews.len() - found.len();
        let next = self.step(&mut reached, &found, from);
        let is_saved = reply.about.is_empty();
        let is_news = |post: &Post| {
            let last = post.edited.max(post.published);
            is_saved || last.is_none_or(|last| last.timestamp() >= from)
        };
        let posts = found.into_iter().filter(is_news).collect();
        let cursor = Some(reached.cursor());
        Ok(Page { posts, skipped, cursor, next, ..Page::default() })
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let said = refusal.json().and_then(|answer| said(&answer));
        let said = said.unwrap_or_else(|| format!("status {}", refusal.status));
        match (refusal.status, request.about.as_str()) {
            (401 | 403, _) => Verdict::Stop(format!(
                "Trustpilot refuses the key ({said}): take one from Integrations, APIs, in Trustpilot \
                 Business, and write it in `key`"
            )),
            (404, FIND) => Verdict::Stop(format!(
                "Trustpilot knows no business at {}: write `domain` as it stands behind \
                 trustpilot.com/review/",
                self.domain.as_deref().unwrap_or_default()
            )),
            (404, OF_KNOWN) => {
                // A business may have been given another number.
                let reached = Reached { unit: None, ..Reached::of(&visit.cursor) };
                let next = vec![self.find(self.domain.as_deref().unwrap_or_default())];
                let cursor = Some(reached.cursor());
                Verdict::Instead(Box::new(Page { cursor, next, ..Page::default() }))
            }
            (404, _) => Verdict::Stop(format!(
                "Trustpilot knows no such business unit ({said}): look at `business_unit`"
            )),
            // Calls that fail by our own fault are paid for too.
            (400, _) => Verdict::Stop(format!("Trustpilot does not take the request: {said}")),
            (429, _) => Verdict::Wait(
                visit.now + refusal.wait().unwrap_or(REST),
                format!(
                    "Trustpilot was asked too often, or the calls of the plan are used up: {said}"
                ),
            ),
            _ => Verdict::AsItSays,
        }
    }
}

impl Trustpilot {
    fn find(&self, domain: &str) -> Request {
        let url = at(&self.base, "/v1/business-units/find", &[("name", domain)]);
        Request::api(url).about(FIND).with(&self.access)
    }

    fn reviews(&self, unit: &str, page: u32) -> Request {
        let path = format!("/v1/business-units/{unit}/reviews");
        let page = page.to_string();
        let query = [("perPage", PER_PAGE), ("page", page.as_str()), ("orderBy", "createdat.desc")];
        Request::api(at(&self.base, &path, &query)).with(&self.access)
    }

    /// Takes note of a page, and returns the request for the one behind it, if that may hold what was
    /// not read yet.
    fn step(&self, reached: &mut Reached, found: &[Post], from: i64) -> Vec<Request> {
        let (page, before) = reached.page();
        let times = || found.iter().filter_map(|post| post.published).map(|at| at.timestamp());
        let read = reached.walk.since.as_deref().and_then(|since| since.parse::<i64>().ok());
        let since = read.map_or(from, |since| since - OVERLAP.num_seconds());
        let last = found.last().and_then(|post| post.id.clone()).unwrap_or_default();
        // The same page again, or nothing on it: that is the end.
        let leads_on = !last.is_empty() && last != before;
        let next = leads_on && times().min().is_none_or(|oldest| oldest >= since);
        let next = next.then(|| format!("{}/{last}", page.saturating_add(1)));
        let newest = times().max().map(|at| at.to_string());
        reached.walk = std::mem::take(&mut reached.walk).read(newest, next.clone());
        let unit = self.unit.as_ref().or(reached.unit.as_ref());
        match (next, unit) {
            (Some(_), Some(unit)) => {
                vec![self.reviews(unit, page.saturating_add(1)).about(REVIEWS)]
            }
            _ => Vec::new(),
        }
    }
}

impl Reached {
    /// Reads a cursor. One that does not read is a beginning.
    fn of(cursor: &Cursor) -> Self {
        let mut reached: Self = serde_json::from_str(&cursor.0).unwrap_or_default();
        reached.unit = reached.unit.filter(|unit| is_id(unit));
        reached
    }

    fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// Returns the page to go on with, and the last review of the one before.
    fn page(&self) -> (u32, String) {
        let written = self.walk.next.as_deref().and_then(|next| next.split_once('/'));
        let place = written.and_then(|(page, last)| Some((page.parse().ok()?, last.to_owned())));
        place.unwrap_or((1, String::new()))
    }
}

fn answer(reply: &Reply) -> Result<Value, Unreadable> {
    let text = String::from_utf8_lossy(&reply.body);
    let answer =
        json::parse(&text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
    match said(&answer) {
        Some(said) => Err(Unreadable(format!("Trustpilot says: {said}"))),
        None => Ok(answer),
    }
}

/// Returns what Trustpilot says of a fault.
fn said(answer: &Value) -> Option<String> {
    let fault = answer.get("fault").and_then(|fault| fault.get("faultstring"));
    let said = fault.or_else(|| answer.get("message"))?.as_str()?;
    Some(cut(&visible(said), 200))
}

/// Tells whether an answer that was saved is a business unit.
fn is_unit(answer: &Value) -> bool {
    answer.get("reviews").is_none() && answer.get("stars").is_none() && answer.get("id").is_some()
}

fn post(review: &Value) -> Option<Post> {
    let word = |of: &Value, name: &str| {
        let text = of.get(name)?.as_str().map(html::clean)?;
        Some(text).filter(|text| !text.is_empty())
    };
    let id = word(review, "id").filter(|id| is_plain(id))?;
    let site = "trustpilot.com".to_owned();
    let status = word(review, "status").unwrap_or_default();
    if matches!(status.as_str(), "deleted" | "removed") {
        return Some(Post::gone(site, id));
    }
    let stars = review.get("stars").and_then(Value::as_u64);
    let rating = stars.and_then(|stars| u8::try_from(stars).ok()).filter(|s| (1..=5).contains(s));
    let (title, text) = (word(review, "title"), word(review, "text").unwrap_or_default());
    if title.is_none() && text.is_empty() && rating.is_none() {
        return None;
    }
    let time = |name: &str| -> Option<DateTime<Utc>> { date::parse(review.get(name)?.as_str()?) };
    let published = time("createdAt");
    let consumer = review.get("consumer").unwrap_or(&Value::Null);
    let answers = review.get("companyReply").map(|reply| u64::from(reply.is_object()));
    Some(Post {
        site,
        url: Some(format!("{PLACE}/reviews/{id}")),
        has_own_url: true,
        title,
        text,
        author: Author {
            name: word(consumer, "displayName"),
            handle: None,
            url: word(consumer, "id")
                .filter(|id| is_id(id))
                .map(|id| format!("{PLACE}/users/{id}")),
            followers: None,
        },
        published,
        language: word(review, "language").and_then(|code| code.parse().ok()),
        thread: review.get("businessUnit").and_then(|unit| word(unit, "id")),
        edited: time("updatedAt").filter(|edited| Some(*edited) > published),
        engagement: Engagement {
            likes: review.get("numberOfLikes").and_then(Value::as_i64),
            replies: answers,
            ..Engagement::default()
        },
        rating,
        id: Some(id),
        concerns: Concerns::Brand,
        ..Post::default()
    })
}

#[cfg(test)]
mod tests;
