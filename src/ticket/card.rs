//! The complainer card: how somebody complains, how to answer that, and what to avoid, in the language
//! of the desk. The texts lie in `texts/card-*.toml`.

use crate::enrich::{Complainer, Complaint, Flag};
use crate::text::{self, Language};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// How many of the words that told are quoted.
const MOST_CUES: usize = 5;

/// How many characters of each.
const MOST_OF_CUE: usize = 60;

/// What an agent should know before answering. Each text is one line, and one more for each flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// `None` where nothing tells; the advice is general then.
    #[serde(rename = "type")]
    pub complainer: Option<Complainer>,
    /// What is typical of them, and what they wrote that told.
    pub signs: String,
    pub how_to_answer: String,
    pub avoid: String,
}

/// Returns the card for `complaint` in the language of the desk: Finnish, Turkish, or else English.
pub fn card(complaint: &Complaint, language: Language) -> Card {
    let texts = texts(language);
    let advice = texts.of(complaint.complainer);
    let mut card = Card {
        complainer: complaint.complainer,
        signs: advice.signs.clone(),
        how_to_answer: advice.answer.clone(),
        avoid: advice.avoid.clone(),
    };
    if !complaint.cues.is_empty() {
        let [before, behind] = &texts.quotes;
        let cue = |cue: &String| {
            format!("{before}{}{behind}", text::cut(&text::visible(cue), MOST_OF_CUE))
        };
        let cues: Vec<String> = complaint.cues.iter().take(MOST_CUES).map(cue).collect();
        card.signs = format!("{}\n{} {}", card.signs, texts.seen, cues.join(", "));
    }
    let mut flags = complaint.flags.clone();
    flags.sort_unstable();
    flags.dedup();
    for flag in flags {
        let warning = texts.of_flag(flag);
        card.how_to_answer = format!("{}\n{}", card.how_to_answer, warning.answer);
        card.avoid = format!("{}\n{}", card.avoid, warning.avoid);
    }
    card
}

/// A file of texts. Every key must be there, and no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    seen: String,
    quotes: [String; 2],
    unknown: Advice,
    meek: Advice,
    aggressive: Advice,
    demanding: Advice,
    benefit_hunter: Advice,
    chronic: Advice,
    legal_threat: Warning,
    public_pressure: Warning,
    safety: Warning,
    churn: Warning,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advice {
    signs: String,
    answer: String,
    avoid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Warning {
    answer: String,
    avoid: String,
}

impl Texts {
    fn of(&self, complainer: Option<Complainer>) -> &Advice {
        match complainer {
            None => &self.unknown,
            Some(Complainer::Meek) => &self.meek,
            Some(Complainer::Aggressive) => &self.aggressive,
            Some(Complainer::Demanding) => &self.demanding,
            Some(Complainer::BenefitHunter) => &self.benefit_hunter,
            Some(Complainer::Chronic) => &self.chronic,
        }
    }

    fn of_flag(&self, flag: Flag) -> &Warning {
        match flag {
            Flag::LegalThreat => &self.legal_threat,
            Flag::PublicPressure => &self.public_pressure,
            Flag::Safety => &self.safety,
            Flag::Churn => &self.churn,
        }
    }
}

static FINNISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("texts/card-fi.toml")));
static TURKISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("texts/card-tr.toml")));
static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("texts/card-en.toml")));

fn read(file: &str) -> Texts {
    toml::from_str(file).expect("a test reads every file that is built in")
}

fn texts(language: Language) -> &'static Texts {
    match language {
        Language::FINNISH => &FINNISH,
        Language::TURKISH => &TURKISH,
        _ => &ENGLISH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    const ALL: [Option<Complainer>; 6] = [
        None,
        Some(Complainer::Meek),
        Some(Complainer::Aggressive),
        Some(Complainer::Demanding),
        Some(Complainer::BenefitHunter),
        Some(Complainer::Chronic),
    ];

    fn complaint(complainer: Option<Complainer>, flags: &[Flag], cues: &[&str]) -> Complaint {
        let cues = cues.iter().map(|cue| (*cue).to_owned()).collect();
        Complaint { complainer, flags: flags.to_vec(), matter: None, cues }
    }

    fn shown(complaint: &Complaint, language: &str) -> String {
        let Card { complainer, signs, how_to_answer, avoid } =
            card(complaint, language.parse().unwrap());
        format!("{complainer:?}\n- {signs}\n- {how_to_answer}\n- {avoid}")
    }

    #[test]
    fn every_language_has_its_own_words_for_every_complainer_and_flag() {
        let mut lines = std::collections::HashSet::new();
        let mut count = 0;
        for language in ["fi", "tr", "en"] {
            for complainer in ALL {
                let card = card(&complaint(complainer, &[], &[]), language.parse().unwrap());
                assert_eq!(card.complainer, complainer);
                lines.extend([card.signs, card.how_to_answer, card.avoid]);
                count += 3;
            }
            for flag in [Flag::LegalThreat, Flag::PublicPressure, Flag::Safety, Flag::Churn] {
                let card = card(&complaint(None, &[flag], &[]), language.parse().unwrap());
                lines.extend(card.how_to_answer.lines().skip(1).map(str::to_owned));
                lines.extend(card.avoid.lines().skip(1).map(str::to_owned));
                count += 2;
            }
        }
        assert_eq!(lines.len(), count, "no text is missing, and none stands for two things");
        assert!(lines.iter().all(|line| line.ends_with(['.', '”'])), "{lines:#?}");
    }

    /// Returns the cards of all complainers, the first with every flag.
    fn all(language: &str) -> String {
        let flags = [Flag::LegalThreat, Flag::PublicPressure, Flag::Safety, Flag::Churn];
        let flags = |kind: Option<Complainer>| if kind.is_none() { &flags[..] } else { &[] };
        ALL.map(|kind| shown(&complaint(kind, flags(kind), &[]), language)).join("\n\n")
    }

    #[test]
    fn what_is_advised_reads_well_in_three_languages() {
        for language in ["fi", "tr", "en"] {
            assert_snapshot!(format!("cards_{language}"), all(language));
        }
    }

    #[test]
    fn other_languages_are_advised_in_english() {
        let meek = complaint(Some(Complainer::Meek), &[], &[]);
        assert_eq!(card(&meek, Language::SWEDISH), card(&meek, Language::ENGLISH));
    }

    #[test]
    fn a_flag_adds_its_line_once_and_the_words_that_told_are_quoted() {
        let loud = complaint(
            Some(Complainer::Aggressive),
            &[Flag::Safety, Flag::LegalThreat, Flag::Safety],
            &["haastan teidät oikeuteen", "mitä \x1b[31mhelvettiä"],
        );
        assert_snapshot!(shown(&loud, "fi"), @r#"
        Some(Aggressive)
        - Äänekäs ja pitkäsanainen. Purkaa asian niin, että muutkin kuulevat.
        Tässä viestissä: ”haastan teidät oikeuteen”, ”mitä ␛[31mhelvettiä”
        - Anna asiakkaan puhua loppuun ja kysy: ”Entä muuta?” Myönnä, että ongelma on olemassa, ja kerro, mitä tehdään ja milloin.
        Uhkaa oikeustoimilla: vie asia ensin sille, joka talossa hoitaa lakiasiat. Vastaa vain, että asiaa selvitetään, ja kerro, mihin mennessä vastaus tulee.
        Turvallisuus: pyydä lopettamaan käyttö heti. Joku soittaa asiakkaalle vielä tänään, ja turvallisuudesta vastaava saa tiedon saman tien.
        - Selittely, keskeyttäminen, rauhoittumaan käskeminen, samalla mitalla vastaaminen.
        Vastuun myöntäminen tai kiistäminen, lain tulkinnasta väitteleminen.
        Selvityksen valmistumisen odottaminen, vähättely.
        "#);
        let hunter = Some(Complainer::BenefitHunter);
        let public = complaint(hunter, &[Flag::PublicPressure], &["yetmez"]);
        assert_snapshot!(shown(&public, "tr"), @r#"
        Some(BenefitHunter)
        - Hakkı olandan fazlasını ister; ne önerilirse önerilsin tekrar tekrar “yetmez” der.
        Bu mesajda: “yetmez”
        - Nesnel davranın, somut bilgilerle ve rakamlarla konuşun. Kurumun normalde sunduğu çözümü önerin, ardından “Bunu düzeltmek için ne yapabilirim?” diye sorun.
        Herkese açık yazmış: aynı kanalda, herkese açık ve kısa bir yanıt verin, sonra özelden devam edin.
        - Pazarlığa girmek, baskı altında teklifi yükseltmek, kuşkunuzu dile getirmek.
        Gönderiyi silmek ya da gizlemek, sessiz kalmak, yalnızca özel mesajla yanıtlamak.
        "#);
        assert_snapshot!(shown(&complaint(None, &[Flag::Churn], &[]), "en"), @r#"
        None
        - The post does not show yet what kind of complainer this is.
        - Hear them out, confirm in their own words what happened, correct it, and come back to ask whether all is well.
        About to leave: let somebody answer soon who is allowed to decide, and ask what would make them stay.
        - Guessing at motives, stock phrases, promises without a date.
        Special offers before the problem is solved, making it hard to leave.
        "#);
    }

    #[test]
    fn what_the_customer_wrote_cannot_flood_the_card() {
        let long = "ä".repeat(10_000);
        let many = complaint(None, &[], &vec![long.as_str(); 1_000]);
        assert!(card(&many, Language::FINNISH).signs.chars().count() < 600);
    }
}
