//! `[[source]]`: where posts come from.

use super::http;
use super::problem::Spot;
use super::reader::Table;
use super::surroundings::Surroundings;
use super::value::Value;
use super::{Place, SourceConfig, brands, files, forum, sites, when};
use crate::brand::BrandName;
use crate::fetch::{Allowed, Location};
use crate::post::SourceName;
use crate::source::{Kind, opml};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;
use url::{Host, Url};

/// A public host that is asked more often than this may well refuse.
const SHORT: Duration = Duration::from_mins(5);

/// A source as read, and what can only be checked when all files are.
pub(super) struct Draft {
    /// `None` where something is wrong with it.
    pub(super) config: Option<SourceConfig>,
    /// The brands it names, and where.
    pub(super) brands: Vec<(String, Spot)>,
    /// The IP address that it asks where its own is one, and what the source itself allows.
    pub(super) asks: Option<(IpAddr, Option<Allowed>, Spot)>,
    /// Where the kind stands, if what it brings concerns brands by its place and none is named.
    pub(super) wants_brands: Option<Spot>,
}

/// Reads one source. `name` is its name, which the caller keeps a list of.
pub(super) fn read(table: Table<'_>, name: Option<String>, around: &Surroundings) -> Draft {
    let place = place(&table, around);
    let schedule_value = table.take("schedule");
    let schedule =
        schedule_value.as_ref().and_then(|value| when::schedule(value, value.words()?, &[]));
    let brands: Vec<(String, Spot)> = table.take("brands").map_or_else(Vec::new, |value| {
        let named = |item: Value<'_>| Some((item.words()?.to_owned(), item.spot()));
        value.list().into_iter().filter_map(named).collect()
    });
    let allow_private =
        table.take("allow_private_addresses").and_then(|value| http::allowed(&value));
    let tickets = table.take("tickets").and_then(|value| value.choice(&brands::POLICIES));
    table.suggest("feed.url");
    table.suggest("forum.url");
    table.finish();
    if let (Some(value), Some(schedule), Some(found)) = (&schedule_value, &schedule, &place)
        && schedule.shortest_gap() < SHORT
        && found.is_public()
    {
        value.warn(
            "a public host is asked more often than every five minutes, and may refuse",
            Some("write \"15m\", or leave it out".into()),
        );
    }
    let asks = place.as_ref().and_then(|found| {
        let address = found.asks.first().and_then(address)?;
        Some((address, allow_private.clone(), found.spot.clone()))
    });
    let wants_brands = place.as_ref().filter(|found| found.wants_brands && brands.is_empty());
    let wants_brands = wants_brands.map(|found| found.spot.clone());
    let config = match (name, place) {
        (Some(name), Some(found)) => Some(SourceConfig {
            name: SourceName(name),
            place: found.place,
            schedule,
            brands: brands.iter().map(|(name, _)| BrandName(name.clone())).collect(),
            allow_private,
            tickets,
        }),
        _ => None,
    };
    Draft { config, brands, asks, wants_brands }
}

/// Where a source is, and the addresses that it asks as far as they are known.
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) asks: Vec<Url>,
    pub(super) spot: Spot,
    /// Whether it brings what concerns brands by its place.
    pub(super) wants_brands: bool,
}

impl Found {
    fn is_public(&self) -> bool {
        self.asks.iter().any(is_public)
    }
}

/// Reads the one sub-table that tells the kind.
fn place(table: &Table<'_>, around: &Surroundings) -> Option<Found> {
    let mut kinds: Vec<_> =
        Kind::ALL.into_iter().filter_map(|kind| Some((kind, table.take(kind.word())?))).collect();
    kinds.sort_by_key(|(_, value)| value.position());
    if let [(first, _), (second, value), ..] = kinds.as_slice() {
        value.fault_at_key(
            format!("a source has one kind; this one is `{first}` and `{second}`"),
            None,
        );
    }
    if kinds.is_empty() && !table.has_unknown_table() && !table.has("url") {
        let such = "write feed.url = \"https://…\", forum.url = \"https://…\" or opml.url = \"feeds.opml\"";
        table.lacks("a source needs a kind", Some(such.into()));
    }
    let found: Vec<_> = kinds
        .iter()
        .filter_map(|(kind, value)| match kind {
            Kind::Feed => feed(value),
            Kind::Forum => forum(value),
            Kind::Opml => opml(value),
            kind => sites::read(value, kind.site()?, around),
        })
        .collect();
    match kinds.len() {
        1 => found.into_iter().next(),
        _ => None,
    }
}

fn feed(value: &Value<'_>) -> Option<Found> {
    let (location, value) = only_location(value)?;
    let asks = asked(&location, &value);
    Some(Found { place: Place::Feed(location), asks, spot: value.spot(), wants_brands: false })
}

fn forum(value: &Value<'_>) -> Option<Found> {
    let (place, value) = forum::read(value)?;
    let asks = asked(&place.location, &value);
    Some(Found { place: Place::Forum(place), asks, spot: value.spot(), wants_brands: false })
}

/// Returns the address that is asked; a file that cannot be read now is warned of.
fn asked(location: &Location, value: &Value<'_>) -> Vec<Url> {
    match location {
        Location::Web(url) => vec![url.clone()],
        Location::File(path) => {
            // Another program may write it later: at each poll it is there or not.
            if let Err(reason) = files::open(path) {
                value.warn(unreadable(path, &reason), files::neighbour(path));
            }
            Vec::new()
        }
    }
}

fn opml(value: &Value<'_>) -> Option<Found> {
    let (location, value) = only_location(value)?;
    let asks = match &location {
        Location::Web(url) => vec![url.clone()],
        Location::File(path) => {
            let said = |reason: &str| value.fault(unreadable(path, reason), files::neighbour(path));
            let bytes = files::read(path).map_err(|reason| said(&reason)).ok()?;
            let outlines = opml::read(&bytes).map_err(|bad| said(&bad.0)).ok()?;
            if outlines.is_empty() {
                value.warn("there is no feed in this file", None);
            }
            outlines
                .into_iter()
                .filter_map(|outline| Url::parse(outline.url.as_ref()).ok())
                .collect()
        }
    };
    Some(Found { place: Place::Opml(location), asks, spot: value.spot(), wants_brands: false })
}

/// Reads the `url` of a kind.
fn only_location<'r>(kind: &Value<'r>) -> Option<(Location, Value<'r>)> {
    let table = kind.table_of("url")?;
    let value = table.need("url", "url = \"https://…\", an address or a file");
    table.finish();
    location(value?)
}

/// Reads where something is.
pub(super) fn location(value: Value<'_>) -> Option<(Location, Value<'_>)> {
    match Location::parse(value.words()?, value.reader.folder) {
        Ok(location) => Some((location, value)),
        Err(reason) => {
            value.fault(reason, None);
            None
        }
    }
}

fn unreadable(path: &Path, reason: &str) -> String {
    format!("cannot read {}: {reason}", path.display())
}

/// Returns the IP address that `url` names, if it does not name a host.
pub(super) fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain("localhost") => Some(Ipv4Addr::LOCALHOST.into()),
        Host::Domain(_) => None,
    }
}

/// Tells whether `url` names, by its looks, somebody on the public internet.
fn is_public(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match address(url) {
        Some(address) => Allowed::Nobody.permits(address),
        None => host.contains('.') && !host.ends_with(".localhost") && !host.ends_with(".internal"),
    }
}
