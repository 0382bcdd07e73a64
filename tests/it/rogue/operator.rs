//! What the operator hears, and by which way, of mail that is refused for good.

use super::{CARE, at, outbox, run_once, site, world};
use crate::support::rogue::{Deed::Say, Manner, Rogue};
use crate::support::standin::StandIn;
use crate::support::{Answer, until};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn of_one_refused_recipient_by_mail_in_the_same_run() {
    let site = site();
    let to = vec![("care@acme.example", Say("550 5.1.1 no such user"))];
    let rogue = Rogue::start(Manner { to, ..Manner::default() });
    let world = world(&site, &rogue, &CARE, "[operator]\nto = [\"ops@acme.example\"]\n");
    assert_eq!(run_once(&world), [1, 0, 1]);
    let kept = rogue.kept();
    let [letter] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!(letter.to, "ops@acme.example");
    let text = String::from_utf8_lossy(&letter.raw);
    assert!(text.contains("care@acme.example") && text.contains("550 5.1.1"), "{text}");
    assert_eq!(run_once(&world), [0, 0, 1], "once is enough");
}

/// A channel `ops-chat` that hears what the operator is told.
fn chat() -> (StandIn, String) {
    let chat = StandIn::start(|_| Answer { body: b"ok".to_vec(), ..Answer::status(200) });
    let table = format!(
        "[operator]\nto = [\"ops@acme.example\", \"ops-chat\"]\n[[channel]]\nname = \"ops-chat\"\n\
         slack.url = \"{}/services/T0/B0/x\"\n",
        chat.url()
    );
    (chat, table)
}

#[test]
fn of_a_server_that_refuses_everything_by_a_channel_within_seconds() {
    let site = site();
    let rogue = Rogue::start(at("MAIL", Say("550 5.7.1 never")));
    let (chat, operator) = chat();
    let world = world(&site, &rogue, &CARE, &operator);
    let daemon = world.daemon();
    until("the mail is dead", || daemon.log().contains("Gave up sending"));
    let died = Instant::now();
    until("the operator hears of it", || !chat.seen().is_empty());
    assert!(died.elapsed() < Duration::from_secs(15), "after {:?}", died.elapsed());
    let told = &chat.seen()[0].body;
    assert!(told.contains("care@acme.example") && told.contains("550 5.7.1 never"), "{told}");

    // The letter to the operator's own address dies as well, and is not told in turn.
    let dead = || outbox(&world).iter().filter(|notice| notice["state"] == "dead").count();
    until("the letter is dead", || dead() == 2);
    let status = world.vahti("status --format json").json();
    assert_eq!(status["operator"]["unreached"][0]["to"], "ops@acme.example", "{status}");
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!((chat.seen().len(), rogue.kept().len()), (1, 0));
}

#[test]
fn of_a_server_that_refuses_everything_by_a_channel_in_a_single_run() {
    let site = site();
    let rogue = Rogue::start(at("MAIL", Say("550 5.7.1 never")));
    let (chat, operator) = chat();
    let world = world(&site, &rogue, &CARE, &operator);
    assert_eq!(run_once(&world), [1, 0, 2]);
    assert!(chat.seen()[0].body.contains("550 5.7.1 never"), "{:?}", chat.seen());
    assert_eq!(run_once(&world), [0, 0, 2]);
}

#[test]
fn where_nobody_is_left_who_can_be_told_the_log_and_status_say_so() {
    let site = site();
    let rogue = Rogue::start(at("MAIL", Say("550 5.7.1 never")));
    let world = world(&site, &rogue, &CARE, "[operator]\nto = [\"ops@acme.example\"]\n");
    let daemon = world.daemon();
    until("the log says so", || daemon.log().contains("The operator cannot be told anything"));
    let status = world.vahti("status").ok();
    let line = "The operator cannot be told at ops@acme.example: ";
    assert!(status.contains(line) && status.contains("550 5.7.1 never"), "{status}");
    assert_eq!(outbox(&world).len(), 2, "and no letter follows the other");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn where_nobody_is_left_who_can_be_told_the_status_line_of_systemd_says_so() {
    let site = site();
    let rogue = Rogue::start(at("MAIL", Say("550 5.7.1 never")));
    let world = world(&site, &rogue, &CARE, "[operator]\nto = [\"ops@acme.example\"]\n");
    let path = world.path("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    systemd.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut command = world.command(&["run", "-q"]);
    let mut daemon = command.env("NOTIFY_SOCKET", &path).stderr(Stdio::null()).spawn().unwrap();
    let mut said = String::new();
    while !said.contains("cannot be told: ops@acme.example answers") {
        let mut bytes = [0; 1024];
        let Ok(length) = systemd.recv(&mut bytes) else { break };
        said = String::from_utf8_lossy(&bytes[..length]).into_owned();
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(said.starts_with("STATUS=Watching 1 source; ") && said.contains("550 5.7.1"), "{said}");
}
