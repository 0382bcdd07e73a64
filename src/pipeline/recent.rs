//! What of a poll is news for alerts that speak at once: other keywords find old posts, which the next periodic
//! digest tells.

use crate::dedup;
use crate::mention::{Mention, PostKey};
use crate::post::Post;
use crate::source::Kind;
use crate::store::SourceState;
use chrono::{DateTime, Duration, Utc};
use std::collections::HashSet;

/// For how long old posts that other keywords find are kept from alerts that speak at once: a forum
/// takes several polls to be looked at again.
const LOOKING_AGAIN: Duration = Duration::days(1);

/// So much later than it was published a post may be shown for the first time.
const LAG: Duration = Duration::hours(1);

/// Which of a poll's mentions are news.
pub(super) struct Recent {
    /// What was published before is not; `None`: nothing is looked at again.
    since: Option<DateTime<Utc>>,
    /// While everything is looked at again, the posts that the last poll did not show.
    unseen: Option<HashSet<PostKey>>,
}

impl Recent {
    /// Judges a poll by the state of its source before it; `again`: everything that `found` has is looked at
    /// again.
    pub(super) fn of(
        state: &SourceState,
        kind: Kind,
        again: bool,
        found: &[Post],
        at: DateTime<Utc>,
    ) -> Self {
        let since = state.looked_again.filter(|since| *since <= at && at - *since < LOOKING_AGAIN);
        let Some(mut since) = since else { return Self { since: None, unseen: None } };
        if again {
            since = since.min(state.health.last_success.unwrap_or(since));
        }
        // A feed shows all it has at each poll: what it did not show before is new, whenever it was written.
        let is_whole = kind == Kind::Feed;
        let is_new = |post: &&Post| state.marks.binary_search(&dedup::mark(post)).is_err();
        let unseen = again.then(|| {
            found.iter().filter(is_new).flat_map(|post| dedup::identities(post, kind)).collect()
        });
        Self { since: (!is_whole).then_some(since - LAG), unseen }
    }

    /// Tells whether a mention is news.
    pub(super) fn has(&self, mention: &Mention) -> bool {
        let is_unseen = self.unseen.as_ref().is_none_or(|unseen| unseen.contains(&mention.key));
        let when = mention.post.published;
        is_unseen && self.since.is_none_or(|since| when.is_none_or(|when| when >= since))
    }
}
