//! `vahti outbox`: what is not yet delivered, and with `--all` what was.

use super::print::{self, Output, or_dash, time};
use super::{Context, Failure};
use crate::ask::view::NoticeView;
use crate::ask::{Answer, LedgerAsked, Order, Question};
use crate::delivery::{NoticeId, Progress};
use crate::text::cut;
use chrono_tz::Tz;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Also what was sent or dropped, for three months
    #[arg(long)]
    all: bool,
    /// Of these, what was made or tried since then: a date, a time, or an age such as 7d
    #[arg(long, value_name = "T", requires = "all")]
    since: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Try one again at once; send again what a channel took in the last week
    Retry(Which),
    /// Take one out; it is never sent
    Drop(Which),
}

#[derive(clap::Args)]
struct Which {
    #[arg(required_unless_present = "dead", conflicts_with = "dead")]
    id: Option<u64>,
    /// All that were given up
    #[arg(long)]
    dead: bool,
}

const COLUMNS: [&str; 13] = [
    "id",
    "alert",
    "to",
    "subject",
    "state",
    "created",
    "attempts",
    "next_attempt",
    "last_answer",
    "message_id",
    "mentions",
    "dropped",
    "behind",
];

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let answer = match &args.action {
        None if args.all => {
            desk.ask(&Question::Ledger(LedgerAsked { since: args.since.clone() }))?
        }
        None => desk.ask(&Question::Outbox)?,
        Some(Action::Retry(Which { id, .. })) => {
            let order = id.map_or(Order::RetryDead, |id| Order::Retry(NoticeId(id)));
            desk.order_and_send(order, context)?
        }
        Some(Action::Drop(Which { id, .. })) => {
            let order = id.map_or(Order::DropDead, |id| Order::Drop(NoticeId(id)));
            desk.order(order, context)?
        }
    };
    let Answer::Outbox(notices) = answer else { return Ok(()) };
    print::list(&notices, args.output.format, &COLUMNS, || {
        if notices.is_empty() && args.all {
            return "There is nothing in the ledger.\n".into();
        }
        if notices.is_empty() {
            return "The outbox is empty.\n".into();
        }
        table(&notices, desk.zone)
    })
}

fn table(notices: &[NoticeView], zone: Tz) -> String {
    print::table(
        &["id", "state", "alert", "to", "subject", "created", "tries", "next try", "last answer"],
        notices.iter().map(|notice| {
            let (state, next) = match notice.state {
                Progress::Queued | Progress::Dead if notice.dropped.is_some() => {
                    ("dropped", "-".into())
                }
                Progress::Queued if let Some(ahead) = notice.behind => {
                    ("queued", format!("behind notice {ahead}"))
                }
                Progress::Queued => ("queued", time(Some(notice.next_attempt), zone)),
                Progress::Dead => ("dead", "-".into()),
                Progress::Sent => ("sent", "-".into()),
            };
            vec![
                notice.id.to_string(),
                state.to_owned(),
                notice.alert.clone(),
                notice.to.clone(),
                cut(&notice.subject, 50),
                time(Some(notice.created), zone),
                notice.attempts.to_string(),
                next,
                or_dash(notice.last_answer.as_deref().map(|answer| cut(answer, 80)).as_deref()),
            ]
        }),
    )
}
