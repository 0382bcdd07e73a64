//! `YouTube`, as its Data API answers.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, poll, stored};
use crate::support::{Answer, World};
use chrono::{Duration, Utc};
use serde_json::{Value, json as value};
use std::sync::atomic::{AtomicUsize, Ordering};

const KEY: &str = "AIza-s3cr3t-key";

/// Videos that name the brand, the newest first; comments are on for the first three of them.
const VIDEOS: usize = 55;
/// Threads below the first video; the first of them has so many replies.
const THREADS: usize = 130;
const REPLIES: usize = 120;
/// Threads on the own channel.
const OWN: usize = 3;

fn site() -> StandIn {
    let searches = AtomicUsize::new(0);
    StandIn::start(move |asked| play(asked, &searches))
}

/// Answers as the API does: a page at a time, with a token for the next.
fn play(asked: &Asked, searches: &AtomicUsize) -> Answer {
    if asked.header("x-goog-api-key") != KEY || !asked.get("key").is_empty() {
        let message = "API key not valid. Please pass a valid API key.";
        let body = value!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT",
            "errors": [{"message": message, "domain": "global", "reason": "badRequest"}],
            "details": [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}]}});
        return json(400, body.to_string());
    }
    match asked.path.as_str() {
        "/youtube/v3/search" => {
            if searches.fetch_add(1, Ordering::SeqCst) >= 100 {
                return refused(
                    403,
                    "quotaExceeded",
                    "You have exceeded your <a href=\"/q\">quota</a>.",
                );
            }
            let is_wanted = asked.get("q").contains("Acme")
                && asked.get("type") == "video"
                && asked.get("order") == "date";
            let after = asked.get("publishedAfter");
            let all = (0..if is_wanted { VIDEOS } else { 0 }).map(film);
            let all = all.filter(|film| film["snippet"]["publishedAt"].as_str().unwrap() > after);
            let hits = all.map(|film| {
                let mut snippet = film["snippet"].clone();
                let title = snippet["title"].as_str().unwrap().replace('&', "&amp;");
                snippet["title"] = title.into();
                snippet["description"] = "All of …".into();
                value!({"id": {"kind": "youtube#video", "videoId": film["id"]}, "snippet": snippet})
            });
            page(asked, &hits.collect::<Vec<_>>(), 50)
        }
        "/youtube/v3/videos" => {
            let ids: Vec<&str> = asked.get("id").split(',').collect();
            assert!(ids.len() <= 50, "{ids:?}");
            let known = (0..VIDEOS).map(film);
            let found = known.filter(|film| ids.contains(&film["id"].as_str().unwrap()));
            json(200, value!({"items": found.collect::<Vec<_>>()}).to_string())
        }
        "/youtube/v3/channels" => json(
            200,
            value!({"items": [{"id": "UCada", "statistics": {"subscriberCount": "1200"}}]})
                .to_string(),
        ),
        "/youtube/v3/i18nRegions" => json(200, value!({"items": []}).to_string()),
        "/youtube/v3/commentThreads" => threads(asked),
        "/youtube/v3/comments" => {
            let all: Vec<Value> =
                (0..REPLIES).map(|n| comment(&format!("film0-0.{n}"), n)).collect();
            let all = if asked.get("parentId") == "film0-0" { all } else { Vec::new() };
            page(asked, &all, 100)
        }
        _ => json(404, "{}"),
    }
}

fn refused(status: u16, reason: &str, message: &str) -> Answer {
    let errors = value!([{"message": message, "domain": "youtube", "reason": reason}]);
    let body = value!({"error": {"code": status, "message": message, "errors": errors}});
    json(status, body.to_string())
}

fn threads(asked: &Asked) -> Answer {
    let (place, video, count) =
        match (asked.get("videoId"), asked.get("allThreadsRelatedToChannelId")) {
            ("film0", "") => ("film0", "film0", THREADS),
            ("film1", "") => ("film1", "film1", 2),
            ("", "UCacme") => ("own", "filmOfAcme", OWN),
            _ => return refused(403, "commentsDisabled", "The video has disabled comments."),
        };
    let all: Vec<Value> = (0..count)
        .map(|n| {
            let id = format!("{place}-{n}");
            let replies = if id == "film0-0" { REPLIES } else { 0 };
            let given: Vec<Value> =
                (0..replies.min(2)).map(|n| comment(&format!("{id}.{n}"), n)).collect();
            value!({"id": id, "snippet": {"videoId": video, "topLevelComment": comment(&id, n),
                    "totalReplyCount": replies}, "replies": {"comments": given}})
        })
        .collect();
    page(asked, &all, 100)
}

fn page(asked: &Asked, all: &[Value], most: usize) -> Answer {
    let begin: usize = asked.get("pageToken").parse().unwrap_or(0);
    let size: usize = asked.get("maxResults").parse().unwrap_or(5);
    assert!(size <= most, "{size}");
    let items: Vec<&Value> = all.iter().skip(begin).take(size).collect();
    let mut body = value!({"items": items, "pageInfo": {"totalResults": 1_000_000}});
    if begin + size < all.len() {
        body["nextPageToken"] = (begin + size).to_string().into();
    }
    json(200, body.to_string())
}

fn at(minutes: usize) -> String {
    // The same in all polls of a test.
    let noon = Utc::now().date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let at = noon - Duration::minutes(i64::try_from(minutes).unwrap());
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn film(number: usize) -> Value {
    let mut statistics = value!({"viewCount": "9", "likeCount": "5"});
    if number < 3 {
        statistics["commentCount"] = "3".into();
    }
    value!({"id": format!("film{number}"), "statistics": statistics, "snippet": {
        "title": format!("Acme & film {number}"), "description": "All of it",
        "channelId": "UCada", "channelTitle": "Ada", "publishedAt": at(number * 10)}})
}

fn comment(id: &str, number: usize) -> Value {
    value!({"id": id, "snippet": {"textDisplay": format!("Acme & comment {id}"),
        "authorDisplayName": "@bob", "authorChannelId": {"value": "UCbob"}, "likeCount": 1,
        "publishedAt": at(number), "updatedAt": at(number)}})
}

fn with(site: &StandIn, more: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"yt\"\nyoutube = {{ url = \"{}\", key = \"{KEY}\"{more} }}\n",
        site.url()
    )
}

fn config(site: &StandIn) -> String {
    with(site, ", channel = \"UCacme\"")
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(site, config);
    assert_eq!(mentions.len(), VIDEOS + THREADS + REPLIES + 2 + OWN);
    let whole = |start: &str| mentions.iter().any(|mention| mention.starts_with(start));
    assert!(
        whole("https://www.youtube.com/watch?v=film0 | Acme & film 0 | All of it"),
        "{mentions:?}"
    );
    let reply =
        "https://www.youtube.com/watch?v=film0&lc=film0-0.119 |  | Acme & comment film0-0.119";
    assert!(whole(reply), "{mentions:?}");
}

#[test]
fn the_next_polls_ask_for_little_and_find_nothing_new() {
    let site = site();
    let world = World::new(&config(&site));
    poll(&world);
    let before = stored(&world);
    let asked = site.seen().len();
    poll(&world);
    poll(&world);
    assert_eq!(stored(&world), before);
    let paths: Vec<String> =
        site.seen().iter().skip(asked).map(|asked| asked.path.clone()).collect();
    // Searches and the comments of videos wait; the own channel does not.
    assert_eq!(paths, ["/youtube/v3/commentThreads", "/youtube/v3/commentThreads"]);
    let comments = |video: &str| site.seen().iter().filter(|a| a.get("videoId") == video).count();
    assert_eq!((comments("film2"), comments("film3")), (1, 0), "comments are off");
}

#[test]
fn a_key_that_is_wrong_is_said_and_no_key_is_shown() {
    let site = site();
    let world = World::new(&config(&site).replace(KEY, "AIza-wrong-key"));
    let ran = world.vahti("check --probe");
    assert_ne!(ran.code, Some(0));
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("YouTube does not accept `key`"), "{said}");
    world.configure(&config(&site));
    let ran = world.vahti("check --probe --format json");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let daemon = world.daemon();
    let polled = world.vahti("poll");
    let status = world.vahti("status --format json");
    let shown = format!("{ran:?}{polled:?}{status:?}{}", daemon.log());
    assert!(!shown.contains("s3cr3t") && !shown.contains("AIza"), "{shown}");
    daemon.stop();
    // Nor is it in any address.
    assert!(
        site.seen()
            .iter()
            .all(|asked| asked.query.iter().all(|(_, value)| !value.contains("AIza")))
    );
}

#[test]
fn a_spent_quota_is_told_and_nothing_is_asked() {
    let site = StandIn::start(|_| refused(403, "quotaExceeded", "no more"));
    let world = World::new(&config(&site));
    poll(&world);
    let asked = site.seen().len();
    let status = world.vahti("status --format json").json();
    let told = status["sources"][0].to_string();
    assert!(told.contains("searches of this `key` are used up"), "{told}");
    assert_eq!(asked, 2, "a search and a list: then nothing until midnight in California");
}

#[test]
fn the_sample_configuration_is_accepted() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sources/youtube.toml");
    let world = World::new(&format!("#bare\n{}", std::fs::read_to_string(file).unwrap()));
    let ran = world.command(&["check"]).env("YOUTUBE_KEY", KEY).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}
