//! How well the card is read, on the fifth of the labelled complaints that nobody looked at and nothing
//! was learnt from. `cargo test --lib -- --nocapture figures` prints the table.
#![expect(clippy::print_stdout, reason = "the figures are what is asked for")]

use super::super::learn::{self, Line};
use super::*;

const TEXTS: [&str; 9] = [
    include_str!("../../texts/complainers.tsv"),
    include_str!("../../texts/fi.tsv"),
    include_str!("../../texts/tr.tsv"),
    include_str!("../../texts/en.tsv"),
    include_str!("../../texts/sv.tsv"),
    include_str!("../../texts/de.tsv"),
    include_str!("../../texts/es.tsv"),
    include_str!("../../texts/fr.tsv"),
    include_str!("../../texts/others.tsv"),
];

/// A line with what was read of it.
struct Read {
    line: Line,
    complaint: Complaint,
}

fn kept() -> Vec<Read> {
    let lines = TEXTS.iter().flat_map(|text| learn::read(text)).filter(Line::is_kept);
    lines
        .map(|line| {
            let spans = target_spans(&line.text, &line.target);
            let hits: Vec<Hit> = spans
                .into_iter()
                .map(|at| Hit {
                    keyword: line.target.clone(),
                    field: crate::brand::Field::Text,
                    start: at.start,
                    end: at.end,
                    form: String::new(),
                })
                .collect();
            let post = Post { text: line.text.clone(), ..Post::default() };
            let complaint = read(&post, &hits, line.language.parse().ok());
            Read { line, complaint }
        })
        .collect()
}

/// Precision, recall and F1 of pairs of what is true and what was told.
fn score(pairs: impl Iterator<Item = (bool, bool)>) -> [f64; 3] {
    let (mut both, mut told, mut wanted) = (0.0, 0.0, 0.0);
    for (is_wanted, is_told) in pairs {
        wanted += f64::from(u8::from(is_wanted));
        told += f64::from(u8::from(is_told));
        both += f64::from(u8::from(is_wanted && is_told));
    }
    let part = |of: f64| if of > 0.0 { both / of } else { 0.0 };
    [part(told), part(wanted), if both > 0.0 { 2.0 * both / (told + wanted) } else { 0.0 }]
}

/// Prints one row, and returns its F1.
fn row(name: &str, wanted: usize, [precision, recall, f1]: [f64; 3]) -> f64 {
    println!("  {name:<16} {wanted:>4}  {precision:.2}  {recall:.2}  {f1:.2}");
    f1
}

/// Prints the types of a language, and returns their mean F1, with that of the lines without any.
fn types(lines: &[&Read]) -> f64 {
    let typed = || lines.iter().filter(|read| !read.line.chronic);
    let sum: f64 = KINDS
        .iter()
        .enumerate()
        .map(|(at, kind)| {
            let wanted = typed().filter(|read| read.line.kind() == Some(at)).count();
            let pairs = typed()
                .map(|read| (read.line.kind() == Some(at), read.complaint.complainer == *kind));
            row(COLUMNS[at], wanted, score(pairs))
        })
        .sum();
    sum / 5.0
}

/// Prints the flags of a language, and returns the F1 of each.
fn flags(lines: &[&Read]) -> [f64; FLAGS] {
    [0, 1, 2, 3].map(|flag| {
        let known = || {
            lines.iter().filter_map(|read| Some((read.line.truth[TYPES + flag]?, &read.complaint)))
        };
        let told = ALL_FLAGS[flag];
        row(
            COLUMNS[TYPES + flag],
            known().filter(|(truth, _)| *truth).count(),
            score(known().map(|(truth, complaint)| (truth, complaint.flags.contains(&told)))),
        )
    })
}

/// Prints the matters of a language, and returns how many of them were guessed right.
fn matters(lines: &[&Read]) -> f64 {
    let known = || {
        lines.iter().filter_map(|read| {
            Some((MATTERS[read.line.matter()? - TYPES - FLAGS], read.complaint.matter))
        })
    };
    for matter in MATTERS {
        let wanted = known().filter(|(truth, _)| *truth == matter).count();
        let pairs = known().map(|(truth, told)| (truth == matter, told == Some(matter)));
        row(matter.word(), wanted, score(pairs));
    }
    let pairs = known().map(|(truth, told)| (true, told == Some(truth)));
    let [_, right, _] = score(pairs);
    right
}

#[test]
fn figures_of_the_kept_lines_stay_above_their_floors() {
    let kept = kept();
    let mut low = Vec::new();
    for (language, floors) in [
        ("fi", [0.80, 0.80, 0.55, 0.55, 0.40, 0.42]),
        ("tr", [0.80, 0.76, 0.55, 0.60, 0.40, 0.42]),
        ("en", [0.80, 0.72, 0.70, 0.60, 0.45, 0.45]),
    ] {
        let lines: Vec<&Read> = kept.iter().filter(|read| read.line.language == language).collect();
        println!("{language}: {} complaints: wanted, precision, recall, F1", lines.len());
        let types = types(&lines);
        let [legal, public, safety, churn] = flags(&lines);
        let matters = matters(&lines);
        println!("  types, mean F1 {types:.3}; matters guessed right {matters:.3}");
        let reached = [types, legal, public, safety, churn, matters];
        if reached.iter().zip(floors).any(|(reached, floor)| *reached < floor) {
            low.push(format!("{language}: {reached:.2?} of {floors:.2?}"));
        }
    }
    for language in ["sv", "de", "es", "fr"] {
        let lines: Vec<&Read> = kept.iter().filter(|read| read.line.language == language).collect();
        println!("{language}: {} complaints", lines.len());
        let (types, [legal, public, ..], right) = (types(&lines), flags(&lines), matters(&lines));
        println!("  types {types:.2}, legal {legal:.2}, public {public:.2}, matters {right:.2}");
    }
    assert!(low.is_empty(), "{low:#?}");
}
