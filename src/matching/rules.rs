//! What finds one brand, and what does not count.

use super::atom::Atoms;
use super::evaluate::{Facts, Node, Span};
use super::inflect::Languages;
use super::origin::Own;
use super::reading::Reading;
use super::why::Reasons;
use crate::brand::{Brand, Hit, Keyword};
use crate::post::Post;
use std::collections::HashSet;

/// What finds one brand.
#[derive(Debug)]
pub(super) struct Rules {
    keywords: Vec<(String, Node)>,
    exclude: Vec<Node>,
    context: Vec<Node>,
    own: Own,
}

/// How many words may stand between a match and a word of its context.
const NEAR_CONTEXT: usize = 25;
/// How many words of the context that lie inside a match are passed over.
const MOST_INSIDE: usize = 16;
/// Of so many keywords each says why it found nothing.
const FEW: usize = 5;

impl Rules {
    pub(super) fn new(brand: &Brand, atoms: &mut Atoms) -> Self {
        let languages = Languages::of_all(&brand.languages);
        let mut ready = |keyword: &Keyword| Node::new(&keyword.query, languages, atoms);
        Self {
            keywords: brand
                .keywords
                .iter()
                .map(|keyword| (keyword.written.clone(), ready(keyword)))
                .collect(),
            exclude: brand.exclude.iter().map(&mut ready).collect(),
            context: brand.context.iter().map(&mut ready).collect(),
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

    /// Says in words why keywords found nothing, and why places do not count; a keyword of which nothing
    /// stands in the post says nothing, unless it is one of a few.
    pub(super) fn why_not(
        &self,
        facts: &Facts<'_>,
        atoms: &Atoms,
        seen: &HashSet<usize>,
    ) -> Vec<String> {
        let mut why = Vec::new();
        let hidden = Excluded::new(&self.exclude, facts);
        if hidden.is_none() {
            why.push("the post as a whole is excluded, by its site or author".to_owned());
        }
        let context = self.context(facts);
        for (written, node) in &self.keywords {
            let mut spans = Vec::new();
            if !node.evaluate(facts, &|_| true, &mut spans) {
                let mut wanted = Vec::new();
                node.wanted_atoms(&mut wanted);
                if self.keywords.len() > FEW && !wanted.iter().any(|atom| seen.contains(atom)) {
                    continue;
                }
                let mut reasons = Reasons::new(facts, atoms);
                reasons.add(node);
                if reasons.is_telling || self.keywords.len() <= FEW {
                    why.push(format!("`{written}`: {}", reasons.lines.join("; ")));
                }
                continue;
            }
            for span in spans {
                let form = facts.form(&span);
                if hidden.as_ref().is_some_and(|hidden| hidden.hides(&span)) {
                    why.push(format!("`{written}`: `{form}` lies inside what `exclude` finds"));
                } else if !self.context.is_empty()
                    && !form.starts_with('@')
                    && !facts.is_near(&span, &context)
                {
                    why.push(format!("`{written}`: no word of `context` stands near `{form}`"));
                }
            }
        }
        why.dedup();
        why
    }

    /// Tells whether the brand wrote the post itself or has it on a site of its own.
    pub(super) fn own(&self, post: &Post) -> bool {
        self.own.holds(post)
    }

    /// Returns the hits of the brand, or `None` if the post does not name it.
    pub(super) fn hits(&self, facts: &Facts<'_>, reading: &Reading<'_>) -> Option<Vec<Hit>> {
        let excluded = Excluded::new(&self.exclude, facts)?;
        let counts = |span: &Span| !excluded.hides(span);
        let (mut found, mut is_named, mut needs_no_context) = (Vec::new(), false, false);
        for (number, (_, node)) in self.keywords.iter().enumerate() {
            let mut spans = Vec::new();
            let is_true = node.evaluate(facts, &counts, &mut spans);
            is_named |= is_true;
            needs_no_context |= is_true && spans.is_empty();
            found.extend(spans.into_iter().map(|span| (span, number)));
        }
        let written: Vec<&str> = self.keywords.iter().map(|(written, _)| &**written).collect();
        if is_named && !self.context.is_empty() && !found.is_empty() {
            self.keep_in_context(&mut found, facts);
            is_named = needs_no_context || !found.is_empty();
        }
        is_named.then(|| reading.hits(found, &written))
    }

    /// Leaves only those near a word of the context: in the same field, or one in the title of a text.
    /// A handle needs none, it is nobody else's.
    fn keep_in_context(&self, found: &mut Vec<(Span, usize)>, facts: &Facts<'_>) {
        let context = self.context(facts);
        found
            .retain(|(span, _)| facts.form(span).starts_with('@') || facts.is_near(span, &context));
    }

    /// Lists the places of the words of the context.
    fn context(&self, facts: &Facts<'_>) -> Vec<Span> {
        let mut context = Vec::new();
        for node in &self.context {
            node.evaluate(facts, &|_| true, &mut context);
        }
        context.sort_unstable();
        context
    }
}

impl Facts<'_> {
    /// Tells whether a word of the context, of which they are in order, stands near a match, or one of
    /// the two in the title.
    fn is_near(&self, hit: &Span, context: &[Span]) -> bool {
        if context.iter().any(|word| word.field != hit.field) {
            return true;
        }
        let behind =
            context.partition_point(|word| (word.field, word.start) < (hit.field, hit.end));
        let before = context.get(..behind).unwrap_or_default().iter().rev();
        let before = before.take(MOST_INSIDE).find(|word| word.end <= hit.start);
        let near = |word: &Span| self.words_between(hit, word, NEAR_CONTEXT);
        context.get(behind).is_some_and(near) || before.is_some_and(near)
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
        let facts = &Facts { covers: true, ..*facts };
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
