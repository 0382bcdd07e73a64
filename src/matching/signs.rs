//! The signs of the query language, and what stands around a name, seen from outside.

use super::Matcher;
use crate::brand::{Brand, BrandName, Keyword};
use crate::post::Post;
use crate::query::{parse_exclude, parse_keyword};
use crate::text::Language;

fn brand(keywords: &[&str], context: &[&str]) -> Brand {
    let keyword = |written: &&str| Keyword {
        written: (*written).to_owned(),
        query: parse_keyword(written).unwrap(),
    };
    let context = context.iter().map(|written| Keyword {
        written: (*written).to_owned(),
        query: parse_exclude(written).unwrap(),
    });
    Brand {
        name: BrandName("Acme".into()),
        keywords: keywords.iter().map(keyword).collect(),
        exclude: Vec::new(),
        own: Vec::new(),
        context: context.collect(),
        languages: Vec::new(),
        tickets: None,
        praise: false,
    }
}

/// `title | text`, or only a text.
fn post(written: &str, language: Option<Language>) -> Post {
    let (title, text) = match written.split_once(" | ") {
        Some((title, text)) => (Some(title.to_owned()), text),
        None => (None, written),
    };
    Post { title, text: text.to_owned(), language, ..Post::default() }
}

fn forms(brand: Brand, post: &Post) -> Vec<String> {
    let found = Matcher::new(&[brand]).candidates(post, |post| post.language);
    found.into_iter().flat_map(|found| found.hits).map(|hit| hit.form).collect()
}

#[track_caller]
fn check(keyword: &str, text: &str, expected: &[&str]) {
    assert_eq!(forms(brand(&[keyword], &[]), &post(text, None)), expected, "{keyword} in {text}");
}

#[track_caller]
fn check_in(language: &str, keyword: &str, text: &str, expected: &[&str]) {
    let post = post(text, language.parse().ok());
    assert_eq!(forms(brand(&[keyword], &[]), &post), expected, "{keyword} in {text}");
}

#[test]
fn an_exact_spelling_is_found_in_just_that() {
    check(
        "=Acme",
        "acme ACME Acme Acmen Acme's Acme:n Acme-puhelin #Acme",
        &["Acme", "Acme", "Acme"],
    );
    check("=Huhtamäki", "Huhtamaki", &[]);
    check("=\"Acme Pay\"", "Acme pay Acme  Pay AcmePay Acme-Pay", &["Acme  Pay"]);
    check("=acme", "Аcme acme", &["acme"]);
}

#[test]
fn capitals_are_those_of_the_name() {
    check("^KONE", "Kone kone KONE KONEen KONE:n", &["KONE", "KONEen", "KONE:n"]);
    check("^Neste", "neste Neste NESTE Nesteellä", &["Neste", "NESTE", "Nesteellä"]);
    check(
        "^\"Best Buy\"",
        "best buy Best buy Best Buy BestBuy BEST BUY",
        &["Best Buy", "BestBuy", "BEST BUY"],
    );
}

#[test]
fn a_beginning_is_found_in_every_word_that_has_it() {
    check("acm*", "Acme acmella ACM macme #acmefail", &["Acme", "acmella", "ACM", "acmefail"]);
    check("huhtamäk*", "Huhtamaen Huhtamäki huhtamaki", &["Huhtamäki", "huhtamaki"]);
}

#[test]
fn one_letter_may_be_wrong_where_that_is_asked_for() {
    for text in ["Acme", "Acmme", "Ace", "Axme", "Acem", "acne", "xAcme", "Acmes", "Acmee", "cAme"]
    {
        assert_eq!(forms(brand(&["Acme~1"], &[]), &post(text, None)).len(), 1, "{text}");
    }
    for text in ["Axxe", "Ac me", "come on", "Academe", "me", "Macmexx"] {
        check("Acme~1", text, &[]);
    }
    for text in [
        "Vodafone",
        "Vodafonne",
        "Vodfone",
        "Vodafnoe",
        "Wodafone",
        "odafone",
        "Vodafon",
        "Vodaofne",
    ] {
        assert_eq!(forms(brand(&["Vodafone~1"], &[]), &post(text, None)).len(), 1, "{text}");
    }
    check_in("fi", "Vodafone~1", "Vodaonella Vodafoneella", &["Vodaonella", "Vodafoneella"]);
}

#[test]
fn near_counts_the_words_between() {
    check("acme NEAR/2 refund", "acme one two refund", &["acme", "refund"]);
    check("acme NEAR/2 refund", "refund: one, two — acme", &["refund", "acme"]);
    check("acme NEAR/2 refund", "acme one two three refund", &[]);
    check("acme NEAR/0 refund", "acme, refund", &["acme", "refund"]);
    check("acme NEAR/2 (refund OR return)", "return acme x y z refund", &["return", "acme"]);
    check("acme NEAR/5 refund", "acme | refund", &[]);
    check("acme NEAR/1 pay NEAR/1 late", "acme pay x late", &["acme", "pay", "late"]);
}

#[test]
fn the_language_of_the_text_decides_which_forms_count() {
    check_in("fi", "Elisa", "Elisalla Elisa'da", &["Elisalla", "Elisa"]);
    check_in("tr", "Migros", "Migrosta Migrosilla", &["Migrosta"]);
    check_in("en", "Migros", "Migrosta Migrosilla Migros's", &["Migros's"]);
    check_in("ja", "Acme", "Acmes Acmella Acmeは Acme", &["Acme", "Acme"]);
    check("Migros", "Migrosta Migrosilla", &["Migrosta", "Migrosilla"]);
}

#[test]
fn scripts_without_blanks_need_no_end_of_a_word() {
    check("トヨタ", "今日トヨタの車", &["トヨタ"]);
    check("トヨタ", "トヨタイ", &[]);
    check("ไทย", "ภาษาไทยดี", &["ไทย"]);
}

#[test]
fn signs_within_a_name_are_those_of_the_text_or_left_out() {
    for (keyword, text) in [
        ("\"Acme, Inc.\"", "by Acme, Inc. today"),
        ("\"Acme, Inc.\"", "by Acme Inc today"),
        ("\"Yahoo! Mail\"", "my Yahoo! Mail"),
        ("AC/DC", "AC/DC rocks"),
        ("\"H and M\"", "at H and M"),
        ("\"OP Ryhmä\"", "OP   Ryhmä"),
        ("\"Iso Omena\"", "Isossa Omenassa"),
        ("\"Uusi Suomi\"", "Uutta Suomea"),
        ("\"Marks and Spencer\"", "@marksandspencer"),
        ("=.NET", "in .NET"),
        ("PayPal~1", "my Paypall"),
        ("Acme~1", "#boycottAcme"),
        ("Elisa", "Elisa:https://t.example/x"),
        ("acme €", "Acme 5 €"),
        ("\"Keskinäinen Työeläkevakuutusyhtiö Varma\"", "Keskinäinen Työeläkevakuutusyhtiö Varman"),
    ] {
        assert!(
            !forms(brand(&[keyword], &[]), &post(text, None)).is_empty(),
            "{keyword} in {text}"
        );
    }
    for (keyword, text) in [
        ("PayPal~1", "I pay by card"),
        ("Sampo", "sampoo"),
        ("Spar", "Sparta"),
        ("Air", "Airbus"),
        ("Visa", "visar"),
        ("Annelisa", "Annelisbet"),
    ] {
        check(keyword, text, &[]);
    }
}

#[test]
fn where_the_language_is_unknown_those_of_the_brand_count() {
    let only = |languages: &[&str]| Brand {
        languages: languages.iter().map(|code| code.parse().unwrap()).collect(),
        ..brand(&["Migros"], &[])
    };
    let text = post("Migrosta Migrosilla Migroslu", None);
    assert_eq!(forms(only(&["fi"]), &text), ["Migrosta", "Migrosilla"]);
    assert_eq!(forms(only(&["tr"]), &text), ["Migrosta", "Migroslu"]);
    assert_eq!(forms(only(&["tr", "fi"]), &text), ["Migrosta", "Migrosilla", "Migroslu"]);
    assert_eq!(forms(only(&["ja"]), &text), [""; 0]);
}

#[test]
fn a_name_is_found_however_its_letters_are_disguised() {
    for text in [
        "A\u{200b}cme",
        "Ac\u{ad}me",
        "Аcme",
        "Acmе",
        "Ａｃｍｅ",
        "𝐀𝐜𝐦𝐞",
        "A\u{336}c\u{336}me",
        "4cme",
        "Acm3",
        "ᴀᴄᴍᴇ",
        "🅰cme",
        "АСМЕ fails",
    ] {
        assert_eq!(forms(brand(&["Acme"], &[]), &post(text, None)).len(), 1, "{text}");
    }
    for text in ["Acmé", "Ácme", "4cm3", "\u{410}\u{421}\u{41c}\u{415} \u{43d}\u{435}"] {
        check("Acme", text, &[]);
    }
    check("Apple", "AppIe", &["AppIe"]);
    check("IKEA", "lKEA", &["lKEA"]);
    check("Nokia", "Nokla", &[]);
}

#[test]
fn tags_are_told_apart_where_they_can_be() {
    check(
        "Acme",
        "#AcmeFail #boycottAcme #boycottacme #acmefail #acme2024 #acme_fail",
        &["Acme", "Acme", "acme", "acme", "acme", "acme"],
    );
    check("Acme", "#acmeology #xacme @placme", &[]);
}

#[test]
fn only_the_host_of_a_link_is_read() {
    check(
        "Acme",
        "https://www.acme.example/x http://x.example/acme acme.example/acme",
        &["acme", "acme"],
    );
    check("Acme", "https://t.example/xACMEq9 https://notacme.example/", &[]);
    check("Acme", "see x.example/path/acme-review", &[]);
    check("Acme", "mail help@acme.example, Acme/Globex", &["acme", "Acme"]);
}

#[test]
fn a_name_with_a_context_counts_near_it_only() {
    let found = |text: &str| {
        forms(
            brand(&["Orange", "@orange"], &["network", "\"customer service\"", "sim*"]),
            &post(text, None),
        )
    };
    assert_eq!(found("Orange network is down"), ["Orange"]);
    assert_eq!(found("an orange fell from the tree"), [""; 0]);
    assert_eq!(found("My SIMs | Orange again"), ["Orange"]);
    assert_eq!(found("their customer services at Orange"), ["Orange"]);
    assert_eq!(found("hey @orange"), ["@orange"]);
    let far = format!("network {} Orange", "x ".repeat(40));
    assert_eq!(found(&far), [""; 0]);
}

#[track_caller]
fn check_why(keyword: &str, exclude: &[&str], text: &str, expected: &[&str]) {
    let mut brand = brand(&[keyword], &[]);
    brand.exclude = exclude
        .iter()
        .map(|written| Keyword {
            written: (*written).to_owned(),
            query: parse_exclude(written).unwrap(),
        })
        .collect();
    let why = Matcher::new(&[brand])
        .why_not(&post(text, "fi".parse().ok()), |post| post.language)
        .concat();
    assert_eq!(why, expected, "{keyword} in {text}");
}

#[test]
fn why_a_text_does_not_match_is_said() {
    check_why("Elisa", &[], "Elisan", &[]);
    check_why("Elisa", &[], "jotain muuta", &["`Elisa`: `Elisa` does not stand in it"]);
    check_why(
        "Elisa",
        &[],
        "Elisabet",
        &["`Elisa`: `Elisabet` begins like `Elisa`, but goes on with no ending known in fi"],
    );
    check_why("Elisa", &[], "Melisa", &["`Elisa`: `Elisa` stands only inside the word `Melisa`"]);
    check_why("^Neste", &[], "nestettä", &["`^Neste`: `nestettä` lacks the capitals of `Neste`"]);
    check_why(
        "Acme",
        &[],
        "https://x.example/acme",
        &["`Acme`: `Acme` stands only in the path of a link"],
    );
    check_why("acme refund", &[], "Acme", &["`acme refund`: `refund` does not stand in it"]);
    check_why(
        "acme -klein",
        &[],
        "Acme Kleinin",
        &["`acme -klein`: `Kleinin` stands in it, and must not"],
    );
    check_why(
        "acme NEAR/1 refund",
        &[],
        "Acme one two refund",
        &["`acme NEAR/1 refund`: its two parts stand more than 1 word apart"],
    );
    check_why(
        "Acme",
        &["acme road runner"],
        "Acme Road Runner",
        &["`Acme`: `Acme` lies inside what `exclude` finds"],
    );
    check_why(
        "acme site:x.example",
        &[],
        "Acme",
        &["`acme site:x.example`: `site:x.example` does not fit"],
    );
}
