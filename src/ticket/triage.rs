//! Which mentions become tickets, and which ticket comes first.

use crate::brand::TicketPolicy;
use crate::enrich::{Label, Priority};
use crate::mention::{Mention, TicketId};
use crate::post::Concerns;
use crate::ticket::{Facts, Status, Ticket};
use chrono::{DateTime, Utc};
use std::cmp::{Ordering, Reverse};

/// Returns which mentions of a brand become tickets where `mention` stands. Unless something was
/// `chosen`, where somebody speaks to the brand each does: nobody else will answer.
pub fn policy(chosen: Option<TicketPolicy>, mention: &Mention) -> TicketPolicy {
    chosen.unwrap_or(match mention.post.concerns {
        Concerns::Desk => TicketPolicy::All,
        Concerns::Named | Concerns::Brand => TicketPolicy::Negative,
    })
}

/// Tells whether `mention` may have a ticket at all. What the brand itself wrote, and what is not about
/// the brand or taken not to be, never does.
pub fn may_have_ticket(mention: &Mention) -> bool {
    !mention.own && !mention.is_noise() && !mention.is_muted()
}

/// Tells whether `mention` is to have a ticket.
pub fn wants_ticket(mention: &Mention, policy: TicketPolicy) -> bool {
    if !may_have_ticket(mention) {
        return false;
    }
    match policy {
        TicketPolicy::Negative => mention.label() == Label::Negative,
        TicketPolicy::All => true,
        TicketPolicy::None => false,
    }
}

/// Orders tickets, most urgent first: by [`rank`].
pub fn urgency(a: &Ticket, b: &Ticket, now: DateTime<Utc>) -> Ordering {
    let of = |ticket: &Ticket| {
        let Facts { id, status, priority, due, .. } = *ticket.facts();
        rank(id, status, priority, due, ticket.is_overdue(now))
    };
    of(a).cmp(&of(b))
}

/// Returns what to sort tickets by, most urgent first: what waits for us before what waits for the customer's
/// word, and that before what is closed; there the overdue and the urgent ones, then by priority, then what is
/// overdue, then by what is due sooner, then by number.
pub fn rank(
    id: TicketId,
    status: Status,
    priority: Priority,
    due: Option<DateTime<Utc>>,
    overdue: bool,
) -> impl Ord {
    // To ask whether all is well can wait for a day; whoever has no answer yet should not.
    let settled = match status {
        Status::New | Status::Open | Status::Answered => 0,
        Status::Resolved => 1,
        Status::Closed => 2,
    };
    let is_pressing = overdue || priority == Priority::Urgent;
    // What has no date is due last.
    let due = due.unwrap_or(DateTime::<Utc>::MAX_UTC);
    (settled, !is_pressing, Reverse(priority), !overdue, due, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mention::Mark;
    use crate::ticket::Action;
    use crate::ticket::sample::{at, complaint};

    #[test]
    fn the_brand_decides_which_mentions_become_tickets() {
        for (label, [negative, all, none]) in [
            (Label::Negative, [true, true, false]),
            (Label::Neutral, [false, true, false]),
            (Label::Positive, [false, true, false]),
        ] {
            let mut mention = complaint("Acme lies");
            mention.insight.sentiment.label = label;
            assert_eq!(wants_ticket(&mention, TicketPolicy::Negative), negative);
            assert_eq!(wants_ticket(&mention, TicketPolicy::All), all);
            assert_eq!(wants_ticket(&mention, TicketPolicy::None), none);
        }
    }

    #[test]
    fn a_persons_mark_counts_before_our_opinion() {
        let mut mention = complaint("Acme lies");
        mention.mark = Some(Mark::Positive);
        assert!(!wants_ticket(&mention, TicketPolicy::Negative));
        mention.insight.sentiment.label = Label::Positive;
        mention.mark = Some(Mark::Negative);
        assert!(wants_ticket(&mention, TicketPolicy::Negative));
    }

    #[test]
    fn what_the_brand_wrote_and_what_is_noise_never_becomes_a_ticket() {
        for policy in [TicketPolicy::Negative, TicketPolicy::All, TicketPolicy::None] {
            let mut own = complaint("Acme lies");
            own.own = true;
            assert!(!wants_ticket(&own, policy));
            let mut noise = complaint("Acme lies");
            noise.mark = Some(Mark::Noise);
            assert!(!wants_ticket(&noise, policy));
        }
    }

    #[test]
    fn the_most_urgent_ticket_stands_first() {
        let open = |id, start, priority| {
            Ticket::open(TicketId(id), &complaint("Acme lies"), at(start), at(start))
                .apply(Action::Priority(priority), "maija", at(start))
                .unwrap()
        };
        let mut tickets = [
            open(1, 0, Priority::Low),     // due at 72
            open(2, 9, Priority::High),    // due at 13
            open(3, 8, Priority::High),    // due at 12
            open(4, 8, Priority::High),    // due at 12
            open(5, 0, Priority::High),    // was due at 4
            open(6, -100, Priority::Low),  // was due at -28
            open(7, 10, Priority::Urgent), // due at 11
        ];
        tickets.sort_by(|a, b| urgency(a, b, at(10)));
        let order: Vec<u64> = tickets.iter().map(|ticket| ticket.facts().id.0).collect();
        assert_eq!(order, [7, 5, 6, 3, 4, 2, 1]);
    }

    #[test]
    fn a_question_whether_all_is_well_waits_for_whoever_has_no_answer() {
        let open = |id, priority| {
            Ticket::open(TicketId(id), &complaint("Acme lies"), at(0), at(0))
                .apply(Action::Priority(priority), "maija", at(0))
                .unwrap()
        };
        let resolve = || Action::Resolve { cause: "delay".into(), lesson: None, follow_up_days: 7 };
        let asked = open(1, Priority::Urgent).apply(resolve(), "maija", at(1)).unwrap();
        let closed = open(2, Priority::Urgent).apply(resolve(), "maija", at(1)).unwrap();
        let closed = closed.apply(Action::Close, "maija", at(2)).unwrap();
        let later = at(30 * 24);
        assert!(asked.is_overdue(later));
        let fresh = Ticket::open(TicketId(4), &complaint("Acme lies"), later, later);
        let mut tickets = [closed, asked, fresh, open(3, Priority::Low)];
        tickets.sort_by(|a, b| urgency(a, b, later));
        let order: Vec<u64> = tickets.iter().map(|ticket| ticket.facts().id.0).collect();
        assert_eq!(order, [3, 4, 1, 2]);
    }
}
