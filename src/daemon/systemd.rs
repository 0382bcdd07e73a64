//! Telling systemd how we fare. Without systemd all of it does nothing.

use super::intake::Event;
use crate::store::handle::Handle;
use sd_notify::NotifyState;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// How long the store may take for a sign of life.
const LONGEST_SIGN: Duration = Duration::from_secs(20);

/// Says that the daemon stands, after a start or a reload.
pub fn ready(sources: usize) {
    let status = format!("Watching {}.", crate::text::count(sources, "source"));
    notify(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// Says how it fares: which addresses of the operator cannot be reached, if there are any.
pub(super) fn fares(sources: usize, unreached: &[(String, String)]) {
    let watching = format!("Watching {}", crate::text::count(sources, "source"));
    let status = match unreached {
        [] => format!("{watching}."),
        [(to, answer), ..] => {
            let answer = crate::text::cut(answer, 100);
            format!("{watching}; the operator cannot be told: {to} answers {answer}")
        }
    };
    notify(&[NotifyState::Status(&status)]);
}

/// Says that a new configuration is being read.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// Says that the reload led to nothing: the old configuration stays.
pub fn kept_old(why: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(why)]);
}

/// Says that the end has begun.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Asks for more time to start: a large store takes a while to open.
pub fn extend_start(by: Duration) {
    let micros = u32::try_from(by.as_micros()).unwrap_or(u32::MAX);
    notify(&[NotifyState::ExtendTimeoutUsec(micros)]);
}

/// Feeds the watchdog while the writer and the store answer, and only then.
pub(super) async fn watchdog(events: mpsc::Sender<Event>, store: Handle, stop: CancellationToken) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return stop.cancelled().await };
    let mut ticks = tokio::time::interval(limit / 3);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match tokio::time::timeout(LONGEST_SIGN.min(limit / 3), sign_of_life(&events, &store)).await
        {
            Ok(true) => notify(&[NotifyState::Watchdog]),
            Ok(false) => return stop.cancelled().await,
            Err(_) => tracing::error!("The store does not answer; the watchdog is not fed."),
        }
    }
}

async fn sign_of_life(events: &mpsc::Sender<Event>, store: &Handle) -> bool {
    let (reply, alive) = oneshot::channel();
    let asked = events.send(Event::Ping(reply)).await.is_ok() && alive.await.is_ok();
    asked && store.with(|store| store.last_place()).await.is_ok()
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd does not listen: {error}.");
    }
}
