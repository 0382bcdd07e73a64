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
fn what_is_no_list_of_videos_says_what_the_server_said() {
    let source = source(Kind::PeerTube, &[], &["Acme"]);
    let refused = saved(
        source.as_ref(),
        br#"{"status":400,"detail":"Incorrect request parameters: startDate"}"#,
    );
    assert_eq!(refused.unwrap_err(), "Incorrect request parameters: startDate");
}
