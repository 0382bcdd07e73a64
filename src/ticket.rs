//! Work opened for a mention, until the customer is satisfied: the state machine, and the one door
//! through which a ticket changes. A status without its line in the log would be a lie, so the facts
//! are private and [`Ticket::apply`] writes both in one breath.

pub mod card;
pub mod clock;
pub mod customer;
mod log;
mod moves;
pub mod own_reply;
pub mod people;
mod refused;
pub mod reply;
pub mod route;
#[cfg(test)]
mod sample;
pub mod triage;

pub use log::Change;
pub use moves::{Action, NoRating, Rating};
pub use refused::Refused;

use crate::brand::BrandName;
use crate::enrich::{Label, Priority};
use crate::mention::{Mark, Mention, MentionId, TicketId};
use crate::source::Kind;
use crate::text::{self, Language};
use chrono::{DateTime, SubsecRound, Utc};
use clock::Clocks;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The cause of a ticket whose mention was marked `noise`; it counts as no resolution.
pub const NOISE: &str = "noise";

/// How many characters of the reasons the opening line of the log keeps.
const MOST_OF_REASONS: usize = 500;

/// How far a ticket has come. It is never new again.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    New,
    /// Somebody has taken it, or it came back.
    Open,
    /// The customer has our answer; the matter itself is still to be settled.
    Answered,
    /// Settled, as we think; the customer is asked at the follow-up.
    Resolved,
    Closed,
}

impl Status {
    /// Every status, in the order in which a ticket passes them.
    pub const ALL: [Self; 5] =
        [Self::New, Self::Open, Self::Answered, Self::Resolved, Self::Closed];

    /// The word used in commands, queries and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Said of a word that is no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no status; there are new, open, answered, resolved and closed")]
pub struct NoStatus(pub String);

impl FromStr for Status {
    type Err = NoStatus;

    fn from_str(word: &str) -> Result<Self, NoStatus> {
        let is_it = |status: &Self| status.word().eq_ignore_ascii_case(word.trim());
        Self::ALL.into_iter().find(is_it).ok_or_else(|| NoStatus(word.to_owned()))
    }
}

/// Everything there is to know of a ticket: what is shown, and what the store keeps.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Facts {
    pub id: TicketId,
    /// The mention it was opened for.
    pub mention: MentionId,
    /// Mentions of other brands in the same post.
    pub also: Vec<MentionId>,
    /// The brand it was opened for, then the others that the post names.
    pub brands: Vec<BrandName>,
    /// Who complains, by the key of [`customer::key`]; `None` where nobody knows.
    pub customer: Option<String>,
    /// What to call them.
    pub customer_name: Option<String>,
    pub status: Status,
    pub priority: Priority,
    /// The priority it was opened with.
    pub first_priority: Priority,
    /// Whether a person chose the priority, so that nothing else may change it.
    pub priority_by_person: bool,
    /// Whether vahti was not sure that this is a complaint, and nobody has said so yet.
    pub review: bool,
    pub assignee: Option<String>,
    pub opened: DateTime<Utc>,
    /// When the clock of the first answer started; never after `opened`.
    pub clock_start: DateTime<Utc>,
    /// When it last came back, after an answer, a resolution, or a withdrawal.
    pub reopened: Option<DateTime<Utc>>,
    /// When the next action is due; `None` once closed.
    pub due: Option<DateTime<Utc>>,
    /// Which action that is, and by what rule.
    pub due_reason: Option<String>,
    /// When the customer was first answered; reopening leaves it.
    pub answered: Option<DateTime<Utc>>,
    /// When the customer last heard from us.
    pub last_reply: Option<DateTime<Utc>>,
    /// When it was settled; `None` again once it is reopened or withdrawn.
    pub resolved: Option<DateTime<Utc>>,
    /// When somebody asks whether all is well.
    pub follow_up: Option<DateTime<Utc>>,
    /// As its last resolver named it; stays when a ticket is reopened, until the next resolution.
    pub cause: Option<String>,
    pub lesson: Option<String>,
    /// 1 to 5, of the last resolution.
    pub rating: Option<u8>,
    /// The event that it is a part of, by the number of its first ticket.
    #[serde(default)]
    pub incident: Option<TicketId>,
    /// The language of the post.
    pub language: Option<Language>,
    /// What happened, oldest first; nothing in it is ever rewritten.
    pub log: Vec<Change>,
    /// The kind of place where the post stands; `None` for a ticket that is older than this.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Whether it is about safety or the law, and cannot wait for anybody's hours.
    #[serde(default)]
    pub pressing: bool,
    /// When the matter would be settled if the customer were answered now; known where a desk's clocks
    /// were asked, and not kept.
    #[serde(skip)]
    pub promise: Option<DateTime<Utc>>,
}

impl Facts {
    /// Tells whether it was closed because its mention was marked `noise`.
    pub fn is_withdrawn(&self) -> bool {
        self.status == Status::Closed && self.cause.as_deref() == Some(NOISE)
    }

    /// Tells whether it becomes more pressing when it waits for too long.
    pub fn may_rise(&self) -> bool {
        let waits = matches!(self.status, Status::New | Status::Open | Status::Answered);
        waits && !self.priority_by_person && self.priority != Priority::Urgent
    }

    /// Returns when its customer was last heard, as far as it tells itself: what they wrote elsewhere comes
    /// to that. `None` where nobody knows the customer, or where it was no complaint.
    pub fn heard(&self) -> Option<DateTime<Utc>> {
        if self.customer.is_none() || self.is_withdrawn() {
            return None;
        }
        // A rating is an answer of the customer's; all else in the log is ours.
        let rated = self.log.iter().filter(|line| line.action == "rate").map(|line| line.at).max();
        rated.max(Some(self.opened.min(self.clock_start)))
    }
}

/// Work opened for a mention, with its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket(Facts);

impl Ticket {
    /// Opens a ticket for `mention`. `clock_start` is when the clock of the first answer started
    /// (see [`clock::start`]); a time in the future counts as `now`.
    pub fn open(
        id: TicketId,
        mention: &Mention,
        clock_start: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        let now = now.trunc_subsecs(log::SUBSECOND_DIGITS);
        let priority = opening_priority(mention);
        let mut facts = Facts {
            id,
            mention: mention.id.clone(),
            also: Vec::new(),
            brands: vec![mention.brand.clone()],
            customer: customer::key(mention),
            customer_name: customer::name(mention),
            status: Status::New,
            priority,
            first_priority: priority,
            priority_by_person: false,
            review: needs_review(mention),
            assignee: None,
            opened: now,
            clock_start: clock_start.min(now).trunc_subsecs(log::SUBSECOND_DIGITS),
            reopened: None,
            due: None,
            due_reason: None,
            answered: None,
            last_reply: None,
            resolved: None,
            follow_up: None,
            cause: None,
            lesson: None,
            rating: None,
            incident: None,
            language: mention.insight.language,
            log: Vec::new(),
            kind: Some(mention.kind),
            pressing: clock::presses(mention),
            promise: None,
        };
        log::write(&mut facts, log::OPEN, "vahti", why_opened(mention), now);
        clock::set_due(&mut facts, &Clocks::default());
        Self(facts)
    }

    /// Returns a ticket as it was stored. For the store only: whoever else wants to change a ticket
    /// uses [`Ticket::apply`].
    pub fn restore(facts: Facts) -> Self {
        Self(facts)
    }

    /// Returns what is known of it.
    pub fn facts(&self) -> &Facts {
        &self.0
    }

    /// Applies what `by` wants at `at`, with its line in the log, or says why it may not be.
    pub fn apply(self, action: Action, by: &str, at: DateTime<Utc>) -> Result<Self, Refused> {
        let Self(mut facts) = self;
        let action = match action.tidied() {
            Ok(action) => action,
            Err(fault) => return Err(Refused::faulty(&facts, &fault)),
        };
        let Some(to) = moves::next(facts.status, facts.is_withdrawn(), &action) else {
            return Err(Refused::out_of_place(&facts, &action));
        };
        let at = at.trunc_subsecs(log::SUBSECOND_DIGITS);
        log::write(&mut facts, action.word(), by, action.line(), at);
        moves::settle(&mut facts, action, to, at);
        clock::set_due(&mut facts, &Clocks::default());
        Ok(Self(facts))
    }

    /// Returns it as the clocks of a desk have it at `now`: what is due when, and how far it rose by
    /// being late until then. Each rise has the time at which it came, whoever looks and when.
    #[must_use]
    pub fn timed(mut self, clocks: &Clocks, now: DateTime<Utc>) -> Self {
        clock::set_due(&mut self.0, clocks);
        while let Some((at, priority, why)) = clock::next_rise(&self.0, clocks)
            && at <= now
        {
            let at = self.0.log.last().map_or(at, |last| last.at.max(at));
            let rise = Action::Rise { priority, why };
            let Ok(risen) = self.clone().apply(rise, "vahti", at) else { break };
            self = risen;
            clock::set_due(&mut self.0, clocks);
        }
        self.0.promise = Some(clocks.settled_by(&self.0, now));
        self
    }

    /// Tells whether its next action should have been done by `now`.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.0.status != Status::Closed && self.0.due.is_some_and(|due| due <= now)
    }

    /// Checks that nothing in the log was changed, removed or put in, and that the log leads to what
    /// the ticket says of itself.
    ///
    /// # Errors
    ///
    /// Names the first line or fact that is not as it was written.
    pub fn verify(&self) -> Result<(), String> {
        log::verify(&self.0)
    }
}

/// Tells whether a person still has to say if this is a complaint.
fn needs_review(mention: &Mention) -> bool {
    mention.insight.review && mention.mark.is_none()
}

/// Returns the priority to open with. Where vahti is not sure it is `normal`; where a person calls
/// negative what vahti did not, vahti's own priority was never meant for a complaint.
fn opening_priority(mention: &Mention) -> Priority {
    let overruled =
        mention.mark == Some(Mark::Negative) && mention.insight.sentiment.label != Label::Negative;
    if needs_review(mention) {
        Priority::Normal
    } else if overruled {
        mention.priority().max(Priority::Normal)
    } else {
        mention.priority()
    }
}

fn why_opened(mention: &Mention) -> String {
    let label = match mention.label() {
        Label::Negative => "negative",
        Label::Neutral => "neutral",
        Label::Positive => "positive",
    };
    let said = if mention.mark.is_some() { " (a person said so)" } else { "" };
    let unsure = if needs_review(mention) { ", not surely: please check" } else { "" };
    let mut reasons = vec![format!("{label} mention of {}{said}{unsure}", mention.brand)];
    if mention.mark.is_none() {
        // The log is never rewritten, so that it quotes nothing: who deletes a post takes its words back.
        let told = mention.insight.why.iter().map(|why| unquoted(why));
        reasons.extend(told.filter(|why| !why.starts_with('…')));
    }
    text::cut(&reasons.join("; "), MOST_OF_REASONS)
}

/// Returns a reason without its quotations: `…` stands for what it is all about, and where it only names the words,
/// nothing does.
fn unquoted(reason: &str) -> String {
    let parts = reason.split('"').enumerate();
    let mut told: String = parts.map(|(nth, part)| if nth % 2 == 0 { part } else { "…" }).collect();
    while told.contains("…, …") {
        told = told.replace("…, …", "…");
    }
    told.replace(": … (", " (")
}

#[cfg(test)]
mod tests;
