//! One request over the wire and what it led to: a document, nothing new, or a redirect.

use std::time::Duration;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    LINK, LOCATION,
};
use reqwest::redirect::Policy;
use rustls::crypto::{CryptoProvider, ring};
use tokio::sync::Semaphore;
use url::{Host, Url};

use super::cache::{self, Validators};
use super::call::{self, Call, Verb};
use super::error::{RedirectFault, root_cause};
use super::guard::Resolver;
use super::{Access, Allowed, FetchError, Location, Reply, Secret, Settings, limits};

/// A server that sends nothing for this long is given up, even within the total time.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections are kept for the next page of the same poll, not for the next poll: with thousands of
/// hosts they would be too many.
const IDLE_CONNECTION: Duration = Duration::from_secs(5);

/// Connections to one host that wait for their next request.
const MOST_IDLE: usize = 32;

/// A body longer than this needs one of [`MOST_LARGE`] permits, which bounds the memory that all
/// fetches together take.
const LARGE: usize = 256 * 1024;

/// Large bodies received at once.
const MOST_LARGE: usize = 12;

/// `Link` headers that are looked at, and how long one may be.
const MOST_LINKS: usize = 8;
const LONGEST_LINK: usize = 2048;

/// One request over the wire.
pub(super) struct Ask<'a> {
    pub(super) url: Url,
    pub(super) accept: &'static str,
    pub(super) validators: Option<&'a Validators>,
    pub(super) part: Part,
    pub(super) api: Option<Api>,
    /// As in the [`Request`](super::Request).
    pub(super) pause: Duration,
}

/// What is more to a request of an API.
pub(super) struct Api {
    /// What is shown; `None` at another host than the one that it is for.
    pub(super) access: Option<Access>,
    /// A token that was asked for.
    pub(super) token: Option<Secret>,
}

/// What of a refusal is read.
pub(super) const MOST_OF_REFUSAL: usize = 64 * 1024;

/// What stands in an address for a token.
const TOKEN: &str = "%7Btoken%7D";

/// How much of a document is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it; too large a document is an error.
    Whole,
    /// This many bytes, and no more if there are more. Any status of success will do.
    First(usize),
}

/// What a request led to.
pub(super) enum Answer {
    Document {
        content_type: Option<String>,
        body: Vec<u8>,
        link: Vec<String>,
        validators: Validators,
        fresh_for: Option<Duration>,
        wait: Option<Duration>,
    },
    Unchanged {
        validators: Validators,
        fresh_for: Option<Duration>,
    },
    Moved {
        to: Url,
        permanently: bool,
    },
}

/// A client that connects only where one policy allows.
pub(super) struct Client {
    http: reqwest::Client,
    pub(super) resolver: Resolver,
    allowed: Allowed,
    /// Whether this machine has no certificates to check others by. Files and plain `http:` work
    /// all the same.
    trusts_nobody: bool,
    read_timeout: Duration,
    most_bytes: usize,
    large: Semaphore,
}

impl Client {
    pub(super) fn new(settings: &Settings, allowed: Allowed) -> Result<Self, FetchError> {
        if CryptoProvider::get_default().is_none() {
            // Fails only when somebody else was faster, which is as good.
            ring::default_provider().install_default().ok();
        }
        let resolver = Resolver::new(allowed.clone());
        let (http, trusts_nobody) = if let Ok(http) = builder(settings, resolver.clone()).build() {
            (http, false)
        } else {
            let tls = rustls::ClientConfig::builder()
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            let builder = builder(settings, resolver.clone()).tls_backend_preconfigured(tls);
            (builder.build().map_err(|error| FetchError::Setup(root_cause(&error)))?, true)
        };
        Ok(Self {
            http,
            resolver,
            allowed,
            trusts_nobody,
            read_timeout: read_timeout(settings),
            most_bytes: settings.most_bytes,
            large: Semaphore::new(MOST_LARGE),
        })
    }

    /// Refuses an address that is written in `url` itself; names are left to the resolver.
    pub(super) fn check(&self, url: &Url) -> Result<(), FetchError> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            _ => return Ok(()),
        };
        if self.allowed.permits(address) {
            return Ok(());
        }
        Err(FetchError::Private { host: url.host_str().unwrap_or_default().to_owned(), address })
    }

    /// Refuses `https:` where nobody's certificate could be checked.
    fn check_trust(&self, url: &Url) -> Result<(), FetchError> {
        if self.trusts_nobody && url.scheme() == "https" {
            let remedy = "no certificates to check https servers by: install `ca-certificates` and start again";
            return Err(FetchError::Setup(remedy.to_owned()));
        }
        Ok(())
    }

    /// Sends one request and receives its reply in full; follows nothing.
    pub(super) async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, FetchError> {
        let Ask { url, accept, validators, part, api, pause: _ } = ask;
        self.check_trust(url)?;
        let location = Location::Web(url.clone());
        let conditions = validators.map(Validators::conditions).unwrap_or_default();
        let conditional = !conditions.is_empty();
        let accept = if accept.is_empty() { "*/*" } else { accept };
        let request = match api {
            Some(api) => self.http.get(addressed(url, api)?).headers(shown(api)?),
            None => self.http.get(url.clone()),
        };
        let request = request.header(ACCEPT, accept).headers(conditions);
        let response = request.send().await.map_err(|error| self.failed(error, &location))?;
        match (response.status().as_u16(), validators, part) {
            (200, ..) | (201..=299, _, Part::First(_)) => {
                let is_api = api.is_some();
                self.document(response, &location, *part, is_api).await
            }
            (304, Some(old), _) if conditional => Ok(Answer::Unchanged {
                validators: old.renewed(response.headers()),
                fresh_for: cache::fresh_for(response.headers()),
            }),
            (status @ (301 | 302 | 303 | 307 | 308), ..) => {
                let to = target(url, response.headers())
                    .map_err(|fault| FetchError::Redirect { location, fault })?;
                Ok(Answer::Moved { to, permanently: matches!(status, 301 | 308) })
            }
            (status, ..) => {
                let told = response.headers();
                let wait = cache::retry_after(told);
                let by_reset = || limits::used_up(told).or_else(|| limits::reset(told));
                let retry_after = match (wait, api) {
                    (None, Some(_)) if matches!(status, 429 | 503) => by_reset(),
                    // Meta says it this way; with others it is a fault of ours, or a permission that is
                    // missing, and no time counts while something is left.
                    (None, Some(_)) if matches!(status, 400 | 403) => limits::used_up(told),
                    _ => wait,
                };
                let said = match api {
                    Some(_) => Some(Box::new(self.said(response, &location, retry_after).await)),
                    None => None,
                };
                Err(FetchError::Status { location, status, retry_after, said })
            }
        }
    }

    /// Reads what a server says with a refusal. What cannot be read is not worth another error.
    async fn said(
        &self,
        mut response: reqwest::Response,
        location: &Location,
        wait: Option<Duration>,
    ) -> Reply {
        let body = self.body(&mut response, location, Part::First(MOST_OF_REFUSAL)).await;
        let headers = response.headers();
        Reply {
            content_type: content_type(headers),
            link: links(headers),
            wait,
            ..Reply::of(location.clone(), body.unwrap_or_default())
        }
    }

    /// Sends what a token is asked for with. Returns the status, what was said, and when to ask again.
    pub(super) async fn exchange(
        &self,
        url: &Url,
        body: String,
        kind: &'static str,
        authorization: Option<&Secret>,
    ) -> Result<(u16, Vec<u8>, Option<Duration>), FetchError> {
        self.check_trust(url)?;
        let location = Location::Web(url.clone());
        let mut request = self.http.post(url.clone()).header(ACCEPT, "application/json");
        if !kind.is_empty() {
            request = request.header(CONTENT_TYPE, kind);
        }
        if let Some(secret) = authorization {
            request = request.header(AUTHORIZATION, hidden(secret)?);
        }
        let sent = request.body(body).send().await;
        let mut response = sent.map_err(|error| self.failed(error, &location))?;
        let status = response.status().as_u16();
        let wait = cache::retry_after(response.headers());
        let wait = wait.or_else(|| limits::reset(response.headers()));
        let body = self.body(&mut response, &location, Part::First(MOST_OF_REFUSAL)).await?;
        Ok((status, body, wait))
    }

    /// Sends one call of an API, and returns once it is known how it was answered.
    pub(super) async fn call(&self, call: &Call) -> Result<reqwest::Response, FetchError> {
        self.check_trust(&call.url)?;
        let location = Location::Web(call.url.clone());
        let api = Api { access: Some(call.access.clone()), token: None };
        let url = addressed(&call.url, &api)?;
        let mut request = match call.verb {
            Verb::Get => self.http.get(url),
            Verb::Post => self.http.post(url),
            Verb::Put => self.http.put(url),
        };
        request = request.header(ACCEPT, "application/json").headers(shown(&api)?);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        request.send().await.map_err(|error| self.failed(error, &location))
    }

    /// Reads what is said with the answer to a call.
    pub(super) async fn words(
        &self,
        response: &mut reqwest::Response,
        location: &Location,
    ) -> Result<Vec<u8>, FetchError> {
        self.body(response, location, Part::First(call::MOST_BYTES)).await
    }

    /// Sends a form and returns the status of the answer, which is not read.
    pub(super) async fn submit(&self, url: &Url, body: String) -> Result<u16, FetchError> {
        self.check_trust(url)?;
        let form = "application/x-www-form-urlencoded";
        let request = self.http.post(url.clone()).header(CONTENT_TYPE, form).body(body);
        let response = request
            .send()
            .await
            .map_err(|error| self.failed(error, &Location::Web(url.clone())))?;
        Ok(response.status().as_u16())
    }

    async fn document(
        &self,
        mut response: reqwest::Response,
        location: &Location,
        part: Part,
        is_api: bool,
    ) -> Result<Answer, FetchError> {
        let body = self.body(&mut response, location, part).await?;
        let headers = response.headers();
        Ok(Answer::Document {
            wait: if is_api { limits::used_up(headers) } else { None },
            content_type: content_type(headers),
            body,
            link: links(headers),
            validators: Validators::of(headers),
            fresh_for: cache::fresh_for(headers),
        })
    }

    async fn body(
        &self,
        response: &mut reqwest::Response,
        location: &Location,
        part: Part,
    ) -> Result<Vec<u8>, FetchError> {
        let too_large =
            || FetchError::TooLarge { location: location.clone(), most: self.most_bytes };
        let most = u64::try_from(self.most_bytes).unwrap_or(u64::MAX);
        // Known only of bodies that are not compressed.
        if part == Part::Whole && response.content_length().is_some_and(|length| length > most) {
            return Err(too_large());
        }
        // What the client undoes it takes off this header.
        if let Some(coding) = response.headers().get(CONTENT_ENCODING)
            && !matches!(coding.as_bytes().to_ascii_lowercase().trim_ascii(), b"" | b"identity")
        {
            let cause = "it is compressed in a way that was not asked for".to_owned();
            return Err(FetchError::Broken { location: location.clone(), cause });
        }
        let mut body = Vec::new();
        let mut permit = None;
        while let Some(chunk) =
            response.chunk().await.map_err(|error| self.failed(error, location))?
        {
            let length = body.len() + chunk.len();
            if permit.is_none() && length > LARGE {
                permit = self.large.acquire().await.ok();
            }
            match part {
                Part::First(most) if length >= most => {
                    body.extend(chunk.iter().take(most - body.len()));
                    return Ok(body);
                }
                Part::Whole if length > self.most_bytes => return Err(too_large()),
                Part::First(_) | Part::Whole => body.extend_from_slice(&chunk),
            }
        }
        Ok(body)
    }

    fn failed(&self, error: reqwest::Error, location: &Location) -> FetchError {
        FetchError::from_client(error, location, self.read_timeout)
    }
}

/// Returns the address that a request of an API is sent to, with what is secret in it.
fn addressed(url: &Url, api: &Api) -> Result<Url, FetchError> {
    let mut sent = url.clone();
    let Some(access) = &api.access else { return Ok(sent) };
    if let Some(token) = &access.token
        && url.path().contains(TOKEN)
    {
        let path = url.path().replace(TOKEN, token.expose());
        // A token with a slash in it would lead elsewhere.
        if token.expose().contains(['/', '?', '#', '\\']) {
            return Err(FetchError::Setup("the token has signs that no token has".to_owned()));
        }
        sent.set_path(&path);
    }
    if !access.query.is_empty() {
        let pairs = access.query.iter().map(|(name, value)| (name, value.expose()));
        sent.query_pairs_mut().extend_pairs(pairs);
    }
    Ok(sent)
}

/// Returns the headers that a request of an API shows.
fn shown(api: &Api) -> Result<HeaderMap, FetchError> {
    let mut headers = HeaderMap::new();
    let Some(access) = &api.access else { return Ok(headers) };
    for (name, value) in &access.headers {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            let what = format!("`{}` is no name of a header", crate::text::visible(name));
            return Err(FetchError::Setup(what));
        };
        headers.insert(name, hidden(value)?);
    }
    if let Some(token) = &api.token {
        headers.insert(AUTHORIZATION, hidden(&format!("Bearer {}", token.expose()).into())?);
    }
    Ok(headers)
}

/// Returns the value of a header that no log shows.
fn hidden(secret: &Secret) -> Result<HeaderValue, FetchError> {
    let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| {
        FetchError::Setup("a token or password has characters that no header can carry".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Returns the `Link` headers, as far as they are of a sane number and length.
fn links(headers: &HeaderMap) -> Vec<String> {
    let sane = headers.get_all(LINK).iter().filter(|value| value.len() <= LONGEST_LINK);
    sane.take(MOST_LINKS).map(|value| String::from_utf8_lossy(value.as_bytes()).into()).collect()
}

fn read_timeout(settings: &Settings) -> Duration {
    READ_TIMEOUT.min(settings.timeout)
}

fn builder(settings: &Settings, resolver: Resolver) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(settings.user_agent())
        .dns_resolver(resolver)
        // A proxy would look names up itself, past the guard.
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .read_timeout(read_timeout(settings))
        .pool_idle_timeout(IDLE_CONNECTION)
        .pool_max_idle_per_host(MOST_IDLE)
        .tcp_keepalive(Duration::from_secs(30))
}

/// Returns where a redirect leads, if it may be followed.
fn target(from: &Url, headers: &HeaderMap) -> Result<Url, RedirectFault> {
    let text = headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut to = text.and_then(|text| from.join(&text).ok()).ok_or(RedirectFault::Nowhere)?;
    match (from.scheme(), to.scheme()) {
        ("https", "http") => return Err(RedirectFault::Downgrade),
        (_, "http" | "https") => {}
        _ => return Err(RedirectFault::Scheme),
    }
    to.set_fragment(None);
    // Our name and password are for whom the operator gave them to; a server has none to give us.
    let (name, password) =
        if to.origin() == from.origin() { (from.username(), from.password()) } else { ("", None) };
    to.set_username(name)
        .and_then(|()| to.set_password(password))
        .map_err(|()| RedirectFault::Nowhere)?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, location: &str, to: Result<&str, RedirectFault>) {
        let value = HeaderValue::from_bytes(location.as_bytes()).unwrap();
        let found = target(&Url::parse(from).unwrap(), &HeaderMap::from_iter([(LOCATION, value)]));
        assert_eq!(found.map(String::from), to.map(str::to_owned), "{location}");
    }

    #[test]
    fn a_redirect_leads_only_where_it_may() {
        check("http://a.example/x/y", "../z?q=1#f", Ok("http://a.example/z?q=1"));
        check("http://a.example/x", "https://a.example/x", Ok("https://a.example/x"));
        check("https://a.example/x", "//b.example/x", Ok("https://b.example/x"));
        check("http://a.example/x", "/ä", Ok("http://a.example/%C3%A4"));
        check("https://a.example/x", "http://a.example/x", Err(RedirectFault::Downgrade));
        check("http://a.example/x", "file:///etc/passwd", Err(RedirectFault::Scheme));
        check("http://a.example/x", "ftp://a.example/", Err(RedirectFault::Scheme));
        check("http://a.example/x", "http://", Err(RedirectFault::Nowhere));
        assert_eq!(
            target(&Url::parse("http://a.example/").unwrap(), &HeaderMap::new()),
            Err(RedirectFault::Nowhere)
        );
    }

    #[test]
    fn a_password_stays_with_its_own_server() {
        check("https://me:pw@a.example/x", "/y", Ok("https://me:pw@a.example/y"));
        check("https://me:pw@a.example/x", "https://a.example/y", Ok("https://me:pw@a.example/y"));
        check("https://me:pw@a.example/x", "https://b.example/y", Ok("https://b.example/y"));
        check(
            "https://me:pw@a.example/x",
            "https://a.example:444/y",
            Ok("https://a.example:444/y"),
        );
        check("https://a.example/x", "https://you:pw@b.example/y", Ok("https://b.example/y"));
    }
}
