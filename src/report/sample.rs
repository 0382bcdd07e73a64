//! Mentions and tickets for the tests of this folder: a month of one desk.

use super::{Gathering, Report, Span};
use crate::brand::{BrandName, Field, Hit};
use crate::enrich::{Complainer, Complaint, Insight, Label, Matter, Priority, Sentiment};
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::post::{Author, Post, SourceName};
use crate::source::Kind;
use crate::text::Language;
use crate::ticket::{Action, Rating, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// The moment of asking: 2026-11-21 08:00 UTC.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_248_000, 0).unwrap()
}

/// So many hours before it.
pub(super) fn ago(hours: i64) -> DateTime<Utc> {
    now() - TimeDelta::hours(hours)
}

/// Seven days of all brands.
pub(super) fn week() -> Span {
    Span { brand: None, since: ago(7 * 24), until: now(), zone: Tz::Europe__Helsinki }
}

/// A mention of Acme by somebody, so many hours ago.
pub(super) fn mention(number: u8, hours: i64, label: Label, text: &str) -> Mention {
    let key = PostKey([number; 16]);
    let brand = BrandName("Acme".into());
    let id = MentionId::of(key, &brand);
    let keyword = || "Acme".to_owned();
    Mention {
        id: id.clone(),
        key,
        brand,
        source: SourceName("news".into()),
        kind: Kind::Feed,
        post: Post {
            url: Some(format!("https://news.example/{number}")),
            text: text.into(),
            published: Some(ago(hours)),
            ..Post::default()
        },
        hits: vec![Hit {
            keyword: keyword(),
            field: Field::Text,
            start: 0,
            end: 4,
            form: keyword(),
        }],
        seen: ago(hours),
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

/// The same, by this person.
pub(super) fn by(mut mention: Mention, name: &str, handle: &str) -> Mention {
    let url = Some(format!("https://forum.example/u/{handle}"));
    let (name, handle) = (Some(name.to_owned()), Some(handle.to_owned()));
    mention.post.author = Author { name, handle, url, followers: None };
    mention
}

/// The ticket of a mention, moved on so many hours after it was opened.
pub(super) fn ticket(id: u64, mention: &Mention, moves: &[(i64, Action)]) -> Ticket {
    let opened = mention.time();
    moves.iter().fold(
        Ticket::open(TicketId(id), mention, opened, opened),
        |ticket, (at, action)| {
            ticket.apply(action.clone(), "maija", opened + TimeDelta::hours(*at)).unwrap()
        },
    )
}

pub(super) fn resolve(cause: &str, lesson: Option<&str>) -> Action {
    let lesson = lesson.map(str::to_owned);
    Action::Resolve { cause: cause.into(), lesson, follow_up_days: 10 }
}

pub(super) fn rate(stars: u8) -> Action {
    Action::Rate(Rating::try_from(stars).unwrap())
}

/// A complaint about something, by somebody who complains in some way.
pub(super) fn complaint(number: u8, hours: i64, matter: Matter, text: &str) -> Mention {
    let mut mention = mention(number, hours, Label::Negative, text);
    mention.insight.complaint = Some(Complaint {
        complainer: Some(Complainer::Aggressive),
        matter: Some(matter),
        ..Complaint::default()
    });
    mention
}

/// What happened in a week: mentions, and tickets of some of them.
#[expect(clippy::too_many_lines, reason = "a list of what happened")]
pub(super) fn life() -> (Vec<Mention>, Vec<(Ticket, Mention)>) {
    let anna = |number, hours, text| {
        by(complaint(number, hours, Matter::Delivery, text), "Anna Virtanen", "annavi")
    };
    let lost = anna(1, 100, "Acme lost my parcel again, see https://www.parcelwatch.example/9");
    let early = anna(2, 300, "Acme lost my parcel");
    let mut bill =
        by(complaint(3, 50, Matter::Billing, "Acme billed me twice"), "Ben Okoye", "benok");
    bill.copies = 4;
    let slow = by(complaint(4, 20, Matter::Service, "Acme never answers"), "Cem Kaya", "cemk");
    let asks = |number, hours, text, who: &str| {
        by(mention(number, hours, Label::Neutral, text), who, &who.to_lowercase())
    };
    let mut thanks =
        by(mention(9, 30, Label::Positive, "Acme saved my day, thanks!"), "Eve Lind", "evel");
    thanks.insight.language = None;
    let mut own = mention(10, 10, Label::Positive, "Acme opens a shop");
    own.own = true;
    let tickets = vec![
        (
            ticket(
                1,
                &early,
                &[(2, Action::Reply("sorry".into())), (5, resolve("lost parcel", None))],
            ),
            early.clone(),
        ),
        (
            ticket(
                2,
                &lost,
                &[
                    (1, Action::Assign("maija@acme.example".into())),
                    (3, Action::Reply("sorry".into())),
                    (
                        30,
                        resolve(
                            "Lost parcel",
                            Some("Anna Virtanen's parcel 84921347 lay in Oulu; we now scan twice."),
                        ),
                    ),
                    (60, rate(2)),
                    (70, resolve("Lost parcel", Some("Send a new one at once, ask annavi later."))),
                    (90, rate(5)),
                ],
            ),
            lost.clone(),
        ),
        (
            ticket(
                3,
                &bill,
                &[
                    (30, Action::Reply("sorry".into())),
                    (31, resolve("double billing", Some("Check the card before charging."))),
                    (40, Action::Close),
                ],
            ),
            bill.clone(),
        ),
        (ticket(4, &slow, &[]), slow.clone()),
    ];
    let mentions = vec![
        lost,
        early,
        bill,
        slow,
        asks(5, 40, "Hi. Where is the Acme warranty form?", "Dana"),
        asks(6, 60, "Does Acme have a warranty form on paper? Saw it on TikTok.", "Emil"),
        asks(7, 61, "Acme opens in Tampere on Monday, they say on Jodel", "Fatma"),
        thanks,
        own,
    ];
    (mentions, tickets)
}

/// What is gathered of [`life`].
pub(super) fn gathered(span: Span) -> Gathering {
    let (mentions, tickets) = life();
    let mut gathering = Gathering::new(span, &crate::ticket::clock::Clocks::default(), now());
    gathering.hears(Kind::Feed, Some("www.news.example"));
    for mention in &mentions {
        gathering.mention(mention);
    }
    for (ticket, mention) in &tickets {
        gathering.ticket(ticket, Some(mention));
    }
    gathering
}

pub(super) fn report() -> Report {
    gathered(week()).finish()
}
