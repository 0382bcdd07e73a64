//! Google Business Profile, as its API answers.

use super::kept::{keeps, sample_is_fine};
use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, stored};
use crate::support::{Answer, World};
use serde_json::{Value, json as value};
use std::sync::Mutex;

const SECRET: &str = "gb-client-s3cr3t";
const REFRESH: &str = "gb-r3fr3sh";

/// Reviews of each location.
const REVIEWS: i64 = 70;

/// Requests for which a token of the stand-in is good.
const LIFE: usize = 3;

/// The number of the last token, and for how many requests it is still good.
type Tokens = Mutex<(usize, usize)>;

fn google() -> StandIn {
    let tokens = Tokens::default();
    StandIn::start(move |asked| play(asked, &tokens))
}

fn fault(code: u16, status: &str, details: &Value) -> Answer {
    let error = value!({"code": code, "message": "Google says no", "status": status,
                        "details": details});
    json(code, value!({"error": error}).to_string())
}

fn play(asked: &Asked, tokens: &Tokens) -> Answer {
    let mut tokens = tokens.lock().unwrap();
    if asked.path == "/token" {
        assert_eq!(asked.form("grant_type"), "refresh_token");
        assert_eq!(
            (asked.form("client_id"), asked.form("client_secret")),
            ("me".into(), SECRET.into())
        );
        if asked.form("refresh_token") != REFRESH {
            let said = "Token has been expired or revoked.";
            let said = value!({"error": "invalid_grant", "error_description": said});
            return json(400, said.to_string());
        }
        *tokens = (tokens.0 + 1, LIFE);
        let token = format!("tok-{}-given", tokens.0);
        return json(200, value!({"access_token": token, "expires_in": 3599}).to_string());
    }
    let is_known = asked.header("authorization") == format!("Bearer tok-{}-given", tokens.0);
    if !is_known || tokens.1 == 0 {
        return fault(401, "UNAUTHENTICATED", &value!([]));
    }
    tokens.1 -= 1;
    let location = match asked.path.as_str() {
        "/v4/accounts/1/locations/55/reviews" => 55,
        "/v4/accounts/1/locations/66/reviews" => 66,
        "/v4/accounts/9/locations/55/reviews" => {
            let nothing = value!([{"reason": "RATE_LIMIT_EXCEEDED",
                                   "metadata": {"quota_limit_value": "0"}}]);
            return fault(429, "RESOURCE_EXHAUSTED", &nothing);
        }
        _ => return fault(403, "PERMISSION_DENIED", &value!([])),
    };
    assert_eq!((asked.get("pageSize"), asked.get("orderBy")), ("50", "updateTime desc"));
    let token = asked.get("pageToken");
    let begin: i64 = token.strip_prefix("at-").map_or(0, |at| at.parse().unwrap());
    json(200, page(location, begin).to_string())
}

/// Returns a page of reviews, those that were changed last first; every third has no words.
fn page(location: i64, begin: i64) -> Value {
    // Four hours apart, so that they are the same in every poll of a test.
    let newest = chrono::Utc::now().timestamp() / 3600 * 3600;
    let words = ["ONE", "TWO", "THREE", "FOUR", "FIVE"];
    let end = (begin + 50).min(REVIEWS);
    let reviews: Vec<Value> = (begin..end)
        .map(|nth| {
            let at = chrono::DateTime::from_timestamp(newest - nth * 4 * 3600, 0).unwrap();
            let id = format!("r{nth}");
            let stars = words[usize::try_from(nth).unwrap() % 5];
            let mut review = value!({"reviewId": id, "starRating": stars,
                "name": format!("accounts/1/locations/{location}/reviews/{id}"),
                "reviewer": {"displayName": "Pat"}, "createTime": at.to_rfc3339(),
                "updateTime": at.to_rfc3339()});
            if nth % 3 > 0 {
                review["comment"] = value!(format!(
                    "(Translated by Google) Number\n\n(Original)\nNumero {nth}, paikka {location}"
                ));
            }
            review
        })
        .collect();
    let mut page = value!({"reviews": reviews, "averageRating": 3.0, "totalReviewCount": REVIEWS});
    if end < REVIEWS {
        page["nextPageToken"] = value!(format!("at-{end}"));
    }
    page
}

fn config(site: &StandIn) -> String {
    with(site, "1", "\"55\", \"66\"", REFRESH)
}

fn with(site: &StandIn, account: &str, locations: &str, refresh: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"maps\"\n[source.googlebusiness]\nurl = \"{}\"\n\
         account = \"{account}\"\nlocations = [{locations}]\nclient_id = \"me\"\n\
         client_secret = \"{SECRET}\"\nrefresh_token = \"{refresh}\"\n",
        site.url()
    )
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, tickets) = cut_everywhere(google, config);
    // The same numbers of reviews at two locations are different reviews, with words or without.
    assert_eq!(mentions.len(), usize::try_from(2 * REVIEWS).unwrap());
    assert!(!mentions.iter().any(|line| line.contains("Translated")));
    assert!(tickets > 0, "one star is a complaint");
}

#[test]
fn a_token_that_ended_is_asked_for_anew_and_what_was_read_is_not() {
    let site = google();
    let world = World::new(&config(&site));
    world.vahti("poll").ok();
    let count = |what: &str| site.seen().iter().filter(|asked| asked.path.contains(what)).count();
    // Two pages each, one of them asked for twice.
    assert_eq!((count("/token"), count("/reviews")), (2, 5));
    world.vahti("poll").ok();
    assert_eq!((count("/token"), count("/reviews")), (3, 7));
}

#[test]
fn what_is_not_granted_is_told_and_no_secret_is_shown() {
    let site = google();
    for (account, locations, refresh, expected) in [
        ("1", "\"55\"", "gb-of-yesterday", "Token has been expired or revoked."),
        ("9", "\"55\"", REFRESH, "the quota is 0 until Google grants access"),
        ("1", "\"77\"", REFRESH, "has to manage this location in account 1"),
    ] {
        let world = World::new(&with(&site, account, locations, refresh));
        let ran = world.vahti("check --probe");
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains(expected), "{said}");
        world.vahti("poll");
        let status = world.vahti("status --format json").out;
        assert!(status.contains(expected), "{status}");
        keeps(&world, &[SECRET, refresh, "tok-"]);
    }
}

#[test]
fn of_several_locations_one_may_be_amiss() {
    let site = google();
    let world = World::new(&with(&site, "1", "\"55\", \"77\"", REFRESH));
    let ran = world.vahti("poll");
    let said = format!("{}{}{}", ran.out, ran.err, world.vahti("status").out);
    assert!(said.contains("location 77: Google says: Google says no"), "{said}");
    assert_eq!(stored(&world).0.len(), usize::try_from(REVIEWS).unwrap());
    keeps(&world, &[SECRET, REFRESH, "tok-"]);
}

#[test]
fn the_sample_is_fine() {
    let secrets = [("GOOGLE_CLIENT_SECRET", SECRET), ("GOOGLE_REFRESH_TOKEN", REFRESH)];
    sample_is_fine("googlebusiness", &secrets, &[]);
}
