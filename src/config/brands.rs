//! `[[brand]]`: what is watched.

use super::problem::near;
use super::reader::Table;
use super::value::Value;
use crate::brand::{Brand, BrandName, Keyword, TicketPolicy};
use crate::query::{parse_exclude, parse_keyword};
use crate::text::Language;

pub(super) const POLICIES: [(&str, TicketPolicy); 3] = [
    ("negative", TicketPolicy::Negative),
    ("all", TicketPolicy::All),
    ("none", TicketPolicy::None),
];

/// Languages by the names that people give them instead of their codes.
const LANGUAGES: [(&str, &str); 24] = [
    ("arabic", "ar"),
    ("danish", "da"),
    ("deutsch", "de"),
    ("dutch", "nl"),
    ("english", "en"),
    ("estonian", "et"),
    ("finnish", "fi"),
    ("french", "fr"),
    ("german", "de"),
    ("greek", "el"),
    ("italian", "it"),
    ("norwegian", "no"),
    ("polish", "pl"),
    ("russian", "ru"),
    ("spanish", "es"),
    ("suomi", "fi"),
    ("svenska", "sv"),
    ("swedish", "sv"),
    ("turkish", "tr"),
    ("türkçe", "tr"),
    ("eng", "en"),
    ("fin", "fi"),
    ("swe", "sv"),
    ("tur", "tr"),
];

/// Reads one brand. `name` is its name, which the caller keeps a list of.
pub(super) fn read(table: Table<'_>, name: Option<String>) -> Option<Brand> {
    let keywords = match table.need("keywords", "keywords = [\"Acme\"]") {
        Some(value) => keywords(&value, true),
        None => Vec::new(),
    };
    let exclude =
        table.take("exclude").map_or_else(Vec::new, |value| self::keywords(&value, false));
    let own = table
        .take("own")
        .map_or_else(Vec::new, |value| value.list().iter().filter_map(own).collect());
    let languages = table
        .take("languages")
        .map_or_else(Vec::new, |value| value.list().iter().filter_map(language).collect());
    let tickets = table.take("tickets").and_then(|value| value.choice(&POLICIES));
    let praise = table.take("praise").and_then(|value| value.boolean()).unwrap_or(false);
    let context =
        table.take("context").map_or_else(Vec::new, |value| self::keywords(&value, false));
    table.finish();
    Some(Brand {
        name: BrandName(name?),
        keywords,
        exclude,
        own,
        context,
        languages,
        tickets,
        praise,
    })
}

fn keywords(value: &Value<'_>, at_least_one: bool) -> Vec<Keyword> {
    let items = value.list();
    if at_least_one && items.is_empty() && value.is_list() {
        value.fault("a brand needs at least one keyword", Some("write [\"Acme\"]".into()));
    }
    items.iter().filter_map(|item| keyword(item, at_least_one)).collect()
}

fn keyword(value: &Value<'_>, finds: bool) -> Option<Keyword> {
    let written = value.string()?;
    match if finds { parse_keyword(written) } else { parse_exclude(written) } {
        Ok(query) => Some(Keyword { written: written.to_owned(), query }),
        Err(bad) => {
            value.fault_inside(bad.at, &bad.message);
            None
        }
    }
}

/// Reads a site (`acme.example`) or handle (`@acme`) of the brand itself.
fn own(value: &Value<'_>) -> Option<String> {
    let text = value.words()?.trim();
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = bare.split('/').next().unwrap_or_default();
    if host != text {
        value.fault(
            "expected a site or a handle, found an address",
            Some(format!("write \"{host}\"")),
        );
        return None;
    }
    let handle = text.strip_prefix('@');
    let is_handle = handle.is_some_and(|name| !name.is_empty());
    let is_site =
        handle.is_none() && text.contains('.') && !text.starts_with('.') && !text.ends_with('.');
    if text.contains(char::is_whitespace) || !(is_handle || is_site) {
        value.fault(
            format!("`{text}` is neither a site such as acme.example nor a handle such as @acme"),
            None,
        );
        return None;
    }
    Some(text.to_owned())
}

/// Reads the code of a language.
pub(super) fn language(value: &Value<'_>) -> Option<Language> {
    let text = value.words()?;
    let read = text.parse();
    if read.is_err() {
        let meant = near(text, LANGUAGES.iter().map(|(name, _)| *name))
            .and_then(|meant| LANGUAGES.iter().find(|(name, _)| *name == meant));
        let hint = meant.map(|(_, code)| format!("did you mean `{code}`?"));
        value.fault(format!("`{text}` is no two-letter language code such as fi, tr or en"), hint);
    }
    read.ok()
}
