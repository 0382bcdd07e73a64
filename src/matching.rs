//! Which posts name which brand, and where: all keywords of all brands in one pass over the text.

use crate::brand::{Brand, Hit};
use crate::post::Post;
use crate::query::{FieldTest, Query};
use crate::text::Language;
use atom::Atoms;
use automaton::{Automaton, each_alone};
use evaluate::{Facts, Node};
use inflect::Languages;
use letter::comparable;
use reading::Reading;
use rules::Rules;
use std::collections::{BTreeSet, HashMap};

mod atom;
mod automaton;
mod evaluate;
#[cfg(test)]
mod gold;
mod hits;
mod inflect;
mod letter;
mod name;
mod origin;
mod reading;
mod rules;
mod scan;

/// A post names a brand.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The brand, by its place among those the matcher was made of.
    pub brand: usize,
    /// Where it is named: title first, then by place. They do not overlap. Empty where a keyword
    /// asks only for a site or an author.
    pub hits: Vec<Hit>,
}

/// Tells the language of a post, or `None` where nothing is sure.
pub type Tells = fn(&Post) -> Option<Language>;

/// The keywords of all brands, made ready once.
#[derive(Debug)]
pub struct Matcher {
    brands: Vec<Rules>,
    atoms: Atoms,
    automaton: Automaton,
    /// The brands that may be named where an atom is found.
    asking: HashMap<usize, Vec<usize>>,
    /// The brands with a keyword that needs nothing to be found.
    always: Vec<usize>,
}

impl Matcher {
    pub fn new(brands: &[Brand]) -> Self {
        let mut atoms = Atoms::default();
        let brands: Vec<Rules> = brands.iter().map(|brand| Rules::new(brand, &mut atoms)).collect();
        let (mut asking, mut always) = (HashMap::<usize, Vec<usize>>::new(), Vec::new());
        for (number, rules) in brands.iter().enumerate() {
            for atom in rules.wanted_atoms() {
                asking.entry(atom).or_default().push(number);
            }
            if rules.need_no_atom() {
                always.push(number);
            }
        }
        let automaton = Automaton::new(&atoms);
        Self { brands, atoms, automaton, asking, always }
    }

    /// Returns the brands that a post names, in their order. `language` tells the language of the post
    /// where that is known, and is asked only of posts in which something was found.
    pub fn candidates(&self, post: &Post, language: Tells) -> Vec<Candidate> {
        let reading = Reading::new(post, language);
        let found = self.automaton.places(&self.atoms, &reading);
        let facts = Facts { reading: &reading, found: &found, other: &|_| false, covers: false };
        let mut brands: BTreeSet<usize> = self.always.iter().copied().collect();
        brands.extend(found.keys().filter_map(|atom| self.asking.get(atom)).flatten());
        let candidate = |brand: usize| {
            let hits = self.brands.get(brand)?.hits(&facts, &reading)?;
            Some(Candidate { brand, hits })
        };
        brands.into_iter().filter_map(candidate).collect()
    }

    /// Lists the patterns that a text is scanned for, for measurements.
    pub fn patterns(&self) -> Vec<Vec<u8>> {
        self.automaton.patterns().map(|pattern| pattern.as_bytes().to_vec()).collect()
    }

    /// Tells whether a brand, by its place, wrote the post itself or has it on a site of its own.
    pub fn own(&self, brand: usize, post: &Post) -> bool {
        self.brands.get(brand).is_some_and(|rules| rules.own(post))
    }
}

/// A query made ready to be asked of many posts, one after the other.
#[derive(Debug)]
pub struct Search {
    node: Node,
    atoms: Atoms,
    written: String,
}

impl Search {
    pub fn new(query: &Query) -> Self {
        let mut atoms = Atoms::default();
        let node = Node::new(query, Languages::ALL, &mut atoms);
        Self { node, atoms, written: query.to_string() }
    }

    /// Returns where a post fits, or `None` if it does not; no places where only a site or an author
    /// was asked for. What the post alone does not tell (its brand, its sentiment) is taken not to fit.
    pub fn find(&self, post: &Post, language: Tells) -> Option<Vec<Hit>> {
        let reading = Reading::new(post, language);
        let found = each_alone(&self.atoms, &reading);
        let facts = Facts { reading: &reading, found: &found, other: &|_| false, covers: false };
        let mut spans = Vec::new();
        self.node.evaluate(&facts, &|_| true, &mut spans).then(|| {
            reading.hits(spans.into_iter().map(|span| (span, 0)).collect(), &[&self.written])
        })
    }

    /// Tells whether a post fits, with `other` answering what the post alone does not tell: all fields
    /// but `site:`, `author:` and `title:`.
    pub fn fits(&self, post: &Post, language: Tells, other: &dyn Fn(&FieldTest) -> bool) -> bool {
        let reading = match self.atoms.list() {
            [] => Reading::empty(post),
            _ => Reading::new(post, language),
        };
        let found = each_alone(&self.atoms, &reading);
        let facts = Facts { reading: &reading, found: &found, other, covers: false };
        self.node.evaluate(&facts, &|_| true, &mut Vec::new())
    }
}

/// Returns a text as it is scanned, for measurements.
pub fn folded(text: &str) -> String {
    scan::Scan::new(text).into_text()
}

/// Tells whether two words or names are the same but for case and look-alike signs.
pub fn same_word(one: &str, other: &str) -> bool {
    one == other || comparable(one) == comparable(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::{BrandName, Field, Keyword};
    use crate::post::Author;
    use crate::query::{parse_filter, parse_keyword};
    use proptest::prelude::{Strategy, prop_assert_eq, prop_oneof, proptest};
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
        let hits =
            matcher.candidates(&post(written), |_| None).pop().map(|candidate| candidate.hits);
        assert_eq!(sketch(hits), expected, "{wanted:?} without {exclude:?} in {written:?}");
    }

    #[test]
    fn plain_words_match_whatever_their_case() {
        check(&["Acme"], &[], "ACME, acme ja Acme", "ACME@0-4 acme@6-10 Acme@14-18");
        check(&["Acme"], &[], "Acmella Placme", "none");
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
    fn ten_megabytes_take_their_time_and_no_more() {
        let matcher = Matcher::new(&[brand(&["acme", "\"acme acme acme\"", "a"], &["\"b acme\""])]);
        let units = [
            ("acme ", 10_000_000),
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
            assert!(start.elapsed() < Duration::from_mins(1), "{unit:?}: {:?}", start.elapsed());
        }
    }

    #[test]
    fn ten_thousand_keywords_are_one_pass() {
        let written: Vec<String> = (0..10_000).map(|n| format!("word{n} extra{n}")).collect();
        let all: Vec<&str> = written.iter().map(String::as_str).collect();
        let start = Instant::now();
        let matcher = Matcher::new(&[brand(&all, &[])]);
        let found = matcher.candidates(&post("word7 extra8 word9999 extra9999"), |_| None);
        assert_eq!(
            sketch(found.into_iter().next().map(|c| c.hits)),
            "word9999@13-21 extra9999@22-31"
        );
        assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    }

    /// Says whether a query fits, in the plainest way there is.
    fn fits_plainly(query: &Query, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let stands = |words: &[String], is_handle: bool| {
            (0..text.len()).any(|start| {
                let mut at = start;
                for (number, word) in words.iter().enumerate() {
                    let first = at;
                    while number > 0 && text.get(at).is_some_and(|c| *c == ' ' || *c == '-') {
                        at += 1;
                    }
                    let here: String = text.iter().skip(at).take(word.chars().count()).collect();
                    if here != *word || (number > 0 && at == first) {
                        return false;
                    }
                    at += word.chars().count();
                }
                let before = start.checked_sub(1).map_or(' ', |at| text[at]);
                let after = text.get(at).copied().unwrap_or(' ');
                let goes_on = after == '_' && (is_handle || before == '@' || before == '#');
                !before.is_alphanumeric() && !after.is_alphanumeric() && !goes_on
            })
        };
        match query {
            Query::All => true,
            Query::Term(word) => stands(&[word.to_lowercase()], false),
            Query::Phrase(words) => {
                let words: Vec<String> = words
                    .split([' ', '-'])
                    .filter(|word| !word.is_empty())
                    .map(str::to_lowercase)
                    .collect();
                stands(&words, false)
            }
            Query::Handle(handle) => stands(&[format!("@{handle}")], true),
            Query::Tag(tag) => stands(&[format!("#{tag}")], true),
            Query::And(parts) => {
                parts.iter().all(|part| fits_plainly(part, &text.iter().collect::<String>()))
            }
            Query::Or(parts) => {
                parts.iter().any(|part| fits_plainly(part, &text.iter().collect::<String>()))
            }
            Query::Not(inner) => !fits_plainly(inner, &text.iter().collect::<String>()),
            Query::Field(_)
            | Query::Exact(_)
            | Query::Capitals(_)
            | Query::Prefix(_)
            | Query::Misspelt(_)
            | Query::Near(_) => false,
        }
    }

    fn any_query() -> impl Strategy<Value = Query> {
        let leaf = prop_oneof![
            "[ab]{1,2}".prop_map(Query::Term),
            "[ab]{1,2}[ -][ab]".prop_map(Query::Phrase),
            "[ab]{1,2}".prop_map(Query::Handle),
            "[ab]".prop_map(Query::Tag),
        ];
        leaf.prop_recursive(4, 16, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Query::And),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Query::Or),
                inner.prop_map(|query| Query::Not(Box::new(query))),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_query_fits_where_the_plainest_reading_says_so(query in any_query(), text in "[abAB @#_,-]{0,16}") {
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
            text in "[abABİı @#_,-]{0,24}",
            title in "[ab ]{0,6}",
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
}
