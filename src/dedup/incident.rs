//! One event that many people tell of, each in his own words: when brand, time, cause and words agree,
//! their tickets belong together. What is joined wrongly a person splits.

use crate::brand::BrandName;
use crate::enrich::Matter;
use crate::enrich::concepts::{Concepts, Set};
use crate::enrich::tokens::{Kind, Token, tokens};
use crate::mention::Mention;
use crate::text::Language;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

/// How far apart two complaints of one event are at most: it grows as long as people keep telling.
pub const MOST_APART: TimeDelta = TimeDelta::hours(24);
/// How many letters of a word tell it in languages with endings.
const STEM: usize = 5;
/// The letters of the shortest word that tells something.
const SHORTEST: usize = 4;
/// How many words two complaints must share: fewer where one is a name; more where all are words that
/// complaints are made of.
const SHARED: usize = 3;
const SHARED_WITH_NAME: usize = 2;
const SHARED_OF_ANY: usize = 5;
/// Which part of the shorter one's words that must be.
const PART: f64 = 0.4;
/// Words that any complaint may hold.
const PLAIN: Set = Set::of(&[
    "negation",
    "but",
    "very",
    "little",
    "me",
    "you",
    "they",
    "would",
    "before",
    "now",
    "all",
    "none",
    "again",
    "bad",
    "anger",
    "insult",
    "disappoint",
    "sorry",
    "thanks",
    "question",
    "sarcasm",
]);

/// What of a complaint tells which event it is about.
#[derive(Debug, Clone)]
pub struct Case {
    brand: BrandName,
    matter: Option<Matter>,
    at: DateTime<Utc>,
    words: BTreeSet<String>,
    /// Names among them: places, products, lines.
    names: BTreeSet<String>,
    /// Those that no list of concepts knows.
    rare: BTreeSet<String>,
}

impl Case {
    /// Reads a mention.
    pub fn of(mention: &Mention) -> Self {
        let text = match &mention.post.title {
            Some(title) => format!("{title}\n{}", mention.post.text),
            None => mention.post.text.clone(),
        };
        let read = tokens(&text, &[]);
        let code = mention.insight.language.as_ref().map_or("", Language::code);
        let spots = Concepts::of(code).spots(&read);
        let (mut is_plain, mut is_listed) = (vec![false; read.len()], vec![false; read.len()]);
        for spot in spots {
            let here = |all: &mut Vec<bool>| {
                let (first, last) = (usize::from(spot.first), usize::from(spot.last));
                all.iter_mut().take(last + 1).skip(first).for_each(|word| *word = true);
            };
            here(&mut is_listed);
            if PLAIN.has(spot.concept) {
                here(&mut is_plain);
            }
        }
        let forms: BTreeSet<String> =
            mention.hits.iter().flat_map(|hit| stems(&hit.form)).collect();
        let (mut words, mut names, mut rare) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let told = read.iter().zip(is_plain).zip(is_listed);
        for ((token, _), is_listed) in told.filter(|((_, plain), _)| !plain) {
            let Some(stem) = stem(token).filter(|stem| !forms.contains(stem)) else { continue };
            if token.capital && !token.begins {
                names.insert(stem.clone());
            }
            if !is_listed {
                rare.insert(stem.clone());
            }
            words.insert(stem);
        }
        Self {
            brand: mention.brand.clone(),
            matter: mention.insight.complaint.as_ref().and_then(|complaint| complaint.matter),
            at: mention.time(),
            words,
            names,
            rare,
        }
    }

    /// Tells whether two complaints are about one event.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred words")]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let is_near = (self.at - other.at).abs() <= MOST_APART;
        if self.brand != other.brand || self.matter != other.matter || !is_near {
            return false;
        }
        let shared: BTreeSet<&String> = self.words.intersection(&other.words).collect();
        let any = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
            shared.iter().any(|word| these.contains(*word) || those.contains(*word))
        };
        let least = if any(&self.names, &other.names) {
            SHARED_WITH_NAME
        } else if any(&self.rare, &other.rare) {
            SHARED
        } else {
            SHARED_OF_ANY
        };
        let fewer = self.words.len().min(other.words.len()).max(1);
        shared.len() >= least && shared.len() as f64 / fewer as f64 >= PART
    }
}

fn stem(token: &Token) -> Option<String> {
    let is_word = token.kind == Kind::Word && !token.folded.starts_with('0');
    let is_long = token.folded.chars().count() >= SHORTEST;
    (is_word && is_long).then(|| token.folded.chars().take(STEM).collect())
}

fn stems(form: &str) -> Vec<String> {
    tokens(form, &[]).iter().filter_map(stem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::{Field, Hit};
    use crate::dedup::story::sample;

    fn told(text: &str, language: &str, matter: Option<Matter>) -> Case {
        let mut mention = sample(text);
        let start = text.find("Acme").map_or(0, |at| text.chars().count().min(at));
        let form =
            text.split_whitespace().find(|word| word.starts_with("Acme")).unwrap_or_default();
        mention.hits = vec![Hit {
            keyword: "Acme".into(),
            field: Field::Text,
            start,
            end: start + 4,
            form: form.into(),
        }];
        mention.insight.language = language.parse().ok();
        mention.insight.complaint =
            Some(crate::enrich::Complaint { matter, ..crate::enrich::Complaint::default() });
        Case::of(&mention)
    }

    #[test]
    fn people_who_tell_of_one_outage_tell_of_one_event() {
        let out = Some(Matter::Availability);
        let first = told("Acmen netti poikki koko Kalliossa jo toista tuntia", "fi", out);
        assert!(first.agrees_with(&told(
            "Taas on Kalliossa Acmen netti nurin, mitä nyt",
            "fi",
            out
        )));
        let elsewhere = told("Acmen sovellus ei avaudu Tampereella", "fi", out);
        assert!(!first.agrees_with(&elsewhere));
        assert!(!first.agrees_with(&told(
            "Netti ja Kallio ja Acmen lasku väärin",
            "fi",
            Some(Matter::Billing)
        )));
        let english = told(
            "Acme charged everybody twice for October, card payments",
            "en",
            Some(Matter::Billing),
        );
        assert!(english.agrees_with(&told(
            "my card was charged twice for October by Acme",
            "en",
            Some(Matter::Billing),
        )));
    }

    #[test]
    fn time_and_brand_keep_events_apart() {
        let one = told("Acmen netti poikki koko Kalliossa", "fi", None);
        let mut other = one.clone();
        assert!(one.agrees_with(&other));
        other.at += MOST_APART + TimeDelta::seconds(1);
        assert!(!one.agrees_with(&other));
        other = Case { brand: BrandName("Bolt".into()), ..one.clone() };
        assert!(!one.agrees_with(&other));
    }

    #[test]
    fn what_any_complaint_says_joins_nobody() {
        let one = told("Acme is terrible, never again, awful awful company", "en", None);
        assert!(!one.agrees_with(&told(
            "terrible Acme, never again with this awful lot",
            "en",
            None
        )));
    }
}
