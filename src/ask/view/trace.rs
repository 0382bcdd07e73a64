//! What became of a post, as machines see it.

use super::NoticeView;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What became of a post.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceView {
    /// What was asked for: an id, a ticket's number, or an address as it is compared.
    pub of: String,
    /// The mentions that the post became, one for each brand; of a ticket those that it is about.
    pub mentions: Vec<TracedView>,
    /// The post, where it matched nothing and is kept for a while.
    pub unmatched: Option<UnmatchedView>,
}

/// The way of one mention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TracedView {
    pub id: String,
    pub brand: String,
    pub source: String,
    pub kind: String,
    pub url: Option<String>,
    pub headline: String,
    pub ticket: Option<u64>,
    /// In the order of time.
    pub steps: Vec<StepView>,
    /// Every alert and every other desk, told or not.
    pub alerts: Vec<ToldView>,
}

/// One step on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Null where nobody knows.
    pub at: Option<DateTime<Utc>>,
    /// `published`, `fetched`, `matched`, `edited`, `copy`, `judged`, `own`, `muted`, `marked`, `ticket`,
    /// `incident`, `desk`, `thanks`.
    pub step: String,
    pub text: String,
}

/// Whether an alert told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldView {
    /// Its name; `ticket` and a number for what another desk was told.
    pub alert: String,
    pub told: bool,
    /// Why not; null where it was.
    pub why: Option<String>,
    /// The same in a word: `lessons`, `noise`, `muted`, `own`, `filter`, `new`, `copy`, `digest`, `due`,
    /// `quiet_hours`, `business_day`, `cooldown`, `never`, `counted`, `incident`, `before`, `no_news`,
    /// `forgotten`, `unknown`.
    pub reason: Option<String>,
    /// Until when it waits, where it does.
    pub until: Option<DateTime<Utc>>,
    /// One for each recipient.
    pub notices: Vec<NoticeView>,
}

/// A post that matched nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnmatchedView {
    pub source: String,
    pub kind: String,
    pub url: Option<String>,
    pub headline: String,
    pub published: Option<DateTime<Utc>>,
    pub seen: DateTime<Utc>,
    /// Why it names no brand.
    pub why: Vec<WhyView>,
}

/// Why a post does not name a brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyView {
    pub brand: String,
    pub why: Vec<String>,
}
