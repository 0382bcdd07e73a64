//! A keyword as a name: its words, and what may stand between them. People write `T-Mobile` also as
//! `TMobile`, `AT&T` as `AT and T`, `Türk Telekom` as `Türktelekom`, and `LähiTapiola` as `Lähi-Tapiola`.

use super::letter::{Letter, all_letters};

/// The most signs that may stand between two words.
const MOST_BETWEEN: usize = 16;
/// Words of so few letters may be abbreviations: `Dr. Pepper`.
const ABBREVIATION: usize = 3;
/// Words are joined only if together they have so many letters: `to go` is no `togo`.
const FEWEST_JOINED: usize = 5;

/// A name, cut into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) words: Vec<Vec<Letter>>,
    /// What stands between each word and the next.
    pub(super) gaps: Vec<Gap>,
    /// Signs that belong to it at its end: `C++`.
    pub(super) tail: Vec<char>,
    /// Whether it has a capital, as names do; a phrase has none.
    pub(super) has_capital: bool,
}

/// What stands between two words of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing, but a capital begins the second: `LähiTapiola`.
    Camel,
    /// A blank, with signs before it that may be left out: `Acme, Inc.`
    Blank(Vec<char>),
    Hyphen,
    Apostrophe,
    And,
    Dot,
    /// Signs that must be there.
    Signs(Vec<char>),
}

/// The words for `&`, in the languages that are read.
const ANDS: [&str; 9] = ["and", "ja", "ve", "och", "und", "et", "y", "n", "'n'"];

/// Where the text stands that is compared with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Surrounding {
    /// In a hashtag or handle, where nothing but letters, digits and `_` can stand.
    pub(super) is_tag: bool,
}

impl Name {
    /// Cuts what was written into words; `None` where nothing is left to look for.
    pub(super) fn new(written: &str) -> Option<Self> {
        let letters = all_letters(written.trim());
        let has_capital = letters.iter().any(Letter::is_upper);
        let mut name = Self { words: Vec::new(), gaps: Vec::new(), tail: Vec::new(), has_capital };
        let mut between: Vec<char> = Vec::new();
        for letter in letters {
            if !is_part(&letter) {
                between.push(letter.full);
                continue;
            }
            let last = name.words.last().and_then(|word| word.last()).copied();
            let gap = match last {
                None if between.is_empty() => None,
                None => {
                    // What stands before the first word is left out, but for a dot: `.NET`.
                    (between.last() == Some(&'.')).then_some(Gap::Signs(vec!['.']))
                }
                Some(last) if between.is_empty() => {
                    let is_camel =
                        letter.is_upper() && !last.is_upper() && last.full.is_alphabetic();
                    is_camel.then_some(Gap::Camel)
                }
                Some(_) => Some(gap(&between)),
            };
            between.clear();
            match (gap, name.words.last_mut()) {
                (None, Some(word)) => word.push(letter),
                (Some(gap), before) => {
                    if before.is_none() {
                        name.words.push(Vec::new());
                    }
                    name.gaps.push(gap);
                    name.words.push(vec![letter]);
                }
                (None, None) => name.words.push(vec![letter]),
            }
        }
        name.tail = between.into_iter().filter(|c| matches!(c, '+' | '#')).collect();
        name.join_by_and();
        (!name.words.is_empty()).then_some(name)
    }

    /// Takes the word for `&` between two others as the sign.
    fn join_by_and(&mut self) {
        let text = |word: &[Letter]| word.iter().map(|letter| letter.full).collect::<String>();
        let and = |number: usize| {
            let side = |number: usize| {
                self.words
                    .get(number)
                    .is_some_and(|word| word.iter().all(|c| c.full.is_alphabetic()))
            };
            let is_long = self.words.iter().enumerate().filter(|(at, _)| *at != number);
            let is_long = is_long.map(|(_, word)| word.len()).sum::<usize>() > 2;
            if !is_long || !side(number.wrapping_sub(1)) || !side(number + 1) {
                return false;
            }
            let is_and = self.words.get(number).is_some_and(|word| ANDS.contains(&&*text(word)));
            let blanks = self.gaps.get(number.wrapping_sub(1)..=number);
            is_and && blanks.is_some_and(|gaps| gaps.iter().all(|gap| matches!(gap, Gap::Blank(_))))
        };
        if let Some(number) = (1..self.words.len().saturating_sub(1)).find(|number| and(*number)) {
            self.words.remove(number);
            self.gaps.remove(number);
            if let Some(gap) = self.gaps.get_mut(number - 1) {
                *gap = Gap::And;
            }
        }
    }

    /// The same as one word, whose letters are compared one by one.
    pub(super) fn joined(mut self) -> Self {
        self.words = vec![self.words.concat()];
        self.gaps.clear();
        self
    }

    /// Counts its letters.
    pub(super) fn len(&self) -> usize {
        self.words.iter().map(Vec::len).sum()
    }

    /// Tells whether all its letters are capitals, as an acronym's.
    pub(super) fn is_all_caps(&self) -> bool {
        let mut letters = self.words.iter().flatten().filter(|letter| letter.full.is_alphabetic());
        self.len() > 1 && letters.all(Letter::is_upper)
    }

    pub(super) fn has_digit(&self) -> bool {
        self.words.iter().flatten().any(|letter| letter.full.is_numeric())
    }

    /// Returns the places in `text` at which the word behind gap `number` may begin, if the one before
    /// it ends at `at`.
    pub(super) fn behind_gap(
        &self,
        number: usize,
        text: &[Letter],
        at: usize,
        surrounding: Surrounding,
    ) -> Vec<usize> {
        let (Some(gap), Some(before), Some(after)) =
            (self.gaps.get(number), self.words.get(number), self.words.get(number + 1))
        else {
            return Vec::new();
        };
        let rest = text.get(at..).unwrap_or_default();
        let mut found = Vec::new();
        let mut add = |length: Option<usize>| found.extend(length.map(|length| at + length));
        let joins = surrounding.is_tag || (self.has_capital && self.len() >= FEWEST_JOINED);
        add(run(rest, |c| c == '_', 1));
        add(surrounding.is_tag.then_some(0));
        match gap {
            Gap::Blank(signs) => {
                let is_short = before.len() <= ABBREVIATION;
                let stand = rest.iter().take_while(|letter| signs.contains(&letter.full)).count();
                let behind = rest.get(stand..).unwrap_or_default();
                add(blanks(rest, is_short));
                add(blanks(behind, false).filter(|_| stand > 0).map(|length| stand + length));
                add(joins.then_some(0));
            }
            Gap::Hyphen => {
                add(blanks(rest, false));
                add(run(rest, |c| c == '/', 1));
                add(joins.then_some(0));
            }
            Gap::Camel => {
                add(Some(0));
                add(run(rest, |c| c == '-', 1));
                let begun = at.checked_sub(before.len()).and_then(|first| text.get(first));
                add(begun
                    .is_some_and(|begun| stand_apart((before, begun), (after, rest)))
                    .then_some(1));
            }
            Gap::Apostrophe => {
                add(Some(0));
                add(run(rest, |c| c == '\'', 1));
                add(begins(rest, "&#39;").then_some(5));
            }
            Gap::Dot => {
                let is_initial =
                    before.len() <= 2 && self.len() > ABBREVIATION - 1 && self.has_capital;
                add(run(rest, |c| c == '.', 1));
                add(is_initial.then_some(0));
            }
            Gap::And => {
                add(ampersand(rest));
                // One and one is no 1&1.
                let has_letters = self.len() > 2
                    && before.iter().chain(after).all(|letter| letter.full.is_alphabetic());
                add(has_letters.then(|| and(rest)).flatten());
                let joined = ANDS.iter().filter(|and| surrounding.is_tag && begins(rest, and));
                joined.for_each(|and| add(Some(and.len())));
            }
            Gap::Signs(signs) => {
                let stands = signs.iter().zip(rest).filter(|(sign, letter)| **sign == letter.full);
                add((stands.count() == signs.len()).then_some(signs.len()));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Tells whether a letter is part of a word: letters and digits of every script, and signs beyond
/// ASCII that are no punctuation, such as emoji.
fn is_part(letter: &Letter) -> bool {
    let is_sign = matches!(letter.full, '\u{2070}'..='\u{2fff}' | '\u{1f000}'..='\u{1faff}');
    letter.is_word() || is_sign
}

fn gap(between: &[char]) -> Gap {
    let has = |sign: char| between.contains(&sign);
    if has('&') {
        Gap::And
    } else if between.iter().any(|c| c.is_whitespace()) {
        let is_sign = |c: &&char| matches!(c, ',' | '.' | '!' | '?' | ':' | ';');
        Gap::Blank(between.iter().filter(is_sign).copied().collect())
    } else if between.iter().all(|c| matches!(c, '-' | '/' | '_')) {
        Gap::Hyphen
    } else if between == ['.'] {
        Gap::Dot
    } else if between == ['\''] {
        Gap::Apostrophe
    } else {
        Gap::Signs(between.to_vec())
    }
}

/// Returns the length of what `fits` at the beginning, if there is something, and no more than `most`.
fn run(letters: &[Letter], fits: impl Fn(char) -> bool, most: usize) -> Option<usize> {
    let length = letters.iter().take(most + 1).take_while(|letter| fits(letter.full)).count();
    (1..=most).contains(&length).then_some(length)
}

/// Blanks and dashes, but no end of a paragraph; behind an abbreviation also its dot.
fn blanks(letters: &[Letter], is_abbreviation: bool) -> Option<usize> {
    let dot =
        usize::from(is_abbreviation && letters.first().is_some_and(|letter| letter.full == '.'));
    let rest = letters.get(dot..).unwrap_or_default();
    let is_between =
        |c: char| c.is_whitespace() || matches!(c, '-' | '"' | '“' | '”' | '„' | '«' | '»');
    let Some(length) = run(rest, is_between, MOST_BETWEEN) else {
        return (dot == 1).then_some(1);
    };
    let lines = rest.iter().take(length).filter(|letter| letter.full == '\n').count();
    (lines <= 1).then_some(dot + length)
}

/// Tells whether the parts of a name such as `LähiTapiola` are written as two words: only where they have
/// the capitals of the name, as "get go" is no `GetGo`. Of each the part of the name, and what is there.
fn stand_apart(first: (&[Letter], &Letter), second: (&[Letter], &[Letter])) -> bool {
    let blank = second.1.iter().take_while(|letter| letter.is_space()).count();
    let is_same = |wanted: &[Letter], there: Option<&Letter>| {
        let both = wanted.first().zip(there);
        both.is_some_and(|(wanted, there)| wanted.is_upper() == there.is_upper())
    };
    blank == 1 && is_same(first.0, Some(first.1)) && is_same(second.0, second.1.get(blank))
}

/// Tells whether letters begin so.
fn begins(letters: &[Letter], text: &str) -> bool {
    letters.iter().map(|letter| letter.full).take(text.len()).eq(text.chars())
}

/// `&` with blanks around it, also as pages write it in their source.
fn ampersand(letters: &[Letter]) -> Option<usize> {
    let before = letters.iter().take(3).take_while(|letter| letter.is_space()).count();
    let rest = letters.get(before..)?;
    let sign = match rest.first()?.full {
        '&' if begins(rest, "&amp;") || begins(rest, "&#38;") => 5,
        '&' | '+' => 1,
        _ => return None,
    };
    let after = rest.iter().skip(sign).take(3).take_while(|letter| letter.is_space()).count();
    Some(before + sign + after)
}

/// A word for `&`.
fn and(letters: &[Letter]) -> Option<usize> {
    let before = run(letters, char::is_whitespace, 2)?;
    let rest = letters.get(before..)?;
    let word: Vec<char> =
        rest.iter().map(|letter| letter.full).take(4).take_while(|c| !c.is_whitespace()).collect();
    let is_and = ANDS.iter().any(|and| and.chars().eq(word.iter().copied()));
    let after = run(rest.get(word.len()..)?, char::is_whitespace, 2)?;
    is_and.then_some(before + word.len() + after)
}
