//! `vahti incident`: the tickets of one event, together.

use super::print::{self, Format, Output, time};
use super::{Context, Failure, tickets};
use crate::ask::view::IncidentView;
use crate::ask::{Answer, IncidentMove, Order, Question};
use crate::mention::TicketId;
use crate::text::count;

#[derive(clap::Args)]
#[command(subcommand_precedence_over_arg = true)]
pub(super) struct Args {
    /// The number of the incident, or of a ticket of it
    id: u64,
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Add a ticket, or all tickets of another incident
    Merge {
        #[arg(value_name = "ID")]
        other: u64,
    },
    /// Take a ticket out: it is about something else
    Split { ticket: u64 },
    /// Resolve all its tickets that are open
    Resolve {
        /// Why it arose, in a word or two
        #[arg(long)]
        cause: String,
        /// What the house learned
        #[arg(long)]
        lesson: Option<String>,
    },
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let id = TicketId(args.id);
    let answer = match args.action {
        None => desk.ask(&Question::Incident(id))?,
        Some(action) => desk.order(Order::Incident(id, to_move(action)), context)?,
    };
    let incident = match answer {
        Answer::Incident(incident) => incident,
        Answer::Ticket(ticket) if args.output.format == Format::Table => {
            let text = format!("Ticket {} is of no incident now.\n", ticket.id);
            return print::write(&text);
        }
        Answer::Ticket(ticket) => {
            return print::one(&ticket, args.output.format, &tickets::COLUMNS, String::new);
        }
        _ => return Ok(()),
    };
    let zone = desk.zone;
    print::one(&incident, args.output.format, &["id", "began", "last", "done"], || {
        words(&incident, zone)
    })
}

fn to_move(action: Action) -> IncidentMove {
    match action {
        Action::Merge { other } => IncidentMove::Merge { other },
        Action::Split { ticket } => IncidentMove::Split { ticket },
        Action::Resolve { cause, lesson } => IncidentMove::Resolve { cause, lesson },
    }
}

/// Returns an incident as people read it.
fn words(incident: &IncidentView, zone: chrono_tz::Tz) -> String {
    let IncidentView { id, began, last, done, tickets: all } = incident;
    format!(
        "Incident {id}: {}, {done} of them done; the first {}, the last {}\n\n{}",
        count(all.len(), "ticket"),
        time(*began, zone),
        time(*last, zone),
        tickets::table(all, zone)
    )
}
