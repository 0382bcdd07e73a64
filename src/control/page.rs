//! What people see: the page, and where the links in mails lead by which somebody is told no more.

use super::Call;
use super::feed::told;
use crate::ask::Refusal;
use crate::ask::subscription::Standing;
use crate::delivery::one_click::{FIELD, ONE_CLICK};
use crate::digest::page::POLICY;
use crate::digest::unsubscribe::{AGAIN, Farewell, render};
use crate::text::Language;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

pub(super) const PAGE: &str = "/";
pub(super) const UNSUBSCRIBE: &str = "/unsubscribe";

/// The longest form that is read.
const MOST_FORM_BYTES: usize = 8 * 1024;

/// The languages of our pages.
const SPOKEN: [Language; 4] =
    [Language::ENGLISH, Language::FINNISH, Language::TURKISH, Language::SWEDISH];

type Calls = State<mpsc::Sender<Call>>;

/// Returns the routes.
pub(super) fn routes() -> Router<mpsc::Sender<Call>> {
    let link = get(shown).post(pressed).layer(DefaultBodyLimit::max(MOST_FORM_BYTES));
    Router::new().route(PAGE, get(page)).route(UNSUBSCRIBE, link)
}

pub(super) async fn page(State(calls): Calls, headers: HeaderMap) -> Response {
    let (reply, answer) = oneshot::channel();
    let language = language(&headers);
    match answered(&calls, Call::Page(language, reply), answer).await {
        Ok(html) => document(StatusCode::OK, html, language),
        Err(refused) => refused,
    }
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    t: String,
}

type Linked = Result<Query<Link>, QueryRejection>;

/// Shows what a link is for. Programs that follow every link in a mail change nothing by it.
async fn shown(State(calls): Calls, link: Linked, headers: HeaderMap) -> Response {
    let standing = match stands(&calls, link, None).await {
        Ok(Some(standing)) => standing,
        Ok(None) => return unknown(&headers),
        Err(refused) => return refused,
    };
    let Standing { alert, language, is_told, .. } = &standing;
    let farewell = if *is_told { Farewell::Asked(alert) } else { Farewell::Done(alert) };
    document(StatusCode::OK, render(farewell, *language), *language)
}

/// Does what a mail program asks for with one click, or what somebody asks for who presses a button.
async fn pressed(
    State(calls): Calls,
    link: Linked,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) => return told(error.status(), &error.body_text()),
    };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let Some(wish) = wish(kind.unwrap_or_default(), &body) else {
        let what = format!("the form must hold {FIELD}={ONE_CLICK}");
        return told(StatusCode::BAD_REQUEST, &what);
    };
    let standing = match stands(&calls, link, Some(wish)).await {
        Ok(Some(standing)) => standing,
        Ok(None) => return unknown(&headers),
        Err(refused) => return refused,
    };
    let Standing { alert, language, is_told, .. } = &standing;
    let farewell = if *is_told { Farewell::Back(alert) } else { Farewell::Done(alert) };
    document(StatusCode::OK, render(farewell, *language), *language)
}

async fn stands(
    calls: &mpsc::Sender<Call>,
    link: Linked,
    wish: Option<bool>,
) -> Result<Option<Standing>, Response> {
    let Ok(Query(Link { t: token })) = link else { return Ok(None) };
    let (reply, answer) = oneshot::channel();
    answered(calls, Call::Subscription { token, wish, reply }, answer).await
}

async fn answered<T>(
    calls: &mpsc::Sender<Call>,
    call: Call,
    answer: oneshot::Receiver<Result<T, Refusal>>,
) -> Result<T, Response> {
    let stopping = || told(StatusCode::SERVICE_UNAVAILABLE, "vahti is stopping");
    calls.send(call).await.map_err(|_| stopping())?;
    match answer.await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            tracing::error!("The page could not be made: {error}.");
            Err(told(StatusCode::INTERNAL_SERVER_ERROR, "the store failed; see the log of vahti"))
        }
        Err(_) => Err(stopping()),
    }
}

fn unknown(headers: &HeaderMap) -> Response {
    let language = language(headers);
    document(StatusCode::NOT_FOUND, render(Farewell::Unknown, language), language)
}

fn document(code: StatusCode, html: String, language: Language) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (header::CONTENT_LANGUAGE, language.code()),
        (header::VARY, "Accept-Language"),
    ];
    (code, headers, html).into_response()
}

/// Returns what a form asks for: to be told no more (`false`), or again. `None` where it is neither.
fn wish(kind: &str, body: &[u8]) -> Option<bool> {
    let meant = |name: &str, value: &str| match name {
        FIELD => (value == ONE_CLICK).then_some(false),
        AGAIN => Some(true),
        _ => None,
    };
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return url::form_urlencoded::parse(body).find_map(|(name, value)| meant(&name, &value));
    }
    let boundary = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    });
    let boundary = format!("--{}", boundary.filter(|boundary| !boundary.is_empty())?);
    let text = std::str::from_utf8(body).ok()?;
    text.split(&boundary).find_map(|part| {
        let (head, value) = part.split_once("\r\n\r\n")?;
        let name = head.split(['\r', '\n', ';']).find_map(|piece| {
            piece.trim().strip_prefix("name=").map(|name| name.trim_matches('"'))
        })?;
        meant(name, value.trim())
    })
}

/// Returns which of our languages a browser likes best; English where it knows none of them.
fn language(headers: &HeaderMap) -> Language {
    let lists = headers.get_all(header::ACCEPT_LANGUAGE).iter();
    let wishes = lists.filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    let mut best = (0.0, Language::ENGLISH);
    for wish in wishes {
        let (name, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
        let weight: f32 = weight.unwrap_or(0.0);
        if let Ok(language) = name.parse()
            && weight > best.0
            && SPOKEN.contains(&language)
        {
            best = (weight, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_either_kind_says_what_somebody_wants() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(wish(form, b"List-Unsubscribe=One-Click"), Some(false));
        assert_eq!(wish("", b"List-Unsubscribe=One-Click"), Some(false));
        assert_eq!(wish(form, b"subscribe=1"), Some(true));
        for other in ["", "List-Unsubscribe=Two-Clicks", "list=One-Click", "List-Unsubscribe"] {
            assert_eq!(wish(form, other.as_bytes()), None, "{other}");
        }
        let parts = "--x1\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--x1\r\n\
                     Content-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x1--\r\n";
        for kind in [
            "multipart/form-data; boundary=x1",
            "Multipart/Form-Data; charset=utf-8; boundary=\"x1\"",
        ] {
            assert_eq!(wish(kind, parts.as_bytes()), Some(false), "{kind}");
        }
        for kind in ["multipart/form-data", "multipart/form-data; boundary=", form] {
            assert_eq!(wish(kind, parts.as_bytes()), None, "{kind}");
        }
        assert_eq!(wish("multipart/form-data; boundary=x1", &[0xff, 0xfe]), None);
    }

    #[test]
    fn the_language_is_the_one_that_is_liked_best_of_ours() {
        let asked = |list: &str| {
            let list = list.parse().unwrap();
            language(&[(header::ACCEPT_LANGUAGE, list)].into_iter().collect()).to_string()
        };
        assert_eq!(asked("fi-FI,fi;q=0.9,en;q=0.8"), "fi");
        assert_eq!(asked("de, sv;q=0.5, tr;q=0.7"), "tr");
        assert_eq!(asked("de-DE, *;q=0.1"), "en");
        assert_eq!(asked("sv;q=0, tr;q=x"), "en");
        assert_eq!(language(&HeaderMap::new()).to_string(), "en");
    }
}
