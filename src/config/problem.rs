//! What is wrong with a configuration, and where.

use crate::text;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong, or looks so. Shown as
/// ``vahti.toml:12:3: brand[0].keyword: unknown key; did you mean `keywords`?``
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub file: PathBuf,
    /// From 1; 0 where it concerns the file as a whole.
    pub line: usize,
    /// In characters, from 1; 0 where it concerns the file as a whole.
    pub column: usize,
    /// The whole path of the key, such as `brand[0].keywords[2]`; empty where there is none.
    pub key: String,
    pub message: String,
    /// What would do instead.
    pub hint: Option<String>,
}

impl Problem {
    /// Says something of a file as a whole.
    pub(super) fn of_file(file: PathBuf, message: String) -> Self {
        Self { file, line: 0, column: 0, key: String::new(), message, hint: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, key, message, hint } = self;
        let mut shown = file.display().to_string();
        if *line > 0 {
            shown = format!("{shown}:{line}:{column}");
        }
        if !key.is_empty() {
            shown = format!("{shown}: {key}");
        }
        shown = format!("{shown}: {message}");
        if let Some(hint) = hint {
            shown = format!("{shown}; {hint}");
        }
        f.write_str(&text::visible(&shown))
    }
}

/// Where something stands, kept for what can only be judged when all files are read.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) file: PathBuf,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) key: String,
}

impl Spot {
    pub(super) fn problem(&self, message: impl Into<String>, hint: Option<String>) -> Problem {
        let Self { file, line, column, key } = self.clone();
        Problem { file, line, column, key, message: message.into(), hint }
    }
}

/// Returns the one of `candidates` that was probably meant by `word`, whatever its case.
pub(super) fn near<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .clone()
        .into_iter()
        .find(|candidate| candidate.to_lowercase() == lower)
        .or_else(|| text::nearest(word, candidates))
}

/// Asks whether the one of `candidates` that is near to `word` was meant.
pub(super) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    near(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_one_line_and_drives_no_terminal() {
        let problem = Problem {
            file: "a\x1b[31m.toml".into(),
            line: 12,
            column: 3,
            key: "brand[0].keyword".into(),
            message: "unknown\nkey".into(),
            hint: Some("did you mean `keywords`?".into()),
        };
        assert_eq!(
            problem.to_string(),
            "a␛[31m.toml:12:3: brand[0].keyword: unknown key; did you mean `keywords`?"
        );
    }

    #[test]
    fn a_whole_file_has_no_line() {
        let problem = Problem::of_file("a.toml".into(), "cannot be read".into());
        assert_eq!(problem.to_string(), "a.toml: cannot be read");
    }

    #[test]
    fn another_case_is_nearer_than_another_letter() {
        assert_eq!(near("ACME", ["acmes", "acme"]), Some("acme"));
        assert_eq!(near("zebra", ["acmes", "acme"]), None);
    }
}
