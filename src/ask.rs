//! What people ask of vahti and what they tell it to do, as values. The control socket and the
//! command line of a stopped daemon both end here, so both give the same answer.

use crate::alert::Alert;
use crate::brand::{BrandName, TicketPolicy};
use crate::delivery::NoticeId;
use crate::digest::BlindSpot;
use crate::enrich::{Label, Priority};
use crate::mention::marking::MarkingId;
use crate::mention::{Mark, MentionId, TicketId};
use crate::pipeline::Rules;
use crate::pipeline::blind::{Heard, blind_spots};
use crate::post::SourceName;
use crate::report::{PublicReport, Report};
use crate::schedule::Schedule;
use crate::source::Kind;
use crate::store::{Store, StoreError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

mod act;
mod answer;
pub mod atom;
mod customer;
mod incident;
mod marks;
mod opening;
pub mod page;
mod report;
pub mod subscription;
pub mod taken;
mod trace;
pub mod tried;
pub mod view;

pub use act::act;
pub use answer::answer;
use tried::{TryAsked, TryView};
use view::{
    AlertInFullView, CustomerView, FaultView, IncidentView, MarkView, MentionView, NoticeView,
    PreviewView, StatusView, TaughtView, TicketView, TraceView,
};

/// Which mentions are meant: the words of the command line and of the HTTP API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MentionsAsked {
    /// A query in the one query language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// A date, an RFC 3339 time, or an age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// 50 unless given; 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Each copy of a story as well, not one row a story.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copies: bool,
    /// Only what was stored after the mention with this id (nothing: from the beginning), in the
    /// order of storing; [`MentionsAsked::LAST`]: only the one stored last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl MentionsAsked {
    /// Asks for the mention that was stored last.
    pub const LAST: &str = "last";
}

/// Which tickets are meant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketsAsked {
    /// A query over the ticket's mention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Statuses with commas between them, or `all`; absent: all but closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// 50 unless given; 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// Which marks are meant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarksAsked {
    /// 50 unless given; 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Only those from which the judge learns, and whose texts are still there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lessons: bool,
}

/// What a report is to be about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportAsked {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// A date, an RFC 3339 time, or an age; 30 days before the end unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Now unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Without anybody in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
}

/// Which notices of the ledger are meant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerAsked {
    /// A date, an RFC 3339 time, or an age: those that were made or tried since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// What is to be traced.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceAsked {
    /// The id of a mention, the number of a ticket, or the address of a post.
    pub of: String,
}

/// Something a person can ask, whether or not the daemon is running.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    Mentions(MentionsAsked),
    Mention(MentionId),
    Tickets(TicketsAsked),
    Ticket(TicketId),
    /// The tickets of an event, by the number of one of them.
    Incident(TicketId),
    /// A customer, by a handle or the number of a ticket.
    Customer(String),
    Status,
    /// Whom an alert tells, and when.
    Alert(String),
    /// What an alert would say now.
    Preview(String),
    Outbox,
    /// The same, with what was sent.
    Ledger(LedgerAsked),
    /// What became of a post.
    Trace(TraceAsked),
    /// Whether all that is stored is well.
    Check,
    /// What other keywords would have found.
    Try(Box<TryAsked>),
    /// What people marked.
    Marks(MarksAsked),
    /// One of the marks.
    Mark(MarkingId),
    /// Which words that taught.
    Taught,
    /// What was learned of a period.
    Report(ReportAsked),
}

/// What a person does to an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "move", rename_all = "lowercase", deny_unknown_fields)]
pub enum IncidentMove {
    /// Another ticket, or the tickets of another incident, are about the same.
    Merge {
        other: u64,
    },
    /// One of its tickets is about something else.
    Split {
        ticket: u64,
    },
    Resolve {
        cause: String,
        lesson: Option<String>,
    },
}

/// What a person says of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "move", rename_all = "lowercase", deny_unknown_fields)]
pub enum CustomerMove {
    /// Somebody else is the same person.
    Link { other: String },
    /// They are not, after all.
    Unlink { other: String },
}

/// What a person says of an alert's recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "move", rename_all = "lowercase", deny_unknown_fields)]
pub enum AlertMove {
    /// One is told again.
    Subscribe { to: String },
    /// One is told no more.
    Unsubscribe { to: String },
}

/// What a person does to a ticket; the HTTP API takes it as JSON, tagged by `move`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "move", rename_all = "lowercase", deny_unknown_fields)]
pub enum TicketMove {
    Assign { who: String },
    Note { text: String },
    Reply { text: String },
    Resolve { cause: String, lesson: Option<String> },
    Rate { rating: u8 },
    Reopen { text: Option<String> },
    Close {},
    Priority { priority: Priority },
}

/// Something a person tells vahti to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    Mark(MentionId, Mark),
    /// Its praise was answered with thanks.
    Thank(MentionId),
    /// Let a mark teach no more.
    Undo(MarkingId),
    Ticket(TicketId, TicketMove),
    Incident(TicketId, IncidentMove),
    Customer(String, CustomerMove),
    Alert(String, AlertMove),
    /// Let an alert speak now.
    Send(String),
    Retry(NoticeId),
    Drop(NoticeId),
    /// All dead notices.
    RetryDead,
    DropDead,
}

/// What comes back; each holds the form in which machines see it.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Mentions(Vec<MentionView>),
    Mention(Box<MentionView>),
    Tickets(Vec<TicketView>),
    Ticket(Box<TicketView>),
    Incident(Box<IncidentView>),
    Customer(Box<CustomerView>),
    Status(Box<StatusView>),
    Alert(Box<AlertInFullView>),
    Preview(Box<PreviewView>),
    Outbox(Vec<NoticeView>),
    Trace(Box<TraceView>),
    Check(Vec<FaultView>),
    Try(Box<TryView>),
    Marks(Vec<MarkView>),
    Mark(Box<MarkView>),
    Taught(Vec<TaughtView>),
    Report(Box<Report>),
    PublicReport(Box<PublicReport>),
}

impl Question {
    /// Reads the answer to this question from its JSON.
    pub fn read(&self, json: &[u8]) -> serde_json::Result<Answer> {
        Ok(match self {
            Self::Mentions(_) => Answer::Mentions(serde_json::from_slice(json)?),
            Self::Mention(_) => Answer::Mention(serde_json::from_slice(json)?),
            Self::Tickets(_) => Answer::Tickets(serde_json::from_slice(json)?),
            Self::Ticket(_) => Answer::Ticket(serde_json::from_slice(json)?),
            Self::Incident(_) => Answer::Incident(serde_json::from_slice(json)?),
            Self::Customer(_) => Answer::Customer(serde_json::from_slice(json)?),
            Self::Status => Answer::Status(serde_json::from_slice(json)?),
            Self::Alert(_) => Answer::Alert(serde_json::from_slice(json)?),
            Self::Preview(_) => Answer::Preview(serde_json::from_slice(json)?),
            Self::Trace(_) => Answer::Trace(serde_json::from_slice(json)?),
            Self::Outbox | Self::Ledger(_) => Answer::Outbox(serde_json::from_slice(json)?),
            Self::Check => Answer::Check(serde_json::from_slice(json)?),
            Self::Try(_) => Answer::Try(serde_json::from_slice(json)?),
            Self::Marks(_) => Answer::Marks(serde_json::from_slice(json)?),
            Self::Mark(_) => Answer::Mark(serde_json::from_slice(json)?),
            Self::Taught => Answer::Taught(serde_json::from_slice(json)?),
            Self::Report(asked) if asked.public => {
                Answer::PublicReport(serde_json::from_slice(json)?)
            }
            Self::Report(_) => Answer::Report(serde_json::from_slice(json)?),
        })
    }
}

impl Order {
    /// Returns the question whose answer shows what the order led to.
    pub fn shown_by(&self) -> Question {
        match self {
            Self::Mark(id, _) | Self::Thank(id) => Question::Mention(id.clone()),
            Self::Undo(id) => Question::Mark(*id),
            Self::Ticket(id, _) => Question::Ticket(*id),
            // What was taken out shows what it is now.
            Self::Incident(_, IncidentMove::Split { ticket }) => {
                Question::Ticket(TicketId(*ticket))
            }
            Self::Incident(id, _) => Question::Incident(*id),
            Self::Customer(who, _) => Question::Customer(who.clone()),
            Self::Alert(name, _) => Question::Alert(name.clone()),
            Self::Send(_) | Self::Retry(_) | Self::Drop(_) | Self::RetryDead | Self::DropDead => {
                Question::Outbox
            }
        }
    }
}

/// What a question is asked against, beside the store.
pub struct Setting<'a> {
    pub rules: &'a Rules,
    pub sources: &'a [SourceFacts],
    pub follow_up_days: i64,
    pub store_path: PathBuf,
    pub config_path: PathBuf,
    /// When the daemon began; `None` where none runs.
    pub running_since: Option<DateTime<Utc>>,
}

impl Setting<'_> {
    /// Returns the sources of which an alert tells that are not heard as they should be.
    fn blind_spots(
        &self,
        alert: &Alert,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Vec<BlindSpot>, StoreError> {
        let heard = self.sources.iter().map(|source| Heard {
            name: source.name.clone(),
            kind: source.kind,
            only: source.only.clone(),
            schedule: source.schedule.clone(),
            is_polled: source.is_polled,
        });
        blind_spots(alert, &heard.collect::<Vec<_>>(), self.rules, store, now)
    }
}

/// A source as `status` knows it beside its health.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFacts {
    pub name: SourceName,
    pub kind: Kind,
    /// When it is polled next; `None` where no daemon runs or it is not polled again.
    pub next_poll: Option<DateTime<Utc>>,
    /// Which of its mentions become tickets, where it says so itself.
    pub tickets: Option<TicketPolicy>,
    /// When it is to be polled, where the operator says so.
    pub schedule: Option<Schedule>,
    /// Whose mentions it brings; empty: every brand's.
    pub only: Vec<BrandName>,
    /// Whether it is asked at all, or waits for posts that are brought to it.
    pub is_polled: bool,
}

/// Why a question or an order was not met.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no {0}")]
    NotFound(String),
    /// What was asked makes no sense; says where and what was expected.
    #[error("{0}")]
    Faulty(String),
    /// It makes sense, and may not be now.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}
