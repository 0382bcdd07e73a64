//! How Meta's Graph API is asked, and what it means when it refuses: the same for Facebook and
//! Instagram.
//!
//! Its facts are those of <https://developers.facebook.com/docs/graph-api>. Limits are told with
//! HTTP 400 as often as with 403, so the code inside counts and not the status.

use crate::fetch::{Access, Location, Reply, Request, Secret};
use crate::source::site::{Given, Key, Sort, Wrong, at};
use crate::source::{Refusal, Unreadable, Verdict, Visit};
use crate::text::{self, json};
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::fmt::Write;
use url::{Url, form_urlencoded};

/// The version that is asked for where none is named. One lives for about two years.
const VERSION: &str = "v26.0";

/// What every place of Meta's can be told.
pub(in crate::source) const TOKEN: Key =
    Key { name: "token", sort: Sort::Secret, is_needed: true, such: "{ env = \"META_TOKEN\" }" };
pub(in crate::source) const APP_SECRET: Key = Key {
    name: "app_secret",
    sort: Sort::Secret,
    is_needed: false,
    such: "{ env = \"META_APP_SECRET\" }",
};
pub(in crate::source) const VERSION_KEY: Key =
    Key { name: "version", sort: Sort::Text, is_needed: false, such: "\"v26.0\"" };

/// How long nothing is asked where a limit is met and no time is named.
const LIMIT_PAUSE: Duration = Duration::hours(1);
/// The same, where something of theirs failed.
const FAULT_PAUSE: Duration = Duration::minutes(5);
/// The same, where a policy was broken.
const BLOCK_PAUSE: Duration = Duration::days(1);

/// The longest position in a list that is kept: real ones have some 250 characters.
const LONGEST_POSITION: usize = 500;

/// What tells a position in a list. The address of the next page is never used itself: it holds the
/// token.
const POSITIONS: [&str; 4] = ["after", "until", "__paging_token", "offset"];

/// Somebody who may ask.
#[derive(Debug)]
pub(in crate::source) struct Graph {
    base: Url,
    version: String,
    access: Access,
    /// What no error may show: the API quotes tokens it does not like.
    secrets: Vec<Secret>,
}

/// What the API said when it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Fault {
    pub(in crate::source) code: i64,
    pub(in crate::source) subcode: Option<i64>,
    is_transient: bool,
    /// Its own words, without what looks like a token.
    pub(in crate::source) words: String,
}

/// What a refusal calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Meaning {
    /// Something of theirs failed: the same later.
    Later,
    /// The same, asking for less at once.
    Less,
    /// As much was asked as is allowed.
    Limit,
    /// The token lacks a permission.
    Permission,
    /// The object is gone, or hidden from us.
    Gone,
    /// An object or a parameter is none.
    Parameter,
    /// The application has to prove itself, or did so with another secret.
    Proof,
    Token,
    /// Blocked for a breach of policy.
    Blocked,
    /// No such id.
    Unknown,
    Other,
}

impl Graph {
    pub(in crate::source) fn new(given: &Given, base: Url) -> Result<Self, Wrong> {
        let version = given.text("version").unwrap_or(VERSION);
        let number = version.strip_prefix('v').unwrap_or_default();
        if !number.contains('.') || !number.chars().all(|c| c.is_ascii_digit() || c == '.') {
            let why = format!("`{version}` is no version of the Graph API");
            return Err(Wrong::new("version", why).hint(format!("write \"{VERSION}\"")));
        }
        let token = given.secret("token").filter(|token| !token.is_empty());
        let app = given.secret("app_secret").filter(|secret| !secret.is_empty());
        let mut access = token.map(Access::bearer).unwrap_or_default();
        let mut secrets: Vec<Secret> = token.into_iter().chain(app).cloned().collect();
        if let (Some(token), Some(app)) = (token, app) {
            let proof = proof(app, token);
            secrets.push(proof.clone());
            access.query.push(("appsecret_proof".to_owned(), proof));
        }
        Ok(Self { base, version: version.to_owned(), access, secrets })
    }

    /// Asks for `path` of this version, with these parameters, from `position` of a list on.
    pub(in crate::source) fn ask(
        &self,
        path: &str,
        query: &[(&str, &str)],
        position: Option<&str>,
    ) -> Request {
        let mut url = at(&self.base, &format!("/{}/{path}", self.version), query);
        if let Some(position) = position {
            let known = form_urlencoded::parse(position.as_bytes());
            url.query_pairs_mut()
                .extend_pairs(known.filter(|(name, _)| POSITIONS.contains(&name.as_ref())));
        }
        Request::api(url).with(&self.access)
    }

    /// Reads a reply.
    pub(in crate::source) fn parsed(&self, reply: &Reply) -> Result<Value, Unreadable> {
        let text = String::from_utf8_lossy(&reply.body);
        let value =
            json::parse(&text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
        match self.fault(&value) {
            Some(fault) => Err(Unreadable(fault.told())),
            None => Ok(value),
        }
    }

    /// Returns what is said to be wrong, if something is.
    pub(in crate::source) fn fault(&self, value: &Value) -> Option<Fault> {
        let error = value.get("error").filter(|error| error.is_object())?;
        let mut words = error.get("message").and_then(Value::as_str).unwrap_or("?").to_owned();
        for secret in &self.secrets {
            words = words.replace(secret.expose(), "…");
        }
        Some(Fault {
            code: error.get("code").and_then(Value::as_i64).unwrap_or_default(),
            subcode: error.get("error_subcode").and_then(Value::as_i64),
            is_transient: error.get("is_transient") == Some(&Value::Bool(true)),
            words: text::cut(&text::visible(&without_tokens(&words)), 300),
        })
    }

    /// The same, of a request that was refused.
    pub(in crate::source) fn refused(&self, refusal: &Refusal<'_>) -> Option<Fault> {
        self.fault(&refusal.json()?)
    }
}

impl Fault {
    /// Says what was said.
    pub(in crate::source) fn told(&self) -> String {
        let Self { code, subcode, words, .. } = self;
        let subcode = subcode.map(|subcode| format!("/{subcode}")).unwrap_or_default();
        format!("the Graph API says: {words} (error {code}{subcode})")
    }

    pub(in crate::source) fn meaning(&self) -> Meaning {
        let says = |words: &str| self.words.contains(words);
        match (self.code, self.subcode) {
            (1, _) if says("reduce the amount of data") => Meaning::Less,
            (4 | 17 | 32 | 613 | 80_000..=80_014, _) => Meaning::Limit,
            (102 | 190, _) => Meaning::Token,
            (10 | 200..=299, _) => Meaning::Permission,
            (368, _) => Meaning::Blocked,
            (803, _) => Meaning::Unknown,
            (100, _) if says("app secret proof") || says("appsecret_proof") => Meaning::Proof,
            (100, Some(33)) => Meaning::Gone,
            (100, _) => Meaning::Parameter,
            (1 | 2, _) => Meaning::Later,
            _ if self.is_transient => Meaning::Later,
            _ => Meaning::Other,
        }
    }

    /// Returns what is to be done where it does not matter what was asked for.
    pub(in crate::source) fn verdict(
        &self,
        refusal: &Refusal<'_>,
        visit: &Visit,
    ) -> Option<Verdict> {
        let told = self.told();
        Some(match self.meaning() {
            Meaning::Later => Verdict::Wait(visit.now + FAULT_PAUSE, told),
            Meaning::Limit => Verdict::Wait(visit.now + pause(refusal), told),
            Meaning::Blocked => Verdict::Wait(visit.now + BLOCK_PAUSE, told),
            Meaning::Token => Verdict::Stop(format!("{told}: {}", self.about_token())),
            Meaning::Proof => Verdict::Stop(format!(
                "{told}: give with `app_secret` the secret of the app that the token is of"
            )),
            Meaning::Less
            | Meaning::Permission
            | Meaning::Gone
            | Meaning::Parameter
            | Meaning::Unknown
            | Meaning::Other => return None,
        })
    }

    /// Says what ails a token, and what to do.
    fn about_token(&self) -> String {
        let why = match self.subcode {
            Some(458) => "the app was removed from the account",
            Some(459) => "the account has to pass a check at facebook.com first",
            Some(460) => "its password was changed",
            Some(463) => "it has expired",
            Some(464) => "the account is not confirmed",
            Some(467) => "it was revoked",
            _ => "it is not accepted",
        };
        format!("the token is of no use any more, {why}: make a new one, and give it with `token`")
    }
}

/// Returns how long to leave the API alone.
fn pause(refusal: &Refusal<'_>) -> Duration {
    let told = refusal.wait().and_then(|wait| Duration::from_std(wait).ok());
    told.unwrap_or(LIMIT_PAUSE)
}

/// Returns the same request for half as many, where that is still a list.
pub(in crate::source) fn smaller(request: &Request) -> Option<Request> {
    let Location::Web(url) = &request.location else { return None };
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let (_, limit) = pairs.iter_mut().find(|(name, _)| name == "limit")?;
    let half = limit.parse::<usize>().ok().filter(|limit| *limit > 1)? / 2;
    *limit = half.to_string();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    Some(Request { location: Location::Web(url), ..request.clone() })
}

/// Returns the position behind a page of a list that was asked for at `known`; `None` at its end.
pub(in crate::source) fn behind(listing: &Value, known: Option<&str>) -> Option<String> {
    let paging = listing.get("paging")?;
    let next = paging.get("next").and_then(Value::as_str)?;
    let after = paging.pointer("/cursors/after").and_then(Value::as_str);
    let mut position = form_urlencoded::Serializer::new(String::new());
    if let Some(after) = after {
        position.append_pair("after", after);
    } else {
        let next = Url::parse(next).ok()?;
        let told = next
            .query_pairs()
            .filter(|(name, value)| POSITIONS.contains(&name.as_ref()) && !value.is_empty());
        position.extend_pairs(told);
    }
    let position = position.finish();
    let leads_on = !position.is_empty() && Some(position.as_str()) != known;
    (leads_on && position.len() <= LONGEST_POSITION).then_some(position)
}

/// Tells whether an id from outside may stand in a path.
pub(in crate::source) fn is_id(id: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '=' | '+' | ':');
    (1..=300).contains(&id.len()) && id.chars().all(is_fine)
}

/// Proves that a token is shown by its app.
fn proof(app: &Secret, token: &Secret) -> Secret {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app.expose().as_bytes()) else {
        return Secret::default();
    };
    mac.update(token.expose().as_bytes());
    let mut proof = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        // Writing to a string does not fail.
        write!(proof, "{byte:02x}").unwrap_or_default();
    }
    proof.into()
}

/// Returns `words` without those that may be a token: long ones of letters and digits.
fn without_tokens(words: &str) -> String {
    let is_token = |word: &str| {
        word.len() >= 24
            && word.chars().any(|c| c.is_ascii_digit())
            && word.chars().any(|c| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '|'))
    };
    let shown = words.split_whitespace().map(|word| {
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation());
        if is_token(bare) { "…" } else { word }
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
