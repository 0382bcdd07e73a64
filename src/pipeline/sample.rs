//! Brands and mentions for the tests of this folder.

use crate::brand::{Brand, BrandName};
use crate::enrich::{Insight, Label, Priority, Sentiment};
use crate::mention::{Mention, MentionId, PostKey};
use crate::post::{Author, Post, SourceName};
use crate::source::Kind;
use chrono::{DateTime, TimeDelta, Utc};

/// Returns a time that many hours after Monday 5 January 2026, 06:00 UTC.
pub(super) fn at(hours: i64) -> DateTime<Utc> {
    "2026-01-05T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
}

pub(super) fn brand(name: &str) -> Brand {
    Brand {
        name: BrandName(name.into()),
        keywords: Vec::new(),
        exclude: Vec::new(),
        own: Vec::new(),
        context: Vec::new(),
        languages: Vec::new(),
        tickets: None,
        praise: false,
    }
}

/// A complaint about Acme, written and seen at this hour.
pub(super) fn mention(hour: i64, handle: &str, text: &str) -> Mention {
    let key = PostKey::of(&[&hour.to_string(), handle]);
    let brand = BrandName("Acme".into());
    let id = MentionId::of(key, &brand);
    Mention {
        id: id.clone(),
        key,
        brand,
        source: SourceName("news".into()),
        kind: Kind::Feed,
        post: Post {
            text: text.into(),
            author: Author { handle: Some(handle.into()), ..Author::default() },
            published: Some(at(hour)),
            ..Post::default()
        },
        hits: Vec::new(),
        seen: at(hour),
        insight: Insight {
            language: None,
            sentiment: Sentiment { label: Label::Negative, score: -0.9, confidence: 0.97 },
            complaint: None,
            priority: Priority::Normal,
            review: false,
            why: Vec::new(),
        },
        own: false,
        story: id,
        copies: 0,
        ticket: None,
        mark: None,
        muted: None,
        versions: Vec::new(),
        praise: None,
    }
}
