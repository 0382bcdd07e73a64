//! The outbox, emptied: mails by this task, what goes to channels by theirs. Repeating belongs here; what a
//! notice has come to is stored before another takes its place.

use super::intake::Event;
use super::receipts::Receipts;
use super::setup::Setup;
use super::{Died, channels, clock, desks, poll, rooms};
use crate::delivery::desk::Counterpart;
use crate::delivery::email::{Failed, Transport};
use crate::delivery::{Notice, NoticeId, Progress, outbox};
use crate::pipeline::outward;
use crate::store::Store;
use crate::store::handle::Handle;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

pub(super) mod queue;
use queue::Queue;

/// Mails that are under way at once: many servers allow a client no more connections than three.
const MAILS_AT_ONCE: usize = 3;

/// What wakes the senders when a notice was put into the outbox.
#[derive(Default)]
pub struct Post {
    pub(super) mails: Notify,
    pub(super) channels: Notify,
    /// Woken when a notice was given up: the operator hears of it.
    pub(super) died: Notify,
}

impl Post {
    pub(super) fn wake(&self) {
        self.mails.notify_one();
        self.channels.notify_one();
    }
}

/// What the senders work with: one for mails, and one a channel, so that none keeps another waiting.
pub(super) struct Sending {
    pub(super) events: mpsc::Sender<Event>,
    pub(super) store: Handle,
    pub(super) setup: watch::Receiver<Arc<Setup>>,
    pub(super) post: Arc<Post>,
    pub(super) receipts: Arc<Receipts>,
    pub(super) stop: CancellationToken,
}

/// What came of a try, once it is stored.
pub(super) struct Done {
    pub(super) id: NoticeId,
    pub(super) progress: Progress,
    pub(super) answer: Option<String>,
    /// Whether what it went to failed, not only this notice.
    pub(super) has_failed: bool,
}

/// Mails under way.
struct Mails {
    sending: Arc<Sending>,
    queue: Queue,
    in_hand: JoinSet<Result<Done, Died>>,
}

/// Sends the mails that are due, until told to stop; those in hand are finished.
pub(super) async fn run(sending: Arc<Sending>) -> Result<(), Died> {
    let (stop, post) = (sending.stop.clone(), Arc::clone(&sending.post));
    let mut mails = Mails { sending, queue: Queue::default(), in_hand: JoinSet::new() };
    while !stop.is_cancelled() {
        if mails.queue.is_stale {
            mails.queue.fill(queued(&mails.sending.store, outward::is_mail).await?, clock::now());
        }
        mails.take_up();
        let next = mails.queue.next;
        tokio::select! {
            Some(done) = mails.in_hand.join_next() => {
                let done = finished(done)?;
                mails.queue.done(done.id, done.has_failed, clock::now());
            }
            () = stop.cancelled() => {}
            () = post.mails.notified() => mails.queue.begin_anew(),
            () = wait(next) => mails.queue.is_stale = true,
        }
    }
    while let Some(done) = mails.in_hand.join_next().await {
        finished(done)?;
    }
    Ok(())
}

/// Tries each of these once, whether it is due or not, and returns what came of them.
pub(super) async fn once(sending: Sending, notices: Vec<Notice>) -> Result<Vec<Done>, Died> {
    let (mailed, told): (Vec<_>, Vec<_>) = notices.into_iter().partition(outward::is_mail);
    let sending = Arc::new(sending);
    let telling = channels::once(Arc::clone(&sending), told);
    let mut mails = Mails { sending, queue: Queue::of(mailed), in_hand: JoinSet::new() };
    let mailing = async {
        let mut all = Vec::new();
        mails.take_up();
        while let Some(done) = mails.in_hand.join_next().await {
            all.push(finished(done)?);
            mails.take_up();
        }
        Ok(all)
    };
    let (mut all, told) = tokio::try_join!(mailing, telling)?;
    all.extend(told);
    all.sort_by_key(|done| done.id);
    Ok(all)
}

impl Mails {
    /// Takes mails in hand until there are enough.
    fn take_up(&mut self) {
        while self.in_hand.len() < MAILS_AT_ONCE {
            let Some(notice) = self.queue.take() else { break };
            let sending = Arc::clone(&self.sending);
            // A task of its own: an answer is noted when it comes, whatever else is going on.
            self.in_hand.spawn(async move { sending.deliver(notice).await });
        }
    }
}

impl Sending {
    /// Tries a notice once and stores what came of it.
    pub(super) async fn deliver(&self, notice: Notice) -> Result<Done, Died> {
        let id = notice.id;
        let Some(notice) = self.still_queued(id).await? else {
            return Ok(Done { id, progress: Progress::Dead, answer: None, has_failed: false });
        };
        let setup = Arc::clone(&self.setup.borrow());
        let (tried, there) = Box::pin(self.try_once(notice, &setup)).await?;
        if tried.progress == Progress::Sent {
            self.receipts.note(&tried, there.as_deref());
        }
        log(&tried);
        let is_well =
            outward::is_mail(&tried) && setup.transport.as_ref().is_some_and(Transport::is_well);
        let (progress, answer) = (tried.progress, tried.last_answer.clone());
        let has_failed = progress == Progress::Queued && !is_well;
        self.store_outcome(tried, there).await?;
        match progress {
            Progress::Sent => self.receipts.settle(),
            Progress::Dead => self.post.died.notify_one(),
            Progress::Queued => {}
        }
        Ok(Done { id, progress, answer, has_failed })
    }

    /// Returns a notice as it is now: a person may have dropped it since the outbox was read.
    async fn still_queued(&self, id: NoticeId) -> Result<Option<Notice>, Died> {
        let notice = self.store.with(move |store| store.notice(id)).await;
        let notice = notice.map_err(|error| Died(error.to_string()))?;
        Ok(notice.filter(|notice| notice.progress == Progress::Queued))
    }

    /// Tries a notice once and returns how far it has come, and the ticket that was opened with it.
    async fn try_once(
        &self,
        notice: Notice,
        setup: &Setup,
    ) -> Result<(Notice, Option<Box<Counterpart>>), Died> {
        Ok(if outward::is_mail(&notice) {
            (mailed(notice, setup).await, None)
        } else if outward::is_alert(&notice) {
            (rooms::tell(&notice, setup).await.noted(notice), None)
        } else {
            let brought = desks::bring(&notice, setup, &self.store, &self.events).await?;
            (brought.noted(notice), brought.there.map(Box::new))
        })
    }

    /// Stores how far a notice has come, and waits until it is.
    async fn store_outcome(
        &self,
        notice: Notice,
        there: Option<Box<Counterpart>>,
    ) -> Result<(), Died> {
        let (reply, stored) = oneshot::channel();
        let sent = self.events.send(Event::Tried(Box::new(notice), there, reply)).await;
        match (sent, stored.await) {
            (Ok(()), Ok(())) => Ok(()),
            _ => Err(Died("the writer ended before a delivery was stored".into())),
        }
    }
}

/// Returns what a task came to.
pub(super) fn finished<T>(ended: Result<Result<T, Died>, JoinError>) -> Result<T, Died> {
    ended.map_err(|error| Died(error.to_string()))?
}

pub(super) async fn wait(until: Option<DateTime<Utc>>) {
    match until {
        Some(until) => poll::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Returns the queued notices that are meant, whether they are due or not, oldest first.
pub(super) async fn queued(
    store: &Handle,
    is_meant: impl Fn(&Notice) -> bool + Send + 'static,
) -> Result<Vec<Notice>, Died> {
    let work = move |store: &dyn Store| {
        let mut notices = store.outbox()?;
        notices.retain(|notice| notice.progress == Progress::Queued && is_meant(notice));
        if !notices.is_empty() {
            // One may be applied and not yet safe. Sent now and lost in a power cut, it would be
            // told again when its mentions are found again.
            store.sync()?;
        }
        notices.sort_by_key(|notice| notice.id);
        Ok(notices)
    };
    store.with(work).await.map_err(|error| Died(error.to_string()))
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
