//! What was read of a maildir, and what is still to be read.

use crate::fetch::Listing;
use crate::source::Cursor;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Bytes by which a file is remembered: enough that two of ten thousand are never taken for one.
const MARK_BYTES: usize = 6;

/// What stands for the name of a file.
type Mark = [u8; MARK_BYTES];

/// Which files were read. It forgets those that are no more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Read {
    marks: BTreeSet<Mark>,
    /// Asked for, and not read since: they come last the next time, so that one that cannot be read
    /// holds up no other.
    tried: BTreeSet<Mark>,
}

/// The same, as it is written.
#[derive(Default, Serialize, Deserialize)]
struct Written {
    #[serde(default)]
    read: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    tried: String,
}

/// Returns what a file is known by whatever folder it is moved to: its name without flags.
fn mark(path: &str) -> Mark {
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = name.split_once(":2,").map_or(name, |(name, _)| name);
    let mut mark = Mark::default();
    for (byte, hashed) in mark.iter_mut().zip(Sha256::digest(name.as_bytes())) {
        *byte = hashed;
    }
    mark
}

impl Read {
    /// Reads a cursor. One that does not read is a beginning.
    pub(super) fn of(cursor: &Cursor) -> Self {
        let written: Written = serde_json::from_str(&cursor.0).unwrap_or_default();
        let marks = |text: &str| {
            let bytes = BASE64_STANDARD_NO_PAD.decode(text).unwrap_or_default();
            bytes.as_chunks::<MARK_BYTES>().0.iter().copied().collect()
        };
        Self { marks: marks(&written.read), tried: marks(&written.tried) }
    }

    /// Writes the cursor.
    pub(super) fn cursor(&self) -> Cursor {
        let text = |marks: &BTreeSet<Mark>| {
            BASE64_STANDARD_NO_PAD.encode(marks.iter().flatten().copied().collect::<Vec<u8>>())
        };
        let written = Written { read: text(&self.marks), tried: text(&self.tried) };
        Cursor(serde_json::to_string(&written).unwrap_or_default())
    }

    /// Returns the mails that are to be read now, at most `most`, and whether there are more that were
    /// not asked for before.
    pub(super) fn take(&mut self, listing: &Listing, most: usize) -> (Vec<String>, bool) {
        let files: Vec<(&String, Mark)> = listing
            .files
            .iter()
            .filter(|path| is_mail(path))
            .map(|path| (path, mark(path)))
            .collect();
        let there: BTreeSet<Mark> = files.iter().map(|(_, mark)| *mark).collect();
        self.marks.retain(|mark| there.contains(mark));
        self.tried.retain(|mark| there.contains(mark) && !self.marks.contains(mark));
        let unread = files.iter().filter(|(_, mark)| !self.marks.contains(mark));
        let (again, new): (Vec<_>, Vec<_>) =
            unread.partition(|(_, mark)| self.tried.contains(mark));
        let is_more = new.len() > most;
        let wanted: Vec<_> = new.into_iter().chain(again).take(most).collect();
        self.tried.extend(wanted.iter().map(|(_, mark)| *mark));
        (wanted.into_iter().map(|(path, _)| (*path).clone()).collect(), is_more)
    }

    /// Notes that a mail was read.
    pub(super) fn note(&mut self, path: &str) {
        let mark = mark(path);
        self.tried.remove(&mark);
        self.marks.insert(mark);
    }
}

/// Tells whether a path of a listing is that of a mail that was delivered.
fn is_mail(path: &str) -> bool {
    let name = path.strip_prefix("new/").or_else(|| path.strip_prefix("cur/"));
    name.is_some_and(|name| !name.starts_with('.') && !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(files: &[&str]) -> Listing {
        Listing { files: files.iter().map(ToString::to_string).collect(), ..Listing::default() }
    }

    fn take(read: &mut Read, files: &[&str], most: usize) -> String {
        let (wanted, is_more) = read.take(&listing(files), most);
        format!("{}{}", wanted.join(" "), if is_more { " …" } else { "" })
    }

    #[test]
    fn a_mail_is_known_wherever_it_is_moved_and_whatever_its_flags() {
        let mut read = Read::default();
        assert_eq!(take(&mut read, &["new/1.a", "tmp/2.a", "cur/.hidden", "x"], 9), "new/1.a");
        read.note("new/1.a");
        let mut read = Read::of(&read.cursor());
        assert_eq!(take(&mut read, &["cur/1.a:2,S", "cur/3.a:2,"], 9), "cur/3.a:2,");
        read.note("cur/3.a:2,");
        assert_eq!(take(&mut read, &["cur/1.a:2,RS", "new/3.a"], 9), "");
    }

    #[test]
    fn what_is_no_more_is_forgotten() {
        let mut read = Read::default();
        take(&mut read, &["new/1", "new/2"], 9);
        read.note("new/1");
        read.note("new/2");
        assert_eq!(take(&mut read, &["new/2"], 9), "");
        let mut other = Read::default();
        take(&mut other, &["new/2"], 9);
        other.note("new/2");
        assert_eq!(read, other);
    }

    #[test]
    fn what_cannot_be_read_holds_up_nothing_and_calls_for_no_more() {
        let mut read = Read::default();
        let all = ["new/1", "new/2", "new/3"];
        assert_eq!(take(&mut read, &all, 2), "new/1 new/2 …");
        read.note("new/2");
        assert_eq!(take(&mut read, &all, 2), "new/3 new/1");
        assert_eq!(take(&mut read, &all, 2), "new/1 new/3");
    }

    #[test]
    fn a_broken_cursor_is_a_beginning() {
        for cursor in ["", "{", "[]", "{\"read\":7}", "{\"read\":\"???\",\"tried\":\"A\"}"] {
            assert_eq!(Read::of(&Cursor(cursor.into())), Read::default(), "{cursor}");
        }
    }
}
