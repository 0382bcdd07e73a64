//! Keywords changed, by a reload or since the last run: what is kept is matched again, beside all else.
//! Looking through it happens here, a block at a time; what is found goes to the writer like any batch.
//! A daemon that is ended midway begins anew at the next start, and finds again nothing that it stored.

use super::intake::Event;
use super::judge::Office;
use super::setup::Setup;
use super::{Died, clock};
use crate::brand::BrandName;
use crate::pipeline::again::{self, Again, Found};
use crate::pipeline::opinions::Opinions;
use crate::post::SourceName;
use crate::source::Kind;
use crate::store::handle::Handle;
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Matches again whenever that is due, until told to stop.
pub(super) async fn run(
    events: mpsc::Sender<Event>,
    store: Handle,
    mut setup: watch::Receiver<Arc<Setup>>,
    stop: CancellationToken,
) -> Result<(), Died> {
    loop {
        let current = Arc::clone(&setup.borrow_and_update());
        let is_over = || stop.is_cancelled() || setup.has_changed().unwrap_or(true);
        look(&current, &store, &events, true, is_over).await?;
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = setup.changed() => if changed.is_err() {
                stop.cancelled().await;
                return Ok(());
            }
        }
    }
}

/// Tells whether what is kept is to be matched again.
pub(super) async fn is_due(setup: &Arc<Setup>, store: &Handle) -> Result<bool, Died> {
    let setup = Arc::clone(setup);
    let is_due = store.with(move |store| again::is_due(&setup.rules, store)).await;
    is_due.map_err(|error| Died(format!("the store failed: {error}")))
}

/// Looks once through all that is kept, if that is due and as long as it is not over, and waits until what
/// is found is stored. `tell_at_once`: as for a poll.
pub(super) async fn look(
    setup: &Arc<Setup>,
    store: &Handle,
    events: &mpsc::Sender<Event>,
    tell_at_once: bool,
    is_over: impl Fn() -> bool,
) -> Result<(), Died> {
    let looking = Looking { setup, store, events, tell_at_once };
    if !is_due(setup, store).await? {
        return Ok(());
    }
    looking.told(|reply| Event::MatchingAgain(Box::new(again::begin()), reply)).await?;
    let (mut mentions, mut after) = (0, None);
    while !is_over() {
        let next = looking.with(move |setup, store| {
            again::in_block(after, &setup.rules, &only(setup), store, clock::now())
        });
        let Some((place, found)) = next.await? else { break };
        mentions += looking.store(found).await?;
        after = Some(place);
    }
    let mut until = None;
    while !is_over() {
        let next = looking.with(move |setup, store| {
            again::in_mentions(until, &setup.rules, &only(setup), store, clock::now())
        });
        let Some((oldest, found)) = next.await? else { break };
        mentions += looking.store(found).await?;
        until = Some(oldest);
    }
    if is_over() {
        return Ok(());
    }
    tracing::info!(
        mentions,
        "Keywords changed: matched what is kept again, and found {}.",
        crate::text::count(mentions, "new mention")
    );
    let end = again::end(&setup.rules, clock::now());
    looking.told(|reply| Event::MatchingAgain(Box::new(end), reply)).await
}

/// Returns for which brands each source is.
fn only(setup: &Setup) -> impl Fn(&SourceName) -> Option<Vec<BrandName>> + '_ {
    let known: BTreeMap<_, _> =
        setup.sources.iter().map(|planned| (&planned.name, &planned.only)).collect();
    move |source| known.get(source).map(|only| (*only).clone())
}

struct Looking<'a> {
    setup: &'a Arc<Setup>,
    store: &'a Handle,
    events: &'a mpsc::Sender<Event>,
    tell_at_once: bool,
}

impl Looking<'_> {
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Setup, &dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Died> {
        let setup = Arc::clone(self.setup);
        let done = self.store.with(move |store| work(&setup, store)).await;
        done.map_err(|error| Died(format!("the store failed: {error}")))
    }

    /// Lets the writer store what was found, and returns how many new mentions that are.
    async fn store(&self, found: Vec<Found>) -> Result<usize, Died> {
        let mut count = 0;
        // A name may have stood for a source of another kind before.
        let mut by_source: BTreeMap<(SourceName, Kind), Vec<Found>> = BTreeMap::new();
        for one in found {
            by_source.entry((one.source.clone(), one.kind)).or_default().push(one);
        }
        for ((source, kind), found) in by_source {
            let planned = self.setup.sources.iter().find(|planned| planned.name == source);
            let Some(planned) = planned else { continue };
            let again = Again {
                source,
                kind,
                only: planned.only.clone(),
                tickets: planned.tickets,
                found,
                at: clock::now(),
                tell_at_once: self.tell_at_once,
                opinions: Opinions::default(),
            };
            let office = Office { setup: self.setup, store: self.store, events: self.events };
            let stopping = || Died("vahti is stopping".into());
            let again = office.judge_again(again).await.ok_or_else(stopping)?;
            count += self.told(|reply| Event::Again(Box::new(again), reply)).await?;
        }
        Ok(count)
    }

    async fn told<T>(&self, event: impl FnOnce(oneshot::Sender<T>) -> Event) -> Result<T, Died> {
        let (reply, stored) = oneshot::channel();
        let sent = self.events.send(event(reply)).await;
        match (sent, stored.await) {
            (Ok(()), Ok(told)) => Ok(told),
            _ => Err(Died("the writer ended before all was matched again".into())),
        }
    }
}
