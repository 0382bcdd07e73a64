//! Calls of an API that changes something at the other end. Nothing is repeated here and no redirect is
//! followed: who calls knows what may be sent twice.

use super::{Access, Allowed, FetchError, Fetcher, Location, Reply};
use std::time::Duration;
use tokio::time::Instant;
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
}

impl Call {
    /// Asks what there is at `url`.
    pub fn get(url: Url) -> Self {
        let (access, headers) = (Access::default(), Vec::new());
        Self { verb: Verb::Get, url, access, headers, body: None, allow_private: None }
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
    /// shown to be let in.
    pub async fn call(&self, call: &Call) -> Result<Vec<u8>, FetchError> {
        let allowed = call.allow_private.as_ref().unwrap_or(&self.settings.allow_private);
        let client = self.client(allowed)?;
        client.check(&call.url)?;
        let slot = self.enter(&client, &call.url, Duration::ZERO).await?;
        let _turn = self.at_once.acquire().await;
        let started = Instant::now();
        let location = Location::Web(call.url.clone());
        let timed_out = |_| Err(self.timed_out(&location));
        let answered = tokio::time::timeout(self.settings.timeout, client.call(call)).await;
        tracing::debug!(
            host = call.url.host_str().unwrap_or_default(),
            milliseconds = started.elapsed().as_millis(),
            "Called an API."
        );
        let (status, body, wait) = answered.unwrap_or_else(timed_out)?;
        let body = call.access.masked(body, None);
        match (status, wait) {
            (200..300, _) => {
                slot.answered();
                if body.len() >= MOST_BYTES {
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
