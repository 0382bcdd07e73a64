//! Files that a configuration names: opened with care, found by pattern, and guessed at where the
//! name is wrong.

use super::problem::did_you_mean;
use super::value::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// The most that one file of the configuration, or one that it names, may hold.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// The most names in a folder that are looked through.
const MOST_NAMES: usize = 100_000;

/// Opens a regular file; anything else could keep us waiting for ever.
pub(super) fn open(path: &Path) -> Result<File, String> {
    let kind = std::fs::metadata(path).map_err(|error| reason(&error))?;
    if kind.is_dir() {
        return Err("it is a folder".into());
    }
    if !kind.is_file() {
        return Err("it is no regular file".into());
    }
    File::open(path).map_err(|error| reason(&error))
}

/// Reads a whole file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it is longer than {} MiB", MOST_BYTES / 1024 / 1024));
    }
    Ok(bytes)
}

/// Returns why a file cannot be had, in words.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::NotADirectory => "it is no folder".into(),
        io::ErrorKind::PermissionDenied => "this user may not read it".into(),
        _ => error.to_string(),
    }
}

/// Asks whether a file with a name like that of the missing `path` was meant.
pub(super) fn neighbour(path: &Path) -> Option<String> {
    if path.exists() {
        return None;
    }
    let name = path.file_name()?.to_str()?;
    let folder = path.parent()?;
    if !folder.is_dir() {
        return Some(format!("there is no folder {} either", folder.display()));
    }
    let names = names(folder);
    did_you_mean(name, names.iter().map(String::as_str))
}

/// Warns where there is no program at `path` that can be started. It may be there where vahti runs.
pub(super) fn program(value: &Value<'_>, path: &Path) {
    let found = std::fs::metadata(path);
    let wrong = match &found {
        Err(error) => reason(error),
        Ok(found) if !found.is_file() => "it is no regular file".to_owned(),
        Ok(found) if found.permissions().mode() & 0o111 == 0 => "it cannot be executed".to_owned(),
        Ok(_) => return,
    };
    value.warn(format!("{} cannot be started: {wrong}", path.display()), neighbour(path));
}

/// Returns the files that fit `pattern`, in the order of their names: `*` stands for any characters
/// within a name, `?` for one.
pub(super) fn fitting(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        found = match component {
            Component::Normal(name) if is_pattern(name) => {
                let name = name.to_string_lossy();
                found.iter().flat_map(|folder| inside(folder, &name)).take(MOST_NAMES).collect()
            }
            _ => found.into_iter().map(|path| path.join(component)).collect(),
        };
    }
    found.retain(|path| path.exists());
    found
}

/// Tells whether a path is more than the name of one file.
pub(super) fn is_pattern(path: &OsStr) -> bool {
    path.to_string_lossy().contains(['*', '?'])
}

fn inside(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut names = names(folder);
    names.retain(|name| {
        let hidden = name.starts_with('.') && pattern.first() != Some(&'.');
        !hidden && fits(&pattern, &name.chars().collect::<Vec<_>>())
    });
    names.iter().map(|name| folder.join(name)).collect()
}

/// Returns the names in a folder, sorted; those that are no Unicode are left out.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .take(MOST_NAMES)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// Matches without going back further than the last star, so that no pattern takes long.
fn fits(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || name.get(n) == Some(c) => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, expected: bool) {
        let [pattern, name]: [Vec<char>; 2] = [pattern, name].map(|s| s.chars().collect());
        assert_eq!(fits(&pattern, &name), expected);
    }

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        check("*.toml", "a.toml", true);
        check("*.toml", "a.toml.bak", false);
        check("*.toml", ".toml", true);
        check("a*b*c", "aXbYbZc", true);
        check("a*b*c", "aXbYbZ", false);
        check("?.toml", "ä.toml", true);
        check("?.toml", ".toml", false);
        check("**", "", true);
        check("", "a", false);
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        check(&"*a".repeat(50), &"a".repeat(49), false);
        check(&format!("{}b", "*a".repeat(1000)), &"a".repeat(10_000), false);
    }

    #[test]
    fn files_are_found_in_the_order_of_their_names_and_hidden_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["x/b.toml", "x/a.toml", "x/.a.toml", "x/a.txt", "y/a.toml", "z.toml"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = |pattern: &str| -> Vec<String> {
            let inside =
                |path: PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
            fitting(&folder.path().join(pattern)).into_iter().map(inside).collect()
        };
        assert_eq!(found("x/*.toml"), ["x/a.toml", "x/b.toml"]);
        assert_eq!(found("?/a.toml"), ["x/a.toml", "y/a.toml"]);
        assert_eq!(found("x/../z.*"), ["x/../z.toml"]);
        assert_eq!(found("nothing/*.toml"), [""; 0]);
        assert_eq!(found("nothing.toml"), [""; 0]);
    }

    #[test]
    fn a_missing_file_is_guessed_at() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("news.xml"), "").unwrap();
        let guess = |name: &str| neighbour(&folder.path().join(name));
        assert_eq!(guess("nwes.xml"), Some("did you mean `news.xml`?".into()));
        assert_eq!(guess("forum-of-something.xml"), None);
        assert!(guess("no/news.xml").unwrap().contains("no folder"));
    }

    proptest! {
        #[test]
        fn every_name_always_fits_itself_and_a_star(name in "[a-c.]{0,8}") {
            let chars: Vec<char> = name.chars().collect();
            prop_assert!(fits(&chars, &chars));
            prop_assert!(fits(&['*'], &chars));
        }
    }
}
