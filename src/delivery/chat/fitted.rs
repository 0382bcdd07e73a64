//! A notice in short, as plain text that is cut to what a channel takes. What of it stands in markup is
//! escaped by who writes the markup.

use crate::delivery::{Brief, BriefLine, Notice};
use crate::text;
use url::Url;

/// The longest title, headline, and details of a line, in characters.
const MOST_TITLE: usize = 200;
const MOST_HEADLINE: usize = 160;
const MOST_DETAILS: usize = 300;

/// The longest line at the end, in characters, and how many there are.
const MOST_FOOTER: usize = 250;
const MOST_FOOTERS: usize = 4;

/// The longest word that there are more, in characters.
const MOST_MORE: usize = 60;

/// The longest address that is linked, in bytes.
const MOST_LINK: usize = 800;

/// How many lines are shown: more than that nobody reads where people chat.
const MOST_LINES: usize = 25;

/// What is told, ready but for its markup.
pub(super) struct Fitted<T> {
    pub(super) title: String,
    pub(super) lines: Vec<T>,
    /// What is said of the lines that are not shown.
    pub(super) more: Option<String>,
    pub(super) footer: Vec<String>,
    pub(super) urgent: bool,
}

/// One line, cut and free of what steers.
pub(super) struct Line {
    pub(super) headline: String,
    pub(super) link: Option<String>,
    /// Joined; empty where there are none.
    pub(super) details: String,
}

impl Line {
    fn of(told: &BriefLine) -> Self {
        let link = told.link.as_deref().and_then(|link| Url::parse(link).ok());
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
        let link = link.filter(|url| is_web(url) && url.username().is_empty());
        let link = link.map(|url| closed(url.as_str())).filter(|link| link.len() <= MOST_LINK);
        let headline = plain(&told.headline, MOST_HEADLINE);
        Self {
            // A link needs words to be clicked on.
            headline: match &link {
                Some(link) if headline.is_empty() => text::cut(link, MOST_HEADLINE),
                _ => headline,
            },
            link,
            details: plain(&told.details.join(" · "), MOST_DETAILS),
        }
    }
}

impl<T> Fitted<T> {
    /// Renders as many lines of a notice as take at most `room` bytes together, as `size` counts them.
    pub(super) fn of(
        notice: &Notice,
        room: usize,
        render: impl Fn(&Line) -> T,
        size: impl Fn(&T) -> usize,
    ) -> Self {
        let brief = brief(notice);
        let mut left = room;
        let mut lines = Vec::new();
        for line in brief.lines.iter().take(MOST_LINES) {
            let rendered = render(&Line::of(line));
            let Some(rest) = left.checked_sub(size(&rendered)) else { break };
            left = rest;
            lines.push(rendered);
        }
        let hidden = brief.lines.len() - lines.len();
        let footer = brief.footer.iter().map(|line| plain(line, MOST_FOOTER));
        Self {
            title: plain(&brief.title, MOST_TITLE),
            more: (hidden > 0).then(|| more(&brief, hidden)),
            footer: footer.filter(|line| !line.is_empty()).take(MOST_FOOTERS).collect(),
            lines,
            urgent: brief.urgent,
        }
    }

    /// Returns what stands behind the lines: that there are more, and the footer.
    pub(super) fn tail(&self) -> impl Iterator<Item = &String> {
        self.more.iter().chain(&self.footer)
    }
}

/// Returns what of an address would end a link in some markup in its other form.
fn closed(url: &str) -> String {
    url.replace('|', "%7C")
        .replace('(', "%28")
        .replace(')', "%29")
        .replace('<', "%3C")
        .replace('>', "%3E")
        .replace('\\', "%5C")
}

fn more(brief: &Brief, hidden: usize) -> String {
    let [one, many] = &brief.more;
    let form = if hidden == 1 { one } else { many };
    let form = if form.contains("{n}") { form.as_str() } else { "And {n} more" };
    plain(&form.replace("{n}", &hidden.to_string()), MOST_MORE)
}

fn plain(words: &str, most: usize) -> String {
    text::cut(&text::visible(words), most)
}

/// Returns a notice in short: as it says itself, or else its text by paragraphs.
pub(super) fn brief(notice: &Notice) -> Brief {
    if let Some(brief) = &notice.enclosed.brief {
        let title = Some(brief.title.clone()).filter(|title| !title.trim().is_empty());
        return Brief { title: title.unwrap_or_else(|| notice.subject.clone()), ..brief.clone() };
    }
    // Behind this line is what mail programs take for a signature.
    let (body, signature) = notice.text.split_once("\n-- \n").unwrap_or((&notice.text, ""));
    let paragraphs = body.split("\n\n").map(|lines| lines.split_whitespace().collect::<Vec<_>>());
    let line = |words: Vec<&str>| BriefLine { headline: words.join(" "), ..BriefLine::default() };
    Brief {
        title: notice.subject.clone(),
        lines: paragraphs.filter(|words| !words.is_empty()).map(line).collect(),
        footer: vec![signature.trim().to_owned()],
        ..Brief::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{line, notice, plain as plain_notice};
    use super::*;

    fn fitted(notice: &Notice, room: usize) -> Fitted<String> {
        let render = |line: &Line| format!("{} {:?} {}", line.headline, line.link, line.details);
        Fitted::of(notice, room, render, String::len)
    }

    #[test]
    fn what_does_not_fit_is_counted_in_the_words_of_its_language() {
        let mut many = notice();
        let brief = many.enclosed.brief.as_mut().unwrap();
        brief.lines = (0..40).map(|n| line(&format!("headline {n}"), None)).collect();
        brief.more = ["Ja {n} muu".into(), "Ja {n} muuta".into()];
        let all = fitted(&many, 100_000);
        assert_eq!((all.lines.len(), all.more.as_deref()), (MOST_LINES, Some("Ja 15 muuta")));
        let few = fitted(&many, 130);
        assert_eq!((few.lines.len(), few.more.as_deref()), (2, Some("Ja 38 muuta")));
        assert_eq!(fitted(&many, 0).lines.len(), 0);
        many.enclosed.brief.as_mut().unwrap().lines.truncate(3);
        assert_eq!(fitted(&many, 130).more.as_deref(), Some("Ja 1 muu"));
        assert_eq!(fitted(&many, 500).more, None);
        many.enclosed.brief.as_mut().unwrap().more = [String::new(), String::new()];
        assert_eq!(fitted(&many, 130).more.as_deref(), Some("And 1 more"));
    }

    #[test]
    fn a_link_leads_to_the_web_and_closes_nothing() {
        let of = |link: &str| Line::of(&line("h", Some(link))).link;
        assert_eq!(of("https://a.example/x|y_(z)>").unwrap(), "https://a.example/x%7Cy_%28z%29%3E");
        let long = format!("https://a.example/{}", "x".repeat(900));
        for bad in ["javascript:alert(1)", "https://user:pw@a.example/", "nothing", &long] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(Line::of(&line("", Some("https://a.example/"))).headline, "https://a.example/");
    }

    #[test]
    fn what_steers_is_made_visible_and_long_words_are_cut() {
        let line = Line::of(&line(&format!("a\u{202e}b\nc {}", "x".repeat(900)), None));
        assert!(line.headline.starts_with("a\\u{202e}b c"), "{}", line.headline);
        assert_eq!(line.headline.chars().count(), MOST_HEADLINE);
    }

    #[test]
    fn who_says_nothing_in_short_is_told_by_paragraphs() {
        let brief = brief(&plain_notice());
        assert_eq!(brief.title, "vahti: 1 source fails");
        let lines: Vec<&str> = brief.lines.iter().map(|line| line.headline.as_str()).collect();
        assert_eq!(lines, ["1 source fails.", "* news since 08:00 news.example answered 500"]);
        assert_eq!(brief.footer, ["vahti says so once."]);
    }
}
