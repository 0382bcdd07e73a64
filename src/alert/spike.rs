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

/// Below so many times what is usual in the last [`CALM_WINDOW`] hours a spike begins to be over.
const CALM_TIMES: f64 = 1.6;
const CALM_WINDOW: usize = 3;
/// Fewer in the last [`CALM_WINDOW`] hours are calm whatever is usual.
const CALM_LEAST: u32 = 3;
/// So many hours of calm end a spike.
const CALM: i64 = 5;
/// What lasts for so many hours is over as a spike: it is learned as what is usual now.
pub const LONGEST: i64 = 7 * 24;

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
}

/// What happened since the last look.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    Began(Spike),
    Ended(Spike),
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
        follow(spike, rhythm, hours, now);
        // What could not be heard is not calm, and no part of what lasts.
        let lasted = heard(hours, now - spike.began);
        let is_over = heard(hours, now - spike.last) > CALM || lasted > LONGEST;
        if !is_over || hours.last().is_some_and(|hour| hour.is_deaf) {
            return None;
        }
        if lasted > LONGEST {
            // How people spoke before tells nothing of how they do now.
            course.since = spike.began;
        }
        course.ended = Some(now);
        return course.spike.take().map(Turn::Ended);
    }
    // What came before the last spike was over is told.
    let fresh = course.ended.map_or(usize::MAX, |ended| usize::try_from(now - ended).unwrap_or(0));
    let spike = usual.spike(hours, now, fresh)?;
    course.spike = Some(spike.clone());
    Some(Turn::Began(spike))
}

/// Takes in what came since the last look.
fn follow(spike: &mut Spike, rhythm: &Rhythm, hours: &[Hour], now: i64) {
    let count = sum(hours, spike.of, CALM_WINDOW);
    let window: Vec<Hour> =
        last(hours, CALM_WINDOW).iter().filter(|hour| !hour.is_deaf).copied().collect();
    let usual = rhythm.expected(&window);
    if count >= CALM_LEAST && f64::from(count) >= CALM_TIMES * usual {
        // The last of these hours that has any.
        let since = last(hours, CALM_WINDOW).iter().rev().position(|hour| hour.count(spike.of) > 0);
        let back = since.and_then(|back| i64::try_from(back).ok()).unwrap_or(0);
        spike.last = spike.last.max(now - back);
    }
    let length = usize::try_from(now - spike.began + 1).unwrap_or(0);
    let of_spike = last(hours, length);
    let until = usize::try_from(spike.last - spike.began + 1).unwrap_or(0);
    spike.total = of_spike.iter().take(until).map(|hour| hour.count(spike.of)).sum();
    for (at, hour) in (spike.began..).zip(of_spike) {
        if hour.count(spike.of) > spike.most {
            (spike.most, spike.peak) = (hour.count(spike.of), at);
        }
    }
}

/// Returns how many of the last hours could be heard.
fn heard(hours: &[Hour], number: i64) -> i64 {
    let number = usize::try_from(number).unwrap_or(0);
    let deaf = last(hours, number).iter().filter(|hour| hour.is_deaf).count();
    i64::try_from(number.saturating_sub(deaf)).unwrap_or(i64::MAX)
}

fn last(hours: &[Hour], number: usize) -> &[Hour] {
    hours.get(hours.len().saturating_sub(number)..).unwrap_or_default()
}

fn sum(hours: &[Hour], of: Of, window: usize) -> u32 {
    last(hours, window).iter().map(|hour| hour.count(of)).fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests;
