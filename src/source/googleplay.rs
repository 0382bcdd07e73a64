//! Google Play: the reviews of an app of one's own, by the Android Publisher API.
//!
//! Its facts are those of <https://developers.google.com/android-publisher/reply-to-reviews>: reviews with
//! words, of versions in production, written or changed within the last week, newest first; 200 requests
//! an hour for an app at most. A service account signs in, which the Play Console has to know.

use super::site::{Given, Key, Site, Sort, Watch, Wrong, at};
use super::walk::{Walk, Walks};
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Access, Grant, Reply, Request, Secret};
use crate::post::{Author, Concerns, Engagement, Post};
use crate::text::{html, json, visible};
use chrono::{DateTime, Duration, Utc};
use envelope::Said;
use serde_json::Value;
use url::Url;

pub(super) mod envelope;

pub const SITE: Site = Site {
    kind: Kind::GooglePlay,
    host: "https://androidpublisher.googleapis.com",
    keys: &[
        Key { name: "package", sort: Sort::Text, is_needed: true, such: "\"com.acme.app\"" },
        Key {
            name: "service_account",
            sort: Sort::Secret,
            is_needed: true,
            such: "{ file = \"play-account.json\" }",
        },
    ],
    concerns: Concerns::Brand,
    needs: "the key file of a service account that is invited in the Play Console of the app, with the \
            permission to reply to reviews",
    build,
};

const SCOPE: &str = "https://www.googleapis.com/auth/androidpublisher";

/// Where tokens are given if the key file does not say.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

/// Reviews of one page: the most that there are.
const PER_PAGE: &str = "100";

/// A review may be listed some hours after it was written: so much is asked for once more.
const OVERLAP: Duration = Duration::hours(12);

/// Where nobody says how long to wait.
const REST: std::time::Duration = std::time::Duration::from_hours(1);

/// What requests are for: the first page, and a page behind it; the same in a walk that was begun anew
/// in this poll.
const FIRST: &str = "first";
const BEHIND: &str = "behind";
const ANEW: &str = "anew";
const BEHIND_ANEW: &str = "behind anew";

/// Where people see the app.
const PLACE: &str = "https://play.google.com/store/apps/details";

/// A title is shorter than this. Before a tab that stands further back is the text itself.
const LONGEST_TITLE: usize = 150;

struct GooglePlay {
    base: Url,
    package: String,
    access: Access,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let access = match watch.given.secret("service_account").filter(|file| !file.is_empty()) {
        Some(file) => Access::granted(account(file, &watch.base)?),
        None => Access::default(),
    };
    Ok(Box::new(GooglePlay { package: package(watch.given)?, access, base: watch.base }))
}

fn package(given: &Given) -> Result<String, Wrong> {
    // A saved reply is read without.
    let Some(package) = given.text("package") else { return Ok(String::new()) };
    let is_sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    if package.contains('.') && package.chars().all(is_sign) {
        return Ok(package.to_owned());
    }
    Err(Wrong::new("package", format!("`{}` is no package name", visible(package)))
        .hint("write the id= in the address of the app's page: \"com.acme.app\""))
}

/// Reads a key file as the Google Cloud console gives it.
fn account(file: &Secret, base: &Url) -> Result<Grant, Wrong> {
    let wrong = |why: &str| {
        Wrong::new("service_account", why).hint(
            "write { file = \"play-account.json\" }: the JSON key of the service account, from the \
             Google Cloud console (IAM, Service accounts, Keys)",
        )
    };
    // What does not parse is not quoted: it is secret.
    let read = json::parse(file.expose(), json::MOST_API_BYTES).ok();
    let read = read.ok_or_else(|| wrong("this is no key file of a service account: no JSON"))?;
    let word = |name: &str| read.get(name)?.as_str().filter(|text| !text.is_empty());
    let lacks = |name: &str| wrong(&format!("the key file has no `{name}`"));
    let email = word("client_email").ok_or_else(|| lacks("client_email"))?;
    let key = word("private_key").ok_or_else(|| lacks("private_key"))?;
    if !key.contains("-----BEGIN PRIVATE KEY-----") {
        return Err(wrong("the `private_key` of the key file is no PKCS#8 key in PEM"));
    }
    let url = Url::parse(word("token_uri").unwrap_or(TOKENS)).ok();
    // Only https, or what is asked anyway: whoever gets the signed claim can use it.
    let url = url.filter(|url| url.scheme() == "https" || url.origin() == base.origin());
    let url = url.ok_or_else(|| wrong("the `token_uri` of the key file is no https address"))?;
    Ok(Grant::ServiceAccount { url, email: email.to_owned(), key: key.into(), scope: SCOPE })
}

impl Source for GooglePlay {
    fn open(&self, visit: &Visit) -> Request {
        let walk = Walks::of(&visit.cursor).walk(&self.package);
        self.ask(walk.next.as_deref(), false)
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let listing = listing(reply)?;
        let reviews = listing.get("reviews").and_then(Value::as_array);
        let reviews = reviews.map_or(&[] as &[Value], Vec::as_slice);
        let posts: Vec<Post> =
            reviews.iter().filter_map(|review| post(review, &self.package)).collect();
        let skipped = reviews.len() - posts.len();
        let mut walks = Walks::of(&visit.cursor);
        let walk = walks.walk(&self.package);
        let times = || posts.iter().filter_map(|post| post.published).map(|at| at.timestamp());
        let since = walk.since.as_deref().and_then(|since| since.parse::<i64>().ok());
        let is_new = since.is_none_or(|since| {
            times().min().is_none_or(|oldest| oldest >= since - OVERLAP.num_seconds())
        });
        let token = listing.get("tokenPagination").and_then(|paging| paging.get("nextPageToken"));
        let token = token.and_then(Value::as_str).filter(|token| {
            let leads_on = envelope::is_token(token) && walk.next.as_deref() != Some(*token);
            leads_on && !reviews.is_empty()
        });
        let token = token.filter(|_| is_new).map(str::to_owned);
        let newest = times().max().map(|at| at.to_string());
        let begun_anew = [ANEW, BEHIND_ANEW].contains(&reply.about.as_str());
        let next = token.iter().map(|token| self.ask(Some(token), begun_anew)).collect();
        walks.set(&self.package, walk.read(newest, token));
        walks.keep(std::slice::from_ref(&self.package));
        Ok(Page { posts, skipped, cursor: Some(walks.cursor()), next, ..Page::default() })
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let said = Said::of(refusal);
        let said_by = format!("Google Play says: {}", said.message);
        match refusal.status {
            _ if said.is_used_up() => {
                Verdict::Wait(visit.now + refusal.wait().unwrap_or(REST), said_by)
            }
            // A page token does not last: what it led to comes in a walk from the beginning.
            400 if [BEHIND, BEHIND_ANEW].contains(&request.about.as_str()) => {
                let mut walks = Walks::of(&visit.cursor);
                let walk = walks.walk(&self.package);
                walks.set(&self.package, Walk { since: walk.since, ..Walk::default() });
                let cursor = Some(walks.cursor());
                // Once a poll: one that is refused at once again leads nowhere.
                let (next, trouble) = if request.about == BEHIND {
                    (vec![self.ask(None, true)], None)
                } else {
                    (
                        Vec::new(),
                        Some(format!("{said_by}: older reviews are not read in this poll")),
                    )
                };
                Verdict::Instead(Box::new(Page { cursor, next, trouble, ..Page::default() }))
            }
            403 if said.is_switched_off() => Verdict::Stop(format!(
                "{said_by}: switch on the Google Play Android Developer API in the project of the \
                 service account"
            )),
            401 | 403 => Verdict::Stop(format!(
                "{said_by}: invite the service account in the Play Console (Users and permissions), \
                 with the permission to reply to reviews of {}",
                self.package
            )),
            404 => Verdict::Stop(format!(
                "Google Play knows no app {} that the service account may see ({}): look at `package`",
                self.package, said.message
            )),
            400 => Verdict::Stop(said_by),
            _ => Verdict::AsItSays,
        }
    }
}

impl GooglePlay {
    /// Asks for a page. `is_anew`: of a walk that was begun anew in this poll.
    fn ask(&self, token: Option<&str>, is_anew: bool) -> Request {
        let path = format!("/androidpublisher/v3/applications/{}/reviews", self.package);
        let mut query = vec![("maxResults", PER_PAGE)];
        query.extend(token.map(|token| ("token", token)));
        let about = match (token, is_anew) {
            (None, false) => FIRST,
            (Some(_), false) => BEHIND,
            (None, true) => ANEW,
            (Some(_), true) => BEHIND_ANEW,
        };
        Request::api(at(&self.base, &path, &query)).about(about).with(&self.access)
    }
}

/// Reads an answer; a review that was saved by itself is a list of one. Where there are no reviews, the
/// answer is an empty object.
fn listing(reply: &Reply) -> Result<Value, Unreadable> {
    let answer = envelope::answer(reply, "Google Play")?;
    if answer.get("reviewId").is_some() {
        return Ok(serde_json::json!({ "reviews": [answer] }));
    }
    let is_empty = answer.as_object().is_some_and(serde_json::Map::is_empty);
    let names = ["reviews", "tokenPagination", "pageInfo"];
    if is_empty || names.iter().any(|name| answer.get(name).is_some()) {
        return Ok(answer);
    }
    Err(Unreadable("the answer holds no reviews".into()))
}

fn post(review: &Value, package: &str) -> Option<Post> {
    let id = review.get("reviewId")?.as_str().filter(|id| !id.is_empty())?.to_owned();
    let comments = review.get("comments")?.as_array()?;
    let by_user = comments.iter().find_map(|comment| comment.get("userComment"))?;
    let word = |name: &str| by_user.get(name)?.as_str().filter(|text| !text.trim().is_empty());
    // Where a translation was asked for, what was written stands beside it.
    let (title, text) = parted(word("originalText").or_else(|| word("text")).unwrap_or_default());
    let count = |name: &str| by_user.get(name).and_then(Value::as_i64);
    let rating = count("starRating").and_then(|stars| u8::try_from(stars).ok());
    let rating = rating.filter(|stars| (1..=5).contains(stars));
    if text.is_empty() && title.is_none() && rating.is_none() {
        return None;
    }
    let likes = match (count("thumbsUpCount"), count("thumbsDownCount")) {
        (None, None) => None,
        (up, down) => Some(up.unwrap_or(0).saturating_sub(down.unwrap_or(0))),
    };
    let answers = comments.iter().filter(|comment| comment.get("developerComment").is_some());
    let name = review.get("authorName").and_then(Value::as_str).map(html::clean);
    let is_app = !package.is_empty();
    Some(Post {
        site: "play.google.com".into(),
        url: is_app.then(|| link(package, &id)).flatten(),
        has_own_url: is_app,
        title,
        text,
        author: Author { name: name.filter(|name| !name.is_empty()), ..Author::default() },
        // There is no other time: a review that was changed is as new as one that was written.
        published: time(by_user),
        language: word("reviewerLanguage").and_then(|code| code.parse().ok()),
        thread: is_app.then(|| package.to_owned()),
        engagement: Engagement {
            likes,
            replies: u64::try_from(answers.count()).ok(),
            ..Engagement::default()
        },
        rating,
        id: Some(id),
        concerns: Concerns::Brand,
        ..Post::default()
    })
}

/// Takes title and text apart, where a tab stands between them as it does in old reviews.
fn parted(text: &str) -> (Option<String>, String) {
    match text.split_once('\t') {
        Some((title, text)) if title.chars().count() < LONGEST_TITLE && !title.contains('\n') => {
            let title = html::clean(title);
            (Some(title).filter(|title| !title.is_empty()), html::clean(text))
        }
        _ => (None, html::clean(text)),
    }
}

/// Reads when a comment was last changed: the seconds are written as text.
fn time(comment: &Value) -> Option<DateTime<Utc>> {
    let seconds = comment.get("lastModified")?.get("seconds")?;
    let written = seconds.as_str().and_then(|text| text.parse().ok());
    DateTime::from_timestamp(written.or_else(|| seconds.as_i64())?, 0)
}

fn link(package: &str, id: &str) -> Option<String> {
    let url = Url::parse_with_params(PLACE, [("id", package), ("reviewId", id)]).ok()?;
    Some(url.into())
}

#[cfg(test)]
mod tests;
