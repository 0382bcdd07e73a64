//! What somebody is told whose tickets some are now: one message for all that were given at one moment.

use super::excerpt::line;
use super::text::Page;
use super::view::link;
use super::words::{Words, fill};
use super::{MOST_LISTED, TicketLine};
use crate::delivery::{Brief, BriefLine};
use crate::enrich::Priority;
use crate::text::Language;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

/// The longest subject, in characters.
const LONGEST: usize = 120;

/// The longest name of somebody, in characters.
const LONGEST_NAME: usize = 60;

/// What one person is told.
#[derive(Debug, Clone, Copy)]
pub struct Assigned<'a> {
    pub language: Language,
    /// In which times are written.
    pub zone: Tz,
    /// Whose they are now.
    pub to: &'a str,
    /// The person who gave them; `None` where a route did.
    pub by: Option<&'a str>,
    /// At least one.
    pub tickets: &'a [TicketLine],
}

/// The subject, the plain text and the HTML of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub subject: String,
    pub text: String,
    pub html: String,
    pub brief: Brief,
}

/// What is said in such a message only; the names are those of the files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    one: String,
    many: String,
    by_route: String,
    by_person: String,
    more: String,
    footer: String,
}

#[derive(Template)]
#[template(path = "assigned.html")]
struct Mail<'a> {
    view: &'a View,
}

struct View {
    language: &'static str,
    title: String,
    heading: String,
    by: String,
    tickets: Vec<TicketView>,
    more: Option<String>,
    command: String,
    footer: &'static str,
}

struct TicketView {
    /// Number, brand, priority, due.
    state: String,
    headline: String,
    link: Option<String>,
    command: String,
}

/// Words what somebody is told.
pub fn message(assigned: &Assigned<'_>) -> Message {
    let view = View::of(assigned);
    // Writing into a string fails only where a value's own rendering does, and ours are strings.
    let html = Mail { view: &view }.render().unwrap_or_default();
    Message { text: text(&view), html, brief: brief(&view, assigned), subject: view.title }
}

impl View {
    fn of(assigned: &Assigned<'_>) -> Self {
        let words = Words::of(assigned.language);
        let own = &words.yours;
        let number = assigned.tickets.len();
        let first = assigned.tickets.first();
        let id = first.map(|ticket| ticket.id.to_string()).unwrap_or_default();
        let pattern = if number == 1 { &own.one } else { &own.many };
        let heading = fill(pattern, &[("n", &number.to_string()), ("id", &id)]);
        let headline = first.map(|ticket| ticket.headline.as_str()).unwrap_or_default();
        let title = if headline.is_empty() {
            line(&heading, LONGEST)
        } else {
            line(&format!("{heading} – {headline}"), LONGEST)
        };
        let by = match assigned.by {
            Some(who) => fill(&own.by_person, &[("who", &line(who, LONGEST_NAME))]),
            None => own.by_route.clone(),
        };
        let shown = assigned.tickets.iter().take(MOST_LISTED);
        let hidden = number.saturating_sub(MOST_LISTED);
        Self {
            language: words.code(),
            title,
            heading,
            by,
            tickets: shown.map(|ticket| TicketView::of(ticket, assigned, words)).collect(),
            more: (hidden > 0).then(|| fill(&own.more, &[("n", &hidden.to_string())])),
            command: format!("vahti tickets --limit 0 --assignee {}", line(assigned.to, 100)),
            footer: &own.footer,
        }
    }
}

impl TicketView {
    fn of(ticket: &TicketLine, assigned: &Assigned<'_>, words: &Words) -> Self {
        let date = |due| words.date(due, assigned.zone);
        let due = match (ticket.due, ticket.overdue) {
            (Some(due), true) => fill(&words.overdue_since, &[("date", &date(due))]),
            (Some(due), false) => fill(&words.due, &[("date", &date(due))]),
            (None, _) => String::new(),
        };
        let name = fill(&words.ticket, &[("id", &ticket.id.to_string())]);
        let brand = line(&ticket.brand.0, LONGEST_NAME);
        let parts = [name.as_str(), &brand, words.priority(ticket.priority), &due];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            state: parts.join(" · "),
            headline: line(&ticket.headline, 140),
            link: ticket.url.as_deref().and_then(link).map(String::from),
            command: format!("vahti ticket {}", ticket.id),
        }
    }
}

fn brief(view: &View, assigned: &Assigned<'_>) -> Brief {
    let line = |ticket: &TicketView| BriefLine {
        headline: ticket.headline.clone(),
        link: ticket.link.clone(),
        details: vec![ticket.state.clone(), ticket.command.clone()],
    };
    Brief {
        title: view.title.clone(),
        lines: view.tickets.iter().map(line).collect(),
        footer: vec![view.by.clone(), view.footer.to_owned()],
        urgent: assigned.tickets.iter().any(|ticket| ticket.priority == Priority::Urgent),
        more: super::brief::more(Words::of(assigned.language)),
    }
}

fn text(view: &View) -> String {
    let mut page = Page::default();
    page.wrapped("", &view.heading);
    page.wrapped("", &view.by);
    for TicketView { state, headline, link, command } in &view.tickets {
        page.gap();
        page.wrapped("* ", state);
        page.wrapped("  ", headline);
        if let Some(link) = link {
            page.line(&format!("  {link}"));
        }
        page.line(&format!("  {command}"));
    }
    if let Some(more) = &view.more {
        page.gap();
        page.wrapped("", more);
        page.line(&format!("  {}", view.command));
    }
    page.gap();
    page.line("-- ");
    page.wrapped("", view.footer);
    page.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sample::{now, ticket};
    use chrono::TimeDelta;

    #[test]
    fn two_tickets_as_html() {
        insta::assert_snapshot!(told(Language::FINNISH, None, 2).html);
    }

    fn told(language: Language, by: Option<&str>, number: u64) -> Message {
        let line = |id: u64| TicketLine {
            due: Some(now() + TimeDelta::hours(4)),
            priority: Priority::High,
            headline: "Acme <b>burns</b>".into(),
            url: Some(format!("https://forum.example/{id}")),
            ..ticket(id)
        };
        let tickets: Vec<_> = (1..=number).map(line).collect();
        message(&Assigned {
            language,
            zone: Tz::Europe__Helsinki,
            to: "maija@acme.example",
            by,
            tickets: &tickets,
        })
    }

    #[test]
    fn one_ticket_is_told_in_each_language() {
        let english = told(Language::ENGLISH, None, 1);
        assert_eq!(english.subject, "Ticket 1 is yours – Acme <b>burns</b>");
        insta::assert_snapshot!(english.text.replace("-- \n", "--␠\n"), @"
        Ticket 1 is yours
        Assigned by a rule of the desk.

        * Ticket 1 · Acme · high priority · due 21 November 2026, 14:00
          Acme <b>burns</b>
          https://forum.example/1
          vahti ticket 1

        --␠
        vahti tells you once for each ticket that becomes yours.
        ");
        for (language, expected) in [
            (Language::FINNISH, "Tiketti 1 on nyt sinulla – Acme <b>burns</b>"),
            (Language::TURKISH, "1 numaralı kayıt size atandı – Acme <b>burns</b>"),
            (Language::SWEDISH, "Ärende 1 är nu ditt – Acme <b>burns</b>"),
            ("de".parse().unwrap(), "Ticket 1 is yours – Acme <b>burns</b>"),
        ] {
            assert_eq!(told(language, None, 1).subject, expected);
        }
    }

    #[test]
    fn what_is_told_reads_well_in_finnish_turkish_and_english() {
        for (language, name) in [("fi", "finnish"), ("tr", "turkish"), ("en", "english")] {
            let language = language.parse().unwrap();
            let Message { subject, text, .. } = told(language, Some("liisa"), 2);
            let whole = format!("{subject}\n\n{}", text.replace("-- \n", "--␠\n"));
            insta::assert_snapshot!(format!("two_tickets_in_{name}"), whole);
        }
    }

    #[test]
    fn many_are_counted_and_a_person_is_named() {
        let finnish = told(Language::FINNISH, Some("liisa"), 60);
        assert!(finnish.text.contains("60 tikettiä on nyt sinulla\nSiirtäjä: liisa."));
        assert!(finnish.text.contains(
            "Ja vielä 10 lisää; koko luettelon näet komennolla\n  vahti tickets --limit 0 --assig"
        ));
        assert_eq!(finnish.text.matches("vahti ticket ").count(), 50);
    }

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let html = told(Language::ENGLISH, Some("<script>"), 2).html;
        assert!(!html.contains("<b>burns") && !html.contains("<script>"), "{html}");
        assert!(html.contains("href=\"https://forum.example/1\""));
    }
}
