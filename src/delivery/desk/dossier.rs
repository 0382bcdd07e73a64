//! What another desk is told of a ticket, as it was when the ticket was opened: a later try says the same
//! as the first. Put into words as HTML and as plain text.

use crate::text::{self, html};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The longest subject, in characters, without the reference.
const MOST_SUBJECT: usize = 150;

/// A ticket with its mention, the complainer card and the draft of a reply. This is the `data` of a
/// webhook, so that its names are part of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    pub ticket: u64,
    /// A mark that no other ticket has, of this store or another: by this it is found again.
    pub reference: String,
    pub opened: DateTime<Utc>,
    /// `low`, `normal`, `high` or `urgent`.
    pub priority: String,
    /// Whether a person is still to say that this is a complaint.
    pub review: bool,
    pub brands: Vec<String>,
    pub headline: String,
    pub mention: Told,
    pub card: Advice,
    pub suggested_reply: String,
    /// The customer's earlier tickets.
    pub history: Vec<u64>,
    /// By what the customer is known here: a site, and who they are on it.
    #[serde(default)]
    pub customer: Option<String>,
}

/// What was said, by whom and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub id: String,
    pub source: String,
    pub kind: String,
    pub url: Option<String>,
    pub title: Option<String>,
    pub text: String,
    pub author: crate::post::Author,
    pub published: Option<DateTime<Utc>>,
    pub language: Option<String>,
}

/// The complainer card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    #[serde(rename = "type")]
    pub complainer: Option<String>,
    pub signs: String,
    pub how_to_answer: String,
    pub avoid: String,
}

impl Dossier {
    /// Returns the subject of the ticket there, with the reference.
    pub fn subject(&self) -> String {
        let brand = self.brands.first().map_or("", String::as_str);
        let line = text::visible(&format!("{brand}: {}", self.headline)).replace('\n', " ");
        format!("{} [{}]", text::cut(&line, MOST_SUBJECT), self.reference)
    }

    /// Returns the address of the post, where it is one that people can follow.
    pub fn permalink(&self) -> Option<&str> {
        let url = self.mention.url.as_deref()?;
        (url.starts_with("https://") || url.starts_with("http://")).then_some(url)
    }

    /// Returns what to call the customer.
    pub fn customer(&self) -> &str {
        let author = &self.mention.author;
        author.name.as_deref().or(author.handle.as_deref()).unwrap_or("unknown")
    }

    /// Returns a name that the customer has on their site, for desks that know customers by one. Who is
    /// unknown is nobody else.
    pub fn customer_key(&self) -> String {
        // Of a name alone nobody knows whose it is: two people must not become one there.
        let known = self.customer.as_ref().filter(|customer| !customer.contains('"'));
        known.map_or_else(|| self.reference.clone(), |customer| text::cut(customer, 200))
    }

    /// What the customer said, and where.
    fn said(&self) -> Vec<Block> {
        let Told { title, text, published, source, .. } = &self.mention;
        let when = published.map_or(String::new(), |at| format!(", {}", at.format("%F %H:%M UTC")));
        let mut blocks = vec![Block::Head(format!("{} ({source}{when})", self.customer()))];
        blocks.extend(
            title.iter().filter(|title| !text.starts_with(*title)).cloned().map(Block::Text),
        );
        blocks.push(Block::Text(text.clone()));
        blocks.extend(self.permalink().map(|url| Block::Link(url.to_owned())));
        blocks
    }

    /// How to answer that, for the desk's own people.
    fn advice(&self) -> Vec<Block> {
        let Advice { complainer, signs, how_to_answer, avoid } = &self.card;
        let kind = complainer.as_deref().unwrap_or("not told by the text").replace('_', " ");
        let review = if self.review { "; is this a complaint? please check" } else { "" };
        let earlier: Vec<String> = self.history.iter().map(ToString::to_string).collect();
        let mut blocks = vec![
            Block::Head(format!("Complainer: {kind}")),
            Block::Text(format!("Signs: {signs}")),
            Block::Text(format!("How to answer: {how_to_answer}")),
            Block::Text(format!("Avoid: {avoid}")),
            Block::Head("Suggested reply, to be posted where the customer wrote".to_owned()),
            Block::Text(self.suggested_reply.clone()),
        ];
        if !earlier.is_empty() {
            blocks.push(Block::Text(format!("Earlier tickets in vahti: {}", earlier.join(", "))));
        }
        blocks.push(Block::Text(format!(
            "vahti ticket {}, priority {}{review}, {} [{}]",
            self.ticket,
            self.priority,
            self.brands.join(", "),
            self.reference
        )));
        blocks
    }

    /// Returns what the customer said as HTML.
    pub fn said_html(&self) -> String {
        as_html(&self.said())
    }

    /// Returns the advice as HTML.
    pub fn advice_html(&self) -> String {
        as_html(&self.advice())
    }

    /// Returns both as HTML.
    pub fn html(&self) -> String {
        format!("{}<hr>{}", self.said_html(), self.advice_html())
    }

    /// Returns what the customer said as plain text.
    pub fn said_text(&self) -> String {
        as_text(&self.said())
    }

    /// Returns the advice as plain text.
    pub fn advice_text(&self) -> String {
        as_text(&self.advice())
    }
}

/// A paragraph.
enum Block {
    Head(String),
    Text(String),
    Link(String),
}

fn as_html(blocks: &[Block]) -> String {
    let mut page = String::new();
    let lines = |text: &str| {
        let lines: Vec<String> =
            text.lines().map(|line| html::escape(&text::visible(line))).collect();
        lines.join("<br>")
    };
    for block in blocks {
        // Writing into a string does not fail.
        let _unfailing = match block {
            Block::Head(text) => write!(page, "<p><b>{}</b></p>", lines(text)),
            Block::Text(text) => write!(page, "<p>{}</p>", lines(text)),
            Block::Link(url) => {
                let url = html::escape(&text::visible(url));
                write!(page, "<p><a href=\"{url}\">{url}</a></p>")
            }
        };
    }
    page
}

fn as_text(blocks: &[Block]) -> String {
    let lines = |text: &str| text.lines().map(text::visible).collect::<Vec<_>>().join("\n");
    let told = blocks.iter().map(|block| match block {
        Block::Head(text) | Block::Text(text) | Block::Link(text) => lines(text),
    });
    told.collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
pub(super) mod sample {
    use super::*;

    /// A complaint about Acme, with marks that mean something in HTML.
    pub(in super::super) fn dossier() -> Dossier {
        let at = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        Dossier {
            ticket: 42,
            reference: "vahti-42-0a1b2c3d".into(),
            opened: at,
            priority: "high".into(),
            review: false,
            brands: vec!["Acme".into()],
            headline: "Acme <b>let</b> me down".into(),
            mention: Told {
                id: "m3k9".into(),
                source: "news".into(),
                kind: "mastodon".into(),
                url: Some("https://mastodon.example/@maija/1?a=1&b=2".into()),
                title: None,
                text: "Acme <b>let</b> me down & \"again\".\nNever more.".into(),
                author: crate::post::Author {
                    handle: Some("maija@mastodon.example".into()),
                    ..Default::default()
                },
                published: Some(at),
                language: Some("en".into()),
            },
            card: Advice {
                complainer: Some("benefit_hunter".into()),
                signs: "not good enough".into(),
                how_to_answer: "with figures".into(),
                avoid: "more than is due".into(),
            },
            suggested_reply: "Dear Maija,\n\nwe are sorry.".into(),
            history: vec![7, 9],
            customer: Some("mastodon.example @maija".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sample::dossier;
    use super::*;

    #[test]
    fn what_a_customer_wrote_stays_text() {
        let html = dossier().html();
        assert!(html.contains("Acme &lt;b&gt;let&lt;/b&gt; me down &amp; "), "{html}");
        assert!(html.contains("Never more."), "{html}");
        assert!(html.contains("<br>") && !html.contains("<b>let"), "{html}");
        assert!(html.contains("href=\"https://mastodon.example/@maija/1?a=1&amp;b=2\""), "{html}");
        assert!(html.contains("Complainer: benefit hunter") && html.contains("we are sorry"));
        assert!(html.contains("vahti ticket 42, priority high, Acme [vahti-42-0a1b2c3d]"));
        let text = dossier().said_text() + &dossier().advice_text();
        assert!(text.contains("Never more.\n\nhttps://mastodon.example/@maija/1"), "{text}");
        assert!(text.contains("Earlier tickets in vahti: 7, 9"), "{text}");
    }

    #[test]
    fn an_address_that_is_none_becomes_no_link() {
        let mut told = dossier();
        told.mention.url = Some("javascript:alert(1)".into());
        assert_eq!(told.permalink(), None);
        assert!(!told.html().contains("javascript"));
    }

    #[test]
    fn the_reference_stands_at_the_end_of_however_long_a_subject() {
        let long = Dossier { headline: "a\n\u{1b}[31m".repeat(200), ..dossier() };
        let subject = long.subject();
        assert!(subject.ends_with(" [vahti-42-0a1b2c3d]") && subject.chars().count() < 200);
        assert!(!subject.chars().any(char::is_control), "{subject}");
    }

    #[test]
    fn customers_are_told_apart() {
        let known = dossier();
        assert_eq!(known.customer_key(), "mastodon.example @maija");
        let mut unknown = dossier();
        unknown.mention.author = crate::post::Author::default();
        unknown.customer = None;
        assert_eq!(unknown.customer_key(), unknown.reference);
        assert_eq!(unknown.customer(), "unknown");
    }
}
