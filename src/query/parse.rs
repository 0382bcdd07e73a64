//! Reads a query: `NOT` binds closest, then terms side by side, then `OR`.

use super::Query;
use super::fault::BadQuery;
use super::field::{Comparison, FieldName, FieldTest};
use super::lex::{Piece, Token, Value, can_be_found, tokens};
use std::iter::Peekable;
use std::vec::IntoIter;

/// How deep parentheses and negations may nest: far beyond what a person can follow, and no danger
/// to the stack of whoever walks the query.
const MOST_LEVELS: usize = 64;
/// How many terms a query may have.
const MOST_TERMS: usize = 1_000;

/// Reads a query with everything that the language has. The empty one is [`Query::All`].
pub fn parse_filter(text: &str) -> Result<Query, BadQuery> {
    parse(text, false)
}

/// Reads a keyword: of the fields only `site:`, `author:` and `title:`, and something must be there
/// to be found.
pub fn parse_keyword(text: &str) -> Result<Query, BadQuery> {
    let query = parse(text, true)?;
    if query == Query::All {
        return Err(BadQuery::new(0, "the keyword is empty"));
    }
    if query.fits_nothing_found() {
        let message = "this fits every text that lacks a word; name one that must be there";
        return Err(BadQuery::new(0, message));
    }
    Ok(query)
}

/// Reads what does not count, as a keyword; only that words side by side are one place here, as a
/// phrase is: `acme road runner` is not every `acme` of a text that also has a road in it.
pub fn parse_exclude(text: &str) -> Result<Query, BadQuery> {
    let query = parse_keyword(text)?;
    let Query::And(parts) = &query else { return Ok(query) };
    let words: Option<Vec<&str>> = parts
        .iter()
        .map(|part| if let Query::Term(word) = part { Some(word.as_str()) } else { None })
        .collect();
    Ok(words.map_or_else(|| query.clone(), |words| Query::Phrase(words.join(" "))))
}

fn parse(text: &str, is_keyword: bool) -> Result<Query, BadQuery> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Query::All);
    }
    let end = text.chars().count();
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), end, is_keyword, terms: 0 };
    let query = parser.any(0)?;
    match parser.tokens.next() {
        None => Ok(query),
        Some(token) => Err(BadQuery::new(token.at, "this parenthesis closes nothing")),
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    /// The length of the text: where something is missing at its end.
    end: usize,
    is_keyword: bool,
    terms: usize,
}

impl Parser {
    /// `a OR b OR …`
    fn any(&mut self, level: usize) -> Result<Query, BadQuery> {
        let mut parts = vec![self.all(level)?];
        while self.tokens.next_if(|token| token.piece == Piece::Or).is_some() {
            parts.push(self.all(level)?);
        }
        Ok(one_or(parts, Query::Or))
    }

    /// `a b c`, with or without `AND` between.
    fn all(&mut self, level: usize) -> Result<Query, BadQuery> {
        let mut parts = vec![self.one(level)?];
        loop {
            let said = self.tokens.next_if(|token| token.piece == Piece::And).is_some();
            match self.tokens.peek().map(|token| &token.piece) {
                None | Some(Piece::Or | Piece::Close) if !said => break,
                _ => parts.push(self.one(level)?),
            }
        }
        Ok(one_or(parts, Query::And))
    }

    /// A term, a group, or the negation of one.
    fn one(&mut self, level: usize) -> Result<Query, BadQuery> {
        let Some(Token { at, piece }) = self.tokens.next() else {
            return Err(BadQuery::new(self.end, "a term is missing at the end"));
        };
        if level > MOST_LEVELS {
            return Err(BadQuery::new(at, format!("this nests deeper than {MOST_LEVELS} levels")));
        }
        match piece {
            Piece::Not => Ok(Query::Not(Box::new(self.one(level + 1)?))),
            Piece::Open => self.group(at, level + 1),
            Piece::Close => Err(BadQuery::new(at, "a term is missing before this parenthesis")),
            Piece::And => Err(BadQuery::new(at, "a term is missing before AND")),
            Piece::Or => Err(BadQuery::new(at, "a term is missing before OR")),
            Piece::Quoted(text) => self.counted(at).and_then(|()| phrase(at, text)),
            Piece::Word(word) => self.counted(at).and_then(|()| term(at, &word)),
            Piece::Field { name, value } => {
                self.counted(at)?;
                self.field(at, &name, &value).map(Query::Field)
            }
        }
    }

    /// The rest of a group, whose opening parenthesis stood at `open`.
    fn group(&mut self, open: usize, level: usize) -> Result<Query, BadQuery> {
        let inner = self.any(level)?;
        match self.tokens.next() {
            Some(_) => Ok(inner), // only a closing parenthesis ends `any` before the end
            None => Err(BadQuery::new(open, "this parenthesis is never closed")),
        }
    }

    fn counted(&mut self, at: usize) -> Result<(), BadQuery> {
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(BadQuery::new(at, format!("the query has more than {MOST_TERMS} terms")));
        }
        Ok(())
    }

    fn field(&self, at: usize, name: &str, value: &Value) -> Result<FieldTest, BadQuery> {
        let lower = name.to_ascii_lowercase();
        let Some(field) = FieldName::ALL.into_iter().find(|field| field.word() == lower) else {
            return Err(BadQuery::new(at, unknown_field(name)));
        };
        if self.is_keyword && !field.is_for_keywords() {
            return Err(BadQuery::new(
                at,
                format!("`{field}:` cannot stand in a keyword; only site:, author: and title: can"),
            ));
        }
        let sign_at = value.at - value.sign.len();
        let comparison = match value.sign.as_str() {
            "" => Comparison::Is,
            sign => Comparison::SIGNS
                .iter()
                .find(|(known, _)| *known == sign)
                .map(|(_, comparison)| *comparison)
                .ok_or_else(|| {
                    BadQuery::new(
                        sign_at,
                        format!("`{sign}` is no comparison; there are <, <=, > and >="),
                    )
                })?,
        };
        if field == FieldName::Title && !value.is_quoted {
            refuse_later_signs(value.at, &value.text)?;
        }
        FieldTest::new(field, comparison, &value.text).map_err(|fault| {
            BadQuery::new(if value.sign.is_empty() { value.at } else { sign_at }, fault)
        })
    }
}

fn one_or(mut parts: Vec<Query>, many: fn(Vec<Query>) -> Query) -> Query {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => Query::All,
    }
}

fn phrase(at: usize, text: String) -> Result<Query, BadQuery> {
    if !text.chars().any(can_be_found) {
        return Err(BadQuery::new(at, "there is nothing to look for between these quotes"));
    }
    Ok(Query::Phrase(text))
}

fn term(at: usize, word: &str) -> Result<Query, BadQuery> {
    refuse_later_signs(at, word)?;
    if !word.chars().any(can_be_found) {
        return Err(BadQuery::new(at, format!("there is nothing to look for in `{word}`")));
    }
    if let Some(handle) = word.strip_prefix('@') {
        return Ok(Query::Handle(handle.to_owned()));
    }
    if let Some(tag) = word.strip_prefix('#') {
        return Ok(Query::Tag(tag.to_owned()));
    }
    Ok(Query::Term(word.to_owned()))
}

/// Refuses the signs that the language has and this version does not know yet.
fn refuse_later_signs(at: usize, word: &str) -> Result<(), BadQuery> {
    let later = |offset: usize, what: &str| {
        Err(BadQuery::new(at + offset, format!("{what} is not in this version of vahti")))
    };
    if word.starts_with('=') {
        return later(0, "`=` for an exact spelling");
    }
    if word.starts_with('^') {
        return later(0, "`^` for capitals");
    }
    let number = word.strip_prefix("NEAR/").filter(|number| !number.is_empty());
    if number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
        return later(0, "NEAR");
    }
    if let Some(star) = word.chars().position(|c| c == '*') {
        return later(star, "`*` for the beginning of a word (to look for the sign, use quotes)");
    }
    let mut signs = word.chars().enumerate().skip_while(|(_, c)| *c != '~');
    match signs.next() {
        Some((tilde, _)) if signs.all(|(_, c)| c.is_ascii_digit()) => {
            later(tilde, "`~` for wrong letters")
        }
        _ => Ok(()),
    }
}

fn unknown_field(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let near = FieldName::ALL
        .into_iter()
        .map(|field| (strsim::damerau_levenshtein(&lower, field.word()), field))
        .filter(|(distance, field)| *distance <= field.word().len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance);
    let shown: String = name.chars().take(40).collect();
    if let Some((_, field)) = near {
        return format!("there is no field `{shown}:`; did you mean `{field}:`?");
    }
    let all = FieldName::ALL.map(|field| format!("{field}:")).join(" ");
    format!("there is no field `{shown}:`; to look for this text, use quotes; the fields are {all}")
}

#[cfg(test)]
mod tests {
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
        check("NEAR", "NEAR");
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
    fn what_comes_later_is_named_and_pointed_at() {
        for (text, at) in [
            ("a pre*", 5),
            ("a NEAR/5 b", 2),
            ("a =Acme", 2),
            ("a ^Acme", 2),
            ("a Acme~1", 6),
            ("a title:pre*", 11),
            ("a \"b c\"~2", 7),
            ("a =\"b c\"", 2),
        ] {
            let bad = parse_filter(text).unwrap_err();
            assert!(bad.message.ends_with("is not in this version of vahti"), "{text}: {bad}");
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
}
