//! The languages that the table does not tell apart, left to whatlang: weak on short texts, so that it
//! is asked only where the table does not know better.

use super::TOLD_APART;
use crate::text::Language;
use std::sync::LazyLock;
use whatlang::{Detector, Info, Lang};

/// How confident it must be of a text that is known to be in none of the languages told apart here: of
/// posts in ten languages it was right in 98 of 100 from here on.
const CONFIDENT: f64 = 0.3;

/// Knows the other languages alone, without those that nobody complains in.
static OTHERS: LazyLock<Detector> = LazyLock::new(|| {
    let is_left_out = |lang: &Lang| {
        matches!(lang, Lang::Epo | Lang::Lat)
            || code_of(*lang).is_some_and(|code| TOLD_APART.contains(&code))
    };
    Detector::with_denylist(Lang::all().iter().copied().filter(is_left_out).collect())
});

/// Returns the language of a text that is in none of those that are told apart here.
pub(super) fn name(text: &str) -> Option<Language> {
    let told = OTHERS.detect(text).filter(|told| told.confidence() >= CONFIDENT)?;
    code_of(told.lang())?.parse().ok()
}

/// Returns the language of a text where it is sure to be none of those that are told apart here.
pub(super) fn sure(text: &str) -> Option<Language> {
    let told = whatlang::detect(text).filter(Info::is_reliable)?;
    code_of(told.lang()).filter(|code| !TOLD_APART.contains(code))?.parse().ok()
}

/// The codes there have three letters.
fn code_of(lang: Lang) -> Option<&'static str> {
    CODES.iter().find(|(long, _)| *long == lang.code()).map(|(_, code)| *code)
}

/// The codes of three letters with those of two.
const CODES: [(&str, &str); 70] = [
    ("afr", "af"),
    ("aka", "ak"),
    ("amh", "am"),
    ("ara", "ar"),
    ("aze", "az"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("cym", "cy"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("guj", "gu"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ind", "id"),
    ("ita", "it"),
    ("jav", "jv"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("khm", "km"),
    ("kor", "ko"),
    ("lat", "la"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("mkd", "mk"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nob", "no"),
    ("ori", "or"),
    ("pan", "pa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("sna", "sn"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tgl", "tl"),
    ("tha", "th"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("yid", "yi"),
    ("zul", "zu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_that_is_known_there_has_a_code_here() {
        for lang in Lang::all() {
            assert!(CODES.iter().any(|(long, _)| *long == lang.code()), "{}", lang.code());
        }
        assert!(CODES.iter().all(|(_, code)| code.parse::<Language>().is_ok()));
    }

    #[test]
    fn what_is_told_apart_here_is_not_named_there() {
        let finnish = "kolmatta viikkoa ilman nettiä eikä kukaan vastaa puhelimeen";
        assert_eq!((sure(finnish), sure(""), name("")), (None, None, None));
        assert!(name(finnish).is_none_or(|other| !TOLD_APART.contains(&other.code())));
        let polish = "Zamówiłem trzy tygodnie temu i do tej pory nic nie przyszło";
        assert_eq!(sure(polish).map(|told| told.to_string()).as_deref(), Some("pl"));
    }
}
