//! The keys of the trees, typed and in byte order: time first and big-endian, so that a period is a
//! range. No other file builds key bytes.

use crate::mention::{MentionId, TicketId};
use crate::post::SourceName;
use crate::store::kept::KeptPlace;
use crate::store::{Listed, Sequence};
use crate::ticket::route;
use chrono::{DateTime, Utc};
use std::ops::Range;

/// Returns a number as eight bytes that sort as the number does.
pub(super) fn number(value: u64) -> [u8; 8] {
    value.to_be_bytes()
}

/// Reads back what [`number`] or the tail of [`time`] wrote.
pub(super) fn read_number(bytes: &[u8]) -> Option<u64> {
    bytes.last_chunk::<8>().map(|chunk| u64::from_be_bytes(*chunk))
}

/// Returns the key of a mention in the order of time; `place` tells mentions of one moment apart.
pub(super) fn time(at: DateTime<Utc>, place: Sequence) -> [u8; 16] {
    let mut key = [0; 16];
    let (head, tail) = key.split_at_mut(8);
    head.copy_from_slice(&moment(at));
    tail.copy_from_slice(&number(place.0));
    key
}

/// Returns the first key of [`time`] that is not before `at`.
pub(super) fn moment(at: DateTime<Utc>) -> [u8; 8] {
    // Flipping the sign bit makes times before 1970 sort before those after it.
    (at.timestamp_micros().cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// Returns the key of a mention among those with a fingerprint, the newest first.
pub(super) fn print(print: u64, seen: DateTime<Utc>, mention: &MentionId) -> Vec<u8> {
    let age = moment(seen).map(|byte| !byte);
    [&number(print), age.as_slice(), mention.0.as_bytes()].concat()
}

/// Reads from what [`print()`] wrote of which mention it is.
pub(super) fn print_of(key: &[u8]) -> Option<&[u8]> {
    key.get(16..)
}

/// Returns the key of one ticket among those of its customer.
pub(super) fn customer(customer: &str, ticket: TicketId) -> Vec<u8> {
    let mut key = customer_prefix(customer);
    key.extend_from_slice(&number(ticket.0));
    key
}

/// Returns what all keys of one customer begin with, and no other's do.
pub(super) fn customer_prefix(customer: &str) -> Vec<u8> {
    prefixed(customer)
}

/// Returns the key of one ticket among those that are listed so.
pub(super) fn listed(what: &Listed<'_>, ticket: TicketId) -> Vec<u8> {
    [listed_prefix(what).as_slice(), &number(ticket.0)].concat()
}

/// Returns the range of the keys of [`listed`].
pub(super) fn listed_range(what: &Listed<'_>) -> Range<Vec<u8>> {
    let start = listed_prefix(what);
    let end = match what {
        Listed::Heard { until, .. } => {
            listed_prefix(&Listed::Heard { since: *until, until: *until })
        }
        Listed::Touched { .. } => [start.get(..1).unwrap_or_default(), &[0xff; 17]].concat(),
        // Behind every number.
        _ => [start.as_slice(), &[0xff; 9]].concat(),
    };
    start..end
}

fn listed_prefix(what: &Listed<'_>) -> Vec<u8> {
    let (kind, rest) = match what {
        Listed::Open => (0, Vec::new()),
        Listed::Rising => (1, Vec::new()),
        Listed::WorkOf(who) => (2, prefixed(&route::person(who))),
        Listed::GivenTo(who) => (3, prefixed(&route::person(who))),
        Listed::Incident(first) => (4, number(first.0).to_vec()),
        Listed::Heard { since, .. } => (5, moment(*since).to_vec()),
        Listed::Touched { since } => (6, moment(*since).to_vec()),
    };
    [&[kind], rest.as_slice()].concat()
}

/// Returns the key of one link among those of a handle, which begin as [`customer_prefix`] tells.
pub(super) fn link(handle: &str, link: u64) -> Vec<u8> {
    let mut key = customer_prefix(handle);
    key.extend_from_slice(&number(link));
    key
}

/// Returns the key of a notice among those that tell a mention.
pub(super) fn told(mention: &str, notice: u64) -> Vec<u8> {
    let mut key = told_prefix(mention);
    key.extend_from_slice(&number(notice));
    key
}

/// Returns what the keys of the notices that tell one mention begin with.
pub(super) fn told_prefix(mention: &str) -> Vec<u8> {
    prefixed(mention)
}

/// Returns the key of a feed's name within its OPML source.
pub(super) fn name(opml: &SourceName, address: &str) -> Vec<u8> {
    let mut key = name_prefix(opml);
    key.extend_from_slice(address.as_bytes());
    key
}

/// Returns what the keys of all feeds of one OPML source begin with.
pub(super) fn name_prefix(opml: &SourceName) -> Vec<u8> {
    prefixed(&opml.0)
}

/// A string with its length before it, so that no such string is the beginning of another.
pub(super) fn prefixed(text: &str) -> Vec<u8> {
    let mut key = u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    key.extend_from_slice(text.as_bytes());
    key
}

/// What the keys of blocks of kept posts begin with, and where they end.
const KEPT_BLOCKS: u8 = 0;
pub(super) const KEPT_BLOCKS_END: &[u8] = &[1];

/// What the keys of the names of kept posts begin with.
pub(super) const KEPT_NAMES: &[u8] = &[1];

/// The key of what is known of all kept posts together.
pub(super) const KEPT_TOTALS: &[u8] = &[2];

/// Returns the key of a block of kept posts.
pub(super) fn kept_block(place: KeptPlace) -> Vec<u8> {
    [&[KEPT_BLOCKS], place.0.as_slice()].concat()
}

/// Reads back what [`kept_block`] wrote.
pub(super) fn read_kept_block(key: &[u8]) -> KeptPlace {
    KeptPlace(key.last_chunk::<16>().copied().unwrap_or_default())
}

/// Returns the key under which stands where a post was written.
pub(super) fn kept_name(name: [u8; 8]) -> Vec<u8> {
    [KEPT_NAMES, &name].concat()
}

/// Returns what stands under the name of a kept post: where it was written, when it was first seen, and
/// a mark of what it said.
pub(super) fn kept_written(place: KeptPlace, seen: DateTime<Utc>, mark: u64) -> Vec<u8> {
    [place.0.as_slice(), &seen.timestamp_micros().to_be_bytes(), &number(mark)].concat()
}

/// Reads back what [`kept_written`] wrote.
pub(super) fn read_kept_written(bytes: &[u8]) -> Option<(KeptPlace, DateTime<Utc>, u64)> {
    let (place, rest) = bytes.split_first_chunk::<16>()?;
    let (seen, mark) = rest.split_first_chunk::<8>()?;
    let seen = DateTime::from_timestamp_micros(i64::from_be_bytes(*seen))?;
    Some((KeptPlace(*place), seen, read_number(mark)?))
}

/// Returns when what stands there was written.
pub(super) fn read_kept_time(place: KeptPlace) -> DateTime<Utc> {
    let micros = place.0.first_chunk::<8>().map_or(0, |chunk| u64::from_be_bytes(*chunk));
    DateTime::from_timestamp_micros((micros ^ (1 << 63)).cast_signed()).unwrap_or_default()
}

/// Returns a place right behind another, by the number of the block.
pub(super) fn kept_behind(last: KeptPlace, number: u64) -> KeptPlace {
    KeptPlace(time(read_kept_time(last), Sequence(number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn byte_order_is_the_order_of_time(a in -4_000_000_000_000_000_i64..4_000_000_000_000_000, b in -4_000_000_000_000_000_i64..4_000_000_000_000_000, x: u64, y: u64) {
            let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
            let (left, right) = (time(at(a), Sequence(x)), time(at(b), Sequence(y)));
            prop_assert_eq!(left.cmp(&right), (a, x).cmp(&(b, y)));
            prop_assert_eq!(read_number(&left), Some(x));
        }

        #[test]
        fn no_customer_is_the_beginning_of_another(a in ".{0,12}", b in ".{0,12}", n: u64) {
            prop_assert_eq!(customer(&a, TicketId(n)).starts_with(&customer_prefix(&b)), a == b);
        }
    }
}
