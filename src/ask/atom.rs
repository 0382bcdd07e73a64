//! Mentions as an Atom feed (RFC 4287), for any feed reader: what Google Alerts gives as RSS.

use super::view::{MentionView, label, priority};
use crate::digest::Piece;
use crate::digest::excerpt::sentence_of;
use crate::text;
use crate::text::html::escape;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt::Write;

/// Who gives the ids where no public address says it.
const NOBODY: &str = "vahti";

/// What the names of our categories begin with: they mean the same everywhere.
const TAG: &str = "tag:vahti,2026:";

/// The longest title of an entry that has none of its own, in characters.
const LONGEST_TITLE: usize = 120;

/// Which feed it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Feed<'a> {
    /// The query that it answers; empty: everything.
    pub query: &'a str,
    /// The address that it is read at, where that is known.
    pub address: Option<&'a str>,
    /// The host of the public address, which no other has: by it our ids are told from those of another vahti.
    pub authority: Option<&'a str>,
}

impl Feed<'_> {
    /// Returns what every id begins with: those of entries stay the same wherever the feed is read from.
    fn tag(&self) -> String {
        format!("tag:{},2026:", self.authority.unwrap_or(NOBODY))
    }
}

/// Returns the feed of these mentions, newest first. What was taken for noise, or is deleted at its site, is
/// left out.
pub fn feed(about: &Feed<'_>, mentions: &[MentionView]) -> String {
    let shown: Vec<&MentionView> =
        mentions.iter().filter(|mention| !mention.muted && !mention.deleted).collect();
    let title = match about.query.trim() {
        "" => "vahti".to_owned(),
        query => format!("vahti: {query}"),
    };
    let tag = about.tag();
    let mut id = format!("{tag}feed");
    if !about.query.trim().is_empty() {
        let query = url::form_urlencoded::byte_serialize(about.query.trim().as_bytes());
        id.push('?');
        id.extend(query);
    }
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n",
    );
    element(&mut out, "id", &id);
    element(&mut out, "title", &title);
    element(&mut out, "updated", &time(changed(mentions).unwrap_or_default()));
    let version = env!("CARGO_PKG_VERSION");
    line(&mut out, format_args!("<generator version=\"{version}\">vahti</generator>"));
    if let Some(address) = about.address {
        let address = xml(address);
        line(
            &mut out,
            format_args!("<link rel=\"self\" type=\"application/atom+xml\" href=\"{address}\"/>"),
        );
    }
    for mention in shown {
        entry(&mut out, mention, &tag);
    }
    out.push_str("</feed>\n");
    out
}

/// Tells whether an address may stand in a feed: on the web, and with no password in it.
fn is_open(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// Returns when the latest of these became what it is; `None` where there is none.
pub fn changed(mentions: &[MentionView]) -> Option<DateTime<Utc>> {
    mentions.iter().map(|mention| mention.edited.unwrap_or_default().max(mention.seen)).max()
}

fn entry(out: &mut String, mention: &MentionView, tag: &str) {
    let written = mention.published.filter(|at| *at <= mention.seen).unwrap_or(mention.seen);
    let sentence = sentence(mention);
    let plain: String = sentence.iter().map(|piece| piece.text.as_str()).collect();
    let title = mention.title.clone().filter(|title| !title.trim().is_empty());
    let title = title.unwrap_or_else(|| text::cut(&plain, LONGEST_TITLE));
    match &mention.language {
        Some(language) => {
            line(out, format_args!("<entry xml:lang=\"{}\">", xml(language.code())));
        }
        None => out.push_str("<entry>\n"),
    }
    element(out, "id", &format!("{tag}mention/{}", mention.id));
    element(out, "title", &title);
    element(out, "updated", &time(mention.edited.unwrap_or(written)));
    if let Some(published) = mention.published.filter(|at| *at <= mention.seen) {
        element(out, "published", &time(published));
    }
    author(out, mention);
    match mention.url.as_deref().filter(|url| is_open(url)) {
        Some(url) => line(out, format_args!("<link rel=\"alternate\" href=\"{}\"/>", xml(url))),
        // An entry without a link must hold its words.
        None => {
            line(out, format_args!("<content type=\"text\">{}</content>", xml(&plain)));
        }
    }
    let [mood, urgency] = [label(mention.sentiment.label), priority(mention.priority)];
    for (scheme, term) in [("sentiment", mood), ("priority", urgency), ("brand", &mention.brand)] {
        let term = xml(term);
        line(out, format_args!("<category scheme=\"{TAG}{scheme}\" term=\"{term}\"/>"));
    }
    let marked: String = sentence.iter().map(marked).collect();
    line(out, format_args!("<summary type=\"html\">{}</summary>", xml(&marked)));
    out.push_str("</entry>\n");
}

/// Returns the sentence with the brand in it; the title where the post is nothing else.
fn sentence(mention: &MentionView) -> Vec<Piece> {
    let text = mention.text.as_deref().or(mention.title.as_deref()).unwrap_or_default();
    let hits = if mention.text.is_some() { &*mention.matches } else { &[] };
    sentence_of(text, hits)
}

fn marked(piece: &Piece) -> String {
    let text = escape(&piece.text);
    if piece.marked { format!("<b>{text}</b>") } else { text }
}

/// Writes who wrote it: every entry says so, since vahti, whose feed it is, wrote none of them. A name that is empty
/// says that nobody knows, as in the feeds of Google Alerts.
fn author(out: &mut String, mention: &MentionView) {
    let author = mention.author.clone().unwrap_or_default();
    let handle = author.handle.map(|handle| format!("@{handle}"));
    let name = author.name.or(handle).unwrap_or_default();
    let address = author
        .url
        .filter(|url| is_open(url))
        .map(|url| format!("<uri>{}</uri>", xml(&url)))
        .unwrap_or_default();
    line(out, format_args!("<author><name>{}</name>{address}</author>", xml(&name)));
}

fn element(out: &mut String, name: &str, text: &str) {
    line(out, format_args!("<{name}>{}</{name}>", xml(text)));
}

fn line(out: &mut String, written: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    writeln!(out, "{written}").ok();
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Returns `text` so that it may stand in XML: without the characters that are not allowed there in any form.
fn xml(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    escape(&text.chars().filter(allowed).collect::<String>())
}

#[cfg(test)]
mod tests;
