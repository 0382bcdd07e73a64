//! The words for what needs somebody today, and for whom to ask whether all is well.

use super::{Hint, LONGEST_NAME, Wording, link};
use crate::digest::words::fill;
use crate::digest::{Digest, Event, TicketLine, excerpt};
use crate::mention::TicketId;

pub(in crate::digest) struct TodayView {
    pub(in crate::digest) heading: String,
    pub(in crate::digest) tickets: Vec<TicketView>,
    pub(in crate::digest) more: Option<Hint>,
}

/// Whom to ask whether all is well.
pub(in crate::digest) struct AskedView {
    pub(in crate::digest) heading: String,
    pub(in crate::digest) meaning: &'static str,
    pub(in crate::digest) tickets: Vec<AskedTicketView>,
    pub(in crate::digest) more: Option<Hint>,
}

pub(in crate::digest) struct AskedTicketView {
    /// `Ticket 7`, its brand, since when, who has it.
    pub(in crate::digest) about: String,
    pub(in crate::digest) headline: String,
    /// Where its post is.
    pub(in crate::digest) link: Option<String>,
    pub(in crate::digest) command: String,
}

pub(in crate::digest) struct TicketView {
    /// `Ticket 7`
    pub(in crate::digest) name: String,
    pub(in crate::digest) state: String,
    pub(in crate::digest) brand: Option<String>,
    pub(in crate::digest) headline: String,
    /// Whether it is late.
    pub(in crate::digest) late: bool,
    /// Where its post is.
    pub(in crate::digest) link: Option<String>,
    /// Whether its mention is told further down, with the address of the post.
    pub(in crate::digest) told: bool,
    /// Who has it, and what comes next.
    pub(in crate::digest) next: String,
    pub(in crate::digest) command: String,
}

impl Wording<'_> {
    pub(super) fn today(&self) -> Option<TodayView> {
        let Digest { today, today_hidden, today_all, .. } = self.digest;
        (!today.is_empty()).then(|| TodayView {
            heading: fill(&self.words.today, &[("n", &today_all.to_string())]),
            tickets: today.iter().map(|ticket| self.ticket(ticket)).collect(),
            more: self.hint(*today_hidden, "vahti tickets --limit 0"),
        })
    }

    pub(super) fn asked(&self) -> Option<AskedView> {
        let Digest { asked, asked_hidden, asked_all, .. } = self.digest;
        let words = &self.words.asked;
        (!asked.is_empty()).then(|| AskedView {
            heading: fill(&words.heading, &[("n", &asked_all.to_string())]),
            meaning: &words.means,
            tickets: asked.iter().map(|ticket| self.asked_ticket(ticket)).collect(),
            more: self.hint(*asked_hidden, "vahti tickets --status resolved --overdue --limit 0"),
        })
    }

    fn asked_ticket(&self, ticket: &TicketLine) -> AskedTicketView {
        let words = self.words;
        let pattern = if ticket.overdue { &words.asked.since } else { &words.asked.today };
        let event = self.event(ticket);
        let about = [
            self.is_several().then(|| excerpt::line(&ticket.brand.0, LONGEST_NAME)),
            Some(fill(&words.ticket, &[("id", &ticket.id.to_string())])),
            ticket.due.map(|due| fill(pattern, &[("date", &self.date(due))])),
            event.as_ref().map(|event| event.words.clone()),
            ticket.assignee.as_ref().map(|who| excerpt::line(who, LONGEST_NAME)),
        ];
        AskedTicketView {
            about: about.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            headline: excerpt::line(&ticket.headline, 140),
            link: ticket.url.as_deref().and_then(link).map(String::from),
            command: event
                .map_or_else(|| format!("vahti ticket {}", ticket.id), |event| event.command),
        }
    }

    fn ticket(&self, ticket: &TicketLine) -> TicketView {
        let TicketLine { id, headline, brand, .. } = ticket;
        let headline = excerpt::line(headline, 140);
        let event = self.event(ticket);
        TicketView {
            name: fill(&self.words.ticket, &[("id", &id.to_string())]),
            state: match &event {
                Some(event) => format!("{}; {}", self.state(ticket), event.words),
                None => self.state(ticket),
            },
            brand: self.is_several().then(|| excerpt::line(&brand.0, LONGEST_NAME)),
            headline,
            late: ticket.overdue,
            link: ticket.url.as_deref().and_then(link).map(String::from),
            told: self.tells(*id),
            next: self.next(ticket),
            command: event.map_or_else(|| format!("vahti ticket {id}"), |event| event.command),
        }
    }

    /// Of which event a ticket is a part, where that has more of them.
    pub(super) fn event(&self, ticket: &TicketLine) -> Option<Hint> {
        let words = self.words;
        let Event { first, fresh, all } = ticket.event.filter(|event| event.all > 1)?;
        let said = if fresh == 0 || fresh >= all {
            words.count(all, &words.count.incident)
        } else {
            let new = words.count(fresh, &words.count.fresh);
            fill(&words.rising, &[("new", &new), ("all", &all.to_string())])
        };
        Some(Hint { words: said, command: format!("vahti incident {first}") })
    }

    /// How it stands with a ticket: `urgent, overdue since …`.
    pub(super) fn state(&self, ticket: &TicketLine) -> String {
        let words = self.words;
        let due = match (ticket.due, ticket.overdue) {
            (Some(due), true) => fill(&words.overdue_since, &[("date", &self.date(due))]),
            (Some(due), false) => fill(&words.due, &[("date", &self.date(due))]),
            (None, true) => words.overdue.clone(),
            (None, false) => String::new(),
        };
        let status = excerpt::line(words.status(&ticket.status), LONGEST_NAME);
        let parts = [words.priority(ticket.priority), &status, &due];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// Tells whether the mention of a ticket is shown.
    fn tells(&self, id: TicketId) -> bool {
        let groups = self.digest.sections.iter().flat_map(|section| &section.groups);
        let mut items = groups.flat_map(|group| &group.items);
        items.any(|item| item.mention.ticket == Some(id))
    }

    fn next(&self, ticket: &TicketLine) -> String {
        let who = match &ticket.assignee {
            Some(who) => fill(&self.words.assigned, &[("who", &excerpt::line(who, LONGEST_NAME))]),
            None => self.words.unassigned.clone(),
        };
        let next = self.words.next(&ticket.status, ticket.review);
        if next.is_empty() { who } else { format!("{who} {next}") }
    }
}
