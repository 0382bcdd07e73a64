//! Markdown as people read it: the marks go, the words, addresses and line breaks stay.
//!
//! Line by line, and within a line in one pass: what somebody nests or leaves open costs no more than
//! other text. What is no Markdown after all stays as it is written.

use crate::text::html;

/// A longer line is no line that somebody wrote: it stays as it is.
const MOST_LINE_BYTES: usize = 20_000;
/// Links within the words of links, and so on.
const MOST_DEPTH: usize = 3;
/// Emphasis that is open at once.
const MOST_OPEN: usize = 32;

/// Returns the text of a piece of Markdown, [`html::clean`] already.
pub(in crate::source) fn plain(markdown: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut fence: Option<char> = None;
    for line in markdown.lines() {
        let (quote, rest) = quoted(line);
        match (fence, fence_of(rest)) {
            (Some(open), Some((mark, true))) if open == mark => fence = None,
            (None, Some((mark, _))) => fence = Some(mark),
            (Some(_), _) => lines.push(line.to_owned()),
            (None, None) if is_rule(rest) => lines.push(String::new()),
            (None, None) => lines.push(format!("{quote}{}", inline(unmarked(rest), 0))),
        }
    }
    lines.dedup_by(|later, earlier| later.trim().is_empty() && earlier.trim().is_empty());
    html::clean(&lines.join("\n"))
}

/// Parts a line into the marks of a quotation, if it is one, and what is behind them.
fn quoted(line: &str) -> (&str, &str) {
    let rest = line.trim_start_matches(['>', ' ']);
    let (marks, _) = line.split_at(line.len() - rest.len());
    if marks.contains('>') { (marks, rest) } else { ("", line) }
}

/// Returns the character of a fence around code, and whether nothing stands behind it.
fn fence_of(line: &str) -> Option<(char, bool)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    (line.len() - rest.len() >= 3 && !rest.contains('`')).then_some((mark, rest.is_empty()))
}

/// Tells whether a line is drawn, not written: a rule, or the line below a heading.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    let Some(mark) = line.chars().next().filter(|c| matches!(c, '-' | '=' | '*' | '_')) else {
        return false;
    };
    let marks = line.chars().filter(|c| *c == mark).count();
    marks >= 3 && line.chars().all(|c| c == mark || c == ' ')
}

/// Returns a line without what makes it a heading, or the head or end of a spoiler.
fn unmarked(line: &str) -> &str {
    let bare = line.trim_start();
    if let Some(title) = bare.strip_prefix(":::") {
        let title = title.trim();
        return title.strip_prefix("spoiler").map_or(title, str::trim);
    }
    let heading = bare.trim_start_matches('#');
    let marks = bare.len() - heading.len();
    if (1..=6).contains(&marks) && heading.starts_with(' ') {
        return heading.trim().trim_end_matches('#').trim_end();
    }
    line
}

/// A part of a line.
enum Piece {
    Text(String),
    /// A run of signs that may be emphasis.
    Run {
        sign: char,
        length: usize,
        is_mark: bool,
    },
}

/// Returns the text within a line.
fn inline(line: &str, depth: usize) -> String {
    if line.len() > MOST_LINE_BYTES {
        return line.to_owned();
    }
    let mut reader = Reader::of(line, depth);
    while reader.step() {}
    reader.text()
}

/// Reads one line.
struct Reader {
    chars: Vec<char>,
    /// For each `[` where its `]` is.
    closing: Vec<Option<usize>>,
    at: usize,
    depth: usize,
    pieces: Vec<Piece>,
    /// Which pieces are runs that may open emphasis.
    open: Vec<usize>,
}

impl Reader {
    fn of(line: &str, depth: usize) -> Self {
        let chars: Vec<char> = line.chars().collect();
        let mut closing = vec![None; chars.len()];
        let mut open = Vec::new();
        let mut is_escaped = false;
        for (at, c) in chars.iter().enumerate() {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '[' => open.push(at),
                ']' => {
                    if let Some(slot) = open.pop().and_then(|from: usize| closing.get_mut(from)) {
                        *slot = Some(at);
                    }
                }
                _ => {}
            }
        }
        Self { chars, closing, at: 0, depth, pieces: Vec::new(), open: Vec::new() }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn slice(&self, from: usize, to: usize) -> String {
        self.chars.get(from..to).unwrap_or_default().iter().collect()
    }

    /// Counts how often the character at `at` stands there.
    fn run(&self, at: usize) -> usize {
        let rest = self.chars.get(at..).unwrap_or_default();
        rest.iter().take_while(|c| Some(*c) == rest.first()).count()
    }

    fn push(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    /// Reads what stands next; false at the end.
    fn step(&mut self) -> bool {
        let Some(c) = self.peek(0) else { return false };
        let is_read = match c {
            '\\' => self.escape(),
            '`' => self.code(),
            '!' if self.peek(1) == Some('[') => self.link(true),
            '[' => self.link(false),
            '<' => self.address(),
            '&' => self.entity(),
            '*' | '_' | '~' => self.emphasis(c),
            _ => false,
        };
        if !is_read {
            self.push(c.encode_utf8(&mut [0; 4]));
            self.at += 1;
        }
        true
    }

    fn escape(&mut self) -> bool {
        let Some(c) = self.peek(1).filter(char::is_ascii_punctuation) else { return false };
        self.push(c.encode_utf8(&mut [0; 4]));
        self.at += 2;
        true
    }

    fn code(&mut self) -> bool {
        let length = self.run(self.at);
        let (begin, mut at) = (self.at + length, self.at + length);
        while at < self.chars.len() {
            if self.chars.get(at) == Some(&'`') {
                let run = self.run(at);
                if run == length {
                    let code = self.slice(begin, at);
                    self.push(code.trim());
                    self.at = at + run;
                    return true;
                }
                at += run;
            } else {
                at += 1;
            }
        }
        // Signs that close nothing are signs: all of them, or each would be looked at anew.
        let signs = self.slice(self.at, begin);
        self.push(&signs);
        self.at = begin;
        true
    }

    /// Reads `[words](address)`, or the same behind a `!`.
    fn link(&mut self, is_image: bool) -> bool {
        let from = self.at + usize::from(is_image);
        let Some(to) = self.closing.get(from).copied().flatten() else { return false };
        if self.depth >= MOST_DEPTH || self.chars.get(to + 1) != Some(&'(') {
            return false;
        }
        let Some((address, end)) = self.target(to + 2) else { return false };
        let words = inline(&self.slice(from + 1, to), self.depth + 1);
        let words = words.trim();
        if words.is_empty() || words == address {
            self.push(&address);
        } else if is_image {
            self.push(words);
        } else {
            self.push(&format!("{words} ({address})"));
        }
        self.at = end;
        true
    }

    /// Reads `address "title")` and returns the address, and where it ends.
    fn target(&self, from: usize) -> Option<(String, usize)> {
        let (mut depth, mut end_of_address) = (0_usize, None);
        for (nth, c) in self.chars.get(from..)?.iter().take(2_000).enumerate() {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => {
                    let end = end_of_address.unwrap_or(from + nth);
                    let address = self.slice(from, end);
                    let address = address.trim().trim_matches(['<', '>']);
                    return Some((address.to_owned(), from + nth + 1));
                }
                ')' => depth -= 1,
                ' ' if end_of_address.is_none() && nth > 0 => end_of_address = Some(from + nth),
                _ => {}
            }
        }
        None
    }

    /// Reads `<https://…>`.
    fn address(&mut self) -> bool {
        let rest = self.chars.get(self.at + 1..).unwrap_or_default();
        let is_of_address = |c: &&char| !c.is_whitespace() && !matches!(c, '<' | '>');
        let length = rest.iter().take(2_000).take_while(is_of_address).count();
        let inside = self.slice(self.at + 1, self.at + 1 + length);
        let is_address = inside.starts_with("http://") || inside.starts_with("https://");
        if !is_address || rest.get(length) != Some(&'>') {
            return false;
        }
        self.push(&inside);
        self.at += length + 2;
        true
    }

    /// Reads `&amp;`.
    fn entity(&mut self) -> bool {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().take(12).position(|c| *c == ';') else { return false };
        let written: String = rest.iter().take(length + 1).collect();
        let read = html::plain(&written);
        if read == written {
            return false;
        }
        // A space that does not break.
        self.push(if read.is_empty() { " " } else { &read });
        self.at += length + 1;
        true
    }

    /// Reads a run of signs that may begin or end emphasis.
    fn emphasis(&mut self, sign: char) -> bool {
        let length = self.run(self.at);
        let before = self.at.checked_sub(1).and_then(|at| self.chars.get(at)).copied();
        let behind = self.peek(length);
        let is_space = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_fit = length <= 3 && (sign != '~' || length == 2);
        // Within a word, an underscore is part of it.
        let may_open = is_fit && !is_space(behind) && (sign != '_' || !is_word(before));
        let may_close = is_fit && !is_space(before) && (sign != '_' || !is_word(behind));
        let partner = self.open.iter().rposition(|nth| {
            matches!(self.pieces.get(*nth), Some(Piece::Run { sign: other, length: long, .. })
                if *other == sign && *long == length)
        });
        let mut is_mark = false;
        if let Some(partner) = partner.filter(|_| may_close) {
            is_mark = true;
            let opened = self.open.get(partner).and_then(|nth| self.pieces.get_mut(*nth));
            if let Some(Piece::Run { is_mark, .. }) = opened {
                *is_mark = true;
            }
            self.open.truncate(partner);
        } else if may_open && self.open.len() < MOST_OPEN {
            self.open.push(self.pieces.len());
        }
        self.pieces.push(Piece::Run { sign, length, is_mark });
        self.at += length;
        true
    }

    fn text(self) -> String {
        let mut text = String::new();
        for piece in self.pieces {
            match piece {
                Piece::Text(words) => text.push_str(&words),
                Piece::Run { is_mark: true, .. } => {}
                Piece::Run { sign, length, .. } => text.extend(std::iter::repeat_n(sign, length)),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(markdown: &str, expected: &str) {
        assert_eq!(plain(markdown), expected);
    }

    #[test]
    fn marks_go_and_words_stay() {
        check(
            "a **Linux** *device* ***driver*** ~~not~~ __so__ _at_ all",
            "a Linux device driver not so at all",
        );
        check("# Acme\n\nHeading\n=======\n\n\n\ntext", "Acme\n\nHeading\n\ntext");
        check("::: spoiler How it *ends*\nBadly.\n:::", "How it ends\nBadly.");
        check("> quoted **words**\n\nmine", "> quoted words\n\nmine");
        check("```rust\nlet a = **b;\n```\nout `in **code**`", "let a = **b;\nout in **code**");
        check("- one\n- two\n1. three", "- one\n- two\n1. three");
    }

    #[test]
    fn links_keep_their_words_and_addresses() {
        check(
            "a [certain **device**](https://e.example/x_y_z).",
            "a certain device (https://e.example/x_y_z).",
        );
        check("[https://e.example](https://e.example)", "https://e.example");
        check("<https://e.example/a_b_>", "https://e.example/a_b_");
        check("[a](https://e.example/w_(x) \"title\")!", "a (https://e.example/w_(x))!");
        check("![a picture](https://e.example/1.webp)", "a picture");
        check("![](https://e.example/1.webp)", "https://e.example/1.webp");
        check("see https://e.example/a_b_c and c_d_e", "see https://e.example/a_b_c and c_d_e");
    }

    #[test]
    fn what_is_no_markdown_stays() {
        check("2 * 3 * 4 = 24, snake_case_name, **open", "2 * 3 * 4 = 24, snake_case_name, **open");
        check("[not a link] (here) [x](", "[not a link] (here) [x](");
        check(r"\*so\* \[it\] \\ is", r"*so* [it] \ is");
        check("AT&amp;T &lt;b&gt; &nbsp;& &c; #acme", "AT&T <b>  & &c; #acme");
        check("`open ``and`` more", "`open and more");
        check("", "");
    }

    #[test]
    fn what_nobody_wrote_costs_no_more_than_other_text() {
        for piece in ["[", "[a](", "](b)", "*a", "`a``", "_a*", "&a", "<http://", "![[", "~~a "] {
            let begun = std::time::Instant::now();
            let text = format!("{}\n", piece.repeat(19_000 / piece.len())).repeat(20);
            drop(plain(&text));
            drop(plain(&piece.repeat(200_000)));
            assert!(begun.elapsed().as_secs() < 20, "{piece}: {:?}", begun.elapsed());
        }
    }

    proptest! {
        #[test]
        fn words_are_never_lost(words in "[a-z *_#>\\[\\];\n\\\\-]{0,60}") {
            let letters = |text: &str| text.chars().filter(char::is_ascii_lowercase).count();
            prop_assert_eq!(letters(&plain(&words)), letters(&words));
        }

        #[test]
        fn nothing_breaks_it(words in "\\PC{0,80}") {
            drop(plain(&words));
        }
    }
}
