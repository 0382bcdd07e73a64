//! Cuts a query into its pieces, each with the place where it begins.

use super::fault::BadQuery;

/// The most characters that a query may have.
const MOST_CHARACTERS: usize = 65_536;

/// A piece of a query, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) piece: Piece,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Open,
    Close,
    /// `NOT`, or a `-` that stands before something.
    Not,
    And,
    Or,
    /// `NEAR/5`: how many words may stand between at most.
    Near(usize),
    /// What stands between quotes, and the `=` or `^` right before them.
    Quoted {
        sign: Option<char>,
        text: String,
    },
    /// Anything else up to a blank, a parenthesis or a quote.
    Word(String),
    /// `name:` and its value, which is empty where it is missing.
    Field {
        name: String,
        value: Value,
    },
}

/// What stands after the colon of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) at: usize,
    pub(super) text: String,
    pub(super) is_quoted: bool,
    /// `<`, `<=`, `>` or `>=`, if it stood before the value.
    pub(super) sign: String,
}

/// Cuts `text` into pieces.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, BadQuery> {
    let chars: Vec<char> = text.chars().take(MOST_CHARACTERS + 1).collect();
    if chars.len() > MOST_CHARACTERS {
        return Err(BadQuery::new(
            MOST_CHARACTERS,
            format!("the query is too long; at most {MOST_CHARACTERS} characters are read"),
        ));
    }
    let mut lexer = Lexer { chars, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

impl Lexer {
    fn token(&mut self) -> Result<Option<Token>, BadQuery> {
        self.take_while(char::is_whitespace);
        let at = self.at;
        let Some(c) = self.peek() else { return Ok(None) };
        let piece = match c {
            '(' => self.single(Piece::Open),
            ')' => self.single(Piece::Close),
            '-' => self.minus()?,
            '=' | '^' if self.chars.get(at + 1).is_some_and(|next| is_quote(*next)) => {
                self.at += 1;
                Piece::Quoted { sign: Some(c), text: self.quoted()? }
            }
            _ if is_quote(c) => Piece::Quoted { sign: None, text: self.quoted()? },
            _ => match self.field_name() {
                Some(name) => Piece::Field { name, value: self.value()? },
                None => match self.take_while(is_bare).as_str() {
                    "AND" => Piece::And,
                    "OR" => Piece::Or,
                    "NOT" => Piece::Not,
                    "NEAR" => return Err(BadQuery::new(at, near_fault())),
                    word => match word.strip_prefix("NEAR/") {
                        Some(number) => Piece::Near(near(at, number)?),
                        None => Piece::Word(word.to_owned()),
                    },
                },
            },
        };
        Ok(Some(Token { at, piece }))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn single(&mut self, piece: Piece) -> Piece {
        self.at += 1;
        piece
    }

    /// Takes a `-`, which belongs to what follows it at once: one that stands alone is no negation.
    fn minus(&mut self) -> Result<Piece, BadQuery> {
        self.at += 1;
        match self.peek() {
            Some(c) if !c.is_whitespace() && c != ')' => Ok(Piece::Not),
            _ => Err(BadQuery::new(self.at - 1, "this `-` stands before nothing")),
        }
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let taken: String =
            self.chars.iter().skip(self.at).copied().take_while(|c| fits(*c)).collect();
        self.at += taken.chars().count();
        taken
    }

    /// Takes the name of a field and its colon, if that is what comes.
    fn field_name(&mut self) -> Option<String> {
        let start = self.at;
        let name = self.take_while(|c| c.is_ascii_alphabetic() || c == '_');
        if !name.is_empty() && self.peek() == Some(':') {
            self.at += 1;
            return Some(name);
        }
        self.at = start;
        None
    }

    fn value(&mut self) -> Result<Value, BadQuery> {
        let sign = match self.take_while(|c| c == '<' || c == '>') {
            sign if !sign.is_empty() && self.peek() == Some('=') => {
                self.at += 1;
                sign + "="
            }
            sign => sign,
        };
        let at = self.at;
        match self.peek() {
            Some(c) if is_quote(c) => Ok(Value { at, text: self.quoted()?, is_quoted: true, sign }),
            _ => Ok(Value { at, text: self.take_while(is_bare), is_quoted: false, sign }),
        }
    }

    /// Takes what stands between two quotes, of which the first comes next.
    fn quoted(&mut self) -> Result<String, BadQuery> {
        let open = self.at;
        self.at += 1;
        let text = self.take_while(|c| !is_quote(c));
        if self.peek().is_none() {
            return Err(BadQuery::new(open, "this quote is never closed"));
        }
        self.at += 1;
        Ok(text)
    }
}

/// The most words that NEAR may allow between.
const MOST_NEAR: usize = 100;

fn near(at: usize, number: &str) -> Result<usize, BadQuery> {
    let words = number.parse().ok().filter(|words| *words <= MOST_NEAR);
    words.ok_or_else(|| BadQuery::new(at + "NEAR/".len(), near_fault()))
}

fn near_fault() -> String {
    format!(
        "NEAR needs the most words that may stand between, such as NEAR/5, at most {MOST_NEAR}; to \
         look for the word, use quotes"
    )
}

/// Straight quotes, and those that word processors make of them.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

/// Tells whether a character may stand in a word without quotes.
pub(super) fn is_bare(c: char) -> bool {
    !c.is_whitespace() && !is_quote(c) && c != '(' && c != ')'
}

/// Tells whether a character can be looked for: letters and digits of any script, and signs beyond
/// ASCII such as emoji; no punctuation, blanks or invisible characters.
pub(super) fn can_be_found(c: char) -> bool {
    let is_mark_or_punctuation = matches!(
        c,
        '\u{80}'..='\u{bf}' | '\u{300}'..='\u{36f}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    );
    c.is_alphanumeric() || !(c.is_ascii() || c.is_whitespace() || is_mark_or_punctuation)
}
