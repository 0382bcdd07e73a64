//! RSS, Atom and JSON Feed.
//!
//! The parser is strict and the world is not, so every document goes through `decode` and `rewrite`
//! before the parser sees it, and the parser may panic.

use crate::fetch::{Allowed, Location, Reply, Request};
use crate::post::SourceName;
use crate::source::feed::entry::Document;
use crate::source::feed::rewrite::{Rewritten, Sort};
use crate::source::{Hub, Page, Source, Unreadable, Visit};
use feed_rs::model;
use std::panic::{AssertUnwindSafe, catch_unwind};
use url::Url;

mod bing;
mod construct;
#[cfg(test)]
mod corpus;
pub mod date;
pub mod decode;
mod entry;
pub mod google;
mod hints;
mod html_page;
mod json;
mod names;
mod news;
mod part;
#[cfg(test)]
mod properties;
mod reddit;
pub mod references;
mod rewrite;
#[cfg(test)]
mod tests;
mod token;

/// What a feed may be; some servers give a page to those who do not ask.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
    application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1";

/// A feed that is polled.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    pub name: SourceName,
    pub location: Location,
    /// Which private addresses it may be at; `None` where the general setting holds.
    pub allow_private: Option<Allowed>,
}

impl Source for Feed {
    fn open(&self, _visit: &Visit) -> Request {
        Request {
            allow_private: self.allow_private.clone(),
            ..Request::for_what_was_named(self.location.clone(), ACCEPT)
        }
    }

    fn read(&self, reply: &Reply, _visit: &Visit) -> Result<Page, Unreadable> {
        let base = base(reply);
        let parsed = parse(reply, base)?;
        let document = Document {
            site: self.site(),
            base,
            feed: &parsed.feed,
            is_alerts: google::is_alerts(&self.location, &parsed.feed.id),
        };
        let posts = parsed.feed.entries.iter().filter_map(|entry| document.post(entry)).collect();
        let mut hints = parsed.rewritten.rhythm.hints();
        if reddit::is_reddit(&self.location) {
            hints.interval = hints.interval.max(Some(reddit::INTERVAL));
        }
        Ok(Page {
            posts: document.settle(posts),
            skipped: parsed.skipped,
            hints,
            hub: hub(reply, &parsed.rewritten, base),
            ..Page::default()
        })
    }
}

impl Feed {
    /// Within what the feed's own ids are unique.
    fn site(&self) -> String {
        match &self.location {
            Location::Web(url) => {
                let mut url = url.clone();
                url.set_fragment(None);
                url.into()
            }
            Location::File(path) => path.display().to_string(),
        }
    }
}

/// Returns what the parser makes of a reply once it is decoded and rewritten: all that is done before
/// entries become posts. For measurements.
///
/// # Errors
///
/// Fails as [`Feed::read`] does.
pub fn model(reply: &Reply) -> Result<model::Feed, Unreadable> {
    parse(reply, base(reply)).map(|parsed| parsed.feed)
}

/// Returns to what the links of a reply are relative.
fn base(reply: &Reply) -> Option<&Url> {
    match &reply.location {
        Location::Web(url) => Some(url),
        Location::File(_) => None,
    }
}

/// A feed as the parser gave it.
struct Parsed {
    feed: model::Feed,
    /// Entries that the parser never saw.
    skipped: usize,
    rewritten: Rewritten,
}

fn parse(reply: &Reply, base: Option<&Url>) -> Result<Parsed, Unreadable> {
    let host = base.and_then(Url::host_str);
    let text = decode::decode(&reply.body, reply.content_type.as_deref(), host);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Err(Unreadable("the reply is empty".into()));
    }
    if text.starts_with(['{', '[']) {
        let (text, skipped) = json::mend(text)?;
        let feed = parse_text(&text)?;
        return Ok(Parsed { feed, skipped, rewritten: Rewritten::default() });
    }
    match rewrite::sort(text) {
        Sort::Feed => {
            let rewritten = rewrite::rewrite(text, base);
            let feed = parse_text(&rewritten.text)?;
            Ok(Parsed { feed, skipped: rewritten.cut, rewritten })
        }
        Sort::Html => match html_page::wrapped(text).map(|text| rewrite::rewrite(text, base)) {
            Some(rewritten) if rewritten.text.contains("<entry>") => {
                let feed = parse_text(&rewritten.text)?;
                Ok(Parsed { feed, skipped: rewritten.cut, rewritten })
            }
            Some(_) | None => Err(html_page::unreadable(text, base)),
        },
        Sort::Unknown => {
            Err(Unreadable("the reply is no feed: it holds neither RSS, Atom nor JSON Feed".into()))
        }
    }
}

fn parse_text(text: &str) -> Result<model::Feed, Unreadable> {
    let parser = feed_rs::parser::Builder::new()
        .sanitize_content(false)
        .timestamp_parser(date::parse)
        // Left to itself it makes up another random id at every poll.
        .id_generator(|_, _, _| String::new())
        .build();
    let error = match catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes()))) {
        Ok(Ok(feed)) => return Ok(feed),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the parser failed".into(),
    };
    Err(Unreadable(format!("the feed cannot be read: {error}")))
}

/// Returns where to subscribe, by the headers of the reply or by the feed itself. `WebSub` lets the
/// headers count first.
fn hub(reply: &Reply, feed: &Rewritten, base: Option<&Url>) -> Option<Hub> {
    let header = |wanted: &str| {
        let links = reply.link.iter().flat_map(|header| links(header));
        let mut fitting = links.filter(|(_, rel)| {
            rel.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case(wanted))
        });
        fitting.next().map(|(target, _)| target.to_owned())
    };
    let absolute = |written: String| match base {
        Some(base) => base.join(written.trim()).ok(),
        None => Url::parse(written.trim()).ok(),
    };
    let on_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let hub = header("hub").or_else(|| feed.hub.clone()).and_then(absolute).filter(on_web)?;
    let topic = header("self").or_else(|| feed.topic.clone()).and_then(absolute);
    let topic = topic.or_else(|| base.cloned()).filter(on_web)?;
    Some(Hub { hub, topic })
}

/// Returns the links of one `Link` header (RFC 8288) with their relations.
fn links(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split('<').skip(1).filter_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let rel = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then_some(value)
        })?;
        Some((target, rel.trim().trim_end_matches(',').trim_end().trim_matches('"')))
    })
}
