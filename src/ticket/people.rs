//! Who is one customer: the handles that a person has on several sites, where somebody linked them.
//! Nothing of a link is ever rewritten but that it was parted: who said what, and when, stays.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// So many handles one customer has at most: more are a mistake, and each costs a look at every post.
pub const MOST_HANDLES: usize = 50;

/// Says that two handles are one customer's. Both are keys of [`customer::key`](super::customer::key).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number; 0 until it is stored.
    pub id: u64,
    pub one: String,
    pub other: String,
    /// Who said so, and when.
    pub by: String,
    pub at: DateTime<Utc>,
    /// Who took it back; `None` while it holds.
    #[serde(default)]
    pub parted: Option<Parted>,
}

/// That a link was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parted {
    pub by: String,
    pub at: DateTime<Utc>,
}

impl Link {
    /// Tells whether it holds between these two, whichever was named first.
    pub fn joins(&self, one: &str, other: &str) -> bool {
        self.beyond(one) == Some(other)
    }

    /// Returns the other end of a link that holds; `None` where `from` is no end of it.
    fn beyond(&self, from: &str) -> Option<&str> {
        match self {
            Self { parted: Some(_), .. } => None,
            Self { one, other, .. } if one == from => Some(other),
            Self { one, other, .. } if other == from => Some(one),
            Self { .. } => None,
        }
    }
}

/// Returns all handles of the customer with this one, in the order of the alphabet. `links_of` tells
/// the links of one handle.
pub fn handles<E>(
    customer: &str,
    mut links_of: impl FnMut(&str) -> Result<Vec<Link>, E>,
) -> Result<BTreeSet<String>, E> {
    let mut known = BTreeSet::from([customer.to_owned()]);
    let mut unseen = vec![customer.to_owned()];
    while let Some(handle) = unseen.pop() {
        for link in links_of(&handle)? {
            if let Some(beyond) = link.beyond(&handle)
                && known.insert(beyond.to_owned())
            {
                unseen.push(beyond.to_owned());
            }
        }
    }
    Ok(known)
}

/// Returns the links that lead from one handle to another, in their order; `None` where none do.
pub fn way<'a>(from: &str, to: &str, links: &'a [Link]) -> Option<Vec<&'a Link>> {
    let mut ways: BTreeMap<String, Vec<&Link>> = BTreeMap::from([(from.to_owned(), Vec::new())]);
    let mut unseen = std::collections::VecDeque::from([from.to_owned()]);
    while let Some(handle) = unseen.pop_front() {
        let so_far = ways.get(&handle).cloned().unwrap_or_default();
        if handle == to {
            return Some(so_far);
        }
        for link in links {
            let Some(beyond) = link.beyond(&handle).filter(|beyond| !ways.contains_key(*beyond))
            else {
                continue;
            };
            let mut way = so_far.clone();
            way.push(link);
            ways.insert(beyond.to_owned(), way);
            unseen.push_back(beyond.to_owned());
        }
    }
    None
}

/// The linked handles of everybody, each with one name for the customer.
#[derive(Debug, Clone, Default)]
pub struct People(BTreeMap<String, String>);

impl People {
    /// Learns who is one from all links there are.
    pub fn of(links: &[Link]) -> Self {
        let mut ends: BTreeMap<&str, Vec<Link>> = BTreeMap::new();
        for link in links {
            for end in [&link.one, &link.other] {
                ends.entry(end).or_default().push(link.clone());
            }
        }
        let mut names = BTreeMap::new();
        for end in ends.keys() {
            if names.contains_key(*end) {
                continue;
            }
            let links_of = |handle: &str| ends.get(handle).cloned().ok_or(());
            let all = handles(end, links_of).unwrap_or_default();
            let name = all.first().cloned().unwrap_or_default();
            names.extend(all.into_iter().map(|handle| (handle, name.clone())));
        }
        Self(names)
    }

    /// Returns the one name of the customer with this handle.
    pub fn one<'a>(&'a self, handle: &'a str) -> &'a str {
        self.0.get(handle).map_or(handle, String::as_str)
    }

    /// Returns every handle that was ever linked.
    pub fn handles(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::sample::at;
    use proptest::prelude::*;
    use std::convert::Infallible;

    fn link(one: &str, other: &str) -> Link {
        let (one, other) = (one.to_owned(), other.to_owned());
        Link { id: 0, one, other, by: "maija".into(), at: at(1), parted: None }
    }

    fn parted(one: &str, other: &str) -> Link {
        Link { parted: Some(Parted { by: "matti".into(), at: at(2) }), ..link(one, other) }
    }

    fn handles_of(handle: &str, links: &[Link]) -> Vec<String> {
        let of = |handle: &str| {
            let is_of = |link: &&Link| link.one == handle || link.other == handle;
            Ok::<_, Infallible>(links.iter().filter(is_of).cloned().collect())
        };
        handles(handle, of).unwrap().into_iter().collect()
    }

    #[test]
    fn who_is_linked_with_one_is_linked_with_all_of_theirs() {
        let links = [link("b", "a"), link("b", "c"), parted("c", "d"), link("x", "y")];
        for handle in ["a", "b", "c"] {
            assert_eq!(handles_of(handle, &links), ["a", "b", "c"]);
            assert_eq!(People::of(&links).one(handle), "a");
        }
        assert_eq!(handles_of("d", &links), ["d"]);
        assert_eq!(People::of(&links).one("d"), "d");
        assert_eq!(People::of(&links).one("nobody"), "nobody");
        assert_eq!(handles_of("y", &links), ["x", "y"]);
    }

    #[test]
    fn the_way_between_two_names_every_link() {
        let links = [link("b", "a"), link("b", "c"), parted("a", "c"), link("d", "c")];
        let way = |from, to| {
            let way = way(from, to, &links)?;
            Some(way.iter().map(|it| format!("{}{}", it.one, it.other)).collect::<Vec<_>>())
        };
        assert_eq!(way("a", "d").unwrap(), ["ba", "bc", "dc"]);
        assert_eq!(way("a", "x"), None);
        assert!(links[0].joins("a", "b") && links[0].joins("b", "a"));
        assert!(!links[2].joins("a", "c"), "it was parted");
    }

    proptest! {
        #[test]
        fn being_one_is_mutual_and_everybody_agrees_on_the_name(
            pairs in prop::collection::vec((0_u8..12, 0_u8..12, any::<bool>()), 0..24),
        ) {
            let links: Vec<Link> = pairs
                .iter()
                .map(|(one, other, holds)| {
                    let [one, other] = [one, other].map(ToString::to_string);
                    if *holds { link(&one, &other) } else { parted(&one, &other) }
                })
                .collect();
            let people = People::of(&links);
            for one in (0..12).map(|it: u8| it.to_string()) {
                let all = handles_of(&one, &links);
                prop_assert!(all.contains(&one));
                for other in (0..12).map(|it: u8| it.to_string()) {
                    let is_one = all.contains(&other);
                    prop_assert_eq!(is_one, handles_of(&other, &links).contains(&one));
                    prop_assert_eq!(is_one, people.one(&one) == people.one(&other));
                    prop_assert_eq!(is_one, way(&one, &other, &links).is_some());
                }
            }
        }
    }
}
