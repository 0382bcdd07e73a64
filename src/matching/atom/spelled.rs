//! What is looked for by its letters: a spelling, a beginning, a handle, a word with one letter wrong.

use super::compare::{Distance, compare};
use super::spot::Spot;
use super::verify::Miss;
use super::{Atom, Sort};
use crate::matching::letter::{Letter, base};
use std::ops::Range;

impl Atom {
    /// A word in one of its forms, with one letter wrong.
    pub(super) fn misspelt_at(&self, spot: &Spot<'_, '_>) -> Result<Range<usize>, Miss> {
        if let Ok(found) = self.name_at(spot) {
            return Ok(found);
        }
        let word = spot.letters.iter().take_while(|letter| letter.is_word());
        let word: Vec<char> = word.map(|letter| base(letter.full)).collect();
        let mut best = None;
        for stem in &self.stems {
            let length = stem.letters.len();
            for end in [length, length + 1, length - 1] {
                if let Some(found) = word.get(..end)
                    && is_one_wrong(&stem.letters, found)
                    && let Ok(end) = self.ending(spot, stem, end)
                {
                    best = best.max(Some(end));
                }
            }
        }
        let end = best.ok_or(Miss::Letters)?;
        spot.begins_well(self)?;
        Ok(0..end)
    }

    /// Just this spelling: nothing but blanks may differ.
    pub(super) fn exact_at(&self, spot: &Spot<'_, '_>) -> Result<Range<usize>, Miss> {
        let at = self.letters.iter().take_while(|letter| !letter.is_word()).count();
        let mut place = 0;
        let mut wanted = self.letters.iter().skip(at).peekable();
        while let Some(letter) = wanted.next() {
            if letter.is_space() {
                while wanted.next_if(|next| next.is_space()).is_some() {}
                let blanks =
                    spot.letters.iter().skip(place).take_while(|seen| seen.is_space()).count();
                if blanks == 0 {
                    return Err(Miss::Letters);
                }
                place += blanks;
                continue;
            }
            if spot.letters.get(place).is_none_or(|seen| seen.raw != letter.raw) {
                return Err(Miss::Letters);
            }
            place += 1;
        }
        spot.stands_alone()?;
        let next = spot.letters.get(place);
        let behind = spot.letters.get(place + 1);
        let is_form = next.is_some_and(|next| matches!(next.full, '\'' | ':'))
            && behind.is_some_and(Letter::is_word);
        if next.is_some_and(Letter::is_word) || is_form {
            return Err(Miss::Ending(spot.word()));
        }
        Ok(0..place)
    }

    /// Any word that begins so.
    pub(super) fn prefix_at(&self, spot: &Spot<'_, '_>) -> Result<Range<usize>, Miss> {
        let signs = self.letters.iter().take_while(|letter| !letter.is_word()).count();
        let own = self.letters.get(signs..).unwrap_or_default();
        let full: Vec<char> = own.iter().map(|letter| letter.full).collect();
        let mut distance = Distance::default();
        let end = compare(&full, own, &spot.letters, 0, &spot.writing(), &mut distance)
            .ok_or(Miss::Letters)?;
        spot.begins_well(self)?;
        let rest = spot.letters.get(end..).unwrap_or_default();
        Ok(0..end + rest.iter().take_while(|letter| letter.is_word()).count())
    }

    /// A handle or hashtag, alone.
    pub(super) fn signed_at(&self, spot: &Spot<'_, '_>) -> Result<Range<usize>, Miss> {
        let sign = if self.sort == Sort::Handle { '@' } else { '#' };
        if spot.letters.first().is_none_or(|letter| letter.full != sign) {
            return Err(Miss::Letters);
        }
        let full: Vec<char> = self.letters.iter().map(|letter| letter.full).collect();
        let mut distance = Distance::default();
        let end = compare(&full, &self.letters, &spot.letters, 1, &spot.writing(), &mut distance)
            .ok_or(Miss::Letters)?;
        spot.stands_alone()?;
        let goes_on = spot.letters.get(end).is_some_and(|next| next.is_word() || next.full == '_');
        if goes_on { Err(Miss::Ending(spot.word())) } else { Ok(0..end) }
    }
}

/// Tells whether one letter is wrong, missing, too many, or two have changed places.
fn is_one_wrong(wanted: &[char], found: &[char]) -> bool {
    let same = |one: &[char], other: &[char]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| base(*one) == *other)
    };
    let length = wanted.iter().zip(found).take_while(|(one, other)| base(**one) == **other).count();
    let (wanted, found) = (wanted.get(length..), found.get(length..));
    match (wanted.unwrap_or_default(), found.unwrap_or_default()) {
        ([], []) => true,
        ([_, rest @ ..], [_, seen @ ..]) if same(rest, seen) => true,
        ([one, two, rest @ ..], [three, four, seen @ ..])
            if base(*one) == *four && base(*two) == *three && same(rest, seen) =>
        {
            true
        }
        ([_, rest @ ..], seen) if same(rest, seen) => true,
        (rest, [_, seen @ ..]) => same(rest, seen),
        _ => false,
    }
}
