//! `judge marks`: what people mark as noise is learnt, shown, and taken back.

use super::{count, mention};
use crate::support::{Entry, World, entry, feed};
use serde_json::Value;

const CONFIG: &str = r#"
timezone = "UTC"
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Orbit"
keywords = ["Orbit"]
[[source]]
name = "news"
feed.url = "news.xml"
schedule = "@weekly"
[[alert]]
name = "care"
to = ["care@orbit.example"]
frequency = "as-it-happens"
[[alert]]
name = "boss"
to = ["boss@orbit.example"]
frequency = "0 8 1 1 *"
"#;

/// Complaints that are about space, each by somebody else.
const NOISE: [&str; 4] = [
    "Terrible news, the rocket exploded and the satellite never reached Orbit",
    "Worst launch ever, a rocket failed and left its satellite in a useless Orbit",
    "Awful: the satellite died in Orbit, and the rocket company refuses to explain",
    "The rocket was a disaster, its satellite is lost in the wrong Orbit, a scandal",
];
/// The next of them.
const ALIKE: &str = "Another terrible failure: rocket lost, no satellite in Orbit, what a disgrace";
/// And those behind it, each in words of its own.
const AGAIN: &str =
    "Again a rocket exploded, terrible: their satellite will not see Orbit, a disgrace";
const STILL: &str =
    "Still no luck, an awful failure: the rocket burned and its satellite missed Orbit";
/// One that comes too early to be known.
const EARLY: &str = "Early this time: a disaster, the rocket and its satellite are lost to Orbit";
/// The same with a threat.
const THREAT: &str =
    "Terrible failure of Orbit: rocket toy and satellite dish never arrived, I will sue you";
/// A complaint with other words.
const WANTED: &str = "Orbit is terrible, the worst service ever, they charged me twice";

const TOWNS: [&str; 12] = [
    "Leeds", "York", "Derby", "Bath", "Ely", "Oban", "Cork", "Sligo", "Truro", "Wells", "Hull",
    "Ripon",
];

/// A folder in which one run found the noise and what else is said of the brand.
fn seeded() -> World {
    let world = World::new(CONFIG);
    let noise = NOISE
        .iter()
        .enumerate()
        .map(|(nth, text)| entry(&format!("n{nth}"), text).by(&format!("noisy{nth}")));
    let others = TOWNS.iter().map(|town| entry(town, &format!("Orbit opens a shop in {town}")));
    bring(&world, noise.chain(others));
    world
}

/// Lets the feed hold these entries, and polls it.
fn bring(world: &World, entries: impl Iterator<Item = Entry>) {
    world.write("news.xml", &feed(&entries.collect::<Vec<_>>()));
    world.vahti("poll news").ok();
}

#[track_caller]
fn id(world: &World, words: &str) -> String {
    mention(world, words)["id"].as_str().unwrap().to_owned()
}

fn marks(world: &World) -> Value {
    world.vahti("judge marks --format json").json()
}

/// Marks the first `count` of the noise.
fn mark_noise(world: &World, count: usize) {
    for text in &NOISE[..count] {
        world.vahti(&format!("mention {} mark noise", id(world, text))).ok();
    }
}

/// Runs `check` where no daemon runs, and in another folder where one does.
fn both_ways(check: impl Fn(&World)) {
    check(&seeded());
    let world = seeded();
    let daemon = world.daemon();
    check(&world);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn three_marks_teach_what_the_next_one_is_and_a_real_complaint_is_heard() {
    both_ways(|world| {
        mark_noise(world, 2);
        assert_eq!(world.vahti("judge marks --words").ok().lines().count(), 1, "two are too few");
        bring(world, [entry("early", EARLY)].into_iter());
        assert!(mention(world, EARLY)["ticket"].is_u64());

        mark_noise(world, 3);
        bring(world, [entry("a", ALIKE), entry("t", THREAT), entry("w", WANTED)].into_iter());
        let alike = mention(world, "Another terrible");
        assert_eq!((&alike["muted"], &alike["review"]), (&Value::Bool(true), &Value::Bool(true)));
        assert_eq!(alike["ticket"], Value::Null);
        assert_eq!(alike["sentiment"]["label"], "negative", "it is judged as ever");
        let why = alike["why"][0].as_str().unwrap();
        assert!(why.starts_with("people marked 3 like it noise: "), "{why}");
        assert!(why.contains("rocket") && why.contains("satell*"), "{why}");
        for heard in ["I will sue you", "charged me twice"] {
            let heard = mention(world, heard);
            assert!(heard["ticket"].is_u64(), "{heard}");
            assert_eq!(heard["muted"], false);
        }
        let shown = world.vahti(&format!("mention {}", alike["id"].as_str().unwrap())).ok();
        assert!(shown.contains("Muted"), "{shown}");
        assert!(world.vahti("mentions").ok().contains("Another terrible"), "it is kept");
    });
}

#[test]
fn nobody_is_told_of_what_is_taken_for_noise() {
    let world = seeded();
    world.vahti("alert care send").ok();
    mark_noise(&world, 3);
    bring(&world, [entry("a", ALIKE), entry("w", WANTED)].into_iter());
    let preview = world.vahti("alert care preview --format text").ok();
    assert!(preview.contains("charged me twice") && !preview.contains("Another"), "{preview}");
}

#[test]
fn a_person_brings_one_back_and_it_speaks_for_the_brand() {
    both_ways(|world| {
        mark_noise(world, 3);
        bring(world, [entry("a", ALIKE)].into_iter());
        let muted = id(world, "Another terrible");
        let marked = world.vahti(&format!("mention {muted} mark negative --format json")).json();
        assert!(marked["ticket"].is_u64());
        assert_eq!(
            (&marked["muted"], &marked["review"]),
            (&Value::Bool(false), &Value::Bool(false))
        );
        let all = marks(world);
        assert_eq!((count(&all), &all[0]["mark"]), (4, &Value::from("negative")));
        // One word against three: they are too often of the brand now.
        bring(world, [entry("b", AGAIN)].into_iter());
        assert!(mention(world, "Again")["ticket"].is_u64());
    });
}

#[test]
fn marks_are_listed_newest_first_with_what_they_taught() {
    both_ways(|world| {
        assert_eq!(marks(world), Value::Array(Vec::new()));
        mark_noise(world, 3);
        let all = marks(world);
        let ids: Vec<u64> =
            all.as_array().unwrap().iter().map(|m| m["id"].as_u64().unwrap()).collect();
        assert_eq!(ids, [3, 2, 1]);
        let words: Vec<&str> = all[0]["taught"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word["word"].as_str().unwrap())
            .collect();
        assert!(words.contains(&"rocket") && words.contains(&"satell*"), "{words:?}");
        assert_eq!(all[0]["taught"][0]["noise"], 3);
        assert_eq!(all[0]["mark"], "noise");
        assert_ne!(all[0]["by"], "");
        let lines = world.vahti("judge marks --format ndjson").ok();
        assert_eq!(lines.lines().count(), 3);
        assert!(world.vahti("judge marks --format csv").ok().starts_with("id,mention,brand,mark"));
        let table = world.vahti("judge marks").ok();
        assert!(table.contains("rocket") && table.contains("TAUGHT"), "{table}");
        // Another mark of the same mention takes the place of the first.
        world.vahti(&format!("mention {} mark neutral", id(world, NOISE[0]))).ok();
        let all = marks(world);
        let teach: Vec<bool> =
            all.as_array().unwrap().iter().map(|m| m["teaches"].as_bool().unwrap()).collect();
        assert_eq!(teach, [true, true, true, false]);
        assert_eq!(
            world.vahti("judge marks --words --format json").json(),
            Value::Array(Vec::new())
        );
    });
}

#[test]
fn undoing_a_mark_takes_back_what_it_taught_and_what_that_hid() {
    both_ways(|world| {
        mark_noise(world, 3);
        bring(world, [entry("a", ALIKE)].into_iter());
        let hidden = id(world, "Another terrible");
        let was = mention(world, NOISE[0]);
        let undone = world.vahti("judge marks undo 1 --format json").json();
        assert_eq!((&undone["id"], &undone["teaches"]), (&1.into(), &false.into()));
        assert_eq!(undone["brought_back"], Value::from(vec![hidden.clone()]));
        assert_eq!(mention(world, NOISE[0]), was, "the mention that was marked stays as it is");
        let back = world.vahti(&format!("mention {hidden} --format json")).json();
        assert_eq!(back["muted"], false);
        let ticket = back["ticket"].as_u64().unwrap();
        let shown = world.vahti(&format!("ticket {ticket} --format json")).json();
        assert_eq!((&shown["status"], &shown["mention"]), (&"new".into(), &Value::from(hidden)));
        bring(world, [entry("b", AGAIN)].into_iter());
        assert!(mention(world, "Again")["ticket"].is_u64(), "the next is heard");
        // Marked once more, with one more of them, it teaches once more.
        mark_noise(world, 4);
        bring(world, [entry("c", STILL)].into_iter());
        assert_eq!(mention(world, "Still")["muted"], true);
        assert_eq!(world.vahti("fsck").code, Some(0));
    });
}

#[test]
fn correcting_a_wrong_mark_brings_back_what_it_hid() {
    both_ways(|world| {
        mark_noise(world, 3);
        bring(world, [entry("a", ALIKE)].into_iter());
        assert_eq!(mention(world, "Another terrible")["muted"], true);
        world.vahti(&format!("mention {} mark negative", id(world, NOISE[0]))).ok();
        let back = mention(world, "Another terrible");
        assert_eq!(back["muted"], false);
        assert!(back["ticket"].is_u64(), "{back}");
        assert_eq!(world.vahti("fsck").code, Some(0));
    });
}

#[test]
fn what_is_muted_can_be_asked_for() {
    both_ways(|world| {
        mark_noise(world, 3);
        bring(world, [entry("a", ALIKE), entry("w", WANTED)].into_iter());
        let muted = world.vahti("mentions muted:true --format json").json();
        assert_eq!((count(&muted), &muted[0]["muted"]), (1, &Value::Bool(true)));
        assert_eq!(world.vahti("mentions").ok().matches("(muted)").count(), 1);
        let csv = world.vahti("mentions muted:true --format csv").ok();
        let rows: Vec<&str> = csv.lines().collect();
        assert!(rows[0].ends_with(",mark,muted") && rows[1].ends_with(",,true"), "{csv}");
        assert_eq!(count(&world.vahti("judge marks --limit 2 --format json").json()), 2);
    });
}

#[test]
fn what_waits_for_a_person_is_a_queue_until_somebody_marks_it() {
    both_ways(|world| {
        mark_noise(world, 3);
        bring(world, [entry("a", ALIKE), entry("w", WANTED)].into_iter());
        let muted = id(world, "Another terrible");
        let of = |query: &str| {
            let found = world.vahti(&format!("mentions {query} --limit 0 --format json")).json();
            let is_asked = |one: &Value| one["review"] == Value::Bool(query == "review:true");
            assert!(found.as_array().unwrap().iter().all(is_asked), "{found}");
            found
        };
        let all = count(&world.vahti("mentions --limit 0 --format json").json());
        let waits = || of("review:true").to_string().contains(&muted);
        assert!(waits());
        assert_eq!(count(&of("review:true")) + count(&of("review:false")), all);
        world.vahti(&format!("mention {muted} mark neutral")).ok();
        assert!(!waits(), "a person has said what it is");
        let faulty = world.vahti("mentions review:maybe");
        assert!(faulty.err.contains("expected true, false"), "{}", faulty.err);
    });
}

#[test]
fn every_alert_hears_of_what_comes_back_once() {
    let world = seeded();
    mark_noise(&world, 3);
    bring(&world, [entry("a", ALIKE)].into_iter());
    for alert in ["care", "boss"] {
        world.vahti(&format!("alert {alert} send")).ok();
    }
    let preview = |alert: &str| world.vahti(&format!("alert {alert} preview --format text")).ok();
    let waiting = || count(&world.vahti("outbox --format json").json());
    assert!(!preview("boss").contains("Another terrible"));
    let mails = || world.mails("eml").len();
    let before = mails();
    world.vahti("judge marks undo 1").ok();
    assert!(preview("boss").contains("Another terrible"), "it waits for its time");
    assert!(!preview("care").contains("Another terrible"), "it was told at once");
    assert_eq!((waiting(), mails()), (0, before + 1));
}

#[test]
fn undoing_all_marks_brings_back_the_oldest_mention_too() {
    both_ways(|world| {
        mark_noise(world, 3);
        bring(world, [entry("a", ALIKE).dated("Wed, 01 Jan 2025 10:00:00 GMT")].into_iter());
        assert_eq!(mention(world, "Another terrible")["muted"], true);
        for nth in 1..=3 {
            world.vahti(&format!("judge marks undo {nth}")).ok();
        }
        assert_eq!(mention(world, "Another terrible")["muted"], false);
    });
}

#[test]
fn what_comes_back_is_a_ticket_only_where_its_source_wants_one() {
    let world = World::new(&CONFIG.replace("schedule =", "tickets = \"none\"\nschedule ="));
    let noise = NOISE
        .iter()
        .enumerate()
        .map(|(nth, text)| entry(&format!("n{nth}"), text).by(&format!("noisy{nth}")));
    let others = TOWNS.iter().map(|town| entry(town, &format!("Orbit opens a shop in {town}")));
    bring(&world, noise.chain(others));
    mark_noise(&world, 3);
    bring(&world, [entry("a", ALIKE)].into_iter());
    assert_eq!(mention(&world, "Another terrible")["muted"], true);
    world.vahti("judge marks undo 1").ok();
    let back = mention(&world, "Another terrible");
    assert_eq!((&back["muted"], &back["ticket"]), (&Value::Bool(false), &Value::Null));
}

#[test]
fn what_cannot_be_undone_is_refused_with_the_reason() {
    both_ways(|world| {
        mark_noise(world, 1);
        mark_noise(world, 1);
        let refused = |command: &str| {
            let ran = world.vahti(command);
            assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{command}");
            ran.err
        };
        let replaced = refused("judge marks undo 1");
        assert!(replaced.contains("`vahti judge marks undo 2`"), "{replaced}");
        world.vahti("judge marks undo 2").ok();
        assert!(refused("judge marks undo 2").contains("undone before"));
        assert!(refused("judge marks undo 9").contains("`vahti judge marks`"));
        assert_eq!(world.vahti("judge marks --words undo 1").code, Some(2));
    });
}

#[test]
fn explain_says_what_would_be_taken_for_noise() {
    let world = World::new(CONFIG);
    let explain = |world: &World, text: &str| {
        world.vahti_with(&["explain", text, "--format", "json"], "").json()["why"].to_string()
    };
    assert!(!explain(&world, ALIKE).contains("people marked"));
    assert!(!world.path("state").exists(), "explaining makes no store");
    both_ways(|world| {
        mark_noise(world, 3);
        let why = explain(world, ALIKE);
        assert!(why.contains("no ticket for Orbit: people marked 3 like it noise: "), "{why}");
        for heard in [THREAT, WANTED] {
            assert!(!explain(world, heard).contains("people marked"));
        }
    });
}
