//! The main job: feeds in, mentions found, kept once, judged, ticketed, mailed, and asked for.

use crate::support::{Answer, Site, World, rss, until};

/// A configuration that watches one feed of `site` and mails into a folder.
fn config(site: &Site) -> String {
    format!(
        r#"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[source]]
name = "news"
feed.url = "{}"
[[alert]]
name = "care"
to = ["care@acme.example"]
frequency = "as-it-happens"
"#,
        site.url("/news.xml")
    )
}

const COMPLAINT: &str = "Acme is terrible, the worst service ever, my order never arrived";

#[test]
fn a_complaint_becomes_a_mention_a_ticket_and_a_mail_once() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(rss(&[("1", COMPLAINT), ("2", "Weather is fine")])));
    let world = World::new(&config(&site));

    let first = world.vahti("run --once --format json").json();
    assert_eq!(first["posts"], 2);
    assert_eq!(first["mentions"], 1);
    assert_eq!(first["tickets"], 1);
    assert_eq!(first["notices"]["sent"], 1);

    let second = world.vahti("run --once --format json").json();
    assert_eq!([&second["mentions"], &second["tickets"], &second["notices"]["sent"]], [0, 0, 0]);

    let mentions = world.vahti("mentions --format json").json();
    assert_eq!(mentions[0]["text"], COMPLAINT);
    assert_eq!(mentions[0]["sentiment"]["label"], "negative");
    assert_eq!(mentions[0]["ticket"], 1);
    let mails = world.mails("txt");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("worst service ever"), "{}", mails[0]);
}

#[test]
fn a_periodic_alert_speaks_from_the_first_start_on() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(rss(&[("1", "Weather is fine")])));
    let config = config(&site).replace("\"as-it-happens\"", "\"1s\"\nempty = true");
    // Whether it speaks was once a matter of who was quicker.
    for _ in 0..5 {
        let world = World::new(&config);
        let daemon = world.daemon();
        until("the alert speaks", || !world.mails("eml").is_empty());
        assert_eq!(daemon.stop(), Some(0));
    }
}

#[test]
fn a_mark_takes_the_ground_from_under_a_ticket_unless_another_brand_needs_it() {
    let site = Site::start();
    let both = "Acme and Zeta are terrible, the worst service ever, nothing arrived";
    site.serve("/news.xml", Answer::feed(rss(&[("1", both), ("2", COMPLAINT)])));
    let zeta = "[[brand]]\nname = \"Zeta\"\nkeywords = [\"Zeta\"]\n";
    let world = World::new(&format!("{}{zeta}", config(&site)));
    assert_eq!(world.vahti("run --once --format json").json()["tickets"], 2);

    let found = |query: &str| {
        let found = world.vahti_with(&["mentions", query, "--format", "json"], "").json();
        (found[0]["id"].as_str().unwrap().to_owned(), found[0]["ticket"].to_string())
    };
    let status = |ticket: &str| {
        world.vahti(&format!("ticket {ticket} --format json")).json()["status"].clone()
    };
    let (of_acme, shared) = found("brand:Acme zeta");
    let (of_zeta, same) = found("brand:Zeta");
    assert_eq!(shared, same);
    world.vahti(&format!("mention {of_acme} mark noise")).ok();
    assert_eq!(status(&shared), "new", "Zeta's customer still waits");
    world.vahti(&format!("mention {of_zeta} mark noise")).ok();
    assert_eq!(status(&shared), "closed");

    let (alone, ticket) = found("brand:Acme order");
    let marked = world.vahti(&format!("mention {alone} mark positive --format json")).json();
    assert_eq!(marked["sentiment"]["label"], "positive");
    assert_eq!(marked["sentiment"]["score"], 1.0);
    assert_eq!(status(&ticket), "closed");
    world.vahti(&format!("mention {alone} mark negative")).ok();
    assert_eq!(status(&ticket), "open");
}

#[test]
fn an_exclude_of_several_words_is_one_place() {
    let world = World::new("#bare");
    let text = "the acme road runner is terrible but so is Acme";
    let explain = ["explain", text, "--keyword", "acme", "--exclude", "acme road runner"];
    let read = world.vahti_with(&[&explain[..], &["--format", "json"]].concat(), "").json();
    assert_eq!(read["matches"][0]["start"], 43);
    assert_eq!(read["matches"].as_array().unwrap().len(), 1);
}

#[test]
fn an_entry_without_an_id_is_not_new_because_its_text_changed() {
    let site = Site::start();
    let feed = |text: &str| {
        let item =
            format!("<item><title>Acme is down</title><description>{text}</description></item>");
        format!("<rss version=\"2.0\"><channel><title>N</title>{item}</channel></rss>")
    };
    let world = World::new(&config(&site));
    for (text, new) in [("5 minutes ago", 1), ("6 minutes ago", 0)] {
        site.serve("/news.xml", Answer::feed(feed(text)));
        assert_eq!(world.vahti("run --once --format json").json()["mentions"], new, "{text}");
    }
}

#[test]
fn a_mark_joins_the_ticket_that_the_post_already_has() {
    let site = Site::start();
    let both = "Acme is terrible, the worst service ever, nothing arrived. I bought it at Zeta.";
    site.serve("/news.xml", Answer::feed(rss(&[("1", both)])));
    let zeta = "[[brand]]\nname = \"Zeta\"\nkeywords = [\"Zeta\"]\ntickets = \"none\"\n";
    let world = World::new(&format!("{}{zeta}", config(&site)));
    assert_eq!(world.vahti("run --once --format json").json()["tickets"], 1);

    let of_zeta = world.vahti("mentions --brand Zeta --format json").json();
    assert!(of_zeta[0]["ticket"].is_null(), "{of_zeta}");
    let id = of_zeta[0]["id"].as_str().unwrap();
    let marked = world.vahti(&format!("mention {id} mark negative --format json")).json();
    assert_eq!(marked["ticket"], 1);
    let tickets = world.vahti("tickets --status all --format json").json();
    assert_eq!(tickets.as_array().unwrap().len(), 1);
    assert_eq!(tickets[0]["brands"], serde_json::json!(["Acme", "Zeta"]));
    assert_eq!(world.vahti("fsck").code, Some(0));
}
