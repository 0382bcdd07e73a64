//! Files in the place of web addresses, with the same limits, and folders that are listed.

use std::collections::BTreeSet;
use std::fs::{DirEntry, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::root_cause;
use super::{FetchError, Fetched, Location, Reply, Validators};

/// What a request for a folder accepts.
pub(super) const FOLDER: &str = "inode/directory";

/// Files of a folder that are listed.
const MOST_LISTED: usize = 10_000;

/// What a folder holds: the body of the reply, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The folders in it that could be read.
    pub folders: BTreeSet<String>,
    /// The files in it and in its folders, as `name` and `folder/name`, in the order of their own
    /// names; where there are too many, the last.
    pub files: Vec<String>,
    /// How many more there are.
    pub left_out: usize,
}

impl Listing {
    /// Reads the body of a reply; `None` where it is something else.
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

/// Lists the folder at `path` and the folders in it, no deeper and through no link.
pub(super) fn list(path: &Path) -> Result<Fetched, FetchError> {
    let io = |error: std::io::Error| FetchError::File {
        path: path.to_owned(),
        cause: root_cause(&error),
    };
    let mut listing = Listing::default();
    let mut names: BTreeSet<(String, String)> = BTreeSet::new();
    let mut take = |entry: &DirEntry, folder: &str| {
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            listing.left_out += 1;
            return;
        };
        names.insert((name, folder.to_owned()));
        if names.len() > MOST_LISTED {
            names.pop_first();
            listing.left_out += 1;
        }
    };
    for entry in std::fs::read_dir(path).map_err(io)? {
        let entry = entry.map_err(io)?;
        let kind = entry.file_type().map_err(io)?;
        if kind.is_file() {
            take(&entry, "");
        } else if kind.is_dir()
            && let Some(folder) = entry.file_name().to_str()
        {
            // One that is not for us is as if it were not there.
            let Ok(within) = std::fs::read_dir(entry.path()) else { continue };
            for inner in within {
                let inner = inner.map_err(io)?;
                if inner.file_type().map_err(io)?.is_file() {
                    take(&inner, folder);
                }
            }
            listing.folders.insert(folder.to_owned());
        }
    }
    listing.files = names
        .into_iter()
        .map(|(name, folder)| if folder.is_empty() { name } else { format!("{folder}/{name}") })
        .collect();
    let body = serde_json::to_vec(&listing).unwrap_or_default();
    Ok(Fetched::Fresh {
        reply: Reply::of(Location::File(path.to_owned()), body),
        // A folder that is as it was may hold what was not yet read.
        validators: Validators::default(),
        redirects_permanently_to: None,
        fresh_for: None,
    })
}

/// Reads the file at `path` unless it is as `validators` knew it.
pub(super) fn read(
    path: &Path,
    validators: Option<&Validators>,
    most: usize,
) -> Result<Fetched, FetchError> {
    let failed = |cause: String| FetchError::File { path: path.to_owned(), cause };
    let io = |error: std::io::Error| failed(root_cause(&error));
    // Asked before opening: to open a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(failed("it is not a regular file".to_owned()));
    }
    let file = File::open(path).map_err(io)?;
    let current = state(&file.metadata().map_err(io)?);
    if validators == Some(&current) {
        return Ok(Fetched::Unchanged { validators: current, fresh_for: None });
    }
    let mut body = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut body).map_err(io)?;
    let location = Location::File(path.to_owned());
    if body.len() > most {
        return Err(FetchError::TooLarge { location, most });
    }
    let reply = Reply::of(location, body);
    Ok(Fetched::Fresh {
        reply,
        validators: current,
        redirects_permanently_to: None,
        fresh_for: None,
    })
}

/// Returns what changes whenever the file does. The inode and its own time catch a file that was put
/// in place with the time and length of the old one.
fn state(metadata: &Metadata) -> Validators {
    let etag = format!(
        "{}.{:09}-{}-{}-{}.{:09}",
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.len(),
        metadata.ino(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    );
    Validators { etag: Some(etag), last_modified: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(path: &Path, validators: Option<&Validators>) -> (Vec<u8>, Validators) {
        match read(path, validators, 10).unwrap() {
            Fetched::Fresh { reply, validators, .. } => (reply.body, validators),
            Fetched::Unchanged { .. } => panic!("unchanged"),
        }
    }

    #[test]
    fn a_file_is_read_again_only_when_it_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("feed.xml");
        std::fs::write(&path, "one").unwrap();
        let (body, validators) = fresh(&path, None);
        assert_eq!(body, b"one");
        assert_eq!(
            read(&path, Some(&validators), 10).unwrap(),
            Fetched::Unchanged { validators: validators.clone(), fresh_for: None }
        );
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        let new = dir.path().join("new");
        std::fs::write(&new, "two").unwrap();
        File::options().write(true).open(&new).unwrap().set_modified(modified).unwrap();
        std::fs::rename(&new, &path).unwrap();
        assert_eq!(fresh(&path, Some(&validators)).0, b"two", "same length and time");
    }

    #[test]
    fn what_is_no_readable_file_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let told = |path: &Path| read(path, None, 10).unwrap_err().to_string();
        assert!(told(&dir.path().join("none.xml")).contains("none.xml: No such file"));
        assert!(told(dir.path()).contains("not a regular file"));
        assert!(told(Path::new("/dev/zero")).contains("not a regular file"));
        let path = dir.path().join("large");
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(fresh(&path, None).0.len(), 10);
        std::fs::write(&path, "0123456789A").unwrap();
        assert!(matches!(read(&path, None, 10), Err(FetchError::TooLarge { most: 10, .. })));
    }

    #[test]
    fn a_folder_is_listed_one_level_deep() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["new/2", "new/deep/5", "cur/1:2,S", "3"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        std::os::unix::fs::symlink("/etc", dir.path().join("elsewhere")).unwrap();
        let Fetched::Fresh { reply, validators, .. } = list(dir.path()).unwrap() else { panic!() };
        let listing = Listing::read(&reply.body).unwrap();
        assert_eq!(listing.files, ["cur/1:2,S", "new/2", "3"]);
        assert_eq!(listing.folders, BTreeSet::from(["cur".into(), "new".into()]));
        assert_eq!((listing.left_out, validators), (0, Validators::default()));
        assert!(list(&dir.path().join("none")).unwrap_err().to_string().contains("none"));
        for number in 0..=MOST_LISTED {
            std::fs::write(dir.path().join(format!("new/{number:08}")), "").unwrap();
        }
        let Fetched::Fresh { reply, .. } = list(dir.path()).unwrap() else { panic!() };
        let listing = Listing::read(&reply.body).unwrap();
        assert_eq!((listing.files.len(), listing.left_out), (MOST_LISTED, 4));
        assert!(listing.files.contains(&format!("new/{MOST_LISTED:08}")), "the last stay");
    }
}
