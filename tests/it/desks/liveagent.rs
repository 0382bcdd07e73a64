//! The desk `LiveAgent`.

use super::{Play, Trouble, desk, exactly_once, outbox, run, settle, ticket, watching};
use crate::support::standin::{StandIn, json};
use serde_json::{Value, json};

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
            let number = |name: &str| asked.get(name).parse::<usize>().unwrap();
            let (page, size) = (number("_page"), number("_perPage"));
            assert_eq!([asked.get("_sortField"), asked.get("_sortDir")], ["date_created", "DESC"]);
            let newest = shelf.iter().rev().skip((page - 1) * size).take(size).cloned();
            json(200, Value::Array(newest.collect()).to_string())
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

#[test]
fn a_ticket_that_was_lost_is_found_behind_many_others() {
    let (site, shelf) = desk(LIVEAGENT, Some((1, Trouble::Lost)));
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    let other =
        |n: usize| json!({ "id": format!("o{n}"), "code": "X", "subject": "Lamp [vahti-1-0]" });
    shelf.lock().unwrap().extend((0..250).map(other));
    settle(&world);
    assert_eq!(shelf.lock().unwrap().len(), 251, "no second one was opened");
    assert_eq!(ticket(&world)["elsewhere"][0]["number"], "ABC-DEFGH-123");
    let looked = site.seen().iter().filter(|asked| asked.path == "/api/v3/tickets").count();
    assert_eq!(looked, 1 + 3, "one try, and three pages");
}

#[test]
fn what_cannot_be_looked_through_is_told_and_nothing_is_opened_again() {
    let other = json!({ "id": "o", "code": "X", "subject": "Lamp" });
    let page = Value::Array(vec![other; 100]).to_string();
    let site = StandIn::start(move |asked| match asked.method.as_str() {
        "POST" => json(500, "{\"message\":\"oops\"}"),
        _ => json(200, page.clone()),
    });
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    run(&world);
    let notice = outbox(&world)[0].clone();
    assert_eq!(notice["state"], "queued");
    let answer = notice["last_answer"].as_str().unwrap();
    assert!(answer.contains("more than the 50 pages"), "{answer}");
    let seen = site.seen();
    assert_eq!(seen.iter().filter(|asked| asked.method == "POST").count(), 1);
    assert_eq!(seen.len(), 51);
}
