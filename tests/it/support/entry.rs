//! The feeds that a site or a file of a test holds.

use std::fmt::Write;

/// One entry of a feed.
#[derive(Clone, Default)]
pub(crate) struct Entry {
    id: String,
    title: String,
    text: String,
    link: String,
    author: Option<String>,
    date: Option<String>,
}

/// Returns an entry with this id and title, the address <https://news.example/ID>, and no date.
pub(crate) fn entry(id: &str, title: &str) -> Entry {
    Entry {
        id: id.into(),
        title: title.into(),
        text: title.into(),
        link: format!("https://news.example/{id}"),
        ..Entry::default()
    }
}

impl Entry {
    pub(crate) fn text(self, text: &str) -> Self {
        Self { text: text.into(), ..self }
    }

    pub(crate) fn link(self, link: &str) -> Self {
        Self { link: link.into(), ..self }
    }

    pub(crate) fn by(self, author: &str) -> Self {
        Self { author: Some(author.into()), ..self }
    }

    /// Sets the date, as RSS writes it.
    pub(crate) fn dated(self, date: &str) -> Self {
        Self { date: Some(date.into()), ..self }
    }
}

/// Returns an RSS 2.0 feed with these entries.
pub(crate) fn feed(entries: &[Entry]) -> String {
    let items: String = entries.iter().map(item).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\
         <title>News</title><link>https://news.example/</link><description>News</description>\
         {items}</channel></rss>"
    )
}

fn item(entry: &Entry) -> String {
    let Entry { id, title, text, link, author, date } = entry;
    let mut item = format!("<item><guid isPermaLink=\"false\">{}</guid>", escaped(id));
    let fields = [
        ("title", Some(title)),
        ("link", Some(link)),
        ("description", Some(text)),
        ("dc:creator", author.as_ref()),
        ("pubDate", date.as_ref()),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            write!(item, "<{name}>{}</{name}>", escaped(value)).unwrap();
        }
    }
    item + "</item>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
