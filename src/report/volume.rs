//! How much was said when: by day, week or month, whichever gives a list that one reads.

use super::{Span, Totals};
use crate::enrich::Label;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest period, in days, that is shown by day and by week.
const MOST_BY_DAY: i64 = 31;
const MOST_BY_WEEK: i64 = 366;

/// How long a piece of the period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Day,
    Week,
    Month,
}

/// How much was said on one day, in one week, in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// Its first day; a week begins on Monday.
    pub from: NaiveDate,
    pub mentions: u64,
    pub negative: u64,
    pub neutral: u64,
    pub positive: u64,
}

/// What was counted so far.
pub(super) struct Volume {
    unit: Unit,
    zone: Tz,
    first: NaiveDate,
    last: NaiveDate,
    bins: BTreeMap<NaiveDate, Totals>,
}

impl Volume {
    pub(super) fn of(span: &Span) -> Self {
        let unit = match (span.until - span.since).num_days() {
            days if days <= MOST_BY_DAY => Unit::Day,
            days if days <= MOST_BY_WEEK => Unit::Week,
            _ => Unit::Month,
        };
        let day = |at: DateTime<Utc>| at.with_timezone(&span.zone).date_naive();
        // The end itself lies behind the period.
        let end = span.until.checked_sub_signed(chrono::TimeDelta::microseconds(1));
        Self {
            unit,
            zone: span.zone,
            first: day(span.since),
            last: day(end.unwrap_or(span.until)),
            bins: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, at: DateTime<Utc>, label: Label) {
        let day = at.with_timezone(&self.zone).date_naive();
        self.bins.entry(begin(self.unit, day)).or_default().add(label);
    }

    /// Returns all pieces, also those in which nothing was said; of many years those since the first
    /// in which something was.
    pub(super) fn finish(mut self) -> (Unit, Vec<Bin>) {
        let heard = self.bins.keys().next().copied();
        let first = match (self.unit, heard) {
            (Unit::Month, Some(heard)) => heard,
            (Unit::Month, None) => return (self.unit, Vec::new()),
            _ => begin(self.unit, self.first),
        };
        let mut at = Some(first);
        while let Some(day) = at.filter(|day| *day <= self.last) {
            self.bins.entry(day).or_default();
            at = match self.unit {
                Unit::Day => day.checked_add_days(Days::new(1)),
                Unit::Week => day.checked_add_days(Days::new(7)),
                Unit::Month => day.checked_add_months(Months::new(1)),
            };
        }
        let bins = self.bins.into_iter().map(|(from, totals)| Bin {
            from,
            mentions: totals.mentions,
            negative: totals.negative,
            neutral: totals.neutral,
            positive: totals.positive,
        });
        (self.unit, bins.collect())
    }
}

/// Returns the first day of the piece in which `day` lies.
fn begin(unit: Unit, day: NaiveDate) -> NaiveDate {
    let back = match unit {
        Unit::Day => 0,
        Unit::Week => day.weekday().num_days_from_monday(),
        Unit::Month => day.day0(),
    };
    day.checked_sub_days(Days::new(back.into())).unwrap_or(day)
}
