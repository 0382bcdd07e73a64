//! An API of which vahti knows nothing but what the configuration says.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, stored};
use crate::support::{Answer, World};
use serde_json::json as value;

/// The value of the secret header.
const KEY: &str = "Bearer k3y-0f-th3-4p1";

/// Items that name the brand, five a page.
const ITEMS: usize = 12;
const PER_PAGE: usize = 5;

/// Answers as an API with cursors does: newest first, to those who have the key.
fn play(asked: &Asked) -> Answer {
    if asked.header("authorization") != KEY {
        return json(401, r#"{"error":{"message":"unknown key"}}"#);
    }
    if asked.path != "/v1/posts" {
        return json(404, r#"{"error":{"message":"no such list"}}"#);
    }
    let begun: usize = match asked.get("after") {
        "" => 0,
        // A cursor with signs that an address would take for its own.
        cursor => match cursor.strip_prefix("at&").and_then(|at| at.parse().ok()) {
            Some(begun) => begun,
            None => return json(400, r#"{"error":{"message":"bad cursor"}}"#),
        },
    };
    let hits = if asked.get("q") == "Acme" { ITEMS } else { 0 };
    let items: Vec<_> = (begun..hits)
        .take(PER_PAGE)
        .map(|number| {
            value!({"id": number, "url": format!("https://shop.example/p/{number}"), "title": format!("Acme {number}"),
                    "body": "<p>It is <b>terrible</b>, my order never arrived.</p>",
                    "by": {"name": "Ada", "login": "ada"}, "at": 1_795_000_000 - number * 60})
        })
        .collect();
    let end = begun + PER_PAGE;
    let next = if end < hits { value!(format!("at&{end}")) } else { value!(null) };
    json(200, value!({"data": {"posts": items}, "meta": {"next": next}}).to_string())
}

const KEYS: &str = r#"
list = "$.data.posts[*]"
id = "$.id"
link = "$.url"
title = "$.title"
text = "$.body"
author = "$.by.name"
handle = "$.by.login"
time = "$.at"
html = true
next = "$.meta.next"
"#;

fn config(site: &StandIn, key: &str) -> String {
    let url = site.url();
    format!(
        "{HEAD}[[source]]\nname = \"api\"\n[source.json]\n\
         url = \"{url}/v1/posts?q={{keyword}}&after={{cursor}}\"\n{KEYS}\
         headers = {{ Authorization = \"{key}\" }}\n"
    )
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, tickets) = cut_everywhere(|| StandIn::start(play), |site| config(site, KEY));
    assert_eq!((mentions.len(), tickets), (ITEMS, ITEMS));
    assert!(mentions[0].contains("/p/0 | Acme 0 | It is terrible, my order never arrived."));
}

#[test]
fn what_was_read_is_not_asked_for_again() {
    let site = StandIn::start(play);
    let world = World::new(&config(&site, KEY));
    world.vahti("poll").ok();
    assert_eq!(site.seen().len(), 4, "three pages for the one keyword, one for the other");
    world.vahti("poll").ok();
    assert_eq!(site.seen().len() - 4, 2, "a request a keyword");
    let probed = world.vahti("probe api").ok();
    assert_eq!(probed.lines().count(), ITEMS);
}

#[test]
fn a_wrong_key_is_told_and_never_shown() {
    let site = StandIn::start(play);
    let wrong = "Bearer wr0ng-k3y";
    let world = World::new(&config(&site, wrong));
    let mut said = String::new();
    for command in ["check --probe", "poll", "status --format json", "probe api"] {
        let ran = world.vahti(command);
        said.extend([ran.out.as_str(), &ran.err]);
        if command == "check --probe" {
            assert_eq!(ran.code, Some(1));
            assert!(ran.out.contains("unknown key"), "{}", ran.out);
            assert!(ran.out.contains("`headers`"), "{}", ran.out);
        }
    }
    let world = World::new(&config(&site, wrong));
    let asked = site.seen().len();
    let daemon = world.daemon();
    crate::support::until("it was asked", || site.seen().len() > asked);
    said += &daemon.log();
    daemon.stop();
    for secret in ["wr0ng", KEY] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn a_file_is_read_as_an_answer_is() {
    let world = World::new(
        "[[brand]]\nname = \"Acme\"\nkeywords = [\"Acme\"]\n[[brand]]\nname = \"Bolt\"\n\
         keywords = [\"Bolt\"]\n[[source]]\nname = \"dump\"\nbrands = [\"Bolt\"]\ntickets = \"none\"\n[source.json]\n\
         url = \"posts.json\"\nabout_brand = true\n",
    );
    world.write("posts.json", r#"[{"title":"one"},{"text":"two"},{"other":1}]"#);
    world.vahti("poll").ok();
    let (mentions, _) = stored(&world);
    assert_eq!(mentions, [" |  | two", " | one | "]);
    let all = world.vahti("mentions --copies --format json").json();
    assert!(all.as_array().unwrap().iter().all(|one| one["brand"] == "Bolt"), "{all}");
    let probed = world.vahti("probe json posts.json --set list=$[0] --set text=$.title").ok();
    assert!(probed.contains("\"text\":\"one\""), "{probed}");
}

#[test]
fn faults_are_shown_where_they_are() {
    let world = World::new(
        "[[brand]]\nname = \"Acme\"\nkeywords = [\"Acme\"]\n[[brand]]\nname = \"Bolt\"\n\
         keywords = [\"Bolt\"]\n[[source]]\nname = \"api\"\n[source.json]\n\
         url = \"https://api.example/\"\ntitle = \"$.a[\"\n\
         [[source]]\nname = \"ours\"\njson.url = \"https://api.example/2\"\njson.about_brand = true\n",
    );
    let ran = world.vahti("check");
    assert_eq!(ran.code, Some(1));
    for part in ["vahti.toml:12:9: ", "this is no JSONPath: `a[`, from character 3 on"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(ran.err.contains("vahti.toml:15:"), "which brand is it about? {}", ran.err);
}
