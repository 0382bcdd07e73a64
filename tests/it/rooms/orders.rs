//! What a person orders of notices that wait, are dead, or were taken.

use super::{body, channel, outbox, told_by, watching};
use crate::support::standin::StandIn;
use crate::support::{Answer, Site, World, entry, feed, until};
use std::time::Duration;

const FOUR: [&str; 4] = ["one", "two", "three", "four"];

fn slow() -> StandIn {
    StandIn::start(|_| Answer { delay: Duration::from_millis(1500), ..Answer::status(200) })
}

/// Alerts that tell one thing that nobody must see to, each for itself.
fn alerts(site: &Site, room: &str, names: &[&str]) -> String {
    let mut config = format!(
        "timezone = \"UTC\"\n[http]\nallow_private_addresses = [\"127.0.0.1/32\"]\n[[brand]]\n\
         name = \"Acme\"\nkeywords = [\"Acme\"]\n[[source]]\nname = \"news\"\nfeed.url = \"{}\"\n{}",
        site.url("/news.xml"),
        channel("room", &format!("slack.url = \"{room}/a/b\"")),
    );
    for name in names {
        config += "[[alert]]\nto = [\"room\"]\nfrequency = \"as-it-happens\"\n";
        config += &["name = \"", name, "\"\n"].concat();
    }
    config
}

#[test]
fn a_round_under_way_heeds_what_is_dropped_and_where_the_channel_is_now() {
    let (old, new) = (slow(), slow());
    let site = Site::start();
    let calm = "Acme opens a kiosk beside the lighthouse on Tuesday";
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", calm)])));
    let world = World::new(&alerts(&site, old.url(), &FOUR));
    let daemon = world.daemon();
    until("the first is under way", || old.seen().len() == 1);
    let last = outbox(&world).as_array().unwrap().last().unwrap()["id"].to_string();
    world.vahti(&format!("outbox drop {last}")).ok();
    world.configure(&alerts(&site, new.url(), &FOUR));
    daemon.signal("HUP");
    until("all are told", || outbox(&world).as_array().unwrap().is_empty());
    let (old, new) = (old.seen(), new.seen());
    assert_eq!(old.len() + new.len(), 3, "the dropped one is not told");
    assert!(!new.is_empty(), "{}", daemon.log());
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn one_that_keeps_failing_holds_up_no_other_of_its_alert() {
    let room = StandIn::start(|asked| {
        Answer::status(if body(asked).to_string().contains("poison") { 500 } else { 200 })
    });
    let site = Site::start();
    let calm = |text: &str| format!("Acme {text}");
    let mut entries = vec![entry("1", &calm("sells a poison cabinet at the fair"))];
    site.serve("/news.xml", Answer::feed(feed(&entries)));
    let world = World::new(&alerts(&site, room.url(), &["one"]));
    world.vahti("run --once").ok();
    assert_eq!(outbox(&world).as_array().unwrap().len(), 1);
    entries.push(entry("2", &calm("paints its harbour crane yellow")));
    site.serve("/news.xml", Answer::feed(feed(&entries)));
    world.vahti("run --once").ok();
    let told = room.seen().iter().filter(|asked| asked.body.contains("crane")).count();
    assert_eq!((told, outbox(&world).as_array().unwrap().len()), (1, 1));
}

#[test]
fn a_retry_tries_one_alone_and_the_dead_are_mended_together() {
    let closed = StandIn::start(|_| Answer::status(503));
    let gone = StandIn::start(|_| Answer::status(410));
    let channels = [
        channel("closed", &format!("slack.url = \"{}/a/b\"", closed.url())),
        channel("gone", &format!("slack.url = \"{}/a/b\"", gone.url())),
        channel("gone-too", &format!("slack.url = \"{}/c/d\"", gone.url())),
    ];
    let (_feed, world) = watching("\"closed\", \"gone\", \"gone-too\"", &channels.concat());
    world.vahti("run --once").ok();
    let waiting = outbox(&world);
    let id =
        waiting.as_array().unwrap().iter().find(|one| one["to"] == "gone").unwrap()["id"].clone();
    assert_eq!((closed.seen().len(), gone.seen().len()), (1, 2));
    world.vahti(&format!("outbox retry {id}")).ok();
    assert_eq!(
        (closed.seen().len(), gone.seen().len()),
        (1, 3),
        "the other wants to be left alone"
    );
    world.vahti("outbox retry --dead").ok();
    assert_eq!((closed.seen().len(), gone.seen().len()), (1, 5));
    for wrong in ["outbox retry", "outbox drop 1 --dead"] {
        assert_eq!(world.vahti(wrong).code, Some(2), "{wrong}");
    }
    let daemon = world.daemon();
    world.vahti("outbox drop --dead").ok();
    let left = outbox(&world);
    assert_eq!((left.as_array().unwrap().len(), &left[0]["to"]), (1, &"closed".into()));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn what_a_webhook_took_is_sent_there_again_under_its_id() {
    let site = StandIn::start(|_| Answer::status(204));
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let kind = format!(
        "tickets = \"\"\nwebhook.url = \"{}/hook\"\nwebhook.secret = \"{secret}\"",
        site.url()
    );
    let (_feed, world) = told_by(&kind);
    world.vahti("run --once").ok();
    let taken = world.vahti("outbox --all --format json").json();
    let ids: Vec<String> =
        taken.as_array().unwrap().iter().map(|one| one["id"].to_string()).collect();
    assert_eq!((ids.len(), site.seen().len()), (2, 2));
    for id in &ids {
        world.vahti(&format!("outbox retry {id}")).ok();
    }
    let told = |seen: &[crate::support::standin::Asked]| {
        let mut told: Vec<(String, String)> = seen
            .iter()
            .map(|asked| (asked.header("webhook-id").to_owned(), asked.body.clone()))
            .collect();
        told.sort();
        told
    };
    let seen = site.seen();
    assert_eq!(told(&seen[..2]), told(&seen[2..]));
    assert_eq!(outbox(&world), serde_json::json!([]));
    let shown = world.vahti("outbox retry 4711");
    assert_eq!(shown.code, Some(1));
}
