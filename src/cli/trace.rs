//! `vahti trace`: what became of a post.

use super::print::{self, Format, Output, time};
use super::{Context, Failure};
use crate::ask::view::{NoticeView, ToldView, TraceView, TracedView, UnmatchedView};
use crate::ask::{Answer, Question, TraceAsked};
use crate::delivery::Progress;
use crate::text::{cut, visible};
use chrono_tz::Tz;

/// The longest answer of a server that the table shows, in characters.
const LONGEST: usize = 120;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The id of a mention, the number of a ticket, or the address of a post
    #[arg(value_name = "ID|URL")]
    of: String,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let question = Question::Trace(TraceAsked { of: args.of.clone() });
    let Answer::Trace(trace) = desk.ask(&question)? else { return Ok(()) };
    if args.output.format == Format::Csv {
        return print::list(&trace.mentions, Format::Csv, &COLUMNS, String::new);
    }
    print::one(&trace, args.output.format, &[], || words(&trace, desk.zone))
}

const COLUMNS: [&str; 7] = ["id", "brand", "source", "kind", "url", "headline", "ticket"];

/// Returns the way of a post as people read it.
fn words(trace: &TraceView, zone: Tz) -> String {
    let mut parts: Vec<String> =
        trace.mentions.iter().map(|traced| mention(traced, zone)).collect();
    parts.extend(trace.unmatched.as_ref().map(|post| unmatched(post, zone)));
    parts.join("\n")
}

fn mention(traced: &TracedView, zone: Tz) -> String {
    let TracedView { id, brand, headline, url, .. } = traced;
    let url = url.as_deref().map(|url| format!("{}\n", visible(url))).unwrap_or_default();
    let head = format!("Mention {id} of {}: {}\n{url}\n", visible(brand), visible(headline));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for step in &traced.steps {
        rows.push(vec![time(step.at, zone), step.step.clone(), step.text.clone()]);
    }
    for alert in &traced.alerts {
        told(alert, zone, &mut rows);
    }
    head + &print::table(&["when", "what", "how"], rows)
}

/// Adds what one alert did.
fn told(told: &ToldView, zone: Tz, rows: &mut Vec<Vec<String>>) {
    let alert = &told.alert;
    if let Some(why) = &told.why {
        let (at, what) = match (told.until, told.told) {
            (Some(until), false) => (Some(until), "not yet told"),
            (Some(until), true) => (Some(until), "told once more"),
            (None, _) => (None, "not told"),
        };
        rows.push(vec![time(at, zone), what.into(), format!("{alert}: {why}")]);
    }
    let how = if told.told { "told" } else { "counted" };
    for notice in &told.notices {
        let NoticeView { id, to, created, tries, .. } = notice;
        let text = format!("{alert}: {how} in notice {id} to {to}");
        rows.push(vec![time(Some(*created), zone), "queued".into(), text]);
        for made in tries {
            let text = format!("notice {id} to {to}: {}", cut(&made.answer, LONGEST));
            rows.push(vec![time(Some(made.at), zone), made.outcome.clone(), text]);
        }
        let next = match notice.state {
            Progress::Sent => continue,
            _ if notice.dropped.is_some() => (notice.dropped, "dropped", "by a person"),
            Progress::Queued => (Some(notice.next_attempt), "tried next", ""),
            Progress::Dead => (None, "given up", "`vahti outbox retry` tries it again"),
        };
        let (at, what, how) = next;
        let text = format!("notice {id} to {to}{}{how}", if how.is_empty() { "" } else { ": " });
        rows.push(vec![time(at, zone), what.into(), text]);
    }
}

fn unmatched(post: &UnmatchedView, zone: Tz) -> String {
    let UnmatchedView { source, kind, headline, url, published, seen, why } = post;
    let url = url.as_deref().map(|url| format!("{}\n", visible(url))).unwrap_or_default();
    let head =
        format!("It matched nothing, and is kept for a while: {}\n{url}\n", visible(headline));
    let mut rows = Vec::new();
    if published.is_some() {
        rows.push(vec![time(*published, zone), "published".into(), String::new()]);
    }
    rows.push(vec![time(Some(*seen), zone), "fetched".into(), format!("from {source} ({kind})")]);
    for brand in why {
        for reason in &brand.why {
            let text = format!("{}: {reason}", brand.brand);
            rows.push(vec!["-".into(), "not matched".into(), text]);
        }
    }
    head + &print::table(&["when", "what", "how"], rows)
}
