//! Stack Exchange, as its API answers.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json};
use crate::support::{Answer, World};
use serde_json::{Value, json as value};

/// Questions and answers that name the brand, by turns, half an hour apart.
const POSTS: i64 = 230;

const KEY: &str = "U4DMV-right";

fn api() -> StandIn {
    StandIn::start(|asked| play(asked, 300, None))
}

fn error(id: u32, name: &str, message: &str) -> Answer {
    let said = value!({"error_id": id, "error_name": name, "error_message": message});
    // Whatever it is, the status is the same.
    json(400, said.to_string())
}

/// Answers as the API does: hits newest first in the window that is asked for, without their words, and
/// posts by their ids; with what is left of the day, and a time to wait.
fn play(asked: &Asked, left: i64, backoff: Option<f64>) -> Answer {
    if asked.get("site") != "stackoverflow" {
        let name = asked.get("site");
        return error(400, "bad_parameter", &format!("No site found for name `{name}`"));
    }
    if !matches!(asked.get("key"), "" | KEY) {
        return error(400, "bad_parameter", "`key` doesn't match a known application");
    }
    let (items, has_more) = match asked.path.strip_prefix("/2.3/") {
        Some("search/excerpts") => hits(asked),
        Some(path) if path.starts_with("posts/") => {
            let ids = path.trim_start_matches("posts/").split(';');
            let ids: Vec<i64> = ids.map(|id| id.parse().unwrap()).collect();
            assert!(ids.len() <= 100 && asked.get("filter") == "withbody");
            (ids.into_iter().map(post).collect(), false)
        }
        _ => return error(404, "no_method", "this method cannot be called"),
    };
    let mut answer = value!({"items": items, "has_more": has_more,
        "quota_max": 300, "quota_remaining": left});
    if let Some(backoff) = backoff {
        answer["backoff"] = backoff.into();
    }
    json(200, answer.to_string())
}

fn newest() -> i64 {
    chrono::Utc::now().timestamp() / 7200 * 7200
}

fn hits(asked: &Asked) -> (Vec<Value>, bool) {
    let bound = |name: &str, other: i64| asked.get(name).parse().unwrap_or(other);
    let (from, to) = (bound("fromdate", 0), bound("todate", i64::MAX));
    let (page, size) = (bound("page", 1), bound("pagesize", 30));
    assert!((1..=100).contains(&size) && page <= 25);
    let is_wanted = asked.get("q") == "Acme";
    let all: Vec<i64> = (0..POSTS)
        .filter(|number| is_wanted && (from..=to).contains(&(newest() - number * 1800)))
        .collect();
    let skipped = usize::try_from((page - 1) * size).unwrap();
    let size = usize::try_from(size).unwrap();
    let items: Vec<Value> =
        all.iter().skip(skipped).take(size).map(|number| hit(*number)).collect();
    (items, all.len() > skipped + size)
}

fn hit(number: i64) -> Value {
    let mut hit = value!({"question_id": number, "creation_date": newest() - number * 1800,
        "title": format!("Acme &amp; {number}"), "excerpt": "<span class=\"highlight\">Acme</span>",
        "item_type": "question"});
    if number % 2 == 1 {
        hit["item_type"] = "answer".into();
        hit["answer_id"] = number.into();
        hit["question_id"] = (number - 1).into();
    }
    hit
}

fn post(number: i64) -> Value {
    let (sort, letter) = if number % 2 == 1 { ("answer", "a") } else { ("question", "q") };
    value!({"post_id": number, "post_type": sort, "creation_date": newest() - number * 1800,
        "body": format!("<p>Words {number}</p>"), "score": 1,
        "link": format!("https://stackoverflow.com/{letter}/{number}"),
        "owner": {"user_type": "registered", "display_name": "ada"}})
}

fn config(site: &StandIn) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"s\"\nstackexchange.url = \"{}\"\n\
         stackexchange.site = \"stackoverflow\"\nstackexchange.key = {{ file = \"key\" }}\n",
        site.url()
    )
}

fn open_config(site: &StandIn) -> String {
    config(site).lines().filter(|line| !line.contains("key =")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(api, open_config);
    assert_eq!(mentions.len(), usize::try_from(POSTS).unwrap());
    let expected = "https://stackoverflow.com/a/7 | Acme & 7 | Words 7";
    assert!(mentions.iter().any(|row| row.starts_with(expected)), "{mentions:?}");
}

#[test]
fn what_was_read_is_hardly_asked_for_again() {
    let site = api();
    let world = World::new(&open_config(&site));
    world.vahti("poll").ok();
    let before = site.seen().len();
    assert_eq!(before, 7, "three pages with their posts, and the other keyword");
    world.vahti("poll").ok();
    assert!(site.seen().len() - before <= 3, "two searches, and what is asked for once more");
}

#[test]
fn a_backoff_is_heeded() {
    let site = StandIn::start(|asked| play(asked, 300, Some(120.5)));
    let world = World::new(&open_config(&site));
    world.vahti("poll").ok();
    let paths: Vec<String> = site.seen().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths.len(), 2, "one method, then the other: {paths:?}");
    let mentions = world.vahti("mentions --limit 0 --copies --format json").json();
    assert_eq!(mentions.as_array().unwrap().len(), 100);
}

#[test]
fn a_day_without_calls_left_is_waited_out() {
    let site = StandIn::start(|asked| play(asked, 0, None));
    let world = World::new(&open_config(&site));
    world.vahti("poll");
    assert_eq!(site.seen().len(), 1);
    let health = world.vahti("status --format json").ok();
    assert!(health.contains("all 300 calls of the day are used up"), "{health}");
}

#[test]
fn a_key_is_shown_and_never_told() {
    let site = api();
    let world = World::new(&config(&site));
    world.write("key", KEY);
    world.vahti("poll").ok();
    assert!(site.seen().iter().all(|asked| asked.get("key") == KEY));

    world.write("key", "wrong-s3cr3t");
    let probed = world.vahti("check --probe");
    assert_ne!(probed.code, Some(0));
    let told = format!("{}{}", probed.out, probed.err);
    assert!(told.contains("doesn't match a known application"), "{told}");
    let polled = world.vahti("poll");
    let health = world.vahti("status --format json");
    let all = [told, polled.out, polled.err, health.out, health.err].concat();
    assert!(all.contains("check `site` (`stackoverflow`) and `key`"), "{all}");
    assert!(!all.contains(KEY) && !all.contains("wrong-s3cr3t"), "{all}");
}
