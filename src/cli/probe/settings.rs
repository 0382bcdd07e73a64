//! What `--set` says of a source that stands in no configuration.

use super::{ProbedSite, Probing};
use crate::brand::Brand;
use crate::cli::{Context, Failure};
use crate::config::SitePlace;
use crate::fetch::{Allowed, Location};
use crate::post::SourceName;
use crate::source::Kind;
use crate::source::forum::preset::{self, Selectors};
use crate::source::site::{Given, Key, Site, Sort, Told};
use chrono_tz::Tz;
use std::path::Path;

/// The keys, as they are named to somebody who wrote another.
const OF_ALL: &str = "url, content_type, allow_private_addresses";
const OF_FORUMS: &str = "url, content_type, allow_private_addresses, engine, timezone, \
    selectors.post.container and the other selectors";

/// What `--set` said.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) url: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) allow_private: Option<Allowed>,
    pub(super) engine: Option<String>,
    pub(super) zone: Option<Tz>,
    pub(super) selectors: Selectors,
    /// What a kind that asks an API is told, as written.
    told: Vec<(String, String)>,
}

impl Settings {
    /// Reads pairs of `key=value` for a source of `kind`.
    pub(super) fn read(pairs: &[String], kind: &str) -> Result<Self, Failure> {
        let mut settings = Self::default();
        let site = Kind::named(kind).and_then(Kind::site);
        for pair in pairs {
            let Some((key, value)) = pair.split_once('=') else {
                // What was written may be a secret.
                return Err(Failure::usage("a `--set` has no `=`; write --set key=value"));
            };
            if let Some(site) = site
                && site.keys.iter().any(|known| names(known, key.trim()))
            {
                settings.told.push((key.trim().to_owned(), value.to_owned()));
                continue;
            }
            let is_known = settings.take(key.trim(), value, kind == "forum")?;
            if !is_known {
                let mut known = if kind == "forum" { OF_FORUMS } else { OF_ALL }.to_owned();
                for key in site.into_iter().flat_map(|site| site.keys) {
                    known = format!("{known}, {}", key.name);
                }
                return Err(Failure::usage(format!("`{}` is no setting of this kind", key.trim()))
                    .hint(format!("settings: {known}")));
            }
        }
        Ok(settings)
    }

    /// Makes the source of a kind that asks an API. What it would need to be let in may be missing: the
    /// server will say so.
    pub(super) fn site(
        &self,
        site: &'static Site,
        location: Location,
        context: &Context,
    ) -> Result<Probing, Failure> {
        let mut given = Given::default();
        for (key, value) in &self.told {
            let Some(known) = site.keys.iter().find(|known| names(known, key)) else { continue };
            let told = told(known, key, value)?;
            match (given.told.get_mut(known.name), told) {
                (Some(Told::Texts(texts)), Told::Texts(more)) => texts.extend(more),
                (Some(Told::Secrets(secrets)), Told::Secrets(more)) => secrets.extend(more),
                (_, told) => drop(given.told.insert(known.name.to_owned(), told)),
            }
        }
        let host = (!site.host.is_empty()).then(|| Location::parse(site.host, Path::new(".")));
        given.url = match location {
            Location::Web(url) => Some(Location::Web(url)),
            Location::File(_) => host.and_then(Result::ok),
        };
        let place = SitePlace { kind: site.kind, given };
        let config = context.path().ok().and_then(|_| context.config().ok());
        let brands: Vec<&Brand> = config.iter().flat_map(|config| &config.brands).collect();
        let name = SourceName(site.kind.word().to_owned());
        match place.source(&name, &brands) {
            Ok(source) => Ok(Probing::Site(Box::new(ProbedSite {
                source,
                needs: site.needs,
                allow_private: self.allow_private.clone(),
            }))),
            Err(wrong) => {
                let failure = Failure::usage(format!("`{}`: {}", wrong.key, wrong.why));
                Err(match wrong.hint {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                })
            }
        }
    }

    /// Takes one setting, if it is one of this kind.
    fn take(&mut self, key: &str, value: &str, is_forum: bool) -> Result<bool, Failure> {
        match key {
            "url" => self.url = Some(value.to_owned()),
            "content_type" => self.content_type = Some(value.to_owned()),
            "allow_private_addresses" => {
                self.allow_private = Some(match value {
                    "true" => Allowed::All,
                    "false" => Allowed::Nobody,
                    _ => {
                        return Err(Failure::usage(format!("`{value}` is neither true nor false")));
                    }
                });
            }
            "engine" if is_forum => {
                if preset::named(value).is_empty() {
                    let known = preset::words().join(", ");
                    return Err(Failure::usage(format!("`{value}` is no forum software we know"))
                        .hint(format!("known: {known}")));
                }
                self.engine = Some(value.to_owned());
            }
            "timezone" if is_forum => {
                let zone = value
                    .parse()
                    .map_err(|_| Failure::usage(format!("`{value}` is no time zone")))?;
                self.zone = Some(zone);
            }
            _ => match key.strip_prefix("selectors.").filter(|_| is_forum) {
                Some(key) => self
                    .selectors
                    .set(key, &[value])
                    .map_err(|fault| Failure::usage(fault.to_string()))?,
                None => return Ok(false),
            },
        }
        Ok(true)
    }
}

/// Tells whether `written` names a key, or an entry of the table behind it.
fn names(key: &Key, written: &str) -> bool {
    let is_entry = || {
        let entry = written.strip_prefix(key.name);
        entry.is_some_and(|entry| entry.starts_with('.') && entry.len() > 1)
    };
    key.name == written || (key.sort == Sort::Secrets && is_entry())
}

/// Reads what stands behind a key on the command line; lists are parted by commas.
fn told(key: &Key, written: &str, value: &str) -> Result<Told, Failure> {
    let shown = match key.sort {
        Sort::Secret | Sort::Secrets => "…",
        _ => value,
    };
    let wrong = |what: &str| Failure::usage(format!("`{written}={shown}`: {what}"));
    Ok(match key.sort {
        Sort::Text | Sort::Folder => Told::Text(value.to_owned()),
        Sort::Word(words) if words.contains(&value) => Told::Text(value.to_owned()),
        Sort::Word(words) => return Err(wrong(&format!("there are {}", words.join(", ")))),
        Sort::Secret => Told::Secret(value.into()),
        Sort::Texts => Told::Texts(
            value.split(',').map(|text| text.trim().to_owned()).filter(|t| !t.is_empty()).collect(),
        ),
        Sort::Number(least, most) => {
            let number = value.parse().ok().filter(|number| (least..=most).contains(number));
            Told::Number(number.ok_or_else(|| wrong(&format!("write {least} to {most}")))?)
        }
        Sort::Money => {
            let amount = crate::config::millionths(value);
            Told::Number(amount.ok_or_else(|| wrong("write an amount such as 50 or 0.005"))?)
        }
        Sort::Flag => match value {
            "true" => Told::Flag(true),
            "false" => Told::Flag(false),
            _ => return Err(wrong("write true or false")),
        },
        Sort::Secrets => {
            let name = written.strip_prefix(key.name).and_then(|rest| rest.strip_prefix('.'));
            let name = name.ok_or_else(|| wrong("write KEY.NAME=VALUE"))?;
            Told::Secrets(vec![(name.to_owned(), value.into())])
        }
    })
}
