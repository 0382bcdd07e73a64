//! A feed that breaks off: no entry that was whole before the cut is lost, or becomes another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use url::Url;
use vahti::fetch::{Location, Reply};
use vahti::post::{Post, SourceName};
use vahti::source::feed::Feed;
use vahti::source::{Cursor, Source, Visit};
use vahti_fuzz::{choices, let_panics_be_caught, now, told};

/// What an entry says, as far as it does not depend on what stands around it.
fn read(body: &[u8]) -> Vec<Post> {
    let Ok(place) = Url::parse("https://example.com/blog/feed.xml") else { return Vec::new() };
    let location = Location::Web(place);
    let feed =
        Feed { name: SourceName("feed".into()), location: location.clone(), allow_private: None };
    // The encoding is told, so that it is not guessed from a part.
    let content_type = Some("application/xml; charset=utf-8".to_owned());
    let reply = Reply { content_type, ..Reply::of(location, body.to_vec()) };
    let visit = Visit { cursor: Cursor::default(), now: now() };
    feed.read(&reply, &visit).map(|page| page.posts).unwrap_or_default()
}

/// Tells whether every comment and CDATA section ends before its entry does. What never ends is given
/// up where the entry ends, if no end comes later in the document: then a cut may change all.
fn is_closed(text: &str) -> bool {
    text.split("<!").skip(1).all(|section| {
        let inner = match section.strip_prefix("--") {
            Some(comment) => comment.split_once("-->"),
            None => section.strip_prefix("[CDATA[").and_then(|data| data.split_once("]]>")),
        };
        inner.is_some_and(|(inner, _)| !inner.contains('<') || !inner.contains("</"))
    })
}

fuzz_target!(init: let_panics_be_caught(), |data: &[u8]| {
    let Some((cut, body)) = choices(data) else { return };
    let Ok(text) = std::str::from_utf8(body) else { return };
    // Only documents that begin as feeds do: anything may be made of the rest.
    if !["<rss", "<feed", "<?xml", "<rdf", "<!--"].iter().any(|start| text.starts_with(start)) {
        return;
    }
    if !is_closed(text) {
        return;
    }
    let cut = usize::from(u16::from_le_bytes(cut)) % (body.len() + 1);
    let (part, _) = text.split_at(text.floor_char_boundary(cut));
    told(|| {
        let (whole, part) = (read(body), read(part.as_bytes()));
        // The entry that the cut went through may differ.
        let kept = part.len().saturating_sub(1);
        assert!(kept <= whole.len(), "{} entries of {}", part.len(), whole.len());
        for (one, other) in part.iter().take(kept).zip(&whole) {
            let told = |post: &Post| (post.id.clone(), post.title.clone(), post.text.clone());
            assert_eq!(told(one), told(other), "another entry");
        }
    });
});
