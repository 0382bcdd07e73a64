//! Chatwoot. On the shelf lie contacts and conversations.

use super::{Play, desk, exactly_once, run, ticket, watching};
use crate::support::standin::json;
use serde_json::{Value, json};

fn config(url: &str) -> String {
    format!(
        "tickets = \"\"\nsettle = \"0s\"\nevery = \"0s\"\nchatwoot.url = \"{url}\"\n\
         chatwoot.token = \"chat-token\"\nchatwoot.account = 3\nchatwoot.inbox = 1"
    )
}

/// Answers as Chatwoot does.
const CHATWOOT: Play = |asked, shelf| {
    if asked.header("api_access_token") != "chat-token" {
        return json(401, "{\"error\":\"Invalid Access Token\"}");
    }
    let sent: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    let path = asked.path.trim_start_matches("/api/v1/accounts/3/");
    let parts: Vec<&str> = path.split('/').collect();
    let talks = |shelf: &[Value]| shelf.iter().position(|one| one["contact_id"].is_number());
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", ["contacts", "search"]) => {
            let fits = |one: &&Value| one["identifier"] == asked.get("q");
            let found: Vec<&Value> = shelf.iter().filter(fits).collect();
            json(200, json!({ "meta": {}, "payload": found }).to_string())
        }
        ("POST", ["contacts"]) => {
            if shelf.iter().any(|one| one["identifier"] == sent["identifier"]) {
                return json(
                    422,
                    "{\"message\":\"Identifier has already been taken\",\"attributes\":[\"identifier\"]}",
                );
            }
            let inbox = json!({ "source_id": "4123", "inbox": { "id": 1 } });
            let contact =
                json!({ "id": 12, "identifier": sent["identifier"], "contact_inboxes": [inbox] });
            shelf.push(contact.clone());
            json(
                200,
                json!({ "payload": { "contact": contact, "contact_inbox": inbox } }).to_string(),
            )
        }
        ("GET", ["contacts", "12", "conversations"]) => {
            let found: Vec<&Value> = shelf.iter().filter(|one| one["contact_id"] == 12).collect();
            json(200, json!({ "payload": found }).to_string())
        }
        ("POST", ["conversations"]) => {
            let mut new = sent;
            new["id"] = 5.into();
            new["messages"] = json!([]);
            shelf.push(new.clone());
            json(200, new.to_string())
        }
        ("GET", ["conversations", "5", "messages"]) => {
            let at = talks(shelf).unwrap();
            json(200, json!({ "payload": shelf[at]["messages"] }).to_string())
        }
        ("POST", ["conversations", "5", "messages"]) => {
            let at = talks(shelf).unwrap();
            shelf[at]["messages"].as_array_mut().unwrap().push(sent.clone());
            json(200, sent.to_string())
        }
        ("GET", ["conversations", "5"]) => json(200, shelf[talks(shelf).unwrap()].to_string()),
        _ => json(404, "{\"error\":\"Resource could not be found\"}"),
    }
};

#[test]
fn whatever_breaks_customer_conversation_and_messages_are_there_once() {
    exactly_once(CHATWOOT, config, |shelf| {
        let messages = &shelf[1]["messages"];
        let is_whole = messages[0]["message_type"] == "incoming" && messages[1]["private"] == true;
        shelf.len() == 2 && messages.as_array().unwrap().len() == 2 && is_whole
    });
}

#[test]
fn what_is_resolved_there_is_resolved_here() {
    let (site, shelf) = desk(CHATWOOT, None);
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    shelf.lock().unwrap()[1]["status"] = "resolved".into();
    run(&world);
    let told = ticket(&world);
    assert_eq!([&told["status"], &told["elsewhere"][0]["status"]], ["resolved", "resolved"]);
}
