//! The outbox, emptied. Repeating belongs here; what a notice has come to is stored before the next
//! one is tried.

use super::intake::Event;
use super::setup::Setup;
use super::{Died, clock, desks, poll, rooms};
use crate::delivery::desk::Counterpart;
use crate::delivery::email::Failed;
use crate::delivery::{Notice, Progress, outbox};
use crate::pipeline::outward;
use crate::store::Store;
use crate::store::handle::Handle;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Notices that may fail one after the other before the server is left alone for a while.
const FAILURES_IN_A_ROW: usize = 3;

/// How long the server is left alone then.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

/// By which way notices go: each has a sender of its own, so that a desk that hangs keeps no mail waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Mail,
    Desks,
}

impl Way {
    pub(super) fn takes(self, notice: &Notice) -> bool {
        outward::is_mail(notice) == (self == Self::Mail)
    }
}

/// What wakes the senders when a notice was put into the outbox.
#[derive(Default)]
pub struct Post {
    mail: Notify,
    desks: Notify,
}

impl Post {
    pub(super) fn wake(&self) {
        self.mail.notify_one();
        self.desks.notify_one();
    }

    pub(super) fn of(&self, way: Way) -> &Notify {
        match way {
            Way::Mail => &self.mail,
            Way::Desks => &self.desks,
        }
    }
}

/// What a sender works with.
pub(super) struct Sending {
    pub(super) way: Way,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) store: Handle,
    pub(super) setup: watch::Receiver<Arc<Setup>>,
    pub(super) post: Arc<Post>,
    pub(super) stop: CancellationToken,
}

impl Sending {
    /// Sends what is due, until told to stop; the delivery in hand is finished.
    pub(super) async fn run(self) -> Result<(), Died> {
        let Self { way, store, stop, .. } = &self;
        while !stop.is_cancelled() {
            let current = Arc::clone(&self.setup.borrow());
            let due = due(store, clock::now(), false, Some(*way)).await?;
            let next = self.round(due, &current).await?;
            let next = match next {
                Some(pause) => Some(pause),
                None => earliest(store, *way).await?,
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.post.of(*way).notified() => {}
                () = wait(next) => {}
            }
        }
        Ok(())
    }

    /// Sends one after the other. Where one kept failing, its notices are left, and until when is returned.
    pub(super) async fn round(
        &self,
        due: Vec<Notice>,
        setup: &Setup,
    ) -> Result<Option<DateTime<Utc>>, Died> {
        let mut failures: HashMap<String, usize> = HashMap::new();
        for notice in due {
            if self.stop.is_cancelled() {
                return Ok(None);
            }
            let server = if self.way == Way::Mail { String::new() } else { notice.to.clone() };
            if failures.get(&server).is_some_and(|failed| *failed >= FAILURES_IN_A_ROW) {
                continue;
            }
            let tried = try_once(notice, setup, &self.store, &self.events).await?;
            let has_failed = tried.notice.progress == Progress::Queued;
            let failed = failures.entry(server).or_default();
            *failed = if has_failed { *failed + 1 } else { 0 };
            store_outcome(tried, &self.events).await?;
        }
        let is_left = failures.values().any(|failed| *failed >= FAILURES_IN_A_ROW);
        Ok(is_left.then(|| clock::now() + PAUSE))
    }
}

pub(super) async fn wait(until: Option<DateTime<Utc>>) {
    match until {
        Some(until) => poll::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Returns the queued notices that are due, or all queued ones; those that go one way, or all.
pub(super) async fn due(
    store: &Handle,
    now: DateTime<Utc>,
    whatever_the_time: bool,
    way: Option<Way>,
) -> Result<Vec<Notice>, Died> {
    let work = move |store: &dyn Store| {
        let mut notices = store.outbox()?;
        notices.retain(|notice| {
            notice.progress == Progress::Queued
                && (whatever_the_time || notice.next_attempt <= now)
                && way.is_none_or(|way| way.takes(notice))
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

async fn earliest(store: &Handle, way: Way) -> Result<Option<DateTime<Utc>>, Died> {
    let notices =
        store.with(|store| store.outbox()).await.map_err(|error| Died(error.to_string()))?;
    let is_meant = |notice: &&Notice| notice.progress == Progress::Queued && way.takes(notice);
    let queued = notices.iter().filter(is_meant);
    Ok(queued.map(|notice| notice.next_attempt).min())
}

/// A notice after a try, and the ticket that was opened with it.
pub(super) struct Tried {
    pub(super) notice: Notice,
    there: Option<Box<Counterpart>>,
}

/// Stores how far a notice has come, and waits until it is.
pub(super) async fn store_outcome(tried: Tried, events: &mpsc::Sender<Event>) -> Result<(), Died> {
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Tried(Box::new(tried.notice), tried.there, reply)).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before a delivery was stored".into())),
    }
}

/// Tries a notice once and returns how far it has come.
pub(super) async fn try_once(
    notice: Notice,
    setup: &Setup,
    store: &Handle,
    events: &mpsc::Sender<Event>,
) -> Result<Tried, Died> {
    let (notice, there) = if outward::is_mail(&notice) {
        (mailed(notice, setup).await, None)
    } else if outward::is_alert(&notice) {
        (rooms::tell(&notice, setup).await.noted(notice), None)
    } else {
        let brought = desks::bring(&notice, setup, store, events).await?;
        (brought.noted(notice), brought.there.map(Box::new))
    };
    log(&notice);
    Ok(Tried { notice, there })
}

async fn mailed(notice: Notice, setup: &Setup) -> Notice {
    let from = setup.config.mail.as_ref().map(|mail| mail.from.as_str());
    let (Some(transport), Some(from)) = (&setup.transport, from) else {
        let answer = "no mail is configured any more".to_owned();
        return outbox::after_failure(notice, &Failed::Temporary { answer }, clock::now());
    };
    match transport.send(from, &notice).await {
        Ok(answer) => outbox::after_success(notice, &answer, clock::now()),
        Err(failed) => outbox::after_failure(notice, &failed, clock::now()),
    }
}

fn log(tried: &Notice) {
    let (alert, subject, number) = (&tried.alert, &tried.subject, tried.id.0);
    let answer = tried.last_answer.as_deref().unwrap_or_default();
    match tried.progress {
        Progress::Sent => {
            tracing::info!(alert.name = %alert, notice.number = number, answer, "Sent \"{subject}\".");
        }
        Progress::Dead => {
            tracing::error!(alert.name = %alert, notice.number = number, answer, "Gave up sending \"{subject}\"; see `vahti outbox`.");
        }
        Progress::Queued => {
            tracing::warn!(alert.name = %alert, notice.number = number, answer, "Could not send \"{subject}\" yet.");
        }
    }
}
