//! Where the pollers write down when they poll next, and are poked to poll at once.

use crate::post::SourceName;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot, watch};

use super::intake::Polled;

/// Asks a poller to poll at once, and where to say what came of it.
pub type Poke = oneshot::Sender<Polled>;

/// One line a source.
#[derive(Default)]
pub struct Board {
    lines: Mutex<BTreeMap<SourceName, Line>>,
    /// Whether every source has its line: not while the daemon starts, or reads its configuration anew.
    is_full: watch::Sender<bool>,
}

struct Line {
    next: Option<DateTime<Utc>>,
    poke: mpsc::Sender<Poke>,
}

impl Board {
    /// Forgets all lines: the sources begin anew.
    pub fn clear(&self) {
        self.is_full.send_replace(false);
        self.lines().clear();
    }

    /// Says that every source has its line.
    pub fn set_full(&self) {
        self.is_full.send_replace(true);
    }

    /// Waits until every source has its line: who asks for a source before would hear that there is none.
    pub async fn full(&self) {
        // It fails only when the board is gone, and this holds it.
        drop(self.is_full.subscribe().wait_for(|is_full| *is_full).await);
    }

    /// Takes up a poller.
    pub fn enter(&self, source: SourceName, poke: mpsc::Sender<Poke>) {
        self.lines().insert(source, Line { next: None, poke });
    }

    /// Writes down when a source is polled next.
    pub fn set_next(&self, source: &SourceName, next: Option<DateTime<Utc>>) {
        if let Some(line) = self.lines().get_mut(source) {
            line.next = next;
        }
    }

    /// Returns when a source is polled next.
    pub fn next(&self, source: &SourceName) -> Option<DateTime<Utc>> {
        self.lines().get(source).and_then(|line| line.next)
    }

    /// Returns the pollers of the source called `name`, or of the feeds of the OPML source of that
    /// name; all of them for no name.
    pub fn pollers(&self, name: Option<&str>) -> Vec<(SourceName, mpsc::Sender<Poke>)> {
        let lines = self.lines();
        let wanted =
            lines.iter().filter(|(source, _)| name.is_none_or(|name| is_meant(source, name)));
        wanted.map(|(source, line)| (source.clone(), line.poke.clone())).collect()
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<SourceName, Line>> {
        // The map is whole between any two calls, whoever panicked.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells whether `name` means `source`: itself, or the OPML source that it is a feed of.
pub fn is_meant(source: &SourceName, name: &str) -> bool {
    source.0 == name || source.0.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_while_the_pollers_begin_waits_for_all_of_them() {
        let board = Board::default();
        let begin = async {
            board.clear();
            tokio::task::yield_now().await;
            board.enter(SourceName("news".into()), mpsc::channel(1).0);
            board.set_full();
        };
        let ask = async {
            board.full().await;
            board.pollers(Some("news")).len()
        };
        let (asked, ()) = tokio::join!(ask, begin);
        assert_eq!(asked, 1);
        board.full().await;
    }

    #[test]
    fn a_name_means_the_source_or_all_feeds_of_its_list() {
        assert!(is_meant(&SourceName("news".into()), "news"));
        assert!(is_meant(&SourceName("news/Yle".into()), "news"));
        assert!(!is_meant(&SourceName("newsletter".into()), "news"));
    }
}
