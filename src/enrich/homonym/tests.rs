//! What is learnt of homonyms, by hand and by figures.

use super::*;
use crate::brand::Field;
use crate::enrich::{Priority, Sentiment};
use crate::post::Author;
use proptest::prelude::*;

/// Mentions of names that mean other things too, written for this: brand, language, `noise` or
/// `wanted`, text.
const WRITTEN: &str = include_str!("../texts/homonyms.tsv");

/// Returns the places of words that begin with `brand` and go on for an ending.
fn hits(text: &str, brand: &str) -> Vec<Hit> {
    let chars: Vec<char> = text.chars().collect();
    let brand: Vec<char> = brand.to_lowercase().chars().collect();
    let is_here = |at: usize| {
        let here = chars.iter().skip(at).flat_map(|c| c.to_lowercase()).take(brand.len());
        (at == 0 || !chars[at - 1].is_alphanumeric()) && here.eq(brand.iter().copied())
    };
    let hit = |start: usize| {
        let in_word = |c: &&char| c.is_alphanumeric() || **c == '\'';
        let end = start + chars.iter().skip(start).take_while(in_word).count();
        let form = chars[start..end].iter().collect();
        Hit { keyword: String::new(), field: Field::Text, start, end, form }
    };
    let all = (0..chars.len()).filter(|at| is_here(*at)).map(hit);
    all.filter(|hit| hit.end - hit.start <= brand.len() + 6).collect()
}

fn post(text: &str) -> Post {
    Post { text: text.to_owned(), ..Post::default() }
}

fn near_in(language: &str, text: &str, brand: &str) -> Option<Near> {
    let hits = hits(text, brand);
    (!hits.is_empty()).then(|| Near::of(&post(text), &hits, language.parse().ok()))
}

fn near(text: &str, brand: &str) -> Option<Near> {
    near_in("en", text, brand)
}

/// What is thought of an English text.
fn insight(label: Label, review: bool) -> Insight {
    Insight {
        language: Some(Language::ENGLISH),
        sentiment: Sentiment { label, score: 0.0, confidence: 0.5 },
        complaint: None,
        priority: Priority::Low,
        review,
        why: Vec::new(),
    }
}

fn complaint() -> Insight {
    insight(Label::Negative, false)
}

fn written(brand: &str, about: &str) -> Vec<Near> {
    let lines = WRITTEN.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let of_brand = lines.filter(|cells| cells[0] == brand && cells[2] == about);
    of_brand
        .map(|cells| near_in(cells[1], cells[3], brand).unwrap_or_else(|| panic!("{cells:?}")))
        .collect()
}

fn taught(noise: &[Near], others: &[Near]) -> Learnt {
    let said = |said: Said| move |near| (said, near);
    learn(noise.iter().map(said(Said::Noise)).chain(others.iter().map(said(Said::Nothing))))
}

/// How many of `mentions` are taken to be noise.
fn muted(learnt: &Learnt, mentions: &[Near], are_complaints: bool) -> usize {
    mentions.iter().filter(|near| learnt.reasons(near, are_complaints).is_some()).count()
}

/// What of later noise must be known after 5 and after 10 marks, where it is no complaint and where it is
/// one; of what is wanted nothing may be taken for a complaint that is none.
#[test]
fn later_noise_of_the_same_kind_is_known_and_no_complaint_is_lost() {
    for (brand, marked, [calm, complaining]) in
        [("Kone", 5, [3, 0]), ("Kone", 15, [1, 0]), ("Orbit", 10, [1, 1]), ("Doğa", 10, [3, 1])]
    {
        let (noise, wanted) = (written(brand, "noise"), written(brand, "wanted"));
        let (first, later) = noise.split_at(marked);
        let learnt = taught(first, &wanted[..12]);
        let found = [muted(&learnt, later, false), muted(&learnt, later, true)];
        let known = format!("{brand}, {marked} marked: {found:?} of {}", later.len());
        assert!(found[0] >= calm && found[1] >= complaining, "{known}");
        assert_eq!(muted(&learnt, &wanted, true), 0, "{known}");
    }
}

/// How many texts of a set are looked at: the largest would take minutes.
const MOST_OF_SET: usize = 1_200;

/// Reads the texts of these labelled sets.
fn read(folder: &std::path::Path, names: &[&str], brand: &str) -> Vec<Near> {
    let mut texts: Vec<String> = Vec::new();
    let language = names[0].trim_start_matches("target-").split('-').next().unwrap();
    for name in names {
        for part in ["train", "dev"] {
            let path = folder.join("judging").join(part).join(format!("{name}.tsv"));
            let text = std::fs::read_to_string(path).unwrap();
            let cells = text.lines().skip(1).filter_map(|line| line.split('\t').nth(3));
            texts.extend(cells.map(str::to_owned));
        }
    }
    let near = |text: &String| near_in(language, text, brand);
    shuffled(texts).iter().filter_map(near).take(MOST_OF_SET).collect()
}

/// Reads the texts written for the judge, of all brands, as if they were of this one.
fn own(language: &str, lines: &str, brand: &str) -> Vec<Near> {
    let lines = lines.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let texts = lines.map(|cells| cells.last().unwrap().replace(cells[2], brand)).collect();
    shuffled(texts).iter().filter_map(|text| near_in(language, text, brand)).collect()
}

fn shuffled(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_by_key(|text| crate::enrich::features::Hash::new(1).text(text).row(30));
    texts.dedup();
    texts
}

/// Names that mean something else in collected texts, and what is wanted in their stead.
fn sets(folder: &std::path::Path) -> Vec<(&'static str, Vec<Near>, Vec<Near>)> {
    let read = |names: &[&str], brand: &str| read(folder, names, brand);
    let flights = read(&["en-airline"], "united");
    let airline = || flights.clone();
    let finnish = |brand| own("fi", include_str!("../texts/fi.tsv"), brand);
    let turkish = |brand| own("tr", include_str!("../texts/tr.tsv"), brand);
    let bank = read(&["tr-banktweets", "tr-sikayetvar"], "garanti");
    let machine = read(&["fi-finnsentiment", "fi-finparl", "fi-xed"], "kone");
    let states = read(&["en-tweeteval", "en-xlmt", "en-hutto-tweets", "en-xed"], "united");
    vec![
        ("Kone", machine, finnish("Kone")),
        ("Hallitus", read(&["fi-finparl"], "hallitus"), finnish("Hallitus")),
        ("United", states, airline()),
        ("Trump", read(&["en-tweeteval", "en-xlmt"], "trump"), airline()),
        ("Madonna", read(&["target-en-acl14", "en-tweeteval"], "madonna"), airline()),
        ("Galaxy", read(&["target-en-sanders", "en-mabsa"], "galaxy"), airline()),
        ("Google", read(&["target-en-sxsw"], "google"), airline()),
        ("Garanti", read(&["tr-store", "tr-mabsa", "tr-movies"], "garanti"), bank),
        ("Film", read(&["tr-movies2"], "film"), turkish("Film")),
        ("Kamera", read(&["tr-mabsa"], "kamera"), turkish("Kamera")),
    ]
}

/// Of a hundred wanted mentions every third has a ticket; ten of noise were never marked.
#[test]
fn of_a_thousand_complaints_one_is_lost_at_most_however_many_marks() {
    let Some(folder) = crate::testing::collection("marks of homonyms") else { return };
    let sets = sets(&folder);
    for marked in [5, 10, 20, 40] {
        for (name, noise, wanted) in sets.iter().filter(|(_, noise, _)| noise.len() > marked + 20) {
            let (first, later) = noise.split_at(marked);
            let (unmarked, later) = later.split_at(10);
            let (known, new) = wanted.split_at(100);
            let said = |nth| if nth % 3 == 0 { Said::AtDesk } else { Said::Nothing };
            let known = known.iter().enumerate().map(|(nth, near)| (said(nth), near));
            let unmarked = unmarked.iter().map(|near| (Said::Nothing, near));
            let first = first.iter().map(|near| (Said::Noise, near));
            let learnt = learn(first.chain(unmarked).chain(known));
            let shares = [muted(&learnt, later, true), muted(&learnt, later, false)];
            let calm = muted(&learnt, new, false);
            let lost = muted(&learnt, new, true);
            assert!(
                lost <= 1 + new.len() / 1000,
                "{name}, {marked} marked: {lost} of {}",
                new.len()
            );
            assert!(calm * 100 <= new.len(), "{name}, {marked} marked: {calm} of {}", new.len());
            let is_known = *name != "Galaxy" || marked == 5 || shares[0] * 2 > later.len();
            assert!(is_known, "{name}, {marked} marked: {shares:?} of {}", later.len());
        }
    }
}

/// Ten mentions of the brand in which nothing tells of anything.
fn others() -> Vec<Near> {
    let other = |nth: usize| near(&format!("Orbit opens shop {}", letters(nth)), "Orbit");
    (0..10).filter_map(other).collect()
}

fn noise() -> Vec<Near> {
    let texts = [
        "a rocket took the satellite into orbit",
        "the satellite left orbit with its rocket",
        "in orbit: satellite and rocket of NASA",
    ];
    texts.iter().filter_map(|text| near(text, "orbit")).collect()
}

const ALIKE: &str = "orbit again, for another rocket and satellite";

#[track_caller]
fn check(noise: &[Near], others: &[Near], expected: bool) {
    let learnt = taught(noise, others);
    let found = learnt.suspects(&post(ALIKE), &hits(ALIKE, "orbit"), &complaint());
    assert_eq!(found.is_some(), expected, "{learnt:?}");
}

#[test]
fn it_takes_three_different_texts_of_three_people_and_ten_others() {
    check(&noise(), &others(), true);
    check(&noise()[..2], &others(), false);
    check(&noise(), &others()[..9], false);
    let copies = vec![noise()[0].clone(), noise()[0].clone(), noise()[1].clone()];
    check(&copies, &others(), false);
    let by_one = |near: Near| Near { voice: Some("one".to_owned()), ..near };
    check(&noise().into_iter().map(by_one).collect::<Vec<_>>(), &others(), false);
}

#[test]
fn a_word_that_is_before_the_desk_tells_nothing() {
    let toy = |nth| near(&format!("Orbit toys: rocket and satellite {}", letters(nth)), "Orbit");
    let toys: Vec<Near> = (900..903).filter_map(toy).collect();
    let suspects = |said: Said| {
        let of_toys = toys.iter().map(|near| (said, near));
        let (noise, others) = (noise(), others());
        let noise = noise.iter().map(|near| (Said::Noise, near));
        let others = others.iter().map(|near| (Said::Nothing, near));
        learn(noise.chain(others).chain(of_toys))
            .suspects(&post(ALIKE), &hits(ALIKE, "orbit"), &complaint())
            .is_some()
    };
    assert_eq!([Said::Nothing, Said::AtDesk, Said::Ours].map(suspects), [false; 3]);
    assert!(taught(&noise(), &[others(), toys[..1].to_vec()].concat()).words().count() > 0);
}

#[test]
fn one_word_is_not_enough_for_a_complaint_and_neither_is_a_site() {
    let with_site =
        |near: Near| Near { places: BTreeSet::from(["site:space.example".into()]), ..near };
    let noise: Vec<Near> = noise().into_iter().map(with_site).collect();
    let learnt = taught(&noise, &others());
    assert!(learnt.words().any(|word| word.word == "site:space.example"), "{learnt:?}");
    let suspects = |text: &str| {
        let url = Some("https://space.example/1".into());
        learnt.suspects(&Post { url, ..post(text) }, &hits(text, "orbit"), &complaint())
    };
    assert_eq!(suspects("orbit is down"), None);
    assert_eq!(suspects("orbit is as slow as a rocket"), None);
    assert_eq!(
        suspects("orbit, rocket, satellite").as_deref(),
        Some("people marked 3 like it noise: rocket, satell*")
    );
}

#[test]
fn threats_and_what_is_said_to_the_brand_are_always_heard() {
    let learnt = taught(&noise(), &others());
    let hits = hits(ALIKE, "orbit");
    let suspects = |post: &Post, hits: &[Hit]| learnt.suspects(post, hits, &complaint()).is_some();
    assert!(suspects(&post(ALIKE), &hits));
    for threat in ["I will sue you", "the heater caught fire", "avukatıma sorayım"] {
        let text = format!("{ALIKE}. {threat}");
        for label in [Label::Negative, Label::Neutral, Label::Positive] {
            assert_eq!(
                learnt.suspects(&post(&text), &hits, &insight(label, false)),
                None,
                "{text}"
            );
        }
    }
    for concerns in [Concerns::Desk, Concerns::Brand] {
        assert!(!suspects(&Post { concerns, ..post(ALIKE) }, &hits));
    }
    assert!(!suspects(&Post { is_private: true, ..post(ALIKE) }, &hits));
    assert!(!suspects(&Post { rating: Some(1), ..post(ALIKE) }, &hits), "it is a review");
    assert!(!suspects(&post(ALIKE), &[]), "nothing names the brand");
}

#[test]
fn words_of_one_language_say_nothing_beside_those_of_another() {
    let swedish = [
        "orbit och raketen och satelliten som",
        "raketen som och satelliten i orbit",
        "satelliten och raketen som orbit",
    ];
    let alike = "orbit som och raketen och satelliten";
    for code in ["fi", "tr", "en", "sv", "pl"] {
        let noise: Vec<Near> =
            swedish.iter().filter_map(|text| near_in(code, text, "orbit")).collect();
        let insight = Insight { language: code.parse().ok(), ..complaint() };
        let suspects = |others: &[Near]| {
            let learnt = taught(&noise, others);
            learnt.suspects(&post(alike), &hits(alike, "orbit"), &insight).is_some()
        };
        let same: Vec<Near> = (0..10)
            .filter_map(|nth| near_in(code, &format!("Orbit opens {}", letters(nth)), "Orbit"))
            .collect();
        // Of Swedish and Polish nobody knows which words any text may hold.
        assert_eq!(suspects(&same), ["fi", "tr", "en"].contains(&code), "{code}");
        let other = if code == "en" { "fi" } else { "en" };
        let others: Vec<Near> = (0..10)
            .filter_map(|nth| near_in(other, &format!("Orbit opens {}", letters(nth)), "Orbit"))
            .collect();
        assert!(!suspects(&others), "{code} beside {other}");
    }
    let learnt = taught(&noise(), &others());
    let in_finnish = Insight { language: Some(Language::FINNISH), ..complaint() };
    assert_eq!(learnt.suspects(&post(ALIKE), &hits(ALIKE, "orbit"), &in_finnish), None);
}

#[test]
fn forms_of_one_word_are_one_word() {
    let text = |nth: usize| {
        format!("orbit: rocket, rockets and rocketing, {}", ["one", "two", "six"][nth])
    };
    let noise: Vec<Near> = (0..3).filter_map(|nth| near(&text(nth), "orbit")).collect();
    let learnt = taught(&noise, &others());
    assert!(learnt.words().filter(|word| word.word.starts_with("rocket")).count() > 1);
    let alike = "orbit, rocket, rockets and rocketing";
    assert_eq!(learnt.suspects(&post(alike), &hits(alike, "orbit"), &complaint()), None);
}

#[test]
fn what_may_be_a_complaint_is_treated_as_one() {
    let noise: Vec<Near> =
        (0..6).filter_map(|nth| near(&format!("orbit rocket {}", letters(nth)), "orbit")).collect();
    let others: Vec<Near> = (20..60)
        .filter_map(|nth| near(&format!("Orbit opens shop {}", letters(nth)), "Orbit"))
        .collect();
    let learnt = taught(&noise, &others);
    let suspects = |insight: &Insight| {
        let text = "orbit is a rocket";
        learnt.suspects(&post(text), &hits(text, "orbit"), insight).is_some()
    };
    assert!(suspects(&insight(Label::Neutral, false)), "{learnt:?}");
    assert!(!suspects(&insight(Label::Neutral, true)), "vahti is not sure of it");
    assert!(!suspects(&complaint()));
}

#[test]
fn only_what_stands_near_the_name_counts_and_never_how_somebody_feels() {
    let words = |text: &str| -> Vec<String> {
        let near = near(text, "orbit").unwrap();
        near.words.into_iter().collect()
    };
    let far = "Rocket. Orbit is here. Planet! Nothing. Comet.";
    assert_eq!(words(far), ["planet", "rocket"]);
    assert_eq!(
        words("orbit terrible awful surkea berbat 2026 https://a.example @user :("),
        [""; 0]
    );
    assert_eq!(words("orbit refund invoice asiakaspalvelu kargo"), [""; 0], "words of complaints");
    let author = Author { handle: Some("NASA".into()), ..Author::default() };
    let url = Some("https://www.space.example/x".into());
    let post = Post { url, author, ..post("orbit") };
    let near = Near::of(&post, &hits("orbit", "orbit"), Some(Language::ENGLISH));
    assert_eq!(Vec::from_iter(near.places), ["site:space.example"]);
}

#[test]
fn a_brand_keeps_so_many_words_and_those_with_the_most_evidence() {
    let text = |nth: usize, words: usize| {
        let many: Vec<String> = (0..words).map(letters).collect();
        near(&format!("orbit {} {}", letters(nth), many.join(" ")), "orbit").unwrap()
    };
    let noise: Vec<Near> = (0..9).map(|nth| text(nth, if nth < 4 { 300 } else { 5 })).collect();
    let learnt = taught(&noise, &others());
    let kept: Vec<&Word> = learnt.words().filter(|word| word.weight > 0.0).collect();
    assert_eq!(kept.len(), MOST_WORDS);
    for word in 0..5 {
        let name = letters(word);
        assert!(kept.iter().any(|kept| kept.word == name), "{name}");
    }
}

/// A number as a word that nothing knows.
fn letters(number: usize) -> String {
    let letter = |place: usize| char::from(b'a' + u8::try_from(number / place % 20).unwrap());
    format!("q{}x{}w{}", letter(400), letter(20), letter(1))
}

fn any_mentions() -> impl Strategy<Value = Vec<(Said, Near)>> {
    let said = prop_oneof![
        3 => Just(Said::Noise), 1 => Just(Said::Ours), 1 => Just(Said::AtDesk), 3 => Just(Said::Nothing)
    ];
    let word =
        prop_oneof![Just("rocket"), Just("satellite"), Just("comet"), Just("planet"), Just("shop")];
    let text = proptest::collection::vec(word, 0..4).prop_map(|words| words.join(" "));
    let one = (said, text, proptest::option::of(0_u8..5)).prop_map(|(said, text, by)| {
        let author = Author { handle: by.map(|by| by.to_string()), ..Author::default() };
        let text = format!("orbit {text}");
        let post = Post { author, ..post(&text) };
        (said, Near::of(&post, &hits(&text, "orbit"), Some(Language::ENGLISH)))
    });
    proptest::collection::vec(one, 0..40)
}

fn of(mentions: &[(Said, Near)]) -> Learnt {
    learn(mentions.iter().map(|(said, near)| (*said, near)))
}

proptest! {
    #[test]
    fn the_order_of_marks_tells_nothing(mentions in any_mentions(), turn in 0_usize..40) {
        let learnt = of(&mentions);
        let mut turned = mentions.clone();
        turned.rotate_left(turn.min(mentions.len()));
        prop_assert_eq!(&of(&turned), &learnt);
        turned.reverse();
        prop_assert_eq!(&of(&turned), &learnt);
        prop_assert_eq!(Learnt::of(learnt.words().cloned()), learnt);
    }

    #[test]
    fn without_a_mark_nothing_is_learnt_and_nothing_with_two(mentions in any_mentions()) {
        let mut marks = 0;
        let few: Vec<_> = mentions
            .into_iter()
            .filter(|(said, _)| {
                marks += usize::from(*said == Said::Noise);
                *said != Said::Noise || marks < 3
            })
            .collect();
        prop_assert!(of(&few).is_empty());
    }

    #[test]
    fn every_word_of_noise_has_its_evidence(mentions in any_mentions()) {
        for word in of(&mentions).words() {
            prop_assert!(word.weight.abs() <= MOST);
            let evidence = word.evidence();
            prop_assert!(evidence >= 3, "{:?}", word);
            prop_assert!(word.ours <= mentions.len());
        }
    }
}
