//! What the tests share: a folder, a site on loopback, and the real program.

mod entry;
pub(crate) mod rogue;
mod site;
pub(crate) mod smtp;
pub(crate) mod standin;
mod world;

pub(crate) use entry::{Entry, entry, feed};
pub(crate) use site::{Answer, Site};
pub(crate) use world::{Ran, World, faketime, patiently, read, skipped, until};

use std::fmt::Write;

/// Returns an RSS 2.0 feed with these entries, the first of which is the newest: id and title.
pub(crate) fn rss(entries: &[(&str, &str)]) -> String {
    let mut items = String::new();
    for (id, title) in entries {
        write!(
            items,
            "<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title>\
             <link>https://news.example/{id}</link><description>{title}</description></item>"
        )
        .unwrap();
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>News</title>\
         <link>https://news.example/</link><description>News</description>{items}</channel></rss>"
    )
}
