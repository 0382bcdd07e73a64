//! `vahti mention`: one of them in full, or a person's correction.

use super::print::{self, Output, or_dash, time};
use super::{Context, Failure};
use crate::ask::view::{self, MentionView};
use crate::ask::{Answer, Order, Question};
use crate::mention::{Mark, MentionId};
use crate::text::visible;
use chrono_tz::Tz;
use std::fmt::Write;

#[derive(clap::Args)]
#[command(subcommand_precedence_over_arg = true)]
pub(super) struct Args {
    id: String,
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Say what it is; opens or withdraws its ticket with it
    Mark {
        #[arg(value_name = "negative|neutral|positive|noise", value_parser = mark)]
        what: Mark,
    },
    /// Who praised was thanked
    Thanked,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let id = MentionId(args.id);
    let answer = match args.action {
        None => desk.ask(&Question::Mention(id))?,
        Some(Action::Mark { what }) => desk.order(Order::Mark(id, what), context)?,
        Some(Action::Thanked) => desk.order(Order::Thank(id), context)?,
    };
    let Answer::Mention(mention) = answer else { return Ok(()) };
    print::one(&mention, args.output.format, &super::mentions::COLUMNS, || {
        words(&mention, desk.zone)
    })
}

fn mark(word: &str) -> Result<Mark, String> {
    match word {
        "negative" => Ok(Mark::Negative),
        "neutral" => Ok(Mark::Neutral),
        "positive" => Ok(Mark::Positive),
        "noise" => Ok(Mark::Noise),
        _ => Err("expected negative, neutral, positive or noise".into()),
    }
}

/// Returns a mention in full, as people read it.
fn words(mention: &MentionView, zone: Tz) -> String {
    let author = mention.author.as_ref();
    let who = author.and_then(|author| author.name.as_deref().or(author.handle.as_deref()));
    let sentiment = &mention.sentiment;
    let rows = [
        ("Mention", mention.id.clone()),
        ("Brand", mention.brand.clone()),
        ("Source", format!("{} ({})", mention.source, mention.kind)),
        ("Link", or_dash(mention.url.as_deref())),
        ("Author", or_dash(who)),
        ("Published", time(mention.published, zone)),
        ("Seen", time(Some(mention.seen), zone)),
        ("Language", mention.language.map_or_else(|| "-".into(), |language| language.to_string())),
        (
            "Sentiment",
            format!(
                "{} (score {:.2}, confidence {:.2}){}",
                view::label(sentiment.label),
                sentiment.score,
                sentiment.confidence,
                if mention.review { ", please review" } else { "" }
            ),
        ),
        ("Priority", view::priority(mention.priority).to_owned()),
        ("Ticket", mention.ticket.map_or_else(|| "-".into(), |ticket| ticket.to_string())),
        ("Story", story(mention)),
    ];
    let mut text = String::new();
    for (name, value) in rows {
        // Writing into a string does not fail.
        writeln!(text, "{name:<10} {}", visible(&value)).ok();
    }
    reasons(mention, &mut text);
    for part in [&mention.title, &mention.text].into_iter().flatten() {
        writeln!(text, "\n{}", visible(part)).ok();
    }
    if mention.deleted {
        writeln!(text, "\nIt was deleted where it stood; its words were taken out.").ok();
    }
    for version in mention.versions.iter().rev() {
        writeln!(text, "\nUntil {} it said:", time(Some(version.until), zone)).ok();
        for part in version.title.iter().chain([&version.text]) {
            writeln!(text, "{}", visible(part)).ok();
        }
    }
    thanks(mention, &mut text);
    text
}

/// Says whether the same words were seen elsewhere.
fn story(mention: &MentionView) -> String {
    if mention.story != mention.id {
        return format!("a copy of {}", mention.story);
    }
    match mention.copies {
        0 => "seen once".to_owned(),
        copies => format!(
            "the first of {}: `vahti mentions story:{} --copies` lists them",
            copies.saturating_add(1),
            mention.id
        ),
    }
}

/// Adds what might be said to somebody who praises, and how to say that it was.
fn thanks(mention: &MentionView, text: &mut String) {
    let Some(thanks) = &mention.suggested_thanks else { return };
    writeln!(text, "\nSuggested thanks:").ok();
    for line in thanks.lines() {
        writeln!(text, "  {}", visible(line)).ok();
    }
    writeln!(text, "\nOnce it is posted: vahti mention {} thanked", mention.id).ok();
}

/// Adds why the mention is one, and why it was judged so.
fn reasons(mention: &MentionView, text: &mut String) {
    for hit in &mention.matches {
        let field = serde_json::to_value(hit.field).unwrap_or_default();
        writeln!(
            text,
            "{:<10} `{}` by the keyword `{}`, in the {} at {}",
            "Matched",
            visible(&hit.form),
            visible(&hit.keyword),
            field.as_str().unwrap_or_default(),
            hit.start
        )
        .ok();
    }
    for why in &mention.why {
        writeln!(text, "{:<10} {}", "Why", visible(why)).ok();
    }
    if let Some(complaint) = &mention.complaint {
        super::explain::put_complaint(text, complaint);
    }
    if mention.muted {
        let back = format!("`vahti mention {} mark negative` opens its ticket", mention.id);
        writeln!(text, "{:<10} no ticket, and told to nobody; {back}", "Muted").ok();
    }
    if mention.own {
        writeln!(text, "{:<10} the brand itself wrote it", "Own").ok();
    }
    if let Some(praise) = &mention.praise {
        let praise = if praise == "todo" { "worth thanking" } else { "thanked" };
        writeln!(text, "{:<10} {praise}", "Praise").ok();
    }
    if let Some(stars) = mention.rating {
        writeln!(text, "{:<10} {stars} of 5 stars", "Rating").ok();
    }
}
