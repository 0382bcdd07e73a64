//! What somebody wrote, as a site gave it to us, before we know whom it concerns.

use crate::text::Language;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name that the operator gave a source; a feed of an `opml` source is `NAME/title`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceName(pub String);

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who wrote a post, as the site spells it. Everything may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub name: Option<String>,
    /// The site's own short name for the account, without `@`.
    pub handle: Option<String>,
    pub url: Option<String>,
    pub followers: Option<u64>,
}

impl Author {
    /// Tells whether nothing at all is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// Whom a post concerns, by where it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Concerns {
    /// The brands that its words name.
    #[default]
    Named,
    /// The brands that its source is for, named or not: a review of what they sell.
    Brand,
    /// As [`Concerns::Brand`], and somebody speaks *to* the brand: a comment on its page, a message.
    Desk,
}

/// What others did with a post, as far as the site tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engagement {
    /// Votes for it less votes against it where the site has both.
    pub likes: Option<i64>,
    pub replies: Option<u64>,
    /// Reposts and quotes.
    pub shares: Option<u64>,
    pub views: Option<u64>,
}

impl Engagement {
    /// Tells whether nothing at all is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// One thing somebody wrote. Text is plain text already, free of markup and control characters.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Post {
    /// The site's own id (guid, post number), where it gives one that can be trusted.
    pub id: Option<String>,
    /// Within what `id` is unique: a feed's address, a forum's host. Empty where the id itself is a
    /// URI, and so unique everywhere.
    pub site: String,
    /// The permalink, with redirects of alert services already unwrapped.
    pub url: Option<String>,
    /// Whether `url` names this post alone. False where several posts share an address; then only
    /// `id` tells them apart.
    pub has_own_url: bool,
    pub title: Option<String>,
    /// Whether no other post with this address has the same title. Then the title tells what has
    /// neither an id nor an address of its own, and an edit of the text makes no new post.
    pub has_own_title: bool,
    pub text: String,
    pub author: Author,
    pub published: Option<DateTime<Utc>>,
    /// The language that the site or feed claims: a hint, not a fact.
    pub language: Option<Language>,
    /// The id of the post that this one answers, where the site tells.
    pub parent: Option<String>,
    /// The site's id of the conversation, topic or thing reviewed that it belongs to.
    pub thread: Option<String>,
    /// When its author last changed it, where the site tells.
    pub edited: Option<DateTime<Utc>>,
    pub engagement: Engagement,
    /// Stars given with it, 1 (bad) to 5.
    pub rating: Option<u8>,
    pub concerns: Concerns,
    /// Whether it is a message that only the brand can read; those of a thread are one ticket.
    pub is_private: bool,
    /// Whether the site says that it is no more: nothing but its id is known then.
    pub is_gone: bool,
}

impl Post {
    /// Says that the site has the post no more that it knew by `id`.
    pub fn gone(site: impl Into<String>, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), site: site.into(), is_gone: true, ..Self::default() }
    }
}
