//! `forum`: a board, a page of latest posts, or a topic, and how to read it.

use super::value::Value;
use super::{ForumPlace, draft, sources};
use crate::source::forum::preset::{self, Field, Selectors};
use crate::text::nearest;

/// Reads the table of the kind; also returns the value that says where the forum is.
pub(super) fn read<'r>(value: &Value<'r>) -> Option<(ForumPlace, Value<'r>)> {
    let table = value.table_of("url")?;
    let url = table.need("url", "url = \"https://…\", an address or a file");
    let engine = table.take("engine").map(|value| engine(&value));
    let selectors = table.take("selectors").map(|value| selectors(&value));
    let zone = table.take("timezone").map(|value| draft::zone(&value));
    table.finish();
    let (location, url) = sources::location(url?)?;
    let place = ForumPlace {
        location,
        engine: engine.unwrap_or_default().map(str::to_owned),
        selectors: selectors.unwrap_or_default(),
        zone: zone.unwrap_or_default(),
    };
    Some((place, url))
}

/// Reads which software the forum is.
fn engine<'r>(value: &Value<'r>) -> Option<&'r str> {
    let word = value.words()?;
    if preset::named(word).is_empty() {
        let known = preset::words();
        let hint = match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: {}; or leave it out", known.join(", ")),
        };
        value.fault(format!("`{word}` is no forum software that vahti knows"), Some(hint));
        return None;
    }
    Some(word)
}

/// Reads selectors that stand in the place of a preset's.
fn selectors(value: &Value<'_>) -> Selectors {
    let mut selectors = Selectors::default();
    let Some(table) = value.table() else { return selectors };
    let parted = Field::ALL.map(|field| field.key().split_once('.'));
    let mut groups: Vec<&'static str> = parted.iter().flatten().map(|(group, _)| *group).collect();
    groups.dedup();
    for group in groups {
        let Some(inner) = table.take(group).and_then(|value| value.table()) else { continue };
        for (_, name) in parted.into_iter().flatten().filter(|(known, _)| *known == group) {
            if let Some(value) = inner.take(name) {
                set(&mut selectors, &format!("{group}.{name}"), &value);
            }
        }
        inner.finish();
    }
    for field in Field::ALL.into_iter().filter(|field| !field.key().contains('.')) {
        if let Some(value) = table.take(field.key()) {
            set(&mut selectors, field.key(), &value);
        }
    }
    table.finish();
    selectors
}

/// Takes one selector, or a list of them, of which the first that finds something counts.
fn set(selectors: &mut Selectors, key: &str, value: &Value<'_>) {
    let written: Vec<&str> = if value.is_list() {
        value.list().iter().filter_map(Value::words).collect()
    } else {
        value.words().into_iter().collect()
    };
    if let Err(fault) = selectors.set(key, &written) {
        value.fault(fault.to_string(), None);
    }
}
