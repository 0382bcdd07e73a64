//! `vahti tickets`: what waits for somebody, most urgent first.

use super::print::{self, Output, or_dash, time};
use super::{Context, Failure};
use crate::ask::view::{self, TicketView};
use crate::ask::{Answer, Question, TicketsAsked};
use crate::text::cut;
use chrono_tz::Tz;

#[derive(clap::Args)]
pub(super) struct Args {
    /// A query over the mentions of the tickets
    #[arg(allow_hyphen_values = true, value_parser = super::mentions::query)]
    query: Option<String>,
    /// Statuses with commas between them (new, open, answered, resolved, closed), or all
    /// [default: all but closed]
    #[arg(long)]
    status: Option<String>,
    #[arg(long)]
    assignee: Option<String>,
    /// Only those that wait for somebody longer than they should
    #[arg(long)]
    overdue: bool,
    /// How many at most; 0 for all [default: 50]
    #[arg(long)]
    limit: Option<usize>,
    #[command(flatten)]
    output: Output,
}

/// The columns of a ticket's CSV.
pub(super) const COLUMNS: [&str; 20] = [
    "id",
    "mention",
    "brands",
    "customer.name",
    "customer.handle",
    "status",
    "priority",
    "review",
    "assignee",
    "opened",
    "due",
    "overdue",
    "answered",
    "resolved",
    "follow_up",
    "cause",
    "lesson",
    "rating",
    "headline",
    "url",
];

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let asked = TicketsAsked {
        q: args.query,
        status: args.status,
        assignee: args.assignee,
        overdue: args.overdue,
        limit: args.limit,
    };
    let Answer::Tickets(found) = desk.ask(&Question::Tickets(asked))? else {
        return Ok(());
    };
    print::list(&found, args.output.format, &COLUMNS, || table(&found, desk.zone))
}

/// Returns the rows as people read them.
pub(super) fn table(tickets: &[TicketView], zone: Tz) -> String {
    if tickets.is_empty() {
        return "No tickets.\n".into();
    }
    print::table(
        &["id", "status", "priority", "due", "assignee", "brand", "what"],
        tickets.iter().map(|ticket| {
            let overdue = if ticket.overdue { " overdue" } else { "" };
            let review = if ticket.review { "?" } else { "" };
            vec![
                ticket.id.to_string(),
                ticket.status.to_string(),
                format!("{}{review}", view::priority(ticket.priority)),
                format!("{}{overdue}", time(ticket.due, zone)),
                or_dash(ticket.assignee.as_deref()),
                ticket.brands.join(", "),
                cut(&ticket.headline, 70),
            ]
        }),
    )
}

/// Returns each ticket with why it was opened, as people read it.
pub(super) fn table_with_reasons(tickets: &[TicketView], zone: Tz) -> String {
    print::table(
        &["id", "priority", "due", "what", "why"],
        tickets.iter().map(|ticket| {
            let why = ticket.log.first().map(|line| line.text.as_str()).unwrap_or_default();
            vec![
                ticket.id.to_string(),
                view::priority(ticket.priority).to_owned(),
                time(ticket.due, zone),
                cut(&ticket.headline, 48),
                cut(why, 90),
            ]
        }),
    )
}
