//! What an error of a desk means: whether the ticket may be there all the same, whether to try again and
//! when, and what people are told. What is told names the host alone: an address may hold secrets.

use super::api::Api;
use crate::delivery::email::Failed;
use crate::fetch::{FetchError, Retry};
use crate::text;
use serde_json::Value;
use std::time::Duration;

/// The most that is told of what a desk said, in characters.
const MOST_SAID: usize = 200;

/// Tells whether the server can have done nothing: it was not reached, or refused.
pub(super) fn did_nothing(error: &FetchError) -> bool {
    match error {
        // 408, 409 and 425 are of a request that may have come before.
        FetchError::Status { status, .. } => {
            matches!(status, 300..=499) && !matches!(status, 408 | 409 | 425)
        }
        FetchError::Connect { .. }
        | FetchError::Private { .. }
        | FetchError::HostPaused { .. }
        | FetchError::Setup(_) => true,
        _ => false,
    }
}

/// Says whether it may go better later, and in what words it failed.
pub(super) fn failed(error: &FetchError, api: &dyn Api) -> Failed {
    let answer = told(error, api);
    // Who is told to go away for want of a right may get it; what is wrong with a request stays so.
    match error {
        FetchError::Status { status, .. } if api.is_patient() && *status != 410 => {
            Failed::Temporary { answer }
        }
        FetchError::Status { status: 400 | 404..=407 | 410 | 413..=417 | 422, .. } => {
            Failed::Permanent { answer }
        }
        _ => Failed::Temporary { answer },
    }
}

/// Returns how long the server wants to be left alone.
pub(super) fn wait(error: &FetchError) -> Option<Duration> {
    match error.retry() {
        Retry::After(wait) => Some(wait),
        Retry::Soon | Retry::Never => None,
    }
}

/// Returns an error in words.
pub(super) fn told(error: &FetchError, api: &dyn Api) -> String {
    let host = api.base().host_str().unwrap_or_default();
    match error {
        FetchError::Status { status, said, .. } => {
            let said = said.as_ref().map(|reply| reply.body.as_slice()).unwrap_or_default();
            let read: Option<Value> = serde_json::from_slice(said).ok();
            let words = match &read {
                Some(json) => api.complaint(json),
                // Zendesk says in plain words that it was asked too often; a page is of no use.
                None => std::str::from_utf8(said)
                    .ok()
                    .filter(|text| !text.contains('<'))
                    .map(str::to_owned),
            };
            let words = words.map(|words| text::visible(words.trim())).unwrap_or_default();
            let hint = match status {
                401 | 403 => " (is its token right, and allowed to open and read tickets?)",
                410 if api.is_patient() => {
                    " (it wants no more: take the channel out, or mend its address)"
                }
                300..=399 => " (it leads elsewhere: give the address that it leads to)",
                _ => "",
            };
            let colon = if words.is_empty() { "" } else { ": " };
            format!("{host} answered {status}{colon}{}{hint}", text::cut(&words, MOST_SAID))
        }
        FetchError::Timeout { .. } => format!("{host} did not answer in full in time"),
        FetchError::Broken { cause, .. } => format!("the reply of {host} broke off: {cause}"),
        FetchError::TooLarge { .. } => format!("{host} answered more than can be of use"),
        // These name hosts only.
        FetchError::Connect { .. }
        | FetchError::Private { .. }
        | FetchError::HostPaused { .. }
        | FetchError::Setup(_) => error.to_string(),
        _ => format!("{host} could not be asked"),
    }
}
