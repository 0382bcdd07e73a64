//! What a refusal leads to, where that depends on what was asked for.

use super::graph::{Fault, Meaning, later, smaller};
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

/// Returns what a refusal without a word means: what can be put off does not hold up the rest.
pub(in crate::source) fn unsaid(
    refusal: &Refusal<'_>,
    what: &str,
    id: &str,
    visit: &Visit,
) -> Verdict {
    let status = refusal.status;
    if what == LOOK && matches!(status, 400 | 403 | 404) {
        return Verdict::Instead(Box::new(unread(
            &format!("the API answered {status}"),
            id,
            visit,
        )));
    }
    Verdict::AsItSays
}

/// Puts off what could not be looked into because something of theirs failed.
pub(in crate::source) fn put_off(fault: &Fault, id: &str, visit: &Visit) -> Verdict {
    let wait = Some(later(visit.now));
    Verdict::Instead(Box::new(Page { wait, ..unread(&fault.told(), id, visit) }))
}

/// The same, where the answer makes no sense.
pub(in crate::source) fn unread(why: &str, id: &str, visit: &Visit) -> Page {
    let mut memory = Memory::of(visit);
    let what = if memory.put_off(id) { "later" } else { "no more" };
    Page {
        cursor: Some(memory.cursor()),
        trouble: Some(format!("{why}; what was written below {id} is asked for {what}")),
        ..Page::default()
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
