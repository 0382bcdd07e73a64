//! Google Business Profile: the reviews of one's own locations, as they stand on Google Maps.
//!
//! Its facts are those of <https://developers.google.com/my-business>: access is granted on application,
//! and until then the quota is 0; 50 reviews a page, those that were changed last first; a rating need
//! not have words. The answer holds no address of a review, nor of the place.

use super::googleplay::envelope::{self, Said};
use super::site::{Given, Key, Site, Sort, Watch, Wrong, at};
use super::turns::Turns;
use super::walk::Walk;
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Access, Grant, Reply, Request};
use crate::post::{Author, Concerns, Engagement, Post};
use crate::text::{date, html, visible};
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use url::Url;

const HOST: &str = "https://mybusiness.googleapis.com";

pub const SITE: Site = Site {
    kind: Kind::GoogleBusiness,
    host: HOST,
    keys: &[
        Key { name: "account", sort: Sort::Text, is_needed: true, such: "\"1234567890\"" },
        Key { name: "locations", sort: Sort::Texts, is_needed: true, such: "[\"9876543210\"]" },
        Key {
            name: "client_id",
            sort: Sort::Text,
            is_needed: true,
            such: "\"1234-abc.apps.googleusercontent.com\"",
        },
        Key {
            name: "client_secret",
            sort: Sort::Secret,
            is_needed: true,
            such: "{ env = \"GOOGLE_CLIENT_SECRET\" }",
        },
        Key {
            name: "refresh_token",
            sort: Sort::Secret,
            is_needed: true,
            such: "{ env = \"GOOGLE_REFRESH_TOKEN\" }",
        },
    ],
    concerns: Concerns::Brand,
    needs: "an OAuth client of a project that Google granted access to the Business Profile APIs, and a \
            refresh token with the scope business.manage of somebody who manages the locations",
    build,
};

/// Where Google gives tokens. Where `url` is another host, a proxy or a test, it is `/token` there.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

/// Reviews of one page: the most that there are.
const PER_PAGE: &str = "50";

/// How far back a first poll looks: reviews are few.
const FIRST_LOOK: Duration = Duration::days(30);

/// A review may be listed some time after it was written: so much is asked for once more.
const OVERLAP: Duration = Duration::hours(12);

/// Locations that one poll comes to: the others have their turn in the next.
const MOST_LOCATIONS: usize = 50;

/// Stands behind a location whose walk was begun anew in this poll.
const ANEW: &str = " anew";

/// Where nobody says how long to wait.
const REST: std::time::Duration = std::time::Duration::from_hours(1);

/// What stands before the two halves of a comment that Google translated.
const TRANSLATED: &str = "(Translated by Google)";
const ORIGINAL: &str = "(Original)";

struct GoogleBusiness {
    base: Url,
    account: String,
    locations: Vec<String>,
    access: Access,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let given = watch.given;
    let account = given.text("account").map(|written| number("account", "accounts/", written));
    let locations: Result<Vec<String>, Wrong> = given
        .texts("locations")
        .iter()
        .map(|written| number("locations", "locations/", written))
        .collect();
    let mut locations = locations?;
    locations.sort();
    locations.dedup();
    // A saved reply is read without any.
    if locations.is_empty() && given.told.contains_key("locations") {
        return Err(Wrong::new("locations", "no location is named").hint("locations = [\"987…\"]"));
    }
    Ok(Box::new(GoogleBusiness {
        account: account.transpose()?.unwrap_or_default(),
        locations,
        access: access(given, &watch.base),
        base: watch.base,
    }))
}

/// Reads a number that may stand behind `prefix`, as Google writes it.
fn number(key: &'static str, prefix: &str, written: &str) -> Result<String, Wrong> {
    let number = written.strip_prefix(prefix).unwrap_or(written);
    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(number.to_owned());
    }
    Err(Wrong::new(key, format!("`{}` is no number", visible(written)))
        .hint(format!("write the number behind `{prefix}` in the name that Google gives it")))
}

fn access(given: &Given, base: &Url) -> Access {
    let secret = |key: &str| given.secret(key).filter(|secret| !secret.is_empty()).cloned();
    let (Some(id), Some(password), Some(refresh)) =
        (given.text("client_id"), secret("client_secret"), secret("refresh_token"))
    else {
        return Access::default();
    };
    let google = Url::parse(HOST).ok();
    let is_google = google.is_some_and(|google| google.origin() == base.origin());
    let url = Url::parse(TOKENS).ok().filter(|_| is_google);
    Access::granted(Grant::OAuth {
        url: url.unwrap_or_else(|| at(base, "/token", &[])),
        client: None,
        form: vec![
            ("grant_type", "refresh_token".into()),
            ("client_id", id.into()),
            ("client_secret", password),
            ("refresh_token", refresh),
        ],
    })
}

impl Source for GoogleBusiness {
    fn open(&self, visit: &Visit) -> Request {
        let turns = Turns::of(&visit.cursor);
        self.first(turns.order(&self.locations).first().copied().unwrap_or_default(), &turns)
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        let turns = Turns::of(&visit.cursor);
        let order = turns.order(&self.locations);
        order.into_iter().skip(1).map(|location| self.first(location, &turns)).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let listing = listing(reply)?;
        let reviews = listing.get("reviews").and_then(Value::as_array);
        let reviews = reviews.map_or(&[] as &[Value], Vec::as_slice);
        let (location, is_anew) = asked(&reply.about);
        let found: Vec<Post> = reviews.iter().filter_map(|review| post(review, location)).collect();
        let skipped = reviews.len() - found.len();
        let mut turns = Turns::of(&visit.cursor);
        let walk = turns.walk(location);
        let read = walk.since.as_deref().and_then(|since| since.parse::<i64>().ok());
        let since = read.map_or_else(
            || (visit.now - FIRST_LOOK).timestamp(),
            |since| since - OVERLAP.num_seconds(),
        );
        let times = || found.iter().filter_map(changed).map(|at| at.timestamp());
        let token = listing.get("nextPageToken").and_then(Value::as_str).filter(|token| {
            let leads_on = envelope::is_token(token) && walk.next.as_deref() != Some(*token);
            leads_on && !reviews.is_empty() && times().min().is_none_or(|oldest| oldest >= since)
        });
        let token = token.map(str::to_owned);
        let newest = times().max().map(|at| at.to_string());
        let next = token.iter().map(|token| self.ask(location, Some(token), is_anew)).collect();
        turns.set(location, walk.read(newest, token), &self.locations);
        let is_news = |post: &Post| {
            location.is_empty() || changed(post).is_none_or(|at| at.timestamp() >= since)
        };
        let posts = found.into_iter().filter(is_news).collect();
        let cursor = Some(turns.cursor());
        Ok(Page {
            posts,
            skipped,
            cursor,
            next,
            trouble: self.too_many(location),
            ..Page::default()
        })
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let said = Said::of(refusal);
        let said_by = format!("Google says: {}", said.message);
        let (location, is_anew) = asked(&request.about);
        let mut turns = Turns::of(&visit.cursor);
        let walk = turns.walk(location);
        match refusal.status {
            _ if said.has_no_quota => Verdict::Stop(format!(
                "{said_by}: the quota is 0 until Google grants access; apply for it with the form at \
                 developers.google.com/my-business/content/prereqs"
            )),
            _ if said.is_used_up() => {
                Verdict::Wait(visit.now + refusal.wait().unwrap_or(REST), said_by)
            }
            403 if said.is_switched_off() => Verdict::Stop(format!(
                "{said_by}: switch on the Google My Business API in the project of `client_id`; it can \
                 be seen there only once Google has granted access"
            )),
            401 => Verdict::Stop(format!(
                "{said_by}: get a new `refresh_token` with the scope business.manage"
            )),
            // A page token does not last: what it led to comes in a walk from the beginning.
            400 if walk.next.is_some() => {
                let walk = Walk { since: walk.since, ..Walk::default() };
                turns.set(location, walk, &self.locations);
                let cursor = Some(turns.cursor());
                // Once a poll: one that is refused at once again leads nowhere.
                let (next, trouble) = if is_anew {
                    let why = format!("location {location}: {said_by}: older reviews are not read");
                    (Vec::new(), Some(why))
                } else {
                    (vec![self.ask(location, None, true)], None)
                };
                Verdict::Instead(Box::new(Page { cursor, next, trouble, ..Page::default() }))
            }
            400 => Verdict::Stop(said_by),
            403 | 404 => {
                let why = format!(
                    "location {location}: {said_by}: whoever gave the refresh token has to manage this \
                     location in account {}, and it has to be verified",
                    self.account
                );
                // Of several locations, one may be amiss.
                if self.locations.len() == 1 {
                    return Verdict::Stop(why);
                }
                turns.set(location, walk, &self.locations);
                let (trouble, cursor) = (Some(why), Some(turns.cursor()));
                Verdict::Instead(Box::new(Page { cursor, trouble, ..Page::default() }))
            }
            _ => Verdict::AsItSays,
        }
    }
}

impl GoogleBusiness {
    /// Asks for the page of a location with which a poll begins: where the last walk broke off, if it
    /// did.
    fn first(&self, location: &str, turns: &Turns) -> Request {
        self.ask(location, turns.walk(location).next.as_deref(), false)
    }

    /// Says that one poll does not come to all locations: with one of them, so that what is said of
    /// others is told as well.
    fn too_many(&self, location: &str) -> Option<String> {
        let is_told = self.locations.get(MOST_LOCATIONS - 1).is_some_and(|told| told == location);
        let all = self.locations.len();
        (is_told && all > MOST_LOCATIONS).then(|| {
            format!(
                "of {all} locations a poll asks for {MOST_LOCATIONS}, the others at the next: make \
                 several sources of them, or poll more often"
            )
        })
    }

    /// Asks for a page of a location. `is_anew`: of a walk that was begun anew in this poll.
    fn ask(&self, location: &str, token: Option<&str>, is_anew: bool) -> Request {
        let path = format!("/v4/accounts/{}/locations/{location}/reviews", self.account);
        let mut query = vec![("pageSize", PER_PAGE), ("orderBy", "updateTime desc")];
        query.extend(token.map(|token| ("pageToken", token)));
        let about = format!("{location}{}", if is_anew { ANEW } else { "" });
        Request::api(at(&self.base, &path, &query)).about(about).with(&self.access)
    }
}

/// Reads of which location a request was for a page, and whether of a walk begun anew in this poll.
fn asked(about: &str) -> (&str, bool) {
    about.strip_suffix(ANEW).map_or((about, false), |location| (location, true))
}

/// Reads an answer; a review that was saved by itself is a list of one. Where there are no reviews, the
/// answer is an empty object.
fn listing(reply: &Reply) -> Result<Value, Unreadable> {
    let answer = envelope::answer(reply, "Google")?;
    if answer.get("reviewId").is_some() {
        return Ok(serde_json::json!({ "reviews": [answer] }));
    }
    let is_empty = answer.as_object().is_some_and(serde_json::Map::is_empty);
    if is_empty || ["reviews", "totalReviewCount"].iter().any(|name| answer.get(name).is_some()) {
        return Ok(answer);
    }
    Err(Unreadable("the answer holds no reviews".into()))
}

/// Returns when a review was last changed.
fn changed(post: &Post) -> Option<DateTime<Utc>> {
    post.edited.or(post.published)
}

fn post(review: &Value, location: &str) -> Option<Post> {
    let word = |name: &str| review.get(name)?.as_str().filter(|text| !text.trim().is_empty());
    let id = word("reviewId")?.to_owned();
    let rating = word("starRating").and_then(stars);
    let text = word("comment").map(|text| html::clean(original(text))).unwrap_or_default();
    // A bare rating says something too.
    if text.is_empty() && rating.is_none() {
        return None;
    }
    let time = |name: &str| word(name).and_then(date::parse);
    let published = time("createTime");
    let location = word("name").and_then(place).unwrap_or(location);
    let reviewer = review.get("reviewer").unwrap_or(&Value::Null);
    let is_hidden = reviewer.get("isAnonymous").and_then(Value::as_bool) == Some(true);
    let name = reviewer.get("displayName").and_then(Value::as_str).map(html::clean);
    let is_answered = review.get("reviewReply").is_some_and(Value::is_object);
    Some(Post {
        id: Some(if location.is_empty() { id } else { format!("{location}/{id}") }),
        site: "business.google.com".into(),
        text,
        author: Author {
            name: name.filter(|name| !name.is_empty() && !is_hidden),
            ..Author::default()
        },
        published,
        thread: Some(location.to_owned()).filter(|location| !location.is_empty()),
        edited: time("updateTime").filter(|edited| Some(*edited) > published),
        engagement: Engagement { replies: Some(u64::from(is_answered)), ..Engagement::default() },
        rating,
        concerns: Concerns::Brand,
        ..Post::default()
    })
}

/// Returns the location in the full name of a review: `accounts/1/locations/55/reviews/r1`.
fn place(name: &str) -> Option<&str> {
    let (_, rest) = name.split_once("locations/")?;
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    rest.split('/').next().filter(is_number)
}

fn stars(word: &str) -> Option<u8> {
    let words = ["ONE", "TWO", "THREE", "FOUR", "FIVE"];
    (1..).zip(words).find_map(|(stars, known)| (known == word).then_some(stars))
}

/// Returns what was written, of a comment that holds a translation too. Which of the two stands first
/// depends on who looks.
fn original(comment: &str) -> &str {
    if !comment.contains(TRANSLATED) {
        return comment;
    }
    match (comment.split_once(ORIGINAL), comment.split_once(TRANSLATED)) {
        (Some((_, original)), _) => original,
        (None, Some((before, _))) if !before.trim().is_empty() => before,
        (None, Some((_, translated))) => translated,
        (None, None) => comment,
    }
}

#[cfg(test)]
mod tests;
