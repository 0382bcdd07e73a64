//! What a period taught, for everybody in the house: the causes of complaints with what was learned
//! from each, and the customers who said thanks. Their customers' troubles concern those too who never
//! see a ticket.

use super::excerpt::line;
use super::text::Page;
use super::view::link;
use super::words::{Words, fill};
use crate::delivery::{Brief, BriefLine};
use crate::text::Language;
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

/// The longest subject, name, lesson and thanks, in characters.
const LONGEST_SUBJECT: usize = 120;
const LONGEST_NAME: usize = 80;
const LONGEST_LESSON: usize = 600;
const LONGEST_THANKS: usize = 200;
/// How many causes, lessons of one of them, and thanks there are; the others are left out.
const MOST_CAUSES: usize = 20;
const MOST_LESSONS: usize = 10;
const MOST_THANKS: usize = 10;

/// A cause of complaints that were resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseLine {
    pub cause: String,
    pub count: u64,
    /// How many there were in the period before.
    pub before: u64,
    pub lessons: Vec<String>,
}

/// A customer's thanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThanksLine {
    pub brand: String,
    pub said: String,
    pub url: Option<String>,
}

/// What is told.
#[derive(Debug, Clone)]
pub struct Lessons {
    /// The name of the alert.
    pub alert: String,
    pub language: Language,
    pub zone: Tz,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub resolved: u64,
    pub causes: Vec<CauseLine>,
    pub ratings: u64,
    /// 1 to 5.
    pub mean: Option<f64>,
    pub thanks: Vec<ThanksLine>,
}

impl Lessons {
    /// Tells whether there is nothing to learn and nobody to be glad of.
    pub fn is_empty(&self) -> bool {
        self.causes.is_empty() && self.thanks.is_empty()
    }
}

/// What is said in such a letter only; the names are those of the files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    subject: String,
    subject_nothing: String,
    resolved: [String; 2],
    ratings: [String; 2],
    thanked: [String; 2],
    decimal: String,
    nothing: String,
    causes: String,
    cause: [String; 2],
    before: String,
    before_none: String,
    no_lesson: String,
    thanks: String,
    footer: String,
}

/// What is told, in words.
struct View {
    language: &'static str,
    title: String,
    summary: Vec<String>,
    period: String,
    nothing: Option<&'static str>,
    sections: Vec<SectionView>,
    open: &'static str,
    footer: String,
}

struct SectionView {
    heading: &'static str,
    items: Vec<ItemView>,
}

struct ItemView {
    /// May be empty, as where all is about one brand.
    name: String,
    /// May be empty.
    state: String,
    lines: Vec<String>,
    link: Option<String>,
}

impl View {
    fn of(lessons: &Lessons) -> Self {
        let words = Words::of(lessons.language);
        let texts = &words.lessons;
        let [from, to] = [lessons.from, lessons.to].map(|at| words.date(at, lessons.zone));
        let causes = SectionView {
            heading: &texts.causes,
            items: lessons
                .causes
                .iter()
                .take(MOST_CAUSES)
                .map(|it| cause(it, words, texts))
                .collect(),
        };
        // Whom customers thank is said where it may be one of several.
        let is_several = lessons
            .thanks
            .windows(2)
            .any(|two| matches!(two, [one, other] if one.brand != other.brand));
        let thanks = SectionView {
            heading: &texts.thanks,
            items: lessons
                .thanks
                .iter()
                .take(MOST_THANKS)
                .map(|it| thanks(it, is_several, words))
                .collect(),
        };
        let sections = [causes, thanks].into_iter().filter(|section| !section.items.is_empty());
        let name = line(&lessons.alert, LONGEST_NAME);
        Self {
            language: words.code(),
            title: subject(lessons),
            summary: summary(lessons, words, texts),
            period: fill(&words.period, &[("from", &from), ("to", &to)]),
            nothing: lessons.is_empty().then_some(texts.nothing.as_str()),
            sections: sections.collect(),
            open: &words.open,
            footer: format!("{} {}", texts.footer, fill(&words.footer, &[("alert", &name)])),
        }
    }
}

fn summary(lessons: &Lessons, words: &Words, texts: &Texts) -> Vec<String> {
    let mut summary = Vec::new();
    if lessons.resolved > 0 {
        summary.push(words.count(lessons.resolved, &texts.resolved));
    }
    if let Some(mean) = lessons.mean.filter(|_| lessons.ratings > 0) {
        let mean = format!("{mean:.1}").replace('.', &texts.decimal);
        let [one, many] = &texts.ratings;
        let pattern = if lessons.ratings == 1 { one } else { many };
        summary.push(fill(pattern, &[("n", &lessons.ratings.to_string()), ("mean", &mean)]));
    }
    if !lessons.thanks.is_empty() {
        summary.push(words.count(lessons.thanks.len() as u64, &texts.thanked));
    }
    summary
}

fn cause(it: &CauseLine, words: &Words, texts: &Texts) -> ItemView {
    let before = match it.before {
        0 => texts.before_none.clone(),
        before => fill(&texts.before, &[("n", &before.to_string())]),
    };
    let mut lines: Vec<String> =
        it.lessons.iter().take(MOST_LESSONS).map(|lesson| line(lesson, LONGEST_LESSON)).collect();
    if lines.is_empty() {
        lines.push(texts.no_lesson.clone());
    }
    ItemView {
        name: line(&it.cause, LONGEST_NAME),
        state: format!("{}, {before}", words.count(it.count, &texts.cause)),
        lines,
        link: None,
    }
}

fn thanks(it: &ThanksLine, is_several: bool, words: &Words) -> ItemView {
    let [open, close] = &words.quotes;
    ItemView {
        name: if is_several { line(&it.brand, LONGEST_NAME) } else { String::new() },
        state: String::new(),
        lines: vec![format!("{open}{}{close}", line(&it.said, LONGEST_THANKS))],
        link: it.url.as_deref().and_then(link).map(String::from),
    }
}

/// Returns the subject: what went wrong most often.
pub fn subject(lessons: &Lessons) -> String {
    let words = Words::of(lessons.language);
    let texts = &words.lessons;
    let causes: Vec<String> =
        lessons.causes.iter().take(3).map(|it| line(&it.cause, LONGEST_NAME)).collect();
    let subject = if causes.is_empty() {
        match lessons.thanks.len() as u64 {
            0 => texts.subject_nothing.clone(),
            number => words.count(number, &texts.thanked),
        }
    } else {
        fill(&texts.subject, &[("causes", &causes.join(", "))])
    };
    line(&subject, LONGEST_SUBJECT)
}

/// Renders what is told as plain text.
pub fn text(lessons: &Lessons) -> String {
    let view = View::of(lessons);
    let mut page = Page::default();
    for words in view.summary.iter().chain([&view.period]) {
        page.wrapped("", words);
    }
    if let Some(nothing) = view.nothing {
        page.gap();
        page.wrapped("", nothing);
    }
    for SectionView { heading, items } in &view.sections {
        page.heading(heading);
        for ItemView { name, state, lines, link } in items {
            page.gap();
            let state = if state.is_empty() { String::new() } else { format!(": {state}") };
            let mut bullet = "* ";
            if !name.is_empty() {
                page.wrapped(std::mem::replace(&mut bullet, "  "), &format!("{name}{state}"));
            }
            for words in lines {
                page.wrapped(std::mem::replace(&mut bullet, "  "), words);
            }
            if let Some(link) = link {
                page.line(&format!("  {link}"));
            }
        }
    }
    page.gap();
    page.line("-- ");
    page.wrapped("", &view.footer);
    page.0
}

/// Returns what is told in short.
pub fn brief(lessons: &Lessons) -> Brief {
    let (view, words) = (View::of(lessons), Words::of(lessons.language));
    let line = |heading: &str, item: &ItemView| {
        // A cause is named by itself; of thanks is said what they are, and to whom.
        let (headline, mut details) = match (item.state.as_str(), item.lines.split_first()) {
            ("", Some((said, rest))) => {
                let whose = [heading.to_owned(), item.name.clone()];
                (said.clone(), whose.into_iter().chain(rest.iter().cloned()).collect())
            }
            ("", None) => (item.name.clone(), Vec::new()),
            (state, _) => (format!("{}: {state}", item.name), item.lines.clone()),
        };
        details.retain(|detail: &String| !detail.is_empty());
        BriefLine { headline, link: item.link.clone(), details }
    };
    let lines = view
        .sections
        .iter()
        .flat_map(|section| section.items.iter().map(move |item| line(section.heading, item)));
    let said = view.summary.iter().cloned().chain(view.nothing.map(str::to_owned));
    Brief {
        title: view.title.clone(),
        lines: lines.collect(),
        footer: said.chain([view.period.clone(), view.footer.clone()]).collect(),
        urgent: false,
        more: super::brief::more(words),
    }
}

#[derive(Template)]
#[template(path = "lessons.html")]
struct Mail {
    view: View,
}

/// Renders what is told as an HTML document.
pub fn html(lessons: &Lessons) -> String {
    // Writing into a string fails only where a value's own rendering does, and ours are strings.
    Mail { view: View::of(lessons) }.render().unwrap_or_default()
}

#[cfg(test)]
mod tests;
