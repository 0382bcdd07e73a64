//! HTML to plain text, and plain text into HTML safely.
//!
//! Only the tokenizer of html5ever is used. It builds no tree, so that time and memory stay linear in
//! the input however deep somebody nests.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::{Cell, RefCell};

/// The most that is kept of one text.
pub const MOST_TEXT_BYTES: usize = 1024 * 1024;
/// The most that is read of one piece of HTML; far more than fills a text.
const MOST_HTML_BYTES: usize = 2 * 1024 * 1024;
/// How much the tokenizer is given at once, between two looks at whether it gets on.
const CHUNK_BYTES: usize = 4 * 1024;
/// How many places where an attribute could begin one tag may have. The tokenizer compares each
/// attribute with all before it; without a limit a tag of a megabyte would take minutes.
const MOST_BREAKS: usize = 3_000;

/// Elements whose content is never text that somebody wrote.
const DROPPED: [&str; 8] =
    ["script", "style", "noscript", "template", "head", "iframe", "noembed", "noframes"];
/// Elements that stand apart, with an empty line before and behind.
const PARAGRAPHS: [&str; 15] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "dl",
    "blockquote",
    "pre",
    "table",
    "figure",
    "hr",
];
/// Elements that begin and end on a line of their own.
const LINES: [&str; 24] = [
    "div",
    "li",
    "tr",
    "dt",
    "dd",
    "article",
    "section",
    "header",
    "footer",
    "nav",
    "aside",
    "main",
    "address",
    "figcaption",
    "caption",
    "option",
    "fieldset",
    "legend",
    "details",
    "summary",
    "center",
    "form",
    "body",
    "title",
];

/// Returns the text of a piece of HTML: entities decoded, scripts and comments dropped, paragraphs
/// and lines broken where a browser breaks them, at most one empty line in a row. What comes out is
/// [`clean`] already.
pub fn plain(html: &str) -> String {
    let mut writer = Writer::default();
    tokenize(html, &mut |piece| writer.take(&piece));
    clean(&writer.text)
}

/// Returns `text` so that it may stand in HTML, between tags or in a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Returns plain text from outside without what nobody can see: control characters except line
/// breaks, marks that change the direction of writing, soft hyphens. Trimmed, and cut to
/// [`MOST_TEXT_BYTES`].
pub fn clean(text: &str) -> String {
    let mut kept = String::with_capacity(text.len().min(MOST_TEXT_BYTES + 4));
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        if kept.len() > MOST_TEXT_BYTES {
            break;
        }
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => kept.push('\n'),
            '\t' | '\x0b' | '\x0c' => kept.push(' '),
            '\n' => kept.push(c),
            _ if c.is_control() || is_invisible(c) => {}
            _ => kept.push(c),
        }
    }
    kept.truncate(kept.floor_char_boundary(MOST_TEXT_BYTES));
    kept.trim().to_owned()
}

/// Returns the attributes of every start tag called `name`, in order, names in lower case.
pub fn attributes(html: &str, name: &str) -> Vec<Vec<(String, String)>> {
    let mut found = Vec::new();
    tokenize(html, &mut |piece| match piece {
        Piece::Tag(tag) if tag.kind == TagKind::StartTag && &*tag.name == name => found.push(
            tag.attrs.iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect(),
        ),
        Piece::Tag(_) | Piece::Text(_) => {}
    });
    found
}

/// Marks that change the direction of writing, and characters that only hide within words.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{ad}' | '\u{feff}')
}

/// What the tokenizer hands on.
enum Piece<'a> {
    Text(&'a str),
    Tag(&'a Tag),
}

/// Hands on every text and tag of `html`.
fn tokenize(html: &str, see: &mut dyn FnMut(Piece<'_>)) {
    let (html, _) = html.split_at(html.floor_char_boundary(MOST_HTML_BYTES));
    let html = without_data(&without_comments(html));
    let sink = Sink { see: RefCell::new(see), tokens: Cell::new(0) };
    let mut rest = html.as_str();
    while !rest.is_empty() {
        let behind = tokenize_until_stuck(rest, &sink);
        // The tag that it is stuck in ends, as far as we care, at the next angle bracket.
        rest = behind.split_once('>').map_or("", |(_, behind)| behind);
    }
}

/// Returns what is left when a tag turns out to be absurd; nothing otherwise.
fn tokenize_until_stuck<'a>(html: &'a str, sink: &Sink<'_>) -> &'a str {
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    let (mut rest, mut breaks) = (html, 0);
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(rest.floor_char_boundary(CHUNK_BYTES));
        let before = sink.tokens.get();
        queue.push_back(StrTendril::from_slice(chunk));
        while !queue.is_empty() {
            // A pause never means anything here: we run no script and know the encoding.
            let _paused = tokenizer.feed(&queue);
        }
        rest = behind;
        breaks = if sink.tokens.get() == before { breaks + count_breaks(chunk) } else { 0 };
        if breaks > MOST_BREAKS {
            return rest;
        }
    }
    tokenizer.end();
    rest
}

fn count_breaks(chunk: &str) -> usize {
    chunk.bytes().filter(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'"' | b'\'')).count()
}

/// Drops comments. (The tokenizer would, too, but takes a long one for a tag that does not end.)
fn without_comments(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        match comment.split_once("-->") {
            Some((_, behind)) => rest = behind,
            None => return kept,
        }
    }
    kept.push_str(rest);
    kept
}

/// What stands between `data:` and the content is no longer than this.
const LONGEST_DATA_TYPE: usize = 200;

/// Drops the content of embedded pictures, which may be megabytes in front of the text.
fn without_data(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, data)) = rest.split_once(";base64,") {
        kept.push_str(before);
        let near = before.len().saturating_sub(LONGEST_DATA_TYPE);
        let near = before.get(before.floor_char_boundary(near)..).unwrap_or_default();
        rest = if near.contains("data:") {
            data.trim_start_matches(|c: char| {
                c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
            })
        } else {
            // Somebody writes of it.
            kept.push_str(";base64,");
            data
        };
    }
    kept.push_str(rest);
    kept
}

struct Sink<'a> {
    see: RefCell<&'a mut dyn FnMut(Piece<'_>)>,
    tokens: Cell<usize>,
}

impl TokenSink for &Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        // Errors do not count: a tag that does not end has many.
        match token {
            Token::CharacterTokens(text) => {
                self.tokens.set(self.tokens.get() + 1);
                (self.see.borrow_mut())(Piece::Text(&text));
            }
            Token::TagToken(tag) => {
                self.tokens.set(self.tokens.get() + 1);
                (self.see.borrow_mut())(Piece::Tag(&tag));
                if let Some(kind) = raw(&tag) {
                    return TokenSinkResult::RawData(kind);
                }
            }
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements inside which a `<` begins no tag. One that closes itself is XHTML, and has no inside.
fn raw(tag: &Tag) -> Option<RawKind> {
    match &*tag.name {
        _ if tag.kind == TagKind::EndTag || tag.self_closing => None,
        "script" => Some(RawKind::ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "xmp" => Some(RawKind::Rawtext),
        "textarea" | "title" => Some(RawKind::Rcdata),
        _ => None,
    }
}

/// Puts texts together, white space collapsed.
#[derive(Default)]
struct Writer {
    text: String,
    gap: Gap,
    /// The element that is being left out, and how often it is open.
    dropped: Option<(String, usize)>,
}

/// What separates the next word from the last one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
    Paragraph,
}

impl Writer {
    fn take(&mut self, piece: &Piece<'_>) {
        match piece {
            Piece::Text(text) if self.dropped.is_none() => self.write(text),
            Piece::Text(_) => {}
            Piece::Tag(tag) => self.tag(&tag.name, tag.kind == TagKind::StartTag, tag.self_closing),
        }
    }

    fn write(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.gap = self.gap.max(Gap::Space);
            } else if self.text.len() <= MOST_TEXT_BYTES {
                if !self.text.is_empty() {
                    self.text.push_str(match self.gap {
                        Gap::None => "",
                        Gap::Space => " ",
                        Gap::Line => "\n",
                        Gap::Paragraph => "\n\n",
                    });
                }
                self.gap = Gap::None;
                self.text.push(c);
            }
        }
    }

    fn tag(&mut self, name: &str, start: bool, closed: bool) {
        if let Some((dropped, depth)) = &mut self.dropped {
            match (dropped == name, start) {
                (true, true) if !closed => *depth += 1,
                (true, false) => *depth -= 1,
                // A head that nobody closed.
                (false, true) if dropped == "head" && name == "body" => *depth = 0,
                _ => {}
            }
            if *depth > 0 {
                return;
            }
            self.dropped = None;
        } else if start && !closed && DROPPED.contains(&name) {
            self.dropped = Some((name.to_owned(), 1));
        }
        let gap = match name {
            "br" if self.gap >= Gap::Line => Gap::Paragraph,
            "br" => Gap::Line,
            "td" | "th" => Gap::Space,
            _ if PARAGRAPHS.contains(&name) => Gap::Paragraph,
            _ if LINES.contains(&name) => Gap::Line,
            _ => Gap::None,
        };
        self.gap = self.gap.max(gap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(plain(html), expected, "{html:?}");
    }

    #[test]
    fn markup_becomes_plain_text() {
        check("Br&auml;ndi &amp; co&nbsp;&#8220;x&#x201d;", "Brändi & co “x”");
        check("one <b>two</b>three", "one twothree");
        check("1 < 2 && 3 > 2", "1 < 2 && 3 > 2");
        check("&xyzzy; &copy 2026", "&xyzzy; © 2026");
        check(r#"a<img src="x" alt="not text">b"#, "ab");
        check("a <!-- <p>no</p> --> b", "a b");
        check("a <!-- no end", "a");
        check("", "");
    }

    #[test]
    fn lines_break_where_a_browser_breaks_them() {
        check("<p>one</p>\n\n<p>two<br>three<br/><br>four</p>", "one\n\ntwo\nthree\n\nfour");
        check("<ul><li>one<li>two</ul>end", "one\ntwo\n\nend");
        check("<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a b\nc");
        check("<div>a</div><div><div>b</div></div>", "a\nb");
        check("<br><br><br>a<p><p><p><br>b<br>", "a\n\nb");
        check("  a \n\t b  ", "a b");
    }

    #[test]
    fn what_nobody_wrote_is_dropped() {
        check("a<script>if (x < '</b>') { \"<p>\" }</script>b", "ab");
        check("a<style>p { color: red }</style>b", "ab");
        check("a<noscript><img><p>no</p></noscript>b", "ab");
        check("a<template>x<template>y</template>z</template>b", "ab");
        check("<html><head><title>no</title></head><body>yes", "yes");
        check("<head><title>no</title><body>yes", "yes");
        check("a<script/>b", "ab");
        check("<header>yes</header>", "yes");
    }

    #[test]
    fn what_nobody_sees_is_dropped() {
        assert_eq!(clean("a\0b\x1b[31mc\u{202e}d\u{ad}e\u{2066}"), "ab[31mcde");
        assert_eq!(clean(" one\r\ntwo\tthree\x0cfour\rfive "), "one\ntwo three four\nfive");
        check("a&#0;b&#x1b;c&#x202e;d", "a\u{fffd}bcd");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let cut = clean(&"ä".repeat(MOST_TEXT_BYTES));
        assert_eq!(cut.len(), MOST_TEXT_BYTES);
        let cut = clean(&format!("x{}", "ä".repeat(MOST_TEXT_BYTES)));
        assert_eq!(cut.len(), MOST_TEXT_BYTES - 1);
        assert!(plain(&"<p>word ".repeat(50_000)).len() <= MOST_TEXT_BYTES);
    }

    #[test]
    fn embedded_pictures_do_not_hide_the_text() {
        let picture = "QUJD/+a=".repeat(400_000);
        let html = format!(r#"<img src="data:image/png;base64,{picture}">words"#);
        let (shown, _) = html.split_at(html.floor_char_boundary(1_000_000));
        check(&format!("{shown}\">words"), "words");
    }

    #[test]
    fn hostile_html_takes_no_long_time() {
        let attributes = (0..100_000).fold(String::from("a<b "), |mut tag, i| {
            write!(tag, "a{i}=1 ").unwrap();
            tag
        });
        let started = Instant::now();
        check(&format!("{}x", "<div>".repeat(200_000)), "x");
        for tag in
            [attributes.clone(), attributes.replace(' ', "/"), attributes.replace("1 ", "''")]
        {
            assert!(plain(&format!("{tag}>behind")) == "abehind");
        }
        for part in ["<a/b", "<!--", "&amp", ";base64,", "<template>", "<![CDATA[", "</", "<a ' "] {
            plain(&part.repeat(50_000));
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }

    #[test]
    fn the_attributes_of_a_tag_are_found() {
        let html = r#"<LINK Rel="alternate" href='/a?b&amp;c'><script>"<link rel=x>"</script>"#;
        let expected =
            vec![vec![("rel".into(), "alternate".into()), ("href".into(), "/a?b&c".into())]];
        assert_eq!(attributes(html, "link"), expected);
    }

    proptest! {
        #[test]
        fn escaped_text_is_always_read_back(text in "[a-z<>&;\"'äß#=/]{0,60}") {
            prop_assert_eq!(plain(&escape(&text)), text);
        }

        #[test]
        fn plain_text_is_always_clean(html in "(<(p|br|b|script|!--)?>?|[ -~]|\\PC|&[a-z#0-9]{1,5};){0,40}") {
            let text = plain(&html);
            prop_assert_eq!(clean(&text), text.clone());
            prop_assert!(!text.contains("\n\n\n"));
        }
    }
}
