//! Files in the place of web addresses, with the same limits.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::root_cause;
use super::{FetchError, Fetched, Location, Reply, Validators};

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
}
