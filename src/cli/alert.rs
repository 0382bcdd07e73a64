//! `vahti alert`: what one would say now, or say it.

use super::print;
use super::{Context, Failure};
use crate::ask::view::PreviewView;
use crate::ask::{Answer, Order, Question};
use crate::daemon::clock;
use crate::delivery::{Notice, NoticeId, Progress, email, with_pictures};
use chrono_tz::Tz;
use clap::ValueEnum;

#[derive(clap::Args)]
#[command(subcommand_precedence_over_arg = true)]
pub(super) struct Args {
    name: String,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Show what it would say now
    Preview {
        #[arg(long, value_enum, default_value_t)]
        format: Form,
    },
    /// Say it now
    Send,
}

/// The forms of a preview.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    #[default]
    Text,
    Html,
    Eml,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    match args.action {
        Action::Preview { format } => {
            let answer = desk.ask(&Question::Preview(args.name))?;
            let Answer::Preview(preview) = answer else { return Ok(()) };
            if !context.quiet {
                print::complain(&when(&preview, desk.zone));
            }
            let text = match format {
                Form::Text => format!("Subject: {}\n\n{}", preview.subject, preview.text),
                Form::Html => with_pictures(&preview.html, &preview.enclosed.pictures),
                Form::Eml => {
                    eml(*preview, desk.config()?.mail.as_ref().map(|mail| mail.from.as_str()))?
                }
            };
            print::write(&text)
        }
        Action::Send => {
            let order = Order::Send(args.name.clone());
            let Answer::Outbox(notices) = desk.order_and_send(order, context)? else {
                return Ok(());
            };
            let waiting = notices.iter().filter(|notice| notice.alert == args.name).count();
            print::write(&match waiting {
                0 => format!("{} is said.\n", args.name),
                waiting => format!(
                    "{} of {} in the outbox, on the way; `vahti outbox` shows how far.\n",
                    crate::text::count(waiting, "notice"),
                    args.name
                ),
            })
        }
    }
}

/// Says when an alert speaks next, and what it keeps back until then.
fn when(preview: &PreviewView, zone: Tz) -> String {
    let held = match preview.held {
        0 => String::new(),
        held => format!("; {} kept back until then", crate::text::count(held, "mention")),
    };
    match preview.next {
        None => "It speaks as it happens.".to_owned(),
        Some(_) => format!("It speaks next: {}{held}.", print::time(preview.next, zone)),
    }
}

fn eml(preview: PreviewView, from: Option<&str>) -> Result<String, Failure> {
    let from = from
        .ok_or_else(|| Failure::new("no [mail] is configured, so there is no message to show"))?;
    let now = clock::now();
    let notice = Notice {
        id: NoticeId(0),
        alert: preview.alert,
        to: preview.to.into_iter().find(|to| to.contains('@')).unwrap_or_else(|| from.to_owned()),
        subject: preview.subject,
        text: preview.text,
        html: preview.html,
        message_id: "preview".into(),
        created: now,
        progress: Progress::Queued,
        attempts: 0,
        next_attempt: now,
        last_answer: None,
        enclosed: preview.enclosed,
    };
    let message = email::message(from, &notice).map_err(Failure::new)?;
    Ok(String::from_utf8_lossy(&message.formatted()).into_owned())
}
