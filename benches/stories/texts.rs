//! Mentions of one brand, the same on every machine: words and runs of words out of what people wrote, so that
//! runs come again, and beginnings that many have.

use crate::Result;
use crate::dice::Dice;
use chrono::{DateTime, TimeDelta, Utc};
use std::fs;
use std::path::Path;
use vahti::brand::BrandName;
use vahti::enrich::{Insight, Label, Priority, Sentiment};
use vahti::mention::{Mention, MentionId, PostKey};
use vahti::post::{Author, Post, SourceName};
use vahti::source::Kind;

const BRAND: &str = "Acme";
/// How many words a post has, and an excerpt of one.
const SHORTEST: usize = 30;
const LONGEST: usize = 60;
const EXCERPT: usize = 18;
/// Of a hundred posts so many begin as others do, in one of so many ways; of a hundred pieces so many are
/// runs of words, the others one word.
const BEGINNING: usize = 30;
const BEGINNINGS: usize = 20;
const RUNS: usize = 30;
/// How many mentions come in a day.
const A_DAY: i64 = 2_500;

/// What people wrote, in words, by language.
pub(crate) struct Texts(Vec<Vec<Vec<String>>>);

impl Texts {
    pub(crate) fn read() -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/enrich/texts");
        let mut languages = Vec::new();
        for language in ["fi", "tr", "en"] {
            let table = fs::read_to_string(folder.join(language).with_extension("tsv"))?;
            let texts = table.lines().skip(1).filter_map(|line| line.split('\t').nth(6));
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            let long = |words: &Vec<String>| words.len() >= 8;
            languages.push(texts.map(words).filter(long).collect());
        }
        Ok(Self(languages))
    }

    /// Returns the words of the post with this number.
    pub(crate) fn words(&self, number: u64) -> Vec<&str> {
        let mut dice = Dice::new(number.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let texts = self.0.get(dice.below(self.0.len())).map(Vec::as_slice).unwrap_or_default();
        let length = SHORTEST + dice.below(LONGEST - SHORTEST);
        let mut words: Vec<&str> = Vec::with_capacity(LONGEST);
        if dice.happens(BEGINNING) {
            let beginning = texts.get(dice.below(BEGINNINGS)).into_iter().flatten();
            words.extend(beginning.map(String::as_str).take(12));
        }
        words.push(BRAND);
        while words.len() < length {
            let Some(text) = texts.get(dice.below(texts.len())) else { break };
            let run = if dice.happens(RUNS) { 4 + dice.below(5) } else { 1 };
            let from = dice.below(text.len());
            words.extend(text.iter().skip(from).take(run).map(String::as_str));
        }
        words
    }

    /// Returns the post with this number as it was first seen.
    pub(crate) fn mention(&self, number: u64, age: i64) -> Mention {
        mention(&format!("first {number}"), self.words(number).join(" "), seen(age))
    }

    /// Returns the same words elsewhere, an hour later.
    pub(crate) fn copy(&self, number: u64, age: i64) -> Mention {
        let text = self.words(number).join(" ");
        mention(&format!("copy {number}"), text, seen(age) + TimeDelta::hours(1))
    }

    /// Returns some words out of its middle, as an alert shows them.
    pub(crate) fn excerpt(&self, number: u64, age: i64) -> Mention {
        let words = self.words(number);
        let words: Vec<&str> = words.into_iter().skip(8).take(EXCERPT).collect();
        let text = format!("… {} …", words.join(" "));
        mention(&format!("excerpt {number}"), text, seen(age) + TimeDelta::hours(1))
    }
}

/// Returns when the post was seen before which so many came since.
fn seen(age: i64) -> DateTime<Utc> {
    let now = DateTime::from_timestamp(1_767_600_000, 0).unwrap_or_default();
    now - TimeDelta::seconds(age * 86_400 / A_DAY)
}

/// Returns a page that says this of the brand.
pub(crate) fn mention(name: &str, text: String, seen: DateTime<Utc>) -> Mention {
    let key = PostKey::of(&[name]);
    let brand = BrandName(BRAND.into());
    let id = MentionId::of(key, &brand);
    let sentiment = Sentiment { label: Label::Negative, score: -0.9, confidence: 0.97 };
    Mention {
        id: id.clone(),
        key,
        brand,
        source: SourceName("news".into()),
        kind: Kind::Feed,
        post: Post {
            url: Some(format!("https://news.example/{}", name.replace(' ', "/"))),
            text,
            author: Author::default(),
            published: Some(seen),
            ..Post::default()
        },
        hits: Vec::new(),
        seen,
        insight: Insight {
            language: None,
            sentiment,
            complaint: None,
            priority: Priority::Normal,
            review: false,
            why: vec!["a reason of about as many words as one has".into()],
        },
        own: false,
        story: id,
        copies: 0,
        ticket: None,
        mark: None,
        muted: None,
        versions: Vec::new(),
        praise: None,
    }
}
