//! What X says instead of posts, or beside them: problems, by their type.

use super::pass::Pass;
use super::{ACCOUNT, MENTIONS, RECHECK, USAGE, X, asked};
use crate::fetch::Request;
use crate::post::Post;
use crate::source::{Page, Refusal, Verdict, Visit};
use crate::text::{cut, visible};
use chrono::Duration;
use serde_json::Value;

/// How long X is left alone where it says that it was asked too often, and not for how long.
const REST: Duration = Duration::minutes(15);

/// The most that is told of what X says.
const LONGEST_SAID: usize = 200;

/// Returns what an answer says went wrong.
pub(super) fn said(answer: &Value) -> Option<String> {
    let of = |value: &Value| {
        let told = ["detail", "message", "title"].iter().find_map(|name| value.get(name)?.as_str());
        told.map(str::to_owned)
    };
    let listed = || answer.get("errors")?.as_array()?.iter().find_map(of);
    // The list names the very parameter, the whole only says that one is wrong.
    let whole = if kind(answer) == "invalid-request" { None } else { of(answer) };
    let said = whole.or_else(listed).or_else(|| of(answer))?;
    Some(cut(&visible(&said), LONGEST_SAID))
}

/// Returns the last part of a problem's type, such as `usage-capped`; empty where it has none.
fn kind(problem: &Value) -> &str {
    let kind = problem.get("type").and_then(Value::as_str).unwrap_or_default();
    kind.rsplit('/').next().unwrap_or_default()
}

fn errors(answer: &Value) -> impl Iterator<Item = &Value> {
    answer.get("errors").and_then(Value::as_array).into_iter().flatten()
}

/// Tells whether a problem means that a post cannot be seen (any more).
fn is_missing(problem: &Value) -> bool {
    let kind = kind(problem);
    matches!(kind, "resource-not-found" | "not-authorized-for-resource" | "resource-unavailable")
}

/// Returns the posts that were asked for by their ids, and are no more.
pub(super) fn gone(answer: &Value) -> Vec<Post> {
    let is_asked = |problem: &&Value| {
        let parameter = problem.get("parameter").and_then(Value::as_str);
        is_missing(problem) && matches!(parameter, Some("ids" | "id"))
    };
    let id = |problem: &Value| {
        let id = problem.get("resource_id").or_else(|| problem.get("value"))?.as_str()?;
        (!id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())).then(|| Post::gone("x.com", id))
    };
    errors(answer).filter(is_asked).filter_map(id).collect()
}

/// Returns what the operator should know of an answer that holds posts and problems. That a post
/// answers one that is deleted, or its author is suspended, is nothing amiss.
pub(super) fn partial(answer: &Value) -> Option<String> {
    answer.get("data")?;
    let problem = errors(answer).find(|problem| !is_missing(problem))?;
    Some(format!("X left something out: {}", said(problem)?))
}

impl X {
    /// Returns what a refusal means.
    pub(super) fn verdict(
        &self,
        request: &Request,
        refusal: &Refusal<'_>,
        visit: &Visit,
    ) -> Verdict {
        let answer = refusal.json().unwrap_or_default();
        let (kind, code) = (kind(&answer), code(&answer));
        let (name, _) = asked(&request.about);
        let said = said(&answer).unwrap_or_else(|| "nothing more".into());
        let stop = |why: &str| Verdict::Stop(format!("{why} (it says: {said})"));
        match (refusal.status, kind) {
            (_, "usage-capped") => stop(
                "X gives nothing more: the spending limit or the monthly cap set at X is reached; \
                 raise it at console.x.com, or wait for the next cycle",
            ),
            (402, _) | (_, "credits") => {
                stop("the prepaid credits at X are used up: buy more at console.x.com")
            }
            (401, _) => stop(
                "X does not accept `token`: put in the app's bearer token, anew from console.x.com",
            ),
            (_, "unsupported-authentication") => {
                stop("X wants another kind of `token`: the app-only bearer token of an app")
            }
            (_, "client-forbidden") => stop(
                "X does not let this app read: at console.x.com put it into a project with \
                 pay-per-use",
            ),
            (429, _) => too_often(refusal, visit),
            _ if code == Some(88) => too_often(refusal, visit),
            (400, _) => self.misunderstood(name, &answer, &said, visit),
            (403 | 404, _) => self.passed_over(name, &said, visit),
            _ => Verdict::AsItSays,
        }
    }

    /// Returns what to do where X finds fault with what was asked.
    fn misunderstood(&self, name: &str, answer: &Value, said: &str, visit: &Visit) -> Verdict {
        let names = self.names();
        let mut pass = self.pass(visit, &names);
        let is_named = |parameter: &str| names_parameter(answer, parameter);
        let known = if pass.is_renamed { "post.fields" } else { "tweet.fields" };
        if is_named(known) && pass.rename() {
            return anew(&pass);
        }
        if !names.contains(&name) {
            return self.passed_over(name, said, visit);
        }
        let list = pass.list(name);
        let is_of_page = is_named("next_token") || is_named("pagination_token");
        if list.next.is_some() && is_of_page && list.oldest.is_some() && list.until.is_none() {
            pass.set(name, list.without_page());
            return anew(&pass);
        }
        if list.is_under_way() {
            // What is older is lost; it must not keep the source from what is new.
            pass.said.get_or_insert(format!("X does not go on with older posts: {said}"));
            pass.set(name, list.over());
            return anew(&pass);
        }
        if is_named("since_id") && list.since.is_some() {
            pass.set(name, super::List::default());
            return anew(&pass);
        }
        self.passed_over(name, said, visit)
    }

    /// Leaves one list out of this pass, and goes on with the next. Where it is the only one, nothing
    /// will come before somebody acted.
    fn passed_over(&self, name: &str, said: &str, visit: &Visit) -> Verdict {
        let names = self.names();
        let what = match name {
            RECHECK | USAGE => return Verdict::AsItSays,
            ACCOUNT | MENTIONS => "the mentions of `account`".to_owned(),
            name => {
                let search = self.searches.iter().find(|search| search.name == name);
                format!("the search `{}`", cut(search.map_or("", |search| &search.query), 100))
            }
        };
        let why = format!("X refuses {what}: {said}");
        let mut pass = self.pass(visit, &names);
        if names.len() < 2 {
            return Verdict::Stop(why);
        }
        let trouble = Some(pass.said.get_or_insert(why).clone());
        let again = pass.turn(if name == ACCOUNT { MENTIONS } else { name }, &names);
        let cursor = Some(pass.cursor());
        Verdict::Instead(Box::new(Page {
            cursor,
            trouble,
            again,
            used: Some(0),
            ..Page::default()
        }))
    }
}

/// Asks once more, as the cursor says now.
fn anew(pass: &Pass) -> Verdict {
    Verdict::Instead(Box::new(Page {
        cursor: Some(pass.cursor()),
        trouble: pass.said.clone(),
        used: Some(0),
        again: true,
        ..Page::default()
    }))
}

fn too_often(refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
    match refusal.wait() {
        Some(_) => Verdict::AsItSays,
        None => Verdict::Wait(visit.now + REST, "X was asked too often".into()),
    }
}

/// Returns the number of an error in the form of the first API.
fn code(answer: &Value) -> Option<i64> {
    errors(answer).find_map(|error| error.get("code")?.as_i64())
}

/// Tells whether the problem lies with this parameter.
fn names_parameter(answer: &Value, name: &str) -> bool {
    errors(answer).any(|error| {
        let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
        let parameters = error.get("parameters").and_then(Value::as_object);
        message.contains(name) || parameters.is_some_and(|known| known.contains_key(name))
    })
}
