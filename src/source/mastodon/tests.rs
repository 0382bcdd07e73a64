//! Replies of servers, how a walk over their lists goes, and what refusals mean.

use super::*;
use crate::fetch::Location;
use crate::source::site::Told;
use crate::source::testing::{answered, lines, refused, samples, saved, source, visit};
use crate::source::{Cursor, testing};

fn tags() -> Box<dyn Source> {
    source(Kind::Mastodon, &[], &["Acme"])
}

fn signed_in(told: &[(&str, Told)], keywords: &[&str]) -> Box<dyn Source> {
    let token = ("token", Told::Secret("s3cr3t".into()));
    source(Kind::Mastodon, &[&[token], told].concat(), keywords)
}

/// A post, as short as it may be.
fn status(id: u64, at: &str) -> String {
    format!(
        r#"{{"id":"{id}","uri":"https://else.example/s/{id}","created_at":"{at}","content":"<p>Acme {id}</p>"}}"#
    )
}

fn asked(request: &Request) -> String {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    let query: Vec<String> =
        url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{} {}", url.path(), query.join(" ")).trim_end().to_owned()
}

fn all(source: &dyn Source, cursor: &str) -> Vec<String> {
    let visit = visit(cursor);
    let first = source.open(&visit);
    std::iter::once(&first).chain(&source.also(&visit)).map(asked).collect()
}

#[test]
fn a_post_is_read_with_all_that_the_server_tells() {
    let body = testing::reply("mastodon/tag.json");
    let page = saved(tags().as_ref(), body.as_bytes()).unwrap();
    assert_eq!(
        lines(&page),
        "https://else.example/users/ada/statuses/7 | title=Pankki | \
         text=#Acme ei toimi / taas /  / https://acme.example/tuki/katkot /  / - kyllä / - ei /  / Kuva virheestä | \
         url=https://else.example/@ada/7 | name=Ada L | handle=ada@else.example | \
         at=https://else.example/@ada | followers=9 | published=2026-11-22T10:00:00.125+00:00 | \
         edited=2026-11-22T10:05:00+00:00 | language=fi | \
         parent=https://site.example/users/bob/statuses/11 | \
         thread=https://site.example/users/bob/statuses/11 | likes=3 | replies=4 | shares=3\n\
         https://site.example/users/bob/statuses/11 | text=Acme? | \
         url=https://site.example/users/bob/statuses/11 | handle=bob | \
         published=2026-11-22T09:00:00+00:00 | thread=https://site.example/users/bob/statuses/11\n\
         https://site.example/users/bob/statuses/10 | text=Just so: Acme | \
         url=https://site.example/users/bob/statuses/10 | handle=bob | \
         published=2026-11-22T08:00:00+00:00 | parent=https://else.example/users/eve/statuses/9 | \
         thread=https://site.example/users/bob/statuses/10"
    );
    assert!(page.posts.iter().all(|post| post.site.is_empty() && post.has_own_url));
}

#[test]
fn what_others_pass_on_is_read_once_and_who_wants_no_programs_is_left_out() {
    let body = r#"[
        {"id":"5","uri":"https://a.example/5","content":"","reblog":{"id":"4","uri":"https://a.example/4","content":"<p>Acme</p>"}},
        {"id":"3","uri":"https://a.example/3","content":"Acme","account":{"acct":"x","noindex":true}},
        {"id":"2","uri":"https://a.example/2","content":"Acme","account":{"acct":"x","note":"<p><a>#<span>NoBot</span></a></p>"}},
        {"id":"1","uri":"https://a.example/1","content":"Acme","account":{"acct":"x","indexable":false}},
        {"id":"0","uri":"https://a.example/0","content":"<p></p>"},
        {"id":"9","content":"Acme without an address"},
        {"uri":"https://a.example/8"}, {"type":"follow","id":"7","account":{}}, 6]"#;
    let page = saved(tags().as_ref(), body.as_bytes()).unwrap();
    let ids: Vec<_> =
        page.posts.iter().map(|post| (post.site.as_str(), post.id.as_deref().unwrap())).collect();
    assert_eq!(
        ids,
        [("", "https://a.example/4"), ("", "https://a.example/1"), ("site.example", "9")]
    );
    assert_eq!(page.skipped, 3);
}

#[test]
fn a_mention_is_said_to_the_brand_and_a_message_is_private() {
    let source = signed_in(&[("mentions", Told::Flag(true))], &["Acme"]);
    let body = testing::reply("mastodon/notifications.json");
    let visit = visit("");
    let page = answered(source.as_ref(), &source.open(&visit), &body, &visit);
    let [post] = page.posts.as_slice() else { panic!("{page:?}") };
    assert_eq!((post.concerns, post.is_private), (Concerns::Desk, true));
    let body = testing::reply("mastodon/search.json");
    assert_eq!(saved(tags().as_ref(), body.as_bytes()).unwrap().posts.len(), 1);
    // The list is walked by the ids of notifications, not by those of posts.
    assert!(page.cursor.unwrap().0.contains(r#""mentions":{"next":"31"}"#));
}

#[test]
fn recorded_replies_are_read() {
    let expected = [
        ("account_statuses_page.json", "5 posts"),
        ("error_401.json", "the server says: The access token is invalid"),
        ("error_403.json", "the server says: This action is not allowed"),
        ("error_404.json", "the server says: Record not found"),
        (
            "error_422.json",
            "the server says: Validation failed: Password can't be blank, Service agreement must be accepted",
        ),
        ("error_429.json", "the server says: Too many requests"),
        ("instance_v2.json", "0 posts"),
        ("notifications_mention.json", "1 post"),
        ("search_v2_all.json", "0 posts"),
        ("search_v2_statuses_empty.json", "0 posts"),
        ("status_edited.json", "1 post"),
        // Versions of one post, which say neither of which nor where it is.
        ("status_history.json", "0 posts, 2 left out"),
        ("status_reply.json", "1 post"),
        ("status_with_card.json", "1 post"),
        ("timeline_public.json", "8 posts"),
        ("timeline_tag.json", "1 post"),
    ];
    let found = samples("mastodon", ".json");
    for (name, body) in &found {
        let Some((_, expected)) = expected.iter().find(|(known, _)| known == name) else {
            panic!("{name} is new");
        };
        let told = match saved(tags().as_ref(), body) {
            Ok(page) => {
                let posts = crate::text::count(page.posts.len(), "post");
                let is_whole = |post: &Post| {
                    post.id.as_deref().is_some_and(|id| id.starts_with("http://localhost:3000/ap/"))
                        && post.author.handle.is_some()
                        && post.published.is_some()
                        && !post.text.is_empty()
                };
                assert!(page.posts.iter().all(is_whole), "{name}: {}", lines(&page));
                if page.skipped > 0 { format!("{posts}, {} left out", page.skipped) } else { posts }
            }
            Err(error) => error,
        };
        assert_eq!(told, *expected, "{name}");
    }
    assert!(found.is_empty() || found.len() == expected.len());
    // What is streamed is no reply that is polled for.
    for (name, body) in samples("mastodon", ".txt") {
        assert!(saved(tags().as_ref(), &body).is_err(), "{name}");
    }
}

#[test]
fn recorded_posts_are_read_as_they_are() {
    let Some(body) = testing::sample("mastodon/status_with_card.json") else { return };
    let page = saved(tags().as_ref(), &body).unwrap();
    assert_eq!(page.posts[0].text, "http://example.org/");
    let body = testing::sample("mastodon/status_edited.json").unwrap();
    let page = saved(tags().as_ref(), &body).unwrap();
    let edited = page.posts[0].edited.map(|at| at.to_rfc3339());
    assert_eq!(edited.as_deref(), Some("2026-08-01T13:54:00.695+00:00"));
    let body = testing::sample("mastodon/timeline_tag.json").unwrap();
    let page = saved(tags().as_ref(), &body).unwrap();
    assert_eq!(page.posts[0].text, "#hoot (hashtag toot)");
    let body = testing::sample("mastodon/notifications_mention.json").unwrap();
    let page = saved(tags().as_ref(), &body).unwrap();
    assert_eq!((page.posts[0].concerns, page.posts[0].is_private), (Concerns::Desk, false));
}

#[test]
fn keywords_become_hashtags_and_searches() {
    let keywords = ["Acme", "#AcmePay", "\"Acme Pay\"", "@acme_fi", "AT&T", "Foo NOT bar"];
    let source = source(Kind::Mastodon, &[], &keywords);
    let tag = |tag: &str| format!("/api/v1/timelines/tag/{tag} limit=40");
    assert_eq!(all(source.as_ref(), ""), ["acme", "acmepay", "foo"].map(tag));
    let told = [("tags", Told::Texts(vec!["#Työ".into()])), ("mentions", Told::Flag(true))];
    let source = signed_in(&told, &["Acme", "#acme", "\"Acme Pay\"", "@acme_fi"]);
    let search = |text: &str| format!("/api/v2/search limit=40 q={text} type=statuses");
    assert_eq!(
        all(source.as_ref(), ""),
        [
            "/api/v1/notifications limit=40 types[]=mention".to_owned(),
            search("Acme"),
            search("\"Acme Pay\""),
            search("acme_fi"),
            tag("ty%C3%B6"),
        ]
    );
}

#[test]
fn of_many_hashtags_each_has_its_turn_and_what_speaks_to_the_brand_is_first() {
    let tags: Vec<String> = (0..60).map(|number| format!("acme{number}")).collect();
    let told = [("tags", Told::Texts(tags)), ("mentions", Told::Flag(true))];
    let source = signed_in(&told, &[]);
    let later = Visit { now: visit("").now + Duration::minutes(15), ..visit("") };
    let all = |visit: &Visit| -> Vec<String> {
        std::iter::once(source.open(visit))
            .chain(source.also(visit))
            .map(|request| request.about)
            .collect()
    };
    let (one, other) = (all(&visit("")), all(&later));
    assert_eq!((one.len(), one[0].as_str(), other[0].as_str()), (61, "mentions", "mentions"));
    assert_ne!(one[1], other[1]);
    assert!(one.iter().all(|name| other.contains(name)));
}

#[test]
fn what_cannot_be_asked_is_said() {
    let build = |told: &[(&str, Told)]| {
        let given = site::Given {
            told: told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect(),
            ..site::Given::default()
        };
        let watch = Watch {
            name: crate::post::SourceName("tried".into()),
            base: Url::parse("https://site.example").unwrap(),
            given: &given,
            keywords: Vec::new(),
            languages: Vec::new(),
        };
        (SITE.build)(watch).err().map(|wrong| wrong.key)
    };
    assert_eq!(build(&[("mentions", Told::Flag(true))]), Some("mentions"));
    assert_eq!(build(&[("tags", Told::Texts(vec!["two words".into()]))]), Some("tags"));
    assert_eq!(build(&[]), None);
    let unread = [("mentions", Told::Flag(true)), ("token", Told::Secret("".into()))];
    assert_eq!(build(&unread), None);
    let source = source(Kind::Mastodon, &[], &["AT&T"]);
    let body = r#"{"domain":"a.example","version":"4.6.4"}"#;
    let page = answered(source.as_ref(), &source.open(&visit("")), body, &visit(""));
    assert!(page.trouble.unwrap().contains("give `tags`"));
}

#[test]
fn a_list_is_walked_down_once_and_then_upwards() {
    let source = tags();
    let first = source.open(&visit(""));
    let body = format!(
        "[{},{},{}]",
        status(130, "2026-11-22T11:59:00Z"),
        status(120, "2026-11-22T05:00:00Z"),
        status(99, "2026-11-21T10:00:00Z")
    );
    let page = answered(source.as_ref(), &first, &body, &visit(""));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(asked(&page.next[0]), "/api/v1/timelines/tag/acme limit=40 max_id=99");
    assert_eq!(source.open(&visit(&cut_off)), page.next[0], "it goes on where it ended");
    // Too old a post is left out and ends the walk.
    let body =
        format!("[{},{}]", status(98, "2026-11-20T00:00:00Z"), status(97, "2026-01-01T00:00:00Z"));
    let page = answered(source.as_ref(), &page.next[0], &body, &visit(&cut_off));
    assert_eq!((page.posts.len(), page.next.len()), (1, 0));
    let Cursor(done) = page.cursor.unwrap();
    // The last six hours are looked at again.
    assert_eq!(done, r#"{"tag acme":{"since":"120"}}"#);
    let second = source.open(&visit(&done));
    assert_eq!(asked(&second), "/api/v1/timelines/tag/acme limit=40 min_id=120");
    let full: Vec<String> =
        (0..20).rev().map(|n| status(140 + n, "2026-11-22T05:30:00Z")).collect();
    let page = answered(source.as_ref(), &second, &format!("[{}]", full.join(",")), &visit(&done));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(cut_off, r#"{"tag acme":{"since":"120","newest":"159","next":"159"}}"#);
    assert_eq!(asked(&source.open(&visit(&cut_off))), asked(&page.next[0]));
    assert_eq!(asked(&page.next[0]), "/api/v1/timelines/tag/acme limit=40 min_id=159");
    let page = answered(source.as_ref(), &page.next[0], "[]", &visit(&cut_off));
    assert_eq!(page.cursor, Some(Cursor(r#"{"tag acme":{"since":"159"}}"#.into())));
    assert!(page.next.is_empty());
}

#[test]
fn the_next_page_is_the_one_that_the_server_names() {
    let source = tags();
    let mut reply = Reply::of(source.open(&visit("")).location, Vec::new());
    reply.about = "tag acme".into();
    reply.body = format!("[{}]", status(130, "2026-11-22T11:59:00Z")).into_bytes();
    reply.link = vec![
        "<https://evil.example/x?limit=5&max_id=77>; rel=\"next\", <https://a.example/?min_id=130>; rel=\"prev\"".into(),
    ];
    let page = source.read(&reply, &visit("")).unwrap();
    // Only the id counts: we go nowhere else.
    assert_eq!(asked(&page.next[0]), "/api/v1/timelines/tag/acme limit=40 max_id=77");
    assert_eq!(page.next[0].location.host().as_deref(), Some("site.example"));
}

#[test]
fn a_server_that_gives_the_same_page_for_ever_is_asked_no_more() {
    let source = tags();
    let body = format!("[{}]", status(130, "2026-11-22T11:59:00Z"));
    let down = r#"{"tag acme":{"newest":"130","next":"130"}}"#;
    let page = answered(source.as_ref(), &source.open(&visit(down)), &body, &visit(down));
    assert!(page.next.is_empty(), "{page:?}");
    let full = vec![status(130, "2026-11-22T11:59:00Z"); 25].join(",");
    let up = r#"{"tag acme":{"since":"120","next":"130"}}"#;
    let page =
        answered(source.as_ref(), &source.open(&visit(up)), &format!("[{full}]"), &visit(up));
    assert!(page.next.is_empty(), "{page:?}");
    let source = signed_in(&[("tags", Told::Texts(vec!["x".into()]))], &["Acme"]);
    let again = r#"{"search Acme":{"next":"40 130"}}"#;
    let body = format!("{{\"statuses\":[{full}]}}");
    let further = source.open(&visit(again)).about("search Acme");
    let page = answered(source.as_ref(), &further, &body, &visit(again));
    assert!(page.next.is_empty(), "{page:?}");
}

#[test]
fn a_hostile_cursor_or_reply_is_a_beginning() {
    let source = tags();
    let long = "9".repeat(500);
    for cursor in [
        "{",
        "[]",
        r#"{"tag acme":{"since":"../..?x=","next":"a b"}}"#,
        &format!(r#"{{"tag acme":{{"since":"{long}"}}}}"#),
    ] {
        assert_eq!(asked(&source.open(&visit(cursor))), "/api/v1/timelines/tag/acme limit=40");
    }
    let body = format!(r#"[{{"id":"{long}","created_at":"2026-11-22T11:59:00Z"}}, null, []]"#);
    let page = answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""));
    assert_eq!((page.skipped, page.next.len()), (3, 0));
    assert_eq!(page.cursor, Some(Cursor(r#"{"tag acme":{}}"#.into())));
}

#[test]
fn a_search_is_walked_by_offset_to_what_is_known() {
    let source = signed_in(&[("tags", Told::Texts(vec!["x".into()]))], &["Acme"]);
    let body = format!(
        r#"{{"accounts":[],"statuses":[{},{}],"hashtags":[]}}"#,
        status(130, "2026-11-22T11:59:00Z"),
        status(120, "2026-11-22T05:00:00Z")
    );
    let page = answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""));
    let next = "/api/v2/search limit=40 q=Acme type=statuses offset=40";
    assert_eq!(asked(&page.next[0]), next);
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(asked(&source.open(&visit(&cut_off))), next);
    let page = answered(source.as_ref(), &page.next[0], r#"{"statuses":[]}"#, &visit(&cut_off));
    let Cursor(done) = page.cursor.unwrap();
    assert_eq!(done, r#"{"search Acme":{"since":"120"}}"#);
    assert_eq!(page.trouble, None);
    let page = answered(source.as_ref(), &source.open(&visit(&done)), &body, &visit(&done));
    assert!(page.next.is_empty(), "the known is reached");
}

#[test]
fn that_a_search_may_not_be_there_is_said_once() {
    let source = signed_in(&[("tags", Told::Texts(vec!["x".into()]))], &["Acme"]);
    let empty = r#"{"accounts":[],"statuses":[],"hashtags":[]}"#;
    let page = answered(source.as_ref(), &source.open(&visit("")), empty, &visit(""));
    assert!(page.trouble.unwrap().contains("may mean that this server has no full-text search"));
    let Cursor(done) = page.cursor.unwrap();
    let page = answered(source.as_ref(), &source.open(&visit(&done)), empty, &visit(&done));
    assert_eq!(page.trouble, None);
}

#[test]
fn refusals_are_read_for_what_they_mean() {
    let (open, closed) = (tags(), signed_in(&[("mentions", Told::Flag(true))], &["Acme"]));
    let stop = |source: &dyn Source, request: &Request, said: (u16, &str)| match refused(
        source,
        request,
        said,
        &visit(""),
    ) {
        Verdict::Stop(why) | Verdict::Wait(_, why) => why,
        Verdict::Instead(page) => format!("goes on: {}", page.trouble.unwrap()),
        other => format!("{other:?}"),
    };
    let tag = open.open(&visit(""));
    let error = |text: &str| format!(r#"{{"error":"{text}"}}"#);
    let needs_user = error("This method requires an authenticated user");
    for status in [401, 403, 422] {
        let why = stop(open.as_ref(), &tag, (status, &needs_user));
        assert!(why.contains("requires an authenticated user") && why.ends_with("give a `token`"));
    }
    let why = stop(open.as_ref(), &tag, (404, &error("Record not found")));
    assert!(why.contains("is `url` the address of a Mastodon server?"), "{why}");
    let why = stop(open.as_ref(), &tag, (403, "<!DOCTYPE html><title>Just a moment…</title>"));
    assert!(why.contains("a page for people"), "{why}");
    let asked = std::iter::once(closed.open(&visit(""))).chain(closed.also(&visit("")));
    let [mentions, search, tag] = asked.collect::<Vec<_>>().try_into().unwrap();
    let why = stop(closed.as_ref(), &tag, (401, &error("The access token is invalid")));
    assert!(why.contains("does not take the token (The access token is invalid)"), "{why}");
    let scopes = error("This action is outside the authorized scopes");
    let why = stop(closed.as_ref(), &search, (403, &scopes));
    assert!(why.starts_with("goes on: ") && why.contains("read:search"), "{why}");
    let why = stop(closed.as_ref(), &mentions, (403, &scopes));
    assert!(why.starts_with("goes on: ") && why.contains("read:notifications"), "{why}");
    let why = stop(closed.as_ref(), &search, (503, &error("search is off")));
    assert_eq!(why, "goes on: the server gives no searches for now (search is off)");
    assert_eq!(stop(closed.as_ref(), &tag, (429, &error("Too many requests"))), "AsItSays");
    assert_eq!(stop(closed.as_ref(), &tag, (503, "<html>")), "AsItSays");
}

#[test]
fn pages_and_strangers_are_no_answers() {
    for (body, expected) in [
        ("  <!DOCTYPE html>", "a page for people"),
        (r#"{"links":[]}"#, "holds no posts"),
        ("{", "no proper JSON"),
        ("7", "holds no posts"),
    ] {
        let error = saved(tags().as_ref(), body.as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn posts_of_the_server_itself_are_asked_for_again_and_what_is_gone_is_looked_at_twice() {
    let source = tags();
    let uri = |id: u64| format!("https://site.example/users/ada/statuses/{id}");
    let ids = [uri(7), "https://else.example/users/bob/statuses/8".into(), uri(9)];
    let again = source.recheck(&ids, &visit(""));
    assert_eq!(again.iter().map(asked).collect::<Vec<_>>(), ["/api/v1/statuses id[]=7 id[]=9"]);
    let body = r#"[{"id":"9","uri":"https://site.example/users/ada/statuses/9","content":"Acme, now better","edited_at":"2026-11-22T11:00:00Z"}]"#;
    let page = answered(source.as_ref(), &again[0], body, &visit(""));
    assert_eq!((page.posts.len(), page.cursor), (1, None));
    assert_eq!(page.next.iter().map(asked).collect::<Vec<_>>(), ["/api/v1/statuses/7"]);
    let not_found = (404, r#"{"error":"Record not found"}"#);
    let Verdict::Instead(page) = refused(source.as_ref(), &page.next[0], not_found, &visit(""))
    else {
        panic!()
    };
    assert_eq!(lines(&page), format!("{} is gone", uri(7)));
    // A server that knows no such question says nothing of its posts.
    assert_eq!(refused(source.as_ref(), &again[0], not_found, &visit("")), Verdict::Skip);
    let many: Vec<String> = (0..45).map(uri).collect();
    assert_eq!(source.recheck(&many, &visit("")).len(), 3);
}

#[test]
fn a_token_is_shown_and_never_told() {
    let source = signed_in(&[("mentions", Told::Flag(true))], &["Acme"]);
    let visit = visit("");
    for request in std::iter::once(source.open(&visit)).chain(source.also(&visit)) {
        let [(name, value)] = request.access.headers.as_slice() else { panic!("{request:?}") };
        assert_eq!((name.as_str(), value.expose()), ("Authorization", "Bearer s3cr3t"));
        assert!(!format!("{request:?}").contains("s3cr3t"));
    }
    assert!(tags().open(&visit).access.is_open());
}

#[test]
fn a_search_that_broke_off_goes_on_though_its_hits_moved_down() {
    let source = signed_in(&[], &["Acme Pay"]);
    let cursor = r#"{"search Acme":{"since":"100","newest":"400","next":"40 300"},
        "search Pay":{"since":"100","newest":"400","next":"40 300"},
        "search Acme Pay":{"since":"100","newest":"400","next":"40 300"}}"#;
    let request = source.open(&visit(cursor));
    assert!(request.about.starts_with("+search "), "{}", request.about);
    let body = format!(r#"{{"statuses":[{}]}}"#, status(300, "2026-11-22T05:00:00Z"));
    let page = answered(source.as_ref(), &request, &body, &visit(cursor));
    assert!(asked(&page.next[0]).ends_with("offset=80"), "{:?}", page.next);
    // In the same poll the same page is the end.
    let Cursor(cursor) = page.cursor.unwrap();
    let last = answered(source.as_ref(), &page.next[0], &body, &visit(&cursor));
    assert_eq!(last.next, []);
}

#[test]
fn only_the_server_itself_says_that_a_post_is_gone() {
    let source = tags();
    let request = Request::api(Url::parse("https://site.example").unwrap())
        .about("look https://site.example/users/ada/statuses/7");
    for status in [404, 410] {
        let page = refused(source.as_ref(), &request, (status, "<h1>no</h1>"), &visit(""));
        assert_eq!(page, Verdict::Skip);
        let body = r#"{"error":"Record not found"}"#;
        let gone = refused(source.as_ref(), &request, (status, body), &visit(""));
        assert!(matches!(gone, Verdict::Instead(page) if page.posts.len() == 1));
    }
}
