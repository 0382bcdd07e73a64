//! The sentence in which a brand was named, with the name marked, cut to what one reads in passing.

use crate::brand::{Field, Hit};
use crate::mention::Mention;
use std::ops::Range;

/// The longest excerpt, in characters.
const LONGEST: usize = 300;

/// The longest title, in characters.
const LONGEST_TITLE: usize = 140;

/// A sentence shorter than this takes its neighbour along: "Acme!" says nothing by itself.
const TOO_SHORT: usize = 80;

/// How far around the name we look for the ends of its sentence, in characters.
const AROUND: usize = 600;

/// A stretch of text, marked where it is the brand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub marked: bool,
}

/// Returns the title with the brand marked; empty where there is none.
pub(super) fn title(mention: &Mention) -> Vec<Piece> {
    title_of(mention.post.title.as_deref().unwrap_or_default(), &mention.hits)
}

/// Returns a title with these places marked.
pub fn title_of(title: &str, hits: &[Hit]) -> Vec<Piece> {
    let marks = marks(hits, Field::Title);
    let chars: Vec<char> = title.chars().take(LONGEST_TITLE + 1).collect();
    let end = if chars.len() > LONGEST_TITLE {
        last_space(&chars, LONGEST_TITLE / 2, LONGEST_TITLE - 1)
    } else {
        chars.len()
    };
    pieces(&chars, 0..end, 0, &marks, end < chars.len())
}

/// Returns the sentence of the text that names the brand, or its beginning where only the title
/// does.
pub(super) fn sentence(mention: &Mention) -> Vec<Piece> {
    sentence_of(&mention.post.text, &mention.hits)
}

/// Returns the sentence of a text in which the first of these places is, marked, or its beginning where
/// none is in the text.
pub fn sentence_of(text: &str, hits: &[Hit]) -> Vec<Piece> {
    let marks = marks(hits, Field::Text);
    let hit = marks.first().cloned().unwrap_or(0..0);
    let window =
        |skipped: usize| -> Vec<char> { text.chars().skip(skipped).take(3 * AROUND).collect() };
    let mut skipped = hit.start.saturating_sub(AROUND);
    let mut chars = window(skipped);
    let mut name = hit.start - skipped..(hit.end - skipped).min(chars.len());
    if name.start >= chars.len() {
        // Where only the title names the brand, or a hit lies beyond the text.
        skipped = 0;
        chars = window(0);
        name = 0..0;
    }
    let whole = around(&chars, &name);
    let kept = fit(&chars, whole.clone(), &name);
    // Where only a part of a longer text was looked at, its edge is no end of a sentence.
    let cut_before = kept.start > whole.start || (kept.start == 0 && skipped > 0);
    let mut pieces = pieces(&chars, kept.clone(), skipped, &marks, kept.end < whole.end);
    if cut_before && let Some(first) = pieces.first_mut() {
        if first.marked {
            pieces.insert(0, Piece { text: "…".into(), marked: false });
        } else {
            first.text.insert(0, '…');
        }
    }
    pieces
}

/// The places of hits in a field, in order, without overlaps.
fn marks(hits: &[Hit], field: Field) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = hits
        .iter()
        .filter(|hit| hit.field == field && hit.start < hit.end)
        .map(|hit| hit.start..hit.end)
        .collect();
    all.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in all {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The sentence around `name`, with the next ones while it is too short.
fn around(chars: &[char], name: &Range<usize>) -> Range<usize> {
    let before = (1..=name.start).rev().find(|at| is_break(chars, *at)).unwrap_or(0);
    let start = (before..name.start).find(|at| !white(chars, *at)).unwrap_or(name.start);
    let mut end = name.end;
    loop {
        end = (end + 1..chars.len()).find(|at| is_break(chars, *at)).unwrap_or(chars.len());
        if end >= chars.len() || end - start >= TOO_SHORT {
            return start..end;
        }
    }
}

/// Tells whether a sentence ends before the character at `at`.
fn is_break(chars: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|before| chars.get(before)) else {
        return false;
    };
    *before == '\n' || (matches!(before, '.' | '!' | '?' | '…') && white(chars, at))
}

fn white(chars: &[char], at: usize) -> bool {
    chars.get(at).is_some_and(|c| c.is_whitespace())
}

/// Cuts a long sentence around the name, at words.
fn fit(chars: &[char], whole: Range<usize>, name: &Range<usize>) -> Range<usize> {
    if whole.len() <= LONGEST {
        return whole;
    }
    // Two characters are left for the signs that something was left out.
    let room = LONGEST - 2;
    let mut start = whole.start.max(name.start.saturating_sub(room / 3));
    if start > whole.start {
        start = (start..name.start).find(|at| white(chars, *at)).map_or(start, |at| at + 1);
    }
    let end = start + room;
    if end >= whole.end {
        return start..whole.end;
    }
    start..last_space(chars, name.end.max(start + room / 2).min(end), end)
}

/// The last space between two places, or the second place where there is none.
fn last_space(chars: &[char], from: usize, to: usize) -> usize {
    (from..to).rev().find(|at| white(chars, *at)).unwrap_or(to)
}

fn pieces(
    chars: &[char],
    range: Range<usize>,
    offset: usize,
    marks: &[Range<usize>],
    cut: bool,
) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut space = true;
    for (at, c) in chars.iter().enumerate().take(range.end).skip(range.start) {
        let Some(c) = shown(*c) else { continue };
        if c == ' ' && std::mem::replace(&mut space, c == ' ') {
            continue;
        }
        space = c == ' ';
        let marked = marks.iter().any(|mark| mark.contains(&(at + offset)));
        match pieces.last_mut() {
            Some(last) if last.marked == marked => last.text.push(c),
            _ => pieces.push(Piece { text: c.to_string(), marked }),
        }
    }
    finish(&mut pieces, cut);
    pieces
}

/// Takes off the space at the end, and says where something was left out.
fn finish(pieces: &mut Vec<Piece>, cut: bool) {
    if let Some(last) = pieces.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
    if cut && !pieces.is_empty() {
        let sign =
            if pieces.last().is_some_and(|last| last.text.ends_with('.')) { " …" } else { "…" };
        match pieces.last_mut() {
            Some(last) if !last.marked => last.text.push_str(sign),
            _ => pieces.push(Piece { text: sign.into(), marked: false }),
        }
    }
    pieces.retain(|piece| !piece.text.is_empty());
}

/// Returns the character as it may be shown: white space as a space, and nothing for characters that
/// steer a terminal or turn the direction of the text around.
pub(super) fn shown(c: char) -> Option<char> {
    match c {
        c if c.is_whitespace() => Some(' '),
        c if c.is_control() => None,
        '\u{200e}'
        | '\u{200f}'
        | '\u{061c}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => None,
        c => Some(c),
    }
}

/// Returns text from outside on one line, free of what steers, cut to at most `most` characters.
pub(super) fn line(text: &str, most: usize) -> String {
    // Far more is looked at than is kept, because spaces and invisible signs fall away.
    let clean: String = text.chars().take(most.saturating_mul(8)).filter_map(shown).collect();
    crate::text::cut(&clean, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sample;
    use crate::enrich::Label;
    use proptest::prelude::*;

    fn written(pieces: &[Piece]) -> String {
        let write = |Piece { text, marked }: &Piece| {
            if *marked { format!("[{text}]") } else { text.clone() }
        };
        pieces.iter().map(write).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mention = sample::mention(1, Label::Neutral, None, text);
        assert_eq!(written(&sentence(&mention)), expected);
    }

    #[test]
    fn the_sentence_with_the_brand_is_taken() {
        check(
            "It rains. The whole of yesterday I waited for somebody of Acme to come and mend the line, in vain. So what?",
            "The whole of yesterday I waited for somebody of [Acme] to come and mend the line, in vain.",
        );
        check("Acme", "[Acme]");
        check("No brand here. Or here.", "No brand here. Or here.");
        check("", "");
    }

    #[test]
    fn a_short_sentence_takes_the_next_along() {
        check("Hi. Acme! Never again. Bye.", "[Acme]! Never again. Bye.");
    }

    #[test]
    fn every_naming_in_the_sentence_is_marked() {
        check("Acme, Acme and ÄAcme", "[Acme], [Acme] and Ä[Acme]");
    }

    #[test]
    fn a_long_sentence_is_cut_around_the_name() {
        let words = "sana ".repeat(200);
        let mention = sample::mention(1, Label::Neutral, None, &format!("{words}Acme {words}"));
        let cut = written(&sentence(&mention));
        assert!(cut.starts_with("…sana ") && cut.ends_with(" sana…"), "{cut}");
        assert!(cut.contains(" [Acme] ") && cut.chars().count() <= LONGEST + 2, "{cut}");
    }

    #[test]
    fn a_name_far_inside_a_text_is_found_by_characters_not_bytes() {
        let text = format!("{}. Here stands Acme. {}", "ä😀 ".repeat(5000), "ö ".repeat(5000));
        let mention = sample::mention(1, Label::Neutral, None, &text);
        assert!(written(&sentence(&mention)).starts_with("Here stands [Acme]. ö"));
    }

    #[test]
    fn hits_that_overlap_or_lie_beyond_the_text_do_no_harm() {
        let mut mention = sample::mention(1, Label::Neutral, None, "Acme Pay is down");
        let mut wider = mention.hits[0].clone();
        wider.end = 8;
        mention.hits.push(wider);
        assert_eq!(written(&sentence(&mention)), "[Acme Pay] is down");
        for beyond in [usize::MAX - 1, 100] {
            for hit in &mut mention.hits {
                (hit.start, hit.end) = (beyond, beyond + 1);
            }
            assert_eq!(written(&sentence(&mention)), "Acme Pay is down");
        }
    }

    #[test]
    fn a_title_is_marked_and_cut() {
        let mention = sample::mention(1, Label::Neutral, Some("So Acme falls"), "");
        assert_eq!(written(&title(&mention)), "So [Acme] falls");
        let long = format!("Acme {}", "sana ".repeat(100));
        let mention = sample::mention(1, Label::Neutral, Some(&long), "");
        let cut = title(&mention);
        assert!(written(&cut).ends_with("sana…") && written(&cut).chars().count() <= 142);
    }

    proptest! {
        #[test]
        fn an_excerpt_is_always_bounded_and_on_one_line(
            text in "(?s)(Acme|[.!? \\n]|.){0,900}", start in 0_usize..900, length in 0_usize..900,
        ) {
            let mut mention = sample::mention(1, Label::Neutral, Some(&text), &text);
            let mut hit = sample::mention(1, Label::Neutral, None, "Acme").hits.remove(0);
            (hit.start, hit.end) = (start, start + length);
            mention.hits.insert(0, hit);
            for pieces in [title(&mention), sentence(&mention)] {
                let line: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
                prop_assert!(line.chars().count() <= LONGEST + 2, "{}", line);
                prop_assert!(!line.chars().any(char::is_control), "{:?}", line);
                prop_assert!(pieces.iter().all(|piece| !piece.text.is_empty()));
            }
        }
    }
}
