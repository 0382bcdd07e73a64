//! What must not be published: the names, handles and addresses of the people of the data, and
//! whatever looks like an address or a number of somebody's. What is hidden without need costs a word;
//! what is left by mistake costs a person their peace.

use crate::matching::person::{Forms, plain};
use crate::mention::Mention;
use crate::post::Author;
use crate::ticket::Facts;
use aho_corasick::AhoCorasick;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

mod numbers;
#[cfg(test)]
mod tests;

use numbers::{hide_numbers, is_address};

/// Shorter words of names stand in half of all words, unless they are written as names are.
const SHORTEST: usize = 3;
/// From so many letters on a name is looked for inside words too.
const LONG: usize = 6;
/// A longer word is no word.
const LONGEST_WORD: usize = 200;
/// Words of names that are words of every text: *The Real Deal*.
const EVERYDAY: [&str; 12] =
    ["the", "and", "for", "our", "you", "not", "mrs", "from", "with", "real", "bir", "ja"];
/// What stands instead of a name or a handle, and in addresses of profiles.
const NOBODY: [&str; 22] = [
    "user",
    "users",
    "customer",
    "asiakas",
    "musteri",
    "anonymous",
    "anonyymi",
    "anonim",
    "guest",
    "vieras",
    "misafir",
    "profile",
    "profiles",
    "member",
    "members",
    "people",
    "account",
    "index",
    "html",
    "php",
    "review",
    "reviews",
];
/// Names that are words of every text where they are written small.
const COMMON: [&str; 9] = ["will", "may", "can", "mark", "bill", "art", "su", "on", "in"];
/// Endings that people hang on a name without looking at how it ends, in plain letters.
const HUNG_ON: [&str; 24] = [
    "n", "a", "s", "lle", "lla", "lta", "ssa", "sta", "ksi", "nin", "in", "un", "ye", "yi", "den",
    "dan", "ten", "tan", "de", "da", "te", "ta", "le", "la",
];
/// From so many letters on that makes no other word.
const LONG_ENOUGH: usize = 4;
/// What stands for what was taken out.
const GAP: &str = "…";

/// The people of the data, as far as they are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Mask {
    /// Whole names, handles and addresses, which are looked for inside words too.
    whole: BTreeSet<String>,
    /// Words of names, and handles: whether only where they are written with a capital.
    names: BTreeMap<String, bool>,
    /// What is no person's: the brands.
    brands: BTreeSet<String>,
}

impl Mask {
    pub(super) fn learn(&mut self, mention: &Mention) {
        self.brands.insert(plain(&mention.brand.0));
        let Author { name, handle, url, followers: _ } = &mention.post.author;
        self.name(name.as_deref().unwrap_or_default(), false);
        self.handle(handle.as_deref().unwrap_or_default());
        self.address(url.as_deref().unwrap_or_default());
        self.whole(mention.post.url.as_deref().unwrap_or_default());
    }

    pub(super) fn learn_ticket(&mut self, facts: &Facts) {
        self.brands.extend(facts.brands.iter().map(|brand| plain(&brand.0)));
        self.learn_handle(facts.customer.as_deref().unwrap_or_default());
        self.name(facts.customer_name.as_deref().unwrap_or_default(), false);
        self.name(facts.assignee.as_deref().unwrap_or_default(), true);
        for line in &facts.log {
            self.name(&line.by, true);
            if line.action == "assign" {
                self.name(&line.text, true);
            }
        }
    }

    /// Takes a customer by the key of [`crate::ticket::customer::key`].
    pub(super) fn learn_handle(&mut self, customer: &str) {
        let who = customer.split_once(' ').map_or(customer, |(_, who)| who);
        match (who.strip_prefix('@'), who.strip_prefix('"')) {
            (Some(handle), _) => self.handle(handle),
            (None, Some(name)) => self.name(name, false),
            (None, None) => self.address(who),
        }
    }

    /// Takes a name; of those who work here only what is written as a name.
    fn name(&mut self, name: &str, is_ours: bool) {
        let name = normal(name);
        if name == "vahti" {
            return;
        }
        if let Some((account, _)) = name.split_once('@') {
            self.whole(&name);
            return self.words(account, is_ours);
        }
        self.whole(&name);
        self.words(&name, is_ours);
    }

    fn words(&mut self, name: &str, is_ours: bool) {
        for word in name.split(|c: char| !c.is_alphanumeric()) {
            let length = word.chars().count();
            if length < 2 || EVERYDAY.contains(&word) || NOBODY.contains(&word) {
                continue;
            }
            let is_number = word.chars().all(char::is_numeric);
            let needs_capital = is_ours || length < SHORTEST || COMMON.contains(&word);
            if !is_number {
                self.add(word, needs_capital);
            }
        }
    }

    fn handle(&mut self, handle: &str) {
        let handle = normal(handle.trim().trim_start_matches('@'));
        if handle.is_empty() || NOBODY.contains(&&*handle) {
            return;
        }
        self.whole(&handle);
        self.add(&handle, false);
        if let Some((account, _)) = handle.split_once('@') {
            self.add(account, false);
        }
        // Words of a handle that could be names.
        self.words(&handle, true);
    }

    /// Takes the address of somebody's page, which ends in their handle or their name.
    fn address(&mut self, url: &str) {
        self.whole(url);
        let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let path = path.map_or("", |(_, path)| path.split(['?', '#']).next().unwrap_or_default());
        let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        if last.chars().any(char::is_alphabetic) {
            self.handle(last);
            self.words(&normal(last), false);
        }
    }

    fn add(&mut self, name: &str, needs_capital: bool) {
        let known = self.names.entry(name.to_owned()).or_insert(needs_capital);
        *known &= needs_capital;
    }

    fn whole(&mut self, text: &str) {
        let text = normal(text);
        // Where nothing is written with a capital, a name has no ends either.
        let is_caseless = |c: char| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase();
        let is_short = text.chars().count() < if text.chars().any(is_caseless) { 2 } else { LONG };
        if is_short || NOBODY.contains(&&*text) {
            return;
        }
        if !text.contains("://") {
            self.whole.insert(text.replace(' ', ""));
        }
        self.whole.insert(text);
    }

    /// Makes it ready to be used.
    pub(super) fn ready(&self) -> Ready {
        let is_persons = |name: &&String| !self.brands.contains(*name);
        let whole = self.whole.iter().filter(is_persons);
        let mut ready = Ready { whole: AhoCorasick::new(whole).ok(), ..Ready::default() };
        for (name, needs_capital) in self.names.iter().filter(|(name, _)| is_persons(name)) {
            ready.names.insert(name.clone(), *needs_capital);
            if let Some(start) = start(name).filter(|_| !needs_capital) {
                ready.forms.entry(start).or_default().push((name.clone(), OnceCell::new()));
            }
        }
        ready
    }
}

/// A mask that can be laid over texts.
#[derive(Default)]
pub(super) struct Ready {
    /// `None` where they are too many to be held: a reason to publish no text at all.
    whole: Option<AhoCorasick>,
    names: BTreeMap<String, bool>,
    /// Names that take endings, by their first letters, which all their forms share.
    forms: BTreeMap<[char; 2], Vec<(String, OnceCell<Forms>)>>,
}

/// Returns what all forms of a word begin with; `None` where it is too short for more than one.
fn start(word: &str) -> Option<[char; 2]> {
    let mut chars = word.chars();
    let start = [chars.next()?, chars.next()?];
    chars.next().map(|_| start)
}

impl Ready {
    /// Tells whether a word is nobody's name.
    pub(super) fn is_clean(&self, word: &str) -> bool {
        let Some(whole) = &self.whole else { return false };
        !whole.is_match(&plain(word)) && !self.names_somebody(word, true)
    }

    /// Returns a text with `…` for what leads to a person; `None` where nothing else is left.
    pub(super) fn cover(&self, text: &str) -> Option<String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut hidden: Vec<bool> =
            words.iter().map(|word| is_address(word) || self.names_somebody(word, false)).collect();
        hide_numbers(&words, &mut hidden);
        self.hide_whole(&words, &mut hidden)?;
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

    /// Marks the words in which a whole name stands, or a part of it. `None` where that cannot be told.
    fn hide_whole(&self, words: &[&str], hidden: &mut [bool]) -> Option<()> {
        let mut text = String::new();
        let mut begins = Vec::with_capacity(words.len());
        for word in words {
            begins.push(text.len());
            text.push_str(&plain(word));
            text.push(' ');
        }
        for found in self.whole.as_ref()?.find_overlapping_iter(&text) {
            let first = begins.partition_point(|begin| *begin <= found.start()).saturating_sub(1);
            let last = begins.partition_point(|begin| *begin < found.end());
            hidden.iter_mut().take(last).skip(first).for_each(|word| *word = true);
        }
        Some(())
    }

    /// Tells whether a name or a handle stands in what is between two blanks, in whatever form.
    fn names_somebody(&self, word: &str, is_capital: bool) -> bool {
        let letters: Vec<char> = plain(word).chars().collect();
        if letters.len() > LONGEST_WORD {
            return true;
        }
        // Of scripts without capitals any word may be a name.
        let is_capital =
            is_capital || word.contains(char::is_uppercase) || !word.contains(char::is_lowercase);
        let mut before = ' ';
        letters.iter().enumerate().any(|(at, letter)| {
            let begins = letter.is_alphanumeric() && !before.is_alphanumeric();
            before = *letter;
            begins && self.names_from(letters.get(at..).unwrap_or_default(), is_capital)
        })
    }

    /// Tells whether what begins here is a name or a handle.
    fn names_from(&self, letters: &[char], is_capital: bool) -> bool {
        let run = letters.iter().take_while(|c| c.is_alphanumeric()).count();
        let mut begun = String::new();
        for (at, letter) in letters.iter().enumerate() {
            begun.push(*letter);
            let is_end = letters.get(at + 1).is_none_or(|next| !next.is_alphanumeric());
            let Some(needs_capital) = self.names.get(&begun) else { continue };
            let fits = is_capital || !needs_capital;
            // A name with an ending: *Maijalta*.
            let is_ending = is_capital && at + 1 >= SHORTEST && run.saturating_sub(at + 1) <= LONG;
            let hung_on =
                || letters.get(at + 1..run).unwrap_or_default().iter().collect::<String>();
            let is_hung_on = at + 1 >= LONG_ENOUGH && HUNG_ON.contains(&&*hung_on());
            if fits && (is_end || is_ending || is_hung_on) {
                return true;
            }
        }
        let word: String = letters.iter().take(run).collect();
        let near = start(&word).and_then(|start| self.forms.get(&start));
        near.is_some_and(|near| {
            near.iter().any(|(name, forms)| forms.get_or_init(|| Forms::of(name)).has(&word))
        })
    }
}

fn normal(text: &str) -> String {
    text.split_whitespace().map(plain).collect::<Vec<_>>().join(" ")
}
