//! What others judge: which mentions a batch would lead to, found out before it is stored, so that a
//! service can be asked about them; and what it said, which the pipeline takes in the place of its own
//! judgement. The pipeline itself asks nobody.

use super::again::Again;
use super::desk::Desk;
use super::{Arrival, Rules, again, looks_again};
use crate::brand::BrandName;
use crate::dedup;
use crate::enrich::engine::{Inquiry, Opinion};
use crate::mention::Mention;
use crate::post::Post;
use crate::store::{Store, StoreError};
use std::collections::HashMap;

/// A post as it is, and a brand that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Matter {
    mark: u64,
    brand: BrandName,
}

impl Matter {
    fn of(post: &Post, brand: &BrandName) -> Self {
        Self { mark: dedup::mark(post), brand: brand.clone() }
    }
}

/// What others said of posts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Opinions(HashMap<Matter, Opinion>);

impl Opinions {
    /// Tells whether nothing was said of anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what was said of how `post` speaks of `brand`.
    pub(super) fn of(&self, post: &Post, brand: &BrandName) -> Option<&Opinion> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&Matter::of(post, brand))
    }
}

impl FromIterator<(Matter, Opinion)> for Opinions {
    fn from_iter<I: IntoIterator<Item = (Matter, Opinion)>>(said: I) -> Self {
        Self(said.into_iter().collect())
    }
}

/// Something to be asked, and what it is about.
pub type Asked = Vec<(Matter, Inquiry)>;

/// Returns what is to be asked before a batch is processed: of every mention that would be judged, those
/// of brands that `is_asked`. It works the batch out as [`super::process`] does, and keeps nothing.
pub fn of_arrival(
    arrival: &Arrival,
    is_asked: impl Fn(&BrandName) -> bool,
    rules: &Rules,
    store: &dyn Store,
) -> Result<Asked, StoreError> {
    let state = store.source(&arrival.source)?;
    let is_whole = looks_again(arrival, &state, rules);
    let origin = arrival.origin(is_whole, state.health.first_poll.unwrap_or(arrival.at));
    let mut desk = Desk::new(rules, store, arrival.at, origin)?;
    for post in &arrival.batch.posts {
        let is_new = is_whole || state.marks.binary_search(&dedup::mark(post)).is_err();
        if is_new {
            desk.receive(post)?;
        }
    }
    for post in &arrival.batch.rechecked {
        desk.receive(post)?;
    }
    Ok(asked(&desk, is_asked))
}

/// Returns the same of what other keywords found in what is kept.
pub fn of_again(
    found: &Again,
    is_asked: impl Fn(&BrandName) -> bool,
    rules: &Rules,
    store: &dyn Store,
) -> Result<Asked, StoreError> {
    let state = store.source(&found.source)?;
    Ok(asked(&again::desk(found, &state, rules, store)?, is_asked))
}

fn asked(desk: &Desk<'_>, is_asked: impl Fn(&BrandName) -> bool) -> Asked {
    let ask = |mention: &Mention| {
        let Mention { post, hits, brand, insight, .. } = mention;
        (Matter::of(post, brand), Inquiry::of(post, hits, brand, insight.language))
    };
    // Of what the brand itself says nobody waits to hear how it speaks of the brand.
    let is_wanted =
        |mention: &&Mention| is_asked(&mention.brand) && !mention.own && !mention.post.is_gone;
    desk.judged().filter(is_wanted).map(ask).collect()
}

#[cfg(test)]
mod tests;
