//! Spikes: when people speak of a brand far more than they usually do at this hour of the week, or
//! complain far more. Pure: counts in, what began or ended out.
//!
//! What is usual is learned from the last eight weeks, robustly: days far above the median are cut down,
//! hours in which nothing could be heard are left out, and each hour of the week is drawn toward the same
//! hour of the other days, and toward the mean, the less is known of it. How unevenly people speak is
//! learned for each length of window. A spike begins where so many in the last hours would come by
//! chance once in many months, under a negative binomial distribution, and where they are some times what
//! is usual. The last day is no part of what is usual, nor is the spike itself.
//!
//! From outbreak detection: the guard band between what is judged and what it is held against, of the
//! EARS methods C2 and C3 (Hutwagner and others 2003); the overdispersed upper bound and the smaller
//! weight of past outbreaks, of Farrington and others 1996 and Noufaily and others 2013.

mod usual;

use crate::enrich::Label;
use crate::mention::Mention;
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use usual::{LEAST, Rhythm, Usual};

/// How many hours are counted: eight weeks.
pub const KEPT: usize = 8 * 7 * 24;
/// How long a brand must be listened to before anything is unusual.
pub const LEAST_KNOWN: usize = 14 * 24;

/// The last hours, which are no part of what is usual.
const GUARD: usize = 24;
const WEEK: usize = 168;
const DAY: usize = 24;

/// Below so many times what is usual in the last [`WIDTH_OF_CALM`] hours a spike begins to be over.
const CALM_TIMES: f64 = 1.6;
const WIDTH_OF_CALM: i64 = 3;
/// Fewer in the last [`WIDTH_OF_CALM`] hours are calm whatever is usual.
const CALM_LEAST: u32 = 3;
/// So many hours of calm end a spike.
const CALM: i64 = 5;
/// What lasts for so many hours is over as a spike: it is learned as what is usual now.
pub const LONGEST: i64 = 7 * 24;

/// A clock may be set right by so many hours without anybody noticing.
const SWAY: i64 = 1;
/// Where nobody looked for so many hours what is usual is learned anew.
const LONGEST_AWAY: i64 = 14 * 24;
const HOURS_OF_GUARD: i64 = 24;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// All mentions.
    All,
    /// The negative ones.
    Negative,
}

/// What was counted in one hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hour {
    /// Which hour of the week it was where people live, from 0 to 167.
    pub slot: u8,
    pub all: u32,
    pub negative: u32,
    /// Whether a source of the brand could not be heard then: what is missing tells nothing.
    pub is_deaf: bool,
}

/// Returns the number of the hour of the Unix era in which `at` lies.
pub fn hour(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(3600)
}

/// Returns when an hour of the Unix era begins.
pub fn begin(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(hour.saturating_mul(3600), 0).unwrap_or_default()
}

/// Returns which hour of the week it is in `zone`, from 0 on Monday at midnight to 167.
pub fn slot(hour: i64, zone: Tz) -> u8 {
    let local = begin(hour).with_timezone(&zone);
    let slot = local.weekday().num_days_from_monday() * 24 + local.hour();
    u8::try_from(slot).unwrap_or_default()
}

/// Returns in which hour a mention counts, and whether as a negative one; `None` where it does not: a copy
/// is no news, what the brand wrote itself or is about something else is none of it, and what was found
/// long after it was written tells nothing of now.
pub fn counted(mention: &Mention) -> Option<(i64, bool)> {
    let is_news = !mention.own && !mention.is_noise() && !mention.is_muted();
    let is_told = mention.seen - mention.time() < TimeDelta::weeks(8);
    let is_head = mention.story == mention.id;
    (is_news && is_told && is_head)
        .then(|| (hour(mention.time()), mention.label() == Label::Negative))
}

impl Hour {
    fn count(&self, of: Of) -> u32 {
        match of {
            Of::All => self.all,
            Of::Negative => self.negative,
        }
    }
}

/// A spike. Hours are those of the Unix era.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spike {
    pub of: Of,
    /// In which hour it began.
    pub began: i64,
    /// In which hour it was found.
    pub found: i64,
    /// How many there were when it was found, in how many hours, and how many are usual in so many.
    pub count: u32,
    pub hours: u32,
    pub usual: f64,
    /// The last hour that was not calm.
    pub last: i64,
    /// The hour with the most, and how many those were.
    pub peak: i64,
    pub most: u32,
    /// How many there were in all, from the hour in which it began to the last that was not calm.
    pub total: u32,
}

/// What is known of a brand from look to look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Course {
    /// From which hour on what is counted tells what is usual: since it is listened to, or since a spike
    /// began that stayed.
    pub since: i64,
    /// Who was told of the spike: the alert and the recipient.
    pub told: Vec<(String, String)>,
    /// The spike that is under way.
    pub spike: Option<Spike>,
    /// In which hour the last one was over: what came before it makes no new one.
    pub ended: Option<i64>,
    /// The hours in which a source of the brand could not be heard.
    pub deaf: BTreeSet<i64>,
    /// The hour of the last look.
    pub looked: Option<i64>,
    /// What `since` and `looked` were before nobody looked for long, or the clock was set far forward.
    pub before: Option<(i64, i64)>,
    /// How many mentions were found late in a day, and in which hour that began.
    pub late: Option<(i64, u32)>,
    /// From which hour on what is usual is to be learned anew, once no spike is under way.
    pub anew: Option<i64>,
}

impl Course {
    /// Notes that a source of the brand could not be heard from `since` until now: the hours that lie wholly
    /// in that time. So that one which is broken for good does not make all hours deaf, one that could not
    /// be heard for a week counts no more. Returns whether it still counts.
    pub fn deafened(&mut self, since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        if now - since >= TimeDelta::hours(LONGEST) {
            return false;
        }
        let first = hour(since) + i64::from(begin(hour(since)) < since);
        self.deaf.extend(first..hour(now));
        true
    }

    /// Notes how many mentions of the last day were found late, in hour `now`: because their source is new,
    /// or because the keywords changed. So many that they would make a spike tell that what is counted from
    /// here on is no measure of what was counted before.
    pub fn found_late(&mut self, number: u32, now: i64) {
        let of_day = self.late.filter(|(began, _)| (0..=HOURS_OF_GUARD).contains(&(now - began)));
        let (began, before) = of_day.unwrap_or((now, 0));
        let number = before.saturating_add(number);
        self.late = (number < LEAST).then_some((began, number));
        if number >= LEAST {
            self.anew = Some(now);
        }
    }

    /// Makes good what a clock that was wrong left behind, and begins to learn anew where it must, before
    /// hour `now` is looked at.
    pub fn set_right(&mut self, now: i64) {
        let is_ahead = |hour: i64| hour > now + SWAY;
        let of_spike = self.spike.as_ref().map(|spike| spike.found.max(spike.last));
        if is_ahead(self.since) || self.ended.into_iter().chain(of_spike).any(is_ahead) {
            // It was found by a clock that was ahead.
            (self.spike, self.ended) = (None, None);
            self.told.clear();
        }
        if is_ahead(self.since) {
            // Nothing was lost where the clock was ahead for a while only.
            let known = self.before.take().filter(|(since, looked)| {
                *since <= now && (-SWAY..=LONGEST_AWAY).contains(&(now - looked))
            });
            self.since = known.map_or(now, |(since, _)| since);
        } else if let Some(looked) = self.looked.filter(|looked| now - looked > LONGEST_AWAY) {
            self.before = Some((self.since, looked));
            (self.since, self.spike, self.ended) = (now, None, None);
            self.told.clear();
        }
        if self.spike.is_none()
            && let Some(anew) = self.anew.take()
        {
            self.since = self.since.max(anew.min(now));
        }
        self.late = self.late.filter(|(began, _)| !is_ahead(*began));
        drop(self.deaf.split_off(&(now + SWAY + 1)));
        self.looked = Some(now);
    }

    /// Tells whether what lies eight weeks before hour `now` may be forgotten: not while it may be that the
    /// clock is wrong.
    pub fn may_forget(&self, now: i64) -> bool {
        now - self.since > HOURS_OF_GUARD
    }
}

/// What happened since the last look.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    Began(Spike),
    Ended(Spike),
    /// It has lasted for so long that it is what is usual now.
    Stayed(Spike),
}

/// Looks at the counts of a brand, the oldest first and the hour that is now, `now`, last; from the hour on
/// since which it is listened to.
pub fn look(course: &mut Course, hours: &[Hour], now: i64) -> Option<Turn> {
    let past = past(course, hours, now);
    let is_known = past.len() >= LEAST_KNOWN - GUARD && may_be(hours);
    if course.spike.is_none() && !is_known {
        return None;
    }
    turn(course, hours, now, &Usual::of(past))
}

/// Returns the hours from which is learned what is usual: not the last ones, nor those of the spike.
fn past<'a>(course: &Course, hours: &'a [Hour], now: i64) -> &'a [Hour] {
    let length = |spike: &Spike| usize::try_from(now - spike.began + 1).unwrap_or(0);
    let guard = course.spike.as_ref().map_or(0, length).max(GUARD);
    hours.get(..hours.len().saturating_sub(guard)).unwrap_or_default()
}

/// Tells whether there is so much in the last hours that it may be a spike.
fn may_be(hours: &[Hour]) -> bool {
    sum(hours, Of::All, GUARD) >= LEAST
}

/// The same as [`look`], with what is usual at hand.
fn turn(course: &mut Course, hours: &[Hour], now: i64, usual: &Usual) -> Option<Turn> {
    if let Some(spike) = &mut course.spike {
        let rhythm = match spike.of {
            Of::All => &usual.all,
            Of::Negative => &usual.negative,
        };
        let over = follow(spike, rhythm, hours, now);
        // What could not be heard is no part of what lasts.
        let stays = over.is_none() && heard(between(hours, now, spike.began + 1, now)) > LONGEST;
        if over.is_none() && !stays || hours.last().is_some_and(|hour| hour.is_deaf) {
            return None;
        }
        course.ended = Some(over.unwrap_or(now));
        if stays {
            // How people spoke before tells nothing of how they do now.
            course.since = spike.began;
            return course.spike.take().map(Turn::Stayed);
        }
        return course.spike.take().map(Turn::Ended);
    }
    // What came before the last spike was over is told.
    let fresh = course.ended.map_or(usize::MAX, |ended| usize::try_from(now - ended).unwrap_or(0));
    let spike = usual.spike(hours, now, fresh)?;
    course.spike = Some(spike.clone());
    Some(Turn::Began(spike))
}

/// Takes in what came since the last look, hour by hour: it may be long ago. Returns in which hour it was
/// over; `None` where it goes on.
fn follow(spike: &mut Spike, rhythm: &Rhythm, hours: &[Hour], now: i64) -> Option<i64> {
    let mut over = None;
    let oldest = now - i64::try_from(hours.len()).unwrap_or(0);
    for at in spike.last.max(oldest) + 1..=now {
        let window = between(hours, now, at + 1 - WIDTH_OF_CALM, at);
        let count = window.iter().map(|hour| hour.count(spike.of)).fold(0, u32::saturating_add);
        let heard_of: Vec<Hour> = window.iter().filter(|hour| !hour.is_deaf).copied().collect();
        let usual = rhythm.expected(&heard_of);
        if count >= CALM_LEAST && f64::from(count) >= CALM_TIMES * usual {
            // The last of these hours that has any.
            let since = window.iter().rev().position(|hour| hour.count(spike.of) > 0);
            let back = since.and_then(|back| i64::try_from(back).ok()).unwrap_or(0);
            spike.last = spike.last.max(at - back);
        }
        // What could not be heard is not calm.
        if heard(between(hours, now, spike.last + 1, at)) > CALM {
            over = Some(at);
            break;
        }
    }
    let of_spike = between(hours, now, spike.began, spike.last);
    spike.total = of_spike.iter().map(|hour| hour.count(spike.of)).fold(0, u32::saturating_add);
    for (at, hour) in (spike.began..).zip(of_spike) {
        if hour.count(spike.of) > spike.most {
            (spike.most, spike.peak) = (hour.count(spike.of), at);
        }
    }
    over
}

/// Returns how many of these hours could be heard.
fn heard(hours: &[Hour]) -> i64 {
    let heard = hours.iter().filter(|hour| !hour.is_deaf).count();
    i64::try_from(heard).unwrap_or(i64::MAX)
}

/// Returns the hours from one to another, of those that end with `now`.
fn between(hours: &[Hour], now: i64, from: i64, to: i64) -> &[Hour] {
    let begin = now + 1 - i64::try_from(hours.len()).unwrap_or(0);
    let place = |hour: i64| usize::try_from(hour - begin).unwrap_or(0).min(hours.len());
    hours.get(place(from)..place(to + 1)).unwrap_or_default()
}

fn last(hours: &[Hour], number: usize) -> &[Hour] {
    hours.get(hours.len().saturating_sub(number)..).unwrap_or_default()
}

fn sum(hours: &[Hour], of: Of, window: usize) -> u32 {
    last(hours, window).iter().map(|hour| hour.count(of)).fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests;
