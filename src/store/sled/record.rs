//! What is on disk, with its version before it. These are not the domain types: a changed domain type
//! then breaks a conversion here, not a user's data.

use crate::alert::AlertState;
use crate::alert::spike::Course;
use crate::brand::{BrandName, Hit};
use crate::enrich::{Complainer, Complaint, Flag, Insight, Label, Matter, Priority, Sentiment};
use crate::fetch::Validators;
use crate::fetch::budget::Ledger;
use crate::mention::marking::{Marking, MarkingId};
use crate::mention::{Mark, Mention, MentionId, PostKey, Praise, TicketId, Version};
use crate::post::{Author, Concerns, Engagement, Post, SourceName};
use crate::source::websub::Subscription;
use crate::source::{Cursor, Hub, Kind};
use crate::store::{Health, Moved, Reported, Sequence, SourceState};
use crate::ticket::{Facts, Ticket};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use url::Url;

mod link;
mod notice;
mod own_reply;

pub(super) use link::{link, read_link};
pub(super) use notice::{notice, read_notice};
pub(super) use own_reply::{own_reply, read_own_reply};

/// The version that records are written in. What is known of sources changed with the format of the
/// whole store, and is forgotten where that is older.
const VERSION: u8 = 1;

/// Something that cannot be stored, or does not read back.
#[derive(Debug)]
pub(super) struct Unreadable(pub(super) String);

/// The most bytes of a text that are stored with a mention.
const MOST_TEXT_BYTES: usize = crate::text::html::MOST_TEXT_BYTES;

#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct MentionRecord {
    place: u64,
    id: MentionId,
    key: PostKey,
    brand: BrandName,
    source: SourceName,
    kind: Kind,
    site_id: Option<String>,
    site: String,
    url: Option<String>,
    has_own_url: bool,
    has_own_title: bool,
    title: Option<String>,
    text: String,
    author: Author,
    published: Option<i64>,
    claimed_language: Option<crate::text::Language>,
    parent: Option<String>,
    hits: Vec<HitRecord>,
    seen: i64,
    language: Option<crate::text::Language>,
    sentiment: (Label, f32, f32),
    complaint: Option<ComplaintRecord>,
    priority: Priority,
    review: bool,
    why: Vec<String>,
    own: bool,
    story: MentionId,
    copies: u32,
    ticket: Option<TicketId>,
    mark: Option<Mark>,
}

/// What the first version knew of a complaint.
#[derive(Serialize, Deserialize)]
struct ComplaintRecord {
    complainer: Option<Complainer>,
    flags: Vec<Flag>,
    cues: Vec<String>,
}

/// What a mention gained later. It stands behind the record as JSON, and may be missing.
#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(default)]
struct MoreRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited: Option<i64>,
    #[serde(skip_serializing_if = "Engagement::is_unknown")]
    engagement: Engagement,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<u8>,
    concerns: Concerns,
    is_private: bool,
    is_gone: bool,
    #[serde(skip_serializing_if = "<[Version]>::is_empty")]
    versions: Cow<'a, [Version]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    muted: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matter: Option<Matter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    praise: Option<Cow<'a, Praise>>,
}

#[derive(Serialize, Deserialize)]
struct HitRecord {
    keyword: String,
    field: crate::brand::Field,
    start: usize,
    end: usize,
    form: String,
}

#[derive(Serialize, Deserialize)]
struct SourceRecord {
    cursor: Cursor,
    etag: Option<String>,
    last_modified: Option<String>,
    marks: Vec<u8>,
    rules: u64,
    sent_in_full: Option<i64>,
    /// The rest gains fields from version to version: it is kept as JSON, whose fields have names.
    named: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct NamedRecord<'a> {
    looked_again: Option<i64>,
    named: Option<Cow<'a, str>>,
    validated: Option<Cow<'a, Url>>,
    moved: Option<Cow<'a, Moved>>,
    hub: Option<Cow<'a, Hub>>,
    subscription: Option<Cow<'a, Subscription>>,
    #[serde(default)]
    ledger: Cow<'a, Ledger>,
    #[serde(default)]
    rechecked: Option<i64>,
    health: Cow<'a, Health>,
}

#[derive(Serialize, Deserialize)]
struct AlertRecord {
    told_up_to: u64,
    began: Option<i64>,
    last: Option<i64>,
}

/// Writes a mention with its place.
pub(super) fn mention(mention: &Mention, place: Sequence) -> Result<Vec<u8>, Unreadable> {
    let Mention { id, key, brand, source, kind, post, hits, .. } = mention;
    let Insight { language, sentiment, complaint, priority, review, why } = &mention.insight;
    let more = MoreRecord {
        thread: post.thread.as_deref().map(Cow::Borrowed),
        edited: post.edited.map(micros),
        engagement: post.engagement,
        rating: post.rating,
        concerns: post.concerns,
        is_private: post.is_private,
        is_gone: post.is_gone,
        versions: Cow::Borrowed(&mention.versions),
        muted: mention.muted.as_deref().map(Cow::Borrowed),
        matter: complaint.as_ref().and_then(|complaint| complaint.matter),
        praise: mention.praise.as_ref().map(Cow::Borrowed),
    };
    let mut bytes = write(&MentionRecord {
        place: place.0,
        id: id.clone(),
        key: *key,
        brand: brand.clone(),
        source: source.clone(),
        kind: *kind,
        site_id: post.id.clone(),
        site: post.site.clone(),
        url: post.url.clone(),
        has_own_url: post.has_own_url,
        has_own_title: post.has_own_title,
        title: post.title.clone(),
        text: bounded(&post.text),
        author: post.author.clone(),
        published: post.published.map(micros),
        claimed_language: post.language,
        parent: post.parent.clone(),
        hits: hits.iter().map(hit).collect(),
        seen: micros(mention.seen),
        language: *language,
        sentiment: (sentiment.label, sentiment.score, sentiment.confidence),
        complaint: complaint.as_ref().map(|complaint| ComplaintRecord {
            complainer: complaint.complainer,
            flags: complaint.flags.clone(),
            cues: complaint.cues.clone(),
        }),
        priority: *priority,
        review: *review,
        why: why.clone(),
        own: mention.own,
        story: mention.story.clone(),
        copies: mention.copies,
        ticket: mention.ticket,
        mark: mention.mark,
    })?;
    if more != MoreRecord::default() {
        serde_json::to_writer(&mut bytes, &more)
            .map_err(|error| Unreadable(format!("a mention cannot be written: {error}")))?;
    }
    Ok(bytes)
}

/// Reads a mention and its place.
pub(super) fn read_mention(bytes: &[u8]) -> Result<(Sequence, Mention), Unreadable> {
    let (record, rest): (MentionRecord, _) = postcard::take_from_bytes(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("a record does not read back: {error}")))?;
    let more: MoreRecord<'_> = if rest.is_empty() {
        MoreRecord::default()
    } else {
        serde_json::from_slice(rest)
            .map_err(|error| Unreadable(format!("a mention does not read back: {error}")))?
    };
    let (label, score, confidence) = record.sentiment;
    let mention = Mention {
        id: record.id,
        key: record.key,
        brand: record.brand,
        source: record.source,
        kind: record.kind,
        post: Post {
            id: record.site_id,
            site: record.site,
            url: record.url,
            has_own_url: record.has_own_url,
            has_own_title: record.has_own_title,
            title: record.title,
            text: record.text,
            author: record.author,
            published: time_or_none(record.published)?,
            language: record.claimed_language,
            parent: record.parent,
            thread: more.thread.map(Cow::into_owned),
            edited: time_or_none(more.edited)?,
            engagement: more.engagement,
            rating: more.rating,
            concerns: more.concerns,
            is_private: more.is_private,
            is_gone: more.is_gone,
        },
        hits: record.hits.into_iter().map(read_hit).collect(),
        seen: time(record.seen)?,
        insight: Insight {
            language: record.language,
            sentiment: Sentiment { label, score, confidence },
            complaint: record.complaint.map(|ComplaintRecord { complainer, flags, cues }| {
                Complaint { complainer, flags, matter: more.matter, cues }
            }),
            priority: record.priority,
            review: record.review,
            why: record.why,
        },
        own: record.own,
        story: record.story,
        copies: record.copies,
        ticket: record.ticket,
        mark: record.mark,
        muted: more.muted.map(Cow::into_owned),
        versions: more.versions.into_owned(),
        praise: more.praise.map(Cow::into_owned),
    };
    Ok((Sequence(record.place), mention))
}

/// Writes what is remembered of a source.
pub(super) fn source(state: &SourceState) -> Result<Vec<u8>, Unreadable> {
    let SourceState { cursor, validators, marks, rules, sent_in_full, health, .. } = state;
    let named = NamedRecord {
        looked_again: state.looked_again.map(micros),
        named: state.named.as_deref().map(Cow::Borrowed),
        validated: state.validated.as_ref().map(Cow::Borrowed),
        moved: state.moved.as_ref().map(Cow::Borrowed),
        hub: state.hub.as_ref().map(Cow::Borrowed),
        subscription: state.subscription.as_ref().map(Cow::Borrowed),
        ledger: Cow::Borrowed(&state.ledger),
        rechecked: state.rechecked.map(micros),
        health: Cow::Borrowed(health),
    };
    write(&SourceRecord {
        cursor: cursor.clone(),
        etag: validators.etag.clone(),
        last_modified: validators.last_modified.clone(),
        // Hashes do not get shorter as variable-length integers, only slower.
        marks: marks.iter().flat_map(|mark| mark.to_be_bytes()).collect(),
        rules: *rules,
        sent_in_full: sent_in_full.map(micros),
        named: serde_json::to_vec(&named)
            .map_err(|error| Unreadable(format!("a source cannot be written: {error}")))?,
    })
}

/// Reads what is remembered of a source.
pub(super) fn read_source(bytes: &[u8]) -> Result<SourceState, Unreadable> {
    let record: SourceRecord = read(bytes)?;
    let named: NamedRecord<'_> = serde_json::from_slice(&record.named)
        .map_err(|error| Unreadable(format!("a source does not read back: {error}")))?;
    Ok(SourceState {
        cursor: record.cursor,
        validators: Validators { etag: record.etag, last_modified: record.last_modified },
        marks: record
            .marks
            .chunks_exact(8)
            .filter_map(|chunk| chunk.first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes)))
            .collect(),
        rules: record.rules,
        sent_in_full: time_or_none(record.sent_in_full)?,
        looked_again: time_or_none(named.looked_again)?,
        named: named.named.map(Cow::into_owned),
        validated: named.validated.map(Cow::into_owned),
        moved: named.moved.map(Cow::into_owned),
        hub: named.hub.map(Cow::into_owned),
        subscription: named.subscription.map(Cow::into_owned),
        ledger: named.ledger.into_owned(),
        rechecked: time_or_none(named.rechecked)?,
        health: named.health.into_owned(),
    })
}

/// Writes what is remembered of an alert.
pub(super) fn alert(state: &AlertState) -> Result<Vec<u8>, Unreadable> {
    let AlertState { told_up_to, began, last } = state;
    write(&AlertRecord {
        told_up_to: *told_up_to,
        began: began.map(micros),
        last: last.map(micros),
    })
}

/// Reads what is remembered of an alert.
pub(super) fn read_alert(bytes: &[u8]) -> Result<AlertState, Unreadable> {
    let record: AlertRecord = read(bytes)?;
    Ok(AlertState {
        told_up_to: record.told_up_to,
        began: time_or_none(record.began)?,
        last: time_or_none(record.last)?,
    })
}

/// Writes what the operator was told.
pub(super) fn reported(reported: &Reported) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, reported)
        .map_err(|error| Unreadable(format!("what was told cannot be written: {error}")))?;
    Ok(bytes)
}

/// Reads what the operator was told.
pub(super) fn read_reported(bytes: &[u8]) -> Result<Reported, Unreadable> {
    serde_json::from_slice(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("what was told does not read back: {error}")))
}

/// Writes what is known of the spikes of a brand, as JSON.
pub(super) fn course(course: &Course) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, course)
        .map_err(|error| Unreadable(format!("a spike cannot be written: {error}")))?;
    Ok(bytes)
}

/// Reads what is known of the spikes of a brand.
pub(super) fn read_course(bytes: &[u8]) -> Result<Course, Unreadable> {
    serde_json::from_slice(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("a spike does not read back: {error}")))
}

/// Writes a ticket. Tickets are few, live for years and gain fields: they are kept as JSON, whose
/// fields have names.
pub(super) fn ticket(ticket: &Ticket) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, ticket.facts())
        .map_err(|error| Unreadable(format!("a ticket cannot be written: {error}")))?;
    Ok(bytes)
}

/// Reads a ticket.
pub(super) fn read_ticket(bytes: &[u8]) -> Result<Ticket, Unreadable> {
    let facts: Facts = serde_json::from_slice(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("a ticket does not read back: {error}")))?;
    Ok(Ticket::restore(facts))
}

/// Writes a marking under the number it gets. Markings are few and may gain fields, as tickets may.
pub(super) fn marking(marking: &Marking, id: MarkingId) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, &Marking { id, ..marking.clone() })
        .map_err(|error| Unreadable(format!("a mark cannot be written: {error}")))?;
    Ok(bytes)
}

/// Reads a marking.
pub(super) fn read_marking(bytes: &[u8]) -> Result<Marking, Unreadable> {
    serde_json::from_slice(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("a mark does not read back: {error}")))
}

fn hit(hit: &Hit) -> HitRecord {
    let Hit { keyword, field, start, end, form } = hit.clone();
    HitRecord { keyword, field, start, end, form }
}

fn read_hit(record: HitRecord) -> Hit {
    let HitRecord { keyword, field, start, end, form } = record;
    Hit { keyword, field, start, end, form }
}

fn write<T: Serialize>(record: &T) -> Result<Vec<u8>, Unreadable> {
    postcard::to_extend(record, vec![VERSION])
        .map_err(|error| Unreadable(format!("a record cannot be written: {error}")))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    postcard::from_bytes(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("a record does not read back: {error}")))
}

fn versioned(bytes: &[u8]) -> Result<&[u8], Unreadable> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        Some((version, _)) => {
            Err(Unreadable(format!("a record has the unknown version {version}")))
        }
        None => Err(Unreadable("a record is empty".into())),
    }
}

fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

fn time(micros: i64) -> Result<DateTime<Utc>, Unreadable> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Unreadable(format!("{micros} is no time that can be")))
}

fn time_or_none(micros: Option<i64>) -> Result<Option<DateTime<Utc>>, Unreadable> {
    micros.map(time).transpose()
}

fn bounded(text: &str) -> String {
    let mut end = text.len().min(MOST_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
