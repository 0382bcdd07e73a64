//! `[[channel]]`: other desks, where tickets are opened too, and rooms, which are told alerts.

use super::alerts;
use super::http;
use super::mail::is_here;
use super::problem::Spot;
use super::reader::Table;
use super::secret;
use super::surroundings::Surroundings;
use super::value::Value;
use crate::delivery::chat::{Place, Room};
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

mod rooms;

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
    /// Its name, where it has one.
    pub(super) name: Option<String>,
    /// `None` where it is no desk, or something is wrong with it.
    pub(super) config: Option<ChannelConfig>,
    /// `None` where it is told no alerts, or something is wrong with it.
    pub(super) room: Option<Room>,
    /// Whether alerts can be told there; also where it is faulty.
    pub(super) takes_alerts: bool,
    /// Where it stands, if it is told nothing unless an alert names it.
    pub(super) unheard: Option<Spot>,
    pub(super) filter: Option<(Query, Spot)>,
    /// The address that it asks, and what it allows itself.
    pub(super) asks: Option<(Url, Option<Allowed>, Spot)>,
}

/// What a kind turns out to be.
enum End {
    Desk(Desk),
    Room(Place),
    /// Tickets are opened there, and alerts told.
    Both(Webhook),
}

impl End {
    fn desk(&self) -> Option<Desk> {
        match self {
            Self::Desk(desk) => Some(desk.clone()),
            Self::Both(webhook) => Some(Desk::Webhook(webhook.clone())),
            Self::Room(_) => None,
        }
    }

    fn place(&self) -> Option<Place> {
        match self {
            Self::Room(place) => Some(place.clone()),
            Self::Both(webhook) => Some(Place::Webhook(webhook.clone())),
            Self::Desk(_) => None,
        }
    }

    /// Returns the address that is asked; `None` for a program.
    fn url(&self) -> Option<Url> {
        match self {
            Self::Desk(desk) => Some(desk.base().clone()),
            Self::Both(webhook) => Some(webhook.url.clone()),
            Self::Room(place) => place.url().cloned(),
        }
    }
}

/// How a kind is read.
type Reader = for<'r> fn(&Kind<'r, '_>) -> Option<End>;

/// The kinds there are.
const KINDS: [(&str, Reader); 12] = [
    ("webhook", webhook),
    ("zammad", |kind| zammad(kind).map(End::Desk)),
    ("freshdesk", |kind| freshdesk(kind).map(End::Desk)),
    ("zendesk", |kind| zendesk(kind).map(End::Desk)),
    ("chatwoot", |kind| chatwoot(kind).map(End::Desk)),
    ("liveagent", |kind| liveagent(kind).map(End::Desk)),
    ("slack", |kind| rooms::slack(kind).map(End::Room)),
    ("teams", |kind| rooms::teams(kind).map(End::Room)),
    ("discord", |kind| rooms::discord(kind).map(End::Room)),
    ("matrix", |kind| rooms::matrix(kind).map(End::Room)),
    ("ntfy", |kind| rooms::ntfy(kind).map(End::Room)),
    ("exec", |kind| rooms::exec(kind).map(End::Room)),
];

/// Which of them are told alerts.
const ROOMS: [&str; 7] = ["webhook", "slack", "teams", "discord", "matrix", "ntfy", "exec"];

/// Which of them take no tickets.
fn is_room_only(kind: &str) -> bool {
    ROOMS.contains(&kind) && kind != "webhook"
}

/// Reads one channel. `name` is its name, which the caller keeps a list of.
pub(super) fn read(table: Table<'_>, name: Option<String>, around: &Surroundings) -> Draft {
    if name.as_ref().is_some_and(|name| name.contains('@'))
        && let Some(value) = table.take("name")
    {
        value.fault("a channel has no `@` in its name: that is for mail addresses", None);
    }
    let kind = KINDS.iter().map(|(kind, _)| *kind).find(|kind| table.has(kind));
    let is_room_only = kind.is_some_and(is_room_only);
    let [tickets, settle, every] = ["tickets", "settle", "every"].map(|name| table.take(name));
    if is_room_only {
        for value in [&tickets, &settle, &every].into_iter().flatten() {
            let message = format!("`{}` is told alerts, and takes no tickets", kind.unwrap_or(""));
            let hint = "write the name of the channel into `to` of an [[alert]]";
            value.fault_at_key(message, Some(hint.into()));
        }
    }
    let tickets = tickets.filter(|_| !is_room_only);
    let query = tickets.as_ref().map(alerts::filter);
    let duration = |value: Option<Value<'_>>, usual| match value {
        Some(value) => duration(&value, MOST_SETTLE),
        None => Some(usual),
    };
    let every = duration(every, EVERY);
    let allow_private =
        table.take("allow_private_addresses").and_then(|value| http::allowed(&value));
    let end = end(&table, around);
    let desk = end.as_ref().and_then(|(end, _)| end.desk());
    let usual = match &desk {
        Some(Desk::Freshdesk(_)) => SETTLE_FRESHDESK,
        _ => SETTLE,
    };
    let settle = duration(settle, usual);
    let takes_alerts = kind.is_some_and(|kind| ROOMS.contains(&kind));
    if tickets.is_none() && desk.is_some() && !takes_alerts {
        let hint = "write tickets = \"\" for all tickets, or a query such as \"lang:fi\"";
        table.warns("nothing is told to this channel", hint);
    }
    let unheard = (tickets.is_none() && end.is_some() && takes_alerts).then(|| table.spot());
    table.finish();
    let asks = end
        .as_ref()
        .and_then(|(end, spot)| Some((end.url()?, allow_private.clone(), spot.clone())));
    let filter = query.clone().flatten().zip(tickets.map(|value| value.spot()));
    let room = end.and_then(|(end, _)| {
        let (name, allow_private) = (name.clone()?, allow_private.clone());
        Some(Room { name, place: end.place()?, allow_private })
    });
    let config = || {
        let (name, desk, settle, every) = (name.clone()?, desk?, settle?, every?);
        let tickets = match query {
            Some(query) => Some(Filter::new(query?)),
            None => None,
        };
        let channel = Channel { name, desk, settle, every, allow_private };
        Some(ChannelConfig { channel, tickets })
    };
    let config = config();
    Draft { name, config, room, takes_alerts, unheard, filter, asks }
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
fn end(table: &Table<'_>, around: &Surroundings) -> Option<(End, Spot)> {
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
    let Some((kind, read, value)) = kinds.first() else {
        if !table.has_unknown_table() {
            let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).skip(1).collect();
            let such = format!(
                "write webhook.url = \"https://…\" and webhook.secret = {{ file = \"PATH\" }}, or {}",
                kinds.join(", ")
            );
            table.lacks("a channel needs a kind", Some(such));
        }
        return None;
    };
    if let ("exec", Some(program)) = (*kind, value.text()) {
        let hint = format!("write exec.command = [\"{}\"]", program.escape_debug());
        value.fault("expected a table, found a string", Some(hint));
        return None;
    }
    let kind = Kind { table: value.table_of("url")?, around };
    let end = read(&kind);
    kind.table.finish();
    Some((end?, value.spot()))
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

fn webhook(kind: &Kind<'_, '_>) -> Option<End> {
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
    Some(End::Both(Webhook { url: url?, secret }))
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
