//! Letter by letter: where a text may differ from a name, and still means it.

use crate::matching::letter::{Letter, base, class, looks_like};

/// How far a text was from the letters of a name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Distance {
    /// Digits for letters: `V0dafone`.
    digits: usize,
    /// Letters of another script: a Cyrillic `а`.
    foreign: usize,
    /// `I` for `l`, or `l` for `I`.
    shapes: usize,
    /// `I` for `İ`.
    dotless: usize,
    /// Letters without the marks that the name has.
    bare: usize,
}

/// Answers whether a text is Turkish, in which marks may be left out or added; asked only where one is.
pub(super) trait Turkish {
    fn is_turkish(&self) -> bool;
}

/// How a text is written.
#[derive(Clone, Copy)]
pub(super) struct Writing<'a> {
    pub(super) is_turkish: &'a dyn Turkish,
    /// The name has digits of its own.
    pub(super) has_digits: bool,
}

/// Names of fewer letters are not recognised with digits for letters.
const FEWEST_FOR_DIGITS: usize = 4;

/// Compares the letters of a name with those of a text from `at` on. `name` are the letters as the name
/// has them, of which the first may be known with their own dots. Returns where it ends.
pub(super) fn compare(
    wanted: &[char],
    name: &[Letter],
    text: &[Letter],
    at: usize,
    writing: &Writing<'_>,
    distance: &mut Distance,
) -> Option<usize> {
    for (number, wanted) in wanted.iter().enumerate() {
        let letter = text.get(at + number)?;
        let own = name.get(number).filter(|own| own.full == *wanted);
        if !is_meant(*wanted, own, letter, writing, distance, number == 0) {
            return None;
        }
    }
    Some(at + wanted.len())
}

fn is_meant(
    wanted: char,
    own: Option<&Letter>,
    letter: &Letter,
    writing: &Writing<'_>,
    distance: &mut Distance,
    is_first: bool,
) -> bool {
    if letter.full == wanted {
        // algıda is no Algida; but ınstagram is what a Turkish telephone makes of Instagram.
        let is_other = own.is_some_and(|own| match own.raw {
            'i' => letter.raw == 'ı' && !is_first,
            'İ' => letter.raw == 'ı',
            _ => false,
        });
        if own.is_some_and(|own| own.raw == 'İ') && letter.raw == 'I' {
            distance.dotless += 1;
        }
        return !is_other;
    }
    let (plain, seen) = (base(wanted), base(letter.full));
    if plain == seen {
        if letter.full == seen {
            distance.bare += 1;
            return true;
        }
        if looks_like(letter.full).is_some() && wanted.is_ascii() {
            distance.foreign += 1;
            return true;
        }
        let is_turkish_mark = matches!(letter.full, 'ü' | 'ö' | 'ş' | 'ç' | 'ğ' | 'â' | 'î' | 'û');
        return is_turkish_mark && wanted == plain && writing.is_turkish.is_turkish();
    }
    if letter.full.is_ascii_digit() && wanted.is_alphabetic() && !writing.has_digits {
        distance.digits += 1;
        return class(letter.full) == class(plain);
    }
    if (wanted == 'l' && letter.raw == 'I') || (wanted == 'i' && letter.raw == 'l') {
        distance.shapes += 1;
        return true;
    }
    false
}

impl Distance {
    /// Tells whether an `I` stands for an `İ`: ASKIDA is no ASKİ, but BIM'de may be what somebody writes
    /// who has no such key.
    pub(super) fn is_dotless(&self) -> bool {
        self.dotless > 0 && self.bare == 0
    }

    /// Tells whether marks of the name are left out.
    pub(super) fn is_bare(&self) -> bool {
        self.bare > 0
    }

    /// Tells whether what was found can be meant. `found` are the letters of the name alone;
    /// `is_among_latin` tells whether the text around is in Latin script.
    pub(super) fn is_near(&self, found: &[Letter], is_among_latin: impl Fn() -> bool) -> bool {
        let letters = found.iter().filter(|letter| letter.full.is_alphabetic());
        let is_long = found.len() >= FEWEST_FOR_DIGITS;
        if self.digits > 0 && (!is_long || self.digits * 3 > found.len()) {
            return false;
        }
        if self.shapes > 0 {
            let lower = letters
                .clone()
                .filter(|letter| letter.raw.is_lowercase() && letter.raw != 'l')
                .count();
            let upper =
                letters.clone().filter(|letter| letter.is_upper() && letter.raw != 'I').count();
            let has_capital_i = letters.clone().any(|letter| letter.raw == 'I');
            // AppIe, lKEA: one sort of letters, and the odd one of the other.
            let is_odd = if has_capital_i { lower >= 2 } else { upper >= 2 && lower == 0 };
            if !is_long || self.shapes > 2 || !is_odd {
                return false;
            }
        }
        if self.foreign > 0 {
            let is_mixed = letters.clone().any(|letter| letter.full.is_ascii());
            return is_mixed || (is_long && is_among_latin());
        }
        true
    }
}
