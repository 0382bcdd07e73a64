//! Why a move was refused, and what may be done instead.

use crate::mention::TicketId;
use crate::ticket::moves::Fault;
use crate::ticket::{Action, Facts, Status};

/// A move that may not be; the ticket is as it was. Reads as one line: why, then the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}; {remedy}")]
pub struct Refused {
    pub id: TicketId,
    /// The word of what was asked.
    pub action: &'static str,
    /// What the ticket is.
    pub status: Status,
    /// What was asked and why it may not be.
    pub why: String,
    /// What may be done instead, as a command where there is one.
    pub remedy: String,
}

impl Refused {
    /// Says that `fault` keeps the action from being applied to any ticket.
    pub(super) fn faulty(facts: &Facts, fault: &Fault) -> Self {
        Self::new(facts, fault.action, format!("ticket {}: {}", facts.id, fault.why), fault.remedy)
    }

    /// Says that the ticket's status does not allow `action`.
    pub(super) fn out_of_place(facts: &Facts, action: &Action) -> Self {
        let (id, status) = (facts.id, facts.status);
        let done = match action {
            Action::Assign(_) => "be assigned",
            Action::Reply(_) => "be answered",
            Action::Resolve { .. } => "be resolved",
            Action::Rate(_) => "be rated",
            Action::Reopen(_) => "be reopened",
            Action::Close => "be closed",
            Action::Note(_)
            | Action::Priority(_)
            | Action::Withdraw
            | Action::Restore
            | Action::Join { .. }
            | Action::Message { .. }
            | Action::Edited(_)
            | Action::Gone
            | Action::Incident(_)
            | Action::Split
            | Action::Rise { .. }
            | Action::Answered { .. } => "take this",
        };
        let why = match (status, action) {
            (Status::New | Status::Open, Action::Reopen(_))
            | (Status::Resolved, Action::Resolve { .. })
            | (Status::Closed, Action::Close) => format!("ticket {id} is {status} already"),
            (Status::Closed, Action::Rate(_)) => {
                format!("ticket {id} cannot be rated: its mention was marked noise")
            }
            (
                Status::New | Status::Open | Status::Answered | Status::Resolved | Status::Closed,
                _,
            ) => format!("ticket {id} is {status}, so it cannot {done}"),
        };
        Self::new(facts, action.word(), why, remedy(status, action))
    }

    fn new(facts: &Facts, action: &'static str, why: String, remedy: &str) -> Self {
        let remedy = remedy
            .replace("{id}", &facts.id.to_string())
            .replace("{mention}", &facts.mention.to_string());
        Self { id: facts.id, action, status: facts.status, why, remedy }
    }
}

/// Returns what leads to where `action` is allowed, or what serves in its place.
fn remedy(status: Status, action: &Action) -> &'static str {
    match (status, action) {
        (Status::New | Status::Open, Action::Reopen(_)) => {
            "answer it: vahti ticket {id} reply TEXT"
        }
        (Status::New | Status::Open | Status::Answered, Action::Rate(_) | Action::Close) => {
            "resolve it first: vahti ticket {id} resolve --cause CAUSE"
        }
        (Status::Resolved, _) => {
            "rate it, which closes it or opens it again: vahti ticket {id} rate 1..5, or reopen it: \
             vahti ticket {id} reopen"
        }
        (Status::Closed, Action::Rate(_)) => {
            "if it is a complaint after all, mark that: vahti mention {mention} mark negative"
        }
        (Status::Closed, Action::Close) => "leave it, or open it again: vahti ticket {id} reopen",
        (Status::Closed, _) => {
            "reopen it first: vahti ticket {id} reopen, or only note it: vahti ticket {id} note TEXT"
        }
        (Status::New | Status::Open | Status::Answered, _) => "look at it: vahti ticket {id}",
    }
}
