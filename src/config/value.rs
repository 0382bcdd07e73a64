//! One value of a file: what it has to be, and how to say that it is not.

use super::problem::{Spot, did_you_mean};
use super::reader::{Reader, Table};
use crate::schedule;
use std::time::Duration;
use toml::de::DeValue;

/// A value, with the whole path of its key and its place.
#[derive(Clone)]
pub(super) struct Value<'r> {
    pub(super) reader: &'r Reader<'r>,
    pub(super) key: String,
    pub(super) key_at: usize,
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) is: &'r DeValue<'r>,
}

impl<'r> Value<'r> {
    pub(super) fn spot(&self) -> Spot {
        self.reader.spot(self.at, self.key.clone())
    }

    /// Says that this value will not do.
    pub(super) fn fault(&self, message: impl Into<String>, hint: Option<String>) {
        self.reader.fault(self.spot().problem(message, hint));
    }

    /// Says that its key should not be there.
    pub(super) fn fault_at_key(&self, message: impl Into<String>, hint: Option<String>) {
        let spot = self.reader.spot(self.key_at, self.key.clone());
        self.reader.fault(spot.problem(message, hint));
    }

    /// Says that the character `index` of this string will not do.
    pub(super) fn fault_inside(&self, index: usize, message: &str) {
        match self.place_of(index) {
            Some(at) => {
                self.reader.fault(self.reader.spot(at, self.key.clone()).problem(message, None));
            }
            None => self.fault(format!("{message} (at character {})", index + 1), None),
        }
    }

    /// Says that this value is allowed and probably not meant.
    pub(super) fn warn(&self, message: impl Into<String>, hint: Option<String>) {
        self.reader.warn(self.spot().problem(message, hint));
    }

    /// Says that this key of the contract comes with a later version.
    pub(super) fn later(&self) {
        let name = self.key.rsplit('.').next().unwrap_or_default();
        let name = name.split('[').next().unwrap_or_default();
        self.fault_at_key(format!("`{name}` is not in this version of vahti"), None);
    }
    pub(super) fn string(&self) -> Option<&'r str> {
        let text = self.is.as_str();
        if text.is_none() {
            self.expected("a string", None);
        }
        text
    }

    /// Returns a string that has something in it.
    pub(super) fn words(&self) -> Option<&'r str> {
        let text = self.string()?;
        if text.trim().is_empty() {
            self.fault("this must not be empty", None);
            return None;
        }
        Some(text)
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        let value = self.is.as_bool();
        if value.is_none() {
            let hint = self.is.as_str().and_then(|text| match text {
                "true" | "false" => Some(format!("write {text} without quotes")),
                _ => None,
            });
            self.expected("true or false", hint);
        }
        value
    }

    /// Returns a whole number from `least` to `most`.
    pub(super) fn number(&self, least: usize, most: usize) -> Option<usize> {
        let Some(integer) = self.is.as_integer() else {
            self.expected("an integer", None);
            return None;
        };
        let number =
            usize::from_str_radix(integer.as_str().trim_start_matches('+'), integer.radix());
        let number = number.ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.fault(format!("`{integer}` is not from {least} to {most}"), None);
        }
        number
    }

    pub(super) fn duration(&self) -> Option<Duration> {
        if let Some(number) = self.is.as_integer() {
            let hint =
                format!("write \"{number}s\", \"{number}m\", \"{number}h\" or \"{number}d\"");
            self.expected("a string", Some(hint));
            return None;
        }
        let read = schedule::parse_duration(self.string()?);
        read.map_err(|bad| self.fault(bad.to_string(), None)).ok()
    }

    /// Returns that of `choices` which stands here.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&'static str, T)]) -> Option<T> {
        let text = self.string()?;
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let hint = did_you_mean(text, names.iter().copied());
            self.fault(format!("`{text}` is none of {}", names.join(", ")), hint);
        }
        found.map(|(_, choice)| *choice)
    }

    /// Returns the values of a list, each with its place.
    pub(super) fn list(&self) -> Vec<Value<'r>> {
        let Some(array) = self.is.as_array() else {
            let hint = self.is.as_str().map(|text| format!("write [\"{}\"]", text.escape_debug()));
            self.expected("a list", hint);
            return Vec::new();
        };
        let item = |(index, item): (usize, &'r toml::Spanned<DeValue<'r>>)| {
            let (key, span) = (format!("{}[{index}]", self.key), item.span());
            let (at, end) = (span.start, span.end);
            Value { reader: self.reader, key, key_at: at, at, end, is: item.get_ref() }
        };
        array.iter().enumerate().map(item).collect()
    }

    /// Returns the tables of `[[…]]`.
    pub(super) fn tables(&self) -> Vec<Table<'r>> {
        if self.is.is_table() {
            self.fault(
                "expected a list of tables, found one table",
                Some(format!("write [[{0}]] instead of [{0}]", self.key)),
            );
            return Vec::new();
        }
        self.list().into_iter().filter_map(|item| item.table()).collect()
    }

    pub(super) fn table(&self) -> Option<Table<'r>> {
        let Some(entries) = self.is.as_table() else {
            let brackets = self.is.as_array().is_some_and(|array| {
                array.iter().all(|item| item.get_ref().is_table()) && !array.is_empty()
            });
            let hint = brackets.then(|| format!("write [{0}] instead of [[{0}]]", self.key));
            self.expected("a table", hint);
            return None;
        };
        Some(Table::of(self.reader, self.key.clone(), self.at, entries))
    }

    /// Returns the table here that has the key `inner`; a bare string is a fault that shows how to
    /// write it.
    pub(super) fn table_of(&self, inner: &str) -> Option<Table<'r>> {
        if let Some(text) = self.is.as_str() {
            let name = self.key.rsplit('.').next().unwrap_or_default();
            let hint = format!("write {name}.{inner} = \"{}\"", text.escape_debug());
            self.expected("a table", Some(hint));
            return None;
        }
        self.table()
    }

    /// Returns the string that stands here, if one does; anything else is no fault yet.
    pub(super) fn text(&self) -> Option<&'r str> {
        self.is.as_str()
    }

    /// Returns how far into the file its key stands.
    pub(super) fn position(&self) -> usize {
        self.key_at
    }

    pub(super) fn is_list(&self) -> bool {
        self.is.is_array()
    }

    pub(super) fn is_time(&self) -> bool {
        self.is.is_datetime()
    }

    pub(super) fn is_string(&self) -> bool {
        self.is.is_str()
    }

    pub(super) fn is_boolean(&self) -> bool {
        self.is.is_bool()
    }

    fn expected(&self, what: &str, hint: Option<String>) {
        let found = match self.is {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.fault(format!("expected {what}, found {found}"), hint);
    }

    /// Returns the byte of the file at which character `index` of this string stands, if it is a
    /// string of one line. The character behind the last one is the closing quote.
    fn place_of(&self, index: usize) -> Option<usize> {
        let raw = self.reader.text.get(self.at..self.end)?;
        if raw.starts_with("\"\"\"") || raw.starts_with("'''") {
            return None;
        }
        let mut chars = raw.char_indices();
        let (_, quote) = chars.next()?;
        for _ in 0..index {
            let (_, c) = chars.next()?;
            if c == '\\' && quote == '"' {
                let digits = match chars.next()? {
                    (_, 'x') => 2,
                    (_, 'u') => 4,
                    (_, 'U') => 8,
                    _ => 0,
                };
                for _ in 0..digits {
                    chars.next()?;
                }
            }
        }
        chars.next().map(|(at, _)| self.at + at)
    }
}
