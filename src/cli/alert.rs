//! `vahti alert`: whom one tells, what it would say now, or say it.

use super::print::{self, Format, or_dash, time};
use super::{Context, Failure};
use crate::ask::view::{AlertInFullView, PreviewView};
use crate::ask::{AlertMove, Answer, Order, Question};
use crate::daemon::clock;
use crate::delivery::{Notice, NoticeId, Progress, email, with_pictures};
use crate::text::visible;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::ValueEnum;

#[derive(clap::Args)]
#[command(subcommand_precedence_over_arg = true)]
pub(super) struct Args {
    name: String,
    #[command(subcommand)]
    action: Option<Action>,
    /// The form of what is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
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
    /// Tell one of its recipients again who wanted to be told no more
    Subscribe { address: String },
    /// Tell one of its recipients no more
    Unsubscribe { address: String },
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
        None => {
            let answer = desk.ask(&Question::Alert(args.name))?;
            let Answer::Alert(alert) = answer else { return Ok(()) };
            print::one(&alert, args.format, &COLUMNS, || in_full(&alert, desk.zone))
        }
        Some(Action::Subscribe { address: to }) => {
            let order = Order::Alert(args.name, AlertMove::Subscribe { to: to.clone() });
            let Answer::Alert(alert) = desk.order(order, context)? else { return Ok(()) };
            print::write(&format!("{} tells {} again.\n", visible(&alert.name), visible(&to)))
        }
        Some(Action::Unsubscribe { address: to }) => {
            let order = Order::Alert(args.name, AlertMove::Unsubscribe { to: to.clone() });
            let Answer::Alert(alert) = desk.order(order, context)? else { return Ok(()) };
            let (name, to) = (visible(&alert.name), visible(&to));
            if !is_heard(&alert) {
                print::complain(&format!("warning: {}", unheard(&name)));
            }
            print::write(&format!("{name} tells {to} no more.\n"))
        }
        Some(Action::Preview { format }) => {
            let answer = desk.ask(&Question::Preview(args.name))?;
            let Answer::Preview(preview) = answer else { return Ok(()) };
            if !context.quiet {
                print::complain(&when(preview.next, preview.held, desk.zone));
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
        Some(Action::Send) => {
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

const COLUMNS: [&str; 5] = ["name", "language", "last", "next", "held"];

/// Says whom an alert tells, and when.
fn in_full(alert: &AlertInFullView, zone: Tz) -> String {
    let recipients = print::table(
        &["recipient", "unsubscribed", "by"],
        alert
            .recipients
            .iter()
            .map(|it| vec![it.to.clone(), time(it.unsubscribed, zone), or_dash(it.by.as_deref())]),
    );
    let left = if is_heard(alert) { String::new() } else { unheard(&visible(&alert.name)) + "\n" };
    let last = alert.last.map(|_| format!("It spoke last: {}.\n", time(alert.last, zone)));
    let (last, next) = (last.unwrap_or_default(), when(alert.next, alert.held, zone));
    format!("{last}{next}\n{left}\n{recipients}")
}

fn is_heard(alert: &AlertInFullView) -> bool {
    alert.recipients.iter().any(|recipient| recipient.unsubscribed.is_none())
}

/// Says that an alert tells nobody any more.
pub(super) fn unheard(name: &str) -> String {
    format!(
        "{name} tells nobody any more, for everybody unsubscribed; `vahti alert \"{name}\" subscribe ADDRESS` tells one again"
    )
}

/// Says when an alert speaks next, and what it keeps back until then.
fn when(next: Option<DateTime<Utc>>, held: usize, zone: Tz) -> String {
    let held = match held {
        0 => String::new(),
        held => format!("; {} kept back until then", crate::text::count(held, "mention")),
    };
    match next {
        None => "It speaks as it happens.".to_owned(),
        Some(_) => format!("It speaks next: {}{held}.", time(next, zone)),
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
