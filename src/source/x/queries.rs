//! Keywords as searches of X, each with a name that lasts.

use super::{LONGEST_QUERY, post};
use crate::query::Query;
use crate::source::search::{self, Dialect};

/// So many characters what is not bought may take: ` -from:name -@name`, with the longest names.
const LONGEST_OWN: usize = 2 * 15 + 10;

/// A search, and the name that it has in the cursor: that of its keywords alone, so that it goes on as
/// it was where the account is another.
pub(super) struct Search {
    pub(super) name: String,
    pub(super) query: String,
}

/// Returns the searches that find the keywords. What the account itself writes is not bought, and what
/// names it is bought as a mention.
pub(super) fn searches(keywords: &[Query], account: Option<&str>) -> Vec<Search> {
    let own = account.map_or(String::new(), |name| format!(" -from:{name} -@{name}"));
    let dialect = Dialect {
        or: Some(" OR "),
        group: Some(("(", ")")),
        and: true,
        longest: LONGEST_QUERY - "() -is:retweet".len() - LONGEST_OWN,
        ..Dialect::PLAIN
    };
    let is_own = |query: &Query| matches!((query, account), (Query::Handle(name), Some(own)) if name.eq_ignore_ascii_case(own));
    let keywords: Vec<Query> =
        keywords.iter().filter(|query| !is_own(query)).map(sayable).collect();
    let queries = search::queries(&keywords, &dialect).into_iter();
    let whole = |query: String| Search {
        name: name_of(&query),
        query: format!("({query}) -is:retweet{own}"),
    };
    queries.map(whole).collect()
}

/// Returns a keyword with handles and tags that X does not know as such as plain words: one of another
/// network (`@acme.example`) would make it refuse the search.
fn sayable(query: &Query) -> Query {
    let is_word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
    match query {
        Query::Handle(name) if !post::is_handle(name) => Query::Phrase(name.clone()),
        Query::Tag(name) if !is_word(name) => Query::Phrase(name.clone()),
        Query::And(parts) => Query::And(parts.iter().map(sayable).collect()),
        Query::Or(parts) => Query::Or(parts.iter().map(sayable).collect()),
        Query::Near(near) => Query::And(vec![sayable(&near.left), sayable(&near.right)]),
        other => other.clone(),
    }
}

/// Returns a short name for a search, the same in every version of vahti (FNV-1a).
fn name_of(query: &str) -> String {
    let hash = query.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
