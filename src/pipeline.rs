//! Posts already seen are dropped, the rest are matched against the keywords, joined to the post they
//! may belong to, and judged with what is known of their author; a negative one without a ticket
//! gets one; and everything is stored at once. Synchronous, never reads the clock, writes nothing.

use crate::alert::Alert;
use crate::brand::{Brand, BrandName, TicketPolicy};
use crate::dedup;
use crate::enrich::priority::Thresholds;
use crate::fetch::Validators;
use crate::fetch::budget::Ledger;
use crate::matching::Matcher;
use crate::mention::PostKey;
use crate::post::{Post, SourceName};
use crate::source::{Batch, Cursor, Kind};
use crate::store::{Commit, Health, Moved, SourceState, Store, StoreError};
use crate::ticket::reply::own::Own;
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use desk::{Desk, Origin};
use keep::Keeping;
use opinions::Opinions;
use outward::Outward;
use recent::Recent;
use std::sync::Arc;
use taught::{Kept, Taught};

/// What is published longer ago than this is no sign of a source's rhythm now.
const LATE: Duration = Duration::days(7);

pub mod again;
pub mod blind;
pub mod canary;
pub mod care;
mod desk;
pub mod hand;
pub use desk::own::{heard, thread};
pub use desk::story::{Looked, looked_up};
mod keep;
mod lessons;
pub mod opinions;
pub mod outward;
mod quiet;
mod recent;
#[cfg(test)]
mod sample;
pub mod spikes;
pub mod taught;
pub mod tell;
pub mod volume;

/// Everything configured that the pipeline needs, compiled.
pub struct Rules {
    pub brands: Vec<Brand>,
    pub matcher: Matcher,
    pub alerts: Vec<Alert>,
    pub zone: Tz,
    /// Of the brands: with others, posts seen before are looked at again.
    pub fingerprint: u64,
    /// For how long posts that matched nothing are kept; zero: not at all.
    pub keep_posts: Duration,
    /// From how many points on a mention is urgent, high, normal.
    pub thresholds: Thresholds,
    /// Who works at the desk, and by when.
    pub desk: hand::Desk,
    /// After which time without a word a customer has gone quiet; `None`: never.
    pub quiet_after: Option<Duration>,
    /// Where tickets are opened too.
    pub outward: Vec<Outward>,
    /// The house's own texts of replies.
    pub replies: Own,
    /// Whom to ask to be told no more; `None`: the sender of the mail.
    pub keeper: Option<String>,
    /// Below which address one click is enough for that; `None`: nobody reaches us there.
    pub one_click: Option<url::Url>,
    taught: Kept,
}

impl Rules {
    pub fn new(brands: Vec<Brand>, alerts: Vec<Alert>, zone: Tz) -> Self {
        let PostKey(hash) = PostKey::of(&[&format!("{brands:?}")]);
        let fingerprint = hash.first_chunk::<8>().map_or(0, |chunk| u64::from_be_bytes(*chunk));
        let (keep_posts, taught) = (Duration::zero(), Kept::default());
        let matcher = Matcher::new(&brands);
        let (thresholds, desk) = (Thresholds::default(), hand::Desk::default());
        Self {
            brands,
            matcher,
            alerts,
            zone,
            fingerprint,
            keep_posts,
            thresholds,
            desk,
            quiet_after: None,
            outward: Vec::new(),
            replies: Own::default(),
            keeper: None,
            one_click: None,
            taught,
        }
    }

    /// The same, and tickets are opened there too.
    #[must_use]
    pub fn outward(self, outward: Vec<Outward>) -> Self {
        Self { outward, ..self }
    }

    /// The same, and who wants to be told no more is told to ask there.
    #[must_use]
    pub fn kept_by(self, keeper: Option<String>) -> Self {
        Self { keeper, ..self }
    }

    /// The same, and one click below this address is enough to be told no more.
    #[must_use]
    pub fn reached_at(self, one_click: Option<url::Url>) -> Self {
        Self { one_click, ..self }
    }

    /// The same, and replies are suggested in these words where one fits.
    #[must_use]
    pub fn replying(self, replies: Own) -> Self {
        Self { replies, ..self }
    }

    /// The same, and posts that match nothing are kept for so long.
    #[must_use]
    pub fn keeping(self, keep_posts: Duration) -> Self {
        Self { keep_posts, ..self }
    }

    /// The same, and customers of whom nothing was heard for so long have gone quiet.
    #[must_use]
    pub fn missing(self, quiet_after: Option<Duration>) -> Self {
        Self { quiet_after, ..self }
    }

    /// The same, and priorities begin at these points.
    #[must_use]
    pub fn ranking(self, thresholds: Thresholds) -> Self {
        Self { thresholds, ..self }
    }

    /// The same, and these people work at the desk.
    #[must_use]
    pub fn staffed(self, desk: hand::Desk) -> Self {
        Self { desk, ..self }
    }

    /// Returns what people's marks have taught of the brands.
    pub fn taught(&self, store: &dyn Store) -> Result<Arc<Taught>, StoreError> {
        self.taught.get(&self.brands, store)
    }
}

/// What the server said of what it was asked for first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Receipt {
    pub validators: Validators,
    /// The address that gave them.
    pub validated: Option<url::Url>,
    /// Whether it sent the document, and not only word that nothing changed.
    pub in_full: bool,
    /// Where the document moved for good, as far as that is known by now.
    pub moved: Option<Moved>,
    /// How long it said that its reply stays fresh.
    pub fresh_for: Option<std::time::Duration>,
    /// Its word for when it may be asked again, where it was asked for more than it liked.
    pub not_before: Option<DateTime<Utc>>,
    /// What was used up of what is scarce.
    pub ledger: Ledger,
    /// Whether all was asked that was to be asked of posts that are stored.
    pub rechecked: bool,
    /// Whether a budget did not allow all that was to be asked.
    pub is_spent: bool,
}

/// One poll that succeeded.
pub struct Arrival {
    pub source: SourceName,
    pub kind: Kind,
    /// The brands the source is for; empty means all.
    pub only: Vec<BrandName>,
    pub batch: Batch,
    /// `None` where nobody asked: somebody brought this, and it is not all that there is.
    pub receipt: Option<Receipt>,
    pub at: DateTime<Utc>,
    /// Which mentions become tickets, where the source says so itself.
    pub tickets: Option<TicketPolicy>,
    /// Whether the source looks at all there is again where keywords change.
    pub looks_again: bool,
    /// Whether alerts that speak as it happens speak of this batch alone, at once. If not, they are
    /// told later of all that they have not heard yet.
    pub tell_at_once: bool,
    /// How others judged what is in it.
    pub opinions: Opinions,
}

impl Arrival {
    fn origin(&self, looks_again: bool, first_poll: DateTime<Utc>) -> Origin<'_> {
        let Self { source, kind, only, tickets, opinions, .. } = self;
        let (kind, tickets) = (*kind, *tickets);
        Origin { source, kind, only, tickets, first_poll, looks_again, opinions }
    }
}

/// Tells whether all there is at the source is looked at under other keywords than before. What is
/// brought to us is not all that there is: the next poll looks again.
fn looks_again(arrival: &Arrival, state: &SourceState, rules: &Rules) -> bool {
    arrival.receipt.is_some() && state.rules != rules.fingerprint && arrival.looks_again
}

/// Works out what a batch means. Reads the store and never writes it: that is the caller's single
/// [`Store::apply`], so a batch counts as a whole or not at all.
pub fn process(
    mut arrival: Arrival,
    rules: &Rules,
    store: &dyn Store,
) -> Result<Commit, StoreError> {
    let mut state = store.source(&arrival.source)?;
    let looks_again = looks_again(&arrival, &state, rules);
    let (mut batch, receipt) = (std::mem::take(&mut arrival.batch), arrival.receipt.take());
    let Arrival { kind, at, tell_at_once, .. } = arrival;
    let again = looks_again && state.health.last_success.is_some();
    let is_first = receipt.is_some() && state.health.last_success.is_none();
    if again {
        state.looked_again = Some(at);
    }
    let posts = batch.posts.len();
    let newest = batch.posts.iter().filter_map(|post| post.published).filter(|p| *p <= at).max();
    let found = std::mem::take(&mut batch.posts);
    let recent = Recent::of(&state, kind, again, &found, at);
    let fresh = dedup::unseen(found, if looks_again { &[] } else { &state.marks });

    if !again {
        state.health.rhythm.learn(&appeared(&fresh.posts, kind, &state, at), at);
    }
    let first_poll = *state.health.first_poll.get_or_insert(at);
    let mut desk = Desk::new(rules, store, at, arrival.origin(again, first_poll))?;
    let mut keeping = Keeping::new(rules, &arrival.source, kind, at);
    for post in in_order(fresh.posts) {
        if !desk.receive(&post)? {
            keeping.take(&post);
        }
    }
    for post in std::mem::take(&mut batch.rechecked) {
        desk.receive(&post)?;
    }

    state.health.newest = state.health.newest.max(newest);
    state.health.mentions += desk.found();
    // Marks are those of the last poll; what is only ever brought would heap them up.
    state.marks = match kind {
        _ if receipt.is_some() => fresh.marks,
        Kind::Intake => state.marks,
        _ => union(state.marks, fresh.marks),
    };
    if let Some(receipt) = receipt {
        state.health.posts = u32::try_from(posts).unwrap_or(u32::MAX);
        if !batch.is_failure {
            // What failed is not looked at again yet.
            state.rules = rules.fingerprint;
        }
        take_down(&mut state, batch, receipt, again, at);
    }

    desk.settle_threads()?;
    let mut commit = desk.commit();
    keeping.add_to(&mut commit, store)?;
    commit.source = Some((arrival.source, state));
    hand::hand_out(&mut commit, hand::VAHTI, rules, store, at)?;
    let late = commit.mentions.iter().filter(|one| is_first || !recent.has(one));
    commit.courses = spikes::found_late(late, store, at)?;
    if tell_at_once {
        let news = commit.mentions.iter().filter(|mention| recent.has(mention));
        let news: Vec<_> = news.cloned().collect();
        tell::at_once(&mut commit, &news, rules, store, at)?;
    } else {
        tell::pass_by(&mut commit, |mention| recent.has(mention), rules, store)?;
    }
    outward::open(&mut commit, rules, store, at)?;
    Ok(commit)
}

/// Notes how a poll went, and where the next one begins.
fn take_down(
    state: &mut SourceState,
    batch: Batch,
    receipt: Receipt,
    looks_again: bool,
    at: DateTime<Utc>,
) {
    state.health.is_spent = receipt.is_spent;
    state.ledger.clone_from(&receipt.ledger);
    if receipt.rechecked {
        state.rechecked = Some(at);
    }
    match batch.cursor {
        Some(cursor) => state.cursor = cursor,
        // Where it was is no place to go on from: all there is is still to be looked at again.
        None if looks_again && !batch.is_failure => state.cursor = Cursor::default(),
        None => {}
    }
    state.hub = batch.hub;
    state.health.hints = batch.hints;
    state.health.skipped = u32::try_from(batch.skipped).unwrap_or(u32::MAX);
    match batch.trouble {
        Some(trouble) if batch.is_failure => {
            state.health.not_before = receipt.not_before;
            failing(&mut state.health, &trouble, at);
        }
        trouble => {
            succeeded(state, receipt, at);
            let health = &mut state.health;
            health.trouble_since = trouble.as_ref().map(|_| health.trouble_since.unwrap_or(at));
            health.trouble = trouble.map(|trouble| crate::text::cut(&trouble, 500));
        }
    }
}

/// Puts the messages of a thread into the order in which they were written: the first opens the ticket
/// that the others join.
fn in_order(mut posts: Vec<Post>) -> Vec<Post> {
    posts.sort_by_key(|post| if post.is_private { post.published } else { None });
    posts
}

fn union(mut marks: Vec<u64>, more: Vec<u64>) -> Vec<u64> {
    marks.extend(more);
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// Returns when posts appeared that the poll before did not show. A forum shows old posts again with
/// every new one of their topic, and on the first polls brings what is years old.
fn appeared(
    posts: &[Post],
    kind: Kind,
    state: &SourceState,
    at: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    let since = match (state.health.last_success, kind) {
        (None, _) => None,
        (Some(last), Kind::Forum) => Some(last),
        (Some(_), _) => Some(at - LATE),
    };
    let times = posts.iter().map(|post| post.published.unwrap_or(at));
    times.filter(|time| since.is_none_or(|since| *time >= since)).collect()
}

/// Forgets what is known of a source whose address is another now; what it brought stays. `None` where
/// nothing changed. `keeps_cursor`: what was read before is not to be read again there.
pub fn named(
    source: &SourceName,
    address: &str,
    keeps_cursor: bool,
    store: &dyn Store,
) -> Result<Option<Commit>, StoreError> {
    let state = store.source(source)?;
    if state.named.as_deref() == Some(address) {
        return Ok(None);
    }
    let named = Some(address.to_owned());
    let state = if state.named.is_some() {
        let SourceState {
            rules,
            ledger,
            cursor,
            health: Health { first_poll, mentions, told, .. },
            ..
        } = state;
        let health = Health { first_poll, mentions, told, ..Health::default() };
        let cursor = if keeps_cursor { cursor } else { Cursor::default() };
        // What was spent is spent, whatever the source asks now.
        SourceState { cursor, rules, named, ledger, health, ..SourceState::default() }
    } else {
        SourceState { named, ..state }
    };
    Ok(Some(Commit { source: Some((source.clone(), state)), ..Commit::default() }))
}

/// Returns what a poll leads to that found nothing changed.
pub fn unchanged(
    source: &SourceName,
    receipt: Receipt,
    store: &dyn Store,
    at: DateTime<Utc>,
) -> Result<Commit, StoreError> {
    let mut state = store.source(source)?;
    state.health.first_poll.get_or_insert(at);
    state.ledger.clone_from(&receipt.ledger);
    state.health.is_spent = receipt.is_spent;
    state.health.rhythm.learn(&[], at);
    succeeded(&mut state, receipt, at);
    Ok(Commit { source: Some((source.clone(), state)), ..Commit::default() })
}

/// What a poll that failed tells of its source.
pub struct Failure {
    pub source: SourceName,
    pub error: String,
    /// The server said that the address is gone for good.
    pub gone: bool,
    /// The server's word for when it may be asked again.
    pub not_before: Option<DateTime<Utc>>,
    /// Whether it is a budget that did not allow it.
    pub is_spent: bool,
    pub at: DateTime<Utc>,
}

/// Returns what a failed poll leads to.
pub fn failed(failure: Failure, store: &dyn Store) -> Result<Commit, StoreError> {
    let Failure { source, error, gone, not_before, is_spent, at } = failure;
    let mut state = store.source(&source)?;
    // An address that a server led us to is left where it fails: the one that was given may lead on.
    state.moved = state.moved.filter(|moved| !moved.is_sure());
    failing(&mut state.health, &error, at);
    state.health.gone = gone;
    state.health.is_spent = is_spent;
    state.health.not_before = not_before;
    Ok(Commit { source: Some((source, state)), ..Commit::default() })
}

fn failing(health: &mut Health, error: &str, at: DateTime<Utc>) {
    health.first_poll.get_or_insert(at);
    health.last_poll = Some(at);
    health.successes = 0;
    health.failures = health.failures.saturating_add(1);
    health.failing_since.get_or_insert(at);
    health.last_error = Some(crate::text::cut(error, 500));
}

fn succeeded(state: &mut SourceState, receipt: Receipt, at: DateTime<Utc>) {
    state.validators = receipt.validators;
    state.validated = receipt.validated;
    state.moved = receipt.moved;
    if receipt.in_full {
        state.sent_in_full = Some(at);
    }
    let health = &mut state.health;
    health.last_poll = Some(at);
    health.last_success = Some(at);
    health.fresh_for = receipt.fresh_for;
    health.failures = 0;
    health.successes = health.successes.saturating_add(1);
    health.last_error = None;
    health.failing_since = None;
    health.gone = false;
    health.not_before = receipt.not_before;
}
