//! `cargo bench --bench judging`: what it costs to judge a mention, in processor time of one thread.
//!
//! The texts are those in `src/enrich/texts` of 70 bytes or more, cut to 100 at most, with their target as
//! the match. Told are mentions a second for everything that `enrich` does (language,
//! sentiment with its reasons, complaint, priority), for the same with the language given, and for a plain
//! list of words on the same texts: the floor that any judge stands on.
#![expect(clippy::print_stdout, reason = "what a bench measures is for the one who runs it")]

#[path = "matching/clock.rs"]
mod clock;

use std::error::Error;
use std::fs;
use std::path::Path;
use vahti::brand::{Field, Hit};
use vahti::enrich::lexicon::Lexicon;
use vahti::enrich::train::{self, evaluate};
use vahti::enrich::{History, Known, Label, enrich_knowing};
use vahti::post::Post;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How long a text is, in bytes.
const BYTES: usize = 100;
/// How many texts of a language take part, and how often all are judged; the median counts.
const TEXTS: usize = 3_000;
const ROUNDS: usize = 7;

struct Mention {
    post: Post,
    hits: Vec<Hit>,
    line: train::Line,
}

fn main() -> Result<()> {
    let mut mentions = Vec::new();
    for language in ["fi", "tr", "en"] {
        let path = Path::new("src/enrich/texts").join(language).with_extension("tsv");
        let lines = train::read(language, &fs::read_to_string(&path)?);
        mentions.extend(lines.into_iter().filter_map(mention).take(TEXTS));
    }
    let bytes: usize = mentions.iter().map(|mention| mention.post.text.len()).sum();
    println!(
        "{} mentions, {} bytes each on average",
        mentions.len(),
        bytes / mentions.len().max(1)
    );
    let list = Lexicon::read(include_str!("../src/enrich/data/wordlist-en.txt"));
    let lines: Vec<train::Line> = mentions.iter().map(|mention| mention.line.clone()).collect();
    let floor = median(|| {
        evaluate::word_list(&list, &lines);
    })?;
    tell("a list of words", mentions.len(), floor, floor);
    let whole = median(|| {
        for mention in &mentions {
            std::hint::black_box(judged(mention, false));
        }
    })?;
    tell("everything", mentions.len(), whole, floor);
    let given = median(|| {
        for mention in &mentions {
            std::hint::black_box(judged(mention, true));
        }
    })?;
    tell("with the language given", mentions.len(), given, floor);
    Ok(())
}

/// Makes a mention of a line: texts that are shorter are left out, longer ones are cut.
fn mention(line: train::Line) -> Option<Mention> {
    if line.text.len() < BYTES * 7 / 10 {
        return None;
    }
    let ends = line.text.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends.take_while(|end| *end <= BYTES).last()?;
    let text = line.text.get(..end)?.to_owned();
    let at = train::target_spans(&text, &line.target).into_iter().next()?;
    let hit = Hit {
        keyword: line.target.clone(),
        field: Field::Text,
        start: at.start,
        end: at.end,
        form: line.target.clone(),
    };
    let line = train::Line { text: text.clone(), ..line };
    Some(Mention { post: Post { text, ..Post::default() }, hits: vec![hit], line })
}

fn judged(mention: &Mention, given: bool) -> Label {
    let language = if given { mention.line.language.parse().ok() } else { None };
    let known = Known { history: History::default(), language, ..Known::default() };
    enrich_knowing(&mention.post, &mention.hits, known).sentiment.label
}

/// Returns the seconds of processor time that the median round takes.
fn median(mut work: impl FnMut()) -> Result<f64> {
    work();
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(clock::time(&mut work).as_secs_f64());
    }
    rounds.sort_by(f64::total_cmp);
    rounds.get(ROUNDS / 2).copied().ok_or_else(|| "no round".into())
}

fn tell(what: &str, mentions: usize, seconds: f64, floor: f64) {
    let count = u32::try_from(mentions).map_or(0.0, f64::from);
    println!(
        "{what:26} {:9.0} mentions a second, {:6.2} microseconds each, {:5.2} of the floor",
        count / seconds,
        seconds / count * 1e6,
        floor / seconds
    );
}
