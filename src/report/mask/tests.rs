//! What somebody would try to find again in what is published.

use super::*;
use crate::enrich::{Label, Matter};
use crate::report::sample::{by, complaint, mention, ticket};
use crate::ticket::Action;
use proptest::prelude::*;

/// A mask over these people, by name and handle.
fn over(people: &[(&str, &str)]) -> Ready {
    let mut mask = Mask::default();
    for (number, (name, handle)) in (0..).zip(people) {
        mask.learn(&by(mention(number, 1, Label::Negative, "Acme fails"), name, handle));
    }
    mask.ready()
}

#[track_caller]
fn check(mask: &Ready, text: &str, expected: &str) {
    assert_eq!(mask.cover(text).as_deref(), Some(expected), "{text}");
}

#[test]
fn names_are_covered_in_every_form_and_case() {
    let mask = over(&[
        ("Maija Mäkinen", "mm"),
        ("Matti Virtanen", "jo"),
        ("Ayşe Yılmaz", "ayse.y"),
        ("Bo Li", "x_99"),
        ("Will Smith", "willsm"),
    ]);
    for (text, expected) in [
        ("Soitimme Maijalle heti.", "Soitimme … heti."),
        ("soitimme maijalle ja MAIJAN veljelle", "soitimme … ja … veljelle"),
        (
            "Kerroimme Matille ja virtaselle, että odotus loppuu",
            "Kerroimme … ja … että odotus loppuu",
        ),
        ("Mäkisen paketti oli Oulussa", "… paketti oli Oulussa"),
        ("Ayşe'nin siparişi kayboldu", "… siparişi kayboldu"),
        ("ayse’ye yazdık, AYŞEDEN özür diledik", "… yazdık, … özür diledik"),
        ("Yılmazlara para iade edildi", "… para iade edildi"),
        ("Smith's card and the smiths", "… card and the …"),
        ("We will call back; ask Will", "We will call back; ask …"),
        ("Bo waited, #MaijaMäkinen too", "… waited, … too"),
        ("Ma\u{200b}ija waited", "… waited"),
        ("ask mm, jo: or (ayse.y) or x_99!", "ask … or … or …"),
        ("Kaikki saivat rahansa takaisin", "Kaikki saivat rahansa takaisin"),
        ("Johdot mmm mitattiin", "Johdot mmm mitattiin"),
    ] {
        check(&mask, text, expected);
    }
    assert_eq!(mask.cover("Maija Mäkinen (mm)"), None);
    assert!(!mask.is_clean("maijan") && !mask.is_clean("mm") && mask.is_clean("takuu"));
}

#[test]
fn numbers_and_addresses_are_covered_whoever_it_is() {
    let mask = over(&[]);
    for (text, expected) in [
        ("Call 040 123 4567 or +358-40-1234567 now", "Call … or … now"),
        ("Soita 040 / 123 / 45 heti", "Soita … heti"),
        ("Order AB12345 and order 1234, #77", "Order … and order …"),
        ("tilausnumero 123 ja sipariş no. TR-9981X", "tilausnumero … ja sipariş no. …"),
        ("Write to a.b@mail.example or www.shop.example/x?id=1", "Write to … or …"),
        (
            "In 2026 we sent 120 parcels for 9.90 in 24 h",
            "In 2026 we sent 120 parcels for 9.90 in 24 h",
        ),
        ("IBAN FI2112345600000785 tai FI21 1234 5600 0007 85", "IBAN … tai FI21 …"),
    ] {
        check(&mask, text, expected);
    }
}

#[test]
fn people_are_learned_from_tickets_and_pages_too() {
    let mut mask = Mask::default();
    let mut bad = by(complaint(1, 9, Matter::Service, "Acme fails"), "Liisa", "li");
    bad.post.author.url = Some("https://forum.example/members/tiikeri.123/".into());
    let mut facts = ticket(1, &bad, &[(1, Action::Gone)]).facts().clone();
    facts.customer = Some("forum.example @li".into());
    mask.learn(&bad);
    mask.learn_ticket(&facts);
    mask.learn_handle("x.example @kissa_9");
    mask.learn_handle("reviews.example \"pekka p.\"");
    mask.learn_handle("club.example https://club.example/u/Norppa");
    let mask = mask.ready();
    check(&mask, "Asked li, tiikeri, kissa_9, Pekalle and norppa: done", "Asked … and … done");
    check(&mask, "maija asked Maija at the desk", "maija asked … at the desk");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_author_is_left_in_any_case_or_form(
        first in "[A-ZÄÖŞÇ][a-zäöşçğı]{2,8}",
        last in "[A-ZÄÖ][a-zäö]{3,9}",
        handle in "[a-z][a-z0-9_.]{0,9}[a-z0-9]",
        ending in "(lle|lta|n|ssa|'nin|’ye|'s|:n|, |\\.|!|-)?",
        style in 0_u8..4,
        around in "[q ]{0,6}",
    ) {
        let mask = over(&[(&format!("{first} {last}"), &handle)]);
        let styled = |name: &str| match style {
            0 => name.to_owned(),
            1 => name.to_lowercase(),
            2 => name.to_uppercase(),
            _ => format!("({name})"),
        };
        // Behind a consonant an ending has a vowel to lean on: Smithille.
        let ended = |name: &str| {
            let is_vowel = name.to_lowercase().ends_with(['a', 'e', 'i', 'o', 'u', 'y', 'ä', 'ö', 'ı']);
            let leans = style != 3 && !is_vowel && ending.starts_with(['l', 'n', 's']);
            format!("{}{}{ending}", styled(name), if leans { "i" } else { "" })
        };
        let said = format!(
            "{around} zz {} zz {} zz {} zz @{handle} {around}",
            ended(&first), ended(&last), styled(&handle)
        );
        let covered = plain(&mask.cover(&said).unwrap_or_default());
        let words: Vec<&str> = covered.split_whitespace().collect();
        for secret in [&first, &last, &handle] {
            let secret = plain(secret);
            // What stands in every text is nobody's.
            let is_name = !EVERYDAY.contains(&&*secret) && !COMMON.contains(&&*secret)
                && !NOBODY.contains(&&*secret) && secret != "zz" && !secret.chars().all(|c| c == 'q');
            let is_there = words.iter().any(|word| word.starts_with(secret.as_str()));
            prop_assert!(!is_name || !is_there, "{secret}: {covered}");
        }
    }
}
