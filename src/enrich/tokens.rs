//! Reads a text into tokens, with the brand masked, so that its name carries no opinion.

use negation::{TURNS, negate};
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

mod negation;

/// How many characters of a text are read from its start.
pub const HEAD: usize = 4000;
/// How many characters are read on each side of the first match that lies behind the head.
pub const AROUND: usize = 1000;
/// How many characters of a word take part: nobody's word is longer.
pub const WORD: usize = 32;
/// How many characters are read at all.
const MOST: usize = HEAD + 2 * AROUND + 64;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Word,
    /// Punctuation and other signs, runs squeezed.
    Mark,
    /// Emoji and emoticons.
    Face,
    /// The brand that is asked about.
    Target,
    Url,
    Handle,
}

/// One piece of a text.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are told one by one, and none rules out another"
)]
pub struct Token {
    pub kind: Kind,
    /// Lower case, without diacritics, digits as `0`, runs of one character squeezed to two.
    pub folded: String,
    /// Where it stands, in Unicode scalar values.
    pub at: Range<usize>,
    /// The number of its sentence, and of its clause.
    pub sentence: u16,
    pub clause: u16,
    /// Whether a negation reaches it.
    pub negated: bool,
    /// Begins with a capital, and is not shouted.
    pub capital: bool,
    /// Begins a sentence or a quotation.
    pub begins: bool,
    /// Of a name, its last letters in lower case without diacritics, an apostrophe among them.
    pub ending: String,
    /// Written in capitals altogether, and long enough to mean it.
    pub shouted: bool,
    /// With a letter repeated three times or more.
    pub drawn_out: bool,
}

/// Reads `text` into tokens. `targets` are the places of the brand, in Unicode scalar values; the
/// whole word around each becomes one [`Kind::Target`].
pub fn tokens(text: &str, targets: &[Range<usize>]) -> Vec<Token> {
    let chars: Vec<char> = text.chars().take(MOST).collect();
    tokens_of(&chars, targets)
}

/// Reads letters into tokens as [`tokens`] does.
pub(super) fn tokens_of(chars: &[char], targets: &[Range<usize>]) -> Vec<Token> {
    let chars = chars.get(..MOST).unwrap_or(chars);
    let tokens = Vec::with_capacity(chars.len() / 4 + 4);
    let mut reader = Reader { chars, targets, at: 0, sentence: 0, clause: 0, tokens };
    reader.read();
    let mut tokens = reader.tokens;
    negate(&mut tokens);
    tokens
}

struct Reader<'a> {
    chars: &'a [char],
    targets: &'a [Range<usize>],
    at: usize,
    sentence: u16,
    clause: u16,
    tokens: Vec<Token>,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some(&c) = self.chars.get(self.at) {
            let start = self.at;
            if let Some(end) = self.target_here() {
                self.target(start, end);
            } else if c == '\n' {
                self.at += 1;
                self.turn(true);
            } else if c.is_whitespace() || is_invisible(c) {
                self.at += 1;
            } else if matches!(c, 'h' | 'H' | 'w' | 'W')
                && self.starts(&["http://", "https://", "www."])
            {
                self.skip(|c| !c.is_whitespace());
                self.push(Kind::Url, start, "URL".to_owned());
            } else if c == '@' && self.chars.get(start + 1).is_some_and(|c| in_word(*c)) {
                self.at += 1;
                self.skip(|c| in_word(c) || c == '_' || c == '.');
                // The brand's own handle is the brand, as a hashtag with its name is.
                let (kind, name) = if self.has_target(start) {
                    (Kind::Target, "TARGET")
                } else {
                    (Kind::Handle, "HANDLE")
                };
                self.push(kind, start, name.to_owned());
            } else if let Some((length, face)) = self.emoticon(c) {
                self.at += length;
                self.push(Kind::Face, start, face.to_owned());
            } else if in_word(c) {
                self.word();
            } else {
                self.mark(c);
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize, folded: String) {
        let letters = self.chars.get(start..self.at).unwrap_or_default();
        let (mut shouted, mut drawn_out, mut capital) = (false, false, false);
        if kind == Kind::Word {
            let has_lower = letters.iter().any(|c| c.is_lowercase());
            let is_upper = |c: &char| c.is_uppercase();
            shouted = !has_lower && letters.len() > 3 && letters.iter().any(is_upper);
            drawn_out = letters
                .windows(3)
                .any(|three| matches!(three, [a, b, c] if a == b && b == c && a.is_alphabetic()));
            capital = !shouted && letters.len() > 1 && letters.first().is_some_and(is_upper);
        }
        let inside = self.tokens.last().is_some_and(|last| {
            last.sentence == self.sentence && !(last.kind == Kind::Mark && last.folded == "\"")
        });
        let ending =
            if capital || kind == Kind::Target { self.ending(start) } else { String::new() };
        self.tokens.push(Token {
            kind,
            folded,
            at: start..self.at,
            sentence: self.sentence,
            clause: self.clause,
            negated: false,
            capital,
            begins: !inside && !self.has_suffix(start),
            ending,
            shouted,
            drawn_out,
        });
    }

    /// Returns the last letters of the name from `start`.
    fn ending(&self, start: usize) -> String {
        let from = start.max(self.at.saturating_sub(4));
        let letters = self.chars.iter().take(self.at).skip(from);
        letters
            .flat_map(|c| match c {
                '\'' | '’' | '`' | '´' => vec!['\''],
                c => fold(std::iter::once(*c)).chars().collect(),
            })
            .collect()
    }

    /// Tells whether the word from `start` has an ending behind an apostrophe, as Turkish names have
    /// (and not as English verbs).
    fn has_suffix(&self, start: usize) -> bool {
        let letters = || self.chars.iter().take(self.at).skip(start);
        if !self.chars.get(start).is_some_and(|c| c.is_uppercase()) {
            return false;
        }
        let Some(stem) = letters().position(|c| matches!(c, '\'' | '’')) else { return false };
        let suffix: String = letters().skip(stem + 1).map(char::to_ascii_lowercase).collect();
        stem > 2 && !matches!(suffix.as_str(), "s" | "t" | "m" | "re" | "ve" | "ll" | "d")
    }

    /// Begins another clause, and perhaps another sentence.
    fn turn(&mut self, sentence: bool) {
        self.clause = self.clause.saturating_add(1);
        if sentence {
            self.sentence = self.sentence.saturating_add(1);
        }
    }

    fn skip(&mut self, goes_on: impl Fn(char) -> bool) {
        while self.chars.get(self.at).is_some_and(|c| goes_on(*c)) {
            self.at += 1;
        }
    }

    fn starts(&self, with: &[&str]) -> bool {
        let Some(rest) = self.chars.get(self.at..) else { return false };
        with.iter().any(|with| {
            with.chars().count() <= rest.len()
                && with.chars().zip(rest).all(|(a, b)| a == b.to_ascii_lowercase())
        })
    }

    /// Returns where the target ends that stands here.
    fn target_here(&self) -> Option<usize> {
        let mut here = self.targets.iter().filter(|at| at.start <= self.at && self.at < at.end);
        here.next().map(|at| at.end.min(self.chars.len()))
    }

    fn has_target(&self, start: usize) -> bool {
        self.targets.iter().any(|target| target.start < self.at && start < target.end)
    }

    fn apostrophe_here(&self) -> bool {
        matches!(self.chars.get(self.at), Some('\'' | '’' | '`' | '´'))
            && self.chars.get(self.at + 1).is_some_and(|c| c.is_alphabetic())
    }

    /// Tells whether what was read from `start` is a word that lost its end before a vowel (`l'appli`).
    fn is_elided(&self, start: usize) -> bool {
        let mut letters = self.chars.iter().take(self.at).skip(start).map(char::to_ascii_lowercase);
        match (letters.next(), letters.next(), letters.next()) {
            (Some('l' | 'd' | 'j' | 'n' | 'm' | 't' | 's' | 'c'), None, _)
            | (Some('q'), Some('u'), None) => {
                self.chars.get(self.at + 2).is_some_and(|c| in_word(*c))
            }
            _ => false,
        }
    }

    /// Reads the brand, with what is left of its word.
    fn target(&mut self, start: usize, end: usize) {
        self.at = end.max(start + 1);
        while self.chars.get(self.at).is_some_and(|c| in_word(*c)) || self.apostrophe_here() {
            self.at += 1;
        }
        self.push(Kind::Target, start, "TARGET".to_owned());
    }

    fn word(&mut self) {
        let start = self.at;
        while self.chars.get(self.at).is_some_and(|c| in_word(*c) || is_invisible(*c))
            || self.apostrophe_here() && !self.is_elided(start)
        {
            self.at += 1;
        }
        // The brand may begin inside of it.
        let inside = self.targets.iter().find(|at| start < at.start && at.start < self.at);
        if let Some(inside) = inside.filter(|at| !at.is_empty()) {
            return self.target(start, inside.end.max(self.at).min(self.chars.len()));
        }
        let letters = self.chars.iter().take(self.at).skip(start).take(WORD).copied();
        let folded =
            fold(letters.filter(|c| !matches!(c, '\'' | '’' | '`' | '´') && !is_invisible(*c)));
        if TURNS.has(&folded) {
            self.turn(false);
        }
        self.push(Kind::Word, start, folded);
    }

    fn mark(&mut self, c: char) {
        let start = self.at;
        let face = is_face(c);
        self.at += 1;
        self.skip(|next| {
            next == c || matches!(next, '\u{fe0f}' | '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}')
        });
        let run = self.at - start;
        let mut folded: String = plain_mark(c).to_string();
        if run > 1 && !face {
            folded.push(plain_mark(c));
        }
        let kind = if face { Kind::Face } else { Kind::Mark };
        self.push(kind, start, folded);
        let followed_by_space = self.chars.get(self.at).is_none_or(|c| c.is_whitespace());
        match c {
            '.' | '!' | '?' | '…' if followed_by_space || run > 1 => self.turn(true),
            ',' | ';' | ':' | '–' | '—' | '(' | ')' if followed_by_space || c == '(' => {
                self.turn(false);
            }
            _ => {}
        }
    }

    /// Returns the length and the name of the emoticon that begins here.
    fn emoticon(&self, first: char) -> Option<(usize, &'static str)> {
        if !matches!(first, '<' | 'x' | 'X' | ':' | ';' | '=') {
            return None;
        }
        let c = |ahead: usize| self.chars.get(self.at + ahead).copied().unwrap_or(' ');
        if c(0) == '<' && c(1) == '3' {
            return Some((2, "FACE+"));
        }
        if self.at > 0
            && self.chars.get(self.at - 1).is_some_and(|c| c.is_alphanumeric())
            && c(0) != ':'
            && c(0) != ';'
        {
            return None;
        }
        if matches!(c(0), 'x' | 'X') && c(1) == 'D' && !in_word(c(2)) {
            return Some((2, "FACE+"));
        }
        if !matches!(c(0), ':' | ';' | '=') {
            return None;
        }
        let nose = usize::from(matches!(c(1), '-' | '\'' | 'o'));
        let face = match c(1 + nose) {
            ')' | 'D' | ']' | '*' => "FACE+",
            '(' | '[' => "FACE-",
            '/' if c(2 + nose) != '/' => "FACE-",
            'P' | 'p' if !in_word(c(2 + nose)) => "FACE+",
            _ => return None,
        };
        Some((2 + nose, face))
    }
}

fn in_word(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphanumeric(),
        // Letters all, but for the two signs among them.
        '\u{c0}'..='\u{2af}' => !matches!(c, '×' | '÷'),
        _ => c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c),
    }
}

pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn is_face(c: char) -> bool {
    matches!(c, '\u{1f300}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{2b55}')
}

fn plain_mark(c: char) -> char {
    match c {
        '“' | '”' | '„' | '«' | '»' | '‟' | '"' => '"',
        '‘' | '’' | '‚' | '`' | '´' => '\'',
        '–' | '—' | '−' => '-',
        '…' => '.',
        other => other,
    }
}

/// Returns a word in lower case, without diacritics (people leave them out, and `I`, `İ` and `ı` are
/// one letter to somebody in a hurry), digits as `0`, runs squeezed to two.
pub fn fold(letters: impl Iterator<Item = char>) -> String {
    let mut folded = String::with_capacity(16);
    let mut last = '\0';
    let mut run = 0;
    let mut push = |c: char| {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        if run <= 2 {
            folded.push(c);
        }
    };
    for c in letters {
        match c {
            'a'..='z' => push(c),
            'A'..='Z' => push(c.to_ascii_lowercase()),
            '0'..='9' => push('0'),
            'ä' | 'Ä' | 'å' | 'Å' | 'á' | 'à' | 'â' | 'ã' => push('a'),
            'ö' | 'Ö' | 'ó' | 'ô' | 'õ' => push('o'),
            'ü' | 'Ü' | 'ú' | 'û' => push('u'),
            'ı' | 'İ' | 'í' | 'î' => push('i'),
            'ş' | 'Ş' => push('s'),
            'ç' | 'Ç' => push('c'),
            'ğ' | 'Ğ' => push('g'),
            'é' | 'è' | 'ê' => push('e'),
            'ñ' => push('n'),
            _ if c.is_numeric() => push('0'),
            _ => std::iter::once(c)
                .nfkd()
                .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
                .flat_map(char::to_lowercase)
                .filter(|c| c.is_alphanumeric())
                .take(4)
                .for_each(&mut push),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str, targets: &[Range<usize>]) -> String {
        let tokens = tokens(text, targets);
        tokens.iter().map(|token| token.folded.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_text_is_read_into_tokens() {
        let check = |text, expected| assert_eq!(folded(text, &[]), expected);
        check("Ei TOIMI!!! taaaas", "ei toimi !! taas");
        check("Çağrı merkezi ISRARLA kapalı", "cagri merkezi israrla kapali");
        check("I\u{307}stanbul İstanbul ıstanbul", "istanbul istanbul istanbul");
        check(
            "maksoin 39,90 € @acme https://a.example/b?c :( 😡😡",
            "maksoin 00 , 00 € HANDLE URL FACE- 😡",
        );
        check("don’t “fast” so\u{ad}ft", "dont \" fast \" soft");
        check("ﬁne ｗｉｄｅ", "fine wide");
    }

    #[test]
    fn the_brand_is_masked_with_its_endings() {
        let check = |text, target: Range<usize>, expected| {
            assert_eq!(folded(text, std::slice::from_ref(&target)), expected, "{text}");
        };
        check("Acmella on vika", 0..4, "TARGET on vika");
        check("Acme'nin kargosu", 0..4, "TARGET kargosu");
        check("Acme Oy:n lasku", 0..7, "TARGET : n lasku");
        check("superacme", 5..9, "TARGET");
        check("thanks @AcmeHelp", 8..12, "thanks TARGET");
        check("thanks @JoeHelp Acme", 16..20, "thanks HANDLE TARGET");
        check("ok", 7..9, "ok");
    }

    #[test]
    fn a_negation_reaches_three_words_of_its_clause_or_one_back() {
        let check = |text: &str, expected: &[&str]| {
            let tokens = tokens(text, &[]);
            let negated: Vec<&str> = tokens
                .iter()
                .filter(|token| token.negated)
                .map(|token| token.folded.as_str())
                .collect();
            assert_eq!(negated, expected, "{text}");
        };
        check("ei ole kovin hyvä palvelu", &["ole", "kovin", "hyva"]);
        check("not bad, really good", &["bad"]);
        check("memnun değilim", &["memnun"]);
        check("değil mi", &[]);
    }
}
