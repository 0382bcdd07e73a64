//! `cargo bench --bench matching`: how fast the names of many brands are found in many posts, and whether all are.
//!
//! Posts of 50 to 2,000 characters in Finnish, Turkish, English and other languages, 24 MB of them (`VAHTI_BENCH_MB` says
//! otherwise), the same on every machine that has the same texts: those of the repository and, where it is at hand, of
//! `../shared`, and made-up words between. 10, 1,000 and 10,000 made-up names are looked for, ten to a brand. Some are
//! planted in known posts, in the forms that the language gives them: one that is missed fails the bench.
//!
//! Beside it runs a floor: the same texts, folded beforehand, scanned for the same patterns by `aho-corasick` alone. The
//! two take turns, so that a busy moment of the machine hits both; what counts is how often the one goes into the other.
//! Times are those of the processor, so that other work on the machine tells little.
//! The matcher is measured twice: with the language of each post known, and with it told from the text of those posts in
//! which something was found, as the daemon does.
//!
//! With `VAHTI_BENCH_MISSPELT` set one keyword in fifty also asks for names with one letter wrong.
//!
//! With `-- --smoke` it takes seconds, and says little about speed.

#[path = "matching/clock.rs"]
mod clock;
#[path = "matching/dice.rs"]
mod dice;
#[path = "matching/forms.rs"]
mod forms;
#[path = "matching/found.rs"]
mod found;
#[path = "matching/memory.rs"]
mod memory;
#[path = "matching/names.rs"]
mod names;
#[path = "matching/speed.rs"]
mod speed;
#[path = "matching/texts.rs"]
mod texts;

use found::Found;
use memory::Memory;
use names::Keyword;
use speed::{Build, Speed};
use std::env;
use std::error::Error;
use std::io::Write as _;
use texts::{Sentences, Text, bytes_of};
use vahti::brand::{self, Brand, BrandName};
use vahti::query::parse_keyword;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const MEGABYTES: usize = 24;
const NAMES_OF_A_BRAND: usize = 10;

/// How much is measured.
struct Extent {
    counts: &'static [usize],
    bytes: usize,
    rounds: usize,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, count] = arguments.as_slice()
        && flag == memory::FLAG
    {
        return memory::work(count.parse()?);
    }
    let extent = if arguments.iter().any(|argument| argument == "--smoke") {
        Extent { counts: &[10, 300], bytes: 500_000, rounds: 3 }
    } else {
        let megabytes = match env::var("VAHTI_BENCH_MB") {
            Ok(megabytes) => {
                megabytes.parse().map_err(|error| format!("VAHTI_BENCH_MB: {error}"))?
            }
            Err(_) => MEGABYTES,
        };
        Extent { counts: &[10, 1_000, 10_000], bytes: megabytes * 1_000_000, rounds: 9 }
    };
    bench(&extent)
}

fn bench(extent: &Extent) -> Result<()> {
    let sentences = Sentences::read()?;
    let keywords = names::keywords(extent.counts.iter().copied().max().unwrap_or_default());
    let texts = texts::texts(extent.bytes, &keywords, &sentences);
    head(&texts, &sentences)?;
    let mut missed = 0;
    for count in extent.counts {
        let brands = brands(keywords.get(..*count).unwrap_or(&keywords))?;
        let build = Build::measure(&brands);
        let speed = Speed::measure(&build.matcher, &texts, extent.rounds)?;
        let found = Found::by(&build.matcher, &brands, &texts, *count);
        let memory = Memory::measure(*count)?;
        row(*count, &build, &speed, &memory, &found)?;
        missed += found.missed.len();
    }
    if missed > 0 {
        return Err(format!("{missed} planted names were missed").into());
    }
    Ok(())
}

/// Brands with ten names each.
fn brands(keywords: &[Keyword]) -> Result<Vec<Brand>> {
    let keyword = |keyword: &Keyword| -> Result<brand::Keyword> {
        let query =
            parse_keyword(&keyword.written).map_err(|bad| format!("{}: {bad}", keyword.written))?;
        Ok(brand::Keyword { written: keyword.written.clone(), query })
    };
    let brand = |(number, names): (usize, &[Keyword])| -> Result<Brand> {
        Ok(Brand {
            name: BrandName(format!("brand {number}")),
            keywords: names.iter().map(keyword).collect::<Result<_>>()?,
            exclude: Vec::new(),
            own: Vec::new(),
            context: Vec::new(),
            languages: Vec::new(),
            tickets: None,
            praise: false,
        })
    };
    keywords.chunks(NAMES_OF_A_BRAND).enumerate().map(brand).collect()
}

fn head(texts: &[Text], sentences: &Sentences) -> Result<()> {
    let bytes: usize = texts.iter().map(|text| bytes_of(&text.post)).sum();
    writeln!(
        std::io::stdout(),
        "\n{} posts, {:.1} MB, made from {}",
        texts.len(),
        megabytes(bytes),
        if sentences.is_shared {
            "the texts of ../shared and our own"
        } else {
            "our own texts alone"
        }
    )?;
    Ok(())
}

fn row(count: usize, build: &Build, speed: &Speed, memory: &Memory, found: &Found) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "\n{count} keywords, {} patterns", speed.patterns)?;
    writeln!(
        out,
        "  built in {:.3} s; the floor's machine in {:.3} s",
        build.time.as_secs_f64(),
        speed.floor_build.as_secs_f64()
    )?;
    writeln!(
        out,
        "  memory: {:.1} MB held, {:.1} MB more at the peak of building than before; the floor's machine {:.1} MB",
        megabytes(memory.held_bytes),
        megabytes(memory.peak_bytes),
        megabytes(speed.floor_bytes)
    )?;
    writeln!(
        out,
        "  {:<34}{:>10}{:>20}{:>10}{:>16}",
        "", "MB/s", "least to most", "ratio", "least to most"
    )?;
    for line in &speed.lines {
        writeln!(
            out,
            "  {:<34}{:>10.1}{:>20}{:>10.2}{:>16}",
            line.name,
            line.rate.median,
            format!("{:.1} to {:.1}", line.rate.least, line.rate.most),
            line.ratio.median,
            format!("{:.2} to {:.2}", line.ratio.least, line.ratio.most),
        )?;
    }
    writeln!(
        out,
        "  found: {} of {} planted, {} places more; {:.2} % of the posts name a brand",
        found.planted - found.missed.len(),
        found.planted,
        found.extra.len(),
        found.share * 100.0
    )?;
    for (what, which) in [("missed", &found.missed), ("more", &found.extra)] {
        if !which.is_empty() {
            let some: Vec<&str> = which.iter().take(8).map(String::as_str).collect();
            writeln!(out, "    {what}: {}", some.join("; "))?;
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a size is shown with one decimal")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
