//! What is known of one entry, or of the feed itself, and how it is written as Atom.

use crate::source::feed::token::find_data_end;
use std::borrow::Cow;

/// One value, and how far below its entry it stood: a title of the entry counts before the title of
/// something in it.
#[derive(Debug, Default, Clone)]
pub(super) struct Slot<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) depth: usize,
    pub(super) is_html: bool,
}

impl<'a> Slot<'a> {
    pub(super) fn new(text: Cow<'a, str>, depth: usize) -> Self {
        Self { text, depth, is_html: false }
    }

    /// Keeps the first of several values at one depth.
    pub(super) fn first(slot: &mut Option<Self>, new: Self, depth: usize) {
        if !new.is_blank() && slot.as_ref().is_none_or(|known| known.depth > depth) {
            *slot = Some(Self { depth, ..new });
        }
    }

    /// Keeps the last of several values at one depth.
    pub(super) fn last(slot: &mut Option<Self>, new: Self) {
        if !new.is_blank() && slot.as_ref().is_none_or(|known| known.depth >= new.depth) {
            *slot = Some(new);
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Somebody who wrote something.
#[derive(Debug, Default, Clone)]
pub(super) struct Person<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) email: Cow<'a, str>,
    pub(super) address: Cow<'a, str>,
}

/// One entry, or the feed without its entries.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) id: Option<Slot<'a>>,
    /// What `isPermaLink` says of the id.
    pub(super) is_permalink: Option<bool>,
    /// The address that RDF knows the entry by.
    pub(super) about: Option<Cow<'a, str>>,
    pub(super) title: Option<Slot<'a>>,
    pub(super) link: Option<Slot<'a>>,
    /// A link to another form of the entry than a page.
    pub(super) other_link: Option<Slot<'a>>,
    pub(super) summary: Option<Slot<'a>>,
    pub(super) content: Option<Slot<'a>>,
    /// What is said of a picture or film in it.
    pub(super) media: Option<Slot<'a>>,
    pub(super) published: Option<Slot<'a>>,
    pub(super) updated: Option<Slot<'a>>,
    pub(super) created: Option<Slot<'a>>,
    pub(super) people: Vec<Person<'a>>,
    /// Where an aggregator found it: the outlet.
    pub(super) source: Option<Person<'a>>,
    /// Who wrote it there.
    pub(super) source_author: Option<Person<'a>>,
    /// The id of what it answers.
    pub(super) reply: Option<Cow<'a, str>>,
    pub(super) language: Option<Cow<'a, str>>,
    pub(super) generator: Option<Cow<'a, str>>,
    pub(super) hub: Option<Cow<'a, str>>,
    pub(super) topic: Option<Cow<'a, str>>,
}

impl Part<'_> {
    /// What stands before the entries.
    pub(super) const FEED_START: &'static str = "<feed xmlns=\"http://www.w3.org/2005/Atom\">";

    /// Writes an entry.
    pub(super) fn write_entry(&self, out: &mut String) {
        out.push_str("<entry>");
        let id = self.id.as_ref().map(|id| &id.text).or(self.about.as_ref());
        if let Some(id) = id {
            element("id", id.trim(), out);
        }
        self.write_title(out);
        if let Some(address) = self.permalink() {
            link(None, address.trim(), out);
        }
        if let Some(reply) = &self.reply {
            link(Some("in-reply-to"), reply.trim(), out);
        }
        let body = self.content.as_ref().or(self.summary.as_ref()).or(self.media.as_ref());
        // Of two, the fuller one; where that holds nothing readable, the other.
        if let (Some(_), Some(summary)) = (&self.content, &self.summary) {
            text("summary", summary, None, out);
        }
        match body {
            Some(body) => text("content", body, self.language.as_deref(), out),
            None if self.language.is_some() => {
                text("content", &Slot::default(), self.language.as_deref(), out);
            }
            None => {}
        }
        for person in self.people.iter().chain(&self.source_author) {
            person.write("author", out);
        }
        // The parser knows no sources, but contributors, of whom nobody else is kept.
        if let Some(source) = &self.source {
            source.write("contributor", out);
        }
        if let Some(date) = &self.published {
            element("published", date.text.trim(), out);
        }
        if let Some(date) = self.updated.as_ref().or(self.created.as_ref()) {
            element("updated", date.text.trim(), out);
        }
        out.push_str("</entry>");
    }

    /// Writes what is known of the feed behind its entries. Entries inherit the author of an Atom
    /// feed, and of no other.
    pub(super) fn write_feed(&self, is_atom: bool, out: &mut String) {
        if let Some(id) = &self.id {
            element("id", id.text.trim(), out);
        }
        self.write_title(out);
        if let Some(address) = self.link.as_ref() {
            link(None, address.text.trim(), out);
        }
        if let Some(generator) = &self.generator {
            element("generator", generator.trim(), out);
        }
        for person in self.people.iter().filter(|_| is_atom) {
            person.write("author", out);
        }
        out.push_str("</feed>");
        if let Some(language) = &self.language {
            let mut root = String::from("<feed xml:lang=");
            quoted(language.trim(), &mut root);
            out.replace_range(.."<feed".len(), &root);
        }
    }

    fn write_title(&self, out: &mut String) {
        if let Some(title) = &self.title {
            text("title", title, None, out);
        }
    }

    /// Returns the address of the entry: its link, or an id that is one.
    fn permalink(&self) -> Option<&str> {
        if let Some(link) = &self.link {
            return Some(&link.text);
        }
        let is_web = |text: &str| {
            let text = text.trim_start();
            ["http://", "https://"]
                .iter()
                .any(|start| text.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start)))
        };
        let id = self.id.as_ref().map(|id| id.text.as_ref()).filter(|id| match self.is_permalink {
            Some(says) => says,
            None => is_web(id),
        });
        let about = self.about.as_deref().filter(|about| is_web(about));
        let other = self.other_link.as_ref().map(|link| link.text.as_ref());
        id.or(about).or(other)
    }
}

impl Person<'_> {
    fn write(&self, role: &str, out: &mut String) {
        let Self { name, email, address } = self;
        open(role, out);
        for (part, text) in [("name", name), ("email", email), ("uri", address)] {
            if !text.trim().is_empty() {
                element(part, text.trim(), out);
            }
        }
        close(role, out);
    }
}

fn open(name: &str, out: &mut String) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn element(name: &str, text: &str, out: &mut String) {
    open(name, out);
    data(text, out);
    close(name, out);
}

/// Writes a link; without a relation it is the entry's own.
fn link(rel: Option<&str>, href: &str, out: &mut String) {
    if !href.is_empty() {
        out.push_str("<link");
        if let Some(rel) = rel {
            out.push_str(" rel=");
            quoted(rel, out);
        }
        out.push_str(" href=");
        quoted(href, out);
        out.push_str("/>");
    }
}

fn text(name: &str, slot: &Slot<'_>, language: Option<&str>, out: &mut String) {
    out.push('<');
    out.push_str(name);
    out.push_str(if slot.is_html { " type=\"html\"" } else { "" });
    if let Some(language) = language {
        out.push_str(" xml:lang=");
        quoted(language.trim(), out);
    }
    out.push('>');
    data(&slot.text, out);
    close(name, out);
}

/// Writes a text so that it needs no references.
fn data(mut text: &str, out: &mut String) {
    if text.is_empty() {
        return;
    }
    out.push_str("<![CDATA[");
    while let Some((before, behind)) =
        find_data_end(text).and_then(|at| text.split_at_checked(at + 2))
    {
        out.push_str(before);
        out.push_str("]]><![CDATA[");
        text = behind;
    }
    out.push_str(text);
    out.push_str("]]>");
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => {}
            _ => out.push(c),
        }
    }
    out.push('"');
}
