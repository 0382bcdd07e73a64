//! `[http]`: manners on the web.

use super::reader::Table;
use super::value::Value;
use crate::fetch::{Allowed, Network, Settings};

/// More at once than this is no manners.
const MOST_AT_ONCE: usize = 64;

pub(super) fn settings(table: Table<'_>) -> Settings {
    let mut settings = Settings::default();
    if let Some(value) = table.take("contact") {
        settings.contact = contact(&value);
    }
    if let Some(allowed) = table.take("allow_private_addresses").and_then(|value| allowed(&value)) {
        settings.allow_private = allowed;
    }
    if let Some(number) = table.take("per_host").and_then(|value| value.number(1, MOST_AT_ONCE)) {
        settings.per_host = number;
    }
    if let Some(pause) = table.take("pause").and_then(|value| value.duration()) {
        settings.pause = pause;
    }
    if let Some(value) = table.take("timeout")
        && let Some(timeout) = value.duration()
    {
        if timeout.is_zero() {
            value
                .fault("no server answers in no time", Some("write a time such as \"30s\"".into()));
        }
        settings.timeout = timeout;
    }
    table.finish();
    settings
}

/// Reads who answers for us; it becomes part of a header.
fn contact(value: &Value<'_>) -> Option<String> {
    let text = value.words()?.trim();
    if !text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        value.fault("only plain ASCII characters can be sent as contact", None);
        return None;
    }
    Some(text.to_owned())
}

/// Reads which private addresses may be asked, here or on a source.
pub(super) fn allowed(value: &Value<'_>) -> Option<Allowed> {
    if value.is_boolean() {
        return value.boolean().map(|all| if all { Allowed::All } else { Allowed::Nobody });
    }
    if value.is_string() {
        value.fault(
            "expected true, false or a list of networks, found a string",
            Some("write [\"127.0.0.1/32\"]".into()),
        );
        return None;
    }
    let network = |item: &Value<'_>| {
        let read = Network::parse(item.words()?);
        read.map_err(|reason| item.fault(reason, None)).ok()
    };
    let networks: Vec<Network> = value.list().iter().filter_map(network).collect();
    Some(if networks.is_empty() { Allowed::Nobody } else { Allowed::Networks(networks) })
}
