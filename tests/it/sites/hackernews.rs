//! Hacker News, as its search answers.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json};
use crate::support::{Answer, World};
use serde_json::json as value;

/// Stories that name the brand, by the second in which they were posted.
const STORIES: i64 = 250;

fn search() -> StandIn {
    StandIn::start(play)
}

/// Answers as the search does: newest first, a page at a time, within the window that is asked for.
fn play(asked: &Asked) -> Answer {
    if asked.path != "/api/v1/search_by_date" {
        return json(404, "{}");
    }
    if asked.get("query") == "\"" {
        return json(400, r#"{"message":"syntax","status":400}"#);
    }
    let now = chrono::Utc::now().timestamp();
    let (mut since, mut before) = (i64::MIN, i64::MAX);
    for bound in asked.get("numericFilters").split(',') {
        if let Some(at) = bound.strip_prefix("created_at_i>") {
            since = at.parse().unwrap();
        } else if let Some(at) = bound.strip_prefix("created_at_i<") {
            before = at.parse().unwrap();
        }
    }
    let (page, size): (usize, usize) =
        (asked.get("page").parse().unwrap(), asked.get("hitsPerPage").parse().unwrap());
    let is_wanted = asked.get("query") == "Acme";
    // Ten minutes apart, so that they are the same in every poll of a test.
    let newest = now / 3600 * 3600;
    let all: Vec<(i64, i64)> = (0..STORIES)
        .map(|number| (number, newest - number * 600))
        .filter(|(_, at)| is_wanted && *at > since && *at < before)
        .collect();
    let hits: Vec<_> = all
        .iter()
        .skip(page * size)
        .take(size)
        .map(|(number, at)| {
            value!({"objectID": number.to_string(), "title": format!("Acme {number}"),
                    "author": "ada", "created_at_i": at, "points": 1, "num_comments": 0})
        })
        .collect();
    let pages = all.len().div_ceil(size);
    json(
        200,
        value!({"hits": hits, "page": page, "nbPages": pages, "hitsPerPage": size}).to_string(),
    )
}

fn config(site: &StandIn) -> String {
    format!("{HEAD}[[source]]\nname = \"hn\"\nhackernews.url = \"{}\"\n", site.url())
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, tickets) = cut_everywhere(search, config);
    assert_eq!((mentions.len(), tickets), (usize::try_from(STORIES).unwrap(), 0));
}

#[test]
fn what_was_read_is_not_asked_for_again() {
    let site = search();
    let world = World::new(&config(&site));
    world.vahti("poll").ok();
    let before = site.seen().len();
    assert!(before >= 4, "three pages for the one keyword, one for the other");
    world.vahti("poll").ok();
    assert_eq!(site.seen().len() - before, 2, "a request a keyword");
}
