//! Mentions and tickets for the tests of this folder.

use crate::brand::{BrandName, Field, Hit};
use crate::enrich::{Complainer, Complaint, Flag, Insight, Label, Priority, Sentiment};
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::post::{Author, Post, SourceName};
use crate::source::Kind;
use crate::text::Language;
use crate::ticket::Ticket;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};

/// Returns a time that many hours after Saturday 21 November 2026, 08:00 UTC.
pub(super) fn at(hours: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 8, 0, 0).unwrap() + TimeDelta::hours(hours)
}

/// Returns a negative mention of Acme, in English and of high priority, seen at hour 0.
pub(super) fn complaint(text: &str) -> Mention {
    let id = MentionId("m3k9".into());
    Mention {
        id: id.clone(),
        key: PostKey([7; 16]),
        brand: BrandName("Acme".into()),
        source: SourceName("forum".into()),
        kind: Kind::Feed,
        post: Post {
            url: Some("https://www.forum.example/t/5#p9".into()),
            text: text.into(),
            author: Author { name: Some("Maija M.".into()), ..Author::default() },
            ..Post::default()
        },
        hits: vec![Hit {
            keyword: "Acme".into(),
            field: Field::Text,
            start: 0,
            end: 4,
            form: "Acme".into(),
        }],
        seen: at(0),
        insight: Insight {
            language: Some(Language::ENGLISH),
            sentiment: Sentiment { label: Label::Negative, score: -0.9, confidence: 0.95 },
            complaint: Some(Complaint::default()),
            priority: Priority::High,
            review: false,
            why: vec!["`lies` speaks ill".into()],
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

/// Returns the same as [`complaint`], in `language` and with what was read from it.
pub(super) fn complaint_of(
    text: &str,
    language: Language,
    complainer: Option<Complainer>,
    flags: &[Flag],
    cues: &[&str],
) -> Mention {
    let mut mention = complaint(text);
    mention.insight.language = Some(language);
    mention.insight.complaint = Some(Complaint {
        complainer,
        flags: flags.to_vec(),
        matter: None,
        cues: cues.iter().map(|cue| (*cue).to_owned()).collect(),
    });
    mention
}

/// Returns the ticket of `mention`, number 7, opened at hour 0.
pub(super) fn ticket(mention: &Mention) -> Ticket {
    Ticket::open(TicketId(7), mention, at(0), at(0))
}
