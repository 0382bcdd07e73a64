//! What a Mastodon server is asked for: mentions, searches and hashtags, made of keywords.

use crate::query::Query;
use crate::source::search::{self, Dialect};
use crate::source::site::Wrong;

/// One list of posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum List {
    Mentions,
    Search(String),
    Tag(String),
}

impl List {
    /// Returns its name in a cursor.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Mentions => "mentions".into(),
            Self::Search(text) => format!("search {text}"),
            Self::Tag(tag) => format!("tag {tag}"),
        }
    }
}

/// A handle or a hashtag by itself is not looked for in texts, but the word in it is.
const DIALECT: Dialect = Dialect { handle: "", tag: "", ..Dialect::PLAIN };

/// Returns what is searched for; the search does not mind case.
pub(super) fn searches(keywords: &[Query]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for query in search::queries(keywords, &DIALECT) {
        if !found.iter().any(|known| known.to_lowercase() == query.to_lowercase()) {
            found.push(query);
        }
    }
    found
}

/// Returns the hashtags that are asked for, without `#`: those given, or else what the keywords make.
pub(super) fn tags(given: &[String], keywords: &[Query]) -> Result<Vec<String>, Wrong> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |tag: &str| {
        let tag = tag.to_lowercase();
        if !found.contains(&tag) {
            found.push(tag);
        }
    };
    if given.is_empty() {
        keywords.iter().flat_map(tags_of).for_each(&mut add);
    }
    for written in given {
        let tag = written.trim().trim_start_matches('#');
        if !is_tag(tag) {
            let wrong = Wrong::new("tags", format!("`{written}` is no hashtag"));
            return Err(wrong.hint("a hashtag is one word of letters, digits and `_`"));
        }
        add(tag);
    }
    Ok(found)
}

/// Returns the hashtags of which a post bears one that a keyword finds.
fn tags_of(query: &Query) -> Vec<&str> {
    match query {
        Query::Term(text)
        | Query::Phrase(text)
        | Query::Exact(text)
        | Query::Capitals(text)
        | Query::Misspelt(text)
        | Query::Tag(text) => Some(text.trim()).filter(|text| is_tag(text)).into_iter().collect(),
        Query::Or(parts) => parts.iter().flat_map(tags_of).collect(),
        // All must be there, so one will do: the first, which is the brand's name most often.
        Query::And(parts) => {
            parts.iter().map(tags_of).find(|tags| !tags.is_empty()).unwrap_or_default()
        }
        Query::Near(near) => {
            let left = tags_of(&near.left);
            if left.is_empty() { tags_of(&near.right) } else { left }
        }
        Query::Prefix(_) | Query::Handle(_) | Query::Not(_) | Query::Field(_) | Query::All => {
            Vec::new()
        }
    }
}

fn is_tag(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.chars().all(is_part)
        && text.chars().any(char::is_alphabetic)
        && text.chars().count() <= 100
}

/// Says what it may mean that a search that was never asked before finds nothing: a server that cannot
/// search says the same.
pub(super) fn doubt(list: &List) -> Option<String> {
    let List::Search(text) = list else { return None };
    Some(format!(
        "the search for `{text}` found nothing, which may mean that this server has no full-text \
         search, or that nobody whose posts it may search wrote of it; hashtags are read all the same"
    ))
}

/// Says what it means that a list that needs a token was refused.
pub(super) fn refused(list: Option<&List>, status: u16, told: &str) -> String {
    let (what, scope) = match list {
        Some(List::Mentions) => ("mentions", "read:notifications"),
        _ => ("searches", "read:search"),
    };
    match status {
        403 | 422 => format!(
            "the server does not allow {what} with this token{told}: it must be the token of an account, with the scope {scope}"
        ),
        404 => format!("the server has no {what}{told}"),
        _ => format!("the server gives no {what} for now{told}"),
    }
}
