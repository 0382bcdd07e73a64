//! Looks that lie far apart, and clocks that were wrong.

use super::*;

fn spike(began: i64, found: i64) -> Spike {
    Spike {
        of: Of::All,
        began,
        found,
        count: 30,
        hours: 2,
        usual: 1.0,
        last: found,
        peak: found,
        most: 20,
        total: 30,
    }
}

/// What is known of a brand that was listened to for eight weeks, and looked at in the last hour.
fn known() -> Course {
    let now = i64::try_from(KEPT).unwrap();
    Course { looked: Some(now - 1), ..Course::default() }
}

/// Looks once, after `more` came since the last look.
fn looked(course: &mut Course, hours: &mut Vec<Hour>, more: &[(u32, u32)]) -> Option<Turn> {
    for (all, negative) in more {
        let slot = u8::try_from(hours.len() % WEEK).unwrap();
        hours.push(Hour { slot, all: *all, negative: *negative, is_deaf: false });
    }
    look(course, hours, i64::try_from(hours.len()).unwrap() - 1)
}

#[test]
fn a_spike_that_was_over_while_nobody_looked_did_not_last() {
    let (mut course, mut hours) = (Course::default(), calm(6));
    let first = i64::try_from(hours.len()).unwrap();
    let begun = played(&mut course, &mut hours, &[(12, 3), (10, 3)]);
    assert!(matches!(begun.as_slice(), [(_, Turn::Began(_))]), "{begun:?}");
    // Eight days later people speak of it again.
    let mut away: Vec<(u32, u32)> = (2..8 * DAY).map(|at| (USUAL[at % 4], 0)).collect();
    away.extend([(9, 2), (9, 2)]);
    let over = looked(&mut course, &mut hours, &away);
    let Some(Turn::Ended(over)) = over else { panic!("{over:?}") };
    assert!((first + 1..first + 6).contains(&over.last), "{over:?} {first}");
    assert_eq!((course.since, over.most), (0, 12));
    // That is news.
    let now = i64::try_from(hours.len()).unwrap() - 1;
    let again = look(&mut course, &hours, now);
    assert!(matches!(again, Some(Turn::Began(Spike { count: 9.., .. }))), "{again:?}");
}

#[test]
fn one_look_a_day_tells_of_a_spike_what_one_an_hour_does() {
    let story = [(12, 3), (10, 3), (0, 0), (9, 2), (30, 9), (4, 1)];
    let mut rest: Vec<(u32, u32)> = story.to_vec();
    rest.extend([(1, 0); 18]);
    let (mut course, mut hours) = (Course::default(), calm(6));
    let hourly = played(&mut course, &mut hours, &rest);
    let [_, (_, Turn::Ended(hourly))] = hourly.as_slice() else { panic!("{hourly:?}") };
    let (mut course, mut hours) = (Course::default(), calm(6));
    assert!(looked(&mut course, &mut hours, &rest[..1]).is_some());
    let daily = looked(&mut course, &mut hours, &rest[1..]);
    let Some(Turn::Ended(daily)) = daily else { panic!("{daily:?}") };
    assert_eq!((daily.total, daily.most, daily.last), (hourly.total, hourly.most, hourly.last));
    assert_eq!((daily.total, daily.most), (66, 30));
}

#[test]
fn a_clock_that_was_ahead_does_not_silence_what_comes_after() {
    let now = known().looked.unwrap() + 1;
    let (ahead, back) = (now + 20 * 24, now - 48);
    for course in [
        Course { spike: Some(spike(ahead, ahead)), told: vec![Default::default()], ..known() },
        Course { spike: Some(Spike { last: ahead, ..spike(back, back) }), ..known() },
        Course { ended: Some(ahead), ..known() },
        Course { deaf: (ahead..ahead + 9).collect(), ..known() },
    ] {
        let mut course = course;
        course.set_right(now);
        assert_eq!(course, Course { looked: Some(now), ..known() });
    }
    // The very first look was in another year.
    let mut course = Course { since: now + 50_000, ..known() };
    course.set_right(now);
    assert_eq!(course.since, now);
    // What is set right by a second may change the hour.
    let of_now = Course { spike: Some(spike(now, now + 1)), ended: Some(now + 1), ..known() };
    let mut course = of_now.clone();
    course.set_right(now);
    assert_eq!(course.spike, of_now.spike);
}

#[test]
fn where_nobody_looked_for_weeks_it_is_learned_anew() {
    let now = known().looked.unwrap();
    let mut course = Course { spike: Some(spike(now, now)), ..known() };
    course.set_right(now + 13 * 24);
    assert!(course.since == 0 && course.spike.is_some(), "two weeks are not over");
    let (mut course, later) = (known(), now + 9 * 7 * 24);
    course.set_right(later);
    assert_eq!((course.since, course.may_forget(later)), (later, false));
    course.set_right(later + 1);
    assert_eq!(course.since, later);
    assert!(course.may_forget(later + 30));
}

#[test]
fn a_clock_that_was_ahead_for_a_while_loses_nothing_that_was_learned() {
    let now = known().looked.unwrap();
    let mut course = known();
    for hour in [now + 30_000, now + 30_001, now + 2] {
        course.set_right(hour);
    }
    assert_eq!((course.since, course.before), (0, None));
    // One that is right again after weeks tells nothing of them.
    let mut course = known();
    for hour in [now + 30_000, now + 20 * 24] {
        course.set_right(hour);
    }
    assert_eq!(course.since, now + 20 * 24);
}

#[test]
fn what_is_found_late_is_learned_anew_once_it_is_much_and_no_spike_is_under_way() {
    let now = known().looked.unwrap() + 1;
    let mut course = known();
    course.found_late(4, now);
    course.found_late(4, now + 48);
    course.set_right(now + 48);
    assert_eq!(course.since, 0, "a little on two days");
    course.found_late(1, now + 49);
    course.spike = Some(spike(now, now));
    course.set_right(now + 50);
    assert_eq!(course.since, 0, "a spike is under way");
    course.spike = None;
    course.set_right(now + 60);
    assert_eq!(course.since, now + 49);
}
