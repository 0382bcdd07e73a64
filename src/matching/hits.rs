//! From places in a text to the hits that are kept and shown.

use super::evaluate::Span;
use super::reading::Reading;
use crate::brand::{Field, Hit};
use std::collections::BTreeMap;

/// The most hits that are kept of one post for one brand: enough to judge and to show.
const MOST_HITS: usize = 1_000;

impl Reading<'_> {
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
        for (field, text) in self.fields() {
            let (mut byte, mut scalar) = (0, 0);
            for (span, keyword) in kept.iter().filter(|(span, _)| span.field == field) {
                let start = scalar + text.between(byte..span.start).chars().count();
                let form = text.between(span.start..span.end);
                let end = start + form.chars().count();
                (byte, scalar) = (span.end, end);
                let keyword = keywords.get(*keyword).copied().unwrap_or_default().to_owned();
                hits.push(Hit { keyword, field, start, end, form: form.to_owned() });
            }
        }
        hits
    }
}
