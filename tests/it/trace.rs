//! `vahti trace` and the ledger: the way of one post, to the answer of each recipient's mail server.

use crate::support::smtp::Post;
use crate::support::{World, entry, feed};
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
