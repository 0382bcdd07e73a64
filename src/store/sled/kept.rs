//! Where the posts that matched nothing lie: blocks in the order of time, and by each post's name the
//! block that it was written in. What a commit changes here is worked out before its transaction,
//! which has but to write it: there is only one writer.

use super::{SledStore, key};
use crate::dedup;
use crate::mention::PostKey;
use crate::store::kept::{
    BETWEEN_VERSIONS, BLOCK_BYTES, Block, Body, Kept, KeptPlace, MOST_OPEN, Packed, ShortName,
    Unreadable, short,
};
use crate::store::{Commit, Fault, StoreError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sled::IVec;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

#[cfg(test)]
mod tests;

/// Blocks that are dropped for their age in one commit. The rest goes with the next ones: the writer has
/// more to do than that.
const MOST_DROPPED: usize = 16;

/// What the name of a post takes beside its block, about.
const NAME_BYTES: u64 = 64;

/// What is known of all blocks together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) posts: u64,
    /// What the blocks take.
    pub(super) bytes: u64,
    /// Blocks that were ever written.
    written: u64,
    /// The place of the newest block.
    last: Option<KeptPlace>,
    /// The place of the first small block, their number, and what they hold.
    open: Option<KeptPlace>,
    open_blocks: u64,
    open_bytes: u64,
    /// The rules under which all of them matched nothing.
    pub(super) under: Option<u64>,
}

impl Totals {
    /// Returns what all that is kept takes.
    pub(super) fn takes(&self) -> u64 {
        self.bytes + NAME_BYTES * self.posts
    }
}

/// Where a post was written, when it was first seen, and a mark of what it said. What was written there
/// may have been joined with what came behind it.
pub(super) type Written = (KeptPlace, DateTime<Utc>, u64);

/// What a commit changes: the keys of the tree, with `None` where one goes.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

impl SledStore {
    pub(super) fn kept_totals(&self) -> Result<Totals, StoreError> {
        let bytes = self.trees.kept.get(key::KEPT_TOTALS).map_err(self.broken())?;
        let read = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        Ok(read
            .map_err(|error| self.damaged(format!("what is kept: {error}")))?
            .unwrap_or_default())
    }

    /// Returns where a post was written, by its short name.
    pub(super) fn kept_name(&self, name: ShortName) -> Result<Option<Written>, StoreError> {
        let bytes = self.trees.kept.get(key::kept_name(name)).map_err(self.broken())?;
        Ok(bytes.as_deref().and_then(key::read_kept_written))
    }

    /// Hands out the blocks from `first` on.
    pub(super) fn kept_blocks(
        &self,
        first: KeptPlace,
    ) -> impl Iterator<Item = Result<(KeptPlace, IVec), StoreError>> {
        self.trees.kept.range(key::kept_block(first)..key::KEPT_BLOCKS_END.to_vec()).map(|entry| {
            let (key, value) = entry.map_err(self.broken())?;
            Ok((key::read_kept_block(&key), value))
        })
    }

    /// Works out what `commit` changes of what is kept.
    pub(super) fn kept_changes(&self, commit: &Commit) -> Result<Changes, StoreError> {
        let Commit { kept, unkept, kept_since, kept_under, .. } = commit;
        let before = self.kept_totals()?;
        let may_drop = kept_since.is_some() && before.posts > 0;
        if kept.is_empty() && (unkept.is_empty() || before.posts == 0) && !may_drop {
            let is_new = kept_under.is_some() && *kept_under != before.under;
            let totals = Totals { under: kept_under.or(before.under), ..before };
            let work = Work { store: self, totals, changes: Changes::new() };
            return if is_new { work.done() } else { Ok(Changes::new()) };
        }
        let totals = Totals { under: kept_under.or(before.under), ..before.clone() };
        let mut work = Work { store: self, totals, changes: Changes::new() };
        if let Some(since) = kept_since {
            work.drop_before(*since)?;
        }
        let (new, again) = work.new_among(kept)?;
        let leaving = unkept.iter().map(|name| short(*name)).chain(again);
        work.take_out(leaving.collect())?;
        work.put_in(&new)?;
        work.bound()?;
        if work.changes.is_empty() && work.totals == before {
            return Ok(Changes::new());
        }
        work.done()
    }

    /// Reads all that is kept, and says what is wrong with it.
    pub(super) fn check_kept(&self, faults: &mut Vec<Fault>) -> Result<(), StoreError> {
        let (mut found, mut names) = (Totals::default(), HashSet::new());
        for entry in self.kept_blocks(KeptPlace([0; 16])) {
            let (place, bytes) = entry?;
            found.bytes += bytes.len() as u64;
            let posts = match Packed(bytes.to_vec()).open() {
                Ok(posts) => posts,
                Err(error) => {
                    faults.push(Fault(format!("posts kept: {error}")));
                    continue;
                }
            };
            let told = Block::read(&bytes).map_err(|error| self.damaged(error.0))?;
            let own: Vec<ShortName> = posts.iter().map(|post| short(post.name())).collect();
            if told.names().ne(own.iter().copied()) {
                faults.push(Fault("posts kept: a block names others than it holds".into()));
            }
            found.posts += own.len() as u64;
            for name in own {
                let written = self.kept_name(name)?.is_some_and(|(written, ..)| written <= place);
                if !written || !names.insert(name) {
                    faults.push(Fault("posts kept: one is there twice, or has no name".into()));
                }
            }
        }
        let totals = self.kept_totals()?;
        if (totals.posts, totals.bytes) != (found.posts, found.bytes) {
            faults.push(Fault(format!(
                "of {} kept posts in {} bytes there are {} in {}",
                totals.posts, totals.bytes, found.posts, found.bytes
            )));
        }
        let told = self.trees.kept.scan_prefix(key::KEPT_NAMES).count();
        if told != names.len() {
            faults
                .push(Fault(format!("{told} kept posts are named, and {} are there", names.len())));
        }
        Ok(())
    }
}

/// A post that is to be written, with its short name and a mark of what it says.
struct New<'a> {
    post: Cow<'a, Kept>,
    /// When it said so; it may have been seen before, saying something else.
    at: DateTime<Utc>,
    name: ShortName,
    mark: u64,
}

/// What is kept while a commit is worked out: the tree, and what changes of it.
struct Work<'a> {
    store: &'a SledStore,
    totals: Totals,
    changes: Changes,
}

impl Work<'_> {
    fn done(mut self) -> Result<Changes, StoreError> {
        let totals = serde_json::to_vec(&self.totals);
        let totals = totals.map_err(|error| self.store.damaged(error.to_string()))?;
        self.changes.insert(key::KEPT_TOTALS.to_vec(), Some(totals));
        Ok(self.changes)
    }

    /// Returns the posts that are to be written, and the names of those among them that are there in
    /// other words.
    fn new_among<'k>(
        &self,
        kept: &'k [Kept],
    ) -> Result<(Vec<New<'k>>, Vec<ShortName>), StoreError> {
        let (mut new, mut again, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for post in kept {
            let (name, mark) = (short(post.name()), dedup::mark(&post.post));
            if !seen.insert(name) {
                continue;
            }
            let (at, mut post) = (post.seen, Cow::Borrowed(post));
            if let Some((place, seen, old)) = self.written(name)? {
                let is_edited = post.post.edited.is_some();
                let is_soon = at - key::read_kept_time(place) < BETWEEN_VERSIONS;
                if mark == old || is_soon && !is_edited {
                    continue;
                }
                again.push(name);
                post.to_mut().seen = seen;
            }
            new.push(New { post, at, name, mark });
        }
        Ok((new, again))
    }

    /// Drops the oldest blocks of which every post was kept before `since`.
    fn drop_before(&mut self, since: DateTime<Utc>) -> Result<(), StoreError> {
        let end = KeptPlace(key::time(since, crate::store::Sequence(0)));
        for entry in self.store.kept_blocks(KeptPlace([0; 16])).take(MOST_DROPPED) {
            let (place, bytes) = entry?;
            if place >= end {
                break;
            }
            self.drop_block(place, &bytes)?;
        }
        Ok(())
    }

    /// Drops the oldest blocks until the rest is within bounds.
    fn bound(&mut self) -> Result<(), StoreError> {
        if self.totals.takes() <= self.store.most_kept_bytes {
            return Ok(());
        }
        for entry in self.store.kept_blocks(KeptPlace([0; 16])) {
            let (place, bytes) = entry?;
            if self.totals.takes() <= self.store.most_kept_bytes {
                break;
            }
            let bytes = match self.changes.get(&key::kept_block(place)) {
                Some(None) => continue,
                Some(Some(changed)) => changed.clone(),
                None => bytes.to_vec(),
            };
            self.drop_block(place, &bytes)?;
        }
        Ok(())
    }

    fn drop_block(&mut self, place: KeptPlace, bytes: &[u8]) -> Result<(), StoreError> {
        match Block::read(bytes) {
            Ok(block) => {
                for name in block.names() {
                    if self.written(name)?.is_some_and(|(written, ..)| written <= place) {
                        self.changes.insert(key::kept_name(name), None);
                    }
                }
                self.totals.posts = self.totals.posts.saturating_sub(block.count());
                self.totals.bytes = self.totals.bytes.saturating_sub(bytes.len() as u64);
                self.changes.insert(key::kept_block(place), None);
            }
            Err(error) => self.lose(place, bytes, &error)?,
        }
        if self.totals.open.is_some_and(|open| open <= place) {
            self.close();
        }
        Ok(())
    }

    /// Gives up a block that does not read, with the names of whatever was in it: what is kept is worth
    /// less than a daemon that goes on.
    fn lose(
        &mut self,
        place: KeptPlace,
        bytes: &[u8],
        error: &Unreadable,
    ) -> Result<(), StoreError> {
        let after = self.place_before(place)?;
        let mut lost = 0_u64;
        for entry in self.store.trees.kept.scan_prefix(key::KEPT_NAMES) {
            let (name, _) = entry.map_err(self.store.broken())?;
            let Some(name) = name.last_chunk::<8>().copied() else { continue };
            let Some((written, ..)) = self.written(name)? else { continue };
            if written <= place && after.is_none_or(|after| written > after) {
                self.changes.insert(key::kept_name(name), None);
                lost += 1;
            }
        }
        tracing::error!(
            "{error}; it is dropped, with {}.",
            crate::text::count(usize::try_from(lost).unwrap_or(usize::MAX), "post")
        );
        self.totals.posts = self.totals.posts.saturating_sub(lost);
        self.totals.bytes = self.totals.bytes.saturating_sub(bytes.len() as u64);
        self.changes.insert(key::kept_block(place), None);
        Ok(())
    }

    /// Returns the place before `place` at which a block is, or was when this commit began.
    fn place_before(&self, place: KeptPlace) -> Result<Option<KeptPlace>, StoreError> {
        let range = key::kept_block(KeptPlace([0; 16]))..key::kept_block(place);
        let old = self.store.trees.kept.range(range.clone()).next_back();
        let old = old.transpose().map_err(self.store.broken())?;
        let old = old.map(|(key, _)| key::read_kept_block(&key));
        let changed = self.changes.range(range).next_back();
        Ok(old.max(changed.map(|(key, _)| key::read_kept_block(key))))
    }

    /// Takes posts out of their blocks, each of which is written once.
    fn take_out(&mut self, leaving: HashSet<ShortName>) -> Result<(), StoreError> {
        let mut blocks: BTreeMap<KeptPlace, HashSet<ShortName>> = BTreeMap::new();
        for name in leaving {
            let Some((written, ..)) = self.written(name)? else { continue };
            if let Some((place, _)) = self.block_from(written)? {
                blocks.entry(place).or_default().insert(name);
            }
            self.changes.insert(key::kept_name(name), None);
        }
        for (place, names) in blocks {
            let Some((_, bytes)) = self.block_from(place)? else { continue };
            self.totals.posts = self.totals.posts.saturating_sub(names.len() as u64);
            let left =
                Block::read(&bytes).and_then(|block| block.without(&|name| names.contains(&name)));
            let left = match left {
                Ok(left) => left,
                Err(error) => {
                    self.lose(place, &bytes, &error)?;
                    continue;
                }
            };
            let is_open = self.totals.open.is_some_and(|open| open <= place);
            self.totals.bytes = self.totals.bytes.saturating_sub(bytes.len() as u64);
            let packed = if left.is_empty() { None } else { Some(self.pack(&left, !is_open)?) };
            self.totals.bytes += packed.as_ref().map_or(0, |packed| packed.len() as u64);
            self.changes.insert(key::kept_block(place), packed);
        }
        Ok(())
    }

    /// Writes new posts, in small blocks that are joined once they are enough.
    fn put_in(&mut self, posts: &[New<'_>]) -> Result<(), StoreError> {
        let (mut body, mut first) = (Body::default(), 0);
        for (nth, New { post, at, name, .. }) in posts.iter().enumerate() {
            body.add(*name, post).map_err(|error| self.store.damaged(error.0))?;
            if body.raw_bytes() >= BLOCK_BYTES || nth + 1 == posts.len() {
                let own = posts.get(first..=nth).unwrap_or_default();
                self.write(&std::mem::take(&mut body), own, *at)?;
                first = nth + 1;
            }
        }
        Ok(())
    }

    fn write(
        &mut self,
        body: &Body,
        posts: &[New<'_>],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let totals = &mut self.totals;
        totals.written += 1;
        let at = key::time(now, crate::store::Sequence(totals.written));
        let place = match totals.last {
            // A clock that was set back must not mix the order up.
            Some(last) if last.0 >= at => key::kept_behind(last, totals.written),
            _ => KeptPlace(at),
        };
        totals.last = Some(place);
        totals.open.get_or_insert(place);
        totals.open_blocks += 1;
        totals.open_bytes += body.raw_bytes();
        totals.posts += posts.len() as u64;
        let packed = self.pack(body, false)?;
        self.totals.bytes += packed.len() as u64;
        self.changes.insert(key::kept_block(place), Some(packed));
        for New { post, name, mark, .. } in posts {
            let written = key::kept_written(place, post.seen, *mark);
            self.changes.insert(key::kept_name(*name), Some(written));
        }
        if self.totals.open_bytes >= BLOCK_BYTES || self.totals.open_blocks >= MOST_OPEN {
            self.join()?;
        }
        Ok(())
    }

    /// Makes one block of all small ones, in the place of the last: who reads in order meets all posts.
    fn join(&mut self) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (self.totals.open, self.totals.last) else { return Ok(()) };
        let mut body = Body::default();
        for (place, bytes) in self.blocks_from(first)? {
            if let Err(error) = Block::read(&bytes).and_then(|block| body.join(&block)) {
                self.lose(place, &bytes, &error)?;
                continue;
            }
            self.totals.bytes = self.totals.bytes.saturating_sub(bytes.len() as u64);
            self.changes.insert(key::kept_block(place), None);
        }
        if !body.is_empty() {
            let packed = self.pack(&body, true)?;
            self.totals.bytes += packed.len() as u64;
            self.changes.insert(key::kept_block(last), Some(packed));
        }
        self.close();
        Ok(())
    }

    /// What was written so far is joined to nothing that comes.
    fn close(&mut self) {
        self.totals.open = None;
        (self.totals.open_blocks, self.totals.open_bytes) = (0, 0);
    }

    fn pack(&self, body: &Body, stays: bool) -> Result<Vec<u8>, StoreError> {
        body.pack(stays).map_err(|error| self.store.damaged(error.0))
    }

    fn written(&self, name: ShortName) -> Result<Option<Written>, StoreError> {
        match self.changes.get(&key::kept_name(name)) {
            Some(changed) => Ok(changed.as_deref().and_then(key::read_kept_written)),
            None => self.store.kept_name(name),
        }
    }

    /// Returns the first block from `first` on.
    fn block_from(&self, first: KeptPlace) -> Result<Option<(KeptPlace, Vec<u8>)>, StoreError> {
        for entry in self.store.kept_blocks(first) {
            let (place, bytes) = entry?;
            match self.changes.get(&key::kept_block(place)) {
                Some(None) => {}
                Some(Some(changed)) => return Ok(Some((place, changed.clone()))),
                None => return Ok(Some((place, bytes.to_vec()))),
            }
        }
        Ok(None)
    }

    /// Returns all blocks from `first` on: those of the tree and those that are new, as they are now.
    fn blocks_from(&self, first: KeptPlace) -> Result<BTreeMap<KeptPlace, Vec<u8>>, StoreError> {
        let mut blocks = BTreeMap::new();
        for entry in self.store.kept_blocks(first) {
            let (place, bytes) = entry?;
            blocks.insert(place, bytes.to_vec());
        }
        for (key, changed) in self.changes.range(key::kept_block(first)..) {
            if key.as_slice() >= key::KEPT_BLOCKS_END {
                break;
            }
            let place = key::read_kept_block(key);
            match changed {
                Some(bytes) => blocks.insert(place, bytes.clone()),
                None => blocks.remove(&place),
            };
        }
        Ok(blocks)
    }
}

/// Returns when a post was first seen that was written there.
pub(super) fn since((_, seen, _): Written) -> DateTime<Utc> {
    seen
}

/// Returns the short name of a post.
pub(super) fn name(post: PostKey) -> ShortName {
    short(post)
}
