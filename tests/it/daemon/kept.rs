//! Posts that matched nothing: kept for a while, found by other keywords, and tried before.

use super::{HEAD, json, source, watching};
use crate::support::{Answer, Site, World, entry, feed, until};
use serde_json::Value;

const ALERTS: &str = r#"
[[alert]]
name = "at-once"
to = ["at-once@acme.example"]
frequency = "as-it-happens"
[[alert]]
name = "yearly"
to = ["yearly@acme.example"]
frequency = "0 0 1 1 *"
"#;

/// Returns `config` with keywords for Bolt that name other things.
fn with_bolt(config: &str, keywords: &str) -> String {
    config.replace("keywords = [\"Bolt\"]", &format!("keywords = [{keywords}]"))
}

#[track_caller]
fn kept(world: &World) -> i64 {
    json(world, "status")["store"]["kept_posts"].as_i64().unwrap()
}

/// Returns the changes that `vahti try` tells, as sign, brand and title, sorted.
#[track_caller]
fn tried(world: &World, arguments: &[&str]) -> Vec<String> {
    let all = [&["try", "--format", "json"], arguments].concat();
    let changes = world.vahti_with(&all, "").json();
    let shown = |change: &Value| {
        let part = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", part("change"), part("brand"), part("title"))
    };
    let mut shown: Vec<String> = changes.as_array().unwrap().iter().map(shown).collect();
    shown.sort();
    shown
}

#[track_caller]
fn is_sound(world: &World) {
    assert_eq!(world.vahti("fsck").out, "All is well.\n");
}

#[test]
fn a_reload_finds_what_was_shown_long_ago_and_tells_it_in_the_next_digest() {
    let site = Site::start();
    let old =
        [entry("1", "Zeppelin is terrible, the worst"), entry("2", "Rain"), entry("3", "Acme")];
    site.serve("/news.xml", Answer::feed(feed(&old)));
    let config = format!("{HEAD}{}{ALERTS}", source(&site, "/news.xml", "schedule = \"1s\""));
    let world = World::new(&config);
    let daemon = world.daemon();
    until("all is kept", || kept(&world) == 2);
    // The site shows it no more.
    site.serve("/news.xml", Answer::feed(feed(&[entry("9", "Snow")])));
    until("the new one is kept", || kept(&world) == 3);
    until("Acme is told", || world.mails("txt").len() == 1);

    world.configure(&with_bolt(&config, "\"Zeppelin\""));
    daemon.signal("HUP");
    until("it is found", || json(&world, "mentions brand:Bolt").as_array().unwrap().len() == 1);
    until("and no longer kept", || kept(&world) == 2);
    let found = json(&world, "mentions brand:Bolt")[0].clone();
    assert_eq!([&found["source"], &found["kind"]], ["news", "feed"]);
    assert_eq!(found["matches"][0]["form"], "Zeppelin");
    assert!(found["ticket"].is_u64(), "{found}");
    let acme = json(&world, "mentions brand:Acme")[0].clone();
    assert_eq!(found["seen"], acme["seen"], "not when it was first seen");
    let polls = site.seen("/news.xml").len();
    until("it is polled with them", || site.seen("/news.xml").len() > polls + 1);
    // A later mention is told at once, without it; the periodic digest has it.
    let more = [entry("9", "Snow"), entry("10", "Acme again")];
    site.serve("/news.xml", Answer::feed(feed(&more)));
    until("the next is told", || world.mails("txt").len() == 2);
    assert!(!world.mails("txt").concat().contains("Zeppelin"));
    let digest = world.vahti("alert yearly preview --format text").ok();
    assert!(digest.contains("Zeppelin") && digest.contains("again"), "{digest}");
    assert_eq!(daemon.stop(), Some(0));
    is_sound(&world);
}

#[test]
fn a_start_with_other_keywords_finds_it_too_and_only_once() {
    let (site, world) =
        watching(&[entry("1", "Zeppelin"), entry("2", "Acme and Zeppelin")], ALERTS);
    let config = std::fs::read_to_string(world.path("vahti.toml")).unwrap();
    let config = config.replace("state_dir = \"state\"\n", "");
    json(&world, "run --once");
    site.serve("/news.xml", Answer::feed(feed(&[])));
    world.configure(&with_bolt(&config, "\"Zeppelin\""));
    for _ in 0..3 {
        // Whatever the moment at which it is killed.
        world.daemon().kill();
    }
    let daemon = world.daemon();
    until("both are found", || json(&world, "mentions brand:Bolt").as_array().unwrap().len() == 2);
    until("nothing is kept", || kept(&world) == 0);
    assert_eq!(daemon.stop(), Some(0));
    // And `run --once` finds nothing more and tells nothing.
    let mails = world.mails("txt").len();
    assert_eq!(json(&world, "run --once")["mentions"], 0);
    assert_eq!(world.mails("txt").len(), mails);
    assert_eq!(json(&world, "mentions --copies").as_array().unwrap().len(), 3);
    is_sound(&world);
}

#[test]
fn run_once_looks_at_it_first_and_tells_it_in_the_next_digest() {
    let (site, world) = watching(&[entry("1", "Zeppelin"), entry("2", "Acme")], ALERTS);
    let config = std::fs::read_to_string(world.path("vahti.toml")).unwrap();
    let config = config.replace("state_dir = \"state\"\n", "");
    json(&world, "run --once");
    site.serve("/news.xml", Answer::feed(feed(&[entry("3", "Acme too")])));
    world.configure(&with_bolt(&config, "\"Zeppelin\""));
    json(&world, "run --once");
    assert_eq!(json(&world, "mentions brand:Bolt").as_array().unwrap().len(), 1);
    let mails = world.mails("txt").concat();
    assert!(mails.contains("news.example/3") && !mails.contains("Zeppelin"), "{mails}");
    assert!(world.vahti("alert yearly preview --format text").ok().contains("Zeppelin"));
}

#[test]
fn a_poll_by_hand_looks_at_it_first_and_nothing_of_it_is_told_at_once() {
    let (site, world) = watching(&[entry("1", "Zeppelin"), entry("2", "Acme")], ALERTS);
    let config = std::fs::read_to_string(world.path("vahti.toml")).unwrap();
    let config = config.replace("state_dir = \"state\"\n", "");
    json(&world, "run --once");
    let mails = world.mails("txt").len();
    site.serve("/news.xml", Answer::feed(feed(&[])));
    world.configure(&with_bolt(&config, "\"Zeppelin\""));
    json(&world, "poll");
    assert_eq!(json(&world, "mentions brand:Bolt").as_array().unwrap().len(), 1);
    let daemon = world.daemon();
    json(&world, "poll");
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(world.mails("txt").len(), mails);
    assert!(world.vahti("alert yearly preview --format text").ok().contains("Zeppelin"));
}

#[test]
fn an_alert_that_is_behind_tells_what_it_missed_and_not_what_is_found_then() {
    let (site, world) = watching(&[entry("1", "Zeppelin"), entry("2", "Acme")], ALERTS);
    let config = std::fs::read_to_string(world.path("vahti.toml")).unwrap();
    let config = config.replace("state_dir = \"state\"\n", "");
    // Nobody sends alerts after a poll by hand: they are behind by one.
    json(&world, "poll");
    assert_eq!(world.mails("txt").len(), 0);
    site.serve("/news.xml", Answer::feed(feed(&[])));
    world.configure(&with_bolt(&config, "\"Zeppelin\""));
    json(&world, "run --once");
    assert_eq!(json(&world, "mentions brand:Bolt").as_array().unwrap().len(), 1);
    let mails = world.mails("txt").concat();
    assert!(mails.contains("news.example/2") && !mails.contains("Zeppelin"), "{mails}");
}

#[test]
fn crashes_neither_lose_nor_double_what_is_kept() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[])));
    let source = source(&site, "/news.xml", "schedule = \"1s\"");
    let world = World::new(&format!("{HEAD}{source}"));
    let title = |nth: usize| format!("Zeppelin {nth}");
    for nth in 0..6 {
        // A window of four, so that each is shown at several polls.
        let shown: Vec<_> =
            (nth..nth + 4).map(|nth| entry(&nth.to_string(), &title(nth))).collect();
        site.serve("/news.xml", Answer::feed(feed(&shown)));
        let polls = site.seen("/news.xml").len();
        let daemon = world.daemon();
        until("it is polled", || site.seen("/news.xml").len() > polls);
        daemon.kill();
    }
    let daemon = world.daemon();
    let polls = site.seen("/news.xml").len();
    until("it is polled again", || site.seen("/news.xml").len() > polls + 1);
    daemon.stop();
    is_sound(&world);
    let found = tried(&world, &["--brand", "Bolt", "--keyword", "Zeppelin"]);
    // Only what was shown while no poll was stored may be missing: the last four are there.
    for nth in 5..9 {
        let line = format!("gained Bolt {}", title(nth));
        assert_eq!(found.iter().filter(|one| **one == line).count(), 1, "{line}: {found:?}");
    }
    let mut single = found.clone();
    single.dedup();
    assert_eq!(found, single);
    assert_eq!(usize::try_from(kept(&world)).unwrap(), found.len());
}

#[test]
fn try_tells_what_keywords_would_gain_and_lose_with_and_without_a_daemon() {
    let entries = [
        entry("1", "Acme is fine"),
        entry("2", "Zeppelin over Acme"),
        entry("3", "Zeppelin").text("It rained. A Zeppelin came by and was gone. Nobody saw it."),
        entry("4", "Nothing"),
        entry("5", "Bolt and Zeppelin"),
    ];
    let (_site, world) = watching(&entries, "");
    json(&world, "run --once");
    assert_eq!(kept(&world), 2);
    let arguments = ["--brand", "Acme", "--keyword", "Zeppelin"];
    let expected =
        ["gained Acme Bolt and Zeppelin", "gained Acme Zeppelin", "lost Acme Acme is fine"];
    assert_eq!(tried(&world, &arguments), expected);
    let table = world.vahti_with(&[&["try"], &arguments[..]].concat(), "").ok();
    assert!(table.contains("Acme: gained 2, lost 1, unchanged 1\n"), "{table}");
    assert!(!table.contains("Bolt: gained"), "{table}");
    let line = table.lines().find(|line| line.contains("came by")).unwrap();
    assert!(line.starts_with("+ ") && line.contains(" Acme  news  "), "{line}");
    assert!(line.ends_with("https://news.example/3"), "{line}");
    assert!(line.contains("A **Zeppelin** came by and was gone."), "{line}");
    let asked = [&["try", "--format", "json"], &arguments[..]].concat();
    let offline = world.vahti_with(&asked, "").json();
    let change = offline.as_array().unwrap().iter().find(|one| one["title"] == "Zeppelin").unwrap();
    assert_eq!(change["matches"][0]["in"], "title");
    assert_eq!(change["matches"][1]["form"], "Zeppelin");
    let lost = offline.as_array().unwrap().iter().find(|one| one["change"] == "lost").unwrap();
    assert_eq!(lost["matches"][0]["keyword"], "Acme");
    assert!(lost["id"].is_string());
    // What it says is what a reload would do: nothing is stored by it.
    assert_eq!(json(&world, "mentions").as_array().unwrap().len(), 3);

    let daemon = world.daemon();
    assert_eq!(world.vahti_with(&asked, "").json(), offline);
    assert_eq!(world.vahti_with(&[&["try"], &arguments[..]].concat(), "").ok(), table);
    let exclude = ["--brand", "Acme", "--keyword", "Zeppelin", "--exclude", "bolt and zeppelin"];
    assert_eq!(tried(&world, &exclude), ["gained Acme Zeppelin", "lost Acme Acme is fine"]);
    assert_eq!(tried(&world, &["--brand", "Acme", "--keyword", "Acme"]), [""; 0]);
    assert_eq!(
        tried(&world, &["--brand", "Acme", "--keyword", "Zeppelin", "--limit", "1"]).len(),
        1
    );
    daemon.stop();
}

#[test]
fn try_without_keywords_tries_the_changed_configuration() {
    let entries = [entry("1", "Acme is fine"), entry("2", "Zeppelin"), entry("3", "Bolt")];
    let (_site, world) = watching(&entries, "");
    let config = std::fs::read_to_string(world.path("vahti.toml")).unwrap();
    let config = config.replace("state_dir = \"state\"\n", "");
    let daemon = world.daemon();
    until("all is there", || kept(&world) == 1);
    assert_eq!(tried(&world, &[]), [""; 0]);
    // The daemon still runs with the old one.
    world.configure(&with_bolt(&config, "\"Zeppelin\""));
    let expected = ["gained Bolt Zeppelin", "lost Bolt Bolt"];
    assert_eq!(tried(&world, &[]), expected);
    daemon.stop();
    assert_eq!(tried(&world, &[]), expected);
    assert_eq!(tried(&world, &["--brand", "Acme"]), [""; 0]);
    // A source that is for other brands gains nothing for this one.
    let narrowed = config.replace("feed.url", "brands = [\"Acme\"]\nfeed.url");
    world.configure(&with_bolt(&narrowed, "\"Zeppelin\""));
    assert_eq!(tried(&world, &[]), ["lost Bolt Bolt"]);
}

#[test]
fn try_counts_a_post_once_that_two_sources_brought() {
    let site = Site::start();
    let at = |id: &str| entry(id, "Zeppelin").link("https://news.example/one");
    site.serve("/news.xml", Answer::feed(feed(&[at("1")])));
    site.serve("/more.xml", Answer::feed(feed(&[at("2"), entry("3", "Zeppelin again")])));
    let sources = source(&site, "/news.xml", "") + &source(&site, "/more.xml", "");
    let world = World::new(&format!("{HEAD}{sources}"));
    json(&world, "run --once");
    assert_eq!(kept(&world), 3);
    let expected = ["gained Bolt Zeppelin", "gained Bolt Zeppelin again"];
    let arguments = ["--brand", "Bolt", "--keyword", "Zeppelin", "--keyword", "Bolt"];
    assert_eq!(tried(&world, &arguments), expected);
}

#[test]
fn try_says_that_the_configuration_is_faulty_and_tries_nothing_else() {
    let (_site, world) = watching(&[entry("1", "Zeppelin")], "");
    let config = std::fs::read_to_string(world.path("vahti.toml")).unwrap();
    let config = config.replace("state_dir = \"state\"\n", "");
    let daemon = world.daemon();
    until("it is kept", || kept(&world) == 1);
    world.configure(&config.replace("timezone = \"UTC\"", "timezone = \"UTX\""));
    let ran = world.vahti("try --brand Acme --keyword Zeppelin");
    assert_ne!(ran.code, Some(0));
    assert!(ran.out.is_empty() && ran.err.contains("UTX"), "{}{}", ran.out, ran.err);
    daemon.stop();
}

#[test]
fn try_asks_which_brand_and_says_what_is_faulty() {
    let (_site, world) = watching(&[entry("1", "Acme")], "");
    json(&world, "run --once");
    let ran = world.vahti("try --keyword x");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("--brand: Acme, Bolt"), "{}", ran.err);
    let ran = world.vahti("try --brand Acmee --keyword x");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("did you mean `Acme`?"), "{}", ran.err);
    let ran = world.vahti_with(&["try", "--brand", "Acme", "--keyword", "(x"], "");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("(x") && ran.err.contains('^'), "{}", ran.err);
    assert_eq!(world.vahti("try --since nonsense").code, Some(2));
    assert_eq!(world.vahti("try --exclude x").code, Some(2));
}

#[test]
fn nothing_is_kept_where_the_configuration_says_so() {
    let (_site, world) = watching(&[entry("1", "Zeppelin")], "");
    let config = std::fs::read_to_string(world.path("vahti.toml")).unwrap();
    let config = config.replace("state_dir = \"state\"\n", "");
    world.configure(&format!("keep_posts = \"0d\"\n{config}"));
    json(&world, "run --once");
    assert_eq!(kept(&world), 0);
    let status = world.vahti("status").ok();
    assert!(status.contains("Kept for `vahti try`: 0 posts"), "{status}");
    assert_eq!(tried(&world, &["--brand", "Acme", "--keyword", "Zeppelin"]), [""; 0]);
}

/// What a feed shows first after a reload is news, however old the feed says that it is, and what other keywords
/// find in what it showed before is none: with a daemon, and where each run is one of its own.
#[test]
fn a_reload_swallows_nothing_that_is_new() {
    for is_daemon in [true, false] {
        let site = Site::start();
        let old = entry("1", "A Zeppelin over the bay").dated("Mon, 06 Jan 2025 10:00:00 GMT");
        let known = entry("2", "Acme opens a shop");
        site.serve("/news.xml", Answer::feed(feed(&[old.clone(), known.clone()])));
        let news = source(&site, "/news.xml", "schedule = \"1h\"");
        let config = format!("keep_posts = \"0s\"\n{HEAD}{news}{ALERTS}");
        let world = World::new(&config);
        let daemon = is_daemon.then(|| world.daemon());
        if is_daemon {
            until("the first is told", || world.mails("txt").len() == 1);
        } else {
            json(&world, "run --once");
        }
        let late = entry("3", "The Acme parcel never came").dated("Tue, 07 Jan 2025 10:00:00 GMT");
        site.serve("/news.xml", Answer::feed(feed(&[late, old, known])));
        world.configure(&with_bolt(&config, "\"Zeppelin\""));
        match &daemon {
            Some(daemon) => {
                daemon.signal("HUP");
                until("it is reloaded", || daemon.log().contains("Reloaded"));
                json(&world, "poll");
                until("the second is told", || world.mails("txt").len() == 2);
            }
            None => {
                json(&world, "run --once");
            }
        }
        assert_eq!(json(&world, "mentions brand:Bolt").as_array().unwrap().len(), 1);
        let mails = world.mails("txt");
        assert_eq!(mails.len(), 2, "{is_daemon}: {mails:?}");
        assert!(mails.concat().contains("parcel never came"), "{is_daemon}: {mails:?}");
        assert!(!mails.concat().contains("Zeppelin"), "{is_daemon}: {mails:?}");
    }
}
