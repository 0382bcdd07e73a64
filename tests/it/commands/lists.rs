//! `mentions`, `mention`, `tickets`, `status`: what is shown, in which form, and what is left out.

use super::{COMPLAINT, FINNISH, both_ways, count, empty, mention, seeded};
use crate::support::{entry, feed, until};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;

#[test]
fn mentions_are_chosen_by_every_option() {
    both_ways(|world| {
        let list =
            |arguments: &str| world.vahti(&format!("mentions {arguments} --format json")).json();
        let titles = |arguments: &str| -> Vec<String> {
            let found = list(arguments);
            let titles = found.as_array().unwrap().iter();
            titles.map(|one| one["title"].as_str().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(count(&list("")), 5);
        assert_eq!(titles("terrible"), [COMPLAINT]);
        let either = ["mentions", "terrible OR wonderful", "--format", "json"];
        assert_eq!(count(&world.vahti_with(&either, "").json()), 2);
        assert_eq!(count(&list("--brand Acme")), 5);
        assert_eq!(count(&list("--brand Other")), 0);
        assert_eq!(count(&list("--source wire")), 1);
        assert_eq!(titles("--author Liisa"), [COMPLAINT]);
        assert_eq!(titles("--lang fi --sentiment negative"), [FINNISH]);
        // Newest first; what has no date stands where it was seen, which is later than November.
        assert_eq!(titles("--sentiment negative"), [FINNISH, COMPLAINT]);
        assert_eq!(titles("--since 2026-11-03 --until 2026-11-04"), [FINNISH]);
        assert_eq!(titles("--until 2026-11-03T00:00:00Z"), [COMPLAINT]);
        assert_eq!(count(&list("--since 1h")), 3);
        assert_eq!(count(&list("--limit 2")), 2);
        assert_eq!(count(&list("--limit 0 --copies")), 5);
        assert_eq!(count(&list("own:true")), 1);
        assert_eq!(count(&list("-sentiment:negative")), 3);
    });
}

#[test]
fn fifty_mentions_are_shown_unless_the_limit_says_otherwise() {
    let world = empty();
    let entries: Vec<_> =
        (0..60).map(|nth| entry(&nth.to_string(), &format!("Acme sells item {nth}"))).collect();
    world.write("news.xml", &feed(&entries));
    world.vahti("run --once").ok();
    let lines = |arguments: &str| {
        world.vahti(&format!("mentions --copies --format ndjson {arguments}")).ok().lines().count()
    };
    assert_eq!([lines(""), lines("--limit 0"), lines("--limit 7")], [50, 60, 7]);
}

#[test]
fn every_form_holds_the_same_mentions() {
    both_ways(|world| {
        let json = world.vahti("mentions --format json").json();
        let lines = world.vahti("mentions --format ndjson").ok();
        let lines: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(json.as_array().unwrap(), &lines);

        let table = world.vahti("mentions").ok();
        assert_eq!(table.lines().count(), 6, "{table}");
        assert!(table.lines().next().unwrap().contains("SENTIMENT"), "{table}");

        let csv = world.vahti("mentions --format csv").ok();
        let mut rows = csv.split("\r\n");
        assert!(
            rows.next().unwrap().starts_with("id,brand,source,kind,url,title,text,author.name")
        );
        assert_eq!(csv.matches("\r\n").count(), 6, "{csv}");

        let id = json[0]["id"].as_str().unwrap();
        for format in ["json", "ndjson"] {
            let one = world.vahti(&format!("mention {id} --format {format}")).json();
            assert_eq!(one, json[0]);
        }
        assert!(world.vahti(&format!("mention {id}")).ok().contains(id));
    });
}

#[test]
fn a_cell_that_looks_like_a_formula_is_disarmed() {
    let world = seeded();
    let csv = world.vahti("mentions --format csv wonderful").ok();
    assert!(csv.contains("\"'=HYPERLINK(\"\"http://evil.example\"\")\""), "{csv}");
    world.vahti("ticket 1 assign =cmd|calc").ok();
    let csv = world.vahti("tickets --format csv").ok();
    assert!(csv.contains(",'=cmd|calc,"), "{csv}");
}

#[test]
fn what_came_from_outside_never_steers_a_terminal() {
    both_ways(|world| {
        let id = mention(world, "wire.example/a")["id"].as_str().unwrap().to_owned();
        world.vahti(&format!("mention {id} mark negative")).ok();
        world.vahti_with(&["ticket", "3", "note", "\u{1b}[2J \u{9b}2J gone"], "").ok();
        let commands = [
            "mentions".to_owned(),
            "mentions --format csv".to_owned(),
            format!("mention {id}"),
            "tickets".to_owned(),
            "tickets --format csv".to_owned(),
            "ticket 3".to_owned(),
            "ticket 3 reply".to_owned(),
            "alert yearly preview".to_owned(),
            "mentions --format json".to_owned(),
            "probe wire".to_owned(),
        ];
        for command in commands {
            let out = world.vahti(&command).ok();
            let raw = out.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r'));
            assert_eq!(raw, None, "{command}: {out:?}");
        }
        assert!(world.vahti("mentions").ok().contains("red"), "the title itself is shown");
    });
}

#[test]
fn following_shows_a_new_mention() {
    let world = seeded();
    let daemon = world.daemon();
    let mut child = world
        .command(&["mentions", "--follow", "--format", "ndjson"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (send, lines) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        out.lines().map_while(Result::ok).all(|line| send.send(line).is_ok());
    });
    let next = || lines.recv_timeout(std::time::Duration::from_secs(30)).unwrap();
    for _ in 0..5 {
        next();
    }
    world.write("news.xml", &feed(&[entry("9", "Acme has a late piece of news")]));
    world.vahti("poll news").ok();
    assert!(next().contains("late piece of news"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_mark_opens_withdraws_and_reopens_the_ticket() {
    both_ways(|world| {
        let id = mention(world, "opens a shop")["id"].as_str().unwrap().to_owned();
        let mark =
            |what: &str| world.vahti(&format!("mention {id} mark {what} --format json")).json();
        let marked = mark("negative");
        assert_eq!(marked["sentiment"]["label"], "negative");
        assert_eq!(marked["mark"], "negative");
        let number = marked["ticket"].as_u64().unwrap();
        let ticket = || world.vahti(&format!("ticket {number} --format json")).json();
        assert_eq!(ticket()["status"], "new");

        mark("noise");
        let closed = ticket();
        assert_eq!([&closed["status"], &closed["cause"]], ["closed", "noise"]);
        assert_eq!(closed["resolved"], Value::Null);

        mark("negative");
        let again = ticket();
        assert_eq!(again["status"], "open");
        assert_eq!(again["cause"], Value::Null);
        assert_eq!(world.vahti("tickets --status all --format ndjson").ok().lines().count(), 3);

        let praised = mention(world, "wonderful")["id"].as_str().unwrap().to_owned();
        let neutral = world.vahti(&format!("mention {praised} mark neutral --format json")).json();
        assert_eq!(neutral["sentiment"]["label"], "neutral");
        assert_eq!(neutral["ticket"], Value::Null);
        let positive = world.vahti(&format!("mention {praised} mark positive")).ok();
        assert!(positive.contains("positive"), "{positive}");

        assert_eq!(world.vahti("mention nobody").code, Some(1));
        assert_eq!(world.vahti("mention nobody mark noise").code, Some(1));
        assert_eq!(world.vahti(&format!("mention {id} mark bad")).code, Some(2));
    });
}

#[test]
fn tickets_are_chosen_by_every_option() {
    both_ways(|world| {
        let ids = |arguments: &str| -> Vec<u64> {
            let found = world.vahti(&format!("tickets {arguments} --format json")).json();
            found.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
        };
        world.vahti("ticket 1 assign maija@acme.example").ok();
        world.vahti("ticket 2 priority urgent").ok();
        assert_eq!(ids(""), [2, 1], "the most urgent first");
        assert_eq!(ids("--assignee maija@acme.example"), [1]);
        assert_eq!(ids("--assignee nobody"), Vec::<u64>::new());
        assert_eq!(ids("--status open"), [1]);
        assert_eq!(ids("--status open,new"), [2, 1]);
        assert_eq!(ids("--limit 1"), [2]);
        assert_eq!(ids("terrible"), [1]);
        assert_eq!(ids("priority:urgent"), [2]);
        let id = mention(world, "surkea")["id"].as_str().unwrap().to_owned();
        world.vahti(&format!("mention {id} mark noise")).ok();
        assert_eq!(ids(""), [1], "closed ones only when asked for");
        assert_eq!(ids("--status closed"), [2]);
        let mut all = ids("--status all");
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        let rows = world.vahti("tickets --overdue").ok();
        let overdue = ids("--overdue").len();
        assert_eq!(rows.lines().count(), 1 + overdue, "{rows}");
        assert_ne!(world.vahti("tickets --status odd").code, Some(0));
        assert_eq!(world.vahti("tickets --format csv").ok().matches("\r\n").count(), 2);
        assert_eq!(world.vahti("ticket 99").code, Some(1));
    });
}

#[test]
fn status_tells_of_sources_store_and_outbox() {
    both_ways(|world| {
        let status = world.vahti("status --format json").json();
        assert_eq!(status["sources"][0]["name"], "news");
        assert_eq!(status["sources"][0]["state"], "ok");
        assert_eq!(status["sources"][0]["posts"], 5);
        assert_eq!(status["store"]["mentions"], 5);
        assert_eq!(status["store"]["tickets"], 2);
        assert!(status["store"]["path"].as_str().unwrap().ends_with("state/store"), "{status}");
        assert_eq!(status["outbox"]["queued"], 0);
        assert_eq!(world.vahti("status --format csv").ok().matches("\r\n").count(), 3);
        let words = world.vahti("status").ok();
        let runs = words.contains("runs since");
        assert_eq!(runs, status["running_since"].is_string(), "{words}");
        assert!(words.contains("Store: 5 mentions, 2 tickets"), "{words}");
    });
}

#[test]
fn a_question_never_creates_a_store() {
    let world = empty();
    let commands = [
        "mentions",
        "tickets",
        "status",
        "outbox",
        "fsck",
        "mention x",
        "ticket 1",
        "alert care preview",
    ];
    for command in commands {
        let ran = world.vahti(command);
        assert_eq!(ran.code, Some(1), "{command}: {}", ran.out);
        assert!(ran.err.contains("store"), "{command}: {}", ran.err);
    }
    assert!(!world.path("state").exists());
}

#[test]
fn many_may_ask_at_once() {
    both_ways(|world| {
        std::thread::scope(|scope| {
            let asked: Vec<_> = (0..6)
                .map(|_| scope.spawn(|| world.vahti("mentions --format json").json()))
                .collect();
            let noted = scope.spawn(|| world.vahti("ticket 1 note meanwhile").ok());
            for answer in asked {
                assert_eq!(count(&answer.join().unwrap()), 5);
            }
            noted.join().unwrap();
        });
        assert!(world.vahti("ticket 1").ok().contains("meanwhile"));
    });
}

#[test]
fn following_ends_with_its_reader() {
    let world = seeded();
    let mut child = world
        .command(&["mentions", "--follow", "--format", "ndjson"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.nth(4).is_some());
    drop(lines);
    world.write("news.xml", &feed(&[entry("9", "Acme has a late piece of news")]));
    world.vahti("poll news").ok();
    let mut ended = None;
    until("it ends", || {
        ended = child.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(0));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let world = seeded();
    let mut child = world
        .command(&["mentions", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut ended = None;
    until("the command ends", || {
        ended = child.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(0));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(said, "");
}
