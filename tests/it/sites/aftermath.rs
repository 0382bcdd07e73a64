//! What becomes of posts behind our back: edited, answered, deleted. A site that tells is asked once a day.

use crate::support::standin::{Asked, HEAD, StandIn, json};
use crate::support::{Answer, World, patiently};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json as value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vahti::post::SourceName;
use vahti::store::sled::SledStore;
use vahti::store::{Commit, Store};

const COMPLAINT: &str = "Acme is terrible, the worst service ever, my order never arrived";

fn view(number: usize, text: &str) -> Value {
    let at = (Utc::now() - TimeDelta::hours(1)).to_rfc3339();
    value!({"uri": format!("at://did:plc:ada/app.bsky.feed.post/{number}"), "cid": "bafy",
            "author": {"did": "did:plc:ada", "handle": "ada.example", "displayName": "Ada", "labels": []},
            "record": {"$type": "app.bsky.feed.post", "text": text, "createdAt": at, "langs": ["en"]},
            "replyCount": 0, "repostCount": 0, "likeCount": 1, "quoteCount": 0,
            "indexedAt": at, "labels": []})
}

/// Two posts, of which the first is deleted in the end.
fn play(asked: &Asked, is_deleted: bool) -> Answer {
    let all = [view(1, COMPLAINT), view(2, "Acme is fine")];
    let shown: Vec<&Value> = match (asked.path.as_str(), asked.get("q")) {
        ("/xrpc/app.bsky.feed.searchPosts", "Acme") => all.iter().collect(),
        ("/xrpc/app.bsky.feed.searchPosts", _) => Vec::new(),
        ("/xrpc/app.bsky.feed.getPosts", _) => {
            assert_eq!(asked.query.iter().filter(|(name, _)| name == "uris").count(), 2);
            all.iter().skip(usize::from(is_deleted)).collect()
        }
        (path, _) => panic!("{path}"),
    };
    json(200, value!({"posts": shown}).to_string())
}

/// Makes the last question of what became of posts one of the day before yesterday.
fn let_days_pass(world: &World) {
    let store = patiently(|| SledStore::open(&world.path("state/store"))).unwrap();
    let name = SourceName("sky".into());
    let mut state = store.source(&name).unwrap();
    assert!(state.rechecked.is_some());
    state.rechecked = Some(Utc::now() - TimeDelta::days(2));
    store.apply(&Commit { source: Some((name, state)), ..Commit::default() }).unwrap();
    store.sync().unwrap();
}

#[test]
fn of_a_post_that_was_deleted_the_words_go_and_the_ticket_stays() {
    let is_deleted = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_deleted);
    let site = StandIn::start(move |asked| play(asked, told.load(Ordering::SeqCst)));
    let world = World::new(&format!(
        "{HEAD}[[source]]\nname = \"sky\"\nbluesky.url = \"{}\"\n",
        site.url()
    ));
    world.vahti("poll").ok();
    world.vahti("poll").ok();
    let asked =
        |site: &StandIn| site.seen().iter().filter(|one| one.path.ends_with("getPosts")).count();
    assert_eq!(asked(&site), 0, "nothing was stored at the first poll, and it is no day later");
    is_deleted.store(true, Ordering::SeqCst);
    let_days_pass(&world);
    world.vahti("poll").ok();
    world.vahti("poll").ok();
    assert_eq!(asked(&site), 1, "once a day");
    let mentions = world.vahti("mentions --format json").json();
    let of = |deleted: bool| -> &Value {
        mentions.as_array().unwrap().iter().find(|one| one["deleted"] == deleted).unwrap()
    };
    assert_eq!(of(false)["text"], "Acme is fine");
    let gone = of(true);
    assert_eq!(
        [&gone["text"], &gone["author"], &gone["ticket"]],
        [&Value::Null, &Value::Null, &value!(1)]
    );
    let mention = format!("mention {}", gone["id"].as_str().unwrap());
    for command in [mention.as_str(), "ticket 1", "tickets", "ticket 1 reply", "mentions"] {
        let shown = world.vahti(command).ok();
        assert!(!shown.contains("my order") && !shown.contains("Ada"), "{command}: {shown}");
    }
}
