//! Texts and people as feeds write them: plain, escaped, as markup, encoded, closed or not.

use crate::source::feed::names::{self, Element};
use crate::source::feed::part::{Person, Slot};
use crate::source::feed::references;
use crate::source::feed::rewrite::Rewriter;
use crate::source::feed::token::{Tag, Token};
use crate::text::html;
use std::borrow::Cow;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// As it is meant, or as HTML: nobody knows.
    Plain,
    /// HTML, escaped.
    Html,
    /// HTML that is part of the document.
    Markup,
    /// Base64, of something to read.
    Encoded,
}

impl Shape {
    /// Returns how a text is written, by the attributes that Atom has for that.
    fn of(tag: &Tag<'_>) -> Self {
        let attribute = |name| tag.attribute(name).unwrap_or_default().trim().to_ascii_lowercase();
        let (kind, mode) = (attribute("type"), attribute("mode"));
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let is_xml = kind == "xhtml" || kind.ends_with("/xml") || kind.ends_with("+xml");
        let is_text = ["", "text", "html", "plain", "escaped"].contains(&kind);
        match mode.as_str() {
            "base64" => Self::Encoded,
            "xml" => Self::Markup,
            _ if is_xml && mode != "escaped" => Self::Markup,
            _ if kind.ends_with("html") => Self::Html,
            _ if is_text || is_xml || kind.starts_with("text/") || mode == "escaped" => Self::Plain,
            _ if kind.contains('/') => Self::Encoded,
            _ => Self::Plain,
        }
    }
}

impl<'a> Rewriter<'a> {
    /// Reads a text that may be long and may hold markup.
    pub(super) fn construct(&mut self, tag: &Tag<'a>, is_long: bool) -> Slot<'a> {
        let shape = Shape::of(tag);
        let (text, has_markup) = self.text(tag, shape == Shape::Markup, is_long);
        let text = match shape {
            Shape::Encoded => from_base64(&text).map_or(text, Cow::Owned),
            Shape::Plain | Shape::Html | Shape::Markup => text,
        };
        Slot { text, depth: 0, is_html: has_markup || matches!(shape, Shape::Html | Shape::Markup) }
    }

    /// Reads a text in which nobody writes markup: an id, an address, a date.
    pub(super) fn short_text(&mut self, tag: &Tag<'a>) -> Cow<'a, str> {
        let (text, has_markup) = self.text(tag, false, false);
        if has_markup { Cow::Owned(html::plain(&text)) } else { text }
    }

    /// Reads up to the end of an element; also tells whether there were elements in it. References
    /// are decoded, unless the text is `markup` in which they are to stay.
    fn text(&mut self, tag: &Tag<'a>, is_markup: bool, is_long: bool) -> (Cow<'a, str>, bool) {
        let mut text = Cow::Borrowed("");
        let (mut same, mut inner, mut has_markup) = (0_usize, 0_usize, false);
        if tag.is_empty {
            return (text, false);
        }
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Text(raw) if is_markup => append(&mut text, Cow::Borrowed(raw)),
                Token::Text(raw) => {
                    append(&mut text, references::decode(raw, &self.tokens.entities));
                }
                Token::Data(raw) if is_markup => append(&mut text, Cow::Owned(html::escape(raw))),
                Token::Data(raw) => append(&mut text, Cow::Borrowed(raw)),
                Token::Start(start) => {
                    let (_, element) = self.element(start.name);
                    let ends = if is_long {
                        element.ends_long_text(start.name)
                    } else {
                        element.ends_short_text()
                    };
                    if ends {
                        self.tokens.put_back(token);
                        return (text, has_markup);
                    }
                    inner += usize::from(!start.is_empty);
                    same +=
                        usize::from(!start.is_empty && start.name.eq_ignore_ascii_case(tag.name));
                    has_markup = true;
                    append_tag(&mut text, start.raw, start.name);
                }
                Token::End(name, raw) => {
                    if name.eq_ignore_ascii_case(tag.name) {
                        if same == 0 {
                            return (text, has_markup);
                        }
                        same -= 1;
                    } else if self.find_open(name).is_some() {
                        self.tokens.put_back(token);
                        return (text, has_markup);
                    } else if inner == 0 && !is_long {
                        // A slip in the name of the end tag.
                        return (text, has_markup);
                    }
                    inner = inner.saturating_sub(1);
                    append_tag(&mut text, raw, name);
                }
            }
        }
        (text, has_markup)
    }

    /// Reads a person: a name, or elements that name its parts.
    pub(super) fn person(&mut self, tag: &Tag<'a>) -> Option<Person<'a>> {
        let mut person = Person::default();
        let mut text = Cow::Borrowed("");
        if tag.is_empty {
            return None;
        }
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Text(raw) => {
                    append(&mut text, references::decode(raw, &self.tokens.entities));
                }
                Token::Data(raw) => append(&mut text, Cow::Borrowed(raw)),
                Token::Start(start) => {
                    let (_, local) = names::split(start.name);
                    let (_, element) = self.element(start.name);
                    match local.to_ascii_lowercase().as_str() {
                        "name" => person.name = self.short_text(&start),
                        "email" => person.email = self.short_text(&start),
                        "uri" | "url" | "homepage" => person.address = self.short_text(&start),
                        _ if element.ends_short_text() && element != Element::Leaf => {
                            self.tokens.put_back(token);
                            break;
                        }
                        _ => {}
                    }
                }
                Token::End(name, _) if name.eq_ignore_ascii_case(tag.name) => break,
                Token::End(name, _) => {
                    if self.find_open(name).is_some() {
                        self.tokens.put_back(token);
                        break;
                    }
                }
            }
        }
        if person.name.trim().is_empty() {
            person.name = text;
        }
        let is_known = [&person.name, &person.email].iter().any(|part| !part.trim().is_empty());
        is_known.then_some(person)
    }

    /// Reads where an aggregator found the entry: in RSS a name and an address; in Atom the head of
    /// another feed, of which the title is its name.
    pub(super) fn source(&mut self, tag: &Tag<'a>) {
        let address = Cow::Borrowed(tag.attribute("url").unwrap_or_default());
        let mut source = Person { address, ..Person::default() };
        let mut text = Cow::Borrowed("");
        let (mut depth, mut author) = (0_usize, None);
        if tag.is_empty {
            return;
        }
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Text(raw) if depth == 0 => {
                    append(&mut text, references::decode(raw, &self.tokens.entities));
                }
                Token::Data(raw) if depth == 0 => append(&mut text, Cow::Borrowed(raw)),
                Token::Text(_) | Token::Data(_) => {}
                Token::Start(start) => match self.element(start.name).1 {
                    Element::Entry => {
                        self.tokens.put_back(token);
                        break;
                    }
                    Element::Title => source.name = self.short_text(&start),
                    Element::Person => author = author.or(self.person(&start)),
                    _ => depth += usize::from(!start.is_empty),
                },
                Token::End(name, _) if name.eq_ignore_ascii_case(tag.name) => break,
                Token::End(name, _) => {
                    if self.find_open(name).is_some() {
                        self.tokens.put_back(token);
                        break;
                    }
                    depth = depth.saturating_sub(1);
                }
            }
        }
        if source.name.trim().is_empty() {
            source.name = text;
        }
        self.found(source, author);
    }
}

fn append<'a>(text: &mut Cow<'a, str>, more: Cow<'a, str>) {
    if text.is_empty() {
        *text = more;
    } else {
        text.to_mut().push_str(&more);
    }
}

/// Appends a tag, without the prefix of its name, which HTML does not know.
fn append_tag<'a>(text: &mut Cow<'a, str>, raw: &'a str, name: &str) {
    let (prefix, _) = names::split(name);
    let bare = (!prefix.is_empty()).then(|| raw.replacen(&format!("{prefix}:"), "", 1));
    append(text, bare.map_or(Cow::Borrowed(raw), Cow::Owned));
}

/// Decodes Base64; `None` where it is none, or nothing to read.
fn from_base64(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap_or_default());
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
