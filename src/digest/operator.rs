//! What the operator is told at one moment of how vahti itself fares: sources that fail or are silent,
//! what is mended, notices that could not be delivered, a damaged store, a disk that fills. In English.

mod advice;
mod own;
mod view;

pub use own::{CanaryCase, FaultsCase};

use super::excerpt::line;
use super::text::Page;
use crate::brand::BrandName;
use crate::delivery::{Brief, BriefLine};
use crate::post::SourceName;
use crate::text::count;
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use view::{GroupView, SectionView, View};

/// The longest subject, in characters.
const LONGEST: usize = 120;

/// What is wrong with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Its polls fail.
    Failing,
    /// The server said that it is gone for good.
    Gone,
    /// It brings nothing new though it used to.
    Silent,
}

/// A source in trouble, or one that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub source: SourceName,
    /// Where it is asked; `None` for a file.
    pub host: Option<String>,
    pub trouble: Trouble,
    pub since: Option<DateTime<Utc>>,
    /// What went wrong last: `https://forum.example/latest answered 503`.
    pub error: Option<String>,
    /// When it is tried next, where that is known.
    pub next: Option<DateTime<Utc>>,
}

/// A notice that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadNotice {
    pub number: u64,
    pub to: String,
    pub subject: String,
    /// What the mail server said.
    pub answer: String,
}

/// Everything that the operator is told at one moment.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// In which times are written.
    pub zone: Tz,
    pub now: DateTime<Utc>,
    /// What is told for the first time.
    pub begun: Vec<Case>,
    /// What was told before and still is so.
    pub lasting: Vec<Case>,
    /// What is well again; `since` and the rest tell of the trouble it had.
    pub mended: Vec<Case>,
    /// Whether no source that the operator was told of is in trouble any more.
    pub all_mended: bool,
    /// Notices given up since the last message, newest last.
    pub dead: Vec<DeadNotice>,
    /// Damaged stores that were set aside since the last message.
    pub set_aside: Vec<String>,
    /// Notices that wait because nobody takes them.
    pub waiting: Option<Waiting>,
    /// Bytes that are left on a disk that is nearly full.
    pub room: Option<u64>,
    /// Brands of which nobody speaks any more, though people always did.
    pub silent_brands: Vec<BrandCase>,
    /// Those of which somebody speaks again.
    pub heard_brands: Vec<BrandName>,
    /// A canary that did not come through as it should.
    pub canary: Option<CanaryCase>,
    /// When one did again.
    pub canary_back: Option<DateTime<Utc>>,
    /// What is wrong with the store.
    pub faults: Option<FaultsCase>,
    /// Whether nothing is any more.
    pub is_sound: bool,
    /// Recipients who want to be told no more, by alert and recipient.
    pub unsubscribed: Vec<(String, String)>,
}

/// A brand of which nobody speaks any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandCase {
    pub brand: BrandName,
    pub since: DateTime<Utc>,
    /// Whether it was told before.
    pub is_lasting: bool,
}

/// Notices that were tried and could not be delivered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub notices: usize,
    /// When the first of them was tried first.
    pub since: DateTime<Utc>,
    /// What was said of that one last.
    pub answer: String,
}

impl Letter {
    /// Tells whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.begun.is_empty()
            && self.lasting.is_empty()
            && self.mended.is_empty()
            && self.dead.is_empty()
            && self.waiting.is_none()
            && self.set_aside.is_empty()
            && self.room.is_none()
            && self.silent_brands.is_empty()
            && self.heard_brands.is_empty()
            && own::parts(self).is_empty()
    }
}

/// Returns the subject: how many sources have which trouble, and where.
pub fn subject(letter: &Letter) -> String {
    line(&format!("vahti: {}", summary(letter)), LONGEST)
}

/// Returns all of it in one sentence, however long.
fn summary(letter: &Letter) -> String {
    let mut parts = Vec::new();
    if letter.room.is_some() {
        parts.push("the disk is nearly full".to_owned());
    }
    if !letter.set_aside.is_empty() {
        parts.push("a damaged store was set aside".to_owned());
    }
    parts.extend(own::parts(letter));
    for (cases, still) in [(&letter.begun, ""), (&letter.lasting, "still ")] {
        for trouble in [Trouble::Failing, Trouble::Gone, Trouble::Silent] {
            let cases: Vec<&Case> = cases.iter().filter(|case| case.trouble == trouble).collect();
            if !cases.is_empty() {
                parts.push(format!("{}{}", view::told(&cases, still), places(&cases)));
            }
        }
    }
    parts.extend(brands(letter));
    match letter.dead.len() {
        0 => {}
        dead => parts.push(format!("{} could not be delivered", count(dead, "notice"))),
    }
    if let Some(Waiting { notices, .. }) = &letter.waiting {
        let (what, verb) =
            (count(*notices, "notice"), if *notices == 1 { "waits" } else { "wait" });
        parts.push(format!("{what} {verb} for a server that does not take them"));
    }
    if !letter.mended.is_empty() {
        let whose = view::sources(letter.mended.iter());
        let is = if letter.mended.len() == 1 { "is" } else { "are" };
        parts.push(if letter.all_mended && letter.mended.len() > 1 {
            "all mended".to_owned()
        } else {
            format!("{whose} {is} mended")
        });
    }
    parts.join(", ")
}

/// Says of which brands nobody speaks any more, and of which somebody does again.
fn brands(letter: &Letter) -> Vec<String> {
    let whom = |brands: &[&BrandName]| match brands {
        [one] => line(&one.0, 60),
        several => count(several.len(), "brand"),
    };
    let mut parts = Vec::new();
    for (is_lasting, still) in [(false, ""), (true, "still ")] {
        let cases = letter.silent_brands.iter().filter(|case| case.is_lasting == is_lasting);
        let brands: Vec<&BrandName> = cases.map(|case| &case.brand).collect();
        if !brands.is_empty() {
            parts.push(format!("{still}nothing new about {}", whom(&brands)));
        }
    }
    let brands: Vec<&BrandName> = letter.heard_brands.iter().collect();
    if !brands.is_empty() {
        parts.push(format!("{} spoken of again", whom(&brands)));
    }
    parts
}

/// Says where some sources are, where that is short to say.
fn places(cases: &[&Case]) -> String {
    let hosts: BTreeSet<Option<&str>> = cases.iter().map(|case| case.host.as_deref()).collect();
    match (hosts.len(), hosts.first()) {
        (1, Some(Some(host))) => format!(" at {}", line(host, 60)),
        (1, Some(None)) => " on this machine".to_owned(),
        (several, Some(None)) => format!(" at {}", count(several, "place")),
        (several, _) => format!(" at {}", count(several, "host")),
    }
}

/// Renders what is told as plain text.
pub fn text(letter: &Letter) -> String {
    let view = View::of(letter);
    let mut page = Page::default();
    page.wrapped("", &view.summary);
    page.wrapped("", &view.date);
    for SectionView { heading, is_good: _, groups, advice } in &view.sections {
        page.heading(heading);
        for GroupView { names, what, when, advice } in groups {
            page.gap();
            let mut bullet = "* ";
            for words in [names, what, when, advice] {
                if !words.is_empty() {
                    page.wrapped(std::mem::replace(&mut bullet, "  "), words);
                }
            }
        }
        if !advice.is_empty() {
            page.gap();
            page.wrapped("", advice);
        }
    }
    page.gap();
    page.line("-- ");
    page.wrapped("", &view.footer);
    page.0
}

/// Returns what is told in short. What to do about it stands in the letter, and in `vahti status`.
pub fn brief(letter: &Letter) -> Brief {
    let view = View::of(letter);
    let group = |heading: &str, group: &GroupView| {
        let all = [&group.names, &group.what, &group.when].map(|part| part.trim().to_owned());
        let mut said = all.into_iter().filter(|part| !part.is_empty());
        let (headline, details) = if group.names.is_empty() {
            (heading.to_owned(), said.collect())
        } else {
            let name = said.next().unwrap_or_default();
            (name, std::iter::once(heading.to_owned()).chain(said).collect())
        };
        BriefLine { headline, link: None, details }
    };
    let section = |section: &SectionView| match section.groups.as_slice() {
        [] => {
            let details = Some(section.advice.clone()).filter(|advice| !advice.is_empty());
            let details = details.into_iter().collect();
            vec![BriefLine { headline: section.heading.clone(), link: None, details }]
        }
        groups => groups.iter().map(|it| group(&section.heading, it)).collect(),
    };
    Brief {
        title: view.title.clone(),
        lines: view.sections.iter().flat_map(section).collect(),
        footer: vec![view.footer.clone()],
        urgent: letter.room.is_some() || !letter.set_aside.is_empty() || letter.faults.is_some(),
        ..Brief::default()
    }
}

/// Returns what a letter belongs to: those of one kind, and that all is well again with those that told
/// what was not. One of several kinds belongs to that which is told first here.
pub fn thread(letter: &Letter) -> &'static str {
    let sources = [&letter.begun, &letter.lasting, &letter.mended];
    if letter.room.is_some() {
        "operator disk"
    } else if letter.faults.is_some() || letter.is_sound || !letter.set_aside.is_empty() {
        "operator store"
    } else if letter.canary.is_some() || letter.canary_back.is_some() {
        "operator canary"
    } else if sources.iter().any(|cases| !cases.is_empty()) {
        "operator sources"
    } else if !letter.silent_brands.is_empty() || !letter.heard_brands.is_empty() {
        "operator brands"
    } else {
        "operator notices"
    }
}

#[derive(Template)]
#[template(path = "operator.html")]
struct Mail {
    view: View,
}

/// Renders what is told as an HTML document.
pub fn html(letter: &Letter) -> String {
    // Writing into a string fails only where a value's own rendering does, and ours are strings.
    Mail { view: View::of(letter) }.render().unwrap_or_default()
}

#[cfg(test)]
mod tests;
