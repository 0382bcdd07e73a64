//! Messages as files, for trying things out and for programs that carry mail themselves.

use super::Failed;
use super::message::{message, short_hash, slug};
use crate::delivery::{Notice, with_pictures};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Writes the notice into `folder` as `.txt`, `.html` and `.eml`, and returns the path of the last.
/// The same notice gets the same names, so that writing twice is writing once. When this returns,
/// a power cut does not undo it.
pub(super) fn write(folder: &Path, from: &str, notice: &Notice) -> Result<String, Failed> {
    let mail = message(from, notice).map_err(|answer| Failed::Permanent { answer })?;
    let base = name(notice);
    let place = |extension: &str| folder.join(format!("{base}.{extension}"));
    let html = with_pictures(&notice.html, &notice.enclosed.pictures);
    // The message is written last: where it stands, the others stand too.
    let files = [
        (place("txt"), notice.text.as_bytes()),
        (place("html"), html.as_bytes()),
        (place("eml"), &mail.formatted()),
    ];
    open(folder).map_err(|error| failed(folder, &error))?;
    for (path, bytes) in &files {
        put(path, bytes).map_err(|error| failed(path, &error))?;
    }
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed(folder, &error))?;
    Ok(place("eml").display().to_string())
}

/// Names say when and for which alert, in characters that every file system and shell can bear.
fn name(notice: &Notice) -> String {
    let when = notice.created.format("%Y%m%dT%H%M%SZ");
    // The recipient is in the hash as well: one digest for two people has two files.
    let hash = short_hash(&[&notice.message_id, &notice.to], 4);
    format!("{when}-{}-{hash}", slug(&notice.alert, 40))
}

/// Makes the folder where it is missing, for its owner only: what is in it is personal data.
fn open(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!(
        "{}.part",
        path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
    ));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

fn failed(path: &Path, error: &io::Error) -> Failed {
    let path = PathBuf::from(path);
    Failed::Temporary { answer: format!("{} could not be written: {error}", path.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::email::sample::notice;
    use std::os::unix::fs::PermissionsExt;

    const FROM: &str = "alerts@acme.example";

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_notice_becomes_three_files_and_writing_it_twice_is_writing_it_once() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new/outbox");
        let path = write(&folder, FROM, &notice()).unwrap();
        assert_eq!(write(&folder, FROM, &notice()).unwrap(), path);
        let names = names(&folder);
        let base = "20261121T080000Z-care-team-";
        assert!(names.iter().all(|name| name.starts_with(base)), "{names:?}");
        let kinds: Vec<&str> = names.iter().map(|name| name.rsplit_once('.').unwrap().1).collect();
        assert_eq!(kinds, ["eml", "html", "txt"]);
        assert_eq!(fs::read_to_string(path.replace(".eml", ".txt")).unwrap(), notice().text);
        assert_eq!(fs::read(&path).unwrap(), message(FROM, &notice()).unwrap().formatted());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(Path::new(&path))), (0o700, 0o600));
    }

    #[test]
    fn other_notices_and_other_recipients_have_other_names() {
        let place = tempfile::tempdir().unwrap();
        write(place.path(), FROM, &notice()).unwrap();
        write(place.path(), FROM, &Notice { to: "b@acme.example".into(), ..notice() }).unwrap();
        write(place.path(), FROM, &Notice { message_id: "other".into(), ..notice() }).unwrap();
        assert_eq!(names(place.path()).len(), 9);
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let evil = Notice { alert: "../../x/\0".into(), message_id: "../y".into(), ..notice() };
        let path = write(place.path(), FROM, &evil).unwrap();
        assert_eq!(Path::new(&path).parent(), Some(place.path()));
    }

    #[test]
    fn a_folder_that_cannot_be_is_a_temporary_trouble() {
        let place = tempfile::NamedTempFile::new().unwrap();
        let failed = write(place.path(), FROM, &notice()).unwrap_err();
        assert!(
            matches!(&failed, Failed::Temporary { answer } if answer.contains("could not be written"))
        );
    }
}
