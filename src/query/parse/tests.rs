//! Queries as they are read, and the faults of those that cannot be.

use super::*;
use proptest::prelude::{prop_assert, proptest};

/// Writes a query so that its structure can be seen.
fn sketch(query: &Query) -> String {
    let list = |parts: &[Query]| parts.iter().map(sketch).collect::<Vec<_>>().join(" ");
    match query {
        Query::All => "all".into(),
        Query::Term(word) => word.clone(),
        Query::Phrase(words) => format!("'{words}'"),
        Query::Handle(handle) => format!("@{handle}"),
        Query::Tag(tag) => format!("#{tag}"),
        Query::And(parts) => format!("and({})", list(parts)),
        Query::Or(parts) => format!("or({})", list(parts)),
        Query::Not(inner) => format!("not({})", sketch(inner)),
        Query::Exact(text) => format!("exact[{text}]"),
        Query::Capitals(text) => format!("capitals[{text}]"),
        Query::Prefix(text) => format!("prefix[{text}]"),
        Query::Misspelt(text) => format!("misspelt[{text}]"),
        Query::Near(near) => {
            format!("near{}({} {})", near.words, sketch(&near.left), sketch(&near.right))
        }
        Query::Field(FieldTest { field, comparison, value }) => {
            format!("{field}{comparison:?}[{value}]")
        }
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let query = parse_filter(text).unwrap_or_else(|bad| panic!("{}", bad.pointed(text)));
    assert_eq!(sketch(&query), expected, "{text}");
}

#[track_caller]
fn check_bad(text: &str, at: usize, expected: &str) {
    let bad = parse_filter(text).map_err(|bad| (bad.at, bad.message));
    assert_eq!(bad, Err((at, expected.to_owned())), "{text}");
}

#[track_caller]
fn check_bad_keyword(text: &str, at: usize, expected: &str) {
    let bad = parse_keyword(text).map_err(|bad| (bad.at, bad.message));
    assert_eq!(bad, Err((at, expected.to_owned())), "{text}");
}

#[test]
fn not_binds_closer_than_and_and_and_closer_than_or() {
    check("a b OR c", "or(and(a b) c)");
    check("a OR b c", "or(a and(b c))");
    check("a OR b OR c", "or(a b c)");
    check("NOT a b", "and(not(a) b)");
    check("a -b OR -c", "or(and(a not(b)) not(c))");
    check("a AND b AND NOT c", "and(a b not(c))");
    check("NOT NOT a", "not(not(a))");
    check("--a", "not(not(a))");
}

#[test]
fn parentheses_group() {
    check("a (b OR c)", "and(a or(b c))");
    check("-(a b)", "not(and(a b))");
    check("((a))", "a");
    check("(a)(b)", "and(a b)");
    check("(a b) c", "and(and(a b) c)");
}

#[test]
fn only_operators_in_capitals_are_operators() {
    check("this or that", "and(this or that)");
    check("not and or", "and(not and or)");
    check("\"OR\"", "'OR'");
    check("near", "near");
}

#[test]
fn words_keep_their_signs() {
    check("AT&T coca-cola C++ 12:30", "and(AT&T coca-cola C++ 12:30)");
    check("@acme #acme C#", "and(@acme #acme C#)");
    check("-@acme", "not(@acme)");
    check("🍎", "🍎");
    check("äiti", "äiti");
}

#[test]
fn quotes_make_phrases_and_keep_what_is_in_them() {
    check("\"Acme Pay\"", "'Acme Pay'");
    check("“Acme Pay”", "'Acme Pay'");
    check("a\"b c\"d", "and(a 'b c' d)");
    check("\"a OR (b* site:c\"", "'a OR (b* site:c'");
}

#[test]
fn an_empty_query_is_everything() {
    check("", "all");
    check(" \n\t ", "all");
}

#[test]
fn every_field_is_read() {
    check(
        "brand:Acme source:\"google alerts\" kind:Feed lang:FI sentiment:Negative score:<-0.5",
        "and(brandIs[Acme] sourceIs[google alerts] kindIs[feed] langIs[fi] sentimentIs[negative] \
         scoreLess[-0.5])",
    );
    check(
        "author:@maija site:Forum.example priority:>=high type:aggressive flag:legal_threat",
        "and(authorIs[@maija] siteIs[forum.example] priorityGreaterOrEqual[high] \
         typeIs[aggressive] flagIs[legal_threat])",
    );
    check(
        "story:m3k9 ticket:none own:true since:7d until:2026-11-01 Title:refund",
        "and(storyIs[m3k9] ticketIs[none] ownIs[true] sinceIs[7d] untilIs[2026-11-01] \
         titleIs[refund])",
    );
    check("score:>0 score:<=\"0.5\"", "and(scoreGreater[0] scoreLessOrEqual[0.5])");
    check("-lang:fi", "not(langIs[fi])");
    check("since:2026-11-01T08:00:00+02:00", "sinceIs[2026-11-01T08:00:00+02:00]");
}

#[test]
fn a_fault_points_at_its_character() {
    check_bad("a OR", 4, "a term is missing at the end");
    check_bad("OR a", 0, "a term is missing before OR");
    check_bad("a AND AND b", 6, "a term is missing before AND");
    check_bad("a NOT", 5, "a term is missing at the end");
    check_bad("a - b", 2, "this `-` stands before nothing");
    check_bad("ä (b", 2, "this parenthesis is never closed");
    check_bad("a b)", 3, "this parenthesis closes nothing");
    check_bad("a ()", 3, "a term is missing before this parenthesis");
    check_bad("a \"b", 2, "this quote is never closed");
    check_bad("a \"\"", 2, "there is nothing to look for between these quotes");
    check_bad("a !!", 2, "there is nothing to look for in `!!`");
    check_bad("a @", 2, "there is nothing to look for in `@`");
    check_bad("a – b", 2, "there is nothing to look for in `–`");
}

#[test]
fn a_value_that_does_not_suit_says_what_would() {
    check_bad(
        "sentiment:negativ",
        10,
        "`sentiment:` knows no `negativ`; expected negative, neutral, positive; did you mean `negative`?",
    );
    check_bad("own:yes", 4, "`own:` knows no `yes`; expected true, false");
    check_bad("a score:<bad", 8, "`bad` is no score; expected a number from -1 to 1");
    check_bad("score:2", 6, "`2` is no score; expected a number from -1 to 1");
    check_bad("score:nan", 6, "`nan` is no score; expected a number from -1 to 1");
    check_bad(
        "lang:finnish",
        5,
        "`finnish` is no language; expected two letters such as fi, tr, en",
    );
    check_bad("site:a/b", 5, "`a/b` is no domain; expected one such as forum.example");
    check_bad("author:", 7, "a value is missing after `author:`");
    check_bad("author: maija", 7, "a value is missing after `author:`");
    check_bad("brand:>acme", 6, "`brand:` has no order; only score: and priority: take >");
    check_bad("score:<>1", 6, "`<>` is no comparison; there are <, <=, > and >=");
    check_bad(
        "since:yesterday",
        6,
        "`yesterday` is no time; write a date such as 2026-11-01, a time such as \
         2026-11-01T08:00:00Z, or an age such as 7d or 12h",
    );
}

#[test]
fn an_unknown_field_is_a_fault() {
    check_bad(
        "a sentimnt:negative",
        2,
        "there is no field `sentimnt:`; did you mean `sentiment:`?",
    );
    let bad = parse_filter("https://a.example").unwrap_err();
    assert!(bad.message.contains("use quotes"), "{bad}");
}

#[test]
fn signs_before_and_behind_a_word_change_what_is_found() {
    check("=Acme ^KONE acm* Acme~1", "and(exact[Acme] capitals[KONE] prefix[acm] misspelt[Acme])");
    check("=\"Acme Pay\" ^„Best Buy“", "and(exact[Acme Pay] capitals[Best Buy])");
    check("-=Acme", "not(exact[Acme])");
    check("=AT&T ^H&M", "and(exact[AT&T] capitals[H&M])");
    check("a~b ~x", "and(a~b ~x)");
    check("\"=Acme\" \"acm*\"", "and('=Acme' 'acm*')");
}

#[test]
fn near_binds_closest_of_all() {
    check("a NEAR/5 b", "near5(a b)");
    check("a b NEAR/5 c d", "and(a near5(b c) d)");
    check("NOT a NEAR/5 b", "not(near5(a b))");
    check("-a NEAR/0 b", "not(near0(a b))");
    check("a NEAR/5 b OR c", "or(near5(a b) c)");
    check("a NEAR/5 b NEAR/2 c", "near2(near5(a b) c)");
    check("a NEAR/5 (b NEAR/2 c)", "near5(a near2(b c))");
    check("(a OR \"b c\") NEAR/100 (de* OR ^E)", "near100(or(a 'b c') or(prefix[de] capitals[E]))");
}

#[test]
fn a_sign_that_does_not_fit_says_what_would() {
    for (text, at, expected) in [
        ("a NEAR b", 2, "NEAR needs the most words"),
        ("a NEAR/x b", 7, "NEAR needs the most words"),
        ("a NEAR/101 b", 7, "at most 100"),
        ("NEAR/5 b", 0, "a term is missing before NEAR"),
        ("a NEAR/5", 8, "a term is missing at the end"),
        ("a NEAR/5 -b", 2, "NEAR stands between words"),
        ("(a b) NEAR/5 c", 6, "NEAR stands between words"),
        ("a NEAR/5 site:x.example", 2, "NEAR stands between words"),
        ("x p*", 2, "at least 2 letters"),
        ("a pr*e", 4, "`*` only ends a plain word"),
        ("a @pre*", 6, "`*` only ends a plain word"),
        ("a pre**", 5, "`*` only ends a plain word"),
        ("a Acme~2", 6, "only one letter may be wrong"),
        ("a Acme~", 6, "only one letter may be wrong"),
        ("a Acm~1", 2, "at least 4 letters"),
        ("a ^Acme~1", 7, "cannot be combined"),
        ("a \"b c\"~1", 7, "follows a word at once"),
        ("a ^acme", 2, "has none"),
        ("a =@acme", 2, "stands before a word or a phrase"),
        ("a ==", 2, "nothing to look for"),
        ("a title:pre*", 8, "`title:` takes a word"),
        ("a title:^Pre", 8, "`title:` takes a word"),
        ("a =\"\"", 2, "nothing to look for"),
        ("a ^\"b", 3, "never closed"),
    ] {
        let bad = parse_filter(text).unwrap_err();
        assert!(bad.message.contains(expected), "{text}: {bad}");
        assert_eq!(bad.at, at, "{text}: {bad}");
    }
}

#[test]
fn a_keyword_must_have_something_to_find() {
    check_bad_keyword("", 0, "the keyword is empty");
    let lacks = "this fits every text that lacks a word; name one that must be there";
    check_bad_keyword("-a", 0, lacks);
    check_bad_keyword("a OR -b", 0, lacks);
    check_bad_keyword("NOT (a b)", 0, lacks);
    assert!(parse_keyword("a -b").is_ok());
    assert!(parse_keyword("NOT NOT a").is_ok());
}

#[test]
fn a_keyword_knows_only_what_a_post_tells() {
    assert!(parse_keyword("acme site:a.example author:x title:y").is_ok());
    check_bad_keyword(
        "acme sentiment:negative",
        5,
        "`sentiment:` cannot stand in a keyword; only site:, author: and title: can",
    );
}

#[test]
fn depth_and_size_are_bounded() {
    check(&format!("{}a{}", "(".repeat(64), ")".repeat(64)), "a");
    let nested = "this nests deeper than 64 levels";
    check_bad(&format!("{}a{}", "(".repeat(65), ")".repeat(65)), 65, nested);
    check_bad(&"(".repeat(10_000), 65, nested);
    check_bad(&format!("{}a", "-".repeat(10_000)), 65, nested);
    check_bad(&"NOT ".repeat(10_000), 260, nested);
    assert!(parse_filter(&"a ".repeat(1_000)).is_ok());
    check_bad(&"a ".repeat(1_001), 2_000, "the query has more than 1000 terms");
    check_bad(&"a OR ".repeat(10_000), 5_000, "the query has more than 1000 terms");
    let bad = parse_filter(&"abc ".repeat(100_000)).unwrap_err();
    assert_eq!(bad.message, "the query is too long; at most 65536 characters are read");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        if let Err(bad) = parse_filter(&text) {
            prop_assert!(bad.at <= text.chars().count());
            prop_assert!(!bad.pointed(&text).is_empty());
        }
    }
}
