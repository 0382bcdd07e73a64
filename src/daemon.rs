//! The daemon: one task a source, one task that writes, and an orderly end. Work flows one way,
//! through bounded channels with one reader each.

use crate::config::{Config, Web};
use crate::control::{Call, server, web};
use crate::store::handle::Handle;
use board::Board;
use intake::{Event, Inbox};
use receipts::Receipts;
use send::Post;
use setup::Setup;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod again;
mod alerts;
pub mod board;
mod brought;
mod calls;
pub mod canary;
mod channels;
mod checkup;
pub mod clock;
mod desks;
pub mod expand;
pub mod intake;
pub mod judge;
pub mod once;
pub mod poll;
mod push;
mod receipts;
mod rooms;
pub mod send;
pub mod setup;
pub mod systemd;
mod tour;
mod turns;
mod ward;

/// Events that may wait for the writer; full means that the pollers wait.
const EVENTS_IN_FLIGHT: usize = 256;

/// Questions and orders that may wait.
const CALLS_IN_FLIGHT: usize = 64;

/// How long the daemon may take to end before what is left is cut short. Nothing committed is lost.
const LONGEST_END: Duration = Duration::from_secs(30);

/// The daemon ended by itself; the text says what failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Died(pub String);

/// What a running daemon is told from outside.
pub struct Told {
    /// Cancelled: stop asking for more, finish what is in flight, end.
    pub stop: CancellationToken,
    /// A new configuration, already found good.
    pub configs: watch::Receiver<Arc<Config>>,
}

/// Runs until told to stop or a task dies, then lets every stage finish what it holds. `ready` is
/// called once the store, the socket and all tasks stand.
pub async fn run(store: Handle, told: Told, ready: impl FnOnce()) -> Result<(), Died> {
    let Told { stop, mut configs } = told;
    let config = Arc::clone(&configs.borrow_and_update());
    let receipts = Receipts::begin(&config.state_dir, &store).await?;
    let setup = Setup::build(config, &store, None).await.map_err(Died)?;
    let socket = setup.config.control.clone();
    let listener = server::bind(&socket)
        .await
        .map_err(|error| Died(format!("cannot listen on {}: {error}", socket.display())))?;
    let hubs = match &setup.config.websub {
        Some(websub) => Some(push::bind(websub.listen).await?),
        None => None,
    };
    let page = match &setup.config.web {
        Some(web) => Some((page(web).await?, web.clone())),
        None => None,
    };
    let (setups, seen) = watch::channel(Arc::new(setup));
    let (events, inbox) = mpsc::channel(EVENTS_IN_FLIGHT);
    let shared = Shared {
        events,
        store: store.clone(),
        setup: seen,
        post: Arc::default(),
        receipts: Arc::clone(&receipts),
        board: Arc::new(Board::default()),
        stop: stop.clone(),
    };
    let mut tasks = JoinSet::new();
    shared.clone().serve(listener, page, &mut tasks);
    if let Some(listener) = hubs {
        shared.clone().subscribe(listener, &mut tasks);
    }
    shared.clone().work(inbox, &mut tasks);
    // The last sender of events goes with the pollers: when they stop, the writer drains and ends.
    tasks.spawn(async move { pollers(setups, configs, shared).await.map(|()| "the pollers") });
    ready();
    let verdict = supervise(tasks, stop).await;
    systemd::stopping();
    receipts.end();
    if let Err(error) = store.with(|store| store.sync()).await {
        tracing::error!("The store could not be synced at the end: {error}.");
    }
    if let Err(error) = std::fs::remove_file(&socket) {
        tracing::debug!("The socket could not be removed: {error}.");
    }
    verdict
}

/// Binds the address of the page.
async fn page(web: &Web) -> Result<TcpListener, Died> {
    let bound = TcpListener::bind(web.listen).await;
    bound.map_err(|error| Died(format!("cannot listen on {} for [web]: {error}", web.listen)))
}

/// How a task ends: by its name when all is well.
type Ended = Result<&'static str, Died>;

/// What the tasks share.
#[derive(Clone)]
struct Shared {
    events: mpsc::Sender<Event>,
    store: Handle,
    setup: watch::Receiver<Arc<Setup>>,
    /// Woken when a notice was put into the outbox.
    post: Arc<Post>,
    receipts: Arc<Receipts>,
    board: Arc<Board>,
    stop: CancellationToken,
}

impl Shared {
    /// Spawns what answers people.
    fn serve(
        self,
        listener: UnixListener,
        page: Option<(TcpListener, Web)>,
        tasks: &mut JoinSet<Ended>,
    ) {
        let Self { events, store, setup, board, stop, .. } = self;
        let (calls, asked) = mpsc::channel::<Call>(CALLS_IN_FLIGHT);
        if let Some((listener, Web { listen, password, public_url })) = page {
            let (calls, told) = (calls.clone(), stop.clone());
            let place = web::Place { listen, password, public_url };
            tasks.spawn(async move {
                web::serve(listener, place, calls, told).await;
                Ok("the page")
            });
        }
        let told = stop.clone();
        tasks.spawn(async move {
            server::serve(listener, calls, told).await;
            Ok("the control socket")
        });
        let started = clock::now();
        let answering =
            calls::Answering { calls: asked, events, store, setup, board, started, stop };
        tasks.spawn(async move {
            calls::run(answering).await;
            Ok("the answering task")
        });
    }

    /// Spawns what deals with hubs.
    fn subscribe(self, listener: TcpListener, tasks: &mut JoinSet<Ended>) {
        let Self { events, store, setup, stop, .. } = self;
        let hubs = push::Hubs::new(events, store, setup);
        let (serving, told) = (Arc::clone(&hubs), stop.clone());
        tasks.spawn(async move {
            serving.recall().await;
            serving.serve(listener, told).await;
            Ok("the listener for hubs")
        });
        tasks.spawn(async move {
            hubs.run(stop).await;
            Ok("the subscriber")
        });
    }

    /// Spawns what writes, sends, speaks and feeds the watchdog.
    fn work(self, events: mpsc::Receiver<Event>, tasks: &mut JoinSet<Ended>) {
        let Self { events: sender, store, setup, post, receipts, board, stop } = self;
        let inbox =
            Inbox { events, store: store.clone(), setup: setup.clone(), post: Arc::clone(&post) };
        tasks.spawn(async move { intake::run(inbox).await.map(|()| "the writer") });
        let sending = Arc::new(send::Sending {
            events: sender.clone(),
            store: store.clone(),
            setup: setup.clone(),
            post: Arc::clone(&post),
            receipts,
            stop: stop.clone(),
        });
        let mailing = send::run(Arc::clone(&sending));
        tasks.spawn(async move { mailing.await.map(|()| "the sender of mails") });
        tasks
            .spawn(async move { channels::run(sending).await.map(|()| "the senders to channels") });
        let following = desks::run(sender.clone(), store.clone(), setup.clone(), stop.clone());
        tasks.spawn(async move { following.await.map(|()| "the follower of other desks") });
        let matching = again::run(sender.clone(), store.clone(), setup.clone(), stop.clone());
        tasks.spawn(async move { matching.await.map(|()| "the matching again") });
        let flying = canary::run(
            sender.clone(),
            store.clone(),
            setup.clone(),
            Arc::clone(&board),
            stop.clone(),
        );
        tasks.spawn(async move { flying.await.map(|()| "the canary") });
        let checking = checkup::run(
            sender.clone(),
            store.clone(),
            setup.clone(),
            Arc::clone(&board),
            stop.clone(),
        );
        tasks.spawn(async move { checking.await.map(|()| "the check of the store") });
        let looking = ward::run(sender.clone(), setup.clone(), post, board, stop.clone());
        tasks.spawn(async move { looking.await.map(|()| "the ward") });
        let speaking = alerts::run(sender.clone(), store.clone(), setup, stop.clone());
        tasks.spawn(async move { speaking.await.map(|()| "the alerts") });
        tasks.spawn(async move {
            systemd::watchdog(sender, store, stop).await;
            Ok("the watchdog")
        });
    }
}

/// Keeps one poller a source, and begins anew with every new configuration.
async fn pollers(
    setups: watch::Sender<Arc<Setup>>,
    mut configs: watch::Receiver<Arc<Config>>,
    shared: Shared,
) -> Result<(), Died> {
    let Shared { events, store, board, stop, .. } = shared;
    let refresh = Arc::new(Notify::new());
    loop {
        let setup = Arc::clone(&setups.borrow());
        let generation = stop.child_token();
        let mut polling = JoinSet::new();
        poll::start(&setup, &events, &store, &board, &generation, &mut polling).await?;
        for outline in setup.outlines.clone() {
            let (store, setup, events) = (store.clone(), Arc::clone(&setup), events.clone());
            let (refresh, generation) = (Arc::clone(&refresh), generation.clone());
            polling.spawn(async move {
                expand::keep_fresh(outline, setup, store, events, refresh, generation).await;
            });
        }
        let config = tokio::select! {
            () = stop.cancelled() => None,
            changed = configs.changed() => changed.ok().map(|()| Arc::clone(&configs.borrow_and_update())),
            () = refresh.notified() => Some(Arc::clone(&setup.config)),
            ended = polling.join_next(), if !polling.is_empty() => match ended {
                Some(Ok(())) | None if stop.is_cancelled() => None,
                Some(Err(died)) => return Err(Died(format!("a poller died: {died}"))),
                Some(Ok(())) | None => return Err(Died("a poller ended early".into())),
            },
        };
        generation.cancel();
        if let Some(judging) = setup.judging.as_ref().filter(|_| stop.is_cancelled()) {
            judging.end();
        }
        while let Some(ended) = polling.join_next().await {
            if let Err(died) = ended {
                return Err(Died(format!("a poller died: {died}")));
            }
        }
        let Some(config) = config else { return Ok(()) };
        if config.websub != setup.config.websub {
            tracing::warn!("[websub] changed; that takes a restart.");
        }
        let is_same = match (&config.web, &setup.config.web) {
            (Some(new), Some(old)) => new.is(old),
            (new, old) => new.is_none() && old.is_none(),
        };
        if !is_same {
            tracing::warn!("[web] changed; that takes a restart.");
        }
        match Setup::build(config, &store, Some(&setup)).await {
            Ok(new) => {
                tracing::info!(sources = new.sources.len(), "Reloaded the configuration.");
                setups.send_replace(Arc::new(new));
            }
            Err(error) => tracing::error!(
                "The new configuration could not be used, the old one stays: {error}."
            ),
        }
        systemd::ready(setups.borrow().sources.len());
    }
}

/// Waits for every task. One that ends before it is told to takes the others down in good order.
async fn supervise(mut tasks: JoinSet<Ended>, stop: CancellationToken) -> Result<(), Died> {
    let mut verdict = Ok(());
    let mut deadline = None;
    loop {
        let late = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            ended = tasks.join_next() => ended,
            () = stop.cancelled(), if deadline.is_none() => {
                deadline = Some(tokio::time::Instant::now() + LONGEST_END);
                continue;
            }
            () = late => return Err(Died("could not end in time; what was in flight is tried again at the next start".into())),
        };
        let fault = match ended {
            None => return verdict,
            Some(Ok(Ok(_))) if stop.is_cancelled() => continue,
            Some(Ok(Ok(name))) => Died(format!("{name} ended early")),
            Some(Ok(Err(died))) => died,
            Some(Err(died)) => Died(died.to_string()),
        };
        tracing::error!("{fault}; stopping.");
        verdict = verdict.and(Err(fault));
        stop.cancel();
    }
}
