//! Cues: words in a row that tell something of a complaint, as a speaker of the language wrote them
//! down and can correct them in `data/cues-*.tsv` (how somebody complains) and `data/matters-*.tsv`
//! (what about).

use super::super::stems::Stems;
use super::super::tokens::{Kind, Token, fold};
use super::super::{Complainer, Flag, Matter};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How many cues may be found in one text.
const MOST: usize = 400;
/// How many words or signs a gap (`..` in a cue) may hold.
const GAP: usize = 3;

/// What a cue tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    Type(Complainer),
    Flag(Flag),
    Matter(Matter),
}

impl Tells {
    /// Everything a cue can tell, with the word for it in the lists.
    pub const ALL: [(&str, Self); 16] = [
        ("meek", Self::Type(Complainer::Meek)),
        ("aggressive", Self::Type(Complainer::Aggressive)),
        ("demanding", Self::Type(Complainer::Demanding)),
        ("benefit_hunter", Self::Type(Complainer::BenefitHunter)),
        ("legal_threat", Self::Flag(Flag::LegalThreat)),
        ("public_pressure", Self::Flag(Flag::PublicPressure)),
        ("safety", Self::Flag(Flag::Safety)),
        ("churn", Self::Flag(Flag::Churn)),
        ("delivery", Self::Matter(Matter::Delivery)),
        ("quality", Self::Matter(Matter::Quality)),
        ("billing", Self::Matter(Matter::Billing)),
        ("service", Self::Matter(Matter::Service)),
        ("availability", Self::Matter(Matter::Availability)),
        ("price", Self::Matter(Matter::Price)),
        ("privacy", Self::Matter(Matter::Privacy)),
        ("other", Self::Matter(Matter::Other)),
    ];
}

/// One cue of a list.
#[derive(Debug)]
struct Cue {
    tells: Tells,
    /// How much it speaks for that; nothing says that these words tell nothing.
    weight: f32,
    first: Word,
    /// The first byte of the second word, where nothing may stand between: it rules most cues out.
    second: Option<u8>,
    rest: Vec<Part>,
}

/// What follows the first word of a cue.
#[derive(Debug)]
enum Part {
    Word(Word),
    /// Up to [`GAP`] words of any kind.
    Gap,
}

#[derive(Debug)]
struct Word {
    folded: String,
    /// In lower case, as it was written down.
    written: Vec<char>,
    /// Whether any ending goes.
    open: bool,
}

/// A cue that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The number of the cue in its list.
    pub cue: usize,
    pub tells: Tells,
    pub weight: f32,
    /// Its first and its last token.
    pub first: usize,
    pub last: usize,
}

/// The lists of one language, as a tree of the letters of first words: a text is read once, however
/// long the lists are.
#[derive(Debug, Default)]
pub struct Cues {
    cues: Vec<Cue>,
    /// The numbers of the cues by their first words.
    stems: Stems<usize>,
}

macro_rules! lists {
    ($($code:literal),*) => {
        /// The lists that are built in: the code of the language, the cues, the matters.
        pub const LISTS: &[(&str, &str, &str)] = &[$((
            $code,
            include_str!(concat!("../data/cues-", $code, ".tsv")),
            include_str!(concat!("../data/matters-", $code, ".tsv")),
        )),*];
    };
}
lists!("fi", "tr", "en", "sv", "de", "es", "fr");

static BUILT_IN: LazyLock<Vec<(&str, Cues)>> = LazyLock::new(|| {
    let read = |(code, cues, matters): &(&'static str, &str, &str)| {
        (*code, Cues::read(&format!("{cues}\n{matters}")))
    };
    LISTS.iter().map(read).collect()
});

impl Cues {
    /// Returns the lists of a language by its code; nothing where there are none.
    pub fn of(language: &str) -> Option<&'static Self> {
        BUILT_IN.iter().find(|(code, _)| *code == language).map(|(_, cues)| cues)
    }

    /// Returns every list with the code of its language.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static Self)> {
        BUILT_IN.iter().map(|(code, cues)| (*code, cues))
    }

    /// Reads lines of what is told, how much, and cues with `|` between them; tabs part the three, `#`
    /// begins a comment. A word that ends in `*` fits with any ending, `..` stands for up to three words.
    pub fn read(text: &str) -> Self {
        let mut cues: Vec<Cue> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let (Some(tells), Some(weight), Some(listed)) = (
                fields.next().and_then(tells),
                fields.next().and_then(|weight| weight.parse().ok()),
                fields.next(),
            ) else {
                continue;
            };
            cues.extend(listed.split('|').filter_map(|cue| Cue::of(cue, tells, weight)));
        }
        let mut stems: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (at, cue) in cues.iter().enumerate() {
            stems.entry(cue.first.folded.clone().into_bytes()).or_default().push(at);
        }
        Self { cues, stems: Stems::of(stems) }
    }

    /// Tells how many cues there are.
    pub fn count(&self) -> usize {
        self.cues.len()
    }

    /// Returns the cues that stand in a text, each once, in the order of the text. Of what lies inside a
    /// longer cue that tells of the same, nothing; a longer one without weight thus takes it back, and so
    /// does one without weight at the same word, if it names as many of its letters or more. A cue that
    /// is taken back counts where it stands next.
    pub fn find(&self, tokens: &[Token], chars: &[char]) -> Vec<Found> {
        let mut kept: Vec<Found> = Vec::new();
        // What reaches as far as the word being read, or further: nothing else can take back.
        let mut near: Vec<Found> = Vec::new();
        for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word) {
            near.retain(|found| found.last >= at);
            let here = self.at(at, token, tokens, chars);
            near.extend(&here);
            for one in here {
                let is_known = || kept.iter().any(|known| known.cue == one.cue);
                let is_taken_back = || near.iter().any(|other| self.takes_back(other, &one));
                if one.weight > 0.0 && !is_known() && !is_taken_back() {
                    kept.push(one);
                }
            }
            if kept.len() > MOST {
                break;
            }
        }
        kept
    }

    /// Returns the cues that begin at one word.
    fn at(&self, at: usize, token: &Token, tokens: &[Token], chars: &[char]) -> Vec<Found> {
        let mut found = Vec::new();
        // A sign that parts two words of a cue tells nothing.
        let next = tokens.get(at + 1).filter(|next| next.kind == Kind::Word);
        let next = next.and_then(|next| next.folded.bytes().next());
        self.stems.walk(&token.folded, |number, is_end| {
            let Some(cue) = self.cues.get(*number) else { return };
            let is_next = cue.second.is_none_or(|second| next.is_none_or(|next| next == second));
            if !is_next || !(is_end || cue.first.open) || cue.first.is_another(token, chars) {
                return;
            }
            if let Some(last) = cue.ends(at, tokens, chars) {
                let Cue { tells, weight, .. } = *cue;
                found.push(Found { cue: *number, tells, weight, first: at, last });
            }
        });
        found
    }

    /// Tells whether `one` tells nothing where `other` stands.
    fn takes_back(&self, other: &Found, one: &Found) -> bool {
        let letters =
            |found: &Found| self.cues.get(found.cue).map_or(0, |cue| cue.first.folded.len());
        let is_longer = other.last - other.first > one.last - one.first;
        let is_exception = || {
            let same_word = one.first == one.last && other.first == other.last;
            other.weight == 0.0 && same_word && letters(other) >= letters(one)
        };
        other.tells == one.tells
            && other.first <= one.first
            && one.last <= other.last
            && (is_longer || is_exception())
    }
}

impl Cue {
    fn of(text: &str, tells: Tells, weight: f32) -> Option<Self> {
        let text = parted(text);
        let mut words = text.split_whitespace();
        let first = words.next().map(Word::of).filter(|word| !word.folded.is_empty())?;
        let rest: Vec<Part> = words
            .map(|word| if word == ".." { Part::Gap } else { Part::Word(Word::of(word)) })
            .collect();
        let second = match rest.first() {
            Some(Part::Word(word)) => word.folded.bytes().next(),
            _ => None,
        };
        Some(Self { tells, weight, first, second, rest })
    }

    /// Returns the last token, where the cue stands at `at`, whose word fits.
    fn ends(&self, at: usize, tokens: &[Token], chars: &[char]) -> Option<usize> {
        let mut last = at;
        let mut gap = 0;
        for part in &self.rest {
            let Part::Word(word) = part else {
                gap = GAP;
                continue;
            };
            let mut next = last + 1;
            // A hyphen or a quotation mark inside is no gap.
            while tokens.get(next).is_some_and(|token| {
                token.kind == Kind::Mark && matches!(token.folded.as_str(), "-" | "\"" | "'")
            }) {
                next += 1;
            }
            last = (next..=next + gap)
                .find(|at| tokens.get(*at).is_some_and(|token| word.fits(token, chars)))?;
            gap = 0;
        }
        Some(last)
    }
}

/// Parts words that lost their end before a vowel from what follows (`d'ici`), as texts are read.
fn parted(cue: &str) -> String {
    let part = |word: &str| match word.split_once('\'') {
        Some((head @ ("l" | "d" | "j" | "n" | "m" | "t" | "s" | "c" | "qu"), rest)) => {
            format!("{head} {rest}")
        }
        _ => word.to_owned(),
    };
    cue.split_whitespace().map(part).collect::<Vec<_>>().join(" ")
}

impl Word {
    /// Reads a word; one that ends in `*` fits with any ending.
    fn of(text: &str) -> Self {
        let letters = || text.chars().filter(|c| c.is_alphanumeric());
        Self {
            folded: fold(letters()),
            written: letters().flat_map(char::to_lowercase).collect(),
            open: text.ends_with('*'),
        }
    }

    fn fits(&self, token: &Token, chars: &[char]) -> bool {
        let same = if self.open {
            token.folded.starts_with(&self.folded)
        } else {
            token.folded == self.folded
        };
        token.kind == Kind::Word && same && !self.is_another(token, chars)
    }

    /// Tells whether the text has an `ä` or `ö` where the cue has none: that is another word
    /// (*väärä* is not *vaara*). One that the text lacks was only typed without.
    fn is_another(&self, token: &Token, chars: &[char]) -> bool {
        let letters = chars.get(token.at.clone()).unwrap_or_default();
        let mut pairs = letters.iter().zip(&self.written);
        // In drawn-out words the letters do not stand opposite each other.
        !token.drawn_out
            && pairs
                .any(|(theirs, ours)| matches!((theirs, ours), ('ä' | 'Ä', 'a') | ('ö' | 'Ö', 'o')))
    }
}

fn tells(name: &str) -> Option<Tells> {
    Tells::ALL.iter().find(|(word, _)| *word == name).map(|(_, tells)| *tells)
}
