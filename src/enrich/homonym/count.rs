//! How often each word stands in mentions of one kind. What is copied says nothing new, and neither
//! does one person who says it again.

use super::{Near, Said};
use std::collections::{BTreeMap, BTreeSet};

/// How much a mention counts of which this is known.
fn worth(said: Said) -> f32 {
    match said {
        Said::Ours => 3.0,
        Said::AtDesk | Said::Noise => 1.0,
        // Nobody looked at it: it may be noise itself.
        Said::Nothing => 0.2,
    }
}

/// What was counted of one word.
#[derive(Debug, Default)]
pub(super) struct Word {
    pub(super) texts: f32,
    pub(super) weight: f32,
    /// The part of the weight of which somebody knows that it is no noise.
    pub(super) desk: f32,
    /// Texts that are before the desk, or of which a person spoke.
    pub(super) ours: usize,
    /// Who says it; a text of which nobody knows the author is a voice of its own.
    pub(super) voices: BTreeSet<String>,
}

/// Mentions of one kind, counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    words: BTreeMap<String, Word>,
    texts: usize,
    weight: f32,
    desk: f32,
    none: Word,
}

impl Counted {
    pub(super) fn of<'a>(mentions: impl Iterator<Item = &'a (Said, &'a Near)>) -> Self {
        let mut texts: BTreeMap<u64, BTreeMap<&Near, Said>> = BTreeMap::new();
        for (said, near) in mentions {
            let known = texts.entry(near.text).or_default().entry(near).or_insert(*said);
            *known = (*known).max(*said);
        }
        let mut counted = Self::default();
        for copies in texts.values() {
            // Of copies the one of which most is known counts.
            let told = copies.iter().max_by_key(|(near, said)| (**said, *near));
            if let Some((near, said)) = told {
                counted.add(near, *said);
            }
        }
        counted
    }

    fn add(&mut self, near: &Near, said: Said) {
        self.texts += 1;
        let is_desk = matches!(said, Said::Ours | Said::AtDesk);
        let desk = if is_desk { worth(said) } else { 0.0 };
        self.weight += worth(said);
        self.desk += desk;
        let voice = near.voice.clone().unwrap_or_else(|| format!("text {}", self.texts));
        for name in near.words.iter().chain(&near.places) {
            let word = self.words.entry(name.clone()).or_default();
            word.texts += 1.0;
            word.weight += worth(said);
            word.desk += desk;
            word.ours += usize::from(is_desk);
            word.voices.insert(voice.clone());
        }
    }

    /// Returns how many different texts there are.
    pub(super) fn texts(&self) -> usize {
        self.texts
    }

    /// The same, to reckon with.
    pub(super) fn all(&self) -> f32 {
        // Far fewer than a u16 counts are ever looked at.
        f32::from(u16::try_from(self.texts).unwrap_or(u16::MAX))
    }

    /// Returns how much they weigh together.
    pub(super) fn weight(&self) -> f32 {
        self.weight
    }

    /// Returns how much of that is before the desk.
    pub(super) fn desk(&self) -> f32 {
        self.desk
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &String> {
        self.words.keys()
    }

    /// Returns what was counted of one word.
    pub(super) fn word(&self, name: &str) -> &Word {
        self.words.get(name).unwrap_or(&self.none)
    }
}
