//! Learns what the words of a complaint weigh (`src/enrich/data/card.tsv`) from labelled complaints,
//! but for the fifth that is kept for the test.
//!
//! `vahti-train-card FILE.tsv... --out FILE`

use std::path::PathBuf;
use vahti::enrich::complainer::cues::Cues;
use vahti::enrich::complainer::learn::{Row, learn, read, seen};

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let mut out = None;
    let mut paths = Vec::new();
    let mut words = std::env::args_os().skip(1);
    while let Some(word) = words.next() {
        if word == "--out" {
            out = words.next().map(PathBuf::from);
        } else {
            paths.push(PathBuf::from(word));
        }
    }
    let Some(out) = out.filter(|_| !paths.is_empty()) else {
        return Err("usage: vahti-train-card FILE.tsv... --out FILE".into());
    };
    let mut lines = Vec::new();
    for path in &paths {
        let content = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        lines.extend(read(&content).into_iter().filter(|line| !line.is_kept()));
    }
    let rows: Vec<Row<'_>> =
        lines.iter().map(|line| seen(line, Cues::of(&line.language))).collect();
    let learnt = learn(&rows.iter().collect::<Vec<_>>());
    std::fs::write(&out, learnt)
        .map_err(|error| format!("cannot write {}: {error}", out.display()).into())
}
