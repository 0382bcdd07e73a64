//! What is remembered of alerts. What it gained later stands behind its record as JSON, because it may
//! gain more.

use super::{Unreadable, micros, time, time_or_none, versioned, write};
use crate::alert::AlertState;
use crate::mention::{MentionId, TicketId};
use crate::post::SourceName;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize, Deserialize)]
struct AlertRecord {
    told_up_to: u64,
    began: Option<i64>,
    last: Option<i64>,
}

#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(default)]
struct MoreRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    spoke: Option<i64>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    passed: Cow<'a, BTreeSet<MentionId>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    owed: Cow<'a, BTreeSet<MentionId>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    events: BTreeMap<TicketId, i64>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    blind: Cow<'a, BTreeSet<SourceName>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<(u64, i64)>,
}

/// Writes what is remembered of an alert.
pub(in crate::store::sled) fn alert(state: &AlertState) -> Result<Vec<u8>, Unreadable> {
    let AlertState { told_up_to, began, last, spoke, passed, owed, events, blind, first } = state;
    let mut bytes = write(&AlertRecord {
        told_up_to: *told_up_to,
        began: began.map(micros),
        last: last.map(micros),
    })?;
    let more = MoreRecord {
        spoke: spoke.map(micros),
        passed: Cow::Borrowed(passed),
        owed: Cow::Borrowed(owed),
        events: events.iter().map(|(event, at)| (*event, micros(*at))).collect(),
        blind: Cow::Borrowed(blind),
        first: first.map(|(place, at)| (place, micros(at))),
    };
    if more != MoreRecord::default() {
        serde_json::to_writer(&mut bytes, &more)
            .map_err(|error| Unreadable(format!("an alert cannot be written: {error}")))?;
    }
    Ok(bytes)
}

/// Reads what is remembered of an alert.
pub(in crate::store::sled) fn read_alert(bytes: &[u8]) -> Result<AlertState, Unreadable> {
    let (record, rest): (AlertRecord, _) = postcard::take_from_bytes(versioned(bytes)?)
        .map_err(|error| Unreadable(format!("a record does not read back: {error}")))?;
    let more: MoreRecord<'_> = if rest.is_empty() {
        MoreRecord::default()
    } else {
        serde_json::from_slice(rest)
            .map_err(|error| Unreadable(format!("an alert does not read back: {error}")))?
    };
    let event = |(event, at)| Ok((event, time(at)?));
    let first = |(place, at)| Ok::<_, Unreadable>((place, time(at)?));
    Ok(AlertState {
        told_up_to: record.told_up_to,
        began: time_or_none(record.began)?,
        last: time_or_none(record.last)?,
        spoke: time_or_none(more.spoke)?,
        passed: more.passed.into_owned(),
        owed: more.owed.into_owned(),
        events: more.events.into_iter().map(event).collect::<Result<_, Unreadable>>()?,
        blind: more.blind.into_owned(),
        first: more.first.map(first).transpose()?,
    })
}
