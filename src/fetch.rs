//! The only HTTP client of the program, and the same for files.
//!
//! Whatever asks for something gets these at once: limits of time, size and address, a pace per
//! host, redirects followed with care, and nothing sent again that is known already.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::Url;

mod access;
pub mod budget;
mod cache;
mod call;
mod client;
mod error;
mod file;
mod guard;
mod host;
mod inquire;
mod limits;
mod location;
mod manners;
mod request;
mod robots;
mod submit;
#[cfg(test)]
mod testing;
mod token;

pub use access::{Access, Grant, Secret};
pub use cache::Validators;
pub use call::{Call, Verb};
pub use error::{FetchError, RedirectFault, Retry};
pub use file::Listing;
pub use guard::{Allowed, Network};
pub use location::Location;
pub use request::{Fetched, Reply, Request};

use client::{Answer, Api, Ask, Client, Part};
use host::{Hosts, Pace, Slot};
use manners::Manners;
use robots::Rules;

/// Redirects followed for one request.
pub const MOST_REDIRECTS: usize = 5;

/// Fetches at work at once, queues of hosts not counted. Bounds open connections and memory.
const MOST_AT_ONCE: usize = 256;

/// An address that we were led to and that has more bytes than this is no page's. To hold it against
/// every line of a `robots.txt` would take long.
const LONGEST_ADDRESS: usize = 8 * 1024;

/// Requests at once to one private address.
const PRIVATE_AT_ONCE: usize = 32;

/// Our name in a `robots.txt`, and the first word of our `User-Agent`.
const PRODUCT: &str = "vahti";

/// Nobody is left alone for longer than this, whatever they ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// How to fetch, as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where to find whoever runs this, for the `User-Agent` header.
    pub contact: Option<String>,
    pub allow_private: Allowed,
    /// Requests at once to one public host.
    pub per_host: usize,
    /// Time between the end of a request to a public host and the start of the next.
    pub pause: Duration,
    /// For one fetch, redirects included, but not the time spent waiting for a host's turn.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// Of a body, decompressed.
    pub most_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            contact: None,
            allow_private: Allowed::Nobody,
            per_host: 1,
            pause: Duration::from_secs(1),
            timeout: Duration::from_mins(1),
            connect_timeout: Duration::from_secs(10),
            most_bytes: 10 * 1024 * 1024,
        }
    }
}

impl Settings {
    fn user_agent(&self) -> String {
        let name = format!("{PRODUCT}/{}", env!("CARGO_PKG_VERSION"));
        match &self.contact {
            Some(contact) => format!("{name} (+{contact})"),
            None => name,
        }
    }
}

/// Fetches everything that the program reads, each host at its own pace.
pub struct Fetcher {
    settings: Settings,
    /// By whom they may connect to; nearly always one.
    clients: Mutex<HashMap<Allowed, Arc<Client>>>,
    hosts: Hosts,
    manners: Manners,
    public: Pace,
    private: Pace,
    at_once: Semaphore,
    tokens: token::Tokens,
}

impl Fetcher {
    /// # Errors
    ///
    /// Fails when the contact cannot stand in a header, or the operating system gives no client.
    pub fn new(settings: Settings) -> Result<Self, FetchError> {
        let public = Pace { at_once: settings.per_host, pause: settings.pause, apart: false };
        let private = Pace { at_once: PRIVATE_AT_ONCE, pause: Duration::ZERO, apart: true };
        Self::with_paces(settings, public, private)
    }

    fn with_paces(settings: Settings, public: Pace, private: Pace) -> Result<Self, FetchError> {
        if reqwest::header::HeaderValue::from_str(&settings.user_agent()).is_err() {
            return Err(FetchError::Setup(
                "the contact has characters that no header can carry".to_owned(),
            ));
        }
        let fetcher = Self {
            settings,
            clients: Mutex::default(),
            hosts: Hosts::new(),
            manners: Manners::default(),
            public,
            private,
            at_once: Semaphore::new(MOST_AT_ONCE),
            tokens: token::Tokens::default(),
        };
        fetcher.client(&fetcher.settings.allow_private)?;
        Ok(fetcher)
    }

    /// Fetches `request`, unless it is still as `validators` knew it.
    ///
    /// Waits for the host's turn, however long that takes; everything after that is bounded.
    ///
    /// # Errors
    ///
    /// Any [`FetchError`]; its text may be shown.
    pub async fn fetch(
        &self,
        request: &Request,
        validators: Option<&Validators>,
    ) -> Result<Fetched, FetchError> {
        match &request.location {
            Location::Web(url) => {
                self.follow(request, url, validators.filter(|known| !known.is_empty())).await
            }
            Location::File(path) => {
                let (path, known, most) =
                    (path.clone(), validators.cloned(), self.settings.most_bytes);
                let is_folder = request.accept == file::FOLDER;
                let _turn = self.at_once.acquire().await;
                let read = tokio::task::spawn_blocking(move || {
                    if is_folder {
                        file::list(&path)
                    } else {
                        file::read(&path, known.as_ref(), most)
                    }
                });
                match tokio::time::timeout(self.settings.timeout, read).await {
                    Ok(Ok(read)) => read.map(|fetched| fetched.about(&request.about)),
                    Ok(Err(error)) => Err(FetchError::Setup(error.to_string())),
                    Err(_) => Err(self.timed_out(&request.location)),
                }
            }
        }
    }

    /// Notes that `location` asked an earlier run to be left alone for another `wait`, as if it had
    /// said so just now.
    pub fn refuse(&self, location: &Location, wait: Duration) {
        let Location::Web(url) = location else { return };
        if wait.is_zero() {
            return;
        }
        // Which of the two the host is will show when it is asked; the other is soon forgotten.
        for pace in [self.public, self.private] {
            self.hosts.refuse(url, pace, wait.min(LONGEST_PAUSE));
        }
    }

    /// Follows redirects by hand: each step goes through the guard and waits for its host.
    async fn follow(
        &self,
        request: &Request,
        first: &Url,
        validators: Option<&Validators>,
    ) -> Result<Fetched, FetchError> {
        let client =
            self.client(request.allow_private.as_ref().unwrap_or(&self.settings.allow_private))?;
        let mut token = self.token_for(&client, request, None).await?;
        let mut is_renewed = false;
        let (url, accept, part) = (first.clone(), request.accept, Part::Whole);
        let mut ask = Ask { url, accept, validators, part, api: None, pause: request.pause };
        let mut trail = Trail::default();
        let mut left = self.settings.timeout;
        loop {
            if request.heeds_robots {
                self.heed_robots(&client, &ask.url).await?;
            }
            // What we show is for the host that was asked, and for nobody it leads us to.
            ask.api = request.is_api.then(|| {
                let is_theirs = ask.url.origin() == first.origin();
                let access = is_theirs.then(|| request.access.clone());
                Api { access, token: token.clone() }
            });
            let answer = match self.step(&client, &ask, &mut left).await {
                Err(error) if token.is_some() && !is_renewed && is_stale(&error) => {
                    is_renewed = true;
                    token = self.token_for(&client, request, token.as_ref()).await?;
                    continue;
                }
                answer => answer.map_err(|error| request.masked(error, token.as_ref()))?,
            };
            match answer {
                Answer::Unchanged { validators, fresh_for } => {
                    return Ok(Fetched::Unchanged { validators, fresh_for });
                }
                Answer::Document { content_type, body, link, validators, fresh_for, wait } => {
                    let location = Location::Web(ask.url);
                    let about = request.about.clone();
                    let body = request.access.masked(body, token.as_ref());
                    // Both are said of the address that gave the document, which another may lead to
                    // tomorrow.
                    let of_first = trail.left.is_empty();
                    return Ok(Fetched::Fresh {
                        reply: Reply { location, content_type, body, about, link, wait },
                        validators: if of_first { validators } else { Validators::default() },
                        redirects_permanently_to: trail.moved_to,
                        fresh_for: fresh_for.filter(|_| !trail.temporary),
                    });
                }
                Answer::Moved { to, permanently } => {
                    // Validators mean something only to the address that gave them.
                    ask.validators = None;
                    // What repeats a secret would from here on stand in errors and in what is stored.
                    let echo = request.access.is_in(&to).then_some(RedirectFault::Echo);
                    let from = std::mem::replace(&mut ask.url, to);
                    let noted = echo.map_or_else(|| trail.note(from, &ask.url, permanently), Err);
                    noted.map_err(|fault| FetchError::Redirect {
                        location: request.location.clone(),
                        fault,
                    })?;
                }
            }
        }
    }

    /// Returns the token that `request` is to show, where one has to be asked for; not `stale`.
    async fn token_for(
        &self,
        client: &Client,
        request: &Request,
        stale: Option<&Secret>,
    ) -> Result<Option<Secret>, FetchError> {
        match &request.access.grant {
            Some(grant) => self.token(client, grant, stale).await.map(Some),
            None => Ok(None),
        }
    }

    /// Asks the site of `url` whether a robot may ask for that, unless it said so today.
    async fn heed_robots(&self, client: &Client, url: &Url) -> Result<(), FetchError> {
        client.check(url)?;
        let location = || Location::Web(url.clone());
        if url.as_str().len() > LONGEST_ADDRESS {
            return Err(FetchError::TooLong { host: location().host().unwrap_or_default() });
        }
        let read = self.robots(client, url);
        match self.manners.rules(url, Instant::now(), read).await {
            Ok(rules) if rules.allow(url) => Ok(()),
            Ok(_) => Err(FetchError::Robots { location: location() }),
            // What these say of the host is true of the page as well.
            Err(
                error @ (FetchError::HostPaused { .. }
                | FetchError::Private { .. }
                | FetchError::Setup(_)),
            ) => Err(error),
            Err(FetchError::Connect { host, cause })
                if location().host().as_ref() == Some(&host) =>
            {
                Err(FetchError::Connect { host, cause })
            }
            Err(error) => {
                let cause = error.to_string();
                Err(FetchError::RobotsUnknown { location: location(), cause })
            }
        }
    }

    /// Fetches the `robots.txt` of the site of `url`. One that there is not forbids nothing; failing is
    /// for a site of which nobody knows what it would have said (RFC 9309, 2.3.1).
    async fn robots(&self, client: &Client, url: &Url) -> Result<Rules, FetchError> {
        let mut first = url.clone();
        first.set_path("/robots.txt");
        first.set_query(None);
        first.set_fragment(None);
        let part = Part::First(robots::MOST_BYTES);
        let accept = "text/plain, */*;q=0.1";
        let pause = Duration::ZERO;
        let mut ask = Ask { url: first, accept, validators: None, part, api: None, pause };
        let mut trail = Trail::default();
        let mut left = self.settings.timeout;
        loop {
            match self.step(client, &ask, &mut left).await {
                Ok(Answer::Document { body, .. }) => return Ok(Rules::parse(&body, PRODUCT)),
                Ok(Answer::Moved { to, permanently }) => {
                    let from = std::mem::replace(&mut ask.url, to);
                    if trail.note(from, &ask.url, permanently).is_err() {
                        return Ok(Rules::default());
                    }
                }
                Err(
                    FetchError::Status { status: 400..=428 | 430..=499, .. }
                    | FetchError::Redirect { .. },
                ) => {
                    return Ok(Rules::default());
                }
                Err(FetchError::Private { .. }) if !trail.left.is_empty() => {
                    return Ok(Rules::default());
                }
                // Nobody asked whether it is.
                Ok(Answer::Unchanged { .. }) => return Ok(Rules::default()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks one address when its host's turn has come, within what is `left` of the time.
    async fn step(
        &self,
        client: &Client,
        ask: &Ask<'_>,
        left: &mut Duration,
    ) -> Result<Answer, FetchError> {
        let url = &ask.url;
        client.check(url)?;
        let slot = self.enter(client, url, ask.pause).await?;
        let _turn = self.at_once.acquire().await;
        let started = Instant::now();
        let answer = tokio::time::timeout(*left, client.ask(ask)).await;
        *left = left.saturating_sub(started.elapsed());
        let answer = answer.unwrap_or_else(|_| Err(self.timed_out(&Location::Web(url.clone()))));
        match &answer {
            Ok(Answer::Document { wait: Some(wait), .. }) => slot.used_up(*wait),
            Err(FetchError::Status { retry_after: Some(wait), status, .. }) if *status != 410 => {
                slot.refused(*wait);
                if ask.api.is_some() && matches!(status, 403 | 429) {
                    slot.used_up(*wait);
                }
            }
            // A refusal that names no time neither asks for silence nor shows that there is time for us.
            Err(FetchError::Status { status: 429 | 503, .. }) => {}
            Ok(_) | Err(FetchError::Status { .. }) => slot.answered(),
            Err(_) => {}
        }
        answer
    }

    /// Waits until `url` may be asked, however long its host's queue is; at a public host so long after
    /// what was asked there before.
    async fn enter(&self, client: &Client, url: &Url, pause: Duration) -> Result<Slot, FetchError> {
        let private = client.resolver.is_private(url, self.settings.connect_timeout).await;
        let pace = if private { self.private } else { self.public };
        let wanted = if pace.apart { Duration::ZERO } else { pause };
        let pace = Pace { pause: pace.pause.max(wanted).max(self.manners.delay(url)), ..pace };
        self.hosts.enter(url, pace).await.map_err(|wait| FetchError::HostPaused {
            host: url.host_str().unwrap_or_default().to_owned(),
            wait,
        })
    }

    fn client(&self, allowed: &Allowed) -> Result<Arc<Client>, FetchError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(allowed) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(Client::new(&self.settings, allowed.clone())?);
        clients.insert(allowed.clone(), Arc::clone(&client));
        Ok(client)
    }

    fn timed_out(&self, location: &Location) -> FetchError {
        FetchError::Timeout { location: location.clone(), allotted: self.settings.timeout }
    }
}

/// Tells whether a server refused a token that another one may replace. The AT Protocol says 400 to one
/// that has ended.
fn is_stale(error: &FetchError) -> bool {
    match error {
        FetchError::Status { status: 401, .. } => true,
        FetchError::Status { status: 400, said: Some(reply), .. } => {
            let said = String::from_utf8_lossy(&reply.body);
            said.contains("\"ExpiredToken\"") || said.contains("\"InvalidToken\"")
        }
        _ => false,
    }
}

/// The way that redirects led.
#[derive(Default)]
struct Trail {
    /// The addresses that redirected.
    left: Vec<Url>,
    /// Where the leading permanent redirects lead. What comes after a temporary one says nothing of
    /// the address that was asked for.
    moved_to: Option<Url>,
    temporary: bool,
}

impl Trail {
    fn note(&mut self, from: Url, to: &Url, permanently: bool) -> Result<(), RedirectFault> {
        self.left.push(from);
        if self.left.contains(to) {
            return Err(RedirectFault::Loop);
        }
        if self.left.len() > MOST_REDIRECTS {
            return Err(RedirectFault::TooMany);
        }
        self.temporary |= !permanently;
        if !self.temporary {
            self.moved_to = Some(to.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
