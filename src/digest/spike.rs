//! What somebody is told when a brand is spoken of far more than usual, and when that is over: how much, since
//! when, and the stories that cause it.

use super::Piece;
use super::excerpt::{self, line};
use super::text::Page;
use super::view::link;
use super::words::{Forms, Words, fill};
use crate::alert::spike::{self, Of, Spike};
use crate::brand::BrandName;
use crate::delivery::{Brief, BriefLine, Enclosed};
use crate::enrich::{Label, Priority};
use crate::mention::{Mention, TicketId};
use crate::text::Language;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

/// The longest subject, in characters.
const LONGEST: usize = 120;
const LONGEST_NAME: usize = 60;

/// A story that is a cause of a spike.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The mention that speaks for it.
    pub head: Mention,
    /// How many more mentions there are of it, copies and what belongs to the same event.
    pub more: u64,
    /// The ticket of its head, or of the event.
    pub ticket: Option<TicketId>,
}

/// How far a spike has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Begun,
    Over,
    /// It has lasted so long that it is what is usual now.
    Stays,
}

/// What is told.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub language: Language,
    /// In which times are written.
    pub zone: Tz,
    pub brand: &'a BrandName,
    pub alert: &'a str,
    pub spike: &'a Spike,
    pub phase: Phase,
    /// How many of its mentions are negative.
    pub negative: u64,
    /// Those that cause it, the greatest first.
    pub stories: &'a [Story],
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub subject: String,
    pub text: String,
    pub html: String,
    pub enclosed: Enclosed,
}

/// What is said in such a message only; the names are those of the files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    all: String,
    negative: String,
    within: Forms,
    began: String,
    few: String,
    since: String,
    of_them: String,
    stories: String,
    more: String,
    lasted: Forms,
    ended: String,
    course: String,
    peak: String,
    stays: String,
    stays_title: String,
    footer: String,
}

#[derive(Template)]
#[template(path = "spike.html")]
struct Mail<'a> {
    view: &'a View,
}

struct View {
    language: &'static str,
    title: String,
    lines: Vec<String>,
    heading: &'static str,
    stories: Vec<StoryView>,
    more: &'static str,
    command: String,
    footer: String,
}

struct StoryView {
    headline: String,
    /// What it says, where that is not the headline already.
    sentence: Option<String>,
    /// Where, when, how pressing, how often.
    origin: String,
    link: Option<String>,
    command: String,
}

/// Words what is told.
pub fn message(told: &Told<'_>) -> Message {
    let view = View::of(told);
    // Writing into a string fails only where a value's own rendering does, and ours are strings.
    let html = Mail { view: &view }.render().unwrap_or_default();
    let enclosed = Enclosed {
        thread: Some(format!("spike {} {}", told.brand.0, told.spike.began)),
        brief: Some(brief(&view, told)),
        tells: told.stories.iter().map(|story| story.head.id.to_string()).collect(),
        ..Enclosed::default()
    };
    Message { text: text(&view), html, subject: view.title, enclosed }
}

impl View {
    fn of(told: &Told<'_>) -> Self {
        let words = Words::of(told.language);
        let own = &words.spike;
        let since =
            spike::begin(told.spike.began).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let brand = quoted(&line(&told.brand.0, 100));
        let negative = match told.spike.of {
            Of::All => "",
            Of::Negative => " --sentiment negative",
        };
        let footer = fill(&own.footer, &[("alert", &line(told.alert, LONGEST_NAME))]);
        Self {
            language: words.code(),
            title: line(&title(told, own, words), LONGEST),
            lines: lines(told, own, words),
            heading: &own.stories,
            stories: told.stories.iter().map(|story| StoryView::of(story, told, words)).collect(),
            more: &own.more,
            command: format!("vahti mentions --brand {brand} --since {since}{negative} --limit 0"),
            footer,
        }
    }
}

/// Returns a word as a shell takes it.
fn quoted(word: &str) -> String {
    if !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
    {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Returns how much of what in how long, and what is usual; or for how long it was.
fn title(told: &Told<'_>, own: &Texts, words: &Words) -> String {
    let spike = told.spike;
    let pattern = match spike.of {
        Of::All => &own.all,
        Of::Negative => &own.negative,
    };
    let count = if told.phase == Phase::Begun { spike.count } else { spike.total };
    let what = fill(pattern, &[("n", &words.number(u64::from(count)))]);
    let brand = line(&told.brand.0, LONGEST_NAME);
    if told.phase == Phase::Stays {
        return fill(&own.stays_title, &[("brand", &brand), ("what", &what)]);
    }
    if told.phase == Phase::Over {
        let hours = words.count(length(spike), &own.lasted);
        return fill(&own.ended, &[("brand", &brand), ("hours", &hours), ("what", &what)]);
    }
    let usual = if spike.usual < 0.5 { own.few.clone() } else { format!("{:.0}", spike.usual) };
    let hours = words.count(u64::from(spike.hours), &own.within);
    let values = [("brand", brand.as_str()), ("what", &what), ("hours", &hours), ("usual", &usual)];
    fill(&own.began, &values)
}

/// Returns how many hours it lasted.
fn length(spike: &Spike) -> u64 {
    u64::try_from(spike.last - spike.began + 1).unwrap_or(1)
}

fn lines(told: &Told<'_>, own: &Texts, words: &Words) -> Vec<String> {
    let spike = told.spike;
    let last = spike::begin(spike.last);
    let date = |hour| words.near(spike::begin(hour), last, told.zone);
    let mut lines = Vec::new();
    if told.phase == Phase::Begun {
        lines.push(fill(&own.since, &[("date", &date(spike.began))]));
    } else {
        let (from, to, peak) = (date(spike.began), date(spike.last + 1), date(spike.peak));
        lines.push(fill(&own.course, &[("from", &from), ("to", &to)]));
        if length(spike) > 1 {
            let most = words.number(u64::from(spike.most));
            lines.push(fill(&own.peak, &[("peak", &peak), ("n", &most)]));
        }
        if told.phase == Phase::Stays {
            lines.push(own.stays.clone());
        }
    }
    if spike.of == Of::All && told.negative > 0 {
        lines.push(fill(&own.of_them, &[("n", &words.number(told.negative))]));
    }
    lines
}

impl StoryView {
    fn of(story: &Story, told: &Told<'_>, words: &Words) -> Self {
        let Story { head, more, ticket } = story;
        let headline = line(&head.headline(), 140);
        let plain =
            |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
        let sentence = line(&plain(&excerpt::sentence(head)), 300);
        let is_new = head.post.title.is_some() && !sentence.is_empty() && sentence != headline;
        let author = head.post.author.handle.as_ref().or(head.post.author.name.as_ref());
        let is_pressing = head.priority() >= Priority::High && head.label() == Label::Negative;
        let more = (*more > 0).then(|| words.count(*more, &words.count.copies));
        let name = ticket.map(|id| fill(&words.ticket, &[("id", &id.to_string())]));
        let origin = [
            Some(line(&head.source.0, LONGEST_NAME)),
            author.map(|author| line(author, LONGEST_NAME)),
            Some(words.near(head.time(), spike::begin(told.spike.last), told.zone)),
            Some(words.label.of(head.label()).to_owned()),
            is_pressing.then(|| words.priority(head.priority()).to_owned()),
            more,
            name,
        ];
        let origin: Vec<String> =
            origin.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        Self {
            headline,
            sentence: is_new.then_some(sentence),
            origin: origin.join(" · "),
            link: head.post.url.as_deref().and_then(link).map(String::from),
            command: match ticket {
                Some(id) => format!("vahti ticket {id}"),
                None => format!("vahti mention {}", head.id),
            },
        }
    }
}

fn brief(view: &View, told: &Told<'_>) -> Brief {
    let line = |story: &StoryView| BriefLine {
        headline: story.headline.clone(),
        link: story.link.clone(),
        details: story.sentence.iter().chain([&story.origin]).cloned().collect(),
    };
    Brief {
        title: view.title.clone(),
        lines: view.stories.iter().map(line).collect(),
        footer: view.lines.iter().chain([&view.command]).cloned().collect(),
        urgent: told.phase == Phase::Begun,
        ..Brief::default()
    }
}

fn text(view: &View) -> String {
    let mut page = Page::default();
    page.wrapped("", &view.title);
    for line in &view.lines {
        page.wrapped("", line);
    }
    if !view.stories.is_empty() {
        page.heading(view.heading);
    }
    for StoryView { headline, sentence, origin, link, command } in &view.stories {
        page.gap();
        page.wrapped("* ", headline);
        if let Some(sentence) = sentence {
            page.wrapped("  ", sentence);
        }
        page.wrapped("  ", origin);
        if let Some(link) = link {
            page.line(&format!("  {link}"));
        }
        page.line(&format!("  {command}"));
    }
    page.gap();
    page.wrapped("", view.more);
    page.line(&format!("  {}", view.command));
    page.gap();
    page.line("-- ");
    page.wrapped("", &view.footer);
    page.0
}

#[cfg(test)]
mod tests;
