//! Replies of the API, how hits become posts, what is heeded between two requests, and errors.

use super::*;
use crate::fetch::Location;
use crate::source::Cursor;
use crate::source::site::Told;
use crate::source::testing::{answered, lines, refused, reply, samples, saved, source, visit};

const DONE: &str = r#"{"items":[],"has_more":false,"quota_remaining":290,"quota_max":300}"#;

fn tried(keywords: &[&str]) -> Box<dyn Source> {
    let site = Told::Text("stackoverflow".into());
    let key = Told::Secret("s3cr3t".into());
    source(Kind::StackExchange, &[("site", site), ("key", key)], keywords)
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

/// An answer of the search with one answer, `more` beside it.
fn hit(at: i64, more: &str) -> String {
    format!(
        r#"{{"items":[{{"item_type":"answer","answer_id":{at},"question_id":7,"title":"Acme &amp; co",
        "excerpt":"…","creation_date":{at}}}],"has_more":true,"quota_remaining":290{more}}}"#
    )
}

#[test]
fn hits_become_posts_with_all_that_is_told() {
    let source = tried(&["Acme"]);
    let first = source.open(&visit(""));
    assert_eq!(
        (url(&first).path(), asked(&first, "q")),
        ("/2.3/search/excerpts", "Acme".to_owned())
    );
    assert_eq!(first.access.query[0].0, "key");
    let found =
        answered(source.as_ref(), &first, &reply("stackexchange/excerpts.json"), &visit(""));
    assert_eq!((lines(&found).as_str(), found.cursor), ("", None), "not before the posts came");
    assert_eq!(url(&found.next[0]).path(), "/2.3/posts/7;8");
    let posts = reply("stackexchange/posts.json");
    let page = answered(source.as_ref(), &found.next[0], &posts, &visit(""));
    assert_eq!(
        lines(&page),
        "7 | title=Is \"Acme\" down? | text=I get errors. /  / let a = 1 < 2; | \
         url=https://stackoverflow.com/q/7 | name=Ada & Bob | \
         at=https://stackoverflow.com/users/1/ada | published=2026-11-22T09:00:00+00:00 | \
         edited=2026-11-22T09:30:00+00:00 | thread=7 | likes=-2 | replies=3\n\
         8 | title=Is \"Acme\" down? | text=Works here. | url=https://stackoverflow.com/a/8 | \
         name=user12 | published=2026-11-22T09:10:00+00:00 | parent=7 | thread=7 | likes=0"
    );
    assert!(page.posts.iter().all(|post| post.site == "stackoverflow"));
    let Cursor(done) = page.cursor.unwrap();
    assert_eq!(
        asked(&source.open(&visit(&done)), "fromdate"),
        (1_795_338_600 - OVERLAP).to_string()
    );
}

#[test]
fn recorded_replies_are_read() {
    for (name, body) in samples("stackexchange", ".json") {
        let read = saved(tried(&[]).as_ref(), &body);
        let (count, waits) = match name.as_str() {
            "questions_one.json" => (2, false),
            "questions_page1.json" | "questions_page2.json" => (4, false),
            "questions_backoff.json" => (4, true),
            "error_502_throttle_violation.json" => {
                let expected = "Stack Exchange says: too many requests from this IP, more requests \
                    available in 82216 seconds (throttle_violation 502)";
                assert_eq!(read.unwrap_err(), expected);
                continue;
            }
            new => panic!("{new} is read by no test"),
        };
        let page = read.unwrap();
        assert_eq!((page.posts.len(), page.skipped), (count, 0), "{name}");
        let expected = "1 | url=https://stackoverflow.com/q/1 | name=zhquan_example_3 | \
             at=http://stackoverflow.com/users/3/zhquan_example_3 | \
             published=2016-04-06T02:01:16+00:00 | thread=1 | likes=1 | replies=1 | views=17\n\
             1 | url=https://stackoverflow.com/a/1 | name=zhquan_example_1 | \
             at=http://stackoverflow.com/users/1/zhquan_example_1 | \
             published=2016-04-06T20:37:46+00:00 | parent=1 | thread=1 | likes=0";
        assert!(lines(&page).starts_with(expected), "{name}: {}", lines(&page));
        // A fraction of a second is a second.
        let until = visit("").now + Duration::seconds(1);
        assert_eq!(page.wait, waits.then_some(until), "{name}");
    }
}

#[test]
fn a_page_counts_when_its_posts_came() {
    let source = tried(&["Acme"]);
    let source = source.as_ref();
    let found = answered(source, &source.open(&visit("")), &hit(1000, ""), &visit(""));
    assert_eq!(found.cursor, None);
    // Cut off here, the poll begins where it began.
    let page = answered(source, &found.next[0], DONE, &visit(""));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(asked(&page.next[0], "page"), "2");
    assert_eq!(source.open(&visit(&cut_off)), page.next[0], "taken up where it broke off");
    let page = answered(source, &page.next[0], DONE, &visit(&cut_off));
    assert!(page.next.is_empty());
    let Cursor(done) = page.cursor.unwrap();
    assert_eq!(asked(&source.open(&visit(&done)), "fromdate"), (1000 - OVERLAP).to_string());
    assert_eq!(asked(&source.open(&visit(&done)), "page"), "1");
}

#[test]
fn behind_the_last_page_the_window_moves_and_never_stands_still() {
    let source = tried(&["Acme"]);
    let source = source.as_ref();
    let at = |next: &str| format!(r#"{{"lists":{{"Acme":{{"newest":"9000","next":"{next}"}}}}}}"#);
    let step = |cursor: &str| {
        let found = answered(source, &source.open(&visit(cursor)), &hit(1000, ""), &visit(cursor));
        answered(source, &found.next[0], DONE, &visit(cursor)).next
    };
    let next = step(&at("/25"));
    assert_eq!(
        (asked(&next[0], "page").as_str(), asked(&next[0], "todate").as_str()),
        ("1", "1001")
    );
    assert_eq!(asked(&step(&at("1001/1"))[0], "page"), "2");
    assert!(step(&at("1001/25")).is_empty(), "the same window once more");
}

#[test]
fn one_list_comes_behind_the_other_and_a_backoff_is_heeded() {
    let source = tried(&["Acme", "Beta"]);
    let source = source.as_ref();
    let first = source.open(&visit(""));
    assert!(source.also(&visit("")).is_empty());
    let page = answered(source, &first, DONE, &visit(""));
    assert_eq!(asked(&page.next[0], "q"), "Beta");
    let last = answered(source, &page.next[0], DONE, &visit(""));
    assert!(last.next.is_empty(), "each list once");

    // What was found is still asked for, for that is another method; then nothing more.
    let found = answered(source, &first, &hit(1000, r#","backoff":10"#), &visit(""));
    assert_eq!((found.wait, url(&found.next[0]).path()), (None, "/2.3/posts/1000"));
    let page = answered(source, &found.next[0], DONE, &visit(""));
    assert_eq!((page.wait, page.next.len()), (Some(visit("").now + Duration::seconds(10)), 0));
    // The next poll begins with the other list.
    let Cursor(cursor) = page.cursor.unwrap();
    assert_eq!(asked(&source.open(&visit(&cursor)), "q"), "Beta");
    // A backoff of the other method ends the poll as well.
    let posts = DONE.replace("has_more", r#"backoff":3,"has_more"#);
    let found = answered(source, &first, &hit(1000, ""), &visit(""));
    let page = answered(source, &found.next[0], &posts, &visit(""));
    assert_eq!(page.wait, Some(visit("").now + Duration::seconds(3)));
}

#[test]
fn when_the_calls_of_the_day_are_used_up_it_waits_until_the_day_is_over() {
    let midnight: DateTime<Utc> = "2026-11-23T00:00:00Z".parse().unwrap();
    let site = Told::Text("stackoverflow".into());
    let source = source(Kind::StackExchange, &[("site", site)], &["Acme"]);
    let spent = hit(1000, "").replace("290", r#"0,"quota_max":300"#);
    let page = answered(source.as_ref(), &source.open(&visit("")), &spent, &visit(""));
    // What was found there is found again.
    assert_eq!((page.wait, page.cursor, page.next.len()), (Some(midnight), None, 0));
    let trouble = page.trouble.unwrap();
    assert_eq!(trouble, "all 300 calls of the day are used up; a free `key` gives 10,000 a day");
    let Cursor(cursor) =
        answered(source.as_ref(), &source.open(&visit("")), DONE, &visit("")).cursor.unwrap();
    assert!(cursor.len() < 100, "{cursor}");
}

#[test]
fn errors_say_what_is_to_be_done() {
    let source = tried(&["Acme"]);
    let say = |status: u16, id: u64, name: &str, message: &str| {
        let body =
            format!(r#"{{"error_id":{id},"error_name":"{name}","error_message":"{message}"}}"#);
        let verdict =
            refused(source.as_ref(), &source.open(&visit("")), (status, &body), &visit(""));
        assert!(!format!("{verdict:?}").contains("s3cr3t"));
        let unread = saved(source.as_ref(), body.as_bytes()).unwrap_err();
        assert!(unread.contains(name), "with status 200 it is an error as well: {unread}");
        verdict
    };
    let throttled = "too many requests from this IP, more requests available in 82216 seconds";
    let until = visit("").now + Duration::seconds(82_216);
    let verdict = say(400, 502, "throttle_violation", throttled);
    assert!(matches!(&verdict, Verdict::Wait(at, _) if *at == until), "{verdict:?}");
    let verdict = say(503, 503, "temporarily_unavailable", "busy");
    assert!(matches!(&verdict, Verdict::Wait(at, _) if *at == visit("").now + PAUSE));
    let verdict = say(400, 400, "bad_parameter", "No site found for name `stackoverflow`");
    assert!(
        matches!(&verdict, Verdict::Stop(why) if why.contains("check `site` (`stackoverflow`)"))
    );
    for (id, name) in
        [(401, "access_token_required"), (403, "access_denied"), (405, "key_required")]
    {
        let verdict = say(400, id, name, "no");
        assert!(matches!(&verdict, Verdict::Stop(why) if why.contains("`key`")), "{verdict:?}");
    }
    let verdict = say(400, 404, "no_method", "no");
    assert!(matches!(&verdict, Verdict::Stop(why) if why.contains("`url`")), "{verdict:?}");
    let html = refused(source.as_ref(), &source.open(&visit("")), (503, "<html>"), &visit(""));
    assert_eq!(html, Verdict::AsItSays);
}

#[test]
fn what_is_no_longer_there_is_gone() {
    let source = tried(&["Acme"]);
    let ids: Vec<String> =
        (1..=150).map(|id| id.to_string()).chain(["x".into(), String::new()]).collect();
    let asked = source.recheck(&ids, &visit(""));
    assert_eq!((asked.len(), source.most_rechecked()), (2, 200));
    assert!(url(&asked[1]).path().ends_with("/posts/101;102;103;104;105;106;107;108;109;110;111;112;113;114;115;116;117;118;119;120;121;122;123;124;125;126;127;128;129;130;131;132;133;134;135;136;137;138;139;140;141;142;143;144;145;146;147;148;149;150"));
    let ids: Vec<String> = ["7", "8", "9"].map(String::from).to_vec();
    let asked = source.recheck(&ids, &visit(""));
    let page = answered(source.as_ref(), &asked[0], &reply("stackexchange/posts.json"), &visit(""));
    assert_eq!(lines(&page), "9 is gone");
    let partial =
        reply("stackexchange/posts.json").replace(r#""has_more": false"#, r#""has_more": true"#);
    assert_eq!(lines(&answered(source.as_ref(), &asked[0], &partial, &visit(""))), "");
}

#[test]
fn saved_hits_and_sister_sites_are_read_by_themselves() {
    let page = saved(tried(&[]).as_ref(), reply("stackexchange/excerpts.json").as_bytes()).unwrap();
    assert!(lines(&page).contains("text=I get errors with Acme"), "{}", lines(&page));
    let one =
        r#"{"answer_id":5,"question_id":4,"body":"Hei","link":"https://ru.stackoverflow.com/a/5"}"#;
    let nothing_told = source(Kind::StackExchange, &[], &[]);
    let page = saved(nothing_told.as_ref(), one.as_bytes()).unwrap();
    assert_eq!(
        lines(&page),
        "5 | text=Hei | url=https://ru.stackoverflow.com/a/5 | language=ru | parent=4 | thread=4"
    );
    assert_eq!(page.posts[0].site, "ru.stackoverflow");
    for (site, link) in [
        ("askubuntu", "https://askubuntu.com/q/4"),
        ("money", "https://money.stackexchange.com/q/4"),
        ("meta.superuser", "https://meta.superuser.com/q/4"),
        ("cooking.meta", "https://cooking.meta.stackexchange.com/q/4"),
        ("mathoverflow.net", "https://mathoverflow.net/q/4"),
    ] {
        let source = source(Kind::StackExchange, &[("site", Told::Text(site.into()))], &["Acme"]);
        let page = saved(source.as_ref(), br#"{"items":[{"question_id":4}]}"#).unwrap();
        assert_eq!(page.posts[0].url.as_deref(), Some(link));
    }
    for body in ["", "{}", "[]", "null", r#"{"items":3}"#, "<html>"] {
        assert!(saved(nothing_told.as_ref(), body.as_bytes()).is_err(), "{body}");
    }
    let far = r#"{"last":7,"lists":[]}"#;
    assert_eq!(asked(&nothing_told.open(&visit(far)), "page"), "1");
}

#[test]
fn what_was_read_in_full_is_not_asked_for_again() {
    let source = tried(&["Acme"]);
    let source = source.as_ref();
    let once = hit(1000, "").replace("true", "false");
    let found = answered(source, &source.open(&visit("")), &once, &visit(""));
    let Cursor(done) = answered(source, &found.next[0], DONE, &visit("")).cursor.unwrap();
    let again = answered(source, &source.open(&visit(&done)), &once, &visit(&done));
    assert_eq!((again.next.len(), again.cursor), (0, Some(Cursor(done.clone()))));
    let new = hit(1001, "").replace("true", "false");
    let found = answered(source, &source.open(&visit(&done)), &new, &visit(&done));
    assert_eq!(url(&found.next[0]).path(), "/2.3/posts/1001");
    let mut memory = Memory::default();
    memory.see(0..5000);
    assert_eq!((memory.seen.len(), memory.seen.first()), (300, Some(&4700)));
}

#[test]
fn one_list_that_is_refused_does_not_keep_the_others_from_being_read() {
    let source = tried(&["Acme", "Beta"]);
    let source = source.as_ref();
    let say = |request: &Request, id: u64, cursor: &str| {
        let body = format!(r#"{{"error_id":{id},"error_name":"odd","error_message":"no such q"}}"#);
        refused(source, request, (400, &body), &visit(cursor))
    };
    for id in [400, 500, 503] {
        let Verdict::Instead(page) = say(&source.open(&visit("")), id, "") else { panic!("{id}") };
        assert!(page.trouble.unwrap().contains("asked for `Acme`"));
        assert_eq!((asked(&page.next[0], "q").as_str(), page.wait), ("Beta", None));
        let Cursor(cursor) = page.cursor.unwrap();
        assert_eq!(source.open(&visit(&cursor)), {
            let mut beta = page.next[0].clone();
            beta.about = beta.about.replace("\"rest\":0", "\"rest\":1");
            beta
        });
        let Verdict::Instead(last) = say(&page.next[0], id, &cursor) else { panic!("{id}") };
        assert_eq!((last.next.len(), last.wait.is_some()), (0, id != 400));
    }
}

#[test]
fn where_none_of_several_came_none_is_gone() {
    let source = tried(&["Acme"]);
    let of = |ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let request = source.recheck(&ids, &visit("")).pop().unwrap();
        lines(&answered(source.as_ref(), &request, DONE, &visit("")))
    };
    assert_eq!((of(&["7", "8"]).as_str(), of(&["7"]).as_str()), ("", "7 is gone"));
}
