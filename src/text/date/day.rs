//! Days as they are written: `5.3.2024`, `5th of March`, `March 5, 2024`, `2024年3月5日`.

use chrono::{Days, NaiveDate, Weekday};

use super::names;
use super::relative::Span;
use super::word::{Number, Pieces};

/// Which number comes first where day and month are both numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    DayMonth,
    MonthDay,
}

/// What a text says of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// No doubt is left.
    Full(NaiveDate),
    /// As above, with the year in front.
    YearFirst(NaiveDate),
    /// Two numbers and a year.
    Numbers {
        first: u32,
        second: u32,
        year: i32,
        mark: char,
    },
    /// Two numbers alone, which may also be a time; `closed` if a dot follows them: `5.3.`.
    Pair {
        first: u32,
        second: u32,
        mark: char,
        closed: bool,
    },
    Yearless {
        month: u32,
        day: u32,
    },
    /// So many days before today.
    Back(u64),
    /// The latest such day.
    Weekday(Weekday),
    /// A span before now.
    Ago(Span),
}

impl Day {
    /// Says whether a day read later may take its place.
    pub(super) fn is_weak(self) -> bool {
        matches!(self, Self::Pair { .. } | Self::Yearless { .. } | Self::Weekday(_))
    }
}

/// Years that software writes; others are mistakes or other numbers.
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;
/// The years of the Iranian calendar that the same time has, and more.
const IRANIAN: std::ops::RangeInclusive<i32> = 1300..=1500;

/// Reads the day that begins at `at`, if one does, and returns it with the place behind it.
/// `Some((None, _))` is what looks like a date and is none.
pub(super) fn at(pieces: &Pieces, at: usize) -> Option<(Option<Day>, usize)> {
    if pieces.number(at).is_some() {
        numeric(pieces, at)
            .or_else(|| ideographic(pieces, at))
            .or_else(|| year_and_name(pieces, at))
            .or_else(|| number_and_name(pieces, at))
            .or_else(|| eight_digits(pieces, at))
    } else {
        name_first(pieces, at)
    }
}

/// Returns the date if the order of its first two numbers makes one.
pub(super) fn ordered(first: u32, second: u32, year: i32, order: Order) -> Option<NaiveDate> {
    match order {
        Order::DayMonth => NaiveDate::from_ymd_opt(year, second, first),
        Order::MonthDay => NaiveDate::from_ymd_opt(year, first, second),
    }
}

fn full(year: i32, month: u32, day: u32) -> Option<Day> {
    NaiveDate::from_ymd_opt(year, month, day).map(Day::Full)
}

/// `2024-03-05`, `5.3.2024`, `5. 3. 2024`, `3/5/24`, `5-Mar-2024`, `2024-03`, `5.3.`
fn numeric(pieces: &Pieces, at: usize) -> Option<(Option<Day>, usize)> {
    const MARKS: [char; 3] = ['-', '/', '.'];
    let first = pieces.number(at)?;
    let mark =
        pieces.mark(at + 1).filter(|mark| MARKS.contains(mark) && pieces.is_glued(at + 1))?;
    let spaced = mark == '.' && !pieces.is_glued(at + 2);
    let joined = |at: usize| {
        pieces.is_mark(at, &[mark]) && pieces.is_glued(at) && pieces.is_glued(at + 1) != spaced
    };
    if !joined(at + 1) {
        return None;
    }
    let named = names::month(pieces.word(at + 2));
    let second = pieces.number(at + 2).map(|number| number.value).or(named)?;
    let Some(third) = joined(at + 3).then(|| pieces.number(at + 4)).flatten() else {
        return pair(pieces, at, first, mark).filter(|_| !spaced && named.is_none());
    };
    // In spaced dates only the year shows that they are some.
    if spaced && third.digits != 4 {
        return None;
    }
    let mut behind = at + 5;
    if pieces.goes_on(behind, &[mark]) {
        // Four numbers or more: an address, a version.
        while pieces.goes_on(behind, &[mark]) {
            behind += 2;
        }
        return Some((None, behind));
    }
    let day = match (first.digits, named) {
        (4, _) => year_first(full_year(first)?, second, third.value),
        (1 | 2, Some(month)) => full_year(third).and_then(|year| full(year, month, first.value)),
        (1 | 2, None) => full_year(third).and_then(|year| {
            let numbers = Day::Numbers { first: first.value, second, year, mark };
            let orders = [Order::DayMonth, Order::MonthDay];
            orders.iter().find_map(|o| ordered(first.value, second, year, *o)).map(|_| numbers)
        }),
        _ => None,
    };
    Some((day, behind))
}

/// `2024-03`, and `5.3.` or `5/3` without a year.
fn pair(pieces: &Pieces, at: usize, first: Number, mark: char) -> Option<(Option<Day>, usize)> {
    let second = pieces.glued_number(at + 2)?;
    let closed = pieces.is_mark(at + 3, &[mark]) && pieces.is_glued(at + 3);
    let behind = at + 3 + usize::from(closed);
    // The end of a span, or the year that no date has: `30.11.-0001`.
    if names::month(pieces.word(behind)).is_some() || closed && pieces.goes_on(behind, &['-']) {
        return None;
    }
    let day = if first.digits == 4 {
        full_year(first).and_then(|year| full(year, second.value, 1))
    } else {
        let pair = Day::Pair { first: first.value, second: second.value, mark, closed };
        (first.is_short() && second.is_short()).then_some(pair)
    };
    Some((day, behind))
}

/// `2024年3月5日`, `3月5日`, `2024년 3월 5일`.
fn ideographic(pieces: &Pieces, at: usize) -> Option<(Option<Day>, usize)> {
    let (year, at) = match pieces.word(at + 1) {
        "年" | "년" => (Some(full_year(pieces.number(at)?)?), at + 2),
        _ => (None, at),
    };
    let is = |at: usize, names: [char; 3]| pieces.word(at).starts_with(names);
    let month = pieces.number(at).filter(|_| is(at + 1, ['月', '월', '月']))?.value;
    let day = pieces.number(at + 2).filter(|_| is(at + 3, ['日', '일', '号']))?.value;
    let day = match year {
        Some(year) => full(year, month, day),
        None => yearless(month, day),
    };
    Some((day, at + 4))
}

/// `2024 March 5`, `2024. március 5.`
fn year_and_name(pieces: &Pieces, at: usize) -> Option<(Option<Day>, usize)> {
    let year = pieces.number(at).filter(|year| year.digits == 4).and_then(full_year)?;
    let at = at + 1 + usize::from(pieces.is_mark(at + 1, &['.', ',']));
    let month = names::month(pieces.word(at))?;
    let at = at + 1 + usize::from(pieces.is_mark(at + 1, &['.']));
    let day = day_number(pieces, at)?;
    Some((full(year, month, day), at + 1))
}

/// `5 March 2024`, `5. maaliskuuta 2024`, `5th of March`, `5 de marzo de 2024`.
fn number_and_name(pieces: &Pieces, at: usize) -> Option<(Option<Day>, usize)> {
    let day = pieces.number(at).filter(|day| day.is_short())?;
    let (month, behind) = month_behind(pieces, at)?;
    let behind = behind + usize::from(pieces.is_mark(behind, &['.']));
    // In `Reply 3 June 04, 2024` the day comes behind.
    if let Some((number, year)) = pieces.number(behind).zip(pieces.number(behind + 2))
        && number.is_short()
        && year.digits == 4
        && pieces.is_mark(behind + 1, &[','])
    {
        return Some((full_year(year).and_then(|y| full(y, month, number.value)), behind + 3));
    }
    Some(match year_behind(pieces, behind) {
        Some((year, behind)) => (full(year, month, day.value), behind),
        None => (yearless(month, day.value), behind),
    })
}

/// Returns the month behind the day at `at`, and the place behind it.
fn month_behind(pieces: &Pieces, at: usize) -> Option<(u32, usize)> {
    let mut at = at + 1;
    if pieces.is_glued(at)
        && matches!(pieces.word(at), "st" | "nd" | "rd" | "th" | "er" | "o" | "a" | "e")
    {
        at += 1;
    }
    at += usize::from(pieces.is_mark(at, &['.']));
    if matches!(pieces.word(at), "of" | "de" | "di" | "d") {
        at += 1 + usize::from(pieces.is_mark(at + 1, &['\'']));
    }
    Some((names::month(pieces.word(at))?, at + 1))
}

/// `March 5, 2024`, `Mar 5`, `March 2024`, `Mar-05-2024`.
fn name_first(pieces: &Pieces, at: usize) -> Option<(Option<Day>, usize)> {
    let month = names::month(pieces.word(at))?;
    let at = at + 1 + usize::from(pieces.is_mark(at + 1, &['.', '-', '/', ',']));
    let at = at + usize::from(matches!(pieces.word(at), "de" | "del" | "do"));
    let number = pieces.number(at)?;
    if number.digits == 4 {
        return Some((full_year(number).and_then(|year| full(year, month, 1)), at + 1));
    }
    // `mar. 5 nov.`: the first word was a Tuesday.
    let day = day_number(pieces, at).filter(|_| month_behind(pieces, at).is_none())?;
    let mut behind = at + 1;
    if pieces.is_glued(behind) && matches!(pieces.word(behind), "st" | "nd" | "rd" | "th") {
        behind += 1;
    }
    behind += usize::from(pieces.is_mark(behind, &['.', '-', '/']));
    Some(match year_behind(pieces, behind) {
        Some((year, behind)) => (full(year, month, day), behind),
        None => (yearless(month, day), behind),
    })
}

/// Returns the number at `at` if it is one of a day, not the beginning of a time or another date.
fn day_number(pieces: &Pieces, at: usize) -> Option<u32> {
    let number = pieces.number(at).filter(|number| number.is_short())?;
    let other = pieces.goes_on(at + 1, &[':', '.']) || matches!(pieces.word(at + 1), "h" | "uhr");
    let other = other || pieces.goes_on(at + 1, &['/', '-']) && pieces.goes_on(at + 3, &['/', '-']);
    (!other).then_some(number.value)
}

/// Reads the year that stands behind day and month, with what leads to it.
fn year_behind(pieces: &Pieces, at: usize) -> Option<(i32, usize)> {
    let at = at + usize::from(pieces.is_mark(at, &[',']));
    let at = at + usize::from(matches!(pieces.word(at), "de" | "del" | "do" | "of"));
    // WordPress writes no date as the 30th of November of the year -1.
    let minus =
        pieces.is_mark(at, &['-']) && pieces.glued_number(at + 1).is_some_and(|n| n.digits == 4);
    let at = at + usize::from(minus);
    let quoted = pieces.is_mark(at, &['\'']) && pieces.glued_number(at + 1).is_some();
    let at = at + usize::from(quoted);
    let number = pieces.number(at)?;
    let next = pieces.word(at + 1);
    let apart = next.is_empty() || names::leads_to_clock(next) || names::weekday(next).is_some();
    let time = pieces.goes_on(at + 1, &[':', '.']);
    // Two digits are a year only where they can be nothing else.
    let year = number.digits == 4 && !pieces.goes_on(at + 1, &[':'])
        || number.digits == 2 && apart && !time;
    // As in the log lines of servers: `05/Mar/2024:12:05:00`.
    let year = year || number.digits == 4 && pieces.goes_on(at + 3, &[':']);
    full_year(number).filter(|_| year).map(|year| (year, at + 1))
}

/// `20240305`.
fn eight_digits(pieces: &Pieces, at: usize) -> Option<(Option<Day>, usize)> {
    let value = pieces.number(at).filter(|number| number.digits == 8)?.value;
    let year = i32::try_from(value / 10_000).ok().filter(|year| YEARS.contains(year))?;
    Some((year_first(year, value / 100 % 100, value % 100), at + 1))
}

fn year_first(year: i32, month: u32, day: u32) -> Option<Day> {
    if IRANIAN.contains(&year) {
        return from_iranian(year, month, day).map(Day::YearFirst);
    }
    NaiveDate::from_ymd_opt(year, month, day).map(Day::YearFirst)
}

fn yearless(month: u32, day: u32) -> Option<Day> {
    // Any leap year, for the 29th of February.
    NaiveDate::from_ymd_opt(2024, month, day).map(|_| Day::Yearless { month, day })
}

/// Returns the year that `number` means: all four digits, or the last two of 1970 to 2069.
fn full_year(number: Number) -> Option<i32> {
    let year = i32::try_from(number.value).ok()?;
    match number.digits {
        4 => Some(year),
        2 if year < 70 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

/// Converts a date of the Iranian calendar. Its years begin at the equinox; those of 1244 to 1472
/// that have a day more come in a cycle of 33 years. The first six months have 31 days, the others 30.
fn from_iranian(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    let leap = |year: i32| matches!(year % 33, 1 | 5 | 9 | 13 | 17 | 22 | 26 | 30);
    let longest = match month {
        1..=6 => 31,
        7..=11 => 30,
        12 if leap(year) => 30,
        12 => 29,
        _ => return None,
    };
    (1..=longest).contains(&day).then_some(())?;
    let years: u32 = (*IRANIAN.start()..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let months = (month - 1) * 30 + (month - 1).min(6);
    // The first day of the year 1300.
    let first = NaiveDate::from_ymd_opt(1921, 3, 21)?;
    first.checked_add_days(Days::new(u64::from(years + months + day - 1)))
}
