//! The feed as a feed reader sees it.

use super::*;
use crate::text::html;

fn mention(id: &str, title: Option<&str>, text: &str) -> MentionView {
    serde_json::from_value(serde_json::json!({
        "id": id, "brand": "Acme & Co", "source": "news", "kind": "feed", "url": "https://n.example/?a=1&b=2",
        "title": title, "text": text, "author": {"name": null, "handle": "maija", "url": null, "followers": null},
        "published": "2026-11-20T08:00:00Z", "seen": "2026-11-21T08:00:00Z", "language": "fi",
        "matches": [{"keyword": "Acme", "in": "text", "start": 0, "end": 4, "form": "Acme"}],
        "sentiment": {"label": "negative", "score": -0.9, "confidence": 0.9}, "complaint": null,
        "priority": "high", "review": false, "own": false, "story": id, "copies": 1, "ticket": null, "why": [],
        "mark": null, "muted": false, "parent": null, "thread": null, "rating": null, "engagement": null,
        "edited": null, "versions": [], "deleted": false, "praise": null, "suggested_thanks": null
    }))
    .unwrap()
}

#[test]
fn an_entry_says_who_what_where_when_and_how() {
    let mention = mention("m1", Some("1 < 2"), "Acme is <slow>.\u{0} & bad");
    let feed = feed(
        &Feed { query: "a b", address: Some("http://l/feed.atom?q=a+b"), authority: None },
        &[mention],
    );
    for part in [
        "<id>tag:vahti,2026:feed?a+b</id>",
        "<title>vahti: a b</title>",
        "<updated>2026-11-21T08:00:00Z</updated>",
        "href=\"http://l/feed.atom?q=a+b\"/>",
        "<entry xml:lang=\"fi\">",
        "<id>tag:vahti,2026:mention/m1</id>",
        "<title>1 &lt; 2</title>",
        "<updated>2026-11-20T08:00:00Z</updated>",
        "<author><name>@maija</name></author>",
        "href=\"https://n.example/?a=1&amp;b=2\"/>",
        "<category scheme=\"tag:vahti,2026:sentiment\" term=\"negative\"/>",
        "<category scheme=\"tag:vahti,2026:brand\" term=\"Acme &amp; Co\"/>",
        "&lt;b&gt;Acme&lt;/b&gt; is &amp;lt;slow&amp;gt;. &amp;amp; bad",
    ] {
        assert!(feed.contains(part), "no {part} in {feed}");
    }
    let parsed = feed_rs::parser::parse(feed.as_bytes()).unwrap();
    let summary = parsed.entries[0].summary.as_ref().unwrap();
    assert_eq!(html::plain(&summary.content), "Acme is <slow>. & bad");
}

#[test]
fn what_has_no_title_or_link_is_told_by_its_words() {
    let without = MentionView { url: None, ..mention("m1", None, "Acme is slow") };
    let feed = feed(&Feed::default(), &[without]);
    assert!(feed.contains("<title>Acme is slow</title>"), "{feed}");
    assert!(feed.contains("<content type=\"text\">Acme is slow</content>"), "{feed}");
}

#[test]
fn noise_and_what_is_gone_are_left_out() {
    let muted = MentionView { muted: true, ..mention("m1", None, "Acme") };
    let deleted = MentionView { deleted: true, ..mention("m2", None, "") };
    assert!(!feed(&Feed::default(), &[muted, deleted]).contains("<entry"));
}

#[test]
fn nothing_is_a_feed_as_well() {
    let parsed = feed_rs::parser::parse(feed(&Feed::default(), &[]).as_bytes()).unwrap();
    assert_eq!((parsed.id.as_str(), parsed.entries.len()), ("tag:vahti,2026:feed", 0));
}
