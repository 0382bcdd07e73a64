//! Which posts name which brand, and where: all keywords of all brands in one pass over the text.

use crate::brand::{Brand, Hit};
use crate::post::Post;
use crate::query::{FieldTest, Query};
use crate::text::Language;
use atom::Atoms;
use automaton::Automaton;
use evaluate::{Facts, Node};
use inflect::Languages;
use letter::comparable;
use reading::Reading;
use rules::Rules;
use std::collections::{BTreeSet, HashMap};

mod atom;
mod automaton;
mod evaluate;
#[cfg(test)]
mod gold;
mod hits;
mod inflect;
mod letter;
mod name;
mod origin;
pub mod person;
mod reading;
mod rules;
mod scan;
#[cfg(test)]
mod signs;
mod why;

/// A post names a brand.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The brand, by its place among those the matcher was made of.
    pub brand: usize,
    /// Where it is named: title first, then by place. They do not overlap. Empty where a keyword
    /// asks only for a site or an author.
    pub hits: Vec<Hit>,
}

impl Candidate {
    /// Returns where the other brands stand among those that a post names.
    pub fn others(&self, found: &[Self]) -> Vec<Hit> {
        let others = found.iter().filter(|other| other.brand != self.brand);
        others.flat_map(|other| other.hits.iter().cloned()).collect()
    }
}

/// Tells the language of a post, or `None` where nothing is sure.
pub type Tells = fn(&Post) -> Option<Language>;

/// The keywords of all brands, made ready once.
#[derive(Debug)]
pub struct Matcher {
    brands: Vec<Rules>,
    atoms: Atoms,
    automaton: Automaton,
    /// The brands that may be named where an atom is found.
    asking: HashMap<usize, Vec<usize>>,
    /// The brands with a keyword that needs nothing to be found.
    always: Vec<usize>,
}

impl Matcher {
    pub fn new(brands: &[Brand]) -> Self {
        let mut atoms = Atoms::default();
        let brands: Vec<Rules> = brands.iter().map(|brand| Rules::new(brand, &mut atoms)).collect();
        let (mut asking, mut always) = (HashMap::<usize, Vec<usize>>::new(), Vec::new());
        for (number, rules) in brands.iter().enumerate() {
            for atom in rules.wanted_atoms() {
                asking.entry(atom).or_default().push(number);
            }
            if rules.need_no_atom() {
                always.push(number);
            }
        }
        let automaton = Automaton::new(&atoms);
        Self { brands, atoms, automaton, asking, always }
    }

    /// Returns the brands that a post names, in their order. `language` tells the language of the post
    /// where that is known, and is asked only of posts in which something was found.
    pub fn candidates(&self, post: &Post, language: Tells) -> Vec<Candidate> {
        let reading = Reading::new(post, language);
        let found = self.automaton.places(&self.atoms, &reading);
        let facts = Facts { reading: &reading, found: &found, other: &|_| false, covers: false };
        let mut brands: BTreeSet<usize> = self.always.iter().copied().collect();
        brands.extend(found.keys().filter_map(|atom| self.asking.get(atom)).flatten());
        let candidate = |brand: usize| {
            let hits = self.brands.get(brand)?.hits(&facts, &reading)?;
            Some(Candidate { brand, hits })
        };
        brands.into_iter().filter_map(candidate).collect()
    }

    /// Says in words, for each brand in their order, why it is not named, or not at places where it might
    /// seem so.
    pub fn why_not(&self, post: &Post, language: Tells) -> Vec<Vec<String>> {
        let reading = Reading::new(post, language);
        let found = self.automaton.places(&self.atoms, &reading);
        let seen = self.automaton.seen(&reading);
        let facts = Facts { reading: &reading, found: &found, other: &|_| false, covers: false };
        self.brands.iter().map(|rules| rules.why_not(&facts, &self.atoms, &seen)).collect()
    }

    /// Lists the patterns that a text is scanned for, for measurements.
    pub fn patterns(&self) -> Vec<Vec<u8>> {
        self.automaton.patterns().map(|pattern| pattern.as_bytes().to_vec()).collect()
    }

    /// Tells whether a brand, by its place, wrote the post itself or has it on a site of its own.
    pub fn own(&self, brand: usize, post: &Post) -> bool {
        self.brands.get(brand).is_some_and(|rules| rules.own(post))
    }
}

/// A query made ready to be asked of many posts, one after the other.
#[derive(Debug)]
pub struct Search {
    node: Node,
    atoms: Atoms,
    automaton: Automaton,
    written: String,
}

impl Search {
    pub fn new(query: &Query) -> Self {
        let mut atoms = Atoms::default();
        let node = Node::new(query, Languages::ALL, &mut atoms);
        let automaton = Automaton::new(&atoms);
        Self { node, atoms, automaton, written: query.to_string() }
    }

    /// Returns where a post fits, or `None` if it does not; no places where only a site or an author
    /// was asked for. What the post alone does not tell (its brand, its sentiment) is taken not to fit.
    pub fn find(&self, post: &Post, language: Tells) -> Option<Vec<Hit>> {
        let reading = Reading::new(post, language);
        let found = self.automaton.places(&self.atoms, &reading);
        let facts = Facts { reading: &reading, found: &found, other: &|_| false, covers: false };
        let mut spans = Vec::new();
        self.node.evaluate(&facts, &|_| true, &mut spans).then(|| {
            reading.hits(spans.into_iter().map(|span| (span, 0)).collect(), &[&self.written])
        })
    }

    /// Tells whether a post fits, with `other` answering what the post alone does not tell: all fields
    /// but `site:`, `author:` and `title:`.
    pub fn fits(&self, post: &Post, language: Tells, other: &dyn Fn(&FieldTest) -> bool) -> bool {
        let reading = match self.atoms.list() {
            [] => Reading::empty(post),
            _ => Reading::new(post, language),
        };
        let found = self.automaton.places(&self.atoms, &reading);
        let facts = Facts { reading: &reading, found: &found, other, covers: false };
        self.node.evaluate(&facts, &|_| true, &mut Vec::new())
    }
}

/// Returns a text as it is scanned, for measurements.
pub fn folded(text: &str) -> String {
    scan::Scan::new(text).into_text()
}

/// Tells whether two words or names are the same but for case and look-alike signs.
pub fn same_word(one: &str, other: &str) -> bool {
    one == other || comparable(one) == comparable(other)
}

#[cfg(test)]
mod tests;
