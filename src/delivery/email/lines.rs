//! How many lines a mail server grants. It does not say so: it refuses one more, or never greets it. So the
//! number falls to the lines that are open when that happens, and after a while the refusal is forgiven.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How many lines are held at once; more than three some servers refuse.
const MOST: usize = 3;

/// How long a server is believed not to want more lines.
const FORGIVEN_AFTER: Duration = Duration::from_mins(10);

/// How long a server may take to notice that a line was closed.
const SETTLING: Duration = Duration::from_secs(5);

/// The lines to one server. One is opened at a time: a server that is down is not asked by everybody at once.
pub(super) struct Lines<C> {
    state: Mutex<State<C>>,
    changed: Notify,
}

struct State<C> {
    /// Lines that nobody uses, and since when.
    idle: Vec<(C, Instant)>,
    /// How many are used.
    talking: usize,
    is_opening: bool,
    /// How many the server is believed to grant.
    granted: usize,
    /// When it last refused one more.
    narrowed: Option<Instant>,
    /// When a line was last closed.
    closed: Option<Instant>,
}

/// What somebody with a message does next.
pub(super) enum Turn<'l, C> {
    /// Goes on with this line, which was not used since then.
    Talk(Talk<'l, C>, C, Instant),
    /// Opens a line.
    Open(Opening<'l, C>),
}

/// A line in use. It counts as closed when this goes, unless it is parked.
pub(super) struct Talk<'l, C> {
    lines: &'l Lines<C>,
    parked: Option<C>,
}

/// A line that is being opened.
pub(super) struct Opening<'l, C>(&'l Lines<C>);

/// Why a line could not be opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The server grants no more than are open: one of them will come free.
    OneTooMany,
    /// It may not have noticed yet that the last one was closed.
    TooSoon,
    /// It has none open, and wants none.
    Down,
}

impl<C> Default for Lines<C> {
    fn default() -> Self {
        let state = State {
            idle: Vec::new(),
            talking: 0,
            is_opening: false,
            granted: MOST,
            narrowed: None,
            closed: None,
        };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }
}

impl<C> Lines<C> {
    /// Waits until a line comes free, or may be opened.
    pub(super) async fn turn(&self) -> Turn<'_, C> {
        loop {
            // Before the look, so that no change between the two is missed.
            let changed = self.changed.notified();
            if let Some(turn) = self.take(Instant::now()) {
                return turn;
            }
            changed.await;
        }
    }

    /// Waits until there is a line that nobody uses.
    pub(super) async fn freed(&self) {
        loop {
            let changed = self.changed.notified();
            if !self.state().idle.is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// Takes out all lines that nobody uses.
    pub(super) fn idle(&self) -> Vec<C> {
        std::mem::take(&mut self.state().idle).into_iter().map(|(line, _)| line).collect()
    }

    fn take(&self, now: Instant) -> Option<Turn<'_, C>> {
        let mut state = self.state();
        if let Some((line, since)) = state.idle.pop() {
            state.talking += 1;
            return Some(Turn::Talk(Talk { lines: self, parked: None }, line, since));
        }
        if state.narrowed.is_some_and(|at| now - at >= FORGIVEN_AFTER) {
            (state.granted, state.narrowed) = (MOST, None);
        }
        if state.is_opening || state.talking >= state.granted {
            return None;
        }
        state.is_opening = true;
        Some(Turn::Open(Opening(self)))
    }

    fn change(&self, change: impl FnOnce(&mut State<C>)) {
        change(&mut self.state());
        self.changed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'l, C> Opening<'l, C> {
    /// The line is open.
    pub(super) fn opened(self) -> Talk<'l, C> {
        self.0.state().talking += 1;
        Talk { lines: self.0, parked: None }
    }

    /// The server refused it, or did not greet in time.
    pub(super) fn refused(&self, now: Instant) -> Refused {
        let mut state = self.0.state();
        let open = state.talking + state.idle.len();
        if open > 0 {
            state.granted = state.granted.min(open);
            state.narrowed = Some(now);
            return Refused::OneTooMany;
        }
        if state.closed.take().is_some_and(|at| now - at < SETTLING) {
            return Refused::TooSoon;
        }
        // Whatever was refused before may have had the same reason as this.
        (state.granted, state.narrowed) = (MOST, None);
        Refused::Down
    }
}

impl<C> Drop for Opening<'_, C> {
    fn drop(&mut self) {
        self.0.change(|state| state.is_opening = false);
    }
}

impl<C> Talk<'_, C> {
    /// Leaves the line to the next.
    pub(super) fn park(mut self, line: C) {
        self.parked = Some(line);
    }
}

impl<C> Drop for Talk<'_, C> {
    fn drop(&mut self) {
        let (parked, now) = (self.parked.take(), Instant::now());
        self.lines.change(|state| {
            state.talking = state.talking.saturating_sub(1);
            match parked {
                Some(line) => state.idle.push((line, now)),
                None => state.closed = Some(now),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open<C>(lines: &Lines<C>, now: Instant) -> Option<Opening<'_, C>> {
        match lines.take(now)? {
            Turn::Open(opening) => Some(opening),
            Turn::Talk(..) => None,
        }
    }

    #[test]
    fn three_lines_are_opened_one_after_the_other() {
        let (lines, now) = (Lines::<u8>::default(), Instant::now());
        let first = open(&lines, now).unwrap();
        assert!(lines.take(now).is_none(), "one is opened at a time");
        let _first = first.opened();
        let _second = open(&lines, now).unwrap().opened();
        let third = open(&lines, now).unwrap().opened();
        assert!(lines.take(now).is_none());
        third.park(7);
        assert!(matches!(lines.take(now), Some(Turn::Talk(_, 7, _))), "what is open is used first");
    }

    #[test]
    fn a_refusal_leaves_what_is_open_and_is_forgiven_after_a_while() {
        let (lines, now) = (Lines::<u8>::default(), Instant::now());
        let _talk = open(&lines, now).unwrap().opened();
        assert_eq!(open(&lines, now).unwrap().refused(now), Refused::OneTooMany);
        assert!(lines.take(now).is_none(), "the server grants one");
        assert!(lines.take(now + FORGIVEN_AFTER / 2).is_none());
        assert!(open(&lines, now + FORGIVEN_AFTER).is_some());
    }

    #[test]
    fn a_line_that_came_free_in_the_meantime_counts_as_open() {
        let (lines, now) = (Lines::<u8>::default(), Instant::now());
        let talk = open(&lines, now).unwrap().opened();
        let opening = open(&lines, now).unwrap();
        talk.park(7);
        assert_eq!(opening.refused(now), Refused::OneTooMany);
        assert!(matches!(lines.take(now), Some(Turn::Talk(_, 7, _))));
    }

    #[test]
    fn a_server_may_need_a_moment_to_see_a_line_closed_but_is_down_after_that() {
        let (lines, now) = (Lines::<u8>::default(), Instant::now());
        assert_eq!(open(&lines, now).unwrap().refused(now), Refused::Down);
        drop(open(&lines, now).unwrap().opened());
        let opening = open(&lines, now).unwrap();
        assert_eq!(opening.refused(now), Refused::TooSoon);
        assert_eq!(opening.refused(now), Refused::Down);
        drop(opening);
        drop(open(&lines, now).unwrap().opened());
        assert_eq!(open(&lines, now).unwrap().refused(now + SETTLING * 2), Refused::Down);
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_whoever_is_done() {
        let lines = Lines::<u8>::default();
        let now = Instant::now();
        let talk = open(&lines, now).unwrap().opened();
        assert_eq!(open(&lines, now).unwrap().refused(now), Refused::OneTooMany);
        let waiting = async { matches!(lines.turn().await, Turn::Talk(_, 7, _)) };
        let done = async { talk.park(7) };
        assert!(tokio::join!(waiting, done).0);
    }
}
