//! The embedded store: one folder, one process. What sled does when the power goes decides the form
//! of this file: `flush` is no fsync on Linux, so [`SledStore::sync`] also syncs the file `db`; a
//! store that was cut off may panic when it is opened, so it is opened where a panic is caught.

use super::{
    Commit, Counted, Counts, Fault, Listed, Reported, Sequence, SourceState, Store, StoreError,
    Teaching, Window,
};
use crate::alert::spike::Course;
use crate::alert::{AlertState, Unsubscribed};
use crate::brand::BrandName;
use crate::delivery::desk::Counterpart;
use crate::delivery::one_click::LinkKey;
use crate::delivery::{Notice, NoticeId, Progress};
use crate::mention::marking::Marking;
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::post::SourceName;
use crate::store::kept::{KeptPlace, Packed};
use crate::ticket::Ticket;
use crate::ticket::own_reply::OwnReply;
use crate::ticket::people::{self, Link};
use chrono::{DateTime, Utc};
use sled::Db;
use sled::transaction::{ConflictableTransactionError, TransactionError, Transactional};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod check;
mod counterpart;
mod hours;
mod kept;
mod key;
mod ledger;
mod listed;
mod open;
mod record;
mod subscriptions;
mod write;

use write::{Trees, Writing};

/// The version of the layout of the trees.
const FORMAT: u32 = 2;

/// Where a counter stands, in the tree `meta`.
mod counter {
    pub(super) const FORMAT: &[u8] = b"format";
    pub(super) const PLACE: &[u8] = b"place";
    pub(super) const TICKET: &[u8] = b"ticket";
    pub(super) const NOTICE: &[u8] = b"notice";
    pub(super) const MENTIONS: &[u8] = b"mentions";
    pub(super) const MARKING: &[u8] = b"marking";
    pub(super) const LINK: &[u8] = b"link";
    /// How often people taught something, and the microsecond of the last time.
    pub(super) const TAUGHT: &[u8] = b"taught";
    pub(super) const TAUGHT_LAST: &[u8] = b"taught-last";
    /// Commits so far, to hold against the witness.
    pub(super) const COMMITS: &[u8] = b"commits";
    /// The version of what is listed of the tickets.
    pub(super) const LISTED: &[u8] = b"listed";
    pub(super) const SET_ASIDE: &[u8] = b"set-aside";
    /// Not a number: what the operator was told.
    pub(super) const REPORTED: &[u8] = b"reported";
}

/// The embedded store.
pub struct SledStore {
    db: Db,
    path: PathBuf,
    trees: Trees,
    /// The most bytes that kept posts take.
    most_kept_bytes: u64,
    looked: ledger::Looked,
}

impl SledStore {
    /// Opens the store in `path`, which must be there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.join("db").exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        open::open(path)
    }

    /// Opens the store in `path`, or makes a new one.
    pub fn open_or_create(path: &Path) -> Result<Self, StoreError> {
        open::create_folder(path)?;
        open::open(path)
    }

    /// Opens the store as [`SledStore::open_or_create`] does; a damaged one is set aside beside it,
    /// under a name that `stamp` makes unique, and a new one is begun. The folder set aside is
    /// remembered in the new store.
    pub fn open_or_set_aside(path: &Path, stamp: &str) -> Result<Self, StoreError> {
        match Self::open_or_create(path) {
            Err(StoreError::Damaged { what, .. }) => {
                let aside = open::set_aside(path, stamp)?;
                tracing::error!(
                    store.path = %path.display(), store.aside = %aside.display(),
                    "The store is damaged ({what}); it was set aside in {} and a new one is begun.",
                    aside.display()
                );
                let store = Self::open_or_create(path)?;
                store.remember_aside(&aside)?;
                Ok(store)
            }
            other => other,
        }
    }

    fn remember_aside(&self, aside: &Path) -> Result<(), StoreError> {
        let mut all = self.set_aside()?;
        all.push(aside.to_owned());
        let lines: Vec<String> = all.iter().map(|path| path.display().to_string()).collect();
        self.trees
            .meta
            .insert(counter::SET_ASIDE, lines.join("\n").as_bytes())
            .map_err(self.broken())?;
        self.sync()
    }

    fn set_aside(&self) -> Result<Vec<PathBuf>, StoreError> {
        let lines =
            self.trees.meta.get(counter::SET_ASIDE).map_err(self.broken())?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&lines)
            .lines()
            .filter(|line| !line.is_empty())
            .map(PathBuf::from)
            .collect())
    }

    fn counter(&self, name: &[u8]) -> Result<u64, StoreError> {
        let bytes = self.trees.meta.get(name).map_err(self.broken())?;
        Ok(bytes.as_deref().and_then(key::read_number).unwrap_or(0))
    }

    fn link(&self, value: sled::Result<sled::IVec>) -> Result<Link, StoreError> {
        record::read_link(&value.map_err(self.broken())?).map_err(|error| self.damaged(error.0))
    }

    fn mention_at(&self, id: &[u8]) -> Result<Option<(Sequence, Mention)>, StoreError> {
        let bytes = self.trees.mentions.get(id).map_err(self.broken())?;
        bytes.map(|bytes| record::read_mention(&bytes).map_err(|e| self.damaged(e.0))).transpose()
    }

    /// Says what an error of the engine means. Damage that shows while the store is open is marked,
    /// so that the next one who may sets the store aside.
    fn broken(&self) -> impl FnOnce(sled::Error) -> StoreError + '_ {
        |error| match error {
            sled::Error::Io(_) => disk(error),
            other => {
                open::mark(&self.path, &other.to_string());
                self.damaged(other.to_string())
            }
        }
    }

    fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), what }
    }
}

impl Store for SledStore {
    fn source(&self, source: &SourceName) -> Result<SourceState, StoreError> {
        match self.trees.sources.get(source.0.as_bytes()).map_err(self.broken())? {
            Some(bytes) => record::read_source(&bytes).map_err(|e| self.damaged(e.0)),
            None => Ok(SourceState::default()),
        }
    }

    fn post(&self, identity: PostKey) -> Result<Option<PostKey>, StoreError> {
        let bytes = self.trees.posts.get(identity.0).map_err(self.broken())?;
        Ok(bytes.and_then(|bytes| bytes.first_chunk::<16>().copied()).map(PostKey))
    }

    fn mention(&self, id: &MentionId) -> Result<Option<Mention>, StoreError> {
        Ok(self.mention_at(id.0.as_bytes())?.map(|(_, mention)| mention))
    }

    fn mentions(
        &self,
        window: Window,
        each: &mut dyn FnMut(Mention) -> bool,
    ) -> Result<(), StoreError> {
        let since = window.since.map_or([0; 8], key::moment);
        let until = window.until.map_or([0xff; 8], key::moment);
        if since >= until {
            return Ok(());
        }
        for entry in self.trees.by_time.range(since..until).rev() {
            let (_, id) = entry.map_err(self.broken())?;
            let Some((_, mention)) = self.mention_at(&id)? else {
                return Err(
                    self.damaged("the index of times names a mention that is not there".into())
                );
            };
            if !each(mention) {
                break;
            }
        }
        Ok(())
    }

    fn printed(&self, print: u64, most: usize) -> Result<Vec<MentionId>, StoreError> {
        let entries = self.trees.prints.scan_prefix(key::number(print)).values().take(most);
        let name = |id: sled::IVec| MentionId(String::from_utf8_lossy(&id).into_owned());
        entries.map(|id| id.map(name).map_err(self.broken())).collect()
    }

    fn mentions_after(&self, place: Sequence) -> Result<Vec<Mention>, StoreError> {
        let mut found = Vec::new();
        for entry in self.trees.by_place.range(key::number(place.0.saturating_add(1))..) {
            let (_, id) = entry.map_err(self.broken())?;
            found.extend(self.mention_at(&id)?.map(|(_, mention)| mention));
        }
        Ok(found)
    }

    fn place(&self, id: &MentionId) -> Result<Option<Sequence>, StoreError> {
        Ok(self.mention_at(id.0.as_bytes())?.map(|(place, _)| place))
    }

    fn last_place(&self) -> Result<Sequence, StoreError> {
        self.counter(counter::PLACE).map(Sequence)
    }

    fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        let bytes = self.trees.tickets.get(key::number(id.0)).map_err(self.broken())?;
        bytes.map(|bytes| record::read_ticket(&bytes).map_err(|e| self.damaged(e.0))).transpose()
    }

    fn tickets(&self) -> Result<Vec<Ticket>, StoreError> {
        self.trees
            .tickets
            .iter()
            .values()
            .map(|value| {
                record::read_ticket(&value.map_err(self.broken())?).map_err(|e| self.damaged(e.0))
            })
            .collect()
    }

    fn listed(&self, what: Listed<'_>) -> Result<Vec<TicketId>, StoreError> {
        self.listed_ids(&what).collect()
    }

    fn last_listed(&self, what: Listed<'_>) -> Result<Option<TicketId>, StoreError> {
        self.listed_ids(&what).next_back().transpose()
    }

    fn tickets_of(&self, customer: &str) -> Result<Vec<TicketId>, StoreError> {
        let mut tickets = Vec::new();
        for handle in people::handles(customer, |handle| self.links_of(handle))? {
            for key in self.trees.customers.scan_prefix(key::customer_prefix(&handle)).keys() {
                let number = key::read_number(&key.map_err(self.broken())?);
                tickets.push(TicketId(number.unwrap_or(0)));
            }
        }
        tickets.sort_unstable();
        Ok(tickets)
    }

    fn next_ticket(&self) -> Result<TicketId, StoreError> {
        self.counter(counter::TICKET).map(|last| TicketId(last + 1))
    }

    fn alert(&self, name: &str) -> Result<Option<AlertState>, StoreError> {
        let bytes = self.trees.alerts.get(name).map_err(self.broken())?;
        bytes.map(|bytes| record::read_alert(&bytes).map_err(|e| self.damaged(e.0))).transpose()
    }

    fn unsubscribed(&self) -> Result<Vec<Unsubscribed>, StoreError> {
        self.all_unsubscribed()
    }

    fn link_key(&self) -> Result<LinkKey, StoreError> {
        self.kept_link_key()
    }

    fn reported(&self) -> Result<Reported, StoreError> {
        let bytes = self.trees.meta.get(counter::REPORTED).map_err(self.broken())?;
        let read = bytes.map(|bytes| record::read_reported(&bytes)).transpose();
        Ok(read.map_err(|error| self.damaged(error.0))?.unwrap_or_default())
    }

    fn outbox(&self) -> Result<Vec<Notice>, StoreError> {
        self.trees
            .outbox
            .iter()
            .values()
            .map(|value| {
                record::read_notice(&value.map_err(self.broken())?).map_err(|e| self.damaged(e.0))
            })
            .collect()
    }

    fn notice(&self, id: NoticeId) -> Result<Option<Notice>, StoreError> {
        let bytes = self.trees.outbox.get(key::number(id.0)).map_err(self.broken())?;
        bytes.map(|bytes| record::read_notice(&bytes).map_err(|e| self.damaged(e.0))).transpose()
    }

    fn repeatable(&self, id: NoticeId) -> Result<Option<Notice>, StoreError> {
        let bytes = self.trees.repeatable.get(key::number(id.0)).map_err(self.broken())?;
        bytes.map(|bytes| record::read_notice(&bytes).map_err(|e| self.damaged(e.0))).transpose()
    }

    fn ledger(&self, each: &mut dyn FnMut(Notice) -> bool) -> Result<(), StoreError> {
        self.ledger_entries(each)
    }

    fn told(&self, mention: &MentionId) -> Result<Vec<Notice>, StoreError> {
        self.notices_telling(mention)
    }

    fn names(&self, opml: &SourceName) -> Result<BTreeMap<String, SourceName>, StoreError> {
        let prefix = key::name_prefix(opml);
        let mut names = BTreeMap::new();
        for entry in self.trees.names.scan_prefix(&prefix) {
            let (key, name) = entry.map_err(self.broken())?;
            let address = String::from_utf8_lossy(key.get(prefix.len()..).unwrap_or_default());
            let name = String::from_utf8_lossy(&name);
            names.insert(address.into_owned(), SourceName(name.into_owned()));
        }
        Ok(names)
    }

    fn document(&self, source: &SourceName) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.trees.documents.get(source.0.as_bytes()).map_err(self.broken())?;
        Ok(bytes.map(|bytes| bytes.to_vec()))
    }

    fn kept(
        &self,
        after: Option<KeptPlace>,
        each: &mut dyn FnMut(KeptPlace, Packed) -> bool,
    ) -> Result<(), StoreError> {
        for entry in self.kept_blocks(after.unwrap_or(KeptPlace([0; 16]))) {
            let (place, bytes) = entry?;
            if Some(place) != after && !each(place, Packed(bytes.to_vec())) {
                break;
            }
        }
        Ok(())
    }

    fn kept_since(&self, post: PostKey) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(self.kept_name(kept::name(post))?.map(kept::since))
    }

    fn kept_under(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.kept_totals()?.under)
    }

    fn markings(&self) -> Result<Vec<Marking>, StoreError> {
        let read = |value: sled::Result<sled::IVec>| {
            record::read_marking(&value.map_err(self.broken())?).map_err(|e| self.damaged(e.0))
        };
        self.trees.markings.iter().values().map(read).collect()
    }

    fn counterparts_of(&self, ticket: TicketId) -> Result<Vec<Counterpart>, StoreError> {
        let entries = self.trees.counterparts.scan_prefix(key::number(ticket.0));
        entries.values().map(|value| self.counterpart(value)).collect()
    }

    fn counterparts(&self) -> Result<Vec<Counterpart>, StoreError> {
        self.trees.counterparts.iter().values().map(|value| self.counterpart(value)).collect()
    }

    fn own_reply(&self, answered: PostKey) -> Result<Option<OwnReply>, StoreError> {
        let bytes = self.trees.own_replies.get(answered.0).map_err(self.broken())?;
        let read = bytes.map(|bytes| record::read_own_reply(&bytes)).transpose();
        read.map_err(|error| self.damaged(error.0))
    }

    fn links_of(&self, customer: &str) -> Result<Vec<Link>, StoreError> {
        let entries = self.trees.links.scan_prefix(key::customer_prefix(customer));
        entries.values().map(|value| self.link(value)).collect()
    }

    fn links(&self) -> Result<Vec<Link>, StoreError> {
        let mut links = BTreeMap::new();
        for value in self.trees.links.iter().values() {
            // Each stands under both of its ends.
            let link = self.link(value)?;
            links.insert(link.id, link);
        }
        Ok(links.into_values().collect())
    }

    fn course(&self, brand: &BrandName) -> Result<Option<Course>, StoreError> {
        let bytes = self.trees.hours.get(hours::course_key(brand)).map_err(self.broken())?;
        bytes.map(|bytes| record::read_course(&bytes).map_err(|e| self.damaged(e.0))).transpose()
    }

    fn hours(&self, brand: &BrandName) -> Result<BTreeMap<i64, Counted>, StoreError> {
        let entries = self.trees.hours.scan_prefix(hours::prefix(brand));
        entries
            .map(|entry| entry.map(|(key, bytes)| hours::read(&key, &bytes)).map_err(self.broken()))
            .collect()
    }

    fn teaching(&self) -> Result<Teaching, StoreError> {
        let times = self.counter(counter::TAUGHT)?;
        let last = self.counter(counter::TAUGHT_LAST)?.cast_signed();
        let last = DateTime::from_timestamp_micros(last).filter(|_| times > 0);
        Ok(Teaching { times, last })
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        let kept = self.kept_totals()?;
        let notices = self.outbox()?;
        let dead = notices.iter().filter(|notice| notice.progress == Progress::Dead).count() as u64;
        Ok(Counts {
            mentions: self.counter(counter::MENTIONS)?,
            tickets: self.counter(counter::TICKET)?,
            queued: notices.len() as u64 - dead,
            dead,
            size_bytes: open::size_bytes(&self.path),
            kept: kept.posts,
            kept_bytes: kept.takes(),
            set_aside: self.set_aside()?,
        })
    }

    fn check(&self) -> Result<Vec<Fault>, StoreError> {
        check::check(self)
    }

    fn apply(&self, commit: &Commit) -> Result<(), StoreError> {
        open::room(&self.path)?;
        let kept = self.kept_changes(commit)?;
        let old = self.old(commit)?;
        self.trees
            .all()
            .as_slice()
            .transaction(|trees| {
                let writing = Writing::of(trees)?;
                writing.forget(&old)?;
                writing.commit(commit, &kept)
            })
            .map_err(|failed: TransactionError<String>| match failed {
                TransactionError::Abort(what) => self.damaged(what),
                TransactionError::Storage(error) => self.broken()(error),
            })
    }

    fn sync(&self) -> Result<(), StoreError> {
        // Counted first: what is applied in the meantime may miss the flush.
        let commits = self.counter(counter::COMMITS)?;
        self.db.flush().map_err(self.broken())?;
        let file = std::fs::File::open(self.path.join("db")).and_then(|db| db.sync_all());
        file.map_err(|error| StoreError::Disk(error.to_string()))?;
        open::witness(&self.path, commits)
    }
}

type Aborted = ConflictableTransactionError<String>;

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn disk(error: sled::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}
