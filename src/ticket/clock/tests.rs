//! What is due when, and by what rule.

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
    for (priority, hours) in [(Urgent, 1), (High, 4), (Normal, 24), (Low, 24)] {
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

/// The ticket of a complaint of this priority from such a place, opened at hour 0, a Saturday.
fn placed(kind: Kind, priority: Priority) -> Ticket {
    let mut mention = sample::complaint("Acme lies");
    mention.kind = kind;
    mention.insight.priority = priority;
    sample::ticket(&mention)
}

#[track_caller]
fn check_timed(ticket: &Ticket, clocks: &Clocks, due: i64, reason: &str) {
    let facts = ticket.clone().timed(clocks, at(0));
    assert_eq!(facts.facts().due_reason.as_deref(), Some(reason));
    assert_eq!(facts.facts().due, Some(at(due)), "{reason}");
}

#[test]
fn the_shorter_of_place_and_priority_counts() {
    use Priority::{High, Low, Normal, Urgent};
    let clocks = Clocks::default();
    for (kind, priority, hours, rule) in [
        (Kind::X, Low, 1, "1 hour, for kind x"),
        (Kind::Mastodon, High, 1, "1 hour, for kind mastodon"),
        (Kind::X, Urgent, 1, "1 hour, for priority urgent"),
        (Kind::Facebook, Normal, 6, "6 hours, for kind facebook"),
        (Kind::Instagram, High, 4, "4 hours, for priority high"),
        (Kind::Forum, Normal, 24, "24 hours, for kind forum"),
        (Kind::Trustpilot, Low, 24, "24 hours, for kind trustpilot"),
        (Kind::Trustpilot, Urgent, 1, "1 hour, for priority urgent"),
    ] {
        let reason = format!("first answer within {rule}");
        check_timed(&placed(kind, priority), &clocks, hours, &reason);
    }
}

/// Monday to Friday, 08:00 to 17:00 in UTC; hour 0 is 08:00 on a Saturday, hour 48 on Monday.
fn at_work() -> Clocks {
    let hours = Hours::read("mon-fri 08:00-17:00", chrono_tz::Tz::UTC).unwrap();
    Clocks { hours: Some(hours), ..Clocks::default() }
}

#[test]
fn working_hours_count_where_the_desk_has_them() {
    let normal = placed(Kind::Forum, Priority::Normal);
    // Nine hours on Monday and on Tuesday, six on Wednesday.
    let reason = "first answer within 24 working hours, for kind forum";
    check_timed(&normal, &at_work(), 48 + 48 + 6, reason);
    let reason = "first answer within 6 working hours, for kind facebook";
    check_timed(&placed(Kind::Facebook, Priority::Normal), &at_work(), 48 + 6, reason);
    let answered = normal.apply(Action::Reply("sorry".into()), "maija", at(50)).unwrap();
    let reason = "resolution within 3 working days of the answer";
    check_timed(&answered, &at_work(), 50 + 72, reason);
    assert_eq!(answered.timed(&at_work(), at(51)).facts().promise, Some(at(51 + 72)));
}

#[test]
fn what_is_urgent_waits_for_nobodys_hours_unless_told_to() {
    let urgent = placed(Kind::Forum, Priority::Urgent);
    check_timed(&urgent, &at_work(), 1, "first answer within 1 hour, for priority urgent");
    let waits = Clocks { urgent_waits: true, ..at_work() };
    let reason = "first answer within 1 working hour, for priority urgent";
    check_timed(&urgent, &waits, 49, reason);
    for flag in [Flag::Safety, Flag::LegalThreat] {
        let language = crate::text::Language::ENGLISH;
        let mention = sample::complaint_of("Acme burns", language, None, &[flag], &[]);
        let reason = "first answer within 4 hours, for priority high";
        check_timed(&sample::ticket(&mention), &at_work(), 4, reason);
    }
}

#[test]
fn the_follow_up_comes_on_a_working_day() {
    // Resolved on Wednesday: ten days later it is Saturday.
    let resolved = placed(Kind::Forum, Priority::Normal)
        .apply(resolve(), "maija", at(4 * 24 + 2))
        .unwrap()
        .timed(&at_work(), at(4 * 24 + 2));
    assert_eq!(resolved.facts().follow_up, Some(at(16 * 24)), "Monday at eight");
    assert_eq!(resolved.facts().due, Some(at(16 * 24)));
    let again = resolved.clone().timed(&at_work(), at(15 * 24));
    assert_eq!(again.facts().follow_up, resolved.facts().follow_up);
    assert_eq!(resolved.verify(), Ok(()));
}

#[test]
fn without_hours_too_the_follow_up_comes_on_a_working_day_and_in_time() {
    let friday = crate::ticket::holidays::dated("2026-12-04").unwrap();
    let closed = Hours::workdays().closed_on(vec![friday]);
    let [open, closed] = [Hours::workdays(), closed]
        .map(|workdays| Clocks { workdays: Some(workdays), ..Clocks::default() });
    let asked = |hour: i64, follow_up_days: i64, clocks: &Clocks| {
        let action = Action::Resolve { cause: "billing".into(), lesson: None, follow_up_days };
        let ticket = sample::ticket(&sample::complaint("Acme lies"));
        let resolved = ticket.apply(action, "maija", at(hour)).unwrap().timed(clocks, at(hour));
        assert_eq!(resolved.verify(), Ok(()));
        resolved.facts().follow_up.unwrap()
    };
    // Resolved on Wednesday at ten: ten days later it is Saturday.
    assert_eq!(asked(4 * 24 + 2, 10, &open), at(16 * 24 + 2), "Monday at ten");
    assert_eq!(asked(4 * 24 + 2, 12, &open), at(16 * 24 + 2), "Monday is Monday");
    // Resolved on Saturday: a Saturday two weeks later, and Monday would be too late.
    assert_eq!(asked(2, 14, &open), at(13 * 24 + 2), "Friday");
    assert_eq!(asked(2, 14, &closed), at(12 * 24 + 2), "Thursday");
}

fn words(ticket: &Ticket) -> Vec<(DateTime<Utc>, String)> {
    let rises = ticket.facts().log.iter().filter(|line| line.action == "rise");
    rises.map(|line| (line.at, line.text.clone())).collect()
}

#[test]
fn what_is_late_rises_each_time_that_its_target_passes() {
    let clocks = Clocks::default();
    let ticket = placed(Kind::Forum, Priority::Low);
    assert_eq!(words(&ticket.clone().timed(&clocks, at(23))), []);
    let late = ticket.clone().timed(&clocks, at(24));
    let why = "its answer was due 2026-11-22T08:00:00Z";
    assert_eq!(words(&late), [(at(24), format!("normal: {why}"))]);
    assert_eq!(late.facts().due, Some(at(24)), "it is still the same date that passed");
    // High has four hours, so that it is urgent four hours later.
    let rises = [(24, "normal"), (48, "high"), (52, "urgent")];
    let rises = rises.map(|(hour, to)| (at(hour), format!("{to}: {why}")));
    let at_once = ticket.timed(&clocks, at(500));
    assert_eq!(words(&at_once), rises);
    // Whoever looked when in between: it comes to the same.
    let looked = [25, 47, 49, 51, 60, 500];
    let step_by_step = looked.into_iter().fold(late, |ticket, now| ticket.timed(&clocks, at(now)));
    assert_eq!(step_by_step, at_once);
    assert_eq!(at_once.facts().priority, Priority::Urgent);
    assert_eq!(at_once.verify(), Ok(()));
    let reopened = at_once
        .apply(Action::Reply("sorry".into()), "maija", at(501))
        .and_then(|ticket| ticket.apply(Action::Reopen(None), "maija", at(510)))
        .unwrap();
    let reason = "answer within 1 hour of reopening, for priority urgent";
    check_timed(&reopened, &clocks, 511, reason);
}

#[test]
fn being_late_rises_nothing_that_a_person_chose_or_that_is_settled() {
    let clocks = Clocks::default();
    let ticket = placed(Kind::Forum, Priority::Normal);
    let chosen = ticket.clone().apply(Action::Priority(Priority::Low), "maija", at(1)).unwrap();
    assert_eq!(words(&chosen.timed(&clocks, at(999))), []);
    let resolved = ticket.clone().apply(resolve(), "maija", at(1)).unwrap();
    assert_eq!(words(&resolved.timed(&clocks, at(999))), []);
    // The resolution has a clock of its own.
    let answered = ticket.apply(Action::Reply("sorry".into()), "maija", at(1)).unwrap();
    let late = answered.timed(&clocks, at(999));
    let why = "its resolution was due 2026-11-24T09:00:00Z";
    let rises = [(1 + 72, format!("high: {why}")), (1 + 144, format!("urgent: {why}"))];
    assert_eq!(words(&late), rises.map(|(hour, text)| (at(hour), text)));
}

#[test]
fn what_it_rose_by_before_the_answer_was_seen_is_of_the_clock_before() {
    let clocks = Clocks::default();
    // Sent at hour 20 and seen at hour 30: in between it rose, since nobody knew of the answer.
    let risen = placed(Kind::Forum, Priority::Low).timed(&clocks, at(29));
    assert_eq!(words(&risen).len(), 1);
    let answered = Action::Answered { sent: at(20), post: "post 2".into() };
    let answered = risen.apply(answered, "@acme", at(30)).unwrap();
    assert_eq!(answered.clone().timed(&clocks, at(91)).facts().due, Some(at(20 + 72)));
    assert_eq!(words(&answered.clone().timed(&clocks, at(91))).len(), 1);
    let late = answered.timed(&clocks, at(93));
    assert_eq!(words(&late).last().map(|(at, _)| *at), Some(at(20 + 72)));
    assert_eq!(late.facts().priority, Priority::High);
    // The same for what comes back: an answer in time, and another clock.
    let back = late.apply(Action::Reopen(None), "maija", at(93)).unwrap().timed(&clocks, at(94));
    let reason = "answer within 4 hours of reopening, for priority high";
    check_timed(&back, &clocks, 97, reason);
}
