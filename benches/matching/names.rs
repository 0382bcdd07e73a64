//! Made-up brand names, the keywords that look for them, and how people would write them.

use crate::dice::Dice;
use crate::forms::form;
use std::collections::BTreeSet;
use std::env;

const SEED: u64 = 5;
const ONSETS: [&str; 24] = [
    "b", "br", "d", "dr", "f", "fl", "g", "gl", "h", "j", "k", "kl", "l", "m", "n", "p", "pr", "r",
    "s", "st", "t", "tr", "v", "z",
];
/// What no consonant gradation touches.
const LAST_ONSETS: [&str; 10] = ["b", "d", "g", "l", "m", "n", "r", "s", "v", "z"];
const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
/// One name in two ends in a vowel. A name in -nen, -us or -as would be a Finnish word.
const ENDS: [&str; 4] = ["l", "m", "r", "x"];

/// A keyword about made-up names.
pub(crate) struct Keyword {
    pub(crate) written: String,
    kind: Kind,
    names: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Word,
    Phrase,
    Both,
    Capitals,
    Misspelt,
    Near,
    Without,
    Exact,
    Beginning,
}

/// Of a hundred keywords.
const KINDS: [(Kind, usize); 9] = [
    (Kind::Word, 71),
    (Kind::Phrase, 16),
    (Kind::Both, 4),
    (Kind::Capitals, 3),
    (Kind::Near, 2),
    (Kind::Without, 2),
    (Kind::Misspelt, 0),
    (Kind::Exact, 1),
    (Kind::Beginning, 1),
];

/// The same with a few of which one letter may be wrong; that is asked for keyword by keyword, and costs.
const MISSPELT: [(Kind, usize); 9] = {
    let mut kinds = KINDS;
    kinds[0] = (Kind::Word, 69);
    kinds[6] = (Kind::Misspelt, 2);
    kinds
};

/// Makes up keywords; fewer are the first of more.
pub(crate) fn keywords(count: usize) -> Vec<Keyword> {
    let mut dice = Dice::new(SEED);
    let mut taken = BTreeSet::new();
    (0..count).map(|_| Keyword::new(&mut dice, &mut taken)).collect()
}

impl Keyword {
    fn new(dice: &mut Dice, taken: &mut BTreeSet<String>) -> Self {
        let mut roll = dice.below(100);
        let kinds = if env::var_os("VAHTI_BENCH_MISSPELT").is_some() { MISSPELT } else { KINDS };
        let kind = kinds.iter().find(|(_, share)| match roll.checked_sub(*share) {
            Some(rest) => {
                roll = rest;
                false
            }
            None => true,
        });
        let kind = kind.map_or(Kind::Word, |(kind, _)| *kind);
        let (one, other) = (name(dice, taken), name(dice, taken));
        let written = match kind {
            Kind::Word => one.clone(),
            Kind::Phrase => format!("\"{one} {other}\""),
            Kind::Both => format!("{one} {other}"),
            Kind::Capitals => format!("^{one}"),
            Kind::Misspelt => format!("{one}~1"),
            Kind::Near => format!("{one} NEAR/3 {other}"),
            Kind::Without => format!("{one} -{other}"),
            Kind::Exact => format!("={one}"),
            Kind::Beginning => format!("{}*", one.to_lowercase()),
        };
        Self { written, kind, names: vec![one, other] }
    }

    /// Writes what the keyword must find, as somebody would who writes in this language.
    pub(crate) fn planted(&self, language: &str, dice: &mut Dice) -> String {
        let [one, other] = self.names.as_slice() else { return String::new() };
        match self.kind {
            Kind::Word | Kind::Without => shout(form(one, language, dice), language, dice),
            Kind::Phrase => shout(format!("{one} {}", form(other, language, dice)), language, dice),
            Kind::Both => format!("{} – {one}", form(other, language, dice)),
            Kind::Capitals => form(one, language, dice),
            Kind::Misspelt => one.replacen(['a', 'e', 'i', 'o', 'u'], "y", 1),
            Kind::Near => format!("{other} + {}", form(one, language, dice)),
            Kind::Exact => one.clone(),
            Kind::Beginning => format!("{one}matic"),
        }
    }
}

/// Writes in small letters or in capitals, now and then.
fn shout(text: String, language: &str, dice: &mut Dice) -> String {
    match dice.below(20) {
        0..3 => text.to_lowercase(),
        // The capital of i is another one there.
        3 if language != "tr" => text.to_uppercase(),
        _ => text,
    }
}

fn name(dice: &mut Dice, taken: &mut BTreeSet<String>) -> String {
    loop {
        let name = made_up(dice);
        if taken.insert(name.clone()) {
            return name;
        }
    }
}

fn made_up(dice: &mut Dice) -> String {
    let mut name = String::new();
    for _ in 0..=dice.below(3) {
        name.push_str(dice.pick(&ONSETS));
        name.push_str(dice.pick(&VOWELS));
    }
    if dice.happens(50) {
        name.push_str(dice.pick(&ONSETS));
        name.push_str(dice.pick(&VOWELS));
        name.push_str(dice.pick(&ENDS));
    } else {
        name.push_str(dice.pick(&LAST_ONSETS));
        name.push_str(dice.pick(&["a", "o", "u"]));
    }
    if name.chars().count() < 5 {
        name.insert_str(0, dice.pick(&["al", "er", "in", "or"]));
    }
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
