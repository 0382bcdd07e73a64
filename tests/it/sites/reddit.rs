//! Reddit, as its API and its Atom answer.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, poll};
use crate::support::{Answer, World};
use serde_json::{Value, json as value};
use std::fmt::Write;

/// What each list holds, newest first, ten minutes apart.
const LINKS: usize = 130;
const NEW: usize = 30;
const COMMENTS: usize = 110;

/// What an app and its account are let in by.
const BASIC: &str = "Basic aWQ6czNjcjN0";
const PASSWORD: &str = "p4ssw0rd";
const TOKEN: &str = "t0k3n-of-the-account";

fn newest() -> i64 {
    chrono::Utc::now().timestamp() / 3600 * 3600
}

fn api() -> StandIn {
    StandIn::start(play)
}

/// Answers as the API does: a token for those who may, and lists for those who have it.
fn play(asked: &Asked) -> Answer {
    if asked.path == "/api/v1/access_token" {
        return token(asked);
    }
    if asked.header("authorization") != format!("Bearer {TOKEN}") {
        return json(401, r#"{"message": "Unauthorized", "error": 401}"#);
    }
    if asked.get("raw_json") != "1" {
        return json(400, "<html><body><h1>400 Bad request</h1></body></html>");
    }
    match asked.path.as_str() {
        "/search" if asked.get("type") == "link" && asked.get("sort") == "new" => {
            page(asked, LINKS, "t3_s")
        }
        "/r/acme+suomi/new" => page(asked, NEW, "t3_n"),
        "/r/acme+suomi/comments" => page(asked, COMMENTS, "t1_c"),
        "/message/mentions" => page(asked, 3, "t1_m"),
        "/r/nowhere/new" | "/r/nowhere/comments" => {
            Answer::status(302).header("Location", "/subreddits/search?q=nowhere&raw_json=1")
        }
        "/subreddits/search" => {
            json(200, listing(&[value!({"kind": "t5", "data": {"name": "t5_x"}})], None))
        }
        _ => json(404, r#"{"message": "Not Found", "error": 404}"#),
    }
}

fn token(asked: &Asked) -> Answer {
    if asked.method != "POST" || asked.header("authorization") != BASIC {
        return json(401, r#"{"message": "Unauthorized", "error": 401}"#);
    }
    let is_known = asked.form("username") == "AcmeSupport" && asked.form("password") == PASSWORD;
    match asked.form("grant_type").as_str() {
        "client_credentials" => json(200, token_of(TOKEN)),
        "password" if is_known => json(200, token_of(TOKEN)),
        // A failed login is no error to Reddit.
        _ => json(200, r#"{"error": "invalid_grant"}"#),
    }
}

fn token_of(token: &str) -> String {
    value!({"access_token": token, "token_type": "bearer", "expires_in": 86400, "scope": "*"})
        .to_string()
}

/// Returns the page of a list of so many things that begins behind the one that is named.
fn page(asked: &Asked, all: usize, prefix: &str) -> Answer {
    let limit: usize = asked.get("limit").parse().unwrap();
    let begin = match asked.get("after") {
        "" => 0,
        after => after.strip_prefix(prefix).unwrap().parse::<usize>().unwrap() + 1,
    };
    let end = (begin + limit.min(100)).min(all);
    let things: Vec<Value> =
        (begin..end).map(|number| thing(&format!("{prefix}{number}"), number)).collect();
    let after = (end < all).then(|| format!("{prefix}{}", end - 1));
    json(200, listing(&things, after.as_deref()))
        .header("x-ratelimit-used", "1")
        .header("x-ratelimit-remaining", "599.0")
        .header("x-ratelimit-reset", "300")
}

fn listing(things: &[Value], after: Option<&str>) -> String {
    value!({"kind": "Listing", "data": {"after": after, "dist": things.len(), "children": things}})
        .to_string()
}

fn thing(name: &str, number: usize) -> Value {
    let at = newest() - i64::try_from(number).unwrap() * 600;
    let (kind, id) = name.split_once('_').unwrap();
    let data = if kind == "t1" {
        value!({"name": name, "body": format!("Acme in comment {id}"), "author": "bob",
                "permalink": format!("/r/acme/comments/x/title/{id}/"), "link_id": "t3_x",
                "created_utc": at, "edited": false, "score": 1})
    } else {
        value!({"name": name, "title": format!("Acme {id}"), "selftext": "", "author": "ada",
                "permalink": format!("/r/acme/comments/{id}/title/"), "created_utc": at,
                "edited": false, "score": 1, "num_comments": 0, "removed_by_category": null})
    };
    value!({"kind": kind, "data": data})
}

/// Answers as Reddit does to those without a key: Atom, a page of each list.
fn atom(asked: &Asked) -> Answer {
    let (all, prefix) = match asked.path.as_str() {
        "/search.rss" if asked.get("sort") == "new" => (30, "t3_s"),
        "/r/acme/new.rss" => (10, "t3_n"),
        "/r/acme/comments.rss" => (20, "t1_c"),
        _ => {
            return Answer {
                body: "<html>blocked by network security</html>".into(),
                ..Answer::status(403)
            };
        }
    };
    let mut entries = String::new();
    for number in 0..all {
        let at = chrono::DateTime::from_timestamp(newest() - number * 600, 0).unwrap().to_rfc3339();
        let (id, path) = (format!("{prefix}{number}"), format!("{}{number}", prefix.split_at(3).1));
        let path = if prefix.starts_with("t1") {
            format!("x/title/{path}")
        } else {
            format!("{path}/title")
        };
        write!(
            entries,
            "<entry><author><name>/u/ada</name></author><id>{id}</id><updated>{at}</updated>\
             <published>{at}</published><title>Acme {id}</title>\
             <link href=\"https://www.reddit.com/r/acme/comments/{path}/\"/></entry>"
        )
        .unwrap();
    }
    let body = format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>reddit</title>{entries}</feed>"
    );
    Answer::feed(body).header("Content-Type", "application/atom+xml; charset=UTF-8")
}

fn keyed(site: &StandIn, secret: &str, password: &str, subreddits: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"reddit\"\n[source.reddit]\nurl = \"{}\"\n\
         subreddits = [{subreddits}]\nclient_id = \"id\"\nclient_secret = \"{secret}\"\n\
         username = \"AcmeSupport\"\npassword = \"{password}\"\n",
        site.url()
    )
}

fn whole(site: &StandIn) -> String {
    keyed(site, "s3cr3t", PASSWORD, "\"acme\", \"suomi\"")
}

fn keyless(site: &StandIn) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"reddit\"\nreddit = {{ url = \"{}\", subreddits = [\"acme\"] }}\n",
        site.url()
    )
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(api, whole);
    assert_eq!(mentions.len(), LINKS + NEW + COMMENTS + 3);
}

#[test]
fn a_poll_of_atom_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(|| StandIn::start(atom), keyless);
    assert_eq!(mentions.len(), 30 + 10 + 20);
}

#[test]
fn what_was_read_is_not_asked_for_again() {
    let site = api();
    let world = World::new(&whole(&site));
    let mut before = 0;
    for (searches, all) in [(2, 7), (1, 5)] {
        world.vahti("poll").ok();
        let asked = site.seen();
        let paths: Vec<&str> = asked.iter().skip(before).map(|asked| &*asked.path).collect();
        before = asked.len();
        assert_eq!(paths.first(), Some(&"/api/v1/access_token"));
        assert_eq!(paths.iter().filter(|path| **path == "/search").count(), searches, "{paths:?}");
        assert_eq!(paths.len(), all, "{paths:?}");
    }
}

#[test]
fn who_is_not_let_in_is_told_why_and_no_secret_is_shown() {
    let site = api();
    for (secret, password, said) in
        [("wr0ng-s3cr3t", PASSWORD, "Unauthorized"), ("s3cr3t", "wr0ng-p4ssw0rd", "invalid_grant")]
    {
        let world = World::new(&keyed(&site, secret, password, "\"acme\""));
        let probed = world.vahti("check --probe");
        let polled = poll(&world);
        let status = world.vahti("status");
        assert!(probed.out.contains(said) || probed.err.contains(said), "{probed:?}");
        assert!(probed.out.contains("an app that Reddit has approved"), "{probed:?}");
        assert_eq!(
            (polled.code != Some(0), site.seen().iter().any(|asked| asked.path == "/search")),
            (true, false)
        );
        let shown = format!("{probed:?}{polled:?}{status:?}");
        for hidden in [secret, password, "s3cr3t", TOKEN, "aWQ6"] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
    }
}

#[test]
fn a_community_that_there_is_not_is_told_and_the_rest_is_read() {
    let site = api();
    let world = World::new(&keyed(&site, "s3cr3t", PASSWORD, "\"nowhere\""));
    world.vahti("poll").ok();
    let status = world.vahti("status");
    assert!(status.out.contains("no community of r/nowhere"), "{status:?}");
    let mentions = world.vahti("mentions --limit 0 --copies --format json").json();
    assert_eq!(mentions.as_array().unwrap().len(), LINKS + 3);
    assert!(!format!("{status:?}").contains(TOKEN));
}

#[test]
fn without_a_key_one_that_is_blocked_is_told_what_helps() {
    let site = StandIn::start(|_| Answer {
        body: "<html>whoa there, pardner! blocked by network security</html>".into(),
        ..Answer::status(403)
    });
    let world = World::new(&keyless(&site));
    let probed = world.vahti("check --probe");
    assert!(probed.out.contains("give `client_id` and `client_secret`"), "{probed:?}");
}
