//! `vahti ticket`: one of them in full, or the next move.

use super::desk::{self, Desk};
use super::print::{self, Format, Output, or_dash, time};
use super::{Context, Failure};
use crate::ask::view::{self, TicketView};
use crate::ask::{Answer, Order, Question, TicketMove};
use crate::enrich::{Matter, Priority};
use crate::mention::TicketId;
use crate::text::{cut, visible};
use chrono::DateTime;
use chrono_tz::Tz;
use std::fmt::Write;

#[derive(clap::Args)]
#[command(subcommand_precedence_over_arg = true)]
pub(super) struct Args {
    id: u64,
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Give it to somebody
    Assign { who: String },
    /// Write something into its log
    Note { text: String },
    /// Print the suggested reply and where to post it; with TEXT (`-`: standard input) record it as sent
    Reply { text: Option<String> },
    /// The trouble is mended; somebody asks again in one to two weeks
    Resolve {
        /// Why it arose, in a word or two
        #[arg(long)]
        cause: String,
        /// What the house learned
        #[arg(long)]
        lesson: Option<String>,
    },
    /// How satisfied the customer is, from 1 to 5; 1 and 2 open it again
    Rate { rating: u8 },
    /// It is not mended after all
    Reopen { text: Option<String> },
    /// Close it without a rating
    Close,
    /// Set how soon somebody should look
    Priority {
        #[arg(value_name = "low|normal|high|urgent", value_parser = priority)]
        priority: Priority,
    },
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let id = TicketId(args.id);
    let format = args.output.format;
    let moved = match args.action {
        None => None,
        Some(Action::Reply { text: None }) => {
            let ticket = ask(&desk, id)?;
            return print::one(&ticket, format, &super::tickets::COLUMNS, || suggestion(&ticket));
        }
        Some(action) => Some(to_move(action)?),
    };
    let answer = match moved {
        None => return show(ask(&desk, id)?.as_ref(), format, desk.zone),
        Some(moved) => desk.order(Order::Ticket(id, moved), context)?,
    };
    let Answer::Ticket(ticket) = answer else { return Ok(()) };
    if format == Format::Table {
        let last = ticket.log.last().map(|line| line.action.clone()).unwrap_or_default();
        return print::write(&format!(
            "Ticket {} is {} now ({last}). {}\n",
            ticket.id, ticket.status, ticket.next_step
        ));
    }
    show(&ticket, format, desk.zone)
}

fn to_move(action: Action) -> Result<TicketMove, Failure> {
    Ok(match action {
        Action::Assign { who } => TicketMove::Assign { who },
        Action::Note { text } => TicketMove::Note { text: desk::text_or_stdin(text)? },
        Action::Reply { text } => {
            TicketMove::Reply { text: desk::text_or_stdin(text.unwrap_or_default())? }
        }
        Action::Resolve { cause, lesson } => TicketMove::Resolve { cause, lesson },
        Action::Rate { rating } => TicketMove::Rate { rating },
        Action::Reopen { text } => TicketMove::Reopen { text },
        Action::Close => TicketMove::Close {},
        Action::Priority { priority } => TicketMove::Priority { priority },
    })
}

fn ask(desk: &Desk, id: TicketId) -> Result<Box<TicketView>, Failure> {
    match desk.ask(&Question::Ticket(id))? {
        Answer::Ticket(ticket) => Ok(ticket),
        _ => Err(Failure::new(format!("there is no ticket {id}"))),
    }
}

fn show(ticket: &TicketView, format: Format, zone: Tz) -> Result<(), Failure> {
    print::one(ticket, format, &super::tickets::COLUMNS, || words(ticket, zone))
}

fn priority(word: &str) -> Result<Priority, String> {
    match word {
        "low" => Ok(Priority::Low),
        "normal" => Ok(Priority::Normal),
        "high" => Ok(Priority::High),
        "urgent" => Ok(Priority::Urgent),
        _ => Err("expected low, normal, high or urgent".into()),
    }
}

/// Returns the suggested reply, and where to post it.
fn suggestion(ticket: &TicketView) -> String {
    let reply = ticket.suggested_reply.as_deref().unwrap_or_default();
    let mut text = format!("{}\n\n{}\n", place(ticket), lines(reply, ""));
    if let Some(private) = &ticket.suggested_private {
        let begins = "In a private message, once the customer writes one";
        put(&mut text, format_args!("\n{begins}:\n\n{}\n", lines(private, "")));
    }
    let id = ticket.id;
    put(
        &mut text,
        format_args!("\nOnce it is posted: vahti ticket {id} reply \"what you wrote\"\n"),
    );
    text
}

/// Says where to answer, and who may.
fn place(ticket: &TicketView) -> String {
    let Some(answer) = &ticket.answer else {
        return "The post is no longer stored; answer where it was found.".to_owned();
    };
    let place = match &answer.url {
        Some(url) if answer.exact => format!("Answer here: {}", visible(url)),
        Some(url) => {
            let url = visible(url);
            format!("The post has no address of its own; answer it where it stands: {url}")
        }
        None => "The post has no address of its own; answer where it was found.".to_owned(),
    };
    let name = visible(&answer.place);
    let public = if answer.public { "in public" } else { "in private" };
    format!("{place}\nOn {name}, {public}. Who may answer there: {}", visible(&answer.who))
}

/// Returns a ticket in full, as people read it.
fn words(ticket: &TicketView, zone: Tz) -> String {
    let customer = ticket.customer.as_ref();
    let who = customer.and_then(|who| who.name.as_deref().or(who.handle.as_deref()));
    let overdue = if ticket.overdue { ", overdue" } else { "" };
    let review = if ticket.review { ", please review" } else { "" };
    let rows = [
        ("Ticket", format!("{}  {}", ticket.id, ticket.headline)),
        ("Status", format!("{}{overdue}", ticket.status)),
        ("Priority", format!("{}{review}", view::priority(ticket.priority))),
        ("Next", ticket.next_step.clone()),
        ("Brand", ticket.brands.join(", ")),
        (
            "Incident",
            ticket.incident.map_or_else(
                || "-".into(),
                |first| format!("{first}: `vahti incident {first}` shows its tickets"),
            ),
        ),
        ("Customer", or_dash(who)),
        ("Known as", or_dash(ticket.customer_key.as_deref())),
        ("Assignee", or_dash(ticket.assignee.as_deref())),
        ("Opened", time(Some(ticket.opened), zone)),
        ("Due", time(ticket.due, zone)),
        ("Answered", time(ticket.answered, zone)),
        ("Resolved", time(ticket.resolved, zone)),
        ("Follow-up", time(ticket.follow_up, zone)),
        ("Cause", or_dash(ticket.cause.as_deref())),
        ("Lesson", or_dash(ticket.lesson.as_deref())),
        ("Rating", ticket.rating.map_or_else(|| "-".into(), |rating| rating.to_string())),
        ("Mention", ticket.mention.clone()),
        ("Link", or_dash(ticket.url.as_deref())),
    ];
    let mut text = String::new();
    for (name, value) in rows.iter().filter(|(_, value)| value != "-") {
        put(&mut text, format_args!("{name:<10} {}\n", visible(value)));
    }
    for there in &ticket.elsewhere {
        put(&mut text, format_args!("{:<10} {}\n", "Elsewhere", visible(&there.words())));
    }
    if !ticket.messages.is_empty() {
        put(&mut text, format_args!("\nMessages:\n"));
    }
    for message in &ticket.messages {
        let at = time(Some(message.at), zone);
        put(&mut text, format_args!("  {at}\n{}\n", lines(&message.text, "    ")));
    }
    background(ticket, zone, &mut text);
    text
}

/// Adds the customer's history, the card, the suggested reply and the log.
fn background(ticket: &TicketView, zone: Tz, text: &mut String) {
    if !ticket.history.is_empty() {
        put(text, format_args!("\nEarlier tickets of this customer:\n"));
        for earlier in &ticket.history {
            let cause = earlier.cause.as_deref().unwrap_or("-");
            put(
                text,
                format_args!(
                    "  {} {} {} {}\n",
                    earlier.id,
                    time(Some(earlier.opened), zone),
                    earlier.status,
                    visible(cause)
                ),
            );
        }
    }
    if let Some(card) = &ticket.card {
        let kind = card.complainer.and_then(|kind| serde_json::to_value(kind).ok());
        let kind = kind
            .as_ref()
            .and_then(|kind| kind.as_str())
            .unwrap_or("not told by the text")
            .replace('_', " ");
        let matter = card.matter.map_or("not told by the text", Matter::word);
        put(
            text,
            format_args!(
                "\nComplainer: {kind}\nMatter: {matter}\n  Signs: {}\n  How to answer: {}\n  Avoid: {}\n",
                visible(&card.signs),
                visible(&card.how_to_answer),
                visible(&card.avoid)
            ),
        );
    }
    if let Some(reply) = &ticket.suggested_reply {
        put(text, format_args!("\nSuggested reply:\n{}\n", lines(reply, "  ")));
    }
    put(text, format_args!("\nLog:\n"));
    for line in &ticket.log {
        put(
            text,
            format_args!(
                "  {} {} {} {}\n",
                time(Some(line.at), zone),
                visible(&line.by),
                line.action,
                visible(&cut(&in_zone(line, zone), 200))
            ),
        );
    }
}

/// Returns the words of a line, with the times in them that vahti wrote as they are shown everywhere.
fn in_zone(line: &view::LogView, zone: Tz) -> String {
    if line.action != "rise" {
        return line.text.clone();
    }
    let word = |word: &str| {
        let at = DateTime::parse_from_rfc3339(word).map(|at| at.to_utc());
        at.map_or_else(|_| word.to_owned(), |at| time(Some(at), zone))
    };
    line.text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Returns text of several lines, each made safe and moved in by `indent`.
fn lines(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{indent}{}", visible(line))).collect::<Vec<_>>().join("\n")
}

/// Writing into a string does not fail.
fn put(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).ok();
}
