//! What is no API: the feed, and the sign of life. The same on the control socket and on the page.

use super::Call;
use crate::ask::atom::{self, Feed};
use crate::ask::view::MentionView;
use crate::ask::{Answer, MentionsAsked, Question, Refusal};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use url::Url;

pub(super) const FEED: &str = "/feed.atom";
pub(super) const HEALTH: &str = "/healthz";

/// Entries of a feed where nobody said, and at most.
const ENTRIES: usize = 50;
const MOST_ENTRIES: usize = 500;

/// How long the daemon may take to show that it is alive.
const LONGEST_SIGN: Duration = Duration::from_secs(10);

/// The address under which people reach the page, which ends in `/`, where that is known.
#[derive(Clone)]
pub(super) struct Public(pub(super) Option<Url>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedAsked {
    #[serde(default)]
    q: String,
    limit: Option<usize>,
}

/// Returns the routes.
pub(super) fn routes() -> Router<mpsc::Sender<Call>> {
    Router::new().route(FEED, get(feed)).route(HEALTH, get(health))
}

async fn feed(
    State(calls): State<mpsc::Sender<Call>>,
    asked: Result<Query<FeedAsked>, QueryRejection>,
    public: Option<Extension<Public>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let asked = match asked {
        Ok(Query(asked)) => asked,
        Err(error) => return told(StatusCode::BAD_REQUEST, &error.body_text()),
    };
    let limit = asked.limit.unwrap_or(ENTRIES);
    if !(1..=MOST_ENTRIES).contains(&limit) {
        return told(StatusCode::BAD_REQUEST, &format!("limit goes from 1 to {MOST_ENTRIES}"));
    }
    let mentions = match mentions(&calls, &asked.q, limit).await {
        Ok(mentions) => mentions,
        Err(refused) => return refused,
    };
    let public = public.and_then(|Extension(Public(public))| public);
    let address = address(public.as_ref(), &uri, &headers);
    let authority = public.as_ref().and_then(Url::host_str);
    let about = Feed { query: &asked.q, address: address.as_deref(), authority };
    let body = atom::feed(&about, &mentions);
    let etag = etag(&body);
    let mut common = vec![
        (header::ETAG, etag.clone()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::VARY, "Host".to_owned()),
    ];
    if let Some(changed) = atom::changed(&mentions) {
        let changed = changed.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        common.push((header::LAST_MODIFIED, changed));
    }
    if is_known(&headers, &etag) {
        return with(StatusCode::NOT_MODIFIED.into_response(), common);
    }
    common.push((header::CONTENT_TYPE, "application/atom+xml; charset=utf-8".to_owned()));
    with(body.into_response(), common)
}

/// Returns where the feed is read: only the configuration says that it is under another address than the one
/// that was asked, for anybody can write what a proxy would.
fn address(public: Option<&Url>, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Some(public) = public {
        return Some(format!("{public}{}{query}", FEED.trim_start_matches('/')));
    }
    let host = headers.get(header::HOST)?.to_str().ok()?;
    Some(format!("http://{host}{FEED}{query}"))
}

fn with(mut response: Response, headers: Vec<(HeaderName, String)>) -> Response {
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn mentions(
    calls: &mpsc::Sender<Call>,
    query: &str,
    limit: usize,
) -> Result<Vec<MentionView>, Response> {
    let q = Some(query.to_owned()).filter(|query| !query.trim().is_empty());
    let asked = MentionsAsked { q, limit: Some(limit), ..MentionsAsked::default() };
    let (reply, answer) = oneshot::channel();
    let stopping = || told(StatusCode::SERVICE_UNAVAILABLE, "vahti is stopping");
    calls.send(Call::Ask(Question::Mentions(asked), reply)).await.map_err(|_| stopping())?;
    match answer.await {
        Ok(Ok(Answer::Mentions(mentions))) => Ok(mentions),
        Ok(Err(Refusal::Store(error))) => {
            tracing::error!("The feed could not be read: {error}.");
            Err(told(StatusCode::INTERNAL_SERVER_ERROR, "the store failed; see the log of vahti"))
        }
        Ok(Err(refusal)) => Err(told(StatusCode::BAD_REQUEST, &refusal.to_string())),
        Ok(Ok(_)) | Err(_) => Err(stopping()),
    }
}

/// Says that the daemon answers questions, and nothing else.
async fn health(State(calls): State<mpsc::Sender<Call>>) -> Response {
    match tokio::time::timeout(LONGEST_SIGN, mentions(&calls, "", 1)).await {
        Ok(Ok(_)) => told(StatusCode::OK, "ok"),
        Ok(Err(refused)) => refused,
        Err(_) => told(StatusCode::SERVICE_UNAVAILABLE, "no answer in time"),
    }
}

/// Answers in words.
pub(super) fn told(code: StatusCode, what: &str) -> Response {
    (code, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{what}\n"))
        .into_response()
}

fn etag(body: &str) -> String {
    let hash = Sha256::digest(body.as_bytes());
    let number = hash.iter().take(16).fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    format!("\"{number:032x}\"")
}

/// Tells whether who asks has what is there already.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|one| one.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_NONE_MATCH, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_tag_is_known_alone_in_a_list_weak_or_as_a_star() {
        for values in [&["\"a\""][..], &["\"x\", W/\"a\""], &["\"x\"", "\"a\""], &["*"]] {
            assert!(is_known(&asks(values), "\"a\""), "{values:?}");
        }
        for values in [&[][..], &["\"b\""], &["a"]] {
            assert!(!is_known(&asks(values), "\"a\""), "{values:?}");
        }
    }

    #[test]
    fn another_body_has_another_tag() {
        assert_eq!(etag("a"), etag("a"));
        assert_ne!(etag("a"), etag("b"));
    }
}
