//! Names in real sentences: whether each line of `tests/matching` (and of the labelled lines at hand
//! beside the repository) is read as its writer says.

use super::Matcher;
use crate::brand::{Brand, BrandName, Keyword};
use crate::post::Post;
use crate::query::{parse_exclude, parse_keyword};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

struct Line {
    keyword: String,
    language: String,
    text: String,
    is_wanted: bool,
    exclude: Vec<String>,
}

fn lines(path: &Path) -> Vec<Line> {
    let file = fs::read_to_string(path).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [keyword, language, text, wanted, options, ..] = fields.as_slice() else {
            panic!("{}: {line}", path.display())
        };
        let sign = if *options == "case" { "^" } else { "" };
        let is_phrase = keyword.contains(' ');
        let keyword =
            if is_phrase { format!("{sign}\"{keyword}\"") } else { format!("{sign}{keyword}") };
        Line {
            keyword,
            language: (*language).to_owned(),
            text: (*text).to_owned(),
            is_wanted: *wanted == "yes",
            exclude: options.strip_prefix("exclude=").map(str::to_owned).into_iter().collect(),
        }
    };
    file.lines().skip(1).map(line).collect()
}

fn is_found(line: &Line) -> bool {
    let keyword = |written: &String| Keyword {
        written: written.clone(),
        query: parse_keyword(written).unwrap(),
    };
    let exclude = |written: &String| Keyword {
        written: written.clone(),
        query: parse_exclude(written).unwrap(),
    };
    let brand = Brand {
        name: BrandName("Acme".into()),
        keywords: vec![keyword(&line.keyword)],
        exclude: line.exclude.iter().map(exclude).collect(),
        own: Vec::new(),
        context: Vec::new(),
        languages: Vec::new(),
        tickets: None,
        praise: false,
    };
    let post =
        Post { text: line.text.clone(), language: line.language.parse().ok(), ..Post::default() };
    !Matcher::new(&[brand]).candidates(&post, |post| post.language).is_empty()
}

/// Counts: found and wanted, found and not, missed.
type Counts = BTreeMap<String, (u32, u32, u32)>;

fn measure(path: &Path, counts: &mut Counts, wrong: &mut String) {
    for line in lines(path) {
        let is_found = is_found(&line);
        let of_language = counts.entry(line.language.clone()).or_default();
        match (is_found, line.is_wanted) {
            (true, true) => of_language.0 += 1,
            (true, false) => of_language.1 += 1,
            (false, true) => of_language.2 += 1,
            (false, false) => {}
        }
        if is_found != line.is_wanted {
            let sort = if is_found { "too much" } else { "missed" };
            writeln!(wrong, "{sort}\t{}\t{}\t{}", line.language, line.keyword, line.text).unwrap();
        }
    }
}

/// What each language must reach at least: of the lines that the rules were made with, and of those
/// kept aside, which are few.
const LEAST: [(bool, f64, f64); 2] = [(false, 0.985, 0.97), (true, 0.85, 0.85)];

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what is asked for")]
fn names_are_found_in_their_forms_and_other_words_are_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = fs::read_dir(root.join("tests/matching")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.push(root.join("../shared/matching/gold.tsv"));
    files.retain(|path| path.exists() && path.extension().is_some_and(|end| end == "tsv"));
    files.sort();
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_kept = name.starts_with("kept-");
        let (mut counts, mut wrong) = (Counts::new(), String::new());
        measure(&file, &mut counts, &mut wrong);
        println!("{name}\n{}", if is_kept { "" } else { &wrong });
        for (language, (right, extra, missed)) in counts {
            let share = |right: u32, wrong: u32| f64::from(right) / f64::from(right + wrong);
            let (precision, recall) = (share(right, extra), share(right, missed));
            println!(
                "{language}: precision {precision:.3} recall {recall:.3} ({right} right, {extra} too much, {missed} missed)"
            );
            let least = LEAST.iter().find(|(kept, ..)| *kept == is_kept).unwrap();
            assert!(precision >= least.1 && recall >= least.2, "{name} {language}\n{wrong}");
        }
    }
}
