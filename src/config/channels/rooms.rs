//! Rooms, which are told alerts: each kind with its keys.

use super::{Kind, web};
use crate::config::files;
use crate::config::mail::is_here;
use crate::config::secret;
use crate::config::value::Value;
use crate::delivery::chat::Place;
use crate::delivery::chat::discord::Discord;
use crate::delivery::chat::exec::Exec;
use crate::delivery::chat::matrix::Matrix;
use crate::delivery::chat::ntfy::{Ntfy, is_topic};
use crate::delivery::chat::slack::Slack;
use crate::delivery::chat::teams::Teams;
use crate::fetch::{Location, Secret};
use secrecy::ExposeSecret;
use url::Url;

/// The address that stands for one that was not to be read.
const UNREAD: &str = "https://secret.invalid/";

/// Where the connectors of Office 365 were.
const RETIRED: [&str; 2] = ["webhook.office.com", "outlook.office.com"];

/// Reads an address that is a secret.
fn hidden(kind: &Kind<'_, '_>, such: &str) -> Option<Url> {
    let value =
        kind.table.need("url", &format!("url = {{ file = \"PATH\" }}, which holds {such}"))?;
    let read = secret::read(&value, kind.around)?;
    if kind.around.without_secrets {
        return Url::parse(UNREAD).ok();
    }
    let location = Location::parse(read.expose_secret().trim(), value.reader.folder);
    let Ok(Location::Web(url)) = location else {
        value.fault("this is no web address", Some(format!("it looks like {such}")));
        return None;
    };
    if url.scheme() == "http" && !is_here(&url) {
        let message =
            "what customers wrote, and the address itself, can be read on their way there";
        value.warn(message, Some("write \"https://…\"".into()));
    }
    Some(url)
}

pub(super) fn slack(kind: &Kind<'_, '_>) -> Option<Place> {
    let url = hidden(kind, "https://hooks.slack.com/services/…")?;
    Some(Place::Slack(Slack { url }))
}

pub(super) fn teams(kind: &Kind<'_, '_>) -> Option<Place> {
    let url = hidden(kind, "https://….environment.api.powerplatform.com/…&sig=…")?;
    let host = url.host_str().unwrap_or_default();
    if RETIRED.iter().any(|old| host.ends_with(old)) {
        let hint = "in Teams make a flow of Workflows, \"Post to a channel when a webhook request is received\", and write its address";
        let message = "this is a connector of Office 365, and these are no more";
        if let Some(value) = kind.table.take("url") {
            value.fault(message, Some(hint.into()));
        }
        return None;
    }
    Some(Place::Teams(Teams { url }))
}

pub(super) fn discord(kind: &Kind<'_, '_>) -> Option<Place> {
    let url = hidden(kind, "https://discord.com/api/webhooks/…")?;
    Some(Place::Discord(Discord { url }))
}

pub(super) fn matrix(kind: &Kind<'_, '_>) -> Option<Place> {
    let url = kind.base("https://matrix.acme.example");
    let token = kind.secret("token");
    let value = kind.table.need("room", "room = \"!opaque:acme.example\"")?;
    let room = value.words()?.trim();
    if !room.starts_with('!') || room.chars().any(|c| c.is_control() || c == ' ') {
        let hint = "write its id, such as \"!opaque:acme.example\": clients show it in the settings of the room";
        let message = format!("`{room}` is no id of a room");
        value.fault(message, Some(hint.into()));
        return None;
    }
    Some(Place::Matrix(Matrix { url: url?, token: token?.0, room: room.to_owned() }))
}

pub(super) fn ntfy(kind: &Kind<'_, '_>) -> Option<Place> {
    let such = "https://ntfy.sh";
    let value = kind.table.need("url", &format!("url = \"{such}\""));
    let url = value.as_ref().and_then(|value| web(value, such));
    let topic = topic(kind);
    let token = if kind.table.has("token") { Some(kind.secret("token")?.0) } else { None };
    let is_bare =
        |url: &Url| url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if let (Some(value), Some(url)) = (&value, &url)
        && !is_bare(url)
    {
        let hint = "write ntfy.url = \"https://ntfy.sh\" and ntfy.topic = \"TOPIC\"";
        value.fault("the topic does not belong in the address", Some(hint.into()));
        return None;
    }
    Some(Place::Ntfy(Ntfy { url: url?, topic: topic?, token }))
}

/// Reads a topic: a secret only where everybody may read who knows it, so that it may stand here.
fn topic(kind: &Kind<'_, '_>) -> Option<Secret> {
    let value = kind.table.need("topic", "topic = \"acme-alerts-7f3k\"")?;
    let topic = match value.text() {
        Some(text) => text.to_owned(),
        None => secret::read(&value, kind.around)?.expose_secret().to_owned(),
    };
    let is_unread = value.text().is_none() && kind.around.without_secrets;
    if !is_unread && !is_topic(topic.trim()) {
        let message = "a topic has 1 to 64 letters, digits, dashes and underscores";
        value.fault(message, Some("write topic = \"acme-alerts-7f3k\"".into()));
        return None;
    }
    Some(topic.trim().into())
}

pub(super) fn exec(kind: &Kind<'_, '_>) -> Option<Place> {
    let such = "command = [\"/usr/local/bin/on-alert\"]";
    let value = kind.table.need("command", such)?;
    let items = value.list();
    let Some(first) = items.first() else {
        if value.is_list() {
            value.fault("there is no program to start", Some(format!("write {such}")));
        }
        return None;
    };
    let mut words = Vec::with_capacity(items.len());
    for item in &items {
        let text = item.string()?;
        if text.contains('\0') {
            item.fault("no program can be told this: it has a null character", None);
            return None;
        }
        words.push(text.to_owned());
    }
    let name = first.words()?;
    if !name.contains('/') {
        first.fault(
            format!("`{name}` is no path: no shell looks for it"),
            Some(format!("write {such}")),
        );
        return None;
    }
    let program = first.reader.folder.join(name);
    warn_of(first, kind, &program);
    Some(Place::Exec(Exec { program, arguments: words.split_off(1) }))
}

fn warn_of(value: &Value<'_>, kind: &Kind<'_, '_>, program: &std::path::Path) {
    if !kind.around.without_secrets {
        files::program(value, program);
    }
}
