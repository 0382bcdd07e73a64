//! Posts that matched nothing, kept for a while so that other keywords can be tried on them: what is
//! on disk of them. Many together are a block, compressed; whatever store there is keeps blocks, in
//! the order of time, and drops the oldest. The format has a version of its own, before all else.

use crate::dedup;
use crate::mention::PostKey;
use crate::post::{Author, Concerns, Engagement, Post, SourceName};
use crate::source::Kind;
use crate::text::Language;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// The most bytes of the text of one post that are kept.
pub const MOST_TEXT_BYTES: usize = 16 * 1024;

/// The most bytes that all blocks and names together take; the oldest go first.
pub const MOST_KEPT_BYTES: u64 = 256 * 1024 * 1024;

/// What is new is written in small blocks, with each poll; so many bytes of them, or so many blocks,
/// are joined to one.
pub(super) const BLOCK_BYTES: u64 = 256 * 1024;
pub(super) const MOST_OPEN: u64 = 256;

/// A post whose other parts are longer than this is not worth keeping.
const MOST_OTHER_BYTES: usize = 16 * 1024;

/// A block that says that it is longer than this is none of ours.
const MOST_BLOCK_BYTES: u32 = 8 * 1024 * 1024;

/// A post whose words change and that does not say that it was edited is kept anew so often: some sites
/// change words at each look.
pub(super) const BETWEEN_VERSIONS: TimeDelta = TimeDelta::days(1);

/// Small blocks are written often and joined soon; large ones stay.
const LEVEL_OPEN: i32 = 1;
const LEVEL_JOINED: i32 = 6;

const VERSION: u8 = 1;

/// A post that matched nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub source: SourceName,
    pub kind: Kind,
    /// When it was first seen, be it in other words.
    pub seen: DateTime<Utc>,
    pub post: Post,
    /// What the post was known by before it was cut; empty where it was not.
    whole: Vec<PostKey>,
}

impl Kept {
    /// Makes a post ready to be kept: what is too long of its text is cut off. `None` where it is not
    /// to be kept: a private message, one that is no more, one that is hardly text.
    pub fn of(source: &SourceName, kind: Kind, post: &Post, seen: DateTime<Utc>) -> Option<Self> {
        if post.is_private || post.is_gone || other_bytes(post) > MOST_OTHER_BYTES {
            return None;
        }
        // As it reads back from the disk.
        let seen = DateTime::from_timestamp_micros(seen.timestamp_micros())?;
        let is_cut = post.text.len() > MOST_TEXT_BYTES;
        let whole = if is_cut { dedup::identities(post, kind) } else { Vec::new() };
        let end = post.text.floor_char_boundary(MOST_TEXT_BYTES);
        let text = post.text.get(..end).unwrap_or_default().to_owned();
        let micros = |at: DateTime<Utc>| DateTime::from_timestamp_micros(at.timestamp_micros());
        let post = Post {
            text,
            published: post.published.and_then(micros),
            edited: post.edited.and_then(micros),
            ..post.clone()
        };
        Some(Self { source: source.clone(), kind, seen, post, whole })
    }

    /// Returns what the post is known by, the strongest first.
    pub fn identities(&self) -> Vec<PostKey> {
        if self.whole.is_empty() {
            return dedup::identities(&self.post, self.kind);
        }
        self.whole.clone()
    }

    /// Returns what the store knows it by.
    pub fn name(&self) -> PostKey {
        self.identities().first().copied().unwrap_or(PostKey([0; 16]))
    }
}

fn other_bytes(post: &Post) -> usize {
    let Author { name, handle, url, .. } = &post.author;
    let parts = [&post.id, &post.url, &post.title, &post.parent, &post.thread, name, handle, url];
    post.site.len() + parts.into_iter().flatten().map(String::len).sum::<usize>()
}

/// The place of a block among the others: they come in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeptPlace(pub [u8; 16]);

/// A block as it is on disk. To unpack it takes longer than to read it, so that is left to whoever
/// wants to know.
#[derive(Debug, Clone)]
pub struct Packed(pub Vec<u8>);

/// A block, or a post in it, that cannot be written or does not read back.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl Packed {
    /// Reads all posts of the block, in the order in which they were kept.
    pub fn open(&self) -> Result<Vec<Kept>, Unreadable> {
        let mut posts = Vec::new();
        let body = Block::read(&self.0)?.body()?;
        let mut rest = body.as_slice();
        while !rest.is_empty() {
            let (record, behind) = take_record(rest)?;
            posts.push(read(record)?);
            rest = behind;
        }
        Ok(posts)
    }
}

/// By what a post is found in a block: a part of its first identity.
pub(super) type ShortName = [u8; 8];

pub(super) fn short(name: PostKey) -> ShortName {
    name.0.first_chunk::<8>().copied().unwrap_or_default()
}

/// A block, taken apart as far as is cheap.
#[derive(Serialize, Deserialize)]
pub(super) struct Block<'a> {
    /// The short names of its posts, in their order.
    #[serde(borrow)]
    names: Cow<'a, [u8]>,
    /// The length of the body.
    raw_bytes: u32,
    /// The posts, one behind the other, compressed.
    #[serde(borrow)]
    packed: Cow<'a, [u8]>,
}

impl<'a> Block<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        let Some((&VERSION, rest)) = bytes.split_first() else {
            return Err(Unreadable("a block of posts has an unknown version".into()));
        };
        postcard::from_bytes(rest)
            .map_err(|error| Unreadable(format!("a block of posts does not read back: {error}")))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = ShortName> {
        self.names.chunks_exact(8).filter_map(|chunk| chunk.first_chunk::<8>().copied())
    }

    pub(super) fn count(&self) -> u64 {
        self.names.len() as u64 / 8
    }

    fn body(&self) -> Result<Vec<u8>, Unreadable> {
        let broken = |what: String| Unreadable(format!("a block of posts: {what}"));
        if self.raw_bytes > MOST_BLOCK_BYTES {
            return Err(broken(format!("it claims {} bytes", self.raw_bytes)));
        }
        let size = usize::try_from(self.raw_bytes).unwrap_or(usize::MAX);
        let body = zstd::bulk::decompress(&self.packed, size);
        let body = body.map_err(|error| broken(error.to_string()))?;
        if body.len() != size {
            return Err(broken(format!("it claims {size} bytes and has {}", body.len())));
        }
        Ok(body)
    }

    /// Returns the block without these posts.
    pub(super) fn without(&self, leaving: &impl Fn(ShortName) -> bool) -> Result<Body, Unreadable> {
        let body = self.body()?;
        let (mut rest, mut left) = (body.as_slice(), Body::default());
        for name in self.names() {
            let (_, behind) = take_record(rest)?;
            let record = rest.get(..rest.len() - behind.len()).unwrap_or_default();
            if !leaving(name) {
                left.push(name, record);
            }
            rest = behind;
        }
        Ok(left)
    }
}

/// A block that is being made.
#[derive(Default)]
pub(super) struct Body {
    names: Vec<u8>,
    records: Vec<u8>,
}

impl Body {
    pub(super) fn add(&mut self, name: ShortName, kept: &Kept) -> Result<(), Unreadable> {
        self.push(name, &written(kept)?);
        Ok(())
    }

    fn push(&mut self, name: ShortName, record: &[u8]) {
        self.names.extend_from_slice(&name);
        self.records.extend_from_slice(record);
    }

    /// Puts the posts of a block behind those that are here.
    pub(super) fn join(&mut self, block: &Block<'_>) -> Result<(), Unreadable> {
        let records = block.body()?;
        self.names.extend_from_slice(&block.names);
        self.records.extend_from_slice(&records);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn raw_bytes(&self) -> u64 {
        self.records.len() as u64
    }

    /// Writes the block. `stays`: whether it is joined to no other any more.
    pub(super) fn pack(&self, stays: bool) -> Result<Vec<u8>, Unreadable> {
        let level = if stays { LEVEL_JOINED } else { LEVEL_OPEN };
        let broken = |what: String| Unreadable(format!("posts cannot be kept: {what}"));
        let packed = zstd::bulk::Compressor::new(level).and_then(|mut packer| {
            // Damage is to be seen, not read.
            packer.include_checksum(true)?;
            packer.compress(&self.records)
        });
        let block = Block {
            names: Cow::Borrowed(&self.names),
            raw_bytes: u32::try_from(self.records.len()).unwrap_or(u32::MAX),
            packed: Cow::Owned(packed.map_err(|error| broken(error.to_string()))?),
        };
        postcard::to_extend(&block, vec![VERSION]).map_err(|error| broken(error.to_string()))
    }
}

/// A post as it is on disk.
#[derive(Serialize, Deserialize)]
struct KeptRecord<'a> {
    #[serde(borrow)]
    source: Cow<'a, str>,
    kind: Kind,
    seen: i64,
    whole: Cow<'a, [PostKey]>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    site: Cow<'a, str>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    has_own_url: bool,
    #[serde(borrow)]
    title: Option<Cow<'a, str>>,
    has_own_title: bool,
    #[serde(borrow)]
    text: Cow<'a, str>,
    author: Cow<'a, Author>,
    published: Option<i64>,
    language: Option<Language>,
    #[serde(borrow)]
    parent: Option<Cow<'a, str>>,
    #[serde(borrow)]
    thread: Option<Cow<'a, str>>,
    edited: Option<i64>,
    engagement: Engagement,
    rating: Option<u8>,
    concerns: Concerns,
}

fn written(kept: &Kept) -> Result<Vec<u8>, Unreadable> {
    let Kept { source, kind, seen, post, whole } = kept;
    let record = KeptRecord {
        source: Cow::Borrowed(&source.0),
        kind: *kind,
        seen: seen.timestamp_micros(),
        whole: Cow::Borrowed(whole),
        id: post.id.as_deref().map(Cow::Borrowed),
        site: Cow::Borrowed(&post.site),
        url: post.url.as_deref().map(Cow::Borrowed),
        has_own_url: post.has_own_url,
        title: post.title.as_deref().map(Cow::Borrowed),
        has_own_title: post.has_own_title,
        text: Cow::Borrowed(&post.text),
        author: Cow::Borrowed(&post.author),
        published: post.published.map(|at| at.timestamp_micros()),
        language: post.language,
        parent: post.parent.as_deref().map(Cow::Borrowed),
        thread: post.thread.as_deref().map(Cow::Borrowed),
        edited: post.edited.map(|at| at.timestamp_micros()),
        engagement: post.engagement,
        rating: post.rating,
        concerns: post.concerns,
    };
    postcard::to_stdvec(&record)
        .map_err(|error| Unreadable(format!("a post cannot be kept: {error}")))
}

fn take_record(bytes: &[u8]) -> Result<(KeptRecord<'_>, &[u8]), Unreadable> {
    postcard::take_from_bytes(bytes)
        .map_err(|error| Unreadable(format!("a post that was kept does not read back: {error}")))
}

fn read(record: KeptRecord<'_>) -> Result<Kept, Unreadable> {
    let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    let post = Post {
        id: owned(record.id),
        site: record.site.into_owned(),
        url: owned(record.url),
        has_own_url: record.has_own_url,
        title: owned(record.title),
        has_own_title: record.has_own_title,
        text: record.text.into_owned(),
        author: record.author.into_owned(),
        published: record.published.map(time).transpose()?,
        language: record.language,
        parent: owned(record.parent),
        thread: owned(record.thread),
        edited: record.edited.map(time).transpose()?,
        engagement: record.engagement,
        rating: record.rating,
        concerns: record.concerns,
        is_private: false,
        is_gone: false,
    };
    Ok(Kept {
        source: SourceName(record.source.into_owned()),
        kind: record.kind,
        seen: time(record.seen)?,
        post,
        whole: record.whole.into_owned(),
    })
}

fn time(micros: i64) -> Result<DateTime<Utc>, Unreadable> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Unreadable(format!("{micros} is no time that can be")))
}
