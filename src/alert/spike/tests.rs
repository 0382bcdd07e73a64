//! Small cases, and a year of simulated hours.

use super::*;

mod away;
mod year;

const USUAL: [u32; 4] = [0, 1, 2, 1];

/// Weeks with four mentions in four hours, a quarter of them negative.
fn calm(weeks: usize) -> Vec<Hour> {
    let hour = |at: usize| Hour {
        slot: u8::try_from(at % WEEK).unwrap(),
        all: USUAL[at % 4],
        negative: u32::from(at % 4 == 1),
        is_deaf: false,
    };
    (0..weeks * WEEK).map(hour).collect()
}

/// Looks at each hour that `more` brings after what was before, and returns what happened, with the hour.
fn played(course: &mut Course, hours: &mut Vec<Hour>, more: &[(u32, u32)]) -> Vec<(i64, Turn)> {
    let mut turns = Vec::new();
    for (all, negative) in more {
        let at = hours.len();
        let slot = u8::try_from(at % WEEK).unwrap();
        let is_deaf = course.deaf.contains(&i64::try_from(at).unwrap());
        hours.push(Hour { slot, all: *all, negative: *negative, is_deaf });
        let now = i64::try_from(at).unwrap();
        let since = usize::try_from(course.since).unwrap();
        let from = hours.len().saturating_sub(KEPT).max(since);
        turns.extend(look(course, &hours[from..], now).map(|turn| (now, turn)));
    }
    turns
}

#[test]
fn a_burst_begins_at_once_is_told_once_and_ends() {
    let (mut course, mut hours) = (Course::default(), calm(6));
    let first = i64::try_from(hours.len()).unwrap();
    let burst = [(1, 0), (9, 4), (14, 6), (11, 5), (2, 1)];
    let begun = played(&mut course, &mut hours, &burst);
    let [(at, Turn::Began(spike))] = begun.as_slice() else { panic!("{begun:?}") };
    assert_eq!((*at, spike.of, spike.began, spike.count), (first + 1, Of::All, first + 1, 9));
    assert!((0.5..2.0).contains(&spike.usual), "{spike:?}");
    let over = played(&mut course, &mut hours, &[(0, 0); 12]);
    let [(_, Turn::Ended(spike))] = over.as_slice() else { panic!("{over:?}") };
    assert_eq!((spike.most, spike.peak), (14, first + 2));
    assert_eq!((spike.last, spike.total), (first + 4, 36));
    assert_eq!(course.spike, None);
}

#[test]
fn a_pause_within_a_spike_does_not_end_it_and_what_was_told_begins_no_other() {
    let (mut course, mut hours) = (Course::default(), calm(6));
    let mut story = vec![(12, 3), (10, 3), (0, 0), (1, 0), (0, 0), (9, 2), (8, 1)];
    story.extend([(1, 0); 20]);
    let turns = played(&mut course, &mut hours, &story);
    assert_eq!(turns.len(), 2, "{turns:?}");
}

#[test]
fn a_spike_is_not_over_while_a_source_cannot_be_heard() {
    let (mut course, mut hours) = (Course::default(), calm(6));
    let first = i64::try_from(hours.len()).unwrap();
    let began = played(&mut course, &mut hours, &[(12, 3), (10, 3)]);
    assert_eq!(began.len(), 1);
    // The source fails for a day, and then people go on.
    course.deaf = (first + 2..first + 26).collect();
    assert_eq!(played(&mut course, &mut hours, &[(0, 0); 24]), []);
    assert_eq!(played(&mut course, &mut hours, &[(1, 0), (9, 3), (11, 4)]), []);
    // Then five hours with a source that works show that it is over.
    let over = played(&mut course, &mut hours, &[(0, 0); 12]);
    let [(at, Turn::Ended(spike))] = over.as_slice() else { panic!("{over:?}") };
    assert_eq!((spike.last, spike.most), (first + 28, 12));
    assert!((first + 34..first + 38).contains(at), "{at} {first}");
}

#[test]
fn an_outage_at_any_time_of_any_length_delays_the_end_and_only_that() {
    let calm = calm(6);
    for (after, length) in
        (0..9).step_by(2).flat_map(|after| (1..40).step_by(9).map(move |it| (after, it)))
    {
        let (mut course, mut hours) = (Course::default(), calm.clone());
        let first = i64::try_from(hours.len()).unwrap();
        assert_eq!(played(&mut course, &mut hours, &[(12, 3), (10, 3)]).len(), 1);
        course.deaf = (first + 2 + after..first + 2 + after + length).collect();
        let turns = played(&mut course, &mut hours, &[(0, 0); 60]);
        let case = format!("{length} hours, {after} after it: {turns:?}");
        let [(at, Turn::Ended(_))] = turns.as_slice() else { panic!("{case}") };
        assert!(!course.deaf.contains(at), "{case}");
        let heard = (first + 2..=*at).filter(|hour| !course.deaf.contains(hour)).count();
        assert!((5..9).contains(&heard), "{heard} heard; {case}");
    }
}

#[test]
fn what_is_usual_is_the_same_with_outages_as_without() {
    let hours = calm(8);
    let whole = Usual::of(&hours);
    let mut torn = hours.clone();
    // Five hours of each third day, and two whole days.
    for (at, hour) in torn.iter_mut().enumerate() {
        if (at / DAY % 3 == 1 && at % DAY < 5) || (20..22).contains(&(at / DAY)) {
            *hour = Hour { slot: hour.slot, is_deaf: true, ..Hour::default() };
        }
    }
    let mut silent = torn.clone();
    for hour in &mut silent {
        hour.is_deaf = false;
    }
    let of = |usual: &Usual| usual.all.expected(&hours[..WEEK]);
    let (whole, torn, silent) = (of(&whole), of(&Usual::of(&torn)), of(&Usual::of(&silent)));
    assert!((torn / whole - 1.0).abs() < 0.03, "{torn} of {whole}");
    assert!(silent < torn, "{silent} {torn}: else the test shows nothing");
}

#[test]
fn only_whole_hours_are_deaf_and_only_for_a_week() {
    let mut course = Course::default();
    let (since, now) = (begin(100) + TimeDelta::minutes(20), begin(104) + TimeDelta::minutes(30));
    assert!(course.deafened(since, now));
    assert_eq!(course.deaf.iter().copied().collect::<Vec<_>>(), [101, 102, 103]);
    assert!(!course.deafened(since, since + TimeDelta::days(7)));
    assert_eq!(course.deaf.len(), 3);
}

#[test]
fn complaints_at_the_usual_volume_are_a_spike_of_their_own() {
    let (mut course, mut hours) = (Course::default(), calm(6));
    let turns = played(&mut course, &mut hours, &[(2, 2); 16]);
    assert!(
        matches!(turns.as_slice(), [(_, Turn::Began(Spike { of: Of::Negative, .. }))]),
        "{turns:?}"
    );
}

#[test]
fn nothing_is_unusual_in_the_first_two_weeks() {
    let (mut course, mut hours) = (Course::default(), calm(1));
    assert_eq!(played(&mut course, &mut hours, &[(40, 20); 24]), []);
    let (mut course, mut hours) = (Course::default(), calm(3));
    assert_eq!(played(&mut course, &mut hours, &[(40, 20); 24]).len(), 1);
}

#[test]
fn what_stays_for_a_week_is_usual_from_then_on() {
    let (mut course, mut hours) = (Course::default(), calm(8));
    let turns = played(&mut course, &mut hours, &[(12, 3); 5 * WEEK]);
    assert!(
        matches!(turns.as_slice(), [(_, Turn::Began(_)), (_, Turn::Stayed(_))]),
        "{} turns: {turns:?}",
        turns.len()
    );
}

#[test]
fn weeks_in_which_nothing_could_be_heard_do_not_make_the_rest_unusual() {
    let (mut course, mut hours) = (Course::default(), calm(8));
    let from = hours.len() - 4 * WEEK;
    for hour in &mut hours[from..from + 2 * WEEK] {
        (hour.all, hour.negative) = (0, 0);
    }
    let usual: Vec<(u32, u32)> =
        (0..2 * WEEK).map(|at| (USUAL[at % 4] * 2, u32::from(at % 4 == 1))).collect();
    assert_eq!(played(&mut course, &mut hours, &usual), []);
}

#[test]
fn what_was_stored_of_a_spike_reads_back() {
    let (mut course, mut hours) = (Course::default(), calm(6));
    played(&mut course, &mut hours, &[(12, 3), (10, 3)]);
    course.told.push(("care".into(), "care@acme.example".into()));
    let written = serde_json::to_string(&course).unwrap();
    assert_eq!(serde_json::from_str::<Course>(&written).unwrap(), course);
}

#[test]
fn the_hour_of_the_week_is_that_of_the_desk() {
    // Sunday 29 March 2026, 22:30 UTC: Monday in Helsinki, where summer time has begun.
    let at: DateTime<Utc> = "2026-03-29T22:30:00Z".parse().unwrap();
    assert_eq!(slot(hour(at), Tz::UTC), 6 * 24 + 22);
    assert_eq!(slot(hour(at), Tz::Europe__Helsinki), 1);
    assert_eq!(begin(hour(at)), "2026-03-29T22:00:00Z".parse::<DateTime<Utc>>().unwrap());
}
