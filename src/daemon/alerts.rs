//! Alerts that speak at their times. One that was due while the daemon was off speaks once, for the
//! whole time.

use super::intake::Event;
use super::setup::Setup;
use super::{Died, clock};
use crate::alert::Frequency;
use crate::pipeline::{blind, tell};
use crate::store::Store;
use crate::store::handle::Handle;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The longest time between two looks.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// For how long after the start alerts wait for sources that should have been asked while the daemon was off.
const PATIENCE: Duration = Duration::from_mins(5);

/// How often is looked whether those were asked.
const A_MOMENT: Duration = Duration::from_millis(500);

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
    let (began, start) = (clock::now(), Instant::now());
    loop {
        let current = Arc::clone(&setup.borrow_and_update());
        let now = clock::now();
        let mut looked = look(&current, &store, now).await?;
        if start.elapsed() < PATIENCE && !looked.due.is_empty() {
            looked.await_sources(&current, &store, began).await?;
        }
        if looked.is_ahead {
            introduce(&events).await?;
        }
        for alert in &looked.due {
            speak(alert, &events).await?;
        }
        let is_done = looked.due.is_empty() && !looked.is_ahead;
        let wait = match (is_done, looked.waits) {
            (true, true) => A_MOMENT,
            (true, false) => wait(looked.next, now),
            (false, _) => Duration::ZERO,
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
            () = tokio::time::sleep(wait) => {}
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
    let behind = move |store: &dyn Store| {
        let last = store.last_place()?.0;
        let mut behind = Vec::new();
        for alert in
            rules.rules.alerts.iter().filter(|alert| alert.frequency == Frequency::AsItHappens)
        {
            if store.alert(&alert.name)?.is_some_and(|state| state.is_behind(last)) {
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

impl Looked {
    /// Takes out the periodic alerts some of whose sources should have been asked while the daemon was off
    /// and have not been yet: what they say after that time is of that time too.
    async fn await_sources(
        &mut self,
        setup: &Arc<Setup>,
        store: &Handle,
        began: DateTime<Utc>,
    ) -> Result<(), Died> {
        let (rules, due) = (Arc::clone(setup), std::mem::take(&mut self.due));
        let work = move |store: &dyn Store| {
            let (mut speak, mut wait) = (Vec::new(), false);
            let heard = rules.heard();
            for alert in rules.rules.alerts.iter().filter(|alert| due.contains(&alert.name)) {
                let is_periodic = alert.frequency != Frequency::AsItHappens;
                if is_periodic && blind::is_awaited(alert, &heard, &rules.rules, store, began)? {
                    wait = true;
                } else {
                    speak.push(alert.name.clone());
                }
            }
            Ok((speak, wait))
        };
        let (due, waits) = store.with(work).await.map_err(|error| Died(error.to_string()))?;
        (self.due, self.waits) = (due, waits);
        Ok(())
    }
}

/// Which alerts speak, and when the others do.
#[derive(Default)]
pub(super) struct Looked {
    /// Those that speak now.
    pub(super) due: Vec<String>,
    /// When the next one does.
    next: Option<DateTime<Utc>>,
    /// Whether the clock was set back behind the times of one.
    is_ahead: bool,
    /// Whether one is due that waits for its sources.
    waits: bool,
}

/// Looks which alerts speak at `now`.
pub(super) async fn look(
    setup: &Arc<Setup>,
    store: &Handle,
    now: DateTime<Utc>,
) -> Result<Looked, Died> {
    let setup = Arc::clone(setup);
    let work = move |store: &dyn Store| {
        let mut looked = Looked::default();
        let last = store.last_place()?.0;
        for alert in &setup.rules.alerts {
            let state = store.alert(&alert.name)?.unwrap_or_default();
            looked.is_ahead |= alert.is_ahead(&state, now);
            let until = alert.holds(&state, now);
            let next = match alert.frequency {
                Frequency::AsItHappens => {
                    Some(until.unwrap_or(now)).filter(|_| state.is_behind(last))
                }
                Frequency::Periodic(_) => alert.next(&state, now),
            };
            let is_kept = until.is_some() && next.is_some();
            if next.is_some_and(|next| next <= now)
                || is_kept && tell::is_pressing(alert, &setup.rules, store, now)?
            {
                looked.due.push(alert.name.clone());
            }
            looked.next = [looked.next, next].into_iter().flatten().min();
        }
        Ok(looked)
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

/// Returns how long to wait until `next`. Not for long: the clock may be set meanwhile, and what is kept
/// back may become urgent.
fn wait(next: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Duration {
    let left = next.map(|next| (next - now).to_std().unwrap_or_default());
    left.map_or(LONGEST_WAIT, |left| left.min(LONGEST_WAIT))
}
