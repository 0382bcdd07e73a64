//! One source, on its schedule. Polls of one source never overlap: the next wait begins when the
//! last poll is stored.

use super::Died;
use super::board::{Board, Poke};
use super::clock;
use super::intake::{Event, Outcome, Polled};
use super::judge::Office;
use super::setup::{Planned, Setup};
use super::tour::{Purse, Tour, Trouble, Walked};
use super::turns::Turns;
use crate::fetch::Retry;
use crate::fetch::budget::Ledger;
use crate::pipeline::opinions::Opinions;
use crate::pipeline::{Arrival, Failure, Receipt};
use crate::post::SourceName;
use crate::schedule::{self, Schedule};
use crate::source::websub::Subscription;
use crate::source::{Cursor, Visit};
use crate::store::handle::Handle;
use crate::store::{Health, SourceState, Store, StoreError, Window};
use chrono::{DateTime, TimeDelta, Utc};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The longest sleep before the wall clock is looked at again: it may have been set, or the machine
/// may have slept.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// The longest time between two tries of a source that keeps failing.
const LONGEST_BACK_OFF: TimeDelta = TimeDelta::hours(6);

/// How often a source is polled at most whose news a hub brings.
const INTERVAL_WITH_HUB: TimeDelta = TimeDelta::hours(1);

/// Rounds of one poll, where what was read must be stored before there is more.
const MOST_ROUNDS: usize = 100;

/// How often, and for how long, it is asked what became of posts that are stored.
const BETWEEN_RECHECKS: TimeDelta = TimeDelta::days(1);
const LONGEST_RECHECKED: TimeDelta = TimeDelta::days(30);

/// What the first polls of sources without a schedule are spread by.
const MOST_USUAL_GAP: Duration = Duration::from_mins(15);

/// Spawns one poller a source.
pub(super) async fn start(
    setup: &Arc<Setup>,
    events: &mpsc::Sender<Event>,
    store: &Handle,
    board: &Arc<Board>,
    stop: &CancellationToken,
    tasks: &mut JoinSet<()>,
) -> Result<(), Died> {
    board.clear();
    super::alerts::introduce(events).await?;
    name(&setup.sources, events).await?;
    let names: Vec<_> = setup.polled().map(|source| source.name.clone()).collect();
    let states = store
        .with(move |store| {
            names.iter().map(|name| store.source(name)).collect::<Result<Vec<_>, _>>()
        })
        .await
        .map_err(|error| Died(error.to_string()))?;
    let turns = Arc::new(Turns::new(&setup.sources));
    let now = clock::now();
    for (planned, state) in setup.polled().zip(states) {
        heed(planned, &state.health, setup, now);
        let (poke, pokes) = mpsc::channel(1);
        board.enter(planned.name.clone(), poke);
        let poller = Poller {
            planned: Arc::clone(planned),
            setup: Arc::clone(setup),
            events: events.clone(),
            store: store.clone(),
            board: Arc::clone(board),
            turns: Arc::clone(&turns),
            nth: 0,
        };
        let first = poller.first(&state, now);
        tasks.spawn(poller.run(first, pokes, stop.clone()));
    }
    board.set_full();
    Ok(())
}

/// Says where every source is now, and waits until what is known of those that were elsewhere is
/// forgotten.
pub(super) async fn name(
    sources: &[Arc<Planned>],
    events: &mpsc::Sender<Event>,
) -> Result<(), Died> {
    let named = sources
        .iter()
        .map(|planned| {
            (planned.name.clone(), planned.address(), planned.source.never_looks_again())
        })
        .collect();
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Named(named, reply)).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before the sources were known".into())),
    }
}

/// Remembers for the whole host what the server asked of an earlier run.
pub(super) fn heed(planned: &Planned, health: &Health, setup: &Setup, now: DateTime<Utc>) {
    // Of sites each poll looks itself: their addresses change.
    if planned.identity.is_some() {
        return;
    }
    if let Some(wait) = health.not_before.and_then(|until| (until - now).to_std().ok()) {
        let visit = Visit { cursor: Cursor::default(), now };
        setup.fetcher.refuse(&planned.source.open(&visit).location, wait);
    }
}

struct Poller {
    planned: Arc<Planned>,
    setup: Arc<Setup>,
    events: mpsc::Sender<Event>,
    store: Handle,
    board: Arc<Board>,
    turns: Arc<Turns>,
    /// Polls so far; spreads the jitter.
    nth: u64,
}

impl Poller {
    async fn run(
        mut self,
        first: Option<DateTime<Utc>>,
        mut pokes: mpsc::Receiver<Poke>,
        stop: CancellationToken,
    ) {
        let mut next = first;
        loop {
            self.board.set_next(&self.planned.name, next);
            // The select is around the wait only: a poll that has begun is finished.
            let poke = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                poke = pokes.recv() => match poke {
                    Some(poke) => Some(poke),
                    None => return,
                },
                () = due(next) => None,
            };
            let Some(polled) = self.poll(&stop, poke.is_some()).await else { return };
            if let Some(poke) = poke {
                drop(poke.send(polled));
            }
            next = self.next(clock::now()).await;
            self.nth += 1;
        }
    }

    /// Polls once and waits until it is stored. `None` when vahti is stopping.
    async fn poll(&self, stop: &CancellationToken, is_asked: bool) -> Option<Polled> {
        let turn = tokio::select! {
            () = stop.cancelled(), if !is_asked => return None,
            turn = self.turns.take(&self.planned) => turn?,
        };
        let polled =
            rounds(&self.planned, &self.setup, &self.store, &self.events, true, stop).await;
        drop(turn);
        polled
    }

    /// Returns when a source is polled first after a start: where it would be next, and not all at
    /// once.
    fn first(&self, state: &SourceState, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if state.health.gone {
            return None;
        }
        let next = match state.health.last_poll {
            // A clock that was set back must not make a source wait for years, nor a poll at once.
            Some(last) => self.after(state, last.min(now))?,
            None => now,
        };
        let spread = self.planned.schedule.as_ref().map_or(MOST_USUAL_GAP, Schedule::shortest_gap);
        Some(next.max(now + self.jitter(spread)))
    }

    async fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let name = self.planned.name.clone();
        let state = self.store.with(move |store| store.source(&name)).await.unwrap_or_default();
        if state.health.gone {
            return None;
        }
        let next = self.after(&state, now)?;
        let gap = match &self.planned.schedule {
            Some(schedule) => schedule.shortest_gap(),
            None => (next - now).to_std().unwrap_or_default(),
        };
        Some(next + self.jitter(gap))
    }

    /// Returns when the source is due after a poll at `last`.
    fn after(&self, state: &SourceState, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let health = &state.health;
        let due = if let Some(schedule) = &self.planned.schedule {
            schedule.next(last, self.setup.config.zone)?
        } else {
            let due = schedule::due(last, &health.rhythm, &health.hints, health.fresh_for);
            let is_brought = self.is_brought(state, last);
            let rest = if is_brought { INTERVAL_WITH_HUB } else { TimeDelta::zero() };
            due.max(last + rest).max(last + back_off(health.failures))
        };
        Some(due.max(health.not_before.unwrap_or(due)))
    }

    /// Tells whether a hub brings the news of the source.
    fn is_brought(&self, state: &SourceState, at: DateTime<Utc>) -> bool {
        let is_of_hub =
            |subscription: &&Subscription| state.hub.as_ref() == Some(&subscription.hub);
        let active = state.subscription.as_ref().filter(is_of_hub);
        self.setup.config.websub.is_some() && active.is_some_and(|active| active.is_active(at))
    }

    fn jitter(&self, gap: Duration) -> TimeDelta {
        TimeDelta::from_std(schedule::jitter(gap, &self.planned.name.0, self.nth))
            .unwrap_or_default()
    }
}

/// Returns how long a source is left alone after failing so many times in a row.
fn back_off(failures: u32) -> TimeDelta {
    match failures {
        0 => TimeDelta::zero(),
        failures => TimeDelta::minutes(15 << (failures - 1).min(5)).min(LONGEST_BACK_OFF),
    }
}

async fn due(next: Option<DateTime<Utc>>) {
    let Some(next) = next else { return std::future::pending().await };
    sleep_until(next).await;
}

/// Sleeps by the wall clock; a time that has come is no sleep.
pub(super) async fn sleep_until(when: DateTime<Utc>) {
    while let Ok(left) = (when - clock::now()).to_std() {
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

/// Sleeps by the wall clock; `None` when stopped before.
pub(super) async fn wait_until(when: DateTime<Utc>, stop: &CancellationToken) -> Option<()> {
    stop.run_until_cancelled(sleep_until(when)).await
}

/// Polls a source until there is no more that must be stored before the rest is asked for, and returns
/// what came of it all; `None` when told to stop before anything came.
pub(super) async fn rounds(
    planned: &Arc<Planned>,
    setup: &Arc<Setup>,
    store: &Handle,
    events: &mpsc::Sender<Event>,
    tell_at_once: bool,
    stop: &CancellationToken,
) -> Option<Polled> {
    let office = Office { setup, store, events };
    let mut all: Option<Polled> = None;
    for round in 0..MOST_ROUNDS {
        if round > 0 && stop.is_cancelled() {
            break;
        }
        let Some(outcome) = visit(planned, setup, store, events, tell_at_once, stop).await else {
            break;
        };
        let outcome = match outcome {
            Outcome::Arrived(arrival) => Outcome::Arrived(Box::new(office.judge(*arrival).await?)),
            outcome => outcome,
        };
        let again = matches!(&outcome, Outcome::Arrived(arrival) if arrival.batch.again);
        let (reply, stored) = oneshot::channel();
        events.send(Event::Polled(outcome, Some(reply))).await.ok()?;
        let polled = stored.await.ok()?;
        all = Some(match all {
            Some(before) => before.and(polled),
            None => polled,
        });
        if !again {
            break;
        }
    }
    all
}

/// The ledger of one source, kept by the writer.
struct Books<'a> {
    source: &'a SourceName,
    events: &'a mpsc::Sender<Event>,
}

impl Purse for Books<'_> {
    fn keep<'p>(&'p self, ledger: &Ledger) -> Pin<Box<dyn Future<Output = bool> + Send + 'p>> {
        let (reply, stored) = oneshot::channel();
        let event = Event::Spent { source: self.source.clone(), ledger: ledger.clone(), reply };
        Box::pin(async move { self.events.send(event).await.is_ok() && stored.await.is_ok() })
    }
}

/// Visits a source once, page by page, and returns how it went; `None` when told to stop before
/// anything came. Stores nothing but what is set aside to be spent.
async fn visit(
    planned: &Arc<Planned>,
    setup: &Setup,
    store: &Handle,
    events: &mpsc::Sender<Event>,
    tell_at_once: bool,
    stop: &CancellationToken,
) -> Option<Outcome> {
    let (name, most) = (planned.name.clone(), planned.source.most_rechecked());
    let now = clock::now();
    let read = move |store: &dyn Store| {
        let state = store.source(&name)?;
        let known = known(&name, &state, most, now, store)?;
        Ok((state, known))
    };
    let (state, known) = match store.with(read).await {
        Ok(read) => read,
        Err(error) => return Some(failure(planned, error.to_string(), &Retry::Soon)),
    };
    // The address that a site asked to be left alone at may be another every time.
    if planned.identity.is_some()
        && let Some(left) = state.health.not_before.and_then(|until| (until - now).to_std().ok())
    {
        return Some(left_alone(planned, &state, left));
    }
    let purse = Books { source: &planned.name, events };
    let tour = Tour::begin(planned, setup, &state, known.as_deref(), &purse);
    Some(match tour.walk(stop).await {
        Ok(Walked { receipt, batch: Some(batch) }) => Outcome::Arrived(Box::new(Arrival {
            source: planned.name.clone(),
            kind: planned.kind,
            only: planned.only.clone(),
            batch,
            receipt: Some(receipt),
            at: clock::now(),
            tickets: planned.tickets,
            looks_again: !planned.source.never_looks_again(),
            tell_at_once,
            opinions: Opinions::default(),
        })),
        Ok(Walked { receipt, batch: None }) => {
            Outcome::Unchanged(planned.name.clone(), Box::new(receipt))
        }
        Err(Trouble::Fetch { error, at_named }) => {
            let retry = error.retry();
            // Where we were led to, the address that was given may lead elsewhere.
            let is_gone = retry == Retry::Never && at_named;
            let mut outcome = failure(planned, error.to_string(), &retry);
            if let Outcome::Failed(failure) = &mut outcome {
                failure.gone = is_gone;
            }
            outcome
        }
        Err(Trouble::Read(what) | Trouble::Stop(what)) => failure(planned, what, &Retry::Soon),
        Err(Trouble::Spent(what)) => {
            let mut outcome = failure(planned, what, &Retry::Soon);
            if let Outcome::Failed(failure) = &mut outcome {
                failure.is_spent = true;
            }
            outcome
        }
        Err(Trouble::Waits(until, why)) => {
            let wait = (until - clock::now()).to_std().unwrap_or_default();
            failure(planned, why, &Retry::After(wait))
        }
        Err(Trouble::Stopped) => return None,
    })
}

/// Returns what comes of a poll of a site that asked to be left alone for what is `left` of its time: what
/// came of the one before, told once more.
fn left_alone(planned: &Planned, state: &SourceState, left: Duration) -> Outcome {
    let Health { failures, last_error, not_before, .. } = &state.health;
    if *failures > 0 {
        let said = last_error.clone().unwrap_or_else(|| "it asked to be left alone".into());
        // Said once more at the next poll, not twice.
        let said = said.split("; it is asked again").next().unwrap_or_default().to_owned();
        let until = not_before.map(|until| until.format("%Y-%m-%d %H:%M UTC").to_string());
        let said = format!("{said}; it is asked again after {}", until.unwrap_or_default());
        return failure(planned, said, &Retry::After(left));
    }
    let receipt = Receipt {
        validators: state.validators.clone(),
        validated: state.validated.clone(),
        moved: state.moved.clone(),
        not_before: *not_before,
        ledger: state.ledger.clone(),
        is_spent: state.health.is_spent,
        ..Receipt::default()
    };
    Outcome::Unchanged(planned.name.clone(), Box::new(receipt))
}

/// Returns the ids of posts of which it is to be asked what became of them: at most `most` of the last
/// month, the newest, once a day. `None` where it is not time yet.
fn known(
    source: &SourceName,
    state: &SourceState,
    most: usize,
    now: DateTime<Utc>,
    store: &dyn Store,
) -> Result<Option<Vec<String>>, StoreError> {
    let is_due = state.rechecked.is_none_or(|at| now - at >= BETWEEN_RECHECKS);
    let mut ids = Vec::new();
    if most == 0 || !is_due {
        return Ok(None);
    }
    let window = Window { since: Some(now - LONGEST_RECHECKED), until: None };
    store.mentions(window, &mut |mention| {
        if mention.source == *source
            && !mention.post.is_gone
            && let Some(id) = mention.post.id
            && !ids.contains(&id)
        {
            ids.push(id);
        }
        ids.len() < most
    })?;
    Ok(Some(ids))
}

fn failure(planned: &Planned, error: String, retry: &Retry) -> Outcome {
    let at = clock::now();
    let not_before = match retry {
        Retry::After(wait) => TimeDelta::from_std(*wait).ok().map(|wait| at + wait),
        Retry::Soon | Retry::Never => None,
    };
    let source = planned.name.clone();
    let (gone, is_spent) = (false, false);
    Outcome::Failed(Failure { source, error, gone, not_before, is_spent, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backing_off_doubles_and_never_stops_for_good() {
        let minutes: Vec<i64> = (0..9).map(|failures| back_off(failures).num_minutes()).collect();
        assert_eq!(minutes, [0, 15, 30, 60, 120, 240, 360, 360, 360]);
    }
}
