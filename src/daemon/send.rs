//! The outbox, emptied. Repeating belongs here; what a notice has come to is stored before the next
//! one is tried.

use super::intake::Event;
use super::setup::Setup;
use super::{Died, clock, poll};
use crate::delivery::email::Failed;
use crate::delivery::{Notice, Progress, outbox};
use crate::store::Store;
use crate::store::handle::Handle;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Notices that may fail one after the other before the server is left alone for a while.
const FAILURES_IN_A_ROW: usize = 3;

/// How long the server is left alone then.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

/// Sends what is due, until told to stop; the delivery in hand is finished.
pub(super) async fn run(
    events: mpsc::Sender<Event>,
    store: Handle,
    setup: watch::Receiver<Arc<Setup>>,
    post: Arc<Notify>,
    stop: CancellationToken,
) -> Result<(), Died> {
    while !stop.is_cancelled() {
        let now = clock::now();
        let current = Arc::clone(&setup.borrow());
        let due = due(&store, now, false).await?;
        let next = round(due, &current, &events, &stop).await?;
        let next = match next {
            Some(pause) => Some(pause),
            None => earliest(&store).await?,
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = post.notified() => {}
            () = wait(next) => {}
        }
    }
    Ok(())
}

async fn wait(until: Option<DateTime<Utc>>) {
    match until {
        Some(until) => poll::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Returns the queued notices that are due, or all queued ones.
pub(super) async fn due(
    store: &Handle,
    now: DateTime<Utc>,
    whatever_the_time: bool,
) -> Result<Vec<Notice>, Died> {
    let work = move |store: &dyn Store| {
        let mut notices = store.outbox()?;
        notices.retain(|notice| {
            notice.progress == Progress::Queued && (whatever_the_time || notice.next_attempt <= now)
        });
        if !notices.is_empty() {
            // One may be applied and not yet safe. Sent now and lost in a power cut, it would be
            // told again when its mentions are found again.
            store.sync()?;
        }
        Ok(notices)
    };
    store.with(work).await.map_err(|error| Died(error.to_string()))
}

async fn earliest(store: &Handle) -> Result<Option<DateTime<Utc>>, Died> {
    let notices =
        store.with(|store| store.outbox()).await.map_err(|error| Died(error.to_string()))?;
    let queued = notices.iter().filter(|notice| notice.progress == Progress::Queued);
    Ok(queued.map(|notice| notice.next_attempt).min())
}

/// Sends one after the other. Returns until when the server is left alone, where it kept failing.
async fn round(
    due: Vec<Notice>,
    setup: &Setup,
    events: &mpsc::Sender<Event>,
    stop: &CancellationToken,
) -> Result<Option<DateTime<Utc>>, Died> {
    let mut failures = 0;
    for notice in due {
        if stop.is_cancelled() {
            return Ok(None);
        }
        let tried = try_once(notice, setup).await;
        failures = if tried.progress == Progress::Queued { failures + 1 } else { 0 };
        store_outcome(tried, events).await?;
        if failures >= FAILURES_IN_A_ROW {
            return Ok(Some(clock::now() + PAUSE));
        }
    }
    Ok(None)
}

/// Stores how far a notice has come, and waits until it is.
pub(super) async fn store_outcome(
    notice: Notice,
    events: &mpsc::Sender<Event>,
) -> Result<(), Died> {
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Tried(notice, reply)).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before a delivery was stored".into())),
    }
}

/// Tries a notice once and returns how far it has come.
pub(super) async fn try_once(notice: Notice, setup: &Setup) -> Notice {
    let from = setup.config.mail.as_ref().map(|mail| mail.from.as_str());
    let (Some(transport), Some(from)) = (&setup.transport, from) else {
        let answer = "no mail is configured any more".to_owned();
        return outbox::after_failure(notice, &Failed::Temporary { answer }, clock::now());
    };
    let (alert, subject, number) = (notice.alert.clone(), notice.subject.clone(), notice.id.0);
    match transport.send(from, &notice).await {
        Ok(answer) => {
            tracing::info!(alert.name = %alert, notice.number = number, answer = %answer, "Sent \"{subject}\".");
            outbox::after_success(notice, &answer, clock::now())
        }
        Err(failed) => {
            let tried = outbox::after_failure(notice, &failed, clock::now());
            let answer = tried.last_answer.clone().unwrap_or_default();
            if tried.progress == Progress::Dead {
                tracing::error!(alert.name = %alert, notice.number = number, answer, "Gave up sending \"{subject}\"; see `vahti outbox`.");
            } else {
                tracing::warn!(alert.name = %alert, notice.number = number, answer, "Could not send \"{subject}\" yet.");
            }
            tried
        }
    }
}
