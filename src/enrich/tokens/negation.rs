//! Which words are negated, and which begin another clause.

use super::{Kind, Token};

/// How many words after a negation are read as negated.
const NEGATED: usize = 3;

/// Words that turn what follows (or in Turkish, what stands before) around; each list sorted.
const NEGATIONS: Listed = Listed::of(&[
    "aint", "ala", "aldrig", "alkaa", "arent", "asla", "cannot", "cant", "couldnt", "didnt",
    "doesnt", "dont", "ei", "eika", "eiko", "eipa", "eivat", "ej", "emme", "en", "enka", "et",
    "ette", "hardly", "hasnt", "havent", "hic", "ilman", "inte", "isnt", "jamais", "kein", "keine",
    "keinen", "nao", "ne", "neither", "never", "nicht", "nie", "no", "nobody", "non", "not",
    "nothing", "nunca", "pas", "tuskin", "wasnt", "without", "wont", "wouldnt",
]);
const NEGATIONS_BEHIND: Listed =
    Listed::of(&["degil", "degildi", "degilim", "degiller", "yok", "yoktu"]);
/// Words that begin another clause without a comma.
pub(super) const TURNS: Listed = Listed::of(&[
    "aber", "although", "ama", "ancak", "but", "fakat", "however", "ise", "kun", "lakin", "ma",
    "mais", "mas", "men", "mutta", "oysa", "paitsi", "pero", "sen", "sondern", "though", "vaan",
    "vaikka", "while", "yet",
]);

/// A sorted list of words, of which most others are told by their first letter and length.
pub(super) struct Listed {
    words: &'static [&'static str],
    /// Of each first letter, which lengths there are, a bit each.
    lengths: [u32; 26],
}

impl Listed {
    const fn of(words: &'static [&'static str]) -> Self {
        let mut lengths = [0; 26];
        let mut at = 0;
        while at < words.len() {
            let word = words[at].as_bytes();
            lengths[(word[0] - b'a') as usize] |= 1 << word.len();
            at += 1;
        }
        Self { words, lengths }
    }

    pub(super) fn has(&self, word: &str) -> bool {
        let first = word.bytes().next().unwrap_or_default().wrapping_sub(b'a');
        let lengths = self.lengths.get(usize::from(first)).copied().unwrap_or_default();
        word.len() < 32 && lengths >> word.len() & 1 == 1 && self.words.binary_search(&word).is_ok()
    }
}

/// Tells of each token whether a negation reaches it.
pub(super) fn negate(tokens: &mut [Token]) {
    let mut left = 0;
    let mut clause = 0;
    for token in tokens.iter_mut() {
        if token.sentence != clause {
            clause = token.sentence;
            left = 0;
        }
        if token.kind == Kind::Word {
            token.negated = left > 0;
            left = usize::saturating_sub(left, 1);
            if NEGATIONS.has(&token.folded) {
                left = NEGATED;
            }
        } else if token.kind == Kind::Mark && token.folded != "\"" {
            left = 0;
        }
    }
    for behind in 1..tokens.len() {
        let (before, after) = tokens.split_at_mut(behind);
        if let (Some(last), Some(first)) = (before.last_mut(), after.first())
            && NEGATIONS_BEHIND.has(&first.folded)
        {
            last.negated = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for list in [NEGATIONS, NEGATIONS_BEHIND, TURNS] {
            assert!(list.words.is_sorted());
        }
    }
}
