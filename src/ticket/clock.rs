//! When a ticket's next action is due, in plain hours. One date, one reason.

use crate::enrich::Priority;
use crate::mention::Mention;
use crate::text::count;
use crate::ticket::{Facts, Status, moves};
use chrono::{DateTime, TimeDelta, Utc};

/// How long after an answer the matter itself is to be settled.
pub const RESOLUTION: TimeDelta = TimeDelta::days(3);

/// How long after resolving somebody asks whether all is well.
pub const FOLLOW_UP_DAYS: i64 = 10;

/// Returns the hours within which a complaint is to be answered.
pub fn first_answer_hours(priority: Priority) -> u8 {
    match priority {
        Priority::Urgent => 1,
        Priority::High => 4,
        Priority::Normal => 24,
        Priority::Low => 72,
    }
}

/// Returns when the clock of the first answer starts: at the publication of the post, or at its
/// source's first poll where that is later.
pub fn start(mention: &Mention, first_poll: DateTime<Utc>) -> DateTime<Utc> {
    mention.time().max(first_poll)
}

/// Writes down when what is due next, by the status and the times of the ticket.
pub(super) fn set_due(facts: &mut Facts) {
    let (due, reason) = match facts.status {
        Status::New | Status::Open => (Some(answer_due(facts)), Some(answer_reason(facts))),
        Status::Answered => (
            Some(later(facts.last_reply.unwrap_or(facts.opened), RESOLUTION)),
            Some("resolution within 3 days of the answer".to_owned()),
        ),
        Status::Resolved => {
            (facts.follow_up, Some("follow-up after resolving: ask whether all is well".to_owned()))
        }
        Status::Closed => (None, None),
    };
    facts.due = due;
    facts.due_reason = reason;
}

/// Adds without overflowing at the end of time.
pub(super) fn later(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn answer_due(facts: &Facts) -> DateTime<Utc> {
    let since = facts.reopened.unwrap_or(facts.clock_start);
    later(since, TimeDelta::hours(first_answer_hours(facts.priority).into()))
}

fn answer_reason(facts: &Facts) -> String {
    let within = count(first_answer_hours(facts.priority).into(), "hour");
    let priority = moves::priority_word(facts.priority);
    match facts.reopened {
        None => format!("first answer within {within}, for priority {priority}"),
        Some(_) => format!("answer within {within} of reopening, for priority {priority}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::sample::{self, at};
    use crate::ticket::{Action, Rating, Ticket};

    #[track_caller]
    fn check(moves: &[Action], due: Option<i64>, reason: Option<&str>) {
        let mut ticket = sample::ticket(&sample::complaint("Acme lies"));
        for (hour, action) in (10..).zip(moves) {
            ticket = ticket.apply(action.clone(), "maija", at(hour)).unwrap();
        }
        assert_eq!(ticket.facts().due, due.map(at), "{moves:?}");
        assert_eq!(ticket.facts().due_reason.as_deref(), reason, "{moves:?}");
    }

    fn resolve() -> Action {
        Action::Resolve { cause: "billing".into(), lesson: None, follow_up_days: FOLLOW_UP_DAYS }
    }

    #[test]
    fn the_first_answer_is_due_by_priority_from_the_start_of_the_clock() {
        use Priority::{High, Low, Normal, Urgent};
        for (priority, hours) in [(Urgent, 1), (High, 4), (Normal, 24), (Low, 72)] {
            let ticket = sample::ticket(&sample::complaint("Acme lies"));
            let moved = ticket.apply(Action::Priority(priority), "maija", at(10)).unwrap();
            assert_eq!(moved.facts().due, Some(at(hours)), "{priority:?}");
        }
        check(&[], Some(4), Some("first answer within 4 hours, for priority high"));
        check(
            &[Action::Assign("maija".into())],
            Some(4),
            Some("first answer within 4 hours, for priority high"),
        );
    }

    #[test]
    fn the_resolution_is_due_three_days_after_the_last_answer() {
        let reply = || Action::Reply("sorry".into());
        let reason = Some("resolution within 3 days of the answer");
        check(&[reply()], Some(10 + 72), reason);
        check(&[reply(), reply()], Some(11 + 72), reason);
        check(&[reply(), Action::Note("called".into())], Some(10 + 72), reason);
    }

    #[test]
    fn after_resolving_the_follow_up_is_due_and_after_closing_nothing() {
        let reason = Some("follow-up after resolving: ask whether all is well");
        check(&[resolve()], Some(10 + 240), reason);
        check(&[resolve(), Action::Reply("well?".into())], Some(10 + 240), reason);
        check(&[resolve(), Action::Close], None, None);
        check(&[resolve(), Action::Close, Action::Priority(Priority::Urgent)], None, None);
    }

    #[test]
    fn a_ticket_that_came_back_is_answered_by_the_clock_of_its_return() {
        let unhappy = Action::Rate(Rating::try_from(2).unwrap());
        check(
            &[resolve(), unhappy],
            Some(11 + 1),
            Some("answer within 1 hour of reopening, for priority urgent"),
        );
        check(
            &[resolve(), Action::Reopen(None)],
            Some(11 + 4),
            Some("answer within 4 hours of reopening, for priority high"),
        );
    }

    #[test]
    fn the_clock_starts_at_publication_or_at_the_first_poll_where_that_is_later() {
        let mut mention = sample::complaint("Acme lies");
        mention.post.published = Some(at(-5));
        assert_eq!(start(&mention, at(-99)), at(-5));
        assert_eq!(start(&mention, at(-9)), at(-5));
        assert_eq!(start(&mention, at(-2)), at(-2));
        mention.post.published = Some(at(500));
        assert_eq!(start(&mention, at(-99)), mention.seen, "it cannot be from the future");
    }

    #[test]
    fn a_clock_that_starts_in_the_future_starts_now() {
        let mention = sample::complaint("Acme lies");
        let ticket = Ticket::open(crate::mention::TicketId(1), &mention, at(900), at(3));
        assert_eq!(ticket.facts().due, Some(at(7)));
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        assert_eq!(
            later(DateTime::<Utc>::MAX_UTC, TimeDelta::days(FOLLOW_UP_DAYS)),
            DateTime::<Utc>::MAX_UTC
        );
    }
}
