//! Classes of words that mean the same in every language: what one language's texts teach of *waits*
//! and *nobody answers* serves the others. A speaker of each language wrote them down and can correct
//! them: `data/concepts/*.tsv`.

use super::stems::Stems;
use super::tokens::{Kind, Token, tokens};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Every concept, by the name that it has in the lists. Its place is its number in the features.
pub const NAMES: [&str; 74] = [
    "fault",
    "missing",
    "late",
    "wait",
    "ignored",
    "refused",
    "overcharge",
    "expensive",
    "dirty",
    "rude",
    "deceit",
    "harm",
    "privacy",
    "poor",
    "bad",
    "anger",
    "disappoint",
    "insult",
    "leave",
    "again",
    "remedy",
    "legal",
    "public",
    "difficult",
    "waste",
    "good",
    "love",
    "thanks",
    "recommend",
    "fast",
    "kind",
    "fixed",
    "works",
    "fine",
    "cheap",
    "noproblem",
    "question",
    "news",
    "market",
    "job",
    "notice",
    "trade",
    "compare",
    "plan",
    "trouble",
    "negation",
    "but",
    "very",
    "little",
    "me",
    "you",
    "they",
    "duration",
    "money",
    "would",
    "before",
    "now",
    "switch",
    "better",
    "worse",
    "sarcasm",
    "all",
    "none",
    "t_delivery",
    "t_quality",
    "t_billing",
    "t_service",
    "t_network",
    "t_price",
    "t_privacy",
    "t_health",
    "sorry",
    "demand",
    "gain",
];
/// How many of them, from the first, tell of something bad.
pub const BAD: u8 = 25;
/// How many of them, from the first, tell of something bad or good.
pub const OPINIONS: u8 = 36;
/// How many entries may begin at one word.
const MOST_HERE: usize = 8;

/// Some of the concepts, a bit each.
#[derive(Debug, Clone, Copy)]
pub struct Set(u128);

impl Set {
    /// Returns the set of these names; what is none does not compile where it is a constant.
    pub const fn of(names: &[&str]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < names.len() {
            let mut concept = 0;
            while !is_same(NAMES[concept], names[at]) {
                concept += 1;
            }
            bits |= 1 << concept;
            at += 1;
        }
        Self(bits)
    }

    pub const fn has(self, concept: u8) -> bool {
        self.0 >> concept & 1 == 1
    }
}

const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// A concept that was seen in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The place in [`NAMES`].
    pub concept: u8,
    /// The first and the last of its tokens.
    pub first: u16,
    pub last: u16,
}

/// One word of a phrase.
#[derive(Debug)]
struct Word {
    folded: String,
    /// Whether any ending goes.
    open: bool,
}

#[derive(Debug)]
struct Entry {
    concept: u8,
    /// Whether the first word goes with any ending.
    open: bool,
    /// The first byte of the second word; zero where there is none. It rules most entries out.
    second: u8,
    rest: Vec<Word>,
}

/// The list of one language.
#[derive(Debug, Default)]
pub struct Concepts(Stems<Entry>);

static NONE: LazyLock<Concepts> = LazyLock::new(Concepts::default);
macro_rules! lists {
    ($($name:ident $code:literal),*) => {
        $(static $name: LazyLock<Concepts> = LazyLock::new(|| {
            Concepts::read(include_str!(concat!("data/concepts/", $code, ".tsv")))
        });)*

        impl Concepts {
            /// Returns the list of a language by its code; an empty one where there is none.
            pub fn of(language: &str) -> &'static Self {
                match language {
                    $($code => &$name,)*
                    _ => &NONE,
                }
            }
        }

        /// Every list, with the code of its language.
        pub const LISTS: &[(&str, &str)] =
            &[$(($code, include_str!(concat!("data/concepts/", $code, ".tsv")))),*];
    };
}
lists!(FI "fi", TR "tr", EN "en", SV "sv", DE "de", ES "es", FR "fr");

impl Concepts {
    /// Reads lines of a concept and its entries with `|` between them, a tab after the first; `#`
    /// begins a comment. A word that ends in `*` fits with any ending. What is no concept is left out.
    pub fn read(text: &str) -> Self {
        let mut tree: BTreeMap<Vec<u8>, Vec<Entry>> = BTreeMap::new();
        for (name, listed) in text.lines().filter_map(|line| line.split_once('\t')) {
            let Some(concept) = NAMES.iter().position(|known| *known == name) else { continue };
            let Ok(concept) = u8::try_from(concept) else { continue };
            for entry in listed.split('|') {
                let words: Vec<Word> = entry.split_whitespace().flat_map(Word::of).collect();
                // Every number is read as the same: by itself it tells nothing, and no opinion ever.
                let is_number = |word: &Word| word.folded.chars().all(|c| c == '0');
                let has_letters = words
                    .iter()
                    .any(|word| word.folded.chars().any(|c| !c.is_ascii_punctuation() && c != '0'));
                if words.iter().any(is_number) && (!has_letters || concept < OPINIONS) {
                    continue;
                }
                let mut words = words.into_iter();
                let Some(first) = words.next() else { continue };
                let rest: Vec<Word> = words.collect();
                tree.entry(first.folded.into_bytes()).or_default().push(Entry {
                    concept,
                    open: first.open,
                    second: rest.first().map_or(0, |word| first_byte(&word.folded)),
                    rest,
                });
            }
        }
        Self(Stems::of(tree))
    }

    /// Returns what of the list stands in a text, in order; of what lies inside a longer phrase nothing.
    pub fn spots(&self, tokens: &[Token]) -> Vec<Spot> {
        let mut spots: Vec<Spot> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            if matches!(token.kind, Kind::Target | Kind::Url | Kind::Handle) {
                continue;
            }
            let from = spots.len();
            let next = tokens.get(at + 1).map_or(0, |token| first_byte(&token.folded));
            self.0.walk(&token.folded, |entry, is_end| {
                let fits = (entry.second == 0 || entry.second == next)
                    && (entry.open || is_end)
                    && spots.len() < from + MOST_HERE;
                let rest = || {
                    entry.rest.iter().zip(at + 1..).all(|(word, at)| {
                        tokens.get(at).is_some_and(|token| word.fits(&token.folded))
                    })
                };
                if fits && rest() {
                    let [first, last] =
                        [at, at + entry.rest.len()].map(|at| u16::try_from(at).unwrap_or(u16::MAX));
                    let spot = Spot { concept: entry.concept, first, last };
                    if !spots.iter().skip(from).any(|known| *known == spot) {
                        spots.push(spot);
                    }
                }
            });
        }
        let longest: Vec<(u16, u16)> = spots
            .iter()
            .filter(|spot| spot.last > spot.first)
            .map(|spot| (spot.first, spot.last))
            .collect();
        if !longest.is_empty() {
            spots.retain(|spot| {
                !longest.iter().any(|(first, last)| {
                    *first <= spot.first
                        && spot.last <= *last
                        && last - first > spot.last - spot.first
                })
            });
        }
        spots
    }
}

fn first_byte(word: &str) -> u8 {
    word.bytes().next().unwrap_or_default()
}

impl Word {
    /// Reads a word as texts are read: `m'a` is two, and so is what a hyphen joins.
    fn of(text: &str) -> Vec<Self> {
        let open = text.len() > 1 && text.ends_with('*');
        let pieces = tokens(text.trim_end_matches('*'), &[]);
        let last = pieces.len().saturating_sub(1);
        let word =
            |(at, token): (usize, Token)| Self { folded: token.folded, open: open && at == last };
        pieces.into_iter().enumerate().map(word).collect()
    }

    fn fits(&self, word: &str) -> bool {
        if self.open { word.starts_with(&self.folded) } else { word == self.folded }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn seen(text: &str, list: &str) -> Vec<String> {
        let tokens = tokens(text, &[]);
        let name = |spot: &Spot| {
            let words = tokens[usize::from(spot.first)..=usize::from(spot.last)].iter();
            let words: Vec<&str> = words.map(|token| token.folded.as_str()).collect();
            format!("{} {}", NAMES[usize::from(spot.concept)], words.join(" "))
        };
        Concepts::read(list).spots(&tokens).iter().map(name).collect()
    }

    #[test]
    fn words_stems_and_phrases_are_found() {
        let list = "fault\trikki|hajos*|ei toimi*\nworks\ttoimi*\nlove\t😍|❤️";
        let check = |text, expected: &[&str]| assert_eq!(seen(text, list), expected, "{text}");
        check("Hajosi heti, RIKKI!", &["fault hajosi", "fault rikki"]);
        check("rikkinäinen", &[]);
        check("toimii hyvin", &["works toimii"]);
        check("ei toimi taas, ei, toimii", &["fault ei toimi", "works toimii"]);
        check("ihana 😍❤", &["love 😍", "love ❤"]);
        check("", &[]);
    }

    #[test]
    fn what_lies_in_a_longer_phrase_is_not_told_apart() {
        let list =
            "noproblem\tno complaints|no complaints at all\nremedy\tcomplaint*\nall\tall\nnone\tno";
        assert_eq!(seen("no complaints at all", list), ["noproblem no complaints at all"]);
        assert_eq!(seen("a complaint, no", list), ["remedy complaint", "none no"]);
    }

    #[test]
    fn entries_are_read_as_texts_are_and_numbers_tell_nothing() {
        let list = "wait\tj'attends|double-book*\nbad\t0/10|1 star*|404\nduration\t24 tuntia";
        assert_eq!(
            seen("j'attends, double-booked", list),
            ["wait j ' attends", "wait double - booked"]
        );
        assert_eq!(seen("0/10, 1 star, 404, 33", list), Vec::<String>::new());
        assert_eq!(seen("yli 48 tuntia", list), ["duration 00 tuntia"]);
    }

    #[test]
    fn a_word_may_carry_two_concepts() {
        let list = "bad\tsurke*\npoor\tsurke*|surkea";
        assert_eq!(seen("surkea", list), ["bad surkea", "poor surkea"]);
    }

    #[test]
    fn every_list_has_every_concept_and_nothing_else() {
        for (language, list) in LISTS {
            let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
            let named: BTreeSet<&str> =
                lines.map(|line| line.split_once('\t').map_or(line, |(name, _)| name)).collect();
            assert_eq!(named, BTreeSet::from(NAMES), "{language}");
        }
    }
}
