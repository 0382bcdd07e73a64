//! Going through a text once, taking what says when.

use chrono::Weekday;

use super::clock::{self, Clock};
use super::day::{self, Day, Order};
use super::word::Pieces;
use super::{names, relative};

/// What a text said.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) day: Option<Day>,
    pub(super) clock: Option<Clock>,
    /// It means now, unless it says more.
    pub(super) now: bool,
    /// There is nothing in it but a time.
    pub(super) bare: bool,
    /// The order of numbers in the language that a word of it is of.
    pub(super) custom: Option<Order>,
    /// The time or zone was impossible.
    pub(super) broken: bool,
}

/// In a text of more words `now` is one of them, not a date: `The time now is`.
const MOST_NOW: usize = 5;

/// Reads the first date of a text. What stands behind words like `edited` is of another one.
/// `relative` dates are left out if that is not asked for.
pub(super) fn read(pieces: &Pieces, relative: bool) -> Said {
    let mut scan = Scan { pieces, relative, said: Said { bare: true, ..Said::default() } };
    let mut at = 0;
    while at < pieces.len() && !names::is_edit(pieces.word(at)) {
        match scan.step(at) {
            Some(behind) => at = behind.max(at + 1),
            None => break,
        }
    }
    scan.said.now &= pieces.words() <= MOST_NOW;
    scan.said
}

struct Scan<'a> {
    pieces: &'a Pieces,
    relative: bool,
    said: Said,
}

impl Scan<'_> {
    /// Takes what begins at `at`, and returns the place behind it. `None` where the date is over.
    fn step(&mut self, at: usize) -> Option<usize> {
        if self.relative
            && let Some((span, behind)) = relative::at(self.pieces, at)
        {
            return self.take(Day::Ago(span)).then_some(behind);
        }
        if let Some((clock, behind)) = clock::at(self.pieces, at, self.said.day) {
            return self.take_clock(clock).then_some(behind);
        }
        if let Some((day, behind)) = day::at(self.pieces, at) {
            self.said.bare = false;
            if day.is_some_and(|day| !self.take(day)) {
                return None;
            }
            // `T` leads to a time.
            let time =
                self.pieces.word(behind) == "t" && self.pieces.glued_number(behind + 1).is_some();
            if time && clock::at(self.pieces, behind + 1, self.said.day).is_none() {
                self.said.broken = true;
            }
            return Some(behind);
        }
        if let Some(number) = self.pieces.number(at) {
            self.said.bare = false;
            // The year stands last: `Mar 5 12:05:00 2024`.
            if let (Some(Day::Yearless { month, day }), 4) = (self.said.day, number.digits) {
                let year =
                    i32::try_from(number.value).ok().filter(|year| day::YEARS.contains(year));
                let year = year.filter(|_| self.said.clock.is_some());
                let date = year.and_then(|year| chrono::NaiveDate::from_ymd_opt(year, month, day));
                self.said.day = date.map(Day::Full).or(self.said.day);
            }
        }
        let word = self.pieces.word(at);
        if names::shows_day_first(word) || word == "a" && self.pieces.number(at + 1).is_some() {
            self.said.custom = Some(Order::DayMonth);
        }
        (!self.relative || self.word(at)).then_some(at + 1)
    }

    /// Says whether the word at `at` is where a shortened weekday would be.
    fn leads(&self, at: usize) -> bool {
        let behind = at + 1 + usize::from(self.pieces.is_mark(at + 1, &['.', ',']));
        let next = self.pieces.word(behind);
        at == 0 && (next.is_empty() || names::leads_to_clock(next))
    }

    /// Takes a word that may be a day. Returns whether the date may go on.
    fn word(&mut self, at: usize) -> bool {
        let word = self.pieces.word(at);
        if word.is_empty() || names::leads_to_clock(word) {
            return true;
        }
        self.said.bare = false;
        let before = self.pieces.word_before(at);
        self.said.now |= names::is_now(word) && before != "from";
        let over = at.checked_sub(2).map_or("", |at| self.pieces.word(at));
        let before = if before.is_empty() { over } else { before };
        if let Some(back) = names::days_back(before, word) {
            return self.take(Day::Back(back));
        }
        let day: Option<Weekday> = names::weekday(word)
            .or_else(|| self.leads(at).then(|| names::short_weekday(word)).flatten());
        day.is_none_or(|day| self.take(Day::Weekday(day)))
    }

    /// Takes a day. Returns whether the date may go on.
    fn take(&mut self, day: Day) -> bool {
        self.said.bare = false;
        let strong = !day.is_weak();
        match (self.said.day, day) {
            (Some(Day::Weekday(_)), Day::Weekday(_)) => {}
            (Some(Day::Weekday(_)), Day::Pair { closed: false, .. })
                if self.said.clock.is_some() => {}
            (None | Some(Day::Weekday(_)), _) => self.said.day = Some(day),
            // `14.05 eilen`
            (
                Some(Day::Pair { first, second, mark: '.', closed: false }),
                Day::Back(_) | Day::Weekday(_),
            ) if self.said.clock.is_none() => {
                let clock = Clock { hour: first, minute: second, ..Clock::default() };
                self.said.clock = clock.time().map(|_| clock);
                self.said.day = Some(day);
            }
            // What stood there was no date.
            (Some(Day::Pair { closed: false, .. }), _) if strong => self.said.day = Some(day),
            (Some(old), _) if old.is_weak() && strong && self.said.clock.is_none() => {
                self.said.day = Some(day);
            }
            (Some(_), Day::Pair { .. } | Day::Weekday(_)) => {}
            (Some(_), _) => return false,
        }
        true
    }

    /// Takes a time; `None` is an impossible one. Returns whether the date may go on.
    fn take_clock(&mut self, clock: Option<Clock>) -> bool {
        if self.said.clock.is_some() {
            return false;
        }
        self.said.broken |= clock.is_none() && self.said.day.is_some();
        self.said.clock = clock;
        true
    }
}
