//! Keywords against a text: every place lies in the text and is what it says, and all keywords in one
//! pass find what each finds alone.
//!
//! An input is keywords, excludes and context words, a line each, then a title and a text, with an
//! empty line between the five.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vahti::brand::{Brand, BrandName, Field, Hit, Keyword};
use vahti::matching::{Matcher, Search, Tells};
use vahti::post::Post;
use vahti::query::{BadQuery, Query, parse_exclude, parse_keyword};
use vahti::text::Language;

/// The most hits that a brand is told of in one post.
const MOST_HITS: usize = 1_000;

const LANGUAGES: [Tells; 6] = [
    |_| None,
    |_| Some(Language::FINNISH),
    |_| Some(Language::TURKISH),
    |_| Some(Language::ENGLISH),
    |_| Some(Language::SWEDISH),
    |_| "de".parse().ok(),
];

fuzz_target!(|data: &[u8]| {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let mut parts = input.splitn(5, "\n\n");
    let mut next = || parts.next().unwrap_or_default();
    let wanted = read(next(), parse_keyword);
    let exclude = read(next(), parse_exclude);
    let context = read(next(), parse_keyword);
    let (title, text) = (Some(next()).filter(|title| !title.is_empty()), next());
    let post = Post { title: title.map(str::to_owned), text: text.to_owned(), ..Post::default() };

    let mut brands = vec![brand(wanted.clone(), exclude, context)];
    brands.extend(wanted.iter().map(|keyword| brand(vec![keyword.clone()], vec![], vec![])));
    let matcher = Matcher::new(&brands);
    for language in LANGUAGES {
        let candidates = matcher.candidates(&post, language);
        let in_order = candidates.iter().zip(candidates.iter().skip(1));
        assert!(in_order.into_iter().all(|(one, next)| one.brand < next.brand), "{candidates:?}");
        for candidate in &candidates {
            let brand = brands.get(candidate.brand).expect("a brand that was asked for");
            check(&candidate.hits, brand, &post);
        }
        for (number, keyword) in wanted.iter().enumerate() {
            let with_others = candidates.iter().find(|candidate| candidate.brand == number + 1);
            let search = Search::new(&keyword.query);
            let alone = search.find(&post, language);
            assert_eq!(with_others.map(|found| &found.hits), alone.as_ref(), "{keyword:?}");
            assert_eq!(search.fits(&post, language, &|_| false), alone.is_some(), "{keyword:?}");
        }
    }
});

/// Reads a keyword a line. What is faulty is left out.
fn read(lines: &str, parse: fn(&str) -> Result<Query, BadQuery>) -> Vec<Keyword> {
    let queries = lines.lines().filter_map(|line| parse(line).ok());
    // Written as a search writes it, which knows no other name for it.
    queries.map(|query| Keyword { written: query.to_string(), query }).collect()
}

fn brand(keywords: Vec<Keyword>, exclude: Vec<Keyword>, context: Vec<Keyword>) -> Brand {
    Brand {
        name: BrandName("Acme".into()),
        keywords,
        exclude,
        own: Vec::new(),
        context,
        languages: Vec::new(),
        tickets: None,
    }
}

/// Checks what is promised of the hits of one brand.
fn check(hits: &[Hit], brand: &Brand, post: &Post) {
    assert!(hits.len() <= MOST_HITS, "{} hits", hits.len());
    for hit in hits {
        let field = match hit.field {
            Field::Title => post.title.as_deref().unwrap_or_default(),
            Field::Text => &post.text,
        };
        assert!(hit.start < hit.end && hit.end <= field.chars().count(), "{hit:?} in {field:?}");
        let stands: String = field.chars().skip(hit.start).take(hit.end - hit.start).collect();
        assert_eq!(hit.form, stands, "{hit:?} in {field:?}");
        assert!(brand.keywords.iter().any(|keyword| keyword.written == hit.keyword), "{hit:?}");
    }
    for (one, next) in hits.iter().zip(hits.iter().skip(1)) {
        let apart = one.field < next.field || (one.field == next.field && one.end <= next.start);
        assert!(apart, "{one:?} and {next:?} overlap or are out of order");
    }
}
