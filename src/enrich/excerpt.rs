//! What of a post is read, as characters and as tokens: once, for everything that is asked of it.

use super::concepts::Spot;
use super::features::Reading;
use super::model::Model;
use super::names::NO_WORD;
use super::tokens::{AROUND, HEAD, Kind, Token, tokens_of};
use crate::brand::{Field, Hit};
use crate::post::Post;
use std::ops::Range;

/// How many matches of the brand are looked at.
const HITS: usize = 32;

/// What of a post is read: its title and text, up to [`HEAD`] characters, and what stands around the
/// first match if that lies behind.
pub(super) struct Excerpt {
    pub(super) chars: Vec<char>,
    pub(super) targets: Vec<Range<usize>>,
    /// Where other brands stand.
    others: Vec<Range<usize>>,
    pub(super) tokens: Vec<Token>,
}

impl Excerpt {
    /// Reads a post whose brand stands at `hits`.
    pub(super) fn of(post: &Post, hits: &[Hit]) -> Self {
        Self::among(post, hits, &[])
    }

    /// The same, where other brands stand at `others`.
    pub(super) fn among(post: &Post, hits: &[Hit], others: &[Hit]) -> Self {
        let title = post.title.as_deref().unwrap_or_default();
        let room = title.len().min(HEAD) + post.text.len().min(HEAD) + 1;
        let mut chars: Vec<char> = Vec::with_capacity(room);
        chars.extend(title.chars().take(HEAD / 2));
        let in_title = chars.len();
        if in_title > 0 {
            chars.push('\n');
        }
        let from = chars.len();
        chars.extend(post.text.chars().take(HEAD - from.min(HEAD)));
        let read = chars.len() - from;
        let place = |hit: &Hit| match hit.field {
            Field::Title => (hit.end <= in_title).then_some(hit.start..hit.end),
            Field::Text => (hit.end <= read).then_some(from + hit.start..from + hit.end),
        };
        let of_field = |field| {
            let hits = hits.iter().filter(move |hit| hit.field == field && hit.start < hit.end);
            hits.take(HITS)
        };
        let in_text = || of_field(Field::Text);
        let mut targets: Vec<Range<usize>> =
            of_field(Field::Title).chain(in_text()).filter_map(place).collect();
        let others = others.iter().take(HITS).filter_map(place).collect();
        if let (Some(first), true) = (in_text().next(), targets.is_empty()) {
            let begin = first.start.saturating_sub(AROUND).max(read);
            chars.push('\n');
            let moved = chars.len();
            chars.extend(
                post.text
                    .chars()
                    .skip(begin)
                    .take(first.end.saturating_sub(begin).min(AROUND * 2) + AROUND),
            );
            targets.push(
                moved + first.start.saturating_sub(begin)..moved + first.end.saturating_sub(begin),
            );
        }
        let tokens = tokens_of(&chars, &targets);
        Self { chars, targets, others, tokens }
    }

    /// Reads it in a language, by its code.
    pub(super) fn reading<'a>(&'a self, language: &'a str) -> Reading<'a> {
        let common = Model::built_in().map_or(&NO_WORD, |model| &model.common);
        Reading::of(&self.tokens, language, common, &self.others)
    }

    /// Tells whether there is anything to judge.
    pub(super) fn has_words(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token.kind, Kind::Word | Kind::Face))
    }

    /// Returns the words of a concept, cut where they are many.
    pub(super) fn spot(&self, spot: Spot) -> String {
        let (first, last) = (usize::from(spot.first), usize::from(spot.last));
        match (self.tokens.get(first), self.tokens.get(last)) {
            (Some(first), Some(last)) => {
                crate::text::cut(&self.quote(first.at.start..last.at.end), 40)
            }
            _ => String::new(),
        }
    }

    /// Returns what stands there.
    pub(super) fn quote(&self, at: Range<usize>) -> String {
        self.chars.get(at).unwrap_or_default().iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_far_behind_the_head_is_read_with_what_stands_around_it() {
        let padding = "lorem ipsum ".repeat(2000);
        let text =
            format!("{padding} the parcel from Acme arrived broken, terrible service, never again");
        let excerpt = {
            let start =
                text.chars().count() - "Acme arrived broken, terrible service, never again".len();
            let hit = Hit {
                keyword: "Acme".into(),
                field: Field::Text,
                start,
                end: start + 4,
                form: "Acme".into(),
            };
            Excerpt::of(&Post { text, ..Post::default() }, &[hit])
        };
        let tokens = &excerpt.tokens;
        assert!(tokens.iter().any(|token| token.kind == Kind::Target));
        assert!(tokens.iter().any(|token| token.folded == "terrible"));
        assert!(excerpt.chars.len() <= HEAD + 3 * AROUND + 8);
    }

    #[test]
    fn other_brands_are_read_as_names_however_they_are_written() {
        let post = Post { text: "left acme for star, finally it works".into(), ..Post::default() };
        let hit = |start, end| Hit {
            keyword: String::new(),
            field: Field::Text,
            start,
            end,
            form: String::new(),
        };
        let read = |others: &[Hit]| {
            let excerpt = Excerpt::among(&post, &[hit(5, 9)], others);
            excerpt.reading("en").names.iter().position(|name| *name)
        };
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[hit(14, 18)]), Some(3));
        // The same word may be a keyword of two brands.
        assert_eq!(read(&[hit(5, 9)]), None);
    }
}
