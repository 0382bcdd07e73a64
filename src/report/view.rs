//! A report laid out, before it is text or HTML: both forms read the same page, so that they cannot say
//! different things.

use super::{Bin, Rated, Report, Row, Story, Times, Totals, Unit};
use crate::text::{cut, visible};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// How wide the text is, in characters.
const WIDTH: usize = 80;
/// How many rows of a list people are shown; the JSON has all.
const MOST_ROWS: usize = 15;
/// What stands between two columns.
const GAP: usize = 2;
/// The narrowest column that is still read.
const NARROWEST: usize = 8;

/// A page of several parts.
pub(super) struct Page {
    pub(super) language: String,
    pub(super) title: String,
    pub(super) period: String,
    pub(super) parts: Vec<Part>,
    /// May be empty.
    pub(super) footer: String,
}

/// What stands under one heading: sentences, then a table.
pub(super) struct Part {
    pub(super) heading: String,
    pub(super) lines: Vec<String>,
    pub(super) heads: Vec<Cell>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One cell of a table; a head is a number where its whole column is.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) is_number: bool,
}

impl Part {
    pub(super) fn lines(heading: &str, lines: &[String]) -> Self {
        let lines = lines.iter().map(|line| visible(line)).collect();
        Self { heading: heading.to_owned(), lines, heads: Vec::new(), rows: Vec::new() }
    }

    /// Returns a part with a table; the first column is words, even where they look like numbers.
    pub(super) fn table(
        heading: &str,
        lines: &[String],
        heads: &[&str],
        rows: impl Iterator<Item = Vec<String>>,
    ) -> Self {
        let cell = |(nth, text): (usize, String)| {
            let rest = text.trim_start_matches(['+', '-']).trim_end_matches(['%', ' ']);
            let is_number = nth > 0 && rest.chars().all(|c| c.is_ascii_digit() || ".,".contains(c));
            Cell { text: visible(&text), is_number }
        };
        let rows: Vec<Vec<Cell>> =
            rows.map(|row| row.into_iter().enumerate().map(cell).collect()).collect();
        let heads = if rows.is_empty() { &[] } else { heads };
        let head = |(nth, text): (usize, &&str)| Cell {
            text: (*text).to_owned(),
            is_number: rows.iter().all(|row| row.get(nth).is_some_and(|cell| cell.is_number)),
        };
        Self {
            heads: heads.iter().enumerate().map(head).collect(),
            rows,
            ..Self::lines(heading, lines)
        }
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.rows.is_empty()
    }
}

/// Renders a page as plain text.
pub(super) fn text(page: &Page) -> String {
    let mut text = String::new();
    wrapped(&mut text, &page.title);
    wrapped(&mut text, &page.period);
    for part in &page.parts {
        text.push('\n');
        wrapped(&mut text, &part.heading);
        text.push_str(&"-".repeat(part.heading.chars().count().min(WIDTH)));
        text.push('\n');
        for line in &part.lines {
            wrapped(&mut text, line);
        }
        table(&mut text, part);
    }
    if !page.footer.is_empty() {
        text.push('\n');
        wrapped(&mut text, &page.footer);
    }
    text
}

fn wrapped(text: &mut String, words: &str) {
    let mut width = 0;
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            text.push('\n');
            width = 0;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    text.push('\n');
}

fn table(text: &mut String, part: &Part) {
    let mut widths: Vec<usize> = part.heads.iter().map(|head| head.text.chars().count()).collect();
    for row in &part.rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.chars().count());
        }
    }
    while widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) > WIDTH {
        let Some(widest) = widths.iter_mut().max().filter(|width| **width > NARROWEST) else {
            break;
        };
        *widest -= 1;
    }
    let heads = part.heads.iter().map(|head| head.text.to_uppercase());
    let numbers: Vec<bool> = part.heads.iter().map(|head| head.is_number).collect();
    if !widths.is_empty() {
        line(text, heads, &widths, &numbers);
    }
    for row in &part.rows {
        line(text, row.iter().map(|cell| cell.text.clone()), &widths, &numbers);
    }
}

fn line(
    text: &mut String,
    cells: impl Iterator<Item = String>,
    widths: &[usize],
    numbers: &[bool],
) {
    let mut line = String::new();
    for ((cell, width), is_number) in cells.zip(widths).zip(numbers) {
        if !line.is_empty() {
            line.push_str(&" ".repeat(GAP));
        }
        let cell = cut(&cell, *width);
        let room = " ".repeat(width.saturating_sub(cell.chars().count()));
        if *is_number {
            line.push_str(&room);
        }
        line.push_str(&cell);
        if !*is_number {
            line.push_str(&room);
        }
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

/// Returns a number of minutes as one would say it, in these words.
pub(super) fn hours(minutes: i64, of_minutes: &str, of_hours: &str, of_days: &str) -> String {
    match minutes.max(0) {
        minutes @ ..120 => format!("{minutes} {of_minutes}"),
        minutes @ 120..2880 => format!("{} {of_hours}", (minutes + 30) / 60),
        minutes => format!("{} {of_days}", (minutes + 720) / 1440),
    }
}

/// Returns a share in percent, without the sign.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

impl Report {
    /// Renders it as plain text for a terminal of 80 columns.
    pub fn text(&self, zone: Tz) -> String {
        text(&self.page(zone))
    }

    /// Renders it as an HTML document.
    pub fn html(&self, zone: Tz) -> String {
        super::html::render(&self.page(zone))
    }

    fn page(&self, zone: Tz) -> Page {
        let whom = self.brand.as_ref().map(|brand| format!(" of {brand}")).unwrap_or_default();
        let parts = [
            self.totals(),
            self.volume(),
            said_of("Brands", "brand", &self.brands),
            said_of("Sources", "source", &self.sources),
            said_of("Languages", "language", &self.languages),
            stories("Stories", &self.stories, zone),
            self.tickets(),
            self.causes(),
            self.lessons(zone),
            self.times(),
            self.satisfaction(),
            self.customers(),
            self.questions(),
            self.places(zone),
        ];
        Page {
            language: "en".into(),
            title: visible(&format!("Report{whom}")),
            period: format!(
                "{} to {}, compared with the time since {}",
                minute(self.since, zone),
                minute(self.until, zone),
                minute(self.before_since, zone)
            ),
            parts: parts.into_iter().filter(|part| !part.is_empty()).collect(),
            footer: String::new(),
        }
    }

    fn totals(&self) -> Part {
        let (now, before) = (&self.totals, &self.before);
        let row = |name: &str, of: fn(&Totals) -> u64| {
            let (now, before) = (of(now), of(before));
            vec![name.to_owned(), now.to_string(), before.to_string(), trend(now, before)]
        };
        let rows = [
            row("mentions", |it| it.mentions),
            row("negative", |it| it.negative),
            row("neutral", |it| it.neutral),
            row("positive", |it| it.positive),
            row("stories", |it| it.stories),
            row("copies of them", |it| it.copies),
            row("the brand's own", |it| it.own),
            row("noise", |it| it.noise),
        ];
        Part::table("Mentions", &[], &["what", "now", "before", "change"], rows.into_iter())
    }

    fn volume(&self) -> Part {
        let heading = match self.unit {
            Unit::Day => "By day",
            Unit::Week => "By week",
            Unit::Month => "By month",
        };
        let rows = self.volume.iter().map(|bin| {
            let Bin { from, mentions, negative, neutral, positive } = bin;
            let counts = [mentions, negative, neutral, positive].map(ToString::to_string);
            std::iter::once(from.to_string()).chain(counts).collect()
        });
        let heads = ["from", "mentions", "negative", "neutral", "positive"];
        Part::table(heading, &[], &heads, rows)
    }

    fn tickets(&self) -> Part {
        let flow = &self.tickets;
        let lines = vec![
            format!(
                "{} opened ({} before), {} answered, {} resolved ({} before).",
                flow.opened, flow.opened_before, flow.answered, flow.resolved, flow.resolved_before
            ),
            format!(
                "{} {} for an answer now, {} of them too long.",
                flow.waiting,
                if flow.waiting == 1 { "waits" } else { "wait" },
                flow.overdue
            ),
        ];
        Part::lines("Tickets", &lines)
    }

    fn causes(&self) -> Part {
        let rows = self.causes.iter().map(|cause| {
            let shown = cause.tickets.iter().take(8).map(ToString::to_string);
            let more = if cause.tickets.len() > 8 { " …" } else { "" };
            vec![
                cause.cause.clone(),
                cause.count.to_string(),
                cause.before.to_string(),
                trend(cause.count, cause.before),
                format!("{}{more}", shown.collect::<Vec<_>>().join(" ")),
            ]
        });
        let heads = ["cause", "count", "before", "change", "tickets"];
        Part::table("Causes", &[], &heads, rows)
    }

    fn lessons(&self, zone: Tz) -> Part {
        let lines = self.lessons.iter().map(|lesson| {
            let day = lesson.at.with_timezone(&zone).date_naive();
            format!("{day}, ticket {}, {}: {}", lesson.ticket, lesson.cause, lesson.lesson)
        });
        Part::lines("Lessons", &lines.collect::<Vec<_>>())
    }

    fn times(&self) -> Part {
        let row = |name: &str, times: &Times| {
            let span = |minutes: Option<i64>| {
                minutes.map_or("-".into(), |it| hours(it, "min", "h", "days"))
            };
            vec![
                name.to_owned(),
                times.count.to_string(),
                span(times.median_minutes),
                span(times.p90_minutes),
                times.within_target.map_or("-".into(), |it| format!("{} %", percent(it))),
            ]
        };
        let rows = [("first answer", &self.first_answer), ("resolution", &self.resolution)];
        let rows = rows.into_iter().filter(|(_, times)| times.count > 0);
        let heads = ["until", "tickets", "median", "90 % within", "in time"];
        Part::table("Response times", &[], &heads, rows.map(|(name, times)| row(name, times)))
    }

    fn satisfaction(&self) -> Part {
        let all = &self.satisfaction;
        let groups =
            [("cause", &all.by_cause), ("type", &all.by_type), ("assignee", &all.by_assignee)];
        let rows = groups.iter().flat_map(|(by, rows)| {
            rows.iter().take(MOST_ROWS).map(|Rated { name, ratings, mean }| {
                vec![
                    (*by).to_owned(),
                    name.clone().unwrap_or_else(|| "-".into()),
                    ratings.to_string(),
                    mean.map_or("-".into(), |mean| format!("{mean:.1}")),
                ]
            })
        });
        let mut lines = Vec::new();
        if let (Some(mean), Some(share)) = (all.mean, all.satisfied) {
            let share = percent(share);
            let ratings = crate::text::count(usize::try_from(all.ratings).unwrap_or(0), "rating");
            lines.push(format!("{ratings}, {mean:.1} of 5 on average; {share} % are 3 or more."));
        }
        if all.closed_unrated > 0 {
            lines.push(format!("Closed without a rating: {}.", all.closed_unrated));
        }
        Part::table("Satisfaction", &lines, &["by", "which", "ratings", "mean"], rows)
    }

    fn customers(&self) -> Part {
        let all = &self.customers;
        let rows = all.most.iter().map(|one| {
            let name = one.name.clone().unwrap_or_else(|| "-".into());
            vec![name, one.tickets.to_string(), one.last_ticket.to_string()]
        });
        let lines = if all.known == 0 {
            Vec::new()
        } else {
            vec![format!(
                "{} known to have complained, {} of them not for the first time.",
                all.known, all.returning
            )]
        };
        Part::table("Customers", &lines, &["who", "tickets", "last ticket"], rows)
    }

    fn questions(&self) -> Part {
        let rows = self.questions.iter().map(|asked| {
            let example = asked.examples.first().map(|example| format!("{}?", example.text));
            vec![asked.words.join(", "), asked.count.to_string(), example.unwrap_or_default()]
        });
        Part::table("Questions that return", &[], &["words", "asked", "such as"], rows)
    }

    fn places(&self, zone: Tz) -> Part {
        let rows = self.places.iter().map(|place| {
            let last = place.last.with_timezone(&zone).date_naive().to_string();
            vec![place.place.clone(), place.mentions.to_string(), last]
        });
        let heads = ["place", "mentions", "last"];
        Part::table("Places that no source covers", &[], &heads, rows)
    }
}

fn said_of(heading: &str, what: &str, rows: &[Row]) -> Part {
    let hidden = rows.len().saturating_sub(MOST_ROWS);
    let lines = if hidden > 0 {
        vec![format!("The largest; {hidden} more are in the JSON.")]
    } else {
        Vec::new()
    };
    let rows = rows.iter().take(MOST_ROWS).map(|row| {
        let counts = [row.mentions, row.negative, row.neutral, row.positive, row.before];
        let name = row.name.clone().unwrap_or_else(|| "unknown".into());
        std::iter::once(name).chain(counts.map(|count| count.to_string())).collect()
    });
    let heads = [what, "mentions", "negative", "neutral", "positive", "before"];
    Part::table(heading, &lines, &heads, rows)
}

fn stories(heading: &str, stories: &[Story], zone: Tz) -> Part {
    let rows = stories.iter().map(|story| {
        vec![
            story.at.with_timezone(&zone).date_naive().to_string(),
            story.copies.to_string(),
            story.sentiment.word().to_owned(),
            story.ticket.map_or_else(|| "-".into(), |ticket| ticket.to_string()),
            story.headline.clone(),
        ]
    });
    Part::table(heading, &[], &["first", "copies", "sentiment", "ticket", "what"], rows)
}

/// Returns how much more or less it is than before.
fn trend(now: u64, before: u64) -> String {
    let (now, before) = (i128::from(now), i128::from(before));
    match (now - before, before) {
        (0, _) => "0".to_owned(),
        (more, 0) => format!("{more:+}"),
        (more, before) => format!("{:+} %", (more * 100) / before),
    }
}

fn minute(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}
