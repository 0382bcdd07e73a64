//! What is looked at every few minutes: how vahti itself fares, for whoever runs it, which tickets are
//! late, and which brands are spoken of far more than usual.

use super::board::Board;
use super::intake::Event;
use super::send::Post;
use super::setup::Setup;
use super::{Died, clock, poll};
use crate::fetch::Location;
use crate::pipeline::care::Watched;
use crate::source::{Cursor, Visit};
use chrono::TimeDelta;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// How often vahti looks.
const ROUND: TimeDelta = TimeDelta::minutes(3);

/// How long after a notice was given up the operator is told: others often follow.
const TOGETHER: TimeDelta = TimeDelta::seconds(2);

/// Looks until told to stop.
pub(super) async fn run(
    events: mpsc::Sender<Event>,
    setup: watch::Receiver<Arc<Setup>>,
    post: Arc<Post>,
    board: Arc<Board>,
    stop: CancellationToken,
) -> Result<(), Died> {
    let mut next = clock::now() + ROUND;
    loop {
        let is_round = tokio::select! {
            waited = poll::wait_until(next, &stop) => waited.map(|()| true),
            () = post.died.notified() => {
                let waited = poll::wait_until(clock::now() + TOGETHER, &stop).await;
                waited.map(|()| false)
            }
        };
        let Some(is_round) = is_round else { return Ok(()) };
        let current = Arc::clone(&setup.borrow());
        if is_round {
            age(&events).await?;
            count(&events).await?;
            next = clock::now() + ROUND;
        }
        look(&current, Some(&board), &events).await?;
    }
}

/// Lets tickets rise that are late, and waits until that is stored.
pub(super) async fn age(events: &mpsc::Sender<Event>) -> Result<(), Died> {
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Aged(reply)).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before the late tickets rose".into())),
    }
}

/// Looks whether spikes began or ended, and waits until what there is to tell is in the outbox.
pub(super) async fn count(events: &mpsc::Sender<Event>) -> Result<(), Died> {
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Counted(reply)).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before spikes were told".into())),
    }
}

/// Looks once, and waits until what there is to tell is in the outbox.
pub(super) async fn look(
    setup: &Setup,
    board: Option<&Board>,
    events: &mpsc::Sender<Event>,
) -> Result<(), Died> {
    if setup.config.operator.is_none() {
        return Ok(());
    }
    let visit = Visit { cursor: Cursor::default(), now: clock::now() };
    let watched = setup.sources.iter().map(|planned| Watched {
        source: planned.name.clone(),
        host: match planned.source.open(&visit).location {
            Location::Web(url) => url.host_str().map(str::to_owned),
            Location::File(_) => None,
        },
        next: board.and_then(|board| board.next(&planned.name)),
    });
    let (watched, room) = (watched.collect(), room(&setup.config.state_dir));
    let (reply, stored) = oneshot::channel();
    let sent = events.send(Event::Looked { watched, room, reply }).await;
    match (sent, stored.await) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Died("the writer ended before the operator was told".into())),
    }
}

/// Returns the bytes that are free where the store lies.
fn room(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
