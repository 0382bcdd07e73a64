//! When a ticket's next action is due, and when it has waited for so long that it becomes more pressing.
//! One date, one reason, which names the rule.

use crate::enrich::{Flag, Priority};
use crate::mention::Mention;
use crate::source::Kind;
use crate::text::count;
use crate::ticket::hours::Hours;
use crate::ticket::{Facts, Status, log, moves};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::collections::BTreeMap;

/// After how many days somebody asks whether all is well, where nobody said.
pub const FOLLOW_UP_DAYS: i64 = 10;

/// How long after an answer the matter itself is to be settled, where nobody said.
pub const RESOLUTION: TimeDelta = TimeDelta::days(3);

/// How long after the resolution a customer is asked at the earliest, and at the latest where a working day
/// lies between.
const EARLIEST_QUESTION: TimeDelta = TimeDelta::days(7);
const LATEST_QUESTION: TimeDelta = TimeDelta::days(14);
/// The lines of the log with which the customer has an answer.
const REPLIES: [&str; 2] = ["reply", "answered"];

const HOUR: TimeDelta = TimeDelta::hours(1);
const DAY: TimeDelta = TimeDelta::days(1);

/// Within what time something is to be done: by the place of the post and by the priority of the
/// ticket, of which the shorter counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// Of kinds of places that have a time of their own.
    pub kinds: BTreeMap<Kind, TimeDelta>,
    /// Of the others.
    pub other: TimeDelta,
    /// Of priorities that shorten it.
    pub priorities: BTreeMap<Priority, TimeDelta>,
}

impl Targets {
    /// Returns the time, with what decides it: a kind or a priority; `None` for what holds everywhere.
    fn of(&self, facts: &Facts, priority: Priority) -> (TimeDelta, Option<String>) {
        let of_kind = facts.kind.and_then(|kind| self.kinds.get(&kind));
        let by_place = *of_kind.unwrap_or(&self.other);
        let own = self.priorities.get(&priority).filter(|time| **time <= by_place);
        match own {
            Some(time) => (*time, Some(format!("for priority {}", moves::priority_word(priority)))),
            None if self.kinds.is_empty() => (by_place, None),
            None => (by_place, facts.kind.map(|kind| format!("for kind {kind}"))),
        }
    }
}

/// The clocks of a desk.
#[derive(Debug, Clone, PartialEq)]
pub struct Clocks {
    /// When the desk works; `None`: always.
    pub hours: Option<Hours>,
    /// On which days customers are asked whether all is well, where the desk has no hours; `None`: on any.
    pub workdays: Option<Hours>,
    /// Whether what is urgent, or about safety or the law, waits for these hours too.
    pub urgent_waits: bool,
    /// From the publication of the post, or its return, to the answer.
    pub answer: Targets,
    /// From the answer to the resolution: whole days.
    pub resolve: Targets,
}

impl Default for Clocks {
    fn default() -> Self {
        let [hour, few, some] = [HOUR, HOUR * 4, HOUR * 6];
        let kinds = BTreeMap::from([
            (Kind::X, hour),
            (Kind::Mastodon, hour),
            (Kind::Bluesky, hour),
            (Kind::Facebook, some),
            (Kind::Instagram, some),
        ]);
        let priorities = BTreeMap::from([(Priority::Urgent, hour), (Priority::High, few)]);
        Self {
            hours: None,
            workdays: None,
            urgent_waits: false,
            answer: Targets { kinds, other: DAY, priorities },
            resolve: Targets {
                kinds: BTreeMap::new(),
                other: RESOLUTION,
                priorities: BTreeMap::new(),
            },
        }
    }
}

impl Clocks {
    /// Returns when the matter is to be settled of a ticket whose customer is answered at `at`.
    pub fn settled_by(&self, facts: &Facts, at: DateTime<Utc>) -> DateTime<Utc> {
        let priority = of_clock(facts, facts.log.partition_point(|line| line.at < at));
        let (time, _) = self.resolve.of(facts, priority);
        self.after_days(facts, priority, at, time)
    }

    /// Returns when a customer was to be answered first, by the priority that the ticket was opened with.
    pub fn first_answer_by(&self, facts: &Facts) -> DateTime<Utc> {
        let (time, _) = self.answer.of(facts, facts.first_priority);
        self.after(facts, facts.first_priority, facts.clock_start, time)
    }

    /// Returns when a customer is asked who is to be asked at `at`: on the next working day, unless that
    /// is more than two weeks after the resolution and the one before it is not too soon.
    fn asked(&self, at: DateTime<Utc>, resolved: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let Some(days) = self.hours.as_ref().or(self.workdays.as_ref()) else { return at };
        let opening = |day| self.hours.as_ref().map_or(day, |hours| hours.open_from(day));
        let next =
            self.hours.as_ref().map_or_else(|| days.day_from(at), |hours| hours.open_from(at));
        let before = resolved
            .filter(|resolved| next - *resolved > LATEST_QUESTION)
            .map(|resolved| (opening(days.day_until(at)), resolved));
        match before {
            Some((before, resolved)) if before - resolved >= EARLIEST_QUESTION => before,
            _ => next,
        }
    }

    /// Returns the hours that count for a ticket of this priority; `None`: all.
    fn hours(&self, facts: &Facts, priority: Priority) -> Option<&Hours> {
        let presses = facts.pressing || priority == Priority::Urgent;
        self.hours.as_ref().filter(|_| self.urgent_waits || !presses)
    }

    fn after(
        &self,
        facts: &Facts,
        priority: Priority,
        at: DateTime<Utc>,
        time: TimeDelta,
    ) -> DateTime<Utc> {
        match self.hours(facts, priority) {
            Some(hours) => hours.add(at, time),
            None => later(at, time),
        }
    }

    fn after_days(
        &self,
        facts: &Facts,
        priority: Priority,
        at: DateTime<Utc>,
        time: TimeDelta,
    ) -> DateTime<Utc> {
        match (self.hours(facts, priority), u32::try_from(time.num_days())) {
            (Some(hours), Ok(days)) => hours.add_days(at, days),
            _ => later(at, time),
        }
    }

    /// Returns when the customer is to be answered, and by what rule.
    fn answer_due(&self, facts: &Facts) -> (DateTime<Utc>, String) {
        let since = begun(facts);
        let priority = of_clock(facts, lines_before(facts));
        let (time, rule) = self.answer.of(facts, priority);
        let working = if self.hours(facts, priority).is_some() { "working " } else { "" };
        let within = match time.num_seconds() {
            seconds if seconds % 3600 == 0 => counted(seconds / 3600, working, "hour"),
            seconds if seconds % 60 == 0 => counted(seconds / 60, working, "minute"),
            seconds => counted(seconds, working, "second"),
        };
        let rule = rule.map(|rule| format!(", {rule}")).unwrap_or_default();
        let reason = match facts.reopened {
            None => format!("first answer within {within}{rule}"),
            Some(_) => format!("answer within {within} of reopening{rule}"),
        };
        (self.after(facts, priority, since, time), reason)
    }

    /// Returns when the matter is to be settled, and by what rule.
    fn resolve_due(&self, facts: &Facts) -> (DateTime<Utc>, String) {
        let since = begun(facts);
        let priority = of_clock(facts, lines_before(facts));
        let (time, rule) = self.resolve.of(facts, priority);
        let working = if self.hours(facts, priority).is_some() { "working " } else { "" };
        let within = counted(time.num_days(), working, "day");
        let rule = rule.map(|rule| format!(", {rule}")).unwrap_or_default();
        let reason = format!("resolution within {within} of the answer{rule}");
        (self.after_days(facts, priority, since, time), reason)
    }
}

/// Returns when the clock of the first answer starts: at the publication of the post, or at its
/// source's first poll where that is later.
pub fn start(mention: &Mention, first_poll: DateTime<Utc>) -> DateTime<Utc> {
    mention.time().max(first_poll)
}

/// Tells whether a mention is about what no desk may let wait.
pub(super) fn presses(mention: &Mention) -> bool {
    let complaint = mention.insight.complaint.as_ref();
    let is_pressing = |flag: &Flag| matches!(flag, Flag::Safety | Flag::LegalThreat);
    complaint.is_some_and(|complaint| complaint.flags.iter().any(is_pressing))
}

/// Writes down when what is due next, by the status and the times of the ticket.
pub(super) fn set_due(facts: &mut Facts, clocks: &Clocks) {
    if facts.status == Status::Resolved
        && let Some(asked) = facts.follow_up
    {
        facts.follow_up = Some(clocks.asked(asked, facts.resolved));
    }
    let due = match facts.status {
        Status::New | Status::Open => Some(clocks.answer_due(facts)),
        Status::Answered => Some(clocks.resolve_due(facts)),
        Status::Resolved => facts
            .follow_up
            .map(|at| (at, "follow-up after resolving: ask whether all is well".to_owned())),
        Status::Closed => None,
    };
    (facts.due, facts.due_reason) = due.unzip();
}

/// Returns when a ticket that nobody dealt with rises next, to what, and why: each time that its
/// target passes again. What a person chose stands.
pub(super) fn next_rise(
    facts: &Facts,
    clocks: &Clocks,
) -> Option<(DateTime<Utc>, Priority, String)> {
    let targets = match facts.status {
        Status::New | Status::Open => &clocks.answer,
        Status::Answered => &clocks.resolve,
        Status::Resolved | Status::Closed => return None,
    };
    if !facts.may_rise() {
        return None;
    }
    let due = facts.due?;
    let before = lines_before(facts);
    let mut priority = of_clock(facts, before);
    let mut passes = due;
    for _ in rises(facts, before) {
        priority = moves::one_higher(priority);
        let (time, _) = targets.of(facts, priority);
        passes = match facts.status {
            Status::Answered => clocks.after_days(facts, priority, passes, time),
            _ => clocks.after(facts, priority, passes, time),
        };
    }
    let what = if facts.status == Status::Answered { "resolution" } else { "answer" };
    let due = due.to_rfc3339_opts(SecondsFormat::Secs, true);
    let why = format!("its {what} was due {due}");
    Some((passes, moves::one_higher(facts.priority), why))
}

/// Adds without overflowing at the end of time.
pub(super) fn later(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Returns when the clock began that runs now.
fn begun(facts: &Facts) -> DateTime<Utc> {
    match facts.status {
        Status::Answered => facts.last_reply.unwrap_or(facts.opened),
        _ => facts.reopened.unwrap_or(facts.clock_start),
    }
}

/// Returns how many lines the log had when the clock began that runs now. By their times that cannot be
/// told: an answer may have been sent long before it was seen, and the ticket have risen in between.
fn lines_before(facts: &Facts) -> usize {
    let began = |line: &log::Change| match facts.status {
        Status::Answered => REPLIES.contains(&&*line.action),
        _ => facts.reopened == Some(line.at) && line.action != moves::RISE,
    };
    facts.log.iter().rposition(began).map_or(0, |last| last + 1)
}

/// Returns the priority by which a clock runs that began behind so many lines of the log: that of the
/// ticket, without what being late since then has added. Lateness must not make the ticket late for
/// longer.
fn of_clock(facts: &Facts, before: usize) -> Priority {
    match rises(facts, before).count() {
        0 => facts.priority,
        _ => log::priority_without_rises(facts, before),
    }
}

/// Returns the lines of the log, behind so many of them, that tell how it rose.
fn rises(facts: &Facts, before: usize) -> impl Iterator<Item = &log::Change> {
    facts.log.iter().skip(before).filter(|line| line.action == moves::RISE)
}

fn counted(number: i64, working: &str, unit: &str) -> String {
    count(usize::try_from(number).unwrap_or_default(), &format!("{working}{unit}"))
}

#[cfg(test)]
mod tests;
