//! Posts that are brought: on standard input, over the control socket, as mails in a maildir.

use crate::support::standin::{HEAD, stored};
use crate::support::{Ran, World, until};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

const DESK: &str = "[[source]]\nname = \"desk\"\n[source.intake]\n";

const POST: &str = r#"{"id":"1","url":"https://shop.example/1","title":"Acme","text":"Acme is terrible, my order never arrived","author":{"name":"Ada","handle":"ada"},"published":"2026-11-02T10:00:00Z"}"#;

fn desk() -> World {
    World::new(&format!("{HEAD}{DESK}"))
}

fn take(world: &World, arguments: &str, input: &str) -> Ran {
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    world.vahti_with(&arguments, input)
}

/// Tries `test` without a daemon and with one.
fn both_ways(test: impl Fn(&World)) {
    test(&desk());
    let world = desk();
    let daemon = world.daemon();
    test(&world);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn posts_on_standard_input_become_mentions_once() {
    both_ways(|world| {
        let input = format!("{POST}\n\n{{\"title\":\"Rain\",\"text\":\"No brand\"}}\n");
        let taken = take(world, "poll --stdin desk --format json", &input).json();
        let of =
            |taken: &Value| ["posts", "mentions", "tickets", "skipped"].map(|n| taken[n].as_u64());
        assert_eq!(of(&taken), [Some(2), Some(1), Some(1), Some(0)]);
        let again = take(world, "poll --stdin desk", &input);
        assert_eq!(again.ok(), "Took 2 posts for desk: 0 new mentions, 0 new tickets.\n");
        let (mentions, tickets) = stored(world);
        assert_eq!((mentions.len(), tickets), (1, 1));
        // What was stored may be brought again, and is known.
        let out = world.vahti("mentions --format ndjson").ok();
        assert_eq!(take(world, "poll --stdin desk --format json", &out).json()["mentions"], 0);
        assert_eq!(stored(world), (mentions, 1));
        let mention = &world.vahti("mentions --format json").json()[0];
        assert_eq!([&mention["kind"], &mention["source"]], ["intake", "desk"]);
        assert_eq!(mention["author"]["handle"], "ada");
        assert_eq!(take(world, "poll --stdin desk", "").code, Some(0), "nothing is nothing wrong");
    });
}

#[test]
fn a_malformed_line_is_named_and_the_others_count() {
    both_ways(|world| {
        let input = format!("{{\"id\":\n{POST}\n{{\"id\":\"2\"}}\n");
        let ran = take(world, "poll --stdin desk", &input);
        assert_eq!(ran.code, Some(1));
        let mut said = ran.err.lines();
        assert_eq!(said.next(), Some("vahti: 2 of 3 lines refused; the others are stored"));
        assert_eq!(said.next(), Some("line 1: it is no JSON"));
        assert_eq!(said.next(), Some("line 3: it has neither `title` nor `text`"));
        assert_eq!(stored(world).0.len(), 1);
    });
}

#[test]
fn posts_go_to_sources_that_take_them_only() {
    both_ways(|world| {
        let wrong = take(world, "poll --stdin dekk", POST);
        assert_eq!(wrong.code, Some(1));
        assert!(wrong.err.contains("there is no source `dekk`"), "{}", wrong.err);
        assert!(wrong.err.contains("did you mean `desk`?"), "{}", wrong.err);
        let waits = world.vahti("poll desk");
        assert_eq!(waits.code, Some(1));
        assert!(waits.err.contains("vahti poll --stdin desk"), "{}", waits.err);
        assert_eq!(take(world, "poll --stdin", POST).code, Some(2));
        assert_eq!(take(world, "poll --stdin desk more", POST).code, Some(2));
    });
    let world =
        World::new(&format!("{HEAD}[[source]]\nname = \"news\"\nfeed.url = \"news.xml\"\n"));
    world.write("news.xml", &crate::support::feed(&[]));
    let other = take(&world, "poll --stdin news", POST);
    assert_eq!(other.code, Some(1));
    assert!(other.err.contains("`news` takes no posts: it is of kind `feed`"), "{}", other.err);
}

#[test]
fn a_source_that_waits_is_never_polled() {
    let world = desk();
    let state = |world: &World| world.vahti("status --format json").json()["sources"][0].clone();
    assert_eq!(world.vahti("check").code, Some(0));
    assert!(world.vahti("check --probe").ok().contains("waits for posts"));
    let probed = world.vahti("probe desk");
    assert_eq!((probed.code, probed.out.as_str()), (Some(0), ""));
    assert!(probed.err.contains("waits for posts"), "{}", probed.err);
    assert_eq!(world.vahti("run --once --format json").json()["sources"], 0);
    assert_eq!(world.vahti("poll --format json").json()["sources"], 0);
    assert_eq!(state(&world)["state"], "waiting");
    let daemon = world.daemon();
    assert_eq!(world.vahti("poll --format json").json()["sources"], 0);
    let state = state(&world);
    assert_eq!(state["state"], "waiting");
    assert_eq!(state["next_poll"], Value::Null);
    assert_eq!(daemon.stop(), Some(0));
}

/// Brings `body` over the socket; returns the status and the answer.
fn post(world: &World, path: &str, body: &[u8]) -> (u16, Value) {
    let mut stream = UnixStream::connect(world.path("state/vahti.sock")).unwrap();
    let head = format!(
        "POST /api/v1{path} HTTP/1.1\r\nHost: vahti\r\nConnection: close\r\n\
         Content-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // What is too long may be refused before it is read.
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[test]
fn posts_over_the_socket_are_stored_before_the_answer() {
    let world = desk();
    let daemon = world.daemon();
    let body = format!("{POST}\nnonsense\n");
    let (status, answer) = post(&world, "/intake/desk", body.as_bytes());
    assert_eq!(status, 200, "{answer}");
    assert_eq!([&answer["posts"], &answer["mentions"], &answer["skipped"]], [1, 1, 1]);
    assert_eq!(answer["refused"][0]["line"], 2);
    assert_eq!(answer["refused"][0]["why"], "it is no JSON");
    // Told is stored, whatever happens then.
    daemon.kill();
    assert_eq!(stored(&world).0.len(), 1);
    let daemon = world.daemon();
    let (status, answer) = post(&world, "/intake/desk", POST.as_bytes());
    assert_eq!((status, &answer["mentions"]), (200, &Value::from(0)), "known");
    let (status, answer) = post(&world, "/intake/dekk", POST.as_bytes());
    assert_eq!(status, 404);
    assert!(answer["error"].as_str().unwrap().contains("did you mean `desk`?"), "{answer}");
    let (status, answer) = post(&world, "/intake/desk", "{}\n".repeat(10_001).as_bytes());
    assert_eq!(status, 413);
    assert!(answer["error"].as_str().unwrap().contains("10000 lines"), "{answer}");
    let (status, _) = post(&world, "/intake/desk", "x".repeat(17 * 1024 * 1024).as_bytes());
    assert_eq!(status, 413);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn more_than_is_taken_at_once_is_handed_over_in_parts() {
    let world = desk();
    let daemon = world.daemon();
    let mut input = "{\"text\":\"rain\"}\n".repeat(10_000);
    input += "nonsense\n";
    input += POST;
    let ran = take(&world, "poll --stdin desk", &input);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("1 of 10002 lines refused"), "{}", ran.err);
    assert!(ran.err.contains("line 10001: "), "{}", ran.err);
    assert_eq!(stored(&world).0.len(), 1);
    assert_eq!(daemon.stop(), Some(0));
}

fn mail(name: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replies/intake/");
    std::fs::read_to_string(format!("{path}{name}.eml")).unwrap()
}

fn maildir(schedule: &str) -> World {
    let world = World::new(&format!(
        "{HEAD}[[source]]\nname = \"mails\"\nintake.maildir = \"mail\"\nschedule = \"{schedule}\"\n"
    ));
    for folder in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(world.path("mail").join(folder)).unwrap();
    }
    world
}

#[test]
fn mails_are_read_once_each_and_left_as_they_are() {
    let world = maildir("@weekly");
    world.write("mail/new/1795000000.M1.host", &mail("google"));
    world.write("mail/cur/1795000001.M2.host:2,S", &mail("letter"));
    world.write("mail/tmp/1795000002.M3.host", &mail("talkwalker"));
    let first = world.vahti("poll --format json").json();
    assert_eq!([&first["posts"], &first["mentions"], &first["skipped"]], [3, 3, 0]);
    let (mentions, _) = stored(&world);
    let urls: Vec<&str> = mentions.iter().filter_map(|row| row.split(" | ").next()).collect();
    assert_eq!(urls, ["", "https://blog.example/?p=7", "https://paper.example/acme-recalls"]);
    assert_eq!(world.vahti("poll --format json").json()["posts"], 0);
    // A mail that was seen is moved; another comes, with one item more than is known.
    let from = world.path("mail/new/1795000000.M1.host");
    std::fs::rename(from, world.path("mail/cur/1795000000.M1.host:2,RS")).unwrap();
    let more = mail("talkwalker").replace("https://blog.example/?p=7", "https://blog.example/8");
    world.write("mail/new/1795000003.M4.host", &more);
    let third = world.vahti("poll --format json").json();
    assert_eq!([&third["posts"], &third["mentions"]], [2, 1]);
    assert!(world.path("mail/new/1795000003.M4.host").exists());
    assert!(world.path("mail/tmp/1795000002.M3.host").exists());
    assert_eq!(world.vahti("status --format json").json()["sources"][0]["state"], "ok");
    // The same source takes what is brought as well.
    assert_eq!(take(&world, "poll --stdin mails", POST).code, Some(0));
    assert_eq!(stored(&world).0.len(), 5);
}

#[test]
fn a_full_maildir_is_read_in_one_poll_and_a_bad_file_holds_up_nothing() {
    let world = maildir("@weekly");
    for number in 0..95 {
        let text = format!("From: a@b.example\nSubject: Acme {number}\n\nText {number}\n");
        world.write(&format!("mail/new/{number:03}"), &text);
    }
    std::fs::remove_file(world.path("mail/new/001")).unwrap();
    let file = std::fs::File::create(world.path("mail/new/001")).unwrap();
    file.set_len(20 * 1024 * 1024).unwrap();
    let polled = world.vahti("poll --format json").json();
    assert_eq!(polled["posts"], 94);
    assert_eq!(stored(&world).0.len(), 94);
    let status = world.vahti("status --format json").json();
    let trouble = status["sources"][0]["trouble"].clone();
    std::fs::remove_file(world.path("mail/new/001")).unwrap();
    assert_eq!(world.vahti("poll --format json").json()["posts"], 0);
    let status = world.vahti("status --format json").json();
    assert_eq!(status["sources"][0]["trouble"], Value::Null, "it was: {trouble}");
    assert!(trouble.as_str().unwrap().contains("mail/new/001"), "{trouble}");
}

#[test]
fn a_saved_mail_and_saved_lines_can_be_probed() {
    let world = desk();
    world.write("a.eml", &mail("google"));
    let lines = world.vahti("probe intake a.eml").ok();
    assert_eq!(lines.lines().count(), 2);
    world.write("a.ndjson", &lines);
    assert_eq!(world.vahti("probe intake a.ndjson").ok(), lines, "what is written is read");
    let address = world.vahti("probe intake https://shop.example/");
    assert!(address.err.contains("an intake has no address"), "{}", address.err);
    world.configure(&format!(
        "{HEAD}[[source]]\nname = \"a\"\nintake.url = \"https://a.example/\"\n"
    ));
    let check = world.vahti("check");
    assert_eq!(check.code, Some(1));
    assert!(check.err.contains("posts are brought to it"), "{}", check.err);
}

#[test]
fn mails_come_in_on_the_schedule() {
    let world = maildir("1s");
    let daemon = world.daemon();
    world.write("mail/new/1", &mail("letter"));
    until("the mail was read", || stored(&world).0.len() == 1);
    std::fs::rename(world.path("mail/new"), world.path("mail/away")).unwrap();
    until("it says so", || {
        let status = world.vahti("status --format json").json();
        status["sources"][0]["last_error"].as_str().is_some_and(|said| said.contains("maildir"))
    });
    assert_eq!(daemon.stop(), Some(0));
}
