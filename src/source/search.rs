//! Keywords in the words of a site's own search. What a site cannot say is left out, so that it finds
//! more than is wanted and not less: every post is matched again here.

use crate::query::Query;

/// How a site's search is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between alternatives; `None` where the site knows none, so that each is a query.
    pub or: Option<&'static str>,
    /// What stands before and behind terms that belong together, where alternatives follow.
    pub group: Option<(&'static str, &'static str)>,
    /// Whether all terms of a keyword are asked for. If not, only the longest is: the site finds whole
    /// words as they are written, and another form of the others would be missed.
    pub and: bool,
    /// Whether `"two words"` is a phrase. If not, its words stand side by side.
    pub phrases: bool,
    /// What stands before a handle and before a hashtag.
    pub handle: &'static str,
    pub tag: &'static str,
    /// The most characters of a query, alternatives together.
    pub longest: usize,
    /// Terms of fewer characters are not found.
    pub shortest: usize,
}

impl Dialect {
    /// Words, phrases in quotes, each alternative a query of its own.
    pub const PLAIN: Self = Self {
        or: None,
        group: None,
        and: false,
        phrases: true,
        handle: "@",
        tag: "#",
        longest: 500,
        shortest: 1,
    };
}

/// Alternatives of one keyword that are looked at; behind them only its longest terms count.
const MOST_ALTERNATIVES: usize = 16;

/// A word, phrase, handle or tag.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Atom<'q> {
    Term(&'q str),
    Phrase(&'q str),
    Handle(&'q str),
    Tag(&'q str),
}

/// Returns the queries that find what one of `keywords` may find, as few as the site's bounds allow,
/// each once. A keyword that names nothing to search for (`NOT x`, `site:y`) has none.
pub fn queries(keywords: &[Query], dialect: &Dialect) -> Vec<String> {
    let mut alternatives: Vec<String> = Vec::new();
    for atoms in keywords.iter().flat_map(alternatives_of) {
        let Some(text) = written(&atoms, dialect) else { continue };
        if !alternatives.contains(&text) {
            alternatives.push(text);
        }
    }
    let Some(or) = dialect.or else { return alternatives };
    let mut queries: Vec<String> = Vec::new();
    for text in alternatives {
        match queries.last_mut() {
            Some(last) if chars(last) + chars(or) + chars(&text) <= dialect.longest => {
                last.push_str(or);
                last.push_str(&text);
            }
            _ => queries.push(text),
        }
    }
    queries
}

/// Returns the sets of atoms of which all of one must be there.
fn alternatives_of(query: &Query) -> Vec<Vec<Atom<'_>>> {
    match query {
        // A site finds words as they are written, whatever their capitals.
        Query::Term(text) | Query::Prefix(text) | Query::Misspelt(text) => {
            vec![vec![Atom::Term(text)]]
        }
        Query::Phrase(text) | Query::Exact(text) | Query::Capitals(text) => {
            vec![vec![Atom::Phrase(text)]]
        }
        Query::Handle(text) => vec![vec![Atom::Handle(text)]],
        Query::Tag(text) => vec![vec![Atom::Tag(text)]],
        Query::Or(parts) => parts.iter().flat_map(alternatives_of).collect(),
        Query::Near(near) => all_of(&[&near.left, &near.right]),
        Query::And(parts) => all_of(&parts.iter().collect::<Vec<_>>()),
        // What must not be there, and what no site is asked for.
        Query::Not(_) | Query::Field(_) | Query::All => Vec::new(),
    }
}

/// Returns the sets of atoms of which all of one must be there for all of `parts` to be.
fn all_of<'q>(parts: &[&'q Query]) -> Vec<Vec<Atom<'q>>> {
    let mut all: Vec<Vec<Atom<'_>>> = vec![Vec::new()];
    for part in parts {
        let more = alternatives_of(part);
        let is_asked = !more.is_empty() && more.iter().all(|atoms| !atoms.is_empty());
        if is_asked && all.len() * more.len() <= MOST_ALTERNATIVES {
            let pairs = all.iter().flat_map(|one| more.iter().map(move |other| (one, other)));
            all = pairs.map(|(one, other)| [one.as_slice(), other].concat()).collect();
        }
    }
    all.retain(|atoms| !atoms.is_empty());
    all
}

/// Writes the atoms that must stand in a post together.
fn written(atoms: &[Atom<'_>], dialect: &Dialect) -> Option<String> {
    let mut texts: Vec<String> = atoms.iter().filter_map(|atom| atom.written(dialect)).collect();
    if !dialect.and || texts.iter().map(|text| chars(text) + 1).sum::<usize>() > dialect.longest {
        let longest = texts.into_iter().max_by_key(|text| chars(text))?;
        texts = vec![longest];
    }
    texts.retain(|text| chars(text) <= dialect.longest);
    match (texts.as_slice(), dialect.group) {
        ([], _) => None,
        ([_, _, ..], Some((open, close))) => Some(format!("{open}{}{close}", texts.join(" "))),
        _ => Some(texts.join(" ")),
    }
}

impl Atom<'_> {
    fn written(&self, dialect: &Dialect) -> Option<String> {
        let (text, is_phrase) = match self {
            Self::Term(text) => (text, false),
            Self::Phrase(text) => (text, true),
            Self::Handle(text) => return Some(format!("{}{}", dialect.handle, word(text)?)),
            Self::Tag(text) => return Some(format!("{}{}", dialect.tag, word(text)?)),
        };
        // Signs inside would be read as the site's own.
        let plain = text.replace(['"', '\\'], " ");
        let words: Vec<&str> = plain.split_whitespace().collect();
        let joined = words.join(" ");
        if joined.chars().filter(|c| c.is_alphanumeric()).count() < dialect.shortest.max(1) {
            return None;
        }
        let is_odd = joined.chars().any(|c| !c.is_alphanumeric() && c != ' ');
        let is_operator = matches!(joined.as_str(), "OR" | "AND" | "NOT");
        let quotes = is_odd || is_operator || (is_phrase && words.len() > 1);
        Some(if quotes && dialect.phrases { format!("\"{joined}\"") } else { joined })
    }
}

/// Returns a handle or tag that is one word.
fn word(text: &str) -> Option<&str> {
    let is_word = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"');
    is_word.then_some(text)
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse_keyword;

    const RICH: Dialect = Dialect {
        or: Some(" OR "),
        group: Some(("(", ")")),
        and: true,
        longest: 40,
        ..Dialect::PLAIN
    };

    #[track_caller]
    fn check(keywords: &[&str], dialect: &Dialect, expected: &[&str]) {
        let keywords: Vec<Query> =
            keywords.iter().map(|written| parse_keyword(written).unwrap()).collect();
        assert_eq!(queries(&keywords, dialect), expected);
    }

    #[test]
    fn keywords_become_alternatives() {
        check(
            &["Acme", "\"Acme Pay\"", "@acme", "#acme"],
            &RICH,
            &["Acme OR \"Acme Pay\" OR @acme OR #acme"],
        );
        check(&["Acme", "\"Acme Pay\"", "Acme"], &Dialect::PLAIN, &["Acme", "\"Acme Pay\""]);
    }

    #[test]
    fn a_query_is_split_where_it_gets_too_long() {
        check(
            &["Acmeverkkokauppa", "Acmeravintolat", "Acmepankki"],
            &RICH,
            &["Acmeverkkokauppa OR Acmeravintolat", "Acmepankki"],
        );
    }

    #[test]
    fn what_a_site_cannot_say_is_left_out() {
        check(&["Acme NOT klein"], &RICH, &["Acme"]);
        check(&["Acme (refund OR hyvitys)"], &RICH, &["(Acme refund) OR (Acme hyvitys)"]);
        check(&["Acme (refund OR hyvitys)"], &Dialect::PLAIN, &["refund", "hyvitys"]);
        check(&["site:acme.example", "Acme site:forum.example"], &RICH, &["Acme"]);
        check(&["AT&T", "C++"], &RICH, &["\"AT&T\" OR \"C++\""]);
        let short = Dialect { shortest: 3, phrases: false, ..Dialect::PLAIN };
        check(&["OP", "\"S Pankki\""], &short, &["S Pankki"]);
    }
}
