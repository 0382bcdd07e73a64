//! What is brought, not asked for: posts handed over as NDJSON, and the mails of alert services in a
//! maildir.
//!
//! The posts come by `vahti poll --stdin` and over HTTP ([`lines`]), and are stored before either
//! answers. A maildir is read on the schedule, file by file, and never changed; without one the source
//! is not polled.

use super::site::{Site, Sort, Watch, Wrong};
use super::{Kind, Page, Source, Unreadable, Visit, site::Key};
use crate::fetch::{Listing, Reply, Request};
use crate::post::Concerns;
use crate::text::{count, visible};
use maildir::Read;
use std::path::PathBuf;

mod alerts;
pub mod lines;
mod mail;
mod maildir;

pub const SITE: Site = Site {
    kind: Kind::Intake,
    // Never asked.
    host: HOST,
    keys: &[Key {
        name: "maildir",
        sort: Sort::Folder,
        is_needed: false,
        such: "\"/var/mail/alerts\"",
    }],
    concerns: Concerns::Named,
    needs: "",
    build,
};

const HOST: &str = "https://intake.localhost";

/// Mails that are read between two commits; one poll goes on until all are.
const MOST_MAILS: usize = 40;

/// Notes on what a request is for.
const FOLDER: &str = "folder";
const MAIL: &str = "mail ";

struct Intake {
    name: String,
    maildir: Option<PathBuf>,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    if watch.base.as_str().trim_end_matches('/') != HOST {
        let why = "an intake has no address: posts are brought to it";
        return Err(Wrong::new("url", why).hint("write maildir = \"PATH\", or nothing"));
    }
    let maildir = watch.given.text("maildir").map(PathBuf::from);
    Ok(Box::new(Intake { name: watch.name.0, maildir }))
}

impl Source for Intake {
    fn is_polled(&self) -> bool {
        self.maildir.is_some()
    }

    fn open(&self, _: &Visit) -> Request {
        Request::folder(self.maildir.clone().unwrap_or_default()).about(FOLDER)
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        if reply.about == FOLDER {
            return self.folder(reply, visit);
        }
        let Some(path) = reply.about.strip_prefix(MAIL) else { return self.saved(&reply.body) };
        let posts = mail::read(&reply.body);
        let mut read = Read::of(&visit.cursor);
        read.note(path);
        let skipped = usize::from(posts.is_empty());
        Ok(Page { posts, skipped, cursor: Some(read.cursor()), ..Page::default() })
    }
}

impl Intake {
    /// Reads what lies in the maildir, and asks for what is new there.
    fn folder(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let odd = || Unreadable("the folder could not be listed".into());
        let listing = Listing::read(&reply.body).ok_or_else(odd)?;
        if !["new", "cur"].iter().all(|folder| listing.folders.contains(*folder)) {
            let what = "this is no maildir that vahti may read: it has no folders `new` and `cur`";
            return Err(Unreadable(what.into()));
        }
        let mut read = Read::of(&visit.cursor);
        let (wanted, again) = read.take(&listing, MOST_MAILS);
        let root = self.maildir.clone().unwrap_or_default();
        let ask = |path: String| {
            let location = crate::fetch::Location::File(root.join(&path));
            let about = format!("{MAIL}{path}");
            Request::for_what_was_named(location, "message/rfc822").about(about)
        };
        let trouble = (listing.left_out > 0).then(|| {
            let files = count(listing.left_out, "file");
            format!("{files} in the maildir too many to be looked at: move old mails elsewhere")
        });
        let next = wanted.into_iter().map(ask).collect();
        Ok(Page { next, again, trouble, cursor: Some(read.cursor()), ..Page::default() })
    }

    /// Reads a file by itself: posts as NDJSON, or a mail.
    fn saved(&self, body: &[u8]) -> Result<Page, Unreadable> {
        let page = if body.trim_ascii_start().starts_with(b"{") {
            let brought = lines::read(body, &self.name);
            let trouble = brought.refused.first();
            let trouble = trouble.map(|(line, why)| format!("line {line}: {}", visible(why)));
            let skipped = brought.refused.len();
            Page { posts: brought.posts, skipped, trouble, ..Page::default() }
        } else {
            Page { posts: mail::read(body), ..Page::default() }
        };
        if page.posts.is_empty() {
            let why = page.trouble.unwrap_or_else(|| "this is neither NDJSON nor a mail".into());
            return Err(Unreadable(why));
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests;
