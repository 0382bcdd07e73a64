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
    /// One word, as written.
    Term(String),
    /// Words in this order, as written between the quotes.
    Phrase(String),
    /// A handle, without its `@`.
    Handle(String),
    /// A hashtag, without its `#`.
    Tag(String),
    /// All of these, at least two.
    And(Vec<Self>),
    /// Any of these, at least two.
    Or(Vec<Self>),
    Not(Box<Self>),
    Field(FieldTest),
}

impl Query {
    /// Tells whether this fits a post in which nothing that it names is found: `NOT a`, or the empty
    /// query.
    pub fn fits_nothing_found(&self) -> bool {
        match self {
            Self::All => true,
            Self::Term(_) | Self::Phrase(_) | Self::Handle(_) | Self::Tag(_) | Self::Field(_) => {
                false
            }
            Self::And(parts) => parts.iter().all(Self::fits_nothing_found),
            Self::Or(parts) => parts.iter().any(Self::fits_nothing_found),
            Self::Not(inner) => !inner.fits_nothing_found(),
        }
    }
}

/// Writes the query so that it reads back as the same.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::query(self, f)
    }
}
