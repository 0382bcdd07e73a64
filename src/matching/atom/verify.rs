//! Whether an atom stands where the scan found its beginning: the letters, the ends of the word, the
//! ending of the form, the capitals.

use super::compare::{Distance, compare};
use super::spot::Spot;
use super::{Atom, Place, Sort};
use crate::brand::Field;
use crate::matching::inflect::{Kind, Stem, Word, ends_with, is_tag_tail};
use crate::matching::letter::{Letter, is_one_word};
use crate::matching::name::Gap;
use crate::matching::reading::{Link, Reading};
use std::ops::Range;

/// Why an atom does not stand where its beginning does. Those that come later were nearer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Miss {
    /// The letters go on otherwise.
    Letters,
    /// It is in the middle of a longer word.
    Inside(String),
    /// It is in the path of a link.
    Link,
    /// The word goes on in a way that is no ending.
    Ending(String),
    /// It lacks the capitals.
    Capitals(String),
}

impl Atom {
    /// Returns where it stands, if it does where `text` has one of its patterns: byte `at` of the
    /// original.
    pub(in super::super) fn place(
        &self,
        reading: &Reading<'_>,
        field: Field,
        at: usize,
    ) -> Result<Place, Miss> {
        let text = reading.field(field);
        let at = if self.sort == Sort::Misspelt { text.word_start(at) } else { at };
        let spot = Spot::new(self, reading, text, at);
        let range = match self.sort {
            Sort::Name | Sort::Capitals => self.name_at(&spot),
            Sort::Misspelt => self.misspelt_at(&spot),
            Sort::Exact => self.exact_at(&spot),
            Sort::Prefix => self.prefix_at(&spot),
            Sort::Handle | Sort::Tag => self.signed_at(&spot),
        }?;
        let end = range.end.checked_sub(1).and_then(|last| spot.letters.get(last));
        let start = spot.letters.get(range.start).map_or(at, |letter| letter.at);
        let place = Place { start, end: end.map_or(start, |letter| letter.end) };
        match spot.link() {
            Link::Host { start, end, .. } if place.start < start || place.end > end => {
                Err(Miss::Link)
            }
            _ => Ok(place),
        }
    }

    /// A name in one of its forms.
    pub(super) fn name_at(&self, spot: &Spot<'_, '_>) -> Result<Range<usize>, Miss> {
        let surrounding = spot.surrounding();
        let mut nearest = Miss::Letters;
        let mut best: Option<usize> = None;
        let mut take = |found: Result<usize, Miss>| match found {
            Ok(end) => best = Some(best.map_or(end, |best| best.max(end))),
            Err(miss) => nearest = nearest.clone().max(miss),
        };
        let words = self.name.words.as_slice();
        let Some((_, leading)) = words.split_last() else { return Err(Miss::Letters) };
        // Where the last word may begin, whether the first is inflected, and the letters so far.
        let mut begins = vec![(0, false, Distance::default(), Vec::new())];
        for (number, word) in leading.iter().enumerate() {
            let full: Vec<char> = word.iter().map(|letter| letter.full).collect();
            let mut next = Vec::new();
            for (at, _, distance, starts) in begins {
                let mut lead = |end: usize, is_inflected: bool, distance: Distance| {
                    for after in self.name.behind_gap(number, &spot.letters, end, surrounding) {
                        let mut starts: Vec<Range<usize>> = starts.clone();
                        starts.push(at..end);
                        next.push((after, is_inflected, distance, starts));
                    }
                };
                let mut with = distance;
                if let Some(end) =
                    compare(&full, word, &spot.letters, at, &spot.writing(), &mut with)
                {
                    lead(end, false, with);
                }
                if number == 0 {
                    for (end, is_finnish) in self.inflected_lead(spot, at) {
                        lead(end, is_finnish, distance);
                    }
                }
            }
            begins = next;
        }
        for (at, is_inflected, distance, leads) in begins {
            for stem in &self.stems {
                take(self.stem_at(spot, stem, at, (is_inflected, distance), &leads));
            }
        }
        let end = best.ok_or(nearest)?;
        spot.begins_well(self)?;
        Ok(0..end)
    }

    /// The ends of the first word where it is inflected with the last, and whether the last must be too.
    fn inflected_lead(&self, spot: &Spot<'_, '_>, at: usize) -> Vec<(usize, bool)> {
        let mut ends = Vec::new();
        for stem in &self.agreeing {
            let mut distance = Distance::default();
            let word = self.name.words.first().map(Vec::as_slice).unwrap_or_default();
            let end =
                compare(&stem.letters, word, &spot.letters, at, &spot.writing(), &mut distance);
            let Some(end) = end else { continue };
            let rest = spot.rest(end);
            if ends_with(stem, &rest, self.about, spot.languages()) {
                let is_finnish = stem.kind != Kind::Adjective;
                ends.push((end + rest.chars().count(), is_finnish));
            }
        }
        ends
    }

    /// The last word from `at` on, with one of its stems. `leads` are the words before it.
    fn stem_at(
        &self,
        spot: &Spot<'_, '_>,
        stem: &Stem,
        at: usize,
        (is_inflected, mut distance): (bool, Distance),
        leads: &[Range<usize>],
    ) -> Result<usize, Miss> {
        let word = self.name.words.last().map(Vec::as_slice).unwrap_or_default();
        let end = compare(&stem.letters, word, &spot.letters, at, &spot.writing(), &mut distance)
            .ok_or(Miss::Letters)?;
        let found = spot.letters.get(0..end).unwrap_or_default();
        if !distance.is_near(found, || spot.is_among_latin(end)) {
            return Err(Miss::Letters);
        }
        let end = self.tail_at(spot, end).ok_or(Miss::Letters)?;
        let last = self.ending(spot, stem, end)?;
        // A name that the scan reads with an I for its İ may be another word, unless its ending is set off.
        let is_set_off = last == end || spot.letters.get(end).is_some_and(|next| next.full == '\'');
        if distance.is_dotless() && !is_set_off {
            return Err(Miss::Letters);
        }
        // Who writes Turkish with its letters writes koça, and koca is another word.
        if self.about.is_common && distance.is_bare() && spot.text.looks_turkish() {
            return Err(Miss::Letters);
        }
        // An adjective is inflected with its noun: suomalaisen kirjakauppa is no name.
        if is_inflected && last == end && stem.kind == Kind::Base {
            return Err(Miss::Letters);
        }
        let mut words = leads.to_vec();
        words.push(at..end);
        if self.sort == Sort::Capitals && !self.has_capitals(spot, &words) {
            return Err(Miss::Capitals(spot.word()));
        }
        Ok(last)
    }

    /// The signs at the end of the name: C++.
    fn tail_at(&self, spot: &Spot<'_, '_>, at: usize) -> Option<usize> {
        // Canal + is written so too.
        let is_apart = !self.name.tail.is_empty() && self.name.len() > 3;
        let rest = spot.letters.get(at..).unwrap_or_default();
        let blank = usize::from(is_apart && rest.first().is_some_and(Letter::is_space));
        let rest = rest.get(blank..).unwrap_or_default();
        let stands = self.name.tail.iter().zip(rest).all(|(sign, letter)| *sign == letter.full);
        let length = self.name.tail.len() + blank;
        (stands && rest.len() >= self.name.tail.len()).then_some(at + length)
    }

    /// Tells whether the capitals of the name are there.
    fn has_capitals(&self, spot: &Spot<'_, '_>, words: &[Range<usize>]) -> bool {
        let letters = |range: &Range<usize>| spot.letters.get(range.clone()).unwrap_or_default();
        if self.name.is_all_caps() {
            let mut all = words.iter().flat_map(letters);
            return all.all(|letter| letter.is_upper() || !letter.full.is_alphabetic());
        }
        self.name.words.iter().zip(words).enumerate().all(|(number, (word, range))| {
            // Lähitapiola is as good as LähiTapiola.
            let is_camel = number
                .checked_sub(1)
                .is_some_and(|gap| self.name.gaps.get(gap) == Some(&Gap::Camel));
            let is_wanted = word.first().is_some_and(Letter::is_upper) && !is_camel;
            !is_wanted || letters(range).first().is_some_and(Letter::is_upper)
        })
    }

    /// Returns where the form ends whose stem ends at `at`.
    pub(super) fn ending(
        &self,
        spot: &Spot<'_, '_>,
        stem: &Stem,
        at: usize,
    ) -> Result<usize, Miss> {
        let last = at.checked_sub(1).and_then(|last| spot.letters.get(last));
        let goes_on = |next: &Letter| last.is_some_and(|last| is_one_word(last.full, next.full));
        let is_bare = stem.is_whole();
        let next = spot.letters.get(at);
        if let Some(sign) = spot.before().sign
            && spot.is_in_run(at)
        {
            return self.tag_ending(spot, stem, at, sign);
        }
        if !next.is_some_and(goes_on) {
            return if is_bare { Ok(spot.with_sign(at)) } else { Err(Miss::Letters) };
        }
        let rest = spot.rest(at);
        if matches!(spot.link(), Link::Host { .. }) || rest.is_empty() {
            return Err(Miss::Inside(spot.word()));
        }
        if is_bare && (spot.is_camel(at) || self.is_model(&rest)) {
            return Ok(at);
        }
        let length = rest.chars().count();
        let about = self.about_here(spot, at);
        // Of Sonya'yı the name is Sonya.
        let is_longer = spot.letters.get(at + length).is_some_and(|next| next.full == '\'')
            && spot.letters.get(at + length + 1).is_some_and(Letter::is_word);
        if !is_longer
            && ends_with(stem, &rest, about, spot.languages())
            && self.suits_case(spot, at, length)
        {
            return Ok(at + length);
        }
        Err(if is_bare { Miss::Ending(spot.word()) } else { Miss::Letters })
    }

    /// Tells whether what follows is the number of a model: iPhone7.
    fn is_model(&self, rest: &str) -> bool {
        !self.about.is_common
            && !self.name.has_digit()
            && self.name.len() > 3
            && rest.len() <= 4
            && rest.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// What is known of the word, as the text has it.
    fn about_here(&self, spot: &Spot<'_, '_>, at: usize) -> Word {
        let stem = spot.letters.get(..at).unwrap_or_default();
        let mut letters = stem.iter().filter(|letter| letter.full.is_alphabetic());
        let is_small = self.name.has_capital
            && !letters.clone().any(Letter::is_upper)
            && spot.text.begins_with_capital();
        let is_shouted = self.about.is_acronym && letters.all(Letter::is_upper);
        let before = spot.text.between(0..spot.start).trim_end().chars().next_back();
        let is_opening = before.is_none_or(|c| matches!(c, '.' | '!' | '?' | ':' | '…'));
        let is_sure = spot.is_sure();
        Word { is_shouted, is_small, is_sure, is_opening, ..self.about }
    }

    /// Tells whether an ending is written in a case that goes with the name: PTTE is no PTT, unless all
    /// is shouted.
    fn suits_case(&self, spot: &Spot<'_, '_>, at: usize, length: usize) -> bool {
        let ending = spot.letters.get(at..at + length).unwrap_or_default();
        let stem = spot.letters.get(..at).unwrap_or_default();
        let stem_shouts =
            stem.iter().filter(|letter| letter.full.is_alphabetic()).all(Letter::is_upper);
        if !ending.iter().any(Letter::is_upper) {
            return true;
        }
        if !ending.iter().all(|letter| letter.is_upper() || !letter.full.is_alphabetic())
            || !stem_shouts
        {
            return false;
        }
        let end = ending.last().map_or(spot.start, |letter| letter.end);
        !self.name.is_all_caps() || spot.text.shouts(spot.start..end)
    }

    /// The same in a hashtag or handle, whose words stand without blanks.
    fn tag_ending(
        &self,
        spot: &Spot<'_, '_>,
        stem: &Stem,
        at: usize,
        sign: char,
    ) -> Result<usize, Miss> {
        let is_bare = stem.is_whole();
        let Some(next) = spot.letters.get(at) else {
            return if is_bare { Ok(at) } else { Err(Miss::Letters) };
        };
        let is_over = !next.is_word() && next.full != '_';
        if is_bare && (is_over || next.full == '_' || spot.is_camel(at)) {
            return Ok(if is_over && sign == '#' { spot.with_sign(at) } else { at });
        }
        let rest = spot.rest(at);
        if is_bare && !rest.is_empty() && is_tag_tail(&rest) {
            return Ok(at);
        }
        // #VRmyöhässä
        let is_shouted = self.about_here(spot, at).is_shouted;
        if is_bare && sign == '#' && is_shouted && rest.len() > 3 && !next.is_upper() {
            return Ok(at);
        }
        if !rest.is_empty() && ends_with(stem, &rest, self.about, spot.languages()) {
            return Ok(at + rest.chars().count());
        }
        Err(if is_bare { Miss::Ending(spot.word()) } else { Miss::Letters })
    }
}
