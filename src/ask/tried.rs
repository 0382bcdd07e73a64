//! What other keywords would have gained and lost, over the posts and mentions that are kept. The
//! question holds all that is configured of brands, so that a changed configuration can be tried on a
//! daemon that runs with the old one.

use super::answer::time;
use super::{Refusal, Setting};
use crate::brand::{Brand, BrandName, Hit, Keyword, TicketPolicy};
use crate::matching::Matcher;
use crate::mention::{Mention, MentionId, PostKey};
use crate::pipeline::again::concerned;
use crate::post::{Author, Post, SourceName};
use crate::query;
use crate::source::Kind;
use crate::store::kept::{Kept, Packed};
use crate::store::{Store, StoreError, Window};
use crate::text::Language;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Changes that are told where nobody said how many.
pub const CHANGES: usize = 1_000;

/// Mentions that are handed to a thread at once.
const MENTIONS_AT_ONCE: usize = 256;

/// Pieces of work that wait for a thread.
const WAITING: usize = 4;

/// What is to be tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TryAsked {
    /// All brands, as they would be.
    pub brands: Vec<BrandAsked>,
    /// For which brands each source is (none: all), by its name or that of its list. What other sources
    /// brought is left out. Absent: every source is for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<BTreeMap<String, Vec<String>>>,
    /// The one brand that is asked about; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// A date, an RFC 3339 time, or an age; absent: all that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// How many changes are told, the newest: 1,000 unless given; 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// A brand, as the operator wrote it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandAsked {
    pub name: String,
    pub keywords: Vec<String>,
    #[serde(default)]
    pub exclude: Vec<String>,
    #[serde(default)]
    pub own: Vec<String>,
    #[serde(default)]
    pub context: Vec<String>,
    #[serde(default)]
    pub languages: Vec<Language>,
}

impl BrandAsked {
    /// Returns a brand as it is asked about.
    pub fn of(brand: &Brand) -> Self {
        let written = |all: &[Keyword]| all.iter().map(|one| one.written.clone()).collect();
        Self {
            name: brand.name.0.clone(),
            keywords: written(&brand.keywords),
            exclude: written(&brand.exclude),
            own: brand.own.clone(),
            context: written(&brand.context),
            languages: brand.languages.clone(),
        }
    }

    fn read(&self) -> Result<Brand, Refusal> {
        let finds = |written: &String| keyword(written, query::parse_keyword(written));
        let excludes = |written: &String| keyword(written, query::parse_exclude(written));
        Ok(Brand {
            name: BrandName(self.name.clone()),
            keywords: self.keywords.iter().map(finds).collect::<Result<_, _>>()?,
            exclude: self.exclude.iter().map(excludes).collect::<Result<_, _>>()?,
            own: self.own.clone(),
            context: self.context.iter().map(excludes).collect::<Result<_, _>>()?,
            languages: self.languages.clone(),
            tickets: None::<TicketPolicy>,
            praise: false,
        })
    }
}

fn keyword(written: &str, read: Result<query::Query, query::BadQuery>) -> Result<Keyword, Refusal> {
    match read {
        Ok(query) => Ok(Keyword { written: written.to_owned(), query }),
        Err(bad) => Err(Refusal::Faulty(format!(
            "the keyword is faulty: {}\n{}",
            bad.message,
            bad.pointed(written)
        ))),
    }
}

/// What would have been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TryView {
    /// What was looked through.
    pub posts: u64,
    pub mentions: u64,
    pub since: Option<DateTime<Utc>>,
    pub brands: Vec<TriedView>,
    /// The newest first, not more than were asked for.
    pub changes: Vec<ChangeView>,
}

/// What would have been of one brand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedView {
    pub brand: String,
    pub gained: u64,
    pub lost: u64,
    pub unchanged: u64,
}

/// A post that would be found and was not, or the other way round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeView {
    pub change: Change,
    pub brand: String,
    /// The mention that would not be; null for one that would.
    pub id: Option<String>,
    pub source: String,
    pub kind: String,
    pub url: Option<String>,
    pub title: Option<String>,
    pub text: Option<String>,
    pub author: Option<Author>,
    pub published: Option<DateTime<Utc>>,
    pub seen: DateTime<Utc>,
    /// Where it is named: by the keywords that are tried, or, of what is lost, by those so far.
    pub matches: Vec<Hit>,
}

impl ChangeView {
    fn time(&self) -> DateTime<Utc> {
        self.published.filter(|published| *published <= self.seen).unwrap_or(self.seen)
    }
}

/// Which way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Gained,
    Lost,
}

/// Tries the keywords: block by block, on all cores.
pub(super) fn answer(
    asked: &TryAsked,
    setting: &Setting<'_>,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<TryView, Refusal> {
    let brands: Vec<Brand> = asked.brands.iter().map(BrandAsked::read).collect::<Result<_, _>>()?;
    let since = time(asked.since.as_deref(), "since", setting.rules.zone, now)?;
    let kept_since = now.checked_sub_signed(setting.rules.keep_posts);
    let matcher = Matcher::new(&brands);
    let trial =
        Trial { asked, matcher, brands, since, kept_since, store, gained: Mutex::default() };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (sender, work) = sync_channel(WAITING);
    // Goes with the last thread: who hands out then hears that nobody is left.
    let work = Arc::new(Mutex::new(work));
    let tried = std::thread::scope(|scope| {
        let trial = &trial;
        let spawn = |work| scope.spawn(move || trial.work(work));
        let workers: Vec<_> = std::iter::repeat_n(work, threads).map(spawn).collect();
        let handed = trial.hand_out(&sender);
        drop(sender);
        let mut all = Tried::default();
        for worker in workers {
            match worker.join() {
                Ok(tried) => all.add(tried?, asked.most()),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        handed.map(|()| all)
    })?;
    Ok(trial.view(tried))
}

/// A piece of work for one thread.
enum Work {
    Block(Packed),
    Mentions(Vec<Mention>),
}

/// What one thread found, or all of them together.
#[derive(Default)]
struct Tried {
    posts: u64,
    mentions: u64,
    counts: BTreeMap<String, TriedView>,
    changes: Vec<ChangeView>,
}

impl TryAsked {
    fn most(&self) -> usize {
        match self.limit {
            None => CHANGES,
            Some(0) => usize::MAX,
            Some(limit) => limit,
        }
    }
}

impl Tried {
    fn count(&mut self, brand: &str) -> &mut TriedView {
        self.counts
            .entry(brand.to_owned())
            .or_insert_with(|| TriedView { brand: brand.to_owned(), ..TriedView::default() })
    }

    fn change(&mut self, change: ChangeView, most: usize) {
        self.changes.push(change);
        if self.changes.len() >= most.saturating_mul(2).max(64) {
            self.shorten(most);
        }
    }

    fn shorten(&mut self, most: usize) {
        self.changes.sort_by(|a, b| {
            let order = |change: &ChangeView| (change.brand.clone(), change.url.clone());
            b.time().cmp(&a.time()).then_with(|| order(a).cmp(&order(b)))
        });
        self.changes.truncate(most);
    }

    fn add(&mut self, other: Self, most: usize) {
        self.posts += other.posts;
        self.mentions += other.mentions;
        for (brand, theirs) in other.counts {
            let ours = self.count(&brand);
            ours.gained += theirs.gained;
            ours.lost += theirs.lost;
            ours.unchanged += theirs.unchanged;
        }
        self.changes.extend(other.changes);
        self.shorten(most);
    }
}

/// The keywords that are tried, and on what.
struct Trial<'a> {
    asked: &'a TryAsked,
    brands: Vec<Brand>,
    matcher: Matcher,
    since: Option<DateTime<Utc>>,
    /// Posts that were kept before are dropped sooner or later.
    kept_since: Option<DateTime<Utc>>,
    store: &'a dyn Store,
    /// What was found so far, by all that it is known by: a post that is joined to another block meanwhile
    /// is met twice, as is one with two mentions, or one that two sources brought.
    gained: Mutex<HashSet<(PostKey, BrandName)>>,
}

impl Trial<'_> {
    /// Reads all there is and hands it to the threads. A thread that failed takes no more, and says why.
    fn hand_out(&self, sender: &SyncSender<Work>) -> Result<(), StoreError> {
        let mut is_heard = true;
        self.store.kept(None, &mut |_, packed| {
            is_heard = sender.send(Work::Block(packed)).is_ok();
            is_heard
        })?;
        let mut mentions = Vec::new();
        let window = Window { since: self.since, until: None };
        self.store.mentions(window, &mut |mention| {
            mentions.push(mention);
            if mentions.len() >= MENTIONS_AT_ONCE {
                is_heard = sender.send(Work::Mentions(std::mem::take(&mut mentions))).is_ok();
            }
            is_heard
        })?;
        // Nobody takes it where every thread failed, which they say themselves.
        sender.send(Work::Mentions(mentions)).ok();
        Ok(())
    }

    #[expect(clippy::needless_pass_by_value, reason = "it goes with the last thread that has it")]
    fn work(&self, work: Arc<Mutex<Receiver<Work>>>) -> Result<Tried, StoreError> {
        let mut tried = Tried::default();
        loop {
            let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
            match next {
                Ok(Work::Block(packed)) => {
                    let posts = packed.open().unwrap_or_else(|error| {
                        tracing::error!("{error}; nothing is tried on it.");
                        Vec::new()
                    });
                    for kept in posts {
                        self.post(&kept, &mut tried)?;
                    }
                }
                Ok(Work::Mentions(mentions)) => {
                    for mention in &mentions {
                        self.mention(mention, &mut tried)?;
                    }
                }
                Err(_) => return Ok(tried),
            }
        }
    }

    fn post(&self, kept: &Kept, tried: &mut Tried) -> Result<(), StoreError> {
        let Kept { post: Post { published, .. }, seen, .. } = kept;
        let at = published.filter(|published| published <= seen).unwrap_or(*seen);
        let is_old = |at, since: Option<DateTime<Utc>>| since.is_some_and(|since| at < since);
        if is_old(at, self.since) || is_old(*seen, self.kept_since) {
            return Ok(());
        }
        tried.posts += 1;
        let Some(only) = self.only(&kept.source) else { return Ok(()) };
        let found = concerned(&kept.post, &only, &self.brands, &self.matcher);
        if found.is_empty() {
            return Ok(());
        }
        let mut keys = kept.identities();
        for nth in 0..keys.len() {
            let known = keys.get(nth).map(|identity| self.store.post(*identity)).transpose()?;
            if let Some(known) = known.flatten() {
                keys.insert(0, known);
                break;
            }
        }
        let of = (&kept.source, kept.kind, kept.seen);
        for candidate in found {
            self.gained(&keys, candidate.brand, candidate.hits, &kept.post, of, tried)?;
        }
        Ok(())
    }

    fn mention(&self, mention: &Mention, tried: &mut Tried) -> Result<(), StoreError> {
        tried.mentions += 1;
        // What a site took back can be matched with nothing.
        if mention.post.is_gone {
            return Ok(());
        }
        let only = self.only(&mention.source).unwrap_or_else(|| vec![mention.brand.clone()]);
        let found = concerned(&mention.post, &only, &self.brands, &self.matcher);
        let named = |brand: usize| self.brands.get(brand).map(|brand| &brand.name);
        if self.is_asked(&mention.brand) {
            // One that was edited and names nobody since does so by these keywords as by those.
            let is_reworded = mention.hits.is_empty() && !mention.versions.is_empty();
            let stays = found.iter().any(|one| named(one.brand) == Some(&mention.brand));
            let count = tried.count(&mention.brand.0);
            if stays || is_reworded {
                count.unchanged += 1;
            } else {
                count.lost += 1;
                let of = (&mention.source, mention.kind, mention.seen);
                let id = Some(mention.id.to_string());
                let brand = &mention.brand;
                let hits = mention.hits.clone();
                let lost = change(Change::Lost, brand, id, hits, &mention.post, of);
                tried.change(lost, self.asked.most());
            }
        }
        let of = (&mention.source, mention.kind, mention.seen);
        for candidate in found {
            if named(candidate.brand) != Some(&mention.brand) {
                let Mention { key, post, .. } = mention;
                self.gained(&[*key], candidate.brand, candidate.hits, post, of, tried)?;
            }
        }
        Ok(())
    }

    /// Counts a post that would be found: by the first of `keys` it is known, or would be.
    fn gained(
        &self,
        keys: &[PostKey],
        brand: usize,
        hits: Vec<Hit>,
        post: &Post,
        of: (&SourceName, Kind, DateTime<Utc>),
        tried: &mut Tried,
    ) -> Result<(), StoreError> {
        let Some(brand) = self.brands.get(brand).map(|brand| &brand.name) else { return Ok(()) };
        let Some(first) = keys.first() else { return Ok(()) };
        if !self.is_asked(brand) || self.store.mention(&MentionId::of(*first, brand))?.is_some() {
            return Ok(());
        }
        let mut gained = self.gained.lock().unwrap_or_else(PoisonError::into_inner);
        let names = || keys.iter().map(|key| (*key, brand.clone()));
        let is_known = names().any(|name| gained.contains(&name));
        gained.extend(names());
        drop(gained);
        if is_known {
            return Ok(());
        }
        tried.count(&brand.0).gained += 1;
        let gained = change(Change::Gained, brand, None, hits, post, of);
        tried.change(gained, self.asked.most());
        Ok(())
    }

    fn is_asked(&self, brand: &BrandName) -> bool {
        self.asked.brand.as_ref().is_none_or(|asked| *asked == brand.0)
    }

    /// Returns the brands that a source is for; `None` where it is none that is asked.
    fn only(&self, source: &SourceName) -> Option<Vec<BrandName>> {
        let Some(sources) = &self.asked.sources else { return Some(Vec::new()) };
        let of_list = || sources.get(source.0.split_once('/')?.0);
        let only = sources.get(&source.0).or_else(of_list)?;
        Some(only.iter().map(|name| BrandName(name.clone())).collect())
    }

    fn view(&self, mut tried: Tried) -> TryView {
        for brand in self.brands.iter().filter(|brand| self.is_asked(&brand.name)) {
            tried.count(&brand.name.0);
        }
        TryView {
            posts: tried.posts,
            mentions: tried.mentions,
            since: self.since,
            brands: tried.counts.into_values().collect(),
            changes: tried.changes,
        }
    }
}

fn change(
    change: Change,
    brand: &BrandName,
    id: Option<String>,
    matches: Vec<Hit>,
    post: &Post,
    (source, kind, seen): (&SourceName, Kind, DateTime<Utc>),
) -> ChangeView {
    ChangeView {
        change,
        brand: brand.0.clone(),
        id,
        source: source.to_string(),
        kind: kind.to_string(),
        url: post.url.clone(),
        title: post.title.clone(),
        text: Some(post.text.clone()).filter(|text| !text.is_empty()),
        author: (!post.author.is_unknown()).then(|| post.author.clone()),
        published: post.published,
        seen,
        matches,
    }
}
