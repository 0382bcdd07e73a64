//! Lemmy, as servers of both versions answer.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json};
use crate::support::{Answer, World};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json as value};

/// Posts and comments that name the brand, half an hour apart.
const POSTS: usize = 120;
const COMMENTS: usize = 60;

const TOKEN: &str = "Zm9yLWFkYQ";

/// The one that its author deleted.
const DELETED: usize = 5;

fn v3() -> StandIn {
    StandIn::start(|asked| play(asked, false))
}

fn v4() -> StandIn {
    StandIn::start(|asked| play(asked, true))
}

fn error(status: u16, word: &str) -> Answer {
    json(status, value!({"error": word}).to_string())
}

/// Answers as a server does: it knows one version, heeds the token where there is one, and shows posts
/// and comments newest first, side by side.
fn play(asked: &Asked, is_v4: bool) -> Answer {
    let Some(path) = asked.path.strip_prefix(if is_v4 { "/api/v4/" } else { "/api/v3/" }) else {
        return Answer::status(404);
    };
    let shown = asked.header("authorization");
    match path {
        "site" => {
            let version = if is_v4 { "1.0.0" } else { "0.19.11" };
            let languages = value!([{"id": 0, "code": "und"}, {"id": 37, "code": "en"}]);
            let site = value!({"site_view": {}, "version": version, "all_languages": languages});
            json(200, site.to_string())
        }
        "search" if !shown.is_empty() && shown != format!("Bearer {TOKEN}") => {
            error(401, "incorrect_login")
        }
        "search" => search(asked, is_v4),
        _ => error(404, "not_found"),
    }
}

fn search(asked: &Asked, is_v4: bool) -> Answer {
    let words = asked.get(if is_v4 { "search_term" } else { "q" });
    let now = Utc::now();
    // The same in every poll of a test.
    let newest = now.timestamp() / 7200 * 7200;
    let span: i64 = asked.get("time_range_seconds").parse().unwrap_or(i64::MAX);
    let limit: usize = asked.get("limit").parse().unwrap();
    let page: usize = match (asked.get("page_cursor"), asked.get("page")) {
        ("", "") => 0,
        ("", page) => page.parse::<usize>().unwrap() - 1,
        (cursor, _) => match cursor.strip_prefix("Pc").and_then(|page| page.parse().ok()) {
            Some(page) => page,
            None => return error(400, "couldnt_parse_pagination_token"),
        },
    };
    let list = |count: usize, is_comment: bool| -> Vec<Value> {
        let count = if words == "Acme" { count } else { 0 };
        (0..count)
            .map(|number| (number, newest - i64::try_from(number).unwrap() * 1800))
            .filter(|(_, at)| now.timestamp() - at <= span)
            .skip(page * limit)
            .take(limit)
            .map(|(number, at)| view(number, at, is_comment, is_v4))
            .collect()
    };
    let (posts, comments) = (list(POSTS, false), list(COMMENTS, true));
    let has_more = posts.len() == limit;
    let mut answer = value!({"posts": posts, "comments": comments});
    if is_v4 {
        answer["next_page"] = has_more.then(|| format!("Pc{}", page + 1)).into();
    } else {
        answer["type_"] = "All".into();
    }
    json(200, answer.to_string())
}

fn view(number: usize, at: i64, is_comment: bool, is_v4: bool) -> Value {
    let what = if is_comment { "comment" } else { "post" };
    let at = DateTime::from_timestamp(at, 0).unwrap();
    let at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let mut item = value!({
        "id": number, "language_id": 37, "deleted": number == DELETED, "removed": false,
        "ap_id": format!("https://s{}.example/{what}/{number}", number % 3),
    });
    item[if is_v4 { "published_at" } else { "published" }] = at.into();
    if is_comment {
        item["content"] = format!("**Acme** {number}").into();
        item["path"] = format!("0.{number}").into();
    } else {
        item["name"] = format!("Acme {number}").into();
    }
    let mut view = value!({"creator": {"name": "ada"}});
    if is_v4 {
        item["score"] = 1.into();
    } else {
        view["counts"] = value!({"score": 1});
    }
    view[what] = item;
    if is_comment {
        view["post"] = value!({"name": "Acme", "ap_id": "https://s0.example/post/0"});
    }
    view
}

fn config(site: &StandIn) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"l\"\nlemmy = {{ url = \"{}\", token = {{ file = \"token\" }} }}\n",
        site.url()
    )
}

fn open_config(site: &StandIn) -> String {
    format!("{HEAD}[[source]]\nname = \"l\"\nlemmy.url = \"{}\"\n", site.url())
}

#[test]
fn a_poll_of_either_version_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(v3, open_config);
    // One of each was deleted.
    assert_eq!(mentions.len(), POSTS + COMMENTS - 2);
    let expected = "https://s1.example/comment/7 | Acme | Acme 7";
    assert!(mentions.iter().any(|row| row.starts_with(expected)), "{mentions:?}");
    assert_eq!(cut_everywhere(v4, open_config).0, mentions);
}

#[test]
fn the_version_is_found_out_once_and_what_was_read_is_not_asked_for_again() {
    for (site, sites) in [(v3(), 2), (v4(), 1)] {
        let world = World::new(&open_config(&site));
        world.vahti("poll").ok();
        let before = site.seen();
        assert_eq!(before.iter().filter(|asked| asked.path.ends_with("/site")).count(), sites);
        world.vahti("poll").ok();
        let after: Vec<Asked> = site.seen().into_iter().skip(before.len()).collect();
        assert!(after.iter().all(|asked| asked.path.ends_with("/search")), "{after:?}");
        assert_eq!(after.len(), 2, "a request a keyword");
    }
}

#[test]
fn a_token_is_shown_and_never_told() {
    let site = v3();
    let world = World::new(&config(&site));
    world.write("token", TOKEN);
    world.vahti("poll").ok();
    let searches: Vec<Asked> =
        site.seen().into_iter().filter(|asked| asked.path.ends_with("/search")).collect();
    assert!(searches.iter().all(|asked| asked.header("authorization").ends_with(TOKEN)));

    world.write("token", "d3Jvbmc-wrong");
    let probed = world.vahti("check --probe");
    assert_ne!(probed.code, Some(0));
    let told = format!("{}{}", probed.out, probed.err);
    assert!(told.contains("does not accept the `token` (incorrect_login)"), "{told}");
    let polled = world.vahti("poll");
    let health = world.vahti("status --format json");
    let all = [told, polled.out, polled.err, health.out, health.err].concat();
    assert!(all.contains("incorrect_login"), "{all}");
    assert!(!all.contains(TOKEN) && !all.contains("d3Jvbmc-wrong"), "{all}");
}

#[test]
fn a_server_that_was_asked_too_often_is_left_alone() {
    let site = StandIn::start(|asked| match asked.get("page") {
        "" | "1" => play(asked, false),
        _ => error(429, "rate_limit_error"),
    });
    let world = World::new(&open_config(&site));
    let polled = world.vahti("poll");
    let refused = site.seen().iter().filter(|asked| asked.get("page") == "2").count();
    assert_eq!(refused, 1, "{polled:?}");
    let health = world.vahti("status --format json");
    assert!(health.out.contains("rate_limit_error"), "{}", health.out);
    let mentions = world.vahti("mentions --limit 0 --copies --format json").json();
    assert_eq!(mentions.as_array().unwrap().len(), 98, "the first page counts");
}
