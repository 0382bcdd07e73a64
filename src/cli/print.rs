//! Printing: data to standard output in the form that was asked for, everything else to standard
//! error. Text from outside is made safe for where it goes.

use super::Failure;
use crate::text::visible;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::ValueEnum;
use comfy_table::{Table, presets};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// The forms in which data is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Table,
    Json,
    Ndjson,
    Csv,
}

/// The option of every command that shows data.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Output {
    /// The form of what is shown
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(super) format: Format,
}

/// Writes to standard output. A reader that went away is no fault.
pub(super) fn write(text: &str) -> Result<(), Failure> {
    reaches(text).map(drop)
}

/// Writes to standard output, and tells whether somebody still reads it.
pub(super) fn reaches(text: &str) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(format!("cannot write to standard output: {error}"))),
    }
}

/// Writes one line to standard error; there is nobody left to tell when that fails.
pub(super) fn complain(text: &str) {
    writeln!(io::stderr().lock(), "{text}").ok();
}

/// Shows a list: `table` builds its rows, `columns` are the fields of its CSV.
pub(super) fn list<T: Serialize>(
    items: &[T],
    format: Format,
    columns: &[&str],
    table: impl FnOnce() -> String,
) -> Result<(), Failure> {
    match format {
        Format::Table => write(&table()),
        Format::Json => write(&(json(&items)? + "\n")),
        Format::Ndjson => write(&lines(items)?),
        Format::Csv => write(&csv(items, columns)?),
    }
}

/// Shows one thing: an object in both JSON forms.
pub(super) fn one<T: Serialize>(
    item: &T,
    format: Format,
    columns: &[&str],
    table: impl FnOnce() -> String,
) -> Result<(), Failure> {
    match format {
        Format::Table => write(&table()),
        Format::Json => write(&(json(item)? + "\n")),
        Format::Ndjson => write(&lines(std::slice::from_ref(item))?),
        Format::Csv => write(&csv(std::slice::from_ref(item), columns)?),
    }
}

/// Returns a table with these headers; cells are made safe for a terminal.
pub(super) fn table(headers: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(headers.iter().map(|header| header.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// Returns a time as people at `zone` read it; a dash for none.
pub(super) fn time(at: Option<DateTime<Utc>>, zone: Tz) -> String {
    at.map_or_else(
        || "-".to_owned(),
        |at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
    )
}

/// Returns a text, or a dash for none.
pub(super) fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

/// Returns a thing on a line of its own, as one JSON object.
pub(super) fn line<T: Serialize>(item: &T) -> Result<String, Failure> {
    serde_json::to_string(item).map(|line| line + "\n").map_err(unwritable)
}

fn json<T: Serialize>(item: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(item).map_err(unwritable)
}

fn lines<T: Serialize>(items: &[T]) -> Result<String, Failure> {
    items.iter().map(line).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn unwritable(error: serde_json::Error) -> Failure {
    Failure::new(format!("cannot write JSON: {error}"))
}

/// Writes CSV (RFC 4180). Each column is a field's path, with dots between the names.
fn csv<T: Serialize>(items: &[T], columns: &[&str]) -> Result<String, Failure> {
    let mut text = columns.join(",") + "\r\n";
    for item in items {
        let value = serde_json::to_value(item).map_err(unwritable)?;
        let cells = columns.iter().map(|column| cell(value.pointer(&pointer(column))));
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    Ok(text)
}

fn pointer(column: &str) -> String {
    format!("/{}", column.replace('.', "/"))
}

fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => guarded(&visible(text)),
        Some(Value::Array(items)) => {
            guarded(&items.iter().map(plain).collect::<Vec<_>>().join("; "))
        }
        Some(other) => other.to_string(),
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), visible)
}

/// A spreadsheet would run a cell that begins like a formula.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn csv_quotes_and_disarms() {
        let rows =
            [json!({"a": "x,\"y\"", "b": {"c": "=1+1"}, "n": -1.5}), json!({"a": null, "b": null})];
        assert_eq!(
            csv(&rows, &["a", "b.c", "n"]).unwrap(),
            "a,b.c,n\r\n\"x,\"\"y\"\"\",'=1+1,-1.5\r\n,,\r\n"
        );
    }

    #[test]
    fn a_table_shows_no_control_characters() {
        let shown = table(&["a"], [vec!["\x1b[31mred".to_owned()]]);
        assert!(!shown.contains('\x1b'), "{shown}");
    }
}
