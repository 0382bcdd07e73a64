//! Keywords changed: what is kept is matched again. What other keywords find in it is a mention as a
//! poll would have made it, and no news.

use super::desk::{Desk, Origin};
use super::keep::{self, MIXED};
use super::opinions::Opinions;
use super::{Rules, hand, outward, spikes, tell};
use crate::brand::{Brand, BrandName, TicketPolicy};
use crate::enrich::language;
use crate::matching::{Candidate, Matcher};
use crate::mention::{Mention, MentionId, PostKey};
use crate::post::{Concerns, Post, SourceName};
use crate::source::Kind;
use crate::store::kept::{Kept, KeptPlace};
use crate::store::{Commit, SourceState, Store, StoreError, Window};
use chrono::{DateTime, Utc};

#[cfg(test)]
mod tests;

/// Posts that are looked through at once among the mentions.
const MOST_AT_ONCE: usize = 1_000;

/// Returns the brands that a post concerns: those that it names, and those whose place it is in. `only`
/// are the brands its source is for; empty means all.
pub fn concerned(
    post: &Post,
    only: &[BrandName],
    brands: &[Brand],
    matcher: &Matcher,
) -> Vec<Candidate> {
    let is_wanted = |brand: &Brand| only.is_empty() || only.contains(&brand.name);
    let mut found = matcher.candidates(post, language::sure);
    found.retain(|candidate| brands.get(candidate.brand).is_some_and(is_wanted));
    if post.concerns == Concerns::Named {
        return found;
    }
    // Where there are several brands, the configuration says which are meant.
    let is_meant = |brand: &Brand| !only.is_empty() || brands.len() == 1 && is_wanted(brand);
    for (place, brand) in brands.iter().enumerate() {
        let is_found = found.iter().any(|candidate| candidate.brand == place);
        if !is_found && is_wanted(brand) && is_meant(brand) {
            found.push(Candidate { brand: place, hits: Vec::new() });
        }
    }
    found.sort_by_key(|candidate| candidate.brand);
    found
}

/// A post that other rules passed over, and that concerns a brand now.
#[derive(Debug, Clone)]
pub struct Found {
    pub source: SourceName,
    pub kind: Kind,
    post: Post,
    identities: Vec<PostKey>,
    seen: DateTime<Utc>,
    /// The mention of another brand that it is; `None` where it is kept.
    mention: Option<MentionId>,
}

/// How far was looked, and what was found; `None` where all was looked through.
pub type Looked<T> = Option<(T, Vec<Found>)>;

/// The brands that a source is for; empty means all. `None`: the source is no longer asked.
pub type Only<'a> = &'a dyn Fn(&SourceName) -> Option<Vec<BrandName>>;

/// Tells whether what is kept is to be matched again.
pub fn is_due(rules: &Rules, store: &dyn Store) -> Result<bool, StoreError> {
    Ok(store.kept_under()?.is_some_and(|under| under != rules.fingerprint))
}

/// Returns the commit that says that it has begun: from here on not all was kept under the same rules.
pub fn begin() -> Commit {
    Commit { kept_under: Some(MIXED), ..Commit::default() }
}

/// Returns the commit that says that all was matched again.
pub fn end(rules: &Rules, now: DateTime<Utc>) -> Commit {
    let kept_since = keep::since(rules, now);
    Commit { kept_under: Some(rules.fingerprint), kept_since, ..Commit::default() }
}

/// Looks through the block of kept posts behind `after`. `None` where there is none.
pub fn in_block(
    after: Option<KeptPlace>,
    rules: &Rules,
    only: Only<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Looked<KeptPlace>, StoreError> {
    let mut next = None;
    store.kept(after, &mut |place, packed| {
        next = Some((place, packed));
        false
    })?;
    let Some((place, packed)) = next else { return Ok(None) };
    let posts = match packed.open() {
        Ok(posts) => posts,
        Err(error) => {
            // It would end every daemon that comes after this one.
            tracing::error!("{error}; it is not matched again.");
            return Ok(Some((place, Vec::new())));
        }
    };
    let since = keep::since(rules, now);
    let mut found = Vec::new();
    for kept in posts.into_iter().filter(|kept| since.is_none_or(|since| kept.seen >= since)) {
        let concerns = only(&kept.source).is_some_and(|only| {
            !concerned(&kept.post, &only, &rules.brands, &rules.matcher).is_empty()
        });
        if concerns {
            let identities = kept.identities();
            let Kept { source, kind, seen, post, .. } = kept;
            found.push(Found { source, kind, post, identities, seen, mention: None });
        }
    }
    Ok(Some((place, found)))
}

/// Looks through mentions of other brands, newest first, from `until` backwards: those that were seen as
/// lately as the posts that are kept.
pub fn in_mentions(
    until: Option<DateTime<Utc>>,
    rules: &Rules,
    only: Only<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Looked<DateTime<Utc>>, StoreError> {
    let since = keep::since(rules, now);
    let window = Window { since: None, until };
    let mut mentions = Vec::new();
    store.mentions(window, &mut |mention| {
        // All of one moment belong together: `until` is where the next look begins.
        let is_full = mentions.len() >= MOST_AT_ONCE
            && mentions.last().is_some_and(|last: &Mention| last.time() != mention.time());
        if !is_full {
            mentions.push(mention);
        }
        !is_full
    })?;
    let Some(oldest) = mentions.last().map(Mention::time) else { return Ok(None) };
    let mut found = Vec::new();
    let is_young = |seen| since.is_none_or(|since| seen >= since);
    mentions.retain(|mention| !mention.post.is_gone && is_young(mention.seen));
    for mention in mentions {
        let Some(only) = only(&mention.source) else { continue };
        let candidates = concerned(&mention.post, &only, &rules.brands, &rules.matcher);
        if lacks_one(&mention, &candidates, rules, store)? {
            let Mention { id, source, kind, post, key, seen, .. } = mention;
            let (identities, mention) = (vec![key], Some(id));
            found.push(Found { source, kind, post, identities, seen, mention });
        }
    }
    Ok(Some((oldest, found)))
}

fn lacks_one(
    mention: &Mention,
    candidates: &[Candidate],
    rules: &Rules,
    store: &dyn Store,
) -> Result<bool, StoreError> {
    for candidate in candidates {
        let Some(brand) = rules.brands.get(candidate.brand) else { continue };
        let is_other = brand.name != mention.brand;
        if is_other && store.mention(&MentionId::of(mention.key, &brand.name))?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What other rules find among the posts of one source.
pub struct Again {
    pub source: SourceName,
    pub kind: Kind,
    pub only: Vec<BrandName>,
    pub tickets: Option<TicketPolicy>,
    pub found: Vec<Found>,
    pub at: DateTime<Utc>,
    /// As for a poll: whether alerts that speak as it happens are told here what they have not heard.
    pub tell_at_once: bool,
    /// How others judged what was found.
    pub opinions: Opinions,
}

/// Works out what was found again.
pub fn again(again: Again, rules: &Rules, store: &dyn Store) -> Result<Commit, StoreError> {
    let mut state = store.source(&again.source)?;
    let mut desk = desk(&again, &state, rules, store)?;
    state.health.mentions += desk.found();
    desk.settle_threads()?;
    let mut commit = desk.commit();
    let Again { source, at, tell_at_once, .. } = again;
    commit.source = Some((source, state));
    commit.courses = spikes::found_late(commit.mentions.iter(), store, at)?;
    hand::hand_out(&mut commit, hand::VAHTI, rules, store, at)?;
    if tell_at_once {
        tell::at_once(&mut commit, &[], rules, store, at)?;
    } else {
        tell::pass_over(&mut commit, rules, store, at)?;
    }
    outward::open(&mut commit, rules, store, at)?;
    Ok(commit)
}

/// Takes in what was found again. What is kept no longer by now, or deleted where it stood, is left out.
pub(super) fn desk<'a>(
    again: &'a Again,
    state: &SourceState,
    rules: &'a Rules,
    store: &'a dyn Store,
) -> Result<Desk<'a>, StoreError> {
    let Again { source, kind, only, tickets, found, at, opinions, .. } = again;
    let (kind, tickets) = (*kind, *tickets);
    let (first_poll, looks_again) = (state.health.first_poll.unwrap_or(*at), true);
    let origin = Origin { source, kind, only, tickets, first_poll, looks_again, opinions };
    let mut desk = Desk::new(rules, store, *at, origin)?;
    for Found { post, identities, seen, mention, .. } in found {
        let is_there = match (mention, identities.first()) {
            (Some(id), _) => store.mention(id)?.is_some_and(|mention| !mention.post.is_gone),
            (None, Some(name)) => store.kept_since(*name)?.is_some(),
            (None, None) => false,
        };
        if is_there {
            desk.receive_again(post, identities.clone(), *seen)?;
        }
    }
    Ok(desk)
}
