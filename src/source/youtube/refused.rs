//! What `YouTube` says instead of an answer, by its reasons.

use super::memory::{Memory, Walk};
use super::post::SITE_NAME;
use super::{Asked, PAUSE, YouTube};
use crate::fetch::Request;
use crate::fetch::budget::Span;
use crate::post::Post;
use crate::source::{Page, Refusal, Verdict, Visit};
use crate::text::{cut, html, visible};
use chrono::Duration;
use serde_json::Value;

/// How long the site is left alone where it says that it was asked too often, and not for how long.
const REST: Duration = Duration::minutes(15);

/// The most that is told of what the site says.
const LONGEST_SAID: usize = 200;

/// Returns what an answer says went wrong; its messages hold links.
pub(super) fn said(answer: &Value) -> Option<String> {
    let message = answer.get("error")?.get("message")?.as_str()?;
    Some(cut(&visible(&html::plain(message)), LONGEST_SAID))
}

/// Returns all words by which an answer says what is wrong.
fn reasons(answer: &Value) -> Vec<&str> {
    let error = answer.get("error").unwrap_or(&Value::Null);
    let of = |list: &str| error.get(list).and_then(Value::as_array).into_iter().flatten();
    let listed = of("errors").chain(of("details"));
    let reasons = listed.filter_map(|one| one.get("reason")?.as_str());
    reasons.chain(error.get("status").and_then(Value::as_str)).collect()
}

impl YouTube {
    /// Returns what a refusal means.
    pub(super) fn verdict(
        &self,
        request: &Request,
        refusal: &Refusal<'_>,
        visit: &Visit,
    ) -> Verdict {
        let answer = refusal.json().unwrap_or_default();
        let reasons = reasons(&answer);
        let is = |words: &[&str]| reasons.iter().any(|reason| words.contains(reason));
        let said = said(&answer).unwrap_or_else(|| "nothing more".into());
        let stop = |why: &str| Verdict::Stop(format!("{why} (it says: {said})"));
        let is_of_day = said.to_lowercase().contains("per day");
        if is(&["quotaExceeded", "dailyLimitExceeded"]) || (refusal.status == 429 && is_of_day) {
            return spent(request, visit);
        }
        let is_often = is(&["rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"]);
        if refusal.status == 429 || is_often {
            return match refusal.wait() {
                Some(_) if refusal.status == 429 => Verdict::AsItSays,
                wait => {
                    let wait = wait.and_then(|wait| Duration::from_std(wait).ok());
                    let until = visit.now + wait.unwrap_or(REST);
                    Verdict::Wait(until, "YouTube was asked too often".into())
                }
            };
        }
        let is_key = is(&["keyInvalid", "API_KEY_INVALID", "keyExpired"]);
        if is_key || said.contains("API key not valid") || said.contains("API key expired") {
            return stop(
                "YouTube does not accept `key`: put in an API key from console.cloud.google.com",
            );
        }
        if is(&["accessNotConfigured", "SERVICE_DISABLED"]) {
            return stop(
                "the project of `key` may not use the API: enable `YouTube Data API v3` for it at \
                 console.cloud.google.com",
            );
        }
        let is_restricted =
            |reason: &&str| reason.ends_with("Blocked") || reason.ends_with("_BLOCKED");
        if reasons.iter().any(is_restricted) {
            return stop("`key` is restricted: let it be used from this address and for this API");
        }
        if is(&["SERVICE_UNAVAILABLE"]) {
            return Self::later(request, visit);
        }
        let is_gone = refusal.status == 404 && is(&["videoNotFound", "commentNotFound"]);
        match refusal.status {
            // Some machine before the site, and not the site, says so.
            404 if reasons.is_empty() => Verdict::AsItSays,
            400 | 403 | 404 => self.unwilling(request, (refusal.status, is_gone), &said, visit),
            401 => stop("YouTube does not accept `key`"),
            _ => Verdict::AsItSays,
        }
    }

    /// Returns what to do where something is not to be had just now: one list of comments waits, and
    /// nothing else does for it.
    fn later(request: &Request, visit: &Visit) -> Verdict {
        let Asked::Comments(id) = Asked::of(&request.about) else { return Verdict::AsItSays };
        let mut memory = Memory::of(&visit.cursor, visit.now);
        if let Some(video) = memory.video(id) {
            video.walk = anew(&video.walk, visit);
        }
        let cursor = Some(memory.cursor());
        Verdict::Instead(Box::new(Page { cursor, ..Page::default() }))
    }

    /// Returns what to do where one request is refused that others are not. `is_gone`: what was asked
    /// of is no more.
    fn unwilling(
        &self,
        request: &Request,
        (status, is_gone): (u16, bool),
        said: &str,
        visit: &Visit,
    ) -> Verdict {
        let mut memory = Memory::of(&visit.cursor, visit.now);
        let mut page = Page::default();
        let again = |walk: &Walk| anew(walk, visit);
        match Asked::of(&request.about) {
            // The token of a page is no more: the walk begins anew.
            Asked::Search(query) => match memory.searches.get_mut(query) {
                Some(walk) if status == 400 && walk.next.is_some() => *walk = again(walk),
                _ => {
                    let why = format!("YouTube refuses the search `{query}`: {said}");
                    let is_alone = self.queries.len() < 2 && self.channel.is_none();
                    if status != 400 || is_alone {
                        return Verdict::Stop(why);
                    }
                    let walk = memory.searches.remove(query).unwrap_or_default();
                    memory.searches.insert(query.to_owned(), again(&walk));
                    page.trouble = Some(why);
                }
            },
            Asked::Comments(id) if status == 400 => {
                let Some(video) = memory.video(id) else { return Verdict::Skip };
                video.walk = again(&video.walk);
            }
            // Comments are off, or the video is private, or gone.
            Asked::Comments(id) => {
                memory.videos.retain(|video| video.id != id);
                page.posts.extend(is_gone.then(|| Post::gone(SITE_NAME, id)));
            }
            Asked::Own if status == 400 && memory.own.next.is_some() => {
                memory.own = again(&memory.own);
            }
            Asked::Own => {
                let why = format!("YouTube does not show the comments of `channel`: {said}");
                if self.queries.is_empty() {
                    return Verdict::Stop(why);
                }
                memory.own = again(&memory.own);
                page.trouble = Some(why);
            }
            Asked::Replies(id) => {
                let replies = memory.pending.iter().find(|one| one.id == id).map(|one| one.replies);
                memory.known(id, replies.unwrap_or_default());
                page.posts.extend(is_gone.then(|| Post::gone(SITE_NAME, id)));
            }
            Asked::Videos(ids) if ids.is_empty() => {
                let why = "no keyword names a word that YouTube can search for";
                return Verdict::Stop(why.into());
            }
            Asked::Videos(ids) if status != 403 => memory.settle(&ids),
            Asked::Channels => return Verdict::Skip,
            Asked::Videos(_) => {
                return Verdict::Stop(format!("YouTube refuses to tell of videos: {said}"));
            }
            Asked::Gone(_) | Asked::Alive | Asked::Saved => return Verdict::AsItSays,
        }
        page.cursor = Some(memory.cursor());
        Verdict::Instead(Box::new(page))
    }
}

/// Returns what to do where the day's quota is used up: searches have one of their own.
fn spent(request: &Request, visit: &Visit) -> Verdict {
    let midnight = Span::PacificDay.over(visit.now);
    if let Asked::Search(_) = Asked::of(&request.about) {
        let mut memory = Memory::of(&visit.cursor, visit.now);
        memory.searches_from = Some(midnight.timestamp());
        let trouble = "the day's YouTube searches of this `key` are used up; all else counts apart";
        return Verdict::Instead(Box::new(Page {
            cursor: Some(memory.cursor()),
            trouble: Some(trouble.into()),
            ..Page::default()
        }));
    }
    let why =
        "the day's YouTube quota of this `key` is used up; others that use the key use it, too";
    Verdict::Wait(midnight, why.into())
}

/// Returns a walk that begins anew after a while.
fn anew(walk: &Walk, visit: &Visit) -> Walk {
    let due = Some((visit.now + PAUSE).timestamp());
    Walk { since: walk.since, due, ..Walk::default() }
}
