//! The service that judges for vahti, where one is configured: it is asked about the mentions of a batch
//! before that is stored. Whatever it does not answer in time vahti judges itself, so that nothing is lost
//! or waits for long.

use super::clock;
use super::intake::Event;
use super::setup::Setup;
use crate::enrich::engine::{Inquiry, Opinion, Service};
use crate::fetch::budget::{Budget, Cost, Ledger, Span, Unit};
use crate::fetch::{FetchError, Fetcher, Retry};
use crate::pipeline::Arrival;
use crate::pipeline::again::Again;
use crate::pipeline::opinions::{self, Asked, Opinions};
use crate::post::SourceName;
use crate::store::handle::Handle;
use crate::store::{Store, StoreError};
use breaker::{Breaker, Change};
use futures_util::StreamExt;
use futures_util::stream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

mod breaker;

/// Questions at once, of all batches together.
const AT_ONCE: usize = 4;

/// Questions whose cost is set aside together: what one batch sets aside another does without.
const PAID_AT_ONCE: usize = 50;

/// So long after a batch came nothing more is asked about it.
const LONGEST_ASKING: Duration = Duration::from_secs(20);

/// A question that has all its time but this and is not answered has failed: where one may take as long
/// as a batch waits, none has all of it.
const NEARLY: Duration = Duration::from_secs(1);

/// Under whose name it is kept how often the service was asked. No source is called so: names have no
/// blanks around them.
const BOOKS: &str = " judge";

/// A service with what is known of it by now.
pub struct Judging {
    service: Arc<Service>,
    fetcher: Arc<Fetcher>,
    turns: Semaphore,
    breaker: Mutex<Breaker>,
    /// Held while it is written down what is set aside.
    books: tokio::sync::Mutex<()>,
    /// Cancelled: vahti is about to end, and nothing is asked any more.
    end: CancellationToken,
}

/// What came of one question.
enum Asking {
    /// It was not asked, and costs nothing.
    Unasked,
    Failed,
    /// The batch could wait no longer, whatever the service would have said.
    Late,
    Said(Opinion),
}

impl Judging {
    pub(super) fn new(service: Arc<Service>, fetcher: Arc<Fetcher>) -> Self {
        Self {
            service,
            fetcher,
            turns: Semaphore::new(AT_ONCE),
            breaker: Mutex::default(),
            books: tokio::sync::Mutex::default(),
            end: CancellationToken::new(),
        }
    }

    /// Tells whether it is this service that is asked, by this fetcher.
    pub(super) fn is_of(&self, service: &Arc<Service>, fetcher: &Arc<Fetcher>) -> bool {
        self.service == *service && Arc::ptr_eq(&self.fetcher, fetcher)
    }

    /// Lets nothing be asked any more, nor waited for.
    pub(super) fn end(&self) {
        self.end.cancel();
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_willing(&self) -> bool {
        !self.end.is_cancelled() && !self.breaker().is_resting(Instant::now())
    }

    /// Asks about each, as far as budget and time allow.
    async fn ask(&self, asked: Asked, store: &Handle, events: &mpsc::Sender<Event>) -> Opinions {
        let until = Instant::now() + LONGEST_ASKING;
        let mut said = Vec::new();
        let mut left = asked.into_iter();
        while !left.as_slice().is_empty() {
            let some: Vec<_> = left.by_ref().take(PAID_AT_ONCE).collect();
            let paid = self.set_aside(some.len(), store, events).await;
            let asking = stream::iter(some.into_iter().take(paid))
                .map(|(matter, inquiry)| async move { (matter, self.one(&inquiry, until).await) });
            let came: Vec<_> = asking.buffer_unordered(AT_ONCE).collect().await;
            let unasked = came.iter().filter(|(_, one)| matches!(one, Asking::Unasked)).count();
            let late = came.iter().filter(|(_, one)| matches!(one, Asking::Late)).count();
            said.extend(came.into_iter().filter_map(|(matter, one)| match one {
                Asking::Said(opinion) => Some((matter, opinion)),
                Asking::Unasked | Asking::Failed | Asking::Late => None,
            }));
            if unasked > 0 {
                self.settle(paid, paid - unasked, store, events).await;
            }
            if unasked + late > 0 {
                self.tell_slow(unasked + late + left.len());
                break;
            }
            if paid == 0 {
                break;
            }
        }
        said.into_iter().collect()
    }

    fn tell_slow(&self, unasked: usize) {
        if self.is_willing() {
            let mentions = crate::text::count(unasked, "mention");
            let service = upper(&self.service);
            tracing::info!("{service} was too slow for {mentions}; vahti judged itself.");
        }
    }

    /// Asks about one, when its turn has come.
    async fn one(&self, inquiry: &Inquiry, until: Instant) -> Asking {
        let Ok(Ok(_turn)) = tokio::time::timeout_at(until, self.turns.acquire()).await else {
            return Asking::Unasked;
        };
        let left = until.saturating_duration_since(Instant::now());
        if !self.is_willing() || left.is_zero() {
            return Asking::Unasked;
        }
        let Service { url, token, timeout, .. } = &*self.service;
        let body = self.service.body(inquiry);
        let sent = self.fetcher.inquire(url, body, token.as_ref(), left.min(*timeout));
        let Some(answer) = self.end.run_until_cancelled(sent).await else { return Asking::Failed };
        let (why, wait) = match answer.map(|answer| self.service.read(&answer)) {
            Ok(Ok(opinion)) => {
                if self.breaker().answered() {
                    tracing::info!("{} judges again.", upper(&self.service));
                }
                return Asking::Said(opinion);
            }
            Ok(Err(unreadable)) => (format!("its answer will not do: {unreadable}"), None),
            // It had less time than it may take: that is no failure of its.
            Err(FetchError::Timeout { .. }) if left + NEARLY < *timeout => return Asking::Late,
            Err(error) => {
                let wait = match error.retry() {
                    Retry::After(wait) => Some(wait),
                    Retry::Soon | Retry::Never => None,
                };
                (error.to_string(), wait)
            }
        };
        let change = self.breaker().failed(Instant::now(), wait);
        self.tell(change, &why);
        Asking::Failed
    }

    fn tell(&self, change: Change, why: &str) {
        let service = upper(&self.service);
        match change {
            Change::Silent => tracing::debug!("{service} did not judge: {why}."),
            Change::Failed => {
                tracing::warn!("{service} did not judge: {why}. vahti judged itself.");
            }
            Change::Rests(rest) => tracing::warn!(
                "{service} did not judge: {why}. It is not asked for {}; vahti judges itself.",
                crate::text::count(
                    usize::try_from(rest.as_secs().div_ceil(60)).unwrap_or(0),
                    "minute"
                )
            ),
        }
    }

    fn budget(&self) -> Budget {
        Budget { name: "judge", most: self.service.budget, unit: Unit::Calls, span: Span::Day }
    }

    /// Sets aside what asking about so many texts costs of the budget of today, and returns about how
    /// many it allows to ask.
    async fn set_aside(&self, texts: usize, store: &Handle, events: &mpsc::Sender<Event>) -> usize {
        let budget = self.budget();
        let now = clock::now();
        let wanted = u64::try_from(texts).unwrap_or(u64::MAX);
        let mut left = None;
        let written = self.write(store, events, |ledger| {
            let allowed = ledger.left(&budget, now).min(wanted);
            left = Some(allowed);
            let cost = Cost { budget: budget.clone(), most: allowed };
            allowed > 0 && ledger.reserve(&cost, now).is_ok()
        });
        let is_written = written.await;
        // Where the store could not tell, nothing is known of the budget.
        let allowed = left.unwrap_or(0);
        if left.is_some_and(|left| left < wanted) && self.breaker().is_first_of(now.date_naive()) {
            tracing::warn!(
                "{} was asked about {} today, as many as `http.budget` allows; vahti judges itself until {}.",
                upper(&self.service),
                crate::text::count(usize::try_from(budget.most).unwrap_or(usize::MAX), "text"),
                budget.span.over(now).format("%Y-%m-%d %H:%M UTC")
            );
        }
        if is_written { usize::try_from(allowed).unwrap_or(0) } else { 0 }
    }

    /// Gives back what was set aside and not used.
    async fn settle(
        &self,
        set_aside: usize,
        used: usize,
        store: &Handle,
        events: &mpsc::Sender<Event>,
    ) {
        let number = |texts: usize| u64::try_from(texts).unwrap_or(u64::MAX);
        let cost = Cost { budget: self.budget(), most: number(set_aside) };
        // Where it cannot be written down, it counts as used.
        self.write(store, events, |ledger| {
            ledger.settle(&cost, number(used), 0);
            true
        })
        .await;
    }

    /// Lets `change` change the ledger, and the writer keep it; tells whether it is kept.
    async fn write(
        &self,
        store: &Handle,
        events: &mpsc::Sender<Event>,
        change: impl FnOnce(&mut Ledger) -> bool,
    ) -> bool {
        let _turn = self.books.lock().await;
        let source = SourceName(BOOKS.to_owned());
        let known = source.clone();
        let state = store.with(move |store| store.source(&known)).await;
        let Ok(mut ledger) = state.map(|state| state.ledger) else { return false };
        if !change(&mut ledger) {
            return false;
        }
        let (reply, stored) = oneshot::channel();
        let sent = events.send(Event::Spent { source, ledger, reply }).await;
        sent.is_ok() && stored.await.is_ok()
    }
}

/// Returns the name of a service as a sentence begins with it.
fn upper(service: &Service) -> String {
    let name = service.to_string();
    name.strip_prefix('t').map_or(name.clone(), |rest| format!("T{rest}"))
}

/// Where questions come from and what they are paid from.
pub(super) struct Office<'a> {
    pub(super) setup: &'a Arc<Setup>,
    pub(super) store: &'a Handle,
    pub(super) events: &'a mpsc::Sender<Event>,
}

/// Finds what is to be asked about something that was found.
type Look<T> = fn(&T, &Setup, &dyn Store) -> Result<Asked, StoreError>;

impl Office<'_> {
    /// Adds to a batch what the service says of its mentions. `None`: vahti is stopping.
    pub(super) async fn judge(&self, arrival: Arrival) -> Option<Arrival> {
        let look: Look<Arrival> = |arrival, setup, store| {
            opinions::of_arrival(arrival, |brand| setup.asks_about(brand), &setup.rules, store)
        };
        let (arrival, opinions) = self.opinions(arrival, look).await?;
        Some(Arrival { opinions, ..arrival })
    }

    /// Adds the same to what other keywords found.
    pub(super) async fn judge_again(&self, found: Again) -> Option<Again> {
        let look: Look<Again> = |found, setup, store| {
            opinions::of_again(found, |brand| setup.asks_about(brand), &setup.rules, store)
        };
        let (found, opinions) = self.opinions(found, look).await?;
        Some(Again { opinions, ..found })
    }

    /// Asks the service about what `look` finds in `batch`, which is returned as it was.
    async fn opinions<T: Send + 'static>(&self, batch: T, look: Look<T>) -> Option<(T, Opinions)> {
        let none = Opinions::default();
        let Some(judging) = self.setup.judging.as_ref().filter(|known| known.is_willing()) else {
            return Some((batch, none));
        };
        let setup = Arc::clone(self.setup);
        let looking = self.store.with(move |store| {
            let asked = look(&batch, &setup, store);
            Ok((batch, asked))
        });
        let (batch, asked) = looking.await.ok()?;
        let opinions = match asked {
            Ok(asked) if !asked.is_empty() => judging.ask(asked, self.store, self.events).await,
            // Where the store fails, the writer says so.
            Ok(_) | Err(_) => none,
        };
        Some((batch, opinions))
    }
}

#[cfg(test)]
mod tests;
