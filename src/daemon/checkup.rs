//! Looks through the whole store soon after the start and once a day, beside the writer, and tells the
//! operator what is wrong with it.

use super::board::Board;
use super::intake::Event;
use super::setup::Setup;
use super::{Died, clock, poll, ward};
use crate::store::handle::Handle;
use crate::store::{Fault, Store, StoreError};
use chrono::TimeDelta;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// How long after the start it looks first, and how often then.
const SOON: TimeDelta = TimeDelta::seconds(5);
const EVERY: TimeDelta = TimeDelta::days(1);

/// How often it looks once more where it found something: what is written meanwhile looks like a fault
/// once, and not again.
const LOOKS: usize = 4;

/// Looks until told to stop.
pub(super) async fn run(
    events: mpsc::Sender<Event>,
    store: Handle,
    setup: watch::Receiver<Arc<Setup>>,
    board: Arc<Board>,
    stop: CancellationToken,
) -> Result<(), Died> {
    let mut next = clock::now() + SOON;
    while poll::wait_until(next, &stop).await.is_some() {
        next = clock::now() + EVERY;
        let current = Arc::clone(&setup.borrow());
        if current.config.operator.is_none() {
            continue;
        }
        let (found, awaited) = oneshot::channel();
        let (handle, ended) = (store.clone(), stop.clone());
        // A thread of its own: the end of vahti does not wait for it.
        std::thread::spawn(move || found.send(look(handle.store(), &ended)).is_ok());
        let Some(looked) = stop.run_until_cancelled(awaited).await else { return Ok(()) };
        let faults = match looked {
            Ok(Ok(faults)) => faults,
            Err(_) => vec![Fault("it could not be looked through to the end".into())],
            // What cannot be read at all is the worst of faults.
            Ok(Err(error)) => vec![Fault(error.to_string())],
        };
        if !faults.is_empty() {
            let what = crate::text::count(faults.len(), "fault");
            tracing::error!("The store has {what}; `vahti fsck` shows them.");
        }
        let (reply, stored) = oneshot::channel();
        let sent = events.send(Event::Checked { faults, reply }).await;
        match (sent, stored.await) {
            (Ok(()), Ok(())) => {}
            _ => return Err(Died("the writer ended before a check was stored".into())),
        }
        ward::look(&current, Some(&board), &events).await?;
    }
    Ok(())
}

/// Returns the faults that are there each time.
fn look(store: &dyn Store, stop: &CancellationToken) -> Result<Vec<Fault>, StoreError> {
    let mut faults = store.check()?;
    for _ in 1..LOOKS {
        if faults.is_empty() || stop.is_cancelled() {
            break;
        }
        let again = store.check()?;
        faults.retain(|fault| again.contains(fault));
    }
    Ok(faults)
}
