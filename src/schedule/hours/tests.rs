//! Time that is counted in working hours only, on days on which much can go wrong.

use super::*;
use crate::schedule::holidays;
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn helsinki(text: &str) -> Hours {
    let closed = holidays::of("fi").unwrap().to_vec();
    Hours::read(text, Tz::Europe__Helsinki).unwrap().closed_on(closed)
}

#[track_caller]
fn check(hours: &Hours, from: &str, span: i64, expected: &str) {
    assert_eq!(
        hours.add(at(from), TimeDelta::hours(span)),
        at(expected),
        "{from} and {span} hours"
    );
}

#[test]
fn what_is_written_is_read() {
    let fault = |text: &str| {
        let BadHours { at, message } = Hours::read(text, Tz::UTC).unwrap_err();
        format!("{at}: {message}")
    };
    for (text, expected) in [
        ("", "0: hours such as `08:00-17:00` are missing here"),
        ("mon-fri", "7: hours such"),
        ("mon 08:00-17:00, sat", "20: hours such"),
        ("08:00-17:00", "0: a weekday comes first"),
        ("mon-frid 08:00-17:00", "0: `frid` is no weekday; there are mon, tue"),
        ("mon 8-17", "4: `8-17` is no span"),
        ("mon 08:00-24:01", "4: `08:00-24:01` is no span"),
        ("mon 08:00-08:60", "4: `08:00-08:60` is no span"),
        ("mon 22:00-06:00", "4: `22:00-06:00` ends before it begins"),
        ("mon 08:00-12:00, mon-fri 11:00-17:00", "25: these hours are there already"),
    ] {
        assert!(fault(text).starts_with(expected), "{text}: {}", fault(text));
    }
    let read = |text: &str| Hours::read(text, Tz::UTC).unwrap();
    assert_eq!(read("Mon, Tue 13:00-17:00 08:00-12:00"), read("mon-tue 08:00-12:00,13:00-17:00"));
    assert_eq!(read("sat-mon 00:00-24:00").week[1], []);
    assert_eq!(read("sat-mon 00:00-24:00").week[6], [(0, DAY)]);
}

#[test]
fn only_open_time_counts() {
    let hours = helsinki("mon-fri 08:00-17:00"); // 06:00 to 15:00 in UTC, in winter
    check(&hours, "2026-11-23T07:00:00Z", 1, "2026-11-23T08:00:00Z");
    check(&hours, "2026-11-23T14:00:00Z", 1, "2026-11-23T15:00:00Z");
    check(&hours, "2026-11-23T14:00:00Z", 2, "2026-11-24T07:00:00Z");
    check(&hours, "2026-11-27T14:00:00Z", 2, "2026-11-30T07:00:00Z");
    check(&hours, "2026-11-28T14:00:00Z", 1, "2026-11-30T07:00:00Z");
    check(&hours, "2026-11-28T14:00:00Z", 0, "2026-11-30T06:00:00Z");
    check(&hours, "2026-11-23T06:00:00Z", 24, "2026-11-25T12:00:00Z");
    // From Wednesday to the Monday behind Christmas.
    check(&hours, "2026-12-23T14:00:00Z", 2, "2026-12-28T07:00:00Z");
    let lunch = helsinki("mon-fri 08:00-12:00 13:00-17:00");
    check(&lunch, "2026-11-23T09:00:00Z", 2, "2026-11-23T12:00:00Z");
}

#[test]
fn the_clock_that_changes_changes_nothing() {
    let hours = helsinki("mon-fri 08:00-17:00");
    // On 29 March 2026 summer begins, on 25 October it ends; both are Sundays.
    check(&hours, "2026-03-27T14:00:00Z", 2, "2026-03-30T06:00:00Z");
    check(&hours, "2026-10-23T13:00:00Z", 2, "2026-10-26T07:00:00Z");
    let always = helsinki("sun 00:00-24:00");
    check(&always, "2026-03-28T22:00:00Z", 23, "2026-03-29T21:00:00Z");
    check(&always, "2026-10-24T21:00:00Z", 25, "2026-10-25T22:00:00Z");
    // An hour that the clock skips is no working hour, one that it shows twice is two.
    let night = helsinki("sun 03:00-04:00, mon 08:00-17:00");
    check(&night, "2026-03-28T22:00:00Z", 1, "2026-03-30T06:00:00Z");
    check(&night, "2026-10-24T21:00:00Z", 2, "2026-10-25T02:00:00Z");
}

#[test]
fn working_days_keep_their_time_of_day() {
    let hours = helsinki("mon-fri 08:00-17:00");
    let check = |from: &str, days, expected: &str| {
        assert_eq!(hours.add_days(at(from), days), at(expected), "{from} and {days} days");
    };
    check("2026-11-23T09:30:00Z", 3, "2026-11-26T09:30:00Z");
    check("2026-11-26T09:30:00Z", 3, "2026-12-01T09:30:00Z");
    check("2026-11-28T09:30:00Z", 1, "2026-12-01T06:00:00Z");
    check("2026-11-26T20:00:00Z", 0, "2026-11-27T06:00:00Z");
    let short = helsinki("mon-thu 08:00-17:00, fri 09:00-15:00");
    assert_eq!(short.add_days(at("2026-11-26T14:30:00Z"), 1), at("2026-11-27T13:00:00Z"));
    assert_eq!(short.add_days(at("2026-11-26T06:00:00Z"), 1), at("2026-11-27T07:00:00Z"));
}

#[test]
fn a_desk_that_never_opens_counts_plain_time() {
    let closed = holidays::dated("2026-01-01..2036-01-01").unwrap();
    let hours = helsinki("mon 08:00-17:00").closed_on(vec![closed]);
    check(&hours, "2026-11-23T07:00:00Z", 5, "2026-11-23T12:00:00Z");
    let days = hours.add_days(at("2026-11-23T07:00:00Z"), 5);
    assert_eq!(days, at("2026-11-28T07:00:00Z"));
    let end = DateTime::<Utc>::MAX_UTC;
    assert_eq!(helsinki("mon 08:00-17:00").add(end, TimeDelta::hours(1)), end);
}

/// The open time between two moments, counted minute by minute.
fn counted(hours: &Hours, from: DateTime<Utc>, until: DateTime<Utc>) -> i64 {
    let minutes = 0..(until - from).num_minutes();
    let is_open = |nth: &i64| {
        let local = (from + TimeDelta::minutes(*nth)).with_timezone(&hours.zone);
        let minute = (local.time() - NaiveTime::MIN).num_minutes();
        let nth = local.weekday().num_days_from_monday() as usize;
        let in_span =
            |(from, until): &Span| (i64::from(*from)..i64::from(*until)).contains(&minute);
        let is_free = hours.closed.iter().any(|days| days.include(local.date_naive()));
        !is_free && hours.week[nth].iter().any(in_span)
    };
    i64::try_from(minutes.filter(is_open).count()).unwrap()
}

fn any_hours() -> impl Strategy<Value = Hours> {
    let texts = [
        "mon-fri 08:00-17:00",
        "mon-fri 08:00-12:00 13:00-16:30, sat 10:00-14:00",
        "mon-sun 00:00-24:00",
        "sun 01:00-05:00, wed 23:00-24:00, thu 00:00-02:00",
    ];
    let zones = [Tz::Europe__Helsinki, Tz::Europe__Istanbul, Tz::America__New_York, Tz::UTC];
    (0..texts.len(), 0..zones.len(), any::<bool>()).prop_map(move |(text, zone, closed)| {
        let hours = Hours::read(texts[text], zones[zone]).unwrap();
        let free = holidays::of("fi").unwrap().to_vec();
        if closed { hours.closed_on(free) } else { hours }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn exactly_the_span_of_open_time_lies_before_the_end(
        hours in any_hours(),
        start in 29_000_000_i64..31_000_000,
        span in 1_i64..2_000,
    ) {
        let from = DateTime::from_timestamp(start * 60, 0).unwrap();
        let end = hours.add(from, TimeDelta::minutes(span));
        prop_assert!(end > from);
        prop_assert_eq!(counted(&hours, from, end), span);
        // The last minute before the end was open: it could not have ended sooner.
        prop_assert_eq!(counted(&hours, end - TimeDelta::minutes(1), end), 1);
    }

    #[test]
    fn what_begins_later_or_takes_longer_never_ends_sooner(
        hours in any_hours(),
        start in 29_000_000_i64..31_000_000,
        later in 0_i64..20_000,
        span in 0_i64..3_000,
        more in 0_i64..3_000,
        days in 0_u32..20,
    ) {
        let from = DateTime::from_timestamp(start * 60, 0).unwrap();
        let (next, span) = (from + TimeDelta::minutes(later), TimeDelta::minutes(span));
        let end = hours.add(from, span);
        prop_assert!(end >= from);
        prop_assert!(hours.add(next, span) >= end);
        prop_assert!(hours.add(from, span + TimeDelta::minutes(more)) >= end);
        let day = hours.add_days(from, days);
        prop_assert!(day >= from);
        prop_assert!(hours.add_days(next, days) >= day);
        prop_assert!(hours.add_days(from, days + 1) > day);
        prop_assert_eq!(hours.open_from(day), hours.add(day, TimeDelta::zero()));
    }
}
