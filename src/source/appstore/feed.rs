//! Apple's feed of reviews, as JSON. Every value is an object with a `label`; where there is one entry
//! it is an object, where there is none it is absent, and the first may be the app itself.

use super::xml;
use crate::post::{Author, Concerns, Engagement, Post};
use crate::source::Unreadable;
use crate::text::{date, html, json, visible};
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

/// What an answer holds.
#[derive(Debug, Default)]
pub(super) struct Feed {
    pub(super) reviews: Vec<Review>,
    /// Entries that are no app.
    pub(super) entries: usize,
    /// The storefront and the app that it is about, as its own address says.
    pub(super) country: Option<String>,
    pub(super) app: Option<String>,
    /// The number of the last page, where it tells.
    pub(super) last: Option<u32>,
}

/// One review, as written.
#[derive(Debug, Default)]
pub(super) struct Review {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) author: String,
    pub(super) author_url: String,
    pub(super) rating: Option<u8>,
    /// Votes for it less votes against it.
    pub(super) votes: Option<i64>,
    pub(super) updated: Option<DateTime<Utc>>,
}

impl Feed {
    /// Reads an answer, JSON or Atom.
    ///
    /// # Errors
    ///
    /// Fails where it is no feed, and says what it is as far as that shows.
    pub(super) fn read(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('<') {
            return xml::read(text);
        }
        let answer =
            json::parse(text, json::MOST_API_BYTES).map_err(|bad| Unreadable(bad.to_string()))?;
        let Some(feed) = answer.get("feed").filter(|feed| feed.is_object()) else {
            let said = ["errorMessage", "error", "message"];
            let said = said.iter().find_map(|name| answer.get(name)?.as_str());
            return Err(Unreadable(match said {
                Some(said) => format!("Apple says: {}", visible(said)),
                None => "the answer holds no feed of reviews".into(),
            }));
        };
        let mut read = Self::default();
        read.about(label(feed, "id").unwrap_or_default());
        for link in listed(feed.get("link")) {
            let Some(link) = link.get("attributes") else { continue };
            let of = |name: &str| link.get(name).and_then(Value::as_str).unwrap_or_default();
            read.link(of("rel"), of("href"));
        }
        for entry in listed(feed.get("entry")) {
            if entry.get("im:name").is_some() && entry.get("im:rating").is_none() {
                continue;
            }
            read.entries += 1;
            read.reviews.extend(Review::of(entry));
        }
        Ok(read)
    }

    /// Notes what the feed's own address says of it.
    pub(super) fn about(&mut self, address: &str) {
        let Ok(url) = Url::parse(address.trim()) else { return };
        let parts: Vec<&str> = url.path().split('/').skip(1).collect();
        if let [country, "rss", ..] = parts.as_slice() {
            self.country = Some((*country).to_owned());
        }
        self.app = parts.iter().find_map(|part| part.strip_prefix("id=")).map(str::to_owned);
    }

    /// Notes where a link leads.
    pub(super) fn link(&mut self, rel: &str, address: &str) {
        if rel == "last" {
            let path = address.split('?').next().unwrap_or_default();
            let number = path.split('/').find_map(|part| part.strip_prefix("page="));
            self.last = number.and_then(|number| number.parse().ok());
        }
    }
}

impl Review {
    fn of(entry: &Value) -> Option<Self> {
        let of = |name: &str| label(entry, name).unwrap_or_default().to_owned();
        let author = |name: &str| {
            entry
                .get("author")
                .and_then(|author| label(author, name))
                .unwrap_or_default()
                .to_owned()
        };
        let review = Self {
            id: of("id"),
            title: of("title"),
            text: of("content"),
            author: author("name"),
            author_url: author("uri"),
            rating: of("im:rating").parse().ok(),
            votes: of("im:voteSum").parse().ok(),
            updated: date::parse(&of("updated")),
        };
        review.is_whole().then_some(review)
    }

    /// Tells whether this is a review: it has a number and says something.
    pub(super) fn is_whole(&self) -> bool {
        !self.id.trim().is_empty() && (self.rating.is_some() || !self.text.trim().is_empty())
    }

    /// Returns the post; the page that shows it shows all reviews of the app in a country.
    pub(super) fn post(&self, app: &str, country: Option<&str>) -> Option<Post> {
        let text = |written: &str| Some(html::clean(written)).filter(|text| !text.is_empty());
        let country = country.filter(|_| !app.is_empty());
        Some(Post {
            id: Some(text(&self.id)?),
            site: "apps.apple.com".into(),
            url: country.map(|country| {
                format!("https://apps.apple.com/{country}/app/id{app}?see-all=reviews")
            }),
            has_own_url: false,
            title: text(&self.title),
            text: html::clean(&self.text),
            author: Author {
                name: text(&self.author),
                url: text(&self.author_url).filter(|url| url.starts_with("https://")),
                ..Author::default()
            },
            published: self.updated,
            thread: Some(app.to_owned()).filter(|app| !app.is_empty()),
            engagement: Engagement { likes: self.votes, ..Engagement::default() },
            rating: self.rating.filter(|stars| (1..=5).contains(stars)),
            concerns: Concerns::Brand,
            ..Post::default()
        })
    }
}

/// Returns what is a list where there are several, an object where there is one, and else absent.
fn listed(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(all)) => all,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

fn label<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.get("label")?.as_str()
}
