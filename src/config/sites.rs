//! Kinds that ask an API: their keys are read as each kind describes them.

use super::sources::{self, Found};
use super::surroundings::Surroundings;
use super::value::Value;
use super::{Place, SitePlace, secret};
use crate::fetch::{Location, Secret};
use crate::post::{Concerns, SourceName};
use crate::source::Kind;
use crate::source::site::{Given, Key, Site, Sort, Told, Watch, Wrong};
use secrecy::ExposeSecret;
use toml::de::DeValue;
use url::Url;

/// Reads the table of the kind.
pub(super) fn read(value: &Value<'_>, site: &'static Site, around: &Surroundings) -> Option<Found> {
    let (given, places) = given(value, site, around)?;
    let asks: Vec<Url> = given.url.iter().filter_map(web).cloned().collect();
    let watch = Watch {
        name: SourceName(String::new()),
        base: base(&given, site)?,
        given: &given,
        keywords: Vec::new(),
        languages: Vec::new(),
    };
    let concerns = match (site.build)(watch) {
        Ok(source) => source.concerns(),
        Err(Wrong { key, why, hint }) => {
            match places.iter().find(|(name, _)| *name == key) {
                Some((_, value)) => value.fault(why, hint),
                None => value.fault_at_key(why, hint),
            }
            return None;
        }
    };
    let is_of_brand = given.flag("about_brand") == Some(true);
    let wants_brands =
        site.concerns != Concerns::Named || concerns != Concerns::Named || is_of_brand;
    let spot = value.spot();
    let place = Place::Site(SitePlace { kind: site.kind, given });
    Some(Found { place, asks, spot, wants_brands })
}

/// What a source was told, and where each key stands.
type Written<'r> = (Given, Vec<(&'static str, Value<'r>)>);

/// Reads the keys of a kind.
fn given<'r>(value: &Value<'r>, site: &'static Site, around: &Surroundings) -> Option<Written<'r>> {
    let table = value.table()?;
    let mut given = Given::default();
    let mut places: Vec<(&'static str, Value<'r>)> = Vec::new();
    let mut is_fine = true;
    let url = if site.host.is_empty() && site.keys.iter().all(|key| key.name != "url") {
        table.need("url", "url = \"https://…\"")
    } else {
        table.take("url")
    };
    if let Some(value) = url {
        match sources::location(value) {
            Some((Location::File(_), value)) if site.kind != Kind::Json => {
                let hint =
                    value.text().map(|text| format!("write \"https://{}\"", text.escape_debug()));
                value.fault("this is no web address", hint);
                is_fine = false;
            }
            Some((location, value)) => {
                given.url = Some(location);
                places.push(("url", value));
            }
            None => is_fine = false,
        }
    } else {
        given.url = Url::parse(site.host).ok().map(Location::Web);
        is_fine &= given.url.is_some();
    }
    for key in site.keys {
        let value = if key.is_needed {
            table.need(key.name, &format!("{} = {}", key.name, key.such))
        } else {
            table.take(key.name)
        };
        let Some(value) = value else {
            is_fine &= !key.is_needed;
            continue;
        };
        match told(&value, key, around) {
            Some(told) => {
                given.told.insert(key.name.to_owned(), told);
                places.push((key.name, value));
            }
            None => is_fine = false,
        }
    }
    table.finish();
    is_fine.then_some((given, places))
}

/// Returns the address that a site's paths stand below.
pub(super) fn base(given: &Given, site: &Site) -> Option<Url> {
    given
        .url
        .as_ref()
        .and_then(web)
        .cloned()
        .or_else(|| Url::parse(site.host).ok())
        .or_else(|| Url::parse("http://localhost").ok())
}

fn web(location: &Location) -> Option<&Url> {
    match location {
        Location::Web(url) => Some(url),
        Location::File(_) => None,
    }
}

/// Reads what stands behind one key.
fn told(value: &Value<'_>, key: &Key, around: &Surroundings) -> Option<Told> {
    Some(match key.sort {
        Sort::Text => Told::Text(value.words()?.trim().to_owned()),
        Sort::Word(words) => {
            let choices: Vec<(&'static str, &'static str)> =
                words.iter().map(|word| (*word, *word)).collect();
            Told::Text(value.choice(&choices)?.to_owned())
        }
        Sort::Secret => Told::Secret(hidden(value, around)?),
        Sort::Texts => {
            let texts: Option<Vec<String>> = value
                .list()
                .iter()
                .map(|item| item.words().map(|text| text.trim().to_owned()))
                .collect();
            if !value.is_list() {
                return None;
            }
            Told::Texts(texts?)
        }
        Sort::Number(least, most) => {
            let bound = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
            let number = value.number(bound(least), bound(most))?;
            Told::Number(u64::try_from(number).unwrap_or(u64::MAX))
        }
        Sort::Money => Told::Number(money(value)?),
        Sort::Flag => Told::Flag(value.boolean()?),
        Sort::Folder => {
            let folder = value.reader.folder.join(value.words()?);
            if !folder.is_dir() {
                value.warn(format!("there is no folder {}", folder.display()), None);
            }
            Told::Text(folder.display().to_string())
        }
        Sort::Secrets => {
            let table = value.table()?;
            let mut secrets = Vec::new();
            for (name, value) in table.take_all() {
                secrets.push((name, hidden(&value, around)?));
            }
            Told::Secrets(secrets)
        }
    })
}

fn hidden(value: &Value<'_>, around: &Surroundings) -> Option<Secret> {
    Some(Secret::from(secret::read(value, around)?.expose_secret()))
}

/// Reads an amount, in millionths.
fn money(value: &Value<'_>) -> Option<u64> {
    let written = match value.is {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        _ => {
            value.fault("expected an amount", Some("write a number such as 50 or 0.005".into()));
            return None;
        }
    };
    let amount = millionths(&written);
    if amount.is_none() {
        let hint = "write a number such as 50 or 0.005, of at most a million";
        value.fault(format!("`{written}` is no amount"), Some(hint.into()));
    }
    amount
}

/// Reads a decimal number without sign and exponent, in millionths.
pub fn millionths(written: &str) -> Option<u64> {
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    if fraction.len() > 6 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u64 = whole.parse().ok().filter(|whole| *whole <= 1_000_000)?;
    let fraction: u64 = format!("{fraction:0<6}").parse().ok()?;
    Some(whole * 1_000_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_to_the_millionth() {
        for (written, expected) in [
            ("50", Some(50_000_000)),
            ("0.005", Some(5_000)),
            ("0.0000001", None),
            ("-1", None),
            ("1e3", None),
            ("1000001", None),
            ("inf", None),
        ] {
            assert_eq!(millionths(written), expected, "{written}");
        }
    }
}
