//! What becomes of what is found: kept once, whatever its date, and ticketed once.

use super::{COMPLAINT, HEAD, json, source, titles, watching};
use crate::support::{Answer, Site, World, entry, feed};
use serde_json::Value;

#[test]
fn the_same_article_by_two_ways_is_one_mention() {
    let site = Site::start();
    let link = |address: &str, id: &str| feed(&[entry(id, COMPLAINT).link(address)]);
    site.serve(
        "/one.xml",
        Answer::feed(link("https://www.Paper.example/a?utm_source=x&id=7", "1")),
    );
    site.serve(
        "/two.xml",
        Answer::feed(link("https://paper.example:443/a?id=7&utm_medium=rss", "2")),
    );
    let sources = source(&site, "/one.xml", "") + &source(&site, "/two.xml", "");
    let world = World::new(&format!("{HEAD}{sources}"));
    let summary = json(&world, "run --once");
    assert_eq!([&summary["posts"], &summary["mentions"], &summary["tickets"]], [2, 1, 1]);
    assert_eq!(titles(&world), [COMPLAINT]);
    // Other articles of that site are others.
    site.serve("/two.xml", Answer::feed(link("https://paper.example/a?id=8", "3")));
    assert_eq!(json(&world, "run --once")["mentions"], 1);
}

#[test]
fn one_complaint_about_two_brands_is_one_ticket() {
    let both = "Acme and Bolt are terrible, the worst service ever, never again";
    let (site, world) = watching(&[entry("1", both)], "");
    let summary = json(&world, "run --once");
    assert_eq!([&summary["mentions"], &summary["tickets"]], [2, 1]);
    let tickets = json(&world, "tickets --status all");
    assert_eq!(tickets.as_array().unwrap().len(), 1);
    let mut brands: Vec<&str> = tickets[0]["brands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    brands.sort_unstable();
    assert_eq!(brands, ["Acme", "Bolt"]);
    for mention in json(&world, "mentions").as_array().unwrap() {
        assert_eq!(mention["ticket"], 1, "{mention}");
    }
    assert_eq!(json(&world, "mentions --brand Bolt").as_array().unwrap().len(), 1);
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", both), entry("2", "Bolt is fine")])));
    let summary = json(&world, "run --once");
    assert_eq!([&summary["mentions"], &summary["tickets"]], [1, 0]);
}

#[test]
fn a_second_complaint_shows_the_history_of_its_author() {
    let first = entry("1", COMPLAINT).by("Liisa Virtanen");
    let (site, world) = watching(std::slice::from_ref(&first), "");
    json(&world, "run --once");
    world.vahti("ticket 1 resolve --cause depot").ok();
    world.vahti("ticket 1 rate 4").ok();
    let second = "Acme again, awful, my second order is broken and nobody answers";
    let third = "Acme is the worst, nothing works, I am furious";
    let entries =
        [entry("2", second).by("Liisa Virtanen"), entry("3", third).by("Somebody Else"), first];
    site.serve("/news.xml", Answer::feed(feed(&entries)));
    assert_eq!(json(&world, "run --once")["tickets"], 2);
    let found = json(&world, "tickets");
    let of = |name: &str| {
        let mut tickets = found.as_array().unwrap().iter();
        tickets.find(|ticket| ticket["customer"]["name"] == name).unwrap().clone()
    };
    let known = of("Liisa Virtanen");
    assert_eq!(known["history"].as_array().unwrap().len(), 1, "{known}");
    assert_eq!(known["history"][0]["id"], 1);
    assert_eq!(known["history"][0]["cause"], "depot");
    assert_eq!(known["history"][0]["rating"], 4);
    assert_eq!(of("Somebody Else")["history"], Value::Array(Vec::new()));
    let words = world.vahti(&format!("ticket {}", known["id"])).ok();
    assert!(words.contains("Earlier tickets of this customer"), "{words}");
}

#[test]
fn an_entry_is_found_whatever_its_date() {
    let alert =
        "[[alert]]\nname = \"all\"\nto = [\"a@acme.example\"]\nfrequency = \"as-it-happens\"\n";
    let now = entry("1", "Acme today").dated("Fri, 20 Nov 2026 10:00:00 GMT");
    let (site, world) = watching(std::slice::from_ref(&now), alert);
    assert_eq!(json(&world, "run --once")["mentions"], 1);
    let entries = [
        now,
        entry("2", "Acme long ago").dated("Fri, 02 Jan 2015 10:00:00 GMT"),
        entry("3", "Acme without a date"),
        entry("4", "Acme with a strange date").dated("the day before yesterday"),
        entry("5", "Acme from the future").dated("Fri, 02 Jan 2099 10:00:00 GMT"),
    ];
    site.serve("/news.xml", Answer::feed(feed(&entries)));
    assert_eq!(json(&world, "run --once")["mentions"], 4);
    let found = json(&world, "mentions");
    let of = |title: &str| {
        found.as_array().unwrap().iter().find(|one| one["title"] == title).unwrap().clone()
    };
    assert_eq!(of("Acme long ago")["published"], "2015-01-02T10:00:00Z");
    assert_eq!(of("Acme without a date")["published"], Value::Null);
    assert_eq!(of("Acme with a strange date")["published"], Value::Null);
    assert_eq!(found[4]["title"], "Acme long ago", "order goes by the publication");
    assert_eq!(json(&world, "mentions --since 1h").as_array().unwrap().len(), 3);
    // Who is told of news is told of what is new to vahti.
    let mails = world.mails("txt");
    assert_eq!(mails.len(), 2);
    for title in ["Acme long ago", "Acme without a date", "Acme from the future"] {
        let words = title.replace("Acme", "**Acme**");
        assert!(mails.iter().any(|mail| mail.contains(&words)), "{title}: {mails:?}");
    }
}

#[test]
fn an_edited_entry_is_the_same_mention() {
    let alert =
        "[[alert]]\nname = \"all\"\nto = [\"a@acme.example\"]\nfrequency = \"as-it-happens\"\n";
    let (site, world) = watching(&[entry("1", COMPLAINT)], alert);
    json(&world, "run --once");
    let before = json(&world, "mentions");
    let edited = format!("{COMPLAINT} (edited: still nothing)");
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", &edited)])));
    let summary = json(&world, "run --once");
    assert_eq!([&summary["mentions"], &summary["tickets"], &summary["notices"]["sent"]], [0, 0, 0]);
    let after = json(&world, "mentions");
    assert_eq!(after.as_array().unwrap().len(), 1);
    assert_eq!(after[0]["title"], edited);
    for kept in ["id", "ticket", "seen", "story"] {
        assert_eq!(after[0][kept], before[0][kept], "{kept}");
    }
    assert_eq!(json(&world, "tickets --status all").as_array().unwrap().len(), 1);
}

#[test]
fn a_source_may_be_for_some_brands_only() {
    let site = Site::start();
    let entries = [entry("1", "Acme and Bolt"), entry("2", "Bolt alone")];
    site.serve("/news.xml", Answer::feed(feed(&entries)));
    let world = World::new(&format!("{HEAD}{}", source(&site, "/news.xml", "brands = [\"Acme\"]")));
    let summary = json(&world, "run --once");
    assert_eq!([&summary["posts"], &summary["mentions"]], [2, 1]);
    assert_eq!(json(&world, "mentions")[0]["brand"], "Acme");
}

#[test]
fn a_brand_says_which_mentions_become_tickets() {
    let site = Site::start();
    let praise = "Acme is wonderful, I love it so much, thank you";
    let entries = [entry("1", COMPLAINT), entry("2", praise)];
    site.serve("/news.xml", Answer::feed(feed(&entries)));
    for (policy, tickets) in [("negative", 1), ("all", 2), ("none", 0)] {
        let brand = format!("name = \"Acme\"\ntickets = \"{policy}\"");
        let head = HEAD.replace("name = \"Acme\"", &brand);
        let world = World::new(&format!("{head}{}", source(&site, "/news.xml", "")));
        let summary = json(&world, "run --once");
        assert_eq!([&summary["mentions"], &summary["tickets"]], [2, tickets], "{policy}");
        // A person may open one whatever the policy.
        let found = json(&world, "mentions --sentiment negative");
        let id = found[0]["id"].as_str().unwrap();
        assert!(json(&world, &format!("mention {id} mark negative"))["ticket"].is_u64());
    }
}

#[test]
fn exclusions_of_a_brand_are_heeded_and_no_language_is_left_out() {
    let site = Site::start();
    let finnish = "Acme on surkea, tilaus ei saapunut ja asiakaspalvelu on kelvoton";
    let entries =
        [entry("1", COMPLAINT), entry("2", finnish), entry("3", "Surkea Acme Road Runner juoksee")];
    site.serve("/news.xml", Answer::feed(feed(&entries)));
    let more = "name = \"Acme\"\nlanguages = [\"fi\"]\nexclude = [\"\\\"acme road runner\\\"\"]";
    let head = HEAD.replace("name = \"Acme\"", more);
    let world = World::new(&format!("{head}{}", source(&site, "/news.xml", "")));
    assert_eq!(json(&world, "run --once")["mentions"], 2);
    // A complaint in a language that nobody expected is a complaint all the same.
    let mut found = titles(&world);
    found.sort();
    assert_eq!(found, [COMPLAINT, finnish]);
}

#[test]
fn what_the_brand_wrote_itself_is_kept_and_never_a_ticket() {
    let alert =
        "[[alert]]\nname = \"all\"\nto = [\"a@acme.example\"]\nfrequency = \"as-it-happens\"\n";
    let entries = [
        entry("1", COMPLAINT).link("https://blog.acme.example/sorry"),
        entry("2", "Acme is awful, the worst, says our critic").by("@acme"),
        entry("3", "Acme is awful, the worst shop of all").link("https://notacme.example/x"),
    ];
    let (_site, world) = watching(&entries, alert);
    let summary = json(&world, "run --once");
    assert_eq!([&summary["mentions"], &summary["tickets"]], [3, 1]);
    let own = json(&world, "mentions own:true");
    assert_eq!(own.as_array().unwrap().len(), 2, "{own}");
    for mention in own.as_array().unwrap() {
        assert_eq!([&mention["own"], &mention["ticket"]], [&Value::Bool(true), &Value::Null]);
    }
    let mail = world.mails("txt").concat();
    assert!(mail.contains("worst shop of all") && !mail.contains("says our critic"), "{mail}");
}

#[test]
fn a_malformed_entry_costs_that_entry() {
    let site = Site::start();
    let good = feed(&[entry("1", "Acme one"), entry("2", "Acme two")]);
    let broken = good.replace("</channel></rss>", "<item><title>Acme thr");
    site.serve("/news.xml", Answer::feed(broken));
    let world = World::new(&format!("{HEAD}{}", source(&site, "/news.xml", "")));
    let summary = json(&world, "run --once");
    assert_eq!([&summary["mentions"], &summary["skipped"]], [2, 1], "{summary}");
    assert_eq!(json(&world, "status")["sources"][0]["skipped"], 1);
    // Cut off in the middle: what can be read is read.
    let cut = good.split("Acme two").next().unwrap();
    site.serve(
        "/news.xml",
        Answer::feed(
            cut.replace("Acme one", "Acme three").replace(">1<", ">9<").replace("/1<", "/9<"),
        ),
    );
    let summary = json(&world, "run --once");
    assert!(summary["mentions"] == 1 || summary["failed"][0]["source"] == "news", "{summary}");
}
