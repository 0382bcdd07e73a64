//! A Discourse forum, as its API answers.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, poll};
use crate::support::{Answer, World};
use serde_json::{Value, json as value};

/// Ids of posts go from 1 to this; every third is of a post that is not public, and so are all of
/// [`PRIVATE`].
const NEWEST: u64 = 230;
const PRIVATE: std::ops::Range<u64> = 100..160;

/// Topics that the search finds, and how many on a page.
const FOUND: u64 = 7;
const PER_PAGE: u64 = 5;

const KEY: &str = "k3y-of-the-forum";

fn is_public(id: u64) -> bool {
    !id.is_multiple_of(3) && !PRIVATE.contains(&id)
}

fn forum() -> StandIn {
    StandIn::start(|asked| play(asked, None))
}

fn closed() -> StandIn {
    StandIn::start(|asked| play(asked, Some(KEY)))
}

/// Answers as a forum does that lies in a folder, and lets in only those who show a key if there is one.
fn play(asked: &Asked, key: Option<&str>) -> Answer {
    let shown = asked.header("api-key");
    if key.is_some() && shown.is_empty() {
        return json(
            403,
            r#"{"errors":["You need to be logged in to do that."],"error_type":"not_logged_in"}"#,
        );
    }
    if key.is_some_and(|key| shown != key || asked.header("api-username") != "bot") {
        return json(
            403,
            r#"{"errors":["You are not permitted to view the requested resource. The API username or key is invalid."],"error_type":"invalid_access"}"#,
        );
    }
    match asked.path.as_str() {
        "/talk/posts.json" => latest(asked),
        "/talk/search.json" => search(asked),
        path => match path.strip_prefix("/talk/t/").and_then(|rest| rest.strip_suffix(".json")) {
            Some(hit) => topic(hit),
            None => json(
                404,
                r#"{"errors":["The requested URL could not be found."],"error_type":"not_found"}"#,
            ),
        },
    }
}

/// Brings what is public of a window of fifty ids, as older versions do.
fn latest(asked: &Asked) -> Answer {
    let before = asked.get("before").parse().unwrap_or(NEWEST);
    let ids = (1..=before).rev().take(50).filter(|id| is_public(*id));
    let posts: Vec<Value> = ids.map(|id| post(id, id / 10, id % 10 + 1)).collect();
    json(200, value!({"latest_posts": posts}).to_string())
}

fn post(id: u64, topic: u64, number: u64) -> Value {
    let at =
        chrono::Utc::now().timestamp() / 3600 * 3600 - i64::try_from(NEWEST - id).unwrap() * 2400;
    let at = chrono::DateTime::from_timestamp(at, 0).unwrap().to_rfc3339();
    value!({"id": id, "username": "ada", "created_at": at, "updated_at": at, "version": 1,
        "cooked": format!("<p>Acme in post {id}</p>"), "blurb": "... Acme in ...", "post_number": number,
        "post_type": 1, "topic_id": topic, "topic_slug": "acme", "topic_title": format!("Acme {topic}")})
}

/// Finds the newest post of each topic.
fn search(asked: &Asked) -> Answer {
    let query = asked.get("q");
    if query.split_whitespace().next().is_none_or(|word| word.len() < 3) {
        return json(400, r#"{"errors":["too short"],"error_type":"invalid_parameters"}"#);
    }
    assert!(query.contains(" order:latest after:20"), "{query}");
    let page: u64 = asked.get("page").parse().unwrap();
    // What is behind the tenth page is the first again.
    let page = if page > 10 { 1 } else { page };
    let (begin, end) = ((page - 1) * PER_PAGE, (page * PER_PAGE).min(FOUND));
    let hits: Vec<Value> = (begin..end).map(|nth| post(NEWEST - nth, 500 - nth, 2)).collect();
    let topics: Vec<Value> = (begin..end)
        .map(|nth| value!({"id": 500 - nth, "title": "Acme", "slug": "acme", "tags": [{"id": 1, "name": "x"}]}))
        .collect();
    let more = if end < FOUND { Value::Bool(true) } else { Value::Array(Vec::new()) };
    let result = value!({"more_full_page_results": more, "error": null});
    json(
        200,
        value!({"posts": hits, "topics": topics, "grouped_search_result": result}).to_string(),
    )
}

fn topic(hit: &str) -> Answer {
    let (topic, number) = hit.split_once('/').unwrap();
    let (topic, number): (u64, u64) = (topic.parse().unwrap(), number.parse().unwrap());
    let id = NEWEST - (500 - topic);
    // The one before it is as new, and the search does not show it.
    let posts = [post(id - 100, topic, number - 1), post(id, topic, number)];
    let title = format!("Acme {topic}");
    json(
        200,
        value!({"id": topic, "title": title, "slug": "acme", "post_stream": {"posts": posts}})
            .to_string(),
    )
}

fn config(site: &StandIn, more: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"forum\"\ndiscourse = {{ url = \"{}/talk\"{more} }}\n",
        site.url()
    )
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(forum, |site| config(site, ""));
    let public = (1..=NEWEST).filter(|id| is_public(*id)).count();
    assert_eq!(mentions.len(), public);
}

#[test]
fn a_search_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(forum, |site| config(site, ", posts = false"));
    assert_eq!(mentions.len(), usize::try_from(FOUND * 2).unwrap());
    assert!(mentions.iter().all(|mention| mention.contains("Acme in post")), "no blurb is kept");
}

#[test]
fn what_was_read_is_not_asked_for_again() {
    for (more, first, later) in [("", 6, 1), (", posts = false", 4 + 7, 2)] {
        let site = forum();
        let world = World::new(&config(&site, more));
        world.vahti("poll").ok();
        assert_eq!(site.seen().len(), first, "{more}");
        world.vahti("poll").ok();
        assert_eq!(site.seen().len() - first, later, "{more}");
    }
}

#[test]
fn a_closed_forum_says_what_it_needs_and_no_key_is_shown() {
    let site = closed();
    let key = |key: &str| format!(", api_key = \"{key}\", api_username = \"bot\"");
    for (more, said) in [
        (String::new(), "closed to guests"),
        (key("wr0ng-k3y"), "The API username or key is invalid"),
    ] {
        let world = World::new(&config(&site, &more));
        let probed = world.vahti("check --probe");
        let polled = poll(&world);
        let status = world.vahti("status");
        assert!(probed.out.contains(said), "{probed:?}");
        assert!(probed.out.contains("API key of the forum"), "{probed:?}");
        assert_ne!(polled.code, Some(0));
        assert!(!format!("{probed:?}{polled:?}{status:?}").contains("wr0ng-k3y"));
    }
    let world = World::new(&config(&site, &key(KEY)));
    let said = format!(
        "{:?}{:?}{:?}",
        world.vahti("check --probe"),
        world.vahti("poll"),
        world.vahti("status")
    );
    assert!(!said.contains(KEY), "{said}");
    let mentions = world.vahti("mentions --limit 0 --copies --format json").json();
    assert!(mentions.as_array().unwrap().len() > 50);
}

#[test]
fn a_forum_that_wants_to_be_left_alone_is() {
    let busy =
        r#"{"errors":["Too many times"],"error_type":"rate_limit","extras":{"wait_seconds":170}}"#;
    let site = StandIn::start(move |_| json(429, busy));
    let world = World::new(&config(&site, ""));
    poll(&world);
    assert_eq!(site.seen().len(), 1);
    let status = world.vahti("status");
    assert!(status.out.contains("Too many times"), "{status:?}");
}
