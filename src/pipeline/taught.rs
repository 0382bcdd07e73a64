//! What people's marks have taught, worked out from the store: the marks, the mentions that they are of,
//! and what else was said of the brand until something was taught last. One who asks twice is told the
//! same until people teach more; what is edited or deleted in between counts from then on. Marks `noise`
//! teach which words stand near another meaning of a name, all others teach the judge of sentiment.

use crate::brand::{Brand, BrandName};
use crate::enrich::Label;
use crate::enrich::correction::{self, Corrections, Lesson, MOST_MARKS as MOST_LESSONS, Marks};
use crate::enrich::homonym::{Learnt, Near, Said, learn};
use crate::mention::marking::{Marking, teaching};
use crate::mention::{Mark, Mention, MentionId};
use crate::post::Concerns;
use crate::store::{Store, StoreError, Teaching, Window};
use crate::ticket::Status;
use chrono::{DateTime, Duration, Utc};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Of each brand so many marks `noise`, and so many others, teach: the last ones.
const MOST_MARKS: usize = 500;
/// Of each brand so many mentions that nobody marked stand against them: the newest.
const MOST_OTHERS: usize = 500;
/// How many mentions are looked through for those, whatever their brand.
const MOST_READ: usize = 20_000;
/// Marks `noise` without which a brand teaches nothing, so that nothing is read for it.
const LEAST_NOISE: usize = 3;

/// What was learnt of each brand, and what corrects the judge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Taught {
    brands: BTreeMap<BrandName, Learnt>,
    corrections: Corrections,
}

impl Taught {
    /// Works out what the store holds.
    pub fn of(brands: &[Brand], store: &dyn Store) -> Result<Self, StoreError> {
        let Some(last) = store.teaching()?.last else { return Ok(Self::default()) };
        let markings = store.markings()?;
        let lessons = lessons(&markings, store)?;
        let lessons = lessons.iter().filter_map(|(marking, mention)| lesson(marking, mention));
        let corrections = correction::learn(lessons);
        Ok(Self { corrections, ..Self::by(&markings, last, brands, store)? })
    }

    /// Works out what these markings would teach of names, the last of which was made or undone at `last`.
    pub fn by(
        markings: &[Marking],
        last: DateTime<Utc>,
        brands: &[Brand],
        store: &dyn Store,
    ) -> Result<Self, StoreError> {
        let teaching = teaching(markings);
        let mut classes: BTreeMap<BrandName, Class> = BTreeMap::new();
        for brand in brands {
            let of_brand: Vec<&Marking> =
                teaching.values().copied().filter(|known| known.brand == brand.name).collect();
            let noise = of_brand.iter().filter(|known| known.mark == Mark::Noise).count();
            if noise >= LEAST_NOISE {
                classes.insert(brand.name.clone(), Class::of(of_brand, store)?);
            }
        }
        if !classes.is_empty() {
            add_others(&mut classes, last, store)?;
        }
        let learnt = classes.into_iter().map(|(brand, class)| {
            (brand, learn(class.known.iter().map(|(said, near)| (*said, near))))
        });
        let brands = learnt.filter(|(_, learnt)| !learnt.is_empty()).collect();
        Ok(Self { brands, corrections: Corrections::default() })
    }

    /// Returns what was learnt of one brand.
    pub fn brand(&self, brand: &BrandName) -> Option<&Learnt> {
        self.brands.get(brand)
    }

    /// Returns the brands of which something was learnt.
    pub fn brands(&self) -> impl Iterator<Item = (&BrandName, &Learnt)> {
        self.brands.iter()
    }

    /// Returns what corrects the judge where it reads of a brand.
    pub fn marks<'a>(&'a self, brand: &'a BrandName) -> Marks<'a> {
        Marks { corrections: &self.corrections, brand: Some(brand) }
    }
}

/// Returns the markings that teach the judge, with what they are of: the latest of them, newest first. A
/// post that was edited since says what nobody marked.
pub fn lessons(
    markings: &[Marking],
    store: &dyn Store,
) -> Result<Vec<(Marking, Mention)>, StoreError> {
    let mut known: Vec<&Marking> = teaching(markings).into_values().collect();
    known.retain(|marking| marking.mark != Mark::Noise);
    known.sort_by_key(|marking| std::cmp::Reverse((marking.at, &marking.mention)));
    let mut lessons = Vec::new();
    for marking in known {
        if lessons.len() == MOST_LESSONS {
            break;
        }
        let as_marked =
            |mention: &Mention| mention.versions.last().is_none_or(|old| old.until <= marking.at);
        let mention = store
            .mention(&marking.mention)?
            .filter(|mention| !mention.post.is_gone && as_marked(mention));
        lessons.extend(mention.map(|mention| (marking.clone(), mention)));
    }
    Ok(lessons)
}

fn lesson(marking: &Marking, mention: &Mention) -> Option<Lesson> {
    let label = label(marking.mark)?;
    Lesson::of(&mention.post, &mention.hits, mention.insight.language, &mention.brand, label)
}

/// Returns the label that a mark says; `None` where it says that there is nothing to label.
pub fn label(mark: Mark) -> Option<Label> {
    match mark {
        Mark::Negative => Some(Label::Negative),
        Mark::Neutral => Some(Label::Neutral),
        Mark::Positive => Some(Label::Positive),
        Mark::Noise => None,
    }
}

/// What is known of the mentions of one brand.
struct Class {
    known: Vec<(Said, Near)>,
    marked: HashSet<MentionId>,
    others: usize,
}

impl Class {
    /// Reads what people marked.
    fn of(mut markings: Vec<&Marking>, store: &dyn Store) -> Result<Self, StoreError> {
        let mut class = Self { known: Vec::new(), marked: HashSet::new(), others: 0 };
        markings.sort_by_key(|marking| std::cmp::Reverse(marking.id));
        let (mut noise, mut ours) = (0, 0);
        for marking in markings {
            class.marked.insert(marking.mention.clone());
            let (said, count) = match marking.mark {
                Mark::Noise => (Said::Noise, &mut noise),
                Mark::Negative | Mark::Neutral | Mark::Positive => (Said::Ours, &mut ours),
            };
            if *count == MOST_MARKS {
                continue;
            }
            if let Some(mention) = store.mention(&marking.mention)?.filter(teaches) {
                *count += 1;
                class
                    .known
                    .push((said, Near::of(&mention.post, &mention.hits, mention.insight.language)));
            }
        }
        Ok(class)
    }
}

/// Tells whether a mention says what stands near the name: it has words, and names the brand.
fn teaches(mention: &Mention) -> bool {
    !mention.post.is_gone && !mention.hits.is_empty() && mention.post.concerns == Concerns::Named
}

/// Adds what else was said of the brands, up to `last`.
fn add_others(
    classes: &mut BTreeMap<BrandName, Class>,
    last: DateTime<Utc>,
    store: &dyn Store,
) -> Result<(), StoreError> {
    let mut read = 0;
    let mut fault = None;
    // What is published in the future of its being seen is ordered by that; nothing is later than it.
    let window = Window { since: None, until: Some(last + Duration::microseconds(1)) };
    store.mentions(window, &mut |mention| {
        read += 1;
        if let Some(class) = classes.get_mut(&mention.brand)
            && class.others < MOST_OTHERS
            && mention.seen <= last
            && teaches(&mention)
            && !mention.own
            // What is taken for noise says nothing: it would take back what was learnt.
            && mention.muted.is_none()
            && !class.marked.contains(&mention.id)
        {
            match said(&mention, store) {
                Ok(Some(said)) => {
                    class.others += 1;
                    class.known.push((
                        said,
                        Near::of(&mention.post, &mention.hits, mention.insight.language),
                    ));
                }
                Ok(None) => {}
                Err(error) => fault = Some(error),
            }
        }
        fault.is_none()
            && read < MOST_READ
            && classes.values().any(|class| class.others < MOST_OTHERS)
    })?;
    fault.map_or(Ok(()), Err)
}

/// Returns what the ticket of a mention that teaches nothing by a mark says of it; `None` where that is
/// to be left out: its mark was undone.
fn said(mention: &Mention, store: &dyn Store) -> Result<Option<Said>, StoreError> {
    if mention.mark.is_some() {
        return Ok(None);
    }
    let Some(ticket) = mention.ticket.map(|id| store.ticket(id)).transpose()?.flatten() else {
        return Ok(Some(Said::Nothing));
    };
    let facts = ticket.facts();
    Ok(Some(match facts.answered.or(facts.resolved) {
        // Of a new one nobody knows yet whether it is noise.
        _ if facts.is_withdrawn() || facts.status == Status::New => Said::Nothing,
        Some(_) => Said::Ours,
        None => Said::AtDesk,
    }))
}

/// What was worked out last, with how far people had taught then: it is the same until they teach more.
#[derive(Default)]
pub(super) struct Kept(Mutex<Option<(Teaching, Arc<Taught>)>>);

impl Kept {
    /// Returns what people have taught by now.
    pub(super) fn get(
        &self,
        brands: &[Brand],
        store: &dyn Store,
    ) -> Result<Arc<Taught>, StoreError> {
        let now = store.teaching()?;
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, taught)) = kept().as_ref()
            && *then == now
        {
            return Ok(Arc::clone(taught));
        }
        // Nobody waits while this is worked out: who asks meanwhile works it out too.
        let taught = Arc::new(Taught::of(brands, store)?);
        *kept() = Some((now, Arc::clone(&taught)));
        Ok(taught)
    }
}
