//! Hubs that bring news before anybody asks.

use super::{COMPLAINT, HEAD, source, titles};
use crate::support::{Answer, Site, World, entry, feed, until};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// Sends one request to `address` and returns status and body.
fn ask(address: &str, method: &str, target: &str, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split_whitespace().nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn signature(secret: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let bytes = mac.chain_update(body).finalize().into_bytes();
    let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!("X-Hub-Signature: sha256={hex}\r\nContent-Type: application/rss+xml\r\n")
}

#[test]
fn a_hub_is_asked_verified_and_believed_only_with_its_signature() {
    let (site, here) = (Site::start(), free_port());
    site.serve("/hub", Answer::status(202));
    let links = format!("<{}>; rel=\"hub\", <{}>; rel=\"self\"", site.url("/hub"), site.url("/n"));
    site.serve("/news.xml", Answer::feed(feed(&[])).header("Link", &links));
    let world = World::new(&format!(
        "{HEAD}{}\n[websub]\nlisten = \"{here}\"\npublic_url = \"http://{here}/websub\"\n",
        source(&site, "/news.xml", "schedule = \"1h\"")
    ));
    let daemon = world.daemon();
    until("the hub is asked", || !site.seen("/hub").is_empty());
    let asked = site.seen("/hub").remove(0);
    assert_eq!(asked.headers["content-type"], "application/x-www-form-urlencoded");
    let form: HashMap<String, String> =
        url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    assert_eq!((&*form["hub.mode"], &form["hub.topic"]), ("subscribe", &site.url("/n")));
    let callback = form["hub.callback"].strip_prefix(&format!("http://{here}")).unwrap().to_owned();

    let verify = |mode: &str, topic: &str| {
        let topic: String = url::form_urlencoded::byte_serialize(topic.as_bytes()).collect();
        let query =
            format!("hub.mode={mode}&hub.topic={topic}&hub.challenge=c%2B1&hub.lease_seconds=60");
        ask(&here, "GET", &format!("{callback}?{query}"), "", "")
    };
    assert_eq!(verify("subscribe", &site.url("/other")).0, 404);
    assert_eq!(verify("unsubscribe", &form["hub.topic"]).0, 404);
    assert_eq!(verify("subscribe", &form["hub.topic"]), (200, "c+1".into()));

    let body = String::from_utf8(feed(&[entry("9", COMPLAINT)]).into()).unwrap();
    let forged = signature("guessed", &body);
    assert_eq!(ask(&here, "POST", &callback, &forged, &body).0, 202);
    assert_eq!(ask(&here, "POST", &callback, "", &body).0, 202);
    let signed = signature(&form["hub.secret"], &body);
    assert_eq!(ask(&here, "POST", &format!("{callback}0"), &signed, &body).0, 410);
    assert!(titles(&world).is_empty(), "nothing of this came from the hub");

    assert_eq!(ask(&here, "POST", &callback, &signed, &body).0, 202);
    assert_eq!(titles(&world), [COMPLAINT]);
    assert_eq!(ask(&here, "POST", &callback, &signed, &body).0, 202);
    assert_eq!(titles(&world).len(), 1, "brought twice, found once");
    assert_eq!(site.seen("/news.xml").len(), 1, "nobody had to ask for it");
    assert_eq!(daemon.stop(), Some(0));
    let state = std::fs::read_to_string(world.path("log-1")).unwrap_or_default();
    assert!(!state.contains(&form["hub.secret"]), "the secret stands in the log");
}
