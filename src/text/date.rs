//! Dates as feeds and forum pages write them: by the standards, and by everybody else.
//!
//! Not a list of formats but a reader of words: a text comes apart into words, numbers and marks,
//! and each is a time, a day, a month, a zone, or says nothing. So the order of day and month names,
//! missing seconds, a wrong weekday and words around the date do not matter.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

mod clock;
mod day;
mod names;
#[cfg(test)]
mod properties;
mod relative;
mod scan;
#[cfg(test)]
mod tests;
mod word;
mod zone;

use day::Day;
pub use day::Order;
use scan::Said;
use word::Pieces;
pub use zone::{Zone, stated_zone};

/// A longer text is no date of a feed.
const MOST_BYTES: usize = 200;
/// Earlier years are placeholders of software, not dates.
const FIRST_YEAR: i32 = 1970;
/// How far back the year of a 29th of February can lie.
const LEAP_YEARS: i32 = 8;

/// Reads an absolute date and time, in UTC where no zone is told. `None` where there is no full date
/// in it, or an impossible one.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    if text.len() > MOST_BYTES {
        return None;
    }
    machine(text).or_else(|| {
        let said = scan::read(&Pieces::of(text), false);
        After { said, now: None, zone: Zone::UTC, order: None }.date()
    })
}

/// How the pages of a site write and mean dates.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// When the page was fetched: what `yesterday` is told from.
    pub now: DateTime<Utc>,
    /// The zone of times that tell none.
    pub zone: Zone,
    /// What comes first in all-numeric dates. Where nobody knows, dots and dashes mean the day and
    /// strokes the month; AM and PM mean the month, and words such as `klo`, `um` and `à` the day.
    pub order: Option<Order>,
}

impl Reading {
    /// Reads the first date in `text`, absolute (also in seconds or milliseconds since 1970) or
    /// relative to now. What is behind words like `edited` does not count, nor what lies far into the
    /// text. Days of a week and dates without a year are the latest such; dates told relative to now
    /// are never a day after now or more.
    pub fn date(&self, text: &str) -> Option<DateTime<Utc>> {
        machine(text).or_else(|| {
            let said = scan::read(&Pieces::of(text), true);
            After { said, now: Some(self.now), zone: self.zone, order: self.order }.date()
        })
    }
}

/// Returns which comes first in the all-numeric dates of one page, as far as any of them shows it: by
/// a number that can only be a day, else by dots, by AM and PM or by words such as `klo`, else by a
/// year in front. `None` if
/// nothing shows it, or they contradict each other.
pub fn order_of<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Order> {
    // By what can only be a day, by the style, by the year.
    let mut votes = [[0_u32; 2]; 3];
    for text in texts {
        let said = scan::read(&Pieces::of(text), false);
        let afternoon = said.clock.is_some_and(|clock| clock.afternoon.is_some());
        let (first, second, mark) = match said.day {
            Some(
                Day::Numbers { first, second, mark, .. } | Day::Pair { first, second, mark, .. },
            ) => (first, second, mark),
            Some(Day::YearFirst(_)) => {
                votes[2][1] += 1;
                continue;
            }
            _ => continue,
        };
        match (first, second, mark) {
            (13..=31, 1..=12, _) => votes[0][0] += 1,
            (1..=12, 13..=31, _) => votes[0][1] += 1,
            _ if afternoon => votes[1][1] += 1,
            _ if mark == '.' || said.custom.is_some() => votes[1][0] += 1,
            _ => {}
        }
    }
    votes.into_iter().find(|votes| *votes != [0, 0]).and_then(|[days, months]| {
        (days != months).then_some(if days > months { Order::DayMonth } else { Order::MonthDay })
    })
}

/// Reads what the standards say, and counts of seconds or milliseconds.
fn machine(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.len() > MOST_BYTES {
        return None;
    }
    let standard = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc2822(text))
        .map(|date| date.to_utc())
        .ok();
    standard.or_else(|| epoch(text)).filter(|date| date.year() >= FIRST_YEAR)
}

fn epoch(text: &str) -> Option<DateTime<Utc>> {
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    text.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()).then_some(())?;
    match text.len() {
        9..=11 => DateTime::from_timestamp(text.parse().ok()?, 0),
        12..=13 => DateTime::from_timestamp_millis(text.parse().ok()?),
        _ => None,
    }
}

/// What a text said, and what it is read by.
struct After {
    said: Said,
    /// None: only absolute dates are wanted.
    now: Option<DateTime<Utc>>,
    zone: Zone,
    order: Option<Order>,
}

impl After {
    fn date(mut self) -> Option<DateTime<Utc>> {
        if self.said.broken {
            return None;
        }
        if let Some(minutes) = self.said.clock.and_then(|clock| clock.offset) {
            self.zone = Zone::ahead(minutes)?;
        }
        let date = match self.said.day {
            Some(Day::Full(date) | Day::YearFirst(date)) => self.at(date),
            Some(Day::Numbers { first, second, year, mark }) => {
                self.at(self.in_order(mark, |order| day::ordered(first, second, year, order))?)
            }
            Some(Day::Pair { first, second, mark, closed }) => {
                // Alone it may be a number with a fraction.
                (closed || self.said.clock.is_some()).then_some(())?;
                self.latest_year(|year| {
                    self.in_order(mark, |order| day::ordered(first, second, year, order))
                })
            }
            Some(Day::Yearless { month, day }) => {
                self.latest_year(|year| NaiveDate::from_ymd_opt(year, month, day))
            }
            Some(Day::Back(days)) => self.at(self.today()?.checked_sub_days(Days::new(days))?),
            Some(Day::Weekday(day)) => self.latest(|date| date.weekday() == day),
            Some(Day::Ago(span)) => {
                let then = span.before(self.now?)?;
                match self.said.clock {
                    // `2 days ago at 14:05`
                    Some(_) => self.at(self.zone.local(then).date()),
                    None => Some(then),
                }
            }
            None if self.said.clock.is_some() && self.said.bare => self.latest(|_| true),
            None if self.said.now && self.said.clock.is_none() => self.now,
            None => None,
        };
        date.filter(|date| date.year() >= FIRST_YEAR)
    }

    /// Returns the moment of the said time on `date`; its beginning if no time was said.
    fn at(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        let (time, more) = match self.said.clock {
            Some(clock) => clock.time()?,
            None => (NaiveTime::default(), TimeDelta::zero()),
        };
        let local: NaiveDateTime = date.and_time(time).checked_add_signed(more)?;
        self.zone.moment(local)
    }

    fn today(&self) -> Option<NaiveDate> {
        self.now.map(|now| self.zone.local(now).date())
    }

    /// Returns the latest day that `fits` and on which the said time is not after now.
    fn latest(&self, fits: impl Fn(NaiveDate) -> bool) -> Option<DateTime<Utc>> {
        let (now, today) = (self.now?, self.today()?);
        (0..=7)
            .filter_map(|back| today.checked_sub_days(Days::new(back)))
            .filter(|date| fits(*date))
            .filter_map(|date| self.at(date))
            .find(|moment| *moment <= now)
    }

    /// Returns the date of the latest year that is not a day after now or more.
    fn latest_year(&self, of: impl Fn(i32) -> Option<NaiveDate>) -> Option<DateTime<Utc>> {
        let limit = self.now?.checked_add_signed(TimeDelta::days(1))?;
        let this_year = self.today()?.year();
        (this_year - LEAP_YEARS..=this_year + 1)
            .rev()
            .filter_map(|year| self.at(of(year)?))
            .find(|moment| *moment < limit)
    }

    /// Returns what `of` gives by the order of the page, or by the custom of the `mark`; by the other
    /// order where that makes no date.
    fn in_order(&self, mark: char, of: impl Fn(Order) -> Option<NaiveDate>) -> Option<NaiveDate> {
        let afternoon = self.said.clock.is_some_and(|clock| clock.afternoon.is_some());
        let custom = match mark {
            '/' | '-' if afternoon => Order::MonthDay,
            '/' => self.said.custom.unwrap_or(Order::MonthDay),
            _ => Order::DayMonth,
        };
        let (first, second) = match self.order.unwrap_or(custom) {
            Order::DayMonth => (Order::DayMonth, Order::MonthDay),
            Order::MonthDay => (Order::MonthDay, Order::DayMonth),
        };
        of(first).or_else(|| of(second))
    }
}
