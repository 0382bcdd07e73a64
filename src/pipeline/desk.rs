//! What a batch means for the desk: which posts are mentions, of what is stored which changed or is no
//! more, and which tickets are opened or grow.

use super::Rules;
use super::again::concerned;
use super::opinions::Opinions;
use super::taught::Taught;
use crate::brand::{Brand, BrandName, Hit, TicketPolicy};
use crate::dedup::{self, incident::Case};
use crate::enrich::{self, History, Known};
use crate::matching::Candidate;
use crate::mention::{Mention, MentionId, PostKey, TicketId, Version, praise};
use crate::post::{Post, SourceName};
use crate::source::Kind;
use crate::store::{Commit, Store, StoreError};
use crate::ticket::own_reply::OwnReply;
use crate::ticket::{Ticket, clock, customer, triage};
use chrono::{DateTime, Duration, Utc};
use edit::{completes, differs};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Earlier versions of a post that are kept.
const MOST_VERSIONS: usize = 20;

/// Where the posts of a batch come from.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) source: &'a SourceName,
    pub(super) kind: Kind,
    /// The brands the source is for; empty means all.
    pub(super) only: &'a [BrandName],
    /// Which mentions become tickets, where the source says so itself.
    pub(super) tickets: Option<TicketPolicy>,
    pub(super) first_poll: DateTime<Utc>,
    /// Whether all there is was looked at before, under other keywords.
    pub(super) looks_again: bool,
    /// How others judged its posts.
    pub(super) opinions: &'a Opinions,
}

/// Where mentions and tickets of one batch come together, with those that the store already has.
pub(super) struct Desk<'a> {
    rules: &'a Rules,
    store: &'a dyn Store,
    at: DateTime<Utc>,
    origin: Origin<'a>,
    next_ticket: TicketId,
    taught: Arc<Taught>,
    identities: HashMap<PostKey, PostKey>,
    mentions: BTreeMap<MentionId, Mention>,
    /// New mentions, in the order in which they were found.
    found: Vec<MentionId>,
    tickets: BTreeMap<TicketId, Ticket>,
    /// Mentions that were judged here.
    judged: BTreeSet<MentionId>,
    /// Posts that are kept no longer, if they were: they are mentions, or no more.
    unkept: Vec<PostKey>,
    /// Fingerprints of the new mentions, and which of them have one.
    prints: Vec<(MentionId, DateTime<Utc>, Vec<u64>)>,
    printed: HashMap<u64, Vec<MentionId>>,
    /// The complaints that have a ticket: of this batch, and of the store around the time at hand.
    new_cases: Vec<(Case, TicketId)>,
    cases: Option<incident::Around>,
    /// When the post at hand was first seen, where that is not now.
    seen: Option<DateTime<Utc>>,
    /// Answers by accounts of our own, by what they answer.
    own_replies: BTreeMap<PostKey, OwnReply>,
    /// Those in threads that tell not whom they answer, by their threads.
    threads: BTreeMap<PostKey, Vec<OwnReply>>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        rules: &'a Rules,
        store: &'a dyn Store,
        at: DateTime<Utc>,
        origin: Origin<'a>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            rules,
            store,
            at,
            origin,
            next_ticket: store.next_ticket()?,
            taught: rules.taught(store)?,
            identities: HashMap::new(),
            mentions: BTreeMap::new(),
            found: Vec::new(),
            tickets: BTreeMap::new(),
            judged: BTreeSet::new(),
            unkept: Vec::new(),
            prints: Vec::new(),
            printed: HashMap::new(),
            new_cases: Vec::new(),
            cases: None,
            seen: None,
            own_replies: BTreeMap::new(),
            threads: BTreeMap::new(),
        })
    }

    /// Returns how many new mentions there are.
    pub(super) fn found(&self) -> u64 {
        self.found.len() as u64
    }

    /// Returns the mentions that were judged here, as they are now.
    pub(super) fn judged(&self) -> impl Iterator<Item = &Mention> {
        self.judged.iter().filter_map(|id| self.mentions.get(id))
    }

    /// Takes one post in, if it concerns a brand or did so before. Returns whether it concerns one.
    pub(super) fn receive(&mut self, post: &Post) -> Result<bool, StoreError> {
        if post.is_gone {
            return self.forget(post).map(|()| false);
        }
        let candidates = self.candidates(post);
        if !candidates.is_empty() {
            self.seen = self.kept_since(post)?;
            self.take(post, dedup::identities(post, self.origin.kind), &candidates)?;
        }
        // Nearly all posts name nobody, and were never mentions.
        let may_be_known =
            if candidates.is_empty() { post.edited.is_some() } else { self.rules.brands.len() > 1 };
        if may_be_known {
            self.reword(post, &candidates)?;
        }
        self.hear_own(post)?;
        Ok(!candidates.is_empty())
    }

    /// Returns when a post was first seen that was passed over then, where old posts are looked at.
    fn kept_since(&self, post: &Post) -> Result<Option<DateTime<Utc>>, StoreError> {
        let name = dedup::identities(post, self.origin.kind).first().copied();
        let name = name.filter(|_| self.origin.looks_again);
        Ok(name.map(|name| self.store.kept_since(name)).transpose()?.flatten())
    }

    /// Takes in a post that other rules passed over, first seen at `seen`. What is a mention already
    /// stays as it is: that is what the post said later.
    pub(super) fn receive_again(
        &mut self,
        post: &Post,
        identities: Vec<PostKey>,
        seen: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (key, _) = self.key(&identities, false)?;
        let mut candidates = self.candidates(post);
        if candidates.is_empty() {
            return Ok(());
        }
        for nth in (0..candidates.len()).rev() {
            let brand = candidates.get(nth).and_then(|one| self.rules.brands.get(one.brand));
            let id = brand.map(|brand| MentionId::of(key, &brand.name));
            if id.map(|id| self.mention(&id)).transpose()?.flatten().is_some() {
                candidates.remove(nth);
            }
        }
        self.seen = Some(seen);
        let taken = if candidates.is_empty() {
            self.unkept.extend(identities.first());
            Ok(())
        } else {
            self.take(post, identities, &candidates)
        };
        self.seen = None;
        taken
    }

    /// Returns the brands that a post concerns.
    fn candidates(&self, post: &Post) -> Vec<Candidate> {
        concerned(post, self.origin.only, &self.rules.brands, &self.rules.matcher)
    }

    /// Takes one post in, with the brands that it concerns.
    fn take(
        &mut self,
        post: &Post,
        identities: Vec<PostKey>,
        candidates: &[Candidate],
    ) -> Result<(), StoreError> {
        let (key, by_id) = self.key(&identities, post.id.is_some())?;
        self.unkept.extend(identities.first());
        for identity in identities {
            self.identities.insert(identity, key);
        }
        for candidate in candidates {
            let Some(brand) = self.rules.brands.get(candidate.brand) else { continue };
            let known = self.mention(&MentionId::of(key, &brand.name))?;
            // Only the site's own id says that other words are an edit; another source may merely
            // cut the same page differently.
            let own = known.as_ref().filter(|old| by_id && old.source == *self.origin.source);
            let is_edited = own.is_some_and(|old| differs(old, post));
            if known.is_none() || is_edited {
                let others = candidate.others(candidates);
                let old = known.clone();
                let mut mention = self.judge(key, brand, post, candidate, &others, known)?;
                if let Some(old) = old {
                    self.leave_story(&mut mention)?;
                    self.note_edit(&mention, &old)?;
                } else {
                    self.join_story(&mut mention)?;
                }
                self.triage(mention, brand)?;
            } else if let Some(old) = own
                && old.post.engagement != post.engagement
            {
                let engaged = Post { engagement: post.engagement, ..old.post.clone() };
                self.keep(Mention { post: engaged, ..old.clone() });
            }
        }
        Ok(())
    }

    /// Returns the mentions that a post is known by, by its own id, with the places of their brands.
    fn known(&self, post: &Post) -> Result<Vec<(Mention, usize)>, StoreError> {
        if post.id.is_none() {
            return Ok(Vec::new());
        }
        let identities = dedup::identities(post, self.origin.kind);
        let (key, _) = self.key(identities.get(..1).unwrap_or_default(), true)?;
        let mut known = Vec::new();
        for (place, brand) in self.rules.brands.iter().enumerate() {
            let mention = self.mention(&MentionId::of(key, &brand.name))?;
            known.extend(mention.map(|mention| (mention, place)));
        }
        Ok(known)
    }

    /// Returns the key that the post is known by, and whether its own id told.
    fn key(&self, identities: &[PostKey], has_id: bool) -> Result<(PostKey, bool), StoreError> {
        for (nth, identity) in identities.iter().enumerate() {
            if let Some(key) = self.post(*identity)? {
                return Ok((key, has_id && nth == 0));
            }
        }
        let first = identities.first().copied().unwrap_or(PostKey([0; 16]));
        Ok((first, has_id))
    }

    fn post(&self, identity: PostKey) -> Result<Option<PostKey>, StoreError> {
        match self.identities.get(&identity) {
            Some(key) => Ok(Some(*key)),
            None => self.store.post(identity),
        }
    }

    fn judge(
        &mut self,
        key: PostKey,
        brand: &Brand,
        post: &Post,
        candidate: &Candidate,
        others: &[Hit],
        known: Option<Mention>,
    ) -> Result<Mention, StoreError> {
        let read = enrich::hinted(post, brand);
        let opinion = self.origin.opinions.of(post, &brand.name);
        let (marks, thresholds) = (Some(self.taught.marks(&brand.name)), self.rules.thresholds);
        let told = Known { opinion, marks, others, thresholds, ..Known::default() };
        let judge =
            |history| enrich::enrich_knowing(&read, &candidate.hits, Known { history, ..told });
        let id = MentionId::of(key, &brand.name);
        let mut mention = Mention {
            // Each brand has people of its own: another brand's mention in the post is no copy.
            story: id.clone(),
            id,
            key,
            brand: brand.name.clone(),
            source: self.origin.source.clone(),
            kind: self.origin.kind,
            post: post.clone(),
            hits: candidate.hits.clone(),
            seen: self.seen.unwrap_or(self.at),
            insight: judge(History::default()),
            own: self.rules.matcher.own(candidate.brand, post),
            copies: 0,
            ticket: None,
            mark: None,
            muted: None,
            versions: Vec::new(),
            praise: None,
        };
        let own = known.as_ref().and_then(|known| known.ticket);
        let history = self.history(&mention, own)?;
        if history != History::default() {
            mention.insight = judge(history);
        }
        if let Some(old) = known {
            let is_edited = !completes(&old, post);
            let Post { title, text, rating, .. } = old.post;
            let mut versions = old.versions;
            if is_edited {
                versions.push(Version { title, text, rating, until: self.at });
            }
            versions.drain(..versions.len().saturating_sub(MOST_VERSIONS));
            mention = Mention {
                seen: old.seen,
                story: old.story,
                copies: old.copies,
                ticket: old.ticket,
                // What a person called the words that stood there; noise is of the whole post.
                mark: old.mark.filter(|mark| !is_edited || !edit::is_of_words(*mark)),
                source: old.source,
                muted: old.muted,
                praise: old.praise,
                versions,
                ..mention
            };
        }
        self.suspect(&mut mention);
        praise::settle(&mut mention, brand.praise);
        self.judged.insert(mention.id.clone());
        Ok(mention)
    }

    /// Notes whether a mention that nobody dealt with is like those that people marked as noise.
    fn suspect(&self, mention: &mut Mention) {
        let is_open = mention.mark.is_none() && mention.ticket.is_none() && !mention.own;
        // What no longer names the brand is what it was.
        if is_open && !mention.hits.is_empty() {
            let Mention { post, hits, insight, .. } = &*mention;
            mention.muted = self
                .taught
                .brand(&mention.brand)
                .and_then(|learnt| learnt.suspects(post, hits, insight));
        }
    }

    /// Returns what is known of earlier complaints of the author; `own` is the ticket of the mention
    /// itself.
    fn history(&self, mention: &Mention, own: Option<TicketId>) -> Result<History, StoreError> {
        let Some(customer) = customer::key(mention) else { return Ok(History::default()) };
        let of_thread = self.head(mention)?.and_then(|head| head.ticket);
        let since = self.at - Duration::days(90);
        let mut matters = Vec::new();
        // The last first: what was opened before the first of these days is not read.
        for id in self.store.tickets_of(&customer)?.into_iter().rev() {
            let Some(ticket) = self.store.ticket(id)? else { continue };
            if ticket.facts().opened < since {
                break;
            }
            if Some(id) != own && Some(id) != of_thread {
                let mention = self.store.mention(&ticket.facts().mention)?;
                let complaint = mention.and_then(|mention| mention.insight.complaint);
                matters.push(complaint.and_then(|complaint| complaint.matter));
            }
        }
        Ok(History::of(&matters))
    }

    /// Opens a ticket where one is wanted: the post's own, if it has one for another brand, and that of
    /// its thread, if it is a message: that grows by whatever is written in the thread.
    fn triage(&mut self, mut mention: Mention, brand: &Brand) -> Result<(), StoreError> {
        let policy = triage::policy(self.origin.tickets.or(brand.tickets), &mention);
        let is_wanted = triage::wants_ticket(&mention, policy);
        let is_free = mention.ticket.is_none();
        let shared = if is_free && is_wanted { self.shared(&mention)? } else { None };
        let may_grow = is_free && shared.is_none() && triage::may_have_ticket(&mention);
        let grown = if may_grow { self.grown(&mention)? } else { None };
        if is_free && (is_wanted || grown.is_some()) {
            let head = self.story_head(&mention)?;
            if self.is_dealt_with(&mention, head.as_ref())? {
                self.keep(mention);
                return Ok(());
            }
            let head = head.filter(|head| head.ticket.is_none());
            if head.is_none() {
                mention.story = mention.id.clone();
            }
            let ticket = match (shared, grown) {
                (Some(id), _) => self.join(id, &mention)?,
                (None, Some(ticket)) => Some(ticket),
                (None, None) => {
                    let opened = self.open(&mention)?;
                    Some(self.join_incident(opened, &mention)?)
                }
            };
            if let Some(ticket) = ticket {
                mention.ticket = Some(ticket.facts().id);
                match head {
                    Some(head) => self.lend(head, ticket)?,
                    None => drop(self.tickets.insert(ticket.facts().id, ticket)),
                }
            }
        }
        self.keep(mention);
        Ok(())
    }

    /// Notes a mention that is new or has changed.
    fn keep(&mut self, mention: Mention) {
        let is_known = self.mentions.contains_key(&mention.id)
            || self.store.mention(&mention.id).is_ok_and(|known| known.is_some());
        if !is_known {
            self.found.push(mention.id.clone());
        }
        self.mentions.insert(mention.id.clone(), mention);
    }

    fn open(&mut self, mention: &Mention) -> Result<Ticket, StoreError> {
        let id = self.next_ticket;
        self.next_ticket = TicketId(id.0 + 1);
        if let Some(thread) = own::thread(mention) {
            self.identities.insert(thread, mention.key);
        }
        self.recall_thread(mention)?;
        let start = clock::start(mention, self.origin.first_poll);
        let ticket = Ticket::open(id, mention, start, self.at);
        let heard = |answered| self.own_reply(answered);
        let known = |identity| self.post(identity);
        let is_own = |key| self.is_own(key, &mention.brand);
        own::answered(ticket, mention, self.at, &heard, &known, &is_own)
    }

    pub(super) fn commit(mut self) -> Commit {
        // New ones first and in the order of their finding, so that their places follow it.
        let mut mentions: Vec<Mention> =
            self.found.iter().filter_map(|id| self.mentions.remove(id)).collect();
        mentions.extend(self.mentions.into_values());
        Commit {
            posts: self.identities.into_iter().collect(),
            mentions,
            tickets: self.tickets.into_values().collect(),
            unkept: self.unkept,
            prints: self.prints,
            own_replies: self.own_replies.into_iter().collect(),
            ..Commit::default()
        }
    }
}

mod edit;
mod gone;
mod incident;
mod look;
pub(super) mod own;
pub(super) mod story;
#[cfg(test)]
mod tests;
mod thread;
