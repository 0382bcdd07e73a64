//! What can go wrong with a fetch, said so that it can be shown, and what to do about it.

use std::error::Error;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::guard::NotAllowed;
use super::{Location, Reply};
use crate::text;

/// Why a fetch brought nothing. The text holds no secret of an address, and holds its own cause.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    #[error("{location} answered {status}{}", meaning(*status))]
    Status {
        location: Location,
        status: u16,
        /// How long the server wants to be left alone; at most 24 hours, never zero.
        retry_after: Option<Duration>,
        /// What an API said with it.
        said: Option<Box<Reply>>,
    },
    /// No token was given for the name and password, or whatever else there is.
    #[error("could not sign in at {host}: {cause}")]
    SignIn { host: String, cause: String },
    #[error("{host} asked to be left alone for another {} s", wait.as_secs().max(1))]
    HostPaused { host: String, wait: Duration },
    #[error("{location} did not answer in full within {} s", allotted.as_secs_f32())]
    Timeout { location: Location, allotted: Duration },
    #[error("{location} has more than {}", megabytes(*most))]
    TooLarge { location: Location, most: usize },
    #[error(
        "{host} has the private address {address}: `allow_private_addresses` would have to allow it"
    )]
    Private { host: String, address: IpAddr },
    #[error("{location} redirects {fault}")]
    Redirect { location: Location, fault: RedirectFault },
    #[error("an address at {host} is longer than any page's")]
    TooLong { host: String },
    /// The site asks robots not to come there.
    #[error(
        "the robots.txt of {} does not let us read {location}: where the site has a feed or an API, name that instead",
        location.host().unwrap_or_default()
    )]
    Robots { location: Location },
    /// Nobody knows whether the site asks robots not to come there.
    #[error("{location} may not be read while the robots.txt of its site cannot be: {cause}")]
    RobotsUnknown { location: Location, cause: String },
    #[error("no connection to {host}: {cause}")]
    Connect { host: String, cause: String },
    #[error("the reply of {location} broke off: {cause}")]
    Broken { location: Location, cause: String },
    #[error("could not read {}: {cause}", text::visible(&path.to_string_lossy()))]
    File { path: PathBuf, cause: String },
    /// The client itself cannot be built as configured.
    #[error("the HTTP client cannot work: {0}")]
    Setup(String),
}

fn megabytes(bytes: usize) -> String {
    match bytes.checked_div(1024 * 1024) {
        Some(whole) if whole > 0 && bytes.is_multiple_of(1024 * 1024) => format!("{whole} MiB"),
        _ => format!("{bytes} bytes"),
    }
}

/// Says what a status means where that tells what to do.
fn meaning(status: u16) -> &'static str {
    match status {
        401 => ": it asks for a name and a password",
        403 => ": it refuses us, or all programs",
        404 => ": there is nothing at this address",
        429 => ": it was asked too often",
        503 => ": it is busy, down for a while, or refuses programs",
        _ => "",
    }
}

/// What is wrong with a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    #[error("in a circle")]
    Loop,
    #[error("more than {} times", super::MOST_REDIRECTS)]
    TooMany,
    #[error("from https to http")]
    Downgrade,
    #[error("to something that is neither http nor https")]
    Scheme,
    #[error("without saying where to")]
    Nowhere,
    #[error("to an address with what it was shown in it: give its new address")]
    Echo,
}

/// Whether and when the same request is worth repeating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not before this has passed: the server said so.
    After(Duration),
    /// At the next occasion, later and later while it keeps failing.
    Soon,
    /// It is gone for good and must not be asked for again.
    Never,
}

impl FetchError {
    /// Returns whether and when the same request is worth repeating.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Status { status: 410, .. } => Retry::Never,
            Self::Status { retry_after: Some(wait), .. } | Self::HostPaused { wait, .. } => {
                Retry::After(*wait)
            }
            _ => Retry::Soon,
        }
    }

    /// Says what a client's error means for a request to `location`, with `allotted` between two bytes.
    pub(super) fn from_client(
        error: reqwest::Error,
        location: &Location,
        allotted: Duration,
    ) -> Self {
        // The text of this error would otherwise hold the whole address.
        let error = error.without_url();
        let host = || location.host().unwrap_or_default();
        if let Some(NotAllowed(address)) = innermost(&error, |cause| cause.downcast_ref()) {
            return Self::Private { host: host(), address: *address };
        }
        let cause = root_cause(&error);
        if error.is_connect() {
            return Self::Connect { host: host(), cause };
        }
        if error.is_timeout() {
            return Self::Timeout { location: location.clone(), allotted };
        }
        Self::Broken { location: location.clone(), cause }
    }
}

/// Returns the innermost of an error's causes for which `wanted` gives something.
fn innermost<'a, T>(
    error: &'a (dyn Error + 'static),
    wanted: impl Fn(&'a (dyn Error + 'static)) -> Option<T>,
) -> Option<T> {
    let mut found = None;
    let mut current = Some(error);
    while let Some(error) = current {
        found = wanted(error).or(found);
        current = error.source();
    }
    found
}

/// Returns what the innermost cause says, fit to be shown.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let told = innermost(error, |cause| Some(cause.to_string())).unwrap_or_default();
    text::cut(&text::visible(&told), 200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn an_error_knows_what_to_do_about_itself() {
        let status = |status, retry_after: Option<u64>| {
            let location = Location::parse("https://example.org/", Path::new("/")).unwrap();
            let retry_after = retry_after.map(Duration::from_secs);
            FetchError::Status { location, status, retry_after, said: None }.retry()
        };
        assert_eq!(status(410, None), Retry::Never);
        assert_eq!(status(410, Some(60)), Retry::Never);
        assert_eq!(status(404, None), Retry::Soon);
        assert_eq!(status(503, None), Retry::Soon);
        assert_eq!(status(429, Some(61)), Retry::After(Duration::from_secs(61)));
        let wait = Duration::from_secs(7);
        assert_eq!(
            FetchError::HostPaused { host: "h".to_owned(), wait }.retry(),
            Retry::After(wait)
        );
    }
}
