//! `vahti try`: what other keywords would have gained and lost over the posts and mentions kept.

use super::print::{self, Format, Output, time};
use super::{Context, Failure};
use crate::ask::tried::{BrandAsked, Change, ChangeView, TriedView, TryAsked, TryView};
use crate::ask::{Answer, Question};
use crate::config::Config;
use crate::digest::excerpt::{Piece, sentence_of, title_of};
use crate::text::{count, cut, nearest, visible};
use chrono_tz::Tz;
use std::fmt::Write;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Try this keyword instead of the brand's own; may be given several times. Without any, the
    /// configuration as it is now is tried
    #[arg(long)]
    keyword: Vec<String>,
    /// What does not count, instead of the brand's own, with --keyword; may be given several times
    #[arg(long, requires = "keyword")]
    exclude: Vec<String>,
    /// The brand whose keywords they are, where there are several; without --keyword, the one that is
    /// shown
    #[arg(long)]
    brand: Option<String>,
    /// Only what is not older: a date, an RFC 3339 time, or an age such as 12h
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// How many changes are shown, the newest [default: 1000; 0: all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    output: Output,
}

/// The columns of the changes as CSV.
const COLUMNS: [&str; 8] =
    ["change", "brand", "source", "published", "seen", "url", "title", "text"];

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let asked = match desk.config() {
        Ok(config) => with(args, &config)?,
        // Half of what was asked would be tried in silence: without the brand's excludes, on all sources.
        Err(failure) if args.keyword.is_empty() || context.path()?.exists() => return Err(failure),
        Err(_) => without(args),
    };
    let Answer::Try(tried) = desk.ask(&Question::Try(Box::new(asked)))? else { return Ok(()) };
    if args.output.format == Format::Table {
        return print::write(&words(&tried, desk.zone));
    }
    for brand in &tried.brands {
        context.say(&sum(brand));
    }
    if let Some(more) = left_out(&tried) {
        context.say(&more);
    }
    print::list(&tried.changes, args.output.format, &COLUMNS, String::new)
}

/// Returns the question by the configuration, with the keywords that are given in the place of one brand's.
fn with(args: &Args, config: &Config) -> Result<TryAsked, Failure> {
    let mut brands: Vec<BrandAsked> = config.brands.iter().map(BrandAsked::of).collect();
    let names = || config.brands.iter().map(|brand| brand.name.0.as_str());
    let brand = match &args.brand {
        Some(name) if names().any(|known| known == name) => Some(name.clone()),
        Some(name) => {
            let hint = match nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("brands: {}", names().collect::<Vec<_>>().join(", ")),
            };
            return Err(Failure::usage(format!("there is no brand `{}`", visible(name))).hint(hint));
        }
        None if args.keyword.is_empty() => None,
        None if brands.len() > 1 => {
            let names = names().collect::<Vec<_>>().join(", ");
            return Err(Failure::usage("there are several brands, and --keyword is for one")
                .hint(format!("say for which with --brand: {names}")));
        }
        None => brands.first().map(|brand| brand.name.clone()),
    };
    let tried = brands.iter_mut().find(|known| Some(&known.name) == brand.as_ref());
    if let Some(tried) = tried.filter(|_| !args.keyword.is_empty()) {
        tried.keywords.clone_from(&args.keyword);
        if !args.exclude.is_empty() {
            tried.exclude.clone_from(&args.exclude);
        }
    }
    let only = |source: &crate::config::SourceConfig| {
        (source.name.0.clone(), source.brands.iter().map(|brand| brand.0.clone()).collect())
    };
    let sources = Some(config.sources.iter().map(only).collect());
    Ok(TryAsked { brands, sources, brand, ..bounds(args) })
}

/// Returns the question without a configuration: as one brand.
fn without(args: &Args) -> TryAsked {
    let name = args.brand.as_ref().or(args.keyword.first()).cloned().unwrap_or_default();
    let brand = BrandAsked {
        name: name.clone(),
        keywords: args.keyword.clone(),
        exclude: args.exclude.clone(),
        ..BrandAsked::default()
    };
    TryAsked { brands: vec![brand], brand: Some(name), ..bounds(args) }
}

fn bounds(args: &Args) -> TryAsked {
    TryAsked { since: args.since.clone(), limit: args.limit, ..TryAsked::default() }
}

/// Says it for people: the sums first, then a line a change.
fn words(tried: &TryView, zone: Tz) -> String {
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let since = tried.since.map(|since| format!(" since {}", time(Some(since), zone)));
    let mut text = format!(
        "Looked through {} that matched nothing and {}{}.\n\n",
        count(number(tried.posts), "post"),
        count(number(tried.mentions), "mention"),
        since.unwrap_or_default()
    );
    for brand in &tried.brands {
        text += &sum(brand);
        text.push('\n');
    }
    if !tried.changes.is_empty() {
        text.push('\n');
    }
    for change in &tried.changes {
        text += &line(change, zone);
    }
    if let Some(more) = left_out(tried) {
        text += &more;
        text.push('\n');
    }
    text
}

fn sum(tried: &TriedView) -> String {
    let TriedView { brand, gained, lost, unchanged } = tried;
    format!("{}: gained {gained}, lost {lost}, unchanged {unchanged}", visible(brand))
}

fn left_out(tried: &TryView) -> Option<String> {
    let all: u64 = tried.brands.iter().map(|brand| brand.gained + brand.lost).sum();
    let shown = tried.changes.len() as u64;
    (all > shown).then(|| {
        format!("{shown} of {all} changes are shown, the newest; `--limit 0` shows them all")
    })
}

/// Says what changes of one post, on one line.
fn line(change: &ChangeView, zone: Tz) -> String {
    let sign = match change.change {
        Change::Gained => '+',
        Change::Lost => '-',
    };
    let at = change.published.filter(|at| *at <= change.seen).unwrap_or(change.seen);
    let text = change.text.as_deref().unwrap_or_default();
    let in_text = sentence_of(text, &change.matches);
    let in_title = title_of(change.title.as_deref().unwrap_or_default(), &change.matches);
    // What names the brand, else what there is.
    let is_marked = |pieces: &[Piece]| pieces.iter().any(|piece| piece.marked);
    let said = if is_marked(&in_text) || (!is_marked(&in_title) && !text.is_empty()) {
        in_text
    } else {
        in_title
    };
    let url = change.url.as_deref().map(visible).unwrap_or_default();
    let mut line = String::new();
    // Writing into a string does not fail.
    let _unfailing = write!(
        line,
        "{sign} {}  {}  {}  {}  {url}",
        time(Some(at), zone),
        visible(&change.brand),
        visible(&cut(&change.source, 24)),
        marked(&said),
    );
    line.truncate(line.trim_end().len());
    line + "\n"
}

/// Writes what was said on one line, with `**` around what is marked.
fn marked(pieces: &[Piece]) -> String {
    let mut line = String::new();
    for Piece { text, marked } in pieces {
        let sign = if *marked { "**" } else { "" };
        let text: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        for part in [sign, &visible(&text), sign] {
            line += part;
        }
    }
    line
}
