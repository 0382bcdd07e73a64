//! The same words in several places: one row, one ticket, one line in the digest; and what is another
//! person's word stays that.

mod world;

use crate::support::{Answer, Entry, Site, World, entry, feed};
use serde_json::Value;
use std::fmt::Write;

const HEAD: &str = r#"
timezone = "UTC"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[alert]]
name = "care"
to = ["care@acme.example"]
frequency = "as-it-happens"
[[source]]
name = "posts"
intake = {}
"#;

const ARTICLE: &str = "Power company Acme has charged thousands of customers twice because of a \
    fault in its systems. The fault concerns the bills of October, and the money is paid back within \
    two weeks. Acme is sorry and asks customers to wait. Nobody answers its phones.";
const EXCERPT: &str = "... the bills of October, and the money is paid back within two weeks. Acme is \
    sorry and asks customers to wait. Nobody ...";

/// Returns a site with these feeds, and a folder that watches them.
fn watching(feeds: &[(&str, &[Entry])]) -> (Site, World) {
    let site = Site::start();
    let mut config = HEAD.to_owned();
    for (name, entries) in feeds {
        let path = format!("/{name}.xml");
        site.serve(&path, Answer::feed(feed(entries)));
        writeln!(config, "[[source]]\nname = \"{name}\"\nfeed.url = \"{}\"", site.url(&path))
            .unwrap();
    }
    (site, World::new(&config))
}

fn rows(world: &World, more: &str) -> Vec<Value> {
    let all = world.vahti(&format!("mentions {more} --limit 0 --format json")).json();
    all.as_array().unwrap().clone()
}

fn tickets(world: &World) -> usize {
    let all = world.vahti("tickets --status all --limit 0 --format json").json();
    all.as_array().unwrap().len()
}

fn article(id: &str, title: &str, text: &str) -> Entry {
    entry(id, title).link(&format!("https://{id}.example/article")).text(text)
}

#[test]
fn an_article_in_three_places_is_one_row_and_one_ticket() {
    let (site, world) = watching(&[
        ("paper", &[article("a", "Acme charged thousands twice", ARTICLE)]),
        ("other", &[article("b", "Twice billed, says customer of Acme", ARTICLE)]),
    ]);
    world.vahti("run --once").ok();
    // The alert's excerpt comes an hour later, and the paper corrects its title.
    site.serve(
        "/other.xml",
        Answer::feed(feed(&[article("c", "Acme charged thousands twice - The Paper", EXCERPT)])),
    );
    world.vahti("run --once").ok();
    let heads = rows(&world, "");
    assert_eq!(heads.len(), 1, "{heads:?}");
    let head = &heads[0];
    assert_eq!((head["copies"].as_u64(), &head["story"]), (Some(2), &head["id"]));
    let all = rows(&world, "--copies");
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|one| one["story"] == head["id"]));
    assert_eq!(tickets(&world), 1);
    let copy = all.iter().find(|one| one["id"] != head["id"]).unwrap();
    let shown =
        world.vahti(&format!("mention {} --format json", copy["id"].as_str().unwrap())).json();
    assert!(shown["ticket"].is_u64(), "{shown}");
    let table = world.vahti(&format!("mention {}", head["id"].as_str().unwrap())).ok();
    assert!(table.contains("the first of 3: `vahti mentions story:"), "{table}");
    assert_eq!(rows(&world, &format!("story:{} --copies", head["id"].as_str().unwrap())).len(), 3);
    // The copies were news to nobody.
    assert_eq!(world.mails("eml").len(), 1);
    assert_eq!(world.vahti("fsck").ok().lines().count(), 1);
}

#[test]
fn what_one_batch_brings_twice_is_told_once() {
    let (_site, world) = watching(&[]);
    let text = "Acme opens a second factory near Turku next spring, says its managing director, and \
        will hire some forty people for it in the course of the year";
    let posts = ["paper", "radio"].map(|host| {
        serde_json::json!({"id": host, "text": text, "url": format!("https://{host}.example/a")})
    });
    let lines = posts.map(|post| format!("{post}\n")).concat();
    world.vahti_with(&["poll", "posts", "--stdin"], &lines).ok();
    world.vahti("run --once").ok();
    let mails = world.mails("txt");
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].matches("second factory").count(), 1, "{}", mails[0]);
}

#[test]
fn what_another_person_says_of_it_is_a_case_of_its_own() {
    let (_site, world) =
        watching(&[("paper", &[article("a", "Acme charged thousands twice", ARTICLE)])]);
    world.vahti("run --once").ok();
    let say = |id: &str, who: &str, text: &str| {
        format!("{{\"id\":\"{id}\",\"text\":\"{text}\",\"author\":{{\"handle\":\"{who}\"}}}}\n")
    };
    let posts = [
        say("1", "maija", "Acme charged me twice too, nobody answers, I want my money back now"),
        say(
            "2",
            "pekka",
            "Acme charged me twice too, I want my money back now and an apology, terrible",
        ),
        say("3", "pekka", "Terrible service Acme"),
        say("4", "maija", "Terrible service Acme"),
        say("5", "maija", "Terrible service Acme"),
    ];
    world.vahti_with(&["poll", "posts", "--stdin"], &posts.concat()).ok();
    let heads = rows(&world, "");
    assert_eq!(heads.len(), 5, "{heads:#?}");
    // Only what the same person posted twice is one.
    assert_eq!(heads.iter().filter(|one| one["copies"] == 1).count(), 1);
    assert_eq!(rows(&world, "--copies").len(), 6);
}

#[test]
fn a_copy_that_tells_more_opens_the_ticket_of_the_story() {
    let plain = "The yearly meeting of Acme was held in the main hall of the town on Thursday evening, and the shareholders chose the board";
    let (site, world) = watching(&[("paper", &[article("a", "Acme meets", plain)])]);
    world.vahti("run --once").ok();
    assert_eq!(tickets(&world), 0);
    let worse = format!(
        "{plain}. Terrible, disgusting company, Acme stole my money and nobody answers, avoid"
    );
    for id in ["b", "c"] {
        site.serve("/paper.xml", Answer::feed(feed(&[article(id, "Acme meets again", &worse)])));
        world.vahti("run --once").ok();
    }
    assert_eq!(tickets(&world), 1);
    let all = rows(&world, "--copies");
    assert_eq!(all.len(), 3);
    let of_ticket = all.iter().filter(|one| !one["ticket"].is_null()).count();
    assert_eq!(of_ticket, 3, "it is that of the copy that told more: {all:#?}");
    // Who asks for what is negative sees it, though the head is not.
    assert_eq!(rows(&world, "--sentiment negative").len(), 1);
    assert_eq!(world.vahti("fsck").ok().lines().count(), 1);
}

#[test]
fn people_who_tell_of_one_outage_are_one_incident() {
    let (_site, world) = watching(&[]);
    let say = |id: &str, who: &str, text: &str| {
        format!("{{\"id\":\"{id}\",\"text\":\"{text}\",\"author\":{{\"handle\":\"{who}\"}}}}\n")
    };
    let posts = [
        say("1", "maija", "Acmen netti on poikki koko Kalliossa, surkeaa, kukaan ei vastaa"),
        say("2", "pekka", "Taas on Kalliossa Acmen netti poikki, surkea firma"),
        say("3", "liisa", "Acme laskutti kahteen kertaan, rahat takaisin heti"),
    ];
    world.vahti_with(&["poll", "posts", "--stdin"], &posts.concat()).ok();
    let later =
        say("4", "ville", "Kalliossa Acmen netti poikki edelleen, todella surkeaa palvelua");
    world.vahti_with(&["poll", "posts", "--stdin"], &later).ok();
    let all = world.vahti("tickets --limit 0 --format json").json();
    let of = |id: u64| {
        let mut tickets = all.as_array().unwrap().iter();
        tickets.find(|ticket| ticket["id"] == id).unwrap()["incident"].clone()
    };
    assert_eq!(
        [of(1), of(2), of(3), of(4)],
        [1.into(), 1.into(), Value::Null, 1.into()],
        "{all:#}"
    );
    let shown = world.vahti("incident 4 --format json").json();
    assert_eq!((&shown["id"], shown["tickets"].as_array().unwrap().len()), (&1.into(), 3));
    let text = world.vahti("incident 1").ok();
    assert!(text.starts_with("Incident 1: 3 tickets, 0 of them done"), "{text}");
    world.vahti("run --once").ok();
    let mails = world.mails("eml");
    let told = mails.join("\n");
    assert!(
        told.contains("one event with 3 tickets") && told.contains("vahti incident 1"),
        "{told}"
    );

    world.vahti("incident 1 merge 3").ok();
    assert!(world.vahti("incident 1 split 3").ok().contains("Ticket 3 is of no incident now"));
    let refused = world.vahti("incident 3");
    assert_eq!(refused.code, Some(1));
    // The event keeps the number that its tickets carry, whoever is taken out of it.
    world.vahti("incident 1 split 1").ok();
    let shown = world.vahti("incident 1 --format json").json();
    assert_eq!((&shown["id"], shown["tickets"].as_array().unwrap().len()), (&1.into(), 2));
    world.vahti("incident 1 merge 1").ok();
    world.vahti("incident 1 resolve --cause outage --lesson batteries").ok();
    let done = world.vahti("incident 1 --format json").json();
    assert_eq!(done["done"], 3);
    assert!(
        world
            .vahti("incident 1 resolve --cause outage")
            .err
            .contains("no ticket of incident 1 is open")
    );
    assert_eq!(world.vahti("fsck").ok().lines().count(), 1);
}
