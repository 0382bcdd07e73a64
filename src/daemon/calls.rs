//! Answers what comes over the control socket: questions from the store, orders through the writer,
//! polls through the pollers.

use super::board::Board;
use super::intake::{Event, OwnedSetting, Polled};
use super::judge::Office;
use super::setup::Setup;
use super::{brought, clock, once};
use crate::alert::Unsubscribed;
use crate::ask::subscription::Standing;
use crate::ask::view::SummaryView;
use crate::ask::{self, Answer, Question, Refusal, Setting, SourceFacts};
use crate::control::{Call, server};
use crate::store::handle::Handle;
use crate::store::{Store, StoreError};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What the answering task works with.
pub(super) struct Answering {
    pub(super) calls: mpsc::Receiver<Call>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) store: Handle,
    pub(super) setup: watch::Receiver<Arc<Setup>>,
    pub(super) board: Arc<Board>,
    pub(super) started: DateTime<Utc>,
    pub(super) stop: CancellationToken,
}

/// Answers until nobody is left who could ask, or the end has come and the time for goodbyes is over.
pub(super) async fn run(mut answering: Answering) {
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            call = answering.calls.recv() => match call {
                Some(call) => answering.take(call, &mut under_way),
                None => break,
            },
            () = server::after(&answering.stop, server::LONGEST_GOODBYE) => return,
            Some(ended) = under_way.join_next(), if !under_way.is_empty() => {
                if let Err(died) = ended {
                    tracing::error!("An answer died: {died}.");
                }
            }
        }
    }
    while under_way.join_next().await.is_some() {}
}

impl Answering {
    fn take(&self, call: Call, under_way: &mut JoinSet<()>) {
        match call {
            Call::Ask(question, reply) => {
                let (store, setting) = (self.store.clone(), self.setting());
                under_way.spawn(async move {
                    drop(reply.send(answer(question, setting, &store).await));
                });
            }
            Call::Do { order, by, reply } => {
                let (events, setting) = (self.events.clone(), self.setting());
                under_way.spawn(async move {
                    // Where the writer is gone, `reply` is dropped, which the asker hears.
                    drop(events.send(Event::Ordered { order, by, setting, reply }).await);
                });
            }
            Call::Take { source, body, reply } => {
                let (events, setup) = (self.events.clone(), Arc::clone(&self.setup.borrow()));
                let store = self.store.clone();
                under_way.spawn(async move {
                    let office = Office { setup: &setup, store: &store, events: &events };
                    let taken = brought::take(&source, body, &office, true).await;
                    drop(reply.send(taken));
                });
            }
            Call::Page(language, reply) => {
                let (store, setting) = (self.store.clone(), self.setting());
                under_way.spawn(async move {
                    let page = looked_up(setting, &store, move |setting, store| {
                        ask::page::page(language, setting, store, clock::now())
                    });
                    drop(reply.send(page.await));
                });
            }
            Call::Subscription { token, wish, reply } => {
                let (store, settings) = (self.store.clone(), [self.setting(), self.setting()]);
                let events = self.events.clone();
                under_way.spawn(async move {
                    let standing = subscription(token, wish, settings, &store, &events);
                    drop(reply.send(standing.await));
                });
            }
            Call::Poll(names, reply) => {
                let (board, setup) = (Arc::clone(&self.board), self.setup.clone());
                let stop = self.stop.clone();
                under_way.spawn(async move {
                    tokio::select! {
                        () = board.full() => {}
                        () = stop.cancelled() => return,
                    }
                    let setup = Arc::clone(&setup.borrow());
                    drop(reply.send(poll(&names, &board, &setup).await));
                });
            }
        }
    }

    fn setting(&self) -> OwnedSetting {
        let setup = Arc::clone(&self.setup.borrow());
        let sources = setup.names().into_iter().map(|(name, kind, is_polled)| SourceFacts {
            next_poll: self.board.next(&name),
            tickets: setup.tickets(&name),
            schedule: setup.schedule(&name),
            only: setup.only(&name).to_vec(),
            name,
            kind,
            is_polled,
        });
        OwnedSetting { sources: sources.collect(), setup, running_since: Some(self.started) }
    }
}

async fn answer(
    question: Question,
    setting: OwnedSetting,
    store: &Handle,
) -> Result<Answer, Refusal> {
    looked_up(setting, store, move |setting, store| {
        ask::answer(&question, setting, store, clock::now())
    })
    .await
}

/// Works something out of the store, where that may block.
async fn looked_up<T: Send + 'static>(
    setting: OwnedSetting,
    store: &Handle,
    work: impl FnOnce(&Setting<'_>, &dyn Store) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let (send, answer) = oneshot::channel();
    let work = move |store: &dyn Store| {
        drop(send.send(work(&setting.borrow(), store)));
        Ok(())
    };
    store.with(work).await?;
    answer.await.unwrap_or_else(|_| Err(stopping()))
}

fn stopping() -> Refusal {
    Refusal::Store(StoreError::Disk("vahti is stopping".into()))
}

/// Looks up whose a link is, and does what they wish.
async fn subscription(
    token: String,
    wish: Option<bool>,
    [setting, again]: [OwnedSetting; 2],
    store: &Handle,
    events: &mpsc::Sender<Event>,
) -> Result<Option<Standing>, Refusal> {
    let found = looked_up(setting, store, move |setting, store| {
        Ok(ask::subscription::standing(&token, setting, store)?)
    });
    let found = found.await?;
    let (Some(mut standing), Some(is_told)) = (found.clone(), wish) else { return Ok(found) };
    if is_told == standing.is_told {
        return Ok(Some(standing));
    }
    let (order, by) = (standing.wanting(is_told), Unsubscribed::BY_LINK.to_owned());
    let (reply, done) = oneshot::channel();
    let sent = events.send(Event::Ordered { order, by, setting: again, reply }).await;
    sent.map_err(|_| stopping())?;
    done.await.unwrap_or_else(|_| Err(stopping()))?;
    standing.is_told = is_told;
    let Standing { alert, to, .. } = &standing;
    if is_told {
        tracing::info!(alert = %alert, "{to} is told again by the alert {alert}.");
    } else {
        tracing::info!(alert = %alert, "{to} unsubscribed from the alert {alert}.");
    }
    Ok(Some(standing))
}

/// Pokes the pollers that are meant and waits for all of them.
async fn poll(names: &[String], board: &Board, setup: &Setup) -> Result<SummaryView, Refusal> {
    let mut pollers = Vec::new();
    if names.is_empty() {
        pollers = board.pollers(None);
    }
    for name in names {
        let meant = board.pollers(Some(name));
        if meant.is_empty()
            && let Some(waits) = setup.waiting(name)
        {
            return Err(Refusal::Refused(once::waits_for_posts(&waits.name)));
        }
        if meant.is_empty() {
            let all = board.pollers(None);
            let known = all.iter().map(|(source, _)| source.0.as_str());
            return Err(Refusal::NotFound(match crate::text::nearest(name, known) {
                Some(near) => format!("source `{name}`; did you mean `{near}`?"),
                None => format!("source `{name}`; `vahti status` shows them"),
            }));
        }
        pollers.extend(meant);
    }
    let mut polls = JoinSet::new();
    for (source, poke) in pollers {
        polls.spawn(async move {
            let (reply, polled) = oneshot::channel();
            let stopping = Polled {
                source: source.0,
                error: Some("vahti is stopping".into()),
                ..Polled::default()
            };
            match poke.send(reply).await {
                Ok(()) => polled.await.unwrap_or(stopping),
                Err(_) => stopping,
            }
        });
    }
    Ok(once::summary(polls.join_all().await))
}
