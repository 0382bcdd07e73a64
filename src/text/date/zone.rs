//! Zones: of a site, behind a time, and as a page states the one that it uses.

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::names;
use super::word::{Pieces, fold};

/// The zone that the times of a site are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// A place, with its summer times.
    Place(Tz),
    Fixed(FixedOffset),
}

impl From<Tz> for Zone {
    fn from(place: Tz) -> Self {
        Self::Place(place)
    }
}

impl From<FixedOffset> for Zone {
    fn from(offset: FixedOffset) -> Self {
        Self::Fixed(offset)
    }
}

impl Zone {
    pub(super) const UTC: Self = Self::Place(Tz::UTC);

    /// Returns the zone by so many minutes ahead of UTC.
    pub(super) fn ahead(minutes: i32) -> Option<Self> {
        FixedOffset::east_opt(minutes.checked_mul(60)?).map(Self::Fixed)
    }

    /// Returns what clocks in the zone show at `moment`.
    pub(super) fn local(self, moment: DateTime<Utc>) -> NaiveDateTime {
        let utc = moment.naive_utc();
        let offset = match self {
            Self::Place(place) => place.offset_from_utc_datetime(&utc).fix(),
            Self::Fixed(offset) => offset,
        };
        // At the ends of time there is no other.
        utc.checked_add_offset(offset).unwrap_or(utc)
    }

    /// Returns the moment when clocks in the zone show `local`: the first if they do so twice. A time
    /// that they skip is read as if they had not yet been changed.
    pub(super) fn moment(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let place = match self {
            Self::Fixed(offset) => return Some(local.checked_sub_offset(offset)?.and_utc()),
            Self::Place(place) => place,
        };
        match place.from_local_datetime(&local) {
            LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => {
                Some(moment.to_utc())
            }
            LocalResult::None => {
                let day_before = local.checked_sub_signed(TimeDelta::days(1))?;
                let offset = place.offset_from_utc_datetime(&day_before).fix();
                Some(local.checked_sub_offset(offset)?.and_utc())
            }
        }
    }
}

/// Reads the zone behind a time, if one is there: minutes ahead of UTC and the place behind it.
/// `Some((None, _))` is an impossible one.
pub(super) fn behind_time(pieces: &Pieces, at: usize) -> Option<(Option<i32>, usize)> {
    let at = at + usize::from(pieces.is_mark(at, &['(', '[', ',']));
    signed(pieces, at).or_else(|| named(pieces, at))
}

/// `EET`, `GMT+3`, `UTC + 1 hour`.
fn named(pieces: &Pieces, at: usize) -> Option<(Option<i32>, usize)> {
    let word = pieces.word(at);
    let minutes = names::zone(word)?;
    if minutes != 0 || word == "z" {
        return Some((Some(minutes), at + 1));
    }
    // A sign may stand apart here: `GMT + 2`, and half hours come as `+5.5`.
    let number = if pieces.is_mark(at + 1, &['+', '-']) { pieces.number(at + 2) } else { None };
    if number.is_none() {
        return Some((Some(0), at + 1));
    }
    let (offset, behind) = digits(pieces, at + 1)?;
    let part = pieces.goes_on(behind, &['.', ',']).then(|| pieces.number(behind + 1)).flatten();
    let more = match part.map(|part| (part.value, part.digits)) {
        Some((5 | 50, _)) => 30,
        Some((75, _)) => 45,
        Some((25, _)) => 15,
        _ => return Some((offset, behind)),
    };
    let sign = if pieces.is_mark(at + 1, &['-']) { -1 } else { 1 };
    Some((offset.map(|minutes| minutes + sign * more), behind + 2))
}

/// `+0200`, `-05:00`, `+3`.
fn signed(pieces: &Pieces, at: usize) -> Option<(Option<i32>, usize)> {
    pieces.glued_number(at + 1)?;
    let (offset, behind) = digits(pieces, at)?;
    // `-21.11.2026` is the end of a span, not a zone.
    (!pieces.goes_on(behind, &['.', '/', '-'])).then_some((offset, behind))
}

/// Reads sign and digits at `at`.
fn digits(pieces: &Pieces, at: usize) -> Option<(Option<i32>, usize)> {
    let sign = match pieces.mark(at)? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let number = pieces.number(at + 1)?;
    let value = i32::try_from(number.value).unwrap_or(i32::MAX);
    let (minutes, behind) = match (number.digits, pieces.goes_on(at + 2, &[':'])) {
        (1 | 2, true) => {
            let rest = pieces.number(at + 3).filter(|rest| rest.digits == 2)?;
            let minutes = value * 60 + i32::try_from(rest.value).ok()?;
            // `12:30-13:30` is a span: no zone is so far away.
            (-12 * 60..=14 * 60).contains(&(sign * minutes)).then_some(())?;
            (minutes, at + 4)
        }
        (1 | 2, false) => (value * 60, at + 2),
        (3 | 4, _) => (value / 100 * 60 + value % 100, at + 2),
        _ => return Some((None, at + 2)),
    };
    Some(((minutes < 24 * 60).then_some(sign * minutes), behind))
}

/// Words for the times of a page, of which it may state the zone.
const TIMES: [&str; 22] = [
    "times",
    "timezone",
    "zone",
    "ajat",
    "kellonajat",
    "aikavyohyke",
    "zeiten",
    "zeitangaben",
    "zeitzone",
    "zamanlar",
    "saatler",
    "dilimi",
    "heures",
    "fuseau",
    "tider",
    "tidszon",
    "tidszonen",
    "horas",
    "horarios",
    "horaria",
    "orari",
    "tijden",
];
/// A zone is stated at most so many words behind them.
const NEAR: usize = 7;
/// So many statements are read; a page with more means harm.
const MOST_STATEMENTS: usize = 32;
/// Words for summer time, which boards add to the offset in brackets.
const SUMMER: [&str; 9] =
    ["dst", "summer", "daylight", "sommerzeit", "kesaaika", "sommartid", "ete", "verano", "yaz"];

/// Returns the zone that a page states: `All times are GMT +2`, `Kaikki ajat ovat UTC+2`. Of several
/// statements the last counts, for it stands at the foot of the page.
pub fn stated_zone(text: &str) -> Option<FixedOffset> {
    let mut stated = None;
    let mut since = NEAR + 1;
    let mut left = MOST_STATEMENTS;
    let mut folded = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
        let (_, from) = rest.split_at(start);
        let (word, behind) = from.split_at(from.find(char::is_whitespace).unwrap_or(from.len()));
        rest = behind;
        since += 1;
        folded.clear();
        let letters = word.chars().skip_while(|c| !c.is_alphanumeric());
        let letters = letters.take_while(|c| c.is_alphabetic()).take(16);
        // `est` is a French word, `EST` a zone.
        let upper = letters.clone().all(char::is_uppercase);
        letters.for_each(|c| fold(c, &mut |c| folded.push(c)));
        if TIMES.contains(&folded.as_str()) {
            since = 0;
        } else if since <= NEAR
            && upper
            && folded.len() > 1
            && names::zone(&folded).is_some()
            && let Some(fewer) = left.checked_sub(1)
        {
            left = fewer;
            since = NEAR + 1;
            stated = statement(from).or(stated);
        }
    }
    stated
}

/// Reads the zone at the beginning of `text`, and the summer time behind it.
fn statement(text: &str) -> Option<FixedOffset> {
    let pieces = Pieces::of(text);
    let start = (0..pieces.len()).find(|at| !pieces.word(*at).is_empty())?;
    let (minutes, behind) = named(&pieces, start)?;
    let bracket = (behind..behind + 3).find(|at| pieces.is_mark(*at, &['[', '(']));
    let summer = bracket
        .is_some_and(|bracket| (bracket..bracket + 5).any(|at| SUMMER.contains(&pieces.word(at))));
    let minutes = minutes? + if summer { 60 } else { 0 };
    FixedOffset::east_opt(minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, minutes: Option<i32>) {
        let stated = stated_zone(text).map(|offset| offset.local_minus_utc() / 60);
        assert_eq!(stated, minutes, "{text}");
    }

    #[test]
    fn the_zone_that_a_page_states_is_read() {
        for (text, minutes) in [
            ("All times are GMT +2. The time now is 03:15 PM.", 120),
            ("All times are GMT. The time now is 03:15 PM.", 0),
            ("All times are GMT -5.5. The time now is", -330),
            ("All times are GMT -5 hours", -300),
            ("All times are UTC + 1 hour [ DST ]", 120),
            ("It is currently Sun Nov 22, 2026 4:34 am All times are UTC-06:00", -360),
            ("All times are EST", -300),
            ("Times are in UTC", 0),
            ("Kaikki ajat ovat UTC+2", 120),
            ("Kaikki ajat ovat UTC+02:00", 120),
            ("Kaikki ajat ovat UTC + 2 tuntia [ Kesäaika ]", 180),
            ("Alle Zeiten sind UTC+01:00", 60),
            ("Alle Zeiten sind UTC + 1 Stunde [ Sommerzeit ]", 120),
            ("Alle Zeitangaben in WEZ +1. Es ist jetzt 15:15 Uhr.", 60),
            ("Tüm zamanlar GMT +3", 180),
            ("Tüm Zamanlar UTC+03:00 Olarak Ayarlanmış", 180),
            ("Toutes les heures sont au format GMT+2", 120),
            ("Le fuseau horaire est réglé sur UTC+02:00", 120),
            ("Todos los horarios son UTC-03:00", -180),
            ("Todas las horas son GMT +2", 120),
            ("Alla tider är GMT +1. Klockan är nu 15:15.", 60),
            ("Time zone: (UTC+05:30)", 330),
        ] {
            check(text, Some(minutes));
        }
    }

    #[test]
    fn a_zone_in_other_words_is_not_the_zone_of_the_page() {
        check("We meet at 15:00 UTC+2", None);
        check("At times we think of many other things before we name UTC", None);
        check("All times are local", None);
        check("", None);
    }

    #[test]
    fn the_foot_of_a_page_wins_over_what_was_written_above() {
        check("\"All times are GMT +9\" he wrote. All times are GMT +2.", Some(120));
    }

    #[test]
    fn a_time_that_clocks_skip_or_show_twice_is_a_moment_near_it() {
        let helsinki = Zone::Place(Tz::Europe__Helsinki);
        let moment = |text: &str| helsinki.moment(text.parse().unwrap()).unwrap().to_rfc3339();
        assert_eq!(moment("2026-03-29T03:30:00"), "2026-03-29T01:30:00+00:00");
        assert_eq!(moment("2026-10-25T03:30:00"), "2026-10-25T00:30:00+00:00");
        assert_eq!(moment("2026-10-25T04:30:00"), "2026-10-25T02:30:00+00:00");
    }
}
