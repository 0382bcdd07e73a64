//! What the tickets tell: causes and lessons, how soon customers were answered, how satisfied they
//! are, and who comes back. Read from the logs, so that what was reopened since counts as it was then.

use super::{Period, Span, number, rounded, share};
use crate::enrich::Complainer;
use crate::mention::Mention;
use crate::text::{cut, visible};
use crate::ticket::clock::Clocks;
use crate::ticket::people::People;
use crate::ticket::{Action, Facts, Status, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many customers who came back are named.
const MOST_NAMED: usize = 10;

/// How many tickets one cause lists; the others are counted.
const MOST_TICKETS: usize = 50;

/// How the tickets moved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    pub opened: u64,
    /// Those that had their first answer.
    pub answered: u64,
    /// Those that were resolved; each once, however often it came back.
    pub resolved: u64,
    pub opened_before: u64,
    pub resolved_before: u64,
    /// Those that wait for an answer now, and those of them that wait too long.
    pub waiting: u64,
    pub overdue: u64,
}

/// What tickets were resolved as.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    pub cause: String,
    pub count: u64,
    /// How many there were in the period before.
    pub before: u64,
    /// Their numbers, newest resolution first; 50 at most.
    pub tickets: Vec<u64>,
    /// Whether the posts of all of them are gone.
    #[serde(skip)]
    pub(super) is_gone: bool,
}

/// What somebody learned from a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    pub ticket: u64,
    pub cause: String,
    pub lesson: String,
    pub at: DateTime<Utc>,
    /// Whether its post is gone: of whom it tells is not known any more.
    #[serde(skip)]
    pub(super) is_gone: bool,
}

/// How long something took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    pub count: u64,
    pub median_minutes: Option<i64>,
    /// Nine of ten took no longer.
    pub p90_minutes: Option<i64>,
    /// The share within the target, 0 to 1.
    pub within_target: Option<f64>,
}

/// How satisfied customers were.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Satisfaction {
    pub ratings: u64,
    pub mean: Option<f64>,
    /// The share of ratings 3 to 5, 0 to 1.
    pub satisfied: Option<f64>,
    /// Tickets that were closed and nobody asked.
    pub closed_unrated: u64,
    pub by_cause: Vec<Rated>,
    pub by_type: Vec<Rated>,
    pub by_assignee: Vec<Rated>,
}

/// How satisfied the customers of one group were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rated {
    /// Null where it is not known, or nobody.
    pub name: Option<String>,
    pub ratings: u64,
    pub mean: Option<f64>,
}

/// Who complained.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customers {
    /// Whose tickets were opened in the period, as far as they are known.
    pub known: u64,
    /// How many of them had one before.
    pub returning: u64,
    /// Those with the most tickets.
    pub most: Vec<Returning>,
}

/// A customer who came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returning {
    pub name: Option<String>,
    pub tickets: u64,
    pub last_ticket: u64,
}

/// What was counted so far.
pub(super) struct Desk {
    now: DateTime<Utc>,
    clocks: Clocks,
    flow: Flow,
    /// By the cause in lower case.
    causes: BTreeMap<String, Resolved>,
    lessons: Vec<Lesson>,
    answers: Vec<(TimeDelta, bool)>,
    resolutions: Vec<(TimeDelta, bool)>,
    ratings: Vec<Rating>,
    closed_unrated: u64,
    customers: BTreeMap<String, Customer>,
    /// Which of them are one.
    pub(super) people: People,
}

/// What was resolved as one cause.
struct Resolved {
    /// As it was written first.
    cause: String,
    /// When each ticket was.
    tickets: Vec<(DateTime<Utc>, u64)>,
    /// How many were in the period before.
    before: u64,
    /// Whether there is one whose post is still there.
    is_there: bool,
}

struct Rating {
    stars: u8,
    cause: Option<String>,
    complainer: Option<Complainer>,
    assignee: Option<String>,
}

#[derive(Default)]
struct Customer {
    name: Option<String>,
    /// When each was opened.
    tickets: Vec<(DateTime<Utc>, u64)>,
    is_here: bool,
}

/// What came of all of it.
pub(super) struct Told {
    pub(super) flow: Flow,
    pub(super) causes: Vec<Cause>,
    pub(super) lessons: Vec<Lesson>,
    pub(super) first_answer: Times,
    pub(super) resolution: Times,
    pub(super) satisfaction: Satisfaction,
    pub(super) customers: Customers,
}

impl Desk {
    pub(super) fn new(now: DateTime<Utc>, clocks: Clocks) -> Self {
        Self {
            now,
            clocks,
            flow: Flow::default(),
            causes: BTreeMap::new(),
            lessons: Vec::new(),
            answers: Vec::new(),
            resolutions: Vec::new(),
            ratings: Vec::new(),
            closed_unrated: 0,
            customers: BTreeMap::new(),
            people: People::default(),
        }
    }

    pub(super) fn ticket(&mut self, ticket: &Ticket, mention: Option<&Mention>, span: &Span) {
        let facts = ticket.facts();
        // It was none.
        if facts.is_withdrawn() {
            return;
        }
        match span.holds(facts.opened) {
            Some(Period::This) => self.flow.opened += 1,
            Some(Period::Before) => self.flow.opened_before += 1,
            None => {}
        }
        if matches!(facts.status, Status::New | Status::Open) {
            self.flow.waiting += 1;
            self.flow.overdue += u64::from(ticket.is_overdue(self.now));
        }
        self.customer(facts, span);
        self.answer(facts, span);
        self.log(facts, mention, span);
    }

    fn customer(&mut self, facts: &Facts, span: &Span) {
        let Some(key) = &facts.customer else { return };
        if facts.opened >= span.until {
            return;
        }
        let customer = self.customers.entry(self.people.one(key).to_owned()).or_default();
        customer.tickets.push((facts.opened, facts.id.0));
        customer.is_here |= facts.opened >= span.since;
        if facts.customer_name.is_some() {
            customer.name.clone_from(&facts.customer_name);
        }
    }

    fn answer(&mut self, facts: &Facts, span: &Span) {
        let Some(answered) = facts.answered else { return };
        if span.holds(answered) == Some(Period::This) {
            self.flow.answered += 1;
            let took = answered - facts.clock_start;
            self.answers.push((took, answered <= self.clocks.first_answer_by(facts)));
        }
    }

    /// Reads what was done with a ticket, line by line.
    fn log(&mut self, facts: &Facts, mention: Option<&Mention>, span: &Span) {
        let (mut cause, mut assignee) = (None, None);
        let (mut resolved, mut before) = (None, None);
        for line in &facts.log {
            let is_now = span.holds(line.at);
            match Action::read(&line.action, &line.text) {
                Some(Action::Assign(who)) => assignee = Some(who),
                Some(Action::Resolve { cause: named, lesson, .. }) => {
                    cause = Some(named.clone());
                    match is_now {
                        Some(Period::This) => resolved = Some((line.at, named, lesson)),
                        Some(Period::Before) => before = Some(named),
                        None => {}
                    }
                }
                Some(Action::Rate(rating)) if is_now == Some(Period::This) => {
                    let complaint = mention.and_then(|it| it.insight.complaint.as_ref());
                    self.ratings.push(Rating {
                        stars: rating.get(),
                        cause: cause.clone(),
                        complainer: complaint.and_then(|complaint| complaint.complainer),
                        assignee: assignee.clone(),
                    });
                }
                Some(Action::Close) if is_now == Some(Period::This) => self.closed_unrated += 1,
                _ => {}
            }
        }
        if let Some(cause) = before {
            self.flow.resolved_before += 1;
            self.cause(&cause).before += 1;
        }
        if let Some((at, cause, lesson)) = resolved {
            let was_deleted = facts.log.iter().any(|line| line.action == "gone");
            let is_gone = was_deleted || mention.is_none_or(|mention| mention.post.is_gone);
            self.cause(&cause).is_there |= !is_gone;
            self.resolved(facts, at, &cause, lesson, is_gone);
        }
    }

    fn resolved(
        &mut self,
        facts: &Facts,
        at: DateTime<Utc>,
        cause: &str,
        lesson: Option<String>,
        is_gone: bool,
    ) {
        self.flow.resolved += 1;
        self.cause(cause).tickets.push((at, facts.id.0));
        let took = at - facts.clock_start;
        let by = self.clocks.settled_by(facts, self.clocks.first_answer_by(facts));
        self.resolutions.push((took, at <= by));
        if let Some(lesson) = lesson {
            let (ticket, cause) = (facts.id.0, visible(cause));
            self.lessons.push(Lesson { ticket, cause, lesson: visible(&lesson), at, is_gone });
        }
    }

    fn cause(&mut self, cause: &str) -> &mut Resolved {
        let new =
            || Resolved { cause: visible(cause), tickets: Vec::new(), before: 0, is_there: false };
        self.causes.entry(cause.to_lowercase()).or_insert_with(new)
    }

    pub(super) fn finish(mut self) -> Told {
        let mut causes: Vec<Cause> = self.causes.into_values().map(cause).collect();
        causes.sort_by_key(|cause| (Reverse(cause.count), Reverse(cause.before)));
        self.lessons.sort_by_key(|lesson| (Reverse(lesson.at), lesson.ticket));
        Told {
            flow: self.flow,
            causes,
            lessons: self.lessons,
            first_answer: times(self.answers),
            resolution: times(self.resolutions),
            satisfaction: satisfaction(&self.ratings, self.closed_unrated),
            customers: customers(self.customers),
        }
    }
}

fn cause(Resolved { cause, mut tickets, before, is_there }: Resolved) -> Cause {
    tickets.sort_by_key(|resolved| Reverse(*resolved));
    let count = tickets.len() as u64;
    let tickets = tickets.into_iter().map(|(_, id)| id).take(MOST_TICKETS).collect();
    Cause { cause, count, before, tickets, is_gone: !is_there }
}

fn times(mut took: Vec<(TimeDelta, bool)>) -> Times {
    took.sort_unstable();
    let minutes = |at: usize| took.get(at).map(|(took, _)| took.num_minutes());
    let count = took.len();
    let (low, high) = (minutes(count.saturating_sub(1) / 2), minutes(count / 2));
    Times {
        count: count as u64,
        median_minutes: low.zip(high).map(|(low, high)| i64::midpoint(low, high)),
        p90_minutes: minutes((count * 9).div_ceil(10).saturating_sub(1)),
        within_target: share(took.iter().filter(|(_, is_within)| *is_within).count(), count),
    }
}

fn satisfaction(ratings: &[Rating], closed_unrated: u64) -> Satisfaction {
    let by = |name: &dyn Fn(&Rating) -> Option<String>| {
        let mut groups: BTreeMap<Option<String>, Vec<&Rating>> = BTreeMap::new();
        for rating in ratings {
            groups.entry(name(rating)).or_default().push(rating);
        }
        let rated = |(name, ratings): (Option<String>, Vec<&Rating>)| Rated {
            name,
            ratings: ratings.len() as u64,
            mean: mean(ratings.into_iter()),
        };
        let mut rows: Vec<Rated> = groups.into_iter().map(rated).collect();
        rows.sort_by_key(|row| Reverse(row.ratings));
        rows
    };
    let satisfied = ratings.iter().filter(|rating| rating.stars >= 3).count();
    Satisfaction {
        ratings: ratings.len() as u64,
        mean: mean(ratings.iter()),
        satisfied: share(satisfied, ratings.len()),
        closed_unrated,
        by_cause: by(&|rating| rating.cause.as_deref().map(visible)),
        by_type: by(&|rating| rating.complainer.map(|known| word(known).to_owned())),
        by_assignee: by(&|rating| rating.assignee.as_deref().map(visible)),
    }
}

fn mean<'a>(ratings: impl ExactSizeIterator<Item = &'a Rating>) -> Option<f64> {
    let count = ratings.len();
    let sum: usize = ratings.map(|rating| usize::from(rating.stars)).sum();
    (count > 0).then(|| rounded(number(sum) / number(count)))
}

fn customers(customers: BTreeMap<String, Customer>) -> Customers {
    let here: Vec<Customer> = customers.into_values().filter(|one| one.is_here).collect();
    let known = here.len() as u64;
    let mut most: Vec<Returning> = here
        .into_iter()
        .filter(|customer| customer.tickets.len() > 1)
        .map(|mut customer| {
            customer.tickets.sort_unstable();
            Returning {
                name: customer.name.map(|name| cut(&name, 40)),
                tickets: customer.tickets.len() as u64,
                last_ticket: customer.tickets.last().map_or(0, |(_, id)| *id),
            }
        })
        .collect();
    let returning = most.len() as u64;
    most.sort_by_key(|one| (Reverse(one.tickets), Reverse(one.last_ticket)));
    most.truncate(MOST_NAMED);
    Customers { known, returning, most }
}

/// The word for how somebody complains, as in the JSON of a mention.
fn word(complainer: Complainer) -> &'static str {
    match complainer {
        Complainer::Meek => "meek",
        Complainer::Aggressive => "aggressive",
        Complainer::Demanding => "demanding",
        Complainer::BenefitHunter => "benefit_hunter",
        Complainer::Chronic => "chronic",
    }
}
