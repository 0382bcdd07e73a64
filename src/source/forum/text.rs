//! What stands in a part of a page: the elements of one post, and the text that people read there.

use crate::source::forum::selector::Step;
use crate::text::html;
use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::{ElementRef, Node};
use std::collections::HashSet;

/// Elements whose content nobody wrote into a post.
const DROPPED: [&str; 11] = [
    "script", "style", "noscript", "template", "iframe", "button", "select", "textarea", "svg",
    "input", "object",
];

/// A part of a page that is looked through as a whole: a post, a row of a list.
pub(super) struct Item<'a> {
    pub element: ElementRef<'a>,
    /// The elements inside, in order, without those of an item within it.
    inside: Vec<ElementRef<'a>>,
}

impl<'a> Item<'a> {
    /// As below, with the element before it if `heads` find it: it belongs to the item, too.
    pub(super) fn headed(
        element: ElementRef<'a>,
        others: &HashSet<NodeId>,
        heads: &[Step],
    ) -> Self {
        let mut item = Self::of(element, others);
        let before = element.prev_siblings().find_map(ElementRef::wrap);
        if let Some(head) = before.filter(|before| heads.iter().any(|step| step.finds(before))) {
            item.inside.push(head);
            item.inside.extend(head.descendants().skip(1).filter_map(ElementRef::wrap));
        }
        item
    }

    /// Gathers the elements of an item; `others` are all items of the page.
    pub(super) fn of(element: ElementRef<'a>, others: &HashSet<NodeId>) -> Self {
        let mut inside = Vec::new();
        let mut skipped: Option<NodeId> = None;
        for edge in element.traverse() {
            match edge {
                Edge::Open(node) if skipped.is_none() && node.id() != element.id() => {
                    if others.contains(&node.id()) {
                        skipped = Some(node.id());
                    } else {
                        inside.extend(ElementRef::wrap(node));
                    }
                }
                Edge::Close(node) if skipped == Some(node.id()) => skipped = None,
                Edge::Open(_) | Edge::Close(_) => {}
            }
        }
        Self { element, inside }
    }

    /// Returns the elements that a selector finds, in order.
    pub(super) fn find<'b>(&'b self, step: &'b Step) -> impl Iterator<Item = ElementRef<'a>> + 'b {
        let own = step.is_own().then_some(self.element);
        own.into_iter().chain(self.inside.iter().copied().filter(|e| step.finds(e)))
    }

    /// Returns the first value that one of `steps` finds, with the number of that step and the
    /// element. `usual` are the attributes taken where a step names none.
    pub(super) fn value(
        &self,
        steps: &[Step],
        usual: &[&str],
    ) -> Option<(usize, ElementRef<'a>, String)> {
        steps.iter().enumerate().find_map(|(number, step)| {
            self.find(step)
                .find_map(|element| Some((number, element, step.value(&element, usual, line)?)))
        })
    }

    /// Returns all its elements, in order, itself first.
    pub(super) fn elements(&self) -> impl Iterator<Item = ElementRef<'a>> + '_ {
        std::iter::once(self.element).chain(self.inside.iter().copied())
    }

    /// Returns the names to which an address may lead: of the item and of the elements in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.elements().filter_map(|element| {
            let name = || element.value().attr("name").filter(|_| element.value().name() == "a");
            element.value().attr("id").or_else(name)
        })
    }

    /// Returns everything that `steps` find.
    pub(super) fn all(&self, steps: &[Step]) -> HashSet<NodeId> {
        steps.iter().flat_map(|step| self.find(step)).map(|element| element.id()).collect()
    }
}

/// Returns the text of an element on one line.
pub(in crate::source) fn line(element: &ElementRef<'_>) -> String {
    crate::text::cut(&plain(*element, &HashSet::new()), 1_000)
}

/// Returns the text of an element as people read it, without the elements in `left_out`.
pub(super) fn plain(element: ElementRef<'_>, left_out: &HashSet<NodeId>) -> String {
    without(element, |id| left_out.contains(&id))
}

/// As above, without the elements that `is_left_out` names.
pub(in crate::source) fn without(
    element: ElementRef<'_>,
    is_left_out: impl Fn(NodeId) -> bool,
) -> String {
    let mut written = String::new();
    let mut skipped: Option<NodeId> = None;
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) if skipped.is_none() => {
                if is_left_out(node.id()) || is_dropped(node.value()) {
                    skipped = Some(node.id());
                } else {
                    open(node.value(), &mut written);
                }
            }
            Edge::Close(node) if skipped.is_none() => close(node.value(), &mut written),
            Edge::Close(node) if skipped == Some(node.id()) => skipped = None,
            Edge::Open(_) | Edge::Close(_) => {}
        }
    }
    html::plain(&written)
}

fn is_dropped(node: &Node) -> bool {
    node.as_element().is_some_and(|element| DROPPED.contains(&element.name()))
}

fn open(node: &Node, written: &mut String) {
    match node {
        Node::Text(text) => written.push_str(&html::escape(text)),
        Node::Element(element) if element.name() == "img" => {
            if let Some(alt) = element.attr("alt").filter(|alt| is_emoji(element, alt)) {
                written.push_str(&html::escape(alt));
            }
        }
        Node::Element(element) => {
            written.push('<');
            written.push_str(plain_name(element.name()));
            written.push('>');
        }
        _ => {}
    }
}

fn close(node: &Node, written: &mut String) {
    if let Node::Element(element) = node
        && !matches!(element.name(), "img" | "br" | "hr" | "wbr")
    {
        written.push_str("</");
        written.push_str(plain_name(element.name()));
        written.push('>');
    }
}

/// Names by which the writer of the text would leave something out that stands in a post.
fn plain_name(name: &str) -> &str {
    match name {
        "head" | "title" | "body" | "html" => "div",
        name => name,
    }
}

/// Tells whether a picture stands for a sign that somebody typed.
fn is_emoji(element: &scraper::node::Element, alt: &str) -> bool {
    let is_short = alt.chars().count() <= 24;
    let class = element.attr("class").unwrap_or_default().to_ascii_lowercase();
    let says_so = ["emoji", "smil", "emoticon"].iter().any(|word| class.contains(word));
    is_short
        && (says_so
            || alt
                .chars()
                .any(|c| matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')))
}
