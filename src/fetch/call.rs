//! Calls of an API that changes something at the other end. Nothing is repeated here and no redirect is
//! followed: who calls knows what may be sent twice.

use super::{Access, Allowed, FetchError, Fetcher, Location, Reply, cache, limits};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// What is read of an answer.
pub(super) const MOST_BYTES: usize = 1024 * 1024;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Put,
}

/// One call, with JSON both ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub verb: Verb,
    pub url: Url,
    pub access: Access,
    /// Headers that are no secret.
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<String>,
    /// Which private addresses it may ask; `None`: what [`super::Settings`] say.
    pub allow_private: Option<Allowed>,
    /// Whether a status of success says all: what is said with it may break off, or never end.
    pub by_status: bool,
}

impl Call {
    /// Asks what there is at `url`.
    pub fn get(url: Url) -> Self {
        let (access, headers) = (Access::default(), Vec::new());
        let (body, allow_private) = (None, None);
        Self { verb: Verb::Get, url, access, headers, body, allow_private, by_status: false }
    }

    /// Sends `body`, JSON, to `url`.
    pub fn post(url: Url, body: &serde_json::Value) -> Self {
        Self { verb: Verb::Post, body: Some(body.to_string()), ..Self::get(url) }
    }

    /// Puts `body`, JSON, at `url`: the same once more changes nothing.
    pub fn put(url: Url, body: &serde_json::Value) -> Self {
        Self { verb: Verb::Put, ..Self::post(url, body) }
    }
}

impl Fetcher {
    /// Sends `call` when its host's turn has come, and returns what was answered with status 200 to 299.
    ///
    /// # Errors
    ///
    /// Any [`FetchError`]; a status other than 200 to 299 is one, with what was said, without what was
    /// shown to be let in. What came of it is left open where a status of success came and not all of what
    /// belongs to it, unless the call goes by the status.
    pub async fn call(&self, call: &Call) -> Result<Vec<u8>, FetchError> {
        let allowed = call.allow_private.as_ref().unwrap_or(&self.settings.allow_private);
        let client = self.client(allowed)?;
        client.check(&call.url)?;
        let slot = self.enter(&client, &call.url, Duration::ZERO).await?;
        let _turn = self.at_once.acquire().await;
        let started = Instant::now();
        let location = Location::Web(call.url.clone());
        let until = started + self.settings.timeout;
        let answered = timeout_at(until, client.call(call)).await;
        let mut response = answered.unwrap_or_else(|_| Err(self.timed_out(&location)))?;
        let status = response.status().as_u16();
        let wait = cache::retry_after(response.headers());
        let wait = wait.or_else(|| limits::reset(response.headers()));
        let read = timeout_at(until, client.words(&mut response, &location)).await;
        tracing::debug!(
            host = call.url.host_str().unwrap_or_default(),
            milliseconds = started.elapsed().as_millis(),
            "Called an API."
        );
        let read = read.unwrap_or_else(|_| Err(self.timed_out(&location)));
        let body = match read {
            // A refusal is one whatever is said with it.
            Err(_) if call.by_status || !matches!(status, 200..300) => Vec::new(),
            read => call.access.masked(read?, None),
        };
        match (status, wait) {
            (200..300, _) => {
                slot.answered();
                if body.len() >= MOST_BYTES && !call.by_status {
                    return Err(FetchError::TooLarge { location, most: MOST_BYTES });
                }
                return Ok(body);
            }
            (429 | 503, Some(wait)) => slot.refused(wait),
            (429 | 503, None) => {}
            _ => slot.answered(),
        }
        let said = Some(Box::new(Reply { wait, ..Reply::of(location.clone(), body) }));
        let retry_after = wait.filter(|_| matches!(status, 429 | 503));
        Err(FetchError::Status { location, status, retry_after, said })
    }
}
