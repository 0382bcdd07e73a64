//! `ticket`: all its moves, as the contract's section 5 has them.

use super::{both_ways, seeded};
use crate::support::World;
use chrono::Datelike;
use serde_json::Value;

#[track_caller]
fn ticket(world: &World, id: u64) -> Value {
    world.vahti(&format!("ticket {id} --format json")).json()
}

/// Does what must be refused, and sees that nothing changed.
#[track_caller]
fn refused(world: &World, command: &str) {
    let before = ticket(world, 1);
    let ran = world.vahti(command);
    assert_eq!(ran.code, Some(1), "{command}: {}", ran.out);
    assert_eq!(ran.out, "", "{command}");
    assert!(ran.err.starts_with("vahti: "), "{command}: {}", ran.err);
    assert_eq!(ticket(world, 1), before, "{command}");
}

#[test]
fn a_ticket_goes_from_new_to_closed_and_back() {
    both_ways(|world| {
        refused(world, "ticket 1 rate 3");
        refused(world, "ticket 1 close");
        refused(world, "ticket 1 reopen");
        assert_eq!(ticket(world, 1)["status"], "new");

        let said = world.vahti("ticket 1 assign maija@acme.example").ok();
        assert!(said.contains("Ticket 1 is open"), "{said}");
        assert_eq!(ticket(world, 1)["assignee"], "maija@acme.example");
        world.vahti_with(&["ticket", "1", "note", "called the depot"], "").ok();
        world.vahti("ticket 1 priority high").ok();
        assert_eq!(ticket(world, 1)["priority"], "high");

        world.vahti_with(&["ticket", "1", "reply", "We are sorry"], "").ok();
        let answered = ticket(world, 1);
        assert_eq!(answered["status"], "answered");
        assert!(answered["answered"].is_string());
        refused(world, "ticket 1 rate 5");

        world
            .vahti_with(
                &["ticket", "1", "resolve", "--cause", "late parcel", "--lesson", "Track it"],
                "",
            )
            .ok();
        let resolved = ticket(world, 1);
        assert_eq!(resolved["status"], "resolved");
        assert_eq!([&resolved["cause"], &resolved["lesson"]], ["late parcel", "Track it"]);
        let at = |field: &str| {
            let text = resolved[field].as_str().unwrap();
            chrono::DateTime::parse_from_rfc3339(text).unwrap()
        };
        // Ten days later, or on the Monday after that.
        assert!((10..=12).contains(&(at("follow_up") - at("resolved")).num_days()));
        assert!(at("follow_up").weekday().number_from_monday() <= 5);
        refused(world, "ticket 1 rate 0");
        refused(world, "ticket 1 rate 6");

        world.vahti("ticket 1 rate 2").ok();
        let unhappy = ticket(world, 1);
        assert_eq!([&unhappy["status"], &unhappy["priority"]], ["open", "urgent"]);

        world.vahti("ticket 1 resolve --cause depot").ok();
        world.vahti("ticket 1 rate 4").ok();
        let happy = ticket(world, 1);
        assert_eq!(happy["status"], "closed");
        assert_eq!(happy["rating"], 4);
        refused(world, "ticket 1 close");
        refused(world, "ticket 1 reply late");

        world.vahti_with(&["ticket", "1", "reopen", "it happened again"], "").ok();
        assert_eq!(ticket(world, 1)["status"], "open");
        world.vahti("ticket 1 resolve --cause depot").ok();
        world.vahti("ticket 1 close").ok();
        let closed = ticket(world, 1);
        assert_eq!(closed["status"], "closed");

        was_written(&closed);
    });
}

/// Sees that the log of that ticket tells all of it, and who did it.
fn was_written(closed: &Value) {
    let log = closed["log"].as_array().unwrap();
    let actions: Vec<&str> = log.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "open", "assign", "note", "priority", "reply", "resolve", "rate", "resolve", "rate",
            "reopen", "resolve", "close"
        ]
    );
    assert_eq!(log[2]["text"], "called the depot");
    assert_eq!(log[4]["text"], "We are sorry");
    assert_eq!(log[0]["by"], "vahti");
    assert_ne!(log[1]["by"], "vahti", "a person did it");
}

#[test]
fn a_reply_without_text_is_a_suggestion_and_with_text_is_recorded() {
    both_ways(|world| {
        let before = ticket(world, 1);
        let suggestion = world.vahti("ticket 1 reply").ok();
        assert!(suggestion.contains("Answer here: https://news.example/1"), "{suggestion}");
        let text = before["suggested_reply"].as_str().unwrap();
        assert!(suggestion.contains(text.lines().next().unwrap()), "{suggestion}");
        assert_eq!(ticket(world, 1), before, "a suggestion changes nothing");

        let reply = "Dear Liisa,\nit is on its way.\n";
        world.vahti_with(&["ticket", "1", "reply", "-"], reply).ok();
        let answered = ticket(world, 1);
        assert_eq!(answered["status"], "answered");
        let last = answered["log"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["text"], reply.trim());
        refused(world, "ticket 1 reply -");
        let json = world.vahti("ticket 1 reply --format json").json();
        assert_eq!(json["suggested_reply"], answered["suggested_reply"]);
        // A mistyped option must not stand in the log for ever as what the customer was told.
        assert_eq!(world.vahti("ticket 2 reply --confg=x").code, Some(2));
        assert_eq!(ticket(world, 2)["status"], "new");
        world.vahti_with(&["ticket", "2", "reply", "--", "- a list of one"], "").ok();
    });
}

#[test]
fn a_resolution_needs_a_cause_and_a_move_needs_a_ticket() {
    let world = seeded();
    let before = ticket(&world, 1);
    for wrong in ["ticket 1 resolve", "ticket 1 rate", "ticket 1 rate five", "ticket 1 fly"] {
        assert_eq!(world.vahti(wrong).code, Some(2), "{wrong}");
    }
    assert_eq!(world.vahti("ticket 1 priority enormous").code, Some(2));
    assert_eq!(world.vahti("ticket one").code, Some(2));
    refused(&world, "ticket 1 resolve --cause noise");
    assert_eq!(ticket(&world, 1), before);
    let missing = world.vahti("ticket 7 assign maija");
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.contains("no ticket 7"), "{}", missing.err);
}

#[test]
fn a_ticket_in_full_shows_customer_card_reply_and_log() {
    both_ways(|world| {
        let words = world.vahti("ticket 1").ok();
        for part in [
            "Customer   Liisa",
            "Complainer: ",
            "How to answer: ",
            "Avoid: ",
            "Suggested reply:",
            "Log:",
            "https://news.example/1",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
        let csv = world.vahti("ticket 1 --format csv").ok();
        assert!(csv.starts_with("id,mention,brands,"), "{csv}");
        let line = world.vahti("ticket 1 --format ndjson").ok();
        assert_eq!(line.lines().count(), 1);
        let moved = world.vahti("ticket 1 assign maija --format json").json();
        assert_eq!(moved["assignee"], "maija");
    });
}
