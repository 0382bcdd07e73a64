//! What each hour brought of each brand, and what is known of the brand's spikes: one tree. Kept with the
//! mentions, so that a mark or a new mention counts as soon as it is stored.

use super::write::Writing;
use super::{Aborted, record};
use crate::alert::spike;
use crate::brand::BrandName;
use crate::mention::Mention;
use crate::store::{Commit, Counted};
use sled::transaction::ConflictableTransactionError;

/// What the keys of hours begin with, and those of courses.
const HOURS: u8 = 0;
const COURSES: u8 = 1;

/// Returns what the keys of all hours of one brand begin with, and no other's do.
pub(super) fn prefix(brand: &BrandName) -> Vec<u8> {
    [&[HOURS], super::key::prefixed(&brand.0).as_slice()].concat()
}

/// Returns the key of what is known of a brand's spikes.
pub(super) fn course_key(brand: &BrandName) -> Vec<u8> {
    [&[COURSES], brand.0.as_bytes()].concat()
}

fn key(brand: &BrandName, hour: i64) -> Vec<u8> {
    // Flipping the sign bit makes hours before 1970 sort before those after it.
    let hour = hour.cast_unsigned() ^ (1 << 63);
    [prefix(brand).as_slice(), &hour.to_be_bytes()].concat()
}

/// Reads back of which brand a key tells what is known of its spikes; `None` where it does not.
pub(super) fn course_brand(key: &[u8]) -> Option<String> {
    let brand = key.strip_prefix(&[COURSES])?;
    Some(String::from_utf8_lossy(brand).into_owned())
}

/// Reads back of which brand and hour a key is; `None` where it is of none.
pub(super) fn brand_and_hour(key: &[u8]) -> Option<(String, i64)> {
    let (length, rest) = key.strip_prefix(&[HOURS])?.split_first_chunk::<4>()?;
    let (brand, hour) = rest.split_last_chunk::<8>()?;
    let brand = std::str::from_utf8(brand).ok()?;
    let is_whole = usize::try_from(u32::from_be_bytes(*length)) == Ok(brand.len());
    let hour = (u64::from_be_bytes(*hour) ^ (1 << 63)).cast_signed();
    is_whole.then(|| (brand.to_owned(), hour))
}

/// Reads back an hour with what it brought.
pub(super) fn read(key: &[u8], bytes: &[u8]) -> (i64, Counted) {
    let hour = key.last_chunk::<8>().map_or(0, |chunk| u64::from_be_bytes(*chunk));
    ((hour ^ (1 << 63)).cast_signed(), read_counted(bytes))
}

fn read_counted(bytes: &[u8]) -> Counted {
    let number = |chunk: Option<&[u8; 4]>| chunk.map_or(0, |chunk| u32::from_be_bytes(*chunk));
    Counted { all: number(bytes.first_chunk()), negative: number(bytes.last_chunk()) }
}

impl Writing<'_> {
    /// Writes what a commit says of hours and spikes beside its mentions.
    pub(super) fn hours(&self, commit: &Commit) -> Result<(), Aborted> {
        for (brand, hour, counted) in &commit.hours {
            match counted {
                Some(counted) => self.insert_hour(brand, *hour, *counted)?,
                None => _ = self.hours.remove(key(brand, *hour))?,
            }
        }
        for (brand, course) in &commit.courses {
            let bytes = record::course(course)
                .map_err(|error| ConflictableTransactionError::Abort(error.0))?;
            self.hours.insert(course_key(brand), bytes)?;
        }
        Ok(())
    }

    /// Counts a mention that is new, or says something else than it did.
    pub(super) fn count_hour(&self, old: Option<&Mention>, new: &Mention) -> Result<(), Aborted> {
        let before = old.map(|old| self.counted(old)).transpose()?.flatten();
        let after = self.counted(new)?;
        if before == after {
            return Ok(());
        }
        if let Some((hour, is_negative)) = before {
            let Counted { all, negative } = self.hour(&new.brand, hour)?;
            let negative = negative.saturating_sub(u32::from(is_negative));
            let less = Counted { all: all.saturating_sub(1), negative };
            self.insert_hour(&new.brand, hour, less)?;
        }
        if let Some((hour, is_negative)) = after {
            let Counted { all, negative } = self.hour(&new.brand, hour)?;
            let negative = negative.saturating_add(u32::from(is_negative));
            let more = Counted { all: all.saturating_add(1), negative };
            self.insert_hour(&new.brand, hour, more)?;
        }
        Ok(())
    }

    /// Returns in which hour a mention counts, and whether as a negative one. What came without a date on the
    /// first poll of its source is of any time.
    fn counted(&self, mention: &Mention) -> Result<Option<(i64, bool)>, Aborted> {
        let Some(counted) = spike::counted(mention) else { return Ok(None) };
        if mention.post.published.is_some() {
            return Ok(Some(counted));
        }
        let state = self.sources.get(mention.source.0.as_bytes())?;
        let state = state.map(|bytes| record::read_source(&bytes)).transpose();
        let state = state.map_err(|error| ConflictableTransactionError::Abort(error.0))?;
        let first_poll = state.and_then(|state| state.health.first_poll);
        Ok(Some(counted).filter(|_| first_poll != Some(mention.seen)))
    }

    fn hour(&self, brand: &BrandName, hour: i64) -> Result<Counted, Aborted> {
        let bytes = self.hours.get(key(brand, hour))?;
        Ok(bytes.map(|bytes| read_counted(&bytes)).unwrap_or_default())
    }

    fn insert_hour(&self, brand: &BrandName, hour: i64, counted: Counted) -> Result<(), Aborted> {
        let Counted { all, negative } = counted;
        let bytes = [all.to_be_bytes(), negative.to_be_bytes()].concat();
        self.hours.insert(key(brand, hour), bytes)?;
        Ok(())
    }
}
