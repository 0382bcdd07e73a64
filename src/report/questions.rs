//! The questions that return: neutral mentions that ask, put together by the words they share. What
//! several people ask, a page of answers can tell once for all.

use crate::mention::Mention;
use crate::text::{cut, visible};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How many questions are held side by side, and how many groups of them are told.
const MOST_QUESTIONS: usize = 2_000;
const MOST_GROUPS: usize = 10;
/// How many words of a question count, and how many of its examples are shown.
const MOST_WORDS: usize = 12;
const MOST_EXAMPLES: usize = 3;
/// The longest example, in characters.
const LONGEST: usize = 160;
/// Shorter words tell little of what is asked.
const SHORTEST_WORD: usize = 4;
/// So many letters tell a word whatever its ending, in languages of endings too.
const STEM: usize = 5;

/// Beginnings of words that stand in questions about anything: English, Finnish, Turkish, Swedish.
const COMMON: [&str; 74] = [
    "what", "when", "where", "which", "does", "have", "there", "their", "about", "anyon", "anybo",
    "someo", "could", "would", "shoul", "know", "this", "that", "with", "from", "your", "they",
    "will", "been", "still", "just", "like", "people", "think", "pleas", "hello", "mikä", "mistä",
    "missä", "milloi", "kuinka", "miten", "miksi", "onko", "onkohan", "ovatko", "voiko", "saako",
    "tietä", "tiedä", "joku", "jolla", "kukaa", "kenel", "siitä", "tämä", "nyt", "vielä", "kanssa",
    "täält", "neden", "nasıl", "nered", "hangi", "var", "bilen", "olan", "için", "kadar", "daha",
    "acaba", "misin", "mısın", "arkad", "finns", "någon", "varfö", "vilke", "efter",
];

/// Something that several people ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The words that the questions share, the most frequent first.
    pub words: Vec<String>,
    pub count: u64,
    pub examples: Vec<Example>,
    /// Those of the words that were also written small: no names.
    #[serde(skip)]
    pub(super) plain: Vec<String>,
}

/// One question, as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    pub mention: String,
    pub text: String,
    pub url: Option<String>,
}

/// The questions that were heard so far.
#[derive(Default)]
pub(super) struct Questions(Vec<Question>);

struct Question {
    example: Example,
    /// Who asks; a mention whose author is not known asks for itself.
    who: String,
    /// The beginnings of its words, each with the word.
    words: BTreeMap<String, String>,
}

impl Questions {
    pub(super) fn mention(&mut self, mention: &Mention) {
        if self.0.len() >= MOST_QUESTIONS || mention.post.is_private {
            return;
        }
        let post = &mention.post;
        let parts = [post.title.as_deref().unwrap_or_default(), post.text.as_str()];
        let Some(sentence) = parts.into_iter().find_map(asking) else { return };
        let named: BTreeSet<String> = mention
            .hits
            .iter()
            .flat_map(|hit| words(&hit.form).map(|word| stem(&word)).collect::<Vec<_>>())
            .collect();
        let mut telling = BTreeMap::new();
        for word in words(sentence) {
            let stem = stem(&word);
            let is_common = COMMON.iter().any(|known| *known == stem || stem_of(known) == stem);
            if is_common || named.contains(&stem) || telling.len() >= MOST_WORDS {
                continue;
            }
            telling.entry(stem).or_insert(word);
        }
        let author = &post.author;
        let who = author.handle.as_ref().or(author.name.as_ref()).or(author.url.as_ref());
        self.0.push(Question {
            who: who.map_or_else(|| mention.id.0.clone(), Clone::clone),
            example: Example {
                mention: mention.id.to_string(),
                text: cut(&visible(sentence.trim()), LONGEST),
                url: post.url.clone(),
            },
            words: telling,
        });
    }

    /// Puts together what is asked by several: first what shares two words, then what shares one.
    pub(super) fn finish(self) -> Vec<Asked> {
        let mut left = self.0;
        let mut asked = Vec::new();
        while asked.len() < MOST_GROUPS {
            let Some(shared) = most_shared(&left) else { break };
            let (these, others): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|question| shared.iter().all(|stem| question.words.contains_key(stem)));
            left = others;
            asked.push(told(&these, &shared));
        }
        asked.sort_by_key(|asked| Reverse(asked.count));
        asked
    }
}

/// Returns the two words that most people share, else the one; none where everybody asks another thing.
fn most_shared(questions: &[Question]) -> Option<Vec<String>> {
    let mut pairs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut singles: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for question in questions {
        let stems: Vec<&str> = question.words.keys().map(String::as_str).collect();
        for (at, one) in stems.iter().enumerate() {
            singles.entry(one).or_default().insert(&question.who);
            for other in stems.iter().skip(at + 1) {
                pairs.entry((one, other)).or_default().insert(&question.who);
            }
        }
    }
    let pair = pairs
        .into_iter()
        .filter(|(_, who)| who.len() > 1)
        .max_by_key(|(stems, who)| (who.len(), Reverse(*stems)));
    if let Some(((one, other), _)) = pair {
        return Some(vec![one.to_owned(), other.to_owned()]);
    }
    let single = singles
        .into_iter()
        .filter(|(_, who)| who.len() > 2)
        .max_by_key(|(stem, who)| (who.len(), Reverse(*stem)));
    single.map(|(stem, _)| vec![stem.to_owned()])
}

fn told(questions: &[Question], shared: &[String]) -> Asked {
    // Each word in the form in which most wrote it; one form written small tells that it is no name.
    let word = |stem: &String| {
        let mut forms: BTreeMap<String, usize> = BTreeMap::new();
        let mut is_plain = false;
        for word in questions.iter().filter_map(|question| question.words.get(stem)) {
            is_plain |= word.chars().next().is_some_and(char::is_lowercase);
            *forms.entry(word.to_lowercase()).or_default() += 1;
        }
        let form = forms.into_iter().max_by_key(|(form, times)| (*times, Reverse(form.clone())));
        (form.map_or_else(|| stem.clone(), |(form, _)| form), is_plain)
    };
    let words: Vec<(String, bool)> = shared.iter().map(word).collect();
    Asked {
        plain: words
            .iter()
            .filter(|(_, is_plain)| *is_plain)
            .map(|(word, _)| word.clone())
            .collect(),
        words: words.into_iter().map(|(word, _)| word).collect(),
        count: questions.len() as u64,
        examples: questions.iter().take(MOST_EXAMPLES).map(|one| one.example.clone()).collect(),
    }
}

/// Returns the first sentence that asks.
fn asking(text: &str) -> Option<&str> {
    let (before, _) = text.split_once('?')?;
    // A question mark inside an address asks nothing.
    let last_word = before.split_whitespace().next_back().unwrap_or_default();
    if last_word.contains("://") || last_word.starts_with("www.") {
        return None;
    }
    let sentence = before.rsplit(['.', '!', '\n', ':', ';']).next().unwrap_or(before);
    Some(sentence).filter(|sentence| !sentence.trim().is_empty())
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphabetic())
        .filter(|word| word.chars().count() >= SHORTEST_WORD)
        .map(str::to_owned)
}

fn stem(word: &str) -> String {
    word.to_lowercase().chars().take(STEM).collect()
}

fn stem_of(known: &str) -> String {
    known.chars().take(STEM).collect()
}
