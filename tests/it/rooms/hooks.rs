//! A signed webhook, and a program.

use super::{BAD, body, outbox, told_by};
use crate::support::standin::{Asked, StandIn, json};
use crate::support::{Answer, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use std::path::Path;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn is_signed(asked: &Asked) {
    let (id, at) = (asked.header("webhook-id"), asked.header("webhook-timestamp"));
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    let signed = mac.chain_update(format!("{id}.{at}.{}", asked.body)).finalize().into_bytes();
    assert_eq!(asked.header("webhook-signature"), format!("v1,{}", STANDARD.encode(signed)));
}

#[test]
fn a_webhook_is_told_signed_and_again_under_the_same_id() {
    let site = StandIn::start(|asked: &Asked| {
        is_signed(asked);
        Answer::status(204)
    });
    site.lose_at(1);
    let kind = format!("webhook.url = \"{}/hook\"\nwebhook.secret = \"{SECRET}\"", site.url());
    let (_feed, world) = told_by(&kind);
    world.vahti("run --once").ok();
    assert_eq!(outbox(&world)[0]["state"], "queued");
    world.vahti("run --once").ok();
    assert_eq!(outbox(&world), Value::Array(Vec::new()));
    let [first, second] = &site.seen()[..] else { panic!("{:?}", site.seen()) };
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(first.body, second.body);
    let event = body(first);
    assert_eq!([&event["type"], &event["data"]["alert"]], ["alert", "team"]);
    assert_eq!(event["data"]["id"], first.header("webhook-id"));
    assert_eq!(event["data"]["brief"]["lines"][0]["headline"], BAD);
    let mention = world.vahti("mentions --format json").json()[0]["id"].clone();
    assert_eq!(event["data"]["mentions"], Value::Array(vec![mention]));
}

#[test]
fn a_webhook_may_be_told_tickets_and_alerts() {
    let site = StandIn::start(|asked: &Asked| {
        is_signed(asked);
        json(200, "{}")
    });
    let kind = format!(
        "tickets = \"\"\nwebhook.url = \"{}/hook\"\nwebhook.secret = \"{SECRET}\"",
        site.url()
    );
    let (_feed, world) = told_by(&kind);
    world.vahti("run --once").ok();
    let seen = site.seen();
    let mut types: Vec<String> =
        seen.iter().map(|asked| body(asked)["type"].as_str().unwrap().to_owned()).collect();
    types.sort();
    assert_eq!(types, ["alert", "ticket.opened"]);
    assert_eq!(outbox(&world), Value::Array(Vec::new()));
}

/// Writes a script that may be started. By another program: one that this one had open cannot be.
pub(super) fn script(world: &World, name: &str, text: &str) {
    world.write(&format!("{name}.txt"), &format!("#!/bin/sh\n{text}\n"));
    let status = std::process::Command::new("/usr/bin/install")
        .arg("-m755")
        .args([world.path(&format!("{name}.txt")), world.path(name)])
        .status();
    assert!(status.unwrap().success());
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap_or_default().lines().count()
}

#[test]
fn a_program_is_started_for_each_notice_with_the_notice_on_its_input() {
    let (_feed, world) = told_by("exec.command = [\"./on-alert\", \"$HOME `id`\"]");
    let (kept, ran) = (world.path("kept"), world.path("ran"));
    let text = format!(
        "echo \"$#|$1|$HOME|$(pwd)\" >> {}; cat > {}; echo \"page 7 sent\"; echo noise >&2",
        ran.display(),
        kept.display()
    );
    script(&world, "on-alert", &text);
    let sent = world.vahti("run --once --format json").json();
    let answer = sent["notices"]["answers"][0].as_str().unwrap();
    assert!(answer.ends_with("on-alert took it: page 7 sent"), "{answer}");
    assert_eq!(std::fs::read_to_string(&ran).unwrap(), "1|$HOME `id`||/\n");
    let letter: Value = serde_json::from_str(&std::fs::read_to_string(&kept).unwrap()).unwrap();
    assert_eq!(letter["alert"], "team");
    for key in ["id", "created", "subject", "text", "thread"] {
        assert!(letter[key].is_string(), "{key}: {letter}");
    }
    assert_eq!(letter["brief"]["lines"][0]["link"], "https://news.example/1");
    world.vahti("run --once").ok();
    assert_eq!(lines(&ran), 1);
}

#[test]
fn a_program_that_asks_for_patience_is_started_again_and_one_that_fails_is_not() {
    let (_feed, world) = told_by("exec.command = [\"./on-alert\"]");
    let ran = world.path("ran");
    let text = |end: &str| format!("echo x >> {}; {end}", ran.display());
    script(&world, "on-alert", &text("echo the pager is busy >&2; exit 75"));
    world.vahti("run --once").ok();
    let waiting = outbox(&world);
    assert_eq!(waiting[0]["state"], "queued");
    let answer = waiting[0]["last_answer"].as_str().unwrap();
    assert!(answer.ends_with("on-alert asks to try later: the pager is busy"), "{answer}");
    script(&world, "on-alert", &text("echo no such pager >&2; exit 3"));
    world.vahti("run --once").ok();
    let dead = outbox(&world);
    assert_eq!([&dead[0]["state"], &dead[0]["attempts"]], [&Value::from("dead"), &Value::from(2)]);
    assert!(dead[0]["last_answer"].as_str().unwrap().ends_with("ended with 3: no such pager"));
    world.vahti("run --once").ok();
    assert_eq!(lines(&ran), 2);
}

#[test]
fn a_program_that_is_not_there_waits_until_it_is() {
    let (_feed, world) = told_by("exec.command = [\"./on-alert\"]");
    let checked = world.vahti("check");
    let said = format!("{}{}", checked.out, checked.err);
    assert!(said.contains("on-alert cannot be started: there is no such file"), "{said}");
    world.vahti("run --once").ok();
    let waiting = outbox(&world);
    assert_eq!(waiting[0]["state"], "queued", "{waiting}");
    assert!(waiting[0]["last_answer"].to_string().contains("could not be started"), "{waiting}");
    script(&world, "on-alert", "cat > /dev/null");
    world.vahti("run --once").ok();
    assert_eq!(outbox(&world), Value::Array(Vec::new()));
}
