//! The built-in texts, a file a language, which a speaker can correct without knowing Rust.

use super::{Asked, Occasion, fill};
use crate::enrich::{Complainer, Matter};
use crate::text::Language;
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use std::sync::LazyLock;

/// A file of templates. Every key must be there, and no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub(super) greeting: String,
    pub(super) greeting_nameless: String,
    pub(super) sign_off: String,
    pub(super) sign_off_public: String,
    pub(super) no_quote: String,
    date: String,
    pub(super) weekdays: [String; 7],
    pub(super) months: [String; 12],
    pub(super) unknown: String,
    pub(super) meek: String,
    pub(super) aggressive: String,
    pub(super) demanding: String,
    pub(super) benefit_hunter: String,
    pub(super) chronic: String,
    pub(super) legal_threat: String,
    pub(super) safety: String,
    pub(super) churn: String,
    pub(super) again: String,
    pub(super) unhappy: String,
    pub(super) update: String,
    pub(super) follow_up: String,
    pub(super) neutral: String,
    pub(super) praise: String,
    pub(super) about: String,
    pub(super) measure: Measures,
    pub(super) measure_public: Measures,
    pub(super) public: Short,
}

/// What we do, by what the complaint is about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measures {
    delivery: String,
    quality: String,
    billing: String,
    service: String,
    availability: String,
    price: String,
    privacy: String,
    other: String,
}

/// The answers in public.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Short {
    unknown: String,
    meek: String,
    aggressive: String,
    demanding: String,
    benefit_hunter: String,
    chronic: String,
    legal_threat: String,
}

impl Measures {
    pub(super) fn of(&self, matter: Option<Matter>) -> &str {
        match matter {
            Some(Matter::Delivery) => &self.delivery,
            Some(Matter::Quality) => &self.quality,
            Some(Matter::Billing) => &self.billing,
            Some(Matter::Service) => &self.service,
            Some(Matter::Availability) => &self.availability,
            Some(Matter::Price) => &self.price,
            Some(Matter::Privacy) => &self.privacy,
            Some(Matter::Other) | None => &self.other,
        }
    }
}

impl Texts {
    /// Returns what stands between greeting and name for what is asked.
    pub(super) fn fitting(&self, asked: &Asked) -> &str {
        let Short { unknown, meek, aggressive, demanding, benefit_hunter, .. } = &self.public;
        match asked.occasion {
            Occasion::Thanks => &self.praise,
            Occasion::Neutral => &self.neutral,
            Occasion::Update => &self.update,
            Occasion::FollowUp => &self.follow_up,
            Occasion::Again => &self.again,
            Occasion::Unhappy => &self.unhappy,
            // Every word weighs when somebody threatens with the law: nothing is admitted, whoever asks.
            Occasion::Legal if asked.is_public => &self.public.legal_threat,
            Occasion::Legal => &self.legal_threat,
            Occasion::Answer if asked.is_public => match asked.complainer {
                None => unknown,
                Some(Complainer::Meek) => meek,
                Some(Complainer::Aggressive) => aggressive,
                Some(Complainer::Demanding) => demanding,
                Some(Complainer::BenefitHunter) => benefit_hunter,
                Some(Complainer::Chronic) => &self.public.chronic,
            },
            Occasion::Answer => match asked.complainer {
                None => &self.unknown,
                Some(Complainer::Meek) => &self.meek,
                Some(Complainer::Aggressive) => &self.aggressive,
                Some(Complainer::Demanding) => &self.demanding,
                Some(Complainer::BenefitHunter) => &self.benefit_hunter,
                Some(Complainer::Chronic) => &self.chronic,
            },
        }
    }

    /// Returns what we do about it, in one sentence or two.
    pub(super) fn measure(&self, asked: &Asked) -> &str {
        let measures = if asked.is_public { &self.measure_public } else { &self.measure };
        measures.of(asked.matter)
    }

    pub(super) fn date(&self, at: DateTime<Utc>, zone: Tz) -> String {
        let day = at.with_timezone(&zone).date_naive();
        let named =
            |names: &[String], index: u32| names.get(index as usize).cloned().unwrap_or_default();
        let weekday = named(&self.weekdays, day.weekday().num_days_from_monday());
        let month = named(&self.months, day.month0());
        fill(
            &self.date,
            &[("weekday", &weekday), ("day", &day.day().to_string()), ("month", &month)],
        )
    }
}

static FINNISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../texts/reply-fi.toml")));
static TURKISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../texts/reply-tr.toml")));
static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../texts/reply-en.toml")));

fn read(file: &str) -> Texts {
    toml::from_str(file).expect("a test reads every file that is built in")
}

pub(super) fn texts(language: Option<Language>) -> &'static Texts {
    match language {
        Some(Language::FINNISH) => &FINNISH,
        Some(Language::TURKISH) => &TURKISH,
        Some(_) | None => &ENGLISH,
    }
}
