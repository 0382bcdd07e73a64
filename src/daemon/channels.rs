//! Channels, each with a sender of its own while something is due there: one that hangs, or wants to be
//! left alone, keeps no other waiting.

use super::send::queue::{FAILURES_IN_A_ROW, PAUSE};
use super::send::{Sending, Way, store_outcome, try_once, wait};
use super::setup::Setup;
use super::{Died, clock};
use crate::delivery::{Notice, Progress, outbox};
use crate::store::Store;
use crate::store::handle::Handle;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use tokio::task::{JoinError, JoinSet};

/// What a round at one channel came to: its name, and until when it is left alone.
type Round = Result<(String, Option<DateTime<Utc>>), Died>;

/// Sends what is due at every channel, until told to stop; the deliveries in hand are finished.
pub(super) async fn run(sending: Sending) -> Result<(), Died> {
    let sending = Arc::new(sending);
    let mut rounds: JoinSet<Round> = JoinSet::new();
    let mut busy = Busy::default();
    while !sending.stop.is_cancelled() {
        let setup = Arc::clone(&sending.setup.borrow());
        let queued = queued(&sending.store).await?;
        let (due, next) = busy.due(queued, clock::now());
        for (name, notices) in due {
            busy.at_work.insert(name.clone());
            rounds.spawn(round(Arc::clone(&sending), Arc::clone(&setup), name, notices));
        }
        tokio::select! {
            () = sending.stop.cancelled() => {}
            () = sending.post.of(Way::Desks).notified() => {}
            () = wait(next) => {}
            Some(ended) = rounds.join_next() => busy.back(ended)?,
        }
    }
    while let Some(ended) = rounds.join_next().await {
        busy.back(ended)?;
    }
    Ok(())
}

/// Sends one after the other to one channel. Where that kept failing, the others are left for a while.
async fn round(
    sending: Arc<Sending>,
    setup: Arc<Setup>,
    name: String,
    notices: Vec<Notice>,
) -> Round {
    let mut failures = 0;
    for notice in notices {
        if sending.stop.is_cancelled() || failures >= FAILURES_IN_A_ROW {
            break;
        }
        let tried = try_once(notice, &setup, &sending.store, &sending.events).await?;
        failures = if tried.notice.progress == Progress::Queued { failures + 1 } else { 0 };
        store_outcome(tried, &sending.events).await?;
    }
    let is_left = failures >= FAILURES_IN_A_ROW;
    Ok((name, is_left.then(|| clock::now() + PAUSE)))
}

/// Returns all that waits to go to channels, oldest first.
async fn queued(store: &Handle) -> Result<Vec<Notice>, Died> {
    let work = |store: &dyn Store| {
        let mut notices = store.outbox()?;
        notices.retain(|one| one.progress == Progress::Queued && Way::Desks.takes(one));
        if !notices.is_empty() {
            // As with mail: what is sent must be safe from a power cut.
            store.sync()?;
        }
        notices.sort_by_key(|notice| notice.id);
        Ok(notices)
    };
    store.with(work).await.map_err(|error| Died(error.to_string()))
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
        self.rests.retain(|_, until| *until > now);
        let mut due: BTreeMap<String, Vec<Notice>> = BTreeMap::new();
        let mut next: Option<DateTime<Utc>> = None;
        for notice in outbox::in_turn(queued) {
            if self.at_work.contains(&notice.to) {
                continue;
            }
            let rest = self.rests.get(&notice.to).copied().unwrap_or(notice.next_attempt);
            let at = notice.next_attempt.max(rest);
            if at <= now {
                due.entry(notice.to.clone()).or_default().push(notice);
            } else {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        (due, next)
    }

    fn back(&mut self, ended: Result<Round, JoinError>) -> Result<(), Died> {
        let (name, rest) = ended.map_err(|error| Died(error.to_string()))??;
        self.at_work.remove(&name);
        self.rests.extend(rest.map(|until| (name, until)));
        Ok(())
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
        busy.rests.insert("rests".into(), at(60));
        let queued = vec![
            notice(1, "hangs", 0),
            notice(2, "rests", 0),
            notice(3, "a", 0),
            notice(4, "b", 9),
        ];
        let (due, next) = busy.due(queued.clone(), at(5));
        assert_eq!(due.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(next, Some(at(9)));
        busy.back(Ok(Ok(("hangs".into(), None)))).unwrap();
        let (due, next) = busy.due(queued, at(61));
        assert_eq!(due.keys().collect::<Vec<_>>(), ["a", "b", "hangs", "rests"]);
        assert_eq!(next, None);
    }
}
