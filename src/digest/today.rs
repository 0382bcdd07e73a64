//! What needs somebody today, and whom to ask whether all is well: the work first, the questions after it.

use super::{MOST_LISTED, TicketLine, fold};
use crate::enrich::Priority;
use crate::ticket::{Status, triage};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::HashSet;

/// How many customers are named who are to be asked; the others are counted.
const MOST_ASKED: usize = 10;

/// Tickets of which the most pressing are shown; of an event its first.
pub(super) struct Listed {
    pub(super) shown: Vec<TicketLine>,
    /// How many more of those there are.
    pub(super) hidden: usize,
    /// How many there are, each of an event counted.
    pub(super) all: usize,
}

impl Listed {
    /// Returns those that need somebody on the day of `now`, and those whose customers are to be asked
    /// whether all is well.
    pub(super) fn of(tickets: &[TicketLine], now: DateTime<Utc>, zone: Tz) -> [Self; 2] {
        let (asked, today) =
            today(tickets, now, zone).into_iter().partition(|ticket| is_settled(ticket));
        [Self::first(today, MOST_LISTED), Self::first(asked, MOST_ASKED)]
    }

    fn first(mut tickets: Vec<&TicketLine>, most: usize) -> Self {
        let all = tickets.len();
        fold::first_of_each_event(&mut tickets);
        let hidden = tickets.len().saturating_sub(most);
        Self { shown: tickets.into_iter().take(most).cloned().collect(), hidden, all }
    }
}

/// Returns what needs somebody on the day of `now`: what is late, what is due before the day ends, and what is
/// urgent and waits.
fn today(tickets: &[TicketLine], now: DateTime<Utc>, zone: Tz) -> Vec<&TicketLine> {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let mut seen = HashSet::new();
    let mut today: Vec<&TicketLine> = tickets
        .iter()
        .filter(|ticket| {
            let waiting = matches!(ticket.status.as_str(), "new" | "open");
            let is_due = ticket.due.is_some_and(|due| day(due) <= day(now));
            ticket.overdue || is_due || (waiting && ticket.priority == Priority::Urgent)
        })
        .filter(|ticket| seen.insert(ticket.id))
        .collect();
    today.sort_by_cached_key(|ticket| {
        let status = ticket.status.parse().unwrap_or_default();
        triage::rank(ticket.id, status, ticket.priority, ticket.due, ticket.overdue)
    });
    today
}

/// Tells whether all that is left to do is to ask the customer whether all is well.
fn is_settled(ticket: &TicketLine) -> bool {
    ticket.status == Status::Resolved.word()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sample::{digest, input, now, ticket};
    use crate::digest::{Digest, Input, QuietLine, text};
    use crate::mention::TicketId;

    #[test]
    fn overdue_tickets_and_urgent_unanswered_ones_need_somebody_today() {
        let overdue = |id, priority| TicketLine { overdue: true, priority, ..ticket(id) };
        let urgent = |id, status: &str| TicketLine {
            priority: Priority::Urgent,
            status: status.into(),
            ..ticket(id)
        };
        let tickets = [
            ticket(1),
            overdue(2, Priority::Normal),
            urgent(3, "new"),
            urgent(4, "answered"),
            urgent(5, "closed"),
            overdue(6, Priority::High),
            overdue(2, Priority::Normal),
        ];
        let ids: Vec<u64> = digest(&[], &tickets).today.iter().map(|ticket| ticket.id.0).collect();
        assert_eq!(ids, [3, 6, 2]);
    }

    #[test]
    fn who_is_to_be_asked_whether_all_is_well_stands_after_what_needs_somebody() {
        let asked = |id, priority| TicketLine {
            overdue: true,
            status: "resolved".into(),
            priority,
            ..ticket(id)
        };
        let late = TicketLine { overdue: true, priority: Priority::Low, ..ticket(9) };
        let mut tickets = vec![asked(1, Priority::Urgent), late];
        let told = digest(&[], &tickets);
        let ids = |lines: &[TicketLine]| lines.iter().map(|line| line.id.0).collect::<Vec<_>>();
        assert_eq!((ids(&told.today), ids(&told.asked)), (vec![9], vec![1]));
        let text = text::render(&told);
        let [work, question] = ["Needs attention today (1)\n", "Ask whether all is well (1)\n"]
            .map(|words| text.find(words).unwrap_or_else(|| panic!("{words}: {text}")));
        assert!(work < question, "{text}");
        tickets.extend((10..30).map(|id| asked(id, Priority::Normal)));
        let many = digest(&[], &tickets);
        assert_eq!((many.asked.len(), many.asked_hidden, many.asked_all), (10, 11, 21));
        assert!(!digest(&[], &[asked(1, Priority::Low)]).is_empty());
    }

    #[test]
    fn who_is_asked_anyway_is_not_named_as_gone_quiet() {
        let line = TicketLine { overdue: true, status: "resolved".into(), ..ticket(1) };
        let quiet = [1, 2].map(|id| QuietLine {
            customer: None,
            ticket: TicketId(id),
            headline: "Lost".into(),
            status: "resolved".into(),
            since: now(),
        });
        let told = Digest::of(&Input { quiet: &quiet, ..input(&[], &[line]) });
        let named: Vec<u64> = told.quiet.iter().map(|line| line.ticket.0).collect();
        assert_eq!(named, [2]);
    }
}
