//! Forms sent to others: what they answer is not read.

use super::client::Client;
use super::{Allowed, FetchError, Fetcher, Location};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;
use url::form_urlencoded::Serializer;

impl Fetcher {
    /// Sends `form` to `url`, when its host's turn has come. No redirect is followed: a form may hold
    /// secrets.
    ///
    /// # Errors
    ///
    /// Any [`FetchError`]; a status other than 200 to 299 is one.
    pub async fn submit(
        &self,
        url: &Url,
        form: &[(&'static str, String)],
        allow_private: Option<&Allowed>,
    ) -> Result<(), FetchError> {
        let client = self.client(allow_private.unwrap_or(&self.settings.allow_private))?;
        client.check(url)?;
        let slot = self.enter(&client, url, Duration::ZERO).await?;
        let _turn = self.at_once.acquire().await;
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let started = Instant::now();
        let sent = tokio::time::timeout(self.settings.timeout, send(&client, url, body)).await;
        tracing::debug!(
            host = url.host_str().unwrap_or_default(),
            milliseconds = started.elapsed().as_millis(),
            "Sent a form."
        );
        drop(slot);
        sent.unwrap_or_else(|_| Err(self.timed_out(&Location::Web(url.clone()))))
    }
}

async fn send(client: &Client, url: &Url, body: String) -> Result<(), FetchError> {
    match client.submit(url, body).await? {
        200..300 => Ok(()),
        status => Err(FetchError::Status {
            location: Location::Web(url.clone()),
            status,
            retry_after: None,
            said: None,
        }),
    }
}
