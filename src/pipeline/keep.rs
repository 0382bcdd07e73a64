//! What becomes of posts that matched nothing: they are kept for a while, with the rest of their batch.

use super::Rules;
use crate::post::{Post, SourceName};
use crate::source::Kind;
use crate::store::kept::Kept;
use crate::store::{Commit, Store, StoreError};
use chrono::{DateTime, Utc};

/// Stands where some posts were kept under other rules than the rest.
pub(super) const MIXED: u64 = 0;

/// The posts of one batch that are to be kept.
pub(super) struct Keeping<'a> {
    rules: &'a Rules,
    source: &'a SourceName,
    kind: Kind,
    at: DateTime<Utc>,
    kept: Vec<Kept>,
}

impl<'a> Keeping<'a> {
    pub(super) fn new(
        rules: &'a Rules,
        source: &'a SourceName,
        kind: Kind,
        at: DateTime<Utc>,
    ) -> Self {
        Self { rules, source, kind, at, kept: Vec::new() }
    }

    /// Takes in a post that matched nothing.
    pub(super) fn take(&mut self, post: &Post) {
        if !self.rules.keep_posts.is_zero() {
            self.kept.extend(Kept::of(self.source, self.kind, post, self.at));
        }
    }

    /// Hands all over, and drops what was kept for long enough.
    pub(super) fn add_to(self, commit: &mut Commit, store: &dyn Store) -> Result<(), StoreError> {
        let Self { rules, at, kept, .. } = self;
        commit.kept_since = since(rules, at);
        // Where nothing is kept too: mentions are matched again as well.
        commit.kept_under = Some(match store.kept_under()? {
            Some(under) if under != rules.fingerprint => {
                if kept.is_empty() {
                    under
                } else {
                    MIXED
                }
            }
            Some(_) | None => rules.fingerprint,
        });
        commit.kept = kept;
        Ok(())
    }
}

/// Returns from when on posts are kept.
pub(super) fn since(rules: &Rules, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    now.checked_sub_signed(rules.keep_posts)
}
