//! What is remembered of a Lemmy server between polls, and what a request was for.

use crate::source::Cursor;
use crate::source::turns::Turns;
use crate::text::Language;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// Numbers of languages above this are not remembered; servers know some 190.
const MOST_LANGUAGES: usize = 400;

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Api {
    /// v3 before 0.19, where the token is a parameter.
    Old,
    V3,
    V4,
}

/// What the cursor holds.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// `None` where it is to be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) api: Option<Api>,
    /// The codes of the server's languages, each at the place of its number; `-` where it has no code
    /// of two letters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    languages: String,
    #[serde(default)]
    pub(super) turns: Turns,
}

impl Memory {
    /// Reads a cursor. One that does not read is a beginning.
    pub(super) fn of(cursor: &Cursor) -> Self {
        serde_json::from_str(&cursor.0).unwrap_or_default()
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// Notes what the numbers of languages mean, as the answer about the site tells.
    pub(super) fn learn_languages(&mut self, site: &Value) {
        let Some(all) = site.get("all_languages").and_then(Value::as_array) else { return };
        let mut codes: Vec<Option<Language>> = Vec::new();
        for language in all {
            let number = language.get("id").and_then(Value::as_u64);
            let number = number.and_then(|number| usize::try_from(number).ok());
            let code = language.get("code").and_then(Value::as_str);
            let (Some(number), Some(code)) = (number, code) else { continue };
            if number < MOST_LANGUAGES {
                codes.resize(codes.len().max(number + 1), None);
                if let Some(slot) = codes.get_mut(number) {
                    *slot = code.parse().ok();
                }
            }
        }
        let words: Vec<&str> =
            codes.iter().map(|code| code.as_ref().map_or("-", Language::code)).collect();
        self.languages = words.join(" ");
    }

    /// Returns the language with this number, where that is known.
    pub(super) fn language(&self, number: u64) -> Option<Language> {
        let number = usize::try_from(number).ok()?;
        self.languages.split(' ').nth(number)?.parse().ok()
    }
}

/// What a request is for, as its note says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// Which version the server is.
    Site { is_v4: bool },
    /// A page of a list; one with which a poll begins stands by what was known before.
    Search { api: Api, list: &'a str, is_taken_up: bool },
    /// Nobody knows: a reply that was saved.
    Nothing,
}

impl<'a> Asked<'a> {
    pub(super) fn of(about: &'a str) -> Self {
        let Some((what, list)) = about.split_once(' ') else { return Self::Nothing };
        let (what, is_taken_up) = what.strip_prefix('+').map_or((what, false), |what| (what, true));
        let api = match what {
            "site" => return Self::Site { is_v4: list == "v4" },
            "old" => Api::Old,
            "v3" => Api::V3,
            "v4" => Api::V4,
            _ => return Self::Nothing,
        };
        Self::Search { api, list, is_taken_up }
    }
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site { is_v4 } => f.write_str(if *is_v4 { "site v4" } else { "site v3" }),
            Self::Search { api, list, is_taken_up } => {
                let api = match api {
                    Api::Old => "old",
                    Api::V3 => "v3",
                    Api::V4 => "v4",
                };
                write!(f, "{}{api} {list}", if *is_taken_up { "+" } else { "" })
            }
            Self::Nothing => Ok(()),
        }
    }
}
