//! The one query language of keywords, filters, routes and searches: its parsed form, and back to
//! text. What a query is compared with is the business of those who evaluate it.

use std::fmt;

mod fault;
mod field;
mod lex;
mod moment;
mod parse;
mod print;

pub use fault::BadQuery;
pub use field::{Comparison, FieldName, FieldTest};
pub use moment::Moment;
pub use parse::{parse_exclude, parse_filter, parse_keyword};

/// A parsed query.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// The empty query: everything.
    All,
    /// One word, as written; found in every form that it takes.
    Term(String),
    /// Words in this order, as written between the quotes; found with the last in every form.
    Phrase(String),
    /// `=Acme`: a word or phrase in just this spelling, case and form.
    Exact(String),
    /// `^Acme`: a word or phrase in every form, but with the capitals it is written with.
    Capitals(String),
    /// `acm*`: any word that begins so.
    Prefix(String),
    /// `Acme~1`: a word in every form, also with one letter wrong.
    Misspelt(String),
    /// A handle, without its `@`.
    Handle(String),
    /// A hashtag, without its `#`.
    Tag(String),
    /// All of these, at least two.
    And(Vec<Self>),
    /// Any of these, at least two.
    Or(Vec<Self>),
    Not(Box<Self>),
    /// Two that stand near each other in one field, in either order.
    Near(Box<Near>),
    Field(FieldTest),
}

/// `a NEAR/5 b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// A word, a phrase, alternatives of them, or such a pair itself; so is `right`.
    pub left: Query,
    pub right: Query,
    /// The most words that may stand between.
    pub words: usize,
}

impl Query {
    /// Tells whether this fits a post in which nothing that it names is found: `NOT a`, or the empty
    /// query.
    pub fn fits_nothing_found(&self) -> bool {
        match self {
            Self::All => true,
            Self::Term(_)
            | Self::Phrase(_)
            | Self::Exact(_)
            | Self::Capitals(_)
            | Self::Prefix(_)
            | Self::Misspelt(_)
            | Self::Handle(_)
            | Self::Tag(_)
            | Self::Near(_)
            | Self::Field(_) => false,
            Self::And(parts) => parts.iter().all(Self::fits_nothing_found),
            Self::Or(parts) => parts.iter().any(Self::fits_nothing_found),
            Self::Not(inner) => !inner.fits_nothing_found(),
        }
    }

    /// Tells whether this is found at places in a text, and so can be near something.
    fn has_places(&self) -> bool {
        match self {
            Self::Term(_)
            | Self::Phrase(_)
            | Self::Exact(_)
            | Self::Capitals(_)
            | Self::Prefix(_)
            | Self::Misspelt(_)
            | Self::Handle(_)
            | Self::Tag(_)
            | Self::Near(_) => true,
            Self::Or(parts) => parts.iter().all(Self::has_places),
            Self::All | Self::And(_) | Self::Not(_) | Self::Field(_) => false,
        }
    }
}

/// Writes the query so that it reads back as the same.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::query(self, f)
    }
}
