//! Beginnings of words, laid out so that a word is read along them once, whatever their number.

use std::collections::BTreeMap;

/// The letters that folded words are made of: `a` to `z`, and `0` for every digit.
const LETTERS: u32 = 27;
/// Stands for every other byte, which is looked up apart.
const OTHER: u32 = 27;

/// A tree of stems with what is said of each.
#[derive(Debug)]
pub(super) struct Stems<T> {
    nodes: Vec<Node>,
    /// What follows a node by a byte that is no letter: the node, the byte, where it leads. Sorted.
    others: Vec<(u32, u8, u32)>,
    items: Vec<T>,
}

/// One node. What its letters lead to stands together, in the order of the letters.
#[derive(Debug, Default, Clone, Copy)]
struct Node {
    /// Which letters go on, a bit each; one bit more says that other bytes do.
    letters: u32,
    /// Where its first letter leads.
    first: u32,
    /// Where its items begin; they end where those of the next node begin.
    items: u32,
}

fn letter(byte: u8) -> u32 {
    match byte {
        b'a'..=b'z' => u32::from(byte - b'a'),
        b'0' => LETTERS - 1,
        _ => OTHER,
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl<T> Stems<T> {
    /// Lays stems out, breadth first.
    pub(super) fn of(stems: BTreeMap<Vec<u8>, Vec<T>>) -> Self {
        let mut stems: Vec<(Vec<u8>, Vec<T>)> = stems.into_iter().collect();
        let mut this = Self { nodes: vec![Node::default()], others: Vec::new(), items: Vec::new() };
        // Which stems begin as a node does, and with how many bytes.
        let mut open: Vec<(usize, usize, usize)> = vec![(0, stems.len(), 0)];
        let mut at = 0;
        while let Some((mut from, to, depth)) = open.get(at).copied() {
            let items = number(this.items.len());
            if let Some((stem, here)) = stems.get_mut(from)
                && from < to
                && stem.len() == depth
            {
                this.items.append(here);
                from += 1;
            }
            let byte = |at: usize| stems.get(at).and_then(|(stem, _)| stem.get(depth)).copied();
            let mut groups: Vec<(u8, usize, usize)> = Vec::new();
            while let (true, Some(first)) = (from < to, byte(from)) {
                let end = from + (from..to).take_while(|at| byte(*at) == Some(first)).count();
                groups.push((first, from, end));
                from = end;
            }
            groups.sort_by_key(|(byte, ..)| (letter(*byte), *byte));
            let first = number(this.nodes.len());
            let mut letters = 0;
            for (byte, from, end) in groups {
                letters |= 1 << letter(byte);
                if letter(byte) == OTHER {
                    this.others.push((number(at), byte, number(this.nodes.len())));
                }
                this.nodes.push(Node::default());
                open.push((from, end, depth + 1));
            }
            if let Some(node) = this.nodes.get_mut(at) {
                *node = Node { letters, first, items };
            }
            at += 1;
        }
        this
    }

    /// Calls `found` with what is said of every stem that `word` begins with, the shortest first, and
    /// whether the stem is all of the word.
    pub(super) fn walk(&self, word: &str, mut found: impl FnMut(&T, bool)) {
        let mut at = 0_u32;
        let mut node = self.nodes.first().copied().unwrap_or_default();
        for (read, byte) in word.bytes().enumerate() {
            let letter = letter(byte);
            if node.letters >> letter & 1 == 0 {
                return;
            }
            at = if letter == OTHER {
                let place =
                    self.others.binary_search_by_key(&(at, byte), |(at, byte, _)| (*at, *byte));
                let Some((.., next)) = place.ok().and_then(|place| self.others.get(place)) else {
                    return;
                };
                *next
            } else {
                node.first + (node.letters & ((1 << letter) - 1)).count_ones()
            };
            let Some(next) = self.nodes.get(at as usize).copied() else { return };
            node = next;
            let end = self
                .nodes
                .get(at as usize + 1)
                .map_or(self.items.len(), |next| next.items as usize);
            for item in self.items.get(node.items as usize..end).unwrap_or_default() {
                found(item, read + 1 == word.len());
            }
        }
    }
}

impl<T> Default for Stems<T> {
    fn default() -> Self {
        Self { nodes: Vec::new(), others: Vec::new(), items: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_word_meets_every_stem_that_it_begins_with(
            stems in proptest::collection::btree_set("[ab0é!]{0,4}", 0..20),
            word in "[abc0é!]{0,6}",
        ) {
            let listed = stems.iter().filter(|stem| !stem.is_empty());
            let tree = listed.clone().map(|stem| (stem.clone().into_bytes(), vec![stem.clone(), stem.clone()]));
            let laid = Stems::of(tree.collect());
            let mut met = Vec::new();
            laid.walk(&word, |stem, is_all| met.push((stem.clone(), is_all)));
            let mut expected: Vec<(String, bool)> = listed
                .filter(|stem| word.starts_with(stem.as_str()))
                .flat_map(|stem| vec![(stem.clone(), *stem == word); 2])
                .collect();
            expected.sort_by_key(|(stem, _)| stem.len());
            prop_assert_eq!(met, expected);
        }
    }
}
