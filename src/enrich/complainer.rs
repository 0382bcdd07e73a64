//! How somebody complains, told by cues that a speaker of the language wrote down and can correct:
//! `data/cues-*.tsv`.

use super::sentiment::Excerpt;
use super::tokens::{Kind, Token, fold, tokens};
use super::{Complainer, Complaint, Flag};
use crate::post::Post;
use crate::text::Language;
use std::ops::Range;
use std::sync::LazyLock;

/// From how many complaints in 90 days somebody complains as a habit.
pub const CHRONIC: u32 = 5;
/// How many cues are quoted.
const QUOTED: usize = 6;

/// What a cue tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tells {
    Type(Complainer),
    Flag(Flag),
}

/// Words in a row that tell something.
struct Cue {
    tells: Tells,
    /// How much it tells: one is enough for a type.
    weight: f32,
    words: Vec<Word>,
}

/// One word of a cue.
struct Word {
    folded: String,
    /// In lower case, as it was written down.
    written: Vec<char>,
    /// Whether any ending goes.
    open: bool,
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

    fn fits(&self, token: &Token, text: &[char]) -> bool {
        let same = if self.open {
            token.folded.starts_with(&self.folded)
        } else {
            token.folded == self.folded
        };
        token.kind == Kind::Word && same && !self.is_another(token, text)
    }

    /// Tells whether the text has an `ä` or `ö` where the cue has none: that is another word
    /// (*väärä* is not *vaara*). One that the text lacks was only typed without.
    fn is_another(&self, token: &Token, text: &[char]) -> bool {
        let letters = text.get(token.at.clone()).unwrap_or_default();
        let mut pairs = letters.iter().zip(&self.written);
        // In drawn-out words the letters do not stand opposite each other.
        !token.drawn_out
            && pairs
                .any(|(theirs, ours)| matches!((theirs, ours), ('ä' | 'Ä', 'a') | ('ö' | 'Ö', 'o')))
    }
}

static CUES: LazyLock<[(&str, Vec<Cue>); 3]> = LazyLock::new(|| {
    [
        ("fi", read_cues(include_str!("data/cues-fi.tsv"))),
        ("tr", read_cues(include_str!("data/cues-tr.tsv"))),
        ("en", read_cues(include_str!("data/cues-en.tsv"))),
    ]
});

/// Reads what a complaint tells of the one who complains. Of a text in another language only what
/// needs no words is told; where the language is unknown, every list is tried.
pub fn read(post: &Post, language: Option<Language>) -> Complaint {
    let excerpt = Excerpt::of(post, &[]);
    let text: String = excerpt.chars.iter().collect();
    let tokens = tokens(&text, &[]);
    let mut found: Vec<(Tells, f32, Range<usize>)> = Vec::new();
    for (code, cues) in CUES.iter() {
        if language.is_none_or(|language| language.code() == *code) {
            found.extend(cues.iter().filter_map(|cue| {
                Some((cue.tells, cue.weight, cue.find(&tokens, &excerpt.chars)?))
            }));
        }
    }
    let mut flags: Vec<Flag> =
        [Flag::LegalThreat, Flag::PublicPressure, Flag::Safety, Flag::Churn].to_vec();
    flags.retain(|flag| found.iter().any(|(tells, ..)| *tells == Tells::Flag(*flag)));
    let complainer = complainer(&found, is_shouted(&tokens));
    let mut telling: Vec<Range<usize>> = found
        .into_iter()
        .filter(|(tells, ..)| match tells {
            Tells::Type(kind) => Some(*kind) == complainer,
            Tells::Flag(_) => true,
        })
        .map(|(.., at)| at)
        .collect();
    telling.sort_by_key(|at| (at.start, std::cmp::Reverse(at.end)));
    telling.dedup_by(|later, earlier| later.end <= earlier.end);
    let quote =
        |at: Range<usize>| excerpt.chars.iter().take(at.end).skip(at.start).collect::<String>();
    Complaint { complainer, flags, cues: telling.into_iter().take(QUOTED).map(quote).collect() }
}

/// Weighs the cues. Where several types have enough, the order of the desk decides: who asks for a gain
/// beyond repair, then who insults, then who requires, then who excuses himself.
fn complainer(found: &[(Tells, f32, Range<usize>)], shouted: bool) -> Option<Complainer> {
    let weight = |kind| -> f32 {
        found
            .iter()
            .filter(|(tells, ..)| *tells == Tells::Type(kind))
            .map(|(_, weight, _)| weight)
            .sum()
    };
    let aggressive = weight(Complainer::Aggressive) + if shouted { 0.6 } else { 0.0 };
    [
        (Complainer::BenefitHunter, weight(Complainer::BenefitHunter)),
        (Complainer::Aggressive, aggressive),
        (Complainer::Demanding, weight(Complainer::Demanding)),
        (Complainer::Meek, weight(Complainer::Meek)),
    ]
    .into_iter()
    .find(|(_, weight)| *weight >= 0.99)
    .map(|(kind, _)| kind)
}

/// Tells whether most of the text is in capitals.
fn is_shouted(tokens: &[Token]) -> bool {
    let long =
        tokens.iter().filter(|token| token.kind == Kind::Word && token.folded.len() > 3).count();
    let shouted = tokens.iter().filter(|token| token.shouted).count();
    shouted >= 3 && shouted * 2 > long
}

impl Cue {
    /// Returns where the cue stands, in Unicode scalar values.
    fn find(&self, tokens: &[Token], text: &[char]) -> Option<Range<usize>> {
        tokens
            .windows(self.words.len().max(1))
            .find(|window| {
                window.iter().zip(&self.words).all(|(token, word)| word.fits(token, text))
            })
            .and_then(|window| Some(window.first()?.at.start..window.last()?.at.end))
    }
}

/// Reads lines of what is told, how much, and cues with `|` between them; tabs part the three, `#`
/// begins a comment. A word that ends in `*` fits with any ending.
fn read_cues(text: &str) -> Vec<Cue> {
    let mut cues = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(tells), Some(weight), Some(listed)) = (
            fields.next().and_then(tells),
            fields.next().and_then(|weight| weight.parse().ok()),
            fields.next(),
        ) else {
            continue;
        };
        for cue in listed.split('|') {
            let words: Vec<Word> = cue.split_whitespace().map(Word::of).collect();
            if !words.is_empty() {
                cues.push(Cue { tells, weight, words });
            }
        }
    }
    cues
}

fn tells(name: &str) -> Option<Tells> {
    Some(match name {
        "meek" => Tells::Type(Complainer::Meek),
        "aggressive" => Tells::Type(Complainer::Aggressive),
        "demanding" => Tells::Type(Complainer::Demanding),
        "benefit_hunter" => Tells::Type(Complainer::BenefitHunter),
        "legal_threat" => Tells::Flag(Flag::LegalThreat),
        "public_pressure" => Tells::Flag(Flag::PublicPressure),
        "safety" => Tells::Flag(Flag::Safety),
        "churn" => Tells::Flag(Flag::Churn),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, language: &str) -> Complaint {
        read(&Post { text: text.to_owned(), ..Post::default() }, language.parse().ok())
    }

    #[test]
    fn the_type_is_told_by_its_cues() {
        let check = |language, text, expected| {
            assert_eq!(told(text, language).complainer, expected, "{text}");
        };
        check("fi", "Vaadin täyttä hyvitystä perjantaihin mennessä.", Some(Complainer::Demanding));
        check("fi", "Anteeksi että vaivaan, laskussa taitaa olla virhe", Some(Complainer::Meek));
        check("fi", "Ihan paska firma, haistakaa huilu", Some(Complainer::Aggressive));
        check(
            "fi",
            "Paketti myöhästyi, saisinko ilmaisen kuukauden?",
            Some(Complainer::BenefitHunter),
        );
        check("fi", "Laskutettiin kahteen kertaan", None);
        check(
            "tr",
            "Ücretin cuma gününe kadar iadesini talep ediyorum",
            Some(Complainer::Demanding),
        );
        check("tr", "Rahatsız ediyorum kusura bakmayın, paket gelmedi", Some(Complainer::Meek));
        check("tr", "Dolandırıcısınız, şerefsizler!", Some(Complainer::Aggressive));
        check(
            "tr",
            "Geç geldi, bir hediye çeki düşünürsünüz artık",
            Some(Complainer::BenefitHunter),
        );
        check("en", "I expect a written answer by Friday", Some(Complainer::Demanding));
        check("en", "Sorry to bother you, no rush at all", Some(Complainer::Meek));
        check("en", "you absolute clowns, shame on you", Some(Complainer::Aggressive));
        check(
            "en",
            "it was late, what can you offer me, a free month?",
            Some(Complainer::BenefitHunter),
        );
        check("en", "THIS IS THE WORST COMPANY I KNOW, HATE IT", Some(Complainer::Aggressive));
        check("en", "the parcel did not arrive", None);
    }

    #[test]
    fn of_several_types_the_order_of_the_desk_decides() {
        let both = told("You idiots, I demand a refund by Friday", "en");
        assert_eq!(both.complainer, Some(Complainer::Aggressive));
    }

    #[test]
    fn flags_stand_beside_the_type_and_cues_are_quoted_as_written() {
        let complaint =
            told("Haastan teidät OIKEUTEEN ja vaihdan operaattoria. Jakakaa tätä!", "fi");
        assert_eq!(complaint.flags, [Flag::LegalThreat, Flag::PublicPressure, Flag::Churn]);
        assert!(complaint.cues.iter().any(|cue| cue.contains("OIKEUTEEN")), "{complaint:?}");
        assert_eq!(told("En iyisi avukatıma sorayım", "tr").flags, [Flag::LegalThreat]);
        assert_eq!(told("the heater caught fire", "en").flags, [Flag::Safety]);
    }

    #[test]
    fn a_letter_with_dots_is_another_letter_where_it_is_written() {
        assert_eq!(told("tämä on väärä palsta", "fi"), Complaint::default());
        assert_eq!(told("laite on hengenvaarallinen", "fi").flags, [Flag::Safety]);
        assert_eq!(told("tasta syttyi palo, hata", "fi").flags, [Flag::Safety]);
    }

    #[test]
    fn another_language_tells_nothing_and_an_unknown_one_anything() {
        assert_eq!(told("you idiots", "sv"), Complaint::default());
        let post = Post { text: "you idiots".to_owned(), ..Post::default() };
        assert_eq!(read(&post, None).complainer, Some(Complainer::Aggressive));
    }

    #[test]
    fn every_line_of_the_cues_is_understood() {
        for list in [
            include_str!("data/cues-fi.tsv"),
            include_str!("data/cues-tr.tsv"),
            include_str!("data/cues-en.tsv"),
        ] {
            for line in list.lines().filter(|line| !line.starts_with('#')) {
                assert!(!read_cues(line).is_empty(), "{line}");
            }
        }
    }

    /// Against the lines that were labelled for it: no type at all is better than a wrong one.
    #[test]
    fn most_labelled_complaints_are_told_right() {
        let mut by_language = std::collections::BTreeMap::<&str, (u32, u32, u32)>::new();
        for line in include_str!("texts/complainers.tsv").lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let (language, text, label) = (fields[1], fields[2], fields[4]);
            let complaint = told(text, language);
            let told = match complaint.complainer {
                Some(Complainer::Meek) => "meek",
                Some(Complainer::Aggressive) => "aggressive",
                Some(Complainer::Demanding) => "demanding",
                Some(Complainer::BenefitHunter) => "benefit_hunter",
                Some(Complainer::Chronic) | None => "",
            };
            let counts = by_language.entry(language).or_default();
            if label != "chronic" {
                counts.0 += 1;
                counts.1 += u32::from(told == label);
            }
            let legal = complaint.flags.contains(&Flag::LegalThreat);
            let public = complaint.flags.contains(&Flag::PublicPressure);
            counts.2 +=
                u32::from(legal != (fields[5] == "1")) + u32::from(public != (fields[6] == "1"));
        }
        for (language, (lines, right, wrong_flags)) in by_language {
            assert!(right * 100 >= lines * 75, "{language}: {right} of {lines}");
            assert!(wrong_flags * 100 <= lines * 15, "{language}: {wrong_flags} of {lines}");
        }
    }
}
