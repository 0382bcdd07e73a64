//! What finds one brand, and what does not count.

use super::atom::Atoms;
use super::evaluate::{Facts, Node, Span};
use super::hits::Reading;
use super::origin::Own;
use crate::brand::{Brand, Hit, Keyword};
use crate::post::Post;

/// What finds one brand.
#[derive(Debug)]
pub(super) struct Rules {
    keywords: Vec<(String, Node)>,
    exclude: Vec<Node>,
    own: Own,
}

impl Rules {
    pub(super) fn new(brand: &Brand, atoms: &mut Atoms) -> Self {
        let mut ready = |keyword: &Keyword| Node::new(&keyword.query, atoms);
        Self {
            keywords: brand
                .keywords
                .iter()
                .map(|keyword| (keyword.written.clone(), ready(keyword)))
                .collect(),
            exclude: brand.exclude.iter().map(ready).collect(),
            own: Own::new(&brand.own),
        }
    }

    /// Lists the atoms of which one must be found before the brand can be named, each once.
    pub(super) fn wanted_atoms(&self) -> Vec<usize> {
        let mut wanted = Vec::new();
        for (_, node) in &self.keywords {
            node.wanted_atoms(&mut wanted);
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Tells whether the brand may be named where none of its atoms is found.
    pub(super) fn need_no_atom(&self) -> bool {
        self.keywords.iter().any(|(_, node)| node.needs_no_atom())
    }

    /// Tells whether the brand wrote the post itself or has it on a site of its own.
    pub(super) fn own(&self, post: &Post) -> bool {
        self.own.holds(post)
    }

    /// Returns the hits of the brand, or `None` if the post does not name it.
    pub(super) fn hits(&self, facts: &Facts<'_>, reading: &Reading<'_>) -> Option<Vec<Hit>> {
        let excluded = Excluded::new(&self.exclude, facts)?;
        let counts = |span: &Span| !excluded.hides(span);
        let (mut found, mut is_named) = (Vec::new(), false);
        for (number, (_, node)) in self.keywords.iter().enumerate() {
            let mut spans = Vec::new();
            is_named |= node.evaluate(facts, &counts, &mut spans);
            found.extend(spans.into_iter().map(|span| (span, number)));
        }
        let written: Vec<&str> = self.keywords.iter().map(|(written, _)| &**written).collect();
        is_named.then(|| reading.hits(found, &written))
    }
}

/// The places inside which a match does not count.
struct Excluded {
    /// By where they begin; each with the farthest end of it and those before it in the same field.
    spans: Vec<Span>,
}

impl Excluded {
    /// `None` if the post as a whole is excluded, by its site or author.
    fn new(exclude: &[Node], facts: &Facts<'_>) -> Option<Self> {
        let mut spans = Vec::new();
        for node in exclude {
            let before = spans.len();
            if node.evaluate(facts, &|_| true, &mut spans) && spans.len() == before {
                return None;
            }
        }
        spans.sort_unstable();
        let mut farthest: Option<Span> = None;
        for span in &mut spans {
            if let Some(far) = farthest.filter(|far| far.field == span.field) {
                span.end = span.end.max(far.end);
            }
            farthest = Some(*span);
        }
        Some(Self { spans })
    }

    fn hides(&self, hit: &Span) -> bool {
        let until =
            self.spans.partition_point(|span| (span.field, span.start) <= (hit.field, hit.start));
        let last = until.checked_sub(1).and_then(|at| self.spans.get(at));
        last.is_some_and(|last| last.field == hit.field && hit.end <= last.end)
    }
}
