//! What may be done with a ticket, when, and what it does to the facts.

use crate::brand::BrandName;
use crate::enrich::Priority;
use crate::mention::{MentionId, TicketId};
use crate::ticket::{Facts, NOISE, Status, clock, log};
use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The longest note, reply or lesson, in characters.
const MOST_TEXT: usize = 20_000;

/// The longest name of an assignee, and of a cause, in characters.
const MOST_NAME: usize = 200;

/// The word of a line that tells how it rose by being late.
pub(super) const RISE: &str = "rise";

/// What stands between the cause and the lesson in the log.
const LESSON: &str = "\nlesson: ";

/// How satisfied the customer is, 1 (not at all) to 5 (quite).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Rating(u8);

impl Rating {
    /// Returns the number.
    pub fn get(self) -> u8 {
        self.0
    }

    /// Tells whether the customer is so unhappy that the ticket opens again.
    pub fn is_unhappy(self) -> bool {
        self.0 <= 2
    }
}

/// Said of a number that is no rating.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no rating; a rating is 1, 2, 3, 4 or 5")]
pub struct NoRating(pub u8);

impl TryFrom<u8> for Rating {
    type Error = NoRating;

    fn try_from(number: u8) -> Result<Self, NoRating> {
        if (1..=5).contains(&number) { Ok(Self(number)) } else { Err(NoRating(number)) }
    }
}

impl From<Rating> for u8 {
    fn from(rating: Rating) -> Self {
        rating.0
    }
}

/// Something done with a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Somebody is to work on it.
    Assign(String),
    Note(String),
    /// The customer was told this.
    Reply(String),
    Resolve {
        cause: String,
        lesson: Option<String>,
        /// After how many days somebody asks whether all is well.
        follow_up_days: i64,
    },
    Rate(Rating),
    Reopen(Option<String>),
    Close,
    /// A person chooses how soon.
    Priority(Priority),
    /// Its mention was marked `noise`.
    Withdraw,
    /// Its mention was marked `negative`, again or for certain.
    Restore,
    /// The same post names another brand.
    Join {
        mention: MentionId,
        brand: BrandName,
    },
    /// The customer wrote again, in the thread that the ticket is of, and as pressing as this.
    Message {
        mention: MentionId,
        brand: BrandName,
        priority: Priority,
    },
    /// The post says something else now, and is as pressing as this.
    Edited(Priority),
    /// The post is no more where it stood: what it said was taken out.
    Gone,
    /// It is a part of the event whose first ticket has this number.
    Incident(TicketId),
    /// It is a part of no event after all.
    Split,
    /// Nobody dealt with it in time, so that it is more pressing now.
    Rise {
        priority: Priority,
        why: String,
    },
    /// An account of our own answered where the customer wrote.
    Answered {
        sent: DateTime<Utc>,
        /// The permalink of the answer.
        post: String,
    },
}

/// Said of an action that is no good in any status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) action: &'static str,
    pub(super) why: String,
    /// What to write instead; `{id}` and `{mention}` stand for the ticket's own.
    pub(super) remedy: &'static str,
}

impl Action {
    /// The word in the log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Assign(_) => "assign",
            Self::Note(_) => "note",
            Self::Reply(_) => "reply",
            Self::Resolve { .. } => "resolve",
            Self::Rate(_) => "rate",
            Self::Reopen(_) => "reopen",
            Self::Close => "close",
            Self::Priority(_) => "priority",
            Self::Withdraw => "withdraw",
            Self::Restore => "restore",
            Self::Join { .. } => "join",
            Self::Message { .. } => "message",
            Self::Edited(_) => "edited",
            Self::Gone => "gone",
            Self::Incident(_) => "incident",
            Self::Split => "split",
            Self::Rise { .. } => RISE,
            Self::Answered { .. } => "answered",
        }
    }

    /// Returns it without blanks around its texts, or what is wrong with them.
    pub(super) fn tidied(self) -> Result<Self, Fault> {
        let word = self.word();
        let fault = |why: &str, remedy| Fault { action: word, why: why.to_owned(), remedy };
        let name = |given: &str, missing: &str, remedy| {
            let line = given.split_whitespace().collect::<Vec<_>>().join(" ");
            match line.chars().count() {
                0 => Err(fault(missing, remedy)),
                1..=MOST_NAME => Ok(line),
                _ => Err(fault("the name has more than 200 characters", remedy)),
            }
        };
        let text = |given: &str, missing: &str, remedy| match given.trim() {
            "" => Err(fault(missing, remedy)),
            text if text.chars().count() <= MOST_TEXT => Ok(text.to_owned()),
            _ => Err(fault("the text has more than 20000 characters", remedy)),
        };
        let maybe = |given: Option<String>, remedy| match given {
            Some(given) if !given.trim().is_empty() => text(&given, "", remedy).map(Some),
            Some(_) | None => Ok(None),
        };
        Ok(match self {
            Self::Assign(who) => Self::Assign(name(&who, "nobody was named", ASSIGN)?),
            Self::Note(note) => Self::Note(text(&note, "the note is empty", NOTE)?),
            Self::Reply(reply) => Self::Reply(text(&reply, "the reply is empty", REPLY)?),
            Self::Resolve { cause, lesson, follow_up_days } => {
                let cause = name(&cause, "no cause was named", RESOLVE)?;
                if cause.eq_ignore_ascii_case(NOISE) {
                    return Err(fault("the cause `noise` is not for resolving", MARK_NOISE));
                }
                Self::Resolve { cause, lesson: maybe(lesson, RESOLVE)?, follow_up_days }
            }
            Self::Reopen(reason) => Self::Reopen(maybe(reason, REOPEN)?),
            Self::Rate(_)
            | Self::Close
            | Self::Priority(_)
            | Self::Withdraw
            | Self::Restore
            | Self::Join { .. }
            | Self::Message { .. }
            | Self::Edited(_)
            | Self::Gone
            | Self::Incident(_)
            | Self::Split
            | Self::Rise { .. } => self,
            Self::Answered { sent, post } => {
                Self::Answered { sent: sent.trunc_subsecs(log::SUBSECOND_DIGITS), post }
            }
        })
    }

    /// Returns what the log says of it; [`Action::read`] understands this.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Assign(text) | Self::Note(text) | Self::Reply(text) => text.clone(),
            Self::Resolve { cause, lesson: Some(lesson), .. } => format!("{cause}{LESSON}{lesson}"),
            Self::Resolve { cause, lesson: None, .. } => cause.clone(),
            Self::Rate(rating) => rating.get().to_string(),
            Self::Reopen(reason) => reason.clone().unwrap_or_default(),
            Self::Close | Self::Split => String::new(),
            Self::Incident(id) => id.to_string(),
            Self::Priority(priority) | Self::Edited(priority) => {
                priority_word(*priority).to_owned()
            }
            Self::Withdraw => "its mention was marked noise".to_owned(),
            Self::Restore => "its mention was marked negative".to_owned(),
            Self::Join { mention, brand } => format!("{mention} {brand}"),
            Self::Message { mention, brand, priority } => {
                format!("{mention} {} {brand}", priority_word(*priority))
            }
            Self::Gone => "the post was deleted where it stood".to_owned(),
            Self::Rise { priority, why } => format!("{}: {why}", priority_word(*priority)),
            Self::Answered { sent, post } => {
                format!("{} {post}", sent.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
        }
    }

    /// Returns the action that a line of the log tells of, unless it is none.
    pub fn read(word: &str, line: &str) -> Option<Self> {
        let text = line.to_owned();
        Some(match word {
            "assign" => Self::Assign(text),
            "note" => Self::Note(text),
            "reply" => Self::Reply(text),
            "resolve" => match line.split_once(LESSON) {
                Some((cause, lesson)) => Self::Resolve {
                    cause: cause.to_owned(),
                    lesson: Some(lesson.to_owned()),
                    follow_up_days: clock::FOLLOW_UP_DAYS,
                },
                None => Self::Resolve {
                    cause: text,
                    lesson: None,
                    follow_up_days: clock::FOLLOW_UP_DAYS,
                },
            },
            "rate" => Self::Rate(line.parse::<u8>().ok()?.try_into().ok()?),
            "reopen" => Self::Reopen(Some(text).filter(|text| !text.is_empty())),
            "close" => Self::Close,
            "priority" => Self::Priority(named_priority(line)?),
            "withdraw" => Self::Withdraw,
            "restore" => Self::Restore,
            "join" => {
                let (mention, brand) = line.split_once(' ')?;
                Self::Join { mention: MentionId(mention.into()), brand: BrandName(brand.into()) }
            }
            "message" => {
                let (mention, rest) = line.split_once(' ')?;
                let (priority, brand) = rest.split_once(' ')?;
                let (mention, brand) = (MentionId(mention.into()), BrandName(brand.into()));
                Self::Message { mention, brand, priority: named_priority(priority)? }
            }
            "edited" => Self::Edited(named_priority(line)?),
            "gone" => Self::Gone,
            "incident" => Self::Incident(TicketId(line.parse().ok()?)),
            "split" => Self::Split,
            RISE => {
                let (priority, why) = line.split_once(": ")?;
                Self::Rise { priority: named_priority(priority)?, why: why.to_owned() }
            }
            "answered" => {
                let (sent, post) = line.split_once(' ')?;
                Self::Answered { sent: sent.parse().ok()?, post: post.to_owned() }
            }
            _ => return None,
        })
    }
}

const ASSIGN: &str = "say who: vahti ticket {id} assign WHO";
const NOTE: &str = "say what to remember: vahti ticket {id} note TEXT";
const REPLY: &str = "say what the customer was told: vahti ticket {id} reply TEXT";
const RESOLVE: &str = "name the cause in a few words: vahti ticket {id} resolve --cause CAUSE";
const REOPEN: &str = "say it shorter: vahti ticket {id} reopen TEXT";
const MARK_NOISE: &str = "if its mention is none, mark that, which closes the ticket: vahti mention {mention} mark noise";

const PRIORITIES: [Priority; 4] =
    [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];

/// The word used in commands, queries and JSON.
pub(super) fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Normal => "normal",
        Priority::High => "high",
        Priority::Urgent => "urgent",
    }
}

/// The whole state machine: the status that `action` leads to, or `None` where it may not be.
#[expect(clippy::match_same_arms, reason = "a table reads best with a row for each move")]
pub(super) fn next(from: Status, withdrawn: bool, action: &Action) -> Option<Status> {
    use Status::{Answered, Closed, New, Open, Resolved};
    match (from, action) {
        (New | Open, Action::Assign(_)) => Some(Open),
        (New | Open | Answered, Action::Reply(_)) => Some(Answered),
        // Who recorded the answer already is not told again.
        (New | Open, Action::Answered { .. }) => Some(Answered),
        (New | Open | Answered, Action::Resolve { .. }) => Some(Resolved),
        // What was withdrawn was never resolved, so there is nothing to be satisfied with.
        (Closed, Action::Rate(_)) if withdrawn => None,
        (Resolved | Closed, Action::Rate(rating)) => {
            Some(if rating.is_unhappy() { Open } else { Closed })
        }
        (Answered | Resolved | Closed, Action::Reopen(_)) => Some(Open),
        (Resolved, Action::Close) => Some(Closed),
        (New | Open | Answered | Resolved | Closed, Action::Withdraw) => Some(Closed),
        (Closed, Action::Restore) if withdrawn => Some(Open),
        // Whoever was answered and writes again is not done with it.
        (Closed, Action::Message { .. }) if withdrawn => Some(Closed),
        (Answered | Resolved | Closed, Action::Message { .. }) => Some(Open),
        (New | Open, Action::Message { .. }) => Some(from),
        (Answered | Resolved, Action::Assign(_))
        | (Resolved, Action::Reply(_)) // the follow-up message
        | (
            New | Open | Answered | Resolved | Closed,
            // A mark that confirms is worth its line, and moves nothing.
            Action::Note(_)
            | Action::Priority(_)
            | Action::Join { .. }
            | Action::Restore
            | Action::Edited(_)
            | Action::Gone
            | Action::Incident(_)
            | Action::Split,
        ) => Some(from),
        (New | Open | Answered, Action::Rise { .. }) => Some(from),
        (New | Open | Answered | Resolved | Closed, _) => None,
    }
}

/// Makes the facts tell what `action` did at `at`, having led to `to`.
pub(super) fn settle(facts: &mut Facts, action: Action, to: Status, at: DateTime<Utc>) {
    if to == Status::Open && !matches!(facts.status, Status::New | Status::Open) {
        come_back(facts, at);
    }
    facts.status = to;
    match action {
        Action::Assign(who) => facts.assignee = Some(who),
        Action::Note(_) | Action::Reopen(_) | Action::Close => {}
        Action::Reply(_) => {
            facts.answered.get_or_insert(at);
            facts.last_reply = Some(at);
        }
        Action::Answered { sent, .. } => {
            facts.answered.get_or_insert(sent);
            facts.last_reply = Some(sent);
        }
        Action::Resolve { cause, lesson, follow_up_days } => {
            facts.cause = Some(cause);
            facts.lesson = lesson;
            facts.rating = None; // an earlier one was of an earlier resolution
            facts.resolved = Some(at);
            facts.follow_up = Some(clock::later(at, TimeDelta::days(follow_up_days)));
        }
        Action::Rate(rating) => {
            facts.rating = Some(rating.get());
            if rating.is_unhappy() {
                facts.priority = one_higher(facts.priority);
            }
        }
        Action::Priority(priority) => {
            facts.priority = priority;
            facts.priority_by_person = true;
        }
        Action::Withdraw => withdraw(facts),
        Action::Restore => facts.review = false,
        Action::Gone => facts.customer_name = None,
        Action::Incident(id) => facts.incident = Some(id),
        Action::Split => facts.incident = None,
        Action::Edited(priority) | Action::Rise { priority, .. } => raise(facts, priority),
        Action::Message { mention, priority, .. } => {
            raise(facts, priority);
            if facts.mention != mention && !facts.also.contains(&mention) {
                facts.also.push(mention);
            }
        }
        Action::Join { mention, brand } => {
            if facts.mention != mention && !facts.also.contains(&mention) {
                facts.also.push(mention);
            }
            if !facts.brands.contains(&brand) {
                facts.brands.push(brand);
            }
        }
    }
}

/// Starts the clocks anew; what was resolved no longer is.
fn come_back(facts: &mut Facts, at: DateTime<Utc>) {
    if facts.is_withdrawn() {
        facts.cause = None;
    }
    facts.reopened = Some(at);
    facts.resolved = None;
    facts.follow_up = None;
}

/// Leaves nothing that would count as a resolution.
fn withdraw(facts: &mut Facts) {
    facts.cause = Some(NOISE.to_owned());
    facts.lesson = None;
    facts.rating = None;
    facts.resolved = None;
    facts.follow_up = None;
}

/// Raises the priority to what the customer says now; what a person chose stands.
fn raise(facts: &mut Facts, priority: Priority) {
    if !facts.priority_by_person {
        facts.priority = facts.priority.max(priority);
    }
}

fn named_priority(word: &str) -> Option<Priority> {
    PRIORITIES.into_iter().find(|known| priority_word(*known) == word)
}

pub(super) fn one_higher(priority: Priority) -> Priority {
    match priority {
        Priority::Low => Priority::Normal,
        Priority::Normal => Priority::High,
        Priority::High | Priority::Urgent => Priority::Urgent,
    }
}
