//! The words of the public report: one file a language, which a speaker can correct without knowing
//! Rust. What a file lacks or has too much of is found by the tests.

use crate::enrich::Matter;
use crate::text::Language;
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use std::sync::LazyLock;

/// Every word and pattern of one language; the names are those of the files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) code: String,
    months: [String; 12],
    day: String,
    pub(super) decimal: String,
    pub(super) title: String,
    pub(super) title_of: String,
    pub(super) period: String,
    pub(super) footer: String,
    pub(super) minutes: String,
    pub(super) hours: String,
    pub(super) days: String,
    pub(super) count_head: String,
    pub(super) matter_head: String,
    pub(super) question_head: String,
    pub(super) said_heading: String,
    pub(super) said: String,
    pub(super) said_one: String,
    pub(super) nothing: String,
    pub(super) matters: String,
    pub(super) done_heading: String,
    pub(super) resolved: String,
    pub(super) resolved_one: String,
    pub(super) resolved_none: String,
    pub(super) answer: String,
    pub(super) within: String,
    pub(super) resolution: String,
    pub(super) ratings: String,
    pub(super) rating_one: String,
    pub(super) causes_heading: String,
    pub(super) cause: String,
    pub(super) cause_one: String,
    pub(super) other: String,
    pub(super) questions_heading: String,
    pub(super) questions: String,
    matter: Matters,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Matters {
    delivery: String,
    quality: String,
    billing: String,
    service: String,
    availability: String,
    price: String,
    privacy: String,
    other: String,
}

impl Words {
    /// Returns the words of a language; English where we have none of it.
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::FINNISH => &FINNISH,
            Language::TURKISH => &TURKISH,
            _ => &ENGLISH,
        }
    }

    pub(super) fn matter(&self, matter: Matter) -> &str {
        match matter {
            Matter::Delivery => &self.matter.delivery,
            Matter::Quality => &self.matter.quality,
            Matter::Billing => &self.matter.billing,
            Matter::Service => &self.matter.service,
            Matter::Availability => &self.matter.availability,
            Matter::Price => &self.matter.price,
            Matter::Privacy => &self.matter.privacy,
            Matter::Other => &self.matter.other,
        }
    }

    /// Returns a day as people of the language write it.
    pub(super) fn day(&self, at: DateTime<Utc>, zone: Tz) -> String {
        let day = at.with_timezone(&zone).date_naive();
        let month = usize::try_from(day.month0()).ok().and_then(|month| self.months.get(month));
        let values = [
            ("day", day.day().to_string()),
            ("number", day.month().to_string()),
            ("month", month.cloned().unwrap_or_default()),
            ("year", day.year().to_string()),
        ];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        fill(&self.day, &values)
    }
}

/// Returns `pattern` with each `{name}` replaced; what is filled in is not looked into again.
pub(super) fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = behind;
    }
    filled + rest
}

static ENGLISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("texts/en.toml")));
static FINNISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("texts/fi.toml")));
static TURKISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("texts/tr.toml")));

fn read(file: &str) -> Words {
    toml::from_str(file).expect("the files are compiled in, and the tests read each")
}
