//! What marks move, and what they leave alone.

use super::*;
use crate::brand::Field;
use crate::enrich::engine;
use crate::enrich::sentiment::{Judgement, judge, judge_with};
use crate::enrich::train::evaluate::Score;
use crate::enrich::train::{Line, read, target_spans};
use crate::enrich::{Known, enrich_knowing};
use proptest::prelude::*;

fn brand(name: &str) -> BrandName {
    BrandName(name.into())
}

/// A post with the places where it names `name`.
fn post(text: &str, name: &str) -> (Post, Vec<Hit>) {
    let hits = target_spans(text, name).into_iter().map(|at| Hit {
        keyword: name.into(),
        field: Field::Text,
        start: at.start,
        end: at.end,
        form: name.into(),
    });
    (Post { text: text.into(), ..Post::default() }, hits.collect())
}

fn english() -> Option<Language> {
    "en".parse().ok()
}

fn lesson(text: &str, name: &str, label: Label) -> Lesson {
    let (post, hits) = post(text, name);
    Lesson::of(&post, &hits, english(), &brand(name), label).unwrap()
}

fn taught(marks: &[(&str, Label)]) -> Corrections {
    learn(marks.iter().map(|(text, label)| lesson(text, "Acme", *label)))
}

fn judged(text: &str, name: &str, corrections: &Corrections) -> Judgement {
    let (post, hits) = post(text, name);
    let brand = brand(name);
    judge_with(&post, &hits, english(), Some(Marks { corrections, brand: Some(&brand) }))
}

fn base(text: &str, name: &str) -> Judgement {
    let (post, hits) = post(text, name);
    judge(&post, &hits, english())
}

/// What people write of Acme, in words that are not each other's.
const SAID: [&str; 12] = [
    "Acme is terrible, the worst parcel service ever",
    "Acme charged me twice and nobody answers the phone",
    "Acme opens a new store in Leeds on Friday",
    "Love my new Acme kettle, works perfectly",
    "Thank you Acme, the driver was so helpful and kind",
    "the internet of Acme is down again since yesterday",
    "Does anyone know whether Acme ships to Norway?",
    "Acme to publish quarterly results on Thursday",
    "my contract with Acme ends in May, moving to another city",
    "brilliant, Acme sent the wrong sofa for the third time",
    "Acme app update brings dark mode and bigger buttons",
    "queue at the Acme counter was long but the staff smiled",
];

#[test]
fn without_marks_nothing_is_moved() {
    for text in SAID {
        assert_eq!(judged(text, "Acme", &Corrections::default()), base(text, "Acme"));
    }
    assert!(learn([]).is_empty());
}

#[test]
fn the_same_text_is_judged_as_it_was_marked() {
    for text in SAID {
        for label in LABELS {
            let taught = taught(&[(text, label)]);
            let again = judged(text, "Acme", &taught);
            assert_eq!((again.sentiment.label, again.review), (label, false), "{text}");
            assert!(again.sentiment.confidence > 0.8, "{text} {:?}", again.sentiment);
            let why = again.why.join("\n");
            assert!(why.contains("moved by marks: people marked the same words"), "{why}");
            // Nor do a link, a handle, other capitals or a comma make it another.
            let copy = format!("@you  {}! https://a.example/{}", text.to_uppercase(), text.len());
            assert_eq!(judged(&copy, "Acme", &taught).sentiment.label, label, "{copy}");
        }
    }
}

#[test]
fn what_people_said_of_the_same_words_goes_before_what_a_service_says() {
    let service = engine::Service {
        url: "http://127.0.0.1:9000/judge".parse().unwrap(),
        chat: None,
        token: None,
        timeout: std::time::Duration::from_secs(5),
        budget: 1,
    };
    let opinion = service.read(br#"{"label":"positive","confidence":0.9}"#).unwrap();
    let (corrections, brand) = (taught(&[(SAID[2], Label::Negative)]), brand("Acme"));
    let label = |text: &str| {
        let (post, hits) = post(text, "Acme");
        let marks = Some(Marks { corrections: &corrections, brand: Some(&brand) });
        let (opinion, language) = (Some(&opinion), english());
        let known = Known { language, opinion, marks, ..Known::default() };
        enrich_knowing(&post, &hits, known).sentiment.label
    };
    assert_eq!(label(SAID[2]), Label::Negative);
    assert_eq!(label(SAID[10]), Label::Positive, "of other words the service is heard");
}

#[test]
fn in_a_language_that_is_not_judged_the_same_words_are_known_again() {
    let (post, hits) = post("Acme konnte niemand erreichen 返品", "Acme");
    let (language, brand) = ("ja".parse().ok(), brand("Acme"));
    let taught = learn(Lesson::of(&post, &hits, language, &brand, Label::Negative));
    let marks = Some(Marks { corrections: &taught, brand: Some(&brand) });
    assert!(judge(&post, &hits, language).review);
    let again = judge_with(&post, &hits, language, marks);
    assert_eq!((again.sentiment.label, again.review), (Label::Negative, false), "{again:?}");
}

#[test]
fn a_copy_of_a_longer_text_is_known_though_a_word_differs() {
    let words: Vec<String> = (0..80).map(|nth| format!("sana{}", letters(nth))).collect();
    let text = format!("Acme {}", words.join(" "));
    let taught = taught(&[(&text, Label::Negative)]);
    let copy = text.replace(&words[40], "muuta");
    assert_eq!(judged(&copy, "Acme", &taught).sentiment.label, Label::Negative);
    let other = format!("Acme {}", words[..40].join(" "));
    let why = judged(&other, "Acme", &taught).why.join("\n");
    assert!(!why.contains("same words"), "half of it is another text: {why}");
}

/// Letters that no other number has: digits are all one to the judge.
fn letters(nth: usize) -> String {
    let letter = |nth: usize| char::from(b'a' + u8::try_from(nth % 26).unwrap());
    [letter(nth), letter(nth / 26), letter(nth * 7)].iter().collect()
}

#[test]
fn the_same_words_with_a_question_or_other_stars_are_another_text() {
    let taught = taught(&[("Acme works in Norway", Label::Negative)]);
    let why = judged("Acme works in Norway?", "Acme", &taught).why.join("\n");
    assert!(!why.contains("same words"), "{why}");
}

#[test]
fn the_same_words_with_another_rating_in_numbers_are_another_text() {
    for (marked, other) in [
        ("Acme kettle, 5/5 stars", "Acme kettle, 1/5 stars"),
        ("my Acme kettle gets 10 out of 10", "my Acme kettle gets 20 out of 90"),
        ("Acme kettle 5 stars", "Acme kettle 1 stars"),
        ("Acme kettle 5⭐", "Acme kettle 1⭐"),
        ("Acme works 90 % of the time", "Acme works 10 % of the time"),
        ("Acme works %90 of the time", "Acme works %10 of the time"),
    ] {
        let taught = taught(&[(marked, Label::Positive)]);
        for text in [marked, other] {
            let why = judged(text, "Acme", &taught).why.join("\n");
            assert!(!why.contains("same words"), "{text}: {why}");
        }
    }
    let taught = taught(&[("order 4711 of Acme came on 3 May", Label::Positive)]);
    let why = judged("order 815 of Acme came on 4 May", "Acme", &taught).why.join("\n");
    assert!(why.contains("same words"), "{why}");
}

#[test]
fn the_same_words_have_the_same_hash_in_every_build() {
    assert_eq!(lesson(SAID[0], "Acme", Label::Negative).lot(), 15_123_768_559_492_960_437);
}

#[test]
fn what_is_told_is_no_nothing_and_names_each_word_once() {
    let moved = Moved { sums: [0.3, 0.0, 0.0], named: vec![0, 4], recalled: None };
    let told = moved.told(|_| Some("drive".into()));
    assert_eq!(told, "moved by marks: negative +0.3 for \"drive\"");
    let taught = taught(&SAID.map(|text| (text, Label::Negative)));
    let more: Vec<String> = (0..5).map(generated).collect();
    let more = more.join(" ").replace("Acme ", "");
    let more: Vec<&str> = more.split(' ').collect();
    for (text, many) in SAID.iter().flat_map(|text| (1..60).map(move |many| (text, many))) {
        let why = judged(&format!("{text} {}", more[..many].join(" ")), "Acme", &taught).why;
        let told = why.into_iter().find(|why| why.contains("moved by marks")).unwrap_or_default();
        assert!(!told.contains("0.0"), "{text}: {told}");
    }
}

/// Twelve words that no other number has.
fn generated(nth: usize) -> String {
    let words = (0..12_usize).map(|at| {
        let mut rest = (nth * 12 + at).wrapping_mul(0x9e37_79b9) % 0x1000_0000;
        let mut word = String::new();
        for (nth, of) in ["bdfgklmnprstvzhj", "aeiouyaeiouyaeio"].iter().cycle().take(7).enumerate()
        {
            word.push(char::from(of.as_bytes()[(rest + nth) % 16]));
            rest /= 16;
        }
        word
    });
    format!("Acme {}", words.collect::<Vec<_>>().join(" "))
}

#[test]
fn many_marks_move_nothing_that_shares_no_word_with_them() {
    let marked: Vec<String> = (0..500).map(generated).collect();
    let taught = learn(marked.iter().map(|text| lesson(text, "Acme", Label::Negative)));
    for text in (0..100).map(|nth| format!("{nth}")) {
        let other = |c: char| char::from(b'c' + c as u8 - b'0');
        let words = text.chars().map(other).map(|c| format!("q{c}x{c}w q{c}{c}wxq xw{c}xqq"));
        let text = format!("Zenit {}", words.collect::<Vec<_>>().join(" "));
        assert_eq!(judged(&text, "Zenit", &taught), base(&text, "Zenit"), "{text}");
    }
}

#[test]
fn a_similar_text_is_moved_and_says_so() {
    let taught = taught(&[("the warp drive of my Acme kettle hums", Label::Negative)]);
    let text = "Acme kettle with a warp drive that hums, now in blue";
    let (before, after) = (base(text, "Acme"), judged(text, "Acme", &taught));
    assert!(after.sentiment.score < before.sentiment.score, "{before:?} {after:?}");
    let why = after.why.join("\n");
    assert!(why.contains("moved by marks: ") && why.contains("negative +"), "{why}");
    assert!(why.contains("warp") || why.contains("hums") || why.contains("drive"), "{why}");
}

#[test]
fn another_brand_is_moved_less_and_never_by_the_same_words() {
    let words = "the warp drive of my Acme kettle hums";
    let taught = taught(&[(words, Label::Negative)]);
    let other = words.replace("Acme", "Zenit");
    let moved = |text: &str, name: &str| {
        base(text, name).sentiment.score - judged(text, name, &taught).sentiment.score
    };
    let (ours, theirs) = (moved(words, "Acme"), moved(&other, "Zenit"));
    assert!(0.0 < theirs && theirs < ours, "{theirs} {ours}");
    let why = judged(&other, "Zenit", &taught).why.join("\n");
    assert!(!why.contains("same words"), "{why}");
}

#[test]
fn marks_of_a_set_make_the_rest_of_it_better() {
    let test = "marks_of_a_set_make_the_rest_of_it_better";
    let Some(folder) = crate::testing::collection(test) else { return };
    for (set, code) in [("en-airline", "en"), ("tr-store", "tr")] {
        let path = folder.join(format!("judging/dev/{set}.tsv"));
        let mut lines = read(set, &std::fs::read_to_string(path).unwrap());
        lines.sort_by_key(Line::lot);
        let (marked, rest) = (&lines[..200], &lines[200..]);
        let (language, brand) = (code.parse().ok(), brand("Acme"));
        let taught = learn(marked.iter().filter_map(|line| {
            let (post, hits) = post(&line.text, &line.target);
            Lesson::of(&post, &hits, language, &brand, LABELS[line.label])
        }));
        let f1 = |corrections: &Corrections| {
            let mut score = Score::default();
            for line in rest {
                let (post, hits) = post(&line.text, &line.target);
                let marks = Some(Marks { corrections, brand: Some(&brand) });
                let Judgement { sentiment, review, .. } = judge_with(&post, &hits, language, marks);
                let said = LABELS.iter().position(|label| *label == sentiment.label).unwrap();
                score.add(line.label, said, sentiment.confidence, review);
            }
            score.f1()
        };
        let (before, after) = (f1(&Corrections::default()), f1(&taught));
        assert!(after > before, "{set}: {before} {after}");
    }
}

/// A mark of one of the texts.
fn any_mark() -> impl Strategy<Value = (usize, usize)> {
    (0..SAID.len(), 0..LABELS.len())
}

fn marks(of: &[(usize, usize)]) -> Vec<(&'static str, Label)> {
    of.iter().map(|(text, label)| (SAID[*text], LABELS[*label])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_marks_tells_nothing(
        of in proptest::collection::vec(any_mark(), 0..10),
        seed: u64,
    ) {
        let mut other = of.clone();
        other.sort_by_key(|(text, label)| ((text * 3 + label) as u64).wrapping_mul(seed | 1));
        prop_assert!(taught(&marks(&of)) == taught(&marks(&other)));
    }

    #[test]
    fn what_shares_no_word_with_any_mark_stays_to_the_last_bit(
        of in proptest::collection::vec(any_mark(), 0..12),
        words in proptest::collection::vec("(zu|xo|qe|vy)(bri|kla|nup|dof)(xu|yqo|zwi)", 1..12),
    ) {
        let text = format!("Zenit {}", words.join(" "));
        let before = base(&text, "Zenit");
        prop_assert_eq!(judged(&text, "Zenit", &taught(&marks(&of))), before);
    }

    #[test]
    fn marks_that_stand_against_each_other_teach_nothing(text in 0..SAID.len(), times in 1_usize..4) {
        let mut of = vec![(text, 0); times];
        of.extend(vec![(text, 1); times]);
        let taught = taught(&marks(&of));
        prop_assert!(taught.is_empty());
        for text in SAID {
            prop_assert_eq!(judged(text, "Acme", &taught), base(text, "Acme"));
        }
    }

    #[test]
    fn no_text_is_moved_further_than_the_bound(
        of in proptest::collection::vec(any_mark(), 1..12),
        times in 1_usize..20,
    ) {
        let of: Vec<_> = of.iter().copied().cycle().take(of.len() * times).collect();
        let taught = taught(&marks(&of));
        for text in SAID {
            let (post, hits) = post(&format!("{text} today"), "Acme");
            let excerpt = Excerpt::of(&post, &hits);
            let reading = excerpt.reading("en");
            if let Some(moved) = taught.of(&reading, None, Some(&brand("Acme"))) {
                prop_assert!(moved.sums.iter().all(|sum| sum.abs() <= MOST), "{:?}", moved.sums);
            }
        }
    }
}
