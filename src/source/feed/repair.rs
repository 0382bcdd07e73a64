//! Mends what is commonly broken in feeds, so that a strict parser reads them.
//!
//! Text first ([`mend`]): junk before the root, odd versions and namespaces, stray `&`, illegal
//! characters. If the parser still refuses, the document is taken apart ([`take_apart`]), so that a
//! broken entry costs that entry.

use crate::source::feed::references;
use quick_xml::escape;
use quick_xml::events::BytesStart;
use std::borrow::Cow;
use std::collections::HashSet;

/// A root tag longer than this is no feed's; it is repeated for every entry of a broken feed.
const MOST_ROOT_BYTES: usize = 16 * 1024;
/// A broken feed with more entries than this is not read to its end.
const MOST_PIECES: usize = 5_000;
const ATOM: &str = "http://www.w3.org/2005/Atom";
const RSS_1: &str = "http://purl.org/rss/1.0/";

/// Namespaces that matter to us: the prefix that feeds use even undeclared, and the name. Feeds
/// write them in other cases, with other ends, or in older versions.
const NAMESPACES: [(&str, &str); 8] = [
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("wfw", "http://wellformedweb.org/CommentAPI/"),
    ("atom", ATOM),
    ("rss", RSS_1),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
];
/// Older names of the two that were renamed.
const RENAMED: [(&str, &str); 5] = [
    ("//purl.org/atom/ns", ATOM),
    ("//purl.org/atom-blog/ns", ATOM),
    ("//my.netscape.com/rdf/simple/0.9", RSS_1),
    ("//channel.netscape.com/rdf/simple/0.9", RSS_1),
    ("//purl.org/net/rss1.1", RSS_1),
];
/// What Atom 0.3 called things, and what Atom calls them.
const ATOM_0_3: [(&str, &str); 3] =
    [("issued", "published"), ("modified", "updated"), ("tagline", "subtitle")];
/// Types of texts that the parser refuses, and what they mean.
const TYPES: [(&str, &str); 5] = [
    ("text/plain", "text"),
    ("application/xhtml+xml", "xhtml"),
    ("application/xhtml", "xhtml"),
    ("", "text"),
    ("xml", "xhtml"),
];

/// What a document turned out to be.
#[derive(Debug, PartialEq)]
pub(super) enum Document {
    Feed(Xml),
    Html,
    Unknown,
}

/// A feed in XML, in parts that make a document again.
#[derive(Debug, PartialEq)]
pub(super) struct Xml {
    /// The whole root tag.
    root: String,
    /// The name in it, with its prefix.
    name: String,
    /// Everything behind the root tag.
    rest: String,
}

impl Xml {
    /// Returns the whole document.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.root, self.rest)
    }
}

/// A broken feed in pieces, of which each can be made a document of its own.
pub(super) struct Pieces<'a> {
    /// A document of what stands before the first entry.
    pub(super) head: String,
    /// Entries, from start tag to end tag.
    pub(super) entries: Vec<String>,
    /// Entries that were begun and never ended, or are too many.
    pub(super) unfinished: usize,
    feed: &'a Xml,
}

impl Pieces<'_> {
    /// Returns one entry as a document.
    pub(super) fn document(&self, entry: &str) -> String {
        let Xml { root, name, .. } = self.feed;
        match local(name) {
            "rss" => format!("{root}<channel>{entry}</channel></{name}>"),
            _ => format!("{root}{entry}</{name}>"),
        }
    }
}

/// Returns a document in which the parser sees no extension for media and podcasts; it refuses a
/// feed for an empty description of a video.
pub(super) fn without_media(document: &str) -> String {
    let media =
        ["search.yahoo.com/mrss", "www.itunes.com/dtds/podcast", "podcastindex.org/namespace"];
    media.iter().fold(document.to_owned(), |text, name| text.replace(name, "ignored.invalid"))
}

/// Finds the feed in a text and mends it.
pub(super) fn mend(text: &str) -> Document {
    let Some((root, is_feed)) = find_root(text) else { return Document::Unknown };
    if !is_feed {
        return Document::Html;
    }
    let text = references::mend(root);
    let Some((tag, rest)) = split_tag(&text).filter(|(tag, _)| tag.len() <= MOST_ROOT_BYTES) else {
        return Document::Unknown;
    };
    let is_empty = tag.trim_end_matches('>').ends_with('/');
    let (root, name) = root_tag(tag);
    let mut rest = if is_empty { format!("</{name}>") } else { rest.to_owned() };
    if local(&name) == "feed" || local(&name) == "entry" {
        for (old, new) in TYPES {
            rest = rest.replace(&format!(" type=\"{old}\""), &format!(" type=\"{new}\""));
        }
        if tag.to_lowercase().contains("purl.org/atom") {
            rest = rename(&rest);
        }
    }
    Document::Feed(Xml { root, name, rest })
}

/// Takes a feed apart at its entries.
pub(super) fn take_apart(feed: &Xml) -> Pieces<'_> {
    let Xml { root, name, rest } = feed;
    let starts = ["item", "entry"].into_iter().filter_map(|name| start_of(rest, name));
    let (head, entries) = rest.split_at(starts.min().unwrap_or(rest.len()));
    let head = close_head(root, name, head);
    let mut pieces = Pieces { head, entries: Vec::new(), unfinished: 0, feed };
    let tag = if entries.starts_with("<entry") { "entry" } else { "item" };
    for piece in entries.split(&format!("<{tag}")).skip(1) {
        if !ends_name(piece) {
            // `<items>`, or something else that only begins so.
        } else if let Some((entry, _)) = piece.split_once(&format!("</{tag}>"))
            && pieces.entries.len() < MOST_PIECES
        {
            pieces.entries.push(format!("<{tag}{entry}</{tag}>"));
        } else {
            pieces.unfinished += 1;
        }
    }
    pieces
}

/// Returns the guids that say of themselves that they are no addresses.
pub(super) fn no_permalinks(feed: &Xml) -> HashSet<String> {
    feed.rest
        .split("<guid")
        .skip(1)
        .filter_map(|piece| {
            let (attributes, behind) = piece.split_once('>')?;
            let attributes = attributes.to_lowercase();
            let (text, _) = behind.split_once("</")?;
            let text = text.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>").trim();
            let text = escape::unescape(text).map_or_else(|_| text.to_owned(), Cow::into_owned);
            (attributes.contains("ispermalink") && attributes.contains("false")).then_some(text)
        })
        .collect()
}

/// Returns the text from the root tag on, and whether that is a feed's or a page's.
fn find_root(text: &str) -> Option<(&str, bool)> {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (_, here) = rest.split_at(at);
        rest = match here.strip_prefix("<!--") {
            Some(comment) => comment.split_once("-->")?.1,
            None => here.strip_prefix('<').unwrap_or_default(),
        };
        let name: String =
            rest.chars().take_while(|c| !c.is_whitespace() && *c != '>').take(30).collect();
        let name = name.trim_end_matches('/').to_ascii_lowercase();
        match local(&name) {
            _ if here.starts_with("<!--") => {}
            "rss" | "feed" | "rdf" | "entry" => return Some((here, true)),
            "html" | "head" | "body" => return Some((here, false)),
            "!doctype" => {
                let (_, kind) = rest.split_once(char::is_whitespace)?;
                let html =
                    kind.trim_start().get(..4).is_some_and(|k| k.eq_ignore_ascii_case("html"));
                if html {
                    return Some((here, false));
                }
            }
            _ => {}
        }
    }
    None
}

/// Parts a document that begins with a tag behind that tag.
fn split_tag(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let end = text.find(|c| match (quote, c) {
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (Some(open), _) if open == c => {
            quote = None;
            false
        }
        (None, '>') => true,
        (None | Some(_), _) => false,
    })?;
    text.split_at_checked(end + 1)
}

/// Writes the root tag as the parser wants it; also returns its name.
fn root_tag(tag: &str) -> (String, String) {
    let inner = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
    let name = inner.split(char::is_whitespace).next().unwrap_or_default().to_owned();
    let is_rss = local(&name) == "rss";
    let mut root = format!("<{name}");
    let mut declared = HashSet::new();
    for attribute in BytesStart::from_content(inner, name.len()).html_attributes().flatten() {
        let (key, value) = (attribute.key.as_ref(), &*attribute.value);
        let value = match key.strip_prefix("xmlns") {
            // A feed of this kind has no namespace; with one its parts would not be found.
            Some("") if is_rss => continue,
            Some(prefix) => {
                declared.insert(prefix.trim_start_matches(':').to_owned());
                namespace(value).unwrap_or(value)
            }
            None if is_rss && key == "version" => continue,
            None => value,
        };
        let value = value.replace('"', "&quot;").replace('<', "&lt;");
        root.extend([" ", key, "=\"", &value, "\""]);
    }
    for (prefix, namespace) in NAMESPACES {
        if !declared.contains(prefix) {
            root.extend([" xmlns:", prefix, "=\"", namespace, "\""]);
        }
    }
    root.push_str(if is_rss { " version=\"2.0\">" } else { ">" });
    (root, name)
}

/// Returns the namespace that is meant by `written`, if we know it.
fn namespace(written: &str) -> Option<&'static str> {
    let key = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        let (_, name) = name.split_once(':').unwrap_or(("", &name));
        name.trim_end_matches(['/', '#']).to_owned()
    };
    let written = key(written);
    let renamed = RENAMED.iter().map(|(old, new)| (*old, *new));
    let known = NAMESPACES.iter().map(|(_, name)| (*name, *name));
    renamed
        .chain(known)
        .find(|(old, _)| key(&format!("x:{}", old.trim_start_matches("http:"))) == written)
        .map(|(_, name)| name)
}

fn rename(text: &str) -> String {
    let mut text = text.to_owned();
    for (old, new) in ATOM_0_3 {
        text = text.replace(&format!("<{old}"), &format!("<{new}"));
        text = text.replace(&format!("</{old}"), &format!("</{new}"));
    }
    text
}

/// Returns where the first element called `name` begins.
fn start_of(text: &str, name: &str) -> Option<usize> {
    let mut tags = text.match_indices('<').map(|(at, _)| at);
    tags.find(|at| {
        let (_, tag) = text.split_at(*at);
        tag.strip_prefix('<').and_then(|tag| tag.strip_prefix(name)).is_some_and(ends_name)
    })
}

/// Tells whether a tag's name ends before `behind`.
fn ends_name(behind: &str) -> bool {
    behind.starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
}

/// Makes a document of what stands before the first entry.
fn close_head(root: &str, name: &str, head: &str) -> String {
    let open =
        |tag: &str| head.contains(&format!("<{tag}")) && !head.contains(&format!("</{tag}>"));
    let channel = if open("channel") { "</channel>" } else { "" };
    format!("{root}{head}{channel}</{name}>")
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    #[track_caller]
    fn root(text: &str) -> String {
        match mend(text) {
            Document::Feed(feed) => feed.text(),
            other @ (Document::Html | Document::Unknown) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_feed_is_found_behind_junk() {
        for junk in [
            "",
            "\n",
            "<?xml version='1.0'?>",
            "<br />\n<b>Warning</b>: x",
            "<!-- <rss> -->",
            "<!DOCTYPE rss [<!ENTITY a \"b\">]>",
            "<?xml-stylesheet href='a'?>",
        ] {
            assert!(
                root(&format!("{junk}<rss>x</rss>")).ends_with(" version=\"2.0\">x</rss>"),
                "{junk}"
            );
        }
        assert_eq!(mend("<?xml version='1.0'?><!DOCTYPE HTML><p><rss>"), Document::Html);
        assert_eq!(mend("<html><rss>"), Document::Html);
        assert_eq!(mend("<opml/>"), Document::Unknown);
        assert_eq!(mend("no markup"), Document::Unknown);
    }

    #[test]
    fn odd_versions_and_namespaces_become_the_usual_ones() {
        for version in ["", " version=2.0.1", " version='0.93'", " VERSION=\"x\" version=\"2\""] {
            assert!(root(&format!("<rss{version} a='b'/>")).contains(" version=\"2.0\"></rss>"));
        }
        assert!(!root("<rss xmlns='http://backend.userland.com/rss2'/>").contains("userland"));
        let old =
            root("<feed version='0.3' xmlns='http://purl.org/atom/ns#'><issued>x</issued></feed>");
        assert!(old.contains(" xmlns=\"http://www.w3.org/2005/Atom\""), "{old}");
        assert!(old.ends_with("<published>x</published></feed>"), "{old}");
        let slash = root("<rss xmlns:m='HTTP://search.yahoo.com/mrss'/>");
        assert!(slash.contains("xmlns:m=\"http://search.yahoo.com/mrss/\""), "{slash}");
    }

    #[test]
    fn a_feed_is_taken_apart_at_its_entries() {
        let Document::Feed(feed) = mend(
            "<rss><channel><title>t</title><items/><item>1</item><item a='b'>2</item>x<item>3",
        ) else {
            panic!("no feed")
        };
        let pieces = take_apart(&feed);
        let head = &pieces.head;
        assert!(head.ends_with("><channel><title>t</title><items/></channel></rss>"), "{head}");
        let second = pieces.document(&pieces.entries[1]);
        assert!(second.ends_with("><channel><item a='b'>2</item></channel></rss>"), "{second}");
        assert_eq!((pieces.entries.len(), pieces.unfinished), (2, 1));
    }

    #[test]
    fn guids_that_are_no_addresses_are_found() {
        let Document::Feed(feed) = mend(
            "<rss><guid isPermaLink='false'> http://a/?b&amp;c </guid><guid>http://b</guid></rss>",
        ) else {
            panic!("no feed")
        };
        assert_eq!(no_permalinks(&feed), HashSet::from(["http://a/?b&c".to_owned()]));
    }

    #[test]
    fn hostile_text_takes_no_long_time() {
        let started = Instant::now();
        for text in
            ["&", "<", "<!--", "<![CDATA[", "<item", "<item>", "<guid", "&#1;", "<!doctype "]
        {
            let whole = format!("<rss>{}", text.repeat(40_000));
            if let Document::Feed(feed) = mend(&whole) {
                take_apart(&feed);
                no_permalinks(&feed);
            }
            mend(&text.repeat(40_000));
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn any_text_is_always_mended_or_refused(text in "(<|>|rss|feed|item|/|&|'|\"| |=|xmlns|:|\\PC){0,30}") {
            if let Document::Feed(feed) = mend(&text) {
                take_apart(&feed);
                no_permalinks(&feed);
            }
        }
    }
}
