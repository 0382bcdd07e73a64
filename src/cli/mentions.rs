//! `vahti mentions`: what was said, newest first.

use super::desk::{self, Desk};
use super::print::{self, Format, Output, time};
use super::{Context, Failure};
use crate::ask::view::{self, MentionView};
use crate::ask::{Answer, MentionsAsked, Question};
use crate::enrich::Label;
use crate::text::cut;
use chrono_tz::Tz;
use std::time::Duration;

/// How often `--follow` looks for more.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

#[derive(clap::Args)]
pub(super) struct Args {
    /// Words, phrases and fields: `"lost parcel" sentiment:negative site:forum.example`
    #[arg(allow_hyphen_values = true, value_parser = query)]
    query: Option<String>,
    #[arg(long)]
    brand: Option<String>,
    /// A date, an RFC 3339 time, or an age such as 7d or 12h
    #[arg(long)]
    since: Option<String>,
    #[arg(long)]
    until: Option<String>,
    #[arg(long, value_name = "negative|neutral|positive", value_parser = label)]
    sentiment: Option<Label>,
    /// A two-letter language code
    #[arg(long)]
    lang: Option<String>,
    #[arg(long)]
    source: Option<String>,
    #[arg(long)]
    author: Option<String>,
    /// How many at most; 0 for all [default: 50]
    #[arg(long)]
    limit: Option<usize>,
    /// Each copy of a story, not one row a story
    #[arg(long)]
    copies: bool,
    /// Go on and show new ones as they come
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    output: Output,
}

/// The columns of a mention's CSV.
pub(super) const COLUMNS: [&str; 27] = [
    "id",
    "brand",
    "source",
    "kind",
    "url",
    "title",
    "text",
    "author.name",
    "author.handle",
    "published",
    "seen",
    "language",
    "sentiment.label",
    "sentiment.score",
    "sentiment.confidence",
    "complaint.type",
    "complaint.flags",
    "complaint.matter",
    "priority",
    "review",
    "own",
    "story",
    "copies",
    "ticket",
    "why",
    "mark",
    "muted",
];

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let format = args.output.format;
    let follow = args.follow;
    let asked = MentionsAsked {
        q: args.query,
        brand: args.brand,
        since: args.since,
        until: args.until,
        sentiment: args.sentiment,
        lang: args.lang,
        source: args.source,
        author: args.author,
        limit: args.limit,
        copies: args.copies,
        after: None,
    };
    let last = if follow { last_stored(&desk)? } else { None };
    let found = ask(&desk, asked.clone())?;
    print::list(&found, format, &COLUMNS, || table(&found, desk.zone))?;
    if follow { watch(&desk, &asked, last, format) } else { Ok(()) }
}

/// Returns the rows as people read them.
pub(super) fn table(mentions: &[MentionView], zone: Tz) -> String {
    if mentions.is_empty() {
        return "No mentions.\n".into();
    }
    print::table(
        &["when", "brand", "sentiment", "priority", "ticket", "source", "what", "id"],
        mentions.iter().map(|mention| {
            let title = mention.title.as_deref().filter(|title| !title.is_empty());
            let review = if mention.review { "?" } else { "" };
            vec![
                time(
                    Some(
                        mention.published.filter(|at| *at <= mention.seen).unwrap_or(mention.seen),
                    ),
                    zone,
                ),
                mention.brand.clone(),
                format!("{}{review}", view::label(mention.sentiment.label)),
                view::priority(mention.priority).to_owned(),
                ticket(mention),
                cut(&mention.source, 24),
                cut(title.or(mention.text.as_deref()).unwrap_or_default(), 60),
                mention.id.clone(),
            ]
        }),
    )
}

fn ticket(mention: &MentionView) -> String {
    match mention.ticket {
        Some(ticket) => ticket.to_string(),
        None if mention.muted => "(muted)".into(),
        None => "-".into(),
    }
}

/// Takes a query, which may begin with `-` for NOT. What begins with two is an option with a slip in it.
pub(super) fn query(text: &str) -> Result<String, String> {
    if text.starts_with("--") {
        return Err("there is no such option; put a query that begins so in parentheses".into());
    }
    Ok(text.to_owned())
}

fn label(word: &str) -> Result<Label, String> {
    match word {
        "negative" => Ok(Label::Negative),
        "neutral" => Ok(Label::Neutral),
        "positive" => Ok(Label::Positive),
        _ => Err("expected negative, neutral or positive".into()),
    }
}

fn ask(desk: &Desk, asked: MentionsAsked) -> Result<Vec<MentionView>, Failure> {
    match desk.ask(&Question::Mentions(asked))? {
        Answer::Mentions(found) => Ok(found),
        _ => Ok(Vec::new()),
    }
}

/// Returns the id of the mention that was stored last; `None` where there is none.
fn last_stored(desk: &Desk) -> Result<Option<String>, Failure> {
    let asked =
        MentionsAsked { after: Some(MentionsAsked::LAST.into()), ..MentionsAsked::default() };
    Ok(ask(desk, asked)?.pop().map(|mention| mention.id))
}

/// Shows what is stored from now on, in the order of its storing, until the reader goes away.
fn watch(
    desk: &Desk,
    asked: &MentionsAsked,
    mut last: Option<String>,
    format: Format,
) -> Result<(), Failure> {
    loop {
        desk::block_on(async { tokio::time::sleep(BETWEEN_LOOKS).await })?;
        let newest = last_stored(desk)?;
        if newest == last {
            continue;
        }
        let after = last.clone().unwrap_or_default();
        let found =
            ask(desk, MentionsAsked { after: Some(after), limit: Some(0), ..asked.clone() })?;
        for mention in &found {
            let text = match format {
                Format::Table => {
                    let rows = table(std::slice::from_ref(mention), desk.zone);
                    rows.lines().skip(1).collect::<Vec<_>>().join("\n") + "\n"
                }
                Format::Json | Format::Ndjson | Format::Csv => print::line(mention)?,
            };
            if !print::reaches(&text)? {
                return Ok(());
            }
        }
        last = newest;
    }
}
