//! `vahti judge`: how often the judge is right, what people's marks have taught, and how to take it back.

use super::print::{self, Output, time};
use super::{Context, Failure};
use crate::ask::view::{MarkView, TaughtView};
use crate::ask::{Answer, MarksAsked, Order, Question};
use crate::mention::Mark;
use crate::mention::marking::MarkingId;
use crate::text::cut;
use chrono_tz::Tz;
use std::path::PathBuf;

mod evaluate;
mod labelled;

/// How many words a row of the table names.
const NAMED: usize = 4;

/// The columns of a mark's CSV.
const COLUMNS: [&str; 16] = [
    "id",
    "mention",
    "brand",
    "mark",
    "at",
    "by",
    "headline",
    "title",
    "text",
    "language",
    "rating",
    "teaches",
    "undone",
    "undone_by",
    "brought_back",
    "taught",
];

#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Args {
    /// Say how often the judge is right on labelled texts; without FILE, on what people marked so far
    ///
    /// The first line of FILE names its columns, with tabs between them: `label` (negative, neutral,
    /// positive) and `text`, and where you like `language`, `brand`, `target` (the name as the text
    /// has it), `title` and `rating`; other columns are passed over. Where people marked mentions, the
    /// figures are given without and with what that taught. Without FILE each mark is judged as if
    /// it and its copies had not been made.
    #[expect(clippy::option_option, reason = "the option may stand without its file")]
    #[arg(long, value_name = "FILE")]
    evaluate: Option<Option<PathBuf>>,
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Subcommand)]
enum What {
    /// List what people marked, newest first, and what that taught
    ///
    /// Marks `noise` teach which words stand near a brand's name where it means something else: words
    /// of three such mentions and more, by different people, that hardly stand in the brand's others.
    /// A new mention with enough of them opens no ticket and is told to nobody; `vahti mentions`
    /// still shows it, for review.
    ///
    /// All other marks correct the judge: the same words are judged as they were marked, and what
    /// shares words with them is moved a little.
    Marks(Marks),
}

#[derive(clap::Args)]
struct Marks {
    /// List the words that were learnt instead
    #[arg(long)]
    words: bool,
    /// Write the marks that teach as labelled texts, which `judge --evaluate` reads
    #[arg(long, conflicts_with = "words")]
    tsv: bool,
    /// How many marks at most; 0 for all [default: 50; with --tsv: all]
    #[arg(long)]
    limit: Option<usize>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Let a mark teach no more
    ///
    /// The mention that was marked keeps its mark and its ticket its state; `vahti mention ID mark …`
    /// changes those. Mentions that were taken to be noise because of it come back, with their tickets.
    Undo {
        /// The number of the mark
        id: u64,
    },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match (&args.evaluate, &args.what) {
        (Some(_), Some(_)) => {
            Err(Failure::usage("`--evaluate` stands by itself; leave it out, or what follows it"))
        }
        (Some(file), None) => evaluate::run(file.as_deref(), args.output, context),
        (None, Some(What::Marks(asked))) => marks(asked, args.output, context),
        (None, None) => {
            Err(Failure::usage("say what: `vahti judge --evaluate [FILE]` or `vahti judge marks`"))
        }
    }
}

fn marks(asked: &Marks, output: Output, context: &Context) -> Result<(), Failure> {
    let Marks { words, tsv, limit, action } = asked;
    if (*words || *tsv) && action.is_some() {
        let option = if *words { "--words" } else { "--tsv" };
        let what = format!("`{option}` lists, and undoes nothing; leave it out");
        return Err(Failure::usage(what));
    }
    let desk = context.desk()?;
    let limit = limit.or(tsv.then_some(0));
    let answer = match action {
        Some(Action::Undo { id }) => desk.order(Order::Undo(MarkingId(*id)), context)?,
        None if *words => desk.ask(&Question::Taught)?,
        None => desk.ask(&Question::Marks(MarksAsked { limit, lessons: false }))?,
    };
    match answer {
        Answer::Taught(words) => {
            let columns = ["brand", "word", "language", "weight", "noise", "others", "ours"];
            print::list(&words, output.format, &columns, || of_words(&words))
        }
        Answer::Marks(marks) if *tsv => print::write(&labelled::write(&marks)),
        Answer::Marks(marks) => {
            print::list(&marks, output.format, &COLUMNS, || of_marks(&marks, desk.zone))
        }
        Answer::Mark(mark) => print::one(&mark, output.format, &COLUMNS, || {
            of_marks(std::slice::from_ref(&mark), desk.zone)
        }),
        _ => Ok(()),
    }
}

/// Returns the marks as people read them.
fn of_marks(marks: &[MarkView], zone: Tz) -> String {
    if marks.is_empty() {
        return "Nobody marked anything; `vahti mention ID mark negative|neutral|positive|noise` does.\n"
            .into();
    }
    let headers = ["id", "mark", "brand", "when", "by", "taught", "what", "mention"];
    print::table(
        &headers,
        marks.iter().map(|mark| {
            vec![
                mark.id.to_string(),
                mark.mark.word().to_owned(),
                mark.brand.clone(),
                time(Some(mark.at), zone),
                mark.by.clone(),
                taught(mark),
                cut(mark.headline.as_deref().unwrap_or("(gone)"), 40),
                mark.mention.clone(),
            ]
        }),
    )
}

/// Returns what one mark taught, in a few words.
fn taught(mark: &MarkView) -> String {
    if mark.undone.is_some() {
        return match mark.brought_back.len() {
            0 => "(undone)".into(),
            back => format!("(undone; {} came back)", crate::text::count(back, "mention")),
        };
    }
    if !mark.teaches {
        return "(replaced)".into();
    }
    let mut words: Vec<_> = mark.taught.iter().collect();
    words.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()).then(a.word.cmp(&b.word)));
    let named: Vec<&str> = words.iter().take(NAMED).map(|word| word.word.as_str()).collect();
    match words.len().saturating_sub(NAMED) {
        _ if named.is_empty() && mark.mark != Mark::Noise => "the judge".into(),
        _ if named.is_empty() => "-".into(),
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Returns the words that were learnt as people read them.
fn of_words(words: &[TaughtView]) -> String {
    if words.is_empty() {
        return "Nothing was learnt yet: it takes three marks `noise` of one brand that share words, \
                and ten other mentions of it.\n"
            .into();
    }
    let headers = ["brand", "word", "lang", "speaks of", "weight", "in noise", "in others"];
    print::table(
        &headers,
        words.iter().map(|word| {
            let side = if word.weight > 0.0 { "noise" } else { "the brand" };
            vec![
                word.brand.clone(),
                word.word.clone(),
                word.language.to_string(),
                side.to_owned(),
                format!("{:+.2}", word.weight),
                word.noise.to_string(),
                word.others.to_string(),
            ]
        }),
    )
}
