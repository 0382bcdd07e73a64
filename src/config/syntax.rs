//! What the TOML parser says of a file that is no TOML, in words for whoever wrote the file.

use std::borrow::Cow;
use std::ops::Range;
use toml::de::{DeTable, Error};

/// What the parser says of the only mistake that it does not read past.
const NO_VALUE: &str = "key with no value";
/// The most lines of that sort that are read past. Each costs another parse.
const MOST_LINES: usize = 20;

/// Returns `text` with the lines blanked that the parser would stop at, and what it said of them.
/// Every byte stays in its place.
pub(super) fn mended(text: &str) -> (Cow<'_, str>, Vec<Error>) {
    let (mut mended, mut said) = (Cow::Borrowed(text), Vec::new());
    for _ in 0..MOST_LINES {
        let (_, errors) = DeTable::parse_recoverable(&mended);
        let stop = errors.into_iter().find(|error| error.message().starts_with(NO_VALUE));
        let Some(error) = stop else { break };
        let at = error.span().unwrap_or_default().start;
        mended = Cow::Owned(without_line(&mended, at));
        said.push(error);
    }
    (mended, said)
}

/// Blanks the line in which the byte `at` lies.
fn without_line(text: &str, at: usize) -> String {
    let mut start = 0;
    let blanked = text.split_inclusive('\n').map(|line| {
        let lies_in = (start..start + line.len()).contains(&at)
            || start + line.len() == text.len() && at >= start;
        start += line.len();
        if !lies_in {
            return Cow::Borrowed(line);
        }
        Cow::Owned(line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect())
    });
    blanked.collect()
}

/// Returns a complaint about the bytes `span` of `text` in our words, with a hint.
pub(super) fn reworded(message: &str, text: &str, span: &Range<usize>) -> (String, Option<String>) {
    let there = text.get(span.clone()).unwrap_or_default();
    let before = text.get(..span.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let begins_line = line.trim().is_empty();
    if message.starts_with(NO_VALUE) {
        return ("there is no `=` and value behind this key".into(), None);
    }
    if message == "invalid basic string, expected `\"`" {
        return ("the quote that ends this text is missing".into(), None);
    }
    if message.starts_with("duplicate key") {
        let hint = line
            .trim_start()
            .starts_with("[[")
            .then(|| format!("write [[{there}]] each time, or {there} = [ … ] once for all"));
        return (format!("the key `{there}` stands here for the second time"), hint);
    }
    if message.starts_with("string values must be quoted") {
        if there.trim().is_empty() {
            return ("the value is missing".into(), None);
        }
        return (message.trim_end_matches(", expected literal string").into(), None);
    }
    if message.starts_with("invalid boolean") {
        return ("this is no value".into(), Some("write true or false, in small letters".into()));
    }
    if message.starts_with("missing comma between array elements") && begins_line {
        return (
            "a comma is missing before this line".into(),
            Some("or the `]` that ends the list above".into()),
        );
    }
    (message.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_without_a_value_are_read_past() {
        let (mended, said) = mended("a 1\nb = 2\nc: 3\nd = 4\ne");
        assert_eq!(mended, "   \nb = 2\n    \nd = 4\n ");
        assert_eq!(said.len(), 3);
    }

    #[test]
    fn what_is_right_stays_as_it_is() {
        let (mended, said) = mended("a = 1\n[b]\n");
        assert!(matches!(mended, Cow::Borrowed(_)));
        assert!(said.is_empty());
    }

    proptest! {
        #[test]
        fn every_byte_always_stays_in_its_place(text in "([ab=\\[\\]{}\"'.,#ä1 ]|\n){0,60}") {
            let (mended, _) = mended(&text);
            prop_assert_eq!(mended.len(), text.len());
            let ends = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(ends(&mended), ends(&text));
        }
    }
}
