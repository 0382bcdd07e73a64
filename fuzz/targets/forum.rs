//! Pages and APIs of forums: read or refused in time, twice the same, and the walk over what they
//! lead to goes on with whatever cursor.
#![no_main]

use chrono_tz::Tz;
use libfuzzer_sys::fuzz_target;
use url::Url;
use vahti::fetch::{Location, Reply};
use vahti::post::SourceName;
use vahti::source::forum::Forum;
use vahti::source::forum::preset::Selectors;
use vahti::source::{Cursor, Source, Visit};
use vahti_fuzz::{check_posts, choices, let_panics_be_caught, now, told};

const PLACES: [&str; 6] = [
    "https://example.com/",
    "https://example.com/viewtopic.php?f=2&t=5",
    "https://example.com/threads/words.5/page-2",
    "https://example.com/t/words/5/3",
    "https://example.com/forum/index.php?topic=5.20",
    "https://example.com/latest.json",
];
const TYPES: [&str; 5] = [
    "text/html; charset=utf-8",
    "application/json",
    "application/rss+xml",
    "text/html; charset=iso-8859-9",
    "",
];
const ABOUT: [&str; 5] = ["", "api", "list 2", "topic 5", "topic words"];
/// How many of the requests that a page asks for are answered, by the same page.
const ANSWERED: usize = 2;

fuzz_target!(init: let_panics_be_caught(), |data: &[u8]| {
    let Some(([place, about], mut body)) = choices(data) else { return };
    let mut cursor = Cursor::default();
    if about & 0x80 != 0 && let Some(end) = body.iter().position(|b| *b == b'\n') {
        let (line, behind) = body.split_at(end);
        cursor = Cursor(String::from_utf8_lossy(line).into_owned());
        body = behind;
    }
    let about = ABOUT[usize::from(about & 0x7f) % ABOUT.len()];
    let content_type = TYPES[usize::from(place) / PLACES.len() % TYPES.len()];
    let place = PLACES[usize::from(place) % PLACES.len()];
    told(|| walk(place, content_type, about, cursor, body));
});

fn walk(place: &str, content_type: &str, about: &str, cursor: Cursor, body: &[u8]) {
    let Ok(place) = Url::parse(place) else { return };
    let location = Location::Web(place);
    let forum = Forum {
        name: SourceName("forum".into()),
        location: location.clone(),
        address: None,
        allow_private: None,
        engine: None,
        selectors: Selectors::default(),
        zone: Tz::Europe__Helsinki,
    };
    let reply = |location: &Location, about: &str| Reply {
        content_type: Some(content_type.to_owned()).filter(|told| !told.is_empty()),
        about: about.to_owned(),
        ..Reply::of(location.clone(), body.to_vec())
    };
    let mut visit = Visit { cursor, now: now() };
    forum.open(&visit);
    let first = forum.read(&reply(&location, about), &visit);
    assert_eq!(forum.read(&reply(&location, about), &visit), first, "read again it is another");
    let Ok(first) = first else { return };
    check_posts(&first.posts);
    for request in first.next.iter().take(ANSWERED) {
        visit.cursor = first.cursor.clone().unwrap_or(visit.cursor);
        if let Ok(page) = forum.read(&reply(&request.location, &request.about), &visit) {
            check_posts(&page.posts);
            visit.cursor = page.cursor.unwrap_or(visit.cursor);
        }
        forum.refused(request, 404, &visit);
    }
    forum.unchanged(&visit);
}
