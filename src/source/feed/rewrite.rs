//! Writes any feed anew as Atom 1.0, so that a strict parser reads it: RSS of all versions, RDF,
//! Atom 0.3, CDF, and what is none of these quite.
//!
//! One pass over the tokens. Elements are known by name and namespace, wherever they stand; what
//! nobody closed ends where the next thing begins. An entry is written when it ends, so that a
//! document that was cut gives the entries before the cut, and never half an entry.

use crate::source::feed::hints::Rhythm;
use crate::source::feed::names::{self, Element, Namespace};
use crate::source::feed::part::{Part, Person, Slot};
use crate::source::feed::references;
use crate::source::feed::token::{Tag, Token, Tokens};
use std::borrow::Cow;
use url::Url;

/// Elements nested deeper are looked at as if they stood side by side.
const MOST_DEPTH: usize = 100;
/// More entries are left out and counted: the parser takes far more time for an entry than for its
/// bytes, and no feed has so many.
const MOST_ENTRIES: usize = 20_000;
/// Namespaces that may be declared at one place.
const MOST_PREFIXES: usize = 300;

/// A feed in the form that the parser reads.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    /// Atom 1.0.
    pub(super) text: String,
    /// Entries that are left out: the one in which the document broke off, and too many.
    pub(super) cut: usize,
    /// How often it says that it changes.
    pub(super) rhythm: Rhythm,
    /// The address of its `WebSub` hub, and what it calls itself there.
    pub(super) hub: Option<String>,
    pub(super) topic: Option<String>,
}

/// What a document is, by its first element that tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Feed,
    Html,
    Unknown,
}

/// Tells what a document is. Junk may stand before it.
pub(super) fn sort(text: &str) -> Sort {
    let doctype = "<!doctype html";
    let front = text.trim_start().get(..doctype.len()).unwrap_or_default();
    if front.eq_ignore_ascii_case(doctype) {
        return Sort::Html;
    }
    let sorts = Tokens::new(text).filter_map(|token| {
        let Token::Start(tag) = token else { return None };
        let (_, local) = names::split(tag.name);
        match local.to_ascii_lowercase().as_str() {
            "rss" | "feed" | "rdf" | "entry" | "channel" => Some(Sort::Feed),
            "html" | "head" | "body" => Some(Sort::Html),
            _ => None,
        }
    });
    sorts.into_iter().next().unwrap_or(Sort::Unknown)
}

/// Writes a feed anew. `base` is where it came from.
pub(super) fn rewrite(text: &str, base: Option<&Url>) -> Rewritten {
    let mut rewriter = Rewriter {
        tokens: Tokens::new(text),
        document: base,
        open: Vec::new(),
        prefixes: Vec::new(),
        bases: Vec::new(),
        head: Part::default(),
        entry: None,
        entries: 0,
        rhythm: Rhythm::default(),
        is_atom: false,
        written: String::with_capacity(text.len() + 200),
    };
    rewriter.written.push_str(Part::FEED_START);
    while let Some(token) = rewriter.tokens.next() {
        match token {
            Token::Start(tag) => rewriter.start(&tag),
            Token::End(name, _) => rewriter.end(name),
            Token::Text(_) | Token::Data(_) => {}
        }
    }
    rewriter.finish()
}

/// An element that is open, and what to forget when it ends.
struct Frame<'a> {
    name: &'a str,
    prefixes: usize,
    bases: usize,
    /// What is in it is not for us.
    is_opaque: bool,
}

/// An entry that is being read.
struct Entry<'a> {
    part: Part<'a>,
    /// How many elements are open around it, itself included.
    depth: usize,
}

pub(super) struct Rewriter<'a> {
    pub(super) tokens: Tokens<'a>,
    document: Option<&'a Url>,
    open: Vec<Frame<'a>>,
    prefixes: Vec<(&'a str, Namespace)>,
    bases: Vec<Url>,
    head: Part<'a>,
    entry: Option<Entry<'a>>,
    entries: usize,
    rhythm: Rhythm,
    is_atom: bool,
    written: String,
}

impl<'a> Rewriter<'a> {
    fn start(&mut self, tag: &Tag<'a>) {
        let before = (self.prefixes.len(), self.bases.len());
        if tag.is_special() {
            self.declare(tag);
        }
        let (namespace, element) = self.element(tag.name);
        match element {
            Element::Shell | Element::Other => {
                let (_, local) = names::split(tag.name);
                self.is_atom |= self.open.is_empty() && local.eq_ignore_ascii_case("feed");
                if self.open.is_empty() {
                    self.head.language = tag.attribute("xml:lang").map(Cow::Borrowed);
                }
                return self.push(tag, before, namespace == Namespace::Unknown);
            }
            Element::Entry => {
                self.close_entry();
                self.entries += 1;
                if self.entries > MOST_ENTRIES {
                    return self.push(tag, before, true);
                }
                let frame = self.open.len();
                self.push(tag, before, false);
                let part = self.begin(tag);
                if tag.is_empty {
                    part.write_entry(&mut self.written);
                } else {
                    self.entry = Some(Entry { part, depth: frame + 1 });
                }
                return;
            }
            Element::Opaque => return self.push(tag, before, true),
            Element::Leaf => {}
            _ if self.is_hidden() => {}
            field => self.field(field, namespace, tag),
        }
        self.forget(before);
    }

    fn end(&mut self, name: &str) {
        let Some(at) = self.find_open(name) else { return };
        if self.entry.as_ref().is_some_and(|entry| at < entry.depth) {
            self.close_entry();
        }
        self.truncate(at);
    }

    fn finish(mut self) -> Rewritten {
        let is_cut = self.entry.is_some();
        self.head.write_feed(self.is_atom, &mut self.written);
        let [hub, topic] = [self.head.hub.take(), self.head.topic.take()];
        Rewritten {
            text: self.written,
            cut: usize::from(is_cut) + self.entries.saturating_sub(MOST_ENTRIES),
            rhythm: self.rhythm,
            hub: hub.map(Cow::into_owned),
            topic: topic.map(Cow::into_owned),
        }
    }

    /// Begins an entry with what its own tag says of it.
    fn begin(&mut self, tag: &Tag<'a>) -> Part<'a> {
        let mut part = Part::default();
        for (name, value) in tag.attributes() {
            let value = references::decode(value, &self.tokens.entities);
            match names::split(&name.to_ascii_lowercase()) {
                (_, "about") => {
                    part.about = Some(value);
                }
                ("", "href") => part.link = Some(Slot::new(self.address(value), 9)),
                ("", "lastmod") => part.updated = Some(Slot::new(value, 9)),
                ("xml", "lang") => part.language = Some(value),
                _ => {}
            }
        }
        part
    }

    /// Writes the entry that is open, if one is.
    fn close_entry(&mut self) {
        if let Some(Entry { part, depth }) = self.entry.take() {
            part.write_entry(&mut self.written);
            self.truncate(depth - 1);
        }
    }

    fn push(&mut self, tag: &Tag<'a>, before: (usize, usize), is_opaque: bool) {
        if tag.is_empty || self.open.len() >= MOST_DEPTH {
            return self.forget(before);
        }
        let (prefixes, bases) = before;
        self.open.push(Frame { name: tag.name, prefixes, bases, is_opaque });
    }

    fn truncate(&mut self, at: usize) {
        if let Some(frame) = self.open.get(at) {
            let before = (frame.prefixes, frame.bases);
            self.open.truncate(at);
            self.forget(before);
        }
    }

    fn forget(&mut self, (prefixes, bases): (usize, usize)) {
        self.prefixes.truncate(prefixes);
        self.bases.truncate(bases);
    }

    /// Returns which open element an end tag closes.
    pub(super) fn find_open(&self, name: &str) -> Option<usize> {
        self.open.iter().rposition(|frame| frame.name.eq_ignore_ascii_case(name))
    }

    /// Tells whether an element between the entry (or the root) and here keeps its children.
    fn is_hidden(&self) -> bool {
        let from = self.entry.as_ref().map_or(0, |entry| entry.depth);
        self.open.iter().skip(from).any(|frame| frame.is_opaque)
    }

    /// How far below the entry (or the root) we are.
    fn depth(&self) -> usize {
        self.open.len() - self.entry.as_ref().map_or(0, |entry| entry.depth).min(self.open.len())
    }

    /// Takes in the namespaces and the base address that a tag declares.
    fn declare(&mut self, tag: &Tag<'a>) {
        for (name, value) in tag.attributes() {
            if let Some(prefix) = name.strip_prefix("xmlns") {
                let prefix = prefix.strip_prefix(':').unwrap_or_default();
                if self.prefixes.len() < MOST_PREFIXES {
                    self.prefixes.push((prefix, names::namespace(value)));
                }
            } else if name.eq_ignore_ascii_case("xml:base") {
                let value = references::decode(value, &self.tokens.entities);
                let above = self.bases.last().or(self.document);
                let base = Url::parse(value.trim()).ok().filter(|base| !base.cannot_be_a_base());
                let base = base.or_else(|| above?.join(value.trim()).ok());
                if let Some(base) = base.filter(|_| self.bases.len() < MOST_DEPTH) {
                    self.bases.push(base);
                }
            }
        }
    }

    /// Returns what an element is.
    pub(super) fn element(&mut self, name: &'a str) -> (Namespace, Element) {
        let (prefix, local) = names::split(name);
        let declared = self.prefixes.iter().rev().find(|(known, _)| *known == prefix);
        let namespace = declared.map_or_else(|| names::by_prefix(prefix), |(_, known)| *known);
        let namespace = match namespace {
            // Without a prefix nobody means a namespace that nobody knows.
            Namespace::Unknown if prefix.is_empty() => Namespace::Core,
            Namespace::Unknown if self.open.is_empty() => {
                self.prefixes.push((prefix, Namespace::Core));
                Namespace::Core
            }
            known => known,
        };
        (namespace, names::element(namespace, local))
    }

    /// Makes a link absolute where the document says to what it is relative.
    fn address(&self, written: Cow<'a, str>) -> Cow<'a, str> {
        let joined = self.bases.last().and_then(|base| base.join(written.trim()).ok());
        match joined {
            Some(joined) if !written.trim().is_empty() => Cow::Owned(joined.into()),
            Some(_) | None => written,
        }
    }

    fn part(&mut self) -> &mut Part<'a> {
        self.entry.as_mut().map_or(&mut self.head, |entry| &mut entry.part)
    }

    /// Takes in one element of an entry, or of the feed itself.
    fn field(&mut self, field: Element, namespace: Namespace, tag: &Tag<'a>) {
        let depth = self.depth();
        match field {
            Element::Title | Element::MediaTitle => {
                let text = self.construct(tag, false);
                // The plain title of the entry counts before those of extensions.
                let depth = depth * 2 + usize::from(namespace != Namespace::Core);
                Slot::first(&mut self.part().title, text, depth);
            }
            Element::Summary | Element::MediaText => {
                let text = self.construct(tag, true);
                let part = self.part();
                if field == Element::MediaText {
                    Slot::first(&mut part.media, text, depth);
                } else if part.summary.as_ref().is_none_or(|known| known.depth >= depth) {
                    let former = part.summary.replace(Slot { depth, ..text });
                    if let Some(former) = former.filter(|_| part.content.is_none()) {
                        part.content = Some(former);
                    }
                }
            }
            Element::Content => {
                let mut text = self.construct(tag, true);
                text.is_html |= namespace != Namespace::Core;
                Slot::first(&mut self.part().content, text, depth);
            }
            Element::Link => self.link(tag, depth),
            Element::Person => {
                let person = self.person(tag);
                self.part().people.extend(person);
            }
            Element::Source => self.source(tag),
            Element::Reply => {
                let target = tag.attribute("ref").or_else(|| tag.attribute("href"));
                self.part().reply = target.map(Cow::Borrowed);
            }
            Element::Id => {
                let permalink = tag.attribute("isPermaLink").map(|value| value.trim() == "true");
                let text = Slot::new(self.short_text(tag), depth);
                let part = self.part();
                part.is_permalink = permalink;
                Slot::last(&mut part.id, text);
            }
            _ => {
                let text = self.short_text(tag);
                self.small_field(field, Slot::new(text, depth));
            }
        }
    }

    /// Takes in where an aggregator found the entry, whose author counts where it has none itself.
    pub(super) fn found(&mut self, source: Person<'a>, author: Option<Person<'a>>) {
        let part = self.part();
        part.source_author = part.source_author.take().or(author);
        part.source = part.source.take().or(Some(source));
    }

    fn small_field(&mut self, field: Element, text: Slot<'a>) {
        let part = self.entry.as_mut().map_or(&mut self.head, |entry| &mut entry.part);
        match field {
            Element::Published => Slot::last(&mut part.published, text),
            Element::Updated => Slot::last(&mut part.updated, text),
            Element::Created => Slot::last(&mut part.created, text),
            Element::Language => part.language = Some(text.text),
            Element::Generator => part.generator = Some(text.text),
            _ if self.entry.is_none() => self.rhythm.learn(field, text.text.trim()),
            _ => {}
        }
    }

    fn link(&mut self, tag: &Tag<'a>, depth: usize) {
        let names = ["href", "url", "uri", "rdf:resource"];
        let Some(href) = names.iter().find_map(|name| tag.attribute(name)) else {
            let text = self.short_text(tag);
            let text = Slot::new(self.address(text), depth);
            return Slot::last(&mut self.part().link, text);
        };
        let href = self.address(references::decode(href, &self.tokens.entities));
        let rel = tag.attribute("rel").unwrap_or("alternate").to_ascii_lowercase();
        let kind = tag.attribute("type").unwrap_or("text/html").to_ascii_lowercase();
        let is_head = self.entry.is_none();
        let part = self.part();
        for rel in rel.split_ascii_whitespace() {
            match rel {
                "alternate" if kind.contains("html") => {
                    Slot::last(&mut part.link, Slot::new(href.clone(), depth));
                }
                "alternate" => {
                    Slot::first(&mut part.other_link, Slot::new(href.clone(), depth), depth);
                }
                "hub" if is_head => part.hub = part.hub.take().or(Some(href.clone())),
                "self" if is_head => part.topic = part.topic.take().or(Some(href.clone())),
                _ => {}
            }
        }
    }
}
