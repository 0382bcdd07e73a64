//! `vahti trace` and the ledger: the way of one post, to the answer of each recipient's mail server.

use crate::support::smtp::Post;
use crate::support::{World, entry, faketime, feed, skipped};
use chrono::{DateTime, Utc};
use serde_json::Value;

const COMPLAINT: &str = "Acme is terrible, the worst service ever, my order never arrived";

fn config(mail: &str) -> String {
    format!(
        r#"
timezone = "UTC"
[mail]
from = "Vahti <vahti@acme.example>"
{mail}
[[brand]]
name = "Acme"
keywords = ["Acme"]
own = ["acme.example"]
[[source]]
name = "news"
feed.url = "news.xml"
schedule = "1h"
[[alert]]
name = "care"
to = ["care@acme.example", "chief@acme.example"]
frequency = "as-it-happens"
filter = "sentiment:negative"
[[alert]]
name = "praise"
to = ["praise@acme.example"]
frequency = "as-it-happens"
filter = "sentiment:positive"
[[alert]]
name = "yearly"
to = ["chief@acme.example"]
frequency = "0 0 1 1 *"
"#
    )
}

/// A folder in which one run found a complaint, and a post that names nobody.
fn seen(mail: &str) -> World {
    let world = World::new(&config(mail));
    let link = "https://news.example/story/1?utm_source=mail";
    let entries = [
        entry("1", COMPLAINT).by("Liisa").dated("Mon, 02 Nov 2026 10:00:00 GMT").link(link),
        entry("2", "The weather is fine").link("https://news.example/story/2"),
        entry("3", "Acme opens a shop").link("https://acme.example/blog/3"),
    ];
    world.write("news.xml", &feed(&entries));
    world.vahti("run --once").ok();
    world
}

const FOLDER: &str = "outbox_dir = \"outbox\"";

fn trace(world: &World, of: &str) -> Value {
    world.vahti(&format!("trace {of} --format json")).json()
}

fn alert<'t>(traced: &'t Value, name: &str) -> &'t Value {
    let mut alerts = traced["mentions"][0]["alerts"].as_array().unwrap().iter();
    alerts.find(|alert| alert["alert"] == name).unwrap()
}

#[test]
fn a_post_is_followed_by_its_id_its_ticket_and_its_address() {
    let world = seen(FOLDER);
    let check = || {
        let by_address = trace(&world, "http://www.news.example/story/1");
        let mention = &by_address["mentions"][0];
        assert_eq!(mention["headline"], COMPLAINT);
        let id = mention["id"].as_str().unwrap();
        for other in [id.to_owned(), mention["ticket"].to_string()] {
            assert_eq!(trace(&world, &other)["mentions"], by_address["mentions"], "{other}");
        }
        let steps = mention["steps"].as_array().unwrap();
        let names: Vec<_> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
        assert_eq!(names[..5], ["published", "fetched", "matched", "judged", "ticket"]);
        let told = alert(&by_address, "care");
        assert_eq!(told["told"], true);
        assert_eq!(told["notices"].as_array().unwrap().len(), 2);
        for notice in told["notices"].as_array().unwrap() {
            assert_eq!([&notice["state"], &notice["tries"][0]["outcome"]], ["sent", "accepted"]);
        }
        let unwanted = alert(&by_address, "praise");
        assert_eq!(unwanted["told"], false);
        assert_eq!(unwanted["why"], "its filter does not want it: sentiment:positive");
        let waits = alert(&by_address, "yearly")["why"].as_str().unwrap();
        assert!(
            waits.starts_with("it waits for the digest of ") && waits.ends_with("01-01 00:00 UTC"),
            "{waits}"
        );
        world.vahti(&format!("trace {id}")).ok()
    };
    let without = check();
    for part in [
        "fetched",
        "from news (feed), by its first poll",
        "care: told in notice 1 to care@",
        "accepted",
    ] {
        assert!(without.contains(part), "{part}: {without}");
    }
    let daemon = world.daemon();
    assert_eq!(check(), without);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn what_matched_nothing_or_is_not_known_says_so() {
    let world = seen(FOLDER);
    let traced = trace(&world, "https://news.example/story/2");
    assert_eq!(traced["mentions"], Value::Array(Vec::new()));
    assert_eq!(traced["unmatched"]["source"], "news");
    assert_eq!(traced["unmatched"]["why"][0]["brand"], "Acme");
    let table = world.vahti("trace https://news.example/story/2").ok();
    assert!(table.contains("not matched"), "{table}");
    let own = trace(&world, "https://acme.example/blog/3");
    assert_eq!(alert(&own, "care")["why"], "the brand itself wrote it");
    for unknown in ["https://news.example/story/9", "mnobody", "99"] {
        let ran = world.vahti(&format!("trace {unknown}"));
        assert_eq!(ran.code, Some(1), "{unknown}");
        assert!(ran.err.starts_with("vahti: there is no "), "{}", ran.err);
    }
}

#[test]
fn the_answer_of_each_mail_server_is_remembered() {
    let Some(mut post) = Post::find("the_answer_of_each_mail_server_is_remembered") else { return };
    post.up(&["--refuse", "chief@acme.example"]);
    let world = seen(&format!("smtp.url = \"{}\"\nsmtp.tls = \"none\"", post.url("smtp")));
    let traced = trace(&world, "https://news.example/story/1");
    let mut notices = alert(&traced, "care")["notices"].as_array().unwrap().iter();
    let of = |to: &str, notices: &mut std::slice::Iter<'_, Value>| {
        notices.find(|notice| notice["to"] == to).unwrap().clone()
    };
    let accepted = of("care@acme.example", &mut notices);
    let refused = of("chief@acme.example", &mut notices);
    let answer = |notice: &Value| notice["tries"][0]["answer"].as_str().unwrap().to_owned();
    assert!(answer(&accepted).starts_with("250"), "{accepted}");
    assert!(answer(&refused).contains(" answered 550 "), "{refused}");
    assert_eq!([&accepted["state"], &refused["state"]], ["sent", "dead"]);
    let number = refused["id"].as_u64().unwrap();
    world.vahti(&format!("outbox drop {number}")).ok();
    assert_eq!(world.vahti("outbox --format ndjson").ok(), "");
    let all = world.vahti("outbox --all --format json").json();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert!(all[1]["dropped"].is_string(), "{all}");
    assert!(world.vahti("outbox --all").ok().contains("dropped"));
    let none = world.vahti("outbox --all --since 2100-01-01 --format ndjson").ok();
    assert_eq!(none, "");
    assert_eq!(world.vahti("outbox --since 1d").code, Some(2));
    assert_eq!(world.vahti("outbox --all --since soon").code, Some(2));
}

const PACED: &str = r#"
timezone = "Europe/Helsinki"
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[source]]
name = "posts"
intake = {}
[[alert]]
name = "night"
to = ["night@acme.example"]
frequency = "as-it-happens"
quiet_hours = "22:00-08:00"
business_days = true
[[alert]]
name = "cool"
to = ["cool@acme.example"]
frequency = "as-it-happens"
cooldown = "2h"
[[alert]]
name = "best"
to = ["best@acme.example"]
frequency = "daily"
at = "09:00"
how_many = "best"
"#;

/// What people say, each in words of their own.
const SAID: [&str; 13] = [
    "Acme opened a bakery beside the harbour",
    "Yesterday Acme painted their vans orange",
    "My cousin plays football with Acme's accountant",
    "Acme sponsors the library's winter reading",
    "There is a queue outside Acme before sunrise",
    "Acme moves its warehouse to Tampere",
    "Our museum borrowed an engine from Acme",
    "Acme hires forty electricians in spring",
    "Listened to a podcast featuring Acme's founder",
    "Acme publishes its annual figures on Thursday",
    "The bridge near Acme reopens for cyclists",
    "Acme planted birches along the motorway",
    "Somebody carved Acme's logo from ice",
];

/// Brings these of what people say at a moment, which stands still, and lets vahti run once.
fn bring(world: &mut World, library: &std::path::Path, at: &str, which: std::ops::Range<usize>) {
    let moment: DateTime<Utc> = at.parse().unwrap();
    let post = |nth: usize| {
        let (text, minute) = (SAID[nth], moment.to_rfc3339());
        format!(
            "{{\"id\":\"{nth}\",\"text\":\"{text}\",\"published\":\"{minute}\",\
             \"url\":\"https://posts.example/{nth}\",\"author\":{{\"handle\":\"w{nth}\"}}}}\n"
        )
    };
    world.is_now(library, moment);
    let posts: String = which.map(post).collect();
    world.vahti_with(&["poll", "posts", "--stdin"], &posts).ok();
    world.vahti("run --once").ok();
}

/// Returns whether an alert told a post, the word for why not, why not, and until when.
fn why(world: &World, nth: usize, name: &str) -> (bool, String, String, String) {
    let traced = trace(world, &format!("https://posts.example/{nth}"));
    let of = alert(&traced, name);
    let text = |key: &str| of[key].as_str().unwrap_or("-").to_owned();
    (of["told"] == true, text("reason"), text("why"), text("until"))
}

#[test]
fn what_waits_says_for_what_and_what_is_only_counted_says_so() {
    let Some(library) = faketime() else {
        return skipped("what_waits_says_for_what", "faketime is not installed");
    };
    let mut world = World::new(PACED);
    let is = |world: &World, nth, name: &str, reason: &str, said: &str, until: &str| {
        let (told, found, words, when) = why(world, nth, name);
        assert_eq!((told, &*found, &*words, &*when), (false, reason, said, until));
    };
    // A Monday; Helsinki is two hours ahead.
    bring(&mut world, &library, "2026-03-02T10:00:00Z", 0..0);
    bring(&mut world, &library, "2026-03-02T10:10:00Z", 0..1);
    let told = ("-".to_owned(), "-".to_owned(), "-".to_owned());
    for name in ["night", "cool"] {
        let (is_told, reason, words, until) = why(&world, 0, name);
        assert_eq!((is_told, (reason, words, until)), (true, told.clone()), "{name}");
    }
    let digest = "it waits for the digest of Tue 2026-03-03 09:00 Europe/Helsinki";
    is(&world, 0, "best", "digest", digest, "2026-03-03T07:00:00Z");
    bring(&mut world, &library, "2026-03-02T10:30:00Z", 1..2);
    let cools = "it waits for the cooldown until Mon 2026-03-02 14:10 Europe/Helsinki";
    is(&world, 1, "cool", "cooldown", cools, "2026-03-02T12:10:00Z");
    bring(&mut world, &library, "2026-03-02T21:00:00Z", 2..13);
    let night = "it waits for the end of quiet hours at Tue 2026-03-03 08:00 Europe/Helsinki";
    is(&world, 5, "night", "quiet_hours", night, "2026-03-03T06:00:00Z");
    let table = world.vahti("trace https://posts.example/5").ok();
    assert!(
        table.contains("2026-03-03 08:00  not yet told  night: it waits for the end"),
        "{table}"
    );
    world.is_now(&library, "2026-03-03T07:00:30Z".parse().unwrap());
    world.vahti("run --once").ok();
    assert!(why(&world, 5, "night").0);
    // Ten of thirteen are named, and the three oldest are not the freshest.
    let counted = |nth: &usize| why(&world, *nth, "best").1 == "counted";
    assert_eq!((0..13).filter(counted).count(), 3);
    let said = "it was not among the 10 best of 13 mentions that the digest of Tue 2026-03-03 09:00 \
                Europe/Helsinki names; it is counted there (notice ";
    let (told, _, words, _) = why(&world, 0, "best");
    assert!(!told && words.starts_with(said), "{words}");
    let late = "[[alert]]\nname = \"late\"\nto = [\"late@acme.example\"]\nfrequency = \"daily\"\n";
    world.configure(&format!("{PACED}{late}"));
    let new = why(&world, 5, "late").2;
    assert_eq!(new, "the alert is new: vahti has not run with it yet");
    bring(&mut world, &library, "2026-03-07T10:00:00Z", 0..0);
    let before =
        "it was seen before the alert's first start at Sat 2026-03-07 12:00 Europe/Helsinki";
    is(&world, 5, "late", "before", before, "-");
}
