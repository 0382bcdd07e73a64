//! An account of Instagram, as the Graph API tells of it.

use super::facebook::{
    Mood, SECRET, TOKEN, expect_pause, guarded, has_no_secret, hidden, hour, page_of, paged, time,
};
use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, stored};
use crate::support::{Answer, World};
use serde_json::{Value, json as value};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Media of the account; comments below the newest.
const MEDIA: i64 = 70;
const COMMENTS: i64 = 60;

fn medium(id: i64, at: i64, caption: &str) -> Value {
    value!({"id": id.to_string(), "caption": caption, "media_type": "IMAGE", "timestamp": time(at),
            "permalink": format!("https://www.instagram.com/p/{id}/"), "like_count": 1,
            "comments_count": 0})
}

fn own(is_later: bool) -> Vec<Value> {
    (1..=MEDIA)
        .map(|nth| {
            let mut item = medium(nth, hour() - nth * 3600, "Ours");
            let more = i64::from(is_later);
            item["username"] = "acme".into();
            item["comments_count"] = match nth {
                // With the answers to one of them.
                1 => (COMMENTS + 55 + more).into(),
                60 => 1.into(),
                _ => 0.into(),
            };
            item
        })
        .collect()
}

fn comment(id: i64, by: &str, at: i64) -> Value {
    value!({"id": id.to_string(), "text": format!("Comment {id}"), "username": by,
            "timestamp": time(at), "like_count": 0})
}

/// Answers to the oldest comment; the last was written later.
fn answers(is_later: bool) -> Vec<Value> {
    let mut answers: Vec<Value> =
        (0..55).map(|nth| comment(2000 + nth, "eve", hour() - 2000 + nth)).collect();
    if is_later {
        answers.push(comment(2999, "eve", chrono::Utc::now().timestamp()));
    }
    answers
}

fn comments(medium: &str, is_later: bool) -> Option<Vec<Value>> {
    let all = match medium {
        "1" => (0..COMMENTS)
            .map(|nth| {
                let by = if nth == 3 { "acme" } else { "ada" };
                let mut item = comment(1000 + nth, by, hour() - nth);
                if nth == COMMENTS - 1 {
                    let path = format!("/v26.0/{}/replies", 1000 + nth);
                    item["replies"] = page_of(answers(is_later), "", "50", &path);
                }
                item
            })
            .collect(),
        "60" => vec![comment(1500, "bob", hour() - 60)],
        _ => return None,
    };
    Some(all)
}

fn account_at(asked: &Asked, mood: &Mood) -> Answer {
    if let Some(refused) = guarded(asked, mood) {
        return refused;
    }
    let is_later = mood.later.load(Ordering::SeqCst) > 0;
    let Some(path) = asked.path.strip_prefix("/v26.0/") else { return hidden() };
    match path.split_once('/').unwrap_or((path, "")) {
        ("17", "media") => paged(own(is_later), asked),
        ("17", "tags") => {
            let mut item = medium(501, hour() - 60, "Look who is here");
            item["username"] = "ada".into();
            paged(vec![item, medium(1, hour() - 3600, "Ours")], asked)
        }
        ("10", "conversations") if asked.get("platform") == "instagram" => {
            let message = |id: &str, by: &str| {
                value!({"id": id, "message": format!("Message {id}"), "created_time": time(hour()),
                        "from": {"id": by, "username": format!("user{by}")}})
            };
            let messages = vec![message("a3", "77"), message("a2", "17"), message("a1", "77")];
            let messages = page_of(messages, "", "20", "/x");
            paged(
                vec![
                    value!({"id": "aWdfZAG0=", "updated_time": time(hour()), "messages": messages}),
                ],
                asked,
            )
        }
        ("ig_hashtag_search", _) if asked.get("user_id") == "17" => match asked.get("q") {
            "acme" => json(200, value!({"data": [{"id": "178"}]}).to_string()),
            _ => json(
                400,
                value!({"error": {"message": "The hashtag does not exist", "code": 24}})
                    .to_string(),
            ),
        },
        ("178", "recent_media") if asked.get("user_id") == "17" => {
            let recent = |nth: i64| medium(600 + nth, hour() - nth, &format!("#acme {nth}"));
            paged((0..55).map(recent).collect(), asked)
        }
        ("1059", "replies") => paged(answers(is_later), asked),
        (id, "comments") => {
            comments(id, is_later).map_or_else(hidden, |comments| paged(comments, asked))
        }
        _ => hidden(),
    }
}

fn account(mood: &Arc<Mood>) -> StandIn {
    let mood = Arc::clone(mood);
    StandIn::start(move |asked| account_at(asked, &mood))
}

fn told(site: &StandIn, token: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"account\"\n[source.instagram]\nurl = \"{}\"\naccount = \"17\"\n\
         page = \"10\"\ntoken = \"{token}\"\napp_secret = \"{SECRET}\"\n\
         hashtags = [\"acme\", \"nobody\"]\n",
        site.url()
    )
}

fn config(site: &StandIn) -> String {
    told(site, TOKEN)
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(|| account(&Arc::default()), config);
    let count =
        |word: &str| mentions.iter().filter(|row| row.contains(&format!("| {word}"))).count();
    // One comment is the account's own; 55 answer the last one.
    assert_eq!(count("Comment "), usize::try_from(COMMENTS).unwrap() - 1 + 55 + 1);
    assert_eq!((count("Message "), count("Look who is here"), count("#acme ")), (2, 1, 55));
    assert_eq!(count("Ours"), 0);
}

#[test]
fn what_is_new_is_found_and_little_is_asked_twice() {
    let mood = Arc::new(Mood::default());
    let site = account(&mood);
    let world = World::new(&config(&site));
    world.vahti("poll").ok();
    let before = site.seen().len();
    world.vahti("poll").ok();
    let asked: Vec<String> =
        site.seen().split_off(before).into_iter().map(|one| one.path).collect();
    // Two pages of media, tags, messages, what has the hashtag, and the one that nobody knows.
    let once = |path: &str| asked.iter().filter(|known| known.ends_with(path)).count();
    assert_eq!((once("17/media"), once("17/tags"), once("/conversations")), (2, 1, 1), "{asked:?}");
    assert_eq!((once("/ig_hashtag_search"), once("/comments")), (1, 0), "{asked:?}");
    mood.later.store(1, Ordering::SeqCst);
    world.vahti("poll").ok();
    let found = stored(&world).0;
    assert_eq!(found.iter().filter(|row| row.contains("Comment 2999")).count(), 1);
}

#[test]
fn a_wrong_token_is_told_and_never_shown() {
    let site = account(&Arc::default());
    let wrong = "EAAx7another1234567890tokenOfSomebody";
    let world = World::new(&told(&site, wrong));
    let checked = world.vahti("check --probe --format json");
    assert_ne!(checked.code, Some(0));
    assert!(checked.out.contains("make a new one"), "{}", checked.out);
    let (polled, status) = (world.vahti("poll"), world.vahti("status"));
    let said = [&checked.out, &checked.err, &polled.out, &polled.err, &status.out, &status.err];
    has_no_secret(&world, &said.map(String::as_str), &[wrong, SECRET]);
}

#[test]
fn a_limit_and_an_expired_token_are_understood() {
    for (nth, expected, is_waited) in [(1, "error 4)", true), (4, "it has expired", false)] {
        let mood = Arc::new(Mood::default());
        mood.refuses.store(nth, Ordering::SeqCst);
        let site = account(&mood);
        expect_pause(&World::new(&config(&site)), &site, expected, is_waited);
    }
}
