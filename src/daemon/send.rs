//! The outbox, emptied. Repeating belongs here; what a notice has come to is stored before another takes its
//! place.

use super::intake::Event;
use super::setup::Setup;
use super::{Died, clock, desks, poll, rooms};
use crate::delivery::desk::Counterpart;
use crate::delivery::email::{Failed, Transport};
use crate::delivery::{Notice, NoticeId, Progress, outbox};
use crate::pipeline::outward;
use crate::store::Store;
use crate::store::handle::Handle;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

pub(super) mod queue;
use queue::Queue;

/// Mails that are under way at once: many servers allow a client no more connections than three.
const MAILS_AT_ONCE: usize = 3;

/// By which way notices go: each has a sender of its own, so that a desk that hangs keeps no mail waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Mail,
    Desks,
}

impl Way {
    /// Returns the name of what a notice goes to; what fails there holds up nothing elsewhere.
    pub(super) fn server(self, notice: &Notice) -> String {
        if self == Self::Mail { String::new() } else { notice.to.clone() }
    }

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
    /// Sends what is due, until told to stop; the deliveries in hand are finished. What a delivery came to
    /// is stored before its place is given to the next.
    pub(super) async fn run(self) -> Result<(), Died> {
        let mut queue = Queue::default();
        let mut in_hand = FuturesUnordered::new();
        let mut is_stopping = false;
        while !(is_stopping && in_hand.is_empty()) {
            if !is_stopping && queue.is_stale {
                let notices = due(&self.store, clock::now(), true, Some(self.way)).await?;
                queue.fill(notices, clock::now(), self.way);
            }
            while !is_stopping && in_hand.len() < MAILS_AT_ONCE {
                let Some(notice) = queue.take() else { break };
                in_hand.push(self.deliver(notice));
            }
            let next = queue.next;
            tokio::select! {
                Some(done) = in_hand.next(), if !in_hand.is_empty() => {
                    let (id, server, has_failed) = done?;
                    queue.done(id, &server, has_failed, clock::now());
                }
                () = self.stop.cancelled(), if !is_stopping => is_stopping = true,
                () = self.post.of(self.way).notified(), if !is_stopping => queue.begin_anew(),
                () = wait(next), if !is_stopping => queue.is_stale = true,
            }
        }
        Ok(())
    }

    /// Tries a notice once and stores what came of it. Returns its number, which server it went to, and
    /// whether that one failed.
    async fn deliver(&self, notice: Notice) -> Result<(NoticeId, String, bool), Died> {
        let setup = Arc::clone(&self.setup.borrow());
        let (id, server) = (notice.id, self.way.server(&notice));
        let tried = try_once(notice, &setup, &self.store, &self.events).await?;
        let is_well =
            self.way == Way::Mail && setup.transport.as_ref().is_some_and(Transport::is_well);
        let has_failed = tried.notice.progress == Progress::Queued && !is_well;
        store_outcome(tried, &self.events).await?;
        Ok((id, server, has_failed))
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
