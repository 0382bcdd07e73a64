//! Questions to a service that the operator chose, which has no manners to be minded but a limit of time
//! and size. It may stand anywhere, on this machine above all.

use super::client::MOST_OF_REFUSAL;
use super::{Allowed, FetchError, Fetcher, Location, Secret};
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// An answer has less than this.
const MOST_BYTES: usize = MOST_OF_REFUSAL;

impl Fetcher {
    /// Sends `body`, JSON, to `url` at once, and returns what is answered within `allotted`. No redirect
    /// is followed.
    ///
    /// # Errors
    ///
    /// Any [`FetchError`]; a status other than 200 to 299 is one. Its text holds nothing of the answer.
    pub async fn inquire(
        &self,
        url: &Url,
        body: String,
        token: Option<&Secret>,
        allotted: Duration,
    ) -> Result<Vec<u8>, FetchError> {
        let client = self.client(&Allowed::All)?;
        let bearer = token.map(|token| Secret::from(format!("Bearer {}", token.expose())));
        let sent = client.exchange(url, body, "application/json", bearer.as_ref());
        let location = || Location::Web(url.clone());
        let timed_out = |_| Err(FetchError::Timeout { location: location(), allotted });
        let (status, body, retry_after) =
            timeout(allotted, sent).await.unwrap_or_else(timed_out)?;
        match status {
            200..300 if body.len() >= MOST_BYTES => {
                Err(FetchError::TooLarge { location: location(), most: MOST_BYTES })
            }
            200..300 => Ok(body),
            status => {
                Err(FetchError::Status { location: location(), status, retry_after, said: None })
            }
        }
    }
}
