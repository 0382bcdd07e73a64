//! Posts already seen are dropped, the rest are matched against the keywords, joined to the post they
//! may belong to, and judged with what is known of their author; a negative one without a ticket
//! gets one; and everything is stored at once. Synchronous, never reads the clock, writes nothing.

use crate::alert::Alert;
use crate::brand::{Brand, BrandName, TicketPolicy};
use crate::dedup;
use crate::enrich::{self, History};
use crate::fetch::Validators;
use crate::fetch::budget::Ledger;
use crate::matching::{Candidate, Matcher};
use crate::mention::{Mention, MentionId, PostKey, TicketId};
use crate::post::{Post, SourceName};
use crate::source::{Batch, Kind};
use crate::store::{Commit, Health, Moved, SourceState, Store, StoreError};
use crate::ticket::{Action, Ticket, clock, customer, triage};
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// For how long old posts that other keywords find are kept from alerts that speak at once: a forum
/// takes several polls to be looked at again.
const LOOKING_AGAIN: Duration = Duration::days(1);

/// What is published longer ago than this is no sign of a source's rhythm now.
const LATE: Duration = Duration::days(7);

pub mod care;
pub mod tell;

/// Everything configured that the pipeline needs, compiled.
pub struct Rules {
    pub brands: Vec<Brand>,
    pub matcher: Matcher,
    pub alerts: Vec<Alert>,
    pub zone: Tz,
    /// Of the brands: with others, posts seen before are looked at again.
    pub fingerprint: u64,
}

impl Rules {
    pub fn new(brands: Vec<Brand>, alerts: Vec<Alert>, zone: Tz) -> Self {
        let PostKey(hash) = PostKey::of(&[&format!("{brands:?}")]);
        let fingerprint = hash.first_chunk::<8>().map_or(0, |chunk| u64::from_be_bytes(*chunk));
        Self { matcher: Matcher::new(&brands), brands, alerts, zone, fingerprint }
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
    /// Whether alerts that speak as it happens speak of this batch alone, at once. If not, they are
    /// told later of all that they have not heard yet.
    pub tell_at_once: bool,
}

/// Works out what a batch means. Reads the store and never writes it: that is the caller's single
/// [`Store::apply`], so a batch counts as a whole or not at all.
pub fn process(arrival: Arrival, rules: &Rules, store: &dyn Store) -> Result<Commit, StoreError> {
    let Arrival { source, kind, only, batch, receipt, at, tickets, tell_at_once } = arrival;
    let mut state = store.source(&source)?;
    // What is brought to us is not all that there is: the next poll looks again.
    let looks_again = receipt.is_some() && state.rules != rules.fingerprint;
    let again = looks_again && state.health.last_success.is_some();
    if again {
        state.looked_again = Some(at);
    }
    let posts = batch.posts.len();
    let newest = batch.posts.iter().filter_map(|post| post.published).filter(|p| *p <= at).max();
    let fresh = dedup::unseen(batch.posts, if looks_again { &[] } else { &state.marks });

    if !again {
        state.health.rhythm.learn(&appeared(&fresh.posts, kind, &state, at), at);
    }
    let first_poll = *state.health.first_poll.get_or_insert(at);
    let mut desk = Desk::new(rules, store, at, first_poll)?;
    desk.tickets_wanted = tickets;
    for post in fresh.posts {
        let mut candidates = rules.matcher.candidates(&post);
        candidates.retain(|found| wanted(&rules.brands, found, &only));
        if !candidates.is_empty() {
            desk.take(&source, kind, &post, &candidates)?;
        }
    }

    state.health.newest = state.health.newest.max(newest);
    state.health.mentions += desk.found.len() as u64;
    state.marks = if receipt.is_some() { fresh.marks } else { union(state.marks, fresh.marks) };
    let looked_again = state.looked_again.filter(|since| at - *since < LOOKING_AGAIN);
    if let Some(receipt) = receipt {
        state.rules = rules.fingerprint;
        state.ledger.clone_from(&receipt.ledger);
        if receipt.rechecked {
            state.rechecked = Some(at);
        }
        state.cursor = batch.cursor.unwrap_or(state.cursor);
        state.hub = batch.hub;
        state.health.hints = batch.hints;
        state.health.posts = u32::try_from(posts).unwrap_or(u32::MAX);
        state.health.skipped = u32::try_from(batch.skipped).unwrap_or(u32::MAX);
        match batch.trouble {
            Some(trouble) if batch.is_failure => {
                state.health.not_before = receipt.not_before;
                failing(&mut state.health, &trouble, at);
            }
            trouble => {
                succeeded(&mut state, receipt, at);
                state.health.trouble = trouble.map(|trouble| crate::text::cut(&trouble, 500));
            }
        }
    }

    let mut commit = desk.commit();
    commit.source = Some((source, state));
    if tell_at_once {
        // What other keywords find in old posts is told by the next periodic digest.
        let is_news = |mention: &Mention| match looked_again {
            Some(since) => !again && mention.post.published.is_none_or(|when| when >= since),
            None => true,
        };
        let news: Vec<_> = commit.mentions.iter().filter(|one| is_news(one)).cloned().collect();
        tell::at_once(&mut commit, &news, rules, store, at)?;
    }
    Ok(commit)
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
/// nothing changed.
pub fn named(
    source: &SourceName,
    address: &str,
    store: &dyn Store,
) -> Result<Option<Commit>, StoreError> {
    let state = store.source(source)?;
    if state.named.as_deref() == Some(address) {
        return Ok(None);
    }
    let named = Some(address.to_owned());
    let state = if state.named.is_some() {
        let SourceState { rules, health: Health { first_poll, mentions, told, .. }, .. } = state;
        let health = Health { first_poll, mentions, told, ..Health::default() };
        SourceState { rules, named, health, ..SourceState::default() }
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
    pub at: DateTime<Utc>,
}

/// Returns what a failed poll leads to.
pub fn failed(failure: Failure, store: &dyn Store) -> Result<Commit, StoreError> {
    let Failure { source, error, gone, not_before, at } = failure;
    let mut state = store.source(&source)?;
    // An address that a server led us to is left where it fails: the one that was given may lead on.
    state.moved = state.moved.filter(|moved| !moved.is_sure());
    failing(&mut state.health, &error, at);
    state.health.gone = gone;
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

fn wanted(brands: &[Brand], found: &Candidate, only: &[BrandName]) -> bool {
    only.is_empty() || brands.get(found.brand).is_some_and(|brand| only.contains(&brand.name))
}

/// Returns the post as the judge is to read it: where the site claims no language and the customers of
/// the brand write only one, that one is the hint. It decides nothing where the text itself tells.
fn hinted<'p>(post: &'p Post, brand: &Brand) -> Cow<'p, Post> {
    match brand.languages.as_slice() {
        [only] if post.language.is_none() => {
            Cow::Owned(Post { language: Some(*only), ..post.clone() })
        }
        _ => Cow::Borrowed(post),
    }
}

/// Where mentions and tickets of one batch come together, with those that the store already has.
struct Desk<'a> {
    rules: &'a Rules,
    store: &'a dyn Store,
    at: DateTime<Utc>,
    first_poll: DateTime<Utc>,
    /// Which mentions become tickets, where the source says so itself.
    tickets_wanted: Option<TicketPolicy>,
    next_ticket: TicketId,
    identities: HashMap<PostKey, PostKey>,
    mentions: BTreeMap<MentionId, Mention>,
    /// New mentions, in the order in which they were found.
    found: Vec<MentionId>,
    tickets: BTreeMap<TicketId, Ticket>,
}

impl<'a> Desk<'a> {
    fn new(
        rules: &'a Rules,
        store: &'a dyn Store,
        at: DateTime<Utc>,
        first_poll: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            rules,
            store,
            at,
            first_poll,
            tickets_wanted: None,
            next_ticket: store.next_ticket()?,
            identities: HashMap::new(),
            mentions: BTreeMap::new(),
            found: Vec::new(),
            tickets: BTreeMap::new(),
        })
    }

    /// Takes one post in, with the brands that it names.
    fn take(
        &mut self,
        source: &SourceName,
        kind: Kind,
        post: &Post,
        candidates: &[Candidate],
    ) -> Result<(), StoreError> {
        let identities = dedup::identities(post, kind);
        let (key, by_id) = self.key(&identities, post.id.is_some())?;
        for identity in identities {
            self.identities.insert(identity, key);
        }
        for candidate in candidates {
            let Some(brand) = self.rules.brands.get(candidate.brand) else { continue };
            let id = MentionId::of(key, &brand.name);
            let known = self.mention(&id)?;
            // Only the site's own id says that other words are an edit; another source may merely
            // cut the same page differently.
            let edited = known.as_ref().is_some_and(|old| {
                by_id
                    && old.source == *source
                    && (old.post.title != post.title || old.post.text != post.text)
            });
            if known.is_none() || edited {
                let mention = self.judge(id, key, brand, source, kind, post, candidate, known)?;
                self.triage(mention, brand)?;
            }
        }
        Ok(())
    }

    /// Returns the key that the post is known by, and whether its own id told.
    fn key(&self, identities: &[PostKey], has_id: bool) -> Result<(PostKey, bool), StoreError> {
        for (nth, identity) in identities.iter().enumerate() {
            let known = match self.identities.get(identity) {
                Some(key) => Some(*key),
                None => self.store.post(*identity)?,
            };
            if let Some(key) = known {
                return Ok((key, has_id && nth == 0));
            }
        }
        let first = identities.first().copied().unwrap_or(PostKey([0; 16]));
        Ok((first, has_id))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part of the mention that is made here"
    )]
    fn judge(
        &self,
        id: MentionId,
        key: PostKey,
        brand: &Brand,
        source: &SourceName,
        kind: Kind,
        post: &Post,
        candidate: &Candidate,
        known: Option<Mention>,
    ) -> Result<Mention, StoreError> {
        let read = hinted(post, brand);
        let mut mention = Mention {
            // Each brand has people of its own: another brand's mention in the post is no copy.
            story: id.clone(),
            id,
            key,
            brand: brand.name.clone(),
            source: source.clone(),
            kind,
            post: post.clone(),
            hits: candidate.hits.clone(),
            seen: self.at,
            insight: enrich::enrich(&read, &candidate.hits, History::default()),
            own: self.rules.matcher.own(candidate.brand, post),
            copies: 0,
            ticket: None,
            mark: None,
            versions: Vec::new(),
        };
        let history = self.history(&mention)?;
        if history != History::default() {
            mention.insight = enrich::enrich(&read, &candidate.hits, history);
        }
        if let Some(old) = known {
            mention = Mention {
                seen: old.seen,
                story: old.story,
                copies: old.copies,
                ticket: old.ticket,
                mark: old.mark,
                source: old.source,
                ..mention
            };
        }
        Ok(mention)
    }

    fn history(&self, mention: &Mention) -> Result<History, StoreError> {
        let Some(customer) = customer::key(mention) else { return Ok(History::default()) };
        let since = self.at - Duration::days(90);
        let mut complaints_90d = 0;
        for id in self.store.tickets_of(&customer)? {
            let ticket = self.store.ticket(id)?;
            complaints_90d += u32::from(ticket.is_some_and(|t| t.facts().opened >= since));
        }
        Ok(History { complaints_90d })
    }

    /// Opens a ticket where one is wanted: the post's own, if it has one for another brand.
    fn triage(&mut self, mut mention: Mention, brand: &Brand) -> Result<(), StoreError> {
        if mention.ticket.is_none() && self.wants_ticket(&mention, brand) {
            let shared = self.sibling(mention.key, &mention.id)?.and_then(|other| other.ticket);
            let ticket = match shared {
                Some(id) => self.join(id, &mention)?,
                None => Some(self.open(&mention)),
            };
            if let Some(ticket) = ticket {
                mention.ticket = Some(ticket.facts().id);
                self.tickets.insert(ticket.facts().id, ticket);
            }
        }
        if self.store.mention(&mention.id)?.is_none() && !self.mentions.contains_key(&mention.id) {
            self.found.push(mention.id.clone());
        }
        self.mentions.insert(mention.id.clone(), mention);
        Ok(())
    }

    fn wants_ticket(&self, mention: &Mention, brand: &Brand) -> bool {
        triage::wants_ticket(
            mention,
            triage::policy(self.tickets_wanted.or(brand.tickets), mention),
        )
    }

    fn open(&mut self, mention: &Mention) -> Ticket {
        let id = self.next_ticket;
        self.next_ticket = TicketId(id.0 + 1);
        Ticket::open(id, mention, clock::start(mention, self.first_poll), self.at)
    }

    fn join(&self, id: TicketId, mention: &Mention) -> Result<Option<Ticket>, StoreError> {
        let ticket = match self.tickets.get(&id) {
            Some(ticket) => Some(ticket.clone()),
            None => self.store.ticket(id)?,
        };
        let join = Action::Join { mention: mention.id.clone(), brand: mention.brand.clone() };
        // A closed ticket refuses nothing here: joining is a line in its log.
        Ok(ticket.and_then(|ticket| ticket.apply(join, "vahti", self.at).ok()))
    }

    /// Returns a mention of another brand in the same post.
    fn sibling(&self, key: PostKey, id: &MentionId) -> Result<Option<Mention>, StoreError> {
        if self.rules.brands.len() < 2 {
            return Ok(None);
        }
        let mut other_without_ticket = None;
        for brand in &self.rules.brands {
            let other = MentionId::of(key, &brand.name);
            if other == *id {
                continue;
            }
            match self.mention(&other)? {
                Some(found) if found.ticket.is_some() => return Ok(Some(found)),
                Some(found) => other_without_ticket = Some(found),
                None => {}
            }
        }
        Ok(other_without_ticket)
    }

    fn mention(&self, id: &MentionId) -> Result<Option<Mention>, StoreError> {
        match self.mentions.get(id) {
            Some(mention) => Ok(Some(mention.clone())),
            None => self.store.mention(id),
        }
    }

    fn commit(mut self) -> Commit {
        // New ones first and in the order of their finding, so that their places follow it.
        let mut mentions: Vec<Mention> =
            self.found.iter().filter_map(|id| self.mentions.remove(id)).collect();
        mentions.extend(self.mentions.into_values());
        Commit {
            posts: self.identities.into_iter().collect(),
            mentions,
            tickets: self.tickets.into_values().collect(),
            ..Commit::default()
        }
    }
}
