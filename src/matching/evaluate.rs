//! A query against one post.

use super::atom::{Atom, Atoms};
use super::origin::{Domain, Person};
use crate::brand::Field;
use crate::post::Post;
use crate::query::{FieldName, FieldTest, Query};
use std::collections::HashMap;

/// A query made ready: negations stand only at its leaves, so that what was found for a true query is
/// what makes it true.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Every one of these; all posts where there are none.
    All(Vec<Self>),
    /// At least one of these; no post where there are none.
    Any(Vec<Self>),
    /// An atom, by its number.
    Found {
        atom: usize,
        only_title: bool,
    },
    Lacks {
        atom: usize,
        only_title: bool,
    },
    Fact {
        fact: Fact,
        is_wanted: bool,
    },
}

/// Something that is asked of the post as a whole.
#[derive(Debug, Clone)]
pub(super) enum Fact {
    Site(Domain),
    Author(Person),
    /// What the post alone does not tell.
    Other(FieldTest),
}

/// Where something was found: bytes in the folded field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) field: Field,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What is known while a query is evaluated.
pub(super) struct Facts<'a> {
    pub(super) post: &'a Post,
    /// The places of each atom that was found.
    pub(super) found: &'a HashMap<usize, Vec<Span>>,
    /// Answers what the post alone does not tell.
    pub(super) other: &'a dyn Fn(&FieldTest) -> bool,
}

impl Node {
    /// Makes a query ready, with its atoms numbered by `atoms`.
    pub(super) fn new(query: &Query, atoms: &mut Atoms) -> Self {
        Self::ready(query, true, atoms)
    }

    fn ready(query: &Query, is_wanted: bool, atoms: &mut Atoms) -> Self {
        let mut many = |parts: &[Query]| -> Vec<Self> {
            parts.iter().map(|part| Self::ready(part, is_wanted, atoms)).collect()
        };
        match (query, is_wanted) {
            (Query::All, true) => Self::All(Vec::new()),
            (Query::All, false) => Self::Any(Vec::new()),
            (Query::And(parts), true) | (Query::Or(parts), false) => Self::All(many(parts)),
            (Query::Or(parts), true) | (Query::And(parts), false) => Self::Any(many(parts)),
            (Query::Not(inner), _) => Self::ready(inner, !is_wanted, atoms),
            (Query::Term(word), _) => Self::atom(Atom::word(word), false, is_wanted, atoms),
            (Query::Phrase(words), _) => Self::atom(Atom::phrase(words), false, is_wanted, atoms),
            (Query::Handle(handle), _) => {
                Self::atom(Atom::word(&format!("@{handle}")), false, is_wanted, atoms)
            }
            (Query::Exact(w) | Query::Capitals(w) | Query::Prefix(w) | Query::Misspelt(w), _) => {
                Self::atom(Atom::phrase(w), false, is_wanted, atoms)
            }
            (Query::Near(_), _) => Self::Any(Vec::new()),
            (Query::Tag(tag), _) => {
                Self::atom(Atom::word(&format!("#{tag}")), false, is_wanted, atoms)
            }
            (Query::Field(test), _) => Self::field(test, is_wanted, atoms),
        }
    }

    fn field(test: &FieldTest, is_wanted: bool, atoms: &mut Atoms) -> Self {
        let fact = match test.field {
            FieldName::Title => {
                let has_blanks = test.value.trim().contains(char::is_whitespace);
                let atom =
                    if has_blanks { Atom::phrase(&test.value) } else { Atom::word(&test.value) };
                return Self::atom(atom, true, is_wanted, atoms);
            }
            FieldName::Site => Fact::Site(Domain::new(&test.value)),
            FieldName::Author => Fact::Author(Person::new(&test.value)),
            FieldName::Brand
            | FieldName::Source
            | FieldName::Kind
            | FieldName::Language
            | FieldName::Sentiment
            | FieldName::Score
            | FieldName::Priority
            | FieldName::Type
            | FieldName::Flag
            | FieldName::Story
            | FieldName::Ticket
            | FieldName::Own
            | FieldName::Since
            | FieldName::Until => Fact::Other(test.clone()),
        };
        Self::Fact { fact, is_wanted }
    }

    /// What folds to nothing is found nowhere.
    fn atom(atom: Option<Atom>, only_title: bool, is_wanted: bool, atoms: &mut Atoms) -> Self {
        match (atom.map(|atom| atoms.number(atom)), is_wanted) {
            (Some(atom), true) => Self::Found { atom, only_title },
            (Some(atom), false) => Self::Lacks { atom, only_title },
            (None, true) => Self::Any(Vec::new()),
            (None, false) => Self::All(Vec::new()),
        }
    }

    /// Lists the atoms that make it true by being found.
    pub(super) fn wanted_atoms(&self, wanted: &mut Vec<usize>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.wanted_atoms(wanted);
                }
            }
            Self::Found { atom, .. } => wanted.push(*atom),
            Self::Lacks { .. } | Self::Fact { .. } => {}
        }
    }

    /// Tells whether it may be true of a post in which none of its atoms is found.
    pub(super) fn needs_no_atom(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(Self::needs_no_atom),
            Self::Any(parts) => parts.iter().any(Self::needs_no_atom),
            Self::Found { .. } => false,
            Self::Lacks { .. } | Self::Fact { .. } => true,
        }
    }

    /// Tells whether it is true, and adds what was found to `spans` if so. Only places that `counts`
    /// accepts make it true; any place breaks a negation.
    pub(super) fn evaluate(
        &self,
        facts: &Facts<'_>,
        counts: &dyn Fn(&Span) -> bool,
        spans: &mut Vec<Span>,
    ) -> bool {
        let before = spans.len();
        let is_true = match self {
            Self::All(parts) => parts.iter().all(|part| part.evaluate(facts, counts, spans)),
            // Not `any`, which would stop at the first: each true part adds what it found.
            Self::Any(parts) => {
                parts.iter().filter(|part| part.evaluate(facts, counts, spans)).count() > 0
            }
            Self::Found { atom, only_title } => {
                spans.extend(facts.places(*atom, *only_title).filter(|span| counts(span)));
                spans.len() > before
            }
            Self::Lacks { atom, only_title } => facts.places(*atom, *only_title).next().is_none(),
            Self::Fact { fact, is_wanted } => facts.holds(fact) == *is_wanted,
        };
        if !is_true {
            spans.truncate(before);
        }
        is_true
    }
}

impl Facts<'_> {
    fn places(&self, atom: usize, only_title: bool) -> impl Iterator<Item = Span> {
        let places = self.found.get(&atom).map(Vec::as_slice).unwrap_or_default();
        places.iter().copied().filter(move |span| !only_title || span.field == Field::Title)
    }

    fn holds(&self, fact: &Fact) -> bool {
        match fact {
            Fact::Site(domain) => self.post.url.as_deref().is_some_and(|url| domain.holds(url)),
            Fact::Author(person) => person.is(&self.post.author),
            Fact::Other(test) => (self.other)(test),
        }
    }
}
