//! Cuts markup into tags and text, whatever its faults. Every byte is looked at a bounded number of
//! times, so that time stays linear in the input however hostile it is.

use crate::source::feed::references::Entities;

/// One piece of markup. Comments, instructions and declarations are passed over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    /// Text as it stands, references undecoded.
    Text(&'a str),
    /// What a CDATA section holds.
    Data(&'a str),
    Start(Tag<'a>),
    /// The name in an end tag, and the whole tag.
    End(&'a str, &'a str),
}

/// A start tag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tag<'a> {
    /// With its prefix, in the case that it was written in.
    pub(super) name: &'a str,
    /// What stands behind the name.
    attributes: &'a str,
    /// The whole tag, as it stands.
    pub(super) raw: &'a str,
    /// The tag is its own end.
    pub(super) is_empty: bool,
}

impl<'a> Tag<'a> {
    /// Returns the attributes in order: name and value, references undecoded.
    pub(super) fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: self.attributes }
    }

    /// Returns one attribute by its name, whatever its case.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut found = self.attributes().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }

    /// Tells whether the tag may declare a namespace or a base address.
    pub(super) fn is_special(&self) -> bool {
        self.attributes.contains("xml")
    }
}

/// The attributes of one tag; values may stand in quotes, or not.
pub(super) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/'));
        let (name, behind) = rest.split_at(end.unwrap_or(rest.len()).max(1).min(rest.len()));
        let Some(value) = behind.trim_start().strip_prefix('=') else {
            self.rest = behind;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, behind) = match quoted {
            Some(quote) => {
                let inside = value.strip_prefix(quote).unwrap_or(value);
                inside.split_once(quote).unwrap_or((inside, ""))
            }
            None => {
                value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len()))
            }
        };
        self.rest = behind;
        Some((name, value))
    }
}

/// Where the next end of a CDATA section stands, once somebody looked.
#[derive(Debug, Clone, Copy)]
enum DataEnd {
    Unknown,
    /// Where so much is left of the document.
    Left(usize),
    Nowhere,
}

/// The pieces of a document, one after the other.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// A token that was taken too early.
    back: Option<Token<'a>>,
    data_end: DataEnd,
    /// What the document declares for itself.
    pub(super) entities: Entities,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, back: None, data_end: DataEnd::Unknown, entities: Entities::default() }
    }

    /// Gives back a token, which comes next again.
    pub(super) fn put_back(&mut self, token: Token<'a>) {
        self.back = Some(token);
    }

    /// Takes `length` bytes off; all there are where that is no place between characters.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Takes everything up to and with `end`; all there is where it does not come.
    fn pass(&mut self, end: &str) -> &'a str {
        let length = self.rest.find(end).map_or(self.rest.len(), |at| at + end.len());
        self.take(length)
    }

    fn text(&mut self) -> Token<'a> {
        // A bracket that begins no tag is part of the text.
        let brackets = self.rest.bytes().take_while(|b| *b == b'<').count();
        let (_, behind) = self.rest.split_at(brackets);
        let length = behind.find('<').map_or(self.rest.len(), |at| brackets + at);
        Token::Text(self.take(length))
    }

    /// Takes a CDATA section, whose mark is gone already. One that is never closed ends with the
    /// entry that it stands in.
    fn data(&mut self) -> Token<'a> {
        let end = self.data_end();
        let (inside, _) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if end.is_none() || holds_data(inside) {
            let mut tags = inside.match_indices("</").map(|(at, _)| at);
            if let Some(length) = tags.find(|at| is_entry_end(inside, *at)) {
                return Token::Data(self.take(length));
            }
        }
        let length = inside.len();
        let data = self.take(length);
        self.take(if end.is_some() { 3 } else { 0 });
        Token::Data(data)
    }

    /// Returns where the next `]]>` stands. It is looked for once, however often it is asked for.
    fn data_end(&mut self) -> Option<usize> {
        let left = self.rest.len();
        self.data_end = match self.data_end {
            DataEnd::Left(at) if at <= left => DataEnd::Left(at),
            DataEnd::Nowhere => DataEnd::Nowhere,
            DataEnd::Left(_) | DataEnd::Unknown => {
                find_data_end(self.rest).map_or(DataEnd::Nowhere, |at| DataEnd::Left(left - at))
            }
        };
        match self.data_end {
            DataEnd::Left(at) => Some(left - at),
            DataEnd::Unknown | DataEnd::Nowhere => None,
        }
    }

    fn end_tag(&mut self) -> Option<Token<'a>> {
        let inner = self.rest.get(2..).unwrap_or_default();
        let end = inner.find(['>', '<'])?;
        let is_whole = inner.as_bytes().get(end) == Some(&b'>');
        let raw = self.take(2 + end + usize::from(is_whole));
        let name = raw.trim_start_matches("</").trim_end_matches('>');
        Some(Token::End(name.split_ascii_whitespace().next().unwrap_or_default(), raw))
    }

    fn start_tag(&mut self) -> Option<Token<'a>> {
        let length = tag_length(self.rest)?;
        let raw = self.take(length);
        let inner = raw.strip_prefix('<').unwrap_or(raw);
        let inner = inner.strip_suffix('>').unwrap_or(inner);
        let (inner, is_empty) = inner.strip_suffix('/').map_or((inner, false), |rest| (rest, true));
        let end = inner.find(|c: char| c.is_ascii_whitespace() || c == '/').unwrap_or(inner.len());
        let (name, attributes) = inner.split_at(end);
        Some(Token::Start(Tag { name, attributes, raw, is_empty }))
    }

    /// Passes over a declaration, and learns the entities that a DOCTYPE declares.
    fn declaration(&mut self) {
        let (mut inside, mut quote) = (false, None);
        let end = self.rest.bytes().position(|b| {
            match (quote, b) {
                (None, b'"' | b'\'') => quote = Some(b),
                (Some(open), _) if open == b => quote = None,
                (None, b'[') => inside = true,
                (None, b']') => inside = false,
                (None, b'>') if !inside => return true,
                (None | Some(_), _) => {}
            }
            false
        });
        match end {
            Some(end) => {
                let declaration = self.take(end + 1);
                self.entities.learn(declaration);
            }
            // A quote or bracket that nobody closed.
            None => {
                self.pass(">");
            }
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(token) = self.back.take() {
            return Some(token);
        }
        loop {
            let [first, second] = match *self.rest.as_bytes() {
                [] => return None,
                [b'<', second, ..] => [b'<', second],
                [first, ..] => [first, 0],
            };
            match (first, second) {
                (b'<', b'/') => return self.end_tag().or_else(|| self.give_up()),
                (b'<', b'?') => {
                    self.pass(">");
                }
                (b'<', b'!') if self.rest.starts_with("<![CDATA[") => {
                    self.take("<![CDATA[".len());
                    return Some(self.data());
                }
                (b'<', b'!') if self.rest.starts_with("<!--") => {
                    self.pass("-->");
                }
                (b'<', b'!') => self.declaration(),
                (b'<', _) if second.is_ascii_alphabetic() || second == b'_' => {
                    return self.start_tag().or_else(|| self.give_up());
                }
                _ => return Some(self.text()),
            }
        }
    }
}

impl<'a> Tokens<'a> {
    /// A tag that does not end is where the document was cut.
    fn give_up(&mut self) -> Option<Token<'a>> {
        self.rest = "";
        None
    }
}

/// Returns where the first `]]>` stands. Looking for the bracket alone is several times as fast as
/// looking for the whole, and brackets are rare.
pub(super) fn find_data_end(text: &str) -> Option<usize> {
    let mut brackets = text.match_indices(']').map(|(at, _)| at);
    brackets.find(|at| text.as_bytes().get(*at..).is_some_and(|here| here.starts_with(b"]]>")))
}

/// Tells whether there is the beginning of a CDATA section in a text.
fn holds_data(text: &str) -> bool {
    let mut brackets = text.match_indices('[').map(|(at, _)| at);
    brackets.any(|at| text.as_bytes().get(..=at).is_some_and(|here| here.ends_with(b"<![CDATA[")))
}

/// Tells whether an entry ends where the end tag at `at` stands.
fn is_entry_end(text: &str, at: usize) -> bool {
    let here = text.as_bytes().get(at..).unwrap_or_default();
    let ends: [&[u8]; 2] = [b"</item", b"</entry"];
    ends.iter().any(|end| here.get(..end.len()).is_some_and(|here| here.eq_ignore_ascii_case(end)))
}

/// Returns how long the start tag is that `text` begins with. A quote hides a `>`; a `<` ends the tag
/// in any case, as no tag may hold one.
fn tag_length(text: &str) -> Option<usize> {
    let (mut quote, mut bracket, mut last) = (None, None, b'<');
    for (at, b) in text.bytes().enumerate().skip(1) {
        match (quote, b) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') if last == b'=' => quote = Some(b),
            (Some(open), _) if open == b => quote = None,
            (Some(_), b'>') => bracket = bracket.or(Some(at + 1)),
            (_, b'<') => return Some(bracket.unwrap_or(at)),
            (None | Some(_), _) => {}
        }
        if !b.is_ascii_whitespace() {
            last = b;
        }
    }
    bracket
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let shown = |token| match token {
            Token::Text(text) => format!("text {text}"),
            Token::Data(text) => format!("data {text}"),
            Token::Start(tag) => {
                let all = tag.attributes().map(|(name, value)| format!(" {name}={value}"));
                let end = if tag.is_empty { " /" } else { "" };
                format!("start {}{}{end}", tag.name, all.collect::<String>())
            }
            Token::End(name, _) => format!("end {name}"),
        };
        assert_eq!(Tokens::new(text).map(shown).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn markup_is_cut_into_pieces() {
        check("a<b c='d' e=\"f>\"/>g</b >", &["text a", "start b c=d e=f> /", "text g", "end b"]);
        check("<?xml version='1.0'?><!-- <a> --><!DOCTYPE a [<!ENTITY b '>'>]><a>", &["start a"]);
        check("<a><![CDATA[<b>]]></a>", &["start a", "data <b>", "end a"]);
        check("<a b c = d  e=f/g>", &["start a b= c=d e=f/g"]);
    }

    #[test]
    fn broken_markup_is_cut_where_it_is_meant_to_end() {
        check("1 < 2 <b", &["text 1 ", "text < 2 "]);
        check("<a b='c>d</a>", &["start a b=c", "text d", "end a"]);
        check("<a b=it's>c", &["start a b=it's", "text c"]);
        check("<a <b>", &["start a", "start b"]);
        check("<a></b<c>", &["start a", "end b", "start c"]);
        check("<![CDATA[a</item><item>", &["data a", "end item", "start item"]);
        check(
            "<![CDATA[a</item><item><![CDATA[b]]>",
            &["data a", "end item", "start item", "data b"],
        );
        check("<![CDATA[a", &["data a"]);
        check("<!DOCTYPE 'a><b>", &["start b"]);
    }

    proptest! {
        #[test]
        fn any_text_is_always_cut_to_its_end(text in "(<|>|/|!|--|\\?|\\[CDATA\\[|\\]\\]>|='|\"|a| |\\PC){0,40}") {
            let pieces = Tokens::new(&text).count();
            prop_assert!(pieces <= text.len());
        }
    }
}
