//! What customers said and what was done, without anybody in it: counts, matters, causes, and lessons
//! with every name, handle and address taken out. No text of a customer is quoted: a quotation is
//! found again.

use super::mask::{Mask, Ready};
use super::view::{Page, Part, hours, percent};
use super::words::{Words, fill};
use super::{About, Report, Times};
use crate::enrich::Matter;
use crate::text::Language;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The languages in which it is written.
pub const LANGUAGES: [&str; 3] = ["en", "fi", "tr"];

/// What was learned of a period, for everybody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublicReport {
    pub brand: Option<String>,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub mentions: u64,
    pub negative: u64,
    pub neutral: u64,
    pub positive: u64,
    /// What complaints were about.
    pub matters: Vec<About>,
    pub tickets_opened: u64,
    pub tickets_resolved: u64,
    pub causes: Vec<PublicCause>,
    pub first_answer: Times,
    pub resolution: Times,
    pub ratings: u64,
    /// 1 to 5.
    pub mean_rating: Option<f64>,
    pub questions: Vec<PublicQuestion>,
}

/// A cause of complaints, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicCause {
    /// Null where its name leads to somebody.
    pub cause: Option<String>,
    pub count: u64,
    pub lessons: Vec<String>,
}

/// What several people asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicQuestion {
    pub words: Vec<String>,
    pub count: u64,
}

impl PublicReport {
    pub(super) fn of(report: &Report, mask: &Mask) -> Self {
        let mask = mask.ready();
        Self {
            brand: report.brand.clone(),
            since: report.since,
            until: report.until,
            mentions: report.totals.mentions,
            negative: report.totals.negative,
            neutral: report.totals.neutral,
            positive: report.totals.positive,
            matters: report.matters.clone(),
            tickets_opened: report.tickets.opened,
            tickets_resolved: report.tickets.resolved,
            causes: causes(report, &mask),
            first_answer: report.first_answer.clone(),
            resolution: report.resolution.clone(),
            ratings: report.satisfaction.ratings,
            mean_rating: report.satisfaction.mean,
            questions: questions(report, &mask),
        }
    }

    /// Renders it as plain text in a language of [`LANGUAGES`], English for another.
    pub fn text(&self, language: Language, zone: Tz) -> String {
        super::view::text(&self.page(language, zone))
    }

    /// Renders it as an HTML document.
    pub fn html(&self, language: Language, zone: Tz) -> String {
        super::html::render(&self.page(language, zone))
    }

    fn page(&self, language: Language, zone: Tz) -> Page {
        let words = Words::of(language);
        let whom = self.brand.clone().unwrap_or_default();
        let title = if whom.is_empty() { &words.title } else { &words.title_of };
        // The last day, not the first moment behind it.
        let last = self.until.checked_sub_signed(chrono::TimeDelta::microseconds(1));
        let [from, to] = [self.since, last.unwrap_or(self.until)].map(|at| words.day(at, zone));
        Page {
            language: words.code.clone(),
            title: fill(title, &[("brand", &whom)]),
            period: fill(&words.period, &[("from", &from), ("to", &to)]),
            parts: [
                Some(self.said(words)),
                Some(self.done(words)),
                self.learned(words),
                self.asked(words),
            ]
            .into_iter()
            .flatten()
            .collect(),
            footer: words.footer.clone(),
        }
    }

    fn said(&self, words: &Words) -> Part {
        let numbers = [self.mentions, self.positive, self.neutral, self.negative];
        let [all, good, neutral, bad] = numbers.map(|number| number.to_string());
        let values =
            [("all", all.as_str()), ("positive", &good), ("neutral", &neutral), ("negative", &bad)];
        let mut lines = vec![match self.mentions {
            0 => words.nothing.clone(),
            1 => words.said_one.clone(),
            _ => fill(&words.said, &values),
        }];
        if !self.matters.is_empty() {
            lines.push(words.matters.clone());
        }
        let rows = self
            .matters
            .iter()
            .map(|about| vec![words.matter(about.matter).to_owned(), about.mentions.to_string()]);
        Part::table(&words.said_heading, &lines, &[&words.matter_head, &words.count_head], rows)
    }

    fn done(&self, words: &Words) -> Part {
        let mut lines = Vec::new();
        let resolved = [("n", self.tickets_resolved.to_string())];
        lines.push(match self.tickets_resolved {
            0 => words.resolved_none.clone(),
            1 => words.resolved_one.clone(),
            _ => fill(&words.resolved, &[("n", &resolved[0].1)]),
        });
        if let Some(median) = self.first_answer.median_minutes {
            let time = hours(median, &words.minutes, &words.hours, &words.days);
            lines.push(fill(&words.answer, &[("time", &time)]));
        }
        if let Some(share) = self.first_answer.within_target {
            lines.push(fill(&words.within, &[("percent", &percent(share))]));
        }
        if let Some(median) = self.resolution.median_minutes {
            let time = hours(median, &words.minutes, &words.hours, &words.days);
            lines.push(fill(&words.resolution, &[("time", &time)]));
        }
        if let Some(mean) = self.mean_rating {
            let mean = format!("{mean:.1}").replace('.', &words.decimal);
            let ratings = self.ratings.to_string();
            let pattern = if self.ratings == 1 { &words.rating_one } else { &words.ratings };
            lines.push(fill(pattern, &[("mean", &mean), ("n", &ratings)]));
        }
        Part::lines(&words.done_heading, &lines)
    }

    fn learned(&self, words: &Words) -> Option<Part> {
        let mut lines = Vec::new();
        for cause in &self.causes {
            let cause_name = cause.cause.as_deref().unwrap_or(&words.other);
            // One that is a word of ours is said in the language of the report.
            let matter = Matter::ALL.into_iter().find(|it| it.word() == cause_name.to_lowercase());
            let name = matter.map_or(cause_name, |matter| words.matter(matter));
            let count = cause.count.to_string();
            let pattern = if cause.count == 1 { &words.cause_one } else { &words.cause };
            lines.push(fill(pattern, &[("cause", name), ("n", &count)]));
            lines.extend(cause.lessons.iter().map(|lesson| format!("– {lesson}")));
        }
        (!lines.is_empty()).then(|| Part::lines(&words.causes_heading, &lines))
    }

    fn asked(&self, words: &Words) -> Option<Part> {
        let rows = self
            .questions
            .iter()
            .map(|asked| vec![asked.words.join(", "), asked.count.to_string()]);
        let lines = vec![words.questions.clone()];
        let heads = [words.question_head.as_str(), &words.count_head];
        let part = Part::table(&words.questions_heading, &lines, &heads, rows);
        (!self.questions.is_empty()).then_some(part)
    }
}

/// Returns the causes with what was learned from each; two that read the same without a name are one.
fn causes(report: &Report, mask: &Ready) -> Vec<PublicCause> {
    let mut causes: Vec<PublicCause> = Vec::new();
    let mut places: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for cause in report.causes.iter().filter(|cause| cause.count > 0) {
        let name = mask.cover(&cause.cause).filter(|_| !cause.is_gone);
        let lessons = report
            .lessons
            .iter()
            .filter(|lesson| lesson.cause.to_lowercase() == cause.cause.to_lowercase())
            .filter(|lesson| !lesson.is_gone)
            .filter_map(|lesson| mask.cover(&lesson.lesson));
        let at = *places.entry(name.clone()).or_insert_with(|| {
            causes.push(PublicCause { cause: name, count: 0, lessons: Vec::new() });
            causes.len() - 1
        });
        if let Some(known) = causes.get_mut(at) {
            known.count += cause.count;
            for lesson in lessons {
                if !known.lessons.contains(&lesson) {
                    known.lessons.push(lesson);
                }
            }
        }
    }
    causes
}

/// Returns what several asked, in words that are no names.
fn questions(report: &Report, mask: &Ready) -> Vec<PublicQuestion> {
    let public = |asked: &super::Asked| {
        let words: Vec<String> =
            asked.plain.iter().filter(|word| mask.is_clean(word)).cloned().collect();
        (!words.is_empty()).then_some(PublicQuestion { words, count: asked.count })
    };
    report.questions.iter().filter_map(public).collect()
}
