//! Reads a query: `NEAR` binds closest, then `NOT`, then terms side by side, then `OR`.

use super::fault::BadQuery;
use super::field::{Comparison, FieldName, FieldTest};
use super::lex::{Piece, Token, Value, can_be_found, tokens};
use super::{Near, Query};
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
        let mut parts = vec![self.near(level)?];
        loop {
            let said = self.tokens.next_if(|token| token.piece == Piece::And).is_some();
            match self.tokens.peek().map(|token| &token.piece) {
                None | Some(Piece::Or | Piece::Close) if !said => break,
                _ => parts.push(self.near(level)?),
            }
        }
        Ok(one_or(parts, Query::And))
    }

    /// `a NEAR/5 b`, or one alone.
    fn near(&mut self, level: usize) -> Result<Query, BadQuery> {
        let mut left = self.one(level)?;
        let mut level = level;
        while let Some(Token { at, piece: Piece::Near(words) }) =
            self.tokens.next_if(|token| matches!(token.piece, Piece::Near(_)))
        {
            level += 1;
            let right = self.one(level)?;
            if !left.has_places() || !right.has_places() {
                let message = "NEAR stands between words, phrases, or alternatives of them in \
                               parentheses: `a NEAR/5 (b OR c)`";
                return Err(BadQuery::new(at, message));
            }
            left = Query::Near(Box::new(Near { left, right, words }));
        }
        Ok(left)
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
            Piece::Not => Ok(Query::Not(Box::new(self.near(level + 1)?))),
            Piece::Open => self.group(at, level + 1),
            Piece::Close => Err(BadQuery::new(at, "a term is missing before this parenthesis")),
            Piece::And => Err(BadQuery::new(at, "a term is missing before AND")),
            Piece::Or => Err(BadQuery::new(at, "a term is missing before OR")),
            Piece::Near(_) => Err(BadQuery::new(at, "a term is missing before NEAR")),
            Piece::Quoted { sign, text } => self.counted(at).and_then(|()| phrase(at, sign, text)),
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
            refuse_signs(value.at, &value.text)?;
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

fn phrase(at: usize, sign: Option<char>, text: String) -> Result<Query, BadQuery> {
    if !text.chars().any(can_be_found) {
        return Err(BadQuery::new(at, "there is nothing to look for between these quotes"));
    }
    Ok(match sign {
        Some('=') => Query::Exact(text),
        Some(_) => Query::Capitals(text),
        None => Query::Phrase(text),
    })
}

fn term(at: usize, word: &str) -> Result<Query, BadQuery> {
    if !word.chars().any(can_be_found) {
        return Err(BadQuery::new(at, format!("there is nothing to look for in `{word}`")));
    }
    let (sign, bare) = signed(word);
    if let Some(start) = bare.strip_suffix('*').filter(|_| sign.is_none()) {
        return prefix(at, start);
    }
    refuse_star(at, word)?;
    if let Some((bare, number)) = misspelt(bare) {
        return match sign {
            None => one_wrong(at, bare, number),
            Some(_) => {
                let message = "`~` cannot be combined with `=`, `^`, `@` or `#`; it follows a word";
                Err(BadQuery::new(at + word.chars().count() - number.len() - 1, message))
            }
        };
    }
    if !bare.chars().any(|c| !matches!(c, '@' | '#' | '=' | '^')) {
        return Err(BadQuery::new(at, format!("there is nothing to look for in `{word}`")));
    }
    let text = bare.to_owned();
    match sign {
        None => Ok(Query::Term(text)),
        Some('@') => Ok(Query::Handle(text)),
        Some('#') => Ok(Query::Tag(text)),
        Some(sign) if bare.starts_with(['@', '#', '=', '^']) => {
            let message = format!("`{sign}` stands before a word or a phrase: `{sign}Acme`");
            Err(BadQuery::new(at, message))
        }
        Some('=') => Ok(Query::Exact(text)),
        Some('^') if bare.chars().any(char::is_uppercase) => Ok(Query::Capitals(text)),
        Some(_) => {
            let message = format!(
                "`^` asks for the capitals of a name, and `{bare}` has none; expected such as `^Acme`"
            );
            Err(BadQuery::new(at, message))
        }
    }
}

/// Splits off the sign that a word begins with.
fn signed(word: &str) -> (Option<char>, &str) {
    let mut chars = word.chars();
    match chars.next() {
        Some(sign @ ('@' | '#' | '=' | '^')) => (Some(sign), chars.as_str()),
        _ => (None, word),
    }
}

/// The fewest letters before a `*`: fewer begin half of all words.
const FEWEST_OF_PREFIX: usize = 2;

fn prefix(at: usize, start: &str) -> Result<Query, BadQuery> {
    refuse_star(at, start)?;
    if start.chars().filter(|c| can_be_found(*c)).count() < FEWEST_OF_PREFIX {
        let message =
            format!("before `*` at least {FEWEST_OF_PREFIX} letters are needed, as in `acm*`");
        return Err(BadQuery::new(at, message));
    }
    Ok(Query::Prefix(start.to_owned()))
}

fn refuse_star(at: usize, word: &str) -> Result<(), BadQuery> {
    match word.chars().position(|c| c == '*') {
        Some(star) => Err(BadQuery::new(
            at + star,
            "`*` only ends a plain word, as in `acm*`; to look for the sign, use quotes",
        )),
        None => Ok(()),
    }
}

/// Splits `Acme~1` into the word and the number; the number may be missing.
fn misspelt(word: &str) -> Option<(&str, &str)> {
    let (bare, number) = word.rsplit_once('~')?;
    number.chars().all(|c| c.is_ascii_digit()).then_some((bare, number))
}

/// The fewest letters of a word that may have a wrong one: of shorter ones nothing is left.
const FEWEST_OF_MISSPELT: usize = 4;

fn one_wrong(at: usize, word: &str, number: &str) -> Result<Query, BadQuery> {
    let tilde = at + word.chars().count();
    if word.is_empty() {
        return Err(BadQuery::new(at, "`~` follows a word at once, as in `Acme~1`"));
    }
    if number != "1" {
        let message = "only one letter may be wrong: expected `~1`";
        return Err(BadQuery::new(tilde, message));
    }
    if word.chars().filter(|c| can_be_found(*c)).count() < FEWEST_OF_MISSPELT {
        let message =
            format!("before `~1` at least {FEWEST_OF_MISSPELT} letters are needed, as in `Acme~1`");
        return Err(BadQuery::new(at, message));
    }
    Ok(Query::Misspelt(word.to_owned()))
}

/// Refuses, in the value of `title:`, what looks like a sign of the language.
fn refuse_signs(at: usize, value: &str) -> Result<(), BadQuery> {
    let has_sign =
        value.starts_with(['=', '^', '@', '#']) || value.contains('*') || misspelt(value).is_some();
    if has_sign {
        let message = "`title:` takes a word, or a phrase in quotes; no =, ^, @, #, * or ~";
        return Err(BadQuery::new(at, message));
    }
    Ok(())
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
        check(
            "=Acme ^KONE acm* Acme~1",
            "and(exact[Acme] capitals[KONE] prefix[acm] misspelt[Acme])",
        );
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
        check(
            "(a OR \"b c\") NEAR/100 (de* OR ^E)",
            "near100(or(a 'b c') or(prefix[de] capitals[E]))",
        );
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
}
