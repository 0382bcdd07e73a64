//! `vahti explain`: how a text is read, storing nothing.

use super::desk::Desk;
use super::print::{self, Format, Output};
use super::{Context, Failure};
use crate::ask::view::{self, MarkView, SentimentView, TaughtView};
use crate::brand::{Brand, BrandName, Hit, Keyword};
use crate::config::Config;
use crate::enrich::correction::{self, Corrections, Marks};
use crate::enrich::homonym::Learnt;
use crate::enrich::priority::Thresholds;
use crate::enrich::{self, Complaint, Insight, Known, Label, Matter, Priority};
use crate::matching::{Candidate, Matcher};
use crate::post::{Author, Post};
use crate::query::{self, BadQuery};
use crate::text::{Language, visible};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::io::BufRead;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The text; without it, NDJSON is read from standard input
    text: Option<String>,
    /// Judge against this keyword instead of a configuration; may be given several times
    #[arg(long)]
    keyword: Vec<String>,
    /// What does not count, with --keyword; may be given several times
    #[arg(long, requires = "keyword")]
    exclude: Vec<String>,
    #[command(flatten)]
    output: Output,
}

/// A text to be read.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    text: String,
    title: Option<String>,
    language: Option<Language>,
    author: Option<AskedAuthor>,
    url: Option<String>,
}

/// An author, by name or in full.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum AskedAuthor {
    Name(String),
    Full(AuthorFields),
}

#[derive(Debug, Deserialize)]
struct AuthorFields {
    name: Option<String>,
    handle: Option<String>,
    url: Option<String>,
    followers: Option<u64>,
}

/// How a text is read.
#[derive(Debug, Serialize)]
struct Reading {
    matches: Vec<Hit>,
    language: Option<Language>,
    sentiment: SentimentView,
    complaint: Option<Complaint>,
    priority: Priority,
    review: bool,
    why: Vec<String>,
}

/// A line that could not be read.
#[derive(Serialize)]
struct Unread {
    error: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let reader = if args.keyword.is_empty() {
        let config = context.config()?;
        let brands = config.brands.clone();
        let thresholds = config.judge.thresholds;
        let (words, marks) = taught(config, context);
        Reader::new(brands, &words, &marks, thresholds)
    } else {
        Reader::new(vec![given(args)?], &[], &[], Thresholds::default())
    };
    match &args.text {
        Some(text) => {
            let reading = reader.read(Asked { text: text.clone(), ..Asked::default() });
            let columns = [
                "language",
                "sentiment.label",
                "sentiment.score",
                "sentiment.confidence",
                "priority",
                "review",
                "why",
            ];
            print::one(&reading, args.output.format, &columns, || words(&reading))
        }
        None => stream(&reader, args.output.format),
    }
}

/// Reads a line, writes a line, in order.
fn stream(reader: &Reader, format: Format) -> Result<(), Failure> {
    if format == Format::Csv {
        return Err(Failure::usage(
            "texts from standard input are explained as JSON, one object a line",
        ));
    }
    let mut faulty = 0_usize;
    let mut out = String::new();
    for (nth, line) in std::io::stdin().lock().split(b'\n').enumerate() {
        let line =
            line.map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice::<Asked>(line) {
            Ok(asked) => out.push_str(&print::line(&reader.read(asked))?),
            Err(error) => {
                faulty += 1;
                out.push_str(&print::line(&Unread {
                    error: format!("line {}: {error}", nth + 1),
                })?);
            }
        }
        // One who waits for the answer before the next question is not kept waiting.
        print::write(&std::mem::take(&mut out))?;
    }
    if faulty > 0 {
        return Err(Failure::new(format!(
            "{} could not be read",
            crate::text::count(faulty, "line")
        ))
        .hint(
            "each line is an object with a \"text\", and may have title, language, author and url",
        ));
    }
    Ok(())
}

/// Returns what people's marks have taught. A text is explained without it where that cannot be had.
fn taught(config: Config, context: &Context) -> (Vec<TaughtView>, Vec<MarkView>) {
    let desk = Desk::of(config);
    let known = desk.taught().and_then(|words| Ok((words, desk.lessons()?)));
    known.unwrap_or_else(|failure| {
        let what = format!("What people's marks have taught is left out: {}", failure.what);
        context.say(&what);
        Default::default()
    })
}

fn given(args: &Args) -> Result<Brand, Failure> {
    let keyword = |written: &String, parsed| match parsed {
        Ok(query) => Ok(Keyword { written: written.clone(), query }),
        Err(bad) => Err(Failure::usage(format!(
            "the keyword is faulty: {}\n{}",
            BadQuery::to_string(&bad),
            bad.pointed(written)
        ))),
    };
    let finds = |written: &String| keyword(written, query::parse_keyword(written));
    let excludes = |written: &String| keyword(written, query::parse_exclude(written));
    Ok(Brand {
        name: BrandName(args.keyword.first().cloned().unwrap_or_default()),
        keywords: args.keyword.iter().map(finds).collect::<Result<_, _>>()?,
        exclude: args.exclude.iter().map(excludes).collect::<Result<_, _>>()?,
        own: Vec::new(),
        context: Vec::new(),
        languages: Vec::new(),
        tickets: None,
        praise: false,
    })
}

/// Reads texts as the daemon would.
struct Reader {
    brands: Vec<Brand>,
    matcher: Matcher,
    /// What was learnt of each brand, in their order.
    learnt: Vec<Learnt>,
    corrections: Corrections,
    thresholds: Thresholds,
}

impl Reader {
    fn new(
        brands: Vec<Brand>,
        taught: &[TaughtView],
        marks: &[MarkView],
        thresholds: Thresholds,
    ) -> Self {
        let learnt = brands.iter().map(|brand| view::marks::learnt(taught, &brand.name));
        let learnt = learnt.collect();
        let corrections = correction::learn(marks.iter().filter_map(MarkView::lesson));
        Self { matcher: Matcher::new(&brands), learnt, corrections, brands, thresholds }
    }

    /// Returns what is known beside the text: of several brands together only what marks teach of all.
    fn known(&self, language: Option<Language>, found: &[Candidate]) -> Known<'_> {
        let brand = match found {
            [only] => self.brands.get(only.brand).map(|brand| &brand.name),
            _ => None,
        };
        let marks = Some(Marks { corrections: &self.corrections, brand });
        Known { language, marks, thresholds: self.thresholds, ..Known::default() }
    }

    fn read(&self, asked: Asked) -> Reading {
        let post = Post {
            text: asked.text,
            title: asked.title,
            url: asked.url,
            author: asked.author.map(author).unwrap_or_default(),
            language: asked.language,
            ..Post::default()
        };
        // A language that is given is a fact.
        let told = if asked.language.is_some() {
            |post: &Post| post.language
        } else {
            enrich::language::sure
        };
        let found = self.matcher.candidates(&post, told);
        let mut hits: Vec<Hit> =
            found.iter().flat_map(|candidate| candidate.hits.clone()).collect();
        hits.sort_by_key(|hit| (hit.field, hit.start, hit.end));
        let why_not = self.matcher.why_not(&post, told).concat();
        let (insight, brands) = self.judged(&post, &found, asked.language);
        let is_negative = insight.sentiment.label == Label::Negative;
        let complaint = insight.complaint.filter(|_| is_negative);
        let muted: Vec<String> = found
            .iter()
            .filter_map(|candidate| self.muted(candidate, &found, &post, asked.language))
            .collect();
        Reading {
            matches: hits,
            language: insight.language,
            sentiment: SentimentView {
                label: insight.sentiment.label,
                score: view::rounded(insight.sentiment.score),
                confidence: view::rounded(insight.sentiment.confidence),
            },
            complaint,
            priority: insight.priority,
            review: insight.review || !muted.is_empty(),
            why: why_not.into_iter().chain(brands).chain(muted).chain(insight.why).collect(),
        }
    }

    /// Judges a post about each brand that it names, as a mention is judged, and returns the worst; with
    /// how it speaks of each, where it names several.
    fn judged(
        &self,
        post: &Post,
        found: &[Candidate],
        language: Option<Language>,
    ) -> (Insight, Option<String>) {
        let mut judged: Vec<(&BrandName, Insight)> = found
            .iter()
            .filter_map(|candidate| {
                let brand = self.brands.get(candidate.brand)?;
                let known = self.known(language, std::slice::from_ref(candidate));
                let others = candidate.others(found);
                let known = Known { others: &others, ..known };
                let read = enrich::hinted(post, brand);
                Some((&brand.name, enrich::enrich_knowing(&read, &candidate.hits, known)))
            })
            .collect();
        let told = judged.iter().map(|(brand, insight)| {
            format!("{brand} {} ({:+.2})", insight.sentiment.label.word(), insight.sentiment.score)
        });
        let told = (judged.len() > 1).then(|| {
            format!(
                "judged for each brand, the worst is shown: {}",
                told.collect::<Vec<_>>().join(", ")
            )
        });
        judged.sort_by(|(_, a), (_, b)| a.sentiment.score.total_cmp(&b.sentiment.score));
        let worst = judged.into_iter().next().map(|(_, insight)| insight);
        let alone = || enrich::enrich_knowing(post, &[], self.known(language, found));
        (worst.unwrap_or_else(alone), told)
    }

    /// Says why a brand's mention would be taken to be noise, if it would.
    fn muted(
        &self,
        candidate: &Candidate,
        found: &[Candidate],
        post: &Post,
        language: Option<Language>,
    ) -> Option<String> {
        let learnt = self.learnt.get(candidate.brand).filter(|learnt| !learnt.is_empty())?;
        let brand = self.brands.get(candidate.brand)?;
        if self.matcher.own(candidate.brand, post) {
            return None;
        }
        // What is said of one brand is judged by itself.
        let read = enrich::hinted(post, brand);
        let others = candidate.others(found);
        let known =
            Known { others: &others, ..self.known(language, std::slice::from_ref(candidate)) };
        let insight = enrich::enrich_knowing(&read, &candidate.hits, known);
        let why = learnt.suspects(post, &candidate.hits, &insight)?;
        Some(format!("no ticket for {}: {why}", brand.name))
    }
}

fn author(asked: AskedAuthor) -> Author {
    match asked {
        AskedAuthor::Name(name) => Author { name: Some(name), ..Author::default() },
        AskedAuthor::Full(AuthorFields { name, handle, url, followers }) => {
            Author { name, handle, url, followers }
        }
    }
}

/// Adds how somebody complains, and what about.
pub(super) fn put_complaint(text: &mut String, complaint: &Complaint) {
    let json = serde_json::to_value(complaint).unwrap_or_default();
    let kind = json.get("type").and_then(|kind| kind.as_str()).unwrap_or("unknown");
    put(text, format_args!("Complainer {kind}\n"));
    let matter = complaint.matter.map_or("unknown", Matter::word);
    put(text, format_args!("Matter     {matter}\n"));
    if !complaint.cues.is_empty() {
        put(text, format_args!("Cues       {}\n", visible(&complaint.cues.join("; "))));
    }
    let flags: Vec<&str> = json
        .get("flags")
        .and_then(|flags| flags.as_array())
        .into_iter()
        .flatten()
        .filter_map(|flag| flag.as_str())
        .collect();
    if !flags.is_empty() {
        put(text, format_args!("Flags      {}\n", flags.join(", ")));
    }
}

/// Returns a reading as people read it.
fn words(reading: &Reading) -> String {
    let mut text = String::new();
    for hit in &reading.matches {
        put(
            &mut text,
            format_args!(
                "Matched    `{}` by the keyword `{}`, at {}\n",
                visible(&hit.form),
                visible(&hit.keyword),
                hit.start
            ),
        );
    }
    if reading.matches.is_empty() {
        put(&mut text, format_args!("Matched    nothing; the text is judged as a whole\n"));
    }
    let language =
        reading.language.map_or_else(|| "unknown".to_owned(), |language| language.to_string());
    let review = if reading.review { ", please review" } else { "" };
    put(
        &mut text,
        format_args!(
            "Language   {language}\nSentiment  {} (score {:.2}, confidence {:.2}){review}\nPriority   {}\n",
            view::label(reading.sentiment.label),
            reading.sentiment.score,
            reading.sentiment.confidence,
            view::priority(reading.priority)
        ),
    );
    if let Some(complaint) = &reading.complaint {
        put_complaint(&mut text, complaint);
    }
    for why in &reading.why {
        put(&mut text, format_args!("Why        {}\n", visible(why)));
    }
    text
}

/// Writing into a string does not fail.
fn put(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).ok();
}
