//! `vahti status`: how sources, alerts, store and outbox fare.

use super::print::{self, Output, or_dash, time};
use super::{Context, Failure};
use crate::alert::spike::Of;
use crate::ask::view::{OperatorView, SourceView, SpikeView, StatusView, UnreachedView};
use crate::ask::{Answer, Question};
use crate::text::{count, cut, visible};
use chrono_tz::Tz;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let Answer::Status(status) = desk.ask(&Question::Status)? else { return Ok(()) };
    if args.output.format == print::Format::Csv {
        let columns = [
            "name",
            "kind",
            "state",
            "last_poll",
            "last_success",
            "next_poll",
            "failures",
            "last_error",
            "failing_since",
            "trouble",
            "moved_to",
            "subscribed_until",
            "silent",
            "posts",
            "skipped",
            "mentions",
        ];
        return print::list(&status.sources, args.output.format, &columns, String::new);
    }
    print::one(&status, args.output.format, &[], || table(&status, desk.zone))
}

fn table(status: &StatusView, zone: Tz) -> String {
    let head = match status.running_since {
        Some(since) => format!("vahti {} runs since {}.", status.version, time(Some(since), zone)),
        None => format!("vahti {}: no daemon runs.", status.version),
    };
    let mut parts = vec![head + "\n", sources(status, zone)];
    if !status.alerts.is_empty() {
        parts.push(alerts(status, zone));
    }
    let gone = unsubscribed(status, zone);
    if !gone.is_empty() {
        parts.push(gone);
    }
    if !status.spikes.is_empty() {
        parts.push(spikes(status, zone));
    }
    parts.push(store_and_outbox(status) + &operator(status, zone));
    parts.join("\n")
}

fn sources(status: &StatusView, zone: Tz) -> String {
    let headers = [
        "source",
        "state",
        "last poll",
        "last success",
        "next poll",
        "posts",
        "skipped",
        "mentions",
        "says",
    ];
    print::table(
        &headers,
        status.sources.iter().map(|source| {
            let state = match source.failures {
                0 => source.state.clone(),
                failures => format!("{} ({failures}x)", source.state),
            };
            vec![
                source.name.clone(),
                state,
                time(source.last_poll, zone),
                time(source.last_success, zone),
                time(source.next_poll, zone),
                source.posts.to_string(),
                source.skipped.to_string(),
                source.mentions.to_string(),
                or_dash(says(source).map(|text| cut(&text, 80)).as_deref()),
            ]
        }),
    )
}

/// Returns what is to be known of a source, if all is not well with it.
fn says(source: &SourceView) -> Option<String> {
    let moved = |to: &String| format!("moved for good to {to}: change its address");
    source
        .last_error
        .clone()
        .or_else(|| source.trouble.clone())
        .or_else(|| source.moved_to.as_ref().map(moved))
        .or_else(|| {
            let told: Vec<&str> = source.budgets.iter().map(|known| known.told.as_str()).collect();
            (!told.is_empty()).then(|| format!("used {}", told.join(", ")))
        })
}

fn alerts(status: &StatusView, zone: Tz) -> String {
    print::table(
        &["alert", "spoke last", "speaks next"],
        status.alerts.iter().map(|alert| {
            let mut next =
                alert.next.map_or_else(|| "as it happens".to_owned(), |_| time(alert.next, zone));
            if alert.held > 0 {
                next += ", ";
                next += &count(alert.held, "mention");
                next += " kept back until then";
            }
            vec![alert.name.clone(), time(alert.last, zone), next]
        }),
    )
}

/// Says which recipients of alerts are told no more, and of which alerts nobody is left.
fn unsubscribed(status: &StatusView, zone: Tz) -> String {
    let mut lines = Vec::new();
    for alert in &status.alerts {
        let name = visible(&alert.name);
        for recipient in &alert.unsubscribed {
            let (to, since) = (visible(&recipient.to), time(recipient.unsubscribed, zone));
            let by = visible(recipient.by.as_deref().unwrap_or_default());
            lines.push(format!("{to} unsubscribed from {name}: {since}, by {by}\n"));
        }
        if alert.unheard {
            lines.push(super::alert::unheard(&name) + "\n");
        }
    }
    lines.concat()
}

fn spikes(status: &StatusView, zone: Tz) -> String {
    print::table(
        &["spike", "since", "when it was found", "so far"],
        status.spikes.iter().map(|spike| {
            let SpikeView { brand, of, since, count, hours, usual, total } = spike;
            let what = match of {
                Of::All => "mentions",
                Of::Negative => "negative mentions",
            };
            let hours = crate::text::count(usize::try_from(*hours).unwrap_or_default(), "hour");
            let found = format!("{count} {what} in {hours}, usually {usual:.0}");
            vec![brand.clone(), time(Some(*since), zone), found, total.to_string()]
        }),
    )
}

/// Returns what there is to say of vahti itself.
fn operator(status: &StatusView, zone: Tz) -> String {
    let OperatorView { unreached, canary, checked, faults } = &status.operator;
    let mut lines = Vec::new();
    if *faults > 0 {
        let at = time(*checked, zone);
        lines.push(format!(
            "The store has {}, found {at}; see `vahti fsck`",
            count(*faults, "fault")
        ));
    }
    if let Some(canary) = canary {
        let out = time(Some(canary.released), zone);
        let last = canary
            .last_came
            .map(|_| format!(", the last that did {}", time(canary.last_came, zone)));
        let last = last.unwrap_or_default();
        let fault = canary.fault.as_deref().map(|fault| format!(": {}", visible(fault)));
        let fault = fault.unwrap_or_default();
        lines.push(match canary.came {
            Some(_) => format!("Canary: came through {}{fault}", time(canary.came, zone)),
            None if canary.lost => format!("Canary: let out {out} and lost{last}{fault}"),
            None => format!("Canary: let out {out} and not back yet{last}{fault}"),
        });
    }
    for UnreachedView { to, answer } in unreached {
        let (to, answer) = (visible(to), visible(answer));
        lines.push(format!("The operator cannot be told at {to}: {answer}; see `vahti outbox`"));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn store_and_outbox(status: &StatusView) -> String {
    let store = &status.store;
    let size_kib = store.size_bytes / 1024;
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let (mentions, tickets) =
        (count(number(store.mentions), "mention"), count(number(store.tickets), "ticket"));
    let mut lines = vec![format!("Store: {mentions}, {tickets}, {size_kib} KiB in {}", store.path)];
    let kept = count(number(store.kept_posts), "post");
    let kept_kib = store.kept_bytes.div_ceil(1024);
    lines.push(format!("Kept for `vahti try`: {kept} that matched nothing, {kept_kib} KiB"));
    for aside in &store.set_aside {
        lines.push(format!("A damaged store was set aside: {aside}"));
    }
    let outbox = &status.outbox;
    let answer = outbox.last_answer.as_deref().map(visible);
    let answer = answer.map(|answer| format!("; last answer: {answer}")).unwrap_or_default();
    lines.push(format!("Outbox: {} queued, {} dead{answer}", outbox.queued, outbox.dead));
    lines.join("\n") + "\n"
}
