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
    refuse_long(at, &text)?;
    if sign == Some('^') && !text.chars().any(char::is_uppercase) {
        return Err(BadQuery::new(at, no_capitals(&text)));
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
    refuse_long(at, word)?;
    let (sign, bare) = signed(word);
    if let Some(start) = bare.strip_suffix('*').filter(|_| sign.is_none()) {
        return prefix(at, start);
    }
    refuse_star(at, word)?;
    if let Some((bare, number)) = misspelt(bare) {
        if sign.is_none() {
            return one_wrong(at, bare, number);
        }
        let message = "`~` cannot be combined with `=`, `^`, `@` or `#`; it follows a word";
        return Err(BadQuery::new(at + word.chars().count() - number.len() - 1, message));
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
        Some(_) => Err(BadQuery::new(at, no_capitals(bare))),
    }
}

fn no_capitals(text: &str) -> String {
    let text: String = text.chars().take(40).collect();
    format!("`^` asks for the capitals of a name, and `{text}` has none; expected such as `^Acme`")
}

/// The most characters of a word or phrase: more are no name.
const MOST_OF_TERM: usize = 500;

fn refuse_long(at: usize, text: &str) -> Result<(), BadQuery> {
    if text.chars().count() > MOST_OF_TERM {
        let message = format!("a word or phrase has at most {MOST_OF_TERM} characters");
        return Err(BadQuery::new(at, message));
    }
    Ok(())
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
mod tests;
