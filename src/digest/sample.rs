//! A digest for the tests, with something of everything.

use super::{
    Blind, BlindSpot, Counts, Digest, HowMany, Input, Pieces, QuietLine, TicketLine, Volume,
};
use crate::brand::{BrandName, Field, Hit};
use crate::enrich::{Complainer, Complaint, Flag, Insight, Label, Priority, Sentiment};
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::post::{Author, Post, SourceName};
use crate::source::Kind;
use crate::text::Language;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// The moment every sample is about: 2026-11-21 08:00 UTC.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_248_000, 0).unwrap()
}

/// A mention of Acme with a title and a text; both are searched for the name.
pub(super) fn mention(number: u8, label: Label, title: Option<&str>, text: &str) -> Mention {
    let key = PostKey([number; 16]);
    let brand = BrandName("Acme".into());
    let mut hits = Vec::new();
    for (field, words) in [(Field::Title, title.unwrap_or_default()), (Field::Text, text)] {
        for (at, form) in words.match_indices("Acme") {
            let start = words.chars().count() - words.split_at(at).1.chars().count();
            let end = start + form.chars().count();
            let (keyword, form) = ("acme".into(), form.into());
            hits.push(Hit { keyword, field, start, end, form });
        }
    }
    let id = MentionId::of(key, &brand);
    Mention {
        id: id.clone(),
        key,
        brand,
        source: SourceName("google-alerts".into()),
        kind: Kind::Feed,
        post: Post {
            url: Some(format!("https://www.news.example/{number}")),
            title: title.map(str::to_owned),
            text: text.into(),
            published: Some(now() - TimeDelta::hours(i64::from(number))),
            ..Post::default()
        },
        hits,
        seen: now(),
        insight: Insight {
            language: Some(Language::ENGLISH),
            sentiment: Sentiment { label, score: 0.0, confidence: 0.97 },
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

/// A ticket of Acme, open and not urgent.
pub(super) fn ticket(id: u64) -> TicketLine {
    TicketLine {
        event: None,
        id: TicketId(id),
        status: "open".into(),
        priority: Priority::Normal,
        due: None,
        overdue: false,
        assignee: None,
        headline: format!("Ticket number {id}"),
        brand: BrandName("Acme".into()),
        url: Some(format!("https://forum.example/{id}")),
        review: false,
    }
}

/// Gathers a digest of these and nothing else, in English.
pub(super) fn digest(mentions: &[Mention], tickets: &[TicketLine]) -> Digest {
    Digest::of(&input(mentions, tickets))
}

/// What [`digest`] gathers from.
pub(super) fn input<'a>(mentions: &'a [Mention], tickets: &'a [TicketLine]) -> Input<'a> {
    Input {
        alert: "care-team",
        filter: "",
        language: Language::ENGLISH,
        zone: Tz::Europe__Helsinki,
        mentions,
        tickets,
        blind_spots: &[],
        quiet: &[],
        volumes: &[],
        from: Some(now() - TimeDelta::days(1)),
        to: now(),
        how_many: HowMany::All,
    }
}

/// A morning with something of everything.
pub(super) fn morning(language: Language) -> Digest {
    let mut mentions = vec![network_down(), refund(), news(), thanks()];
    mentions.push(other_brand());
    let overdue = TicketLine {
        due: Some(now() - TimeDelta::hours(6)),
        overdue: true,
        status: "answered".into(),
        assignee: Some("maija@acme.example".into()),
        headline: "Parcel lost twice".into(),
        ..ticket(3)
    };
    let urgent = TicketLine {
        priority: Priority::Urgent,
        status: "new".into(),
        due: Some(now() + TimeDelta::hours(4)),
        headline: "Network down all day".into(),
        ..ticket(7)
    };
    let asked = TicketLine {
        priority: Priority::Urgent,
        status: "resolved".into(),
        due: Some(now() - TimeDelta::hours(30)),
        overdue: true,
        assignee: Some("maija@acme.example".into()),
        headline: "The charger smoked at night".into(),
        ..ticket(1)
    };
    let tickets = [ticket(8), overdue, urgent, asked];
    let blind_spots = [
        BlindSpot {
            source: SourceName("murobbs".into()),
            blind: Blind::Failing,
            what: "forum.example answered 503".into(),
            since: Some(now() - TimeDelta::hours(30)),
        },
        BlindSpot {
            source: SourceName("news/Paikallislehti".into()),
            blind: Blind::Silent,
            what: String::new(),
            since: Some(now() - TimeDelta::days(9)),
        },
    ];
    let quiet = [QuietLine {
        customer: Some("Liisa Virtanen".into()),
        ticket: TicketId(2),
        headline: "Third bill for one order".into(),
        status: "resolved".into(),
        since: now() - TimeDelta::days(90),
    }];
    let input = input(&mentions, &tickets);
    let volumes = [volume()];
    let told = Input { blind_spots: &blind_spots, quiet: &quiet, volumes: &volumes, ..input };
    Digest::of(&Input { language, ..told })
}

/// A week of Acme that was worse than the one before.
pub(super) fn volume() -> Volume {
    let day = |(negative, neutral, positive)| Counts { negative, neutral, positive };
    let now_ = [(0, 1, 0), (1, 0, 1), (0, 2, 0), (0, 0, 0), (3, 1, 1), (2, 1, 0), (0, 1, 1)];
    let before = [(0, 1, 0), (1, 1, 0), (0, 0, 0), (0, 1, 0), (1, 0, 0), (0, 2, 0), (0, 0, 0)];
    Volume {
        brand: BrandName("Acme".into()),
        pieces: Pieces::of(now() - TimeDelta::days(7), now()).unwrap(),
        now: now_.map(day).to_vec(),
        before: before.map(day).to_vec(),
    }
}

fn network_down() -> Mention {
    let text = "Tried everything since morning. Acme has been down since seven and nobody \
                answers the phone, so I am going to take you to court! Never again.";
    let mut mention = mention(1, Label::Negative, Some("Network down all day"), text);
    mention.post.author = Author {
        name: Some("Matti Meikäläinen".into()),
        followers: Some(12_040),
        ..Author::default()
    };
    mention.insight.priority = Priority::Urgent;
    mention.insight.complaint = Some(Complaint {
        complainer: Some(Complainer::Aggressive),
        flags: vec![Flag::LegalThreat],
        matter: None,
        cues: vec!["take you to court".into()],
    });
    mention.insight.why = vec!["negative words near the brand: down, nobody answers".into()];
    mention.ticket = Some(TicketId(7));
    mention.copies = 3;
    mention
}

fn refund() -> Mention {
    let text = "Still waiting for my refund, Acme. Third week now & <b>no</b> answer.";
    let mut mention = mention(2, Label::Negative, None, text);
    mention.post.author.handle = Some("annoyed".into());
    mention.insight.sentiment.confidence = 0.55;
    mention.insight.review = true;
    mention.ticket = Some(TicketId(8));
    mention
}

fn news() -> Mention {
    mention(
        3,
        Label::Neutral,
        Some("Acme opens a warehouse in Tampere"),
        "Acme opens a warehouse in Tampere next spring. It will employ forty people.",
    )
}

fn thanks() -> Mention {
    let mut mention =
        mention(4, Label::Positive, Some("Thanks!"), "Kudos to Acme for the quick fix.");
    mention.post.url = None;
    mention.own = true;
    mention
}

fn other_brand() -> Mention {
    let mut mention = mention(5, Label::Negative, Some("Rocket skates recalled"), "They burn.");
    mention.brand = BrandName("Bellwether".into());
    mention.post.url = Some("javascript:alert(1)".into());
    mention
}
