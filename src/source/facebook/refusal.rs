//! What a refusal leads to, where that depends on what was asked for.

use super::graph::{Fault, Meaning, smaller};
use super::memory::Memory;
use crate::fetch::Request;
use crate::source::{Page, Refusal, Unreadable, Verdict, Visit};
use serde_json::Value;

/// What a request is for that looks into something.
pub(in crate::source) const LOOK: &str = "look";

/// Asks for less at once, where that is what is wanted.
pub(in crate::source) fn less(request: &Request, fault: &Fault) -> Option<Page> {
    let request = smaller(request).filter(|_| fault.meaning() == Meaning::Less)?;
    Some(Page { next: vec![request], ..Page::default() })
}

/// Walks a list from its beginning, where the position in it is no more.
fn again(
    name: &str,
    fault: &Fault,
    first: impl FnOnce() -> Request,
    visit: &Visit,
) -> Option<Page> {
    let mut memory = Memory::of(visit);
    let may = matches!(fault.meaning(), Meaning::Parameter | Meaning::Gone);
    (may && memory.restart(name)).then(|| {
        let (cursor, next) = (Some(memory.cursor()), vec![first()]);
        Page { cursor, next, ..Page::default() }
    })
}

/// Returns what comes of a list that is refused while others may be read: what it is is told.
pub(in crate::source) fn list_refused(
    request: &Request,
    (name, what): (&str, &str),
    fault: &Fault,
    first: impl FnOnce() -> Request,
    visit: &Visit,
) -> Verdict {
    let page = less(request, fault).or_else(|| again(name, fault, first, visit));
    let trouble = || Some(format!("{what} cannot be read: {}", fault.told()));
    Verdict::Instead(Box::new(
        page.unwrap_or_else(|| Page { trouble: trouble(), ..Page::default() }),
    ))
}

/// Returns what comes of the list without which there is nothing to read: `key` is what it was asked
/// of, as configured.
pub(in crate::source) fn main_refused(
    request: &Request,
    (name, needs): (&str, &str),
    (key, told): (&str, &str),
    fault: &Fault,
    first: impl FnOnce() -> Request,
    visit: &Visit,
) -> Verdict {
    if let Some(page) = less(request, fault).or_else(|| again(name, fault, first, visit)) {
        return Verdict::Instead(Box::new(page));
    }
    let said = fault.told();
    match fault.meaning() {
        Meaning::Permission => Verdict::Stop(format!("{said}: the token must be {needs}")),
        Meaning::Unknown | Meaning::Gone | Meaning::Parameter => Verdict::Stop(format!(
            "{said}: `{key}` must be the id of what the token is for; it is {told}"
        )),
        _ => Verdict::AsItSays,
    }
}

/// Returns what a refusal without a word means, of what is not asked for first: what can be put off
/// does not hold up the rest.
pub(in crate::source) fn unsaid(
    refusal: &Refusal<'_>,
    what: &str,
    id: &str,
    visit: &Visit,
) -> Verdict {
    let why = format!("the API answered {}", refusal.status);
    match (what, refusal.status) {
        (LOOK, 400 | 403 | 404) => Verdict::Instead(Box::new(given_up(&why, id, visit))),
        (_, 500..=599) => passing(&why, what, id, visit),
        _ => Verdict::AsItSays,
    }
}

/// Returns what is done where something of theirs failed, and not with what is asked for first: it may
/// last for this one, and the others can be read.
pub(in crate::source) fn passing(why: &str, what: &str, id: &str, visit: &Visit) -> Verdict {
    let page = match what {
        LOOK => unread(why, id, visit),
        "recheck" | "check" => Page {
            trouble: Some(format!("what became of stored posts is not told: {why}")),
            ..Page::default()
        },
        list => Page {
            trouble: Some(format!("{list} cannot be read for now: {why}")),
            ..Page::default()
        },
    };
    Verdict::Instead(Box::new(page))
}

/// Puts what could not be looked into behind all else: because of something that passes.
pub(in crate::source) fn unread(why: &str, id: &str, visit: &Visit) -> Page {
    let mut memory = Memory::of(visit);
    memory.postpone(id);
    told_later(why, id, "later", &memory)
}

/// The same, because of something that may well last: after some times no more.
pub(in crate::source) fn given_up(why: &str, id: &str, visit: &Visit) -> Page {
    let mut memory = Memory::of(visit);
    let when = if memory.put_off(id) { "later" } else { "no more" };
    told_later(why, id, when, &memory)
}

fn told_later(why: &str, id: &str, when: &str, memory: &Memory) -> Page {
    Page {
        cursor: Some(memory.cursor()),
        trouble: Some(format!("{why}; what was written below {id} is asked for {when}")),
        ..Page::default()
    }
}

/// Returns what comes of something that is looked into and refused: only what is gone is forgotten.
pub(in crate::source) fn look_refused(
    fault: &Fault,
    id: &str,
    (needs, visit): (&str, &Visit),
) -> Page {
    match fault.meaning() {
        Meaning::Gone | Meaning::Unknown => {
            let mut memory = Memory::of(visit);
            memory.done(id);
            Page { cursor: Some(memory.cursor()), ..Page::default() }
        }
        Meaning::Parameter => given_up(&fault.told(), id, visit),
        Meaning::Permission => {
            let mut memory = Memory::of(visit);
            memory.postpone(id);
            memory.bar(LOOK, true);
            let why = format!("{}: the token must be {needs}", fault.told());
            told_later(&why, id, "later", &memory)
        }
        _ => unread(&fault.told(), id, visit),
    }
}

/// Returns an answer that is the list that it is to be.
pub(in crate::source) fn listed(value: Value, what: &str) -> Result<Value, Unreadable> {
    let is_list = value.get("data").is_some_and(Value::is_array);
    if is_list || matches!(what, "" | "recheck" | "check") {
        return Ok(value);
    }
    Err(Unreadable("the answer holds no list".into()))
}
