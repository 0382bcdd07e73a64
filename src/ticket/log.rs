//! The log of a ticket: lines that are only ever added, each sealed with a hash over the one before,
//! so that a changed, removed or slipped-in line shows.

use crate::enrich::Priority;
use crate::ticket::moves::{self, Action};
use crate::ticket::{Facts, Status};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The word of the first line.
pub(super) const OPEN: &str = "open";

/// How exact times are kept: microseconds, which every store can hold. A time that came back rounded
/// would break the chain.
pub(super) const SUBSECOND_DIGITS: u16 = 6;

/// The longest name of who did something, in characters.
const MOST_NAME: usize = 200;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub at: DateTime<Utc>,
    /// Who did it; `vahti` where nobody did.
    pub by: String,
    /// The word: `open`, `assign`, `reply` …
    pub action: String,
    pub text: String,
    /// The seal: SHA-256, in hexadecimal, over the previous line's and this line.
    pub chain: String,
}

/// Adds a line.
pub(super) fn write(facts: &mut Facts, action: &str, by: &str, text: String, at: DateTime<Utc>) {
    let by: String = by.trim().chars().take(MOST_NAME).collect();
    let by = if by.is_empty() { "unknown".to_owned() } else { by };
    let mut line = Change { at, by, action: action.to_owned(), text, chain: String::new() };
    let previous = facts.log.last().map_or_else(|| birth(facts), |last| last.chain.clone());
    line.chain = seal(&previous, &line);
    facts.log.push(line);
}

/// Checks the chain, and that the log leads to what the ticket says of itself.
pub(super) fn verify(facts: &Facts) -> Result<(), String> {
    let id = facts.id;
    let Some((opening, moves)) = facts.log.split_first() else {
        return Err(format!("ticket {id} has no log"));
    };
    let mut previous = birth(facts);
    for (number, line) in facts.log.iter().enumerate() {
        previous = seal(&previous, line);
        if line.chain != previous {
            return Err(format!("line {} of ticket {id} is not as it was written", number + 1));
        }
    }
    if opening.action != OPEN {
        return Err(format!("the log of ticket {id} does not begin with its opening"));
    }
    let mut told = newborn(facts);
    for (number, line) in moves.iter().enumerate() {
        let action = Action::read(&line.action, &line.text).ok_or_else(|| {
            format!("line {} of ticket {id} tells of no known action: {}", number + 2, line.action)
        })?;
        let to = moves::next(told.status, told.is_withdrawn(), &action).ok_or_else(|| {
            let (from, word) = (told.status, action.word());
            format!("line {} of ticket {id} says `{word}` while it was {from}", number + 2)
        })?;
        moves::settle(&mut told, action, to, line.at);
    }
    match differing(facts, &told) {
        None => Ok(()),
        Some(fact) => Err(format!("the {fact} of ticket {id} is not what its log leads to")),
    }
}

/// Returns the priority as it would be, had the ticket not risen by being late behind so many lines.
pub(super) fn priority_without_rises(facts: &Facts, before: usize) -> Priority {
    let mut told = newborn(facts);
    for (place, line) in facts.log.iter().enumerate().skip(1) {
        let is_left_out = line.action == moves::RISE && place >= before;
        let action = Action::read(&line.action, &line.text).filter(|_| !is_left_out);
        if let Some(action) = action
            && let Some(to) = moves::next(told.status, told.is_withdrawn(), &action)
        {
            moves::settle(&mut told, action, to, line.at);
        }
    }
    told.priority
}

/// Returns the ticket as it was when it had one line: what never changes, and nothing else.
fn newborn(facts: &Facts) -> Facts {
    Facts {
        also: Vec::new(),
        brands: facts.brands.iter().take(1).cloned().collect(),
        status: Status::New,
        priority: facts.first_priority,
        priority_by_person: false,
        assignee: None,
        reopened: None,
        answered: None,
        last_reply: None,
        resolved: None,
        follow_up: None,
        cause: None,
        lesson: None,
        rating: None,
        incident: None,
        log: Vec::new(),
        ..facts.clone()
    }
}

/// Names the first fact in which two tickets differ. Dates that a setting decides are left out: the
/// setting may have changed since.
fn differing(one: &Facts, other: &Facts) -> Option<&'static str> {
    let facts = [
        ("status", one.status == other.status),
        ("priority", one.priority == other.priority),
        ("assignee", one.assignee == other.assignee),
        ("time of the first answer", one.answered == other.answered),
        ("time of the last answer", one.last_reply == other.last_reply),
        ("time of reopening", one.reopened == other.reopened),
        ("time of resolution", one.resolved == other.resolved),
        ("cause", one.cause == other.cause),
        ("lesson", one.lesson == other.lesson),
        ("rating", one.rating == other.rating),
        ("list of brands", one.brands == other.brands),
        ("list of mentions", one.also == other.also),
        ("incident", one.incident == other.incident),
    ];
    facts.into_iter().find(|(_, equal)| !equal).map(|(fact, _)| fact)
}

/// Returns what the first line is chained to: what is settled at opening, so that a log fits no other
/// ticket. The number is not in it, because a store may give that last.
fn birth(facts: &Facts) -> String {
    let brand = facts.brands.first().map_or("", |brand| &brand.0);
    hash(&[
        &facts.mention.0,
        brand,
        &micros(facts.opened),
        &micros(facts.clock_start),
        moves::priority_word(facts.first_priority),
    ])
}

fn seal(previous: &str, line: &Change) -> String {
    let Change { at, by, action, text, chain: _ } = line;
    hash(&[previous, &micros(*at), by, action, text])
}

fn micros(at: DateTime<Utc>) -> String {
    at.timestamp_micros().to_string()
}

/// Hashes parts that are told apart by their lengths.
fn hash(parts: &[&str]) -> String {
    let mut whole = Sha256::new();
    for part in parts {
        whole.update((part.len() as u64).to_be_bytes());
        whole.update(part.as_bytes());
    }
    let mut hex = String::with_capacity(64);
    for byte in whole.finalize() {
        // Writing to a string cannot fail.
        write!(hex, "{byte:02x}").unwrap_or_default();
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::BrandName;
    use crate::mention::MentionId;
    use crate::ticket::Ticket;
    use crate::ticket::sample::{at, complaint, ticket};

    type Tamper = fn(&mut Facts);

    /// Applies `moves`, one an hour from the first hour on.
    fn moved(moves: &[Action]) -> Ticket {
        (1..).zip(moves).fold(ticket(&complaint("Acme lies")), |ticket, (hour, action)| {
            ticket.apply(action.clone(), "maija", at(hour)).unwrap()
        })
    }

    /// Everything that could be changed behind the log's back, and what `verify` calls it.
    #[test]
    fn tampering_shows() {
        let whole = moved(&[
            Action::Priority(Priority::Urgent),
            Action::Join { mention: MentionId("m4x".into()), brand: BrandName("Beta".into()) },
            Action::Assign("maija".into()),
            Action::Reply("sorry".into()),
            Action::Resolve {
                cause: "billing".into(),
                lesson: Some("call".into()),
                follow_up_days: 10,
            },
            Action::Rate(4.try_into().unwrap()),
        ]);
        assert_eq!(whole.verify(), Ok(()));
        let changes: [(Tamper, &str); 18] = [
            (|facts| facts.log[3].text = "eve".into(), "line 4 of"),
            (|facts| facts.log[3].by = "eve".into(), "line 4 of"),
            (|facts| facts.log[3].action = "note".into(), "line 4 of"),
            (|facts| facts.log[3].at = at(77), "line 4 of"),
            (|facts| facts.log[3].chain.clear(), "line 4 of"),
            (|facts| drop(facts.log.remove(2)), "line 3 of"),
            (|facts| facts.log.swap(2, 3), "line 3 of"),
            (|facts| drop(facts.log.remove(0)), "line 1 of"),
            (|facts| drop(facts.log.pop()), "the status of"),
            (|facts| facts.log.clear(), "has no log"),
            (|facts| facts.mention = MentionId("m0".into()), "line 1 of"),
            (|facts| facts.opened = at(-9), "line 1 of"),
            (|facts| facts.first_priority = Priority::Low, "line 1 of"),
            (|facts| facts.priority = Priority::Low, "the priority of"),
            (|facts| facts.rating = Some(5), "the rating of"),
            (|facts| facts.answered = Some(at(1)), "the time of the first answer of"),
            (|facts| facts.assignee = None, "the assignee of"),
            (|facts| drop(facts.brands.pop()), "the list of brands of"),
        ];
        for (change, expected) in changes {
            let mut facts = whole.facts().clone();
            change(&mut facts);
            let fault = Ticket::restore(facts).verify().expect_err(expected);
            assert!(fault.contains(expected), "{fault}, not {expected}");
        }
    }

    #[test]
    fn a_chain_made_anew_with_an_impossible_move_shows_too() {
        let mut facts = moved(&[Action::Assign("maija".into())]).facts().clone();
        write(&mut facts, "close", "eve", String::new(), at(5));
        facts.status = Status::Closed;
        let fault = Ticket::restore(facts).verify().unwrap_err();
        assert_eq!(fault, "line 3 of ticket 7 says `close` while it was open");
    }

    #[test]
    fn the_seal_never_changes() {
        let ticket = moved(&[Action::Assign("maija".into())]);
        let chain = &ticket.facts().log[1].chain;
        assert_eq!(
            chain, "6b661d192804e19d40d3969257bc89307a2d902bc1767a337125dd4f5cc2c119",
            "seals are on disk: never change how they are made"
        );
    }
}
