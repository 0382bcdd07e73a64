//! Freshdesk.

use super::{Play, desk, exactly_once, run, ticket, watching};
use crate::support::standin::json;
use serde_json::{Value, json};

pub(super) fn config(url: &str) -> String {
    format!(
        "tickets = \"\"\nsettle = \"0s\"\nevery = \"0s\"\nfreshdesk.url = \"{url}\"\n\
         freshdesk.key = \"fresh-key\""
    )
}

/// Answers as Freshdesk does: tickets by their tags, and their notes.
pub(super) const FRESHDESK: Play = |asked, shelf| {
    if asked.header("authorization") != "Basic ZnJlc2gta2V5Olg=" {
        return json(401, "{\"code\":\"invalid_credentials\",\"message\":\"no\"}");
    }
    let sent: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    let parts: Vec<&str> = asked.path.trim_start_matches("/api/v2/").split('/').collect();
    let of = |shelf: &[Value], id: &str| {
        shelf.iter().position(|one| one["id"].as_u64() == id.parse().ok())
    };
    match (asked.method.as_str(), parts.as_slice()) {
        ("POST", ["tickets"]) => {
            assert!(sent["unique_external_id"].is_string() && sent["description"].is_string());
            let mut new = sent;
            new["id"] = (shelf.len() + 1).into();
            new["notes"] = json!([]);
            shelf.push(new.clone());
            json(201, new.to_string())
        }
        ("GET", ["search", "tickets"]) => {
            let tag = asked.get("query").trim_matches('"').replace("tag:", "").replace('\'', "");
            let fits = |one: &&Value| one["tags"].as_array().unwrap().contains(&json!(tag));
            let found: Vec<&Value> = shelf.iter().filter(fits).collect();
            json(200, json!({ "total": found.len(), "results": found }).to_string())
        }
        ("POST", ["tickets", id, "notes"]) => {
            let at = of(shelf, id).unwrap();
            assert_eq!(sent["private"], true);
            shelf[at]["notes"].as_array_mut().unwrap().push(sent.clone());
            json(201, sent.to_string())
        }
        ("GET", ["tickets", id, "conversations"]) => {
            json(200, shelf[of(shelf, id).unwrap()]["notes"].to_string())
        }
        ("GET", ["tickets", id]) => json(200, shelf[of(shelf, id).unwrap()].to_string()),
        _ => json(404, ""),
    }
};

#[test]
fn whatever_breaks_the_ticket_and_its_note_are_there_once() {
    exactly_once(FRESHDESK, config, |shelf| {
        let note = shelf[0]["notes"][0]["body"].as_str().unwrap();
        let is_whole = note.contains("Complainer:") && note.contains("Suggested reply");
        shelf.len() == 1 && shelf[0]["notes"].as_array().unwrap().len() == 1 && is_whole
    });
}

#[test]
fn what_is_resolved_there_is_resolved_here() {
    let (site, shelf) = desk(FRESHDESK, None);
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    shelf.lock().unwrap()[0]["status"] = 4.into();
    run(&world);
    let told = ticket(&world);
    assert_eq!([&told["status"], &told["elsewhere"][0]["status"]], ["resolved", "resolved"]);
    assert_eq!(told["elsewhere"][0]["url"], format!("{}/a/tickets/1", site.url()));
}
