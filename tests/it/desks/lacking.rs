//! A ticket that is open at a desk which refuses what belongs into it: it is followed, is never opened
//! again, and what is lacking is told until it is there.

use super::{Play, Shelf, outbox, run, ticket, watching};
use crate::support::Answer;
use crate::support::standin::{Asked, StandIn, json};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

/// A desk that answers with this status whatever `is_note` says, until it is 0.
fn refusing(
    play: Play,
    is_note: fn(&Asked) -> bool,
    status: u16,
) -> (StandIn, Shelf, Arc<AtomicU16>) {
    let (shelf, refused) = (Shelf::default(), Arc::new(AtomicU16::new(status)));
    let (kept, status) = (Arc::clone(&shelf), Arc::clone(&refused));
    let site = StandIn::start(move |asked: &Asked| -> Answer {
        match status.load(Ordering::SeqCst) {
            status @ 1.. if is_note(asked) => json(status, "{\"message\":\"no notes\"}"),
            _ => play(asked, &mut kept.lock().unwrap()),
        }
    });
    (site, shelf, refused)
}

fn posted(site: &StandIn, ending: &str) -> usize {
    let is_it = |asked: &&Asked| asked.method == "POST" && asked.path.ends_with(ending);
    site.seen().iter().filter(is_it).count()
}

/// Refuses the note of a ticket, and settles it there all the same; then lets the note in.
fn is_followed(
    (site, shelf, refused): &(StandIn, Shelf, Arc<AtomicU16>),
    config: &str,
    opening: &str,
    settle: fn(&mut [Value]),
) {
    let (_feed, world) = watching(config);
    let ran = world.vahti("run --once");
    let status = refused.load(Ordering::SeqCst);
    let is_final = status != 403;
    let notice = outbox(&world)[0].clone();
    assert_eq!(notice["state"], if is_final { "dead" } else { "queued" }, "{notice}");
    let answer = notice["last_answer"].as_str().unwrap();
    let number = ticket(&world)["elsewhere"][0]["number"].as_str().unwrap().to_owned();
    let expected = format!(
        "opened as {number}, but without its note of how to answer: 127.0.0.1 answered {status}: no notes"
    );
    assert!(answer.starts_with(&expected), "{answer}");
    assert!(
        ran.err.contains(if is_final { "Gave up sending" } else { "Could not send" }),
        "{}",
        ran.err
    );
    let shown = world.vahti("ticket 1").ok();
    assert!(shown.contains("(its note is lacking: `vahti outbox` says why)"), "{shown}");
    assert!(shown.contains(&format!("opened in desk as {number}")), "{shown}");

    settle(&mut shelf.lock().unwrap());
    run(&world);
    let told = ticket(&world);
    assert_eq!([&told["status"], &told["elsewhere"][0]["status"]], ["resolved", "resolved"]);
    assert_eq!(told["elsewhere"][0]["opened"], Value::Null);

    refused.store(0, Ordering::SeqCst);
    world.vahti(&format!("outbox retry {}", notice["id"])).ok();
    assert_eq!(outbox(&world), Value::Array(Vec::new()));
    run(&world);
    let told = ticket(&world);
    assert!(told["elsewhere"][0]["opened"].is_string(), "{told}");
    assert_eq!([&told["status"], &told["elsewhere"][0]["status"]], ["resolved", "resolved"]);
    assert_eq!(told["log"].to_string().matches("opened in desk").count(), 1, "{}", told["log"]);
    assert_eq!(posted(site, opening), 1, "it is never opened again");
    world.vahti("fsck").ok();
}

#[test]
fn freshdesk_refuses_the_note() {
    use super::freshdesk::{FRESHDESK, config};
    for status in [403, 400] {
        let is_note = |asked: &Asked| asked.method == "POST" && asked.path.ends_with("/notes");
        let desk = refusing(FRESHDESK, is_note, status);
        is_followed(&desk, &config(desk.0.url()), "/tickets", |shelf| {
            shelf[0]["status"] = 4.into();
        });
        assert_eq!(desk.1.lock().unwrap()[0]["notes"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn chatwoot_refuses_the_advice() {
    use super::chatwoot::{CHATWOOT, config};
    for status in [403, 422] {
        let is_note = |asked: &Asked| asked.body.contains("\"private\":true");
        let desk = refusing(CHATWOOT, is_note, status);
        is_followed(&desk, &config(desk.0.url()), "/conversations", |shelf| {
            shelf[1]["status"] = "resolved".into();
        });
        assert_eq!(desk.1.lock().unwrap()[1]["messages"].as_array().unwrap().len(), 2);
    }
}
