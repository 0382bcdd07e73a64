//! Feeds, whatever they claim to be: read or refused in time, twice the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use url::Url;
use vahti::fetch::{Location, Reply};
use vahti::post::SourceName;
use vahti::source::feed::Feed;
use vahti::source::{Cursor, Source, Visit};
use vahti_fuzz::{check_posts, choices, let_panics_be_caught, now, told};

const TYPES: [Option<&str>; 12] = [
    None,
    Some("application/rss+xml"),
    Some("application/atom+xml; charset=utf-8"),
    Some("application/feed+json"),
    Some("text/html; charset=windows-1254"),
    Some("text/xml; charset=iso-8859-1"),
    Some("text/xml; charset=utf-16le"),
    Some("text/xml; charset=\"utf-16\""),
    Some("text/xml; charset=shift_jis"),
    Some("text/xml; charset=utf-7"),
    Some("application/xml;charset=gb18030;charset="),
    Some("nonsense"),
];
const PLACES: [&str; 3] = [
    "https://example.com/blog/feed.xml",
    "https://www.google.com/alerts/feeds/1/2",
    "https://www.example.fi/foorumi/",
];

fuzz_target!(init: let_panics_be_caught(), |data: &[u8]| {
    let Some(([choice], body)) = choices(data) else { return };
    let content_type = TYPES[usize::from(choice) % TYPES.len()];
    let place = PLACES[usize::from(choice) / TYPES.len() % PLACES.len()];
    told(|| {
        let Ok(place) = Url::parse(place) else { return };
        let location = Location::Web(place);
        let name = SourceName("feed".into());
        let feed = Feed { name, location: location.clone(), allow_private: None };
        let content_type = content_type.map(str::to_owned);
        let reply = Reply { content_type, ..Reply::of(location, body.to_vec()) };
        let visit = Visit { cursor: Cursor::default(), now: now() };
        let first = feed.read(&reply, &visit);
        assert_eq!(feed.read(&reply, &visit), first, "read again it is another");
        if let Ok(page) = &first {
            check_posts(&page.posts);
        }
    });
});
