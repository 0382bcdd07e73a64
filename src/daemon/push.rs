//! News that a hub brings (`WebSub`): where it asks us and hands them over, and the task that
//! subscribes. Polling goes on, more rarely: a hub may forget us without a word.

use super::intake::{Event, Outcome};
use super::judge::Office;
use super::setup::{Planned, Setup};
use super::{Died, clock, poll};
use crate::config::WebSub;
use crate::control::server::{LONGEST_GOODBYE, after};
use crate::fetch::{Location, Reply};
use crate::pipeline::Arrival;
use crate::pipeline::opinions::Opinions;
use crate::post::SourceName;
use crate::source::websub::{Answer, Asked, RANDOM_BYTES, Subscription, may_ask};
use crate::source::{Batch, Page, Visit};
use crate::store::SourceState;
use crate::store::handle::Handle;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::TimeDelta;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// How often the subscriptions are looked after.
const ROUND: TimeDelta = TimeDelta::seconds(10);

/// The longest document that a hub may hand over. It sends what is new, not the whole feed.
const MOST_BODY_BYTES: usize = 4 * 1024 * 1024;

/// How long it may take with that.
const LONGEST_DELIVERY: Duration = Duration::from_secs(30);

/// How long a hub may take to answer; others wait meanwhile.
const LONGEST_ASKING: Duration = Duration::from_secs(15);

/// Deliveries that are received at once; others are asked to come again.
const DELIVERIES_AT_ONCE: usize = 8;

/// What hubs may ask of us, shared by the listener and the task.
pub(super) struct Hubs {
    events: mpsc::Sender<Event>,
    store: Handle,
    setup: watch::Receiver<Arc<Setup>>,
    /// By token.
    known: Mutex<HashMap<String, (SourceName, Subscription)>>,
    deliveries: Semaphore,
}

impl Hubs {
    pub(super) fn new(
        events: mpsc::Sender<Event>,
        store: Handle,
        setup: watch::Receiver<Arc<Setup>>,
    ) -> Arc<Self> {
        let deliveries = Semaphore::new(DELIVERIES_AT_ONCE);
        Arc::new(Self { events, store, setup, known: Mutex::default(), deliveries })
    }

    /// Takes up the subscriptions that an earlier run left: a hub that is told that we know nothing of
    /// it forgets us.
    pub(super) async fn recall(&self) {
        let sources = Arc::clone(&self.setup.borrow()).sources.clone();
        for planned in sources {
            let name = planned.name.clone();
            let state = self.store.with(move |store| store.source(&name)).await;
            if let Ok(SourceState { subscription: Some(subscription), .. }) = state {
                self.note(&planned.name, &subscription);
            }
        }
    }

    /// Answers hubs until `stop`.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        let callback = get(verify).post(deliver);
        // A reverse proxy may hand the path over whole, or cut to what is ours.
        let router = Router::new()
            .route("/{token}", callback.clone())
            .route("/{path}/{token}", callback)
            .with_state(self);
        let told = stop.clone();
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(async move { told.cancelled().await });
        tokio::select! {
            served = served => if let Err(error) = served {
                tracing::error!("The listener for hubs ended: {error}.");
            },
            () = after(&stop, LONGEST_GOODBYE) => {}
        }
    }

    /// Subscribes wherever a document names a hub, and again before a subscription ends.
    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let setup = Arc::clone(&self.setup.borrow());
            if let Some(websub) = &setup.config.websub {
                for planned in &setup.sources {
                    if stop.is_cancelled() {
                        return;
                    }
                    let looked = self.look_after(planned, &setup, websub);
                    stop.run_until_cancelled(looked).await;
                }
            }
            if poll::wait_until(clock::now() + ROUND, &stop).await.is_none() {
                return;
            }
        }
    }

    async fn look_after(&self, planned: &Arc<Planned>, setup: &Setup, websub: &WebSub) {
        let Some(document) = &planned.document else { return };
        let name = planned.name.clone();
        let Ok(state) = self.store.with(move |store| store.source(&name)).await else { return };
        let SourceState { hub, subscription, .. } = state;
        let Some(hub) = hub.filter(|hub| may_ask(hub, document)) else {
            return;
        };
        let now = clock::now();
        let known = subscription.filter(|subscription| subscription.hub == hub);
        let mut subscription = match known {
            Some(known) => known,
            None => match random() {
                Some(random) => Subscription::new(hub, &random),
                None => return,
            },
        };
        if subscription.ask_at().is_none_or(|at| at <= now) {
            subscription.ask(now);
            // It may ask back before it has answered.
            if self.keep(&planned.name, &subscription).await.is_none() {
                return;
            }
            let (hub, form) = (&subscription.hub.hub, subscription.form(&websub.public_url));
            let asked = setup.fetcher.submit(hub, &form, planned.allow_private.as_ref());
            let asked = tokio::time::timeout(LONGEST_ASKING, asked).await;
            match asked {
                Err(_) => tracing::debug!(source.name = %planned.name, "A hub does not answer."),
                Ok(Ok(())) => tracing::debug!(source.name = %planned.name, "Asked a hub for news."),
                Ok(Err(error)) => tracing::info!(
                    source.name = %planned.name,
                    "The hub of {} could not be asked, so it is only polled: {error}.", planned.name
                ),
            }
        } else {
            self.note(&planned.name, &subscription);
        }
    }

    /// Stores a subscription and waits until it is.
    async fn keep(&self, source: &SourceName, subscription: &Subscription) -> Option<()> {
        self.note(source, subscription);
        let (reply, stored) = oneshot::channel();
        let subscription = Box::new(subscription.clone());
        let event = Event::Subscribed { source: source.clone(), subscription, reply };
        self.events.send(event).await.ok()?;
        stored.await.ok()
    }

    fn note(&self, source: &SourceName, subscription: &Subscription) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|token, (name, _)| name != source || *token == subscription.token);
        known.insert(subscription.token.clone(), (source.clone(), subscription.clone()));
    }

    fn find(&self, token: &str) -> Option<(SourceName, Subscription)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    /// Reads what a hub brought for `source`, and stores it.
    async fn take(&self, source: &SourceName, reply: Reply) -> Result<(), String> {
        let setup = Arc::clone(&self.setup.borrow());
        let planned = setup.sources.iter().find(|planned| planned.name == *source);
        let planned = Arc::clone(planned.ok_or("it is no longer polled")?);
        let visit = Visit { cursor: crate::source::Cursor::default(), now: clock::now() };
        let reader = Arc::clone(&planned);
        let page = tokio::task::spawn_blocking(move || reader.source.read(&reply, &visit)).await;
        let Page { posts, skipped, .. } =
            page.map_err(|_| "the delivery broke the reader")?.map_err(|bad| bad.to_string())?;
        let arrival = Arrival {
            source: source.clone(),
            kind: planned.kind,
            only: planned.only.clone(),
            batch: Batch { posts, skipped, ..Batch::default() },
            receipt: None,
            at: clock::now(),
            tickets: planned.tickets,
            looks_again: true,
            tell_at_once: true,
            opinions: Opinions::default(),
        };
        let office = Office { setup: &setup, store: &self.store, events: &self.events };
        let arrival = office.judge(arrival).await.ok_or("vahti is stopping")?;
        let (reply, stored) = oneshot::channel();
        let event = Event::Polled(Outcome::Arrived(Box::new(arrival)), Some(reply));
        self.events.send(event).await.map_err(|_| "vahti is stopping")?;
        stored.await.map(|_| ()).map_err(|_| "vahti is stopping".into())
    }
}

/// Binds the address that hubs come to.
pub(super) async fn bind(listen: SocketAddr) -> Result<TcpListener, Died> {
    let bound = TcpListener::bind(listen).await;
    bound.map_err(|error| Died(format!("cannot listen on {listen} for hubs: {error}")))
}

/// Answers a hub that asks whether it was we who wanted a subscription.
async fn verify(
    State(hubs): State<Arc<Hubs>>,
    Path(path): Path<Vec<(String, String)>>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let (Some((source, subscription)), Ok(Query(asked))) = (found(&hubs, &path), asked) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match subscription.answer(&asked, clock::now()) {
        Answer::Agreed { challenge, subscription } => {
            if hubs.keep(&source, &subscription).await.is_none() {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
            tracing::info!(source.name = %source, "A hub brings the news of {source} from now on.");
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], challenge).into_response()
        }
        Answer::Denied(reason) => {
            if hubs.keep(&source, &subscription.denied()).await.is_none() {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
            let reason = crate::text::visible(&crate::text::cut(&reason, 200));
            tracing::info!(source.name = %source, "The hub of {source} refuses: {reason}.");
            StatusCode::OK.into_response()
        }
        Answer::Unknown => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Takes what a hub brings. Who sends something unsigned learns no more than that it arrived.
async fn deliver(
    State(hubs): State<Arc<Hubs>>,
    Path(path): Path<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // Gone: a hub forgets a subscription that nobody knows.
    let Some((source, subscription)) = found(&hubs, &path) else {
        return StatusCode::GONE.into_response();
    };
    let Ok(_permit) = hubs.deliveries.try_acquire() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let received =
        tokio::time::timeout(LONGEST_DELIVERY, axum::body::to_bytes(body, MOST_BODY_BYTES));
    let Ok(Ok(body)) = received.await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signature = header("x-hub-signature-256").or_else(|| header("x-hub-signature"));
    if !subscription.is_signed(signature.unwrap_or_default(), &body) {
        tracing::debug!(source.name = %source, "Left out a delivery for {source}: not signed.");
        return StatusCode::ACCEPTED.into_response();
    }
    let reply = Reply {
        content_type: header("content-type").map(str::to_owned),
        ..Reply::of(Location::Web(subscription.hub.topic), body.into())
    };
    if let Err(error) = hubs.take(&source, reply).await {
        tracing::info!(source.name = %source, "Left out a delivery for {source}: {error}.");
    }
    StatusCode::ACCEPTED.into_response()
}

fn found(hubs: &Hubs, path: &[(String, String)]) -> Option<(SourceName, Subscription)> {
    hubs.find(path.last().map(|(_, token)| token.as_str())?)
}

/// Returns bytes that nobody can guess; `None` where the machine has none yet.
fn random() -> Option<[u8; 2 * RANDOM_BYTES]> {
    let mut bytes = [0; 2 * RANDOM_BYTES];
    let filled = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).ok()?;
    (filled == bytes.len()).then_some(bytes)
}
