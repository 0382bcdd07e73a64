//! Channels, each with a sender of its own while something is due there: one that hangs, or wants to be
//! left alone, keeps no other waiting.

use super::send::queue::{FAILURES_IN_A_ROW, PAUSE};
use super::send::{Done, Sending, finished, queued, wait};
use super::{Died, clock};
use crate::delivery::{Notice, Progress, outbox};
use crate::pipeline::outward;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use tokio::task::JoinSet;

/// What a round at one channel came to.
struct Round {
    name: String,
    done: Vec<Done>,
    /// Whether it kept failing.
    is_left: bool,
}

/// Sends what is due at every channel, until told to stop; the deliveries in hand are finished.
pub(super) async fn run(sending: Arc<Sending>) -> Result<(), Died> {
    let mut rounds: JoinSet<Result<Round, Died>> = JoinSet::new();
    let mut busy = Busy::default();
    while !sending.stop.is_cancelled() {
        let queued = queued(&sending.store, |notice| !outward::is_mail(notice)).await?;
        let (due, next) = busy.due(queued, clock::now());
        for (name, notices) in due {
            busy.at_work.insert(name.clone());
            rounds.spawn(round(Arc::clone(&sending), name, notices, FAILURES_IN_A_ROW));
        }
        tokio::select! {
            () = sending.stop.cancelled() => {}
            () = sending.post.channels.notified() => {}
            () = wait(next) => {}
            Some(ended) = rounds.join_next() => busy.back(finished(ended)?, clock::now()),
        }
    }
    while let Some(ended) = rounds.join_next().await {
        finished(ended)?;
    }
    Ok(())
}

/// Tries each of these once, and returns what came of them.
pub(super) async fn once(sending: Arc<Sending>, notices: Vec<Notice>) -> Result<Vec<Done>, Died> {
    let mut meant: BTreeMap<String, Vec<Notice>> = BTreeMap::new();
    for notice in notices {
        meant.entry(notice.to.clone()).or_default().push(notice);
    }
    let mut rounds = JoinSet::new();
    for (name, notices) in meant {
        rounds.spawn(round(Arc::clone(&sending), name, notices, usize::MAX));
    }
    let mut all = Vec::new();
    while let Some(ended) = rounds.join_next().await {
        all.extend(finished(ended)?.done);
    }
    Ok(all)
}

/// Sends one after the other to one channel. Where that failed so often in a row, the others are left for a
/// while. What is told of one thing arrives in turn, or waits.
async fn round(
    sending: Arc<Sending>,
    name: String,
    notices: Vec<Notice>,
    most_failures: usize,
) -> Result<Round, Died> {
    let (mut failures, mut done) = (0, Vec::new());
    let mut line = outbox::Line::default();
    for notice in notices {
        if sending.stop.is_cancelled() || failures >= most_failures {
            break;
        }
        if line.join(&notice).is_some() {
            continue;
        }
        let tried = sending.deliver(notice).await?;
        if tried.progress != Progress::Queued {
            line.leave(tried.id);
        }
        failures = if tried.has_failed { failures + 1 } else { 0 };
        done.push(tried);
    }
    Ok(Round { name, done, is_left: failures >= most_failures })
}

/// Who is at work, and who is left alone until when.
#[derive(Default)]
struct Busy {
    at_work: HashSet<String>,
    rests: HashMap<String, DateTime<Utc>>,
}

impl Busy {
    /// Returns what is due at channels where nobody is at work, and when something is due next.
    fn due(
        &mut self,
        queued: Vec<Notice>,
        now: DateTime<Utc>,
    ) -> (BTreeMap<String, Vec<Notice>>, Option<DateTime<Utc>>) {
        self.rests.retain(|_, until| *until > now && *until <= now + PAUSE);
        let mut due: BTreeMap<String, Vec<Notice>> = BTreeMap::new();
        let mut next: Option<DateTime<Utc>> = None;
        for notice in outbox::in_turn(queued) {
            if self.at_work.contains(&notice.to) {
                continue;
            }
            let from = outbox::due(&notice, now);
            let at = self.rests.get(&notice.to).map_or(from, |rest| from.max(*rest));
            if at <= now {
                due.entry(notice.to.clone()).or_default().push(notice);
            } else {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        (due, next)
    }

    fn back(&mut self, round: Round, now: DateTime<Utc>) {
        self.at_work.remove(&round.name);
        if round.is_left {
            self.rests.insert(round.name, now + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Enclosed, NoticeId};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn notice(id: u64, to: &str, due: i64) -> Notice {
        Notice {
            id: NoticeId(id),
            alert: "care".into(),
            to: to.into(),
            subject: String::new(),
            text: String::new(),
            html: "h".into(),
            message_id: id.to_string(),
            created: at(0),
            progress: Progress::Queued,
            attempts: 0,
            next_attempt: at(due),
            last_answer: None,
            enclosed: Enclosed::default(),
        }
    }

    #[test]
    fn who_is_at_work_or_rests_keeps_nobody_else_waiting() {
        let mut busy = Busy::default();
        busy.at_work.insert("hangs".into());
        busy.rests.insert("rests".into(), at(30));
        let queued = vec![
            notice(1, "hangs", 0),
            notice(2, "rests", 0),
            notice(3, "a", 0),
            notice(4, "b", 9),
        ];
        let (due, next) = busy.due(queued.clone(), at(5));
        assert_eq!(due.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(next, Some(at(9)));
        let round = Round { name: "hangs".into(), done: Vec::new(), is_left: false };
        busy.back(round, at(60));
        let (due, next) = busy.due(queued, at(61));
        assert_eq!(due.keys().collect::<Vec<_>>(), ["a", "b", "hangs", "rests"]);
        assert_eq!(next, None);
    }
}
