//! What becomes of a notice after an attempt: sent, tried again later, or given up. Pure; the ledger
//! itself is in the store.

use super::email::Failed;
use super::{Notice, NoticeId, Progress, Try};
use crate::text;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// How long after its first try a notice is given up, as mail servers do.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::days(5);

/// No wait between two tries is as long: where nobody tried for longer, vahti did not run or the clock was
/// set, and what went by says nothing of the server.
const PAUSED: TimeDelta = TimeDelta::hours(36);

/// The waits after the first failures; after the last of them it is tried once an hour.
const WAITS: [TimeDelta; 7] = [
    TimeDelta::seconds(30),
    TimeDelta::minutes(1),
    TimeDelta::minutes(2),
    TimeDelta::minutes(4),
    TimeDelta::minutes(8),
    TimeDelta::minutes(16),
    TimeDelta::minutes(30),
];

/// The longest answer of a server that the ledger keeps, in characters.
const LONGEST_ANSWER: usize = 500;

/// Returns the notice after the server took it.
#[must_use]
pub fn after_success(notice: Notice, answer: &str, now: DateTime<Utc>) -> Notice {
    let answer = kept(answer);
    let one = Try { at: now, outcome: Progress::Sent, answer: answer.clone() };
    Notice {
        progress: Progress::Sent,
        attempts: notice.attempts.saturating_add(1),
        next_attempt: now,
        last_answer: Some(answer),
        enclosed: notice.enclosed.tried(one),
        ..notice
    }
}

/// Returns the notice after an attempt that failed: queued for later while there is hope, dead when
/// it was refused for good or was tried in vain for five days.
#[must_use]
pub fn after_failure(mut notice: Notice, failed: &Failed, now: DateTime<Utc>) -> Notice {
    let since = counts_from(&notice, now);
    if since == now {
        notice.enclosed.since = Some(now);
    }
    let attempts = notice.attempts.saturating_add(1);
    let (hope, answer) = match failed {
        Failed::Temporary { answer } => (now - since < GIVEN_UP_AFTER, answer),
        Failed::Permanent { answer } => (false, answer),
    };
    let (progress, next_attempt) = if hope {
        let wait = wait_after(attempts, &notice.message_id);
        (Progress::Queued, now.checked_add_signed(wait).unwrap_or(now))
    } else {
        (Progress::Dead, now)
    };
    let answer = kept(answer);
    let one = Try { at: now, outcome: progress, answer: answer.clone() };
    let enclosed = notice.enclosed.tried(one);
    Notice { progress, attempts, next_attempt, last_answer: Some(answer), enclosed, ..notice }
}

/// Returns when a queued notice is due: at once where it was made or tried last by a clock that was ahead, since
/// that time may lie years away.
pub fn due(notice: &Notice, now: DateTime<Utc>) -> DateTime<Utc> {
    let noted = notice.enclosed.tries.last().map_or(notice.created, |one| one.at);
    if noted > now { now } else { notice.next_attempt }
}

/// Returns from when the five days count: from the first try, or from when a person asked for another; anew
/// after a pause.
fn counts_from(notice: &Notice, now: DateTime<Utc>) -> DateTime<Utc> {
    let tries = &notice.enclosed.tries;
    let begun = notice.enclosed.since.or_else(|| tries.first().map(|one| one.at));
    let last = begun.max(tries.last().map(|one| one.at));
    match (begun, last) {
        (Some(begun), Some(last)) if last <= now && now - last < PAUSED => begun,
        _ => now,
    }
}

/// Returns the notice after a person took it out of the outbox.
#[must_use]
pub fn dropped(mut notice: Notice, now: DateTime<Utc>) -> Notice {
    notice.enclosed.dropped = Some(now);
    notice
}

/// Returns the notice after a person asked for another attempt: due at once. One that the server has
/// taken stays as it is, because nothing goes out twice.
#[must_use]
pub fn retried(notice: Notice, now: DateTime<Utc>) -> Notice {
    match notice.progress {
        Progress::Sent => notice,
        Progress::Queued | Progress::Dead => {
            let mut notice = Notice { progress: Progress::Queued, next_attempt: now, ..notice };
            notice.enclosed.since = Some(now);
            notice
        }
    }
}

/// Returns a notice that a channel took, after a person asked to have it sent there once more: whoever was
/// told lost it, and knows it by its id.
#[must_use]
pub fn repeated(notice: Notice, now: DateTime<Utc>) -> Notice {
    let mut notice = retried(Notice { progress: Progress::Queued, ..notice }, now);
    notice.enclosed.repeats = true;
    notice
}

/// Who stands in a line, with the ticket that it opens at another desk.
type Place = (NoticeId, Option<String>);

/// What is told of one event or ticket reaches a channel in the order in which it happened; all else waits
/// for nothing, so that one notice that is refused holds up no other.
#[derive(Default)]
pub struct Line {
    /// Who stands where, by channel and thread, each with the ticket that it opens at another desk.
    places: HashMap<(String, String), Vec<Place>>,
}

impl Line {
    /// Puts a notice into the line, and returns the one that it stands behind.
    pub fn join(&mut self, notice: &Notice) -> Option<NoticeId> {
        let thread = notice.enclosed.thread.as_ref()?;
        // Mails are put in order by whoever reads them.
        if !thread.starts_with("event ") || notice.to.contains('@') {
            return None;
        }
        // Two tickets of one event are two things to a desk.
        let opens = notice.html.is_empty().then(|| notice.alert.clone());
        let place = self.places.entry((notice.to.clone(), thread.clone())).or_default();
        let is_ahead = |other: &Option<String>| match (&opens, other) {
            (Some(opens), Some(other)) => opens == other,
            _ => true,
        };
        let ahead = place.iter().find(|(_, other)| is_ahead(other)).map(|(id, _)| *id);
        place.push((notice.id, opens));
        ahead
    }

    /// Takes one out: those behind it need not wait any more.
    pub fn leave(&mut self, id: NoticeId) {
        for place in self.places.values_mut() {
            place.retain(|(other, _)| *other != id);
        }
    }
}

/// Leaves out whatever stands behind something older. `queued` is all that waits, oldest first.
pub fn in_turn(queued: Vec<Notice>) -> impl Iterator<Item = Notice> {
    let mut line = Line::default();
    queued.into_iter().filter(move |notice| line.join(notice).is_none())
}

/// Returns how long to wait after the `attempts`th failure: a tenth more or less than in the table,
/// so that what failed together is not tried together. The same for the same notice.
fn wait_after(attempts: u32, message_id: &str) -> TimeDelta {
    let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = WAITS.get(at).copied().unwrap_or(TimeDelta::hours(1));
    let mut hash = Sha256::new();
    hash.update(attempts.to_be_bytes());
    hash.update(message_id.as_bytes());
    let chance = hash.finalize().first().copied().unwrap_or_default();
    let milliseconds = wait.num_milliseconds();
    let jitter = milliseconds / 5 * i64::from(chance) / 255 - milliseconds / 10;
    TimeDelta::milliseconds(milliseconds + jitter)
}

fn kept(answer: &str) -> String {
    text::cut(&text::visible(answer), LONGEST_ANSWER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Enclosed, NoticeId};
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn notice(message_id: &str) -> Notice {
        Notice {
            id: NoticeId(1),
            alert: "care".into(),
            to: "care@acme.example".into(),
            subject: "s".into(),
            text: "t".into(),
            html: "h".into(),
            message_id: message_id.into(),
            created: at(0),
            progress: Progress::Queued,
            attempts: 0,
            next_attempt: at(0),
            last_answer: None,
            enclosed: Enclosed::default(),
        }
    }

    fn temporary() -> Failed {
        Failed::Temporary { answer: "451 later".into() }
    }

    #[test]
    fn what_a_clock_that_was_ahead_put_off_is_due_when_it_is_right_again() {
        const YEAR: i64 = 365 * 24 * 3600;
        let untried = Notice { created: at(YEAR), next_attempt: at(YEAR), ..notice("a") };
        assert_eq!(due(&untried, at(0)), at(0));
        let tried = after_failure(notice("a"), &temporary(), at(YEAR));
        assert_eq!(due(&tried, at(5)), at(5));
        let again = after_failure(tried, &temporary(), at(5));
        assert_eq!(again.progress, Progress::Queued);
        assert!(due(&again, at(6)) == again.next_attempt && again.next_attempt < at(600));
    }

    #[test]
    fn the_waits_double_to_half_an_hour_and_then_are_an_hour() {
        let mut notice = notice("a");
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..10 {
            notice = after_failure(notice, &temporary(), now);
            assert_eq!(notice.progress, Progress::Queued);
            waits.push((notice.next_attempt - now).num_seconds());
            now = notice.next_attempt;
        }
        let table = [30, 60, 120, 240, 480, 960, 1800, 3600, 3600, 3600];
        for (wait, expected) in waits.iter().zip(table) {
            assert!((wait - expected).abs() * 10 <= expected + 10, "{waits:?}");
        }
        assert_eq!(notice.attempts, 10);
        assert_eq!(notice.last_answer.as_deref(), Some("451 later"));
    }

    #[test]
    fn notices_that_failed_together_are_not_tried_together() {
        let next = |id| after_failure(notice(id), &temporary(), at(0)).next_attempt;
        let times: std::collections::BTreeSet<_> =
            ["a", "b", "c", "d", "e", "f"].into_iter().map(next).collect();
        assert!(times.len() > 3, "{times:?}");
        assert_eq!(next("a"), next("a"));
    }

    #[test]
    fn what_is_told_of_one_thing_goes_in_turn() {
        let of = |id: u64, to: &str, thread: Option<&str>| Notice {
            id: NoticeId(id),
            to: to.into(),
            enclosed: Enclosed { thread: thread.map(str::to_owned), ..Enclosed::default() },
            ..notice("a")
        };
        let queued = vec![
            of(1, "hook", Some("event 7")),
            of(2, "hook", Some("event 7")),
            of(3, "hook", Some("event 8")),
            of(4, "chat", Some("event 7")),
            of(5, "hook", None),
            of(6, "hook", None),
            of(7, "care@acme.example", Some("event 7")),
            of(8, "care@acme.example", Some("event 7")),
        ];
        let ids: Vec<u64> = in_turn(queued).map(|notice| notice.id.0).collect();
        assert_eq!(ids, [1, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn news_of_an_alert_wait_for_nothing_that_came_before() {
        let of = |id: u64| Notice {
            id: NoticeId(id),
            to: "room".into(),
            enclosed: Enclosed { thread: Some("alert care".into()), ..Enclosed::default() },
            ..notice("a")
        };
        let ids: Vec<u64> = in_turn(vec![of(1), of(2)]).map(|notice| notice.id.0).collect();
        assert_eq!(ids, [1, 2]);
    }

    #[test]
    fn a_ticket_is_opened_before_more_is_told_of_it_and_another_of_its_event_waits_not() {
        let of = |id: u64, alert: &str, html: &str| Notice {
            id: NoticeId(id),
            alert: alert.into(),
            to: "hook".into(),
            html: html.into(),
            enclosed: Enclosed { thread: Some("event 7".into()), ..Enclosed::default() },
            ..notice("a")
        };
        let all =
            [of(1, "ticket 7", ""), of(2, "ticket 8", ""), of(3, "care", "h"), of(4, "x", "h")];
        let mut line = Line::default();
        let behind: Vec<_> = all.iter().map(|one| line.join(one).map(|id| id.0)).collect();
        assert_eq!(behind, [None, None, Some(1), Some(1)]);
        let mut line = Line::default();
        assert_eq!(line.join(&all[0]), None);
        line.leave(NoticeId(1));
        assert_eq!(line.join(&all[2]), None);
    }

    #[test]
    fn a_permanent_refusal_is_the_end_at_once() {
        let failed = Failed::Permanent { answer: "550 no such user".into() };
        let notice = after_failure(notice("a"), &failed, at(5));
        assert_eq!(notice.progress, Progress::Dead);
        assert_eq!((notice.attempts, notice.last_answer.as_deref()), (1, Some("550 no such user")));
    }

    #[test]
    fn after_five_days_hope_ends() {
        let day = 86_400;
        let before = tried_daily(notice("a"), 20 * day, 5);
        assert_eq!(before.progress, Progress::Queued, "the making does not count");
        let after = after_failure(before.clone(), &temporary(), at(25 * day));
        assert_eq!(after.progress, Progress::Dead);
        // Who tries again has five days more.
        let again = tried_daily(retried(after, at(30 * day)), 30 * day, 5);
        assert_eq!(again.progress, Progress::Queued);
        assert_eq!(tried_daily(again, 35 * day, 1).progress, Progress::Dead);
        // A jump of the clock, or a long rest, is no failure of the server.
        let late = tried_daily(before.clone(), 40 * day, 5);
        assert_eq!(late.progress, Progress::Queued);
        assert_eq!(tried_daily(late, 45 * day, 1).progress, Progress::Dead);
        let early = tried_daily(before, 0, 5);
        assert_eq!(early.progress, Progress::Queued);
        assert_eq!(tried_daily(early, 5 * day, 1).progress, Progress::Dead);
    }

    fn tried_daily(notice: Notice, from: i64, times: i64) -> Notice {
        (0..times).fold(notice, |notice, day| {
            after_failure(notice, &temporary(), at(from + day * 86_400))
        })
    }

    #[test]
    fn one_that_a_channel_took_may_be_sent_there_again_under_its_id() {
        let sent = after_success(notice("a"), "ok", at(0));
        let again = repeated(sent, at(9));
        assert_eq!((again.progress, again.next_attempt), (Progress::Queued, at(9)));
        assert_eq!((again.message_id.as_str(), again.enclosed.repeats), ("a", true));
    }

    #[test]
    fn a_person_can_raise_the_dead_but_not_repeat_the_sent() {
        let failed = Failed::Permanent { answer: "550".into() };
        let dead = after_failure(notice("a"), &failed, at(5));
        let again = retried(dead, at(9));
        assert_eq!((again.progress, again.next_attempt), (Progress::Queued, at(9)));
        let sent = after_success(again, "250 queued as 4711\r\n", at(10));
        assert_eq!((sent.progress, sent.attempts), (Progress::Sent, 2));
        assert_eq!(sent.last_answer.as_deref(), Some("250 queued as 4711"));
        assert_eq!(retried(sent.clone(), at(11)), sent);
    }

    #[test]
    fn of_many_tries_the_first_and_the_last_are_remembered() {
        let mut notice = notice("a");
        for minute in 0..100 {
            notice = after_failure(notice, &temporary(), at(minute));
        }
        let times: Vec<i64> =
            notice.enclosed.tries.iter().map(|one| (one.at - at(0)).num_seconds()).collect();
        assert_eq!(times, (0..5).chain(75..100).collect::<Vec<_>>());
        let sent = after_success(notice, "250 ok", at(200));
        let last = sent.enclosed.tries.last().unwrap();
        assert_eq!((last.word(), last.answer.as_str()), ("accepted", "250 ok"));
    }

    #[test]
    fn an_endless_answer_is_cut_and_its_controls_are_shown() {
        let failed = Failed::Temporary { answer: format!("451 \x1b[31m{}", "x".repeat(9000)) };
        let answer = after_failure(notice("a"), &failed, at(0)).last_answer.unwrap();
        assert!(answer.chars().count() <= LONGEST_ANSWER && answer.starts_with("451 ␛[31mxx"));
    }

    proptest! {
        #[test]
        fn the_next_attempt_always_lies_ahead_and_within_two_hours(
            attempts in 0..u32::MAX, id in ".*", late in 0_i64..400_000,
        ) {
            let now = at(late);
            let notice = after_failure(Notice { attempts, ..notice(&id) }, &temporary(), now);
            prop_assert_eq!(notice.progress, Progress::Queued);
            prop_assert!(notice.next_attempt > now);
            prop_assert!(notice.next_attempt <= now + TimeDelta::hours(2));
        }
    }
}
