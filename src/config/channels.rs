//! `[[channel]]`: other desks, where tickets are opened too.

use super::alerts;
use super::http;
use super::mail::is_here;
use super::problem::Spot;
use super::reader::Table;
use super::secret;
use super::surroundings::Surroundings;
use super::value::Value;
use crate::delivery::desk::chatwoot::Chatwoot;
use crate::delivery::desk::freshdesk::Freshdesk;
use crate::delivery::desk::liveagent::LiveAgent;
use crate::delivery::desk::webhook::{self, Webhook};
use crate::delivery::desk::zammad::Zammad;
use crate::delivery::desk::zendesk::Zendesk;
use crate::delivery::desk::{Channel, Desk};
use crate::delivery::email::check_address;
use crate::fetch::{Allowed, Location, Secret};
use crate::mention::filter::Filter;
use crate::query::Query;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use url::Url;

/// Kinds of a later version.
const LATER: [&str; 5] = ["slack", "teams", "discord", "matrix", "ntfy"];
/// How long a search is given to show what an earlier try left.
const SETTLE: TimeDelta = TimeDelta::minutes(2);
/// Freshdesk says itself that its search lags by minutes.
const SETTLE_FRESHDESK: TimeDelta = TimeDelta::minutes(10);
const MOST_SETTLE: TimeDelta = TimeDelta::hours(24);
/// How often what became of tickets is asked.
const EVERY: TimeDelta = TimeDelta::minutes(10);

/// A channel with what is opened there.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelConfig {
    pub channel: Channel,
    /// Which tickets are opened there too; `None`: none.
    pub tickets: Option<Filter>,
}

/// A channel as read, and what can only be checked when all files are.
pub(super) struct Draft {
    /// `None` where something is wrong with it.
    pub(super) config: Option<ChannelConfig>,
    pub(super) filter: Option<(Query, Spot)>,
    /// The address that it asks, and what it allows itself.
    pub(super) asks: Option<(Url, Option<Allowed>, Spot)>,
}

/// How a kind is read.
type Reader = for<'r> fn(&Kind<'r, '_>) -> Option<Desk>;

/// The kinds there are.
const KINDS: [(&str, Reader); 6] = [
    ("webhook", webhook),
    ("zammad", zammad),
    ("freshdesk", freshdesk),
    ("zendesk", zendesk),
    ("chatwoot", chatwoot),
    ("liveagent", liveagent),
];

/// Reads one channel. `name` is its name, which the caller keeps a list of.
pub(super) fn read(table: Table<'_>, name: Option<String>, around: &Surroundings) -> Draft {
    if name.as_ref().is_some_and(|name| name.contains('@'))
        && let Some(value) = table.take("name")
    {
        value.fault("a channel has no `@` in its name: that is for mail addresses", None);
    }
    let tickets = table.take("tickets");
    let query = tickets.as_ref().map(alerts::filter);
    let duration = |name, usual, most| match table.take(name) {
        Some(value) => duration(&value, most),
        None => Some(usual),
    };
    let every = duration("every", EVERY, MOST_SETTLE);
    let allow_private =
        table.take("allow_private_addresses").and_then(|value| http::allowed(&value));
    let desk = desk(&table, around);
    let usual = match &desk {
        Some((Desk::Freshdesk(_), _)) => SETTLE_FRESHDESK,
        _ => SETTLE,
    };
    let settle = duration("settle", usual, MOST_SETTLE);
    if tickets.is_none() && desk.is_some() {
        let hint = "write tickets = \"\" for all tickets, or a query such as \"lang:fi\"";
        table.warns("nothing is told to this channel", hint);
    }
    table.finish();
    let asks = desk
        .as_ref()
        .map(|(desk, spot)| (desk.base().clone(), allow_private.clone(), spot.clone()));
    let filter = query.clone().flatten().zip(tickets.map(|value| value.spot()));
    let config = || {
        let (name, (desk, _), settle, every) = (name?, desk?, settle?, every?);
        let tickets = match query {
            Some(query) => Some(Filter::new(query?)),
            None => None,
        };
        let channel = Channel { name, desk, settle, every, allow_private };
        Some(ChannelConfig { channel, tickets })
    };
    Draft { config: config(), filter, asks }
}

fn duration(value: &Value<'_>, most: TimeDelta) -> Option<TimeDelta> {
    if value.is_string() && value.text() == Some("0s") {
        return Some(TimeDelta::zero());
    }
    let duration = TimeDelta::from_std(value.duration()?).ok().filter(|time| *time <= most);
    if duration.is_none() {
        let message = format!("this is more than {} hours", most.num_hours());
        value.fault(message, Some("write a time such as \"2m\"".into()));
    }
    duration
}

/// Reads the one sub-table that tells the kind.
fn desk(table: &Table<'_>, around: &Surroundings) -> Option<(Desk, Spot)> {
    let later: Vec<_> = LATER.into_iter().filter_map(|kind| table.take_later(kind)).collect();
    for value in &later {
        value.later();
    }
    let mut kinds: Vec<_> = KINDS
        .into_iter()
        .filter_map(|(kind, read)| Some((kind, read, table.take(kind)?)))
        .collect();
    kinds.sort_by_key(|(_, _, value)| value.position());
    if let [(first, ..), (second, _, value), ..] = kinds.as_slice() {
        value.fault_at_key(
            format!("a channel has one kind; this one is `{first}` and `{second}`"),
            None,
        );
        return None;
    }
    let Some((_, read, value)) = kinds.first() else {
        if later.is_empty() && !table.has_unknown_table() {
            let such = "write webhook.url = \"https://…\" and webhook.secret = { file = \"PATH\" }, \
                        or zammad, freshdesk, zendesk, chatwoot, liveagent";
            table.lacks("a channel needs a kind", Some(such.into()));
        }
        return None;
    };
    let kind = Kind { table: value.table_of("url")?, around };
    let desk = read(&kind);
    kind.table.finish();
    Some((desk?, value.spot()))
}

/// The table of a kind while it is read.
struct Kind<'r, 's> {
    table: Table<'r>,
    around: &'s Surroundings,
}

impl<'r> Kind<'r, '_> {
    /// Reads a secret, with its place.
    fn secret(&self, name: &'static str) -> Option<(Secret, Value<'r>)> {
        let value = self.table.need(name, &format!("{name} = {{ file = \"PATH\" }}"))?;
        let read = secret::read(&value, self.around)?;
        let secret = Secret::from(read.expose_secret());
        if secret.expose().chars().any(char::is_control) {
            value.fault(
                "no header can carry this: it has line breaks or other control characters",
                None,
            );
            return None;
        }
        Some((secret, value))
    }

    fn words(&self, name: &'static str, such: &str) -> Option<String> {
        let value = self.table.need(name, &format!("{name} = \"{such}\""))?;
        Some(value.words()?.trim().to_owned())
    }

    /// Reads a mail address.
    fn address(&self, name: &'static str, such: &str) -> Option<String> {
        let value = self.table.need(name, &format!("{name} = \"{such}\""))?;
        let address = value.words()?.trim();
        if let Err(reason) = check_address(address) {
            value.fault(reason, None);
            return None;
        }
        Some(address.to_owned())
    }

    /// Reads where the desk is: an address without more behind its path.
    fn base(&self, such: &str) -> Option<Url> {
        let value = self.table.need("url", &format!("url = \"{such}\""))?;
        let url = web(&value, such)?;
        if url.query().is_some() || url.fragment().is_some() {
            value.fault("nothing follows the address of a desk", Some(format!("write \"{such}\"")));
            return None;
        }
        Some(url)
    }
}

/// Reads a web address that holds no password.
fn web(value: &Value<'_>, such: &str) -> Option<Url> {
    let hint = || Some(format!("write \"{such}\""));
    let url = match Location::parse(value.words()?, value.reader.folder) {
        Ok(Location::Web(url)) => url,
        Ok(Location::File(_)) => {
            value.fault("this is no web address", hint());
            return None;
        }
        Err(reason) => {
            value.fault(reason, hint());
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        value.fault("user and password do not belong in the address", hint());
        return None;
    }
    if url.scheme() == "http" && !is_here(&url) {
        value.warn(
            "what customers wrote, and secrets, can be read on their way there",
            Some("write \"https://…\"".into()),
        );
    }
    Some(url)
}

fn webhook(kind: &Kind<'_, '_>) -> Option<Desk> {
    let such = "https://desk.example/vahti";
    let url =
        kind.table.need("url", &format!("url = \"{such}\"")).and_then(|value| web(&value, such));
    let (secret, value) = kind.secret("secret")?;
    if !kind.around.without_secrets
        && let Err(reason) = webhook::check_secret(&secret)
    {
        let hint = "write whsec_ and the base64 of 24 to 64 random bytes: `echo whsec_$(openssl rand -base64 32)`";
        value.fault(reason, Some(hint.into()));
        return None;
    }
    Some(Desk::Webhook(Webhook { url: url?, secret }))
}

fn zammad(kind: &Kind<'_, '_>) -> Option<Desk> {
    let url = kind.base("https://zammad.acme.example");
    let token = kind.secret("token");
    let group = kind.words("group", "Users");
    let customer = kind.address("customer", "mentions@acme.example");
    Some(Desk::Zammad(Zammad { url: url?, token: token?.0, group: group?, customer: customer? }))
}

fn freshdesk(kind: &Kind<'_, '_>) -> Option<Desk> {
    let url = kind.base("https://acme.freshdesk.com");
    let key = kind.secret("key");
    Some(Desk::Freshdesk(Freshdesk { url: url?, key: key?.0 }))
}

fn zendesk(kind: &Kind<'_, '_>) -> Option<Desk> {
    let url = kind.base("https://acme.zendesk.com");
    let agent = kind.address("agent", "vahti@acme.example");
    let token = kind.secret("token");
    let requester = if kind.table.has("requester") {
        Some(kind.address("requester", "mentions@acme.example")?)
    } else {
        None
    };
    Some(Desk::Zendesk(Zendesk { url: url?, agent: agent?, token: token?.0, requester }))
}

fn chatwoot(kind: &Kind<'_, '_>) -> Option<Desk> {
    let url = kind.base("https://chatwoot.acme.example");
    let token = kind.secret("token");
    let number = |name| {
        let value = kind.table.need(name, &format!("{name} = 1"))?;
        u64::try_from(value.number(1, usize::MAX)?).ok()
    };
    let (account, inbox) = (number("account"), number("inbox"));
    let (token, _) = token?;
    Some(Desk::Chatwoot(Chatwoot { url: url?, token, account: account?, inbox: inbox? }))
}

fn liveagent(kind: &Kind<'_, '_>) -> Option<Desk> {
    let url = kind.base("https://acme.ladesk.com");
    let key = kind.secret("key");
    let department = kind.words("department", "default");
    let recipient = kind.address("recipient", "support@acme.example");
    let customer = kind.address("customer", "mentions@acme.example");
    Some(Desk::LiveAgent(LiveAgent {
        url: url?,
        key: key?.0,
        department: department?,
        recipient: recipient?,
        customer: customer?,
    }))
}

#[cfg(test)]
mod tests;
