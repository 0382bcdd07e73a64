//! What vahti remembers. A batch is stored as a whole or not at all, and what [`Store::sync`] has
//! confirmed survives a power cut.

use crate::alert::spike::Course;
use crate::alert::{AlertState, Unsubscribed};
use crate::brand::BrandName;
use crate::delivery::desk::Counterpart;
use crate::delivery::one_click::LinkKey;
use crate::delivery::{Notice, NoticeId};
use crate::fetch::Validators;
use crate::fetch::budget::Ledger;
use crate::mention::marking::Marking;
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::post::SourceName;
use crate::schedule::{Hints, Rhythm};
use crate::source::websub::Subscription;
use crate::source::{Cursor, Hub};
use crate::ticket::Ticket;
use crate::ticket::own_reply::OwnReply;
use crate::ticket::people::Link;
use chrono::{DateTime, Utc};
use kept::{Kept, KeptPlace, Packed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

pub mod handle;
pub mod kept;
mod moved;
pub mod sled;

pub use moved::Moved;

/// What is remembered of one source between two polls.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceState {
    pub cursor: Cursor,
    /// What the server gave us to ask whether anything changed.
    pub validators: Validators,
    /// The address that gave the validators: to another one they mean nothing. `None` for a file.
    pub validated: Option<Url>,
    /// One mark for each post that the source showed last time, as it was then; sorted. What a
    /// source no longer shows is forgotten here, and known by its mention, if it has one.
    pub marks: Vec<u64>,
    /// A fingerprint of the brands under which the marks were taken: other keywords look again.
    pub rules: u64,
    /// When the keywords changed last, and posts were looked at again.
    pub looked_again: Option<DateTime<Utc>>,
    /// The address that the operator gave, as it was at the last poll; `None` before the first.
    pub named: Option<String>,
    /// When the server last sent the document in full. A server may say `unchanged` for good.
    pub sent_in_full: Option<DateTime<Utc>>,
    /// The new address, where the server says that the document moved there for good.
    pub moved: Option<Moved>,
    /// Who brings the news of the document, as it said when it was last sent in full.
    pub hub: Option<Hub>,
    /// What became of asking the hub.
    pub subscription: Option<Subscription>,
    /// What was used up of what is scarce.
    pub ledger: Ledger,
    /// When it was last asked what became of posts that are stored.
    pub rechecked: Option<DateTime<Utc>>,
    pub health: Health,
}

/// What an operator is told of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trouble {
    /// Its polls fail.
    Failing,
    /// The server said that it is gone for good.
    Gone,
    /// It brings nothing new though it used to.
    Silent,
}

/// What the operator was told of a source in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub of: Trouble,
    pub at: DateTime<Utc>,
    /// How often, this time included.
    pub times: u32,
}

/// What the operator was told beside what is kept with each source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reported {
    /// When the last message was made.
    pub last: Option<DateTime<Utc>>,
    /// The dead notices that were told and are still there.
    pub dead: Vec<NoticeId>,
    /// When it was told that notices wait for long, and how often; `None` while none does.
    pub waiting: Option<(DateTime<Utc>, u32)>,
    /// How many stores that were set aside were told.
    pub set_aside: usize,
    /// When it was told that the disk is nearly full, and how often; `None` while it is not.
    pub full: Option<(DateTime<Utc>, u32)>,
    /// When it was last looked whether brands have fallen silent.
    pub looked_at_brands: Option<DateTime<Utc>>,
    /// Brands of which it was told that they have fallen silent, and that still are.
    pub brands: Vec<SilentBrand>,
    /// The canary that was let out last; `None` where none is wanted.
    pub canary: Option<Canary>,
    /// What the last check of the store found.
    pub checked: Option<Checked>,
}

/// A mention that vahti gave itself, to see whether it comes through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Canary {
    /// What tells it from all others.
    pub token: String,
    pub released: DateTime<Utc>,
    /// How many notices were made of it.
    pub notices: usize,
    /// What went wrong on its way.
    pub fault: Option<String>,
    /// When it came through, and when one did last.
    pub came: Option<DateTime<Utc>>,
    pub last_came: Option<DateTime<Utc>>,
    /// When the operator was told that none comes through, and how often; `None` while all is well.
    pub told: Option<(DateTime<Utc>, u32)>,
}

/// What a check of the store found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checked {
    pub at: DateTime<Utc>,
    /// The first faults, and how many there are.
    pub faults: Vec<String>,
    pub all: usize,
    /// When the operator was told, and how often; `None` while all is well.
    pub told: Option<(DateTime<Utc>, u32)>,
}

/// A brand of which nobody speaks any more, and what the operator was told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilentBrand {
    pub brand: BrandName,
    /// When somebody last spoke of it.
    pub since: DateTime<Utc>,
    /// When it was told last, and how often.
    pub at: DateTime<Utc>,
    pub times: u32,
}

/// How a source fares.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    pub first_poll: Option<DateTime<Utc>>,
    pub last_poll: Option<DateTime<Utc>>,
    pub last_success: Option<DateTime<Utc>>,
    /// Polls that failed since the last success.
    pub failures: u32,
    /// Polls that succeeded since the last failure.
    pub successes: u32,
    /// What went wrong last, and since when; `None` after a success.
    pub last_error: Option<String>,
    pub failing_since: Option<DateTime<Utc>>,
    /// Posts in the last reply that had a body.
    pub posts: u32,
    /// Malformed entries in the last reply that had a body.
    pub skipped: u32,
    /// Mentions found since the first poll.
    pub mentions: u64,
    /// The newest publication time that was seen.
    pub newest: Option<DateTime<Utc>>,
    /// The server said that the address is gone for good; it is asked only when the operator asks.
    pub gone: bool,
    /// The server's word for when it may be asked again.
    pub not_before: Option<DateTime<Utc>>,
    /// Since when a part of each poll does not succeed.
    pub trouble_since: Option<DateTime<Utc>>,
    /// Whether a budget does not allow all that is to be asked.
    pub is_spent: bool,
    /// What of the last successful poll did not succeed; `None` where all did.
    pub trouble: Option<String>,
    /// How often the document asks to be asked for.
    pub hints: Hints,
    /// How long the server said that its last reply stays fresh.
    pub fresh_for: Option<Duration>,
    /// When it brings something new.
    pub rhythm: Rhythm,
    /// What the operator was told, until all is well again.
    pub told: Option<Told>,
}

impl Health {
    /// Returns since when the source is silent, where that breaks its rhythm. What cannot be asked is
    /// not silent: only what was heard up to the last success counts.
    pub fn silent_since(&self) -> Option<DateTime<Utc>> {
        self.rhythm.silent_since(self.last_success?)
    }
}

/// A span of time by [`Mention::time`]: from `since` on, before `until`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
}

impl Window {
    /// Tells whether a time lies in it.
    pub fn holds(self, at: DateTime<Utc>) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// A mention's place in the order in which mentions were stored; the first has 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u64);

/// Which tickets are listed together, so that nobody has to read all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed<'a> {
    /// That are not closed.
    Open,
    /// That become more pressing if nobody deals with them.
    Rising,
    /// That somebody still has to settle; see [`route::is_work`](crate::ticket::route::is_work).
    WorkOf(&'a str),
    /// That vahti itself gave to somebody.
    GivenTo(&'a str),
    /// Of one event, by the number of its first ticket.
    Incident(TicketId),
    /// Whose customer was last heard from `since` on and before `until`, as far as the ticket alone tells.
    Heard { since: DateTime<Utc>, until: DateTime<Utc> },
    /// With which something was last done from `since` on.
    Touched { since: DateTime<Utc> },
}

/// Everything that one event led to. Stored as a whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    pub source: Option<(SourceName, SourceState)>,
    /// Identities of posts, each with the key that the post is known by.
    pub posts: Vec<(PostKey, PostKey)>,
    /// New mentions, and known ones that changed.
    pub mentions: Vec<Mention>,
    /// New tickets, and known ones that moved. A new one has the number that
    /// [`Store::next_ticket`] told.
    pub tickets: Vec<Ticket>,
    /// Alerts that were told something, or whose time came.
    pub alerts: Vec<(String, AlertState)>,
    /// Alerts of whom all mentions of this commit, and all before it, are told.
    pub told: Vec<String>,
    /// Sources of which the operator was told something; `None` where all is well again.
    pub told_of: Vec<(SourceName, Option<Told>)>,
    /// What else the operator was told.
    pub reported: Option<Reported>,
    /// New notices (number 0) and known ones that came further.
    pub notices: Vec<Notice>,
    /// Notices that a person took out of the outbox.
    pub dropped: Vec<NoticeId>,
    /// Names given to the feeds of an OPML source, by source and address.
    pub names: Vec<(SourceName, String, SourceName)>,
    /// The last readable copy of a document that a source is built from.
    pub document: Option<(SourceName, Vec<u8>)>,
    /// Posts that matched nothing. One that is kept already is kept once, since when it was first seen:
    /// in its new words where it says that it was edited, else in new words at most once a day.
    pub kept: Vec<Kept>,
    /// Posts that are to be kept no longer, by their first identity; others are no fault.
    pub unkept: Vec<PostKey>,
    /// Posts that were kept before this are dropped, the oldest first, some with each commit.
    pub kept_since: Option<DateTime<Utc>>,
    /// The fingerprint of the rules under which all posts that are kept matched nothing.
    pub kept_under: Option<u64>,
    /// Fingerprints of new mentions, with when they were seen.
    pub prints: Vec<(MentionId, DateTime<Utc>, Vec<u64>)>,
    /// New markings (number 0) and known ones that were undone.
    pub markings: Vec<Marking>,
    /// Now, where it may change what people have taught.
    pub taught: Option<DateTime<Utc>>,
    /// What is known of tickets at other desks, new or changed.
    pub counterparts: Vec<Counterpart>,
    /// Answers by accounts of our own, by what they answer; the last of each.
    pub own_replies: Vec<(PostKey, OwnReply)>,
    /// New links between handles of customers (number 0), and known ones that were parted.
    pub links: Vec<Link>,
    /// What is known of the spikes of brands.
    pub courses: Vec<(BrandName, Course)>,
    /// What was counted in an hour of the Unix era, all mentions and the negative ones, where that is to
    /// stand instead of what mentions added up to; `None`: it is forgotten.
    pub hours: Vec<(BrandName, i64, Option<Counted>)>,
    /// Recipients of alerts who are told no more.
    pub unsubscribed: Vec<Unsubscribed>,
    /// Those who are told again, by alert and recipient.
    pub subscribed: Vec<(String, String)>,
}

/// How many mentions of one brand one hour brought, and how many of them were negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    pub all: u32,
    pub negative: u32,
}

/// How far people have taught. While it is the same, what they taught is too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Teaching {
    /// How often something was stored that teaches.
    pub times: u64,
    /// When that was last.
    pub last: Option<DateTime<Utc>>,
}

/// How much is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub mentions: u64,
    pub tickets: u64,
    pub queued: u64,
    pub dead: u64,
    pub size_bytes: u64,
    /// Posts that matched nothing, and what they take, compressed and with their names.
    pub kept: u64,
    pub kept_bytes: u64,
    /// Damaged stores that were set aside, oldest first.
    pub set_aside: Vec<PathBuf>,
}

/// One thing wrong with what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

/// A place to remember things. `tests/it/store.rs` says what that promises.
///
/// Several threads may read; one writes.
pub trait Store: Send + Sync {
    /// Returns what is remembered of `source`; a new one starts from the beginning.
    fn source(&self, source: &SourceName) -> Result<SourceState, StoreError>;

    /// Returns the key of the post that `identity` belongs to, if it was seen before.
    fn post(&self, identity: PostKey) -> Result<Option<PostKey>, StoreError>;

    /// Returns one mention.
    fn mention(&self, id: &MentionId) -> Result<Option<Mention>, StoreError>;

    /// Hands out the mentions of `window`, newest first, until `each` returns `false`.
    fn mentions(
        &self,
        window: Window,
        each: &mut dyn FnMut(Mention) -> bool,
    ) -> Result<(), StoreError>;

    /// Returns the mentions that have a fingerprint, the newest first and so many at most.
    fn printed(&self, print: u64, most: usize) -> Result<Vec<MentionId>, StoreError>;

    /// Returns the mentions stored after `place`, in the order of their storing.
    fn mentions_after(&self, place: Sequence) -> Result<Vec<Mention>, StoreError>;

    /// Returns the place of one mention.
    fn place(&self, id: &MentionId) -> Result<Option<Sequence>, StoreError>;

    /// Returns the place of the mention that was stored last; 0 where there is none.
    fn last_place(&self) -> Result<Sequence, StoreError>;

    /// Returns one ticket.
    fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError>;

    /// Returns all tickets by number.
    fn tickets(&self) -> Result<Vec<Ticket>, StoreError>;

    /// Returns the numbers of the tickets that are listed so: by number, or by time where it is one of time.
    fn listed(&self, what: Listed<'_>) -> Result<Vec<TicketId>, StoreError>;

    /// Returns the last of [`Store::listed`].
    fn last_listed(&self, what: Listed<'_>) -> Result<Option<TicketId>, StoreError>;

    /// Returns the numbers of a customer's tickets, under all handles that are linked, oldest first.
    fn tickets_of(&self, customer: &str) -> Result<Vec<TicketId>, StoreError>;

    /// Returns the number that the next new ticket has.
    fn next_ticket(&self) -> Result<TicketId, StoreError>;

    /// Returns what is remembered of the alert called `name`, if it was ever seen.
    fn alert(&self, name: &str) -> Result<Option<AlertState>, StoreError>;

    /// Returns the recipients of alerts who are told no more.
    fn unsubscribed(&self) -> Result<Vec<Unsubscribed>, StoreError>;

    /// Returns what the links are signed with by which recipients say so; the same for good.
    fn link_key(&self) -> Result<LinkKey, StoreError>;

    /// Returns what the operator was told beside what is kept with each source.
    fn reported(&self) -> Result<Reported, StoreError>;

    /// Returns the notices that are queued or dead, oldest first.
    fn outbox(&self) -> Result<Vec<Notice>, StoreError>;

    /// Returns one notice that is queued or dead.
    fn notice(&self, id: NoticeId) -> Result<Option<Notice>, StoreError>;

    /// Returns one notice as a channel took it, without its pictures: of the last days and some hundreds.
    fn repeatable(&self, id: NoticeId) -> Result<Option<Notice>, StoreError>;

    /// Hands out what is known of every notice there was, without their bodies, the newest first, until
    /// `each` returns `false`.
    fn ledger(&self, each: &mut dyn FnMut(Notice) -> bool) -> Result<(), StoreError>;

    /// Returns the same of the notices that tell a mention, oldest first.
    fn told(&self, mention: &MentionId) -> Result<Vec<Notice>, StoreError>;

    /// Returns the names given to the feeds of an OPML source, by address.
    fn names(&self, opml: &SourceName) -> Result<BTreeMap<String, SourceName>, StoreError>;

    /// Returns the last readable copy of the document that `source` is built from.
    fn document(&self, source: &SourceName) -> Result<Option<Vec<u8>>, StoreError>;

    /// Hands out the posts kept behind `after`, oldest first and a block at a time, until `each`
    /// returns `false`. What is kept in the meantime may be handed out twice, and is never left out.
    fn kept(
        &self,
        after: Option<KeptPlace>,
        each: &mut dyn FnMut(KeptPlace, Packed) -> bool,
    ) -> Result<(), StoreError>;

    /// Returns when a post that is kept was first seen, by its first identity; `None` where it is not kept.
    fn kept_since(&self, post: PostKey) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Returns the fingerprint of the rules under which all posts that are kept matched nothing; `None`
    /// before anything arrived, another number where some were kept under other rules than the rest.
    fn kept_under(&self) -> Result<Option<u64>, StoreError>;

    /// Returns what people marked, in the order of the numbers.
    fn markings(&self) -> Result<Vec<Marking>, StoreError>;

    /// Returns what is known of one ticket at other desks, in the order of their names.
    fn counterparts_of(&self, ticket: TicketId) -> Result<Vec<Counterpart>, StoreError>;

    /// Returns what is known of all tickets at other desks, by the numbers of ours.
    fn counterparts(&self) -> Result<Vec<Counterpart>, StoreError>;

    /// Returns the last answer by an account of our own to what `answered` names.
    fn own_reply(&self, answered: PostKey) -> Result<Option<OwnReply>, StoreError>;

    /// Returns the links of one handle of a customer, those that were parted too, oldest first.
    fn links_of(&self, customer: &str) -> Result<Vec<Link>, StoreError>;

    /// Returns all links between handles of customers, oldest first.
    fn links(&self) -> Result<Vec<Link>, StoreError>;

    /// Returns what is known of the spikes of a brand; `None` before its hours were first counted.
    fn course(&self, brand: &BrandName) -> Result<Option<Course>, StoreError>;

    /// Returns what was counted of a brand in each hour of the Unix era that brought something, oldest
    /// first.
    fn hours(&self, brand: &BrandName) -> Result<BTreeMap<i64, Counted>, StoreError>;

    /// Returns how far people have taught.
    fn teaching(&self) -> Result<Teaching, StoreError>;

    /// Returns how much is stored.
    fn counts(&self) -> Result<Counts, StoreError>;

    /// Reads everything and returns what is wrong with it; empty when all is well.
    fn check(&self) -> Result<Vec<Fault>, StoreError>;

    /// Makes `commit` visible as a whole, or not at all. It is not safe from a power cut before the
    /// next [`Store::sync`], so that several commits can share the cost of one.
    fn apply(&self, commit: &Commit) -> Result<(), StoreError>;

    /// Makes everything applied so far safe from a power cut.
    fn sync(&self) -> Result<(), StoreError>;
}

/// What can go wrong with a store. None of it can be helped by trying again at once.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no store in {0} yet")]
    Missing(PathBuf),
    #[error("the store in {0} is in use by another vahti, which does not answer on its socket")]
    Locked(PathBuf),
    #[error(
        "{path} belongs to {owner}, and you are {me}: run this as {owner}, or while the daemon runs and you are in its group"
    )]
    NotYours { path: PathBuf, owner: String, me: String },
    #[error(
        "the store in {path} was written by a newer vahti (format {found}, this one knows {known})"
    )]
    TooNew { path: PathBuf, found: u32, known: u32 },
    #[error("the store in {path} is damaged: {what}")]
    Damaged { path: PathBuf, what: String },
    #[error("the disk failed the store: {0}")]
    Disk(String),
}
