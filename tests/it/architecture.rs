//! The shape of the code, as the crate's front page promises it.

use std::path::{Path, PathBuf};

/// Modules by row, lowest first. One may use itself and the rows before its own.
const ROWS: [&[&str]; 12] = [
    &["text", "query", "schedule"],
    &["brand", "post", "fetch"],
    &["source", "matching", "enrich", "delivery"],
    &["mention"],
    &["dedup", "ticket", "alert"],
    &["digest", "report", "store"],
    &["pipeline"],
    &["ask", "trace"],
    &["control", "web"],
    &["config"],
    &["daemon"],
    &["cli"],
];

/// Who may be asynchronous: whole modules, and one file.
const ASYNC: [&str; 7] =
    ["control", "web", "daemon", "cli", "fetch", "delivery", "store/handle.rs"];

/// What only tests use, in whatever row they are.
const OF_TESTS: &str = "testing";

/// The only file that reads the time.
const CLOCK: &str = "daemon/clock.rs";

const MOST_LINES: usize = 500;

/// A file of the library, by its path below `src`.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Returns the first part of the path: the module that the file belongs to.
    fn module(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap()
    }

    /// Returns the lines that are no comment, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(nth, line)| (nth + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Returns the numbers and lines of code in which one of `words` stands.
    fn lines_with<'a>(&'a self, words: &'a [&str]) -> impl Iterator<Item = (usize, &'a str)> {
        self.code().filter(|(_, line)| words.iter().any(|word| line.contains(word)))
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|known| known == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                sources.push(Source { path, text });
            }
        }
    }
    assert!(sources.len() > 50, "the sources were not found");
    sources
}

/// Returns the files of the library, which `main.rs` and the tools beside it are not.
fn library() -> impl Iterator<Item = Source> {
    let not_library = ["main", "bin", "lib", OF_TESTS];
    sources().into_iter().filter(move |source| !not_library.contains(&source.module()))
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// Returns the modules that `line` names after `crate::`, those in braces one by one.
fn used(line: &str) -> Vec<String> {
    let first_word = |text: &str| {
        let end = text.find(|letter: char| letter != '_' && !letter.is_alphanumeric());
        text.split_at(end.unwrap_or(text.len())).0.to_owned()
    };
    let mut names = Vec::new();
    for path in line.split("crate::").skip(1) {
        match path.strip_prefix('{') {
            Some(list) => names.extend(list.split(',').map(|path| first_word(path.trim()))),
            None => names.push(first_word(path)),
        }
    }
    names
}

#[test]
fn every_module_stands_in_one_row() {
    let lib = include_str!("../../src/lib.rs");
    let named = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in named {
        let rows = ROWS.iter().filter(|row| row.contains(&module)).count();
        assert_eq!(rows, 1, "`{module}` stands in {rows} rows");
        // The front page shows the same row as the test has.
        let at = row(module).unwrap();
        let shown = lib.lines().find(|line| line.starts_with(&format!("//! | {at} |"))).unwrap();
        assert!(
            shown.contains(&format!("[`{module}`]")),
            "lib.rs does not show `{module}` in {at}"
        );
    }
    assert!(lib.contains(&format!("#[cfg(test)]\nmod {OF_TESTS};")), "`{OF_TESTS}` is for tests");
    let homeless: Vec<String> =
        library().filter(|source| row(source.module()).is_none()).map(|found| found.path).collect();
    assert!(homeless.is_empty(), "in no row: {homeless:?}");
}

#[test]
fn modules_use_only_the_rows_above() {
    let mut faults = Vec::new();
    for source in library() {
        let module = source.module();
        for (nth, line) in source.code() {
            for used in used(line) {
                let is_above = row(&used).is_some_and(|at| Some(at) < row(module));
                if used != module && used != OF_TESTS && !is_above {
                    faults.push(format!("src/{}:{nth}: may not use `{used}`", source.path));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn paths_are_read_as_they_are_written() {
    assert_eq!(used("use crate::post::Post;"), ["post"]);
    assert_eq!(used("use crate::{ask, cli::print};"), ["ask", "cli"]);
    assert_eq!(used("a: crate::brand::Hit, b: &crate::text::Language"), ["brand", "text"]);
    assert_eq!(used("nothing of ours"), Vec::<String>::new());
}

#[test]
fn every_file_says_what_it_is_and_stays_small() {
    let mut faults = Vec::new();
    for Source { path, text } in sources() {
        if !text.starts_with("//! ") {
            faults.push(format!("src/{path}: does not open with `//!`"));
        }
        let lines = text.lines().count();
        if lines > MOST_LINES {
            faults.push(format!("src/{path}: {lines} lines; split it at {MOST_LINES}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_what_waits_for_the_world_is_asynchronous() {
    let words = ["async ", "async(", ".await", "async fn"];
    let mut faults = Vec::new();
    for source in library() {
        let may = ASYNC.iter().any(|known| *known == source.module() || *known == source.path);
        if !may {
            let lines = source.lines_with(&words);
            faults.extend(lines.map(|(nth, line)| format!("src/{}:{nth}: {line}", source.path)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_the_clock_reads_the_time() {
    let words = ["Utc::now", "Local::now"];
    let mut faults = Vec::new();
    for source in library().filter(|source| source.path != CLOCK) {
        let lines = source.lines_with(&words);
        faults.extend(lines.map(|(nth, line)| format!("src/{}:{nth}: {line}", source.path)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
