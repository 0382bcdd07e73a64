//! From places in the folded text to the hits that are kept and shown.

use super::evaluate::Span;
use super::fold::Folded;
use crate::brand::{Field, Hit};
use crate::post::Post;
use std::collections::BTreeMap;

/// The most hits that are kept of one post for one brand: enough to judge and to show.
const MOST_HITS: usize = 1_000;

/// A post with its two fields made comparable.
pub(super) struct Reading<'a> {
    post: &'a Post,
    title: Folded,
    text: Folded,
}

impl<'a> Reading<'a> {
    pub(super) fn new(post: &'a Post) -> Self {
        let title = post.title.as_deref().map(Folded::new).unwrap_or_default();
        Self { post, title, text: Folded::new(&post.text) }
    }

    /// The fields, title first.
    pub(super) fn fields(&self) -> [(Field, &Folded); 2] {
        [(Field::Title, &self.title), (Field::Text, &self.text)]
    }

    /// Turns places, each found for one of `keywords`, into hits: title first, then by place; of those
    /// that overlap the longest, and of equals that of the first keyword.
    pub(super) fn hits(&self, mut found: Vec<(Span, usize)>, keywords: &[&str]) -> Vec<Hit> {
        found.sort_by_key(|(span, keyword)| {
            (std::cmp::Reverse(span.end - span.start), *span, *keyword)
        });
        let mut kept: BTreeMap<(Field, usize), (Span, usize)> = BTreeMap::new();
        for (span, keyword) in found {
            // Kept ones do not overlap each other, so only the last that begins before the end can.
            let before = kept.range(..(span.field, span.end)).next_back();
            let is_free = before
                .is_none_or(|(_, (last, _))| last.field != span.field || last.end <= span.start);
            if is_free {
                kept.insert((span.field, span.start), (span, keyword));
            }
        }
        let kept: Vec<_> = kept.into_values().take(MOST_HITS).collect();
        let mut hits = Vec::with_capacity(kept.len());
        for (field, folded) in self.fields() {
            let original = match field {
                Field::Title => self.post.title.as_deref().unwrap_or_default(),
                Field::Text => &self.post.text,
            };
            let (mut rest, mut at) = (original.chars(), 0);
            for (span, keyword) in kept.iter().filter(|(span, _)| span.field == field) {
                let place = folded.scalars(span.start, span.end);
                // Two halves of one character, such as ½.
                let Some(skipped) = place.start.checked_sub(at) else { continue };
                let form = rest.by_ref().skip(skipped).take(place.len()).collect();
                at = place.end;
                let keyword = keywords.get(*keyword).copied().unwrap_or_default().to_owned();
                hits.push(Hit { keyword, field, start: place.start, end: place.end, form });
            }
        }
        hits
    }
}
