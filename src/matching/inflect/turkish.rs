//! Turkish names: chains of suffixes under vowel and consonant harmony (after the order of nominal
//! suffixes in Göksel and Kerslake, *Turkish: A Comprehensive Grammar*, 2005, chapters 6 to 8). Not
//! taken are those that make another word of it (`-lık`, `-cı`), and, on a bare name, whose it is
//! (`yapı kredisi` is a building loan).

use super::{Kind, Stem, Word};

/// The most letters of a chain.
pub(super) const LONGEST: usize = 18;

fn is_vowel(c: char) -> bool {
    "aeiouüöıâîûåäéáíóú".contains(c)
}

/// Adds the stem with its last consonant softened before a vowel.
pub(super) fn stems(word: &[char], stems: &mut Vec<Stem>) {
    let Some((last, body)) = word.split_last() else { return };
    let soft = match last {
        'k' if body.last() == Some(&'n') => 'g',
        'k' => 'ğ',
        'p' => 'b',
        't' => 'd',
        'ç' => 'c',
        _ => return,
    };
    let vowels = word.iter().filter(|c| is_vowel(**c)).count();
    if vowels > 1 && word.len() > 3 {
        let letters = body.iter().copied().chain([soft]).collect();
        stems.push(Stem { letters, kind: Kind::Softened });
    }
}

/// Where in a chain of suffixes a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The name itself, that ends in a vowel, a consonant, or what may be spoken as either.
    Name,
    /// A name that is a common word too, or little more than one, with which anything but a case makes another: `tatlı`.
    Common,
    /// A possessive compound, `Bankası`: cases come with an n.
    Owned,
    Plural,
    /// With, without: `Turkcelli`.
    With,
    /// In, of: what `-ki` may follow.
    Place,
    /// Any other case.
    Case,
    /// `-ki`: the one that is there.
    There,
    /// It is, was, is said to be.
    Copula,
    /// Nothing follows.
    End,
}

/// Whether what comes before a suffix ends in a vowel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Vowel,
    Consonant,
    Either,
}

/// Ends of French names whose last consonants are not spoken: Renaultya.
const SILENT: [&[char]; 5] =
    [&['a', 'u', 'l', 't'], &['e', 'o', 't'], &['a', 'u', 'x'], &['o', 'i', 's'], &['a', 'i', 's']];

/// Tells whether a Turkish word may go on with `rest` behind this stem.
pub(super) fn goes_on(stem: &Stem, rest: &str, about: Word) -> bool {
    if rest.len() > LONGEST || !matches!(stem.kind, Kind::Base | Kind::Softened) {
        return false;
    }
    let Some(last) = stem.letters.last().copied() else { return false };
    // Where the language is only guessed, a short name with a short ending is another word: Sparta.
    if !about.is_sure && stem.letters.len() < 5 && rest.len() < 3 {
        return false;
    }
    let ends_in_vowel = is_vowel(last);
    // Acronyms and numbers are spoken as nobody writes them; an e at the end of a foreign name is
    // often mute.
    let is_mute = SILENT.iter().any(|end| stem.letters.ends_with(end));
    let before = if about.is_acronym
        || is_mute
        || !last.is_alphabetic()
        || matches!(last, 'e' | 'y' | 'w')
    {
        Before::Either
    } else if ends_in_vowel {
        Before::Vowel
    } else {
        Before::Consonant
    };
    let is_soft = stem.kind == Kind::Softened;
    if is_soft && !rest.starts_with(is_vowel) {
        return false;
    }
    let is_owned = matches!(last, 'i' | 'ı' | 'u' | 'ü')
        && (about.is_phrase || stem.letters.len() >= 8)
        && stem.letters.iter().rev().nth(1).is_some_and(|c| !is_vowel(*c));
    // An acronym in small letters is too little for more than a case.
    let is_little = about.is_common || (about.is_acronym && !about.is_shouted);
    let start = if is_little { State::Common } else { State::Name };
    let is_long = stem.letters.len() > 6;
    let left = Tail { before, rest, is_long };
    let owned = Tail { before: Before::Vowel, ..left };
    harmonises(stem, rest, about)
        && (chain(start, left) || (is_owned && chain(State::Owned, owned)))
}

/// Tells whether the open vowels of a chain are all of one sort, and of that of one of the last two
/// vowels of the name (the last may be mute: `Vodafonedan`). `i` may be the `ı` of either.
fn harmonises(stem: &Stem, rest: &str, about: Word) -> bool {
    let mut open = rest.chars().filter(|c| matches!(c, 'a' | 'e'));
    let Some(first) = open.next() else { return true };
    // What is spoken behind a -ki goes its own way: its i is always a front vowel.
    let same = rest.contains("ki") || open.all(|c| c == first);
    let vowels: Vec<char> =
        stem.letters.iter().rev().copied().filter(|c| is_vowel(*c)).take(2).collect();
    let is_front = first == 'e';
    let agrees = vowels.is_empty()
        || about.is_acronym
        || vowels.iter().any(|c| match c {
            'a' | 'o' | 'u' | 'ı' | 'â' | 'û' => !is_front,
            'e' | 'ö' | 'ü' => is_front,
            _ => true,
        });
    same && agrees
}

/// What is left of a word, and what it stands behind.
#[derive(Clone, Copy)]
struct Tail<'r> {
    before: Before,
    rest: &'r str,
    /// The name is long enough to have the endings of whose it is.
    is_long: bool,
}

impl Tail<'_> {
    /// Tells whether it begins with one of these suffixes, and goes on from `state`.
    fn next(self, suffixes: &[&str], state: State) -> bool {
        suffixes.iter().any(|suffix| {
            self.rest.strip_prefix(suffix).is_some_and(|rest| {
                let ends_in_vowel = suffix.ends_with(is_vowel);
                let before = if ends_in_vowel { Before::Vowel } else { Before::Consonant };
                chain(state, Tail { before, rest, ..self })
            })
        })
    }

    fn after_vowel(self, suffixes: &[&str], state: State) -> bool {
        self.before != Before::Consonant && self.next(suffixes, state)
    }

    fn after_consonant(self, suffixes: &[&str], state: State) -> bool {
        self.before != Before::Vowel && self.next(suffixes, state)
    }

    /// It is, was, is said to be; is it?
    fn copula(self) -> bool {
        self.after_vowel(&["ydi", "ydu", "ymis", "ymus", "ysa", "yse", "yken"], State::Copula)
            || self.after_consonant(
                &["di", "du", "ti", "tu", "mis", "mus", "sa", "se", "ken"],
                State::Copula,
            )
            || self.next(&["dir", "dur", "tir", "tur"], State::Copula)
            || self.next(&["mi", "mu"], State::End)
    }

    fn cases(self) -> bool {
        self.after_vowel(&["ya", "ye", "yi", "yu", "yla", "yle"], State::Case)
            || self.after_vowel(&["nin", "nun"], State::Place)
            || self.after_consonant(&["a", "e", "i", "u", "la", "le"], State::Case)
            || self.after_consonant(&["in", "un"], State::Place)
            || self.next(&["da", "de", "ta", "te"], State::Place)
            || self.next(&["dan", "den", "tan", "ten"], State::Case)
    }

    /// The cases behind whose it is, and behind -ki.
    fn cases_with_n(self) -> bool {
        self.next(&["na", "ne", "ni", "nu", "ndan", "nden", "yla", "yle"], State::Case)
            || self.next(&["nda", "nde", "nin", "nun"], State::Place)
    }

    /// My account there: Instagram'ım.
    fn mine(self) -> bool {
        self.is_long
            && (self.after_vowel(&["m", "miz", "muz"], State::Plural)
                || self.after_consonant(&["im", "um", "imiz", "umuz"], State::Plural))
    }
}

/// Tells whether `rest` is a chain of suffixes from here to the end of the word.
fn chain(state: State, rest: Tail<'_>) -> bool {
    if rest.rest.is_empty() {
        return true;
    }
    match state {
        State::Name => {
            rest.next(&["lar", "ler"], State::Plural)
                || rest.next(&["li", "lu", "siz", "suz"], State::With)
                || rest.mine()
                || rest.cases()
                || rest.copula()
        }
        State::Common => rest.cases(),
        State::Owned => rest.cases_with_n(),
        State::Plural => rest.cases() || rest.copula(),
        State::With => rest.next(&["lar", "ler"], State::Plural) || rest.cases() || rest.copula(),
        State::Place => rest.next(&["ki"], State::There) || rest.copula(),
        State::Case => rest.copula() || rest.next(&["ki"], State::End),
        State::There => {
            rest.next(&["lar", "ler"], State::Plural)
                || rest.cases_with_n()
                || rest.cases()
                || rest.copula()
        }
        State::Copula => {
            rest.next(&["m", "k", "n", "niz", "nuz", "lar", "ler", "ki"], State::End)
                || rest.next(&["ydi", "ydu", "ymis"], State::End)
        }
        State::End => false,
    }
}
