//! A post made ready to be searched: its fields as they are scanned, and what stands around a place.

use super::Tells;
use super::inflect::Languages;
use super::letter::{Letter, is_mark, letters, plain};
use super::scan::Scan;
use crate::brand::Field;
use crate::post::Post;
use crate::text::Language;
use std::cell::{Cell, OnceCell};
use std::ops::Range;

/// A post with its two fields made comparable.
pub(super) struct Reading<'a> {
    pub(super) post: &'a Post,
    title: Text<'a>,
    text: Text<'a>,
    tells: Tells,
    language: OnceCell<Option<Language>>,
}

impl<'a> Reading<'a> {
    /// `tells` is asked for the language only where something is found.
    pub(super) fn new(post: &'a Post, tells: Tells) -> Self {
        let title = Text::new(post.title.as_deref().unwrap_or_default());
        Self { post, title, text: Text::new(&post.text), tells, language: OnceCell::new() }
    }

    /// The post with its fields left out, for what asks nothing of them.
    pub(super) fn empty(post: &'a Post) -> Self {
        let nothing = || Text::new("");
        Self { post, title: nothing(), text: nothing(), tells: |_| None, language: OnceCell::new() }
    }

    /// The fields, title first.
    pub(super) fn fields(&self) -> [(Field, &Text<'a>); 2] {
        [(Field::Title, &self.title), (Field::Text, &self.text)]
    }

    pub(super) fn field(&self, field: Field) -> &Text<'a> {
        match field {
            Field::Title => &self.title,
            Field::Text => &self.text,
        }
    }

    /// The language of the post, where it is known.
    pub(super) fn language(&self) -> Option<Language> {
        *self.language.get_or_init(|| (self.tells)(self.post))
    }

    /// Returns the languages whose forms are looked for: that of the post, or else `others`.
    pub(super) fn languages(&self, others: Languages) -> Languages {
        self.language().map_or(others, Languages::of)
    }
}

/// One field of a post.
pub(super) struct Text<'a> {
    pub(super) original: &'a str,
    pub(super) scan: Scan,
    /// Whether there is a sign of a hashtag or handle anywhere.
    pub(super) has_tags: bool,
    /// The last token that was looked at, and where in it the host of a link is.
    token: Cell<Option<(usize, usize, Link)>>,
    turkish: OnceCell<bool>,
    /// Whether its first letter is a capital.
    capital: OnceCell<bool>,
}

/// What a token is, between blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    No,
    /// A link, with where it begins, and the place of its host.
    Host {
        from: usize,
        start: usize,
        end: usize,
    },
}

/// What stands before a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Before {
    /// The character right before it, nothing invisible.
    pub(super) last: Option<char>,
    /// Where the letters, digits and `_` begin that stand right before it.
    pub(super) run: usize,
    /// The sign of a hashtag or handle, if it stands before these.
    pub(super) sign: Option<char>,
}

/// How many characters on either side tell whether a word is shouted amid others.
const NEAR: usize = 120;
/// How far is looked back for the sign of a hashtag or handle.
pub(super) const LONGEST_TAG: usize = 100;

impl<'a> Text<'a> {
    fn new(original: &'a str) -> Self {
        let scan = Scan::new(original);
        let has_tags = scan.bytes().contains(&b'#') || scan.bytes().contains(&b'@');
        Self {
            original,
            scan,
            has_tags,
            token: Cell::new(None),
            turkish: OnceCell::new(),
            capital: OnceCell::new(),
        }
    }

    /// Returns at most `most` letters from byte `from` on.
    pub(super) fn letters(&self, from: usize, most: usize) -> Vec<Letter> {
        letters(self.original, from, most)
    }

    /// Returns what stands between two places.
    pub(super) fn between(&self, range: Range<usize>) -> &'a str {
        self.original.get(range).unwrap_or_default()
    }

    /// Returns where the word begins in which the place lies.
    pub(super) fn word_start(&self, at: usize) -> usize {
        let before = self.between(0..at).char_indices().rev().take(LONGEST_TAG);
        let is_inside = |c: char| c.is_alphanumeric() || is_mark(c) || plain(c).is_none();
        before.take_while(|(_, c)| is_inside(*c)).last().map_or(at, |(place, _)| place)
    }

    pub(super) fn before(&self, at: usize) -> Before {
        let mut before = Before { last: None, run: at, sign: None };
        let visible = self.between(0..at).char_indices().rev().filter_map(|(place, c)| {
            let c = plain(c).filter(|c| !is_mark(*c))?;
            Some((place, c))
        });
        for (number, (place, c)) in visible.enumerate() {
            if number == 0 {
                before.last = Some(c);
            }
            if c.is_alphanumeric() || c == '_' {
                before.run = place;
            } else {
                before.sign = match c {
                    '#' | '＃' => Some('#'),
                    '@' | '＠' => Some('@'),
                    _ => None,
                };
                break;
            }
            if number >= LONGEST_TAG || !self.has_tags {
                break;
            }
        }
        before
    }

    /// Tells what the token is in which the place lies.
    pub(super) fn link(&self, at: usize) -> Link {
        if let Some((start, end, link)) = self.token.get()
            && (start..end).contains(&at)
        {
            return link;
        }
        let ends = |c: char| {
            c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')' | '[' | ']' | '|')
        };
        let start = self.between(0..at).rfind(ends).map_or(0, |place| {
            place + self.between(place..at).chars().next().map_or(1, char::len_utf8)
        });
        let end = self
            .original
            .get(at..)
            .and_then(|rest| rest.find(ends))
            .map_or(self.original.len(), |length| at + length);
        let link = link(self.between(start..end), start);
        self.token.set(Some((start, end.max(at + 1), link)));
        link
    }

    /// Tells whether it begins with a capital, as those do who write with capitals.
    pub(super) fn begins_with_capital(&self) -> bool {
        let first = || self.original.chars().find(|c| c.is_alphabetic());
        *self.capital.get_or_init(|| first().is_some_and(char::is_uppercase))
    }

    /// Tells whether it is written with letters that only Turkish has.
    pub(super) fn looks_turkish(&self) -> bool {
        *self.turkish.get_or_init(|| self.original.contains(['ğ', 'ş', 'ı', 'Ğ', 'Ş', 'İ']))
    }

    /// Tells whether the word around a place is one of several in capitals.
    pub(super) fn shouts(&self, range: Range<usize>) -> bool {
        let is_shouted = |word: &str| {
            let letters = word.chars().filter(|c| c.is_alphabetic());
            letters.clone().count() > 1 && letters.clone().all(char::is_uppercase)
        };
        let is_blank = |word: &&str| word.chars().any(char::is_alphabetic);
        let before = self.between(0..range.start);
        let cut = before.char_indices().rev().take(NEAR).last().map_or(0, |(place, _)| place);
        let before = before.get(cut..).unwrap_or_default();
        let before = before.rsplit(char::is_whitespace).find(is_blank);
        let after = self.original.get(range.end..).unwrap_or_default();
        let cut = after.char_indices().nth(NEAR).map_or(after.len(), |(place, _)| place);
        let after = after.get(..cut).unwrap_or_default();
        let after = after.split(char::is_whitespace).skip(1).find(is_blank);
        match (before, after) {
            (None, None) => true,
            (Some(one), Some(other)) => is_shouted(one) || is_shouted(other),
            (Some(one), None) | (None, Some(one)) => is_shouted(one),
        }
    }
}

/// Tells whether a token is a link, and where its host is.
fn link(token: &str, start: usize) -> Link {
    let host = |from: usize, at: usize| {
        let rest = token.get(at..).unwrap_or_default();
        let length = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        Link::Host { from: start + from, start: start + at, end: start + at + length }
    };
    if let Some(colon) = token.find("://") {
        let scheme = token.get(..colon).unwrap_or_default();
        let letters = scheme.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
        return host(letters.len(), colon + 3);
    }
    let is_www = token.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    let Some((before, path)) = token.split_once('/') else {
        return if is_www { host(0, 0) } else { Link::No };
    };
    let is_domain = before.contains('.')
        && before.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        && before.rsplit('.').next().is_some_and(|end| {
            (2..=24).contains(&end.len()) && end.chars().all(|c| c.is_ascii_lowercase())
        });
    let is_path = path.chars().next().is_some_and(|c| !c.is_uppercase());
    if is_www || (is_domain && is_path) { host(0, 0) } else { Link::No }
}
