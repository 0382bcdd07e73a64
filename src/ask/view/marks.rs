//! The JSON of marks and of what they taught: public formats.

use crate::ask::{Refusal, Setting};
use crate::brand::{BrandName, Hit};
use crate::enrich::correction::Lesson;
use crate::enrich::homonym::{Learnt, Near, Word};
use crate::mention::marking::{Marking, MarkingId, teaching};
use crate::mention::{Mark, Mention};
use crate::pipeline::taught::{self, Taught};
use crate::post::Post;
use crate::store::Store;
use crate::text::Language;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One mark that a person made, as machines see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarkView {
    pub id: u64,
    pub mention: String,
    pub brand: String,
    pub mark: Mark,
    pub at: DateTime<Utc>,
    pub by: String,
    /// The title or the beginning of the text; null where the mention is gone.
    pub headline: Option<String>,
    /// What the mention says and in which language, its stars, and where it names the brand.
    pub title: Option<String>,
    pub text: Option<String>,
    pub language: Option<Language>,
    pub rating: Option<u8>,
    pub matches: Vec<Hit>,
    /// Whether it teaches: not one that was undone, or that a later mark of the mention replaced.
    pub teaches: bool,
    pub undone: Option<DateTime<Utc>>,
    pub undone_by: Option<String>,
    /// Mentions that had been taken to be noise, and no longer were when it was undone.
    pub brought_back: Vec<String>,
    /// The words in it that were learnt, as far as it speaks for what they tell.
    pub taught: Vec<Word>,
}

/// One word that was learnt, as machines see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaughtView {
    pub brand: String,
    /// The word; the beginning of a longer one ends in `*`. A site has its field before it.
    pub word: String,
    /// The language of the mentions that it was learnt from.
    pub language: Language,
    /// Above zero it speaks of noise, below of the brand.
    pub weight: f32,
    /// In how many mentions that were marked `noise` it stood, each author once, and in how many others.
    pub noise: usize,
    pub others: usize,
    /// In how many of those others whose ticket somebody took, or of which somebody said that they are
    /// about the brand.
    pub ours: usize,
}

/// Returns the newest marks, so many at most, newest first.
pub fn marks(
    most: usize,
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<Vec<MarkView>, Refusal> {
    let mut last = store.markings()?;
    last.reverse();
    last.truncate(most);
    shown(&last, setting, store)
}

/// Returns the marks from which the judge learns, so many at most, newest first.
pub fn lessons(
    most: usize,
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<Vec<MarkView>, Refusal> {
    let taught = setting.rules.taught(store)?;
    let mut lessons = taught::lessons(&store.markings()?, store)?;
    lessons.truncate(most);
    let views =
        lessons.into_iter().map(|(known, mention)| view(&known, Some(mention), true, &taught));
    Ok(views.collect())
}

/// Returns one mark.
pub fn one(id: MarkingId, setting: &Setting<'_>, store: &dyn Store) -> Result<MarkView, Refusal> {
    let mut meant = store.markings()?;
    meant.retain(|known| known.id == id);
    let missing = || Refusal::NotFound(format!("mark {}; `vahti judge marks` shows them", id.0));
    shown(&meant, setting, store)?.pop().ok_or_else(missing)
}

fn shown(
    meant: &[Marking],
    setting: &Setting<'_>,
    store: &dyn Store,
) -> Result<Vec<MarkView>, Refusal> {
    let taught = setting.rules.taught(store)?;
    let markings = store.markings()?;
    let teaching = teaching(&markings);
    let is_last =
        |known: &Marking| teaching.get(&known.mention).is_some_and(|last| last.id == known.id);
    let mut views = Vec::new();
    for known in meant {
        views.push(view(known, store.mention(&known.mention)?, is_last(known), &taught));
    }
    Ok(views)
}

fn view(marking: &Marking, mention: Option<Mention>, teaches: bool, taught: &Taught) -> MarkView {
    let learnt = taught.brand(&marking.brand).filter(|_| teaches);
    let words = learnt.zip(mention.as_ref()).map(|(learnt, mention)| {
        let near = Near::of(&mention.post, &mention.hits, mention.insight.language);
        let speaks = |word: &Word| (word.weight > 0.0) == (marking.mark == Mark::Noise);
        learnt.words_in(&near).into_iter().filter(|word| speaks(word)).cloned().collect()
    });
    let undone = marking.undone.as_ref();
    let headline = mention.as_ref().map(Mention::headline);
    let language = mention.as_ref().and_then(|mention| mention.insight.language);
    let matches = mention.as_ref().map(|mention| mention.hits.clone());
    let post = mention.map(|mention| mention.post).unwrap_or_default();
    MarkView {
        id: marking.id.0,
        mention: marking.mention.to_string(),
        brand: marking.brand.to_string(),
        mark: marking.mark,
        at: marking.at,
        by: marking.by.clone(),
        headline,
        title: post.title,
        text: Some(post.text).filter(|text| !text.is_empty()),
        language,
        rating: post.rating,
        matches: matches.unwrap_or_default(),
        teaches,
        undone: undone.map(|undone| undone.at),
        undone_by: undone.map(|undone| undone.by.clone()),
        brought_back: undone
            .map(|undone| undone.brought_back.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
        taught: words.unwrap_or_default(),
    }
}

impl MarkView {
    /// Returns the post as far as the judge reads it.
    pub fn post(&self) -> Post {
        let (title, text) = (self.title.clone(), self.text.clone().unwrap_or_default());
        Post { title, text, rating: self.rating, ..Post::default() }
    }

    /// Returns what the judge learns from it; `None` where that is nothing.
    pub fn lesson(&self) -> Option<Lesson> {
        let label = taught::label(self.mark).filter(|_| self.teaches)?;
        let brand = BrandName(self.brand.clone());
        Lesson::of(&self.post(), &self.matches, self.language, &brand, label)
    }
}

/// Returns all words that were learnt, by brand, those that speak most of noise first.
pub fn taught(setting: &Setting<'_>, store: &dyn Store) -> Result<Vec<TaughtView>, Refusal> {
    let taught = setting.rules.taught(store)?;
    let mut views = Vec::new();
    for (brand, learnt) in taught.brands() {
        let mut words: Vec<&Word> = learnt.words().collect();
        words.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.word.cmp(&b.word)));
        views.extend(words.into_iter().cloned().map(|word| {
            let Word { word, language, weight, noise, others, ours } = word;
            TaughtView { brand: brand.to_string(), word, language, weight, noise, others, ours }
        }));
    }
    Ok(views)
}

/// Puts together again what was learnt of one brand.
pub fn learnt(views: &[TaughtView], brand: &BrandName) -> Learnt {
    let of_brand = views.iter().filter(|view| view.brand == brand.0).cloned();
    Learnt::of(of_brand.map(|view| {
        let TaughtView { word, language, weight, noise, others, ours, .. } = view;
        Word { word, language, weight, noise, others, ours }
    }))
}
