//! Words that speak for or against, as a speaker wrote them down: a sign that languages share, so that
//! what one language's texts teach about it serves the others.

use super::tokens::{Kind, Token, fold};
use std::sync::LazyLock;

/// Which way a word speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Bad,
    Good,
}

/// The words of one language.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// Folded, sorted; `true` where any ending goes.
    words: Vec<(String, bool, Side)>,
}

static NONE: LazyLock<Lexicon> = LazyLock::new(Lexicon::default);
static FINNISH: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("data/lexicon-fi.txt")));
static TURKISH: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("data/lexicon-tr.txt")));
static ENGLISH: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("data/lexicon-en.txt")));

impl Lexicon {
    /// Returns the words of a language by its code; none where we have no list.
    pub fn of(language: &str) -> &'static Self {
        match language {
            "fi" => &FINNISH,
            "tr" => &TURKISH,
            "en" => &ENGLISH,
            _ => &NONE,
        }
    }

    /// Reads lines `bad: word stem* …` and `good: …`; `#` begins a comment.
    pub fn read(text: &str) -> Self {
        let mut words = Vec::new();
        for line in text.lines() {
            let (side, listed) = match line.split_once(':') {
                Some(("bad", listed)) => (Side::Bad, listed),
                Some(("good", listed)) => (Side::Good, listed),
                _ => continue,
            };
            for word in listed.split_whitespace() {
                let open = word.ends_with('*');
                words.push((fold(word.chars().filter(|c| c.is_alphanumeric())), open, side));
            }
        }
        words.sort();
        words.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
        Self { words }
    }

    /// Tells which way a token speaks, if any: the longest entry that fits.
    pub fn side(&self, token: &Token) -> Option<Side> {
        if self.words.is_empty() || token.kind != Kind::Word {
            return match (token.kind, token.folded.as_str()) {
                (Kind::Face, face) => face_side(face),
                _ => None,
            };
        }
        let word = token.folded.as_str();
        let ends = (2..=word.len()).rev().filter(|end| word.is_char_boundary(*end));
        for end in ends {
            let (stem, rest) = word.split_at(end);
            let from = self.words.partition_point(|(listed, ..)| listed.as_str() < stem);
            let fits = self.words.iter().skip(from).take_while(|(listed, ..)| listed == stem);
            if let Some((.., side)) = fits.filter(|(_, open, _)| *open || rest.is_empty()).last() {
                return Some(*side);
            }
        }
        None
    }
}

fn face_side(face: &str) -> Option<Side> {
    const GOOD: &str =
        "😀😃😄😁😆😅😂🤣😊😇🙂😉😍🥰😘😋😎🤩🥳👍👏🙌🙏💪❤💕💖💚💙🎉✨⭐🔥💯😻👌☺♥🤗😁";
    const BAD: &str = "😞😔😟😕🙁☹😣😖😫😩😢😭😤😠😡🤬😱😨😰🤢🤮👎💩🤡🖕😒🙄😑😾💔🤦😬😐";
    if face == "FACE+" {
        return Some(Side::Good);
    }
    if face == "FACE-" {
        return Some(Side::Bad);
    }
    let face = face.chars().next()?;
    if GOOD.contains(face) {
        Some(Side::Good)
    } else if BAD.contains(face) {
        Some(Side::Bad)
    } else {
        None
    }
}
