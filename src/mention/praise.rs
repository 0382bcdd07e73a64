//! Praise that is worth thanking for, where the brand asks for it.

use super::Mention;
use crate::enrich::Label;
use crate::post::Concerns;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// From how many words on praise has substance.
const LEAST_WORDS: usize = 5;

/// How far the thanks have come. It is stored with the mention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Praise {
    /// Somebody is to be thanked.
    Todo,
    Thanked {
        by: String,
        at: DateTime<Utc>,
    },
}

/// Puts a mention into the queue of thanks where it belongs there, and takes it out where it no longer
/// does; `asked`: whether the brand has such a queue. Who was thanked was thanked.
pub fn settle(mention: &mut Mention, asked: bool) {
    let is_thanked = matches!(mention.praise, Some(Praise::Thanked { .. }));
    if !is_thanked {
        mention.praise = (asked && is_worth_it(mention)).then_some(Praise::Todo);
    }
}

/// Tells whether a mention is surely praise by somebody who can be thanked: positive by a person's mark
/// or without doubt, about the brand, not our own, no copy, by an author who is known, and either said
/// to the brand (a review, a comment, a message, stars) or of some substance: five words or more.
fn is_worth_it(mention: &Mention) -> bool {
    let post = &mention.post;
    let is_sure = mention.mark.is_some() || !mention.insight.review;
    let is_there = !post.is_gone && !mention.is_muted() && !mention.is_noise();
    let is_original = !mention.own && mention.story == mention.id;
    let is_addressed = post.concerns != Concerns::Named || post.is_private || post.rating.is_some();
    let words = || {
        let title = post.title.as_deref().unwrap_or_default();
        title.split_whitespace().chain(post.text.split_whitespace()).take(LEAST_WORDS).count()
    };
    mention.label() == Label::Positive
        && is_sure
        && is_there
        && is_original
        && !post.author.is_unknown()
        && (is_addressed || words() >= LEAST_WORDS)
}

impl Mention {
    /// Tells whether somebody is still to be thanked for it. What became of it later, a copy or what
    /// was deleted, no longer waits.
    pub fn waits_for_thanks(&self) -> bool {
        self.praise == Some(Praise::Todo) && is_worth_it(self)
    }

    /// The word used in queries and JSON: `todo`, `thanked` or `none`.
    pub fn praise_word(&self) -> &'static str {
        match &self.praise {
            Some(Praise::Thanked { .. }) => "thanked",
            Some(Praise::Todo) if self.waits_for_thanks() => "todo",
            Some(Praise::Todo) | None => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::BrandName;
    use crate::enrich::{Insight, Priority, Sentiment};
    use crate::mention::{Mark, MentionId, PostKey};
    use crate::post::{Author, Post, SourceName};
    use crate::source::Kind;

    fn praise() -> Mention {
        let key = PostKey::of(&["1"]);
        let id = MentionId::of(key, &BrandName("Acme".into()));
        let author = Author { name: Some("Ada".into()), ..Author::default() };
        let text = "Acme fixed my bike in a day".into();
        Mention {
            story: id.clone(),
            id,
            key,
            brand: BrandName("Acme".into()),
            source: SourceName("forum".into()),
            kind: Kind::Forum,
            post: Post { text, author, ..Post::default() },
            hits: Vec::new(),
            seen: DateTime::default(),
            insight: Insight {
                language: None,
                sentiment: Sentiment { label: Label::Positive, score: 0.9, confidence: 0.9 },
                complaint: None,
                priority: Priority::Low,
                review: false,
                why: Vec::new(),
            },
            own: false,
            copies: 0,
            ticket: None,
            mark: None,
            muted: None,
            versions: Vec::new(),
            praise: None,
        }
    }

    #[track_caller]
    fn check(change: impl Fn(&mut Mention), expected: bool) {
        let mut mention = praise();
        change(&mut mention);
        settle(&mut mention, true);
        assert_eq!(mention.waits_for_thanks(), expected);
        assert_eq!(mention.praise_word(), if expected { "todo" } else { "none" });
        settle(&mut mention, false);
        assert_eq!(mention.praise, None, "the brand does not ask for it");
    }

    #[test]
    fn sure_praise_by_somebody_is_worth_thanks() {
        check(|_| {}, true);
        check(|one| one.insight.sentiment.label = Label::Neutral, false);
        check(|one| one.insight.review = true, false);
        check(|one| (one.insight.review, one.mark) = (true, Some(Mark::Positive)), true);
        check(|one| one.mark = Some(Mark::Noise), false);
        check(|one| one.own = true, false);
        check(|one| one.story = MentionId("m1".into()), false);
        check(|one| one.muted = Some("people marked".into()), false);
        check(|one| one.post.is_gone = true, false);
        check(|one| one.post.author = Author::default(), false);
    }

    #[test]
    fn a_word_or_two_count_only_where_they_are_said_to_the_brand() {
        let short = |one: &mut Mention| one.post.text = "Acme rocks".into();
        check(short, false);
        check(|one| (short(one), one.post.concerns = Concerns::Desk).1, true);
        check(|one| (short(one), one.post.rating = Some(5)).1, true);
        check(|one| (short(one), one.post.title = Some("So kind to me".into())).1, true);
    }

    #[test]
    fn who_was_thanked_stays_thanked() {
        let thanked = Praise::Thanked { by: "maija".into(), at: DateTime::default() };
        let mut mention = Mention { praise: Some(thanked.clone()), ..praise() };
        mention.insight.sentiment.label = Label::Negative;
        settle(&mut mention, true);
        assert_eq!(mention.praise, Some(thanked));
        assert_eq!(mention.praise_word(), "thanked");
        // What turned out to be something else after it was queued no longer waits.
        let mut other = praise();
        settle(&mut other, true);
        other.post.is_gone = true;
        assert_eq!(other.praise_word(), "none");
    }
}
