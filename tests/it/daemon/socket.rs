//! The control socket itself: HTTP and JSON, for programs of other people.

use super::{COMPLAINT, HEAD, json, source};
use crate::support::{Answer, Site, World, entry, feed};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// Returns a folder in which one run found a complaint.
fn watched() -> (Site, World) {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", COMPLAINT)])));
    let news = source(&site, "/news.xml", "schedule = \"@weekly\"");
    let world = World::new(&format!("{HEAD}{news}"));
    json(&world, "run --once");
    (site, world)
}

fn connect(world: &World) -> UnixStream {
    UnixStream::connect(world.path("state/vahti.sock")).unwrap()
}

/// Sends one request and returns the status and the body.
fn ask(world: &World, method: &str, path: &str, body: &str) -> (u16, Value) {
    let mut stream = connect(world);
    write!(
        stream,
        "{method} /api/v1{path} HTTP/1.1\r\nHost: vahti\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[test]
fn the_socket_answers_what_the_command_line_shows() {
    let (_site, world) = watched();
    let daemon = world.daemon();
    let get = |path: &str| {
        let (status, answer) = ask(&world, "GET", path, "");
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    assert_eq!(get("/mentions"), json(&world, "mentions"));
    assert_eq!(get("/mentions?q=terrible&limit=1"), json(&world, "mentions terrible --limit 1"));
    assert_eq!(get("/tickets?status=all"), json(&world, "tickets --status all"));
    assert_eq!(get("/tickets/1"), json(&world, "ticket 1"));
    assert_eq!(get("/outbox"), json(&world, "outbox"));
    let id = get("/mentions")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(get(&format!("/mentions/{id}")), json(&world, &format!("mention {id}")));
    let mut names: Vec<String> = get("/status").as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "alerts",
            "config",
            "operator",
            "outbox",
            "running_since",
            "sources",
            "spikes",
            "store",
            "version"
        ]
    );

    let (status, moved) = ask(&world, "POST", "/tickets/1/assign", "{\"who\":\"maija\"}");
    assert_eq!((status, &moved["status"]), (200, &Value::from("open")));
    assert_eq!(json(&world, "ticket 1"), moved);
    let (status, polled) = ask(&world, "POST", "/poll", "{\"sources\":[\"news\"]}");
    assert_eq!((status, &polled["sources"]), (200, &Value::from(1)));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn what_the_socket_refuses_it_explains() {
    let (_site, world) = watched();
    let daemon = world.daemon();
    let before = json(&world, "ticket 1");
    for (method, path, body, expected) in [
        ("GET", "/tickets/9", "", 404),
        ("GET", "/mentions/nobody", "", 404),
        ("GET", "/nothing", "", 404),
        ("GET", "/mentions?q=(", "", 400),
        ("GET", "/mentions?bogus=1", "", 400),
        ("GET", "/tickets?status=odd", "", 400),
        ("POST", "/tickets/1/rate", "{\"rating\":3}", 409),
        ("POST", "/tickets/1/rate", "{\"rating\":9}", 409),
        ("POST", "/tickets/1/fly", "{}", 400),
        ("POST", "/tickets/1/assign", "{\"whom\":\"x\"}", 400),
        ("POST", "/poll", "{\"sources\":[\"nwes\"]}", 404),
    ] {
        let (status, answer) = ask(&world, method, path, body);
        assert_eq!(status, expected, "{method} {path} {body}: {answer}");
        assert!(answer["error"].is_string(), "{method} {path} {body}: {answer}");
    }
    // One that is told a body of 2 GB does not wait for it, nor for its sender.
    let mut huge = connect(&world);
    let head = "POST /api/v1/tickets/1/note HTTP/1.1\r\nHost: vahti\r\n\
                Content-Type: application/json\r\nContent-Length: 2000000000\r\n\r\n";
    huge.write_all(head.as_bytes()).unwrap();
    // It may hang up before it has read all this.
    drop(huge.write_all("x".repeat(2_000_000).as_bytes()));
    drop(huge);
    assert_eq!(json(&world, "ticket 1"), before, "nothing of it changed anything");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn who_only_listens_does_not_hold_up_the_end() {
    let (_site, world) = watched();
    let daemon = world.daemon();
    let silent = connect(&world);
    let mut idle = connect(&world);
    idle.write_all(b"GET /api/v1/status HTTP/1.1\r\nHost: vahti\r\n\r\n").unwrap();
    assert_ne!(idle.read(&mut [0; 64]).unwrap(), 0);
    let gone = connect(&world);
    drop(gone);
    assert_eq!(daemon.stop(), Some(0));
    drop((silent, idle));
}
