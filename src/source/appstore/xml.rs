//! Apple's feed of reviews, as Atom with elements of its own (`im:rating`).

use super::feed::{Feed, Review};
use crate::source::Unreadable;
use crate::text::{date, html};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A longer value is no part of a review: Apple allows 6,000 characters.
const MOST_VALUE: usize = 100_000;
/// Apple gives fifty.
const MOST_ENTRIES: usize = 1_000;

/// What is read of an entry, and of the feed itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Id,
    Title,
    Text,
    Name,
    Uri,
    Rating,
    Votes,
    Updated,
}

/// Reads a feed.
///
/// # Errors
///
/// Fails where the document is another one, such as a page for people, or broken before its first
/// review.
pub(super) fn read(text: &str) -> Result<Feed, Unreadable> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut reading = Reading::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => reading.begin(&tag)?,
            Ok(Event::Empty(tag)) => reading.link(&tag),
            Ok(Event::Text(text)) => reading.push(&text),
            Ok(Event::CData(text)) => reading.push(&text),
            Ok(Event::GeneralRef(entity)) => {
                let read = html::plain(&format!("&{};", &*entity));
                reading.push(if read.is_empty() { " " } else { &read });
            }
            Ok(Event::End(tag)) => reading.end(tag.name().as_ref()),
            // What stands before a fault counts.
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
        if reading.feed.entries >= MOST_ENTRIES {
            break;
        }
    }
    if !reading.is_feed {
        return Err(Unreadable("the answer is XML, but no feed of reviews".into()));
    }
    if reading.entry.is_some() {
        reading.feed.entries += 1;
    }
    Ok(reading.feed)
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    feed: Feed,
    is_feed: bool,
    entry: Option<Entry>,
    /// What is being read, and of it so far.
    field: Option<(Field, String)>,
}

/// The entry that is being read.
#[derive(Default)]
struct Entry {
    review: Review,
    /// Whether it has a name, as the app itself.
    is_named: bool,
}

impl Reading {
    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), Unreadable> {
        let name = tag.name();
        let name = name.as_ref();
        if !self.is_feed {
            if name != "feed" {
                let page = "the answer is a page for people instead of a feed of reviews: Apple \
                    shows it when something is wrong there; it is asked again";
                return Err(Unreadable(page.into()));
            }
            self.is_feed = true;
            return Ok(());
        }
        let is_html = || attribute(tag, "type").is_some_and(|sort| sort == "html");
        let field = match name {
            "entry" => {
                self.entry = Some(Entry::default());
                None
            }
            "im:name" => {
                if let Some(entry) = &mut self.entry {
                    entry.is_named = true;
                }
                None
            }
            "id" => Some(Field::Id),
            "title" => Some(Field::Title),
            // The same once more, with a table around.
            "content" if is_html() => None,
            "content" => Some(Field::Text),
            "name" => Some(Field::Name),
            "uri" => Some(Field::Uri),
            "im:rating" => Some(Field::Rating),
            "im:voteSum" => Some(Field::Votes),
            "updated" => Some(Field::Updated),
            _ => None,
        };
        self.link(tag);
        self.field = field.map(|field| (field, String::new()));
        Ok(())
    }

    fn link(&mut self, tag: &BytesStart<'_>) {
        if tag.name().as_ref() == "link" && self.entry.is_none() {
            let of = |name: &str| attribute(tag, name).unwrap_or_default();
            self.feed.link(&of("rel"), &of("href"));
        }
    }

    fn push(&mut self, text: &str) {
        if let Some((_, value)) = &mut self.field
            && value.len() + text.len() <= MOST_VALUE
        {
            value.push_str(text);
        }
    }

    fn end(&mut self, name: &str) {
        if name == "entry" {
            if let Some(entry) = self.entry.take() {
                self.take(entry);
            }
            return;
        }
        let Some((field, value)) = self.field.take() else { return };
        let Some(Entry { review, .. }) = &mut self.entry else {
            if field == Field::Id {
                self.feed.about(&value);
            }
            return;
        };
        match field {
            Field::Id => review.id = value,
            Field::Title => review.title = value,
            Field::Text => review.text = value,
            Field::Name => review.author = value,
            Field::Uri => review.author_url = value,
            Field::Rating => review.rating = value.trim().parse().ok(),
            Field::Votes => review.votes = value.trim().parse().ok(),
            Field::Updated => review.updated = date::parse(value.trim()),
        }
    }

    fn take(&mut self, Entry { review, is_named }: Entry) {
        if is_named && review.rating.is_none() {
            return;
        }
        self.feed.entries += 1;
        if review.is_whole() {
            self.feed.reviews.push(review);
        }
    }
}

/// Returns an attribute, its references decoded.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.html_attributes();
    let mut found = attributes.with_checks(false).flatten();
    let found = found.find(|attribute| attribute.key.as_ref() == name)?;
    Some(html::plain(&found.value))
}
