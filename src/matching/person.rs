//! People's names, for whoever must find every form of them. Unlike names of brands, of which a wrong
//! match is worst, of these a missed one is.

use super::inflect::{Languages, Stem, Word, ends_with, stems};
use super::letter::{base, comparable};

/// Returns a text as names are compared: in small letters, without marks (people leave them out) and
/// without what cannot be seen.
pub fn plain(text: &str) -> String {
    let plain = |c: char| Some(base(c)).filter(char::is_ascii).unwrap_or(c);
    comparable(text).chars().map(plain).collect()
}

/// One word of a person's name, with its forms in all languages of which they are known.
#[derive(Debug, Clone)]
pub struct Forms(Vec<Stem>);

impl Forms {
    /// Returns the forms of one word of a name.
    pub fn of(name: &str) -> Self {
        let letters: Vec<char> = comparable(name).chars().collect();
        Self(stems(&letters, Word::default(), Languages::ALL))
    }

    /// Tells whether a word, written as [`plain`] does it, is one of them.
    pub fn has(&self, word: &str) -> bool {
        let about = Word { is_sure: true, ..Word::default() };
        self.0.iter().any(|stem| {
            let letters: String = stem.letters.iter().collect();
            let rest = word.strip_prefix(&plain(&letters));
            rest.is_some_and(|rest| ends_with(stem, rest, about, Languages::ALL))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_name_are_found_without_marks_and_capitals() {
        for (name, forms) in [
            ("Maija", &["maija", "maijalle", "MAIJAN", "maijaa", "maijallekin"][..]),
            ("Matti", &["Matille", "matin", "mattia"]),
            ("Virtanen", &["virtaselle", "virtasen", "virtasta"]),
            ("Mäki", &["mäen", "maelle", "mäkeä"]),
            ("Ayşe", &["ayse", "ayşeye", "AYŞEDEN"]),
            ("Mehmet", &["mehmete", "mehmetin"]),
            ("Smith", &["smiths", "SMITH"]),
        ] {
            let known = Forms::of(name);
            for form in forms {
                assert!(known.has(&plain(form)), "{form}");
            }
        }
        for (name, word) in [("Kai", "kaikki"), ("Ann", "annual"), ("Ali", "alias")] {
            assert!(!Forms::of(name).has(word), "{word}");
        }
        assert_eq!(plain("MA\u{200b}I\u{308}JÄ 김"), "maija 김");
    }
}
