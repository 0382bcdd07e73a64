//! Replies of servers, how a walk over them goes, and what refusals mean.

use super::*;
use crate::fetch::Location;
use crate::source::Cursor;
use crate::source::site::{Given, Told};
use crate::source::testing::{
    self, answered, lines, refused, sample, samples, saved, source, visit,
};

fn signed_out() -> Box<dyn Source> {
    source(Kind::Bluesky, &[], &["Acme"])
}

fn signed_in(mentions: bool) -> Box<dyn Source> {
    let told = [
        ("handle", Told::Text("@acme.bsky.social".into())),
        ("password", Told::Secret("s3cr3t".into())),
        ("mentions", Told::Flag(mentions)),
    ];
    source(Kind::Bluesky, &told, &["Acme"])
}

fn asked(request: &Request) -> String {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    let query: Vec<String> =
        url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}{} {}", url.host_str().unwrap(), url.path(), query.join(" "))
}

/// A post, as short as it may be.
fn view(key: &str, at: &str) -> String {
    format!(
        r#"{{"uri":"at://did:plc:a/app.bsky.feed.post/{key}","indexedAt":"{at}","author":{{"handle":"a.example"}},
            "record":{{"text":"Acme {key}","createdAt":"{at}"}}}}"#
    )
}

fn found(views: &[String], cursor: Option<&str>) -> String {
    let cursor = cursor.map(|cursor| format!(r#","cursor":"{cursor}""#)).unwrap_or_default();
    format!(r#"{{"posts":[{}]{cursor}}}"#, views.join(","))
}

fn ids(page: &Page) -> Vec<&str> {
    page.posts.iter().filter_map(|post| post.id.as_deref()?.rsplit('/').next()).collect()
}

#[test]
fn a_post_is_read_with_all_that_the_server_tells() {
    let body = testing::reply("bluesky/search.json");
    let page = saved(signed_out().as_ref(), body.as_bytes()).unwrap();
    assert_eq!(
        lines(&page),
        "at://did:plc:ada/app.bsky.feed.post/3k7 | \
         text=Työ: https://acme.example/tuki/katkot 👎 /  / Acme down / Since noon / https://news.example/acme | \
         url=https://bsky.app/profile/did:plc:ada/post/3k7 | name=Ada L | handle=ada.example | \
         at=https://bsky.app/profile/did:plc:ada | published=2026-11-22T10:00:00.500+00:00 | \
         language=fi | parent=at://did:plc:c/app.bsky.feed.post/2 | \
         thread=at://did:plc:b/app.bsky.feed.post/1 | likes=3 | replies=4 | shares=3\n\
         at://did:plc:bob/app.bsky.feed.post/3k6 | text=Acmen kuitti | \
         url=https://bsky.app/profile/did:plc:bob/post/3k6 | at=https://bsky.app/profile/did:plc:bob | \
         published=2026-11-22T09:00:00+00:00 | thread=at://did:plc:bob/app.bsky.feed.post/3k6\n\
         at://did:plc:bob/app.bsky.feed.post/3k5 | text=Acme! | \
         url=https://bsky.app/profile/did:plc:bob/post/3k5 | at=https://bsky.app/profile/did:plc:bob | \
         parent=at://did:plc:q/app.bsky.feed.post/9 | thread=at://did:plc:bob/app.bsky.feed.post/3k5"
    );
    assert!(page.posts.iter().all(|post| post.site.is_empty() && post.has_own_url));
    let body = testing::reply("bluesky/notifications.json");
    let page = saved(signed_out().as_ref(), body.as_bytes()).unwrap();
    assert_eq!((ids(&page), page.skipped), (vec!["9"], 0));
}

#[test]
fn labels_are_respected() {
    let labelled = |key: &str, post: &str, author: &str, own: &str| {
        format!(
            r#"{{"uri":"at://did:plc:a/app.bsky.feed.post/{key}","labels":[{post}],"author":{{"labels":[{author}]}},
                "record":{{"text":"Acme","labels":{{"values":[{own}]}}}}}}"#
        )
    };
    let body = found(
        &[
            labelled("hidden", r#"{"val":"!hide"}"#, "", ""),
            labelled("spammer", "", r#"{"val":"spam"}"#, ""),
            labelled("own", "", "", r#"{"val":"porn"}"#),
            labelled("back", r#"{"val":"spam","neg":true}"#, "", ""),
            labelled("rude", "", r#"{"val":"rude"}"#, ""),
            labelled("members", "", r#"{"val":"!no-unauthenticated"}"#, ""),
        ],
        None,
    );
    let page = saved(signed_out().as_ref(), body.as_bytes()).unwrap();
    assert_eq!((ids(&page), page.skipped), (vec!["back", "rude"], 0));
    let page = saved(signed_in(false).as_ref(), body.as_bytes()).unwrap();
    assert_eq!(ids(&page), ["back", "rude", "members"]);
}

#[test]
fn what_makes_no_sense_is_counted_and_hides_nothing() {
    let body = r#"{"posts":[null, 7, {"uri":"at://did:plc:a/app.bsky.feed.like/1","record":{"text":"x"}},
        {"uri":"https://a.example","record":{"text":"x"}}, {"uri":"at://did:plc:a/app.bsky.feed.post/..%2f"},
        {"uri":"at://did:plc:a/app.bsky.feed.post/1"}, {"uri":"at://did:plc:a/app.bsky.feed.post/2","record":{}},
        {"uri":"at://did:plc:a/app.bsky.feed.post/3","record":{"text":"Acme"}},
        {"uri":"at://did:plc:a/app.bsky.feed.post/4","record":{"text":" "}}]}"#;
    let page = saved(signed_out().as_ref(), body.as_bytes()).unwrap();
    assert_eq!((ids(&page), page.skipped), (vec!["3"], 7));
}

#[test]
fn recorded_replies_are_read() {
    let says = "the server says: ";
    let expected = [
        ("createSession.json", "the answer holds no posts".to_owned()),
        ("error_400_ExpiredToken.json", format!("{says}ExpiredToken Token has expired")),
        (
            "error_400_InvalidRequest.json",
            format!(
                "{says}InvalidRequest Invalid app.bsky.feed.post record: Record/text must not be longer than 300 graphemes"
            ),
        ),
        (
            "error_401_AuthenticationRequired.json",
            format!("{says}AuthenticationRequired Invalid identifier or password"),
        ),
        (
            "error_429_RateLimitExceeded.json",
            format!("{says}RateLimitExceeded Rate Limit Exceeded"),
        ),
        ("getPostThread.json", "1 of 1".into()),
        ("getPosts.json", "1 of 1".into()),
        ("getProfiles.json", "the answer holds no posts".into()),
        ("getQuotes.json", "2 of 2".into()),
        // Thirteen likes, reposts and new followers, and one mention.
        ("listNotifications.json", "1 of 14".into()),
        // Four authors want to be seen by nobody who is not signed in.
        ("searchPosts.json", "21 of 25".into()),
        // A picture without a word.
        ("thread_view_post.json", "0 of 1".into()),
    ];
    let found = samples("bluesky", ".json");
    let mut read = 0;
    for (name, body) in &found {
        let told = match saved(signed_out().as_ref(), body) {
            Ok(page) => {
                let reply = Reply::of(Location::File("saved".into()), body.clone());
                let all = reading::shape(&reply).unwrap().len();
                let is_whole = |post: &Post| {
                    post.author.handle.is_some()
                        && post.published.is_some()
                        && !post.text.is_empty()
                };
                assert!(page.posts.iter().all(is_whole), "{name}: {}", lines(&page));
                assert_eq!(page.skipped, 0, "{name}");
                format!("{} of {all}", page.posts.len())
            }
            Err(error) => error,
        };
        // Schemas of the API describe replies and are none.
        if name.starts_with("lexicon.") {
            assert_eq!(told, "the answer holds no posts", "{name}");
            continue;
        }
        let Some((_, expected)) = expected.iter().find(|(known, _)| known == name) else {
            panic!("{name} is new");
        };
        assert_eq!(told, *expected, "{name}");
        read += 1;
    }
    assert!(found.is_empty() || read == expected.len());
    // The stream of the whole network is no source here: what it sent is no reply.
    let streamed = samples("bluesky", ".jsonl");
    assert!(streamed.is_empty() || streamed.len() == 3);
    for (name, body) in streamed {
        assert!(saved(signed_out().as_ref(), &body).is_err(), "{name}");
    }
}

#[test]
fn recorded_posts_are_read_as_they_are() {
    let Some(body) = sample("bluesky/searchPosts.json") else { return };
    let page = saved(signed_in(false).as_ref(), &body).unwrap();
    assert_eq!(page.posts.len(), 25);
    let trial = page.posts.iter().find(|post| post.text.starts_with("And last")).unwrap();
    let target = "drive.google.com/file/d/1rporOuFeT8tvgIITtUCWAw6W_iM_RgfH/view?usp=sharing";
    assert!(trial.text.ends_with(target), "{}", trial.text);
    assert!(trial.parent.as_deref().unwrap().ends_with("/3lpjzgltpa22l"));
    assert!(trial.thread.as_deref().unwrap().ends_with("/3lpjy3eabqs2l"));
    let body = sample("bluesky/listNotifications.json").unwrap();
    let page = saved(signed_out().as_ref(), &body).unwrap();
    assert_eq!(page.posts[0].concerns, Concerns::Desk);
}

#[test]
fn whom_to_ask_depends_on_whether_somebody_signs_in() {
    let search = "/xrpc/app.bsky.feed.searchPosts limit=100 q=Acme sort=latest since=2026-11-15T12:00:00.000Z";
    let open = signed_out().open(&visit(""));
    assert_eq!(asked(&open), format!("public.api.bsky.app{search}"));
    assert!(open.access.is_open());
    let source = signed_in(true);
    assert_eq!(
        asked(&source.open(&visit(""))),
        "bsky.social/xrpc/app.bsky.notification.listNotifications limit=100 reasons=mention reasons=reply reasons=quote"
    );
    let [request] = source.also(&visit("")).try_into().unwrap();
    assert_eq!(asked(&request), format!("bsky.social{search}"));
    let Some(Grant::Session { server, account, password }) = &request.access.grant else {
        panic!()
    };
    assert_eq!((server.as_str(), account.as_str()), ("https://bsky.social/", "acme.bsky.social"));
    assert_eq!(password.expose(), "s3cr3t");
    assert!(!format!("{request:?}").contains("s3cr3t"));
}

#[test]
fn what_does_not_fit_together_is_said() {
    let build = |url: &str, told: &[(&str, Told)]| {
        let told = told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect();
        let given = Given { told, ..Given::default() };
        (SITE.build)(Watch {
            name: crate::post::SourceName("tried".into()),
            base: Url::parse(url).unwrap(),
            given: &given,
            keywords: Vec::new(),
            languages: Vec::new(),
        })
    };
    let wrong = |told: &[(&str, Told)]| build(SITE.host, told).err().map(|wrong| wrong.key);
    assert_eq!(wrong(&[("handle", Told::Text("a".into()))]), Some("handle"));
    assert_eq!(wrong(&[("password", Told::Secret("a".into()))]), Some("password"));
    assert_eq!(wrong(&[("mentions", Told::Flag(true))]), Some("mentions"));
    assert_eq!(wrong(&[]), None);
    let unread = [("handle", Told::Text("a".into())), ("password", Told::Secret("".into()))];
    assert_eq!(wrong(&unread), None);
    // A server that the operator chose is asked as it is.
    let own = build("https://pds.example/at", &[]).unwrap();
    let request = own.open(&visit(""));
    assert_eq!(asked(&request).trim(), "pds.example/at/xrpc/_health");
    let page = answered(own.as_ref(), &request, r#"{"version":"1"}"#, &visit(""));
    assert!(page.trouble.unwrap().contains("no keyword"));
}

#[test]
fn keywords_become_queries() {
    let source = source(Kind::Bluesky, &[], &["Acme", "acme", "\"Acme Pay\"", "@acme_fi", "#acme"]);
    let all = std::iter::once(source.open(&visit(""))).chain(source.also(&visit("")));
    let queries: Vec<String> = all.map(|request| request.about).collect();
    assert_eq!(queries, ["search Acme", "search \"Acme Pay\"", "search acme_fi", "search #acme"]);
}

#[test]
fn signed_out_a_walk_goes_on_with_what_is_older() {
    let source = signed_out();
    let first = source.open(&visit(""));
    let body = found(
        &[view("9", "2026-11-22T11:00:00Z"), view("8", "2026-11-22T10:00:00.5Z")],
        Some("100"),
    );
    let page = answered(source.as_ref(), &first, &body, &visit(""));
    let Cursor(cut_off) = page.cursor.unwrap();
    let next = asked(&page.next[0]);
    assert!(next.ends_with(" until=2026-11-22T10:00:00.501Z"), "{next}");
    assert_eq!(source.open(&visit(&cut_off)), page.next[0], "it goes on where it ended");
    // That page has the last post once more, and then nothing is left.
    let body = found(&[view("8", "2026-11-22T10:00:00.5Z")], None);
    let page = answered(source.as_ref(), &page.next[0], &body, &visit(&cut_off));
    assert!(page.next.is_empty());
    let Cursor(done) = page.cursor.unwrap();
    assert_eq!(done, r#"{"search Acme":{"since":"2026-11-22T11:00:00.000Z"}}"#);
    let next = asked(&source.open(&visit(&done)));
    assert!(next.ends_with(" since=2026-11-22T10:00:00.000Z"), "the last hour is asked for again");
}

#[test]
fn signed_in_a_walk_goes_on_by_the_servers_cursor() {
    let source = signed_in(false);
    let one = [view("9", "2026-11-22T11:00:00Z")];
    let page = answered(
        source.as_ref(),
        &source.open(&visit("")),
        &found(&one, Some("100 x")),
        &visit(""),
    );
    let Cursor(cut_off) = page.cursor.unwrap();
    assert!(asked(&page.next[0]).ends_with(" cursor=100 x"));
    assert_eq!(source.open(&visit(&cut_off)), page.next[0]);
    for last in [found(&one, None), found(&one, Some("100 x")), found(&[], Some("200"))] {
        let page = answered(source.as_ref(), &page.next[0], &last, &visit(&cut_off));
        assert!(page.next.is_empty(), "{last}");
        let done = r#"{"search Acme":{"since":"2026-11-22T11:00:00.000Z"}}"#;
        assert_eq!(page.cursor, Some(Cursor(done.into())));
    }
    // A cursor that the server knows no more.
    let said = (400, r#"{"error":"InvalidRequest","message":"Malformed cursor"}"#);
    let Verdict::Instead(page) = refused(source.as_ref(), &page.next[0], said, &visit(&cut_off))
    else {
        panic!()
    };
    assert!(asked(&page.next[0]).ends_with(" until=2026-11-22T11:00:00.001Z"));
    let Cursor(older) = page.cursor.unwrap();
    assert_eq!(source.open(&visit(&older)), page.next[0]);
    let Verdict::Instead(page) = refused(source.as_ref(), &page.next[0], said, &visit(&older))
    else {
        panic!()
    };
    assert_eq!((page.next.len(), page.cursor), (0, Some(Cursor(r#"{"search Acme":{}}"#.into()))));
    assert!(page.trouble.unwrap().contains("Malformed cursor"));
}

#[test]
fn mentions_are_walked_to_what_is_known() {
    let source = signed_in(true);
    let told = |key: &str, reason: &str, at: &str| {
        view(key, at).replacen('{', &format!(r#"{{"reason":"{reason}","#), 1)
    };
    let body =
        |views: &[String]| format!(r#"{{"notifications":[{}],"cursor":"c1"}}"#, views.join(","));
    let news = body(&[
        told("9", "reply", "2026-11-22T11:00:00Z"),
        told("8", "like", "2026-11-22T10:00:00Z"),
    ]);
    let page = answered(source.as_ref(), &source.open(&visit("")), &news, &visit(""));
    assert_eq!((ids(&page), page.posts[0].concerns), (vec!["9"], Concerns::Desk));
    assert!(asked(&page.next[0]).ends_with(" cursor=c1"));
    let Cursor(cut_off) = page.cursor.unwrap();
    let old = body(&[told("1", "mention", "2026-11-01T11:00:00Z")]);
    let page = answered(source.as_ref(), &page.next[0], &old, &visit(&cut_off));
    assert_eq!((page.posts.len(), page.next.len()), (0, 0), "too old for a first poll");
    let done = r#"{"mentions":{"since":"2026-11-22T11:00:00.000Z"}}"#;
    assert_eq!(page.cursor, Some(Cursor(done.into())));
}

#[test]
fn hostile_times_and_cursors_are_a_beginning() {
    let source = signed_out();
    let begin = asked(&source.open(&visit("")));
    let long = "9".repeat(2000);
    for cursor in [
        "{",
        "[]",
        r#"{"search Acme":{"since":"soon","next":"later"}}"#,
        r#"{"search Acme":{"since":"9999-12-31T23:59:59Z"}}"#,
        r#"{"search Acme":{"since":"-262143-01-01T00:00:00Z"}}"#,
        &format!(r#"{{"search Acme":{{"next":"2026-11-22T11:00:00.000Z {long}"}}}}"#),
    ] {
        assert_eq!(asked(&source.open(&visit(cursor))), begin, "{cursor}");
    }
    for at in ["9999-12-31T23:59:59.999Z", "+262142-12-31T23:59:59Z", "0000-01-01T00:00:00Z"] {
        let page = answered(
            source.as_ref(),
            &source.open(&visit("")),
            &found(&[view("1", at)], None),
            &visit(""),
        );
        assert!(page.next.len() <= 1, "{at}");
    }
    // One that claims to be from another age does not end the walk.
    let body = found(&[view("9", "2026-11-22T11:00:00Z"), view("8", "1970-01-01T00:00:00Z")], None);
    let page = answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""));
    assert!(asked(&page.next[0]).ends_with(" until=2026-11-22T11:00:00.001Z"));
    let long = found(&[view("9", "2026-11-22T11:00:00Z")], Some(&long));
    let known = signed_in(false);
    let page = answered(known.as_ref(), &known.open(&visit("")), &long, &visit(""));
    assert!(page.next.is_empty());
}

#[test]
fn refusals_are_read_for_what_they_mean() {
    let told = |source: &dyn Source, request: &Request, said: (u16, &str)| match refused(
        source,
        request,
        said,
        &visit(""),
    ) {
        Verdict::Stop(why) => why,
        Verdict::Instead(page) => format!("goes on: {}", page.trouble.unwrap()),
        other => format!("{other:?}"),
    };
    let (open, closed) = (signed_out(), signed_in(false));
    let first = open.open(&visit(""));
    let closed_to_us = "the server answers nobody who is not signed in";
    assert!(told(open.as_ref(), &first, (403, "<html>")).starts_with(closed_to_us));
    let missing = r#"{"error":"AuthenticationRequired","message":"Authentication Required"}"#;
    let why = told(open.as_ref(), &first, (401, missing));
    assert!(why.contains("AuthenticationRequired") && why.contains("app `password`"), "{why}");
    let why = told(closed.as_ref(), &closed.open(&visit("")), (401, missing));
    assert!(why.contains("make a new app password"), "{why}");
    let why = told(open.as_ref(), &first, (400, r#"{"error":"BadQueryString","message":"stray"}"#));
    assert_eq!(why, "goes on: the server cannot search for `Acme` (BadQueryString: stray)");
    let why = told(open.as_ref(), &first, (404, r#"{"error":"XRPCNotSupported"}"#));
    assert!(why.contains("is `url` the address"), "{why}");
    for (status, said) in [
        (400, r#"{"error":"ExpiredToken","message":"Token has expired"}"#),
        (429, r#"{"error":"RateLimitExceeded"}"#),
        (502, r#"{"error":"UpstreamFailure"}"#),
        (503, "<html>"),
    ] {
        assert_eq!(told(closed.as_ref(), &first, (status, said)), "AsItSays");
    }
}

#[test]
fn pages_and_strangers_are_no_answers() {
    for (body, expected) in [
        (" <!DOCTYPE html>", "a page for people"),
        (r#"{"profiles":[]}"#, "holds no posts"),
        ("{", "no proper JSON"),
        ("7", "holds no posts"),
    ] {
        let error = saved(signed_out().as_ref(), body.as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_is_missing_among_stored_posts_is_gone() {
    let source = signed_out();
    let uri = |key: usize| format!("at://did:plc:a/app.bsky.feed.post/{key}");
    let many: Vec<String> = (0..60).map(uri).chain(["odd id".into()]).collect();
    let requests = source.recheck(&many, &visit(""));
    assert_eq!(requests.len(), 3);
    let [request] = source.recheck(&[uri(1), uri(2), uri(3)], &visit("")).try_into().unwrap();
    assert!(asked(&request).contains("/xrpc/app.bsky.feed.getPosts uris=at://did:plc:a/"));
    // What must not be shown is there all the same.
    let hidden =
        view("3", "2026-11-22T11:00:00Z").replacen('{', r#"{"labels":[{"val":"!hide"}],"#, 1);
    let body = found(&[view("2", "2026-11-22T11:00:00Z"), hidden], None);
    let page = answered(source.as_ref(), &request, &body, &visit(""));
    let gone: Vec<bool> = page.posts.iter().map(|post| post.is_gone).collect();
    assert_eq!((ids(&page), gone), (vec!["1", "2"], vec![true, false]));
    assert_eq!(page.cursor, None);
}

#[test]
fn where_none_of_several_came_none_is_gone() {
    let source = signed_out();
    let uri = |key: usize| format!("at://did:plc:a/app.bsky.feed.post/{key}");
    for (ids, gone) in [(vec![uri(1), uri(2)], 0), (vec![uri(1)], 1)] {
        let request = source.recheck(&ids, &visit("")).pop().unwrap();
        let page = answered(source.as_ref(), &request, r#"{"posts":[]}"#, &visit(""));
        assert_eq!(page.posts.len(), gone);
    }
}
