//! Alerts that speak at their times. One that was due while the daemon was off speaks once, for the
//! whole time.

use super::intake::Event;
use super::setup::Setup;
use super::{Died, clock, poll};
use crate::alert::Frequency;
use crate::store::handle::Handle;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Lets alerts speak when they are due, until told to stop.
pub(super) async fn run(
    events: mpsc::Sender<Event>,
    store: Handle,
    mut setup: watch::Receiver<Arc<Setup>>,
    stop: CancellationToken,
) -> Result<(), Died> {
    // Alerts must be known before anything is told, and before the first batch comes.
    introduce(&events).await?;
    let current = Arc::clone(&setup.borrow());
    catch_up(&current, &store, &events).await?;
    loop {
        let current = Arc::clone(&setup.borrow_and_update());
        let now = clock::now();
        let times = times(&current, &store).await?;
        for (alert, next) in &times {
            if next.is_some_and(|next| next <= now) {
                speak(alert, &events).await?;
            }
        }
        let next = if times.iter().any(|(_, next)| next.is_some_and(|next| next <= now)) {
            Some(now)
        } else {
            times.into_iter().filter_map(|(_, next)| next).min()
        };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = setup.changed() => {
                if changed.is_err() {
                    stop.cancelled().await;
                    return Ok(());
                }
                introduce(&events).await?;
            }
            () = until(next) => {}
        }
    }
}

/// Lets the alerts speak that speak as it happens and have not heard all that is stored: something
/// was stored while no daemon ran.
pub(super) async fn catch_up(
    setup: &Arc<Setup>,
    store: &Handle,
    events: &mpsc::Sender<Event>,
) -> Result<(), Died> {
    let rules = Arc::clone(setup);
    let behind = move |store: &dyn crate::store::Store| {
        let last = store.last_place()?.0;
        let mut behind = Vec::new();
        for alert in
            rules.rules.alerts.iter().filter(|alert| alert.frequency == Frequency::AsItHappens)
        {
            if store.alert(&alert.name)?.is_some_and(|state| state.told_up_to < last) {
                behind.push(alert.name.clone());
            }
        }
        Ok(behind)
    };
    for alert in store.with(behind).await.map_err(|error| Died(error.to_string()))? {
        speak(&alert, events).await?;
    }
    Ok(())
}

/// Returns the alerts with the time at which each speaks next.
pub(super) async fn times(
    setup: &Arc<Setup>,
    store: &Handle,
) -> Result<Vec<(String, Option<DateTime<Utc>>)>, Died> {
    let setup = Arc::clone(setup);
    let work = move |store: &dyn crate::store::Store| {
        setup
            .rules
            .alerts
            .iter()
            .map(|alert| {
                let state = store.alert(&alert.name)?.unwrap_or_default();
                Ok((alert.name.clone(), alert.next(&state, setup.rules.zone)))
            })
            .collect()
    };
    store.with(work).await.map_err(|error| Died(error.to_string()))
}

/// Lets one alert speak, and waits until what it says is in the outbox.
pub(super) async fn speak(alert: &str, events: &mpsc::Sender<Event>) -> Result<(), Died> {
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Speak { alert: alert.to_owned(), reply }).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before an alert was stored".into())),
    }
}

/// Makes alerts known that are new, and waits until they are: what their times are counts from then.
pub(super) async fn introduce(events: &mpsc::Sender<Event>) -> Result<(), Died> {
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Introduce(reply)).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before the alerts were known".into())),
    }
}

async fn until(next: Option<DateTime<Utc>>) {
    match next {
        Some(next) => poll::sleep_until(next).await,
        None => std::future::pending().await,
    }
}
