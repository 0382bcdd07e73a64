//! The feed that others read: by the rules of Atom, to nobody else, and so that vahti itself can read it back.

mod rules;

use crate::support::{Answer, Site, World, entry, feed, until};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

const HEAD: &str = r#"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Acme"
keywords = ["Acme"]
"#;

/// An answer: status, headers as they came, body.
struct Got {
    status: u16,
    head: String,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

fn ask(mut stream: impl Read + Write, path: &str, headers: &[&str]) -> Got {
    let headers = headers.join("\r\n");
    write!(stream, "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Got { status, head: head.to_owned(), body: body.to_owned() }
}

/// Returns an address that nobody listens on.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn source(site: &Site) -> String {
    let url = site.url("/news.xml");
    format!("[[source]]\nname = \"news\"\nfeed.url = \"{url}\"\nschedule = \"1s\"\n")
}

/// A site that says what may well break a feed.
fn site() -> Site {
    let site = Site::start();
    let entries = [
        entry("1", "Acme is terrible, the worst service ever").by("Maija \"M\" <m@n.example>"),
        entry("2", "Acme & sons: 1 < 2 ]]> &amp; 'so' \"on\"").text("Acme\u{85} opens <b>here</b>"),
        entry("3", "Acme in Turku").link("https://news.example/?a=1&b=%22<x>"),
        entry("4", "Weather is fine"),
    ];
    site.serve("/news.xml", Answer::feed(feed(&entries)));
    site
}

#[test]
fn the_feed_keeps_the_rules_of_atom_and_is_read_back_by_vahti_itself() {
    let (site, here) = (site(), free());
    let world = World::new(&format!("{HEAD}{}[web]\nlisten = \"{here}\"\n", source(&site)));
    let daemon = world.daemon();
    until("all is stored", || mentions(&world).len() == 3);
    let host = format!("Host: {here}");
    let get = |path: &str, more: &[&str]| {
        let headers: Vec<&str> = std::iter::once(&*host).chain(more.iter().copied()).collect();
        ask(TcpStream::connect(&here).unwrap(), path, &headers)
    };

    let got = get("/feed.atom", &[]);
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(got.header("content-type"), Some("application/atom+xml; charset=utf-8"));
    assert!(got.header("last-modified").unwrap().ends_with(" GMT"), "{}", got.head);
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    assert!(got.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(got.header("access-control-allow-origin"), None);
    assert_eq!(rules::broken(&got.body), [""; 0]);
    assert_eq!(got.body.matches("<entry").count(), 3);

    let etag = format!("If-None-Match: {}", got.header("etag").unwrap());
    let again = get("/feed.atom", &[&etag]);
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(again.header("etag"), got.header("etag"));

    let few = get("/feed.atom?q=sentiment:negative&limit=1", &[]);
    assert_eq!(rules::broken(&few.body), [""; 0]);
    assert_eq!(few.body.matches("<entry").count(), 1);
    assert!(few.body.contains("term=\"negative\""), "{}", few.body);
    assert_eq!(get("/feed.atom?q=nothing", &[&etag]).status, 200);
    for faulty in ["?limit=0", "?limit=501", "?limit=x", "?colour=red", "?q=%28acme"] {
        assert_eq!(get(&format!("/feed.atom{faulty}"), &[]).status, 400, "{faulty}");
    }
    assert_eq!(get("/healthz", &[]).body, "ok\n");
    let nothing = get("/nothing", &[]);
    assert_eq!(nothing.status, 404);
    assert!(nothing.body.contains("nothing here but /, /feed.atom"), "{}", nothing.body);
    assert_eq!(get("/api/v1/mentions", &[]).status, 404, "the API is not served here yet");

    // Another vahti that reads it finds the same.
    let url = format!("http://{here}/feed.atom");
    let reader = format!("[[source]]\nname = \"other\"\nfeed.url = \"{url}\"\n");
    let other = World::new(&format!("{HEAD}{reader}"));
    let summary = other.vahti("run --once --format json").json();
    assert_eq!((&summary["mentions"], &summary["skipped"]), (&3.into(), &0.into()), "{summary}");
    let fields = |mention: &Value| {
        let name = mention["author"]["name"].clone();
        format!("{} {} {name}", mention["title"], mention["url"])
    };
    let sorted = |world: &World| {
        let mut all: Vec<String> = mentions(world).iter().map(fields).collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&other), sorted(&world));
    let unchanged = other.vahti("run --once --format json").json();
    assert_eq!(unchanged["unchanged"], 1, "{unchanged}");

    // The same on the control socket, whatever the host is called there.
    let socket = UnixStream::connect(world.path("state/vahti.sock")).unwrap();
    let same = ask(socket, "/feed.atom", &["Host: vahti"]);
    assert_eq!((same.status, same.body.matches("<entry").count()), (200, 3));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_page_that_bends_its_name_here_gets_nothing_and_a_password_opens() {
    let (site, here) = (site(), free());
    let config = format!("{HEAD}{}[web]\nlisten = \"{here}\"\n", source(&site));
    let world = World::new(&config);
    let daemon = world.daemon();
    let get = |host: &str, more: &str| {
        let headers = [format!("Host: {host}"), more.to_owned()];
        let headers: Vec<&str> =
            headers.iter().map(String::as_str).filter(|header| !header.is_empty()).collect();
        ask(TcpStream::connect(&here).unwrap(), "/feed.atom", &headers).status
    };
    assert_eq!([get(&here, ""), get("localhost", ""), get("evil.example", "")], [200, 200, 421]);
    assert_eq!(daemon.stop(), Some(0));

    world.configure(&format!("{config}password = {{ file = \"password\" }}\n"));
    world.write("password", "s3cret\n");
    let daemon = world.daemon();
    // "maija:s3cret" and "maija:wrong".
    let (right, wrong) =
        ("Authorization: Basic bWFpamE6czNjcmV0", "Authorization: Basic bWFpamE6d3Jvbmc=");
    let all = [get(&here, ""), get(&here, wrong), get(&here, right), get("acme.example", right)];
    assert_eq!(all, [401, 401, 200, 200]);
    assert!(!daemon.log().contains("s3cret"));
    assert_eq!(daemon.stop(), Some(0));
}

#[track_caller]
fn mentions(world: &World) -> Vec<Value> {
    serde_json::from_value(world.vahti("mentions --format json").json()).unwrap()
}
