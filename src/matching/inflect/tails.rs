//! Words that stand beside a brand's name without a blank: the second part of a compound
//! (`Elisaliittymä`), and what stands before or behind it in a hashtag or handle (`#boycottacme`,
//! `@acmehelp`). The lists are files that a speaker of the language can read and correct.

use super::{Languages, Tongue};
use std::collections::HashSet;
use std::sync::LazyLock;

fn words(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

static FINNISH: LazyLock<Vec<&str>> =
    LazyLock::new(|| words(include_str!("compounds_fi.txt")).collect());
static SWEDISH: LazyLock<Vec<&str>> =
    LazyLock::new(|| words(include_str!("compounds_sv.txt")).collect());
static GERMAN: LazyLock<Vec<&str>> =
    LazyLock::new(|| words(include_str!("compounds_de.txt")).collect());
static HEADS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| words(include_str!("tag_heads.txt")).collect());
static TAILS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| words(include_str!("tag_tails.txt")).collect());

/// The most letters of the second part of a compound, with its ending.
const LONGEST_TAIL: usize = 28;

/// Tells whether `rest` begins with a word that is the second part of compounds with brands.
pub(super) fn is_compound_tail(name: usize, rest: &str, languages: Languages) -> bool {
    // A short word behind a short name is another word: Airbus.
    let fits = |word: &str| word.len() > 3 || name > 5;
    let begins = |words: &[&str]| {
        rest.len() <= LONGEST_TAIL && words.iter().any(|word| fits(word) && rest.starts_with(word))
    };
    // Swedish and German join with an s.
    let joined = rest.strip_prefix('s').unwrap_or(rest);
    let begins_joined = |words: &[&str]| {
        joined.len() <= LONGEST_TAIL
            && words.iter().any(|word| fits(word) && joined.starts_with(word))
    };
    (languages.has(Tongue::Finnish) && begins(&FINNISH))
        || (languages.has(Tongue::Swedish) && (begins(&SWEDISH) || begins_joined(&SWEDISH)))
        || (languages.has(Tongue::German) && (begins(&GERMAN) || begins_joined(&GERMAN)))
}

/// Tells whether `rest` is the Finnish genitive with such a word behind it: `Elisanliittymä`.
pub(super) fn is_genitive_compound(rest: &str) -> bool {
    rest.len() <= LONGEST_TAIL
        && rest
            .strip_prefix('n')
            .is_some_and(|rest| FINNISH.iter().any(|word| rest.starts_with(word)))
}

/// Tells whether `before`, all that stands before a name in a hashtag, is made of words that do.
pub(in super::super) fn is_tag_head(before: &str) -> bool {
    is_made_of(before, &HEADS, 3)
}

/// The same of what stands behind it; also a number, such as a year.
pub(in super::super) fn is_tag_tail(behind: &str) -> bool {
    let bare = behind.trim_end_matches(|c: char| c.is_ascii_digit());
    bare.is_empty() || is_made_of(bare, &TAILS, 3)
}

/// Tells whether a text is at most `most` of these words in a row.
fn is_made_of(text: &str, words: &HashSet<&str>, most: usize) -> bool {
    if words.contains(text) {
        return true;
    }
    most > 1
        && (2..text.len()).any(|at| {
            text.split_at_checked(at).is_some_and(|(first, rest)| {
                words.contains(first) && is_made_of(rest, words, most - 1)
            })
        })
}
