//! Lets the canary out: writes the feed that its source reads, and polls it as every source is polled.

use super::board::Board;
use super::intake::{Event, Outcome};
use super::setup::{Planned, Setup};
use super::{Died, clock, poll, ward};
use crate::brand::TicketPolicy;
use crate::fetch::Location;
use crate::pipeline::{Arrival, canary};
use crate::post::SourceName;
use crate::source::Kind;
use crate::source::feed::Feed;
use crate::store::handle::Handle;
use crate::store::{Commit, Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// The file that it is read from, in the state directory.
const FILE: &str = "canary.xml";

/// The longest that a run which ends by itself waits for one.
const LONGEST_ONCE: TimeDelta = TimeDelta::minutes(2);

/// What the writer is told of a canary.
pub enum Flight {
    /// It is let out now.
    Released,
    /// This happened on its way.
    Failed(String),
}

/// Lets one out whenever it is time, and looks after it, until told to stop.
pub(super) async fn run(
    events: mpsc::Sender<Event>,
    store: Handle,
    mut setup: watch::Receiver<Arc<Setup>>,
    board: Arc<Board>,
    stop: CancellationToken,
) -> Result<(), Died> {
    loop {
        let current = Arc::clone(&setup.borrow_and_update());
        let every = current.config.operator.as_ref().and_then(|operator| operator.canary);
        let next = match every {
            None => None,
            Some(every) => Some(next(&store, every).await?),
        };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = setup.changed() => {
                if changed.is_err() {
                    stop.cancelled().await;
                    return Ok(());
                }
                continue;
            }
            () = until(next) => {}
        }
        let Some(every) = every else { continue };
        let until = clock::now() + canary::within(every);
        let flight = fly(&current, &store, &events, until, &stop).await;
        if stop.is_cancelled() {
            return Ok(());
        }
        flight?;
        if poll::wait_until(until, &stop).await.is_some() {
            ward::look(&current, Some(&board), &events).await?;
        }
    }
}

/// Lets one out where one is due, for who runs vahti by a timer, and waits until it is stored. Its mail
/// goes with the others. `is_first`: before what became of the last one is looked at, and only
/// where nobody can say that, because vahti ended meanwhile: then it is no sign of anything.
pub(super) async fn once(
    setup: &Arc<Setup>,
    store: &Handle,
    events: &mpsc::Sender<Event>,
    is_first: bool,
) -> Result<(), Died> {
    let every = setup.config.operator.as_ref().and_then(|operator| operator.canary);
    let Some(every) = every else { return Ok(()) };
    let looked = |store: &dyn Store| {
        let known = store.reported()?.canary;
        let is_lost = |known| canary::is_cut_short(known, store);
        Ok((known.as_ref().map(is_lost).transpose()?, known.map(|known| known.released)))
    };
    let looked = store.with(looked).await.map_err(|error| Died(error.to_string()))?;
    let is_meant = match looked {
        (None, _) | (_, None) => !is_first,
        (Some(true), _) => is_first,
        // A timer is not exact: what is due in a moment is due.
        (Some(false), Some(released)) => {
            !is_first && released.min(clock::now()) + (every - every / 10) <= clock::now()
        }
    };
    if !is_meant {
        return Ok(());
    }
    let until = clock::now() + canary::within(every).min(LONGEST_ONCE);
    let never = CancellationToken::new();
    fly(setup, store, events, until, &never).await?;
    let known = store.with(|store| store.reported()).await;
    let known = known.map_err(|error| Died(error.to_string()))?.canary;
    match known.filter(|known| known.notices == 0 && known.fault.is_none()) {
        None => Ok(()),
        Some(known) => {
            let what =
                "it was let out and did not reach the store: fetching, reading or judging hangs";
            tell(events, &known.token, Flight::Failed(what.to_owned())).await
        }
    }
}

async fn until(next: Option<DateTime<Utc>>) {
    match next {
        Some(next) => poll::sleep_until(next).await,
        None => std::future::pending().await,
    }
}

/// Returns when the next one is let out: at once where none ever was.
async fn next(store: &Handle, every: TimeDelta) -> Result<DateTime<Utc>, Died> {
    let known = store.with(|store| store.reported()).await;
    let known = known.map_err(|error| Died(error.to_string()))?.canary;
    let now = clock::now();
    // A clock that was set back must not keep it in.
    Ok(known.map_or(now, |known| known.released.min(now) + every))
}

/// Lets one out, and returns when it is stored, could not be, or its time is over.
async fn fly(
    setup: &Arc<Setup>,
    store: &Handle,
    events: &mpsc::Sender<Event>,
    until: DateTime<Utc>,
    stop: &CancellationToken,
) -> Result<(), Died> {
    let now = clock::now();
    let token = format!("{:x}", now.timestamp_micros());
    tell(events, &token, Flight::Released).await?;
    let path = setup.config.state_dir.join(FILE);
    if let Err(error) = write(&path, canary::document(&token, now)).await {
        let what = format!("its feed {} could not be written: {error}", path.display());
        return tell(events, &token, Flight::Failed(what)).await;
    }
    let (planned, cage) = (Arc::new(planned(&path)), Arc::new(cage(setup)));
    let flight = poll::rounds(&planned, &cage, store, events, true, stop);
    tokio::select! {
        polled = flight => drop(polled),
        _ = poll::wait_until(until, stop) => {}
    }
    Ok(())
}

/// Writes a file whole or not at all.
async fn write(path: &Path, text: String) -> std::io::Result<()> {
    let new = path.with_extension("new");
    tokio::fs::write(&new, text).await?;
    tokio::fs::rename(&new, path).await
}

/// Tells the writer of a flight, and waits until that is stored.
async fn tell(events: &mpsc::Sender<Event>, token: &str, flight: Flight) -> Result<(), Died> {
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Canary { token: token.to_owned(), flight, reply }).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before the canary was known".into())),
    }
}

fn planned(path: &Path) -> Planned {
    let name = SourceName(canary::SOURCE.to_owned());
    let location = Location::File(path.to_owned());
    Planned {
        name: name.clone(),
        kind: Kind::Feed,
        source: Box::new(Feed { name, location, allow_private: None }),
        document: None,
        allow_private: None,
        schedule: None,
        only: Vec::new(),
        tickets: Some(TicketPolicy::None),
        identity: None,
    }
}

/// Returns a setup in which there is nothing but the canary: the same fetcher and judge, and its own
/// rules.
fn cage(setup: &Setup) -> Setup {
    Setup {
        config: Arc::clone(&setup.config),
        rules: rules(setup),
        fetcher: Arc::clone(&setup.fetcher),
        judging: setup.judging.clone(),
        transport: None,
        sources: Vec::new(),
        outlines: Vec::new(),
    }
}

fn rules(setup: &Setup) -> crate::pipeline::Rules {
    let to = setup.config.operator.as_ref().map_or(&[][..], |operator| &operator.canary_to);
    canary::rules(to, setup.config.zone)
}

/// Returns what the writer stores of a flight.
pub(super) fn noted(token: &str, flight: Flight, store: &dyn Store) -> Result<Commit, StoreError> {
    match flight {
        Flight::Released => canary::release(token, clock::now(), store),
        Flight::Failed(what) => canary::failed(token, &what, store),
    }
}

/// Tells whether a poll is that of the canary.
pub(super) fn is_own(outcome: &Outcome) -> bool {
    let source = match outcome {
        Outcome::Arrived(arrival) => &arrival.source,
        Outcome::Unchanged(source, _) => source,
        Outcome::Failed(failure) => &failure.source,
    };
    source.0 == canary::SOURCE
}

/// Returns what the writer stores of a poll of the canary.
pub(super) fn polled(
    outcome: Outcome,
    setup: &Setup,
    store: &dyn Store,
) -> Result<Commit, StoreError> {
    let token = store.reported()?.canary.map(|canary| canary.token).unwrap_or_default();
    match outcome {
        Outcome::Arrived(arrival) => {
            store.apply(&canary::before(store)?)?;
            let rules = rules(setup);
            let is_asked = setup.judging.is_some()
                && rules.brands.iter().any(|brand| setup.asks_about(&brand.name));
            let arrival: Arrival = *arrival;
            canary::arrived(arrival, &rules, is_asked, store)
        }
        Outcome::Unchanged(..) => {
            canary::failed(&token, "its feed was read as if nothing had changed", store)
        }
        Outcome::Failed(failure) => {
            let what = format!("its feed could not be read: {}", failure.error);
            canary::failed(&token, &what, store)
        }
    }
}
