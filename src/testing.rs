//! What tests in several rooms share: the collection of real feeds and labelled texts that lies
//! beside the repository, or where `VAHTI_SHARED` says.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Returns the collection. Where there is none the test says aloud that it is skipped: the line goes
/// into the file named by `VAHTI_SKIPPED`, which `.ci/run` reads.
#[expect(clippy::print_stderr, reason = "a skipped test is for people to read")]
pub(crate) fn collection(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("VAHTI_SHARED").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let line = format!("skipped: {test}: no ../shared beside the repository\n");
    eprint!("{line}");
    if let Some(path) = std::env::var_os("VAHTI_SKIPPED") {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
    None
}
