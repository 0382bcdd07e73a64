//! One poll of one source: what is asked one after the other, and what came of it.

use super::clock;
use super::setup::{Planned, Setup};
use crate::fetch::budget::Ledger;
use crate::fetch::{FetchError, Fetched, Location, Reply, Request, Retry, Validators};
use crate::pipeline::Receipt;
use crate::source::{Batch, Cursor, Page, Refusal, Unreadable, Verdict, Visit};
use crate::store::{Moved, SourceState};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;
use std::pin::Pin;
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
    /// Nothing is asked before this time, and why.
    Waits(DateTime<Utc>, String),
    /// Nothing will come before somebody acted, and why.
    Stop(String),
    /// A budget is used up, and until when.
    Spent(String),
    /// Vahti is stopping or begins anew.
    Stopped,
}

/// A host that wants to be left alone no longer than this is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Trouble {
    /// Tells whether this says something of what was asked for alone.
    fn is_its_own(&self) -> bool {
        match self {
            Self::Fetch { error, .. } => is_its_own(error),
            Self::Read(_) | Self::Spent(_) => true,
            Self::Waits(..) | Self::Stop(_) | Self::Stopped => false,
        }
    }
}

/// A poll under way.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Tour<'a> {
    planned: &'a Arc<Planned>,
    setup: &'a Setup,
    state: &'a SourceState,
    visit: Visit,
    queue: VecDeque<Request>,
    /// What is asked of posts that are stored, behind everything else.
    rechecks: VecDeque<Request>,
    /// Takes down what is to be spent, before it is.
    purse: &'a dyn Purse,
    batch: Batch,
    receipt: Receipt,
    /// The address that the operator gave, if the first request is for it.
    named: Option<Url>,
    /// Whether several lists are asked for.
    has_also: bool,
    /// Whether the first of them was read.
    first_read: bool,
    /// Whether a request failed.
    failed_once: bool,
    /// Whether it failed only because it is to wait.
    only_waits: bool,
    /// Whether what is under way asks what became of posts.
    is_recheck: bool,
    /// Whether it is time to ask that.
    is_recheck_due: bool,
}

/// Who keeps the ledger of a source.
pub(super) trait Purse: Sync {
    /// Stores the ledger, and returns when that is done; false where it could not be.
    fn keep<'p>(&'p self, ledger: &Ledger) -> Pin<Box<dyn Future<Output = bool> + Send + 'p>>;
}

impl<'a> Tour<'a> {
    pub(super) fn begin(
        planned: &'a Arc<Planned>,
        setup: &'a Setup,
        state: &'a SourceState,
        known: Option<&[String]>,
        purse: &'a dyn Purse,
    ) -> Self {
        // With other keywords the same posts mean something else: all there is now is looked at again.
        let is_read = state.rules == setup.rules.fingerprint || planned.source.never_looks_again();
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
        let also = planned.source.also(&visit);
        let has_also = !also.is_empty();
        Self {
            planned,
            setup,
            state,
            queue: std::iter::once(first).chain(also).collect(),
            rechecks: planned.source.recheck(known.unwrap_or_default(), &visit).into(),
            purse,
            visit,
            batch: Batch::default(),
            receipt: Receipt {
                validated,
                moved,
                ledger: state.ledger.clone(),
                ..Receipt::default()
            },
            named,
            has_also,
            first_read: false,
            failed_once: false,
            only_waits: true,
            is_recheck: false,
            is_recheck_due: known.is_some(),
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
        let stepped = tokio::select! {
            stepped = self.step(first, true) => stepped,
            () = late => return Err(Trouble::Stopped),
        };
        self.first_read = stepped.is_ok();
        let mut found_anything = match stepped {
            // Of several things that are asked for, one may be amiss.
            Err(trouble) if self.has_also && trouble.is_its_own() => {
                self.survives(trouble);
                false
            }
            stepped => stepped?,
        };
        let mut followed = false;
        for _ in 1..MOST_REQUESTS {
            if self.is_to_wait(begun) {
                break;
            }
            let (next, is_recheck) = match self.queue.pop_front() {
                Some(next) => (next, false),
                None => match self.rechecks.pop_front() {
                    Some(next) => (next, true),
                    None => break,
                },
            };
            self.is_recheck = is_recheck;
            let stepped = tokio::select! {
                biased;
                () = stop.cancelled() => Err(Trouble::Stopped),
                stepped = self.step(next, false) => stepped,
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
        self.receipt.rechecked = self.is_recheck_due && self.rechecks.is_empty();
        if self.batch.trouble.is_some() || self.batch.skipped > 0 || !self.queue.is_empty() {
            // Not all was read: it must not be `unchanged` the next time.
            self.receipt.validators = Validators::default();
        }
        // Of one document whose parts all fail, the whole does; of several lists one may be as quiet as
        // it is, or only be told to wait.
        let is_something = self.first_read && (self.has_also || self.only_waits);
        let is_nothing = !followed && self.batch.posts.is_empty();
        self.batch.is_failure = self.failed_once && is_nothing && !is_something;
        let batch = (found_anything || self.failed_once).then_some(self.batch);
        Ok(Walked { receipt: self.receipt, batch })
    }

    /// Notes what came of a request that was not the first, and tells whether to go on with the next.
    fn survives(&mut self, trouble: Trouble) -> bool {
        let (what, goes_on) = match trouble {
            Trouble::Stopped => return false,
            Trouble::Read(what) => {
                self.only_waits = false;
                (what, true)
            }
            Trouble::Stop(why) => {
                self.only_waits = false;
                (why, false)
            }
            // Others may cost nothing, or something else.
            Trouble::Spent(why) => {
                self.receipt.is_spent = true;
                (why, true)
            }
            Trouble::Waits(until, why) => {
                self.receipt.not_before = self.receipt.not_before.max(Some(until));
                (why, false)
            }
            Trouble::Fetch { error, .. } => {
                if let Retry::After(wait) = error.retry() {
                    let wait = TimeDelta::from_std(wait).unwrap_or_default();
                    self.receipt.not_before = Some(clock::now() + wait);
                }
                self.only_waits &= matches!(error, FetchError::HostPaused { .. });
                (error.to_string(), is_its_own(&error))
            }
        };
        self.failed_once = true;
        self.batch.trouble.get_or_insert(what);
        goes_on
    }

    /// Asks for one thing and reads it. Tells whether there was something to read.
    async fn step(&mut self, mut request: Request, is_first: bool) -> Result<bool, Trouble> {
        let known = self.validators().filter(|_| is_first);
        if request.allow_private.is_none() {
            request.allow_private.clone_from(&self.planned.allow_private);
        }
        self.set_aside(&mut request).await?;
        let asked = self.ask(&request, known).await;
        if request.is_api {
            // A poll may take minutes: what a reply says of seconds counts from when it came.
            self.visit.now = clock::now();
        }
        if is_for_nothing(&asked)
            && let Some(cost) = request.cost.take()
        {
            self.receipt.ledger.settle(&cost, 0, 0);
            // What fails is not stored with its poll.
            self.purse.keep(&self.receipt.ledger).await;
        }
        let page = match asked {
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
            Err(error) => match self.refused(&request, error)? {
                Some(page) => page,
                // Nothing was used up that the server did not give.
                None => Page { used: Some(0), ..Page::default() },
            },
        };
        if let Some(cost) = &request.cost {
            let posts = u64::try_from(page.posts.len()).unwrap_or_default();
            self.receipt.ledger.settle(cost, page.used.unwrap_or(cost.most), posts);
        }
        self.take(page, is_first);
        Ok(true)
    }

    /// Fetches; a host that wants a moment's rest gets it.
    async fn ask(
        &self,
        request: &Request,
        known: Option<&Validators>,
    ) -> Result<Fetched, FetchError> {
        match self.setup.fetcher.fetch(request, known).await {
            Err(FetchError::HostPaused { wait, .. }) if request.is_api && wait <= LONGEST_WAIT => {
                tokio::time::sleep(wait).await;
                self.setup.fetcher.fetch(request, known).await
            }
            fetched => fetched,
        }
    }

    /// Sets aside what a request may use up, and has that stored before it is asked. Where the budget
    /// does not hold so much any more, less is asked for, if the source can.
    async fn set_aside(&mut self, request: &mut Request) -> Result<(), Trouble> {
        let Some(cost) = &request.cost else { return Ok(()) };
        let now = clock::now();
        let left = self.receipt.ledger.left(&cost.budget, now);
        if cost.most > left
            && let Some(less) = self.planned.source.within(request, left)
        {
            *request = Request { allow_private: request.allow_private.take(), ..less };
        }
        let Some(cost) = &request.cost else { return Ok(()) };
        self.receipt.ledger.reserve(cost, now).map_err(|spent| {
            self.receipt.is_spent = true;
            Trouble::Spent(spent.to_string())
        })?;
        if self.purse.keep(&self.receipt.ledger).await { Ok(()) } else { Err(Trouble::Stopped) }
    }

    /// Returns what to do where the server refused; `None`: nothing, and go on.
    fn refused(&self, request: &Request, error: FetchError) -> Result<Option<Page>, Trouble> {
        let verdict = match &error {
            FetchError::Status { status, said, .. } => {
                let refusal = Refusal { status: *status, reply: said.as_deref() };
                self.planned.source.refused(request, &refusal, &self.visit)
            }
            // What a robot is asked not to read is refused to it, if not by a status.
            FetchError::Robots { .. } => {
                let refusal = Refusal { status: 403, reply: None };
                self.planned.source.refused(request, &refusal, &self.visit)
            }
            FetchError::SignIn { .. } => Verdict::Stop(error.to_string()),
            _ => Verdict::AsItSays,
        };
        match verdict {
            Verdict::AsItSays => {
                let is_named = |named: &Url| request.location == Location::Web(named.clone());
                let at_named = self.named.as_ref().is_none_or(is_named);
                Err(Trouble::Fetch { error, at_named })
            }
            Verdict::Instead(page) => Ok(Some(*page)),
            Verdict::Skip => Ok(None),
            Verdict::Wait(until, why) => Err(Trouble::Waits(until, why)),
            Verdict::Stop(why) => Err(Trouble::Stop(why)),
        }
    }

    /// Tells whether nothing more may be asked for now.
    fn is_to_wait(&self, begun: Instant) -> bool {
        let is_told = self.receipt.not_before.is_some_and(|until| until > clock::now());
        is_told || begun.elapsed() >= LONGEST_TOUR
    }

    async fn read(&self, reply: Reply) -> Result<Page, Trouble> {
        let (reader, visit) = (Arc::clone(self.planned), self.visit.clone());
        match tokio::task::spawn_blocking(move || reader.source.read(&reply, &visit)).await {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(Unreadable(what))) => Err(Trouble::Read(what)),
            Err(_) => Err(Trouble::Read("the reply broke the reader; please report it".into())),
        }
    }

    fn take(&mut self, page: Page, is_first: bool) {
        let Page { posts, skipped, cursor, next, hints, hub, used: _, wait, trouble, again } = page;
        if self.is_recheck {
            self.batch.rechecked.extend(posts);
        } else {
            self.batch.posts.extend(posts);
        }
        self.batch.again |= again;
        self.receipt.not_before = self.receipt.not_before.max(wait);
        if let Some(trouble) = trouble {
            self.batch.trouble.get_or_insert(trouble);
        }
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

/// Tells whether an error says something of what was asked for alone. What ails the whole host would
/// only be met again.
fn is_its_own(error: &FetchError) -> bool {
    matches!(
        error,
        FetchError::Status { status: ..=428 | 430..500, .. }
            | FetchError::TooLarge { .. }
            | FetchError::TooLong { .. }
            | FetchError::Redirect { .. }
            | FetchError::Robots { .. }
            | FetchError::File { .. }
    )
}

/// Tells whether what came of a request shows that nothing was given, so that nothing was used up. A
/// reply that broke off may have been paid for.
fn is_for_nothing(asked: &Result<Fetched, FetchError>) -> bool {
    match asked {
        Ok(Fetched::Fresh { .. })
        | Err(
            FetchError::Timeout { .. } | FetchError::Broken { .. } | FetchError::TooLarge { .. },
        ) => false,
        Ok(Fetched::Unchanged { .. }) | Err(_) => true,
    }
}

/// Tells whether a document that was sent in full at `at` need not be sent again if it is unchanged.
fn trusts(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - at < LONGEST_UNCHANGED
}
