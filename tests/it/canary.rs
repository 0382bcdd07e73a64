//! The canary, and the check of the store: that they work, and that what is broken is told.

use crate::support::smtp::Post;
use crate::support::standin::{StandIn, json};
use crate::support::{World, entry, faketime, feed, patiently, skipped, until};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::time::Duration;
use vahti::mention::MentionId;
use vahti::store::sled::SledStore;
use vahti::store::{Commit, Store};

/// A brand, a file that nobody writes to, an alert that hears all, and an operator.
fn config(mail: &str, operator: &str) -> String {
    format!(
        r#"
timezone = "UTC"
[mail]
from = "Vahti <vahti@acme.example>"
{mail}
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[source]]
name = "news"
feed.url = "news.xml"
schedule = "1h"
[[alert]]
name = "care"
to = ["care@acme.example"]
frequency = "as-it-happens"
[operator]
to = ["ops@acme.example"]
{operator}
"#
    )
}

const FOLDER: &str = "outbox_dir = \"outbox\"";

fn world(mail: &str, operator: &str) -> World {
    let world = World::new(&config(mail, operator));
    world.write("news.xml", &feed(&[entry("1", "Rain is expected")]));
    world
}

fn status(world: &World) -> Value {
    world.vahti("status --format json").json()
}

fn letter(world: &World) -> Option<String> {
    world.mails("eml").into_iter().find(|mail| mail.contains("To: ops@acme.example"))
}

#[test]
fn it_comes_through_and_nobody_meets_it() {
    let world = world(FOLDER, "canary = \"1h\"\ncanary_to = [\"canary@acme.example\"]");
    let daemon = world.daemon();
    until("it is back", || status(&world)["operator"]["canary"]["came"].is_string());
    let mails = world.mails("eml");
    let [mail] = &*mails else { panic!("{} mails", mails.len()) };
    assert!(mail.contains("To: canary@acme.example") && mail.contains("Subject: [canary] "));
    let known = status(&world);
    assert_eq!(known["operator"]["canary"]["lost"], false);
    assert_eq!([&known["store"]["mentions"], &known["store"]["tickets"]], [0, 0]);
    assert_eq!(known["sources"].as_array().unwrap().len(), 1);
    assert_eq!(known["alerts"].as_array().unwrap().len(), 1);
    for empty in ["mentions --limit 0 --copies", "tickets --status all", "outbox"] {
        assert_eq!(world.vahti(&format!("{empty} --format ndjson")).ok(), "", "{empty}");
    }
    assert!(!world.vahti("report --format json").ok().contains("canary"));
    assert!(!world.vahti("alert care preview").ok().contains("canary"));
    let ledger = world.vahti("outbox --all --format json").json();
    assert_eq!(ledger[0]["alert"], "canary");
    assert_eq!(ledger[0]["tries"][0]["outcome"], "accepted");
    assert!(world.vahti("status").ok().contains("Canary: came through "));
    assert_eq!(daemon.stop(), Some(0));
    // A restart lets none out before it is time.
    let daemon = world.daemon();
    until("the store was looked through", || status(&world)["operator"]["checked"].is_string());
    assert_eq!(world.mails("eml").len(), 1);
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(world.vahti("fsck").code, Some(0));
}

#[test]
fn without_an_address_it_comes_as_far_as_the_outbox() {
    let world = world(FOLDER, "canary = \"1h\"");
    let daemon = world.daemon();
    until("it is back", || status(&world)["operator"]["canary"]["came"].is_string());
    assert_eq!(world.mails("eml").len(), 0);
    assert_eq!(daemon.stop(), Some(0));
}

/// Expects that the operator is told `said` of a canary.
#[track_caller]
fn is_told(world: &World, said: &str) {
    let daemon = world.daemon();
    until("the operator is told", || letter(world).is_some());
    let letter = letter(world).unwrap();
    assert!(letter.contains("no canary came through as it should"), "{letter}");
    let text = world.mails("txt").into_iter().find(|text| text.contains("A canary")).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(said), "{said}: {text}");
    assert_eq!(status(world)["operator"]["canary"]["lost"], true);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_feed_that_cannot_be_written_or_read_is_told() {
    let world = world(FOLDER, "canary = \"10s\"");
    std::fs::create_dir_all(world.path("state/canary.xml/in-the-way")).unwrap();
    is_told(&world, "could not be written");
}

#[test]
fn a_judge_that_hangs_or_fails_is_told() {
    let neutral = r#"{"label":"neutral"}"#;
    let service = StandIn::start(move |asked| match asked.path.as_str() {
        "/slow" => json(200, neutral).after(Duration::from_secs(20)),
        _ => json(500, neutral),
    });
    let allowed = "[http]\nallow_private_addresses = [\"127.0.0.1/32\"]\n[judge]\n";
    let judged = |path: &str| {
        let judge = format!("{allowed}http.url = \"{}{path}\"\n", service.url());
        world(FOLDER, &format!("canary = \"10s\"\n{judge}"))
    };
    is_told(&judged("/failing"), "did not answer for it, and vahti judged itself");
    is_told(&judged("/slow"), "fetching, reading or judging hangs");
}

#[test]
fn a_mail_server_that_refuses_it_is_told() {
    let Some(mut post) = Post::find("a_mail_server_that_refuses_it_is_told") else { return };
    post.up(&["--refuse", "canary@acme.example"]);
    let mail = format!("smtp.url = \"{}\"\nsmtp.tls = \"none\"", post.url("smtp"));
    let world = world(&mail, "canary = \"10s\"\ncanary_to = [\"canary@acme.example\"]");
    let daemon = world.daemon();
    until("the operator is told", || post.count() == 1);
    let mails = post.mails();
    let text = mails[0].text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("its mail to canary@acme.example was refused: "), "{text}");
    assert!(text.contains(" answered 550 "), "{text}");
    assert!(!text.contains("could not be delivered"), "{text}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_mail_server_that_is_down_shows_where_no_mail_can() {
    let world = world(FOLDER, "canary = \"10s\"\ncanary_to = [\"canary@acme.example\"]");
    world.write("outbox", "in the way");
    let daemon = world.daemon();
    until("it is lost", || status(&world)["operator"]["canary"]["lost"] == true);
    assert!(world.vahti("status").ok().contains("and lost"));
    let waiting = world.vahti("outbox --format json").json();
    let alerts: Vec<_> = waiting.as_array().unwrap().iter().map(|one| &one["alert"]).collect();
    assert!(alerts.iter().any(|alert| *alert == "operator"), "{waiting}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_store_that_is_not_sound_is_told() {
    let world = world(FOLDER, "");
    world.vahti("run --once").ok();
    {
        let store = patiently(|| SledStore::open(&world.path("state/store"))).unwrap();
        let gone = (MentionId("mnobody".into()), Utc::now(), vec![1]);
        store.apply(&Commit { prints: vec![gone], ..Commit::default() }).unwrap();
        store.sync().unwrap();
    }
    let daemon = world.daemon();
    until("the operator is told", || letter(&world).is_some());
    assert!(letter(&world).unwrap().contains("the store has 1 fault"));
    assert!(world.mails("txt")[0].contains("mention mnobody has fingerprints and is gone"));
    assert!(daemon.log().contains("`vahti fsck` shows them"));
    assert_eq!(status(&world)["operator"]["faults"], 1);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_timer_lets_one_out_when_it_is_due_and_tells_what_is_lost() {
    let Some(library) = faketime() else {
        return skipped("a_timer_lets_one_out_when_it_is_due", "faketime is not installed");
    };
    let mut world = world(FOLDER, "canary = \"1h\"\ncanary_to = [\"canary@acme.example\"]");
    let noon: DateTime<Utc> = "2026-03-02T12:00:00Z".parse().unwrap();
    let run = |world: &mut World, minutes| {
        world.is_now(&library, noon + TimeDelta::minutes(minutes));
        world.vahti("run --once").ok();
    };
    let out = |world: &World| {
        let mails = world.mails("eml");
        let canaries = mails.iter().filter(|mail| mail.contains("Subject: [canary] ")).count();
        (canaries, mails.len() - canaries)
    };
    for (minutes, canaries) in [(0, 1), (20, 1), (59, 2), (70, 2), (120, 3)] {
        run(&mut world, minutes);
        assert_eq!(out(&world), (canaries, 0), "{minutes}");
        let known = status(&world);
        assert_eq!(known["operator"]["canary"]["lost"], false, "{minutes}: {known}");
        assert!(known["operator"]["canary"]["came"].is_string(), "{minutes}: {known}");
    }
    // No run for a day: nothing is wrong.
    run(&mut world, 1560);
    assert_eq!(out(&world), (4, 0));
    // No mail can be written, and the next run tells that.
    let (outbox, kept) = (world.path("outbox"), world.path("kept"));
    std::fs::rename(&outbox, &kept).unwrap();
    world.write("outbox", "in the way");
    run(&mut world, 1620);
    std::fs::remove_file(&outbox).unwrap();
    std::fs::rename(&kept, &outbox).unwrap();
    run(&mut world, 1680);
    let letter = letter(&world).unwrap();
    assert!(letter.contains("no canary came through as it should"), "{letter}");
    assert_eq!(status(&world)["operator"]["canary"]["lost"], true);
    run(&mut world, 1740);
    assert_eq!(status(&world)["operator"]["canary"]["lost"], false);
    assert_eq!(out(&world), (6, 2), "and that one does again");
}
