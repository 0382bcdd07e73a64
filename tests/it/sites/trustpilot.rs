//! Trustpilot, as its public API answers.

use super::kept::{keeps, sample_is_fine};
use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, stored};
use crate::support::{Answer, World};
use serde_json::json as value;

const KEY: &str = "tp-key-0815";
const UNIT: &str = "46d6a890000064000500e0c3";

/// Reviews of the last weeks, and older ones.
const RECENT: i64 = 130;
const OLD: i64 = 150;

fn site() -> StandIn {
    StandIn::start(play)
}

/// Answers as the API does: newest first, a page at a time, empty behind the last.
fn play(asked: &Asked) -> Answer {
    if asked.header("apikey") != KEY {
        let detail = value!({"errorcode": "oauth.v2.InvalidApiKey"});
        let fault = value!({"faultstring": "Invalid ApiKey", "detail": detail});
        return json(401, value!({"fault": fault}).to_string());
    }
    if asked.path == "/v1/business-units/find" {
        return match asked.get("name") {
            "acme.example" => json(200, value!({"id": UNIT, "displayName": "Acme"}).to_string()),
            _ => json(404, r#"{"message":"Not found"}"#),
        };
    }
    if asked.path != format!("/v1/business-units/{UNIT}/reviews") {
        return json(404, r#"{"message":"Not found"}"#);
    }
    let number = |name: &str| asked.get(name).parse::<usize>().unwrap();
    let (page, size) = (number("page"), number("perPage"));
    if !(1..=100).contains(&size) || page == 0 || asked.get("orderBy") != "createdat.desc" {
        return json(400, r#"{"message":"Bad request"}"#);
    }
    // Four hours apart, so that they are the same in every poll of a test.
    let newest = chrono::Utc::now().timestamp() / 3600 * 3600;
    let reviews: Vec<_> = (0..RECENT + OLD)
        .skip((page - 1) * size)
        .take(size)
        .map(|nth| {
            let age = if nth < RECENT { nth * 4 } else { 24 * 60 + nth };
            let at = chrono::DateTime::from_timestamp(newest - age * 3600, 0).unwrap();
            let zone = if nth % 2 == 0 { "Z" } else { "" };
            value!({"id": format!("{nth:024x}"), "stars": nth % 5 + 1, "title": format!("Nr {nth}"),
                    "text": "It came late.", "language": "en", "status": "active",
                    "createdAt": at.format("%Y-%m-%dT%H:%M:%S").to_string() + zone,
                    "updatedAt": null, "numberOfLikes": 0, "companyReply": null,
                    "consumer": {"id": format!("{:024x}", 0xabc), "displayName": "Ada"},
                    "businessUnit": {"id": UNIT}})
        })
        .collect();
    json(200, value!({"links": [], "reviews": reviews}).to_string())
}

fn config(site: &StandIn) -> String {
    with(site, KEY, "acme.example")
}

fn with(site: &StandIn, key: &str, domain: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"tp\"\ntrustpilot.url = \"{}\"\ntrustpilot.key = \"{key}\"\n\
         trustpilot.domain = \"{domain}\"\n",
        site.url()
    )
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, tickets) = cut_everywhere(site, config);
    // None names the brand, and each concerns it.
    assert_eq!(mentions.len(), usize::try_from(RECENT).unwrap());
    assert!(tickets > 0, "one star is a complaint");
}

#[test]
fn the_unit_is_asked_for_once_and_what_was_read_is_not_asked_for_again() {
    let site = site();
    let world = World::new(&config(&site));
    world.vahti("poll").ok();
    let pages = || {
        let seen = site.seen();
        let of = |asked: &Asked| {
            if asked.path.ends_with("/find") {
                "find".to_owned()
            } else {
                asked.get("page").to_owned()
            }
        };
        seen.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(pages(), ["find", "1", "2"]);
    world.vahti("poll").ok();
    assert_eq!(pages(), ["find", "1", "2", "1"]);
    let mentions = world.vahti("mentions --limit 1 --format json").json();
    let mention = &mentions[0];
    assert!((1..=5).contains(&mention["rating"].as_u64().unwrap()), "{mention}");
    assert_eq!(mention["thread"], UNIT, "{mention}");
}

#[test]
fn a_wrong_key_or_domain_is_told_and_no_key_is_shown() {
    let site = site();
    let world = World::new(&with(&site, "tp-key-of-yesterday", "acme.example"));
    let ran = world.vahti("check --probe");
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("Trustpilot refuses the key (Invalid ApiKey)"), "{said}");
    keeps(&world, &["tp-key-of-yesterday"]);
    let world = World::new(&with(&site, KEY, "nobody.example"));
    let ran = world.vahti("check --probe");
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("no business at nobody.example"), "{said}");
    let world = World::new(&config(&site));
    keeps(&world, &[KEY]);
    assert_eq!(stored(&world).0.len(), usize::try_from(RECENT).unwrap());
}

#[test]
fn the_sample_is_fine() {
    sample_is_fine("trustpilot", &[("TRUSTPILOT_KEY", KEY)], &[]);
}
