//! The one writer: batches, orders and outcomes of deliveries in, commits out. Several commits share
//! one sync; nobody is told that something is stored before it is.

use super::canary::{self as flights, Flight};
use super::send::Post;
use super::setup::Setup;
use super::{Died, clock, systemd};
use crate::ask::{self, Answer, Order, Refusal, Setting};
use crate::delivery::desk::Counterpart;
use crate::delivery::{Notice, Progress};
use crate::fetch::budget::Ledger;
use crate::mention::TicketId;
use crate::pipeline::again::{self, Again};
use crate::pipeline::care::{self, Ward, Watched};
use crate::pipeline::{self, Arrival, Failure, Receipt, blind, hand, outward, spikes, tell};
use crate::post::SourceName;
use crate::source::websub::Subscription;
use crate::store::handle::Handle;
use crate::store::{Commit, Fault, SourceState, Store, StoreError};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Commits that share one sync at most. What is applied and not synced is small.
const MOST_IN_A_GROUP: usize = 64;

/// Something that leads to a commit.
pub enum Event {
    Polled(Outcome, Option<oneshot::Sender<Polled>>),
    Ordered {
        order: Order,
        by: String,
        setting: OwnedSetting,
        reply: oneshot::Sender<Result<Answer, Refusal>>,
    },
    /// A hub was asked for the news of a source, or agreed to bring them.
    Subscribed {
        source: SourceName,
        subscription: Box<Subscription>,
        reply: oneshot::Sender<()>,
    },
    /// A source is about to use up something scarce.
    Spent {
        source: SourceName,
        ledger: Ledger,
        reply: oneshot::Sender<()>,
    },
    /// A notice was tried; perhaps a ticket was opened at another desk with it.
    Tried(Box<Notice>, Option<Box<Counterpart>>, oneshot::Sender<()>),
    /// What is known of tickets at other desks, before it is acted upon.
    Remember(Box<Counterpart>, oneshot::Sender<()>),
    /// Another desk said how a ticket stands there.
    Followed(Box<Counterpart>, oneshot::Sender<()>),
    /// An alert's time has come.
    Speak {
        alert: String,
        reply: oneshot::Sender<()>,
    },
    /// Somebody looked how vahti fares: at these sources, and how many bytes are free.
    Looked {
        watched: Vec<Watched>,
        room: Option<u64>,
        reply: oneshot::Sender<()>,
    },
    /// Sources are at these addresses now; of some what was read before is not to be read again.
    Named(Vec<(SourceName, String, bool)>, oneshot::Sender<()>),
    /// Other keywords found these in what is kept. Who waits is told how many mentions are new.
    Again(Box<Again>, oneshot::Sender<usize>),
    /// What is kept is about to be matched again, or was.
    MatchingAgain(Box<Commit>, oneshot::Sender<()>),
    /// Tickets may have become more pressing by being late.
    Aged(oneshot::Sender<()>),
    /// Spikes may have begun, or ended.
    Counted(oneshot::Sender<()>),
    /// A canary was let out, or something happened on its way.
    Canary {
        token: String,
        flight: Flight,
        reply: oneshot::Sender<()>,
    },
    /// The store was looked through.
    Checked {
        faults: Vec<Fault>,
        reply: oneshot::Sender<()>,
    },
    /// Alerts may be new.
    Introduce(oneshot::Sender<()>),
    /// Somebody asks whether the writer is alive.
    Ping(oneshot::Sender<()>),
}

/// How a poll ended.
pub enum Outcome {
    Arrived(Box<Arrival>),
    Unchanged(SourceName, Box<Receipt>),
    Failed(Failure),
}

/// What came of one poll, once it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polled {
    pub source: String,
    pub posts: usize,
    pub skipped: usize,
    pub mentions: usize,
    /// The numbers of the tickets that were opened.
    pub tickets: Vec<u64>,
    pub unchanged: bool,
    pub error: Option<String>,
}

impl Polled {
    /// The same, with what came of another round.
    pub(super) fn and(mut self, more: Self) -> Self {
        self.posts += more.posts;
        self.skipped += more.skipped;
        self.mentions += more.mentions;
        self.tickets.extend(more.tickets);
        self.unchanged &= more.unchanged;
        // What was read before a budget or a server ended it counts; `status` says why it ended.
        self.error = more.error.filter(|_| self.posts == 0);
        self
    }
}

/// What an order is worked out against, kept for the writer.
pub struct OwnedSetting {
    pub setup: Arc<Setup>,
    pub sources: Vec<ask::SourceFacts>,
    pub running_since: Option<chrono::DateTime<chrono::Utc>>,
}

impl OwnedSetting {
    /// Returns the setting that questions and orders take.
    pub fn borrow(&self) -> Setting<'_> {
        let config = &self.setup.config;
        Setting {
            rules: &self.setup.rules,
            sources: &self.sources,
            follow_up_days: config.follow_up_days,
            store_path: config.store_path(),
            config_path: config.path.clone(),
            running_since: self.running_since,
        }
    }
}

/// What the writer works with.
pub struct Inbox {
    pub events: mpsc::Receiver<Event>,
    pub store: Handle,
    pub setup: watch::Receiver<Arc<Setup>>,
    /// Woken when a notice was put into the outbox.
    pub post: Arc<Post>,
}

/// An event whose commit is applied, and not yet synced.
struct Written {
    /// Whether it put notices into the outbox.
    notices: bool,
    /// Tells whoever waits to hear that it is stored.
    acknowledge: Box<dyn FnOnce() + Send>,
}

impl Written {
    fn new(acknowledge: impl FnOnce() + Send + 'static) -> Self {
        Self { notices: false, acknowledge: Box::new(acknowledge) }
    }

    /// Applies `commit`.
    fn apply(
        commit: &Commit,
        store: &dyn Store,
        acknowledge: impl FnOnce() + Send + 'static,
    ) -> Result<Self, StoreError> {
        store.apply(commit)?;
        Ok(Self { notices: !commit.notices.is_empty(), ..Self::new(acknowledge) })
    }
}

impl Written {
    /// Applies `commit` and tells who waits for it.
    fn told(
        commit: &Commit,
        store: &dyn Store,
        reply: oneshot::Sender<()>,
    ) -> Result<Self, StoreError> {
        store.apply(commit)?;
        Ok(Self { notices: !commit.notices.is_empty(), ..Self::heard(reply) })
    }

    /// Changes nothing, and tells who waits.
    fn heard(reply: oneshot::Sender<()>) -> Self {
        // Nobody is left to hear it when the asker was stopped.
        Self::new(move || {
            reply.send(()).ok();
        })
    }
}

/// Writes until nobody is left who could send an event. A store that fails ends it: what is not
/// stored must not be acknowledged.
pub async fn run(mut inbox: Inbox) -> Result<(), Died> {
    let mut group = Vec::with_capacity(MOST_IN_A_GROUP);
    while inbox.events.recv_many(&mut group, MOST_IN_A_GROUP).await > 0 {
        let events = std::mem::take(&mut group);
        let setup = Arc::clone(&inbox.setup.borrow());
        let written = inbox.store.with(move |store| write(events, &setup, store)).await;
        match written {
            Ok(has_notices) => {
                if has_notices {
                    inbox.post.wake();
                }
            }
            Err(error) => return Err(Died(format!("the store failed: {error}"))),
        }
    }
    Ok(())
}

/// Writes a group of events, syncs once, and tells everybody. Returns whether notices were added.
fn write(events: Vec<Event>, setup: &Setup, store: &dyn Store) -> Result<bool, StoreError> {
    let written: Vec<Written> =
        events.into_iter().map(|event| work(event, setup, store)).collect::<Result<_, _>>()?;
    store.sync()?;
    let has_notices = written.iter().any(|written| written.notices);
    for written in written {
        (written.acknowledge)();
    }
    Ok(has_notices)
}

fn work(event: Event, setup: &Setup, store: &dyn Store) -> Result<Written, StoreError> {
    let rules = &setup.rules;
    match event {
        Event::Polled(outcome, reply) if flights::is_own(&outcome) => {
            let commit = flights::polled(outcome, setup, store)?;
            let acknowledge = move || {
                if let Some(reply) = reply {
                    // Nobody is left to hear it when its time was over.
                    drop(reply.send(Polled::default()));
                }
            };
            Written::apply(&commit, store, acknowledge)
        }
        Event::Polled(outcome, reply) => {
            let (commit, polled) = polled(outcome, setup, store)?;
            let acknowledge = move || {
                if let Some(reply) = reply {
                    // Nobody is left to hear it when the poller was stopped.
                    drop(reply.send(polled));
                }
            };
            Written::apply(&commit, store, acknowledge)
        }
        Event::Ordered { order, by, setting, reply } => ordered(order, &by, &setting, reply, store),
        Event::Tried(notice, there, reply) => tried(*notice, there, reply, store),
        Event::Remember(there, reply) => remembered(*there, reply, store),
        Event::Followed(there, reply) => followed(*there, setup, reply, store),
        Event::Speak { alert, reply } => spoken(&alert, setup, reply, store),
        Event::Named(sources, reply) => named(sources, reply, store),
        Event::Looked { watched, room, reply } => looked(&watched, room, setup, reply, store),
        Event::Canary { token, flight, reply } => {
            Written::told(&flights::noted(&token, flight, store)?, store, reply)
        }
        Event::Checked { faults, reply } => {
            Written::told(&care::checked(&faults, store, clock::now())?, store, reply)
        }
        Event::Subscribed { source, subscription, reply } => {
            let mut state = store.source(&source)?;
            state.subscription = Some(*subscription);
            let commit = Commit { source: Some((source, state)), ..Commit::default() };
            Written::told(&commit, store, reply)
        }
        Event::Spent { source, ledger, reply } => {
            let state = SourceState { ledger, ..store.source(&source)? };
            let commit = Commit { source: Some((source, state)), ..Commit::default() };
            Written::told(&commit, store, reply)
        }
        Event::Again(found, reply) => found_again(*found, setup, reply, store),
        Event::MatchingAgain(commit, reply) => Written::told(&commit, store, reply),
        Event::Aged(reply) => Written::told(&hand::aged(rules, store, clock::now())?, store, reply),
        Event::Counted(reply) => {
            let now = clock::now();
            let outages = blind::outages(&setup.heard(), rules.zone, store, now)?;
            Written::told(&spikes::look(rules, &outages, store, now)?, store, reply)
        }
        Event::Introduce(reply) => {
            let commit = tell::introduce(rules, store, clock::now())?;
            Written::told(&commit, store, reply)
        }
        Event::Ping(reply) => Ok(Written::heard(reply)),
    }
}

fn named(
    sources: Vec<(SourceName, String, bool)>,
    reply: oneshot::Sender<()>,
    store: &dyn Store,
) -> Result<Written, StoreError> {
    for (source, address, keeps_cursor) in sources {
        if let Some(commit) = pipeline::named(&source, &address, keeps_cursor, store)? {
            store.apply(&commit)?;
        }
    }
    Ok(Written::heard(reply))
}

fn spoken(
    alert: &str,
    setup: &Setup,
    reply: oneshot::Sender<()>,
    store: &dyn Store,
) -> Result<Written, StoreError> {
    let (rules, now) = (&setup.rules, clock::now());
    let Some(alert) = rules.alerts.iter().find(|known| known.name == alert) else {
        return Ok(Written::heard(reply));
    };
    let blind_spots = blind::blind_spots(alert, &setup.heard(), rules, store, now)?;
    Written::told(&tell::speak(alert, rules, store, now, &blind_spots, false)?, store, reply)
}

fn looked(
    watched: &[Watched],
    room: Option<u64>,
    setup: &Setup,
    reply: oneshot::Sender<()>,
    store: &dyn Store,
) -> Result<Written, StoreError> {
    let operator = setup.config.operator.as_ref();
    let ward = Ward {
        to: operator.map_or(&[][..], |operator| &operator.to),
        zone: setup.config.zone,
        sources: watched,
        room,
        brands: &setup.config.brands,
        canary: operator.and_then(|operator| operator.canary),
    };
    let commit = care::care(&ward, store, clock::now())?;
    systemd::fares(setup.sources.len(), &care::unreached(store)?);
    Written::told(&commit, store, reply)
}

fn found_again(
    found: Again,
    setup: &Setup,
    reply: oneshot::Sender<usize>,
    store: &dyn Store,
) -> Result<Written, StoreError> {
    let before = store.source(&found.source)?;
    let commit = again::again(found, &setup.rules, store)?;
    let mentions = new_mentions(&commit, &before);
    Written::apply(&commit, store, move || {
        // Nobody is left to hear it when the asker was stopped.
        reply.send(mentions).ok();
    })
}

fn tried(
    notice: Notice,
    there: Option<Box<Counterpart>>,
    reply: oneshot::Sender<()>,
    store: &dyn Store,
) -> Result<Written, StoreError> {
    // One that a person dropped while it was tried does not come back.
    let is_wanted = notice.progress == Progress::Sent || store.notice(notice.id)?.is_some();
    let notices = if is_wanted { vec![notice] } else { Vec::new() };
    let mut commit = Commit { notices, ..Commit::default() };
    if let Some(there) = there {
        outward::opened(&mut commit, *there, store, clock::now())?;
    }
    // What became of a notice is no news for the senders, who would give a server that is left alone
    // another chance.
    let is_new = commit.notices.len() > 1;
    Ok(Written { notices: is_new, ..Written::told(&commit, store, reply)? })
}

fn remembered(
    there: Counterpart,
    reply: oneshot::Sender<()>,
    store: &dyn Store,
) -> Result<Written, StoreError> {
    let mut commit = Commit::default();
    outward::opened(&mut commit, there, store, clock::now())?;
    Written::told(&commit, store, reply)
}

fn followed(
    there: Counterpart,
    setup: &Setup,
    reply: oneshot::Sender<()>,
    store: &dyn Store,
) -> Result<Written, StoreError> {
    let mut commit = Commit::default();
    let days = setup.config.follow_up_days;
    outward::followed(&mut commit, there, days, store, clock::now())?;
    Written::told(&commit, store, reply)
}

fn polled(
    outcome: Outcome,
    setup: &Setup,
    store: &dyn Store,
) -> Result<(Commit, Polled), StoreError> {
    match outcome {
        Outcome::Arrived(arrival) => {
            let mut polled = Polled {
                source: arrival.source.0.clone(),
                posts: arrival.batch.posts.len(),
                skipped: arrival.batch.skipped,
                error: arrival.batch.trouble.clone().filter(|_| arrival.batch.is_failure),
                ..Polled::default()
            };
            let before = store.source(&arrival.source)?;
            let next_ticket = store.next_ticket()?;
            let commit = pipeline::process(*arrival, &setup.rules, store)?;
            polled.mentions = new_mentions(&commit, &before);
            polled.tickets = new_tickets(&commit, next_ticket);
            tracing::info!(
                source.name = %polled.source, posts = polled.posts, skipped = polled.skipped,
                mentions = polled.mentions, tickets = polled.tickets.len(),
                "Polled {}: {} new of {}.", polled.source, crate::text::count(polled.mentions, "mention"),
                crate::text::count(polled.posts, "post")
            );
            Ok((commit, polled))
        }
        Outcome::Unchanged(source, receipt) => {
            tracing::debug!(source.name = %source, "Polled {source}: unchanged.");
            let commit = pipeline::unchanged(&source, *receipt, store, clock::now())?;
            Ok((commit, Polled { source: source.0, unchanged: true, ..Polled::default() }))
        }
        Outcome::Failed(failure) => {
            let (source, error) = (failure.source.0.clone(), failure.error.clone());
            let first = store.source(&failure.source)?.health.failures == 0;
            let commit = pipeline::failed(failure, store)?;
            if first {
                tracing::warn!(source.name = %source, "Could not poll {source}: {error}.");
            } else {
                tracing::debug!(source.name = %source, "Could not poll {source}, again: {error}.");
            }
            Ok((commit, Polled { source, error: Some(error), ..Polled::default() }))
        }
    }
}

fn new_mentions(commit: &Commit, before: &SourceState) -> usize {
    let after = commit.source.as_ref().map_or(0, |(_, state)| state.health.mentions);
    usize::try_from(after.saturating_sub(before.health.mentions)).unwrap_or(usize::MAX)
}

fn new_tickets(commit: &Commit, next: TicketId) -> Vec<u64> {
    let ids = commit.tickets.iter().map(|ticket| ticket.facts().id);
    ids.filter(|id| *id >= next).map(|id| id.0).collect()
}

/// Works an order out. A refused one changes nothing; the answer shows what is there once it is
/// stored, so it is asked for behind the commit.
fn ordered(
    order: Order,
    by: &str,
    setting: &OwnedSetting,
    reply: oneshot::Sender<Result<Answer, Refusal>>,
    store: &dyn Store,
) -> Result<Written, StoreError> {
    let question = order.shown_by();
    let commit = match ask::act(order, by, &setting.borrow(), store, clock::now()) {
        Ok(commit) => commit,
        Err(Refusal::Store(error)) => return Err(error),
        Err(refusal) => return Ok(Written::new(move || drop(reply.send(Err(refusal))))),
    };
    store.apply(&commit)?;
    let answer = ask::answer(&question, &setting.borrow(), store, clock::now());
    let notices = !commit.notices.is_empty();
    Ok(Written { notices, ..Written::new(move || drop(reply.send(answer))) })
}
