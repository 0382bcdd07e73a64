//! What `YouTube` refuses, and what is done then.

use super::*;
use crate::source::testing::refused;

fn error(reason: &str, message: &str) -> String {
    format!(
        r#"{{"error":{{"code":403,"message":"{message}","errors":[{{"message":"{message}","reason":"{reason}"}}]}}}}"#
    )
}

fn search() -> Request {
    tried(&[], &["Acme"]).open(&visit(""))
}

#[test]
fn a_spent_quota_is_waited_for_until_midnight_in_california() {
    let source = tried(&[], &["Acme"]);
    let midnight: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
    for (status, body) in [
        (403, error("quotaExceeded", "no more")),
        (403, error("dailyLimitExceeded", "no more")),
        (429, error("rateLimitExceeded", "Quota exceeded for 'Search Queries per day'")),
    ] {
        let comments = Request::api(Url::parse(SITE.host).unwrap()).about("comments film1");
        match refused(source.as_ref(), &comments, (status, &body), &visit("")) {
            Verdict::Wait(until, why) => {
                assert_eq!(until, midnight, "{body}");
                assert!(why.contains("quota of this `key` is used up"), "{why}");
            }
            other => panic!("{body}: {other:?}"),
        }
        // Searches are counted by themselves.
        let cursor = r#"{"searches":{"Acme":{"next":"two","pages":1}},
            "videos":[{"id":"film1","found":1795348000}]}"#;
        match refused(source.as_ref(), &search(), (status, &body), &visit(cursor)) {
            Verdict::Instead(page) => {
                let Cursor(cursor) = page.cursor.unwrap();
                assert!(page.trouble.unwrap().contains("searches of this `key` are used up"));
                assert_eq!(source.open(&visit(&cursor)).about, "comments film1");
                assert_eq!(source.also(&visit(&cursor)), []);
                let tomorrow = Visit { cursor: Cursor(cursor), now: midnight };
                assert_eq!(source.open(&tomorrow).about, "search Acme");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    let often = error("userRateLimitExceeded", "slowly");
    let until = "2026-11-22T12:15:00Z".parse().unwrap();
    let verdict = refused(source.as_ref(), &search(), (403, &often), &visit(""));
    assert_eq!(verdict, Verdict::Wait(until, "YouTube was asked too often".into()));
}

#[test]
fn a_key_that_does_not_open_is_said_with_a_remedy() {
    let source = tried(&[], &["Acme"]);
    let detail = r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.",
        "status":"INVALID_ARGUMENT","errors":[{"reason":"badRequest"}],
        "details":[{"reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#;
    for (status, body, expected) in [
        (400, error("keyInvalid", "Bad Request"), "does not accept `key`"),
        (400, detail.to_owned(), "does not accept `key`"),
        (403, error("accessNotConfigured", "off"), "enable `YouTube Data API v3`"),
        (403, error("ipRefererBlocked", "off"), "`key` is restricted"),
        (403, error("API_KEY_SERVICE_BLOCKED", "off"), "`key` is restricted"),
        (403, error("forbidden", "no"), "refuses the search `Acme`: no"),
        (400, error("invalidSearchFilter", "odd"), "refuses the search `Acme`: odd"),
    ] {
        match refused(source.as_ref(), &search(), (status, &body), &visit("")) {
            Verdict::Stop(why) => assert!(why.contains(expected), "{body}: {why}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    assert_eq!(refused(source.as_ref(), &search(), (503, "busy"), &visit("")), Verdict::AsItSays);
    let busy = error("SERVICE_UNAVAILABLE", "The caller does not have permission");
    assert_eq!(refused(source.as_ref(), &search(), (403, &busy), &visit("")), Verdict::AsItSays);
}

#[track_caller]
fn instead(
    source: &dyn Source,
    about: &str,
    (status, reason): (u16, &str),
    cursor: &str,
) -> (Page, Memory) {
    let request = Request::api(Url::parse(SITE.host).unwrap()).about(about);
    match refused(source, &request, (status, &error(reason, "no")), &visit(cursor)) {
        Verdict::Instead(page) => {
            let memory = Memory::of(page.cursor.as_ref().unwrap(), visit("").now);
            (*page, memory)
        }
        other => panic!("{about} {reason}: {other:?}"),
    }
}

#[test]
fn a_video_whose_comments_are_off_is_not_asked_again() {
    let source = tried(&[], &["Acme"]);
    let cursor = r#"{"videos":[{"id":"film1","found":1795348000,"walk":{"since":5,"newest":9,"next":"x"}}]}"#;
    let (page, memory) =
        instead(source.as_ref(), "comments film1", (403, "commentsDisabled"), cursor);
    assert_eq!((page.posts.len(), page.trouble, memory.videos.len()), (0, None, 0));
    let (page, memory) = instead(source.as_ref(), "comments film1", (404, "videoNotFound"), cursor);
    assert_eq!((lines(&page).as_str(), memory.videos.len()), ("film1 is gone", 0));
    let (page, _) = instead(source.as_ref(), "comments film1", (404, "notFound"), cursor);
    assert_eq!(page.posts, [], "that is not said of the video");
    let request = Request::api(Url::parse(SITE.host).unwrap()).about("comments film1");
    let verdict = refused(source.as_ref(), &request, (404, "<h1>Not Found</h1>"), &visit(cursor));
    assert_eq!(verdict, Verdict::AsItSays);
    for broken in [(400, "processingFailure"), (403, "SERVICE_UNAVAILABLE")] {
        let (_, memory) = instead(source.as_ref(), "comments film1", broken, cursor);
        let walk = &memory.videos[0].walk;
        assert_eq!((walk.since, walk.newest, &walk.next), (Some(5), None, &None), "begins anew");
        assert!(walk.due.is_some(), "later");
    }
}

#[test]
fn one_thing_that_is_refused_does_not_keep_the_rest_from_being_read() {
    let both = tried(&[channel()], &["Acme"]);
    let (page, memory) = instead(both.as_ref(), "own", (404, "channelNotFound"), "");
    assert_eq!(
        page.trouble.as_deref(),
        Some("YouTube does not show the comments of `channel`: no")
    );
    assert!(!memory.own.is_due(visit("").now));
    let (page, memory) = instead(both.as_ref(), "search Acme", (400, "invalidSearchFilter"), "");
    assert_eq!(page.trouble.as_deref(), Some("YouTube refuses the search `Acme`: no"));
    assert!(!memory.searches["Acme"].is_due(visit("").now));
    let cursor = r#"{"searches":{"Acme":{"since":5,"newest":9,"next":"x"}},"found":["film1"],
        "pending":[{"id":"UgA","video":"film1","replies":7}]}"#;
    let (page, memory) = instead(both.as_ref(), "search Acme", (400, "invalidPageToken"), cursor);
    assert_eq!(
        (page.trouble, memory.searches["Acme"].since, &memory.searches["Acme"].next),
        (None, Some(5), &None)
    );
    let (page, memory) = instead(both.as_ref(), "replies UgA", (404, "commentNotFound"), cursor);
    assert_eq!((lines(&page).as_str(), memory.pending.len()), ("UgA is gone", 0));
    let (_, memory) = instead(both.as_ref(), "videos film1", (404, "videoNotFound"), cursor);
    assert_eq!(memory.found.len(), 0);
    let alone = tried(&[channel(), ("search", Told::Flag(false))], &[]);
    let verdict = refused(
        alone.as_ref(),
        &alone.open(&visit("")),
        (403, &error("forbidden", "no")),
        &visit(""),
    );
    assert!(matches!(verdict, Verdict::Stop(_)), "{verdict:?}");
}
