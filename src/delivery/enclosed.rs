//! What goes with a notice beside its subject, its plain text and its HTML.

use super::Progress;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What goes with a notice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Enclosed {
    /// What it belongs to, such as an incident: messages of one thread stand together where people read
    /// them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// What the HTML shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Picture>,
    /// The same in short, for channels where people chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brief: Option<Brief>,
    /// The ids of the mentions that it tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tells: Vec<String>,
    /// Whom to ask to be told no more, by mail; absent: the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsubscribe: Option<String>,
    /// What came of each try, oldest first; of many the first few and the last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Try>,
    /// When a person took it out of the outbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<DateTime<Utc>>,
    /// The link by which its recipient is told no more, with one click.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_click: Option<String>,
    /// The ids of those of the mentions that it counts and does not show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<String>,
    /// From when the time counts after which it is given up, where that is not its first try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Whether a person wants it sent once more to whom it reached.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
}

/// Returns HTML with the pictures in it, for where it stands alone.
pub fn with_pictures(html: &str, pictures: &[Picture]) -> String {
    pictures.iter().fold(html.to_owned(), |html, picture| {
        let data = format!("data:image/png;base64,{}", STANDARD.encode(&picture.png));
        html.replace(&format!("\"cid:{}\"", picture.cid), &format!("\"{data}\""))
    })
}

/// Tries that are remembered of one notice, and how many of them are the first ones.
const MOST_TRIES: usize = 30;
const FIRST_TRIES: usize = 5;

/// One try to deliver a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    pub at: DateTime<Utc>,
    /// How far the notice was after it.
    pub outcome: Progress,
    /// What the server said.
    pub answer: String,
}

impl Try {
    /// The word for what came of it.
    pub fn word(&self) -> &'static str {
        match self.outcome {
            Progress::Queued => "put off",
            Progress::Sent => "accepted",
            Progress::Dead => "refused",
        }
    }
}

impl Enclosed {
    /// The same, after one more try.
    #[must_use]
    pub(super) fn tried(mut self, one: Try) -> Self {
        self.tries.push(one);
        if self.tries.len() > MOST_TRIES {
            self.tries.remove(FIRST_TRIES);
        }
        self
    }

    /// What of it the ledger keeps when the notice itself is gone.
    #[must_use]
    pub fn in_short(&self) -> Self {
        Self {
            thread: self.thread.clone(),
            tells: self.tells.clone(),
            counts: self.counts.clone(),
            tries: self.tries.clone(),
            dropped: self.dropped,
            ..Self::default()
        }
    }
}

/// A picture inside the HTML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// By what the HTML names it: `cid:` and this.
    pub cid: String,
    /// What it shows, in words.
    pub alt: String,
    #[serde(serialize_with = "encoded", deserialize_with = "decoded")]
    pub png: Vec<u8>,
}

/// What a notice says, in short. Its texts are plain; who sends it escapes and cuts them for where they
/// go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brief {
    /// Counts, or what happened.
    pub title: String,
    /// Most pressing first.
    pub lines: Vec<BriefLine>,
    /// Where the rest is, and who says all this.
    pub footer: Vec<String>,
    /// Whether somebody is to look at once.
    pub urgent: bool,
    /// How it is said that `{n}` more are not shown: for one, for several. Empty: in English.
    #[serde(skip_serializing_if = "is_silent")]
    pub more: [String; 2],
}

fn is_silent(more: &[String; 2]) -> bool {
    more.iter().all(String::is_empty)
}

/// One mention, ticket, or other thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BriefLine {
    pub headline: String,
    /// Where to look at it, on the web.
    pub link: Option<String>,
    /// Where, who, when, how it was judged, which ticket.
    pub details: Vec<String>,
}

fn encoded<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&STANDARD.encode(bytes))
}

fn decoded<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}
