//! What browsers and feed readers reach over TCP. No other origin may read it: there is no CORS, a name that is
//! not ours is refused (so that no page can bend its own name to this address), and where more than this
//! machine can connect, a password is asked for.

use super::bounds::Bounded;
use super::{Call, feed, page};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::{Extension, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use url::Url;

/// Requests that are answered at once; others are asked to come again.
const AT_ONCE: usize = 16;

/// The same of requests that anybody may make: they take no place from those who have the password.
const LINKS_AT_ONCE: usize = 64;

/// Where the page is, and who may see it.
pub struct Place {
    /// The address that we listen on.
    pub listen: SocketAddr,
    pub password: Option<SecretString>,
    /// The address under which people reach it, which ends in `/`; `None`: only this machine's own names.
    pub public_url: Option<Url>,
}

/// What guards the page.
struct Guard {
    listen: IpAddr,
    password: Option<SecretString>,
    /// What the public address has before our paths, such as `/vahti`; may be empty.
    prefix: String,
    places: Semaphore,
    links: Semaphore,
}

/// Answers until `stop`.
pub async fn serve(
    listener: TcpListener,
    place: Place,
    calls: mpsc::Sender<Call>,
    stop: CancellationToken,
) {
    let Place { listen, password, public_url } = place;
    let places = Semaphore::new(AT_ONCE);
    let prefix = public_url.as_ref().map_or("", |url| url.path().trim_end_matches('/')).to_owned();
    let ours = Router::new().merge(feed::routes()).merge(page::routes());
    // A reverse proxy may hand the path over whole, or cut to what is ours.
    let router = match prefix.as_str() {
        "" => ours,
        prefix => {
            let beginning = format!("{prefix}/");
            Router::new()
                .nest(prefix, ours.clone())
                .route(&beginning, axum::routing::get(page::page))
                .merge(ours)
        }
    };
    let links = Semaphore::new(LINKS_AT_ONCE);
    let guard = Arc::new(Guard { listen: listen.ip(), password, prefix, places, links });
    let router = router
        .fallback(nothing_here)
        .layer(Extension(feed::Public(public_url)))
        .layer(from_fn_with_state(guard, guarded))
        .with_state(calls);
    let (listener, told) = (Bounded::new(listener), stop.clone());
    let served =
        axum::serve(listener, router).with_graceful_shutdown(async move { told.cancelled().await });
    tokio::select! {
        served = served => if let Err(error) = served {
            tracing::error!("The page ended: {error}.");
        },
        () = super::server::after(&stop, super::server::LONGEST_GOODBYE) => {}
    }
}

async fn nothing_here() -> Response {
    let what =
        format!("there is nothing here but {}, {} and {}", page::PAGE, feed::FEED, feed::HEALTH);
    feed::told(StatusCode::NOT_FOUND, &what)
}

async fn guarded(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.refuses(request.headers(), request.uri().path()) {
        Some(refused) => refused,
        None => answered(&guard, request, next).await,
    };
    let headers = response.headers_mut();
    // Pages have a policy of their own.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Answers where there is a place for one more.
async fn answered(guard: &Guard, request: Request, next: Next) -> Response {
    let is_link = guard.path(request.uri().path()) == page::UNSUBSCRIBE;
    let places = if is_link { &guard.links } else { &guard.places };
    if let Ok(_place) = places.try_acquire() {
        return next.run(request).await;
    }
    let mut busy = feed::told(StatusCode::SERVICE_UNAVAILABLE, "too many at once");
    busy.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    busy
}

impl Guard {
    /// Returns what is answered to who may not see anything.
    fn refuses(&self, headers: &HeaderMap, path: &str) -> Option<Response> {
        let path = self.path(path);
        if path == page::UNSUBSCRIBE {
            // Whoever has the link may follow it: mail programs bring neither our name nor a password.
            return None;
        }
        match &self.password {
            // Who is led here under a foreign name has no password for that name to send.
            Some(password) => {
                (path != feed::HEALTH && !is_password(headers, password.expose_secret()))
                    .then(asks_for_password)
            }
            None => (!self.is_own_name(headers)).then(|| {
                let what = "the address must name this machine: localhost, or the address that vahti listens on. \
                            Behind a proxy, set [web] password, or let it send `Host: localhost`";
                feed::told(StatusCode::MISDIRECTED_REQUEST, what)
            }),
        }
    }

    /// Returns the path as ours, whether or not a proxy cut its prefix off.
    fn path<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(&self.prefix).unwrap_or(path)
    }

    /// Tells whether the request was meant for this machine by a name that nobody else can give to it.
    fn is_own_name(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let Some(host) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else {
            return false;
        };
        let name = host.host().trim_matches(['[', ']']).to_ascii_lowercase();
        match name.parse::<IpAddr>() {
            Ok(address) => address.is_loopback() || address == self.listen,
            Err(_) => name == "localhost" || name.ends_with(".localhost"),
        }
    }
}

fn asks_for_password() -> Response {
    let mut response =
        feed::told(StatusCode::UNAUTHORIZED, "a password is needed; the user may be anything");
    let challenge = HeaderValue::from_static("Basic realm=\"vahti\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// Tells whether the request brings the password. How long that takes tells nothing of it.
fn is_password(headers: &HeaderMap, password: &str) -> bool {
    let brought = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let brought = brought.and_then(|value| {
        let (scheme, rest) = value.split_once(' ')?;
        let decoded = STANDARD.decode(rest.trim()).ok()?;
        let at = decoded.iter().position(|byte| *byte == b':')?;
        scheme.eq_ignore_ascii_case("basic").then(|| decoded.get(at + 1..).map(<[u8]>::to_vec))?
    });
    let [brought, wanted] =
        [brought.unwrap_or_default(), password.as_bytes().to_vec()].map(Sha256::digest);
    brought.iter().zip(&wanted).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(listen: &str, password: Option<&str>) -> Guard {
        let password = password.map(SecretString::from);
        Guard {
            listen: listen.parse().unwrap(),
            password,
            prefix: "/vahti".into(),
            places: Semaphore::new(1),
            links: Semaphore::new(1),
        }
    }

    fn asks(name: header::HeaderName, value: &str) -> HeaderMap {
        [(name, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_name_that_somebody_else_can_bend_here_is_refused() {
        let guard = guard("127.0.0.1", None);
        for host in ["localhost", "LOCALHOST:8787", "127.0.0.1:8787", "[::1]:8787", "a.localhost"] {
            assert!(guard.refuses(&asks(header::HOST, host), "/feed.atom").is_none(), "{host}");
        }
        for host in ["evil.example", "evil.example:8787", "localhost.evil.example", "10.0.0.1", ""]
        {
            let refused = guard.refuses(&asks(header::HOST, host), "/feed.atom").unwrap();
            assert_eq!(refused.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
        }
        assert!(guard.refuses(&HeaderMap::new(), "/feed.atom").is_some());
    }

    #[test]
    fn only_the_password_opens_whatever_the_user() {
        let guard = guard("0.0.0.0", Some("pä:ss"));
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for good in [basic(":pä:ss"), basic("maija:pä:ss").replace("Basic", "basic")] {
            let asked = asks(header::AUTHORIZATION, &good);
            assert!(guard.refuses(&asked, "/feed.atom").is_none(), "{good}");
        }
        let bearer = basic(":pä:ss").replace("Basic", "Bearer");
        for bad in [basic("maija:"), basic("pä:ss"), basic(":pä:ss "), bearer, "Basic %".into()] {
            let refused = guard.refuses(&asks(header::AUTHORIZATION, &bad), "/").unwrap();
            assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{bad}");
        }
        assert!(guard.refuses(&HeaderMap::new(), "/feed.atom").is_some());
        for open in ["/healthz", "/vahti/healthz", "/unsubscribe", "/vahti/unsubscribe"] {
            assert!(guard.refuses(&HeaderMap::new(), open).is_none(), "{open}");
        }
        for shut in ["/", "/vahti/", "/unsubscribe/", "/x/unsubscribe", "/vahti/feed.atom"] {
            assert!(guard.refuses(&HeaderMap::new(), shut).is_some(), "{shut}");
        }
    }
}
