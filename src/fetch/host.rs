//! One pace per host: how many requests at once, how long a pause between them, and silence where a
//! host asked for it.
//!
//! A host is remembered only while it is busy or asked for silence, so ten thousand of them are cheap.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use url::Url;

/// From this many hosts on, the idle ones are forgotten.
const IDLE_HOSTS: usize = 1024;

/// With this many hosts known after that, their wishes for silence are forgotten as well.
const MOST_HOSTS: usize = 65_536;

/// Addresses of one host whose wish for silence is remembered.
const MOST_REFUSALS: usize = 16_384;

/// How a host is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// Requests in flight.
    pub(super) at_once: usize,
    /// Time from the end of one request to the start of the next; of two the longer one counts.
    pub(super) pause: Duration,
    /// Whether ports are told apart, and a refused address says nothing of its neighbours.
    pub(super) apart: bool,
}

/// All hosts that are busy or asked for silence.
#[derive(Debug)]
pub(super) struct Hosts {
    known: Mutex<Known>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Known {
    hosts: HashMap<String, Arc<Host>>,
    prune_at: usize,
}

#[derive(Debug)]
struct Host {
    pace: Pace,
    slots: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The end of the last request, or its start while it is under way, and the pause it wants.
    last: Option<(Instant, Duration)>,
    /// Until when the whole host wants silence.
    silent_until: Instant,
    /// Until when single addresses want silence, by their hash.
    refusals: HashMap<u64, Instant>,
    /// The address that was refused, if the last reply was a refusal.
    last_refused: Option<u64>,
}

/// The right to ask a host once. Its end is the end of the request.
#[derive(Debug)]
pub(super) struct Slot {
    host: Arc<Host>,
    address: u64,
    _permit: OwnedSemaphorePermit,
}

impl Hosts {
    pub(super) fn new() -> Self {
        let known = Known { hosts: HashMap::new(), prune_at: IDLE_HOSTS };
        Self { known: Mutex::new(known), hasher: RandomState::new() }
    }

    /// Waits until `url` may be asked, however long the queue is.
    ///
    /// # Errors
    ///
    /// Fails with the time that is left, at once, when the host or the address asked for silence.
    pub(super) async fn enter(&self, url: &Url, pace: Pace) -> Result<Slot, Duration> {
        let address = self.hasher.hash_one(url);
        let host = self.host(url, pace);
        host.refuse_silenced(address)?;
        let Ok(permit) = Arc::clone(&host.slots).acquire_owned().await else {
            // The semaphore is never closed.
            return Err(pace.pause);
        };
        // The host may have asked for silence while we queued, or while we paused.
        host.refuse_silenced(address)?;
        let start = host.reserve(pace.pause);
        // Even a sleep that is over takes a millisecond.
        if start > Instant::now() {
            tokio::time::sleep_until(start).await;
        }
        host.refuse_silenced(address)?;
        Ok(Slot { host, address, _permit: permit })
    }

    /// Notes what [`Slot::refused`] noted in an earlier run, for a host of this pace.
    pub(super) fn refuse(&self, url: &Url, pace: Pace, wait: Duration) {
        self.host(url, pace).refused(self.hasher.hash_one(url), wait);
    }

    fn host(&self, url: &Url, pace: Pace) -> Arc<Host> {
        let mut known = lock(&self.known);
        if known.hosts.len() >= known.prune_at {
            known.prune(Instant::now());
        }
        let host =
            known.hosts.entry(key(url, pace.apart)).or_insert_with(|| Arc::new(Host::new(pace)));
        Arc::clone(host)
    }
}

fn key(url: &Url, apart: bool) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    match url.port_or_known_default() {
        Some(port) if apart => format!("{host}:{port}"),
        _ => host.to_owned(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is locked is whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    fn prune(&mut self, now: Instant) {
        self.hosts.retain(|_, host| Arc::strong_count(host) > 1 || !lock(&host.state).is_idle(now));
        if self.hosts.len() > MOST_HOSTS {
            self.hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        self.prune_at = (self.hosts.len() * 2).max(IDLE_HOSTS);
    }
}

impl Host {
    fn new(pace: Pace) -> Self {
        let silent_until = Instant::now();
        let state =
            State { last: None, silent_until, refusals: HashMap::new(), last_refused: None };
        Self {
            pace,
            slots: Arc::new(Semaphore::new(pace.at_once.max(1))),
            state: Mutex::new(state),
        }
    }

    fn refuse_silenced(&self, address: u64) -> Result<(), Duration> {
        let state = lock(&self.state);
        let until = state
            .refusals
            .get(&address)
            .map_or(state.silent_until, |until| state.silent_until.max(*until));
        match until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Ok(()),
            left => Err(left),
        }
    }

    /// Returns when the request that holds a permit may start.
    fn reserve(&self, pause: Duration) -> Instant {
        let mut state = lock(&self.state);
        let now = Instant::now();
        let start = state.last.map_or(now, |(last, wanted)| now.max(last + wanted.max(pause)));
        state.last = Some((start, pause));
        start
    }

    fn refused(&self, address: u64, wait: Duration) {
        let now = Instant::now();
        let until = now + wait;
        let mut state = lock(&self.state);
        if state.refusals.len() >= MOST_REFUSALS {
            state.refusals.retain(|_, until| *until > now);
        }
        if state.refusals.len() < MOST_REFUSALS {
            state.refusals.insert(address, until);
        }
        let another = state.last_refused.replace(address).is_some_and(|last| last != address);
        if another && !self.pace.apart {
            state.silent_until = state.silent_until.max(until);
        }
    }
}

impl State {
    fn is_idle(&self, now: Instant) -> bool {
        self.last.is_none_or(|(last, pause)| last + pause <= now)
            && self.silent_until <= now
            && self.refusals.values().all(|until| *until <= now)
    }
}

impl Slot {
    /// Notes that the host answered as a host does that has time for us.
    pub(super) fn answered(&self) {
        let mut state = lock(&self.host.state);
        state.last_refused = None;
        state.refusals.remove(&self.address);
    }

    /// Notes that the host gives nothing more for `wait`, whatever is asked of it.
    pub(super) fn used_up(&self, wait: Duration) {
        let mut state = lock(&self.host.state);
        state.silent_until = state.silent_until.max(Instant::now() + wait);
    }

    /// Notes that the address wants silence for `wait`; the second address in a row speaks for its host.
    pub(super) fn refused(&self, wait: Duration) {
        self.host.refused(self.address, wait);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some((last, _)) = &mut lock(&self.host.state).last {
            *last = (*last).max(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{sleep, timeout};

    const TICK: Duration = Duration::from_millis(100);
    const PUBLIC: Pace = Pace { at_once: 1, pause: TICK, apart: false };
    const PRIVATE: Pace = Pace { at_once: 32, pause: Duration::ZERO, apart: true };
    const MINUTE: Duration = Duration::from_mins(1);

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// Returns how much longer `url` may not be asked, if it or its host asked for silence.
    fn silence(hosts: &Hosts, url: &Url, pace: Pace) -> Option<Duration> {
        hosts.host(url, pace).refuse_silenced(hosts.hasher.hash_one(url)).err()
    }

    #[tokio::test]
    async fn a_pause_lies_between_the_end_of_one_request_and_the_start_of_the_next() {
        let hosts = Hosts::new();
        let slot = hosts.enter(&url("http://a.example/1"), PUBLIC).await.unwrap();
        sleep(TICK * 2).await;
        drop(slot);
        let ended = Instant::now();
        let _other_host = hosts.enter(&url("http://b.example/1"), PUBLIC).await.unwrap();
        assert!(ended.elapsed() < TICK / 2);
        // Another port is the same public host.
        let _slot = hosts.enter(&url("https://a.example:8443/2"), PUBLIC).await.unwrap();
        assert!(ended.elapsed() >= TICK);
    }

    #[tokio::test]
    async fn a_slot_that_was_given_up_while_waiting_blocks_nobody() {
        let hosts = Hosts::new();
        let held = hosts.enter(&url("http://a.example/1"), PUBLIC).await.unwrap();
        let page = url("http://a.example/2");
        assert!(timeout(TICK * 2, hosts.enter(&page, PUBLIC)).await.is_err(), "one at a time");
        drop(held);
        assert!(timeout(TICK / 4, hosts.enter(&page, PUBLIC)).await.is_err(), "still the pause");
        assert!(timeout(TICK * 9, hosts.enter(&page, PUBLIC)).await.is_ok());
    }

    #[tokio::test]
    async fn a_private_address_takes_many_at_once_without_a_pause() {
        let hosts = Hosts::new();
        let page = url("http://127.0.0.1:8000/");
        let mut held = Vec::new();
        for _ in 0..32 {
            held.push(timeout(TICK, hosts.enter(&page, PRIVATE)).await.unwrap().unwrap());
        }
        assert!(timeout(TICK, hosts.enter(&page, PRIVATE)).await.is_err());
        let other_port = url("http://127.0.0.1:8001/");
        assert!(timeout(TICK, hosts.enter(&other_port, PRIVATE)).await.is_ok());
        held.pop();
        assert!(timeout(TICK, hosts.enter(&page, PRIVATE)).await.is_ok());
    }

    #[tokio::test]
    async fn one_refused_address_is_silent_alone_and_two_silence_their_public_host() {
        let hosts = Hosts::new();
        let page = |number| url(&format!("http://a.example/{number}"));
        let wait = TICK * 10;
        hosts.enter(&page(1), PUBLIC).await.unwrap().refused(wait);
        assert!(hosts.enter(&page(1), PUBLIC).await.is_err());
        assert!(silence(&hosts, &page(1), PUBLIC).is_some());
        assert_eq!(silence(&hosts, &page(3), PUBLIC), None);
        hosts.enter(&page(2), PUBLIC).await.unwrap().refused(wait);
        let left = hosts.enter(&page(3), PUBLIC).await.unwrap_err();
        assert!(left <= wait && left > wait / 2, "{left:?}");
        assert!(silence(&hosts, &page(3), PUBLIC).is_some());
        assert!(hosts.enter(&url("http://b.example/"), PUBLIC).await.is_ok());
        sleep(wait).await;
        assert!(hosts.enter(&page(3), PUBLIC).await.is_ok());
    }

    #[tokio::test]
    async fn a_shorter_wish_for_silence_does_not_end_a_longer_one() {
        let hosts = Hosts::new();
        let pace = Pace { at_once: 3, pause: Duration::ZERO, apart: false };
        let mut slots = Vec::new();
        for number in 1..=3 {
            slots.push(
                hosts.enter(&url(&format!("http://a.example/{number}")), pace).await.unwrap(),
            );
        }
        slots[0].refused(MINUTE);
        slots[1].refused(MINUTE);
        slots[2].refused(TICK);
        assert!(silence(&hosts, &url("http://a.example/4"), PUBLIC).unwrap() > MINUTE / 2);
    }

    #[tokio::test]
    async fn refusals_that_are_not_of_two_addresses_in_a_row_silence_no_host() {
        let hosts = Hosts::new();
        let page = |number| url(&format!("http://a.example/{number}"));
        hosts.enter(&page(1), PUBLIC).await.unwrap().refused(TICK / 2);
        sleep(TICK).await;
        hosts.enter(&page(1), PUBLIC).await.unwrap().refused(MINUTE);
        assert_eq!(silence(&hosts, &page(9), PUBLIC), None, "the same address twice");
        hosts.enter(&page(2), PUBLIC).await.unwrap().answered();
        hosts.enter(&page(3), PUBLIC).await.unwrap().refused(MINUTE);
        assert_eq!(silence(&hosts, &page(9), PUBLIC), None, "an answer between");
        let private = |number| url(&format!("http://10.0.0.1/{number}"));
        hosts.enter(&private(1), PRIVATE).await.unwrap().refused(MINUTE);
        hosts.enter(&private(2), PRIVATE).await.unwrap().refused(MINUTE);
        assert_eq!(silence(&hosts, &private(3), PRIVATE), None, "a private address");
        assert!(silence(&hosts, &private(2), PRIVATE).is_some());
    }

    #[tokio::test]
    async fn who_waits_in_the_queue_of_a_host_that_falls_silent_is_told_at_once() {
        let hosts = Hosts::new();
        let slow = Pace { pause: TICK * 10, ..PUBLIC };
        hosts.enter(&url("http://a.example/1"), slow).await.unwrap().refused(MINUTE);
        let second = hosts.enter(&url("http://a.example/2"), slow).await.unwrap();
        let began = Instant::now();
        let page = url("http://a.example/3");
        let (waiting, ()) = tokio::join!(hosts.enter(&page, slow), async {
            second.refused(MINUTE);
            drop(second);
        });
        assert!(waiting.is_err());
        assert!(began.elapsed() < TICK);
    }

    #[tokio::test]
    async fn idle_hosts_are_forgotten_and_silent_or_busy_ones_are_not() {
        let hosts = Hosts::new();
        let pace = Pace { pause: Duration::ZERO, ..PUBLIC };
        let other = |number: usize| url(&format!("http://host{number}.example/"));
        hosts.enter(&url("http://silent.example/"), pace).await.unwrap().refused(MINUTE);
        let busy = hosts.enter(&url("http://busy.example/"), pace).await.unwrap();
        for number in 0..IDLE_HOSTS * 3 {
            drop(hosts.enter(&other(number), pace).await.unwrap());
        }
        assert!(lock(&hosts.known).hosts.len() <= IDLE_HOSTS);
        assert!(silence(&hosts, &url("http://silent.example/"), PUBLIC).is_some());
        assert!(timeout(TICK, hosts.enter(&url("http://busy.example/"), pace)).await.is_err());
        drop(busy);
    }

    #[tokio::test]
    async fn a_longer_pause_counts_before_and_behind_its_request() {
        let hosts = Hosts::new();
        let page = url("http://a.example/");
        let slow = Pace { pause: TICK * 3, ..PUBLIC };
        let waited = async |pace: Pace| {
            let began = Instant::now();
            drop(hosts.enter(&page, pace).await.unwrap());
            began.elapsed()
        };
        assert!(waited(PUBLIC).await < TICK / 2);
        for pace in [slow, PUBLIC, slow] {
            assert!(waited(pace).await >= TICK * 3, "{pace:?}");
        }
        // Of a private address too, where many may be in flight.
        let page = url("http://127.0.0.1/");
        let slow = Pace { pause: TICK, ..PRIVATE };
        let began = Instant::now();
        let _first = hosts.enter(&page, slow).await.unwrap();
        let _second = hosts.enter(&page, slow).await.unwrap();
        assert!(began.elapsed() >= TICK);
    }

    #[tokio::test]
    async fn what_an_earlier_run_was_told_holds() {
        let hosts = Hosts::new();
        let page = |number| url(&format!("http://a.example/{number}"));
        hosts.refuse(&page(1), PUBLIC, MINUTE);
        assert!(hosts.enter(&page(1), PUBLIC).await.is_err());
        assert_eq!(silence(&hosts, &page(3), PUBLIC), None);
        hosts.refuse(&page(2), PUBLIC, MINUTE);
        assert!(silence(&hosts, &page(3), PUBLIC).unwrap() > MINUTE / 2);
    }
}
