//! What goes with a notice beside its subject, its plain text and its HTML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
