//! How complaints are told, with the lists and weights that are built in.

use super::*;
use crate::enrich::train::target_spans;
use cues::LISTS;
use std::collections::BTreeSet;
use std::time::Instant;

mod figures;

fn told(text: &str, language: &str) -> Complaint {
    read(&Post { text: text.to_owned(), ..Post::default() }, &[], language.parse().ok())
}

#[test]
fn the_type_is_told_by_its_cues() {
    let check = |language, text, expected| {
        assert_eq!(told(text, language).complainer, expected, "{text}");
    };
    check("fi", "Vaadin täyttä hyvitystä perjantaihin mennessä.", Some(Complainer::Demanding));
    check("fi", "Anteeksi että vaivaan, laskussa taitaa olla virhe", Some(Complainer::Meek));
    check("fi", "Ihan paska firma, haistakaa huilu", Some(Complainer::Aggressive));
    check("fi", "Paketti myöhästyi, saisinko ilmaisen kuukauden?", Some(Complainer::BenefitHunter));
    check("fi", "Laskutettiin kahteen kertaan", None);
    check("tr", "Ücretin cuma gününe kadar iadesini talep ediyorum", Some(Complainer::Demanding));
    check("tr", "Rahatsız ediyorum kusura bakmayın, paket gelmedi", Some(Complainer::Meek));
    check("tr", "Dolandırıcısınız, şerefsizler!", Some(Complainer::Aggressive));
    check("tr", "Geç geldi, bir hediye çeki düşünürsünüz artık", Some(Complainer::BenefitHunter));
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
    let complaint = told("Haastan teidät OIKEUTEEN ja vaihdan operaattoria. Jakakaa tätä!", "fi");
    assert_eq!(complaint.flags, [Flag::LegalThreat, Flag::PublicPressure, Flag::Churn]);
    assert!(complaint.cues.iter().any(|cue| cue.contains("OIKEUTEEN")), "{complaint:?}");
    assert_eq!(told("En iyisi avukatıma sorayım", "tr").flags, [Flag::LegalThreat]);
    assert_eq!(told("the heater caught fire", "en").flags, [Flag::Safety]);
    let chase = "I was on the police car chase. Acme is terrible, I will go to the police";
    assert_eq!(told(chase, "en").flags, [Flag::LegalThreat]);
}

#[test]
fn a_letter_with_dots_is_another_letter_where_it_is_written() {
    assert_eq!(told("tämä on väärä palsta", "fi").flags, []);
    assert_eq!(told("laite on hengenvaarallinen", "fi").flags, [Flag::Safety]);
    assert_eq!(told("tasta syttyi palo, hata", "fi").flags, [Flag::Safety]);
}

#[test]
fn another_language_tells_nothing_and_an_unknown_one_anything() {
    assert_eq!(told("you idiots", "nl"), Complaint::default());
    let post = Post { text: "you idiots".to_owned(), ..Post::default() };
    assert_eq!(read(&post, &[], None).complainer, Some(Complainer::Aggressive));
}

#[test]
fn every_line_of_the_lists_is_understood() {
    for (language, cues, matters) in LISTS {
        for list in [cues, matters] {
            for line in list.lines().filter(|line| !line.starts_with('#')) {
                let cues = line.rsplit('\t').next().unwrap_or_default().split('|').count();
                assert_eq!(Cues::read(line).count(), cues, "{language}: {line}");
            }
        }
    }
}

#[test]
fn every_language_has_cues_of_everything() {
    for (language, cues, matters) in LISTS {
        let words = |list: &str| -> BTreeSet<String> {
            let lines = list.lines().filter(|line| !line.starts_with('#'));
            lines.filter_map(|line| line.split('\t').next()).map(str::to_owned).collect()
        };
        let all: BTreeSet<String> = words(cues).union(&words(matters)).cloned().collect();
        let wanted: BTreeSet<String> =
            Tells::ALL.iter().map(|(word, _)| (*word).to_owned()).collect();
        assert_eq!(all, wanted, "{language}");
    }
}

#[test]
fn cues_may_have_gaps_and_longer_ones_take_back() {
    let found = |list: &str, text: &str| {
        let tokens = crate::enrich::tokens::tokens(text, &[]);
        let chars: Vec<char> = text.chars().collect();
        let found = Cues::read(list).find(&tokens, &chars);
        found.iter().map(|found| (found.first, found.last)).collect::<Vec<_>>()
    };
    let gap = "demanding\t1\tjos .. ei";
    assert_eq!(found(gap, "jos rahat ei tule"), [(0, 2)]);
    assert_eq!(found(gap, "jos a b c d ei"), []);
    let back = "safety\t1\tfire*\nsafety\t0\tfire sale";
    assert_eq!(found(back, "a fire"), [(1, 1)]);
    assert_eq!(found(back, "a fire sale"), []);
    assert_eq!(found(back, "a fire sale, then a fire, a fire"), [(6, 6)], "once, where it counts");
    assert_eq!(found(back, &format!("{}fire", "fire sale ".repeat(500))), [(1000, 1000)]);
    let word = "legal_threat\t1\tavi*|avioero*\nlegal_threat\t0\tavio*\nchurn\t1\tavio*";
    assert_eq!(found(word, "avin"), [(0, 0)]);
    assert_eq!(found(word, "avioliitto"), [(0, 0)], "of another matter alone");
    assert_eq!(found(word, "avioeron").len(), 2, "what names more of the word stands");
    assert_eq!(found("legal_threat\t1\tsmall claims", "small-claims"), [(0, 2)]);
    assert_eq!(found("demanding\t1\td'ici vendredi", "d'ici vendredi"), [(0, 3)]);
}

#[test]
fn the_matter_is_guessed() {
    let check = |language, text, expected| {
        assert_eq!(told(text, language).matter, expected, "{text}");
    };
    check("en", "charged twice this month, still waiting for my refund", Some(Matter::Billing));
    check("en", "my parcel was left in the rain by the courier", Some(Matter::Delivery));
    check("fi", "lasku tuli kahteen kertaan, palauttakaa rahat", Some(Matter::Billing));
    check("fi", "hinta nousi taas, liian kallis", Some(Matter::Price));
    check("tr", "kargo gelmedi, kurye paketi kaybetti", Some(Matter::Delivery));
    check("tr", "internet yine kesildi, bağlantı kopuyor", Some(Matter::Availability));
    check("sv", "paketet kom aldrig fram", Some(Matter::Delivery));
    check("nl", "het pakket is niet aangekomen", None);
}

#[test]
fn the_brand_is_no_cue() {
    let hit = Hit {
        keyword: "Court".into(),
        field: crate::brand::Field::Text,
        start: 0,
        end: 5,
        form: "Court".into(),
    };
    let post = Post { text: "Court sent the wrong shoes".to_owned(), ..Post::default() };
    assert_eq!(read(&post, &[hit], Some(Language::ENGLISH)).flags, []);
}

/// Prints what reading costs; a bound that a busy machine keeps in a slow build.
#[test]
fn reading_is_quick() {
    let text = "Third week without internet and nobody answers. I want a written reply by Friday, or I go to court";
    let post = Post { text: text.to_owned(), ..Post::default() };
    read(&post, &[], Some(Language::ENGLISH));
    let start = Instant::now();
    for _ in 0..100 {
        read(&post, &[], Some(Language::ENGLISH));
    }
    let each = start.elapsed() / 100;
    assert!(each.as_millis() < 20, "one complaint of {} bytes: {each:?}", text.len());
}
