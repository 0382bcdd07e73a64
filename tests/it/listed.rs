//! A test file that is not listed would never run.

use std::path::Path;

#[test]
fn every_test_file_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let unlisted = unlisted(Path::new(folder), &Path::new(folder).join("main.rs"));
    assert_eq!(unlisted, Vec::<String>::new(), "not listed in the file above it");
}

/// Returns the files and folders of tests that lie in `folder` and are not named in the file `parent`, and so on
/// below. What tests read lies there, too.
fn unlisted(folder: &Path, parent: &Path) -> Vec<String> {
    let listed = std::fs::read_to_string(parent).unwrap();
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap();
        let is_test = path.is_dir() || path.extension().is_some_and(|ending| ending == "rs");
        if is_test && path != parent && !listed.contains(&format!("mod {module};")) {
            missing.push(path.display().to_string());
        }
        if path.is_dir() {
            missing.extend(unlisted(&path, &path.with_extension("rs")));
        }
    }
    missing
}
