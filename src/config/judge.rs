//! `[judge]`: who judges the mentions, and from how many points on they are urgent. A brand may keep to
//! the judge in vahti itself.

use super::mail::is_here;
use super::problem::Spot;
use super::reader::Table;
use super::secret;
use super::surroundings::Surroundings;
use super::value::Value;
use crate::brand::BrandName;
use crate::enrich::engine::{Engine, Service};
use crate::enrich::priority::Thresholds;
use crate::fetch::{Location, Secret};
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Posts wait for the answer before they are stored.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(20);
const BUDGET: u64 = 1_000;
const MOST_BUDGET: usize = 1_000_000;
/// No sum of points comes near this.
const MOST_POINTS: usize = 100;
const SUCH: &str = "http.url = \"http://127.0.0.1:9000/judge\"";

/// Who judges, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judge {
    pub thresholds: Thresholds,
    /// For all brands but those that keep to the built-in judge.
    engine: Engine,
    built_in: BTreeSet<BrandName>,
}

impl Judge {
    /// Returns who judges the mentions of a brand.
    pub fn of(&self, brand: &BrandName) -> &Engine {
        if self.built_in.contains(brand) { &Engine::BuiltIn } else { &self.engine }
    }

    /// Returns the service that judges for one brand or another.
    pub fn service(&self) -> Option<&Arc<Service>> {
        match &self.engine {
            Engine::BuiltIn => None,
            Engine::Http(service) => Some(service),
        }
    }
}

/// What a brand says of who judges it.
#[derive(Clone, Copy, PartialEq)]
enum Choice {
    BuiltIn,
    Http,
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) config: Judge,
    /// Whether there is a table of a service, right or wrong.
    has_service: bool,
    /// The brands that ask for a service, and where.
    wanted: Vec<Spot>,
}

impl Draft {
    /// Reads the table.
    pub(super) fn read(&mut self, table: Table<'_>, around: &Surroundings) {
        table.suggest("http.url");
        if let Some(value) = table.take("http") {
            self.has_service = true;
            let service = value.table_of("url").and_then(|http| service(http, around));
            self.config.engine =
                service.map_or(Engine::BuiltIn, |service| Engine::Http(Arc::new(service)));
        }
        if let Some(value) = table.take("priority") {
            self.config.thresholds = thresholds(&value).unwrap_or_default();
        }
        table.finish();
    }

    /// Reads what the table of a brand says.
    pub(super) fn read_brand(&mut self, table: &Table<'_>, name: Option<&str>) {
        let Some(value) = table.take("judge") else { return };
        match value.choice(&[("built-in", Choice::BuiltIn), ("http", Choice::Http)]) {
            Some(Choice::BuiltIn) => {
                self.config.built_in.extend(name.map(|name| BrandName(name.to_owned())));
            }
            Some(Choice::Http) => self.wanted.push(value.spot()),
            None => {}
        }
    }

    /// Returns where brands ask for a service that there is not.
    pub(super) fn in_vain(&self) -> &[Spot] {
        if self.has_service { &[] } else { &self.wanted }
    }
}

/// Says what a brand lacks that asks for a service.
pub(super) fn no_service() -> (&'static str, String) {
    ("there is no [judge] that says which service judges", format!("write [judge] with {SUCH}"))
}

fn service(table: Table<'_>, around: &Surroundings) -> Option<Service> {
    let url_value = table.need("url", SUCH);
    let url = url_value.as_ref().and_then(address);
    let chat_value = table.take("chat");
    let chat = chat_value.as_ref().and_then(|value| Some(value.words()?.trim().to_owned()));
    let token_value = table.take("token");
    let token = token_value.as_ref().and_then(|value| secret::read(value, around));
    let timeout = match table.take("timeout") {
        Some(value) => timeout(&value),
        None => Some(TIMEOUT),
    };
    let budget = match table.take("budget") {
        Some(value) => value.number(1, MOST_BUDGET).and_then(|number| u64::try_from(number).ok()),
        None => Some(BUDGET),
    };
    table.finish();
    if let (Some(url), Some(value)) = (&url, &url_value)
        && url.scheme() == "http"
        && !is_here(url)
    {
        let what = match &token {
            Some(_) => "the texts and the token can be read on their way to the service",
            None => "the texts can be read on their way to the service",
        };
        value.warn(what, Some("write \"https://…\"".into()));
    }
    let is_read =
        chat.is_some() == chat_value.is_some() && token.is_some() == token_value.is_some();
    let token = token.map(|token| Secret::from(token.expose_secret()));
    is_read.then_some(Service { url: url?, chat, token, timeout: timeout?, budget: budget? })
}

fn address(value: &Value<'_>) -> Option<Url> {
    let such = || Some("write \"http://127.0.0.1:9000/judge\"".to_owned());
    let url = match Location::parse(value.words()?, value.reader.folder) {
        Ok(Location::Web(url)) => url,
        Ok(Location::File(_)) => {
            value.fault("this is no web address", such());
            return None;
        }
        Err(reason) => {
            value.fault(reason, such());
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        let hint = "write http.token, which is sent as `Authorization: Bearer`";
        value.fault("user and password do not belong in the address", Some(hint.into()));
        return None;
    }
    Some(url)
}

fn timeout(value: &Value<'_>) -> Option<Duration> {
    let timeout = value.duration()?;
    if timeout.is_zero() || timeout > LONGEST_TIMEOUT {
        let most = LONGEST_TIMEOUT.as_secs();
        value.fault(
            format!("posts wait for the judge before they are stored, {most} s at most"),
            Some("write a time such as \"5s\"".into()),
        );
        return None;
    }
    Some(timeout)
}

fn thresholds(value: &Value<'_>) -> Option<Thresholds> {
    let table = value.table()?;
    let usual = Thresholds::default();
    let points = |name, usual| match table.take(name) {
        Some(value) => value.number(0, MOST_POINTS).and_then(|number| u32::try_from(number).ok()),
        None => Some(usual),
    };
    let [urgent, high, normal] = [
        points("urgent", usual.urgent),
        points("high", usual.high),
        points("normal", usual.normal),
    ];
    table.finish();
    let thresholds = Thresholds { urgent: urgent?, high: high?, normal: normal? };
    let Thresholds { urgent, high, normal } = thresholds;
    if urgent > high && high > normal {
        return Some(thresholds);
    }
    value.fault(
        format!(
            "urgent must begin above high, and high above normal; here they begin at {urgent}, \
             {high} and {normal}"
        ),
        Some(format!(
            "write {{ urgent = {}, high = {}, normal = {} }}, or others that fall so",
            usual.urgent, usual.high, usual.normal
        )),
    );
    None
}
