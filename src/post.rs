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

/// One thing somebody wrote. Text is plain text already, free of markup and control characters.
#[derive(Debug, Clone, Default, PartialEq)]
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
}
