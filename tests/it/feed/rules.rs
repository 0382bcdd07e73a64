//! The rules of Atom (RFC 4287, section 4), as far as a document can show whether it keeps them.

use chrono::DateTime;
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use std::collections::{BTreeMap, BTreeSet};

const ATOM: &str = "http://www.w3.org/2005/Atom";

/// One element of the document.
#[derive(Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn count(&self, name: &str) -> usize {
        self.all(name).count()
    }

    fn is(&self, attribute: &str, value: &str) -> bool {
        self.attributes.get(attribute).is_some_and(|known| known == value)
    }
}

/// Returns every rule that the document breaks.
pub(crate) fn broken(document: &str) -> Vec<String> {
    let root = parsed(document);
    let mut faults = Vec::new();
    let mut expect = |is_kept: bool, rule: String| {
        if !is_kept {
            faults.push(rule);
        }
    };
    expect(root.name == "feed", "the root is a feed of Atom".into());
    let known = ["id", "title", "updated", "author", "generator", "link", "entry"];
    for child in &root.children {
        expect(known.contains(&&*child.name), format!("feed: {} is no part of it", child.name));
    }
    for (name, place) in std::iter::once(&root)
        .chain(root.all("entry"))
        .flat_map(|place| ["id", "title", "updated"].map(|name| (name, place)))
    {
        expect(place.count(name) == 1, format!("{}: one {name}", place.name));
    }
    let selves = root.all("link").filter(|link| link.is("rel", "self")).count();
    expect(selves == 1, "feed: one link to itself".into());
    let ids: Vec<&str> = std::iter::once(&root)
        .chain(root.all("entry"))
        .flat_map(|place| place.all("id").map(|id| id.text.as_str()))
        .collect();
    expect(ids.iter().collect::<BTreeSet<_>>().len() == ids.len(), "ids are unique".into());
    for id in ids {
        let is_iri = url::Url::parse(id).is_ok() && id == id.trim();
        expect(is_iri, format!("{id} is an address in full"));
    }
    for entry in root.all("entry") {
        for fault in faults_of(entry, root.count("author") > 0) {
            expect(false, fault);
        }
    }
    faults
}

fn faults_of(entry: &Element, feed_has_author: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |is_kept: bool, rule: String| {
        if !is_kept {
            faults.push(format!("entry: {rule}"));
        }
    };
    let known =
        ["id", "title", "updated", "published", "author", "link", "category", "summary", "content"];
    for child in &entry.children {
        expect(known.contains(&&*child.name), format!("{} is no part of it", child.name));
        if matches!(&*child.name, "title" | "summary" | "content") {
            let kind = child.attributes.get("type").map_or("text", String::as_str);
            expect(["text", "html"].contains(&kind), format!("{kind} is no type of text"));
            expect(child.children.is_empty(), "text holds no elements".into());
        }
        if matches!(&*child.name, "updated" | "published") {
            let time = DateTime::parse_from_rfc3339(&child.text);
            expect(time.is_ok(), format!("{} is no time", child.text));
        }
    }
    for name in ["published", "summary", "content"] {
        expect(entry.count(name) <= 1, format!("at most one {name}"));
    }
    expect(feed_has_author || entry.count("author") > 0, "an author".into());
    for author in entry.all("author") {
        expect(
            author.count("name") == 1 && author.count("uri") <= 1,
            "an author has a name".into(),
        );
    }
    let alternates: Vec<_> = entry.all("link").filter(|link| link.is("rel", "alternate")).collect();
    expect(alternates.len() <= 1, "one alternate".into());
    expect(!alternates.is_empty() || entry.count("content") == 1, "a link or content".into());
    for link in entry.all("link") {
        expect(link.attributes.contains_key("href"), "a link leads somewhere".into());
    }
    for category in entry.all("category") {
        expect(category.attributes.contains_key("term"), "a category has a term".into());
    }
    faults
}

/// Reads the document; one that is not well-formed fails the test.
fn parsed(document: &str) -> Element {
    let mut reader = NsReader::from_str(document);
    let mut open = vec![Element::default()];
    loop {
        let (space, event) = reader.read_resolved_event().unwrap();
        let is_atom = matches!(space, ResolveResult::Bound(space) if space.as_ref() == ATOM);
        match event {
            Event::Start(start) => open.push(element(&start, is_atom)),
            Event::Empty(start) => {
                let element = element(&start, is_atom);
                open.last_mut().unwrap().children.push(element);
            }
            Event::End(_) => {
                let element = open.pop().unwrap();
                open.last_mut().unwrap().children.push(element);
            }
            Event::Text(text) => {
                open.last_mut().unwrap().text.push_str(&text);
            }
            Event::GeneralRef(_) => open.last_mut().unwrap().text.push('?'),
            Event::Eof => return open.pop().unwrap().children.pop().unwrap(),
            _ => {}
        }
    }
}

fn element(start: &BytesStart<'_>, is_atom: bool) -> Element {
    assert!(is_atom, "{start:?} is not in the namespace of Atom");
    let name = start.local_name().as_ref().to_owned();
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        (attribute.key.as_ref().to_owned(), attribute.value.to_string())
    });
    Element { name, attributes: attributes.collect(), ..Element::default() }
}
