//! What stands near a brand's name in one mention, as far as it may tell what the name means there.

use crate::brand::Hit;
use crate::enrich::excerpt::Excerpt;
use crate::enrich::lexicon::Lexicon;
use crate::enrich::tokens::{Kind, Token, fold};
use crate::post::{Author, Post};
use crate::text::Language;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;
use url::Url;

/// Letters of a word that are looked at: what follows is mostly an ending.
const STEM: usize = 6;
/// The languages of which the words are known that any text may hold: of another every function word
/// would look special.
const KNOWN: [&str; 3] = ["fi", "tr", "en"];
/// The shortest word that takes part.
const SHORTEST: usize = 3;

/// What stands near a brand's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// Beginnings of words, without those that any complaint may hold.
    pub(super) words: BTreeSet<String>,
    /// The site.
    pub(super) places: BTreeSet<String>,
    /// Who says it; `None` where nobody knows.
    pub(super) voice: Option<String>,
    /// A fingerprint of all its words, by which a copy is known.
    pub(super) text: u64,
    /// The language of the text, where its words can tell anything.
    pub(super) language: Option<Language>,
}

impl Near {
    /// Reads the sentences in which the name stands, and those beside them. In an unknown `language` no
    /// word tells anything.
    pub fn of(post: &Post, hits: &[Hit], language: Option<Language>) -> Self {
        let language = language.filter(|language| KNOWN.contains(&language.code()));
        let tokens = Excerpt::of(post, hits).tokens;
        let around =
            |sentence: u16| [sentence.saturating_sub(1), sentence, sentence.saturating_add(1)];
        let named: BTreeSet<u16> = tokens
            .iter()
            .filter(|token| token.kind == Kind::Target)
            .flat_map(|token| around(token.sentence))
            .collect();
        let forms: BTreeSet<String> =
            hits.iter().map(|hit| stem(&fold(hit.form.chars()))).collect();
        let words = tokens
            .iter()
            .filter(|token| language.is_some() && named.contains(&token.sentence) && tells(token))
            .map(|token| stem(&token.folded))
            .filter(|word| !forms.contains(word) && !PLAIN.contains(word.as_str()))
            .collect();
        let mut text = DefaultHasher::new();
        for token in &tokens {
            token.folded.hash(&mut text);
        }
        let voice = voice(&post.author);
        let site = post.url.as_deref().and_then(site).map(|site| format!("site:{site}"));
        let places = site.into_iter().collect();
        Self { words, places, voice, text: text.finish(), language }
    }
}

fn site(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(url.host_str()?.trim_start_matches("www.").to_owned())
}

/// Returns the name by which one author is told from another.
fn voice(author: &Author) -> Option<String> {
    let name = author.handle.as_deref().or(author.url.as_deref()).or(author.name.as_deref())?;
    Some(name.trim().to_lowercase()).filter(|name| !name.is_empty())
}

/// Tells whether a token is a word that may say what a text is about, and not how its writer feels.
fn tells(token: &Token) -> bool {
    token.kind == Kind::Word
        && token.folded.chars().count() >= SHORTEST
        && !token.folded.chars().any(char::is_numeric)
        && KNOWN.iter().all(|code| Lexicon::of(code).side(token).is_none())
}

/// Returns the beginning of a word, with a `*` where something was cut off.
fn stem(word: &str) -> String {
    match word.char_indices().nth(STEM) {
        Some((end, _)) => format!("{}*", word.split_at(end).0),
        None => word.to_owned(),
    }
}

/// Words that stand in mentions of any brand, and above all in complaints. They never speak of noise:
/// what people mark was mostly taken for a complaint, so that the words of complaints would look special.
static PLAIN: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("../data/plain.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});
