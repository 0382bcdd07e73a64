//! Alerts on every kind of clock: zones, schedules, quiet hours, days off, a daemon that is off at times,
//! and a clock that is set.

use super::{Alert, AlertState, Content, Frequency, HowMany, Pace};
use crate::mention::filter::Filter;
use crate::query::Query;
use crate::schedule::Schedule;
use crate::schedule::holidays;
use crate::schedule::hours::{Hours, quiet};
use crate::text::Language;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{Africa, America, Asia, Australia, Europe, Pacific, Tz};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;
use proptest::test_runner::TestCaseError;

const ZONES: [Tz; 9] = [
    Tz::UTC,
    Europe::Helsinki,
    Europe::Istanbul,
    America::New_York,
    Australia::Lord_Howe,
    Asia::Kolkata,
    Pacific::Apia,
    Africa::Cairo,
    America::Sao_Paulo,
];

const SCHEDULES: [&str; 9] = [
    "0 8 * * *",
    "30 2 * * *",
    "0 0 * * *",
    "0 8 * * 1",
    "30 23 * * 6",
    "0 * * * *",
    "15m",
    "20h",
    "0 9 1 * *",
];

fn alert(schedule: &str, pace: Pace) -> Alert {
    Alert {
        name: "care".into(),
        to: vec!["care@acme.example".into()],
        frequency: Frequency::Periodic(schedule.parse().unwrap()),
        filter: Filter::new(Query::All),
        language: Language::ENGLISH,
        empty: true,
        content: Content::Mentions,
        spikes: false,
        how_many: HowMany::All,
        pace,
    }
}

fn any_pace() -> impl Strategy<Value = Pace> {
    let quiet_hours = select(vec!["22:00-07:00", "02:00-03:00", "12:00-13:00", "06:00-00:00"]);
    let quiet_hours = prop_oneof![Just(None), quiet_hours.prop_map(|text| quiet(text).ok())];
    (select(ZONES.to_vec()), quiet_hours, any::<bool>()).prop_map(|(zone, quiet, workdays)| {
        let hours = Hours::all_but(quiet, workdays).in_zone(zone);
        let closed = if workdays { holidays::of("fi").unwrap().to_vec() } else { Vec::new() };
        let is_bound = quiet.is_some() || workdays;
        Pace { zone, hours: is_bound.then(|| hours.closed_on(closed)), cooldown: TimeDelta::zero() }
    })
}

fn any_start() -> impl Strategy<Value = DateTime<Utc>> {
    // Apia skipped the last Friday but one of 2011.
    let some = (1_230_768_000_i64..1_900_000_000).prop_map(|at| Utc.timestamp_opt(at, 0).unwrap());
    let near = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let changes = ["2011-12-28T00:00:00Z", "2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z"];
    prop_oneof![some, select(changes.map(near).to_vec())]
}

/// Says when an alert should speak, from the times of its schedule alone.
fn expected(alert: &Alert, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let Frequency::Periodic(schedule) = &alert.frequency else { panic!() };
    let (mut times, mut after) = (Vec::new(), start);
    while let Some(time) = next_of(schedule, alert, after).filter(|time| *time <= end) {
        let speaks = alert.pace.fitting(time);
        times.push(speaks);
        after = speaks;
    }
    times.retain(|time| *time <= end);
    times
}

fn next_of(schedule: &Schedule, alert: &Alert, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    schedule.next(after, alert.pace.zone)
}

/// An alert and what is remembered of it, looked at by a clock.
struct Watch {
    alert: Alert,
    state: AlertState,
    said: Vec<DateTime<Utc>>,
}

impl Watch {
    fn new(alert: Alert, start: DateTime<Utc>) -> Self {
        let state = AlertState { began: Some(start), ..AlertState::default() };
        Self { alert, state, said: Vec::new() }
    }

    /// Does what the daemon does when it looks.
    fn look(&mut self, now: DateTime<Utc>) -> Result<(), TestCaseError> {
        if self.alert.is_ahead(&self.state, now) {
            self.state = std::mem::take(&mut self.state).set_back(now);
            prop_assert!(!self.alert.is_ahead(&self.state, now));
        }
        if self.alert.is_due(&self.state, now) {
            prop_assert!(self.alert.pace.is_open(now), "{now} is a quiet time");
            let state = std::mem::take(&mut self.state);
            self.state = AlertState { last: Some(now), ..state };
            self.said.push(now);
            prop_assert!(!self.alert.is_due(&self.state, now), "twice at {now}");
        }
        prop_assert!(self.alert.next(&self.state, now).is_none_or(|next| next > now));
        Ok(())
    }
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

    /// With a daemon that is always there, each time is told once, when it fits.
    #[test]
    fn every_time_is_told_once(
        schedule in select(SCHEDULES.to_vec()),
        pace in any_pace(),
        start in any_start(),
        looks in vec(0_i64..20_000, 0..40),
    ) {
        let mut watch = Watch::new(alert(schedule, pace), start);
        let end = start + TimeDelta::minutes(20_000);
        let expected = expected(&watch.alert, start, end);
        let looks = looks.into_iter().map(|minute| start + TimeDelta::minutes(minute));
        let mut looks: Vec<_> = looks.chain(expected.iter().copied()).collect();
        looks.sort_unstable();
        for now in looks {
            watch.look(now)?;
        }
        prop_assert_eq!(watch.said, expected);
    }

    /// A daemon that was off speaks when it is back, once for all times that passed.
    #[test]
    fn what_passed_while_nobody_looked_is_told_once(
        schedule in select(SCHEDULES.to_vec()),
        pace in any_pace(),
        start in any_start(),
        steps in vec(1_i64..5_000, 1..60),
    ) {
        let mut watch = Watch::new(alert(schedule, pace), start);
        let mut now = start;
        for minutes in steps {
            let before = (now, watch.said.len());
            now += TimeDelta::minutes(minutes);
            let next = watch.alert.time(&watch.state);
            let is_fit = next.is_some_and(|next| watch.alert.pace.fitting(next) <= now);
            let is_open = watch.alert.pace.is_open(now);
            watch.look(now)?;
            let told = watch.said.len() - before.1;
            prop_assert_eq!(told, usize::from(is_fit && is_open), "from {} to {}", before.0, now);
        }
    }

    /// A clock that is set, by minutes or years, forward or back: an alert never speaks without one of
    /// its times having come since it last did, and never misses two in a row.
    #[test]
    fn a_clock_that_is_set_neither_skips_nor_doubles(
        schedule in select(SCHEDULES.to_vec()),
        zone in select(ZONES.to_vec()),
        start in any_start(),
        path in vec((1_usize..40, 1_i64..90, prop_oneof![-4_000_000_i64..4_000_000, -200_i64..200]), 1..12),
    ) {
        let pace = Pace { zone, ..Pace::default() };
        let mut watch = Watch::new(alert(schedule, pace), start);
        let Frequency::Periodic(schedule) = watch.alert.frequency.clone() else { panic!() };
        let mut now = start;
        for (steps, minutes, set) in path {
            let mut passed = 0;
            for _ in 0..steps {
                let (before, said) = (now, watch.said.len());
                now += TimeDelta::minutes(minutes);
                watch.look(now)?;
                let came = schedule.interval().is_none()
                    && next_of(&schedule, &watch.alert, before).is_some_and(|time| time <= now);
                let spoke = watch.said.len() > said;
                passed = if spoke { 0 } else { passed + usize::from(came) };
                prop_assert!(passed < 2, "silent at {now}");
                let is_timed = schedule.interval().is_none();
                prop_assert!(came || !spoke || !is_timed, "spoke at {now}");
            }
            // Set right behind a time that was told, it does not come again; set further back, it does.
            let said = watch.said.len();
            now += TimeDelta::minutes(set);
            watch.look(now)?;
            prop_assert!(set > 0 || watch.said.len() == said, "set back to {now}");
        }
    }
}

/// Speaks at each of these looks that finds it due, and returns at which.
fn said(alert: Alert, start: &str, looks: &[&str]) -> Vec<usize> {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let mut watch = Watch::new(alert, at(start));
    let mut said = Vec::new();
    for (nth, look) in looks.iter().enumerate() {
        let before = watch.said.len();
        watch.look(at(look)).unwrap();
        if watch.said.len() > before {
            said.push(nth);
        }
    }
    said
}

#[test]
fn a_clock_that_is_set_back_a_little_after_the_time_does_not_double_it() {
    let daily = alert("0 8 * * *", Pace::default());
    let looks = [
        "2026-06-01T08:00:01Z",
        "2026-06-01T07:59:58Z",
        "2026-06-01T08:00:01Z",
        "2026-06-01T05:00:00Z",
        "2026-06-01T09:00:00Z",
        "2026-06-02T08:00:00Z",
    ];
    assert_eq!(said(daily, "2026-05-31T12:00:00Z", &looks), [0, 5]);
}

#[test]
fn a_clock_that_was_years_ahead_keeps_nobody_silent() {
    let daily = alert("0 8 * * *", Pace::default());
    let looks = [
        "2026-06-01T08:00:00Z",
        "2031-01-01T00:00:00Z",
        "2026-06-01T08:05:00Z",
        "2026-06-02T07:59:00Z",
        "2026-06-02T08:00:00Z",
    ];
    assert_eq!(said(daily, "2026-05-31T12:00:00Z", &looks), [0, 1, 4]);
}

#[test]
fn the_hour_that_does_not_exist_and_the_one_that_is_there_twice_are_told_once() {
    let pace = Pace { zone: Europe::Helsinki, ..Pace::default() };
    // 03:30 does not exist on 29 March 2026 in Helsinki, and is there twice on 25 October.
    let night = alert("30 3 * * *", pace);
    let looks = ["2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:31:00Z"];
    assert_eq!(said(night.clone(), "2026-03-28T12:00:00Z", &looks), [1]);
    let looks = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"];
    assert_eq!(said(night, "2026-10-24T12:00:00Z", &looks), [0, 2]);
}

#[test]
fn a_day_off_is_made_up_for_at_the_time_of_the_next_business_day() {
    let hours = Hours::all_but(quiet("22:00-07:00").ok(), true);
    let pace = Pace { hours: Some(hours), ..Pace::default() };
    // Friday, Saturday, Sunday night, Monday.
    let looks = [
        "2026-06-05T08:00:00Z",
        "2026-06-06T08:00:00Z",
        "2026-06-08T07:00:00Z",
        "2026-06-08T08:00:00Z",
        "2026-06-09T07:59:00Z",
    ];
    assert_eq!(said(alert("0 8 * * *", pace.clone()), "2026-06-05T00:00:00Z", &looks), [0, 3]);
    // In quiet hours: when they end.
    assert_eq!(said(alert("0 23 * * 0", pace), "2026-06-05T00:00:00Z", &looks), [2]);
}
