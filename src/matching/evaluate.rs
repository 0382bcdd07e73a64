//! A query against one post.

use super::atom::{Atoms, Sort};
use super::inflect::{Languages, Tongue};
use super::origin::{Domain, Person};
use super::reading::Reading;
use crate::brand::Field;
use crate::query::{FieldName, FieldTest, Near, Query};
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
    /// Two of which one stands near the other.
    Near {
        pair: Box<(Self, Self)>,
        words: usize,
        is_wanted: bool,
        /// As the query has it.
        written: String,
    },
    Fact {
        fact: Fact,
        is_wanted: bool,
        /// As the query has it.
        written: String,
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

/// Where something was found: bytes in the original field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) field: Field,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What is known while a query is evaluated.
pub(super) struct Facts<'a> {
    pub(super) reading: &'a Reading<'a>,
    /// The places of each atom that was found.
    pub(super) found: &'a HashMap<usize, Vec<Span>>,
    /// Answers what the post alone does not tell.
    pub(super) other: &'a dyn Fn(&FieldTest) -> bool,
    /// Whether what NEAR finds is all from one place to the other.
    pub(super) covers: bool,
}

impl Node {
    /// Makes a query ready, with its atoms numbered by `atoms`. `languages` are those whose forms count
    /// where that of a text is not known.
    pub(super) fn new(query: &Query, languages: Languages, atoms: &mut Atoms) -> Self {
        Builder { languages, atoms }.ready(query, true)
    }
}

struct Builder<'a> {
    languages: Languages,
    atoms: &'a mut Atoms,
}

impl Builder<'_> {
    fn ready(&mut self, query: &Query, is_wanted: bool) -> Node {
        match (query, is_wanted) {
            (Query::All, true) => Node::All(Vec::new()),
            (Query::All, false) => Node::Any(Vec::new()),
            (Query::And(parts), true) | (Query::Or(parts), false) => {
                Node::All(parts.iter().map(|part| self.ready(part, is_wanted)).collect())
            }
            (Query::Or(parts), true) | (Query::And(parts), false) => {
                Node::Any(parts.iter().map(|part| self.ready(part, is_wanted)).collect())
            }
            (Query::Not(inner), _) => self.ready(inner, !is_wanted),
            (Query::Term(text) | Query::Phrase(text), _) => self.atom(Sort::Name, text, is_wanted),
            (Query::Capitals(text), _) => self.atom(Sort::Capitals, text, is_wanted),
            (Query::Exact(text), _) => self.atom(Sort::Exact, text, is_wanted),
            (Query::Prefix(text), _) => self.atom(Sort::Prefix, text, is_wanted),
            (Query::Misspelt(text), _) => self.atom(Sort::Misspelt, text, is_wanted),
            (Query::Handle(text), _) => self.atom(Sort::Handle, text, is_wanted),
            (Query::Tag(text), _) => self.atom(Sort::Tag, text, is_wanted),
            (Query::Near(near), _) => {
                let Near { left, right, words } = &**near;
                let pair = Box::new((self.ready(left, true), self.ready(right, true)));
                Node::Near { pair, words: *words, is_wanted, written: query.to_string() }
            }
            (Query::Field(test), _) => self.field(test, is_wanted),
        }
    }

    fn field(&mut self, test: &FieldTest, is_wanted: bool) -> Node {
        let fact = match test.field {
            FieldName::Title => return self.place(Sort::Name, &test.value, true, is_wanted),
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
            | FieldName::Matter
            | FieldName::Story
            | FieldName::Ticket
            | FieldName::Own
            | FieldName::Muted
            | FieldName::Review
            | FieldName::Praise
            | FieldName::Since
            | FieldName::Until => Fact::Other(test.clone()),
        };
        let written = Query::Field(test.clone()).to_string();
        Node::Fact { fact, is_wanted, written }
    }

    fn atom(&mut self, sort: Sort, text: &str, is_wanted: bool) -> Node {
        if sort == Sort::Misspelt {
            let right = self.atom(Sort::Name, text, is_wanted);
            let both = vec![right, self.place(sort, text, false, is_wanted)];
            return if is_wanted { Node::Any(both) } else { Node::All(both) };
        }
        let inflects = matches!(sort, Sort::Name | Sort::Capitals);
        if inflects
            && self.languages.has(Tongue::German)
            && let Some(other) = spelled_out(text)
        {
            let both = [text, &other].map(|text| self.place(sort, text, false, is_wanted)).into();
            return if is_wanted { Node::Any(both) } else { Node::All(both) };
        }
        self.place(sort, text, false, is_wanted)
    }

    /// What folds to nothing is found nowhere.
    fn place(&mut self, sort: Sort, text: &str, only_title: bool, is_wanted: bool) -> Node {
        match (self.atoms.number(sort, text, self.languages), is_wanted) {
            (Some(atom), true) => Node::Found { atom, only_title },
            (Some(atom), false) => Node::Lacks { atom, only_title },
            (None, true) => Node::Any(Vec::new()),
            (None, false) => Node::All(Vec::new()),
        }
    }
}

/// Returns a name as German writes it without umlauts: Mueller for Müller.
fn spelled_out(text: &str) -> Option<String> {
    const UMLAUTS: [(char, &str); 6] =
        [('ä', "ae"), ('ö', "oe"), ('ü', "ue"), ('Ä', "Ae"), ('Ö', "Oe"), ('Ü', "Ue")];
    let out =
        UMLAUTS.iter().fold(text.to_owned(), |text, (letter, out)| text.replace(*letter, out));
    (out != text).then_some(out)
}

impl Node {
    /// Lists the atoms that make it true by being found.
    pub(super) fn wanted_atoms(&self, wanted: &mut Vec<usize>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.wanted_atoms(wanted);
                }
            }
            Self::Found { atom, .. } => wanted.push(*atom),
            Self::Near { pair, is_wanted: true, .. } => pair.0.wanted_atoms(wanted),
            Self::Near { .. } | Self::Lacks { .. } | Self::Fact { .. } => {}
        }
    }

    /// Tells whether it may be true of a post in which none of its atoms is found.
    pub(super) fn needs_no_atom(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(Self::needs_no_atom),
            Self::Any(parts) => parts.iter().any(Self::needs_no_atom),
            Self::Found { .. } => false,
            Self::Near { is_wanted, .. } => !is_wanted,
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
            Self::Near { pair, words, is_wanted: true, .. } => {
                spans.extend(facts.near(pair, *words, counts));
                spans.len() > before
            }
            Self::Near { pair, words, is_wanted: false, .. } => {
                facts.near(pair, *words, &|_| true).is_empty()
            }
            Self::Fact { fact, is_wanted, .. } => facts.holds(fact) == *is_wanted,
        };
        if !is_true {
            spans.truncate(before);
        }
        is_true
    }
}

/// The most places of one side of a NEAR.
const MOST_STRETCHES: usize = 10_000;

/// Where one side of a NEAR stands, from its first to its last word, and what was found in it.
struct Stretch {
    whole: Span,
    parts: Vec<Span>,
}

impl Facts<'_> {
    /// Returns the places of a pair of which one stands near the other: what was found on both sides, or
    /// all from one to the other where places are to cover what they join.
    fn near(&self, pair: &(Node, Node), words: usize, counts: &dyn Fn(&Span) -> bool) -> Vec<Span> {
        let pairs = self.pairs(pair, words, counts).into_iter();
        let mut found: Vec<Span> = if self.covers {
            pairs.map(|stretch| stretch.whole).collect()
        } else {
            pairs.flat_map(|stretch| stretch.parts).collect()
        };
        found.sort_unstable();
        found.dedup();
        found
    }

    fn pairs(
        &self,
        pair: &(Node, Node),
        words: usize,
        counts: &dyn Fn(&Span) -> bool,
    ) -> Vec<Stretch> {
        let mut left = self.stretches(&pair.0, counts);
        let mut right = self.stretches(&pair.1, counts);
        for side in [&mut left, &mut right] {
            side.sort_unstable_by_key(|stretch| stretch.whole);
            side.dedup_by_key(|stretch| stretch.whole);
            side.truncate(MOST_STRETCHES);
        }
        let mut found = Vec::new();
        // Not only the nearest: a wider stretch may be what stands near to something else again.
        for (ones, others) in [(&left, &right), (&right, &left)] {
            for one in ones {
                let end = (one.whole.field, one.whole.end);
                let behind =
                    others.partition_point(|other| (other.whole.field, other.whole.start) < end);
                let near = others.iter().skip(behind).take_while(|other| {
                    other.whole.field == one.whole.field
                        && self.words_between(&one.whole, &other.whole, words)
                });
                for other in near.take(MOST_STRETCHES.saturating_sub(found.len())) {
                    let whole = Span { end: other.whole.end, ..one.whole };
                    let parts = [one.parts.as_slice(), &other.parts].concat();
                    found.push(Stretch { whole, parts });
                }
            }
        }
        found
    }

    /// Lists where one side of a NEAR stands.
    fn stretches(&self, node: &Node, counts: &dyn Fn(&Span) -> bool) -> Vec<Stretch> {
        match node {
            Node::Any(parts) => {
                parts.iter().flat_map(|part| self.stretches(part, counts)).collect()
            }
            Node::Near { pair, words, is_wanted: true, .. } => self.pairs(pair, *words, counts),
            node => {
                let mut spans = Vec::new();
                node.evaluate(self, counts, &mut spans);
                spans.into_iter().map(|whole| Stretch { whole, parts: vec![whole] }).collect()
            }
        }
    }

    /// Tells whether at most so many words stand between two places of one field.
    pub(super) fn words_between(&self, one: &Span, other: &Span, most: usize) -> bool {
        let (first, last) = if one.start <= other.start { (one, other) } else { (other, one) };
        let between = self.reading.field(one.field).between(first.end..last.start.max(first.end));
        let words = between
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .filter(|word| !word.is_empty());
        words.take(most + 1).count() <= most
    }

    pub(super) fn places(&self, atom: usize, only_title: bool) -> impl Iterator<Item = Span> {
        let places = self.found.get(&atom).map(Vec::as_slice).unwrap_or_default();
        places.iter().copied().filter(move |span| !only_title || span.field == Field::Title)
    }

    fn holds(&self, fact: &Fact) -> bool {
        match fact {
            Fact::Site(domain) => {
                self.reading.post.url.as_deref().is_some_and(|url| domain.holds(url))
            }
            Fact::Author(person) => person.is(&self.reading.post.author),
            Fact::Other(test) => (self.other)(test),
        }
    }
}
