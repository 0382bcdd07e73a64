//! Finnish names: their stems and endings (after the paradigms of Iso suomen kielioppi, §§ 40–85, as
//! names follow them: <https://kaino.kotus.fi/visk>). Consonants alternate where names take it
//! (`pankki`, `pankin`), a name that ends in a consonant takes an `i` (`Fazer`, `Fazerin`).

use super::{Kind, Stem, Word, tails};

/// Nouns that end in `i` and have `e` inside (`lehti`, `lehden`), as parts of names; each with its
/// weak and strong stem.
const E_NOUNS: [(&str, &str, &str); 36] = [
    ("tammi", "tamme", "tamme"),
    ("lumi", "lume", "lume"),
    ("hetki", "hetke", "hetke"),
    ("henki", "henge", "henke"),
    ("helmi", "helme", "helme"),
    ("ääni", "ääne", "ääne"),
    ("puoli", "puole", "puole"),
    ("suuri", "suure", "suure"),
    ("nuori", "nuore", "nuore"),
    ("pieni", "piene", "piene"),
    ("suomi", "suome", "suome"),
    ("lehti", "lehde", "lehte"),
    ("tähti", "tähde", "tähte"),
    ("lahti", "lahde", "lahte"),
    ("järvi", "järve", "järve"),
    ("niemi", "nieme", "nieme"),
    ("saari", "saare", "saare"),
    ("lampi", "lamme", "lampe"),
    ("koski", "koske", "koske"),
    ("salmi", "salme", "salme"),
    ("vuori", "vuore", "vuore"),
    ("kivi", "kive", "kive"),
    ("joki", "joe", "joke"),
    ("mäki", "mäe", "mäke"),
    ("tuuli", "tuule", "tuule"),
    ("meri", "mere", "mere"),
    ("nimi", "nime", "nime"),
    ("pilvi", "pilve", "pilve"),
    ("talvi", "talve", "talve"),
    ("hirvi", "hirve", "hirve"),
    ("ovi", "ove", "ove"),
    ("jälki", "jälje", "jälke"),
    ("kieli", "kiele", "kiele"),
    ("uusi", "uude", "uute"),
    ("vesi", "vede", "vete"),
    ("kuusi", "kuuse", "kuuse"),
];

/// Adjectives that stand before a noun in names and are inflected with it, beside those in `nen`.
const ADJECTIVES: [&str; 16] = [
    "uusi", "iso", "vanha", "suuri", "vihreä", "musta", "hyvä", "oma", "vapaa", "vahva", "nuori",
    "aito", "hieno", "kaunis", "terve", "elävä",
];

/// The weak grades of final consonants, longest first. `k` alone is left: names keep it (`Alko`).
const GRADES: [(&str, &str); 11] = [
    ("kk", "k"),
    ("pp", "p"),
    ("tt", "t"),
    ("nk", "ng"),
    ("nt", "nn"),
    ("lt", "ll"),
    ("rt", "rr"),
    ("mp", "mm"),
    ("ht", "hd"),
    ("t", "d"),
    ("p", "v"),
];

fn is_vowel(c: char) -> bool {
    "aeiouyåäöéáíóúü".contains(c)
}

/// Tells whether the first word of a name is inflected with the last.
pub(super) fn agrees(word: &[char]) -> bool {
    let text: String = word.iter().collect();
    text.ends_with("nen") || ADJECTIVES.contains(&&*text)
}

/// Adds the stems of a word.
pub(super) fn stems(word: &[char], about: Word, stems: &mut Vec<Stem>) {
    // The plurals of short names in e are other words: yleistä.
    let is_short = word.len() < 5 && word.last() == Some(&'e');
    let has_plural = !about.is_phrase && !is_short;
    let mut paradigm = Paradigm { stems, has_plural };
    let Some((last, body)) = word.split_last() else { return };
    if ends(word, "nen") && word.len() > 4 {
        paradigm.nen(word);
    } else if is_vowel(*last) {
        paradigm.vowel(word, *last, body);
    } else {
        paradigm.consonant(word, *last, body);
    }
}

struct Paradigm<'a> {
    stems: &'a mut Vec<Stem>,
    has_plural: bool,
}

impl Paradigm<'_> {
    fn add(&mut self, stem: &[char], ending: &str, kinds: &[Kind]) {
        let letters: Vec<char> = stem.iter().copied().chain(ending.chars()).collect();
        self.stems.extend(kinds.iter().map(|kind| Stem { letters: letters.clone(), kind: *kind }));
    }

    /// `Mehiläinen`: `Mehiläisen`, `Mehiläistä`, `Mehiläisiä`.
    fn nen(&mut self, word: &[char]) {
        let stem = word.get(..word.len() - 3).unwrap_or_default();
        self.add(stem, "se", &[Kind::Weak, Kind::Strong]);
        self.add(stem, "s", &[Kind::Consonant]);
        if self.has_plural {
            self.add(stem, "si", &[Kind::PluralI]);
        }
    }

    fn vowel(&mut self, word: &[char], last: char, body: &[char]) {
        self.add(word, "", &[Kind::Weak, Kind::Strong]);
        for weak in weakened(word) {
            self.add(&weak, "", &[Kind::Weak]);
        }
        if last == 'e' {
            self.add(word, "e", &[Kind::Weak, Kind::Strong]);
            // The other way round: liike, liikkeen; viihde, viihteen.
            for strong in strengthened(word) {
                self.add(&strong, "e", &[Kind::Weak, Kind::Strong]);
            }
        }
        if last == 'i' {
            for (noun, weak, strong) in E_NOUNS {
                if ends(word, noun) {
                    let stem = word.get(..word.len() - noun.chars().count()).unwrap_or_default();
                    self.add(stem, weak, &[Kind::Weak]);
                    self.add(stem, strong, &[Kind::Strong]);
                    // Saarta, tuulta, ääntä.
                    if ["li", "ri", "ni"].iter().any(|end| noun.ends_with(end)) {
                        self.add(body, "", &[Kind::Consonant]);
                    }
                }
            }
        }
        if ["uusi", "vesi"].iter().any(|noun| ends(word, noun)) {
            let stem = word.get(..word.len() - 2).unwrap_or_default();
            self.add(stem, "t", &[Kind::Consonant]);
        }
        if self.has_plural {
            self.plural(word, last);
        }
    }

    /// `Nokioita`, `Keskoja`, `Fazereita`, `Nesteitä`.
    fn plural(&mut self, word: &[char], last: char) {
        let mut grades = weakened(word);
        grades.push(word.to_vec());
        for grade in grades {
            let Some((_, body)) = grade.split_last() else { continue };
            match last {
                'a' => {
                    self.add(body, "oi", &[Kind::PluralI]);
                    self.add(body, "oj", &[Kind::PluralJ]);
                    self.add(body, "i", &[Kind::PluralI]);
                }
                'ä' => {
                    self.add(body, "öi", &[Kind::PluralI]);
                    self.add(body, "öj", &[Kind::PluralJ]);
                    self.add(body, "i", &[Kind::PluralI]);
                }
                'i' => {
                    self.add(body, "ei", &[Kind::PluralI]);
                    self.add(body, "ej", &[Kind::PluralJ]);
                    self.add(body, "i", &[Kind::PluralJ]);
                }
                'e' => {
                    self.add(body, "ei", &[Kind::PluralI]);
                    self.add(body, "ej", &[Kind::PluralJ]);
                }
                _ => {
                    self.add(&grade, "i", &[Kind::PluralI]);
                    self.add(&grade, "j", &[Kind::PluralJ]);
                }
            }
        }
    }

    fn consonant(&mut self, word: &[char], last: char, body: &[char]) {
        let mut linked = word.to_vec();
        linked.push('i');
        self.add(&linked, "", &[Kind::Weak, Kind::Strong]);
        if self.has_plural {
            self.add(word, "ei", &[Kind::PluralI]);
            self.add(word, "ej", &[Kind::PluralJ]);
            self.add(word, "i", &[Kind::PluralJ]);
        }
        match last {
            's' => self.sibilant(word, body),
            // Puhelin, puhelimen; Helen takes an i.
            'n' if ends(word, "in") && word.len() >= 6 => {
                self.add(body, "me", &[Kind::Weak, Kind::Strong]);
                self.add(word, "", &[Kind::Consonant]);
            }
            't' if body.last().is_some_and(|c| is_vowel(*c)) && word.len() >= 5 => {
                self.plural_name(body);
            }
            _ => {}
        }
    }

    /// `Sokoksen`, `Sokosta`; `Taivaan`; `Terveyden`.
    fn sibilant(&mut self, word: &[char], body: &[char]) {
        let Some(vowel) = body.last().copied().filter(|c| is_vowel(*c)) else { return };
        self.add(body, "kse", &[Kind::Weak, Kind::Strong]);
        self.add(body, "ksi", &[Kind::PluralI]);
        self.add(word, "", &[Kind::Consonant]);
        if matches!(vowel, 'a' | 'ä' | 'i') && word.len() >= 5 {
            let mut long = body.to_vec();
            long.push(vowel);
            self.add(&long, "", &[Kind::Weak, Kind::Strong]);
        }
        if ["uus", "yys", "eys"].iter().any(|end| ends(word, end)) {
            self.add(body, "de", &[Kind::Weak]);
            self.add(body, "te", &[Kind::Strong]);
            self.add(body, "t", &[Kind::Consonant]);
        }
    }

    /// A name that is a plural: `Sanomat`, `Sanomien`, `Sanomista`; `Renkaat`, `Renkaiden`.
    fn plural_name(&mut self, stem: &[char]) {
        let Some((_, body)) = stem.split_last() else { return };
        let mut grades = strengthened(stem);
        grades.push(stem.to_vec());
        self.add(stem, "t", &[Kind::PluralBase]);
        for grade in grades {
            let Some((last, body)) = grade.split_last() else { continue };
            self.add(body, "i", &[Kind::PluralI]);
            self.add(body, "oi", &[Kind::PluralI]);
            self.add(body, "oj", &[Kind::PluralJ]);
            if !matches!(last, 'a' | 'ä' | 'e') {
                self.add(&grade, "i", &[Kind::PluralI]);
                self.add(&grade, "j", &[Kind::PluralJ]);
            }
        }
        self.add(body, "i", &[Kind::PluralI]);
    }
}

fn ends(word: &[char], ending: &str) -> bool {
    word.iter().rev().copied().zip(ending.chars().rev()).filter(|(one, other)| one == other).count()
        == ending.chars().count()
}

/// Returns the word with its last consonants in the weak grade.
fn weakened(word: &[char]) -> Vec<Vec<char>> {
    regraded(word, GRADES.iter().map(|(strong, weak)| (*strong, *weak)))
}

/// Returns the word with its last consonants in the strong grade, in each way that there is.
fn strengthened(word: &[char]) -> Vec<Vec<char>> {
    let mut all = Vec::new();
    for (strong, weak) in GRADES {
        all.extend(regraded(word, std::iter::once((weak, strong))));
    }
    all
}

/// Replaces the consonants before the last vowel by the first pair that fits.
fn regraded<'g>(word: &[char], grades: impl Iterator<Item = (&'g str, &'g str)>) -> Vec<Vec<char>> {
    let Some((vowel, body)) = word.split_last() else { return Vec::new() };
    for (from, to) in grades {
        if !ends(body, from) {
            continue;
        }
        let stem = body.get(..body.len() - from.chars().count()).unwrap_or_default();
        // A single consonant alternates only behind a vowel or what sounds like one; not st, tk.
        let follows =
            stem.last().is_some_and(|c| is_vowel(*c) || (from == "p" && "lr".contains(*c)));
        if stem.is_empty() || (from.chars().count() == 1 && !follows) {
            return Vec::new();
        }
        return vec![stem.iter().copied().chain(to.chars()).chain([*vowel]).collect()];
    }
    Vec::new()
}

/// Particles that end a word, one or two of them; also as they are spoken.
const CLITICS: [&str; 26] = [
    "", "kin", "ki", "kaan", "kaa", "ko", "kos", "kohan", "kokaan", "kokin", "han", "pa", "pas",
    "pahan", "kinko", "kinhan", "kinkos", "kinpa", "kaanko", "kaanhan", "kaanpa", "kihan", "hanko",
    "kopa", "pako", "kaako",
];
/// Whose it is.
const OWNERS: [&str; 6] = ["", "ni", "si", "nsa", "mme", "nne"];

/// Tells whether a Finnish word may go on with `rest` behind this stem.
pub(super) fn goes_on(stem: &Stem, rest: &str, about: Word) -> bool {
    CLITICS
        .iter()
        .any(|clitic| rest.strip_suffix(clitic).is_some_and(|rest| case(stem, rest, about)))
}

/// Tells whether `rest` is an ending of a case, with whose it is.
fn case(stem: &Stem, rest: &str, about: Word) -> bool {
    let last = stem.letters.last().copied().map_or(' ', super::super::letter::base);
    let owned = |cases: &[&str], rest: &str| {
        cases.iter().any(|case| {
            rest.strip_prefix(case).is_some_and(|owner| {
                OWNERS.contains(&owner) || (case.ends_with('a') && owner == "an")
            })
        })
    };
    let translative = |rest: &str| {
        rest == "ksi"
            || rest.strip_prefix("kse").is_some_and(|owner| {
                owner == "en" || (OWNERS.contains(&owner) && !owner.is_empty())
            })
    };
    let weak = |rest: &str| {
        matches!(rest, "n" | "st" | "lt")
            // Several of one brand; of a name of several words it is something else.
            || (rest == "t" && !about.is_phrase)
            || owned(&["ssa", "sta", "lla", "lta", "lle", "tta"], rest)
            || translative(rest)
    };
    match stem.kind {
        Kind::Base if rest.is_empty() => true,
        Kind::Base => {
            // Mine, ours: only of what has a vowel to lean on.
            (is_vowel(stem.letters.last().copied().unwrap_or(' '))
                && OWNERS.contains(&rest)
                && !about.is_small
                && stem.letters.len() > 3)
                || (!about.is_common && tails::is_genitive_compound(rest))
                || (about.is_shouted && follows_colon(rest))
        }
        Kind::Weak => weak(rest) || (stem.letters.len() > 3 && matches!(rest, "s" | "l")),
        Kind::Strong => {
            owned(&["a", "na"], rest)
                || (stem.letters.len() > 4 && !rest.is_empty() && OWNERS.contains(&rest))
                || (ends_in_two_vowels(&stem.letters) && owned(&["ta"], rest))
                || (last == 'e' && owned(&["tta"], rest))
                || illative(last, rest)
                || (stem.letters.len() > 3 && rest.chars().eq([last]) && "iu".contains(last))
        }
        Kind::Consonant => rest == "ten" || owned(&["ta"], rest),
        Kind::PluralI => {
            weak(rest) && !matches!(rest, "t" | "n" | "st" | "lt")
                || owned(&["ta", "na", "a"], rest)
                || matches!(rest, "en" | "den" | "tten" | "hin" | "siin" | "in" | "neen")
        }
        Kind::PluralJ => matches!(rest, "en" | "a" | "aan" | "ihin") || owned(&["a"], rest),
        Kind::PluralBase => rest.is_empty(),
        Kind::Softened | Kind::Adjective => false,
    }
}

fn ends_in_two_vowels(letters: &[char]) -> bool {
    matches!(letters, [.., one, other] if is_vowel(*one) && is_vowel(*other))
}

/// Into it: `Nokiaan`, `DNA:han`, `Nesteeseen`, `eBayhin`; with whose it is, `Nokiaansa`. Of names in e
/// that would be another word: yleensä.
fn illative(last: char, rest: &str) -> bool {
    let spoken = if last == 'y' { 'i' } else { last };
    let endings = [format!("{last}n"), format!("h{spoken}n"), "seen".to_owned()];
    endings.iter().any(|ending| {
        let owner = ending.strip_suffix('n').and_then(|ending| rest.strip_prefix(ending));
        let is_owned = last != 'e' && matches!(owner, Some("nsa" | "mme" | "nne"));
        rest == ending || is_owned
    })
}

/// Tells whether an ending may follow a colon: that of an acronym as it is spoken (`VR:ään`, `HSL:llä`,
/// `S:ien`).
pub(super) fn follows_colon(rest: &str) -> bool {
    CLITICS.iter().any(|clitic| {
        rest.strip_suffix(clitic).is_some_and(|rest| {
            ["", "i", "e", "ei", "a", "o"].iter().any(|link| {
                rest.strip_prefix(link).is_some_and(|rest| {
                    let stem =
                        |kind| Stem { letters: link.chars().chain(['x']).take(1).collect(), kind };
                    let about = Word { is_common: true, ..Word::default() };
                    case(&stem(Kind::Weak), rest, about)
                        || case(&stem(Kind::Strong), rest, about)
                        || case(&stem(Kind::PluralI), rest, about)
                        || spoken_illative(rest)
                })
            })
        })
    })
}

/// `VR:ään`, `SAK:hon`: a vowel that the acronym is spoken with.
fn spoken_illative(rest: &str) -> bool {
    let Some(rest) = rest.strip_suffix('n') else { return false };
    let mut chars = rest.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some(one), Some(other), None) => is_vowel(other) && (one == other || one == 'h'),
        _ => false,
    }
}
