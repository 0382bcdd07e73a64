//! The smallest things that are looked for in a text: a word, a phrase, a handle, a hashtag; and where
//! a word begins and ends.

use super::fold::Folded;
use std::collections::HashMap;
use unicode_normalization::char::is_combining_mark;

/// The most characters that may stand between two words of a phrase.
const MOST_BETWEEN: usize = 16;
/// How many combining marks are looked through for the letter that they belong to.
const MOST_MARKS: usize = 32;

/// Words in a row, folded. A single one may hold any signs, and begins with `@` or `#` where it is a
/// handle or hashtag.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Atom {
    first: String,
    others: Vec<String>,
}

impl Atom {
    /// One word, signs included.
    pub(super) fn word(written: &str) -> Option<Self> {
        let first = Folded::new(written).text().trim().to_owned();
        Some(Self { first, others: Vec::new() }).filter(|atom| !atom.first.is_empty())
    }

    /// Words with blanks or dashes between.
    pub(super) fn phrase(written: &str) -> Option<Self> {
        let folded = Folded::new(written);
        let mut words = folded.text().split(is_between).filter(|word| !word.is_empty());
        let first = words.next()?.to_owned();
        Some(Self { first, others: words.map(str::to_owned).collect() })
    }

    /// What to look for: where it stands, [`Atom::end`] says whether the rest fits.
    pub(super) fn first(&self) -> &str {
        &self.first
    }

    /// Returns where the atom ends in `text`, if it stands at byte `start`, at which its first word
    /// was found.
    pub(super) fn end(&self, text: &str, start: usize) -> Option<usize> {
        let (before, from) = text.split_at_checked(start)?;
        if !begins_well(before) {
            return None;
        }
        let mut after = from.strip_prefix(&*self.first)?;
        for word in &self.others {
            after = skip_between(after)?.strip_prefix(&**word)?;
        }
        // A handle goes on after an underscore; a plain word does not: _Acme_ is emphasis.
        let is_handle = self.first.starts_with(SIGNS) || before.ends_with(SIGNS);
        let goes_on = is_handle && after.starts_with('_');
        (ends_well(after) && !goes_on).then(|| text.len() - after.len())
    }

    /// Finds all places in `text`, as byte ranges, by looking for this atom alone.
    pub(super) fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        let mut from = 0;
        while let Some(found) = text.get(from..).and_then(|rest| rest.find(&*self.first)) {
            let start = from + found;
            places.extend(self.end(text, start).map(|end| (start, end)));
            from = start + self.first.chars().next().map_or(1, char::len_utf8);
        }
        places
    }
}

/// What makes a word a handle or a hashtag.
const SIGNS: [char; 2] = ['@', '#'];

/// Tells whether a word may begin after `before`: not in the middle of another.
fn begins_well(before: &str) -> bool {
    let letter = before.chars().rev().take(MOST_MARKS).find(|c| !is_combining_mark(*c));
    !letter.is_some_and(char::is_alphanumeric)
}

/// Tells whether a word may end before `after`: the one place where endings are accepted.
fn ends_well(after: &str) -> bool {
    !after.chars().next().is_some_and(|c| c.is_alphanumeric() || is_combining_mark(c))
}

/// Tells whether a character may stand between the words of a phrase.
fn is_between(c: char) -> bool {
    c.is_whitespace() || c == '-'
}

/// Skips what stands between two words of a phrase: something, but no paragraph's end.
fn skip_between(text: &str) -> Option<&str> {
    let after = text.trim_start_matches(is_between);
    let (between, _) = text.split_at(text.len() - after.len());
    let is_short =
        !between.is_empty() && between.chars().take(MOST_BETWEEN + 1).count() <= MOST_BETWEEN;
    (is_short && between.matches('\n').count() <= 1).then_some(after)
}

/// Distinct atoms, numbered.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    list: Vec<Atom>,
    numbers: HashMap<Atom, usize>,
}

impl Atoms {
    /// Returns the number of `atom`, a new one where it is new.
    pub(super) fn number(&mut self, atom: Atom) -> usize {
        *self.numbers.entry(atom).or_insert_with_key(|atom| {
            self.list.push(atom.clone());
            self.list.len() - 1
        })
    }

    pub(super) fn list(&self) -> &[Atom] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lists what is found of an atom, by what stands there in the folded text.
    #[track_caller]
    fn check(atom: Option<Atom>, text: &str, expected: &[&str]) {
        let folded = Folded::new(text);
        let atom = atom.unwrap();
        let places = atom.places(folded.text());
        let seen: Vec<_> =
            places.into_iter().map(|(start, end)| folded.text().get(start..end).unwrap()).collect();
        assert_eq!(seen, expected, "{text:?}");
    }

    #[test]
    fn a_word_stands_between_what_is_no_letter_or_digit() {
        for text in [
            "Acme",
            "acme!",
            "(ACME)",
            "Acme's",
            "Acme’n",
            "Acme:n",
            "Acme-puhelin",
            "x_Acme_",
            "„Acme“",
            "🍎Acme🍎",
            "Acme™",
        ] {
            check(Atom::word("Acme"), text, &["acme"]);
        }
        for text in [
            "Acmella",
            "Acme2",
            "2Acme",
            "Placme",
            "Acmé",
            "Acme\u{327}",
            "e\u{327}Acme",
            "Ac me",
            "Acmeä",
        ] {
            check(Atom::word("Acme"), text, &[]);
        }
    }

    #[test]
    fn a_plain_word_matches_in_a_handle_or_hashtag_of_just_that() {
        check(Atom::word("Acme"), "@acme #Acme @acme_fan #acmefail @acme: #acme.", &["acme"; 4]);
    }

    #[test]
    fn a_handle_matches_only_with_its_sign() {
        check(
            Atom::word("@acme"),
            "acme #acme @Acme! @acmes @acme_fan me@acme.example ＠acme",
            &["@acme"; 2],
        );
        check(Atom::word("#acme"), "acme @acme #ACME #acme_fail", &["#acme"]);
    }

    #[test]
    fn words_of_a_phrase_stand_close_together() {
        for text in [
            "Acme Pay",
            "acme  pay",
            "acme-pay",
            "Acme\nPay",
            "Acme - Pay",
            "Acme\u{a0}Pay",
            "Acme –\n  Pay!",
        ] {
            assert_eq!(
                Atom::phrase("Acme Pay").unwrap().places(Folded::new(text).text()).len(),
                1,
                "{text:?}"
            );
        }
        for text in [
            "AcmePay",
            "Acme, Pay",
            "Acme. Pay",
            "Acme\n\nPay",
            "Acme the Pay",
            "Acme Payment",
            "Pay Acme",
            "Acme",
        ] {
            check(Atom::phrase("Acme Pay"), text, &[]);
        }
        let far = format!("Acme{}Pay", " ".repeat(MOST_BETWEEN + 1));
        check(Atom::phrase("Acme Pay"), &far, &[]);
    }

    #[test]
    fn places_may_overlap() {
        check(Atom::phrase("a a"), "a a a", &["a a", "a a"]);
        check(Atom::word("ä"), "ä ä", &["ä", "ä"]);
    }

    #[test]
    fn signs_within_a_word_count() {
        check(Atom::word("AT&T"), "at&t AT & T", &["at&t"]);
        check(Atom::word("C++"), "c++, c+", &["c++"]);
    }

    #[test]
    fn what_folds_to_nothing_is_nothing_to_look_for() {
        assert_eq!(Atom::word("\u{200b}"), None);
        assert_eq!(Atom::phrase(" - "), None);
    }
}
