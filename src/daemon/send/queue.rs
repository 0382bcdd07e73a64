//! What waits to be mailed: which notice is next, and whether the mail server is left alone for a while. Pure.

use crate::delivery::{Notice, NoticeId, outbox};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{HashSet, VecDeque};

/// Deliveries that may fail one after the other before a server is left alone for a while.
pub(in crate::daemon) const FAILURES_IN_A_ROW: usize = 3;

/// How long it is left alone then.
pub(in crate::daemon) const PAUSE: TimeDelta = TimeDelta::seconds(30);

/// Notices that are due. Those that were tried least go first: one that fails again and again holds up no new
/// one.
pub(super) struct Queue {
    waiting: VecDeque<Notice>,
    in_hand: HashSet<NoticeId>,
    /// Failures of the server in a row.
    failures: usize,
    left_until: Option<DateTime<Utc>>,
    /// When the next of the others is due.
    pub(super) next: Option<DateTime<Utc>>,
    /// Whether the outbox must be looked at again.
    pub(super) is_stale: bool,
}

impl Default for Queue {
    fn default() -> Self {
        let (waiting, in_hand) = (VecDeque::new(), HashSet::new());
        Self { waiting, in_hand, failures: 0, left_until: None, next: None, is_stale: true }
    }
}

impl Queue {
    /// Returns a queue of these, whether they are due or not.
    pub(super) fn of(mut notices: Vec<Notice>) -> Self {
        notices.sort_by_key(|notice| notice.attempts);
        Self { waiting: notices.into(), ..Self::default() }
    }

    /// Something new is in the outbox, or a person wants something tried again: a server that failed gets
    /// another chance.
    pub(super) fn begin_anew(&mut self) {
        (self.is_stale, self.failures, self.left_until) = (true, 0, None);
    }

    /// Takes over all that is queued now.
    pub(super) fn fill(&mut self, notices: Vec<Notice>, now: DateTime<Utc>) {
        self.next = None;
        self.is_stale = false;
        let mut waiting = Vec::new();
        for notice in notices {
            if self.in_hand.contains(&notice.id) {
                continue;
            }
            let due = outbox::due(&notice, now);
            // Nobody is left alone for longer, whatever the clock says.
            let left = self.left_until.filter(|left| *left <= now + PAUSE);
            let at = left.map_or(due, |left| left.max(due));
            if at <= now {
                waiting.push(notice);
            } else {
                self.next = Some(self.next.map_or(at, |next| next.min(at)));
            }
        }
        waiting.sort_by_key(|notice| notice.attempts);
        self.waiting = waiting.into();
    }

    /// Returns the notice to be tried now, which is in hand from then on.
    pub(super) fn take(&mut self) -> Option<Notice> {
        let notice = self.waiting.pop_front()?;
        self.in_hand.insert(notice.id);
        Some(notice)
    }

    /// Takes down whether the server failed at a notice in hand, and that it is in hand no more.
    pub(super) fn done(&mut self, id: NoticeId, has_failed: bool, now: DateTime<Utc>) {
        self.in_hand.remove(&id);
        if !has_failed {
            (self.failures, self.left_until) = (0, None);
        } else if self.failures + 1 < FAILURES_IN_A_ROW {
            self.failures += 1;
        } else {
            // The next failure after the pause is one too many again.
            (self.failures, self.left_until) = (FAILURES_IN_A_ROW - 1, Some(now + PAUSE));
            self.waiting.clear();
        }
        // What failed is due again some time, which `next` does not know yet.
        self.is_stale |= self.waiting.is_empty();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Enclosed, Progress};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn notice(id: u64, attempts: u32, next: i64) -> Notice {
        Notice {
            id: NoticeId(id),
            alert: "care".into(),
            to: "care@acme.example".into(),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            message_id: id.to_string(),
            created: at(0),
            progress: Progress::Queued,
            attempts,
            next_attempt: at(next),
            last_answer: None,
            enclosed: Enclosed::default(),
        }
    }

    fn taken(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.take()).map(|notice| notice.id.0).collect()
    }

    #[test]
    fn what_was_tried_least_goes_first_and_the_rest_when_it_is_due() {
        let mut queue = Queue::default();
        let notices = [notice(1, 2, 0), notice(2, 0, 0), notice(3, 1, 9), notice(4, 0, 0)];
        queue.fill(notices.into(), at(0));
        assert_eq!((taken(&mut queue), queue.next), (vec![2, 4, 1], Some(at(9))));
    }

    #[test]
    fn one_that_fails_while_the_server_is_left_alone_ends_no_pause() {
        let mut queue = Queue::default();
        let notices: Vec<Notice> = (1..=5).map(|id| notice(id, 0, 0)).collect();
        queue.fill(notices.clone(), at(0));
        for id in 1..=5 {
            assert_eq!(queue.take().unwrap().id, NoticeId(id));
        }
        for id in 1..=4 {
            queue.done(NoticeId(id), true, at(i64::try_from(id).unwrap()));
        }
        queue.fill(notices.clone(), at(10));
        assert_eq!((queue.take(), queue.next), (None, Some(at(34))));
        queue.done(NoticeId(5), false, at(11));
        queue.fill(notices, at(12));
        assert_eq!(taken(&mut queue), [1, 2, 3, 4, 5], "it answers again");
    }

    #[test]
    fn what_is_in_hand_is_not_taken_twice() {
        let mut queue = Queue::default();
        queue.fill(vec![notice(1, 0, 0), notice(2, 0, 0)], at(0));
        assert_eq!(queue.take().unwrap().id, NoticeId(1));
        queue.fill(vec![notice(1, 0, 0), notice(2, 0, 0)], at(0));
        assert_eq!(taken(&mut queue), [2]);
        queue.done(NoticeId(1), true, at(0));
        assert!(queue.is_stale);
        queue.fill(vec![notice(1, 1, 0)], at(0));
        assert_eq!(taken(&mut queue), [1]);
    }

    #[test]
    fn a_server_that_fails_three_times_is_left_alone_for_half_a_minute() {
        let mut queue = Queue::default();
        let notices: Vec<Notice> = (1..=5).map(|id| notice(id, 0, 0)).collect();
        queue.fill(notices.clone(), at(0));
        for _ in 0..3 {
            let id = queue.take().unwrap().id;
            queue.done(id, true, at(1));
        }
        assert!(queue.take().is_none());
        queue.fill(notices.clone(), at(2));
        assert_eq!((queue.take(), queue.next), (None, Some(at(31))));
        queue.fill(notices.clone(), at(31));
        assert_eq!(taken(&mut queue), [1, 2, 3, 4, 5]);

        for id in 1..=3 {
            queue.done(NoticeId(id), true, at(32));
        }
        queue.begin_anew();
        queue.fill(notices, at(33));
        assert_eq!(taken(&mut queue), [1, 2, 3], "4 and 5 are in hand");
    }
}
