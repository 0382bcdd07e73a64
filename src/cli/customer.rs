//! `vahti customer`: who somebody is on which site, and which handles are one person's.

use super::print::{self, Output, or_dash, time};
use super::{Context, Failure};
use crate::ask::view::{CustomerView, LinkView};
use crate::ask::{Answer, CustomerMove, Order, Question};
use crate::text::{count, visible};
use chrono_tz::Tz;

#[derive(clap::Args)]
#[command(subcommand_precedence_over_arg = true)]
pub(super) struct Args {
    /// A ticket's number, or a customer as `vahti ticket ID` writes it: 'forum.example @maija'
    who: String,
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Say that two are one person
    Link {
        #[arg(value_name = "WHO")]
        other: String,
    },
    /// Take back that two are one person
    Unlink {
        #[arg(value_name = "WHO")]
        other: String,
    },
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let answer = match args.action {
        None => desk.ask(&Question::Customer(args.who))?,
        Some(action) => desk.order(Order::Customer(args.who, to_move(action)), context)?,
    };
    let Answer::Customer(customer) = answer else { return Ok(()) };
    let columns = ["name", "mentions", "last_heard", "ratings", "mean_rating"];
    print::one(&customer, args.output.format, &columns, || words(&customer, desk.zone))
}

fn to_move(action: Action) -> CustomerMove {
    match action {
        Action::Link { other } => CustomerMove::Link { other },
        Action::Unlink { other } => CustomerMove::Unlink { other },
    }
}

/// Returns a customer as people read it.
fn words(customer: &CustomerView, zone: Tz) -> String {
    let mut lines = vec![format!("Customer   {}", visible(&or_dash(customer.name.as_deref())))];
    let number = |many: u64, what| count(usize::try_from(many).unwrap_or(usize::MAX), what);
    for handle in &customer.handles {
        lines.push(format!(
            "Known as   {}: {}, {}, last heard {}",
            visible(&handle.customer),
            number(handle.tickets, "ticket"),
            number(handle.mentions, "mention"),
            time(handle.last_heard, zone)
        ));
    }
    lines.push(format!("Mentions   {}", customer.mentions));
    lines.push(format!("Last heard {}", time(customer.last_heard, zone)));
    if let Some(mean) = customer.mean_rating {
        lines.push(format!("Rating     {mean} of 5, {}", number(customer.ratings, "rating")));
    }
    if !customer.tickets.is_empty() {
        let rows = customer.tickets.iter().map(|ticket| {
            let rating = ticket.rating.map_or_else(|| "-".into(), |rating| rating.to_string());
            let opened = time(Some(ticket.opened), zone);
            let (id, status) = (ticket.id.to_string(), ticket.status.to_string());
            vec![id, opened, status, or_dash(ticket.cause.as_deref()), rating]
        });
        let heads = ["ticket", "opened", "status", "cause", "rating"];
        lines.push(format!("\n{}", print::table(&heads, rows).trim_end()));
    }
    if !customer.links.is_empty() {
        lines.push("\nLinks:".to_owned());
        lines.extend(customer.links.iter().map(|link| linked(link, zone)));
    }
    lines.join("\n") + "\n"
}

fn linked(link: &LinkView, zone: Tz) -> String {
    let LinkView { one, other, by, at, parted_by, parted_at } = link;
    let parted = parted_by
        .as_ref()
        .map(|by| format!("; parted by {}, {}", visible(by), time(*parted_at, zone)));
    format!(
        "  {} is {}: said by {}, {}{}",
        visible(one),
        visible(other),
        visible(by),
        time(Some(*at), zone),
        parted.unwrap_or_default()
    )
}
