//! The same words elsewhere: syndicated and retitled articles, excerpts of an alert feed, posts that were
//! copied on. What belongs together is found by fingerprints of runs of words, of which those are kept that
//! are least in their window (winnowing, as Schleimer, Wilkerson and Aiken describe it, 2003): two texts
//! that share a run of [`RUN`] words share a fingerprint, however one was cut. What shares one is then held
//! against the other word by word.

use crate::brand::{BrandName, Field, Hit};
use crate::mention::Mention;
use crate::post::Post;
use crate::source::Kind;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashSet;
use words::{Words, hash_of};

#[cfg(test)]
pub(super) use tests::sample;
#[cfg(test)]
mod tests;
mod words;

/// How many words a fingerprint is of, and out of how many that follow each other one is kept.
const SHINGLE: usize = 4;
const WINDOW: usize = 6;
/// A run of so many words that two texts share is never missed.
pub const RUN: usize = SHINGLE + WINDOW - 1;
/// How many words are looked at from the start of a text, and on each side of where it names the brand: an
/// alert's excerpt shows one of these.
const HEAD: usize = 60;
const AROUND: usize = 40;
/// How many of the places are looked around.
const PLACES: usize = 3;
/// How many fingerprints a mention has at most.
const MOST_PRINTS: usize = 64;

/// Words that two texts share count in runs of three.
const SHARED: usize = 3;
/// What stands that far apart is not the same again, but told anew: a notice of each year.
const MOST_APART: TimeDelta = TimeDelta::days(30);
/// From how many words on equal words of two people are no accident.
const TELLING: usize = 10;
/// How many words of his own somebody may add to what is yet a copy.
const ADDED: usize = 5;
/// From how many words on a text can be known as a part of another.
const LEAST_EXCERPT: usize = 8;
/// Which part of a text must stand in the other, where both are the same, and where one is cut out.
const SAME: f64 = 0.8;
const CUT_OUT: f64 = 0.85;

/// What of a mention tells whether another is its copy.
#[derive(Debug, Clone)]
pub struct Said {
    brand: BrandName,
    title: Words,
    body: Words,
    /// Who wrote it, where that is known: handle or name.
    author: Option<String>,
    /// Whether a person speaks there, and not a page.
    is_personal: bool,
    /// Whether it is a customer's own: a review, or a message to the brand.
    is_own_word: bool,
    is_reply: bool,
    at: DateTime<Utc>,
}

impl Said {
    /// Reads a mention.
    pub fn of(mention: &Mention) -> Self {
        let post = &mention.post;
        let title = Words::of_title(post.title.as_deref().unwrap_or_default());
        let body = Words::of_text(&post.text).without_beginning(&title);
        let author = post.author.handle.as_deref().or(post.author.name.as_deref());
        let author = author.map(|author| author.trim().trim_start_matches('@').to_lowercase());
        Self {
            brand: mention.brand.clone(),
            title,
            body,
            author: author.filter(|author| !author.is_empty()),
            is_personal: is_personal(post, mention.kind),
            is_own_word: post.rating.is_some() || post.is_private,
            is_reply: post.parent.is_some(),
            at: mention.time(),
        }
    }

    /// Tells whether two mentions tell the same in the same words: one is a copy, a quotation, or an
    /// excerpt of the other. What somebody answers, and what another person says of the same, is neither.
    pub fn is_copy_of(&self, other: &Self) -> bool {
        if self.brand != other.brand || (self.at - other.at).abs() > MOST_APART {
            return false;
        }
        let same_author = self.author.is_some() && self.author == other.author;
        let are_two = !same_author && self.author.is_some() && other.author.is_some();
        let (mine, theirs) = self.compared(other);
        if self.title.is_numbered_like(&other.title) || mine.is_of_one_form_with(&theirs) {
            return false;
        }
        let (short, long) =
            if mine.len() <= theirs.len() { (&mine, &theirs) } else { (&theirs, &mine) };
        let (of_short, of_long) = (short.shared_with(long), long.shared_with(short));
        let is_same = of_short >= SAME && of_long >= SAME;
        if self.is_own_word || other.is_own_word || self.is_reply || other.is_reply {
            return is_same && same_author && short.len() >= SHARED;
        }
        if short.len() < LEAST_EXCERPT {
            let is_equal = mine == theirs && !mine.is_empty();
            let is_page = !self.is_personal && !other.is_personal;
            return is_equal && (same_author || is_page && !are_two && short.len() >= SHARED);
        }
        if is_same {
            let strangers = self.is_personal && other.is_personal && !same_author;
            // Whoever adds a few words copies; whoever adds a sentence says something himself.
            let adds =
                are_two && (long.own_beside(short) > ADDED || short.own_beside(long) > ADDED);
            return !adds && (!strangers || short.len() >= TELLING);
        }
        // Whoever quotes a page and says something of his own says that himself; and a page that quotes
        // somebody tells more than he did.
        let are_pages = !self.is_personal && !other.is_personal && !are_two;
        of_short >= CUT_OUT && (same_author || are_pages)
    }

    /// Returns the words that are held against each other: the bodies where both have one, since titles are
    /// made anew; else all there is.
    fn compared(&self, other: &Self) -> (Words, Words) {
        let has_body = |said: &Self| said.body.len() >= LEAST_EXCERPT;
        if has_body(self) && has_body(other) {
            return (self.body.clone(), other.body.clone());
        }
        if self.body.is_empty() || other.body.is_empty() {
            // Of one there is nothing but a title: it may be the other's, too.
            let titles = (!self.title.is_empty() && self.title == other.title)
                .then(|| (self.title.clone(), other.title.clone()));
            return titles.unwrap_or_else(|| (self.whole(), other.whole()));
        }
        (self.whole(), other.whole())
    }

    fn whole(&self) -> Words {
        self.title.followed_by(&self.body)
    }
}

/// Tells whether an edited post says something that it did not say before: it has three words or more that
/// are new, or fewer stars. Fewer words, and words taken out, correct what stood there.
pub fn says_more(old: &Post, new: &Post) -> bool {
    let words = |post: &Post| {
        let title = Words::of_text(post.title.as_deref().unwrap_or_default());
        title.followed_by(&Words::of_text(&post.text))
    };
    let has_fewer = old.rating.zip(new.rating).is_some_and(|(before, now)| now < before);
    has_fewer || words(new).own_against(&words(old)).len() >= SHARED
}

/// Tells whether a person speaks in a post, and not a page: where people have accounts, and in what is
/// signed with one.
pub fn is_personal(post: &Post, kind: Kind) -> bool {
    !matches!(kind, Kind::Feed | Kind::Opml | Kind::Json | Kind::Intake)
        || post.author.handle.is_some()
        || post.rating.is_some()
        || post.is_private
}

/// Returns the fingerprints by which copies of a mention are found, of its brand alone; sorted.
pub fn prints(mention: &Mention) -> Vec<u64> {
    let post = &mention.post;
    let salt = hash_of(&mention.brand.0);
    let mut prints: HashSet<u64> = HashSet::new();
    let title = Words::of_title(post.title.as_deref().unwrap_or_default());
    let text = Words::of_text(&post.text).without_beginning(&title);
    winnow(title.all(), &mut prints);
    let (all, mut seen) = (text.all(), 0);
    for (from, to) in regions(&text, &mention.hits) {
        let from = from.max(seen);
        if from < to {
            winnow(all.get(from..to).unwrap_or_default(), &mut prints);
            // Runs that lie across the border are in the next piece.
            seen = to.saturating_sub(RUN);
        }
    }
    let mut prints: Vec<u64> = prints.into_iter().map(|print| print ^ salt).collect();
    prints.sort_unstable();
    // Which are kept must not hang on where they stand in the text.
    prints.truncate(MOST_PRINTS);
    prints
}

/// Returns which words of a text are looked at, in order.
fn regions(text: &Words, hits: &[Hit]) -> Vec<(usize, usize)> {
    let in_text = hits.iter().filter(|hit| hit.field == Field::Text);
    let mut regions = vec![(0, HEAD.min(text.len()))];
    for hit in in_text.take(PLACES) {
        let word = text.word_at(hit.start);
        regions.push((word.saturating_sub(AROUND), (word + AROUND).min(text.len())));
    }
    regions.sort_unstable();
    regions
}

/// Adds the least fingerprint of each window.
fn winnow(words: &[u64], prints: &mut HashSet<u64>) {
    let mix = |words: &[u64]| {
        let whole = words.iter().fold(0_u64, |hash, word| {
            (hash.rotate_left(13) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        whole ^ (whole >> 29)
    };
    let hashes: Vec<u64> = if words.len() < SHINGLE {
        // Too short for a run: known by all of it.
        (!words.is_empty()).then(|| mix(words)).into_iter().collect()
    } else {
        words.windows(SHINGLE).map(mix).collect()
    };
    let window = WINDOW.min(hashes.len()).max(1);
    prints.extend(hashes.windows(window).filter_map(|window| window.iter().min()));
}
