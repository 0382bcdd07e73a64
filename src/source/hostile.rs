//! Whatever a site answers, no source breaks, asks elsewhere, or passes on what a terminal would obey.

use super::testing::{source, visit};
use super::{Cursor, Kind, Refusal, Source, Verdict, Visit};
use crate::fetch::{Location, Reply, Request};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::path::Path;

/// Names of members that sites use, so that made-up answers get somewhere.
const NAMES: [&str; 60] = [
    "data",
    "items",
    "id",
    "text",
    "title",
    "hits",
    "posts",
    "comments",
    "children",
    "kind",
    "name",
    "body",
    "author",
    "user",
    "account",
    "content",
    "url",
    "uri",
    "created_at",
    "created_time",
    "published",
    "updated",
    "next",
    "cursor",
    "after",
    "paging",
    "cursors",
    "meta",
    "next_token",
    "newest_id",
    "statuses",
    "record",
    "result",
    "message",
    "chat",
    "update_id",
    "date",
    "reviews",
    "reviewId",
    "stars",
    "rating",
    "starRating",
    "feed",
    "entry",
    "label",
    "im:rating",
    "snippet",
    "videoId",
    "error",
    "errors",
    "code",
    "error_id",
    "backoff",
    "has_more",
    "post",
    "creator",
    "ap_id",
    "from",
    "latest_posts",
    "more_topics_url",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::from("\u{1b}[31m\u{202e}x\u{0}")),
        Just(Value::from("https://evil.example/\u{0}?a=b#c")),
        Just(Value::from("2026-11-22T12:00:00Z")),
        Just(Value::from("2262-04-12T00:00:00+99:99")),
        Just(Value::from(i64::MAX)),
        Just(Value::from("")),
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        let name = proptest::sample::select(&NAMES[..]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..8).prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect::<Map<_, _>>())
            }),
        ]
    })
}

/// The project's own replies, by kind.
fn replies(kind: Kind) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replies").join(kind.word());
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    paths.map(|path| std::fs::read(path).unwrap()).collect()
}

/// Swaps one value within an answer for another.
fn swapped(value: &mut Value, at: &mut usize, other: &Value) {
    if *at == 0 {
        *value = other.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| swapped(item, at, other)),
        Value::Object(members) => {
            members.values_mut().for_each(|item| swapped(item, at, other));
        }
        _ => {}
    }
}

fn host(request: &Request) -> Option<String> {
    request.location.host()
}

/// Has `source` read `body` as the answer to each of its requests and to none, and looks at what it
/// makes of it.
fn tried(source: &dyn Source, body: &[u8], visit: &Visit) {
    let mut requests = vec![source.open(visit)];
    requests.extend(source.also(visit));
    requests.extend(source.recheck(&["1".into(), "t3_x".into(), "\u{0}".into()], visit));
    let own: Vec<_> = requests.iter().filter_map(host).collect();
    let saved = Reply::of(Location::File("saved".into()), body.to_vec());
    let about = requests.iter().map(|request| {
        let mut reply = Reply::of(request.location.clone(), body.to_vec());
        reply.about.clone_from(&request.about);
        (request.clone(), reply)
    });
    let about: Vec<_> = about.collect();
    source.read(&saved, visit).ok();
    for (request, reply) in &about {
        let mut pages: Vec<_> = source.read(reply, visit).into_iter().collect();
        for status in [400, 401, 403, 404, 410, 422, 429, 500, 503] {
            let refusal = Refusal { status, reply: Some(reply) };
            if let Verdict::Instead(page) = source.refused(request, &refusal, visit) {
                pages.push(*page);
            }
        }
        for page in pages {
            for next in &page.next {
                let is_own = host(next).is_none_or(|host| own.contains(&host));
                assert!(is_own, "it would ask {:?}", next.location);
            }
            if let Some(Cursor(cursor)) = &page.cursor {
                assert!(cursor.len() < 256 * 1024, "a cursor of {} bytes", cursor.len());
            }
            for post in &page.posts {
                let shown = [Some(&post.text), post.title.as_ref(), post.author.name.as_ref()];
                for text in shown.into_iter().flatten() {
                    let odd = |c: char| c.is_control() && c != '\n' && c != '\t';
                    assert!(!text.contains(odd), "{text:?}");
                }
                if let Some(url) = &post.url {
                    assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
                }
                assert!(post.rating.is_none_or(|stars| (1..=5).contains(&stars)));
            }
        }
    }
}

fn all() -> Vec<(Kind, Box<dyn Source>)> {
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.site().is_some());
    let kinds = kinds.filter(|kind| matches!(kind, Kind::HackerNews | Kind::PeerTube));
    kinds.map(|kind| (kind, source(kind, &[], &["Acme", "\"Acme Pay\"", "#acme"]))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn made_up_answers_break_nothing(value in any_value(), cursor in "\\PC{0,20}") {
        for (_, source) in all() {
            tried(source.as_ref(), value.to_string().as_bytes(), &visit(&cursor));
        }
    }

    #[test]
    fn answers_with_one_thing_amiss_break_nothing(other in any_value(), at in 0_usize..400) {
        for (kind, source) in all() {
            for body in replies(kind) {
                let Ok(mut value) = serde_json::from_slice::<Value>(&body) else { continue };
                swapped(&mut value, &mut { at }, &other);
                tried(source.as_ref(), value.to_string().as_bytes(), &visit(""));
            }
        }
    }

    #[test]
    fn answers_that_are_cut_off_break_nothing(share in 0.0_f64..1.0) {
        for (kind, source) in all() {
            for body in replies(kind) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss,
                    clippy::cast_precision_loss, reason = "a share of a length is a length")]
                let end = (body.len() as f64 * share) as usize;
                tried(source.as_ref(), body.get(..end).unwrap(), &visit(""));
            }
        }
    }
}
