//! Replies of both versions, how the version is found out, and what refusals mean.

use super::*;
use crate::source::Cursor;
use crate::source::site::Told;
use crate::source::testing::{answered, lines, refused, reply, samples, saved, source, visit};

const V4_SITE: &str = r#"{"site_view":{},"version":"1.0.2","all_languages":[
    {"id":0,"code":"und","name":"Undetermined"},{"id":2,"code":"fi","name":"Suomi"}]}"#;

fn tried(keywords: &[&str]) -> Box<dyn Source> {
    let token = Told::Secret("s3cr3t".into());
    source(Kind::Lemmy, &[("token", token)], keywords)
}

fn url(request: &Request) -> Url {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    url.clone()
}

fn asked(request: &Request, name: &str) -> String {
    let found =
        url(request).query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into());
    found.unwrap_or_default()
}

/// A source that knows how its server is spoken to, with the cursor that says so.
fn known(is_v4: bool, keywords: &[&str]) -> (Box<dyn Source>, String) {
    let source = tried(keywords);
    let mut request = source.open(&visit(""));
    if !is_v4 {
        let Verdict::Instead(page) = refused(source.as_ref(), &request, (404, ""), &visit(""))
        else {
            panic!("a server without v4 is asked for v3");
        };
        request = page.next[0].clone();
    }
    let site = if is_v4 { V4_SITE } else { r#"{"site_view":{},"version":"0.19.5"}"# };
    let page = answered(source.as_ref(), &request, site, &visit(""));
    let Cursor(cursor) = page.cursor.unwrap();
    (source, cursor)
}

/// A page of v3 that holds one comment, of so many hours ago.
fn hours_ago(hours: i64) -> String {
    let at = visit("").now - Duration::hours(hours);
    format!(
        r#"{{"posts":[],"comments":[{{"comment":{{"id":{hours},"content":"Acme","path":"0.{hours}",
        "published":"{}","ap_id":"https://a.example/comment/{hours}"}}}}]}}"#,
        at.naive_utc()
    )
}

#[test]
fn posts_and_comments_are_read_with_all_that_is_told() {
    let (source, cursor) = known(true, &["Acme"]);
    let body = reply("lemmy/search_v4.json");
    let page = answered(source.as_ref(), &source.open(&visit(&cursor)), &body, &visit(&cursor));
    assert_eq!(
        lines(&page),
        "https://home.example/post/7 | title=Acme is down | \
         text=Is Acme down? /  / > It is. /  / https://status.acme.example/ | \
         url=https://home.example/post/7 | name=Ada L. | handle=ada@away.example | \
         at=https://away.example/u/ada | published=2026-11-22T09:00:00.500+00:00 | \
         edited=2026-11-22T09:30:00+00:00 | language=fi | thread=https://home.example/post/7 | \
         likes=-1 | replies=3\n\
         https://away.example/comment/99 | title=Acme is down | text=Works for me | \
         url=https://away.example/comment/99 | name=bob | handle=bob | \
         published=2026-11-22T09:05:00+00:00 | parent=https://home.example/comment/11 | \
         thread=https://home.example/post/7 | likes=2 | replies=0\n\
         https://home.example/comment/11 is gone\n\
         left out 1"
    );
    assert!(page.posts.iter().all(|post| post.site.is_empty()), "an ap_id is unique everywhere");
    assert_eq!(asked(&page.next[0], "page_cursor"), "Pc2");
}

#[test]
fn recorded_replies_are_read() {
    for (name, body) in samples("lemmy", ".json") {
        let read = saved(tried(&["Acme"]).as_ref(), &body);
        let (count, beginning) = match name.as_str() {
            "post_view_v3_real.json" => {
                (1, "https://sh.itjust.works/post/5716352 | title=Announcing")
            }
            "search_v3.json" | "search_v4.json" => {
                (2, "https://test1.lemmy.ddenis.info/post/180 | ")
            }
            "search_v3_real_trimmed.json" => {
                (3, "https://lemmy.sdf.org/post/1322164 | title=Here's")
            }
            "error_rate_limit.json" => {
                assert_eq!(read.unwrap_err(), "the server says: rate_limit_error");
                continue;
            }
            "error_couldnt_find_post.json" => {
                assert_eq!(read.unwrap_err(), "the server says: couldnt_find_post");
                continue;
            }
            new => panic!("{new} is read by no test"),
        };
        let page = read.unwrap();
        assert_eq!((page.posts.len(), page.skipped), (count, 0), "{name}");
        assert!(lines(&page).starts_with(beginning), "{name}: {}", lines(&page));
        if name == "post_view_v3_real.json" {
            assert!(lines(&page).contains("published=2023-09-23T10:41:41+00:00"), "UTC");
            assert!(lines(&page).contains("Download now from the Github repo: https://"));
        }
        if name == "search_v3_real_trimmed.json" {
            assert!(lines(&page).contains("a Linux device driver"), "Markdown is read");
            assert!(lines(&page).contains("a certain device (https://example.org)"));
        }
    }
}

#[test]
fn the_version_is_asked_for_once_and_stays_known() {
    let (source, cursor) = known(true, &["Acme", "Beta"]);
    let (first, others) = (source.open(&visit(&cursor)), source.also(&visit(&cursor)));
    assert_eq!(url(&first).path(), "/api/v4/search");
    assert_eq!((asked(&first, "search_term"), asked(&others[0], "search_term")), {
        ("Acme".into(), "Beta".into())
    });
    assert_eq!(asked(&first, "time_range_seconds"), "604800");
    assert!(first.access.headers.iter().any(|(_, value)| value.expose() == "Bearer s3cr3t"));

    let (source, cursor) = known(false, &["Acme"]);
    let first = source.open(&visit(&cursor));
    assert_eq!((url(&first).path(), asked(&first, "sort")), ("/api/v3/search", "New".to_owned()));
    assert!(!first.access.headers.is_empty() && first.access.query.is_empty());

    // Before 0.19, the token is a parameter.
    let site = Request::api(url(&first)).about("site v3");
    let page =
        answered(source.as_ref(), &site, r#"{"site_view":{},"version":"0.18.5"}"#, &visit(""));
    assert!(page.next[0].access.headers.is_empty() && !page.next[0].access.query.is_empty());
    // Other software shows a page of its own.
    let page = answered(source.as_ref(), &source.open(&visit("")), "<html>", &visit(""));
    assert_eq!(url(&page.next[0]).path(), "/api/v3/site");
    let stopped = refused(source.as_ref(), &page.next[0], (404, "<html>"), &visit(""));
    assert!(
        matches!(&stopped, Verdict::Stop(why) if why.contains("has no API of Lemmy")),
        "{stopped:?}"
    );
}

#[test]
fn a_server_that_changed_its_version_is_asked_anew_once() {
    let (source, cursor) = known(false, &["Acme", "Beta"]);
    let now = visit(&cursor);
    let Verdict::Instead(page) = refused(source.as_ref(), &source.open(&now), (404, ""), &now)
    else {
        panic!("asked anew");
    };
    assert_eq!(url(&page.next[0]).path(), "/api/v4/site");
    let Cursor(after) = page.cursor.unwrap();
    let others = source.also(&now);
    assert_eq!(refused(source.as_ref(), &others[0], (404, ""), &visit(&after)), Verdict::Skip);
    // What was found out in this poll is not asked for again.
    let page = answered(source.as_ref(), &page.next[0], V4_SITE, &visit(&after));
    let verdict = refused(source.as_ref(), &page.next[0], (404, ""), &visit(""));
    assert_eq!(verdict, Verdict::AsItSays);
}

#[test]
fn numbered_pages_are_walked_to_what_was_read_before() {
    let (source, cursor) = known(false, &["Acme"]);
    let source = source.as_ref();
    let first = source.open(&visit(&cursor));
    let page = answered(source, &first, &hours_ago(1), &visit(&cursor));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(asked(&page.next[0], "page"), "2");
    assert_eq!(
        url(&source.open(&visit(&cut_off))),
        url(&page.next[0]),
        "taken up where it broke off"
    );
    // The same page once more leads no further.
    let page = answered(source, &page.next[0], &hours_ago(1), &visit(&cut_off));
    assert!(page.next.is_empty());
    let second = source.open(&visit(&cut_off));
    let page = answered(source, &second, &hours_ago(24 * 8), &visit(&cut_off));
    assert!(page.next.is_empty(), "older than a first look");
    let Cursor(done) = page.cursor.unwrap();
    let page = answered(source, &source.open(&visit(&done)), &hours_ago(2), &visit(&done));
    assert_eq!(page.next.len(), 1, "posts of other servers come late");
    let page = answered(source, &source.open(&visit(&done)), &hours_ago(8), &visit(&done));
    assert!(page.next.is_empty());
}

#[test]
fn a_post_of_tomorrow_does_not_hide_those_of_today() {
    let (source, cursor) = known(true, &["Acme"]);
    let future = r#"{"posts":[{"post":{"name":"Acme","ap_id":"https://a.example/post/1",
        "published_at":"2099-01-01T00:00:00Z"}}],"comments":[]}"#;
    let page = answered(source.as_ref(), &source.open(&visit(&cursor)), future, &visit(&cursor));
    let Cursor(done) = page.cursor.unwrap();
    assert_eq!(asked(&source.open(&visit(&done)), "time_range_seconds"), "21600");
}

#[test]
fn a_page_that_the_server_forgot_begins_the_walk_anew() {
    let (source, cursor) = known(true, &["Acme"]);
    let source = source.as_ref();
    let body = reply("lemmy/search_v4.json");
    let page = answered(source, &source.open(&visit(&cursor)), &body, &visit(&cursor));
    let Cursor(cut_off) = page.cursor.unwrap();
    let taken_up = source.open(&visit(&cut_off));
    assert_eq!(asked(&taken_up, "page_cursor"), "Pc2");
    let said = (400, r#"{"error":"couldnt_parse_pagination_token"}"#);
    let Verdict::Instead(anew) = refused(source, &taken_up, said, &visit(&cut_off)) else {
        panic!("begun anew");
    };
    assert_eq!(asked(&anew.next[0], "page_cursor"), "");
    // The page behind it is that of this very walk: then the server is wrong, and says so.
    let verdict = refused(source, &page.next[0], said, &visit(&cut_off));
    assert!(matches!(verdict, Verdict::Stop(_)), "{verdict:?}");
    // The same name for the next page, and an empty one, are the end.
    for body in [body.as_str(), r#"{"posts":[],"comments":[],"next_page":"Pc3"}"#] {
        let page = answered(source, &taken_up, body, &visit(&cut_off));
        assert!(page.next.is_empty(), "{body}");
    }
}

#[test]
fn refusals_say_what_is_to_be_done() {
    let (source, cursor) = known(false, &["Acme", "Beta"]);
    let visit = visit(&cursor);
    let say = |said: (u16, &str)| refused(source.as_ref(), &source.open(&visit), said, &visit);
    for status in [429, 400] {
        let verdict = say((status, r#"{"error":"rate_limit_error"}"#));
        let until = visit.now + PAUSE;
        assert!(matches!(&verdict, Verdict::Wait(at, _) if *at == until), "{verdict:?}");
    }
    for (status, said) in [(401, "incorrect_login"), (400, "not_logged_in"), (403, "site_ban")] {
        let verdict = say((status, &format!(r#"{{"error":"{said}"}}"#)));
        let Verdict::Stop(why) = verdict else { panic!("{verdict:?}") };
        assert!(why.contains(said) && why.contains("`token`") && !why.contains("s3cr3t"), "{why}");
    }
    let verdict = say((404, r#"{"error":"couldnt_find_community"}"#));
    assert!(matches!(&verdict, Verdict::Stop(why) if why.contains("check `community`")));
    let verdict = say((400, r#"{"error":"query_too_short"}"#));
    let Verdict::Instead(page) = verdict else { panic!("the other list is asked all the same") };
    assert!(page.trouble.unwrap().contains("query_too_short"));
    for said in [(502, "<html>"), (403, "<html>"), (400, "?")] {
        assert_eq!(say(said), Verdict::AsItSays);
    }
}

#[test]
fn what_makes_no_sense_is_said_and_breaks_nothing() {
    let (source, _) = known(false, &["Acme"]);
    for body in ["", "[]", "3", "{}", "null", r#"{"posts":3}"#, "<html>"] {
        assert!(saved(source.as_ref(), body.as_bytes()).is_err(), "{body}");
    }
    for cursor in ["{", "[]", r#"{"api":"v9"}"#, r#"{"api":"v3","languages":"- - fi"}"#] {
        drop((source.open(&visit(cursor)), source.also(&visit(cursor))));
    }
    let far =
        r#"{"api":"v3","turns":{"lists":{"Acme":{"since":"99999999999999","next":"x/y/z"}}}}"#;
    let page = answered(source.as_ref(), &source.open(&visit(far)), &hours_ago(1), &visit(far));
    assert_eq!(page.posts.len(), 1);
}

#[test]
fn only_a_name_is_a_community() {
    let told = Told::Text("!news@home.example".into());
    let source = source(Kind::Lemmy, &[("community", told)], &["Acme"]);
    let mut memory = Memory::default();
    memory.api = Some(Api::V3);
    let Cursor(v3) = memory.cursor();
    assert_eq!(asked(&source.open(&visit(&v3)), "community_name"), "news@home.example");
    memory
        .learn_languages(&serde_json::json!({"all_languages": [{"id": 1_000_000, "code": "fi"}]}));
    assert_eq!(memory.language(1_000_000), None);
}

#[test]
fn a_walk_that_broke_off_goes_on_though_its_pages_moved_down() {
    let (source, cursor) = known(false, &["Acme"]);
    let first = source.open(&visit(&cursor));
    let page = answered(source.as_ref(), &first, &hours_ago(5), &visit(&cursor));
    let Cursor(cut) = page.cursor.unwrap();
    let taken_up = source.open(&visit(&cut));
    assert_eq!(asked(&taken_up, "page"), "2");
    // So much was posted since that the first page is the second now.
    let page = answered(source.as_ref(), &taken_up, &hours_ago(5), &visit(&cut));
    assert_eq!(asked(&page.next[0], "page"), "3");
    let Cursor(cursor) = page.cursor.unwrap();
    let page = answered(source.as_ref(), &page.next[0], &hours_ago(5), &visit(&cursor));
    assert!(page.next.is_empty(), "within a poll the same page is the end");
}

#[test]
fn a_first_poll_leaves_out_what_is_years_old() {
    let (source, cursor) = known(false, &["Acme"]);
    let request = source.open(&visit(&cursor));
    let page = answered(source.as_ref(), &request, &hours_ago(20_000), &visit(&cursor));
    assert_eq!(page.posts, []);
    assert_eq!(saved(source.as_ref(), hours_ago(20_000).as_bytes()).unwrap().posts.len(), 1);
}

#[test]
fn an_old_server_that_does_not_take_the_token_is_asked_anew_which_it_is() {
    let source = tried(&["Acme"]);
    let cursor = r#"{"api":"old"}"#;
    let search = source.open(&visit(cursor));
    let no = (401, r#"{"error":"incorrect_login"}"#);
    let Verdict::Instead(page) = refused(source.as_ref(), &search, no, &visit(cursor)) else {
        panic!("the version is asked for anew");
    };
    assert_eq!(url(&page.next[0]).path(), "/api/v4/site");
    let Cursor(cursor) = page.cursor.unwrap();
    let site = r#"{"site_view":{},"version":"0.18.5"}"#;
    let asked_v3 = source.open(&visit(&cursor)).about("site v3");
    let page = answered(source.as_ref(), &asked_v3, site, &visit(&cursor));
    let verdict = refused(source.as_ref(), &page.next[0], no, &visit(&cursor));
    assert!(matches!(verdict, Verdict::Stop(_)), "once: {verdict:?}");
}
