//! Learns the judge's weights from labelled texts, and tells how good they are.
//!
//! `vahti-train DIR... --out FILE` learns from the sets in the folders that are free to ship;
//! `vahti-train --evaluate FILE...` prints how the built-in weights judge labelled files.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vahti::enrich::language;
use vahti::enrich::lexicon::Lexicon;
use vahti::enrich::model::{Model, Origin};
use vahti::enrich::train::evaluate::{self, Score};
use vahti::enrich::train::{Line, UNLABELLED, read, write};

/// The sets whose weights may ship, with the licence of each. A set that is not named here is not
/// learnt from, wherever it lies.
const FREE: &[(&str, &str)] = &[
    ("fi-finnsentiment", "CC BY 4.0"),
    ("fi-xed", "CC BY 4.0"),
    ("en-xed", "CC BY 4.0"),
    ("tr-xed", "CC BY 4.0"),
    ("sv-xed", "CC BY 4.0"),
    ("de-xed", "CC BY 4.0"),
    ("es-xed", "CC BY 4.0"),
    ("fr-xed", "CC BY 4.0"),
    ("en-hutto-tweets", "MIT"),
    ("en-hutto-amazon", "MIT"),
    ("target-en-mams", "Apache-2.0"),
    ("en-tweeteval", "CC BY 3.0 (SemEval 2017)"),
    ("en-xlmt", "CC BY 3.0 (SemEval 2017)"),
    ("de-xlmt", "CC BY (SB-10K)"),
    ("de-germeval17", "CC BY 4.0"),
    ("target-en-sxsw", "public domain"),
];
/// The licence of texts written for vahti.
const OWN: &str = "written for vahti";

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let mut out = None;
    let mut evaluated = false;
    let mut paths = Vec::new();
    let mut words = std::env::args_os().skip(1);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--out") => out = words.next().map(PathBuf::from),
            Some("--evaluate") => evaluated = true,
            _ => paths.push(PathBuf::from(word)),
        }
    }
    let mut screen = std::io::stdout().lock();
    match (evaluated, out) {
        (true, None) => evaluate(&files(&paths)?, &mut screen),
        (false, Some(out)) => learn(&files(&paths)?, &out, &mut screen),
        _ => Err("usage: vahti-train DIR... --out FILE | vahti-train --evaluate FILE...".into()),
    }
}

/// Returns the files that are named, and those of the folders that are named, in order.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failed> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut inside: Vec<PathBuf> = std::fs::read_dir(path)?
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()?;
            inside.retain(|path| path.extension().is_some_and(|end| end == "tsv"));
            inside.sort();
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn name(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn learn(files: &[PathBuf], out: &Path, screen: &mut impl Write) -> Result<(), Failed> {
    let mut lines: Vec<Line> = Vec::new();
    let mut sets = Vec::new();
    for path in files {
        let content =
            std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let name = name(path);
        let new = read(&name, &content);
        if new.is_empty() {
            continue;
        }
        let own = new.iter().all(|line| line.own);
        let free = FREE.iter().find(|(set, _)| *set == name).map(|(_, licence)| *licence);
        let Some(licence) = free.or(own.then_some(OWN)) else {
            writeln!(screen, "left out {name}: not known as free to ship")?;
            continue;
        };
        let learnt = new.iter().filter(|line| !line.is_own_test()).count();
        let mut sha256 = String::new();
        for byte in Sha256::digest(&content) {
            write!(sha256, "{byte:02x}")?;
        }
        sets.push(Origin { name, lines: learnt, sha256, licence: licence.to_owned() });
        lines.extend(new);
    }
    let file = write::file(&lines, sets, &mut |told| {
        // The screen is for the one who waits; a closed one is no reason to stop learning.
        drop(writeln!(screen, "{told}"));
    })?;
    std::fs::write(out, &file).map_err(|e| format!("{}: {e}", out.display()))?;
    writeln!(screen, "wrote {} bytes to {}", file.len(), out.display())?;
    Ok(())
}

/// What was counted over all files.
#[derive(Default)]
struct Totals {
    /// By language: ours, the list of words, and whether there is one.
    pools: BTreeMap<String, (Score, Score, bool)>,
    /// By language and length (up to 20, 50, 100 characters, more): texts, and those told right.
    languages: BTreeMap<String, [(u32, u32); 4]>,
    judged: usize,
    spent: Duration,
}

fn evaluate(files: &[PathBuf], screen: &mut impl Write) -> Result<(), Failed> {
    let model =
        Model::built_in().ok_or("the built-in weights do not fit this program: learn them anew")?;
    let mut totals = Totals::default();
    for path in files {
        let content =
            std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut by_language: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        // Of our own lines, those that were not learnt.
        let lines = read(&name(path), &content).into_iter();
        let asked = |line: &Line| !line.own || line.is_own_test();
        let (told, lines): (Vec<Line>, Vec<Line>) =
            lines.filter(asked).partition(|line| line.label == UNLABELLED);
        for line in told {
            let counts = totals.languages.entry(line.language.clone()).or_default();
            count_languages(std::slice::from_ref(&line), counts);
        }
        for line in lines {
            by_language.entry(line.language.clone()).or_default().push(line);
        }
        for (language, lines) in by_language {
            evaluate_lines(model, &name(path), &language, &lines, &mut totals, screen)?;
        }
    }
    for (language, [a, b, c, d]) in &totals.languages {
        let part = |(lines, right): &(u32, u32)| format!("{right} of {lines}");
        let [a, b, c, d] = [part(a), part(b), part(c), part(d)];
        writeln!(screen, "language {language}: up to 20 {a}, 50 {b}, 100 {c}, more {d}")?;
    }
    for (pool, (ours, theirs, listed)) in &totals.pools {
        tell(screen, &format!("ALL {pool}"), ours, listed.then_some(theirs))?;
    }
    writeln!(screen, "judged {} texts in {:.2} s", totals.judged, totals.spent.as_secs_f32())?;
    Ok(())
}

fn evaluate_lines(
    model: &Model,
    name: &str,
    language: &str,
    lines: &[Line],
    totals: &mut Totals,
    screen: &mut impl Write,
) -> Result<(), Failed> {
    let began = Instant::now();
    let ours = evaluate::judge(model, lines);
    totals.spent += began.elapsed();
    totals.judged += lines.len();
    count_languages(lines, totals.languages.entry(language.to_owned()).or_default());
    let list = word_list(language);
    let theirs = list.as_ref().map(|list| evaluate::word_list(list, lines));
    tell(screen, &format!("{name} ({language})"), &ours, theirs.as_ref())?;
    let own = lines.iter().all(|line| line.own);
    let pool = if own { format!("own {language}") } else { language.to_owned() };
    let (mine, other, listed) = totals.pools.entry(pool).or_default();
    mine.join(&ours);
    other.join(&theirs.unwrap_or_default());
    *listed = list.is_some();
    Ok(())
}

/// Counts the texts of each length whose language is told right.
fn count_languages(lines: &[Line], counts: &mut [(u32, u32); 4]) {
    for line in lines {
        let length = line.text.chars().count();
        let at = [20, 50, 100].iter().filter(|most| length > **most).count();
        if let Some((lines, right)) = counts.get_mut(at) {
            *lines += 1;
            let told = language::detect(&line.text, None);
            *right += u32::from(told.is_some_and(|told| told.code() == line.language));
        }
    }
}

fn tell(
    screen: &mut impl Write,
    name: &str,
    ours: &Score,
    list: Option<&Score>,
) -> Result<(), Failed> {
    let [negative, neutral, positive] = ours.confusion;
    write!(screen, "{name:28} {ours}  review {:.2}", ours.reviewed())?;
    write!(screen, "  off by {:.3}", ours.calibration_error())?;
    write!(screen, "  neg {negative:?} neu {neutral:?} pos {positive:?}")?;
    match list {
        Some(list) => writeln!(
            screen,
            "  list P {:.2} R {:.2} F1 {:.3}",
            list.precision(),
            list.recall(),
            list.f1()
        )?,
        None => writeln!(screen)?,
    }
    Ok(())
}

fn word_list(language: &str) -> Option<Lexicon> {
    let list = match language {
        "fi" => include_str!("../enrich/data/wordlist-fi.txt"),
        "tr" => include_str!("../enrich/data/wordlist-tr.txt"),
        "en" => include_str!("../enrich/data/wordlist-en.txt"),
        _ => return None,
    };
    Some(Lexicon::read(list))
}
