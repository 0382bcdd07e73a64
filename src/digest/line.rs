//! What a digest tells of one thing: a ticket, a customer, a source, a number.

use crate::brand::BrandName;
use crate::enrich::{Label, Priority};
use crate::mention::TicketId;
use crate::post::SourceName;
use chrono::{DateTime, Utc};

/// What a digest tells of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketLine {
    pub id: TicketId,
    /// In the word of the contract: `new`, `open`, …
    pub status: String,
    pub priority: Priority,
    pub due: Option<DateTime<Utc>>,
    pub overdue: bool,
    pub assignee: Option<String>,
    pub headline: String,
    pub brand: BrandName,
    /// Where its post is.
    pub url: Option<String>,
    /// Whether a person still has to say if it is a complaint.
    pub review: bool,
    pub event: Option<Event>,
}

/// The event that a ticket is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its first ticket.
    pub first: TicketId,
    /// How many of its tickets are of mentions that this digest tells.
    pub fresh: u64,
    /// How many it has.
    pub all: u64,
}

/// A customer who complained once and of whom nothing was heard since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietLine {
    /// What to call the customer, where that is known.
    pub customer: Option<String>,
    /// The last ticket, its headline, and what became of it in the word of the contract.
    pub ticket: TicketId,
    pub headline: String,
    pub status: String,
    /// When the customer was last heard of.
    pub since: DateTime<Utc>,
}

/// What is wrong with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blind {
    /// Its polls fail.
    Failing,
    /// Its server says that it is gone for good.
    Gone,
    /// Its server wants to be left alone for long.
    Refused,
    /// Its budget does not allow all that is to be asked.
    Spent,
    /// A part of each poll has failed for long.
    Partly,
    /// It brings nothing new, though it used to.
    Silent,
    /// It should have been polled, and was not.
    Late,
}

/// A source that could not be heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindSpot {
    pub source: SourceName,
    pub blind: Blind,
    /// What happened: `example.org answered 503`; may be empty.
    pub what: String,
    pub since: Option<DateTime<Utc>>,
}

/// How many mentions there are, of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub negative: u64,
    pub neutral: u64,
    pub positive: u64,
}

impl Counts {
    /// Returns how many there are in all.
    pub fn all(&self) -> u64 {
        self.negative + self.neutral + self.positive
    }

    /// Returns how many there are of one kind.
    pub fn of(&self, label: Label) -> u64 {
        match label {
            Label::Negative => self.negative,
            Label::Neutral => self.neutral,
            Label::Positive => self.positive,
        }
    }

    /// Returns both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            negative: self.negative + other.negative,
            neutral: self.neutral + other.neutral,
            positive: self.positive + other.positive,
        }
    }

    /// Counts one more.
    pub fn add(&mut self, label: Label) {
        match label {
            Label::Negative => self.negative += 1,
            Label::Neutral => self.neutral += 1,
            Label::Positive => self.positive += 1,
        }
    }
}
