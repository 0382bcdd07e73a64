//! One poll of one source: what is asked one after the other, and what came of it.

use super::clock;
use super::setup::{Planned, Setup};
use crate::fetch::{FetchError, Fetched, Location, Request, Retry, Validators};
use crate::pipeline::Receipt;
use crate::source::{Batch, Cursor, Page, Unreadable, Visit};
use crate::store::{Moved, SourceState};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Requests of one poll.
const MOST_REQUESTS: usize = 50;

/// How long a poll may go on asking. What it does not come to waits for the next one: others wait for
/// its place.
const LONGEST_TOUR: Duration = Duration::from_mins(10);

/// How long the first request may still take when vahti is stopping or begins anew. It may only be
/// waiting for its host.
const LONGEST_GOODBYE: Duration = Duration::from_secs(20);

/// A document is asked for in full at least this often: some servers answer `unchanged` for ever.
const LONGEST_UNCHANGED: TimeDelta = TimeDelta::days(8);

/// What a poll brought.
pub(super) struct Walked {
    pub(super) receipt: Receipt,
    /// `None` where the server said that nothing changed.
    pub(super) batch: Option<Batch>,
}

/// Why a poll brought nothing.
pub(super) enum Trouble {
    Fetch {
        error: FetchError,
        /// Whether the address that was asked is the one that the operator gave.
        at_named: bool,
    },
    Read(String),
    /// Vahti is stopping or begins anew.
    Stopped,
}

/// A poll under way.
pub(super) struct Tour<'a> {
    planned: &'a Arc<Planned>,
    setup: &'a Setup,
    state: &'a SourceState,
    visit: Visit,
    queue: VecDeque<Request>,
    batch: Batch,
    receipt: Receipt,
    /// The address that the operator gave, if the first request is for it.
    named: Option<Url>,
}

impl<'a> Tour<'a> {
    pub(super) fn begin(
        planned: &'a Arc<Planned>,
        setup: &'a Setup,
        state: &'a SourceState,
    ) -> Self {
        // With other keywords the same posts mean something else: all there is now is looked at again.
        let is_read = state.rules == setup.rules.fingerprint;
        let cursor = if is_read { state.cursor.clone() } else { Cursor::default() };
        let visit = Visit { cursor, now: clock::now() };
        let mut first = planned.source.open(&visit);
        let named = match &first.location {
            Location::Web(url) => Some(url.clone()),
            Location::File(_) => None,
        };
        let moved = state.moved.clone().filter(|moved| named.as_ref() == Some(&moved.from));
        if let Some(moved) = moved.as_ref().filter(|moved| moved.is_sure()) {
            first.location = Location::Web(moved.to.clone());
        }
        let validated = match &first.location {
            Location::Web(url) => Some(url.clone()),
            Location::File(_) => None,
        };
        Self {
            planned,
            setup,
            state,
            visit,
            queue: VecDeque::from([first]),
            batch: Batch::default(),
            receipt: Receipt { validated, moved, ..Receipt::default() },
            named,
        }
    }

    /// Asks and reads until nothing is left to ask for, or enough was asked. Between two requests it
    /// ends at once when told to stop: what was read counts, and a cursor claims no more.
    pub(super) async fn walk(mut self, stop: &CancellationToken) -> Result<Walked, Trouble> {
        let begun = Instant::now();
        let Some(first) = self.queue.pop_front() else { return Err(Trouble::Stopped) };
        let late = async {
            stop.cancelled().await;
            tokio::time::sleep(LONGEST_GOODBYE).await;
        };
        let mut found_anything = tokio::select! {
            stepped = self.step(first, true) => stepped?,
            () = late => return Err(Trouble::Stopped),
        };
        let mut followed = false;
        for _ in 1..MOST_REQUESTS {
            let Some(request) = self.queue.pop_front().filter(|_| begun.elapsed() < LONGEST_TOUR)
            else {
                break;
            };
            let stepped = tokio::select! {
                biased;
                () = stop.cancelled() => Err(Trouble::Stopped),
                stepped = self.step(request, false) => stepped,
            };
            let goes_on = match stepped {
                Ok(is_new) => {
                    found_anything |= is_new;
                    followed = true;
                    true
                }
                Err(trouble) => self.survives(trouble),
            };
            if !goes_on {
                break;
            }
        }
        if self.batch.trouble.is_some() || self.batch.skipped > 0 || !self.queue.is_empty() {
            // Not all was read: it must not be `unchanged` the next time.
            self.receipt.validators = Validators::default();
        }
        self.batch.is_failure =
            self.batch.trouble.is_some() && !followed && self.batch.posts.is_empty();
        let batch = found_anything.then_some(self.batch);
        Ok(Walked { receipt: self.receipt, batch })
    }

    /// Notes what came of a request that was not the first, and tells whether to go on with the next.
    fn survives(&mut self, trouble: Trouble) -> bool {
        let (what, goes_on) = match trouble {
            Trouble::Stopped => return false,
            Trouble::Read(what) => (what, true),
            Trouble::Fetch { error, .. } => {
                if let Retry::After(wait) = error.retry() {
                    let wait = TimeDelta::from_std(wait).unwrap_or_default();
                    self.receipt.not_before = Some(clock::now() + wait);
                }
                // What ails the whole host would only be met again.
                let is_its_own = matches!(
                    error,
                    FetchError::Status { status: ..=428 | 430..500, .. }
                        | FetchError::TooLarge { .. }
                        | FetchError::TooLong { .. }
                        | FetchError::Redirect { .. }
                        | FetchError::Robots { .. }
                );
                (error.to_string(), is_its_own)
            }
        };
        self.batch.trouble.get_or_insert(what);
        goes_on
    }

    /// Asks for one thing and reads it. Tells whether there was something to read.
    async fn step(&mut self, request: Request, is_first: bool) -> Result<bool, Trouble> {
        let known = self.validators().filter(|_| is_first);
        let page = match self.setup.fetcher.fetch(&request, known).await {
            Ok(Fetched::Unchanged { validators, fresh_for }) if is_first => {
                self.receipt.validators = validators;
                self.receipt.fresh_for = fresh_for;
                match self.planned.source.unchanged(&self.visit) {
                    Some(page) => page,
                    None => return Ok(false),
                }
            }
            Ok(Fetched::Unchanged { .. }) => return Ok(false),
            Ok(Fetched::Fresh { reply, validators, redirects_permanently_to, fresh_for }) => {
                let page = self.read(reply).await?;
                if is_first {
                    self.receipt.validators = validators;
                    self.receipt.fresh_for = fresh_for;
                    self.receipt.in_full = true;
                    self.note_move(&request.location, redirects_permanently_to);
                }
                page
            }
            Err(error) => {
                let status = status_of(&error);
                let page = status
                    .and_then(|status| self.planned.source.refused(&request, status, &self.visit));
                let at_named = self
                    .named
                    .as_ref()
                    .is_none_or(|named| request.location == Location::Web(named.clone()));
                page.ok_or(Trouble::Fetch { error, at_named })?
            }
        };
        self.take(page, is_first);
        Ok(true)
    }

    async fn read(&self, reply: crate::fetch::Reply) -> Result<Page, Trouble> {
        let (reader, visit) = (Arc::clone(self.planned), self.visit.clone());
        match tokio::task::spawn_blocking(move || reader.source.read(&reply, &visit)).await {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(Unreadable(what))) => Err(Trouble::Read(what)),
            Err(_) => Err(Trouble::Read("the reply broke the reader; please report it".into())),
        }
    }

    fn take(&mut self, page: Page, is_first: bool) {
        let Page { posts, skipped, cursor, next, hints, hub } = page;
        self.batch.posts.extend(posts);
        self.batch.skipped += skipped;
        if let Some(cursor) = cursor {
            self.visit.cursor = cursor.clone();
            self.batch.cursor = Some(cursor);
        }
        self.queue.extend(next);
        if is_first {
            self.batch.hints = hints;
            self.batch.hub = hub;
        }
    }

    /// Returns what spares the server to send again what we have.
    fn validators(&self) -> Option<&'a Validators> {
        let is_read = self.state.rules == self.setup.rules.fingerprint;
        let may_trust = self.state.sent_in_full.is_some_and(|at| trusts(at, self.visit.now));
        let is_theirs = self.state.validated == self.receipt.validated;
        Some(&self.state.validators).filter(|_| is_read && may_trust && is_theirs)
    }

    /// Remembers where the address that the operator gave leads for good.
    fn note_move(&mut self, asked: &Location, to: Option<Url>) {
        let Some(from) = self.named.take() else { return };
        let at_new_address = *asked != Location::Web(from.clone());
        let known = self.receipt.moved.take();
        self.receipt.moved = match (to, known) {
            // The new address moved on: what it says now counts from one again.
            (Some(to), _) if at_new_address => Some(Moved { from, to, times: 1 }),
            (None, known) if at_new_address => known,
            (Some(to), Some(known)) if known.to == to => {
                Some(Moved { times: known.times.saturating_add(1), ..known })
            }
            (Some(to), _) => Some(Moved { from, to, times: 1 }),
            (None, _) => None,
        };
    }
}

/// Returns the status that a request was answered with. What a robot is asked not to read is refused
/// to it, if not by a status.
fn status_of(error: &FetchError) -> Option<u16> {
    match error {
        FetchError::Status { status, .. } => Some(*status),
        FetchError::Robots { .. } => Some(403),
        _ => None,
    }
}

/// Tells whether a document that was sent in full at `at` need not be sent again if it is unchanged.
fn trusts(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - at < LONGEST_UNCHANGED
}
