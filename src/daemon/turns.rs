//! Who may poll: so many at once, and so many of one host.

use super::setup::Planned;
use crate::post::SourceName;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Polls that may be under way at once: each may hold a reply of the largest size.
const AT_ONCE: usize = 24;

/// Polls of one public host that may be under way at once. They wait for each other anyhow, and a host
/// that wants long pauses must not keep all the others waiting.
const OF_A_HOST: usize = 2;

/// Turns to poll.
pub(super) struct Turns {
    all: Semaphore,
    hosts: HashMap<SourceName, Arc<Semaphore>>,
}

/// The right to poll once.
pub(super) struct Turn<'t> {
    _of_host: Option<SemaphorePermit<'t>>,
    _of_all: SemaphorePermit<'t>,
}

impl Turns {
    pub(super) fn new(sources: &[Arc<Planned>]) -> Self {
        let mut by_host: HashMap<String, Arc<Semaphore>> = HashMap::new();
        let mut hosts = HashMap::new();
        for planned in sources {
            if let Some(host) = planned.public_host() {
                let turns =
                    by_host.entry(host).or_insert_with(|| Arc::new(Semaphore::new(OF_A_HOST)));
                hosts.insert(planned.name.clone(), Arc::clone(turns));
            }
        }
        Self { all: Semaphore::new(AT_ONCE), hosts }
    }

    /// Waits for a turn: first among those of the same host, which holds up nobody else.
    pub(super) async fn take(&self, planned: &Planned) -> Option<Turn<'_>> {
        let of_host = match self.hosts.get(&planned.name) {
            Some(host) => Some(host.acquire().await.ok()?),
            None => None,
        };
        Some(Turn { _of_host: of_host, _of_all: self.all.acquire().await.ok()? })
    }
}
