//! A Mastodon server: hashtags for everybody, mentions and a search for those who have a token.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, stored};
use crate::support::{Answer, World};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json as value};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const TOKEN: &str = "t0ken-of-an-account";

/// Posts with the hashtag when a test begins.
const TAGGED: i64 = 130;

/// When the posts of a test were written: ten minutes apart, the same in all its polls.
fn at(number: i64) -> DateTime<Utc> {
    let newest = Utc::now().timestamp() / 3600 * 3600;
    DateTime::from_timestamp(newest - (TAGGED - number) * 600, 0).unwrap()
}

fn status(number: i64, text: &str) -> Value {
    let uri = format!("https://else.example/users/ada/statuses/{number}");
    value!({"id": id(number), "uri": uri, "url": format!("https://else.example/@ada/{number}"),
            "created_at": at(number).to_rfc3339(), "in_reply_to_id": null, "spoiler_text": "",
            "visibility": "public", "language": "en", "content": format!("<p>{text} {number}</p>"),
            "account": {"acct": "ada@else.example", "username": "ada", "display_name": "Ada"}})
}

/// Ids get longer in the midst of the test, and are still in order.
fn id(number: i64) -> String {
    (950 + number).to_string()
}

fn error(status: u16, said: &str) -> Answer {
    json(status, value!({"error": said}).to_string())
}

/// Answers with a page of posts, newest first, as a timeline does.
fn timeline(asked: &Asked, all: &[(String, Value)], host: &str) -> Answer {
    let number = |text: &str| text.parse::<i64>().ok();
    let limit: usize = asked.get("limit").parse().unwrap_or(20).min(40);
    let of = |id: &str| number(id).unwrap();
    let mut wanted: Vec<&(String, Value)> = all.iter().collect();
    wanted.sort_by_key(|(id, _)| of(id));
    let least = number(asked.get("min_id"));
    let most = number(asked.get("max_id")).unwrap_or(i64::MAX);
    wanted.retain(|(id, _)| of(id) > least.unwrap_or(i64::MIN) && of(id) < most);
    // Upwards, the oldest come first; else the newest.
    let from = if least.is_some() { 0 } else { wanted.len().saturating_sub(limit) };
    let page: Vec<&(String, Value)> = wanted.into_iter().skip(from).take(limit).collect();
    let entries: Vec<&Value> = page.iter().rev().map(|(_, entry)| entry).collect();
    let later = (Utc::now() + TimeDelta::minutes(5)).to_rfc3339();
    let mut answer = json(200, value!(entries).to_string())
        .header("X-RateLimit-Limit", "300")
        .header("X-RateLimit-Remaining", "299")
        .header("X-RateLimit-Reset", &later);
    if let (Some((oldest, _)), Some((newest, _))) = (page.first(), page.last()) {
        let link = |key: &str, id: &str, rel: &str| {
            format!("<https://{host}{}?limit=40&{key}={id}>; rel=\"{rel}\"", asked.path)
        };
        let links = [link("max_id", oldest, "next"), link("min_id", newest, "prev")].join(", ");
        answer = answer.header("Link", &links);
    }
    answer
}

/// Answers as a server does that has so many posts with the hashtag.
fn play(asked: &Asked, tagged: i64, searches: bool) -> Answer {
    let shown = asked.header("authorization");
    if !shown.is_empty() && shown != format!("Bearer {TOKEN}") {
        return error(401, "The access token is invalid")
            .header("WWW-Authenticate", "Bearer realm=\"Doorkeeper\", error=\"invalid_token\"");
    }
    let is_account = !shown.is_empty();
    match asked.path.as_str() {
        "/api/v1/timelines/tag/acme" => {
            let all: Vec<_> =
                (0..tagged).map(|number| (id(number), status(number, "#acme"))).collect();
            timeline(asked, &all, "front.example")
        }
        "/api/v1/notifications" if is_account && asked.get("types[]") == "mention" => {
            let told = |number: i64| {
                let status = status(1000 + number * 7, "@acme help");
                let at = at(number * 40).to_rfc3339();
                (
                    number.to_string(),
                    value!({"id": number.to_string(), "type": "mention",
                    "created_at": at, "status": status}),
                )
            };
            timeline(asked, &(1..4).map(told).collect::<Vec<_>>(), "front.example")
        }
        "/api/v2/search" if is_account && asked.get("type") == "statuses" => {
            let from: usize = asked.get("offset").parse().unwrap_or(0);
            let limit: usize = asked.get("limit").parse().unwrap_or(20).min(40);
            let is_found = searches && asked.get("q").eq_ignore_ascii_case("acme");
            let all = (0..90).rev().filter(|_| is_found).map(|number| {
                let mut found = status(number, "Acme searched");
                found["uri"] = format!("https://third.example/notes/{number}").into();
                found["url"] = Value::Null;
                found
            });
            let page: Vec<Value> = all.skip(from).take(limit).collect();
            let found =
                value!({"accounts": [], "statuses": page, "hashtags": [], "collections": []});
            json(200, found.to_string())
        }
        "/api/v1/notifications" | "/api/v2/search" => {
            error(401, "This method requires an authenticated user")
        }
        _ => error(404, "Record not found"),
    }
}

fn server() -> StandIn {
    StandIn::start(|asked| play(asked, TAGGED, true))
}

fn open(site: &StandIn) -> String {
    format!("{HEAD}[[source]]\nname = \"fediverse\"\nmastodon.url = \"{}\"\n", site.url())
}

fn signed_in(site: &StandIn, token: &str) -> String {
    format!("{}mastodon.token = \"{token}\"\nmastodon.mentions = true\n", open(site))
}

/// Looks for a secret in everything that a world keeps but its configuration.
pub(super) fn holds(world: &World, secret: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![world.path("state")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(body) = std::fs::read(&path)
                && body.windows(secret.len()).any(|part| part == secret.as_bytes())
            {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(server, open);
    assert_eq!(mentions.len(), usize::try_from(TAGGED).unwrap());
}

#[test]
fn hashtags_mentions_and_a_search_are_read_together() {
    let (mentions, tickets) = cut_everywhere(server, |site| signed_in(site, TOKEN));
    assert_eq!(mentions.len(), usize::try_from(TAGGED).unwrap() + 90 + 3);
    // Whoever speaks to the account gets an answer.
    assert!(tickets >= 3, "{tickets}");
}

#[test]
fn what_comes_later_is_read_upwards_without_a_gap() {
    let tagged = Arc::new(AtomicI64::new(10));
    let now = Arc::clone(&tagged);
    let site = StandIn::start(move |asked| play(asked, now.load(Ordering::SeqCst), true));
    let world = World::new(&open(&site));
    world.vahti("poll").ok();
    assert_eq!(stored(&world).0.len(), 10);
    tagged.store(TAGGED, Ordering::SeqCst);
    let before = site.seen().len();
    world.vahti("poll").ok();
    assert_eq!(stored(&world).0.len(), usize::try_from(TAGGED).unwrap());
    let asked = site.seen().split_off(before);
    assert!(asked.iter().all(|asked| !asked.get("min_id").is_empty()), "{asked:?}");
    assert_eq!(asked.len(), 4, "three full pages and one that is not");
    world.vahti("poll").ok();
    assert_eq!(site.seen().len(), before + 6, "only the last hours are asked for again");
}

#[test]
fn a_server_that_may_not_search_is_told_of_once() {
    let site = StandIn::start(|asked| play(asked, 3, false));
    let world = World::new(&signed_in(&site, TOKEN));
    let probed = world.vahti("check --probe");
    assert!(probed.out.contains("may mean that this server has no full-text search"), "{probed:?}");
    probed.ok();
    let trouble = || world.vahti("status --format json").json()["sources"][0]["trouble"].clone();
    world.vahti("poll").ok();
    assert!(trouble().as_str().unwrap().contains("full-text search"));
    world.vahti("poll").ok();
    assert!(trouble().is_null(), "it is no trouble for ever");
}

#[test]
fn a_wrong_token_is_told_and_no_token_is_shown() {
    for token in ["wr0ng-t0ken-of-nobody", TOKEN] {
        let site = server();
        let world = World::new(&signed_in(&site, token));
        let probed = world.vahti("check --probe");
        if token == TOKEN {
            assert_eq!(probed.code, Some(0), "{probed:?}");
        } else {
            assert_eq!(probed.code, Some(1), "{probed:?}");
            assert!(probed.out.contains("The access token is invalid"), "{probed:?}");
            assert!(probed.out.contains("Preferences, Development"), "{probed:?}");
        }
        let mut said = format!("{}{}", probed.out, probed.err);
        for command in
            ["poll", "status --format json", "mentions --format json", "probe fediverse", "check"]
        {
            let ran = world.vahti(command);
            said = format!("{said}{}{}", ran.out, ran.err);
        }
        assert!(!said.contains(token), "{said}");
        assert_eq!(holds(&world, token), Vec::<String>::new());
    }
}

#[test]
fn a_server_that_is_closed_says_so() {
    let site = StandIn::start(|_| error(422, "This method requires an authenticated user"));
    let world = World::new(&open(&site));
    let probed = world.vahti("check --probe");
    assert_eq!(probed.code, Some(1));
    assert!(probed.out.contains("give a `token`"), "{probed:?}");
    let guarded = StandIn::start(|_| {
        Answer {
            body: b"<!DOCTYPE html><title>Just a moment</title>".to_vec(),
            ..Answer::status(403)
        }
        .header("Content-Type", "text/html; charset=UTF-8")
    });
    world.configure(&open(&guarded));
    let probed = world.vahti("check --probe");
    assert!(probed.out.contains("a page for people came"), "{probed:?}");
}
