//! `vahti run --once`, and polls without a daemon: everything one time, by the same tasks.

use super::board::is_meant;
use super::intake::{self, Event, Inbox, Polled};
use super::judge::Office;
use super::receipts::Receipts;
use super::setup::{Planned, Setup};
use super::turns::Turns;
use super::{
    Died, EVENTS_IN_FLIGHT, again, alerts, brought, canary, clock, desks, poll, send, ward,
};
use crate::alert::Frequency;
use crate::ask::Refusal;
use crate::ask::taken::TakenView;
use crate::ask::view::{FailedView, PolledView, SummaryView};
use crate::config::{Config, Place};
use crate::control::protocol::Batch;
use crate::delivery::{Notice, Progress};
use crate::pipeline::care;
use crate::post::SourceName;
use crate::store::Health;
use crate::store::handle::Handle;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Polls every source that is asked and not gone for good, sends the alerts that are due, and tries every queued
/// notice once.
pub async fn run(config: Arc<Config>, store: Handle) -> Result<SummaryView, Died> {
    let once = Once::begin(config, store).await?;
    once.match_again().await?;
    let (mut meant, mut gone) = (Vec::new(), Vec::new());
    for planned in once.setup.polled() {
        let health = health(planned, &once.store).await?;
        if health.gone {
            let error = health.last_error.unwrap_or_else(|| "it is gone for good".into());
            let error =
                format!("{error}; it is asked no more, but by `vahti poll {}`", planned.name);
            gone.push(FailedView { source: planned.name.to_string(), error });
        } else {
            meant.push(Arc::clone(planned));
        }
    }
    let mut summary = once.poll(meant).await?;
    summary.sources += gone.len();
    summary.failed.extend(gone);
    summary.failed.sort_by(|a, b| a.source.cmp(&b.source));
    ward::age(&once.events).await?;
    once.tell().await?;
    ward::count(&once.events).await?;
    desks::look(&once.setup, &once.store, &once.events).await?;
    canary::once(&once.setup, &once.store, &once.events, true).await?;
    ward::look(&once.setup, None, &once.events).await?;
    canary::once(&once.setup, &once.store, &once.events, false).await?;
    if once.send(&mut summary, |notice| !notice.is_held(clock::now())).await? {
        // What was refused for good just now is told by whatever other way there is.
        ward::look(&once.setup, None, &once.events).await?;
        once.send(&mut summary, |notice| notice.alert == care::NAME && notice.attempts == 0)
            .await?;
    }
    once.close(&mut summary).await?;
    once.end().await?;
    Ok(summary)
}

/// Polls the sources that are meant by `names`, all for none; alerts and notices are left to the
/// daemon, or to the next run, but for what must be put into words before keywords that changed find more.
pub async fn poll_only(
    config: Arc<Config>,
    store: Handle,
    names: &[String],
) -> Result<SummaryView, Died> {
    let once = Once::begin(config, store).await?;
    let mut meant = Vec::new();
    for name in names {
        let found: Vec<_> = once
            .setup
            .sources
            .iter()
            .filter(|source| is_meant(&source.name, name))
            .cloned()
            .collect();
        if found.is_empty() {
            let known = once.setup.sources.iter().map(|source| source.name.0.as_str());
            let near =
                crate::text::nearest(name, known).map(|near| format!("; did you mean `{near}`?"));
            return Err(Died(format!("there is no source `{name}`{}", near.unwrap_or_default())));
        }
        if let Some(waits) = found.iter().find(|planned| !planned.source.is_polled()) {
            return Err(Died(waits_for_posts(&waits.name)));
        }
        meant.extend(found);
    }
    if names.is_empty() {
        meant.extend(once.setup.polled().cloned());
    }
    once.match_again().await?;
    let summary = once.poll(meant).await?;
    once.end().await?;
    Ok(summary)
}

/// Takes posts for the source called `name`, a batch after the other; alerts and notices are left to the
/// daemon, or to the next run.
pub async fn take(
    config: Arc<Config>,
    store: Handle,
    name: &str,
    mut next: impl FnMut() -> Result<Option<Batch>, String>,
) -> Result<TakenView, Refusal> {
    let died = |Died(why)| Refusal::Refused(why);
    // Lists of feeds on the web need not be fetched for this.
    let sources = config.sources.iter().filter(|source| !matches!(source.place, Place::Opml(_)));
    let config = Config { sources: sources.cloned().collect(), ..Config::clone(&config) };
    let once = Once::begin(Arc::new(config), store).await.map_err(died)?;
    let mut all = TakenView { source: name.to_owned(), ..TakenView::default() };
    while let Some(batch) = next().map_err(Refusal::Refused)? {
        let taken = brought::take(name, batch.body, &once.office(), false).await?;
        all = all.and(taken, batch.before);
    }
    once.end().await.map_err(died)?;
    Ok(all)
}

/// Says why a source cannot be polled, and what to do.
pub(super) fn waits_for_posts(name: &SourceName) -> String {
    format!("`{name}` is not polled: it waits for posts; `vahti poll --stdin {name}` brings some")
}

/// Tries every queued notice once, or those with these ids as messages, and polls nothing.
pub async fn send_only(
    config: Arc<Config>,
    store: Handle,
    only: Option<Vec<String>>,
) -> Result<SummaryView, Died> {
    // Lists of feeds on the web need not be fetched for this.
    let config = Config { sources: Vec::new(), ..Config::clone(&config) };
    let once = Once::begin(Arc::new(config), store).await?;
    let mut summary = SummaryView::default();
    let is_meant =
        move |notice: &Notice| only.as_ref().is_none_or(|only| only.contains(&notice.message_id));
    once.send(&mut summary, is_meant).await?;
    once.close(&mut summary).await?;
    once.end().await?;
    Ok(summary)
}

/// Adds polls up.
pub(super) fn summary(polled: Vec<Polled>) -> SummaryView {
    let mut summary = SummaryView { sources: polled.len(), ..SummaryView::default() };
    for poll in polled {
        summary.unchanged += usize::from(poll.unchanged);
        summary.posts += poll.posts;
        summary.skipped += poll.skipped;
        summary.mentions += poll.mentions;
        summary.tickets += poll.tickets.len();
        summary.opened.extend(&poll.tickets);
        if let Some(error) = poll.error {
            summary.failed.push(FailedView { source: poll.source, error });
        } else {
            summary.polled += 1;
            summary.by_source.push(PolledView {
                source: poll.source,
                unchanged: poll.unchanged,
                posts: poll.posts,
                skipped: poll.skipped,
                mentions: poll.mentions,
                tickets: poll.tickets.len(),
            });
        }
    }
    summary.by_source.sort_by(|a, b| a.source.cmp(&b.source));
    summary.failed.sort_by(|a, b| a.source.cmp(&b.source));
    summary
}

async fn health(planned: &Planned, store: &Handle) -> Result<Health, Died> {
    let name = planned.name.clone();
    let state = store.with(move |store| store.source(&name)).await;
    state.map(|state| state.health).map_err(|error| Died(error.to_string()))
}

/// A setup with its writer running.
struct Once {
    setup: Arc<Setup>,
    /// The same, for whoever would see it change.
    seen: watch::Receiver<Arc<Setup>>,
    store: Handle,
    events: mpsc::Sender<Event>,
    receipts: Arc<Receipts>,
    writer: JoinSet<Result<(), Died>>,
}

impl Once {
    async fn begin(config: Arc<Config>, store: Handle) -> Result<Self, Died> {
        let receipts = Receipts::begin(&config.state_dir, &store).await?;
        let setup = Arc::new(Setup::build(config, &store, None).await.map_err(Died)?);
        let (events, inbox) = mpsc::channel(EVENTS_IN_FLIGHT);
        let (_, seen) = watch::channel(Arc::clone(&setup));
        let mut writer = JoinSet::new();
        let (held, shown) = (store.clone(), seen.clone());
        let inbox = Inbox { events: inbox, store: held, setup: shown, post: Arc::default() };
        writer.spawn(intake::run(inbox));
        alerts::introduce(&events).await?;
        poll::name(&setup.sources, &events).await?;
        for planned in &setup.sources {
            let health = health(planned, &store).await?;
            poll::heed(planned, &health, &setup, clock::now());
        }
        Ok(Self { setup, seen, store, events, receipts, writer })
    }

    fn office(&self) -> Office<'_> {
        Office { setup: &self.setup, store: &self.store, events: &self.events }
    }

    /// Matches what is kept again, if that is due, before anything is polled: what is found in it is no
    /// news. Alerts that are behind speak first, since they would take it for something they missed.
    async fn match_again(&self) -> Result<(), Died> {
        if again::is_due(&self.setup, &self.store).await? {
            alerts::catch_up(&self.setup, &self.store, &self.events).await?;
        }
        again::look(&self.setup, &self.store, &self.events, false, || false).await
    }

    async fn poll(&self, sources: Vec<Arc<Planned>>) -> Result<SummaryView, Died> {
        let turns = Arc::new(Turns::new(&sources));
        let mut polls = JoinSet::new();
        for planned in sources {
            let (setup, store) = (Arc::clone(&self.setup), self.store.clone());
            let (events, turns) = (self.events.clone(), Arc::clone(&turns));
            polls.spawn(async move {
                let turn = turns.take(&planned).await?;
                let never = CancellationToken::new();
                let polled = poll::rounds(&planned, &setup, &store, &events, false, &never).await?;
                drop(turn);
                Some(polled)
            });
        }
        let polled: Option<Vec<Polled>> = polls.join_all().await.into_iter().collect();
        match polled {
            Some(polled) => Ok(summary(polled)),
            None => Err(Died("the store failed; nothing of the polls under way was kept".into())),
        }
    }

    /// Lets the alerts speak that are due, and those that speak as it happens.
    async fn tell(&self) -> Result<(), Died> {
        let looked = alerts::look(&self.setup, &self.store, clock::now()).await?;
        for alert in &self.setup.rules.alerts {
            if alert.frequency == Frequency::AsItHappens || looked.due.contains(&alert.name) {
                alerts::speak(&alert.name, &self.events).await?;
            }
        }
        Ok(())
    }

    /// Tries every queued notice once that is meant. Returns whether one was given up.
    async fn send(
        &self,
        summary: &mut SummaryView,
        is_meant: impl Fn(&Notice) -> bool + Send + 'static,
    ) -> Result<bool, Died> {
        let sending = send::Sending {
            events: self.events.clone(),
            store: self.store.clone(),
            setup: self.seen.clone(),
            post: Arc::default(),
            receipts: Arc::clone(&self.receipts),
            stop: CancellationToken::new(),
        };
        let notices = send::queued(&self.store, is_meant).await?;
        let mut has_died = false;
        for done in send::once(sending, notices).await? {
            match done.progress {
                Progress::Sent => {
                    summary.notices.sent += 1;
                    summary.notices.answers.extend(done.answer);
                }
                Progress::Dead => has_died = true,
                Progress::Queued => {}
            }
        }
        Ok(has_died)
    }

    /// Says goodbye to the mail server, and counts what is left in the outbox.
    async fn close(&self, summary: &mut SummaryView) -> Result<(), Died> {
        if let Some(transport) = &self.setup.transport {
            transport.close().await;
        }
        let counts = self.store.with(|store| store.counts()).await;
        let counts = counts.map_err(|error| Died(error.to_string()))?;
        summary.notices.queued = usize::try_from(counts.queued).unwrap_or(usize::MAX);
        summary.notices.dead = usize::try_from(counts.dead).unwrap_or(usize::MAX);
        Ok(())
    }

    /// Waits until everything is written.
    async fn end(mut self) -> Result<(), Died> {
        drop(self.events);
        self.receipts.end();
        match self.writer.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(died)) => Err(Died(died.to_string())),
            None => Ok(()),
        }
    }
}
