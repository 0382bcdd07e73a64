//! The App Store, as its feed of reviews answers.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json};
use crate::support::{Answer, World};
use chrono::DateTime;
use serde_json::{Value, json as value};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reviews of a country, two hours apart.
const REVIEWS: i64 = 120;

fn feed() -> StandIn {
    StandIn::start(|asked| play(asked, ""))
}

/// Answers as the feed does: fifty a page, the newest first, one entry without a list around, none
/// without entries; a country that is none is a bad request. The first review says `words`.
fn play(asked: &Asked, words: &str) -> Answer {
    let parts: Vec<&str> = asked.path.split('/').skip(1).collect();
    let [country, "rss", "customerreviews", page, app, "sortby=mostrecent", "json"] = *parts else {
        return Answer::status(404);
    };
    let many = match country {
        "fi" => REVIEWS,
        "se" => 1,
        "gb" => 0,
        _ => return Answer::status(400),
    };
    assert_eq!(app, "id=77");
    let page: i64 = page.strip_prefix("page=").unwrap().parse().unwrap();
    assert!((1..=10).contains(&page));
    let begin = (page - 1) * 50;
    let mut entries: Vec<Value> =
        (begin..many.min(begin + 50)).map(|number| review(country, number, words)).collect();
    let mut body = value!({"id": {"label": format!("https://itunes.apple.com{}", asked.path)}});
    match entries.len() {
        0 => {}
        1 => body["entry"] = entries.remove(0),
        _ => body["entry"] = entries.into(),
    }
    let last = (many + 49) / 50;
    let to = |rel: &str, page: i64| {
        let url = format!(
            "https://itunes.apple.com/{country}/rss/customerreviews/page={page}/id=77/xml?urlDesc=/x"
        );
        value!({"attributes": {"rel": rel, "href": url}})
    };
    body["link"] = value!([to("last", last.max(1)), to("next", (page + 1).min(last.max(1)))]);
    json(200, value!({"feed": body}).to_string())
}

fn review(country: &str, number: i64, words: &str) -> Value {
    let newest = chrono::Utc::now().timestamp() / 7200 * 7200;
    let at = DateTime::from_timestamp(newest - number * 7200, 0).unwrap();
    let words = if number == 0 { words } else { "" };
    let id = format!("{}{number}", if country == "fi" { 1000 } else { 2000 });
    value!({"id": {"label": id}, "title": {"label": format!("{country} {number}")},
        "content": {"label": format!("It crashes {number}{words}")}, "im:rating": {"label": "2"},
        "author": {"name": {"label": "ada"}}, "updated": {"label": at.to_rfc3339()}})
}

fn config(site: &StandIn, countries: &str) -> String {
    format!(
        "{HEAD}[[source]]\nname = \"a\"\nbrands = [\"Acme\"]\nappstore.url = \"{}\"\n\
         appstore.app = \"77\"\nappstore.countries = {countries}\n",
        site.url()
    )
}

fn several(site: &StandIn) -> String {
    config(site, "[\"fi\", \"gb\", \"se\"]")
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing() {
    let (mentions, _) = cut_everywhere(feed, several);
    // No review names the brand: they are about it.
    assert_eq!(mentions.len(), usize::try_from(REVIEWS).unwrap() + 1);
}

#[test]
fn a_country_that_is_none_is_named_and_the_others_are_read() {
    let site = feed();
    let world = World::new(&config(&site, "[\"xx\", \"se\"]"));
    world.vahti("poll").ok();
    let health = world.vahti("status --format json").ok();
    assert!(health.contains("no App Store of the country `xx`"), "{health}");
    let mentions = world.vahti("mentions --limit 0 --copies --format json").json();
    assert_eq!(mentions.as_array().unwrap().len(), 1);
    let world = World::new(&config(&site, "[\"xx\"]"));
    let probed = world.vahti("check --probe");
    assert_ne!(probed.code, Some(0));
    assert!(format!("{}{}", probed.out, probed.err).contains("country `xx`"), "{probed:?}");
}

#[test]
fn a_day_without_reviews_forgets_nothing_and_a_review_that_changes_is_an_edit() {
    static POLL: AtomicUsize = AtomicUsize::new(0);
    let site = StandIn::start(|asked| match POLL.load(Ordering::SeqCst) {
        0 => play(asked, ""),
        1 => json(200, r#"{"feed":{"id":{"label":"https://itunes.apple.com/"}}}"#),
        _ => play(asked, ", still"),
    });
    let world = World::new(&config(&site, "[\"fi\"]"));
    let texts = || {
        let mentions = world.vahti("mentions --limit 0 --copies --format json").json();
        let texts =
            mentions.as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned());
        texts.collect::<Vec<String>>()
    };
    world.vahti("poll").ok();
    let before = texts().len();
    assert_eq!(before, usize::try_from(REVIEWS).unwrap());
    for poll in 1..=2 {
        POLL.store(poll, Ordering::SeqCst);
        world.vahti("poll").ok();
    }
    let after = texts();
    assert_eq!(after.len(), before);
    assert!(after.contains(&"It crashes 0, still".to_owned()), "{after:?}");
    // Only what may have come late is looked at again.
    assert!(site.seen().len() <= 3 + 1 + 2, "{}", site.seen().len());
}
