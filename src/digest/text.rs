//! A digest as plain text that reads well alone.

use super::view::{
    AskedTicketView, AskedView, BlindView, CustomerView, Hint, ItemView, QuietView, SectionView,
    SpotView, TicketView, TodayView, View,
};
use super::{Digest, Piece};

/// How long a line may be, in characters; what cannot be broken is longer.
const WIDTH: usize = 78;

/// Renders a digest as plain text.
pub fn render(digest: &Digest) -> String {
    let view = View::of(digest);
    let mut page = Page::default();
    for summary in &view.summary {
        page.wrapped("", &summary.line);
        if let Some(chart) = &summary.chart {
            page.wrapped("  ", &chart.before);
        }
    }
    if let Some(note) = &view.note {
        page.wrapped("", note);
    }
    page.wrapped("", &view.period);
    if let Some(nothing) = view.nothing {
        page.gap();
        page.wrapped("", nothing);
    }
    if let Some(today) = &view.today {
        page.today(today);
    }
    if let Some(asked) = &view.asked {
        page.asked(asked);
    }
    for section in &view.sections {
        page.section(section);
    }
    for hint in view.more.iter().chain(&view.praise) {
        page.gap();
        page.hint("", hint);
    }
    if let Some(quiet) = &view.quiet {
        page.quiet(quiet);
    }
    if let Some(blind) = &view.blind {
        page.blind(blind);
    }
    // Mail programs know this line as the beginning of what is no longer the message.
    page.gap();
    page.line("-- ");
    page.wrapped("", &view.footer);
    page.0
}

/// What is written so far.
#[derive(Default)]
pub(super) struct Page(pub(super) String);

impl Page {
    fn today(&mut self, today: &TodayView) {
        let TodayView { heading, tickets, more } = today;
        self.heading(heading);
        for ticket in tickets {
            self.ticket(ticket);
        }
        if let Some(more) = more {
            self.gap();
            self.hint("", more);
        }
    }

    fn ticket(&mut self, ticket: &TicketView) {
        let TicketView { name, state, brand, headline, late: _, link, told, next, command } =
            ticket;
        self.gap();
        let brand = brand.as_ref().map(|brand| format!("{brand} · ")).unwrap_or_default();
        self.wrapped("* ", &format!("{brand}{name} ({state})"));
        self.wrapped("  ", headline);
        self.wrapped("  ", next);
        if let Some(link) = link.as_ref().filter(|_| !told) {
            self.line(&format!("  {link}"));
        }
        self.line(&format!("  {command}"));
    }

    fn asked(&mut self, asked: &AskedView) {
        let AskedView { heading, meaning, tickets, more } = asked;
        self.heading(heading);
        self.gap();
        self.wrapped("", meaning);
        for AskedTicketView { about, headline, link, command } in tickets {
            self.gap();
            self.wrapped("* ", headline);
            self.wrapped("  ", about);
            if let Some(link) = link {
                self.line(&format!("  {link}"));
            }
            self.line(&format!("  {command}"));
        }
        if let Some(more) = more {
            self.gap();
            self.hint("", more);
        }
    }

    fn section(&mut self, section: &SectionView) {
        let SectionView { heading, tone: _, groups } = section;
        self.heading(heading);
        for group in groups {
            if let Some(brand) = &group.brand {
                self.gap();
                self.wrapped("", brand);
            }
            let mut was_short = false;
            for item in &group.items {
                if !(item.in_short && was_short) {
                    self.gap();
                }
                was_short = item.in_short;
                if item.in_short { self.short(item) } else { self.item(item) }
            }
        }
    }

    fn item(&mut self, item: &ItemView) {
        let ItemView { title, sentence, origin, why, link, ticket, mark, .. } = item;
        let mut bullet = "* ";
        for pieces in [title, sentence] {
            if !pieces.is_empty() {
                self.wrapped(bullet, &marked(pieces));
                bullet = "  ";
            }
        }
        self.wrapped(bullet, &origin.join(" · "));
        self.wrapped("  ", why);
        if let Some(link) = link {
            self.line(&format!("  {link}"));
        }
        if let Some(ticket) = ticket {
            self.hint("  ", ticket);
        }
        self.hint("  ", mark);
    }

    /// What is not urgent needs a line only, and the place where it can be read.
    fn short(&mut self, item: &ItemView) {
        let words = if item.title.is_empty() { &item.sentence } else { &item.title };
        self.wrapped("* ", &format!("{} · {}", marked(words), item.origin.join(" · ")));
        if let Some(link) = &item.link {
            self.line(&format!("  {link}"));
        }
    }

    fn quiet(&mut self, quiet: &QuietView) {
        let QuietView { heading, meaning, customers, more } = quiet;
        self.heading(heading);
        self.gap();
        self.wrapped("", meaning);
        for CustomerView { name, headline, last, command } in customers {
            self.gap();
            self.wrapped("* ", &format!("{name}, {last}"));
            self.wrapped("  ", headline);
            self.line(&format!("  {command}"));
        }
        if let Some(more) = more {
            self.gap();
            self.hint("", more);
        }
    }

    fn blind(&mut self, blind: &BlindView) {
        let BlindView { heading, meaning, spots, more } = blind;
        self.heading(heading);
        self.gap();
        self.wrapped("", meaning);
        self.gap();
        for spot in spots {
            let SpotView { source, what, cause } = spot;
            let cause = if cause.is_empty() { String::new() } else { format!(" ({cause})") };
            self.wrapped("* ", &format!("{source}: {what}{cause}"));
        }
        if let Some(more) = more {
            self.gap();
            self.hint("", more);
        }
    }

    pub(super) fn heading(&mut self, heading: &str) {
        self.gap();
        self.gap();
        self.wrapped("", heading);
        self.line(&"=".repeat(heading.chars().count().min(WIDTH)));
    }

    /// A command stays on one line, so that it can be copied.
    fn hint(&mut self, indent: &str, hint: &Hint) {
        let Hint { words, command } = hint;
        let whole = format!("{indent}{words} {command}");
        if whole.chars().count() <= WIDTH {
            self.line(&whole);
        } else {
            self.wrapped(indent, words);
            self.line(&format!("{indent}  {command}"));
        }
    }

    pub(super) fn gap(&mut self) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
    }

    pub(super) fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// Writes words in lines of the usual width; `first` begins the first, and spaces of its width
    /// the others.
    pub(super) fn wrapped(&mut self, first: &str, words: &str) {
        let indent = " ".repeat(first.chars().count());
        let mut line = first.to_owned();
        let mut width = indent.len();
        let mut is_empty = true;
        for word in words.split(' ').filter(|word| !word.is_empty()) {
            let length = word.chars().count();
            if !is_empty && width + 1 + length > WIDTH {
                self.line(&line);
                line.clone_from(&indent);
                width = indent.len();
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
                width += 1;
            }
            line.push_str(word);
            width += length;
            is_empty = false;
        }
        self.line(&line);
    }
}

/// Writes pieces with `**` around what is marked.
fn marked(pieces: &[Piece]) -> String {
    let mut line = String::new();
    for Piece { text, marked } in pieces {
        let sign = if *marked { "**" } else { "" };
        line.push_str(sign);
        line.push_str(text);
        line.push_str(sign);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sample::{digest, mention, morning};
    use crate::enrich::Label;
    use crate::text::Language;

    #[test]
    fn a_morning_in_english() {
        insta::assert_snapshot!(render(&morning(Language::ENGLISH)));
    }

    #[test]
    fn a_morning_in_finnish() {
        insta::assert_snapshot!(render(&morning(Language::FINNISH)));
    }

    #[test]
    fn a_morning_in_turkish() {
        insta::assert_snapshot!(render(&morning(Language::TURKISH)));
    }

    #[test]
    fn a_morning_in_swedish() {
        insta::assert_snapshot!(render(&morning(Language::SWEDISH)));
    }

    #[test]
    fn what_is_not_negative_is_short_after_the_first_few() {
        let told = |number: u8| {
            let text = format!("In week {number} Acme did something.");
            mention(number, Label::Neutral, Some(&format!("Acme news {number}")), &text)
        };
        let mut mentions: Vec<_> = (1..=6).map(told).collect();
        mentions[4].post.url = None;
        let text = render(&digest(&mentions, &[])).replace('\u{a0}', " ");
        assert_eq!((text.matches("Why: ").count(), text.matches("mark noise").count()), (3, 3));
        let end = "
* **Acme** news 4 · news.example (google-alerts) · 21 November, 06:00
  https://www.news.example/4
* **Acme** news 5 · google-alerts · 21 November, 05:00
* **Acme** news 6 · news.example (google-alerts) · 21 November, 04:00
  https://www.news.example/6
";
        assert!(text.contains(end), "{text}");
        let html = crate::digest::html::render(&digest(&mentions, &[]));
        assert_eq!(html.matches("mark noise").count(), 3, "{html}");
        assert!(html.contains("href=\"https://www.news.example/6\""), "{html}");
    }

    #[test]
    fn nothing_is_said_plainly() {
        insta::assert_snapshot!(render(&digest(&[], &[])).replace("-- \n", "--␠\n"), @"
        20 November 2026, 10:00 – 21 November 2026, 10:00 · Time zone: Europe/Helsinki

        Nothing new: there were no mentions in this period.

        --␠
        vahti wrote this for the alert “care-team”.
        ");
    }

    #[test]
    fn only_what_cannot_be_broken_is_wider_than_the_page() {
        for language in [Language::ENGLISH, Language::FINNISH, Language::TURKISH, Language::SWEDISH]
        {
            let text = render(&morning(language));
            for line in text.lines().filter(|line| line.chars().count() > WIDTH) {
                assert!(line.contains("://") || line.contains("vahti "), "{line}");
            }
        }
    }

    #[test]
    fn an_endless_word_and_forged_lines_do_no_harm() {
        let text = format!("Acme\r\n\x1b[31m\u{202e}* Forged\n{}", "x".repeat(100_000));
        let mention = mention(1, Label::Negative, Some("Acme\n\n* Forged"), &text);
        let rendered = render(&digest(&[mention], &[]));
        assert!(rendered.len() < 3000, "{}", rendered.len());
        assert!(!rendered.contains(['\r', '\x1b', '\u{202e}']));
        assert_eq!(rendered.matches("\n* ").count(), 1, "{rendered}");
    }
}
