//! What must not be published: the names, handles and addresses of the people of the data, and
//! whatever looks like an address or a number of somebody's.

use crate::mention::Mention;
use crate::post::Author;
use crate::ticket::Facts;
use aho_corasick::AhoCorasick;
use std::collections::BTreeSet;

/// Shorter names stand in half of all words.
const SHORTEST: usize = 3;
/// From so many letters on a name is looked for inside words too.
const LONG: usize = 6;
/// Words of names that are words of every text: *The Real Deal*.
const EVERYDAY: [&str; 16] = [
    "the",
    "and",
    "for",
    "our",
    "you",
    "not",
    "mrs",
    "from",
    "with",
    "real",
    "user",
    "customer",
    "asiakas",
    "müşteri",
    "bir",
    "anonymous",
];
/// So many digits in a row are a telephone, an order or a customer.
const MOST_DIGITS: usize = 4;
/// What stands for what was taken out.
const GAP: &str = "…";

/// The people of the data, as far as they are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Mask {
    /// Whole names, handles and addresses, in lower case.
    whole: BTreeSet<String>,
    /// Their single words: names where they are written with a capital.
    parts: BTreeSet<String>,
    /// What is no person's: the brands.
    brands: BTreeSet<String>,
}

impl Mask {
    pub(super) fn learn(&mut self, mention: &Mention) {
        self.brands.insert(mention.brand.0.to_lowercase());
        let Author { name, handle, url, followers: _ } = &mention.post.author;
        for text in [name, handle, url, &mention.post.url].into_iter().flatten() {
            self.take(text);
        }
    }

    pub(super) fn learn_ticket(&mut self, facts: &Facts) {
        self.brands.extend(facts.brands.iter().map(|brand| brand.0.to_lowercase()));
        for text in [&facts.customer_name, &facts.assignee].into_iter().flatten() {
            self.take(text);
        }
        for line in &facts.log {
            self.take(&line.by);
            if line.action == "assign" {
                self.take(&line.text);
            }
        }
    }

    fn take(&mut self, text: &str) {
        let text = normal(text.trim().trim_start_matches('@'));
        if text.chars().count() < SHORTEST || text == "vahti" {
            return;
        }
        if !text.contains("://") {
            let words = text.split(|c: char| !c.is_alphanumeric());
            let words = words.filter(|word| word.chars().count() >= SHORTEST);
            let words = words.filter(|word| !EVERYDAY.contains(word));
            self.parts.extend(words.map(str::to_owned));
        }
        if text.chars().count() >= LONG {
            self.whole.insert(text);
        }
    }

    /// Makes it ready to be used.
    pub(super) fn ready(&self) -> Ready {
        let pick = |set: &BTreeSet<String>| -> Vec<String> {
            set.iter().filter(|name| !self.brands.contains(*name)).cloned().collect()
        };
        Ready { whole: find(&pick(&self.whole)), parts: find(&pick(&self.parts)) }
    }
}

/// A mask that can be laid over texts.
pub(super) struct Ready {
    whole: Option<AhoCorasick>,
    parts: Option<AhoCorasick>,
}

/// Returns what finds these; too many to be held are a reason to publish no text at all.
fn find(names: &[String]) -> Option<AhoCorasick> {
    AhoCorasick::new(names).ok()
}

impl Ready {
    /// Tells whether a word is nobody's name.
    pub(super) fn is_clean(&self, word: &str) -> bool {
        let word = normal(word);
        let (Some(whole), Some(parts)) = (&self.whole, &self.parts) else { return false };
        let mut found = parts.find_overlapping_iter(&word);
        // A name with an ending: *Maijalta*.
        let is_name = found.any(|it| it.start() == 0 && word.len() - it.end() <= LONG);
        !is_name && !whole.is_match(&word)
    }

    /// Returns a text with `…` for what leads to a person; `None` where nothing else is left.
    pub(super) fn cover(&self, text: &str) -> Option<String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut hidden: Vec<bool> = words.iter().map(|word| is_address(word)).collect();
        hide_numbers(&words, &mut hidden);
        self.hide_people(&words, &mut hidden)?;
        let mut kept: Vec<&str> = Vec::new();
        for (word, is_hidden) in words.into_iter().zip(hidden) {
            if !is_hidden {
                kept.push(word);
            } else if kept.last() != Some(&GAP) {
                kept.push(GAP);
            }
        }
        let covered = kept.join(" ");
        // What was a gap between two words may have made one of them.
        let is_left = covered.chars().any(char::is_alphanumeric);
        let is_clean = !self.whole.as_ref()?.is_match(&normal(&covered));
        (is_left && is_clean).then_some(covered)
    }

    /// Marks the words in which a name stands, whole or in part. `None` where that cannot be told.
    fn hide_people(&self, words: &[&str], hidden: &mut [bool]) -> Option<()> {
        let mut text = String::new();
        let mut begins = Vec::with_capacity(words.len());
        for word in words {
            begins.push(text.len());
            text.push_str(&word.to_lowercase());
            text.push(' ');
        }
        let mut hide = |from: usize, to: usize| {
            let first = begins.partition_point(|begin| *begin <= from).saturating_sub(1);
            let last = begins.partition_point(|begin| *begin < to);
            hidden.iter_mut().take(last).skip(first).for_each(|word| *word = true);
        };
        for found in self.whole.as_ref()?.find_overlapping_iter(&text) {
            hide(found.start(), found.end());
        }
        for found in self.parts.as_ref()?.find_overlapping_iter(&text) {
            let (before, rest) = text.split_at(found.start());
            let begins_word = !before.chars().next_back().is_some_and(char::is_alphanumeric);
            let (_, behind) = rest.split_at(found.end() - found.start());
            let ends_word = !behind.chars().next().is_some_and(char::is_alphanumeric);
            let at = begins.partition_point(|begin| *begin <= found.start()).saturating_sub(1);
            // Of scripts without capitals any word may be a name.
            let is_capital = words.get(at).is_some_and(|word| {
                word.contains(char::is_uppercase) || !word.contains(char::is_lowercase)
            });
            let is_ending = behind.chars().take_while(|c| c.is_alphanumeric()).count() <= LONG;
            if begins_word && is_capital && (ends_word || is_ending) {
                hide(found.start(), found.end());
            }
        }
        Some(())
    }
}

fn normal(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tells whether a word is a handle, a mail address, or an address of the web.
fn is_address(word: &str) -> bool {
    let has_domain = word.split(['/', '(', ')', ',', '<', '>']).any(|part| {
        let part = part.trim_matches(|c: char| !c.is_alphanumeric());
        let ending = part.rsplit_once('.').map(|(host, ending)| (host.len(), ending));
        ending.is_some_and(|(host, ending)| {
            host > 1 && ending.len() > 1 && ending.chars().all(|c| c.is_ascii_alphabetic())
        })
    });
    word.contains('@') || word.contains("://") || has_domain
}

/// Marks numbers that are longer than a year or a price, with blanks in them or without.
fn hide_numbers(words: &[&str], hidden: &mut [bool]) {
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    let is_number = |word: &str| {
        digits(word) > 0 && word.chars().all(|c| c.is_ascii_digit() || "+-()/.".contains(c))
    };
    let mut at = 0;
    while at < words.len() {
        let run = words.iter().skip(at).take_while(|word| is_number(word)).count().max(1);
        let count: usize = words.iter().skip(at).take(run).map(|word| digits(word)).sum();
        if count > MOST_DIGITS {
            hidden.iter_mut().skip(at).take(run).for_each(|word| *word = true);
        }
        at += run;
    }
}
