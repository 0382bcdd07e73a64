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
use vahti::source::{Cursor, Refusal, Source, Visit};
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
    let is_read_twice = about & 0x40 != 0;
    let about = ABOUT[usize::from(about & 0x3f) % ABOUT.len()];
    let content_type = TYPES[usize::from(place) / PLACES.len() % TYPES.len()];
    let place = PLACES[usize::from(place) % PLACES.len()];
    let Ok(place) = Url::parse(place) else { return };
    let poll = Poll { place: Location::Web(place), content_type, body };
    let visit = Visit { cursor, now: now() };
    told(|| if is_read_twice { poll.twice(about, &visit) } else { poll.walk(about, visit) });
});

/// What every request is answered with.
struct Poll<'a> {
    place: Location,
    content_type: &'a str,
    body: &'a [u8],
}

impl Poll<'_> {
    fn forum(&self) -> Forum {
        Forum {
            name: SourceName("forum".into()),
            location: self.place.clone(),
            address: None,
            allow_private: None,
            engine: None,
            selectors: Selectors::default(),
            zone: Tz::Europe__Helsinki,
        }
    }

    fn reply(&self, place: &Location, about: &str) -> Reply {
        Reply {
            content_type: Some(self.content_type.to_owned()).filter(|told| !told.is_empty()),
            about: about.to_owned(),
            ..Reply::of(place.clone(), self.body.to_vec())
        }
    }

    fn twice(&self, about: &str, visit: &Visit) {
        let (forum, reply) = (self.forum(), self.reply(&self.place, about));
        assert_eq!(
            forum.read(&reply, visit),
            forum.read(&reply, visit),
            "read again it is another"
        );
    }

    /// Reads a page and what it leads to, with the cursor that each gives.
    fn walk(&self, about: &str, mut visit: Visit) {
        let forum = self.forum();
        forum.open(&visit);
        let Ok(first) = forum.read(&self.reply(&self.place, about), &visit) else { return };
        check_posts(&first.posts);
        visit.cursor = first.cursor.unwrap_or(visit.cursor);
        for request in first.next.iter().take(ANSWERED) {
            if let Ok(page) = forum.read(&self.reply(&request.location, &request.about), &visit) {
                check_posts(&page.posts);
                visit.cursor = page.cursor.unwrap_or(visit.cursor);
            }
            forum.refused(request, &Refusal { status: 404, reply: None }, &visit);
        }
        forum.unchanged(&visit);
        forum.open(&visit);
    }
}
