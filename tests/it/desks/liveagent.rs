//! The desk `LiveAgent`.

use super::{Play, desk, exactly_once, run, ticket, watching};
use crate::support::standin::json;
use serde_json::Value;

fn config(url: &str) -> String {
    format!(
        "tickets = \"\"\nsettle = \"0s\"\nevery = \"0s\"\nliveagent.url = \"{url}\"\n\
         liveagent.key = \"live-key\"\nliveagent.department = \"default\"\n\
         liveagent.recipient = \"support@acme.example\"\nliveagent.customer = \"m@acme.example\""
    )
}

/// Answers as `LiveAgent` does.
const LIVEAGENT: Play = |asked, shelf| {
    if asked.header("apikey") != "live-key" {
        return json(401, "{\"message\":\"Unauthorized\"}");
    }
    let sent: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/api/v3/tickets") => {
            assert_eq!(sent["do_not_send_mail"], "Y");
            let mut new = sent;
            new["id"] = format!("k9hvsu3{}", shelf.len()).into();
            new["code"] = format!("ABC-DEFGH-{}", 123 + shelf.len()).into();
            shelf.push(new.clone());
            json(200, new.to_string())
        }
        ("GET", "/api/v3/tickets") => {
            let filters: Value = serde_json::from_str(asked.get("_filters")).unwrap();
            assert_eq!([&filters[0][0], &filters[0][1]], ["date_created", "D>="]);
            json(200, Value::Array(shelf.clone()).to_string())
        }
        ("GET", "/api/v3/tickets/k9hvsu30") => json(200, shelf[0].to_string()),
        _ => json(404, "{\"message\":\"Not found\"}"),
    }
};

#[test]
fn whatever_breaks_the_ticket_is_there_once() {
    exactly_once(LIVEAGENT, config, |shelf| shelf.len() == 1);
}

#[test]
fn what_is_resolved_there_is_resolved_here() {
    let (site, shelf) = desk(LIVEAGENT, None);
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    shelf.lock().unwrap()[0]["status"] = "R".into();
    run(&world);
    let told = ticket(&world);
    assert_eq!([&told["status"], &told["elsewhere"][0]["status"]], ["resolved", "resolved"]);
    assert_eq!(told["elsewhere"][0]["number"], "ABC-DEFGH-123");
}
