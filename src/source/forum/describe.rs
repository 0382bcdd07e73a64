//! What a reply of a forum shows, for people who set one up.

use crate::fetch::Reply;
use crate::source::forum::api::Way;
use crate::source::forum::page::Used;
use crate::source::forum::{Forum, is_nowhere};
use crate::source::{Unreadable, Visit};
use url::Url;

/// Topics named in a description.
const MOST_NAMED: usize = 10;

/// What would be read of one reply, and what would be asked for next.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// How the reply was read.
    pub way: Way,
    /// Where the same is to be had for machines; it is read from there once that was seen to work.
    pub api: Option<(Way, Url)>,
    /// The software whose selectors were used, or what else the page was read by.
    pub engine: Option<&'static str>,
    /// What each selector found.
    pub used: Vec<Used>,
    pub title: Option<String>,
    pub posts: usize,
    pub topics: usize,
    /// Entries that could not be read.
    pub skipped: usize,
    pub next: Option<Url>,
    pub last: Option<Url>,
    /// The first topics that would be followed.
    pub follow: Vec<Url>,
    pub warnings: Vec<String>,
}

impl Forum {
    /// Describes one reply by itself, whatever was read before.
    ///
    /// # Errors
    ///
    /// As [`read`](crate::source::Source::read).
    pub fn describe(&self, reply: &Reply, visit: &Visit) -> Result<Description, Unreadable> {
        let mut reading = self.look(reply, visit)?;
        reading.next.take_if(|url| is_nowhere(url.as_str()));
        reading.last.take_if(|url| is_nowhere(url.as_str()));
        let engine = reading.sheet.as_ref().map(|sheet| sheet.engine);
        let sheet = reading.sheet.unwrap_or_default();
        let follow = reading.rows.iter().map(|row| &row.address);
        let follow = follow.filter(|url| !is_nowhere(url.as_str())).take(MOST_NAMED).cloned();
        Ok(Description {
            way: reading.way,
            api: reading.api,
            engine,
            used: sheet.used,
            title: reading.title,
            posts: reading.posts.len(),
            topics: reading.rows.len(),
            skipped: reading.skipped,
            next: reading.next,
            last: reading.last,
            follow: if reading.posts.is_empty() { follow.collect() } else { Vec::new() },
            warnings: sheet.warnings,
        })
    }
}
