//! What is asked for, and what comes back.

use super::access::Access;
use super::budget::Cost;
use super::{Allowed, FetchError, Location, Secret, Validators};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// One thing to ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub location: Location,
    /// Media types, most wanted first, for the `Accept` header.
    pub accept: &'static str,
    /// The source's own word on private addresses; `None`: that of [`super::Settings`].
    pub allow_private: Option<Allowed>,
    /// The asker's own note on what this is for. It is not sent, and comes back with the reply.
    pub about: String,
    /// Whether the site's `robots.txt` has a say. It has for pages that we found ourselves, and for
    /// those that are made for people; not for a document for machines that the operator named.
    pub heeds_robots: bool,
    /// What is shown to be let in.
    pub access: Access,
    /// What it may use up of something scarce; it is asked only where that is left.
    pub cost: Option<Cost>,
    /// Whether what a server says with a refusal is read, and its own headers on how often it may be
    /// asked are heeded.
    pub is_api: bool,
    /// The least time between the end of the request before it to its host, whoever asked that, and
    /// its start. Zero: what [`Settings`](super::Settings) say is enough. A private address is the
    /// operator's own and waits for nothing.
    pub pause: Duration,
}

impl Request {
    /// Asks an API for JSON.
    pub fn api(url: Url) -> Self {
        Self {
            is_api: true,
            ..Self::for_what_was_named(Location::Web(url), "application/json, */*;q=0.1")
        }
    }

    /// The same, with a note on what it is for.
    #[must_use]
    pub fn about(self, about: impl Into<String>) -> Self {
        Self { about: about.into(), ..self }
    }

    /// The same, showing this to be let in.
    #[must_use]
    pub fn with(self, access: &Access) -> Self {
        Self { access: access.clone(), ..self }
    }

    /// The same, where it may use up so much.
    #[must_use]
    pub fn costs(self, cost: Cost) -> Self {
        Self { cost: Some(cost), ..self }
    }

    /// Asks what a folder of this machine holds; the reply is a [`super::Listing`].
    pub fn folder(path: PathBuf) -> Self {
        Self::for_what_was_named(Location::File(path), super::file::FOLDER)
    }

    /// The same, so long after whatever its host was asked before.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Takes out of what a server said with a refusal whatever it was shown.
    pub(super) fn masked(&self, error: FetchError, token: Option<&Secret>) -> FetchError {
        match error {
            FetchError::Status { location, status, retry_after, said: Some(mut said) } => {
                said.body = self.access.masked(said.body, token);
                FetchError::Status { location, status, retry_after, said: Some(said) }
            }
            error => error,
        }
    }

    /// Asks for a document for machines that the operator named.
    pub fn for_what_was_named(location: Location, accept: &'static str) -> Self {
        Self {
            location,
            accept,
            allow_private: None,
            about: String::new(),
            heeds_robots: false,
            access: Access::default(),
            cost: None,
            is_api: false,
            pause: Duration::ZERO,
        }
    }
}

/// What came back, decompressed: with status 200, or what was said with a refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Where it came from in the end, redirects followed.
    pub location: Location,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
    /// As in the request.
    pub about: String,
    /// The `Link` headers as they are.
    pub link: Vec<String>,
    /// When the server says that it may be asked again, where it says so of a refusal or in an answer
    /// that used up what it gives.
    pub wait: Option<Duration>,
}

impl Reply {
    /// A reply of which nothing but the place and the body is known, as a file is.
    pub fn of(location: Location, body: Vec<u8>) -> Self {
        Self {
            location,
            content_type: None,
            body,
            about: String::new(),
            link: Vec::new(),
            wait: None,
        }
    }
}

/// What a fetch brought.
#[derive(Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, and is taken apart at once")]
pub enum Fetched {
    Fresh {
        reply: Reply,
        /// For the next request for the same location.
        validators: Validators,
        /// The new address, if the server says that the document has moved there for good.
        redirects_permanently_to: Option<Url>,
        /// For how long the server says that this stays as it is: at most a day, never zero.
        fresh_for: Option<Duration>,
    },
    Unchanged {
        validators: Validators,
        /// As above, told anew.
        fresh_for: Option<Duration>,
    },
}

impl Fetched {
    /// The same, with this note on the reply.
    pub(super) fn about(mut self, about: &str) -> Self {
        if let Self::Fresh { reply, .. } = &mut self {
            about.clone_into(&mut reply.about);
        }
        self
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh { reply, validators, redirects_permanently_to: moved, fresh_for } => f
                .debug_struct("Fresh")
                .field("reply", reply)
                .field("validators", validators)
                // As a location, it shows no secrets.
                .field("redirects_permanently_to", &moved.clone().map(Location::Web))
                .field("fresh_for", fresh_for)
                .finish(),
            Self::Unchanged { validators, fresh_for } => f
                .debug_struct("Unchanged")
                .field("validators", validators)
                .field("fresh_for", fresh_for)
                .finish(),
        }
    }
}
