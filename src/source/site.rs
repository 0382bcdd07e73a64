//! What a kind of source that asks an API needs to be told. Each kind says it once, in its own file:
//! the configuration, `check`, `probe` and the samples all read it from there.

use super::{Kind, Source};
use crate::fetch::{Location, Secret};
use crate::post::{Concerns, SourceName};
use crate::query::Query;
use crate::text::Language;
use std::collections::BTreeMap;
use url::Url;

/// A kind of source, as its file describes it.
#[derive(Debug)]
pub struct Site {
    pub kind: Kind,
    /// The address of its API where none is given with the key `url`. Empty where each has its own, so
    /// that `url` must be given.
    pub host: &'static str,
    /// What it can be told, beside `url`.
    pub keys: &'static [Key],
    /// Whom its posts concern. Other than [`Concerns::Named`], the source must say for which brands it
    /// is as soon as there are several.
    pub concerns: Concerns,
    /// Which account, permission or scope it needs, in a sentence; empty where it needs none.
    pub needs: &'static str,
    pub build: fn(Watch<'_>) -> Result<Box<dyn Source>, Wrong>,
}

/// One thing that a source can be told.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub sort: Sort,
    /// Whether nothing works without it. A saved reply is read without it all the same.
    pub is_needed: bool,
    /// What to write, as in TOML: `"acme.example"`, `["fi", "tr"]`.
    pub such: &'static str,
}

/// What may stand behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Secret,
    Texts,
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// An amount of money: a number with or without a fraction, in millionths.
    Money,
    Flag,
    /// A folder.
    Folder,
    /// A table of names, each with a secret.
    Secrets,
}

/// What one key was told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Text(String),
    Secret(Secret),
    Texts(Vec<String>),
    Number(u64),
    Flag(bool),
    Secrets(Vec<(String, Secret)>),
}

/// What a source was told. What was not told is empty, none or false.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// Where it is asked: the key `url`, or the kind's own host.
    pub url: Option<Location>,
    pub told: BTreeMap<String, Told>,
}

impl Given {
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.told.get(key) {
            Some(Told::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn texts(&self, key: &str) -> &[String] {
        match self.told.get(key) {
            Some(Told::Texts(texts)) => texts,
            _ => &[],
        }
    }

    pub fn secret(&self, key: &str) -> Option<&Secret> {
        match self.told.get(key) {
            Some(Told::Secret(secret)) => Some(secret),
            _ => None,
        }
    }

    pub fn secrets(&self, key: &str) -> &[(String, Secret)] {
        match self.told.get(key) {
            Some(Told::Secrets(secrets)) => secrets,
            _ => &[],
        }
    }

    /// A number, or an amount in millionths.
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.told.get(key) {
            Some(Told::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.told.get(key) {
            Some(Told::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// Says which place this is, without secrets: with other words it is another source, of which
    /// nothing is known yet.
    pub fn identity(&self, kind: Kind) -> String {
        let place = self.url.as_ref().map(ToString::to_string).unwrap_or_default();
        let texts = self.told.iter().filter_map(|(key, told)| match told {
            // Another version of an API is no other place.
            Told::Text(text) if key != "version" => Some(format!(" {key}={text}")),
            _ => None,
        });
        format!("{kind} {place}{}", texts.collect::<String>())
    }
}

/// What a source is made of.
#[derive(Debug, Clone)]
pub struct Watch<'a> {
    pub name: SourceName,
    /// The base address, without a slash at its end. A saved reply has none of its own: then it is the
    /// kind's host.
    pub base: Url,
    pub given: &'a Given,
    /// The keywords of the brands that are looked for there.
    pub keywords: Vec<Query>,
    /// The languages of their customers; empty: any.
    pub languages: Vec<Language>,
}

impl Watch<'_> {
    /// Returns the address of `path`, which begins with a slash, with these parameters.
    pub fn at(&self, path: &str, query: &[(&str, &str)]) -> Url {
        at(&self.base, path, query)
    }
}

/// Returns the address of `path`, which begins with a slash, below `base`, with these parameters.
pub fn at(base: &Url, path: &str, query: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query(None);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

/// Says which key of a source will not do, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The key, or empty where it is the whole.
    pub key: &'static str,
    pub why: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Wrong {
    pub fn new(key: &'static str, why: impl Into<String>) -> Self {
        Self { key, why: why.into(), hint: None }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}
