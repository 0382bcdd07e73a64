//! A page made harmless before a tree is built of it.
//!
//! The parser's time grows with the square of how deep elements are nested and of how many
//! attributes a tag has, and elements that nobody closed are repeated at every paragraph. So a page
//! first loses what says nothing here (scripts but for data, comments, embedded pictures), then the
//! depth and the size of the tree are bounded while it grows.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink};
use scraper::{Html, HtmlTreeSink};
use std::cell::Cell;

/// How deep elements may be nested; what is nested deeper becomes part of what is around it.
const MOST_DEPTH: usize = 512;
/// How many elements and texts a page may have; the rest is not read. A page of 25 posts has some
/// ten thousand.
const MOST_NODES: usize = 400_000;
/// How many attributes a tag may have; the rest is dropped.
const MOST_ATTRIBUTES: usize = 200;
/// The most that is read of a page.
const MOST_BYTES: usize = 10 * 1024 * 1024;
/// Elements in which a `<` begins no tag, except their own end.
const RAW: [&str; 9] =
    ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"];

/// Builds the tree of a page. What is in `<noscript>` is part of it: some software puts there what
/// those without scripts should read.
pub(in crate::source) fn parse(source: &str) -> Html {
    let opts = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let builder = TreeBuilder::new(HtmlTreeSink::new(Html::new_document()), opts);
    let bounded = Bounded { builder, nodes: Cell::new(0), depth: Cell::new(0), ends: Cell::new(0) };
    let tokenizer = Tokenizer::new(bounded, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(&tidy(source)));
    while !queue.is_empty() {
        // A pause never means anything here: we run no script and know the encoding.
        let _paused = tokenizer.feed(&queue);
    }
    tokenizer.end();
    tokenizer.sink.builder.sink.finish()
}

/// Hands tokens on to the builder of the tree while it stays within bounds.
struct Bounded {
    builder: TreeBuilder<ego_tree::NodeId, HtmlTreeSink>,
    /// How many nodes the tree had when it was last looked at.
    nodes: Cell<usize>,
    /// How deep the newest node is.
    depth: Cell<usize>,
    /// How many end tags came since.
    ends: Cell<usize>,
}

impl Bounded {
    /// Tells whether one more element would be too much. End tags that close nothing may deceive
    /// about the depth, but each further level takes one more of them.
    fn is_full(&self) -> bool {
        let html = self.builder.sink.0.borrow();
        let nodes = html.tree.values().len();
        if nodes != self.nodes.get() {
            self.nodes.set(nodes);
            self.ends.set(0);
            let newest = html.tree.nodes().next_back();
            self.depth.set(newest.map_or(0, |node| node.ancestors().count()));
        }
        nodes > MOST_NODES || self.depth.get().saturating_sub(self.ends.get()) >= MOST_DEPTH
    }
}

impl TokenSink for Bounded {
    type Handle = ego_tree::NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Self::Handle> {
        match &token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag && self.is_full() => {
                return TokenSinkResult::Continue;
            }
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => {
                self.is_full();
                self.ends.set(self.ends.get() + 1);
            }
            Token::CharacterTokens(_) if self.nodes.get() > MOST_NODES => {
                return TokenSinkResult::Continue;
            }
            Token::ParseError(_) => return TokenSinkResult::Continue,
            _ => {}
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Drops what says nothing here, and attributes beyond all measure.
fn tidy(source: &str) -> String {
    let (source, _) = source.split_at(source.floor_char_boundary(MOST_BYTES));
    let mut kept = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        let (before, here) = rest.split_at(at);
        kept.push_str(before);
        let behind = here.strip_prefix('<').unwrap_or(here);
        let second = behind.chars().next().unwrap_or(' ');
        rest = if let Some(comment) = behind.strip_prefix("!--") {
            // As browsers do, an empty one may end at once.
            let empty = comment.strip_prefix("->").or(comment.strip_prefix('>'));
            empty.unwrap_or_else(|| after(comment, "-->"))
        } else if second == '!' && starts_with(behind, "!doctype") {
            kept.push_str("<!DOCTYPE html>");
            after(behind, ">")
        } else if matches!(second, '!' | '?') {
            after(behind, ">")
        } else if second.is_ascii_alphabetic() || second == '/' {
            tag(behind, &mut kept)
        } else {
            kept.push_str("&lt;");
            behind
        };
    }
    kept.push_str(rest);
    kept
}

/// What comes behind `end`; nothing where it does not come.
fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, behind)| behind)
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|front| front.eq_ignore_ascii_case(word))
}

/// Copies one tag, what follows its `<` given, and drops the inside of a script or a style. Returns
/// what comes behind.
fn tag<'a>(behind: &'a str, kept: &mut String) -> &'a str {
    let end_of_name = behind
        .find(|c: char| c.is_ascii_whitespace() || c == '>' || (c == '/'))
        .filter(|at| *at > 0)
        .or_else(|| {
            behind
                .get(1..)?
                .find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
                .map(|at| at + 1)
        })
        .unwrap_or(behind.len());
    let (name, attributes) = behind.split_at(end_of_name);
    let Some(Attributes { text, count, closed, rest }) = attributes_of(attributes) else {
        return ""; // A tag that does not end is none.
    };
    let lower = name.to_ascii_lowercase();
    if lower == "plaintext" {
        return rest;
    }
    kept.push('<');
    kept.push_str(name);
    if count <= MOST_ATTRIBUTES {
        without_data(text, kept);
    }
    kept.push('>');
    if closed || !RAW.contains(&lower.as_str()) {
        // A script that closes itself does not, in HTML; but it has no inside that anybody meant.
        if closed && RAW.contains(&lower.as_str()) {
            kept.push_str("</");
            kept.push_str(name);
            kept.push('>');
        }
        return rest;
    }
    let (inside, rest) = raw(rest, &lower);
    match lower.as_str() {
        "title" | "textarea" => kept.push_str(inside),
        "script" if text.to_ascii_lowercase().contains("json") => {
            // Else the tokenizer would see a script within the script.
            kept.push_str(&inside.replace("<!--", "").replace("<script", ""));
        }
        _ => {}
    }
    kept.push_str("</");
    kept.push_str(name);
    kept.push('>');
    rest
}

/// Splits at the end tag of `name`, which is dropped.
fn raw<'a>(text: &'a str, name: &str) -> (&'a str, &'a str) {
    for (at, _) in text.match_indices("</") {
        let Some((inside, here)) = text.split_at_checked(at) else { break };
        let behind = here.get(2..).unwrap_or_default();
        if !starts_with(behind, name) {
            continue;
        }
        let behind = behind.get(name.len()..).unwrap_or_default();
        if behind.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')) {
            return (inside, after(behind, ">"));
        }
    }
    (text, "")
}

/// The attributes of a tag, up to its end.
struct Attributes<'a> {
    text: &'a str,
    count: usize,
    /// Whether the tag ends in `/>`.
    closed: bool,
    rest: &'a str,
}

/// Where in a tag the reader is.
#[derive(Clone, Copy, PartialEq)]
enum At {
    BetweenAttributes,
    Name,
    BehindName,
    BeforeValue,
    Quoted(char),
    Unquoted,
}

/// Finds the end of a tag as the tokenizer does. `None` where it does not come.
fn attributes_of(text: &str) -> Option<Attributes<'_>> {
    let (mut at, mut count, mut last) = (At::BetweenAttributes, 0, ' ');
    for (index, c) in text.char_indices() {
        let space = c.is_ascii_whitespace();
        if c == '>' && !matches!(at, At::Quoted(_)) {
            let (text, rest) = text.split_at_checked(index)?;
            let closed = last == '/' && at != At::Unquoted;
            return Some(Attributes { text, count, closed, rest: rest.strip_prefix('>')? });
        }
        let ends = match at {
            At::Quoted(quote) => c == quote,
            At::Unquoted => space,
            At::BetweenAttributes => space || c == '/',
            At::Name | At::BehindName => c == '/',
            At::BeforeValue => false,
        };
        count +=
            usize::from(!ends && matches!(at, At::BetweenAttributes | At::BehindName) && !space);
        at = match at {
            _ if ends => At::BetweenAttributes,
            At::Name | At::BehindName if c == '=' => At::BeforeValue,
            At::Name | At::BehindName if space => At::BehindName,
            At::BetweenAttributes | At::BehindName => At::Name,
            At::BeforeValue if matches!(c, '"' | '\'') => At::Quoted(c),
            At::BeforeValue if !space => At::Unquoted,
            At::Quoted(_) | At::Unquoted | At::Name | At::BeforeValue => at,
        };
        last = c;
    }
    None
}

/// Copies attributes without the content of embedded pictures.
fn without_data(text: &str, kept: &mut String) {
    let mut rest = text;
    while let Some((before, data)) = rest.split_once(";base64,") {
        kept.push_str(before);
        rest = data.trim_start_matches(|c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
        });
    }
    kept.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    #[track_caller]
    fn check(source: &str, expected: &str) {
        assert_eq!(tidy(source), expected, "{source:?}");
    }

    #[test]
    fn what_says_nothing_is_dropped_and_all_else_is_kept() {
        check("<!doctype html SYSTEM 'x'><p CLASS=a>b", "<!DOCTYPE html><p CLASS=a>b");
        check("a<!-- <p>no</p> -->b<!-->c<!x>d<?php x ?>e", "abcde");
        check("a<!-- no end", "a");
        check("<script>if (a<b) '</p>' // <!--</script>c", "<script></script>c");
        check(
            "<SCRIPT type=application/ld+json>{\"a\":\"<!--<b>\"}</ScRipt >c",
            "<SCRIPT type=application/ld+json>{\"a\":\"<b>\"}</SCRIPT>c",
        );
        check("<title>a <b></title>", "<title>a <b></title>");
        check("<script src=x />b", "<script src=x /></script>b");
        check("<a href=x/>b</a>", "<a href=x/>b</a>");
        check("1 < 2 <3> <", "1 &lt; 2 &lt;3> &lt;");
        check("<p title='>' x = \">\">y</p>z", "<p title='>' x = \">\">y</p>z");
        check("<p \"x>y", "<p \"x>y");
        check(
            "<img src='data:image/png;base64,QUJD+/=' alt=x>",
            "<img src='data:image/png' alt=x>",
        );
        check("a<p no end", "a");
    }

    fn depth(html: &Html) -> usize {
        html.tree.nodes().map(|node| node.ancestors().count()).max().unwrap_or_default()
    }

    #[test]
    fn noscript_is_read_as_everything_else() {
        let html = parse("<body><noscript><div class=x>a</div></noscript>");
        let css = scraper::Selector::parse("noscript div.x").unwrap();
        assert_eq!(html.select(&css).count(), 1);
    }

    #[test]
    fn a_page_that_is_nested_as_deep_as_pages_are_stays_as_it_is() {
        let source = format!("{}<i>x</i>{}<p><b>y</b>", "<div>".repeat(400), "</div>".repeat(400));
        let html = parse(&source);
        assert_eq!(html.html().matches("<div>").count(), 400);
        assert!(html.html().ends_with("<p><b>y</b></p></body></html>"));
    }

    #[test]
    fn hostile_pages_take_no_long_time_and_no_deep_stack() {
        let attributes = (0..100_000).fold(String::from("<b "), |mut tag, i| {
            write!(tag, "a{i}=1 ").unwrap();
            tag
        });
        let started = Instant::now();
        let fonts: String = (0..600).fold(String::new(), |mut tags, i| {
            write!(tags, "<font a{i}>").unwrap();
            tags
        });
        for source in [
            format!("{}x", "<div>".repeat(50_000)),
            format!("{}x", "<div></x>".repeat(40_000)),
            format!("{}x", "<table><tr><td></div>".repeat(20_000)),
            format!("{fonts}{}x", "<p>".repeat(5_000)),
            format!("{attributes}>x"),
            format!("<script>{attributes}</script><b ='{attributes}'>x"),
            attributes.clone(),
            "<!--".repeat(100_000),
            "<a ='".repeat(100_000),
            "</".repeat(200_000),
            "<script></".repeat(50_000),
            "<svg><math>".repeat(30_000),
        ] {
            let html = parse(&source);
            assert!(depth(&html) < 1_500, "{}", depth(&html));
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn any_text_always_becomes_a_tree(source in "(<|>|/|p|b|script|div|table|title|!--|--|'|\"|=| |&|\\PC){0,40}") {
            parse(&source);
        }
    }
}
