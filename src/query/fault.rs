//! What is said of a query that cannot be read.

/// How many characters are shown on either side of the fault.
const SHOWN: usize = 40;

/// A faulty query: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadQuery {
    /// The character at fault, counted from 0 in Unicode scalar values; the length of the text where
    /// something is missing at its end.
    pub at: usize,
    pub message: String,
}

impl BadQuery {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    /// Returns the query (of a long one, what is near the fault), a caret under the character, and
    /// the message: two lines, without a line break at the end.
    pub fn pointed(&self, text: &str) -> String {
        let from = self.at.saturating_sub(SHOWN);
        let mut rest = text.chars().skip(from);
        let near: String = rest
            .by_ref()
            .take(self.at - from + SHOWN)
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect();
        let (before, after) =
            (if from > 0 { "…" } else { "" }, if rest.next().is_some() { "…" } else { "" });
        let indent = " ".repeat(before.chars().count() + self.at - from);
        format!("{before}{near}{after}\n{indent}^ {}", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(at: usize, text: &str, expected: &str) {
        assert_eq!(BadQuery::new(at, "here").pointed(text), expected);
    }

    #[test]
    fn the_caret_stands_under_the_character() {
        check(0, "abc", "abc\n^ here");
        check(2, "äöü", "äöü\n  ^ here");
        check(3, "a\n\u{1b}", "a \u{fffd}\n   ^ here");
    }

    #[test]
    fn a_long_query_is_cut_to_what_is_near() {
        let text = "x".repeat(100);
        let expected = format!("…{}…\n{}^ here", "x".repeat(80), " ".repeat(41));
        check(50, &text, &expected);
    }

    #[test]
    fn a_place_beyond_the_text_is_no_fault_of_ours() {
        check(90, "abc", &format!("…\n{}^ here", " ".repeat(41)));
    }
}
