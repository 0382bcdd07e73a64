//! A signed webhook.

use super::{BAD, Play, exactly_once, outbox, run, ticket, watching};
use crate::support::standin::{Asked, StandIn, json};
use crate::support::{Answer, until};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn config(url: &str) -> String {
    format!(
        "tickets = \"\"\nsettle = \"0s\"\nwebhook.url = \"{url}/hook?k=very-secret\"\nwebhook.secret = \"{SECRET}\""
    )
}

/// Whoever is told checks the signature and takes each id once.
const RECEIVER: Play = |asked, shelf| {
    let (id, at) = (asked.header("webhook-id"), asked.header("webhook-timestamp"));
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    let signed = mac.chain_update(format!("{id}.{at}.{}", asked.body)).finalize().into_bytes();
    assert_eq!(asked.header("webhook-signature"), format!("v1,{}", STANDARD.encode(signed)));
    assert!(at.parse::<u64>().unwrap() > 1_700_000_000);
    let mut body: Value = serde_json::from_str(&asked.body).unwrap();
    body["id"] = id.into();
    if !shelf.iter().any(|known| known["id"] == body["id"]) {
        shelf.push(body);
    }
    Answer::status(204)
};

#[test]
fn a_receiver_that_takes_each_id_once_has_each_ticket_once() {
    exactly_once(RECEIVER, config, |shelf| {
        let data = &shelf[0]["data"];
        shelf.len() == 1 && data["ticket"] == 1 && data["mention"]["title"] == BAD
    });
}

#[test]
fn a_receiver_may_say_where_the_ticket_is() {
    let site = StandIn::start(|_| json(201, "{\"id\":\"T-7\",\"url\":\"https://a.example/T-7\"}"));
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    let elsewhere = ticket(&world)["elsewhere"][0].clone();
    assert_eq!([&elsewhere["number"], &elsewhere["url"]], ["T-7", "https://a.example/T-7"]);
    let shown = world.vahti("ticket 1").ok();
    assert!(shown.contains("Elsewhere  desk T-7 https://a.example/T-7"), "{shown}");
    assert!(shown.contains("opened in desk as T-7: https://a.example/T-7"), "{shown}");
}

#[test]
fn what_is_refused_for_good_is_dead_and_nothing_tells_the_secrets() {
    let site = StandIn::start(|asked: &Asked| {
        let said = format!("{{\"error\":\"no {} here\"}}", asked.header("webhook-id"));
        json(410, said)
    });
    let (_feed, world) = watching(&config(site.url()));
    let ran = world.vahti("run --once");
    let notices = outbox(&world);
    assert_eq!([&notices[0]["state"], &notices[0]["to"]], ["dead", "desk"]);
    assert_eq!(notices[0]["alert"], "ticket 1");
    let answer = notices[0]["last_answer"].as_str().unwrap();
    assert!(answer.starts_with("127.0.0.1 answered 410: no vahti-1-"), "{answer}");
    let told = format!("{}{}{notices}{}", ran.out, ran.err, world.vahti("check").out);
    assert!(!told.contains("very-secret") && !told.contains("MfKQ9r8"), "{told}");
    assert_eq!(ticket(&world)["elsewhere"][0]["opened"], Value::Null);
    assert_eq!(site.seen().len(), 1);
}

#[test]
fn a_receiver_that_is_faulty_for_a_while_is_told_later_and_a_lengthy_one_once() {
    for status in [400, 404, 405, 422, 500] {
        let site = StandIn::start(move |_| Answer::status(status));
        let (_feed, world) = watching(&config(site.url()));
        run(&world);
        assert_eq!(outbox(&world)[0]["state"], "queued", "{status}");
    }
    let site = StandIn::start(|_| json(200, vec![b' '; 2 * 1024 * 1024]));
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    run(&world);
    assert_eq!((site.seen().len(), outbox(&world).as_array().unwrap().len()), (1, 0));
}

#[test]
fn no_part_of_the_address_is_told_whatever_the_host_says_again() {
    let secrets = ["T0X9very", "sup3r-secret-path", "qu3ry-secret", "k=short", "/in/"];
    for status in [307, 403, 422, 500] {
        let site = StandIn::start(move |asked: &Asked| {
            let (_, key) = &asked.query[0];
            let parts: Vec<&str> = asked.path.split('/').collect();
            let whole = format!("https://desk.example{}?sig={key}&k=short", asked.path);
            let said = format!(
                "no {key} for {} and {} at {whole} or {}",
                parts[2],
                parts[3],
                whole.replace('/', "\\\\/")
            );
            json(status, format!("{{\"error\":\"{said}\"}}")).header("Location", &whole)
        });
        let address =
            format!("{}/in/T0X9very/sup3r-secret-path?sig=qu3ry-secret&k=short", site.url());
        let (_feed, world) = watching(&format!(
            "tickets = \"\"\nsettle = \"0s\"\nwebhook.url = \"{address}\"\nwebhook.secret = \"{SECRET}\""
        ));
        let ran = world.vahti("run --once -v -v");
        let answer = outbox(&world)[0]["last_answer"].as_str().unwrap().to_owned();
        assert!(answer.contains(&format!("answered {status}: no (secret)")), "{answer}");
        let mut told = format!("{answer}{}{}", ran.out, ran.err);
        for command in ["outbox", "status", "ticket 1", "check", "check --probe", "run --once"] {
            let ran = world.vahti(command);
            told.extend([ran.out, ran.err]);
        }
        for secret in secrets {
            assert!(!told.contains(secret), "{status}: {secret} in {told}");
        }
    }
    // Whoever takes it may say where it is: not by the secret.
    let site = StandIn::start(|asked: &Asked| {
        let said = format!("{{\"id\":7,\"url\":\"https://desk.example{}\"}}", asked.path);
        json(201, said)
    });
    let address = format!("{}/in/T0X9very/x", site.url());
    let (_feed, world) = watching(&format!(
        "tickets = \"\"\nwebhook.url = \"{address}\"\nwebhook.secret = \"{SECRET}\""
    ));
    run(&world);
    let shown = world.vahti("ticket 1").ok();
    assert!(shown.contains("Elsewhere  desk 7") && !shown.contains("T0X9very"), "{shown}");
}

#[test]
fn a_redirect_is_not_followed_and_a_private_address_not_asked() {
    let other = StandIn::start(|_| Answer::status(200));
    let to = format!("{}/elsewhere", other.url());
    let site = StandIn::start(move |_| Answer::status(307).header("Location", &to));
    let (_feed, world) = watching(&config(site.url()));
    run(&world);
    assert_eq!((site.seen().len(), other.seen().len()), (1, 0));
    let answer = outbox(&world)[0]["last_answer"].to_string();
    assert!(answer.contains("answered 307 (it leads elsewhere"), "{answer}");

    let refused = format!("allow_private_addresses = false\n{}", config(other.url()));
    let (_feed, world) = watching(&refused);
    run(&world);
    assert_eq!(other.seen().len(), 0);
    assert!(outbox(&world)[0]["last_answer"].to_string().contains("allow_private_addresses"));
}

#[test]
fn only_tickets_that_fit_go_there_and_the_daemon_brings_them() {
    let (site, shelf) = super::desk(RECEIVER, None);
    let (_feed, world) = watching(&config(site.url()).replace("\"\"", "\"lang:fi\""));
    run(&world);
    assert!(site.seen().is_empty() && outbox(&world).as_array().unwrap().is_empty());

    let (_feed, world) = watching(&config(site.url()));
    let daemon = world.daemon();
    until("it is told", || shelf.lock().unwrap().len() == 1);
    // What a person calls a complaint is a ticket, and goes there too.
    let calm = world.vahti("mentions shop --format json").json()[0]["id"].to_string();
    world.vahti(&format!("mention {} mark negative", calm.trim_matches('"'))).ok();
    until("both are told", || shelf.lock().unwrap().len() == 2);
    assert_eq!(daemon.stop(), Some(0));
}
