//! What the operator watches: a brand, the keywords that find it, and the places in a text where
//! one did.

use crate::query::Query;
use crate::text::Language;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a brand, as the operator wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BrandName(pub String);

impl fmt::Display for BrandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A query that finds a brand (or, in `exclude`, a place that does not count).
#[derive(Debug, Clone, PartialEq)]
pub struct Keyword {
    /// As the operator wrote it; shown as the reason of a match.
    pub written: String,
    pub query: Query,
}

/// Which of a brand's mentions become tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TicketPolicy {
    #[default]
    Negative,
    All,
    None,
}

/// One brand that is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Brand {
    pub name: BrandName,
    /// Any of them finds the brand.
    pub keywords: Vec<Keyword>,
    /// A match inside a match of one of these does not count.
    pub exclude: Vec<Keyword>,
    /// The brand's own sites (`acme.example`, with what is under it) and handles (`@acme`): their
    /// posts are kept and never become tickets.
    pub own: Vec<String>,
    /// Where there are any, one of them must stand near a match for it to count: the name means other
    /// things too.
    pub context: Vec<Keyword>,
    /// Languages the brand's customers write; empty means any. A hint: no mention is left out for its
    /// language.
    pub languages: Vec<Language>,
    /// `None`: what suits the place, `negative` nearly everywhere.
    pub tickets: Option<TicketPolicy>,
    /// Whether those who praise it are to be thanked.
    pub praise: bool,
}

/// The part of a post in which something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    Title,
    Text,
}

/// One place in a post where a keyword matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The keyword, as written.
    pub keyword: String,
    #[serde(rename = "in")]
    pub field: Field,
    /// Where the match begins, in Unicode scalar values from the start of the field.
    pub start: usize,
    /// Where it ends (the first scalar value behind it).
    pub end: usize,
    /// What stands there in the text.
    pub form: String,
}
