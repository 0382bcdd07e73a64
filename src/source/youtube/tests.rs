//! Answers of `YouTube`, and how polls go over searches, videos and comments.

use super::*;
use crate::fetch::{Location, Secret};
use crate::source::Cursor;
use crate::source::site::Told;
use crate::source::testing::{answered, lines, samples, saved, source, visit};

mod refused;

fn tried(more: &[(&'static str, Told)], keywords: &[&str]) -> Box<dyn Source> {
    let mut told = vec![("key", Told::Secret(Secret::from("s3cr3t")))];
    told.extend_from_slice(more);
    source(Kind::YouTube, &told, keywords)
}

fn channel() -> (&'static str, Told) {
    ("channel", Told::Text("UCacme".into()))
}

#[track_caller]
fn asked(request: &Request, name: &str) -> Option<String> {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Reads an answer to a request at this cursor, and returns the page and the cursor behind it.
#[track_caller]
fn step(source: &dyn Source, request: &Request, cursor: &str, body: &str) -> (Page, String) {
    let page = answered(source, request, body, &visit(cursor));
    let Cursor(cursor) = page.cursor.clone().unwrap();
    assert!(cursor.len() < 20_000, "{}", cursor.len());
    (page, cursor)
}

fn abouts(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.about.as_str()).collect()
}

fn hit(id: &str, at: &str) -> String {
    format!(
        r#"{{"id":{{"kind":"youtube#video","videoId":"{id}"}},
            "snippet":{{"title":"Acme &amp; {id}","publishedAt":"{at}","channelId":"UCada"}}}}"#
    )
}

fn film(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","snippet":{{"title":"Acme & <{id}>","description":"All\nof it","channelId":"UCada",
            "channelTitle":"Ada","publishedAt":"2026-11-22T10:00:00Z","defaultAudioLanguage":"en-GB"}},
            "statistics":{{"viewCount":"9","likeCount":"5","commentCount":"3"}}}}"#
    )
}

fn said(id: &str, at: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","snippet":{{"textDisplay":"I <3 Acme & co","authorDisplayName":"@bob",
            "authorChannelId":{{"value":"UCbob"}},"authorChannelUrl":"http://www.youtube.com/@bob",
            "likeCount":2,"publishedAt":"{at}","updatedAt":"{at}"{more}}}}}"#
    )
}

fn thread(id: &str, at: &str, total: u64, replies: &[String]) -> String {
    format!(
        r#"{{"id":"{id}","snippet":{{"videoId":"film1","topLevelComment":{},"totalReplyCount":{total}}},
            "replies":{{"comments":[{}]}}}}"#,
        said(id, at, ""),
        replies.join(",")
    )
}

fn list(items: &[String], next: Option<&str>) -> String {
    let next = next.map_or(String::new(), |next| format!(r#""nextPageToken":"{next}","#));
    format!(r#"{{{next}"items":[{}]}}"#, items.join(","))
}

#[test]
fn a_search_only_tells_which_videos_there_are() {
    let source = tried(
        &[("region", Told::Text("FI".into())), ("language", Told::Text("fi".into()))],
        &["Acme", "\"Acme Pay\"", "#acme", "Acme refund"],
    );
    let first = source.open(&visit(""));
    assert_eq!(asked(&first, "q").as_deref(), Some("Acme|\"Acme Pay\"|#acme"));
    assert_eq!(abouts(&source.also(&visit(""))), ["search Acme refund"]);
    assert_eq!(asked(&first, "publishedAfter").as_deref(), Some("2026-11-15T00:00:00Z"));
    assert_eq!(asked(&first, "relevanceLanguage").as_deref(), Some("fi"));
    assert_eq!(asked(&first, "regionCode").as_deref(), Some("FI"));
    let Cost { budget, most } = first.cost.clone().unwrap();
    assert_eq!((budget.name, budget.most, most), ("search", 100, 1));
    let body = list(&[hit("film1", "2026-11-22T10:00:00Z")], Some("two"));
    let (page, cursor) = step(source.as_ref(), &first, "", &body);
    assert_eq!(page.posts, []);
    let search = "search Acme|\"Acme Pay\"|#acme";
    assert_eq!(abouts(&page.next), ["channels", "videos film1", search]);
    assert_eq!(page.next[0].cost.as_ref().unwrap().budget.name, "units");
    assert_eq!(asked(&page.next[2], "pageToken").as_deref(), Some("two"));
    // What was found and not asked for yet is asked for first, wherever the poll is cut off.
    assert_eq!(source.open(&visit(&cursor)).about, "videos film1");
    let subscribers = r#"{"items":[{"id":"UCada","statistics":{"subscriberCount":"1200"}},
        {"id":"UCbob","statistics":{"subscriberCount":"7","hiddenSubscriberCount":true}}]}"#;
    let (_, cursor) = step(source.as_ref(), &page.next[0], &cursor, subscribers);
    let (page, cursor) =
        step(source.as_ref(), &page.next[1], &cursor, &list(&[film("film1")], None));
    assert_eq!(
        lines(&page),
        "film1 | title=Acme & <film1> | text=All / of it | url=https://www.youtube.com/watch?v=film1 \
         | name=Ada | at=https://www.youtube.com/channel/UCada | followers=1200 | \
         published=2026-11-22T10:00:00+00:00 | language=en | thread=film1 | likes=5 | replies=3 | \
         views=9"
    );
    assert_eq!(abouts(&page.next), ["comments film1"]);
    assert!(!cursor.contains("followers") && !cursor.contains("\"found\":[\"film1"), "{cursor}");
}

#[test]
fn searches_are_waited_off_and_begin_with_some_overlap() {
    let source = tried(&[("comments", Told::Flag(false))], &["Acme"]);
    let mut cursor = String::new();
    for token in [Some("two"), Some("three")] {
        let request = source.open(&visit(&cursor));
        assert_eq!(request.about, "search Acme");
        let body = list(&[hit("film1", "2026-11-22T10:00:00Z")], token);
        (_, cursor) = step(source.as_ref(), &request, &cursor, &body);
        let body = list(&[film("film1")], None);
        (_, cursor) = step(source.as_ref(), &source.open(&visit(&cursor)), &cursor, &body);
    }
    // Two pages were asked for: no search for half an hour, but how the video does. Then the walk is
    // taken up.
    let at = |minutes: i64| Visit {
        cursor: Cursor(cursor.clone()),
        now: visit("").now + Duration::minutes(minutes),
    };
    assert_eq!(source.open(&at(31)).about, "videos film1");
    assert_eq!(source.also(&at(31)), []);
    let next = source.open(&at(32));
    assert_eq!(asked(&next, "pageToken").as_deref(), Some("three"));
    assert_eq!(asked(&next, "publishedAfter"), asked(&source.open(&visit("")), "publishedAfter"));
    let (_, cursor) = step(source.as_ref(), &next, &cursor, &list(&[], None));
    let at = Visit { cursor: Cursor(cursor), now: visit("").now + Duration::minutes(48) };
    let next = source.open(&at);
    assert_eq!(asked(&next, "publishedAfter").as_deref(), Some("2026-11-21T10:00:00Z"));
    assert_eq!(asked(&next, "pageToken"), None);
}

#[test]
fn with_nothing_to_look_at_no_search_is_spent() {
    let source = tried(&[], &["Acme"]);
    let (mut cursor, mut searches) = (String::new(), 0);
    for minute in (0..24 * 60).step_by(5) {
        let now = visit("").now + Duration::minutes(minute);
        let at = Visit { cursor: Cursor(cursor.clone()), now };
        for request in std::iter::once(source.open(&at)).chain(source.also(&at)) {
            let is_search = request.cost.as_ref().unwrap().budget.name == "search";
            searches += usize::from(is_search);
            assert_eq!(is_search, request.about == "search Acme", "{}", request.about);
            let page = answered(source.as_ref(), &request, &list(&[], None), &at);
            cursor = page.cursor.map_or(cursor, |Cursor(next)| next);
        }
    }
    assert_eq!(searches, 72, "every 20 minutes, the first poll behind 16");
}

#[test]
fn a_day_of_polls_every_minute_stays_within_what_google_gives() {
    let source = tried(&[channel()], &["Acme", "Acme refund", "Acme hyvitys"]);
    let (mut cursor, mut searches, mut units) = (String::new(), 0, 0);
    for minute in 0..24 * 60 {
        let now = visit("").now + Duration::minutes(minute);
        let at = |cursor: &str| Visit { cursor: Cursor(cursor.into()), now };
        let first = source.open(&at(&cursor));
        let mut queue: std::collections::VecDeque<Request> =
            std::iter::once(first).chain(source.also(&at(&cursor))).collect();
        for _ in 0..50 {
            let Some(request) = queue.pop_front() else { break };
            let is_search = request.cost.as_ref().unwrap().budget.name == "search";
            *(if is_search { &mut searches } else { &mut units }) += 1;
            let time = now.to_rfc3339();
            let body = match Asked::of(&request.about) {
                // There is always a further page, and a new video.
                Asked::Search(_) => {
                    let hits: Vec<String> =
                        (0..50).map(|n| hit(&format!("film{minute}-{n}"), &time)).collect();
                    list(&hits, Some(&format!("{minute}-{searches}")))
                }
                Asked::Videos(ids) => {
                    let films: Vec<String> = ids.iter().map(|id| film(id)).collect();
                    list(&films, None)
                }
                _ => list(&[], None),
            };
            let page = answered(source.as_ref(), &request, &body, &at(&cursor));
            queue.extend(page.next);
            let Some(Cursor(next)) = page.cursor else { continue };
            assert!(next.len() < 30_000, "{}", next.len());
            cursor = next;
        }
    }
    assert!((90..=100).contains(&searches), "{searches} searches");
    assert!(units <= 10_000, "{units} units");
}

#[test]
fn comments_and_replies_are_read_with_all_that_is_told() {
    let source = tried(&[], &["Acme"]);
    let cursor = r#"{"videos":[{"id":"film1","found":1795348000}]}"#;
    let request = source.also(&visit(cursor)).pop().unwrap();
    assert_eq!(
        (request.about.as_str(), asked(&request, "textFormat").as_deref()),
        ("comments film1", Some("plainText"))
    );
    assert_eq!(asked(&request, "order").as_deref(), Some("time"));
    let at = "2026-11-22T11:00:00Z";
    let reply = said("UgA.b", at, r#","parentId":"UgA""#);
    let old = thread("UgOld", "2026-01-01T00:00:00Z", 0, &[]);
    let body = list(&[thread("UgA", at, 5, &[reply]), old, "{}".into()], Some("two"));
    let (page, cursor) = step(source.as_ref(), &request, cursor, &body);
    let expected = |id: &str, parent: &str| {
        format!(
            "{id} | text=I <3 Acme & co | url=https://www.youtube.com/watch?v=film1&lc={id} | \
             name=bob | handle=bob | at=https://www.youtube.com/channel/UCbob | \
             published=2026-11-22T11:00:00+00:00 | parent={parent} | thread=film1 | likes=2"
        )
    };
    let first = format!("{} | replies=5", expected("UgA", "film1"));
    assert_eq!(lines(&page), format!("{first}\n{}\nleft out 1", expected("UgA.b", "UgA")));
    assert_eq!(abouts(&page.next), ["replies UgA"], "what is older than a week is not walked to");
    assert_eq!(asked(&page.next[0], "parentId").as_deref(), Some("UgA"));
    // Replies are asked for until they are all read, wherever a poll is cut off.
    let pending = |cursor: &str| {
        let all = std::iter::once(source.open(&visit(cursor))).chain(source.also(&visit(cursor)));
        all.filter(|request| request.about == "replies UgA").count()
    };
    assert_eq!(pending(&cursor), 1);
    let replies = list(&[said("UgA.c", at, "")], Some("more"));
    let (page2, cursor) = step(source.as_ref(), &page.next[0], &cursor, &replies);
    assert_eq!(lines(&page2), expected("UgA.c", "UgA"));
    assert_eq!(asked(&page2.next[0], "pageToken").as_deref(), Some("more"));
    assert_eq!(pending(&cursor), 1);
    let (page3, cursor) =
        step(source.as_ref(), &page2.next[0], &cursor, &list(&[said("UgA.d", at, "")], None));
    assert_eq!((page3.next.len(), pending(&cursor)), (0, 0));
    // Only where there are more of them are they asked for again.
    for (total, expected) in [(5, 0), (6, 1)] {
        let body = list(&[thread("UgA", at, total, &[])], None);
        let page = answered(source.as_ref(), &request, &body, &visit(&cursor));
        assert_eq!(page.next.len(), expected);
    }
}

#[test]
fn comments_are_walked_back_to_what_was_read() {
    let source = tried(&[], &["Acme"]);
    let cursor = r#"{"videos":[{"id":"film1","found":1795348000}]}"#;
    let request = source.also(&visit(cursor)).pop().unwrap();
    let body = |minute: u64, next| {
        list(
            &[thread(&format!("Ug{minute}"), &format!("2026-11-22T11:{minute}:00Z"), 0, &[])],
            next,
        )
    };
    let (page, cursor) = step(source.as_ref(), &request, cursor, &body(50, Some("two")));
    assert_eq!(asked(&page.next[0], "pageToken").as_deref(), Some("two"));
    // Broken off, it is taken up at the second page.
    let due = source.also(&visit(&cursor));
    assert_eq!(due.last(), Some(&page.next[0]));
    let (page, cursor) = step(source.as_ref(), &page.next[0], &cursor, &body(40, None));
    assert_eq!(page.next, []);
    assert!(!abouts(&source.also(&visit(&cursor))).contains(&"comments film1"), "not yet again");
    let later = Visit { cursor: Cursor(cursor.clone()), now: visit("").now + PAUSE };
    let again = source.also(&later).pop().unwrap();
    assert_eq!((again.about.as_str(), asked(&again, "pageToken")), ("comments film1", None));
    let (page, _) = step(source.as_ref(), &again, &cursor, &body(45, Some("three")));
    assert_eq!((page.posts.len(), page.next.len()), (1, 0), "older than what was read");
}

#[test]
fn whoever_comments_on_the_own_channel_speaks_to_the_brand() {
    let source = tried(&[("search", Told::Flag(false)), channel()], &["Acme"]);
    let request = source.open(&visit(""));
    assert_eq!(request.about, "own");
    assert_eq!(asked(&request, "allThreadsRelatedToChannelId").as_deref(), Some("UCacme"));
    let at = "2026-11-22T11:00:00Z";
    let ours = said("UgA.b", at, "").replace("UCbob", "UCacme");
    let body = list(&[thread("UgA", at, 3, &[ours])], None);
    let (page, cursor) = step(source.as_ref(), &request, "", &body);
    assert_eq!(page.posts.len(), 1, "what the channel answers is no mention");
    assert_eq!(page.posts[0].concerns, Concerns::Desk);
    let (page, cursor) =
        step(source.as_ref(), &page.next[0], &cursor, &list(&[said("UgA.c", at, "")], None));
    assert_eq!(page.posts[0].concerns, Concerns::Desk);
    assert_eq!(source.open(&visit(&cursor)).about, "own", "it is looked at every time");
    // A video of the own channel is not looked at twice.
    let source = tried(&[("channel", Told::Text("UCada".into()))], &["Acme"]);
    let request = &answered(
        source.as_ref(),
        &source.open(&visit("")),
        &list(&[hit("film1", at)], None),
        &visit(""),
    )
    .next[1];
    let (page, _) = step(source.as_ref(), request, "", &list(&[film("film1")], None));
    assert_eq!((page.posts.len(), page.next.len()), (1, 0));
}

#[test]
fn videos_are_remembered_for_two_weeks_and_no_more_than_fifty() {
    let source = tried(&[], &["Acme"]);
    let now = visit("").now.timestamp();
    let known: Vec<String> = (0..50)
        .map(|n| format!(r#"{{"id":"old{n}","found":{}}}"#, now - 15 * 86400 * i64::from(n % 2)))
        .collect();
    let mut cursor = format!(r#"{{"videos":[{}]}}"#, known.join(","));
    let films: Vec<String> = (0..40).map(|n| film(&format!("new{n}"))).collect();
    let request = Request::api(Url::parse(SITE.host).unwrap()).about("videos new1");
    (_, cursor) = step(source.as_ref(), &request, &cursor, &list(&films, None));
    let memory = Memory::of(&Cursor(cursor), visit("").now);
    assert_eq!(memory.videos.len(), 50);
    let count = |start: &str| memory.videos.iter().filter(|v| v.id.starts_with(start)).count();
    assert_eq!((count("new"), count("old")), (40, 10));
    // A video without comments says so by saying nothing of their number.
    let off = film("off").replace(r#","commentCount":"3""#, "");
    let (page, cursor) = step(source.as_ref(), &request, "", &list(&[off], None));
    assert_eq!((page.next.len(), cursor.contains("off")), (0, false));
}

#[test]
fn what_became_of_posts_is_asked_in_bulk() {
    let source = tried(&[], &["Acme"]);
    let ids: Vec<String> = (0..60)
        .map(|n| format!("film{n}"))
        .chain([
            "UgyWeTdgc4sc1xgmbld4AaABAg".into(),
            "Ugw5zYU6n9pmIgAZWvN4AaABAg.91zT3cYb5B2".into(),
        ])
        .collect();
    let requests = source.recheck(&ids, &visit(""));
    let paths: Vec<String> = requests.iter().map(|request| request.location.to_string()).collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    assert!(paths[2].contains("/youtube/v3/comments"), "{paths:?}");
    let page = answered(
        source.as_ref(),
        &requests[1],
        &list(&[film("film50"), film("film51")], None),
        &visit(""),
    );
    assert_eq!(page.cursor, None);
    let gone: Vec<&str> =
        page.posts.iter().filter(|p| p.is_gone).filter_map(|p| p.id.as_deref()).collect();
    assert_eq!((gone.len(), gone[0], page.posts.len()), (8, "film52", 10));
    // Where none came, and where more is to come, nothing is said of what is missing.
    for body in [list(&[], None), list(&[film("film50")], Some("more"))] {
        let page = answered(source.as_ref(), &requests[1], &body, &visit(""));
        assert!(page.posts.iter().all(|post| !post.is_gone), "{}", lines(&page));
    }
    let alone = source.recheck(&["film1".into()], &visit("")).pop().unwrap();
    let page = answered(source.as_ref(), &alone, &list(&[], None), &visit(""));
    assert_eq!(lines(&page), "film1 is gone");
    // A comment that does not say where it stands is there, and keeps the address that is known.
    let body = list(&[said("UgyWeTdgc4sc1xgmbld4AaABAg", "2026-11-22T11:00:00Z", "")], None);
    let page = answered(source.as_ref(), &requests[2], &body, &visit(""));
    assert_eq!(lines(&page), "Ugw5zYU6n9pmIgAZWvN4AaABAg.91zT3cYb5B2 is gone");
}

/// Of each recorded answer how many posts it holds, or what is said of it.
const RECORDED: [(&str, Result<usize, &str>); 15] = [
    ("channels_list.json", Ok(0)),
    ("commentThreads_allThreadsRelatedToChannelId.json", Ok(4)),
    ("commentThreads_searchTerms.json", Ok(1)),
    ("commentThreads_video_p1.json", Ok(5)),
    ("commentThreads_video_p2.json", Ok(5)),
    ("comments_by_parent_p1.json", Ok(2)),
    ("discovery.extract.json", Err("the answer holds no list")),
    (
        "error_403_commentsDisabled.json",
        Err("YouTube says: The video identified by the videoId parameter has disabled comments."),
    ),
    (
        "error_403_quotaExceeded.json",
        Err("YouTube says: The request cannot be completed because you have exceeded your quota."),
    ),
    ("error_permission.json", Err("YouTube says: The caller does not have permission")),
    ("error_response.json", Err("YouTube says: Bad Request")),
    ("search_list_live.json", Ok(25)),
    ("search_list_p1.json", Ok(25)),
    ("search_list_p2.json", Ok(25)),
    ("videos_list.json", Ok(2)),
];

#[test]
fn recorded_answers_are_read() {
    for (name, body) in samples("youtube", ".json") {
        let (_, expected) = RECORDED.iter().find(|(known, _)| *known == name).expect(&name);
        match (saved(tried(&[], &["Acme"]).as_ref(), &body), expected) {
            (Ok(page), Ok(all)) => {
                assert_eq!((page.posts.len(), page.skipped), (*all, 0), "{name}: {}", lines(&page));
                let is_whole = |post: &Post| post.published.is_some() && post.author.url.is_some();
                assert!(page.posts.iter().all(is_whole), "{name}: {}", lines(&page));
                assert!(!lines(&page).contains("&amp;"), "{name}: {}", lines(&page));
            }
            (Err(said), Err(expected)) => assert_eq!(said, *expected, "{name}"),
            (read, _) => panic!("{name}: {read:?}"),
        }
    }
}

#[test]
fn a_saved_answer_is_read_by_its_shape() {
    let source = tried(&[], &["Acme"]);
    let at = "2026-11-22T11:00:00Z";
    for (body, expected) in [
        (hit("film1", at), "film1 | title=Acme & film1"),
        (film("film1"), "film1 | title=Acme & <film1>"),
        (thread("UgA", at, 0, &[]), "UgA | text=I "),
        (said("UgA", at, r#","textOriginal":"Own <words>""#), "UgA | text=Own <words>"),
        (list(&[thread("UgA", at, 0, &[])], None), "UgA | text=I "),
    ] {
        let page = saved(source.as_ref(), body.as_bytes()).unwrap();
        assert!(lines(&page).starts_with(expected), "{}", lines(&page));
    }
}

#[test]
fn hostile_cursors_and_answers_are_no_harm() {
    let source = tried(&[channel()], &["Acme"]);
    for cursor in [
        "{",
        "[]",
        r#"{"searches":{"Acme":{"since":-8334601228800,"next":"x"}}}"#,
        r#"{"searches":{"Acme":{"since":9223372036854775807,"due":9223372036854775807}}}"#,
        r#"{"videos":[{"id":"a&b=c","found":9223372036854775807}],"found":["../x"]}"#,
    ] {
        let requests =
            std::iter::once(source.open(&visit(cursor))).chain(source.also(&visit(cursor)));
        for request in requests {
            let body = list(&[hit("film1", "9999-12-31T23:59:59Z")], Some("x"));
            answered(source.as_ref(), &request, &body, &visit(cursor));
        }
    }
    for body in ["[]", "null", "{}", r#"{"items":7}"#, r#"{"error":7}"#, "<html>"] {
        assert!(saved(source.as_ref(), body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn what_will_not_do_is_said_with_a_remedy() {
    let wrong = |told: &[(&'static str, Told)]| {
        let given = Given {
            url: None,
            told: told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect(),
        };
        let watch = Watch {
            name: crate::post::SourceName("youtube".into()),
            base: Url::parse(SITE.host).unwrap(),
            given: &given,
            keywords: Vec::new(),
            languages: Vec::new(),
        };
        (SITE.build)(watch).err().map(|wrong| wrong.key)
    };
    assert_eq!(wrong(&[("channel", Told::Text("@acme".into()))]), Some("channel"));
    assert_eq!(wrong(&[("search", Told::Flag(false))]), Some("search"));
    assert_eq!(wrong(&[("region", Told::Text("Finland".into()))]), Some("region"));
    assert_eq!(wrong(&[("language", Told::Text("fi".into()))]), None);
}
