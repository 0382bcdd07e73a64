//! Whose tickets are as they open, who is told, and what becomes of those that are late.

use super::{COMPLAINT, FINNISH, PRAISE, mention};
use crate::support::{World, entry, feed};
use serde_json::Value;

/// Finnish complaints are Maija's, for whom Pekka stands in; others go in turn.
const ROUTES: &str = r#"
[desk]
fallback = "care@acme.example"
language = "fi"
[[route]]
when = "lang:fi"
assign = "maija@acme.example"
[[route]]
when = "sentiment:negative lang:en"
assign = ["ayse@acme.example", "liisa"]
by = "turn"
[[absence]]
who = "maija@acme.example"
from = "2020-01-01"
until = "2099-12-31"
instead = "pekka@acme.example"
"#;

const CONFIG: &str = r#"
timezone = "UTC"
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[source]]
name = "news"
feed.url = "news.xml"
schedule = "@weekly"
"#;

/// A folder in which one poll found three complaints in English, one in Finnish, and praise.
fn found(more: &str) -> World {
    let world = World::new(&format!("{CONFIG}{more}"));
    world.write(
        "news.xml",
        &feed(&[
            entry("1", COMPLAINT),
            entry("2", FINNISH),
            entry("3", PRAISE),
            entry("4", "Acme is a terrible company, never again, my refund never came"),
            entry("5", "Acme is the worst, a horrible service and rude people, I am angry"),
        ]),
    );
    world.vahti("poll").ok();
    assert_eq!(assignees(&world).len(), 4);
    world
}

#[track_caller]
fn ticket(world: &World, id: u64) -> Value {
    world.vahti(&format!("ticket {id} --format json")).json()
}

/// Returns who has which ticket, by number.
fn assignees(world: &World) -> Vec<String> {
    let all = world.vahti("tickets --limit 0 --format json").json();
    let mut rows: Vec<(u64, String)> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_u64().unwrap(), one["assignee"].as_str().unwrap_or("-").into()))
        .collect();
    rows.sort();
    rows.into_iter().map(|(_, who)| who).collect()
}

/// Returns to whom mail waits to go, each with its subject.
fn told(world: &World) -> Vec<(String, String)> {
    let outbox = world.vahti("outbox --format json").json();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let mut told: Vec<_> = outbox
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(one, "to"), text(one, "subject")))
        .collect();
    told.sort();
    told
}

#[test]
fn a_ticket_is_given_as_it_opens_and_each_is_told_once() {
    let world = found(ROUTES);
    let (ayse, pekka) = ("ayse@acme.example", "pekka@acme.example");
    assert_eq!(assignees(&world), [ayse, pekka, "liisa", ayse]);
    let first = ticket(&world, 1);
    assert_eq!(first["status"], "open");
    let line = &first["log"][1];
    assert_eq!([&line["action"], &line["by"], &line["text"]], ["assign", "vahti", ayse]);
    let mails = told(&world);
    let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, [ayse, pekka], "{mails:?}");
    assert!(mails[0].1.starts_with("2 tikettiä on nyt sinulla – Acme is terrible"), "{mails:?}");
    assert!(mails[1].1.starts_with("Tiketti 2 on nyt sinulla – Acme on surkea"), "{mails:?}");
    for _ in 0..2 {
        world.vahti("run --once").ok();
        assert_eq!(told(&world), [], "it went out");
        assert_eq!(world.mails("eml").len(), 2, "and nobody is told twice");
    }
    assert_eq!(world.vahti("fsck --format json").json(), serde_json::json!([]));
}

#[test]
fn what_a_mark_opens_is_routed_too_and_who_is_given_it_by_a_person_is_told() {
    let check = |world: &World| {
        let praised = mention(world, PRAISE);
        let id = praised["id"].as_str().unwrap();
        world.vahti(&format!("mention {id} mark negative")).ok();
        let opened = ticket(world, 5);
        assert_eq!(opened["assignee"], "liisa", "it is her turn");
        world.vahti("ticket 5 assign maija@acme.example").ok();
        world.vahti("ticket 5 assign maija@acme.example").ok();
        world.vahti("ticket 5 note looked").ok();
        // Who takes it is the user of this machine: an address that begins so is their own.
        let log = ticket(world, 5)["log"].clone();
        let me = log[2]["by"].as_str().unwrap().to_owned();
        world.vahti_with(&["ticket", "5", "assign", &format!("{me}@acme.example")], "").ok();
    };
    let world = found(ROUTES);
    world.vahti("run --once").ok();
    let before = world.mails("eml").len();
    check(&world);
    // No daemon runs: who gives it away tells it, too.
    assert_eq!(told(&world), []);
    let mails = world.mails("eml");
    assert_eq!(mails.len(), before + 1);
    let is_it = |mail: &&String| mail.contains("maija@acme.example") && mail.contains("Tiketti 5");
    assert_eq!(mails.iter().filter(is_it).count(), 1, "{mails:?}");
    let world = found(ROUTES);
    let daemon = world.daemon();
    check(&world);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn without_a_route_nothing_changes_and_load_counts_what_is_open() {
    let world = found("");
    assert_eq!(assignees(&world), ["-", "-", "-", "-"]);
    assert_eq!(ticket(&world, 1)["status"], "new");
    assert!(told(&world).is_empty());
    world.vahti("ticket 1 assign a").ok();
    let load = "[[route]]\nassign = [\"a\", \"b\"]\nby = \"load\"\n";
    world.configure(&format!("{CONFIG}{load}"));
    world.write(
        "news.xml",
        &feed(&[
            entry("6", "Acme is a terrible company, my parcel is lost"),
            entry("7", "Acme is the worst, I want my money back, awful people"),
        ]),
    );
    world.vahti("run --once").ok();
    assert_eq!(assignees(&world), ["a", "-", "-", "-", "b", "a"]);
}

#[test]
fn what_is_late_rises_with_and_without_a_run() {
    let late = "[desk]\nanswer = { other = \"1s\", high = \"1s\", urgent = \"1s\" }\n";
    let world = found(late);
    world.vahti("ticket 2 priority low").ok();
    std::thread::sleep(std::time::Duration::from_millis(3500));
    let seen = ticket(&world, 1);
    assert_eq!(seen["priority"], "urgent", "{seen}");
    assert_eq!(seen["overdue"], true, "{seen}");
    let log = seen["log"].as_array().unwrap();
    let rises: Vec<&Value> = log.iter().filter(|line| line["action"] == "rise").collect();
    assert!(!rises.is_empty());
    assert!(rises.iter().all(|line| line["by"] == "vahti"), "{rises:?}");
    assert!(rises[0]["text"].as_str().unwrap().contains(": its answer was due 20"), "{rises:?}");
    assert_eq!(ticket(&world, 2)["priority"], "low", "a person's choice stands");
    let urgent = world.vahti_with(&["tickets", "priority:urgent", "--format", "json"], "").json();
    assert_eq!(urgent.as_array().unwrap().len(), 3, "{urgent}");
    world.vahti("run --once").ok();
    assert_eq!(ticket(&world, 1)["log"], seen["log"], "it is stored as it was seen");
    world.configure(CONFIG);
    assert_eq!(ticket(&world, 1)["log"], seen["log"]);
    let daemon = world.daemon();
    assert_eq!(ticket(&world, 1)["log"], seen["log"]);
    assert_eq!(world.vahti("fsck --format json").json(), serde_json::json!([]));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn the_desks_hours_decide_what_is_due_when() {
    // Open in one minute of one weekday alone, two days from now at the soonest.
    let day = (chrono::Utc::now() + chrono::TimeDelta::days(2)).format("%a").to_string();
    let targets = "answer = { other = \"2m\", high = \"2m\", urgent = \"2m\" }";
    let hours = format!("[desk]\nhours = \"{day} 12:00-12:01\"\nurgent = \"hours\"\n{targets}\n");
    let world = found(&hours);
    let due = ticket(&world, 1)["due"].as_str().unwrap().to_owned();
    assert!(due.contains("T12:01:00"), "{due}");
    let first = chrono::DateTime::parse_from_rfc3339(&due).unwrap();
    assert!(first.to_utc() - chrono::Utc::now() > chrono::TimeDelta::days(7), "{due}");
    world.vahti("ticket 1 resolve --cause depot").ok();
    let asked = ticket(&world, 1)["follow_up"].as_str().unwrap().to_owned();
    let asked = chrono::DateTime::parse_from_rfc3339(&asked).unwrap();
    assert_eq!(asked.format("%a %H:%M").to_string(), format!("{day} 12:00"));
}

#[test]
fn whoever_cannot_be_told_now_is_told_later_and_the_move_stands() {
    let world = found("");
    world.write("outbox", "a file where a folder should be");
    let ran = world.vahti("ticket 1 assign maija@acme.example");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("Ticket 1 is open now (assign)"), "{}", ran.out);
    let begins = "warning: \"Ticket 1 is yours – Acme";
    assert!(ran.err.starts_with(begins), "{}", ran.err);
    assert!(ran.err.contains("to maija@acme.example waits in the outbox: "), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert_eq!(told(&world).len(), 1);
    // A move that tells nobody tries nothing; the next run tries again.
    let ran = world.vahti("ticket 1 note looked");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    std::fs::remove_file(world.path("outbox")).unwrap();
    world.vahti("run --once").ok();
    assert_eq!((told(&world).len(), world.mails("eml").len()), (0, 1));
}

#[test]
fn nobody_works_on_closed_days_and_public_holidays() {
    let now = chrono::Utc::now();
    let year = now.format("%Y").to_string().parse::<i32>().unwrap();
    let due = |holidays: &str| {
        // All that is left of the year is closed; 1 January is a holiday wherever it is asked for.
        let closed = format!("closed = [\"{}..{year}-12-31\"]", now.format("%F"));
        let hours = "hours = \"mon-sun 08:00-16:00\"\nurgent = \"hours\"";
        let targets = "answer = { other = \"1h\", high = \"1h\", urgent = \"1h\" }";
        let world = found(&format!("[desk]\n{hours}\n{closed}\n{holidays}\n{targets}\n"));
        let due = ticket(&world, 1)["due"].as_str().unwrap().to_owned();
        world.vahti("ticket 1 resolve --cause depot").ok();
        let asked = ticket(&world, 1)["follow_up"].as_str().unwrap().to_owned();
        assert!(asked > format!("{}", year + 1), "{asked}");
        due
    };
    assert!(due("").starts_with(&format!("{}-01-01T09:00:00", year + 1)));
    assert!(due("holidays = [\"fi\"]").starts_with(&format!("{}-01-02T09:00:00", year + 1)));
}
