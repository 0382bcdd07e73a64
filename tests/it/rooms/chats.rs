//! Rooms where people chat.

use super::{BAD, body, channel, is_told_once, outbox, told_by, watching};
use crate::support::standin::{Asked, StandIn, json};
use crate::support::{Answer, until};
use serde_json::{Value, json as value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn plain(status: u16, words: &str) -> Answer {
    Answer { body: words.as_bytes().to_vec(), ..Answer::status(status) }
        .header("Content-Type", "text/plain")
}

#[test]
fn slack_is_told() {
    let site = StandIn::start(|_| plain(200, "ok"));
    let (_feed, world) = told_by(&format!("slack.url = \"{}/services/T0/B0/x\"", site.url()));
    let ran = world.vahti("run --once --format json").json();
    assert_eq!(ran["notices"]["answers"], value!(["127.0.0.1 took it: ok"]));
    let asked = is_told_once(&site, &world);
    assert_eq!([asked.method.as_str(), &asked.path], ["POST", "/services/T0/B0/x"]);
    let body = body(&asked);
    assert!(body["text"].as_str().unwrap().starts_with("Acme: 1 mention, 1 negative"), "{body}");
    let line = body["blocks"][1]["text"]["text"].as_str().unwrap();
    assert!(line.starts_with(&format!("<https://news.example/1|{BAD}>\n")), "{line}");
}

#[test]
fn teams_is_told_and_takes_it_without_a_word() {
    let site = StandIn::start(|_| Answer::status(202));
    let (_feed, world) = told_by(&format!("teams.url = \"{}/workflows/w?sig=s\"", site.url()));
    world.vahti("run --once").ok();
    let asked = is_told_once(&site, &world);
    assert_eq!((asked.path.as_str(), asked.get("sig")), ("/workflows/w", "s"));
    let card = body(&asked)["attachments"][0]["content"].clone();
    assert_eq!([&card["type"], &card["version"]], ["AdaptiveCard", "1.4"]);
    assert!(card["body"].to_string().contains("(https://news.example/1)"), "{card}");
}

#[test]
fn discord_is_told_and_says_that_it_is_there() {
    let site = StandIn::start(|_| json(200, "{\"id\":\"1152\",\"type\":0}"));
    let url = format!("discord.url = \"{}/api/webhooks/1/t0ken\"", site.url());
    let (_feed, world) = told_by(&url);
    let ran = world.vahti("run --once --format json").json();
    assert_eq!(ran["notices"]["answers"], value!(["127.0.0.1 took it as 1152"]));
    let asked = is_told_once(&site, &world);
    assert_eq!(asked.get("wait"), "true");
    assert_eq!(body(&asked)["allowed_mentions"], value!({ "parse": [] }));
}

#[test]
fn ntfy_is_told_at_its_root() {
    let site = StandIn::start(|_| json(200, "{\"id\":\"hwQ2YpKdmg\",\"event\":\"message\"}"));
    let kind = format!(
        "ntfy.url = \"{}\"\nntfy.topic = \"acme-7f3k\"\nntfy.token = \"tk_secret\"",
        site.url()
    );
    let (_feed, world) = told_by(&kind);
    world.vahti("run --once").ok();
    let asked = is_told_once(&site, &world);
    assert_eq!([asked.path.as_str(), asked.header("authorization")], ["/", "Bearer tk_secret"]);
    let body = body(&asked);
    assert_eq!([&body["topic"], &body["click"]], ["acme-7f3k", "https://news.example/1"]);
}

/// A home server: one event for each transaction id.
fn home_server(events: &Arc<Mutex<BTreeMap<String, Value>>>) -> StandIn {
    let events = Arc::clone(events);
    StandIn::start(move |asked: &Asked| {
        assert_eq!(asked.method, "PUT");
        if asked.header("authorization") != "Bearer syt_secret" {
            return json(401, "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"Unrecognised.\"}");
        }
        let (room, id) = asked.path.rsplit_once('/').unwrap();
        let room = room.replace("%3A", ":").replace("%21", "!");
        assert_eq!(room, "/_matrix/client/v3/rooms/!r:m.example/send/m.room.message");
        events.lock().unwrap().entry(id.to_owned()).or_insert_with(|| body(asked));
        json(200, format!("{{\"event_id\":\"${id}\"}}"))
    })
}

fn matrix(url: &str, token: &str) -> String {
    format!("matrix.url = \"{url}\"\nmatrix.token = \"{token}\"\nmatrix.room = \"!r:m.example\"")
}

#[test]
fn matrix_has_it_once_though_its_answer_was_lost() {
    let events = Arc::default();
    let site = home_server(&events);
    site.lose_at(1);
    let (_feed, world) = told_by(&matrix(site.url(), "syt_secret"));
    world.vahti("run --once").ok();
    let waiting = outbox(&world);
    assert_eq!([&waiting[0]["state"], &waiting[0]["to"]], ["queued", "room"]);
    world.vahti("run --once").ok();
    assert_eq!(outbox(&world), value!([]));
    let seen = site.seen();
    assert_eq!((seen.len(), &seen[0].path), (2, &seen[1].path));
    let events = events.lock().unwrap();
    assert_eq!(events.len(), 1);
    let event = events.values().next().unwrap();
    assert_eq!([&event["msgtype"], &event["m.mentions"]], [&value!("m.notice"), &value!({})]);
    assert!(
        event["formatted_body"].as_str().unwrap().contains("<a href=\"https://news.example/1\">")
    );
}

#[test]
fn what_is_refused_for_good_is_dead_at_once_and_tells_no_secret() {
    let refusals = [
        ("slack.url = \"URL/services/very-secret\"", 404, "no_service"),
        (
            "teams.url = \"URL/w?sig=very-secret\"",
            401,
            "{\"error\":{\"code\":\"A\",\"message\":\"no\"}}",
        ),
        (
            "discord.url = \"URL/api/very-secret\"",
            404,
            "{\"message\":\"Unknown Webhook\",\"code\":10015}",
        ),
        (
            "ntfy.url = \"URL\"\nntfy.topic = \"very-secret\"",
            403,
            "{\"code\":40301,\"http\":403,\"error\":\"forbidden: very-secret\"}",
        ),
        (
            "matrix.url = \"URL\"\nmatrix.token = \"very-secret\"\nmatrix.room = \"!r:m.example\"",
            403,
            "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"very-secret is not in room\"}",
        ),
    ];
    for (kind, status, said) in refusals {
        let site = StandIn::start(move |_| json(status, said));
        let (_feed, world) = told_by(&kind.replace("URL", site.url()));
        let mut ran = vec![world.vahti("run --once -v -v"), world.vahti("run --once")];
        let dead = outbox(&world);
        assert_eq!([&dead[0]["state"], &dead[0]["to"]], ["dead", "room"], "{kind}: {dead}");
        assert_eq!(site.seen().len(), 1, "{kind}");
        let answer = dead[0]["last_answer"].as_str().unwrap().to_owned();
        assert!(answer.starts_with(&format!("127.0.0.1 answered {status}: ")), "{answer}");
        for command in ["outbox", "status", "check", "alert team preview"] {
            ran.push(world.vahti(command));
        }
        let told: String = ran.iter().flat_map(|ran| [ran.out.as_str(), &ran.err]).collect();
        assert!(!told.contains("very-secret") && !answer.contains("very-secret"), "{kind}: {told}");
        // A person who has mended it tries again.
        let id = dead[0]["id"].to_string();
        world.vahti(&format!("outbox retry {id}")).ok();
        world.vahti("run --once").ok();
        assert_eq!(site.seen().len(), 2, "{kind}");
    }
}

#[test]
fn who_is_asked_too_often_is_left_alone_as_long_as_it_says() {
    for (header, said, wait) in [
        ("65", "{\"message\":\"You are being rate limited.\",\"retry_after\":64.57}", 64),
        ("", "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"slow\",\"retry_after_ms\":90000}", 89),
    ] {
        let site = StandIn::start(move |_| {
            let answer = json(429, said);
            if header.is_empty() { answer } else { answer.header("Retry-After", header) }
        });
        let (_feed, world) = told_by(&format!("slack.url = \"{}/x/y\"", site.url()));
        let before = chrono::Utc::now();
        world.vahti("run --once").ok();
        let waiting = outbox(&world);
        assert_eq!(waiting[0]["state"], "queued", "{waiting}");
        let next: chrono::DateTime<chrono::Utc> =
            waiting[0]["next_attempt"].as_str().unwrap().parse().unwrap();
        assert!((next - before).num_seconds() >= wait, "{waiting}");
    }
}

#[test]
fn a_channel_that_hangs_keeps_no_other_waiting() {
    let slow = StandIn::start(|_| Answer { delay: Duration::from_secs(30), ..plain(200, "ok") });
    let good = StandIn::start(|_| plain(200, "ok"));
    let channels = [
        channel("hangs", &format!("slack.url = \"{}/a/b\"", slow.url())),
        channel("works", &format!("slack.url = \"{}/c/d\"", good.url())),
    ];
    let (_feed, world) = watching("\"hangs\", \"works\"", &channels.concat());
    let daemon = world.daemon();
    until("the one that works is told", || !good.seen().is_empty());
    until("the one that hangs is known to", || {
        let waiting = outbox(&world);
        waiting[0]["to"] == "hangs" && waiting[0]["last_answer"].is_string()
    });
    let answer = outbox(&world)[0]["last_answer"].to_string();
    assert!(answer.contains("did not answer in full in time"), "{answer}");
    assert_eq!(good.seen().len(), 1);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn whose_a_ticket_is_may_be_told_by_a_channel_and_the_operator_too() {
    let site = StandIn::start(|_| plain(200, "ok"));
    let broken = StandIn::start(|_| plain(410, "channel_is_archived"));
    let tail = [
        "[[route]]\nassign = \"helpers\"\n[operator]\nto = [\"helpers\"]\n".to_owned(),
        channel("helpers", &format!("slack.url = \"{}/x/y\"", site.url())),
        channel("gone", &format!("slack.url = \"{}/x/y\"", broken.url())),
    ]
    .concat();
    let (_feed, world) = watching("\"gone\"", &tail);
    let texts = || -> Vec<String> {
        site.seen().iter().map(|asked| body(asked)["text"].as_str().unwrap().to_owned()).collect()
    };
    let daemon = world.daemon();
    until("the assignee is told", || {
        texts().iter().any(|text| text.starts_with("Ticket 1 is yours"))
    });
    until("the notice to the other channel is dead", || outbox(&world)[0]["state"] == "dead");
    assert_eq!(daemon.stop(), Some(0));
}
