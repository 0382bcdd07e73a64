//! Days and weeks of trouble: what the operator is told of it, and when.

use super::*;
use crate::delivery::email::Failed;
use crate::delivery::{Enclosed, NoticeId, outbox};
use crate::store::SourceState;
use crate::store::sled::SledStore;
use tempfile::TempDir;

const OPS: &str = "ops@acme.example";
const ERROR: &str = "https://forum.example/latest answered 503";

fn at(minutes: i64) -> DateTime<Utc> {
    "2026-11-22T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

/// A store with a few sources, and an operator.
struct Scene {
    _folder: TempDir,
    store: SledStore,
    sources: Vec<Watched>,
    room: Option<u64>,
}

impl Scene {
    /// Makes sources, each written as `name@host`.
    fn of(sources: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let watched = |source: &&str| {
            let (name, host) = source.split_once('@').unwrap_or((source, ""));
            Watched {
                source: SourceName(name.into()),
                host: (!host.is_empty()).then(|| host.into()),
                next: None,
            }
        };
        let sources = sources.iter().map(watched).collect();
        Self { _folder: folder, store, sources, room: None }
    }

    fn health(&self, source: &str) -> Health {
        self.store.source(&SourceName(source.into())).unwrap().health
    }

    fn change(&self, source: &str, change: impl FnOnce(&mut Health)) {
        let name = SourceName(source.into());
        let mut state: SourceState = self.store.source(&name).unwrap();
        change(&mut state.health);
        let commit = Commit { source: Some((name, state)), ..Commit::default() };
        self.store.apply(&commit).unwrap();
    }

    fn fails(&self, source: &str, minute: i64) {
        self.change(source, |health| {
            health.last_poll = Some(at(minute));
            health.failures += 1;
            health.successes = 0;
            health.failing_since.get_or_insert(at(minute));
            health.last_error = Some(ERROR.into());
        });
    }

    fn succeeds(&self, source: &str, minute: i64) {
        self.change(source, |health| {
            health.last_poll = Some(at(minute));
            health.last_success = Some(at(minute));
            health.failures = 0;
            health.successes += 1;
            (health.failing_since, health.last_error, health.gone) = (None, None, false);
        });
    }

    /// Fails `source` until it is called failing at `minute`.
    fn is_failing(&self, source: &str, minute: i64) {
        for before in [60, 40, 20] {
            self.fails(source, minute - before);
        }
    }

    /// Lets the operator be told at `minute`, and returns the subject of what they are told.
    fn told(&self, minute: i64) -> Option<String> {
        let notices = self.notices(minute);
        assert!(notices.len() <= 1);
        notices.first().map(|notice| notice.subject.clone())
    }

    fn notices(&self, minute: i64) -> Vec<Notice> {
        let to = [OPS.to_owned()];
        let ward = Ward {
            to: &to,
            zone: Tz::UTC,
            sources: &self.sources,
            room: self.room,
            brands: &[],
            canary: None,
        };
        let commit = care(&ward, &self.store, at(minute)).unwrap();
        self.store.apply(&commit).unwrap();
        // Nothing is told twice at one moment, whatever else there is to tell.
        assert!(care(&ward, &self.store, at(minute)).unwrap().notices.is_empty());
        commit.notices
    }

    #[track_caller]
    fn check(&self, minute: i64, expected: &str) {
        assert_eq!(self.told(minute).unwrap_or_default(), expected);
    }
}

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

#[test]
fn one_bad_hour_and_three_failures_make_a_source_fail() {
    let scene = Scene::of(&["news@forum.example"]);
    scene.fails("news", 0);
    scene.fails("news", 1);
    scene.fails("news", 2);
    scene.check(59, "");
    scene.check(60, "vahti: news fails at forum.example");
    let scene = Scene::of(&["news@forum.example"]);
    scene.fails("news", 0);
    scene.fails("news", 90);
    scene.check(100, "");
    scene.fails("news", 200);
    scene.check(200, "vahti: news fails at forum.example");
}

#[test]
fn a_notice_goes_to_everybody_in_the_name_of_the_operator() {
    let scene = Scene::of(&["news@forum.example"]);
    scene.is_failing("news", 0);
    let to = ["a@acme.example".to_owned(), "b@acme.example".to_owned()];
    let ward = Ward {
        to: &to,
        zone: Tz::UTC,
        sources: &scene.sources,
        room: None,
        brands: &[],
        canary: None,
    };
    let notices = care(&ward, &scene.store, at(0)).unwrap().notices;
    assert_eq!(notices.iter().map(|notice| notice.to.as_str()).collect::<Vec<_>>(), to);
    assert!(notices.iter().all(|notice| notice.alert == NAME && notice.id == NoticeId(0)));
    assert_ne!(notices[0].message_id, notices[1].message_id);
    assert!(notices[0].text.contains(ERROR), "{}", notices[0].text);
    assert!(notices[0].html.contains(ERROR), "{}", notices[0].html);
    let nobody = Ward { to: &[], ..ward };
    let commit = care(&nobody, &scene.store, at(0)).unwrap();
    assert!(commit.notices.is_empty() && commit.told_of.is_empty() && commit.reported.is_none());
}

#[test]
fn what_lasts_is_told_after_a_day_three_more_and_then_every_week() {
    let scene = Scene::of(&["news@forum.example"]);
    scene.is_failing("news", 0);
    let mut told = Vec::new();
    for hour in 0..24 * 30 {
        scene.fails("news", hour * HOUR);
        if let Some(subject) = scene.told(hour * HOUR) {
            told.push((hour, subject));
        }
    }
    let hours: Vec<i64> = told.iter().map(|(hour, _)| *hour).collect();
    assert_eq!(hours, [0, 24, 96, 96 + 168, 96 + 2 * 168, 96 + 3 * 168]);
    assert_eq!(told[0].1, "vahti: news fails at forum.example");
    assert!(told[1..].iter().all(|(_, said)| said == "vahti: news still fails at forum.example"));
    assert_eq!(scene.health("news").told.map(|told| told.times), Some(6));
}

#[test]
fn two_successes_mend_and_one_that_stands_for_long() {
    let scene = Scene::of(&["news@forum.example"]);
    scene.is_failing("news", 0);
    scene.check(0, "vahti: news fails at forum.example");
    scene.succeeds("news", HOUR);
    scene.check(HOUR, "");
    scene.fails("news", 2 * HOUR);
    scene.check(2 * HOUR, "");
    scene.succeeds("news", 3 * HOUR);
    scene.succeeds("news", 4 * HOUR);
    scene.check(4 * HOUR, "vahti: news is mended");
    assert_eq!(scene.health("news").told, None);
    scene.check(5 * HOUR, "");

    let daily = Scene::of(&["news"]);
    daily.is_failing("news", 0);
    daily.check(0, "vahti: news fails on this machine");
    daily.succeeds("news", 10);
    daily.check(10 + 6 * HOUR - 1, "");
    daily.check(10 + 6 * HOUR, "vahti: news is mended");
}

#[test]
fn a_source_that_flaps_is_not_told_at_every_turn() {
    let scene = Scene::of(&["news@forum.example"]);
    let mut told = 0;
    for hour in 0..24 * 14 {
        // Down for five hours, up for one, at a poll an hour.
        if hour % 6 == 5 {
            scene.succeeds("news", hour * HOUR);
        } else {
            scene.fails("news", hour * HOUR);
        }
        told += usize::from(scene.told(hour * HOUR).is_some());
    }
    assert_eq!(told, 4, "at first, after a day, three more, and a week");
}

#[test]
fn what_is_gone_is_told_at_once() {
    let scene = Scene::of(&["blog@blog.example"]);
    scene.fails("blog", 0);
    scene.change("blog", |health| health.gone = true);
    scene.check(0, "vahti: blog is gone at blog.example");
    scene.check(DAY, "vahti: blog is still gone at blog.example");
    // Asked again by hand, it fails otherwise: no news.
    for minute in [2 * DAY, 2 * DAY + HOUR, 2 * DAY + 2 * HOUR] {
        scene.fails("blog", minute);
        scene.change("blog", |health| health.gone = false);
        scene.check(minute, "");
    }
    scene.check(4 * DAY, "vahti: blog still fails at blog.example");
    scene.change("blog", |health| health.gone = true);
    scene.check(4 * DAY + HOUR, "");
}

#[test]
fn silence_is_told_and_so_is_its_end() {
    let scene = Scene::of(&["news@news.example"]);
    let news = |minute: i64| {
        scene.change("news", |health| health.rhythm.learn(&[at(minute)], at(minute)));
        scene.succeeds("news", minute);
    };
    for hour in 0..24 * 20 {
        news(hour * HOUR);
        scene.check(hour * HOUR, "");
    }
    let last = (24 * 20 - 1) * HOUR;
    scene.succeeds("news", last + 3 * DAY);
    scene.check(last + 3 * DAY, "vahti: news is silent at news.example");
    // While it cannot be asked it is not more silent; that it fails is worse, and told.
    for hour in [1, 2, 3] {
        scene.fails("news", last + 3 * DAY + hour * HOUR);
    }
    scene.check(last + 3 * DAY + 3 * HOUR, "vahti: news fails at news.example");
    // It answers again, but is as silent as before: no news until it is time to remind.
    scene.succeeds("news", last + 3 * DAY + 4 * HOUR);
    scene.succeeds("news", last + 3 * DAY + 5 * HOUR);
    scene.check(last + 3 * DAY + 5 * HOUR, "");
    scene.check(last + 4 * DAY + 3 * HOUR, "vahti: news is still silent at news.example");
    news(last + 5 * DAY);
    scene.check(last + 5 * DAY, "vahti: news is mended");
}

#[test]
fn the_sources_of_one_host_are_one_message_though_their_polls_are_spread() {
    let scene =
        Scene::of(&["a@forum.example", "b@forum.example", "c@forum.example", "d@x.example"]);
    scene.is_failing("a", 0);
    scene.fails("b", -30);
    scene.fails("d", -30);
    scene.succeeds("c", -5);
    let notice = scene.notices(0).remove(0);
    assert_eq!(notice.subject, "vahti: 2 sources fail at forum.example");
    assert!(
        notice.text.contains("2 sources at") || notice.text.contains("a, b"),
        "{}",
        notice.text
    );
    assert_eq!(scene.health("b").told.map(|told| told.of), Some(Trouble::Failing));
    assert_eq!((scene.health("c").told, scene.health("d").told), (None, None));
    for source in ["a", "b"] {
        scene.succeeds(source, 40);
        scene.succeeds(source, 60);
    }
    scene.check(60, "vahti: all mended");
}

#[test]
fn what_happens_within_half_an_hour_is_told_together() {
    let scene = Scene::of(&["a@a.example", "b@b.example", "c@c.example"]);
    scene.is_failing("a", 0);
    scene.check(0, "vahti: a fails at a.example");
    scene.is_failing("b", 5);
    scene.check(10, "");
    scene.is_failing("c", 20);
    scene.check(29, "");
    scene.check(30, "vahti: 2 sources fail at 2 hosts");
    // What was told at different hours of a day is repeated together.
    for source in ["a", "b", "c"] {
        scene.fails(source, DAY - 1);
    }
    scene.check(DAY, "vahti: 3 sources still fail at 3 hosts");
    scene.check(DAY + HOUR, "");
}

#[test]
fn what_mended_before_it_could_be_told_is_not_told() {
    let scene = Scene::of(&["a@a.example", "b@b.example"]);
    scene.is_failing("a", 0);
    scene.check(0, "vahti: a fails at a.example");
    scene.is_failing("b", 5);
    scene.check(10, "");
    scene.succeeds("b", 20);
    scene.check(40, "");
    assert_eq!(scene.health("b").told, None);
}

/// A notice that is refused for good.
fn dies(scene: &Scene, alert: &str, to: &str) {
    let said = Said {
        subject: "Acme: 3 mentions".into(),
        text: String::new(),
        html: String::new(),
        enclosed: Enclosed::default(),
        mentions: 3,
        tickets: 0,
    };
    let mut notices = tell::notices(alert, &[to.to_owned()], &said, at(0));
    for notice in &mut notices {
        notice.progress = Progress::Dead;
        notice.last_answer = Some("550 no such user".into());
    }
    scene.store.apply(&Commit { notices, ..Commit::default() }).unwrap();
}

#[test]
fn the_first_that_is_given_up_is_told_at_once_and_more_of_them_together() {
    let scene = Scene::of(&["a@a.example"]);
    scene.is_failing("a", 0);
    scene.check(0, "vahti: a fails at a.example");
    dies(&scene, "care", "a@acme.example");
    scene.check(5, "vahti: 1 notice could not be delivered");
    dies(&scene, "care", "b@acme.example");
    dies(&scene, "care", "c@acme.example");
    scene.check(6, "");
    scene.check(36, "vahti: 2 notices could not be delivered");
    // That the word of it is lost too is known at once, and is no reason for more words.
    dies(&scene, NAME, OPS);
    scene.check(37, "");
    let told = scene.store.reported().unwrap().dead;
    assert_eq!(told.len(), 4);
    scene.check(80, "");
}

#[test]
fn notices_that_were_given_up_are_told_once_each() {
    let scene = Scene::of(&[]);
    let dead = |alert: &str, to: &str| dies(&scene, alert, to);
    scene.check(0, "");
    dead("care", "a@acme.example");
    dead("care", "b@acme.example");
    scene.check(1, "vahti: 2 notices could not be delivered");
    scene.check(DAY, "");
    dead("care", "c@acme.example");
    scene.check(2 * DAY, "vahti: 1 notice could not be delivered");
    // One that is taken out and another that dies are as many as before, and news.
    let first = scene.store.outbox().unwrap()[0].id;
    scene.store.apply(&Commit { dropped: vec![first], ..Commit::default() }).unwrap();
    dead("care", "d@acme.example");
    scene.check(3 * DAY, "vahti: 1 notice could not be delivered");
    // What cannot reach the operator does not lead to more of it.
    dead(NAME, OPS);
    scene.check(4 * DAY, "");
}

#[test]
fn a_server_that_takes_nothing_for_an_hour_is_told_before_anything_is_given_up() {
    let scene = Scene::of(&[]);
    let said = Said {
        subject: "Acme: 3 mentions".into(),
        text: String::new(),
        html: String::new(),
        enclosed: Enclosed::default(),
        mentions: 3,
        tickets: 0,
    };
    let to = ["a@acme.example".to_owned(), "b@acme.example".to_owned()];
    let failed =
        Failed::Temporary { answer: "mail.acme.example:25 failed at the connection".into() };
    let notices = tell::notices("care", &to, &said, at(0)).into_iter();
    let notices = notices.map(|notice| outbox::after_failure(notice, &failed, at(1))).collect();
    scene.store.apply(&Commit { notices, ..Commit::default() }).unwrap();
    scene.check(59, "");
    let expected = "vahti: 2 notices wait for a server that does not take them";
    scene.check(62, expected);
    scene.check(62 + 5 * HOUR, "");
    scene.check(63 + DAY, expected);
    for mut notice in scene.store.outbox().unwrap().into_iter().filter(|it| it.alert == "care") {
        notice.progress = Progress::Sent;
        scene.store.apply(&Commit { notices: vec![notice], ..Commit::default() }).unwrap();
    }
    scene.check(2 * DAY, "");
}

#[test]
fn a_disk_that_fills_is_told_until_there_is_room() {
    const MIB: u64 = 1024 * 1024;
    let mut scene = Scene::of(&[]);
    for (minute, room, expected) in [
        (0, None, ""),
        (1, Some(300), ""),
        (2, Some(255), "vahti: the disk is nearly full"),
        (40, Some(200), ""),
        (80, Some(300), ""),
        (120, Some(200), ""),
        (2 + DAY, Some(200), "vahti: the disk is nearly full"),
        (2 * DAY, Some(600), ""),
        (3 * DAY, Some(100), "vahti: the disk is nearly full"),
    ] {
        scene.room = room.map(|room| room * MIB);
        scene.check(minute, expected);
    }
}

#[test]
fn a_source_that_is_no_longer_there_is_not_told() {
    let mut scene = Scene::of(&["a@a.example", "b@b.example"]);
    scene.is_failing("a", 0);
    scene.check(0, "vahti: a fails at a.example");
    scene.sources.remove(0);
    scene.check(DAY, "");
}

#[test]
fn a_clock_that_was_ahead_does_not_silence_it() {
    let scene = Scene::of(&["a@a.example"]);
    let last = Some(at(400 * DAY));
    let reported = Some(Reported { last, ..Reported::default() });
    scene.store.apply(&Commit { reported, ..Commit::default() }).unwrap();
    scene.is_failing("a", 0);
    scene.check(0, "vahti: a fails at a.example");
}
