//! `vahti poll`: now, through the daemon if it runs.

use super::print::{self, Format, Output};
use super::{Context, Failure, desk, logs};
use crate::ask::view::SummaryView;
use crate::daemon::once;
use crate::store::handle::Handle;
use crate::store::sled::SledStore;
use crate::text::{count, visible};
use std::fmt::Write;
use std::sync::Arc;

mod take;

/// Sources that a summary for people names one by one.
const MOST_ROWS: usize = 20;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The sources to poll; all where none is named
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Poll nothing, but take posts from standard input for the one source, of kind `intake`, that is
    /// named: NDJSON in the form of `vahti probe` or `vahti mentions`
    #[arg(long)]
    stdin: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    if args.stdin {
        return take::run(&args.sources, args.output, context);
    }
    let desk = context.desk()?;
    let summary = if let Some(summary) = desk.poll(&args.sources)? {
        summary
    } else {
        logs::begin(logs::Form::Auto, context, true);
        let config = context.config_to_ask()?;
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
        let store = desk::patiently(|| SledStore::open_or_create(&config.store_path()))?;
        let polled = once::poll_only(Arc::new(config), Handle::new(Arc::new(store)), &args.sources);
        desk::block_on(polled)?.map_err(|died| Failure::new(died.to_string()))?
    };
    show(&summary, args.output)?;
    if !summary.failed.is_empty() {
        return Err(Failure::new(format!(
            "{} could not be polled",
            count(summary.failed.len(), "source")
        )));
    }
    Ok(())
}

/// Shows what polls led to.
pub(super) fn show(summary: &SummaryView, output: Output) -> Result<(), Failure> {
    let columns = [
        "sources",
        "polled",
        "unchanged",
        "posts",
        "skipped",
        "mentions",
        "tickets",
        "notices.sent",
        "notices.queued",
        "notices.dead",
    ];
    if output.format == Format::Table {
        print::write(&words(summary))
    } else {
        print::one(summary, output.format, &columns, String::new)
    }
}

/// Says what polls led to, so that a newcomer understands.
fn words(summary: &SummaryView) -> String {
    let mut text = format!("Polled {}.\n\n", count(summary.polled, "source"));
    let shown = summary.by_source.iter().take(MOST_ROWS);
    text += &print::table(
        &["source", "posts", "new mentions", "new tickets"],
        shown.map(|source| {
            let posts = match (source.unchanged, source.skipped) {
                (true, _) => "unchanged".to_owned(),
                (false, 0) => source.posts.to_string(),
                (false, skipped) => format!("{} (+{skipped} malformed)", source.posts),
            };
            vec![
                source.source.clone(),
                posts,
                source.mentions.to_string(),
                source.tickets.to_string(),
            ]
        }),
    );
    if summary.by_source.len() > MOST_ROWS {
        put(&mut text, format_args!(" and {} more\n", summary.by_source.len() - MOST_ROWS));
    }
    put(
        &mut text,
        format_args!(
            "\nIn all {}: {} found, {} opened.\n",
            count(summary.posts, "post"),
            count(summary.mentions, "new mention"),
            count(summary.tickets, "new ticket")
        ),
    );
    troubles(summary, &mut text);
    text
}

/// Says what failed, and what became of the notices.
fn troubles(summary: &SummaryView, text: &mut String) {
    for failed in &summary.failed {
        put(
            text,
            format_args!(
                "Could not poll {}: {}\n",
                visible(&failed.source),
                visible(&failed.error)
            ),
        );
    }
    for answer in &summary.notices.answers {
        put(text, format_args!("{}\n", sent(answer)));
    }
    if summary.notices.queued > 0 {
        put(
            text,
            format_args!(
                "{} could not be sent yet; see `vahti outbox`.\n",
                count(summary.notices.queued, "notice")
            ),
        );
    }
    if summary.notices.dead > 0 {
        put(
            text,
            format_args!(
                "{} given up; see `vahti outbox`.\n",
                count(summary.notices.dead, "notice")
            ),
        );
    }
}

/// Says where a notice went: to a server, which answered, or into files.
fn sent(answer: &str) -> String {
    match answer.strip_suffix(".eml") {
        Some(path) => {
            let path = visible(path);
            format!("The digest is in {path}.eml, and beside it as {path}.html and {path}.txt.")
        }
        None => format!("Sent a digest; the mail server said: {}", visible(answer)),
    }
}

/// Writing into a string does not fail.
fn put(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).ok();
}
