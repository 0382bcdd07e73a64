//! Chatwoot. On the shelf lie contacts and conversations.

use super::{Play, Trouble, desk, exactly_once, run, settle, ticket, watching};
use crate::support::standin::json;
use serde_json::{Value, json};

pub(super) fn config(url: &str) -> String {
    format!(
        "tickets = \"\"\nsettle = \"0s\"\nevery = \"0s\"\nchatwoot.url = \"{url}\"\n\
         chatwoot.token = \"chat-token\"\nchatwoot.account = 3\nchatwoot.inbox = 1"
    )
}

/// Answers as Chatwoot does.
pub(super) const CHATWOOT: Play = |asked, shelf| {
    if asked.header("api_access_token") != "chat-token" {
        return json(401, "{\"error\":\"Invalid Access Token\"}");
    }
    let sent: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    let path = asked.path.trim_start_matches("/api/v1/accounts/3/");
    let parts: Vec<&str> = path.split('/').collect();
    let talks = |shelf: &[Value]| shelf.iter().position(|one| one["contact_id"].is_number());
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", ["contacts", "search"]) => {
            let page: usize = asked.get("page").parse().unwrap();
            assert_eq!(asked.get("sort"), "created_at");
            let fits = |one: &&Value| one["identifier"] == asked.get("q") || one["near"] == true;
            let found: Vec<&Value> = shelf.iter().filter(fits).skip((page - 1) * 15).collect();
            let (has_more, shown) = (found.len() > 15, &found[..found.len().min(15)]);
            let meta = json!({ "count": shown.len(), "has_more": has_more });
            json(200, json!({ "meta": meta, "payload": shown }).to_string())
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
        ("POST", ["contacts", "12", "contact_inboxes"]) => {
            let at = shelf.iter().position(|one| one["id"] == 12).unwrap();
            let inbox =
                json!({ "source_id": sent["source_id"], "inbox": { "id": sent["inbox_id"] } });
            shelf[at]["contact_inboxes"].as_array_mut().unwrap().push(inbox.clone());
            json(200, inbox.to_string())
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

/// Counts what was sent to a place.
fn sent(site: &crate::support::standin::StandIn, ending: &str) -> usize {
    let is_it = |method: &str, path: &str| method == "POST" && path.ends_with(ending);
    site.seen().iter().filter(|asked| is_it(&asked.method, &asked.path)).count()
}

#[test]
fn a_customer_is_found_behind_many_others_and_is_there_once() {
    // The contact is made behind 17 pages of others, and the answer to the conversation is lost.
    let (site, shelf) = desk(CHATWOOT, Some((19, Trouble::Lost)));
    let other =
        |n: usize| json!({ "id": 1000 + n, "identifier": format!("other {n}"), "near": true });
    shelf.lock().unwrap().extend((0..250).map(other));
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    assert_eq!([sent(&site, "/contacts"), sent(&site, "/conversations")], [1, 1]);
    settle(&world);
    assert_eq!([sent(&site, "/contacts"), sent(&site, "/conversations")], [1, 1]);
    assert_eq!(ticket(&world)["elsewhere"][0]["number"], "5");
    let shelf = shelf.lock().unwrap();
    assert_eq!(shelf[251]["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn a_customer_of_another_inbox_enters_ours_once() {
    let (site, shelf) = desk(CHATWOOT, Some((2, Trouble::Lost)));
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    shelf.lock().unwrap()[0]["contact_inboxes"][0]["inbox"]["id"] = 2.into();
    settle(&world);
    assert_eq!([sent(&site, "/contacts"), sent(&site, "/contact_inboxes")], [1, 1]);
    let shelf = shelf.lock().unwrap();
    assert_eq!(shelf[1]["source_id"], shelf[0]["identifier"]);
}
