//! Why a query does not fit a post, in words for people.

use super::atom::{Atoms, Miss};
use super::automaton::beginnings;
use super::evaluate::{Facts, Node, Span};
use super::inflect::Languages;

/// The reasons of one query.
pub(super) struct Reasons<'a> {
    facts: &'a Facts<'a>,
    atoms: &'a Atoms,
    pub(super) lines: Vec<String>,
    /// Whether something of the query stands in the post, or nearly.
    pub(super) is_telling: bool,
}

impl<'a> Reasons<'a> {
    pub(super) fn new(facts: &'a Facts<'a>, atoms: &'a Atoms) -> Self {
        Self { facts, atoms, lines: Vec::new(), is_telling: false }
    }

    /// Adds why a part of the query does not hold.
    pub(super) fn add(&mut self, node: &Node) {
        if node.evaluate(self.facts, &|_| true, &mut Vec::new()) {
            self.is_telling = true;
            return;
        }
        match node {
            Node::All(parts) | Node::Any(parts) => {
                for part in parts {
                    self.add(part);
                }
            }
            Node::Found { atom, only_title } => self.lacks(*atom, *only_title),
            Node::Lacks { atom, only_title } => {
                let span = self.facts.places(*atom, *only_title).next();
                let form = span.map(|span| self.facts.form(&span)).unwrap_or_default();
                self.is_telling = true;
                self.lines.push(format!("`{form}` stands in it, and must not"));
            }
            Node::Near { pair, words, is_wanted: true, .. } => {
                let before = self.lines.len();
                self.add(&pair.0);
                self.add(&pair.1);
                if self.lines.len() == before {
                    let words = crate::text::count(*words, "word");
                    self.lines.push(format!("its two parts stand more than {words} apart"));
                }
            }
            Node::Near { written, .. } => {
                self.is_telling = true;
                self.lines.push(format!("`{written}` fits, and must not"));
            }
            Node::Fact { written, is_wanted: true, .. } => {
                self.lines.push(format!("`{written}` does not fit"));
            }
            Node::Fact { written, .. } => {
                self.lines.push(format!("`{written}` fits, and must not"));
            }
        }
    }

    /// Says why an atom is not found: the nearest that there is to it.
    fn lacks(&mut self, number: usize, only_title: bool) {
        let Some(atom) = self.atoms.get(number) else { return };
        let written = &atom.written;
        let fields = self.facts.reading.fields();
        let misses = fields.iter().flat_map(|(field, text)| {
            let places = beginnings(atom, text).into_iter();
            places.filter_map(|at| atom.place(self.facts.reading, *field, at).err())
        });
        let miss = misses.max().unwrap_or(Miss::Letters);
        self.is_telling |= miss != Miss::Letters;
        let language = match self.facts.reading.language() {
            Some(language) if Languages::of(language) == Languages::NONE => {
                format!(" in {language}, of which no forms are known")
            }
            Some(language) => format!(" in {language}"),
            None => String::new(),
        };
        self.lines.push(match miss {
            _ if only_title => format!("`{written}` does not stand in the title"),
            Miss::Letters => format!("`{written}` does not stand in it"),
            Miss::Inside(word) => format!("`{written}` stands only inside the word `{word}`"),
            Miss::Link => format!("`{written}` stands only in the path of a link"),
            Miss::Ending(word) => {
                format!(
                    "`{word}` begins like `{written}`, but goes on with no ending known{language}"
                )
            }
            Miss::Capitals(word) => format!("`{word}` lacks the capitals of `{written}`"),
        });
    }
}

impl Facts<'_> {
    /// Returns what stands at a place.
    pub(super) fn form(&self, span: &Span) -> &str {
        self.reading.field(span.field).between(span.start..span.end)
    }
}
