//! `[desk] replies`: the folder of the house's own texts is read here, so that `check` tells what is wrong
//! with them by file and line.

use super::files;
use super::problem::Problem;
use super::value::Value;
use crate::ticket::reply::own::{self, ENDING, Own};
use std::path::{Path, PathBuf};

/// The most files of texts.
const MOST_FILES: usize = 1_000;

/// Reads the texts in a folder; or returns what is wrong with its files.
pub(super) fn read(value: &Value<'_>) -> Result<Own, Vec<Problem>> {
    let Some(words) = value.words() else { return Ok(Own::default()) };
    let folder = value.reader.folder.join(words);
    let names = match listed(&folder) {
        Ok(names) => names,
        Err(error) => {
            let hint = files::neighbour(&folder);
            let reason = files::reason(&error);
            value.fault(format!("cannot read {}: {reason}", folder.display()), hint);
            return Ok(Own::default());
        }
    };
    if names.is_empty() {
        let hint = format!("write one such as {}", folder.join("en.txt").display());
        value.warn(format!("no file in {} ends with {ENDING}", folder.display()), Some(hint));
    }
    if names.len() > MOST_FILES {
        value.fault(format!("these are more than {MOST_FILES} files"), None);
        return Ok(Own::default());
    }
    let mut texts = Vec::new();
    let mut faults = Vec::new();
    for path in names {
        match files::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => texts.push((path, text)),
            Ok(Err(_)) => {
                faults.push(Problem::of_file(path, "this is no text in UTF-8".to_owned()));
            }
            Err(reason) => {
                faults.push(Problem::of_file(path, format!("cannot be read: {reason}")));
            }
        }
    }
    let read = Own::of(texts).map_err(|found| found.into_iter().map(problem).collect::<Vec<_>>());
    match read {
        Ok(own) if faults.is_empty() => Ok(own),
        Ok(_) => Err(faults),
        Err(found) => {
            faults.extend(found);
            Err(faults)
        }
    }
}

/// Lists the files of texts in a folder, in the order of their names.
fn listed(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(ENDING) && !name.starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn problem(fault: own::Fault) -> Problem {
    let own::Fault { path, line, what, hint } = fault;
    Problem { line, column: usize::from(line > 0), hint, ..Problem::of_file(path, what) }
}
