//! What of the matcher is seen from outside, beside its forms (see `gold`).

use super::*;
use crate::brand::{BrandName, Field, Keyword};
use crate::post::Author;
use crate::query::{Near, parse_filter, parse_keyword};
use proptest::prelude::{Just, Strategy, prop_assert_eq, prop_oneof, proptest};
use std::time::{Duration, Instant};

fn keywords(written: &[&str]) -> Vec<Keyword> {
    let keyword = |written: &&str| Keyword {
        written: (*written).to_owned(),
        query: parse_keyword(written).unwrap(),
    };
    written.iter().map(keyword).collect()
}

fn brand(wanted: &[&str], exclude: &[&str]) -> Brand {
    Brand {
        name: BrandName("Acme".into()),
        keywords: keywords(wanted),
        exclude: keywords(exclude),
        own: vec!["acme.example".into(), "@acme".into()],
        context: Vec::new(),
        languages: Vec::new(),
        tickets: None,
        praise: false,
    }
}

/// `title | text`, or only a text.
fn post(written: &str) -> Post {
    let (title, text) = match written.split_once(" | ") {
        Some((title, text)) => (Some(title.to_owned()), text),
        None => (None, written),
    };
    Post {
        title,
        text: text.to_owned(),
        url: Some("https://forum.example/1".into()),
        author: Author { handle: Some("maija".into()), ..Author::default() },
        ..Post::default()
    }
}

/// Writes hits as `form@start-end`, those of the title with a `!`.
fn find(query: &Query, post: &Post) -> Option<Vec<Hit>> {
    Search::new(query).find(post, |_| None)
}

fn sketch(hits: Option<Vec<Hit>>) -> String {
    let one = |hit: &Hit| {
        let sign = if hit.field == Field::Title { "!" } else { "" };
        format!("{sign}{}@{}-{}", hit.form, hit.start, hit.end)
    };
    hits.map_or("none".into(), |hits| hits.iter().map(one).collect::<Vec<_>>().join(" "))
}

#[track_caller]
fn check(wanted: &[&str], exclude: &[&str], written: &str, expected: &str) {
    let matcher = Matcher::new(&[brand(wanted, exclude)]);
    let hits = matcher.candidates(&post(written), |_| None).pop().map(|candidate| candidate.hits);
    assert_eq!(sketch(hits), expected, "{wanted:?} without {exclude:?} in {written:?}");
}

#[test]
fn plain_words_match_whatever_their_case() {
    check(&["Acme"], &[], "ACME, acme ja Acme", "ACME@0-4 acme@6-10 Acme@14-18");
    check(&["Acme"], &[], "Placme Acmexy", "none");
    check(&["Acme"], &[], "", "none");
    check(&["IŞIK"], &[], "ışık Işık işik", "ışık@0-4 Işık@5-9 işik@10-14");
    check(&["istanbul kart"], &[], "İSTANBUL KART", "İSTANBUL@0-8 KART@9-13");
}

#[test]
fn places_count_characters_of_the_original() {
    check(&["Acme"], &[], "äö🍎 Acme", "Acme@4-8");
    check(&["Acme"], &[], "A\u{308}a\u{301} İ Acme", "Acme@7-11");
    check(&["Acme"], &[], "\u{feff}Ac\u{ad}me!", "Ac\u{ad}me@1-6");
    check(&["Acme"], &[], "👩\u{200d}🍳👍🏽 @acme 🇫🇮 #ACME", "acme@7-11 ACME@16-20");
    check(&["\"Acme Pay\""], &[], "ﬁ x: Acme\u{a0}–\nPAY.", "Acme\u{a0}–\nPAY@5-15");
}

#[test]
fn the_title_comes_first() {
    check(&["acme"], &[], "On Acme | Why acme?", "!Acme@3-7 acme@4-8");
    check(&["title:acme"], &[], "On Acme | Why acme?", "!Acme@3-7");
    check(&["title:acme"], &[], "On it | Why acme?", "none");
    check(&["acme refund"], &[], "Refund | from acme", "!Refund@0-6 acme@5-9");
}

#[test]
fn of_overlapping_hits_the_longest_stays() {
    check(&["Acme", "\"Acme Pay\""], &[], "Acme Pay Acme", "Acme Pay@0-8 Acme@9-13");
    check(&["a", "\"a b\"", "\"b c d\""], &[], "a b c d", "a@0-1 b c d@2-7");
    check(&["acme", "@acme"], &[], "@acme acme", "@acme@0-5 acme@6-10");
}

#[test]
fn the_keyword_of_a_hit_is_the_one_that_found_it() {
    let matcher = Matcher::new(&[brand(&["pay", "ACME", "acme refund"], &[])]);
    let hits = matcher.candidates(&post("acme refund"), |_| None).pop().unwrap().hits;
    let found: Vec<_> = hits.iter().map(|hit| hit.keyword.as_str()).collect();
    assert_eq!(found, ["ACME", "acme refund"]);
}

#[test]
fn conditions_are_kept() {
    check(&["acme refund"], &[], "acme", "none");
    check(&["acme OR refund"], &[], "refund", "refund@0-6");
    check(&["acme (refund OR return) -klein"], &[], "acme return", "acme@0-4 return@5-11");
    check(&["acme -klein"], &[], "acme klein", "none");
    check(&["acme -(klein OR gross)"], &[], "gross acme", "none");
    check(&["acme -(klein gross)"], &[], "gross acme", "acme@6-10");
    check(&["NOT (NOT acme)"], &[], "acme", "acme@0-4");
    check(&["acme (b OR c)"], &[], "b c acme", "b@0-1 c@2-3 acme@4-8");
}

#[test]
fn site_and_author_are_conditions_too() {
    check(&["acme site:forum.example"], &[], "acme", "acme@0-4");
    check(&["acme site:other.example"], &[], "acme", "none");
    check(&["acme -author:@maija"], &[], "acme", "none");
    check(&["site:forum.example"], &[], "whatever", "");
    check(&["author:maija OR acme"], &[], "whatever", "");
}

#[test]
fn a_match_inside_an_excluded_one_does_not_count() {
    check(&["acme"], &["\"acme road runner\""], "Acme Road Runner", "none");
    check(&["acme"], &["\"acme road runner\""], "Acme Road Runner, acme", "acme@18-22");
    check(&["acme"], &["\"acme road runner\""], "Acme Road Runner | acme", "acme@0-4");
    check(
        &["\"acme road runner show\""],
        &["\"acme road\""],
        "acme road runner show",
        "acme road runner show@0-21",
    );
    check(&["acme road"], &["\"acme road\""], "acme road", "none");
    check(&["acme road"], &["\"acme road\""], "acme road, road acme", "road@11-15 acme@16-20");
    check(&["acme -road"], &["\"acme road\""], "acme road acme", "none");
    check(&["b"], &["\"a b c d\"", "\"b c\""], "a b c d", "none");
    check(&["acme"], &["site:forum.example"], "acme", "none");
    check(&["acme"], &["acme site:other.example"], "acme", "acme@0-4");
}

#[test]
fn every_brand_is_asked_by_its_place() {
    let brands = [
        brand(&["acme"], &[]),
        brand(&["nosuch"], &[]),
        brand(&["acme", "site:forum.example"], &["acme"]),
    ];
    let seen: Vec<_> = Matcher::new(&brands)
        .candidates(&post("acme"), |_| None)
        .into_iter()
        .map(|c| (c.brand, c.hits.len()))
        .collect();
    assert_eq!(seen, [(0, 1), (2, 0)]);
}

#[test]
fn own_is_asked_by_the_brands_place() {
    let mut other = brand(&["x"], &[]);
    other.own = Vec::new();
    let matcher = Matcher::new(&[other, brand(&["x"], &[])]);
    let own = Post { url: Some("https://www.acme.example/".into()), ..Post::default() };
    assert_eq!([0, 1, 2].map(|brand| matcher.own(brand, &own)), [false, true, false]);
}

#[test]
fn other_fields_are_answered_by_the_caller() {
    let fits = |query: &str| {
        let query = parse_filter(query).unwrap();
        Search::new(&query).fits(&post("acme"), |_| None, &|test| test.value == "fi")
    };
    assert!(fits("lang:fi acme") && fits("-lang:tr") && fits("") && fits("lang:tr OR acme"));
    assert!(!fits("lang:tr acme") && !fits("lang:fi -acme"));
    assert_eq!(find(&parse_filter("lang:fi").unwrap(), &post("acme")), None);
    assert_eq!(sketch(find(&parse_filter("").unwrap(), &post("acme"))), "");
}

#[test]
fn megabytes_take_their_time_and_no_more() {
    let matcher = Matcher::new(&[brand(&["acme", "\"acme acme acme\"", "a"], &["\"b acme\""])]);
    let units = [
        ("acme ", 2_000_000),
        ("a", 1_000_000),
        ("\u{301}", 1_000_000),
        ("İ", 1_000_000),
        ("acme acme\u{301}", 1_000_000),
    ];
    for (unit, size_bytes) in units {
        let long = Post { text: unit.repeat(size_bytes / unit.len()), ..Post::default() };
        let start = Instant::now();
        let candidates = matcher.candidates(&long, |_| None);
        assert!(candidates.iter().all(|candidate| candidate.hits.len() <= 1_000));
        assert!(start.elapsed() < Duration::from_mins(3), "{unit:?}: {:?}", start.elapsed());
    }
}

#[test]
fn ten_thousand_keywords_are_one_pass() {
    let written: Vec<String> = (0..10_000).map(|n| format!("word{n} extra{n}")).collect();
    let all: Vec<&str> = written.iter().map(String::as_str).collect();
    let start = Instant::now();
    let matcher = Matcher::new(&[brand(&all, &[])]);
    let found = matcher.candidates(&post("word7 extra8 word9999 extra9999"), |_| None);
    assert_eq!(sketch(found.into_iter().next().map(|c| c.hits)), "word9999@13-21 extra9999@22-31");
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
}

/// Says whether a query fits a text of words and signs, in the plainest way there is: word by word. The
/// words of these tests take no endings.
fn fits_plainly(query: &Query, text: &str) -> bool {
    let mut words: Vec<(String, bool)> = Vec::new();
    let mut is_next = false;
    for piece in text.split_inclusive([' ', ',']) {
        let word = piece.trim_end_matches([' ', ',']);
        if !word.is_empty() {
            words.push((word.to_owned(), is_next));
        }
        // A comma parts what a blank joins; two of them do too.
        is_next = piece.ends_with(' ') && (!word.is_empty() || is_next);
    }
    !plain_places(query, &words).is_empty() || fits_anyway(query, &words)
}

fn fits_anyway(query: &Query, words: &[(String, bool)]) -> bool {
    let fits = |query: &Query| !plain_places(query, words).is_empty() || fits_anyway(query, words);
    match query {
        Query::All => true,
        Query::And(parts) => parts.iter().all(fits),
        Query::Or(parts) => parts.iter().any(fits),
        Query::Not(inner) => !fits(inner),
        _ => false,
    }
}

/// Lists where something stands: the first and the last word.
fn plain_places(query: &Query, words: &[(String, bool)]) -> Vec<(usize, usize)> {
    let bare = |word: &str| word.trim_start_matches(['@', '#']).to_lowercase();
    let each = |fits: &dyn Fn(&str) -> bool| -> Vec<(usize, usize)> {
        let places = words.iter().enumerate().filter(|(_, (word, _))| fits(word));
        places.map(|(at, _)| (at, at)).collect()
    };
    match query {
        Query::Term(term) => each(&|word| bare(word) == *term),
        Query::Exact(term) => each(&|word| word.trim_start_matches(['@', '#']) == term),
        Query::Capitals(term) => each(&|word| {
            let bare = word.trim_start_matches(['@', '#']);
            bare.to_lowercase() == term.to_lowercase() && bare.starts_with(char::is_uppercase)
        }),
        Query::Prefix(start) => each(&|word| bare(word).starts_with(start)),
        Query::Handle(term) => each(&|word| word.to_lowercase() == format!("@{term}")),
        Query::Tag(term) => each(&|word| word.to_lowercase() == format!("#{term}")),
        Query::Phrase(phrase) => {
            let wanted: Vec<&str> = phrase.split(' ').collect();
            let stands = |at: &usize| {
                wanted.iter().enumerate().all(|(number, wanted)| {
                    words.get(at + number).is_some_and(|(word, joins)| {
                        let word = if number == 0 { bare(word) } else { word.to_lowercase() };
                        word == **wanted && (number == 0 || *joins)
                    })
                })
            };
            (0..words.len()).filter(stands).map(|at| (at, at + wanted.len() - 1)).collect()
        }
        Query::Near(near) => {
            let (left, right) = (plain_places(&near.left, words), plain_places(&near.right, words));
            let is_near = |one: &(usize, usize), other: &(usize, usize)| {
                let (first, last) = if one.0 <= other.0 { (one, other) } else { (other, one) };
                last.0 > first.1 && last.0 - first.1 - 1 <= near.words
            };
            let pairs = left.iter().flat_map(|one| right.iter().map(move |other| (*one, *other)));
            let whole = |(one, other): ((usize, usize), (usize, usize))| {
                (one.0.min(other.0), one.1.max(other.1))
            };
            pairs.filter(|(one, other)| is_near(one, other)).map(whole).collect()
        }
        Query::Or(parts) => parts.iter().flat_map(|part| plain_places(part, words)).collect(),
        _ => Vec::new(),
    }
}

const WORDS: [&str; 3] = ["kvz", "wqv", "zzkq"];

fn any_query() -> impl Strategy<Value = Query> {
    let word = || prop_oneof![Just(WORDS[0]), Just(WORDS[1]), Just(WORDS[2])];
    let placed = prop_oneof![
        4 => word().prop_map(|word| Query::Term(word.into())),
        1 => (word(), word()).prop_map(|(one, other)| Query::Phrase(format!("{one} {other}"))),
        1 => word().prop_map(|word| Query::Exact(word.into())),
        1 => word().prop_map(|word| Query::Prefix(word.chars().take(2).collect())),
        1 => prop_oneof![Just("Kvz"), Just("Zzkq")].prop_map(|word| Query::Capitals(word.into())),
        1 => word().prop_map(|word| Query::Handle(word.into())),
        1 => word().prop_map(|word| Query::Tag(word.into())),
    ];
    let near = placed.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..3).prop_map(Query::Or),
            (inner.clone(), inner, 0_usize..3).prop_map(|(left, right, words)| {
                Query::Near(Box::new(Near { left, right, words }))
            }),
        ]
    });
    near.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Query::And),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Query::Or),
            inner.prop_map(|query| Query::Not(Box::new(query))),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => prop_oneof![Just("kvz"), Just("wqv"), Just("zzkq"), Just("Kvz"), Just("ZZKQ")],
        1 => prop_oneof![Just("@kvz"), Just("#wqv"), Just("xx"), Just("kvzx")],
    ];
    let between = prop_oneof![4 => Just(" "), 1 => Just(", "), 1 => Just(",")];
    proptest::collection::vec((word, between), 0..7)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(word, after)| [word, after]).collect())
}

#[test]
fn what_stands_near_may_be_the_wider_of_two_stretches() {
    let query = parse_filter("kvz NEAR/1 zzkq NEAR/1 wqv").unwrap();
    for (text, fits) in [("zzkq kvz kvz xx wqv", true), ("zzkq kvz xx xx wqv", false)] {
        let post = Post { text: text.to_owned(), ..Post::default() };
        assert_eq!(find(&query, &post).is_some(), fits, "{text}");
        assert_eq!(fits_plainly(&query, text), fits, "{text}");
    }
}

proptest! {
    #[test]
    fn a_query_fits_where_the_plainest_reading_says_so(query in any_query(), text in any_text()) {
        let post = Post { text: text.clone(), ..Post::default() };
        let found = find(&query, &post);
        prop_assert_eq!(found.is_some(), fits_plainly(&query, &text), "{} in {:?}", query, text);
        let mut last = 0;
        for hit in found.into_iter().flatten() {
            let form: String = text.chars().skip(hit.start).take(hit.end - hit.start).collect();
            prop_assert_eq!(hit.form, form);
            assert!(last <= hit.start && hit.start < hit.end);
            last = hit.end;
        }
    }

    #[test]
    fn one_pass_finds_what_each_query_finds_alone(
        queries in proptest::collection::vec(any_query(), 1..6),
        text in any_text(),
        title in any_text(),
    ) {
        let brands: Vec<Brand> = queries.iter().map(|query| Brand {
            keywords: vec![Keyword { written: query.to_string(), query: query.clone() }],
            ..brand(&[], &[])
        }).collect();
        let post = Post { title: Some(title), text, ..Post::default() };
        let together: Vec<_> = Matcher::new(&brands).candidates(&post, |_| None);
        let alone: Vec<_> = queries.iter().enumerate().filter_map(|(brand, query)| {
            Some(Candidate { brand, hits: find(query, &post)? })
        }).collect();
        prop_assert_eq!(together, alone);
    }
}
