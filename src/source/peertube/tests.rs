//! Answers of the search, and how a walk over them goes.

use super::*;
use crate::source::Cursor;
use crate::source::testing::{answered, lines, reply, saved, source, visit};

#[test]
fn videos_are_read_with_all_that_the_search_tells() {
    let source = source(Kind::PeerTube, &[], &["Acme"]);
    let page = answered(
        source.as_ref(),
        &source.open(&visit("")),
        &reply("peertube/search.json"),
        &visit(""),
    );
    assert_eq!(
        lines(&page),
        "3f2a7b1c-0000-4000-8000-000000000001 | title=Acme kahvinkeitin: kaksi vuotta myöhemmin | \
         text=Kesti kaksi vuotta. | url=https://video.example/videos/watch/3f2a7b1c | name=Kotitesti | \
         handle=kotitesti@video.example | at=https://video.example/accounts/kotitesti | followers=12 | \
         published=2026-11-20T09:00:00+00:00 | edited=2026-11-21T09:00:00+00:00 | language=fi | likes=4 | \
         replies=2 | views=120\n\
         3f2a7b1c-0000-4000-8000-000000000002 | title=Unboxing Acme | \
         url=https://tube.example/videos/watch/2 | published=2026-11-19T09:00:00+00:00\n\
         left out 1"
    );
    assert_eq!(
        page.cursor,
        Some(Cursor(r#"{"Acme":{"since":"2026-11-20T09:00:00.000Z"}}"#.into()))
    );
}

#[test]
fn a_full_page_leads_to_the_next_and_a_cut_poll_is_taken_up_there() {
    let source = source(Kind::PeerTube, &[], &["Acme"]);
    let video = r#"{"uuid":"1","name":"Acme","publishedAt":"2026-11-20T09:00:00.000Z"}"#;
    let body = format!("{{\"total\":150,\"data\":[{}]}}", vec![video; 100].join(","));
    let page = answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(source.open(&visit(&cut_off)), page.next[0]);
    let last = answered(source.as_ref(), &page.next[0], "{\"data\":[]}", &visit(&cut_off));
    assert!(last.next.is_empty());
    assert_eq!(
        last.cursor,
        Some(Cursor(r#"{"Acme":{"since":"2026-11-20T09:00:00.000Z"}}"#.into()))
    );
}

#[test]
fn a_video_of_tomorrow_does_not_hide_those_of_today() {
    let source = source(Kind::PeerTube, &[], &["Acme"]);
    let body = r#"{"data":[{"uuid":"1","name":"Acme","publishedAt":"2099-01-01T00:00:00.000Z"}]}"#;
    let page = answered(source.as_ref(), &source.open(&visit("")), body, &visit(""));
    let cursor = r#"{"Acme":{"since":"2026-11-22T12:00:00.000Z"}}"#;
    assert_eq!(page.cursor, Some(Cursor(cursor.into())));
    // Nor does a cursor that was written so.
    for since in ["2099-01-01T00:00:00.000Z", "+262142-12-31T23:59:59Z", "-262143-01-01T00:00:00Z"]
    {
        let wrong = format!(r#"{{"Acme":{{"since":"{since}","next":"18446744073709551615"}}}}"#);
        let request = source.open(&visit(&wrong));
        assert_eq!(request, source.open(&visit("")), "{since}");
        answered(source.as_ref(), &request, body, &visit(&wrong));
    }
}

#[test]
fn without_a_word_to_search_for_the_whole_site_is_not_read() {
    let source = source(Kind::PeerTube, &[], &["site:acme.example"]);
    let request = source.open(&visit(""));
    let page = answered(source.as_ref(), &request, &reply("peertube/search.json"), &visit(""));
    assert_eq!((page.posts.len(), page.next.len(), page.cursor), (0, 0, None));
    assert!(page.trouble.unwrap().contains("no keyword names a word"));
}

#[test]
fn what_is_no_list_of_videos_says_what_the_server_said() {
    let source = source(Kind::PeerTube, &[], &["Acme"]);
    let refused = saved(
        source.as_ref(),
        br#"{"status":400,"detail":"Incorrect request parameters: startDate"}"#,
    );
    assert_eq!(refused.unwrap_err(), "Incorrect request parameters: startDate");
}
