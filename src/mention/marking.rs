//! What people marked: each mark with who made it and when. What marks teach is always worked out from
//! these, never stored.

use super::{Mark, MentionId};
use crate::brand::BrandName;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The number of a marking; 0 for one that is not stored yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MarkingId(pub u64);

/// One mark that a person made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marking {
    pub id: MarkingId,
    pub mention: MentionId,
    pub brand: BrandName,
    pub mark: Mark,
    pub at: DateTime<Utc>,
    pub by: String,
    /// Who took it out of what is taught; `None` while it teaches.
    pub undone: Option<Undone>,
}

/// What undoing a marking led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    pub at: DateTime<Utc>,
    pub by: String,
    /// Mentions that had been taken to be noise, and no longer were.
    pub brought_back: Vec<MentionId>,
}

/// Returns the markings that teach, by mention: of each mention the last, unless that was undone. One
/// that a later one replaced teaches no more, whatever became of the later one.
pub fn teaching(markings: &[Marking]) -> BTreeMap<&MentionId, &Marking> {
    let mut last: BTreeMap<&MentionId, &Marking> = BTreeMap::new();
    for marking in markings {
        let known = last.entry(&marking.mention).or_insert(marking);
        if marking.id > known.id {
            *known = marking;
        }
    }
    last.retain(|_, marking| marking.undone.is_none());
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marking(id: u64, mention: &str, mark: Mark, is_undone: bool) -> Marking {
        let at = DateTime::UNIX_EPOCH;
        let undone = Undone { at, by: "maija".into(), brought_back: Vec::new() };
        Marking {
            id: MarkingId(id),
            mention: MentionId(mention.into()),
            brand: BrandName("Acme".into()),
            mark,
            at,
            by: "maija".into(),
            undone: is_undone.then_some(undone),
        }
    }

    fn taught(markings: &[Marking]) -> Vec<(u64, Mark)> {
        teaching(markings).into_values().map(|known| (known.id.0, known.mark)).collect()
    }

    #[test]
    fn of_each_mention_the_last_mark_teaches() {
        let all = [
            marking(1, "a", Mark::Noise, false),
            marking(2, "b", Mark::Noise, false),
            marking(3, "a", Mark::Negative, false),
        ];
        assert_eq!(taught(&all), [(3, Mark::Negative), (2, Mark::Noise)]);
    }

    #[test]
    fn undoing_the_last_does_not_bring_back_the_one_before() {
        let all = [marking(1, "a", Mark::Noise, false), marking(3, "a", Mark::Negative, true)];
        assert_eq!(taught(&all), []);
        let again = [all.to_vec(), vec![marking(4, "a", Mark::Noise, false)]].concat();
        assert_eq!(taught(&again), [(4, Mark::Noise)]);
    }

    proptest! {
        #[test]
        fn the_order_in_which_they_are_read_tells_nothing(
            all in proptest::collection::vec((0_u8..4, any::<bool>(), any::<bool>()), 0..12),
            seed: u64,
        ) {
            let mut all: Vec<Marking> = all
                .into_iter()
                .zip(1..)
                .map(|((mention, is_noise, is_undone), id)| {
                    let mark = if is_noise { Mark::Noise } else { Mark::Positive };
                    marking(id, &mention.to_string(), mark, is_undone)
                })
                .collect();
            let expected = taught(&all);
            all.sort_by_key(|known| known.id.0.wrapping_mul(seed | 1));
            prop_assert_eq!(taught(&all), expected);
        }
    }
}
