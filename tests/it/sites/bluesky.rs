//! Bluesky: the search for everybody, and for an account that signs in also what it is told of.

use super::mastodon::holds;
use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, stored};
use crate::support::{Answer, World};
use chrono::{DateTime, Utc};
use serde_json::{Value, json as value};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const PASSWORD: &str = "abcd-efgh-ijkl-mnop";
const SESSION: &str = "acc3ss-jwt";

/// Posts that the search finds.
const FOUND: i64 = 250;

/// Things of which the account is told.
const TOLD: i64 = 130;

/// When the posts of a test were written: ten minutes apart, the same in all its polls.
fn at(number: i64) -> DateTime<Utc> {
    let newest = Utc::now().timestamp() / 3600 * 3600;
    DateTime::from_timestamp(newest - number * 600, 0).unwrap()
}

fn view(number: i64, text: &str) -> Value {
    value!({"uri": format!("at://did:plc:ada/app.bsky.feed.post/{number}"), "cid": "bafy",
            "author": {"did": "did:plc:ada", "handle": "ada.example", "displayName": "Ada", "labels": []},
            "record": {"$type": "app.bsky.feed.post", "text": format!("{text} {number}"),
                       "createdAt": at(number).to_rfc3339(), "langs": ["en"]},
            "replyCount": 0, "repostCount": 0, "likeCount": 1, "quoteCount": 0,
            "indexedAt": at(number).to_rfc3339(), "labels": []})
}

fn error(status: u16, error: &str, message: &str) -> Answer {
    json(status, value!({"error": error, "message": message}).to_string())
}

fn time(written: &str) -> Option<DateTime<Utc>> {
    written.parse().ok()
}

/// Answers a search: newest first, within the window that is asked for; a second page by cursor only to
/// those who are signed in.
fn search(asked: &Asked, is_signed_in: bool) -> Answer {
    if asked.get("q").is_empty() {
        return error(400, "InvalidRequest", "Error: Params must have the property \"q\"");
    }
    if !is_signed_in && !asked.get("cursor").is_empty() {
        return error(403, "Forbidden", "sign in to see more");
    }
    let from: usize = match asked.get("cursor") {
        "" => 0,
        cursor => match cursor.parse() {
            Ok(from) => from,
            Err(_) => return error(400, "InvalidRequest", "Malformed cursor"),
        },
    };
    let (since, until) = (time(asked.get("since")), time(asked.get("until")));
    let limit: usize = asked.get("limit").parse().unwrap_or(25);
    let is_wanted = |number: &i64| {
        asked.get("q") == "Acme"
            && since.is_none_or(|since| at(*number) >= since)
            && until.is_none_or(|until| at(*number) < until)
    };
    let all: Vec<i64> = (0..FOUND).filter(is_wanted).collect();
    let posts: Vec<Value> =
        all.iter().skip(from).take(limit).map(|number| view(*number, "Acme")).collect();
    let mut answer = value!({"posts": posts});
    if from + limit < all.len() {
        answer["cursor"] = (from + limit).to_string().into();
    }
    rated(json(200, answer.to_string()))
}

fn rated(answer: Answer) -> Answer {
    answer
        .header("RateLimit-Limit", "3000")
        .header("RateLimit-Remaining", "2983")
        .header("RateLimit-Reset", &(Utc::now().timestamp() + 300).to_string())
        .header("RateLimit-Policy", "3000;w=300")
}

/// Answers as a server does where accounts are; `sessions` counts those that were begun.
fn play(asked: &Asked, sessions: &AtomicUsize) -> Answer {
    let method = asked.path.strip_prefix("/xrpc/").unwrap_or_default();
    if method == "com.atproto.server.createSession" && asked.method == "POST" {
        let said: Value = serde_json::from_str(&asked.body).unwrap();
        if said["identifier"] != "acme.example" || said["password"] != PASSWORD {
            return error(401, "AuthenticationRequired", "Invalid identifier or password");
        }
        sessions.fetch_add(1, Ordering::SeqCst);
        let session = value!({"did": "did:plc:acme", "handle": "acme.example",
                              "accessJwt": SESSION, "refreshJwt": "r3fresh-jwt", "active": true});
        return json(200, session.to_string());
    }
    let shown = asked.header("authorization");
    if !shown.is_empty() && shown != format!("Bearer {SESSION}") {
        return error(400, "InvalidToken", "Token could not be verified");
    }
    match method {
        "app.bsky.feed.searchPosts" => search(asked, !shown.is_empty()),
        _ if shown.is_empty() => error(401, "AuthenticationRequired", "Authentication Required"),
        "app.bsky.notification.listNotifications" => {
            let told = |number: i64| {
                let mut told = view(1000 + number, "hello @acme.example");
                let seen = at(number).to_rfc3339();
                told["reason"] = if number % 3 == 0 { "like" } else { "mention" }.into();
                told["indexedAt"] = seen.clone().into();
                told["record"]["createdAt"] = seen.into();
                told
            };
            let from: i64 = asked.get("cursor").parse().unwrap_or(0);
            let page: Vec<Value> = (from..TOLD.min(from + 100)).map(told).collect();
            let mut answer = value!({"notifications": page, "seenAt": Utc::now().to_rfc3339()});
            if from + 100 < TOLD {
                answer["cursor"] = (from + 100).to_string().into();
            }
            rated(json(200, answer.to_string()))
        }
        _ => error(404, "XRPCNotSupported", "XRPCNotSupported"),
    }
}

fn server() -> StandIn {
    let sessions = AtomicUsize::new(0);
    StandIn::start(move |asked| play(asked, &sessions))
}

fn signed_out(site: &StandIn) -> String {
    format!("{HEAD}[[source]]\nname = \"sky\"\nbluesky.url = \"{}\"\n", site.url())
}

fn signed_in(site: &StandIn, password: &str) -> String {
    format!(
        "{}bluesky.handle = \"@acme.example\"\nbluesky.password = \"{password}\"\nbluesky.mentions = true\n",
        signed_out(site)
    )
}

#[test]
fn signed_out_a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, tickets) = cut_everywhere(server, signed_out);
    assert_eq!((mentions.len(), tickets), (usize::try_from(FOUND).unwrap(), 0));
}

#[test]
fn signed_in_a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, tickets) = cut_everywhere(server, |site| signed_in(site, PASSWORD));
    let told = (0..TOLD).filter(|number| number % 3 != 0).count();
    assert_eq!(mentions.len(), usize::try_from(FOUND).unwrap() + told);
    // Whoever speaks to the account gets an answer.
    assert_eq!(tickets, told);
}

#[test]
fn one_session_serves_a_whole_poll_and_the_known_is_not_read_again() {
    let sessions = Arc::new(AtomicUsize::new(0));
    let begun = Arc::clone(&sessions);
    let site = StandIn::start(move |asked| play(asked, &begun));
    let world = World::new(&signed_in(&site, PASSWORD));
    world.vahti("poll").ok();
    assert_eq!(sessions.load(Ordering::SeqCst), 1);
    let (before, stored_before) = (site.seen().len(), stored(&world));
    world.vahti("poll").ok();
    // One to sign in, one for each list.
    assert_eq!(site.seen().len() - before, 4, "{:?}", site.seen().split_off(before));
    assert_eq!(stored(&world), stored_before);
}

#[test]
fn a_wrong_password_is_told_and_no_secret_is_shown() {
    for password in ["wrong-wrong-wrong", PASSWORD] {
        let site = server();
        let world = World::new(&signed_in(&site, password));
        let probed = world.vahti("check --probe");
        if password == PASSWORD {
            assert_eq!(probed.code, Some(0), "{probed:?}");
        } else {
            assert_eq!(probed.code, Some(1), "{probed:?}");
            assert!(probed.out.contains("Invalid identifier or password"), "{probed:?}");
            assert!(probed.out.contains("App passwords"), "{probed:?}");
        }
        let mut said = format!("{}{}", probed.out, probed.err);
        for command in
            ["poll", "status --format json", "mentions --format json", "probe sky", "check"]
        {
            let ran = world.vahti(command);
            said = format!("{said}{}{}", ran.out, ran.err);
        }
        for secret in [password, SESSION, "r3fresh-jwt"] {
            assert!(!said.contains(secret), "{said}");
            assert_eq!(holds(&world, secret), Vec::<String>::new());
        }
    }
}

#[test]
fn a_search_that_is_closed_to_strangers_says_so() {
    for answer in [
        error(403, "Forbidden", "search is closed"),
        Answer { body: b"<html>403 Forbidden</html>".to_vec(), ..Answer::status(403) },
    ] {
        let site = StandIn::start(move |_| answer.clone());
        let world = World::new(&signed_out(&site));
        let probed = world.vahti("check --probe");
        assert_eq!(probed.code, Some(1), "{probed:?}");
        assert!(probed.out.contains("answers nobody who is not signed in"), "{probed:?}");
        assert!(probed.out.contains("app `password`"), "{probed:?}");
    }
}
