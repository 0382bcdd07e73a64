//! Other desks: a notice for one is a ticket opened there; and what became of those is asked now and
//! then.

use super::intake::Event;
use super::setup::Setup;
use super::{Died, clock, poll};
use crate::delivery::desk::{self, Channel, Counterpart, Desk, Memory, Stand, Unopened};
use crate::delivery::email::Failed;
use crate::delivery::{Notice, outbox};
use crate::mention::TicketId;
use crate::pipeline::outward;
use crate::store::handle::Handle;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Tickets of which one channel is asked in a round.
const MOST_ASKED: usize = 200;

/// The shortest time between two looks at what is to be asked.
const ROUND: TimeDelta = TimeDelta::seconds(1);

/// The time between two looks where no channel says one.
const IDLE: TimeDelta = TimeDelta::minutes(1);

/// What came of trying a notice for a desk.
pub(super) struct Brought {
    pub(super) outcome: Result<String, Failed>,
    /// How long it is of no use to try again.
    pub(super) not_before: Option<DateTime<Utc>>,
    /// What is known of the ticket there, once it is opened.
    pub(super) there: Option<Counterpart>,
}

impl Brought {
    pub(super) fn failed(failed: Failed) -> Self {
        Self { outcome: Err(failed), not_before: None, there: None }
    }

    /// Returns the notice after that.
    pub(super) fn noted(&self, notice: Notice) -> Notice {
        let now = clock::now();
        match &self.outcome {
            Ok(answer) => outbox::after_success(notice, answer, now),
            Err(failed) => {
                let tried = outbox::after_failure(notice, failed, now);
                let next_attempt = self.not_before.unwrap_or(now).max(tried.next_attempt);
                Notice { next_attempt, ..tried }
            }
        }
    }
}

/// Opens the ticket that a notice speaks of at the desk that it is for. Fails where what must be remembered
/// on the way cannot be stored.
pub(super) async fn bring(
    notice: &Notice,
    setup: &Setup,
    store: &Handle,
    events: &mpsc::Sender<Event>,
) -> Result<Brought, Died> {
    let Some(channel) = channel(setup, &notice.to) else {
        let answer = format!("there is no channel `{}` in the configuration", notice.to);
        return Ok(Brought::failed(Failed::Temporary { answer }));
    };
    let Some(dossier) = outward::told(notice) else {
        let answer = "what was to be told does not read back".to_owned();
        return Ok(Brought::failed(Failed::Permanent { answer }));
    };
    let (ticket, name) = (TicketId(dossier.ticket), channel.name.clone());
    let known = store
        .with(move |store| store.counterparts_of(ticket))
        .await
        .map_err(|error| Died(error.to_string()))?;
    let known = known.into_iter().find(|known| known.channel == name);
    // Who takes each id once may have lost what it was told; a desk is never asked to open a second ticket.
    let is_again = notice.enclosed.repeats && matches!(channel.desk, Desk::Webhook(_));
    let known = known.filter(|_| !is_again);
    let now = clock::now();
    let memory = Writer(events);
    let opened = desk::open(channel, &setup.fetcher, &dossier, known, now, &memory).await?;
    Ok(match opened {
        Ok(there) => {
            let answer = match (there.called(), &there.url) {
                ("", _) => format!("{} took it", channel.name),
                (called, None) => format!("opened as {called}"),
                (called, Some(url)) => format!("opened as {called}: {url}"),
            };
            Brought { outcome: Ok(answer), not_before: None, there: Some(there) }
        }
        Err(Unopened { failed, wait }) => {
            let wait = wait.and_then(|wait| TimeDelta::from_std(wait).ok());
            let not_before = wait.and_then(|wait| clock::now().checked_add_signed(wait));
            Brought { outcome: Err(failed), not_before, there: None }
        }
    })
}

fn channel<'s>(setup: &'s Setup, name: &str) -> Option<&'s Channel> {
    setup.config.channels.iter().map(|known| &known.channel).find(|known| known.name == name)
}

/// The one who writes, to whom is told what must be remembered.
struct Writer<'a>(&'a mpsc::Sender<Event>);

impl Memory for Writer<'_> {
    type Error = Died;

    async fn keep(&self, there: Counterpart) -> Result<(), Died> {
        remember(there, self.0).await
    }
}

/// Stores what is known of tickets elsewhere, and waits until it is safe from a power cut.
async fn remember(there: Counterpart, events: &mpsc::Sender<Event>) -> Result<(), Died> {
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Remember(Box::new(there), reply)).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before it was stored what another desk has".into())),
    }
}

/// Asks what became of the tickets at other desks, until told to stop.
pub(super) async fn run(
    events: mpsc::Sender<Event>,
    store: Handle,
    setup: watch::Receiver<Arc<Setup>>,
    stop: CancellationToken,
) -> Result<(), Died> {
    let mut asked: HashMap<String, DateTime<Utc>> = HashMap::new();
    loop {
        let current = Arc::clone(&setup.borrow());
        let channels = current.config.channels.iter().map(|known| &known.channel);
        let every = channels.clone().map(|channel| channel.every).min().unwrap_or(IDLE);
        let next = clock::now() + every.clamp(ROUND, IDLE);
        if poll::wait_until(next, &stop).await.is_none() {
            return Ok(());
        }
        for channel in channels {
            let now = clock::now();
            let is_due = asked.get(&channel.name).is_none_or(|last| now - *last >= channel.every);
            if is_due {
                asked.insert(channel.name.clone(), now);
                follow(channel, &current, &store, &events, &stop).await?;
            }
        }
    }
}

/// Asks once what became of the tickets of all channels.
pub(super) async fn look(
    setup: &Setup,
    store: &Handle,
    events: &mpsc::Sender<Event>,
) -> Result<(), Died> {
    let never = CancellationToken::new();
    for known in &setup.config.channels {
        follow(&known.channel, setup, store, events, &never).await?;
    }
    Ok(())
}

/// Asks what became of the tickets of one channel; what is not answered now is asked in the next round.
async fn follow(
    channel: &Channel,
    setup: &Setup,
    store: &Handle,
    events: &mpsc::Sender<Event>,
    stop: &CancellationToken,
) -> Result<(), Died> {
    if !channel.desk.is_followed() {
        return Ok(());
    }
    let (name, before) = (channel.name.clone(), clock::now() - channel.every);
    let meant = store
        .with(move |store| outward::to_follow(&name, before, MOST_ASKED, store))
        .await
        .map_err(|error| Died(error.to_string()))?;
    for there in meant {
        if stop.is_cancelled() {
            return Ok(());
        }
        match desk::follow(channel, &setup.fetcher, &there).await {
            Stand::Is(standing, word) => {
                let word = Some(word).filter(|word| !word.is_empty());
                let there = Counterpart { standing, word, asked: Some(clock::now()), ..there };
                followed(there, events).await?;
            }
            Stand::Unknown(why) => {
                tracing::warn!(channel.name = %channel.name, ticket = there.ticket, "Could not ask {} what became of {}: {why}.", channel.name, there.called());
                // One that cannot be read must not keep the others from being asked.
                followed(Counterpart { asked: Some(clock::now()), ..there }, events).await?;
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn followed(there: Counterpart, events: &mpsc::Sender<Event>) -> Result<(), Died> {
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Followed(Box::new(there), reply)).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before it was stored how a ticket stands".into())),
    }
}
