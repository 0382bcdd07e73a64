//! A mention: a post, a brand it names, and what we think of it. Stored once.

use crate::brand::{BrandName, Hit};
use crate::enrich::{Insight, Label, Priority};
use crate::post::{Post, SourceName};
use crate::source::Kind;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

pub mod filter;
pub mod marking;
pub mod praise;

pub use praise::Praise;

/// How many bytes of the hash a mention's id keeps: 80 bits, so that even ten million mentions
/// collide with a probability below 1 in 10 billion.
const ID_BYTES: usize = 10;

/// What a post is known by: a hash of the site's own id, of its canonical address, or of its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PostKey(pub [u8; 16]);

impl PostKey {
    /// Returns the key of an identity, whose `parts` are told apart by their lengths.
    pub fn of(parts: &[&str]) -> Self {
        let hash = hash(parts);
        let mut key = [0; 16];
        key.copy_from_slice(hash.get(..16).unwrap_or(&[0; 16]));
        Self(key)
    }
}

/// An opaque, stable name: derived from what the mention is, so that the same post seen twice has
/// the same id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MentionId(pub String);

impl Mark {
    /// The word used in commands and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
            Self::Noise => "noise",
        }
    }
}

impl MentionId {
    /// Returns the id of the mention of `brand` in the post known by `post`.
    pub fn of(post: PostKey, brand: &BrandName) -> Self {
        let mut whole = Sha256::new();
        whole.update(post.0);
        whole.update(brand.0.as_bytes());
        let hash = whole.finalize();
        Self(format!("m{}", base32(hash.get(..ID_BYTES).unwrap_or_default())))
    }
}

impl fmt::Display for MentionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A ticket's number: small, so that people can say it on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TicketId(pub u64);

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A person's correction of what vahti thought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    Negative,
    Neutral,
    Positive,
    /// It is not about the brand at all.
    Noise,
}

/// What a post said before it was edited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub title: Option<String>,
    pub text: String,
    /// Stars given with it.
    #[serde(default)]
    pub rating: Option<u8>,
    /// When vahti saw that it says something else.
    pub until: DateTime<Utc>,
}

/// A post that names a brand, stored once, with its insight.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    pub id: MentionId,
    /// The post it was found in; mentions of several brands in one post share it.
    pub key: PostKey,
    pub brand: BrandName,
    pub source: SourceName,
    pub kind: Kind,
    pub post: Post,
    pub hits: Vec<Hit>,
    /// When vahti first saw it.
    pub seen: DateTime<Utc>,
    pub insight: Insight,
    /// Whether the brand itself wrote it.
    pub own: bool,
    /// The head of the story it belongs to; itself where it is the first.
    pub story: MentionId,
    /// How many copies of it were seen elsewhere.
    pub copies: u32,
    pub ticket: Option<TicketId>,
    pub mark: Option<Mark>,
    /// Why it was taken to be noise when it was judged, from what people marked; `None` where it was not.
    pub muted: Option<String>,
    /// What the post said before, oldest first.
    pub versions: Vec<Version>,
    /// Where the brand thanks those who praise it: whether that was done. See [`praise`].
    pub praise: Option<Praise>,
}

impl Mention {
    /// Returns the time that orders it: its publication, unless that is unknown or in the future of
    /// its being seen.
    pub fn time(&self) -> DateTime<Utc> {
        self.post.published.filter(|published| *published <= self.seen).unwrap_or(self.seen)
    }

    /// Returns how it speaks of the brand, a person's mark before our own opinion.
    pub fn label(&self) -> Label {
        match self.mark {
            Some(Mark::Negative) => Label::Negative,
            Some(Mark::Neutral | Mark::Noise) => Label::Neutral,
            Some(Mark::Positive) => Label::Positive,
            None => self.insight.sentiment.label,
        }
    }

    /// Returns how soon somebody should look; what is not negative can wait.
    pub fn priority(&self) -> Priority {
        match self.label() {
            // A person found negative what we thought harmless: it is no longer low.
            Label::Negative if self.mark.is_some() => self.insight.priority.max(Priority::Normal),
            Label::Negative => self.insight.priority,
            Label::Neutral | Label::Positive => Priority::Low,
        }
    }

    /// Tells whether a person said that it is not about the brand.
    pub fn is_noise(&self) -> bool {
        self.mark == Some(Mark::Noise)
    }

    /// Tells whether it was taken to be noise and no person has said what it is.
    pub fn is_muted(&self) -> bool {
        self.muted.is_some() && self.mark.is_none()
    }

    /// Tells whether vahti asks a person what it is, and none has said so yet.
    pub fn wants_review(&self) -> bool {
        let asks = self.insight.review || self.muted.is_some();
        // Of what was deleted nobody can read what it said.
        asks && self.mark.is_none() && !self.post.is_gone
    }

    /// Returns the title, or the beginning of the text where there is none, on one line.
    pub fn headline(&self) -> String {
        let title = self.post.title.as_deref().filter(|title| !title.trim().is_empty());
        let words = title.unwrap_or(&self.post.text);
        match self.post.rating {
            _ if self.post.is_gone => "(deleted where it stood)".to_owned(),
            // Stars may be all that there is.
            Some(stars) if words.trim().is_empty() => format!("{stars} of 5 stars, without a word"),
            _ => crate::text::cut(words, 100),
        }
    }
}

fn hash(parts: &[&str]) -> [u8; 32] {
    let mut whole = Sha256::new();
    for part in parts {
        whole.update((part.len() as u64).to_be_bytes());
        whole.update(part.as_bytes());
    }
    whole.finalize().into()
}

/// Writes bytes in the lower-case base 32 of RFC 4648, without padding.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut written = String::new();
    let (mut pending, mut bits) = (0_u32, 0);
    for byte in bytes {
        pending = (pending << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            written.push(char::from(DIGITS[(pending >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        written.push(char::from(DIGITS[(pending << (5 - bits) & 31) as usize]));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_the_rfc() {
        assert_eq!(base32(b"foobar"), "mzxw6ytboi");
        assert_eq!(base32(b"fooba"), "mzxw6ytb");
        assert_eq!(base32(b"f"), "my");
    }

    #[test]
    fn parts_are_told_apart_by_their_lengths() {
        assert_ne!(PostKey::of(&["ab", "c"]), PostKey::of(&["a", "bc"]));
    }

    #[test]
    fn the_same_post_and_brand_have_the_same_id() {
        let id =
            MentionId::of(PostKey::of(&["url", "https://a.example/1"]), &BrandName("Acme".into()));
        assert_eq!(
            id,
            MentionId("mnugkay7j5s6gmuhn".into()),
            "the ids are on disk: never change how they are made"
        );
    }
}
