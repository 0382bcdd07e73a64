//! Zendesk.

use super::{Play, desk, exactly_once, run, ticket, watching};
use crate::support::standin::json;
use serde_json::{Value, json};

fn config(url: &str) -> String {
    format!(
        "tickets = \"\"\nsettle = \"0s\"\nevery = \"0s\"\nzendesk.url = \"{url}\"\n\
         zendesk.agent = \"bot@acme.example\"\nzendesk.token = \"zen-token\""
    )
}

/// Answers as Zendesk does, but for its idempotency, which ends after two hours: this one has forgotten.
const ZENDESK: Play = |asked, shelf| {
    let sent: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/api/v2/tickets.json") => {
            assert!(asked.header("idempotency-key").starts_with("vahti-1-"));
            let mut new = sent["ticket"].clone();
            new["id"] = (4014 + shelf.len()).into();
            new["status"] = "new".into();
            shelf.push(new.clone());
            json(201, json!({ "ticket": new, "audit": {} }).to_string())
        }
        ("GET", "/api/v2/tickets.json") => {
            let fits = |one: &&Value| one["external_id"] == asked.get("external_id");
            let found: Vec<&Value> = shelf.iter().filter(fits).collect();
            json(200, json!({ "tickets": found, "count": found.len() }).to_string())
        }
        ("GET", "/api/v2/tickets/4014.json") => {
            json(200, json!({ "ticket": shelf[0] }).to_string())
        }
        _ => json(404, "{\"error\":\"RecordNotFound\",\"description\":\"Not found\"}"),
    }
};

#[test]
fn whatever_breaks_the_ticket_is_there_once() {
    exactly_once(ZENDESK, config, |shelf| {
        shelf.len() == 1 && shelf[0]["comment"]["public"] == false
    });
}

#[test]
fn what_is_solved_there_is_resolved_here() {
    let (site, shelf) = desk(ZENDESK, None);
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    shelf.lock().unwrap()[0]["status"] = "solved".into();
    run(&world);
    let told = ticket(&world);
    assert_eq!([&told["status"], &told["elsewhere"][0]["status"]], ["resolved", "solved"]);
}
