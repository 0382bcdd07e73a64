//! The suggested reply, in the language of the post: it hears, confirms in the customer's own words,
//! says what will be done and by when, and thanks. Never sent by itself. And what to do next, for the
//! agent. The templates lie in `texts/reply-*.toml`.

mod quote;

use crate::enrich::{Complainer, Flag, Label};
use crate::mention::Mention;
use crate::text::Language;
use crate::ticket::{Facts, Status, clock};
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use std::sync::LazyLock;

/// Returns what might be answered now, in the language of the post where that is Finnish or Turkish,
/// else in English. What only a person can know stands in `[brackets]`. The date it promises is the
/// one that the ticket will have once the reply is sent, in `zone`. Where nothing is left to say, to
/// a closed ticket, it is the question whether all is well.
pub fn suggest(mention: &Mention, facts: &Facts, now: DateTime<Utc>, zone: Tz) -> String {
    let texts = texts(facts.language.or(mention.insight.language));
    let flags = mention.insight.complaint.as_ref().map_or(&[][..], |complaint| &complaint.flags);
    let mut body = vec![texts.fitting(mention, facts).to_owned()];
    if matches!(facts.status, Status::New | Status::Open) && mention.label() == Label::Negative {
        if flags.contains(&Flag::Safety) {
            body.insert(0, texts.safety.clone());
        }
        if flags.contains(&Flag::Churn) && !flags.contains(&Flag::LegalThreat) {
            body.push(texts.churn.clone());
        }
    }
    let greeting = match facts.customer_name {
        Some(_) => &texts.greeting,
        None => &texts.greeting_nameless,
    };
    let template = format!("{greeting}\n\n{}\n\n{}", body.join("\n\n"), texts.sign_off);
    let quote = quote::of(mention).unwrap_or_else(|| texts.no_quote.clone());
    let date = texts.date(promised(facts, now), zone);
    let name = facts.customer_name.as_deref().unwrap_or_default();
    fill(
        &template,
        &[("name", name), ("quote", &quote), ("date", &date), ("brand", &mention.brand.0)],
    )
}

/// Returns in one English sentence what to do next, and by when in `zone`.
pub fn next_step(facts: &Facts, now: DateTime<Utc>, zone: Tz) -> String {
    let Some(due) = facts.due else {
        let why =
            if facts.is_withdrawn() { "its mention was marked noise" } else { "it is closed" };
        return format!("Nothing: {why}.");
    };
    let late = due <= now;
    let at = due.with_timezone(&zone);
    let day = if at.year() == now.with_timezone(&zone).year() {
        at.format("%a %-d %b %H:%M")
    } else {
        at.format("%a %-d %b %Y %H:%M")
    };
    let when = if late { format!("now: it was due {day}") } else { format!("by {day}") };
    match facts.status {
        Status::New | Status::Open if facts.review => {
            format!("Check whether this is a complaint, mark the mention, and answer {when}.")
        }
        Status::New => format!("Assign it to somebody, and answer the customer {when}."),
        Status::Open => format!("Answer the customer {when}."),
        Status::Answered => {
            format!("Settle the matter, and resolve the ticket with its cause {when}.")
        }
        Status::Resolved if late => {
            format!("Ask the customer whether all is well, and rate the answer 1 to 5 {when}.")
        }
        Status::Resolved | Status::Closed => {
            format!("Wait until {day}, then ask the customer whether all is well.")
        }
    }
}

/// Returns the day that the reply promises: that of the resolution, as it will be after a reply.
fn promised(facts: &Facts, now: DateTime<Utc>) -> DateTime<Utc> {
    let fresh = facts.promise.unwrap_or_else(|| clock::later(now, clock::RESOLUTION));
    match facts.status {
        Status::Answered => facts.due.filter(|due| *due > now).unwrap_or(fresh),
        Status::New | Status::Open | Status::Resolved | Status::Closed => fresh,
    }
}

/// Fills in each `{key}` once, from left to right: what is filled in is not looked at again, so a
/// customer who writes `{brand}` is quoted as writing that.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(key, behind)| {
            Some((values.iter().find(|(known, _)| *known == key)?, behind))
        });
        if let Some(((_, value), behind)) = value {
            filled.push_str(value);
            rest = behind;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// A file of templates. Every key must be there, and no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    greeting: String,
    greeting_nameless: String,
    sign_off: String,
    no_quote: String,
    date: String,
    weekdays: [String; 7],
    months: [String; 12],
    unknown: String,
    meek: String,
    aggressive: String,
    demanding: String,
    benefit_hunter: String,
    chronic: String,
    legal_threat: String,
    safety: String,
    churn: String,
    again: String,
    update: String,
    follow_up: String,
    neutral: String,
    praise: String,
}

impl Texts {
    /// Returns the template for where the ticket stands and for who complains.
    fn fitting(&self, mention: &Mention, facts: &Facts) -> &str {
        match mention.label() {
            Label::Positive => return &self.praise,
            Label::Neutral if matches!(facts.status, Status::New | Status::Open) => {
                return &self.neutral;
            }
            Label::Neutral | Label::Negative => {}
        }
        match facts.status {
            Status::Answered => &self.update,
            Status::Resolved | Status::Closed => &self.follow_up,
            Status::New | Status::Open => self.first(mention, facts),
        }
    }

    fn first(&self, mention: &Mention, facts: &Facts) -> &str {
        let complaint = mention.insight.complaint.as_ref();
        // Every word weighs when somebody threatens with the law: nothing is admitted, whoever asks.
        if complaint.is_some_and(|complaint| complaint.flags.contains(&Flag::LegalThreat)) {
            return &self.legal_threat;
        }
        if facts.reopened.is_some() && facts.answered.is_some() {
            return &self.again;
        }
        match complaint.and_then(|complaint| complaint.complainer) {
            None => &self.unknown,
            Some(Complainer::Meek) => &self.meek,
            Some(Complainer::Aggressive) => &self.aggressive,
            Some(Complainer::Demanding) => &self.demanding,
            Some(Complainer::BenefitHunter) => &self.benefit_hunter,
            Some(Complainer::Chronic) => &self.chronic,
        }
    }

    fn date(&self, at: DateTime<Utc>, zone: Tz) -> String {
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

static FINNISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("texts/reply-fi.toml")));
static TURKISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("texts/reply-tr.toml")));
static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("texts/reply-en.toml")));

fn read(file: &str) -> Texts {
    toml::from_str(file).expect("a test reads every file that is built in")
}

fn texts(language: Option<Language>) -> &'static Texts {
    match language {
        Some(Language::FINNISH) => &FINNISH,
        Some(Language::TURKISH) => &TURKISH,
        Some(_) | None => &ENGLISH,
    }
}

#[cfg(test)]
mod tests;
