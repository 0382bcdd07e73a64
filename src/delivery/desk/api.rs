//! What every desk can be asked: requests are built and replies read here and in the files of the desks,
//! without a clock and without sending.

use super::{Dossier, Standing, There};
use crate::fetch::Call;
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

/// The longest id, number and status of a desk that is believed, in characters.
const MOST_ID: usize = 100;

/// A reply that is not what the desk's own documents say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its answer cannot be read: {0}")]
pub(super) struct Odd(pub(super) String);

/// What a page of what a desk has says of one thing that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Looked<T> {
    /// It is there.
    Is(T),
    /// It is not on this page, and may be on the next.
    More,
    /// It is not there.
    Nothing,
}

impl<T> Looked<T> {
    /// Says that it is not on this page.
    pub(super) fn not_here(has_more: bool) -> Self {
        if has_more { Self::More } else { Self::Nothing }
    }
}

/// What a desk has to know of a customer before a ticket can be opened for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) id: u64,
    /// By what the desk knows it where the ticket is to be; empty while it is elsewhere only.
    pub(super) source: String,
}

/// A desk, by its requests and replies.
pub(super) trait Api: Sync {
    /// Returns the address that all requests begin with.
    fn base(&self) -> &Url;

    /// Asks for what an earlier try to open a ticket may have left: for one page, counted from 1. `None`
    /// where the same request may be sent again.
    fn look(&self, dossier: &Dossier, contact: &Contact, page: usize) -> Option<Call>;

    /// Reads whether there is such a ticket.
    fn found(&self, said: &[u8], dossier: &Dossier) -> Result<Looked<There>, Odd>;

    /// Opens a ticket.
    fn open(&self, dossier: &Dossier, contact: &Contact, now: DateTime<Utc>) -> Call;

    /// Reads what was opened; `None` where a desk need not say.
    fn opened(&self, said: &[u8]) -> Result<Option<There>, Odd>;

    /// Adds the `nth` thing, from 0, that does not fit into the opening.
    fn add(&self, _dossier: &Dossier, _id: &str, _nth: usize) -> Option<Call> {
        None
    }

    /// Asks what was added.
    fn added(&self, _id: &str) -> Option<Call> {
        None
    }

    /// Reads whether the `nth` thing was added.
    fn has_added(&self, _said: &[u8], _dossier: &Dossier, _nth: usize) -> Result<bool, Odd> {
        Ok(true)
    }

    /// Asks how a ticket stands; `None` where it cannot be asked.
    fn state(&self, id: &str) -> Option<Call>;

    /// Reads that, with the desk's own word.
    fn stands(&self, said: &[u8]) -> Result<(Standing, String), Odd>;

    /// Returns what an error says to people, where it says something.
    fn complaint(&self, said: &Value) -> Option<String>;

    /// Whether a refusal may pass whatever it says, unless it says that nobody is there any more.
    fn is_patient(&self) -> bool {
        false
    }

    /// Asks for the customer, where a desk needs that before all else: makes a new one.
    fn contact(&self, _dossier: &Dossier) -> Option<Call> {
        None
    }

    /// Reads the customer that was made, or found.
    fn is_contact(&self, _said: &[u8], _dossier: &Dossier) -> Result<Looked<Contact>, Odd> {
        Ok(Looked::Nothing)
    }

    /// Asks for a customer that is known already: for one page, counted from 1.
    fn known_contact(&self, _dossier: &Dossier, _page: usize) -> Option<Call> {
        None
    }

    /// Brings a customer that is known elsewhere to where the ticket is to be.
    fn enter(&self, _dossier: &Dossier, _contact: &Contact) -> Option<Call> {
        None
    }

    /// Reads by what the customer is known there.
    fn entered(&self, _said: &[u8]) -> Result<String, Odd> {
        Err(Odd("nobody enters there".to_owned()))
    }
}

/// Reads JSON.
pub(super) fn json(said: &[u8]) -> Result<Value, Odd> {
    serde_json::from_slice(said).map_err(|_| Odd("it is no JSON".to_owned()))
}

/// Returns an id that is a number or a short word without blanks.
pub(super) fn id(value: &Value) -> Option<String> {
    let id = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '#');
    (!id.is_empty() && id.len() <= MOST_ID && id.chars().all(is_plain)).then_some(id)
}

/// Returns the id of a new ticket in `value`.
pub(super) fn need_id(value: Option<&Value>) -> Result<String, Odd> {
    value.and_then(id).ok_or_else(|| Odd("it names no id of a ticket".to_owned()))
}

/// Returns a word that a desk says, fit to be shown.
pub(super) fn word(value: Option<&Value>) -> Result<String, Odd> {
    let word = match value {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let word = word.filter(|word| !word.trim().is_empty());
    let word = word.ok_or_else(|| Odd("it does not say how the ticket stands".to_owned()))?;
    Ok(crate::text::cut(&crate::text::visible(word.trim()), MOST_ID))
}

/// Returns an address below `base`, whose parts are taken as they are.
pub(super) fn below(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}

/// Adds a parameter to the query of an address.
pub(super) fn with(mut url: Url, name: &str, value: &str) -> Url {
    url.query_pairs_mut().append_pair(name, value);
    url
}

/// Returns the text at a place.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// Returns of the tickets in a list the first whose `pointer` holds the reference: of two, which a person
/// may have made, it is the one that came first.
pub(super) fn marked<'v>(
    list: &'v Value,
    pointer: &str,
    reference: &str,
) -> Result<Option<&'v Value>, Odd> {
    let list = list.as_array().ok_or_else(|| Odd("it is no list of tickets".to_owned()))?;
    let is_it = |ticket: &&Value| match ticket.pointer(pointer) {
        Some(Value::String(text)) => text.contains(reference),
        Some(Value::Array(tags)) => tags.iter().any(|tag| tag.as_str() == Some(reference)),
        _ => false,
    };
    let number = |ticket: &&Value| ticket.get("id").and_then(Value::as_u64).unwrap_or(u64::MAX);
    Ok(list.iter().filter(is_it).min_by_key(number))
}
