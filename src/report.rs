//! What was learned of a period: how much was said and how, what the tickets tell, which questions
//! return, and where customers speak unheard. Pure: mentions and tickets in, a [`Report`] out, which
//! is also the public JSON.

mod desk;
mod html;
mod mask;
mod places;
pub mod public;
mod questions;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
mod view;
mod volume;
mod words;

pub use desk::{Cause, Customers, Flow, Lesson, Rated, Returning, Satisfaction, Times};
pub use places::Place;
pub use public::PublicReport;
pub use questions::Asked;
pub use volume::{Bin, Unit};

use crate::enrich::{Label, Matter};
use crate::matching::same_word;
use crate::mention::Mention;
use crate::source::Kind;
use crate::text::{cut, visible};
use crate::ticket::Ticket;
use crate::ticket::clock::Clocks;
use crate::ticket::people::{Link, People};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use mask::Mask;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many stories, and how many thanks, are listed.
const MOST_LISTED: usize = 10;

/// The longest headline, in characters.
const LONGEST_HEADLINE: usize = 140;

/// What a report is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Only this brand.
    pub brand: Option<String>,
    pub since: DateTime<Utc>,
    /// The first moment behind it.
    pub until: DateTime<Utc>,
    /// In which days begin.
    pub zone: Tz,
}

impl Span {
    /// Returns when the period before began, which is as long.
    pub fn before(&self) -> DateTime<Utc> {
        let length = (self.until - self.since).max(TimeDelta::zero());
        self.since.checked_sub_signed(length).unwrap_or(self.since)
    }

    fn holds(&self, at: DateTime<Utc>) -> Option<Period> {
        if at < self.before() || at >= self.until {
            return None;
        }
        Some(if at < self.since { Period::Before } else { Period::This })
    }
}

/// In which of the two periods that are compared something was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    Before,
    This,
}

/// How much was said, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub mentions: u64,
    pub negative: u64,
    pub neutral: u64,
    pub positive: u64,
    /// Of the mentions those that are no copies of another.
    pub stories: u64,
    pub copies: u64,
    /// What the brand wrote itself, and noise: in no other number.
    pub own: u64,
    pub noise: u64,
}

impl Totals {
    fn add(&mut self, label: Label) {
        self.mentions += 1;
        match label {
            Label::Negative => self.negative += 1,
            Label::Neutral => self.neutral += 1,
            Label::Positive => self.positive += 1,
        }
    }
}

/// How much was said of one brand, in one source, in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Null where a language is not known.
    pub name: Option<String>,
    pub mentions: u64,
    pub negative: u64,
    pub neutral: u64,
    pub positive: u64,
    /// Mentions in the period before.
    pub before: u64,
}

/// A mention that others copied, or that says thanks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Story {
    pub id: String,
    pub brand: String,
    pub headline: String,
    pub sentiment: Label,
    pub at: DateTime<Utc>,
    pub copies: u32,
    pub url: Option<String>,
    pub ticket: Option<u64>,
}

/// What complaints are about, as the judge guesses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub matter: Matter,
    pub mentions: u64,
}

/// What was learned of a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub brand: Option<String>,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// When the period before began, with which this one is compared.
    pub before_since: DateTime<Utc>,
    pub totals: Totals,
    pub before: Totals,
    pub unit: Unit,
    pub volume: Vec<Bin>,
    pub brands: Vec<Row>,
    pub sources: Vec<Row>,
    pub languages: Vec<Row>,
    pub stories: Vec<Story>,
    pub matters: Vec<About>,
    pub tickets: Flow,
    pub causes: Vec<Cause>,
    pub lessons: Vec<Lesson>,
    pub first_answer: Times,
    pub resolution: Times,
    pub satisfaction: Satisfaction,
    pub customers: Customers,
    pub questions: Vec<Asked>,
    pub places: Vec<Place>,
    pub thanks: Vec<Story>,
}

impl Report {
    /// Tells whether nothing was learned, and nobody thanked: what [`Lesson`]s are made of.
    pub fn teaches_nothing(&self) -> bool {
        self.causes.is_empty() && self.lessons.is_empty() && self.thanks.is_empty()
    }
}

type Rows = BTreeMap<Option<String>, (Totals, u64)>;

/// What was gathered so far. Mentions and tickets come in any order, one at a time.
pub struct Gathering {
    span: Span,
    totals: Totals,
    before: Totals,
    volume: volume::Volume,
    brands: Rows,
    sources: Rows,
    languages: Rows,
    stories: Vec<Story>,
    thanks: Vec<(u64, Story)>,
    matters: BTreeMap<Matter, u64>,
    desk: desk::Desk,
    questions: questions::Questions,
    places: places::Places,
    mask: Mask,
}

impl Gathering {
    /// Begins a report of a desk with these clocks. `now` is when it is asked for.
    pub fn new(span: Span, clocks: &Clocks, now: DateTime<Utc>) -> Self {
        Self {
            totals: Totals::default(),
            before: Totals::default(),
            volume: volume::Volume::of(&span),
            brands: Rows::new(),
            sources: Rows::new(),
            languages: Rows::new(),
            stories: Vec::new(),
            thanks: Vec::new(),
            matters: BTreeMap::new(),
            desk: desk::Desk::new(now, clocks.clone()),
            questions: questions::Questions::default(),
            places: places::Places::default(),
            mask: Mask::default(),
            span,
        }
    }

    /// Says that a source of this kind is there, and on which host it asks.
    pub fn hears(&mut self, kind: Kind, host: Option<&str>) {
        self.places.hears(kind, host);
    }

    /// Says which handles are one customer's.
    pub fn knows(&mut self, links: &[Link]) {
        let people = People::of(links);
        for handle in people.handles() {
            self.mask.learn_handle(handle);
        }
        self.desk.people = people;
    }

    /// Learns who wrote a mention, of whom nothing may be published.
    pub fn hides(&mut self, mention: &Mention) {
        self.mask.learn(mention);
    }

    /// Takes a mention; of another time or brand it changes nothing but whom the public report hides.
    pub fn mention(&mut self, mention: &Mention) {
        self.mask.learn(mention);
        let is_meant = self.span.brand.as_ref().is_none_or(|it| same_word(it, &mention.brand.0));
        let Some(period) = self.span.holds(mention.time()).filter(|_| is_meant) else { return };
        let totals = match period {
            Period::Before => &mut self.before,
            Period::This => &mut self.totals,
        };
        if mention.is_noise() || mention.is_muted() {
            totals.noise += 1;
        } else if mention.own {
            totals.own += 1;
        } else {
            let label = mention.label();
            totals.add(label);
            let is_head = mention.story == mention.id;
            *(if is_head { &mut totals.stories } else { &mut totals.copies }) += 1;
            self.rows(mention, label, period);
            if period == Period::This {
                self.this(mention, label, is_head);
            }
        }
    }

    fn rows(&mut self, mention: &Mention, label: Label, period: Period) {
        let language = mention.insight.language.map(|language| language.code().to_owned());
        for (rows, name) in [
            (&mut self.brands, Some(mention.brand.0.clone())),
            (&mut self.sources, Some(mention.source.0.clone())),
            (&mut self.languages, language),
        ] {
            let (totals, before) = rows.entry(name).or_default();
            match period {
                Period::Before => *before += 1,
                Period::This => totals.add(label),
            }
        }
    }

    /// Takes a mention of the period itself.
    fn this(&mut self, mention: &Mention, label: Label, is_head: bool) {
        self.volume.add(mention.time(), label);
        self.places.mention(mention);
        if label == Label::Negative {
            let complaint = mention.insight.complaint.as_ref();
            let matter = complaint.and_then(|complaint| complaint.matter).unwrap_or(Matter::Other);
            *self.matters.entry(matter).or_default() += 1;
        }
        if !is_head {
            return;
        }
        match label {
            Label::Neutral => self.questions.mention(mention),
            Label::Positive => self.thank(mention),
            Label::Negative => {}
        }
        if mention.copies > 0 || label == Label::Negative {
            self.stories.push(story(mention));
            keep(&mut self.stories, |story| (Reverse(story.copies), Reverse(story.at)));
        }
    }

    fn thank(&mut self, mention: &Mention) {
        let reach = mention.post.author.followers.unwrap_or(0);
        self.thanks.push((reach, story(mention)));
        keep(&mut self.thanks, |(reach, story)| (Reverse(*reach), Reverse(story.at)));
    }

    /// Takes a mention for nothing but its thanks, whenever it was written.
    pub fn thanks(&mut self, mention: &Mention) {
        let is_meant = self.span.brand.as_ref().is_none_or(|it| same_word(it, &mention.brand.0));
        let is_theirs = !mention.own && !mention.is_noise() && !mention.is_muted();
        let is_head = mention.story == mention.id;
        if is_meant && is_theirs && is_head && mention.label() == Label::Positive {
            self.thank(mention);
        }
    }

    /// Takes a ticket with its mention, which is told of where it was rated: all that were moved since the
    /// period before began, that wait, or are of a customer who complained in the period; in any order but
    /// better by number, and all there are where everybody may read it.
    pub fn ticket(&mut self, ticket: &Ticket, mention: Option<&Mention>) {
        let facts = ticket.facts();
        let names = |brand: &String| facts.brands.iter().any(|name| same_word(brand, &name.0));
        self.mask.learn_ticket(facts);
        if let Some(mention) = mention {
            self.mask.learn(mention);
        }
        if self.span.brand.as_ref().is_none_or(names) {
            self.desk.ticket(ticket, mention, &self.span);
        }
    }

    /// Returns what was learned.
    pub fn finish(self) -> Report {
        self.finished().0
    }

    /// Returns what was learned as everybody may read it.
    pub fn publish(self) -> PublicReport {
        let (report, mask) = self.finished();
        PublicReport::of(&report, &mask)
    }

    fn finished(self) -> (Report, Mask) {
        let desk = self.desk.finish();
        let mut stories = self.stories;
        sort(&mut stories, |story| (Reverse(story.copies), Reverse(story.at)));
        let mut thanks = self.thanks;
        sort(&mut thanks, |(reach, story)| (Reverse(*reach), Reverse(story.at)));
        let mut matters: Vec<About> =
            self.matters.into_iter().map(|(matter, mentions)| About { matter, mentions }).collect();
        matters.sort_by_key(|about| (Reverse(about.mentions), about.matter));
        let (unit, volume) = self.volume.finish();
        let report = Report {
            before_since: self.span.before(),
            brand: self.span.brand,
            since: self.span.since,
            until: self.span.until,
            totals: self.totals,
            before: self.before,
            unit,
            volume,
            brands: rows(self.brands),
            sources: rows(self.sources),
            languages: rows(self.languages),
            stories,
            matters,
            tickets: desk.flow,
            causes: desk.causes,
            lessons: desk.lessons,
            first_answer: desk.first_answer,
            resolution: desk.resolution,
            satisfaction: desk.satisfaction,
            customers: desk.customers,
            questions: self.questions.finish(),
            places: self.places.finish(),
            thanks: thanks.into_iter().map(|(_, story)| story).collect(),
        };
        (report, self.mask)
    }
}

fn story(mention: &Mention) -> Story {
    Story {
        id: mention.id.to_string(),
        brand: mention.brand.to_string(),
        headline: cut(&visible(&mention.headline()), LONGEST_HEADLINE),
        sentiment: mention.label(),
        at: mention.time(),
        copies: mention.copies,
        url: mention.post.url.clone(),
        ticket: mention.ticket.map(|ticket| ticket.0),
    }
}

/// Keeps a list short while it grows.
fn keep<T, K: Ord>(list: &mut Vec<T>, key: impl Fn(&T) -> K) {
    if list.len() > MOST_LISTED * 20 {
        sort(list, key);
    }
}

fn sort<T, K: Ord>(list: &mut Vec<T>, key: impl Fn(&T) -> K) {
    list.sort_by_key(key);
    list.truncate(MOST_LISTED);
}

/// Returns rows, the largest first; those of the period before alone come last.
fn rows(rows: Rows) -> Vec<Row> {
    let row = |(name, (totals, before)): (Option<String>, (Totals, u64))| Row {
        name,
        mentions: totals.mentions,
        negative: totals.negative,
        neutral: totals.neutral,
        positive: totals.positive,
        before,
    };
    let mut rows: Vec<Row> = rows.into_iter().map(row).collect();
    rows.sort_by_key(|row| (Reverse(row.mentions), Reverse(row.before)));
    rows
}

/// Returns `part` of `whole` with three digits; null where there is nothing to be a part of.
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| rounded(number(part) / number(whole)))
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts so far")]
fn number(count: usize) -> f64 {
    count as f64
}
