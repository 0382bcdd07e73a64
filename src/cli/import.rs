//! `vahti import`: the feeds of an OPML file as `[[source]]` tables.

use super::{Failure, print};
use crate::source::opml;
use crate::text::visible;
use std::collections::HashSet;
use std::fmt::Write;
use std::path::PathBuf;
use url::Url;

#[derive(clap::Args)]
pub(super) struct Args {
    /// An OPML file, as feed readers export it
    file: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let path = args.file.display();
    let bytes = std::fs::read(&args.file)
        .map_err(|error| Failure::new(format!("cannot read {path}: {error}")))?;
    let outlines = opml::read(&bytes).map_err(|error| Failure::new(format!("{path}: {error}")))?;
    let mut names = HashSet::new();
    let mut text = String::new();
    let mut seen = HashSet::new();
    for outline in outlines {
        let is_web =
            Url::parse(&outline.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !is_web {
            print::complain(&format!("left out: `{}` is no web address", visible(&outline.url)));
            continue;
        }
        if !seen.insert(outline.url.clone()) {
            continue;
        }
        let name = unused(&crate::text::cut(&outline.title, 80), &mut names);
        let (name, url) = (toml::Value::String(name), toml::Value::String(outline.url));
        // Writing into a string does not fail.
        writeln!(text, "[[source]]\nname = {name}\nfeed.url = {url}\n").ok();
    }
    print::write(&text)
}

/// Returns `title`, with a number behind it where the name is taken.
fn unused(title: &str, names: &mut HashSet<String>) -> String {
    let title = if title.trim().is_empty() { "feed" } else { title.trim() };
    let mut name = title.to_owned();
    let mut nth = 1;
    while !names.insert(name.clone()) {
        nth += 1;
        name = format!("{title} {nth}");
    }
    name
}
