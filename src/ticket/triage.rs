//! Which mentions become tickets, and which ticket comes first.

use crate::brand::TicketPolicy;
use crate::enrich::Label;
use crate::mention::Mention;
use crate::post::Concerns;
use crate::ticket::Ticket;
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

/// Orders tickets, most urgent first: the overdue ones, then by priority, then by what is due sooner,
/// then by number.
pub fn urgency(a: &Ticket, b: &Ticket, now: DateTime<Utc>) -> Ordering {
    let rank = |ticket: &Ticket| {
        let facts = ticket.facts();
        // What has no date is due last.
        let due = facts.due.unwrap_or(DateTime::<Utc>::MAX_UTC);
        (Reverse(ticket.is_overdue(now)), Reverse(facts.priority), due, facts.id)
    };
    rank(a).cmp(&rank(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::Priority;
    use crate::mention::{Mark, TicketId};
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
        assert_eq!(order, [5, 6, 7, 3, 4, 2, 1]);
    }
}
