//! Zammad.

use super::{Play, Trouble, desk, exactly_once, outbox, run, settle, ticket, watching};
use crate::support::standin::{Asked, StandIn, json};
use crate::support::{Answer, until};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn config(url: &str) -> String {
    format!(
        "tickets = \"sentiment:negative\"\nsettle = \"0s\"\nevery = \"0s\"\nzammad.url = \"{url}\"\n\
         zammad.token = \"zammad-token\"\nzammad.group = \"Users\"\nzammad.customer = \"m@acme.example\""
    )
}

/// Answers as Zammad does: what is there is found by words of its title.
const ZAMMAD: Play = |asked, shelf| {
    if asked.header("authorization") != "Token token=zammad-token" {
        return json(401, "{\"error\":\"Authentication required\"}");
    }
    let sent: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/api/v1/tickets") => {
            if sent["group"] != "Users" || sent["title"] == "" {
                return json(
                    422,
                    "{\"error\":\"Validation failed\",\"error_human\":\"Group can't be blank\"}",
                );
            }
            let id = 19 + shelf.len();
            let mut new = sent.clone();
            new["id"] = id.into();
            new["number"] = format!("220{id}").into();
            shelf.push(new.clone());
            json(
                201,
                json!({"id": id, "number": new["number"], "title": new["title"], "group_id": 2,
                "state_id": 1, "article_ids": [30]})
                .to_string(),
            )
        }
        ("GET", "/api/v1/tickets/search") => {
            let query = asked.get("query");
            let fits = |one: &&Value| one["title"].as_str().unwrap().contains(query);
            let found: Vec<&Value> = shelf.iter().filter(fits).collect();
            json(200, serde_json::to_string(&found).unwrap())
        }
        ("GET", path) => {
            let id = path.rsplit('/').next().unwrap().parse::<usize>().unwrap();
            match shelf.iter().find(|one| one["id"] == id) {
                Some(one) => json(200, one.to_string()),
                None => json(404, "{\"error\":\"Couldn't find Ticket\"}"),
            }
        }
        _ => json(404, "{}"),
    }
};

#[test]
fn whatever_breaks_the_ticket_is_there_once() {
    exactly_once(ZAMMAD, config, |shelf| {
        let article = &shelf[0]["article"];
        let body = article["body"].as_str().unwrap();
        let is_told = body.contains("Complainer:") && body.contains("vahti ticket 1");
        shelf.len() == 1 && article["internal"] == true && is_told
    });
}

#[test]
fn a_ticket_that_was_opened_too_late_to_be_told_is_found() {
    // The first request opens the ticket and is answered when nobody listens any more.
    let count = Arc::new(AtomicUsize::new(0));
    let shelf = super::Shelf::default();
    let kept = Arc::clone(&shelf);
    let site = StandIn::start(move |asked: &Asked| {
        let answer = ZAMMAD(asked, &mut kept.lock().unwrap());
        let is_first = count.fetch_add(1, Ordering::SeqCst) == 0;
        answer.after(if is_first { Duration::from_secs(4) } else { Duration::ZERO })
    });
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    assert!(outbox(&world)[0]["last_answer"].to_string().contains("in time"), "{}", outbox(&world));
    settle(&world);
    assert_eq!(shelf.lock().unwrap().len(), 1);
    assert_eq!(ticket(&world)["elsewhere"][0]["number"], "22019");
}

#[test]
fn a_daemon_that_is_killed_while_it_opens_one_opens_no_second() {
    let shelf = super::Shelf::default();
    let kept = Arc::clone(&shelf);
    let site = StandIn::start(move |asked: &Asked| {
        let is_first = kept.lock().unwrap().is_empty();
        let answer = ZAMMAD(asked, &mut kept.lock().unwrap());
        answer.after(if is_first { Duration::from_secs(20) } else { Duration::ZERO })
    });
    let (_feed, world) = watching(&config(site.url()));
    let daemon = world.daemon();
    until("it is there", || shelf.lock().unwrap().len() == 1);
    daemon.kill();
    assert_eq!(outbox(&world).as_array().unwrap().len(), 1);
    settle(&world);
    assert_eq!(shelf.lock().unwrap().len(), 1);
    assert_eq!(ticket(&world)["elsewhere"][0]["number"], "22019");
}

#[test]
fn nothing_is_looked_for_until_the_search_may_have_it() {
    let (site, shelf) = desk(ZAMMAD, Some((1, Trouble::Lost)));
    let (_feed, world) = watching(&config(site.url()).replace("\"0s\"", "\"3s\""));
    run(&world);
    run(&world);
    assert_eq!(site.seen().len(), 1, "it waits");
    assert!(outbox(&world)[0]["last_answer"].to_string().contains("waits"), "{}", outbox(&world));
    until("the time is over", || {
        run(&world);
        outbox(&world).as_array().unwrap().is_empty()
    });
    assert_eq!((site.seen().len() >= 2, shelf.lock().unwrap().len()), (true, 1));
}

/// Says how the ticket stands there now.
fn says(shelf: &super::Shelf, state: &str) {
    shelf.lock().unwrap()[0]["state"] = state.into();
}

#[test]
fn what_becomes_of_it_there_is_told_here() {
    let (site, shelf) = desk(ZAMMAD, None);
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    says(&shelf, "open");
    run(&world);
    let told = ticket(&world);
    assert_eq!([&told["status"], &told["elsewhere"][0]["status"]], ["new", "open"]);
    let url = told["elsewhere"][0]["url"].as_str().unwrap();
    assert_eq!(url, format!("{}/#ticket/zoom/19", site.url()));

    says(&shelf, "closed");
    run(&world);
    let told = ticket(&world);
    assert_eq!([&told["status"], &told["cause"]], ["resolved", "settled in desk"]);
    assert!(told["follow_up"].is_string());
    assert_eq!(told["log"].as_array().unwrap().last().unwrap()["by"], "desk 22019");
    let lines = told["log"].as_array().unwrap().len();
    run(&world);
    assert_eq!(ticket(&world)["log"].as_array().unwrap().len(), lines, "told once");

    let daemon = world.daemon();
    says(&shelf, "open");
    until("it is open again", || ticket(&world)["status"] == "open");
    world.vahti_with(&["ticket", "1", "resolve", "--cause", "late parcel"], "").ok();
    says(&shelf, "closed");
    let last = || ticket(&world)["log"].as_array().unwrap().last().unwrap()["text"].clone();
    until("it is noted", || last() == "22019 is closed now in desk");
    assert_eq!(ticket(&world)["cause"], "late parcel", "a person's word stands");
    shelf.lock().unwrap().clear();
    until("it is gone", || last() == "22019 is no more in desk (gone)");
    let before = site.seen().len();
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(site.seen().len(), before, "nobody asks for what is gone");
    assert_eq!(daemon.stop(), Some(0));
    world.vahti("fsck").ok();
}

#[test]
fn a_wait_that_is_asked_for_is_kept_and_a_token_that_is_refused_is_told() {
    let site = StandIn::start(|_| Answer::status(429).header("Retry-After", "600"));
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    let notice = outbox(&world)[0].clone();
    let at =
        |name: &str| chrono::DateTime::parse_from_rfc3339(notice[name].as_str().unwrap()).unwrap();
    assert!((at("next_attempt") - at("created")).num_seconds() >= 600, "{notice}");

    let (site, _shelf) = desk(ZAMMAD, None);
    let (_feed, world) = watching(&config(site.url()).replace("zammad-token", "wrong-token"));
    run(&world);
    let answer = outbox(&world)[0]["last_answer"].to_string();
    assert!(answer.contains("answered 401: Authentication required (is its token"), "{answer}");
    assert!(!answer.contains("wrong-token"));
    assert_eq!(outbox(&world)[0]["state"], "queued");
}
