//! A Page of Facebook, as the Graph API tells of it.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, stored};
use crate::support::{Answer, World};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json as value};
use sha2::Sha256;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) const TOKEN: &str = "EAAx7tokenOfThePage1234567890abcdef";
pub(super) const SECRET: &str = "5ecretOfTheApp";

/// Posts on the wall; every third is the Page's own.
const POSTS: i64 = 60;
/// Comments below the Page's newest post, and people who sent messages.
const COMMENTS: i64 = 130;
const THREADS: i64 = 25;

const DAY: i64 = 86_400;

/// What the stand-in does beside answering.
#[derive(Default)]
pub(super) struct Mood {
    /// 1: something was written since the first poll.
    pub(super) later: AtomicUsize,
    /// The request, counted from 1 and from when this is set, that is refused, and how: by its place
    /// among the refusals.
    pub(super) refuses: AtomicUsize,
}

/// What is refused, with status, body and a header of limits.
pub(super) const REFUSALS: [(u16, &str, &str); 4] = [
    (
        400,
        r#"{"error":{"message":"(#4) Application request limit reached","code":4,"is_transient":true}}"#,
        "",
    ),
    (
        400,
        r#"{"error":{"message":"(#80001) There have been too many calls","code":80001}}"#,
        r#"{"10":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":7}]}"#,
    ),
    (500, r#"{"error":{"message":"An unexpected error","code":2,"is_transient":true}}"#, ""),
    (401, r#"{"error":{"message":"Session has expired","code":190,"error_subcode":463}}"#, ""),
];

/// Lets in whoever shows the token and proves it, and refuses as the test says.
pub(super) fn guarded(asked: &Asked, mood: &Mood) -> Option<Answer> {
    let shown = asked.header("authorization");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(TOKEN.as_bytes());
    let mut proof = String::new();
    for byte in mac.finalize().into_bytes() {
        write!(proof, "{byte:02x}").unwrap();
    }
    if shown != format!("Bearer {TOKEN}") {
        let token = shown.trim_start_matches("Bearer ");
        let message = format!("Malformed access token {token}");
        return Some(refusal(400, &message, 190, None));
    }
    if asked.get("appsecret_proof") != proof {
        let message = "Invalid appsecret_proof provided in the API argument";
        return Some(refusal(400, message, 100, None));
    }
    let refused = mood.refuses.load(Ordering::SeqCst).checked_sub(1)?;
    let (status, body, limits) = REFUSALS[refused];
    let answer = json(status, body);
    let header = "X-Business-Use-Case-Usage";
    Some(if limits.is_empty() { answer } else { answer.header(header, limits) })
}

fn refusal(status: u16, message: &str, code: i64, subcode: Option<i64>) -> Answer {
    let mut error = value!({"message": message, "type": "OAuthException", "code": code,
                            "fbtrace_id": "A"});
    if let Some(subcode) = subcode {
        error["error_subcode"] = subcode.into();
    }
    json(status, value!({"error": error}).to_string())
}

/// Gone, or hidden.
pub(super) fn hidden() -> Answer {
    refusal(400, "Unsupported get request. Object does not exist", 100, Some(33))
}

/// An hour that is the same for all polls of a test.
pub(super) fn hour() -> i64 {
    chrono::Utc::now().timestamp() / 3600 * 3600
}

pub(super) fn time(at: i64) -> String {
    let at = chrono::DateTime::from_timestamp(at, 0).unwrap();
    at.format("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// A page of a list, with the address of the next one as the API writes it.
pub(super) fn paged(items: Vec<Value>, asked: &Asked) -> Answer {
    json(200, page_of(items, asked.get("after"), asked.get("limit"), &asked.path).to_string())
}

pub(super) fn page_of(items: Vec<Value>, after: &str, limit: &str, path: &str) -> Value {
    let from: usize = after.strip_prefix("at=").map_or(0, |at| at.parse().unwrap());
    let limit: usize = limit.parse().unwrap();
    let all = items.len();
    let items: Vec<Value> = items.into_iter().skip(from).take(limit).collect();
    let mut listing = value!({"data": items});
    if from + limit < all {
        let after = format!("at={}", from + limit);
        let next = format!("https://graph.facebook.com{path}?access_token={TOKEN}&after={after}");
        listing["paging"] = value!({"cursors": {"before": "x", "after": after}, "next": next});
    }
    listing
}

fn by(id: i64) -> Value {
    value!({"id": id.to_string(), "name": format!("Visitor {id}")})
}

fn wall(is_later: bool) -> Vec<Value> {
    let hour = hour();
    let mut posts: Vec<Value> = (1..=POSTS)
        .map(|nth| {
            let at = hour - nth * 1800;
            let (is_own, has_comments) = (nth % 3 == 0, nth == 3);
            value!({"id": format!("10_{nth}"), "message": format!("Post {nth}"),
                    "from": by(if is_own { 10 } else { 100 + nth }), "created_time": time(at),
                    "updated_time": time(if has_comments { hour } else { at }),
                    "permalink_url": format!("https://www.facebook.com/10/posts/{nth}/"),
                    "comments": {"data": [], "summary":
                                 {"total_count": if has_comments { COMMENTS } else { 0 }}}})
        })
        .collect();
    // One of last winter, below which somebody writes today.
    let moved = if is_later { chrono::Utc::now().timestamp() } else { hour - 90 * DAY };
    posts.push(value!({"id": "10_900", "message": "Merry Christmas", "from": by(10),
        "created_time": time(hour - 300 * DAY), "updated_time": time(moved),
        "comments": {"data": [], "summary": {"total_count": 1}}}));
    posts
}

fn comments(post: &str, is_later: bool) -> Option<Vec<Value>> {
    let hour = hour();
    let comment = |id: String, parent: Option<String>, by: Value, at: i64| {
        let mut item = value!({"id": id, "message": format!("Comment {id}"), "from": by,
            "created_time": time(at), "like_count": 0, "comment_count": 0,
            "permalink_url": format!("https://www.facebook.com/10/posts/3/?comment_id={id}")});
        if let Some(parent) = parent {
            item["parent"] = value!({"id": parent});
        }
        item
    };
    match post {
        "10_3" => Some(
            (0..COMMENTS)
                .map(|nth| {
                    // An answer, one of the Page's own, one of somebody who is not told.
                    let parent = (nth == 5).then(|| "3_50".to_owned());
                    let mut item = comment(
                        format!("3_{}", 50 + nth),
                        parent,
                        by(if nth == 7 { 10 } else { 200 + nth }),
                        hour - nth * 60,
                    );
                    if nth == 9 {
                        item.as_object_mut().unwrap().remove("from");
                    }
                    item
                })
                .collect(),
        ),
        "10_900" => {
            let at = if is_later { chrono::Utc::now().timestamp() } else { hour - 90 * DAY };
            Some(vec![comment("900_1".into(), None, by(300), at)])
        }
        _ => None,
    }
}

/// Conversations: the first has three messages and an answer, the last more than are told.
fn threads() -> Vec<Value> {
    let hour = hour();
    (1..=THREADS)
        .map(|nth| {
            let messages: Vec<Value> = messages(nth);
            let id = format!("t_{nth}");
            let path = format!("/v26.0/{id}/messages");
            value!({"id": id, "link": format!("/10/inbox/{nth}/"),
                    "updated_time": time(hour - nth * 60),
                    "messages": page_of(messages, "", "20", &path)})
        })
        .collect()
}

fn messages(nth: i64) -> Vec<Value> {
    let count = match nth {
        1 => 4,
        2 => 30,
        _ => 1,
    };
    (0..count)
        .map(|message| {
            let is_own = nth == 1 && message == 2;
            let at = hour() - nth * 60 - message;
            value!({"id": format!("m_{nth}_{message}"), "message": format!("Message {nth} {message}"),
                    "from": by(if is_own { 10 } else { 500 + nth }), "created_time": time(at)})
        })
        .collect()
}

fn page_at(asked: &Asked, mood: &Mood) -> Answer {
    if let Some(refused) = guarded(asked, mood) {
        return refused;
    }
    let is_later = mood.later.load(Ordering::SeqCst) > 0;
    let Some(path) = asked.path.strip_prefix("/v26.0/") else { return hidden() };
    match path.split_once('/').unwrap_or((path, "")) {
        ("10", "feed") => paged(wall(is_later), asked),
        ("10", "tagged") => paged(
            vec![value!({"id": "700_1", "message": "Look at this Page", "from": by(700),
                         "created_time": time(hour() - 60), "updated_time": time(hour() - 60),
                         "permalink_url": "https://www.facebook.com/700/posts/1/"})],
            asked,
        ),
        ("10", "conversations") if asked.get("platform") == "messenger" => paged(threads(), asked),
        ("10", "ratings") => paged(
            vec![value!({"created_time": time(hour() - 60), "recommendation_type": "negative",
                         "review_text": "Never again", "reviewer": by(800),
                         "open_graph_story": {"id": "8001"}})],
            asked,
        ),
        (id, "comments") => {
            assert_eq!(
                (asked.get("filter"), asked.get("order")),
                ("stream", "reverse_chronological")
            );
            comments(id, is_later).map_or_else(hidden, |comments| paged(comments, asked))
        }
        // What is older than the newest messages answers as if it had been deleted.
        ("t_2", "messages") if asked.get("after") == "at=20" => {
            let first: Vec<Value> = messages(2).into_iter().take(25).collect();
            let mut listing = page_of(first, "at=20", "5", "/x");
            let next =
                value!({"cursors": {"after": "at=25"}, "next": "https://graph.facebook.com/"});
            listing["paging"] = next;
            json(200, listing.to_string())
        }
        _ => hidden(),
    }
}

fn page(mood: &Arc<Mood>) -> StandIn {
    let mood = Arc::clone(mood);
    StandIn::start(move |asked| page_at(asked, &mood))
}

fn config(site: &StandIn) -> String {
    told(site, TOKEN, SECRET)
}

fn told(site: &StandIn, token: &str, secret: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"page\"\n[source.facebook]\nurl = \"{}\"\npage = \"10\"\n\
         token = \"{token}\"\napp_secret = \"{secret}\"\nratings = true\n",
        site.url()
    )
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(|| page(&Arc::default()), config);
    let count =
        |word: &str| mentions.iter().filter(|row| row.contains(&format!("| {word}"))).count();
    let posts = usize::try_from(POSTS - POSTS / 3).unwrap();
    assert_eq!(count("Post "), posts, "the Page's own are none");
    assert_eq!(count("Comment "), usize::try_from(COMMENTS).unwrap() - 1);
    assert_eq!(count("Message 1 "), 3);
    // The API hides the last five.
    assert_eq!(count("Message 2 "), 25);
    assert_eq!(count("Message "), 3 + 25 + usize::try_from(THREADS).unwrap() - 2);
    assert_eq!((count("Look at this Page"), count("Never again")), (1, 1));
    assert_eq!(mentions.len(), posts + 129 + 51 + 2);
}

#[test]
fn a_comment_below_an_old_post_is_found_and_little_is_asked_twice() {
    let mood = Arc::new(Mood::default());
    let site = page(&mood);
    let world = World::new(&config(&site));
    world.vahti("poll").ok();
    let before = site.seen().len();
    world.vahti("poll").ok();
    let asked: Vec<String> =
        site.seen().split_off(before).into_iter().map(|one| one.path).collect();
    // The lists, the second page of the round, and what was touched last.
    assert_eq!(asked.len(), 7, "{asked:?}");
    assert_eq!(stored(&world).0.iter().filter(|row| row.contains("900_1")).count(), 0);
    mood.later.store(1, Ordering::SeqCst);
    world.vahti("poll").ok();
    let found = stored(&world).0;
    assert_eq!(found.iter().filter(|row| row.contains("Comment 900_1")).count(), 1, "{found:?}");
}

/// Looks for what nobody may see in all that was said, and in the state.
pub(super) fn has_no_secret(world: &World, said: &[&str], secrets: &[&str]) {
    for secret in secrets {
        for said in said {
            assert!(!said.contains(secret), "{said}");
        }
        let mut folders = vec![world.path("state")];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for path in entries.map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let Ok(bytes) = std::fs::read(&path) else { continue };
                let mut within = bytes.windows(secret.len());
                assert!(!within.any(|part| part == secret.as_bytes()), "{}", path.display());
            }
        }
    }
}

#[test]
fn a_wrong_token_is_told_and_never_shown() {
    let site = page(&Arc::default());
    let wrong = "EAAx7another1234567890tokenOfSomebody";
    for (token, secret, says) in
        [(wrong, SECRET, "make a new one"), (TOKEN, "another5ecret", "app_secret")]
    {
        let world = World::new(&told(&site, token, secret));
        let checked = world.vahti("check --probe --format json");
        assert_ne!(checked.code, Some(0));
        assert!(checked.out.contains(says), "{}", checked.out);
        let polled = world.vahti("poll");
        let status = world.vahti("status");
        assert!(polled.out.contains(says), "{}", polled.out);
        let said = [&checked.out, &checked.err, &polled.out, &polled.err, &status.out, &status.err];
        has_no_secret(&world, &said.map(String::as_str), &[token, secret]);
    }
    let world = World::new(&config(&site));
    let (checked, polled) = (world.vahti("check --probe"), world.vahti("poll"));
    assert_eq!(checked.code, Some(0), "{}", checked.err);
    let said = [&checked.out, &checked.err, &polled.out, &polled.err];
    has_no_secret(&world, &said.map(String::as_str), &[TOKEN, SECRET]);
}

/// Expects that a refusal is told, and that nothing more is asked in that poll, nor in the next where
/// there is a time to wait for.
pub(super) fn expect_pause(world: &World, site: &StandIn, expected: &str, is_waited: bool) {
    let polled = world.vahti("poll").out;
    assert!(polled.contains(expected), "{polled}");
    assert_eq!(site.seen().len(), 1, "nothing more is asked then");
    let polled = world.vahti("poll").out;
    assert!(polled.contains(expected), "{polled}");
    assert_eq!(site.seen().len() == 1, is_waited, "{polled}");
}

#[test]
fn what_is_refused_is_understood() {
    let expected =
        [("error 4)", true), ("error 80001)", true), ("error 2)", true), ("it has expired", false)];
    for (nth, (expected, is_waited)) in expected.into_iter().enumerate() {
        let mood = Arc::new(Mood::default());
        mood.refuses.store(nth + 1, Ordering::SeqCst);
        let site = page(&mood);
        expect_pause(&World::new(&config(&site)), &site, expected, is_waited);
    }
}
