//! Writes a query in its own language.

use super::Query;
use super::field::{FieldName, FieldTest};
use std::fmt::{self, Formatter, Write};

/// Writes `query` so that it reads back as the same.
pub(super) fn query(query: &Query, f: &mut Formatter<'_>) -> fmt::Result {
    match query {
        Query::All => Ok(()),
        Query::Term(word) if is_word(word) => f.write_str(word),
        Query::Term(words) | Query::Phrase(words) => write!(f, "\"{words}\""),
        Query::Exact(text) => signed('=', text, f),
        Query::Capitals(text) => signed('^', text, f),
        Query::Prefix(start) => write!(f, "{start}*"),
        Query::Misspelt(word) => write!(f, "{word}~1"),
        Query::Handle(handle) => write!(f, "@{handle}"),
        Query::Tag(tag) => write!(f, "#{tag}"),
        Query::Field(test) => field(test, f),
        Query::Not(inner) => {
            f.write_char('-')?;
            if matches!(**inner, Query::Near(_)) {
                in_parentheses(inner, f)
            } else {
                grouped(inner, f)
            }
        }
        Query::Near(near) => {
            grouped(&near.left, f)?;
            write!(f, " NEAR/{} ", near.words)?;
            // What comes next joins the left one.
            match &near.right {
                Query::Near(_) => in_parentheses(&near.right, f),
                right => grouped(right, f),
            }
        }
        Query::And(parts) => joined(parts, " ", f),
        Query::Or(parts) => joined(parts, " OR ", f),
    }
}

fn joined(parts: &[Query], between: &str, f: &mut Formatter<'_>) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        grouped(part, f)?;
    }
    Ok(())
}

/// Writes a part, between parentheses unless it is a single thing.
fn grouped(part: &Query, f: &mut Formatter<'_>) -> fmt::Result {
    match part {
        Query::And(_) | Query::Or(_) => in_parentheses(part, f),
        Query::All
        | Query::Term(_)
        | Query::Phrase(_)
        | Query::Exact(_)
        | Query::Capitals(_)
        | Query::Prefix(_)
        | Query::Misspelt(_)
        | Query::Near(_)
        | Query::Handle(_)
        | Query::Tag(_)
        | Query::Not(_)
        | Query::Field(_) => query(part, f),
    }
}

fn in_parentheses(part: &Query, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('(')?;
    query(part, f)?;
    f.write_char(')')
}

/// Writes a word or phrase behind its sign.
fn signed(sign: char, text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let is_plain =
        |c: char| super::lex::is_bare(c) && !matches!(c, '*' | '~' | '@' | '#' | '=' | '^');
    if text.chars().all(is_plain) && text.chars().any(char::is_uppercase) {
        write!(f, "{sign}{text}")
    } else {
        write!(f, "{sign}\"{text}\"")
    }
}

fn field(test: &FieldTest, f: &mut Formatter<'_>) -> fmt::Result {
    let FieldTest { field, comparison, value } = test;
    let is_plain =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '+' | '@');
    write!(f, "{field}:{}", comparison.sign())?;
    // A title takes no sign of the language.
    let is_signed = *field == FieldName::Title && value.starts_with('@');
    if !is_signed && value.chars().all(is_plain) {
        f.write_str(value)
    } else {
        write!(f, "\"{value}\"")
    }
}

/// Tells whether a word would not be read as an operator.
fn is_word(word: &str) -> bool {
    !matches!(word, "AND" | "OR" | "NOT") && word.chars().all(super::lex::is_bare)
}

#[cfg(test)]
mod tests {
    use super::super::{Comparison, parse_filter};
    use super::*;
    use proptest::prelude::{Just, Strategy, prop_assert_eq, prop_oneof, proptest};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(parse_filter(text).unwrap().to_string(), expected);
    }

    #[test]
    fn a_query_is_written_plainly() {
        check("a AND NOT b", "a -b");
        check("NOT (a  OR b) c", "-(a OR b) c");
        check("a b OR c", "(a b) OR c");
        check("“Acme Pay” @acme #tag", "\"Acme Pay\" @acme #tag");
        check("AUTHOR:\"Maija M\" score:<-0.5", "author:\"Maija M\" score:<-0.5");
        check("title:\"@acme\" author:@acme", "title:\"@acme\" author:@acme");
        check("", "");
    }

    fn word() -> impl Strategy<Value = String> {
        "[a-zåäöışğ0-9🍎]{1,6}([&.+'-][a-z0-9]{1,3})?"
    }

    fn words() -> impl Strategy<Value = String> {
        "[a-z]{1,4}( [a-zA-Z()*:@#-]{1,5}){0,3}"
    }

    fn test() -> impl Strategy<Value = FieldTest> {
        let free = prop_oneof![
            Just(FieldName::Brand),
            Just(FieldName::Source),
            Just(FieldName::Author),
            Just(FieldName::Story),
            Just(FieldName::Title)
        ];
        let free = (free, words()).prop_map(|(field, value)| (field, Comparison::Is, value));
        let order = prop_oneof![
            Just(Comparison::Is),
            Just(Comparison::Less),
            Just(Comparison::LessOrEqual),
            Just(Comparison::Greater),
            Just(Comparison::GreaterOrEqual)
        ];
        let ordered = prop_oneof![
            Just((FieldName::Priority, "high")),
            Just((FieldName::Score, "-0.5")),
            Just((FieldName::Score, "1"))
        ];
        let ordered = (ordered, order)
            .prop_map(|((field, value), comparison)| (field, comparison, value.to_owned()));
        prop_oneof![free, ordered].prop_map(|(field, comparison, value)| FieldTest {
            field,
            comparison,
            value,
        })
    }

    fn any_query() -> impl Strategy<Value = Query> {
        let leaf = prop_oneof![
            word().prop_map(Query::Term),
            words().prop_map(Query::Phrase),
            words().prop_map(Query::Exact),
            word().prop_map(|word| Query::Exact(word.to_uppercase())),
            words().prop_map(|words| Query::Capitals(format!("A{words}"))),
            "[A-Z][a-zäö]{0,4}".prop_map(Query::Capitals),
            "[a-zäö0-9]{2,5}".prop_map(Query::Prefix),
            "[a-zA-Zäö]{4,6}".prop_map(Query::Misspelt),
            "[a-z0-9_]{0,5}[a-z]".prop_map(Query::Handle),
            "[a-zäö0-9_]{0,5}[a-z]".prop_map(Query::Tag),
            test().prop_map(Query::Field),
        ];
        let placed = prop_oneof![word().prop_map(Query::Term), words().prop_map(Query::Phrase)];
        let placed = placed.prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Query::Or),
                (inner.clone(), inner, 0_usize..101).prop_map(|(left, right, words)| {
                    Query::Near(Box::new(super::super::Near { left, right, words }))
                }),
            ]
        });
        prop_oneof![3 => leaf, 1 => placed].prop_recursive(5, 40, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Query::And),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Query::Or),
                inner.prop_map(|query| Query::Not(Box::new(query))),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_query_reads_back_as_the_same(query in any_query()) {
            let text = query.to_string();
            prop_assert_eq!(parse_filter(&text), Ok(query), "{}", text);
        }

        #[test]
        fn what_was_read_reads_back_as_the_same(text in "([a-cA\"() @#:<>=^*~1-]|OR|NOT |NEAR/5 ){0,20}") {
            if let Ok(query) = parse_filter(&text) {
                prop_assert_eq!(parse_filter(&query.to_string()), Ok(query), "{}", text);
            }
        }
    }
}
